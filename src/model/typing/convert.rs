//! Conversions: several values to one type, one value to a named type. Only what means the same everywhere.

use super::{Checker, Scope, Typed, literal_of, parse_type, type_hint};
use crate::diag::Diagnostic;
use crate::diag::codes::expr::{CONSTANT, TYPE_MISMATCH, UNKNOWN_TYPE};
use crate::diag::codes::spec::NOT_YET;
use crate::expr::{Expr, ExprKind, Func, Literal, Type, decimal_text};
use crate::model::calendar;
use crate::snippet::Ast;
use crate::snippet::literal::{Moment, parse_date, parse_moment, parse_number};
use crate::source::{At, Spanned};
use jiff::tz::TimeZone;

impl<S: Scope> Checker<'_, S> {
    /// The values as one type; `what` names them in a message.
    pub(super) fn unify(
        &mut self,
        values: Vec<Typed<S>>,
        what: &str,
    ) -> Option<(Vec<Typed<S>>, Type)> {
        let Some(ty) = self.common(&values) else {
            let first = values.iter().find(|v| v.ty != Type::Null)?;
            let other = values
                .iter()
                .find(|v| {
                    v.ty != Type::Null && self.common(&[first.clone(), (*v).clone()]).is_none()
                })
                .unwrap_or(first);
            self.diags.push(
                Diagnostic::error(
                    &TYPE_MISMATCH,
                    format!(
                        "{what} are of different types, {} and {}",
                        first.ty, other.ty
                    ),
                )
                .at(other.at.0, format!("this is {}", other.ty))
                .at(first.at.0, format!("this is {}", first.ty))
                .help(super::compare::mismatch_hint(first, other)),
            );
            return None;
        };
        let zone = self.common_zone(&values, &ty)?;
        let values = values
            .into_iter()
            .map(|v| self.meet(v, &ty, &zone))
            .collect::<Option<Vec<_>>>()?;
        Some((values, ty))
    }

    /// The values as one type, for one of them to be the result. Where decimals have no room for all digits before and after
    /// the point, engines give up some of those after it (DuckDB: a `decimal(38, 2)` beside a `decimal(38, 3)` makes the latter
    /// a `decimal(38, 2)`): those with too many before it become the common type, which keeps them all.
    pub(super) fn unify_results(
        &mut self,
        values: Vec<Typed<S>>,
        what: &str,
    ) -> Option<(Vec<Typed<S>>, Type)> {
        let (mut values, ty) = self.unify(values, what)?;
        if let Type::Decimal { precision, scale } = ty {
            for value in &mut values {
                let whole = value.ty.digits().map_or(0, |(whole, _)| whole);
                if whole + scale > precision && literal_of(value).is_none() {
                    *value = cast_to(value.clone(), ty.clone(), false);
                }
            }
        }
        Some((values, ty))
    }

    /// The type that all values can have; `null` fits any.
    pub(super) fn common(&self, values: &[Typed<S>]) -> Option<Type> {
        let mut result = Type::Null;
        for value in values {
            result = match (&result, &value.ty) {
                (a, b) if a == b => value.ty.clone(),
                (_, Type::Null) => result,
                (Type::Null, _) => value.ty.clone(),
                (a, b) if a.is_number() && b.is_number() => common_number(a, b),
                (a, b) if a.is_moment() && b.is_moment() => common_moment(values),
                (Type::Array(a), Type::Array(b)) if **a == Type::Null || **b == Type::Null => {
                    let item = if **a == Type::Null { b } else { a };
                    Type::Array(item.clone())
                }
                (Type::Array(a), Type::Array(b)) if a.is_number() && b.is_number() => {
                    Type::Array(Box::new(common_number(a, b)))
                }
                (
                    Type::Boolean
                    | Type::Int
                    | Type::Float
                    | Type::Decimal { .. }
                    | Type::String
                    | Type::Date
                    | Type::Timestamp
                    | Type::Datetime
                    | Type::Json
                    | Type::Array(_),
                    _,
                ) => return None,
            };
        }
        Some(result)
    }

    fn meet(&mut self, value: Typed<S>, ty: &Type, zone: &TimeZone) -> Option<Typed<S>> {
        // Ints and decimals meet exactly without a conversion, and constants keep their shortest form.
        if matches!(
            (&value.ty, ty),
            (Type::Int | Type::Decimal { .. }, Type::Decimal { .. })
        ) {
            return Some(value);
        }
        self.become_type(value, ty, zone)
    }

    /// The value as another type that it may become by itself.
    pub(super) fn coerce(&mut self, value: Typed<S>, ty: &Type) -> Option<Typed<S>> {
        self.become_type(value, ty, &self.ctx.time_zone)
    }

    fn become_type(&mut self, value: Typed<S>, ty: &Type, zone: &TimeZone) -> Option<Typed<S>> {
        if value.ty == *ty {
            return Some(value);
        }
        let at = value.at;
        if let Some(literal) = literal_of(&value) {
            return match self.convert(literal, ty, zone) {
                Some(literal) => Some(Expr::literal(literal, ty.clone(), at)),
                None => self.fail(
                    &CONSTANT,
                    at.0,
                    &format!("the constant does not fit into {ty}"),
                    "correct the constant",
                ),
            };
        }
        match (&value.ty, ty) {
            (Type::Timestamp, Type::Date) => {
                let local = self.coerce(value, &Type::Datetime)?;
                Some(cast_to(local, Type::Date, false))
            }
            (Type::Datetime, Type::Timestamp) | (Type::Date, Type::Timestamp) => self.fail(
                &NOT_YET,
                at.0,
                &format!("a {} of a column cannot become a timestamp", value.ty),
                "compare it with the timestamp directly: both are then read as local time",
            ),
            _ => Some(cast_to(value, ty.clone(), false)),
        }
    }

    /// A constant as another type, exactly; None if it has no such value. Instants become local times of `zone`.
    fn convert(&self, value: &Literal, ty: &Type, zone: &TimeZone) -> Option<Literal> {
        let project = &self.ctx.time_zone;
        let converted = match (value, ty) {
            (Literal::Null, _) => Literal::Null,
            (Literal::Date(d), Type::Datetime) => Literal::Datetime(d.at(0, 0, 0, 0)),
            (Literal::Date(d), Type::Timestamp) => {
                Literal::Timestamp(calendar::midnight(*d, project)?)
            }
            (Literal::Datetime(d), Type::Date) => Literal::Date(d.date()),
            (Literal::Datetime(d), Type::Timestamp) => {
                Literal::Timestamp(calendar::instant(*d, &self.zone)?)
            }
            (Literal::Timestamp(t), Type::Datetime) => Literal::Datetime(zone.to_datetime(*t)),
            (Literal::Timestamp(t), Type::Date) => Literal::Date(calendar::local_date(*t, project)),
            (Literal::Array(items), Type::Array(item)) => {
                let items = items.iter().map(|i| self.convert(i, item, zone));
                Literal::Array(items.collect::<Option<_>>()?)
            }
            (_, Type::Float) => Literal::Float(number_as_float(value)?.to_bits()),
            (_, Type::Decimal { scale, .. }) => decimal_of(value, *scale)?,
            (value, ty) if value.own_type() == *ty => value.clone(),
            (
                Literal::Boolean(_)
                | Literal::Int(_)
                | Literal::Decimal { .. }
                | Literal::Float(_)
                | Literal::String(_)
                | Literal::Date(_)
                | Literal::Timestamp(_)
                | Literal::Datetime(_)
                | Literal::Array(_),
                _,
            ) => return None,
        };
        calendar::in_range(&converted).then_some(converted)
    }

    /// `cast(of as ty)`
    pub(super) fn cast(
        &mut self,
        of: &Ast,
        name: &Spanned<String>,
        safe: bool,
        at: At,
    ) -> Option<Typed<S>> {
        let value = self.expr(of);
        let Some(ty) = parse_type(&name.value) else {
            let why = format!("`{}` is not a type of the language", name.value);
            return self.fail(&UNKNOWN_TYPE, name.span, &why, &type_hint(&name.value));
        };
        let value = value?;
        if value.ty == ty {
            return Some(Expr { at, ..value });
        }
        if value.ty == Type::Null {
            return Some(Expr::literal(Literal::Null, ty, at));
        }
        if let Some(literal) = literal_of(&value) {
            match self.cast_literal(literal, &ty) {
                Some(Ok(literal)) => return Some(Expr::literal(literal, ty, at)),
                Some(Err(_)) if safe => return Some(Expr::literal(Literal::Null, ty, at)),
                Some(Err(why)) => {
                    return self.fail(
                        &CONSTANT,
                        value.at.0,
                        &why,
                        "correct the constant, or use `try_cast`",
                    );
                }
                None => {}
            }
        }
        if let Some(hint) = refused_cast(&value.ty, &ty) {
            let why = format!(
                "{} cannot become {ty} with one meaning in every warehouse",
                value.ty
            );
            return self.fail(&TYPE_MISMATCH, at.0, &why, hint);
        }
        let value = match (&value.ty, &ty) {
            // By way of the local time, which is the only conversion of instants.
            (Type::Timestamp, Type::Date | Type::String) => self.coerce(value, &Type::Datetime)?,
            // Warehouses round halves differently: away from zero is ours.
            (Type::Float | Type::Decimal { .. }, Type::Int) => {
                let (rounded, at) = (value.ty.clone(), value.at);
                self.call(Func::Round, vec![value], rounded, at)?
            }
            (Type::Float, Type::Decimal { scale, .. }) if !is_rounded(&value, *scale) => {
                let at = value.at;
                let digits = Literal::Int(i64::from(*scale));
                let digits = (*scale > 0).then(|| Expr::literal(digits, Type::Int, at));
                let args = std::iter::once(value).chain(digits).collect();
                self.call(Func::Round, args, Type::Float, at)?
            }
            (Type::String, ty) => self.readable(value, ty, safe)?,
            _ => value,
        };
        Some(Expr {
            at,
            ..cast_to(value, ty, safe)
        })
    }

    /// A text where it is written as a value of the type is written in the language: warehouses read more than that, and each
    /// something else ('12.5' as 13, '0x10', 'nan', 'infinity', 'yes'). Any other is NULL if the cast is `safe`, else the
    /// empty text, which no warehouse takes for a value.
    fn readable(&mut self, text: Typed<S>, ty: &Type, safe: bool) -> Option<Typed<S>> {
        let pattern = match ty {
            Type::Int => "^-?[0-9]+$",
            Type::Decimal { .. } => "^-?[0-9]+([.][0-9]*)?$",
            Type::Float => "^-?[0-9]+([.][0-9]*)?([eE][+-]?[0-9]+)?$",
            Type::Boolean => "(?i)^(true|false)$",
            Type::Date => "^[0-9]{4}-[0-9]{2}-[0-9]{2}$",
            // The midnight of 24:00 and the second 60 are read by some, as other times.
            Type::Datetime => {
                "^[0-9]{4}-[0-9]{2}-[0-9]{2}([ T]([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9]([.][0-9]{1,6})?)?)?$"
            }
            Type::String | Type::Timestamp | Type::Json | Type::Array(_) | Type::Null => {
                return Some(text);
            }
        };
        let at = text.at;
        let pattern = Expr::literal(Literal::String(pattern.to_owned()), Type::String, at);
        let trimmed = self.call(Func::Trim, vec![text.clone()], Type::String, at)?;
        let args = vec![trimmed, pattern];
        let reads = self.call(Func::RegexpMatches, args, Type::Boolean, at)?;
        if safe {
            return self.only_where(reads, text);
        }
        let unreadable = self.call(Func::Not, vec![reads], Type::Boolean, at)?;
        let nothing = Expr::literal(Literal::String(String::new()), Type::String, at);
        self.choose(vec![unreadable], vec![nothing, text], at)
    }

    /// What a cast of a constant gives; None if it is not computed here.
    fn cast_literal(&self, value: &Literal, ty: &Type) -> Option<Result<Literal, String>> {
        let text = match value {
            Literal::String(text) => text.trim_matches(' '),
            Literal::Int(i) => match ty {
                Type::String => return Some(Ok(Literal::String(i.to_string()))),
                Type::Float | Type::Decimal { .. } => return Some(self.fitted(value, ty)),
                Type::Boolean => return Some(Ok(Literal::Boolean(*i != 0))),
                Type::Int
                | Type::Date
                | Type::Timestamp
                | Type::Datetime
                | Type::Json
                | Type::Array(_)
                | Type::Null => {
                    return None;
                }
            },
            Literal::Decimal { digits, scale } => match ty {
                Type::Int => {
                    let whole = rescale(*digits, *scale, 0)?;
                    return Some(
                        i64::try_from(whole)
                            .map(Literal::Int)
                            .map_err(|_| too_large(ty)),
                    );
                }
                Type::String => return Some(Ok(Literal::String(decimal_text(*digits, *scale)))),
                Type::Float | Type::Decimal { .. } => return Some(self.fitted(value, ty)),
                Type::Boolean
                | Type::Date
                | Type::Timestamp
                | Type::Datetime
                | Type::Json
                | Type::Array(_)
                | Type::Null => {
                    return None;
                }
            },
            Literal::Date(_) | Literal::Datetime(_) | Literal::Timestamp(_) => {
                return match ty {
                    Type::Date | Type::Datetime | Type::Timestamp => Some(self.fitted(value, ty)),
                    Type::Boolean
                    | Type::Int
                    | Type::Float
                    | Type::Decimal { .. }
                    | Type::String
                    | Type::Json
                    | Type::Array(_)
                    | Type::Null => None,
                };
            }
            Literal::Null | Literal::Boolean(_) | Literal::Float(_) | Literal::Array(_) => {
                return None;
            }
        };
        let no = || format!("'{text}' is not {ty}");
        let number = || {
            let (negative, digits) = match text.strip_prefix('-') {
                Some(rest) => (true, rest),
                None => (false, text),
            };
            let plain = digits.starts_with(|c: char| c.is_ascii_digit())
                && digits
                    .chars()
                    .all(|c| c.is_ascii_digit() || matches!(c, '.' | 'e' | 'E' | '-' | '+'));
            if plain {
                parse_number(digits, negative).map_err(|_| no())
            } else {
                Err(no())
            }
        };
        match ty {
            Type::Int => Some(number().and_then(|n| {
                if n.own_type() == Type::Int {
                    Ok(n)
                } else {
                    Err(no())
                }
            })),
            Type::Float | Type::Decimal { .. } => Some(number().and_then(|n| self.fitted(&n, ty))),
            Type::Date => Some(parse_date(text).map(Literal::Date).map_err(|_| no())),
            Type::Datetime => Some(match parse_moment(text) {
                Ok(Moment::Date(d)) => Ok(Literal::Datetime(d.at(0, 0, 0, 0))),
                Ok(Moment::Local(d)) => Ok(Literal::Datetime(d)),
                Ok(Moment::Instant(_)) | Err(_) => Err(no()),
            }),
            Type::Timestamp => Some(match parse_moment(text) {
                Ok(Moment::Date(d)) => self.fitted(&Literal::Date(d), ty),
                Ok(Moment::Local(d)) => self.fitted(&Literal::Datetime(d), ty),
                Ok(Moment::Instant(t)) => Ok(Literal::Timestamp(t)),
                Err(_) => Err(no()),
            }),
            Type::Boolean => match text.to_ascii_lowercase().as_str() {
                "true" => Some(Ok(Literal::Boolean(true))),
                "false" => Some(Ok(Literal::Boolean(false))),
                _ => Some(Err(no())),
            },
            Type::String | Type::Json | Type::Array(_) | Type::Null => None,
        }
    }

    fn fitted(&self, value: &Literal, ty: &Type) -> Result<Literal, String> {
        let fitted = self
            .convert(value, ty, &self.ctx.time_zone)
            .ok_or_else(|| too_large(ty))?;
        if let (Literal::Decimal { digits, .. }, Type::Decimal { precision, .. }) = (&fitted, ty) {
            let count = digits.unsigned_abs().checked_ilog10().map_or(1, |n| n + 1);
            if count > u32::from(*precision) {
                return Err(too_large(ty));
            }
        }
        Ok(fitted)
    }
}

/// A cast node, without any questions.
pub(super) fn cast_to<C>(value: Expr<C>, ty: Type, safe: bool) -> Expr<C> {
    let at = value.at;
    let kind = ExprKind::Cast {
        expr: Box::new(value),
        safe,
    };
    Expr::new(kind, ty, at)
}

fn too_large(ty: &Type) -> String {
    format!("the constant does not fit into {ty}")
}

/// Why a cast is not taken: what to write instead.
fn refused_cast(from: &Type, to: &Type) -> Option<&'static str> {
    let hint = match (from, to) {
        (Type::Float, Type::String) => {
            "make it exact first: `cast(cast(x as decimal(18,2)) as string)`"
        }
        (Type::Json, _) => {
            "take the value out of it: `json_text(x, 'a.b')`, `json_number(x, 'a.b')`"
        }
        (_, Type::Json) => "declare the column as `json` under `columns:`",
        (Type::Array(_), _) | (_, Type::Array(_)) => {
            "use `array_contains(array, value)` or `any_in(array, ['a', 'b'])`"
        }
        (Type::String, Type::Timestamp) => {
            "cast it to `datetime`, which is read in the project's time zone"
        }
        (Type::Date | Type::Datetime, Type::Timestamp) => {
            "compare it with the timestamp directly: both are then read as local time"
        }
        (Type::Boolean, Type::Int | Type::String) | (Type::Int | Type::String, Type::Boolean) => {
            return None;
        }
        (Type::Boolean, _) => "say what is meant by it: `if(x, 1, 0)`, or use `case`",
        (a, Type::Boolean) if a.is_moment() => "compare instead: `x is not null`, or use `case`",
        (_, Type::Boolean) => "compare instead: `x > 0`, or use `case`",
        (a, b) if a.is_moment() && b.is_number() => {
            "use `days_since(x)`, `date_diff(unit, from, to)` or `year(x)`"
        }
        (a, b) if a.is_number() && b.is_moment() => {
            "add it to a date: `date_add('day', x, date '1970-01-01')`"
        }
        (
            Type::Int
            | Type::Float
            | Type::Decimal { .. }
            | Type::String
            | Type::Date
            | Type::Timestamp
            | Type::Datetime
            | Type::Null,
            _,
        ) => return None,
    };
    Some(hint)
}

/// The type in which two types of numbers meet.
pub(super) fn common_number(a: &Type, b: &Type) -> Type {
    match (a, b) {
        (Type::Int, Type::Int) => Type::Int,
        _ => match (a.digits(), b.digits()) {
            (Some((whole, scale)), Some((other, other_scale))) => {
                let scale = scale.max(other_scale);
                Type::Decimal {
                    precision: (whole.max(other) + scale).min(38),
                    scale,
                }
            }
            (Some(_) | None, Some(_) | None) => Type::Float,
        },
    }
}

/// Constants follow the columns: beside a column of instants they become instants, else everything is local time.
fn common_moment<C>(values: &[Expr<C>]) -> Type {
    let has = |ty: Type, literal: bool| {
        values
            .iter()
            .any(|v| v.ty == ty && literal_of(v).is_some() == literal)
    };
    let local_column = has(Type::Date, false) || has(Type::Datetime, false);
    let instant = has(Type::Timestamp, false) || has(Type::Timestamp, true);
    if instant && !local_column {
        Type::Timestamp
    } else {
        Type::Datetime
    }
}

/// A number as the nearest double.
pub(super) fn number_as_float(value: &Literal) -> Option<f64> {
    match value {
        Literal::Int(i) => i.to_string().parse().ok(),
        Literal::Decimal { digits, scale } => decimal_text(*digits, *scale).parse().ok(),
        Literal::Float(bits) => Some(f64::from_bits(*bits)),
        Literal::Null
        | Literal::Boolean(_)
        | Literal::String(_)
        | Literal::Date(_)
        | Literal::Timestamp(_)
        | Literal::Datetime(_)
        | Literal::Array(_) => None,
    }
}

/// A number as a decimal of this scale, halves away from zero.
fn decimal_of(value: &Literal, scale: u8) -> Option<Literal> {
    let digits = match value {
        Literal::Int(i) => rescale(i128::from(*i), 0, scale)?,
        Literal::Decimal {
            digits,
            scale: from,
        } => rescale(*digits, *from, scale)?,
        Literal::Null
        | Literal::Boolean(_)
        | Literal::Float(_)
        | Literal::String(_)
        | Literal::Date(_)
        | Literal::Timestamp(_)
        | Literal::Datetime(_)
        | Literal::Array(_) => return None,
    };
    Some(Literal::Decimal { digits, scale })
}

/// `digits / 10^from` as `result / 10^to`, halves away from zero.
pub(super) fn rescale(digits: i128, from: u8, to: u8) -> Option<i128> {
    if to >= from {
        let factor = 10i128.checked_pow(u32::from(to - from))?;
        let wide = digits.checked_mul(factor)?;
        // All warehouses end at 38 digits.
        return (wide.unsigned_abs() < 10u128.pow(38)).then_some(wide);
    }
    let factor = 10i128.checked_pow(u32::from(from - to))?;
    let (quotient, rest) = (digits / factor, digits % factor);
    let away = rest.unsigned_abs() * 2 >= factor.unsigned_abs();
    Some(quotient + if away { rest.signum() } else { 0 })
}

/// Whether it is a call of `round` that leaves no more digits than these.
fn is_rounded<C>(of: &Expr<C>, scale: u8) -> bool {
    let ExprKind::Call(Func::Round, args) = &of.kind else {
        return false;
    };
    match args.get(1).map(literal_of) {
        None => true,
        Some(Some(Literal::Int(digits))) => *digits <= i64::from(scale),
        Some(_) => false,
    }
}
