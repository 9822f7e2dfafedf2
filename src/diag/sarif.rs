//! Diagnostics as SARIF 2.1.0 (<https://docs.oasis-open.org/sarif/sarif/v2.1.0/>), for code-scanning tools.
//!
//! Only what they read: the rules that were met, and a result with its places per diagnostic.

use super::place::Places;
use super::render::severity_word;
use super::{Code, Diagnostic, Diagnostics, Label};
use serde::Serialize;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Log<'a> {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: [Run<'a>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Run<'a> {
    tool: Tool<'a>,
    column_kind: &'static str,
    results: Vec<SarifResult<'a>>,
}

#[derive(Serialize)]
struct Tool<'a> {
    driver: Driver<'a>,
}

#[derive(Serialize)]
struct Driver<'a> {
    name: &'static str,
    version: &'static str,
    rules: Vec<Rule<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Rule<'a> {
    id: &'a str,
    short_description: Text,
    full_description: Text,
}

#[derive(Serialize)]
struct Text {
    text: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SarifResult<'a> {
    rule_id: &'a str,
    rule_index: usize,
    level: &'static str,
    message: Text,
    locations: Vec<Location>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related_locations: Vec<Location>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Location {
    physical_location: Physical,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<Text>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Physical {
    artifact_location: Artifact,
    region: Region,
}

#[derive(Serialize)]
struct Artifact {
    uri: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Region {
    start_line: usize,
    start_column: usize,
    end_line: usize,
    end_column: usize,
}

pub(super) fn render(diags: &Diagnostics, places: &Places<'_>) -> String {
    let mut codes: Vec<&Code> = diags.iter().map(|d| d.code).collect();
    codes.sort_by_key(|c| c.id);
    codes.dedup_by_key(|c| c.id);
    let log = Log {
        schema: "https://json.schemastore.org/sarif-2.1.0.json",
        version: "2.1.0",
        runs: [Run {
            tool: Tool {
                driver: Driver {
                    name: "segc",
                    version: env!("CARGO_PKG_VERSION"),
                    rules: codes.iter().map(|c| rule(c)).collect(),
                },
            },
            column_kind: "unicodeCodePoints",
            results: diags.iter().map(|d| result(d, &codes, places)).collect(),
        }],
    };
    let mut out = serde_json::to_string_pretty(&log).expect("strings and numbers are JSON");
    out.push('\n');
    out
}

fn rule(code: &Code) -> Rule<'_> {
    Rule {
        id: code.id,
        short_description: Text {
            text: code.title.to_owned(),
        },
        full_description: Text {
            text: code.explain.to_owned(),
        },
    }
}

fn result<'a>(d: &'a Diagnostic, codes: &[&Code], places: &Places<'_>) -> SarifResult<'a> {
    let mut message = d.message.clone();
    for line in d.notes.iter().chain(&d.help) {
        message.push('\n');
        message.push_str(line);
    }
    let mut locations = d.labels.iter().filter_map(|label| location(label, places));
    SarifResult {
        rule_id: d.code.id,
        rule_index: codes.partition_point(|c| c.id < d.code.id),
        level: severity_word(d.severity),
        message: Text { text: message },
        locations: locations.by_ref().take(1).collect(),
        related_locations: locations.collect(),
    }
}

fn location(label: &Label, places: &Places<'_>) -> Option<Location> {
    let file = label.span.file;
    let start = places.position(file, label.span.start);
    let end = places.position(file, label.span.end);
    Some(Location {
        physical_location: Physical {
            artifact_location: Artifact {
                uri: uri(&places.path(file)?),
            },
            region: Region {
                start_line: start.line,
                start_column: start.column,
                end_line: end.line,
                end_column: end.column,
            },
        },
        message: (!label.text.is_empty()).then(|| Text {
            text: label.text.clone(),
        }),
    })
}

/// A relative path as a URI reference: everything but unreserved characters and `/` as percent codes.
fn uri(path: &str) -> String {
    use std::fmt::Write as _;
    let mut out = String::with_capacity(path.len());
    for b in path.bytes() {
        if b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_' | b'~' | b'/') {
            out.push(char::from(b));
        } else {
            let _ = write!(out, "%{b:02X}");
        }
    }
    out
}
