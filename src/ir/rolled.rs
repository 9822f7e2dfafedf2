//! A rollup → its block, and what is computed from it: a row per entity and value to one per entity.

use super::block::{Block, BlockExpr, Column, Join, Term};
use super::names::{Taken, agg_name};
use super::optimize::computed_from;
use super::parts::{Part, combined, later, of_values};
use super::predicate::{NOWHERE, column, int, test};
use super::scan::{Context, Room, aggregate, key_columns, named};
use super::select::source;
use super::{Rollup, Scan, Shape};
use crate::expr::{Agg, Expr, ExprKind, Func, Type};
use crate::model::{Measure, RowExpr, Window};

/// What the value is called.
const VALUE: &str = "value";

/// The name of a rollup, as far as it does not say which rows are read.
pub(super) fn name(rollup: &Rollup, relation: &str) -> String {
    format!("{relation}_by_{}", of(rollup))
}

/// A word for what rows are grouped by.
pub(super) fn of(rollup: &Rollup) -> String {
    word(&rollup.value)
}

fn word(of: &RowExpr) -> String {
    let mut columns = Vec::new();
    of.each_column(&mut |c| columns.push(c));
    let only = columns.first().filter(|_| columns.len() == 1);
    only.map_or_else(|| VALUE.to_owned(), |c| super::names::plain(&c.name))
}

/// A rollup with the parts that its scans need.
pub(super) struct Rolled<'a> {
    rollup: &'a Rollup,
    room: Room<'a>,
    ctx: &'a Context<'a>,
    /// Its last columns are the parts.
    pub(super) block: Block,
}

impl<'a> Rolled<'a> {
    /// `scans`: all of the plan; `n`: which rollup this is.
    pub(super) fn new(
        (n, rollup): (usize, &'a Rollup),
        scans: &[Scan],
        name: &'a str,
        ctx: &'a Context<'a>,
    ) -> Option<Self> {
        let room = Room::new(&rollup.scan, name, ctx)?;
        let mut block = room.rows(name.to_owned());
        let value = room.aliases.expr(&rollup.value);
        block.comment = vec![room.described(&format!(" by {}", of(rollup)))];
        block
            .filter
            .push(test(Func::IsNotNull, vec![value.clone()]));
        block.columns = room.key_outputs();
        block.columns.push(named(VALUE, value));
        block.group_by = block.columns.len();
        let mut taken = Taken::default();
        block.columns.iter().for_each(|c| taken.reserve(&c.name));
        let mut rolled = Self {
            rollup,
            room,
            ctx,
            block,
        };
        for measure in computed_from(scans, n, ctx.model) {
            if let Some((wanted, part)) = rolled.part(measure)
                && rolled.known(&part).is_none()
            {
                let name = taken.unique(&wanted);
                rolled.block.columns.push(named(&name, part));
            }
        }
        Some(rolled)
    }

    /// What a measure needs, and what that is called; none if every row of the rollup counts.
    fn part(&self, measure: &Measure) -> Option<(String, BlockExpr)> {
        let room = &self.room;
        let ends = |until: Option<&_>| Window {
            from: None,
            until: until.cloned(),
        };
        let (value, from) = (&self.rollup.value, self.rollup.scan.from.as_ref());
        Some(match Part::of(measure, value, from)? {
            Part::Any { until, filter } => {
                let filter = room.rest(&ends(until), filter);
                if filter.is_empty() {
                    return None;
                }
                let any = aggregate(Agg::Exists, None, filter, Type::Boolean);
                ("counts".to_owned(), any)
            }
            Part::Latest { until, filter } => {
                let time = room.relation.time.as_ref()?;
                let at = room.aliases.col(&time.col, time.ty.clone());
                let filter = room.rest(&ends(until), filter);
                let latest = aggregate(Agg::Max, Some(at), filter, time.ty.clone());
                ("latest".to_owned(), latest)
            }
            Part::Of {
                agg,
                arg,
                ty,
                window,
                filter,
            } => {
                let rows = room.rest(window, filter);
                let name = arg.map_or_else(
                    || "row_count".to_owned(),
                    |a| format!("{}_{}", agg_name(agg), word(a)),
                );
                let arg = arg.map(|a| room.aliases.expr(a));
                (name, aggregate(agg, arg, rows, ty))
            }
        })
    }

    /// The column with a part.
    fn known(&self, part: &BlockExpr) -> Option<BlockExpr> {
        let parts = self.block.columns.iter().skip(self.block.group_by);
        let found = parts.into_iter().find(|c| c.value == *part)?;
        Some(self.column(&found.name, part.ty.clone()))
    }

    fn column(&self, name: &str, ty: Type) -> BlockExpr {
        column(&self.block.name, name, ty)
    }

    /// The blocks of a scan that is computed from it; the last one is called `name`.
    pub(super) fn blocks(&self, scan: &'a Scan, name: &'a str) -> Vec<Block> {
        let Some(room) = Room::new(scan, name, self.ctx) else {
            return Vec::new();
        };
        match scan.shape {
            Shape::Ranked { least, again } => self.ranked(&room, least, again),
            Shape::Distinct => vec![self.counted(&room)],
            // These ask about rows.
            Shape::Aggregate | Shape::Chosen { .. } => Vec::new(),
        }
    }

    /// Whether a measure counts a value.
    fn counts(&self, measure: &Measure) -> Option<BlockExpr> {
        let (_, part) = self.part(measure)?;
        let known = self.known(&part)?;
        let time = self.room.relation.time.as_ref();
        let from = later(measure, self.rollup.scan.from.as_ref()).zip(time);
        Some(match from {
            Some((from, time)) => {
                let from = Expr::literal(from.clone(), time.ty.clone(), NOWHERE);
                test(Func::Ge, vec![known, from])
            }
            None => known,
        })
    }

    /// What a scan computes things over that are no numbers of distinct values.
    pub(super) fn mixed(&self, scan: &Scan) -> Option<String> {
        let measures = scan.measures.iter();
        let mut measures = measures.filter_map(|m| self.ctx.model.measures.get(m.index()));
        measures
            .any(|m| combined(m).is_some())
            .then(|| of(self.rollup))
    }

    /// What each measure makes of the values that it counts.
    fn counted(&self, room: &Room<'_>) -> Block {
        let mut counted = room.of(&self.block.name);
        counted.group_by = counted.columns.len();
        for (id, measure, name) in room.measures() {
            let Some(value) = self.value(measure) else {
                continue;
            };
            counted.columns.push(Column {
                name,
                value,
                comment: room.used_by(id),
            });
        }
        counted.comment = vec![match self.mixed(room.scan) {
            Some(of) => room.described(&format!(" over {of}")),
            None => room.comment(),
        }];
        counted
    }

    fn value(&self, measure: &Measure) -> Option<BlockExpr> {
        let picked = of_values(measure, &self.rollup.value);
        let mut filter: Vec<BlockExpr> = picked.map(|c| self.picked(c)).collect();
        let ty = measure.ty.clone();
        match combined(measure) {
            None => {
                filter.extend(self.counts(measure));
                Some(aggregate(Agg::Count, None, filter, ty))
            }
            Some(Agg::Exists) => {
                filter.extend(self.counts(measure));
                Some(aggregate(Agg::Exists, None, filter, ty))
            }
            Some(agg) => {
                let (_, part) = self.part(measure)?;
                let all = aggregate(agg, Some(self.known(&part)?), filter, ty.clone());
                // A count is a number, even of no rows; other aggregates of none are NULL.
                Some(if measure.agg == Agg::Count {
                    Expr::call(Func::Coalesce, vec![all, int(0)], ty, NOWHERE)
                } else {
                    all
                })
            }
        }
    }

    /// A condition on the value, of this rollup's column; what it is compared with are constants.
    fn picked(&self, condition: &RowExpr) -> BlockExpr {
        let ExprKind::Call(func, args) = &condition.kind else {
            return self.room.aliases.expr(condition);
        };
        let args = args.iter().map(|arg| {
            if *arg == self.rollup.value {
                self.column(VALUE, arg.ty.clone())
            } else {
                self.room.aliases.expr(arg)
            }
        });
        Expr::call(*func, args.collect(), condition.ty.clone(), condition.at)
    }

    /// The smallest of the values with the most or the fewest rows. `again`: how many these have is found first.
    fn ranked(&self, room: &Room<'_>, least: bool, again: bool) -> Vec<Block> {
        let Some((id, measure, name)) = room.measures().next() else {
            return Vec::new();
        };
        let Some((_, part)) = self.part(measure) else {
            return Vec::new();
        };
        let Some(rows) = self.known(&part) else {
            return Vec::new();
        };
        // Values of rows that do not count are in the rollup too.
        let some = filtered(&part).then(|| test(Func::Gt, vec![rows.clone(), int(0)]));
        let value = self.column(VALUE, measure.ty.clone());
        if !again {
            return room.first_by_rows(&self.block.name, value, rows, some, least);
        }
        let mut best = room.of(&self.block.name);
        best.name = format!("{}_count", best.name);
        best.group_by = best.columns.len();
        best.filter.extend(some);
        let agg = if least { Agg::Min } else { Agg::Max };
        best.columns.push(named(
            "row_count",
            aggregate(agg, Some(rows.clone()), Vec::new(), Type::Int),
        ));
        let on =
            |name: &str, left| test(Func::Eq, vec![left, column(&best.name, name, Type::Null)]);
        // Its rows are those with the most or the fewest.
        let keys = key_columns(room.relation);
        let keys = keys.iter().map(|k| on(k, self.column(k, Type::Null)));
        let mut last = room.of(&self.block.name);
        last.group_by = last.columns.len();
        last.joins.push(Join {
            on: keys.chain([on("row_count", rows)]).collect(),
            to: source(&best.name),
            left: false,
        });
        last.columns.push(Column {
            name,
            value: aggregate(Agg::Min, Some(value), Vec::new(), measure.ty.clone()),
            comment: room.used_by(id),
        });
        last.comment = vec![room.comment()];
        vec![best, last]
    }
}

/// Whether rows of a value need not count.
fn filtered(part: &BlockExpr) -> bool {
    matches!(&part.kind, ExprKind::Column(Term::Aggregate(a)) if !a.filter.is_empty())
}

/// Whether every warehouse has MIN of it, and puts it in the order of ORDER BY: Snowflake has none of booleans, and floats that
/// are no numbers are in no order that all agree on.
pub(super) fn has_least(ty: &Type) -> bool {
    match ty {
        Type::Int
        | Type::Decimal { .. }
        | Type::String
        | Type::Date
        | Type::Timestamp
        | Type::Datetime => true,
        Type::Boolean | Type::Float | Type::Json | Type::Array(_) | Type::Null => false,
    }
}
