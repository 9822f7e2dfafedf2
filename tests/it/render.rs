//! The same sample diagnostics through every renderer.

use segc::diag::codes::expr::UNKNOWN_COLUMN;
use segc::diag::codes::project::{EMPTY_SELECTION, NO_PROJECT};
use segc::diag::render::{Format, render, summary};
use segc::diag::{Code, Diagnostic, Diagnostics};
use segc::source::{SourceMap, Span};

static HOSTILE: Code = Code {
    id: "S9998",
    title: "a title: with, 100% of the\nspecial characters",
    explain: "",
};

/// One place, several places near and far, two files, none at all, hostile text, a long line.
fn samples() -> (Diagnostics, SourceMap) {
    let mut sources = SourceMap::default();
    let value =
        "segments:\n  - name: big\n    where:\n      - sum: orders.totl\n        is: '>= 500'\n";
    let a = sources.add("segments/value.yml", value);
    let twice = format!(
        "vars:\n  spend: 1\n  # one\n  spend: 2\n{}  spend: 3\n",
        "  # far\n".repeat(40)
    );
    let b = sources.add("segc.yml", twice.clone());
    let hostile = "a: \u{1b}[31mred\u{202e}\n\tb: é😀 x\n";
    let c = sources.add("segments/ho\nstile:1,2.yml", hostile);
    let long = format!("key: {} LOOK {}\n", "x".repeat(5000), "y".repeat(1_000_000));
    let d = sources.add("long.yml", long.clone());
    let of = |file, text: &str, what: &str, nth: usize| {
        let (start, _) = text
            .match_indices(what)
            .nth(nth)
            .expect("the sample has it");
        Span::new(file, start, start + what.len())
    };

    let mut diags = Diagnostics::default();
    diags.push(
        Diagnostic::error(
            &UNKNOWN_COLUMN,
            "unknown column `totl` in relation `orders`",
        )
        .at(
            of(a, value, "totl", 0),
            "orders has: order_id, customer_id, ordered_at, status, total",
        )
        .suggest(Some("total")),
    );
    diags.push(
        Diagnostic::error(&UNKNOWN_COLUMN, "key `spend` is given three times")
            .at(of(b, &twice, "spend", 1), "again here")
            .at(of(b, &twice, "spend", 0), "first here")
            .at(of(b, &twice, "spend", 2), "and here")
            .at(of(a, value, "big", 0), "used here")
            .note("the last one would win")
            .help("keep one of them"),
    );
    diags.push(
        Diagnostic::warning(&HOSTILE, "bad\u{1b}[2J 50%\r\n::error::fake `\u{202e}`")
            .at(of(c, hostile, "é😀", 0), "a\nlabel"),
    );
    diags.push(
        Diagnostic::error(&UNKNOWN_COLUMN, "far in a line").at(of(d, &long, "LOOK", 0), "here"),
    );
    diags.push(
        Diagnostic::error(&UNKNOWN_COLUMN, "over several lines")
            .at(Span::new(a, 12, value.len()), "this segment"),
    );
    diags.push(Diagnostic::error(&UNKNOWN_COLUMN, "at the end").at(Span::new(a, 9999, 9999), ""));
    diags.push(
        Diagnostic::error(&NO_PROJECT, "no segc.yml here or above").help("`segc init` writes one"),
    );
    diags.push(Diagnostic::warning(&EMPTY_SELECTION, "nothing is selected"));
    (diags, sources)
}

#[test]
fn text() {
    let (diags, sources) = samples();
    let text = render(Format::Text, &diags, &sources, "");
    insta::assert_snapshot!(anstream::adapter::strip_str(&text).to_string());
    assert!(
        !anstream::adapter::strip_str(&text)
            .to_string()
            .contains('\u{1b}')
    );
    assert_eq!(summary(&diags), "6 errors, 2 warnings");
}

#[test]
fn json() {
    let (diags, sources) = samples();
    let json = render(Format::Json, &diags, &sources, "shop/");
    for line in json.lines() {
        let value: serde_json::Value =
            serde_json::from_str(line).expect("every line is one object");
        assert!(value["code"].is_string());
    }
    insta::assert_snapshot!(json);
}

#[test]
fn github() {
    let (diags, sources) = samples();
    let github = render(Format::Github, &diags, &sources, "shop/");
    assert_eq!(
        github.lines().count(),
        8,
        "a diagnostic is one line, whatever is in it"
    );
    assert!(
        github
            .lines()
            .all(|l| l.starts_with("::error ") || l.starts_with("::warning "))
    );
    insta::assert_snapshot!(github);
}

#[test]
fn sarif() {
    let (diags, sources) = samples();
    let sarif = render(Format::Sarif, &diags, &sources, "shop/");
    let log: serde_json::Value = serde_json::from_str(&sarif).expect("it is JSON");
    for result in log["runs"][0]["results"].as_array().expect("a list") {
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(
            log["runs"][0]["tool"]["driver"]["rules"][index]["id"],
            result["ruleId"]
        );
    }
    let words: serde_json::Value = serde_json::from_str(&sarif).unwrap();
    insta::assert_snapshot!(serde_json::to_string_pretty(&words["runs"][0]["results"]).unwrap());
}

#[test]
fn ten_thousand_findings_in_one_long_line_are_fast() {
    let mut sources = SourceMap::default();
    let file = sources.add("a.yml", "x".repeat(1 << 20));
    let mut diags = Diagnostics::default();
    for i in 0..10_000 {
        diags.push(
            Diagnostic::error(&UNKNOWN_COLUMN, "x").at(Span::new(file, i * 100, i * 100 + 5), ""),
        );
    }
    let text = render(Format::Text, &diags, &sources, "");
    assert!(text.contains("and 9700 more"));
}
