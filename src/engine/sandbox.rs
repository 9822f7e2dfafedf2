//! The embedded engine behind locks, for SQL that a stranger may have written: nothing is read but what was put in, nothing can
//! be written, and the process itself is limited ([`confine`]), because the engine's own limits do not hold everything.
//!
//! One hardened instance serves many jobs; each has a database of its own in memory, [`DATABASE`], attached before and gone
//! after, and is asked in a read-only transaction.
#![allow(
    clippy::disallowed_methods,
    reason = "how long a job takes is measured here"
)]

use super::duckdb::DuckDb;
use super::job::{Answer, DATABASE, Job, Reply};
use super::{Engine, EngineError, Options, Rows, Value};
use std::time::Instant;

/// Rows of an answer: more than any fixture has.
const MAX_ROWS: usize = 100_000;

/// Before anything is put in. `allow_unsigned_extensions` is off unless an instance is started with it.
const LOCKS: &[&str] = &[
    "SET autoinstall_known_extensions = false",
    "SET autoload_known_extensions = false",
    "SET allow_community_extensions = false",
    "SET allow_extension_repositories = 'forbidden'",
    "SET allow_persistent_secrets = false",
    "SET threads = 1",
    "SET memory_limit = '256MB'",
    "SET max_temp_directory_size = '0GB'",
    "SET temp_directory = ''",
    "SET max_expression_depth = 250",
    "SET enable_external_access = false",
    "SET lock_configuration = true",
];

/// An engine that can compute and nothing else.
pub struct Sandbox {
    engine: DuckDb,
    /// What the session has run already: macros of time zones, the same for nearly every job.
    prelude: Vec<String>,
}

impl Sandbox {
    /// Opens an instance in memory and locks it.
    ///
    /// # Errors
    /// A lock is refused: then nothing may be run.
    pub fn open() -> Result<Self, EngineError> {
        let mut engine = DuckDb::open(&Options {
            threads: Some(1),
            names_values: true,
            ..Options::default()
        })?;
        for lock in LOCKS {
            engine.execute(lock)?;
        }
        Ok(Self {
            engine,
            prelude: Vec::new(),
        })
    }

    /// Runs one job in a database of its own.
    pub fn run(&mut self, job: &Job) -> Reply {
        let started = Instant::now();
        let answer = self.job(job).unwrap_or_else(|e| Answer::Failed(e.words()));
        // The transaction is open, unless a statement before it failed. A database that stays fails the next job.
        let _ = self.engine.execute_all(&["ROLLBACK"]);
        let _ = self.engine.execute_all(&[&format!("DETACH {DATABASE}")]);
        Reply {
            answer,
            seconds: started.elapsed().as_secs_f64(),
        }
    }

    fn job(&mut self, job: &Job) -> Result<Answer, EngineError> {
        if self.prelude != job.prelude {
            self.prelude.clear();
            for statement in &job.prelude {
                self.engine.execute(statement)?;
            }
            self.prelude.clone_from(&job.prelude);
        }
        let attach = format!("ATTACH ':memory:' AS {DATABASE}");
        let setup = job.setup.iter().map(String::as_str);
        let statements: Vec<&str> = std::iter::once(attach.as_str())
            .chain(setup)
            .chain(["BEGIN TRANSACTION READ ONLY"])
            .collect();
        self.engine.execute_all(&statements)?;
        if !job.checks.is_empty() {
            let counts: Vec<String> = job
                .checks
                .iter()
                .map(|check| format!("(select violations from (\n{}\n) as checked)", check.sql))
                .collect();
            let found = self.select(&format!("select {}", counts.join(", ")), 1)?;
            let counts = found.rows.first().map_or(&[][..], Vec::as_slice);
            let mut checked = job.checks.iter().zip(counts);
            if let Some((check, _)) = checked.find(|(_, count)| **count != Value::Int(0)) {
                return Ok(Answer::Broken(check.what.clone()));
            }
        }
        Ok(Answer::Rows(self.select(&job.query, MAX_ROWS)?))
    }

    /// Inside another SELECT, so that it can be nothing else itself.
    fn select(&mut self, sql: &str, limit: usize) -> Result<Rows, EngineError> {
        self.engine
            .query(&format!("select * from (\n{sql}\n) as asked limit {limit}"))
    }
}

/// Limits this process for good: 1 GiB of memory, a minute of CPU, no file may grow, few files may be open; a limit that is
/// tighter already stays.
///
/// # Errors
/// A limit is refused: then nothing may be run.
#[cfg(unix)]
pub fn confine() -> Result<(), String> {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    for (resource, limit) in [
        (Resource::As, 1 << 30),
        (Resource::Cpu, 60),
        (Resource::Fsize, 0),
        (Resource::Nofile, 16),
        (Resource::Core, 0),
    ] {
        let most = getrlimit(resource).maximum;
        let limit = most.map_or(limit, |most| limit.min(most));
        let limit = Rlimit {
            current: Some(limit),
            maximum: Some(limit),
        };
        setrlimit(resource, limit).map_err(|e| format!("{resource:?}: {e}"))?;
    }
    Ok(())
}

/// Other systems have no such limits; the parent's clock is what stops a job there.
///
/// # Errors
/// Never.
#[cfg(not(unix))]
pub fn confine() -> Result<(), String> {
    Ok(())
}
