//! Calendar functions of constants.

use crate::expr::{Func, Literal, Unit};
use crate::model::calendar;
use crate::spec::settings::WeekStart;
use jiff::civil::{Date, DateTime};

fn as_datetime(value: &Literal) -> Option<DateTime> {
    match value {
        Literal::Date(date) => Some(date.at(0, 0, 0, 0)),
        Literal::Datetime(at) => Some(*at),
        Literal::Null
        | Literal::Boolean(_)
        | Literal::Int(_)
        | Literal::Decimal { .. }
        | Literal::Float(_)
        | Literal::String(_)
        | Literal::Timestamp(_)
        | Literal::Array(_) => None,
    }
}

fn as_instant(value: &Literal) -> Option<jiff::Timestamp> {
    if let Literal::Timestamp(at) = value {
        Some(*at)
    } else {
        None
    }
}

pub(super) fn truncate(args: &[&Literal], unit: Unit) -> Option<Literal> {
    let [value] = args else { return None };
    match value {
        Literal::Date(date) => {
            calendar::truncate_date(*date, unit, WeekStart::Monday).map(Literal::Date)
        }
        Literal::Datetime(at) => {
            let day = at.date();
            let (hour, minute, second) = (at.hour(), at.minute(), at.second());
            Some(Literal::Datetime(match unit {
                Unit::Second => day.at(hour, minute, second, 0),
                Unit::Minute => day.at(hour, minute, 0, 0),
                Unit::Hour => day.at(hour, 0, 0, 0),
                Unit::Day | Unit::Week | Unit::Month | Unit::Quarter | Unit::Year => {
                    calendar::truncate_date(day, unit, WeekStart::Monday)?.at(0, 0, 0, 0)
                }
            }))
        }
        Literal::Null
        | Literal::Boolean(_)
        | Literal::Int(_)
        | Literal::Decimal { .. }
        | Literal::Float(_)
        | Literal::String(_)
        | Literal::Timestamp(_)
        | Literal::Array(_) => None,
    }
}

pub(super) fn added(args: &[&Literal], unit: Unit) -> Result<Option<Literal>, String> {
    let later = match args {
        [Literal::Int(n), Literal::Date(date)] => {
            calendar::shift_date(*date, *n, unit).map(Literal::Date)
        }
        [Literal::Int(n), Literal::Datetime(at)] => {
            calendar::shift_datetime(*at, *n, unit).map(Literal::Datetime)
        }
        _ => return Ok(None),
    };
    later
        .map(Some)
        .ok_or_else(|| "the date lies outside the years 1 to 9999".to_owned())
}

pub(super) fn difference(args: &[&Literal], unit: Unit) -> Option<i64> {
    let [from, to] = args else { return None };
    if unit.is_elapsed() {
        let seconds = |value: &Literal| {
            let at = match as_datetime(value) {
                Some(local) => jiff::tz::TimeZone::UTC.to_timestamp(local).ok()?,
                None => as_instant(value)?,
            };
            // Whole seconds are counted towards zero there.
            Some(at.as_second() - i64::from(at.subsec_nanosecond() < 0))
        };
        let length = match unit {
            Unit::Minute => 60,
            Unit::Hour => 3600,
            Unit::Second | Unit::Day | Unit::Week | Unit::Month | Unit::Quarter | Unit::Year => 1,
        };
        return Some(seconds(to)?.div_euclid(length) - seconds(from)?.div_euclid(length));
    }
    let (from, to) = (as_datetime(from)?.date(), as_datetime(to)?.date());
    let months = |d: Date| i64::from(d.year()) * 12 + i64::from(d.month()) - 1;
    match unit {
        Unit::Day => days_between(from, to),
        Unit::Week => {
            let week = |d| calendar::truncate_date(d, Unit::Week, WeekStart::Monday);
            days_between(week(from)?, week(to)?).map(|d| d / 7)
        }
        Unit::Month => Some(months(to) - months(from)),
        Unit::Quarter => Some(months(to).div_euclid(3) - months(from).div_euclid(3)),
        Unit::Year => Some(i64::from(to.year()) - i64::from(from.year())),
        Unit::Second | Unit::Minute | Unit::Hour => None,
    }
}

fn days_between(from: Date, to: Date) -> Option<i64> {
    Some(i64::from(from.until(to).ok()?.get_days()))
}

/// A part of a date; None for functions that are not one.
pub(super) fn field(func: Func, args: &[&Literal]) -> Option<Literal> {
    let at = args.first().and_then(|a| as_datetime(a))?;
    let month = i64::from(at.month());
    let parts = [
        (Func::Year, i64::from(at.year())),
        (Func::Quarter, (month - 1) / 3 + 1),
        (Func::Month, month),
        (Func::Day, i64::from(at.day())),
        (Func::Hour, i64::from(at.hour())),
        (
            Func::Weekday,
            i64::from(at.weekday().to_monday_one_offset()),
        ),
        (Func::DayOfYear, i64::from(at.day_of_year())),
    ];
    let part = parts.into_iter().find(|(f, _)| *f == func);
    part.map(|(_, value)| Literal::Int(value))
}
