//! Sequences → blocks: from the rows of the steps to who did it.
//!
//! From the last step to the first, every row learns which row can follow it. From a matched row the next one must lie in (t, end],
//! where the end depends on that row alone (`within`, the next row of a `did_not`): so the earliest row from which the rest of the
//! sequence can be completed is as good as any later one, however durations are counted. The earliest completion is monotone for the
//! same reason, so that `total` needs no more than that one.

mod as_of;
mod windows;

use super::SequenceScan;
use super::block::{Aggregate, Block, BlockExpr, Column, From, Source, Term};
use super::predicate::{NOWHERE, boolean, column, int, test};
use super::scan::{Context, Room};
use super::sequence::{StepScan, beginning};
use super::show::capped;
use crate::expr::{Agg, Expr, ExprKind, Func, Type};
use crate::model::{Atom, Sequence};
use crate::spec::Duration;

/// The blocks of a sequence; the last one is called `name` and has a row for every entity that did it.
pub(super) fn blocks(found: &SequenceScan, name: &str, ctx: &Context<'_>) -> Vec<Block> {
    let Some(sequence) = ctx.model.sequences.get(found.id.index()) else {
        return Vec::new();
    };
    let follow = Follow {
        found,
        sequence,
        name,
    };
    let mut blocks = if found.as_of {
        follow.by_joins(ctx)
    } else {
        follow.by_windows(ctx)
    };
    if let Some(last) = blocks.last_mut() {
        last.comment = vec!["who did it, from the first step to the last".to_owned()];
        for id in found.ids() {
            let users = ctx.users.get(&Atom::Sequence(id)).map(|u| capped(u));
            last.columns.push(Column {
                name: ctx.names.sequences.get(&id).cloned().unwrap_or_default(),
                value: match beginning(id, ctx.model).filter(|_| id != found.id) {
                    None => boolean(true),
                    Some(from) => test(
                        Func::Ge,
                        vec![
                            latest(sequence),
                            Expr::literal(from.clone(), sequence.time.clone(), NOWHERE),
                        ],
                    ),
                },
                comment: users.map(|u| format!("used by {u}")),
            });
        }
    }
    blocks
}

/// When the latest row that begins the sequence happened.
fn latest(sequence: &Sequence) -> BlockExpr {
    let term = Term::Aggregate(Box::new(Aggregate {
        agg: Agg::Max,
        arg: Some(column(MOMENTS, TIME, sequence.time.clone())),
        filter: Vec::new(),
    }));
    Expr::new(ExprKind::Column(term), sequence.time.clone(), NOWHERE)
}

/// What rows and moments are called where they are read.
const MOMENTS: &str = "moments";
const KEY: &str = "entity_key";
const SAME: &str = "same_value";
const TIME: &str = "event_time";

/// When the sequence is through, of a joined row.
const END: &str = "end_time";

/// When the sequence is through, from a step's next row on.
fn end(step: usize) -> String {
    format!("end_{}", step + 1)
}

/// When a step's next row is; of joins, the row itself.
fn next(step: usize) -> String {
    format!("next_{}", step + 1)
}

fn plain(name: &str, value: BlockExpr) -> Column {
    Column {
        name: name.to_owned(),
        value,
        comment: None,
    }
}

/// What rows of one sequence have in common.
fn by(sequence: &Sequence) -> Vec<&'static str> {
    let same = sequence.steps.first().is_some_and(|s| s.same.is_some());
    let mut by = vec![KEY];
    if same {
        by.push(SAME);
    }
    by
}

fn from(block: &str, alias: &str) -> From {
    From {
        source: Source::Block(block.to_owned()),
        alias: alias.to_owned(),
    }
}

/// The key, `same` and the time of the rows of some steps.
fn rows<'a>(
    part: &'a StepScan,
    sequence: &Sequence,
    name: &'a str,
    ctx: &'a Context<'a>,
) -> Option<(Room<'a>, Block)> {
    let room = Room::new(&part.scan, name, ctx)?;
    let time = room.relation.time.as_ref()?;
    let mut block = room.rows(name.to_owned());
    block.columns = room.key_outputs();
    let first = part.steps.first().and_then(|n| sequence.steps.get(*n));
    if let Some(same) = first.and_then(|s| s.same.as_ref()) {
        let value = room.aliases.expr(same);
        block
            .filter
            .push(test(Func::IsNotNull, vec![value.clone()]));
        block.columns.push(plain(SAME, value));
    }
    let at = room.aliases.col(&time.col, time.ty.clone());
    block.columns.push(plain(TIME, at));
    Some((room, block))
}

/// From the rows of the steps to who did it.
struct Follow<'a> {
    found: &'a SequenceScan,
    sequence: &'a Sequence,
    name: &'a str,
}

impl Follow<'_> {
    /// The steps that somebody did.
    fn dids(&self) -> Vec<usize> {
        let steps = self.sequence.steps.iter().enumerate();
        steps.filter(|(_, s)| s.did).map(|(n, _)| n).collect()
    }

    /// The steps between a `did` and the next one, or the end: nobody did these.
    fn nots(&self, step: usize, after: Option<usize>) -> std::ops::Range<usize> {
        step + 1..after.unwrap_or(self.sequence.steps.len())
    }

    /// The last block: a row for everybody with a moment that begins the sequence.
    fn who(&self, below: &str, begins: Vec<BlockExpr>) -> Block {
        Block {
            name: self.name.to_owned(),
            columns: vec![plain(KEY, column(MOMENTS, KEY, Type::Null))],
            from: Some(from(below, MOMENTS)),
            filter: begins,
            group_by: 1,
            ..Block::default()
        }
    }

    fn time(&self) -> BlockExpr {
        column(MOMENTS, TIME, self.sequence.time.clone())
    }

    fn next(&self, step: usize) -> BlockExpr {
        let ty = self.sequence.time.clone();
        if self.found.as_of {
            return column(&next(step), TIME, ty);
        }
        column(MOMENTS, &next(step), ty)
    }

    /// When the sequence is through, from a step's next row on.
    fn end(&self, step: usize) -> BlockExpr {
        if self.dids().last() == Some(&step) {
            return self.next(step);
        }
        let ty = self.sequence.time.clone();
        if self.found.as_of {
            return column(&next(step), END, ty);
        }
        column(MOMENTS, &end(step), ty)
    }

    /// Whether a row that begins the sequence is not too long before its end.
    fn in_total(&self, after: Option<usize>) -> Option<BlockExpr> {
        let total = self.plus(self.sequence.total?);
        Some(test(Func::Le, vec![self.end(after?), total]))
    }

    fn plus(&self, duration: Duration) -> BlockExpr {
        Expr::call(
            Func::DateAdd(duration.unit),
            vec![int(i64::from(duration.count)), self.time()],
            self.sequence.time.clone(),
            NOWHERE,
        )
    }

    /// What makes a moment one from which the sequence can be completed, beside being a row of the step.
    fn completes(&self, step: usize, after: Option<usize>) -> Vec<BlockExpr> {
        let steps = &self.sequence.steps;
        let within = |n: usize| steps.get(n).and_then(|s| s.within);
        let nots = self.nots(step, after).map(|n| (self.next(n), within(n)));
        let none = |x: &BlockExpr| test(Func::IsNull, vec![x.clone()]);
        let or = |a, b| test(Func::Or, vec![a, b]);
        let mut conditions = Vec::new();
        if let Some(after) = after {
            let next = self.next(after);
            conditions.extend(match within(after) {
                Some(within) => Some(test(Func::Le, vec![next.clone(), self.plus(within)])),
                // A row without one is not joined.
                None if self.found.as_of => None,
                None => Some(test(Func::IsNotNull, vec![next.clone()])),
            });
            conditions.extend(
                nots.map(|(not, _)| or(none(&not), test(Func::Ge, vec![not, next.clone()]))),
            );
            return conditions;
        }
        for (not, within) in nots {
            match within {
                None => conditions.push(none(&not)),
                Some(within) => {
                    let ty = self.sequence.time.clone();
                    let passed = Expr::literal(self.sequence.passed.clone(), ty, NOWHERE);
                    let deadline = self.plus(within);
                    conditions.push(test(Func::Le, vec![deadline.clone(), passed]));
                    conditions.push(or(none(&not), test(Func::Gt, vec![not, deadline])));
                }
            }
        }
        conditions
    }
}
