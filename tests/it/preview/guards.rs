//! What no segment may do in one build, and how a number is let through.

use super::{plan, shop, stock};

const VIP: &str = "segments:\n  - {name: vip, where: vip}\n";

#[test]
fn the_projects_guard_counts_shares_of_more_than_a_handful() {
    let shop = shop(VIP, 1000, 300);
    shop.built("2026-01-01");
    // 99 people are a third, and a handful.
    stock(&shop, 1000, 399);
    shop.built("2026-01-02");
    // 119 of 399 are under 30 %.
    stock(&shop, 1000, 518);
    shop.built("2026-01-03");
    stock(&shop, 1000, 362);
    let parts = [
        "S0642",
        "segments/spec.yml:2:5",
        "segment `vip` is refused: 156 would exit, of 518 members until now",
        "max_change: 30% of everything",
        "--accept vip@362",
        "write `max_change:` for the segment",
        "published 0 segments (1 refused) as epoch",
    ];
    shop.refused("2026-01-04", &parts);
    assert_eq!(shop.members("vip").split(' ').count(), 518);
    shop.put(
        "segc.yml",
        "name: shop\nversion: 1\ntargets: {dev: {type: duckdb, path: shop.duckdb}}\nguards:\n  max_change: 30.11%\n  min_change: 10\n",
    );
    shop.refused("2026-01-05", &["segc.yml:5:15", "156 would exit"]);
    stock(&shop, 1000, 363);
    shop.built("2026-01-06");
    assert_eq!(shop.members("vip").split(' ').count(), 363);
    stock(&shop, 1000, 363 + 110);
    shop.refused("2026-01-07", &["110 would enter, beside 363 members"]);
    // Its own bound goes before, and counts from the first person.
    shop.put(
        "segments/spec.yml",
        "segments:\n  - {name: vip, where: vip, max_change: 60%}\n",
    );
    shop.built("2026-01-08");
    shop.put(
        "segments/spec.yml",
        "segments:\n  - {name: vip, where: vip, max_change: 0.2%}\n",
    );
    stock(&shop, 1000, 474);
    shop.refused("2026-01-09", &["segments/spec.yml:2:41", "1 would enter"]);
}

#[test]
fn the_last_member_does_not_leave_unasked() {
    let shop = shop(VIP, 10, 2);
    shop.built("2026-01-01");
    stock(&shop, 10, 0);
    let parts = [
        "S0642",
        "nobody would be left of 2 members until now",
        "write `size: {min: 0}`",
    ];
    shop.refused("2026-01-02", &parts);
    assert_eq!(shop.members("vip"), "1 2");
    shop.put(
        "segments/spec.yml",
        "segments:\n  - {name: vip, where: vip, size: {min: 0}}\n",
    );
    shop.built("2026-01-03");
    assert_eq!(shop.members("vip"), "");
    // Empty until now is no change.
    shop.put("segments/spec.yml", VIP);
    shop.built("2026-01-04");
}

#[test]
fn who_was_empty_does_not_take_in_nearly_everybody() {
    let spec = "segments:\n  - {name: vip, where: vip}\n  - {name: all, where: true}\n";
    let shop = shop(spec, 1000, 800);
    let parts = [
        "S0642",
        "segment `all` is refused: 1000 of 1000 would enter a segment without members until now",
        "more than 80% of everybody",
        "size: {max_share: 100%}",
    ];
    shop.refused("2026-01-01", &parts);
    assert_eq!(shop.members("vip").split(' ').count(), 800);
    assert_eq!(shop.members("all"), "");
    shop.put("segments/spec.yml", "segments:\n  - {name: vip, where: vip}\n  - {name: all, where: true, size: {max_share: 100%}}\n");
    shop.built("2026-01-02");
    assert_eq!(shop.members("all").split(' ').count(), 1000);
    let broad = "name: shop\nversion: 1\ntargets: {dev: {type: duckdb, path: shop.duckdb}}\nguards: {allow_broad: true}\n";
    shop.put(
        "segments/spec.yml",
        "segments:\n  - {name: anybody, where: true}\n",
    );
    shop.refused("2026-01-03", &["segment `anybody` is refused"]);
    shop.put("segc.yml", broad);
    shop.built("2026-01-04");
}

#[test]
fn a_count_is_accepted_once_and_only_that_count() {
    let shop = shop(VIP, 1000, 300);
    shop.built("2026-01-01");
    stock(&shop, 1000, 600);
    let (code, said) = shop.segc(&["build", "--as-of", "2026-01-02", "--accept", "vip@599"]);
    assert_eq!(code, Some(1), "{said}");
    assert!(
        said.contains("300 would enter, beside 300 members until now; 599 members were accepted"),
        "{said}"
    );
    let said = plan(&shop, 0, &["--as-of", "2026-01-03", "--accept", "vip@600"]);
    assert!(said.contains("guard: accepted: 300 would enter"), "{said}");
    let (code, said) = shop.segc(&["build", "--as-of", "2026-01-03", "--accept", "vip@600"]);
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(shop.members("vip").split(' ').count(), 600);
    let messages = "select coalesce(message, '') from segments.segc_run_segments order by run_id";
    assert_eq!(
        shop.ask(messages),
        [
            "",
            "300 would enter, beside 300 members until now; 599 members were accepted",
            "accepted: 300 would enter, beside 300 members until now"
        ]
    );
    let runs = "select coalesce(message, '') from segments.segc_runs order by epoch";
    assert_eq!(shop.ask(runs), ["", "--accept vip@599", "--accept vip@600"]);
    stock(&shop, 1000, 100);
    shop.refused("2026-01-04", &["500 would exit"]);
}

#[test]
fn what_is_accepted_must_be_there() {
    let shop = shop(VIP, 10, 2);
    let say = |accept: &[&str], status: i32, part: &str| {
        let args: Vec<&str> = accept.to_vec();
        let said = plan(&shop, status, &args);
        assert!(said.contains(part), "{said}");
    };
    say(&["--accept", "vpi@2"], 2, "did you mean `vip`?");
    say(
        &["--accept", "vip"],
        2,
        "write a segment, `@` and the number",
    );
    say(&["--accept", "vip@few"], 2, "`few` is no number");
    say(
        &["--accept", "vip@2", "--accept", "vip@3"],
        2,
        "it is given twice",
    );
}
