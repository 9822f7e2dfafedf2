//! A build as data: what is staged, checked and published, as SQL text in order, with no connection in sight.
//!
//! [`stage::staging`] says how the questions are asked, [`publish::publication`] how the answers are published over
//! what [`Published`] says is there. Both are pure; [`run`] (floor 6) walks them. The protocol is `outputs.md`.

pub mod against;
pub mod backfill;
pub mod blame;
pub mod bytes;
pub mod change;
pub mod definitions;
pub mod guards;
mod kinds;
pub mod ledger;
pub mod maintain;
pub mod preview;
pub mod publish;
pub mod published;
pub mod read;
mod renames;
pub mod results;
pub mod run;
mod script;
pub mod sources;
pub mod stage;
mod still;
mod sweep;
pub mod tables;
pub mod views;
pub mod walk;

use sha2::{Digest, Sha256};

use crate::emit::{EntityQuery, Role};
use crate::ir::Selection;
use crate::model::{Entity, EntityId, Model, Segment};
use crate::statements::{EntityTables, Schema, Sql, Statements};
pub use published::{Published, Verdict, verdict};
use tables::Names;

/// What a build is told beside the model.
#[derive(Clone, Debug)]
pub struct Policy {
    /// The output schema.
    pub schema: String,
    pub prefix: String,
    pub history: bool,
    pub wide: bool,
    /// A ULID, new for every run.
    pub run_id: String,
    /// The target's name.
    pub target: String,
    /// The model's.
    pub as_of: jiff::Timestamp,
    /// The one clock reading of the run's start.
    pub started_at: jiff::Timestamp,
    pub segc_version: String,
    pub git_sha: Option<String>,
    /// `--select` and `--exclude` as the user wrote them.
    pub selection_text: Option<String>,
    /// What is published. What it refers to is computed, not published.
    pub selection: Selection,
    /// Nothing was left out of the selection: what the project has no more is retired.
    pub whole: bool,
    /// A date of the past: members and history alone, without guards.
    pub backfill: bool,
    pub guards: crate::spec::Guards,
    /// Segments whose number of members is let through, whatever the guards say of it.
    pub accepted: std::collections::BTreeMap<String, u64>,
}

impl Policy {
    /// The published relations' names.
    #[must_use]
    pub fn names(&self) -> Names<'_> {
        Names {
            prefix: &self.prefix,
        }
    }

    /// Segments to publish: selected and enabled, in the model's order, which is that of their numbers.
    pub fn selected<'a>(&'a self, model: &'a Model) -> impl Iterator<Item = &'a Segment> {
        self.selected_ids(model).map(|(_, s)| s)
    }

    fn selected_ids<'a>(
        &'a self,
        model: &'a Model,
    ) -> impl Iterator<Item = (crate::model::SegmentId, &'a Segment)> {
        let wanted: std::collections::BTreeSet<_> = self.selection.segments.iter().collect();
        (0u32..)
            .map(crate::model::SegmentId)
            .zip(&model.segments)
            .filter(move |(id, s)| s.enabled && wanted.contains(id))
    }

    /// What the ledger says was asked for: `--select …`, nothing, or `backfill` and either.
    fn asked(&self) -> Option<String> {
        let backfill = self.backfill.then_some(backfill::BACKFILL);
        let parts: Vec<&str> = backfill
            .into_iter()
            .chain(self.selection_text.as_deref())
            .collect();
        (!parts.is_empty()).then(|| parts.join(" "))
    }

    /// A hash over the definitions of everything that the project publishes; selections do not count.
    #[must_use]
    pub fn project_hash(&self, model: &Model) -> String {
        let mut hasher = Sha256::new();
        let mut line = |kind: &str, name: &str, hash: &str| {
            hasher.update(format!("{kind}\t{name}\t{hash}\n"));
        };
        for segment in model.segments.iter().filter(|s| s.enabled) {
            line("segment", &segment.name, &segment.definition_hash);
        }
        for t in &model.traits {
            line("trait", &t.name, &t.definition_hash);
        }
        line("outputs", &self.history.to_string(), &self.wide.to_string());
        hex(&hasher.finalize())
    }
}

/// Bytes in lower-case hexadecimal.
fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, b| {
        let _ = write!(text, "{b:02x}");
        text
    })
}

/// One step of a build.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stage {
    pub kind: Kind,
    /// What it is about, for people: an entity, a table, a view.
    pub subject: String,
    /// Statements, in order. Each is one statement without a semicolon.
    pub sql: Vec<String>,
}

impl Stage {
    /// The first of every run.
    #[must_use]
    pub fn begin() -> Self {
        Self {
            kind: Kind::Begin,
            subject: "transaction".to_owned(),
            sql: vec!["BEGIN TRANSACTION".to_owned()],
        }
    }
}

/// What a step does, and so how its answer is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The warehouse itself says that SQL as people wrote it only reads.
    Vouch,
    Begin,
    /// A query of one number that must be 0: what it finds is wrong with the data.
    CheckSource,
    /// The run's list of segments.
    StageScope,
    /// The query of an entity, materialised.
    StageQuery,
    /// A query of one row: rows without key, duplicated keys, one of these.
    CheckKeys(EntityId),
    /// Members to be, in long form, and who is suppressed.
    StageMembers,
    EnsureSchema,
    EnsureTable,
    EnsureColumn,
    EnsureView,
    /// Who enters and who exits.
    Diff,
    Count,
    /// Segments beyond their bounds are refused.
    Guard,
    /// Nothing of them is published.
    Withhold,
    /// Members and history of a former name get the new one.
    Rename,
    /// An update that must hit exactly one row.
    Fence,
    CloseStays,
    OpenStays,
    DeleteMembers,
    InsertMembers,
    Traits,
    Channels,
    /// A view that nobody owns any more, or staging that a run left.
    Drop,
    /// The list of whom to erase.
    StageKeys,
    /// People, or the past of a retired segment.
    Erase,
    /// A query of one number that must be 0.
    Assert(Assertion),
    RecordRun,
    Commit,
}

impl Kind {
    /// In words, for progress and timings.
    #[must_use]
    pub fn words(&self) -> &'static str {
        match self {
            Self::Vouch => "vouch for user SQL",
            Self::Begin => "begin",
            Self::CheckSource => "check source",
            Self::StageScope => "list segments",
            Self::StageQuery => "compute",
            Self::CheckKeys(_) => "check keys",
            Self::StageMembers => "stage members",
            Self::EnsureSchema => "ensure schema",
            Self::EnsureTable => "ensure table",
            Self::EnsureColumn => "ensure column",
            Self::EnsureView => "ensure view",
            Self::Diff => "compare",
            Self::Count => "count",
            Self::Guard => "guard",
            Self::Withhold => "withhold",
            Self::Rename => "rename",
            Self::Fence => "fence",
            Self::CloseStays => "close stays",
            Self::OpenStays => "open stays",
            Self::DeleteMembers => "delete members",
            Self::InsertMembers => "insert members",
            Self::Traits => "write traits",
            Self::Channels => "write channels",
            Self::Drop => "drop",
            Self::StageKeys => "list keys",
            Self::Erase => "erase",
            Self::Assert(_) => "assert",
            Self::RecordRun => "record run",
            Self::Commit => "commit",
        }
    }
}

/// What must be true before the commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Assertion {
    /// Members are those that were staged.
    Members,
    /// Every member has one open stay, and nobody else has.
    Stays,
    /// No member of a segment that respects suppression is suppressed.
    Suppression,
    /// Nor named by a suppression source that is read again.
    Unnamed,
    /// No member of a segment that respects the holdout is held out.
    Holdout,
    /// Members are those of the last run, by its checksum.
    Restored,
    /// Nobody who was to be erased is there.
    Forgotten,
}

impl Assertion {
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Members => "published members are the staged ones",
            Self::Stays => "every member has exactly one open stay",
            Self::Holdout => "nobody who is held out is a member",
            Self::Suppression => "no suppressed entity is a member",
            Self::Unnamed => "no suppression source, read again, names a member",
            Self::Restored => "members have the ledger's checksum",
            Self::Forgotten => "nobody who was to be erased is there",
        }
    }
}

impl Assertion {
    /// What its query counts.
    #[must_use]
    pub fn counted(self) -> &'static str {
        match self {
            Self::Members | Self::Stays => "segments",
            Self::Suppression
            | Self::Unnamed
            | Self::Holdout
            | Self::Restored
            | Self::Forgotten => "rows",
        }
    }
}

/// The name of a run's temporary table.
fn staging_name(policy: &Policy, what: &str) -> String {
    format!("segc_stage_{}_{what}", policy.run_id.to_lowercase())
}

/// Where everything is published.
fn output_schema(statements: &Statements<'_>, policy: &Policy) -> Stage {
    let schema = statements.name(&policy.schema);
    Stage {
        kind: Kind::EnsureSchema,
        subject: policy.schema.clone(),
        sql: vec![statements.render("create_schema", &Schema { schema })],
    }
}

/// The staged table of an entity, for reading its columns.
#[must_use]
pub fn stage_of(policy: &Policy, entity: &str) -> String {
    staging_name(policy, &format!("e_{entity}"))
}

/// The column with a role in an entity's query.
fn column_of<'a>(query: &'a EntityQuery, role: &Role) -> Option<&'a str> {
    query
        .columns
        .iter()
        .find(|c| c.role == *role)
        .map(|c| c.name.as_str())
}

/// The tables of an entity, as its templates see them. Without a query the entity has nothing staged: it is gone, or
/// nothing of it is selected.
fn entity_tables(
    statements: &Statements<'_>,
    policy: &Policy,
    published: &Published,
    entity: &str,
    query: Option<&EntityQuery>,
) -> EntityTables {
    let names = policy.names();
    let relation = |what: &str| statements.relation(&policy.schema, &names.of(entity, what));
    let staging = |what: &str| statements.staging(&policy.schema, &staging_name(policy, what));
    let staged = staging(&format!("m_{entity}"));
    let stage = statements.staging(&policy.schema, &stage_of(policy, entity));
    let key = query.and_then(|q| column_of(q, &Role::Key));
    let suppress_flag = query
        .and_then(|q| column_of(q, &Role::Suppressed))
        .map(|c| statements.name(c));
    let members = published
        .stand_in
        .get(entity)
        .map_or_else(|| relation("members"), |query| Sql(format!("({query})")));
    EntityTables {
        entity: statements.text(entity),
        before: members.clone(),
        members,
        history: relation("history"),
        traits: relation("traits"),
        channels: relation("channels"),
        runs: statements.relation(&policy.schema, &names.runs()),
        run_segments: statements.relation(&policy.schema, &names.run_segments()),
        catalog: statements.relation(&policy.schema, &names.catalog()),
        scope: staging("_scope"),
        counts: staging("_counts"),
        left_out: staging(&format!("s_{entity}")),
        changes: staging(&format!("c_{entity}")),
        key: statements.name(key.unwrap_or("entity_key")),
        keys_of: if query.is_some() {
            stage.clone()
        } else {
            staged.clone()
        },
        unwanted: suppress_flag
            .is_some()
            .then(|| staging(&format!("u_{entity}"))),
        suppress_flag,
        holdout_flag: query
            .and_then(|q| column_of(q, &Role::HeldOut))
            .map(|c| statements.name(c)),
        query: Sql(query.map(|q| q.sql.clone()).unwrap_or_default()),
        suppressors: query.map_or_else(Vec::new, |q| {
            q.suppressors.iter().cloned().map(Sql).collect()
        }),
        suppressor: Sql(String::new()),
        text: statements.ty(&crate::expr::Type::String),
        int: statements.ty(&crate::expr::Type::Int),
        as_of: statements.instant(policy.as_of),
        run_id: statements.text(&policy.run_id),
        whole: policy.whole,
        left_columns: Vec::new(),
        opaque: Vec::new(),
        fingerprint: Sql(statements.render("fingerprint", &())),
        columns: Vec::new(),
        segments: Vec::new(),
        stage,
        staged,
    }
}

/// The entities that a run touches: (name, its query if it has one), those of the model first.
fn touched<'a>(
    model: &'a Model,
    queries: &'a [EntityQuery],
    policy: &'a Policy,
    published: &'a Published,
) -> Vec<(&'a str, Option<&'a Entity>, Option<&'a EntityQuery>)> {
    let mut list: Vec<(&str, Option<&Entity>, Option<&EntityQuery>)> = Vec::new();
    for query in queries {
        if let Some(entity) = model.entities.get(query.entity.index()) {
            list.push((&entity.name, Some(entity), Some(query)));
        }
    }
    for gone in published.gone(model, policy) {
        // Where the table was dropped by hand, nobody is left to take out.
        let there = published.has(&policy.names().of(&gone.entity, "members"));
        if there && !list.iter().any(|(name, ..)| *name == gone.entity) {
            let entity = model.entities.iter().find(|e| e.name == gone.entity);
            list.push((&gone.entity, entity, None));
        }
    }
    list
}
