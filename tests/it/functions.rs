//! Every function and operator of `language.md` §4, with arguments and the value that the language gives them, worked out by hand: asked
//! of the embedded engine, naive and optimised, with the arguments in columns and as constants, and of the reference evaluator.
//!
//! `{0}` in a call is the first argument, and so on. A `-` is NULL; a type that ends in `!` is for columns only, because the same constant
//! is refused. Where a function has no word about NULL, every argument in turn is NULL, and so must be the result.

use crate::random::case::Case;
use crate::random::engine::{self, Mode};
use crate::reference::value::{Value, number};
use crate::reference::{Reference, Table, Tables};
use segc::model::typing::functions;
use segc::snippet::literal::{Moment, parse_moment};
use serde_json::{Map, Value as Json, json};
use std::collections::BTreeMap;

mod moments;
mod numbers;
mod texts;
mod traps;

/// A call, its arguments (type, value), and its value.
type Entry = (
    &'static str,
    &'static [(&'static str, &'static str)],
    &'static str,
);

/// When and where its entries are asked: zone, first day of the week, `as_of`.
type Asked = (&'static str, &'static str, &'static str, &'static [Entry]);

const ALL: [Asked; 11] = [
    ("UTC", "monday", "2026-01-31T09:00:00Z", texts::TEXTS),
    ("UTC", "monday", "2026-01-31T09:00:00Z", texts::ARRAYS),
    ("UTC", "monday", "2026-01-31T09:00:00Z", numbers::NUMBERS),
    ("UTC", "monday", "2026-01-31T09:00:00Z", numbers::VALUES),
    (
        "America/New_York",
        "monday",
        "2026-01-31T14:00:00Z",
        moments::NEW_YORK,
    ),
    (
        "America/New_York",
        "monday",
        "2025-11-03T04:59:00Z",
        moments::LONG_DAY,
    ),
    (
        "UTC",
        "sunday",
        "2026-03-01T00:00:00Z",
        moments::FIRST_OF_MARCH,
    ),
    (
        "UTC",
        "monday",
        "2026-02-28T23:59:59Z",
        moments::LAST_OF_FEBRUARY,
    ),
    ("UTC", "monday", "2028-02-29T12:00:00Z", moments::LEAP_DAY),
    ("UTC", "monday", "2026-01-31T09:00:00Z", traps::TRAPS),
    (
        "Europe/Berlin",
        "monday",
        "2026-01-31T09:00:00Z",
        traps::CLOCKS,
    ),
];

/// What says itself what becomes of NULL, or takes nothing.
const NULL_AWARE: [&str; 14] = [
    "coalesce", "nullif", "if", "greatest", "least", "as_of", "today", "var", "case", "is", "in",
    "and", "or", "not",
];

fn value(ty: &str, text: &str) -> Value {
    let items = |ty: &str| {
        let inner = text.trim_start_matches('[').trim_end_matches(']');
        let items = inner.split(", ").filter(|item| !item.is_empty());
        Value::Array(items.map(|item| value(ty, item)).collect())
    };
    match (ty, text) {
        (_, "-") => Value::Null,
        ("int", text) => Value::Int(text.parse().unwrap()),
        ("float", text) => Value::Float(text.parse().unwrap()),
        ("boolean", text) => Value::Bool(text.parse().unwrap()),
        ("date" | "timestamp" | "datetime", text) => match parse_moment(text).unwrap() {
            Moment::Date(date) => Value::Date(date),
            Moment::Local(local) => Value::Local(local, None),
            Moment::Instant(instant) => Value::Instant(instant),
        },
        ("array<string>", _) => items("string"),
        ("array<int>", _) => items("int"),
        (ty, text) if ty.starts_with("decimal") => number(text).unwrap(),
        (_, text) => Value::text(text),
    }
}

/// The value as it is written in an expression; None for types whose values are not.
fn constant(ty: &str, text: &str) -> Option<String> {
    Some(match (ty, text) {
        (ty, _) if ty.ends_with('!') || ty == "json" || ty.starts_with("array") => return None,
        (ty, "-") => format!("cast(null as {ty})"),
        ("string", text) => format!("'{}'", text.replace('\'', "''")),
        ("float", text) => format!("({text}e0)"),
        ("date" | "timestamp" | "datetime", text) => format!("{ty} '{text}'"),
        (_, text) => format!("({text})"),
    })
}

/// A trait that is asked, its call for messages, and what it is.
struct Question {
    sql: String,
    shown: String,
    expected: &'static str,
}

/// One row of columns, and all that is asked of it.
#[derive(Default)]
struct Sheet {
    columns: Vec<(String, String)>,
    row: Vec<Value>,
    questions: Vec<Question>,
}

impl Sheet {
    fn column(&mut self, ty: &str, text: &str) -> String {
        let ty = ty.trim_end_matches('!').to_owned();
        let value = value(&ty, text);
        let name = format!("c{}", self.columns.len());
        self.columns.push((name.clone(), ty));
        self.row.push(value);
        name
    }

    fn ask(&mut self, entry: &Entry, args: &[String], expected: &'static str, how: &str) {
        let (call, values, _) = entry;
        let filled = |with: &dyn Fn(usize) -> String| {
            let mut text = (*call).to_owned();
            for n in 0..values.len() {
                text = text.replace(&format!("{{{n}}}"), &with(n));
            }
            text
        };
        self.questions.push(Question {
            sql: filled(&|n| args[n].clone()),
            shown: format!("{} {how}", filled(&|n| values[n].1.to_owned())),
            expected,
        });
    }

    fn add(&mut self, entry: &Entry) {
        let (call, values, expected) = entry;
        let columns: Vec<String> = values
            .iter()
            .map(|(ty, text)| self.column(ty, text))
            .collect();
        self.ask(entry, &columns, expected, "of columns");
        let constants: Option<Vec<String>> =
            values.iter().map(|(ty, text)| constant(ty, text)).collect();
        if let Some(constants) = constants.filter(|c| !c.is_empty()) {
            self.ask(entry, &constants, expected, "of constants");
        }
        if words(call).any(|word| NULL_AWARE.contains(&word)) {
            return;
        }
        for (n, (ty, _)) in values.iter().enumerate() {
            let mut args = columns.clone();
            args[n] = self.column(ty, "-");
            self.ask(entry, &args, "-", &format!("where {{{n}}} is NULL"));
        }
    }

    /// A project whose traits ask the questions.
    fn case(&self, (zone, week_start, as_of, _): &Asked) -> Case {
        let types = self.columns.iter().map(|(n, ty)| (n.clone(), json!(ty)));
        let mut columns = Map::from_iter([("id".to_owned(), json!("int"))]);
        columns.extend(types);
        let traits = self.questions.iter().enumerate();
        let traits: Vec<Json> = traits
            .map(|(n, q)| json!({"name": format!("t{n}"), "sql": q.sql}))
            .collect();
        let mut table = Table {
            columns: vec![("id".to_owned(), "int".to_owned())],
            rows: vec![vec![Value::Int(1)]],
        };
        table.columns.extend(self.columns.iter().cloned());
        table.rows[0].extend(self.row.iter().cloned());
        Case {
            settings: json!({"name": "functions", "version": 1, "time_zone": zone, "week_start": week_start,
                "targets": {"dev": {"type": "duckdb", "path": "functions.duckdb"}},
                "vars": {"least": 2, "word": "a", "names": ["a", "b"], "share": 0.25, "on": true}}),
            spec: json!({"entities": [{"name": "row", "table": "row_table", "key": "id", "columns": columns}], "traits": traits}),
            tables: Tables(BTreeMap::from([("row_table".to_owned(), table)])),
            as_of: as_of.parse().unwrap(),
        }
    }
}

/// Every entry as a project with one row; what its traits `t0`, `t1`… ask, and where and when.
pub(crate) fn one_by_one() -> impl Iterator<Item = (Vec<String>, Case)> {
    ALL.iter().flat_map(|asked| {
        asked.3.iter().map(move |entry| {
            let mut sheet = Sheet::default();
            sheet.add(entry);
            let shown = |q: &Question| format!("{} ({} {})", q.shown, asked.0, asked.2);
            (
                sheet.questions.iter().map(shown).collect(),
                sheet.case(asked),
            )
        })
    })
}

/// The words of a call that could be names of functions or operators.
fn words(call: &str) -> impl Iterator<Item = &str> {
    call.split(|c: char| !c.is_ascii_alphanumeric() && c != '_')
}

#[test]
fn every_function_gives_what_the_language_says() {
    let mut wrong = Vec::new();
    for asked in &ALL {
        let mut sheet = Sheet::default();
        asked.3.iter().for_each(|entry| sheet.add(entry));
        let case = sheet.case(asked);
        let read = case.read().unwrap_or_else(|e| panic!("{e}"));
        let reference = Reference::new(
            &read.spec,
            &case.tables,
            read.clock.clone(),
            read.vars.clone(),
            None,
        );
        let engine =
            [Mode::Naive, Mode::Optimised].map(|mode| engine::answers(&case, mode).unwrap());
        for (n, question) in sheet.questions.iter().enumerate() {
            let name = format!("t{n}");
            let shown = format!("{} ({} {})", question.shown, asked.0, asked.2);
            let expected = Some(question.expected).filter(|text| *text != "-");
            let value = &reference.trait_values(&name)["1"];
            if !value.agrees(expected) {
                wrong.push(format!(
                    "{shown}: {expected:?}, and the reference says {value}"
                ));
            }
            for answers in &engine {
                let found = answers.traits[&name]["1"].as_deref();
                if !value.agrees(found) {
                    wrong.push(format!(
                        "{shown}: {expected:?}, and the engine says {found:?}"
                    ));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn no_function_is_left_out() {
    let entries = ALL.iter().flat_map(|asked| asked.3);
    let calls: Vec<&str> = entries.map(|(call, _, _)| *call).collect();
    for function in functions() {
        let named = format!("{}(", function.name);
        let often = calls.iter().filter(|call| call.contains(&named)).count();
        let least = if matches!(function.name, "as_of" | "today") {
            1
        } else {
            3
        };
        assert!(often >= least, "{} is asked {often} times", function.name);
    }
}
