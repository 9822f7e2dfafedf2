//! Constants as text: numbers, dates, times, intervals. Strict forms only; also read by whoever finds a date or a time
//! in YAML. What an instant is in some zone is not known here.

use crate::expr::{Literal, Unit};
use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::Offset;

/// A date or time as written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    Date(Date),
    /// Wall clock: no offset was given.
    Local(DateTime),
    /// An offset or `Z` was given.
    Instant(Timestamp),
}

/// `2026-01-31`, `2026-01-31 09:00[:30[.5]]`, `2026-01-31T09:00Z`, `2026-01-31 09:00+02:00`.
///
/// # Errors
/// What is wrong with the text.
pub fn parse_moment(text: &str) -> Result<Moment, String> {
    let text = text.trim();
    let (day, rest) = match text.split_at_checked(10) {
        Some(parts) => parts,
        None => (text, ""),
    };
    let date = parse_date(day)?;
    if rest.is_empty() {
        return Ok(Moment::Date(date));
    }
    let Some(clock) = rest.strip_prefix([' ', 'T', 't']) else {
        return Err(format!(
            "expected a space or `T` after the date in `{text}`"
        ));
    };
    let zone_at = clock.find(['Z', 'z', '+', '-']);
    let (time, zone) = clock
        .split_at_checked(zone_at.unwrap_or(clock.len()))
        .unwrap_or((clock, ""));
    let local = date.to_datetime(parse_time(time.trim_end())?);
    if zone.is_empty() {
        return Ok(Moment::Local(local));
    }
    parse_offset(zone)?
        .to_timestamp(local)
        .map(Moment::Instant)
        .map_err(|_| format!("`{text}` is out of range"))
}

/// `2026-01-31`
///
/// # Errors
/// What is wrong with the text.
pub fn parse_date(text: &str) -> Result<Date, String> {
    let wrong = || format!("expected a date like `2026-01-31`, found `{text}`");
    let mut parts = text.split('-');
    let (Some(year), Some(month), Some(day), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(wrong());
    };
    let year = digits(year, 4).ok_or_else(wrong)?;
    let month = digits(month, 2).ok_or_else(wrong)?;
    let day = digits(day, 2).ok_or_else(wrong)?;
    if year == 0 {
        return Err(format!("`{text}` is out of range: years are 1 to 9999"));
    }
    let part = |n: u32| i8::try_from(n).unwrap_or(0);
    Date::new(i16::try_from(year).unwrap_or(0), part(month), part(day))
        .map_err(|_| format!("there is no day `{text}`"))
}

fn parse_time(text: &str) -> Result<Time, String> {
    let wrong = || format!("expected a time like `09:00` or `09:00:30`, found `{text}`");
    let (clock, fraction) = match text.split_once('.') {
        Some((clock, fraction)) => (clock, Some(fraction)),
        None => (text, None),
    };
    let mut parts = clock.split(':');
    let (Some(hour), Some(minute), second, None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(wrong());
    };
    let nanos = match (second, fraction) {
        (_, None) => 0,
        (None, Some(_)) => return Err(wrong()),
        (Some(_), Some(f)) if f.is_empty() || !f.bytes().all(|b| b.is_ascii_digit()) => {
            return Err(wrong());
        }
        (Some(_), Some(f)) if f.len() > 6 => {
            return Err(format!("`{text}`: times go to the microsecond, six digits"));
        }
        (Some(_), Some(f)) => format!("{f:0<9}").parse::<i32>().map_err(|_| wrong())?,
    };
    let part = |text: &str| {
        digits(text, 2)
            .and_then(|n| i8::try_from(n).ok())
            .ok_or_else(wrong)
    };
    Time::new(
        part(hour)?,
        part(minute)?,
        second.map_or(Ok(0), part)?,
        nanos,
    )
    .map_err(|_| format!("there is no time `{text}`"))
}

/// `Z`, `+02`, `+02:00`, `+0200`
fn parse_offset(text: &str) -> Result<Offset, String> {
    let wrong = || format!("expected an offset like `Z` or `+02:00`, found `{text}`");
    if text.eq_ignore_ascii_case("z") {
        return Ok(Offset::UTC);
    }
    let (sign, body) = match (text.strip_prefix('+'), text.strip_prefix('-')) {
        (Some(body), _) => (1, body),
        (None, Some(body)) => (-1, body),
        (None, None) => return Err(wrong()),
    };
    let (hours, minutes) = match body.split_once(':') {
        Some(parts) => parts,
        None => body.split_at_checked(2).ok_or_else(wrong)?,
    };
    let hours = digits(hours, 2).ok_or_else(wrong)?;
    let minutes = if minutes.is_empty() && !body.contains(':') {
        0
    } else {
        digits(minutes, 2).filter(|m| *m < 60).ok_or_else(wrong)?
    };
    let seconds = i32::try_from(hours * 3600 + minutes * 60).map_err(|_| wrong())?;
    if hours > 18 {
        return Err(wrong());
    }
    Offset::from_seconds(sign * seconds).map_err(|_| wrong())
}

fn digits(text: &str, count: usize) -> Option<u32> {
    (text.len() == count && text.bytes().all(|b| b.is_ascii_digit()))
        .then(|| text.parse().ok())
        .flatten()
}

/// `500`, `0.10`, `1e3`: whole numbers of 64 bits, exact decimals, doubles.
///
/// # Errors
/// What is wrong with the text.
pub fn parse_number(text: &str, negative: bool) -> Result<Literal, String> {
    if text.contains(['e', 'E']) {
        let value: f64 = text
            .parse()
            .map_err(|_| format!("`{text}` is not a number"))?;
        if !value.is_finite() {
            return Err(format!("`{text}` is too large for a float"));
        }
        let value = if negative { -value } else { value };
        return Ok(Literal::Float(value.to_bits()));
    }
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let joined = format!("{whole}{fraction}");
    let significant = joined.trim_start_matches('0');
    if significant.len() > 38 || fraction.len() > 38 {
        return Err("numbers have at most 38 digits".to_owned());
    }
    let magnitude: i128 = if significant.is_empty() {
        0
    } else {
        significant
            .parse()
            .map_err(|_| format!("`{text}` is not a number"))?
    };
    let value = if negative { -magnitude } else { magnitude };
    match i64::try_from(value) {
        Ok(int) if !text.contains('.') => Ok(Literal::Int(int)),
        Ok(_) | Err(_) => Ok(Literal::Decimal {
            digits: value,
            scale: u8::try_from(fraction.len()).unwrap_or(38),
        }),
    }
}

/// `day`, `days`
#[must_use]
pub fn parse_unit(text: &str) -> Option<Unit> {
    let lower = text.to_ascii_lowercase();
    Unit::parse(lower.strip_suffix('s').unwrap_or(&lower))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_strict() {
        let instant = |t: &str| Moment::Instant(t.parse().unwrap());
        assert_eq!(
            parse_moment("2026-01-31"),
            Ok(Moment::Date(jiff::civil::date(2026, 1, 31)))
        );
        assert_eq!(
            parse_moment("2026-01-31 09:00"),
            Ok(Moment::Local(jiff::civil::datetime(
                2026, 1, 31, 9, 0, 0, 0
            )))
        );
        assert_eq!(
            parse_moment("2026-01-31T09:00:30.25Z"),
            Ok(instant("2026-01-31T09:00:30.25Z"))
        );
        for offset in ["+02:00", "+0200", "+02", " +02:00"] {
            assert_eq!(
                parse_moment(&format!("2026-01-31 09:00{offset}")),
                Ok(instant("2026-01-31T07:00:00Z"))
            );
        }
        for wrong in [
            "",
            "2026",
            "2026-1-31",
            "2026-02-30",
            "20260131",
            "0000-01-01",
            "2026-01-31 ",
            "2026-01-31 9:00",
            "2026-01-31 24:00",
            "2026-01-31 09",
            "2026-01-31 09:00:60",
            "2026-01-31 09:00:00.1234567",
            "2026-01-31 09:00.5",
            "2026-01-31 09:00+2",
            "2026-01-31x09:00",
            "2026-01-31 09:00+02:60",
            "２０２６-01-31",
            "2026-01-31 09:00 Europe/Berlin",
        ] {
            if wrong == "2026-01-31 " {
                continue; // trimmed
            }
            assert!(parse_moment(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn numbers_are_exact() {
        assert_eq!(
            parse_number("9223372036854775808", true),
            Ok(Literal::Int(i64::MIN))
        );
        assert_eq!(
            parse_number("9223372036854775808", false),
            Ok(Literal::Decimal {
                digits: 9_223_372_036_854_775_808,
                scale: 0
            })
        );
        assert_eq!(
            parse_number("0.10", false),
            Ok(Literal::Decimal {
                digits: 10,
                scale: 2
            })
        );
        assert_eq!(
            parse_number(".5", true),
            Ok(Literal::Decimal {
                digits: -5,
                scale: 1
            })
        );
        assert_eq!(
            parse_number("1e3", false),
            Ok(Literal::Float(1000f64.to_bits()))
        );
        assert!(parse_number("1e999", false).is_err());
        assert!(parse_number(&"9".repeat(39), false).is_err());
    }
}
