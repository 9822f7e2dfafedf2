//! The families about rows that follow one another, and those that compare customers with each other.

use super::words::*;
use serde_json::{Value, json};

/// Traits that the families of ranks rest on.
pub const TRAITS: &str = "traits:
  - {name: r_score, ntile: {of: \"max(orders.ordered_at) filter (where status in ('paid', 'shipped'))\", buckets: 5}, ties: break, among: &valid {did: orders, where: \"status in ('paid', 'shipped')\"}}
  - {name: f_score, ntile: {of: \"count(orders) filter (where status in ('paid', 'shipped'))\", buckets: 5}, ties: break, among: *valid}
  - {name: m_score, ntile: {of: \"sum(orders.amount) filter (where status in ('paid', 'shipped'))\", buckets: 5}, ties: break, among: *valid}
";

pub fn family(family: &str, k: usize) -> Option<(String, Value)> {
    let of = |t: &str| format!("event_type = '{t}'");
    let of_the_last = |t: &str, days: u32| events(&of(t), Some(days));
    Some(match family {
        "e_cart_abandon" => {
            let d = *[30, 7, 90, 14, 60, 180].get(k)?;
            (
                // A week has passed since, and nothing was bought in it.
                format!(
                    "SELECT DISTINCT a.customer_id FROM events a WHERE {} AND a.occurred_at <= {} AND NOT EXISTS (\
                     SELECT 1 FROM events p WHERE p.customer_id = a.customer_id AND p.event_type = 'purchase' AND {} \
                     AND p.occurred_at > a.occurred_at AND p.occurred_at <= a.occurred_at + INTERVAL 7 DAY)",
                    of_the_last("add_to_cart", d),
                    ago(7),
                    window("p.occurred_at", Some(d), None)
                ),
                sequence(
                    json!([
                        did("events", &of("add_to_cart"), Some(d)),
                        did_not("events", &of("purchase"), Some(7))
                    ]),
                    None,
                ),
            )
        }
        "e_view_buy" => {
            let d = *[90, 30, 180, 365, 7, 60].get(k)?;
            (
                format!(
                    "SELECT DISTINCT a.customer_id FROM events a WHERE {} AND EXISTS (\
                     SELECT 1 FROM events p WHERE p.customer_id = a.customer_id AND p.event_type = 'purchase' AND {} \
                     AND p.occurred_at > a.occurred_at AND p.occurred_at <= a.occurred_at + INTERVAL 1 DAY)",
                    of_the_last("search", d),
                    window("p.occurred_at", Some(d), None)
                ),
                sequence(
                    json!([
                        did("events", &of("search"), Some(d)),
                        did("events", &of("purchase"), Some(1))
                    ]),
                    None,
                ),
            )
        }
        "e_funnel" => {
            let d = *[90, 30, 180, 365, 14, 60].get(k)?;
            let step = |t: &str| {
                format!(
                    "SELECT customer_id, occurred_at AS t FROM events WHERE {}",
                    of_the_last(t, d)
                )
            };
            (
                format!(
                    "WITH a AS ({}), b AS ({}), p AS ({}) SELECT DISTINCT a.customer_id FROM a \
                     JOIN b ON b.customer_id = a.customer_id AND b.t > a.t AND b.t < a.t + INTERVAL 3 DAY \
                     JOIN p ON p.customer_id = a.customer_id AND p.t > b.t AND p.t <= a.t + INTERVAL 3 DAY",
                    step("search"),
                    step("add_to_cart"),
                    step("purchase")
                ),
                sequence(
                    json!([
                        did("events", &of("search"), Some(d)),
                        did("events", &of("add_to_cart"), None),
                        did("events", &of("purchase"), None)
                    ]),
                    Some("3 days"),
                ),
            )
        }
        "r_top" => {
            let (d, share) = *[
                (Some(365), 10),
                (Some(90), 5),
                (Some(180), 20),
                (Some(30), 10),
                (None, 1),
                (Some(365), 25),
            ]
            .get(k)?;
            (top(d, share, ""), best(d, share, None))
        }
        "r_top_country" => {
            let (d, share) = *[
                (Some(365), 5),
                (Some(180), 10),
                (Some(90), 10),
                (None, 2),
                (Some(365), 20),
                (Some(30), 10),
            ]
            .get(k)?;
            (
                top(d, share, "PARTITION BY country"),
                best(d, share, Some("country")),
            )
        }
        "r_rfm" => {
            let scores = *[
                "r = 5 AND f = 5 AND m = 5",
                "r <= 2 AND f >= 4",
                "r = 5 AND f = 1",
                "r <= 2 AND f <= 2 AND m <= 2",
                "r >= 4 AND m >= 4",
                "r = 1 AND m = 5",
            ]
            .get(k)?;
            let ours: Vec<String> = scores
                .split(" AND ")
                .map(|c| format!("{}_score{}", &c[..1], &c[1..]))
                .collect();
            (
                format!(
                    "WITH a AS (SELECT customer_id, max(ordered_at) AS rec, count(*) AS fr, coalesce(sum(amount), 0) AS mo FROM orders WHERE {VALID} GROUP BY 1), \
                     q AS (SELECT customer_id, ntile(5) OVER (ORDER BY rec, customer_id) AS r, ntile(5) OVER (ORDER BY fr, customer_id) AS f, \
                     ntile(5) OVER (ORDER BY mo, customer_id) AS m FROM a) SELECT customer_id FROM q WHERE {scores}"
                ),
                json!(ours),
            )
        }
        _ => return None,
    })
}

fn sequence(steps: Value, total: Option<&str>) -> Value {
    let mut map = serde_json::Map::new();
    map.insert("sequence".into(), steps);
    if let Some(total) = total {
        map.insert("total".into(), total.into());
    }
    Value::Object(map)
}

/// The best by what their valid orders of the window were worth, so many percent rounded up, the smaller key first.
fn top(lo: Days, share: u32, partition: &str) -> String {
    format!(
        "SELECT customer_id FROM (SELECT customer_id, coalesce(sum(amount), 0) AS s FROM orders WHERE {} GROUP BY customer_id) \
         JOIN customers USING (customer_id) QUALIFY row_number() OVER ({partition} ORDER BY s DESC, customer_id) \
         <= (count(*) OVER ({partition}) * {share} + 99) // 100",
        orders(VALID, lo)
    )
}

fn best(lo: Days, share: u32, per: Option<&str>) -> Value {
    let sum = format!(
        "sum(orders.amount){}",
        in_window(OURS_VALID, "ordered_at", lo)
    );
    let mut map = serde_json::Map::new();
    map.insert("top".into(), format!("{share}%").into());
    map.insert("by".into(), sum.into());
    if let Some(per) = per {
        map.insert("per".into(), per.into());
    }
    map.insert("among".into(), did("orders", OURS_VALID, lo));
    Value::Object(map)
}
