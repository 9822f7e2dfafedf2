//! A target of the engine inside the program.

use super::keys::Keys;
use crate::source::Span;
use std::path::PathBuf;

const KEYS: &[&str] = &[
    "path",
    "threads",
    "memory_limit",
    "lock_timeout",
    "read_from",
];

/// Keys of dbt-duckdb that lead to other databases.
const ELSEWHERE: &[&str] = &["attach", "is_ducklake", "remote"];

/// A database in a file, or in memory.
#[derive(Clone, Debug, Default)]
pub struct Embedded {
    /// Relative to the project's folder; None is a database in memory.
    pub path: Option<PathBuf>,
    /// Where the path is written, or the target that has none; None where no target is.
    pub written: Option<Span>,
    pub threads: Option<u32>,
    pub memory_limit: Option<String>,
    /// Seconds to wait for another process to let go of the file.
    pub lock_timeout: u64,
    /// Folders beside the project's whose files views of the database read.
    pub read_from: Vec<PathBuf>,
}

/// A database of this name, and whatever is called like it, is in memory.
const MEMORY: &str = ":memory:";

pub(super) fn read(keys: &mut Keys<'_>, default: PathBuf) -> Option<Embedded> {
    keys.only(KEYS, &[]);
    for key in ELSEWHERE {
        keys.not_read(
            key,
            "what dbt reaches by it, segc does not: it reads the database of `path` alone",
            "have dbt write what segments need into tables of that database; where nothing of it is needed, write `targets:` into segc.yml: \
             then the profile is not asked",
        );
    }
    let path = if keys.has("path") {
        keys.text("path")
    } else {
        None
    };
    let folders = keys.texts("read_from", "a folder or a list of folders");
    let memory_limit = keys.text("memory_limit");
    if memory_limit.as_deref().is_some_and(|text| !is_memory(text)) {
        keys.wrong("memory_limit", "a number and its unit: `2GB`, `512 MiB`");
    }
    let embedded = Embedded {
        path: match path {
            Some(path) if path.starts_with(MEMORY) => None,
            Some(path) => Some(keys.database(path)),
            // Of dbt-duckdb, that is memory.
            None if keys.is_of_dbt() => None,
            None => Some(default),
        },
        written: Some(keys.place("path")),
        threads: keys
            .number("threads", 1, 1024, "a number from 1 to 1024")
            .and_then(|n| u32::try_from(n).ok()),
        memory_limit,
        lock_timeout: keys
            .number("lock_timeout", 0, u64::MAX, "a number of seconds")
            .unwrap_or(0),
        read_from: folders.into_iter().flatten().map(PathBuf::from).collect(),
    };
    keys.is_fine().then_some(embedded)
}

/// DuckDB's units of memory, in small letters (`StringUtil::TryParseFormattedBytes`).
const UNITS: &str = "b byte bytes k kb kilobyte kilobytes kib m mb megabyte megabytes mib \
                     g gb gigabyte gigabytes gib t tb terabyte terabytes tib";

/// Whether DuckDB takes this for an amount of memory; less than any is not offered.
fn is_memory(text: &str) -> bool {
    let text = text.trim().to_lowercase();
    let ends = |c: char| !c.is_ascii_digit() && c != '.';
    let (number, unit) = text.split_at(text.find(ends).unwrap_or(text.len()));
    number.parse::<f64>().is_ok() && UNITS.split(' ').any(|known| known == unit.trim_start())
}

#[cfg(test)]
mod tests {
    use super::is_memory;

    #[test]
    fn an_amount_of_memory_is_a_number_and_a_unit() {
        for fine in ["2GB", "512 MiB", "0.5tb"] {
            assert!(is_memory(fine), "{fine}");
        }
        for wrong in [
            "",
            "2",
            "GB",
            "2 gigs",
            "-1GB",
            "80%",
            "2GB of it",
            ".GB",
            "nonsense",
        ] {
            assert!(!is_memory(wrong), "{wrong}");
        }
    }
}
