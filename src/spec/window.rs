//! Windows as written: durations, dates, periods, and that a window has time in it.

use super::condition::{Duration, Period, WindowSpec};
use crate::diag::codes::spec as codes;
use crate::diag::{Code, Diagnostic, nearest};
use crate::expr::Unit;
use crate::source::{Span, Spanned};
use crate::yaml::decode::{Fields, Reader};
use crate::yaml::{Node, NodeKind};
use jiff::civil::Date;

/// The keys of windows; a map has one of them, or `since` and `until`.
const KEYS: [&str; 7] = [
    "within", "before", "between", "since", "until", "during", "next",
];

/// Words for units, the singular first.
const UNITS: [(&str, &str, Unit); 8] = [
    ("second", "seconds", Unit::Second),
    ("minute", "minutes", Unit::Minute),
    ("hour", "hours", Unit::Hour),
    ("day", "days", Unit::Day),
    ("week", "weeks", Unit::Week),
    ("month", "months", Unit::Month),
    ("quarter", "quarters", Unit::Quarter),
    ("year", "years", Unit::Year),
];

/// The window of a map that may have one. The inner `Option` is "none written"; the outer one "unreadable".
pub(super) fn window(r: &mut Reader<'_>, f: &Fields<'_>) -> Option<Option<Spanned<WindowSpec>>> {
    let there: Vec<(&Spanned<String>, &Node)> = KEYS
        .iter()
        .filter_map(|k| Some((f.key(k)?, f.get(k)?)))
        .collect();
    let Some((first, value)) = there.first() else {
        return Some(None);
    };
    let both = f.key("since").is_some() && f.key("until").is_some();
    if let Some((other, _)) = there.get(1)
        && !(there.len() == 2 && both)
    {
        r.exclusive(first, other, "keep one of the two");
        return None;
    }
    let span = there.iter().fold(first.span, |span, (key, value)| {
        span.to(key.span).to(value.span)
    });
    let spec = match first.value.as_str() {
        "within" => WindowSpec::Within(duration_not(
            r,
            value,
            Some("from a date on is `since: 2025-01-31`"),
        )?),
        "before" => WindowSpec::Before(duration_not(
            r,
            value,
            Some("before a date is `until: 2025-01-31`"),
        )?),
        "between" => between(r, value)?,
        "during" => WindowSpec::During(period(r, value)?),
        "next" => WindowSpec::Next(duration(r, value)?),
        _ => range(r, f, span)?,
    };
    Some(Some(Spanned::new(spec, span)))
}

fn range(r: &mut Reader<'_>, f: &Fields<'_>, span: Span) -> Option<WindowSpec> {
    let mut bound = |key: &str| match f.get(key) {
        Some(node) => {
            let instead = match key {
                "since" => "a time counted back from `as_of` is `within: 30 days`",
                _ => "what is longer ago than that is `before: 30 days`",
            };
            date_not(r, node, Some(instead)).map(|d| Some(d.value))
        }
        None => Some(None),
    };
    let (since, until) = (bound("since"), bound("until"));
    let (since, until) = (since?, until?);
    if let (Some(since), Some(until)) = (since, until)
        && since >= until
    {
        r.diags.push(
            Diagnostic::error(
                &codes::EMPTY_WINDOW,
                format!("`since: {since}` is not before `until: {until}`"),
            )
            .at(span, "no time lies between")
            .help("`until` itself is outside: the last day of January is `until: 2026-02-01`"),
        );
        return None;
    }
    Some(WindowSpec::Range { since, until })
}

fn between(r: &mut Reader<'_>, node: &Node) -> Option<WindowSpec> {
    const EXPECTED: &str = "two durations, `[180 days, 90 days]`";
    let (far, near) = match &node.kind {
        NodeKind::List(items) => match items.as_slice() {
            [far, near] => (far, near),
            _ => {
                r.diags.push(
                    Diagnostic::error(
                        &codes::WRONG_TYPE,
                        format!("expected {EXPECTED}, found a list of {}", items.len()),
                    )
                    .at(node.span, "the farther and the nearer")
                    .help("write the older end first: `[180 days, 90 days]`"),
                );
                return None;
            }
        },
        NodeKind::Null
        | NodeKind::Bool(_)
        | NodeKind::Int(_)
        | NodeKind::Number(_)
        | NodeKind::String(_)
        | NodeKind::Map(_) => {
            let diagnostic = r.mismatch(node, EXPECTED);
            r.diags.push(diagnostic);
            return None;
        }
    };
    let dates = Some("between two dates is `since: 2025-01-01` with `until: 2025-02-01` beside it");
    let (far_duration, near_duration) = (duration_not(r, far, dates), duration_not(r, near, dates));
    let (far_duration, near_duration) = (far_duration?, near_duration?);
    if never_longer(far_duration, near_duration) {
        r.diags.push(
            Diagnostic::error(&codes::EMPTY_WINDOW, "the farther duration comes first")
                .at(node.span, "no time lies between")
                .help(format!(
                    "write `[{}, {}]`",
                    near.scalar_text().unwrap_or_default(),
                    far.scalar_text().unwrap_or_default()
                )),
        );
        return None;
    }
    Some(WindowSpec::Between(far_duration, near_duration))
}

/// The shortest and the longest that a duration can be, in seconds.
fn seconds(duration: Duration) -> (u64, u64) {
    const DAY: u64 = 86_400;
    let (short, long) = match duration.unit {
        Unit::Second => (1, 1),
        Unit::Minute => (60, 60),
        Unit::Hour => (3600, 3600),
        Unit::Day => (DAY, DAY),
        Unit::Week => (7 * DAY, 7 * DAY),
        Unit::Month => (28 * DAY, 31 * DAY),
        Unit::Quarter => (89 * DAY, 92 * DAY),
        Unit::Year => (365 * DAY, 366 * DAY),
    };
    let count = u64::from(duration.count);
    // Clock changes do not add up: an hour at most, whatever the count.
    let clock = match duration.unit {
        Unit::Second | Unit::Minute | Unit::Hour => 0,
        Unit::Day | Unit::Week | Unit::Month | Unit::Quarter | Unit::Year => 3600,
    };
    ((short * count).saturating_sub(clock), long * count + clock)
}

/// Whether the first is never longer than the second, so that nothing lies between.
pub(super) fn never_longer(far: Duration, near: Duration) -> bool {
    if far.unit == near.unit {
        far.count <= near.count
    } else {
        seconds(far).1 <= seconds(near).0
    }
}

/// `90 days`
pub(super) fn duration(r: &mut Reader<'_>, node: &Node) -> Option<Duration> {
    duration_not(r, node, None)
}

/// As [`duration`]; `date` says where a date would stand.
fn duration_not(r: &mut Reader<'_>, node: &Node, date: Option<&str>) -> Option<Duration> {
    const EXPECTED: &str = "a duration such as `90 days`";
    let text = r.scalar(node, EXPECTED)?;
    match parse_duration(&text) {
        Ok(duration) if duration.count == 0 => {
            r.diags.push(
                Diagnostic::error(&codes::EMPTY_WINDOW, "the duration is zero long")
                    .at(text.span, "no time lies in it")
                    .help("the shortest is `1 second`; a local day is `during: today`"),
            );
            None
        }
        Ok(duration) => Some(duration),
        Err(hint) => {
            r.diags.push(
                Diagnostic::error(
                    &codes::BAD_DURATION,
                    format!("expected {EXPECTED}, found `{}`", text.value),
                )
                .at(text.span, "a whole number and a unit")
                .help(match date {
                    Some(instead) if parse_date(&text).is_some() => instead.to_owned(),
                    Some(_) | None => hint,
                }),
            );
            None
        }
    }
}

pub(super) fn parse_duration(text: &str) -> Result<Duration, String> {
    let text = text.trim();
    let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let (number, unit) = text.split_at(digits);
    let word = unit.trim();
    let named = |word: &str| {
        UNITS
            .iter()
            .find(|(one, many, _)| *one == word || *many == word)
            .map(|(_, _, unit)| *unit)
    };
    let shape =
        "units are seconds, minutes, hours, days, weeks, months, quarters, years".to_owned();
    if number.is_empty() {
        return Err(shape);
    }
    let Ok(count) = number.parse::<u32>() else {
        return Err("the number is too large".to_owned());
    };
    if word.is_empty() {
        return Err(format!("did you mean `{number} days`?"));
    }
    match named(word) {
        Some(found) if unit.starts_with(' ') => Ok(Duration { count, unit: found }),
        Some(_) => Err(format!("did you mean `{number} {word}`?")),
        None if word.starts_with(['.', ',']) => Err(match in_smaller(number, word) {
            Some((whole, Unit::Hour | Unit::Minute | Unit::Second)) => {
                format!("whole numbers only: write `{whole}`; of a date column, whole days")
            }
            Some((whole, _)) => format!("whole numbers only: write `{whole}`"),
            None => "whole numbers only: `36 hours`, not `1.5 days`".to_owned(),
        }),
        None => {
            let short = match word {
                "d" => Some("days"),
                "h" | "hr" | "hrs" => Some("hours"),
                "w" | "wk" => Some("weeks"),
                "m" | "mo" | "mon" => Some("months"),
                "min" | "mins" => Some("minutes"),
                "s" | "sec" | "secs" => Some("seconds"),
                "q" => Some("quarters"),
                "y" | "yr" | "yrs" => Some("years"),
                _ => nearest(word, UNITS.iter().map(|(_, many, _)| *many)),
            };
            Err(short.map_or(shape, |unit| format!("did you mean `{number} {unit}`?")))
        }
    }
}

/// What `1.5 days` is in whole numbers of a smaller unit: `36 hours`. Three digits may be thousands: `1,500 days` are so many.
fn in_smaller(number: &str, rest: &str) -> Option<(String, Unit)> {
    let (mark, rest) = rest.split_at_checked(1)?;
    let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let (part, word) = rest.split_at_checked(digits)?;
    let scale = match (digits, mark) {
        (3, ",") => 1,
        (3, _) => return None,
        _ => 10_u64.checked_pow(u32::try_from(digits).ok()?)?,
    };
    let mut count: u64 = format!("{number}{part}").parse().ok()?;
    let word = word.trim();
    let is = |(one, many, _): &&(&str, &str, Unit)| *one == word || *many == word;
    let mut unit = UNITS.iter().find(is)?.2;
    while !count.is_multiple_of(scale) {
        let (of, smaller) = match unit {
            Unit::Year => (12, Unit::Month),
            Unit::Quarter => (3, Unit::Month),
            Unit::Week => (7, Unit::Day),
            Unit::Day => (24, Unit::Hour),
            Unit::Hour => (60, Unit::Minute),
            Unit::Minute => (60, Unit::Second),
            Unit::Month | Unit::Second => return None,
        };
        count = count.checked_mul(of)?;
        unit = smaller;
    }
    let (_, many, _) = UNITS.iter().find(|(_, _, u)| *u == unit)?;
    Some((format!("{} {many}", count / scale), unit))
}

/// `2026-01-31`
pub(super) fn date(r: &mut Reader<'_>, node: &Node) -> Option<Spanned<Date>> {
    date_not(r, node, None)
}

/// As [`date`]; `duration` says where a duration would stand.
fn date_not(r: &mut Reader<'_>, node: &Node, duration: Option<&str>) -> Option<Spanned<Date>> {
    const EXPECTED: &str = "a date such as `2026-01-31`";
    let text = r.scalar(node, EXPECTED)?;
    let parsed = parse_date(&text);
    if parsed.is_none() {
        complain(
            r,
            &codes::BAD_DATE,
            EXPECTED,
            &text,
            match duration {
                Some(instead) if parse_duration(&text).is_ok() => instead,
                Some(_) | None => "year, month and day, and one that exists",
            },
        );
    }
    Some(Spanned::new(parsed?, text.span))
}

fn parse_date(text: &str) -> Option<Date> {
    let shape = text.bytes().enumerate().all(|(i, b)| {
        if i == 4 || i == 7 {
            b == b'-'
        } else {
            b.is_ascii_digit()
        }
    });
    if text.len() == 10 && shape {
        text.parse().ok()
    } else {
        None
    }
}

/// What `during:` takes.
fn period(r: &mut Reader<'_>, node: &Node) -> Option<Period> {
    const EXPECTED: &str = "a period such as `last month`, `2025-Q4` or `2025-11-20..2025-11-30`";
    let text = r.scalar(node, EXPECTED)?;
    let found = parse_period(text.trim());
    match found {
        Some(Period::Dates { first, last }) if first > last => {
            r.diags.push(
                Diagnostic::error(&codes::EMPTY_WINDOW, format!("{first} is after {last}"))
                    .at(text.span, "no day lies between")
                    .help(format!("write `{last}..{first}`")),
            );
            None
        }
        Some(period) => Some(period),
        None => {
            let hint = if text.trim().starts_with("last ")
                && parse_duration(text.trim().trim_start_matches("last ")).is_ok()
            {
                format!(
                    "write `within: {}`",
                    text.trim().trim_start_matches("last ")
                )
            } else {
                "today, yesterday, this or last week, month, quarter or year, `2025`, `2025-Q4`, `2025-11`, or two dates with `..`".to_owned()
            };
            complain(r, &codes::BAD_PERIOD, EXPECTED, &text, &hint);
            None
        }
    }
}

fn parse_period(text: &str) -> Option<Period> {
    match text {
        "today" => return Some(Period::Today),
        "yesterday" => return Some(Period::Yesterday),
        _ => {}
    }
    if let Some((which, unit)) = text.split_once(' ') {
        let unit = match unit.trim() {
            "week" => Unit::Week,
            "month" => Unit::Month,
            "quarter" => Unit::Quarter,
            "year" => Unit::Year,
            _ => return None,
        };
        return match which {
            "this" => Some(Period::This(unit)),
            "last" => Some(Period::Last(unit)),
            _ => None,
        };
    }
    if let Some((first, last)) = text.split_once("..") {
        return Some(Period::Dates {
            first: parse_date(first)?,
            last: parse_date(last)?,
        });
    }
    let year = |text: &str| {
        (text.len() == 4 && text.bytes().all(|b| b.is_ascii_digit()))
            .then(|| text.parse::<i16>().ok())
            .flatten()
    };
    let months = |first: Option<Date>, last: Option<Date>| {
        Some(Period::Dates {
            first: first?,
            last: last?.last_of_month(),
        })
    };
    let month = |year: i16, month: i8| Date::new(year, month, 1).ok();
    match text.split_once('-') {
        None => {
            let y = year(text)?;
            months(month(y, 1), month(y, 12))
        }
        Some((y, part)) => {
            let y = year(y)?;
            let quarter = match part {
                "Q1" | "q1" => Some(1),
                "Q2" | "q2" => Some(4),
                "Q3" | "q3" => Some(7),
                "Q4" | "q4" => Some(10),
                _ => None,
            };
            if let Some(first) = quarter {
                return months(month(y, first), month(y, first + 2));
            }
            if part.len() != 2 {
                return None;
            }
            let m: i8 = part.parse().ok()?;
            months(month(y, m), month(y, m))
        }
    }
}

fn complain(
    r: &mut Reader<'_>,
    code: &'static Code,
    expected: &str,
    text: &Spanned<String>,
    hint: &str,
) {
    r.diags.push(
        Diagnostic::error(code, format!("expected {expected}, found `{}`", text.value))
            .at(text.span, "not read")
            .help(hint),
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_a_number_and_a_unit() {
        let good = |text: &str| parse_duration(text).map(|d| (d.count, d.unit));
        assert_eq!(good("90 days"), Ok((90, Unit::Day)));
        assert_eq!(good("1 month"), Ok((1, Unit::Month)));
        assert_eq!(good("1 months"), Ok((1, Unit::Month)));
        assert_eq!(good(" 24  hours "), Ok((24, Unit::Hour)));
        for (bad, hint) in [
            ("90", "did you mean `90 days`?"),
            ("90d", "did you mean `90 days`?"),
            ("90 dyas", "did you mean `90 days`?"),
            ("90days", "did you mean `90 days`?"),
            (
                "1.5 days",
                "whole numbers only: write `36 hours`; of a date column, whole days",
            ),
            ("1,500 days", "whole numbers only: write `1500 days`"),
            (
                "1.500 days",
                "whole numbers only: `36 hours`, not `1.5 days`",
            ),
            (
                "2.5 weeks",
                "whole numbers only: write `420 hours`; of a date column, whole days",
            ),
            (
                "1.5 hours",
                "whole numbers only: write `90 minutes`; of a date column, whole days",
            ),
            ("2.25 years", "whole numbers only: write `27 months`"),
            (
                "1.5 months",
                "whole numbers only: `36 hours`, not `1.5 days`",
            ),
            ("99999999999 days", "the number is too large"),
        ] {
            assert_eq!(good(bad), Err(hint.to_owned()), "{bad}");
        }
        for bad in [
            "",
            "days",
            "-1 days",
            "ninety days",
            "٣ days",
            "1 day 2 hours",
        ] {
            assert!(good(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn periods_are_written_out_with_both_ends() {
        let dates = |text: &str| match parse_period(text) {
            Some(Period::Dates { first, last }) => format!("{first} {last}"),
            other => format!("{other:?}"),
        };
        assert_eq!(dates("2025"), "2025-01-01 2025-12-31");
        assert_eq!(dates("2025-Q1"), "2025-01-01 2025-03-31");
        assert_eq!(dates("2025-Q4"), "2025-10-01 2025-12-31");
        assert_eq!(dates("2024-02"), "2024-02-01 2024-02-29");
        assert_eq!(dates("2025-11-20..2025-11-30"), "2025-11-20 2025-11-30");
        assert_eq!(parse_period("today"), Some(Period::Today));
        assert_eq!(parse_period("this week"), Some(Period::This(Unit::Week)));
        assert_eq!(
            parse_period("last quarter"),
            Some(Period::Last(Unit::Quarter))
        );
        for bad in [
            "2025-13",
            "2025-Q5",
            "25",
            "last day",
            "next week",
            "2025-1",
            "2025-02-30..2025-03-01",
            "",
            "2025-11-20",
            "last",
        ] {
            assert_eq!(parse_period(bad), None, "{bad}");
        }
    }

    #[test]
    fn only_dates_that_exist() {
        assert!(parse_date("2024-02-29").is_some());
        for bad in [
            "2023-02-29",
            "20240229",
            "2024-2-9",
            "2024-02-29T00:00",
            "29.02.2024",
            "",
        ] {
            assert_eq!(parse_date(bad), None, "{bad}");
        }
    }
}
