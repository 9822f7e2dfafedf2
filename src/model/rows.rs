//! Which rows of a relation an aggregate or a `did` counts: filter and window in their one form.
//!
//! Conjuncts stand apart, sorted, each once; bounds on the relation's time are in the window, whichever way they were written.

use super::calendar;
use super::scope::RowScope;
use super::typing::Context;
use super::world::World;
use super::{Relation, RelationId, RelationRole, RowExpr, TimeColumn, Window, bounds};
use crate::diag::codes::expr::WINDOW;
use crate::diag::codes::model::NO_TIME;
use crate::diag::{Diagnostic, Diagnostics};
use crate::expr::{ExprKind, Func, Literal};
use crate::source::{Span, Spanned};
use crate::spec::{Rows, WindowSpec};

/// Which rows of a relation, resolved.
#[derive(Clone, Debug)]
pub(super) struct RowSet {
    pub(super) relation: RelationId,
    pub(super) filter: Vec<RowExpr>,
    pub(super) window: Window,
}

impl RowSet {
    /// Those that lie in a window as well.
    pub(super) fn narrowed(&self, window: &Window) -> Self {
        let ours = self.window.clone();
        Self {
            window: Window {
                from: later(ours.from, window.from.clone()),
                until: earlier(ours.until, window.until.clone()),
            },
            ..self.clone()
        }
    }
}

/// `where` and window of a condition or an aggregate. All of it is checked before anything is given up.
pub(super) fn rows(
    world: &World,
    relation: RelationId,
    rows: &Rows,
    ctx: &Context,
    diags: &mut Diagnostics,
) -> Option<RowSet> {
    let filter = filter(world, relation, rows, ctx, diags);
    let window = match &rows.window {
        None => Some(Window::default()),
        Some(window) => self::window(world, relation, window, ctx, diags),
    };
    row_set(world, relation, filter?, &window?)
}

/// The conditions of a `where`.
pub(super) fn filter(
    world: &World,
    relation: RelationId,
    rows: &Rows,
    ctx: &Context,
    diags: &mut Diagnostics,
) -> Option<Vec<RowExpr>> {
    let mut scope = RowScope::new(world, relation)?;
    let conditions: Vec<Option<RowExpr>> = rows
        .filter
        .iter()
        .map(|snippet| scope.condition(snippet, ctx, diags))
        .collect();
    conditions.into_iter().collect()
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
    if matches!(window.value, WindowSpec::Next(_)) && !info.relation.future {
        diags.push(no_future(&info.relation, window.span));
        return None;
    }
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

/// A window of `next` on a relation whose rows are all past.
fn no_future(relation: &Relation, at: Span) -> Diagnostic {
    let (label, help) = match relation.role {
        RelationRole::Declared => (
            format!("`{}` does not declare `future: true`", relation.name),
            format!(
                "where rows of `{}` are known before their time comes, declare `future: true` on it; a date of the entity is compared in SQL: `renews_on between today() and date_add('day', 6, today())`",
                relation.name
            ),
        ),
        RelationRole::List | RelationRole::Suppressor | RelationRole::Stays => (
            "nobody has entered or exited yet".to_owned(),
            "look back: `within: 7 days`".to_owned(),
        ),
    };
    Diagnostic::error(&WINDOW, "a row that lies ahead of as_of does not exist")
        .at(at, label)
        .help(help)
}

/// The relation's time; S0313 where it has none.
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
/// and without repetitions, and nothing at or after `as_of` but in a window of `next`.
pub(super) fn row_set(
    world: &World,
    relation: RelationId,
    filter: Vec<RowExpr>,
    window: &Window,
) -> Option<RowSet> {
    let info = world.relation(relation)?;
    let mut conjuncts = Vec::new();
    for expr in filter {
        split(expr, &mut conjuncts);
    }
    let mut bounds = window.clone();
    if let Some(time) = &info.relation.time {
        let now = info.relation.now().cloned();
        bounds.until = match bounds.until {
            // A window of `next`: no other ends after `as_of`.
            Some(until) if info.relation.future => Some(until),
            until => earlier(until, now),
        };
        conjuncts.retain(|conjunct| match bounds::of(conjunct, time) {
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
    bounds::pick(a, b, std::cmp::Ordering::Greater)
}

fn earlier(a: Option<Literal>, b: Option<Literal>) -> Option<Literal> {
    bounds::pick(a, b, std::cmp::Ordering::Less)
}
