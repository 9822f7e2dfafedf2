//! `cast` and `try_cast` (`language.md` §4).

use super::calendar::Clock;
use super::functions::{half_away, whole};
use super::regex::Pattern;
use super::value::{Value, number};
use segc::snippet::literal::{Moment, parse_moment};

/// What cannot be read is NULL here: whoever casts such things writes `try_cast`.
pub(super) fn cast(clock: &Clock, value: Value, ty: &str) -> Value {
    let ty = ty.to_ascii_lowercase();
    match (ty.as_str(), value) {
        (_, Value::Null) => Value::Null,
        ("string", Value::Instant(t)) => {
            cast(clock, Value::Local(clock.zone.to_datetime(t), None), &ty)
        }
        ("string", value) => Value::Text(value.to_string()),
        (ty, Value::Text(text)) => of_text(&text, ty),
        ("boolean", Value::Bool(b)) => Value::Bool(b),
        ("boolean", Value::Int(i)) => Value::Bool(i != 0),
        ("int", Value::Bool(b)) => Value::Int(i128::from(b)),
        ("int", value) => match whole(&value, half_away, f64::round) {
            Some(Value::Float(f)) => Value::Int(f as i128),
            other => other.unwrap(),
        },
        ("float", value) => Value::Float(value.float().unwrap()),
        ("date", moment) => Value::Date(clock.local(&moment).date()),
        ("datetime", moment) => Value::Local(clock.local(&moment), clock.zone_of(&moment)),
        (ty, value) => match shape(ty) {
            Some(shape) => decimal(&value, shape),
            None => panic!("cast({value:?} as {ty})"),
        },
    }
}

/// A text is read as the literals of the language are written.
pub(super) fn of_text(text: &str, ty: &str) -> Value {
    let text = text.trim_matches(' ');
    let reads = |pattern: &str| Pattern::read(pattern).find(text, 0).is_some();
    match (ty, parse_moment(text)) {
        ("boolean", _) => match text.to_ascii_lowercase().as_str() {
            "true" => Value::Bool(true),
            "false" => Value::Bool(false),
            _ => Value::Null,
        },
        ("int", _) if !reads("^-?\\d+$") => Value::Null,
        ("int", _) => match text.parse::<i64>() {
            Ok(i) => Value::Int(i128::from(i)),
            Err(_) => Value::Null,
        },
        ("float", _) if reads("^-?\\d+(\\.\\d*)?([eE][+-]?\\d+)?$") => {
            text.parse().map_or(Value::Null, Value::Float)
        }
        ("date", Ok(Moment::Date(date))) => Value::Date(date),
        ("datetime", Ok(Moment::Date(date))) => Value::Local(date.at(0, 0, 0, 0), None),
        ("datetime", Ok(Moment::Local(local))) => Value::Local(local, None),
        ("float" | "date" | "datetime", _) => Value::Null,
        (ty, _) => {
            let shape = shape(ty).unwrap_or_else(|| panic!("cast('{text}' as {ty})"));
            let value = number(text).filter(|_| reads("^-?\\d+(\\.\\d*)?$"));
            value.map_or(Value::Null, |value| decimal(&value, shape))
        }
    }
}

/// The p and s of `decimal(p,s)`.
fn shape(ty: &str) -> Option<(u32, u32)> {
    let inner = ty.strip_prefix("decimal(")?.strip_suffix(')')?;
    let (precision, scale) = inner.split_once(',')?;
    Some((precision.trim().parse().ok()?, scale.trim().parse().ok()?))
}

/// What has more digits than fit is NULL.
fn decimal(value: &Value, (precision, scale): (u32, u32)) -> Value {
    let digits = match value {
        Value::Float(f) => (f * 10_f64.powi(scale as i32)).round() as i128,
        exact => {
            let (digits, from) = exact.exact().unwrap();
            match from.checked_sub(scale) {
                Some(fewer) => half_away(digits, 10_i128.pow(fewer)),
                None => digits * 10_i128.pow(scale - from),
            }
        }
    };
    if digits.unsigned_abs() < 10_u128.pow(precision) {
        Value::Decimal(digits, scale)
    } else {
        Value::Null
    }
}
