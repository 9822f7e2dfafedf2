//! Traits: resolved in the order in which they refer to each other, and put in where they are named.

use super::measure;
use super::order;
use super::scope::{EntityScope, size};
use super::segments::entity_of;
use super::tables::Found;
use super::typing::{self, Context};
use super::world::{TraitState, World};
use super::written;
use super::{Atom, EntityExpr, EntityId, RelationId, Trait, TraitId};
use crate::diag::codes::model::{CYCLE, DEFAULT_VALUE, DUPLICATE, RESERVED, UNTYPED};
use crate::diag::{Diagnostic, Diagnostics};
use crate::expr::{ExprKind, Type};
use crate::snippet::{self, Ast};
use crate::source::Span;
use crate::spec::{Spec, TraitSpec, TraitValue};
use std::collections::HashMap;

/// Columns of `<entity>_traits` that are not traits.
const TAKEN: &[&str] = &["entity_key", "as_of", "run_id"];

/// A trait on its way.
struct Draft<'a> {
    spec: &'a TraitSpec,
    entity: EntityId,
    sql: Option<Ast>,
    default: Option<Ast>,
    /// Something did not parse.
    broken: bool,
}

/// What a trait refers to, for its definition's hash.
#[derive(Debug)]
pub(super) struct TraitUses {
    pub(super) canonical: String,
    pub(super) traits: Vec<TraitId>,
    pub(super) relations: Vec<RelationId>,
}

/// Resolves all traits into `world`. The result runs parallel to `world.traits`.
pub(super) fn resolve(
    spec: &Spec,
    world: &mut World,
    measures: &mut measure::Measures,
    ctx: &Context,
    diags: &mut Diagnostics,
) -> Vec<TraitUses> {
    world.trait_names = world.entities.iter().map(|_| HashMap::new()).collect();
    let drafts = drafts(spec, world, diags);
    let refers = references(&drafts);
    let (sorted, cycles) = order::sort(&refers);
    for cycle in cycles {
        let names: Vec<&str> = cycle
            .iter()
            .filter_map(|(i, _)| drafts.get(*i))
            .map(|d| d.spec.item.name.value.as_str())
            .collect();
        diags.push(order::diagnostic(&CYCLE, "traits", &names, &cycle));
    }
    let mut uses = Vec::with_capacity(drafts.len());
    for draft in sorted.into_iter().filter_map(|i| drafts.get(i)) {
        let mut scope = EntityScope::new(world, draft.entity, measures);
        let before = diags.len();
        let value = value(draft, &mut scope, ctx, diags);
        diags.in_copy(before, draft.spec.item.copy.as_ref());
        let Some(value) = value else {
            continue;
        };
        let named = std::mem::take(&mut scope.traits);
        let item = &draft.spec.item;
        let id = TraitId(u32::try_from(world.traits.len()).unwrap_or(u32::MAX));
        if let Some(names) = world.trait_names.get_mut(draft.entity.index()) {
            let size = size(&value);
            names.insert(item.name.value.clone(), TraitState::Ready { id, size });
        }
        uses.push(TraitUses {
            canonical: item.canonical.clone(),
            traits: named,
            relations: relations_of(&value, measures),
        });
        world.traits.push(Trait {
            name: item.name.value.clone(),
            entity: draft.entity,
            value,
            description: item.description.as_ref().map(|d| d.value.clone()),
            owner: item.owner.as_ref().map(|o| o.value.clone()),
            tags: item.tags.iter().map(|t| t.value.clone()).collect(),
            definition_hash: String::new(),
            span: item.span,
        });
    }
    uses
}

fn relations_of(value: &EntityExpr, measures: &measure::Measures) -> Vec<RelationId> {
    let mut found = Vec::new();
    value.each_column(&mut |atom| match atom {
        Atom::Measure(id) => {
            if let Some(measure) = measures.get(*id)
                && !found.contains(&measure.relation)
            {
                found.push(measure.relation);
            }
        }
        Atom::Column(_) => {}
    });
    found
}

/// Finds each trait's entity and parses its expressions.
fn drafts<'a>(spec: &'a Spec, world: &mut World, diags: &mut Diagnostics) -> Vec<Draft<'a>> {
    let mut drafts = Vec::with_capacity(spec.traits.len());
    for spec in &spec.traits {
        let name = &spec.item.name;
        let Some(entity) = entity_of(spec.entity.as_ref(), name.span, world, diags) else {
            continue;
        };
        check_name(spec, entity, world, diags);
        if let Some(names) = world.trait_names.get_mut(entity.index()) {
            names.insert(name.value.clone(), TraitState::Failed);
        }
        let before = diags.len();
        let mut broken = false;
        let mut parse = |snippet| {
            let ast = snippet::parse(snippet, diags);
            broken |= ast.is_none();
            ast
        };
        let sql = match &spec.value {
            TraitValue::Sql(snippet) => parse(snippet),
            TraitValue::Aggregate(_) => None,
        };
        let default = spec.default.as_ref().and_then(&mut parse);
        diags.in_copy(before, spec.item.copy.as_ref());
        drafts.push(Draft {
            spec,
            entity,
            sql,
            default,
            broken,
        });
    }
    drafts
}

fn check_name(spec: &TraitSpec, entity: EntityId, world: &World, diags: &mut Diagnostics) {
    let name = &spec.item.name;
    let Some(info) = world.entity(entity) else {
        return;
    };
    if TAKEN.contains(&name.value.as_str()) {
        diags.push(
            Diagnostic::error(
                &RESERVED,
                format!("a trait cannot be called `{}`", name.value),
            )
            .at(name.span, "the published table has a column of this name")
            .help("choose another name"),
        );
    }
    let slots = &info.entity.frame.slots;
    let column = slots
        .first()
        .is_some_and(|slot| matches!(world.tables.find(slot.table, name), Found::Column(_)));
    let what = if column {
        "a column"
    } else if slots.iter().any(|slot| slot.name == name.value) {
        "the entity or a lookup"
    } else if info.relation_names.contains(&name.value) {
        "a relation"
    } else {
        return;
    };
    diags.push(
        Diagnostic::error(
            &DUPLICATE,
            format!(
                "`{}` is {what} of `{}` already",
                name.value, info.entity.name
            ),
        )
        .at(name.span, "a trait of the same name")
        .help("rename the trait"),
    );
}

/// Which other traits each trait names, and where.
fn references(drafts: &[Draft<'_>]) -> Vec<Vec<(usize, Span)>> {
    let index: HashMap<(EntityId, &str), usize> = drafts
        .iter()
        .enumerate()
        .map(|(i, d)| ((d.entity, d.spec.item.name.value.as_str()), i))
        .collect();
    drafts
        .iter()
        .map(|draft| {
            let mut found: Vec<(usize, Span)> = Vec::new();
            for ast in draft.sql.iter().chain(&draft.default) {
                super::names::each_outside_aggregates(ast, &mut |path, span| {
                    if let [only] = path
                        && let Some(i) = index.get(&(draft.entity, only.value.as_str()))
                        && !found.iter().any(|(known, _)| known == i)
                    {
                        found.push((*i, span));
                    }
                });
            }
            found
        })
        .collect()
}

fn value(
    draft: &Draft<'_>,
    scope: &mut EntityScope<'_>,
    ctx: &Context,
    diags: &mut Diagnostics,
) -> Option<EntityExpr> {
    let value = match (&draft.spec.value, &draft.sql) {
        (TraitValue::Aggregate(spec), _) => {
            written::from_yaml(scope.world, scope.entity, scope.measures, spec, ctx, diags)
        }
        (TraitValue::Sql(_), Some(ast)) => typing::check(ast, scope, ctx, diags),
        (TraitValue::Sql(_), None) => None,
    }?;
    let value = match &draft.default {
        None => value,
        Some(default) => {
            let constant = typing::check(default, scope, ctx, diags)?;
            if !matches!(constant.kind, ExprKind::Literal(_)) {
                diags.push(
                    Diagnostic::error(&DEFAULT_VALUE, "a default must be a constant")
                        .at(default.span, "this depends on the entity")
                        .help("write a literal; for another column use `sql: coalesce(…)` in a second trait"),
                );
                return None;
            }
            measure::coalesce(default.clone(), &value, scope, ctx, diags)?
        }
    };
    if draft.broken {
        return None;
    }
    if value.ty == Type::Null {
        diags.push(
            Diagnostic::error(
                &UNTYPED,
                format!(
                    "trait `{}` is NULL for everybody",
                    draft.spec.item.name.value
                ),
            )
            .at(value.at.0, "this has no type")
            .help("give it one: `cast(null as string)`"),
        );
        return None;
    }
    Some(value)
}
