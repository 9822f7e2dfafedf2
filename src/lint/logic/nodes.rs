//! Conditions with the places they are written at: what a finding points to.

use super::Logic;
use super::formula::Formula;
use crate::expr::{ExprKind, Func};
use crate::model::{EntityExpr, EntityId, Predicate, SegmentId};
use crate::source::Span;
use crate::spec::Name;
use std::rc::Rc;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    All,
    Any,
    Other,
}

/// A part of a condition.
pub(super) struct Node {
    pub(super) span: Span,
    pub(super) kind: Kind,
    pub(super) formula: Rc<Formula>,
    pub(super) parts: Vec<Self>,
}

impl Logic<'_> {
    /// A condition and its parts. `place` is where it is written, if nothing in it says so better; `names` are where it names
    /// segments.
    pub(super) fn node(
        &mut self,
        entity: EntityId,
        predicate: &Predicate,
        place: Span,
        names: &[&Name],
    ) -> Node {
        let (kind, of) = match predicate {
            Predicate::All(of) => (Kind::All, of.as_slice()),
            Predicate::Any(of) => (Kind::Any, of.as_slice()),
            Predicate::Count { of, .. } => (Kind::Other, of.as_slice()),
            Predicate::Not(of) => (Kind::Other, std::slice::from_ref(&**of)),
            Predicate::Leaf(expr) => return self.leaf(entity, expr),
            Predicate::Segment(id) => {
                return Node {
                    span: self.named(*id, names).unwrap_or(place),
                    kind: Kind::Other,
                    formula: self.formula(entity, predicate),
                    parts: Vec::new(),
                };
            }
            Predicate::Constant(_) | Predicate::Case { .. } => (Kind::Other, [].as_slice()),
        };
        let parts: Vec<Node> = of
            .iter()
            .map(|p| self.node(entity, p, place, names))
            .collect();
        let span = match (parts.first(), parts.last()) {
            (Some(first), Some(last)) => first.span.to(last.span),
            (_, _) => place,
        };
        let formula = match kind {
            // Those of the parts, so that a free part is the same in both.
            Kind::All => Rc::new(Formula::All(formulas(&parts))),
            Kind::Any => Rc::new(Formula::Any(formulas(&parts))),
            Kind::Other => self.formula(entity, predicate),
        };
        Node {
            span,
            kind,
            formula,
            parts,
        }
    }

    /// A SQL leaf, taken apart at its own `and` and `or`; not at those of a trait that it names.
    fn leaf(&mut self, entity: EntityId, expr: &EntityExpr) -> Node {
        let here = |part: &EntityExpr| {
            let (part, whole) = (part.at.0, expr.at.0);
            whole.holds(part) && part != whole
        };
        if let ExprKind::Call(func @ (Func::And | Func::Or), args) = &expr.kind
            && args.iter().all(here)
        {
            let parts: Vec<Node> = args.iter().map(|a| self.leaf(entity, a)).collect();
            let formulas = formulas(&parts);
            let (kind, formula) = if *func == Func::And {
                (Kind::All, Formula::All(formulas))
            } else {
                (Kind::Any, Formula::Any(formulas))
            };
            return Node {
                span: expr.at.0,
                kind,
                formula: Rc::new(formula),
                parts,
            };
        }
        Node {
            span: expr.at.0,
            kind: Kind::Other,
            formula: self.subjects.leaf(entity, expr),
            parts: Vec::new(),
        }
    }

    fn named(&self, id: SegmentId, names: &[&Name]) -> Option<Span> {
        let segment = self.model.segments.get(id.index())?;
        let name = names.iter().find(|n| n.value == segment.name)?;
        Some(name.span)
    }
}

fn formulas(parts: &[Node]) -> Vec<Rc<Formula>> {
    parts.iter().map(|p| Rc::clone(&p.formula)).collect()
}
