//! Walks a build's stages against a warehouse, and says how it ended. What the warehouse answers to COMMIT is not
//! believed: the ledger, read on a new connection, decides.
#![allow(clippy::disallowed_methods)] // Stages are timed here.

use std::time::{Duration, Instant};

use super::blame;
use super::kinds::{raced_at, reads};
use super::publish::publication;
use super::read::{Reader, SegmentCounts, number, text};
use super::stage::staging;
use super::{Assertion, Kind, Policy, Published, Stage, Verdict, verdict};
use crate::diag::Diagnostics;
use crate::dialect::Dialect;
use crate::emit::{CheckQuery, EntityQuery};
use crate::engine::{Engine, EngineError, EngineErrorKind};
use crate::model::{Model, TableSource};

/// What a build publishes.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    pub model: &'a Model,
    pub queries: &'a [EntityQuery],
    pub checks: &'a [CheckQuery],
    pub policy: &'a Policy,
    pub dialect: &'a dyn Dialect,
}

/// Opens a new session with the target.
pub type Connect<'a> = dyn FnMut() -> Result<Box<dyn Engine>, EngineError> + 'a;

/// Watches a build.
pub trait Progress {
    fn started(&self, stage: &Stage);
    fn finished(&self, stage: &Stage, rows: u64, elapsed: Duration);

    /// Whether the build is to stop, and with which exit status: asked before every stage and when a statement has failed.
    /// Who answers yes stops statements of this build no longer: what is left is to roll back and to read the ledger.
    fn interrupted(&self) -> Option<u8> {
        None
    }
}

/// Watches nothing.
pub struct Silent;

impl Progress for Silent {
    fn started(&self, _: &Stage) {}
    fn finished(&self, _: &Stage, _: u64, _: Duration) {}
}

/// How a build ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ended {
    /// The ledger has the run.
    Published { epoch: u64 },
    /// The same question was answered before, by this run; nothing was done.
    Unchanged { run_id: String },
    /// The diagnostics say why; nothing was published.
    Refused,
    /// The warehouse refused, in its own words; nothing was published.
    NotPublished { message: String },
    /// Another build published first (None: is about to publish); nothing was published.
    LostRace { winner: Option<String> },
    /// Somebody stopped it; nothing was published.
    Interrupted { exit_status: u8 },
    /// COMMIT was sent and the ledger cannot be read. How to find out.
    Unknown { message: String },
}

impl Ended {
    /// The process's exit status (`outputs.md`).
    #[must_use]
    pub fn exit_status(&self) -> u8 {
        match self {
            Self::Published { .. } | Self::Unchanged { .. } => 0,
            Self::Refused => 1,
            Self::NotPublished { .. } => 2,
            Self::LostRace { .. } => 3,
            Self::Unknown { .. } => 4,
            Self::Interrupted { exit_status } => *exit_status,
        }
    }
}

/// How long one stage took.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timing {
    pub kind: Kind,
    pub subject: String,
    pub rows: u64,
    pub elapsed: Duration,
}

/// How a build ended and what it counted, as the ledger has it.
#[derive(Clone, Debug)]
pub struct Outcome {
    pub ended: Ended,
    pub run_id: String,
    pub segments: Vec<SegmentCounts>,
    pub timings: Vec<Timing>,
}

/// Runs a build.
///
/// # Errors
/// The first connection failed, or what is published could not be read.
pub fn publish(
    request: Request<'_>,
    connect: &mut Connect<'_>,
    progress: &dyn Progress,
    now: &dyn Fn() -> jiff::Timestamp,
    diags: &mut Diagnostics,
) -> Result<Outcome, EngineError> {
    let reader = Reader::new(request.model, request.policy, request.dialect);
    let mut outcome = Outcome {
        ended: Ended::Refused,
        run_id: request.policy.run_id.clone(),
        segments: Vec::new(),
        timings: Vec::new(),
    };
    super::tables::check_names(request.model, request.policy.names(), diags);
    if diags.has_errors() {
        return Ok(outcome);
    }
    let mut engine = connect()?;
    let published = match (reader.published(engine.as_mut()), progress.interrupted()) {
        (_, Some(exit_status)) => {
            outcome.ended = Ended::Interrupted { exit_status };
            return Ok(outcome);
        }
        (published, None) => published?,
    };
    if history_began(request, &published) {
        // The model was made when there was no history; what it says of it is not true any more.
        let winner = published.state.as_ref().map(|s| s.run_id.clone());
        outcome.ended = Ended::LostRace { winner };
        return Ok(outcome);
    }
    match verdict(request.model, request.policy, &published, diags) {
        Verdict::Build => {}
        Verdict::Refuse => return Ok(outcome),
        Verdict::Unchanged => {
            let last = last_run(request, &published);
            outcome.segments = unchanged(request, &reader, &published, engine.as_mut())?;
            outcome.ended = Ended::Unchanged { run_id: last };
            return Ok(outcome);
        }
    }
    let mut walk = Walk {
        request,
        engine,
        progress,
        timings: Vec::new(),
        committing: false,
    };
    let stop = walk.all(&reader, &published, now, diags).err();
    let committing = walk.committing;
    outcome.timings = walk.leave(stop.is_some());
    if let Some(Stop::Engine { error, kind }) = &stop
        && reads(kind)
        && blame::blameable(error)
        && progress.interrupted().is_none()
        && let Ok(mut engine) = connect()
    {
        blame::sources(request.model, request.dialect, engine.as_mut(), diags);
        if diags.has_errors() {
            return Ok(outcome);
        }
    }
    outcome.ended = settle(&reader, &published, stop, committing, connect);
    if let (Ended::NotPublished { .. }, Some(exit_status)) =
        (&outcome.ended, progress.interrupted())
    {
        outcome.ended = Ended::Interrupted { exit_status };
    }
    if let Ended::Published { .. } = outcome.ended {
        // The counts are told again from the ledger; that they cannot be read now does not unpublish anything.
        outcome.segments = connect()
            .and_then(|mut engine| reader.counts(engine.as_mut(), &request.policy.run_id))
            .unwrap_or_default();
        for counts in &outcome.segments {
            blame::refused(request.model, counts, diags);
        }
    }
    Ok(outcome)
}

/// Whether a history that the model takes for missing is there now.
fn history_began(request: Request<'_>, published: &Published) -> bool {
    let names = request.policy.names();
    request.model.tables.iter().any(|t| match &t.source {
        TableSource::History {
            entity,
            exists: false,
            ..
        } => published.has(&names.of(entity, "history")),
        TableSource::History { .. }
        | TableSource::Named(_)
        | TableSource::File { .. }
        | TableSource::Query(_)
        | TableSource::Members(_) => false,
    })
}

/// The run that answered the selection before.
fn last_run(request: Request<'_>, published: &Published) -> String {
    let names: Vec<_> = request
        .policy
        .selected(request.model)
        .map(|s| &s.name)
        .collect();
    published
        .segments
        .iter()
        .filter(|l| !l.retired && names.contains(&&l.segment))
        .map(|l| l.run_id.clone())
        .max()
        .unwrap_or_default()
}

/// The counts of segments that were published before, as of the same instant.
fn unchanged(
    request: Request<'_>,
    reader: &Reader<'_>,
    published: &Published,
    engine: &mut dyn Engine,
) -> Result<Vec<SegmentCounts>, EngineError> {
    let names: Vec<_> = request
        .policy
        .selected(request.model)
        .map(|s| &s.name)
        .collect();
    let selected = |l: &&super::published::LastRun| !l.retired && names.contains(&&l.segment);
    let mut runs: Vec<&str> = published
        .segments
        .iter()
        .filter(selected)
        .map(|l| l.run_id.as_str())
        .collect();
    runs.sort_unstable();
    runs.dedup();
    let mut all = Vec::new();
    for run in runs {
        for mut counts in reader.counts(engine, run)? {
            let last = published.last(&counts.segment, &counts.entity);
            if last.is_some_and(|l| l.run_id == run) && names.contains(&&counts.segment) {
                counts.status = "unchanged".to_owned();
                counts.entered = 0;
                counts.exited = 0;
                all.push(counts);
            }
        }
    }
    all.sort_by(|a, b| a.segment.cmp(&b.segment));
    Ok(all)
}

/// Why a walk ended early.
#[derive(Debug)]
enum Stop {
    /// The warehouse refused a statement.
    Engine { error: EngineError, kind: Kind },
    /// Checks of the data failed; the diagnostics say which.
    Checks,
    /// Somebody wants the build to stop.
    Interrupted,
    /// The fence hit no row.
    Fence,
    Assertion {
        assertion: Assertion,
        subject: String,
        violations: u64,
    },
}

struct Walk<'a> {
    request: Request<'a>,
    engine: Box<dyn Engine>,
    progress: &'a dyn Progress,
    timings: Vec<Timing>,
    /// COMMIT was sent.
    committing: bool,
}

impl Walk<'_> {
    fn all(
        &mut self,
        reader: &Reader<'_>,
        published: &Published,
        now: &dyn Fn() -> jiff::Timestamp,
        diags: &mut Diagnostics,
    ) -> Result<(), Stop> {
        let Request {
            model,
            queries,
            policy,
            dialect,
            ..
        } = self.request;
        let mut stages = staging(model, queries, policy, published, dialect).into_iter();
        if let Some(begin) = stages.next() {
            self.stage(&begin, diags)?;
        }
        // Conditions of a source may speak of local time.
        for query in queries.iter().filter(|q| !q.prelude.is_empty()) {
            self.stage(&prelude(query), diags)?;
        }
        self.check_sources(diags)?;
        for stage in stages {
            self.stage(&stage, diags)?;
        }
        if diags.has_errors() {
            return Err(Stop::Checks);
        }
        let entities: Vec<&str> = queries
            .iter()
            .filter_map(|q| model.entities.get(q.entity.index()))
            .map(|e| e.name.as_str())
            .collect();
        let staged = reader
            .staged(self.engine.as_mut(), &entities)
            .map_err(|error| Stop::Engine {
                error,
                kind: Kind::StageQuery,
            })?;
        let stages = publication(
            model,
            queries,
            policy,
            published,
            &staged,
            now(),
            dialect,
            diags,
        );
        if diags.has_errors() {
            return Err(Stop::Checks);
        }
        for stage in &stages {
            self.stage(stage, diags)?;
        }
        Ok(())
    }

    /// Runs every check of the sources, then stops if one found something.
    fn check_sources(&mut self, diags: &mut Diagnostics) -> Result<(), Stop> {
        for check in self.request.checks {
            self.go_on()?;
            let stage = Stage {
                kind: Kind::CheckSource,
                subject: check.what.clone(),
                sql: vec![check.sql.clone()],
            };
            let mut found = String::new();
            let violations = self.timed(&stage, |engine| {
                let row = engine.query(&check.sql)?.rows.into_iter().next();
                let row = row.unwrap_or_default();
                found = row.get(1).map(text).unwrap_or_default();
                row.first().map_or(Ok(0), number)
            })?;
            if violations > 0 {
                diags.push(blame::violated(check, violations, &found));
            }
        }
        if diags.has_errors() {
            Err(Stop::Checks)
        } else {
            Ok(())
        }
    }

    /// Unless the build is to stop.
    fn go_on(&self) -> Result<(), Stop> {
        match self.progress.interrupted() {
            Some(_) => Err(Stop::Interrupted),
            None => Ok(()),
        }
    }

    fn timed(
        &mut self,
        stage: &Stage,
        work: impl FnOnce(&mut dyn Engine) -> Result<u64, EngineError>,
    ) -> Result<u64, Stop> {
        self.progress.started(stage);
        let started = Instant::now();
        let result = work(self.engine.as_mut());
        let elapsed = started.elapsed();
        let rows = *result.as_ref().unwrap_or(&0);
        self.progress.finished(stage, rows, elapsed);
        self.timings.push(Timing {
            kind: stage.kind.clone(),
            subject: stage.subject.clone(),
            rows,
            elapsed,
        });
        result.map_err(|error| Stop::Engine {
            error,
            kind: stage.kind.clone(),
        })
    }

    fn stage(&mut self, stage: &Stage, diags: &mut Diagnostics) -> Result<(), Stop> {
        self.go_on()?;
        match &stage.kind {
            Kind::Assert(assertion) => {
                let sql = stage.sql.first().map_or("", String::as_str);
                let violations = self.timed(stage, |engine| one_number(engine, sql))?;
                if violations > 0 {
                    return Err(Stop::Assertion {
                        assertion: *assertion,
                        subject: stage.subject.clone(),
                        violations,
                    });
                }
                Ok(())
            }
            Kind::CheckKeys(entity) => {
                let sql = stage.sql.first().map_or("", String::as_str);
                let mut found = Vec::new();
                self.timed(stage, |engine| {
                    found = engine
                        .query(sql)?
                        .rows
                        .into_iter()
                        .next()
                        .unwrap_or_default();
                    Ok(0)
                })?;
                if let Some(entity) = self.request.model.entities.get(entity.index()) {
                    blame::check_keys(entity, &found, diags);
                }
                Ok(())
            }
            Kind::Fence => {
                let hit = self.timed(stage, |engine| execute(engine, &stage.sql))?;
                if hit == 1 { Ok(()) } else { Err(Stop::Fence) }
            }
            Kind::Commit => {
                self.committing = true;
                self.timed(stage, |engine| execute(engine, &stage.sql))?;
                Ok(())
            }
            Kind::Begin
            | Kind::CheckSource
            | Kind::StageScope
            | Kind::StageQuery
            | Kind::StageMembers
            | Kind::EnsureSchema
            | Kind::EnsureTable
            | Kind::EnsureColumn
            | Kind::EnsureView
            | Kind::Diff
            | Kind::Count
            | Kind::Guard
            | Kind::Rename
            | Kind::CloseStays
            | Kind::OpenStays
            | Kind::DeleteMembers
            | Kind::InsertMembers
            | Kind::Traits
            | Kind::Channels
            | Kind::RecordRun => {
                self.timed(stage, |engine| execute(engine, &stage.sql))?;
                Ok(())
            }
        }
    }

    /// Rolls back where something failed, and lets go of the connection either way.
    fn leave(mut self, failed: bool) -> Vec<Timing> {
        if failed {
            // Whatever it answers: the connection is dropped, and with it the transaction.
            let _ = self.engine.execute("ROLLBACK");
        }
        self.timings
    }
}

/// What the session must know before a query.
fn prelude(query: &EntityQuery) -> Stage {
    Stage {
        kind: Kind::Begin,
        subject: "session".to_owned(),
        sql: query.prelude.clone(),
    }
}

/// Runs statements in order; the rows that the last one changed.
fn execute(engine: &mut dyn Engine, sql: &[String]) -> Result<u64, EngineError> {
    let mut rows = 0;
    for statement in sql {
        rows = engine.execute(statement)?;
    }
    Ok(rows)
}

fn one_number(engine: &mut dyn Engine, sql: &str) -> Result<u64, EngineError> {
    let rows = engine.query(sql)?.rows;
    rows.first()
        .and_then(|row| row.first())
        .map_or(Ok(0), number)
}

/// Reads the ledger on a new connection and believes only that.
fn settle(
    reader: &Reader<'_>,
    published: &Published,
    stop: Option<Stop>,
    committing: bool,
    connect: &mut Connect<'_>,
) -> Ended {
    if let Some(Stop::Checks) = stop {
        return Ended::Refused;
    }
    let ledger = connect().and_then(|mut engine| reader.verdict(engine.as_mut()));
    let (run, state) = match ledger {
        Ok(found) => found,
        Err(error) if committing => {
            return Ended::Unknown {
                message: format!(
                    "COMMIT was sent, but the ledger cannot be read ({error}); whether run {} was published is in {}",
                    reader.run_id(),
                    reader.runs()
                ),
            };
        }
        Err(_) => (None, None),
    };
    if let Some(epoch) = run.filter(|_| committing) {
        return Ended::Published { epoch };
    }
    let moved = state.filter(|s| s.epoch > published.epoch());
    match stop {
        None => match moved {
            Some(winner) => Ended::LostRace {
                winner: Some(winner.run_id),
            },
            None => Ended::NotPublished {
                message: "COMMIT was answered, but the ledger does not have the run".to_owned(),
            },
        },
        Some(Stop::Interrupted) => Ended::NotPublished {
            message: "it was interrupted".to_owned(),
        },
        Some(Stop::Fence) => Ended::LostRace {
            winner: moved.map(|s| s.run_id),
        },
        Some(Stop::Engine { error, kind }) => match moved {
            Some(winner) if raced_at(&kind) => Ended::LostRace {
                winner: Some(winner.run_id),
            },
            // The other one has not committed yet.
            None if error.kind == EngineErrorKind::Conflict => Ended::LostRace { winner: None },
            Some(_) | None => Ended::NotPublished {
                message: format!("{}: {error}", kind.words()),
            },
        },
        Some(Stop::Assertion {
            assertion,
            subject,
            violations,
        }) => Ended::NotPublished {
            message: format!(
                "assertion failed for `{subject}`: {} ({violations} rows differ). Were the published tables edited by hand?",
                assertion.words()
            ),
        },
        Some(Stop::Checks) => Ended::Refused,
    }
}
