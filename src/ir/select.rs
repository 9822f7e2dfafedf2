//! Plan → blocks: the scans, the entity row with everything measured, one block per level of reference, the answer.

use super::block::{Block, BlockExpr, Column, From, Join, Query, Source};
use super::names::{Taken, ahead, label, plain};
use super::predicate::{self, Row, column, test};
use super::rolled::{self, Rolled};
use super::scan::{self, Aliases, Context, key_columns};
use super::{Answer, Apart, Node, Plan, Scan, SequenceScan, Shape, population, sequence, uses};
use crate::expr::{Expr, Func, Literal, Type};
use crate::model::{Col, Entity, Model, PopulationId, TableId, TableSource};
use crate::spec::population::Statistic;
use std::collections::BTreeSet;

/// The blocks with a row per entity at most, each with its name.
#[derive(Default)]
struct Found<'a> {
    scans: Vec<(&'a Scan, String)>,
    sequences: Vec<(&'a SequenceScan, String)>,
}

/// The plan as SELECTs. The naive and the optimised plan go the same way.
#[must_use]
pub fn select(plan: &Plan, model: &Model) -> Query {
    let Some(entity) = model.entities.get(plan.entity.index()) else {
        return Query::default();
    };
    let users = uses::users(plan, model);
    let ctx = Context {
        model,
        names: &plan.names,
        users: &users,
        only: early(plan),
    };
    let mut taken = block_names(model);
    let mut query = Query::default();
    for other in &plan.across {
        let name = model
            .entities
            .get(other.entity.index())
            .map_or("", |e| &e.name);
        let source = TableSource::Members(other.entity);
        let table = model.tables.iter().position(|t| t.source == source);
        if let Some(table) = table.and_then(|n| u32::try_from(n).ok()) {
            let name = taken.unique(&format!("{name}_segments"));
            query.across.push((TableId(table), name));
        }
    }
    let mut found = Found::default();
    let rolled = plan.rollups.iter().map(|rollup| {
        let name = |relation: &str| rolled::name(rollup, relation);
        taken.unique(&scan_name(&rollup.scan, name, model))
    });
    let rolled: Vec<String> = rolled.collect();
    let rolled = plan.rollups.iter().enumerate().zip(&rolled);
    let rolled: Vec<_> = rolled
        .map(|(rollup, name)| Rolled::new(rollup, &plan.scans, name, &ctx))
        .collect();
    let mut given = BTreeSet::new();
    for scan in &plan.scans {
        let over = scan.over.and_then(|n| rolled.get(n)?.as_ref());
        let of = over.and_then(|rolled| rolled.mixed(scan));
        let name = |relation: &str| match of {
            Some(of) => format!("{relation}_over_{of}"),
            None => shaped(scan.shape, relation),
        };
        let name = taken.unique(&scan_name(scan, name, model));
        let first = scan.over.is_some_and(|n| given.insert(n));
        let rollup = over.filter(|_| first).map(|r| r.block.clone());
        query.blocks.extend(rollup);
        query.blocks.extend(match over {
            Some(rolled) => rolled.blocks(scan, &name),
            None => scan::blocks(scan, &name, &ctx),
        });
        found.scans.push((scan, name));
    }
    for one in &plan.sequences {
        let wanted = plan.names.sequences.get(&one.id);
        let name = taken.unique(wanted.map_or("", String::as_str));
        query.blocks.extend(sequence::blocks(one, &name, &ctx));
        found.sequences.push((one, name));
    }
    let apart = plan.apart.as_ref().map(|apart| {
        let name = taken.unique(&format!("{}_to_compare", entity.name));
        let block = facts(plan, entity, &found, Some(apart), name.clone(), model);
        query.blocks.push(block);
        name
    });
    let mut last = taken.unique(&format!("{}_facts", entity.name));
    query
        .blocks
        .push(facts(plan, entity, &found, None, last.clone(), model));
    for (n, level) in plan.levels.iter().enumerate() {
        let compared_of = apart.as_ref().filter(|_| n == 0).unwrap_or(&last);
        let mut ranks: Vec<(Vec<PopulationId>, String)> = Vec::new();
        for compared in population::Level::all(level, plan, entity, model) {
            let blocks = compared.blocks(compared_of, &mut |what| {
                taken.unique(&format!("{}_{what}_{}", entity.name, n + 1))
            });
            let block = blocks.last().map(|b| b.name.clone());
            ranks.extend(block.map(|b| (compared.ids().collect(), b)));
            query.blocks.extend(blocks);
        }
        let name = taken.unique(&format!("{}_level_{}", entity.name, n + 1));
        let row = Row {
            model,
            entity,
            names: &plan.names,
            alias: &last,
        };
        query
            .blocks
            .push(level_block(&row, level, &ranks, name.clone()));
        last = name;
    }
    query.blocks.push(answer(plan, entity, model, &last));
    query
}

/// The one key asked about, where the others can be left out from the start: nobody is compared with them.
fn early(plan: &Plan) -> Option<&Literal> {
    let compares = |node: &Node| matches!(node, Node::Population(_));
    let compared = plan.levels.iter().flatten().any(compares);
    plan.only.as_ref().filter(|_| !compared)
}

/// Blocks must not hide tables: the names of tables are taken.
fn block_names(model: &Model) -> Taken {
    let mut taken = Taken::default();
    for table in &model.tables {
        match &table.source {
            TableSource::Named(parts) | TableSource::History { table: parts, .. } => {
                parts.iter().for_each(|p| taken.reserve(p));
            }
            TableSource::File { .. } | TableSource::Members(_) => {}
            // Every word of the query might be a table's name.
            TableSource::Query(snippet) => snippet
                .text
                .split(|c: char| !c.is_alphanumeric() && c != '_')
                .for_each(|word| taken.reserve(word)),
        }
    }
    taken
}

/// What a scan is, and when its rows are of.
fn scan_name(scan: &Scan, what: impl FnOnce(&str) -> String, model: &Model) -> String {
    let relation = model
        .relations
        .get(scan.relation.index())
        .map_or("", |r| &r.name);
    let from = scan.from.as_ref();
    let ahead = ahead(scan.relation, from, scan.until.as_ref(), model).map(|words| plain(&words));
    let back = ahead.or_else(|| from.and_then(|l| label(l, model)));
    format!(
        "{}_{}",
        what(relation),
        back.as_deref().unwrap_or("all_time")
    )
}

fn shaped(shape: Shape, relation: &str) -> String {
    let shape = match shape {
        Shape::Aggregate => "",
        Shape::Distinct => "_distinct",
        Shape::Chosen { last: false, .. } => "_first",
        Shape::Chosen { last: true, .. } => "_last",
        Shape::Ranked { least: false, .. } => "_most_frequent",
        Shape::Ranked { least: true, .. } => "_least_frequent",
    };
    format!("{relation}{shape}")
}

/// One row per row of the entity's table, whatever the scans found; `apart`: with nothing but this.
fn facts(
    plan: &Plan,
    entity: &Entity,
    found: &Found<'_>,
    apart: Option<&Apart>,
    name: String,
    model: &Model,
) -> Block {
    let aliases = Aliases::new(&entity.frame);
    let mut columns = vec![Column {
        name: answer_name(plan, &Answer::Key),
        value: column(aliases.get(0), &entity.key, entity.key_type.clone()),
        comment: None,
    }];
    let mut used: Vec<(&Col, &String)> = plan.names.columns.iter().collect();
    used.retain(|(col, _)| apart.is_none_or(|a| a.columns.contains(col)));
    used.sort_unstable();
    for (col, name) in &used {
        columns.push(Column {
            name: (*name).clone(),
            value: aliases.col(col, Type::Null),
            comment: None,
        });
    }
    let slots = closed(used.iter().map(|(c, _)| c.slot).collect(), entity);
    let (from, mut joins) = aliases.joined(&entity.frame, &slots);
    let mut block_aliases = Taken::default();
    (0..entity.frame.slots.len()).for_each(|n| block_aliases.reserve(aliases.get(n)));
    let scans = found.scans.iter();
    for (scan, block) in scans.filter(|(s, _)| apart.is_none_or(|a| a.takes(s))) {
        let Some(relation) = model.relations.get(scan.relation.index()) else {
            continue;
        };
        let alias = block_aliases.unique(block);
        let on = relation
            .owner
            .iter()
            .zip(key_columns(relation))
            .map(|((col, _), key)| {
                let left = column(aliases.get(0), col, Type::Null);
                test(Func::Eq, vec![left, column(&alias, &key, Type::Null)])
            });
        joins.push(Join {
            on: on.collect(),
            to: From {
                source: Source::Block(block.clone()),
                alias: alias.clone(),
            },
            left: true,
        });
        let measures = scan.measures.iter();
        for id in measures.filter(|id| apart.is_none_or(|a| a.measures.contains(id))) {
            let (Some(m), Some(name)) =
                (model.measures.get(id.index()), plan.names.measures.get(id))
            else {
                continue;
            };
            let value = column(&alias, name, m.ty.clone());
            columns.push(Column {
                name: name.clone(),
                value: match predicate::no_rows(m.agg, &m.ty) {
                    Some(empty) => Expr::call(
                        Func::Coalesce,
                        vec![value, empty],
                        m.ty.clone(),
                        predicate::NOWHERE,
                    ),
                    None => value,
                },
                comment: None,
            });
        }
    }
    let sequences = found.sequences.iter();
    for (sequence, block) in sequences.filter(|(s, _)| apart.is_none_or(|a| a.follows(s))) {
        let alias = block_aliases.unique(block);
        let left = column(aliases.get(0), &entity.key, Type::Null);
        let right = column(&alias, "entity_key", Type::Null);
        let ids = sequence.ids();
        for id in ids.filter(|id| apart.is_none_or(|a| a.sequences.contains(id))) {
            let Some(name) = plan.names.sequences.get(&id) else {
                continue;
            };
            let found = column(&alias, name, Type::Boolean);
            columns.push(Column {
                name: name.clone(),
                value: test(Func::Coalesce, vec![found, predicate::boolean(false)]),
                comment: None,
            });
        }
        joins.push(Join {
            on: vec![test(Func::Eq, vec![left, right])],
            to: From {
                source: Source::Block(block.clone()),
                alias,
            },
            left: true,
        });
    }
    let own_key = |key: &Literal| {
        let ty = entity.key_type.clone();
        let own = column(aliases.get(0), &entity.key, ty.clone());
        let key = Expr::literal(key.clone(), ty, predicate::NOWHERE);
        test(Func::Eq, vec![own, key])
    };
    let everybody = if early(plan).is_some() {
        "the"
    } else {
        "every"
    };
    let what = if apart.is_some() {
        "with what ranks compare"
    } else {
        "with all that is asked of it"
    };
    Block {
        name,
        comment: vec![format!("{everybody} {}, {what}", entity.name)],
        columns,
        from,
        joins,
        filter: entity
            .filter
            .iter()
            .map(|e| aliases.expr(e))
            .chain(early(plan).into_iter().map(own_key))
            .collect(),
        ..Block::default()
    }
}

/// The slots that must be joined to read these.
fn closed(mut slots: BTreeSet<usize>, entity: &Entity) -> Vec<usize> {
    for n in (0..entity.frame.slots.len()).rev() {
        let join = entity.frame.slots.get(n).and_then(|s| s.join.as_ref());
        if let (true, Some(join)) = (slots.contains(&n), join) {
            slots.insert(join.from);
        }
    }
    slots.into_iter().collect()
}

fn answer_name(plan: &Plan, answer: &Answer) -> String {
    plan.names.answers.get(answer).cloned().unwrap_or_default()
}

/// `ranks`: the blocks with populations, each with which.
fn level_block(
    row: &Row<'_>,
    level: &[Node],
    ranks: &[(Vec<PopulationId>, String)],
    name: String,
) -> Block {
    let model = row.model;
    let columns = level.iter().filter_map(|node| {
        let name = row.names.nodes.get(node)?.clone();
        let value = match node {
            Node::Segment(id) => row.two_valued(&model.segments.get(id.index())?.predicate),
            Node::Group(id) => row.case_of(*id),
            Node::Population(id) => {
                let (_, block) = ranks.iter().find(|(ids, _)| ids.contains(id))?;
                let p = model.populations.get(id.index())?;
                let value = column(block, &name, p.ty.clone());
                match p.statistic {
                    // Who is not compared is not in it.
                    Statistic::Top { .. } => {
                        test(Func::Coalesce, vec![value, predicate::boolean(false)])
                    }
                    Statistic::Rank { .. }
                    | Statistic::Percentile
                    | Statistic::Ntile { .. }
                    | Statistic::Aggregate(_)
                    | Statistic::Quantile(_) => value,
                }
            }
        };
        Some(Column {
            name,
            value,
            comment: None,
        })
    });
    let key = row.names.answers.get(&Answer::Key);
    let joins = ranks
        .iter()
        .zip(key.iter().cycle())
        .map(|((_, ranks), key)| {
            let ty = row.entity.key_type.clone();
            let of = |block: &str| column(block, key, ty.clone());
            Join {
                to: source(ranks),
                left: true,
                on: vec![test(Func::Eq, vec![of(row.alias), of(ranks)])],
            }
        });
    Block {
        name,
        comment: comment(level),
        all_of: Some(row.alias.to_owned()),
        columns: columns.collect(),
        from: Some(source(row.alias)),
        joins: joins.collect(),
        ..Block::default()
    }
}

/// What a level is for.
fn comment(level: &[Node]) -> Vec<String> {
    let populations = level
        .iter()
        .filter(|node| matches!(node, Node::Population(_)))
        .count();
    vec![
        match populations {
            0 => "what other segments refer to",
            n if n == level.len() => "ranks and statistics of all",
            _ => "what other segments refer to; ranks and statistics of all",
        }
        .to_owned(),
    ]
}

pub(super) fn source(block: &str) -> From {
    From {
        source: Source::Block(block.to_owned()),
        alias: block.to_owned(),
    }
}

fn answer(plan: &Plan, entity: &Entity, model: &Model, below: &str) -> Block {
    let row = Row {
        model,
        entity,
        names: &plan.names,
        alias: below,
    };
    let known: BTreeSet<&Node> = plan.levels.iter().flatten().collect();
    let value = |answer: &Answer| -> Option<BlockExpr> {
        Some(match answer {
            Answer::Key => column(below, &answer_name(plan, answer), entity.key_type.clone()),
            Answer::Segment(id) if known.contains(&Node::Segment(*id)) => {
                column(below, &answer_name(plan, answer), Type::Boolean)
            }
            Answer::Segment(id) => row.two_valued(&model.segments.get(id.index())?.predicate),
            Answer::Trait(id) => row.expr(&model.traits.get(id.index())?.value),
            Answer::Exposed(col, ty) => column(below, plan.names.columns.get(col)?, ty.clone()),
            Answer::Channel(n) => row.two_valued(&entity.channels.get(*n)?.predicate),
            Answer::Suppressed => row.any(&entity.suppress),
            Answer::HeldOut => row.two_valued(entity.holdout.as_ref()?),
            Answer::Holds(predicate) => row.two_valued(predicate),
            Answer::Value(value) => row.expr(value),
        })
    };
    let columns = plan.answers.iter().filter_map(|a| {
        Some(Column {
            name: answer_name(plan, a),
            value: value(a)?,
            comment: None,
        })
    });
    // Who is compared with others is found among them at last.
    let late = plan.only.as_ref().filter(|_| early(plan).is_none());
    let asked = late.map(|key| {
        let ty = entity.key_type.clone();
        let own = column(below, &answer_name(plan, &Answer::Key), ty.clone());
        let key = Expr::literal(key.clone(), ty, predicate::NOWHERE);
        test(Func::Eq, vec![own, key])
    });
    Block {
        name: String::new(),
        columns: columns.collect(),
        from: Some(source(below)),
        filter: asked.into_iter().collect(),
        ..Block::default()
    }
}
