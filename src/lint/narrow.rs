//! The part of a project that some findings are about, to be resolved again without the rest.

use super::{Checked, item_of, logic};
use crate::diag::Diagnostics;
use crate::source::Span;
use crate::spec::{Item, Name, Spec};
use std::collections::HashSet;

/// The segments and groups in which there are findings, with all that they refer to; no tests. None where a finding is in none of them:
/// any segment may be the one that it comes from.
pub(super) fn narrowed(project: &Checked<'_>, found: &Diagnostics) -> Option<Spec> {
    let spec = project.spec;
    let segments = spec.segments.iter().map(|s| &s.item);
    let mut items: Vec<&Item> = segments
        .chain(spec.groups.iter().map(|g| &g.item))
        .collect();
    items.sort_by_key(|item| (item.span.file, item.span.start));
    let mut needed: HashSet<&str> = HashSet::new();
    let mut waiting: Vec<&str> = Vec::new();
    for finding in found.iter() {
        let before = waiting.len();
        for label in &finding.labels {
            waiting.extend(around(&items, label.span));
        }
        if waiting.len() == before {
            return None;
        }
    }
    for entity in 0..spec.entities.len() {
        let names = project.suppress_names(entity);
        waiting.extend(names.iter().map(|n| item_of(&n.value)));
    }
    while let Some(name) = waiting.pop() {
        if !needed.insert(name) {
            continue;
        }
        let of_segment = project.segment(name).map(|s| logic::names(&s.condition));
        let cases = project.group(name).into_iter().flat_map(|g| &g.cases);
        let of_cases = cases.flat_map(|c| logic::names(&c.condition));
        let splits = spec.splits.iter().filter(|s| s.item.name.value == name);
        let of_split = splits.map(|s| &s.of);
        let names = of_segment
            .into_iter()
            .flatten()
            .chain(of_cases)
            .chain(of_split);
        waiting.extend(names.map(|n: &Name| item_of(&n.value)));
    }
    let is = |item: &Item| needed.contains(item.name.value.as_str());
    Some(unending(Spec {
        entities: spec.entities.clone(),
        traits: spec.traits.clone(),
        segments: spec
            .segments
            .iter()
            .filter(|s| is(&s.item))
            .cloned()
            .collect(),
        groups: spec
            .groups
            .iter()
            .filter(|g| is(&g.item))
            .cloned()
            .collect(),
        splits: spec
            .splits
            .iter()
            .filter(|s| is(&s.item))
            .cloned()
            .collect(),
        lists: spec.lists.clone(),
        tests: Vec::new(),
        broken: spec.broken.clone(),
    }))
}

/// Without the days on which segments end: the other days may be years ahead.
pub(super) fn unending(mut spec: Spec) -> Spec {
    for segment in &mut spec.segments {
        segment.expires_on = None;
    }
    spec
}

/// The names of the items, in order of their places, in which a place lies: several where `for_each` copies one.
fn around<'a>(items: &[&'a Item], place: Span) -> Vec<&'a str> {
    let at = (place.file, place.start);
    let begun = items.partition_point(|item| (item.span.file, item.span.start) <= at);
    let begun = items.get(..begun).unwrap_or_default();
    let Some(last) = begun.last().map(|item| item.span) else {
        return Vec::new();
    };
    if !last.holds(place) {
        return Vec::new();
    }
    let copies = begun.iter().rev().take_while(|item| item.span == last);
    copies.map(|item| item.name.value.as_str()).collect()
}
