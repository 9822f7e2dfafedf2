//! Where the engine inside the program can keep nothing, and who says so.

use crate::cli::Place;

/// A project over a file of data, with this target.
fn over(target: &str) -> Place {
    let place = Place::empty();
    let settings = format!("name: p\ntargets:\n  dev: {{type: duckdb, {target}}}\n");
    place.write("segc.yml", settings);
    place.write("c.csv", "id,sc\n1,2\n2,3\n");
    place.write(
        "segments/a.yml",
        "entities: [{name: person, table: file('c.csv'), key: id}]\nsegments:\n  - {name: a, where: sc < 3}\n",
    );
    place.write("keys.csv", "id\n1\n");
    place
}

/// The commands that write, and the one that tries what they need.
const WRITING: &[&[&str]] = &[
    &["debug"],
    &["build"],
    &[
        "backfill",
        "--from",
        "2020-01-01",
        "--to",
        "2020-01-02",
        "--every",
        "day",
    ],
    &["prune", "--yes"],
    &["forget", "--entity", "person", "--keys-from", "keys.csv"],
    &["doctor", "--repair"],
];

#[test]
fn nothing_is_published_in_memory() {
    for path in ["':memory:'", "':memory:shop'"] {
        let place = over(&format!("path: {path}"));
        for args in WRITING {
            let ran = place.run(args);
            assert_eq!(ran.code, Some(2), "{args:?}: {ran}");
            assert!(
                ran.stderr.contains("error[S0429]") && ran.stderr.contains("segc.yml:3:29"),
                "{args:?}: {ran}"
            );
            assert_eq!(ran.stderr.matches("error[").count(), 1, "{args:?}: {ran}");
            assert!(
                !ran.stdout.contains("fine") && !ran.stderr.contains("published 1"),
                "{args:?}: {ran}"
            );
        }
        let reading: &[&[&str]] = &[
            &["check"],
            &["compile"],
            &["test"],
            &["plan"],
            &["doctor"],
            &["why", "a", "1"],
            &["show", "a"],
        ];
        for args in reading {
            let ran = place.run(args);
            assert_eq!(ran.code, Some(0), "{args:?}: {ran}");
        }
    }
    // As the hint has it.
    let place = over("path: p.duckdb");
    let ran = place.run(&["build"]);
    assert_eq!(ran.code, Some(0), "{ran}");
    assert!(place.path().join("p.duckdb").is_file());
}

#[test]
fn a_file_in_a_folder_that_is_not_there_is_no_fine_connection() {
    let place = over("path: nowhere/p.duckdb");
    for args in WRITING {
        let ran = place.run(args);
        assert_eq!(ran.code, Some(2), "{args:?}: {ran}");
        assert!(
            ran.stderr.contains("error[S0421]") && ran.stderr.contains("segc.yml:3:29"),
            "{args:?}: {ran}"
        );
        assert!(ran.stderr.contains("mkdir -p"), "{args:?}: {ran}");
        assert!(!ran.stdout.contains("fine"), "{args:?}: {ran}");
    }
    std::fs::create_dir(place.path().join("nowhere")).expect("made");
    for args in [["debug"], ["build"]] {
        let ran = place.run(&args);
        assert_eq!(ran.code, Some(0), "{args:?}: {ran}");
    }
}
