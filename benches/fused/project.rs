//! The shop as a project of segc.

use super::others::TRAITS;
use super::segments::Segment;
use std::fs;
use std::path::{Path, PathBuf};

/// Writes its files into a folder.
pub fn write(work: &Path, made: &[Segment]) {
    let folder: PathBuf = work.join("segments");
    fs::create_dir(&folder).expect("the project's folder can be made");
    let mut text = String::from("segments:\n");
    for segment in made {
        // JSON is YAML
        text.push_str(&format!(
            "  - {{name: {}, where: {}}}\n",
            segment.name, segment.condition
        ));
    }
    fs::write(work.join("segc.yml"), SETTINGS).expect("segc.yml can be written");
    fs::write(folder.join("entities.yml"), format!("{ENTITIES}{TRAITS}"))
        .expect("the entities can be written");
    fs::write(folder.join("segments.yml"), text).expect("the segments can be written");
}

const SETTINGS: &str = "name: shop
version: 1
time_zone: UTC
as_of: 2026-01-01
targets:
  dev: {type: duckdb, path: shop.duckdb}
";

const ENTITIES: &str = "entities:
  - name: customer
    table: main.customers
    key: customer_id
    columns:
      {customer_id: int, email: string, country: string, signup_at: datetime, birth_date: date, gender: string,
       marketing_opt_in: boolean, plan: string, loyalty_points: int, deleted_at: datetime}
    relations:
      - name: orders
        table: main.orders
        on: customer_id
        key: order_id
        time: ordered_at
        columns:
          {order_id: int, customer_id: int, ordered_at: datetime, status: string, channel: string, amount: 'decimal(12,2)',
           coupon: string, payment_method: string}
      - name: items
        table: main.order_items
        via: orders
        on: order_id
        key: order_item_id
        columns: {order_item_id: int, order_id: int, product_id: int, quantity: int, unit_price: 'decimal(12,2)'}
        lookups: [{name: product, table: main.products, on: product_id, columns: {product_id: int, category: string, brand: string}}]
      - name: events
        table: main.events
        on: customer_id
        key: event_id
        time: occurred_at
        columns:
          {event_id: int, customer_id: int, event_type: string, occurred_at: datetime, product_id: int, device: string,
           utm_source: string}
        lookups: [{name: product, table: main.products, on: product_id, columns: {product_id: int, category: string, brand: string}}]
";
