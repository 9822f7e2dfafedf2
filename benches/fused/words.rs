//! The phrases that the families are written with: windows and joins in SQL, conditions as YAML values.

use serde_json::{Value, json};

pub const VALID: &str = "status IN ('paid','shipped')";
pub const ITEMS: &str =
    "order_items i JOIN orders o USING (order_id) JOIN products p USING (product_id)";
pub const ITEM_VALID: &str = "o.status IN ('paid','shipped')";
pub const KNOWN: &str = "customer_id IS NOT NULL";

pub type Days = Option<u32>;

/// `as_of - days`, as an analyst pastes it in: 2026-01-01 less so many days.
pub fn ago(days: u32) -> String {
    let day = jiff::civil::date(2026, 1, 1)
        .checked_sub(jiff::Span::new().days(i64::from(days)))
        .expect("two thousand years of calendar are enough");
    format!("TIMESTAMP '{day} 00:00:00'")
}

/// SQL: the column lies in [as_of - lo, as_of - hi).
pub fn window(column: &str, lo: Days, hi: Days) -> String {
    let mut parts = Vec::new();
    if let Some(lo) = lo {
        parts.push(format!("{column} >= {}", ago(lo)));
    }
    if let Some(hi) = hi {
        parts.push(format!("{column} < {}", ago(hi)));
    }
    if parts.is_empty() {
        "true".to_owned()
    } else {
        parts.join(" AND ")
    }
}

pub fn orders(filter: &str, lo: Days) -> String {
    format!("{filter} AND {}", window("ordered_at", lo, None))
}

pub fn events(filter: &str, lo: Days) -> String {
    format!(
        "{KNOWN} AND {filter} AND {}",
        window("occurred_at", lo, None)
    )
}

pub fn items(filter: &str, lo: Days) -> String {
    format!(
        "{ITEM_VALID} AND {filter} AND {}",
        window("o.ordered_at", lo, None)
    )
}

/// YAML: a condition about rows with the keys given, `where` and `within` left out where there are none.
pub fn rows(verb: &str, relation: &str, filter: &str, lo: Days, more: &[(&str, String)]) -> Value {
    let mut map = serde_json::Map::new();
    map.insert(verb.into(), relation.into());
    if !filter.is_empty() {
        map.insert("where".into(), filter.into());
    }
    if let Some(days) = lo {
        map.insert("within".into(), format!("{days} days").into());
    }
    for (key, value) in more {
        map.insert((*key).into(), value.clone().into());
    }
    Value::Object(map)
}

pub fn did(relation: &str, filter: &str, lo: Days) -> Value {
    rows("did", relation, filter, lo, &[])
}

pub fn did_not(relation: &str, filter: &str, lo: Days) -> Value {
    rows("did_not", relation, filter, lo, &[])
}

pub fn times(relation: &str, filter: &str, lo: Days, n: u32) -> Value {
    rows("did", relation, filter, lo, &[("times", format!(">= {n}"))])
}

/// Any aggregate with a tail.
pub fn is(aggregate: &str, target: &str, filter: &str, lo: Days, tail: String) -> Value {
    rows(aggregate, target, filter, lo, &[("is", tail)])
}

/// The last row lies between `far` and `near` days ago.
pub fn last_between(relation: &str, filter: &str, far: u32, near: u32) -> Value {
    let mut between = did(relation, filter, None);
    if let Some(map) = between.as_object_mut() {
        map.insert(
            "between".into(),
            json!([format!("{far} days"), format!("{near} days")]),
        );
    }
    json!([between, did_not(relation, filter, Some(near))])
}

pub fn in_window(filter: &str, column: &str, lo: Days) -> String {
    let mut parts = Vec::new();
    if !filter.is_empty() {
        parts.push(filter.to_owned());
    }
    if let Some(days) = lo {
        parts.push(format!("{column} >= as_of() - interval '{days}' day"));
    }
    if parts.is_empty() {
        String::new()
    } else {
        format!(" filter (where {})", parts.join(" and "))
    }
}

pub const VALID_ITEM: &str = "orders.status in ('paid', 'shipped')";

pub fn item_of(category: &str) -> String {
    format!("{VALID_ITEM} and product.category = '{category}'")
}

/// Orders that count, as a condition on their relation.
pub const OURS_VALID: &str = "status in ('paid', 'shipped')";

/// `SELECT … FROM orders WHERE … GROUP BY customer_id HAVING …`
pub fn grouped(filter: &str, having: &str) -> String {
    format!("SELECT customer_id FROM orders WHERE {filter} GROUP BY customer_id HAVING {having}")
}
