//! The protocol of publication, searched through: every order in which the steps of several builds can meet, with kills,
//! lost requests and lost answers anywhere, and statements that are run after their client is gone.
//!
//! The steps are those that `publication()` lists for a build, so who reorders or drops one changes what is searched. Whatever a
//! protocol must have is taken away in turn: the search must find what then goes wrong, or it would find nothing.
//! `SEGC_MODEL=4` searches four builds instead of three.

mod invariants;
mod program;
mod runs;
mod search;
mod warehouse;

use invariants::{false_alarm, wrong};
use program::{Fault, Protocol};
use search::{search, words};
use std::fmt::Write as _;
use warehouse::Isolation;

fn runs() -> usize {
    let asked = std::env::var("SEGC_MODEL").ok();
    asked.map_or(3, |n| n.parse().expect("SEGC_MODEL is a number of builds"))
}

const BOTH: [Isolation; 2] = [Isolation::Snapshot, Isolation::ReadCommitted];

#[test]
fn whatever_happens_to_builds_that_meet_what_is_published_is_right() {
    for isolation in BOTH {
        let protocol = Protocol::new(isolation, Fault::None);
        let found = search(&protocol, runs(), &|w| {
            wrong(&protocol, w).or_else(|| false_alarm(w))
        });
        println!("{isolation:?}, {} builds: {} states", runs(), found.states);
        assert_eq!(found.violation, None, "{isolation:?}");
        assert!(found.states > 10_000, "{isolation:?}: {}", found.states);
    }
}

#[test]
fn what_the_protocol_has_it_needs() {
    let mut text = String::new();
    for fault in [
        Fault::NoFence,
        Fault::FenceLast,
        Fault::FenceWithoutEpoch,
        Fault::NoTransaction,
        Fault::CommitBelieved,
        Fault::CommitNotAwaited,
        Fault::DefinitionsCommit,
    ] {
        for isolation in BOTH {
            // Definitions are no part of BigQuery's transactions, and DuckDB takes them back like everything else.
            if (isolation, fault) == (Isolation::Snapshot, Fault::DefinitionsCommit) {
                continue;
            }
            let protocol = Protocol::new(isolation, fault);
            let mut found = search(&protocol, 2, &|w| wrong(&protocol, w));
            writeln!(
                text,
                "{}, {isolation:?}: {} states",
                words(fault),
                found.states
            )
            .unwrap();
            if found.violation.is_none() {
                text.push_str("  nothing wrong is published\n");
                found = search(&protocol, 2, &false_alarm);
            }
            writeln!(text, "{}", found.violation.unwrap_or_default()).unwrap();
        }
    }
    insta::assert_snapshot!(text);
}

#[test]
fn the_steps_are_those_of_a_build() {
    let mut text = String::new();
    for isolation in BOTH {
        let steps = Protocol::new(isolation, Fault::None).steps;
        let steps: Vec<&str> = steps.iter().map(segc::build::Kind::words).collect();
        writeln!(text, "{isolation:?}: {}", steps.join(", ")).unwrap();
    }
    insta::assert_snapshot!(text);
}
