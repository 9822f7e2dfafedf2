//! Conditions across entities (`language.md` §3, §6): a relation whose rows point to another entity, and `in:` a segment of
//! that one. The segments of the other entity are one more lookup of the relation's rows: a [`TableSource::Members`], a row
//! per entity and a boolean per segment, which the planner computes with what asks for it.

use super::frame::{join_types, joinable};
use super::predicate::{Conditions, any, leaf, not};
use super::references::elsewhere;
use super::rows::{self, RowSet};
use super::segments::entity_of;
use super::tables::some_of;
use super::world::World;
use super::{
    Col, EntityId, Frame, JoinKind, Model, Predicate, RelationId, RowExpr, SegmentId, Slot,
    SlotJoin, TableSource, measure,
};
use crate::diag::codes::model::SEGMENT_ENTITY;
use crate::diag::{Diagnostic, Diagnostics};
use crate::expr::{Expr, ExprKind, Type};
use crate::source::{At, Span, Spanned};
use crate::spec::{Across, Name, RelationSpec, Rows, Spec};

/// The column of a segment among those of its entity.
#[must_use]
pub fn column(segment: &str) -> String {
    format!("seg_{}", segment.replace('.', "__"))
}

/// The key's column beside them.
pub const KEY: &str = "entity_key";

/// The segment of another entity that a column of a relation's row tells of.
#[must_use]
pub fn segment(model: &Model, frame: &Frame, col: &Col) -> Option<(EntityId, SegmentId)> {
    let entity = entity(model, frame, col.slot)?;
    let at = model
        .segments
        .iter()
        .position(|s| s.entity == entity && column(&s.name) == col.name)?;
    Some((entity, SegmentId(u32::try_from(at).unwrap_or(u32::MAX))))
}

/// The entity whose segments a slot holds.
#[must_use]
pub fn entity(model: &Model, frame: &Frame, slot: usize) -> Option<EntityId> {
    let table = frame.slots.get(slot)?.table;
    match model.tables.get(table.index())?.source {
        TableSource::Members(entity) => Some(entity),
        TableSource::Named(_)
        | TableSource::File { .. }
        | TableSource::Query(_)
        | TableSource::History { .. } => None,
    }
}

/// Such a column as people say it: "account in `big`".
pub(super) fn words(model: &Model, frame: &Frame, col: &Col) -> Option<String> {
    let (entity, segment) = segment(model, frame, col)?;
    let entity = model.entities.get(entity.index())?;
    let segment = model.segments.get(segment.index())?;
    Some(format!("{} in `{}`", entity.name, segment.name))
}

/// Leads the rows of relations to the entities that they point to, once all of these are known.
pub(super) fn all(spec: &Spec, world: &mut World, diags: &mut Diagnostics) {
    for (i, owner) in spec.entities.iter().enumerate() {
        for relation in owner.relations.iter().filter(|r| r.across.is_some()) {
            let known = world.entities.get(i);
            let id = known.and_then(|e| e.relations.get(&relation.name.value).copied());
            if let Some(id) = id {
                one(id, relation, world, diags);
            }
        }
    }
}

fn one(
    id: RelationId,
    spec: &RelationSpec,
    world: &mut World,
    diags: &mut Diagnostics,
) -> Option<()> {
    let across = spec.across.as_ref()?;
    let entity = entity_of(Some(&across.entity), across.entity.span, world, diags)?;
    let other = world.entity(entity)?;
    let (name, key, key_type) = (
        other.entity.name.clone(),
        other.entity.key.clone(),
        other.entity.key_type.clone(),
    );
    let key_known = other.key_known;
    let to = match &across.to {
        Some(to) => to.clone(),
        None => Spanned::new(key.clone(), across.entity.span),
    };
    let own = world.relation(id)?.relation.frame.slots.first()?.table;
    let whose = format!("relation `{}`", spec.name.value);
    let found = world
        .tables
        .require(own, &to, (&whose, &spec.name.value), diags)?
        .clone();
    if key_known && !joinable(&key_type, &found.ty) {
        diags.push(join_types(
            (&format!("entity `{name}`"), &key, &key_type),
            (&whose, &found.name, &found.ty),
            to.span,
        ));
    }
    let table = world.tables.members(entity, across.entity.span);
    let relation = world.relations.get_mut(id.index())?;
    let slots = &mut relation.relation.frame.slots;
    relation.across = Some((entity, slots.len()));
    slots.push(Slot {
        // Nobody can write it.
        name: format!("{name} segments"),
        table,
        join: Some(SlotJoin {
            from: 0,
            on: vec![(found.name, KEY.to_owned())],
            kind: JoinKind::Lookup,
            span: to.span,
        }),
    });
    Some(())
}

impl Conditions<'_> {
    /// `in` or `not_in` with `over`.
    pub(super) fn across(
        &mut self,
        spec: &Across,
        span: Span,
        diags: &mut Diagnostics,
    ) -> Option<Predicate> {
        let world = self.scope.world;
        let id = world.require_relation(self.scope.entity, &spec.over, diags);
        let set = id.and_then(|id| rows::rows(world, id, &spec.rows, self.ctx, diags));
        let id = id?;
        let Some((entity, slot)) = world.relation(id)?.across else {
            diags.push(leads_nowhere(id, &spec.over, world)?);
            return None;
        };
        let found: Vec<Option<Predicate>> = spec
            .names
            .iter()
            .map(|name| {
                if let Some(other) = self.names.entity(&name.value)
                    && other != entity
                {
                    let relation = spec.over.value.as_str();
                    diags.push(
                        elsewhere(name, other, entity, world)
                            .at(spec.over.span, format!("where `{relation}` leads to")),
                    );
                    return None;
                }
                self.pointed_at(name, (entity, slot), set.as_ref()?, span, diags)
            })
            .collect();
        let found = any(found.into_iter().collect::<Option<_>>()?);
        Some(if spec.negated { not(found) } else { found })
    }

    /// A segment of another entity, which one relation alone leads to.
    pub(super) fn only_way(
        &mut self,
        name: &Name,
        other: EntityId,
        diags: &mut Diagnostics,
    ) -> Option<Predicate> {
        let (world, own) = (self.scope.world, self.scope.entity);
        let mut ways = Vec::new();
        for id in (0..).map(RelationId).take(world.relations.len()) {
            let found = world.relation(id)?;
            if let Some((entity, slot)) = found.across
                && found.relation.entity == own
                && entity == other
            {
                ways.push((id, slot, found.relation.name.as_str()));
            }
        }
        match ways.as_slice() {
            [] => {
                diags.push(elsewhere(name, other, own, world));
                None
            }
            [(id, slot, _)] => {
                let set = rows::rows(world, *id, &Rows::default(), self.ctx, diags)?;
                self.pointed_at(name, (other, *slot), &set, name.span, diags)
            }
            several => {
                let word = |id| world.entity(id).map_or("", |e| e.entity.name.as_str());
                let names = several.iter().map(|(_, _, name)| *name);
                let first = names.clone().next().unwrap_or_default();
                diags.push(
                    Diagnostic::error(
                        &SEGMENT_ENTITY,
                        format!(
                            "`{}` is a segment of `{}`, which several relations lead to",
                            name.value,
                            word(other)
                        ),
                    )
                    .at(name.span, format!("over one of: {}", some_of(names, 12)))
                    .help(format!("add `over: {first}`, or another of them")),
                );
                None
            }
        }
    }

    /// One of these rows points to somebody in the segment.
    fn pointed_at(
        &mut self,
        name: &Name,
        (entity, slot): (EntityId, usize),
        set: &RowSet,
        span: Span,
        diags: &mut Diagnostics,
    ) -> Option<Predicate> {
        let world = self.scope.world;
        let id = self.names.require(name, entity, world, diags)?;
        self.refer(id);
        let col = Col {
            slot,
            name: column(&name.value),
        };
        let there: RowExpr = Expr::new(ExprKind::Column(col), Type::Boolean, At(name.span));
        let mut filter = set.filter.clone();
        filter.push(there);
        let set = rows::row_set(world, set.relation, filter, &set.window)?;
        Some(leaf(measure::exists(self.scope.measures, &set, None, span)))
    }
}

fn leads_nowhere(id: RelationId, over: &Name, world: &World) -> Option<Diagnostic> {
    let relation = &world.relation(id)?.relation;
    let others = world
        .relations
        .iter()
        .filter(|r| r.across.is_some() && r.relation.entity == relation.entity);
    let names: Vec<&str> = others.map(|r| r.relation.name.as_str()).collect();
    let diagnostic = Diagnostic::error(
        &SEGMENT_ENTITY,
        format!("the rows of `{}` point to no other entity", over.value),
    );
    Some(if names.is_empty() {
        diagnostic
            .at(over.span, "expected a relation with `entity:`")
            .help("give the relation `entity:`, and `to:` with the column that holds its key")
    } else {
        diagnostic
            .at(
                over.span,
                format!(
                    "relations with `entity:`: {}",
                    some_of(names.iter().copied(), 12)
                ),
            )
            .help("name one of them, or give this one `entity:`")
    })
}
