//! Plan → SQL text of one dialect: one SELECT per entity, a row per entity, a column per question.
//!
//! The blocks come from `ir::select`, the words from the dialect; `emit/expr.rs` writes expressions and `emit/layout.rs`
//! lays SELECTs out. [`checks()`] are the queries that a build asks of its sources first.

mod checks;
mod expr;
mod layout;
pub mod statistics;

use checks::suppressors;
pub use checks::{CheckKind, CheckQuery, Counted, CountedOf, checks};

use crate::diag::codes::plan::TOO_LONG;
use crate::diag::{Diagnostic, Diagnostics};
use crate::dialect::Dialect;
use crate::expr::Type;
use crate::ir::{self, Answer, Node, Plan};
use crate::model::{Col, EntityId, Model, SegmentId, TraitId};
use std::collections::HashSet;

/// The SELECT that answers everything a selection asks of one entity.
#[derive(Clone, Debug)]
pub struct EntityQuery {
    pub entity: EntityId,
    /// Statements to run first in the same session, mostly none; the build's other statements do not need them.
    pub prelude: Vec<String>,
    /// One SELECT statement without a semicolon, formatted and commented. A row per row of the entity table.
    pub sql: String,
    /// Its columns, in order.
    pub columns: Vec<StageColumn>,
    /// The keys that each suppression source names, as a SELECT of `entity_key`; read again before the commit.
    pub suppressors: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StageColumn {
    pub name: String,
    pub role: Role,
    pub ty: Type,
}

impl EntityQuery {
    /// Whether nothing is asked but who is suppressed, for the sake of segments that are not selected.
    #[must_use]
    pub fn asks_for_suppression_alone(&self) -> bool {
        let alone = |c: &StageColumn| matches!(c.role, Role::Key | Role::Suppressed);
        self.columns.iter().all(alone)
    }
}

/// What a staged column is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Role {
    Key,
    /// The raw condition, before suppression; never NULL.
    Segment(SegmentId),
    Trait(TraitId),
    /// A column of the entity's frame that some segment exposes.
    Exposed(Col),
    /// Index into the entity's channels; never NULL.
    Channel(usize),
    /// Whether the entity is in no segment that respects suppression; never NULL.
    Suppressed,
    /// Whether the entity is in no segment that leaves the project's holdout out; never NULL.
    HeldOut,
    /// A condition's truth or a value that one rests on; what is published has none.
    Asked,
}

/// Offsets of a zone are written out until so many years after `as_of`.
const ZONE_YEARS: i64 = 20;

/// Writes a plan, naive or optimised, in a dialect. What the dialect cannot say is an error at its place.
pub fn query(
    plan: &Plan,
    model: &Model,
    dialect: &dyn Dialect,
    diags: &mut Diagnostics,
) -> EntityQuery {
    let mut writer = expr::Writer::new(model, dialect, diags);
    let sql = statement(plan, &mut writer);
    let suppressors = suppressors(plan, model, &mut writer);
    let prelude = if writer.uses_zone {
        let until = model
            .as_of
            .checked_add(jiff::SignedDuration::from_hours(ZONE_YEARS * 366 * 24))
            .unwrap_or(jiff::Timestamp::MAX);
        dialect.zone_prelude(&model.time_zone, until)
    } else {
        Vec::new()
    };
    let columns = plan.answers.iter().filter_map(|a| {
        Some(StageColumn {
            name: plan.names.answers.get(a)?.clone(),
            role: role(a),
            ty: ty(a, plan, model)?,
        })
    });
    EntityQuery {
        entity: plan.entity,
        prelude,
        sql,
        columns: columns.collect(),
        suppressors,
    }
}

/// Reports a query that is longer than the warehouse takes.
pub fn check_length(
    query: &EntityQuery,
    model: &Model,
    dialect: &dyn Dialect,
    diags: &mut Diagnostics,
) {
    let Some(most) = dialect.longest_statement() else {
        return;
    };
    if query.sql.len() <= most {
        return;
    }
    let Some(entity) = model.entities.get(query.entity.index()) else {
        return;
    };
    diags.push(
        Diagnostic::error(
            &TOO_LONG,
            format!(
                "what is asked of `{}` is {} kB of SQL, and {} takes {}",
                entity.name,
                query.sql.len() / 1000,
                dialect.name(),
                most / 1000
            ),
        )
        .at(entity.span, "all its segments are asked at once")
        .help("build them in parts, as in `segc build --select tag:crm`; load a list of many keys as a table"),
    );
}

/// The SELECT of a plan, with those of the other entities that it asks.
fn statement(plan: &Plan, writer: &mut expr::Writer<'_>) -> String {
    let model = writer.model;
    let query = ir::select(plan, model);
    let mut others = Vec::new();
    for (other, (table, name)) in plan.across.iter().zip(&query.across) {
        // The statement inside is one of its own: it sees no name of this one.
        let text = statement(other, writer);
        others.push((*table, name.clone(), text));
    }
    writer.sources = others
        .iter()
        .map(|(table, name, _)| (*table, name.clone()))
        .collect();
    writer.wide = wide(plan, model);
    layout::statement(&query, &others, writer)
}

/// The names of columns that are 64-bit integers for sure.
fn wide(plan: &Plan, model: &Model) -> HashSet<String> {
    plan.names
        .measures
        .iter()
        .filter(|(id, _)| {
            model
                .measures
                .get(id.index())
                .is_some_and(|m| m.ty == Type::Int)
        })
        .map(|(_, name)| name.clone())
        .chain(plan.names.populations.iter().flat_map(|(id, names)| {
            let own = plan.names.nodes.get(&Node::Population(*id)).cloned();
            own.into_iter()
                .chain([names.place.clone(), names.size.clone()])
        }))
        .collect()
}

fn role(answer: &Answer) -> Role {
    match answer {
        Answer::Key => Role::Key,
        Answer::Segment(id) => Role::Segment(*id),
        Answer::Trait(id) => Role::Trait(*id),
        Answer::Exposed(col, _) => Role::Exposed(col.clone()),
        Answer::Channel(n) => Role::Channel(*n),
        Answer::Suppressed => Role::Suppressed,
        Answer::HeldOut => Role::HeldOut,
        Answer::Holds(_) | Answer::Value(_) => Role::Asked,
    }
}

fn ty(answer: &Answer, plan: &Plan, model: &Model) -> Option<Type> {
    Some(match answer {
        Answer::Key => model.entities.get(plan.entity.index())?.key_type.clone(),
        Answer::Segment(_)
        | Answer::Channel(_)
        | Answer::Suppressed
        | Answer::HeldOut
        | Answer::Holds(_) => Type::Boolean,
        Answer::Value(value) => value.ty.clone(),
        Answer::Trait(id) => model.traits.get(id.index())?.value.ty.clone(),
        Answer::Exposed(_, ty) => ty.clone(),
    })
}
