//! From YAML text to a model: what must be true of names, measures, predicates, references and messages.

mod errors;
mod measures;
mod segments;
mod shapes;
mod words;

use super::resolve::resolve;
use super::typing::Context;
use super::{Catalog, Model};
use crate::diag::Diagnostics;
use crate::source::SourceMap;
use crate::spec::settings::{self, WeekStart};
use crate::spec::{self, Spec};
use crate::yaml;
use jiff::tz::TimeZone;

/// A shop: customers with a store, orders with items and products, visits by date, addresses without time.
const SHOP: &str = "
entities:
  - name: customer
    table: shop.customers
    key: customer_id
    columns: {customer_id: int, country: string, birth_date: date, email: string, email_opt_in: boolean, store_id: int, Loyal: boolean, profile: json}
    channels: {email: email_opt_in and email is not null}
    lookups:
      - name: home_store
        table: shop.stores
        on: store_id
        columns: {store_id: int, city: string, region_id: int}
        lookups:
          - {name: region, table: shop.regions, on: region_id, columns: {region_id: int, title: string}}
    relations:
      - name: orders
        table: shop.orders
        on: customer_id
        key: order_id
        time: ordered_at
        where: status <> 'cancelled'
        columns: {order_id: int, customer_id: int, ordered_at: timestamp, status: string, total: 'decimal(12,2)', channel: string, weight: float, quantity: int}
        lookups:
          - {name: store, table: shop.stores, on: {quantity: store_id}}
      - name: items
        table: shop.items
        via: orders
        on: order_id
        columns: {order_id: int, product_id: int, price: 'decimal(12,2)', quantity: int}
        lookups:
          - {name: product, table: shop.products, on: product_id, columns: {product_id: int, category: string, price: 'decimal(12,2)'}}
      - name: visits
        table: shop.visits
        on: {customer_id: visitor}
        time: visited_on
        columns: {visitor: int, visited_on: date, page: string}
      - name: addresses
        table: shop.addresses
        on: customer_id
        columns: {customer_id: int, city: string}
";

struct Project {
    model: Model,
    diags: Diagnostics,
    sources: SourceMap,
}

fn read(texts: &[&str]) -> (Spec, Diagnostics, SourceMap) {
    let (mut sources, mut diags) = (SourceMap::default(), Diagnostics::default());
    let nodes: Vec<_> = texts
        .iter()
        .enumerate()
        .map(|(i, text)| {
            let id = sources.add(format!("{i}.yml"), *text);
            yaml::parse(id, text, &mut diags)
        })
        .collect();
    let spec = spec::read(&nodes, &[], &mut diags);
    (spec, diags, sources)
}

fn context(as_of: &str, zone: &str) -> Context {
    Context {
        as_of: as_of.parse().unwrap(),
        time_zone: TimeZone::get(zone).unwrap(),
        week_start: WeekStart::Monday,
        vars: Vec::new(),
    }
}

fn project_at(texts: &[&str], as_of: &str, zone: &str, catalog: &Catalog) -> Project {
    let (spec, mut diags, sources) = read(texts);
    let settings = settings();
    let ctx = context(as_of, zone);
    let model = resolve(&spec, &settings, catalog, &ctx, &mut diags);
    diags.finish(false);
    Project {
        model,
        diags,
        sources,
    }
}

/// The shop and more specs, at midnight of 31 January 2026, UTC.
fn shop(more: &str) -> Project {
    project_at(
        &[SHOP, more],
        "2026-01-31T00:00:00Z",
        "UTC",
        &Catalog::default(),
    )
}

/// [`shop`], where nothing is wrong.
fn good(more: &str) -> Model {
    let project = shop(more);
    assert_eq!(project.messages(), Vec::<String>::new());
    project.model
}

fn settings() -> settings::Settings {
    let mut diags = Diagnostics::default();
    let mut sources = SourceMap::default();
    let text = "name: shop\nversion: 1\n";
    let id = sources.add("segc.yml", text);
    let node = yaml::parse(id, text, &mut diags);
    settings::read(&node, &|_| None, &mut diags).expect("the settings are fine")
}

impl Project {
    /// "S0210 1.yml:3:4 message | label | help"
    fn messages(&self) -> Vec<String> {
        self.diags
            .iter()
            .map(|d| {
                let place = d.labels.first().map_or_else(String::new, |l| {
                    let at = self.sources.position(l.span.file, l.span.start);
                    let path = self.sources.get(l.span.file).map_or("", |f| &f.path);
                    format!(
                        "{path}:{}:{} `{}`",
                        at.line,
                        at.column,
                        self.sources.text(l.span)
                    )
                });
                let label = d.labels.first().map_or("", |l| &l.text);
                let help = d.help.as_deref().unwrap_or("");
                format!("{} {place} {} | {label} | {help}", d.code.id, d.message)
            })
            .collect()
    }
}
