//! What happens when a statement fails, an answer is lost, or two builds meet.

use std::cell::Cell;
use std::rc::Rc;

use segc::build::run::Ended;
use segc::engine::duckdb::DuckDb;
use segc::engine::{Engine, EngineError, EngineErrorKind, Rows};

use super::shop::{at, seg};
use super::world::World;

/// What goes wrong, over all connections of a build.
#[derive(Clone, Default)]
pub(super) struct Plan {
    pub(super) calls: Rc<Cell<u32>>,
    /// This call is answered with an error, unrun.
    pub(super) fail_at: Option<u32>,
    /// COMMIT is run, but its answer is lost.
    pub(super) lose_commit: bool,
    /// COMMIT is not run, and its answer is lost.
    pub(super) drop_commit: bool,
    /// After COMMIT was sent nobody can connect.
    pub(super) then_unreachable: bool,
    pub(super) committed: Rc<Cell<bool>>,
}

struct Faulty {
    inner: DuckDb,
    plan: Plan,
}

fn lost(message: &str) -> EngineError {
    EngineError {
        kind: EngineErrorKind::Statement,
        message: message.to_owned(),
    }
}

impl Faulty {
    fn count(&self) -> Result<(), EngineError> {
        let call = self.plan.calls.get() + 1;
        self.plan.calls.set(call);
        if self.plan.fail_at == Some(call) {
            return Err(lost("injected"));
        }
        Ok(())
    }
}

impl Engine for Faulty {
    fn change(&mut self, sql: &str) -> Result<u64, EngineError> {
        self.count()?;
        self.inner.change(sql)
    }

    fn execute(&mut self, sql: &str) -> Result<(), EngineError> {
        self.count()?;
        if sql == "COMMIT" {
            self.plan.committed.set(true);
            if self.plan.lose_commit {
                self.inner.execute(sql)?;
                return Err(lost("answer lost"));
            }
            if self.plan.drop_commit {
                return Err(lost("request lost"));
            }
        }
        self.inner.execute(sql)
    }

    fn query(&mut self, sql: &str) -> Result<Rows, EngineError> {
        self.count()?;
        self.inner.query(sql)
    }
}

impl Plan {
    /// Connections on which it goes so.
    pub(super) fn connect(
        &self,
        w: &World,
    ) -> impl FnMut() -> Result<Box<dyn Engine>, EngineError> + use<> {
        let db = w.db.another().expect("a session");
        let plan = self.clone();
        move || {
            if plan.then_unreachable && plan.committed.get() {
                return Err(lost("nobody there"));
            }
            let inner = db.another()?;
            Ok(Box::new(Faulty {
                inner,
                plan: plan.clone(),
            }) as Box<dyn Engine>)
        }
    }
}

fn build(w: &mut World, day: i64, plan: &Plan) -> Ended {
    let mut connect = plan.connect(w);
    let segments = [seg("vip").expose("email"), seg("all").flag("true")];
    w.go_with(&segments, &["vip", "all"], true, at(day), &mut connect)
        .ended
}

/// Everything that readers see.
pub(super) fn published(w: &mut World) -> String {
    let tables = "select table_name from information_schema.tables where table_schema = 'segments' order by all";
    let mut all = w.rows(tables);
    for table in all.clone().lines() {
        all.push_str(&w.rows(&format!("from segments.{table} order by all")));
    }
    all
}

/// Fails a build at a call. False where the build has no such call.
fn fails_at(w: &mut World, day: i64, call: u32) -> bool {
    let before = published(w);
    let plan = Plan {
        fail_at: Some(call),
        ..Plan::default()
    };
    let ended = build(w, day, &plan);
    if plan.calls.get() < call {
        assert!(call > 20, "the loop saw the whole build");
        return false;
    }
    match ended {
        Ended::NotPublished { message } => {
            assert!(message.contains("injected"), "{message}");
            assert_eq!(published(w), before, "at call {call}");
        }
        // Failures after the commit: the ledger, or only the counts, could not be read.
        Ended::Unknown { .. } | Ended::Published { .. } => {
            assert!(plan.committed.get(), "at call {call}");
        }
        Ended::Unchanged { .. }
        | Ended::Refused
        | Ended::Planned
        | Ended::Interrupted { .. }
        | Ended::LostRace { .. } => {
            panic!("{ended:?} at call {call}")
        }
    }
    true
}

/// Reading what is there comes first, with the caller's connection: that it fails is the caller's error.
const READING: u32 = 4;

#[test]
pub(super) fn a_failure_at_any_statement_of_a_first_build_leaves_nothing() {
    let mut call = READING;
    loop {
        let mut w = World::new("(1, 'a', true), (2, 'b', false)");
        if !fails_at(&mut w, 1, call) {
            break;
        }
        call += 1;
    }
}

#[test]
pub(super) fn a_failure_at_any_statement_of_a_later_build_changes_nothing_and_can_be_repeated() {
    let mut w = World::new("(1, 'a', true), (2, 'b', false)");
    build(&mut w, 1, &Plan::default());
    // What was published is read as well, and the parts of its definitions.
    let (mut call, mut day) = (READING + 3, 2);
    loop {
        w.sql("update customers set vip = not vip");
        if !fails_at(&mut w, day, call) {
            break;
        }
        call += 1;
        day += 1;
    }
    w.invariants();
}

#[test]
pub(super) fn a_lost_answer_to_commit_is_settled_by_the_ledger() {
    let mut w = World::new("(1, 'a', true)");
    let lose = Plan {
        lose_commit: true,
        ..Plan::default()
    };
    assert_eq!(build(&mut w, 1, &lose), Ended::Published { epoch: 1 });
    let drop = Plan {
        drop_commit: true,
        ..Plan::default()
    };
    let ended = build(&mut w, 2, &drop);
    assert!(matches!(ended, Ended::NotPublished { .. }), "{ended:?}");
    let unreachable = Plan {
        lose_commit: true,
        then_unreachable: true,
        ..Plan::default()
    };
    let ended = build(&mut w, 3, &unreachable);
    assert!(matches!(ended, Ended::Unknown { .. }), "{ended:?}");
    assert_eq!(ended.exit_status(), 4);
    assert_eq!(
        w.rows("select epoch, run_id from segments.segc_state"),
        "2|run3"
    );
}

/// Lets another build run to its end just before a statement of this one.
struct Racing {
    inner: DuckDb,
    before: &'static str,
    other: Option<Box<dyn FnOnce()>>,
}

impl Racing {
    fn raced(&mut self, sql: &str) {
        if sql.contains(self.before)
            && let Some(other) = self.other.take()
        {
            other();
        }
    }
}

impl Engine for Racing {
    fn change(&mut self, sql: &str) -> Result<u64, EngineError> {
        self.raced(sql);
        self.inner.change(sql)
    }

    fn execute(&mut self, sql: &str) -> Result<(), EngineError> {
        self.raced(sql);
        self.inner.execute(sql)
    }

    fn query(&mut self, sql: &str) -> Result<Rows, EngineError> {
        self.inner.query(sql)
    }
}

#[test]
pub(super) fn of_two_builds_that_meet_one_publishes_and_the_other_names_it() {
    for (first, before) in [
        (false, "BEGIN"),
        (false, "segc_stage_run2_e_customer"),
        (false, "SET epoch"),
        (false, "SET valid_to"),
        (false, "COMMIT"),
        (true, "BEGIN"),
        (true, "CREATE SCHEMA"),
        (true, "SET epoch"),
    ] {
        let mut w = World::new("(1, 'a', true), (2, 'b', false)");
        if first {
            w.shop.runs = 1;
        } else {
            w.build(&[seg("vip")], at(1));
            w.sql("update customers set vip = not vip");
        }
        let mut rival = World::new("(1, 'a', true)");
        rival.db = w.db.another().expect("a session");
        rival.shop.runs = 10;
        // The first build's changes stand, uncommitted: the rival cannot pass them.
        let stands = first && before == "SET epoch" || matches!(before, "SET valid_to" | "COMMIT");
        let other: Box<dyn FnOnce()> = Box::new(move || {
            let ended = build(&mut rival, 2, &Plan::default());
            if stands {
                assert_eq!(ended, Ended::LostRace { winner: None });
            } else {
                assert!(matches!(ended, Ended::Published { .. }), "{ended:?}");
            }
        });
        let mut racing = Some(Racing {
            inner: w.db.another().expect("a session"),
            before,
            other: Some(other),
        });
        let spare = w.db.another().expect("a session");
        let mut connect = || -> Result<Box<dyn Engine>, EngineError> {
            Ok(match racing.take() {
                Some(racing) => Box::new(racing),
                None => Box::new(spare.another()?),
            })
        };
        let ended = w
            .go_with(&[seg("vip")], &["vip"], true, at(3), &mut connect)
            .ended;
        if stands {
            let epoch = if first { 1 } else { 2 };
            assert_eq!(ended, Ended::Published { epoch }, "before {before}");
        } else {
            let winner = Some("run11".to_owned());
            assert_eq!(
                ended,
                Ended::LostRace { winner },
                "before {before}, first: {first}"
            );
            assert_eq!(ended.exit_status(), 3);
        }
        w.invariants();
    }
}
