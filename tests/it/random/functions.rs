//! Random calls of the functions that nothing else here writes: patterns, parts of texts, powers, JSON, distances, casts, and `var`.

use super::dice::Dice;
use super::expressions::Scope;
use super::schema::Kind;
use serde_json::{Value as Json, json};

const PATTERNS: [&str; 8] = [
    "^a",
    "b$",
    "[a-b]+",
    "(?i)^A.?$",
    "^(a|k)(b|\\\\d)?$",
    "x*",
    ".{2,3}",
    "[^a]",
];
const PATHS: [&str; 6] = ["a", "a.b", "a.b.0", "n", "list.1", "a.c"];

/// `$x` replaced.
fn with(template: &str, x: &str) -> String {
    template.replace("$x", x)
}

/// A text.
pub(super) fn text(d: &mut Dice, scope: Scope<'_>) -> Option<String> {
    if d.percent(25)
        && let Some((x, _)) = scope.name(d, |k| k == Kind::Json)
    {
        return Some(format!("json_text({x}, '{}')", d.pick(&PATHS)));
    }
    if d.percent(15) {
        let (x, _) = scope.name(d, |k| matches!(k, Kind::Int | Kind::Date | Kind::Decimal))?;
        return Some(with(
            d.pick(&[
                "cast($x as string)",
                "concat('n', cast($x as string))",
                "md5(cast($x as string))",
            ]),
            &x,
        ));
    }
    let (x, _) = scope.name(d, |k| k == Kind::Text)?;
    let (y, _) = scope.name(d, |k| k == Kind::Text)?;
    let n = d.from(1, 3);
    Some(match d.below(10) {
        0 => format!("trim({x} || ' ')"),
        1 => format!("trim(concat(' ', {x}, ' '))"),
        2 => format!("concat({x}, '-', {y})"),
        3 => format!("split_part({x} || '-' || {y}, '-', {n})"),
        4 => format!("split_part({x}, 'a', {n})"),
        5 => format!("regexp_extract({x}, '{}')", d.pick(&PATTERNS)),
        6 => format!("regexp_extract({x} || {y}, '([ab])(.)', {})", n - 1),
        7 => format!("md5({x})"),
        8 => format!("substr({x} || {y}, {n}, {})", d.from(0, 2)),
        _ => format!("least({x}, {y}, var('word'))"),
    })
}

/// A number; its last digits are the same wherever it is computed, or it is far from any that it is compared with.
pub(super) fn number(d: &mut Dice, scope: Scope<'_>) -> Option<String> {
    if d.percent(20)
        && let Some((x, _)) = scope.name(d, |k| k == Kind::Json)
    {
        return Some(format!("json_number({x}, '{}')", d.pick(&PATHS)));
    }
    if d.percent(25) {
        let (x, kind) = scope.name(d, Kind::is_moment)?;
        return Some(of_moment(d, &x, kind));
    }
    if d.percent(20) {
        let text = text(d, scope)?;
        return Some(with(
            d.pick(&[
                "length($x)",
                "hash_bucket($x, 5, 'salt')",
                "try_cast($x as int)",
                "try_cast($x as decimal(8,1))",
                "try_cast($x as float)",
            ]),
            &text,
        ));
    }
    let (x, _) = scope.name(d, |k| matches!(k, Kind::Int | Kind::Decimal))?;
    let (y, _) = scope.name(d, |k| matches!(k, Kind::Int | Kind::Decimal))?;
    Some(match d.below(12) {
        0 => format!("round({x} * 0.15, {})", d.from(-1, 2)),
        1 => format!("round({x}, {})", d.from(-1, 2)),
        2 => format!("power({x}, {})", d.from(0, 3)),
        3 => format!("power({x}, 0.5)"),
        4 => format!("power({x}, {y})"),
        5 => format!("sqrt({x})"),
        6 => format!("ln({x})"),
        7 => format!("exp({x})"),
        8 => format!("distance_km({x}, {y}, 1, {})", d.from(-2, 2)),
        9 => format!("var('floor') + {x}"),
        10 => format!("cast({x} as int) % 3"),
        _ => format!("cast({x} as decimal(10,1))"),
    })
}

fn of_moment(d: &mut Dice, x: &str, kind: Kind) -> String {
    let part = d.pick(&["year", "month", "day"]);
    let count = d.from(-2, 3);
    let unit = d.pick(&["day", "week", "month", "quarter", "year"]);
    match (d.below(5), kind) {
        (0, _) => format!("extract({part} from {x})"),
        // An instant is that of the project's clock; a date and a wall clock are their own.
        (1, Kind::Date | Kind::Local) => {
            format!("date_diff('day', {x}, date_add('{unit}', {count}, {x}))")
        }
        (2, Kind::Instant) => {
            let unit = d.pick(&["hour", "minute", "second"]);
            format!("date_diff('{unit}', {x}, as_of())")
        }
        (2, Kind::Local) => format!("date_diff('hour', {x}, datetime '2026-01-31 09:00')"),
        (3, Kind::Local | Kind::Instant) => format!("hour(date_trunc('hour', {x}))"),
        _ => format!("date_diff('{unit}', {x}, today())"),
    }
}

/// A condition.
pub(super) fn boolean(d: &mut Dice, scope: Scope<'_>) -> Option<String> {
    Some(match d.below(6) {
        0 | 1 => {
            let (x, _) = scope.name(d, |k| k == Kind::Text)?;
            format!("regexp_matches({x}, '{}')", d.pick(&PATTERNS))
        }
        2 => {
            let (x, _) = scope.name(d, |k| k == Kind::Text)?;
            format!(
                "{x} in {}",
                d.pick(&["(var('words'))", "('a', var('word'))"])
            )
        }
        3 => {
            let (x, _) = scope.name(d, |k| k == Kind::Tags)?;
            let (y, _) = scope.name(d, |k| k == Kind::Text)?;
            match d.below(4) {
                0 => format!("array_contains({x}, {y})"),
                1 => format!("any_in({x}, var('words'))"),
                2 => format!("all_in({x}, ['a', 'b', '7'])"),
                _ => format!("none_in({x}, [{}])", d.pick(&["'c', 'ab'", "'a'"])),
            }
        }
        _ => {
            let x = text(d, scope)?;
            with(
                d.pick(&[
                    "$x = 'a'",
                    "$x <> 'ab'",
                    "$x in ('a', 'b', 'x', '7')",
                    "$x is null",
                    "$x like '%a%'",
                    "$x >= 'b'",
                    "coalesce($x, 'a') = 'a'",
                ]),
                &x,
            )
        }
    })
}

/// An expression that says the same in DuckDB's own SQL, with its type.
/// The same in every warehouse's words.
pub(super) fn spoken(sql: &str) -> Json {
    let snowflake = match sql.strip_prefix("regexp_matches(") {
        Some(rest) => format!("(regexp_instr({}", rest.replacen(')', ") > 0)", 1)),
        None => sql.to_owned(),
    };
    json!({
        "duckdb": sql,
        "bigquery": sql.replace("regexp_matches(", "regexp_contains("),
        "snowflake": snowflake,
    })
}

pub(super) fn native(d: &mut Dice, scope: Scope<'_>) -> Option<(String, Kind)> {
    let name = |d: &mut Dice, kind: Kind| Some(scope.name(d, |k| k == kind)?.0);
    let (n, m) = (name(d, Kind::Int)?, name(d, Kind::Int)?);
    let (x, y) = (name(d, Kind::Text)?, name(d, Kind::Text)?);
    let (flag, born) = (name(d, Kind::Bool)?, name(d, Kind::Date)?);
    Some(match d.below(12) {
        0 => (format!("{n} + 2 * {m} - 1"), Kind::Int),
        1 => (format!("coalesce({n}, {m}, 0)"), Kind::Int),
        2 => (format!("length({x} || {y})"), Kind::Int),
        3 => (format!("case when {flag} then {n} else {m} end"), Kind::Int),
        4 => (format!("upper({x})"), Kind::Text),
        5 => (format!("coalesce({x}, {y}, 'none')"), Kind::Text),
        6 => (format!("{x} || '/' || substr({y}, 1, 1)"), Kind::Text),
        7 => (flag, Kind::Bool),
        8 => (format!("{n} > {m} or {x} in ('a', 'b')"), Kind::Bool),
        9 => (
            format!("not ({x} = {y}) and {n} between 0 and 3"),
            Kind::Bool,
        ),
        10 => (format!("{born} >= date '2025-06-01'"), Kind::Bool),
        _ => (
            format!("regexp_matches({x}, '^[a-b]') is not true"),
            Kind::Bool,
        ),
    })
}
