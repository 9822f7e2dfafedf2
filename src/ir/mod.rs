//! The plan of a compilation: which scans are made, what each of them measures, and what is asked of the entity.
//!
//! [`lower()`] makes the naive plan (a scan per measure), [`optimize()`] rewrites it by a visible list of rules, and
//! [`select()`] turns either into blocks of plain SELECTs, which `emit` prints. Nothing here knows a dialect or any text.

mod across;
mod apart;
pub mod block;
mod costs;
mod fuse;
mod levels;
mod looked_up;
mod lower;
mod names;
mod optimize;
mod parts;
mod places;
mod population;
mod predicate;
mod push;
mod rolled;
mod rollup;
mod scan;
mod select;
mod sequence;
mod show;
mod uses;

pub use apart::Apart;
pub use costs::Costs;
pub use lower::{ask, lower};
pub use names::Names;
pub use optimize::{RULES, Rule, optimize};
pub use rollup::Rollup;
pub use select::select;
pub use sequence::{SequenceScan, StepScan};

use crate::expr::{Literal, Type};
use crate::model::{
    Col, Entity, EntityExpr, EntityId, GroupId, MeasureId, Model, PopulationId, Predicate,
    RelationId, RowExpr, SegmentId, TraitId,
};
use std::fmt::Write as _;

/// What a run is asked for. What these refer to is computed too, not published.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    pub segments: Vec<SegmentId>,
    pub traits: Vec<TraitId>,
    /// Entities of which it is asked who is suppressed, whatever else is asked.
    pub suppressed: Vec<EntityId>,
}

impl Selection {
    /// Also asks of every entity who is suppressed: they leave what is published and not selected, too.
    #[must_use]
    pub fn with_all_suppressed(mut self, model: &Model) -> Self {
        let suppresses = |(_, entity): &(EntityId, &Entity)| !entity.suppress.is_empty();
        let entities = (0u32..).map(EntityId).zip(&model.entities);
        self.suppressed = entities.filter(suppresses).map(|(id, _)| id).collect();
        self
    }
}

/// Everything asked of one entity, and how it is computed.
#[derive(Clone, Debug)]
pub struct Plan {
    pub entity: EntityId,
    /// Every measure needed stands in exactly one of these.
    pub scans: Vec<Scan>,
    /// What scans are computed from that ask about the same values.
    pub rollups: Vec<Rollup>,
    /// Every sequence needed, once.
    pub sequences: Vec<SequenceScan>,
    /// The plans of other entities whose segments its relations' rows lead to: each answers with the key and the segments.
    pub across: Vec<Self>,
    /// What others refer to, by depth of reference: each level reads the ones before it.
    pub levels: Vec<Vec<Node>>,
    /// What the ranks of the first level read, where that is put together apart from the rest; None: they read the entity's row.
    pub apart: Option<Apart>,
    /// The columns of the answer, in order.
    pub answers: Vec<Answer>,
    /// The key of the one entity that is asked about; None: all of them.
    pub only: Option<Literal>,
    /// What columns are called, the same before and after every rewrite.
    pub names: Names,
}

/// One pass over one relation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scan {
    pub relation: RelationId,
    pub shape: Shape,
    /// No row before this is read.
    pub from: Option<Literal>,
    /// No row at or after this is read.
    pub until: Option<Literal>,
    /// Every row meets these, beyond the relation's own conditions.
    pub all_of: Vec<RowExpr>,
    /// Every row meets one of these conjunctions; empty: no such condition.
    pub any_of: Vec<Vec<RowExpr>>,
    /// The one of the plan's rollups that it is computed from; it reads no rows of the relation then.
    pub over: Option<usize>,
    /// Slots of the relation's frame that are joined, slot 0 included, in order.
    pub slots: Vec<usize>,
    pub measures: Vec<MeasureId>,
    /// Why these measures stand together, and the others elsewhere.
    pub why: String,
}

/// How a scan gets from rows to one row per entity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Shape {
    /// A GROUP BY with an aggregate per measure, each with its own filter.
    Aggregate,
    /// By value: a GROUP BY of entity and value, and of that one of the entity. Distinct values; over a rollup, other aggregates of
    /// single values too.
    Distinct,
    /// The first or last row by time and key; each measure is an expression over it. `again`: the time of that row is found
    /// first, then the row by its time, in a second reading.
    Chosen { last: bool, again: bool },
    /// The value with the most or the fewest rows; one measure. `again`: of a rollup; how many rows that has is found first, then
    /// the value, in a second reading of the rollup.
    Ranked { least: bool, again: bool },
}

/// What others refer to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Node {
    Segment(SegmentId),
    /// The name of the case an entity is in.
    Group(GroupId),
    /// A rank, or one number for everybody.
    Population(PopulationId),
}

/// A column of the answer.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Answer {
    Key,
    /// The raw condition, before suppression.
    Segment(SegmentId),
    Trait(TraitId),
    Exposed(Col, Type),
    /// Index into the entity's channels.
    Channel(usize),
    Suppressed,
    /// Whether the project holds the entity out.
    HeldOut,
    /// Whether a condition holds, two-valued: a node of a segment's tree.
    Holds(Predicate),
    /// A value that a condition rests on.
    Value(EntityExpr),
}

impl Plan {
    /// Every pass over a relation.
    pub fn reads(&self) -> impl Iterator<Item = &Scan> {
        let scans = self.scans.iter().filter(|s| s.over.is_none());
        let rollups = self.rollups.iter().map(|r| &r.scan);
        let steps = self.sequences.iter().flat_map(|s| &s.scans);
        scans.chain(rollups).chain(steps.map(|s| &s.scan))
    }

    /// The plan as a text for people: each scan, what it computes, and why there.
    #[must_use]
    pub fn show(&self, model: &Model) -> String {
        let mut out = String::new();
        let _ = write!(out, "{}", show::Shown { plan: self, model });
        out
    }
}
