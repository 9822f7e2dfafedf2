//! Where warehouses differ from each other when the same is written in each: `docs/warehouses.md` has the table.

use super::Entry;

pub(super) const TRAPS: &[Entry] = &[
    // Digits after the point are kept, all of them.
    (
        "{0} * {1}",
        &[("decimal(18,6)", "0.000001"), ("decimal(18,6)", "0.000001")],
        "0.000000000001",
    ),
    (
        "{0} * {1}",
        &[
            ("decimal(18,8)", "1.00000001"),
            ("decimal(18,8)", "1.00000001"),
        ],
        "1.0000000200000001",
    ),
    (
        "{0} + {1}",
        &[("decimal(20,12)", "0.000000000001"), ("int", "1")],
        "1.000000000001",
    ),
    // Halves of whole numbers.
    ("cast({0} as int)", &[("float", "-2.5")], "-3"),
    ("cast({0} as int)", &[("decimal(10,2)", "2.50")], "3"),
    ("round({0})", &[("float", "0.5")], "1"),
    ("round({0}, 1)", &[("decimal(10,2)", "-0.25")], "-0.3"),
    ("round({0}, -1)", &[("int", "25")], "30"),
    (
        "{0} / {1}",
        &[("int", "1"), ("int", "3")],
        "0.3333333333333333",
    ),
    ("{0} / {1} * 3 = 1", &[("int", "1"), ("int", "3")], "true"),
    ("cast({0} as string)", &[("decimal(10,2)", "1.50")], "1.50"),
    (
        "cast({0} as string)",
        &[("decimal(10,2)", "-0.05")],
        "-0.05",
    ),
    ("cast({0} as string)", &[("boolean", "true")], "true"),
    (
        "cast({0} as string)",
        &[("date", "2026-01-31")],
        "2026-01-31",
    ),
    (
        "cast({0} as string)",
        &[("datetime", "2026-01-31 00:00:00")],
        "2026-01-31 00:00:00",
    ),
    (
        "cast({0} as string)",
        &[("datetime", "2026-01-31 09:00:00.25")],
        "2026-01-31 09:00:00.25",
    ),
    (
        "try_cast({0} as datetime)",
        &[("string", "2026-01-31T09:00:01")],
        "2026-01-31 09:00:01",
    ),
    (
        "try_cast({0} as datetime)",
        &[("string", " 2026-01-31 09:00:01.5 ")],
        "2026-01-31 09:00:01.5",
    ),
    (
        "try_cast({0} as datetime)",
        &[("string", "2026-01-31 25:00")],
        "-",
    ),
    (
        "try_cast({0} as datetime)",
        &[("string", "2026-01-31 24:00:00")],
        "-",
    ),
    (
        "try_cast({0} as datetime)",
        &[("string", "2026-01-31 23:59:60")],
        "-",
    ),
    ("try_cast({0} as float)", &[("string", "12.")], "12"),
    ("try_cast({0} as decimal(4,2))", &[("string", "123.4")], "-"),
    // Texts are bytes: case, blanks and accents count.
    ("{0} = {1}", &[("string", "a "), ("string", "a")], "false"),
    ("{0} = {1}", &[("string", "A"), ("string", "a")], "false"),
    ("{0} < {1}", &[("string", "B"), ("string", "a")], "true"),
    (
        "{0} = {1}",
        &[("string", "\u{e9}"), ("string", "e\u{301}")],
        "false",
    ),
    ("length({0})", &[("string", "e\u{301}\u{1f600}")], "3"),
    ("lower({0})", &[("string", "ÄÉÑΣЖ")], "äéñσж"),
    ("upper({0})", &[("string", "äéñσж")], "ÄÉÑΣЖ"),
    (
        "substr({0}, 2, 1)",
        &[("string", "a\u{1f600}b")],
        "\u{1f600}",
    ),
    ("trim({0})", &[("string", " \u{a0}a\n ")], "\u{a0}a\n"),
    // Backslashes, quotes and line breaks are what they are.
    ("{0} = 'a\\nb'", &[("string", "a\nb")], "false"),
    ("{0} = 'a\\nb'", &[("string", "a\\nb")], "true"),
    ("{0} = 'it''s \"x\"'", &[("string", "it's \"x\"")], "true"),
    ("length({0} || 'a\\')", &[("string", "b")], "3"),
    // `_` and `%` of LIKE, and both with a backslash before them.
    ("{0} like 'a_b'", &[("string", "aXb")], "true"),
    ("{0} like 'a\\_b'", &[("string", "aXb")], "false"),
    ("{0} like 'a\\_b'", &[("string", "a_b")], "true"),
    ("{0} like '%\\%'", &[("string", "5%")], "true"),
    ("{0} like '%\\%'", &[("string", "5")], "false"),
    ("{0} like 'a\\\\b'", &[("string", "a\\b")], "true"),
    ("{0} like 'a%b'", &[("string", "a\n\nb")], "true"),
    ("{0} not like 'A%'", &[("string", "ab")], "true"),
    ("{0} ilike 'A\\_b'", &[("string", "a_B")], "true"),
    ("{0} ilike 'É%'", &[("string", "éa")], "true"),
    ("{0} like ''", &[("string", "")], "true"),
    // A pattern matches a part of the text, and `.` no line break.
    ("regexp_matches({0}, 'b.d')", &[("string", "abcde")], "true"),
    ("regexp_matches({0}, 'a|^x')", &[("string", "ba")], "true"),
    ("regexp_matches({0}, '^a|b$')", &[("string", "axc")], "true"),
    ("regexp_matches({0}, '^a|b$')", &[("string", "xab")], "true"),
    (
        "regexp_matches({0}, '^a|b$')",
        &[("string", "xax")],
        "false",
    ),
    ("regexp_matches({0}, 'b')", &[("string", "a\nb\nc")], "true"),
    (
        "regexp_matches({0}, '^b$')",
        &[("string", "a\nb\nc")],
        "false",
    ),
    ("regexp_matches({0}, '^b$')", &[("string", "b\n")], "false"),
    ("regexp_matches({0}, 'a.b')", &[("string", "a\nb")], "false"),
    ("regexp_matches({0}, '\\d+')", &[("string", "a1")], "true"),
    ("regexp_matches({0}, '\\d+')", &[("string", "d")], "false"),
    (
        "regexp_matches({0}, 'a\\tb')",
        &[("string", "a\tb")],
        "true",
    ),
    ("regexp_matches({0}, '[.]')", &[("string", "a")], "false"),
    ("regexp_matches({0}, '\\.')", &[("string", "a.")], "true"),
    ("regexp_matches({0}, 'A')", &[("string", "a")], "false"),
    ("regexp_matches({0}, 'x*')", &[("string", "")], "true"),
    ("regexp_extract({0}, 'b.*')", &[("string", "abc\nd")], "bc"),
    ("regexp_extract({0}, '(a)(b)?', 2)", &[("string", "ac")], ""),
    // Splits.
    ("split_part({0}, '.', 2)", &[("string", "a.b.c")], "b"),
    ("split_part({0}, 'ab', 3)", &[("string", "1ab2ab3")], "3"),
    // Overflow is not wrapped: the sum has 64 bits.
    (
        "{0} + {1}",
        &[("int", "9223372036854775806"), ("int", "1")],
        "9223372036854775807",
    ),
    // Items that are NULL.
    (
        "array_contains({0}, 'b')",
        &[("array<string>", "[a, -, b]")],
        "true",
    ),
    ("any_in({0}, ['x'])", &[("array<string>", "[-]")], "false"),
    // Days of the week and of a month's end.
    ("weekday({0})", &[("datetime", "2026-02-01 00:00")], "7"),
    (
        "date_diff('day', {0}, {1})",
        &[
            ("datetime", "2026-01-30 23:00"),
            ("datetime", "2026-01-31 01:00"),
        ],
        "1",
    ),
    (
        "date_diff('hour', {0}, {1})",
        &[
            ("timestamp", "2026-01-30 10:59Z"),
            ("timestamp", "2026-01-30 11:00Z"),
        ],
        "1",
    ),
    (
        "date_diff('month', {0}, {1})",
        &[
            ("datetime", "2026-01-31 23:00"),
            ("datetime", "2026-02-01 01:00"),
        ],
        "1",
    ),
    (
        "date_add('month', {0}, {1})",
        &[("int", "-3"), ("date", "2026-05-31")],
        "2026-02-28",
    ),
    (
        "{0} < {1}",
        &[("date", "2026-01-31"), ("datetime", "2026-01-31 00:00:01")],
        "true",
    ),
];

/// Clocks that are put forward at two and back at three.
pub(super) const CLOCKS: &[Entry] = &[
    (
        "date_trunc('hour', {0})",
        &[("timestamp", "2025-10-26 01:59Z")],
        "2025-10-26 02:00:00",
    ),
    ("hour({0})", &[("timestamp", "2025-10-26 00:59Z")], "2"),
];
