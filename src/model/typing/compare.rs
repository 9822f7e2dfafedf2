//! Comparisons: which types meet, days against times, lists.

use super::{Checker, Scope, Typed, literal_of};
use crate::diag::Diagnostic;
use crate::diag::codes::expr::{NULL_COMPARISON, TYPE_MISMATCH};
use crate::expr::{Expr, ExprKind, Func, Literal, Type};
use crate::snippet::Ast;
use crate::snippet::literal::{Moment, parse_moment};
use crate::source::At;
use jiff::civil::{Date, DateTime};

impl<S: Scope> Checker<'_, S> {
    /// `=`, `<` … and `is distinct from`.
    pub(super) fn compare(
        &mut self,
        func: Func,
        left: Typed<S>,
        right: Typed<S>,
        at: At,
    ) -> Option<Typed<S>> {
        self.comparable(func, &left, &right)?;
        if !matches!(func, Func::IsDistinctFrom | Func::IsNotDistinctFrom) {
            self.warn_null(&left, &right);
        }
        if let Some((func, left, right)) = self.whole_days(func, &left, &right) {
            return self.call(func, vec![left, right], Type::Boolean, at);
        }
        let (args, _) = self.unify(vec![left, right], "the sides of a comparison")?;
        self.call(func, args, Type::Boolean, at)
    }

    fn warn_null(&mut self, left: &Typed<S>, right: &Typed<S>) {
        for side in [left, right] {
            if literal_of(side) == Some(&Literal::Null) && side.ty == Type::Null {
                self.diags.push(
                    Diagnostic::warning(&NULL_COMPARISON, "a comparison with NULL is never true")
                        .at(side.at.0, "this is NULL")
                        .help("write `is null` or `is not null`"),
                );
            }
        }
    }

    /// Whether two values can be compared (and ordered, if the operator orders); if not, says so.
    fn comparable(&mut self, func: Func, left: &Typed<S>, right: &Typed<S>) -> Option<()> {
        let orders = !matches!(
            func,
            Func::Eq | Func::Ne | Func::IsDistinctFrom | Func::IsNotDistinctFrom
        );
        if !fits(&left.ty, &right.ty) {
            // The place of what is easier to change: a constant.
            let (here, there) = if literal_of(left).is_some() && literal_of(right).is_none() {
                (left, right)
            } else {
                (right, left)
            };
            self.diags.push(
                Diagnostic::error(
                    &TYPE_MISMATCH,
                    format!("cannot compare {} with {}", left.ty, right.ty),
                )
                .at(here.at.0, format!("this is {}", here.ty))
                .at(there.at.0, format!("this is {}", there.ty))
                .help(mismatch_hint(here, there)),
            );
            return None;
        }
        for side in [left, right] {
            let hint = match &side.ty {
                Type::Json => {
                    "take the value out of it: `json_text(x, 'a.b')`, `json_number(x, 'a.b')`"
                }
                Type::Array(_) => {
                    "use `x in var('list')`, `array_contains(array, value)` or `any_in(array, ['a', 'b'])`"
                }
                Type::Boolean if orders => "booleans are equal or not: use `=`, `and`, `not`",
                Type::Boolean
                | Type::Int
                | Type::Float
                | Type::Decimal { .. }
                | Type::String
                | Type::Date
                | Type::Timestamp
                | Type::Datetime
                | Type::Null => continue,
            };
            let why = format!("`{}` does not take {}", func.name(), side.ty);
            return self.fail(&TYPE_MISMATCH, side.at.0, &why, hint);
        }
        Some(())
    }

    /// A date column against a constant time, said with dates alone, so that partitions of dates can be pruned: a day
    /// is its midnight, so `d >= '2026-01-31 09:00'` is `d > '2026-01-31'`.
    fn whole_days(
        &self,
        func: Func,
        left: &Typed<S>,
        right: &Typed<S>,
    ) -> Option<(Func, Typed<S>, Typed<S>)> {
        let is_column = |e: &Typed<S>| e.ty == Type::Date && literal_of(e).is_none();
        let (func, column, constant) = if is_column(left) {
            (func, left, right)
        } else if is_column(right) {
            (flipped(func), right, left)
        } else {
            return None;
        };
        let time = self.local_time(constant)?;
        let (date, exact) = (time.date(), time == time.date().at(0, 0, 0, 0));
        let func = if exact || matches!(func, Func::Le | Func::Gt) {
            func
        } else if func == Func::Lt {
            Func::Le
        } else if func == Func::Ge {
            Func::Gt
        } else {
            return None;
        };
        Some((func, column.clone(), date_literal(date, constant.at)))
    }

    /// A constant datetime or timestamp as local time of the project.
    fn local_time(&self, expr: &Typed<S>) -> Option<DateTime> {
        match literal_of(expr)? {
            Literal::Datetime(time) => Some(*time),
            Literal::Timestamp(t) => Some(self.ctx.time_zone.to_datetime(*t)),
            Literal::Null
            | Literal::Boolean(_)
            | Literal::Int(_)
            | Literal::Decimal { .. }
            | Literal::Float(_)
            | Literal::String(_)
            | Literal::Date(_)
            | Literal::Array(_) => None,
        }
    }

    pub(super) fn between(
        &mut self,
        of: Typed<S>,
        low: Typed<S>,
        high: Typed<S>,
        negated: bool,
        at: At,
    ) -> Option<Typed<S>> {
        let good = (
            self.comparable(Func::Ge, &of, &low),
            self.comparable(Func::Le, &of, &high),
        );
        let (Some(()), Some(())) = good else {
            return None;
        };
        for bound in [&low, &high] {
            if bound.ty == Type::Null {
                self.warn_null(bound, &of);
            }
        }
        let func = if negated {
            Func::NotBetween
        } else {
            Func::Between
        };
        if of.ty == Type::Date && literal_of(&of).is_none() {
            // As in `whole_days`.
            let first = self.local_time(&low).map(|t| {
                let exact = t == t.date().at(0, 0, 0, 0);
                if exact {
                    t.date()
                } else {
                    t.date().tomorrow().unwrap_or(t.date())
                }
            });
            let last = self.local_time(&high).map(|t| t.date());
            let low = first.map_or(low.clone(), |d| date_literal(d, low.at));
            let high = last.map_or(high.clone(), |d| date_literal(d, high.at));
            if low.ty == Type::Date && high.ty == Type::Date {
                return self.call(func, vec![of, low, high], Type::Boolean, at);
            }
        }
        let (args, _) = self.unify(vec![of, low, high], "the parts of `between`")?;
        self.call(func, args, Type::Boolean, at)
    }

    pub(super) fn in_list(
        &mut self,
        of: &Ast,
        list: &[Ast],
        negated: bool,
        at: At,
    ) -> Option<Typed<S>> {
        let of = self.expr(of);
        let mut values = Vec::with_capacity(list.len() + 1);
        let listed: Vec<_> = list.iter().map(|value| self.compared(value)).collect();
        for value in listed.into_iter().collect::<Option<Vec<_>>>()? {
            match (value.kind, value.ty) {
                (ExprKind::Literal(Literal::Array(items)), Type::Array(item)) => {
                    let expand = |v: Literal| {
                        let ty = if v == Literal::Null {
                            Type::Null
                        } else {
                            (*item).clone()
                        };
                        Expr::literal(v, ty, value.at)
                    };
                    values.extend(items.into_iter().map(expand));
                }
                (kind, ty) => values.push(Expr::new(kind, ty, value.at)),
            }
        }
        let of = of?;
        let mut good = true;
        for value in &values {
            good &= self.comparable(Func::Eq, &of, value).is_some();
            if value.ty == Type::Null {
                let (message, hint) = if negated {
                    (
                        "a NULL in the list of `not in` makes it hold for nobody",
                        "take it out of the list: `not in` leaves out who has no value anyway; `or … is null` takes them in",
                    )
                } else {
                    (
                        "a NULL in the list of `in` equals nothing",
                        "take it out of the list; `or … is null` takes in who has no value",
                    )
                };
                self.diags.push(
                    Diagnostic::warning(&NULL_COMPARISON, message)
                        .at(value.at.0, "this is NULL")
                        .help(hint),
                );
            }
        }
        if !good {
            return None;
        }
        values.insert(0, of);
        let (args, _) = self.unify(values, "the values of `in`")?;
        let func = if negated { Func::NotIn } else { Func::In };
        self.call(func, args, Type::Boolean, at)
    }
}

/// Whether values of two types can meet in a comparison.
pub(super) fn fits(a: &Type, b: &Type) -> bool {
    a == b
        || *a == Type::Null
        || *b == Type::Null
        || (a.is_number() && b.is_number())
        || (a.is_moment() && b.is_moment())
}

/// The comparison with its sides exchanged.
fn flipped(func: Func) -> Func {
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

fn date_literal<C>(date: Date, at: At) -> Expr<C> {
    Expr::literal(Literal::Date(date), Type::Date, at)
}

/// What to write so that `here` fits `there`.
pub(super) fn mismatch_hint<C>(here: &Expr<C>, there: &Expr<C>) -> String {
    let hint = match (&here.ty, &there.ty) {
        (Type::Array(_), _) | (_, Type::Array(_)) => {
            "use `x in var('list')`, `array_contains(array, value)` or `any_in(array, ['a', 'b'])`"
        }
        (Type::Json, _) | (_, Type::Json) => {
            "take the value out of it: `json_text(x, 'a.b')`, `json_number(x, 'a.b')`"
        }
        (Type::String, ty) | (ty, Type::String) if ty.is_moment() => {
            if let Some(Literal::String(text)) = literal_of(here) {
                return match parse_moment(text) {
                    Ok(Moment::Date(_)) => format!("write `date '{text}'`"),
                    Ok(Moment::Local(_)) => format!("write `datetime '{text}'`"),
                    Ok(Moment::Instant(_)) => format!("write `timestamp '{text}'`"),
                    Err(_) => "write a date as `date '2026-01-31'`".to_owned(),
                };
            }
            "convert the text: `cast(x as date)`, or `try_cast`"
        }
        (Type::String, ty) | (ty, Type::String) if ty.is_number() => {
            if let Some(Literal::String(text)) = literal_of(here)
                && text.parse::<f64>().is_ok()
            {
                return format!("write the number without quotes: `{text}`");
            }
            if literal_of(here).is_some() && here.ty.is_number() {
                return "write the value in single quotes, or convert the column: `try_cast(x as decimal(18,2))`".to_owned();
            }
            "convert the text: `cast(x as decimal(18,2))`, or `try_cast`"
        }
        (Type::Boolean, _) | (_, Type::Boolean) => {
            "a boolean is a condition by itself: write `x` or `not x`, or compare it with `true`"
        }
        (a, b) if a.is_moment() || b.is_moment() => {
            "compare a number of days with `days_since(x)`, a part of the date with `year(x)`"
        }
        _ => "convert one of them with `cast(x as …)`",
    };
    hint.to_owned()
}
