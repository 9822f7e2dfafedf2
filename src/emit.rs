//! Plan → SQL text of one dialect: one SELECT per entity, a row per entity, a column per question.

use crate::expr::Type;
use crate::model::{Col, EntityId, SegmentId, TraitId};

/// The SELECT that answers everything a selection asks of one entity.
#[derive(Clone, Debug)]
pub struct EntityQuery {
    pub entity: EntityId,
    /// One SELECT statement without a semicolon, formatted and commented. A row per row of the entity table.
    pub sql: String,
    /// Its columns, in order.
    pub columns: Vec<StageColumn>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StageColumn {
    pub name: String,
    pub role: Role,
    pub ty: Type,
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
}
