//! What no test distinguishes (`segc test --cover`).
//!
//! - A **leaf** of a segment's condition is covered when the tests of that segment turn it true for somebody and false for
//!   somebody. What it refers to is left to the tests of that.
//! - A **case** of a group and an arm of a split are covered when they have a member in some test, a **segment** when it has a test.
//! - An **edge** of a window is covered when the tests of the segment give a row of the relation near it on either side: one
//!   earlier, one later. The edge itself is on one of the two. The windows of a sequence's later steps are counted from the rows
//!   before.

use super::Prepared;
use super::edge::{Edge, End, Seen, edges};
use crate::diag::codes::testing::NOT_COVERED;
use crate::diag::{Diagnostic, Diagnostics};
use crate::engine::{Rows, Value};
use crate::model::tree::{Kind, Node};
use crate::model::{Model, SegmentId, SegmentKind, tree};
use crate::source::Span;
use crate::why::Question;
use std::collections::{BTreeMap, BTreeSet};

/// What tests have shown of one segment.
#[derive(Clone, Debug, Default)]
struct Shown {
    /// By the leaf's place in the tree: seen true, seen false.
    leaves: BTreeMap<usize, (bool, bool)>,
    edges: Seen,
    /// Somebody was in it.
    member: bool,
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
            for edge in edges(leaf, model) {
                let seen = shown.edges.entry((n, edge.place)).or_default();
                edge.see(model, prepared, seen);
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
                for edge in edges(leaf, model) {
                    let seen = shown.edges.get(&(n, edge.place)).copied();
                    let Some(lacking) = lacking(&edge, seen.unwrap_or_default()) else {
                        continue;
                    };
                    let (what, help) = what(&edge);
                    say(
                        span,
                        format!("no test of `{name}` shows {what}: {words}"),
                        &lacking,
                        help,
                    );
                }
            }
        }
    }
}

/// What no test shows of an edge, and what would.
fn what(edge: &Edge) -> (String, &'static str) {
    const END: &str =
        "give a row just so long after the other, and one a second (or, on a date, a day) later";
    let window = if edge.is_last() {
        "give a row at the very moment of the bound, which is on the earlier side, and one a second after it"
    } else {
        "give a row at the edge, and one a second (or, on a date, a day) before it"
    };
    let step = edge.step.as_deref();
    let whose = step.map_or_else(
        || "this window".to_owned(),
        |step| format!("the window of {step}"),
    );
    let step = step.unwrap_or("a step");
    match edge.place.end {
        End::From => (format!("where {whose} begins"), window),
        End::Until => (format!("where {whose} ends"), window),
        End::Within => (format!("where `within` of {step} ends"), END),
        End::Total => ("where `total` ends".to_owned(), END),
        End::Between => (
            format!("what a row of {step} between its neighbours does"),
            "give such a row between the two, and two without it",
        ),
    }
}

/// The side of an edge that has no row.
fn lacking(edge: &Edge, seen: (bool, bool)) -> Option<String> {
    let unit = edge.unit();
    let (own, other) = match edge.place.end {
        End::From | End::Until | End::Within | End::Total if edge.is_last() => ("before", "after"),
        End::From | End::Until | End::Within | End::Total => ("after", "before"),
        End::Between => {
            return match seen {
                (true, true) => None,
                (false, _) => Some("no row between the two".to_owned()),
                (true, false) => Some("always a row between the two".to_owned()),
            };
        }
    };
    match seen {
        (true, true) => None,
        (true, false) => Some(format!("no row within {unit} {other} it")),
        (false, true) => Some(format!("no row at it or less than {unit} {own} it")),
        (false, false) => Some(format!(
            "no row at it or less than {unit} {own} it, and none within {unit} {other} it"
        )),
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
