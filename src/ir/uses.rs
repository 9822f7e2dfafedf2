//! Who uses what: a walk over the conditions and traits of a plan, for `lower` and for the comments in the SQL.

use super::{Answer, Node, Plan};
use crate::model::{Atom, Entity, EntityExpr, GroupId, Model, Predicate, SegmentId};
use std::collections::{HashMap, HashSet};

/// Calls `leaf` on every leaf expression and `node` on everything referred to.
pub(super) fn walk<'a>(
    predicate: &'a Predicate,
    leaf: &mut dyn FnMut(&'a EntityExpr),
    node: &mut dyn FnMut(Node),
) {
    match predicate {
        Predicate::Constant(_) => {}
        Predicate::Leaf(e) => leaf(e),
        Predicate::All(of) | Predicate::Any(of) | Predicate::Count { of, .. } => {
            of.iter().for_each(|p| walk(p, leaf, node));
        }
        Predicate::Not(p) => walk(p, leaf, node),
        Predicate::Segment(id) => node(Node::Segment(*id)),
        Predicate::Case { group, .. } => node(Node::Group(*group)),
    }
}

/// The conditions of a node.
pub(super) fn conditions(node: Node, model: &Model) -> Vec<&Predicate> {
    match node {
        Node::Segment(id) => segment(id, model).into_iter().collect(),
        Node::Group(id) => group(id, model),
        Node::Population(id) => {
            let population = model.populations.get(id.index());
            population.into_iter().flat_map(|p| &p.among).collect()
        }
    }
}

/// The expressions of a node, beside its conditions.
pub(super) fn values(node: Node, model: &Model) -> Vec<&EntityExpr> {
    match node {
        Node::Segment(_) | Node::Group(_) => Vec::new(),
        Node::Population(id) => {
            let population = model.populations.get(id.index());
            let values = population.map(|p| std::iter::once(&p.of).chain(&p.per));
            values.into_iter().flatten().collect()
        }
    }
}

fn segment(id: SegmentId, model: &Model) -> Option<&Predicate> {
    model.segments.get(id.index()).map(|s| &s.predicate)
}

fn group(id: GroupId, model: &Model) -> Vec<&Predicate> {
    let cases = model.groups.get(id.index()).map(|g| &g.cases);
    cases.into_iter().flatten().map(|(_, p)| p).collect()
}

/// The conditions an answer itself states; a trait and a column state none.
pub(super) fn stated<'a>(
    answer: &'a Answer,
    entity: &'a Entity,
    model: &'a Model,
) -> Vec<&'a Predicate> {
    match answer {
        Answer::Segment(id) => segment(*id, model).into_iter().collect(),
        Answer::Channel(n) => entity
            .channels
            .get(*n)
            .map(|c| &c.predicate)
            .into_iter()
            .collect(),
        Answer::Suppressed => entity.suppress.iter().collect(),
        Answer::HeldOut => entity.holdout.iter().collect(),
        Answer::Holds(predicate) => vec![predicate],
        Answer::Key | Answer::Trait(_) | Answer::Exposed(..) | Answer::Value(_) => Vec::new(),
    }
}

/// Calls `f` with every measure and sequence of an expression, those behind what it compares included.
fn each_computed(e: &EntityExpr, model: &Model, f: &mut dyn FnMut(&Atom)) {
    let mut seen = HashSet::new();
    let mut open = vec![e];
    while let Some(e) = open.pop() {
        e.each_column(&mut |atom| match atom {
            Atom::Column(_) => {}
            Atom::Measure(_) | Atom::Sequence(_) => f(atom),
            Atom::Population(id) => {
                if let Some(population) = model.populations.get(id.index())
                    && seen.insert(*id)
                {
                    population.each_value(&mut |e| open.push(e));
                }
            }
        });
    }
}

/// For every measure and sequence of a plan, the names of the segments, groups and traits that ask for it, in order.
pub(super) fn users(plan: &Plan, model: &Model) -> HashMap<Atom, Vec<String>> {
    let mut users: HashMap<Atom, Vec<String>> = HashMap::new();
    let Some(entity) = model.entities.get(plan.entity.index()) else {
        return users;
    };
    let mut add = |who: &str, e: &EntityExpr| {
        each_computed(e, model, &mut |atom| {
            let list = users.entry(atom.clone()).or_default();
            if list.last().is_none_or(|l| l != who) {
                list.push(who.to_owned());
            }
        });
    };
    let answers = plan.answers.iter().filter_map(|a| match a {
        Answer::Segment(id) => Some(Node::Segment(*id)),
        Answer::Key
        | Answer::Trait(_)
        | Answer::Exposed(..)
        | Answer::Channel(_)
        | Answer::Suppressed
        | Answer::HeldOut
        | Answer::Holds(_)
        | Answer::Value(_) => None,
    });
    let mut nodes: Vec<Node> = plan
        .levels
        .iter()
        .flatten()
        .copied()
        .chain(answers)
        .collect();
    nodes.sort_unstable();
    nodes.dedup();
    for node in nodes {
        let who = match node {
            Node::Segment(id) => model.segments.get(id.index()).map(|s| s.name.clone()),
            Node::Group(id) => model
                .groups
                .get(id.index())
                .map(|g| format!("group {}", g.name)),
            // Who asks for it is named.
            Node::Population(_) => continue,
        };
        let who = who.unwrap_or_default();
        for p in conditions(node, model) {
            walk(p, &mut |e| add(&who, e), &mut |_| {});
        }
    }
    for answer in &plan.answers {
        match answer {
            Answer::Trait(id) => {
                if let Some(t) = model.traits.get(id.index()) {
                    add(&format!("trait {}", t.name), &t.value);
                }
            }
            Answer::Channel(n) => {
                if let Some(c) = entity.channels.get(*n) {
                    let who = format!("channel {}", c.name);
                    walk(&c.predicate, &mut |e| add(&who, e), &mut |_| {});
                }
            }
            Answer::Suppressed => {
                for p in &entity.suppress {
                    walk(p, &mut |e| add("suppression", e), &mut |_| {});
                }
            }
            // Lots rest on no rows.
            Answer::HeldOut
            | Answer::Key
            | Answer::Segment(_)
            | Answer::Exposed(..)
            | Answer::Holds(_)
            | Answer::Value(_) => {}
        }
    }
    users
}
