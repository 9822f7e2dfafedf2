//! The property: for random projects over random tables, the compiler's SQL, naive and optimised, answers what the reference
//! evaluator answers.
//!
//! A pair is a segment, case or trait together with a data set: up to eight people and their rows. `SEGC_PROPTEST_CASES` is how many pairs are asked at least,
//! `SEGC_PROPTEST_SEED` where the seeds begin. What fails is made small and written to `tests/rows/found_<seed>`, where
//! the test of rows reads it from then on.

use crate::random::case::{Case, Read, Size};
use crate::random::engine::{self, Answers, Mode};
use crate::random::{Dice, shrink, yaml};
use crate::reference::value::Value;
use crate::reference::{Doubt, Reference, Table};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

const SIZE: Size = Size {
    sets: SETS,
    populations: true,
    companies: 60,
    history: 60,
    holdout: 40,
    traits: 22,
    segments: 34,
    groups: 2,
    more: 4,
};

/// Sets of people in the tables of a case, with disjoint keys: one query answers for all of them.
const SETS: usize = 16;

/// What the reference says about everything in a case.
struct Expected {
    segments: BTreeMap<String, BTreeSet<String>>,
    traits: BTreeMap<String, BTreeMap<String, Value>>,
    suppressed: BTreeMap<String, BTreeSet<String>>,
    doubts: BTreeMap<String, BTreeSet<(String, Doubt)>>,
}

fn expected(case: &Case, read: &Read) -> Expected {
    let reference = Reference::new(
        &read.spec,
        &case.tables,
        read.clock.clone(),
        read.vars.clone(),
        read.holdout.as_ref(),
    );
    let segments = read.model.segments.iter().map(|s| s.name.clone());
    let traits = read.spec.traits.iter().map(|t| t.item.name.value.clone());
    let entities = read.spec.entities.iter().enumerate();
    let doubts = entities.clone();
    // Of an entity about which nothing is asked, nobody says who is suppressed.
    let asked = |n: usize| {
        let mut segments = read.model.segments.iter().map(|s| s.entity);
        let mut traits = read.model.traits.iter().map(|t| t.entity);
        segments.any(|e| e.index() == n) || traits.any(|e| e.index() == n)
    };
    Expected {
        segments: segments
            .map(|s| (s.clone(), reference.members(&s)))
            .collect(),
        traits: traits
            .map(|t| (t.clone(), reference.trait_values(&t)))
            .collect(),
        suppressed: entities
            .filter(|(n, _)| asked(*n))
            .map(|(n, e)| (e.item.name.value.clone(), reference.suppressed(n)))
            .collect(),
        doubts: doubts
            .map(|(n, e)| (e.item.name.value.clone(), reference.doubts(n)))
            .collect(),
    }
}

/// Every difference, by what it is about.
fn differences(expected: &Expected, found: &Answers) -> Vec<String> {
    let mut wrong = Vec::new();
    let sets = expected.segments.iter().chain(&expected.suppressed);
    for (name, keys) in sets {
        let answer = found
            .segments
            .get(name)
            .or_else(|| found.suppressed.get(name));
        // An entity without suppression has no such column.
        let silent = answer.is_none() && keys.is_empty();
        if answer != Some(keys) && !silent {
            wrong.push(format!("{name}: expected {keys:?}, found {answer:?}"));
        }
    }
    for (entity, found) in &found.held_out {
        let expected = &expected.segments["holdout"];
        if expected != found {
            wrong.push(format!(
                "held out of {entity}: expected {expected:?}, found {found:?}"
            ));
        }
    }
    for (entity, found) in &found.doubts {
        let expected = &expected.doubts[entity];
        if expected != found {
            wrong.push(format!("sources: expected {expected:?}, found {found:?}"));
        }
    }
    for (name, values) in &expected.traits {
        for (key, value) in values {
            let text = found.traits.get(name).and_then(|column| column.get(key));
            if !text.is_some_and(|text| value.agrees(text.as_deref())) {
                wrong.push(format!("{name} of {key}: expected {value}, found {text:?}"));
            }
        }
    }
    wrong
}

#[derive(Debug, PartialEq)]
enum Failure {
    /// The compiler refuses what the generator holds to be right.
    Refused(String),
    /// The engine refuses the SQL.
    Engine(String),
    Differs(String),
}

/// How many segments, cases and traits agree.
fn check(case: &Case) -> Result<usize, Failure> {
    let read = case.read().map_err(Failure::Refused)?;
    let expected = expected(case, &read);
    let apart = engine::may_stand_apart(&read.model).then_some(Mode::Apart);
    for mode in [Mode::Naive, Mode::Optimised].into_iter().chain(apart) {
        let found = engine::answers(case, mode).map_err(Failure::Engine)?;
        let wrong = differences(&expected, &found);
        if !wrong.is_empty() {
            return Err(Failure::Differs(format!("{mode:?}\n{}", wrong.join("\n"))));
        }
    }
    Ok(expected.segments.len() + expected.traits.len())
}

/// The case as a folder of `tests/rows`, with the reference's answers.
fn persist(case: &Case, folder: &Path) {
    let write = |name: &str, text: &str| {
        let path = folder.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    write("segc.yml", &yaml::text(&case.settings));
    let tables = case.tables.0.iter();
    let (files, tables): (Vec<_>, Vec<_>) = tables.partition(|(n, _)| engine::is_file(n));
    let sql = |(n, t): &(&String, &Table)| engine::fill(n, t, folder);
    write("setup.sql", &tables.iter().map(sql).collect::<String>());
    // The test of rows reads files by their paths in the repository.
    let mut spec = yaml::text(&case.spec);
    let here = folder.strip_prefix(env!("CARGO_MANIFEST_DIR")).unwrap();
    let memory = duckdb::Connection::open_in_memory().unwrap();
    for file in &files {
        memory.execute_batch(&sql(file)).unwrap();
        spec = spec.replace(file.0, &here.join(file.0).display().to_string());
    }
    write("segments/random.yml", &spec);
    let Ok(read) = case.read() else { return };
    let expected = expected(case, &read);
    let mut text = format!("as_of {}\n", case.as_of);
    for (name, keys) in &expected.segments {
        let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
        let _ = writeln!(text, "{name}: {}", keys.join(" "));
    }
    for (name, values) in &expected.traits {
        let value = |value: &Value| match value {
            Value::Null => "-".to_owned(),
            other => other.to_string(),
        };
        let values: Vec<String> = values
            .iter()
            .map(|(k, v)| format!("{k}={}", value(v)))
            .collect();
        let _ = writeln!(text, "{name}: {}", values.join("; "));
    }
    write("expected.txt", &text);
}

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().unwrap())
}

#[test]
fn the_compiler_answers_what_the_reference_answers() {
    let wanted = setting("SEGC_PROPTEST_CASES", 3_000) as usize;
    let first = setting("SEGC_PROPTEST_SEED", 1);
    let (mut pairs, mut seed, mut failures) = (0, first, Vec::new());
    while pairs < wanted && failures.len() < 5 {
        let dice = &mut Dice::new(seed);
        // Now and then one set of people alone, so that there are empty tables.
        let sets = if dice.percent(10) { 1 } else { SETS };
        let case = Case::new(dice, Size { sets, ..SIZE });
        match check(&case) {
            Ok(count) => pairs += count * sets,
            Err(failure) => {
                let kind = std::mem::discriminant(&failure);
                let alike = |c: &Case| check(c).is_err_and(|f| std::mem::discriminant(&f) == kind);
                let small = match failure {
                    Failure::Refused(_) => case,
                    Failure::Engine(_) | Failure::Differs(_) => shrink::shrink(case, &alike),
                };
                let failure = check(&small).unwrap_err();
                let rows = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/rows");
                persist(&small, &rows.join(format!("found_{seed}")));
                failures.push(format!("seed {seed}: {failure:?}"));
            }
        }
        seed += 1;
    }
    println!("{pairs} pairs, seeds {first} to {}", seed - 1);
    assert!(failures.is_empty(), "\n{}", failures.join("\n\n"));
}

#[test]
fn the_generator_writes_every_function() {
    let specs = (1..=40).map(|seed| {
        let case = Case::new(&mut Dice::new(seed), Size { sets: 1, ..SIZE });
        case.spec.to_string()
    });
    let specs: String = specs.collect();
    for function in segc::model::typing::functions() {
        let call = format!("{}(", function.name);
        assert!(specs.contains(&call), "{call} is never written");
    }
}
