//! The benchmark's segments, each twice: as the query an analyst would write, and as a condition of this language.
//!
//! 50 families with six sets of parameters each.

use super::words::window;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// A segment in both forms.
pub struct Segment {
    pub name: String,
    /// One self-contained query: the members' keys.
    pub naive: String,
    /// `where:`
    pub condition: Value,
}

/// The families in the order in which they are taken, one of each before the second of any.
const ORDER: [&str; 50] = [
    "p_country",
    "o_count",
    "o_sum",
    "o_lapsed",
    "i_bought",
    "e_count",
    "e_a_not_b",
    "e_cart_abandon",
    "r_top",
    "o_first_channel",
    "o_avg",
    "o_channel",
    "i_a_not_b",
    "p_birthday",
    "o_pay",
    "o_channels",
    "o_last_status",
    "o_coupon",
    "p_age",
    "p_loyal",
    "o_refund",
    "i_replenish",
    "e_days",
    "e_view_buy",
    "o_first_amount",
    "i_spend",
    "e_dormant",
    "o_growth",
    "i_topcat",
    "r_rfm",
    "x_prop_order_event",
    "e_view_cat",
    "i_brand",
    "o_max",
    "o_min",
    "o_big",
    "x_order_no_event",
    "e_never",
    "e_device_only",
    "e_funnel",
    "r_top_country",
    "p_plan_new",
    "p_signup_anniv",
    "e_utm",
    "i_breadth",
    "o_never",
    "x_view_not_buy",
    "o_onetime",
    "s_a_not_b",
    "s_two_of_three",
];

/// The first `n` segments; references come after what they refer to.
pub fn segments(n: usize) -> Vec<Segment> {
    let mut made: Vec<Segment> = Vec::new();
    let mut naive: BTreeMap<String, String> = BTreeMap::new();
    for k in 0..6 {
        for family in ORDER {
            if made.len() == n {
                return made;
            }
            let Some((query, condition)) = family_of(family, k, &naive) else {
                continue;
            };
            let name = format!("{family}_{k}");
            naive.insert(name.clone(), query.clone());
            made.push(Segment {
                name,
                naive: query,
                condition,
            });
        }
    }
    made
}

fn family_of(family: &str, k: usize, naive: &BTreeMap<String, String>) -> Option<(String, Value)> {
    if let Some(pair) = properties(family, k) {
        return Some(pair);
    }
    super::orders::family(family, k)
        .or_else(|| super::items::family(family, k))
        .or_else(|| super::events::family(family, k))
        .or_else(|| super::others::family(family, k))
        .or_else(|| references(family, k, naive))
}

fn properties(family: &str, k: usize) -> Option<(String, Value)> {
    let leaf = |naive: String, ours: String| {
        Some((
            format!("SELECT customer_id FROM customers WHERE {naive}"),
            Value::String(ours),
        ))
    };
    match family {
        "p_country" => {
            let c = [
                "'US','CA'",
                "'DE','AT','FR'",
                "'GB','IE'",
                "'NL','SE','DK','NO','FI'",
                "'BR','MX'",
                "'ES','IT'",
            ]
            .get(k)?;
            let sql = format!("country IN ({c}) AND marketing_opt_in AND deleted_at IS NULL");
            leaf(sql.clone(), sql)
        }
        "p_plan_new" => {
            let (plan, d) = *[
                ("pro", 90),
                ("basic", 30),
                ("enterprise", 365),
                ("free", 180),
                ("pro", 365),
                ("basic", 7),
            ]
            .get(k)?;
            leaf(
                format!("plan = '{plan}' AND {}", window("signup_at", Some(d), None)),
                format!("plan = '{plan}' and signup_at >= as_of() - interval '{d}' day"),
            )
        }
        "p_loyal" => {
            let (n, g) = *[
                (1000, "f"),
                (2500, "m"),
                (500, "x"),
                (5000, "f"),
                (300, "m"),
                (1500, "f"),
            ]
            .get(k)?;
            let sql = format!("loyalty_points >= {n} AND gender = '{g}' AND email IS NOT NULL");
            leaf(sql.clone(), sql)
        }
        "p_age" => {
            let (a, b) = *[(18, 25), (25, 35), (35, 45), (45, 55), (55, 65), (65, 80)].get(k)?;
            leaf(
                format!(
                    "birth_date > DATE '2026-01-01' - INTERVAL {b} YEAR AND birth_date <= DATE '2026-01-01' - INTERVAL {a} YEAR"
                ),
                format!("age(birth_date) >= {a} and age(birth_date) < {b}"),
            )
        }
        "p_birthday" => {
            let n = *[7, 14, 30, 1, 3, 21].get(k)?;
            let next = "CASE WHEN make_date(2026, month(birth_date), 1) + (day(birth_date)-1)::INT >= DATE '2026-01-01' \
                        THEN make_date(2026, month(birth_date), 1) + (day(birth_date)-1)::INT END";
            leaf(
                format!("birth_date IS NOT NULL AND ({next}) < DATE '2026-01-01' + {n}"),
                format!("month(birth_date) = 1 and day(birth_date) <= {n}"),
            )
        }
        "p_signup_anniv" => {
            let (y, n) = *[(1, 7), (2, 7), (1, 30), (2, 30), (3, 30), (3, 7)].get(k)?;
            leaf(
                format!(
                    "signup_at >= TIMESTAMP '2026-01-01' - INTERVAL {y} YEAR AND \
                     signup_at < TIMESTAMP '2026-01-01' - INTERVAL {y} YEAR + INTERVAL {n} DAY"
                ),
                format!(
                    "signup_at >= as_of() - interval '{y}' year and signup_at < as_of() - interval '{y}' year + interval '{n}' day"
                ),
            )
        }
        _ => None,
    }
}

/// Segments made of segments.
fn references(family: &str, k: usize, naive: &BTreeMap<String, String>) -> Option<(String, Value)> {
    let query = |name: &str| naive.get(&format!("{name}_{k}"));
    match family {
        "s_a_not_b" => {
            let (a, b) = *[
                ("o_sum", "e_dormant"),
                ("r_top", "o_lapsed"),
                ("i_bought", "o_coupon"),
                ("o_count", "e_never"),
                ("e_count", "o_onetime"),
                ("r_rfm", "p_country"),
            ]
            .get(k)?;
            let (qa, qb) = (query(a)?, query(b)?);
            Some((
                format!(
                    "SELECT customer_id FROM ({qa}) WHERE customer_id NOT IN (SELECT customer_id FROM ({qb}))"
                ),
                json!([{"in": format!("{a}_{k}")}, {"not_in": format!("{b}_{k}")}]),
            ))
        }
        "s_two_of_three" => {
            let (a, b, c) = *[
                ("o_count", "e_count", "i_spend"),
                ("o_big", "e_days", "r_top"),
                ("p_loyal", "o_avg", "e_a_not_b"),
                ("o_max", "i_brand", "e_utm"),
                ("o_growth", "e_view_cat", "o_pay"),
                ("i_breadth", "e_cart_abandon", "o_sum"),
            ]
            .get(k)?;
            let (qa, qb, qc) = (query(a)?, query(b)?, query(c)?);
            Some((
                format!(
                    "SELECT customer_id FROM (SELECT customer_id FROM ({qa}) UNION ALL SELECT customer_id FROM ({qb}) \
                     UNION ALL SELECT customer_id FROM ({qc})) GROUP BY 1 HAVING count(*) >= 2"
                ),
                json!({"at_least": 2, "of": [{"in": format!("{a}_{k}")}, {"in": format!("{b}_{k}")}, {"in": format!("{c}_{k}")}]}),
            ))
        }
        _ => None,
    }
}
