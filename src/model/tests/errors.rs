//! What is wrong is said at its own place, with what was expected and a cure, and all of it in one run.

use super::*;
use crate::expr::Type;
use crate::model::{CatalogColumn, TableSource};

fn messages(more: &str) -> Vec<String> {
    shop(more).messages()
}

/// The only message begins with `code`, points at `place` and contains `words`.
#[track_caller]
fn one(more: &str, code: &str, place: &str, words: &[&str]) {
    let all = messages(more);
    assert_eq!(all.len(), 1, "{all:#?}");
    let found = &all[0];
    assert!(found.starts_with(code), "{found}");
    assert!(found.contains(&format!("`{place}`")), "{found}");
    for word in words {
        assert!(found.contains(word), "{word}: {found}");
    }
}

#[test]
fn unknown_columns_are_shown_where_they_stand() {
    one(
        "traits: [{name: a, sum: orders.totl}]",
        "S0210",
        "totl",
        &[
            "unknown column `totl` in relation `orders`",
            "orders has: order_id, customer_id",
            "did you mean `total`?",
        ],
    );
    one(
        "segments: [{name: a, where: contry = 'US'}]",
        "S0210",
        "contry",
        &["entity `customer`", "did you mean `country`?"],
    );
    one(
        "segments: [{name: a, where: [{did: items, where: product.categry = 'x'}]}]",
        "S0210",
        "categry",
        &["did you mean `category`?"],
    );
    one(
        "segments: [{name: a, where: Loyal, expose: [emial]}]",
        "S0210",
        "emial",
        &["did you mean `email`?"],
    );
}

#[test]
fn unknown_relations_segments_channels_and_lookups() {
    one(
        "segments: [{name: a, where: [{did: order}]}]",
        "S0302",
        "order",
        &["orders, items, visits, addresses", "did you mean `orders`?"],
    );
    one(
        "segments: [{name: a, where: count(ordrs) > 1}]",
        "S0302",
        "ordrs",
        &["did you mean `orders`?"],
    );
    one(
        "segments: [{name: vip, where: Loyal}, {name: a, where: [{in: vpi}]}]",
        "S0303",
        "vpi",
        &["did you mean `vip`?"],
    );
    one(
        "segments: [{name: a, where: [{in: g}]}]\ngroups: [{name: g, cases: [{name: x, where: Loyal}], otherwise: y}]",
        "S0303",
        "g",
        &["its cases are: x, y", "`g.x`"],
    );
    one(
        "segments: [{name: a, where: Loyal, channels: [mail]}]",
        "S0305",
        "mail",
        &["did you mean `email`?"],
    );
    one(
        "segments: [{name: a, where: home_stor.city = 'Oslo'}]",
        "S0304",
        "home_stor",
        &[
            "home_store, home_store.region",
            "did you mean `home_store`?",
        ],
    );
}

#[test]
fn a_relation_needs_an_aggregate() {
    one(
        "segments: [{name: a, where: orders.total > 5}]",
        "S03",
        "orders.total",
        &["many values", "max(orders.total)"],
    );
    one(
        "segments: [{name: a, where: sum(total) > 5}]",
        "S03",
        "total",
        &["does not say over which relation", "sum(orders."],
    );
    one(
        "segments: [{name: a, where: count(*) > 5}]",
        "S03",
        "count(*)",
        &["`count(orders)`"],
    );
    one(
        "segments: [{name: a, where: sum(orders.total + visits.visitor) > 5}]",
        "S03",
        "visits",
        &["two relations"],
    );
    one(
        "segments: [{name: a, where: [{did: orders, where: total > avg(orders.total)}]}]",
        "S0219",
        "avg(orders.total)",
        &["trait"],
    );
}

#[test]
fn aggregates_ask_for_fitting_types() {
    one(
        "traits: [{name: a, sum: orders.status}]",
        "S03",
        "orders.status",
        &[
            "`sum` takes numbers, not a string",
            "total, weight, quantity",
        ],
    );
    one(
        "traits: [{name: a, sum: orders}]",
        "S03",
        "orders",
        &["order_id"],
    );
    one(
        "traits: [{name: a, max: items.product}]",
        "S0210",
        "product",
        &["relation `items`"],
    );
}

#[test]
fn windows_need_time() {
    one(
        "segments: [{name: a, where: [{did: addresses, within: 30 days}]}]",
        "S03",
        "within: 30 days",
        &["relation `addresses` has none"],
    );
    one(
        "traits: [{name: a, last: addresses.city}]",
        "S03",
        "last",
        &["`last` needs a time"],
    );
    one(
        "segments: [{name: a, where: [{did: visits, within: 12 hours}]}]",
        "S0220",
        "within: 12 hours",
        &["date"],
    );
}

#[test]
fn circles_print_each_step() {
    let all = messages(
        "
segments:
  - {name: a, where: [ {in: b} ]}
  - {name: b, where: [ {not_in: c} ]}
  - {name: c, where: [ {in: a} ]}
traits:
  - {name: x, sql: y + 1}
  - {name: y, sql: x + 1}
",
    );
    assert_eq!(all.len(), 2, "{all:#?}");
    assert!(all[0].contains("a -> b -> c -> a"), "{all:#?}");
    assert!(all[1].contains("x -> y -> x"), "{all:#?}");
}

#[test]
fn a_trait_inside_an_aggregate_is_no_circle() {
    good("traits: [{name: total, sql: sum(orders.total) filter (where total > 3)}]");
}

#[test]
fn leaves_must_be_booleans() {
    one(
        "segments: [{name: a, where: birth_date}]",
        "S0214",
        "birth_date",
        &["type date"],
    );
}

#[test]
fn one_name_is_one_thing() {
    one(
        "traits: [{name: country, sql: upper(email)}]",
        "S03",
        "country",
        &["a column of `customer` already"],
    );
    one(
        "traits: [{name: run_id, count: orders}]",
        "S03",
        "run_id",
        &[],
    );
    one(
        "segments: [{name: a, where: Loyal, expose: [customer_id]}]",
        "S03",
        "customer_id",
        &["already"],
    );
}

#[test]
fn traits_that_grow_without_end_are_refused() {
    let mut spec = "traits:\n  - {name: t0, sql: age(birth_date) + 1}\n".to_owned();
    for i in 1..40 {
        spec.push_str(&format!(
            "  - {{name: t{i}, sql: t{0} + t{0} + t{0}}}\n",
            i - 1
        ));
    }
    let all = messages(&spec);
    assert_eq!(all.len(), 1, "{all:#?}");
    assert!(all[0].contains("10000 parts"), "{all:#?}");
}

#[test]
fn joins_and_keys_are_never_cast() {
    let all = project_at(
        &["
entities:
  - name: customer
    table: customers
    key: profile
    columns: {profile: json, name: string}
  - name: account
    table: accounts
    key: account_id
    columns: {account_id: int, owner: string, code: string}
    lookups:
      - {name: city, table: cities, on: {code: city_id}, columns: {city_id: int}}
    relations:
      - {name: calls, table: calls, on: account_id, columns: {account_id: string, at: string}, time: at}
      - {name: mails, table: mails, on: {owner: address}, columns: {address: string}}
"],
        "2026-01-31T00:00:00Z",
        "UTC",
        &Catalog::default(),
    )
    .messages();
    assert_eq!(all.len(), 5, "{all:#?}");
    assert!(
        all[0].contains("the key of entity `customer` cannot be a json"),
        "{all:#?}"
    );
    assert!(
        all.iter().any(|m| m
            .contains("`code` of `account` is a string, but `city_id` of lookup `city` is an int")),
        "{all:#?}"
    );
    assert!(
        all.iter()
            .any(|m| m.contains("relation `calls` is a string")),
        "{all:#?}"
    );
    assert!(
        all.iter()
            .any(|m| m.contains("time of relation `calls` cannot be a string")),
        "{all:#?}"
    );
    assert!(
        all.iter().any(|m| m.contains("not the key of `account`")),
        "{all:#?}"
    );
}

#[test]
fn the_catalog_and_the_declarations_must_agree() {
    let catalog = Catalog {
        missing: Vec::new(),
        tables: vec![(
            TableSource::Named(vec!["customers".into()]),
            [
                ("Customer_ID", Type::Int),
                ("born", Type::Timestamp),
                ("spend", Type::Int),
            ]
            .map(|(name, ty)| CatalogColumn {
                name: name.into(),
                ty,
                is_record: false,
            })
            .to_vec(),
        )],
    };
    let project = project_at(
        &["
entities:
  - name: customer
    table: customers
    key: customer_id
    columns: {born: date, spend: float, missing: int}
segments: [{name: a, where: spend > 0.5}]
"],
        "2026-01-31T00:00:00Z",
        "UTC",
        &catalog,
    );
    let all = project.messages();
    assert_eq!(all.len(), 2, "{all:#?}");
    assert!(
        all[0].contains(
            "`date` column `born` of table `customers` is declared date but is timestamp"
        ),
        "{all:#?}"
    );
    assert!(all[1].contains("no column `missing`"), "{all:#?}");
    assert_eq!(project.model.entities[0].key, "Customer_ID");
}

#[test]
fn tables_nobody_knows_are_said_once() {
    let all = project_at(
        &["
entities: [{name: customer, table: customers, key: id}]
segments: [{name: a, where: x > 0.5 and y}]
"],
        "2026-01-31T00:00:00Z",
        "UTC",
        &Catalog::default(),
    )
    .messages();
    assert_eq!(all.len(), 1, "{all:#?}");
    assert!(all[0].contains("the columns of table `customers` are not known"));
}

#[test]
fn all_errors_of_a_segment_are_reported() {
    let all = messages(
        "
segments:
  - name: a
    where:
      - contry = 'US'
      - {did: ordrs}
      - {sum: orders.totl, is: '> 3', where: chanel = 'web'}
    expose: [nothing_like_it]
",
    );
    assert_eq!(all.len(), 5, "{all:#?}");
}
