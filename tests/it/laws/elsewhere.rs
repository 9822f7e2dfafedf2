//! Laws of what stands in other tables: members of another entity, stays that earlier builds have published, versions.

use super::{ALONE, WIDE, answers, assert_same, everybody, of, on_random_cases, with, with_of};
use crate::reference::value::Value;
use jiff::SignedDuration;
use serde_json::json;

#[test]
fn what_rows_point_to_is_a_set_like_any_other() {
    on_random_cases(8, WIDE, |_, case| {
        let case = with_of(
            &case,
            "company",
            &[
                ("any_company", json!("true")),
                ("not_s2", json!({"not_in": "s2"})),
            ],
        );
        let found = answers(&with(
            &case,
            &[
                ("at_any", json!({"in": "any_company", "over": "jobs"})),
                ("at_s2", json!({"in": "s2", "over": "jobs"})),
                ("at_not_s2", json!({"in": "not_s2", "over": "jobs"})),
                ("at_either", json!({"in": ["s2", "not_s2"], "over": "jobs"})),
                ("not_at_s2", json!({"not_in": "s2", "over": "jobs"})),
                (
                    "recently",
                    json!({"in": "s2", "over": "jobs", "within": "1 month"}),
                ),
                (
                    "formerly",
                    json!({"in": "s2", "over": "jobs", "before": "1 month"}),
                ),
                (
                    "busy",
                    json!({"in": "s2", "over": "jobs", "where": "hours > 1"}),
                ),
                (
                    "idle",
                    json!({"in": "s2", "over": "jobs", "where": "(hours > 1) is not true"}),
                ),
                ("did", json!({"did": "jobs"})),
            ],
        ));
        let set = |name: &str| of(&found, name).clone();
        assert_eq!(set("at_any"), &set("at_s2") | &set("at_not_s2"));
        assert_eq!(set("at_any"), set("at_either"));
        assert_eq!(set("not_at_s2"), everybody(&found) - &set("at_s2"));
        assert_eq!(set("at_s2"), &set("recently") | &set("formerly"));
        assert_eq!(set("at_s2"), &set("busy") | &set("idle"));
        assert!(set("at_any").is_subset(&set("did")));
    });
}

#[test]
fn who_is_suppressed_there_is_still_pointed_to() {
    on_random_cases(9, WIDE, |_, case| {
        let mut all = case.clone();
        all.spec["entities"][1]["suppress"] = json!(["true"]);
        let (some, all) = (answers(&case), answers(&all));
        assert_eq!(all.suppressed["company"], all.everybody["company"]);
        assert_eq!(some.segments, all.segments);
    });
}

#[test]
fn stays_that_go_on_have_lasted_longer_or_shorter() {
    on_random_cases(10, WIDE, |_, case| {
        let stayed = |length: &str| json!({"member_for": {"s0": length}});
        let found = answers(&with(
            &case,
            &[
                ("ever", json!({"entered": "s0"})),
                ("lately", json!({"entered": "s0", "within": "7 days"})),
                ("long_ago", json!({"entered": "s0", "before": "7 days"})),
                ("left", json!({"exited": "s0"})),
                ("left_lately", json!({"exited": "s0", "within": "7 days"})),
                ("left_long_ago", json!({"exited": "s0", "before": "7 days"})),
                ("long", stayed(">= 7 days")),
                ("short", stayed("< 7 days")),
                ("longer", stayed("> 7 days")),
                ("longest", stayed(">= 30 days")),
                ("at_most_30", stayed("<= 30 days")),
                ("between", stayed("between 7 days and 30 days")),
                ("other", json!({"member_for": {"s1": ">= 7 days"}})),
                (
                    "both",
                    json!({"member_for": {"s0": ">= 7 days", "s1": ">= 7 days"}}),
                ),
            ],
        ));
        let set = |name: &str| of(&found, name).clone();
        assert_eq!(set("ever"), &set("lately") | &set("long_ago"));
        assert_eq!(set("left"), &set("left_lately") | &set("left_long_ago"));
        assert!(set("left").is_subset(&set("ever")));
        assert!(set("long").is_disjoint(&set("short")));
        assert!(set("short").is_subset(&set("lately")));
        assert!(set("longer").is_subset(&set("long")) && set("longest").is_subset(&set("long")));
        assert_eq!(set("between"), &set("long") & &set("at_most_30"));
        assert_eq!(set("both"), &set("long") & &set("other"));
    });
}

#[test]
fn stays_that_are_yet_to_come_are_none() {
    on_random_cases(11, WIDE, |d, case| {
        let mut more = case.clone();
        for (name, table) in &mut more.tables.0 {
            if name.starts_with("segments.") {
                let mut copies = table.rows.clone();
                for row in &mut copies {
                    let later = SignedDuration::from_hours(d.from(0, 50));
                    row[2] = Value::Instant(case.as_of + later);
                    row[3] = Value::Null;
                }
                // Who leaves at `as_of` or later is still there.
                for row in &mut table.rows {
                    if row[3].is_null() && d.percent(50) {
                        row[3] = Value::Instant(case.as_of);
                    }
                }
                table.rows.extend(copies);
            }
        }
        assert_same(&answers(&case), &answers(&more));
    });
}

#[test]
fn a_table_with_versions_is_the_rows_that_hold() {
    on_random_cases(12, ALONE, |d, mut case| {
        if case.spec["entities"][0].get("valid").is_some() {
            return;
        }
        let plain = answers(&case);
        let entity = &mut case.spec["entities"][0];
        entity["valid"] = json!({"from": "since", "to": "until"});
        entity["columns"]["since"] = json!("timestamp");
        entity["columns"]["until"] = json!("timestamp");
        let table = case.tables.0.get_mut("customers").unwrap();
        for name in ["since", "until"] {
            table
                .columns
                .push((name.to_owned(), "timestamp".to_owned()));
        }
        let rows = std::mem::take(&mut table.rows);
        let ago = |hours| Value::Instant(case.as_of - SignedDuration::from_hours(hours));
        for (n, row) in rows.iter().enumerate() {
            // Somebody else's row was theirs before, and one more will be.
            let mut other = rows[d.below(rows.len())].clone();
            other[0] = row[0].clone();
            let later = Value::Instant(case.as_of + SignedDuration::from_micros(1));
            let end = if n % 2 == 0 {
                Value::Null
            } else {
                later.clone()
            };
            let begin = if n % 3 == 0 { ago(0) } else { ago(24) };
            let with = |row: &[Value], times: [Value; 2]| [row, times.as_slice()].concat();
            table.rows.push(with(&other, [ago(999), begin.clone()]));
            table.rows.push(with(row, [begin, end]));
            table.rows.push(with(&other, [later, Value::Null]));
            table.rows.push(with(&other, [Value::Null, Value::Null]));
        }
        assert_same(&plain, &answers(&case));
    });
}
