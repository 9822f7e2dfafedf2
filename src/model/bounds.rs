//! Comparisons of a relation's time with a constant, read as bounds of a window, so that `ordered_at >= …` in SQL and
//! `since: …` in YAML are one measure and prune the same partitions.

use super::{RowExpr, TimeColumn, Window};
use crate::expr::{ExprKind, Func, Literal, Type};
use jiff::civil::{Date, DateTime};
use jiff::{SignedDuration, Timestamp, ToSpan};
use std::cmp::Ordering;

/// The bounds that a conjunct means, `from` ≤ t < `until`; None if it is anything else.
pub(super) fn of(conjunct: &RowExpr, time: &TimeColumn) -> Option<Window> {
    let ExprKind::Call(func, args) = &conjunct.kind else {
        return None;
    };
    match (func, args.as_slice()) {
        (Func::Between, [t, low, high]) => {
            let column = column(t, time)?;
            Some(Window {
                from: Some(at_or_after(literal(low)?, column)?),
                until: Some(after(literal(high)?, column)?),
            })
        }
        (_, [a, b]) => match (column(a, time), column(b, time)) {
            (Some(column), None) => compare(*func, literal(b)?, column),
            (None, Some(column)) => compare(flip(*func), literal(a)?, column),
            (Some(_), Some(_)) | (None, None) => None,
        },
        _ => None,
    }
}

/// The later or the earlier of two bounds of one type.
pub(super) fn pick(a: Option<Literal>, b: Option<Literal>, which: Ordering) -> Option<Literal> {
    match (a, b) {
        (Some(a), Some(b)) => Some(if order(&b, &a) == Some(which) { b } else { a }),
        (a, b) => a.or(b),
    }
}

fn order(a: &Literal, b: &Literal) -> Option<Ordering> {
    match (a, b) {
        (Literal::Date(a), Literal::Date(b)) => Some(a.cmp(b)),
        (Literal::Timestamp(a), Literal::Timestamp(b)) => Some(a.cmp(b)),
        (Literal::Datetime(a), Literal::Datetime(b)) => Some(a.cmp(b)),
        _ => None,
    }
}

/// How the time stands in the comparison.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stands {
    Itself,
    /// A date taken as its midnight.
    DateAsMidnight,
}

fn column(expr: &RowExpr, time: &TimeColumn) -> Option<Stands> {
    match &expr.kind {
        ExprKind::Column(col) if *col == time.col => Some(Stands::Itself),
        ExprKind::Cast { expr: inner, .. }
            if expr.ty == Type::Datetime
                && time.ty == Type::Date
                && column(inner, time) == Some(Stands::Itself) =>
        {
            Some(Stands::DateAsMidnight)
        }
        ExprKind::Column(_)
        | ExprKind::Literal(_)
        | ExprKind::Call(..)
        | ExprKind::Case { .. }
        | ExprKind::Cast { .. } => None,
    }
}

fn literal(expr: &RowExpr) -> Option<&Literal> {
    match &expr.kind {
        ExprKind::Literal(literal) => Some(literal),
        ExprKind::Column(_)
        | ExprKind::Call(..)
        | ExprKind::Case { .. }
        | ExprKind::Cast { .. } => None,
    }
}

fn flip(func: Func) -> Func {
    if func == Func::Lt {
        Func::Gt
    } else if func == Func::Le {
        Func::Ge
    } else if func == Func::Gt {
        Func::Lt
    } else if func == Func::Ge {
        Func::Le
    } else {
        func
    }
}

fn compare(func: Func, literal: &Literal, stands: Stands) -> Option<Window> {
    let low = || at_or_after(literal, stands);
    let high = || after(literal, stands);
    let (from, until) = if func == Func::Ge {
        (Some(low()?), None)
    } else if func == Func::Gt {
        (Some(high()?), None)
    } else if func == Func::Lt {
        (None, Some(low()?))
    } else if func == Func::Le {
        (None, Some(high()?))
    } else if func == Func::Eq {
        (Some(low()?), Some(high()?))
    } else {
        return None;
    };
    Some(Window { from, until })
}

/// The first value of the time at or after a constant.
fn at_or_after(literal: &Literal, stands: Stands) -> Option<Literal> {
    match (stands, literal) {
        (Stands::Itself, Literal::Date(_) | Literal::Timestamp(_) | Literal::Datetime(_)) => {
            Some(literal.clone())
        }
        (Stands::DateAsMidnight, Literal::Datetime(t)) => Some(Literal::Date(if is_midnight(*t) {
            t.date()
        } else {
            next_day(t.date())?
        })),
        _ => None,
    }
}

/// The first value of the time after a constant. Times are kept to the microsecond.
fn after(literal: &Literal, stands: Stands) -> Option<Literal> {
    let tick = SignedDuration::from_micros(1);
    match (stands, literal) {
        (Stands::Itself, Literal::Date(d)) => next_day(*d).map(Literal::Date),
        (Stands::Itself, Literal::Timestamp(t)) => next_tick(*t).map(Literal::Timestamp),
        (Stands::Itself, Literal::Datetime(t)) => t.checked_add(tick).ok().map(Literal::Datetime),
        (Stands::DateAsMidnight, Literal::Datetime(t)) => next_day(t.date()).map(Literal::Date),
        _ => None,
    }
}

fn is_midnight(t: DateTime) -> bool {
    t == t.date().to_datetime(jiff::civil::Time::midnight())
}

fn next_day(date: Date) -> Option<Date> {
    date.checked_add(1.day()).ok()
}

fn next_tick(t: Timestamp) -> Option<Timestamp> {
    t.checked_add(SignedDuration::from_micros(1)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expr::Expr;
    use crate::model::Col;
    use crate::source::{At, FileId, Span};
    use jiff::civil::date;

    const HERE: At = At(Span {
        file: FileId(0),
        start: 0,
        end: 0,
    });

    fn time(ty: Type) -> TimeColumn {
        TimeColumn {
            col: Col {
                slot: 0,
                name: "t".into(),
            },
            ty,
        }
    }

    fn col(ty: Type) -> RowExpr {
        Expr::new(ExprKind::Column(time(ty.clone()).col), ty, HERE)
    }

    fn lit(value: Literal, ty: Type) -> RowExpr {
        Expr::literal(value, ty, HERE)
    }

    fn call(func: Func, args: Vec<RowExpr>) -> RowExpr {
        Expr::call(func, args, Type::Boolean, HERE)
    }

    fn day(d: i8) -> Literal {
        Literal::Date(date(2026, 1, d))
    }

    #[test]
    fn strict_bounds_move_by_the_smallest_step_of_their_type() {
        let w = |f| {
            of(
                &call(f, vec![col(Type::Date), lit(day(5), Type::Date)]),
                &time(Type::Date),
            )
            .unwrap()
        };
        assert_eq!(w(Func::Ge).from, Some(day(5)));
        assert_eq!(w(Func::Gt).from, Some(day(6)));
        assert_eq!(w(Func::Lt).until, Some(day(5)));
        assert_eq!(w(Func::Le).until, Some(day(6)));
        assert_eq!(
            w(Func::Eq),
            Window {
                from: Some(day(5)),
                until: Some(day(6))
            }
        );
        let t: Timestamp = "2026-01-31T09:00:00Z".parse().unwrap();
        let after = of(
            &call(
                Func::Gt,
                vec![
                    col(Type::Timestamp),
                    lit(Literal::Timestamp(t), Type::Timestamp),
                ],
            ),
            &time(Type::Timestamp),
        )
        .unwrap();
        let expected: Timestamp = "2026-01-31T09:00:00.000001Z".parse().unwrap();
        assert_eq!(after.from, Some(Literal::Timestamp(expected)));
    }

    #[test]
    fn a_constant_on_the_left_is_turned_round() {
        let e = call(Func::Gt, vec![lit(day(5), Type::Date), col(Type::Date)]);
        let found = of(&e, &time(Type::Date)).unwrap();
        assert_eq!(found.until, Some(day(5)));
        assert_eq!(found.from, None);
    }

    #[test]
    fn a_date_against_an_instant_of_the_day_is_that_days_or_the_next() {
        let cast = || {
            Expr::new(
                ExprKind::Cast {
                    expr: Box::new(col(Type::Date)),
                    safe: false,
                },
                Type::Datetime,
                HERE,
            )
        };
        let nine = Literal::Datetime(date(2026, 1, 5).at(9, 0, 0, 0));
        let midnight = Literal::Datetime(date(2026, 1, 5).at(0, 0, 0, 0));
        let w = |f, l: &Literal| {
            of(
                &call(f, vec![cast(), lit(l.clone(), Type::Datetime)]),
                &time(Type::Date),
            )
            .unwrap()
        };
        assert_eq!(w(Func::Ge, &nine).from, Some(day(6)));
        assert_eq!(w(Func::Gt, &nine).from, Some(day(6)));
        assert_eq!(w(Func::Lt, &nine).until, Some(day(6)));
        assert_eq!(w(Func::Ge, &midnight).from, Some(day(5)));
        assert_eq!(w(Func::Gt, &midnight).from, Some(day(6)));
        assert_eq!(w(Func::Le, &midnight).until, Some(day(6)));
    }

    #[test]
    fn anything_else_stays_in_the_filter() {
        let ne = call(Func::Ne, vec![col(Type::Date), lit(day(5), Type::Date)]);
        assert_eq!(of(&ne, &time(Type::Date)), None);
        let null = call(
            Func::Ge,
            vec![col(Type::Date), lit(Literal::Null, Type::Date)],
        );
        assert_eq!(of(&null, &time(Type::Date)), None);
    }
}
