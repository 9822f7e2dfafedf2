//! Who a connection is: every way that needs nobody at a keyboard. Tokens that expire are made or fetched anew before they do,
//! in the middle of a job too. <https://docs.snowflake.com/en/developer-guide/sql-api/authenticating>
#![allow(
    clippy::disallowed_methods,
    reason = "keys and tokens are read from files here"
)]

use super::super::http::{Http, Method, Request, Retry};
use super::super::{EngineError, EngineErrorKind};
use super::key::{self, Key};
use crate::secret::Secret;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use jiff::{SignedDuration, Timestamp};
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// A token is not used for the last of its time.
const BEFORE_THE_END: SignedDuration = SignedDuration::from_mins(5);
const PATIENCE: Duration = Duration::from_secs(60);
/// What Azure's managed identities are asked for a token for: Snowflake's own application.
const AZURE_RESOURCE: &str = "api://fd3f753b-eed3-462c-b6a7-a4b5bb650aad";

/// How to say who one is.
#[derive(Clone, Debug)]
pub enum Login {
    /// A key whose public half is the user's: `RSA_PUBLIC_KEY`.
    KeyPair {
        user: String,
        key: Source,
        passphrase: Option<Secret>,
    },
    /// A programmatic access token.
    AccessToken(Source),
    /// An OAuth access token as it is.
    OAuth(Source),
    /// An OAuth access token that is fetched: with a refresh token where there is one, else with the client's credentials.
    OAuthClient {
        token_url: String,
        client_id: String,
        client_secret: Secret,
        refresh_token: Option<Secret>,
        scope: Option<String>,
    },
    /// What a workload's own platform says it is.
    Workload(Workload),
}

/// A secret, and where it is.
#[derive(Clone, Debug)]
pub enum Source {
    Text(Secret),
    /// Read whenever it is needed: whoever renews it writes it there.
    File(PathBuf),
}

/// <https://docs.snowflake.com/en/user-guide/workload-identity-federation>
#[derive(Clone, Debug)]
pub enum Workload {
    /// An attestation that was had elsewhere: Kubernetes, GitHub, or that of a cloud.
    Given { provider: String, token: Source },
    /// Asked of Google's metadata server.
    Gcp,
    /// Asked of Azure's managed identity: `resource` is the application that the token is for.
    Azure { resource: Option<String> },
}

/// What requests are signed with.
#[derive(Clone)]
pub(super) struct Bearer {
    pub(super) token: Secret,
    /// `X-Snowflake-Authorization-Token-Type`; where there is none, Snowflake looks at the token.
    pub(super) kind: Option<&'static str>,
}

/// The holder of a token.
pub(super) struct Auth {
    account: String,
    login: Login,
    held: Mutex<Option<Held>>,
}

struct Held {
    bearer: Bearer,
    /// None is for good.
    until: Option<Timestamp>,
}

impl Auth {
    pub(super) fn new(account: &str, login: Login) -> Self {
        Self {
            account: account.to_owned(),
            login,
            held: Mutex::default(),
        }
    }

    /// A token that is good for some minutes. After the server refused one, `instead_of` is that one; None where there is no
    /// other, because it was written down.
    ///
    /// # Errors
    /// There is no token to be had.
    pub(super) fn bearer(
        &self,
        http: &Http,
        instead_of: Option<&Bearer>,
    ) -> Result<Option<Bearer>, EngineError> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let now = http.surroundings().now();
        if let Some(held) = held.as_ref()
            && held.until.is_none_or(|until| now + BEFORE_THE_END < until)
        {
            let refused = instead_of.map(|b| b.token.reveal());
            if refused != Some(held.bearer.token.reveal()) {
                return Ok(Some(held.bearer.clone()));
            }
            if held.until.is_none() {
                return Ok(None);
            }
        }
        let fresh = self.fresh(http, now).map_err(|message| EngineError {
            kind: EngineErrorKind::Connection,
            message: http.hide(&message),
        })?;
        http.learn(&fresh.bearer.token);
        let bearer = fresh.bearer.clone();
        *held = Some(fresh);
        Ok(Some(bearer))
    }

    fn fresh(&self, http: &Http, now: Timestamp) -> Result<Held, String> {
        let after = |seconds: i64| now.checked_add(SignedDuration::from_secs(seconds)).ok();
        let (token, kind, until) = match &self.login {
            Login::KeyPair {
                user,
                key,
                passphrase,
            } => {
                let key = Key::read(&key.bytes()?, passphrase.as_ref())?;
                let token = key.token(&self.account, user, now)?;
                (token, Some("KEYPAIR_JWT"), after(key::LIFETIME))
            }
            Login::AccessToken(source) => {
                let kind = Some("PROGRAMMATIC_ACCESS_TOKEN");
                (source.text()?, kind, source.until(now))
            }
            Login::OAuth(source) => (source.text()?, Some("OAUTH"), source.until(now)),
            Login::OAuthClient {
                token_url,
                client_id,
                client_secret,
                refresh_token,
                scope,
            } => {
                let (token, seconds) = exchange(
                    http,
                    token_url,
                    client_id,
                    client_secret,
                    refresh_token.as_ref(),
                    scope.as_deref(),
                )?;
                (token, Some("OAUTH"), after(seconds))
            }
            Login::Workload(workload) => {
                let (provider, token) = attested(http, workload)?;
                let token = Secret::new(format!("WIF.{provider}.{}", token.reveal()));
                // Attestations live for minutes to an hour; asking again costs a call on this machine.
                (token, None, after(600))
            }
        };
        Ok(Held {
            bearer: Bearer { token, kind },
            until,
        })
    }
}

impl Source {
    fn bytes(&self) -> Result<Vec<u8>, String> {
        match self {
            Self::Text(secret) => Ok(secret.reveal().as_bytes().to_vec()),
            Self::File(path) => {
                std::fs::read(path).map_err(|e| format!("`{}` cannot be read: {e}", path.display()))
            }
        }
    }

    fn text(&self) -> Result<Secret, String> {
        let text =
            String::from_utf8(self.bytes()?).map_err(|_| "the token is no text".to_owned())?;
        match text.trim() {
            "" => Err("the token is empty".to_owned()),
            token if token.contains(char::is_whitespace) => {
                Err("the token has blanks in it".to_owned())
            }
            token => Ok(Secret::new(token)),
        }
    }

    /// A file is read again after some minutes.
    fn until(&self, now: Timestamp) -> Option<Timestamp> {
        match self {
            Self::Text(_) => None,
            Self::File(_) => now.checked_add(SignedDuration::from_mins(10)).ok(),
        }
    }
}

/// A token of an OAuth server, and its lifetime in seconds. <https://docs.snowflake.com/en/user-guide/oauth-custom#token-endpoint>
fn exchange(
    http: &Http,
    url: &str,
    id: &str,
    secret: &Secret,
    refresh: Option<&Secret>,
    scope: Option<&str>,
) -> Result<(Secret, i64), String> {
    let mut fields = match refresh {
        Some(token) => vec![
            ("grant_type", "refresh_token"),
            ("refresh_token", token.reveal()),
        ],
        None => vec![("grant_type", "client_credentials")],
    };
    fields.extend(scope.map(|scope| ("scope", scope)));
    let basic = BASE64_STANDARD.encode(format!("{id}:{}", secret.reveal()));
    http.learn(secret);
    refresh.into_iter().for_each(|token| http.learn(token));
    let answer = ask(http, "the token server", &|| {
        Request::new(Method::Post, url, PATIENCE)
            .header("Authorization", format!("Basic {basic}"))
            .header("Accept", "application/json")
            .form(&fields)
    })?;
    let seconds = answer.get("expires_in").and_then(serde_json::Value::as_i64);
    Ok((
        token_in(&answer, "the token server")?,
        seconds.unwrap_or(600),
    ))
}

/// The provider and its attestation.
fn attested(http: &Http, workload: &Workload) -> Result<(String, Secret), String> {
    let variable = |name: &str| http.surroundings().variable(name);
    match workload {
        Workload::Given { provider, token } => Ok((provider.clone(), token.text()?)),
        // <https://cloud.google.com/compute/docs/instances/verifying-instance-identity>
        Workload::Gcp => {
            let host = variable("GCE_METADATA_HOST")
                .unwrap_or_else(|| "metadata.google.internal".to_owned());
            let url = format!(
                "http://{host}/computeMetadata/v1/instance/service-accounts/default/identity?audience=snowflakecomputing.com"
            );
            let said = get(http, "the metadata server", &|| {
                Request::new(Method::Get, url.as_str(), PATIENCE)
                    .header("Metadata-Flavor", "Google")
            })?;
            Ok(("GCP".to_owned(), Source::Text(Secret::new(said)).text()?))
        }
        // <https://learn.microsoft.com/en-us/azure/app-service/overview-managed-identity#rest-endpoint-reference>
        Workload::Azure { resource } => {
            let resource = resource.as_deref().unwrap_or(AZURE_RESOURCE);
            let mut fields = vec![("resource", resource)];
            let client = variable("MANAGED_IDENTITY_CLIENT_ID");
            fields.extend(client.as_deref().map(|id| ("client_id", id)));
            let (base, header) = match (variable("IDENTITY_ENDPOINT"), variable("IDENTITY_HEADER"))
            {
                (Some(endpoint), Some(header)) => {
                    fields.push(("api-version", "2019-08-01"));
                    (endpoint, ("X-IDENTITY-HEADER", header))
                }
                _ => {
                    fields.push(("api-version", "2018-02-01"));
                    let base = "http://169.254.169.254/metadata/identity/oauth2/token".to_owned();
                    (base, ("Metadata", "true".to_owned()))
                }
            };
            let url = format!("{base}?{}", super::super::http::query(&fields));
            let answer = ask(http, "the identity endpoint", &|| {
                Request::new(Method::Get, url.as_str(), PATIENCE)
                    .header(header.0, header.1.as_str())
            })?;
            Ok((
                "AZURE".to_owned(),
                token_in(&answer, "the identity endpoint")?,
            ))
        }
    }
}

fn token_in(answer: &serde_json::Value, who: &str) -> Result<Secret, String> {
    let token = answer
        .get("access_token")
        .and_then(serde_json::Value::as_str);
    token
        .map(Secret::new)
        .ok_or(format!("{who} gave no access token"))
}

fn ask(http: &Http, who: &str, make: &dyn Fn() -> Request) -> Result<serde_json::Value, String> {
    serde_json::from_str(&get(http, who, make)?)
        .map_err(|_| format!("{who} did not answer with JSON"))
}

/// The text of an answer, or what the server said instead.
fn get(http: &Http, who: &str, make: &dyn Fn() -> Request) -> Result<String, String> {
    let retry = Retry {
        total: Duration::from_secs(60),
        ..Retry::default()
    };
    let answer = http
        .call(&retry, &|| false, &mut |_| make())
        .map_err(|e| format!("{who} gave no token: {e}"))?;
    let text = String::from_utf8_lossy(&answer.body).into_owned();
    if answer.is_success() {
        return Ok(text);
    }
    let said: String = text.chars().filter(|c| !c.is_control()).take(300).collect();
    Err(format!("{who} gave no token ({}): {said}", answer.status))
}
