//! Functions of dates and times.

use super::Entry;

/// In New York, on Saturday 31 January 2026 at nine in the morning.
pub(super) const NEW_YORK: &[Entry] = &[
    ("as_of()", &[], "2026-01-31 14:00:00+00"),
    ("today()", &[], "2026-01-31"),
    (
        "{0} < as_of()",
        &[("timestamp", "2026-01-31 13:59:59Z")],
        "true",
    ),
    (
        "date_trunc('month', {0})",
        &[("date", "2026-01-31")],
        "2026-01-01",
    ),
    (
        "date_trunc('quarter', {0})",
        &[("date", "2026-12-31")],
        "2026-10-01",
    ),
    (
        "date_trunc('year', {0})",
        &[("date", "2026-12-31")],
        "2026-01-01",
    ),
    (
        "date_trunc('week', {0})",
        &[("date", "2026-01-31")],
        "2026-01-26",
    ),
    (
        "date_trunc('week', {0})",
        &[("date", "2026-01-26")],
        "2026-01-26",
    ),
    (
        "date_trunc('week', {0})",
        &[("date", "2026-02-01")],
        "2026-01-26",
    ),
    (
        "date_trunc('day', {0})",
        &[("datetime", "2026-01-31 23:59:59")],
        "2026-01-31 00:00:00",
    ),
    (
        "date_trunc('minute', {0})",
        &[("datetime", "2026-01-31 23:59:59.5")],
        "2026-01-31 23:59:00",
    ),
    // Of an instant the local clock.
    (
        "date_trunc('hour', {0})",
        &[("timestamp", "2026-01-31 14:59:59Z")],
        "2026-01-31 09:00:00",
    ),
    (
        "date_trunc('month', {0})",
        &[("timestamp", "2026-02-01 04:59:59Z")],
        "2026-01-01 00:00:00",
    ),
    (
        "date_trunc('day', {0})",
        &[("timestamp", "2026-02-01 05:00Z")],
        "2026-02-01 00:00:00",
    ),
    (
        "date_add('day', {0}, {1})",
        &[("int", "1"), ("date", "2026-12-31")],
        "2027-01-01",
    ),
    (
        "date_add('day', {0}, {1})",
        &[("int", "-31"), ("date", "2026-01-31")],
        "2025-12-31",
    ),
    (
        "date_add('week', {0}, {1})",
        &[("int", "2"), ("date", "2026-01-31")],
        "2026-02-14",
    ),
    // Months end where they end.
    (
        "date_add('month', {0}, {1})",
        &[("int", "1"), ("date", "2026-01-31")],
        "2026-02-28",
    ),
    (
        "date_add('month', {0}, {1})",
        &[("int", "-1"), ("date", "2024-03-31")],
        "2024-02-29",
    ),
    (
        "date_add('quarter', {0}, {1})",
        &[("int", "1"), ("date", "2026-11-30")],
        "2027-02-28",
    ),
    (
        "date_add('year', {0}, {1})",
        &[("int", "1"), ("date", "2024-02-29")],
        "2025-02-28",
    ),
    (
        "date_add('hour', {0}, {1})",
        &[("int", "2"), ("datetime", "2026-01-31 23:30")],
        "2026-02-01 01:30:00",
    ),
    (
        "date_add('month', {0}, {1})",
        &[("int", "1"), ("datetime", "2026-01-31 23:30")],
        "2026-02-28 23:30:00",
    ),
    (
        "date_add('hour', {0}, {1})",
        &[("int", "1"), ("date", "2026-01-31")],
        "2026-01-31 01:00:00",
    ),
    // Over the hour that is not there.
    (
        "date_add('hour', {0}, {1})",
        &[("int", "1"), ("timestamp", "2025-03-09 06:30Z")],
        "2025-03-09 07:30:00+00",
    ),
    (
        "{0} + interval '1' month",
        &[("date", "2026-01-30")],
        "2026-02-28",
    ),
    (
        "{0} - interval '1' day",
        &[("date", "2026-01-01")],
        "2025-12-31",
    ),
    (
        "date_diff('day', {0}, {1})",
        &[("date", "2026-01-30"), ("date", "2026-02-01")],
        "2",
    ),
    (
        "date_diff('day', {0}, {1})",
        &[("date", "2026-02-01"), ("date", "2026-01-30")],
        "-2",
    ),
    // 23:59:59 and midnight, there.
    (
        "date_diff('day', {0}, {1})",
        &[
            ("timestamp", "2026-01-31 04:59:59Z"),
            ("timestamp", "2026-01-31 05:00Z"),
        ],
        "1",
    ),
    (
        "date_diff('day', {0}, {1})",
        &[
            ("timestamp", "2026-01-31 05:00Z"),
            ("timestamp", "2026-02-01 04:59:59Z"),
        ],
        "0",
    ),
    (
        "date_diff('day', {0}, {1})",
        &[("datetime", "2026-01-30 23:59"), ("date", "2026-01-31")],
        "1",
    ),
    (
        "date_diff('week', {0}, {1})",
        &[("date", "2026-01-25"), ("date", "2026-01-26")],
        "1",
    ),
    (
        "date_diff('week', {0}, {1})",
        &[("date", "2026-01-26"), ("date", "2026-02-01")],
        "0",
    ),
    (
        "date_diff('month', {0}, {1})",
        &[("date", "2026-01-31"), ("date", "2026-02-01")],
        "1",
    ),
    (
        "date_diff('quarter', {0}, {1})",
        &[("date", "2025-12-31"), ("date", "2026-01-01")],
        "1",
    ),
    (
        "date_diff('year', {0}, {1})",
        &[("date", "2026-01-01"), ("date", "2026-12-31")],
        "0",
    ),
    (
        "date_diff('year', {0}, {1})",
        &[("date", "2026-01-01"), ("date", "2025-12-31")],
        "-1",
    ),
    (
        "date_diff('hour', {0}, {1})",
        &[
            ("datetime", "2026-01-31 00:59"),
            ("datetime", "2026-01-31 01:00"),
        ],
        "1",
    ),
    // Half past one, twice in that night: an hour has gone by.
    (
        "date_diff('hour', {0}, {1})",
        &[
            ("timestamp", "2025-11-02 05:30Z"),
            ("timestamp", "2025-11-02 06:30Z"),
        ],
        "1",
    ),
    (
        "date_diff('minute', {0}, {1})",
        &[
            ("timestamp", "2026-01-31 13:00:59Z"),
            ("timestamp", "2026-01-31 13:59:01Z"),
        ],
        "59",
    ),
    (
        "date_diff('second', {0}, {1})",
        &[
            ("datetime", "2026-01-31 00:00"),
            ("datetime", "2026-02-01 00:00"),
        ],
        "86400",
    ),
    ("year({0})", &[("date", "2026-01-01")], "2026"),
    (
        "year({0})",
        &[("timestamp", "2026-01-01 04:59:59Z")],
        "2025",
    ),
    ("year({0})", &[("datetime", "2025-12-31 23:59:59")], "2025"),
    ("extract(year from {0})", &[("date", "2024-02-29")], "2024"),
    ("quarter({0})", &[("date", "2026-03-31")], "1"),
    ("quarter({0})", &[("date", "2026-04-01")], "2"),
    ("quarter({0})", &[("timestamp", "2027-01-01 04:59Z")], "4"),
    ("month({0})", &[("date", "2026-12-01")], "12"),
    ("month({0})", &[("timestamp", "2026-02-01 04:59Z")], "1"),
    (
        "extract(month from {0})",
        &[("datetime", "2026-02-01 00:00")],
        "2",
    ),
    (
        "month({0}) = month(today())",
        &[("date", "2020-01-01")],
        "true",
    ),
    ("day({0})", &[("date", "2024-02-29")], "29"),
    ("day({0})", &[("timestamp", "2026-01-31 04:59Z")], "30"),
    ("extract(day from {0})", &[("date", "2026-01-01")], "1"),
    ("day({0}) + 1", &[("datetime", "2026-01-09 12:00")], "10"),
    ("hour({0})", &[("timestamp", "2026-01-31 14:59Z")], "9"),
    ("hour({0})", &[("timestamp", "2026-07-31 14:59Z")], "10"),
    ("hour({0})", &[("datetime", "2026-01-31 23:59")], "23"),
    ("weekday({0})", &[("date", "2026-02-02")], "1"),
    ("weekday({0})", &[("date", "2026-02-01")], "7"),
    ("weekday({0})", &[("timestamp", "2026-01-31 04:59Z")], "5"),
    ("day_of_year({0})", &[("date", "2024-12-31")], "366"),
    ("day_of_year({0})", &[("date", "2026-03-01")], "60"),
    (
        "day_of_year({0})",
        &[("timestamp", "2026-01-01 04:59Z")],
        "365",
    ),
    ("is_weekend({0})", &[("date", "2026-01-31")], "true"),
    ("is_weekend({0})", &[("date", "2026-02-01")], "true"),
    ("is_weekend({0})", &[("date", "2026-02-02")], "false"),
    (
        "is_weekend({0})",
        &[("timestamp", "2026-01-31 04:59Z")],
        "false",
    ),
    ("age({0})", &[("date", "1990-01-31")], "36"),
    ("age({0})", &[("date", "1990-02-01")], "35"),
    // Born on 31 January, there.
    ("age({0})", &[("timestamp", "2000-02-01 04:59Z")], "26"),
    ("days_since({0})", &[("date", "2026-01-30")], "1"),
    ("days_since({0})", &[("date", "2026-01-31")], "0"),
    ("days_since({0})", &[("date", "2026-02-02")], "-2"),
    (
        "days_since({0})",
        &[("timestamp", "2026-01-31 04:59:59Z")],
        "1",
    ),
    (
        "days_since({0})",
        &[("timestamp", "2026-01-31 05:00Z")],
        "0",
    ),
    (
        "days_since({0})",
        &[("datetime", "2026-01-30 23:59:59")],
        "1",
    ),
];

/// In New York a minute before the midnight that ends a day of 25 hours.
pub(super) const LONG_DAY: &[Entry] = &[
    ("today()", &[], "2025-11-02"),
    (
        "days_since({0})",
        &[("timestamp", "2025-11-02 04:00Z")],
        "0",
    ),
    (
        "days_since({0})",
        &[("timestamp", "2025-11-02 03:59:59Z")],
        "1",
    ),
    (
        "date_trunc('hour', {0})",
        &[("timestamp", "2025-11-02 06:30Z")],
        "2025-11-02 01:00:00",
    ),
    (
        "date_diff('day', {0}, as_of())",
        &[("timestamp", "2025-11-02 04:00Z")],
        "0",
    ),
];

/// Midnight of 1 March in a year without a 29 February; weeks begin on Sunday.
pub(super) const FIRST_OF_MARCH: &[Entry] = &[
    ("today()", &[], "2026-03-01"),
    ("age({0})", &[("date", "2000-02-29")], "26"),
    ("age({0})", &[("date", "2000-03-01")], "26"),
    ("age({0})", &[("date", "2000-03-02")], "25"),
    (
        "date_trunc('week', {0})",
        &[("date", "2026-01-31")],
        "2026-01-25",
    ),
    (
        "date_trunc('week', {0})",
        &[("date", "2026-02-01")],
        "2026-02-01",
    ),
    (
        "date_diff('week', {0}, {1})",
        &[("date", "2026-01-25"), ("date", "2026-01-26")],
        "0",
    ),
    (
        "date_diff('week', {0}, {1})",
        &[("date", "2026-01-24"), ("date", "2026-01-25")],
        "1",
    ),
    ("weekday({0})", &[("date", "2026-03-01")], "7"),
    (
        "days_since({0})",
        &[("timestamp", "2026-02-28 23:59:59.999999Z")],
        "1",
    ),
];

/// A second before it.
pub(super) const LAST_OF_FEBRUARY: &[Entry] = &[
    ("age({0})", &[("date", "2000-02-29")], "25"),
    ("age({0})", &[("date", "2000-02-28")], "26"),
    ("age({0})", &[("date", "2026-12-31")], "-1"),
    ("today()", &[], "2026-02-28"),
];

/// A 29 February.
pub(super) const LEAP_DAY: &[Entry] = &[
    ("age({0})", &[("date", "2000-02-29")], "28"),
    ("age({0})", &[("date", "2000-03-01")], "27"),
    ("today() - interval '1' year", &[], "2027-02-28"),
];
