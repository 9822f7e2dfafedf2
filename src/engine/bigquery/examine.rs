//! What is wrong with a connection: whether jobs may be made in the project, and whether the output dataset is there and may be
//! read. <https://cloud.google.com/bigquery/docs/access-control>

use super::super::{Engine as _, EngineError, EngineErrorKind, Finding, State, Value};
use super::{Credentials, Options, Session};

impl Options {
    /// What `segc debug` says of it: nothing of it is secret.
    #[must_use]
    pub fn told(&self) -> Vec<(&'static str, String)> {
        let login = match &self.credentials {
            Credentials::Default => "application default credentials".to_owned(),
            Credentials::File(path) => format!("the credentials in {}", path.display()),
            Credentials::Json(_) => "a service account's key".to_owned(),
            Credentials::Token(_) => "OAuth token".to_owned(),
            Credentials::Refresh { .. } => "OAuth refresh token".to_owned(),
        };
        let location = self.location.clone();
        let mut told = vec![
            ("project", self.project.clone()),
            ("login", login),
            (
                "location",
                location.unwrap_or_else(|| "(that of what is read)".to_owned()),
            ),
        ];
        told.extend(self.impersonate.clone().map(|who| ("as", who)));
        let limit = self
            .maximum_bytes_billed
            .map(|most| format!("{most} bytes a job"));
        told.extend(limit.map(|limit| ("limit", limit)));
        told
    }

    /// Where the API is.
    #[must_use]
    pub fn address(&self) -> String {
        self.endpoint().to_owned()
    }
}

fn quoted(name: &str) -> String {
    format!("`{}`", name.replace('\\', "\\\\").replace('`', "\\`"))
}

pub(in crate::engine) fn examine(
    options: &Options,
    session: &mut Session,
    schema: &str,
) -> Vec<Finding> {
    let mut found = Vec::new();
    match session.query("select session_user()") {
        Ok(rows) => {
            let user = match rows.rows.first().and_then(|row| row.first()) {
                Some(Value::Text(user)) => user.clone(),
                Some(Value::Null | Value::Boolean(_) | Value::Int(_) | Value::Float(_)) | None => {
                    "nobody".to_owned()
                }
            };
            found.push(Finding {
                what: "connection",
                state: State::Fine(format!("fine, as {user}")),
            });
        }
        Err(error) => {
            found.push(Finding {
                what: "connection",
                state: unreached(options, error),
            });
            return found;
        }
    }
    let sql = format!(
        "select count(*) from {}.{}.INFORMATION_SCHEMA.TABLES",
        quoted(&options.project),
        quoted(schema)
    );
    let state = match session.query(&sql) {
        Ok(_) => State::Fine(format!("{schema} can be read")),
        Err(error) if error.message.starts_with("notFound") => State::Unsure(format!(
            "{}: a build makes it if it may; where it is there, `location` must be its own",
            error.message
        )),
        Err(error) => State::Wrong {
            said: error.message,
            help: format!("grant roles/bigquery.dataEditor on the dataset `{schema}`"),
        },
    };
    found.push(Finding {
        what: "dataset",
        state,
    });
    found
}

/// Why no job can be made at all.
fn unreached(options: &Options, error: EngineError) -> State {
    let help = if error.message.starts_with("accessDenied") {
        format!(
            "grant roles/bigquery.jobUser on the project `{}`",
            options.project
        )
    } else if error.message.starts_with("notFound") {
        "check `project` and `location`".to_owned()
    } else if error.kind == EngineErrorKind::Connection {
        "check the credentials (`gcloud auth application-default login`, or `keyfile`), and the network: a proxy is named by HTTPS_PROXY".to_owned()
    } else {
        "check `project`, `location` and `maximum_bytes_billed`".to_owned()
    };
    State::Wrong {
        said: error.message,
        help,
    }
}

/// The least that a build needs: `<sources>` stands for each dataset that it reads.
/// <https://cloud.google.com/bigquery/docs/reference/standard-sql/data-control-language>
pub(in crate::engine) fn grants(options: &Options, schema: &str) -> Vec<String> {
    let project = &options.project;
    let who = options.impersonate.as_deref().unwrap_or("<account>");
    let dataset = format!("{}.{}", quoted(project), quoted(schema));
    vec![
        format!(
            "gcloud projects add-iam-policy-binding {project} --member=serviceAccount:{who} --role=roles/bigquery.jobUser"
        ),
        format!("create schema if not exists {dataset};"),
        format!(
            "grant `roles/bigquery.dataEditor` on schema {dataset} to \"serviceAccount:{who}\";"
        ),
        format!(
            "grant `roles/bigquery.dataViewer` on schema {}.<sources> to \"serviceAccount:{who}\";",
            quoted(project)
        ),
    ]
}
