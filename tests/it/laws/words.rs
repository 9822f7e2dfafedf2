//! Laws of how a project is written: where its items stand, what they are called, and which of two ways to say a thing was taken.

use super::{ALONE, SIZE, WIDE, answers, assert_same, of, on_random_cases, with};
use crate::random::copies::written_out;
use crate::random::engine::{self, Mode};
use segc::ir::Selection;
use segc::model::SegmentId;
use serde_json::{Map, Value as Json, json};

#[test]
fn a_project_in_many_files_is_the_same_project() {
    on_random_cases(13, WIDE, |_, case| {
        let lists = case.spec.as_object().unwrap();
        let mut files = Vec::new();
        for (list, items) in lists {
            for item in items.as_array().unwrap() {
                let name = list.clone();
                files.push(Json::Object(Map::from_iter([(name, json!([item]))])));
            }
        }
        files.reverse();
        let read = case.read_as(&files).unwrap();
        // Entities are answered in the order of the files; the answers go by name.
        let database = engine::database(&case.tables, true);
        let found = engine::run(&database, &read.model, Mode::Optimised).unwrap();
        assert_same(&answers(&case), &found);
    });
}

/// Every text that is a name of a segment, group, split or trait gets another one.
fn renamed(tree: &Json, names: &dyn Fn(&str) -> Option<String>) -> Json {
    match tree {
        Json::String(text) => {
            let (head, part) = text.split_once('.').unwrap_or((text, ""));
            match names(head) {
                Some(name) if part.is_empty() => json!(name),
                Some(name) => json!(format!("{name}.{part}")),
                None => tree.clone(),
            }
        }
        Json::Array(items) => items.iter().map(|item| renamed(item, names)).collect(),
        Json::Object(map) => {
            let entry = |(key, value): (&String, &Json)| (key.clone(), renamed(value, names));
            Json::Object(map.iter().map(entry).collect())
        }
        other => other.clone(),
    }
}

#[test]
fn names_of_segments_groups_and_splits_decide_nothing() {
    on_random_cases(14, SIZE, |_, mut case| {
        // The name of a copy must say what it is a copy for.
        case.spec = written_out(&case.spec);
        let new = |name: &str| {
            let items = ["segments", "groups", "splits"].iter();
            let mut items = items.flat_map(|list| case.spec[*list].as_array().unwrap());
            // In another order, too.
            items
                .position(|item| item["name"] == name)
                .map(|n| format!("z{}", 500 - n))
        };
        let mut other = case.clone();
        for list in ["segments", "groups", "splits"] {
            other.spec[list] = renamed(&case.spec[list], &new);
        }
        let suppress = &mut other.spec["entities"][0]["suppress"];
        *suppress = renamed(&case.spec["entities"][0]["suppress"], &new);
        if suppress.is_null() {
            *suppress = json!([]);
        }
        let (before, after) = (answers(&case), answers(&other));
        for (name, keys) in &before.segments {
            let (head, part) = name.split_once('.').unwrap_or((name, ""));
            let head = new(head).unwrap_or_else(|| head.to_owned());
            let name = if part.is_empty() {
                head
            } else {
                format!("{head}.{part}")
            };
            assert_eq!(keys, of(&after, &name), "{name}");
        }
        assert_eq!(before.segments.len(), after.segments.len());
    });
}

#[test]
fn a_segment_alone_is_the_segment_among_all() {
    on_random_cases(15, WIDE, |d, case| {
        let all = answers(&case);
        let model = case.read().unwrap().model;
        let database = engine::database(&case.tables, true);
        for _ in 0..3 {
            let n = d.below(model.segments.len());
            let selection = Selection {
                segments: vec![SegmentId(n as u32)],
                ..Selection::default()
            };
            let name = &model.segments[n].name;
            let found = engine::run_selected(&database, &model, &selection, Mode::Optimised);
            assert_eq!(of(&found.unwrap(), name), of(&all, name), "{name}");
        }
    });
}

#[test]
fn a_number_is_the_same_in_yaml_in_sql_and_as_a_trait() {
    on_random_cases(16, ALONE, |d, mut case| {
        let filter = d.pick(&["status = 'a'", "n > 1", "gift", "total is null or n < 3"]);
        let tail = d.pick(&[">= 2", "< 1", "is not null", "between 0 and 3", "= 0"]);
        let function = d.pick(&["sum", "max", "avg", "median", "count_distinct"]);
        let relation_filter = filter
            .replace("status", "orders.status")
            .replace("total", "orders.total")
            .replace("gift", "orders.gift");
        let relation_filter = match filter.split_once("n ") {
            Some(_) => relation_filter
                .replace("n <", "orders.n <")
                .replace("n >", "orders.n >"),
            None => relation_filter,
        };
        let call = match function {
            "count_distinct" => "count(distinct orders.total)".to_owned(),
            other => format!("{other}(orders.total)"),
        };
        let numbers = json!({"name": "the_number", function: "orders.total", "where": filter});
        case.spec["traits"].as_array_mut().unwrap().push(numbers);
        let sql = format!("{call} filter (where {relation_filter}) {tail}");
        let found = answers(&with(
            &case,
            &[
                (
                    "in_yaml",
                    json!({function: "orders.total", "where": filter, "is": tail}),
                ),
                ("in_sql", json!(sql)),
                ("as_a_trait", json!(format!("the_number {tail}"))),
            ],
        ));
        assert_eq!(of(&found, "in_yaml"), of(&found, "in_sql"), "{sql}");
        assert_eq!(of(&found, "in_yaml"), of(&found, "as_a_trait"), "{sql}");
    });
}

#[test]
fn who_is_suppressed_changes_no_condition() {
    on_random_cases(17, SIZE, |_, case| {
        let mut all = case.clone();
        all.spec["entities"][0]["suppress"] = json!(["true"]);
        let (some, all) = (answers(&case), answers(&all));
        assert_eq!(all.suppressed["customer"], all.everybody["customer"]);
        assert_eq!(some.segments, all.segments);
        assert_eq!(some.traits, all.traits);
    });
}
