//! The families about order items and their products.

use super::words::*;
use serde_json::{Value, json};

fn grouped_items(filter: &str, having: &str) -> String {
    format!("SELECT o.customer_id FROM {ITEMS} WHERE {filter} GROUP BY 1 HAVING {having}")
}

pub fn family(family: &str, k: usize) -> Option<(String, Value)> {
    Some(match family {
        "i_bought" => {
            let (c, d) = *[
                ("shoes", 90),
                ("electronics", 30),
                ("beauty", 180),
                ("toys", 365),
                ("pets", 90),
                ("books", 7),
            ]
            .get(k)?;
            (
                format!(
                    "SELECT DISTINCT o.customer_id FROM {ITEMS} WHERE {}",
                    items(&format!("p.category = '{c}'"), Some(d))
                ),
                did("items", &item_of(c), Some(d)),
            )
        }
        "i_a_not_b" => {
            let (a, b, n) = *[
                ("apparel", "shoes", 4),
                ("home", "garden", 3),
                ("sports", "outdoor", 2),
                ("baby", "toys", 2),
                ("electronics", "games", 3),
                ("grocery", "pets", 2),
            ]
            .get(k)?;
            (
                grouped_items(
                    &format!("{ITEM_VALID} AND p.category IN ('{a}','{b}')"),
                    &format!(
                        "coalesce(sum(i.quantity) FILTER (p.category = '{a}'),0) >= {n} AND count(*) FILTER (p.category = '{b}') = 0"
                    ),
                ),
                json!([
                    is(
                        "sum",
                        "items.quantity",
                        &item_of(a),
                        None,
                        format!(">= {n}")
                    ),
                    did_not("items", &item_of(b), None)
                ]),
            )
        }
        "i_spend" => {
            let (c, d, x) = *[
                ("electronics", 365, 100),
                ("jewelry", 365, 50),
                ("furniture", 180, 60),
                ("beauty", 90, 40),
                ("apparel", 365, 150),
                ("shoes", 180, 80),
            ]
            .get(k)?;
            (
                grouped_items(
                    &items(&format!("p.category = '{c}'"), Some(d)),
                    &format!("sum(i.quantity * i.unit_price) >= {x}"),
                ),
                rows(
                    "sum",
                    "items",
                    &item_of(c),
                    Some(d),
                    &[
                        ("of", "quantity * unit_price".into()),
                        ("is", format!(">= {x}")),
                    ],
                ),
            )
        }
        "i_topcat" => {
            let c = ["apparel", "shoes", "electronics", "home", "beauty", "toys"].get(k)?;
            (
                format!(
                    "SELECT customer_id FROM (SELECT o.customer_id, p.category, count(*) AS n FROM {ITEMS} WHERE {ITEM_VALID} GROUP BY 1, 2 \
                     QUALIFY row_number() OVER (PARTITION BY o.customer_id ORDER BY count(*) DESC, p.category) = 1) WHERE category = '{c}'"
                ),
                is(
                    "most_frequent",
                    "items.product.category",
                    VALID_ITEM,
                    None,
                    format!("= '{c}'"),
                ),
            )
        }
        "i_brand" => {
            let (b, d) = *[
                ("brand_1", 180),
                ("brand_7", 365),
                ("brand_20", 365),
                ("brand_3", 90),
                ("brand_0", 30),
                ("brand_50", 365),
            ]
            .get(k)?;
            (
                format!(
                    "SELECT DISTINCT o.customer_id FROM {ITEMS} WHERE {}",
                    items(&format!("p.brand = '{b}'"), Some(d))
                ),
                did(
                    "items",
                    &format!("{VALID_ITEM} and product.brand = '{b}'"),
                    Some(d),
                ),
            )
        }
        "i_breadth" => {
            let (n, d) = *[
                (5, Some(365)),
                (8, None),
                (3, Some(90)),
                (4, Some(180)),
                (2, Some(30)),
                (12, None),
            ]
            .get(k)?;
            (
                grouped_items(
                    &items("true", d),
                    &format!("count(DISTINCT p.category) >= {n}"),
                ),
                is(
                    "count_distinct",
                    "items.product.category",
                    VALID_ITEM,
                    d,
                    format!(">= {n}"),
                ),
            )
        }
        "i_replenish" => {
            let (c, a, b) = *[
                ("pets", 180, 60),
                ("grocery", 90, 30),
                ("beauty", 180, 90),
                ("baby", 365, 180),
                ("health", 180, 60),
                ("office", 365, 90),
            ]
            .get(k)?;
            (
                grouped_items(
                    &items(&format!("p.category = '{c}'"), None),
                    &window("max(o.ordered_at)", Some(a), Some(b)),
                ),
                last_between("items", &item_of(c), a, b),
            )
        }
        _ => return None,
    })
}
