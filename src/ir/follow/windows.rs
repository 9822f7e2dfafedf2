//! Sequences by window functions: no row is joined with another.
//!
//! The rows of all steps are collapsed to one row per entity, `same` and moment, with a flag for each step. Then, from the last step to
//! the first, every moment learns by one window function which moment can follow it.

use super::super::block::{
    Aggregate, Block, BlockExpr, Column, Order, Term, Window, WindowFunction,
};
use super::super::predicate::{NOWHERE, boolean, column, test};
use super::super::scan::{Context, all};
use super::{Follow, MOMENTS, TIME, by, end, from, next, plain, rows};
use crate::expr::{Agg, Expr, ExprKind, Func, Literal, Type};

const ROWS: &str = "events";

fn flag(step: usize) -> String {
    format!("step_{}", step + 1)
}

impl Follow<'_> {
    pub(super) fn by_windows(&self, ctx: &Context<'_>) -> Vec<Block> {
        let rows = self.flagged(&format!("{}_rows", self.name), ctx);
        let moments = self.moments(&rows.name);
        let mut blocks = vec![rows, moments];
        self.rounds(&mut blocks);
        blocks
    }

    /// The rows of all steps, each with what steps it is a row of.
    fn flagged(&self, name: &str, ctx: &Context<'_>) -> Block {
        let mut parts = self.found.scans.iter().filter_map(|part| {
            let (room, mut block) = rows(part, self.sequence, name, ctx)?;
            for (n, step) in self.sequence.steps.iter().enumerate() {
                let value = if part.steps.contains(&n) {
                    meets(room.rest(&step.window, &step.filter))
                } else {
                    boolean(false)
                };
                block.columns.push(plain(&flag(n), value));
            }
            block.comment =
                vec!["the steps of a sequence: which rows are of which step, …".to_owned()];
            Some(block)
        });
        let mut first = parts.next().unwrap_or_default();
        first.also = parts.collect();
        first
    }

    /// One row per entity, `same` and moment.
    fn moments(&self, below: &str) -> Block {
        let mut columns: Vec<Column> = by(self.sequence)
            .into_iter()
            .chain([TIME])
            .map(|c| plain(c, column(ROWS, c, Type::Null)))
            .collect();
        let group_by = columns.len();
        for n in 0..self.sequence.steps.len() {
            let term = Term::Aggregate(Box::new(Aggregate {
                agg: Agg::Exists,
                arg: None,
                filter: vec![column(ROWS, &flag(n), Type::Boolean)],
            }));
            let any = Expr::new(ExprKind::Column(term), Type::Boolean, NOWHERE);
            columns.push(plain(&flag(n), any));
        }
        Block {
            name: format!("{}_moments", self.name),
            comment: vec!["… which moments, …".to_owned()],
            columns,
            from: Some(from(below, ROWS)),
            group_by,
            ..Block::default()
        }
    }

    /// Adds a block for each round of window functions, then the last one.
    fn rounds(&self, blocks: &mut Vec<Block>) {
        let steps = self.sequence.steps.len();
        let dids = self.dids();
        let mut pending: Vec<(String, BlockExpr, BlockExpr)> = Vec::new();
        for n in (0..steps).filter(|n| !dids.contains(n)) {
            pending.push((next(n), self.is(n), self.time()));
        }
        for (k, step) in dids.iter().copied().enumerate().rev() {
            let after = dids.get(k + 1).copied();
            // What the condition of this step reads must stand in a block below.
            let reads = after.is_some() || !self.nots(step, after).is_empty();
            if reads && !pending.is_empty() {
                let block = self.window(std::mem::take(&mut pending), blocks);
                blocks.push(block);
            }
            let mut matched = vec![self.is(step)];
            matched.extend(self.completes(step, after));
            if k == 0 {
                matched.extend(self.in_total(after));
                let below = blocks.last().map_or_else(String::new, |b| b.name.clone());
                blocks.push(self.who(&below, matched));
                return;
            }
            let matched = all(matched);
            pending.push((next(step), matched.clone(), self.time()));
            if let (Some(_), Some(after)) = (self.sequence.total, after) {
                pending.push((end(step), matched, self.end(after)));
            }
        }
    }

    /// All columns so far, and for each pending one the smallest value, where the condition holds, of the rows after.
    fn window(&self, pending: Vec<(String, BlockExpr, BlockExpr)>, blocks: &[Block]) -> Block {
        let below = blocks.last().map_or("", |b| b.name.as_str());
        let partition: Vec<BlockExpr> = by(self.sequence)
            .into_iter()
            .map(|c| column(MOMENTS, c, Type::Null))
            .collect();
        let columns = pending.into_iter().map(|(name, matched, value)| {
            let ty = value.ty.clone();
            let none = Expr::literal(Literal::Null, ty.clone(), NOWHERE);
            let kind = ExprKind::Case {
                whens: vec![(matched, value)],
                otherwise: Box::new(none),
            };
            let term = Term::Window(Box::new(Window {
                function: WindowFunction::SmallestAfter(Expr::new(kind, ty.clone(), NOWHERE)),
                partition: partition.clone(),
                order: vec![Order {
                    by: self.time(),
                    descending: false,
                }],
            }));
            plain(&name, Expr::new(ExprKind::Column(term), ty, NOWHERE))
        });
        Block {
            name: format!("{}_next_{}", self.name, blocks.len() - 1),
            comment: vec!["… which moment can follow each, from the end, …".to_owned()],
            all_of: Some(MOMENTS.to_owned()),
            columns: columns.collect(),
            from: Some(from(below, MOMENTS)),
            ..Block::default()
        }
    }

    fn is(&self, step: usize) -> BlockExpr {
        column(MOMENTS, &flag(step), Type::Boolean)
    }
}

/// True or false, never NULL.
fn meets(conditions: Vec<BlockExpr>) -> BlockExpr {
    if conditions.is_empty() {
        return boolean(true);
    }
    test(Func::Coalesce, vec![all(conditions), boolean(false)])
}
