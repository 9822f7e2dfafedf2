//! Laws of what is published, through real builds of random projects into a database of their own.

use super::{ALONE, on_random_cases};
use crate::random::case::Case;
use crate::random::{engine, yaml};
use duckdb::Connection;
use serde_json::json;
use std::path::Path;
use std::process::Command;

/// Whether a build publishes; only sources of keys that are in doubt stop it.
fn build(folder: &Path, as_of: jiff::Timestamp) -> bool {
    let output = Command::new(env!("CARGO_BIN_EXE_segc"))
        .args(["build", "--as-of", &as_of.to_string()])
        .current_dir(folder)
        .env("NO_COLOR", "1")
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success() || text.contains("S0640"), "{text}");
    output.status.success()
}

fn rows(folder: &Path, sql: &str) -> Vec<String> {
    let connection = Connection::open(folder.join("random.duckdb")).unwrap();
    let mut statement = connection.prepare(sql).unwrap_or_else(|e| panic!("{e}"));
    let mut rows = statement.query([]).unwrap();
    let mut found = Vec::new();
    while let Some(row) = rows.next().unwrap() {
        found.push(row.get::<_, Option<String>>(0).unwrap().unwrap_or_default());
    }
    found
}

fn fill(folder: &Path, case: &Case) {
    let connection = Connection::open(folder.join("random.duckdb")).unwrap();
    for (name, table) in &case.tables.0 {
        if !engine::is_file(name) {
            let old = format!("drop table if exists {name}");
            connection.execute_batch(&old).unwrap();
        }
        let sql = engine::fill(name, table, folder);
        connection.execute_batch(&sql).unwrap();
    }
}

const MEMBERS: &str =
    "select segment || ' ' || entity_key from segments.customer_members order by 1";

const CHANGES: &str = "select count(*)::varchar from segments.customer_changes";

/// Who is a member by the rows of `changes` alone.
const REPLAYED: &str = "select segment || ' ' || entity_key from segments.customer_changes \
     group by segment, entity_key having sum(case change when 'entered' then 1 else -1 end) = 1 order by 1";

#[test]
fn built_again_nothing_changes_and_changes_replay_to_the_members() {
    // A build of the future is refused.
    let past: jiff::Timestamp = "2026-06-01T00:00:00Z".parse().unwrap();
    on_random_cases(40, ALONE, |d, mut case| {
        if case.as_of > past {
            return;
        }
        case.spec["splits"] = json!([]);
        if case
            .tables
            .0
            .get("opt_outs")
            .is_some_and(|t| t.rows.is_empty())
        {
            case.spec["entities"][0]["suppress"] = json!(["vip"]);
        }
        // Sources lose rows at random here.
        case.settings["guards"]["source_shrink"] = json!("100%");
        let suppress = case.spec["entities"][0].get_mut("suppress");
        for source in suppress
            .and_then(|s| s.as_array_mut())
            .into_iter()
            .flatten()
        {
            if source.get("table").is_some() {
                source["max_shrink"] = json!("100%");
            }
        }
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        std::fs::create_dir(folder.join("segments")).unwrap();
        std::fs::write(folder.join("segc.yml"), yaml::text(&case.settings)).unwrap();
        std::fs::write(folder.join("segments/random.yml"), yaml::text(&case.spec)).unwrap();
        for round in 0..3 {
            let mut now = case.clone();
            // Each day some people and rows are missing.
            for (name, table) in &mut now.tables.0 {
                // A source of keys without rows stops the build.
                table.rows.retain(|_| name == "opt_outs" || d.percent(75));
            }
            now.as_of += jiff::SignedDuration::from_hours(24 * round);
            fill(folder, &now);
            let answers = super::answers(&now);
            let unsure = !answers.doubts["customer"].is_empty();
            assert_eq!(build(folder, now.as_of), !unsure, "round {round}");
            if unsure {
                continue;
            }
            let members = rows(folder, MEMBERS);
            assert_eq!(members, rows(folder, REPLAYED), "round {round}");
            let changes = rows(folder, CHANGES);
            build(folder, now.as_of);
            assert_eq!(members, rows(folder, MEMBERS));
            assert_eq!(changes, rows(folder, CHANGES));
            let suppressed = answers
                .suppressed
                .get("customer")
                .cloned()
                .unwrap_or_default();
            let expected: usize = answers
                .segments
                .values()
                .map(|keys| (keys - &suppressed).len())
                .sum();
            assert_eq!(
                members.len(),
                expected,
                "what is published is what is compiled"
            );
        }
    });
}
