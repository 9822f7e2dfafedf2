//! The rewrites of a plan: [`RULES`], in order, and the driver that applies them and checks their work.

use super::{Plan, Scan, Shape, fuse};
use crate::expr::Literal;
use crate::model::{JoinKind, Model, Relation, RowExpr};
use std::collections::{BTreeSet, HashSet};

/// A rewrite: its name, as `segc compile --passes` prints it, and what it does.
pub struct Rule {
    pub name: &'static str,
    pub apply: fn(Plan, &Model) -> Plan,
}

/// In this order: tiers are made of what has been fused; only whole tiers know which conditions all their measures share;
/// and only then is it known which tables a scan reads.
pub const RULES: &[Rule] = &[
    Rule {
        name: "fuse",
        apply: fuse::fuse,
    },
    Rule {
        name: "merge_tiers",
        apply: fuse::merge_tiers,
    },
    Rule {
        name: "push_filters",
        apply: push_filters,
    },
    Rule {
        name: "prune_joins",
        apply: prune_joins,
    },
];

/// Applies [`RULES`]; `observer` sees the plan as it came (named `naive`) and after each rule.
///
/// # Panics
/// If a rule changed what is answered: a bug of that rule, which must not become wrong members.
pub fn optimize(plan: Plan, model: &Model, observer: &mut dyn FnMut(&str, &Plan)) -> Plan {
    observer("naive", &plan);
    let mut plan = plan;
    let promised = promise(&plan);
    for rule in RULES {
        plan = (rule.apply)(plan, model);
        assert!(
            promise(&plan) == promised,
            "rule `{}` changed what the plan answers",
            rule.name
        );
        observer(rule.name, &plan);
    }
    plan
}

/// What no rule may change: the answer's columns, their names, and the measures computed, each once.
fn promise(
    plan: &Plan,
) -> (
    Vec<super::Answer>,
    super::Names,
    Vec<crate::model::MeasureId>,
) {
    let mut measures: Vec<_> = plan.scans.iter().flat_map(|s| s.measures.clone()).collect();
    measures.sort_unstable();
    (plan.answers.clone(), plan.names.clone(), measures)
}

/// More alternatives than this cost more to test than the rows they spare.
const MAX_ALTERNATIVES: usize = 4;

/// Conditions that all measures of a scan share move to its WHERE; so does the OR of the rest, while it is short; so does
/// the latest upper bound, where every measure has one.
fn push_filters(mut plan: Plan, model: &Model) -> Plan {
    for scan in plan
        .scans
        .iter_mut()
        .filter(|s| s.shape == Shape::Aggregate)
    {
        let measures: Vec<_> = scan
            .measures
            .iter()
            .filter_map(|m| model.measures.get(m.index()))
            .collect();
        let Some((first, others)) = measures.split_first() else {
            continue;
        };
        scan.all_of = first
            .filter
            .iter()
            .filter(|c| others.iter().all(|m| m.filter.contains(c)))
            .cloned()
            .collect();
        let mut alternatives: Vec<Vec<RowExpr>> = Vec::new();
        let mut seen = HashSet::new();
        for measure in &measures {
            let rest: Vec<RowExpr> = measure
                .filter
                .iter()
                .filter(|c| !scan.all_of.contains(c))
                .cloned()
                .collect();
            if seen.insert(rest.clone()) {
                alternatives.push(rest);
            }
        }
        let worth = alternatives.len() <= MAX_ALTERNATIVES;
        if worth && alternatives.iter().all(|a| !a.is_empty()) {
            scan.any_of = alternatives;
        }
        let bounds: Option<Vec<&Literal>> =
            measures.iter().map(|m| m.window.until.as_ref()).collect();
        scan.until = bounds.and_then(|b| {
            b.into_iter()
                .max_by_key(|l| super::names::moment(l))
                .cloned()
        });
    }
    plan
}

/// Joins only the lookups that something in the scan reads. Parents stay: a row without one belongs to nobody.
fn prune_joins(mut plan: Plan, model: &Model) -> Plan {
    for scan in &mut plan.scans {
        if let Some(relation) = model.relations.get(scan.relation.index()) {
            scan.slots = needed_slots(scan, relation, model);
        }
    }
    plan
}

fn needed_slots(scan: &Scan, relation: &Relation, model: &Model) -> Vec<usize> {
    let mut needed: BTreeSet<usize> = BTreeSet::from([0]);
    needed.extend(relation.owner.iter().map(|(_, col)| col.slot));
    needed.extend(relation.time.iter().map(|t| t.col.slot));
    needed.extend(relation.past.iter().map(|(t, _)| t.col.slot));
    for (n, slot) in relation.frame.slots.iter().enumerate() {
        if slot
            .join
            .as_ref()
            .is_some_and(|j| j.kind == JoinKind::Parent)
        {
            needed.insert(n);
        }
    }
    let measures = scan
        .measures
        .iter()
        .filter_map(|m| model.measures.get(m.index()));
    let exprs = measures.flat_map(|m| m.filter.iter().chain(&m.arg));
    for expr in relation.filter.iter().chain(exprs) {
        expr.each_column(&mut |c| {
            needed.insert(c.slot);
        });
    }
    // A slot is joined to an earlier one, so one walk backwards closes the set.
    for n in (0..relation.frame.slots.len()).rev() {
        let from = relation
            .frame
            .slots
            .get(n)
            .and_then(|s| s.join.as_ref())
            .map(|j| j.from);
        if let (true, Some(from)) = (needed.contains(&n), from) {
            needed.insert(from);
        }
    }
    needed.into_iter().collect()
}
