//! The families about orders.

use super::words::*;
use serde_json::{Value, json};

pub fn family(family: &str, k: usize) -> Option<(String, Value)> {
    Some(match family {
        "o_count" => {
            let (d, n) = *[(90, 3), (30, 2), (365, 5), (180, 4), (7, 1), (365, 10)].get(k)?;
            (
                grouped(&orders(VALID, Some(d)), &format!("count(*) >= {n}")),
                times("orders", OURS_VALID, Some(d), n),
            )
        }
        "o_sum" => {
            let (d, x) = *[
                (365, 500),
                (90, 250),
                (180, 400),
                (30, 100),
                (365, 1000),
                (7, 50),
            ]
            .get(k)?;
            (
                grouped(&orders(VALID, Some(d)), &format!("sum(amount) >= {x}")),
                is(
                    "sum",
                    "orders.amount",
                    OURS_VALID,
                    Some(d),
                    format!(">= {x}"),
                ),
            )
        }
        "o_avg" => {
            let (d, n, x) = *[
                (Some(365), 3, 80),
                (Some(180), 2, 60),
                (Some(90), 2, 100),
                (Some(365), 5, 70),
                (Some(30), 2, 50),
                (None, 5, 75),
            ]
            .get(k)?;
            (
                grouped(
                    &orders(VALID, d),
                    &format!("count(*) >= {n} AND avg(amount) > {x}"),
                ),
                json!([
                    times("orders", OURS_VALID, d, n),
                    is("avg", "orders.amount", OURS_VALID, d, format!("> {x}"))
                ]),
            )
        }
        "o_max" => {
            let (d, x) = *[
                (Some(90), 200),
                (Some(365), 300),
                (Some(30), 150),
                (Some(180), 250),
                (Some(7), 100),
                (None, 500),
            ]
            .get(k)?;
            (
                grouped(&orders(VALID, d), &format!("max(amount) >= {x}")),
                is("max", "orders.amount", OURS_VALID, d, format!(">= {x}")),
            )
        }
        "o_min" => {
            let (d, x) = *[
                (None, 50),
                (Some(365), 60),
                (Some(180), 80),
                (Some(90), 100),
                (Some(30), 120),
                (None, 70),
            ]
            .get(k)?;
            (
                grouped(&orders(VALID, d), &format!("min(amount) > {x}")),
                is("min", "orders.amount", OURS_VALID, d, format!("> {x}")),
            )
        }
        "o_lapsed" => {
            let (a, b) = *[
                (90, 180),
                (30, 60),
                (180, 365),
                (60, 90),
                (365, 730),
                (7, 30),
            ]
            .get(k)?;
            (
                grouped(VALID, &window("max(ordered_at)", Some(b), Some(a))),
                last_between("orders", OURS_VALID, b, a),
            )
        }
        "o_never" => {
            let d = *[30, 90, 180, 365, 7, 730].get(k)?;
            (
                format!(
                    "SELECT c.customer_id FROM customers c WHERE c.signup_at < {} AND NOT EXISTS (SELECT 1 FROM orders o WHERE o.customer_id = c.customer_id)",
                    ago(d)
                ),
                json!([
                    format!("signup_at < as_of() - interval '{d}' day"),
                    did_not("orders", "", None)
                ]),
            )
        }
        "o_channel" => {
            let (a, b, n, d) = *[
                ("ios", "web", 2, 365),
                ("android", "web", 1, 180),
                ("store", "web", 2, 365),
                ("ios", "android", 2, 90),
                ("phone", "web", 1, 365),
                ("store", "ios", 3, 365),
            ]
            .get(k)?;
            (
                grouped(
                    &orders(&format!("channel IN ('{a}','{b}')"), Some(d)),
                    &format!(
                        "count(*) FILTER (channel = '{a}') >= {n} AND count(*) FILTER (channel = '{b}') = 0"
                    ),
                ),
                json!([
                    times("orders", &format!("channel = '{a}'"), Some(d), n),
                    did_not("orders", &format!("channel = '{b}'"), Some(d))
                ]),
            )
        }
        "o_coupon" => {
            let (d, n) = *[(90, 2), (365, 3), (30, 1), (180, 2), (365, 6), (7, 1)].get(k)?;
            (
                grouped(
                    &orders("coupon IS NOT NULL", Some(d)),
                    &format!("count(*) >= {n}"),
                ),
                times("orders", "coupon is not null", Some(d), n),
            )
        }
        "o_refund" => {
            let (n, r, d) = *[
                (4, "0.25", None),
                (5, "0.3", Some(365)),
                (3, "0.34", Some(180)),
                (10, "0.2", None),
                (6, "0.4", Some(365)),
                (2, "0.5", Some(90)),
            ]
            .get(k)?;
            let all = in_window("", "orders.ordered_at", d);
            let refunded = in_window("orders.status = 'refunded'", "orders.ordered_at", d);
            (
                grouped(
                    &orders("true", d),
                    &format!(
                        "count(*) >= {n} AND count(*) FILTER (status = 'refunded') > {r} * count(*)"
                    ),
                ),
                json!(format!(
                    "count(orders){all} >= {n} and count(orders){refunded} > {r} * count(orders){all}"
                )),
            )
        }
        "o_growth" => {
            let (d, r) = *[
                (90, "2.0"),
                (30, "2.0"),
                (180, "1.5"),
                (365, "1.5"),
                (7, "3.0"),
                (90, "1.2"),
            ]
            .get(k)?;
            let before = format!(
                " filter (where orders.{OURS_VALID} and orders.ordered_at >= as_of() - interval '{}' day and orders.ordered_at < as_of() - interval '{d}' day)",
                2 * d
            );
            let now = in_window(
                &format!("orders.{OURS_VALID}"),
                "orders.ordered_at",
                Some(d),
            );
            (
                grouped(
                    &orders(VALID, Some(2 * d)),
                    &format!(
                        "sum(amount) FILTER ({}) > {r} * sum(amount) FILTER ({})",
                        window("ordered_at", Some(d), None),
                        window("ordered_at", Some(2 * d), Some(d))
                    ),
                ),
                // here a sum of nothing is 0, there it is NULL
                json!(format!(
                    "sum(orders.amount){now} > {r} * sum(orders.amount){before} and max(orders.amount){before} is not null \
                     and max(orders.amount){now} is not null"
                )),
            )
        }
        "o_first_channel" => {
            let ch = ["ios", "store", "android", "web", "phone", "ios"].get(k)?;
            (
                format!(
                    "SELECT customer_id FROM (SELECT customer_id, channel FROM orders QUALIFY row_number() OVER (PARTITION BY customer_id ORDER BY ordered_at, order_id) = 1) WHERE channel = '{ch}'"
                ),
                is("first", "orders.channel", "", None, format!("= '{ch}'")),
            )
        }
        "o_first_amount" => {
            let (x, d) = *[
                (60, 90),
                (100, 30),
                (40, 180),
                (150, 365),
                (80, 7),
                (200, 365),
            ]
            .get(k)?;
            (
                format!(
                    "SELECT customer_id FROM (SELECT customer_id, amount, ordered_at, coupon FROM orders QUALIFY row_number() OVER (PARTITION BY customer_id ORDER BY ordered_at, order_id) = 1) WHERE amount > {x} AND {} AND coupon IS NOT NULL",
                    window("ordered_at", Some(d), None)
                ),
                json!([
                    is("first", "orders.amount", "", None, format!("> {x}")),
                    rows("first_time", "orders", "", Some(d), &[]),
                    is("first", "orders.coupon", "", None, "is not null".into())
                ]),
            )
        }
        "o_last_status" => {
            let (s, d) = *[
                ("cancelled", 30),
                ("refunded", 90),
                ("pending", 7),
                ("cancelled", 180),
                ("refunded", 365),
                ("shipped", 30),
            ]
            .get(k)?;
            (
                format!(
                    "SELECT customer_id FROM (SELECT customer_id, status FROM orders WHERE {} QUALIFY row_number() OVER (PARTITION BY customer_id ORDER BY ordered_at DESC, order_id DESC) = 1) WHERE status = '{s}'",
                    window("ordered_at", Some(d), None)
                ),
                is("last", "orders.status", "", Some(d), format!("= '{s}'")),
            )
        }
        "o_onetime" => {
            let (a, b) = *[
                (30, 90),
                (90, 180),
                (7, 30),
                (180, 365),
                (365, 730),
                (14, 60),
            ]
            .get(k)?;
            (
                grouped(
                    VALID,
                    &format!(
                        "count(*) = 1 AND {}",
                        window("max(ordered_at)", Some(b), Some(a))
                    ),
                ),
                json!([
                    is("count", "orders", OURS_VALID, None, "= 1".into()),
                    {"all": last_between("orders", OURS_VALID, b, a)}
                ]),
            )
        }
        "o_channels" => {
            let (n, d) = *[
                (3, Some(365)),
                (4, None),
                (2, Some(90)),
                (3, Some(180)),
                (2, Some(30)),
                (5, None),
            ]
            .get(k)?;
            (
                grouped(
                    &orders("true", d),
                    &format!("count(DISTINCT channel) >= {n}"),
                ),
                is("count_distinct", "orders.channel", "", d, format!(">= {n}")),
            )
        }
        "o_big" => {
            let (x, n, d) = *[
                (100, 3, 365),
                (200, 1, 180),
                (150, 2, 365),
                (80, 2, 90),
                (50, 1, 30),
                (300, 1, 365),
            ]
            .get(k)?;
            (
                grouped(
                    &orders(&format!("{VALID} AND amount >= {x}"), Some(d)),
                    &format!("count(*) >= {n}"),
                ),
                times(
                    "orders",
                    &format!("{OURS_VALID} and amount >= {x}"),
                    Some(d),
                    n,
                ),
            )
        }
        "o_pay" => {
            let (m, x, d) = *[
                ("klarna", 200, 365),
                ("paypal", 300, 365),
                ("applepay", 100, 90),
                ("card", 500, 180),
                ("paypal", 100, 30),
                ("klarna", 80, 90),
            ]
            .get(k)?;
            (
                grouped(
                    &orders(&format!("{VALID} AND payment_method = '{m}'"), Some(d)),
                    &format!("sum(amount) >= {x}"),
                ),
                is(
                    "sum",
                    "orders.amount",
                    &format!("{OURS_VALID} and payment_method = '{m}'"),
                    Some(d),
                    format!(">= {x}"),
                ),
            )
        }
        _ => return None,
    })
}
