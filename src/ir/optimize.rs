//! The rewrites of a plan: [`RULES`], in order, and the driver that applies them and checks their work.

use super::rolled::has_least;
use super::{
    Answer, Costs, Names, Plan, Scan, Shape, apart, fuse, looked_up, push, rollup, sequence,
};
use crate::expr::Literal;
use crate::model::calendar::earlier;
use crate::model::{JoinKind, Measure, MeasureId, Model, Relation, RowExpr, SequenceId};
use std::cmp::Ordering;
use std::collections::BTreeSet;

/// A rewrite: its name, as `segc compile --passes` prints it, and what it does.
pub struct Rule {
    pub name: &'static str,
    pub apply: fn(Plan, &Model, &Costs) -> Plan,
}

/// In this order: rollups and tiers are made of what has been fused; only whole tiers know what all their measures look up, and which
/// conditions they share; and only then is it known which tables a scan reads.
pub const RULES: &[Rule] = &[
    Rule {
        name: "fuse",
        apply: fuse::fuse,
    },
    Rule {
        name: "roll_up",
        apply: rollup::roll_up,
    },
    Rule {
        name: "merge_tiers",
        apply: fuse::merge_tiers,
    },
    Rule {
        name: "look_up_apart",
        apply: looked_up::look_up_apart,
    },
    Rule {
        name: "split",
        apply: fuse::split,
    },
    Rule {
        name: "push_filters",
        apply: push::push_filters,
    },
    Rule {
        name: "share_windows",
        apply: sequence::share_windows,
    },
    Rule {
        name: "share_steps",
        apply: sequence::share_steps,
    },
    Rule {
        name: "prune_joins",
        apply: prune_joins,
    },
    Rule {
        name: "read_again",
        apply: read_again,
    },
    Rule {
        name: "compare_apart",
        apply: apart::compare_apart,
    },
];

/// Applies [`RULES`]; `observer` sees the plan as it came (named `naive`) and after each rule.
///
/// # Panics
/// If a rule changed what is answered: a bug of that rule, which must not become wrong members.
pub fn optimize(
    plan: Plan,
    model: &Model,
    costs: &Costs,
    observer: &mut dyn FnMut(&str, &Plan),
) -> Plan {
    let mut plan = plan;
    let across = std::mem::take(&mut plan.across);
    plan.across = across
        .into_iter()
        .map(|other| optimize(other, model, costs, observer))
        .collect();
    observer("naive", &plan);
    let promised = promise(&plan);
    for rule in RULES {
        plan = (rule.apply)(plan, model, costs);
        assert!(
            promise(&plan) == promised,
            "rule `{}` changed what the plan answers",
            rule.name
        );
        observer(rule.name, &plan);
    }
    plan
}

/// What no rule may change: the answer's columns, their names, and the measures and steps computed, each once.
#[derive(PartialEq, Eq)]
struct Promise {
    answers: Vec<Answer>,
    names: Names,
    measures: Vec<MeasureId>,
    sequences: Vec<(SequenceId, Vec<usize>)>,
}

fn promise(plan: &Plan) -> Promise {
    let mut measures: Vec<_> = plan.scans.iter().flat_map(|s| s.measures.clone()).collect();
    measures.sort_unstable();
    let sequences = plan.sequences.iter();
    let mut sequences: Vec<_> = sequences
        .flat_map(|s| s.ids().map(|id| (id, s.steps())))
        .collect();
    sequences.sort_unstable();
    Promise {
        answers: plan.answers.clone(),
        names: plan.names.clone(),
        measures,
        sequences,
    }
}

/// The measures that are computed from a rollup.
pub(super) fn computed_from<'a, 's>(
    scans: &'s [Scan],
    rollup: usize,
    model: &'a Model,
) -> impl Iterator<Item = &'a Measure> + use<'a, 's> {
    let scans = scans.iter().filter(move |s| s.over == Some(rollup));
    let ids = scans.flat_map(|s| &s.measures);
    ids.filter_map(|m| model.measures.get(m.index()))
}

/// Beginnings of windows over one relation, to the microsecond. None comes first: no beginning is the widest.
pub(super) fn widest_first(a: Option<&Literal>, b: Option<&Literal>) -> Ordering {
    match (a, b) {
        (Some(a), Some(b)) if earlier(a, b) => Ordering::Less,
        (Some(a), Some(b)) if earlier(b, a) => Ordering::Greater,
        (Some(_), Some(_)) => Ordering::Equal,
        (a, b) => a.is_some().cmp(&b.is_some()),
    }
}

pub(super) fn later<'a>(a: &'a Literal, b: &'a Literal) -> &'a Literal {
    if earlier(a, b) { b } else { a }
}

/// Joins only the lookups that something in the scan reads. Parents stay: a row without one belongs to nobody.
fn prune_joins(mut plan: Plan, model: &Model, _: &Costs) -> Plan {
    for (n, rollup) in plan.rollups.iter_mut().enumerate() {
        let measures = computed_from(&plan.scans, n, model);
        let exprs = measures.flat_map(|m| m.filter.iter().chain(&m.arg));
        if let Some(relation) = model.relations.get(rollup.scan.relation.index()) {
            rollup.scan.slots = needed_slots(relation, exprs.chain([&rollup.value]));
        }
    }
    for scan in plan.scans.iter_mut().filter(|s| s.over.is_none()) {
        let measures = scan
            .measures
            .iter()
            .filter_map(|m| model.measures.get(m.index()));
        let exprs = measures.flat_map(|m| m.filter.iter().chain(&m.arg));
        if let Some(relation) = model.relations.get(scan.relation.index()) {
            scan.slots = needed_slots(relation, exprs);
        }
    }
    for sequence in &mut plan.sequences {
        for step in &mut sequence.scans {
            let exprs = sequence::exprs(sequence.id, &step.steps, model);
            if let Some(relation) = model.relations.get(step.scan.relation.index()) {
                step.scan.slots = needed_slots(relation, exprs);
            }
        }
    }
    plan
}

/// A first or last row is found by its time, where that means no more than reading one table twice, and the most frequent value
/// by how many rows it has, where these are counted in a rollup: far less work than putting all rows in order.
fn read_again(mut plan: Plan, model: &Model, costs: &Costs) -> Plan {
    if !costs.may_read_again() {
        return plan;
    }
    for scan in &mut plan.scans {
        let relation = model.relations.get(scan.relation.index());
        let timed = relation.is_some_and(|r| r.time.as_ref().is_some_and(|t| t.col.slot == 0));
        let measure = scan.measures.first();
        let measure = measure.and_then(|m| model.measures.get(m.index()));
        let least = measure.is_some_and(|m| has_least(&m.ty));
        let what = match &mut scan.shape {
            Shape::Chosen { again, .. } if timed && scan.slots.len() == 1 => {
                *again = true;
                "its time is found first, then the row by its time"
            }
            Shape::Ranked { again, .. } if least && scan.over.is_some() => {
                *again = true;
                "how many rows it has is found first, then the value"
            }
            Shape::Aggregate | Shape::Distinct | Shape::Chosen { .. } | Shape::Ranked { .. } => {
                continue;
            }
        };
        scan.why = format!("{}; {what}: nothing is put in order", scan.why);
    }
    plan
}

pub(super) fn needed_slots<'a>(
    relation: &Relation,
    exprs: impl Iterator<Item = &'a RowExpr>,
) -> Vec<usize> {
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
    let mut need = |expr: &RowExpr| {
        expr.each_column(&mut |c| {
            needed.insert(c.slot);
        });
    };
    relation.filter.iter().for_each(&mut need);
    exprs.for_each(&mut need);
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
