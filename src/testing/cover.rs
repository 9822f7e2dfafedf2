//! What no test distinguishes (`segc test --cover`).
//!
//! - A **leaf** of a segment's condition is covered when the tests of that segment turn it true for somebody and false for
//!   somebody. What it refers to is left to the tests of that.
//! - A **case** of a group and an arm of a split are covered when they have a member in some test, a **segment** when it has a test.
//! - An **edge** of a window is covered when the tests of the segment give a row of the relation within one day on either side of
//!   it: one that is at the edge or later, and one that is earlier.

use super::Prepared;
use crate::diag::codes::testing::NOT_COVERED;
use crate::diag::{Diagnostic, Diagnostics};
use crate::engine::{Rows, Value};
use crate::expr::{ExprKind, Literal};
use crate::model::tree::{Kind, Node};
use crate::model::{Atom, MeasureId, Model, SegmentId, SegmentKind, tree};
use crate::source::Span;
use crate::why::Question;
use jiff::SignedDuration;
use std::collections::{BTreeMap, BTreeSet};

/// What tests have shown of one segment.
#[derive(Clone, Debug, Default)]
struct Shown {
    /// By the leaf's place in the tree: seen true, seen false.
    leaves: BTreeMap<usize, (bool, bool)>,
    /// By leaf, measure and end: seen at or after it, seen before it.
    edges: BTreeMap<(usize, MeasureId, End), (bool, bool)>,
    /// Somebody was in it.
    member: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum End {
    From,
    Until,
}

/// Collects what tests show.
#[derive(Clone, Debug, Default)]
pub(super) struct Cover {
    segments: BTreeMap<SegmentId, Shown>,
}

impl Cover {
    /// Takes in the answers of one test about one segment.
    pub(super) fn take(
        &mut self,
        segment: SegmentId,
        question: &Question,
        rows: &Rows,
        prepared: &Prepared,
    ) {
        let shown = self.segments.entry(segment).or_default();
        let model = question.model();
        let leaves = leaves(&question.tree, model, segment);
        for row in &rows.rows {
            let row: &[Value] = row;
            let answered = question.answered(row);
            shown.member |= answered.member();
            for (n, leaf) in leaves.iter().enumerate() {
                let seen = shown.leaves.entry(n).or_default();
                if answered.holds(leaf) {
                    seen.0 = true;
                } else {
                    seen.1 = true;
                }
            }
        }
        for (n, leaf) in leaves.iter().enumerate() {
            for (measure, end, bound) in edges(leaf, model) {
                let seen = shown.edges.entry((n, measure, end)).or_default();
                for time in times(measure, model, prepared) {
                    match side(time, &bound) {
                        Some(true) => seen.0 = true,
                        Some(false) => seen.1 = true,
                        None => {}
                    }
                }
            }
        }
    }

    /// A warning for everything that is not covered; `model` is the project's own.
    pub(super) fn report(&self, selected: &[SegmentId], model: &Model, diags: &mut Diagnostics) {
        let mut said: BTreeSet<(Span, String)> = BTreeSet::new();
        let mut say = |span: Span, message: String, label: &str, help: &str| {
            if said.insert((span, message.clone())) {
                diags.push(
                    Diagnostic::warning(&NOT_COVERED, message)
                        .at(span, label)
                        .help(help),
                );
            }
        };
        for id in selected {
            let Some(segment) = model.segments.get(id.index()) else {
                continue;
            };
            // Its lots are no condition of the project's.
            if segment.kind == SegmentKind::Holdout {
                continue;
            }
            let name = &segment.name;
            let Some(shown) = self.segments.get(id) else {
                say(
                    segment.span,
                    format!("`{name}` has no test"),
                    "no test is about it",
                    "write one with a row on either side of every bound",
                );
                continue;
            };
            if segment.kind != SegmentKind::Segment && !shown.member {
                say(
                    segment.span,
                    format!("nobody is in `{name}` in any test"),
                    "never anybody's",
                    "give somebody who belongs there",
                );
            }
            let Some(tree) = tree::segment(model, *id) else {
                continue;
            };
            for (n, leaf) in leaves(&tree, model, *id).iter().enumerate() {
                let span = leaf.span.unwrap_or(segment.span);
                let words = &leaf.words;
                let missing = match shown.leaves.get(&n).copied().unwrap_or_default() {
                    (true, true) => None,
                    (true, false) => Some("never false"),
                    (false, true) => Some("never true"),
                    (false, false) => Some("never asked"),
                };
                if let Some(missing) = missing {
                    say(
                        span,
                        format!("no test of `{name}` distinguishes: {words}"),
                        missing,
                        "give one row for which it holds, and one for which it does not",
                    );
                }
                for (measure, end, _) in edges(leaf, model) {
                    let seen = shown.edges.get(&(n, measure, end)).copied();
                    let side = match (seen.unwrap_or_default(), end) {
                        ((true, true), _) => continue,
                        ((true, false), _) => "no row less than a day before it",
                        ((false, true), _) => "no row less than a day after it",
                        ((false, false), _) => "no row within a day of it",
                    };
                    let edge = match end {
                        End::From => "begins",
                        End::Until => "ends",
                    };
                    say(
                        span,
                        format!("no test of `{name}` shows where this window {edge}: {words}"),
                        side,
                        "give a row at the edge, and one a second (or, on a date, a day) before it",
                    );
                }
            }
        }
    }
}

/// The leaves of a segment's own condition, without those of what it refers to; of a case, without the cases before it.
fn leaves<'t>(tree: &'t Node, model: &Model, id: SegmentId) -> Vec<&'t Node> {
    let own = match (&tree.kind, model.segments.get(id.index())) {
        (Kind::Case { otherwise: true }, Some(_)) => return Vec::new(),
        (Kind::Case { otherwise: false }, Some(s)) if s.kind == SegmentKind::Case => {
            tree.of.last().unwrap_or(tree)
        }
        (_, _) => tree,
    };
    let mut found = Vec::new();
    collect(own, &mut found);
    found
}

fn collect<'t>(node: &'t Node, found: &mut Vec<&'t Node>) {
    match &node.kind {
        Kind::Leaf => found.push(node),
        Kind::All | Kind::Any | Kind::None | Kind::NotAll | Kind::Not | Kind::Count { .. } => {
            node.of.iter().for_each(|n| collect(n, found));
        }
        Kind::Constant
        | Kind::In(_)
        | Kind::NotIn(_)
        | Kind::InAgain(_)
        | Kind::NotInAgain(_)
        | Kind::Case { .. }
        | Kind::CaseAgain { .. } => {}
    }
}

/// The bounds of a leaf's windows; that nothing at or after `as_of` exists is none.
fn edges(leaf: &Node, model: &Model) -> Vec<(MeasureId, End, Literal)> {
    let mut found = Vec::new();
    for value in &leaf.values {
        let ExprKind::Column(Atom::Measure(id)) = &value.expr.kind else {
            continue;
        };
        let Some(measure) = model.measures.get(id.index()) else {
            continue;
        };
        let Some(relation) = model.relations.get(measure.relation.index()) else {
            continue;
        };
        let now = |bound: &Literal| relation.past.iter().any(|(_, past)| past == bound);
        let ends = [
            (End::From, &measure.window.from),
            (End::Until, &measure.window.until),
        ];
        for (end, bound) in ends {
            if let Some(bound) = bound.as_ref().filter(|b| !now(b)) {
                found.push((*id, end, bound.clone()));
            }
        }
    }
    found
}

/// The times of the rows that a measure is about, of those given.
fn times<'p>(id: MeasureId, model: &Model, prepared: &'p Prepared) -> Vec<&'p Literal> {
    let column = || {
        let measure = model.measures.get(id.index())?;
        let relation = model.relations.get(measure.relation.index())?;
        let time = &relation.time.as_ref()?.col;
        let table = relation.frame.slots.get(time.slot)?.table;
        let columns = &model.tables.get(table.index())?.columns;
        Some((table, columns.iter().position(|c| c.name == time.name)?))
    };
    let Some((table, n)) = column() else {
        return Vec::new();
    };
    let rows = prepared.given.rows.get(&table);
    rows.into_iter()
        .flatten()
        .filter_map(|r| r.get(n))
        .collect()
}

/// Whether a time is at a bound or less than a day later (true), or less than a day earlier; on a date column, on its day or on
/// the day before.
fn side(time: &Literal, bound: &Literal) -> Option<bool> {
    let day = SignedDuration::from_hours(24);
    let later = match (time, bound) {
        (Literal::Date(t), Literal::Date(b)) => {
            let days = b.until(*t).ok()?.get_days();
            return match days {
                0 => Some(true),
                -1 => Some(false),
                _ => None,
            };
        }
        (Literal::Timestamp(t), Literal::Timestamp(b)) => t.duration_since(*b),
        (Literal::Datetime(t), Literal::Datetime(b)) => t.duration_since(*b),
        (
            Literal::Null
            | Literal::Boolean(_)
            | Literal::Int(_)
            | Literal::Decimal { .. }
            | Literal::Float(_)
            | Literal::String(_)
            | Literal::Date(_)
            | Literal::Timestamp(_)
            | Literal::Datetime(_)
            | Literal::Array(_),
            _,
        ) => return None,
    };
    if later >= SignedDuration::ZERO && later < day {
        Some(true)
    } else if later < SignedDuration::ZERO && later > -day {
        Some(false)
    } else {
        None
    }
}
