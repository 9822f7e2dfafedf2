//! `segc plan` and the guards, from the command line: what a build would do is what it does, and nothing is left behind.

mod against;
mod guards;
mod plans;
mod sources;

use crate::people::{ENTITY, Shop};
use std::fmt::Write as _;

/// A shop without `guards:` of its own, whose customers are numbered from 1; the first `vips` are.
fn shop(spec: &str, customers: u32, vips: u32) -> Shop {
    let shop = Shop::new(ENTITY, spec, "");
    shop.put(
        "segc.yml",
        "name: shop\nversion: 1\ntargets: {dev: {type: duckdb, path: shop.duckdb}}\n",
    );
    stock(&shop, customers, vips);
    shop
}

fn stock(shop: &Shop, customers: u32, vips: u32) {
    let mut text = "customer_id,vip\n".to_owned();
    for n in 1..=customers {
        writeln!(text, "{n},{}", n <= vips).unwrap();
    }
    shop.put("data/customers.csv", &text);
}

/// `segc plan` with a status, and what it said.
fn plan(shop: &Shop, status: i32, args: &[&str]) -> String {
    let args: Vec<&str> = ["plan"].iter().chain(args).copied().collect();
    let (code, said) = shop.segc(&args);
    assert_eq!(code, Some(status), "{said}");
    said
}

/// The results of a plan.
fn facts(shop: &Shop, args: &[&str]) -> serde_json::Value {
    let args: Vec<&str> = ["plan", "--format", "json", "--quiet"]
        .iter()
        .chain(args)
        .copied()
        .collect();
    shop.segc(&args);
    let text = std::fs::read_to_string(shop.path().join("target/run_results.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

/// What a plan says of a segment.
fn of<'a>(facts: &'a serde_json::Value, segment: &str) -> &'a serde_json::Value {
    let id = format!("segment.shop.{segment}");
    let nodes = facts["results"].as_array().unwrap();
    nodes
        .iter()
        .find(|n| n["unique_id"] == id.as_str())
        .unwrap_or_else(|| panic!("no {segment} in {facts:#}"))
}
