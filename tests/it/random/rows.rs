//! Random rows: few distinct values, NULLs, ties, duplicates, foreign keys without a match, and times at the edges of windows.

use super::dice::Dice;
use super::schema::{Kind, Names, Relation, Schema};
use crate::reference::value::Value;
use crate::reference::{Clock, Table, Tables, span};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use segc::expr::Unit;
use std::collections::BTreeMap;

/// The lengths that windows have, and rows lie at their ends.
pub(super) const LENGTHS: [(u32, Unit); 14] = [
    (1, Unit::Day),
    (2, Unit::Day),
    (3, Unit::Day),
    (7, Unit::Day),
    (30, Unit::Day),
    (1, Unit::Week),
    (1, Unit::Month),
    (2, Unit::Month),
    (1, Unit::Quarter),
    (1, Unit::Year),
    (6, Unit::Hour),
    (24, Unit::Hour),
    (36, Unit::Hour),
    (90, Unit::Minute),
];

const TEXTS: [&str; 7] = ["a", "b", "c", "A", "ab", "7", "2.5"];

/// Texts of a column of JSON; some are none.
const JSON: [&str; 10] = [
    r#"{"a": "a", "n": 3}"#,
    r#"{"a": {"b": ["b", 2]}, "n": "2.5"}"#,
    r#"{"list": ["a", "ab"], "n": "many"}"#,
    r#"{"a": null, "n": true}"#,
    r#"{"a": {"b": "c"}, "n": -1.5}"#,
    r#"{"list": [1, {"x": 1}], "a": {"c": ""}}"#,
    "[1, 2]",
    "\"a\"",
    "{\"a\": ",
    "",
];

/// The files of lists, and their columns of keys.
pub(super) const LISTS: [(&str, &str); 2] = [("press.csv", "customer_id"), ("vips.csv", "who")];

/// Tables of so many sets of people: each set has its keys, its people and their rows, and all share the lookups.
pub(super) fn tables(d: &mut Dice, schema: &Schema, clock: &Clock, sets: usize) -> Tables {
    let mut tables = Tables::default();
    for (name, columns) in &schema.lookups {
        let rows = (0..size(d, 4)).map(|n| {
            let mut row = row(d, columns, clock, &clock.zone);
            row[0] = key(columns[0].1, n + 1);
            row
        });
        insert(&mut tables, name, columns, rows.collect());
    }
    let (mut people, mut opt_outs) = (Vec::new(), Vec::new());
    let mut listed: BTreeMap<&str, Vec<Vec<Value>>> = BTreeMap::new();
    let mut relations = vec![Vec::new(); schema.relations.len()];
    for set in 0..sets as i64 {
        let set = Set {
            first: set * 10,
            people: size(d, 8),
            first_order: set * 100,
        };
        for n in 1..=set.people {
            let mut row = row(d, &schema.columns, clock, &clock.zone);
            row[0] = key(schema.key, set.first + n);
            match schema.versioned {
                Some(kind) => people.extend(versions(d, row, schema, kind, clock)),
                None => people.push(row),
            }
        }
        if let Some(source) = &schema.opt_outs {
            let named = size(d, 3);
            opt_outs.extend((0..named).map(|_| {
                let key = key(schema.key, set.first + d.from(1, 7));
                source.row(d, key, clock)
            }));
        }
        for (file, _) in LISTS {
            let rows = (0..size(d, 5)).map(|_| {
                let key = key(schema.key, set.first + d.from(1, 9));
                vec![key, value(d, Kind::Text, clock, &clock.zone)]
            });
            listed.entry(file).or_default().extend(rows);
        }
        for (relation, rows) in schema.relations.iter().zip(&mut relations) {
            let most = if relation.parent.is_some() { 25 } else { 30 };
            let count = size(d, most);
            rows.extend(relation_rows(d, relation, clock, &set, count));
        }
    }
    insert(&mut tables, schema.table, &schema.columns, people);
    for (file, column) in LISTS {
        let columns = vec![
            (column.to_owned(), schema.key),
            ("note".to_owned(), Kind::Text),
        ];
        let rows = listed.remove(file).unwrap_or_default();
        insert(&mut tables, file, &columns, rows);
    }
    if let Some(source) = &schema.opt_outs {
        insert(&mut tables, "opt_outs", &source.columns, opt_outs);
    }
    for (relation, rows) in schema.relations.iter().zip(relations) {
        insert(&mut tables, relation.table, &relation.columns, rows);
    }
    tables
}

/// Mostly some, now and then none.
pub(super) fn size(d: &mut Dice, most: i64) -> i64 {
    if d.percent(6) { 0 } else { d.from(1, most) }
}

/// Somebody's row and the ones before it, each until the next begins; the last may have ended, too.
fn versions(
    d: &mut Dice,
    row: Vec<Value>,
    schema: &Schema,
    kind: Kind,
    clock: &Clock,
) -> Vec<Vec<Value>> {
    let stretches = stretches(d, kind, clock).into_iter();
    let versions = stretches.map(|ends| {
        let mut version = self::row(d, &schema.columns, clock, &clock.zone);
        version[0] = row[0].clone();
        let at = version.len() - 2;
        version[at..].clone_from_slice(&ends);
        version
    });
    versions.collect()
}

/// From one moment to the next; the last may go on.
pub(super) fn stretches(d: &mut Dice, kind: Kind, clock: &Clock) -> Vec<[Value; 2]> {
    let mut ends: Vec<Value> = (0..d.from(1, 3))
        .map(|_| moment(d, kind, clock, &clock.zone))
        .collect();
    ends.sort_by(Value::order);
    ends.dedup_by(|a, b| a.equals(b));
    if d.percent(70) {
        ends.push(Value::Null);
    }
    let pairs = ends.windows(2);
    pairs
        .map(|pair| [pair[0].clone(), pair[1].clone()])
        .collect()
}

/// People who share nothing with others: which keys they and their orders have.
pub(super) struct Set {
    pub(super) first: i64,
    pub(super) people: i64,
    pub(super) first_order: i64,
}

pub(super) fn insert(tables: &mut Tables, name: &str, columns: &Names, rows: Vec<Vec<Value>>) {
    let columns = columns
        .iter()
        .map(|(n, k)| (n.clone(), k.name().to_owned()));
    let table = Table {
        columns: columns.collect(),
        rows,
    };
    tables.0.insert(name.to_owned(), table);
}

pub(super) fn relation_rows(
    d: &mut Dice,
    relation: &Relation,
    clock: &Clock,
    set: &Set,
    count: i64,
) -> Vec<Vec<Value>> {
    let mut rows: Vec<Vec<Value>> = Vec::new();
    for n in 0..count {
        let mut row = row(d, &relation.columns, clock, &relation.zone);
        for ((name, kind), value) in relation.columns.iter().zip(&mut row) {
            *value = match name.as_str() {
                // Foreign keys: null, unmatched, or somebody.
                "customer_id" | "who" | "company_id" | "employer" | "maker" | "friend"
                | "member"
                    if d.percent(5) =>
                {
                    Value::Null
                }
                "customer_id" | "who" => key(*kind, set.first + d.from(1, (set.people + 1).min(6))),
                "friend" | "member" => key(*kind, set.first + d.from(1, 6)),
                "company_id" | "employer" | "maker" => key(*kind, set.first + d.from(1, 4)),
                "product_id" => key(*kind, d.from(1, 5)),
                "order_id" if relation.name == "orders" => {
                    Value::Int(i128::from(set.first_order + n) + 1)
                }
                "order_id" if d.percent(5) => Value::Null,
                "order_id" => Value::Int(i128::from(set.first_order + d.from(1, 20))),
                _ => continue,
            };
        }
        if let (Some(other), true) = (rows.len().checked_sub(1), d.percent(30)) {
            // The time of another row; and sometimes all of it, if no key is repeated by that.
            let other = rows[d.below(other + 1)].clone();
            if relation.name != "orders" && d.percent(30) {
                row = other;
            } else if let Some(at) = relation.columns.iter().position(|(n, _)| n == "at") {
                row[at] = other[at].clone();
            }
        }
        rows.push(row);
    }
    rows
}

pub(super) fn row(d: &mut Dice, columns: &Names, clock: &Clock, zone: &TimeZone) -> Vec<Value> {
    columns
        .iter()
        .map(|(_, kind)| value(d, *kind, clock, zone))
        .collect()
}

/// The n-th key.
pub(super) fn key(kind: Kind, n: i64) -> Value {
    match kind {
        Kind::Int => Value::Int(i128::from(n)),
        _ => Value::Text(format!("k{n}")),
    }
}

pub(super) fn value(d: &mut Dice, kind: Kind, clock: &Clock, zone: &TimeZone) -> Value {
    if d.percent(12) {
        return Value::Null;
    }
    match kind {
        Kind::Int => Value::Int(i128::from(d.from(-1, 5))),
        Kind::Decimal => Value::Decimal(i128::from(d.from(-4, 24)) * 25, 2),
        Kind::Float => Value::Float(d.from(-4, 24) as f64 / 4.0),
        Kind::Text => Value::text(d.pick(&TEXTS)),
        Kind::Bool => Value::Bool(d.percent(50)),
        Kind::Json => Value::text(d.pick(&JSON)),
        Kind::Tags | Kind::List => {
            let count = d.below(4);
            let mut item = || match d.percent(15) {
                true => Value::Null,
                false => Value::text(d.pick(&TEXTS)),
            };
            Value::Array((0..count).map(|_| item()).collect())
        }
        Kind::Date | Kind::Instant | Kind::Local => moment(d, kind, clock, zone),
    }
}

/// A time at, or just beside, an edge of some window, of `next` too.
pub(super) fn moment(d: &mut Dice, kind: Kind, clock: &Clock, zone: &TimeZone) -> Value {
    let (count, unit) = *d.choose(&LENGTHS);
    let count = i64::from(count);
    if kind == Kind::Date {
        let base = match d.below(8) {
            5 => return Value::Date(jiff::civil::date(2024 - 4 * d.below(3) as i16, 2, 29)),
            // Somebody whose day comes soon.
            6 => clock.today() + span(d.from(0, 31), Unit::Day) - span(d.from(1, 30), Unit::Year),
            7 if !unit.is_elapsed() => clock.today() + span(count, unit),
            0 => clock.today(),
            1 => clock.truncate(clock.today(), unit),
            2 => clock.truncate(clock.today(), unit) - span(count.max(1), Unit::Month),
            3 if !unit.is_elapsed() => clock.today() - span(count, unit),
            _ if !unit.is_elapsed() => clock.end() - span(count, unit),
            _ => clock.end() - span(d.from(0, 400), Unit::Day),
        };
        return Value::Date(base + span(d.from(-1, 1), Unit::Day));
    }
    let base = match d.below(10) {
        8 => clock.shift(clock.as_of, count, unit),
        9 => {
            let soon = clock.shift(clock.as_of, d.from(-7, 31), Unit::Day);
            clock.shift(soon, -d.from(1, 5), Unit::Year)
        }
        0 => clock.as_of,
        1 => clock.midnight(clock.today()),
        2 => clock.midnight(clock.truncate(clock.today(), unit)),
        3 => clock.shift(
            clock.midnight(clock.truncate(clock.today(), unit)),
            -1,
            Unit::Month,
        ),
        4 => clock.shift(clock.as_of, -d.from(0, 400 * 24), Unit::Hour),
        _ => clock.shift(clock.as_of, -count, unit),
    };
    let microseconds = *d.choose(&[
        0,
        0,
        0,
        1,
        -1,
        1_000_000,
        -1_000_000,
        3_600_000_000,
        -3_600_000_000,
    ]);
    let at: Timestamp = base + jiff::SignedDuration::from_micros(microseconds);
    match kind {
        Kind::Instant => Value::Instant(at),
        _ => Value::Local(zone.to_datetime(at), None),
    }
}
