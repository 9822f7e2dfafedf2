//! Values, how they compare, and whether a text that the engine printed says the same.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use segc::expr::Literal;
use segc::snippet::literal::{Moment, parse_moment};
use std::cmp::Ordering;
use std::fmt;

/// A value of any type; a decimal is `digits / 10^scale`.
#[derive(Clone, Debug)]
pub(crate) enum Value {
    Null,
    Bool(bool),
    Int(i128),
    Decimal(i128, u32),
    Float(f64),
    Text(String),
    Date(Date),
    /// `timestamp`
    Instant(Timestamp),
    /// `datetime`, and the zone of the clock that it was read on; None of what is only written down: the zone of its place.
    Local(DateTime, Option<TimeZone>),
    Array(Vec<Self>),
}

impl Value {
    pub(crate) fn of(literal: &Literal) -> Self {
        match literal {
            Literal::Null => Self::Null,
            Literal::Boolean(b) => Self::Bool(*b),
            Literal::Int(i) => Self::Int(i128::from(*i)),
            Literal::Decimal { digits, scale } => Self::Decimal(*digits, u32::from(*scale)),
            Literal::Float(bits) => Self::Float(f64::from_bits(*bits)),
            Literal::String(s) => Self::Text(s.clone()),
            Literal::Date(d) => Self::Date(*d),
            Literal::Timestamp(t) => Self::Instant(*t),
            Literal::Datetime(t) => Self::Local(*t, None),
            Literal::Array(items) => Self::Array(items.iter().map(Self::of).collect()),
        }
    }

    pub(crate) fn text(text: &str) -> Self {
        Self::Text(text.to_owned())
    }

    /// The value as it stands in a table whose wall clocks are read in `zone`.
    pub(crate) fn on_clock(self, zone: &TimeZone) -> Self {
        match self {
            Self::Local(t, None) => Self::Local(t, Some(zone.clone())),
            other => other,
        }
    }

    pub(crate) fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// What a leaf makes of it: NULL is false.
    pub(crate) fn is_true(&self) -> bool {
        matches!(self, Self::Bool(true))
    }

    /// `digits / 10^scale`, of whole numbers and decimals.
    pub(crate) fn exact(&self) -> Option<(i128, u32)> {
        match self {
            Self::Int(i) => Some((*i, 0)),
            Self::Decimal(digits, scale) => Some((*digits, *scale)),
            _ => None,
        }
    }

    /// Any number as a float.
    pub(crate) fn float(&self) -> Option<f64> {
        match self {
            Self::Float(f) => Some(*f),
            // Through text, so that the nearest float is taken.
            _ => self.exact().map(|_| self.to_string().parse().unwrap()),
        }
    }

    pub(crate) fn int(&self) -> Option<i128> {
        match self {
            Self::Int(i) => Some(*i),
            _ => None,
        }
    }

    /// The order of two values that are not NULL; dates, times and numbers of several types have been brought together.
    pub(crate) fn order(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Bool(a), Self::Bool(b)) => a.cmp(b),
            (Self::Text(a), Self::Text(b)) => a.cmp(b),
            (Self::Date(a), Self::Date(b)) => a.cmp(b),
            (Self::Instant(a), Self::Instant(b)) => a.cmp(b),
            (Self::Local(a, _), Self::Local(b, _)) => a.cmp(b),
            (Self::Date(a), Self::Local(b, _)) => a.at(0, 0, 0, 0).cmp(b),
            (Self::Local(a, _), Self::Date(b)) => a.cmp(&b.at(0, 0, 0, 0)),
            (Self::Array(a), Self::Array(b)) => a
                .iter()
                .zip(b)
                .map(|(a, b)| a.order(b))
                .find(|o| o.is_ne())
                .unwrap_or(a.len().cmp(&b.len())),
            (a, b) => match (a.exact(), b.exact()) {
                (Some(a), Some(b)) => {
                    let (a, b, _) = align(a, b);
                    a.cmp(&b)
                }
                _ => match (a.float(), b.float()) {
                    (Some(a), Some(b)) => a.partial_cmp(&b).expect("no NaN is ever made"),
                    _ => panic!("{a:?} and {b:?} do not compare"),
                },
            },
        }
    }

    pub(crate) fn equals(&self, other: &Self) -> bool {
        !self.is_null() && !other.is_null() && self.order(other).is_eq()
    }

    /// Whether the engine's text is this value. Floats agree to nine digits: their sums depend on the order of rows.
    pub(crate) fn agrees(&self, text: Option<&str>) -> bool {
        let Some(text) = text else {
            return self.is_null();
        };
        match self {
            Self::Null => false,
            Self::Bool(b) => text == b.to_string(),
            Self::Text(s) => text == s,
            Self::Int(_) | Self::Decimal(..) => match number(text) {
                Some(found) => found.equals(self),
                None => false,
            },
            // Infinity is near nothing but itself.
            Self::Float(f) => text.parse::<f64>().is_ok_and(|found| {
                found == *f || f.is_finite() && (found - f).abs() <= 1e-9 * f.abs().max(1.0)
            }),
            Self::Date(d) => text == d.to_string() || text == format!("{d} 00:00:00"),
            Self::Instant(t) => parse_moment(text) == Ok(Moment::Instant(*t)),
            Self::Local(t, _) => match parse_moment(text) {
                Ok(Moment::Local(found)) => found == *t,
                Ok(Moment::Date(found)) => found.at(0, 0, 0, 0) == *t,
                _ => false,
            },
            // The engine puts some items into quotes; no text of ours has one.
            Self::Array(_) => text.replace('\'', "") == self.to_string(),
        }
    }
}

/// Two exact numbers with one scale.
pub(crate) fn align(a: (i128, u32), b: (i128, u32)) -> (i128, i128, u32) {
    let scale = a.1.max(b.1);
    let up = |(digits, from): (i128, u32)| digits * 10_i128.pow(scale - from);
    (up(a), up(b), scale)
}

/// A whole number or a decimal, as text.
pub(crate) fn number(text: &str) -> Option<Value> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = format!("{whole}{fraction}").parse().ok()?;
    Some(match fraction.len() {
        0 => Value::Int(digits),
        scale => Value::Decimal(digits, u32::try_from(scale).ok()?),
    })
}

/// As `cast(x as string)` and as the engine prints it.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("NULL"),
            Self::Bool(b) => write!(f, "{b}"),
            Self::Int(i) => write!(f, "{i}"),
            Self::Decimal(digits, 0) => write!(f, "{digits}"),
            Self::Decimal(digits, scale) => {
                let sign = if *digits < 0 { "-" } else { "" };
                let one = 10_u128.pow(*scale);
                let size = digits.unsigned_abs();
                let scale = *scale as usize;
                write!(f, "{sign}{}.{:0scale$}", size / one, size % one)
            }
            Self::Float(x) => write!(f, "{x:?}"),
            Self::Text(s) => f.write_str(s),
            Self::Date(d) => write!(f, "{d}"),
            Self::Instant(t) => {
                let text = t.to_string().replace('T', " ");
                write!(f, "{}+00", text.trim_end_matches('Z'))
            }
            Self::Local(t, _) => write!(f, "{}", t.to_string().replace('T', " ")),
            Self::Array(items) => {
                let items: Vec<String> = items.iter().map(ToString::to_string).collect();
                write!(f, "[{}]", items.join(", "))
            }
        }
    }
}
