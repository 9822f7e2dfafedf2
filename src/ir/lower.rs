//! Model and selection → the naive plan: one scan per measure, nothing shared. The optimised plan must answer the same.

use super::{Answer, Names, Plan, Scan, Selection, Shape, across, levels, sequence, uses};
use crate::expr::{Agg, Literal};
use crate::model::{Atom, EntityExpr, EntityId, Expose, Measure, MeasureId, Model, SequenceId};
use std::collections::BTreeSet;

/// One plan for each entity that the selection asks about, in the model's order.
#[must_use]
pub fn lower(model: &Model, selection: &Selection) -> Vec<Plan> {
    let segments = selection
        .segments
        .iter()
        .filter_map(|s| model.segments.get(s.index()));
    let traits = selection
        .traits
        .iter()
        .filter_map(|t| model.traits.get(t.index()));
    let entities: BTreeSet<EntityId> = segments
        .map(|s| s.entity)
        .chain(traits.map(|t| t.entity))
        .chain(selection.suppressed.iter().copied())
        .collect();
    entities
        .into_iter()
        .filter_map(|id| ask(model, id, answers(id, model, selection), None))
        .collect()
}

/// The plan of any questions about an entity: about everybody, or only about the one with this key.
#[must_use]
pub fn ask(
    model: &Model,
    id: EntityId,
    answers: Vec<Answer>,
    only: Option<Literal>,
) -> Option<Plan> {
    let entity = model.entities.get(id.index())?;
    let mut read = Vec::new();
    for answer in &answers {
        for p in uses::stated(answer, entity, model) {
            levels::references(p, model, &mut read);
        }
        match answer {
            Answer::Trait(t) => {
                if let Some(t) = model.traits.get(t.index()) {
                    levels::read_by(&t.value, &mut read);
                }
            }
            Answer::Value(value) => levels::read_by(value, &mut read),
            Answer::Key
            | Answer::Segment(_)
            | Answer::Exposed(..)
            | Answer::Channel(_)
            | Answer::Suppressed
            | Answer::HeldOut
            | Answer::Holds(_) => {}
        }
    }
    let levels = levels::levels(read, model);

    let mut names = Names::default();
    for answer in &answers {
        names.answer(answer, entity, model);
    }
    let mut measures: Vec<MeasureId> = Vec::new();
    let mut sequences: BTreeSet<SequenceId> = BTreeSet::new();
    let mut seen = std::collections::HashSet::new();
    let mut visit = |e: &EntityExpr, names: &mut Names| {
        e.each_column(&mut |atom| {
            names.atom(atom, entity, model);
            match atom {
                Atom::Column(_) | Atom::Population(_) => {}
                Atom::Measure(m) => {
                    if seen.insert(*m) {
                        measures.push(*m);
                    }
                }
                Atom::Sequence(s) => {
                    sequences.insert(*s);
                }
            }
        });
    };
    for node in levels.iter().flatten() {
        names.node(*node, model);
        for e in uses::values(*node, model) {
            visit(e, &mut names);
        }
        for p in uses::conditions(*node, model) {
            uses::walk(p, &mut |e| visit(e, &mut names), &mut |_| {});
        }
    }
    for answer in &answers {
        for p in uses::stated(answer, entity, model) {
            uses::walk(p, &mut |e| visit(e, &mut names), &mut |_| {});
        }
        match answer {
            Answer::Trait(t) => {
                if let Some(t) = model.traits.get(t.index()) {
                    visit(&t.value, &mut names);
                }
            }
            Answer::Value(value) => visit(value, &mut names),
            Answer::Exposed(col, _) => names.atom(&Atom::Column(col.clone()), entity, model),
            Answer::Key
            | Answer::Segment(_)
            | Answer::Channel(_)
            | Answer::Suppressed
            | Answer::HeldOut
            | Answer::Holds(_) => {}
        }
    }
    names.measures(&measures, model);
    measures.sort_unstable();
    let across = across::plans(&measures, model);
    let scans = measures
        .iter()
        .filter_map(|m| Some(one_scan(*m, model.measures.get(m.index())?, model)))
        .collect();
    Some(Plan {
        entity: id,
        scans,
        rollups: Vec::new(),
        sequences: sequences
            .into_iter()
            .filter_map(|s| sequence::lower(s, model))
            .collect(),
        across,
        levels,
        apart: None,
        answers,
        only,
        names,
    })
}

/// The columns of the answer: key, segments, traits, exposed columns, channels, suppression, holdout.
fn answers(id: EntityId, model: &Model, selection: &Selection) -> Vec<Answer> {
    let mut answers = vec![Answer::Key];
    let segments: Vec<_> = selection
        .segments
        .iter()
        .filter_map(|s| Some((*s, model.segments.get(s.index())?)))
        .filter(|(_, s)| s.entity == id)
        .collect();
    answers.extend(segments.iter().map(|(s, _)| Answer::Segment(*s)));
    let asked = selection
        .traits
        .iter()
        .filter(|t| model.traits.get(t.index()).is_some_and(|t| t.entity == id));
    answers.extend(asked.map(|t| Answer::Trait(*t)));
    let exposes = segments.iter().flat_map(|(_, s)| &s.expose);
    answers.extend(exposes.clone().filter_map(|e| match e {
        Expose::Trait(t) => Some(Answer::Trait(*t)),
        Expose::Column(..) => None,
    }));
    answers.extend(exposes.filter_map(|e| match e {
        Expose::Column(col, ty) => Some(Answer::Exposed(col.clone(), ty.clone())),
        Expose::Trait(_) => None,
    }));
    let channels: BTreeSet<usize> = segments
        .iter()
        .flat_map(|(_, s)| s.channels.iter().copied())
        .collect();
    answers.extend(channels.into_iter().map(Answer::Channel));
    answers.push(Answer::Suppressed);
    if segments.iter().any(|(_, s)| s.held_out) {
        answers.push(Answer::HeldOut);
    }
    let mut seen = std::collections::HashSet::new();
    answers.retain(|a| seen.insert(a.clone()));
    answers
}

fn one_scan(id: MeasureId, measure: &Measure, model: &Model) -> Scan {
    let shape = shape(measure.agg);
    let relation = model.relations.get(measure.relation.index());
    let slots = relation.map(|r| across::slots(r, model, &measure.filter));
    Scan {
        relation: measure.relation,
        shape,
        from: measure.window.from.clone(),
        until: measure.window.until.clone(),
        all_of: match shape {
            Shape::Aggregate | Shape::Distinct => Vec::new(),
            Shape::Chosen { .. } | Shape::Ranked { .. } => measure.filter.clone(),
        },
        any_of: Vec::new(),
        over: None,
        slots: slots.unwrap_or_default(),
        measures: vec![id],
        why: "naive: every measure has its own scan".to_owned(),
    }
}

fn shape(agg: Agg) -> Shape {
    match agg {
        Agg::Count
        | Agg::Sum
        | Agg::Avg
        | Agg::Min
        | Agg::Max
        | Agg::Median
        | Agg::Stddev
        | Agg::Exists
        | Agg::ListDistinct => Shape::Aggregate,
        Agg::CountDistinct => Shape::Distinct,
        Agg::First => Shape::Chosen {
            last: false,
            again: false,
        },
        Agg::Last => Shape::Chosen {
            last: true,
            again: false,
        },
        Agg::MostFrequent => Shape::Ranked {
            least: false,
            again: false,
        },
        Agg::LeastFrequent => Shape::Ranked {
            least: true,
            again: false,
        },
    }
}
