//! Aggregates over the rows of a relation (`language.md` §5).

use super::expression::Place;
use super::rows::RelationRow;
use super::value::{Value, align};
use super::{Person, Reference};
use jiff::tz::TimeZone;
use segc::spec::{AggFunction, AggregateSpec};
use std::cmp::Ordering;

impl Reference<'_> {
    /// `sum: orders.total, where: …, within: …`
    pub(super) fn aggregate(&self, person: Person, spec: &AggregateSpec) -> Value {
        let relation = spec.target[0].value.as_str();
        let rows = self.chosen(person, relation, &spec.rows);
        let path: Vec<&str> = spec.target[1..].iter().map(|n| n.as_str()).collect();
        let inputs = match &spec.of {
            Some(of) => Some(self.inputs(&rows, |row| self.evaluate(of, Place::at(person, row)))),
            None if path.is_empty() => None,
            None => Some(self.inputs(&rows, |row| self.row_name(person, row, &path))),
        };
        self.aggregate_of(person, *spec.function, &rows, inputs)
    }

    fn inputs(&self, rows: &[RelationRow], of: impl Fn(&RelationRow) -> Value) -> Vec<Value> {
        rows.iter().map(of).collect()
    }

    /// An aggregate of rows that have been chosen; `inputs` is a value for each.
    pub(super) fn aggregate_of(
        &self,
        person: Person,
        function: AggFunction,
        rows: &[RelationRow],
        inputs: Option<Vec<Value>>,
    ) -> Value {
        // Of the rows' times, unless a column is named.
        let times = || -> Vec<Value> {
            let times = rows.iter().map(|r| r.time.clone()).collect();
            let times = inputs.clone().unwrap_or(times);
            times.into_iter().filter(|t| !t.is_null()).collect()
        };
        match function {
            // The chosen row's value as it is.
            AggFunction::First | AggFunction::Last => {
                let position = self.first_or_last(person, rows, function == AggFunction::First);
                match (position, inputs) {
                    (Some(position), Some(inputs)) => inputs[position].clone(),
                    _ => Value::Null,
                }
            }
            AggFunction::DaysSinceFirst | AggFunction::DaysSinceLast => {
                let smallest = function == AggFunction::DaysSinceFirst;
                match extreme(&times(), smallest) {
                    Value::Null => Value::Null,
                    time => Value::Int(self.clock.days_since(&time)),
                }
            }
            AggFunction::AvgDaysBetween => days_between(&times()),
            AggFunction::Count | AggFunction::Exists => {
                let counted = match inputs {
                    None => rows.len(),
                    Some(inputs) => inputs.iter().filter(|v| !v.is_null()).count(),
                };
                match function {
                    AggFunction::Exists => Value::Bool(counted > 0),
                    _ => Value::Int(counted as i128),
                }
            }
            _ => of_values(function, inputs.expect("it is over a column")),
        }
    }

    /// By time, then the tie-break; a NULL in it loses either way.
    fn first_or_last(&self, person: Person, rows: &[RelationRow], first: bool) -> Option<usize> {
        let directed = |o: Ordering| if first { o } else { o.reverse() };
        let compare = |a: &RelationRow, b: &RelationRow| {
            let ties = || {
                let (a, b) = (self.tie_break(person, a), self.tie_break(person, b));
                let mut pairs = a.iter().zip(&b).map(|(a, b)| match (a, b) {
                    (Value::Null, Value::Null) => Ordering::Equal,
                    (Value::Null, _) => Ordering::Greater,
                    (_, Value::Null) => Ordering::Less,
                    (a, b) => directed(a.order(b)),
                });
                pairs.find(|o| o.is_ne()).unwrap_or(Ordering::Equal)
            };
            directed(a.time.order(&b.time)).then_with(ties)
        };
        (0..rows.len()).min_by(|a, b| compare(&rows[*a], &rows[*b]))
    }
}

/// (last − first) / (rows − 1), in days; NULL under two rows.
fn days_between(times: &[Value]) -> Value {
    if times.len() < 2 {
        return Value::Null;
    }
    // The beginnings of seconds between, as `date_diff` counts (docs/language.md).
    let second = |time: Value| match time {
        Value::Date(d) => d
            .at(0, 0, 0, 0)
            .to_zoned(TimeZone::UTC)
            .unwrap()
            .timestamp()
            .as_second(),
        Value::Local(t, _) => t
            .to_zoned(TimeZone::UTC)
            .unwrap()
            .timestamp()
            .as_microsecond()
            .div_euclid(1_000_000),
        Value::Instant(t) => t.as_microsecond().div_euclid(1_000_000),
        other => panic!("{other:?} is no time"),
    };
    let seconds = second(extreme(times, false)) - second(extreme(times, true));
    Value::Float(seconds as f64 / (times.len() - 1) as f64 / 86_400.0)
}

/// Over the values that are not NULL.
pub(super) fn of_values(function: AggFunction, inputs: Vec<Value>) -> Value {
    let values: Vec<Value> = inputs.into_iter().filter(|v| !v.is_null()).collect();
    match function {
        AggFunction::Count => Value::Int(values.len() as i128),
        AggFunction::CountDistinct => Value::Int(distinct(&values).len() as i128),
        AggFunction::ListDistinct => {
            Value::Array(distinct(&values).into_iter().map(|(v, _)| v).collect())
        }
        AggFunction::Sum => sum(&values),
        AggFunction::Min => extreme(&values, true),
        AggFunction::Max => extreme(&values, false),
        AggFunction::Avg if values.is_empty() => Value::Null,
        AggFunction::Avg => Value::Float(mean(&floats(&values))),
        AggFunction::Median => quantile(&values, 1, 2),
        AggFunction::Stddev if values.len() < 2 => Value::Null,
        AggFunction::Stddev => {
            let floats = floats(&values);
            let mean = mean(&floats);
            let squares: f64 = floats.iter().map(|x| (x - mean) * (x - mean)).sum();
            Value::Float((squares / (floats.len() - 1) as f64).sqrt())
        }
        AggFunction::MostFrequent | AggFunction::LeastFrequent => {
            let counts = distinct(&values);
            let most = function == AggFunction::MostFrequent;
            // Ties go to the smallest value, and they are sorted.
            let chosen = counts.iter().map(|(_, n)| *n);
            let chosen = if most { chosen.max() } else { chosen.min() };
            let found = counts.iter().find(|(_, n)| Some(*n) == chosen);
            found.map_or(Value::Null, |(v, _)| v.clone())
        }
        AggFunction::First
        | AggFunction::Last
        | AggFunction::Exists
        | AggFunction::DaysSinceFirst
        | AggFunction::DaysSinceLast
        | AggFunction::AvgDaysBetween => panic!("{} needs rows", function.name()),
    }
}

/// Every value once, in order, and how often it is there.
fn distinct(values: &[Value]) -> Vec<(Value, usize)> {
    let mut sorted = values.to_vec();
    sorted.sort_by(Value::order);
    let mut counts: Vec<(Value, usize)> = Vec::new();
    for value in sorted {
        match counts.last_mut() {
            Some((last, count)) if last.equals(&value) => *count += 1,
            _ => counts.push((value, 1)),
        }
    }
    counts
}

pub(super) fn extreme(values: &[Value], smallest: bool) -> Value {
    let values = values.iter().filter(|v| !v.is_null());
    let found = if smallest {
        values.min_by(|a, b| a.order(b))
    } else {
        values.max_by(|a, b| a.order(b))
    };
    found.cloned().unwrap_or(Value::Null)
}

/// Exact for whole numbers and decimals, 0 of nothing.
fn sum(values: &[Value]) -> Value {
    if values.iter().any(|v| matches!(v, Value::Float(_))) {
        return Value::Float(floats(values).iter().sum());
    }
    let exact = values.iter().filter_map(Value::exact);
    let (digits, scale) = exact.fold((0, 0), |a, b| {
        let (a, b, scale) = align(a, b);
        (a + b, scale)
    });
    if scale == 0 {
        Value::Int(digits)
    } else {
        Value::Decimal(digits, scale)
    }
}

fn floats(values: &[Value]) -> Vec<f64> {
    values.iter().filter_map(Value::float).collect()
}

fn mean(floats: &[f64]) -> f64 {
    floats.iter().sum::<f64>() / floats.len() as f64
}

/// Linear interpolation between the two nearest ranks, at `of / whole`; NULL of nothing.
pub(super) fn quantile(values: &[Value], of: usize, whole: usize) -> Value {
    let mut floats = floats(values);
    if floats.is_empty() {
        return Value::Null;
    }
    floats.sort_by(f64::total_cmp);
    // The place in whole numbers: 0.07 of 101 values is the eighth, and no rounding of floats moves it.
    let place = of * (floats.len() - 1);
    let (low, rest) = (floats[place / whole], place % whole);
    if rest == 0 {
        return Value::Float(low);
    }
    let high = floats[place / whole + 1];
    Value::Float(low + (high - low) * (rest as f64 / whole as f64))
}
