//! Constants: a call of constants becomes its value, `x and true` becomes x. Exact: what a warehouse might compute
//! differently (patterns, floats beyond the four operations, letters beyond ASCII) is left to it.

mod moments;

use super::convert::{number_as_float, rescale};
use super::literal_of;
use crate::expr::{Expr, ExprKind, Func, Literal, Type};
use crate::model::calendar;
use crate::source::At;
use std::cmp::Ordering;

/// A call, or what it comes to.
///
/// # Errors
/// Why a constant call has no value.
pub(super) fn call<C>(func: Func, args: Vec<Expr<C>>, ty: Type, at: At) -> Result<Expr<C>, String> {
    if matches!(func, Func::And | Func::Or) {
        return Ok(logic(func, args, at));
    }
    let args = if func == Func::Concat {
        flat(func, args)
    } else {
        args
    };
    let null = || Expr::literal(Literal::Null, ty.clone(), at);
    let is_null = |e: &Expr<C>| literal_of(e) == Some(&Literal::Null);
    if is_strict(func) && args.iter().any(is_null) {
        return Ok(null());
    }
    if matches!(func, Func::In | Func::NotIn)
        && (args.first().is_some_and(is_null) && args.len() > 1)
    {
        return Ok(null());
    }
    if matches!(func, Func::In | Func::NotIn) && args.len() == 1 {
        // An empty list, which only a variable can give.
        return Ok(Expr::literal(
            Literal::Boolean(func == Func::NotIn),
            Type::Boolean,
            at,
        ));
    }
    if matches!(func, Func::Div | Func::Mod)
        && args.get(1).and_then(literal_of).is_some_and(is_zero)
    {
        return Ok(null());
    }
    let values: Option<Vec<&Literal>> = args.iter().map(literal_of).collect();
    let folded = match values {
        Some(values) => value(func, &values, &ty)?,
        None => None,
    };
    match folded {
        Some(value) if calendar::in_range(&value) => Ok(Expr::literal(value, ty, at)),
        Some(_) => Err("the date lies outside the years 1 to 9999".to_owned()),
        None => Ok(Expr::call(func, args, ty, at)),
    }
}

/// Arguments with calls of the same kind opened up.
fn flat<C>(func: Func, args: Vec<Expr<C>>) -> Vec<Expr<C>> {
    let mut out = Vec::with_capacity(args.len());
    for arg in args {
        match arg.kind {
            ExprKind::Call(own, inner) if own == func => out.extend(inner),
            kind @ (ExprKind::Literal(_)
            | ExprKind::Column(_)
            | ExprKind::Call(..)
            | ExprKind::Case { .. }
            | ExprKind::Cast { .. }) => out.push(Expr::new(kind, arg.ty, arg.at)),
        }
    }
    out
}

fn logic<C>(func: Func, args: Vec<Expr<C>>, at: At) -> Expr<C> {
    // What decides alone, and what changes nothing.
    let decides = Literal::Boolean(func == Func::Or);
    let neutral = Literal::Boolean(func == Func::And);
    let mut rest = flat(func, args);
    if rest.iter().any(|a| literal_of(a) == Some(&decides)) {
        return Expr::literal(decides, Type::Boolean, at);
    }
    rest.retain(|a| literal_of(a) != Some(&neutral));
    if rest.iter().all(|a| literal_of(a).is_some())
        && let Some(first) = rest.pop()
    {
        return Expr {
            ty: Type::Boolean,
            at,
            ..first
        };
    }
    if rest.len() > 1 {
        return Expr::call(func, rest, Type::Boolean, at);
    }
    match rest.pop() {
        Some(only) => only,
        None => Expr::literal(neutral, Type::Boolean, at),
    }
}

/// Whether a NULL argument makes the call NULL, whatever the others are.
fn is_strict(func: Func) -> bool {
    !matches!(
        func,
        Func::And
            | Func::Or
            | Func::IsNull
            | Func::IsNotNull
            | Func::IsTrue
            | Func::IsNotTrue
            | Func::IsFalse
            | Func::IsNotFalse
            | Func::IsDistinctFrom
            | Func::IsNotDistinctFrom
            | Func::In
            | Func::NotIn
            | Func::Between
            | Func::NotBetween
            | Func::Coalesce
            | Func::NullIf
            | Func::Greatest
            | Func::Least
            | Func::ArrayContains
            | Func::AnyIn
            | Func::AllIn
            | Func::NoneIn
    )
}

fn is_zero(value: &Literal) -> bool {
    match value {
        Literal::Int(i) => *i == 0,
        Literal::Decimal { digits, .. } => *digits == 0,
        Literal::Float(bits) => f64::from_bits(*bits) == 0.0,
        Literal::Null
        | Literal::Boolean(_)
        | Literal::String(_)
        | Literal::Date(_)
        | Literal::Timestamp(_)
        | Literal::Datetime(_)
        | Literal::Array(_) => false,
    }
}

/// The value of a call of constants; None if it is not computed here. No argument is NULL unless the call is not strict.
fn value(func: Func, args: &[&Literal], ty: &Type) -> Result<Option<Literal>, String> {
    let order = |wanted: &[Ordering]| match args {
        [a, b] => compare(a, b).map(|found| Literal::Boolean(wanted.contains(&found))),
        _ => None,
    };
    let truth = |value: bool| Some(Literal::Boolean(value));
    let flag = |wanted: bool, holds: bool| {
        args.first()
            .map(|a| Literal::Boolean((**a == Literal::Boolean(wanted)) == holds))
    };
    let texts: Vec<&str> = args.iter().filter_map(|a| as_text(a)).collect();
    let text = |f: &dyn Fn(&str) -> String| {
        texts
            .first()
            .filter(|t| t.is_ascii())
            .map(|t| Literal::String(f(t)))
    };
    Ok(match func {
        Func::Not => match args {
            [Literal::Boolean(b)] => truth(!b),
            _ => None,
        },
        Func::Eq => order(&[Ordering::Equal]),
        Func::Ne => order(&[Ordering::Less, Ordering::Greater]),
        Func::Lt => order(&[Ordering::Less]),
        Func::Le => order(&[Ordering::Less, Ordering::Equal]),
        Func::Gt => order(&[Ordering::Greater]),
        Func::Ge => order(&[Ordering::Greater, Ordering::Equal]),
        Func::IsNull => truth(matches!(args, [Literal::Null])),
        Func::IsNotNull => truth(!matches!(args, [Literal::Null])),
        Func::IsTrue => flag(true, true),
        Func::IsNotTrue => flag(true, false),
        Func::IsFalse => flag(false, true),
        Func::IsNotFalse => flag(false, false),
        Func::IsDistinctFrom => distinct(args).map(Literal::Boolean),
        Func::IsNotDistinctFrom => distinct(args).map(|d| Literal::Boolean(!d)),
        Func::In => member(args),
        Func::NotIn => member(args).map(negated),
        Func::Between => between(args),
        Func::NotBetween => between(args).map(negated),
        Func::Add | Func::Sub | Func::Mul | Func::Div | Func::Mod | Func::Neg | Func::Abs => {
            return arithmetic(func, args, ty);
        }
        Func::Round if args.len() == 1 => {
            whole(args, ty, |digits, scale| rescale(digits, scale, 0))
        }
        Func::Floor => whole(args, ty, |digits, scale| {
            Some(digits.div_euclid(10i128.pow(scale.into())))
        }),
        Func::Ceil => whole(args, ty, |digits, scale| {
            Some(-(-digits).div_euclid(10i128.pow(scale.into())))
        }),
        Func::Greatest => extreme(args, Ordering::Greater),
        Func::Least => extreme(args, Ordering::Less),
        Func::Concat => (texts.len() == args.len()).then(|| Literal::String(texts.concat())),
        Func::Lower => text(&|t| t.to_ascii_lowercase()),
        Func::Upper => text(&|t| t.to_ascii_uppercase()),
        Func::Trim => texts
            .first()
            .map(|t| Literal::String(t.trim_matches(' ').to_owned())),
        Func::Length => texts
            .first()
            .and_then(|t| i64::try_from(t.chars().count()).ok())
            .map(Literal::Int),
        Func::StartsWith => pair(&texts).map(|(a, b)| Literal::Boolean(a.starts_with(b))),
        Func::EndsWith => pair(&texts).map(|(a, b)| Literal::Boolean(a.ends_with(b))),
        Func::Contains => pair(&texts).map(|(a, b)| Literal::Boolean(a.contains(b))),
        Func::Coalesce => args
            .iter()
            .find(|a| ***a != Literal::Null)
            .map(|a| (**a).clone())
            .or(Some(Literal::Null)),
        Func::NullIf => match args {
            [a, b] if **a == Literal::Null || **b == Literal::Null => Some((**a).clone()),
            [a, b] => compare(a, b).map(|o| {
                if o == Ordering::Equal {
                    Literal::Null
                } else {
                    (**a).clone()
                }
            }),
            _ => None,
        },
        Func::DateTrunc(unit) => moments::truncate(args, unit),
        Func::DateAdd(unit) => return moments::added(args, unit),
        Func::DateDiff(unit) => moments::difference(args, unit).map(Literal::Int),
        Func::Year
        | Func::Quarter
        | Func::Month
        | Func::Day
        | Func::Hour
        | Func::Weekday
        | Func::DayOfYear => moments::field(func, args),
        Func::ArrayLength => match args {
            [Literal::Array(items)] => i64::try_from(items.len()).ok().map(Literal::Int),
            _ => None,
        },
        Func::And
        | Func::Or
        | Func::Like
        | Func::NotLike
        | Func::ILike
        | Func::NotILike
        | Func::Round
        | Func::Power
        | Func::Ln
        | Func::Exp
        | Func::Sqrt
        | Func::Substr
        | Func::Replace
        | Func::SplitPart
        | Func::Left
        | Func::Right
        | Func::RegexpMatches
        | Func::RegexpExtract
        | Func::Md5
        | Func::ArrayContains
        | Func::AnyIn
        | Func::AllIn
        | Func::NoneIn
        | Func::JsonText
        | Func::JsonNumber
        | Func::DistanceKm
        | Func::HashBucket
        | Func::Native => None,
    })
}

fn negated(value: Literal) -> Literal {
    if let Literal::Boolean(b) = value {
        Literal::Boolean(!b)
    } else {
        value
    }
}

fn pair<'a>(texts: &[&'a str]) -> Option<(&'a str, &'a str)> {
    match texts {
        [a, b] => Some((a, b)),
        _ => None,
    }
}

fn as_text(value: &Literal) -> Option<&str> {
    if let Literal::String(text) = value {
        Some(text)
    } else {
        None
    }
}

/// The order of two constants of one kind; None if either is NULL or they do not compare here.
fn compare(a: &Literal, b: &Literal) -> Option<Ordering> {
    match (a, b) {
        (Literal::Boolean(a), Literal::Boolean(b)) => Some(a.cmp(b)),
        // Code points order as their UTF-8 bytes do.
        (Literal::String(a), Literal::String(b)) => Some(a.cmp(b)),
        (Literal::Date(a), Literal::Date(b)) => Some(a.cmp(b)),
        (Literal::Datetime(a), Literal::Datetime(b)) => Some(a.cmp(b)),
        (Literal::Timestamp(a), Literal::Timestamp(b)) => Some(a.cmp(b)),
        _ => match (exact(a), exact(b)) {
            (Some((a, scale)), Some((b, other))) => {
                let wide = scale.max(other);
                Some(rescale(a, scale, wide)?.cmp(&rescale(b, other, wide)?))
            }
            (Some(_) | None, Some(_) | None) => {
                number_as_float(a)?.partial_cmp(&number_as_float(b)?)
            }
        },
    }
}

/// An int or a decimal as digits and scale.
fn exact(value: &Literal) -> Option<(i128, u8)> {
    match value {
        Literal::Int(i) => Some((i128::from(*i), 0)),
        Literal::Decimal { digits, scale } => Some((*digits, *scale)),
        Literal::Null
        | Literal::Boolean(_)
        | Literal::Float(_)
        | Literal::String(_)
        | Literal::Date(_)
        | Literal::Timestamp(_)
        | Literal::Datetime(_)
        | Literal::Array(_) => None,
    }
}

fn distinct(args: &[&Literal]) -> Option<bool> {
    match args {
        [Literal::Null, Literal::Null] => Some(false),
        [Literal::Null, _] | [_, Literal::Null] => Some(true),
        [a, b] => compare(a, b).map(|o| o != Ordering::Equal),
        _ => None,
    }
}

/// `in`: true if one is equal, else NULL if one is NULL.
fn member(args: &[&Literal]) -> Option<Literal> {
    let (x, list) = args.split_first()?;
    let mut null = false;
    for item in list {
        if **item == Literal::Null {
            null = true;
        } else if compare(x, item)? == Ordering::Equal {
            return Some(Literal::Boolean(true));
        }
    }
    Some(if null {
        Literal::Null
    } else {
        Literal::Boolean(false)
    })
}

fn between(args: &[&Literal]) -> Option<Literal> {
    let [x, low, high] = args else { return None };
    if **x == Literal::Null {
        return Some(Literal::Null);
    }
    let side = |bound: &Literal, wrong: Ordering| {
        if *bound == Literal::Null {
            Some(None)
        } else {
            compare(x, bound).map(|o| Some(o != wrong))
        }
    };
    Some(
        match (side(low, Ordering::Less)?, side(high, Ordering::Greater)?) {
            (Some(false), _) | (_, Some(false)) => Literal::Boolean(false),
            (Some(true), Some(true)) => Literal::Boolean(true),
            (None | Some(true), None | Some(true)) => Literal::Null,
        },
    )
}

fn extreme(args: &[&Literal], wanted: Ordering) -> Option<Literal> {
    let mut best: Option<&Literal> = None;
    for arg in args.iter().filter(|a| ***a != Literal::Null) {
        best = match best {
            Some(best) if compare(arg, best)? != wanted => Some(best),
            Some(_) | None => Some(arg),
        };
    }
    Some(best.cloned().unwrap_or(Literal::Null))
}

fn too_large() -> String {
    "the number is too large".to_owned()
}

fn arithmetic(func: Func, args: &[&Literal], ty: &Type) -> Result<Option<Literal>, String> {
    match ty {
        Type::Int => {
            let ints: Vec<i64> = args
                .iter()
                .filter_map(|a| {
                    if let Literal::Int(i) = a {
                        Some(*i)
                    } else {
                        None
                    }
                })
                .collect();
            let result = match (func, ints.as_slice()) {
                (Func::Add, [a, b]) => a.checked_add(*b),
                (Func::Sub, [a, b]) => a.checked_sub(*b),
                (Func::Mul, [a, b]) => a.checked_mul(*b),
                (Func::Mod, [a, b]) => Some(a.wrapping_rem(*b)),
                (Func::Neg, [a]) => a.checked_neg(),
                (Func::Abs, [a]) => a.checked_abs(),
                _ => return Ok(None),
            };
            result.map(|i| Some(Literal::Int(i))).ok_or_else(too_large)
        }
        Type::Decimal { scale, .. } => {
            let numbers: Vec<(i128, u8)> = args.iter().filter_map(|a| exact(a)).collect();
            let at = |(digits, from): (i128, u8)| rescale(digits, from, *scale);
            let result = match (func, numbers.as_slice()) {
                (Func::Add, [a, b]) => at(*a).zip(at(*b)).and_then(|(a, b)| a.checked_add(b)),
                (Func::Sub, [a, b]) => at(*a).zip(at(*b)).and_then(|(a, b)| a.checked_sub(b)),
                (Func::Mul, [a, b]) => {
                    a.0.checked_mul(b.0)
                        .and_then(|d| rescale(d, a.1 + b.1, *scale))
                }
                (Func::Neg, [a]) => at(*a).map(|d| -d),
                (Func::Abs, [a]) => at(*a).map(i128::abs),
                _ => return Ok(None),
            };
            let fits = result.filter(|d| d.unsigned_abs() < 10u128.pow(38));
            fits.map(|digits| {
                Some(Literal::Decimal {
                    digits,
                    scale: *scale,
                })
            })
            .ok_or_else(too_large)
        }
        Type::Float => {
            let floats: Vec<f64> = args.iter().filter_map(|a| number_as_float(a)).collect();
            let result = match (func, floats.as_slice()) {
                (Func::Add, [a, b]) => a + b,
                (Func::Sub, [a, b]) => a - b,
                (Func::Mul, [a, b]) => a * b,
                (Func::Div, [a, b]) => a / b,
                (Func::Neg, [a]) => -a,
                (Func::Abs, [a]) => a.abs(),
                _ => return Ok(None),
            };
            if result.is_finite() {
                Ok(Some(Literal::Float(result.to_bits())))
            } else {
                Err(too_large())
            }
        }
        Type::Boolean
        | Type::String
        | Type::Date
        | Type::Timestamp
        | Type::Datetime
        | Type::Json
        | Type::Array(_)
        | Type::Null => Ok(None),
    }
}

/// A decimal without its fraction.
fn whole(args: &[&Literal], ty: &Type, f: impl Fn(i128, u8) -> Option<i128>) -> Option<Literal> {
    let [Literal::Decimal { digits, scale }] = args else {
        return None;
    };
    let digits = f(*digits, *scale)?;
    matches!(ty, Type::Decimal { .. }).then_some(Literal::Decimal { digits, scale: 0 })
}
