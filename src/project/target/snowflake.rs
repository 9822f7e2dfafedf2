//! A target of `type: snowflake`, in the words of dbt-snowflake and of Snowflake's own connectors.
//! <https://docs.getdbt.com/docs/core/connect-data-platform/snowflake-setup>

use super::keys::Keys;
use crate::diag::codes::project as codes;
use crate::engine::snowflake::{CALL, Login, Options, Source, Workload};
use std::time::Duration;

const KEYS: &[&str] = &[
    "account",
    "user",
    "role",
    "warehouse",
    "database",
    "authenticator",
    "private_key",
    "private_key_path",
    "private_key_passphrase",
    "token",
    "token_file_path",
    "oauth_client_id",
    "oauth_client_secret",
    "oauth_token_request_url",
    "oauth_scope",
    "workload_identity_provider",
    "workload_identity_entra_resource",
    "query_tag",
    "statement_timeout",
    "host",
    "port",
    "protocol",
];
/// What to do instead of what needs somebody at a keyboard.
const INSTEAD: &str = "give the user a key pair (`private_key_path: …`), or an access token: `authenticator: programmatic_access_token` and \
`token: \"{{ env_var('SEGC_ENV_SECRET_TOKEN') }}\"`";
/// A week: the longest that Snowflake lets a statement run.
const LONGEST: u64 = 604_800;

pub(super) fn read(keys: &mut Keys<'_>) -> Option<Options> {
    keys.only(KEYS, &["password"]);
    let account = keys.required("account", "as its address begins: `myorg-account1`");
    let warehouse = keys.required("warehouse", "the virtual warehouse that queries run in");
    let database = keys.required("database", "the database that segments are published in");
    let login = login(keys, account.as_deref().unwrap_or(""));
    let host = keys.text("host");
    let is_plain_http = keys.word("protocol", &["https", "http"]) == Some("http");
    let here = ["127.0.0.1", "localhost", "::1", "[::1]"];
    if is_plain_http && !host.as_deref().is_some_and(|host| here.contains(&host)) {
        keys.wrong("protocol", "`https`, unless `host` is this machine");
    }
    let port = keys.number("port", 1, 65_535, "a number from 1 to 65535");
    let limit = "a number of seconds, at most a week";
    let timeout = keys.number("statement_timeout", 1, LONGEST, limit);
    let (role, query_tag) = (keys.text("role"), keys.text("query_tag"));
    let options = Options {
        account: account?,
        host,
        port: port.and_then(|port| u16::try_from(port).ok()),
        is_plain_http,
        login: login?,
        role,
        warehouse,
        database,
        query_tag,
        statement_timeout: timeout.map(Duration::from_secs),
        call_timeout: CALL,
        run: String::new(),
        names_values: false,
    };
    keys.is_fine().then_some(options)
}

/// The way to log in that the target describes: what `authenticator` says, else what there is.
fn login(keys: &mut Keys<'_>, account: &str) -> Option<Login> {
    let wanted = keys
        .text("authenticator")
        .map(|text| text.to_ascii_lowercase());
    let has_key = keys.has("private_key") || keys.has("private_key_path");
    let wanted = match wanted.as_deref() {
        None | Some("snowflake") if has_key => "snowflake_jwt",
        None if keys.has("password") => "snowflake",
        None => {
            keys.refuse(
                &codes::BAD_TARGET,
                "authenticator",
                "nothing says how to log in to Snowflake",
                INSTEAD,
            );
            return None;
        }
        Some(wanted) => wanted,
    };
    match wanted {
        "snowflake_jwt" => Some(Login::KeyPair {
            user: keys.required("user", "whose key it is")?,
            key: source(keys, "private_key", "private_key_path")?,
            passphrase: keys.secret("private_key_passphrase"),
        }),
        "programmatic_access_token" => Some(Login::AccessToken(source(
            keys,
            "token",
            "token_file_path",
        )?)),
        "oauth" | "jwt" if !keys.has("oauth_client_id") => {
            Some(Login::OAuth(source(keys, "token", "token_file_path")?))
        }
        // As dbt has it, the token is then one that gives others.
        "oauth" => client(keys, account, true),
        "oauth_client_credentials" => client(keys, account, false),
        "workload_identity" => workload(keys).map(Login::Workload),
        "snowflake" | "username_password_mfa" | "externalbrowser" | "oauth_authorization_code" => {
            refused(keys, wanted)
        }
        okta if okta.starts_with("https://") => refused(keys, "Okta"),
        _ => {
            keys.wrong(
                "authenticator",
                "snowflake_jwt, programmatic_access_token, oauth, oauth_client_credentials or workload_identity",
            );
            None
        }
    }
}

fn refused(keys: &mut Keys<'_>, how: &str) -> Option<Login> {
    let (name, message) = match how {
        "snowflake" => (
            "password",
            "Snowflake's SQL API takes no passwords".to_owned(),
        ),
        how => (
            "authenticator",
            format!("`{how}` needs somebody at a keyboard, and segc runs where nobody is"),
        ),
    };
    keys.refuse(&codes::LOGIN, name, &message, INSTEAD);
    None
}

/// A secret that is written, or in a file.
fn source(keys: &mut Keys<'_>, inline: &str, file: &str) -> Option<Source> {
    if keys.has(file) {
        return keys.file(file).map(Source::File);
    }
    if !keys.has(inline) {
        let message = format!("this way to log in needs `{file}`, or `{inline}`");
        keys.refuse(
            &codes::BAD_TARGET,
            inline,
            &message,
            &format!("add `{file}: …`"),
        );
        return None;
    }
    keys.secret(inline).map(Source::Text)
}

fn client(keys: &mut Keys<'_>, account: &str, refreshes: bool) -> Option<Login> {
    let account = account.to_lowercase().replace('_', "-");
    let own =
        refreshes.then(|| format!("https://{account}.snowflakecomputing.com/oauth/token-request"));
    let url = match keys.text("oauth_token_request_url").or(own) {
        Some(url) => Some(url),
        None => keys.required("oauth_token_request_url", "the address that gives tokens"),
    };
    let refresh = if refreshes {
        Some(
            keys.required("token", "the refresh token")
                .and_then(|_| keys.secret("token"))?,
        )
    } else {
        None
    };
    Some(Login::OAuthClient {
        client_id: keys.required("oauth_client_id", "the client's id")?,
        client_secret: keys
            .required("oauth_client_secret", "the client's secret")
            .and_then(|_| keys.secret("oauth_client_secret"))?,
        token_url: url?,
        refresh_token: refresh,
        scope: keys.text("oauth_scope"),
    })
}

fn workload(keys: &mut Keys<'_>) -> Option<Workload> {
    let provider = keys.required("workload_identity_provider", "AWS, AZURE, GCP or OIDC")?;
    let provider = provider.to_ascii_uppercase();
    let is_given = keys.has("token") || keys.has("token_file_path");
    match provider.as_str() {
        "AWS" | "AZURE" | "GCP" | "OIDC" if is_given => Some(Workload::Given {
            token: source(keys, "token", "token_file_path")?,
            provider,
        }),
        "GCP" => Some(Workload::Gcp),
        "AZURE" => Some(Workload::Azure {
            resource: keys.text("workload_identity_entra_resource"),
        }),
        "AWS" | "OIDC" => {
            keys.refuse(
                &codes::LOGIN,
                "workload_identity_provider",
                &format!("the attestation of {provider} is not asked for by segc itself"),
                "name the file that the platform writes it to: `token_file_path: /var/run/secrets/…`, with `workload_identity_provider: OIDC` \
                 for a token of Kubernetes or GitHub",
            );
            None
        }
        _ => {
            keys.wrong("workload_identity_provider", "one of AWS, AZURE, GCP, OIDC");
            None
        }
    }
}
