//! Who a connection is: every way that Google has for programs and that dbt's users have set up. Own code instead of a crate:
//! Google's brings 136 more and an asynchronous runtime. <https://cloud.google.com/docs/authentication>
//!
//! [`Auth`] holds a token and fetches another before it expires, in the middle of a job too. What says who one is ([`source`])
//! is read anew each time: whoever renews a file or a variable is heard.

mod aws;
mod external;
mod flows;
mod source;

use crate::engine::http::{Http, Method, Request, Response, Retry};
use crate::engine::{EngineError, EngineErrorKind};
use crate::secret::Secret;
use flows::{Call, Token};
use jiff::SignedDuration;
use source::Source;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// What tokens are asked for where nobody says otherwise: BigQuery, and the sheets that its tables may be views of.
pub const SCOPES: [&str; 2] = [
    "https://www.googleapis.com/auth/bigquery",
    "https://www.googleapis.com/auth/drive.readonly",
];
/// What is needed to become somebody else.
const CLOUD_PLATFORM: &str = "https://www.googleapis.com/auth/cloud-platform";
/// A token is not used for the last of its time. The metadata server gives the same one until four minutes before the end.
const BEFORE_THE_END: SignedDuration = SignedDuration::from_secs(225);
const PATIENCE: Duration = Duration::from_secs(30);
/// Whoever gives tokens is asked for a minute.
const RETRY: Retry = Retry {
    first: Duration::from_millis(500),
    longest: Duration::from_secs(10),
    total: Duration::from_secs(60),
    unreachable: 3,
    again: |response| crate::engine::http::TRANSIENT.contains(&response.status),
};

/// How to say who one is.
#[derive(Clone, Debug)]
pub enum Credentials {
    /// Application default credentials: the file that `GOOGLE_APPLICATION_CREDENTIALS` names, that of `gcloud auth
    /// application-default login`, or the machine's own account.
    /// <https://cloud.google.com/docs/authentication/application-default-credentials>
    Default,
    /// A file of any kind that Google's tools write: a service account's key, a login, a workload's identity, an impersonation.
    File(PathBuf),
    /// What stands in such a file.
    Json(Secret),
    /// An access token as it is, for as long as it lasts.
    Token(Secret),
    /// An OAuth client's refresh token.
    Refresh {
        client_id: String,
        client_secret: Secret,
        refresh_token: Secret,
        /// None is Google's.
        token_uri: Option<String>,
    },
}

/// Whom a connection's requests are signed as.
#[derive(Clone)]
pub(super) struct Bearer {
    pub(super) token: Secret,
    /// Who pays for the request itself, where the credentials say so.
    pub(super) quota_project: Option<String>,
}

/// The holder of a token, for any thread.
pub(super) struct Auth {
    credentials: Credentials,
    /// A service account to become.
    impersonate: Option<String>,
    scopes: Vec<String>,
    held: Mutex<Option<Token>>,
}

impl Auth {
    pub(super) fn new(
        credentials: Credentials,
        impersonate: Option<String>,
        scopes: Vec<String>,
    ) -> Self {
        Self {
            credentials,
            impersonate,
            scopes,
            held: Mutex::default(),
        }
    }

    /// A token that is good for some minutes. After the server has refused one, `refused` is that one: if there is only the
    /// same again, None.
    ///
    /// # Errors
    /// There is no token to be had.
    pub(super) fn bearer(
        &self,
        http: &Http,
        refused: Option<&Secret>,
    ) -> Result<Option<Bearer>, EngineError> {
        let is_refused =
            |token: &Secret| refused.is_some_and(|refused| refused.reveal() == token.reveal());
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let now = http.surroundings().now();
        if let Some(token) = held.as_ref()
            && token.until.is_none_or(|until| now + BEFORE_THE_END < until)
            && !is_refused(&token.secret)
        {
            return Ok(Some(token.bearer()));
        }
        let fresh = self.fresh(http).map_err(|message| EngineError {
            kind: EngineErrorKind::Connection,
            message: http.hide(&message),
        })?;
        let bearer = fresh.bearer();
        *held = Some(fresh);
        Ok(Some(bearer).filter(|b| !is_refused(&b.token)))
    }

    fn fresh(&self, http: &Http) -> Result<Token, String> {
        let source = Source::read(&self.credentials, http)?;
        let call = Call {
            http,
            scopes: &self.scopes,
        };
        match &self.impersonate {
            None => source.token(call),
            Some(account) => {
                let before = source.token(Call {
                    http,
                    scopes: &[CLOUD_PLATFORM.to_owned()],
                })?;
                flows::impersonated(&before, &flows::account_url(http, account), &[], None, call)
            }
        }
    }
}

/// The answer to a request of a token or of a part of one.
fn answer(http: &Http, what: &str, request: &Request) -> Result<Response, String> {
    if request.method == Method::Post && !request.is_private() {
        return Err(format!("{what}: the address is not `https`"));
    }
    let response = http
        .call(&RETRY, &|| false, &mut |_| request.clone())
        .map_err(|e| format!("{what}: {e}"))?;
    if response.is_success() {
        return Ok(response);
    }
    let said = response.json().unwrap_or_default();
    let text = |path| said.pointer(path).and_then(serde_json::Value::as_str);
    let mut words: Vec<&str> = ["/error", "/error_description", "/error/message"]
        .into_iter()
        .filter_map(text)
        .collect();
    words.dedup();
    let words = words.join(": ");
    let status = response.status;
    let end = if words.is_empty() { "" } else { ": " };
    Err(http.hide(&format!("{what}: status {status}{end}{words}")))
}
