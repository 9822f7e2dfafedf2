//! Laws of sets, windows and thresholds: more segments are added to a random project, and compared with the ones it had.

use super::{ALONE, Keys, SIZE, answers, everybody, of, on_random_cases, segments, with};
use crate::random::case::Case;
use serde_json::json;

#[test]
fn segments_are_sets() {
    on_random_cases(1, SIZE, |_, case| {
        let names = segments(&case);
        let (a, b) = (&names[names.len() - 1], &names[names.len() - 2]);
        let is = |n: &String| json!({"in": n});
        let not = |n: &String| json!({"not": {"in": n}});
        let found = answers(&with(
            &case,
            &[
                ("not_a", not(a)),
                ("not_not_a", json!({"not": not(a)})),
                ("not_in_a", json!({"not_in": a})),
                ("both", json!({"all": [is(a), is(b)]})),
                ("either", json!({"any": [is(a), is(b)]})),
                ("listed", json!({"in": [a, b]})),
                ("neither", json!({"none": [is(a), is(b)]})),
                ("not_either", json!({"not": {"any": [is(a), is(b)]}})),
                ("not_both", json!({"not": {"all": [is(a), is(b)]}})),
                ("one_is_not", json!({"any": [not(a), not(b)]})),
                ("both_are_not", json!({"all": [not(a), not(b)]})),
                ("a_without_b", json!([is(a), {"not_in": b}])),
                ("one_at_least", json!({"at_least": 1, "of": [is(a), is(b)]})),
                ("one", json!({"exactly": 1, "of": [is(a), is(b)]})),
                ("one_at_most", json!({"at_most": 1, "of": [is(a), is(b)]})),
            ],
        ));
        let set = |name: &str| of(&found, name).clone();
        let (all, a, b) = (everybody(&found), set(a), set(b));
        // A segment and its complement are disjoint and everybody, NULLs or not.
        assert_eq!(set("not_a"), all - &a);
        assert_eq!(set("not_not_a"), a);
        assert_eq!(set("not_in_a"), set("not_a"));
        assert_eq!(set("both"), &a & &b);
        assert_eq!(set("either"), &a | &b);
        assert_eq!(set("listed"), set("either"));
        assert_eq!(set("one_at_least"), set("either"));
        // De Morgan.
        assert_eq!(set("neither"), set("not_either"));
        assert_eq!(set("neither"), set("both_are_not"));
        assert_eq!(set("not_both"), set("one_is_not"));
        assert_eq!(set("one_at_most"), set("not_both"));
        assert_eq!(set("a_without_b"), &a - &b);
        assert_eq!(set("one"), &a ^ &b);
        // Another clause never adds to `all`, never removes from `any`.
        assert!(set("both").is_subset(&a) && a.is_subset(&set("either")));
    });
}

#[test]
fn a_segment_that_is_referred_to_is_the_same_as_its_condition_written_again() {
    on_random_cases(2, SIZE, |_, case| {
        let last = case.spec["segments"]
            .as_array()
            .unwrap()
            .iter()
            .rfind(|segment| segment.get("for_each").is_none())
            .unwrap()
            .clone();
        let name = last["name"].as_str().unwrap();
        let found = answers(&with(
            &case,
            &[
                ("referred", json!({"in": name})),
                ("written_again", last["where"].clone()),
            ],
        ));
        assert_eq!(of(&found, "referred"), of(&found, name));
        assert_eq!(of(&found, "written_again"), of(&found, name));
    });
}

#[test]
fn cases_of_a_group_are_disjoint_and_with_otherwise_everybody() {
    on_random_cases(3, SIZE, |_, case| {
        let found = answers(&case);
        let parts: Vec<_> = found
            .segments
            .iter()
            .filter(|(n, _)| n.starts_with("g0."))
            .collect();
        let together: Keys = parts
            .iter()
            .flat_map(|(_, keys)| keys.iter().cloned())
            .collect();
        assert_eq!(
            parts.iter().map(|(_, k)| k.len()).sum::<usize>(),
            together.len()
        );
        if parts.iter().any(|(name, _)| *name == "g0.rest") {
            assert_eq!(&together, everybody(&found));
        }
    });
}

#[test]
fn arms_of_a_split_are_disjoint_and_of_what_is_split() {
    on_random_cases(4, SIZE, |_, mut case| {
        let of_name = segments(&case).pop().unwrap();
        case.spec["splits"] = json!([{"name": "y", "of": of_name, "salt": "s", "arms": {"a": "50%", "b": "30%", "c": "20%"}}]);
        case.spec["groups"] = json!([]);
        let found = answers(&case);
        let arms: Vec<&Keys> = ["y.a", "y.b", "y.c"]
            .iter()
            .map(|n| of(&found, n))
            .collect();
        let together: Keys = arms.iter().flat_map(|keys| keys.iter().cloned()).collect();
        assert_eq!(arms.iter().map(|k| k.len()).sum::<usize>(), together.len());
        assert_eq!(&together, of(&found, &of_name), "100% is everybody");
    });
}

#[test]
fn wider_windows_and_lower_thresholds_never_remove_anybody() {
    on_random_cases(5, ALONE, |d, case| {
        let relation = d.pick(&["orders", "items", "visits"]);
        let did =
            |window: &str, times: &str| json!({"did": relation, "within": window, "times": times});
        let windows = [
            "1 day",
            "3 days",
            "1 week",
            "1 month",
            "1 quarter",
            "1 year",
            "10 years",
        ];
        let mut more = Vec::new();
        let mut names = Vec::new();
        for (n, window) in windows.iter().enumerate() {
            for times in 1..=3 {
                names.push((n, times, format!("w{n}_{times}")));
                more.push(did(window, &format!(">= {times}")));
            }
        }
        let more: Vec<_> = names.iter().map(|(_, _, n)| n.as_str()).zip(more).collect();
        let found = answers(&with(&case, &more));
        for (n, times, name) in &names {
            for (wider, fewer, other) in &names {
                if wider >= n && fewer <= times {
                    assert!(
                        of(&found, name).is_subset(of(&found, other)),
                        "{name} {other}"
                    );
                }
            }
        }
    });
}

#[test]
fn windows_next_to_each_other_share_no_row_and_leave_none_out() {
    on_random_cases(6, ALONE, |d, mut case| {
        let relation = d.pick(&["orders", "items", "visits"]);
        let (near, far) = *d.choose(&[
            ("3 days", "30 days"),
            ("1 week", "2 months"),
            ("1 month", "1 year"),
        ]);
        case.spec["traits"] = json!([
            {"name": "all_of_it", "count": relation},
            {"name": "near", "count": relation, "within": near},
            {"name": "middle", "count": relation, "between": [far, near]},
            {"name": "old", "count": relation, "before": far},
            {"name": "recent", "count": relation, "within": far},
            {"name": "sums", "sql": "near + middle + old"},
            {"name": "sums_recent", "sql": "near + middle"},
        ]);
        case.spec["segments"] = json!([
            {"name": "did", "where": {"did": relation}},
            {"name": "did_not", "where": {"did_not": relation}},
            {"name": "counted", "where": "all_of_it > 0"},
            {"name": "exists", "where": {"exists": relation, "is": "= true"}},
        ]);
        case.spec["groups"] = json!([]);
        case.spec["splits"] = json!([]);
        case.spec["entities"][0]["suppress"] = json!(["customer_id is null"]);
        let found = answers(&case);
        assert_eq!(found.traits["sums"], found.traits["all_of_it"]);
        assert_eq!(found.traits["sums_recent"], found.traits["recent"]);
        assert_eq!(of(&found, "did"), of(&found, "counted"));
        assert_eq!(of(&found, "did"), of(&found, "exists"));
        assert_eq!(
            of(&found, "did_not"),
            &(everybody(&found) - of(&found, "did"))
        );
    });
}

#[test]
fn a_longer_list_of_the_suppressed_adds_no_member_anywhere() {
    on_random_cases(7, SIZE, |_, case| {
        let published = |case: &Case| {
            let found = answers(case);
            let suppressed = found.suppressed["customer"].clone();
            let segments = found.segments.into_iter();
            segments
                .map(|(name, keys)| (name, &keys - &suppressed))
                .collect::<Vec<_>>()
        };
        let mut fewer = case.clone();
        fewer.spec["entities"][0]["suppress"] = json!(["vip"]);
        let mut more = case;
        more.spec["entities"][0]["suppress"] =
            json!(["vip", "age > 3", {"did": "orders", "within": "30 days"}]);
        for ((name, few), (_, many)) in published(&more).iter().zip(&published(&fewer)) {
            assert!(few.is_subset(many), "{name}");
        }
    });
}
