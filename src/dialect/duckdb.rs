//! DuckDB 2.0, as bundled: without the ICU extension, so that nothing here asks the engine for a time zone.

use super::duckdb_csv::{self, ALL_LINES};
use super::duckdb_sources;
use super::duckdb_words::RESERVED;
use super::generic::{self, over};
use super::sql::function;
use super::{Arg, Binding, Dialect, Publishes, Rows, Sql};
use crate::expr::{Agg, Func, Literal, Type, Unit};
use crate::model::{Column, FileFormat, Table, TableSource};
use jiff::Timestamp;
use jiff::tz::TimeZone;

pub(super) struct DuckDb {
    pub(super) publishes: Publishes,
}

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

    fn type_of(&self, name: &str) -> Option<Type> {
        duckdb_sources::type_of(name)
    }

    fn publishes(&self) -> Publishes {
        self.publishes
    }

    fn vouch(&self, query: &str) -> Option<[String; 2]> {
        // Before it explains a statement the engine looks at what that would change.
        let begin = "BEGIN TRANSACTION READ ONLY".to_owned();
        Some([begin, format!("EXPLAIN {query}")])
    }

    /// <https://duckdb.org/docs/stable/data/csv/overview#parameters>: declared types bind, the others are
    /// sniffed from all rows: a type that depended on a sample would change with the order of the rows.
    /// JSON is read as the text that it is in a warehouse: where it is none, it is NULL later.
    fn table(&self, table: &Table) -> Option<String> {
        match &table.source {
            TableSource::File { path, format } => {
                let path = self.string(path);
                let declared: Vec<String> = table
                    .columns
                    .iter()
                    .filter(|c| c.declared)
                    .map(|c| {
                        let json = c.ty == Type::Json;
                        let ty = if json { &Type::String } else { &c.ty };
                        format!("{}: '{}'", self.string(&c.name), self.type_name(ty))
                    })
                    .collect();
                Some(match format {
                    FileFormat::Parquet => format!("read_parquet({path})"),
                    FileFormat::Csv if declared.is_empty() => {
                        format!("read_csv({path}, {ALL_LINES}, sample_size = -1)")
                    }
                    FileFormat::Csv => format!(
                        "read_csv({path}, {ALL_LINES}, sample_size = -1, types = {{{}}})",
                        declared.join(", ")
                    ),
                })
            }
            TableSource::Named(_)
            | TableSource::Query(_)
            | TableSource::History { .. }
            | TableSource::Members(_) => generic::table(self, table),
        }
    }

    /// The sniffer only says that something is wrong; the reader says in which line.
    fn probe(&self, source: &TableSource) -> Option<String> {
        match source {
            TableSource::File {
                path,
                format: FileFormat::Csv,
            } => Some(format!(
                "select count(*) from read_csv({}, {ALL_LINES}, all_varchar = true)",
                self.string(path)
            )),
            TableSource::File { .. }
            | TableSource::Named(_)
            | TableSource::Query(_)
            | TableSource::History { .. }
            | TableSource::Members(_) => None,
        }
    }

    fn keeps_quotes(&self, source: &TableSource) -> Option<String> {
        duckdb_csv::keeps_quotes(self, source)
    }

    fn changed(&self, table: &Table) -> Option<String> {
        duckdb_csv::changed(self, table)
    }

    fn first_changed(&self, table: &Table, column: &Column) -> Option<String> {
        duckdb_csv::first_changed(self, table, column)
    }

    fn call(&self, func: Func, args: &[Arg<'_>], ty: &Type) -> Option<Sql> {
        call(self, func, args, ty)
    }

    /// <https://duckdb.org/docs/stable/sql/query_syntax/filter>
    fn has_filter(&self) -> bool {
        true
    }

    /// <https://duckdb.org/docs/stable/sql/functions/aggregates>
    fn aggregate(&self, agg: Agg, arg: Option<&Arg<'_>>, rows: Rows<'_>, ty: &Type) -> Option<Sql> {
        match (agg, arg, rows.filter) {
            (Agg::Exists, _, Some(filter)) => Some(Sql::atom(format!("bool_or({filter})"))),
            (Agg::ListDistinct, Some(x), filter) => {
                let present = format!("{} is not null", x.at(Binding::Concat));
                let filter = match filter {
                    Some(filter) => format!("({filter}) and {present}"),
                    None => present,
                };
                let rows = Rows {
                    filter: Some(&filter),
                    ..rows
                };
                // Not `order by` in the aggregate, which takes no constants but whole numbers.
                let list = over(self, "list", "distinct ", x.text(), rows);
                Some(Sql::atom(format!("list_sort({list})")))
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

    /// The first that is not NULL: `min` puts up a tree of all values first. A funnel of three steps, 7.5 million events: 0.48 -> 0.37 s.
    fn smallest_of_rising(&self, value: &str) -> String {
        format!("first_value({value} ignore nulls)")
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
        let mut local = Vec::new();
        let mut instant = Vec::new();
        let first = offset_at(zone, Timestamp::MIN);
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
        let mut statements = offset_macros("segc_local", first, &local);
        statements.push(
            "create or replace temp macro segc_local(t) as \
             make_timestamp(epoch_us(t) + segc_local_offset(epoch_us(t)))"
                .to_owned(),
        );
        statements.append(&mut offset_macros("segc_instant", first, &instant));
        statements.push(
            "create or replace temp macro segc_instant(t) as \
             cast(make_timestamp(epoch_us(t) - segc_instant_offset(epoch_us(t))) as timestamptz)"
                .to_owned(),
        );
        statements
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

/// A macro `…_offset(us)`: the offset that holds at a microsecond, from the steps (since when, offset) and the first one.
///
/// Time is cut into buckets of three months, so that a value finds the few steps near it by division: an expression of
/// every step would be bound anew at every use and compared for every row.
fn offset_macros(name: &str, first: i64, steps: &[(i64, i64)]) -> Vec<String> {
    const BUCKET: i64 = 91 * 86_400_000_000;
    let base = steps.first().map_or(0, |(at, _)| *at);
    let bucket_of = |at: i64| usize::try_from((at - base) / BUCKET).unwrap_or(0);
    let buckets = steps.last().map_or(1, |(at, _)| bucket_of(*at) + 1);
    let mut within: Vec<Vec<(i64, i64)>> = vec![Vec::new(); buckets];
    for step in steps {
        if let Some(bucket) = within.get_mut(bucket_of(step.0)) {
            bucket.push(*step);
        }
    }
    let most = within.iter().map(Vec::len).max().unwrap_or(0).max(1);
    let (mut since, mut offsets, mut current) = (Vec::new(), Vec::new(), first);
    for bucket in &within {
        offsets.push(current.to_string());
        for n in 0..most {
            // A bucket with fewer steps is filled up with some that never come.
            let (at, offset) = bucket.get(n).copied().unwrap_or((i64::MAX, current));
            since.push(at.to_string());
            offsets.push(offset.to_string());
            current = offset;
        }
    }
    let passed: Vec<String> = (1..=most)
        .map(|n| {
            format!(
                " + case when us >= list_extract([{}], {most} * {name}_bucket(us) + {n}) then 1 else 0 end",
                since.join(", ")
            )
        })
        .collect();
    vec![
        format!(
            "create or replace temp macro {name}_bucket(us) as \
             greatest(0, least({}, (us - ({base})) // {BUCKET}))",
            buckets - 1
        ),
        format!(
            "create or replace temp macro {name}_offset(us) as \
             list_extract([{}], {} * {name}_bucket(us) + 1{})",
            offsets.join(", "),
            most + 1,
            passed.concat()
        ),
    ]
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
        // DuckDB counts seven days where a week is asked for; ours is Mondays crossed.
        Func::DateDiff(Unit::Week) => {
            let [from, to] = args else { return None };
            Some(Sql::new(
                format!(
                    "date_diff('day', date_trunc('week', {}), date_trunc('week', {})) // 7",
                    from.text(),
                    to.text()
                ),
                Binding::Mul,
            ))
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
        Func::Mul => product(d, args, ty),
        Func::JsonText => json_text(d, args),
        Func::JsonNumber => {
            // DuckDB reads more as a number: 'nan', '1_000', '0x10'. What does not match is '', which is none.
            let text = json_text(d, args)?;
            Some(Sql::atom(format!(
                "try_cast(regexp_extract(trim({}, ' '), '^-?[0-9]+([.][0-9]*)?([eE][+-]?[0-9]+)?$') as double)",
                text.text
            )))
        }
        // DuckDB's own is a macro that its optimiser fails on beside `or` where a joined table is empty: written out, without `case`.
        Func::SplitPart => {
            let [x, separator, n] = args else {
                return None;
            };
            let (Some(Literal::String(_)), Some(Literal::Int(_))) = (separator.literal, n.literal)
            else {
                return generic::call(d, func, args, ty);
            };
            let (x, separator, n) = (x.text(), separator.text(), n.text());
            Some(Sql::atom(format!(
                "coalesce(list_extract(string_split({x}, {separator}), {n}), substr({x}, 1, 0))"
            )))
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
        | Func::Left
        | Func::Right
        | Func::Md5
        | Func::Coalesce
        | Func::NullIf
        | Func::DistanceKm
        | Func::Native => generic::call(d, func, args, ty),
    }
}

/// The product of two decimals of up to 18 digits has 18 of them, too, and fails where that is too few: one of them has more
/// where the product would have no room for 15 digits before the point.
/// <https://github.com/duckdb/duckdb/blob/v1.4.0/src/function/scalar/operator/arithmetic.cpp> (`BindDecimalMultiply`)
fn product(d: &DuckDb, args: &[Arg<'_>], ty: &Type) -> Option<Sql> {
    /// Digits of the widest decimal that is a 64-bit number.
    const NARROW: u8 = 18;
    // An INTEGER has 10; a BIGINT has 19, which make the product wide.
    let digits = |ty: &Type| {
        if *ty == Type::Int {
            Some((10, 0))
        } else {
            ty.digits()
        }
    };
    let [left, right] = args else { return None };
    let (Some((whole, scale)), Some((other, other_scale))) = (digits(left.ty), digits(right.ty))
    else {
        return generic::call(d, Func::Mul, args, ty);
    };
    let is_narrow = whole + scale <= NARROW && other + other_scale <= NARROW;
    let room = NARROW.saturating_sub(scale + other_scale);
    if !is_narrow || scale + other_scale == 0 || room >= (whole + other).min(15) {
        return generic::call(d, Func::Mul, args, ty);
    }
    let mut left = left.clone();
    left.sql = Sql::atom(format!("cast({} as decimal(38, {scale}))", left.text()));
    generic::call(d, Func::Mul, &[left, right.clone()], ty)
}

/// The path is a literal: `a.b` becomes `$."a"."b"`, a number an index. Text that is no JSON gives NULL.
/// <https://duckdb.org/docs/stable/data/json/json_functions>
fn json_text(d: &DuckDb, args: &[Arg<'_>]) -> Option<Sql> {
    let [x, path] = args else { return None };
    let Some(Literal::String(path)) = path.literal else {
        return None;
    };
    // A column that is declared json may be text in its table.
    Some(Sql::atom(format!(
        "case when json_valid({0}) then json_extract_string({0}, {1}) end",
        x.text(),
        d.string(&generic::json_path(path))
    )))
}
