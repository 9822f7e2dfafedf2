//! What of sequences is computed together, and how.

use super::optimize::{later, needed_slots};
use super::push::shared;
use super::{Costs, Plan, Scan, Shape, across};
use crate::expr::Literal;
use crate::model::calendar::earlier;
use crate::model::{Model, RelationId, RowExpr, Sequence, SequenceId, Step};
use std::cmp::Ordering;
use std::collections::{BTreeMap, HashMap};

/// How a sequence is computed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SequenceScan {
    pub id: SequenceId,
    /// Those that differ from it in nothing but a later beginning: they hold where a late enough row begins it.
    pub narrower: Vec<SequenceId>,
    /// Every step stands in exactly one of these.
    pub scans: Vec<StepScan>,
    /// The next row of each row is found by an as-of join, and every step has a scan of its own. Otherwise by window functions.
    pub as_of: bool,
    pub why: String,
}

/// One pass over one relation, for some steps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepScan {
    /// Without measures.
    pub scan: Scan,
    /// From 0, in order.
    pub steps: Vec<usize>,
}

impl SequenceScan {
    /// All sequences that it answers, the widest first.
    pub(super) fn ids(&self) -> impl Iterator<Item = SequenceId> {
        std::iter::once(self.id).chain(self.narrower.iter().copied())
    }

    pub(super) fn steps(&self) -> Vec<usize> {
        let mut steps: Vec<usize> = self.scans.iter().flat_map(|s| s.steps.clone()).collect();
        steps.sort_unstable();
        steps
    }
}

/// The naive way: a scan for every step.
pub(super) fn lower(id: SequenceId, model: &Model) -> Option<SequenceScan> {
    let sequence = model.sequences.get(id.index())?;
    let scans = sequence.steps.iter().enumerate().map(|(n, step)| StepScan {
        scan: Scan {
            from: step.window.from.clone(),
            until: step.window.until.clone(),
            all_of: step.filter.clone(),
            slots: slots(step.relation, model),
            ..scan(step.relation)
        },
        steps: vec![n],
    });
    Some(SequenceScan {
        id,
        narrower: Vec::new(),
        scans: scans.collect(),
        as_of: false,
        why: "naive: every step has its own scan".to_owned(),
    })
}

fn slots(relation: RelationId, model: &Model) -> Vec<usize> {
    let relation = model.relations.get(relation.index());
    relation.map_or_else(Vec::new, |r| across::slots(r, model, []))
}

fn scan(relation: RelationId) -> Scan {
    Scan {
        relation,
        shape: Shape::Aggregate,
        from: None,
        until: None,
        all_of: Vec::new(),
        any_of: Vec::new(),
        over: None,
        slots: Vec::new(),
        measures: Vec::new(),
        why: String::new(),
    }
}

/// One computation for all sequences that differ only in how far back the first step may lie. Whether a row begins the
/// sequence depends on the rows after it alone, so that the latest row that does answers for every window.
pub(super) fn share_windows(mut plan: Plan, model: &Model, _: &Costs) -> Plan {
    // None comes first: no beginning is the widest.
    plan.sequences.sort_by(|a, b| {
        let order = widest_first(beginning(a.id, model), beginning(b.id, model));
        order.then(a.id.cmp(&b.id))
    });
    let mut kept: Vec<SequenceScan> = Vec::new();
    let mut index: HashMap<Sequence, usize> = HashMap::new();
    for found in plan.sequences {
        let Some(mut like) = model.sequences.get(found.id.index()).cloned() else {
            continue;
        };
        if let Some(first) = like.steps.first_mut() {
            first.window.from = None;
        }
        let at = *index.entry(like).or_insert(kept.len());
        match kept.get_mut(at) {
            Some(widest) => widest.narrower.extend(found.ids()),
            None => kept.push(found),
        }
    }
    kept.sort_by_key(|s| s.id);
    plan.sequences = kept;
    plan
}

fn widest_first(a: Option<&Literal>, b: Option<&Literal>) -> Ordering {
    match (a, b) {
        (Some(a), Some(b)) if earlier(a, b) => Ordering::Less,
        (Some(a), Some(b)) if earlier(b, a) => Ordering::Greater,
        (Some(_), Some(_)) => Ordering::Equal,
        (a, b) => a.is_some().cmp(&b.is_some()),
    }
}

fn sooner(a: Literal, b: Literal) -> Literal {
    if earlier(&b, &a) { b } else { a }
}

/// The next row of each row is joined to it, where the warehouse has a join for that and no step joins anything else: then a scan for
/// each step and its rows in order cost less than the rows of all steps, collapsed and in order, once for each step.
pub(super) fn join_as_of(mut plan: Plan, model: &Model, costs: &Costs) -> Plan {
    if !costs.as_of {
        return plan;
    }
    for found in &mut plan.sequences {
        let Some(sequence) = model.sequences.get(found.id.index()) else {
            continue;
        };
        let alone = |step: &Step| {
            let relation = model.relations.get(step.relation.index());
            let read = step.filter.iter().chain(&step.same);
            relation.is_some_and(|r| needed_slots(r, read).len() == 1)
        };
        if !sequence.steps.iter().all(alone) {
            continue;
        }
        let first = sequence.steps.first().and_then(|s| s.window.from.as_ref());
        for part in &mut found.scans {
            let own = part.scan.from.iter().chain(first);
            part.scan.from = own.reduce(later).cloned();
        }
        found.as_of = true;
        found.why = format!(
            "a scan per step, none before the first step's window; as-of joins find each row's next one{}",
            shared_by(&found.narrower)
        );
    }
    plan
}

fn shared_by(narrower: &[SequenceId]) -> &'static str {
    match narrower {
        [] => "",
        [..] => "; the latest row that begins it answers for narrower windows",
    }
}

/// One scan per relation, of rows that some step asks for. All steps come after the first, so none looks back further.
pub(super) fn share_steps(mut plan: Plan, model: &Model, _: &Costs) -> Plan {
    for found in plan.sequences.iter_mut().filter(|s| !s.as_of) {
        let Some(sequence) = model.sequences.get(found.id.index()) else {
            continue;
        };
        let mut by_relation: BTreeMap<RelationId, Vec<(usize, &Step)>> = BTreeMap::new();
        for (n, step) in sequence.steps.iter().enumerate() {
            by_relation
                .entry(step.relation)
                .or_default()
                .push((n, step));
        }
        let first = sequence.steps.first().and_then(|s| s.window.from.clone());
        let scans = by_relation.into_iter().map(|(relation, steps)| {
            let filters: Vec<&[RowExpr]> = steps.iter().map(|(_, s)| s.filter.as_slice()).collect();
            let (all_of, any_of) = shared(&filters);
            let from: Option<Vec<Literal>> = steps
                .iter()
                .map(|(_, s)| {
                    let own = s.window.from.iter().chain(&first);
                    own.reduce(later).cloned()
                })
                .collect();
            let until: Option<Vec<Literal>> =
                steps.iter().map(|(_, s)| s.window.until.clone()).collect();
            StepScan {
                scan: Scan {
                    from: from.and_then(|b| b.into_iter().reduce(sooner)),
                    until: until.and_then(|b| b.iter().reduce(later).cloned()),
                    all_of,
                    any_of,
                    slots: slots(relation, model),
                    ..scan(relation)
                },
                steps: steps.iter().map(|(n, _)| *n).collect(),
            }
        });
        found.scans = scans.collect();
        found.why = format!(
            "one scan per relation: the rows that some step asks for, none before the first step's window{}",
            shared_by(&found.narrower)
        );
    }
    plan
}

/// What some steps ask of a row.
pub(super) fn exprs<'a>(
    id: SequenceId,
    steps: &[usize],
    model: &'a Model,
) -> impl Iterator<Item = &'a RowExpr> {
    let sequence = model.sequences.get(id.index());
    let steps: Vec<&Step> = steps
        .iter()
        .filter_map(|n| sequence.and_then(|s| s.steps.get(*n)))
        .collect();
    steps
        .into_iter()
        .flat_map(|s| s.filter.iter().chain(&s.same))
}

/// `carts_then_not_orders`
pub(super) fn name(sequence: &Sequence, model: &Model) -> String {
    const LONGEST: usize = 36;
    let mut name = String::new();
    for step in &sequence.steps {
        let relation = model.relations.get(step.relation.index());
        let then = if name.is_empty() { "" } else { "_then_" };
        let not = if step.did { "" } else { "not_" };
        let more = format!("{then}{not}{}", relation.map_or("", |r| &r.name));
        if name.len() + more.len() > LONGEST {
            name.push_str("_and_so_on");
            break;
        }
        name.push_str(&more);
    }
    name
}

/// No row before this begins the sequence.
pub(super) fn beginning(id: SequenceId, model: &Model) -> Option<&Literal> {
    let first = model.sequences.get(id.index())?.steps.first()?;
    first.window.from.as_ref()
}
