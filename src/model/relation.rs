//! Relations of an entity: parents, owners, times and filters, each checked. Called by `frame`, which has what entities and
//! relations have in common.

use super::calendar;
use super::frame::{
    EntityInfo, RelationInfo, Side, add_lookups, article, join_types, joinable, pairs,
};
use super::scope::RowScope;
use super::tables::{Tables, some_of};
use super::typing::Context;
use super::world::World;
use super::{
    Col, EntityId, Frame, JoinKind, Relation, RelationId, RelationRole, RowExpr, Slot, SlotJoin,
    TableId, TimeColumn, order,
};
use crate::diag::codes::model::{
    CYCLE, DUPLICATE, NO_TIME, OWNER_NOT_KEY, TIME_TYPE, UNKNOWN_RELATION,
};
use crate::diag::{Diagnostic, Diagnostics, nearest};
use crate::expr::{Expr, ExprKind, Type};
use crate::source::{Span, Spanned};
use crate::spec::{EntitySpec, OnSpec, RelationSpec};
use jiff::tz::{TimeZone, TimeZoneDatabase};
use std::collections::HashMap;

/// Resolves an entity's relations into `world`, parents first.
pub(super) fn all(
    entity: EntityId,
    spec: &EntitySpec,
    world: &mut World,
    ctx: &Context,
    diags: &mut Diagnostics,
) {
    let index: HashMap<&str, usize> = spec
        .relations
        .iter()
        .enumerate()
        .map(|(i, r)| (r.name.value.as_str(), i))
        .collect();
    let parents: Vec<Vec<(usize, Span)>> = spec
        .relations
        .iter()
        .map(|r| {
            let via = r.via.as_ref()?;
            let parent = index.get(via.value.as_str()).copied();
            if parent.is_none() {
                let names = || spec.relations.iter().map(|r| r.name.value.as_str());
                diags.push(
                    Diagnostic::error(
                        &UNKNOWN_RELATION,
                        format!("unknown relation `{}`", via.value),
                    )
                    .at(
                        via.span,
                        format!("{} has: {}", spec.item.name.value, some_of(names(), 12)),
                    )
                    .suggest(nearest(via, names())),
                );
            }
            parent.map(|p| (p, via.span))
        })
        .map(|parent| parent.into_iter().collect())
        .collect();
    let (sorted, cycles) = order::sort(&parents);
    for cycle in cycles {
        let names: Vec<&str> = cycle
            .iter()
            .filter_map(|(i, _)| spec.relations.get(*i))
            .map(|r| r.name.value.as_str())
            .collect();
        diags.push(order::diagnostic(&CYCLE, "relations", &names, &cycle));
    }
    for i in sorted {
        let Some(relation) = spec.relations.get(i) else {
            continue;
        };
        if relation.name.value == spec.item.name.value {
            diags.push(
                Diagnostic::error(
                    &DUPLICATE,
                    format!("`{}` is the entity's own name", relation.name.value),
                )
                .at(relation.name.span, "the same name again")
                .help("give the relation another name"),
            );
        }
        let Some(info) = one(entity, relation, world, ctx, diags) else {
            continue;
        };
        let id = RelationId(u32::try_from(world.relations.len()).unwrap_or(u32::MAX));
        world.relations.push(info);
        if let Some(owner) = world.entities.get_mut(entity.index()) {
            owner.relations.insert(relation.name.value.clone(), id);
        }
        let filter = filter(id, relation, world, ctx, diags);
        if let Some(info) = world.relations.get_mut(id.index()) {
            info.relation.filter.extend(filter);
        }
    }
}

fn one(
    entity: EntityId,
    spec: &RelationSpec,
    world: &World,
    ctx: &Context,
    diags: &mut Diagnostics,
) -> Option<RelationInfo> {
    let owner = world.entities.get(entity.index())?;
    let tables = &world.tables;
    let name = &spec.name.value;
    let table = tables.id(&spec.table);
    let whose = format!("relation `{name}`");
    let own = Side {
        table,
        words: whose.clone(),
        name: name.clone(),
    };
    let mut frame = Frame {
        slots: vec![Slot {
            name: name.clone(),
            table,
            join: None,
        }],
    };
    let parent = match &spec.via {
        // A parent that was not resolved has been reported.
        Some(via) => Some(*owner.relations.get(&via.value)?),
        None => None,
    };
    let parent_info = parent.and_then(|p| world.relations.get(p.index()));
    let zone = zone(spec.time_zone.as_ref(), ctx);
    let (mut filter, mut past, mut time, mut time_zone, mut inherited) =
        (Vec::new(), Vec::new(), None, zone.clone(), 0);
    let owner_columns;
    let mut future = false;
    if let Some(up) = parent_info {
        inherited = up.relation.frame.slots.len();
        inherit(&mut frame, up, spec, &own, tables, diags);
        owner_columns = up
            .relation
            .owner
            .iter()
            .map(|(key, col)| (key.clone(), shift(col)))
            .collect();
        filter = up.relation.filter.iter().map(shift_expr).collect();
        past = up
            .relation
            .past
            .iter()
            .map(|(t, bound)| (shift_time(t), bound.clone()))
            .collect();
        time = up.relation.time.as_ref().map(shift_time);
        future = up.relation.future;
        time_zone = up.time_zone.clone();
    } else {
        owner_columns = self::owner(owner, &own, &spec.on, tables, diags);
    }
    add_lookups(&mut frame, 0, "", &spec.lookups, tables, diags);
    let key = spec
        .key
        .iter()
        .filter_map(|k| tables.require(table, k, (&whose, name), diags))
        .map(|k| k.name.clone())
        .collect();
    let mut time_failed = parent_info.is_some_and(|p| p.time_failed);
    if let Some(own_time) = &spec.time {
        let found = self::time(own_time, table, (&whose, name), tables, diags);
        time_failed = found.is_none();
        if let Some(column) = found {
            past.push((
                column.clone(),
                calendar::as_of_bound(&column.ty, &zone, ctx),
            ));
            time = Some(column);
            time_zone = zone.clone();
            future = spec.future.value;
        }
    } else if spec.future.value && !future {
        diags.push(
            Diagnostic::error(&NO_TIME, format!("{whose} has no time of its own"))
                .at(spec.future.span, "which of its times may lie ahead?")
                .help("declare `time:` on the relation; a child without one has its parent's, and its parent's future"),
        );
    }
    Some(RelationInfo {
        relation: Relation {
            name: name.clone(),
            entity,
            frame,
            owner: owner_columns,
            key,
            time,
            filter,
            past,
            future,
            role: RelationRole::Declared,
            span: spec.span,
        },
        time_failed,
        inherited,
        zone,
        time_zone,
        parent,
        across: None,
        canonical: spec.canonical.clone(),
    })
}

/// Puts the parent's slots behind the child's own, joined on `on:`.
fn inherit(
    frame: &mut Frame,
    up: &RelationInfo,
    spec: &RelationSpec,
    own: &Side,
    tables: &Tables,
    diags: &mut Diagnostics,
) {
    let parent = &up.relation;
    let Some(root) = parent.frame.slots.first() else {
        return;
    };
    let above = Side {
        table: root.table,
        words: format!("relation `{}`", parent.name),
        name: parent.name.clone(),
    };
    let on = pairs(
        own,
        &above,
        spec.on.pairs.iter().map(|(theirs, ours)| (ours, theirs)),
        tables,
        diags,
    )
    .unwrap_or_default();
    for (i, slot) in parent.frame.slots.iter().enumerate() {
        let name = if i <= up.inherited {
            slot.name.clone()
        } else {
            format!("{}.{}", parent.name, slot.name)
        };
        let join = match &slot.join {
            None => SlotJoin {
                from: 0,
                on: on.clone(),
                kind: JoinKind::Parent,
                span: spec.on.span,
            },
            Some(join) => SlotJoin {
                from: join.from + 1,
                ..join.clone()
            },
        };
        frame.slots.push(Slot {
            name,
            table: slot.table,
            join: Some(join),
        });
    }
}

/// The pairs of a relation's `on:`: the entity's key and the column that holds it.
fn owner(
    entity: &EntityInfo,
    own: &Side,
    on: &OnSpec,
    tables: &Tables,
    diags: &mut Diagnostics,
) -> Vec<(String, Col)> {
    let key = &entity.entity.key;
    let entity_name = &entity.entity.name;
    let mut owner = Vec::new();
    for (theirs, ours) in &on.pairs {
        let is_key = theirs.value == *key || theirs.value.eq_ignore_ascii_case(key);
        let column = tables.require(own.table, ours, (&own.words, &own.name), diags);
        if !is_key {
            if entity.key_known {
                diags.push(
                    Diagnostic::error(
                        &OWNER_NOT_KEY,
                        format!(
                            "{} is joined to `{}`, which is not the key of `{entity_name}`",
                            own.words, theirs.value
                        ),
                    )
                    .at(theirs.span, format!("expected the key, `{key}`"))
                    .help(format!(
                        "write `on: {key}`, or `on: {{{key}: column_of_{}}}`",
                        own.name
                    )),
                );
            }
            continue;
        }
        let Some(column) = column else { continue };
        if entity.key_known && !joinable(&entity.entity.key_type, &column.ty) {
            diags.push(join_types(
                (
                    &format!("entity `{entity_name}`"),
                    key,
                    &entity.entity.key_type,
                ),
                (&own.words, &column.name, &column.ty),
                ours.span,
            ));
        }
        owner.push((
            key.clone(),
            Col {
                slot: 0,
                name: column.name.clone(),
            },
        ));
    }
    owner
}

pub(super) fn time(
    name: &Spanned<String>,
    table: TableId,
    whose: (&str, &str),
    tables: &Tables,
    diags: &mut Diagnostics,
) -> Option<TimeColumn> {
    let column = tables.require(table, name, whose, diags)?;
    match column.ty {
        Type::Date | Type::Timestamp | Type::Datetime => Some(TimeColumn {
            col: Col {
                slot: 0,
                name: column.name.clone(),
            },
            ty: column.ty.clone(),
        }),
        Type::Boolean
        | Type::Int
        | Type::Float
        | Type::Decimal { .. }
        | Type::String
        | Type::Json
        | Type::Array(_)
        | Type::Null => {
            let fitting = tables
                .columns(table)
                .iter()
                .filter(|c| matches!(c.ty, Type::Date | Type::Timestamp | Type::Datetime))
                .map(|c| c.name.as_str());
            diags.push(
                Diagnostic::error(
                    &TIME_TYPE,
                    format!("the time of {} cannot be {}", whose.0, article(&column.ty)),
                )
                .at(
                    name.span,
                    format!(
                        "`{}` is {}; expected date, timestamp or datetime",
                        column.name, column.ty
                    ),
                )
                .help(format!(
                    "columns of such a type in {}: {}",
                    whose.1,
                    some_of(fitting, 12)
                )),
            );
            None
        }
    }
}

/// The relation's own `where`, in its own row.
fn filter(
    id: RelationId,
    spec: &RelationSpec,
    world: &World,
    ctx: &Context,
    diags: &mut Diagnostics,
) -> Vec<RowExpr> {
    let Some(mut scope) = RowScope::new(world, id) else {
        return Vec::new();
    };
    let mut conjuncts = Vec::new();
    for snippet in &spec.filter {
        if let Some(condition) = scope.condition(snippet, ctx, diags) {
            super::rows::split(condition, &mut conjuncts);
        }
    }
    conjuncts
}

fn shift(col: &Col) -> Col {
    Col {
        slot: col.slot + 1,
        name: col.name.clone(),
    }
}

fn shift_time(time: &TimeColumn) -> TimeColumn {
    TimeColumn {
        col: shift(&time.col),
        ty: time.ty.clone(),
    }
}

fn shift_expr(expr: &RowExpr) -> RowExpr {
    expr.substitute(&mut |col, ty, at| Expr::new(ExprKind::Column(shift(col)), ty.clone(), at))
}

/// The zone in which datetimes are read: the one that is written, or the project's.
pub(super) fn zone(written: Option<&Spanned<String>>, ctx: &Context) -> TimeZone {
    written
        // An unknown zone has been reported where it was read.
        .and_then(|zone| TimeZoneDatabase::bundled().get(zone).ok())
        .unwrap_or_else(|| ctx.time_zone.clone())
}
