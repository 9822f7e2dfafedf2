//! Sources beside what they were: how many rows each had when it was last published, and has now. A suppression source that has
//! shrunk stops the whole build; another one that has shrunk, or is empty, stops the segments that read it.

use std::collections::{BTreeMap, BTreeSet};

use super::{Policy, Published};
use crate::diag::{Diagnostic, Diagnostics, codes};
use crate::emit::{Counted, CountedOf};
use crate::model::{Model, SegmentId, TableId, lineage};
use crate::source::Span;
use crate::spec::Share;
use crate::statements::{Sql, Statements};

/// What a build has counted of a source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Count {
    pub source: Counted,
    pub rows: u64,
    /// Of a suppression source: how many of its keys the entity's table has.
    pub matched: Option<u64>,
    pub span: Span,
}

/// What the ledger has of a source: as it was when it was last believed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LastCount {
    pub rows: u64,
    pub matched: Option<u64>,
    pub run_id: String,
}

/// A source of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    pub count: Count,
    /// As it was last believed.
    pub last: Option<LastCount>,
    pub status: Status,
    /// What is wrong with it.
    pub message: Option<String>,
}

/// What is made of a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    Read,
    /// It has too few rows: it is compared with the run before this one again.
    Refused,
    /// It has too few rows, and this number was accepted.
    Accepted,
}

impl Status {
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Refused => "refused",
            Self::Accepted => "accepted",
        }
    }
}

/// The word of the ledger for a kind of source; it is how `--accept` names it, too.
#[must_use]
pub fn kind(of: CountedOf) -> &'static str {
    match of {
        CountedOf::Table(_) => "table",
        CountedOf::Suppressor(_) => "suppression",
    }
}

/// How `--accept` names a source.
#[must_use]
pub fn accepted_as(source: &Counted) -> String {
    let prefix = match source.of {
        CountedOf::Table(_) => "source",
        CountedOf::Suppressor(_) => "suppression",
    };
    format!("{prefix}:{}", source.name)
}

/// Compares what was counted with what the ledger has; suppression sources that are not to be trusted are errors.
pub fn judge(
    policy: &Policy,
    published: &Published,
    counted: Vec<Count>,
    diags: &mut Diagnostics,
) -> Vec<Source> {
    let mut judged = Vec::new();
    for count in counted {
        let last = published.source(&count.source);
        let message = last.and_then(|last| match count.source.of {
            CountedOf::Table(_) if policy.backfill => None,
            CountedOf::Table(_) => short(policy, &count, last),
            CountedOf::Suppressor(bound) => shrunk(bound, &count, last),
        });
        let accepted = policy.accepted.get(&accepted_as(&count.source)) == Some(&count.rows);
        let status = match &message {
            None => Status::Read,
            Some(_) if accepted => Status::Accepted,
            Some(message) => {
                if matches!(count.source.of, CountedOf::Suppressor(_)) {
                    diags.push(unsure(&count, message));
                }
                Status::Refused
            }
        };
        judged.push(Source {
            last: last.cloned(),
            count,
            status,
            message,
        });
    }
    judged
}

/// A table that is empty now, or has lost more than guards allow.
fn short(policy: &Policy, count: &Count, last: &LastCount) -> Option<String> {
    let guards = &policy.guards;
    let (rows, before) = (count.rows, last.rows);
    let lost = before.saturating_sub(rows);
    if lost == 0 || guards.source_shrink.parts() == Share::WHOLE {
        return None;
    }
    let many = lost >= u64::from(guards.min_change) && beyond(lost, before, guards.source_shrink);
    (rows == 0 || many).then(|| lost_rows(count, last))
}

fn lost_rows(count: &Count, last: &LastCount) -> String {
    let now = match count.rows {
        0 => "is empty".to_owned(),
        1 => "has 1 row".to_owned(),
        rows => format!("has {rows} rows"),
    };
    format!("{now}, and had {} in run {}", last.rows, last.run_id)
}

/// Whether a part is more than a share of the whole.
fn beyond(part: u64, whole: u64, share: Share) -> bool {
    u128::from(part) * u128::from(Share::WHOLE) > u128::from(whole) * u128::from(share.parts())
}

/// A suppression source that has lost rows; or whose keys are spelled otherwise, so that they are nobody's.
fn shrunk(bound: Share, count: &Count, last: &LastCount) -> Option<String> {
    if bound.parts() == Share::WHOLE {
        return None;
    }
    if beyond(last.rows.saturating_sub(count.rows), last.rows, bound) {
        return Some(lost_rows(count, last));
    }
    let (now, before) = (count.matched?, last.matched?);
    // Less than half of the share that it was.
    let strange =
        u128::from(now) * u128::from(last.rows) * 2 < u128::from(before) * u128::from(count.rows);
    strange.then(|| {
        format!(
            "has {} rows, of which {now} have a key of the entity's; they were {before} of {} in run {}",
            count.rows, last.rows, last.run_id
        )
    })
}

fn unsure(count: &Count, message: &str) -> Diagnostic {
    let name = &count.source.name;
    Diagnostic::error(
        &codes::build::SUPPRESSION_UNSURE,
        format!("suppression source `{name}` {message}"),
    )
    .at(count.span, "has its load failed?")
    .help(format!(
        "repair the source: a build publishes nothing while it is not sure whom to leave out; if it is right, \
         `--accept {}@{}` lets it through once",
        accepted_as(&count.source),
        count.rows
    ))
}

/// The segments that read sources which are refused, and the words for the first of these.
#[must_use]
pub fn withheld(model: &Model, policy: &Policy, sources: &[Source]) -> BTreeMap<String, String> {
    let mut withheld = BTreeMap::new();
    for (table, source) in refused(sources) {
        for (_, segment) in readers(model, policy, table) {
            let words = format!(
                "`{}`, which it reads, {}",
                source.count.source.name,
                source.message.as_deref().unwrap_or_default()
            );
            withheld.entry(segment.to_owned()).or_insert(words);
        }
    }
    withheld
}

/// Tables that are refused.
fn refused(sources: &[Source]) -> impl Iterator<Item = (TableId, &Source)> {
    let refused = sources.iter().filter(|s| s.status == Status::Refused);
    refused.filter_map(|source| match source.count.source.of {
        CountedOf::Table(table) => Some((table, source)),
        CountedOf::Suppressor(_) => None,
    })
}

/// The segments of the run that read a table, for their members, or for whom they leave out or can reach.
fn readers<'a>(
    model: &'a Model,
    policy: &'a Policy,
    table: TableId,
) -> impl Iterator<Item = (SegmentId, &'a str)> {
    policy.selected_ids(model).filter_map(move |(id, segment)| {
        let reads = lineage::of_published(model, id);
        (reads.columns.contains_key(&table)).then_some((id, segment.name.as_str()))
    })
}

/// Sources that are refused, each with those of the refused segments that read it.
pub(super) fn blamed(
    model: &Model,
    policy: &Policy,
    sources: &[Source],
    stopped: &BTreeSet<&str>,
    diags: &mut Diagnostics,
) {
    for (table, source) in refused(sources) {
        let readers = readers(model, policy, table).map(|(_, name)| name);
        let readers: Vec<&str> = readers.filter(|name| stopped.contains(name)).collect();
        if readers.is_empty() {
            continue;
        }
        let counted = &source.count.source;
        let message = source.message.as_deref().unwrap_or_default();
        diags.push(
            Diagnostic::error(
                &codes::build::SOURCE_SHRUNK,
                format!("`{}` {message}", counted.name),
            )
            .at(
                (model.tables.get(table.index())).map_or(source.count.span, |t| t.span),
                "has its load failed?",
            )
            .note(format!(
                "refused, because {} it: {}",
                if readers.len() == 1 { "it reads" } else { "they read" },
                super::published::others(&readers)
            ))
            .help(format!(
                "load it again; if it is right, `--accept {}@{}` lets it through once, and `guards: {{source_shrink: …}}` \
                 allows for more",
                accepted_as(counted),
                source.count.rows
            )),
        );
    }
}

/// The rows of the ledger.
pub(super) fn recorded(
    statements: &Statements<'_>,
    policy: &Policy,
    sources: &[Source],
) -> Vec<Vec<Sql>> {
    let number = |n: u64| Sql(n.to_string());
    let row = |source: &Source| {
        let count = &source.count;
        vec![
            statements.text(&policy.run_id),
            statements.text(&count.source.name),
            statements.text(kind(count.source.of)),
            number(count.rows),
            count.matched.map_or_else(|| Sql("NULL".to_owned()), number),
            statements.text(source.status.word()),
            statements.maybe(source.message.as_deref()),
        ]
    };
    sources.iter().map(row).collect()
}
