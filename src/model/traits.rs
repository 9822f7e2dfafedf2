//! Traits: each is resolved once what it refers to is (`items` sees to that), and put in where it is named.

use super::native;
use super::predicate::Conditions;
use super::references::{self, SegmentNames};
use super::scope::{EntityScope, size};
use super::segments::entity_of;
use super::tables::Found;
use super::typing::{self, Context};
use super::world::{TraitState, World};
use super::{EntityExpr, EntityId, RelationId, SegmentId, Trait, TraitId};
use super::{measure, population, written};
use crate::diag::codes::expr::UNKNOWN_COLUMN;
use crate::diag::codes::model::{DEFAULT_VALUE, DUPLICATE, RESERVED, UNTYPED};
use crate::diag::{Diagnostic, Diagnostics};
use crate::expr::{ExprKind, Type};
use crate::snippet::{self, Ast};
use crate::source::Span;
use crate::spec::{Name, Spec, TraitSpec, TraitValue};
use std::collections::HashMap;

/// Columns of `<entity>_traits` that are not traits.
const TAKEN: &[&str] = &["entity_key", "as_of", "run_id"];

/// A trait on its way.
pub(super) struct Draft<'a> {
    pub(super) spec: &'a TraitSpec,
    pub(super) entity: EntityId,
    sql: Option<Ast>,
    native: Option<native::Parsed>,
    default: Option<Ast>,
    /// Something did not parse.
    broken: bool,
}

/// What a trait refers to, for its definition's hash.
#[derive(Debug)]
pub(super) struct TraitUses {
    pub(super) canonical: String,
    pub(super) traits: Vec<TraitId>,
    pub(super) references: Vec<SegmentId>,
    pub(super) relations: Vec<RelationId>,
}

/// Resolves one trait into `world`, with what its definition is made of; none if it is wrong.
pub(super) fn resolve(
    draft: &Draft<'_>,
    world: &mut World,
    measures: &mut measure::Measures,
    names: &SegmentNames,
    ctx: &Context,
    diags: &mut Diagnostics,
) -> Option<TraitUses> {
    let mut conditions = Conditions {
        scope: EntityScope::new(world, draft.entity, measures),
        ctx,
        names,
        references: Vec::new(),
    };
    let before = diags.len();
    let value = value(draft, &mut conditions, diags);
    diags.in_copy(before, draft.spec.item.copy.as_ref());
    let value = value?;
    let traits = std::mem::take(&mut conditions.scope.traits);
    let references = std::mem::take(&mut conditions.references);
    let item = &draft.spec.item;
    let id = TraitId(u32::try_from(world.traits.len()).unwrap_or(u32::MAX));
    if let Some(names) = world.trait_names.get_mut(draft.entity.index()) {
        let size = size(&value);
        names.insert(item.name.value.clone(), TraitState::Ready { id, size });
    }
    let uses = TraitUses {
        canonical: item.canonical.clone(),
        traits,
        references,
        relations: measures.relations_of(&value),
    };
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
    Some(uses)
}

/// Finds each trait's entity and parses its expressions.
pub(super) fn drafts<'a>(
    spec: &'a Spec,
    world: &mut World,
    diags: &mut Diagnostics,
) -> Vec<Draft<'a>> {
    world.trait_names = world.entities.iter().map(|_| HashMap::new()).collect();
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
            TraitValue::Aggregate(_) | TraitValue::Population(_) | TraitValue::Native(_) => None,
        };
        let default = spec.default.as_ref().and_then(&mut parse);
        let native = match &spec.value {
            TraitValue::Native(native) => {
                let parsed = native::parse(native, false, world, diags);
                broken |= parsed.is_none();
                parsed
            }
            TraitValue::Aggregate(_) | TraitValue::Sql(_) | TraitValue::Population(_) => None,
        };
        diags.in_copy(before, spec.item.copy.as_ref());
        drafts.push(Draft {
            spec,
            entity,
            sql,
            native,
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

impl Draft<'_> {
    /// Calls `f` with every name that may be another trait's.
    pub(super) fn each_name(&self, f: &mut dyn FnMut(&[Name], Span)) {
        for ast in self.sql.iter().chain(&self.default) {
            super::names::each_outside_aggregates(ast, &mut |path, span| f(path, span));
        }
        let natives = self.native.iter().flat_map(|n| &n.texts);
        for path in natives.flat_map(|(_, native)| &native.names) {
            if let Some(first) = path.first() {
                f(path, first.span);
            }
        }
        match &self.spec.value {
            TraitValue::Population(of) => references::each_name_compared(of, f),
            TraitValue::Aggregate(_) | TraitValue::Sql(_) | TraitValue::Native(_) => {}
        }
    }

    /// Calls `f` with every segment that it names.
    pub(super) fn each_reference(&self, f: &mut dyn FnMut(&Name)) {
        match &self.spec.value {
            TraitValue::Population(of) => of
                .among
                .iter()
                .for_each(|c| references::each_reference(c, &mut |name| f(name))),
            TraitValue::Aggregate(_) | TraitValue::Sql(_) | TraitValue::Native(_) => {}
        }
    }
}

fn value(
    draft: &Draft<'_>,
    conditions: &mut Conditions<'_>,
    diags: &mut Diagnostics,
) -> Option<EntityExpr> {
    let ctx = conditions.ctx;
    if let TraitValue::Population(spec) = &draft.spec.value {
        let value = population::resolve(spec, conditions, diags)?;
        return with_default(draft, value, &mut conditions.scope, ctx, diags);
    }
    let scope = &mut conditions.scope;
    let value = match (&draft.spec.value, &draft.sql) {
        (TraitValue::Aggregate(spec), _) => {
            written::from_yaml(scope.world, scope.entity, scope.measures, spec, ctx, diags)
        }
        (TraitValue::Sql(_), Some(ast)) => typing::check(ast, scope, ctx, diags),
        (TraitValue::Sql(_), None) | (TraitValue::Population(_), _) => None,
        (TraitValue::Native(_), _) => native::resolve(draft.native.as_ref()?, scope, diags),
    }?;
    with_default(draft, value, scope, ctx, diags)
}

/// How a text is written where YAML takes away the outer quotes.
const INNER: &str = "a text needs quotes inside of YAML's: `default: \"'none'\"`";

fn with_default(
    draft: &Draft<'_>,
    value: EntityExpr,
    scope: &mut EntityScope<'_>,
    ctx: &Context,
    diags: &mut Diagnostics,
) -> Option<EntityExpr> {
    let value = match &draft.default {
        None => value,
        Some(default) => {
            let mut found = Diagnostics::default();
            let constant = typing::check(default, scope, ctx, &mut found);
            for diagnostic in found.iter().cloned() {
                // No column will do here.
                let unknown = diagnostic.code.id == UNKNOWN_COLUMN.id;
                diags.push(if unknown {
                    diagnostic.help(INNER)
                } else {
                    diagnostic
                });
            }
            let constant = constant?;
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
