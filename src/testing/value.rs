//! One value of a test: from YAML or a file's text to a literal of its column's type. Nothing is cast; moments may be relative.

use crate::expr::{Literal, Type, Unit};
use crate::model::calendar;
use crate::snippet::literal::{Moment, parse_moment, parse_number, parse_unit};
use crate::spec::settings::AsOfSpec;
use crate::yaml::{Node, NodeKind};
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// What moments are relative to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clock<'a> {
    pub(super) as_of: Timestamp,
    /// The project's.
    pub(super) zone: &'a TimeZone,
    /// In which datetimes of the column are read.
    pub(super) local: &'a TimeZone,
}

/// Why a value does not fit: what was found, and what to do.
pub(super) type Misfit = (String, String);

/// A value as YAML has it.
pub(super) fn of_node(node: &Node, ty: &Type, clock: Clock<'_>) -> Result<Literal, Misfit> {
    match (&node.kind, ty) {
        (NodeKind::Null, _) => Ok(Literal::Null),
        (NodeKind::Bool(b), Type::Boolean) => Ok(Literal::Boolean(*b)),
        (NodeKind::Int(n), Type::Int) => Ok(Literal::Int(*n)),
        (NodeKind::Int(_) | NodeKind::Number(_), Type::Decimal { .. } | Type::Float) => {
            number(&node.scalar_text().unwrap_or_default(), ty)
        }
        (NodeKind::String(text), Type::String) => Ok(Literal::String(text.clone())),
        (NodeKind::String(text), Type::Date | Type::Timestamp | Type::Datetime) => {
            moment(text, ty, clock)
        }
        (NodeKind::String(text), Type::Json) => json(text),
        (NodeKind::List(_) | NodeKind::Map(_), Type::Json) => {
            Ok(Literal::String(to_json(node).to_string()))
        }
        (NodeKind::List(items), Type::Array(of)) => items
            .iter()
            .map(|item| of_node(item, of, clock))
            .collect::<Result<_, _>>()
            .map(Literal::Array),
        (
            NodeKind::Bool(_)
            | NodeKind::Int(_)
            | NodeKind::Number(_)
            | NodeKind::String(_)
            | NodeKind::List(_)
            | NodeKind::Map(_),
            _,
        ) => {
            let help = match (ty, node.scalar_text()) {
                (Type::String, Some(text)) => format!("quotes make it a text: `\"{text}\"`"),
                (Type::Array(_), Some(text)) => format!("write a list: `[{text}]`"),
                (_, _) => format!("write {}", example(ty)),
            };
            Err((node.describe(), help))
        }
    }
}

/// A value as a file has it: an empty one is null.
pub(super) fn of_text(text: &str, ty: &Type, clock: Clock<'_>) -> Result<Literal, Misfit> {
    if text.is_empty() {
        return Ok(Literal::Null);
    }
    let wrong = || {
        (
            format!("the text `{text}`"),
            format!("write {}", example(ty)),
        )
    };
    match ty {
        Type::String => Ok(Literal::String(text.to_owned())),
        Type::Boolean => match text {
            "true" => Ok(Literal::Boolean(true)),
            "false" => Ok(Literal::Boolean(false)),
            _ => Err(wrong()),
        },
        Type::Int | Type::Decimal { .. } | Type::Float => number(text, ty),
        Type::Date | Type::Timestamp | Type::Datetime => moment(text, ty, clock),
        Type::Json => json(text),
        Type::Array(of) => {
            let items: Vec<Option<String>> = serde_json::from_str(text).map_err(|_| wrong())?;
            items
                .iter()
                .map(|item| match item {
                    None => Ok(Literal::Null),
                    Some(item) => of_text(item, of, clock),
                })
                .collect::<Result<_, _>>()
                .map(Literal::Array)
        }
        Type::Null => Err(wrong()),
    }
}

fn example(ty: &Type) -> &'static str {
    match ty {
        Type::Boolean => "`true` or `false`",
        Type::Int => "a whole number such as `12`",
        Type::Float => "a number such as `1.5`",
        Type::Decimal { .. } => "a number such as `12.50`",
        Type::String => "a text",
        Type::Date => "a date such as `2026-01-31`, or `-10 days`",
        Type::Timestamp => {
            "an instant such as `2026-01-31 09:00`, `2026-01-31T09:00Z` or `-10 days`"
        }
        Type::Datetime => "a time such as `2026-01-31 09:00`, or `-10 days`",
        Type::Json => "a map, a list, or JSON in quotes",
        Type::Array(_) => "a list",
        Type::Null => "`null`",
    }
}

fn number(text: &str, ty: &Type) -> Result<Literal, Misfit> {
    let wrong = |found: String| (found, format!("write {}", example(ty)));
    let (digits, negative) = match text.strip_prefix('-') {
        Some(rest) => (rest, true),
        None => (text.strip_prefix('+').unwrap_or(text), false),
    };
    let plain = digits.starts_with(|c: char| c.is_ascii_digit())
        && digits
            .chars()
            .all(|c| c.is_ascii_digit() || matches!(c, '.' | 'e' | 'E' | '-' | '+'));
    if !plain {
        return Err(wrong(format!("the text `{text}`")));
    }
    let value = parse_number(digits, negative).map_err(wrong)?;
    match (ty, value) {
        (Type::Float, _) => match text.parse::<f64>() {
            Ok(x) if x.is_finite() => Ok(Literal::Float(x.to_bits())),
            Ok(_) | Err(_) => Err(wrong(format!("the number `{text}`"))),
        },
        (Type::Int, Literal::Int(n)) => Ok(Literal::Int(n)),
        (Type::Decimal { precision, scale }, value) => {
            let (digits, own) = match value {
                Literal::Int(n) => (i128::from(n), 0),
                Literal::Decimal { digits, scale } => (digits, scale),
                Literal::Null
                | Literal::Boolean(_)
                | Literal::Float(_)
                | Literal::String(_)
                | Literal::Date(_)
                | Literal::Timestamp(_)
                | Literal::Datetime(_)
                | Literal::Array(_) => return Err(wrong(format!("the number `{text}`"))),
            };
            rescale(digits, own, *scale)
                .filter(|d| {
                    d.unsigned_abs()
                        < 10_u128
                            .checked_pow(u32::from(*precision))
                            .unwrap_or(u128::MAX)
                })
                .map(|digits| Literal::Decimal {
                    digits,
                    scale: *scale,
                })
                .ok_or_else(|| {
                    (
                        format!("the number `{text}`"),
                        format!("{ty} has {scale} digits behind the point and {precision} in all"),
                    )
                })
        }
        (_, _) => Err(wrong(format!("the number `{text}`"))),
    }
}

/// The same number with another scale, if it has no more digits than that.
fn rescale(digits: i128, from: u8, to: u8) -> Option<i128> {
    if to >= from {
        digits.checked_mul(10_i128.checked_pow(u32::from(to - from))?)
    } else {
        let unit = 10_i128.checked_pow(u32::from(from - to))?;
        (digits % unit == 0).then_some(digits / unit)
    }
}

fn json(text: &str) -> Result<Literal, Misfit> {
    match serde_json::from_str::<serde_json::Value>(text) {
        Ok(_) => Ok(Literal::String(text.to_owned())),
        Err(e) => Err((
            format!("a text that is no JSON ({e})"),
            "write a map, a list, or JSON in quotes".to_owned(),
        )),
    }
}

fn to_json(node: &Node) -> serde_json::Value {
    use serde_json::Value;
    match &node.kind {
        NodeKind::Null => Value::Null,
        NodeKind::Bool(b) => Value::Bool(*b),
        NodeKind::Int(n) => Value::from(*n),
        NodeKind::Number(n) => serde_json::from_str(n).unwrap_or_else(|_| Value::from(n.as_str())),
        NodeKind::String(s) => Value::from(s.as_str()),
        NodeKind::List(items) => items.iter().map(to_json).collect(),
        NodeKind::Map(entries) => entries
            .iter()
            .map(|(k, v)| (k.value.clone(), to_json(v)))
            .collect(),
    }
}

/// `now`, `-10 days`, `-90 days -1 second`, or a date or time as it stands.
fn moment(text: &str, ty: &Type, clock: Clock<'_>) -> Result<Literal, Misfit> {
    let found = || format!("the text `{text}`");
    let range = || (found(), "it lies beyond the years 1 to 9999".to_owned());
    if let Some(steps) = steps(text)? {
        if *ty == Type::Date {
            let mut date = calendar::local_date(clock.as_of, clock.zone);
            for (count, unit) in steps {
                if unit.is_elapsed() {
                    let help = format!("a date has no {}s: count in days or longer", unit.name());
                    return Err((found(), help));
                }
                date = calendar::shift_date(date, count, unit).ok_or_else(range)?;
            }
            return Ok(Literal::Date(date));
        }
        let mut at = clock.as_of;
        for (count, unit) in steps {
            at = calendar::shift_instant(at, count, unit, clock.zone).ok_or_else(range)?;
        }
        return Ok(instant(at, ty, clock));
    }
    let wrong = |problem: String| {
        (
            format!("{} ({problem})", found()),
            format!("write {}", example(ty)),
        )
    };
    match (ty, parse_moment(text).map_err(wrong)?) {
        (Type::Date, Moment::Date(date)) => Ok(Literal::Date(date)),
        (Type::Date, Moment::Local(_) | Moment::Instant(_)) => {
            Err((found(), "a date column has no time of day".to_owned()))
        }
        (Type::Datetime, Moment::Date(date)) => Ok(Literal::Datetime(date.at(0, 0, 0, 0))),
        (Type::Datetime, Moment::Local(at)) => Ok(Literal::Datetime(at)),
        (Type::Datetime, Moment::Instant(_)) => Err((
            found(),
            "a datetime column has no offset: write the time on the wall".to_owned(),
        )),
        (_, Moment::Date(_) | Moment::Local(_) | Moment::Instant(_)) => {
            let spec = AsOfSpec::At(text.to_owned());
            let at = calendar::resolve_as_of(&spec, clock.as_of, clock.zone)
                .map_err(|problem| (problem, format!("write {}", example(ty))))?;
            Ok(Literal::Timestamp(at))
        }
    }
}

fn instant(at: Timestamp, ty: &Type, clock: Clock<'_>) -> Literal {
    if *ty == Type::Datetime {
        Literal::Datetime(clock.local.to_datetime(at))
    } else {
        Literal::Timestamp(at)
    }
}

/// The steps of a moment that is relative to `as_of`, in the order written; None for an absolute one.
fn steps(text: &str) -> Result<Option<Vec<(i64, Unit)>>, Misfit> {
    let text = text.trim();
    let mut rest = match text.strip_prefix("now") {
        Some(rest) => rest,
        None if text.starts_with(['-', '+']) => text,
        None => return Ok(None),
    };
    let wrong = || {
        (
            format!("the text `{text}`"),
            "write `now`, `-10 days`, `-2 months` or `-90 days -1 second`".to_owned(),
        )
    };
    let mut steps = Vec::new();
    loop {
        rest = rest.trim_start();
        if rest.is_empty() {
            return Ok(Some(steps));
        }
        let (sign, number) = match (rest.strip_prefix('-'), rest.strip_prefix('+')) {
            (Some(number), _) => (-1, number),
            (None, Some(number)) => (1, number),
            (None, None) => return Err(wrong()),
        };
        let number = number.trim_start();
        let end = number
            .find(|c: char| !c.is_ascii_digit())
            .ok_or_else(wrong)?;
        let (count, unit) = number.split_at_checked(end).ok_or_else(wrong)?;
        let count: i64 = count.parse().map_err(|_| wrong())?;
        let unit = unit.strip_prefix(' ').ok_or_else(wrong)?.trim_start();
        let end = unit
            .find(|c: char| !c.is_ascii_alphabetic())
            .unwrap_or(unit.len());
        let (unit, after) = unit.split_at_checked(end).ok_or_else(wrong)?;
        if count > i64::from(u32::MAX) {
            return Err(wrong());
        }
        steps.push((sign * count, parse_unit(unit).ok_or_else(wrong)?));
        rest = after;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{FileId, Span};

    fn read(kind: NodeKind, ty: &Type) -> Result<Literal, Misfit> {
        let zone = TimeZone::UTC;
        let clock = Clock {
            as_of: "2026-03-31T09:00:00Z".parse().unwrap(),
            zone: &zone,
            local: &zone,
        };
        of_node(&Node::new(kind, Span::new(FileId(0), 0, 0)), ty, clock)
    }

    fn text(text: &str, ty: &Type) -> Result<Literal, Misfit> {
        read(NodeKind::String(text.to_owned()), ty)
    }

    #[test]
    fn nothing_is_cast() {
        let decimal = Type::Decimal {
            precision: 5,
            scale: 2,
        };
        let number = |n: &str| read(NodeKind::Number(n.to_owned()), &decimal);
        let two = |digits| Ok(Literal::Decimal { digits, scale: 2 });
        assert_eq!(number("1.5"), two(150));
        assert_eq!(number("-1.500"), two(-150));
        assert_eq!(read(NodeKind::Int(999), &decimal), two(99_900));
        assert!(number("1.555").is_err());
        assert!(read(NodeKind::Int(1000), &decimal).is_err());
        assert!(text("12", &Type::Int).is_err());
        assert!(read(NodeKind::Int(12), &Type::String).is_err());
        assert!(read(NodeKind::Int(1), &Type::Boolean).is_err());
        assert!(text("2026-01-31 09:00", &Type::Date).is_err());
        assert!(text("2026-01-31T09:00Z", &Type::Datetime).is_err());
        assert!(text("{", &Type::Json).is_err());
        assert_eq!(read(NodeKind::Null, &Type::Int), Ok(Literal::Null));
    }

    #[test]
    fn moments_are_relative_to_as_of() {
        let at = |t: &str| Ok(Literal::Timestamp(t.parse().unwrap()));
        let date = |y, m, d| Ok(Literal::Date(jiff::civil::date(y, m, d)));
        assert_eq!(text("now", &Type::Timestamp), at("2026-03-31T09:00:00Z"));
        assert_eq!(
            text("-1 month", &Type::Timestamp),
            at("2026-02-28T09:00:00Z")
        );
        assert_eq!(
            text("-90 days -1 second", &Type::Timestamp),
            at("2025-12-31T08:59:59Z")
        );
        assert_eq!(
            text("+2 hours", &Type::Timestamp),
            at("2026-03-31T11:00:00Z")
        );
        assert_eq!(text("-7 days", &Type::Date), date(2026, 3, 24));
        assert_eq!(text("now", &Type::Date), date(2026, 3, 31));
        assert_eq!(
            text("2026-01-31", &Type::Timestamp),
            at("2026-01-31T00:00:00Z")
        );
        for bad in [
            "-1 hour",
            "-10",
            "-10days",
            "- days",
            "-1 day 2 days",
            "-1 dya",
            "now-",
        ] {
            assert!(text(bad, &Type::Date).is_err(), "{bad}");
        }
    }
}
