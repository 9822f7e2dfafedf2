//! Workload identity: what another platform says one is, exchanged for a token of Google's.
//! <https://cloud.google.com/iam/docs/workload-identity-federation>, <https://google.aip.dev/auth/4117>
#![allow(
    clippy::disallowed_methods,
    reason = "what a platform says is read from files here"
)]

use super::aws::Aws;
use super::flows::{self, Call, Token};
use super::source::Fields;
use super::{CLOUD_PLATFORM, PATIENCE, answer};
use crate::engine::http::{Http, Method, Request};
use crate::secret::Secret;
use serde_json::Value;
use std::io::Read as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

/// An `external_account`.
pub(super) struct External {
    audience: String,
    subject_token_type: String,
    token_url: String,
    from: From,
    impersonation_url: Option<String>,
    /// Seconds.
    impersonation_lifetime: Option<u64>,
    client: Option<(String, Secret)>,
    /// Of workforces: who pays.
    user_project: Option<String>,
    quota_project: Option<String>,
}

/// Where the platform says it.
enum From {
    File(PathBuf, Format),
    Url {
        url: String,
        headers: Vec<(String, String)>,
        format: Format,
    },
    Executable(Executable),
    Aws(Aws),
}

enum Format {
    Text,
    /// The field of a JSON object.
    Field(String),
}

struct Executable {
    command: String,
    timeout: Duration,
    output: Option<PathBuf>,
}

impl External {
    pub(super) fn of(fields: &Fields<'_>, http: &Http) -> Result<Self, String> {
        let source = fields.inner("credential_source");
        let format = source.inner("format");
        let format = match format.maybe("type").as_deref() {
            None | Some("text") => Format::Text,
            Some("json") => Format::Field(format.text("subject_token_field_name")?),
            Some(other) => return Err(format!("the format `{other}` is none: `text` or `json`")),
        };
        let executable = source.inner("executable");
        let from = if let Some(environment) = source.maybe("environment_id") {
            if environment != "aws1" {
                return Err(format!("the environment `{environment}` is not known"));
            }
            From::Aws(Aws::of(&source)?)
        } else if let Some(file) = source.maybe("file") {
            From::File(PathBuf::from(file), format)
        } else if let Some(url) = source.maybe("url") {
            let headers = source.pairs("headers").into_iter();
            From::Url {
                url,
                headers: headers.map(|(k, v)| (k.to_owned(), v.to_owned())).collect(),
                format,
            }
        } else if executable.is_there() {
            From::Executable(Executable {
                command: executable.text("command")?,
                timeout: Duration::from_millis(
                    executable.number("timeout_millis").unwrap_or(30_000),
                ),
                output: executable.maybe("output_file").map(PathBuf::from),
            })
        } else {
            return Err(
                "their `credential_source` has no `file`, `url`, `executable` or `environment_id`"
                    .to_owned(),
            );
        };
        let client = fields.maybe("client_id").map(|id| {
            let secret = Secret::new(fields.maybe("client_secret").unwrap_or_default());
            http.learn(&secret);
            (id, secret)
        });
        Ok(Self {
            audience: fields.text("audience")?,
            subject_token_type: fields.text("subject_token_type")?,
            token_url: fields.text("token_url")?,
            from,
            impersonation_url: fields.maybe("service_account_impersonation_url"),
            impersonation_lifetime: fields
                .inner("service_account_impersonation")
                .number("token_lifetime_seconds"),
            client,
            user_project: fields.maybe("workforce_pool_user_project"),
            quota_project: fields.maybe("quota_project_id"),
        })
    }

    pub(super) fn token(&self, call: Call<'_>) -> Result<Token, String> {
        let subject = self.subject(call.http)?;
        call.http.learn(&subject);
        let token = match &self.impersonation_url {
            None => self.exchanged(&subject, call)?,
            Some(url) => {
                let scopes = [CLOUD_PLATFORM.to_owned()];
                let before = self.exchanged(
                    &subject,
                    Call {
                        http: call.http,
                        scopes: &scopes,
                    },
                )?;
                flows::impersonated(&before, url, &[], self.impersonation_lifetime, call)?
            }
        };
        Ok(token.paid_by(self.quota_project.as_deref()))
    }

    /// <https://cloud.google.com/iam/docs/reference/sts/rest/v1/TopLevel/token>
    fn exchanged(&self, subject: &Secret, call: Call<'_>) -> Result<Token, String> {
        let scope = call.scopes.join(" ");
        let options = self
            .user_project
            .as_ref()
            // The client says it already.
            .filter(|_| self.client.is_none())
            .map(|project| serde_json::json!({ "userProject": project }).to_string());
        let mut fields = vec![
            (
                "grant_type",
                "urn:ietf:params:oauth:grant-type:token-exchange",
            ),
            ("audience", self.audience.as_str()),
            ("scope", scope.as_str()),
            (
                "requested_token_type",
                "urn:ietf:params:oauth:token-type:access_token",
            ),
            ("subject_token", subject.reveal()),
            ("subject_token_type", self.subject_token_type.as_str()),
        ];
        fields.extend(options.as_deref().map(|options| ("options", options)));
        let mut request = Request::new(Method::Post, &self.token_url, PATIENCE).form(&fields);
        if let Some((id, secret)) = &self.client {
            request = request.header("Authorization", flows::basic(id, secret));
        }
        let what = format!("no token for the workload identity `{}`", self.audience);
        flows::exchanged(&what, &request, call.http)
    }

    /// What the platform says.
    fn subject(&self, http: &Http) -> Result<Secret, String> {
        match &self.from {
            From::File(path, format) => {
                let text = std::fs::read_to_string(path)
                    .map_err(|e| format!("`{}` cannot be read: {e}", path.display()))?;
                format.read(&text, &path.display().to_string())
            }
            From::Url {
                url,
                headers,
                format,
            } => {
                let mut request = Request::new(Method::Get, url, PATIENCE);
                for (name, value) in headers {
                    request = request.header(name.clone(), value);
                }
                let response = answer(http, "no identity of this workload", &request)?;
                let text = String::from_utf8(response.body)
                    .map_err(|_| "the identity of this workload is no text".to_owned())?;
                format.read(&text, "the answer")
            }
            From::Executable(executable) => self.said_by(executable, http),
            From::Aws(aws) => aws.subject(&self.audience, http),
        }
    }

    /// A program that says it. <https://google.aip.dev/auth/4117#determining-the-subject-token-in-executable-sourced-credentials>
    fn said_by(&self, executable: &Executable, http: &Http) -> Result<Secret, String> {
        const ALLOW: &str = "GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES";
        if http.surroundings().variable(ALLOW).as_deref() != Some("1") {
            return Err(format!(
                "the credentials run a program, which `{ALLOW}=1` has to allow"
            ));
        }
        let now = http.surroundings().now().as_second();
        let output = executable.output.as_ref();
        let kept = || {
            let text = std::fs::read_to_string(output?).ok()?;
            serde_json::from_str::<Value>(&text).ok()
        };
        if let Some(kept) = kept().filter(|kept| kept.get("expiration_time").is_some())
            && let Ok(subject) = said(&kept, now)
        {
            return Ok(subject);
        }
        let text = self.run(executable)?;
        let answer = serde_json::from_str(&text).ok().or_else(kept);
        said(
            &answer.ok_or("the program of the credentials did not say JSON")?,
            now,
        )
    }

    fn run(&self, executable: &Executable) -> Result<String, String> {
        let mut words = executable.command.split_whitespace();
        let program = words.next().unwrap_or_default();
        let mut command = Command::new(program);
        command
            .args(words)
            .env("GOOGLE_EXTERNAL_ACCOUNT_AUDIENCE", &self.audience)
            .env(
                "GOOGLE_EXTERNAL_ACCOUNT_TOKEN_TYPE",
                &self.subject_token_type,
            )
            .env("GOOGLE_EXTERNAL_ACCOUNT_INTERACTIVE", "0")
            .env("GOOGLE_EXTERNAL_ACCOUNT_REVOKE", "0")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        if let Some(url) = &self.impersonation_url {
            let account = url.rsplit('/').next().unwrap_or_default();
            let account = account.split(':').next().unwrap_or_default();
            command.env("GOOGLE_EXTERNAL_ACCOUNT_IMPERSONATED_EMAIL", account);
        }
        if let Some(output) = &executable.output {
            command.env("GOOGLE_EXTERNAL_ACCOUNT_OUTPUT_FILE", output);
        }
        let mut child = command
            .spawn()
            .map_err(|e| format!("the program `{program}` cannot be run: {e}"))?;
        let (send, receive) = mpsc::channel();
        if let Some(mut out) = child.stdout.take() {
            std::thread::spawn(move || {
                let mut text = String::new();
                let read = out.read_to_string(&mut text);
                let _ = send.send(read.map(|_| text));
            });
        }
        let text = receive.recv_timeout(executable.timeout);
        if text.is_err() {
            let _ = child.kill();
        }
        let status = child.wait().map_err(|e| format!("`{program}`: {e}"))?;
        match text {
            Err(_) => Err(format!(
                "the program `{program}` took longer than {} s",
                executable.timeout.as_secs_f64()
            )),
            Ok(Err(e)) => Err(format!("the program `{program}` says no text: {e}")),
            Ok(Ok(_)) if !status.success() => Err(format!("the program `{program}` failed")),
            Ok(Ok(text)) => Ok(text),
        }
    }
}

/// What a program says: version 1.
fn said(answer: &Value, now: i64) -> Result<Secret, String> {
    let wrong = |what: &str| Err(format!("the program of the credentials {what}"));
    let text = |name| answer.get(name).and_then(Value::as_str);
    let number = |name| answer.get(name).and_then(Value::as_i64);
    if number("version") != Some(1) {
        return wrong("speaks another version than 1");
    }
    if answer.get("success").and_then(Value::as_bool) != Some(true) {
        let (code, message) = (text("code"), text("message"));
        return wrong(&format!(
            "failed: {}: {}",
            code.unwrap_or("no code"),
            message.unwrap_or("no message")
        ));
    }
    if number("expiration_time").is_some_and(|until| until <= now) {
        return wrong("gives a token that has expired");
    }
    let subject = match text("token_type") {
        Some(
            "urn:ietf:params:oauth:token-type:jwt" | "urn:ietf:params:oauth:token-type:id_token",
        ) => text("id_token"),
        Some("urn:ietf:params:oauth:token-type:saml2") => text("saml_response"),
        _ => return wrong("gives a token of a type that is not known"),
    };
    subject.map_or_else(|| wrong("gives no token"), |text| Ok(Secret::new(text)))
}

impl Format {
    fn read(&self, text: &str, place: &str) -> Result<Secret, String> {
        match self {
            // Whoever wrote the file by hand has ended its line.
            Self::Text => Ok(Secret::new(text.trim())),
            Self::Field(name) => {
                let value: Value =
                    serde_json::from_str(text).map_err(|_| format!("{place} is no JSON"))?;
                let field = value.get(name).and_then(Value::as_str);
                field
                    .map(Secret::new)
                    .ok_or_else(|| format!("{place} has no `{name}`"))
            }
        }
    }
}
