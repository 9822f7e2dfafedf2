//! The two ways to write an aggregate: `sum: orders.total, where: …` in YAML and `sum(orders.total) filter (where …)` in
//! SQL. Both find the relation, check value and filter in its row, and end in `measure::build`.

use super::aggregate::{self, Shape};
use super::measure::{Measures, Request, build};
use super::rows::{row_set, rows};
use super::scope::RowScope;
use super::typing::{self, AggregateCall, Context, Scope};
use super::world::World;
use super::{EntityExpr, EntityId, RelationId, Window};
use crate::diag::codes::model::{AGGREGATE_ARGUMENT, AGGREGATE_RELATION};
use crate::diag::{Diagnostic, Diagnostics};
use crate::snippet::{self, Ast, AstKind};
use crate::source::Spanned;
use crate::spec::AggregateSpec;

/// `sum: orders.total, where: …, within: …`
pub(super) fn from_yaml(
    world: &World,
    entity: EntityId,
    measures: &mut Measures,
    spec: &AggregateSpec,
    ctx: &Context,
    diags: &mut Diagnostics,
) -> Option<EntityExpr> {
    let (relation_name, path) = spec.target.split_first()?;
    let relation = world.require_relation(entity, relation_name, diags)?;
    let rows = rows(world, relation, &spec.rows, ctx, diags);
    let mut scope = RowScope::new(world, relation)?;
    let span = spec
        .target
        .last()
        .map_or(relation_name.span, |last| relation_name.span.to(last.span));
    let arg = match (&spec.of, path) {
        (Some(of), []) => {
            let ast = snippet::parse(of, diags)?;
            Some(typing::check(&ast, &mut scope, ctx, diags)?)
        }
        (Some(of), [extra, ..]) => {
            diags.push(
                Diagnostic::error(
                    &AGGREGATE_ARGUMENT,
                    format!("`of:` and `{}` both say what to aggregate", extra.value),
                )
                .at(of.text.span, "one of the two is too many")
                .at(span, "the other")
                .help(format!(
                    "write `{}` with `of:`, or the column without it",
                    relation_name.value
                )),
            );
            return None;
        }
        (None, []) => None,
        (None, path) => Some(scope.name(path, span, diags)?),
    };
    build(
        world,
        measures,
        &Request {
            function: spec.function,
            arg,
            rows: rows?,
            span,
        },
        ctx,
        diags,
    )
}

/// `sum(orders.total) filter (where …)` in an expression on the entity.
pub(super) fn call(
    world: &World,
    entity: EntityId,
    measures: &mut Measures,
    call: &AggregateCall<'_>,
    ctx: &Context,
    diags: &mut Diagnostics,
) -> Option<EntityExpr> {
    let function = call.function.value;
    let word = function.name();
    let [arg] = call.args else {
        let message = if call.star {
            format!("`{word}(*)` does not say of what")
        } else {
            format!("`{word}` takes one argument, not {}", call.args.len())
        };
        diags.push(
            Diagnostic::error(&AGGREGATE_ARGUMENT, message)
                .at(call.span, "expected a relation, or a column of one")
                .help(match aggregate::shape(function) {
                    Shape::Rows => format!("name the relation: `{word}(orders)`"),
                    Shape::Value => {
                        format!("name the relation and the column: `{word}(orders.total)`")
                    }
                }),
        );
        return None;
    };
    let relation = relation_of(world, entity, arg, call, diags)?;
    let mut scope = RowScope::new(world, relation)?;
    let whole = matches!(&arg.kind, AstKind::Name(path) if path.len() == 1);
    let value = if whole {
        Some(None)
    } else {
        typing::check(arg, &mut scope, ctx, diags).map(Some)
    };
    let filter = match call.filter {
        None => Some(Vec::new()),
        Some(filter) => typing::check(filter, &mut scope, ctx, diags)
            .and_then(|f| typing::condition(f, diags))
            .map(|f| vec![f]),
    };
    let rows = row_set(world, relation, filter?, &Window::default())?;
    build(
        world,
        measures,
        &Request {
            function: call.function,
            arg: value?,
            rows,
            span: call.span,
        },
        ctx,
        diags,
    )
}

/// The relation that an aggregate's argument speaks of: the one its names begin with; of a child and its parents, the child.
fn relation_of(
    world: &World,
    entity: EntityId,
    arg: &Ast,
    call: &AggregateCall<'_>,
    diags: &mut Diagnostics,
) -> Option<RelationId> {
    let info = world.entity(entity)?;
    if let AstKind::Name(path) = &arg.kind
        && let Some((first, rest)) = path.split_first()
        && !info.relation_names.contains(&first.value)
        && (!rest.is_empty() || aggregate::shape(call.function.value) == Shape::Rows)
        && world
            .entity_name(entity, path, arg.span, &mut Diagnostics::default())
            .is_none()
    {
        return world.require_relation(entity, first, diags);
    }
    let mut found: Vec<(&Spanned<String>, RelationId)> = Vec::new();
    let mut unresolved = false;
    super::names::each(arg, &mut |path, _| {
        let Some(first) = path.first() else { return };
        if found.iter().any(|(name, _)| name.value == first.value) {
            return;
        }
        match info.relations.get(&first.value) {
            Some(id) => found.push((first, *id)),
            None => unresolved |= info.relation_names.contains(&first.value),
        }
    });
    let covers = |id: &RelationId| {
        world.relation(*id).is_some_and(|r| {
            found
                .iter()
                .all(|(name, _)| r.relation.frame.slots.iter().any(|s| s.name == name.value))
        })
    };
    if let Some((_, id)) = found.iter().find(|(_, id)| covers(id)) {
        return Some(*id);
    }
    if unresolved {
        return None;
    }
    let word = call.function.value.name();
    let diagnostic = match found.as_slice() {
        [(first, _), (second, _), ..] => Diagnostic::error(
            &AGGREGATE_RELATION,
            format!(
                "`{word}` speaks of two relations, `{}` and `{}`",
                first.value, second.value
            ),
        )
        .at(second.span, "neither is a parent of the other")
        .at(first.span, "the first")
        .help("aggregate each by itself and combine the results"),
        [] | [_] => Diagnostic::error(
            &AGGREGATE_RELATION,
            format!("`{word}` does not say over which relation"),
        )
        .at(arg.span, "no relation is named here")
        .help(match info.relation_names.first() {
            Some(name) => format!("put the relation before the column, as `{word}({name}.…)`"),
            None => "declare a relation under the entity's `relations:`".to_owned(),
        }),
    };
    diags.push(diagnostic);
    None
}
