//! Examines what is published, and walks the stages of a change to it that is no build.

use super::kinds::{Place, place};
use super::maintain::doctor::{Check, Doctor, Finding};
use super::read::{Reader, number, text};
use super::sweep::swept;
use super::walk::{Connect, Ended, Progress, Stop, Walk};
use super::{Kind, Published, Stage};
use crate::diag::Diagnostics;
use crate::diag::codes::history as codes;
use crate::dialect::Publishes;
use crate::engine::{Engine, EngineError};

/// Everything that is wrong with what is published.
///
/// # Errors
/// The warehouse's; a question that it refuses to answer is a finding.
pub fn examine(
    doctor: &Doctor<'_>,
    engine: &mut dyn Engine,
    now: jiff::Timestamp,
    age: &dyn Fn(&str) -> Option<jiff::Timestamp>,
) -> Result<Vec<Finding>, EngineError> {
    let mut found = doctor.seen(now, age);
    for check in doctor.checks() {
        found.extend(ask(&check, engine)?);
    }
    if found.iter().any(|f| f.code.id == codes::MEMBERS_CHANGED.id)
        && let Some((sql, repair)) = doctor.restoring()
        && engine.query(&sql)?.rows.is_empty()
    {
        doctor.restores(&mut found, repair);
    }
    Ok(found)
}

fn ask(check: &Check, engine: &mut dyn Engine) -> Result<Option<Finding>, EngineError> {
    let rows = match engine.query(&check.sql) {
        Ok(rows) => rows.rows,
        // A column is missing, or has another type.
        Err(error) if super::blame::blameable(&error) => {
            return Ok(Some(Finding {
                code: &codes::TABLE_GONE,
                message: format!("`{}` cannot be read", check.relation),
                note: Some(error.words()),
                help: "restore the output schema from a backup before the next build",
                repair: Vec::new(),
                mended: String::new(),
            }));
        }
        Err(error) => return Err(error),
    };
    let mut found = Vec::new();
    for row in &rows {
        if let [violations, what] = row.as_slice() {
            found.push((number(violations)?, text(what)));
        }
    }
    Ok(check.finding(&found))
}

/// Walks the stages of a change that was made of `published`.
///
/// # Errors
/// The first connection failed.
pub fn change(
    stages: &[Stage],
    reader: &Reader<'_>,
    published: &Published,
    connect: &mut Connect<'_>,
    progress: &dyn Progress,
) -> Result<Ended, EngineError> {
    let base = published.epoch();
    match reader.publishes() {
        Publishes::InSession => {
            let walked = Walk::new(connect()?, &[], progress).walk(|walk| each(walk, stages));
            Ok(walked.settle(reader, base, progress, connect))
        }
        Publishes::AsScript => {
            let parts = parts(stages);
            let walked = Walk::new(connect()?, &[], progress).walk(|walk| {
                each(walk, &parts.before)?;
                walk.script(&parts.script, reader.script(&parts.script, base))
            });
            let ended = walked.settle(reader, base, progress, connect);
            swept(reader, &ended, connect);
            if let Ended::Published { epoch } = ended {
                dropped(&parts.after, epoch, connect()?.as_mut())?;
            }
            Ok(ended)
        }
    }
}

fn each(walk: &mut Walk<'_>, stages: &[Stage]) -> Result<(), Stop> {
    // A change checks no data, so there is nothing to say of it.
    let mut unheard = Diagnostics::default();
    let mut each = stages.iter();
    each.try_for_each(|stage| walk.stage(stage, &mut unheard))
}

/// A change where a transaction holds no more than rows: what makes something comes before it, and what drops something after it.
/// Whoever is killed between the two has left what the next `segc prune` or `segc doctor` finds.
#[derive(Default)]
struct Parts {
    before: Vec<Stage>,
    script: Vec<Stage>,
    after: Vec<Stage>,
}

fn parts(stages: &[Stage]) -> Parts {
    let mut parts = Parts::default();
    let fence = stages.iter().position(|s| s.kind == Kind::Fence);
    for (n, stage) in stages.iter().enumerate() {
        let part = match place(&stage.kind) {
            // The script has its own.
            _ if stage.kind == Kind::Begin => continue,
            _ if fence.is_none_or(|fence| n < fence) => &mut parts.before,
            Place::Before => &mut parts.before,
            Place::Within => &mut parts.script,
            Place::After => &mut parts.after,
        };
        part.push(stage.clone());
    }
    parts
}

fn dropped(stages: &[Stage], epoch: u64, engine: &mut dyn Engine) -> Result<(), EngineError> {
    for stage in stages {
        for sql in &stage.sql {
            engine.execute(sql).map_err(|error| EngineError {
                kind: error.kind,
                message: format!(
                    "epoch {epoch} is published, but `{}` could not be dropped: {error}",
                    stage.subject
                ),
            })?;
        }
    }
    Ok(())
}

/// What the ledger says of the reader's run, beside its numbers.
///
/// # Errors
/// The warehouse's.
pub fn message(reader: &Reader<'_>, engine: &mut dyn Engine) -> Result<String, EngineError> {
    let rows = engine.query(&reader.message())?.rows;
    Ok(rows.iter().flatten().map(text).collect())
}
