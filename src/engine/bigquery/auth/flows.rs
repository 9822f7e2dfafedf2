//! From credentials to a token: a signed statement that is exchanged, a refresh token, the metadata server, and becoming
//! somebody else.

use super::{PATIENCE, answer};
use crate::engine::http::{Http, Method, Request, query};
use crate::engine::jwt;
use crate::secret::Secret;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

/// How long a signed statement is good for, in seconds: Google takes no more than an hour.
const LIFETIME: i64 = 3600;

/// What a token is fetched with and for.
#[derive(Clone, Copy)]
pub(super) struct Call<'a> {
    pub(super) http: &'a Http,
    pub(super) scopes: &'a [String],
}

/// An access token.
pub(super) struct Token {
    pub(super) secret: Secret,
    /// None is unknown: until it is refused.
    pub(super) until: Option<Timestamp>,
    pub(super) quota_project: Option<String>,
}

impl Token {
    pub(super) fn bearer(&self) -> super::Bearer {
        super::Bearer {
            token: self.secret.clone(),
            quota_project: self.quota_project.clone(),
        }
    }

    pub(super) fn paid_by(mut self, project: Option<&str>) -> Self {
        self.quota_project = project.map(str::to_owned);
        self
    }

    /// As OAuth's endpoints answer. <https://www.rfc-editor.org/rfc/rfc6749#section-5.1>
    pub(super) fn of(answer: &Value, http: &Http) -> Result<Self, String> {
        let secret = answer.get("access_token").and_then(Value::as_str);
        let secret = Secret::new(secret.ok_or("there is no `access_token` in the answer")?);
        http.learn(&secret);
        // Some write the number as a text.
        let seconds = answer.get("expires_in").and_then(|v| {
            v.as_i64()
                .or_else(|| v.as_str().and_then(|text| text.parse().ok()))
        });
        let now = http.surroundings().now();
        Ok(Self {
            secret,
            until: seconds.and_then(|s| now.checked_add(SignedDuration::from_secs(s)).ok()),
            quota_project: None,
        })
    }
}

/// A service account's key. Without an endpoint the signed statement itself is the token.
/// <https://developers.google.com/identity/protocols/oauth2/service-account#httprest>
pub(super) fn service_account(
    email: &str,
    key: &Secret,
    key_id: Option<&str>,
    token_uri: Option<&String>,
    call: Call<'_>,
) -> Result<Token, String> {
    let pair = jwt::key(key)?;
    let now = call.http.surroundings().now();
    let until = now.as_second() + LIFETIME;
    let mut header = json!({"alg": "RS256", "typ": "JWT"});
    if let (Some(id), Some(header)) = (key_id, header.as_object_mut()) {
        header.insert("kid".to_owned(), id.into());
    }
    let mut claims = json!({
        "iss": email,
        "sub": email,
        "scope": call.scopes.join(" "),
        "iat": now.as_second(),
        "exp": until,
    });
    let Some(token_uri) = token_uri else {
        let secret = jwt::signed(&pair, &header, &claims)?;
        call.http.learn(&secret);
        return Ok(Token {
            secret,
            until: Timestamp::from_second(until).ok(),
            quota_project: None,
        });
    };
    if let Some(claims) = claims.as_object_mut() {
        claims.insert("aud".to_owned(), token_uri.as_str().into());
    }
    let assertion = jwt::signed(&pair, &header, &claims)?;
    call.http.learn(&assertion);
    let request = Request::new(Method::Post, token_uri, PATIENCE).form(&[
        ("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"),
        ("assertion", assertion.reveal()),
    ]);
    let what = format!("no token for `{email}`");
    exchanged(&what, &request, call.http)
}

/// <https://developers.google.com/identity/protocols/oauth2/web-server#offline>
pub(super) fn refreshed(
    (id, secret): (&str, &Secret),
    refresh_token: &Secret,
    token_uri: &str,
    in_header: bool,
    call: Call<'_>,
) -> Result<Token, String> {
    let mut fields = vec![
        ("grant_type", "refresh_token"),
        ("refresh_token", refresh_token.reveal()),
    ];
    let mut request = Request::new(Method::Post, token_uri, PATIENCE);
    if in_header {
        request = request.header("Authorization", basic(id, secret));
    } else {
        fields.push(("client_id", id));
        fields.push(("client_secret", secret.reveal()));
    }
    let what = "no token for the login of `gcloud auth application-default login`";
    exchanged(what, &request.form(&fields), call.http)
}

/// <https://www.rfc-editor.org/rfc/rfc7617>
pub(super) fn basic(user: &str, password: &Secret) -> String {
    let text = format!("{user}:{}", password.reveal());
    format!("Basic {}", BASE64_STANDARD.encode(text))
}

/// The token that an endpoint answers with.
pub(super) fn exchanged(what: &str, request: &Request, http: &Http) -> Result<Token, String> {
    let response = answer(http, what, request)?;
    Token::of(&response.json().unwrap_or_default(), http).map_err(|e| format!("{what}: {e}"))
}

/// The account of the machine, which its metadata server knows.
/// <https://cloud.google.com/compute/docs/metadata/querying-metadata>
pub(super) fn machine(call: Call<'_>) -> Result<Token, String> {
    let variable = |name| call.http.surroundings().variable(name);
    let host =
        variable("GCE_METADATA_HOST").unwrap_or_else(|| "metadata.google.internal".to_owned());
    let url = format!(
        "http://{host}/computeMetadata/v1/instance/service-accounts/default/token?{}",
        query(&[("scopes", &call.scopes.join(","))])
    );
    let request = Request::new(Method::Get, url, PATIENCE).header("Metadata-Flavor", "Google");
    exchanged(
        "there are no credentials: `GOOGLE_APPLICATION_CREDENTIALS` is not set, `gcloud auth application-default login` has left \
         none, and this is no machine of Google's",
        &request,
        call.http,
    )
}

/// Where a service account is impersonated.
pub(super) fn account_url(http: &Http, email: &str) -> String {
    let base = http
        .surroundings()
        // As gcloud has it.
        .variable("CLOUDSDK_API_ENDPOINT_OVERRIDES_IAMCREDENTIALS")
        .unwrap_or_else(|| "https://iamcredentials.googleapis.com/".to_owned());
    let base = base.trim_end_matches('/');
    format!("{base}/v1/projects/-/serviceAccounts/{email}:generateAccessToken")
}

/// Becomes a service account, through others if need be.
/// <https://cloud.google.com/iam/docs/reference/credentials/rest/v1/projects.serviceAccounts/generateAccessToken>
pub(super) fn impersonated(
    before: &Token,
    url: &str,
    delegates: &[String],
    seconds: Option<u64>,
    call: Call<'_>,
) -> Result<Token, String> {
    let body = json!({
        "delegates": delegates,
        "scope": call.scopes,
        "lifetime": format!("{}s", seconds.unwrap_or(3600)),
    });
    let request = Request::new(Method::Post, url, PATIENCE)
        .bearer(&before.secret)
        .json(&body);
    let account = url.rsplit('/').next().unwrap_or(url);
    let account = account.split(':').next().unwrap_or(account);
    let what = format!("no token for the service account `{account}`");
    let said = answer(call.http, &what, &request)?
        .json()
        .unwrap_or_default();
    let text = |name| said.get(name).and_then(Value::as_str);
    let secret = text("accessToken").ok_or(format!("{what}: there is none in the answer"))?;
    let secret = Secret::new(secret);
    call.http.learn(&secret);
    Ok(Token {
        secret,
        until: text("expireTime").and_then(|at| at.parse().ok()),
        quota_project: None,
    })
}
