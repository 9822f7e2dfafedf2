//! What a build would do: the same questions, comparisons and guards as a build's, in a transaction that is always rolled
//! back. Nothing is made but temporary tables, so a session that may only read will do; where a warehouse keeps no session these
//! are tables of the run's own in the output schema, which are dropped again.

use super::blame;
use super::bytes::estimated;
use super::definitions::{Definition, definition};
use super::kinds::compares;
use super::read::{Reader, SegmentCounts};
use super::renames::taken_over;
use super::run::{Begun, Connect, Ended, Opened, Outcome, Progress, Request};
use super::run::{asked, begin, blame_sources, computed, counts, still};
use super::still::Files;
use super::sweep::swept;
use super::walk::{Stop, Walk};
use super::{Kind, Published, Stage};
use crate::diag::Diagnostics;
use crate::emit::EntityQuery;
use crate::engine::EngineError;

/// What a build would do.
#[derive(Clone, Debug)]
pub struct Preview {
    pub outcome: Outcome,
    /// Of each segment of the outcome, in its order.
    pub changes: Vec<Change>,
    pub bytes: Option<Bytes>,
}

/// How much a build would read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bytes {
    /// The warehouse says so.
    Known(u64),
    /// By the rows and the needed columns of its sources.
    Estimated(u64),
}

/// What would become of a segment, beside its counts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Change {
    pub definition: Definition,
    /// What of the definition differs, in words.
    pub differs: Vec<String>,
    /// The lines of its words, and its measures, that only one of two compared definitions has.
    pub words: Vec<String>,
    pub measures: Vec<String>,
    /// Keys of some who would enter and exit: only where they are asked for.
    pub entering: Vec<String>,
    pub leaving: Vec<String>,
}

/// Asks what a build would do; with up to `sample` keys of those who would enter and exit.
///
/// # Errors
/// The first connection failed, or what is published could not be read.
pub fn preview(
    request: Request<'_>,
    sample: u32,
    connect: &mut Connect<'_>,
    progress: &dyn Progress,
    diags: &mut Diagnostics,
) -> Result<Preview, EngineError> {
    let reader = Reader::new(request.model, request.policy, request.dialect);
    let Opened {
        engine,
        published,
        policy,
        queries,
        checks,
        stay,
    } = match begin(request, &reader, connect, progress, diags)? {
        Begun::Over(outcome) => {
            let changes = vec![Change::default(); outcome.segments.len()];
            return Ok(Preview {
                outcome,
                changes,
                bytes: None,
            });
        }
        Begun::Open(opened) => *opened,
    };
    let repaired = Request {
        policy: &policy,
        queries: &queries,
        checks: &checks,
        ..request
    };
    let (mut counted, mut sources) = (Vec::new(), Vec::new());
    let (mut keys, mut bytes) = (Vec::new(), None);
    let files = Files::seen(repaired, engine.as_ref());
    let walked = Walk::new(engine, &request.model.entities, progress).walk(|walk| {
        let now = request.policy.started_at;
        let dry = |q: &EntityQuery| walk.engine.dry_run(&q.sql);
        let known = repaired.queries.iter().map(dry).sum::<Option<u64>>();
        let known = known.filter(|_| !repaired.queries.is_empty());
        asked(walk, repaired, &published, &mut sources, diags)?;
        bytes = Some(known.map_or_else(
            || Bytes::Estimated(estimated(request.model, &policy, &sources)),
            Bytes::Known,
        ));
        let stages = computed(walk, repaired, &reader, &published, &sources, now, diags)?;
        for stage in before_the_fence(&stages).filter(|s| compares(&s.kind)) {
            walk.stage(stage, diags)?;
        }
        counted = counts(walk, &reader)?;
        keys = keys_of(walk, &reader, &stages, sample)?;
        still(walk, &files, diags)?;
        // Whatever was asked, nothing of it stays.
        Err(Stop::Previewed)
    });
    let mut outcome = Outcome::of(request, Ended::Refused);
    outcome.timings.clone_from(&walked.timings);
    outcome.sources.clone_from(&sources);
    if !blame_sources(request, &walked, connect, progress, diags) {
        outcome.ended = walked.settle(&reader, published.epoch(), progress, connect);
    }
    swept(&reader, &outcome.ended, connect);
    if outcome.ended == Ended::Planned {
        blame::refused(request.model, request.policy, &counted, &sources, diags);
        counted.extend(stay);
        counted.sort_by(|a, b| a.segment.cmp(&b.segment));
    }
    let preview = previewed(request, &published, outcome, counted, &keys);
    Ok(Preview { bytes, ..preview })
}

/// The stages that a build goes before it changes what is published.
pub(super) fn before_the_fence(stages: &[Stage]) -> impl Iterator<Item = &Stage> {
    stages.iter().take_while(|s| s.kind != Kind::Fence)
}

/// Some of those who enter and exit, where they are asked for.
pub(super) fn keys_of(
    walk: &mut Walk<'_>,
    reader: &Reader<'_>,
    stages: &[Stage],
    sample: u32,
) -> Result<Vec<ChangedKey>, Stop> {
    let mut keys = Vec::new();
    if sample > 0 {
        for stage in stages.iter().filter(|s| s.kind == Kind::Diff) {
            let found = reader.changed_keys(walk.engine.as_mut(), &stage.subject, sample);
            keys.extend(found.map_err(|error| Stop::at(Kind::Diff, error))?);
        }
    }
    Ok(keys)
}

/// What was counted, and what it means.
pub(super) fn previewed(
    request: Request<'_>,
    published: &Published,
    mut outcome: Outcome,
    counted: Vec<SegmentCounts>,
    keys: &[ChangedKey],
) -> Preview {
    let mut changes = Vec::new();
    if outcome.ended == Ended::Planned {
        let all = counted.into_iter().map(|counts| {
            let change = change(request, published, &counts, keys);
            (counts, change)
        });
        let all: Vec<(SegmentCounts, Change)> = all.collect();
        let taken_over = |counts| taken_over(request.model, request.policy, published, counts);
        let told = (all.iter()).filter(|(counts, _)| !taken_over(counts));
        (outcome.segments, changes) = told.cloned().unzip();
    }
    Preview {
        outcome,
        changes,
        bytes: None,
    }
}

fn change(
    request: Request<'_>,
    published: &Published,
    counts: &SegmentCounts,
    keys: &[ChangedKey],
) -> Change {
    // Of who is not selected, nothing but suppression counts.
    let (definition, differs) = if counts.status == "kept" {
        (Definition::Same, Vec::new())
    } else {
        definition(request.model, published, &counts.segment, &counts.entity)
    };
    let of = |change: &str| {
        keys.iter()
            .filter(|k| {
                k.segment == counts.segment && k.entity == counts.entity && k.change == change
            })
            .map(|k| k.key.clone())
            .collect()
    };
    Change {
        definition,
        differs,
        words: Vec::new(),
        measures: Vec::new(),
        entering: of("entered"),
        leaving: of("exited"),
    }
}

/// Somebody who would enter or exit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangedKey {
    pub entity: String,
    pub segment: String,
    /// `entered` or `exited`.
    pub change: String,
    pub key: String,
}
