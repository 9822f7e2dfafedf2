//! Every fenced ```yaml block of `docs/constructs/*.md` is a spec file: put beside the project in `docs/constructs/shop` it has
//! no errors and passes its own tests. A block that is no example by itself is marked ```yaml fragment; one marked
//! ```yaml segc.yml is added to the project's settings for the page's examples.
//!
//! A ```console block is what the program writes: after each `$ segc …` its stdout in the project of the example above, whose
//! tables have the rows of the page's ```sql blocks. A line `…` stands for any lines.

use duckdb::Connection;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn constructs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/constructs")
}

/// A fenced block: what stands behind the fence, the line that it begins at, its text.
pub(crate) struct Block<'p> {
    pub(crate) kind: &'p str,
    pub(crate) line: usize,
    pub(crate) text: String,
}

pub(crate) fn blocks(page: &str) -> Vec<Block<'_>> {
    let mut found = Vec::new();
    let mut open: Option<Block<'_>> = None;
    for (n, line) in page.lines().enumerate() {
        match (&mut open, line.trim_end()) {
            (Some(_), "```") => found.extend(open.take()),
            (Some(block), line) => {
                block.text.push_str(line);
                block.text.push('\n');
            }
            (None, line) => {
                if let Some(kind) = line.strip_prefix("```") {
                    open = Some(Block {
                        kind,
                        line: n + 2,
                        text: String::new(),
                    });
                }
            }
        }
    }
    assert!(open.is_none(), "a block that does not end");
    found
}

/// The texts of a page's blocks of one kind, one after the other.
fn all(blocks: &[Block<'_>], kind: &str) -> String {
    let of_kind = blocks.iter().filter(|b| b.kind == kind);
    of_kind.map(|b| b.text.as_str()).collect()
}

/// The shop with an example in it.
fn shop(example: &str, settings: &str) -> tempfile::TempDir {
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
    dir
}

fn segc(dir: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_segc"))
        .args(args)
        .current_dir(dir)
        .env("LANG", "C.UTF-8")
        .output()
        .expect("it runs")
}

/// What is wrong with an example.
fn wrong(example: &str, settings: &str) -> Option<String> {
    if !example.lines().any(|l| l == "tests:") {
        return Some("it has no `tests:`: write some, or mark it ```yaml fragment".to_owned());
    }
    let ran = segc(shop(example, settings).path(), &["test"]);
    (!ran.status.success()).then(|| String::from_utf8_lossy(&ran.stderr).into_owned())
}

/// What is wrong with a session: the commands that say something else.
fn otherwise(session: &str, example: &str, settings: &str, rows: &str) -> Vec<String> {
    let dir = shop(example, settings);
    let connection = Connection::open(dir.path().join("shop.duckdb")).unwrap();
    let tables = fs::read_to_string(constructs().join("shop/tables.sql")).unwrap();
    connection.execute_batch(&(tables + rows)).unwrap();
    drop(connection);
    let mut commands = session.split("$ segc ");
    assert_eq!(commands.next(), Some(""), "a session begins with a command");
    let mut problems = Vec::new();
    for command in commands {
        let (args, shown) = command.split_once('\n').expect("what it writes");
        let args: Vec<&str> = args.split(' ').collect();
        let ran = segc(dir.path(), &args);
        let said = String::from_utf8(ran.stdout).expect("segc writes UTF-8");
        if !ran.status.success() || !shows(shown.trim_end(), said.trim_end()) {
            let said = said + &String::from_utf8_lossy(&ran.stderr);
            problems.push(format!("`segc {}` says:\n{said}", args.join(" ")));
        }
    }
    problems
}

/// Whether a text is what is shown of it, where a line `…` stands for any lines.
pub(crate) fn shows(shown: &str, said: &str) -> bool {
    let (shown, said): (Vec<&str>, Vec<&str>) = (shown.lines().collect(), said.lines().collect());
    let mut parts: Vec<&[&str]> = shown.split(|line| *line == "…").collect();
    let last = parts.pop().unwrap_or_default();
    if parts.is_empty() {
        return last == said;
    }
    let mut rest = said.as_slice();
    for (n, part) in parts.iter().enumerate() {
        let end = (part.len()..=rest.len())
            .find(|end| rest[..*end].ends_with(part))
            .filter(|end| n > 0 || *end == part.len());
        let Some(end) = end else {
            return false;
        };
        rest = &rest[end..];
    }
    rest.ends_with(last)
}

#[test]
fn dots_stand_for_any_lines_and_nothing_else_does() {
    assert!(shows("a\nb", "a\nb"));
    assert!(!shows("a", "a\nb") && !shows("b", "a\nb") && !shows("a\nb", "ab"));
    assert!(shows("a\n…\nd", "a\nb\nc\nd") && shows("…\nc\n…", "a\nb\nc\nd"));
    assert!(!shows("a\n…\nd", "a\nb\nc") && !shows("…\nx\n…", "a\nb\nc"));
    assert!(!shows("…\nb\n…\na", "a\nb\nc") && !shows("…\nbc", "a\nb\nc"));
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
        let text = fs::read_to_string(&page).unwrap();
        let blocks = blocks(&text);
        let (settings, rows) = (all(&blocks, "yaml segc.yml"), all(&blocks, "sql"));
        let mut example = "";
        for block in &blocks {
            let found: Vec<String> = match block.kind {
                "yaml" => {
                    example = &block.text;
                    wrong(example, &settings).into_iter().collect()
                }
                "console" => otherwise(&block.text, example, &settings, &rows),
                _ => Vec::new(),
            };
            let at = format!("docs/constructs/{name}:{}", block.line);
            problems.extend(found.into_iter().map(|problem| format!("{at}\n{problem}")));
        }
    }
    assert!(problems.is_empty(), "\n{}", problems.join("\n"));
}
