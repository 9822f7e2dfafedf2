//! The families about events, and those across orders and events.

use super::words::*;
use serde_json::{Value, json};

fn grouped_events(filter: &str, having: &str) -> String {
    format!("SELECT customer_id FROM events WHERE {filter} GROUP BY customer_id HAVING {having}")
}

pub fn family(family: &str, k: usize) -> Option<(String, Value)> {
    let ty = |t: &str| format!("event_type = '{t}'");
    Some(match family {
        "e_count" => {
            let (t, d, n) = *[
                ("product_view", 30, 5),
                ("search", 90, 3),
                ("page_view", 7, 5),
                ("email_open", 180, 3),
                ("add_to_cart", 90, 2),
                ("product_view", 365, 20),
            ]
            .get(k)?;
            (
                grouped_events(&events(&ty(t), Some(d)), &format!("count(*) >= {n}")),
                times("events", &ty(t), Some(d), n),
            )
        }
        "e_a_not_b" => {
            let (a, b, n, d) = *[
                ("add_to_cart", "purchase", 2, 90),
                ("product_view", "add_to_cart", 5, 90),
                ("email_open", "email_click", 2, 180),
                ("search", "purchase", 3, 180),
                ("product_view", "purchase", 4, 30),
                ("page_view", "search", 10, 365),
            ]
            .get(k)?;
            (
                grouped_events(
                    &events(&format!("event_type IN ('{a}','{b}')"), Some(d)),
                    &format!(
                        "count(*) FILTER ({}) >= {n} AND count(*) FILTER ({}) = 0",
                        ty(a),
                        ty(b)
                    ),
                ),
                json!([
                    times("events", &ty(a), Some(d), n),
                    did_not("events", &ty(b), Some(d))
                ]),
            )
        }
        "e_dormant" => {
            let (a, b) = *[
                (30, 90),
                (90, 180),
                (7, 30),
                (180, 365),
                (14, 30),
                (60, 120),
            ]
            .get(k)?;
            (
                grouped_events(KNOWN, &window("max(occurred_at)", Some(b), Some(a))),
                last_between("events", "", b, a),
            )
        }
        "e_never" => {
            let (t, d) = *[
                ("search", 90),
                ("email_open", 30),
                ("add_to_cart", 180),
                ("purchase", 365),
                ("product_view", 30),
                ("email_click", 365),
            ]
            .get(k)?;
            (
                format!(
                    "SELECT c.customer_id FROM customers c WHERE c.signup_at < {} AND NOT EXISTS (SELECT 1 FROM events e WHERE e.customer_id = c.customer_id AND e.event_type = '{t}')",
                    ago(d)
                ),
                json!([
                    format!("signup_at < as_of() - interval '{d}' day"),
                    did_not("events", &ty(t), None)
                ]),
            )
        }
        "e_days" => {
            let (d, n) = *[(30, 3), (90, 5), (7, 2), (30, 5), (90, 10), (14, 3)].get(k)?;
            (
                grouped_events(
                    &events("true", Some(d)),
                    &format!("count(DISTINCT occurred_at::DATE) >= {n}"),
                ),
                rows(
                    "count_distinct",
                    "events",
                    "",
                    Some(d),
                    &[
                        ("of", "date_trunc('day', occurred_at)".into()),
                        ("is", format!(">= {n}")),
                    ],
                ),
            )
        }
        "e_view_cat" => {
            let (c, d, n) = *[
                ("shoes", 30, 2),
                ("electronics", 90, 3),
                ("toys", 30, 1),
                ("furniture", 180, 3),
                ("jewelry", 90, 2),
                ("sports", 365, 4),
            ]
            .get(k)?;
            (
                format!(
                    "SELECT e.customer_id FROM events e JOIN products p USING (product_id) WHERE e.customer_id IS NOT NULL AND e.event_type = 'product_view' AND p.category = '{c}' AND {} GROUP BY 1 HAVING count(*) >= {n}",
                    window("e.occurred_at", Some(d), None)
                ),
                times(
                    "events",
                    &format!("event_type = 'product_view' and product.category = '{c}'"),
                    Some(d),
                    n,
                ),
            )
        }
        "e_device_only" => {
            let (v, d, n) = *[
                ("mobile", 90, 5),
                ("desktop", 90, 5),
                ("tablet", 180, 3),
                ("mobile", 30, 3),
                ("desktop", 365, 10),
                ("tablet", 90, 2),
            ]
            .get(k)?;
            (
                grouped_events(
                    &events("true", Some(d)),
                    &format!(
                        "count(*) FILTER (device = '{v}') >= {n} AND count(*) FILTER (device <> '{v}') = 0"
                    ),
                ),
                json!([
                    times("events", &format!("device = '{v}'"), Some(d), n),
                    did_not("events", &format!("device <> '{v}'"), Some(d))
                ]),
            )
        }
        "e_utm" => {
            let (u, d, n) = *[
                ("google", 180, 3),
                ("facebook", 180, 3),
                ("newsletter", 90, 2),
                ("tiktok", 90, 2),
                ("partner", 365, 4),
                ("google", 30, 2),
            ]
            .get(k)?;
            let filter = format!("utm_source = '{u}'");
            (
                grouped_events(&events(&filter, Some(d)), &format!("count(*) >= {n}")),
                times("events", &filter, Some(d), n),
            )
        }
        "x_prop_order_event" => {
            let (c, d, x, t, d2) = *[
                ("US", 365, 300, "email_open", 90),
                ("GB", 180, 200, "search", 30),
                ("DE", 90, 100, "product_view", 30),
                ("FR", 365, 500, "email_click", 365),
                ("CA", 30, 50, "add_to_cart", 30),
                ("US", 90, 150, "page_view", 7),
            ]
            .get(k)?;
            (
                format!(
                    "WITH s AS ({}) SELECT c.customer_id FROM customers c JOIN s USING (customer_id) WHERE c.country = '{c}' \
                     AND EXISTS (SELECT 1 FROM events e WHERE e.customer_id = c.customer_id AND e.event_type = '{t}' AND {})",
                    grouped(&orders(VALID, Some(d)), &format!("sum(amount) >= {x}")),
                    window("e.occurred_at", Some(d2), None)
                ),
                json!([
                    format!("country = '{c}'"),
                    is(
                        "sum",
                        "orders.amount",
                        OURS_VALID,
                        Some(d),
                        format!(">= {x}")
                    ),
                    did("events", &ty(t), Some(d2))
                ]),
            )
        }
        "x_view_not_buy" => {
            let (c, d) = *[
                ("shoes", 90),
                ("electronics", 180),
                ("toys", 90),
                ("furniture", 365),
                ("jewelry", 180),
                ("sports", 30),
            ]
            .get(k)?;
            (
                format!(
                    "SELECT DISTINCT e.customer_id FROM events e JOIN products p USING (product_id) WHERE e.customer_id IS NOT NULL AND e.event_type = 'product_view' AND p.category = '{c}' AND {} \
                     AND NOT EXISTS (SELECT 1 FROM {ITEMS} WHERE o.customer_id = e.customer_id AND {ITEM_VALID} AND p.category = '{c}')",
                    window("e.occurred_at", Some(d), None)
                ),
                json!([
                    did(
                        "events",
                        &format!("event_type = 'product_view' and product.category = '{c}'"),
                        Some(d)
                    ),
                    did_not("items", &item_of(c), None)
                ]),
            )
        }
        "x_order_no_event" => {
            let (d, d2) = *[
                (90, 30),
                (180, 60),
                (365, 90),
                (30, 7),
                (365, 180),
                (60, 14),
            ]
            .get(k)?;
            (
                format!(
                    "SELECT DISTINCT o.customer_id FROM orders o WHERE {} AND NOT EXISTS (SELECT 1 FROM events e WHERE e.customer_id = o.customer_id AND {})",
                    window("ordered_at", Some(d), None),
                    window("e.occurred_at", Some(d2), None)
                ),
                json!([did("orders", "", Some(d)), did_not("events", "", Some(d2))]),
            )
        }
        _ => return None,
    })
}
