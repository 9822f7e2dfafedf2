//! `target/run_results.json`: dbt's shape, so that what reads dbt's results reads these, with our own fields beside.
//! The structs are the promise; they are made of an [`Outcome`] and nothing reads them back.

use std::time::Duration;

use serde::Serialize;

use super::Policy;
use super::guards::Guard;
use super::preview::{Bytes, Preview};
use super::run::{Ended, Outcome, Request};
use super::sources::{Source, kind};
use crate::emit::EntityQuery;
use crate::model::Model;

/// The whole file.
#[derive(Debug, Serialize)]
pub struct RunResults {
    pub metadata: Metadata,
    pub results: Vec<NodeResult>,
    pub elapsed_time: f64,
    pub args: Args,
    /// Ours: how the run ended.
    pub run: RunFacts,
}

#[derive(Debug, Serialize)]
pub struct Metadata {
    pub segc_schema_version: u32,
    pub segc_version: String,
    pub generated_at: String,
    pub invocation_id: String,
}

#[derive(Debug, Serialize)]
pub struct Args {
    pub which: &'static str,
    pub target: String,
    pub select: Option<String>,
    /// Of a plan: the revision or folder that it compares with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub against: Option<String>,
}

#[derive(Debug, Serialize)]
pub struct RunFacts {
    /// `published`, `unchanged`, `refused`, `not_published`, `lost_race`, `unknown`.
    pub status: &'static str,
    pub exit_status: u8,
    pub message: Option<String>,
    pub run_id: String,
    pub epoch: Option<u64>,
    pub as_of: String,
    pub stages: Vec<StageFacts>,
    pub sources: Vec<SourceFacts>,
    /// Of a plan: how much it would read, and whether the warehouse says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes_are_estimated: Option<bool>,
}

/// What a run read; row counts are those of `segc_run_sources`.
#[derive(Debug, Serialize)]
pub struct SourceFacts {
    pub source: String,
    /// `table` or `suppression`.
    pub kind: &'static str,
    pub rows: u64,
    /// When it was last believed.
    pub rows_before: Option<u64>,
    /// Of a suppression source: keys that the entity's table has.
    pub matched: Option<u64>,
    /// `read`, `refused`, `accepted`.
    pub status: &'static str,
    pub message: Option<String>,
}

#[derive(Debug, Serialize)]
pub struct StageFacts {
    pub stage: &'static str,
    pub subject: String,
    pub seconds: f64,
}

/// An entity (with its query) or a segment (with its counts).
#[derive(Debug, Serialize)]
pub struct NodeResult {
    /// `success`, `error`, `skipped`.
    pub status: &'static str,
    pub timing: Vec<NodeTiming>,
    pub thread_id: &'static str,
    pub execution_time: f64,
    pub adapter_response: serde_json::Map<String, serde_json::Value>,
    pub message: Option<String>,
    pub failures: Option<u64>,
    pub unique_id: String,
    pub compiled: bool,
    pub compiled_code: Option<String>,
    pub relation_name: Option<String>,
    #[serde(flatten)]
    pub counts: Option<Counts>,
    /// Of a plan.
    #[serde(flatten)]
    pub plan: Option<Planned>,
}

/// What a plan says of a segment beside its counts.
#[derive(Debug, Serialize)]
pub struct Planned {
    /// `unchanged`, `added`, `changed`, `removed`, `renamed`, `renamed and changed`.
    pub definition: &'static str,
    pub renamed_from: Option<String>,
    pub differs: Vec<String>,
    pub words: Vec<String>,
    pub measures: Vec<String>,
    /// The guard that it is beyond, as a word; `message` says more.
    pub guard: Option<&'static str>,
    /// With `--sample` alone.
    pub entering: Vec<String>,
    pub leaving: Vec<String>,
}

#[derive(Debug, Serialize)]
pub struct NodeTiming {
    pub name: &'static str,
    pub started_at: String,
    pub completed_at: String,
}

#[derive(Debug, Serialize)]
pub struct Counts {
    pub segment_status: String,
    pub members: u64,
    pub entered: u64,
    pub exited: u64,
    pub suppressed: u64,
    pub held_out: u64,
    pub population: u64,
    /// Members per population; 0 where there is nobody.
    pub share: f64,
}

/// Members per population; 0 where there is nobody.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "a share is for reading")]
pub fn share(members: u64, population: u64) -> f64 {
    if population == 0 {
        0.0
    } else {
        members as f64 / population as f64
    }
}

/// The results of a build; `found` says whether anything was found that makes a fine end no fine one.
#[must_use]
pub fn results(
    request: Request<'_>,
    outcome: &Outcome,
    found: bool,
    generated_at: jiff::Timestamp,
) -> RunResults {
    let Request {
        model,
        queries,
        policy,
        ..
    } = request;
    let (status, message, epoch) = facts(&outcome.ended);
    let node_status = match outcome.ended {
        Ended::Published { .. } | Ended::Unchanged { .. } | Ended::Planned => "success",
        Ended::Refused | Ended::LostRace { .. } | Ended::Interrupted { .. } => "skipped",
        Ended::NotPublished { .. } | Ended::Unknown { .. } => "error",
    };
    let mut nodes: Vec<NodeResult> = queries
        .iter()
        .map(|query| entity_node(model, policy, outcome, query, node_status))
        .collect();
    nodes.extend(segment_nodes(model, policy, outcome, node_status));
    let elapsed: Duration = outcome.timings.iter().map(|t| t.elapsed).sum();
    RunResults {
        metadata: Metadata {
            segc_schema_version: 1,
            segc_version: policy.segc_version.clone(),
            generated_at: generated_at.to_string(),
            invocation_id: outcome.run_id.clone(),
        },
        results: nodes,
        elapsed_time: elapsed.as_secs_f64(),
        args: Args {
            which: "build",
            target: policy.target.clone(),
            select: policy.selection_text.clone(),
            against: None,
        },
        run: RunFacts {
            status,
            exit_status: outcome.ended.exit_status().max(u8::from(found)),
            message,
            run_id: outcome.run_id.clone(),
            epoch,
            as_of: policy.as_of.to_string(),
            stages: outcome
                .timings
                .iter()
                .map(|t| StageFacts {
                    stage: t.kind.words(),
                    subject: t.subject.clone(),
                    seconds: t.elapsed.as_secs_f64(),
                })
                .collect(),
            sources: outcome.sources.iter().map(source_facts).collect(),
            bytes: None,
            bytes_are_estimated: None,
        },
    }
}

/// The results of a plan.
#[must_use]
pub fn planned(
    request: Request<'_>,
    preview: &Preview,
    against: Option<&str>,
    found: bool,
    generated_at: jiff::Timestamp,
) -> RunResults {
    let mut all = results(request, &preview.outcome, found, generated_at);
    all.args.which = "plan";
    all.args.against = against.map(str::to_owned);
    (all.run.bytes, all.run.bytes_are_estimated) = match preview.bytes {
        None => (None, None),
        Some(Bytes::Known(n)) => (Some(n), Some(false)),
        Some(Bytes::Estimated(n)) => (Some(n), Some(true)),
    };
    let segments = all.results.iter_mut().filter(|n| n.counts.is_some());
    let found = preview.outcome.segments.iter().zip(&preview.changes);
    for (node, (counts, change)) in segments.zip(found) {
        if let Some(message) = &counts.message {
            node.message = Some(message.clone());
        }
        node.plan = Some(Planned {
            definition: change.definition.word(),
            renamed_from: change.definition.former().map(str::to_owned),
            differs: change.differs.clone(),
            words: change.words.clone(),
            measures: change.measures.clone(),
            guard: counts.guard.map(Guard::word),
            entering: change.entering.clone(),
            leaving: change.leaving.clone(),
        });
    }
    all
}

fn source_facts(source: &Source) -> SourceFacts {
    let count = &source.count;
    SourceFacts {
        source: count.source.name.clone(),
        kind: kind(count.source.of),
        rows: count.rows,
        rows_before: source.last.as_ref().map(|last| last.rows),
        matched: count.matched,
        status: source.status.word(),
        message: source.message.clone(),
    }
}

fn facts(ended: &Ended) -> (&'static str, Option<String>, Option<u64>) {
    match ended {
        Ended::Published { epoch } => ("published", None, Some(*epoch)),
        Ended::Unchanged { run_id } => (
            "unchanged",
            Some(format!("run {run_id} answered this")),
            None,
        ),
        Ended::Refused => ("refused", None, None),
        Ended::Planned => ("planned", None, None),
        Ended::NotPublished { message } => ("not_published", Some(message.clone()), None),
        Ended::LostRace { winner } => (
            "lost_race",
            Some(match winner {
                Some(run) => format!("run {run} published first"),
                None => "another session is publishing".to_owned(),
            }),
            None,
        ),
        Ended::Interrupted { .. } => ("interrupted", None, None),
        Ended::Unknown { message } => ("unknown", Some(message.clone()), None),
    }
}

/// The relation as people write it.
fn relation(policy: &Policy, name: &str) -> String {
    format!("{}.{name}", policy.schema)
}

fn entity_node(
    model: &Model,
    policy: &Policy,
    outcome: &Outcome,
    query: &EntityQuery,
    status: &'static str,
) -> NodeResult {
    let name = model
        .entities
        .get(query.entity.index())
        .map_or("", |e| e.name.as_str());
    let spent: Duration = outcome
        .timings
        .iter()
        .filter(|t| t.subject == name)
        .map(|t| t.elapsed)
        .sum();
    NodeResult {
        status,
        timing: Vec::new(),
        thread_id: "main",
        execution_time: spent.as_secs_f64(),
        adapter_response: serde_json::Map::new(),
        message: None,
        failures: None,
        unique_id: format!("entity.{}.{name}", model.project),
        compiled: true,
        compiled_code: Some(query.sql.clone()),
        relation_name: Some(relation(policy, &policy.names().of(name, "members"))),
        counts: None,
        plan: None,
    }
}

fn segment_nodes(
    model: &Model,
    policy: &Policy,
    outcome: &Outcome,
    status: &'static str,
) -> Vec<NodeResult> {
    let refused = |c: &Counts| c.segment_status == "refused";
    let node = |name: &str, counts: Option<Counts>| NodeResult {
        status: if counts.as_ref().is_some_and(refused) {
            "error"
        } else {
            status
        },
        timing: Vec::new(),
        thread_id: "main",
        execution_time: 0.0,
        adapter_response: serde_json::Map::new(),
        message: counts.as_ref().map(|c| {
            format!(
                "{} members ({} entered, {} exited)",
                c.members, c.entered, c.exited
            )
        }),
        failures: None,
        unique_id: format!("segment.{}.{name}", model.project),
        compiled: true,
        compiled_code: None,
        relation_name: Some(relation(policy, &policy.names().segment(name))),
        counts,
        plan: None,
    };
    if outcome.segments.is_empty() {
        return policy
            .selected(model)
            .map(|s| node(&s.name, None))
            .collect();
    }
    outcome
        .segments
        .iter()
        .map(|s| {
            let counts = Counts {
                segment_status: s.status.clone(),
                members: s.members,
                entered: s.entered,
                exited: s.exited,
                suppressed: s.suppressed,
                held_out: s.held_out,
                population: s.population,
                share: share(s.members, s.population),
            };
            node(&s.segment, Some(counts))
        })
        .collect()
}
