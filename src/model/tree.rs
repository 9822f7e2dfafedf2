//! A segment as a tree of conditions, in plain words: what `segc why`, the funnel of `segc explain --counts` and a failed test
//! show. Every node has its predicate, so that the plan can be asked for its truth; every leaf lists the values it rests on.
//!
//! What others refer to is put in where it is named first.

use super::{Atom, EntityExpr, EntityId, GroupId, Model, Predicate, SegmentId, TraitId, words};
use crate::expr::{ExprKind, Func, Type};
use crate::source::{FileId, Span};
use std::collections::HashSet;

/// A condition, and what it is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    pub kind: Kind,
    /// In plain words, without what is below.
    pub words: String,
    pub predicate: Predicate,
    /// Where it is written; leaves and references know it.
    pub span: Option<Span>,
    /// What a leaf rests on.
    pub values: Vec<Value>,
    pub of: Vec<Self>,
}

/// How a node follows from what is below it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    Constant,
    Leaf,
    All,
    Any,
    /// None of these.
    None,
    /// Not all of these.
    NotAll,
    /// Not the one below.
    Not,
    /// So many of these; no bound where None.
    Count {
        min: Option<u32>,
        max: Option<u32>,
    },
    /// In the segment whose condition is below.
    In(SegmentId),
    /// Not in the segment whose condition is below.
    NotIn(SegmentId),
    /// As `In` and `NotIn`, where the condition stands further above already.
    InAgain(SegmentId),
    NotInAgain(SegmentId),
    /// None of the cases below but the last, which holds; for `otherwise`, none of them.
    Case {
        otherwise: bool,
    },
    /// As `Case`, where the cases stand further above already.
    CaseAgain {
        group: GroupId,
        case: usize,
    },
}

/// Something a leaf rests on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Value {
    /// `country`, `number of orders in [… … …)`, `aov`
    pub words: String,
    pub what: What,
    pub expr: EntityExpr,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    Column,
    Measure,
    /// What it is among others.
    Population,
    Sequence,
    /// The lot of a key.
    Bucket,
    Trait(TraitId),
}

impl Node {
    /// Calls `f` on this node and on all below, from above.
    pub fn each<'a>(&'a self, f: &mut dyn FnMut(&'a Self)) {
        f(self);
        for node in &self.of {
            node.each(f);
        }
    }
}

/// The tree of a segment's condition, before suppression.
#[must_use]
pub fn segment(model: &Model, id: SegmentId) -> Option<Node> {
    let segment = model.segments.get(id.index())?;
    let mut tree = Tree::new(model, segment.entity, &segment.traits);
    Some(tree.node(&segment.predicate))
}

/// The tree of any condition on an entity, as a suppression.
#[must_use]
pub fn condition(model: &Model, entity: EntityId, predicate: &Predicate) -> Node {
    let traits: Vec<TraitId> = (0u32..)
        .map(TraitId)
        .zip(&model.traits)
        .filter(|(_, t)| t.entity == entity)
        .map(|(id, _)| id)
        .collect();
    Tree::new(model, entity, &traits).node(predicate)
}

struct Tree<'a> {
    model: &'a Model,
    entity: EntityId,
    /// Traits by whose names values are called.
    traits: &'a [TraitId],
    seen: HashSet<Predicate>,
}

impl<'a> Tree<'a> {
    fn new(model: &'a Model, entity: EntityId, traits: &'a [TraitId]) -> Self {
        Self {
            model,
            entity,
            traits,
            seen: HashSet::new(),
        }
    }

    fn node(&mut self, predicate: &Predicate) -> Node {
        let (kind, of) = match predicate {
            Predicate::Constant(_) => (Kind::Constant, Vec::new()),
            Predicate::Leaf(_) => (Kind::Leaf, Vec::new()),
            Predicate::All(of) => (Kind::All, self.nodes(of)),
            Predicate::Any(of) => (Kind::Any, self.nodes(of)),
            Predicate::Count { min, max, of } => (
                Kind::Count {
                    min: *min,
                    max: *max,
                },
                self.nodes(of),
            ),
            Predicate::Segment(id) => match self.reference(*id) {
                Some(of) => (Kind::In(*id), of),
                None => (Kind::InAgain(*id), Vec::new()),
            },
            Predicate::Case { group, case } => self.case(*group, *case),
            Predicate::Not(of) => match of.as_ref() {
                Predicate::Leaf(_) => (Kind::Leaf, Vec::new()),
                Predicate::Any(of) => (Kind::None, self.nodes(of)),
                Predicate::All(of) => (Kind::NotAll, self.nodes(of)),
                Predicate::Segment(id) => match self.reference(*id) {
                    Some(of) => (Kind::NotIn(*id), of),
                    None => (Kind::NotInAgain(*id), Vec::new()),
                },
                Predicate::Constant(_)
                | Predicate::Not(_)
                | Predicate::Count { .. }
                | Predicate::Case { .. } => (Kind::Not, vec![self.node(of)]),
            },
        };
        let mut text = words::heading(self.model, self.entity, self.traits, predicate);
        if matches!(
            kind,
            Kind::InAgain(_) | Kind::NotInAgain(_) | Kind::CaseAgain { .. }
        ) {
            text.push_str(" (see above)");
        }
        Node {
            kind,
            words: text,
            span: self.span(predicate),
            values: self.values(predicate),
            predicate: predicate.clone(),
            of,
        }
    }

    fn nodes(&mut self, of: &[Predicate]) -> Vec<Node> {
        of.iter().map(|p| self.node(p)).collect()
    }

    /// The condition of a segment; None where it stands above already.
    fn reference(&mut self, id: SegmentId) -> Option<Vec<Node>> {
        if !self.seen.insert(Predicate::Segment(id)) {
            return None;
        }
        let model = self.model;
        let segment = model.segments.get(id.index())?;
        let traits = std::mem::replace(&mut self.traits, &segment.traits);
        let node = self.node(&segment.predicate);
        self.traits = traits;
        Some(vec![node])
    }

    /// The cases up to this one, each under its name; all of them for `otherwise`.
    fn case(&mut self, group: GroupId, case: usize) -> (Kind, Vec<Node>) {
        let again = (Kind::CaseAgain { group, case }, Vec::new());
        let Some(found) = self.model.groups.get(group.index()) else {
            return again;
        };
        if !self.seen.insert(Predicate::Case { group, case }) {
            return again;
        }
        let cases = found.cases.iter().take(case + 1);
        let of = cases
            .map(|(name, predicate)| {
                let mut node = self.node(predicate);
                node.words = format!("case {name}: {}", node.words);
                node
            })
            .collect();
        let otherwise = case >= found.cases.len();
        (Kind::Case { otherwise }, of)
    }

    fn span(&self, predicate: &Predicate) -> Option<Span> {
        match predicate {
            Predicate::Leaf(expr) => Some(expr.at.0).filter(|s| s.file != FileId(u32::MAX)),
            Predicate::Not(of) => self.span(of),
            Predicate::Segment(id) => self.model.segments.get(id.index()).map(|s| s.span),
            Predicate::Case { group, .. } => self.model.groups.get(group.index()).map(|g| g.span),
            Predicate::Constant(_)
            | Predicate::All(_)
            | Predicate::Any(_)
            | Predicate::Count { .. } => None,
        }
    }

    fn values(&self, predicate: &Predicate) -> Vec<Value> {
        let mut found = Vec::new();
        match predicate {
            Predicate::Leaf(expr) => self.value(expr, &mut found),
            Predicate::Not(of) => {
                if let Predicate::Leaf(expr) = of.as_ref() {
                    self.value(expr, &mut found);
                }
            }
            Predicate::Constant(_)
            | Predicate::All(_)
            | Predicate::Any(_)
            | Predicate::Count { .. }
            | Predicate::Segment(_)
            | Predicate::Case { .. } => {}
        }
        found
    }

    /// Traits by name, then the columns and measures that they are made of.
    fn value(&self, expr: &EntityExpr, found: &mut Vec<Value>) {
        if found.iter().any(|v| v.expr == *expr) {
            return;
        }
        let of_trait = self
            .traits
            .iter()
            .filter_map(|id| Some((*id, self.model.traits.get(id.index())?)))
            .find(|(_, t)| t.value == *expr);
        let push = |what, words, found: &mut Vec<Value>| {
            found.push(Value {
                words,
                what,
                expr: expr.clone(),
            });
        };
        if let Some((id, named)) = of_trait {
            push(What::Trait(id), named.name.clone(), found);
        }
        match &expr.kind {
            ExprKind::Literal(_) => {}
            ExprKind::Column(atom) => {
                let what = match atom {
                    Atom::Column(_) => What::Column,
                    Atom::Measure(_) => What::Measure,
                    Atom::Population(_) => What::Population,
                    Atom::Sequence(_) => What::Sequence,
                };
                // Whether it is one of the first is what the leaf itself says.
                let told = what == What::Population && expr.ty == Type::Boolean;
                if of_trait.is_none() && !told {
                    push(what, words::value(self.model, self.entity, expr), found);
                }
                if let Atom::Population(id) = atom
                    && let Some(population) = self.model.populations.get(id.index())
                {
                    self.value(&population.of, found);
                    population.per.iter().for_each(|per| self.value(per, found));
                }
            }
            ExprKind::Call(Func::HashBucket, args) => {
                push(What::Bucket, "bucket".to_owned(), found);
                args.iter().for_each(|a| self.value(a, found));
            }
            ExprKind::Call(_, args) => args.iter().for_each(|a| self.value(a, found)),
            ExprKind::Case { whens, otherwise } => {
                for (when, then) in whens {
                    self.value(when, found);
                    self.value(then, found);
                }
                self.value(otherwise, found);
            }
            ExprKind::Cast { expr, .. } => self.value(expr, found),
        }
    }
}
