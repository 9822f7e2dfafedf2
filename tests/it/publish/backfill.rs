//! `segc backfill`: a past built date by date is the one that builds on those dates would have left.

use segc::build::backfill::{Every, dates};

use super::commands::said;
use crate::people::Shop;

const ENTITY: &str = "entities:
  - name: customer
    table: file('data/customers.csv')
    key: customer_id
    columns: {customer_id: int, plan: string, since: date, until: date}
    valid: {from: since, to: until}
";

const SPEC: &str = "segments:
  - {name: free, where: plan = 'free', expose: [plan], size: {min: 5}}
  - {name: pro, where: plan = 'pro'}
";

/// 1 becomes pro on 15 February, 2 comes on 10 March.
const CUSTOMERS: &str = "customer_id,plan,since,until
1,free,2025-01-01,2025-02-15
1,pro,2025-02-15,
2,free,2025-03-10,
";

const STAYS: &str = "select segment || ' ' || entity_key || ' ' || left(valid_from::varchar, 10) || ' ' || \
     coalesce(left(valid_to::varchar, 10), '') from segments.customer_history order by all";

const MONTHS: [&str; 5] = ["backfill", "--from", "2025-01-31", "--every", "month"];

fn to<'a>(date: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    [&MONTHS, &["--to", date][..], more].concat()
}

#[test]
fn versions_hold_as_of_each_date_and_a_stopped_backfill_goes_on() {
    let shop = Shop::new(ENTITY, SPEC, CUSTOMERS);
    said(
        shop.segc(&to("2025-02-28", &[])),
        0,
        &["built 2 dates", "2025-01-31", "2025-02-28"],
    );
    assert_eq!(
        shop.ask(STAYS),
        ["free 1 2025-01-31 2025-02-28", "pro 1 2025-02-28 "]
    );
    said(
        shop.segc(&to("2025-05-15", &[])),
        0,
        &["built 2 dates", "2025-03-31", "2025-04-30"],
    );
    let stays = [
        "free 1 2025-01-31 2025-02-28",
        "free 2 2025-03-31 ",
        "pro 1 2025-02-28 ",
    ];
    assert_eq!(shop.ask(STAYS), stays);
    said(shop.segc(&to("2025-05-15", &[])), 0, &["nothing to do"]);
    said(shop.segc(&["doctor"]), 0, &["all is well", "epoch 4"]);
    // Traits are of now: nobody has any before a build.
    assert_eq!(
        shop.ask("select count(*)::varchar from segments.customer_traits"),
        ["0"]
    );
    assert_eq!(
        shop.ask("select coalesce(plan, 'not yet') from segments.seg_free"),
        ["not yet"]
    );
    // A new segment alone gets its past; the others' is left as it is.
    shop.put(
        "segments/spec.yml",
        &format!("{SPEC}  - {{name: paying, where: plan <> 'free'}}\n"),
    );
    said(shop.segc(&to("2025-05-15", &[])), 0, &["built 4 dates"]);
    assert_eq!(
        shop.ask(STAYS),
        [&stays[..2], &["paying 1 2025-02-28 ", stays[2]]].concat()
    );
    said(shop.segc(&["doctor"]), 0, &["all is well", "epoch 8"]);
    // A build goes on from there.
    shop.put("segments/spec.yml", &SPEC.replace(", size: {min: 5}", ""));
    shop.built("2025-05-01");
    assert_eq!(shop.ask("select plan from segments.seg_free"), ["free"]);
    said(shop.segc(&["doctor"]), 0, &["all is well"]);
}

#[test]
fn the_past_is_what_builds_on_those_dates_would_have_left() {
    let [built, filled] =
        [(); 2].map(|()| Shop::new(ENTITY, &SPEC.replace(", size: {min: 5}", ""), CUSTOMERS));
    for date in ["2025-01-31", "2025-02-28", "2025-03-31"] {
        built.built(date);
    }
    said(
        filled.segc(&to("2025-03-31", &["--format", "json"])),
        0,
        &["\"entered\": 1"],
    );
    assert_eq!(filled.ask(STAYS), built.ask(STAYS));
}

#[test]
fn a_history_is_never_built_again() {
    let shop = Shop::new(ENTITY, SPEC, CUSTOMERS);
    said(
        shop.segc(&to("2025-02-28", &["--select", "pro"])),
        0,
        &["built 2 dates"],
    );
    let other = [
        "backfill",
        "--from",
        "2025-01-01",
        "--to",
        "2025-02-28",
        "--every",
        "week",
    ];
    said(
        shop.segc(&[&other[..], &["--select", "pro"]].concat()),
        1,
        &[
            "error[S0915]: segment `pro` has a history already",
            "last published as of 2025-02-28",
        ],
    );
    // Of all, the others are built: nine weeks.
    said(
        shop.segc(&other),
        0,
        &[
            "left alone, having a history already: 1 (`pro`)",
            "built 9 dates",
        ],
    );
    // Another definition is another history.
    shop.put(
        "segments/spec.yml",
        &SPEC.replace("plan = 'pro'", "plan <> 'free'"),
    );
    said(
        shop.segc(&to("2025-04-30", &["--select", "pro"])),
        1,
        &["error[S0915]"],
    );
    said(shop.segc(&["doctor"]), 0, &["all is well"]);
}

#[test]
fn builds_on_the_same_dates_are_no_backfill_that_was_begun() {
    let spec = "segments:\n  - {name: pro, where: plan = 'pro', size: {max: 1}}\n";
    let shop = Shop::new(ENTITY, spec, CUSTOMERS);
    shop.built("2025-03-01");
    shop.put(
        "data/customers.csv",
        &format!("{CUSTOMERS}3,pro,2025-03-02,\n"),
    );
    shop.refused("2025-03-02", &["S0642"]);
    let days = [
        "backfill",
        "--from",
        "2025-03-01",
        "--to",
        "2025-03-03",
        "--every",
        "day",
    ];
    let named = [&days[..], &["--select", "pro"]].concat();
    said(shop.segc(&named), 1, &["S0915"]);
    said(shop.segc(&days), 0, &["left alone", "nothing to do"]);
    assert_eq!(shop.members("pro"), "1");
}

#[test]
fn dates_that_make_no_sense_are_refused() {
    let shop = Shop::new(ENTITY, SPEC, CUSTOMERS);
    for more in [
        ["--to", "2024-01-01"],
        ["--to", "2999-01-01"],
        ["--as-of", "2025-02-01"],
    ] {
        said(
            shop.segc(&[&MONTHS[..], &more].concat()),
            2,
            &["error[S0916]"],
        );
    }
    shop.put(
        "segc.yml",
        "name: shop\nversion: 1\ntargets: {dev: {type: duckdb, path: shop.duckdb}}\noutputs: {history: false}\n",
    );
    said(
        shop.segc(&to("2025-02-28", &[])),
        2,
        &["error[S0916]: this project keeps no history"],
    );
}

#[test]
fn months_are_counted_from_the_first_date() {
    let date = |text: &str| text.parse().expect("a date");
    let row = |from, to, every| {
        let row = dates(date(from), date(to), every);
        row.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    assert_eq!(
        row("2024-01-31", "2024-04-30", Every::Month),
        ["2024-01-31", "2024-02-29", "2024-03-31", "2024-04-30"]
    );
    assert_eq!(
        row("2025-02-27", "2025-03-01", Every::Day),
        ["2025-02-27", "2025-02-28", "2025-03-01"]
    );
    assert_eq!(
        row("2025-01-01", "2025-01-14", Every::Week),
        ["2025-01-01", "2025-01-08"]
    );
    assert!(row("2025-01-02", "2025-01-01", Every::Day).is_empty());
    assert_eq!(row("9999-12-30", "9999-12-31", Every::Week).len(), 1);
}
