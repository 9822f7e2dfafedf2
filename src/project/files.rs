//! Finding and reading a project's files, and refusing what is not to be read: too large, no regular file, outside.
//!
//! Gives texts to the source map; what they mean is not known here. `project::load` calls it.
#![allow(
    clippy::disallowed_methods,
    reason = "this is the room that reads a project's files"
)]

use super::lock::LOCK;
use crate::diag::codes::project as codes;
use crate::diag::codes::yaml::FILE_TOO_LARGE;
use crate::diag::{Diagnostic, Diagnostics};
use crate::source::{FileId, SourceMap, Span, Spanned};
use crate::yaml;
use std::fs;
use std::io::Read as _;
use std::path::{Component, Path, PathBuf};
use walkdir::{DirEntry, WalkDir};

/// The file that makes a folder a project.
pub const SETTINGS: &str = "segc.yml";

const MAX_FILE: u64 = 1 << 20;
const MAX_FILES: usize = 20_000;
const MAX_TOTAL: usize = 64 << 20;
const MAX_DEPTH: usize = 32;

/// The project's folder: the one named, else the nearest at or above `cwd` that holds a `segc.yml`.
pub(super) fn find_root(
    cwd: &Path,
    named: Option<&Path>,
    diags: &mut Diagnostics,
) -> Option<PathBuf> {
    let problem = match named {
        Some(dir) => {
            let root = cwd.join(dir);
            if root.join(SETTINGS).is_file() {
                return Some(root);
            }
            if root.is_dir() {
                format!("there is no {SETTINGS} in `{}`", dir.display())
            } else {
                format!("there is no folder `{}`", dir.display())
            }
        }
        None => {
            if let Some(root) = cwd.ancestors().find(|d| d.join(SETTINGS).is_file()) {
                return Some(root.to_owned());
            }
            format!("there is no {SETTINGS} in this folder or above it")
        }
    };
    diags.push(Diagnostic::error(&codes::NO_PROJECT, problem).help(
        "name the project's folder with `--project-dir`, or make a project with `segc init`",
    ));
    None
}

/// Reads one file into the map. `shown` is its path below the root.
pub(super) fn read(
    path: &Path,
    shown: &str,
    sources: &mut SourceMap,
    diags: &mut Diagnostics,
) -> Option<FileId> {
    let bytes = match read_limited(path, shown) {
        Ok(bytes) => bytes,
        Err(diagnostic) => {
            diags.push(*diagnostic);
            return None;
        }
    };
    match yaml::utf8(bytes) {
        Ok(text) => Some(sources.add(shown, text)),
        Err(problem) => {
            let file = sources.add(shown, problem.text.clone());
            diags.push(problem.diagnostic(file));
            None
        }
    }
}

fn read_limited(path: &Path, shown: &str) -> Result<Vec<u8>, Box<Diagnostic>> {
    let unreadable = |e: std::io::Error| {
        Box::new(
            Diagnostic::error(&codes::UNREADABLE, format!("cannot read `{shown}`: {e}"))
                .help("check that it exists and that you may read it"),
        )
    };
    // Asked before opening: opening a pipe would wait for its writer.
    let meta = fs::metadata(path).map_err(unreadable)?;
    if !meta.is_file() {
        return Err(Box::new(
            Diagnostic::error(
                &codes::NOT_A_FILE,
                format!("`{shown}` is not a regular file"),
            )
            .help(
                "put the text into a regular file, or rename this so that it does not end in .yml",
            ),
        ));
    }
    let mut bytes = Vec::new();
    if meta.len() <= MAX_FILE {
        fs::File::open(path)
            .and_then(|f| f.take(MAX_FILE + 1).read_to_end(&mut bytes))
            .map_err(unreadable)?;
    }
    if meta.len() > MAX_FILE || bytes.len() as u64 > MAX_FILE {
        return Err(Box::new(
            Diagnostic::error(
                &FILE_TOO_LARGE,
                format!(
                    "`{shown}` has {} bytes; a spec may have {MAX_FILE}",
                    meta.len()
                ),
            )
            .help("split it into several files, or move data out of the spec folders"),
        ));
    }
    Ok(bytes)
}

/// Reads every spec file below `spec_paths`, in the order of their paths.
pub(super) fn read_specs(
    root: &Path,
    spec_paths: &[Spanned<String>],
    sources: &mut SourceMap,
    diags: &mut Diagnostics,
) -> Vec<FileId> {
    let mut found: Vec<(String, PathBuf)> = Vec::new();
    let Ok(real_root) = root.canonicalize() else {
        return Vec::new();
    };
    for spec_path in spec_paths {
        if let Some(relative) = inside(spec_path, diags) {
            walk(
                root,
                &real_root,
                &relative,
                spec_path.span,
                &mut found,
                diags,
            );
        }
    }
    found.sort();
    found.dedup();
    if found.len() > MAX_FILES {
        diags.push(
            Diagnostic::error(
                &codes::TOO_LARGE,
                format!(
                    "the project has {} spec files; it may have {MAX_FILES}",
                    found.len()
                ),
            )
            .help("does `spec_paths` take in a folder of generated files?"),
        );
        return Vec::new();
    }
    let mut total = 0;
    let mut files = Vec::new();
    for (shown, path) in found {
        if let Some(file) = read(&path, &shown, sources, diags) {
            total += sources.get(file).map_or(0, |f| f.text.len());
            files.push(file);
        }
        if total > MAX_TOTAL {
            diags.push(
                Diagnostic::error(
                    &codes::TOO_LARGE,
                    format!("the project's specs have more than {MAX_TOTAL} bytes"),
                )
                .help("does `spec_paths` take in a folder of generated files?"),
            );
            return Vec::new();
        }
    }
    files
}

/// A path of `segc.yml`, if it stays below the root.
fn inside(written: &Spanned<String>, diags: &mut Diagnostics) -> Option<PathBuf> {
    let path = Path::new(written.value.as_str());
    let refused = path.components().find_map(|c| match c {
        Component::ParentDir => Some("`..` leads out of the project's folder"),
        Component::RootDir | Component::Prefix(_) => Some("this path is absolute"),
        Component::CurDir | Component::Normal(_) => None,
    });
    if let Some(why) = refused {
        diags.push(
            Diagnostic::error(
                &codes::OUTSIDE,
                format!("`{}` is outside of the project", written.value),
            )
            .at(written.span, why)
            .help("give a folder inside the project, as in `spec_paths: [segments]`"),
        );
        return None;
    }
    Some(
        path.components()
            .filter(|c| matches!(c, Component::Normal(_)))
            .collect(),
    )
}

fn walk(
    root: &Path,
    real_root: &Path,
    relative: &Path,
    span: Span,
    found: &mut Vec<(String, PathBuf)>,
    diags: &mut Diagnostics,
) {
    let start = root.join(relative);
    if !start.exists() {
        diags.push(
            Diagnostic::error(
                &codes::UNREADABLE,
                format!("there is no folder `{}`", relative.display()),
            )
            .at(span, "specs would be read from here")
            .help("make the folder, or name the one that has the specs under `spec_paths`"),
        );
        return;
    }
    let mut left: Vec<PathBuf> = Vec::new();
    let entries = WalkDir::new(&start)
        .follow_links(true)
        .max_depth(MAX_DEPTH)
        .sort_by_file_name()
        .into_iter()
        .filter_entry(|entry| {
            if entry.depth() > 0 && is_hidden(entry) {
                return false;
            }
            if leaves(entry, real_root) {
                left.push(entry.path().to_owned());
                return false;
            }
            true
        });
    let mut problems = Vec::new();
    for entry in entries {
        match entry {
            // What is read beside the specs is none.
            Ok(entry) if entry.file_name() == LOCK => {}
            Ok(entry) if !entry.file_type().is_dir() && is_yaml(entry.path()) => {
                found.push((shown(root, entry.path()), entry.into_path()));
                if found.len() > MAX_FILES {
                    break;
                }
            }
            Ok(_) => {}
            Err(e) => problems.push(e),
        }
    }
    for path in left {
        diags.push(
            Diagnostic::error(
                &codes::OUTSIDE,
                format!(
                    "`{}` is a link that leads out of the project",
                    shown(root, &path)
                ),
            )
            .at(span, "found below this folder")
            .help("copy what it points to into the project"),
        );
    }
    for e in problems {
        let path = e.path().map_or_else(String::new, |p| shown(root, p));
        let why = if e.loop_ancestor().is_some() {
            "it is a link to a folder that it lies in".to_owned()
        } else {
            e.io_error()
                .map_or_else(|| e.to_string(), ToString::to_string)
        };
        diags.push(
            Diagnostic::error(&codes::UNREADABLE, format!("cannot read `{path}`: {why}"))
                .at(span, "found below this folder")
                .help("check that it exists and that you may read it"),
        );
    }
}

fn is_hidden(entry: &DirEntry) -> bool {
    entry.file_name().to_string_lossy().starts_with('.')
}

fn is_yaml(path: &Path) -> bool {
    path.extension()
        .is_some_and(|e| e.eq_ignore_ascii_case("yml") || e.eq_ignore_ascii_case("yaml"))
}

/// Whether an entry is a link to somewhere outside. A dangling one is not: reading it says so.
fn leaves(entry: &DirEntry, real_root: &Path) -> bool {
    (entry.path_is_symlink() || entry.depth() == 0)
        && entry
            .path()
            .canonicalize()
            .is_ok_and(|real| !real.starts_with(real_root))
}

/// A path below the root as users see it: `/` between parts on every system.
fn shown(root: &Path, path: &Path) -> String {
    path.strip_prefix(root)
        .unwrap_or(path)
        .components()
        .map(|c| c.as_os_str().to_string_lossy())
        .collect::<Vec<_>>()
        .join("/")
}
