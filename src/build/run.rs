//! Runs a build: what is published is read, the questions are staged and the answers published by a [`super::walk`].

use super::blame;
use super::kinds::reads;
use super::publish::publication;
use super::published::done;
use super::read::{Reader, SegmentCounts, count_or_none, number, text};
use super::renames::taken_over;
use super::sources::{Count, Source, judge, withheld};
use super::stage::staging;
use super::still::Files;
use super::sweep::swept;
pub use super::walk::{Connect, Ended, Progress, Silent, Timing};
use super::walk::{Stop, Walk, Walked};
use super::{Kind, Policy, Published, Stage, Verdict, output_schema, verdict};
use crate::diag::{Diagnostics, Severity};
use crate::dialect::{Dialect, Publishes};
use crate::emit::{CheckQuery, EntityQuery};
use crate::engine::{Engine, EngineError, EngineErrorKind};
use crate::model::{Model, TableSource, native};
use crate::statements::Statements;

/// What a build publishes.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    pub model: &'a Model,
    pub queries: &'a [EntityQuery],
    pub checks: &'a [CheckQuery],
    pub policy: &'a Policy,
    pub dialect: &'a dyn Dialect,
}

/// How a build ended and what it counted, as the ledger has it.
#[derive(Clone, Debug)]
pub struct Outcome {
    pub ended: Ended,
    pub run_id: String,
    pub segments: Vec<SegmentCounts>,
    /// How many of these an earlier run has answered as of the same instant, and this one did not ask.
    pub stayed: usize,
    /// What it read, beside what was read before.
    pub sources: Vec<Source>,
    pub timings: Vec<Timing>,
}

impl Outcome {
    pub(super) fn of(request: Request<'_>, ended: Ended) -> Self {
        Self {
            ended,
            run_id: request.policy.run_id.clone(),
            segments: Vec::new(),
            stayed: 0,
            sources: Vec::new(),
            timings: Vec::new(),
        }
    }
}

/// Runs a build. A run that is refused after it has seen the warehouse is in the ledger, too.
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
    let mut connected = false;
    let mut watched = || {
        connected = true;
        connect()
    };
    let outcome = attempt(request, &mut watched, progress, now, diags)?;
    if connected && outcome.ended == Ended::Refused {
        record_refusal(request, connect, now(), diags);
    }
    Ok(outcome)
}

/// Writes a refused run into the ledger. Nothing depends on it: that it cannot be written changes nothing.
pub fn record_refusal(
    request: Request<'_>,
    connect: &mut Connect<'_>,
    finished_at: jiff::Timestamp,
    diags: &Diagnostics,
) {
    let errors = || diags.iter().filter(|d| d.severity == Severity::Error);
    let Some(first) = errors().next() else {
        return;
    };
    let mut message = format!("{}: {}", first.code.id, first.message);
    let more = errors().count() - 1;
    if more > 0 {
        message.push_str(&format!(" (and {more} more)"));
    }
    let reader = Reader::new(request.model, request.policy, request.dialect);
    let _ = connect().and_then(|mut engine| reader.refuse(engine.as_mut(), finished_at, &message));
}

fn attempt(
    request: Request<'_>,
    connect: &mut Connect<'_>,
    progress: &dyn Progress,
    now: &dyn Fn() -> jiff::Timestamp,
    diags: &mut Diagnostics,
) -> Result<Outcome, EngineError> {
    let reader = Reader::new(request.model, request.policy, request.dialect);
    let Opened {
        engine,
        published,
        policy,
        queries,
        checks,
        stay,
    } = match begin(request, &reader, connect, progress, diags)? {
        Begun::Over(outcome) => return Ok(outcome),
        Begun::Open(opened) => *opened,
    };
    let repaired = Request {
        policy: &policy,
        queries: &queries,
        checks: &checks,
        ..request
    };
    let mut outcome = Outcome::of(request, Ended::Refused);
    let (mut counted, mut sources) = (Vec::new(), Vec::new());
    let files = Files::seen(repaired, engine.as_ref());
    let walked = Walk::new(engine, &request.model.entities, progress).walk(|walk| {
        asked(walk, repaired, &published, &mut sources, diags)?;
        let stages = computed(walk, repaired, &reader, &published, &sources, now(), diags)?;
        let fence = stages.iter().position(|s| s.kind == Kind::Fence);
        let (before, publication) = stages.split_at(fence.unwrap_or(stages.len()));
        for stage in before {
            walk.stage(stage, diags)?;
        }
        counted = counts(walk, &reader)?;
        match request.dialect.publishes() {
            Publishes::InSession => {
                for stage in publication {
                    if stage.kind == Kind::Commit {
                        still(walk, &files, diags)?;
                    }
                    walk.stage(stage, diags)?;
                }
                Ok(())
            }
            Publishes::AsScript => {
                still(walk, &files, diags)?;
                walk.script(publication, reader.script(publication, published.epoch()))
            }
        }
    });
    outcome.timings.clone_from(&walked.timings);
    outcome.sources.clone_from(&sources);
    if blame_sources(request, &walked, connect, progress, diags) {
        return Ok(outcome);
    }
    outcome.ended = walked.settle(&reader, published.epoch(), progress, connect);
    swept(&reader, &outcome.ended, connect);
    if let Ended::Published { .. } = outcome.ended {
        // The counts are told again from the ledger; that they cannot be read now does not unpublish anything.
        outcome.segments = connect()
            .and_then(|mut engine| reader.counts(engine.as_mut(), &request.policy.run_id))
            .unwrap_or_default();
        let taken_over = |c: &SegmentCounts| taken_over(request.model, &policy, &published, c);
        outcome.segments.retain(|c| !taken_over(c));
        blame::refused(request.model, request.policy, &counted, &sources, diags);
        outcome.stayed = stay.len();
        outcome.segments.extend(stay);
        outcome.segments.sort_by(|a, b| a.segment.cmp(&b.segment));
    }
    Ok(outcome)
}

/// The policy of what is left to publish, and that of what is published as of this instant already.
fn split(request: Request<'_>, published: &Published) -> (Policy, Policy) {
    let done = done(request.model, request.policy, published);
    let (mut left, mut kept) = (request.policy.clone(), request.policy.clone());
    left.selection.segments.retain(|id| !done.contains(id));
    kept.selection.segments.retain(|id| done.contains(id));
    (left, kept)
}

/// What was found before anything is computed.
pub(super) enum Begun {
    /// There is nothing to compute.
    Over(Outcome),
    Open(Box<Opened>),
}

/// What a run goes on with.
pub(super) struct Opened {
    pub(super) engine: Box<dyn Engine>,
    pub(super) published: Published,
    /// Of what is left to publish: a segment that is published as of this instant stays as it is.
    pub(super) policy: Policy,
    /// Those that matter, seen what is published.
    pub(super) queries: Vec<EntityQuery>,
    pub(super) checks: Vec<CheckQuery>,
    /// The counts of those that stay.
    pub(super) stay: Vec<SegmentCounts>,
}

/// Reads what is published, and whether there is something to do.
pub(super) fn begin(
    request: Request<'_>,
    reader: &Reader<'_>,
    connect: &mut Connect<'_>,
    progress: &dyn Progress,
    diags: &mut Diagnostics,
) -> Result<Begun, EngineError> {
    let over = |ended| Ok(Begun::Over(Outcome::of(request, ended)));
    super::tables::check_names(request.model, request.policy.names(), diags);
    if diags.has_errors() {
        return over(Ended::Refused);
    }
    let mut engine = connect()?;
    let published = match (reader.published(engine.as_mut()), progress.interrupted()) {
        (_, Some(exit_status)) => return over(Ended::Interrupted { exit_status }),
        (published, None) => published?,
    };
    if history_began(request, &published) {
        // The model was made when there was no history; what it says of it is not true any more.
        let winner = published.state.as_ref().map(|s| s.run_id.clone());
        return over(Ended::LostRace { winner });
    }
    let (repair, done) = split(request, &published);
    match verdict(request.model, request.policy, &published, diags) {
        Verdict::Build => {
            let (mut policy, mut stay) = (request.policy.clone(), Vec::new());
            if !repair.selection.segments.is_empty() && !done.selection.segments.is_empty() {
                let kept = Request {
                    policy: &done,
                    ..request
                };
                stay = unchanged(kept, reader, &published, engine.as_mut())?;
                policy = repair;
            }
            let (queries, checks) =
                published.asks(request.model, &policy, request.queries, request.checks);
            Ok(Begun::Open(Box::new(Opened {
                engine,
                published,
                policy,
                queries,
                checks,
                stay,
            })))
        }
        Verdict::Refuse => over(Ended::Refused),
        Verdict::Unchanged => {
            let run_id = last_run(request, &published);
            let mut outcome = Outcome::of(request, Ended::Unchanged { run_id });
            outcome.segments = unchanged(request, reader, &published, engine.as_mut())?;
            Ok(Begun::Over(outcome))
        }
    }
}

/// Says which source is to blame where the warehouse could not read one; whether one is.
pub(super) fn blame_sources(
    request: Request<'_>,
    walked: &Walked,
    connect: &mut Connect<'_>,
    progress: &dyn Progress,
    diags: &mut Diagnostics,
) -> bool {
    if let Some(Stop::Engine { error, kind }) = &walked.stop
        && reads(kind)
        && blame::blameable(error)
        && progress.interrupted().is_none()
        && let Ok(mut engine) = connect()
    {
        blame::sources(request.model, request.dialect, engine.as_mut(), diags);
        return diags.has_errors();
    }
    false
}

/// What the walk has counted.
pub(super) fn counts(walk: &mut Walk<'_>, reader: &Reader<'_>) -> Result<Vec<SegmentCounts>, Stop> {
    reader
        .counted(walk.engine.as_mut())
        .map_err(|error| Stop::at(Kind::Count, error))
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

/// Asks every question of a run, in a transaction that it begins; what it reads goes to `sources`.
pub(super) fn asked(
    walk: &mut Walk<'_>,
    request: Request<'_>,
    published: &Published,
    sources: &mut Vec<Source>,
    diags: &mut Diagnostics,
) -> Result<(), Stop> {
    if !walk.begun {
        vouched(walk, request)?;
        match request.dialect.publishes() {
            Publishes::InSession => walk.stage(&Stage::begin(), diags)?,
            // The schema is there: who may write in it may not be allowed to make one.
            Publishes::AsScript if !published.relations.is_empty() => {}
            // What is computed lies there, too.
            Publishes::AsScript => {
                let statements = Statements::new(request.dialect);
                walk.stage(&output_schema(&statements, request.policy), diags)?;
            }
        }
        walk.begun = true;
    }
    // Conditions of a source may speak of local time.
    for query in request.queries.iter().filter(|q| !q.prelude.is_empty()) {
        walk.stage(&prelude(query), diags)?;
    }
    let (model, policy) = (request.model, request.policy);
    let found = check_sources(walk, request.checks, diags)?;
    *sources = judge(policy, published, found, diags);
    if diags.has_errors() {
        return Err(Stop::Checks);
    }
    let withheld = withheld(model, policy, sources);
    let stages = staging(
        model,
        request.queries,
        policy,
        published,
        &withheld,
        request.dialect,
    );
    for stage in &stages {
        walk.stage(stage, diags)?;
    }
    if diags.has_errors() {
        return Err(Stop::Checks);
    }
    Ok(())
}

/// Has the warehouse itself refuse what would write, before anything is staged: that what people write is one query without
/// side effects was checked, but only the warehouse knows all that its functions do.
fn vouched(walk: &mut Walk<'_>, request: Request<'_>) -> Result<(), Stop> {
    if !native::is_asked(request.model) {
        return Ok(());
    }
    let queries = request
        .queries
        .iter()
        .map(|q| (q.prelude.as_slice(), &q.sql));
    let checks = request.checks.iter().map(|c| ([].as_slice(), &c.sql));
    for (prelude, sql) in queries.chain(checks) {
        let Some([begin, question]) = request.dialect.vouch(sql) else {
            continue;
        };
        let stage = Stage {
            kind: Kind::Vouch,
            subject: "queries".to_owned(),
            sql: prelude.iter().cloned().chain([begin, question]).collect(),
        };
        walk.go_on()?;
        walk.timed(&stage, |engine| {
            let refused = stage
                .sql
                .iter()
                .try_for_each(|sql| engine.query(sql).map(drop));
            // Where the question itself could not be asked, the transaction is over already.
            let _ = engine.execute("ROLLBACK");
            match refused {
                Err(error) if error.kind == EngineErrorKind::ReadOnly => Err(error),
                // What else is wrong with it is told when it is asked in earnest.
                Ok(()) | Err(_) => Ok(0),
            }
        })?;
    }
    Ok(())
}

/// The stages that publish what was [`asked`].
pub(super) fn computed(
    walk: &mut Walk<'_>,
    request: Request<'_>,
    reader: &Reader<'_>,
    published: &Published,
    sources: &[Source],
    now: jiff::Timestamp,
    diags: &mut Diagnostics,
) -> Result<Vec<Stage>, Stop> {
    let (model, queries) = (request.model, request.queries);
    let entities: Vec<&str> = queries
        .iter()
        .filter_map(|q| model.entities.get(q.entity.index()))
        .map(|e| e.name.as_str())
        .collect();
    let staged = reader
        .staged(walk.engine.as_mut(), &entities)
        .map_err(|error| Stop::at(Kind::StageQuery, error))?;
    let stages = publication(
        model,
        queries,
        request.policy,
        published,
        &staged,
        sources,
        now,
        request.dialect,
        diags,
    );
    if diags.has_errors() {
        return Err(Stop::Checks);
    }
    Ok(stages)
}

/// Unless a file was written meanwhile.
pub(super) fn still(
    walk: &Walk<'_>,
    files: &Files<'_>,
    diags: &mut Diagnostics,
) -> Result<(), Stop> {
    files.check(walk.engine.as_ref(), diags);
    if diags.has_errors() {
        return Err(Stop::Checks);
    }
    Ok(())
}

/// Runs every check of the sources, then stops if one found something; what the others have counted, each source once.
fn check_sources(
    walk: &mut Walk<'_>,
    checks: &[CheckQuery],
    diags: &mut Diagnostics,
) -> Result<Vec<Count>, Stop> {
    let mut counted: Vec<Count> = Vec::new();
    for check in checks {
        walk.go_on()?;
        let stage = Stage {
            kind: Kind::CheckSource,
            subject: check.what.clone(),
            sql: vec![check.sql.clone()],
        };
        let mut found = String::new();
        let mut count = None;
        let violations = walk.timed(&stage, |engine| {
            let row = engine.query(&check.sql)?.rows.into_iter().next();
            let row = row.unwrap_or_default();
            found = row.get(1).map(text).unwrap_or_default();
            if let Some(source) = &check.counted {
                count = Some(Count {
                    source: source.clone(),
                    rows: row.get(2).map_or(Ok(0), number)?,
                    matched: row.get(3).map_or(Ok(None), count_or_none)?,
                    span: check.span,
                });
            }
            row.first().map_or(Ok(0), number)
        })?;
        if violations > 0
            && let Some(found) = blame::violated(check, violations, &found)
        {
            diags.push(found);
        }
        counted.extend(count.filter(|c| counted.iter().all(|known| known.source != c.source)));
    }
    if diags.has_errors() {
        Err(Stop::Checks)
    } else {
        Ok(counted)
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
