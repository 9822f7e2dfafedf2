//! A target of the engine inside the program.

use super::keys::Keys;
use std::path::PathBuf;

const KEYS: &[&str] = &[
    "path",
    "threads",
    "memory_limit",
    "lock_timeout",
    "read_from",
];

/// A database in a file, or in memory.
#[derive(Clone, Debug, Default)]
pub struct Embedded {
    /// Relative to the project's folder; None is a database in memory.
    pub path: Option<PathBuf>,
    pub threads: Option<u32>,
    pub memory_limit: Option<String>,
    /// Seconds to wait for another process to let go of the file.
    pub lock_timeout: u64,
    /// Folders beside the project's whose files views of the database read.
    pub read_from: Vec<PathBuf>,
}

pub(super) fn read(keys: &mut Keys<'_>, default: PathBuf) -> Option<Embedded> {
    keys.only(KEYS, &[]);
    let path = if keys.has("path") {
        keys.text("path")
    } else {
        None
    };
    let folders = keys.texts("read_from", "a folder or a list of folders");
    let embedded = Embedded {
        path: match path {
            Some(path) if path == ":memory:" => None,
            Some(path) => Some(keys.database(path)),
            None => Some(default),
        },
        threads: keys
            .number("threads", 1, 1024, "a number from 1 to 1024")
            .and_then(|n| u32::try_from(n).ok()),
        memory_limit: keys.text("memory_limit"),
        lock_timeout: keys
            .number("lock_timeout", 0, u64::MAX, "a number of seconds")
            .unwrap_or(0),
        read_from: folders.into_iter().flatten().map(PathBuf::from).collect(),
    };
    keys.is_fine().then_some(embedded)
}
