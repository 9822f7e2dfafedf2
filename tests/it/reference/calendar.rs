//! Time (`language.md` §5, "Windows"): which times are past, what a window holds, and the arithmetic of calendars.

use super::value::Value;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use segc::expr::Unit;
use segc::spec::condition::{Duration, Period};
use segc::spec::settings::WeekStart;
use segc::spec::{Settings, WindowSpec};

/// `as_of` and the calendar of the project.
#[derive(Clone, Debug)]
pub(crate) struct Clock {
    pub(crate) as_of: Timestamp,
    pub(crate) zone: TimeZone,
    pub(crate) week_start: WeekStart,
}

/// From one instant (or the beginning) to another (or the end), the end excluded; the dates for columns of dates.
#[derive(Clone, Debug)]
pub(crate) struct Bounds {
    instants: (Option<Timestamp>, Option<Timestamp>),
    dates: (Option<Date>, Option<Date>),
}

impl Bounds {
    /// Whether a time of a table lies inside.
    pub(crate) fn hold(&self, time: &Value) -> bool {
        fn between<T: PartialOrd>(time: &T, (from, to): &(Option<T>, Option<T>)) -> bool {
            from.as_ref().is_none_or(|from| from <= time) && to.as_ref().is_none_or(|to| time < to)
        }
        match time {
            Value::Date(d) => between(d, &self.dates),
            Value::Instant(t) => between(t, &self.instants),
            Value::Local(t, zone) => {
                let zone = zone.as_ref().expect("it stands in a table");
                let local = |t: &Option<Timestamp>| t.map(|t| zone.to_datetime(t));
                between(t, &(local(&self.instants.0), local(&self.instants.1)))
            }
            other => panic!("{other:?} is no time"),
        }
    }
}

impl Clock {
    pub(crate) fn new(settings: &Settings, zone: TimeZone, as_of: Timestamp) -> Self {
        Self {
            as_of,
            zone,
            week_start: settings.week_start,
        }
    }

    /// The local date of `as_of`.
    pub(crate) fn today(&self) -> Date {
        self.zone.to_datetime(self.as_of).date()
    }

    pub(crate) fn midnight(&self, date: Date) -> Timestamp {
        let day = date.to_zoned(self.zone.clone()).unwrap();
        day.start_of_day().unwrap().timestamp()
    }

    /// Any moment on the project's wall clock.
    pub(crate) fn local(&self, moment: &Value) -> DateTime {
        match moment {
            Value::Date(d) => d.at(0, 0, 0, 0),
            Value::Instant(t) => self.zone.to_datetime(*t),
            Value::Local(t, _) => *t,
            other => panic!("{other:?} is no time"),
        }
    }

    /// Whose clock a moment's local time is on: an instant's is the project's.
    pub(crate) fn zone_of(&self, moment: &Value) -> Option<TimeZone> {
        match moment {
            Value::Instant(_) => Some(self.zone.clone()),
            Value::Local(_, zone) => zone.clone(),
            _ => None,
        }
    }

    /// E: the day that begins with the first local midnight at or after `as_of`.
    pub(crate) fn end(&self) -> Date {
        let today = self.today();
        if self.midnight(today) == self.as_of {
            today
        } else {
            today.tomorrow().unwrap()
        }
    }

    /// Promise 3: a row's time is before `as_of`, or its day has begun and `as_of` is later.
    pub(crate) fn is_past(&self, time: &Value) -> bool {
        let past = Bounds {
            instants: (None, Some(self.as_of)),
            dates: (None, Some(self.end())),
        };
        past.hold(time)
    }

    /// `count` units after an instant: elapsed up to hours, then wall clock.
    pub(crate) fn shift(&self, from: Timestamp, count: i64, unit: Unit) -> Timestamp {
        let from = from.to_zoned(self.zone.clone());
        from.checked_add(span(count, unit)).unwrap().timestamp()
    }

    fn ago(&self, duration: &Duration) -> (Timestamp, Option<Date>) {
        let count = -i64::from(duration.count);
        let date = (!duration.unit.is_elapsed())
            .then(|| self.end().checked_add(span(count, duration.unit)).unwrap());
        (self.shift(self.as_of, count, duration.unit), date)
    }

    fn days(&self, from: Option<Date>, to: Option<Date>) -> Bounds {
        Bounds {
            instants: (from.map(|d| self.midnight(d)), to.map(|d| self.midnight(d))),
            dates: (from, to),
        }
    }

    pub(crate) fn bounds(&self, window: &WindowSpec) -> Bounds {
        let today = self.today();
        let shifted =
            |date: Date, count: i64, unit: Unit| Some(date.checked_add(span(count, unit)).unwrap());
        match window {
            WindowSpec::Within(d) => {
                let (instant, date) = self.ago(d);
                Bounds {
                    instants: (Some(instant), None),
                    dates: (date, None),
                }
            }
            WindowSpec::Before(d) => {
                let (instant, date) = self.ago(d);
                Bounds {
                    instants: (None, Some(instant)),
                    dates: (None, date),
                }
            }
            WindowSpec::Between(far, near) => {
                let (far, near) = (self.ago(far), self.ago(near));
                Bounds {
                    instants: (Some(far.0), Some(near.0)),
                    dates: (far.1, near.1),
                }
            }
            WindowSpec::Range { since, until } => self.days(*since, *until),
            WindowSpec::Next(d) => {
                let (count, unit) = (i64::from(d.count), d.unit);
                let day = (!unit.is_elapsed()).then_some(today);
                Bounds {
                    instants: (Some(self.as_of), Some(self.shift(self.as_of, count, unit))),
                    dates: (day, day.map(|d| shifted(d, count, unit).unwrap())),
                }
            }
            WindowSpec::During(Period::Today) => {
                self.days(Some(today), shifted(today, 1, Unit::Day))
            }
            WindowSpec::During(Period::Yesterday) => {
                self.days(shifted(today, -1, Unit::Day), Some(today))
            }
            WindowSpec::During(Period::This(unit)) => {
                let first = self.truncate(today, *unit);
                self.days(Some(first), shifted(first, 1, *unit))
            }
            WindowSpec::During(Period::Last(unit)) => {
                let first = self.truncate(today, *unit);
                self.days(shifted(first, -1, *unit), Some(first))
            }
            WindowSpec::During(Period::Dates { first, last }) => {
                self.days(Some(*first), shifted(*last, 1, Unit::Day))
            }
        }
    }

    /// The days of a window that is shorter than a year; `within` ends with the last day that has begun.
    pub(crate) fn days_in(&self, window: &WindowSpec) -> Vec<Date> {
        let (from, to) = self.bounds(window).dates;
        let to = to.unwrap_or(self.end());
        let days = from.unwrap().series(Span::new().days(1));
        days.take_while(|day| *day < to).collect()
    }

    /// The first day of the unit that the date is in.
    pub(crate) fn truncate(&self, date: Date, unit: Unit) -> Date {
        let weekday = date.weekday();
        let back = match self.week_start {
            WeekStart::Monday => weekday.to_monday_zero_offset(),
            WeekStart::Sunday => weekday.to_sunday_zero_offset(),
        };
        match unit {
            Unit::Week => date - Span::new().days(back),
            Unit::Month => date.first_of_month(),
            Unit::Quarter => Date::new(date.year(), (date.month() - 1) / 3 * 3 + 1, 1).unwrap(),
            Unit::Year => date.first_of_year(),
            Unit::Second | Unit::Minute | Unit::Hour | Unit::Day => date,
        }
    }

    /// Local midnights between a moment and `as_of`, on the moment's own clock.
    pub(crate) fn days_since(&self, moment: &Value) -> i128 {
        let from = self.local(moment).date();
        i128::from(from.until(self.today_of(moment)).unwrap().get_days())
    }

    /// The date of `as_of` on the clock that a moment is read on.
    pub(crate) fn today_of(&self, moment: &Value) -> Date {
        match moment {
            Value::Local(_, Some(zone)) => zone.to_datetime(self.as_of).date(),
            _ => self.today(),
        }
    }

    /// How many beginnings of a second, minute or hour lie between two instants, or two times on one clock.
    pub(crate) fn elapsed(&self, unit: Unit, from: &Value, to: &Value) -> i128 {
        let seconds = match unit {
            Unit::Second => 1,
            Unit::Minute => 60,
            Unit::Hour => 3_600,
            Unit::Day | Unit::Week | Unit::Month | Unit::Quarter | Unit::Year => {
                panic!("{unit:?} is a day or longer")
            }
        };
        let number = |moment: &Value| {
            let at = match (from, to, moment) {
                (Value::Instant(_), Value::Instant(_), Value::Instant(t)) => *t,
                _ => self
                    .local(moment)
                    .to_zoned(TimeZone::UTC)
                    .unwrap()
                    .timestamp(),
            };
            at.as_microsecond().div_euclid(seconds * 1_000_000)
        };
        i128::from(number(to) - number(from))
    }

    /// How many beginnings of the unit (a day or longer) lie between two dates.
    pub(crate) fn crossed(&self, unit: Unit, from: Date, to: Date) -> i128 {
        let months = |d: Date| i128::from(d.year()) * 12 + i128::from(d.month()) - 1;
        let days = |from: Date, to: Date| i128::from(from.until(to).unwrap().get_days());
        match unit {
            Unit::Day => days(from, to),
            Unit::Week => days(self.truncate(from, unit), self.truncate(to, unit)) / 7,
            Unit::Month => months(to) - months(from),
            Unit::Quarter => months(to) / 3 - months(from) / 3,
            Unit::Year => i128::from(to.year()) - i128::from(from.year()),
            Unit::Second | Unit::Minute | Unit::Hour => panic!("{unit:?} is shorter than a day"),
        }
    }
}

/// A length of time; calendar arithmetic clamps months to their end.
pub(crate) fn span(count: i64, unit: Unit) -> Span {
    let span = Span::new();
    match unit {
        Unit::Second => span.seconds(count),
        Unit::Minute => span.minutes(count),
        Unit::Hour => span.hours(count),
        Unit::Day => span.days(count),
        Unit::Week => span.weeks(count),
        Unit::Month => span.months(count),
        Unit::Quarter => span.months(3 * count),
        Unit::Year => span.years(count),
    }
}

/// Whole years; 29 February counts on 1 March.
pub(crate) fn age(born: Date, today: Date) -> i128 {
    let had = (born.month(), born.day()) <= (today.month(), today.day());
    i128::from(today.year()) - i128::from(born.year()) - i128::from(!had)
}
