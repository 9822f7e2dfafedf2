//! `segc explain NAME --counts`: the funnel of a segment. One query for each.

use super::connect;
use super::table::{count, table};
use super::workspace::Parts;
use crate::engine::Engine;
use crate::model::SegmentId;
use crate::why::funnel::{Asked, Funnel, Step};
use crate::why::{Depth, Question};
use serde_json::{Value as Json, json};

/// The funnels of some segments; None once something is wrong.
pub(super) fn funnels(
    ids: &[SegmentId],
    parts: &mut Parts<'_>,
) -> Option<Vec<(SegmentId, Funnel)>> {
    let connection = connect::reading(parts.project, parts.target, None);
    let warehouse = connect::open(&connection, parts.diags)?;
    let mut session = match warehouse.session() {
        Ok(session) => session,
        Err(e) => {
            parts.diags.push(connect::refused(&connection, &e));
            return None;
        }
    };
    ids.iter()
        .map(|id| Some((*id, funnel(*id, parts, session.as_mut())?)))
        .collect()
}

fn funnel(id: SegmentId, parts: &mut Parts<'_>, session: &mut dyn Engine) -> Option<Funnel> {
    let question = Question::new(parts.model, id, Depth::Truth)?;
    let asked = Asked::new(&question, parts.dialect, parts.diags)?;
    if parts.diags.has_errors() {
        return None;
    }
    let answer = asked
        .prelude
        .iter()
        .try_for_each(|statement| session.execute(statement))
        .and_then(|()| session.query(&asked.sql));
    match answer {
        Ok(rows) => Some(asked.read(rows.rows.first()?)),
        Err(e) => {
            parts.diags.push(connect::failed(&e));
            None
        }
    }
}

/// The funnel as a table.
pub(super) fn words(funnel: &Funnel, who: &str) -> String {
    let mut rows = vec![vec![
        format!("every {who}"),
        count(funnel.population),
        count(funnel.population),
        String::new(),
        String::new(),
    ]];
    rows.extend(funnel.steps.iter().map(row));
    let suppression = funnel.suppression.iter().map(|s| ("suppressed", s));
    let holdout = funnel.holdout.iter().map(|s| ("held out", s));
    rows.extend(suppression.chain(holdout).map(|(word, step)| {
        vec![
            format!("{word}: {}", step.words),
            count(step.holds),
            count(step.kept),
            count(step.dropped()),
            String::new(),
        ]
    }));
    rows.push(vec![
        "members".to_owned(),
        String::new(),
        count(funnel.members),
        String::new(),
        String::new(),
    ]);
    table(
        &["condition", "holds for", "kept", "dropped", "without it"],
        rows,
        &[1, 2, 3, 4],
    )
}

fn row(step: &Step) -> Vec<String> {
    vec![
        format!("{}{}", "  ".repeat(step.depth), step.words),
        count(step.holds),
        count(step.kept),
        count(step.dropped()),
        step.change.map_or_else(String::new, |n| {
            let sign = if n < 0 { "-" } else { "+" };
            format!("{sign}{}", count(n.unsigned_abs()))
        }),
    ]
}

/// The funnel for machines.
pub(super) fn machine(name: &str, as_of: jiff::Timestamp, funnel: &Funnel) -> Json {
    let step = |s: &Step| {
        json!({
            "kind": s.kind, "words": s.words, "depth": s.depth, "holds": s.holds,
            "reached": s.reached, "kept": s.kept, "dropped": s.dropped(), "change_without_it": s.change,
        })
    };
    let left_out = |s: &Step| {
        json!({
            "words": s.words, "holds": s.holds, "reached": s.reached, "kept": s.kept, "dropped": s.dropped(),
        })
    };
    json!({
        "segment": name,
        "as_of": as_of.to_string(),
        "population": funnel.population,
        "holds": funnel.holds,
        "members": funnel.members,
        "conditions": funnel.steps.iter().map(step).collect::<Json>(),
        "suppression": funnel.suppression.iter().map(left_out).collect::<Json>(),
        "holdout": funnel.holdout.as_ref().map(left_out),
    })
}
