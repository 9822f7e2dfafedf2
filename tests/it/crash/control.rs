//! Whether the verifier sees: the same builds with a part of the protocol left out must be caught. A verifier that finds
//! nothing here would find nothing anywhere.

use std::rc::Rc;

use super::child::Job;
use super::fault::{Fault, Faults, Without};
use super::matrix::Bench;
use super::races::{Rival, rival_of};
use super::scene::{self, Change, Era};
use super::seen::Seen;
use super::task::{self, RUN, THEN, Task};
use super::verifier::verify;
use segc::build::run::Ended;

#[test]
fn a_build_without_its_transaction_is_caught_half_done() {
    let bench = Bench::new(Task::Build);
    let calls = bench.trace.len() as u32;
    let (mut killed, mut caught) = (0, 0);
    for call in (1..=calls).step_by(6) {
        let file = bench.copy(&format!("control{call}"));
        let mut job = Job::new(Task::Build, &file, Fault::Before(call));
        job.without = Without::Transaction;
        job.run();
        let mut db = task::open(&file).expect("it opens again");
        let wrong = bench.wrong(&Seen::read(&mut db), 0, bench.changes.len());
        killed += 1;
        caught += usize::from(!wrong.is_empty());
    }
    super::note(&format!(
        "without a transaction: {caught} of {killed} kills caught"
    ));
    assert!(caught * 3 >= killed, "{caught} of {killed}");
}

#[test]
fn a_run_that_is_not_in_the_ledger_is_caught_by_the_verifier_and_by_the_build() {
    let bench = Bench::new(Task::Build);
    let mut db = task::open(&bench.copy("unledgered")).expect("its database");
    let faults = Rc::new(Faults {
        without: Without::Ledger,
        ..Faults::default()
    });
    let ended = Task::Build
        .perform(&db, RUN, &faults)
        .expect("a connection");
    let Some(Ended::NotPublished { message }) = ended.first() else {
        panic!("{ended:?}");
    };
    assert!(
        message.contains("the ledger does not have the run"),
        "{message}"
    );
    let wrong = verify(&Seen::read(&mut db), &bench.changes, 0).join("\n");
    assert!(
        wrong.contains("state") && wrong.contains("no published run"),
        "{wrong}"
    );
}

#[test]
fn two_builds_without_a_fence_are_caught() {
    let bench = Bench::new(Task::Forget);
    let base = &bench.changes[..2];
    for without in [Without::Nothing, Without::Fence, Without::Comparison] {
        let mut db = task::open(&bench.copy(&format!("{without:?}"))).expect("its database");
        scene::stock(&mut db, THEN);
        let faults = |fault, meanwhile| {
            Rc::new(Faults {
                without,
                fault,
                meanwhile,
                ..Faults::default()
            })
        };
        // Once the zombie has read the epoch, and before it begins.
        let rival = Rival::of(Task::Forget, &db);
        let begin = bench.trace.iter().position(|stage| *stage == "begin");
        let begin = Fault::Delay(begin.expect("a begin") as u32 + 1);
        let told = scene::told(Era::Before, THEN, RUN);
        let ended = task::built(&told, &db, &faults(begin, rival.meanwhile()));
        let ended = ended.expect("a connection");
        let Change::Build(mut overtaking) = rival_of(Task::Forget).1 else {
            panic!("a rival builds");
        };
        overtaking.members = scene::build(Era::Before, THEN, THEN).members;
        overtaking.people = scene::build(Era::Before, THEN, THEN).people;
        let mut changes = [base, &[Change::Build(overtaking)]].concat();
        if matches!(ended, Ended::Published { .. }) {
            changes.push(Change::Build(scene::build(Era::Before, THEN, THEN)));
        }
        let wrong = verify(&Seen::read(&mut db), &changes, changes.len());
        assert_eq!(
            wrong.is_empty(),
            without == Without::Nothing,
            "{without:?}, {ended:?}: {wrong:?}"
        );
    }
}
