//! Dates, times, intervals and the calendar.

use super::*;

#[test]
fn dates_meet_times_as_local_midnights() {
    all(&[
        // Constants follow the column, so that partitions can be pruned.
        (
            "ts >= date '2026-01-01'",
            "ts >= timestamp '2026-01-01 05:00:00Z' :: boolean",
        ),
        (
            "ts >= datetime '2026-07-01 09:00'",
            "ts >= timestamp '2026-07-01 13:00:00Z' :: boolean",
        ),
        (
            "ts >= timestamp '2026-07-01 09:00'",
            "ts >= timestamp '2026-07-01 13:00:00Z' :: boolean",
        ),
        (
            "ts between date '2026-01-01' and timestamp '2026-02-01 00:00Z'",
            "ts between timestamp '2026-01-01 05:00:00Z' and timestamp '2026-02-01 00:00:00Z' :: boolean",
        ),
        (
            "dt < timestamp '2026-01-31 14:00Z'",
            "dt < datetime '2026-01-31 09:00:00' :: boolean",
        ),
        (
            "dt < as_of()",
            "dt < datetime '2026-01-31 09:00:00' :: boolean",
        ),
        ("dt >= d", "dt >= cast(d as datetime) :: boolean"),
        (
            "dt >= date '2026-01-01'",
            "dt >= datetime '2026-01-01 00:00:00' :: boolean",
        ),
        ("ts > dt", "cast(ts as datetime) > dt :: boolean"),
        (
            "ts > d",
            "cast(ts as datetime) > cast(d as datetime) :: boolean",
        ),
        ("ts > ts2", "ts > ts2 :: boolean"),
        // A date column stays one.
        ("d >= as_of()", "d > date '2026-01-31' :: boolean"),
        ("d < as_of()", "d <= date '2026-01-31' :: boolean"),
        ("as_of() > d", "d <= date '2026-01-31' :: boolean"),
        (
            "d >= datetime '2026-01-31'",
            "d >= date '2026-01-31' :: boolean",
        ),
        (
            "d = timestamp '2026-01-31 05:00Z'",
            "d = date '2026-01-31' :: boolean",
        ),
        (
            "d = as_of()",
            "cast(d as datetime) = datetime '2026-01-31 09:00:00' :: boolean",
        ),
        (
            "d between as_of() - interval '7' day and as_of()",
            "d between date '2026-01-25' and date '2026-01-31' :: boolean",
        ),
        ("d = date '2026-01-31'", "d = date '2026-01-31' :: boolean"),
        (
            "date '2026-01-31' < timestamp '2026-01-31 04:00Z'",
            "false :: boolean",
        ),
    ]);
    // In a relation with its own zone, its datetimes are local there.
    let mut berlin = Columns {
        zone: Some(TimeZone::get("Europe/Berlin").unwrap()),
    };
    let ctx = context();
    assert_eq!(
        typed_in("dt < as_of()", &mut berlin, &ctx),
        "dt < datetime '2026-01-31 15:00:00' :: boolean"
    );
    assert_eq!(
        typed_in("year(ts) = 2026", &mut berlin, &ctx),
        "year(cast(ts as datetime)) = 2026 :: boolean"
    );
    assert_eq!(
        typed_in("d < as_of()", &mut berlin, &ctx),
        "d <= date '2026-01-31' :: boolean"
    );
    let (expr, diags) = run("dt < ts", &mut berlin, &ctx);
    assert!(expr.is_none() && diags.iter().any(|d| d.code.id == "S0106"));
}

#[test]
fn intervals_are_wall_clock_from_days_on() {
    all(&[
        (
            "as_of() - interval '90' day",
            "timestamp '2025-11-02 14:00:00Z' :: timestamp",
        ),
        // Nine o'clock in summer is 13:00 UTC.
        (
            "as_of() - interval '6' month",
            "timestamp '2025-07-31 13:00:00Z' :: timestamp",
        ),
        (
            "as_of() - interval '36' hour",
            "timestamp '2026-01-30 02:00:00Z' :: timestamp",
        ),
        ("today() + interval '1' month", "date '2026-02-28' :: date"),
        (
            "interval '1' week + date '2024-02-22'",
            "date '2024-02-29' :: date",
        ),
        (
            "today() - interval '2' quarter",
            "date '2025-07-31' :: date",
        ),
        (
            "ts >= as_of() - interval '90' day",
            "ts >= timestamp '2025-11-02 14:00:00Z' :: boolean",
        ),
        ("d + interval '3' day", "date_add('day', 3, d) :: date"),
        ("d - interval '2' week", "date_add('day', -14, d) :: date"),
        (
            "ts + interval '3' day",
            "date_add('day', 3, cast(ts as datetime)) :: datetime",
        ),
        (
            "ts + interval '3' hour",
            "date_add('hour', 3, ts) :: timestamp",
        ),
        (
            "d + interval '3' hour",
            "date_add('hour', 3, cast(d as datetime)) :: datetime",
        ),
        (
            "date_add('quarter', n, d)",
            "date_add('month', n * 3, d) :: date",
        ),
        (
            "date_add('days', 1, date '2024-02-28')",
            "date '2024-02-29' :: date",
        ),
        (
            "ts + interval '1' month > as_of()",
            "date_add('month', 1, cast(ts as datetime)) > datetime '2026-01-31 09:00:00' :: boolean",
        ),
    ]);
    assert_eq!(refused("interval '3' day").0, "S0201");
    assert_eq!(refused("s + interval '3' day").1, "s");
    assert_eq!(refused("today() + interval '90000' year").0, "S0217");
    assert_eq!(refused("d + interval '1' day * 2").0, "S0201");
}

#[test]
fn calendar_functions_read_local_time() {
    all(&[
        (
            "date_trunc('month', ts)",
            "date_trunc('month', cast(ts as datetime)) :: datetime",
        ),
        ("date_trunc('month', d)", "date_trunc('month', d) :: date"),
        (
            "date_trunc('week', date '2026-02-01')",
            "date '2026-01-26' :: date",
        ),
        (
            "date_trunc('quarter', as_of())",
            "datetime '2026-01-01 00:00:00' :: datetime",
        ),
        (
            "date_trunc('hour', dt)",
            "date_trunc('hour', dt) :: datetime",
        ),
        (
            "date_diff('day', ts, d)",
            "date_diff('day', cast(cast(ts as datetime) as date), d) :: int",
        ),
        (
            "date_diff('month', date '2025-12-31', date '2026-01-01')",
            "1 :: int",
        ),
        (
            "date_diff('week', date '2026-01-25', date '2026-01-26')",
            "1 :: int",
        ),
        (
            "date_diff('quarter', date '2025-12-31', date '2026-04-01')",
            "2 :: int",
        ),
        (
            "date_diff('day', date '2026-01-26', date '2026-01-25')",
            "-1 :: int",
        ),
        (
            "date_diff('hour', timestamp '2026-01-01 00:59Z', timestamp '2026-01-01 01:00Z')",
            "1 :: int",
        ),
        (
            "date_diff('hour', ts, ts2)",
            "date_diff('hour', ts, ts2) :: int",
        ),
        (
            "days_since(ts) < 30",
            "date_diff('day', cast(cast(ts as datetime) as date), date '2026-01-31') < 30 :: boolean",
        ),
        (
            "days_since(d)",
            "date_diff('day', d, date '2026-01-31') :: int",
        ),
        ("days_since(timestamp '2026-01-31 04:59Z')", "1 :: int"),
        ("days_since(timestamp '2026-01-31 05:00Z')", "0 :: int"),
        (
            "year(ts) = year(d)",
            "year(cast(ts as datetime)) = year(d) :: boolean",
        ),
        ("extract(month from as_of())", "1 :: int"),
        ("weekday(date '2026-02-01')", "7 :: int"),
        (
            "day_of_year(date '2024-12-31') + quarter(date '2024-12-31') + hour(dt)",
            "370 + hour(dt) :: int",
        ),
        ("is_weekend(d)", "weekday(d) in (6, 7) :: boolean"),
        ("is_weekend(as_of())", "true :: boolean"),
        (
            "age(d)",
            "2026 - year(d) - case when month(d) * 100 + day(d) > 131 then 1 else 0 end :: int",
        ),
        ("today()", "date '2026-01-31' :: date"),
        (
            "date_trunc('month', ts) = date_trunc('month', as_of())",
            "date_trunc('month', cast(ts as datetime)) = datetime '2026-01-01 00:00:00' :: boolean",
        ),
    ]);
    let sunday = Context {
        week_start: WeekStart::Sunday,
        ..context()
    };
    let mut scope = Columns { zone: None };
    assert_eq!(
        typed_in("date_trunc('week', d)", &mut scope, &sunday),
        "date_add('day', -1, date_trunc('week', date_add('day', 1, d))) :: date"
    );
    assert_eq!(
        typed_in("date_trunc('week', date '2026-02-01')", &mut scope, &sunday),
        "date '2026-02-01' :: date"
    );
    assert_eq!(
        typed_in("date_trunc('week', date '2026-01-31')", &mut scope, &sunday),
        "date '2026-01-25' :: date"
    );
    assert_eq!(
        typed_in(
            "date_diff('week', date '2026-01-31', date '2026-02-01')",
            &mut scope,
            &sunday
        ),
        "1 :: int"
    );
    assert_eq!(
        typed_in(
            "date_diff('week', date '2026-02-01', date '2026-02-02')",
            &mut scope,
            &sunday
        ),
        "0 :: int"
    );
    for (text, marked) in [
        ("date_trunc(ts, 'month')", "ts"),
        ("date_trunc(month, ts)", "month"),
        ("date_trunc('fortnight', ts)", "'fortnight'"),
        ("date_trunc('hour', d)", "d"),
        ("hour(d)", "d"),
        ("days_since('2026-01-01')", "'2026-01-01'"),
        ("age(n)", "n"),
        ("date_diff('hour', d, d)", "d"),
    ] {
        assert_eq!(refused(text).1, marked, "{text}");
    }
}

#[test]
fn whole_years_count_the_leap_day_on_the_first_of_march() {
    let at = |as_of: &str, born: &str| {
        let ctx = Context {
            as_of: as_of.parse().unwrap(),
            time_zone: TimeZone::UTC,
            ..context()
        };
        typed_in(
            &format!("age(date '{born}')"),
            &mut Columns { zone: None },
            &ctx,
        )
    };
    assert_eq!(at("2026-02-28T12:00:00Z", "2000-02-29"), "25 :: int");
    assert_eq!(at("2026-03-01T00:00:00Z", "2000-02-29"), "26 :: int");
    assert_eq!(at("2024-02-29T00:00:00Z", "2000-02-29"), "24 :: int");
    assert_eq!(at("2024-02-28T00:00:00Z", "2000-02-29"), "23 :: int");
    assert_eq!(at("2026-05-04T00:00:00Z", "1990-05-05"), "35 :: int");
    assert_eq!(at("2026-05-05T00:00:00Z", "1990-05-05"), "36 :: int");
}
