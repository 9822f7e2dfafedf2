//! Laws about data: what may be changed in tables, in the project's files or in the session without changing an answer.

use super::{ALONE, SIZE, answers, assert_same, on_random_cases};
use crate::random::case::Case;
use crate::random::engine::{self, Answers, Mode};
use crate::reference::Table;
use crate::reference::value::Value;
use jiff::SignedDuration;
use serde_json::{Map, Value as Json, json};

fn position(table: &Table, column: &str) -> usize {
    table
        .columns
        .iter()
        .position(|(name, _)| name == column)
        .unwrap()
}

/// Applies a change to every value of every table.
fn each_value(case: &mut Case, change: impl Fn(&str, &str, &mut Value)) {
    for (name, table) in &mut case.tables.0 {
        for row in &mut table.rows {
            for ((column, _), value) in table.columns.iter().zip(row) {
                change(name, column, value);
            }
        }
    }
}

#[test]
fn naive_and_optimised_plans_agree() {
    on_random_cases(20, SIZE, |_, case| {
        let naive = engine::answers(&case, Mode::Naive).unwrap();
        assert_eq!(naive.segments, answers(&case).segments);
    });
}

#[test]
fn the_order_of_rows_columns_and_items_does_not_matter() {
    on_random_cases(21, SIZE, |_, case| {
        let mut turned = case.clone();
        for table in turned.tables.0.values_mut() {
            table.rows.reverse();
            table.columns.reverse();
            table.rows.iter_mut().for_each(|row| row.reverse());
        }
        for list in ["traits", "segments", "groups", "splits"] {
            turned.spec[list].as_array_mut().unwrap().reverse();
        }
        let reversed: Map<String, Json> = turned
            .spec
            .as_object()
            .unwrap()
            .clone()
            .into_iter()
            .rev()
            .collect();
        turned.spec = Json::Object(reversed);
        assert_same(&answers(&case), &answers(&turned));
    });
}

#[test]
fn rows_of_nobody_do_not_matter() {
    on_random_cases(22, SIZE, |_, case| {
        let mut more = case.clone();
        for (name, column) in [
            ("orders", "customer_id"),
            ("visits", "who"),
            ("notes", "customer_id"),
        ] {
            let table = more.tables.0.get_mut(name).unwrap();
            let at = position(table, column);
            let mut copies = table.rows.clone();
            for (n, row) in copies.iter_mut().enumerate() {
                row[at] = match (&row[at], n % 2) {
                    (Value::Int(_), 0) => Value::Int(99_999),
                    (Value::Text(_), 0) => Value::text("nobody"),
                    _ => Value::Null,
                };
                if name == "orders" {
                    row[0] = Value::Int(50_000 + n as i128);
                }
            }
            table.rows.extend(copies);
        }
        assert_same(&answers(&case), &answers(&more));
    });
}

#[test]
fn nobody_looks_ahead() {
    on_random_cases(23, SIZE, |d, mut case| {
        // Nobody who does not ask: relations keep their future.
        looking_back(&mut case.spec);
        let mut more = case.clone();
        for name in ["orders", "visits"] {
            let table = more.tables.0.get_mut(name).unwrap();
            let at = position(table, "at");
            let mut copies = table.rows.clone();
            for (n, row) in copies.iter_mut().enumerate() {
                // At or after as_of, however far; or at no time at all.
                let hours = SignedDuration::from_hours(24 * d.from(2, 50));
                let later = case.as_of + hours;
                row[at] = match (&row[at], n % 3) {
                    (_, 0) | (Value::Null, _) => Value::Null,
                    (Value::Date(_), _) => {
                        Value::Date(later.to_zoned(jiff::tz::TimeZone::UTC).date())
                    }
                    (Value::Local(..), _) => {
                        Value::Local(jiff::tz::TimeZone::UTC.to_datetime(later), None)
                    }
                    (_, 1) => Value::Instant(case.as_of),
                    _ => Value::Instant(later),
                };
                if name == "orders" {
                    row[0] = Value::Int(50_000 + n as i128);
                }
            }
            table.rows.extend(copies);
        }
        assert_same(&answers(&case), &answers(&more));
    });
}

/// Every window of `next` as one of `within`.
fn looking_back(spec: &mut Json) {
    match spec {
        Json::Object(map) => {
            if let Some(length) = map.remove("next") {
                map.insert("within".to_owned(), length);
            }
            map.values_mut().for_each(looking_back);
        }
        Json::Array(list) => list.iter_mut().for_each(looking_back),
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => {}
    }
}

#[test]
fn rows_twice_change_counts_only() {
    on_random_cases(24, ALONE, |_, mut case| {
        case.spec["traits"] = json!([
            {"name": "n", "count": "visits"},
            {"name": "twice", "sql": "2 * n"},
            {"name": "seconds", "sum": "visits.seconds"},
            {"name": "twice_seconds", "sql": "2 * seconds"},
            {"name": "most", "max": "visits.seconds"},
            {"name": "least", "min": "visits.seconds"},
            {"name": "pages", "list_distinct": "visits.page"},
            {"name": "kinds", "count_distinct": "visits.page"},
            {"name": "usual", "most_frequent": "visits.page"},
            {"name": "usually", "median": "visits.seconds"},
            {"name": "mean", "avg": "visits.seconds"},
            {"name": "since", "days_since_last": "visits"},
            {"name": "last_page", "last": "visits.page"},
        ]);
        case.spec["segments"] = json!([
            {"name": "did", "where": {"did": "visits", "within": "30 days"}},
            {"name": "first", "where": {"first_time": "visits", "within": "30 days"}},
            {"name": "one_after_the_other", "where": {"sequence": [{"did": "visits"}, {"did": "visits", "where": "page = 'a'"}]}},
        ]);
        for list in ["groups", "splits"] {
            case.spec[list] = json!([]);
        }
        case.spec["entities"][0]["suppress"] = json!(["vip"]);
        let mut more = case.clone();
        let table = more.tables.0.get_mut("visits").unwrap();
        table.rows.extend(table.rows.clone());
        let (one, two) = (answers(&case), answers(&more));
        assert_eq!(one.segments, two.segments);
        for (name, values) in &one.traits {
            match name.as_str() {
                "n" | "seconds" => {}
                "twice" => assert_eq!(*values, two.traits["n"]),
                "twice_seconds" => assert_eq!(*values, two.traits["seconds"]),
                "mean" | "usually" => assert_eq!(values.len(), two.traits[name].len()),
                _ => assert_eq!(*values, two.traits[name], "{name}"),
            }
        }
    });
}

/// Conditions of elapsed time and days alone, in UTC.
fn in_days(case: &mut Case) {
    case.settings["time_zone"] = json!("UTC");
    for relation in case.spec["entities"][0]["relations"]
        .as_array_mut()
        .unwrap()
    {
        relation.as_object_mut().unwrap().remove("time_zone");
    }
    case.spec["entities"][0]["suppress"] = json!(["vip"]);
    for list in ["groups", "splits"] {
        case.spec[list] = json!([]);
    }
    case.spec["traits"] = json!([
        {"name": "since", "days_since_last": "orders"},
        {"name": "between", "avg_days_between": "visits"},
        {"name": "n", "count": "orders", "between": ["30 days", "3 days"]},
        {"name": "last_channel", "last": "orders.channel"},
    ]);
    case.spec["segments"] = json!([
        {"name": "recent", "where": {"did": "orders", "within": "7 days"}},
        {"name": "quiet", "where": {"did_not": "visits", "within": "3 days"}},
        {"name": "old", "where": {"did": "items", "before": "2 days"}},
        {"name": "today", "where": {"did": "visits", "during": "today"}},
        {"name": "new", "where": {"first_time": "orders", "within": "30 days"}},
        {"name": "stopped", "where": {"stopped": "orders", "active": "30 days", "quiet": "7 days"}},
        {"name": "after", "where": {"sequence": [{"did": "orders"}, {"did": "orders", "within": "7 days"}]}},
    ]);
}

#[test]
fn moving_all_times_in_utc_moves_nobody() {
    on_random_cases(25, ALONE, |d, mut case| {
        in_days(&mut case);
        let days = d.from(1, 800);
        let by = SignedDuration::from_hours(24 * days);
        let mut moved = case.clone();
        moved.as_of += by;
        each_value(&mut moved, |_, _, value| match value {
            Value::Date(t) => *t = t.checked_add(by).unwrap(),
            Value::Instant(t) => *t += by,
            Value::Local(t, _) => *t = t.checked_add(by).unwrap(),
            _ => {}
        });
        assert_same(&answers(&case), &answers(&moved));
    });
}

#[test]
fn before_all_events_nothing_has_happened() {
    on_random_cases(26, ALONE, |_, mut case| {
        in_days(&mut case);
        case.as_of = "1990-01-01T00:00:00Z".parse().unwrap();
        // A versioned table has nobody then.
        case.spec["entities"][0]
            .as_object_mut()
            .unwrap()
            .remove("valid");
        let mut keys = std::collections::BTreeSet::new();
        let table = case.tables.0.get_mut("customers").unwrap();
        table.rows.retain(|row| keys.insert(row[0].to_string()));
        let found = answers(&case);
        for (name, members) in &found.segments {
            let all = &found.everybody["customer"];
            assert!(
                if name == "quiet" {
                    members == all
                } else {
                    members.is_empty()
                },
                "{name}"
            );
        }
        assert!(
            found.traits["n"]
                .values()
                .all(|v| v.as_deref() == Some("0"))
        );
        assert!(found.traits["since"].values().all(Option::is_none));
    });
}

fn relabelled(answers: Answers, label: impl Fn(&str) -> String) -> Answers {
    let keys = |set: std::collections::BTreeSet<String>| set.iter().map(|k| label(k)).collect();
    let sets = |map: std::collections::BTreeMap<_, _>| {
        map.into_iter().map(|(n, s)| (n, keys(s))).collect()
    };
    let column = |c: engine::Column| c.into_iter().map(|(k, v)| (label(&k), v)).collect();
    Answers {
        segments: sets(answers.segments),
        traits: answers
            .traits
            .into_iter()
            .map(|(n, c)| (n, column(c)))
            .collect(),
        suppressed: sets(answers.suppressed),
        doubts: answers.doubts,
        held_out: sets(answers.held_out),
        everybody: sets(answers.everybody),
    }
}

#[test]
fn other_keys_in_the_same_order_are_the_same_people() {
    on_random_cases(27, SIZE, |_, mut case| {
        // Arms depend on keys; so do names of keys in a first or last value.
        case.spec["splits"] = json!([]);
        case.spec["groups"] = json!([]);
        if case.spec.to_string().contains(".customer_id") || case.spec.to_string().contains(".who")
        {
            return;
        }
        let label = |key: &str| match key.parse::<i64>() {
            Ok(n) => (n * 3 + 1_000).to_string(),
            Err(_) => format!("z{key}"),
        };
        let mut other = case.clone();
        each_value(&mut other, |table, column, value| {
            if matches!(
                (table, column),
                (_, "customer_id" | "who") | ("opt_outs", "key")
            ) {
                *value = match &*value {
                    Value::Int(n) => Value::Int(n * 3 + 1_000),
                    Value::Text(text) => Value::Text(label(text)),
                    other => other.clone(),
                };
            }
        });
        if case.spec.to_string().contains("customer_id ") || case.spec.to_string().contains("who ")
        {
            return;
        }
        assert_same(&relabelled(answers(&case), label), &answers(&other));
    });
}

#[test]
fn the_whole_is_its_two_halves() {
    on_random_cases(28, ALONE, |_, case| {
        let all = answers(&case);
        let half = |wanted: usize| {
            let mut case = case.clone();
            let table = case.tables.0.get_mut("customers").unwrap();
            let parity = |key: &str| key.bytes().map(usize::from).sum::<usize>() % 2;
            table
                .rows
                .retain(|row| parity(&row[0].to_string()) == wanted);
            answers(&case)
        };
        let (left, right) = (half(0), half(1));
        for (name, keys) in &all.segments {
            assert_eq!(
                *keys,
                &left.segments[name] | &right.segments[name],
                "{name}"
            );
            assert!(left.segments[name].is_disjoint(&right.segments[name]));
        }
        for (name, column) in &all.traits {
            let mut both = left.traits.get(name).cloned().unwrap_or_default();
            both.extend(right.traits.get(name).cloned().unwrap_or_default());
            assert_eq!(*column, both, "{name}");
        }
    });
}

#[test]
fn what_people_read_changes_no_hash() {
    on_random_cases(29, SIZE, |_, case| {
        let hashes = |case: &Case| -> Vec<(String, String)> {
            let model = case.read().unwrap().model;
            let hash =
                |s: &segc::model::Segment| (s.name.clone(), format!("{:?}", s.definition_hash));
            model.segments.iter().map(hash).collect()
        };
        let mut other = case.clone();
        for list in ["traits", "segments", "groups", "splits"] {
            for item in other.spec[list].as_array_mut().unwrap() {
                let map = item.as_object_mut().unwrap();
                map.insert("description".to_owned(), json!("something else"));
                map.insert("owner".to_owned(), json!("somebody"));
                let turned: Map<String, Json> = map.clone().into_iter().rev().collect();
                *map = turned;
            }
        }
        assert_eq!(hashes(&case), hashes(&other));
    });
}

#[test]
fn settings_of_the_session_do_not_matter() {
    on_random_cases(30, SIZE, |_, case| {
        let read = case.read().unwrap();
        let database = engine::database(&case.tables, true);
        database
            .execute_batch("set threads = 3; set default_null_order = 'nulls_first'; set default_order = 'desc'; set preserve_insertion_order = false")
            .unwrap();
        let found = engine::run(&database, &read.model, Mode::Optimised).unwrap();
        assert_same(&answers(&case), &found);
    });
}
