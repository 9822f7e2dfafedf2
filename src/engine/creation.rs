//! How a database file comes into being: whole, once, under its own name.
//!
//! DuckDB looks whether the file is there, removes the log beside it, makes the file, locks it and then writes the headers
//! (`SingleFileStorageManager::LoadDatabase`). Whoever opens it in between finds no database, and whoever looked before writes
//! headers over what another process has published meanwhile.
#![allow(clippy::disallowed_methods)] // A new file is this room's business.

use std::path::Path;
use std::{fs, io};

/// Makes the file under another name, and gives it its own unless somebody else has. What `open` returns holds DuckDB's lock
/// on the file, by whichever name, so that nobody has written a log before the one that lay there is gone.
///
/// # Errors
/// The folder cannot be written, its file system knows no second names, or the engine refused.
pub(super) fn create<Held>(
    path: &Path,
    open: impl FnOnce(&Path) -> io::Result<Held>,
) -> io::Result<()> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        Some(_) | None => Path::new("."),
    };
    let nursery = tempfile::Builder::new()
        .prefix(".segc-")
        .tempdir_in(folder)?;
    let new = nursery.path().join("new.duckdb");
    let held = open(&new)?;
    fs::hard_link(&new, path)?;
    let mut log = path.as_os_str().to_owned();
    log.push(".wal");
    let removed = fs::remove_file(log);
    drop(held);
    match removed {
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).expect("a folder");
        let name = |e: io::Result<fs::DirEntry>| e.expect("an entry").file_name();
        let mut names: Vec<_> = entries
            .map(|e| name(e).to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn what_another_has_made_meanwhile_stays_with_its_log() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("shop.duckdb");
        let late = create(&path, |new| {
            fs::write(&path, "theirs")?;
            fs::write(folder.path().join("shop.duckdb.wal"), "their log")?;
            fs::write(new, "ours")
        });
        assert_eq!(
            late.expect_err("too late").kind(),
            io::ErrorKind::AlreadyExists
        );
        assert_eq!(fs::read(&path).expect("a file"), b"theirs");
        assert_eq!(names(folder.path()), ["shop.duckdb", "shop.duckdb.wal"]);
    }

    #[test]
    fn a_log_without_its_file_goes_while_the_new_file_is_held() {
        struct Held<'a>(&'a Path);
        impl Drop for Held<'_> {
            fn drop(&mut self) {
                assert_eq!(names(self.0).last().expect("a name"), "shop.duckdb");
            }
        }
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("shop.duckdb");
        fs::write(folder.path().join("shop.duckdb.wal"), "a log").expect("written");
        create(&path, |new| {
            fs::write(new, "ours")?;
            Ok(Held(folder.path()))
        })
        .expect("made");
        assert_eq!(fs::read(&path).expect("a file"), b"ours");
        assert_eq!(names(folder.path()), ["shop.duckdb"]);
    }

    #[test]
    fn what_could_not_be_made_leaves_nothing() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("shop.duckdb");
        let refused = create(&path, |new| {
            fs::write(new, "half")?;
            Err::<(), _>(io::Error::other("no memory"))
        });
        assert!(refused.is_err());
        assert_eq!(names(folder.path()), Vec::<String>::new());
    }
}
