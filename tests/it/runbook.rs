//! `docs/runbook.md` is run from top to bottom: the project at its end is built, ```sql blocks change its database, and the commands
//! of ```console blocks say what stands below them. A run's id stands as `RUN`; a line `…` stands for any lines.

use crate::docs::{blocks, shows};
use std::fs;
use std::path::Path;
use std::process::Command;

fn does(dir: &Path, sql: &str) {
    duckdb::Connection::open(dir.join("shop.duckdb"))
        .and_then(|connection| connection.execute_batch(sql))
        .unwrap_or_else(|e| panic!("{sql}: {e}"));
}

/// What a shell command writes to either stream.
fn say(dir: &Path, command: &str) -> String {
    let segc = Path::new(env!("CARGO_BIN_EXE_segc"));
    let path = std::env::var("PATH").unwrap_or_default();
    let folder = segc.parent().expect("a folder").display();
    let ran = Command::new("sh")
        .args(["-c", &format!("exec 2>&1\n{command}")])
        .current_dir(dir)
        .env("PATH", format!("{folder}:{path}"))
        .env("NO_COLOR", "1")
        .env("LANG", "C.UTF-8")
        .output()
        .expect("a shell");
    let said = String::from_utf8(ran.stdout).expect("segc writes UTF-8");
    without_ids(&said)
}

/// The ids of runs are others every time.
fn without_ids(text: &str) -> String {
    let id = |word: &str| {
        word.len() == 26
            && word
                .chars()
                .all(|c| c.is_ascii_digit() || c.is_ascii_uppercase())
    };
    let words = text.split_inclusive(|c: char| !c.is_ascii_alphanumeric());
    words
        .map(|word| {
            let bare = word.trim_end_matches(|c: char| !c.is_ascii_alphanumeric());
            if id(bare) {
                word.replace(bare, "RUN")
            } else {
                word.to_owned()
            }
        })
        .collect()
}

#[test]
fn every_command_of_the_runbook_says_what_stands_there() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/runbook.md");
    let text = fs::read_to_string(page).expect("the page");
    let blocks = blocks(&text);
    let dir = tempfile::tempdir().expect("a temporary folder");
    let dir = dir.path();
    fs::create_dir(dir.join("segments")).expect("made");
    for block in &blocks {
        match block.kind.split_once(' ') {
            Some(("yaml", path)) => fs::write(dir.join(path), &block.text).expect("written"),
            Some(("sql", _)) => does(dir, &block.text),
            Some(_) | None => {}
        }
    }
    let said = say(dir, "segc build --as-of 2026-01-02");
    assert!(said.contains("as epoch 1 "), "{said}");
    let mut problems = Vec::new();
    for block in &blocks {
        match block.kind {
            "sql" => does(dir, &block.text),
            "console" => {
                let mut commands = block.text.split("$ ");
                assert_eq!(commands.next(), Some(""), "a session begins with a command");
                for command in commands {
                    let (command, shown) = command.split_once('\n').expect("a line");
                    let said = say(dir, command);
                    if !shows(shown.trim_end(), said.trim_end()) {
                        problems.push(format!("line {}: `{command}` says:\n{said}", block.line));
                    }
                }
            }
            _ => {}
        }
    }
    assert!(problems.is_empty(), "\n{}", problems.join("\n"));
}
