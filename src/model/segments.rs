//! Segments and groups: ordered so that references point backwards, their conditions resolved, and what they publish
//! checked: exposed columns, channels, the names of their views.

use super::frame::EntityInfo;
use super::measure::Measures;
use super::order;
use super::predicate::Conditions;
use super::scope::{EntityName, EntityScope, World};
use super::tables::some_of;
use super::typing::Context;
use super::{
    Channel, EntityId, Expose, Group, GroupId, Predicate, RelationId, Segment, SegmentId,
    SegmentKind, TraitId, lineage,
};
use crate::diag::codes::model::{
    CYCLE, DUPLICATE, RESERVED, SEGMENT_ENTITY, UNKNOWN_CHANNEL, UNKNOWN_ENTITY, UNKNOWN_SEGMENT,
};
use crate::diag::codes::spec::SUPPRESS_REASON;
use crate::diag::{Diagnostic, Diagnostics, nearest};
use crate::source::{Span, Spanned};
use crate::spec::{Condition, ConditionKind, GroupSpec, Name, SegmentSpec, Spec};
use std::cell::Cell;
use std::collections::{HashMap, HashSet};

/// After so many unknown names no near ones are looked for: it costs a pass over all names.
const MAX_SUGGESTIONS: u32 = 50;

/// All names that `in:` can say.
#[derive(Debug, Default)]
pub(super) struct SegmentNames {
    known: HashMap<String, Known>,
    /// Each group's cases.
    groups: HashMap<String, Vec<String>>,
    misses: Cell<u32>,
}

#[derive(Clone, Copy, Debug)]
struct Known {
    entity: Option<EntityId>,
    /// None until resolved; then still None where it lies on a circle, which is reported.
    id: Option<SegmentId>,
}

impl SegmentNames {
    /// The segment of a name, of the same entity.
    pub(super) fn require(
        &self,
        name: &Name,
        entity: EntityId,
        world: &World,
        diags: &mut Diagnostics,
    ) -> Option<SegmentId> {
        let Some(known) = self.known.get(&name.value) else {
            diags.push(self.unknown(name));
            return None;
        };
        if let Some(other) = known.entity
            && other != entity
        {
            let word = |id| world.entity(id).map_or("", |e: &EntityInfo| &e.entity.name);
            diags.push(
                Diagnostic::error(
                    &SEGMENT_ENTITY,
                    format!(
                        "`{}` is a segment of `{}`, not of `{}`",
                        name.value,
                        word(other),
                        word(entity)
                    ),
                )
                .at(name.span, "not in this version yet")
                .help("ask for what makes the other entity a member, through a lookup"),
            );
            return None;
        }
        known.id
    }

    fn unknown(&self, name: &Name) -> Diagnostic {
        let diagnostic = Diagnostic::error(
            &UNKNOWN_SEGMENT,
            format!("unknown segment `{}`", name.value),
        );
        if let Some(cases) = self.groups.get(&name.value) {
            let first = cases.first().map_or("", String::as_str);
            return diagnostic
                .at(
                    name.span,
                    format!(
                        "a group; its cases are: {}",
                        some_of(cases.iter().map(String::as_str), 12)
                    ),
                )
                .help(format!("name a case, as `{}.{first}`", name.value));
        }
        let misses = self.misses.get();
        self.misses.set(misses + 1);
        let near = if misses < MAX_SUGGESTIONS {
            nearest(name, self.known.keys().map(String::as_str))
        } else {
            None
        };
        diagnostic
            .at(name.span, "expected a segment, or a case as `group.case`")
            .suggest(near)
    }
}

/// What a segment's definition is made of, for its hash.
#[derive(Debug)]
pub(super) struct SegmentUses {
    /// The item's text, and the case's name.
    pub(super) canonical: (usize, Option<String>),
    pub(super) relations: Vec<RelationId>,
}

/// All segments and groups, resolved.
#[derive(Debug, Default)]
pub(super) struct Resolved {
    pub(super) segments: Vec<Segment>,
    pub(super) groups: Vec<Group>,
    /// Parallel to `segments`.
    pub(super) uses: Vec<SegmentUses>,
    /// The texts of items, by the index in [`SegmentUses`].
    pub(super) canonical: Vec<String>,
    pub(super) names: SegmentNames,
}

#[derive(Clone, Copy)]
enum Node<'a> {
    Segment(&'a SegmentSpec),
    Group(&'a GroupSpec),
}

impl<'a> Node<'a> {
    fn name(self) -> &'a Name {
        match self {
            Self::Segment(s) => &s.item.name,
            Self::Group(g) => &g.item.name,
        }
    }

    fn conditions(self) -> Vec<&'a Condition> {
        match self {
            Self::Segment(s) => vec![&s.condition],
            Self::Group(g) => g.cases.iter().map(|c| &c.condition).collect(),
        }
    }
}

/// Resolves all segments and groups.
pub(super) fn resolve(
    spec: &Spec,
    world: &World,
    measures: &mut Measures,
    ctx: &Context,
    diags: &mut Diagnostics,
) -> Resolved {
    let nodes: Vec<Node<'_>> = spec
        .segments
        .iter()
        .map(Node::Segment)
        .chain(spec.groups.iter().map(Node::Group))
        .collect();
    let mut out = Resolved::default();
    let mut index: HashMap<String, usize> = HashMap::new();
    let mut entities = Vec::with_capacity(nodes.len());
    for (i, node) in nodes.iter().enumerate() {
        let (written, name) = match node {
            Node::Segment(s) => (s.entity.as_ref(), &s.item.name),
            Node::Group(g) => (g.entity.as_ref(), &g.item.name),
        };
        let entity = entity_of(written, name.span, world, diags);
        entities.push(entity);
        let mut know = |name: String| {
            out.names
                .known
                .insert(name.clone(), Known { entity, id: None });
            index.insert(name, i);
        };
        match node {
            Node::Segment(_) => know(name.value.clone()),
            Node::Group(group) => {
                let cases = case_names(group, diags);
                for case in &cases {
                    know(format!("{}.{case}", name.value));
                }
                out.names.groups.insert(name.value.clone(), cases);
            }
        }
    }
    let refers: Vec<Vec<(usize, Span)>> = nodes
        .iter()
        .map(|node| {
            let mut found = Vec::new();
            let mut seen = HashSet::new();
            for condition in node.conditions() {
                each_reference(condition, &mut |name| {
                    if let Some(to) = index.get(&name.value)
                        && seen.insert(*to)
                    {
                        found.push((*to, name.span));
                    }
                });
            }
            found
        })
        .collect();
    let (sorted, cycles) = order::sort(&refers);
    for cycle in cycles {
        let names: Vec<&str> = cycle
            .iter()
            .filter_map(|(i, _)| nodes.get(*i))
            .map(|node| node.name().value.as_str())
            .collect();
        diags.push(order::diagnostic(&CYCLE, "segments", &names, &cycle));
    }
    for i in sorted {
        let (Some(node), Some(Some(entity))) = (nodes.get(i), entities.get(i)) else {
            continue;
        };
        match node {
            Node::Segment(spec) => {
                segment(spec, *entity, world, measures, &mut out, ctx, diags);
            }
            Node::Group(spec) => group(spec, *entity, world, measures, &mut out, ctx, diags),
        }
    }
    check_views(&nodes, world, &out, &entities, diags);
    out
}

/// The entity of an item; the only one where none is written.
pub(super) fn entity_of(
    written: Option<&Name>,
    at: Span,
    world: &World,
    diags: &mut Diagnostics,
) -> Option<EntityId> {
    let id = |i: usize| EntityId(u32::try_from(i).unwrap_or(u32::MAX));
    let names = || world.entities.iter().map(|e| e.entity.name.as_str());
    match (written, world.entities.len()) {
        // Said once, by `resolve`.
        (_, 0) => None,
        (None, 1) => Some(id(0)),
        (None, _) => {
            diags.push(
                Diagnostic::error(
                    &UNKNOWN_ENTITY,
                    "there are several entities, and none is named",
                )
                .at(at, format!("the entities are: {}", some_of(names(), 12)))
                .help("add `entity:` with one of them"),
            );
            None
        }
        (Some(name), _) => {
            let found = names().position(|n| n == name.value);
            if found.is_none() {
                diags.push(
                    Diagnostic::error(&UNKNOWN_ENTITY, format!("unknown entity `{}`", name.value))
                        .at(
                            name.span,
                            format!("the entities are: {}", some_of(names(), 12)),
                        )
                        .suggest(nearest(name, names())),
                );
            }
            found.map(id)
        }
    }
}

fn case_names(group: &GroupSpec, diags: &mut Diagnostics) -> Vec<String> {
    let mut seen: HashMap<&str, Span> = HashMap::new();
    let mut names = Vec::new();
    for name in group.cases.iter().map(|c| &c.name).chain(&group.otherwise) {
        if let Some(first) = seen.insert(&name.value, name.span) {
            diags.push(
                Diagnostic::error(
                    &DUPLICATE,
                    format!(
                        "group `{}` has two cases `{}`",
                        group.item.name.value, name.value
                    ),
                )
                .at(name.span, "the same name again")
                .at(first, "the first")
                .help("rename one of them"),
            );
        }
        names.push(name.value.clone());
    }
    names
}

fn each_reference<'a>(condition: &'a Condition, f: &mut dyn FnMut(&'a Name)) {
    match &condition.kind {
        ConditionKind::In(names) | ConditionKind::NotIn(names) => names.iter().for_each(f),
        ConditionKind::All(of)
        | ConditionKind::Any(of)
        | ConditionKind::None(of)
        | ConditionKind::AtLeast { of, .. }
        | ConditionKind::AtMost { of, .. }
        | ConditionKind::Exactly { of, .. } => of.iter().for_each(|c| each_reference(c, f)),
        ConditionKind::Not(of) => each_reference(of, f),
        ConditionKind::Sql(_)
        | ConditionKind::Did { .. }
        | ConditionKind::DidNot { .. }
        | ConditionKind::Aggregate { .. }
        | ConditionKind::FirstTime { .. } => {}
    }
}

fn next_segment(out: &Resolved) -> SegmentId {
    SegmentId(u32::try_from(out.segments.len()).unwrap_or(u32::MAX))
}

fn push(out: &mut Resolved, segment: Segment, uses: SegmentUses) {
    let id = next_segment(out);
    if let Some(known) = out.names.known.get_mut(&segment.name) {
        known.id = Some(id);
    }
    out.segments.push(segment);
    out.uses.push(uses);
}

fn text(value: Option<&Spanned<String>>) -> Option<String> {
    value.map(|v| v.value.clone())
}

/// What segments and groups publish.
struct Published<'a> {
    expose: &'a [Name],
    channels: &'a [Name],
    suppress: &'a Spanned<bool>,
    suppress_reason: Option<&'a Spanned<String>>,
}

struct Outlet {
    expose: Vec<Expose>,
    traits: Vec<TraitId>,
    channels: Vec<usize>,
}

fn segment(
    spec: &SegmentSpec,
    entity: EntityId,
    world: &World,
    measures: &mut Measures,
    out: &mut Resolved,
    ctx: &Context,
    diags: &mut Diagnostics,
) {
    let mut conditions = Conditions {
        scope: EntityScope::new(world, entity, measures),
        ctx,
        names: &out.names,
        references: Vec::new(),
    };
    let predicate = conditions
        .resolve(&spec.condition, diags)
        .unwrap_or(Predicate::Constant(false));
    let mut traits = std::mem::take(&mut conditions.scope.traits);
    let references = std::mem::take(&mut conditions.references);
    let outlet = outlet(
        &Published {
            expose: &spec.expose,
            channels: &spec.channels,
            suppress: &spec.suppress,
            suppress_reason: spec.suppress_reason.as_ref(),
        },
        entity,
        world,
        diags,
    );
    add_traits(&mut traits, &outlet.traits);
    let uses = SegmentUses {
        canonical: (out.canonical.len(), None),
        relations: relations_of(&predicate, measures),
    };
    out.canonical.push(spec.item.canonical.clone());
    let segment = Segment {
        name: spec.item.name.value.clone(),
        kind: SegmentKind::Segment,
        entity,
        predicate,
        expose: outlet.expose,
        channels: outlet.channels,
        suppressed: spec.suppress.value,
        title: text(spec.title.as_ref()),
        description: text(spec.item.description.as_ref()),
        owner: text(spec.item.owner.as_ref()),
        tags: spec.item.tags.iter().map(|t| t.value.clone()).collect(),
        action: text(spec.action.as_ref()),
        kpi: text(spec.kpi.as_ref()),
        expires_on: spec.expires_on.as_ref().map(|d| d.value),
        enabled: spec.enabled,
        definition_hash: String::new(),
        references,
        traits,
        span: spec.item.span,
    };
    push(out, segment, uses);
}

fn group(
    spec: &GroupSpec,
    entity: EntityId,
    world: &World,
    measures: &mut Measures,
    out: &mut Resolved,
    ctx: &Context,
    diags: &mut Diagnostics,
) {
    let id = GroupId(u32::try_from(out.groups.len()).unwrap_or(u32::MAX));
    let outlet = outlet(
        &Published {
            expose: &spec.expose,
            channels: &spec.channels,
            suppress: &spec.suppress,
            suppress_reason: spec.suppress_reason.as_ref(),
        },
        entity,
        world,
        diags,
    );
    let canonical = out.canonical.len();
    out.canonical.push(spec.item.canonical.clone());
    let (mut references, mut traits) = (Vec::new(), outlet.traits.clone());
    let mut relations: Vec<RelationId> = Vec::new();
    let mut cases = Vec::with_capacity(spec.cases.len());
    let mut segments = Vec::with_capacity(spec.cases.len() + 1);
    let words = spec
        .cases
        .iter()
        .map(|c| (&c.name, Some(c)))
        .chain(spec.otherwise.iter().map(|name| (name, None)));
    for (i, (name, case)) in words.enumerate() {
        if let Some(case) = case {
            let mut conditions = Conditions {
                scope: EntityScope::new(world, entity, measures),
                ctx,
                names: &out.names,
                references: std::mem::take(&mut references),
            };
            let predicate = conditions
                .resolve(&case.condition, diags)
                .unwrap_or(Predicate::Constant(false));
            add_traits(&mut traits, &conditions.scope.traits);
            references = conditions.references;
            for relation in relations_of(&predicate, measures) {
                if !relations.contains(&relation) {
                    relations.push(relation);
                }
            }
            cases.push((name.value.clone(), predicate));
        }
        let title = case.and_then(|c| c.title.as_ref()).or(spec.title.as_ref());
        let description = case
            .and_then(|c| c.description.as_ref())
            .or(spec.item.description.as_ref());
        let uses = SegmentUses {
            canonical: (canonical, Some(name.value.clone())),
            relations: relations.clone(),
        };
        segments.push((
            Segment {
                name: format!("{}.{}", spec.item.name.value, name.value),
                kind: SegmentKind::Case,
                entity,
                predicate: Predicate::Case { group: id, case: i },
                expose: outlet.expose.clone(),
                channels: outlet.channels.clone(),
                suppressed: spec.suppress.value,
                title: text(title),
                description: text(description),
                owner: text(spec.item.owner.as_ref()),
                tags: spec.item.tags.iter().map(|t| t.value.clone()).collect(),
                action: text(spec.action.as_ref()),
                kpi: text(spec.kpi.as_ref()),
                expires_on: None,
                enabled: spec.enabled,
                definition_hash: String::new(),
                references: references.clone(),
                traits: traits.clone(),
                span: case.map_or(name.span, |c| c.span),
            },
            uses,
        ));
    }
    out.groups.push(Group {
        name: spec.item.name.value.clone(),
        entity,
        cases,
        otherwise: spec.otherwise.as_ref().map(|o| o.value.clone()),
        span: spec.item.span,
    });
    for (segment, uses) in segments {
        push(out, segment, uses);
    }
}

fn add_traits(to: &mut Vec<TraitId>, more: &[TraitId]) {
    for id in more {
        if !to.contains(id) {
            to.push(*id);
        }
    }
}

fn relations_of(predicate: &Predicate, measures: &Measures) -> Vec<RelationId> {
    let mut found = Vec::new();
    lineage::each_measure(predicate, &mut |id| {
        if let Some(measure) = measures.get(id)
            && !found.contains(&measure.relation)
        {
            found.push(measure.relation);
        }
    });
    found
}

/// Checks what a segment's views show and whom they reach.
fn outlet(
    spec: &Published<'_>,
    entity: EntityId,
    world: &World,
    diags: &mut Diagnostics,
) -> Outlet {
    let mut out = Outlet {
        expose: Vec::new(),
        traits: Vec::new(),
        channels: Vec::new(),
    };
    if let (false, None) = (spec.suppress.value, spec.suppress_reason) {
        diags.push(
            Diagnostic::error(&SUPPRESS_REASON, "`suppress: false` needs a reason")
                .at(
                    spec.suppress.span,
                    "people who are suppressed elsewhere are published here",
                )
                .help("add `suppress_reason:` with one sentence, or remove `suppress: false`"),
        );
    }
    let Some(info) = world.entity(entity) else {
        return out;
    };
    let mut taken: HashMap<String, Option<Span>> = [&info.entity.key, "since"]
        .into_iter()
        .map(|name| (name.to_lowercase(), None))
        .collect();
    for name in spec.expose {
        let path: Vec<Spanned<String>> = parts(name);
        let Some(found) = world.entity_name(entity, &path, name.span, diags) else {
            continue;
        };
        let (shown, expose) = match found {
            EntityName::Column(col, ty) => (col.name.clone(), Expose::Column(col, ty)),
            EntityName::Trait(id, _) => {
                out.traits.push(id);
                (name.value.clone(), Expose::Trait(id))
            }
        };
        match taken.insert(shown.to_lowercase(), Some(name.span)) {
            None => out.expose.push(expose),
            Some(None) => diags.push(
                Diagnostic::error(
                    &RESERVED,
                    format!("`{shown}` is in every segment's view already"),
                )
                .at(name.span, "the key and `since` are always there")
                .help("remove it from `expose`"),
            ),
            Some(Some(first)) => diags.push(
                Diagnostic::error(
                    &DUPLICATE,
                    format!("two exposed columns are called `{shown}`"),
                )
                .at(name.span, "the same name again")
                .at(first, "the first")
                .help("remove one, or expose a trait of another name"),
            ),
        }
    }
    for name in spec.channels {
        match info.channels.iter().position(|c| *c == name.value) {
            None => {
                let names = || info.channels.iter().map(String::as_str);
                diags.push(
                    Diagnostic::error(
                        &UNKNOWN_CHANNEL,
                        format!("unknown channel `{}`", name.value),
                    )
                    .at(
                        name.span,
                        format!(
                            "{} has the channels: {}",
                            info.entity.name,
                            some_of(names(), 12)
                        ),
                    )
                    .suggest(nearest(name, names())),
                );
            }
            Some(i) if out.channels.contains(&i) => diags.push(
                Diagnostic::error(
                    &DUPLICATE,
                    format!("channel `{}` is named twice", name.value),
                )
                .at(name.span, "again")
                .help("remove one of the two"),
            ),
            Some(i) => out.channels.push(i),
        }
    }
    out
}

/// The parts of a dotted name, each with its place.
fn parts(name: &Name) -> Vec<Spanned<String>> {
    let inside = (name.span.end - name.span.start) as usize == name.value.len();
    let mut start = 0;
    name.value
        .split('.')
        .map(|part| {
            let from = name.span.start as usize + start;
            start += part.len() + 1;
            let span = if inside {
                Span::new(name.span.file, from, from + part.len())
            } else {
                name.span
            };
            Spanned::new(part.to_owned(), span)
        })
        .collect()
}

/// Two segments, or a segment and a channel of another, must not need a view of the same name.
fn check_views(
    nodes: &[Node<'_>],
    world: &World,
    out: &Resolved,
    entities: &[Option<EntityId>],
    diags: &mut Diagnostics,
) {
    let mut views: HashMap<String, (String, Span)> = HashMap::new();
    for (node, entity) in nodes.iter().zip(entities) {
        let (channels, names): (&[Name], Vec<(String, Span)>) = match node {
            Node::Segment(s) => (
                &s.channels,
                vec![(s.item.name.value.clone(), s.item.name.span)],
            ),
            Node::Group(g) => (
                &g.channels,
                g.cases
                    .iter()
                    .map(|c| &c.name)
                    .chain(&g.otherwise)
                    .map(|c| (format!("{}.{}", g.item.name.value, c.value), c.span))
                    .collect(),
            ),
        };
        let known = entity.and_then(|e| world.entity(e));
        for (name, span) in names {
            if !out.names.known.contains_key(&name) {
                continue;
            }
            let view = name.replace('.', "__");
            let per_channel = channels
                .iter()
                .filter(|c| known.is_some_and(|k| k.channels.contains(&c.value)))
                .map(|c| {
                    (
                        format!("{view}__{}", c.value),
                        format!("{name} ({})", c.value),
                    )
                });
            let all: Vec<_> = per_channel.chain([(view.clone(), name.clone())]).collect();
            for (view, what) in all {
                match views.get(&view) {
                    Some((other, first)) if *other != what => diags.push(
                        Diagnostic::error(
                            &DUPLICATE,
                            format!("`{what}` and `{other}` would both be the view `seg_{view}`"),
                        )
                        .at(span, format!("`{what}`"))
                        .at(*first, format!("`{other}`"))
                        .help("rename one of the two"),
                    ),
                    Some(_) => {}
                    None => {
                        views.insert(view, (what, span));
                    }
                }
            }
        }
    }
}

/// Suppression and channels of every entity: conditions like any other, which may name traits and segments.
pub(super) fn entity_conditions(
    spec: &Spec,
    world: &mut World,
    measures: &mut Measures,
    names: &SegmentNames,
    ctx: &Context,
    diags: &mut Diagnostics,
) -> Vec<EntityUses> {
    let mut uses = Vec::new();
    for (i, entity) in spec.entities.iter().enumerate() {
        let id = EntityId(u32::try_from(i).unwrap_or(u32::MAX));
        let mut conditions = Conditions {
            scope: EntityScope::new(world, id, measures),
            ctx,
            names,
            references: Vec::new(),
        };
        let suppress: Vec<Predicate> = entity
            .suppress
            .iter()
            .filter_map(|c| conditions.resolve(c, diags))
            .collect();
        let traits = std::mem::take(&mut conditions.scope.traits);
        let channels: Vec<Channel> = entity
            .channels
            .iter()
            .map(|(name, snippet)| Channel {
                name: name.value.clone(),
                predicate: conditions
                    .sql(snippet, diags)
                    .unwrap_or(Predicate::Constant(false)),
            })
            .collect();
        uses.push(EntityUses {
            canonical: entity.item.canonical.clone(),
            traits,
            channel_traits: std::mem::take(&mut conditions.scope.traits),
            references: std::mem::take(&mut conditions.references),
        });
        if let Some(info) = world.entities.get_mut(i) {
            info.entity.suppress = suppress;
            info.entity.channels = channels;
        }
    }
    uses
}

/// What an entity's suppression and channels refer to, for definitions' hashes.
#[derive(Debug)]
pub(super) struct EntityUses {
    pub(super) canonical: String,
    pub(super) traits: Vec<TraitId>,
    pub(super) channel_traits: Vec<TraitId>,
    pub(super) references: Vec<SegmentId>,
}
