//! What a plan says, and that it leaves nothing.

use super::{facts, of, plan, shop, stock};

const TWO: &str = "traits:
  - {name: number, sql: customer_id * 2}
segments:
  - {name: vip, where: vip}
  - {name: late, where: number > 10, expose: [number]}
";

const NOTHING: &str = "select cast(count(*) as varchar) from information_schema.schemata where schema_name = 'segments'";

#[test]
fn a_plan_publishes_nothing_and_counts_what_a_build_publishes() {
    let shop = shop(TWO, 10, 3);
    let said = plan(&shop, 0, &["--as-of", "2026-01-01"]);
    assert!(said.contains("A build as of 2026-01-01T00:00:00Z would make 8 entries and 0 exits. Nothing was published."), "{said}");
    assert!(!shop.path().join("shop.duckdb").exists());
    shop.ask("select 'there'");
    plan(&shop, 0, &["--as-of", "2026-01-01"]);
    assert_eq!(shop.ask(NOTHING), ["0"]);
    shop.built("2026-01-01");
    stock(&shop, 12, 2);
    let before = std::fs::read(shop.path().join("shop.duckdb")).unwrap();
    let facts = facts(&shop, &["--as-of", "2026-01-02"]);
    assert_eq!(
        std::fs::read(shop.path().join("shop.duckdb")).unwrap(),
        before,
        "the file is as it was"
    );
    assert_eq!(facts["args"]["which"], "plan");
    assert_eq!(facts["run"]["status"], "planned");
    let counts = |segment: &str| {
        let node = of(&facts, segment);
        format!(
            "{segment} {} {} {} {} {}",
            node["members"],
            node["entered"],
            node["exited"],
            node["suppressed"],
            node["population"]
        )
    };
    let planned = [counts("late"), counts("vip")];
    assert_eq!(planned, ["late 7 2 0 0 12", "vip 2 0 1 0 12"]);
    shop.built("2026-01-02");
    let published = "select concat_ws(' ', segment, members, entered, exited, suppressed, population) \
         from segments.segc_run_segments as s join segments.segc_runs as r using (run_id) where epoch = 2 order by segment";
    assert_eq!(shop.ask(published), planned);
    // The same again is nothing to do.
    let said = plan(&shop, 0, &["--as-of", "2026-01-02"]);
    assert!(said.contains("Nothing to do: run "), "{said}");
}

#[test]
fn a_guard_that_would_trip_is_told_with_the_count_to_accept() {
    let spec = "segments:\n  - {name: vip, where: vip, size: {max: 2}}\n  - {name: other, where: not vip}\n";
    let shop = shop(spec, 10, 3);
    let said = plan(&shop, 1, &["--as-of", "2026-01-01"]);
    for part in [
        "S0642",
        "segments/spec.yml:2:35",
        "--accept vip@3",
        "refused: 3 members, at most 2 were expected",
        "a guard would refuse 1",
    ] {
        assert!(said.contains(part), "no {part:?} in\n{said}");
    }
    let found = facts(&shop, &["--as-of", "2026-01-01"]);
    assert_eq!(of(&found, "vip")["guard"], "size_max");
    assert_eq!(of(&found, "vip")["segment_status"], "refused");
    assert!(of(&found, "other")["guard"].is_null());
}

#[test]
fn definitions_are_compared_with_the_published_ones() {
    let shop = shop(TWO, 10, 3);
    shop.built("2026-01-01");
    let say = |spec: &str| {
        shop.put("segments/spec.yml", spec);
        let facts = facts(&shop, &["--as-of", "2026-01-02"]);
        let nodes = facts["results"].as_array().unwrap().clone();
        let words = nodes
            .iter()
            .filter(|n| !n["definition"].is_null())
            .map(|n| {
                format!(
                    "{} {} {}",
                    n["unique_id"].as_str().unwrap(),
                    n["definition"].as_str().unwrap(),
                    n["differs"]
                )
            });
        words.collect::<Vec<_>>().join("\n")
    };
    assert_eq!(
        say(TWO),
        "segment.shop.late unchanged []\nsegment.shop.vip unchanged []"
    );
    assert_eq!(
        say(&TWO
            .replace("* 2", "* 3")
            .replace("vip, where: vip", "vip, where: not vip")),
        "segment.shop.late changed [\"trait number\"]\nsegment.shop.vip changed [\"itself\"]"
    );
    assert_eq!(
        say(&TWO.replace(
            "name: vip,",
            "name: best, renamed_from: vip, title: The best,"
        )),
        "segment.shop.best renamed []\nsegment.shop.late unchanged []"
    );
    assert_eq!(
        say("segments:\n  - {name: new, where: not vip}\n"),
        "segment.shop.late removed []\nsegment.shop.new added []\nsegment.shop.vip removed []"
    );
    let found = facts(&shop, &["--as-of", "2026-01-02", "--select", "new"]);
    assert_eq!(found["args"]["select"], "--select new");
    assert_eq!(found["results"].as_array().unwrap().len(), 2);
}

#[test]
fn keys_are_shown_only_where_they_are_asked_for() {
    let shop = shop("segments:\n  - {name: vip, where: vip}\n", 1000, 120);
    shop.built("2026-01-01");
    shop.put(
        "data/customers.csv",
        "customer_id,vip\n777001,true\n777002,true\n777003,true\n1,true\n",
    );
    let said = plan(&shop, 1, &["--as-of", "2026-01-02"]);
    assert!(!said.contains("777"), "{said}");
    let said = plan(&shop, 1, &["--as-of", "2026-01-02", "--sample", "2"]);
    assert!(said.contains("entering: 777001, 777002\n"), "{said}");
    assert!(said.contains("leaving: 2, 3\n"), "{said}");
}

#[test]
fn a_comment_on_a_pull_request_has_no_markup_of_other_peoples() {
    let spec = "segments:\n  - {name: vip, where: vip, title: \"<img src=x> | @team [x](http://x) `y`\"}\n";
    let shop = shop(spec, 10, 3);
    let said = plan(&shop, 0, &["--as-of", "2026-01-01", "--markdown"]);
    let row = said
        .lines()
        .find(|l| l.starts_with("| <code>vip</code>"))
        .expect("a row");
    assert_eq!(
        row,
        "| <code>vip</code> <code>&#60;img src&#61;x&#62; &#124; &#64;team &#91;x&#93;&#40;http&#58;&#47;&#47;x&#41; &#96;y&#96;</code> \
         | <code>customer</code> | **added** | 3 | 30.0 % | +3 | -0 | 0 |"
    );
}

#[test]
fn data_that_a_build_refuses_are_refused() {
    let shop = shop(TWO, 10, 3);
    shop.put("data/customers.csv", "customer_id,vip\n1,true\n1,false\n");
    let said = plan(&shop, 1, &["--as-of", "2026-01-01"]);
    assert!(said.contains("S0602"), "{said}");
    let said = plan(&shop, 1, &["--as-of", "2999-01-01"]);
    assert!(said.contains("lies in the future"), "{said}");
}

#[test]
fn one_is_said_as_one() {
    let shop = shop("segments:\n  - {name: vip, where: vip}\n", 1, 1);
    let said = plan(&shop, 0, &["--as-of", "2026-01-01"]);
    assert!(said.contains("would make 1 entry and 0 exits"), "{said}");
    assert!(said.contains("1 source with 1 row,"), "{said}");
    stock(&shop, 2, 2);
    shop.built("2026-01-01");
    stock(&shop, 2, 1);
    let said = plan(&shop, 0, &["--as-of", "2026-01-02"]);
    assert!(said.contains("would make 0 entries and 1 exit."), "{said}");
}

#[test]
fn what_was_answered_before_is_not_counted_as_published() {
    let spec = "segments:\n  - {name: a, where: vip}\n  - {name: b, where: not vip}\n  - {name: c, where: vip or not vip}\n";
    let shop = shop(spec, 10, 3);
    let at = ["build", "--as-of", "2026-01-01"];
    let (_, said) = shop.segc(&[&at[..], &["--exclude", "c"]].concat());
    assert!(said.contains("published 2 segments as epoch 1"), "{said}");
    let (_, said) = shop.segc(&at);
    assert!(
        said.contains("published 1 segment (2 published before) as epoch 2"),
        "{said}"
    );
    // As of another instant all are, whoever is in them.
    let (_, said) = shop.segc(&["build", "--as-of", "2026-01-02"]);
    assert!(said.contains("published 3 segments as epoch 3"), "{said}");
}
