//! Calendar arithmetic: `as_of` and windows become literal instants, dates and wall-clock times, so that no dialect
//! computes any of its own (`language.md` §5).
//!
//! Up to hours time is elapsed time; days and longer are wall clock in the project's zone. Called by the model for windows
//! and by `typing` for constants; the only clock is the caller's `now`.

use super::Window;
use super::typing::Context;
use crate::expr::{Literal, Type, Unit};
use crate::snippet::literal::{Moment, parse_moment};
use crate::spec::WindowSpec;
use crate::spec::condition::{Duration, Period};
use crate::spec::settings::{AsOfSpec, WeekStart};
use jiff::civil::{Date, DateTime};
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{SignedDuration, Span, Timestamp};

#[cfg(test)]
mod tests;

/// The instant an `as_of` stands for, to the microsecond.
///
/// # Errors
/// What is wrong with the text.
pub fn resolve_as_of(
    spec: &AsOfSpec,
    now: Timestamp,
    zone: &TimeZone,
) -> Result<Timestamp, String> {
    let instant = match spec {
        AsOfSpec::Now => now,
        AsOfSpec::Today => midnight(local_date(now, zone), zone)
            .ok_or_else(|| "the local day is out of range".to_owned())?,
        AsOfSpec::At(text) => match parse_moment(text)? {
            Moment::Date(date) => {
                midnight(date, zone).ok_or_else(|| format!("`{text}` is out of range"))?
            }
            Moment::Instant(instant) => instant,
            Moment::Local(local) => match zone.to_ambiguous_timestamp(local).offset() {
                AmbiguousOffset::Unambiguous { offset } => offset
                    .to_timestamp(local)
                    .map_err(|_| format!("`{text}` is out of range"))?,
                AmbiguousOffset::Gap { .. } => {
                    return Err(format!(
                        "there is no `{text}` in this time zone: clocks were put forward over it"
                    ));
                }
                AmbiguousOffset::Fold { before, after } => {
                    return Err(format!(
                        "`{text}` comes twice in this time zone: add the offset, {before} or {after}"
                    ));
                }
            },
        },
    };
    let micros = Timestamp::from_microsecond(instant.as_microsecond())
        .map_err(|_| "the instant is out of range".to_owned())?;
    if in_range(&Literal::Timestamp(micros)) {
        Ok(micros)
    } else {
        Err("the instant is out of range: years are 1 to 9999".to_owned())
    }
}

/// The first value of a time column of type `ty` that is not past at `as_of`: rows have t < it. `zone` is the one in
/// which the column's datetimes are read; a date column's bound is the first local date whose midnight is at or after
/// `as_of`.
#[must_use]
pub fn as_of_bound(ty: &Type, zone: &TimeZone, ctx: &Context) -> Literal {
    match ty {
        Type::Date => Literal::Date(end_date(ctx)),
        Type::Datetime => Literal::Datetime(zone.to_datetime(ctx.as_of)),
        Type::Timestamp
        | Type::Boolean
        | Type::Int
        | Type::Float
        | Type::Decimal { .. }
        | Type::String
        | Type::Json
        | Type::Array(_)
        | Type::Null => Literal::Timestamp(ctx.as_of),
    }
}

/// What is wrong with a window, and what to do about it.
type Misfit = (String, String);

/// The bounds of a window on a time column of type `ty`; `until` is never later than [`as_of_bound`], save that of `next`.
///
/// # Errors
/// Why the window does not fit, as (message, hint).
pub fn window(
    spec: &WindowSpec,
    ty: &Type,
    zone: &TimeZone,
    ctx: &Context,
) -> Result<Window, Misfit> {
    let column = match ty {
        Type::Date => Column::Date,
        Type::Timestamp => Column::Timestamp,
        Type::Datetime => Column::Datetime,
        Type::Boolean
        | Type::Int
        | Type::Float
        | Type::Decimal { .. }
        | Type::String
        | Type::Json
        | Type::Array(_)
        | Type::Null => {
            return Err((
                format!("a window needs a time column, and this one is of type {ty}"),
                "make the relation's `time` a date, timestamp or datetime column".to_owned(),
            ));
        }
    };
    let (from, until) = bounds(spec, &On { column, zone, ctx })?;
    let until = match spec {
        WindowSpec::Next(_) => until,
        WindowSpec::Within(_)
        | WindowSpec::Before(_)
        | WindowSpec::Between(..)
        | WindowSpec::Range { .. }
        | WindowSpec::During(_) => {
            let bound = as_of_bound(ty, zone, ctx);
            Some(until.filter(|u| earlier(u, &bound)).unwrap_or(bound))
        }
    };
    if from.iter().chain(&until).all(in_range) {
        Ok(Window { from, until })
    } else {
        Err(out_of_range())
    }
}

/// The days of a window, from the first until before the second, whether they have come or not.
pub(super) fn days_of(
    spec: &WindowSpec,
    ctx: &Context,
) -> Result<(Option<Date>, Option<Date>), Misfit> {
    let on = On {
        column: Column::Date,
        zone: &ctx.time_zone,
        ctx,
    };
    let (from, until) = bounds(spec, &on)?;
    let date = |bound: Literal| match bound {
        Literal::Date(date) => Some(date),
        Literal::Null
        | Literal::Boolean(_)
        | Literal::Int(_)
        | Literal::Decimal { .. }
        | Literal::Float(_)
        | Literal::String(_)
        | Literal::Timestamp(_)
        | Literal::Datetime(_)
        | Literal::Array(_) => None,
    };
    let until = match spec {
        WindowSpec::Within(_) => Some(end_date(ctx)),
        WindowSpec::Before(_)
        | WindowSpec::Between(..)
        | WindowSpec::Range { .. }
        | WindowSpec::During(_)
        | WindowSpec::Next(_) => until.and_then(date),
    };
    Ok((from.and_then(date), until))
}

fn no_parts_of_days(unit: Unit) -> Misfit {
    (
        format!("a date column has no {}s", unit.name()),
        "count in days or longer: `1 day`".to_owned(),
    )
}

/// Where a window begins and ends, if it does, whatever has come by then.
fn bounds(spec: &WindowSpec, on: &On<'_>) -> Result<(Option<Literal>, Option<Literal>), Misfit> {
    Ok(match spec {
        WindowSpec::Within(duration) => {
            if duration.count == 0 {
                return Err(empty("write at least 1"));
            }
            (Some(on.ago(duration)?), None)
        }
        WindowSpec::Before(duration) => (None, Some(on.ago(duration)?)),
        WindowSpec::Between(far, near) => {
            let (from, until) = (on.ago(far)?, on.ago(near)?);
            // What is shorter on some days only has no row on these: a month of 28 days, beside 30; an hour that comes twice.
            let until = if earlier(&until, &from) {
                from.clone()
            } else {
                until
            };
            (Some(from), Some(until))
        }
        WindowSpec::Range { since, until } => {
            if let (Some(since), Some(until)) = (since, until)
                && since >= until
            {
                return Err(empty("`since` has to be an earlier day than `until`"));
            }
            let day = |date: &Option<Date>| date.map(|d| on.day(d)).transpose();
            (day(since)?, day(until)?)
        }
        WindowSpec::During(period) => {
            let (first, next) = days(period, on.ctx)?;
            (Some(on.day(first)?), Some(on.day(next)?))
        }
        WindowSpec::Next(duration) => (Some(on.now()), Some(on.ahead(duration)?)),
    })
}

#[derive(Clone, Copy)]
enum Column {
    Date,
    Timestamp,
    Datetime,
}

/// A window's column: how bounds on it are written.
struct On<'a> {
    column: Column,
    zone: &'a TimeZone,
    ctx: &'a Context,
}

impl On<'_> {
    /// So long before `as_of`; on a date column, so many days and the like before the first midnight at or after it.
    fn ago(&self, duration: &Duration) -> Result<Literal, Misfit> {
        self.shifted(
            end_date(self.ctx),
            -i64::from(duration.count),
            duration.unit,
        )
    }

    /// The first moment that `next` asks about: `as_of`; on a date column, its local date.
    fn now(&self) -> Literal {
        match self.column {
            Column::Date => Literal::Date(today(self.ctx)),
            Column::Timestamp | Column::Datetime => self.instant(self.ctx.as_of),
        }
    }

    /// So long after that.
    fn ahead(&self, duration: &Duration) -> Result<Literal, Misfit> {
        self.shifted(today(self.ctx), i64::from(duration.count), duration.unit)
    }

    /// So many units from `as_of`; on a date column, from this day.
    fn shifted(&self, day: Date, count: i64, unit: Unit) -> Result<Literal, Misfit> {
        match self.column {
            Column::Date if unit.is_elapsed() => Err(no_parts_of_days(unit)),
            Column::Date => shift_date(day, count, unit)
                .map(Literal::Date)
                .ok_or_else(out_of_range),
            Column::Timestamp | Column::Datetime => {
                shift_instant(self.ctx.as_of, count, unit, &self.ctx.time_zone)
                    .map(|at| self.instant(at))
                    .ok_or_else(out_of_range)
            }
        }
    }

    /// The local midnight that a day begins with.
    fn day(&self, date: Date) -> Result<Literal, Misfit> {
        match self.column {
            Column::Date => Ok(Literal::Date(date)),
            // The project's own wall clock: the day begins at 00:00 even where that was skipped.
            Column::Datetime if *self.zone == self.ctx.time_zone => {
                Ok(Literal::Datetime(date.at(0, 0, 0, 0)))
            }
            Column::Timestamp | Column::Datetime => midnight(date, &self.ctx.time_zone)
                .map(|at| self.instant(at))
                .ok_or_else(out_of_range),
        }
    }

    fn instant(&self, at: Timestamp) -> Literal {
        match self.column {
            Column::Timestamp | Column::Date => Literal::Timestamp(at),
            Column::Datetime => Literal::Datetime(self.zone.to_datetime(at)),
        }
    }
}

fn out_of_range() -> Misfit {
    (
        "the window reaches beyond the years 1 to 9999".to_owned(),
        "write a shorter one, or leave it away".to_owned(),
    )
}

fn empty(hint: &str) -> Misfit {
    ("the window can hold no row".to_owned(), hint.to_owned())
}

/// The first day of a period, and the day after its last.
fn days(period: &Period, ctx: &Context) -> Result<(Date, Date), Misfit> {
    let today = today(ctx);
    let start = |unit| {
        truncate_date(today, unit, ctx.week_start).ok_or_else(|| {
            (
                format!("there is no period `this {}` of days", unit.name()),
                "periods are day, week, month, quarter and year".to_owned(),
            )
        })
    };
    let shift = |date, count, unit| shift_date(date, count, unit).ok_or_else(out_of_range);
    match period {
        Period::Today => Ok((today, shift(today, 1, Unit::Day)?)),
        Period::Yesterday => Ok((shift(today, -1, Unit::Day)?, today)),
        Period::This(unit) => {
            let first = start(*unit)?;
            Ok((first, shift(first, 1, *unit)?))
        }
        Period::Last(unit) => {
            let next = start(*unit)?;
            Ok((shift(next, -1, *unit)?, next))
        }
        Period::Dates { first, last } => {
            if first > last {
                return Err(empty("the first day has to come first"));
            }
            Ok((*first, shift(*last, 1, Unit::Day)?))
        }
    }
}

/// The local date of `as_of`.
#[must_use]
pub fn today(ctx: &Context) -> Date {
    local_date(ctx.as_of, &ctx.time_zone)
}

/// The local date of an instant.
#[must_use]
pub fn local_date(at: Timestamp, zone: &TimeZone) -> Date {
    zone.to_datetime(at).date()
}

/// The first date that has not begun at `as_of`, or begins just then.
fn end_date(ctx: &Context) -> Date {
    let today = today(ctx);
    if midnight(today, &ctx.time_zone) == Some(ctx.as_of) {
        return today;
    }
    today.tomorrow().unwrap_or(Date::MAX)
}

/// The first instant of a local day, even where clocks skip 00:00.
#[must_use]
pub fn midnight(date: Date, zone: &TimeZone) -> Option<Timestamp> {
    let noon = date.at(12, 0, 0, 0).to_zoned(zone.clone()).ok()?;
    Some(noon.start_of_day().ok()?.timestamp())
}

/// The instant of a wall-clock time: the earlier of two; where there is none, the time as far behind the gap.
#[must_use]
pub fn instant(local: DateTime, zone: &TimeZone) -> Option<Timestamp> {
    zone.to_timestamp(local).ok()
}

/// An instant so many units later (or earlier): elapsed time up to hours, wall clock in `zone` from days on.
#[must_use]
pub fn shift_instant(at: Timestamp, count: i64, unit: Unit, zone: &TimeZone) -> Option<Timestamp> {
    match elapsed(count, unit)? {
        Some(duration) => at.checked_add(duration).ok(),
        None => {
            let later = at
                .to_zoned(zone.clone())
                .checked_add(span(count, unit)?)
                .ok()?;
            Some(later.timestamp())
        }
    }
}

/// A wall-clock time so many units later.
#[must_use]
pub fn shift_datetime(at: DateTime, count: i64, unit: Unit) -> Option<DateTime> {
    match elapsed(count, unit)? {
        Some(duration) => at.checked_add(duration).ok(),
        None => at.checked_add(span(count, unit)?).ok(),
    }
}

/// A date so many units later; None also for units shorter than a day.
#[must_use]
pub fn shift_date(at: Date, count: i64, unit: Unit) -> Option<Date> {
    if unit.is_elapsed() {
        return None;
    }
    at.checked_add(span(count, unit)?).ok()
}

/// `Some(None)` for units that are not elapsed time.
#[allow(clippy::option_option)]
fn elapsed(count: i64, unit: Unit) -> Option<Option<SignedDuration>> {
    let seconds = match unit {
        Unit::Second => 1,
        Unit::Minute => 60,
        Unit::Hour => 3600,
        Unit::Day | Unit::Week | Unit::Month | Unit::Quarter | Unit::Year => return Some(None),
    };
    count
        .checked_mul(seconds)
        .map(|s| Some(SignedDuration::from_secs(s)))
}

fn span(count: i64, unit: Unit) -> Option<Span> {
    let span = Span::new();
    match unit {
        Unit::Second => span.try_seconds(count),
        Unit::Minute => span.try_minutes(count),
        Unit::Hour => span.try_hours(count),
        Unit::Day => span.try_days(count),
        Unit::Week => span.try_weeks(count),
        Unit::Month => span.try_months(count),
        Unit::Quarter => span.try_months(count.checked_mul(3)?),
        Unit::Year => span.try_years(count),
    }
    .ok()
}

/// The first day of the week, month, quarter or year that holds a date; None for units shorter than a day.
#[must_use]
pub fn truncate_date(date: Date, unit: Unit, week_start: WeekStart) -> Option<Date> {
    match unit {
        Unit::Second | Unit::Minute | Unit::Hour => None,
        Unit::Day => Some(date),
        Unit::Week => {
            let behind = match week_start {
                WeekStart::Monday => date.weekday().to_monday_zero_offset(),
                WeekStart::Sunday => date.weekday().to_sunday_zero_offset(),
            };
            shift_date(date, -i64::from(behind), Unit::Day)
        }
        Unit::Month => Some(date.first_of_month()),
        Unit::Quarter => {
            let month = (date.month() - 1) / 3 * 3 + 1;
            Date::new(date.year(), month, 1).ok()
        }
        Unit::Year => Some(date.first_of_year()),
    }
}

/// Whether a moment lies in the years 1 to 9999, which every warehouse can hold.
#[must_use]
pub fn in_range(value: &Literal) -> bool {
    let year = match value {
        Literal::Date(date) => date.year(),
        Literal::Datetime(at) => at.year(),
        Literal::Timestamp(at) => TimeZone::UTC.to_datetime(*at).year(),
        Literal::Null
        | Literal::Boolean(_)
        | Literal::Int(_)
        | Literal::Decimal { .. }
        | Literal::Float(_)
        | Literal::String(_)
        | Literal::Array(_) => return true,
    };
    year >= 1
}

/// Whether one moment lies before another of its kind.
#[must_use]
pub fn earlier(a: &Literal, b: &Literal) -> bool {
    match (a, b) {
        (Literal::Date(a), Literal::Date(b)) => a < b,
        (Literal::Timestamp(a), Literal::Timestamp(b)) => a < b,
        (Literal::Datetime(a), Literal::Datetime(b)) => a < b,
        (
            Literal::Null
            | Literal::Boolean(_)
            | Literal::Int(_)
            | Literal::Decimal { .. }
            | Literal::Float(_)
            | Literal::String(_)
            | Literal::Date(_)
            | Literal::Timestamp(_)
            | Literal::Datetime(_)
            | Literal::Array(_),
            _,
        ) => false,
    }
}
