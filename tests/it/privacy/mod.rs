//! What nobody may see, and what nobody may do: values of people and secrets stay out of everything that is written, what a project's
//! author can write steers no terminal, page or spreadsheet, and reads and changes nothing but what it is meant to.

mod attacks;
mod canaries;
mod escapes;
mod files;
mod paths;
mod secrets;

use crate::people::Shop;
use std::path::Path;
use std::process::Command;

/// What a command writes to stdout alone.
fn stdout(shop: &Shop, args: &[&str]) -> (Option<i32>, String) {
    let ran = Command::new(env!("CARGO_BIN_EXE_segc"))
        .args(args)
        .current_dir(shop.path())
        .output()
        .unwrap();
    (ran.status.code(), String::from_utf8(ran.stdout).unwrap())
}

/// Every file below a folder that is not the project's own, with its text.
fn artefacts(dir: &Path) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for entry in walkdir::WalkDir::new(dir.join("target")) {
        let Ok(entry) = entry else { continue };
        if entry.file_type().is_file() {
            let text = std::fs::read(entry.path()).unwrap();
            let text = String::from_utf8_lossy(&text).into_owned();
            found.push((entry.path().display().to_string(), text));
        }
    }
    found
}
