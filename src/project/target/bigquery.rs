//! A target of `type: bigquery`, in the words of dbt-bigquery.
//! <https://docs.getdbt.com/docs/core/connect-data-platform/bigquery-setup>

use super::keys::Keys;
use crate::diag::codes::project as codes;
use crate::engine::bigquery::{CALL, Credentials, Options, SCOPES};
use crate::secret::Secret;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use std::time::Duration;

const KEYS: &[&str] = &[
    "project",
    "location",
    "method",
    "keyfile",
    "keyfile_json",
    "token",
    "refresh_token",
    "client_id",
    "client_secret",
    "token_uri",
    "impersonate_service_account",
    "scopes",
    "priority",
    "maximum_bytes_billed",
    "job_execution_timeout_seconds",
    "api_endpoint",
];
/// Six hours: the longest that a query may run.
const LONGEST: u64 = 6 * 3600;

pub(super) fn read(keys: &mut Keys<'_>) -> Option<Options> {
    keys.only(KEYS, &["execution_project", "quota_project"]);
    // dbt has both words.
    let name = if keys.has("project") || !keys.is_of_dbt() {
        "project"
    } else {
        "database"
    };
    let project = keys.required(
        name,
        "the id of the project that has the datasets and pays for the jobs",
    );
    let pays = keys.text("execution_project");
    if pays.is_some() && pays != project {
        keys.refuse(
            &codes::BAD_TARGET,
            "execution_project",
            "segc has one project, which pays for the jobs and has the output dataset",
            "make `project` the one that pays, and write tables of others with theirs: `table: other.raw.orders`",
        );
    }
    if keys.has("quota_project") {
        keys.refuse(
            &codes::BAD_TARGET,
            "quota_project",
            "the project whose quota counts is read from the credentials",
            "set it there: `gcloud auth application-default set-quota-project …`",
        );
    }
    let credentials = credentials(keys);
    let api_endpoint = address(keys, "api_endpoint");
    let location = keys.text("location");
    let impersonate = keys.text("impersonate_service_account");
    let scopes = keys.texts("scopes", "a list of addresses");
    let is_batch = keys.word("priority", &["interactive", "batch"]) == Some("batch");
    let most = keys.number("maximum_bytes_billed", 1, u64::MAX, "a number of bytes");
    let limit = "a number of seconds, at most six hours";
    let timeout = keys.number("job_execution_timeout_seconds", 1, LONGEST, limit);
    let options = Options {
        project: project?,
        location,
        credentials: credentials?,
        impersonate,
        scopes: scopes.unwrap_or_else(|| SCOPES.map(str::to_owned).to_vec()),
        maximum_bytes_billed: most,
        job_timeout: timeout.map(Duration::from_secs),
        is_batch,
        labels: Vec::new(),
        api_endpoint,
        call_timeout: CALL,
        run: String::new(),
        names_values: false,
    };
    keys.is_fine().then_some(options)
}

/// The way to log in: what `method` says, else what there is.
fn credentials(keys: &mut Keys<'_>) -> Option<Credentials> {
    let method = keys.text("method").map(|text| text.to_ascii_lowercase());
    let method = method.as_deref().unwrap_or({
        if keys.has("keyfile") {
            "service-account"
        } else if keys.has("keyfile_json") {
            "service-account-json"
        } else if keys.has("token") || keys.has("refresh_token") {
            "oauth-secrets"
        } else {
            "oauth"
        }
    });
    match method {
        "oauth" => Some(Credentials::Default),
        "service-account" => {
            keys.required("keyfile", "the file of the service account's key")?;
            keys.file("keyfile").map(Credentials::File)
        }
        "service-account-json" => json(keys).map(Credentials::Json),
        "oauth-secrets" if keys.has("refresh_token") => Some(Credentials::Refresh {
            refresh_token: keys.secret("refresh_token")?,
            client_id: keys.required("client_id", "the client's id")?,
            client_secret: {
                keys.required("client_secret", "the client's secret")?;
                keys.secret("client_secret")?
            },
            token_uri: address(keys, "token_uri"),
        }),
        "oauth-secrets" => {
            keys.required("token", "an access token, or a `refresh_token`")?;
            keys.secret("token").map(Credentials::Token)
        }
        "external-oauth-wif" => {
            keys.refuse(
                &codes::LOGIN,
                "method",
                "workload identity is read from a file of Google's kind, and not from keys of a target",
                "let `gcloud iam workload-identity-pools create-cred-config …` write it, and name it: `method: oauth` with \
                 GOOGLE_APPLICATION_CREDENTIALS, or `keyfile: …`",
            );
            None
        }
        _ => {
            keys.wrong(
                "method",
                "oauth, oauth-secrets, service-account or service-account-json",
            );
            None
        }
    }
}

/// A map, its JSON, or that in base64.
fn json(keys: &mut Keys<'_>) -> Option<Secret> {
    if !keys.has("keyfile_json") {
        keys.required("keyfile_json", "the service account's key")?;
    }
    let secret = keys.secret_json("keyfile_json")?;
    let plain = BASE64_STANDARD.decode(secret.reveal().trim()).ok();
    let plain = plain.and_then(|bytes| String::from_utf8(bytes).ok());
    Some(plain.map_or(secret, Secret::new))
}

/// An address; without TLS only on this machine.
fn address(keys: &mut Keys<'_>, name: &str) -> Option<String> {
    let text = keys.text(name)?;
    let is_safe = text.starts_with("https://")
        || ["http://127.0.0.1", "http://localhost", "http://[::1]"]
            .iter()
            .any(|here| {
                text.strip_prefix(here)
                    .is_some_and(|rest| rest.starts_with([':', '/']) || rest.is_empty())
            });
    if !is_safe {
        keys.wrong(name, "an address that begins with `https://`");
    }
    is_safe.then_some(text)
}
