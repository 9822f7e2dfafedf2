//! Relations that no `relations:` declares: the keys of a list, the keys of a suppression source, the stays that earlier builds
//! have published. They are relations like others, so that planner, checks and lineage need no second way.

use super::frame::{RelationInfo, join_types, joinable};
use super::references::each_stay;
use super::segments::entity_of;
use super::typing::Context;
use super::world::World;
use super::{
    Col, EntityId, Frame, Relation, RelationId, RelationRole, RowExpr, Slot, Suppressor, TableId,
    TimeColumn, calendar, relation, rows, scope,
};
use crate::diag::codes::expr::WINDOW;
use crate::diag::{Diagnostic, Diagnostics};
use crate::expr::{Literal, Type};
use crate::source::{Span, Spanned};
use crate::spec::{EntitySpec, Share, Spec, SuppressorSpec, TraitValue, WindowSpec};
use std::collections::BTreeSet;

/// The stays of an entity's members, by when they began and by when they ended.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stays {
    pub(super) entries: RelationId,
    pub(super) exits: RelationId,
}

/// All of them, for entities that are resolved.
pub(super) fn all(spec: &Spec, world: &mut World, ctx: &Context, diags: &mut Diagnostics) {
    for list in &spec.lists {
        let name = &list.item.name;
        let Some(entity) = entity_of(list.entity.as_ref(), name.span, world, diags) else {
            continue;
        };
        let table = world.tables.id(&list.file);
        if let Some(key) = world.entity(entity).map(|e| e.entity.key_type.clone()) {
            world.tables.give_type(table, &list.key, &key);
        }
        world.tables.is_list(table, &list.key);
        let what = Keyed {
            name: &name.value,
            words: format!("list `{}`", name.value),
            table,
            key: &list.key,
            role: RelationRole::List,
            canonical: &list.item.canonical,
            span: name.span,
        };
        let id = keyed(&what, entity, world, ctx, diags);
        world.lists.insert(name.value.clone(), (entity, id));
    }
    let with_stays = entities_with_stays(spec);
    for (i, entity) in spec.entities.iter().enumerate() {
        let id = EntityId(u32::try_from(i).unwrap_or(u32::MAX));
        let suppressors: Vec<Suppressor> = entity
            .suppressors
            .iter()
            .filter_map(|s| suppressor(s, id, world, ctx, diags))
            .collect();
        if let Some(info) = world.entities.get_mut(i) {
            info.entity.suppressors = suppressors;
        }
        if with_stays.contains(entity.item.name.value.as_str()) {
            stays(id, entity, world, ctx, diags);
        }
    }
}

/// The names of entities whose history some condition asks for.
pub(super) fn entities_with_stays(spec: &Spec) -> BTreeSet<&str> {
    let only = match spec.entities.as_slice() {
        [only] => Some(only.item.name.value.as_str()),
        _ => None,
    };
    let mut found = BTreeSet::new();
    let asks = |condition| {
        let mut any = false;
        each_stay(condition, &mut |_| any = true);
        any
    };
    for s in spec.segments.iter().filter(|s| asks(&s.condition)) {
        found.extend(s.entity.as_ref().map(|e| e.value.as_str()).or(only));
    }
    for g in &spec.groups {
        if g.cases.iter().any(|c| asks(&c.condition)) {
            found.extend(g.entity.as_ref().map(|e| e.value.as_str()).or(only));
        }
    }
    for t in &spec.traits {
        let among = match &t.value {
            TraitValue::Population(of) => of.among.as_deref(),
            TraitValue::Aggregate(_) | TraitValue::Sql(_) | TraitValue::Native(_) => None,
        };
        if among.is_some_and(asks) {
            found.extend(t.entity.as_ref().map(|e| e.value.as_str()).or(only));
        }
    }
    for e in &spec.entities {
        if e.suppress.iter().any(asks) {
            found.insert(e.item.name.value.as_str());
        }
    }
    found
}

/// A table of keys.
struct Keyed<'a> {
    name: &'a str,
    /// As in "unknown column x in …".
    words: String,
    table: TableId,
    key: &'a Spanned<String>,
    role: RelationRole,
    canonical: &'a str,
    span: Span,
}

/// A relation without time whose rows name entities by their key, which is of the very type of theirs.
fn keyed(
    what: &Keyed<'_>,
    entity: EntityId,
    world: &mut World,
    ctx: &Context,
    diags: &mut Diagnostics,
) -> Option<RelationId> {
    let column = world
        .tables
        .require(what.table, what.key, (&what.words, what.name), diags)?
        .clone();
    let info = world.entity(entity)?;
    let owner = &info.entity;
    if info.key_known && !joinable(&owner.key_type, &column.ty) {
        diags.push(join_types(
            (
                &format!("entity `{}`", owner.name),
                &owner.key,
                &owner.key_type,
            ),
            (&what.words, &column.name, &column.ty),
            what.key.span,
        ));
        return None;
    }
    let key = owner.key.clone();
    Some(push(
        Relation {
            name: what.name.to_owned(),
            entity,
            frame: one_slot(what.name, what.table),
            owner: vec![(key, own(&column.name))],
            key: Vec::new(),
            time: None,
            filter: Vec::new(),
            past: Vec::new(),
            future: false,
            role: what.role,
            span: what.span,
        },
        what.canonical,
        world,
        ctx,
    ))
}

fn own(column: &str) -> Col {
    Col {
        slot: 0,
        name: column.to_owned(),
    }
}

fn one_slot(name: &str, table: TableId) -> Frame {
    Frame {
        slots: vec![Slot {
            name: name.to_owned(),
            table,
            join: None,
        }],
    }
}

fn push(relation: Relation, canonical: &str, world: &mut World, ctx: &Context) -> RelationId {
    let id = RelationId(u32::try_from(world.relations.len()).unwrap_or(u32::MAX));
    world.relations.push(RelationInfo {
        relation,
        time_failed: false,
        inherited: 0,
        zone: ctx.time_zone.clone(),
        time_zone: ctx.time_zone.clone(),
        parent: None,
        across: None,
        canonical: canonical.to_owned(),
    });
    id
}

/// A source of keys. Rows count whatever their time: who objected after `as_of` is to be left alone, too.
fn suppressor(
    spec: &SuppressorSpec,
    entity: EntityId,
    world: &mut World,
    ctx: &Context,
    diags: &mut Diagnostics,
) -> Option<Suppressor> {
    let name = &spec.name.value;
    let table = world.tables.id(&spec.table);
    let what = Keyed {
        name,
        words: format!("suppression source `{name}`"),
        table,
        key: &spec.key,
        role: RelationRole::Suppressor,
        // Part of the entity's text.
        canonical: "",
        span: spec.name.span,
    };
    let id = keyed(&what, entity, world, ctx, diags);
    let time = spec
        .time
        .as_ref()
        .map(|t| relation::time(t, table, (&what.words, name), &world.tables, diags));
    let fresh = match (&time, &spec.fresh_within) {
        (Some(Some(time)), Some(within)) => fresh_from(time, within, ctx, diags).map(Some),
        (_, None) => Some(None),
        (_, Some(_)) => None,
    };
    let (id, fresh) = (id?, fresh?);
    let filter = filter(id, spec, world, ctx, diags)?;
    if let Some(info) = world.relations.get_mut(id.index()) {
        info.relation.filter = filter;
    }
    Some(Suppressor {
        name: name.clone(),
        relation: id,
        fresh: match (time.flatten(), fresh, &spec.fresh_within) {
            (Some(time), Some(from), Some(within)) => Some((time, from, within.span)),
            _ => None,
        },
        // An empty source is a load that failed.
        min_rows: spec.min_rows.as_ref().map_or(1, |n| n.value),
        min_rows_span: spec.min_rows.as_ref().map_or(spec.name.span, |n| n.span),
        max_shrink: (spec.max_shrink.as_ref()).map_or(Share::percent(1), |share| share.value),
        key_span: spec.key.span,
    })
}

/// The newest row must not be older.
fn fresh_from(
    time: &TimeColumn,
    within: &Spanned<crate::spec::Duration>,
    ctx: &Context,
    diags: &mut Diagnostics,
) -> Option<Literal> {
    let window = WindowSpec::Within(within.value);
    match calendar::window(&window, &time.ty, &ctx.time_zone, ctx) {
        Ok(bounds) => bounds.from,
        Err((message, hint)) => {
            diags.push(
                Diagnostic::error(&WINDOW, message)
                    .at(within.span, format!("`{}` is a {}", time.col.name, time.ty))
                    .help(hint),
            );
            None
        }
    }
}

fn filter(
    id: RelationId,
    spec: &SuppressorSpec,
    world: &World,
    ctx: &Context,
    diags: &mut Diagnostics,
) -> Option<Vec<RowExpr>> {
    let mut scope = scope::RowScope::new(world, id)?;
    let mut conjuncts = Vec::new();
    let mut whole = true;
    for snippet in &spec.filter {
        match scope.condition(snippet, ctx, diags) {
            Some(condition) => rows::split(condition, &mut conjuncts),
            None => whole = false,
        }
    }
    whole.then_some(conjuncts)
}

/// The stays of an entity's members, as earlier builds have published them. What happened at `as_of` or later has not happened.
fn stays(
    id: EntityId,
    spec: &EntitySpec,
    world: &mut World,
    ctx: &Context,
    diags: &mut Diagnostics,
) {
    let Some(table) = world.tables.history(&spec.item.name.value) else {
        return;
    };
    let Some(owner) = world.entity(id).map(|e| e.entity.clone()) else {
        return;
    };
    world.tables.give_type(table, "entity_key", &owner.key_type);
    let name = format!("{}_history", owner.name);
    let key = Spanned::new("entity_key".to_owned(), owner.key_span);
    let whose = format!("the published history of `{}`", owner.name);
    let found = world
        .tables
        .require(table, &key, (&whose, &name), diags)
        .map(|c| c.ty.clone());
    if let Some(ty) = found
        && owner.key_type != Type::Null
        && !joinable(&owner.key_type, &ty)
    {
        diags.push(join_types(
            (
                &format!("entity `{}`", owner.name),
                &owner.key,
                &owner.key_type,
            ),
            (&whose, "entity_key", &ty),
            owner.key_span,
        ));
        return;
    }
    let mut of = |name: String, time: &str| {
        let time = TimeColumn {
            col: own(time),
            ty: Type::Timestamp,
        };
        let relation = Relation {
            frame: one_slot(&name, table),
            name,
            entity: id,
            owner: vec![(owner.key.clone(), own("entity_key"))],
            key: Vec::new(),
            past: vec![(time.clone(), Literal::Timestamp(ctx.as_of))],
            future: false,
            time: Some(time),
            filter: Vec::new(),
            role: RelationRole::Stays,
            span: owner.span,
        };
        push(relation, "", world, ctx)
    };
    let stays = Stays {
        entries: of(name.clone(), "valid_from"),
        exits: of(name, "valid_to"),
    };
    world.stays.insert(id, stays);
}
