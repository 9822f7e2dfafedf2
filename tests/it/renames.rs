//! `renamed_from`, from the command line: members and history go on under another name, and back again.

use crate::people::{CUSTOMERS, ENTITY, Shop};

#[test]
fn a_renamed_segment_keeps_its_history() {
    let shop = Shop::new(
        ENTITY,
        "segments:\n  - {name: vip, where: vip}\n",
        CUSTOMERS,
    );
    shop.built("2026-01-01");
    shop.put(
        "data/customers.csv",
        "customer_id,vip\n1,true\n2,true\n3,false\n",
    );
    let renamed = "segments:
  - {name: best, renamed_from: vip, where: vip}
  - {name: long, where: [ {member_for: {best: \">= 1 day\"}} ]}
";
    shop.put("segments/spec.yml", renamed);
    shop.built("2026-01-02");
    assert_eq!(shop.members("vip"), "");
    assert_eq!(shop.members("best"), "1 2");
    assert_eq!(shop.members("long"), "1 3");
    let stays = "select segment || ' ' || entity_key || ' ' || epoch_ms(valid_from) // 86400000 || ' ' || coalesce(cast(epoch_ms(valid_to) // 86400000 as varchar), '-') from segments.customer_history where segment <> 'long' order by 1";
    let expected = ["best 1 20454 -", "best 2 20455 -", "best 3 20454 20455"];
    assert_eq!(shop.ask(stays), expected);
    let runs = "select segment || ' ' || status || ' ' || entered || ' ' || exited from segments.segc_run_segments where segment in ('vip', 'best') order by run_id, segment";
    assert_eq!(
        shop.ask(runs),
        ["vip published 2 0", "best published 1 1", "vip retired 0 0"]
    );
    // Again, and without the former name: nothing more happens.
    shop.built("2026-01-03");
    shop.put(
        "segments/spec.yml",
        &renamed.replace("renamed_from: vip, ", ""),
    );
    shop.built("2026-01-04");
    assert_eq!(shop.ask(stays), expected);
}

#[test]
fn a_segment_may_be_renamed_again_also_while_a_guard_refuses_it() {
    let spec =
        |name: &str, more: &str| format!("segments:\n  - {{name: {name}, where: vip{more}}}\n");
    let shop = Shop::new(ENTITY, &spec("vip", ""), CUSTOMERS);
    let whole = || {
        let (code, said) = shop.segc(&["doctor"]);
        assert_eq!(code, Some(0), "{said}");
    };
    shop.built("2026-01-01");
    shop.put(
        "data/customers.csv",
        "customer_id,vip\n1,true\n2,true\n3,false\n",
    );
    shop.put(
        "segments/spec.yml",
        &spec("best", ", renamed_from: vip, max_change: 10%"),
    );
    shop.refused("2026-01-02", &["segment `best` is refused"]);
    assert_eq!(
        (shop.members("vip"), shop.members("best")),
        (String::new(), "1 3".to_owned())
    );
    whole();
    shop.refused("2026-01-03", &["segment `best` is refused"]);
    assert_eq!(shop.members("best"), "1 3");
    whole();
    shop.put("segments/spec.yml", &spec("best", ", renamed_from: vip"));
    shop.built("2026-01-04");
    whole();
    shop.put("segments/spec.yml", &spec("top", ", renamed_from: best"));
    shop.built("2026-01-05");
    shop.built("2026-01-06");
    whole();
    let stays = "select segment || ' ' || entity_key || ' ' || epoch_ms(valid_from) // 86400000 || ' ' || coalesce(cast(epoch_ms(valid_to) // 86400000 as varchar), '-') from segments.customer_history order by 1";
    assert_eq!(
        shop.ask(stays),
        ["top 1 20454 -", "top 2 20457 -", "top 3 20454 20457"]
    );
}

#[test]
fn a_former_name_that_is_retired_can_only_go_on_later() {
    let spec = |of: &str| format!("segments:\n  - {{name: other, where: vip}}\n{of}");
    let shop = Shop::new(ENTITY, &spec("  - {name: y, where: vip}\n"), CUSTOMERS);
    shop.built("2026-01-01");
    built(&shop, "", "2026-01-05");
    shop.put(
        "segments/spec.yml",
        &spec("  - {name: z, where: vip, renamed_from: y}\n"),
    );
    let z = |as_of: &str| shop.segc(&["build", "--select", "z", "--as-of", as_of]);
    let (code, said) = z("2026-01-03");
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("S0606"), "{said}");
    let (code, said) = z("2026-01-06");
    assert_eq!(code, Some(0), "{said}");
    let (code, said) = shop.segc(&["doctor"]);
    assert_eq!(code, Some(0), "{said}");
}

/// A segment, and another one.
fn spec(of: &str) -> String {
    format!("segments:\n  - {{name: other, where: true}}\n{of}")
}

fn shop(of: &str) -> Shop {
    let shop = Shop::new(ENTITY, &spec(of), CUSTOMERS);
    shop.put(
        "segc.yml",
        "name: shop\nversion: 1\ntargets: {dev: {type: duckdb, path: shop.duckdb}}\nguards: {allow_broad: true}\n",
    );
    shop
}

/// Builds with this segment beside the other one.
fn built(shop: &Shop, of: &str, as_of: &str) {
    shop.put("segments/spec.yml", &spec(of));
    shop.built(as_of);
}

fn whole(shop: &Shop) {
    let (code, said) = shop.segc(&["doctor"]);
    assert_eq!(code, Some(0), "{said}");
}

const STAYS: &str = "select segment || ' ' || entity_key || ' ' || epoch_ms(valid_from) // 86400000 || ' ' || coalesce(cast(epoch_ms(valid_to) // 86400000 as varchar), '-') from segments.customer_history where segment <> 'other' order by 1";

#[test]
fn a_name_may_come_back_with_all_that_happened_meanwhile() {
    let shop = shop("  - {name: vip, where: vip}\n");
    shop.built("2026-01-01");
    shop.put(
        "segments/spec.yml",
        &spec("  - {name: best, where: vip, renamed_from: vip}\n"),
    );
    shop.put(
        "data/customers.csv",
        "customer_id,vip\n1,true\n2,true\n3,false\n",
    );
    shop.built("2026-01-02");
    shop.put(
        "segments/spec.yml",
        &spec(
            "  - {name: vip, where: vip, renamed_from: best}
  - {name: long, where: [ {member_for: {vip: \">= 1 day\"}} ]}
",
        ),
    );
    let (code, said) = shop.segc(&["plan", "--as-of", "2026-01-03"]);
    assert_eq!(code, Some(0), "{said}");
    assert!(
        said.contains("renamed") && said.contains("0 exits"),
        "{said}"
    );
    let (code, said) = shop.build("2026-01-03");
    assert_eq!(code, Some(0), "{said}");
    // The former name is told of by the one that took over.
    assert!(!said.contains("best"), "{said}");
    assert_eq!(
        (shop.members("best"), shop.members("vip")),
        (String::new(), "1 2".to_owned())
    );
    assert_eq!(shop.members("long"), "1 2");
    let stays = ["vip 1 20454 -", "vip 2 20455 -", "vip 3 20454 20455"];
    let of_vip = || {
        let mut stays = shop.ask(STAYS);
        stays.retain(|s| !s.starts_with("long"));
        stays
    };
    assert_eq!(of_vip(), stays);
    whole(&shop);
    // Said again, it does nothing more.
    shop.built("2026-01-04");
    assert_eq!(of_vip(), stays);
    let catalog = "select segment || ' ' || members from segments.segc_segments order by 1";
    assert_eq!(shop.ask(catalog), ["long 2", "other 3", "vip 2"]);
    whole(&shop);
}

#[test]
fn a_name_with_a_past_of_its_own_takes_over_nothing() {
    let shop = shop("  - {name: vip, where: vip}\n");
    shop.built("2026-01-01");
    built(
        &shop,
        "  - {name: best, where: customer_id < 3}\n",
        "2026-01-02",
    );
    let back = "  - {name: vip, where: customer_id < 3, renamed_from: best}\n";
    shop.put("segments/spec.yml", &spec(back));
    shop.refused(
        "2026-01-03",
        &["S0617", "`vip` cannot take over from `best`", "spec.yml:3:"],
    );
    assert_eq!(
        (shop.members("best"), shop.members("vip")),
        ("1 2".to_owned(), String::new())
    );
    // In one edit, too.
    let both = "  - {name: vip, where: vip}\n  - {name: best, where: customer_id < 3}\n";
    let fresh = self::shop(both);
    fresh.built("2026-01-01");
    fresh.put("segments/spec.yml", &spec(back));
    fresh.refused("2026-01-02", &["S0617", "a segment `vip` is published"]);
    // Once nobody needs that past any more.
    shop.put(
        "segments/spec.yml",
        &spec("  - {name: best, where: customer_id < 3}\n"),
    );
    let (code, said) = shop.segc(&["prune", "--history", "--yes"]);
    assert_eq!(code, Some(0), "{said}");
    built(&shop, back, "2026-01-03");
    assert_eq!(shop.ask(STAYS), ["vip 1 20455 -", "vip 2 20455 -"]);
    whole(&shop);
}

#[test]
fn who_forgets_the_former_name_is_told_before_everybody_enters_anew() {
    let shop = shop("  - {name: vip, where: vip}\n");
    shop.built("2026-01-01");
    let forgotten = "  - {name: best, where: vip}\n";
    shop.put("segments/spec.yml", &spec(forgotten));
    for command in ["plan", "build"] {
        let (code, said) = shop.segc(&[command, "--as-of", "2026-01-02", "--warn-error"]);
        assert_eq!(code, Some(1), "{said}");
        for part in [
            "S0618",
            "`best` has the definition of `vip`",
            "renamed_from: vip",
        ] {
            assert!(said.contains(part), "no {part:?} in\n{said}");
        }
    }
    assert_eq!(shop.members("vip"), "1 3");
    shop.built("2026-01-02");
    let (_, said) = shop.build("2026-01-03");
    assert!(!said.contains("S0618"), "{said}");
    // Another definition under another name is another segment.
    shop.put(
        "segments/spec.yml",
        &spec("  - {name: rest, where: not vip}\n"),
    );
    let (_, said) = shop.build("2026-01-04");
    assert!(!said.contains("S0618"), "{said}");
}

/// A shop whose customers may object.
fn shop_with_objections(of: &str) -> Shop {
    let shop = shop(of);
    shop.put(
        "segments/entity.yml",
        &format!("{ENTITY}    suppress: [{{in_list: out}}]\nlists:\n  - {{name: out, file: lists/out.csv, key: id}}\n"),
    );
    shop.put("lists/out.csv", "id\n9\n");
    shop
}

fn select(shop: &Shop, segment: &str, as_of: &str) {
    let (code, said) = shop.segc(&["build", "--select", segment, "--as-of", as_of]);
    assert_eq!(code, Some(0), "{said}");
}

/// As of January 3 it stands under `vip` again, and no run has published it there since it came back.
fn back_while_a_guard_refuses_it() -> Shop {
    let shop = shop_with_objections("  - {name: vip, where: vip}\n");
    shop.built("2026-01-01");
    built(
        &shop,
        "  - {name: best, where: vip, renamed_from: vip}\n",
        "2026-01-02",
    );
    shop.put(
        "segments/spec.yml",
        &spec("  - {name: vip, where: vip, renamed_from: best, size: {max: 1}}\n"),
    );
    shop.refused("2026-01-03", &["segment `vip` is refused"]);
    assert_eq!(shop.members("vip"), "1 3");
    shop
}

#[test]
fn who_objects_leaves_what_came_back_while_a_guard_refused_it() {
    let shop = back_while_a_guard_refuses_it();
    shop.put("lists/out.csv", "id\n3\n");
    select(&shop, "other", "2026-01-04");
    assert_eq!(shop.members("vip"), "1");
    whole(&shop);
}

#[test]
fn what_came_back_while_a_guard_refused_it_can_be_retired_and_renamed() {
    let shop = back_while_a_guard_refuses_it();
    built(&shop, "", "2026-01-04");
    assert_eq!(shop.members("vip"), "");
    assert_eq!(shop.ask(STAYS), ["vip 1 20454 20457", "vip 3 20454 20457"]);
    whole(&shop);
    let shop = back_while_a_guard_refuses_it();
    built(
        &shop,
        "  - {name: best, where: vip, renamed_from: vip}\n",
        "2026-01-04",
    );
    assert_eq!(
        (shop.members("best"), shop.members("vip")),
        ("1 3".to_owned(), String::new())
    );
    assert_eq!(shop.ask(STAYS), ["best 1 20454 -", "best 3 20454 -"]);
    whole(&shop);
}

#[test]
fn a_name_comes_back_also_after_its_successor_was_retired() {
    let shop = shop("  - {name: vip, where: vip}\n");
    shop.built("2026-01-01");
    built(
        &shop,
        "  - {name: best, where: vip, renamed_from: vip}\n",
        "2026-01-02",
    );
    built(&shop, "", "2026-01-03");
    shop.put(
        "segments/spec.yml",
        &spec("  - {name: vip, where: vip, renamed_from: best}\n"),
    );
    let (_, said) = shop.segc(&["plan", "--as-of", "2026-01-04"]);
    assert!(
        said.contains("renamed") && !said.contains("added"),
        "{said}"
    );
    shop.built("2026-01-04");
    let stays = [
        "vip 1 20454 20456",
        "vip 1 20457 -",
        "vip 3 20454 20456",
        "vip 3 20457 -",
    ];
    assert_eq!(shop.ask(STAYS), stays);
    whole(&shop);
    // Switched off and on again, it has nothing to take over any more.
    built(
        &shop,
        "  - {name: vip, where: vip, renamed_from: best, enabled: false}\n",
        "2026-01-05",
    );
    built(
        &shop,
        "  - {name: vip, where: vip, renamed_from: best}\n",
        "2026-01-06",
    );
    whole(&shop);
}

#[test]
fn an_empty_segment_keeps_its_history_when_it_is_renamed_while_a_guard_refuses_it() {
    let shop = shop("  - {name: vip, where: vip}\n");
    shop.built("2026-01-01");
    shop.put(
        "data/customers.csv",
        "customer_id,vip\n1,false\n2,false\n3,false\n",
    );
    shop.put(
        "segc.yml",
        "name: shop\nversion: 1\ntargets: {dev: {type: duckdb, path: shop.duckdb}}\nguards: {allow_broad: true, allow_empty: true}\n",
    );
    shop.built("2026-01-02");
    shop.put(
        "segments/spec.yml",
        &spec("  - {name: best, where: vip, renamed_from: vip, size: {min: 1}}\n"),
    );
    shop.refused("2026-01-03", &["segment `best` is refused"]);
    // Nothing else may have that name.
    shop.put(
        "segments/spec.yml",
        "segments:\n  - {name: best, where: true, renamed_from: other}\n",
    );
    shop.refused("2026-01-04", &["S0617"]);
    for (name, former, as_of) in [("top", "best", "2026-01-04"), ("vip", "top", "2026-01-05")] {
        let renamed = format!("  - {{name: {name}, where: vip, renamed_from: {former}}}\n");
        built(&shop, &renamed, as_of);
        let stays = ["1", "3"].map(|key| format!("{name} {key} 20454 20455"));
        assert_eq!(shop.ask(STAYS), stays);
        whole(&shop);
    }
}

#[test]
fn a_condition_on_stays_never_reads_those_of_two_segments() {
    let shop = shop("  - {name: vip, where: vip}\n  - {name: rest, where: not vip}\n");
    shop.built("2026-01-01");
    built(&shop, "", "2026-01-02");
    let were = "  - {name: vip, renamed_from: rest, where: vip}\n  - {name: were, where: {entered: vip}}\n";
    shop.put("segments/spec.yml", &spec(were));
    let (code, said) = shop.segc(&["build", "--select", "were", "--as-of", "2026-01-03"]);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("S0617"), "{said}");
}

#[test]
fn who_is_never_suppressed_stays_also_before_the_new_name_is_built() {
    let ops = "suppress: false, suppress_reason: law";
    let shop = shop_with_objections(&format!("  - {{name: ops, where: vip, {ops}}}\n"));
    shop.built("2026-01-01");
    shop.put(
        "segments/spec.yml",
        &spec(&format!(
            "  - {{name: all_ops, where: vip, renamed_from: ops, {ops}}}\n"
        )),
    );
    shop.put("lists/out.csv", "id\n3\n");
    select(&shop, "other", "2026-01-02");
    assert_eq!(shop.members("ops"), "1 3");
    shop.built("2026-01-03");
    assert_eq!(shop.ask(STAYS), ["all_ops 1 20454 -", "all_ops 3 20454 -"]);
}

#[test]
fn only_what_has_left_without_a_successor_seems_to_be_renamed() {
    let shop = shop("  - {name: vip, where: vip}\n");
    shop.built("2026-01-01");
    let plan = |of: &str, more: &[&str]| {
        shop.put("segments/spec.yml", &spec(of));
        let args = [&["plan", "--as-of", "2026-01-02"], more].concat();
        shop.segc(&args).1
    };
    let new = "  - {name: best, where: vip}\n";
    for select in [&["--select", "best"], &["--exclude", "other"]] {
        assert!(plan(new, select).contains("S0618"), "{select:?}");
    }
    assert!(!plan(new, &["--select", "other"]).contains("S0618"));
    let misspelled = "  - {name: best, where: vip, renamed_from: vpi}\n";
    assert!(plan(misspelled, &[]).contains("say `renamed_from: vip`"));
    let copied = "  - {name: best, where: vip, renamed_from: vip}\n  - {name: copy, where: vip}\n";
    assert!(!plan(copied, &[]).contains("S0618"));
    let switched_off =
        "  - {name: vip, where: vip, enabled: false}\n  - {name: best, where: vip}\n";
    assert!(!plan(switched_off, &[]).contains("S0618"));
}

#[test]
fn a_former_name_that_nothing_was_published_as_is_told() {
    let shop = shop("  - {name: vip, where: vip}\n");
    let plan = |more: &str| {
        shop.put("segments/spec.yml", &spec(more));
        let (code, said) = shop.segc(&["plan", "--as-of", "2026-01-02"]);
        assert_eq!(code, Some(0), "{said}");
        said
    };
    let misspelled = "  - {name: best, where: not vip, renamed_from: vpi}\n";
    // Of a schema that has nothing yet, nothing can be said.
    assert!(!plan(misspelled).contains("S0619"));
    plan("  - {name: vip, where: vip}\n");
    shop.built("2026-01-01");
    let said = plan(misspelled);
    for part in [
        "S0619",
        "`best` is renamed from `vpi`",
        "did you mean `vip`?",
    ] {
        assert!(said.contains(part), "no {part:?} in\n{said}");
    }
    let right = "  - {name: best, where: not vip, renamed_from: vip}\n";
    assert!(!plan(right).contains("S0619"));
    // What is still there is not what it was.
    let beside = format!("  - {{name: vip, where: vip}}\n{misspelled}");
    let said = plan(&beside);
    assert!(
        said.contains("S0619") && !said.contains("did you mean"),
        "{said}"
    );
    // Once it is published, its former name no longer matters.
    plan(misspelled);
    shop.built("2026-01-02");
    let (_, said) = shop.build("2026-01-03");
    assert!(!said.contains("S0619"), "{said}");
}

#[test]
fn of_a_group_whose_former_name_is_nobodys_is_told_once() {
    let group = |name: &str, case: &str, more: &str| {
        format!(
            "groups:\n  - name: {name}\n{more}    cases:\n      - {{name: one, where: vip}}\n      - {{name: {case}, where: true}}\n"
        )
    };
    let shop = shop("");
    shop.put("segments/group.yml", &group("life", "two", ""));
    shop.built("2026-01-01");
    let plan = |former: &str| {
        let more = format!("    renamed_from: {former}\n");
        shop.put("segments/group.yml", &group("stage", "three", &more));
        shop.segc(&["plan", "--as-of", "2026-01-02"]).1
    };
    // A case that is new in a group with a past has none.
    assert!(!plan("life").contains("S0619"));
    let said = plan("live");
    assert_eq!(said.matches("S0619").count(), 1, "{said}");
    assert!(said.contains("did you mean `life`?"), "{said}");
}

#[test]
fn of_a_group_that_seems_to_be_renamed_is_told_once() {
    let group = |name: &str, more: &str| {
        format!(
            "groups:\n  - name: {name}\n{more}    cases:\n      - {{name: one, where: vip}}\n      - {{name: two, where: true}}\n"
        )
    };
    let shop = shop("");
    shop.put("segments/group.yml", &group("life", ""));
    shop.built("2026-01-01");
    shop.put("segments/group.yml", &group("stage", ""));
    let (_, said) = shop.segc(&["plan", "--as-of", "2026-01-02"]);
    assert_eq!(said.matches("S0618").count(), 1, "{said}");
    assert!(said.contains("say `renamed_from: life` there"), "{said}");
    shop.put(
        "segments/group.yml",
        &group("stage", "    renamed_from: life\n"),
    );
    let (code, said) = shop.segc(&["build", "--as-of", "2026-01-02", "--warn-error"]);
    assert_eq!(code, Some(0), "{said}");
    let stays = "select distinct segment || ' ' || (valid_to is null) from segments.customer_history where segment <> 'other' order by 1";
    assert_eq!(shop.ask(stays), ["stage.one true", "stage.two true"]);
}

#[test]
fn what_was_refused_under_its_new_name_is_compared_with_what_it_took_over() {
    let shop = Shop::new(
        ENTITY,
        "segments:\n  - {name: vip, where: vip}\n",
        CUSTOMERS,
    );
    shop.built("2026-01-01");
    let three = "customer_id,vip\n1,true\n2,true\n3,true\n";
    shop.put("data/customers.csv", three);
    let spec = |more: &str| {
        let one = format!("segments:\n  - {{name: best, renamed_from: vip, {more}}}\n");
        shop.put("segments/spec.yml", &one);
    };
    let plan = || {
        let (_, said) = shop.segc(&["plan", "--as-of", "2026-01-04", "--accept", "best@3"]);
        let line = said.lines().find(|line| line.starts_with("best "));
        let word = line.and_then(|line| line.split_whitespace().nth(2));
        (word.unwrap_or_default().to_owned(), said)
    };
    spec("where: vip, size: {max: 2}");
    shop.refused("2026-01-02", &["segment `best` is refused"]);
    let (word, said) = plan();
    assert_eq!(word, "unchanged", "{said}");
    spec("where: customer_id > 0, size: {max: 2}");
    let (word, said) = plan();
    assert_eq!(word, "changed", "{said}");
    assert!(said.contains("differs in: "), "{said}");
    // Refused, it says nothing more of what is published.
    shop.refused("2026-01-03", &["segment `best` is refused"]);
    assert_eq!(plan().0, "changed");
    spec("where: vip, size: {max: 2}");
    assert_eq!(plan().0, "unchanged");
}
