//! The planner and the emitter over models made by hand: texts here, rows (where an engine is linked) in `rows.rs`.

#![allow(
    clippy::indexing_slicing,
    clippy::wildcard_enum_match_arm,
    reason = "a test that is wrong may panic"
)]

#[cfg(feature = "duckdb-linked")]
mod apart;
mod fixture;
#[cfg(feature = "duckdb-linked")]
mod looked_up;
#[cfg(feature = "duckdb-linked")]
mod pushed;
#[cfg(feature = "duckdb-linked")]
mod random;
#[cfg(feature = "duckdb-linked")]
mod rollups;
#[cfg(feature = "duckdb-linked")]
mod rows;

use fixture::*;
use segc::diag::Diagnostics;
use segc::emit::{self, CheckKind};
use segc::expr::{Agg, Func, Literal, Type};
use segc::ir::{self, Plan, Selection};
use segc::model::{Model, Predicate, SegmentId, TraitId};
use sqlparser::dialect::DuckDbDialect;
use sqlparser::parser::Parser;

pub(crate) fn everything(model: &Model) -> Selection {
    Selection {
        segments: (0..model.segments.len())
            .map(|n| SegmentId(n as u32))
            .collect(),
        traits: (0..model.traits.len()).map(|n| TraitId(n as u32)).collect(),
        ..Selection::default()
    }
}

/// Where what ranks compare and what is looked up stands apart wherever it may, however little that spares.
#[cfg(feature = "duckdb-linked")]
pub(crate) const APART: ir::Costs = ir::Costs {
    column: 1e6,
    lookup: 1e6,
    ..ir::Costs::MEASURED
};

/// A plan by [`APART`]; None: it is what users get.
#[cfg(feature = "duckdb-linked")]
pub(crate) fn apart(plan: &Plan, model: &Model) -> Option<Plan> {
    let by = |costs| ir::optimize(plan.clone(), model, costs, &mut |_, _| {});
    let apart = by(&APART);
    (apart.show(model) != by(&ir::Costs::MEASURED).show(model)).then_some(apart)
}

/// The plan as lowered, and as optimised.
pub(crate) fn plans(model: &Model) -> (Plan, Plan) {
    let mut plans = ir::lower(model, &everything(model));
    assert_eq!(plans.len(), 1);
    let naive = plans.remove(0);
    let optimised = ir::optimize(naive.clone(), model, &ir::Costs::MEASURED, &mut |_, _| {});
    (naive, optimised)
}

/// The plan where bytes are the price and no scan has more than two measures.
pub(crate) fn split(naive: &Plan, model: &Model) -> Plan {
    let costs = ir::Costs {
        measures: 2,
        ..ir::Costs::BYTES
    };
    let plan = ir::optimize(naive.clone(), model, &costs, &mut |_, _| {});
    assert!(plan.scans.iter().all(|s| s.measures.len() <= 2));
    assert!(plan.scans.iter().all(|s| !s.why.contains("inf ns")));
    plan
}

/// Writes a plan and parses what was written.
pub(crate) fn written(plan: &Plan, model: &Model) -> emit::EntityQuery {
    let dialect = segc::dialect::find("duckdb").expect("there is a first dialect");
    let mut diags = Diagnostics::default();
    let query = emit::query(plan, model, dialect, &mut diags);
    let found: Vec<_> = diags.iter().collect();
    assert!(found.is_empty(), "{found:?}");
    let checks = emit::checks(plan, model, dialect, &mut diags);
    let sqls = checks.iter().map(|c| &c.sql);
    for sql in sqls.chain(&query.prelude).chain([&query.sql]) {
        let parsed = Parser::parse_sql(&DuckDbDialect {}, sql);
        assert_eq!(
            parsed.map(|p| p.len()).map_err(|e| format!("{e}\n{sql}")),
            Ok(1)
        );
    }
    query
}

#[test]
fn a_plan_reads_well() {
    let mut m = Shop::new();
    let count = m.measure(ORDERS, Agg::Count, None, vec![], m.days(90));
    let web = eq(m.col(ORDERS, "channel"), text("web"));
    let web_sum = m.measure(
        ORDERS,
        Agg::Sum,
        Some(m.col(ORDERS, "total")),
        vec![web],
        m.days(90),
    );
    let ever = m.measure(ORDERS, Agg::Exists, None, vec![], m.all_time());
    let last = m.measure(
        ORDERS,
        Agg::Last,
        Some(m.col(ORDERS, "channel")),
        vec![],
        m.all_time(),
    );
    let vip = m.segment(
        "vip",
        ge(m.value(count), int(3)).and_also(ge(m.value(web_sum), int(500))),
    );
    m.segment(
        "quiet",
        Predicate::All(vec![
            leaf(m.value(ever)),
            Predicate::Not(Box::new(Predicate::Segment(vip))),
            leaf(eq(m.attribute("country"), text("US"))),
        ]),
    );
    m.trait_("last_channel", m.value(last));
    let model = m.model();
    let (_, plan) = plans(&model);
    insta::assert_snapshot!("plan_shown", plan.show(&model));
    insta::assert_snapshot!("plan_written", written(&plan, &model).sql);
}

#[test]
fn equal_windows_share_a_scan_and_the_rules_are_watched() {
    let mut m = Shop::new();
    for n in 0..10 {
        let big = m.call(Func::Gt, vec![m.col(ORDERS, "total"), int_row(n)]);
        let of_year = m.measure(ORDERS, Agg::Count, None, vec![big.clone()], m.days(900));
        let of_month = m.measure(ORDERS, Agg::Count, None, vec![big], m.days(30));
        m.segment(
            &format!("s{n}"),
            Predicate::Any(vec![
                leaf(ge(m.value(of_year), int(3))),
                leaf(ge(m.value(of_month), int(1))),
            ]),
        );
    }
    let model = m.model();
    let naive = ir::lower(&model, &everything(&model)).remove(0);
    assert_eq!(naive.scans.len(), 20);
    let mut seen = Vec::new();
    let plan = ir::optimize(naive, &model, &ir::Costs::MEASURED, &mut |name, p| {
        seen.push((name.to_owned(), p.scans.len()));
    });
    let expected: Vec<&str> = std::iter::once("naive")
        .chain(ir::RULES.iter().map(|r| r.name))
        .collect();
    assert_eq!(
        seen.iter().map(|(n, _)| n.as_str()).collect::<Vec<_>>(),
        expected
    );
    // Ten narrow measures are dearer in the wide scan than in their own.
    assert_eq!(plan.scans.len(), 2);
    assert!(plan.scans.iter().all(|s| s.measures.len() == 10));
}

#[test]
fn a_few_narrow_measures_join_the_wider_scan() {
    let mut m = Shop::new();
    let wide = m.measure(ORDERS, Agg::Count, None, vec![], m.days(365));
    let narrow = m.measure(ORDERS, Agg::Count, None, vec![], m.days(180));
    m.segment(
        "s",
        leaf(ge(m.value(wide), int(2))).and_also(ge(m.value(narrow), int(1))),
    );
    let model = m.model();
    let (_, plan) = plans(&model);
    assert_eq!(plan.scans.len(), 1);
    assert_eq!(plan.scans[0].measures.len(), 2);
}

#[test]
fn unread_lookups_are_not_joined_and_not_checked() {
    let mut m = Shop::new();
    let items = m.measure(
        ITEMS,
        Agg::Sum,
        Some(m.col(ITEMS, "quantity")),
        vec![],
        m.all_time(),
    );
    m.segment("s", ge(m.value(items), int(2)).into_leaf());
    let model = m.model();
    let (_, plan) = plans(&model);
    let query = written(&plan, &model);
    assert!(!query.sql.contains("products"), "{}", query.sql);
    // The parent stays: its conditions hold.
    assert!(query.sql.contains("join orders as orders"), "{}", query.sql);
    let dialect = segc::dialect::find("duckdb").expect("there is a first dialect");
    let checks = emit::checks(&plan, &model, dialect, &mut Diagnostics::default());
    let what: Vec<&str> = checks.iter().map(|c| c.what.as_str()).collect();
    assert_eq!(
        what,
        [
            "customer.customer_id",
            "customer.customer_id",
            "items.orders (order_id)",
            "orders.ordered_at",
            "order_items"
        ]
    );
}

/// Rows without a time are looked for once, whatever reads the relation, and not among those that its `where` leaves out.
#[test]
fn each_question_is_asked_of_the_data_once() {
    let mut m = Shop::new();
    for (relation, days) in [(ORDERS, 30), (ORDERS, 730), (ITEMS, 365)] {
        let many = m.measure(relation, Agg::Count, None, vec![], m.days(days));
        m.segment(&format!("s{days}"), ge(m.value(many), int(2)).into_leaf());
    }
    let at = m.col(ORDERS, "ordered_at");
    let mut model = m.model();
    let times = |model: &Model| -> Vec<String> {
        let (_, plan) = plans(model);
        let dialect = segc::dialect::find("duckdb").expect("there is a first dialect");
        let checks = emit::checks(&plan, model, dialect, &mut Diagnostics::default());
        let times = checks.into_iter().filter(|c| c.kind == CheckKind::TimeNull);
        times.map(|c| c.sql).collect()
    };
    let counting = |violations: &str| {
        format!(
            "select\n    {violations} as violations,\n    cast(null as varchar) as found,\n    \
             count(*) as source_rows\nfrom orders as checked"
        )
    };
    let not_cancelled =
        "count(case when checked.ordered_at is null and checked.status <> 'cancelled' then 1 end)";
    assert_eq!(times(&model), [counting(not_cancelled)]);
    // A bound on the time leaves NULLs out as well, but not on purpose.
    model.relations[ORDERS.index()]
        .filter
        .push(ge(at.clone(), at.clone()));
    assert_eq!(times(&model), [counting(not_cancelled)]);
    model.relations[ORDERS.index()].filter.pop();
    let told = call(Func::IsNotNull, vec![at], Type::Boolean);
    model.relations[ORDERS.index()].filter.push(told);
    let sql = times(&model).remove(0);
    assert!(
        sql.contains("and checked.ordered_at is not null then"),
        "{sql}"
    );
    for relation in &mut model.relations {
        relation.filter.clear();
    }
    assert_eq!(
        times(&model),
        [counting("count(*) - count(checked.ordered_at)")]
    );
}

#[test]
fn names_that_a_warehouse_reserves_are_quoted_and_strings_escaped() {
    let dialect = segc::dialect::find("duckdb").expect("there is a first dialect");
    assert_eq!(dialect.identifier("total"), "total");
    assert_eq!(dialect.identifier("order"), "\"order\"");
    assert_eq!(dialect.identifier("Total"), "\"Total\"");
    assert_eq!(dialect.identifier("a\"b"), "\"a\"\"b\"");
    assert_eq!(dialect.identifier(""), "\"\"");
    assert_eq!(dialect.string("it's; drop"), "'it''s; drop'");
    let words = dialect.reserved();
    assert!(words.is_sorted());
}

#[test]
fn literals_keep_their_value() {
    let dialect = segc::dialect::find("duckdb").expect("there is a first dialect");
    let decimal = |digits, scale| {
        let ty = Type::Decimal {
            precision: 38,
            scale,
        };
        dialect
            .literal(&Literal::Decimal { digits, scale }, &ty)
            .text
    };
    assert_eq!(decimal(1230, 2), "12.30");
    assert_eq!(decimal(-5, 3), "-0.005");
    assert_eq!(decimal(7, 0), "7");
    let float = |f: f64| {
        dialect
            .literal(&Literal::Float(f.to_bits()), &Type::Float)
            .text
    };
    assert_eq!(float(1.5), "1.5e0");
    assert_eq!(float(0.1), "1e-1");
    let at: jiff::Timestamp = "2026-01-31T09:00:00.25Z".parse().expect("an instant");
    assert_eq!(
        dialect
            .literal(&Literal::Timestamp(at), &Type::Timestamp)
            .text,
        "timestamptz '2026-01-31 09:00:00.250000+00:00'"
    );
}

#[test]
fn a_long_chain_of_references_is_one_level_each_and_every_condition_is_written_once() {
    let mut m = Shop::new();
    let mut before = m.segment("s0", leaf(eq(m.attribute("country"), text("US"))));
    for n in 1..3000 {
        let inner = Predicate::Segment(before);
        let own = leaf(ge(m.attribute("age"), int(n)));
        before = m.segment(
            &format!("s{n}"),
            Predicate::Any(vec![inner.clone(), Predicate::All(vec![inner, own])]),
        );
    }
    let model = m.model();
    let plan = ir::lower(&model, &everything(&model)).remove(0);
    assert_eq!(plan.levels.len(), 2999);
    let dialect = segc::dialect::find("duckdb").expect("there is a first dialect");
    let sql = emit::query(&plan, &model, dialect, &mut Diagnostics::default()).sql;
    assert_eq!(
        sql.matches(">= 1234)").count() + sql.matches(">= 1234,").count(),
        1
    );
}
