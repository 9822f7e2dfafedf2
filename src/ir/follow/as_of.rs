//! Sequences by as-of joins: each row of a step with the next row of the step after it, and of the steps that must not come between.

use super::super::block::{Block, Join};
use super::super::predicate::{column, test};
use super::super::scan::Context;
use super::{END, Follow, MOMENTS, TIME, by, from, next, plain, rows};
use crate::expr::{Func, Type};

impl Follow<'_> {
    pub(super) fn by_joins(&self, ctx: &Context<'_>) -> Vec<Block> {
        let mut blocks: Vec<Block> = self
            .found
            .scans
            .iter()
            .filter_map(|part| {
                let step = *part.steps.first()?;
                let name = self.rows_of(step);
                let (room, mut block) = rows(part, self.sequence, &name, ctx)?;
                if let Some(step) = self.sequence.steps.get(step) {
                    block.filter.extend(room.rest(&step.window, &step.filter));
                }
                block.comment = vec![format!(
                    "a step of a sequence: the rows of step {}, …",
                    step + 1
                )];
                Some(block)
            })
            .collect();
        let dids = self.dids();
        // Which rows of the step after this one can be followed to the end.
        let mut below = String::new();
        for (k, step) in dids.iter().copied().enumerate().rev() {
            let after = dids.get(k + 1).copied();
            let mut joins: Vec<Join> = after
                .map(|after| self.join(after, &below, false))
                .into_iter()
                .collect();
            let nots = self.nots(step, after);
            joins.extend(nots.map(|not| self.join(not, &self.rows_of(not), true)));
            let mut completes = self.completes(step, after);
            if k == 0 {
                completes.extend(self.in_total(after));
                let mut who = self.who(&self.rows_of(step), completes);
                who.joins = joins;
                blocks.push(who);
            } else if joins.is_empty() {
                below = self.rows_of(step);
            } else {
                below = format!("{}_from_{}", self.name, step + 1);
                let common = by(self.sequence).into_iter().chain([TIME]);
                let common = common.map(|c| plain(c, column(MOMENTS, c, Type::Null)));
                let end = self
                    .sequence
                    .total
                    .and(after)
                    .map(|after| plain(END, self.end(after)));
                blocks.push(Block {
                    name: below.clone(),
                    comment: vec![
                        "… which of them the rest can follow, from the end, …".to_owned(),
                    ],
                    columns: common.chain(end).collect(),
                    from: Some(from(&self.rows_of(step), MOMENTS)),
                    joins,
                    filter: completes,
                    ..Block::default()
                });
            }
        }
        blocks
    }

    fn rows_of(&self, step: usize) -> String {
        format!("{}_step_{}", self.name, step + 1)
    }

    /// Each moment with the next row of a step, of those in a block.
    fn join(&self, step: usize, of: &str, left: bool) -> Join {
        let to = from(of, &next(step));
        let equal = by(self.sequence).into_iter().map(|c| {
            let next = column(&to.alias, c, Type::Null);
            test(Func::Eq, vec![column(MOMENTS, c, Type::Null), next])
        });
        let later = test(Func::Lt, vec![self.time(), self.next(step)]);
        Join {
            on: equal.chain([later]).collect(),
            to,
            left,
            as_of: true,
        }
    }
}
