//! Measures: the YAML form and the SQL form are one; windows, filters, types and desugaring.

use super::super::words;
use super::*;
use crate::expr::{Agg, Literal, Type};
use crate::model::Window;

fn trait_type(model: &Model, name: &str) -> Type {
    let found = model.traits.iter().find(|t| t.name == name).unwrap();
    found.value.ty.clone()
}

fn at(text: &str) -> Literal {
    Literal::Timestamp(text.parse().unwrap())
}

#[test]
fn a_window_in_yaml_and_a_comparison_in_sql_are_one_measure() {
    let model = good(
        "
traits:
  - {name: a, sum: orders.total, where: channel = 'web', within: 90 days}
  - {name: b, sql: \"sum(orders.total) filter (where orders.channel = 'web' and orders.ordered_at >= as_of() - interval '90' day)\"}
  - {name: c, sum: orders.total, where: [\"ordered_at >= as_of() - interval '90' day\", orders.channel = 'web']}
",
    );
    assert_eq!(model.measures.len(), 1, "{:?}", model.measures);
    assert_eq!(
        model.measures[0].window,
        Window {
            from: Some(at("2025-11-02T00:00:00Z")),
            until: Some(at("2026-01-31T00:00:00Z")),
        }
    );
    assert_eq!(model.measures[0].filter.len(), 1);
    assert_eq!(
        words::measure(&model, &model.measures[0]),
        "sum of orders.total (channel = 'web') in [2025-11-02 … 2026-01-31)"
    );
}

#[test]
fn filters_are_sorted_and_each_conjunct_counts_once() {
    let model = good(
        "
traits:
  - {name: a, count: orders, where: [channel = 'web', total > 10]}
  - {name: b, count: orders, where: total > 10 and channel = 'web' and total > 10}
  - {name: c, sql: count(orders) filter (where orders.total > 10 and channel = 'web' and status <> 'cancelled')}
",
    );
    assert_eq!(model.measures.len(), 1, "{:#?}", model.measures);
}

#[test]
fn nothing_at_or_after_as_of_exists() {
    let model = good("traits: [{name: n, count: orders, since: 2026-01-01}]");
    assert_eq!(
        model.measures[0].window.until,
        Some(at("2026-01-31T00:00:00Z"))
    );
    let orders = model.relations.iter().find(|r| r.name == "orders").unwrap();
    assert_eq!(orders.past[0].1, at("2026-01-31T00:00:00Z"));
    // The child has no time of its own: its parent's holds.
    let items = model.relations.iter().find(|r| r.name == "items").unwrap();
    assert_eq!(items.past.len(), 1);
    assert_eq!(items.time.as_ref().unwrap().col.slot, 1);
    assert_eq!(items.filter.len(), 1);
}

#[test]
fn aggregates_have_the_types_of_the_language() {
    let model = good(
        "
traits:
  - {name: n, count: orders}
  - {name: channels, count_distinct: orders.channel}
  - {name: money, sum: orders.total}
  - {name: units, sum: orders.quantity}
  - {name: kilos, sum: orders.weight}
  - {name: aov, avg: orders.total}
  - {name: mid, median: orders.quantity}
  - {name: first_at, min: orders.ordered_at}
  - {name: first_channel, first: orders.channel}
  - {name: top_category, most_frequent: items.product.category}
  - {name: all_channels, list_distinct: orders.channel}
  - {name: ever, exists: orders}
  - {name: tenure, days_since_first: orders}
  - {name: recency, sql: days_since_last(orders)}
  - {name: rhythm, avg_days_between: orders}
  - {name: months, count_distinct: orders, of: \"date_trunc('month', ordered_at)\", within: 6 months}
  - {name: spent, sql: sum(items.quantity * items.product.price)}
  - {name: mixed, sql: sum(items.quantity * orders.total)}
  - {name: ratio, sql: \"money / nullif(n, 0)\"}
  - {name: channel_or, last: orders.channel, default: \"'none'\"}
  - {name: aov_or, avg: orders.total, default: 0}
",
    );
    let decimal = |scale| Type::Decimal {
        precision: 38,
        scale,
    };
    for (name, ty) in [
        ("n", Type::Int),
        ("channels", Type::Int),
        ("money", decimal(2)),
        ("units", Type::Int),
        ("kilos", Type::Float),
        ("aov", Type::Float),
        ("mid", Type::Float),
        ("first_at", Type::Timestamp),
        ("first_channel", Type::String),
        ("top_category", Type::String),
        ("all_channels", Type::Array(Box::new(Type::String))),
        ("ever", Type::Boolean),
        ("tenure", Type::Int),
        ("recency", Type::Int),
        ("rhythm", Type::Float),
        ("months", Type::Int),
        ("spent", decimal(2)),
        ("mixed", decimal(2)),
        ("ratio", Type::Float),
        ("channel_or", Type::String),
        ("aov_or", Type::Float),
    ] {
        assert_eq!(trait_type(&model, name), ty, "{name}");
    }
    let mixed = model
        .measures
        .iter()
        .filter(|m| m.agg == Agg::Sum)
        .filter(|m| model.relations[m.relation.index()].name == "items")
        .count();
    assert_eq!(mixed, 2);
}

#[test]
fn strict_bounds_and_betweens_become_half_open_windows() {
    let model = good(
        "
traits:
  - {name: a, count: visits, where: \"visited_on > date '2026-01-10' and visited_on <= date '2026-01-20'\"}
  - {name: b, count: visits, where: \"visited_on between date '2026-01-11' and date '2026-01-20'\"}
  - {name: c, count: visits, since: 2026-01-11, until: 2026-01-21}
",
    );
    assert_eq!(model.measures.len(), 1, "{:#?}", model.measures);
}

#[test]
fn as_of_in_the_middle_of_a_day_gives_whole_days_on_dates() {
    let project = project_at(
        &[
            SHOP,
            "
traits:
  - {name: a, count: visits, within: 7 days}
  - {name: b, sql: count(visits) filter (where visited_on >= as_of() - interval '7' day)}
",
        ],
        "2026-01-31T09:00:00Z",
        "UTC",
        &Catalog::default(),
    );
    assert_eq!(project.messages(), Vec::<String>::new());
    let day = |d: &str| Some(Literal::Date(d.parse().unwrap()));
    assert_eq!(
        project.model.measures[0].window,
        Window {
            from: day("2026-01-25"),
            until: day("2026-02-01"),
        }
    );
    assert_eq!(
        project.model.measures.len(),
        1,
        "{:#?}",
        project.model.measures
    );
}

#[test]
fn names_are_found_in_any_case_but_exactly_first() {
    let model =
        good("traits: [{name: is_loyal, sql: loyal}, {name: is_loyal2, sql: customer.Loyal}]");
    assert_eq!(model.traits[0].value, model.traits[1].value);
}

#[test]
fn lookups_chain_from_entities_and_rows() {
    let model = good(
        "
traits:
  - {name: region, sql: home_store.region.title}
  - {name: city, sql: customer.home_store.city}
  - {name: n, count: items, where: orders.store.city = 'Oslo' and product.category = 'shoes' and orders.channel = 'web'}
",
    );
    let items = model.relations.iter().find(|r| r.name == "items").unwrap();
    let slots: Vec<&str> = items.frame.slots.iter().map(|s| s.name.as_str()).collect();
    assert_eq!(slots, ["items", "orders", "orders.store", "product"]);
    assert_eq!(items.frame.slots[2].join.as_ref().unwrap().from, 1);
    assert_eq!(items.owner[0].1.slot, 1);
}

#[test]
fn a_definition_hash_follows_what_is_referred_to() {
    let hashes = |spec: &str| -> Vec<String> {
        let model = good(spec);
        ["vip", "again"]
            .iter()
            .map(|name| {
                let found = model.segments.iter().find(|s| s.name == *name).unwrap();
                found.definition_hash.clone()
            })
            .collect()
    };
    let spec = |limit: u32, described: &str| {
        format!(
            "
traits: [{{name: money, sum: orders.total}}]
segments:
  - {{name: vip, description: {described}, where: money > {limit}}}
  - {{name: again, where: [{{in: vip}}, {{did: visits}}]}}
"
        )
    };
    let first = hashes(&spec(100, "a"));
    assert_eq!(first, hashes(&spec(100, "b")));
    let other = hashes(&spec(101, "a"));
    assert_ne!(first[0], other[0]);
    assert_ne!(first[1], other[1]);
    assert_eq!(first[0].len(), 64);
}
