//! A project of many mixed segments: windows, counts, sums, categories, and every third refers to another one.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

/// Files of 500 segments each, written as people write them.
pub(crate) fn write(folder: &Path, n: usize) {
    let specs = folder.join("segments");
    fs::create_dir(&specs).expect("the project's folder can be made");
    fs::write(folder.join("segc.yml"), SETTINGS).expect("segc.yml can be written");
    fs::write(specs.join("customer.yml"), ENTITY).expect("the entity can be written");
    for (file, start) in (0..n).step_by(500).enumerate() {
        let mut text = String::from("segments:\n");
        for i in start..n.min(start + 500) {
            segment(&mut text, i);
        }
        fs::write(specs.join(format!("segments_{file:03}.yml")), text)
            .expect("the segments can be written");
    }
}

const SETTINGS: &str = "name: many
version: 1
time_zone: America/New_York
as_of: 2026-01-01
targets:
  dev: {type: duckdb, path: many.duckdb}
vars: {big: 500}
";

const ENTITY: &str = "entities:
  - name: customer
    table: shop.customers
    key: customer_id
    columns:
      {customer_id: int, country: string, plan: string, signup_at: datetime, birth_date: date, opt_in: boolean,
       email: string, points: int, is_deleted: boolean}
    suppress: [is_deleted]
    channels: {email: opt_in and email is not null}
    relations:
      - name: orders
        table: shop.orders
        on: customer_id
        key: order_id
        time: ordered_at
        where: status in ('paid', 'shipped')
        columns:
          {order_id: int, customer_id: int, ordered_at: datetime, status: string, channel: string,
           amount: 'decimal(12,2)', coupon: string}
      - name: items
        table: shop.order_items
        via: orders
        on: order_id
        key: item_id
        columns: {item_id: int, order_id: int, product_id: int, quantity: int, unit_price: 'decimal(12,2)'}
        lookups:
          - name: product
            table: shop.products
            on: product_id
            columns: {product_id: int, category: string, brand: string}
      - name: events
        table: shop.events
        on: customer_id
        key: event_id
        time: occurred_at
        columns: {event_id: int, customer_id: int, occurred_at: timestamp, kind: string, device: string}
traits:
  - {name: revenue_365d, sum: orders.amount, within: 365 days}
  - {name: order_count, count: orders}
  - {name: aov, sql: 'sum(orders.amount) / nullif(order_count, 0)'}
  - {name: last_order_at, max: orders.ordered_at}
";

fn segment(text: &mut String, i: usize) {
    let days = [7, 30, 60, 90, 180, 365, 730][i % 7];
    let number = 1 + i / 12 % 40;
    let country = ["US", "GB", "DE", "FR", "CA", "NL", "SE", "JP"][i / 3 % 8];
    let category = [
        "shoes", "books", "toys", "garden", "music", "office", "pets",
    ][i / 5 % 7];
    let kind = ["page_view", "search", "add_to_cart", "email_open"][i / 7 % 4];
    let _ = write!(
        text,
        "  - name: segment_{i:05}\n    title: Segment {i}\n    description: One of many.\n    owner: crm\n    tags: [generated, t{}]\n    \
         expose: [country, revenue_365d]\n    channels: [email]\n    action: Write to them\n    kpi: Orders within 30 days\n    where:\n",
        i % 10
    );
    let _ = match i % 12 {
        0 => writeln!(
            text,
            "      - country in ('{country}', 'US') and revenue_365d >= {}",
            number * 25
        ),
        1 => writeln!(
            text,
            "      - {{did: orders, where: channel = 'web' and amount > {number}, within: {days} days, times: '>= 2'}}"
        ),
        2 => writeln!(
            text,
            "      - {{did: orders}}\n      - {{did_not: orders, within: {days} days}}"
        ),
        3 => writeln!(
            text,
            "      - sum: orders.amount\n        within: {days} days\n        is: '>= {}'",
            number * 20
        ),
        4 => writeln!(
            text,
            "      - any:\n          - {{did: items, where: product.category = '{category}', within: {days} days}}\n          - plan = 'pro'"
        ),
        5 => writeln!(
            text,
            "      - at_least: 2\n        of:\n          - {{did: events, where: kind = '{kind}', within: {days} days}}\n          \
                     - {{did: orders, times: '>= {number}'}}\n          - age(birth_date) >= {}",
            18 + number
        ),
        6 => writeln!(
            text,
            "      - {{first_time: orders, within: {days} days}}\n      - opt_in"
        ),
        7 => writeln!(
            text,
            "      - {{count_distinct: items.product.category, within: {days} days, is: between 2 and {}}}",
            number + 2
        ),
        8 => writeln!(
            text,
            "      - none:\n          - {{did: events, where: \"device = 'mobile'\", within: {days} days}}\n          - points < {number}"
        ),
        9 => writeln!(
            text,
            "      - count(orders) filter (where orders.ordered_at >= as_of() - interval '{days}' day) > {number}"
        ),
        10 => writeln!(
            text,
            "      - {{last: orders.channel, is: \"= 'store'\"}}\n      - {{sum: items, of: quantity * unit_price, where: product.brand = 'b{number}', is: '> 100'}}"
        ),
        _ => writeln!(
            text,
            "      - {{avg: orders.amount, since: 2025-0{}-01, is: '> {number}'}}\n      - not: {{did: events, during: last month}}",
            1 + number % 9
        ),
    };
    if i >= 3 && i.is_multiple_of(3) {
        let other = i - 1 - (i / 3) % 3;
        let verb = if i.is_multiple_of(2) { "in" } else { "not_in" };
        let _ = writeln!(text, "      - {verb}: segment_{other:05}");
    }
}
