//! What fails where the warehouse could not compute what a build asked of it: each trait and segment is computed by itself, of
//! a segment that fails each of its conditions, and each condition of who is suppressed and who can be reached.

use crate::build::Kind;
use crate::build::blame::{failure, not_computed};
use crate::build::run::{Ended, Outcome};
use crate::diag::Diagnostics;
use crate::dialect::Dialect;
use crate::emit;
use crate::engine::{Engine, EngineError, Warehouse};
use crate::ir::{self, Answer, Selection};
use crate::model::tree::{self, Kind as NodeKind};
use crate::model::{EntityId, Model, Predicate, Segment, SegmentId, TraitId, lineage};
use crate::source::Span;
use std::collections::BTreeSet;

/// Reports what cannot be computed, at the expression that fails.
pub(super) fn computing(
    model: &Model,
    dialect: &dyn Dialect,
    selection: &Selection,
    outcome: &Outcome,
    warehouse: &dyn Warehouse,
    diags: &mut Diagnostics,
) {
    let computing = outcome.timings.last().map(|t| &t.kind) == Some(&Kind::StageQuery);
    if !matches!(outcome.ended, Ended::NotPublished { .. }) || !computing {
        return;
    }
    let Ok(mut engine) = warehouse.session() else {
        return;
    };
    let mut asked = Asked {
        model,
        dialect,
        engine: engine.as_mut(),
    };
    let mut traits: BTreeSet<TraitId> = selection.traits.iter().copied().collect();
    let segments: BTreeSet<SegmentId> = selection.segments.iter().copied().collect();
    for id in &segments {
        let found = model.segments.get(id.index());
        traits.extend(found.iter().flat_map(|s| &s.traits));
    }
    for id in traits {
        if let Some(found) = model.traits.get(id.index())
            && let Some(error) = asked.failure(found.entity, Answer::Trait(id))
        {
            let what = format!("trait `{}`", found.name);
            diags.push(not_computed(&what, found.value.at.0, &error));
        }
    }
    let of_segments = segments
        .iter()
        .filter_map(|id| model.segments.get(id.index()));
    let asked_of: BTreeSet<EntityId> = (of_segments.map(|s| s.entity))
        .chain(selection.suppressed.iter().copied())
        .collect();
    for id in asked_of {
        let Some(entity) = model.entities.get(id.index()) else {
            continue;
        };
        let suppress = (entity.suppress.iter()).map(|p| ("suppress".to_owned(), p));
        let channels =
            (entity.channels.iter()).map(|c| (format!("channel `{}`", c.name), &c.predicate));
        for (what, predicate) in suppress.chain(channels) {
            if let Some((at, error)) = asked.leaf(id, predicate) {
                let what = format!("{what} of `{}`", entity.name);
                diags.push(not_computed(&what, at, &error));
            }
        }
    }
    if diags.has_errors() {
        return;
    }
    let mut failed = BTreeSet::new();
    for id in segments {
        if let Some(found) = model.segments.get(id.index())
            && let Some(error) = asked.failure(found.entity, Answer::Segment(id))
        {
            if !found.references.iter().any(|r| failed.contains(r)) {
                let (at, error) = asked.condition(id, found).unwrap_or((found.span, error));
                let what = format!("segment `{}`", found.name);
                diags.push(not_computed(&what, at, &error));
            }
            failed.insert(id);
        }
    }
}

struct Asked<'a> {
    model: &'a Model,
    dialect: &'a dyn Dialect,
    engine: &'a mut dyn Engine,
}

impl Asked<'_> {
    /// How the warehouse refuses to compute one answer.
    fn failure(&mut self, entity: EntityId, answer: Answer) -> Option<EngineError> {
        let plan = ir::ask(self.model, entity, vec![Answer::Key, answer], None)?;
        let plan = ir::optimize(plan, self.model, &self.dialect.costs(), &mut |_, _| {});
        let unheard = &mut Diagnostics::default();
        let query = emit::query(&plan, self.model, self.dialect, unheard);
        failure(&query, self.dialect, self.engine)
    }

    /// The first expression of a condition that fails by itself.
    fn leaf(&mut self, entity: EntityId, predicate: &Predicate) -> Option<(Span, EngineError)> {
        let mut leaves = Vec::new();
        lineage::each_leaf(predicate, &mut |leaf| leaves.push(leaf));
        leaves.into_iter().find_map(|leaf| {
            let answer = Answer::Holds(Predicate::Leaf(leaf.clone()));
            Some((leaf.at.0, self.failure(entity, answer)?))
        })
    }

    /// The first condition of a segment that fails by itself.
    fn condition(&mut self, id: SegmentId, segment: &Segment) -> Option<(Span, EngineError)> {
        let tree = tree::segment(self.model, id)?;
        let mut leaves = Vec::new();
        tree.each(&mut |node| {
            if node.kind == NodeKind::Leaf {
                leaves.push(node);
            }
        });
        leaves.into_iter().find_map(|leaf| {
            let answer = Answer::Holds(leaf.predicate.clone());
            Some((leaf.span?, self.failure(segment.entity, answer)?))
        })
    }
}
