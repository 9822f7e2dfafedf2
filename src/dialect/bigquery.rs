//! BigQuery, GoogleSQL. <https://cloud.google.com/bigquery/docs/reference/standard-sql/functions-all>

use super::bigquery_sources::{self, numeric};
use super::bigquery_words::RESERVED;
use super::generic::{self, compare, extreme, over, where_met};
use super::groups::only_group;
use super::sql::function;
use super::{Arg, Binding, Dialect, Rows, Sql};
use crate::expr::{Agg, Func, Literal, Type, Unit};
use crate::model::Table;
use jiff::{Timestamp, tz::TimeZone};

pub(super) struct BigQuery;

impl Dialect for BigQuery {
    fn name(&self) -> &'static str {
        "bigquery"
    }

    fn costs(&self) -> crate::ir::Costs {
        crate::ir::Costs::BYTES
    }

    /// 1 MB of a query as it is sent, with room for what stands around it. <https://cloud.google.com/bigquery/quotas#query_jobs>
    fn longest_statement(&self) -> Option<usize> {
        Some(900_000)
    }

    /// <https://cloud.google.com/bigquery/docs/reference/standard-sql/debugging-statements#assert>
    fn ensure(&self, query: &str, mark: &str) -> String {
        // A check may answer with no row, and with a column of words.
        format!(
            "ASSERT NOT EXISTS (\nSELECT 1 FROM (\n{query}\n) AS x\nWHERE x.violations IS DISTINCT FROM 0\n) AS '{mark}'"
        )
    }

    /// JSON is not groupable.
    /// <https://cloud.google.com/bigquery/docs/reference/standard-sql/data-types#groupable_data_types>
    fn compares(&self, ty: &str) -> bool {
        !ty.to_uppercase().contains("JSON")
    }

    /// NULL would be the text `null`, which is a JSON value's.
    /// <https://cloud.google.com/bigquery/docs/reference/standard-sql/json_functions#to_json_string>
    fn comparable(&self) -> fn(&str) -> String {
        |value| format!("IF({value} IS NULL, NULL, TO_JSON_STRING({value}))")
    }

    /// Every dataset has an INFORMATION_SCHEMA of its own: where the dataset is not there, it is not either.
    /// <https://cloud.google.com/bigquery/docs/information-schema-intro#dataset_qualifier>
    fn has_no_schema(&self, message: &str) -> bool {
        message.starts_with("notFound: Not found: Dataset ")
    }

    /// <https://cloud.google.com/bigquery/docs/reference/standard-sql/lexical#reserved_keywords>
    fn reserved(&self) -> &'static [&'static str] {
        RESERVED
    }

    /// <https://cloud.google.com/bigquery/docs/reference/standard-sql/lexical#quoted_identifiers>
    fn quote(&self, name: &str) -> String {
        format!("`{}`", name.replace('\\', "\\\\").replace('`', "\\`"))
    }

    /// <https://cloud.google.com/bigquery/docs/reference/standard-sql/lexical#escape_sequences>
    fn string(&self, text: &str) -> String {
        let mut out = String::from("'");
        for c in text.chars() {
            match c {
                '\\' => out.push_str("\\\\"),
                '\'' => out.push_str("\\'"),
                '\n' => out.push_str("\\n"),
                '\r' => out.push_str("\\r"),
                c => out.push(c),
            }
        }
        out.push('\'');
        out
    }

    /// <https://cloud.google.com/bigquery/docs/reference/standard-sql/data-types>
    fn type_name(&self, ty: &Type) -> String {
        match ty {
            Type::Boolean => "bool".to_owned(),
            Type::Int => "int64".to_owned(),
            Type::Float => "float64".to_owned(),
            Type::Decimal { precision, scale } => numeric(*precision, *scale).to_owned(),
            Type::String | Type::Null => "string".to_owned(),
            Type::Date => "date".to_owned(),
            Type::Timestamp => "timestamp".to_owned(),
            Type::Datetime => "datetime".to_owned(),
            Type::Json => "json".to_owned(),
            Type::Array(of) => format!("array<{}>", self.type_name(of)),
        }
    }

    fn literal(&self, value: &Literal, ty: &Type) -> Sql {
        let plain = generic::literal(self, value, ty);
        match value {
            // A number with a point is a FLOAT64.
            Literal::Decimal { scale, digits } => {
                let precision = u8::try_from(digits.unsigned_abs().to_string().len()).unwrap_or(38);
                let name = numeric(precision.max(*scale), *scale);
                Sql::atom(format!("{name} '{}'", plain.text))
            }
            Literal::Datetime(at) => Sql::atom(format!("datetime '{}'", generic::wall(*at))),
            Literal::Array(items) if items.contains(&Literal::Null) => {
                Sql::atom(format!("cast({} as {})", plain.text, self.type_name(ty)))
            }
            Literal::Null
            | Literal::Boolean(_)
            | Literal::Int(_)
            | Literal::Float(_)
            | Literal::String(_)
            | Literal::Date(_)
            | Literal::Timestamp(_)
            | Literal::Array(_) => plain,
        }
    }

    fn timestamp(&self, at: Timestamp) -> String {
        let wall = generic::wall(TimeZone::UTC.to_datetime(at));
        format!("timestamp '{wall}+00:00'")
    }

    fn table(&self, table: &Table) -> Option<String> {
        bigquery_sources::table(table)
    }

    fn type_of(&self, name: &str) -> Option<Type> {
        bigquery_sources::type_of(name)
    }

    fn is_record(&self, name: &str) -> bool {
        bigquery_sources::is_record(name)
    }

    fn keeps_past(&self, tables: &[&[String]]) -> Option<String> {
        bigquery_sources::keeps_past(tables)
    }

    /// <https://cloud.google.com/bigquery/docs/reference/standard-sql/query-syntax#for_system_time_as_of>
    fn rows_at(&self, at: Timestamp) -> Option<String> {
        Some(format!("for system_time as of {}", self.timestamp(at)))
    }

    fn catalog(&self, tables: &[&[String]]) -> Option<String> {
        bigquery_sources::catalog(tables)
    }

    fn call(&self, func: Func, args: &[Arg<'_>], ty: &Type) -> Option<Sql> {
        call(self, func, args, ty)
    }

    /// <https://cloud.google.com/bigquery/docs/reference/standard-sql/conversion_functions>
    fn cast(&self, x: &Arg<'_>, ty: &Type, safe: bool) -> Option<Sql> {
        let name = if safe { "safe_cast" } else { "cast" };
        let text = match x.ty {
            // Spaces around it are not part of what is read.
            Type::String if *ty == Type::Datetime => with_seconds(self, x),
            Type::String if *ty != Type::String => format!("trim({}, ' ')", x.text()),
            Type::Boolean
            | Type::Int
            | Type::Float
            | Type::Decimal { .. }
            | Type::String
            | Type::Date
            | Type::Timestamp
            | Type::Datetime
            | Type::Json
            | Type::Array(_)
            | Type::Null => x.text().to_owned(),
        };
        Some(Sql::atom(match (x.ty, ty) {
            // As many decimals as the type has; a cast drops zeros at the end.
            (Type::Decimal { scale, .. }, Type::String) => format!("format('%.{scale}f', {text})"),
            (Type::Datetime, Type::String) => format!("format_datetime('%F %H:%M:%E*S', {text})"),
            (_, Type::Decimal { precision, scale }) if safe => {
                let number = format!(
                    "round(safe_cast({text} as {}), {scale})",
                    self.type_name(ty)
                );
                fitting(self, &number, precision - scale.min(precision))
            }
            (_, Type::Decimal { precision, scale }) => {
                let ty = self.type_name(ty);
                format!("cast({text} as {ty}({precision}, {scale}))")
            }
            _ => format!("{name}({text} as {})", self.type_name(ty)),
        }))
    }

    /// <https://cloud.google.com/bigquery/docs/reference/standard-sql/aggregate_functions>
    fn aggregate(&self, agg: Agg, arg: Option<&Arg<'_>>, rows: Rows<'_>, ty: &Type) -> Option<Sql> {
        match (agg, arg) {
            // PERCENTILE_CONT is a window function only.
            (Agg::Median, Some(x)) => {
                let x = where_met(x.text(), rows);
                Some(match rows.over {
                    Some(over) => Sql::atom(format!(
                        "percentile_cont(cast({x} as float64), 0.5) over ({over})"
                    )),
                    None => {
                        let values = format!(
                            "array_agg(cast({x} as float64) ignore nulls order by {x} asc)"
                        );
                        Sql::new(
                            format!(
                                "({values}[safe_offset(div(count({x}) - 1, 2))] \
                                 + {values}[safe_offset(div(count({x}), 2))]) / 2"
                            ),
                            Binding::Mul,
                        )
                    }
                })
            }
            (Agg::ListDistinct, Some(x)) => {
                let is_constant = x.literal.is_some() && rows.filter.is_none();
                let x = where_met(x.text(), rows);
                let of = if is_constant {
                    format!("{x} ignore nulls")
                } else {
                    format!("{x} ignore nulls order by {x} asc")
                };
                let rows = Rows {
                    filter: None,
                    ..rows
                };
                Some(Sql::atom(over(self, "array_agg", "distinct ", &of, rows)))
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
            ) => generic::aggregate(self, agg, arg, rows, ty),
        }
    }

    /// <https://cloud.google.com/bigquery/docs/reference/standard-sql/datetime_functions#datetime>
    fn to_local(&self, instant: &Sql, zone: &TimeZone) -> Option<Sql> {
        let zone = self.string(zone.iana_name()?);
        Some(Sql::atom(format!("datetime({}, {zone})", instant.text)))
    }

    /// <https://cloud.google.com/bigquery/docs/reference/standard-sql/timestamp_functions#timestamp>
    fn to_instant(&self, local: &Sql, zone: &TimeZone) -> Option<Sql> {
        let zone = self.string(zone.iana_name()?);
        Some(Sql::atom(format!("timestamp({}, {zone})", local.text)))
    }

    fn add_elapsed(&self, n: &Sql, unit: Unit, instant: &Sql) -> Option<Sql> {
        Some(Sql::atom(format!(
            "timestamp_add({}, interval {} {})",
            instant.text,
            n.at(Binding::Atom),
            part(unit)
        )))
    }
}

/// A number, NULL where it has more digits before the point than these: that is an error in a cast, a safe one too.
fn fitting(d: &BigQuery, number: &str, digits: u8) -> String {
    let Some(most) = 10_i128.checked_pow(digits.into()) else {
        return number.to_owned();
    };
    let most = Literal::Decimal {
        digits: most,
        scale: 0,
    };
    let most = d.literal(&most, &Type::Null).text;
    format!("case when abs({number}) < {most} then {number} end")
}

/// A time without seconds is none here.
/// <https://cloud.google.com/bigquery/docs/reference/standard-sql/data-types#canonical_format_for_datetime_literals>
fn with_seconds(d: &BigQuery, x: &Arg<'_>) -> String {
    let (minutes, filled) = (d.string("^(.{16})$"), d.string("\\1:00"));
    format!(
        "regexp_replace(trim({}, ' '), {minutes}, {filled})",
        x.text()
    )
}

/// Products of NUMERICs are NUMERICs, rounded to nine digits after the point; of BIGNUMERICs they are exact to 38.
/// <https://cloud.google.com/bigquery/docs/reference/standard-sql/operators#arithmetic_operators>
fn product(d: &BigQuery, args: &[Arg<'_>], ty: &Type) -> Option<Sql> {
    let name = d.type_name(ty);
    let args: Vec<Arg<'_>> = args
        .iter()
        .map(|arg| {
            let mut arg = arg.clone();
            if name == "bignumeric" && d.type_name(arg.ty) != name {
                arg.sql = Sql::atom(format!("cast({} as {name})", arg.text()));
            }
            arg
        })
        .collect();
    generic::call(d, Func::Mul, &args, ty)
}

fn part(unit: Unit) -> &'static str {
    match unit {
        Unit::Second => "second",
        Unit::Minute => "minute",
        Unit::Hour => "hour",
        Unit::Day => "day",
        Unit::Week => "isoweek",
        Unit::Month => "month",
        Unit::Quarter => "quarter",
        Unit::Year => "year",
    }
}

/// `date_trunc` of dates, `datetime_trunc` of wall-clock times.
fn calendar(name: &str, ty: &Type) -> String {
    let kind = if *ty == Type::Date {
        "date"
    } else {
        "datetime"
    };
    format!("{kind}_{name}")
}

fn extract(part: &str, args: &[Arg<'_>]) -> Option<Sql> {
    let [x] = args else { return None };
    Some(Sql::atom(format!("extract({part} from {})", x.text())))
}

fn call(d: &BigQuery, func: Func, args: &[Arg<'_>], ty: &Type) -> Option<Sql> {
    match func {
        // A backslash is the escape, asked for or not.
        Func::Like => compare("like", args),
        Func::NotLike => compare("not like", args),
        Func::ILike => folded("like", args),
        Func::NotILike => folded("not like", args),
        Func::Mod => {
            let [left, right] = args else { return None };
            Some(Sql::atom(format!(
                "mod({}, nullif({}, 0))",
                left.text(),
                right.text()
            )))
        }
        Func::Mul => product(d, args, ty),
        // Whole numbers would become floats.
        Func::Round | Func::Floor | Func::Ceil => match args {
            [x] if *x.ty == Type::Int => Some(x.sql.clone()),
            [x, digits] if *x.ty == Type::Int => Some(Sql::atom(format!(
                "cast(round(cast({} as numeric), {}) as int64)",
                x.text(),
                digits.text()
            ))),
            _ => generic::call(d, func, args, ty),
        },
        Func::Greatest => Some(extreme("greatest", args)),
        Func::Least => Some(extreme("least", args)),
        Func::SplitPart => {
            let [x, separator, n] = args else {
                return None;
            };
            let part = format!(
                "coalesce(split({0}, {1})[safe_ordinal({2})], substr({0}, 1, 0))",
                x.text(),
                separator.text(),
                n.text()
            );
            Some(unless_null(&[separator, n], part))
        }
        Func::StartsWith => Some(function("starts_with", args)),
        Func::EndsWith => Some(function("ends_with", args)),
        Func::Contains => {
            let call = function("strpos", args);
            Some(Sql::new(format!("{} > 0", call.text), Binding::Compare))
        }
        Func::RegexpMatches => Some(function("regexp_contains", args)),
        Func::RegexpExtract => regexp_extract(d, args),
        Func::Md5 => {
            let [x] = args else { return None };
            Some(Sql::atom(format!("to_hex(md5({}))", x.text())))
        }
        Func::DateTrunc(unit) => {
            let [x] = args else { return None };
            let name = calendar("trunc", x.ty);
            Some(Sql::atom(format!("{name}({}, {})", x.text(), part(unit))))
        }
        Func::DateAdd(unit) => {
            let [n, x] = args else { return None };
            let (name, unit) = match unit {
                Unit::Week => (calendar("add", x.ty), "week"),
                Unit::Second
                | Unit::Minute
                | Unit::Hour
                | Unit::Day
                | Unit::Month
                | Unit::Quarter
                | Unit::Year => (calendar("add", x.ty), part(unit)),
            };
            let n = n.at(Binding::Atom);
            Some(Sql::atom(format!(
                "{name}({}, interval {n} {unit})",
                x.text()
            )))
        }
        // Of dates and wall-clock times, boundaries are counted; of instants whole units would be.
        Func::DateDiff(unit) => {
            let [from, to] = args else { return None };
            let name = calendar("diff", from.ty);
            Some(Sql::atom(format!(
                "{name}({}, {}, {})",
                to.text(),
                from.text(),
                part(unit)
            )))
        }
        Func::Year => extract("year", args),
        Func::Quarter => extract("quarter", args),
        Func::Month => extract("month", args),
        Func::Day => extract("day", args),
        Func::Hour => extract("hour", args),
        Func::DayOfYear => extract("dayofyear", args),
        // Sunday is 1.
        Func::Weekday => {
            let day = extract("dayofweek", args)?;
            Some(Sql::new(
                format!("mod({} + 5, 7) + 1", day.text),
                Binding::Add,
            ))
        }
        Func::ArrayContains => {
            let [array, x] = args else { return None };
            let found = format!(
                "exists (select 1 from unnest({}) as item where item = {})",
                array.text(),
                x.at(Binding::Concat)
            );
            Some(unless_null(&[array, x], found))
        }
        Func::ArrayLength => Some(function("array_length", args)),
        Func::AnyIn => among(args, "exists", "in"),
        Func::AllIn => among(args, "not exists", "not in"),
        Func::NoneIn => among(args, "not exists", "in"),
        Func::JsonText => json_text(d, args),
        Func::JsonNumber => {
            let text = json_text(d, args)?;
            Some(Sql::atom(format!(
                "safe_cast(regexp_extract(trim({}, ' '), r'^-?[0-9]+(?:[.][0-9]*)?(?:[eE][+-]?[0-9]+)?$') as float64)",
                text.text
            )))
        }
        Func::DistanceKm => distance(args),
        Func::HashBucket => {
            let [x, n, salt] = args else { return None };
            let key = d.cast(x, &Type::String, false)?;
            Some(Sql::atom(format!(
                "mod(cast('0x' || substr(to_hex(md5({} || ':' || {})), 1, 13) as int64), nullif({}, 0))",
                salt.at(Binding::Concat),
                key.text,
                n.text()
            )))
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
        | Func::Add
        | Func::Sub
        | Func::Div
        | Func::Neg
        | Func::Abs
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
        | Func::Coalesce
        | Func::NullIf
        | Func::Native => generic::call(d, func, args, ty),
    }
}

/// There is no ILIKE.
fn folded(op: &str, args: &[Arg<'_>]) -> Option<Sql> {
    let [text, pattern] = args else { return None };
    Some(Sql::new(
        format!("lower({}) {op} lower({})", text.text(), pattern.text()),
        Binding::Compare,
    ))
}

/// `found`, or NULL where one of the arguments is.
fn unless_null(args: &[&Arg<'_>], found: String) -> Sql {
    let known: Vec<String> = args
        .iter()
        .filter(|a| a.literal.is_none())
        .map(|a| format!("{} is not null", a.at(Binding::Concat)))
        .collect();
    Sql::atom(if known.is_empty() {
        found
    } else {
        format!("case when {} then {found} end", known.join(" and "))
    })
}

/// Whether there is (no) item of the first array that is (not) in the second; NULL items are none.
fn among(args: &[Arg<'_>], exists: &str, op: &str) -> Option<Sql> {
    let [array, list] = args else { return None };
    let list_items = format!(
        "(select other from unnest({}) as other where other is not null)",
        list.text()
    );
    let found = format!(
        "{exists} (select 1 from unnest({}) as item where item {op} {list_items})",
        array.text()
    );
    Some(unless_null(&[array, list], found))
}

/// The first group is what BigQuery extracts: others stop being groups.
/// <https://cloud.google.com/bigquery/docs/reference/standard-sql/string_functions#regexp_extract>
fn regexp_extract(d: &BigQuery, args: &[Arg<'_>]) -> Option<Sql> {
    let (text, pattern) = (args.first()?, args.get(1)?);
    let Some(Literal::String(written)) = pattern.literal else {
        return None;
    };
    let group = match args.get(2).map(|g| g.literal) {
        None => 0,
        Some(Some(Literal::Int(n))) => usize::try_from(*n).ok()?,
        Some(_) => return None,
    };
    let only = d.string(&only_group(written, group));
    Some(Sql::atom(format!(
        "case when regexp_contains({0}, {1}) then coalesce(regexp_extract({0}, {2}), '') end",
        text.text(),
        pattern.text(),
        only
    )))
}

/// The path is a literal. A scalar is its text, anything else its JSON.
/// <https://cloud.google.com/bigquery/docs/reference/standard-sql/json_functions#json_value>
fn json_text(d: &BigQuery, args: &[Arg<'_>]) -> Option<Sql> {
    let [x, path] = args else { return None };
    let Some(Literal::String(path)) = path.literal else {
        return None;
    };
    let path = d.string(&generic::json_path(path));
    let x = x.text();
    Some(Sql::atom(format!(
        "coalesce(json_value({x}, {path}), nullif(to_json_string(json_query({x}, {path})), 'null'))"
    )))
}

/// Haversine, as everywhere; there is no RADIANS.
fn distance(args: &[Arg<'_>]) -> Option<Sql> {
    let [lat1, lon1, lat2, lon2] = <&[Arg<'_>; 4]>::try_from(args).ok()?;
    let degree = "(acos(-1e0) / 180)";
    let [a, b, x, y] = [lat1, lat2, lon1, lon2].map(|v| v.at(Binding::Mul));
    Some(Sql::atom(format!(
        "case when {a} + {x} + {b} + {y} is not null then 2 * 6371.0088e0 * asin(sqrt(least(1.0e0, \
         pow(sin(({b} - {a}) * {degree} / 2), 2) \
         + cos({a} * {degree}) * cos({b} * {degree}) * pow(sin(({y} - {x}) * {degree} / 2), 2)))) end"
    )))
}
