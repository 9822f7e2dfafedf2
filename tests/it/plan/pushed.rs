//! What measures ask of a row is asked in WHERE once, also where each asks something else: for one of the values that any asks about.

use super::fixture::*;
use super::random::{Dice, answers_as_naive, random_window};
use super::rows::{SMALL, both};
use super::{plans, written};
use segc::expr::{Agg, Func, Literal, Type};
use segc::model::{MeasureId, Model, RowExpr};

/// A trait for a count of orders of any time that meet each of these filters.
fn counts(filters: fn(&Shop) -> Vec<Vec<RowExpr>>) -> Model {
    let mut m = Shop::new();
    let all = filters(&m);
    for (n, filter) in all.into_iter().enumerate() {
        let window = m.all_time();
        let id = m.measure(ORDERS, Agg::Count, None, filter, window);
        let value = m.value(id);
        m.trait_(&format!("t{n}"), value);
    }
    m.model()
}

fn channel(m: &Shop, is: &str) -> RowExpr {
    eq(m.col(ORDERS, "channel"), text(is))
}

fn channels(m: &Shop, are: &[&str]) -> RowExpr {
    let of = std::iter::once(m.col(ORDERS, "channel"));
    m.call(Func::In, of.chain(are.iter().map(|c| text(c))).collect())
}

fn status(m: &Shop, is: &str) -> RowExpr {
    eq(text(is), m.col(ORDERS, "status"))
}

fn large(m: &Shop, than: i64) -> RowExpr {
    m.call(Func::Ge, vec![m.col(ORDERS, "total"), int_row(than)])
}

/// The conditions of the one scan's WHERE after the end of time: what its rows must have one of; empty where they may have anything.
fn alternatives(model: &Model) -> String {
    let (_, plan) = plans(model);
    assert_eq!(plan.scans.len(), 1, "{}", plan.show(model));
    let sql = written(&plan, model).sql;
    let (_, rest) = sql
        .split_once("'2026-01-31 09:00:00+00:00'")
        .expect("the end of time");
    let (conditions, _) = rest.split_once("group by").expect("a group");
    conditions
        .lines()
        .map(str::trim)
        .collect::<Vec<_>>()
        .join(" ")
        .trim()
        .to_owned()
}

#[test]
fn rows_of_values_that_nothing_asks_about_are_not_read() {
    let model = counts(|m| {
        vec![
            vec![channel(m, "web")],
            vec![channel(m, "web"), large(m, 50)],
            vec![large(m, 15), channel(m, "store")],
            vec![channels(m, &["app", "store"])],
            vec![channels(m, &["app", "kiosk"]), status(m, "paid")],
        ]
    });
    assert_eq!(
        alternatives(&model),
        "and orders.channel in ('web', 'store', 'app', 'kiosk')"
    );
    for (trait_, counted) in [
        ("trait_t0", "1"),
        ("trait_t1", "0"),
        ("trait_t2", "1"),
        ("trait_t3", "2"),
        ("trait_t4", "1"),
    ] {
        let first = both(&model, SMALL, trait_).remove(0);
        assert_eq!(first, counted, "{trait_}");
    }
}

#[test]
fn a_value_of_any_of_several_things_is_enough() {
    let model = counts(|m| {
        vec![
            vec![channel(m, "web")],
            vec![channel(m, "store"), status(m, "refunded")],
            vec![status(m, "paid")],
            vec![channel(m, "app"), large(m, 15)],
            vec![status(m, "pending"), large(m, 15)],
        ]
    });
    assert_eq!(
        alternatives(&model),
        "and (orders.channel in ('web', 'store', 'app') or orders.status in ('paid', 'pending'))"
    );
    assert_eq!(both(&model, SMALL, "trait_t2"), ["4", "1", "0"]);
}

#[test]
fn where_one_asks_about_no_value_all_rows_are_read() {
    let model = counts(|m| {
        let mut all: Vec<Vec<RowExpr>> = ["web", "store", "app", "kiosk"]
            .map(|c| vec![channel(m, c)])
            .into();
        all.push(vec![large(m, 15)]);
        all
    });
    assert_eq!(alternatives(&model), "");
    assert_eq!(both(&model, SMALL, "trait_t4"), ["2", "0", "0"]);
}

/// Constants of two types are not put into one list, and few enough alternatives stand as they are.
#[test]
fn values_of_one_type_stand_together() {
    let model = counts(|m| {
        let is = |value| vec![eq(m.col(ORDERS, "total"), value)];
        let forty = || {
            lit(
                Literal::Decimal {
                    digits: 4000,
                    scale: 2,
                },
                decimal(),
            )
        };
        let mut all: Vec<_> = [7, 8, 9, 10].map(|n| is(int_row(n))).into();
        all.push(is(forty()));
        all
    });
    assert_eq!(
        alternatives(&model),
        "and (orders.total in (7, 8, 9, 10) or orders.total = 40.00)"
    );
    assert_eq!(both(&model, SMALL, "trait_t4"), ["1", "0", "0"]);
    let few = counts(|m| {
        vec![
            vec![channel(m, "web"), large(m, 15)],
            vec![channel(m, "app")],
        ]
    });
    assert_eq!(
        alternatives(&few),
        "and (orders.channel = 'web' and orders.total >= 15 or orders.channel = 'app')"
    );
}

/// An aggregate of orders of one channel, of some, of none, or of one status, and perhaps of some size, in any window.
fn random_measure(m: &mut Shop, dice: &mut Dice) -> MeasureId {
    let agg = dice.one_of(&[
        Agg::Count,
        Agg::Exists,
        Agg::Sum,
        Agg::Max,
        Agg::Avg,
        Agg::CountDistinct,
    ]);
    let arg = match agg {
        Agg::Count | Agg::Exists => None,
        _ => Some(m.col(ORDERS, "total")),
    };
    let mut filter = Vec::new();
    let words = ["web", "store", "app", "kiosk"];
    match dice.up_to(12) {
        0..5 => filter.push(channel(m, dice.one_of(&words))),
        5..8 => {
            let some = [dice.one_of(&words), dice.one_of(&words)];
            filter.push(channels(m, &some));
        }
        8..10 => filter.push(status(m, dice.one_of(&["paid", "refunded"]))),
        10 => filter.push(m.call(Func::IsNull, vec![m.col(ORDERS, "channel")])),
        _ => filter.push(eq(
            m.col(ORDERS, "channel"),
            lit(Literal::Null, Type::String),
        )),
    }
    if dice.up_to(3) == 0 {
        filter.insert(0, large(m, 15));
    }
    let window = random_window(m, dice, &[None, None, Some(730)], 30);
    m.measure(ORDERS, agg, arg, filter, window)
}

#[test]
fn random_values_answer_what_naive_plans_answer() {
    let mut dice = Dice(5);
    let mut narrowed = 0;
    for _ in 0..12 {
        let plan = answers_as_naive(&mut dice, 10, random_measure);
        narrowed += plan
            .scans
            .iter()
            .filter(|s| s.any_of.iter().any(|a| a.iter().any(|c| c.calls(Func::In))))
            .count();
    }
    assert!(narrowed > 3, "{narrowed}");
}
