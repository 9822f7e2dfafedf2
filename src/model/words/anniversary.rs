//! An anniversary in plain words, found again in the condition it has become.

use crate::expr::{ExprKind, Func, Literal};
use crate::model::EntityExpr;

/// What the days are of, the first and the last of them: "28 December", "3 January".
pub(super) fn parts(expr: &EntityExpr) -> Option<(&EntityExpr, String, String)> {
    let (value, from, until) = match call(expr)? {
        (Func::Between, [value, from, until]) => (value, from, until),
        (Func::Or, [low, high]) => match (call(low)?, call(high)?) {
            ((Func::Ge, [value, from]), (Func::Le, [same, until])) if value == same => {
                (value, from, until)
            }
            _ => return None,
        },
        _ => return None,
    };
    let (Func::Add, [hundreds, day]) = call(value)? else {
        return None;
    };
    let (Func::Mul, [month, hundred]) = call(hundreds)? else {
        return None;
    };
    match (call(month)?, call(day)?) {
        ((Func::Month, [of]), (Func::Day, [same])) if of == same && int(hundred) == Some(100) => {
            Some((of, day_of(int(from)?)?, day_of(int(until)?)?))
        }
        _ => None,
    }
}

fn call(expr: &EntityExpr) -> Option<(Func, &[EntityExpr])> {
    if let ExprKind::Call(func, args) = &expr.kind {
        return Some((*func, args.as_slice()));
    }
    None
}

fn int(expr: &EntityExpr) -> Option<i64> {
    if let ExprKind::Literal(Literal::Int(n)) = &expr.kind {
        return Some(*n);
    }
    None
}

fn day_of(number: i64) -> Option<String> {
    const MONTHS: [&str; 12] = [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ];
    let month = usize::try_from(number / 100).ok()?.checked_sub(1)?;
    Some(format!("{} {}", number % 100, MONTHS.get(month)?))
}
