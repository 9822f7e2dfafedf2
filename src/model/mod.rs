//! A project as meant: every name resolved, every expression typed, every condition a predicate over measures.
//!
//! A **measure** is an aggregate of an expression over a relation's rows, filtered, in a window, per entity. Measures
//! are content-addressed: the same question asked by two segments is one measure. Predicates are two-valued at every leaf.

pub mod across;
mod aggregate;
mod anniversary;
mod bounds;
mod bucket;
pub mod calendar;
mod frame;
mod habit;
mod hash;
pub mod holdout;
mod items;
mod keyed;
pub mod lineage;
mod measure;
mod names;
pub mod native;
mod order;
mod outlet;
mod population;
mod predicate;
pub(crate) mod references;
mod relation;
mod renamed;
pub mod resolve;
mod rows;
mod scope;
mod segments;
pub mod sequence;
mod split;
pub mod statistics;
mod stay;
mod table_source;
mod tables;
#[cfg(test)]
mod tests;
mod traits;
pub mod tree;
pub mod typing;
pub mod upkeep;
mod valid;
pub mod words;
mod world;
mod written;

use crate::expr::{Agg, Expr, Literal, Type};
use crate::snippet::Snippet;
use crate::source::Span;
use crate::spec::Share;
use crate::spec::population::Statistic;
pub use hash::text_hash;
pub use sequence::{Sequence, Step};
use std::collections::BTreeMap;
pub use upkeep::{Size, Upkeep};

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub u32);
        impl $name {
            #[must_use]
            pub fn index(self) -> usize {
                self.0 as usize
            }
        }
    )*};
}
ids!(
    /// Index into [`Model::tables`].
    TableId,
    /// Index into [`Model::entities`].
    EntityId,
    /// Index into [`Model::relations`].
    RelationId,
    /// Index into [`Model::measures`].
    MeasureId,
    /// Index into [`Model::populations`].
    PopulationId,
    /// Index into [`Model::sequences`].
    SequenceId,
    /// Index into [`Model::traits`].
    TraitId,
    /// Index into [`Model::segments`].
    SegmentId,
    /// Index into [`Model::groups`].
    GroupId
);

/// A resolved project at one `as_of`.
#[derive(Clone, Debug)]
pub struct Model {
    pub project: String,
    pub as_of: jiff::Timestamp,
    pub time_zone: jiff::tz::TimeZone,
    pub tables: Vec<Table>,
    pub entities: Vec<Entity>,
    pub relations: Vec<Relation>,
    pub measures: Vec<Measure>,
    /// In an order in which references point backwards.
    pub populations: Vec<Population>,
    pub sequences: Vec<Sequence>,
    pub traits: Vec<Trait>,
    pub groups: Vec<Group>,
    /// In an order in which references point backwards.
    pub segments: Vec<Segment>,
    /// Of those tables that were counted: for estimates alone.
    pub statistics: BTreeMap<TableId, statistics::Statistics>,
}

/// Where rows come from. Equal sources are one table.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum TableSource {
    /// Parts of a dotted name, as written.
    Named(Vec<String>),
    /// A path relative to the project folder.
    File { path: String, format: FileFormat },
    /// One query expression, checked to be that and nothing else.
    Query(Snippet),
    /// The stays that earlier builds have published of an entity's members. Before the first build there is no such table,
    /// and nobody has stayed anywhere.
    History {
        entity: String,
        /// Parts of its name.
        table: Vec<String>,
        exists: bool,
    },
    /// Which segments each row of an entity is in: no table, computed with what asks for it.
    Members(EntityId),
}

/// As messages name it.
impl std::fmt::Display for TableSource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Named(parts) => write!(f, "table `{}`", parts.join(".")),
            Self::File { path, .. } => write!(f, "file `{path}`"),
            Self::Query(_) => f.write_str("the query"),
            Self::History { table, .. } => write!(f, "the history `{}`", table.join(".")),
            Self::Members(_) => f.write_str("the segments of an entity"),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FileFormat {
    Csv,
    Parquet,
}

#[derive(Clone, Debug)]
pub struct Table {
    pub source: TableSource,
    pub columns: Vec<Column>,
    /// Where `table:` is written.
    pub span: Span,
    /// Of a list in a file.
    pub keys: Option<ListKeys>,
    /// As of when its rows are read: all statements of a run read the same, where a warehouse keeps what was.
    pub read_at: Option<jiff::Timestamp>,
}

/// What is asked of a list: warehouses that read none of the project's files get its keys with the statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListKeys {
    pub column: String,
    /// As texts, each once; None where nothing is to be run.
    pub values: Option<Vec<String>>,
}

impl Table {
    /// Of a list whose keys are to be asked for: the column, its type, the keys.
    #[must_use]
    pub fn list(&self) -> Option<(&str, &Type, &[String])> {
        let keys = self.keys.as_ref()?;
        let column = self.columns.iter().find(|c| c.name == keys.column)?;
        Some((&column.name, &column.ty, keys.values.as_deref()?))
    }

    /// Whether it is one of the warehouse, and not computed with what asks for it.
    #[must_use]
    pub fn is_read(&self) -> bool {
        !matches!(self.source, TableSource::Members(_))
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    pub name: String,
    pub ty: Type,
    /// Declared under `columns:` (a CSV file is then read with this type).
    pub declared: bool,
    /// See [`CatalogColumn::is_record`].
    pub is_record: bool,
}

/// The tables one row is put together from: slot 0 is the row's own table, every other slot is joined to an earlier one.
#[derive(Clone, Debug)]
pub struct Frame {
    pub slots: Vec<Slot>,
}

#[derive(Clone, Debug)]
pub struct Slot {
    /// As users write it: the entity's, relation's or lookup's name; dotted for lookups of lookups (`product.brand`).
    pub name: String,
    pub table: TableId,
    /// None for slot 0 alone.
    pub join: Option<SlotJoin>,
}

#[derive(Clone, Debug)]
pub struct SlotJoin {
    /// An earlier slot.
    pub from: usize,
    /// (column of `from`, column of this slot)
    pub on: Vec<(String, String)>,
    pub kind: JoinKind,
    /// Where `on:` is written.
    pub span: Span,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JoinKind {
    /// The parent of a child relation: rows without one belong to nobody (inner join).
    Parent,
    /// Many-to-one: a row without a match has NULLs (left join).
    Lookup,
}

/// A column of a frame.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Col {
    pub slot: usize,
    /// As the table spells it.
    pub name: String,
}

/// What an entity's expression is made of.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Atom {
    /// A column of the entity's frame.
    Column(Col),
    Measure(MeasureId),
    Population(PopulationId),
    /// A boolean, never NULL.
    Sequence(SequenceId),
}

pub type RowExpr = Expr<Col>;
pub type EntityExpr = Expr<Atom>;

#[derive(Clone, Debug)]
pub struct Entity {
    pub name: String,
    pub frame: Frame,
    /// A column of slot 0.
    pub key: String,
    pub key_type: Type,
    pub key_span: Span,
    /// Which of the table's rows there are at `as_of`: conjuncts over slot 0.
    pub filter: Vec<RowExpr>,
    /// Sources of keys that suppress; [`Self::suppress`] asks for their rows.
    pub suppressors: Vec<Suppressor>,
    /// Who meets one of these is in no published segment (unless it says `suppress: false`).
    pub suppress: Vec<Predicate>,
    /// Who is held out by the project: in no published segment that takes notice of it.
    pub holdout: Option<Predicate>,
    pub channels: Vec<Channel>,
    pub span: Span,
}

#[derive(Clone, Debug)]
pub struct Channel {
    pub name: String,
    pub predicate: Predicate,
}

#[derive(Clone, Debug)]
pub struct Relation {
    pub name: String,
    pub entity: EntityId,
    /// Slot 0 is the relation's own table; parents and lookups follow. A parent's lookups are slots too.
    pub frame: Frame,
    /// Pairs of (entity column, column of the frame): how a row finds its entity. For a child these are the outermost
    /// parent's columns. Always the entity's key on the left.
    pub owner: Vec<(String, Col)>,
    /// Tie-break: columns of slot 0; empty if undeclared.
    pub key: Vec<String>,
    /// The row's own time, or the nearest parent's.
    pub time: Option<TimeColumn>,
    /// Conjuncts every row meets: `where` of the relation and of its parents.
    pub filter: Vec<RowExpr>,
    /// Time columns that must lie before `as_of`, with that bound as a literal of the column's type: the relation's own and
    /// its parents' (promise 3).
    pub past: Vec<(TimeColumn, Literal)>,
    /// Whether a window of `next` may ask about rows whose `time` is still to come.
    pub future: bool,
    pub role: RelationRole,
    pub span: Span,
}

impl Relation {
    /// What its own time lies before, where nothing ahead is asked about.
    #[must_use]
    pub fn now(&self) -> Option<&Literal> {
        let time = self.time.as_ref()?;
        let (_, bound) = self.past.iter().find(|(t, _)| t == time)?;
        Some(bound)
    }

    /// Whether a row without a value there does not exist: one of nobody, or without a time.
    #[must_use]
    pub fn exists_by(&self, col: &Col) -> bool {
        let owns = self.owner.iter().any(|(_, owner)| owner == col);
        owns || self.past.iter().any(|(time, _)| time.col == *col)
    }

    /// Whether a bound on its time is a later one.
    #[must_use]
    pub fn is_ahead(&self, bound: &Literal) -> bool {
        self.now().is_some_and(|now| calendar::earlier(now, bound))
    }
}

/// Where a relation comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RelationRole {
    #[default]
    Declared,
    /// Static keys from a file.
    List,
    /// A source of keys that suppress.
    Suppressor,
    /// What earlier builds have published.
    Stays,
}

/// A source of keys that suppress. A build that cannot trust it publishes nothing.
#[derive(Clone, Debug)]
pub struct Suppressor {
    pub name: String,
    pub relation: RelationId,
    /// The newest row must not be before this; and where that is written.
    pub fresh: Option<(TimeColumn, Literal, Span)>,
    /// At least 1.
    pub min_rows: u32,
    pub min_rows_span: Span,
    /// How many of its rows it may have lost since the last build.
    pub max_shrink: Share,
    pub key_span: Span,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TimeColumn {
    pub col: Col,
    /// Date, Timestamp or Datetime.
    pub ty: Type,
}

/// An aggregate over a relation's rows, per entity.
///
/// What it is for an entity without such rows is decided once, where the planner joins it to the entity: `count`,
/// `count_distinct` and `sum` are 0 (also where all values are NULL), `exists` is false, `list_distinct` is empty, all others
/// are NULL. `count` of a value counts those that are not NULL.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Measure {
    pub relation: RelationId,
    pub agg: Agg,
    /// None for `count` and `exists` over rows.
    pub arg: Option<RowExpr>,
    /// Conjuncts beyond the relation's own, without window bounds; sorted, no duplicates.
    pub filter: Vec<RowExpr>,
    pub window: Window,
    pub ty: Type,
}

/// Bounds on the relation's time, literals of its type: `from` ≤ t < `until`. `until` is never later than `as_of`, save in a
/// window of `next`, which only relations with a future have; both are None where the relation has no time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Window {
    pub from: Option<Literal>,
    pub until: Option<Literal>,
}

/// A value that compares an entity with all others: a rank, or one number for everybody.
///
/// Compared are the rows of the entity's table that meet `among` and have a value that is not NULL, each group of `per` (NULL is
/// one) by itself. A rank of anybody else is NULL, `Top` is false for them; a number of everybody is everybody's. Equal
/// values are ordered by key where their order matters.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Population {
    pub entity: EntityId,
    pub statistic: Statistic,
    pub of: EntityExpr,
    pub among: Option<Predicate>,
    pub per: Option<EntityExpr>,
    pub ty: Type,
}

impl Population {
    /// Calls `f` with every expression it is made of; what other segments and groups compute is theirs.
    pub fn each_value<'a>(&'a self, f: &mut dyn FnMut(&'a EntityExpr)) {
        f(&self.of);
        self.per.iter().for_each(&mut *f);
        self.among.iter().for_each(|p| lineage::each_leaf(p, f));
    }
}

/// A two-valued condition on an entity.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Predicate {
    Constant(bool),
    /// NULL is false.
    Leaf(EntityExpr),
    All(Vec<Self>),
    Any(Vec<Self>),
    Not(Box<Self>),
    /// Between `min` and `max` of these hold, both included; no bound where None.
    Count {
        min: Option<u32>,
        max: Option<u32>,
        of: Vec<Self>,
    },
    /// The raw condition of another segment, before suppression.
    Segment(SegmentId),
    /// The n-th case of a group is the first that holds; n = number of cases means `otherwise`.
    Case {
        group: GroupId,
        case: usize,
    },
}

#[derive(Clone, Debug)]
pub struct Trait {
    pub name: String,
    pub entity: EntityId,
    /// With other traits put in.
    pub value: EntityExpr,
    pub description: Option<String>,
    pub owner: Option<String>,
    pub tags: Vec<String>,
    pub definition_hash: String,
    pub span: Span,
}

#[derive(Clone, Debug)]
pub struct Group {
    pub name: String,
    pub entity: EntityId,
    /// Name and condition of each case, in order; the first that holds counts.
    pub cases: Vec<(String, Predicate)>,
    pub otherwise: Option<String>,
    pub span: Span,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SegmentKind {
    Segment,
    Case,
    /// Of a split.
    Arm,
    /// The project's.
    Holdout,
}

impl SegmentKind {
    /// As the ledger and the manifest have it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Segment => "segment",
            Self::Case => "case",
            Self::Arm => "arm",
            Self::Holdout => "holdout",
        }
    }
}

#[derive(Clone, Debug)]
pub struct Segment {
    /// `vip`, `lifecycle.new`
    pub name: String,
    pub kind: SegmentKind,
    pub entity: EntityId,
    pub predicate: Predicate,
    pub expose: Vec<Expose>,
    /// Indices into the entity's channels.
    pub channels: Vec<usize>,
    /// Whether suppression applies to what is published.
    pub suppressed: bool,
    /// Whether who is held out is left out of what is published.
    pub held_out: bool,
    pub title: Option<String>,
    pub description: Option<String>,
    pub owner: Option<String>,
    pub tags: Vec<String>,
    pub action: Option<String>,
    pub kpi: Option<String>,
    pub expires_on: Option<jiff::civil::Date>,
    /// Whether it is published: switched on, and not expired at `as_of`.
    pub enabled: bool,
    pub upkeep: Upkeep,
    /// SHA-256 over the canonical text of the segment and all it refers to, in hex. Independent of `as_of`.
    pub definition_hash: String,
    /// The parts that the hash is made of, by what they are called (`itself`, `trait revenue`), and a hash of each; so that
    /// it can be said which of them has changed.
    pub parts: Vec<(String, String)>,
    /// Other segments this one names, directly; a case: those of its own and all earlier cases. For selectors and `explain`.
    pub references: Vec<SegmentId>,
    /// Traits named in its condition or exposed, directly.
    pub traits: Vec<TraitId>,
    pub span: Span,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Expose {
    /// A column of the entity's frame, under its own name.
    Column(Col, Type),
    Trait(TraitId),
}

impl Expose {
    /// The column's name in the segment's view.
    #[must_use]
    pub fn name<'a>(&'a self, model: &'a Model) -> &'a str {
        match self {
            Self::Column(col, _) => &col.name,
            Self::Trait(id) => model.traits.get(id.index()).map_or("", |t| &t.name),
        }
    }
}

/// Which columns the tables of a project have, by table; filled by the project's readers from declarations' complement:
/// DuckDB, a file's header, a catalog. Names are as the warehouse spells them.
#[derive(Clone, Debug, Default)]
pub struct Catalog {
    pub tables: Vec<(TableSource, Vec<CatalogColumn>)>,
    /// Sources that were asked for in vain, which has been said.
    pub missing: Vec<TableSource>,
}

/// A column as a warehouse has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CatalogColumn {
    pub name: String,
    /// An array of [`Type::Null`] is one whose items the warehouse does not tell the type of.
    pub ty: Type,
    /// A warehouse's own nested type, which is read as JSON.
    pub is_record: bool,
}
