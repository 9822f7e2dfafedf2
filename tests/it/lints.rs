//! Lints: the page of docs that lists them, their names, and that they change nothing but messages.

use crate::cases::{self, lay_out};
#[cfg(feature = "duckdb-linked")]
use crate::cli::Place;
use segc::diag::codes::lint::{self, LINTS};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// docs/lints.md, from the list. `INSTA_UPDATE=always` writes it.
#[test]
fn the_page_of_lints_is_as_the_list() {
    let mut page = String::from(
        "<!-- Made from src/diag/codes/lint.rs; a test compares them. -->\n\n# Lints\n\n\
What the language allows and people seldom mean. `segc check`, `segc compile` and `segc build` report lints at their own places; a lint\n\
at `deny` stops them, and `--warn-error` makes every warning an error before anything is built. No lint changes what is compiled.\n\n\
Levels are changed for a whole project in `segc.yml`, by name or code:\n\n\
```yaml\nlints: {null_drops_rows: warn, no_owner: deny, same_segment: allow}\n```\n\n\
and silenced where a finding is right as it is, on the item it lies in, with a reason:\n\n\
```yaml\nsegments:\n  - name: not_us\n    where: country <> 'US'\n    allow: [{lint: null_drops_out, reason: country is filled at sign-up}]\n```\n\n\
Lints at `allow` are silent; `segc check` counts what has no description, owner or action. Findings about conditions (S0801 to S0804, S0822) are proofs, and hold\n\
on other days than that of `as_of` too (on which months and years are as long and as short as they get, and the clock changes): what segc cannot decide it does not report.\n\n\
| lint | code | default | |\n|---|---|---|---|\n",
    );
    for lint in LINTS {
        let _ = writeln!(
            page,
            "| [`{0}`](#{0}) | {1} | {2} | {3} |",
            lint.name,
            lint.code.id,
            lint.level.name(),
            lint.code.title
        );
    }
    for lint in LINTS {
        let _ = writeln!(page, "\n## {}\n\n{}", lint.name, fenced(lint.code.explain));
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/lints.md");
    if std::env::var("INSTA_UPDATE").is_ok_and(|v| v == "always") {
        std::fs::write(&path, &page).expect("written");
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        written == page,
        "docs/lints.md is old: INSTA_UPDATE=always cargo test --test it lints::"
    );
}

/// Lines with four spaces before them are code.
fn fenced(text: &str) -> String {
    let mut out = String::new();
    let mut inside = false;
    for line in text.lines() {
        let code = line.strip_prefix("    ");
        if code.is_some() != inside && !(inside && line.is_empty()) {
            out.push_str(if inside { "```\n" } else { "```yaml\n" });
            inside = !inside;
        }
        if inside && line.is_empty() {
            out.push_str("```\n");
            inside = false;
        }
        out.push_str(code.unwrap_or(line));
        out.push('\n');
    }
    if inside {
        out.push_str("```\n");
    }
    out.trim_end().to_owned()
}

#[test]
fn names_are_those_of_codes() {
    let names: Vec<&str> = LINTS.iter().map(|l| l.name).collect();
    assert_eq!(names, lint::NAMES);
    let codes: Vec<&str> = LINTS.iter().map(|l| l.code.id).collect();
    let all: Vec<&str> = lint::ALL.iter().map(|c| c.id).collect();
    assert_eq!(codes, all);
    for lint in LINTS {
        assert!(std::ptr::eq(
            lint::find(lint.name).expect("found").code,
            lint.code
        ));
        assert!(std::ptr::eq(
            lint::find(lint.code.id).expect("found").code,
            lint.code
        ));
    }
}

fn with_lint_cases() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let entries = std::fs::read_dir(folder).expect("cases can be read");
    let paths = entries.map(|e| e.expect("an entry").path());
    paths
        .filter(|p| {
            p.file_name()
                .is_some_and(|n| n.to_string_lossy().contains("_lint_"))
        })
        .collect()
}

/// `allow:`, `lints:` and `kept_for` are no part of any definition: names, hashes and predicates are the same without them.
#[test]
fn lints_change_nothing_that_is_compiled() {
    let mut compared = 0;
    for case in with_lint_cases() {
        let name = case
            .file_name()
            .expect("a name")
            .to_string_lossy()
            .into_owned();
        let (dir, bare) = (lay_out(&name), lay_out(&name));
        for file in ["segc.yml", "segments/case.yml"] {
            let path = bare.path().join(file);
            let text = std::fs::read_to_string(&path).expect("read");
            std::fs::write(&path, without_lints(&text)).expect("written");
        }
        std::fs::remove_file(bare.path().join("linted")).expect("it is there");
        let (Some(with), Some(without)) = (
            cases::read(dir.path()).model,
            cases::read(bare.path()).model,
        ) else {
            continue;
        };
        let said = |model: &segc::model::Model| -> Vec<String> {
            let segments = model
                .segments
                .iter()
                .map(|s| format!("{} {} {:?}", s.name, s.definition_hash, s.predicate));
            let traits = model
                .traits
                .iter()
                .map(|t| format!("{} {}", t.name, t.definition_hash));
            segments.chain(traits).collect()
        };
        assert_eq!(said(&with), said(&without), "{name}");
        compared += 1;
    }
    assert!(compared > 10, "{compared} cases");
}

fn without_lints(text: &str) -> String {
    let allow = |line: &str| match line.find(", allow: [") {
        Some(at) => format!("{}{}", &line[..at], "}"),
        None => line.to_owned(),
    };
    let mut skip = false;
    let lines = text.lines().filter(|line| {
        let level = skip && line.starts_with("  ");
        skip = line.starts_with("lints:") || level;
        let kept = line.trim_start().starts_with("kept_for:");
        let allowed = line.trim_start().starts_with("allow: [");
        !(skip || kept || allowed)
    });
    lines.map(|l| allow(l) + "\n").collect()
}

#[test]
#[cfg(feature = "duckdb-linked")]
fn a_denied_lint_stops_every_command_before_it_does_anything() {
    let place = Place::with("segments:\n  - {name: a, where: [ store_id > 5, store_id < 3 ]}\n");
    place.write("people.csv", "customer_id,store_id\n1,4\n");
    place.write(
        "segments/shop.yml",
        "entities:\n  - name: customer\n    table: file('people.csv')\n    key: customer_id\n    columns: {customer_id: int, store_id: int}\n",
    );
    for command in ["check", "compile"] {
        let ran = place.run(&[command]);
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
        assert!(ran.stderr.contains("warning[S0801]"), "{}", ran.stderr);
    }
    std::fs::remove_dir_all(place.path().join("target")).expect("it was compiled");
    for command in ["check", "compile", "build"] {
        let ran = place.run(&[command, "--warn-error"]);
        assert_eq!(ran.code, Some(1), "{command}: {}", ran.stderr);
        assert!(ran.stderr.contains("error[S0801]"), "{}", ran.stderr);
    }
    let text = std::fs::read_to_string(place.path().join("segc.yml")).expect("read");
    place.write("segc.yml", format!("{text}\nlints: {{S0801: deny}}\n"));
    for command in ["check", "compile", "build"] {
        let ran = place.run(&[command]);
        assert_eq!(ran.code, Some(1), "{command}: {}", ran.stderr);
        assert!(ran.stderr.contains("error[S0801]"), "{}", ran.stderr);
    }
    assert!(!place.path().join("target").exists());
    assert!(!place.path().join("boutique.duckdb").exists());
}
