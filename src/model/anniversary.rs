//! `anniversary`: month and day of a date fall in a window of days, which is shorter than a year.
//!
//! The window's days are known here, year and all, so the condition compares `month * 100 + day` with numbers. 29 February
//! counts on 1 March in years without one: only a window that begins on such a 1 March has to be told.

use super::predicate::{Conditions, leaf};
use super::{Atom, EntityExpr, Predicate, calendar, typing};
use crate::diag::codes::expr::WINDOW;
use crate::diag::codes::model::ANNIVERSARY;
use crate::diag::{Diagnostic, Diagnostics};
use crate::expr::{Expr, ExprKind, Func, Literal, Type};
use crate::snippet;
use crate::source::{At, Span};
use crate::spec::AnniversarySpec;
use jiff::ToSpan;
use jiff::civil::Date;

impl Conditions<'_> {
    pub(super) fn anniversary(
        &mut self,
        spec: &AnniversarySpec,
        span: Span,
        diags: &mut Diagnostics,
    ) -> Option<Predicate> {
        let days = match calendar::days_of(&spec.window.value, self.ctx) {
            Ok(days) => Some(days),
            Err((message, hint)) => {
                diags.push(
                    Diagnostic::error(&WINDOW, message)
                        .at(spec.window.span, "an anniversary is a whole day")
                        .help(hint),
                );
                None
            }
        };
        let bounds = match days {
            Some((Some(first), Some(end))) if short(first, end) => Some((first, end)),
            Some(_) => {
                diags.push(
                    Diagnostic::error(&ANNIVERSARY, "every day of the year falls in this window")
                        .at(spec.window.span, "expected less than a year")
                        .help("write a shorter window; whether there is a date at all is `is not null`"),
                );
                None
            }
            None => None,
        };
        self.scope.begin();
        let ast = snippet::parse(&spec.of, diags)?;
        let of = typing::check(&ast, &mut self.scope, self.ctx, diags)?;
        if !of.ty.is_moment() {
            diags.push(
                Diagnostic::error(
                    &ANNIVERSARY,
                    format!("an anniversary is of a date, and this is {}", of.ty),
                )
                .at(spec.of.text.span, "expected date, timestamp or datetime")
                .help("name a column of such a type, or cast the text: `try_cast(birth as date)`"),
            );
            return None;
        }
        let (first, end) = bounds?;
        let day = local_day(of);
        Some(leaf(falls(&day, first, end.yesterday().ok()?, At(span))))
    }
}

/// Whether the days from `first` to before `end` are fewer than those of any year: what is written is right on every day, or on none.
fn short(first: Date, end: Date) -> bool {
    first.checked_add(365.days()).is_ok_and(|year| end < year)
}

fn local_day(of: EntityExpr) -> EntityExpr {
    if of.ty == Type::Date {
        return of;
    }
    let at = of.at;
    let kind = ExprKind::Cast {
        expr: Box::new(of),
        safe: false,
    };
    Expr::new(kind, Type::Date, at)
}

/// `month * 100 + day` as a number that stands for a day of any year.
fn number(month: i8, day: i8) -> i64 {
    i64::from(month) * 100 + i64::from(day)
}

fn falls(day: &EntityExpr, first: Date, last: Date, at: At) -> EntityExpr {
    let int = |n: i64| Expr::<Atom>::literal(Literal::Int(n), Type::Int, at);
    let part = |func| Expr::call(func, vec![day.clone()], Type::Int, at);
    let hundreds = Expr::call(Func::Mul, vec![part(Func::Month), int(100)], Type::Int, at);
    let value = Expr::call(Func::Add, vec![hundreds, part(Func::Day)], Type::Int, at);
    let from = if first.month() == 3 && first.day() == 1 && !first.in_leap_year() {
        number(2, 29)
    } else {
        number(first.month(), first.day())
    };
    let until = number(last.month(), last.day());
    let call = |func, args| Expr::call(func, args, Type::Boolean, at);
    if first.year() == last.year() {
        return call(Func::Between, vec![value, int(from), int(until)]);
    }
    // Over the end of a year.
    let before = call(Func::Ge, vec![value.clone(), int(from)]);
    let after = call(Func::Le, vec![value, int(until)]);
    call(Func::Or, vec![before, after])
}
