//! The project's holdout, from the command line: who is kept out of what, what is published of them, and what is said.

use crate::people::Shop;

const ENTITY: &str = "entities:
  - name: customer
    table: file('data/customers.csv')
    key: customer_id
    columns: {customer_id: int, vip: boolean, gone: boolean}
    suppress: [gone]
    channels: {email: vip}
";

const SPEC: &str = "segments:
  - {name: mailed, where: true, channels: [email]}
  - {name: analysed, where: true}
  - {name: receipts, where: true, channels: [email], holdout: false, holdout_reason: everybody gets one}
  - {name: would_be_mailed, where: [ {in: mailed}, {in: holdout} ]}
splits:
  - {name: test, of: mailed, salt: q1, arms: {a: 50%, b: 50%}}
";

/// Ten customers, the ninth of whom is suppressed. Their buckets under h1, worked out in Python:
/// 2601 2487 9225 3966 8393 192 5679 3858 205 3551.
fn shop(share: &str) -> Shop {
    let rows = (1..=10).map(|n| format!("{n},{},{}\n", n % 2 == 0, n == 9));
    let customers: String = std::iter::once("customer_id,vip,gone\n".to_owned())
        .chain(rows)
        .collect();
    let shop = Shop::new(ENTITY, SPEC, &customers);
    hold_out(&shop, share);
    shop
}

fn hold_out(shop: &Shop, share: &str) {
    shop.put(
        "segc.yml",
        &format!(
            "name: shop\nversion: 1\ntargets: {{dev: {{type: duckdb, path: shop.duckdb}}}}\n\
             holdout: {{share: {share}, salt: h1}}\n"
        ),
    );
}

/// Segment, members, suppressed, held out.
const COUNTED: &str = "select concat_ws(' ', segment, kind, members, suppressed, held_out, status)
    from segments.segc_run_segments
    where run_id = (select max(run_id) from segments.segc_runs) order by segment";

#[test]
fn segments_with_channels_leave_out_who_is_held_out() {
    // 2487 is the first bucket that is not held out.
    let shop = shop("24.87%");
    shop.built("2026-01-01");
    assert_eq!(shop.members("holdout"), "6");
    assert_eq!(shop.members("mailed"), "1 10 2 3 4 5 7 8");
    assert_eq!(shop.members("analysed"), "1 10 2 3 4 5 6 7 8");
    assert_eq!(shop.members("receipts"), "1 10 2 3 4 5 6 7 8");
    assert_eq!(shop.members("would_be_mailed"), "6");
    // Buckets under q1: 6228 9386 2179 1446 1484 3365 7748 3283 7861 8073.
    assert_eq!(shop.members("test.a"), "3 4 5 8");
    assert_eq!(shop.members("test.b"), "1 10 2 7");
    assert_eq!(
        shop.ask(COUNTED),
        [
            "analysed segment 9 1 0 published",
            "holdout holdout 1 1 0 published",
            "mailed segment 8 1 1 published",
            "receipts segment 9 1 0 published",
            "test.a arm 4 0 1 published",
            "test.b arm 4 1 0 published",
            "would_be_mailed segment 1 1 0 published",
        ]
    );
    let emailed = "select cast(customer_id as varchar) from segments.seg_mailed__email order by 1";
    assert_eq!(shop.ask(emailed), ["10", "2", "4", "8"]);
    let held = "select cast(customer_id as varchar) from segments.seg_holdout";
    assert_eq!(shop.ask(held), ["6"]);
}

#[test]
fn a_larger_share_takes_more_people_out_at_the_next_build() {
    let shop = shop("24.87%");
    shop.built("2026-01-01");
    hold_out(&shop, "24.88%");
    shop.built("2026-01-02");
    assert_eq!(shop.members("holdout"), "2 6");
    assert_eq!(shop.members("mailed"), "1 10 3 4 5 7 8");
    assert_eq!(shop.members("analysed"), "1 10 2 3 4 5 6 7 8");
    let counted = shop.ask(COUNTED);
    // Definitions of those that leave it out have changed; the others' have not.
    assert!(counted.contains(&"analysed segment 9 1 0 unchanged".to_owned()));
    assert!(counted.contains(&"mailed segment 7 1 2 published".to_owned()));
    let stays = "select concat_ws(' ', segment, valid_to is null) from segments.customer_history
        where entity_key = 2 and segment in ('mailed', 'holdout') order by 1";
    assert_eq!(shop.ask(stays), ["holdout true", "mailed false"]);
    shop.put(
        "segc.yml",
        "name: shop\nversion: 1\ntargets: {dev: {type: duckdb, path: shop.duckdb}}\n",
    );
    shop.put(
        "segments/spec.yml",
        "segments: [{name: mailed, where: true, channels: [email]}]\n",
    );
    shop.built("2026-01-03");
    assert_eq!(shop.members("holdout"), "");
    assert_eq!(shop.members("mailed"), "1 10 2 3 4 5 6 7 8");
}

#[test]
fn one_segment_alone_leaves_them_out_too() {
    let shop = shop("24.87%");
    let (code, said) = shop.segc(&["build", "--select", "mailed", "--as-of", "2026-01-01"]);
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(shop.members("mailed"), "1 10 2 3 4 5 7 8");
    assert_eq!(shop.members("holdout"), "");
}

#[test]
fn a_segment_that_a_guard_refuses_keeps_whom_it_had() {
    let shop = shop("1%");
    let guarded = SPEC.replace("name: mailed,", "name: mailed, max_change: 5%,");
    shop.put("segments/spec.yml", &guarded);
    shop.built("2026-01-01");
    assert_eq!(shop.members("mailed"), "1 10 2 3 4 5 6 7 8");
    hold_out(&shop, "30%");
    let (code, said) = shop.build("2026-01-02");
    assert_eq!(code, Some(1), "{said}");
    assert_eq!(shop.members("mailed"), "1 10 2 3 4 5 6 7 8");
    assert_eq!(shop.members("holdout"), "1 2 6");
}

/// What bounds a case stands on its group, what bounds an arm on its split; and the holdout has its share.
#[test]
fn a_guard_says_where_its_bound_can_be_written() {
    let spec = |until: i64, arms: &str| {
        format!(
            "segments: [{{name: mailed, where: true, channels: [email]}}]\n\
             groups: [{{name: half, cases: [{{name: low, where: customer_id <= {until}}}], otherwise: high}}]\n\
             splits: [{{name: test, of: mailed, salt: q1, arms: {{{arms}}}}}]\n"
        )
    };
    let settings = |share: &str| {
        format!(
            "name: shop\nversion: 1\ntargets: {{dev: {{type: duckdb, path: shop.duckdb}}}}\n\
             guards: {{min_change: 1, allow_broad: true}}\nholdout: {{share: {share}, salt: h1}}\n"
        )
    };
    let shop = shop("1%");
    shop.put("segc.yml", &settings("24.87%"));
    shop.put("segments/spec.yml", &spec(2, "a: 20%, b: 80%"));
    shop.built("2026-01-01");
    shop.put("segc.yml", &settings("40%"));
    shop.put("segments/spec.yml", &spec(8, "a: 90%, b: 10%"));
    let (code, said) = shop.build("2026-01-02");
    assert_eq!(code, Some(1), "{said}");
    for (segment, advice) in [
        ("holdout", "correct its `share`"),
        (
            "half.low",
            "write `max_change:` for the group `half`, which may be 100%",
        ),
        ("half.high", "write `max_change:` for the group `half`"),
        ("test.b", "write `size: {min: 0}` for the split `test`"),
    ] {
        let refused = format!("segment `{segment}` is refused");
        let (_, told) = said
            .split_once(&refused)
            .unwrap_or_else(|| panic!("{segment}: {said}"));
        let help = told.lines().find(|line| line.contains("= help:")).unwrap();
        assert!(help.contains(advice), "{segment}: {help}");
    }
}

#[test]
fn every_command_says_who_is_held_out() {
    let shop = shop("24.87%");
    let (code, said) = shop.segc(&["why", "mailed", "6", "--as-of", "2026-01-01"]);
    assert_eq!(code, Some(0), "{said}");
    for part in [
        "customer 6 would be in `mailed`",
        "but is held out",
        "held out: yes",
        "drawn by lot with salt 'h1': buckets 0 to 2486 of 10000",
        "bucket = 192",
    ] {
        assert!(said.contains(part), "no {part:?} in\n{said}");
    }
    let (code, said) = shop.segc(&["why", "mailed", "2", "--as-of", "2026-01-01"]);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("held out: no"), "{said}");
    let (_, said) = shop.segc(&["why", "analysed", "6", "--as-of", "2026-01-01"]);
    assert!(!said.contains("held out"), "{said}");
    let (_, said) = shop.segc(&[
        "why",
        "mailed",
        "6",
        "--as-of",
        "2026-01-01",
        "--format",
        "json",
    ]);
    let json: serde_json::Value = serde_json::from_str(&said).expect("one object");
    assert_eq!(json["held_out"], true, "{json}");
    assert_eq!(json["member"], false, "{json}");
    assert_eq!(json["holdout"]["values"][0]["value"], 192, "{json}");
    let (_, said) = shop.segc(&["explain", "mailed", "--counts", "--as-of", "2026-01-01"]);
    let line = said
        .lines()
        .find(|l| l.starts_with("held out: drawn by lot"));
    let numbers: Vec<&str> = line
        .into_iter()
        .flat_map(|l| l.split_whitespace().rev().take(3))
        .collect();
    // Two are drawn; one of them is suppressed before.
    assert_eq!(numbers, ["1", "8", "2"], "{said}");
    let (_, said) = shop.segc(&["explain", "receipts"]);
    assert!(
        said.contains("The holdout is not left out of it: everybody gets one."),
        "{said}"
    );
    let (_, said) = shop.segc(&["show", "mailed", "--as-of", "2026-01-01"]);
    assert!(said.contains("8 of 8 shown"), "{said}");
    let (_, said) = shop.segc(&["ls"]);
    assert!(said.contains("holdout"), "{said}");
}
