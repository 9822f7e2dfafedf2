//! `segc pull-schema --statistics`: what is counted, what the planner makes of it, and that no answer rests on it.

use crate::cli::Place;
use std::fmt::Write as _;

const SPECS: &str = "
entities:
  - name: customer
    table: file('customers.csv')
    key: customer_id
    relations:
      - {name: orders, table: file('orders.csv'), on: customer_id, time: ordered_at, columns: {customer_id: int, ordered_at: date}}
      - {name: returns, table: file('returns.csv'), on: customer_id, time: sent_at, columns: {customer_id: int, sent_at: timestamp}}
segments:
  - {name: ever, where: {did: orders, times: '>= 3'}}
  - {name: month, where: {did: orders, within: 30 days, times: '>= 2'}}
  - {name: sent_back, where: {did: returns}}
";

/// A shop with so many orders of each of its two customers, a day apart, up to the last day of 2025.
fn shop(orders: i64) -> Place {
    let place = Place::empty();
    place.write(
        "segc.yml",
        "name: shop\ntargets:\n  dev: {type: duckdb, path: shop.duckdb}\n",
    );
    place.write("segments/s.yml", SPECS);
    place.write("customers.csv", "customer_id\n1\n2\n");
    let last = jiff::civil::date(2025, 12, 31);
    let mut rows = "customer_id,ordered_at\n".to_owned();
    for n in 0..orders {
        let day = last - jiff::Span::new().days(n);
        let _ = write!(rows, "1,{day}\n2,{day}\n");
    }
    place.write("orders.csv", rows);
    place.write(
        "returns.csv",
        "customer_id,sent_at\n1,2025-06-30 23:30:00+00\n",
    );
    place
}

const AS_OF: [&str; 2] = ["--as-of", "2026-01-01"];

fn passes(place: &Place) -> String {
    let ran = place.run(&["compile", "--passes", AS_OF[0], AS_OF[1]]);
    assert_eq!(ran.code, Some(0), "{ran}");
    ran.stdout
}

fn built(place: &Place) -> String {
    let ran = place.run(&["build", AS_OF[0], AS_OF[1]]);
    assert_eq!(ran.code, Some(0), "{ran}");
    ran.stdout
}

#[test]
fn what_is_counted_is_what_the_planner_goes_by_and_no_answer_rests_on_it() {
    let (place, uncounted) = (shop(3), shop(3));
    let before = passes(&place);
    assert!(!before.contains("counted:"), "{before}");
    assert!(before.contains("a tier of its own"), "{before}");

    let ran = place.run(&["pull-schema", "--statistics"]);
    assert_eq!(ran.code, Some(0), "{ran}");
    assert!(ran.stderr.contains(", 9 rows counted"), "{ran}");
    let lock = std::fs::read_to_string(place.path().join("segc.lock.yml")).expect("the file");
    let (_, statistics) = lock.split_once("statistics:\n").expect("both parts");
    assert_eq!(
        statistics,
        "  \"file('customers.csv')\":
    rows: 2
  \"file('orders.csv')\":
    rows: 6
    times:
      \"ordered_at\": 2025-12-29 to 2025-12-31
  \"file('returns.csv')\":
    rows: 1
    times:
      \"sent_at\": 2025-06-30 to 2025-06-30
"
    );
    let after = passes(&place);
    for words in [
        "counted: orders, 3.0 rows for each customer, from 3 to 1 days back\n",
        "counted: returns, 0.5 rows for each customer, from 185 to 185 days back\n",
        // All rows are of the last month: they are read once.
        "takes in 1 measure(s) of the narrower tier",
    ] {
        assert!(after.contains(words), "{after}");
    }
    assert!(!after.contains("a tier of its own"), "{after}");
    assert_eq!(built(&place), built(&uncounted));
}

#[test]
fn what_was_counted_stays_until_it_is_counted_again_and_is_read_with_care() {
    let place = shop(3);
    for args in [&["pull-schema", "--statistics"][..], &["pull-schema"]] {
        let ran = place.run(args);
        assert_eq!(ran.code, Some(0), "{ran}");
        let lock = std::fs::read_to_string(place.path().join("segc.lock.yml")).expect("the file");
        assert!(lock.contains("rows: 6"), "{lock}");
    }
    // More rows make no file out of date: what rests on it is an estimate.
    place.write("orders.csv", "customer_id,ordered_at\n1,2025-01-01\n");
    let ran = place.run(&["pull-schema", "--check"]);
    assert_eq!(ran.code, Some(0), "{ran}");
    let ran = place.run(&["pull-schema", "--check", "--statistics"]);
    assert_eq!(ran.code, Some(2), "{ran}");
    // A source without rows has no days.
    place.write("orders.csv", "customer_id,ordered_at\n");
    let ran = place.run(&["pull-schema", "--statistics"]);
    assert_eq!(ran.code, Some(0), "{ran}");
    let passes = passes(&place);
    assert!(
        passes.contains("counted: orders, 0.0 rows for each customer\n"),
        "{passes}"
    );

    place.write(
        "segc.lock.yml",
        "tables: {}\nstatistics:\n  shop.orders: {rows: many, times: {ordered_at: yesterday}}\n  shop.others: {}\n",
    );
    let ran = place.run(&["check"]);
    assert_eq!(ran.code, Some(1), "{ran}");
    for place in [
        "segc.lock.yml:3:23",
        "segc.lock.yml:3:49",
        "segc.lock.yml:4:16",
    ] {
        assert!(ran.stderr.contains(place), "{ran}");
    }
    assert!(
        ran.stderr.contains("`segc pull-schema --statistics`"),
        "{ran}"
    );
}

#[test]
fn a_source_that_cannot_be_counted_keeps_what_was_counted_before() {
    let place = shop(3);
    let specs = SPECS.replace(
        "file('returns.csv')",
        "{sql: \"select customer_id, cast(sent_at as timestamp) as sent_at from read_csv('returns.csv')\"}",
    );
    place.write(
        "segments/s.yml",
        specs.replace(", sent_at: timestamp}", "}"),
    );
    let pull = || {
        let ran = place.run(&["pull-schema", "--statistics"]);
        assert_eq!(ran.code, Some(0), "{ran}");
        let lock = std::fs::read_to_string(place.path().join("segc.lock.yml")).expect("the file");
        (ran.stderr, lock)
    };
    let (said, lock) = pull();
    assert!(!said.contains("is not counted"), "{said}");
    assert!(
        lock.contains("\"sent_at\": 2025-06-30 to 2025-06-30"),
        "{lock}"
    );
    place.write("returns.csv", "customer_id,sent_at\n1,never\n");
    let (said, again) = pull();
    assert!(
        said.contains("the query is not counted, what was counted before stays"),
        "{said}"
    );
    assert_eq!(again, lock);
}
