//! The closed vocabulary of functions: one table with name, arguments and meaning; and how functions of other places are
//! said here. How a rule is checked is `functions`.

use crate::expr::{Func, Type};

/// A function as the reference shows it.
#[derive(Clone, Copy, Debug)]
pub struct FunctionDoc {
    pub name: &'static str,
    /// How it is written: `substr(text, start[, length])`.
    pub usage: &'static str,
    pub meaning: &'static str,
}

/// All scalar functions, in the order of the reference.
pub fn functions() -> impl Iterator<Item = FunctionDoc> {
    TABLE.iter().map(|f| FunctionDoc {
        name: f.name,
        usage: f.usage,
        meaning: f.meaning,
    })
}

pub(super) struct Function {
    pub(super) name: &'static str,
    pub(super) usage: &'static str,
    meaning: &'static str,
    /// Fewest and most arguments.
    pub(super) count: (usize, usize),
    pub(super) rule: Rule,
}

/// What an argument has to be.
#[derive(Clone, Copy)]
pub(super) enum Arg {
    Text,
    /// A whole number of at least 1; NULL below.
    Position,
    /// A whole number of at least 0; NULL below.
    Size,
    Float,
    Json,
    /// A constant, non-empty string.
    Path,
    /// A constant RE2 pattern.
    Pattern,
}

pub(super) enum Rule {
    /// Each argument by itself, and a fixed result.
    Plain(Func, &'static [Arg], Type),
    Concat,
    Coalesce,
    NullIf,
    If,
    /// `greatest`, `least`
    Extreme(Func),
    Abs,
    Round,
    /// `floor`, `ceil`
    ToWhole(Func),
    /// A function of a float that has no value unless the comparison with 0 holds.
    Above(Func, Func),
    /// It has no value for 0 to a negative power, nor for a negative number to a fraction.
    Power,
    Mod,
    DateTrunc,
    DateAdd,
    DateDiff,
    Field(Func),
    IsWeekend,
    Age,
    DaysSince,
    AsOf,
    Today,
    ArrayContains,
    ArrayLength,
    /// `any_in`, `all_in`, `none_in`
    ArrayIn(Func),
    HashBucket,
    Var,
}

pub(super) const MANY: usize = 1000;

macro_rules! table {
    ($($usage:literal, $meaning:literal, $count:expr, $rule:expr;)*) => {
        &[$(Function { name: name_of($usage), usage: $usage, meaning: $meaning, count: $count, rule: $rule }),*]
    };
}

/// What stands before the parenthesis.
const fn name_of(usage: &'static str) -> &'static str {
    let bytes = usage.as_bytes();
    let mut end = 0;
    while end < bytes.len() {
        if let (name, [b'(', ..]) = bytes.split_at(end) {
            return match std::str::from_utf8(name) {
                Ok(name) => name,
                Err(_) => "",
            };
        }
        end += 1;
    }
    usage
}

#[rustfmt::skip]
pub(super) static TABLE: &[Function] = table![
    "lower(text)", "in small letters", (1, 1), Rule::Plain(Func::Lower, &[Arg::Text], Type::String);
    "upper(text)", "in capital letters", (1, 1), Rule::Plain(Func::Upper, &[Arg::Text], Type::String);
    "trim(text)", "without spaces at either end", (1, 1), Rule::Plain(Func::Trim, &[Arg::Text], Type::String);
    "length(text)", "how many characters", (1, 1), Rule::Plain(Func::Length, &[Arg::Text], Type::Int);
    "substr(text, start[, length])", "characters from `start`, counted from 1", (2, 3), Rule::Plain(Func::Substr, &[Arg::Text, Arg::Position, Arg::Size], Type::String);
    "concat(text, …)", "one after the other; NULL if one is NULL", (1, MANY), Rule::Concat;
    "replace(text, from, to)", "every `from` replaced", (3, 3), Rule::Plain(Func::Replace, &[Arg::Text, Arg::Text, Arg::Text], Type::String);
    "split_part(text, separator, n)", "the n-th part, counted from 1", (3, 3), Rule::Plain(Func::SplitPart, &[Arg::Text, Arg::Text, Arg::Position], Type::String);
    "left(text, n)", "the first n characters", (2, 2), Rule::Plain(Func::Left, &[Arg::Text, Arg::Size], Type::String);
    "right(text, n)", "the last n characters", (2, 2), Rule::Plain(Func::Right, &[Arg::Text, Arg::Size], Type::String);
    "starts_with(text, start)", "whether it begins so", (2, 2), Rule::Plain(Func::StartsWith, &[Arg::Text, Arg::Text], Type::Boolean);
    "ends_with(text, end)", "whether it ends so", (2, 2), Rule::Plain(Func::EndsWith, &[Arg::Text, Arg::Text], Type::Boolean);
    "contains(text, part)", "whether the part is in it", (2, 2), Rule::Plain(Func::Contains, &[Arg::Text, Arg::Text], Type::Boolean);
    "regexp_matches(text, pattern)", "whether an RE2 pattern matches a part of it", (2, 2), Rule::Plain(Func::RegexpMatches, &[Arg::Text, Arg::Pattern], Type::Boolean);
    "regexp_extract(text, pattern[, group])", "the first match of an RE2 pattern, or a group of it", (2, 3), Rule::Plain(Func::RegexpExtract, &[Arg::Text, Arg::Pattern, Arg::Size], Type::String);
    "md5(text)", "the MD5 of its UTF-8 bytes in hexadecimal", (1, 1), Rule::Plain(Func::Md5, &[Arg::Text], Type::String);
    "coalesce(x, …)", "the first that is not NULL", (1, MANY), Rule::Coalesce;
    "nullif(x, y)", "NULL if the two are equal, else x", (2, 2), Rule::NullIf;
    "if(condition, x, y)", "x if the condition is true, else y", (3, 3), Rule::If;
    "greatest(x, …)", "the largest; NULLs are ignored", (1, MANY), Rule::Extreme(Func::Greatest);
    "least(x, …)", "the smallest; NULLs are ignored", (1, MANY), Rule::Extreme(Func::Least);
    "abs(x)", "without its sign", (1, 1), Rule::Abs;
    "round(x[, digits])", "rounded, halves away from zero", (1, 2), Rule::Round;
    "floor(x)", "the next whole number below", (1, 1), Rule::ToWhole(Func::Floor);
    "ceil(x)", "the next whole number above", (1, 1), Rule::ToWhole(Func::Ceil);
    "power(x, y)", "x to the power of y; NULL where there is none", (2, 2), Rule::Power;
    "ln(x)", "the natural logarithm; NULL for 0 and below", (1, 1), Rule::Above(Func::Ln, Func::Gt);
    "exp(x)", "e to the power of x", (1, 1), Rule::Plain(Func::Exp, &[Arg::Float], Type::Float);
    "sqrt(x)", "the square root; NULL below 0", (1, 1), Rule::Above(Func::Sqrt, Func::Ge);
    "mod(x, y)", "the rest of a division of whole numbers; NULL if y is 0", (2, 2), Rule::Mod;
    "date_trunc(unit, x)", "the beginning of the unit that x is in", (2, 2), Rule::DateTrunc;
    "date_add(unit, n, x)", "n units later", (3, 3), Rule::DateAdd;
    "date_diff(unit, from, to)", "how many beginnings of a unit lie between", (3, 3), Rule::DateDiff;
    "year(x)", "the year", (1, 1), Rule::Field(Func::Year);
    "quarter(x)", "the quarter, 1 to 4", (1, 1), Rule::Field(Func::Quarter);
    "month(x)", "the month, 1 to 12", (1, 1), Rule::Field(Func::Month);
    "day(x)", "the day of the month", (1, 1), Rule::Field(Func::Day);
    "hour(x)", "the hour, 0 to 23", (1, 1), Rule::Field(Func::Hour);
    "weekday(x)", "the day of the week, Monday is 1", (1, 1), Rule::Field(Func::Weekday);
    "day_of_year(x)", "the day of the year, from 1", (1, 1), Rule::Field(Func::DayOfYear);
    "is_weekend(x)", "whether it is a Saturday or a Sunday", (1, 1), Rule::IsWeekend;
    "age(birth_date)", "whole years; 29 February counts on 1 March", (1, 1), Rule::Age;
    "days_since(x)", "local midnights between x and as_of", (1, 1), Rule::DaysSince;
    "as_of()", "the instant the question is asked for", (0, 0), Rule::AsOf;
    "today()", "the local date of as_of", (0, 0), Rule::Today;
    "array_contains(array, x)", "whether x is one of the items", (2, 2), Rule::ArrayContains;
    "array_length(array)", "how many items", (1, 1), Rule::ArrayLength;
    "any_in(array, list)", "whether one of the items is in the list", (2, 2), Rule::ArrayIn(Func::AnyIn);
    "all_in(array, list)", "whether all items are in the list", (2, 2), Rule::ArrayIn(Func::AllIn);
    "none_in(array, list)", "whether no item is in the list", (2, 2), Rule::ArrayIn(Func::NoneIn);
    "json_text(x, 'a.b')", "the text at a path; NULL where there is none", (2, 2), Rule::Plain(Func::JsonText, &[Arg::Json, Arg::Path], Type::String);
    "json_number(x, 'a.b')", "the number at a path; NULL where there is none", (2, 2), Rule::Plain(Func::JsonNumber, &[Arg::Json, Arg::Path], Type::Float);
    "distance_km(lat, lon, lat2, lon2)", "kilometres between two points in degrees", (4, 4), Rule::Plain(Func::DistanceKm, &[Arg::Float, Arg::Float, Arg::Float, Arg::Float], Type::Float);
    "hash_bucket(x, n, salt)", "a bucket from 0 to n - 1, evenly spread", (3, 3), Rule::HashBucket;
    "var('x')", "the value of a variable", (1, 1), Rule::Var;
];

/// How functions of other places are said here.
pub(super) fn elsewhere(name: &str) -> Option<&'static str> {
    Some(match name {
        "now" | "getdate" | "sysdate" | "current_timestamp" | "localtimestamp" | "systimestamp" => {
            "use `as_of()`: a segment asks its question as of one instant, not as of the clock"
        }
        "current_date" | "curdate" => "use `today()`: the local date of `as_of`",
        "datediff" | "timestampdiff" | "timestamp_diff" | "datetime_diff" => {
            "write `date_diff('day', from, to)`"
        }
        "dateadd" | "timestamp_add" | "datetime_add" | "date_sub" | "timestamp_sub" => {
            "write `x + interval '3' day`, or `date_add('day', n, x)`"
        }
        "trunc" | "datetime_trunc" | "timestamp_trunc" => {
            "write `date_trunc('month', x)`, or `floor(x)` for numbers"
        }
        "ifnull" | "nvl" | "isnull" | "zeroifnull" => "use `coalesce(x, y)`",
        "iff" | "decode" | "nvl2" => "use `if(condition, x, y)` or `case`",
        "len" | "char_length" | "character_length" => "use `length(text)`",
        "substring" | "mid" => "use `substr(text, start, length)`",
        "ltrim" | "rtrim" => "use `trim(text)`, which takes the spaces at both ends",
        "btrim" => "use `trim(text)`",
        "strpos" | "position" | "instr" | "charindex" | "locate" => "use `contains(text, part)`",
        "startswith" => "use `starts_with(text, start)`",
        "endswith" => "use `ends_with(text, end)`",
        "regexp_contains" => "use `regexp_matches(text, pattern)`",
        "regexp_like" | "rlike" | "regexp_full_match" => {
            "use `regexp_matches(text, pattern)`: a part may match; for the whole write `'^(pattern)$'`"
        }
        "regexp_substr" => "use `regexp_extract(text, pattern)`",
        "concat_ws" => "join with `||`: `a || ' ' || b`",
        "log" | "log10" | "log2" => "use `ln(x)`, divided by `ln(10)` for base 10",
        "pow" => "use `power(x, y)`",
        "ceiling" => "use `ceil(x)`",
        "dayofweek" | "dow" | "isodow" | "dayofweekiso" => "use `weekday(x)`: Monday is 1",
        "dayofyear" | "doy" => "use `day_of_year(x)`",
        "dayofmonth" => "use `day(x)`",
        "date_part" | "datepart" => "use `year(x)`, `month(x)` … or `extract(year from x)`",
        "date" | "to_date" | "to_timestamp" | "strptime" | "parse_date" | "timestamp"
        | "datetime" => "use `cast(x as date)` or `cast(x as datetime)`",
        "to_char" | "to_varchar" | "strftime" | "format_date" => {
            "use `date_trunc('month', x)`, `year(x)` … or `cast(x as string)`"
        }
        "safe_cast" | "to_number" | "try_to_number" => "use `try_cast(x as decimal(18,2))`",
        "safe_divide" | "div0" => "`x / y` already is NULL where y is 0",
        "array_agg" | "listagg" | "string_agg" | "group_concat" => {
            "use the aggregate `list_distinct`"
        }
        "mode" => "use the aggregate `most_frequent`",
        "mean" => "use the aggregate `avg`",
        "approx_count_distinct" => "use `count(distinct orders.x)`: nothing is approximate here",
        "stddev_samp" => "use the aggregate `stddev`",
        "list_contains" | "array_has" => "use `array_contains(array, x)`",
        "cardinality" | "array_size" | "list_length" => "use `array_length(array)`",
        "json_extract"
        | "json_value"
        | "json_extract_scalar"
        | "json_extract_string"
        | "get_path" => "use `json_text(x, 'a.b')` or `json_number(x, 'a.b')`",
        "st_distance" | "haversine" => "use `distance_km(lat, lon, lat2, lon2)`",
        "rank" | "dense_rank" | "row_number" | "ntile" | "percent_rank" | "lag" | "lead" => {
            "compare entities with a rank trait"
        }
        "rand" | "random" | "uniform" => "use `hash_bucket(x, n, salt)`: the same every time",
        _ => return None,
    })
}
