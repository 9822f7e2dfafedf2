//! Somebody stops a build: after every one of its stages, while a statement runs, and while the process as a whole is at work.

use super::faults::Plan;
use super::shop::{at, seg};
use super::world::World;
use crate::cli::Place;
use segc::build::run::{Ended, Progress, Silent};
use segc::build::{Kind, Stage};
use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

/// Says "stop" once so many stages are finished.
struct After {
    stages: usize,
    finished: Rc<Cell<usize>>,
}

impl Progress for After {
    fn started(&self, _: &Stage) {}

    fn finished(&self, _: &Stage, _: Duration) {
        self.finished.set(self.finished.get() + 1);
    }

    fn interrupted(&self) -> Option<u8> {
        (self.finished.get() >= self.stages).then_some(143)
    }
}

#[test]
fn a_build_that_is_stopped_after_any_stage_publishes_all_or_nothing() {
    let mut w = World::new("(1, 'a', true), (2, 'b', false), (3, 'c', true)");
    let segments = [seg("vip").expose("email")];
    w.build(&segments, at(1));
    w.sql("update customers set vip = true");
    let published = "from segments.customer_members order by all";
    let before = w.rows(published);
    for stages in 0.. {
        let finished = Rc::new(Cell::new(0));
        w.progress = Box::new(After {
            stages,
            finished: Rc::clone(&finished),
        });
        let outcome = w.build(&segments, at(2));
        let runs = w.shop.runs;
        let staged =
            w.rows("select count(*) from duckdb_tables() where table_name like 'segc_stage%'");
        assert_eq!(staged, "0", "after {stages} stages");
        if let Ended::Published { epoch } = outcome.ended {
            // Nobody was asked between COMMIT and the end.
            assert_eq!(outcome.timings.last().map(|t| &t.kind), Some(&Kind::Commit));
            assert_eq!(epoch, 2);
            assert!(stages > 10, "{stages}");
            assert_eq!(
                w.rows("select max(run_id) from segments.segc_runs where epoch = 2"),
                format!("run{runs}")
            );
            break;
        }
        assert_eq!(
            outcome.ended,
            Ended::Interrupted { exit_status: 143 },
            "after {stages} stages"
        );
        assert_eq!(w.results["run"]["status"], "interrupted");
        assert_eq!(w.results["run"]["exit_status"], 143);
        assert_eq!(w.rows(published), before, "after {stages} stages");
        w.invariants();
    }
    w.progress = Box::new(Silent);
    w.invariants();
    assert_eq!(
        w.build(&segments, at(3)).ended,
        Ended::Published { epoch: 3 }
    );
}

/// Says "stop" while COMMIT is under way, and ever after.
struct AtCommit(Cell<bool>);

impl Progress for AtCommit {
    fn started(&self, stage: &Stage) {
        if stage.kind == Kind::Commit {
            self.0.set(true);
        }
    }

    fn finished(&self, _: &Stage, _: Duration) {}

    fn interrupted(&self) -> Option<u8> {
        self.0.get().then_some(130)
    }
}

#[test]
fn who_stops_a_build_while_commit_is_under_way_is_told_what_the_ledger_says() {
    for (lose, drop, unreachable) in [
        (false, false, false),
        (true, false, false),
        (false, true, false),
        (true, false, true),
    ] {
        let mut w = World::new("(1, 'a', true), (2, 'b', false)");
        w.progress = Box::new(AtCommit(Cell::new(false)));
        let plan = Plan {
            lose_commit: lose,
            drop_commit: drop,
            then_unreachable: unreachable,
            ..Plan::default()
        };
        let mut connect = plan.connect(&w);
        let ended = w.go_with(&[seg("vip")], &["vip"], true, at(1), &mut connect);
        match ended.ended {
            Ended::Published { epoch: 1 } => assert!(!drop && !unreachable),
            Ended::Interrupted { exit_status: 130 } => assert!(drop),
            Ended::Unknown { message } => {
                assert!(unreachable);
                assert!(message.contains("run1"), "{message}");
            }
            other => panic!("{other:?}"),
        }
        w.progress = Box::new(Silent);
        let again = w.build(&[seg("vip")], at(1)).ended;
        let fine = if drop {
            Ended::Published { epoch: 1 }
        } else {
            Ended::Unchanged {
                run_id: "run1".to_owned(),
            }
        };
        assert_eq!(again, fine);
        w.invariants();
    }
}

/// The program itself, at work on a query that would take days.
#[cfg(unix)]
#[test]
fn a_signal_stops_the_running_statement_and_the_exit_status_says_which() {
    for (signal, status) in [
        (rustix::process::Signal::INT, 130),
        (rustix::process::Signal::TERM, 143),
    ] {
        let place = Place::empty();
        place.write(
            "segc.yml",
            "name: shop\ntargets:\n  dev: {type: duckdb, path: shop.duckdb, threads: 1}\n",
        );
        place.write(
            "segments/shop.yml",
            "\
entities:
  - name: customer
    table: {sql: \"select r.range as customer_id, (select count(*) from range(10000000) as a, range(10000000) as b where a.range + b.range < r.range) as n from range(3) as r\"}
    key: customer_id
    columns: {customer_id: int, n: int}
segments:
  - {name: many, where: n > 0}
",
        );
        let mut command = place.command(&["build", "--as-of", "2026-01-31"]);
        let mut child = command
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::piped())
            .spawn()
            .expect("segc runs");
        // Who waits for signals does so before the file is made.
        while !place.path().join("shop.duckdb").exists() {
            assert_eq!(child.try_wait().expect("it can be asked"), None);
            std::thread::yield_now();
        }
        let pid = rustix::process::Pid::from_child(&child);
        rustix::process::kill_process(pid, signal).expect("it is there");
        let output = child.wait_with_output().expect("it ends");
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(status), "{said}");
        assert!(
            said.contains("interrupted: nothing was published"),
            "{said}"
        );
    }
}
