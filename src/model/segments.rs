//! Segments, groups and splits: each is resolved once what it refers to is (`items` sees to that). What they publish is
//! `outlet`'s. Then suppression and channels of entities, which may name them.

use super::measure::Measures;
use super::outlet::{Published, outlet};
use super::predicate::Conditions;
use super::references::{SegmentNames, each_reference};
use super::scope::EntityScope;
use super::tables::some_of;
use super::typing::Context;
use super::world::World;
use super::{
    Channel, EntityId, Group, GroupId, Predicate, RelationId, Segment, SegmentId, SegmentKind,
    TraitId, Upkeep, holdout, lineage, renamed, split,
};
use crate::diag::codes::model::UNKNOWN_ENTITY;
use crate::diag::{CopyOf, Diagnostic, Diagnostics, nearest};
use crate::source::{Span, Spanned};
use crate::spec::{Condition, GroupSpec, Name, SegmentSpec, Spec, SplitSpec};

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

/// A segment, a group or a split, as written.
#[derive(Clone, Copy)]
enum Written<'a> {
    Segment(&'a SegmentSpec),
    Group(&'a GroupSpec),
    Split(&'a SplitSpec),
}

/// A segment, a group or a split on its way.
pub(super) struct Draft<'a> {
    written: Written<'a>,
    pub(super) entity: Option<EntityId>,
    /// The names by which it can be referred to.
    pub(super) names: Vec<String>,
}

impl<'a> Written<'a> {
    fn name(self) -> &'a Name {
        match self {
            Self::Segment(s) => &s.item.name,
            Self::Group(g) => &g.item.name,
            Self::Split(s) => &s.item.name,
        }
    }

    fn entity(self) -> Option<&'a Name> {
        match self {
            Self::Segment(s) => s.entity.as_ref(),
            Self::Group(g) => g.entity.as_ref(),
            Self::Split(s) => s.audience.entity.as_ref(),
        }
    }

    fn copy(self) -> Option<&'a CopyOf> {
        match self {
            Self::Segment(s) => s.item.copy.as_ref(),
            Self::Group(g) => g.item.copy.as_ref(),
            Self::Split(_) => None,
        }
    }
}

impl<'a> Draft<'a> {
    pub(super) fn name(&self) -> &'a Name {
        self.written.name()
    }

    pub(super) fn renamed_from(&self) -> Option<&'a Name> {
        let upkeep = match self.written {
            Written::Segment(s) => &s.upkeep,
            Written::Group(g) => &g.upkeep,
            Written::Split(s) => &s.audience.upkeep,
        };
        upkeep.renamed_from.as_ref()
    }

    pub(super) fn conditions(&self) -> Vec<&'a Condition> {
        match self.written {
            Written::Segment(s) => vec![&s.condition],
            Written::Group(g) => g.cases.iter().map(|c| &c.condition).collect(),
            Written::Split(_) => Vec::new(),
        }
    }

    /// Calls `f` with every segment that it names.
    pub(super) fn each_reference(&self, f: &mut dyn FnMut(&'a Name)) {
        for condition in self.conditions() {
            each_reference(condition, f);
        }
        if let Written::Split(s) = self.written {
            f(&s.of);
        }
    }
}

/// Finds the entities of all segments and groups, and announces their names to `out`.
pub(super) fn drafts<'a>(
    spec: &'a Spec,
    world: &World,
    out: &mut Resolved,
    diags: &mut Diagnostics,
) -> Vec<Draft<'a>> {
    let written = spec
        .segments
        .iter()
        .map(Written::Segment)
        .chain(spec.groups.iter().map(Written::Group))
        .chain(spec.splits.iter().map(Written::Split));
    let mut drafts = Vec::new();
    for written in written {
        let name = written.name();
        let entity = match written {
            // That of what is split, which may stand further down.
            Written::Split(split) if written.entity().is_none() => {
                split::entity_of(split, spec, world)
                    .or_else(|| out.names.entity(&split.of.value))
                    .or_else(|| entity_of(None, name.span, world, diags))
            }
            Written::Segment(_) | Written::Group(_) | Written::Split(_) => {
                entity_of(written.entity(), name.span, world, diags)
            }
        };
        let names = match written {
            Written::Segment(_) => vec![name.value.clone()],
            Written::Group(group) => {
                let cases = case_names(group);
                let names = cases.iter().map(|case| format!("{}.{case}", name.value));
                let names = names.collect();
                out.names.group(&name.value, cases);
                names
            }
            Written::Split(split) => {
                let arms: Vec<String> = split.arms.iter().map(|(a, _)| a.value.clone()).collect();
                let names = arms.iter().map(|arm| format!("{}.{arm}", name.value));
                let names = names.collect();
                out.names.split(&name.value, arms);
                names
            }
        };
        for name in &names {
            out.names.announce(name, entity);
        }
        drafts.push(Draft {
            written,
            entity,
            names,
        });
    }
    renamed::announce(&drafts, &mut out.names, diags);
    drafts
}

/// Resolves one segment or group into `out`; what it refers to has been.
pub(super) fn resolve(
    draft: &Draft<'_>,
    world: &World,
    measures: &mut Measures,
    out: &mut Resolved,
    ctx: &Context,
    diags: &mut Diagnostics,
) {
    let Some(entity) = draft.entity else { return };
    let before = diags.len();
    match draft.written {
        Written::Segment(spec) => segment(spec, entity, world, measures, out, ctx, diags),
        Written::Group(spec) => group(spec, entity, world, measures, out, ctx, diags),
        Written::Split(spec) => split::split(spec, entity, world, out, diags),
    }
    diags.in_copy(before, draft.written.copy());
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
            if found.is_none() && !world.broken.contains(&name.value) {
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

fn case_names(group: &GroupSpec) -> Vec<String> {
    group
        .cases
        .iter()
        .map(|c| &c.name)
        .chain(&group.otherwise)
        .map(|name| name.value.clone())
        .collect()
}

pub(super) fn next_segment(out: &Resolved) -> SegmentId {
    SegmentId(u32::try_from(out.segments.len()).unwrap_or(u32::MAX))
}

pub(super) fn push(out: &mut Resolved, segment: Segment, uses: SegmentUses) {
    let id = next_segment(out);
    out.names.resolved(&segment.name, id);
    out.segments.push(segment);
    out.uses.push(uses);
}

pub(super) fn text(value: Option<&Spanned<String>>) -> Option<String> {
    value.map(|v| v.value.clone())
}

pub(super) fn reason(value: Option<&Spanned<String>>) -> Option<&str> {
    value.map(|v| v.value.as_str())
}

/// Whether the day has begun: from then on the segment is not published.
fn is_past(day: Option<&Spanned<jiff::civil::Date>>, ctx: &Context) -> bool {
    day.is_some_and(|day| ctx.time_zone.to_datetime(ctx.as_of).date() >= day.value)
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
        },
        entity,
        world,
        diags,
    );
    add_traits(&mut traits, &outlet.traits);
    let reaches = !outlet.channels.is_empty();
    let held_out = holdout::applies(spec.holdout.as_ref(), reaches, entity, world, diags);
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
        held_out,
        title: text(spec.title.as_ref()),
        description: text(spec.item.description.as_ref()),
        owner: text(spec.item.owner.as_ref()),
        tags: spec.item.tags.iter().map(|t| t.value.clone()).collect(),
        action: text(spec.action.as_ref()),
        kpi: text(spec.kpi.as_ref()),
        expires_on: spec.expires_on.as_ref().map(|d| d.value),
        enabled: spec.enabled && !is_past(spec.expires_on.as_ref(), ctx),
        upkeep: Upkeep::of(&spec.upkeep, reason(spec.suppress_reason.as_ref()), None),
        definition_hash: String::new(),
        parts: Vec::new(),
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
        },
        entity,
        world,
        diags,
    );
    let reaches = !outlet.channels.is_empty();
    let held_out = holdout::applies(spec.holdout.as_ref(), reaches, entity, world, diags);
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
                held_out,
                title: text(title),
                description: text(description),
                owner: text(spec.item.owner.as_ref()),
                tags: spec.item.tags.iter().map(|t| t.value.clone()).collect(),
                action: text(spec.action.as_ref()),
                kpi: text(spec.kpi.as_ref()),
                expires_on: None,
                enabled: spec.enabled,
                upkeep: Upkeep::of(
                    &spec.upkeep,
                    reason(spec.suppress_reason.as_ref()),
                    Some(&name.value),
                ),
                definition_hash: String::new(),
                parts: Vec::new(),
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
    lineage::each_leaf(predicate, &mut |leaf| {
        for relation in measures.relations_of(leaf) {
            if !found.contains(&relation) {
                found.push(relation);
            }
        }
    });
    found
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
        let sources: Vec<Predicate> = conditions.suppressors();
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
            info.entity.suppress = suppress.into_iter().chain(sources).collect();
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
