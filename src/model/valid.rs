//! Versioned (SCD2) entity tables: of all rows of a key, the one that holds at `as_of`.

use super::tables::Tables;
use super::typing::Context;
use super::{Col, RowExpr, TableId, calendar, relation};
use crate::diag::Diagnostics;
use crate::diag::codes::model::JOIN_TYPES;
use crate::expr::{Expr, ExprKind, Func, Literal, Type};
use crate::source::{At, Spanned};
use crate::spec::ValidSpec;
use jiff::tz::TimeZone;

/// `from` ≤ `as_of` < `to`, or no `to`. A date holds from its own midnight on.
pub(super) fn filter(
    spec: &ValidSpec,
    table: TableId,
    whose: (&str, &str),
    tables: &Tables,
    ctx: &Context,
    diags: &mut Diagnostics,
) -> Vec<RowExpr> {
    let zone = relation::zone(spec.time_zone.as_ref(), ctx);
    let column = |name: &Spanned<String>, diags: &mut Diagnostics| {
        let time = relation::time(name, table, whose, tables, diags)?;
        let now = now(&time.ty, &zone, ctx);
        Some((time, now, At(name.span)))
    };
    let (from, to) = (column(&spec.from, diags), column(&spec.to, diags));
    let (Some((from, since, from_at)), Some((to, until, to_at))) = (from, to) else {
        return Vec::new();
    };
    if from.ty != to.ty {
        diags.push(
            crate::diag::Diagnostic::error(
                &JOIN_TYPES,
                format!(
                    "a row holds from `{}`, a {}, to `{}`, a {}",
                    from.col.name, from.ty, to.col.name, to.ty
                ),
            )
            .at(to_at.0, "expected the same type for both")
            .at(from_at.0, "this one")
            .help("bring one to the other's type in a `table: {sql: \"select …\"}`"),
        );
        return Vec::new();
    }
    let col = |col: &Col, ty: &Type, at| Expr::new(ExprKind::Column(col.clone()), ty.clone(), at);
    let begun = Expr::call(
        Func::Le,
        vec![
            col(&from.col, &from.ty, from_at),
            Expr::literal(since, from.ty.clone(), from_at),
        ],
        Type::Boolean,
        from_at,
    );
    let ends_later = Expr::call(
        Func::Gt,
        vec![
            col(&to.col, &to.ty, to_at),
            Expr::literal(until, to.ty.clone(), to_at),
        ],
        Type::Boolean,
        to_at,
    );
    let open = Expr::call(
        Func::IsNull,
        vec![col(&to.col, &to.ty, to_at)],
        Type::Boolean,
        to_at,
    );
    let goes_on = Expr::call(Func::Or, vec![open, ends_later], Type::Boolean, to_at);
    vec![begun, goes_on]
}

/// `as_of` as a value of the type: of a date, the local day; of a datetime, what the clocks of `zone` show.
fn now(ty: &Type, zone: &TimeZone, ctx: &Context) -> Literal {
    if *ty == Type::Date {
        Literal::Date(ctx.time_zone.to_datetime(ctx.as_of).date())
    } else {
        calendar::as_of_bound(ty, zone, ctx)
    }
}
