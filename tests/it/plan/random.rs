//! Random measures over random rows: the optimised plan answers what the naive one answers.

use super::fixture::*;
use super::plans;
use super::rows::both;
use segc::expr::{Agg, Func, Type};
use segc::ir::Plan;
use segc::model::{MeasureId, Predicate, RelationId, Window};

/// A small generator, the same on every machine.
pub(super) struct Dice(pub(super) u64);

impl Dice {
    pub(super) fn up_to(&mut self, n: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n
    }

    pub(super) fn one_of<T: Clone>(&mut self, of: &[T]) -> T {
        of[usize::try_from(self.up_to(of.len() as u64)).expect("small")].clone()
    }
}

fn random_rows(dice: &mut Dice) -> String {
    let mut sql = String::new();
    for id in 0..40 {
        let country = dice.one_of(&["'US'", "'CA'", "null"]);
        sql += &format!(
            "insert into customers values ({id}, {country}, {});",
            dice.up_to(80)
        );
    }
    let mut order = 0;
    for _ in 0..300 {
        order += 1;
        let customer = dice.one_of(&["null", "1", "2", "3", "5", "8", "13", "21", "34", "77"]);
        let days = dice.up_to(1200);
        let at = format!(
            "(timestamp '{}' + to_days(3) - to_days({days}))::timestamptz",
            "2026-01-31 09:00:00+00:00"
        );
        let at = if dice.up_to(20) == 0 {
            "null".to_owned()
        } else {
            at
        };
        let channel = dice.one_of(&["'web'", "'store'", "'app'", "null"]);
        let status = dice.one_of(&["'paid'", "'paid'", "'cancelled'", "null"]);
        let total = dice.one_of(&["null", "10.5", "0", "-3.25", "700"]);
        sql += &format!(
            "insert into orders values ({order}, {customer}, {at}, {channel}, {status}, {total});"
        );
        for _ in 0..dice.up_to(3) {
            let product = dice.up_to(6);
            sql += &format!(
                "insert into order_items values ({order}, {product}, {});",
                dice.up_to(5)
            );
        }
    }
    sql + "insert into products values (1, 'shoes'), (2, 'hats'), (3, null), (4, 'shoes');"
}

fn random_measure(m: &mut Shop, dice: &mut Dice) -> MeasureId {
    let relation: RelationId = dice.one_of(&[ORDERS, ORDERS, ITEMS]);
    let (numbers, texts): (&[&str], &[&str]) = if relation == ORDERS {
        (&["total", "order_id"], &["channel", "status"])
    } else {
        (&["quantity"], &["category", "channel"])
    };
    let (number, word) = (dice.one_of(numbers), dice.one_of(texts));
    let agg = dice.one_of(&[
        Agg::Count,
        Agg::Exists,
        Agg::Sum,
        Agg::Min,
        Agg::Max,
        Agg::Avg,
        Agg::Median,
        Agg::CountDistinct,
        Agg::First,
        Agg::Last,
        Agg::MostFrequent,
        Agg::LeastFrequent,
        Agg::ListDistinct,
        Agg::Stddev,
    ]);
    let arg = match agg {
        Agg::Count | Agg::Exists => None,
        Agg::Sum | Agg::Avg | Agg::Median | Agg::Stddev => Some(m.col(relation, number)),
        _ => Some(m.col(relation, word)),
    };
    let mut filter = Vec::new();
    if dice.up_to(2) == 0 {
        filter.push(eq(
            m.col(relation, word),
            text(dice.one_of(&["web", "shoes", "store"])),
        ));
    }
    if dice.up_to(3) == 0 {
        filter.push(m.call(Func::Gt, vec![m.col(relation, number), int_row(2)]));
    }
    let begins = [None, Some(7), Some(30), Some(90), Some(365)];
    let window = random_window(m, dice, &begins, 10);
    m.measure(relation, agg, arg, filter, window)
}

/// A window that begins one of these days back, and in one of four cases ends `until` days back.
pub(super) fn random_window(
    m: &Shop,
    dice: &mut Dice,
    begins: &[Option<i64>],
    until: i64,
) -> Window {
    let from = dice.one_of(begins).map(|days| m.back(days));
    let until = match dice.up_to(4) {
        0 => Some(m.back(until)),
        _ => m.all_time().until,
    };
    Window { from, until }
}

/// The optimised plan of so many measures, each a trait, a segment and who is not in it: over random rows it answers what the naive
/// one answers.
pub(super) fn answers_as_naive(
    dice: &mut Dice,
    many: usize,
    measure: fn(&mut Shop, &mut Dice) -> MeasureId,
) -> Plan {
    let rows = random_rows(dice);
    let mut m = Shop::new();
    for n in 0..many {
        let id = measure(&mut m, dice);
        let value = m.value(id);
        m.trait_(&format!("t{n}"), value.clone());
        let holds = match value.ty {
            Type::Int | Type::Float | Type::Decimal { .. } => leaf(ge(value, int(1))),
            Type::Boolean => leaf(value),
            _ => leaf(call(Func::IsNotNull, vec![value], Type::Boolean)),
        };
        let before = m.segment(&format!("s{n}"), holds);
        m.segment(
            &format!("n{n}"),
            Predicate::Not(Box::new(Predicate::Segment(before))),
        );
    }
    let model = m.model();
    assert_eq!(both(&model, &rows, "entity_key").len(), 40);
    plans(&model).1
}

#[test]
fn the_optimised_plan_answers_what_the_naive_one_answers() {
    let mut dice = Dice(42);
    for round in 0..6 {
        answers_as_naive(&mut dice, 1 + round * 6, random_measure);
    }
}
