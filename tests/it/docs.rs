//! Every fenced ```yaml block of `docs/constructs/*.md` is a spec file: put beside the project in `docs/constructs/shop` it has
//! no errors and passes its own tests. A block that is no example by itself is marked ```yaml fragment; one marked
//! ```yaml segc.yml is added to the project's settings for the page's examples.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

fn constructs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/constructs")
}

/// Settings of the page, and (the line that it begins at, its text) of each example.
fn examples(page: &str) -> (String, Vec<(usize, String)>) {
    let (mut settings, mut found) = (String::new(), Vec::new());
    let mut open: Option<(&str, usize, String)> = None;
    for (n, line) in page.lines().enumerate() {
        match (&mut open, line.trim_end()) {
            (Some(_), "```") => match open.take() {
                Some(("yaml", line, text)) => found.push((line, text)),
                Some(("yaml segc.yml", _, text)) => settings.push_str(&text),
                Some(_) | None => {}
            },
            (Some((_, _, text)), line) => {
                text.push_str(line);
                text.push('\n');
            }
            (None, line) => {
                if let Some(kind) = line.strip_prefix("```") {
                    open = Some((kind, n + 2, String::new()));
                }
            }
        }
    }
    assert!(open.is_none(), "a block that does not end");
    (settings, found)
}

/// What is wrong with an example.
fn wrong(example: &str, settings: &str) -> Option<String> {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let shop = constructs().join("shop");
    for entry in walkdir::WalkDir::new(&shop) {
        let entry = entry.expect("the shop can be read");
        if entry.file_type().is_file() {
            let to = dir.path().join(entry.path().strip_prefix(&shop).unwrap());
            fs::create_dir_all(to.parent().unwrap()).unwrap();
            fs::copy(entry.path(), to).unwrap();
        }
    }
    fs::write(dir.path().join("segments/example.yml"), example).unwrap();
    let file = dir.path().join("segc.yml");
    fs::write(&file, fs::read_to_string(&file).unwrap() + settings).unwrap();
    if !example.lines().any(|l| l == "tests:") {
        return Some("it has no `tests:`: write some, or mark it ```yaml fragment".to_owned());
    }
    let ran = Command::new(env!("CARGO_BIN_EXE_segc"))
        .arg("test")
        .current_dir(dir.path())
        .output()
        .expect("it runs");
    (!ran.status.success()).then(|| String::from_utf8_lossy(&ran.stderr).into_owned())
}

#[test]
fn every_example_of_the_docs_checks_and_passes_its_tests() {
    let mut pages: Vec<PathBuf> = fs::read_dir(constructs())
        .expect("the docs can be read")
        .map(|e| e.expect("an entry").path())
        .filter(|p| p.extension().is_some_and(|x| x == "md"))
        .collect();
    pages.sort();
    let mut problems = Vec::new();
    for page in pages {
        let name = page.file_name().unwrap().to_string_lossy().into_owned();
        let (settings, found) = examples(&fs::read_to_string(&page).unwrap());
        for (line, example) in found {
            if let Some(problem) = wrong(&example, &settings) {
                problems.push(format!("docs/constructs/{name}:{line}\n{problem}"));
            }
        }
    }
    assert!(problems.is_empty(), "\n{}", problems.join("\n"));
}
