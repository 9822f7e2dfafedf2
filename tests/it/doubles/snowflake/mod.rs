//! Snowflake's SQL API v2 on loopback, with the rules of the real one (`shared/tools/warehouses/sqlapi_shim.py`): who may come in,
//! one execution for one request id, statements that only a request of several may have, polling, partitions, cancelling.
//! What statements mean is the test's: a function from a text to an [`Outcome`].

mod auth;
mod gzip;

use super::Still;
use super::http::{Fault, Request, Response, Server};
use segc::engine::snowflake::{Login, Options, Snowflake, Source};
use segc::engine::surroundings::Surroundings;
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What a statement does.
#[derive(Clone, Debug)]
pub(crate) enum Outcome {
    /// Names and types of columns; cells as the API writes them.
    Rows(Vec<(&'static str, Json)>, Vec<Vec<Option<String>>>),
    /// Inserted, updated, deleted.
    Changed(u64, u64, u64),
    Done,
    /// Code, state, message.
    Failed(&'static str, &'static str, &'static str),
}

/// How this account answers.
#[derive(Clone)]
pub(crate) struct Manner {
    /// How often a statement is still running when it is asked for.
    pub(crate) polls: u32,
    /// What goes by between two questions, beside the client's own waiting.
    pub(crate) leap: Duration,
    /// Rows in one partition.
    pub(crate) partition: usize,
    /// Virtual warehouses that there are.
    pub(crate) warehouses: Vec<&'static str>,
    /// Tokens that are taken, and their kind.
    pub(crate) tokens: Vec<(&'static str, &'static str)>,
    /// Without what DML did in figures of its own: then only the result says it.
    pub(crate) without_stats: bool,
}

impl Default for Manner {
    fn default() -> Self {
        Self {
            polls: 1,
            leap: Duration::ZERO,
            partition: 1000,
            warehouses: vec!["WH"],
            tokens: vec![
                ("pat-good", "PROGRAMMATIC_ACCESS_TOKEN"),
                ("oauth-good", "OAUTH"),
                ("WIF.OIDC.attested", ""),
                ("WIF.GCP.attested", ""),
                ("WIF.AZURE.attested", ""),
            ],
            without_stats: false,
        }
    }
}

/// An account on this machine.
pub(crate) struct Account {
    pub(crate) server: Server,
    pub(crate) still: Arc<Still>,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    /// Every statement that was executed, in order, with the session's own.
    executed: Vec<String>,
    jobs: BTreeMap<String, Job>,
    /// By request id.
    requests: BTreeMap<String, String>,
    cancelled: Vec<String>,
    /// Bodies of requests that were taken.
    bodies: Vec<Json>,
    /// Tokens that were given out.
    given: Vec<String>,
}

#[derive(Clone, Debug)]
struct Job {
    handle: String,
    polls: u32,
    outcome: Outcome,
    children: Vec<String>,
    cancelled: bool,
}

impl Account {
    pub(crate) fn new(
        manner: Manner,
        run: impl FnMut(&str) -> Outcome + Send + 'static,
        faults: impl FnMut(&Request) -> Option<Fault> + Send + 'static,
    ) -> Self {
        Self::beside(Still::new(&[]), manner, run, faults)
    }

    pub(crate) fn beside(
        still: Arc<Still>,
        manner: Manner,
        mut run: impl FnMut(&str) -> Outcome + Send + 'static,
        faults: impl FnMut(&Request) -> Option<Fault> + Send + 'static,
    ) -> Self {
        let state = Arc::<Mutex<State>>::default();
        let (shared, clock) = (Arc::clone(&state), Arc::clone(&still));
        let server = Server::new(
            move |request| {
                let mut state = shared.lock().unwrap();
                if let Some(response) = auth::gives(request, &mut state.given) {
                    return response;
                }
                if let Err(response) = auth::is_let_in(request, &manner, &state.given, clock.now())
                {
                    return response;
                }
                let parts: Vec<&str> = request
                    .path
                    .trim_start_matches("/api/v2/statements")
                    .split('/')
                    .collect();
                match (request.method.as_str(), parts.as_slice()) {
                    ("POST", [""]) => state.submit(request, &manner, &mut run),
                    ("GET", ["", handle]) => {
                        clock.sleep(manner.leap);
                        state.status(handle, request, &manner)
                    }
                    ("POST", ["", handle, "cancel"]) => state.cancel(handle),
                    _ => {
                        Response::json(405, &json!({"code": "391910", "message": "no such method"}))
                    }
                }
            },
            faults,
        );
        Self {
            server,
            still,
            state,
        }
    }

    /// What to connect with: a key pair.
    pub(crate) fn options(&self) -> Options {
        let port = self
            .server
            .url("")
            .rsplit(':')
            .next()
            .unwrap()
            .parse()
            .unwrap();
        Options {
            account: "myorg-shop".to_owned(),
            host: Some("127.0.0.1".to_owned()),
            port: Some(port),
            is_plain_http: true,
            login: Login::KeyPair {
                user: "segc_build".to_owned(),
                key: Source::File("tests/keys/plain.p8".into()),
                passphrase: None,
            },
            role: Some("SEGC".to_owned()),
            warehouse: Some("WH".to_owned()),
            database: Some("SHOP".to_owned()),
            query_tag: None,
            statement_timeout: None,
            call_timeout: Duration::from_millis(400),
            run: "01RUN".to_owned(),
            names_values: false,
        }
    }

    pub(crate) fn connect(&self) -> Snowflake {
        self.connect_with(self.options())
    }

    pub(crate) fn connect_with(&self, options: Options) -> Snowflake {
        Snowflake::new(options, Arc::clone(&self.still) as Arc<dyn Surroundings>)
    }

    /// What was executed, without what sessions begin with.
    pub(crate) fn executed(&self) -> Vec<String> {
        let state = self.state.lock().unwrap();
        let own = |sql: &&String| !sql.starts_with("alter session");
        state.executed.iter().filter(own).cloned().collect()
    }

    pub(crate) fn bodies(&self) -> Vec<Json> {
        self.state.lock().unwrap().bodies.clone()
    }

    pub(crate) fn cancelled(&self) -> Vec<String> {
        self.state.lock().unwrap().cancelled.clone()
    }

    /// What the requests about statements were.
    pub(crate) fn calls(&self) -> Vec<String> {
        let requests = self.server.requests().into_iter();
        let calls = requests.filter(|r| r.path.starts_with("/api/")).map(|r| {
            let kind = if r.path.ends_with("/cancel") {
                "cancel"
            } else if r.method == "POST" {
                "submit"
            } else if r.parameter("partition").is_some() {
                "partition"
            } else {
                "status"
            };
            let retry = if r.parameter("retry").is_some() {
                " again"
            } else {
                ""
            };
            format!("{kind}{retry}")
        });
        calls.collect()
    }
}

/// Statements that only a request of several may have.
const ONLY_TOGETHER: [&str; 7] = [
    "begin",
    "commit",
    "rollback",
    "use ",
    "set ",
    "alter session",
    "create temp",
];

impl State {
    fn submit(
        &mut self,
        request: &Request,
        manner: &Manner,
        run: &mut dyn FnMut(&str) -> Outcome,
    ) -> Response {
        let id = request.parameter("requestId").unwrap_or("").to_owned();
        assert_eq!(id.len(), 36, "a request has an id");
        // "This ensures that the execution is idempotent."
        if let Some(handle) = self.requests.get(&id) {
            let job = &self.jobs[handle];
            return Response::json(202, &job.running());
        }
        let body = request.json();
        self.bodies.push(body.clone());
        let text = body["statement"].as_str().unwrap_or("");
        let statements: Vec<&str> = split(text);
        let wanted = body["parameters"]["MULTI_STATEMENT_COUNT"]
            .as_str()
            .unwrap_or("1");
        let warehouse = body["warehouse"].as_str().unwrap_or("");
        let refused = |code: &'static str, state: &'static str, message: String| {
            Response::json(
                422,
                &json!({"code": code, "sqlState": state, "message": message}),
            )
        };
        if wanted != statements.len().to_string() {
            let message = format!(
                "Actual statement count {} did not match the desired statement count {wanted}.",
                statements.len()
            );
            return refused("000008", "0A000", message);
        }
        let first = statements[0].trim().to_lowercase();
        if statements.len() == 1 && ONLY_TOGETHER.iter().any(|s| first.starts_with(s)) {
            return refused(
                "391911",
                "0A000",
                "only in a request of several statements".to_owned(),
            );
        }
        if statements.len() > 1 && !manner.warehouses.contains(&warehouse) {
            let message = "No active warehouse selected in the current session.".to_owned();
            return refused("000606", "57P03", message);
        }
        let mut children = Vec::new();
        let mut outcome = Outcome::Done;
        for sql in &statements {
            let sql = sql.trim();
            self.executed.push(sql.to_owned());
            outcome = if sql.starts_with("alter session") {
                Outcome::Done
            } else {
                run(sql)
            };
            if let Outcome::Failed(code, state, message) = outcome {
                if statements.len() > 1 {
                    let at = text.find(sql).unwrap();
                    let line = text[..at].matches('\n').count() + 1;
                    let excerpt: String = sql.chars().take(30).collect();
                    let wrapped = format!(
                        "JavaScript execution error: Uncaught Execution of multiple statements failed on statement \"{excerpt}\" \
                         (at line {line}, position 0).\n{message} in <unknown> at 'execAndGetStats(handle);' position 0"
                    );
                    outcome = Outcome::Failed(code, state, Box::leak(wrapped.into_boxed_str()));
                }
                break;
            }
            let child = self.job(0, outcome.clone(), Vec::new());
            children.push(child);
        }
        if statements.len() > 1 && !matches!(outcome, Outcome::Failed(..)) {
            outcome = Outcome::Done;
        } else {
            children.clear();
        }
        let handle = self.job(manner.polls, outcome, children);
        self.requests.insert(id, handle.clone());
        Response::json(202, &self.jobs[&handle].running())
    }

    fn job(&mut self, polls: u32, outcome: Outcome, children: Vec<String>) -> String {
        let handle = format!("01b0-{:04}", self.jobs.len());
        let job = Job {
            handle: handle.clone(),
            polls,
            outcome,
            children,
            cancelled: false,
        };
        self.jobs.insert(handle.clone(), job);
        handle
    }

    fn status(&mut self, handle: &str, request: &Request, manner: &Manner) -> Response {
        let Some(job) = self.jobs.get_mut(handle) else {
            return Response::json(
                404,
                &json!({"code": "391918", "message": "Statement handle not found."}),
            );
        };
        if job.cancelled {
            let body = json!({"code": "000604", "sqlState": "57014", "message": "SQL execution canceled", "statementHandle": handle});
            return Response::json(422, &body);
        }
        if job.polls > 0 {
            job.polls -= 1;
            return Response::json(202, &job.running());
        }
        job.result(
            request.parameter("partition").map(|n| n.parse().unwrap()),
            manner,
        )
    }

    fn cancel(&mut self, handle: &str) -> Response {
        self.cancelled.push(handle.to_owned());
        match self.jobs.get_mut(handle) {
            Some(job) => {
                job.cancelled |= job.polls > 0;
                Response::json(
                    200,
                    &json!({"code": "000604", "message": "successfully canceled"}),
                )
            }
            None => Response::json(
                404,
                &json!({"code": "391918", "message": "Statement handle not found."}),
            ),
        }
    }
}

impl Job {
    fn running(&self) -> Json {
        json!({"code": "333334", "message": "Asynchronous execution in progress.", "statementHandle": self.handle,
            "statementStatusUrl": format!("/api/v2/statements/{}", self.handle)})
    }

    fn result(&self, partition: Option<usize>, manner: &Manner) -> Response {
        let none = |name: &'static str| vec![(name, json!({"type": "text"}))];
        let cell = |n: u64| Some(n.to_string());
        let whole = json!({"type": "fixed", "scale": 0});
        let (columns, rows, stats) = match &self.outcome {
            Outcome::Failed(code, state, message) => {
                let body = json!({"code": code, "sqlState": state, "message": message, "statementHandle": self.handle});
                return Response::json(422, &body);
            }
            Outcome::Done => (none("status"), vec![vec![Some("done".to_owned())]], None),
            Outcome::Changed(inserted, updated, deleted) => (
                vec![
                    ("number of rows inserted", whole.clone()),
                    ("number of rows updated", whole.clone()),
                    ("number of rows deleted", whole),
                    (
                        "number of multi-joined rows updated",
                        json!({"type": "fixed", "scale": 0}),
                    ),
                ],
                vec![vec![
                    cell(*inserted),
                    cell(*updated),
                    cell(*deleted),
                    cell(0),
                ]],
                Some(
                    json!({"numRowsInserted": inserted, "numRowsUpdated": updated, "numRowsDeleted": deleted, "numDuplicateRowsUpdated": 0}),
                ),
            ),
            Outcome::Rows(columns, rows) => (columns.clone(), rows.clone(), None),
        };
        let parts: Vec<&[Vec<Option<String>>]> = rows.chunks(manner.partition).collect();
        if let Some(n) = partition.filter(|n| *n > 0) {
            let body = json!({"data": parts[n]}).to_string();
            return Response::new(200, gzip::stored(body.as_bytes()))
                .header("Content-Encoding", "gzip");
        }
        let types: Vec<Json> = columns
            .iter()
            .map(|(name, ty)| {
                let mut ty = ty.clone();
                ty["name"] = json!(name);
                ty
            })
            .collect();
        let first = parts.first().copied().unwrap_or_default();
        let sizes: Vec<Json> = parts
            .iter()
            .map(|p| json!({"rowCount": p.len(), "uncompressedSize": 1}))
            .collect();
        let sizes = if sizes.is_empty() {
            vec![json!({"rowCount": 0})]
        } else {
            sizes
        };
        let mut body = json!({"code": "090001", "sqlState": "00000", "message": "Statement executed successfully.",
            "statementHandle": self.handle, "data": first,
            "resultSetMetaData": {"numRows": rows.len(), "format": "jsonv2", "rowType": types, "partitionInfo": sizes}});
        if let Some(stats) = stats.filter(|_| !manner.without_stats) {
            body["stats"] = stats;
        }
        if !self.children.is_empty() {
            body["statementHandles"] = json!(self.children);
        }
        Response::json(200, &body)
    }
}

/// At semicolons outside of quotes and comments.
fn split(text: &str) -> Vec<&str> {
    let (mut found, mut start, mut quote) = (Vec::new(), 0, None);
    for (at, c) in text.char_indices() {
        match (quote, c) {
            (None, '\'' | '"') => quote = Some(c),
            (Some(q), c) if q == c => quote = None,
            (None, ';') => {
                found.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    found.push(&text[start..]);
    found.retain(|s| !s.trim().is_empty());
    found
}
