//! What measures ask of a row, asked once for all of them, in their scan's WHERE.

use super::optimize::{computed_from, later};
use super::parts::{of_rows, tested};
use super::{Costs, Plan, Scan, Shape};
use crate::expr::{Expr, Func, Literal, Type};
use crate::model::{Measure, Model, RowExpr};
use std::collections::{HashMap, HashSet};

/// More alternatives than this cost more to test than the rows they spare.
const MAX_ALTERNATIVES: usize = 4;

/// Conditions that all measures of a scan share move to its WHERE; so does the OR of the rest, while it is short, or of the values that
/// the rests ask about; so does the latest upper bound, where every measure has one.
pub(super) fn push_filters(mut plan: Plan, model: &Model, _: &Costs) -> Plan {
    for (n, rollup) in plan.rollups.iter_mut().enumerate() {
        let measures: Vec<_> = computed_from(&plan.scans, n, model).collect();
        let of_rows = |m: &&Measure| of_rows(m, &rollup.value).cloned().collect();
        let filters: Vec<Vec<RowExpr>> = measures.iter().map(of_rows).collect();
        push(
            &mut rollup.scan,
            &filters.iter().map(Vec::as_slice).collect::<Vec<_>>(),
            &measures,
        );
    }
    for scan in plan
        .scans
        .iter_mut()
        .filter(|s| s.over.is_none() && matches!(s.shape, Shape::Aggregate | Shape::Distinct))
    {
        let measures: Vec<_> = scan
            .measures
            .iter()
            .filter_map(|m| model.measures.get(m.index()))
            .collect();
        let filters: Vec<&[RowExpr]> = measures.iter().map(|m| m.filter.as_slice()).collect();
        push(scan, &filters, &measures);
    }
    plan
}

/// `filters`: what each of these measures asks of a row.
fn push(scan: &mut Scan, filters: &[&[RowExpr]], measures: &[&Measure]) {
    let (shared, mut alternatives) = shared(filters);
    scan.all_of = shared;
    if alternatives.len() > MAX_ALTERNATIVES {
        alternatives = values_asked_about(&alternatives);
    }
    if alternatives.len() <= MAX_ALTERNATIVES {
        scan.any_of = alternatives;
    }
    let bounds: Option<Vec<&Literal>> = measures.iter().map(|m| m.window.until.as_ref()).collect();
    scan.until = bounds.and_then(|b| b.into_iter().reduce(later).cloned());
}

/// The conjuncts that all filters have, and the different rests; no rests where one of them is empty.
pub(super) fn shared(filters: &[&[RowExpr]]) -> (Vec<RowExpr>, Vec<Vec<RowExpr>>) {
    let Some((first, others)) = filters.split_first() else {
        return (Vec::new(), Vec::new());
    };
    let all_of: Vec<RowExpr> = first
        .iter()
        .filter(|c| others.iter().all(|f| f.contains(c)))
        .cloned()
        .collect();
    let mut alternatives: Vec<Vec<RowExpr>> = Vec::new();
    let mut seen = HashSet::new();
    for filter in filters {
        let rest: Vec<RowExpr> = filter
            .iter()
            .filter(|c| !all_of.contains(c))
            .cloned()
            .collect();
        if seen.insert(rest.clone()) {
            alternatives.push(rest);
        }
    }
    if alternatives.iter().any(Vec::is_empty) {
        alternatives.clear();
    }
    (all_of, alternatives)
}

/// Weaker alternatives, one for each thing whose values all rests ask about: `category in ('shoes', 'hats')`, `brand = 'acme'`. None
/// where a rest asks about no value: any row may meet it.
fn values_asked_about(rests: &[Vec<RowExpr>]) -> Vec<Vec<RowExpr>> {
    let tests: Vec<Vec<Test<'_>>> = rests
        .iter()
        .map(|r| r.iter().filter_map(test).collect())
        .collect();
    let mut asked: HashMap<&About<'_>, usize> = HashMap::new();
    for (about, _) in tests.iter().flatten() {
        *asked.entry(about).or_default() += 1;
    }
    let mut found: Vec<(&About<'_>, Vec<&RowExpr>)> = Vec::new();
    let mut index: HashMap<&About<'_>, usize> = HashMap::new();
    for rest in &tests {
        // What most rests ask about makes the fewest alternatives; of several the first.
        let Some((about, values)) = rest.iter().rev().max_by_key(|(about, _)| asked.get(about))
        else {
            return Vec::new();
        };
        let at = *index.entry(about).or_insert(found.len());
        match found.get_mut(at) {
            Some((_, same)) => same.extend(values),
            None => found.push((about, values.clone())),
        }
    }
    found
        .into_iter()
        .map(|(about, values)| vec![is_one_of(about.of, &values)])
        .collect()
}

/// What is compared, with constants of which type: only those of one type stand in one list.
#[derive(PartialEq, Eq, Hash)]
struct About<'a> {
    of: &'a RowExpr,
    ty: &'a Type,
}

type Test<'a> = (About<'a>, Vec<&'a RowExpr>);

fn test(condition: &RowExpr) -> Option<Test<'_>> {
    let (of, values) = tested(condition)?;
    let ty = &values.first()?.ty;
    values
        .iter()
        .all(|v| v.ty == *ty)
        .then_some((About { of, ty }, values))
}

fn is_one_of(of: &RowExpr, values: &[&RowExpr]) -> RowExpr {
    let mut seen = HashSet::new();
    let mut args = vec![of.clone()];
    args.extend(
        values
            .iter()
            .filter(|v| seen.insert(**v))
            .map(|v| (*v).clone()),
    );
    let func = if args.len() == 2 { Func::Eq } else { Func::In };
    Expr::call(func, args, Type::Boolean, of.at)
}
