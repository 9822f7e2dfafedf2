//! Conditions and windows.

use super::super::condition::Period;
use super::super::*;
use super::{condition_of, found, read_text, wrong};
use crate::diag::codes;
use crate::expr::Unit;

#[test]
fn windows_of_every_form() {
    let window = |text: &str| {
        let kind = condition_of(&format!("did: orders\n      {text}"));
        let ConditionKind::Did { rows, .. } = kind else {
            panic!("{kind:?}");
        };
        rows.window.expect("a window").value
    };
    let days = |count| Duration {
        count,
        unit: Unit::Day,
    };
    let date = |text: &str| Some(text.parse().expect("a date"));
    assert_eq!(window("within: 90 days"), WindowSpec::Within(days(90)));
    assert_eq!(window("before: 1 day"), WindowSpec::Before(days(1)));
    assert_eq!(
        window("between: [180 days, 90 days]"),
        WindowSpec::Between(days(180), days(90))
    );
    assert_eq!(
        window("since: 2026-01-01\n      until: '2026-02-01'"),
        WindowSpec::Range {
            since: date("2026-01-01"),
            until: date("2026-02-01")
        }
    );
    assert_eq!(
        window("until: 2026-02-01"),
        WindowSpec::Range {
            since: None,
            until: date("2026-02-01")
        }
    );
    assert_eq!(
        window("during: this quarter"),
        WindowSpec::During(Period::This(Unit::Quarter))
    );
    let year = Period::Dates {
        first: date("2025-01-01").expect("it is"),
        last: date("2025-12-31").expect("it is"),
    };
    assert_eq!(window("during: 2025"), WindowSpec::During(year));
}

#[test]
fn windows_that_cannot_be() {
    let one = |text: &str| {
        let all = wrong(&format!("did: orders\n      {text}"));
        assert_eq!(all.len(), 1, "{text}: {all:?}");
        all.into_iter().next().expect("one")
    };
    let is = |code: &crate::diag::Code, at: &str| (code.id, at.to_owned());
    use codes::spec::{BAD_DATE, BAD_DURATION, BAD_PERIOD, CONFLICT, EMPTY_WINDOW, WRONG_TYPE};
    assert_eq!(one("within: 90"), is(&BAD_DURATION, "90"));
    assert_eq!(one("within: 90 dyas"), is(&BAD_DURATION, "90 dyas"));
    assert_eq!(one("within: 0 days"), is(&EMPTY_WINDOW, "0 days"));
    assert_eq!(one("within: [1 day]"), is(&WRONG_TYPE, "[1 day]"));
    assert_eq!(one("within:"), is(&WRONG_TYPE, "within"));
    assert_eq!(one("between: [1 day]"), is(&WRONG_TYPE, "[1 day]"));
    assert_eq!(
        one("between: [90 days, 180 days]"),
        is(&EMPTY_WINDOW, "[90 days, 180 days]")
    );
    assert_eq!(
        one("between: [1 day, 1 week]"),
        is(&EMPTY_WINDOW, "[1 day, 1 week]")
    );
    // A month may be longer than 30 days.
    assert!(wrong("did: orders\n      between: [1 month, 30 days]").is_empty());
    assert_eq!(one("since: 01/02/2026"), is(&BAD_DATE, "01/02/2026"));
    assert_eq!(one("since: 2026-02-30"), is(&BAD_DATE, "2026-02-30"));
    assert_eq!(
        one("since: 2026-01-01\n      until: 2026-01-01"),
        is(&EMPTY_WINDOW, "since: 2026-01-01\n      until: 2026-01-01")
    );
    assert_eq!(one("during: last 30 days"), is(&BAD_PERIOD, "last 30 days"));
    assert_eq!(
        one("during: 2025-02-01..2025-01-01"),
        is(&EMPTY_WINDOW, "2025-02-01..2025-01-01")
    );
    assert_eq!(
        one("within: 1 day\n      since: 2026-01-01"),
        is(&CONFLICT, "since")
    );
}

#[test]
fn a_comma_in_braces_is_explained() {
    let (_, diags) = read_text("traits: [{name: a, sql: b / nullif(count(o), 0)}]");
    let help = diags.iter().next().and_then(|d| d.help.clone());
    assert!(help.is_some_and(|h| h.contains("comma")));
}

#[test]
fn expressions_that_yaml_cut_are_told_so() {
    let cut = |at: &str| (codes::spec::CUT.id, at.to_owned());
    assert_eq!(wrong("[size in (1, 2), b]"), [cut("size in (1"), cut("2)")]);
    assert_eq!(wrong("note like '% #1'"), [cut("note like '%")]);
    assert!(wrong("a = 'it''s (' and \"b)\" > (1)").is_empty());
}

#[test]
fn conditions_of_every_kind() {
    assert!(matches!(condition_of("a > 1"), ConditionKind::Sql(_)));
    assert!(matches!(condition_of("true"), ConditionKind::Sql(_)));
    assert!(
        matches!(condition_of("[a, b, {did: x}]"), ConditionKind::All(list) if list.len() == 3)
    );
    assert!(matches!(condition_of("all: [a, b]"), ConditionKind::All(list) if list.len() == 2));
    assert!(matches!(condition_of("any: a > 1"), ConditionKind::Any(list) if list.len() == 1));
    assert!(matches!(condition_of("none: {did: x}"), ConditionKind::None(list) if list.len() == 1));
    assert!(matches!(condition_of("not: [a, b]"), ConditionKind::Not(_)));
    assert!(
        matches!(condition_of("{at_least: 2, of: [a, b]}"), ConditionKind::AtLeast { count, of } if count.value == 2 && of.len() == 2)
    );
    assert!(matches!(
        condition_of("{at_most: 0, of: [a]}"),
        ConditionKind::AtMost { .. }
    ));
    assert!(matches!(
        condition_of("{exactly: 1, of: [a, b]}"),
        ConditionKind::Exactly { .. }
    ));
    assert!(
        matches!(condition_of("{did: orders, times: '>= 3', where: total > 1}"), ConditionKind::Did { times: Some(_), rows, .. } if rows.filter.len() == 1)
    );
    assert!(matches!(
        condition_of("did_not: orders"),
        ConditionKind::DidNot { .. }
    ));
    assert!(matches!(
        condition_of("{first_time: orders, within: 1 day}"),
        ConditionKind::FirstTime { .. }
    ));
    assert!(matches!(condition_of("in: vip"), ConditionKind::In(names) if names.len() == 1));
    assert!(
        matches!(condition_of("not_in: [vip, lifecycle.lapsed]"), ConditionKind::NotIn(names) if names.len() == 2)
    );
    let ConditionKind::Aggregate { value, is } =
        condition_of("{most_frequent: items.product.category, is: \"= 'x'\", within: 1 day}")
    else {
        panic!("an aggregate");
    };
    assert_eq!(value.function.value, AggFunction::MostFrequent);
    assert_eq!(
        value.target.iter().map(|n| n.as_str()).collect::<Vec<_>>(),
        ["items", "product", "category"]
    );
    assert_eq!(is.text.value, "= 'x'");
}

#[test]
fn conditions_that_cannot_be() {
    use codes::spec::*;
    let is = |code: &crate::diag::Code, at: &str| vec![(code.id, at.to_owned())];
    assert_eq!(wrong("dit: orders"), is(&UNKNOWN_CONDITION, "dit"));
    assert_eq!(wrong("{}"), is(&UNKNOWN_CONDITION, "{}"));
    assert_eq!(wrong("{did: a, did_not: b}"), is(&CONFLICT, "did_not"));
    assert_eq!(
        wrong("{sum: a.x, count: b, is: '> 1'}"),
        is(&CONFLICT, "count")
    );
    assert_eq!(wrong("{did: a, withn: 1 day}"), is(&UNKNOWN_KEY, "withn"));
    assert_eq!(wrong("sum: orders.total"), is(&MISSING_KEY, "sum"));
    assert_eq!(wrong("first_time: orders"), is(&MISSING_KEY, "first_time"));
    assert_eq!(wrong("[]"), is(&EMPTY_LIST, "[]"));
    assert_eq!(wrong("any: []"), is(&EMPTY_LIST, "[]"));
    assert_eq!(wrong("in: []"), is(&EMPTY_LIST, "[]"));
    assert_eq!(
        wrong("{at_least: 3, of: [a, b]}"),
        is(&IMPOSSIBLE_COUNT, "3")
    );
    assert_eq!(wrong("{at_least: -1, of: [a, b]}"), is(&WRONG_TYPE, "-1"));
    assert_eq!(wrong("at_least: 1"), is(&MISSING_KEY, "at_least"));
    assert_eq!(wrong("{did: [a, b]}"), is(&WRONG_TYPE, "[a, b]"));
    assert_eq!(wrong("{did: a, times: 3}"), is(&WRONG_TYPE, "3"));
    assert_eq!(
        wrong("{sum: orders.total, of: x, is: '> 1'}"),
        is(&CONFLICT, "of")
    );
    assert_eq!(
        wrong("{sum: orders.total * 2, is: '> 1'}"),
        is(&WRONG_TYPE, "orders.total * 2")
    );
    assert_eq!(wrong("''"), is(&WRONG_TYPE, "''"));
    assert_eq!(
        wrong("[a, [b, {dit: c}], '']"),
        [is(&UNKNOWN_CONDITION, "dit"), is(&WRONG_TYPE, "''")].concat()
    );
    let text = "segments:\n  - {name: s, where: }\n";
    assert_eq!(
        found(text).first().map(|(c, at, _)| (*c, at.as_str())),
        Some((WRONG_TYPE.id, "where"))
    );
}
