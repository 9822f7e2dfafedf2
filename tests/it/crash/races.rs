//! Several builders: another one publishes while this one waits at any of its statements, and two to eight at once that have
//! all read the same epoch. One publishes, the others end with exit status 3 and change nothing.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::{Arc, Barrier};
use std::time::Duration;

use super::fault::{Fault, Faults};
use super::matrix::{Bench, Dice};
use super::scene::{self, Change, Era};
use super::seen::Seen;
use super::task::{self, RUN, THEN, Task};
use super::verifier::verify;
use crate::publish::shop::at;
use segc::build::run::{Ended, Progress, Request, publish};
use segc::build::{Kind, Stage};
use segc::diag::Diagnostics;
use segc::engine::Engine;
use segc::engine::duckdb::DuckDb;

/// The number of the rival's run.
const OTHER: u32 = 150;

/// What another build publishes while a task is under way: half a day before the task's own instant.
pub(super) fn rival_of(task: Task) -> (scene::Told, Change) {
    let (era, day) = match task {
        Task::FirstBuild | Task::Build => (Era::Then, THEN),
        Task::Prune => (Era::Then, THEN + 1),
        Task::Backfill | Task::Forget | Task::Repair => (Era::Before, THEN),
    };
    let stocked = match era {
        Era::Then => THEN,
        Era::Before | Era::Past => THEN - 1,
    };
    let as_of = at(day) - jiff::SignedDuration::from_hours(12);
    let mut told = scene::told(era, day, OTHER);
    told.model.as_of = as_of;
    told.policy.as_of = as_of;
    let mut change = scene::build(era, day, stocked);
    change.as_of = as_of;
    (told, Change::Build(change))
}

/// Another builder on the same database.
pub(super) struct Rival {
    session: RefCell<Option<DuckDb>>,
    task: Task,
    ended: Rc<RefCell<Option<Ended>>>,
}

impl Rival {
    pub(super) fn of(task: Task, db: &DuckDb) -> Self {
        Self {
            session: RefCell::new(Some(db.another().expect("a session"))),
            task,
            ended: Rc::default(),
        }
    }

    /// Its build, to be done once.
    pub(super) fn meanwhile(&self) -> RefCell<Option<Box<dyn FnOnce()>>> {
        let session = self.session.take().expect("it builds once");
        let (told, _) = rival_of(self.task);
        let ended = Rc::clone(&self.ended);
        let build = move || {
            let how = task::built(&told, &session, &Faults::none()).expect("a connection");
            ended.replace(Some(how));
        };
        RefCell::new(Some(Box::new(build)))
    }
}

/// Names in the ledger → what they were to change.
fn in_order(seen: &Seen, by_run: &BTreeMap<String, Change>, base: &[Change]) -> Vec<Change> {
    let runs = seen.runs();
    let late = runs.iter().skip(base.len());
    let late = late.map(|(_, run)| by_run.get(run).unwrap_or_else(|| panic!("who is {run}?")));
    base.iter().chain(late).cloned().collect()
}

#[test]
fn of_a_run_that_waits_at_any_statement_and_the_one_that_overtakes_it_one_publishes() {
    let everywhere = std::env::var_os("SEGC_ROUNDS").is_some();
    // What is to be repaired cannot be built upon.
    for task in [
        Task::FirstBuild,
        Task::Build,
        Task::Backfill,
        Task::Prune,
        Task::Forget,
    ] {
        let bench = Bench::new(task);
        let (mut overtaken, mut first) = (0, 0);
        // What comes after the first COMMIT is no race any more.
        let place = |stage: &str| bench.trace.iter().position(|s| *s == stage);
        let at = |stage: &str| place(stage).expect("a stage") as u32 + 1;
        let calls: Vec<u32> = if everywhere {
            (1..=at("commit")).collect()
        } else {
            vec![1, at("begin"), at("fence"), at("fence") + 1, at("commit")]
        };
        for call in calls {
            let file = bench.copy(&format!("late{call}"));
            let mut db = task::open(&file).expect("its database");
            let rival = Rival::of(task, &db);
            let faults = Rc::new(Faults {
                fault: Fault::Delay(call),
                meanwhile: rival.meanwhile(),
                ..Faults::default()
            });
            let ended = task.perform(&db, RUN, &faults).expect("a connection");
            let other = rival.ended.borrow().clone().expect("it has built");
            let seen = Seen::read(&mut db);
            let mut by_run = BTreeMap::from([("run150".to_owned(), rival_of(task).1)]);
            let own = &bench.changes[task.base()..];
            for (run, change) in (RUN..).zip(own) {
                by_run.insert(format!("run{run}"), change.clone());
            }
            let changes = in_order(&seen, &by_run, &bench.changes[..task.base()]);
            let wrong = verify(&seen, &changes, changes.len());
            assert!(
                wrong.is_empty(),
                "{task:?} at {call}:\n{}",
                wrong.join("\n")
            );
            let is_there = |run: &str| seen.runs().iter().any(|(_, r)| r == run);
            match &other {
                Ended::Published { .. } => assert!(is_there("run150")),
                Ended::LostRace { winner } => {
                    assert_eq!(other.exit_status(), 3);
                    assert!(!is_there("run150"), "{winner:?}");
                    first += 1;
                }
                _ => panic!("{task:?} at {call}: {other:?}"),
            }
            for (run, ended) in (RUN..).zip(&ended) {
                match ended {
                    Ended::Published { .. } => assert!(is_there(&format!("run{run}"))),
                    Ended::LostRace { winner } => {
                        assert_eq!(ended.exit_status(), 3);
                        assert_eq!(winner.as_deref(), Some("run150"), "{task:?} at {call}");
                        assert!(!is_there(&format!("run{run}")));
                        overtaken += 1;
                    }
                    _ => panic!("{task:?} at {call}: {ended:?}"),
                }
            }
            drop(db);
            std::fs::remove_file(file).expect("a file");
        }
        assert!(
            overtaken > 0 && first > 0,
            "{task:?}: {overtaken} overtaken, {first} first"
        );
    }
}

/// Waits for all the others once the epoch is read, and dawdles at every stage.
struct Dawdler {
    all_have_read: Arc<Barrier>,
    dice: RefCell<Dice>,
}

impl Progress for Dawdler {
    fn started(&self, stage: &Stage) {
        if stage.kind == Kind::Begin {
            self.all_have_read.wait();
        }
        for _ in 0..self.dice.borrow_mut().below(200) {
            std::thread::yield_now();
        }
    }

    fn finished(&self, _: &Stage, _: Duration) {}
}

fn race(db: &DuckDb, round: usize, builders: u32, day: i64) -> Vec<(String, Ended)> {
    let all_have_read = Arc::new(Barrier::new(builders as usize));
    let mut sessions = Vec::new();
    for n in 0..builders {
        sessions.push((
            n,
            db.another().expect("a session"),
            Arc::clone(&all_have_read),
        ));
    }
    std::thread::scope(|scope| {
        let mut threads = Vec::new();
        for (n, session, all_have_read) in sessions {
            threads.push(scope.spawn(move || {
                let run = 1000 + round as u32 * 10 + n;
                let told = scene::told(Era::Then, day, run);
                let request = Request {
                    model: &told.model,
                    queries: &told.queries,
                    checks: &told.checks,
                    policy: &told.policy,
                    dialect: task::duckdb(),
                };
                let dawdler = Dawdler {
                    all_have_read,
                    dice: RefCell::new(Dice(round as u64 * 8 + u64::from(n))),
                };
                let mut connect = || Ok(Box::new(session.another()?) as Box<dyn Engine>);
                let mut diags = Diagnostics::default();
                let outcome = publish(request, &mut connect, &dawdler, &|| at(1000), &mut diags);
                (format!("run{run}"), outcome.expect("a connection").ended)
            }));
        }
        let joined = threads
            .into_iter()
            .map(|t| t.join().expect("it does not panic"));
        joined.collect()
    })
}

#[test]
fn of_two_to_eight_builders_at_once_one_publishes_and_the_others_say_so() {
    let rounds = super::count("SEGC_ROUNDS", 20);
    let folder = tempfile::tempdir().expect("a folder");
    let mut named = 0;
    let mut dice = Dice(7);
    let mut file = folder.path().join("start.duckdb");
    let mut base = Vec::new();
    for round in 0..rounds {
        // Every few rounds begin with nothing: then all of them make the tables, too.
        let (fresh, day) = (round % 5 == 0, THEN + (round % 5) as i64);
        if fresh {
            file = folder.path().join(format!("round{round}.duckdb"));
            base.clear();
        }
        let mut db = task::open(&file).expect("a database");
        scene::stock(&mut db, day);
        let builders = 2 + dice.below(7) as u32;
        let ended = race(&db, round, builders, day);
        let winners: Vec<&String> = ended
            .iter()
            .filter(|(_, ended)| matches!(ended, Ended::Published { .. }))
            .map(|(run, _)| run)
            .collect();
        assert_eq!(winners.len(), 1, "round {round}: {ended:?}");
        for (_, ended) in &ended {
            match ended {
                Ended::Published { epoch } => assert_eq!(*epoch, base.len() as u64 + 1),
                Ended::LostRace { winner } => {
                    assert_eq!(ended.exit_status(), 3);
                    if let Some(winner) = winner {
                        assert_eq!(winner, winners[0]);
                        named += 1;
                    }
                }
                _ => panic!("round {round}: {ended:?}"),
            }
        }
        base.push(Change::Build(scene::build(Era::Then, day, day)));
        let seen = Seen::read(&mut db);
        let wrong = verify(&seen, &base, base.len());
        assert!(wrong.is_empty(), "round {round}:\n{}", wrong.join("\n"));
    }
    assert!(named > 0, "no loser could name who was first");
}
