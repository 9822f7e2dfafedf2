//! Depth of reference: who refers to whom among segments and groups, as levels without recursion.

use super::{Node, uses};
use crate::model::{Atom, EntityExpr, Model, Predicate};
use std::collections::{HashMap, HashSet};

/// A segment that only renames something else is that something: a case of a group, another segment.
pub(super) fn resolve<'a>(predicate: &'a Predicate, model: &'a Model) -> &'a Predicate {
    let mut p = predicate;
    // References point backwards, so that this ends; the bound is for a model that broke its word.
    for _ in 0..=model.segments.len() {
        let Predicate::Segment(id) = p else { return p };
        let Some(segment) = model.segments.get(id.index()) else {
            return p;
        };
        match &segment.predicate {
            inner @ (Predicate::Segment(_) | Predicate::Case { .. } | Predicate::Constant(_)) => {
                p = inner;
            }
            Predicate::Leaf(_)
            | Predicate::All(_)
            | Predicate::Any(_)
            | Predicate::Not(_)
            | Predicate::Count { .. } => return p,
        }
    }
    p
}

/// The nodes a condition reads, renaming segments seen through.
pub(super) fn references(predicate: &Predicate, model: &Model, found: &mut Vec<Node>) {
    match resolve(predicate, model) {
        Predicate::Constant(_) => {}
        Predicate::Leaf(e) => read_by(e, found),
        Predicate::All(of) | Predicate::Any(of) | Predicate::Count { of, .. } => {
            of.iter().for_each(|p| references(p, model, found));
        }
        Predicate::Not(p) => references(p, model, found),
        Predicate::Segment(id) => found.push(Node::Segment(*id)),
        Predicate::Case { group, .. } => found.push(Node::Group(*group)),
    }
}

/// The nodes an expression reads.
pub(super) fn read_by(e: &EntityExpr, found: &mut Vec<Node>) {
    e.each_column(&mut |atom| match atom {
        Atom::Population(id) => found.push(Node::Population(*id)),
        Atom::Column(_) | Atom::Measure(_) | Atom::Sequence(_) => {}
    });
}

/// These and everything they refer to, at any distance, by depth: level 0 refers to nothing.
pub(super) fn levels(wanted: Vec<Node>, model: &Model) -> Vec<Vec<Node>> {
    let mut depth: HashMap<Node, usize> = HashMap::new();
    let mut entered: HashSet<Node> = HashSet::new();
    // (node, what it reads once that has been pushed)
    let mut stack: Vec<(Node, Option<Vec<Node>>)> =
        wanted.into_iter().rev().map(|n| (n, None)).collect();
    while let Some((node, reads)) = stack.pop() {
        match reads {
            Some(reads) => {
                let below = reads.iter().filter_map(|r| depth.get(r)).max();
                depth.insert(node, below.map_or(0, |d| d + 1));
            }
            None if entered.insert(node) => {
                let mut reads = Vec::new();
                for p in uses::conditions(node, model) {
                    references(p, model, &mut reads);
                }
                uses::values(node, model)
                    .into_iter()
                    .for_each(|e| read_by(e, &mut reads));
                let next: Vec<Node> = reads.clone();
                stack.push((node, Some(reads)));
                stack.extend(next.into_iter().rev().map(|n| (n, None)));
            }
            None => {}
        }
    }
    let mut levels: Vec<Vec<Node>> = Vec::new();
    for (node, d) in depth {
        if levels.len() <= d {
            levels.resize(d + 1, Vec::new());
        }
        if let Some(level) = levels.get_mut(d) {
            level.push(node);
        }
    }
    levels.iter_mut().for_each(|l| l.sort_unstable());
    levels
}
