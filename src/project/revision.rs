//! A project as it was at a git revision: its YAML files, laid out in a folder of their own. Git is only asked; the
//! checkout stays as it is, and nothing of the revision is run.

use super::SETTINGS;
use crate::diag::codes::project as codes;
use crate::diag::{Diagnostic, Diagnostics};
use std::io::Write as _;
use std::path::{Component, Path, PathBuf};
use std::process::{Command, Stdio};
use tempfile::TempDir;

/// The files of a revision.
#[derive(Debug)]
pub struct Revision {
    /// Goes when this is dropped.
    pub folder: TempDir,
    /// The project in it.
    pub root: PathBuf,
}

/// Reads the project in `root` as it was at the revision `name`.
pub fn read(root: &Path, name: &str, diags: &mut Diagnostics) -> Option<Revision> {
    match laid_out(root, name) {
        Ok(revision) => Some(revision),
        Err(why) => {
            diags.push(
                Diagnostic::error(
                    &codes::UNREADABLE,
                    format!("the project cannot be read at revision `{name}`"),
                )
                .note(why)
                .help("name a commit, branch or tag that git knows here: `git log --oneline`; a folder is `--state DIR`"),
            );
            None
        }
    }
}

fn laid_out(root: &Path, name: &str) -> Result<Revision, String> {
    let wanted = format!("{name}^{{commit}}");
    let commit = git(
        root,
        &["rev-parse", "--verify", "--end-of-options", &wanted],
        b"",
    )?;
    let commit = line(&commit);
    let prefix = git(root, &["rev-parse", "--show-prefix"], b"")?;
    let prefix = line(&prefix);
    // <mode> SP <type> SP <object> TAB <path> NUL, paths from the project's folder on.
    let listed = git(root, &["ls-tree", "-r", "-z", &commit], b"")?;
    let mut files: Vec<(String, PathBuf)> = Vec::new();
    for entry in listed.split(|b| *b == 0) {
        let entry = String::from_utf8_lossy(entry);
        let Some((facts, path)) = entry.split_once('\t') else {
            continue;
        };
        let mut facts = facts.split(' ');
        let (mode, object) = (facts.next(), facts.nth(1));
        let path = PathBuf::from(path);
        let plain = path.components().all(|c| matches!(c, Component::Normal(_)));
        let yaml = path.extension().is_some_and(|e| e == "yml" || e == "yaml");
        if let (Some("100644" | "100755"), Some(object), true, true) = (mode, object, plain, yaml) {
            files.push((object.to_owned(), path));
        }
    }
    if !files.iter().any(|(_, path)| path == Path::new(SETTINGS)) {
        return Err(format!("there is no `{prefix}{SETTINGS}` in it"));
    }
    let wanted: String = files
        .iter()
        .map(|(object, _)| format!("{object}\n"))
        .collect();
    let contents = git(root, &["cat-file", "--batch"], wanted.as_bytes())?;
    let folder = tempfile::tempdir().map_err(|e| e.to_string())?;
    let mut rest = contents.as_slice();
    for (_, path) in &files {
        let text = object(&mut rest).ok_or("git's answer is cut off")?;
        let to = folder.path().join(path);
        let parent = to.parent().unwrap_or(folder.path());
        std::fs::create_dir_all(parent)
            .and_then(|()| std::fs::write(&to, text))
            .map_err(|e| e.to_string())?;
    }
    let root = folder.path().to_owned();
    Ok(Revision { folder, root })
}

/// The next object of `git cat-file --batch`: `<object> SP <type> SP <size> LF <contents> LF`.
fn object<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let head = rest.iter().position(|b| *b == b'\n')?;
    let size = std::str::from_utf8(rest.get(..head)?).ok()?;
    let size: usize = size.rsplit(' ').next()?.parse().ok()?;
    let text = rest.get(head + 1..head + 1 + size)?;
    *rest = rest.get(head + size + 2..)?;
    Some(text)
}

fn line(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).trim().to_owned()
}

/// What git answers.
fn git(root: &Path, args: &[&str], input: &[u8]) -> Result<Vec<u8>, String> {
    let cannot = |e: std::io::Error| format!("git cannot be run: {e}");
    let mut child = Command::new("git")
        .arg("-C")
        .arg(root)
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(cannot)?;
    // Written while the answer is read: both may be longer than a pipe holds.
    let stdin = child.stdin.take();
    let input = input.to_vec();
    let writer = std::thread::spawn(move || stdin.map(|mut pipe| pipe.write_all(&input)));
    let output = child.wait_with_output().map_err(cannot)?;
    let _ = writer.join();
    if output.status.success() {
        Ok(output.stdout)
    } else {
        Err(line(&output.stderr))
    }
}
