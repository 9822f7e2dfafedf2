//! Every kind of condition and value in plain words: a table that grows with the language.

use super::super::{SegmentId, words};
use super::good;

/// Conditions as written.
const CONDITIONS: &[&str] = &[
    "{did: orders}",
    "{did: orders, times: '>= 3'}",
    "{did: orders, times: '= 1'}",
    "{did: orders, times: between 2 and 4}",
    "{did: orders, where: channel = 'web', within: 90 days}",
    "{did: visits, during: last month}",
    "{did: visits, before: 30 days}",
    "{did: addresses}",
    "{did_not: orders}",
    "{did_not: orders, within: 90 days}",
    "{not: {did: orders, times: '>= 3'}}",
    "{first_time: orders, within: 30 days}",
    "{not: {first_time: orders, within: 30 days}}",
    "{sum: orders.total, is: '>= 500', within: 90 days}",
    "{avg: orders.total, is: 'between 3 and 5'}",
    "{count_distinct: items.product.category, is: '> 2'}",
    "{last: orders.channel, is: \"in ('web', 'app')\"}",
    "{most_frequent: items.product.category, is: is null}",
    "{days_since_last: orders, is: '> 30'}",
    "{stopped: visits, active: 90 days, quiet: 30 days}",
    "{restarted: visits, active: 90 days, quiet: 30 days}",
    "{regularly: orders, every: 1 month, periods: 3 of 6}",
    "country in ('US', 'CA') or Loyal",
    "revenue >= 500",
    "aov > 20 and revenue < 100",
    "not Loyal",
    "{all: [Loyal, {did: orders}]}",
    "{any: [Loyal, {did: orders}]}",
    "{none: [Loyal, {did: orders}]}",
    "{not: {all: [Loyal, {did: orders}]}}",
    "{at_least: 2, of: [Loyal, {did: orders}, {did: visits}]}",
    "{at_most: 1, of: [Loyal, {did: orders}]}",
    "{exactly: 1, of: [Loyal, {did: orders}]}",
    "{in: base}",
    "{not_in: [base, life.active]}",
    "{in: life.quiet}",
    "{in: test.a}",
    "{top: 10%, by: revenue, among: revenue > 0}",
    "{bottom: 100, by: revenue, per: country, ties: include}",
    "place <= 3",
    "third = 5",
    "revenue > usual",
    "{sequence: [{did: orders, where: total > 100, within: 30 days}, {did_not: items}, {did: orders, within: 7 days}], total: 14 days}",
    "{sequence: [{did: items}, {did_not: orders, within: 7 days}]}",
    "{entered: base, within: 7 days}",
    "{exited: base, within: 7 days}",
    "{member_for: {base: '>= 30 days'}}",
];

const AROUND: &str = "
traits:
  - {name: revenue, sum: orders.total}
  - {name: aov, sql: 'revenue / nullif(count(orders), 0)'}
  - {name: place, rank: revenue}
  - {name: third, quintile: revenue, among: revenue > 0}
  - {name: usual, population: {quantile: revenue, at: 0.9}}
groups:
  - name: life
    cases: [{name: active, where: {did: orders, within: 90 days}}, {name: lapsed, where: {did: orders}}]
    otherwise: quiet
splits:
  - {name: test, of: base, salt: s, arms: {a: 50%, b: 50%}}
segments:
  - {name: base, where: Loyal}
";

#[test]
fn every_condition_has_its_words() {
    let segments: String = CONDITIONS
        .iter()
        .enumerate()
        .map(|(n, condition)| format!("  - name: c{n}\n    where: {}\n", written(condition)))
        .collect();
    let model = good(&format!("{AROUND}{segments}"));
    let mut text = String::new();
    for (n, condition) in CONDITIONS.iter().enumerate() {
        let name = format!("c{n}");
        let at = model.segments.iter().position(|s| s.name == name).unwrap();
        let said = words::segment(&model, SegmentId(u32::try_from(at).unwrap()));
        text.push_str(&format!("{condition}\n    {}\n", said.join("\n    ")));
    }
    for t in &model.traits {
        let value = words::value(&model, t.entity, &t.value);
        text.push_str(&format!("trait {}\n    {value}\n", t.name));
    }
    insta::assert_snapshot!(text);
}

/// A condition as a YAML value.
fn written(condition: &str) -> String {
    if condition.starts_with('{') {
        condition.to_owned()
    } else {
        format!("\"{condition}\"")
    }
}
