//! What is wrong with a connection: who one is there, and whether role, virtual warehouse, database, schema and rights are what
//! a build needs. <https://docs.snowflake.com/en/user-guide/security-access-control-privileges>

use super::super::{Engine as _, EngineError, EngineErrorKind, Finding, Rows, State, Value};
use super::login::{Login, Workload};
use super::{Options, Session};
use crate::dialect;

impl Options {
    /// What `segc debug` says of it: nothing of it is secret.
    #[must_use]
    pub fn told(&self) -> Vec<(&'static str, String)> {
        let or_default = |name: &Option<String>| {
            name.clone()
                .unwrap_or_else(|| "(the user's default)".to_owned())
        };
        vec![
            ("account", self.account.clone()),
            ("login", self.login.told()),
            ("role", or_default(&self.role)),
            ("warehouse", or_default(&self.warehouse)),
            ("database", or_default(&self.database)),
        ]
    }
}

impl Login {
    fn told(&self) -> String {
        match self {
            Self::KeyPair { user, .. } => format!("key pair of `{user}`"),
            Self::AccessToken(_) => "programmatic access token".to_owned(),
            Self::OAuth(_) => "OAuth token".to_owned(),
            Self::OAuthClient { token_url, .. } => format!("OAuth tokens of {token_url}"),
            Self::Workload(Workload::Given { provider, .. }) => {
                format!("workload identity, {provider}")
            }
            Self::Workload(Workload::Gcp) => "workload identity of this machine, GCP".to_owned(),
            Self::Workload(Workload::Azure { .. }) => {
                "workload identity of this machine, AZURE".to_owned()
            }
        }
    }
}

/// A name as it stands in the catalog, and as it is written.
fn stored(name: &str) -> (String, String) {
    match dialect::find("snowflake") {
        Some(dialect) => (dialect.stored(name), dialect.identifier(name)),
        None => (name.to_owned(), name.to_owned()),
    }
}

pub(in crate::engine) fn examine(
    options: &Options,
    session: &mut Session,
    schema: &str,
) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut put = |what, state| {
        let fine = !matches!(state, State::Wrong { .. });
        found.push(Finding { what, state });
        fine
    };
    let who = "select current_version(), current_user(), current_role(), current_warehouse(), current_database()";
    let rows = match session.query_bare(who) {
        Ok(rows) => rows,
        Err(error) => {
            put("connection", unreached(&error));
            return found;
        }
    };
    let [version, user, role, _, database] = [0, 1, 2, 3, 4].map(|n| cell(&rows, n));
    let (version, user) = (version.unwrap_or_default(), user.unwrap_or_default());
    put(
        "connection",
        State::Fine(format!("fine, Snowflake {version} as {user}")),
    );
    put(
        "role",
        match role {
            Some(role) => State::Fine(role),
            None => State::Wrong {
                said: "there is no role in the session".to_owned(),
                help: "name one with `role:` that is granted to the user".to_owned(),
            },
        },
    );
    // Only a request of several statements needs the virtual warehouse.
    let warehouse = options.warehouse.as_deref().unwrap_or("");
    if !put(
        "warehouse",
        state(
            session.query("select 1"),
            |_| format!("{warehouse} runs queries"),
            || format!("check `warehouse: {warehouse}`, and that the role has USAGE on it"),
        ),
    ) {
        return found;
    }
    let wanted = options.database.as_deref().unwrap_or("");
    let (name, written) = stored(schema);
    let literal = name.replace('\\', "\\\\").replace('\'', "''");
    let sql =
        format!("select count(*) from information_schema.schemata where schema_name = '{literal}'");
    let schemas = session.query(&sql);
    let is_there = schemas
        .as_ref()
        .is_ok_and(|rows| cell(rows, 0).is_some_and(|n| n != "0"));
    if !put(
        "database",
        state(
            schemas,
            |_| database.unwrap_or_default(),
            || format!("check `database: {wanted}`, and that the role has USAGE on it"),
        ),
    ) {
        return found;
    }
    if !is_there {
        put(
            "schema",
            State::Unsure(format!(
                "there is no `{name}`, or the role does not see it: a build makes it if the role has CREATE SCHEMA on the database"
            )),
        );
        return found;
    }
    put("schema", State::Fine(name));
    put(
        "rights",
        rights(
            session.query(&format!("show grants on schema {written}")),
            options,
        ),
    );
    found
}

fn state(
    answer: Result<Rows, EngineError>,
    fine: impl FnOnce(Rows) -> String,
    help: impl FnOnce() -> String,
) -> State {
    match answer {
        Ok(rows) => State::Fine(fine(rows)),
        Err(error) => State::Wrong {
            said: error.message,
            help: help(),
        },
    }
}

/// Why there is no session at all.
fn unreached(error: &EngineError) -> State {
    let said = error.message.clone();
    let help = if error.kind != EngineErrorKind::Connection {
        "check `role`, `warehouse` and `database`: the user must have them"
    } else if said.contains("does not let this user in") {
        "check `user` and what it logs in with: `describe user …` shows RSA_PUBLIC_KEY_FP, and a network policy may keep this machine out"
    } else if said.contains("no server") || said.contains("knows no such") {
        "check `account`: it is what stands before `.snowflakecomputing.com` in the address of Snowsight"
    } else if said.contains("cannot be read")
        || said.contains("private key")
        || said.contains("token")
    {
        "check what the user logs in with"
    } else {
        "check the network: a proxy is named by HTTPS_PROXY"
    };
    State::Wrong {
        said,
        help: help.to_owned(),
    }
}

/// Whether the role may make tables and views: as far as it was given that itself.
fn rights(answer: Result<Rows, EngineError>, options: &Options) -> State {
    let rows = match answer {
        Ok(rows) => rows,
        Err(error) => return State::Unsure(format!("cannot be told: {}", error.message)),
    };
    let column = |name: &str| {
        rows.columns
            .iter()
            .position(|c| c.eq_ignore_ascii_case(name))
    };
    let (Some(privilege), Some(grantee)) = (column("privilege"), column("grantee_name")) else {
        return State::Unsure("cannot be told".to_owned());
    };
    let text = |row: &Vec<Value>, n: usize| match row.get(n) {
        Some(Value::Text(text)) => text.to_uppercase(),
        Some(Value::Null | Value::Boolean(_) | Value::Int(_) | Value::Float(_)) | None => {
            String::new()
        }
    };
    let role = options
        .role
        .as_deref()
        .map(|role| stored(role).0.to_uppercase());
    let own: Vec<String> = rows
        .rows
        .iter()
        .filter(|row| role.as_ref().is_none_or(|role| text(row, grantee) == *role))
        .map(|row| text(row, privilege))
        .collect();
    let has = |wanted: &str| {
        own.iter()
            .any(|p| p == wanted || p == "OWNERSHIP" || p == "ALL PRIVILEGES")
    };
    let missing: Vec<&str> = ["CREATE TABLE", "CREATE VIEW"]
        .into_iter()
        .filter(|p| !has(p))
        .collect();
    if missing.is_empty() {
        State::Fine("CREATE TABLE, CREATE VIEW".to_owned())
    } else {
        State::Unsure(format!(
            "the role itself has no {}; a role that it has may",
            missing.join(", ")
        ))
    }
}

fn cell(rows: &Rows, n: usize) -> Option<String> {
    match rows.rows.first()?.get(n)? {
        Value::Text(text) => Some(text.clone()),
        Value::Int(n) => Some(n.to_string()),
        Value::Null | Value::Boolean(_) | Value::Float(_) => None,
    }
}

/// The least that the role needs, for whoever may grant it; where sources are in other schemas, those stand in for the example.
pub(in crate::engine) fn grants(options: &Options, schema: &str) -> Vec<String> {
    let part = |name: &Option<String>, none: &str| {
        name.as_ref()
            .map_or_else(|| none.to_owned(), |n| stored(n).1)
    };
    let role = part(&options.role, "<role>");
    let warehouse = part(&options.warehouse, "<warehouse>");
    let database = part(&options.database, "<database>");
    let schema = format!("{database}.{}", stored(schema).1);
    vec![
        format!("grant usage on warehouse {warehouse} to role {role};"),
        format!("grant usage on database {database} to role {role};"),
        format!("create schema if not exists {schema};"),
        format!("grant usage, create table, create view on schema {schema} to role {role};"),
        format!("grant usage on schema {database}.<sources> to role {role};"),
        format!("grant select on all tables in schema {database}.<sources> to role {role};"),
    ]
}
