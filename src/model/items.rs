//! Traits, segments and groups, in the order in which they refer to each other: a segment names traits, a rank's `among`
//! may name segments. Circles are errors that print the circle.

use super::measure::Measures;
use super::order;
use super::references::each_name;
use super::segments::{self, Resolved};
use super::traits::{self, TraitUses};
use super::typing::Context;
use super::world::World;
use super::{EntityId, SegmentId, TraitId, holdout};
use crate::diag::Diagnostics;
use crate::diag::codes::model::CYCLE;
use crate::source::Span;
use crate::spec::{Settings, Spec};
use std::collections::{HashMap, HashSet};

/// A trait or a segment that has been resolved.
#[derive(Clone, Copy, Debug)]
pub(super) enum Made {
    Trait(TraitId),
    Segment(SegmentId),
}

/// Everything resolved.
#[derive(Debug, Default)]
pub(super) struct Items {
    /// Parallel to `world.traits`.
    pub(super) traits: Vec<TraitUses>,
    pub(super) segments: Resolved,
    /// What refers comes after what it refers to.
    pub(super) order: Vec<Made>,
}

/// Resolves all traits, segments and groups; traits into `world`.
pub(super) fn resolve(
    spec: &Spec,
    settings: &Settings,
    world: &mut World,
    measures: &mut Measures,
    ctx: &Context,
    diags: &mut Diagnostics,
) -> Items {
    let mut items = Items::default();
    let traits = traits::drafts(spec, world, diags);
    // Before the others: a split of it is of its entity.
    if holdout::resolve(settings, spec, world, &mut items.segments, diags) {
        items.order.push(Made::Segment(SegmentId(0)));
    }
    let segments = segments::drafts(spec, world, &mut items.segments, diags);
    let (sorted, cycles) = order::sort(&references(&traits, &segments));
    let name = |i: usize| match traits.get(i) {
        Some(draft) => Some(draft.spec.item.name.value.as_str()),
        None => Some(segments.get(i - traits.len())?.name().value.as_str()),
    };
    for cycle in cycles {
        let names: Vec<&str> = cycle.iter().filter_map(|(i, _)| name(*i)).collect();
        let of_traits = cycle.iter().filter(|(i, _)| *i < traits.len()).count();
        let what = match of_traits {
            0 => "segments",
            n if n == cycle.len() => "traits",
            _ => "traits and segments",
        };
        diags.push(order::diagnostic(&CYCLE, what, &names, &cycle));
    }
    for i in sorted {
        if let Some(draft) = traits.get(i) {
            let names = &items.segments.names;
            let uses = traits::resolve(draft, world, measures, names, ctx, diags);
            if let Some(uses) = uses {
                let id = u32::try_from(items.traits.len()).unwrap_or(u32::MAX);
                items.order.push(Made::Trait(TraitId(id)));
                items.traits.push(uses);
            }
        } else if let Some(draft) = segments.get(i - traits.len()) {
            let before = items.segments.segments.len();
            segments::resolve(draft, world, measures, &mut items.segments, ctx, diags);
            let made = before..items.segments.segments.len();
            items.order.extend(
                made.map(|i| Made::Segment(SegmentId(u32::try_from(i).unwrap_or(u32::MAX)))),
            );
        }
    }
    items
}

/// What each item refers to, and where: the traits by their place, the segments and groups after them.
fn references(
    traits: &[traits::Draft<'_>],
    segments: &[segments::Draft<'_>],
) -> Vec<Vec<(usize, Span)>> {
    let trait_index: HashMap<(EntityId, &str), usize> = traits
        .iter()
        .enumerate()
        .map(|(i, d)| ((d.entity, d.spec.item.name.value.as_str()), i))
        .collect();
    let segment_index: HashMap<&str, usize> = (traits.len()..)
        .zip(segments)
        .flat_map(|(i, d)| d.names.iter().map(move |name| (name.as_str(), i)))
        .collect();
    let mut mixed = false;
    let mut refers = Vec::with_capacity(traits.len() + segments.len());
    for draft in traits {
        let mut found = Found::default();
        draft.each_name(&mut |path, span| {
            if let [only] = path {
                found.add(trait_index.get(&(draft.entity, only.value.as_str())), span);
            }
        });
        draft.each_reference(&mut |name| {
            let to = segment_index.get(name.value.as_str());
            mixed |= to.is_some();
            found.add(to, name.span);
        });
        refers.push(found.list);
    }
    for draft in segments {
        let mut found = Found::default();
        draft.each_reference(&mut |name| {
            found.add(segment_index.get(name.value.as_str()), name.span);
        });
        for condition in draft.conditions() {
            // As long as no trait waits for a segment, all of them come first anyway.
            let Some(entity) = draft.entity.filter(|_| mixed) else {
                continue;
            };
            each_name(condition, &mut |path, span| {
                if let [only] = path {
                    found.add(trait_index.get(&(entity, only.value.as_str())), span);
                }
            });
        }
        refers.push(found.list);
    }
    refers
}

/// References, each once, where it is first.
#[derive(Default)]
struct Found {
    list: Vec<(usize, Span)>,
    seen: HashSet<usize>,
}

impl Found {
    fn add(&mut self, to: Option<&usize>, span: Span) {
        if let Some(to) = to
            && self.seen.insert(*to)
        {
            self.list.push((*to, span));
        }
    }
}
