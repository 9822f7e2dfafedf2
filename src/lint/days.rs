//! Days on which windows lie otherwise than on that of `as_of`: a finding that holds on all of them follows from the conditions.

use crate::model::{Model, calendar};
use jiff::civil::{Date, Time};
use jiff::{Timestamp, ToSpan as _};

/// The evenings of [`ahead`], and half a day after clocks go forward and back: a day has 23 hours then, and 25.
pub(super) fn others(today: Date, model: &Model) -> Vec<Timestamp> {
    let zone = &model.time_zone;
    let evening = Time::constant(23, 59, 59, 0);
    let evenings = ahead(today).into_iter();
    let evenings = evenings.filter_map(|d| calendar::instant(d.to_datetime(evening), zone));
    let changes = zone.following(model.as_of).take(2);
    let changes = changes.filter_map(|c| c.timestamp().checked_add(12.hours()).ok());
    evenings.chain(changes).collect()
}

/// Days to come. Counted back from these, every number of months up to twelve, two years and three are as long, and as short, as they
/// get: a Sunday in March (the end of a week), days in May and July of a year with no 29 February for three years before, and the last
/// days of January and of December of a leap year.
fn ahead(today: Date) -> Vec<Date> {
    let years = (2..12).filter_map(|n| today.year().checked_add(n));
    let mut years = years.filter_map(|year| Date::new(year, 1, 31).ok());
    let Some(leap) = years.find(|d| d.in_leap_year()) else {
        return Vec::new();
    };
    let before = |month, day| Date::new(leap.year() - 1, month, day).ok();
    let sunday = before(3, 22).and_then(|d| {
        let days = 7 - i64::from(d.weekday().to_monday_one_offset());
        d.checked_add(days.days()).ok()
    });
    let last = Date::new(leap.year(), 12, 31).ok();
    let days = [sunday, before(5, 15), before(7, 15), Some(leap), last];
    days.into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    /// The shortest and the longest of so many months, in days.
    fn lengths(months: i32, of: impl Iterator<Item = Date>) -> (i32, i32) {
        let lengths: Vec<i32> = of
            .map(|day| (day - day.checked_sub(months.months()).unwrap()).get_days())
            .collect();
        (
            *lengths.iter().min().unwrap(),
            *lengths.iter().max().unwrap(),
        )
    }

    #[test]
    fn months_are_as_long_and_as_short_as_they_get() {
        let all = || date(2020, 1, 1).series(1.day()).take(8 * 366);
        for today in [
            date(2026, 1, 31),
            date(2027, 12, 31),
            date(2028, 2, 29),
            date(2095, 6, 1),
            date(2099, 6, 1),
        ] {
            let days = ahead(today);
            assert!(days.iter().all(|d| *d > today), "{today}: {days:?}");
            assert!(
                days.iter()
                    .any(|d| d.weekday() == jiff::civil::Weekday::Sunday)
            );
            for months in (1..=12).chain([24, 36]) {
                let found = lengths(months, days.iter().copied());
                assert_eq!(
                    found,
                    lengths(months, all()),
                    "{months} months from {today}"
                );
            }
        }
    }

    #[test]
    fn where_years_end_there_are_none() {
        assert_eq!(ahead(date(9999, 12, 31)), []);
    }
}
