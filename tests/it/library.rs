//! `segments/library`: every segment of it checks, is tested, passes its tests, and no condition or window edge is left to chance.

use crate::cli::Place;
use std::path::Path;

/// The library in a folder of its own.
fn library() -> Place {
    let place = Place::empty();
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("segments/library");
    for entry in walkdir::WalkDir::new(&from) {
        let entry = entry.unwrap();
        if entry.file_type().is_file() {
            let path = entry.path().strip_prefix(&from).unwrap();
            place.write(
                &path.to_string_lossy(),
                std::fs::read(entry.path()).unwrap(),
            );
        }
    }
    place
}

#[test]
fn the_library_checks_and_its_tests_distinguish_everything_it_says() {
    let place = library();
    let checked = place.run(&["check", "--offline", "--warn-error"]);
    assert_eq!(checked.code, Some(0), "{checked}");
    let tested = place.run(&["test", "--cover", "--warn-error"]);
    assert_eq!(tested.code, Some(0), "{tested}");
    assert!(tested.stderr.contains("6 passed, 0 failed"), "{tested}");
    let names = place.run(&["ls", "--offline", "--kind", "segment", "--output", "name"]);
    let readme = std::fs::read_to_string(place.path().join("README.md")).unwrap();
    for name in names.stdout.lines() {
        assert!(
            readme.contains(&format!("| `{name}` |")),
            "{name} is in the readme"
        );
        let file = place.path().join(format!("segments/{name}.yml"));
        let text = std::fs::read_to_string(file).unwrap();
        assert!(
            text.contains(&format!("segment: {name}\n")),
            "{name} has a test"
        );
    }
}

/// A threshold that moves by the least step moves somebody: the tests would notice a wrong one.
#[test]
fn every_threshold_of_the_library_is_held_by_a_test() {
    let place = library();
    let settings = std::fs::read_to_string(place.path().join("segc.yml")).unwrap();
    let (_, vars) = settings.split_once("vars:\n").unwrap();
    let vars: Vec<(&str, i64)> = vars
        .lines()
        .take_while(|line| line.starts_with("  "))
        .map(|line| {
            let (name, rest) = line.trim().split_once(": ").unwrap();
            (
                name,
                rest.split_whitespace().next().unwrap().parse().unwrap(),
            )
        })
        .collect();
    assert_eq!(vars.len(), 9);
    for (name, value) in vars {
        for moved in [value - 1, value + 1] {
            let ran = place.run(&["test", "--vars", &format!("{{{name}: {moved}}}")]);
            assert_eq!(ran.code, Some(1), "{name}: {moved}\n{ran}");
        }
    }
}
