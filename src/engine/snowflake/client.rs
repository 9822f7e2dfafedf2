//! The SQL API: statements sent, waited for, stopped, and their results fetched.
//! <https://docs.snowflake.com/en/developer-guide/sql-api/reference>
//!
//! Every request is asynchronous: its handle is known at once, so that a connection that breaks costs another question and
//! never another execution, and whoever stops it knows what to stop. A request that is sent again has the same id and says so,
//! which Snowflake answers with the first one's result.
//! <https://docs.snowflake.com/en/developer-guide/sql-api/submitting-requests#resubmitting-a-request-to-execute-sql-statements>

use super::super::http::{Http, Method, Request, Response, Retry};
use super::super::{EngineError, EngineErrorKind, Rows, Value};
use super::Options;
use super::cells::Column;
use super::login::{Auth, Bearer};
use super::refused::{Refusal, Sent};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use sha2::{Digest as _, Sha256};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Between two questions whether a statement is done: the first, and the longest.
const FIRST_POLL: Duration = Duration::from_millis(40);
const LONGEST_POLL: Duration = Duration::from_secs(2);

/// What every request begins with: parameters that an account may have set otherwise and that change what statements mean. Only
/// in a request of several statements can they be set. <https://docs.snowflake.com/en/sql-reference/parameters>
pub const SESSION: &str = "alter session set timezone = 'UTC' week_start = 1 week_of_year_policy = 0 \
timestamp_type_mapping = 'TIMESTAMP_NTZ' timestamp_input_format = 'AUTO' date_input_format = 'AUTO' time_input_format = 'AUTO' \
two_digit_century_start = 1970 default_null_ordering = 'LAST' quoted_identifiers_ignore_case = false \
transaction_abort_on_error = true lock_timeout = 900";

/// What talks with one account, for all its sessions.
pub(super) struct Client {
    pub(super) options: Options,
    http: Http,
    auth: Auth,
    base: String,
    /// Of requests: no two have one number.
    sent: AtomicU64,
}

/// What a session is running, for whoever stops it.
#[derive(Default)]
pub(super) struct Running(Mutex<State>);

#[derive(Clone, Default)]
struct State {
    is_running: bool,
    is_stopped: bool,
    handle: Option<String>,
    /// The server was told.
    is_told: bool,
}

/// The body of an answer that is a result, or the first part of one.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Answer {
    statement_handle: String,
    /// Of a request with several statements: one each.
    statement_handles: Vec<String>,
    result_set_meta_data: Meta,
    data: Vec<Vec<Option<String>>>,
    stats: Option<Stats>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Meta {
    num_rows: usize,
    row_type: Vec<Column>,
    partition_info: Vec<Partition>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Partition {
    row_count: usize,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Stats {
    num_rows_inserted: u64,
    num_rows_updated: u64,
    num_rows_deleted: u64,
}

/// The result of one statement.
pub(super) struct Done {
    pub(super) rows: Rows,
    pub(super) columns: Vec<Column>,
    /// Rows that it inserted, updated and deleted.
    pub(super) changed: u64,
}

impl Client {
    pub(super) fn new(options: Options, http: Http) -> Self {
        let auth = Auth::new(&options.account, options.login.clone());
        Self {
            base: options.address(),
            auth,
            http,
            options,
            sent: AtomicU64::new(0),
        }
    }

    /// Runs statements in one session and waits for the last; the result of the last.
    pub(super) fn run(&self, statements: &[&str], running: &Running) -> Result<Done, EngineError> {
        let mut all = vec![SESSION];
        all.extend(
            statements
                .iter()
                .map(|sql| sql.trim_end_matches(|c: char| c == ';' || c.is_whitespace())),
        );
        let answer = self.submitted(&all, running)?;
        match answer.statement_handles.last() {
            Some(last) if answer.statement_handles.len() == all.len() => {
                let result = self.finished(last, &[], running)?;
                self.result(result, last, running)
            }
            Some(_) | None => Err(nonsense(
                "it does not say where the results of the statements are",
            )),
        }
    }

    /// Runs one statement without a session's parameters: unlike several, it needs no virtual warehouse.
    pub(super) fn run_bare(&self, sql: &str, running: &Running) -> Result<Done, EngineError> {
        let answer = self.submitted(&[sql], running)?;
        let handle = answer.statement_handle.clone();
        self.result(answer, &handle, running)
    }

    /// Sends statements as one request, and waits until they are done.
    fn submitted(&self, statements: &[&str], running: &Running) -> Result<Answer, EngineError> {
        let separated = statements.join("\n;\n");
        let mut line = 1;
        let sent: Vec<Sent<'_>> = statements
            .iter()
            .map(|sql| {
                let begins = line;
                line += sql.matches('\n').count() + 2;
                Sent { sql, line: begins }
            })
            .collect();
        let number = self.sent.fetch_add(1, Ordering::Relaxed);
        let id = request_id(&self.options.run, number, &separated);
        let body = self.body(&separated, statements.len());
        running.begin();
        let done = self
            .first(&id, &body, &sent, running)
            .and_then(|handle| self.finished(&handle, &sent, running));
        running.end();
        done
    }

    fn body(&self, statement: &str, count: usize) -> serde_json::Value {
        let options = &self.options;
        let mut body = serde_json::json!({
            "statement": statement,
            "parameters": {
                "MULTI_STATEMENT_COUNT": count.to_string(),
                "TIMEZONE": "UTC",
                "QUERY_TAG": options.tag(),
            },
        });
        let named = [
            ("warehouse", &options.warehouse),
            ("role", &options.role),
            ("database", &options.database),
        ];
        if let Some(fields) = body.as_object_mut() {
            for (key, value) in named {
                fields.extend(value.as_ref().map(|v| (key.to_owned(), v.as_str().into())));
            }
            let limit = options
                .statement_timeout
                .map(|t| ("timeout".to_owned(), t.as_secs().into()));
            fields.extend(limit);
        }
        body
    }

    /// Sends a request until it is taken; its handle.
    fn first(
        &self,
        id: &str,
        body: &serde_json::Value,
        sent: &[Sent<'_>],
        running: &Running,
    ) -> Result<String, EngineError> {
        let answer = self.call(running, &mut |tries, bearer| {
            let again = if tries > 1 { "&retry=true" } else { "" };
            let url = format!(
                "{}/api/v2/statements?requestId={id}&async=true{again}",
                self.base
            );
            self.request(Method::Post, &url, bearer).json(body)
        })?;
        match answer.status {
            200 | 202 => {
                let handle = read::<Answer>(&answer)?.statement_handle;
                if handle.is_empty() {
                    return Err(nonsense("it does not say what the statement's handle is"));
                }
                Ok(handle)
            }
            _ => Err(self.refused(&answer, sent)),
        }
    }

    /// Waits until a statement is done.
    fn finished(
        &self,
        handle: &str,
        sent: &[Sent<'_>],
        running: &Running,
    ) -> Result<Answer, EngineError> {
        let mut wait = FIRST_POLL;
        let url = format!("{}/api/v2/statements/{handle}", self.base);
        loop {
            if let Some(told) = running.is_at(handle) {
                self.cancel(&told, running);
            }
            let answer = self.call(&Running::default(), &mut |_, bearer| {
                self.request(Method::Get, &url, bearer)
            })?;
            match answer.status {
                200 => return read(&answer),
                202 => {
                    self.http.pause(wait, &|| running.wants_to_tell());
                    wait = (wait * 2).min(LONGEST_POLL);
                }
                _ => return Err(self.refused(&answer, sent)),
            }
        }
    }

    /// All rows of a result, whose first part is there.
    fn result(&self, first: Answer, handle: &str, running: &Running) -> Result<Done, EngineError> {
        let meta = first.result_set_meta_data;
        let mut rows = Rows {
            columns: meta.row_type.iter().map(|c| c.name.clone()).collect(),
            rows: Vec::with_capacity(meta.num_rows),
        };
        let parts = meta.partition_info.len().max(1);
        let mut part = first.data;
        for n in 0..parts {
            if n > 0 {
                let url = format!("{}/api/v2/statements/{handle}?partition={n}", self.base);
                let answer = self.call(running, &mut |_, bearer| {
                    self.request(Method::Get, &url, bearer)
                })?;
                if answer.status != 200 {
                    return Err(self.refused(&answer, &[]));
                }
                part = read::<Answer>(&answer)?.data;
            }
            let expected = meta
                .partition_info
                .get(n)
                .map_or(meta.num_rows, |p| p.row_count);
            if part.len() != expected {
                return Err(nonsense(
                    "a part of the result has not the rows that it should have",
                ));
            }
            for cells in part.drain(..) {
                rows.rows.push(values(&meta.row_type, &cells)?);
            }
        }
        if rows.rows.len() != meta.num_rows {
            return Err(nonsense("the result has not the rows that it should have"));
        }
        let changed = match &first.stats {
            Some(stats) => {
                stats.num_rows_inserted + stats.num_rows_updated + stats.num_rows_deleted
            }
            None => changed(&rows),
        };
        Ok(Done {
            rows,
            columns: meta.row_type,
            changed,
        })
    }

    /// Asks the server to stop a statement. What it says of that does not matter, for the statement's own answer does; where it says
    /// nothing, whoever comes next asks again.
    pub(super) fn cancel(&self, handle: &str, running: &Running) {
        let url = format!("{}/api/v2/statements/{handle}/cancel", self.base);
        // Whoever stops something does not wait long.
        let retry = Retry {
            total: Duration::from_secs(3),
            ..retry()
        };
        let answer = self.call_as(&retry, &|| false, &mut |_, bearer| Request {
            timeout: self.options.call_timeout.min(Duration::from_secs(5)),
            ..self.request(Method::Post, &url, bearer)
        });
        if answer.as_ref().map_or(true, is_to_come_again) {
            running.was_not_told(handle);
        }
    }

    fn request(&self, method: Method, url: &str, bearer: &Bearer) -> Request {
        let request = Request::new(method, url, self.options.call_timeout)
            .header("Accept", "application/json")
            .bearer(&bearer.token);
        match bearer.kind {
            Some(kind) => request.header("X-Snowflake-Authorization-Token-Type", kind),
            None => request,
        }
    }

    /// Makes a call, again while the server is not there or too busy, unless somebody stops it.
    fn call(
        &self,
        running: &Running,
        make: &mut dyn FnMut(u32, &Bearer) -> Request,
    ) -> Result<Response, EngineError> {
        self.call_as(&retry(), &|| running.is_stopped(), make)
    }

    /// Makes a call, and once more with another token where the server refuses one.
    fn call_as(
        &self,
        retry: &Retry,
        stopped: &dyn Fn() -> bool,
        make: &mut dyn FnMut(u32, &Bearer) -> Request,
    ) -> Result<Response, EngineError> {
        let mut before = 0;
        let mut refused: Option<(Bearer, Response)> = None;
        loop {
            let bearer = self
                .auth
                .bearer(&self.http, refused.as_ref().map(|(b, _)| b))?;
            let bearer = match (bearer, refused.take()) {
                (Some(bearer), _) => bearer,
                (None, Some((_, response))) => return Ok(response),
                (None, None) => return Err(nonsense("there is no token")),
            };
            let mut tries = before;
            let answer = self.http.call(retry, stopped, &mut |_| {
                tries += 1;
                make(tries, &bearer)
            });
            let answer = answer.map_err(EngineError::from)?;
            if answer.status != 401 || before > 0 {
                return Ok(answer);
            }
            before = tries;
            refused = Some((bearer, answer));
        }
    }

    /// The error of an answer that is no result.
    fn refused(&self, answer: &Response, sent: &[Sent<'_>]) -> EngineError {
        let refusal: Refusal = read(answer).unwrap_or_default();
        let connection = |message: String| EngineError {
            kind: EngineErrorKind::Connection,
            message: self.http.hide(&message),
        };
        match answer.status {
            422 => {
                let mut error = refusal.error(sent, self.options.names_values);
                error.message = self.http.hide(&error.message);
                error
            }
            408 => EngineError {
                kind: EngineErrorKind::Exhausted,
                message: "the statement took longer than it may and was stopped by Snowflake"
                    .to_owned(),
            },
            401 | 403 => connection(format!(
                "Snowflake does not let this user in ({} {}): {}",
                answer.status, refusal.code, refusal.message
            )),
            404 => connection(format!(
                "Snowflake knows no such account or statement ({} {}): {}",
                answer.status, refusal.code, refusal.message
            )),
            status => connection(format!(
                "Snowflake answered with status {status} {}: {}",
                refusal.code, refusal.message
            )),
        }
    }
}

impl Running {
    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn begin(&self) {
        *self.state() = State {
            is_running: true,
            ..State::default()
        };
    }

    fn end(&self) {
        *self.state() = State::default();
    }

    fn is_stopped(&self) -> bool {
        self.state().is_stopped
    }

    /// Whether somebody has stopped it and the server does not know.
    fn wants_to_tell(&self) -> bool {
        let state = self.state();
        state.is_stopped && !state.is_told
    }

    /// The statement's handle is known; what is to be cancelled, if somebody has stopped it before.
    fn is_at(&self, handle: &str) -> Option<String> {
        let mut state = self.state();
        if !state.is_running {
            return None;
        }
        state.handle = Some(handle.to_owned());
        let tell = state.is_stopped && !state.is_told;
        state.is_told |= tell;
        tell.then(|| handle.to_owned())
    }

    /// Stops what is running, if anything is; what is to be cancelled, if it is known and was not cancelled.
    pub(super) fn stop(&self) -> Option<String> {
        let mut state = self.state();
        if !state.is_running {
            return None;
        }
        state.is_stopped = true;
        let handle = state.handle.clone().filter(|_| !state.is_told)?;
        state.is_told = true;
        Some(handle)
    }

    /// The server was not told after all.
    fn was_not_told(&self, handle: &str) {
        let mut state = self.state();
        if state.handle.as_deref() == Some(handle) {
            state.is_told = false;
        }
    }
}

fn retry() -> Retry {
    Retry {
        again: is_to_come_again,
        ..Retry::default()
    }
}

/// Whether an answer says nothing about the request, or is none: cut off, or not of the API.
fn is_to_come_again(response: &Response) -> bool {
    match response.status {
        429 | 500 | 502 | 503 | 504 => true,
        200 | 202 | 422 => response.body.trim_ascii_end().last() != Some(&b'}'),
        _ => false,
    }
}

fn read<T: DeserializeOwned>(answer: &Response) -> Result<T, EngineError> {
    serde_json::from_slice(&answer.body)
        .map_err(|_| nonsense("it is not the JSON that it should be"))
}

fn nonsense(what: &str) -> EngineError {
    EngineError {
        kind: EngineErrorKind::Connection,
        message: format!("Snowflake's answer cannot be understood: {what}"),
    }
}

fn values(columns: &[Column], cells: &[Option<String>]) -> Result<Vec<Value>, EngineError> {
    if columns.len() != cells.len() {
        return Err(nonsense("a row has not the cells that it should have"));
    }
    columns
        .iter()
        .zip(cells)
        .map(|(column, cell)| {
            column.value(cell.as_deref()).ok_or_else(|| {
                nonsense(&format!(
                    "column `{}` holds what its type cannot",
                    column.name
                ))
            })
        })
        .collect()
}

/// What DML says of itself in its only row: `number of rows inserted` and the like.
fn changed(rows: &Rows) -> u64 {
    let [row] = rows.rows.as_slice() else {
        return 0;
    };
    let counts = rows
        .columns
        .iter()
        .zip(row)
        .filter_map(|(name, value)| match value {
            Value::Int(n) if name.starts_with("number of rows ") => u64::try_from(*n).ok(),
            Value::Int(_) | Value::Null | Value::Boolean(_) | Value::Float(_) | Value::Text(_) => {
                None
            }
        });
    counts.sum()
}

/// A UUID that is the same whenever the same request is made: of the run, of its number in the run, and of its text.
fn request_id(run: &str, number: u64, text: &str) -> String {
    let hash = Sha256::digest(format!("{run}\n{number}\n{text}"));
    let hex = hash
        .iter()
        .take(16)
        .fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"));
    let part = |from: usize, to: usize| hex.get(from..to).unwrap_or_default();
    // Version 8 is what has its own rules: <https://www.rfc-editor.org/rfc/rfc9562#name-uuid-version-8>
    format!(
        "{}-{}-8{}-a{}-{}",
        part(0, 8),
        part(8, 12),
        part(13, 16),
        part(17, 20),
        part(20, 32)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_have_ids_that_can_be_made_again() {
        let id = request_id("01ARZ", 1, "select 1");
        assert_eq!(id, request_id("01ARZ", 1, "select 1"));
        let others = [
            ("01ARZ", 2, "select 1"),
            ("01ARY", 1, "select 1"),
            ("01ARZ", 1, "select 2"),
        ];
        for (run, number, text) in others {
            assert_ne!(id, request_id(run, number, text));
        }
        let lengths: Vec<usize> = id.split('-').map(str::len).collect();
        assert_eq!(lengths, [8, 4, 4, 4, 12], "{id}");
        assert!(id.split('-').nth(2).is_some_and(|p| p.starts_with('8')));
    }
}
