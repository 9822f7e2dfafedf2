//! Why somebody is in a segment or not: the segment's tree of conditions, the questions that its nodes and leaves are, and one
//! entity's answers. The questions go through the same plan, optimiser and dialect as a build, so the truth shown is the build's.
//!
//! `segc why` prints it, `segc explain --counts` counts over it, and a failed test shows it. Nothing here opens a connection:
//! who asks runs the query and hands the rows back.

mod evidence;
pub mod funnel;
pub mod json;
pub mod key;
pub mod published;
mod standing;
pub mod text;

pub use evidence::{Evidence, Range, Row};
pub use standing::{Cut, Standing};

use crate::diag::Diagnostics;
use crate::dialect::Dialect;
use crate::emit::{self, EntityQuery};
use crate::engine::Value;
use crate::expr::{Expr, ExprKind, Literal, Type};
use crate::ir::{self, Answer};
use crate::model::tree::{self, Node};
use crate::model::{EntityExpr, Model, Predicate, Segment, SegmentId};
use crate::source::{At, FileId, Span};
use std::collections::HashMap;

/// Of what is asked besides what is written.
const NOWHERE: At = At(Span {
    file: FileId(u32::MAX),
    start: 0,
    end: 0,
});

/// Everything that can be asked about a segment's members, or those who are none.
#[derive(Clone, Debug)]
pub struct Question {
    /// The project, with the measures that tell which rows decided.
    model: Model,
    segment: SegmentId,
    /// The segment's condition, before suppression.
    pub tree: Node,
    /// The conditions that suppress an entity; empty where the segment takes no notice.
    pub suppress: Vec<Node>,
    /// Whether the project holds an entity out; None where the segment takes no notice.
    pub holdout: Option<Node>,
    /// By a leaf's predicate.
    evidence: HashMap<Predicate, Vec<Evidence>>,
    /// By a leaf's predicate.
    standings: HashMap<Predicate, Vec<Standing>>,
    answers: Vec<Answer>,
    index: HashMap<Answer, usize>,
}

/// What a question asks besides the truth of every condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// Nothing.
    Truth,
    /// The values that leaves rest on, and the rows that decided.
    Rows,
}

impl Question {
    /// None for a segment that the model does not have.
    #[must_use]
    pub fn new(model: &Model, segment: SegmentId, depth: Depth) -> Option<Self> {
        let found = model.segments.get(segment.index())?;
        let entity = model.entities.get(found.entity.index())?;
        let tree = tree::segment(model, segment)?;
        let suppress: Vec<Node> = entity
            .suppress
            .iter()
            .filter(|_| found.suppressed)
            .map(|p| tree::condition(model, found.entity, p))
            .collect();
        let holdout = entity
            .holdout
            .as_ref()
            .filter(|_| found.held_out)
            .map(|p| tree::condition(model, found.entity, p));
        let channels = found.channels.clone();
        let mut question = Self {
            model: model.clone(),
            segment,
            tree,
            suppress,
            holdout,
            evidence: HashMap::new(),
            standings: HashMap::new(),
            answers: Vec::new(),
            index: HashMap::new(),
        };
        question.ask(Answer::Key);
        question.ask(Answer::Suppressed);
        for channel in channels {
            question.ask(Answer::Channel(channel));
        }
        for node in question.nodes() {
            question.ask(Answer::Holds(node.predicate.clone()));
            if depth == Depth::Rows {
                question.ask_values(node);
            }
        }
        Some(question)
    }

    /// What a leaf rests on.
    fn ask_values(&mut self, node: Node) {
        for value in &node.values {
            self.ask(Answer::Value(shown(&value.expr)));
        }
        let found = evidence::of(&node, &mut self.model);
        for evidence in &found {
            evidence.each(&mut |value| self.ask(Answer::Value(shown(value))));
        }
        let standings = standing::of(&node, &mut self.model);
        for standing in &standings {
            standing.each(&mut |value| self.ask(Answer::Value(shown(value))));
        }
        self.evidence.insert(node.predicate.clone(), found);
        self.standings.insert(node.predicate, standings);
    }

    /// All nodes, the segment's own and those of its suppression and its holdout.
    fn nodes(&self) -> Vec<Node> {
        let mut nodes = Vec::new();
        let left_out = self.suppress.iter().chain(&self.holdout);
        for root in std::iter::once(&self.tree).chain(left_out) {
            root.each(&mut |node| nodes.push(node.clone()));
        }
        nodes
    }

    fn ask(&mut self, answer: Answer) {
        if !self.index.contains_key(&answer) {
            self.index.insert(answer.clone(), self.answers.len());
            self.answers.push(answer);
        }
    }

    #[must_use]
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// The segment that is asked about.
    ///
    /// # Panics
    /// Never: the segment was found when the question was made.
    #[must_use]
    pub fn segment(&self) -> &Segment {
        self.model
            .segments
            .get(self.segment.index())
            .expect("found when the question was made")
    }

    /// The SELECT of all answers: a row for everybody, or for the one with this key.
    pub fn query(
        &self,
        only: Option<Literal>,
        dialect: &dyn Dialect,
        diags: &mut Diagnostics,
    ) -> Option<EntityQuery> {
        let entity = self.segment().entity;
        let plan = ir::ask(&self.model, entity, self.answers.clone(), only)?;
        let plan = ir::optimize(plan, &self.model, &dialect.costs(), &mut |_, _| {});
        Some(emit::query(&plan, &self.model, dialect, diags))
    }

    /// One entity's answers: a row of the query's.
    #[must_use]
    pub fn answered<'a>(&'a self, row: &'a [Value]) -> Answered<'a> {
        Answered {
            question: self,
            row,
        }
    }

    /// The rows that a leaf is about.
    #[must_use]
    pub fn evidence(&self, node: &Node) -> &[Evidence] {
        self.evidence
            .get(&node.predicate)
            .map_or(&[], Vec::as_slice)
    }

    /// Where one stands in the comparisons that a leaf makes.
    #[must_use]
    pub fn standings(&self, node: &Node) -> &[Standing] {
        self.standings
            .get(&node.predicate)
            .map_or(&[], Vec::as_slice)
    }

    /// Which column of the query answers this.
    fn column(&self, answer: &Answer) -> Option<usize> {
        self.index.get(answer).copied()
    }
}

/// One entity's answers to a question.
#[derive(Clone, Copy, Debug)]
pub struct Answered<'a> {
    pub question: &'a Question,
    row: &'a [Value],
}

impl<'a> Answered<'a> {
    fn get(&self, answer: &Answer) -> &'a Value {
        self.question
            .column(answer)
            .and_then(|n| self.row.get(n))
            .unwrap_or(&Value::Null)
    }

    #[must_use]
    pub fn key(&self) -> &'a Value {
        self.get(&Answer::Key)
    }

    /// Whether a node's condition holds.
    #[must_use]
    pub fn holds(&self, node: &Node) -> bool {
        *self.get(&Answer::Holds(node.predicate.clone())) == Value::Boolean(true)
    }

    /// A value that a leaf rests on; instants as local times.
    #[must_use]
    pub fn value(&self, expr: &EntityExpr) -> &'a Value {
        self.get(&Answer::Value(shown(expr)))
    }

    /// Whether suppression keeps the entity out of this segment.
    #[must_use]
    pub fn suppressed(&self) -> bool {
        self.question.segment().suppressed && *self.get(&Answer::Suppressed) == Value::Boolean(true)
    }

    /// Whether the project's holdout keeps the entity out of this segment.
    #[must_use]
    pub fn held_out(&self) -> bool {
        let holdout = self.question.holdout.as_ref();
        holdout.is_some_and(|node| self.holds(node))
    }

    /// Whether a build would publish the entity as a member.
    #[must_use]
    pub fn member(&self) -> bool {
        self.holds(&self.question.tree) && !self.suppressed() && !self.held_out()
    }

    /// The segment's channels by name, and whether each reaches the entity.
    #[must_use]
    pub fn channels(&self) -> Vec<(&'a str, bool)> {
        let segment = self.question.segment();
        let entity = self.question.model.entities.get(segment.entity.index());
        segment
            .channels
            .iter()
            .filter_map(|n| {
                let name = entity?.channels.get(*n)?.name.as_str();
                let reached = *self.get(&Answer::Channel(*n)) == Value::Boolean(true);
                Some((name, reached))
            })
            .collect()
    }
}

/// Instants are shown as local times.
fn shown(expr: &EntityExpr) -> EntityExpr {
    if expr.ty != Type::Timestamp {
        return expr.clone();
    }
    let kind = ExprKind::Cast {
        expr: Box::new(expr.clone()),
        safe: false,
    };
    Expr::new(kind, Type::Datetime, expr.at)
}
