//! Sequences in one pass: no row is joined with another.
//!
//! The rows of all steps are collapsed to one row per entity, `same` and moment, with a flag for each step. Then, from the last
//! step to the first, every moment learns by one window function which moment can follow it. From a matched row the next one
//! must lie in (t, end], where the end depends on that row alone (`within`, the next row of a `did_not`): so the earliest row
//! from which the rest of the sequence can be completed is as good as any later one, however durations are counted. The
//! earliest completion is monotone for the same reason, so that `total` needs no more than that one.

use super::block::{
    Aggregate, Block, BlockExpr, Column, From, Order, Source, Term, Window, WindowFunction,
};
use super::optimize::{later, widest_first};
use super::predicate::{NOWHERE, boolean, column, int, test};
use super::push::shared;
use super::scan::{Context, Room, all};
use super::show::capped;
use super::{Costs, Plan, Scan, Shape, across};
use crate::expr::{Agg, Expr, ExprKind, Func, Literal, Type};
use crate::model::calendar::earlier;
use crate::model::{Atom, Model, RelationId, RowExpr, Sequence, SequenceId, Step};
use crate::spec::Duration;
use std::collections::{BTreeMap, HashMap};

/// How a sequence is computed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SequenceScan {
    pub id: SequenceId,
    /// Those that differ from it in nothing but a later beginning: they hold where a late enough row begins it.
    pub narrower: Vec<SequenceId>,
    /// Every step stands in exactly one of these.
    pub scans: Vec<StepScan>,
    pub why: String,
}

/// One pass over one relation, for some steps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepScan {
    /// Without measures.
    pub scan: Scan,
    /// From 0, in order.
    pub steps: Vec<usize>,
}

impl SequenceScan {
    /// All sequences that it answers, the widest first.
    pub(super) fn ids(&self) -> impl Iterator<Item = SequenceId> {
        std::iter::once(self.id).chain(self.narrower.iter().copied())
    }

    pub(super) fn steps(&self) -> Vec<usize> {
        let mut steps: Vec<usize> = self.scans.iter().flat_map(|s| s.steps.clone()).collect();
        steps.sort_unstable();
        steps
    }
}

/// The naive way: a scan for every step.
pub(super) fn lower(id: SequenceId, model: &Model) -> Option<SequenceScan> {
    let sequence = model.sequences.get(id.index())?;
    let scans = sequence.steps.iter().enumerate().map(|(n, step)| StepScan {
        scan: Scan {
            from: step.window.from.clone(),
            until: step.window.until.clone(),
            all_of: step.filter.clone(),
            slots: slots(step.relation, model),
            ..scan(step.relation)
        },
        steps: vec![n],
    });
    Some(SequenceScan {
        id,
        narrower: Vec::new(),
        scans: scans.collect(),
        why: "naive: every step has its own scan".to_owned(),
    })
}

fn slots(relation: RelationId, model: &Model) -> Vec<usize> {
    let relation = model.relations.get(relation.index());
    relation.map_or_else(Vec::new, |r| across::slots(r, model, []))
}

fn scan(relation: RelationId) -> Scan {
    Scan {
        relation,
        shape: Shape::Aggregate,
        from: None,
        until: None,
        all_of: Vec::new(),
        any_of: Vec::new(),
        over: None,
        slots: Vec::new(),
        measures: Vec::new(),
        why: String::new(),
    }
}

/// One computation for all sequences that differ only in how far back the first step may lie. Whether a row begins the
/// sequence depends on the rows after it alone, so that the latest row that does answers for every window.
pub(super) fn share_windows(mut plan: Plan, model: &Model, _: &Costs) -> Plan {
    let mut alike: Vec<Vec<SequenceScan>> = Vec::new();
    let mut index: HashMap<Sequence, usize> = HashMap::new();
    for found in plan.sequences {
        let Some(mut like) = model.sequences.get(found.id.index()).cloned() else {
            continue;
        };
        if let Some(first) = like.steps.first_mut() {
            first.window.from = None;
        }
        let at = *index.entry(like).or_insert(alike.len());
        match alike.get_mut(at) {
            Some(group) => group.push(found),
            None => alike.push(vec![found]),
        }
    }
    plan.sequences = alike
        .into_iter()
        .filter_map(|group| widest(group, model))
        .collect();
    plan.sequences.sort_by_key(|s| s.id);
    plan
}

/// The one that begins first, which answers for the others. Their first steps are of one relation: only therefore do their
/// beginnings compare.
fn widest(mut alike: Vec<SequenceScan>, model: &Model) -> Option<SequenceScan> {
    alike.sort_by(|a, b| {
        let order = widest_first(beginning(a.id, model), beginning(b.id, model));
        order.then(a.id.cmp(&b.id))
    });
    let mut alike = alike.into_iter();
    let mut widest = alike.next()?;
    widest
        .narrower
        .extend(alike.flat_map(|s| s.ids().collect::<Vec<_>>()));
    Some(widest)
}

fn sooner(a: Literal, b: Literal) -> Literal {
    if earlier(&b, &a) { b } else { a }
}

/// One scan per relation, of rows that some step asks for. All steps come after the first, so none looks back further.
pub(super) fn share_steps(mut plan: Plan, model: &Model, _: &Costs) -> Plan {
    for found in &mut plan.sequences {
        let Some(sequence) = model.sequences.get(found.id.index()) else {
            continue;
        };
        let mut by_relation: BTreeMap<RelationId, Vec<(usize, &Step)>> = BTreeMap::new();
        for (n, step) in sequence.steps.iter().enumerate() {
            by_relation
                .entry(step.relation)
                .or_default()
                .push((n, step));
        }
        let first = sequence.steps.first().and_then(|s| s.window.from.clone());
        let scans = by_relation.into_iter().map(|(relation, steps)| {
            let filters: Vec<&[RowExpr]> = steps.iter().map(|(_, s)| s.filter.as_slice()).collect();
            let (all_of, any_of) = shared(&filters);
            let from: Option<Vec<Literal>> = steps
                .iter()
                .map(|(_, s)| {
                    let own = s.window.from.iter().chain(&first);
                    own.reduce(later).cloned()
                })
                .collect();
            let until: Option<Vec<Literal>> =
                steps.iter().map(|(_, s)| s.window.until.clone()).collect();
            StepScan {
                scan: Scan {
                    from: from.and_then(|b| b.into_iter().reduce(sooner)),
                    until: until.and_then(|b| b.iter().reduce(later).cloned()),
                    all_of,
                    any_of,
                    slots: slots(relation, model),
                    ..scan(relation)
                },
                steps: steps.iter().map(|(n, _)| *n).collect(),
            }
        });
        found.scans = scans.collect();
        found.why = "one scan per relation: the rows that some step asks for, none before the first step's window".to_owned();
        if !found.narrower.is_empty() {
            found
                .why
                .push_str("; the latest row that begins it answers for narrower windows");
        }
    }
    plan
}

/// What some steps ask of a row.
pub(super) fn exprs<'a>(
    id: SequenceId,
    steps: &[usize],
    model: &'a Model,
) -> impl Iterator<Item = &'a RowExpr> {
    let sequence = model.sequences.get(id.index());
    let steps: Vec<&Step> = steps
        .iter()
        .filter_map(|n| sequence.and_then(|s| s.steps.get(*n)))
        .collect();
    steps
        .into_iter()
        .flat_map(|s| s.filter.iter().chain(&s.same))
}

/// `carts_then_not_orders`
pub(super) fn name(sequence: &Sequence, model: &Model) -> String {
    const LONGEST: usize = 36;
    let mut name = String::new();
    for step in &sequence.steps {
        let relation = model.relations.get(step.relation.index());
        let then = if name.is_empty() { "" } else { "_then_" };
        let not = if step.did { "" } else { "not_" };
        let more = format!("{then}{not}{}", relation.map_or("", |r| &r.name));
        if name.len() + more.len() > LONGEST {
            name.push_str("_and_so_on");
            break;
        }
        name.push_str(&more);
    }
    name
}

/// The blocks of a sequence; the last one is called `name` and has a row for every entity that did it.
pub(super) fn blocks(found: &SequenceScan, name: &str, ctx: &Context<'_>) -> Vec<Block> {
    let Some(sequence) = ctx.model.sequences.get(found.id.index()) else {
        return Vec::new();
    };
    let rows = rows(found, sequence, &format!("{name}_rows"), ctx);
    let moments = moments(sequence, &rows.name, format!("{name}_moments"));
    let mut blocks = vec![rows, moments];
    let follow = Follow { sequence, name };
    follow.blocks(&mut blocks);
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

/// No row before this begins the sequence.
fn beginning(id: SequenceId, model: &Model) -> Option<&Literal> {
    let first = model.sequences.get(id.index())?.steps.first()?;
    first.window.from.as_ref()
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

/// What the blocks below are called where they are read.
const ROWS: &str = "events";
const MOMENTS: &str = "moments";
const KEY: &str = "entity_key";
const SAME: &str = "same_value";
const TIME: &str = "event_time";

fn flag(step: usize) -> String {
    format!("step_{}", step + 1)
}

/// When a step's next row is.
fn next(step: usize) -> String {
    format!("next_{}", step + 1)
}

/// When the sequence is through, from a step's next row on.
fn end(step: usize) -> String {
    format!("end_{}", step + 1)
}

fn plain(name: &str, value: BlockExpr) -> Column {
    Column {
        name: name.to_owned(),
        value,
        comment: None,
    }
}

/// The rows of all steps, each with what steps it is a row of.
fn rows(found: &SequenceScan, sequence: &Sequence, name: &str, ctx: &Context<'_>) -> Block {
    let mut parts = found.scans.iter().filter_map(|part| {
        let room = Room::new(&part.scan, name, ctx)?;
        let time = room.relation.time.as_ref()?;
        let mut block = room.rows(name.to_owned());
        block.columns = room.key_outputs();
        let steps = sequence.steps.iter().enumerate();
        let same = part
            .steps
            .first()
            .and_then(|n| sequence.steps.get(*n)?.same.as_ref());
        if let Some(same) = same {
            let value = room.aliases.expr(same);
            block
                .filter
                .push(test(Func::IsNotNull, vec![value.clone()]));
            block.columns.push(plain(SAME, value));
        }
        let at = room.aliases.col(&time.col, time.ty.clone());
        block.columns.push(plain(TIME, at));
        for (n, step) in steps {
            let value = if part.steps.contains(&n) {
                meets(room.rest(&step.window, &step.filter))
            } else {
                boolean(false)
            };
            block.columns.push(plain(&flag(n), value));
        }
        block.comment = vec!["the steps of a sequence: which rows are of which step, …".to_owned()];
        Some(block)
    });
    let mut first = parts.next().unwrap_or_default();
    first.also = parts.collect();
    first
}

/// True or false, never NULL.
fn meets(conditions: Vec<BlockExpr>) -> BlockExpr {
    if conditions.is_empty() {
        return boolean(true);
    }
    test(Func::Coalesce, vec![all(conditions), boolean(false)])
}

/// One row per entity, `same` and moment.
fn moments(sequence: &Sequence, below: &str, name: String) -> Block {
    let mut columns: Vec<Column> = by(sequence)
        .into_iter()
        .chain([TIME])
        .map(|c| plain(c, column(ROWS, c, Type::Null)))
        .collect();
    let group_by = columns.len();
    for n in 0..sequence.steps.len() {
        let term = Term::Aggregate(Box::new(Aggregate {
            agg: Agg::Exists,
            arg: None,
            filter: vec![column(ROWS, &flag(n), Type::Boolean)],
        }));
        let any = Expr::new(ExprKind::Column(term), Type::Boolean, NOWHERE);
        columns.push(plain(&flag(n), any));
    }
    Block {
        name,
        comment: vec!["… which moments, …".to_owned()],
        columns,
        from: Some(from(below, ROWS)),
        group_by,
        ..Block::default()
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

/// From moments to who did it.
struct Follow<'a> {
    sequence: &'a Sequence,
    name: &'a str,
}

impl Follow<'_> {
    /// Adds a block for each round of window functions, then the last one.
    fn blocks(&self, blocks: &mut Vec<Block>) {
        let steps = &self.sequence.steps;
        let dids: Vec<usize> = (0..steps.len())
            .filter(|n| steps.get(*n).is_some_and(|s| s.did))
            .collect();
        let below = |blocks: &[Block]| blocks.last().map_or_else(String::new, |b| b.name.clone());
        let mut pending: Vec<(String, BlockExpr, BlockExpr)> = Vec::new();
        for (n, _) in steps.iter().enumerate().filter(|(_, s)| !s.did) {
            pending.push((next(n), self.is(n), self.time()));
        }
        let last = dids.last().copied().unwrap_or(0);
        for (k, step) in dids.iter().enumerate().rev() {
            let (step, after) = (*step, dids.get(k + 1));
            // What the condition of this step reads must stand in a block below.
            let reads = after.is_some() || steps.len() > last + 1;
            if reads && !pending.is_empty() {
                let block = self.window(std::mem::take(&mut pending), blocks);
                blocks.push(block);
            }
            let mut matched = vec![self.is(step)];
            matched.extend(self.completes(step, after.copied()));
            if k == 0 {
                let total = self.sequence.total.zip(after);
                if let Some((total, after)) = total {
                    let whole = self.end(*after, last);
                    matched.push(test(Func::Le, vec![whole, self.plus(total)]));
                }
                blocks.push(Block {
                    name: self.name.to_owned(),
                    columns: vec![plain(KEY, column(MOMENTS, KEY, Type::Null))],
                    from: Some(from(&below(blocks), MOMENTS)),
                    filter: matched,
                    group_by: 1,
                    ..Block::default()
                });
                return;
            }
            let matched = all(matched);
            pending.push((next(step), matched.clone(), self.time()));
            if let (Some(_), Some(after)) = (self.sequence.total, after) {
                let value = self.end(*after, last);
                pending.push((end(step), matched, value));
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

    fn time(&self) -> BlockExpr {
        column(MOMENTS, TIME, self.sequence.time.clone())
    }

    fn next(&self, step: usize) -> BlockExpr {
        column(MOMENTS, &next(step), self.sequence.time.clone())
    }

    /// When the sequence is through, from the next row of a `did` on.
    fn end(&self, step: usize, last: usize) -> BlockExpr {
        if step == last {
            return self.next(step);
        }
        column(MOMENTS, &end(step), self.sequence.time.clone())
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
        let until = after.unwrap_or(steps.len());
        let nots = steps
            .iter()
            .enumerate()
            .take(until)
            .skip(step + 1)
            .map(|(n, s)| (self.next(n), s.within));
        let none = |x: &BlockExpr| test(Func::IsNull, vec![x.clone()]);
        let or = |a, b| test(Func::Or, vec![a, b]);
        let mut conditions = Vec::new();
        if let Some(after) = after {
            let next = self.next(after);
            conditions.push(match steps.get(after).and_then(|s| s.within) {
                Some(within) => test(Func::Le, vec![next.clone(), self.plus(within)]),
                None => test(Func::IsNotNull, vec![next.clone()]),
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
