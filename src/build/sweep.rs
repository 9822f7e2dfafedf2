//! Takes away what runs have computed in tables of the output schema, where a warehouse has no session that would. Nothing depends on it: what
//! is left `segc doctor --repair` drops.

use super::run::Request;
use super::walk::{Connect, Ended};
use super::{Published, staging_name, touched};
use crate::dialect::Publishes;
use crate::statements::{Named, Statements};

/// The tables of this run, unless it may still be under way, and those of runs that are a day old.
pub(super) fn swept(
    request: Request<'_>,
    published: &Published,
    ended: &Ended,
    connect: &mut Connect<'_>,
) {
    match (request.dialect.publishes(), ended) {
        (Publishes::InSession, _) | (_, Ended::Unknown { .. }) => return,
        (Publishes::AsScript, _) => {}
    }
    let Ok(mut engine) = connect() else { return };
    let statements = Statements::new(request.dialect);
    for table in own(request, published)
        .into_iter()
        .chain(left(request, published))
    {
        let table = statements.relation(&request.policy.schema, &table);
        let _ = engine.execute(&statements.render("drop_table", &Named { table }));
    }
}

/// By their names, whether or not the run came so far as to make them.
fn own(request: Request<'_>, published: &Published) -> Vec<String> {
    let policy = request.policy;
    let mut names = vec!["_scope".to_owned(), "_counts".to_owned()];
    for (entity, ..) in touched(request.model, request.queries, policy, published) {
        names.extend(["e", "m", "s", "u", "c"].map(|what| format!("{what}_{entity}")));
    }
    names
        .iter()
        .map(|name| staging_name(policy, name))
        .collect()
}

/// A run's id tells when it began.
fn left(request: Request<'_>, published: &Published) -> Vec<String> {
    let now = request.policy.started_at.as_millisecond();
    let old = |relation: &&String| {
        let run = relation
            .strip_prefix("segc_stage_")
            .and_then(|r| r.split('_').next());
        let began = run.and_then(|r| ulid::Ulid::from_string(&r.to_uppercase()).ok());
        began.is_some_and(|id| {
            i64::try_from(id.timestamp_ms()).is_ok_and(|began| now - began > 24 * 60 * 60 * 1000)
        })
    };
    published.relations.keys().filter(old).cloned().collect()
}
