//! BigQuery, by its REST API. Only the files of this room know it.
//! <https://cloud.google.com/bigquery/docs/reference/rest>
//!
//! A session is nothing that the server keeps: each statement is a job of its own, and what must be together is one script.

mod api;
mod auth;
mod examine;
mod jobs;
mod refused;
mod values;

pub use auth::{Credentials, SCOPES};
pub(super) use examine::{examine, grants};

use super::http::Http;
use super::running::Registry;
use super::surroundings::Surroundings;
use super::warehouse::Warehouse;
use super::{Engine, EngineError, Rows};
use jobs::{Client, Running};
use std::sync::Arc;
use std::time::Duration;

/// How long one call may take: nothing waits for a statement in one.
pub const CALL: Duration = Duration::from_secs(120);

/// What to connect to, and as whom.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where jobs are made and paid for.
    pub project: String,
    /// Of jobs: `EU`, `europe-west3`. None leaves it to what a statement reads; where answers are lost, a job is then looked
    /// for in `US` and `EU` only.
    pub location: Option<String>,
    pub credentials: Credentials,
    /// A service account to become.
    pub impersonate: Option<String>,
    /// What tokens are asked for: [`SCOPES`].
    pub scopes: Vec<String>,
    /// A job that would read more fails at no cost.
    pub maximum_bytes_billed: Option<u64>,
    /// Of a job, on the server.
    pub job_timeout: Option<Duration>,
    /// Jobs wait for resources that nobody else uses.
    pub is_batch: bool,
    /// Of jobs, beside `segc_run`: letters, digits, `_` and `-`.
    pub labels: Vec<(String, String)>,
    /// None is Google's own.
    pub api_endpoint: Option<String>,
    /// Of one call over the network: [`CALL`].
    pub call_timeout: Duration,
    /// What no other run is called: the ids of jobs are made of it.
    pub run: String,
    /// Errors say which value is at fault: for rows that nobody is behind.
    pub names_values: bool,
}

impl Options {
    fn endpoint(&self) -> &str {
        let google = "https://bigquery.googleapis.com";
        let endpoint = self.api_endpoint.as_deref().unwrap_or(google);
        endpoint.trim_end_matches('/')
    }
}

/// A connection with a project.
pub struct BigQuery {
    client: Arc<Client>,
    running: Arc<Registry<Running>>,
}

impl BigQuery {
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

impl Warehouse for BigQuery {
    fn session(&self) -> Result<Box<dyn Engine>, EngineError> {
        Ok(Box::new(self.open()))
    }

    /// The jobs are cancelled on the server.
    fn interrupter(&self) -> Box<dyn Fn() + Send + Sync> {
        let (client, running) = (Arc::clone(&self.client), Arc::clone(&self.running));
        Box::new(move || {
            for running in running.all() {
                client.stop(&running);
            }
        })
    }
}

/// What makes sessions with one project. What one of them has lost, the next one settles.
pub fn connector(
    options: Options,
    surroundings: Arc<dyn Surroundings>,
) -> impl FnMut() -> Result<Box<dyn Engine>, EngineError> {
    let warehouse = BigQuery::new(options, surroundings);
    move || warehouse.session()
}

/// What runs statements, one job after another.
pub struct Session {
    client: Arc<Client>,
    running: Arc<Running>,
}

impl Engine for Session {
    fn change(&mut self, sql: &str) -> Result<u64, EngineError> {
        self.client.execute(&[sql], &self.running)
    }

    fn query(&mut self, sql: &str) -> Result<Rows, EngineError> {
        self.client.query(sql, &self.running)
    }

    fn script(&mut self, statements: &[String]) -> Result<(), EngineError> {
        let statements: Vec<&str> = statements.iter().map(String::as_str).collect();
        if statements.is_empty() {
            return Ok(());
        }
        self.client.execute(&statements, &self.running).map(drop)
    }

    fn columns(&mut self, query: &str) -> Result<Rows, EngineError> {
        self.client.columns(query, &self.running)
    }

    fn dry_run(&mut self, sql: &str) -> Option<u64> {
        self.client.dry_run(sql, &self.running)
    }
}
