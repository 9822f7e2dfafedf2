//! What is disturbed: a first build, a later one, and every command on what is published. A task knows how its database came
//! to be, how it is done (also: done again), and what must have changed when it was done.

use std::collections::BTreeSet;
use std::path::Path;
use std::rc::Rc;

use serde::{Deserialize, Serialize};

use super::fault::{Faults, Sessions, Watch};
use super::scene::{self, Change, Era, Told};
use crate::publish::shop::at;
use segc::build::backfill::plan;
use segc::build::change::{change, examine};
use segc::build::maintain::doctor::Doctor;
use segc::build::maintain::forget::{Forget, Given};
use segc::build::maintain::prune::left;
use segc::build::read::Reader;
use segc::build::run::{Ended, Request, publish};
use segc::build::{Published, Stage};
use segc::diag::Diagnostics;
use segc::dialect::Dialect;
use segc::engine::duckdb::{DuckDb, Options};
use segc::engine::{Engine, EngineError};

/// The days of the runs before the disturbed one, and its own.
const BEFORE: [i64; 2] = [11, 12];
pub(super) const THEN: i64 = 13;
const PAST: [i64; 3] = [5, 6, 7];
/// The number of the first disturbed run: they all have as many digits, so that one name is no part of another.
pub(super) const RUN: u32 = 110;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) enum Task {
    FirstBuild,
    Build,
    Backfill,
    Prune,
    Forget,
    Repair,
}

pub(super) const TASKS: [Task; 6] = [
    Task::FirstBuild,
    Task::Build,
    Task::Backfill,
    Task::Prune,
    Task::Forget,
    Task::Repair,
];

pub(super) fn duckdb() -> &'static dyn Dialect {
    segc::dialect::find("duckdb").expect("the dialect")
}

pub(super) fn options(file: &Path) -> Options {
    Options {
        path: Some(file.to_owned()),
        threads: Some(1),
        ..Options::default()
    }
}

pub(super) fn open(file: &Path) -> Result<DuckDb, EngineError> {
    DuckDb::open(&options(file))
}

impl Task {
    /// How many runs are published before it.
    pub(super) fn base(self) -> usize {
        match self {
            Self::FirstBuild => 0,
            Self::Build | Self::Backfill | Self::Forget | Self::Repair => 2,
            Self::Prune => 3,
        }
    }

    /// Makes its database, and what its ledger must say in the end, run by run.
    pub(super) fn prepare(self, file: &Path) -> Vec<Change> {
        let mut db = open(file).expect("a new database");
        let mut changes = Vec::new();
        let mut published = |db: &mut DuckDb, era: Era, day: i64| {
            scene::stock(db, day);
            let told = scene::told(era, day, 101 + changes.len() as u32);
            let ended = built(&told, db, &Faults::none()).expect("a connection");
            assert!(matches!(ended, Ended::Published { .. }), "{ended:?}");
            changes.push(Change::Build(scene::build(era, day, day)));
        };
        if self != Self::FirstBuild {
            for day in BEFORE {
                published(&mut db, Era::Before, day);
            }
        }
        if self == Self::Prune {
            published(&mut db, Era::Then, THEN);
        }
        match self {
            Self::FirstBuild | Self::Build => {
                scene::stock(&mut db, THEN);
                changes.push(Change::Build(scene::build(Era::Then, THEN, THEN)));
            }
            Self::Backfill => {
                for day in PAST {
                    changes.push(Change::Build(scene::build(Era::Past, day, BEFORE[1])));
                }
            }
            Self::Prune => changes.push(Change::Prune("gone")),
            Self::Forget => changes.push(Change::Forget(forgotten())),
            Self::Repair => {
                // What is mended: views, members that the history knows, old staging.
                for sql in [
                    "drop view segments.seg_vip",
                    "delete from segments.customer_members where segment = 'all'",
                    "create table segments.segc_stage_dead_x (i integer)",
                ] {
                    db.execute(sql).expect("an edit by hand");
                }
                changes.push(Change::Repair);
            }
        }
        changes
    }

    /// Does it, from the run of that number on; how each of its runs ended.
    pub(super) fn perform(
        self,
        db: &dyn Sessions,
        run: u32,
        faults: &Rc<Faults>,
    ) -> Result<Vec<Ended>, EngineError> {
        let told = |era: Era| scene::told(era, THEN, run);
        match self {
            Self::FirstBuild | Self::Build => Ok(vec![built(&told(Era::Then), db, faults)?]),
            Self::Backfill => filled(db, run, faults),
            Self::Prune => {
                let stages = |told: &Told, published: &Published, _: &mut dyn Engine| {
                    let left = left(&told.model, &told.policy, published);
                    let history = has_history(db, "gone");
                    if left.words(history).is_empty() {
                        return Ok(Vec::new());
                    }
                    let Told { model, policy, .. } = told;
                    Ok(left.stages(model, policy, published, history, at(1000), duckdb()))
                };
                changed(&told(Era::Then), db, faults, &stages)
            }
            Self::Forget => {
                let stages = |told: &Told, published: &Published, _: &mut dyn Engine| {
                    let keys = (1..).zip(forgotten());
                    let given: Vec<_> = keys.map(|(line, key)| Given { line, key }).collect();
                    let forget = Forget::new(&told.policy, published, "customer", &given, duckdb());
                    Ok(forget.stages(&told.model, published, at(1000)))
                };
                changed(&told(Era::Before), db, faults, &stages)
            }
            Self::Repair => {
                let stages = |told: &Told, published: &Published, engine: &mut dyn Engine| {
                    let doctor = Doctor::new(&told.model, &told.policy, published, duckdb());
                    let old = |run: &str| (run == "dead").then(|| at(1));
                    let found = examine(&doctor, engine, at(1000), &old)?;
                    Ok(doctor.repair(&found, at(1000)))
                };
                changed(&told(Era::Before), db, faults, &stages)
            }
        }
    }

    /// Whether it was done before, so that to do it again changes nothing and publishes nothing.
    pub(super) fn is_noted_again(self) -> bool {
        self == Self::Forget
    }
}

fn forgotten() -> BTreeSet<String> {
    [2, 5, 7].iter().map(ToString::to_string).collect()
}

fn has_history(db: &dyn Sessions, segment: &str) -> bool {
    let sql =
        format!("select 1 from segments.customer_history where segment = '{segment}' limit 1");
    let found = db.session().and_then(|mut session| session.query(&sql));
    found.is_ok_and(|rows| !rows.rows.is_empty())
}

/// One build.
pub(super) fn built(
    told: &Told,
    db: &dyn Sessions,
    faults: &Rc<Faults>,
) -> Result<Ended, EngineError> {
    let request = Request {
        model: &told.model,
        queries: &told.queries,
        checks: &told.checks,
        policy: &told.policy,
        dialect: duckdb(),
    };
    let mut diags = Diagnostics::default();
    let outcome = publish(
        request,
        &mut || faults.session(db),
        &Watch(Rc::clone(faults)),
        &|| at(1000),
        &mut diags,
    )?;
    assert!(!diags.has_errors(), "{diags:?}");
    Ok(outcome.ended)
}

/// A build for every date that the ledger does not have.
fn filled(db: &dyn Sessions, run: u32, faults: &Rc<Faults>) -> Result<Vec<Ended>, EngineError> {
    let dates: Vec<_> = PAST
        .iter()
        .map(|day| (at(*day).to_zoned(jiff::tz::TimeZone::UTC).date(), at(*day)))
        .collect();
    let told = scene::told(Era::Past, THEN, run);
    let reader = Reader::new(&told.model, &told.policy, duckdb());
    let ledger = reader.answers(faults.session(db)?.as_mut())?;
    let selection = &told.policy.selection;
    let mut diags = Diagnostics::default();
    let steps = plan(&told.model, selection, true, &dates, &ledger, &mut diags).steps;
    assert!(!diags.has_errors(), "{diags:?}");
    let mut all = Vec::new();
    for (n, step) in (run..).zip(steps) {
        let day = PAST
            .iter()
            .zip(&dates)
            .find(|(_, (date, _))| *date == step.date)
            .map(|(day, _)| *day)
            .expect("one of the dates");
        let ended = match built(&scene::told(Era::Past, day, n), db, faults) {
            Ok(ended) => ended,
            Err(error) if all.is_empty() => return Err(error),
            // Those before it are built.
            Err(_) => break,
        };
        let stop = !matches!(ended, Ended::Published { .. });
        all.push(ended);
        if stop {
            break;
        }
    }
    Ok(all)
}

/// The stages of a change, made of what is published.
type Made<'a> = dyn Fn(&Told, &Published, &mut dyn Engine) -> Result<Vec<Stage>, EngineError> + 'a;

/// A change that is no build; nothing where there is nothing to do.
fn changed(
    told: &Told,
    db: &dyn Sessions,
    faults: &Rc<Faults>,
    stages: &Made<'_>,
) -> Result<Vec<Ended>, EngineError> {
    let reader = Reader::new(&told.model, &told.policy, duckdb());
    let mut session = faults.session(db)?;
    let published = reader.published(session.as_mut())?;
    let stages = stages(told, &published, session.as_mut())?;
    drop(session);
    if stages.is_empty() {
        return Ok(Vec::new());
    }
    let mut connect = || faults.session(db);
    let watch = Watch(Rc::clone(faults));
    Ok(vec![change(
        &stages,
        &reader,
        &published,
        &mut connect,
        &watch,
    )?])
}
