//! References between segments: the names that `in:` can say, and where conditions say them.

use super::frame::EntityInfo;
use super::names::each_outside_aggregates;
use super::tables::some_of;
use super::world::World;
use super::{EntityId, SegmentId};
use crate::diag::codes::model::{SEGMENT_ENTITY, UNKNOWN_SEGMENT};
use crate::diag::{Diagnostic, Diagnostics, nearest};
use crate::snippet::{self, Snippet};
use crate::source::Span;
use crate::spec::{Across, Condition, ConditionKind, HabitKind, Name, PopulationSpec, Stay};
use std::cell::Cell;
use std::collections::HashMap;

/// After so many unknown names no near ones are looked for: it costs a pass over all names.
const MAX_SUGGESTIONS: u32 = 50;

/// All names that `in:` can say.
#[derive(Debug, Default)]
pub(super) struct SegmentNames {
    known: HashMap<String, Known>,
    /// Each group's cases and each split's arms, and what these are called.
    groups: HashMap<String, (Parts, Vec<String>)>,
    /// Former names, by the present ones.
    formers: HashMap<String, String>,
    misses: Cell<u32>,
}

/// The whole, its parts, one of them.
type Parts = (&'static str, &'static str, &'static str);

const CASES: Parts = ("a group", "cases", "a case");
const ARMS: Parts = ("a split", "arms", "an arm");

#[derive(Clone, Copy, Debug)]
struct Known {
    entity: Option<EntityId>,
    /// None until resolved; then still None where it lies on a circle, which is reported.
    id: Option<SegmentId>,
}

impl SegmentNames {
    /// Before anything is resolved: there is a segment of this name.
    pub(super) fn announce(&mut self, name: &str, entity: Option<EntityId>) {
        self.known
            .insert(name.to_owned(), Known { entity, id: None });
    }

    pub(super) fn group(&mut self, name: &str, cases: Vec<String>) {
        self.groups.insert(name.to_owned(), (CASES, cases));
    }

    pub(super) fn split(&mut self, name: &str, arms: Vec<String>) {
        self.groups.insert(name.to_owned(), (ARMS, arms));
    }

    pub(super) fn resolved(&mut self, name: &str, id: SegmentId) {
        if let Some(known) = self.known.get_mut(name) {
            known.id = Some(id);
        }
    }

    /// The name that a segment was published under before.
    pub(super) fn former(&self, name: &str) -> Option<&str> {
        self.formers.get(name).map(String::as_str)
    }

    pub(super) fn renamed(&mut self, name: &str, former: String) {
        self.formers.insert(name.to_owned(), former);
    }

    /// The segment of a name, of the same entity.
    pub(super) fn require(
        &self,
        name: &Name,
        entity: EntityId,
        world: &World,
        diags: &mut Diagnostics,
    ) -> Option<SegmentId> {
        self.known(name, entity, world, diags)?
    }

    /// A segment of the same entity has this name; it may not be resolved yet.
    pub(super) fn known(
        &self,
        name: &Name,
        entity: EntityId,
        world: &World,
        diags: &mut Diagnostics,
    ) -> Option<Option<SegmentId>> {
        let Some(known) = self.known.get(&name.value) else {
            let item = name.value.split('.').next().unwrap_or_default();
            if world.broken.contains(item) {
                return None;
            }
            let unknown = self.unknown(name);
            diags.push(if world.lists.contains_key(&name.value) {
                unknown.help(format!(
                    "it is a list, not a segment: `{{in_list: {0}}}` asks who is on it, `{{not: {{in_list: {0}}}}}` who is not",
                    name.value
                ))
            } else {
                unknown
            });
            return None;
        };
        if let Some(other) = known.entity
            && other != entity
        {
            diags.push(elsewhere(name, other, entity, world));
            return None;
        }
        Some(known.id)
    }

    /// Whose segment it is, if there is one of this name and that is known.
    pub(super) fn entity(&self, name: &str) -> Option<EntityId> {
        self.known.get(name)?.entity
    }

    fn unknown(&self, name: &Name) -> Diagnostic {
        let diagnostic = Diagnostic::error(
            &UNKNOWN_SEGMENT,
            format!("unknown segment `{}`", name.value),
        );
        if let Some(((whole, many, one), cases)) = self.groups.get(&name.value) {
            let first = cases.first().map_or("", String::as_str);
            return diagnostic
                .at(
                    name.span,
                    format!(
                        "{whole}; its {many} are: {}",
                        some_of(cases.iter().map(String::as_str), 12)
                    ),
                )
                .help(format!("name {one}, as `{}.{first}`", name.value));
        }
        let misses = self.misses.get();
        self.misses.set(misses + 1);
        let near = if misses < MAX_SUGGESTIONS {
            nearest(name, self.known.keys().map(String::as_str))
        } else {
            None
        };
        diagnostic
            .at(
                name.span,
                "expected a segment, a case as `group.case`, or an arm as `split.arm`",
            )
            .suggest(near)
    }
}

/// A segment that is not of the entity where it is named.
pub(super) fn elsewhere(
    name: &Name,
    other: EntityId,
    entity: EntityId,
    world: &World,
) -> Diagnostic {
    let word = |id| world.entity(id).map_or("", |e: &EntityInfo| &e.entity.name);
    let (other, own) = (word(other), word(entity));
    Diagnostic::error(
        &SEGMENT_ENTITY,
        format!("`{}` is a segment of `{other}`, not of `{own}`", name.value),
    )
    .at(name.span, format!("expected a segment of `{own}`"))
    .help(format!(
        "`in:` reaches `{other}` over a relation of `{own}` with `entity: {other}`"
    ))
}

/// Calls `f` with every segment that a condition names.
pub(crate) fn each_reference<'a>(condition: &'a Condition, f: &mut dyn FnMut(&'a Name)) {
    if let ConditionKind::In(names)
    | ConditionKind::NotIn(names)
    | ConditionKind::Across(Across { names, .. }) = &condition.kind
    {
        names.iter().for_each(&mut *f);
    }
    let parts = condition.parts().iter();
    parts.for_each(|part| each_reference(part, f));
}

/// Calls `f` with every condition on membership history.
pub(super) fn each_stay<'a>(condition: &'a Condition, f: &mut dyn FnMut(&'a Stay)) {
    if let ConditionKind::Stay(stay) = &condition.kind {
        f(stay);
    }
    let parts = condition.parts().iter();
    parts.for_each(|part| each_stay(part, f));
}

/// Calls `f` with every name of a value about the entity that stands in a condition. What cannot be parsed is told later.
pub(super) fn each_name(condition: &Condition, f: &mut dyn FnMut(&[Name], Span)) {
    match &condition.kind {
        ConditionKind::Sql(snippet) => each_name_in(snippet, f),
        ConditionKind::Native(spec) => {
            for (warehouse, text) in &spec.texts {
                let native = snippet::parse_native(text, warehouse, &mut Diagnostics::default());
                for path in native.iter().flat_map(|n| &n.names) {
                    f(path, text.text.span);
                }
            }
        }
        ConditionKind::Anniversary(spec) => each_name_in(&spec.of, f),
        ConditionKind::All(_)
        | ConditionKind::Any(_)
        | ConditionKind::None(_)
        | ConditionKind::Not(_)
        | ConditionKind::AtLeast { .. }
        | ConditionKind::AtMost { .. }
        | ConditionKind::Exactly { .. } => condition.parts().iter().for_each(|c| each_name(c, f)),
        ConditionKind::Top(of) => each_name_compared(of, f),
        ConditionKind::Did { times: tail, .. } => tail.iter().for_each(|t| each_name_in_tail(t, f)),
        ConditionKind::Aggregate { is, .. } => each_name_in_tail(is, f),
        ConditionKind::Habit(habit) => match &habit.kind {
            HabitKind::Regularly { times, .. } => {
                times.iter().for_each(|t| each_name_in_tail(t, f));
            }
            HabitKind::Stopped { .. } | HabitKind::Restarted { .. } => {}
        },
        ConditionKind::DidNot { .. }
        | ConditionKind::FirstTime { .. }
        | ConditionKind::Sequence(_)
        | ConditionKind::In(_)
        | ConditionKind::NotIn(_)
        | ConditionKind::Across(_)
        | ConditionKind::InList(_)
        | ConditionKind::Stay(_) => {}
    }
}

/// As [`each_name`], of a rank or a population statistic.
pub(super) fn each_name_compared(of: &PopulationSpec, f: &mut dyn FnMut(&[Name], Span)) {
    each_name_in(&of.of, f);
    of.per.iter().for_each(|per| each_name_in(per, f));
    of.among.iter().for_each(|among| each_name(among, f));
}

fn each_name_in(snippet: &Snippet, f: &mut dyn FnMut(&[Name], Span)) {
    if let Some(ast) = snippet::parse(snippet, &mut Diagnostics::default()) {
        each_outside_aggregates(&ast, &mut |path, span| f(path, span));
    }
}

fn each_name_in_tail(snippet: &Snippet, f: &mut dyn FnMut(&[Name], Span)) {
    if let Some(ast) = snippet::parse_tail(snippet, &mut Diagnostics::default()) {
        each_outside_aggregates(&ast, &mut |path, span| f(path, span));
    }
}
