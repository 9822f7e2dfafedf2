//! Rollups: what is asked of one value is computed from one grouping, and is the same.

use super::fixture::*;
use super::random::{Dice, answers_as_naive, random_window};
use super::rows::{SMALL, both};
use super::{plans, written};
use segc::expr::{Agg, Expr, ExprKind, Func, Type};
use segc::ir::Plan;
use segc::model::{MeasureId, Model, RelationId, RowExpr, Window};
use segc::source::At;

fn asked(m: &mut Shop, measures: &[(&str, MeasureId)]) {
    for (name, id) in measures {
        let value = m.value(*id);
        m.trait_(name, value);
    }
}

/// How often the SQL reads a table.
fn reads(plan: &Plan, model: &Model, table: &str) -> usize {
    let sql = written(plan, model).sql;
    sql.matches(&format!("from {table} as")).count()
}

#[test]
fn distinct_and_ranked_values_are_grouped_once() {
    let mut m = Shop::new();
    let channel = Some(m.col(ORDERS, "channel"));
    let web = eq(m.col(ORDERS, "channel"), text("web"));
    let large = m.call(Func::Gt, vec![m.col(ORDERS, "order_id"), int_row(11)]);
    let (all, year) = (m.all_time(), m.days(730));
    let mut of = |agg, filter: &[&RowExpr], window: &Window| {
        let filter = filter.iter().copied().cloned().collect();
        m.measure(ORDERS, agg, channel.clone(), filter, window.clone())
    };
    let measures = [
        ("d", of(Agg::CountDistinct, &[], &all)),
        ("d_year", of(Agg::CountDistinct, &[], &year)),
        ("d_web", of(Agg::CountDistinct, &[&web], &all)),
        ("d_large", of(Agg::CountDistinct, &[&large], &year)),
        ("most", of(Agg::MostFrequent, &[], &all)),
        ("most_large", of(Agg::MostFrequent, &[&large], &all)),
        ("least_large", of(Agg::LeastFrequent, &[&large], &all)),
    ];
    asked(&mut m, &measures);
    let model = m.model();
    let (naive, plan) = plans(&model);
    assert_eq!(naive.rollups.len(), 0);
    assert_eq!(plan.rollups.len(), 1);
    assert_eq!(plan.scans.len(), 4);
    assert_eq!(reads(&plan, &model, "orders"), 1);
    let get = |name: &str| both(&model, SMALL, &format!("trait_{name}"));
    assert_eq!(get("d"), ["3", "1", "0"]);
    assert_eq!(get("d_year"), ["3", "1", "0"]);
    assert_eq!(get("d_web"), ["1", "1", "0"]);
    assert_eq!(get("d_large"), ["1", "1", "0"]);
    assert_eq!(get("most"), ["app", "web", "-"]);
    // A value none of whose rows counts is not the least frequent one.
    assert_eq!(get("most_large"), ["app", "web", "-"]);
    assert_eq!(get("least_large"), ["app", "web", "-"]);
    insta::assert_snapshot!("rollup_shown", plan.show(&model));
    insta::assert_snapshot!("rollup_written", written(&plan, &model).sql);
}

#[test]
fn a_narrow_count_of_rows_is_a_rollup_of_its_own_where_that_is_cheaper() {
    let mut m = Shop::new();
    let channel = Some(m.col(ORDERS, "channel"));
    let (all, week) = (m.all_time(), m.days(7));
    let wide = m.measure(ORDERS, Agg::CountDistinct, channel.clone(), vec![], all);
    let narrow = m.measure(ORDERS, Agg::MostFrequent, channel, vec![], week);
    asked(&mut m, &[("wide", wide), ("narrow", narrow)]);
    let model = m.model();
    let (naive, plan) = plans(&model);
    assert_eq!(plan.rollups.len(), 2);
    let why = &plan.rollups[1].scan.why;
    assert!(
        why.contains("a rollup of its own: in the wider one"),
        "{why}"
    );
    // Where bytes are the price, rows are read once.
    let costs = segc::ir::Costs::BYTES;
    let plan = segc::ir::optimize(naive, &model, &costs, &mut |_, _| {});
    assert_eq!(plan.rollups.len(), 1);
    assert_eq!(both(&model, SMALL, "trait_wide"), ["3", "1", "0"]);
    assert_eq!(both(&model, SMALL, "trait_narrow"), ["-", "-", "-"]);
}

#[test]
fn the_most_frequent_boolean_is_found_without_a_minimum() {
    let mut m = Shop::new();
    let large = m.call(Func::Gt, vec![m.col(ORDERS, "order_id"), int_row(11)]);
    let all = m.all_time();
    let most = m.measure(
        ORDERS,
        Agg::MostFrequent,
        Some(large.clone()),
        vec![],
        all.clone(),
    );
    let least = m.measure(ORDERS, Agg::LeastFrequent, Some(large), vec![], all);
    asked(&mut m, &[("most", most), ("least", least)]);
    let model = m.model();
    let (_, plan) = plans(&model);
    assert_eq!(plan.rollups.len(), 1);
    assert!(written(&plan, &model).sql.contains("row_number()"));
    assert_eq!(both(&model, SMALL, "trait_most"), ["false", "true", "-"]);
    assert_eq!(both(&model, SMALL, "trait_least"), ["false", "true", "-"]);
}

#[test]
fn aggregates_of_single_values_are_made_of_what_the_rollup_knows() {
    let mut m = Shop::new();
    let all = m.all_time();
    let (category, quantity) = (m.col(ITEMS, "category"), m.col(ITEMS, "quantity"));
    let is = |name| eq(category.clone(), text(name));
    let listed = vec![category.clone(), text("hats"), text("shoes")];
    let listed = m.call(Func::In, listed);
    let store = eq(m.col(ITEMS, "channel"), text("store"));
    let distinct = m.measure(
        ITEMS,
        Agg::CountDistinct,
        Some(category.clone()),
        vec![],
        all.clone(),
    );
    let mut of = |agg, filter: &[&RowExpr]| {
        let arg = (agg != Agg::Exists).then(|| quantity.clone());
        let filter = filter.iter().copied().cloned().collect();
        m.measure(ITEMS, agg, arg, filter, all.clone())
    };
    let measures = [
        ("distinct", distinct),
        ("shoes", of(Agg::Sum, &[&is("shoes")])),
        ("hats", of(Agg::Sum, &[&is("hats")])),
        ("listed", of(Agg::Sum, &[&listed])),
        ("store", of(Agg::Sum, &[&is("shoes"), &store])),
        ("none", of(Agg::Sum, &[&is("gloves")])),
        ("any_shoes", of(Agg::Exists, &[&is("shoes")])),
        ("any_gloves", of(Agg::Exists, &[&is("gloves")])),
        (
            "turned",
            of(Agg::Exists, &[&eq(text("hats"), category.clone())]),
        ),
        ("lines", of(Agg::Count, &[&listed])),
        ("no_lines", of(Agg::Count, &[&is("gloves")])),
        ("least", of(Agg::Min, &[&is("shoes")])),
        ("most", of(Agg::Max, &[&is("shoes")])),
    ];
    asked(&mut m, &measures);
    let model = m.model();
    let (_, plan) = plans(&model);
    assert_eq!((plan.scans.len(), plan.rollups.len()), (1, 1));
    assert_eq!(reads(&plan, &model, "order_items"), 1);
    let expected = [
        "2", "7", "1", "8", "5", "0", "true", "false", "true", "3", "0", "2", "5",
    ];
    for ((name, _), expected) in measures.iter().zip(expected) {
        let found = both(&model, SMALL, &format!("trait_{name}"));
        assert_eq!(found[0], expected, "{name}");
    }
    insta::assert_snapshot!("rollup_of_aggregates_shown", plan.show(&model));
    insta::assert_snapshot!("rollup_of_aggregates_written", written(&plan, &model).sql);
}

#[test]
fn what_is_not_exact_or_not_cheaper_stays_where_it_is() {
    let mut m = Shop::new();
    let (all, month) = (m.all_time(), m.days(30));
    let category = m.col(ITEMS, "category");
    let kind = ExprKind::Cast {
        expr: Box::new(m.col(ITEMS, "quantity")),
        safe: false,
    };
    let float = Expr::new(kind, Type::Float, At(SPAN));
    let value = Some(category.clone());
    let distinct = m.measure(ITEMS, Agg::CountDistinct, value, vec![], all.clone());
    asked(&mut m, &[("distinct", distinct)]);
    for name in ["shoes", "hats", "gloves", "coats", "bags", "belts"] {
        let is = vec![eq(category.clone(), text(name))];
        let sum = m.measure(
            ITEMS,
            Agg::Sum,
            Some(float.clone()),
            is.clone(),
            all.clone(),
        );
        let recent = m.measure(ITEMS, Agg::Count, None, is, month.clone());
        asked(&mut m, &[(name, sum), (&format!("{name}_recent"), recent)]);
    }
    let model = m.model();
    let (_, plan) = plans(&model);
    let over = |s: &segc::ir::Scan| s.over.map(|_| s.measures.len());
    let over: Vec<usize> = plan.scans.iter().filter_map(over).collect();
    assert_eq!(over, [1]);
    let whys: Vec<&str> = plan.scans.iter().map(|s| s.why.as_str()).collect();
    assert!(
        whys.iter()
            .any(|w| w.contains("6 measure(s) of single values stay")),
        "{whys:?}"
    );
    assert_eq!(both(&model, SMALL, "trait_distinct"), ["2", "0", "0"]);
}

/// Anything that may be asked of a value, with conditions on it and on others.
fn random_measure(m: &mut Shop, dice: &mut Dice) -> MeasureId {
    let relation: RelationId = dice.one_of(&[ORDERS, ITEMS, ITEMS]);
    let (number, word) = match relation {
        ORDERS => ("total", "channel"),
        _ => ("quantity", "category"),
    };
    let agg = dice.one_of(&[
        Agg::CountDistinct,
        Agg::CountDistinct,
        Agg::MostFrequent,
        Agg::LeastFrequent,
        Agg::Count,
        Agg::Exists,
        Agg::Sum,
        Agg::Min,
        Agg::Max,
    ]);
    let arg = match agg {
        Agg::Exists => None,
        Agg::Count => dice.one_of(&[None, Some(m.col(relation, number))]),
        Agg::Sum | Agg::Min | Agg::Max => Some(m.col(relation, number)),
        _ => Some(m.col(relation, word)),
    };
    let word = m.col(relation, word);
    let values = ["web", "shoes", "hats", "store"];
    let one = text(dice.one_of(&values));
    let mut filter = match dice.up_to(5) {
        0 => vec![],
        1 => vec![eq(one, word)],
        2 => vec![m.call(Func::In, vec![word, one, text(dice.one_of(&values))])],
        _ => vec![eq(word, one)],
    };
    if dice.up_to(3) == 0 {
        filter.push(m.call(Func::Gt, vec![m.col(relation, number), int_row(2)]));
    }
    let begins = [None, None, Some(90), Some(365), Some(730)];
    let window = random_window(m, dice, &begins, 30);
    m.measure(relation, agg, arg, filter, window)
}

#[test]
fn random_rollups_answer_what_naive_plans_answer() {
    let mut dice = Dice(7);
    let mut rollups = 0;
    for round in 0..6 {
        let plan = answers_as_naive(&mut dice, 1 + round * 8, random_measure);
        rollups += plan.rollups.len();
    }
    assert!(rollups > 6, "{rollups}");
}
