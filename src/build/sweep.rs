//! Takes away what runs have computed in tables of the output schema, where a warehouse has no session that would. Nothing depends on it: what
//! is left `segc doctor --repair` drops.

use super::read::Reader;
use super::walk::{Connect, Ended};
use super::{Policy, staging_name};
use crate::dialect::Publishes;

/// The tables of the reader's run, unless it may still be under way, and those of runs that are a day old.
pub(super) fn swept(reader: &Reader<'_>, ended: &Ended, connect: &mut Connect<'_>) {
    match (reader.publishes(), ended) {
        (Publishes::InSession, _) | (_, Ended::Unknown { .. }) => return,
        (Publishes::AsScript, _) => {}
    }
    // What cannot be dropped now a later run drops.
    let _ = connect().and_then(|mut engine| reader.drop_left(engine.as_mut()));
}

/// Whether a relation is what this run, or one of more than a day ago, has left.
pub(super) fn is_left(policy: &Policy, relation: &str) -> bool {
    relation.starts_with(&staging_name(policy, "")) || is_old(policy, relation)
}

/// A run's id tells when it began.
fn is_old(policy: &Policy, relation: &str) -> bool {
    let run = relation
        .strip_prefix("segc_stage_")
        .and_then(|r| r.split('_').next());
    let began = run.and_then(|r| ulid::Ulid::from_string(&r.to_uppercase()).ok());
    let now = policy.started_at.as_millisecond();
    began.is_some_and(|id| {
        i64::try_from(id.timestamp_ms()).is_ok_and(|began| now - began > 24 * 60 * 60 * 1000)
    })
}
