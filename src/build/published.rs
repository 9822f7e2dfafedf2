//! What a target holds already, as data, and what follows from it before anything runs: whether there is something to
//! do, and which segments have left the project. Read from a warehouse by `build::read`; the fence makes sure that
//! what was read is still true when the run commits.

use std::collections::{BTreeMap, BTreeSet};

use super::sources::{LastCount, kind};
use super::tables::CONTRACT_VERSION;
use super::{Policy, renames};
use crate::diag::{Diagnostic, Diagnostics, codes};
use crate::emit::{CheckQuery, Counted, EntityQuery, Role};
use crate::model::{Model, Segment, SegmentId};

/// The published state at one epoch. The default is a target without any.
#[derive(Clone, Debug, Default)]
pub struct Published {
    /// The row of the state table, if there is one.
    pub state: Option<State>,
    /// Relations of the output schema with their columns and the warehouse's names of their types.
    pub relations: BTreeMap<String, Vec<(String, String)>>,
    /// Comments of views: their fingerprint is in it.
    pub comments: BTreeMap<String, String>,
    /// The latest word on every segment that was ever published, by (segment, entity).
    pub segments: Vec<LastRun>,
    /// Segments that guards have refused in every run: they have views, and nothing else.
    pub only_refused: BTreeSet<String>,
    /// The parts of the published definitions, by (segment, entity): see [`super::definitions`].
    pub parts: BTreeMap<(String, String), String>,
    /// The sources that were read, by (kind, name), as they were last believed.
    pub sources: BTreeMap<(String, String), LastCount>,
    /// Where a segment with a former name is not published under its own: which of the two have stays, by (segment, entity).
    pub pasts: BTreeSet<(String, String)>,
    /// Where the members of an entity are looked up instead of in its table: a finished query.
    pub stand_in: BTreeMap<String, String>,
}

/// The row of `segc_state`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    pub project: String,
    pub epoch: u64,
    pub run_id: String,
    pub contract_version: u64,
}

/// A segment in the latest run that published it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LastRun {
    pub segment: String,
    pub entity: String,
    pub kind: String,
    pub definition_hash: String,
    pub retired: bool,
    pub as_of: jiff::Timestamp,
    /// The latest run in which anybody may have left it, also one that refused or did not select it.
    pub touched: jiff::Timestamp,
    pub run_id: String,
    pub project_hash: String,
    /// What it was asked to publish; None: everything.
    pub selection: Option<String>,
}

impl Published {
    /// The epoch that a plan made of this must find again.
    #[must_use]
    pub fn epoch(&self) -> u64 {
        self.state.as_ref().map_or(0, |s| s.epoch)
    }

    #[must_use]
    pub fn has(&self, relation: &str) -> bool {
        self.relations.contains_key(relation)
    }

    /// The type of a column, as the warehouse names it.
    #[must_use]
    pub fn column_type(&self, relation: &str, column: &str) -> Option<&str> {
        self.relations
            .get(relation)?
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(column))
            .map(|(_, ty)| ty.as_str())
    }

    /// A source as it was last believed.
    #[must_use]
    pub fn source(&self, source: &Counted) -> Option<&LastCount> {
        let kind = kind(source.of).to_owned();
        self.sources.get(&(kind, source.name.clone()))
    }

    /// The last run of a segment of an entity that did not retire it.
    #[must_use]
    pub fn last(&self, segment: &str, entity: &str) -> Option<&LastRun> {
        self.segments
            .iter()
            .find(|l| l.segment == segment && l.entity == entity && !l.retired)
    }

    /// Published segments that the project has no more (or has switched off, or asks of another entity); only a build
    /// of the whole project may say so.
    pub fn gone<'a>(&'a self, model: &'a Model, policy: &Policy) -> Vec<&'a LastRun> {
        if !policy.whole {
            // A segment that moved to another entity must not be a member of both.
            let moved = |l: &&LastRun| {
                policy.selected(model).any(|s| {
                    let away = s.name == l.segment && entity_name(model, s) != l.entity;
                    (away || self.is_former(model, s, l.named())) && !l.retired
                })
            };
            return self.segments.iter().filter(moved).collect();
        }
        let present = |l: &LastRun| {
            model
                .segments
                .iter()
                .any(|s| s.enabled && s.name == l.segment && entity_name(model, s) == l.entity)
        };
        self.segments
            .iter()
            .filter(|l| !l.retired && !present(l))
            .collect()
    }

    /// What a run asks and checks. Who is suppressed of an entity of which nothing is selected matters only if something of it
    /// is published.
    pub fn asks(
        &self,
        model: &Model,
        policy: &Policy,
        queries: &[EntityQuery],
        checks: &[CheckQuery],
    ) -> (Vec<EntityQuery>, Vec<CheckQuery>) {
        let matters = |q: &&EntityQuery| {
            !q.asks_for_suppression_alone()
                || !self.kept(model, policy, std::slice::from_ref(q)).is_empty()
        };
        let queries: Vec<EntityQuery> = queries.iter().filter(matters).cloned().collect();
        let asked = |c: &&CheckQuery| queries.iter().any(|q| c.entities.contains(&q.entity));
        let checks = checks.iter().filter(asked).cloned().collect();
        (queries, checks)
    }

    /// Published segments that this run does not compute, of entities whose suppression it does compute: who is suppressed now
    /// leaves them as well. Stays cannot end before they began, so those published as of this instant or later are left alone.
    pub fn kept<'a>(
        &'a self,
        model: &'a Model,
        policy: &Policy,
        queries: &[EntityQuery],
    ) -> Vec<&'a LastRun> {
        let suppresses: BTreeSet<&str> = queries
            .iter()
            .filter(|q| super::column_of(q, &Role::Suppressed).is_some())
            .filter_map(|q| model.entities.get(q.entity.index()))
            .map(|e| e.name.as_str())
            .filter(|name| self.has(&policy.names().of(name, "members")))
            .collect();
        let left_alone: BTreeSet<(&str, &str)> = policy
            .selected(model)
            .chain(model.segments.iter().filter(|s| !s.suppressed))
            .flat_map(|s| {
                let entity = entity_name(model, s);
                let names = self.renamed(s, entity).into_iter().chain([s.name.as_str()]);
                names.map(move |name| (entity, name))
            })
            .chain(self.gone(model, policy).into_iter().map(LastRun::named))
            .collect();
        let as_of = whole_micros(policy.as_of);
        self.segments
            .iter()
            .filter(|l| suppresses.contains(l.entity.as_str()) && !l.retired && l.touched < as_of)
            .filter(|l| !left_alone.contains(&l.named()))
            .collect()
    }
}

impl LastRun {
    /// Its entity and its name.
    pub(super) fn named(&self) -> (&str, &str) {
        (&self.entity, &self.segment)
    }
}

/// What a run finds out before it computes anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Build,
    /// This very question was answered and published already.
    Unchanged,
    /// Said in the diagnostics.
    Refuse,
}

/// Segments to publish that are published as of this very instant with this very definition: nothing is left to do for them.
#[must_use]
pub(super) fn done(model: &Model, policy: &Policy, published: &Published) -> BTreeSet<SegmentId> {
    let as_of = whole_micros(policy.as_of);
    policy
        .selected_ids(model)
        .filter(|(_, s)| {
            let last = published.last(&s.name, entity_name(model, s));
            last.is_some_and(|l| l.as_of == as_of && l.definition_hash == s.definition_hash)
        })
        .map(|(id, _)| id)
        .collect()
}

/// Compares what is asked for with what is published.
pub fn verdict(
    model: &Model,
    policy: &Policy,
    published: &Published,
    diags: &mut Diagnostics,
) -> Verdict {
    let before = diags.count(crate::diag::Severity::Error);
    let as_of = whole_micros(policy.as_of);
    if policy.as_of > policy.started_at {
        diags.push(
            Diagnostic::error(
                &codes::build::AS_OF_IN_THE_FUTURE,
                format!("as_of {} is in the future", policy.as_of),
            )
            .note(format!("now is {}", policy.started_at))
            .help("leave `--as-of` out, or give an instant that has passed"),
        );
    }
    match &published.state {
        Some(state) => check_owner(model, policy, state, diags),
        None if published.segments.is_empty() => {}
        // A new state would begin at epoch 1 again.
        None => diags.push(
            Diagnostic::error(
                &codes::history::LEDGER_BROKEN,
                format!(
                    "`{}` has no row, but `{}` has runs",
                    policy.names().state(),
                    policy.names().runs()
                ),
            )
            .help("restore the output schema as a whole from one backup"),
        ),
    }
    let done = done(model, policy, published);
    let selected: Vec<(SegmentId, &Segment, Option<&LastRun>)> = policy
        .selected_ids(model)
        .map(|(id, s)| (id, s, published.last(&s.name, entity_name(model, s))))
        .collect();
    // Of traits and outputs, the runs tell: all of them, or one that was asked this very question.
    let hash = policy.project_hash(model);
    let of_project = |l: &LastRun| l.project_hash == hash;
    let runs = || selected.iter().filter_map(|(_, _, last)| *last);
    let asked_before =
        runs().all(of_project) || runs().any(|l| of_project(l) && l.selection == policy.asked());
    let all_done = done.len() == selected.len();
    let nothing_gone = published.gone(model, policy).is_empty();
    if before == diags.count(crate::diag::Severity::Error)
        && !selected.is_empty()
        && nothing_gone
        && all_done
        && asked_before
    {
        return Verdict::Unchanged;
    }
    renames::check(model, policy, published, diags);
    let mut late = Vec::new();
    for (id, segment, last) in &selected {
        // Where others are to be repaired, it stays as it is.
        if !all_done && done.contains(id) {
            continue;
        }
        let entity = entity_name(model, segment);
        // Its stays may be those of a former name, which go on under the new one.
        let name = published.renamed(segment, entity).unwrap_or(&segment.name);
        let before = published
            .segments
            .iter()
            .find(|l| l.segment == name && l.entity == entity);
        // In a later run people may have left; in the last one they may have entered, too.
        let too_late = |l: &&LastRun| l.as_of >= as_of || l.touched > as_of;
        if let Some(before) = before.filter(too_late).map(|l| l.touched) {
            late.push((
                segment.name.as_str(),
                not_later(policy, segment, name, before, *last),
            ));
        }
    }
    // One cause, one message: the others are named under the first.
    let names: Vec<&str> = late.iter().skip(1).map(|(name, _)| *name).collect();
    if let Some((_, first)) = late.into_iter().next() {
        diags.push(if names.is_empty() {
            first
        } else {
            first.note(format!("the same holds for {}", others(&names)))
        });
    }
    for gone in published.gone(model, policy) {
        // Of a former name, that is said above.
        let renamed = selected
            .iter()
            .any(|(_, s, _)| published.is_former(model, s, gone.named()));
        if !renamed && (gone.as_of >= as_of || gone.touched > as_of) {
            diags.push(
                Diagnostic::error(
                    &codes::build::AS_OF_NOT_LATER,
                    format!(
                        "segment `{}` has left the project, but the last run that was about it is as of {}, not before {}",
                        gone.segment, gone.touched, policy.as_of
                    ),
                )
                .help("build as of a later instant: `--as-of now`"),
            );
        }
    }
    if diags.count(crate::diag::Severity::Error) > before {
        Verdict::Refuse
    } else {
        Verdict::Build
    }
}

/// As warehouses keep it.
fn whole_micros(at: jiff::Timestamp) -> jiff::Timestamp {
    jiff::Timestamp::from_microsecond(at.as_microsecond()).unwrap_or(at)
}

/// `name`: what it was published as.
fn not_later(
    policy: &Policy,
    segment: &Segment,
    name: &str,
    before: jiff::Timestamp,
    last: Option<&LastRun>,
) -> Diagnostic {
    let as_of = whole_micros(policy.as_of);
    let message = if before == as_of {
        format!("`{name}` was already published as of {before}")
    } else {
        format!(
            "`{name}` was last published as of {before}, after {}",
            policy.as_of
        )
    };
    let changed = last.is_some_and(|l| l.definition_hash != segment.definition_hash);
    let found = if before == as_of && changed {
        "its definition has changed since"
    } else if before == as_of {
        "what is built with it has changed since"
    } else {
        "its history cannot be rewritten"
    };
    Diagnostic::error(&codes::build::AS_OF_NOT_LATER, message)
        .at(segment.span, found)
        .note(format!("this build is as of {}", policy.as_of))
        .help("build as of a later instant: `--as-of now`")
}

/// The first few names, and how many more there are.
#[must_use]
pub fn others(names: &[&str]) -> String {
    let shown: Vec<String> = names.iter().take(8).map(|n| format!("`{n}`")).collect();
    let more = names.len().saturating_sub(shown.len());
    let more = if more > 0 {
        format!(" and {more} more")
    } else {
        String::new()
    };
    format!("{}{more}", shown.join(", "))
}

/// Reports a schema of another project, or of a newer segc.
pub fn check_owner(model: &Model, policy: &Policy, state: &State, diags: &mut Diagnostics) {
    if state.project != model.project {
        diags.push(
            Diagnostic::error(
                &codes::build::SCHEMA_BELONGS_TO_OTHERS,
                format!(
                    "schema `{}` holds the segments of project `{}`, not of `{}`",
                    policy.schema, state.project, model.project
                ),
            )
            .help("give this project its own `outputs: {schema: …}` or `prefix:`"),
        );
    }
    if state.contract_version > CONTRACT_VERSION {
        diags.push(
            Diagnostic::error(
                &codes::build::CONTRACT_IS_NEWER,
                format!(
                    "the tables follow contract version {}, this segc knows {CONTRACT_VERSION}",
                    state.contract_version
                ),
            )
            .help("use the newer segc that wrote them"),
        );
    }
}

/// The name of a segment's entity.
#[must_use]
pub(super) fn entity_name<'a>(model: &'a Model, segment: &Segment) -> &'a str {
    model
        .entities
        .get(segment.entity.index())
        .map_or("", |e| e.name.as_str())
}
