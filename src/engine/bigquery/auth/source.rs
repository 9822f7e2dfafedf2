//! What says who one is, and where it is found.
#![allow(
    clippy::disallowed_methods,
    reason = "credentials are read from files here"
)]

use super::Credentials;
use super::external::External;
use super::flows::{self, Call, Token};
use crate::engine::http::Http;
use crate::secret::Secret;
use serde_json::Value;
use std::path::{Path, PathBuf};

/// Google's endpoint for tokens.
const TOKEN_URI: &str = "https://oauth2.googleapis.com/token";

/// Credentials as they are written.
pub(super) enum Source {
    /// The machine's own account.
    Machine,
    Ready(Secret),
    /// <https://google.aip.dev/auth/4112>
    ServiceAccount {
        email: String,
        key: Secret,
        key_id: Option<String>,
        token_uri: String,
        /// A cloud that is not Google's public one knows no exchange: the signed statement itself is the token.
        is_elsewhere: bool,
    },
    /// <https://google.aip.dev/auth/4113>
    User {
        client_id: String,
        client_secret: Secret,
        refresh_token: Secret,
        token_uri: String,
        /// The login of a workforce: the client's name and secret are in a header.
        is_external: bool,
        quota_project: Option<String>,
    },
    /// <https://google.aip.dev/auth/4117>
    External(Box<External>),
    Impersonated {
        before: Box<Self>,
        url: String,
        delegates: Vec<String>,
        quota_project: Option<String>,
    },
}

impl Source {
    /// Reads what there is now.
    pub(super) fn read(credentials: &Credentials, http: &Http) -> Result<Self, String> {
        match credentials {
            Credentials::Default => default(http),
            Credentials::File(path) => file(path, http),
            Credentials::Json(text) => parsed(text, http)
                .map_err(|wrong| format!("the credentials of the target cannot be used: {wrong}")),
            Credentials::Token(token) => {
                http.learn(token);
                Ok(Self::Ready(token.clone()))
            }
            Credentials::Refresh {
                client_id,
                client_secret,
                refresh_token,
                token_uri,
            } => {
                http.learn(client_secret);
                http.learn(refresh_token);
                Ok(Self::User {
                    client_id: client_id.clone(),
                    client_secret: client_secret.clone(),
                    refresh_token: refresh_token.clone(),
                    token_uri: token_uri.clone().unwrap_or_else(|| TOKEN_URI.to_owned()),
                    is_external: false,
                    quota_project: None,
                })
            }
        }
    }

    pub(super) fn token(&self, call: Call<'_>) -> Result<Token, String> {
        match self {
            Self::Machine => flows::machine(call),
            Self::Ready(secret) => Ok(Token {
                secret: secret.clone(),
                until: None,
                quota_project: None,
            }),
            Self::ServiceAccount {
                email,
                key,
                key_id,
                token_uri,
                is_elsewhere,
            } => flows::service_account(
                email,
                key,
                key_id.as_deref(),
                (!is_elsewhere).then_some(token_uri),
                call,
            ),
            Self::User {
                client_id,
                client_secret,
                refresh_token,
                token_uri,
                is_external,
                quota_project,
            } => {
                let client = (client_id.as_str(), client_secret);
                let token = flows::refreshed(client, refresh_token, token_uri, *is_external, call)?;
                Ok(token.paid_by(quota_project.as_deref()))
            }
            Self::External(external) => external.token(call),
            Self::Impersonated {
                before,
                url,
                delegates,
                quota_project,
            } => {
                let scopes = [super::CLOUD_PLATFORM.to_owned()];
                let before = before.token(Call {
                    http: call.http,
                    scopes: &scopes,
                })?;
                let token = flows::impersonated(&before, url, delegates, None, call)?;
                Ok(token.paid_by(quota_project.as_deref()))
            }
        }
    }
}

/// <https://cloud.google.com/docs/authentication/application-default-credentials#order>
fn default(http: &Http) -> Result<Source, String> {
    let variable = |name| http.surroundings().variable(name);
    if let Some(path) = variable("GOOGLE_APPLICATION_CREDENTIALS") {
        return file(Path::new(&path), http);
    }
    const NAME: &str = "application_default_credentials.json";
    let folder = variable("CLOUDSDK_CONFIG")
        .map(PathBuf::from)
        .or_else(|| variable("APPDATA").map(|dir| Path::new(&dir).join("gcloud")))
        .or_else(|| variable("HOME").map(|dir| Path::new(&dir).join(".config/gcloud")));
    match folder.map(|dir| dir.join(NAME)).filter(|f| f.exists()) {
        Some(path) => file(&path, http),
        None => Ok(Source::Machine),
    }
}

fn file(path: &Path, http: &Http) -> Result<Source, String> {
    let shown = path.display();
    let text = std::fs::read_to_string(path)
        .map_err(|e| format!("the credentials in `{shown}` cannot be read: {e}"))?;
    parsed(&Secret::new(text), http)
        .map_err(|wrong| format!("the credentials in `{shown}` cannot be used: {wrong}"))
}

fn parsed(text: &Secret, http: &Http) -> Result<Source, String> {
    let value: Value = serde_json::from_str(text.reveal()).map_err(|_| "this is no JSON")?;
    Source::of(&Fields(&value), http)
}

impl Source {
    fn of(fields: &Fields<'_>, http: &Http) -> Result<Self, String> {
        let secret = |name| -> Result<Secret, String> {
            let secret = Secret::new(fields.text(name)?);
            http.learn(&secret);
            Ok(secret)
        };
        let token_uri = || {
            fields
                .maybe("token_uri")
                .unwrap_or_else(|| TOKEN_URI.to_owned())
        };
        let quota_project = fields.maybe("quota_project_id");
        match fields.text("type")?.as_str() {
            "service_account" => Ok(Self::ServiceAccount {
                email: fields.text("client_email")?,
                key: secret("private_key")?,
                key_id: fields.maybe("private_key_id"),
                token_uri: token_uri(),
                is_elsewhere: fields
                    .maybe("universe_domain")
                    .is_some_and(|domain| domain != "googleapis.com"),
            }),
            "authorized_user" => Ok(Self::User {
                client_id: fields.text("client_id")?,
                client_secret: secret("client_secret")?,
                refresh_token: secret("refresh_token")?,
                token_uri: token_uri(),
                is_external: false,
                quota_project,
            }),
            "external_account_authorized_user" => Ok(Self::User {
                client_id: fields.text("client_id")?,
                client_secret: secret("client_secret")?,
                refresh_token: secret("refresh_token")?,
                token_uri: fields.text("token_url")?,
                is_external: true,
                quota_project,
            }),
            "external_account" => Ok(Self::External(Box::new(External::of(fields, http)?))),
            "impersonated_service_account" => {
                let before = fields.inner("source_credentials");
                let delegates = fields.list("delegates");
                Ok(Self::Impersonated {
                    before: Box::new(Self::of(&before, http)?),
                    url: fields.text("service_account_impersonation_url")?,
                    delegates,
                    quota_project,
                })
            }
            other => Err(format!(
                "their type is `{other}`; known are `service_account`, `authorized_user`, `external_account`, \
                 `external_account_authorized_user` and `impersonated_service_account`"
            )),
        }
    }
}

/// What stands in a file of credentials: errors name the fields and nothing in them.
pub(super) struct Fields<'a>(&'a Value);

impl<'a> Fields<'a> {
    pub(super) fn text(&self, name: &str) -> Result<String, String> {
        self.maybe(name)
            .ok_or_else(|| format!("they have no `{name}`"))
    }

    /// A text that is not empty.
    pub(super) fn maybe(&self, name: &str) -> Option<String> {
        let text = self.0.get(name).and_then(Value::as_str);
        text.filter(|t| !t.is_empty()).map(str::to_owned)
    }

    pub(super) fn number(&self, name: &str) -> Option<u64> {
        self.0.get(name).and_then(Value::as_u64)
    }

    pub(super) fn inner(&self, name: &str) -> Self {
        Self(self.0.get(name).unwrap_or(&Value::Null))
    }

    pub(super) fn is_there(&self) -> bool {
        self.0.is_object()
    }

    pub(super) fn list(&self, name: &str) -> Vec<String> {
        let items = self.0.get(name).and_then(Value::as_array);
        let texts = items.into_iter().flatten().filter_map(Value::as_str);
        texts.map(str::to_owned).collect()
    }

    pub(super) fn pairs(&self, name: &str) -> Vec<(&'a str, &'a str)> {
        let items = self.0.get(name).and_then(Value::as_object);
        let pairs = items.into_iter().flatten();
        pairs
            .filter_map(|(k, v)| Some((k.as_str(), v.as_str()?)))
            .collect()
    }
}
