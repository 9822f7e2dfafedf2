//! `docs/warehouses.md` names tests that there are.

use std::fs;
use std::path::Path;

/// All Rust of the tests, as one text.
fn tests() -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it");
    let files = walkdir::WalkDir::new(root)
        .into_iter()
        .map(|entry| entry.unwrap());
    let rust = files.filter(|entry| entry.path().extension().is_some_and(|x| x == "rs"));
    rust.map(|entry| fs::read_to_string(entry.path()).unwrap())
        .collect()
}

#[test]
fn every_row_that_says_where_names_tests_that_there_are() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = fs::read_to_string(root.join("docs/warehouses.md")).unwrap();
    let (tests, mut rows, mut wrong) = (tests(), 0, Vec::new());
    // Tables of measurements have no such column.
    let mut says_where = false;
    for line in page.lines() {
        if !line.starts_with('|') {
            says_where = false;
        } else if line.ends_with(" where |") {
            says_where = true;
            continue;
        }
        if !says_where || line.starts_with("|--") {
            continue;
        }
        rows += 1;
        let cell = line.trim_end_matches(" |").rsplit(" | ").next().unwrap();
        let names: Vec<&str> = cell.split('`').skip(1).step_by(2).collect();
        if names.is_empty() {
            wrong.push(format!("no test: {line}"));
        }
        for name in names {
            let there = match (name.strip_prefix("rows/"), name.strip_prefix("fn ")) {
                (Some(_), _) => root.join("tests").join(name).is_dir(),
                (_, Some(function)) => tests.contains(&format!("fn {function}()")),
                _ => tests.contains(&format!("\"{name}\"")),
            };
            if !there {
                wrong.push(format!("there is no `{name}`"));
            }
        }
    }
    assert!(rows > 40, "{rows} rows");
    assert!(wrong.is_empty(), "{wrong:#?}");
}
