//! Several entities, from the command line: whom a build of some of them has to leave alone, and whom not.

use crate::people::Shop;

const ENTITIES: &str = "entities:
  - name: customer
    table: file('data/customers.csv')
    key: customer_id
    columns: {customer_id: int, vip: boolean}
    suppress:
      - {name: opt_outs, table: file('data/opt_outs.csv'), key: customer_id, min_rows: 1, columns: {customer_id: int}}
  - name: account
    table: file('data/accounts.csv')
    key: account_id
    columns: {account_id: string, big: boolean}
    suppress:
      - {name: closed, table: file('data/closed.csv'), key: account_id, columns: {account_id: string}}
";

const SPEC: &str = "segments:
  - {name: vip, entity: customer, where: vip}
  - {name: big, entity: account, where: big}
";

fn shop() -> Shop {
    let shop = Shop::new(ENTITIES, SPEC, "customer_id,vip\n1,true\n2,true\n3,false\n");
    shop.put("data/opt_outs.csv", "customer_id\n3\n");
    shop.put(
        "data/accounts.csv",
        "account_id,big\nx,true\ny,true\nz,false\n",
    );
    shop.put("data/closed.csv", "account_id\nz\n");
    shop
}

fn select(shop: &Shop, command: &str, segment: &str, as_of: &str) -> (Option<i32>, String) {
    shop.segc(&[command, "--select", segment, "--as-of", as_of])
}

/// What it says where it is fine.
fn fine(shop: &Shop, command: &str, segment: &str, as_of: &str) -> String {
    let (code, said) = select(shop, command, segment, as_of);
    assert_eq!(code, Some(0), "{said}");
    said
}

#[test]
fn who_objects_leaves_whatever_is_selected() {
    let shop = shop();
    shop.built("2026-01-01");
    shop.put("data/opt_outs.csv", "customer_id\n3\n2\n");
    let said = fine(&shop, "plan", "big", "2026-01-02");
    let told = said
        .lines()
        .find(|l| l.starts_with("vip "))
        .unwrap_or_default();
    assert!(told.contains("-1"), "{said}");
    assert!(
        said.contains("not selected; who is suppressed now leaves"),
        "{said}"
    );
    let said = fine(&shop, "build", "big", "2026-01-02");
    assert!(
        said.contains("published 1 segment (1 kept) as epoch 2"),
        "{said}"
    );
    assert_eq!(shop.members("vip"), "1");
    let (code, said) = shop.segc(&["doctor"]);
    assert_eq!(code, Some(0), "{said}");
    shop.put(
        "segments/spec.yml",
        "segments:\n  - {name: vip, entity: customer, where: vip}\n",
    );
    let (code, said) = shop.build("2026-01-03");
    assert_eq!(code, Some(0), "{said}");
    assert!(
        said.contains("published 1 segment (1 retired) as epoch 3"),
        "{said}"
    );
}

#[test]
fn while_nobody_knows_who_objects_nothing_is_published() {
    let shop = shop();
    shop.built("2026-01-01");
    shop.put("data/opt_outs.csv", "customer_id\n");
    let (code, said) = select(&shop, "build", "big", "2026-01-02");
    assert_eq!(code, Some(1), "{said}");
    assert!(
        said.contains("S0640") && said.contains("opt_outs"),
        "{said}"
    );
    assert_eq!(
        shop.ask("select epoch::varchar from segments.segc_state"),
        ["1"]
    );
}

#[test]
fn what_was_never_published_of_another_entity_is_not_read() {
    let shop = shop();
    shop.put("data/customers.csv", "customer_id,vip\n1,true\n1,false\n");
    shop.put("data/opt_outs.csv", "customer_id\n");
    fine(&shop, "build", "big", "2026-01-02");
    assert_eq!(
        shop.ask("select entity_key from segments.account_members order by 1"),
        ["x", "y"]
    );
    // Once it is, rows that contradict each other stop every build.
    shop.put("data/customers.csv", "customer_id,vip\n1,true\n");
    shop.put("data/opt_outs.csv", "customer_id\n3\n");
    shop.built("2026-01-03");
    shop.put("data/customers.csv", "customer_id,vip\n1,true\n1,false\n");
    let (code, said) = select(&shop, "build", "big", "2026-01-04");
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("1 key in more than one row"), "{said}");
}

#[test]
fn a_former_name_is_one_of_the_same_entity() {
    let shop = shop();
    let first = "  - {name: big, entity: account, where: big}\n";
    let spec =
        |of: &str| format!("segments:\n  - {{name: all, entity: customer, where: true}}\n{of}");
    shop.put("segments/spec.yml", &spec(first));
    shop.put(
        "segc.yml",
        "name: shop\nversion: 1\ntargets: {dev: {type: duckdb, path: shop.duckdb}}\nguards: {allow_broad: true}\n",
    );
    fine(&shop, "build", "all", "2026-01-01");
    fine(&shop, "build", "big", "2026-01-10");
    let vip = "  - {name: vip, entity: customer, where: vip, renamed_from: big}\n";
    shop.put("segments/spec.yml", &spec(vip));
    shop.refused("2026-01-05", &["S0606", "`big` has left the project"]);
    fine(&shop, "build", "vip", "2026-01-12");
    assert_eq!(
        shop.ask("select entity_key from segments.account_members order by 1"),
        ["x", "y"]
    );
}

#[test]
fn what_moved_to_another_entity_and_is_refused_there_is_in_the_catalog() {
    let shop = shop();
    shop.built("2026-01-01");
    shop.put(
        "segments/spec.yml",
        "segments:\n  - {name: big, entity: customer, where: vip, renamed_from: vip, size: {max: 1}}\n",
    );
    shop.refused("2026-01-02", &["segment `big` is refused"]);
    let catalog =
        "select segment || ' ' || entity || ' ' || members from segments.segc_segments order by 1";
    assert_eq!(shop.ask(catalog), ["big customer 2"]);
    let (code, said) = shop.segc(&["doctor"]);
    assert_eq!(code, Some(0), "{said}");
}
