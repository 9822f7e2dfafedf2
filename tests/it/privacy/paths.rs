//! Every path that a project can name: it stays in the project, is a regular file, and is not too large.

use crate::people::{ENTITY, Shop};
use std::process::Command;

const CUSTOMERS: &str = "customer_id,vip\n1,true\n";

/// Where a project names a file or a folder, and what says that it is refused.
const PLACES: &[(&str, &[&str])] = &[
    ("spec_paths: [PATH]", &["check"]),
    ("test_paths: [PATH]", &["check"]),
    ("lists: PATH", &["build"]),
    ("table: PATH", &["build"]),
    ("fixture: PATH", &["test"]),
    ("query: PATH", &["build"]),
];

fn settings(extra: &str) -> String {
    format!(
        "name: shop\nversion: 1\ntargets: {{dev: {{type: duckdb, path: shop.duckdb}}}}\nguards: {{allow_empty: true}}\n{extra}\n"
    )
}

/// A project that names `path` at a place.
fn naming(place: &str, path: &str) -> Shop {
    let shop = Shop::new(
        ENTITY,
        "segments:\n  - {name: vip, where: vip}\n",
        CUSTOMERS,
    );
    match place.split_once(": ").unwrap().0 {
        "lists" => shop.put(
            "segments/list.yml",
            &format!("lists:\n  - {{name: press, file: '{path}', key: customer_id}}\nsegments:\n  - {{name: listed, where: [ {{in_list: press}} ]}}\n"),
        ),
        "table" => shop.put(
            "segments/entity.yml",
            &ENTITY.replace("data/customers.csv", path),
        ),
        "query" => shop.put(
            "segments/entity.yml",
            &format!("entities:\n  - {{name: customer, table: {{sql: \"select * from read_csv('{path}')\"}}, key: customer_id, columns: {{customer_id: int, vip: boolean}}}}\n"),
        ),
        "fixture" => shop.put(
            "tests/t.yml",
            &format!("tests:\n  - name: t\n    segment: vip\n    as_of: 2026-01-01\n    given: {{customer: \"file('{path}')\"}}\n    expect: {{members: []}}\n"),
        ),
        _ => shop.put("segc.yml", &settings(&place.replace("PATH", &format!("'{path}'")))),
    }
    shop
}

/// Catalogue: H8, H9, H20.
#[test]
fn no_path_leads_out_of_the_project() {
    let outside = tempfile::tempdir().unwrap();
    let file = outside.path().join("canary.csv");
    std::fs::write(&file, "customer_id,vip\n4242,true\n").unwrap();
    std::fs::write(
        outside.path().join("canary.yml"),
        "segments: [{name: canary, where: vip}]\n",
    )
    .unwrap();
    let absolute = file.display().to_string();
    let dir = outside.path().display().to_string();
    for (place, command) in PLACES {
        let folder = place.contains("_paths");
        let there = if folder {
            dir.as_str()
        } else {
            absolute.as_str()
        };
        for path in [
            there.to_owned(),
            format!(
                "../{}",
                outside.path().file_name().unwrap().to_string_lossy()
            ),
            format!("data/../..{there}"),
            format!("./../..{there}"),
            "~/x.csv".to_owned(),
            "link".to_owned() + if folder { "" } else { ".csv" },
            "linked/canary.csv".to_owned(),
            format!("file://{there}"),
            "https://example.org/x.csv".to_owned(),
            "/etc/passwd".to_owned(),
            "/dev/zero".to_owned(),
            "/proc/self/environ".to_owned(),
        ] {
            let shop = naming(place, &path);
            #[cfg(unix)]
            {
                use std::os::unix::fs::symlink;
                symlink(outside.path(), shop.path().join("link")).unwrap();
                symlink(outside.path(), shop.path().join("linked")).unwrap();
                symlink(&file, shop.path().join("link.csv")).unwrap();
            }
            let (code, said) = shop.segc(command);
            assert!(
                matches!(code, Some(1 | 2)),
                "{place} {path}: {code:?} {said}"
            );
            assert!(said.contains("error[S"), "{place} {path}: {said}");
            assert!(!said.contains("4242"), "{place} {path}: {said}");
            // At its place: the line of a file of the project.
            assert!(said.contains(".yml:"), "{place} {path}: {said}");
        }
    }
}

/// Catalogue: H8. Opening a pipe would wait for its writer; a device has no end.
#[cfg(unix)]
#[test]
fn pipes_folders_and_devices_are_no_files() {
    for (place, command) in PLACES.iter().filter(|(place, _)| !place.contains("_paths")) {
        for what in ["pipe.csv", "folder.csv", "none.csv"] {
            let shop = naming(place, what);
            let pipe = Command::new("mkfifo")
                .arg(shop.path().join("pipe.csv"))
                .status();
            assert!(pipe.unwrap().success());
            std::fs::create_dir(shop.path().join("folder.csv")).unwrap();
            let (code, said) = shop.segc(command);
            assert!(
                matches!(code, Some(1 | 2)),
                "{place} {what}: {code:?} {said}"
            );
            assert!(said.contains("error[S"), "{place} {what}: {said}");
        }
    }
    let shop = naming("spec_paths: [PATH]", "segments");
    let pipe = Command::new("mkfifo")
        .arg(shop.path().join("segments/pipe.yml"))
        .status();
    assert!(pipe.unwrap().success());
    let (code, said) = shop.segc(&["check"]);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("not a regular file"), "{said}");
}

/// Catalogue: H8. Specs and fixtures have a size; a manifest of dbt has a larger one.
#[test]
fn files_that_are_too_large_are_refused_before_they_are_read() {
    let shop = naming("fixture: PATH", "fixtures/large.csv");
    let large = |path: &str, size: u64| {
        shop.put(path, "");
        let file = std::fs::File::options()
            .write(true)
            .open(shop.path().join(path))
            .unwrap();
        file.set_len(size).unwrap();
    };
    large("fixtures/large.csv", 1 << 40);
    let (code, said) = shop.segc(&["test"]);
    assert!(matches!(code, Some(1 | 2)), "{said}");
    large("segments/large.yml", 1 << 40);
    let (code, said) = shop.segc(&["check"]);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("bytes"), "{said}");
    std::fs::remove_file(shop.path().join("segments/large.yml")).unwrap();
    shop.put("segc.yml", &settings("dbt: {project_dir: dbt}"));
    large("dbt/target/manifest.json", 1 << 40);
    let (code, said) = shop.segc(&["check"]);
    assert!(matches!(code, Some(1 | 2)), "{said}");
    assert!(said.contains("S042"), "{said}");
}
