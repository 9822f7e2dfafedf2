//! Snowflake. <https://docs.snowflake.com/en/sql-reference/functions-all>
//!
//! Every session has TIMEZONE = UTC. Weeks are counted without WEEK_START, which a session may change.

use super::generic::{self, compare, extreme, item_type, where_met};
use super::snowflake_sources;
use super::snowflake_words::RESERVED;
use super::sql::function;
use super::{Arg, Binding, Dialect, Rows, Sql};
use crate::expr::{Agg, Func, Literal, Type, Unit};
use crate::model::Table;
use jiff::Timestamp;
use jiff::tz::TimeZone;

pub(super) struct Snowflake;

impl Dialect for Snowflake {
    fn name(&self) -> &'static str {
        "snowflake"
    }

    /// 1 MB. <https://docs.snowflake.com/en/user-guide/query-size-limits>
    fn longest_statement(&self) -> Option<usize> {
        Some(900_000)
    }

    /// <https://docs.snowflake.com/en/sql-reference/reserved-keywords>
    fn reserved(&self) -> &'static [&'static str] {
        RESERVED
    }

    /// Names without quotes are folded to upper case, and stored so: what is all lower or all upper case means the folded name.
    /// <https://docs.snowflake.com/en/sql-reference/identifiers-syntax>
    fn identifier(&self, name: &str) -> String {
        let mixed =
            name.contains(|c: char| c.is_lowercase()) && name.contains(|c: char| c.is_uppercase());
        let word = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
            && !name.starts_with(|c: char| c.is_ascii_digit())
            && !name.is_empty();
        if mixed || !word {
            return self.quote(name);
        }
        let folded = name.to_ascii_lowercase();
        if self.reserved().binary_search(&folded.as_str()).is_ok() {
            self.quote(&name.to_ascii_uppercase())
        } else {
            folded
        }
    }

    /// It is no more than a day in the past that can be asked for, and in no backup.
    /// <https://docs.snowflake.com/en/user-guide/tables-temp-transient#transient-tables>
    fn own_table(&self) -> &'static str {
        "TRANSIENT "
    }

    /// <https://docs.snowflake.com/en/sql-reference/identifiers-syntax>
    fn stored(&self, name: &str) -> String {
        let written = self.identifier(name);
        match written.strip_prefix('"').and_then(|n| n.strip_suffix('"')) {
            Some(quoted) => quoted.replace("\"\"", "\""),
            None => written.to_uppercase(),
        }
    }

    /// How values of these compare is not documented.
    /// <https://docs.snowflake.com/en/sql-reference/data-types-semistructured>
    fn compares(&self, ty: &str) -> bool {
        !["ARRAY", "VARIANT", "OBJECT", "MAP"].contains(&ty)
    }

    /// <https://docs.snowflake.com/en/sql-reference/functions/to_json>
    fn comparable(&self) -> fn(&str) -> String {
        |value| format!("TO_JSON({value})")
    }

    /// <https://docs.snowflake.com/en/sql-reference/data-types-text#escape-sequences-in-single-quoted-string-constants>
    fn string(&self, text: &str) -> String {
        format!("'{}'", text.replace('\\', "\\\\").replace('\'', "''"))
    }

    /// <https://docs.snowflake.com/en/sql-reference/intro-summary-data-types>
    fn type_name(&self, ty: &Type) -> String {
        match ty {
            Type::Decimal { precision, scale } => format!("number({precision}, {scale})"),
            Type::Timestamp => "timestamp_tz".to_owned(),
            Type::Datetime => "timestamp_ntz".to_owned(),
            Type::Json => "variant".to_owned(),
            Type::Array(_) => "array".to_owned(),
            Type::Boolean | Type::Int | Type::Float | Type::String | Type::Date | Type::Null => {
                generic::type_name(self, ty)
            }
        }
    }

    fn literal(&self, value: &Literal, ty: &Type) -> Sql {
        match value {
            Literal::Datetime(at) => Sql::atom(format!(
                "cast('{}' as timestamp_ntz)",
                generic::wall(*at).replace(' ', "T")
            )),
            Literal::Array(items) => {
                let of = item_type(ty);
                let items: Vec<String> = items.iter().map(|i| self.literal(i, of).text).collect();
                Sql::atom(format!("array_construct({})", items.join(", ")))
            }
            Literal::Null
            | Literal::Boolean(_)
            | Literal::Int(_)
            | Literal::Decimal { .. }
            | Literal::Float(_)
            | Literal::String(_)
            | Literal::Date(_)
            | Literal::Timestamp(_) => generic::literal(self, value, ty),
        }
    }

    fn table(&self, table: &Table) -> Option<String> {
        snowflake_sources::table(table)
    }

    fn type_of(&self, name: &str) -> Option<Type> {
        snowflake_sources::type_of(name)
    }

    fn keeps_past(&self, tables: &[&[String]]) -> Option<String> {
        snowflake_sources::keeps_past(tables)
    }

    /// <https://docs.snowflake.com/en/sql-reference/constructs/at-before>
    fn rows_at(&self, at: Timestamp) -> Option<String> {
        Some(format!("at(timestamp => {})", self.timestamp(at)))
    }

    fn catalog(&self, tables: &[&[String]]) -> Option<String> {
        snowflake_sources::catalog(tables)
    }

    fn timestamp(&self, at: Timestamp) -> String {
        let wall = generic::wall(TimeZone::UTC.to_datetime(at)).replace(' ', "T");
        format!("cast('{wall}+00:00' as timestamp_tz)")
    }

    fn call(&self, func: Func, args: &[Arg<'_>], ty: &Type) -> Option<Sql> {
        call(self, func, args, ty)
    }

    /// TRY_CAST takes texts only. <https://docs.snowflake.com/en/sql-reference/functions/try_cast>
    fn cast(&self, x: &Arg<'_>, ty: &Type, safe: bool) -> Option<Sql> {
        let name = self.type_name(ty);
        let text = match (x.ty, ty) {
            // Spaces around it are not part of what is read.
            (Type::String, to) if *to != Type::String => format!("trim({}, ' ')", x.text()),
            _ => x.text().to_owned(),
        };
        Some(Sql::atom(match (x.ty, ty) {
            // Whatever the session's formats are.
            (Type::Date, Type::String) => format!("to_varchar({text}, 'YYYY-MM-DD')"),
            (Type::Datetime, Type::String) => {
                format!("rtrim(rtrim(to_varchar({text}, 'YYYY-MM-DD HH24:MI:SS.FF6'), '0'), '.')")
            }
            // Its whole numbers have 38 digits, ours 64 bits.
            (Type::String, Type::Int) if safe => {
                let (least, most) = (i64::MIN, i64::MAX);
                let number = format!("try_cast({text} as {name})");
                format!("case when {number} between {least} and {most} then {number} end")
            }
            (Type::String, _) if safe => format!("try_cast({text} as {name})"),
            _ if safe => format!("try_cast(cast({text} as varchar) as {name})"),
            _ => format!("cast({text} as {name})"),
        }))
    }

    /// <https://docs.snowflake.com/en/sql-reference/functions-aggregation>
    fn aggregate(&self, agg: Agg, arg: Option<&Arg<'_>>, rows: Rows<'_>, ty: &Type) -> Option<Sql> {
        match (agg, arg, rows.over) {
            (Agg::ListDistinct, Some(x), None) => {
                let is_constant = x.literal.is_some() && rows.filter.is_none();
                let x = where_met(x.text(), rows);
                let list = format!("array_agg(distinct {x})");
                Some(Sql::atom(if is_constant {
                    list
                } else {
                    format!("{list} within group (order by {x} asc)")
                }))
            }
            (
                Agg::Count
                | Agg::CountDistinct
                | Agg::Sum
                | Agg::Avg
                | Agg::Min
                | Agg::Max
                | Agg::Median
                | Agg::Stddev
                | Agg::First
                | Agg::Last
                | Agg::MostFrequent
                | Agg::LeastFrequent
                | Agg::Exists
                | Agg::ListDistinct,
                _,
                _,
            ) => generic::aggregate(self, agg, arg, rows, ty),
        }
    }

    /// <https://docs.snowflake.com/en/sql-reference/functions/convert_timezone>
    fn to_local(&self, instant: &Sql, zone: &TimeZone) -> Option<Sql> {
        let zone = self.string(zone.iana_name()?);
        Some(Sql::atom(format!(
            "cast(convert_timezone({zone}, {}) as timestamp_ntz)",
            instant.text
        )))
    }

    /// Which instant a wall clock means that skips a time, or shows it twice, is not documented; what it shows at an instant
    /// is certain. So the zone's distance from UTC is taken from a day before, or from a day after, where only that is right.
    fn to_instant(&self, local: &Sql, zone: &TimeZone) -> Option<Sql> {
        let name = zone.iana_name()?;
        let at = &local.text;
        if name == "UTC" {
            return Some(Sql::atom(format!("cast({at} as timestamp_tz)")));
        }
        let name = self.string(name);
        let shown = |utc: &str| format!("convert_timezone('UTC', {name}, {utc})");
        let utc = |days: i8| {
            let near = format!("dateadd('day', {days}, {at})");
            let ahead = format!("datediff('second', {near}, {})", shown(&near));
            format!("dateadd('second', -{ahead}, {at})")
        };
        let (before, after) = (utc(-1), utc(1));
        Some(Sql::atom(format!(
            "cast(case when {} <> {at} and {} = {at} then {after} else {before} end as timestamp_tz)",
            shown(&before),
            shown(&after)
        )))
    }

    fn add_elapsed(&self, n: &Sql, unit: Unit, instant: &Sql) -> Option<Sql> {
        Some(Sql::atom(format!(
            "dateadd('{}', {}, {})",
            part(unit),
            n.text,
            instant.text
        )))
    }
}

fn part(unit: Unit) -> &'static str {
    match unit {
        Unit::Second => "second",
        Unit::Minute => "minute",
        Unit::Hour => "hour",
        Unit::Day => "day",
        Unit::Week => "week",
        Unit::Month => "month",
        Unit::Quarter => "quarter",
        Unit::Year => "year",
    }
}

/// In the type it must have.
fn dated(text: String, ty: &Type) -> Sql {
    Sql::atom(if *ty == Type::Date {
        format!("cast({text} as date)")
    } else {
        text
    })
}

/// The Monday at or before a date or time, whatever WEEK_START is.
fn monday(x: &str) -> String {
    format!("dateadd('day', 1 - dayofweekiso({x}), date_trunc('day', {x}))")
}

fn call(d: &Snowflake, func: Func, args: &[Arg<'_>], ty: &Type) -> Option<Sql> {
    match func {
        Func::IsTrue => truth("coalesce", "false", args),
        Func::IsNotTrue => truth("not coalesce", "false", args),
        Func::IsFalse => truth("not coalesce", "true", args),
        Func::IsNotFalse => truth("coalesce", "true", args),
        Func::Like => like("like", args),
        Func::NotLike => like("not like", args),
        Func::ILike => like("ilike", args),
        Func::NotILike => like("not ilike", args),
        Func::Greatest => Some(extreme("greatest", args)),
        Func::Least => Some(extreme("least", args)),
        // An empty separator splits nothing here, and into letters elsewhere.
        // <https://docs.snowflake.com/en/sql-reference/functions/split_part>
        Func::SplitPart => match args.get(1)?.literal {
            Some(Literal::String(separator)) if !separator.is_empty() => {
                generic::call(d, func, args, ty)
            }
            Some(_) | None => None,
        },
        Func::Mul => product(d, args, ty),
        Func::StartsWith => Some(function("startswith", args)),
        Func::EndsWith => Some(function("endswith", args)),
        Func::Contains => Some(function("contains", args)),
        Func::RegexpMatches => {
            let [text, pattern] = args else { return None };
            Some(Sql::atom(matches(d, text, pattern)?))
        }
        Func::RegexpExtract => regexp_extract(d, args),
        Func::DateTrunc(Unit::Week) => {
            let [x] = args else { return None };
            Some(dated(monday(x.text()), ty))
        }
        Func::DateTrunc(unit) => {
            let [x] = args else { return None };
            Some(dated(
                format!("date_trunc('{}', {})", part(unit), x.text()),
                ty,
            ))
        }
        Func::DateAdd(unit) => {
            let [n, x] = args else { return None };
            let sum = format!("dateadd('{}', {}, {})", part(unit), n.text(), x.text());
            Some(dated(sum, ty))
        }
        Func::DateDiff(Unit::Week) => {
            let [from, to] = args else { return None };
            Some(Sql::atom(format!(
                "cast(datediff('day', {}, {}) / 7 as bigint)",
                monday(from.text()),
                monday(to.text())
            )))
        }
        Func::DateDiff(unit) => {
            let [from, to] = args else { return None };
            Some(Sql::atom(format!(
                "datediff('{}', {}, {})",
                part(unit),
                from.text(),
                to.text()
            )))
        }
        Func::Year => Some(function("year", args)),
        Func::Quarter => Some(function("quarter", args)),
        Func::Month => Some(function("month", args)),
        Func::Day => Some(function("day", args)),
        Func::Hour => Some(function("hour", args)),
        Func::Weekday => Some(function("dayofweekiso", args)),
        Func::DayOfYear => Some(function("dayofyear", args)),
        // NULL is found in an array that has one. <https://docs.snowflake.com/en/sql-reference/functions/array_contains>
        Func::ArrayContains => {
            let [array, x] = args else { return None };
            let found = format!(
                "array_contains(cast({} as variant), {})",
                x.text(),
                array.text()
            );
            Some(match x.literal {
                Some(_) => Sql::atom(found),
                None => Sql::atom(format!(
                    "case when {} is not null then {found} end",
                    x.at(Binding::Concat)
                )),
            })
        }
        Func::ArrayLength => Some(function("array_size", args)),
        Func::AnyIn => overlap(args),
        // What is left of it without the list is nothing.
        Func::AllIn => {
            let [array, list] = args else { return None };
            Some(Sql::new(
                format!(
                    "array_size(array_except(array_distinct(array_compact({})), {})) = 0",
                    array.text(),
                    list.text()
                ),
                Binding::Compare,
            ))
        }
        Func::NoneIn => Some(Sql::new(
            format!("not {}", overlap(args)?.text),
            Binding::Not,
        )),
        Func::JsonText => json_text(d, args),
        Func::JsonNumber => {
            let text = json_text(d, args)?;
            Some(Sql::atom(format!(
                "try_cast(regexp_substr(trim({}, ' '), '^-?[0-9]+([.][0-9]*)?([eE][+-]?[0-9]+)?$') as double)",
                text.text
            )))
        }
        Func::HashBucket => {
            let [x, n, salt] = args else { return None };
            let key = d.cast(x, &Type::String, false)?;
            Some(Sql::new(
                format!(
                    "to_number(substr(md5({} || ':' || {}), 1, 13), 'XXXXXXXXXXXXX') % nullif({}, 0)",
                    salt.at(Binding::Concat),
                    key.text,
                    n.text()
                ),
                Binding::Mul,
            ))
        }
        Func::And
        | Func::Or
        | Func::Not
        | Func::Eq
        | Func::Ne
        | Func::Lt
        | Func::Le
        | Func::Gt
        | Func::Ge
        | Func::IsNull
        | Func::IsNotNull
        | Func::IsDistinctFrom
        | Func::IsNotDistinctFrom
        | Func::In
        | Func::NotIn
        | Func::Between
        | Func::NotBetween
        | Func::Add
        | Func::Sub
        | Func::Div
        | Func::Mod
        | Func::Neg
        | Func::Abs
        | Func::Round
        | Func::Floor
        | Func::Ceil
        | Func::Power
        | Func::Ln
        | Func::Exp
        | Func::Sqrt
        | Func::Concat
        | Func::Lower
        | Func::Upper
        | Func::Trim
        | Func::Length
        | Func::Substr
        | Func::Replace
        | Func::Left
        | Func::Right
        | Func::Md5
        | Func::Coalesce
        | Func::NullIf
        | Func::DistanceKm
        | Func::Native => generic::call(d, func, args, ty),
    }
}

/// A product has twelve digits after the point at most, or as many as a factor has.
/// <https://docs.snowflake.com/en/sql-reference/operators-arithmetic#multiplication>
fn product(d: &Snowflake, args: &[Arg<'_>], ty: &Type) -> Option<Sql> {
    let scale = match ty {
        Type::Decimal { scale, .. } if *scale > 12 => *scale,
        Type::Decimal { .. }
        | Type::Boolean
        | Type::Int
        | Type::Float
        | Type::String
        | Type::Date
        | Type::Timestamp
        | Type::Datetime
        | Type::Json
        | Type::Array(_)
        | Type::Null => return generic::call(d, Func::Mul, args, ty),
    };
    let [left, right] = args else { return None };
    let mut left = left.clone();
    left.sql = Sql::atom(format!("cast({} as number(38, {scale}))", left.text()));
    generic::call(d, Func::Mul, &[left, right.clone()], ty)
}

/// `is true` and its like, which are no operators here.
fn truth(of: &str, unknown: &str, args: &[Arg<'_>]) -> Option<Sql> {
    let [x] = args else { return None };
    let binding = if of == "coalesce" {
        Binding::Atom
    } else {
        Binding::Not
    };
    Some(Sql::new(format!("{of}({}, {unknown})", x.text()), binding))
}

/// There is no escape unless one is named. <https://docs.snowflake.com/en/sql-reference/functions/like>
fn like(op: &str, args: &[Arg<'_>]) -> Option<Sql> {
    let mut sql = compare(op, args)?;
    let plain = matches!(args.get(1)?.literal, Some(Literal::String(s)) if !s.contains('\\'));
    if !plain {
        sql.text.push_str(" escape '\\\\'");
    }
    Some(sql)
}

/// The pattern and its parameters. Inline flags, groups without a number, lazy repetition and most escapes are not known here, or
/// not said to be; no other spelling of them is tried. <https://docs.snowflake.com/en/sql-reference/functions-regexp#general-usage-notes>
fn pattern<'p>(of: &'p Arg<'_>) -> Option<(&'p str, &'static str)> {
    let Some(Literal::String(text)) = of.literal else {
        return None;
    };
    let (text, parameters) = match text.strip_prefix("(?i)") {
        Some(rest) => (rest, "i"),
        None => (text.as_str(), "c"),
    };
    let foreign = [
        "(?", "*?", "+?", "??", "}?", "\\p", "\\P", "\\Q", "\\z", "\\C", "[[:", "\\A", "\\a",
        "\\f", "\\n", "\\r", "\\t", "\\v", "\\x", "\\0",
    ];
    (!foreign.iter().any(|f| text.contains(f))).then_some((text, parameters))
}

/// REGEXP_LIKE matches the whole text: what may stand around the pattern is written out, line breaks too, which `.` is not.
/// <https://docs.snowflake.com/en/sql-reference/functions/rlike>
fn matches(d: &Snowflake, text: &Arg<'_>, of: &Arg<'_>) -> Option<String> {
    let (pattern, parameters) = pattern(of)?;
    let whole = pattern
        .strip_prefix('^')
        .and_then(|rest| rest.strip_suffix('$'));
    let whole = match whole {
        Some(rest) if !rest.contains('|') && !rest.ends_with('\\') => pattern.to_owned(),
        Some(_) | None => format!("(.|\n)*({pattern})(.|\n)*"),
    };
    let more = match parameters {
        "c" => String::new(),
        other => format!(", '{other}'"),
    };
    Some(format!(
        "regexp_like({}, {}{more})",
        text.text(),
        d.string(&whole)
    ))
}

/// Which of several matches is taken is not said of these, and POSIX takes the longest where RE2 takes the first.
fn one_match(pattern: &str) -> bool {
    let choices = ["|", ")?", ")*", ")+", "){"];
    !choices.iter().any(|choice| pattern.contains(choice))
}

/// <https://docs.snowflake.com/en/sql-reference/functions/regexp_substr>
fn regexp_extract(d: &Snowflake, args: &[Arg<'_>]) -> Option<Sql> {
    let (text, of) = (args.first()?, args.get(1)?);
    let (pattern, parameters) = pattern(of)?;
    if !one_match(pattern) {
        return None;
    }
    let found = matches(d, text, of)?;
    let group = match args.get(2).map(|g| g.literal) {
        None | Some(Some(Literal::Int(0))) => format!("'{parameters}'"),
        Some(Some(Literal::Int(n))) => format!("'{parameters}e', {n}"),
        Some(_) => return None,
    };
    Some(Sql::atom(format!(
        "case when {found} then coalesce(regexp_substr({}, {}, 1, 1, {group}), '') end",
        text.text(),
        d.string(pattern)
    )))
}

/// NULL items are none. <https://docs.snowflake.com/en/sql-reference/functions/arrays_overlap>
fn overlap(args: &[Arg<'_>]) -> Option<Sql> {
    let [array, list] = args else { return None };
    Some(Sql::atom(format!(
        "arrays_overlap(array_compact({}), {})",
        array.text(),
        list.text()
    )))
}

/// The path is a literal. <https://docs.snowflake.com/en/sql-reference/functions/get_path>
fn json_text(d: &Snowflake, args: &[Arg<'_>]) -> Option<Sql> {
    let [x, path] = args else { return None };
    let Some(Literal::String(path)) = path.literal else {
        return None;
    };
    let keys = path.split('.').map(|key| {
        if !key.is_empty() && key.bytes().all(|b| b.is_ascii_digit()) {
            format!("[{key}]")
        } else {
            format!("[\"{}\"]", key.replace('"', "\"\""))
        }
    });
    let path = d.string(&keys.collect::<String>());
    Some(Sql::atom(format!(
        "cast(get_path({}, {path}) as varchar)",
        x.text()
    )))
}
