//! The strict relational form of a plan: a list of SELECTs, each over tables and the ones before it. No dialect, no text.

use crate::expr::{Agg, Expr};
use crate::model::TableId;

/// What an expression inside a block is made of.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Term {
    /// A column of something in this block's FROM, by alias.
    Column { of: String, name: String },
    /// Over the rows of one group.
    Aggregate(Box<Aggregate>),
    /// Over the rows that have the same `partition` as this one.
    Window(Box<Window>),
}

pub type BlockExpr = Expr<Term>;

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Window {
    pub function: WindowFunction,
    pub partition: Vec<BlockExpr>,
    pub order: Vec<Order>,
}

/// What is computed of the rows of a window.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum WindowFunction {
    /// 1, 2, 3 … in order.
    RowNumber,
    /// 1, 1, 3
    Rank,
    /// 1, 1, 2
    DenseRank,
    /// (rank − 1) / (rows − 1)
    PercentRank,
    /// Which of so many equal parts, in order.
    Ntile(u32),
    /// How many rows come before this one or equal it.
    CountUpTo,
    /// The smallest value of the rows that come after this one. Those that are not NULL rise in the window's order.
    SmallestAfter(BlockExpr),
    /// Of all rows of the partition, whatever their order.
    Aggregate(Aggregate),
}

/// NULLs come last either way.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Order {
    pub by: BlockExpr,
    pub descending: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Aggregate {
    pub agg: Agg,
    pub arg: Option<BlockExpr>,
    /// Conjuncts that must be true of a row for it to count.
    pub filter: Vec<BlockExpr>,
}

/// A SELECT.
#[derive(Clone, Debug, Default)]
pub struct Block {
    pub name: String,
    /// Lines of comment above it.
    pub comment: Vec<String>,
    /// All columns of this alias come first.
    pub all_of: Option<String>,
    pub columns: Vec<Column>,
    pub from: Option<From>,
    pub joins: Vec<Join>,
    /// Conjuncts.
    pub filter: Vec<BlockExpr>,
    /// GROUP BY so many of the first columns; 0: no grouping.
    pub group_by: usize,
    /// The rows of these SELECTs too (UNION ALL), which have the same columns.
    pub also: Vec<Self>,
}

#[derive(Clone, Debug)]
pub struct Column {
    pub name: String,
    pub value: BlockExpr,
    pub comment: Option<String>,
}

/// Something to select from, with its alias.
#[derive(Clone, Debug)]
pub struct From {
    pub source: Source,
    pub alias: String,
}

#[derive(Clone, Debug)]
pub enum Source {
    Table(TableId),
    /// An earlier block.
    Block(String),
}

#[derive(Clone, Debug)]
pub struct Join {
    pub to: From,
    /// Keeps rows without a match.
    pub left: bool,
    /// Conjuncts.
    pub on: Vec<BlockExpr>,
}

/// Blocks in order; the last one is the answer.
#[derive(Clone, Debug, Default)]
pub struct Query {
    pub blocks: Vec<Block>,
    /// What the answers of [`Plan::across`](super::Plan) are called here: (the table that they stand for, the name).
    pub across: Vec<(TableId, String)>,
}
