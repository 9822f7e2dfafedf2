//! Values as texts that are equal exactly when the values are: keys and traits of a test, as written and as answered.

use crate::engine::Value;
use crate::expr::{Literal, Type, decimal_text};
use crate::snippet::literal::{Moment, parse_moment};
use jiff::tz::TimeZone;

/// A literal of a column's type.
pub(super) fn literal(value: &Literal) -> String {
    match value {
        Literal::Null => "null".to_owned(),
        Literal::Boolean(b) => b.to_string(),
        Literal::Int(n) => n.to_string(),
        Literal::Decimal { digits, scale } => plain(&decimal_text(*digits, *scale)),
        Literal::Float(bits) => f64::from_bits(*bits).to_string(),
        Literal::String(text) => text.clone(),
        Literal::Date(date) => date.to_string(),
        Literal::Timestamp(at) => TimeZone::UTC.to_datetime(*at).to_string(),
        Literal::Datetime(at) => at.to_string(),
        Literal::Array(items) => {
            // As the engine writes lists.
            let item = |item: &Literal| match item {
                Literal::Null => "NULL".to_owned(),
                Literal::Decimal { digits, scale } => decimal_text(*digits, *scale),
                Literal::Timestamp(_) | Literal::Datetime(_) => literal(item).replace('T', " "),
                Literal::Boolean(_)
                | Literal::Int(_)
                | Literal::Float(_)
                | Literal::String(_)
                | Literal::Date(_)
                | Literal::Array(_) => literal(item),
            };
            let items: Vec<String> = items.iter().map(item).collect();
            format!("[{}]", items.join(", "))
        }
    }
}

/// What the engine answered, of that type.
pub(super) fn answer(value: &Value, ty: &Type) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Boolean(b) => b.to_string(),
        Value::Int(n) => n.to_string(),
        Value::Float(x) => x.to_string(),
        Value::Text(text) => match ty {
            Type::Decimal { .. } | Type::Int => plain(text),
            Type::Timestamp | Type::Datetime => match parse_moment(text) {
                Ok(Moment::Instant(at)) => TimeZone::UTC.to_datetime(at).to_string(),
                Ok(Moment::Local(at)) => at.to_string(),
                Ok(Moment::Date(date)) => date.at(0, 0, 0, 0).to_string(),
                Err(_) => text.clone(),
            },
            Type::Boolean
            | Type::Float
            | Type::String
            | Type::Date
            | Type::Json
            | Type::Array(_)
            | Type::Null => text.clone(),
        },
    }
}

/// A number without zeros that say nothing.
fn plain(text: &str) -> String {
    let text = if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.')
    } else {
        text
    };
    if text == "-0" { "0" } else { text }.to_owned()
}

/// Whether an answer is the value expected; floats to nine digits.
pub(super) fn same(value: &Value, expected: &Literal, ty: &Type) -> bool {
    match (value, expected) {
        (Value::Float(a), Literal::Float(bits)) => {
            let b = f64::from_bits(*bits);
            (a - b).abs() <= 1e-9 * b.abs().max(1.0)
        }
        (Value::Null, expected) => *expected == Literal::Null,
        (_, Literal::Null) => false,
        (
            Value::Boolean(_) | Value::Int(_) | Value::Float(_) | Value::Text(_),
            Literal::Boolean(_)
            | Literal::Int(_)
            | Literal::Decimal { .. }
            | Literal::Float(_)
            | Literal::String(_)
            | Literal::Date(_)
            | Literal::Timestamp(_)
            | Literal::Datetime(_)
            | Literal::Array(_),
        ) => answer(value, ty) == literal(expected),
    }
}
