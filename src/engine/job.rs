//! What is asked of a sandbox, and what it answers: sent as lines of JSON between two processes.

use super::Rows;
use serde::{Deserialize, Serialize};

/// The database that a job's tables are in.
pub const DATABASE: &str = "given";

/// Tables to make, and a query of them.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Job {
    /// Statements that make and fill the tables.
    pub setup: Vec<String>,
    /// Statements that the query needs in its session.
    pub prelude: Vec<String>,
    /// Must find nothing.
    pub checks: Vec<Check>,
    /// One SELECT.
    pub query: String,
}

/// A query with one row and one column: how many rows are wrong.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Check {
    /// What is wrong with them.
    pub what: String,
    pub sql: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Answer {
    Rows(Rows),
    /// What a check found.
    Broken(String),
    /// The engine's words.
    Failed(String),
}

/// An answer, and how long it took.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reply {
    pub answer: Answer,
    pub seconds: f64,
}
