//! Two definitions of one project on the same rows, as of the same instant: whom would a change add and drop?
//!
//! The other project stands in for what is published: its members are computed in the same transaction, and everything
//! else is as in a [`super::preview`]. A segment whose definition is the same in both is computed once.

use super::definitions::{Definition, kept};
use super::kinds::reads_rows;
use super::preview::{Preview, before_the_fence, keys_of, previewed};
use super::published::{LastRun, entity_name};
use super::read::Reader;
use super::run::{Connect, Ended, Outcome, Progress, Request};
use super::run::{asked, blame_sources, computed, counts, still};
use super::still::Files;
use super::sweep::swept;
use super::walk::{Stop, Walk};
use super::{Policy, Published, staging_name};
use crate::diag::{Diagnostic, Diagnostics, codes};
use crate::engine::EngineError;
use crate::ir::Selection;
use crate::model::{Model, Segment, SegmentId, lineage, words};
use crate::statements::Statements;

/// What of the other project is to be computed, beside this selection of ours: what differs; and with `whole`, what we
/// do not have.
#[must_use]
pub fn selection(ours: &Model, selected: &Selection, whole: bool, theirs: &Model) -> Selection {
    let mine: Vec<&Segment> = selected
        .segments
        .iter()
        .filter_map(|id| ours.segments.get(id.index()))
        .filter(|s| s.enabled)
        .collect();
    let wanted = |other: &Segment| {
        let entity = entity_name(theirs, other);
        let named = |name: &str| {
            let same = |s: &&&Segment| s.name == name && entity_name(ours, s) == entity;
            mine.iter().find(same).copied()
        };
        let renamed = mine.iter().any(|s| {
            let former = s.upkeep.renamed_from.as_ref();
            former.is_some_and(|(name, _)| *name == other.name)
        });
        match named(&other.name) {
            Some(s) => s.definition_hash != other.definition_hash,
            None => renamed || whole,
        }
    };
    let segments = (0u32..)
        .map(SegmentId)
        .zip(&theirs.segments)
        .filter(|(_, s)| s.enabled && wanted(s))
        .map(|(id, _)| id);
    Selection {
        segments: segments.collect(),
        ..Selection::default()
    }
}

/// Compares our definitions with theirs; `theirs` asks for [`selection`]. Up to `sample` keys of those who differ.
///
/// # Errors
/// The first connection failed.
pub fn against(
    ours: Request<'_>,
    theirs: Request<'_>,
    sample: u32,
    connect: &mut Connect<'_>,
    progress: &dyn Progress,
    diags: &mut Diagnostics,
) -> Result<Preview, EngineError> {
    let reader = Reader::new(ours.model, ours.policy, ours.dialect);
    check_keys(ours.model, theirs.model, diags);
    if diags.has_errors() {
        let outcome = Outcome::of(ours, Ended::Refused);
        return Ok(Preview {
            outcome,
            changes: Vec::new(),
            bytes: None,
        });
    }
    let published = stand_in(ours, theirs);
    let mut counted = Vec::new();
    let mut keys = Vec::new();
    let engine = connect()?;
    let files = [ours, theirs].map(|side| Files::seen(side, engine.as_ref()));
    let walked = Walk::new(engine, &ours.model.entities, progress).walk(|walk| {
        // What was published has no say, so nothing is too little.
        asked(walk, theirs, &Published::default(), &mut Vec::new(), diags)?;
        asked(walk, ours, &published, &mut Vec::new(), diags)?;
        let now = ours.policy.started_at;
        let stages = computed(walk, ours, &reader, &published, &[], now, diags)?;
        for stage in before_the_fence(&stages).filter(|s| reads_rows(&s.kind)) {
            walk.stage(stage, diags)?;
        }
        counted = counts(walk, &reader)?;
        keys = keys_of(walk, &reader, &stages, sample)?;
        for files in &files {
            still(walk, files, diags)?;
        }
        Err(Stop::Previewed)
    });
    let mut outcome = Outcome::of(ours, Ended::Refused);
    outcome.timings.clone_from(&walked.timings);
    if !blame_sources(ours, &walked, connect, progress, diags) {
        outcome.ended = walked.settle(&reader, 0, progress, connect);
    }
    for side in [ours, theirs] {
        let reader = Reader::new(side.model, side.policy, side.dialect);
        swept(&reader, &outcome.ended, connect);
    }
    let mut preview = previewed(ours, &published, outcome, counted, &keys);
    for (counts, change) in preview.outcome.segments.iter().zip(&mut preview.changes) {
        let before = change.definition.former().unwrap_or(&counts.segment);
        if change.definition != Definition::Same {
            let mine = told(ours.model, &counts.segment);
            let other = told(theirs.model, before);
            change.words = differing(mine.0, &other.0);
            change.measures = differing(mine.1, &other.1);
        }
    }
    Ok(preview)
}

/// Entities whose keys are of one type in both.
fn check_keys(ours: &Model, theirs: &Model, diags: &mut Diagnostics) {
    for entity in &ours.entities {
        let other = theirs.entities.iter().find(|e| e.name == entity.name);
        if let Some(other) = other.filter(|o| o.key_type != entity.key_type) {
            diags.push(
                Diagnostic::error(
                    &codes::build::KEY_TYPE_CHANGED,
                    format!(
                        "the key of `{}` is {}, but {} in what it is compared with",
                        entity.name, entity.key_type, other.key_type
                    ),
                )
                .at(entity.key_span, "members are compared by this column")
                .help("give the column its former type back, or plan without `--against`"),
            );
        }
    }
}

/// Their segments, as if they were published.
fn stand_in(ours: Request<'_>, theirs: Request<'_>) -> Published {
    let statements = Statements::new(ours.dialect);
    let mut published = Published::default();
    let last = |s: &Segment| LastRun {
        segment: s.name.clone(),
        entity: entity_name(theirs.model, s).to_owned(),
        kind: s.kind.word().to_owned(),
        definition_hash: s.definition_hash.clone(),
        retired: false,
        selection: None,
        as_of: theirs.policy.as_of,
        touched: theirs.policy.as_of,
        run_id: theirs.policy.run_id.clone(),
        project_hash: String::new(),
    };
    let staged = |policy: &Policy, entity: &str| {
        let name = staging_name(policy, &format!("m_{entity}"));
        statements.staging(&policy.schema, &name).0
    };
    let computed: Vec<&str> = theirs
        .policy
        .selected(theirs.model)
        .map(|s| s.name.as_str())
        .collect();
    for other in theirs.model.segments.iter().filter(|s| s.enabled) {
        let entity = entity_name(theirs.model, other);
        let same = ours.policy.selected(ours.model).position(|s| {
            s.name == other.name
                && entity_name(ours.model, s) == entity
                && s.definition_hash == other.definition_hash
        });
        let theirs_alone = computed.iter().position(|name| *name == other.name);
        let (from, number) = match (same, theirs_alone) {
            (Some(number), _) => (ours.policy, number),
            (None, Some(number)) => (theirs.policy, number),
            (None, None) => continue,
        };
        published.segments.push(last(other));
        published
            .parts
            .insert((other.name.clone(), entity.to_owned()), kept(other));
        let members = ours.policy.names().of(entity, "members");
        published.relations.entry(members).or_default();
        let query = format!(
            "SELECT {} AS segment, entity_key FROM {} WHERE number = {number}",
            statements.text(&other.name).0,
            staged(from, entity)
        );
        let all = published.stand_in.entry(entity.to_owned()).or_default();
        if !all.is_empty() {
            all.push_str("\nUNION ALL ");
        }
        all.push_str(&query);
    }
    published
}

/// A segment in words, and its measures.
fn told(model: &Model, name: &str) -> (Vec<String>, Vec<String>) {
    let Some(at) = model.segments.iter().position(|s| s.name == name) else {
        return (Vec::new(), Vec::new());
    };
    let id = SegmentId(u32::try_from(at).unwrap_or(u32::MAX));
    let measures = lineage::of_segment(model, id)
        .measures
        .iter()
        .filter_map(|m| model.measures.get(m.index()))
        .map(|m| words::measure(model, m))
        .collect();
    (words::segment(model, id), measures)
}

/// Those that only one of the two has: theirs with `-`, ours with `+`.
fn differing(ours: Vec<String>, theirs: &[String]) -> Vec<String> {
    let gone = theirs.iter().filter(|line| !ours.contains(line));
    let gone: Vec<String> = gone.map(|line| format!("- {}", line.trim())).collect();
    let new = ours.into_iter().filter(|line| !theirs.contains(line));
    gone.into_iter()
        .chain(new.map(|line| format!("+ {}", line.trim())))
        .collect()
}
