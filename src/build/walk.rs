//! Walks stages against a warehouse, and says how it ended: a build, and everything else that changes what is published.
//! What the warehouse answers to COMMIT is not believed: the ledger, read on a new connection, decides.
#![allow(clippy::disallowed_methods)] // Stages are timed here.

use std::time::{Duration, Instant};

use super::blame;
use super::kinds::raced_at;
use super::read::{Reader, number};
use super::{Assertion, Kind, Stage, script};
use crate::diag::Diagnostics;
use crate::engine::{Engine, EngineError, EngineErrorKind};
use crate::model::Entity;

/// Opens a new session with the target.
pub type Connect<'a> = dyn FnMut() -> Result<Box<dyn Engine>, EngineError> + 'a;

/// Watches a build.
pub trait Progress {
    fn started(&self, stage: &Stage);
    fn finished(&self, stage: &Stage, elapsed: Duration);

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
    fn finished(&self, _: &Stage, _: Duration) {}
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
    /// Nothing was to be published: this is what a build would do.
    Planned,
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
            Self::Published { .. } | Self::Unchanged { .. } | Self::Planned => 0,
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
    pub elapsed: Duration,
}

/// Why a walk ended early.
#[derive(Debug)]
pub(super) enum Stop {
    /// The warehouse refused a statement.
    Engine { error: EngineError, kind: Kind },
    /// Checks of the data failed; the diagnostics say which.
    Checks,
    /// Everything was asked, and nothing is to be published.
    Previewed,
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

impl Stop {
    pub(super) fn at(kind: Kind, error: EngineError) -> Self {
        Self::Engine { error, kind }
    }
}

/// A session on its way through stages.
pub(super) struct Walk<'a> {
    pub(super) engine: Box<dyn Engine>,
    /// Whose keys are checked.
    entities: &'a [Entity],
    progress: &'a dyn Progress,
    timings: Vec<Timing>,
    /// It has what the run's questions need.
    pub(super) begun: bool,
    /// It may have a transaction that is open.
    is_open: bool,
    /// COMMIT was sent.
    committing: bool,
    /// As part of a request.
    is_sent: bool,
}

/// A walk that is over. Nothing is known yet of what it changed.
pub(super) struct Walked {
    pub(super) stop: Option<Stop>,
    pub(super) timings: Vec<Timing>,
    committing: bool,
    is_sent: bool,
}

impl<'a> Walk<'a> {
    pub(super) fn new(
        engine: Box<dyn Engine>,
        entities: &'a [Entity],
        progress: &'a dyn Progress,
    ) -> Self {
        Self {
            engine,
            entities,
            progress,
            timings: Vec::new(),
            begun: false,
            is_open: false,
            committing: false,
            is_sent: false,
        }
    }

    /// Goes `path`, rolls back where something failed, and lets go of the connection either way.
    pub(super) fn walk(mut self, path: impl FnOnce(&mut Self) -> Result<(), Stop>) -> Walked {
        let stop = path(&mut self).err();
        if stop.is_some() && self.is_open {
            // Whatever it answers: the connection is dropped, and with it the transaction.
            let _ = self.engine.execute("ROLLBACK");
        }
        Walked {
            stop,
            timings: self.timings,
            committing: self.committing,
            is_sent: self.is_sent,
        }
    }

    /// Unless it is to stop.
    pub(super) fn go_on(&self) -> Result<(), Stop> {
        match self.progress.interrupted() {
            Some(_) => Err(Stop::Interrupted),
            None => Ok(()),
        }
    }

    pub(super) fn timed<T>(
        &mut self,
        stage: &Stage,
        work: impl FnOnce(&mut dyn Engine) -> Result<T, EngineError>,
    ) -> Result<T, Stop> {
        self.progress.started(stage);
        let started = Instant::now();
        let result = work(self.engine.as_mut());
        let elapsed = started.elapsed();
        self.progress.finished(stage, elapsed);
        self.timings.push(Timing {
            kind: stage.kind.clone(),
            subject: stage.subject.clone(),
            elapsed,
        });
        result.map_err(|error| Stop::Engine {
            error,
            kind: stage.kind.clone(),
        })
    }

    /// A publication as one request; `stages` are what it is made of.
    pub(super) fn script(&mut self, stages: &[Stage], sql: Vec<String>) -> Result<(), Stop> {
        self.go_on()?;
        let stage = Stage {
            kind: Kind::Commit,
            subject: "publication".to_owned(),
            sql,
        };
        (self.committing, self.is_sent) = (true, true);
        match self.timed(&stage, |engine| engine.script(&stage.sql)) {
            Err(Stop::Engine { error, .. }) => Err(script::stopped(stages, error)),
            done => done,
        }
    }

    /// One stage, and what its answer means.
    pub(super) fn stage(&mut self, stage: &Stage, diags: &mut Diagnostics) -> Result<(), Stop> {
        self.go_on()?;
        self.is_open |= stage.kind == Kind::Begin;
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
                let found = self.timed(stage, |engine| engine.query(sql))?.rows;
                let found = found.into_iter().next().unwrap_or_default();
                if let Some(entity) = self.entities.get(entity.index()) {
                    blame::check_keys(entity, &found, diags);
                }
                Ok(())
            }
            Kind::Fence => {
                let sql = stage.sql.first().map_or("", String::as_str);
                let hit = self.timed(stage, |engine| engine.change(sql))?;
                if hit == 1 { Ok(()) } else { Err(Stop::Fence) }
            }
            Kind::EnsureSchema => {
                let made = self.timed(stage, |engine| execute(engine, &stage.sql));
                match made {
                    // Who may make no schema may publish in one that is there; where there is none, the next statement says so.
                    Err(Stop::Engine { error, .. })
                        if !self.is_open && error.kind == EngineErrorKind::Statement =>
                    {
                        Ok(())
                    }
                    made => made,
                }
            }
            Kind::Commit => {
                self.committing = true;
                self.timed(stage, |engine| execute(engine, &stage.sql))
            }
            Kind::Vouch
            | Kind::Begin
            | Kind::CheckSource
            | Kind::StageScope
            | Kind::StageQuery
            | Kind::StageMembers
            | Kind::EnsureTable
            | Kind::EnsureColumn
            | Kind::EnsureView
            | Kind::Diff
            | Kind::Count
            | Kind::Guard
            | Kind::Withhold
            | Kind::Rename
            | Kind::CloseStays
            | Kind::OpenStays
            | Kind::DeleteMembers
            | Kind::InsertMembers
            | Kind::Traits
            | Kind::Channels
            | Kind::Drop
            | Kind::StageKeys
            | Kind::Erase
            | Kind::RecordRun => self.timed(stage, |engine| execute(engine, &stage.sql)),
        }
    }
}

/// Runs statements in order.
fn execute(engine: &mut dyn Engine, sql: &[String]) -> Result<(), EngineError> {
    sql.iter()
        .try_for_each(|statement| engine.execute(statement))
}

fn one_number(engine: &mut dyn Engine, sql: &str) -> Result<u64, EngineError> {
    let rows = engine.query(sql)?.rows;
    rows.first()
        .and_then(|row| row.first())
        .map_or(Ok(0), number)
}

impl Walked {
    /// How it ended: the word of the ledger. `base` is the epoch that the stages were made of.
    pub(super) fn settle(
        &self,
        reader: &Reader<'_>,
        base: u64,
        progress: &dyn Progress,
        connect: &mut Connect<'_>,
    ) -> Ended {
        let ended = settle(reader, base, self, connect);
        match (ended, progress.interrupted()) {
            (Ended::NotPublished { .. }, Some(exit_status)) => Ended::Interrupted { exit_status },
            (ended, _) => ended,
        }
    }
}

/// Reads the ledger on a new connection and believes only that.
fn settle(reader: &Reader<'_>, base: u64, walked: &Walked, connect: &mut Connect<'_>) -> Ended {
    let (stop, committing) = (&walked.stop, walked.committing);
    if let Some(Stop::Checks) = stop {
        return Ended::Refused;
    }
    if let Some(Stop::Previewed) = stop {
        return Ended::Planned;
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
    // A state that names a run which the ledger does not have is nobody's victory.
    let moved = state.filter(|s| s.epoch > base && format!("'{}'", s.run_id) != reader.run_id());
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
            Some(winner) if raced_at(kind) => Ended::LostRace {
                winner: Some(winner.run_id),
            },
            // A request whose answer was lost may still be under way.
            None if walked.is_sent && error.kind == EngineErrorKind::Connection => Ended::Unknown {
                message: format!(
                    "the publication was sent, but not answered ({error}); whether run {} was published is in {}, once it is over",
                    reader.run_id(),
                    reader.runs()
                ),
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
                "assertion failed for `{subject}`: {} ({violations} {} differ). Were the published tables edited by hand?",
                assertion.words(),
                assertion.counted()
            ),
        },
        Some(Stop::Checks) => Ended::Refused,
        Some(Stop::Previewed) => Ended::Planned,
    }
}
