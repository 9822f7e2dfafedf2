//! The published relations: their names, their columns, and what must not collide. The contract is `outputs.md`; the
//! version of it is [`CONTRACT_VERSION`]. SQL text is not made here.

use std::collections::BTreeMap;

use crate::diag::{Diagnostic, Diagnostics, codes};
use crate::emit::{EntityQuery, Role};
use crate::expr::Type;
use crate::model::{Col, Entity, Expose, Model, Segment, TraitId};
use crate::source::Span;

/// What the published tables promise; raised when a promise is added.
pub const CONTRACT_VERSION: u64 = 2;

/// The names of published relations, prefix included.
#[derive(Clone, Copy, Debug)]
pub struct Names<'a> {
    pub prefix: &'a str,
}

impl Names<'_> {
    fn with(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }

    #[must_use]
    pub fn state(&self) -> String {
        self.with("segc_state")
    }

    #[must_use]
    pub fn runs(&self) -> String {
        self.with("segc_runs")
    }

    #[must_use]
    pub fn run_segments(&self) -> String {
        self.with("segc_run_segments")
    }

    #[must_use]
    pub fn run_sources(&self) -> String {
        self.with("segc_run_sources")
    }

    /// The table under the view of published segments: one row each, with its words.
    #[must_use]
    pub fn catalog(&self) -> String {
        self.with("segc_catalog")
    }

    #[must_use]
    pub fn segments(&self) -> String {
        self.with("segc_segments")
    }

    /// A relation of an entity: `members`, `history`, `changes`, `traits`, `channels`, `wide`.
    #[must_use]
    pub fn of(&self, entity: &str, what: &str) -> String {
        self.with(&format!("{entity}_{what}"))
    }

    /// The view of a segment.
    #[must_use]
    pub fn segment(&self, segment: &str) -> String {
        self.with(&format!("seg_{}", flat(segment)))
    }

    /// The view of a segment's members who can be reached on a channel.
    #[must_use]
    pub fn channel(&self, segment: &str, channel: &str) -> String {
        self.with(&format!("seg_{}__{channel}", flat(segment)))
    }
}

/// A segment's name as part of an identifier: `lifecycle.new` → `lifecycle__new`.
#[must_use]
pub fn flat(segment: &str) -> String {
    segment.replace('.', "__")
}

/// Columns of `segc_state`.
pub const STATE: &[(&str, Type)] = &[
    ("project", Type::String),
    ("epoch", Type::Int),
    ("run_id", Type::String),
    ("contract_version", Type::Int),
    ("updated_at", Type::Timestamp),
];

/// Columns of `segc_runs`.
pub const RUNS: &[(&str, Type)] = &[
    ("run_id", Type::String),
    ("epoch", Type::Int),
    ("status", Type::String),
    ("as_of", Type::Timestamp),
    ("started_at", Type::Timestamp),
    ("finished_at", Type::Timestamp),
    ("target", Type::String),
    ("segc_version", Type::String),
    ("git_sha", Type::String),
    ("selection", Type::String),
    ("project_hash", Type::String),
    ("members_checksum", Type::String),
    ("message", Type::String),
];

/// Columns of `segc_run_segments`.
pub const RUN_SEGMENTS: &[(&str, Type)] = &[
    ("run_id", Type::String),
    ("segment", Type::String),
    ("entity", Type::String),
    ("kind", Type::String),
    ("definition_hash", Type::String),
    ("members", Type::Int),
    ("entered", Type::Int),
    ("exited", Type::Int),
    ("suppressed", Type::Int),
    ("held_out", Type::Int),
    ("population", Type::Int),
    ("status", Type::String),
    ("message", Type::String),
];

/// Columns of `segc_run_sources`.
pub const RUN_SOURCES: &[(&str, Type)] = &[
    ("run_id", Type::String),
    ("source", Type::String),
    // `table` or `suppression`.
    ("kind", Type::String),
    ("row_count", Type::Int),
    // Of a suppression source: how many of its keys the entity's table has.
    ("matched", Type::Int),
    // `read`, `refused` or `accepted`.
    ("status", Type::String),
    ("message", Type::String),
];

/// Columns of `segc_catalog`.
pub const CATALOG: &[(&str, Type)] = &[
    ("segment", Type::String),
    ("title", Type::String),
    ("description", Type::String),
    ("owner", Type::String),
    ("tags", Type::String),
    ("entity", Type::String),
    ("kind", Type::String),
    ("definition_hash", Type::String),
    ("members", Type::Int),
    ("as_of", Type::Timestamp),
    ("action", Type::String),
    ("kpi", Type::String),
    ("channels", Type::String),
    ("expires_on", Type::Date),
    ("run_id", Type::String),
    PARTS,
];

/// The column of `segc_catalog` that the first tables did not have: the parts of a definition, for comparisons.
pub const PARTS: (&str, Type) = ("parts", Type::String);

/// Columns of the run's own list of segments, a temporary table.
pub const SCOPE: &[(&str, Type)] = &[
    // By which staged members name it: millions of numbers are read sooner than names, and are billed as less.
    ("number", Type::Int),
    ("segment", Type::String),
    ("entity", Type::String),
    ("kind", Type::String),
    ("definition_hash", Type::String),
    ("last_hash", Type::String),
    ("retired", Type::Boolean),
    ("respects_suppression", Type::Boolean),
    ("respects_holdout", Type::Boolean),
    // Not selected: it stays as it was, but for those who are suppressed now.
    ("kept", Type::Boolean),
    ("title", Type::String),
    ("description", Type::String),
    ("owner", Type::String),
    ("tags", Type::String),
    ("action", Type::String),
    ("kpi", Type::String),
    ("channels", Type::String),
    ("expires_on", Type::Date),
    PARTS,
    // The name whose members and history it takes over in this run.
    ("renamed_from", Type::String),
    // Bounds; shares in ten thousandths.
    ("size_min", Type::Int),
    ("size_max", Type::Int),
    ("max_share", Type::Int),
    ("max_change", Type::Int),
    ("min_change", Type::Int),
    ("broad_share", Type::Int),
    ("broad_min", Type::Int),
    ("may_be_empty", Type::Boolean),
    // The number of members that is let through all the same.
    ("accepted", Type::Int),
    // What it reads has lost rows: the words for that.
    ("source_short", Type::String),
    // The bound that it is beyond, and the words for that.
    ("guard", Type::String),
    ("message", Type::String),
    // The same words, unless the number was accepted: then it is published.
    ("refused", Type::String),
];

/// Columns that every traits table has.
const OWN: [&str; 3] = ["entity_key", "as_of", "run_id"];

/// The column of `<entity>_traits` that holds a trait.
#[must_use]
pub fn trait_column(model: &Model, id: TraitId) -> String {
    let name = model.traits.get(id.index()).map_or("", |t| t.name.as_str());
    if OWN.contains(&name) {
        format!("{name}_")
    } else {
        name.to_owned()
    }
}

/// The column of `<entity>_traits` that holds an exposed column of the entity's frame: under its own name, unless a
/// trait has it; a lookup's under `lookup__name`.
#[must_use]
pub fn exposed_column(model: &Model, entity: &Entity, col: &Col) -> String {
    let slot = entity
        .frame
        .slots
        .get(col.slot)
        .map_or("", |s| s.name.as_str());
    let taken = |name: &str| {
        let same = |t: &crate::model::Trait| t.name.eq_ignore_ascii_case(name);
        OWN.iter().any(|o| o.eq_ignore_ascii_case(name)) || model.traits.iter().any(same)
    };
    if col.slot == 0 && !taken(&col.name) {
        col.name.clone()
    } else {
        format!("{}__{}", flat(slot), col.name)
    }
}

/// The columns of a published traits table that are none of these: (published name, staged column).
pub(super) fn left_columns<'a>(
    known: &'a [(String, String)],
    columns: &[(String, String)],
) -> impl Iterator<Item = &'a str> {
    let names = known.iter().map(|(name, _)| name.as_str());
    names.filter(|name| {
        let same = |other: &str| other.eq_ignore_ascii_case(name);
        !OWN.iter().any(|o| same(o)) && !columns.iter().any(|(published, _)| same(published))
    })
}

/// The traits table's columns from a query: (published name, staged column), each published name once.
pub(super) fn trait_columns(
    model: &Model,
    entity: &Entity,
    query: &EntityQuery,
) -> Vec<(String, String)> {
    let mut columns: Vec<(String, String)> = Vec::new();
    for column in &query.columns {
        let published = match &column.role {
            Role::Trait(id) => trait_column(model, *id),
            Role::Exposed(col) => exposed_column(model, entity, col),
            Role::Key
            | Role::Segment(_)
            | Role::Channel(_)
            | Role::Suppressed
            | Role::HeldOut
            | Role::Asked => {
                continue;
            }
        };
        if !columns
            .iter()
            .any(|(p, _)| p.eq_ignore_ascii_case(&published))
        {
            columns.push((published, column.name.clone()));
        }
    }
    columns
}

/// What a segment's view shows between the key and `since`: (column of the view, column of the traits table).
#[must_use]
pub fn view_columns(model: &Model, entity: &Entity, segment: &Segment) -> Vec<(String, String)> {
    let mut columns = Vec::new();
    for expose in &segment.expose {
        let source = match expose {
            Expose::Column(col, _) if col.slot == 0 && col.name == entity.key => continue,
            Expose::Column(col, _) => exposed_column(model, entity, col),
            Expose::Trait(id) => trait_column(model, *id),
        };
        columns.push((expose.name(model).to_owned(), source));
    }
    columns
}

/// Reports published relations and columns that would have one name. Names are compared without regard to case.
pub fn check_names(model: &Model, names: Names<'_>, diags: &mut Diagnostics) {
    let mut seen: BTreeMap<String, (String, Span)> = BTreeMap::new();
    let mut claim = |name: String, owner: String, span: Span, diags: &mut Diagnostics| {
        if let Some((other, first)) = seen.get(&name.to_lowercase()) {
            diags.push(
                Diagnostic::error(
                    &codes::build::OUTPUT_NAME_TWICE,
                    format!("{owner} and {other} would both be published as `{name}`"),
                )
                .at(span, format!("{owner} is `{name}`"))
                .at(*first, format!("so is {other}"))
                .help("rename one of them"),
            );
        } else {
            seen.insert(name.to_lowercase(), (owner, span));
        }
    };
    for entity in &model.entities {
        for what in [
            "members", "history", "changes", "traits", "channels", "wide",
        ] {
            let owner = format!("the {what} of entity `{}`", entity.name);
            claim(names.of(&entity.name, what), owner, entity.span, diags);
        }
    }
    for segment in model.segments.iter().filter(|s| s.enabled) {
        let owner = format!("segment `{}`", segment.name);
        claim(names.segment(&segment.name), owner, segment.span, diags);
        let Some(entity) = model.entities.get(segment.entity.index()) else {
            continue;
        };
        for channel in segment
            .channels
            .iter()
            .filter_map(|c| entity.channels.get(*c))
        {
            let owner = format!("channel `{}` of segment `{}`", channel.name, segment.name);
            claim(
                names.channel(&segment.name, &channel.name),
                owner,
                segment.span,
                diags,
            );
        }
        check_columns(model, entity, segment, diags);
    }
}

/// A view has each column once, and `since` is its own.
fn check_columns(model: &Model, entity: &Entity, segment: &Segment, diags: &mut Diagnostics) {
    let mut seen = vec![entity.key.to_lowercase(), "since".to_owned()];
    for (name, _) in view_columns(model, entity, segment) {
        let lower = name.to_lowercase();
        if seen.contains(&lower) {
            diags.push(
                Diagnostic::error(
                    &codes::build::OUTPUT_NAME_TWICE,
                    format!("the table of segment `{}` would have two columns `{name}`", segment.name),
                )
                .at(segment.span, format!("`{name}` is exposed here"))
                .note(format!(
                    "the key `{}` and `since` are in every segment's table",
                    entity.key
                ))
                .help(format!(
                    "leave `{name}` out of `expose`, or expose a trait of the same value under another name"
                )),
            );
        }
        seen.push(lower);
    }
}
