//! Writing results: whole files or none, by a temporary file beside the place and a rename.
#![allow(clippy::disallowed_methods, reason = "it writes results")]

use super::Ui;
use crate::diag::Diagnostic;
use crate::diag::codes::project as codes;
use std::io::Write as _;
use std::path::Path;

/// Puts `text` at `path`, without secrets; readers see the old file or the new one.
pub(super) fn put(path: &Path, text: &str, ui: &Ui) -> Result<(), Box<Diagnostic>> {
    let text = ui.hide(text);
    let dir = path.parent().unwrap_or(Path::new("."));
    let written = std::fs::create_dir_all(dir).and_then(|()| {
        if std::fs::read(path).is_ok_and(|old| old == text.as_bytes()) {
            return Ok(());
        }
        let mut file = readable(tempfile::Builder::new().prefix(".segc-")).tempfile_in(dir)?;
        file.write_all(text.as_bytes())?;
        file.persist(path).map(|_| ()).map_err(|e| e.error)
    });
    written.map_err(|e| {
        Box::new(
            Diagnostic::error(
                &codes::CANNOT_WRITE,
                format!("cannot write `{}`: {e}", path.display()),
            )
            .help("check the folder, or put results elsewhere with `--target-path`"),
        )
    })
}

/// Results are for everybody whom the umask allows, not for the writer alone.
#[cfg(unix)]
fn readable<'a, 'b, 'c>(
    builder: &'c mut tempfile::Builder<'a, 'b>,
) -> &'c mut tempfile::Builder<'a, 'b> {
    use std::os::unix::fs::PermissionsExt as _;
    builder.permissions(std::fs::Permissions::from_mode(0o666))
}

#[cfg(not(unix))]
fn readable<'a, 'b, 'c>(
    builder: &'c mut tempfile::Builder<'a, 'b>,
) -> &'c mut tempfile::Builder<'a, 'b> {
    builder
}
