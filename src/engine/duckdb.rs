//! The embedded engine: the only file that names the `duckdb` crate.
//!
//! Opens a file or memory with settings under which nothing is ever fetched or installed, and hands out sessions.
//! Every session is in UTC; nothing here needs ICU, which the bundled build has not.
#![allow(clippy::disallowed_methods)] // Waiting for a lock is this room's business.

use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use duckdb::arrow::datatypes::DataType;
use duckdb::types::{TimeUnit, Value as Raw};
use duckdb::{AccessMode, Config, Connection};

use super::creation;
use super::redact::redacted;
use super::single::is_single;
pub use super::warehouse::Options;
use super::warehouse::Reads;
use super::{Engine, EngineError, EngineErrorKind, FileStamp, Rows, Value};

/// A session with an embedded database. The last session to be dropped closes it.
pub struct DuckDb {
    connection: Connection,
    project_dir: PathBuf,
    names_values: bool,
}

impl DuckDb {
    /// Opens the database, waiting for a lock up to `lock_timeout`.
    ///
    /// # Errors
    /// The file is locked, unreadable, or no database; a setting is refused.
    pub fn open(options: &Options) -> Result<Self, EngineError> {
        let started = Instant::now();
        loop {
            match Self::open_once(options) {
                Err(error)
                    if error.kind == EngineErrorKind::Locked
                        && started.elapsed() < options.lock_timeout =>
                {
                    std::thread::sleep(Duration::from_millis(100));
                }
                result => return result,
            }
        }
    }

    fn open_once(options: &Options) -> Result<Self, EngineError> {
        if let Some(path) = &options.path
            && !options.read_only
            && !path.exists()
        {
            let opens = |path: &Path| {
                let opened = configure(options).and_then(|c| Connection::open_with_flags(path, c));
                opened.map_err(io::Error::other)
            };
            // Where that cannot be done, or another process has done it, opening it says the rest.
            let _ = creation::create(path, opens);
        }
        let connection = configure(options)
            .and_then(|config| match &options.path {
                Some(path) => Connection::open_with_flags(path, config),
                None => Connection::open_in_memory_with_flags(config),
            })
            .map_err(|e| connection_error(&e))?;
        let mut session = Self::session(
            connection,
            options.project_dir.clone(),
            options.names_values,
        )?;
        if let Some(reads) = &options.reads {
            session.read_only_these(reads)?;
        }
        Ok(session)
    }

    /// Shuts all files but these, for good and for every session. A name is looked up in the working folder first and then
    /// in the project's; what it leads to there must be in one of the folders.
    fn read_only_these(&mut self, reads: &Reads) -> Result<(), EngineError> {
        let list = |texts: Vec<String>| {
            let quoted = texts.iter().map(|t| format!("'{}'", t.replace('\'', "''")));
            quoted.collect::<Vec<_>>().join(", ")
        };
        let real = |folder: &PathBuf| folder.canonicalize().unwrap_or_else(|_| folder.clone());
        let folders = reads.folders.iter().flat_map(|f| [f.clone(), real(f)]);
        let folders = folders.map(|f| f.to_string_lossy().into_owned()).collect();
        // What is in the working folder is read only if that is one of the folders: a name that is let through by itself would
        // be a link that is let through.
        let is_elsewhere = |name: &&String| std::fs::symlink_metadata(name).is_err();
        let elsewhere = reads.names.iter().filter(is_elsewhere).cloned().collect();
        for setting in [
            format!("SET allowed_directories = [{}]", list(folders)),
            format!("SET allowed_paths = [{}]", list(elsewhere)),
            "SET enable_external_access = false".to_owned(),
        ] {
            self.execute(&setting)?;
        }
        Ok(())
    }

    /// Another session with the same database.
    ///
    /// # Errors
    /// The engine refused.
    pub fn another(&self) -> Result<Self, EngineError> {
        let connection = self
            .connection
            .try_clone()
            .map_err(|e| connection_error(&e))?;
        Self::session(connection, self.project_dir.clone(), self.names_values)
    }

    fn session(
        connection: Connection,
        project_dir: PathBuf,
        names_values: bool,
    ) -> Result<Self, EngineError> {
        let mut session = Self {
            connection,
            project_dir,
            names_values,
        };
        let dir = session
            .project_dir
            .to_string_lossy()
            .replace('\'', "''")
            .replace(',', "\\,");
        let mut settings = vec!["SET enable_progress_bar = false".to_owned()];
        if !dir.is_empty() {
            settings.push(format!("SET file_search_path = '{dir}'"));
        }
        session.execute_all(&settings.iter().map(String::as_str).collect::<Vec<_>>())?;
        // The setting belongs to ICU; without ICU every session is in UTC anyway.
        let _ = session.execute("SET TimeZone = 'UTC'");
        Ok(session)
    }

    /// What stops the statement that this session is running, from any thread.
    #[must_use]
    pub fn interrupter(&self) -> Box<dyn Fn() + Send + Sync> {
        let handle = self.connection.interrupt_handle();
        Box::new(move || handle.interrupt())
    }

    /// The engine's version: `v2.0.0`.
    ///
    /// # Errors
    /// The engine refused.
    pub fn version(&self) -> Result<String, EngineError> {
        self.connection.version().map_err(|e| self.refused(&e))
    }
}

/// What makes sessions with one target: a file is opened anew each time, so that a session sees what is truly in it;
/// memory is kept for as long as the connector lives.
///
/// # Errors
/// Memory could not be had. A file is not opened yet.
pub fn connector(
    options: Options,
) -> Result<impl FnMut() -> Result<Box<dyn Engine>, EngineError>, EngineError> {
    let memory = match options.path {
        Some(_) => None,
        None => Some(DuckDb::open(&options)?),
    };
    Ok(move || {
        let session = match &memory {
            Some(memory) => memory.another()?,
            None => DuckDb::open(&options)?,
        };
        Ok(Box::new(session) as Box<dyn Engine>)
    })
}

fn configure(options: &Options) -> duckdb::Result<Config> {
    let mut config = Config::default()
        .enable_autoload_extension(false)?
        .with("allow_community_extensions", "false")?
        // Files made here can be read by clients of DuckDB 1.4 and later.
        .with("storage_compatibility_version", "v1.4.0")?
        .access_mode(if options.read_only {
            AccessMode::ReadOnly
        } else {
            AccessMode::Automatic
        })?;
    if let Some(threads) = options.threads {
        config = config.threads(i64::from(threads.max(1)))?;
    }
    if let Some(limit) = &options.memory_limit {
        config = config.max_memory(limit)?;
    }
    Ok(config)
}

impl DuckDb {
    /// Runs statements that have no results, each single, in one go: several times as fast as one after another.
    ///
    /// # Errors
    /// What the engine refused; those before it have been run.
    pub fn execute_all(&mut self, statements: &[&str]) -> Result<(), EngineError> {
        for sql in statements {
            one(sql)?;
        }
        self.connection
            .execute_batch(&statements.join("\n;\n"))
            .map_err(|e| self.refused(&e))
    }
}

impl Engine for DuckDb {
    fn change(&mut self, sql: &str) -> Result<u64, EngineError> {
        one(sql)?;
        self.connection
            .execute(sql, [])
            .map(|rows| rows as u64)
            .map_err(|e| self.refused(&e))
    }

    /// Parsed and planned once: what the crate prepares is planned again when it is run, for a scan of a table is never cached.
    fn execute(&mut self, sql: &str) -> Result<(), EngineError> {
        self.execute_all(&[sql])
    }

    fn query(&mut self, sql: &str) -> Result<Rows, EngineError> {
        one(sql)?;
        self.fetch(sql).map_err(|e| self.refused(&e))
    }

    fn file_stamp(&self, path: &str) -> Option<FileStamp> {
        let found = std::fs::metadata(self.project_dir.join(path)).ok()?;
        Some((found.len(), found.modified().ok()?))
    }
}

impl DuckDb {
    fn fetch(&self, sql: &str) -> duckdb::Result<Rows> {
        let mut statement = self.connection.prepare(sql)?;
        let mut rows = statement.query([])?;
        let (mut columns, mut types) = (Vec::new(), Vec::new());
        if let Some(statement) = rows.as_ref() {
            for field in statement.schema().fields() {
                columns.push(field.name().clone());
                if holds_untyped(field.data_type()) {
                    let message =
                        format!("column `{}` holds untyped NULLs: cast them", field.name());
                    return Err(duckdb::Error::ToSqlConversionFailure(message.into()));
                }
                types.push(field.data_type().clone());
            }
        }
        let mut all = Vec::new();
        while let Some(row) = rows.next()? {
            let mut values = Vec::with_capacity(columns.len());
            for (i, ty) in types.iter().enumerate() {
                // The crate cannot read a column that has no type but NULL.
                values.push(if *ty == DataType::Null {
                    Value::Null
                } else {
                    let instant = matches!(ty, DataType::Timestamp(_, Some(_)));
                    value(row.get::<_, Raw>(i)?, instant)
                });
            }
            all.push(values);
        }
        Ok(Rows { columns, rows: all })
    }
}

/// Whether something inside a list, struct or map has no type but NULL: the crate panics on those.
fn holds_untyped(ty: &DataType) -> bool {
    let untyped = |ty: &DataType| *ty == DataType::Null || holds_untyped(ty);
    match ty {
        DataType::List(of)
        | DataType::LargeList(of)
        | DataType::FixedSizeList(of, _)
        | DataType::Map(of, _) => untyped(of.data_type()),
        DataType::Struct(fields) => fields.iter().any(|f| untyped(f.data_type())),
        DataType::Union(fields, _) => fields.iter().any(|(_, f)| untyped(f.data_type())),
        DataType::Null
        | DataType::Boolean
        | DataType::Int8
        | DataType::Int16
        | DataType::Int32
        | DataType::Int64
        | DataType::UInt8
        | DataType::UInt16
        | DataType::UInt32
        | DataType::UInt64
        | DataType::Float16
        | DataType::Float32
        | DataType::Float64
        | DataType::Timestamp(..)
        | DataType::Date32
        | DataType::Date64
        | DataType::Time32(_)
        | DataType::Time64(_)
        | DataType::Duration(_)
        | DataType::Interval(_)
        | DataType::Binary
        | DataType::FixedSizeBinary(_)
        | DataType::LargeBinary
        | DataType::BinaryView
        | DataType::Utf8
        | DataType::LargeUtf8
        | DataType::Utf8View
        | DataType::ListView(_)
        | DataType::LargeListView(_)
        | DataType::Dictionary(..)
        | DataType::Decimal32(..)
        | DataType::Decimal64(..)
        | DataType::Decimal128(..)
        | DataType::Decimal256(..)
        | DataType::RunEndEncoded(..) => false,
    }
}

fn one(sql: &str) -> Result<(), EngineError> {
    if is_single(sql) {
        Ok(())
    } else {
        Err(EngineError {
            kind: EngineErrorKind::Statement,
            message: "the text is not one single statement".to_owned(),
        })
    }
}

fn value(raw: Raw, instant: bool) -> Value {
    match raw {
        Raw::Null => Value::Null,
        Raw::Boolean(v) => Value::Boolean(v),
        Raw::TinyInt(v) => Value::Int(v.into()),
        Raw::SmallInt(v) => Value::Int(v.into()),
        Raw::Int(v) => Value::Int(v.into()),
        Raw::BigInt(v) => Value::Int(v),
        Raw::UTinyInt(v) => Value::Int(v.into()),
        Raw::USmallInt(v) => Value::Int(v.into()),
        Raw::UInt(v) => Value::Int(v.into()),
        Raw::UBigInt(v) => i64::try_from(v).map_or_else(|_| Value::Text(v.to_string()), Value::Int),
        Raw::HugeInt(v) => i64::try_from(v).map_or_else(|_| Value::Text(v.to_string()), Value::Int),
        Raw::Float(v) => Value::Float(v.into()),
        Raw::Double(v) => Value::Float(v),
        other @ (Raw::UHugeInt(_)
        | Raw::Decimal(_)
        | Raw::Timestamp(..)
        | Raw::Text(_)
        | Raw::Blob(_)
        | Raw::Geometry(_)
        | Raw::Date32(_)
        | Raw::Time64(..)
        | Raw::Interval { .. }
        | Raw::List(_)
        | Raw::Enum(_)
        | Raw::Struct(_)
        | Raw::Array(_)
        | Raw::Map(_)
        | Raw::Union(_)
        | _) => Value::Text(text(&other, instant)),
    }
}

/// A value as DuckDB prints it.
fn text(raw: &Raw, instant: bool) -> String {
    match raw {
        Raw::Null => "NULL".to_owned(),
        Raw::Boolean(v) => v.to_string(),
        Raw::TinyInt(v) => v.to_string(),
        Raw::SmallInt(v) => v.to_string(),
        Raw::Int(v) => v.to_string(),
        Raw::BigInt(v) => v.to_string(),
        Raw::HugeInt(v) => v.to_string(),
        Raw::UHugeInt(v) => v.to_string(),
        Raw::UTinyInt(v) => v.to_string(),
        Raw::USmallInt(v) => v.to_string(),
        Raw::UInt(v) => v.to_string(),
        Raw::UBigInt(v) => v.to_string(),
        Raw::Float(v) => v.to_string(),
        Raw::Double(v) => v.to_string(),
        Raw::Decimal(v) => v.to_string(),
        Raw::Text(v) | Raw::Enum(v) => v.clone(),
        Raw::Timestamp(unit, v) => timestamp(*unit, *v, instant),
        Raw::Date32(days) => date(*days),
        Raw::Time64(unit, v) => {
            let at = jiff::civil::Time::midnight()
                .wrapping_add(jiff::SignedDuration::from_micros(unit.to_micros(*v)));
            at.to_string()
        }
        Raw::Interval {
            months,
            days,
            nanos,
        } => format!("{months} months {days} days {nanos} nanoseconds"),
        Raw::List(items) | Raw::Array(items) => {
            let items: Vec<_> = items.iter().map(|v| text(v, false)).collect();
            format!("[{}]", items.join(", "))
        }
        Raw::Struct(fields) => {
            let fields: Vec<_> = fields
                .iter()
                .map(|(k, v)| format!("'{k}': {}", text(v, false)))
                .collect();
            format!("{{{}}}", fields.join(", "))
        }
        Raw::Map(fields) => {
            let fields: Vec<_> = fields
                .iter()
                .map(|(k, v)| format!("{}={}", text(k, false), text(v, false)))
                .collect();
            format!("{{{}}}", fields.join(", "))
        }
        Raw::Union(v) => text(v, false),
        Raw::Blob(bytes) | Raw::Geometry(bytes) => {
            use std::fmt::Write as _;
            bytes.iter().fold(String::new(), |mut hex, b| {
                let _ = write!(hex, "{b:02x}");
                hex
            })
        }
        other => format!("{other:?}"),
    }
}

/// `2026-01-31 09:00:00`, with `+00` where it is an instant.
fn timestamp(unit: TimeUnit, v: i64, instant: bool) -> String {
    if v == i64::MAX || v == -i64::MAX {
        return if v > 0 { "infinity" } else { "-infinity" }.to_owned();
    }
    let at = match unit {
        TimeUnit::Second => jiff::Timestamp::from_second(v),
        TimeUnit::Millisecond => jiff::Timestamp::from_millisecond(v),
        TimeUnit::Microsecond => jiff::Timestamp::from_microsecond(v),
        TimeUnit::Nanosecond => jiff::Timestamp::from_nanosecond(v.into()),
    };
    let Ok(at) = at else {
        return format!("{v} {unit:?} since 1970");
    };
    let local = jiff::tz::TimeZone::UTC.to_datetime(at);
    format!(
        "{} {}{}",
        local.date(),
        local.time(),
        if instant { "+00" } else { "" }
    )
}

fn date(days: i32) -> String {
    match days {
        i32::MAX => "infinity".to_owned(),
        d if d == -i32::MAX => "-infinity".to_owned(),
        d => jiff::civil::date(1970, 1, 1)
            .checked_add(jiff::Span::new().try_days(d).unwrap_or_default())
            .map_or_else(|_| format!("{d} days since 1970"), |d| d.to_string()),
    }
}

fn connection_error(error: &duckdb::Error) -> EngineError {
    let message = error.to_string();
    let locked = message.contains("Could not set lock") || message.contains("Conflicting lock");
    EngineError {
        kind: if locked {
            EngineErrorKind::Locked
        } else {
            EngineErrorKind::Connection
        },
        message: redacted(&message),
    }
}

/// The engine's words where memory is not enough, and the system's where a disk is not.
const EXHAUSTED: [&str; 4] = [
    "Out of Memory Error",
    "No space left on device",
    "File too large",
    "Disk quota exceeded",
];

/// The engine's words where a transaction may only read.
const READ_ONLY: &str = "launched in read-only mode";

impl DuckDb {
    /// What the engine said of a statement.
    fn refused(&self, error: &duckdb::Error) -> EngineError {
        let message = error.to_string();
        let conflict = message.contains("TransactionContext Error") && message.contains("onflict");
        EngineError {
            kind: if conflict {
                EngineErrorKind::Conflict
            } else if message.contains(READ_ONLY) {
                EngineErrorKind::ReadOnly
            } else if message.contains("has been invalidated") {
                EngineErrorKind::Connection
            } else if EXHAUSTED.iter().any(|words| message.contains(words)) {
                EngineErrorKind::Exhausted
            } else {
                EngineErrorKind::Statement
            },
            // The last are words of `fetch`.
            message: if self.names_values
                || matches!(error, duckdb::Error::ToSqlConversionFailure(_))
            {
                message
            } else if message.contains(READ_ONLY) {
                "it would write, and only reading is allowed here".to_owned()
            } else {
                redacted(&message)
            },
        }
    }
}
