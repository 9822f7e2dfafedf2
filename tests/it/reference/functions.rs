//! The scalar functions (`language.md` §4). Unless a function says otherwise, a NULL argument makes its result NULL.

use super::Reference;
use super::calendar::{Clock, age};
use super::expression::Place;
use super::regex::Pattern;
use super::value::Value;
use super::{json, md5};
use jiff::civil::{DateTime, Time};
use segc::expr::Unit;
use segc::snippet::BinaryOp;
use segc::snippet::literal::parse_unit;

/// The functions that know what to do with NULL, then those of which any NULL makes NULL.
pub(super) fn call(r: &Reference<'_>, name: &str, args: Vec<Value>, place: Place<'_>) -> Value {
    let first = |wanted: fn(std::cmp::Ordering) -> bool| {
        let values = args.iter().filter(|v| !v.is_null());
        let best = values.reduce(|a, b| {
            if r.compare(b, a, place).is_some_and(wanted) {
                b
            } else {
                a
            }
        });
        best.cloned().unwrap_or(Value::Null)
    };
    match (name, args.as_slice()) {
        ("as_of", []) => Value::Instant(r.clock.as_of),
        ("today", []) => Value::Date(r.clock.today()),
        ("coalesce", values) => {
            let found = values.iter().find(|v| !v.is_null());
            found.cloned().unwrap_or(Value::Null)
        }
        ("nullif", [x, y]) if r.equal(x, y, place).is_true() => Value::Null,
        ("nullif", [x, _]) => x.clone(),
        ("if", [condition, yes, _]) if condition.is_true() => yes.clone(),
        ("if", [_, _, no]) => no.clone(),
        ("greatest", _) => first(std::cmp::Ordering::is_gt),
        ("least", _) => first(std::cmp::Ordering::is_lt),
        ("concat", parts) => concat(parts),
        (_, args) if args.iter().any(Value::is_null) => Value::Null,
        // A NULL item is never found and never in the way.
        ("any_in", [Value::Array(items), Value::Array(list)]) => {
            Value::Bool(items.iter().any(|item| is_in(r, item, list, place)))
        }
        ("none_in", [Value::Array(items), Value::Array(list)]) => {
            Value::Bool(!items.iter().any(|item| is_in(r, item, list, place)))
        }
        ("all_in", [Value::Array(items), Value::Array(list)]) => {
            let mut items = items.iter().filter(|item| !item.is_null());
            Value::Bool(items.all(|item| is_in(r, item, list, place)))
        }
        ("array_contains", [Value::Array(items), x]) => {
            Value::Bool(items.iter().any(|item| item.equals(x)))
        }
        ("array_length", [Value::Array(items)]) => Value::Int(items.len() as i128),
        // On the clock that the datetime is read on (docs/language.md).
        ("days_since" | "age", [x @ Value::Local(_, None)]) => {
            let x = x.clone().on_clock(&r.zone_at(place));
            strict(&r.clock, name, &[x]).unwrap()
        }
        // An instant beside a wall clock is read on that clock.
        ("date_diff", [word, from, to]) => {
            let ends = [
                word.clone(),
                r.beside(from, to, place),
                r.beside(to, from, place),
            ];
            strict(&r.clock, name, &ends).unwrap()
        }
        ("timestamp", [Value::Local(t, _)]) => {
            Value::Instant(r.zone_at(place).to_timestamp(*t).unwrap())
        }
        ("mod", [a, b]) => r.arithmetic(BinaryOp::Mod, a, b),
        _ => strict(&r.clock, name, &args).unwrap_or_else(|| panic!("{name}({args:?})")),
    }
}

fn is_in(r: &Reference<'_>, item: &Value, list: &[Value], place: Place<'_>) -> bool {
    let mut list = list.iter();
    list.any(|other| r.equal(item, other, place).is_true())
}

/// No argument is NULL.
fn strict(clock: &Clock, name: &str, args: &[Value]) -> Option<Value> {
    texts(name, args)
        .or_else(|| numbers(name, args))
        .or_else(|| moments(clock, name, args))
}

fn texts(name: &str, args: &[Value]) -> Option<Value> {
    let Value::Text(text) = args.first()? else {
        return hash(name, args);
    };
    let chars: Vec<char> = text.chars().collect();
    let count = |n: &Value| usize::try_from(n.int().unwrap()).unwrap();
    // Positions count from 1, lengths from 0.
    let below = |n: &Value, least: i128| n.int().is_some_and(|n| n < least);
    match (name, &args[1..]) {
        ("substr", [start, length @ ..])
            if below(start, 1) || length.iter().any(|n| below(n, 0)) =>
        {
            return Some(Value::Null);
        }
        ("left" | "right", [n]) if below(n, 0) => return Some(Value::Null),
        ("split_part", [_, n]) if below(n, 1) => return Some(Value::Null),
        _ => {}
    }
    let cut =
        |from: usize, length: usize| Value::Text(chars.iter().skip(from).take(length).collect());
    Some(match (name, &args[1..]) {
        ("lower", []) => Value::Text(text.to_lowercase()),
        ("upper", []) => Value::Text(text.to_uppercase()),
        ("trim", []) => Value::text(text.trim_matches(' ')),
        ("length", []) => Value::Int(chars.len() as i128),
        ("substr", [start]) => cut(count(start) - 1, usize::MAX),
        ("substr", [start, length]) => cut(count(start) - 1, count(length)),
        ("left", [n]) => cut(0, count(n)),
        ("right", [n]) => cut(chars.len().saturating_sub(count(n)), usize::MAX),
        ("replace", [Value::Text(from), _]) if from.is_empty() => Value::text(text),
        ("replace", [Value::Text(from), Value::Text(to)]) => Value::Text(text.replace(from, to)),
        ("regexp_matches", [Value::Text(pattern)]) => {
            Value::Bool(Pattern::read(pattern).find(text, 0).is_some())
        }
        ("regexp_extract", [Value::Text(pattern), group @ ..]) => {
            let group = group.first().map_or(0, count);
            let found = Pattern::read(pattern).find(text, group);
            found.map_or(Value::Null, Value::Text)
        }
        ("json_text", [Value::Text(path)]) => json::text(text, path),
        ("json_number", [Value::Text(path)]) => json::number(text, path),
        ("split_part", [Value::Text(separator), n]) => Value::text(
            text.split(separator.as_str())
                .nth(count(n) - 1)
                .unwrap_or(""),
        ),
        ("starts_with", [Value::Text(part)]) => Value::Bool(text.starts_with(part)),
        ("ends_with", [Value::Text(part)]) => Value::Bool(text.ends_with(part)),
        ("contains", [Value::Text(part)]) => Value::Bool(text.contains(part)),
        ("md5", []) => Value::Text(md5::hexadecimal(text)),
        _ => return hash(name, args),
    })
}

/// The first 13 hexadecimal digits of `md5(salt || ':' || key)`, modulo n (`language.md` §7).
fn hash(name: &str, args: &[Value]) -> Option<Value> {
    match (name, args) {
        ("hash_bucket", [x, Value::Int(n), Value::Text(salt)]) => {
            Some(Value::Int(bucket(&x.to_string(), *n, salt)))
        }
        _ => None,
    }
}

pub(super) fn bucket(key: &str, n: i128, salt: &str) -> i128 {
    let digits = md5::hexadecimal(&format!("{salt}:{key}"));
    i128::from_str_radix(&digits[..13], 16).unwrap() % n
}

fn numbers(name: &str, args: &[Value]) -> Option<Value> {
    let x = args.first()?;
    let real = |f: fn(f64) -> f64| Some(Value::Float(f(x.float()?)));
    match (name, args) {
        ("abs", [Value::Float(f)]) => Some(Value::Float(f.abs())),
        ("abs", [_]) => x.exact().map(|(digits, scale)| exact(digits.abs(), scale)),
        ("floor", [_]) => whole(x, |d, one| d.div_euclid(one), f64::floor),
        ("ceil", [_]) => whole(x, |d, one| -(-d).div_euclid(one), f64::ceil),
        ("round", [_]) => whole(x, half_away, f64::round),
        ("round", [Value::Float(f), Value::Int(places)]) => {
            let one = 10_f64.powi(i32::try_from(*places).ok()?);
            Some(Value::Float((f * one).round() / one))
        }
        ("round", [_, Value::Int(places)]) => {
            let (digits, scale) = x.exact()?;
            let fewer = u32::try_from(i128::from(scale) - places).unwrap_or(0);
            let one = 10_i128.pow(fewer);
            let rounded = half_away(digits, one);
            Some(match u32::try_from(*places) {
                Ok(places) => exact(rounded, places.min(scale)),
                // Tens, hundreds and so on are whole again.
                Err(_) => exact(rounded * 10_i128.pow(fewer - scale), 0),
            })
        }
        ("sqrt", [_]) if x.float()? < 0.0 => Some(Value::Null),
        ("ln", [_]) if x.float()? <= 0.0 => Some(Value::Null),
        ("sqrt", [_]) => real(f64::sqrt),
        ("ln", [_]) => real(f64::ln),
        ("exp", [_]) => real(f64::exp),
        ("power", [_, y]) => {
            let (x, y) = (x.float()?, y.float()?);
            let exists = x > 0.0 || (x == 0.0 && y >= 0.0) || (x < 0.0 && y.fract() == 0.0);
            Some(if exists {
                Value::Float(x.powf(y))
            } else {
                Value::Null
            })
        }
        ("distance_km", [lat, lon, lat2, lon2]) => {
            let radians = |v: &Value| v.float().map(f64::to_radians);
            let (lat, lon) = (radians(lat)?, radians(lon)?);
            let (lat2, lon2) = (radians(lat2)?, radians(lon2)?);
            let square = |angle: f64| (angle / 2.0).sin().powi(2);
            let a = square(lat2 - lat) + lat.cos() * lat2.cos() * square(lon2 - lon);
            Some(Value::Float(2.0 * 6371.0088 * a.sqrt().min(1.0).asin()))
        }
        _ => None,
    }
}

fn exact(digits: i128, scale: u32) -> Value {
    if scale == 0 {
        Value::Int(digits)
    } else {
        Value::Decimal(digits, scale)
    }
}

pub(super) fn whole(
    x: &Value,
    of_exact: fn(i128, i128) -> i128,
    of_float: fn(f64) -> f64,
) -> Option<Value> {
    Some(match x {
        Value::Float(f) => Value::Float(of_float(*f)),
        _ => {
            let (digits, scale) = x.exact()?;
            Value::Int(of_exact(digits, 10_i128.pow(scale)))
        }
    })
}

/// `digits / one`, halves away from zero.
pub(super) fn half_away(digits: i128, one: i128) -> i128 {
    digits.signum() * ((2 * digits.abs() + one) / (2 * one))
}

fn moments(clock: &Clock, name: &str, args: &[Value]) -> Option<Value> {
    let unit = |v: &Value| match v {
        Value::Text(word) => parse_unit(word),
        _ => None,
    };
    match (name, args) {
        ("date_trunc", [word, x]) => Some(truncate(clock, unit(word)?, x)),
        ("date_add", [word, n, x]) => {
            let (count, unit) = (i64::try_from(n.int()?).ok()?, unit(word)?);
            let span = super::span(count, unit);
            Some(match x {
                Value::Date(d) if !unit.is_elapsed() => Value::Date(d.checked_add(span).unwrap()),
                Value::Instant(t) => Value::Instant(clock.shift(*t, count, unit)),
                other => {
                    let later = clock.local(other).checked_add(span).unwrap();
                    Value::Local(later, clock.zone_of(other))
                }
            })
        }
        ("date_diff", [word, from, to]) if unit(word)?.is_elapsed() => {
            Some(Value::Int(clock.elapsed(unit(word)?, from, to)))
        }
        ("date_diff", [word, from, to]) => {
            let (from, to) = (clock.local(from).date(), clock.local(to).date());
            Some(Value::Int(clock.crossed(unit(word)?, from, to)))
        }
        ("days_since", [x]) => Some(Value::Int(clock.days_since(x))),
        ("age", [x]) => Some(Value::Int(age(clock.local(x).date(), clock.today_of(x)))),
        (_, [x @ (Value::Date(_) | Value::Local(..) | Value::Instant(_))]) => {
            field(name, clock.local(x))
        }
        _ => None,
    }
}

fn field(name: &str, local: DateTime) -> Option<Value> {
    let weekday = local.weekday().to_monday_one_offset();
    let number = match name {
        "year" => i128::from(local.year()),
        "quarter" => i128::from((local.month() - 1) / 3 + 1),
        "month" => i128::from(local.month()),
        "day" => i128::from(local.day()),
        "hour" => i128::from(local.hour()),
        "weekday" => i128::from(weekday),
        "day_of_year" => i128::from(local.day_of_year()),
        "is_weekend" => return Some(Value::Bool(weekday >= 6)),
        _ => return None,
    };
    Some(Value::Int(number))
}

/// The beginning of the unit: of a date a date, else a wall clock.
fn truncate(clock: &Clock, unit: Unit, x: &Value) -> Value {
    if let Value::Date(d) = x {
        return Value::Date(clock.truncate(*d, unit));
    }
    let local = clock.local(x);
    let time = local.time();
    let cut = match unit {
        Unit::Second => Time::new(time.hour(), time.minute(), time.second(), 0),
        Unit::Minute => Time::new(time.hour(), time.minute(), 0, 0),
        Unit::Hour => Time::new(time.hour(), 0, 0, 0),
        Unit::Day | Unit::Week | Unit::Month | Unit::Quarter | Unit::Year => Ok(Time::midnight()),
    };
    let cut = clock.truncate(local.date(), unit).to_datetime(cut.unwrap());
    Value::Local(cut, clock.zone_of(x))
}

pub(super) fn concat(parts: &[Value]) -> Value {
    if parts.iter().any(Value::is_null) {
        return Value::Null;
    }
    Value::Text(parts.iter().map(ToString::to_string).collect())
}

/// `%` any text, `_` any character, `\` takes the next as it is.
pub(super) fn like(text: &str, pattern: &str) -> bool {
    let rest = |s: &str, c: char| s[c.len_utf8()..].to_owned();
    let Some(p) = pattern.chars().next() else {
        return text.is_empty();
    };
    let next = text.chars().next();
    let pattern = rest(pattern, p);
    match (p, next) {
        ('%', None) => like(text, &pattern),
        ('%', Some(c)) => like(text, &pattern) || like(&rest(text, c), &format!("%{pattern}")),
        ('_', Some(c)) => like(&rest(text, c), &pattern),
        ('\\', Some(c)) => {
            let escaped = pattern.chars().next();
            escaped == Some(c) && like(&rest(text, c), &rest(&pattern, c))
        }
        (p, Some(c)) => p == c && like(&rest(text, c), &pattern),
        (_, None) => false,
    }
}
