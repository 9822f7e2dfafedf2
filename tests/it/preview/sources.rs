//! Sources that have lost rows since they were last published: what reads them is refused, and of those who suppress, everything.

use super::{facts, of, plan};
use crate::people::Shop;
use std::fmt::Write as _;

const ENTITY: &str = "entities:
  - name: customer
    table: file('data/customers.csv')
    key: customer_id
    columns: {customer_id: int, vip: boolean}
    suppress:
      - name: opt_outs
        table: file('data/opt_outs.csv')
        key: id
        columns: {id: int, gone: boolean}
        where: not gone
    relations:
      - name: orders
        table: file('data/orders.csv')
        on: customer_id
        columns: {customer_id: int, at: timestamp}
        time: at
      - name: visits
        table: {sql: \"select * from visits\"}
        on: customer_id
";

const SPEC: &str = "segments:
  - {name: vip, where: vip}
  - {name: buyers, where: [ {did: orders} ]}
  - {name: rare, where: [ vip, {in: buyers} ]}
  - {name: visitors, where: [ {did: visits} ]}
";

const SETTINGS: &str = "name: shop\nversion: 1\ntargets: {dev: {type: duckdb, path: shop.duckdb}}\nguards: {max_change: 100%, allow_empty: true, allow_broad: true";

/// 400 customers, as many orders and visits, and 200 who opted out (of which one is unknown).
fn shop() -> Shop {
    let mut customers = "customer_id,vip\n".to_owned();
    for n in 1..=400 {
        writeln!(customers, "{n},{}", n % 2 == 0).unwrap();
    }
    let shop = Shop::new(ENTITY, SPEC, &customers);
    shop.put("segc.yml", &format!("{SETTINGS}}}\n"));
    orders(&shop, 400);
    opt_outs(&shop, 202..=401);
    shop.does("create table visits as select range::integer as customer_id from range(400)");
    shop
}

fn orders(shop: &Shop, rows: u32) {
    let mut text = "customer_id,at\n".to_owned();
    for n in 1..=rows {
        writeln!(text, "{n},2025-12-01 00:00:00Z").unwrap();
    }
    shop.put("data/orders.csv", &text);
}

fn opt_outs(shop: &Shop, ids: impl Iterator<Item = u32>) {
    let mut text = "id,gone\n".to_owned();
    for id in ids {
        writeln!(text, "{id},false").unwrap();
    }
    shop.put("data/opt_outs.csv", &text);
}

/// What the ledger has of the sources of the last run.
fn read(shop: &Shop) -> Vec<String> {
    shop.ask(
        "select concat_ws(' ', kind, regexp_replace(source, ' [0-9a-f]{8}$', ' …'), row_count, matched, s.status) \
         from segments.segc_run_sources as s join segments.segc_runs as r using (run_id) \
         where epoch = (select epoch from segments.segc_state) order by all",
    )
}

#[test]
fn the_ledger_has_the_rows_of_every_source_that_was_read() {
    let shop = shop();
    shop.built("2026-01-01");
    assert_eq!(
        read(&shop),
        [
            "suppression customer.opt_outs 200 199 read",
            "table data/customers.csv 400 read",
            "table data/orders.csv 400 read",
            "table visits query … 400 read",
        ]
    );
    let (code, said) = shop.segc(&["build", "--as-of", "2026-01-02", "--select", "vip"]);
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(
        read(&shop),
        [
            "suppression customer.opt_outs 200 199 read",
            "table data/customers.csv 400 read"
        ]
    );
}

#[test]
fn segments_that_read_a_shrunk_source_are_refused_and_the_others_go_on() {
    let shop = shop();
    shop.built("2026-01-01");
    // Half may go.
    orders(&shop, 200);
    shop.built("2026-01-02");
    orders(&shop, 99);
    let parts = [
        "error[S0643]: `data/orders.csv` has 99 rows, and had 200 in run ",
        "segments/entity.yml:14:22",
        "refused, because they read it: `buyers`, `rare`",
        "`--accept source:data/orders.csv@99` lets it through once",
        "published 2 segments (2 refused) as epoch",
    ];
    let said = plan(&shop, 1, &["--as-of", "2026-01-03"]);
    for part in &parts[..4] {
        assert!(said.contains(part), "no {part:?} in\n{said}");
    }
    let found = facts(&shop, &["--as-of", "2026-01-03"]);
    assert_eq!(of(&found, "rare")["guard"], "source");
    shop.refused("2026-01-03", &parts);
    assert_eq!(shop.members("buyers").split(' ').count(), 200);
    assert_eq!(read(&shop)[2], "table data/orders.csv 99 refused");
    // It is compared with what was believed, not with what was refused.
    shop.refused("2026-01-04", &parts);
    let (code, said) = shop.segc(&[
        "build",
        "--as-of",
        "2026-01-05",
        "--accept",
        "source:data/orders.csv@98",
    ]);
    assert_eq!(code, Some(1), "{said}");
    let (code, said) = shop.segc(&[
        "build",
        "--as-of",
        "2026-01-06",
        "--accept",
        "source:data/orders.csv@99",
    ]);
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(shop.members("buyers").split(' ').count(), 99);
    assert_eq!(read(&shop)[2], "table data/orders.csv 99 accepted");
    shop.built("2026-01-07");
    // One segment can be let through without its source.
    orders(&shop, 0);
    let accept = ["build", "--as-of", "2026-01-08", "--accept", "rare@0"];
    let (code, said) = shop.segc(&accept);
    assert_eq!(code, Some(1), "{said}");
    assert!(
        said.contains("refused, because it reads it: `buyers`"),
        "{said}"
    );
    assert_eq!(shop.members("rare"), "");
    assert_eq!(shop.members("buyers").split(' ').count(), 99);
}

#[test]
fn an_empty_source_is_refused_however_small_it_was() {
    let shop = shop();
    orders(&shop, 1);
    shop.built("2026-01-01");
    orders(&shop, 0);
    shop.does("delete from visits where customer_id > 0");
    shop.refused(
        "2026-01-02",
        &[
            "`data/orders.csv` is empty, and had 1 in run",
            "has 1 row, and had 400 in run",
            "refused, because it reads it: `visitors`",
        ],
    );
    // All of it may go where the project says so.
    shop.put("segc.yml", &format!("{SETTINGS}, source_shrink: 100%}}\n"));
    shop.built("2026-01-03");
    assert_eq!(shop.members("buyers"), "");
}

#[test]
fn a_suppression_source_that_has_shrunk_stops_everything() {
    let shop = shop();
    shop.built("2026-01-01");
    let members = shop.members("vip");
    // 1 % are two.
    opt_outs(&shop, 204..=401);
    shop.built("2026-01-02");
    opt_outs(&shop, 206..=401);
    let parts = [
        "error[S0640]: suppression source `customer.opt_outs` has 196 rows, and had 198 in run ",
        "segments/entity.yml:7:15",
        "--accept suppression:customer.opt_outs@196",
        "nothing was published",
    ];
    shop.refused("2026-01-03", &parts);
    assert_ne!(shop.members("vip"), members);
    let epoch = "select cast(epoch as varchar) from segments.segc_state";
    assert_eq!(shop.ask(epoch), ["2"]);
    let said = plan(&shop, 1, &["--as-of", "2026-01-03"]);
    assert!(said.contains(parts[0]), "{said}");
    // `where` counts: nobody was deleted, and all are gone.
    shop.put("data/opt_outs.csv", "id,gone\n1,true\n2,true\n");
    shop.refused("2026-01-03", &["has 0 rows, and at least 1 were expected"]);
    // A past that is built later is no way around it.
    opt_outs(&shop, 206..=401);
    let accept = [
        "build",
        "--as-of",
        "2026-01-04",
        "--accept",
        "suppression:customer.opt_outs@196",
    ];
    let (code, said) = shop.segc(&accept);
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(
        read(&shop)[0],
        "suppression customer.opt_outs 196 195 accepted"
    );
    opt_outs(&shop, 300..=401);
    let loose = ENTITY.replace(
        "where: not gone",
        "where: not gone\n        max_shrink: 60%",
    );
    shop.put("segments/entity.yml", &loose);
    shop.built("2026-01-05");
}

#[test]
fn a_suppression_source_whose_keys_are_nobodys_stops_everything() {
    let shop = shop();
    shop.built("2026-01-01");
    // As many rows as before, of which half were known: the rest was spelled otherwise.
    opt_outs(&shop, (202..=302).chain(1001..=1099));
    shop.built("2026-01-02");
    opt_outs(&shop, 2001..=2200);
    shop.refused(
        "2026-01-03",
        &[
            "S0640",
            "has 200 rows, of which 0 have a key of the entity's; they were 101 of 200 in run",
            "nothing was published",
        ],
    );
}

#[test]
fn what_is_accepted_is_read() {
    let shop = shop();
    let said = plan(
        &shop,
        2,
        &[
            "--as-of",
            "2026-01-01",
            "--accept",
            "source:data/order.csv@1",
        ],
    );
    assert!(said.contains("it is not among what is read"), "{said}");
    assert!(
        said.contains("did you mean `source:data/orders.csv`?"),
        "{said}"
    );
}

#[test]
fn a_suppression_source_that_cannot_be_read_or_compared_stops_everything() {
    let shop = shop();
    shop.built("2026-01-01");
    let members = shop.members("vip");
    let stops = |parts: &[&str]| {
        shop.refused("2026-01-02", parts);
        assert_eq!(shop.members("vip"), members);
    };
    // Not a number, in the last line of many.
    let mut rows: String = (202..=401).map(|id| format!("{id},false\n")).collect();
    rows.push_str("12-b,false\n");
    shop.put("data/opt_outs.csv", &format!("id,gone\n{rows}"));
    stops(&[
        "S0615",
        "column `id` of file `data/opt_outs.csv` cannot be read as int",
    ]);
    shop.put("data/opt_outs.csv", "");
    stops(&["data/opt_outs.csv"]);
    std::fs::remove_file(shop.path().join("data/opt_outs.csv")).unwrap();
    stops(&["S0610", "data/opt_outs.csv"]);
    // Keys of another type are never cast.
    opt_outs(&shop, 202..=401);
    shop.put(
        "segments/entity.yml",
        &ENTITY.replace("{id: int, gone", "{id: string, gone"),
    );
    stops(&["segments/entity.yml:9:14"]);
    shop.put("segments/entity.yml", ENTITY);
    shop.built("2026-01-02");
}
