//! Laws that every compiled project obeys, whatever it means: on random projects of the same generator as the property test, and
//! without the reference. `algebra` adds items to a project and compares answers within it; `data` changes tables or the
//! project and compares two answers; `builds` publishes into a database.
//!
//! `SEGC_LAW_CASES` is how many random projects each law is tried on.

mod algebra;
mod builds;
mod data;

use crate::random::Dice;
use crate::random::case::{Case, Size};
use crate::random::engine::{self, Answers, Mode};
use std::collections::BTreeSet;

type Keys = BTreeSet<String>;

const SIZE: Size = Size {
    sets: 3,
    populations: true,
    companies: false,
    history: false,
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

/// The names of a case's segments, without cases and arms.
fn segments(case: &Case) -> Vec<String> {
    let items = case.spec["segments"].as_array().unwrap();
    let names = items.iter().map(|s| s["name"].as_str().unwrap().to_owned());
    names.collect()
}
