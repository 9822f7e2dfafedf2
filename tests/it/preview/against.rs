//! Two definitions on the same rows: a git revision, or another folder.

use super::{facts, of, plan, shop, stock};
use crate::people::Shop;
use std::process::Command;

const OLD: &str = "segments:
  - {name: vip, where: vip}
  - {name: low, where: customer_id <= 4}
  - {name: gone, where: customer_id = 9}
  - {name: steady, where: customer_id > 7}
";

const NEW: &str = "segments:
  - {name: vip, where: vip and customer_id > 1}
  - {name: small, renamed_from: low, where: customer_id <= 5}
  - {name: fresh, where: customer_id = 10}
  - {name: steady, where: customer_id > 7}
";

fn git(shop: &Shop, args: &[&str]) {
    let ran = Command::new("git")
        .args(["-c", "user.name=t", "-c", "user.email=t@example.com"])
        .args(args)
        .current_dir(shop.path())
        .output()
        .expect("git runs");
    assert!(
        ran.status.success(),
        "{}",
        String::from_utf8_lossy(&ran.stderr)
    );
}

/// A shop whose definitions changed since its only commit, and so did its data.
fn changed() -> Shop {
    let shop = shop(OLD, 10, 3);
    git(&shop, &["init", "--quiet"]);
    git(&shop, &["add", "."]);
    git(&shop, &["commit", "--quiet", "--message", "one"]);
    shop.put("segments/spec.yml", NEW);
    stock(&shop, 10, 6);
    shop
}

fn told(facts: &serde_json::Value) -> Vec<String> {
    ["fresh", "gone", "small", "steady", "vip"]
        .map(|segment| {
            let n = of(facts, segment);
            format!(
                "{segment} {} {} {} {}",
                n["definition"].as_str().unwrap(),
                n["members"],
                n["entered"],
                n["exited"]
            )
        })
        .to_vec()
}

const EXPECTED: [&str; 5] = [
    "fresh added 1 1 0",
    "gone removed 0 0 1",
    "small renamed and changed 5 1 0",
    "steady unchanged 3 0 0",
    "vip changed 5 0 1",
];

#[test]
fn a_revision_is_compared_on_the_data_of_today() {
    let shop = changed();
    let as_of = ["--as-of", "2026-01-01", "--against", "HEAD"];
    let found = facts(&shop, &as_of);
    assert_eq!(told(&found), EXPECTED);
    assert_eq!(found["args"]["against"], "HEAD");
    assert!(!shop.path().join("shop.duckdb").exists());
    // What is published has no say.
    shop.built("2026-01-01");
    assert_eq!(told(&facts(&shop, &as_of)), EXPECTED);
    let said = plan(&shop, 0, &["--against", "HEAD", "--sample", "5"]);
    for part in [
        "added: 10\n",
        "dropped: 1\n",
        "words: - customers where vip",
        "was: low",
        "Compared with `HEAD` on the same data",
    ] {
        assert!(said.contains(part), "no {part:?} in\n{said}");
    }
}

#[test]
fn a_folder_is_compared_as_a_revision_is() {
    let shop = changed();
    shop.put("old/segc.yml", "name: shop\nversion: 1\n");
    let entity = std::fs::read_to_string(shop.path().join("segments/entity.yml")).unwrap();
    shop.put("old/segments/entity.yml", &entity);
    shop.put("old/segments/spec.yml", OLD);
    let found = facts(&shop, &["--as-of", "2026-01-01", "--state", "old"]);
    assert_eq!(told(&found), EXPECTED);
    // Of a selection, only that.
    let found = facts(
        &shop,
        &[
            "--as-of",
            "2026-01-01",
            "--state",
            "old",
            "--select",
            "small",
        ],
    );
    assert_eq!(found["results"].as_array().unwrap().len(), 2);
    assert_eq!(of(&found, "small")["entered"], 1);
}

#[test]
fn a_revision_that_cannot_be_read_is_told() {
    let shop = changed();
    let said = plan(&shop, 2, &["--against", "nowhere"]);
    assert!(
        said.contains("S0402") && said.contains("`nowhere`"),
        "{said}"
    );
    let said = plan(&shop, 2, &["--against", "--output=x"]);
    assert!(!said.contains("panicked"), "{said}");
    let said = plan(&shop, 2, &["--state", "data"]);
    assert!(said.contains("segc.yml"), "{said}");
    shop.put(
        "segments/spec.yml",
        "segments:\n  - {name: vip, where: vpi}\n",
    );
    git(&shop, &["add", "."]);
    git(&shop, &["commit", "--quiet", "--message", "wrong"]);
    shop.put("segments/spec.yml", NEW);
    let said = plan(&shop, 2, &["--against", "HEAD"]);
    assert!(said.contains("has errors"), "{said}");
    assert!(said.contains("HEAD:segments/spec.yml:2:"), "{said}");
}
