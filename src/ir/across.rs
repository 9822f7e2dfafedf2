//! Segments of other entities: what a plan asks of them, and the plans that answer.

use super::{Answer, Plan, lower};
use crate::model::{EntityId, MeasureId, Model, Relation, RowExpr, SegmentId, across};
use std::collections::{BTreeMap, BTreeSet};

/// A plan for each other entity of which these measures read segments.
pub(super) fn plans(measures: &[MeasureId], model: &Model) -> Vec<Plan> {
    let mut asked: BTreeMap<EntityId, BTreeSet<SegmentId>> = BTreeMap::new();
    for measure in measures
        .iter()
        .filter_map(|m| model.measures.get(m.index()))
    {
        let Some(relation) = model.relations.get(measure.relation.index()) else {
            continue;
        };
        for expr in &measure.filter {
            expr.each_column(&mut |col| {
                if let Some((entity, segment)) = across::segment(model, &relation.frame, col) {
                    asked.entry(entity).or_default().insert(segment);
                }
            });
        }
    }
    asked
        .into_iter()
        .filter_map(|(entity, segments)| {
            let segments = segments.into_iter().map(Answer::Segment);
            let answers = std::iter::once(Answer::Key).chain(segments).collect();
            // References point backwards, so that this ends.
            lower::ask(model, entity, answers, None)
        })
        .collect()
}

/// All slots of a relation's rows, those of other entities' segments only where one of these reads them.
pub(super) fn slots<'e>(
    relation: &Relation,
    model: &Model,
    of: impl IntoIterator<Item = &'e RowExpr>,
) -> Vec<usize> {
    let mut read = BTreeSet::new();
    for expr in of {
        expr.each_column(&mut |col| {
            read.insert(col.slot);
        });
    }
    (0..relation.frame.slots.len())
        .filter(|n| read.contains(n) || across::entity(model, &relation.frame, *n).is_none())
        .collect()
}
