//! Entities and relations: from `entities:` to frames whose joins, keys, times and filters are checked.
//!
//! A frame says which tables one row is put together from; `scope` resolves names in it. Conditions and channels of an
//! entity are resolved later (`segments`), when traits and segments are known.

use super::tables::Tables;
use super::typing::Context;
use super::world::World;
use super::{Entity, EntityId, Frame, JoinKind, Relation, RelationId, Slot, SlotJoin, TableId};
use super::{across, keyed, relation, valid};
use crate::diag::codes::model::{DUPLICATE, JOIN_TYPES, KEY_TYPE};
use crate::diag::{Diagnostic, Diagnostics};
use crate::expr::Type;
use crate::source::{Span, Spanned};
use crate::spec::{EntitySpec, LookupSpec, OnSpec, Settings, Spec};
use jiff::tz::TimeZone;
use std::collections::HashMap;

/// An entity while the rest of the project is resolved.
#[derive(Debug)]
pub(super) struct EntityInfo {
    pub(super) entity: Entity,
    pub(super) relations: HashMap<String, RelationId>,
    /// In order of writing.
    pub(super) relation_names: Vec<String>,
    /// The channels' names, before they are resolved.
    pub(super) channels: Vec<String>,
    /// Whether the key was found.
    pub(super) key_known: bool,
}

/// A relation while the rest of the project is resolved.
#[derive(Debug)]
pub(super) struct RelationInfo {
    pub(super) relation: Relation,
    /// Whether a time was declared and could not be resolved.
    pub(super) time_failed: bool,
    /// How many slots after the first come from the parent.
    pub(super) inherited: usize,
    /// The zone in which its own datetimes are read.
    pub(super) zone: TimeZone,
    /// The zone of the relation whose time this is: its own or a parent's.
    pub(super) time_zone: TimeZone,
    pub(super) parent: Option<RelationId>,
    /// The entity that its rows point to, and the slot of its segments.
    pub(super) across: Option<(EntityId, usize)>,
    /// As in `spec::RelationSpec::canonical`.
    pub(super) canonical: String,
}

/// Resolves all entities with their lookups and relations.
pub(super) fn entities(
    spec: &Spec,
    tables: Tables,
    settings: &Settings,
    ctx: &Context,
    diags: &mut Diagnostics,
) -> World {
    let mut world = World::new(tables);
    world.segments = spec
        .segments
        .iter()
        .map(|s| s.item.name.value.clone())
        .collect();
    world.broken = spec.broken.iter().map(|n| n.value.clone()).collect();
    for entity in &spec.entities {
        let id = EntityId(u32::try_from(world.entities.len()).unwrap_or(u32::MAX));
        let info = self::entity(entity, &world.tables, ctx, diags);
        world.entities.push(info);
        relation::all(id, entity, &mut world, ctx, diags);
    }
    across::all(spec, &mut world, diags);
    world.keeps_history = settings.outputs.history;
    keyed::all(spec, &mut world, ctx, diags);
    world
}

fn entity(
    spec: &EntitySpec,
    tables: &Tables,
    ctx: &Context,
    diags: &mut Diagnostics,
) -> EntityInfo {
    let name = &spec.item.name.value;
    let table = tables.id(&spec.table);
    let mut frame = Frame {
        slots: vec![Slot {
            name: name.clone(),
            table,
            join: None,
        }],
    };
    add_lookups(&mut frame, 0, "", &spec.lookups, tables, diags);
    let key = tables.require(table, &spec.key, (&format!("entity `{name}`"), name), diags);
    if let Some(key) = key
        && !can_be_key(&key.ty)
    {
        diags.push(
            Diagnostic::error(
                &KEY_TYPE,
                format!("the key of entity `{name}` cannot be {}", article(&key.ty)),
            )
            .at(
                spec.key.span,
                format!(
                    "`{}` is {}; expected int, string, decimal, date, timestamp or datetime",
                    key.name, key.ty
                ),
            )
            .help("name the column that identifies a row, or cast it in a `table: {sql: …}`"),
        );
    }
    let whose = format!("entity `{name}`");
    let filter = spec.valid.as_ref().map_or_else(Vec::new, |v| {
        valid::filter(v, table, (&whose, name), tables, ctx, diags)
    });
    EntityInfo {
        channels: spec.channels.iter().map(|(n, _)| n.value.clone()).collect(),
        key_known: key.is_some(),
        entity: Entity {
            name: name.clone(),
            frame,
            key: key.map_or_else(|| spec.key.value.clone(), |k| k.name.clone()),
            key_type: key.map_or(Type::Null, |k| k.ty.clone()),
            key_span: spec.key.span,
            filter,
            suppressors: Vec::new(),
            suppress: Vec::new(),
            holdout: None,
            channels: Vec::new(),
            span: spec.item.span,
        },
        relations: HashMap::new(),
        relation_names: spec
            .relations
            .iter()
            .map(|r| r.name.value.clone())
            .collect(),
    }
}

fn can_be_key(ty: &Type) -> bool {
    match ty {
        Type::Int
        | Type::Decimal { .. }
        | Type::String
        | Type::Date
        | Type::Timestamp
        | Type::Datetime => true,
        Type::Boolean | Type::Float | Type::Json | Type::Array(_) | Type::Null => false,
    }
}

/// "an int", "a string".
pub(super) fn article(ty: &Type) -> String {
    match ty {
        Type::Int | Type::Array(_) => format!("an {ty}"),
        Type::Null => "null".to_owned(),
        Type::Boolean
        | Type::Float
        | Type::Decimal { .. }
        | Type::String
        | Type::Date
        | Type::Timestamp
        | Type::Datetime
        | Type::Json => format!("a {ty}"),
    }
}

pub(super) fn add_lookups(
    frame: &mut Frame,
    from: usize,
    prefix: &str,
    lookups: &[LookupSpec],
    tables: &Tables,
    diags: &mut Diagnostics,
) {
    for lookup in lookups {
        let path = if prefix.is_empty() {
            lookup.name.value.clone()
        } else {
            format!("{prefix}.{}", lookup.name.value)
        };
        if let Some(other) = frame.slots.iter().find(|slot| slot.name == path) {
            let sibling = other
                .join
                .as_ref()
                .is_some_and(|j| j.from == from && j.kind == JoinKind::Lookup);
            if sibling {
                // Two lookups of one name have been reported where they were read.
                continue;
            }
            diags.push(
                Diagnostic::error(
                    &DUPLICATE,
                    format!("`{path}` already means another table here"),
                )
                .at(lookup.name.span, "the same name again")
                .help("give the lookup another name"),
            );
            continue;
        }
        let table = tables.id(&lookup.table);
        let Some(on) = join(frame, from, &path, table, &lookup.on, tables, diags) else {
            continue;
        };
        let slot = frame.slots.len();
        frame.slots.push(Slot {
            name: path.clone(),
            table,
            join: Some(SlotJoin {
                from,
                on,
                kind: JoinKind::Lookup,
                span: lookup.on.span,
            }),
        });
        add_lookups(frame, slot, &path, &lookup.lookups, tables, diags);
    }
}

/// The pairs of a lookup's `on:`, (column of slot `from`, column of `table`).
fn join(
    frame: &Frame,
    from: usize,
    name: &str,
    table: TableId,
    on: &OnSpec,
    tables: &Tables,
    diags: &mut Diagnostics,
) -> Option<Vec<(String, String)>> {
    let near = frame.slots.get(from)?;
    let near = Side {
        table: near.table,
        words: format!("`{}`", near.name),
        name: near.name.clone(),
    };
    let far = Side {
        table,
        words: format!("lookup `{name}`"),
        name: name.to_owned(),
    };
    pairs(
        &near,
        &far,
        on.pairs.iter().map(|(a, b)| (a, b)),
        tables,
        diags,
    )
}

/// One side of a join.
pub(super) struct Side {
    pub(super) table: TableId,
    /// As in "unknown column x in …".
    pub(super) words: String,
    pub(super) name: String,
}

/// Checks that the columns of both sides exist and are of one type.
pub(super) fn pairs<'a>(
    near: &Side,
    far: &Side,
    names: impl Iterator<Item = (&'a Spanned<String>, &'a Spanned<String>)>,
    tables: &Tables,
    diags: &mut Diagnostics,
) -> Option<Vec<(String, String)>> {
    let mut on = Vec::new();
    let mut good = true;
    for (a, b) in names {
        let left = tables.require(near.table, a, (&near.words, &near.name), diags);
        let right = tables.require(far.table, b, (&far.words, &far.name), diags);
        match (left, right) {
            (Some(left), Some(right)) => {
                if !joinable(&left.ty, &right.ty) {
                    diags.push(join_types(
                        (&near.words, &left.name, &left.ty),
                        (&far.words, &right.name, &right.ty),
                        b.span,
                    ));
                }
                on.push((left.name.clone(), right.name.clone()));
            }
            (None, _) | (_, None) => good = false,
        }
    }
    good.then_some(on)
}

/// Whether values are equal exactly when a warehouse says so without a cast.
pub(super) fn joinable(a: &Type, b: &Type) -> bool {
    match (a, b) {
        (Type::Decimal { scale: a, .. }, Type::Decimal { scale: b, .. }) => a == b,
        (Type::Json | Type::Array(_) | Type::Null, _) => false,
        (a, b) => a == b,
    }
}

pub(super) fn join_types(
    near: (&str, &str, &Type),
    far: (&str, &str, &Type),
    span: Span,
) -> Diagnostic {
    let message = if near.2 == far.2 {
        format!("a join cannot be on {}", article(near.2))
    } else {
        format!(
            "`{}` of {} is {}, but `{}` of {} is {}",
            near.1,
            near.0,
            article(near.2),
            far.1,
            far.0,
            article(far.2)
        )
    };
    Diagnostic::error(&JOIN_TYPES, message)
        .at(
            span,
            "expected the same type on both sides; values are never cast",
        )
        .help("bring one side to the other's type in a `table: {sql: \"select …\"}`")
}
