//! SQL of a warehouse's own: what its names mean, and that no target is without it.

use super::lineage::each_leaf;
use super::scope::EntityScope;
use super::tables::some_of;
use super::typing::{self, Scope};
use super::world::World;
use super::{EntityExpr, Model, TableSource};
use crate::diag::codes::expr::UNKNOWN_TYPE;
use crate::diag::codes::shapes::{NATIVE_TARGETS, NATIVE_TYPE};
use crate::diag::{Diagnostic, Diagnostics, nearest};
use crate::expr::{Expr, Func, Literal, NATIVE_NAME, Type};
use crate::snippet::{self, Native};
use crate::source::{At, Span};
use crate::spec::NativeSpec;

/// The expressions of each warehouse, parsed.
#[derive(Debug)]
pub(super) struct Parsed {
    pub(super) texts: Vec<(String, Native)>,
    ty: Type,
    span: Span,
}

/// Parses the expressions; a condition says no type.
pub(super) fn parse(
    spec: &NativeSpec,
    condition: bool,
    world: &World,
    diags: &mut Diagnostics,
) -> Option<Parsed> {
    let mut whole = targets(spec, world, diags);
    let ty = ty(spec, condition, diags);
    let mut texts = Vec::new();
    for (warehouse, text) in &spec.texts {
        if !snippet::knows_warehouse(warehouse) {
            continue;
        }
        match snippet::parse_native(text, warehouse, diags) {
            Some(native) => texts.push((warehouse.value.clone(), native)),
            None => whole = false,
        }
    }
    let ty = ty?;
    (whole && !texts.is_empty()).then_some(Parsed {
        texts,
        ty,
        span: spec.span,
    })
}

/// Every kind of target has its text, and every text is some warehouse's.
fn targets(spec: &NativeSpec, world: &World, diags: &mut Diagnostics) -> bool {
    let mut whole = true;
    let known = || world.warehouses.iter().map(String::as_str);
    for (name, _) in &spec.texts {
        if !snippet::knows_warehouse(name) {
            diags.push(
                Diagnostic::error(&NATIVE_TARGETS, format!("`{}` is no warehouse", name.value))
                    .at(
                        name.span,
                        format!(
                            "the project's targets are of the kinds: {}",
                            some_of(known(), 12)
                        ),
                    )
                    .help("name a kind of target: `duckdb`, `bigquery`, `snowflake`")
                    .suggest(nearest(name, ["duckdb", "bigquery", "snowflake"])),
            );
            whole = false;
        }
    }
    let missing: Vec<&str> = known()
        .filter(|kind| !spec.texts.iter().any(|(name, _)| name.value == *kind))
        .collect();
    if let Some(first) = missing.first() {
        diags.push(
            Diagnostic::error(
                &NATIVE_TARGETS,
                format!("there is no SQL for `{}`", missing.join("`, `")),
            )
            .at(spec.span, "a target of segc.yml is of that kind")
            .help(format!("add `{first}: \"…\"`")),
        );
        whole = false;
    }
    whole && !spec.texts.is_empty()
}

fn ty(spec: &NativeSpec, condition: bool, diags: &mut Diagnostics) -> Option<Type> {
    let Some(written) = &spec.ty else {
        if condition {
            return Some(Type::Boolean);
        }
        diags.push(
            Diagnostic::error(&NATIVE_TYPE, "SQL of a warehouse's own needs a `type`")
                .at(spec.span, "its type cannot be seen in the text")
                .help("add `type: string`, or what it is"),
        );
        return None;
    };
    let Some(ty) = typing::parse_type(written) else {
        diags.push(
            Diagnostic::error(&UNKNOWN_TYPE, format!("unknown type `{}`", written.value))
                .at(written.span, "no type")
                .help(typing::type_hint(written)),
        );
        return None;
    };
    if condition && ty != Type::Boolean {
        diags.push(
            Diagnostic::error(&NATIVE_TYPE, format!("a condition cannot be of type {ty}"))
                .at(written.span, "expected `boolean`")
                .help("compare the value in the SQL, and leave `type` out"),
        );
        return None;
    }
    Some(ty)
}

/// The names of all texts resolved: one expression, whichever warehouse it is for.
pub(super) fn resolve(
    parsed: &Parsed,
    scope: &mut EntityScope<'_>,
    diags: &mut Diagnostics,
) -> Option<EntityExpr> {
    let at = At(parsed.span);
    scope.begin();
    let mut args: Vec<EntityExpr> = Vec::new();
    let mut texts = Vec::new();
    let mut whole = true;
    for (warehouse, native) in &parsed.texts {
        let mut text = String::new();
        let mut names = native.names.iter();
        for piece in &native.texts {
            text.push_str(piece);
            let Some(path) = names.next() else { continue };
            let (Some(first), Some(last)) = (path.first(), path.last()) else {
                continue;
            };
            let Some(value) = scope.name(path, first.span.to(last.span), diags) else {
                whole = false;
                continue;
            };
            let known = args.iter().position(|a| *a == value);
            let n = known.unwrap_or(args.len());
            if known.is_none() {
                args.push(value);
            }
            text.push_str(&format!("{NATIVE_NAME}{n}{NATIVE_NAME}"));
        }
        texts.push(Literal::String(warehouse.clone()));
        texts.push(Literal::String(text));
    }
    let ty = Type::Array(Box::new(Type::String));
    args.insert(0, Expr::literal(Literal::Array(texts), ty, at));
    whole.then(|| Expr::call(Func::Native, args, parsed.ty.clone(), at))
}

/// Whether SQL is asked as people wrote it: a source that is a query, or an expression of one warehouse.
#[must_use]
pub fn is_asked(model: &Model) -> bool {
    let mut found = (model.tables.iter()).any(|t| matches!(t.source, TableSource::Query(_)));
    let mut value = |value: &EntityExpr| found |= value.calls(Func::Native);
    for population in &model.populations {
        population.each_value(&mut value);
    }
    model.traits.iter().for_each(|t| value(&t.value));
    let segments = model.segments.iter().map(|s| &s.predicate);
    let cases = model.groups.iter().flat_map(|g| &g.cases);
    let entities = model.entities.iter().flat_map(|e| {
        let channels = e.channels.iter().map(|c| &c.predicate);
        e.suppress.iter().chain(&e.holdout).chain(channels)
    });
    for predicate in segments.chain(cases.map(|(_, p)| p)).chain(entities) {
        each_leaf(predicate, &mut value);
    }
    found
}
