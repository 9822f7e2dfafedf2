//! Laws that every compiled project obeys, whatever it means: on random projects of the same generator as the property test, and
//! without the reference. `algebra` adds items to a project and compares answers within it; `data` changes tables or the
//! project and compares two answers; `builds` publishes into a database.
//!
//! `SEGC_LAW_CASES` is how many random projects each law is tried on.

mod algebra;
mod builds;
mod data;
mod elsewhere;
mod words;

use crate::random::Dice;
use crate::random::case::{Case, Size};
use crate::random::engine::{self, Answers, Mode};
use serde_json::{Value as Json, json};
use std::collections::BTreeSet;

type Keys = BTreeSet<String>;

const SIZE: Size = Size {
    sets: 3,
    populations: true,
    companies: 0,
    history: 0,
    holdout: 0,
    traits: 6,
    segments: 8,
    groups: 1,
    more: 0,
};

/// People are not compared with each other: nobody's answer depends on who else is there.
const ALONE: Size = Size {
    populations: false,
    ..SIZE
};

/// Always with a second entity and a history.
const WIDE: Size = Size {
    companies: 100,
    history: 100,
    holdout: 50,
    more: 2,
    ..SIZE
};

/// Calls `law` on random cases of a size; `salt` gives each law its own.
fn on_random_cases(salt: u64, size: Size, mut law: impl FnMut(&mut Dice, Case)) {
    let cases = std::env::var("SEGC_LAW_CASES").map_or(2, |n| n.parse().unwrap());
    for seed in 0..cases {
        let dice = &mut Dice::new(salt * 1_000_000 + seed);
        let case = Case::new(dice, size);
        law(dice, case);
    }
}

fn answers(case: &Case) -> Answers {
    engine::answers(case, Mode::Optimised).unwrap_or_else(|e| panic!("{e}"))
}

/// Adds segments by name and condition; of the first entity, where there are several.
fn with(case: &Case, more: &[(&str, Json)]) -> Case {
    with_of(case, "customer", more)
}

fn with_of(case: &Case, entity: &str, more: &[(&str, Json)]) -> Case {
    let mut case = case.clone();
    let several = case.spec["entities"].as_array().unwrap().len() > 1;
    let list = case.spec["segments"].as_array_mut().unwrap();
    for (name, condition) in more {
        let mut item = json!({"name": name, "where": condition});
        if several {
            item["entity"] = json!(entity);
        }
        list.push(item);
    }
    case
}

fn of<'a>(answers: &'a Answers, name: &str) -> &'a Keys {
    &answers.segments[name]
}

fn everybody(answers: &Answers) -> &Keys {
    &answers.everybody["customer"]
}

/// The names of a case's segments, without cases and arms.
fn segments(case: &Case) -> Vec<String> {
    let items = case.spec["segments"].as_array().unwrap();
    let once = items.iter().filter(|s| s.get("for_each").is_none());
    let names = once.map(|s| s["name"].as_str().unwrap().to_owned());
    names.collect()
}

/// Two answers are one; the last digits of floats depend on the order of what is added.
fn assert_same(a: &Answers, b: &Answers) {
    assert!(a.traits.keys().eq(b.traits.keys()));
    for ((name, column), other) in a.traits.iter().zip(b.traits.values()) {
        assert!(column.keys().eq(other.keys()), "{name}");
        for ((key, value), other) in column.iter().zip(other.values()) {
            assert!(alike(value, other), "{name} of {key}: {value:?}, {other:?}");
        }
    }
    for (name, keys) in &a.segments {
        assert_eq!(Some(keys), b.segments.get(name), "{name}");
    }
    let traits = a.traits.clone();
    assert_eq!(
        *a,
        Answers {
            traits,
            ..b.clone()
        }
    );
}

fn alike(a: &Option<String>, b: &Option<String>) -> bool {
    let number = |text: &Option<String>| text.as_ref()?.parse::<f64>().ok();
    match (number(a), number(b)) {
        (Some(a), Some(b)) => (a - b).abs() <= 1e-9 * b.abs().max(1.0),
        (None, _) | (_, None) => a == b,
    }
}
