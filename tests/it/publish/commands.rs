//! The commands on published tables, from the command line.

use crate::people::{ENTITY, Shop};

const SPEC: &str = "segments:
  - {name: vip, where: vip}
  - {name: all, where: customer_id > 0}
";

fn shop() -> Shop {
    let shop = Shop::new(
        ENTITY,
        SPEC,
        "customer_id,vip\n17,true\n18,false\n19,true\n",
    );
    shop.built("2026-01-01");
    shop
}

pub(super) fn said(ran: (Option<i32>, String), code: i32, parts: &[&str]) {
    let (status, said) = ran;
    assert_eq!(status, Some(code), "{said}");
    for part in parts {
        assert!(said.contains(part), "no {part:?} in\n{said}");
    }
}

#[test]
fn doctor_says_what_it_finds_and_what_it_mends() {
    let shop = shop();
    said(
        shop.segc(&["doctor"]),
        0,
        &["all is well with schema `segments` at epoch 1"],
    );
    shop.does("drop view segments.seg_vip");
    shop.does("delete from segments.customer_history where entity_key = 17");
    said(
        shop.segc(&["doctor"]),
        1,
        &[
            "error[S0907]: view `seg_vip` is missing",
            "error[S0903]: `customer_history`: open stays are not the members (2)",
            "= note: in `all`, `vip`",
            "found at epoch 1: 2, of which --repair can mend 1",
        ],
    );
    said(
        shop.segc(&["doctor", "--format", "json"]),
        1,
        &["\"S0907\"", "\"S0903\""],
    );
    said(
        shop.segc(&["doctor", "--repair"]),
        1,
        &[
            "repaired (epoch 2)",
            "warning[S0907]",
            "repaired: made view `seg_vip` again",
            "error[S0903]",
            "left alone: 1",
        ],
    );
    said(
        shop.segc(&["doctor", "--repair"]),
        1,
        &["error[S0903]", "--repair can mend 0"],
    );
    assert_eq!(
        shop.ask("select message from segments.segc_runs where epoch = 2"),
        ["repair: made view `seg_vip` again"]
    );
}

#[test]
fn before_the_first_build_there_is_nothing_to_look_after() {
    let shop = Shop::new(ENTITY, SPEC, "customer_id,vip\n17,true\n");
    shop.put("keys.txt", "17\n");
    said(
        shop.segc(&["doctor"]),
        0,
        &["nothing is published in schema `segments`"],
    );
    said(shop.segc(&["prune"]), 0, &["nothing to prune"]);
    said(
        shop.segc(&["forget", "--keys-from", "keys.txt", "--entity", "customer"]),
        2,
        &["error[S0912]", "nothing is published in schema"],
    );
}

#[test]
fn prune_asks_and_where_nobody_can_be_asked_wants_a_word() {
    let shop = shop();
    shop.put(
        "segments/spec.yml",
        "segments:\n  - {name: all, where: customer_id > 0}\n",
    );
    said(shop.segc(&["prune", "--yes"]), 0, &["nothing to prune"]);
    shop.built("2026-01-02");
    said(shop.segc(&["prune"]), 2, &["view `seg_vip`", "add --yes"]);
    said(
        shop.segc(&["prune", "--yes", "--history"]),
        0,
        &["the history of `vip` of customer", "removed (epoch 3)"],
    );
    said(shop.segc(&["doctor"]), 0, &["all is well"]);
    said(shop.segc(&["prune", "--history"]), 0, &["nothing to prune"]);
}

#[test]
fn forget_erases_whom_the_file_names_and_prints_no_key() {
    let shop = shop();
    shop.put("keys.txt", "customer_id\n17\n018\n");
    let ran = shop.segc(&["forget", "--keys-from", "keys.txt", "--entity", "customer"]);
    assert!(!ran.1.contains("018") && !ran.1.contains("17"), "{}", ran.1);
    said(
        ran,
        2,
        &[
            "error[S0913]: lines 1, 3 of the file: no key",
            "keys are BIGINT",
        ],
    );
    said(
        shop.segc(&["forget", "--keys-from", "none.txt", "--entity", "customer"]),
        2,
        &["error[S0914]"],
    );
    said(
        shop.segc(&["forget", "--keys-from", "keys.txt", "--entity", "custmer"]),
        2,
        &["error[S0912]", "members are published of `customer`"],
    );
    shop.put("keys.txt", "17\r\n\r\n99\r\n");
    let ran = shop.segc(&["forget", "--keys-from", "keys.txt", "--entity", "customer"]);
    assert!(!ran.1.contains("17") && !ran.1.contains("99"), "{}", ran.1);
    said(
        ran,
        0,
        &[
            "1 of 2 keys of customer were known, 2 rows of customer_members",
            "(epoch 2)",
        ],
    );
    assert_eq!(
        shop.ask("select segment || entity_key from segments.customer_history order by all"),
        ["all18", "all19", "vip19"]
    );
    said(shop.segc(&["doctor"]), 0, &["all is well"]);
}

#[test]
fn forget_erases_keys_that_need_quotes() {
    let shop = Shop::new(
        "entities:\n  - {name: customer, table: people, key: id}\n",
        "segments:\n  - {name: all, where: id is not null}\n",
        "",
    );
    shop.does("create table people as select unnest(['', 'a', 'cr', e'cr\\r', e'two\\nlines', '\"q\"']) as id");
    shop.built("2026-01-01");
    let forget = |keys: &str| {
        shop.put("keys.txt", keys);
        shop.segc(&["forget", "--keys-from", "keys.txt", "--entity", "customer"])
    };
    said(
        forget("\n"),
        2,
        &["error[S0914]", "has no keys", "the empty key is `\"\"`"],
    );
    said(
        forget("a\ncr\r\n"),
        2,
        &[
            "error[S0914]: line 2 of `keys.txt` ends with",
            "nobody was erased",
        ],
    );
    said(
        forget("\"q\n"),
        2,
        &["error[S0914]: line 1 of `keys.txt` begins with a quote"],
    );
    said(
        forget("\"\"\n\"cr\r\"\n\"two\nlines\"\n\"\"\"q\"\"\"\n"),
        0,
        &["4 of 4 keys of customer were known"],
    );
    assert_eq!(
        shop.ask("select entity_key from segments.customer_members order by all"),
        ["a", "cr"]
    );
}
