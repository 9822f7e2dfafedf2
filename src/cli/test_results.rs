//! What tests came to, for machines: `run_results.json` in dbt's shape, and JUnit XML.

use crate::testing::suite::{Status, Tested};
use jiff::Timestamp;
use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};
use serde_json::{Value, json};
use std::time::Duration;

/// `3 passed, 1 failed`
pub(super) fn summary(tested: &[Tested]) -> String {
    let count = |status: Status| tested.iter().filter(|t| t.status == status).count();
    let failed = count(Status::Failed) + count(Status::Error);
    let mut text = format!("{} passed, {failed} failed", count(Status::Passed));
    match count(Status::Skipped) {
        0 => {}
        skipped => text.push_str(&format!(", {skipped} skipped")),
    }
    text
}

fn message(one: &Tested) -> Option<String> {
    let lines: Vec<String> = one
        .found
        .iter()
        .map(|d| {
            let mut text = d.message.clone();
            for note in &d.notes {
                text.push('\n');
                text.push_str(note);
            }
            text
        })
        .collect();
    (!lines.is_empty()).then(|| lines.join("\n"))
}

/// As dbt writes them: status pass, fail, error or skipped; `failures` is how many keys were wrong.
pub(super) fn results(
    tested: &[Tested],
    project: &str,
    target: &str,
    started: Timestamp,
    now: Timestamp,
) -> Value {
    let nodes: Vec<Value> = tested
        .iter()
        .map(|one| {
            let (status, failures) = match one.status {
                Status::Passed => ("pass", Some(0)),
                Status::Failed => ("fail", Some(one.found.len())),
                Status::Error => ("error", None),
                Status::Skipped => ("skipped", None),
            };
            json!({
                "status": status,
                "timing": [],
                "thread_id": "main",
                "execution_time": one.seconds,
                "adapter_response": {},
                "message": message(one),
                "failures": failures,
                "unique_id": format!("unit_test.{project}.{}", one.name),
                "compiled": one.sql.is_some(),
                "compiled_code": one.sql,
                "relation_name": null,
            })
        })
        .collect();
    json!({
        "metadata": {
            "segc_schema_version": 1,
            "segc_version": env!("CARGO_PKG_VERSION"),
            "generated_at": now.to_string(),
        },
        "results": nodes,
        "elapsed_time": now.duration_since(started).as_secs_f64(),
        "args": {"which": "test", "target": target},
    })
}

/// JUnit XML: one suite, a case per test.
pub(super) fn junit(tested: &[Tested], project: &str) -> String {
    let mut suite = TestSuite::new(project);
    for one in tested {
        let not = |kind| {
            let mut status = TestCaseStatus::non_success(kind);
            if let Some(found) = one.found.first() {
                status.set_message(found.message.clone());
            }
            status.set_description(message(one).unwrap_or_default());
            status
        };
        let status = match one.status {
            Status::Passed => TestCaseStatus::success(),
            Status::Failed => not(NonSuccessKind::Failure),
            Status::Error => not(NonSuccessKind::Error),
            Status::Skipped => TestCaseStatus::skipped(),
        };
        let mut case = TestCase::new(one.name.clone(), status);
        case.set_classname(project);
        case.set_time(Duration::try_from_secs_f64(one.seconds).unwrap_or_default());
        suite.add_test_case(case);
    }
    let mut report = Report::new("segc");
    report.add_test_suite(suite);
    report.to_string().unwrap_or_default()
}
