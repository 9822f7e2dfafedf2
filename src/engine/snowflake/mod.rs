//! Snowflake, by its SQL API. Only the files of this room know it.
//!
//! A session is nothing that the server keeps: every request sets what statements rely on ([`SESSION`]) and ends with its last
//! statement, so that nothing is left open when a connection breaks.

mod cells;
mod client;
mod examine;
mod key;
mod login;
mod refused;

pub use client::SESSION;
pub(super) use examine::{examine, grants};
pub use login::{Login, Source, Workload};

use super::http::Http;
use super::running::Registry;
use super::surroundings::Surroundings;
use super::warehouse::Warehouse;
use super::{Engine, EngineError, Rows};
use client::{Client, Running};
use std::sync::Arc;
use std::time::Duration;

/// How long one call may take.
pub const CALL: Duration = Duration::from_secs(120);

/// What to connect to, and as whom.
#[derive(Clone, Debug)]
pub struct Options {
    /// As Snowflake names it: `myorg-account1`, or `xy12345.us-east-2.aws`.
    pub account: String,
    /// None is the account's own.
    pub host: Option<String>,
    pub port: Option<u16>,
    /// Without TLS: for servers on this machine.
    pub is_plain_http: bool,
    pub login: Login,
    pub role: Option<String>,
    pub warehouse: Option<String>,
    pub database: Option<String>,
    /// Stands before the run's id in the query tag.
    pub query_tag: Option<String>,
    /// Of a request, on the server; None leaves it to the account.
    pub statement_timeout: Option<Duration>,
    /// Of one call over the network: [`CALL`] is enough, since nothing waits for a statement in one.
    pub call_timeout: Duration,
    /// What no other run is called: the ids of requests and the query tag are made of it.
    pub run: String,
    /// Errors say which value is at fault: for rows that nobody is behind.
    pub names_values: bool,
}

impl Options {
    /// Where the API is. <https://docs.snowflake.com/en/user-guide/admin-account-identifier>
    #[must_use]
    pub fn address(&self) -> String {
        let scheme = if self.is_plain_http { "http" } else { "https" };
        let host = self.host.clone().unwrap_or_else(|| {
            // Underscores are no part of a host's name; China has its own domain.
            let account = self.account.to_lowercase().replace('_', "-");
            let land = if account.contains(".cn-") {
                "cn"
            } else {
                "com"
            };
            format!("{account}.snowflakecomputing.{land}")
        });
        let port = self
            .port
            .map_or_else(String::new, |port| format!(":{port}"));
        format!("{scheme}://{host}{port}")
    }

    fn tag(&self) -> String {
        let tag = self
            .query_tag
            .as_deref()
            .map_or_else(String::new, |tag| format!("{tag} "));
        format!("{tag}segc {}", self.run)
    }
}

/// A connection with an account.
pub struct Snowflake {
    client: Arc<Client>,
    running: Arc<Registry<Running>>,
}

impl Snowflake {
    /// Says what to connect to; nothing is sent yet.
    #[must_use]
    pub fn new(options: Options, surroundings: Arc<dyn Surroundings>) -> Self {
        Self {
            client: Arc::new(Client::new(options, Http::new(surroundings))),
            running: Arc::default(),
        }
    }

    /// A session.
    #[must_use]
    pub fn open(&self) -> Session {
        Session {
            client: Arc::clone(&self.client),
            running: self.running.add(),
        }
    }
}

impl Warehouse for Snowflake {
    fn session(&self) -> Result<Box<dyn Engine>, EngineError> {
        Ok(Box::new(self.open()))
    }

    /// The statements are cancelled on the server.
    fn interrupter(&self) -> Box<dyn Fn() + Send + Sync> {
        let (client, running) = (Arc::clone(&self.client), Arc::clone(&self.running));
        Box::new(move || {
            for running in running.all() {
                if let Some(handle) = running.stop() {
                    client.cancel(&handle, &running);
                }
            }
        })
    }
}

/// What makes sessions with one account.
pub fn connector(
    options: Options,
    surroundings: Arc<dyn Surroundings>,
) -> impl FnMut() -> Result<Box<dyn Engine>, EngineError> {
    let warehouse = Snowflake::new(options, surroundings);
    move || warehouse.session()
}

/// What runs statements, one request after another.
pub struct Session {
    client: Arc<Client>,
    running: Arc<Running>,
}

impl Session {
    /// Runs one query as it is: without the parameters of a session, and so without a virtual warehouse where it needs none.
    ///
    /// # Errors
    /// What Snowflake refused.
    pub fn query_bare(&mut self, sql: &str) -> Result<Rows, EngineError> {
        self.client
            .run_bare(sql, &self.running)
            .map(|result| result.rows)
    }
}

impl Engine for Session {
    fn change(&mut self, sql: &str) -> Result<u64, EngineError> {
        self.client
            .run(&[sql], &self.running)
            .map(|result| result.changed)
    }

    fn query(&mut self, sql: &str) -> Result<Rows, EngineError> {
        self.client
            .run(&[sql], &self.running)
            .map(|result| result.rows)
    }

    fn columns(&mut self, query: &str) -> Result<Rows, EngineError> {
        let none = format!("select * from (\n{query}\n) limit 0");
        let done = self.client.run(&[&none], &self.running)?;
        Ok(cells::described(&done.columns))
    }

    fn script(&mut self, statements: &[String]) -> Result<(), EngineError> {
        let statements: Vec<&str> = statements.iter().map(String::as_str).collect();
        if statements.is_empty() {
            return Ok(());
        }
        self.client.run(&statements, &self.running).map(drop)
    }
}
