//! Measures that look something up for some rows, apart from those that look up nothing, where that is cheaper: and they are the same.

use super::fixture::*;
use super::random::{Dice, answers_as_naive, random_window};
use super::rows::{SMALL, both};
use super::{plans, split, written};
use segc::expr::{Agg, Func};
use segc::ir::Scan;
use segc::model::{MeasureId, Model, Window};

/// Items, how many there are, and of those of two pieces and more, how many are shoes and whether there are hats.
fn pieces(wide: fn(&Shop) -> Window, narrow: fn(&Shop) -> Window, beside: &[&str]) -> Model {
    let mut m = Shop::new();
    let (wide, narrow) = (wide(&m), narrow(&m));
    let two = m.call(Func::Ge, vec![m.col(ITEMS, "quantity"), int_row(2)]);
    let is = |m: &Shop, what: &str| eq(m.col(ITEMS, "category"), text(what));
    let shoes = vec![two.clone(), is(&m, "shoes")];
    let hats = vec![is(&m, "hats"), two];
    let all = m.measure(ITEMS, Agg::Count, None, vec![], wide.clone());
    let recent = m.measure(ITEMS, Agg::Count, None, vec![], narrow.clone());
    let shoes = m.measure(ITEMS, Agg::Count, None, shoes, wide.clone());
    let hats = m.measure(ITEMS, Agg::Exists, None, hats, narrow);
    for (name, measure) in [
        ("all", all),
        ("recent", recent),
        ("shoes", shoes),
        ("hats", hats),
    ] {
        let value = m.value(measure);
        m.trait_(name, value);
    }
    for what in beside {
        let is = vec![is(&m, what)];
        let one = m.measure(ITEMS, Agg::Count, None, is, wide.clone());
        let value = m.value(one);
        m.trait_(&format!("any_{what}"), value);
    }
    m.model()
}

fn year(m: &Shop) -> Window {
    m.days(365)
}

fn joins_product(scan: &Scan) -> bool {
    scan.slots.contains(&2)
}

#[test]
fn what_is_looked_up_for_some_rows_is_joined_to_these() {
    let model = pieces(Shop::all_time, year, &[]);
    let (naive, plan) = plans(&model);
    let joined: Vec<usize> = plan
        .scans
        .iter()
        .filter(|s| joins_product(s))
        .map(|s| s.measures.len())
        .collect();
    assert_eq!(joined, [2], "{}", plan.show(&model));
    assert_eq!(both(&model, SMALL, "trait_all"), ["4", "0", "0"]);
    assert_eq!(both(&model, SMALL, "trait_recent"), ["4", "0", "0"]);
    assert_eq!(both(&model, SMALL, "trait_shoes"), ["2", "0", "0"]);
    assert_eq!(
        both(&model, SMALL, "trait_hats"),
        ["false", "false", "false"]
    );
    insta::assert_snapshot!("looked_up_shown", plan.show(&model));
    insta::assert_snapshot!("looked_up_written", written(&plan, &model).sql);
    // Where bytes read are the price, nothing is read twice.
    let bytes = segc::ir::optimize(
        naive.clone(),
        &model,
        &segc::ir::Costs::BYTES,
        &mut |_, _| {},
    );
    assert_eq!(bytes.scans.len(), 1);
    assert!(split(&naive, &model).scans.len() > 1);
}

#[test]
fn few_rows_are_joined_where_they_are_read() {
    let month: fn(&Shop) -> Window = |m| m.days(30);
    let model = pieces(month, month, &[]);
    let (_, plan) = plans(&model);
    assert_eq!(plan.scans.len(), 1, "{}", plan.show(&model));
}

#[test]
fn nothing_is_spared_where_others_look_up_the_same() {
    let model = pieces(Shop::all_time, Shop::all_time, &["shoes"]);
    let (_, plan) = plans(&model);
    assert_eq!(plan.scans.len(), 1, "{}", plan.show(&model));
    assert_eq!(both(&model, SMALL, "trait_any_shoes"), ["2", "0", "0"]);
    assert_eq!(both(&model, SMALL, "trait_shoes"), ["2", "0", "0"]);
}

/// An aggregate of items, of all or of those of some quantity, of all products or of some, in any window.
fn random_measure(m: &mut Shop, dice: &mut Dice) -> MeasureId {
    let agg = dice.one_of(&[Agg::Count, Agg::Exists, Agg::Sum, Agg::Min, Agg::Avg]);
    let quantity = m.col(ITEMS, "quantity");
    let arg = match agg {
        Agg::Count | Agg::Exists => None,
        _ => Some(quantity.clone()),
    };
    let mut filter = Vec::new();
    if dice.up_to(3) > 0 {
        filter.push(m.call(Func::Ge, vec![quantity, int_row(2)]));
    }
    let category = m.col(ITEMS, "category");
    match dice.up_to(4) {
        0 => filter.push(eq(category, text("shoes"))),
        1 => filter.insert(0, m.call(Func::IsNull, vec![category])),
        _ => {}
    }
    let window = random_window(m, dice, &[None, Some(90), Some(365), Some(730)], 30);
    m.measure(ITEMS, agg, arg, filter, window)
}

#[test]
fn random_lookups_answer_what_naive_plans_answer() {
    let mut dice = Dice(11);
    let mut apart = 0;
    for _ in 0..12 {
        let plan = answers_as_naive(&mut dice, 8, random_measure);
        let whys = plan.scans.iter().map(|s| &s.why);
        apart += whys
            .filter(|w| w.contains("is looked up for some rows alone"))
            .count();
    }
    assert!(apart > 3, "{apart}");
}
