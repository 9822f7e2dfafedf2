//! DuckDB 2.0, as bundled: without the ICU extension, so that nothing here asks the engine for a time zone.

use super::duckdb_words::RESERVED;
use super::generic::{self, over};
use super::sql::function;
use super::{Arg, Binding, Dialect, Sql};
use crate::expr::{Agg, Func, Literal, Type, Unit};
use crate::model::{FileFormat, Table, TableSource};
use jiff::Timestamp;
use jiff::tz::TimeZone;

pub(super) struct DuckDb;

impl Dialect for DuckDb {
    fn name(&self) -> &'static str {
        "duckdb"
    }

    /// <https://duckdb.org/docs/stable/sql/meta/duckdb_table_functions#duckdb_keywords>: all but the unreserved.
    fn reserved(&self) -> &'static [&'static str] {
        RESERVED
    }

    /// <https://duckdb.org/docs/stable/sql/data_types/timestamp>
    fn type_name(&self, ty: &Type) -> String {
        match ty {
            Type::Timestamp => "timestamptz".to_owned(),
            Type::Boolean
            | Type::Int
            | Type::Float
            | Type::Decimal { .. }
            | Type::String
            | Type::Date
            | Type::Datetime
            | Type::Json
            | Type::Array(_)
            | Type::Null => generic::type_name(self, ty),
        }
    }

    fn timestamp(&self, at: Timestamp) -> String {
        format!(
            "timestamptz '{}+00:00'",
            generic::wall(TimeZone::UTC.to_datetime(at))
        )
    }

    /// <https://duckdb.org/docs/stable/data/csv/overview#parameters>: declared types bind, the others are sniffed.
    fn table(&self, table: &Table) -> Option<String> {
        match &table.source {
            TableSource::File { path, format } => {
                let path = self.string(path);
                let declared: Vec<String> = table
                    .columns
                    .iter()
                    .filter(|c| c.declared)
                    .map(|c| format!("{}: '{}'", self.string(&c.name), self.type_name(&c.ty)))
                    .collect();
                Some(match format {
                    FileFormat::Parquet => format!("read_parquet({path})"),
                    FileFormat::Csv if declared.is_empty() => {
                        format!("read_csv({path}, header = true)")
                    }
                    FileFormat::Csv => format!(
                        "read_csv({path}, header = true, types = {{{}}})",
                        declared.join(", ")
                    ),
                })
            }
            TableSource::Named(_) | TableSource::Query(_) => generic::table(self, table),
        }
    }

    fn call(&self, func: Func, args: &[Arg<'_>], ty: &Type) -> Option<Sql> {
        call(self, func, args, ty)
    }

    /// <https://duckdb.org/docs/stable/sql/data_types/numeric>: a double becomes an integer by rounding half to even;
    /// ours is half away from zero, as for decimals.
    fn cast(&self, x: &Arg<'_>, ty: &Type, safe: bool) -> Option<Sql> {
        let mut cast = generic::cast(self, x, ty, safe);
        if *ty == Type::Int && *x.ty == Type::Float {
            let name = if safe { "try_cast" } else { "cast" };
            cast.text = format!("{name}(round({}) as bigint)", x.text());
        }
        Some(cast)
    }

    /// <https://duckdb.org/docs/stable/sql/query_syntax/filter>
    fn has_filter(&self) -> bool {
        true
    }

    /// <https://duckdb.org/docs/stable/sql/functions/aggregates>
    fn aggregate(
        &self,
        agg: Agg,
        arg: Option<&Arg<'_>>,
        filter: Option<&str>,
        ty: &Type,
    ) -> Option<Sql> {
        match (agg, arg, filter) {
            (Agg::Exists, _, Some(filter)) => Some(Sql::atom(format!("bool_or({filter})"))),
            (Agg::ListDistinct, Some(x), _) => {
                let present = format!("{} is not null", x.at(Binding::Concat));
                let filter = match filter {
                    Some(filter) => format!("({filter}) and {present}"),
                    None => present,
                };
                let of = format!("{} order by {}", x.text(), x.text());
                Some(Sql::atom(over(
                    self,
                    "list",
                    "distinct ",
                    &of,
                    Some(&filter),
                )))
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
            ) => generic::aggregate(self, agg, arg, filter, ty),
        }
    }

    /// `epoch_us` and `make_timestamp` are core functions; `AT TIME ZONE` with a name would need ICU.
    /// <https://duckdb.org/docs/stable/sql/functions/timestamp>
    fn to_local(&self, instant: &Sql, zone: &TimeZone) -> Option<Sql> {
        let t = &instant.text;
        Some(Sql::atom(match fixed(zone) {
            Some(0) => format!("make_timestamp(epoch_us({t}))"),
            Some(offset) => format!("make_timestamp(epoch_us({t}) {})", shift(offset)),
            None => format!("segc_local({t})"),
        }))
    }

    /// A cast from TIMESTAMP reads it in the session's zone, which is UTC in every session of segc.
    fn to_instant(&self, local: &Sql, zone: &TimeZone) -> Option<Sql> {
        let t = &local.text;
        Some(Sql::atom(match fixed(zone) {
            Some(0) => format!("cast({t} as timestamptz)"),
            Some(offset) => format!(
                "cast(make_timestamp(epoch_us({t}) {}) as timestamptz)",
                shift(-offset)
            ),
            None => format!("segc_instant({t})"),
        }))
    }

    fn add_elapsed(&self, n: &Sql, unit: Unit, instant: &Sql) -> Option<Sql> {
        let add = interval(n, unit);
        let t = &instant.text;
        Some(Sql::atom(format!(
            "cast(make_timestamp(epoch_us({t})) + {add} as timestamptz)"
        )))
    }

    /// The zone's offsets as two macros, because the bundled engine knows no zones.
    /// <https://duckdb.org/docs/stable/sql/statements/create_macro>
    fn zone_prelude(&self, zone: &TimeZone, until: Timestamp) -> Vec<String> {
        if fixed(zone).is_some() {
            return Vec::new();
        }
        let first = offset_at(zone, Timestamp::MIN);
        let mut local = vec![(i64::MIN, first)];
        let mut instant = vec![(i64::MIN, first)];
        let mut before = first;
        for change in zone
            .following(Timestamp::MIN)
            .take_while(|t| t.timestamp() <= until)
        {
            let (at, after) = (
                change.timestamp().as_microsecond(),
                offset_at(zone, change.timestamp()),
            );
            if before == after {
                continue;
            }
            local.push((at, after));
            // In a gap the old offset still holds, in a fold until the wall clock has passed it: "compatible".
            instant.push((at + before.max(after), after));
            before = after;
        }
        vec![
            format!(
                "create or replace temp macro segc_local(t) as make_timestamp(epoch_us(t) + {})",
                offsets(&local)
            ),
            format!(
                "create or replace temp macro segc_instant(t) as cast(make_timestamp(epoch_us(t) - {}) as timestamptz)",
                offsets(&instant)
            ),
        ]
    }
}

/// Microseconds east of Greenwich.
fn offset_at(zone: &TimeZone, at: Timestamp) -> i64 {
    i64::from(zone.to_offset(at).seconds()) * 1_000_000
}

/// The offset of a zone that never changes it.
fn fixed(zone: &TimeZone) -> Option<i64> {
    match zone.following(Timestamp::MIN).next() {
        None => Some(offset_at(zone, Timestamp::MIN)),
        Some(_) => None,
    }
}

fn shift(micros: i64) -> String {
    let sign = if micros < 0 { '-' } else { '+' };
    format!("{sign} {}", micros.unsigned_abs())
}

/// The last offset whose beginning is not later than `t`, found by halving: few comparisons for any `t`.
fn offsets(steps: &[(i64, i64)]) -> String {
    match steps {
        [] => "0".to_owned(),
        [(_, offset)] => format!("({offset})"),
        _ => {
            let (early, late) = steps.split_at(steps.len() / 2);
            let at = late.first().map_or(0, |(at, _)| *at);
            format!(
                "case when epoch_us(t) < {at} then {} else {} end",
                offsets(early),
                offsets(late)
            )
        }
    }
}

/// <https://duckdb.org/docs/stable/sql/functions/interval>
fn interval(n: &Sql, unit: Unit) -> String {
    let n = &n.text;
    match unit {
        Unit::Second => format!("to_seconds({n})"),
        Unit::Minute => format!("to_minutes({n})"),
        Unit::Hour => format!("to_hours({n})"),
        Unit::Day => format!("to_days(cast({n} as integer))"),
        Unit::Week => format!("to_weeks(cast({n} as integer))"),
        Unit::Month => format!("to_months(cast({n} as integer))"),
        Unit::Quarter => format!("to_quarters(cast({n} as integer))"),
        Unit::Year => format!("to_years(cast({n} as integer))"),
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

/// `x` in the type it must have; DuckDB makes a TIMESTAMP of most date arithmetic.
fn dated(text: String, ty: &Type) -> Sql {
    Sql::atom(if *ty == Type::Date {
        format!("cast({text} as date)")
    } else {
        text
    })
}

/// Pages: <https://duckdb.org/docs/stable/sql/functions/overview>
fn call(d: &DuckDb, func: Func, args: &[Arg<'_>], ty: &Type) -> Option<Sql> {
    match func {
        Func::StartsWith => Some(function("starts_with", args)),
        Func::EndsWith => Some(function("ends_with", args)),
        Func::Contains => Some(function("contains", args)),
        Func::RegexpMatches => Some(function("regexp_matches", args)),
        // DuckDB gives '' for no match; ours is NULL.
        Func::RegexpExtract => {
            let [text, pattern, ..] = args else {
                return None;
            };
            Some(Sql::atom(format!(
                "case when regexp_matches({}, {}) then {} end",
                text.text(),
                pattern.text(),
                function("regexp_extract", args).text
            )))
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
            let sum = format!("{} + {}", x.at(Binding::Add), interval(&n.sql, unit));
            Some(if *ty == Type::Date {
                dated(sum, ty)
            } else {
                Sql::new(sum, Binding::Add)
            })
        }
        Func::DateDiff(unit) => {
            let [from, to] = args else { return None };
            Some(Sql::atom(format!(
                "date_diff('{}', {}, {})",
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
        Func::Weekday => Some(function("isodow", args)),
        Func::DayOfYear => Some(function("dayofyear", args)),
        Func::ArrayContains => Some(function("list_contains", args)),
        Func::ArrayLength => Some(function("len", args)),
        Func::AnyIn => Some(function("list_has_any", args)),
        // Every element of the array is in the list: the list has them all.
        Func::AllIn => {
            let [array, list] = args else { return None };
            Some(function("list_has_all", &[list.clone(), array.clone()]))
        }
        Func::NoneIn => {
            let any = function("list_has_any", args);
            Some(Sql::new(format!("not {}", any.text), Binding::Not))
        }
        Func::JsonText => json_text(d, args),
        Func::JsonNumber => {
            let text = json_text(d, args)?;
            Some(Sql::atom(format!("try_cast({} as double)", text.text)))
        }
        Func::HashBucket => {
            let [x, n, salt] = args else { return None };
            Some(Sql::new(
                format!(
                    "cast('0x' || substr(md5({} || ':' || cast({} as varchar)), 1, 13) as bigint) % nullif({}, 0)",
                    salt.at(Binding::Concat),
                    x.text(),
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
        | Func::IsTrue
        | Func::IsNotTrue
        | Func::IsFalse
        | Func::IsNotFalse
        | Func::IsDistinctFrom
        | Func::IsNotDistinctFrom
        | Func::In
        | Func::NotIn
        | Func::Between
        | Func::NotBetween
        | Func::Like
        | Func::NotLike
        | Func::ILike
        | Func::NotILike
        | Func::Add
        | Func::Sub
        | Func::Mul
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
        | Func::Greatest
        | Func::Least
        | Func::Concat
        | Func::Lower
        | Func::Upper
        | Func::Trim
        | Func::Length
        | Func::Substr
        | Func::Replace
        | Func::SplitPart
        | Func::Left
        | Func::Right
        | Func::Md5
        | Func::Coalesce
        | Func::NullIf
        | Func::DistanceKm => generic::call(d, func, args, ty),
    }
}

/// The path is a literal: `a.b` becomes `$."a"."b"`, a number an index. Text that is no JSON gives NULL.
/// <https://duckdb.org/docs/stable/data/json/json_functions>
fn json_text(d: &DuckDb, args: &[Arg<'_>]) -> Option<Sql> {
    let [x, path] = args else { return None };
    let Some(Literal::String(path)) = path.literal else {
        return None;
    };
    let mut json_path = "$".to_owned();
    for key in path.split('.') {
        if !key.is_empty() && key.bytes().all(|b| b.is_ascii_digit()) {
            json_path.push_str(&format!("[{key}]"));
        } else {
            json_path.push_str(&format!(".\"{}\"", key.replace('"', "\\\"")));
        }
    }
    let call = format!(
        "json_extract_string({}, {})",
        x.text(),
        d.string(&json_path)
    );
    Some(Sql::atom(if *x.ty == Type::Json {
        call
    } else {
        format!("case when json_valid({}) then {call} end", x.text())
    }))
}
