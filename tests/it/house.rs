//! The rules of the house, as `lib.rs` states them: floors, who may name what, sizes, codes with words and cases.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Which rooms (by the start of their path below `src/`) are on which floor; the longest match counts.
/// A file imports from floors below its own, from its own folder, and sideways along `SIDEWAYS`.
const FLOORS: &[(&str, u8)] = &[
    ("source", 0),
    ("diag", 0),
    ("expr", 0),
    ("secret", 0),
    ("yaml", 1),
    ("snippet", 1),
    ("spec", 2),
    ("schema", 2),
    ("model", 3),
    ("ir", 4),
    ("dialect", 5),
    ("emit", 5),
    ("statements", 5),
    ("build", 5),
    ("manifest", 5),
    ("lint", 5),
    ("project", 6),
    ("engine", 6),
    ("why", 6),
    ("testing", 6),
    ("build/run", 6),
    ("build/walk", 6),
    ("build/change", 6),
    ("build/blame", 6),
    ("build/read", 6),
    ("build/results", 6),
    ("build/preview", 6),
    ("build/against", 6),
    ("build/still", 6),
    ("build/script", 6),
    ("build/sweep", 6),
    ("cli", 7),
    ("lib", 8),
    ("main", 8),
];

/// (who, whom) on one floor.
const SIDEWAYS: &[(&str, &str)] = &[
    ("diag", "source"),
    ("expr", "source"),
    ("expr", "diag"),
    ("secret", "diag"),
    ("yaml", "snippet"),
    ("schema", "spec"),
    ("emit", "dialect"),
    ("statements", "dialect"),
    ("build", "dialect"),
    ("build", "emit"),
    ("build", "statements"),
    ("manifest", "emit"),
    ("manifest", "dialect"),
    ("build/run", "build/results"),
    ("build/results", "build/run"),
    ("build/run", "build/read"),
    ("build/run", "build/walk"),
    ("build/walk", "build/read"),
    ("build/change", "build/read"),
    ("build/change", "build/walk"),
    ("build/change", "build/blame"),
    ("build/change", "engine"),
    ("build/walk", "build/blame"),
    ("build/walk", "engine"),
    ("build/run", "build/blame"),
    ("build/blame", "build/read"),
    ("build/blame", "engine"),
    ("build/run", "engine"),
    ("build/read", "engine"),
    ("build/preview", "engine"),
    ("build/against", "engine"),
    ("build/still", "engine"),
    ("build/script", "engine"),
    ("build/script", "build/walk"),
    ("build/walk", "build/script"),
    ("build/run", "build/script"),
    ("build/run", "build/sweep"),
    ("build/sweep", "build/run"),
    ("build/sweep", "build/walk"),
    ("why", "engine"),
    ("testing", "engine"),
    ("testing", "why"),
    ("testing", "project"),
    ("engine", "project"),
    ("project", "engine"),
];

/// Longer than 600 lines, and why.
const LONG: &[(&str, &str)] = &[];

/// What `lib.rs` puts together of floors up to 5, for those above.
const ABOVE_MAY_SEE_LIB: &[&str] = &["analyse", "compile", "Compiled", "check", "explain"];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Every Rust file below `src`, by its path without `src/`.
fn sources() -> BTreeMap<String, String> {
    let src = root().join("src");
    walkdir::WalkDir::new(&src)
        .into_iter()
        .map(|e| e.expect("src can be read"))
        .filter(|e| e.path().extension().is_some_and(|x| x == "rs"))
        .map(|e| {
            let path = e.path().strip_prefix(&src).expect("below src");
            (
                path.to_string_lossy().replace('\\', "/"),
                fs::read_to_string(e.path()).expect("it is text"),
            )
        })
        .collect()
}

/// The room a module path (`build/run`, `model/typing`) is in.
fn room(path: &str) -> Option<(&'static str, u8)> {
    FLOORS
        .iter()
        .filter(|(room, _)| {
            path == *room
                || path
                    .strip_prefix(room)
                    .is_some_and(|rest| rest.starts_with(['/', '.']))
        })
        .max_by_key(|(room, _)| room.len())
        .copied()
}

/// Without comments, and with the insides of strings and characters left out; line breaks stay.
fn code_only(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    let mut before = ' ';
    while let Some(c) = chars.next() {
        match c {
            '/' if chars.peek() == Some(&'/') => {
                for c in chars.by_ref() {
                    if c == '\n' {
                        out.push('\n');
                        break;
                    }
                }
            }
            'r' if !before.is_alphanumeric()
                && before != '_'
                && matches!(chars.peek(), Some('"' | '#')) =>
            {
                let mut rest = chars.clone();
                let hashes = std::iter::from_fn(|| rest.next_if_eq(&'#')).count();
                if rest.next() == Some('"') {
                    chars = rest;
                    let end = format!("\"{}", "#".repeat(hashes));
                    let mut body = String::new();
                    for c in chars.by_ref() {
                        body.push(c);
                        if body.ends_with(&end) {
                            break;
                        }
                    }
                    out.push_str("\"\"");
                    out.extend(body.chars().filter(|c| *c == '\n'));
                } else {
                    out.push('r');
                }
            }
            '"' => {
                out.push('"');
                while let Some(c) = chars.next() {
                    match c {
                        '\\' => out.extend(chars.next().filter(|c| *c == '\n')),
                        '"' => break,
                        '\n' => out.push('\n'),
                        _ => {}
                    }
                }
                out.push('"');
            }
            '\'' => {
                // A character, unless it is a lifetime.
                let mut rest = chars.clone();
                let first = rest.next();
                let second = rest.next();
                if first == Some('\\') {
                    chars = rest;
                    if second == Some('u') {
                        for c in chars.by_ref() {
                            if c == '}' {
                                break;
                            }
                        }
                    }
                    for c in chars.by_ref() {
                        if c == '\'' {
                            break;
                        }
                    }
                } else if second == Some('\'') {
                    chars = rest;
                }
            }
            c => out.push(c),
        }
        before = c;
    }
    out
}

/// Without the unit tests at the file's bottom.
fn without_tests(text: &str) -> &str {
    text.find("\n#[cfg(test)]\nmod tests {")
        .map_or(text, |at| &text[..at])
}

fn is_test_file(path: &str) -> bool {
    path.ends_with("/tests.rs") || path.contains("/tests/")
}

/// The module paths behind `crate::` in a text: `crate::a::{b, c::d}` gives `a/b` and `a/c`, as far as rooms need.
fn imports(code: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (at, _) in code.match_indices("crate::") {
        if code[..at].ends_with('$') {
            continue;
        }
        let rest = &code[at + "crate::".len()..];
        expand(rest, "", &mut found);
    }
    found
}

fn expand(text: &str, base: &str, found: &mut Vec<String>) {
    if let Some(list) = text.strip_prefix('{') {
        let mut depth = 0;
        let mut start = 0;
        for (at, c) in list.char_indices() {
            match c {
                '{' => depth += 1,
                '}' if depth > 0 => depth -= 1,
                ',' | '}' if depth == 0 => {
                    expand(list[start..at].trim(), base, found);
                    start = at + 1;
                    if c == '}' {
                        return;
                    }
                }
                _ => {}
            }
        }
        return;
    }
    let word: String = text
        .chars()
        .take_while(|c| c.is_alphanumeric() || *c == '_')
        .collect();
    if word.is_empty() || word == "self" {
        found.push(base.to_owned());
        return;
    }
    let path = if base.is_empty() {
        word.clone()
    } else {
        format!("{base}/{word}")
    };
    match text[word.len()..].strip_prefix("::") {
        Some(rest) if path.matches('/').count() < 2 => expand(rest, &path, found),
        Some(_) | None => found.push(path),
    }
}

#[test]
fn every_file_imports_from_floors_below_only() {
    let mut wrong = Vec::new();
    for (file, text) in sources() {
        let Some((from, floor)) = room(&file) else {
            wrong.push(format!("{file} is in no room of FLOORS"));
            continue;
        };
        let code = code_only(if is_test_file(&file) {
            ""
        } else {
            without_tests(&text)
        });
        for import in imports(&code) {
            let Some((to, below)) = room(&import) else {
                let roof = import
                    .split('/')
                    .next()
                    .is_some_and(|name| ABOVE_MAY_SEE_LIB.contains(&name));
                if !(roof && floor >= 6) {
                    wrong.push(format!(
                        "{file} imports crate::{import}, which is in no room"
                    ));
                }
                continue;
            };
            let own = from.split('/').next() == to.split('/').next();
            let fine = (own && below <= floor)
                || below < floor
                || SIDEWAYS.contains(&(from, to))
                || floor == 8;
            if !fine {
                wrong.push(format!(
                    "{file} (floor {floor}) imports {to} (floor {below})"
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// (words in code, where they may stand: starts of paths)
const ONLY_IN: &[(&[&str], &[&str])] = &[
    (&["sqlparser::"], &["snippet"]),
    // The dialect's own file has the crate's name.
    (&["duckdb::"], &["engine/", "dialect/mod"]),
    (&["clap::"], &["cli/"]),
    (&["println!", "eprintln!", "print!(", "eprint!("], &["cli/"]),
    (&["annotate_snippets"], &["diag/render"]),
    (&["serde_saphyr"], &["yaml"]),
    (&["minijinja"], &["statements"]),
    (
        &[
            "duckdb",
            "DuckDb",
            "DuckDB",
            "bigquery",
            "BigQuery",
            "snowflake",
            "Snowflake",
        ],
        // What a target says of itself has its kind's name.
        &["dialect", "engine", "snippet", "lib.rs", "project/target"],
    ),
    (
        &[
            "SystemTime::now",
            "Timestamp::now",
            "Zoned::now",
            "Instant::now",
        ],
        &["cli/", "build/walk", "engine/"],
    ),
    (
        &["static mut", "RwLock", "lazy_static", "thread_local!"],
        &[],
    ),
    (&["unsafe "], &[]),
];

#[test]
fn names_stand_only_where_they_belong() {
    let mut wrong = Vec::new();
    for (file, text) in sources() {
        if is_test_file(&file) {
            continue;
        }
        let code = code_only(without_tests(&text));
        for (words, places) in ONLY_IN {
            if places.iter().any(|p| file.starts_with(p)) {
                continue;
            }
            for word in *words {
                for (n, line) in code.lines().enumerate() {
                    // A feature's name is not the engine's.
                    let feature = line.contains("feature") || line.contains("mod duckdb");
                    let word_starts = |at: usize| {
                        !line[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_')
                    };
                    if !feature && line.match_indices(word).any(|(at, _)| word_starts(at)) {
                        wrong.push(format!("src/{file}:{}: `{word}`", n + 1));
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn files_are_of_a_size_to_read_and_say_what_they_are() {
    let mut wrong = Vec::new();
    for (file, text) in sources() {
        let lines = text.lines().count();
        if lines > 600 && !LONG.iter().any(|(f, _)| *f == file) {
            wrong.push(format!(
                "src/{file} has {lines} lines: split it by kind of thing"
            ));
        }
        if !text.starts_with("//!") {
            wrong.push(format!("src/{file} does not say what it is"));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn codes_have_words_and_stay_in_their_range() {
    let areas: &[(&str, &[&segc::diag::Code])] = &[
        ("S00", segc::diag::codes::yaml::ALL),
        ("S01", segc::diag::codes::spec::ALL),
        ("S01", segc::diag::codes::shapes::ALL),
        ("S02", segc::diag::codes::expr::ALL),
        ("S03", segc::diag::codes::model::ALL),
        ("S04", segc::diag::codes::project::ALL),
        ("S05", segc::diag::codes::plan::ALL),
        ("S06", segc::diag::codes::build::ALL),
        ("S07", segc::diag::codes::testing::ALL),
        ("S08", segc::diag::codes::lint::ALL),
        ("S09", segc::diag::codes::history::ALL),
    ];
    let mut seen = BTreeMap::new();
    let mut wrong = Vec::new();
    for (range, codes) in areas {
        for code in *codes {
            if code.id.len() != 5 || !code.id.starts_with(range) {
                wrong.push(format!("{} is not in {range}xx", code.id));
            }
            if let Some(other) = seen.insert(code.id, code.title) {
                wrong.push(format!(
                    "{} is both `{other}` and `{}`",
                    code.id, code.title
                ));
            }
            if code.title.is_empty() || code.explain.chars().count() <= 80 {
                wrong.push(format!("{} has no words", code.id));
            }
        }
    }
    assert_eq!(seen.len(), segc::diag::codes::all().count());
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// Codes that no project can raise yet, and why.
const UNREACHED: &[(&str, &str)] = &[(
    "S0501",
    "the embedded dialect can say everything; the next one cannot",
)];

/// Every `pub static NAME: Code` of the code files, with its id.
fn statics() -> Vec<(String, String, String)> {
    let mut found = Vec::new();
    for (file, text) in sources() {
        if !file.starts_with("diag/codes/") {
            continue;
        }
        for part in text.split("pub static ").skip(1) {
            let Some((name, rest)) = part.split_once(": Code") else {
                continue;
            };
            let id = rest.split('"').nth(1).unwrap_or("").to_owned();
            let area = file
                .trim_start_matches("diag/codes/")
                .trim_end_matches(".rs");
            found.push((area.to_owned(), name.to_owned(), id));
        }
    }
    found
}

#[test]
fn every_code_is_listed_raised_and_shown_by_a_test() {
    let sources = sources();
    let mut shown = String::new();
    for folder in ["tests/cases", "tests/it"] {
        for entry in walkdir::WalkDir::new(root().join(folder)) {
            let entry = entry.expect("tests can be read");
            let path = entry.path();
            if path.extension().is_some_and(|x| x == "snap" || x == "rs")
                && !path.ends_with("house.rs")
            {
                shown.push_str(&fs::read_to_string(path).unwrap_or_default());
            }
        }
    }
    let mut wrong = Vec::new();
    for (area, name, id) in statics() {
        if segc::diag::codes::find(&id).is_none() {
            wrong.push(format!("{id} ({area}::{name}) is not in its ALL"));
        }
        let raised = sources.iter().any(|(file, text)| {
            !file.starts_with("diag/codes/") && has_word(&code_only(without_tests(text)), &name)
        });
        if !raised {
            wrong.push(format!("{id} ({area}::{name}) is raised nowhere"));
        }
        let tested = shown.contains(&id)
            || has_word(&shown, &name)
            || sources.iter().any(|(file, text)| {
                let tests = if is_test_file(file) {
                    text.as_str()
                } else {
                    &text[without_tests(text).len()..]
                };
                has_word(tests, &name) || tests.contains(&id)
            });
        if !tested && !UNREACHED.iter().any(|(unreached, _)| *unreached == id) {
            wrong.push(format!(
                "{id} ({area}::{name}) is shown by no case and no test"
            ));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

fn has_word(text: &str, word: &str) -> bool {
    text.match_indices(word).any(|(at, _)| {
        let letter = |c: char| c.is_alphanumeric() || c == '_';
        !text[..at].ends_with(letter) && !text[at + word.len()..].starts_with(letter)
    })
}

#[test]
fn the_house_test_reads_code_as_it_is() {
    let text = "let a = \"x // crate::cli\"; // crate::cli\nlet r = r#\"crate::cli \"q\"#; let c = '\"'; let l: &'a str = crate::model::X;";
    let code = code_only(text);
    assert!(!code.contains("crate::cli"), "{code}");
    assert_eq!(imports(&code), ["model/X"]);
    assert_eq!(
        imports("use crate::{a::B, c::{self, d::E}};"),
        ["a/B", "c", "c/d/E"]
    );
    assert_eq!(room("build/run.rs"), Some(("build/run", 6)));
    assert_eq!(room("build/mod.rs"), Some(("build", 5)));
    assert_eq!(room("expr"), Some(("expr", 0)));
    assert!(Path::new("tests").is_relative());
}

/// Every `fn` behind a `#[test]`.
fn tests() -> std::collections::BTreeSet<String> {
    let mut found = std::collections::BTreeSet::new();
    for folder in ["src", "tests/it"] {
        for entry in walkdir::WalkDir::new(root().join(folder)) {
            let entry = entry.expect("it can be read");
            if entry.path().extension().is_none_or(|x| x != "rs") {
                continue;
            }
            let text = fs::read_to_string(entry.path()).expect("it is text");
            for part in text.split("#[test]").skip(1) {
                let name = part.split_once("fn ").map_or("", |(_, rest)| rest);
                found.extend(name.split_once('(').map(|(name, _)| name.to_owned()));
            }
        }
    }
    found
}

/// `docs/reliability.md` has every failure of the catalogue, and the tests that it names are there.
#[test]
fn every_failure_of_the_catalogue_is_shown_or_told_why_not() {
    let page = fs::read_to_string(root().join("docs/reliability.md")).expect("the page is there");
    let tests = tests();
    let mut expected = Vec::new();
    for (room, count) in [
        ('A', 14),
        ('B', 9),
        ('C', 12),
        ('D', 24),
        ('E', 8),
        ('F', 6),
        ('G', 9),
        ('H', 20),
    ] {
        expected.extend((1..=count).map(|n| format!("{room}{n}")));
    }
    assert_eq!(expected.len(), 102);
    let (mut found, mut wrong) = (Vec::new(), Vec::new());
    for line in page.lines().filter(|l| l.starts_with("| ")) {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let [_, id, what, shown, _] = cells.as_slice() else {
            wrong.push(format!("{line} has not three cells"));
            continue;
        };
        if id.is_empty() {
            continue;
        }
        found.push((*id).to_owned());
        let named = shown.split('`').skip(1).step_by(2);
        let named: Vec<&str> = named.filter(|name| name.matches('_').count() > 2).collect();
        if named.is_empty() && shown.len() < 20 {
            wrong.push(format!("{id} ({what}) has neither a test nor a reason"));
        }
        for name in named.into_iter().filter(|name| !tests.contains(*name)) {
            wrong.push(format!("{id}: there is no test `{name}`"));
        }
    }
    assert_eq!(found, expected);
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}
