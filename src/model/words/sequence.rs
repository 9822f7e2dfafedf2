//! A sequence in plain words.

use super::{column, filter, window};
use crate::model::{Model, SequenceId, Step};
use crate::spec::Duration;

/// "carts in [2026-01-01 … 2026-01-31), then no orders, then orders within 7 days, all with the same product_id".
pub(super) fn words(model: &Model, id: SequenceId) -> String {
    let Some(sequence) = model.sequences.get(id.index()) else {
        return String::new();
    };
    let steps: Vec<String> = sequence.steps.iter().map(|s| step(model, s)).collect();
    let mut text = steps.join(", then ");
    if let Some(first) = sequence.steps.first()
        && let Some(same) = &first.same
        && let Some(relation) = model.relations.get(first.relation.index())
    {
        let same = same.render(&|col| column(&relation.frame, col));
        text.push_str(&format!(", all with the same {same}"));
    }
    if let Some(total) = sequence.total {
        text.push_str(&format!(", {} from first to last at most", long(total)));
    }
    text
}

fn step(model: &Model, step: &Step) -> String {
    let no = if step.did { "" } else { "no " };
    let name = model
        .relations
        .get(step.relation.index())
        .map_or("", |r| r.name.as_str());
    let filter = filter(model, step.relation, &step.filter);
    let window = window(model, step.relation, &step.window);
    let within = step
        .within
        .map_or_else(String::new, |d| format!(" within {}", long(d)));
    format!("{no}{name}{filter}{window}{within}")
}

/// "7 days"
fn long(duration: Duration) -> String {
    let s = if duration.count == 1 { "" } else { "s" };
    format!("{} {}{s}", duration.count, duration.unit.name())
}
