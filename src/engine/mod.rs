//! A warehouse that runs SQL. Only the files beside this one know a client library.

pub mod bigquery;
pub mod catalog;
#[cfg(feature = "duckdb-linked")]
mod creation;
#[cfg(feature = "duckdb-linked")]
pub mod duckdb;
pub mod exact;
pub mod http;
pub mod job;
mod jwt;
mod ragged;
mod redact;
mod remote;
mod running;
#[cfg(feature = "duckdb-linked")]
pub mod sandbox;
#[cfg(feature = "duckdb-linked")]
mod single;
pub mod snowflake;
pub mod surroundings;
mod warehouse;

pub use remote::{Finding, Remote, State};
use serde::{Deserialize, Serialize};
use std::fmt;
pub use warehouse::{IS_BUILT_IN, Options, Reads, Warehouse, open};

/// A value of a result.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Value {
    Null,
    Boolean(bool),
    Int(i64),
    #[serde(with = "float")]
    Float(f64),
    /// Everything else as the warehouse writes it: decimals, dates, instants (UTC), strings, lists.
    Text(String),
}

/// A result: names and rows.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Rows {
    pub columns: Vec<String>,
    pub rows: Vec<Vec<Value>>,
}

/// As texts: JSON has no infinity.
mod float {
    use serde::{Deserialize as _, Deserializer, Serializer};

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
    pub(super) fn serialize<S: Serializer>(x: &f64, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(x)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// What a warehouse answered instead of a result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EngineError {
    pub kind: EngineErrorKind,
    /// The warehouse's words, without values of rows unless [`Options::names_values`].
    pub message: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EngineErrorKind {
    /// Could not connect at all, or the connection is gone.
    Connection,
    /// The database file is held by another process.
    Locked,
    /// Another session is changing the same thing, or just did.
    Conflict,
    /// Memory or disk was not enough: nothing is wrong with the statement.
    Exhausted,
    /// It would write where only reading is allowed.
    ReadOnly,
    /// The statement failed.
    Statement,
}

impl EngineError {
    /// The warehouse's words, without its advice and the statement that it repeats.
    #[must_use]
    pub fn words(&self) -> String {
        let said: Vec<&str> = self
            .message
            .lines()
            .map(str::trim)
            .take_while(|line| {
                !line.is_empty() && !line.starts_with("LINE ") && !line.starts_with("Possible")
            })
            .take(6)
            .collect();
        said.join("\n")
    }
}

impl fmt::Display for EngineError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for EngineError {}

/// One session with a warehouse. After an error inside a transaction the caller rolls back and drops the engine.
pub trait Engine {
    /// Runs one statement of DML; the number of rows it changed.
    ///
    /// # Errors
    /// What the warehouse refused.
    fn change(&mut self, sql: &str) -> Result<u64, EngineError>;

    /// Runs one statement of which nobody asks more than whether it was done.
    ///
    /// # Errors
    /// What the warehouse refused.
    fn execute(&mut self, sql: &str) -> Result<(), EngineError> {
        self.change(sql).map(drop)
    }

    /// Runs one query; all its rows.
    ///
    /// # Errors
    /// What the warehouse refused.
    fn query(&mut self, sql: &str) -> Result<Rows, EngineError>;

    /// Runs statements as one request, so that nobody's connection can be lost between them; whatever they began is over
    /// when it returns. Where a warehouse has no such request they are run one after another.
    ///
    /// # Errors
    /// What the warehouse refused. The statements before it may have been run: they begin a transaction if that matters.
    fn script(&mut self, statements: &[String]) -> Result<(), EngineError> {
        statements.iter().try_for_each(|sql| self.execute(sql))
    }

    /// The names and types of a query's columns, a row each, as the warehouse writes them; the query is not run.
    ///
    /// # Errors
    /// What the warehouse refused.
    fn columns(&mut self, query: &str) -> Result<Rows, EngineError> {
        self.query(&format!("describe {query}"))
    }

    /// The bytes that a query would read, where the warehouse can say without running it.
    fn dry_run(&mut self, sql: &str) -> Option<u64> {
        let _ = sql;
        None
    }

    /// The length and the time of a file that this session reads itself. No transaction holds a file still: where the two
    /// are others afterwards, the file was written meanwhile.
    fn file_stamp(&self, path: &str) -> Option<FileStamp> {
        let _ = path;
        None
    }
}

/// See [`Engine::file_stamp`].
pub type FileStamp = (u64, std::time::SystemTime);

#[cfg(test)]
mod tests {
    use super::{EngineError, EngineErrorKind};

    #[test]
    fn the_engines_advice_and_the_statement_are_left_out() {
        let words = |message: &str| {
            EngineError {
                kind: EngineErrorKind::Statement,
                message: message.to_owned(),
            }
            .words()
        };
        assert_eq!(
            words("Error: Line: 2\nOriginal Line: abc,US\n\nColumn x\n  file = y"),
            "Error: Line: 2\nOriginal Line: abc,US"
        );
        assert_eq!(
            words("Error: no number\n\nLINE 3: select"),
            "Error: no number"
        );
    }
}
