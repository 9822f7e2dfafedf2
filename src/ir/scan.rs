//! One scan → its blocks: rows to one row per entity.

use super::block::{
    Aggregate, Block, BlockExpr, Column, From, Join, Order, Source, Term, Window, WindowFunction,
};
use super::names::{Taken, ahead, label, plain};
use super::predicate::{column, int, test};
use super::show::capped;
use super::{Names, Scan, Shape};
use crate::expr::{Agg, Expr, ExprKind, Func, Literal, Type};
use crate::model::{
    Atom, Col, Frame, JoinKind, Measure, MeasureId, Model, Relation, RowExpr, TimeColumn,
};
use std::collections::HashMap;

/// What the blocks of all scans share.
pub(super) struct Context<'a> {
    pub(super) model: &'a Model,
    pub(super) names: &'a Names,
    pub(super) users: &'a HashMap<Atom, Vec<String>>,
    /// The key of the one entity that is asked about: no other's rows are read.
    pub(super) only: Option<&'a Literal>,
}

/// A frame's slots under unique aliases.
pub(super) struct Aliases(Vec<String>);

impl Aliases {
    pub(super) fn new(frame: &Frame) -> Self {
        let mut taken = Taken::default();
        Self(
            frame
                .slots
                .iter()
                .map(|s| taken.unique(&plain(&s.name)))
                .collect(),
        )
    }

    pub(super) fn get(&self, slot: usize) -> &str {
        self.0.get(slot).map_or("", String::as_str)
    }

    pub(super) fn col(&self, col: &Col, ty: Type) -> BlockExpr {
        column(self.get(col.slot), &col.name, ty)
    }

    pub(super) fn expr(&self, e: &RowExpr) -> BlockExpr {
        e.substitute(&mut |col, ty, at| {
            let mut c = self.col(col, ty.clone());
            c.at = at;
            c
        })
    }

    /// FROM and the joins to `slots`.
    pub(super) fn joined(&self, frame: &Frame, slots: &[usize]) -> (Option<From>, Vec<Join>) {
        let source = |n: usize| {
            frame.slots.get(n).map(|slot| From {
                source: Source::Table(slot.table),
                alias: self.get(n).to_owned(),
            })
        };
        let join = |n: &usize| {
            let j = frame.slots.get(*n)?.join.as_ref()?;
            let on = j.on.iter().map(|(left, right)| {
                // Only their equality matters here, not their type.
                let left = column(self.get(j.from), left, Type::Null);
                test(
                    Func::Eq,
                    vec![left, column(self.get(*n), right, Type::Null)],
                )
            });
            Some(Join {
                to: source(*n)?,
                left: j.kind == JoinKind::Lookup,
                on: on.collect(),
            })
        };
        (source(0), slots.iter().filter_map(join).collect())
    }
}

/// What the time of a chosen row is called.
const TIME: &str = "row_time";

/// The names of the key columns that a scan's last block gives.
pub(super) fn key_columns(relation: &Relation) -> Vec<String> {
    (0..relation.owner.len())
        .map(|n| match n {
            0 => "entity_key".to_owned(),
            _ => format!("entity_key_{}", n + 1),
        })
        .collect()
}

/// The blocks of a scan; the last one is called `name`.
pub(super) fn blocks(scan: &Scan, name: &str, ctx: &Context<'_>) -> Vec<Block> {
    let Some(room) = Room::new(scan, name, ctx) else {
        return Vec::new();
    };
    match scan.shape {
        Shape::Aggregate => vec![room.aggregate()],
        Shape::Distinct => room.distinct(),
        Shape::Chosen { last, again } => room.chosen(last, again),
        Shape::Ranked { least, .. } => room.ranked(least),
    }
}

/// A scan while its blocks are made.
pub(super) struct Room<'a> {
    pub(super) scan: &'a Scan,
    pub(super) relation: &'a Relation,
    pub(super) aliases: Aliases,
    ctx: &'a Context<'a>,
    name: &'a str,
}

impl<'a> Room<'a> {
    pub(super) fn new(scan: &'a Scan, name: &'a str, ctx: &'a Context<'a>) -> Option<Self> {
        let relation = ctx.model.relations.get(scan.relation.index())?;
        Some(Self {
            scan,
            relation,
            aliases: Aliases::new(&relation.frame),
            ctx,
            name,
        })
    }

    /// The scan's rows: joins and WHERE, no columns yet.
    pub(super) fn rows(&self, name: String) -> Block {
        let (from, joins) = self.aliases.joined(&self.relation.frame, &self.scan.slots);
        let expr = |e: &RowExpr| self.aliases.expr(e);
        let mut filter: Vec<BlockExpr> = self.relation.filter.iter().map(expr).collect();
        filter.extend(
            self.keys()
                .into_iter()
                .map(|k| test(Func::IsNotNull, vec![k])),
        );
        // A row finds its entity by the entity's key alone, so that this is the only pair.
        for (_, col) in &self.relation.owner {
            let key = self.ctx.model.entities.get(self.relation.entity.index());
            if let (Some(only), Some(entity)) = (self.ctx.only, key) {
                let ty = entity.key_type.clone();
                let key = Expr::literal(only.clone(), ty.clone(), super::predicate::NOWHERE);
                filter.push(test(Func::Eq, vec![self.aliases.col(col, ty), key]));
            }
        }
        for (time, bound) in &self.relation.past {
            let own = self.relation.time.as_ref() == Some(time);
            // A scan's end is earlier, or, where rows ahead are asked about, later.
            let end = self.scan.until.as_ref().filter(|_| own);
            filter.push(self.bound(Func::Lt, time, end.unwrap_or(bound)));
        }
        if let (Some(time), Some(from)) = (&self.relation.time, &self.scan.from) {
            filter.push(self.bound(Func::Ge, time, from));
        }
        filter.extend(self.scan.all_of.iter().map(expr));
        let alternatives: Vec<BlockExpr> = self
            .scan
            .any_of
            .iter()
            .map(|a| all(a.iter().map(expr).collect()))
            .collect();
        filter.extend(either(alternatives));
        Block {
            name,
            comment: vec![self.comment()],
            from,
            joins,
            filter,
            ..Block::default()
        }
    }

    fn bound(&self, func: Func, time: &TimeColumn, bound: &Literal) -> BlockExpr {
        let at = super::predicate::NOWHERE;
        let bound = Expr::literal(bound.clone(), time.ty.clone(), at);
        test(
            func,
            vec![self.aliases.col(&time.col, time.ty.clone()), bound],
        )
    }

    fn keys(&self) -> Vec<BlockExpr> {
        self.relation
            .owner
            .iter()
            .map(|(_, col)| self.aliases.col(col, Type::Null))
            .collect()
    }

    pub(super) fn key_outputs(&self) -> Vec<Column> {
        let names = key_columns(self.relation);
        names
            .into_iter()
            .zip(self.keys())
            .map(|(name, value)| Column {
                name,
                value,
                comment: None,
            })
            .collect()
    }

    pub(super) fn comment(&self) -> String {
        let what = match self.scan.shape {
            Shape::Aggregate => "",
            Shape::Distinct => "distinct values in ",
            Shape::Chosen { last: false, .. } => "the first row per entity of ",
            Shape::Chosen { last: true, .. } => "the last row per entity of ",
            Shape::Ranked { least: false, .. } => "the most frequent value in ",
            Shape::Ranked { least: true, .. } => "the least frequent value in ",
        };
        format!("{what}{}", self.described(""))
    }

    /// The relation, something about it, and when its rows are of.
    pub(super) fn described(&self, how: &str) -> String {
        let model = self.ctx.model;
        let (from, until) = (self.scan.from.as_ref(), self.scan.until.as_ref());
        let when = match (
            ahead(self.scan.relation, from, until, model),
            from.and_then(|l| label(l, model)),
        ) {
            (Some(ahead), _) if from.is_some() => format!("the {ahead}"),
            (Some(ahead), _) => ahead,
            (None, Some(back)) => format!("the last {back}"),
            (None, None) => "all time".to_owned(),
        };
        format!("{}{how}, {when}", self.relation.name)
    }

    pub(super) fn measures(&self) -> impl Iterator<Item = (MeasureId, &Measure, String)> {
        self.scan.measures.iter().filter_map(|id| {
            let measure = self.ctx.model.measures.get(id.index())?;
            Some((*id, measure, self.ctx.names.measures.get(id)?.clone()))
        })
    }

    pub(super) fn used_by(&self, id: MeasureId) -> Option<String> {
        self.ctx
            .users
            .get(&Atom::Measure(id))
            .map(|u| format!("used by {}", capped(u)))
    }

    fn aggregate(&self) -> Block {
        let mut block = self.rows(self.name.to_owned());
        block.columns = self.key_outputs();
        block.group_by = block.columns.len();
        for (id, measure, name) in self.measures() {
            let term = Term::Aggregate(Box::new(Aggregate {
                agg: measure.agg,
                arg: measure.arg.as_ref().map(|a| self.aliases.expr(a)),
                filter: self.own_filter(measure),
            }));
            block.columns.push(Column {
                name,
                value: Expr::new(ExprKind::Column(term), measure.ty.clone(), place(measure)),
                comment: self.used_by(id),
            });
        }
        block
    }

    /// What of a measure's window and filter its scan does not already see to.
    fn own_filter(&self, measure: &Measure) -> Vec<BlockExpr> {
        self.rest(&measure.window, &measure.filter)
    }

    /// What of a window and a filter the scan does not already see to.
    pub(super) fn rest<'e>(
        &self,
        window: &crate::model::Window,
        own: impl IntoIterator<Item = &'e RowExpr>,
    ) -> Vec<BlockExpr> {
        let mut filter: Vec<BlockExpr> = Vec::new();
        if let Some(time) = &self.relation.time {
            let read = self.scan.until.as_ref().or(self.relation.now());
            if let Some(from) = &window.from
                && window.from != self.scan.from
            {
                filter.push(self.bound(Func::Ge, time, from));
            }
            if let Some(until) = &window.until
                && Some(until) != read
            {
                filter.push(self.bound(Func::Lt, time, until));
            }
        }
        let own = own.into_iter();
        let own = own.filter(|c| !self.scan.all_of.contains(c));
        filter.extend(own.map(|c| self.aliases.expr(c)));
        filter
    }

    /// A row per entity and value, with whether each measure counts it; then how many each counts.
    fn distinct(&self) -> Vec<Block> {
        let mut values = self.rows(format!("{}_values", self.name));
        values.columns = self.key_outputs();
        let first = self.measures().next();
        let Some(value) = first.and_then(|(_, m, _)| Some(self.aliases.expr(m.arg.as_ref()?)))
        else {
            return Vec::new();
        };
        values
            .filter
            .push(test(Func::IsNotNull, vec![value.clone()]));
        values.columns.push(named("value", value));
        values.group_by = values.columns.len();
        let mut counted = self.of(&values.name);
        counted.group_by = counted.columns.len();
        for (id, measure, name) in self.measures() {
            let filter = self.own_filter(measure);
            let counts = (!filter.is_empty()).then(|| {
                values.columns.push(Column {
                    name: name.clone(),
                    value: aggregate(Agg::Exists, None, filter, Type::Boolean),
                    comment: None,
                });
                column(&values.name, &name, Type::Boolean)
            });
            let counts = counts.into_iter().collect();
            counted.columns.push(Column {
                value: aggregate(Agg::Count, None, counts, measure.ty.clone()),
                name,
                comment: self.used_by(id),
            });
        }
        counted.comment = std::mem::take(&mut values.comment);
        vec![values, counted]
    }

    /// When the chosen row of each entity happened.
    fn times(&self, last: bool, time: &TimeColumn) -> Block {
        let mut times = self.rows(format!("{}_times", self.name));
        times.columns = self.key_outputs();
        times.group_by = times.columns.len();
        let agg = if last { Agg::Max } else { Agg::Min };
        let at = self.aliases.col(&time.col, time.ty.clone());
        times.columns.push(named(
            TIME,
            aggregate(agg, Some(at), Vec::new(), time.ty.clone()),
        ));
        times
    }

    /// Rows in their total order, then the one at position 1. `again`: of the rows of the right time alone.
    fn chosen(&self, last: bool, again: bool) -> Vec<Block> {
        let mut rows = self.rows(format!("{}_rows", self.name));
        rows.columns = self.key_outputs();
        let mut order = Vec::new();
        let time = self.relation.time.as_ref();
        let times = time.filter(|_| again).map(|time| {
            let times = self.times(last, time);
            let on = |left, name: &str| {
                test(Func::Eq, vec![left, column(&times.name, name, Type::Null)])
            };
            let names = key_columns(self.relation);
            let at = self.aliases.col(&time.col, time.ty.clone());
            let keys = self.keys().into_iter().zip(&names);
            let keys = keys.map(|(key, name)| on(key, name));
            rows.joins.push(Join {
                on: keys.chain([on(at, TIME)]).collect(),
                to: super::select::source(&times.name),
                left: false,
            });
            times
        });
        let by = |by: BlockExpr| Order {
            by,
            descending: last,
        };
        if let Some(time) = time.filter(|_| !again) {
            order.push(by(self.aliases.col(&time.col, time.ty.clone())));
        }
        let mut tie: Vec<String> = self.relation.key.clone();
        if tie.is_empty() {
            let table = self.relation.frame.slots.first().map(|s| s.table);
            let table = table.and_then(|t| self.ctx.model.tables.get(t.index()));
            tie.extend(
                table
                    .into_iter()
                    .flat_map(|t| &t.columns)
                    .map(|c| c.name.clone()),
            );
        }
        order.extend(
            tie.iter()
                .map(|c| by(column(self.aliases.get(0), c, Type::Null))),
        );
        let mut outer = self.outer(&rows.name);
        let mut by_value: HashMap<&RowExpr, String> = HashMap::new();
        let mut timed = false;
        for (id, measure, name) in self.measures() {
            let Some(arg) = &measure.arg else { continue };
            let inner = by_value.entry(arg).or_insert_with(|| {
                rows.columns.push(Column {
                    name: name.clone(),
                    value: self.aliases.expr(arg),
                    comment: None,
                });
                name.clone()
            });
            let value = column(&rows.name, inner, measure.ty.clone());
            let narrower = measure
                .window
                .from
                .as_ref()
                .filter(|_| measure.window.from != self.scan.from);
            let value = match time.zip(narrower) {
                None => value,
                Some((time, from)) => {
                    timed = true;
                    let at = column(&rows.name, TIME, time.ty.clone());
                    let from =
                        Expr::literal(from.clone(), time.ty.clone(), super::predicate::NOWHERE);
                    super::population::case(test(Func::Ge, vec![at, from]), value)
                }
            };
            outer.columns.push(Column {
                value,
                name,
                comment: self.used_by(id),
            });
        }
        if let Some(time) = time.filter(|_| timed) {
            rows.columns
                .push(named(TIME, self.aliases.col(&time.col, time.ty.clone())));
        }
        rows.columns.push(position(self.keys(), order));
        outer.comment = std::mem::take(&mut rows.comment);
        let mut blocks: Vec<Block> = times.into_iter().collect();
        if let Some(first) = blocks.first_mut() {
            first.comment = vec!["when it was, …".to_owned()];
        }
        blocks.extend([rows, outer]);
        blocks
    }

    /// Rows per value, values in order of that, then the one at position 1.
    fn ranked(&self, least: bool) -> Vec<Block> {
        let mut counted = self.rows(format!("{}_counts", self.name));
        let first = self.measures().next();
        let Some(value) = first.and_then(|(_, m, _)| Some(self.aliases.expr(m.arg.as_ref()?)))
        else {
            return Vec::new();
        };
        counted
            .filter
            .push(test(Func::IsNotNull, vec![value.clone()]));
        counted.columns = self.key_outputs();
        counted.columns.push(named("value", value.clone()));
        counted.group_by = counted.columns.len();
        let count = aggregate(Agg::Count, None, Vec::new(), Type::Int);
        counted.columns.push(named("row_count", count));
        counted.comment.clear();
        let value = column(&counted.name, "value", value.ty);
        let rows = column(&counted.name, "row_count", Type::Int);
        let mut blocks = self.first_by_rows(&counted.name, value, rows, None, least);
        blocks.insert(0, counted);
        blocks
    }

    /// Of the values in block `of`, each with its number of rows, the first one by that. `some`: which values there are.
    pub(super) fn first_by_rows(
        &self,
        of: &str,
        value: BlockExpr,
        count: BlockExpr,
        some: Option<BlockExpr>,
        least: bool,
    ) -> Vec<Block> {
        let Some((id, measure, name)) = self.measures().next() else {
            return Vec::new();
        };
        let mut rows = self.of(of);
        rows.name = format!("{}_rows", self.name);
        rows.filter.extend(some);
        let order = vec![
            Order {
                by: count,
                descending: !least,
            },
            Order {
                by: value.clone(),
                descending: false,
            },
        ];
        let keys = rows.columns.iter().map(|c| c.value.clone()).collect();
        rows.columns.push(named("value", value));
        rows.columns.push(position(keys, order));

        let mut outer = self.outer(&rows.name);
        outer.columns.push(Column {
            name,
            value: column(&rows.name, "value", measure.ty.clone()),
            comment: self.used_by(id),
        });
        outer.comment = vec![self.comment()];
        vec![rows, outer]
    }

    /// The keys of the rows of block `of` whose position is 1.
    fn outer(&self, of: &str) -> Block {
        Block {
            filter: vec![test(
                Func::Eq,
                vec![column(of, "row_position", Type::Int), int(1)],
            )],
            ..self.of(of)
        }
    }

    /// The keys of the rows of block `of`.
    pub(super) fn of(&self, of: &str) -> Block {
        let keys = key_columns(self.relation).into_iter().map(|name| Column {
            value: column(of, &name, Type::Null),
            name,
            comment: None,
        });
        Block {
            name: self.name.to_owned(),
            columns: keys.collect(),
            from: Some(From {
                source: Source::Block(of.to_owned()),
                alias: of.to_owned(),
            }),
            ..Block::default()
        }
    }
}

/// A column that nobody asks for by itself.
pub(super) fn named(name: &str, value: BlockExpr) -> Column {
    Column {
        name: name.to_owned(),
        value,
        comment: None,
    }
}

/// An aggregate of the rows of a group.
pub(super) fn aggregate(
    agg: Agg,
    arg: Option<BlockExpr>,
    filter: Vec<BlockExpr>,
    ty: Type,
) -> BlockExpr {
    let term = Term::Aggregate(Box::new(Aggregate { agg, arg, filter }));
    Expr::new(ExprKind::Column(term), ty, super::predicate::NOWHERE)
}

fn position(partition: Vec<BlockExpr>, order: Vec<Order>) -> Column {
    let term = Term::Window(Box::new(Window {
        function: WindowFunction::RowNumber,
        partition,
        order,
    }));
    Column {
        name: "row_position".to_owned(),
        value: Expr::new(ExprKind::Column(term), Type::Int, super::predicate::NOWHERE),
        comment: None,
    }
}

/// Where a measure's argument is written, for a dialect that cannot say it.
fn place(measure: &Measure) -> crate::source::At {
    let first = measure.arg.iter().chain(&measure.filter).next();
    first.map_or(super::predicate::NOWHERE, |e| e.at)
}

/// One expression for a conjunction.
pub(super) fn all(mut of: Vec<BlockExpr>) -> BlockExpr {
    match (of.len(), of.pop()) {
        (1, Some(only)) => only,
        (_, Some(last)) => {
            of.push(last);
            test(Func::And, of)
        }
        (_, None) => super::predicate::boolean(true),
    }
}

/// One expression for a disjunction; none for no alternatives.
fn either(mut of: Vec<BlockExpr>) -> Option<BlockExpr> {
    match of.len() {
        0 | 1 => of.pop(),
        _ => Some(test(Func::Or, of)),
    }
}
