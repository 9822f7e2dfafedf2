//! Measures: aggregates as written, in YAML or in SQL, become content-addressed [`Measure`]s.
//!
//! Both forms end in [`build`], so the same question is the same measure however it was written. Bounds on the relation's
//! time inside a filter become part of the window. What a measure is on no rows is the planner's: see [`Measure`].

use super::aggregate::{self, Shape};
use super::calendar;
use super::scope::{EntityScope, RowScope, World, require_boolean};
use super::typing::{self, AggregateCall, Context, Scope};
use super::{
    Atom, EntityExpr, EntityId, Measure, MeasureId, RelationId, RowExpr, TimeColumn, Window,
};
use crate::diag::codes::expr::WINDOW;
use crate::diag::codes::model::{AGGREGATE_ARGUMENT, AGGREGATE_RELATION, NO_TIME};
use crate::diag::{Diagnostic, Diagnostics};
use crate::expr::{Agg, Expr, ExprKind, Func, Literal, Type, Unit};
use crate::snippet::{self, Ast, AstKind};
use crate::source::{At, Span, Spanned};
use crate::spec::{AggFunction, AggregateSpec, Rows, WindowSpec};
use std::collections::HashMap;

/// All measures of a project, each once.
#[derive(Debug, Default)]
pub(super) struct Measures {
    list: Vec<Measure>,
    ids: HashMap<Measure, MeasureId>,
}

impl Measures {
    pub(super) fn get(&self, id: MeasureId) -> Option<&Measure> {
        self.list.get(id.index())
    }

    pub(super) fn into_list(self) -> Vec<Measure> {
        self.list
    }

    /// The expression that stands for a measure.
    fn intern(&mut self, measure: Measure, span: Span) -> EntityExpr {
        let ty = measure.ty.clone();
        let next = MeasureId(u32::try_from(self.list.len()).unwrap_or(u32::MAX));
        let id = match self.ids.get(&measure) {
            Some(id) => *id,
            None => {
                self.ids.insert(measure.clone(), next);
                self.list.push(measure);
                next
            }
        };
        Expr::new(ExprKind::Column(Atom::Measure(id)), ty, At(span))
    }
}

/// Which rows of a relation, resolved.
#[derive(Clone, Debug)]
pub(super) struct RowSet {
    pub(super) relation: RelationId,
    filter: Vec<RowExpr>,
    window: Window,
}

/// `where` and window of a condition or an aggregate. All of it is checked before anything is given up.
pub(super) fn rows(
    world: &World,
    relation: RelationId,
    rows: &Rows,
    ctx: &Context,
    diags: &mut Diagnostics,
) -> Option<RowSet> {
    let mut scope = RowScope::new(world, relation)?;
    let mut filter = Vec::new();
    let mut good = true;
    for snippet in &rows.filter {
        match scope.condition(snippet, ctx, diags) {
            Some(condition) => filter.push(condition),
            None => good = false,
        }
    }
    let window = match &rows.window {
        None => Some(Window::default()),
        Some(window) => self::window(world, relation, window, ctx, diags),
    };
    good.then_some(())?;
    row_set(world, relation, filter, &window?, ctx)
}

/// The bounds of a window on a relation's time.
pub(super) fn window(
    world: &World,
    relation: RelationId,
    window: &Spanned<WindowSpec>,
    ctx: &Context,
    diags: &mut Diagnostics,
) -> Option<Window> {
    let info = world.relation(relation)?;
    let time = require_time(world, relation, "a window", window.span, diags)?;
    match calendar::window(&window.value, &time.ty, &info.time_zone, ctx) {
        Ok(bounds) => Some(bounds),
        Err((message, hint)) => {
            diags.push(
                Diagnostic::error(&WINDOW, message)
                    .at(
                        window.span,
                        format!("the time of `{}` is a {}", info.relation.name, time.ty),
                    )
                    .help(hint),
            );
            None
        }
    }
}

/// The relation's time; S0314 where it has none.
pub(super) fn require_time<'a>(
    world: &'a World,
    relation: RelationId,
    what: &str,
    span: Span,
    diags: &mut Diagnostics,
) -> Option<&'a TimeColumn> {
    let info = world.relation(relation)?;
    if info.relation.time.is_none() && !info.time_failed {
        diags.push(
            Diagnostic::error(
                &NO_TIME,
                format!(
                    "{what} needs a time, and relation `{}` has none",
                    info.relation.name
                ),
            )
            .at(
                span,
                format!("`{}` declares no `time:`", info.relation.name),
            )
            .at(info.relation.span, "the relation")
            .help("declare `time:` on the relation, a column of type date, timestamp or datetime"),
        );
    }
    info.relation.time.as_ref()
}

/// Splits at AND; what is always true is dropped.
pub(super) fn split(expr: RowExpr, into: &mut Vec<RowExpr>) {
    match expr.kind {
        ExprKind::Call(Func::And, args) => args.into_iter().for_each(|a| split(a, into)),
        ExprKind::Literal(Literal::Boolean(true)) => {}
        ExprKind::Literal(_)
        | ExprKind::Column(_)
        | ExprKind::Call(..)
        | ExprKind::Case { .. }
        | ExprKind::Cast { .. } => into.push(expr),
    }
}

/// Brings a filter and a window into their one form: conjuncts apart, bounds on the time moved to the window, the rest sorted
/// and without repetitions, and nothing at or after `as_of`.
fn row_set(
    world: &World,
    relation: RelationId,
    filter: Vec<RowExpr>,
    window: &Window,
    ctx: &Context,
) -> Option<RowSet> {
    let info = world.relation(relation)?;
    let mut conjuncts = Vec::new();
    for expr in filter {
        split(expr, &mut conjuncts);
    }
    let mut bounds = window.clone();
    if let Some(time) = &info.relation.time {
        bounds.until = earlier(
            bounds.until,
            Some(calendar::as_of_bound(&time.ty, &info.time_zone, ctx)),
        );
        conjuncts.retain(|conjunct| match super::bounds::of(conjunct, time) {
            Some(found) => {
                bounds.from = later(bounds.from.take(), found.from);
                bounds.until = earlier(bounds.until.take(), found.until);
                false
            }
            None => true,
        });
    }
    conjuncts.retain(|c| !info.relation.filter.contains(c));
    if conjuncts.len() > 1 {
        conjuncts.sort_by_cached_key(|c| format!("{c:?}"));
        conjuncts.dedup();
    }
    Some(RowSet {
        relation,
        filter: conjuncts,
        window: bounds,
    })
}

fn later(a: Option<Literal>, b: Option<Literal>) -> Option<Literal> {
    super::bounds::pick(a, b, std::cmp::Ordering::Greater)
}

fn earlier(a: Option<Literal>, b: Option<Literal>) -> Option<Literal> {
    super::bounds::pick(a, b, std::cmp::Ordering::Less)
}

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
    let word = aggregate::word(function);
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
            .and_then(|f| require_boolean(f, diags))
            .map(|f| vec![f]),
    };
    let rows = row_set(world, relation, filter?, &Window::default(), ctx)?;
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
    let word = aggregate::word(call.function.value);
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

/// An aggregate with everything it needs.
pub(super) struct Request {
    pub(super) function: Spanned<AggFunction>,
    pub(super) arg: Option<RowExpr>,
    pub(super) rows: RowSet,
    pub(super) span: Span,
}

/// Types an aggregate and takes the sugar off it.
pub(super) fn build(
    world: &World,
    measures: &mut Measures,
    request: &Request,
    ctx: &Context,
    diags: &mut Diagnostics,
) -> Option<EntityExpr> {
    let function = request.function.value;
    let info = world.relation(request.rows.relation)?;
    let word = aggregate::word(function);
    let needs_time = match function {
        AggFunction::First | AggFunction::Last => true,
        AggFunction::DaysSinceFirst | AggFunction::DaysSinceLast | AggFunction::AvgDaysBetween => {
            request.arg.is_none()
        }
        AggFunction::Count
        | AggFunction::CountDistinct
        | AggFunction::Sum
        | AggFunction::Avg
        | AggFunction::Min
        | AggFunction::Max
        | AggFunction::Median
        | AggFunction::Stddev
        | AggFunction::MostFrequent
        | AggFunction::LeastFrequent
        | AggFunction::Exists
        | AggFunction::ListDistinct => false,
    };
    if needs_time {
        require_time(
            world,
            request.rows.relation,
            &format!("`{word}`"),
            request.function.span,
            diags,
        )?;
    }
    let arg = match (&request.arg, &info.relation.time) {
        (Some(arg), _) => Some(arg.clone()),
        (None, Some(time)) if needs_time && aggregate::shape(function) == Shape::Rows => {
            Some(Expr::new(
                ExprKind::Column(time.col.clone()),
                time.ty.clone(),
                At(request.span),
            ))
        }
        (None, _) => None,
    };
    let ty = aggregate::check(function, arg.as_ref(), world, request, diags)?;
    let measure = |agg, arg, ty| Measure {
        relation: request.rows.relation,
        agg,
        arg,
        filter: request.rows.filter.clone(),
        window: request.rows.window.clone(),
        ty,
    };
    let simple = |measures: &mut Measures, agg| {
        Some(measures.intern(measure(agg, arg.clone(), ty.clone()), request.span))
    };
    let arg_type = arg.as_ref().map_or(Type::Null, |a| a.ty.clone());
    match function {
        AggFunction::Count => simple(measures, Agg::Count),
        AggFunction::CountDistinct => simple(measures, Agg::CountDistinct),
        AggFunction::Sum => simple(measures, Agg::Sum),
        AggFunction::Avg => simple(measures, Agg::Avg),
        AggFunction::Min => simple(measures, Agg::Min),
        AggFunction::Max => simple(measures, Agg::Max),
        AggFunction::Median => simple(measures, Agg::Median),
        AggFunction::Stddev => simple(measures, Agg::Stddev),
        AggFunction::First => simple(measures, Agg::First),
        AggFunction::Last => simple(measures, Agg::Last),
        AggFunction::MostFrequent => simple(measures, Agg::MostFrequent),
        AggFunction::LeastFrequent => simple(measures, Agg::LeastFrequent),
        AggFunction::ListDistinct => simple(measures, Agg::ListDistinct),
        AggFunction::Exists => Some(exists(measures, &request.rows, arg, request.span)),
        AggFunction::DaysSinceFirst => {
            let when = measures.intern(measure(Agg::Min, arg, arg_type), request.span);
            days_since(world, measures, info.relation.entity, &when, ctx, diags)
        }
        AggFunction::DaysSinceLast => {
            let when = measures.intern(measure(Agg::Max, arg, arg_type), request.span);
            days_since(world, measures, info.relation.entity, &when, ctx, diags)
        }
        AggFunction::AvgDaysBetween => {
            let first = measures.intern(
                measure(Agg::Min, arg.clone(), arg_type.clone()),
                request.span,
            );
            let last = measures.intern(
                measure(Agg::Max, arg.clone(), arg_type.clone()),
                request.span,
            );
            // Rows always have a time; a column of one's own may be NULL.
            let counted = request.arg.is_some().then_some(arg).flatten();
            let count = measures.intern(measure(Agg::Count, counted, Type::Int), request.span);
            Some(days_between(first, last, count, &arg_type, request.span))
        }
    }
}

/// Whether there is a row; with a value, a row whose value is not NULL.
pub(super) fn exists(
    measures: &mut Measures,
    rows: &RowSet,
    arg: Option<RowExpr>,
    span: Span,
) -> EntityExpr {
    let mut filter = rows.filter.clone();
    if let Some(arg) = arg {
        let at = arg.at;
        filter.push(Expr::call(Func::IsNotNull, vec![arg], Type::Boolean, at));
        filter.sort_by_cached_key(|c| format!("{c:?}"));
        filter.dedup();
    }
    measures.intern(
        Measure {
            relation: rows.relation,
            agg: Agg::Exists,
            arg: None,
            filter,
            window: rows.window.clone(),
            ty: Type::Boolean,
        },
        span,
    )
}

/// How many rows.
pub(super) fn count(measures: &mut Measures, rows: &RowSet, span: Span) -> EntityExpr {
    measures.intern(
        Measure {
            relation: rows.relation,
            agg: Agg::Count,
            arg: None,
            filter: rows.filter.clone(),
            window: rows.window.clone(),
            ty: Type::Int,
        },
        span,
    )
}

/// The time of the first row.
pub(super) fn first_time(
    measures: &mut Measures,
    rows: &RowSet,
    time: &TimeColumn,
    span: Span,
) -> EntityExpr {
    measures.intern(
        Measure {
            relation: rows.relation,
            agg: Agg::Min,
            arg: Some(Expr::new(
                ExprKind::Column(time.col.clone()),
                time.ty.clone(),
                At(span),
            )),
            filter: rows.filter.clone(),
            window: rows.window.clone(),
            ty: time.ty.clone(),
        },
        span,
    )
}

/// What the user would write as `days_since(x)`.
fn days_since(
    world: &World,
    measures: &mut Measures,
    entity: EntityId,
    when: &EntityExpr,
    ctx: &Context,
    diags: &mut Diagnostics,
) -> Option<EntityExpr> {
    subject_call(
        "days_since",
        Vec::new(),
        when,
        &mut EntityScope::new(world, entity, measures),
        ctx,
        diags,
    )
}

/// The call of a function on an expression that is checked already.
pub(super) fn subject_call(
    function: &str,
    more: Vec<Ast>,
    subject: &EntityExpr,
    scope: &mut EntityScope<'_>,
    ctx: &Context,
    diags: &mut Diagnostics,
) -> Option<EntityExpr> {
    let span = subject.at.0;
    let mut args = vec![Ast {
        kind: AstKind::Subject,
        span,
    }];
    args.extend(more);
    let ast = Ast {
        kind: AstKind::Call {
            name: Spanned::new(function.to_owned(), span),
            args,
            distinct: false,
            star: false,
            filter: None,
        },
        span,
    };
    typing::check_tail(&ast, subject, scope, ctx, diags)
}

/// `default:` of a trait.
pub(super) fn coalesce(
    default: Ast,
    value: &EntityExpr,
    scope: &mut EntityScope<'_>,
    ctx: &Context,
    diags: &mut Diagnostics,
) -> Option<EntityExpr> {
    subject_call("coalesce", vec![default], value, scope, ctx, diags)
}

/// (last − first) / (rows − 1) in days: elapsed time, so that a day of 23 hours counts as such. NULL under two rows.
fn days_between(
    first: EntityExpr,
    last: EntityExpr,
    count: EntityExpr,
    ty: &Type,
    span: Span,
) -> EntityExpr {
    let at = At(span);
    let float = |value: f64| Expr::literal(Literal::Float(value.to_bits()), Type::Float, at);
    let to_float = |expr| {
        Expr::new(
            ExprKind::Cast {
                expr: Box::new(expr),
                safe: false,
            },
            Type::Float,
            at,
        )
    };
    let elapsed = if *ty == Type::Date {
        to_float(Expr::call(
            Func::DateDiff(Unit::Day),
            vec![first, last],
            Type::Int,
            at,
        ))
    } else {
        let seconds = Expr::call(
            Func::DateDiff(Unit::Second),
            vec![first, last],
            Type::Int,
            at,
        );
        Expr::call(
            Func::Div,
            vec![to_float(seconds), float(86_400.0)],
            Type::Float,
            at,
        )
    };
    let one = Expr::literal(Literal::Int(1), Type::Int, at);
    let gaps = Expr::call(Func::Sub, vec![count, one], Type::Int, at);
    Expr::call(Func::Div, vec![elapsed, to_float(gaps)], Type::Float, at)
}
