//! Examines what is published, and walks the stages of a change to it that is no build.

use super::maintain::doctor::{Check, Doctor, Finding};
use super::read::{Reader, number, text};
use super::walk::{Connect, Ended, Progress, Walk};
use super::{Published, Stage};
use crate::diag::Diagnostics;
use crate::diag::codes::history as codes;
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
    // A change checks no data, so there is nothing to say of it.
    let mut unheard = Diagnostics::default();
    let walked = Walk::new(connect()?, &[], progress).walk(|walk| {
        let mut each = stages.iter();
        each.try_for_each(|stage| walk.stage(stage, &mut unheard))
    });
    Ok(walked.settle(reader, published.epoch(), progress, connect))
}

/// What the ledger says of the reader's run, beside its numbers.
///
/// # Errors
/// The warehouse's.
pub fn message(reader: &Reader<'_>, engine: &mut dyn Engine) -> Result<String, EngineError> {
    let rows = engine.query(&reader.message())?.rows;
    Ok(rows.iter().flatten().map(text).collect())
}
