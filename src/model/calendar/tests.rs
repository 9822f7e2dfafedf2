//! Both sides of every bound, on days that are short, long, or begin late.

use super::*;
use jiff::civil::{date, datetime};

fn zone(name: &str) -> TimeZone {
    TimeZone::get(name).unwrap()
}

fn context(as_of: &str, zone_name: &str) -> Context {
    let zone = zone(zone_name);
    let as_of = resolve_as_of(
        &AsOfSpec::At(as_of.to_owned()),
        Timestamp::UNIX_EPOCH,
        &zone,
    )
    .unwrap();
    Context {
        as_of,
        time_zone: zone,
        week_start: WeekStart::Monday,
        vars: Vec::new(),
    }
}

fn duration(text: &str) -> Duration {
    let (count, unit) = text.split_once(' ').unwrap();
    Duration {
        count: count.parse().unwrap(),
        unit: crate::snippet::literal::parse_unit(unit).unwrap(),
    }
}

fn within(text: &str) -> WindowSpec {
    WindowSpec::Within(duration(text))
}

/// The bounds as text, without the words around them.
fn bounds(spec: &WindowSpec, ty: &Type, ctx: &Context) -> String {
    bounds_in(spec, ty, &ctx.time_zone, ctx)
}

fn bounds_in(spec: &WindowSpec, ty: &Type, zone: &TimeZone, ctx: &Context) -> String {
    let window = match window(spec, ty, zone, ctx) {
        Ok(window) => window,
        Err((message, _)) => return message,
    };
    let text = |bound: &Option<Literal>| match bound {
        None => String::new(),
        Some(Literal::Date(d)) => d.to_string(),
        Some(Literal::Datetime(d)) => d.to_string(),
        Some(Literal::Timestamp(t)) => t.to_string(),
        Some(other) => panic!("{other:?}"),
    };
    format!("{} .. {}", text(&window.from), text(&window.until))
}

#[test]
fn as_of_is_an_instant() {
    let now: Timestamp = "2026-01-31T14:30:15.123456789Z".parse().unwrap();
    let berlin = zone("Europe/Berlin");
    let resolve =
        |spec: AsOfSpec, zone: &TimeZone| resolve_as_of(&spec, now, zone).map(|t| t.to_string());
    let at = |text: &str, zone: &TimeZone| resolve(AsOfSpec::At(text.to_owned()), zone);
    assert_eq!(
        resolve(AsOfSpec::Now, &berlin).unwrap(),
        "2026-01-31T14:30:15.123456Z"
    );
    assert_eq!(
        resolve(AsOfSpec::Today, &berlin).unwrap(),
        "2026-01-30T23:00:00Z"
    );
    assert_eq!(at("2026-07-01", &berlin).unwrap(), "2026-06-30T22:00:00Z");
    assert_eq!(
        at("2026-01-31 09:00", &berlin).unwrap(),
        "2026-01-31T08:00:00Z"
    );
    assert_eq!(
        at("2026-01-31T09:00:00Z", &berlin).unwrap(),
        "2026-01-31T09:00:00Z"
    );
    assert_eq!(
        at("2026-01-31 09:00-05:00", &berlin).unwrap(),
        "2026-01-31T14:00:00Z"
    );
    // Midnight was skipped that day.
    assert_eq!(
        at("2018-11-04", &zone("America/Sao_Paulo")).unwrap(),
        "2018-11-04T03:00:00Z"
    );
    assert!(
        at("2026-03-29 02:30", &berlin)
            .unwrap_err()
            .contains("put forward")
    );
    assert!(at("2026-10-25 02:30", &berlin).unwrap_err().contains("+02"));
    assert_eq!(
        at("2026-10-25 02:30+01:00", &berlin).unwrap(),
        "2026-10-25T01:30:00Z"
    );
    assert!(at("yesterday", &berlin).is_err());
    assert!(at("2026-02-29", &berlin).is_err());
}

#[test]
fn days_are_wall_clock_and_hours_are_elapsed() {
    // Clocks went forward on 2026-03-08 at 02:00: that day has 23 hours.
    let ctx = context("2026-03-09 09:00", "America/New_York");
    assert_eq!(
        bounds(&within("1 day"), &Type::Timestamp, &ctx),
        "2026-03-08T13:00:00Z .. 2026-03-09T13:00:00Z"
    );
    assert_eq!(
        bounds(&within("2 days"), &Type::Timestamp, &ctx),
        "2026-03-07T14:00:00Z .. 2026-03-09T13:00:00Z"
    );
    assert_eq!(
        bounds(&within("48 hours"), &Type::Timestamp, &ctx),
        "2026-03-07T13:00:00Z .. 2026-03-09T13:00:00Z"
    );
    assert_eq!(
        bounds(&within("2 days"), &Type::Datetime, &ctx),
        "2026-03-07T09:00:00 .. 2026-03-09T09:00:00"
    );
    assert_eq!(
        bounds(&within("48 hours"), &Type::Datetime, &ctx),
        "2026-03-07T08:00:00 .. 2026-03-09T09:00:00"
    );
    // And back on 2026-10-25 in Berlin: 25 hours.
    let ctx = context("2026-10-26 00:00", "Europe/Berlin");
    assert_eq!(
        bounds(&within("1 day"), &Type::Timestamp, &ctx),
        "2026-10-24T22:00:00Z .. 2026-10-25T23:00:00Z"
    );
    assert_eq!(
        bounds(&within("24 hours"), &Type::Timestamp, &ctx),
        "2026-10-24T23:00:00Z .. 2026-10-25T23:00:00Z"
    );
    // No change of clocks anywhere.
    let ctx = context("2026-03-09 09:00", "Asia/Kolkata");
    assert_eq!(
        bounds(&within("1 day"), &Type::Timestamp, &ctx),
        "2026-03-08T03:30:00Z .. 2026-03-09T03:30:00Z"
    );
    // A bound in a gap: 02:30 was skipped.
    let ctx = context("2026-03-09 02:30", "America/New_York");
    assert_eq!(
        bounds(&within("1 day"), &Type::Timestamp, &ctx),
        "2026-03-08T07:30:00Z .. 2026-03-09T06:30:00Z"
    );
}

#[test]
fn months_clamp_and_leap_days_count() {
    let ctx = context("2026-03-31 09:00", "UTC");
    assert_eq!(
        bounds(&within("1 month"), &Type::Datetime, &ctx),
        "2026-02-28T09:00:00 .. 2026-03-31T09:00:00"
    );
    assert_eq!(
        bounds(&within("1 quarter"), &Type::Datetime, &ctx),
        "2025-12-31T09:00:00 .. 2026-03-31T09:00:00"
    );
    assert_eq!(
        bounds(&within("13 months"), &Type::Datetime, &ctx),
        "2025-02-28T09:00:00 .. 2026-03-31T09:00:00"
    );
    assert_eq!(
        bounds(&within("2 weeks"), &Type::Datetime, &ctx),
        "2026-03-17T09:00:00 .. 2026-03-31T09:00:00"
    );
    let ctx = context("2024-02-29 09:00", "UTC");
    assert_eq!(
        bounds(&within("1 year"), &Type::Datetime, &ctx),
        "2023-02-28T09:00:00 .. 2024-02-29T09:00:00"
    );
    let ctx = context("2024-03-01 09:00", "UTC");
    assert_eq!(
        bounds(&within("1 day"), &Type::Datetime, &ctx),
        "2024-02-29T09:00:00 .. 2024-03-01T09:00:00"
    );
    assert_eq!(
        bounds(&within("4000 years"), &Type::Datetime, &ctx),
        "the window reaches beyond the years 1 to 9999"
    );
    assert_eq!(
        bounds(&within("4000000000 hours"), &Type::Date, &ctx),
        "a date column has no hours"
    );
    assert_eq!(
        bounds(&within("4000000000 years"), &Type::Timestamp, &ctx),
        "the window reaches beyond the years 1 to 9999"
    );
    assert_eq!(
        bounds(&within("0 days"), &Type::Timestamp, &ctx),
        "the window can hold no row"
    );
}

#[test]
fn a_date_column_counts_whole_days() {
    // The example of the language: 25 to 31 January at nine, 24 to 30 at midnight.
    let nine = context("2026-01-31 09:00", "America/New_York");
    let midnight = context("2026-01-31", "America/New_York");
    assert_eq!(
        bounds(&within("7 days"), &Type::Date, &nine),
        "2026-01-25 .. 2026-02-01"
    );
    assert_eq!(
        bounds(&within("7 days"), &Type::Date, &midnight),
        "2026-01-24 .. 2026-01-31"
    );
    // One microsecond after midnight the day has begun.
    let after = context("2026-01-31 00:00:00.000001", "America/New_York");
    assert_eq!(
        bounds(&within("7 days"), &Type::Date, &after),
        "2026-01-25 .. 2026-02-01"
    );
    assert_eq!(
        bounds(&WindowSpec::Before(duration("7 days")), &Type::Date, &nine),
        " .. 2026-01-25"
    );
    let between = |a: &str, b: &str| WindowSpec::Between(duration(a), duration(b));
    assert_eq!(
        bounds(&between("30 days", "7 days"), &Type::Date, &nine),
        "2026-01-02 .. 2026-01-25"
    );
    assert_eq!(
        bounds(&within("1 month"), &Type::Date, &nine),
        "2026-01-01 .. 2026-02-01"
    );
    assert_eq!(
        bounds(
            &within("1 month"),
            &Type::Date,
            &context("2026-03-31", "UTC")
        ),
        "2026-02-28 .. 2026-03-31"
    );
    assert_eq!(
        bounds(&within("12 hours"), &Type::Date, &nine),
        "a date column has no hours"
    );
    // The day begins at 01:00: at that instant it is not past yet.
    let late = context("2018-11-04", "America/Sao_Paulo");
    assert_eq!(
        bounds(&within("1 day"), &Type::Date, &late),
        "2018-11-03 .. 2018-11-04"
    );
    let late = context("2018-11-04 01:00:00.000001", "America/Sao_Paulo");
    assert_eq!(
        bounds(&within("1 day"), &Type::Date, &late),
        "2018-11-04 .. 2018-11-05"
    );
    let beirut = context("2026-03-29", "Asia/Beirut");
    assert_eq!(
        bounds(&within("1 day"), &Type::Date, &beirut),
        "2026-03-28 .. 2026-03-29"
    );
}

#[test]
fn before_and_between_on_instants() {
    let ctx = context("2026-01-31 09:00", "UTC");
    assert_eq!(
        bounds(
            &WindowSpec::Before(duration("90 days")),
            &Type::Timestamp,
            &ctx
        ),
        " .. 2025-11-02T09:00:00Z"
    );
    assert_eq!(
        bounds(
            &WindowSpec::Before(duration("0 days")),
            &Type::Timestamp,
            &ctx
        ),
        " .. 2026-01-31T09:00:00Z"
    );
    let between = WindowSpec::Between(duration("180 days"), duration("90 days"));
    assert_eq!(
        bounds(&between, &Type::Timestamp, &ctx),
        "2025-08-04T09:00:00Z .. 2025-11-02T09:00:00Z"
    );
    let between = WindowSpec::Between(duration("90 days"), duration("90 days"));
    assert!(window(&between, &Type::Int, &ctx.time_zone, &ctx).is_err());
}

#[test]
fn a_window_that_is_empty_on_some_days_holds_no_row_on_these() {
    let short_month = WindowSpec::Between(duration("1 month"), duration("30 days"));
    let january = context("2026-01-31 09:00", "UTC");
    assert_eq!(
        bounds(&short_month, &Type::Timestamp, &january),
        "2025-12-31T09:00:00Z .. 2026-01-01T09:00:00Z"
    );
    let march = context("2026-03-01 09:00", "UTC");
    assert_eq!(
        bounds(&short_month, &Type::Timestamp, &march),
        "2026-02-01T09:00:00Z .. 2026-02-01T09:00:00Z"
    );
    // One o'clock comes twice on this night: from 01:30 to 01:00 again on the wall clock.
    let twice = context("2024-11-03 08:00Z", "America/New_York");
    let hour = WindowSpec::Between(duration("3 hours"), duration("2 hours"));
    assert_eq!(
        bounds(&hour, &Type::Datetime, &twice),
        "2024-11-03T01:00:00 .. 2024-11-03T01:00:00"
    );
}

#[test]
fn since_and_until_are_local_midnights_not_later_than_as_of() {
    let range = |since: Option<Date>, until: Option<Date>| WindowSpec::Range { since, until };
    let ctx = context("2026-01-31 09:00", "America/New_York");
    let (january, february) = (Some(date(2026, 1, 1)), Some(date(2026, 2, 1)));
    assert_eq!(
        bounds(&range(january, february), &Type::Timestamp, &ctx),
        "2026-01-01T05:00:00Z .. 2026-01-31T14:00:00Z"
    );
    assert_eq!(
        bounds(&range(january, february), &Type::Date, &ctx),
        "2026-01-01 .. 2026-02-01"
    );
    assert_eq!(
        bounds(
            &range(None, Some(date(2026, 1, 15))),
            &Type::Timestamp,
            &ctx
        ),
        " .. 2026-01-15T05:00:00Z"
    );
    assert_eq!(
        bounds(&range(None, Some(date(2026, 1, 15))), &Type::Date, &ctx),
        " .. 2026-01-15"
    );
    assert_eq!(
        bounds(&range(february, january), &Type::Date, &ctx),
        "the window can hold no row"
    );
    assert_eq!(
        bounds(&range(february, None), &Type::Date, &ctx),
        "2026-02-01 .. 2026-02-01"
    );
    // Another zone's wall clock holds the same instants.
    assert_eq!(
        bounds_in(
            &range(january, None),
            &Type::Datetime,
            &zone("Europe/Berlin"),
            &ctx
        ),
        "2026-01-01T06:00:00 .. 2026-01-31T15:00:00"
    );
    assert_eq!(
        bounds(&range(january, None), &Type::Datetime, &ctx),
        "2026-01-01T00:00:00 .. 2026-01-31T09:00:00"
    );
    // A day without a midnight.
    let ctx = context("2018-11-10", "America/Sao_Paulo");
    let day = Some(date(2018, 11, 4));
    assert_eq!(
        bounds(&range(day, None), &Type::Timestamp, &ctx),
        "2018-11-04T03:00:00Z .. 2018-11-10T02:00:00Z"
    );
    assert_eq!(
        bounds(&range(day, None), &Type::Datetime, &ctx),
        "2018-11-04T00:00:00 .. 2018-11-10T00:00:00"
    );
}

#[test]
fn periods_are_whole_local_days_until_as_of() {
    use Period::{Dates, Last, This, Today, Yesterday};
    let during = |period: Period| WindowSpec::During(period);
    // A Saturday.
    let ctx = context("2026-01-31 09:00", "Europe/Berlin");
    for (period, dates) in [
        (Today, "2026-01-31 .. 2026-02-01"),
        (Yesterday, "2026-01-30 .. 2026-01-31"),
        (This(Unit::Week), "2026-01-26 .. 2026-02-01"),
        (Last(Unit::Week), "2026-01-19 .. 2026-01-26"),
        (This(Unit::Month), "2026-01-01 .. 2026-02-01"),
        (Last(Unit::Month), "2025-12-01 .. 2026-01-01"),
        (This(Unit::Quarter), "2026-01-01 .. 2026-02-01"),
        (Last(Unit::Quarter), "2025-10-01 .. 2026-01-01"),
        (This(Unit::Year), "2026-01-01 .. 2026-02-01"),
        (Last(Unit::Year), "2025-01-01 .. 2026-01-01"),
        (
            Dates {
                first: date(2025, 11, 20),
                last: date(2025, 11, 30),
            },
            "2025-11-20 .. 2025-12-01",
        ),
        (
            Dates {
                first: date(2026, 1, 1),
                last: date(2026, 12, 31),
            },
            "2026-01-01 .. 2026-02-01",
        ),
        (
            Dates {
                first: date(2026, 1, 2),
                last: date(2026, 1, 1),
            },
            "the window can hold no row",
        ),
    ] {
        assert_eq!(
            bounds(&during(period), &Type::Date, &ctx),
            dates,
            "{period:?}"
        );
    }
    assert_eq!(
        bounds(&during(Today), &Type::Timestamp, &ctx),
        "2026-01-30T23:00:00Z .. 2026-01-31T08:00:00Z"
    );
    assert_eq!(
        bounds(&during(Yesterday), &Type::Timestamp, &ctx),
        "2026-01-29T23:00:00Z .. 2026-01-30T23:00:00Z"
    );
    let sunday = Context {
        week_start: WeekStart::Sunday,
        ..context("2026-02-01 09:00", "UTC")
    };
    assert_eq!(
        bounds(&during(This(Unit::Week)), &Type::Date, &sunday),
        "2026-02-01 .. 2026-02-02"
    );
    assert_eq!(
        bounds(&during(Last(Unit::Week)), &Type::Date, &sunday),
        "2026-01-25 .. 2026-02-01"
    );
    let monday = context("2026-02-01 09:00", "UTC");
    assert_eq!(
        bounds(&during(This(Unit::Week)), &Type::Date, &monday),
        "2026-01-26 .. 2026-02-02"
    );
}

#[test]
fn the_bound_of_as_of() {
    let ctx = context("2026-01-31 09:00", "America/New_York");
    let here = &ctx.time_zone;
    assert_eq!(
        as_of_bound(&Type::Date, here, &ctx),
        Literal::Date(date(2026, 2, 1))
    );
    assert_eq!(
        as_of_bound(&Type::Timestamp, here, &ctx),
        Literal::Timestamp(ctx.as_of)
    );
    assert_eq!(
        as_of_bound(&Type::Datetime, &zone("Europe/Berlin"), &ctx),
        Literal::Datetime(datetime(2026, 1, 31, 15, 0, 0, 0))
    );
}
