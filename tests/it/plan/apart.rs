//! What ranks compare, apart from the rest, where that is cheaper: and it is the same.

use super::fixture::*;
use super::rows::{SMALL, both};
use super::{plans, written};
use segc::expr::{Agg, Type};
use segc::model::{Model, Population};
use segc::spec::population::{First, RankTies, Statistic, TopTies};

/// A rank and who is first in each country by orders, beside so many other questions about orders, and one about items.
fn ranked(others: i64) -> Model {
    let mut m = Shop::new();
    let all = m.all_time();
    let orders = m.measure(ORDERS, Agg::Count, None, vec![], all.clone());
    let items = m.measure(ITEMS, Agg::Count, None, vec![], all.clone());
    for n in 0..others {
        let is = vec![eq(m.col(ORDERS, "order_id"), int_row(n))];
        let one = m.measure(ORDERS, Agg::Count, None, is, all.clone());
        let value = m.value(one);
        m.trait_(&format!("order_{n}"), value);
    }
    let among = leaf(ge(m.value(orders), int(1)));
    let rank = m.population(Population {
        statistic: Statistic::Rank {
            ascending: false,
            ties: RankTies::Min,
        },
        ..m.compared(orders, Type::Int)
    });
    let first = m.population(Population {
        statistic: Statistic::Top {
            first: First::Count(1),
            bottom: false,
            ties: TopTies::Break,
        },
        among: Some(among),
        per: Some(m.attribute("country")),
        ..m.compared(orders, Type::Boolean)
    });
    m.trait_("rank", rank);
    m.segment("first", leaf(first));
    let items = m.value(items);
    m.trait_("items", items);
    m.model()
}

#[test]
fn ranks_read_a_row_of_their_own_beside_a_wide_one() {
    let model = ranked(30);
    let (naive, plan) = plans(&model);
    assert!(naive.apart.is_none());
    let apart = plan.apart.as_ref().expect("31 columns are many");
    assert_eq!((apart.columns.len(), apart.measures.len()), (1, 1));
    assert_eq!(both(&model, SMALL, "trait_rank"), ["1", "2", "3"]);
    assert_eq!(both(&model, SMALL, "seg_first"), ["true", "true", "false"]);
    assert_eq!(both(&model, SMALL, "trait_order_11"), ["1", "0", "0"]);
    assert_eq!(both(&model, SMALL, "trait_items"), ["4", "0", "0"]);
    insta::assert_snapshot!("apart_shown", plan.show(&model));
    insta::assert_snapshot!("apart_written", written(&plan, &model).sql);
}

#[test]
fn ranks_read_the_one_row_where_that_is_narrow() {
    let model = ranked(3);
    let (_, plan) = plans(&model);
    assert!(plan.apart.is_none());
    assert_eq!(both(&model, SMALL, "trait_rank"), ["1", "2", "3"]);
}
