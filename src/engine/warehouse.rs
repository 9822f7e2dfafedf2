//! From options to sessions: what a run opens once and asks for a session whenever it needs one.
//!
//! Without the embedded engine (`--no-default-features`) there is nothing to open, and [`open`] says so.

use super::{Engine, EngineError};
use std::path::PathBuf;
use std::time::Duration;

/// What to open and how.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// None is a database in memory.
    pub path: Option<PathBuf>,
    pub read_only: bool,
    /// Relative file names in queries are looked up here.
    pub project_dir: PathBuf,
    /// None leaves it to the engine: all cores.
    pub threads: Option<u32>,
    /// As DuckDB writes it: `2GiB`.
    pub memory_limit: Option<String>,
    /// How long to wait for another process to let go of the file.
    pub lock_timeout: Duration,
    /// Which files SQL may read; None is any.
    pub reads: Option<Reads>,
    /// Errors say which value is at fault: for rows that nobody is behind.
    pub names_values: bool,
}

/// The files that SQL may read, beside the database's own.
#[derive(Clone, Debug, Default)]
pub struct Reads {
    /// Everything in these folders, without links that lead out of them.
    pub folders: Vec<PathBuf>,
    /// Names as SQL has them, relative to the project's folder: a file must lie in one of the folders all the same.
    pub names: Vec<String>,
}

/// An open database.
pub trait Warehouse {
    /// A new session with it.
    ///
    /// # Errors
    /// The connection is gone.
    fn session(&self) -> Result<Box<dyn Engine>, EngineError>;

    /// What stops whatever its sessions are running, from any thread.
    fn interrupter(&self) -> Box<dyn Fn() + Send + Sync>;
}

/// Whether there is an engine in this program.
pub const IS_BUILT_IN: bool = cfg!(feature = "duckdb-linked");

/// Opens a database.
///
/// # Errors
/// The file is locked, unreadable or no database; or this program has no engine.
#[cfg(feature = "duckdb-linked")]
pub fn open(options: &Options) -> Result<Box<dyn Warehouse>, EngineError> {
    Ok(Box::new(embedded::Embedded::open(options)?))
}

/// Opens a database.
///
/// # Errors
/// Always: this program has no engine.
#[cfg(not(feature = "duckdb-linked"))]
pub fn open(_: &Options) -> Result<Box<dyn Warehouse>, EngineError> {
    Err(EngineError {
        kind: super::EngineErrorKind::Connection,
        message: "this segc was built without its engine".to_owned(),
    })
}

#[cfg(feature = "duckdb-linked")]
mod embedded {
    use super::{Engine, EngineError, Options, Warehouse};
    use crate::engine::EngineErrorKind;
    use crate::engine::duckdb::DuckDb;
    use std::sync::{Arc, Mutex, PoisonError};

    type Stop = Box<dyn Fn() + Send + Sync>;

    /// The first session keeps the database open; the others come and go.
    pub(super) struct Embedded {
        options: Options,
        /// None where it could not be opened again.
        first: Mutex<Option<DuckDb>>,
        stops: Arc<Mutex<Vec<Stop>>>,
    }

    impl Embedded {
        pub(super) fn open(options: &Options) -> Result<Self, EngineError> {
            Ok(Self {
                options: options.clone(),
                first: Mutex::new(Some(DuckDb::open(options)?)),
                stops: Arc::default(),
            })
        }

        /// A session with the open database. One that the engine has given up, as when a checkpoint meets a full disk, is opened
        /// again: what was committed is in the file, and only there can be read.
        fn another(&self) -> Result<DuckDb, EngineError> {
            let mut first = self.first.lock().unwrap_or_else(PoisonError::into_inner);
            match first.as_ref().map(DuckDb::another) {
                Some(Ok(session)) => return Ok(session),
                Some(Err(error))
                    if error.kind != EngineErrorKind::Connection || self.options.path.is_none() =>
                {
                    return Err(error);
                }
                Some(Err(_)) | None => {}
            }
            *first = None;
            let opened = DuckDb::open(&self.options)?;
            let session = opened.another();
            *first = Some(opened);
            session
        }
    }

    impl Warehouse for Embedded {
        fn session(&self) -> Result<Box<dyn Engine>, EngineError> {
            let session = self.another()?;
            self.stops
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(session.interrupter());
            Ok(Box::new(session))
        }

        fn interrupter(&self) -> Stop {
            let stops = Arc::clone(&self.stops);
            Box::new(move || {
                for stop in stops.lock().unwrap_or_else(PoisonError::into_inner).iter() {
                    stop();
                }
            })
        }
    }
}
