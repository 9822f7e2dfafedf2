//! What DuckDB would change of a CSV file's texts in silence: a cast to a whole number or a decimal rounds, one to a date cuts the
//! time off, the order of day and month is guessed, a wall clock loses its zone.
//!
//! Texts are compared as they are written, because the engine's own answer is what is in doubt. What does not convert at all is
//! none of these: the reader fails on it, and says where.

use super::Dialect;
use crate::expr::Type;
use crate::model::{Column, FileFormat, Table, TableSource};

/// A year, a month and a day, which can be read in one way only.
const DAY: &str = "[0-9]{4}[-/][0-9]{1,2}[-/][0-9]{1,2}";

/// Three numbers, as a date has them in any order.
const LIKE_A_DAY: &str = r"^\s*[0-9]+[-/. ][0-9]+[-/. ][0-9]+";

/// Every line counts: none is skipped to make the rest fit, and a key may begin with `#`, which the sniffer takes for a comment
/// where not all of them do. <https://duckdb.org/docs/stable/data/csv/overview#parameters>
pub(super) const ALL_LINES: &str = "header = true, skip = 0, comment = ''";

/// Digits of the widest decimal. <https://duckdb.org/docs/stable/sql/data_types/numeric#fixed-point-decimals>
const WIDEST: u8 = 38;

/// See [`Dialect::keeps_quotes`]: where one quote does not end, the sniffer takes all of them for text, and a key has quotes then.
/// <https://duckdb.org/docs/stable/data/csv/auto_detection>
pub(super) fn keeps_quotes(dialect: &dyn Dialect, source: &TableSource) -> Option<String> {
    let path = csv(source)?;
    Some(format!(
        "select quote = '(empty)' from sniff_csv({}, {ALL_LINES}, sample_size = -1)",
        dialect.string(path)
    ))
}

/// See [`Dialect::changed`].
pub(super) fn changed(dialect: &dyn Dialect, table: &Table) -> Option<String> {
    let from = texts(dialect, table)?;
    let counts: Vec<String> = (table.columns.iter())
        .filter_map(|column| {
            let bad = condition(dialect, column)?;
            let name = dialect.quote(&column.name);
            Some(format!("count(case when {bad} then 1 end) as {name}"))
        })
        .collect();
    if counts.is_empty() {
        return None;
    }
    Some(format!(
        "select\n    {}\nfrom {from}",
        counts.join(",\n    ")
    ))
}

/// See [`Dialect::first_changed`].
pub(super) fn first_changed(
    dialect: &dyn Dialect,
    table: &Table,
    column: &Column,
) -> Option<String> {
    let from = texts(dialect, table)?;
    let bad = condition(dialect, column)?;
    let text = text_of(dialect, column);
    let name = dialect.quote(&column.name);
    // No value is told, for it may be about a person: digits become `#`, and what is no part of a number or a time `?`.
    let form = format!(
        "left(regexp_replace(regexp_replace({text}, '[0-9]', '#', 'g'), '[^-#.:/+ _eExXTZ]', '?', 'g'), 40)"
    );
    Some(format!(
        "select\n    min(segc_row),\n    arg_min({form}, segc_row),\n    \
         max(length(regexp_extract({text}, '[.]([0-9]*?)0*\\s*$', 1)))\n\
         from (\n    select row_number() over () as segc_row, {name}\n    from {from}\n) as numbered\nwhere {bad}"
    ))
}

/// The rows of a CSV file as texts, told apart as they are where they are read in earnest.
fn texts(dialect: &dyn Dialect, table: &Table) -> Option<String> {
    Some(format!(
        "read_csv({}, {ALL_LINES}, sample_size = -1, all_varchar = true)",
        dialect.string(csv(&table.source)?)
    ))
}

fn csv(source: &TableSource) -> Option<&str> {
    match source {
        TableSource::File {
            path,
            format: FileFormat::Csv,
        } => Some(path),
        TableSource::File { .. }
        | TableSource::Named(_)
        | TableSource::Query(_)
        | TableSource::History { .. }
        | TableSource::Members(_) => None,
    }
}

/// An expression, for a bare column would be cast by the file's reader, which fails.
fn text_of(dialect: &dyn Dialect, column: &Column) -> String {
    format!("trim({}, ' ')", dialect.quote(&column.name))
}

/// Holds where the column's type would change a value; None where it cannot.
fn condition(dialect: &dyn Dialect, column: &Column) -> Option<String> {
    if !column.declared {
        return None;
    }
    let x = text_of(dialect, column);
    let ty = dialect.type_name(&column.ty);
    let converts = format!("try_cast({x} as {ty}) is not null");
    let unlike = |pattern: &str| {
        let pattern = dialect.string(&format!(r"(?i)^\s*({pattern})\s*$"));
        format!("not regexp_matches({x}, {pattern})")
    };
    let day = |pattern: &str| {
        let day = dialect.string(LIKE_A_DAY);
        let unlike = unlike(&format!("{pattern}|-?infinity"));
        // The file's reader takes more for a date than a cast does.
        format!("{unlike} and ({converts} or regexp_matches({x}, {day}))")
    };
    match &column.ty {
        Type::Int => Some(format!("{} and {converts}", unlike("[+-]?[0-9]*([.]0*)?"))),
        Type::Decimal { scale: 0, .. } => Some(format!(
            "{} and {converts}",
            unlike("[+-]?[0-9]*([.]0*)?|[+-]?0*([.]0*)?e[+-]?[0-9]+")
        )),
        Type::Decimal { precision, scale } => {
            let plain =
                format!("[+-]?[0-9]*([.][0-9]{{0,{scale}}}0*)?|[+-]?0*([.]0*)?e[+-]?[0-9]+");
            let most = WIDEST.saturating_sub(precision.saturating_sub(*scale));
            // `1.5e2` is 150: it is asked whether more digits would make another number of it.
            let same = format!(
                "(regexp_matches({x}, '[eE]') and try_cast({x} as {ty}) is not distinct from try_cast({x} as {}))",
                dialect.type_name(&Type::Decimal {
                    precision: WIDEST,
                    scale: most,
                })
            );
            let same = if most > *scale {
                format!(" and not {same}")
            } else {
                String::new()
            };
            Some(format!("{} and {converts}{same}", unlike(&plain)))
        }
        Type::Date => Some(day(&format!(
            "{DAY}([ T]+00:00(:00([.]0*)?)?\\s*(Z|UTC|[+-][0-9:]+)?)?"
        ))),
        // An instant's zone may be written in many ways; what is none, the reader refuses.
        Type::Timestamp => Some(day(&format!("{DAY}([ T]+[0-9]{{1,2}}:[0-9]{{2}}.*)?"))),
        Type::Datetime => Some(day(&format!(
            "{DAY}([ T]+[0-9]{{1,2}}:[0-9]{{2}}(:[0-9]{{2}}([.][0-9]*)?)?)?"
        ))),
        // These are read as they are written, or not at all; a float is never exact.
        Type::Boolean | Type::Float | Type::String | Type::Json | Type::Array(_) | Type::Null => {
            None
        }
    }
}
