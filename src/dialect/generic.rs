//! The spelling that most warehouses share: the defaults of `Dialect`.

use super::sql::{chain, function};
use super::{Arg, Binding, Dialect, Rows, Sql};
use crate::expr::{Agg, Func, Literal, Type, native_text};
use crate::model::{Table, TableSource};
use jiff::civil::DateTime;

pub(super) fn type_name<D: Dialect + ?Sized>(d: &D, ty: &Type) -> String {
    match ty {
        Type::Boolean => "boolean".to_owned(),
        Type::Int => "bigint".to_owned(),
        Type::Float => "double".to_owned(),
        Type::Decimal { precision, scale } => format!("decimal({precision}, {scale})"),
        Type::String | Type::Null => "varchar".to_owned(),
        Type::Date => "date".to_owned(),
        Type::Timestamp => "timestamp with time zone".to_owned(),
        Type::Datetime => "timestamp".to_owned(),
        Type::Json => "json".to_owned(),
        Type::Array(of) => format!("{}[]", d.type_name(of)),
    }
}

/// A decimal of `10, 2`, or of `10`.
pub(super) fn decimal_of(arguments: &str) -> Option<Type> {
    let (precision, scale) = arguments.split_once(',').unwrap_or((arguments, "0"));
    Some(Type::Decimal {
        precision: precision.trim().parse().ok()?,
        scale: scale.trim().parse().ok()?,
    })
}

/// `2026-01-31 09:00:00`, with as many decimals as there are.
pub(super) fn wall(at: DateTime) -> String {
    let nanos = at.subsec_nanosecond();
    let fraction = if nanos == 0 {
        String::new()
    } else {
        format!(".{:06}", nanos / 1000)
    };
    format!(
        "{} {:02}:{:02}:{:02}{fraction}",
        at.date(),
        at.hour(),
        at.minute(),
        at.second()
    )
}

pub(super) fn literal<D: Dialect + ?Sized>(d: &D, value: &Literal, ty: &Type) -> Sql {
    let signed = |text: String| {
        let binding = if text.starts_with('-') {
            Binding::Unary
        } else {
            Binding::Atom
        };
        Sql::new(text, binding)
    };
    match value {
        Literal::Null if *ty == Type::Null => Sql::atom("null"),
        Literal::Null => Sql::atom(format!("cast(null as {})", d.type_name(ty))),
        Literal::Boolean(b) => Sql::atom(if *b { "true" } else { "false" }),
        Literal::Int(n) => signed(n.to_string()),
        Literal::Decimal { digits, scale } => signed(decimal(*digits, *scale)),
        Literal::Float(bits) => signed(format!("{:e}", f64::from_bits(*bits))),
        Literal::String(s) => Sql::atom(d.string(s)),
        Literal::Date(date) => Sql::atom(format!("date '{date}'")),
        Literal::Timestamp(at) => Sql::atom(d.timestamp(*at)),
        Literal::Datetime(at) => Sql::atom(format!("timestamp '{}'", wall(*at))),
        Literal::Array(items) => {
            let of = item_type(ty);
            let items: Vec<String> = items.iter().map(|i| d.literal(i, of).text).collect();
            let array = format!("[{}]", items.join(", "));
            Sql::atom(if items.is_empty() {
                format!("cast({array} as {})", d.type_name(ty))
            } else {
                array
            })
        }
    }
}

/// What an array's items are.
pub(super) fn item_type(ty: &Type) -> &Type {
    match ty {
        Type::Array(of) => of,
        Type::Boolean
        | Type::Int
        | Type::Float
        | Type::Decimal { .. }
        | Type::String
        | Type::Date
        | Type::Timestamp
        | Type::Datetime
        | Type::Json
        | Type::Null => &Type::Null,
    }
}

fn decimal(digits: i128, scale: u8) -> String {
    let scale = usize::from(scale);
    let mut text = format!("{:0width$}", digits.unsigned_abs(), width = scale + 1);
    if scale > 0 {
        text.insert(text.len() - scale, '.');
    }
    if digits < 0 {
        text.insert(0, '-');
    }
    text
}

fn dotted<D: Dialect + ?Sized>(d: &D, parts: &[String]) -> String {
    let parts: Vec<String> = parts.iter().map(|p| d.identifier(p)).collect();
    parts.join(".")
}

pub(super) fn table<D: Dialect + ?Sized>(d: &D, table: &Table) -> Option<String> {
    match &table.source {
        TableSource::Named(parts) => {
            let name = dotted(d, parts);
            let past = table.read_at.and_then(|at| d.rows_at(at));
            Some(past.map_or(name.clone(), |past| {
                format!("(select * from {name} {past})")
            }))
        }
        // On lines of its own: the query may end in a comment.
        TableSource::Query(snippet) => {
            let text = snippet.text.trim().trim_end_matches(';').trim_end();
            Some(format!("(\n{text}\n)"))
        }
        TableSource::File { path, .. } => match &table.keys.as_ref()?.values {
            Some(_) => None,
            // A name that says so where somebody runs what was compiled to be read.
            None => Some(d.identifier(&format!("keys of {path}, which a build reads"))),
        },
        TableSource::Members(_) => None,
        TableSource::History {
            table: parts,
            exists: true,
            ..
        } => Some(dotted(d, parts)),
        // Before the first build: the same columns, and no row.
        TableSource::History { exists: false, .. } => {
            let columns: Vec<String> = table
                .columns
                .iter()
                .map(|c| {
                    format!(
                        "cast(null as {}) as {}",
                        d.type_name(&c.ty),
                        d.identifier(&c.name)
                    )
                })
                .collect();
            Some(format!("(select {} where 1 = 0)", columns.join(", ")))
        }
    }
}

pub(super) fn cast<D: Dialect + ?Sized>(d: &D, x: &Arg<'_>, ty: &Type, safe: bool) -> Sql {
    let name = if safe { "try_cast" } else { "cast" };
    Sql::atom(format!("{name}({} as {})", x.text(), d.type_name(ty)))
}

/// `a op b`, both sides binding tighter than a comparison.
pub(super) fn compare(op: &str, args: &[Arg<'_>]) -> Option<Sql> {
    let [left, right] = args else { return None };
    let (left, right) = (left.at(Binding::Concat), right.at(Binding::Concat));
    Some(Sql::new(format!("{left} {op} {right}"), Binding::Compare))
}

fn is(what: &str, args: &[Arg<'_>]) -> Option<Sql> {
    let [of] = args else { return None };
    Some(Sql::new(
        format!("{} {what}", of.at(Binding::Concat)),
        Binding::Compare,
    ))
}

fn in_list(op: &str, args: &[Arg<'_>]) -> Option<Sql> {
    let (of, list) = args.split_first()?;
    let list: Vec<&str> = list.iter().map(Arg::text).collect();
    let text = format!("{} {op} ({})", of.at(Binding::Concat), list.join(", "));
    Some(Sql::new(text, Binding::Compare))
}

fn between(op: &str, args: &[Arg<'_>]) -> Option<Sql> {
    let [of, low, high] = args else { return None };
    let [of, low, high] = [of, low, high].map(|a| a.at(Binding::Concat));
    Some(Sql::new(
        format!("{of} {op} {low} and {high}"),
        Binding::Compare,
    ))
}

/// The escape is written only where a pattern has one: no warehouse takes `\` for one unasked in a literal without it.
fn like(op: &str, args: &[Arg<'_>]) -> Option<Sql> {
    let mut sql = compare(op, args)?;
    let plain = matches!(args.get(1)?.literal, Some(Literal::String(s)) if !s.contains('\\'));
    if !plain {
        sql.text.push_str(" escape '\\'");
    }
    Some(sql)
}

/// A number that division by it is never NULL for.
fn is_not_zero(value: &Literal) -> bool {
    match value {
        Literal::Int(n) => *n != 0,
        Literal::Decimal { digits, .. } => *digits != 0,
        Literal::Float(bits) => f64::from_bits(*bits) != 0.0,
        Literal::Null
        | Literal::Boolean(_)
        | Literal::String(_)
        | Literal::Date(_)
        | Literal::Timestamp(_)
        | Literal::Datetime(_)
        | Literal::Array(_) => false,
    }
}

fn double<D: Dialect + ?Sized>(d: &D, x: &Arg<'_>) -> String {
    match x.ty {
        Type::Float => x.at(Binding::Atom),
        Type::Boolean
        | Type::Int
        | Type::Decimal { .. }
        | Type::String
        | Type::Date
        | Type::Timestamp
        | Type::Datetime
        | Type::Json
        | Type::Array(_)
        | Type::Null => format!("cast({} as {})", x.text(), d.type_name(&Type::Float)),
    }
}

/// `f(x)` where `x` meets `condition`, else NULL: functions whose domain is not all numbers.
fn where_defined(name: &str, condition: &str, args: &[Arg<'_>]) -> Option<Sql> {
    let [x] = args else { return None };
    let test = x.at(Binding::Concat);
    Some(Sql::atom(format!(
        "case when {test} {condition} then {name}({}) end",
        x.text()
    )))
}

pub(super) fn call<D: Dialect + ?Sized>(
    d: &D,
    func: Func,
    args: &[Arg<'_>],
    ty: &Type,
) -> Option<Sql> {
    match func {
        Func::And => Some(chain(" and ", args, Binding::And, Binding::Not)),
        Func::Or => Some(chain(" or ", args, Binding::Or, Binding::And)),
        Func::Not => {
            let [of] = args else { return None };
            Some(Sql::new(
                format!("not {}", of.at(Binding::Atom)),
                Binding::Not,
            ))
        }
        Func::Eq => compare("=", args),
        Func::Ne => compare("<>", args),
        Func::Lt => compare("<", args),
        Func::Le => compare("<=", args),
        Func::Gt => compare(">", args),
        Func::Ge => compare(">=", args),
        Func::IsNull => is("is null", args),
        Func::IsNotNull => is("is not null", args),
        Func::IsTrue => is("is true", args),
        Func::IsNotTrue => is("is not true", args),
        Func::IsFalse => is("is false", args),
        Func::IsNotFalse => is("is not false", args),
        Func::IsDistinctFrom => compare("is distinct from", args),
        Func::IsNotDistinctFrom => compare("is not distinct from", args),
        Func::In => in_list("in", args),
        Func::NotIn => in_list("not in", args),
        Func::Between => between("between", args),
        Func::NotBetween => between("not between", args),
        Func::Like => like("like", args),
        Func::NotLike => like("not like", args),
        Func::ILike => like("ilike", args),
        Func::NotILike => like("not ilike", args),
        Func::Add => Some(chain(" + ", args, Binding::Add, Binding::Mul)),
        Func::Sub => Some(chain(" - ", args, Binding::Add, Binding::Mul)),
        Func::Mul => Some(chain(" * ", args, Binding::Mul, Binding::Unary)),
        Func::Div => {
            let [left, right] = args else { return None };
            let text = match right.literal {
                Some(value) if is_not_zero(value) => {
                    format!("{} / {}", double(d, left), double(d, right))
                }
                Some(_) | None => {
                    format!("{} / nullif({}, 0)", double(d, left), double(d, right))
                }
            };
            Some(Sql::new(text, Binding::Mul))
        }
        Func::Mod => {
            let [left, right] = args else { return None };
            let left = left.at(Binding::Mul);
            let text = match right.literal {
                Some(value) if is_not_zero(value) => {
                    format!("{left} % {}", right.at(Binding::Unary))
                }
                Some(_) | None => format!("{left} % nullif({}, 0)", right.text()),
            };
            Some(Sql::new(text, Binding::Mul))
        }
        Func::Neg => {
            let [of] = args else { return None };
            Some(Sql::new(
                format!("-{}", of.at(Binding::Atom)),
                Binding::Unary,
            ))
        }
        Func::Abs => Some(function("abs", args)),
        Func::Round => match args {
            [x, digits] if *x.ty == Type::Float => round_float(x, digits.literal?),
            _ => Some(function("round", args)),
        },
        Func::Floor => whole(d, "floor", args, ty),
        Func::Ceil => whole(d, "ceil", args, ty),
        Func::Power => Some(function("power", args)),
        Func::Ln => where_defined("ln", "> 0", args),
        Func::Exp => Some(function("exp", args)),
        Func::Sqrt => where_defined("sqrt", ">= 0", args),
        Func::Greatest => Some(function("greatest", args)),
        Func::Least => Some(function("least", args)),
        Func::Concat => Some(chain(" || ", args, Binding::Concat, Binding::Add)),
        Func::Lower => Some(function("lower", args)),
        Func::Upper => Some(function("upper", args)),
        // The others would take other blanks off, too.
        Func::Trim => {
            let [x] = args else { return None };
            Some(Sql::atom(format!("trim({}, ' ')", x.text())))
        }
        Func::Length => Some(function("length", args)),
        Func::Substr => Some(function("substr", args)),
        Func::Replace => Some(function("replace", args)),
        Func::SplitPart => Some(function("split_part", args)),
        Func::Left => Some(function("left", args)),
        Func::Right => Some(function("right", args)),
        Func::Md5 => Some(function("md5", args)),
        Func::Coalesce => Some(function("coalesce", args)),
        Func::NullIf => Some(function("nullif", args)),
        Func::DistanceKm => distance(args),
        Func::Native => native(d, args, ty),
        // Spelled differently everywhere: each dialect says its own.
        Func::StartsWith
        | Func::EndsWith
        | Func::Contains
        | Func::RegexpMatches
        | Func::RegexpExtract
        | Func::DateTrunc(_)
        | Func::DateAdd(_)
        | Func::DateDiff(_)
        | Func::Year
        | Func::Quarter
        | Func::Month
        | Func::Day
        | Func::Hour
        | Func::Weekday
        | Func::DayOfYear
        | Func::ArrayContains
        | Func::ArrayLength
        | Func::AnyIn
        | Func::AllIn
        | Func::NoneIn
        | Func::JsonText
        | Func::JsonNumber
        | Func::HashBucket => None,
    }
}

/// The expression of this warehouse, in the type that was promised.
fn native<D: Dialect + ?Sized>(d: &D, args: &[Arg<'_>], ty: &Type) -> Option<Sql> {
    let (texts, args) = args.split_first()?;
    let mut arg = |n: usize| args.get(n).map(|a| a.at(Binding::Atom));
    let text = native_text(texts.literal?, Some(d.name()), &mut arg)?;
    Some(Sql::atom(format!("cast({text} as {})", d.type_name(ty))))
}

/// A float to so many digits, by arithmetic that warehouses have alike. Their own ROUND differs: DuckDB computes just this, and
/// BigQuery asks how the float is written in decimals, so that 2.675 is 2.68 and 2.67.
fn round_float(x: &Arg<'_>, digits: &Literal) -> Option<Sql> {
    let Literal::Int(digits) = digits else {
        return None;
    };
    let power = format!("1e{}", digits.unsigned_abs());
    let (there, back) = if *digits < 0 { ("/", "*") } else { ("*", "/") };
    let x = x.at(Binding::Mul);
    Some(Sql::new(
        format!("round({x} {there} {power}) {back} {power}"),
        Binding::Mul,
    ))
}

/// Rounding to whole numbers, in the type that was promised.
fn whole<D: Dialect + ?Sized>(d: &D, name: &str, args: &[Arg<'_>], ty: &Type) -> Option<Sql> {
    let [x] = args else { return None };
    let call = function(name, args);
    Some(if *ty == Type::Int && *x.ty != Type::Int {
        Sql::atom(format!("cast({} as {})", call.text, d.type_name(ty)))
    } else {
        call
    })
}

/// Haversine, kept inside the domain of `asin` against rounding.
fn distance(args: &[Arg<'_>]) -> Option<Sql> {
    let [lat1, lon1, lat2, lon2] = args else {
        return None;
    };
    let (a, b) = (lat1.at(Binding::Mul), lat2.at(Binding::Mul));
    let (x, y) = (lon1.at(Binding::Mul), lon2.at(Binding::Mul));
    // `least` passes over NULLs, and rounding may leave a little more than 1 between antipodes.
    Some(Sql::new(
        format!(
            "case when {a} + {x} + {b} + {y} is not null then 2 * 6371.0088e0 * asin(sqrt(least(1.0e0, \
             power(sin(radians({b} - {a}) / 2), 2) \
             + cos(radians({a})) * cos(radians({b})) * power(sin(radians({y} - {x}) / 2), 2)))) end"
        ),
        Binding::Atom,
    ))
}

pub(super) fn aggregate<D: Dialect + ?Sized>(
    d: &D,
    agg: Agg,
    arg: Option<&Arg<'_>>,
    rows: Rows<'_>,
    ty: &Type,
) -> Option<Sql> {
    let filter = rows.filter;
    let of = |name: &str, quantifier: &str, x: &str| over(d, name, quantifier, x, rows);
    let float = d.type_name(&Type::Float);
    let as_is = |call: String| match ty {
        Type::Int => Sql::atom(format!("cast({call} as {})", d.type_name(ty))),
        Type::Boolean
        | Type::Float
        | Type::Decimal { .. }
        | Type::String
        | Type::Date
        | Type::Timestamp
        | Type::Datetime
        | Type::Json
        | Type::Array(_)
        | Type::Null => Sql::atom(call),
    };
    match (agg, arg) {
        (Agg::Count, None) if d.has_filter() || filter.is_none() => {
            Some(Sql::atom(of("count", "", "*")))
        }
        (Agg::Count, None) => Some(Sql::atom(of("count", "", "1"))),
        (Agg::Count, Some(x)) => Some(Sql::atom(of("count", "", x.text()))),
        // The group itself is the row that exists.
        (Agg::Exists, _) => match filter {
            None => Some(Sql::atom("true")),
            Some(filter) => Some(Sql::new(
                format!("max(case when {filter} then 1 else 0 end) = 1"),
                Binding::Compare,
            )),
        },
        (Agg::CountDistinct, Some(x)) => Some(Sql::atom(of("count", "distinct ", x.text()))),
        (Agg::Sum, Some(x)) => Some(as_is(of("sum", "", x.text()))),
        (Agg::Min, Some(x)) => Some(as_is(of("min", "", x.text()))),
        (Agg::Max, Some(x)) => Some(as_is(of("max", "", x.text()))),
        // The sum of exact numbers is exact: divided once, it does not depend on the order of the rows.
        (Agg::Avg, Some(x)) => Some(match x.ty {
            Type::Int | Type::Decimal { .. } => Sql::new(
                format!(
                    "cast({} as {float}) / nullif({}, 0)",
                    of("sum", "", x.text()),
                    of("count", "", x.text())
                ),
                Binding::Mul,
            ),
            Type::Boolean
            | Type::Float
            | Type::String
            | Type::Date
            | Type::Timestamp
            | Type::Datetime
            | Type::Json
            | Type::Array(_)
            | Type::Null => Sql::atom(of("avg", "", &double(d, x))),
        }),
        (Agg::Stddev, Some(x)) => Some(Sql::atom(of("stddev_samp", "", &double(d, x)))),
        (Agg::Median, Some(x)) => Some(Sql::atom(of("median", "", &double(d, x)))),
        (Agg::ListDistinct, Some(_)) => None,
        // These choose rows: their scans have no aggregate of this kind.
        (Agg::First | Agg::Last | Agg::MostFrequent | Agg::LeastFrequent, _) => None,
        (
            Agg::CountDistinct
            | Agg::Sum
            | Agg::Avg
            | Agg::Min
            | Agg::Max
            | Agg::Median
            | Agg::Stddev
            | Agg::ListDistinct,
            None,
        ) => None,
    }
}

/// `name(x)` over rows.
pub(super) fn over<D: Dialect + ?Sized>(
    d: &D,
    name: &str,
    quantifier: &str,
    x: &str,
    rows: Rows<'_>,
) -> String {
    let call = match rows.filter {
        None => format!("{name}({quantifier}{x})"),
        Some(filter) if d.has_filter() => {
            format!("{name}({quantifier}{x}) filter (where {filter})")
        }
        Some(_) => format!("{name}({quantifier}{})", where_met(x, rows)),
    };
    match rows.over {
        None => call,
        Some(over) => format!("{call} over ({over})"),
    }
}

/// `greatest` and `least` where they are NULL if one argument is: each is replaced by another where it is NULL.
pub(super) fn extreme(name: &str, args: &[Arg<'_>]) -> Sql {
    let texts: Vec<&str> = args.iter().map(Arg::text).collect();
    let nullable: Vec<bool> = args.iter().map(|a| a.literal.is_none()).collect();
    let each = texts
        .iter()
        .zip(&nullable)
        .enumerate()
        .map(|(n, (text, nullable))| {
            let others = texts.iter().enumerate().filter(|(m, _)| *m != n);
            let mut parts = vec![*text];
            parts.extend(others.map(|(_, other)| *other));
            if *nullable && parts.len() > 1 {
                format!("coalesce({})", parts.join(", "))
            } else {
                (*text).to_owned()
            }
        });
    Sql::atom(format!("{name}({})", each.collect::<Vec<_>>().join(", ")))
}

/// A row's value, NULL in rows that do not count.
pub(super) fn where_met(x: &str, rows: Rows<'_>) -> String {
    match rows.filter {
        Some(filter) => format!("case when {filter} then {x} end"),
        None => x.to_owned(),
    }
}

/// `a.b.0` as a path in the SQL standard's words: `$."a"."b"[0]`.
pub(super) fn json_path(path: &str) -> String {
    let step = |key: &str| {
        if !key.is_empty() && key.bytes().all(|b| b.is_ascii_digit()) {
            format!("[{key}]")
        } else {
            format!(".\"{}\"", key.replace('"', "\\\""))
        }
    };
    format!("${}", path.split('.').map(step).collect::<String>())
}
