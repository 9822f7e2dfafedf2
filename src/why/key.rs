//! The key of one entity, as somebody types it.

use crate::expr::{Literal, Type};
use crate::model::calendar;
use crate::snippet::literal::{Moment, parse_date, parse_moment, parse_number};
use jiff::tz::TimeZone;

/// The literal of the key's type; None where the text is none of its type.
#[must_use]
pub fn read(text: &str, ty: &Type, zone: &TimeZone) -> Option<Literal> {
    let number = || {
        let (digits, negative) = match text.strip_prefix('-') {
            Some(rest) => (rest, true),
            None => (text, false),
        };
        parse_number(digits, negative).ok()
    };
    match ty {
        Type::String => Some(Literal::String(text.to_owned())),
        Type::Int => text.parse().ok().map(Literal::Int),
        Type::Float => {
            let value: f64 = text.parse().ok()?;
            value.is_finite().then(|| Literal::Float(value.to_bits()))
        }
        Type::Decimal { .. } => number().filter(|n| match n {
            Literal::Int(_) | Literal::Decimal { .. } => true,
            Literal::Null
            | Literal::Boolean(_)
            | Literal::Float(_)
            | Literal::String(_)
            | Literal::Date(_)
            | Literal::Timestamp(_)
            | Literal::Datetime(_)
            | Literal::Array(_) => false,
        }),
        Type::Boolean => text.parse().ok().map(Literal::Boolean),
        Type::Date => parse_date(text).ok().map(Literal::Date),
        Type::Timestamp => match parse_moment(text).ok()? {
            Moment::Instant(at) => Some(at),
            Moment::Local(at) => calendar::instant(at, zone),
            Moment::Date(date) => calendar::midnight(date, zone),
        }
        .map(Literal::Timestamp),
        Type::Datetime => match parse_moment(text).ok()? {
            Moment::Local(at) => Some(Literal::Datetime(at)),
            Moment::Date(date) => Some(Literal::Datetime(date.at(0, 0, 0, 0))),
            Moment::Instant(_) => None,
        },
        Type::Json | Type::Array(_) | Type::Null => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_read_as_its_type_or_not_at_all() {
        let read = |text, ty: &Type| read(text, ty, &TimeZone::UTC);
        assert_eq!(read("7", &Type::Int), Some(Literal::Int(7)));
        assert_eq!(read("-7", &Type::Int), Some(Literal::Int(-7)));
        assert_eq!(read("7.0", &Type::Int), None);
        assert_eq!(read("c7", &Type::Int), None);
        assert_eq!(read("7", &Type::String), Some(Literal::String("7".into())));
        let money = Type::Decimal {
            precision: 9,
            scale: 2,
        };
        assert!(read("7.50", &money).is_some());
        assert_eq!(read("seven", &money), None);
        assert!(read("2026-01-31", &Type::Date).is_some());
        assert_eq!(read("31.1.2026", &Type::Date), None);
        assert!(read("2026-01-31 09:00", &Type::Timestamp).is_some());
        assert_eq!(read("nan", &Type::Float), None);
    }
}
