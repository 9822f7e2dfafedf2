//! How many each condition of a segment holds for, how many it lets through in order, and how the members would change without
//! it: one query over everybody, of counts alone.

use super::Question;
use crate::diag::Diagnostics;
use crate::dialect::Dialect;
use crate::engine::Value;
use crate::ir::Answer;
use crate::model::tree::{Kind, Node};

/// The counts of a segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Funnel {
    /// Rows of the entity's table.
    pub population: u64,
    /// For whom the condition holds, before suppression.
    pub holds: u64,
    pub members: u64,
    /// The tree's conditions, from above.
    pub steps: Vec<Step>,
    /// The conditions that suppress; what reaches them is who would be a member.
    pub suppression: Vec<Step>,
    /// The project's holdout, after those; None where the segment takes no notice.
    pub holdout: Option<Step>,
}

/// The counts of one condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    pub words: String,
    pub kind: &'static str,
    /// How far below the segment's own condition.
    pub depth: usize,
    /// For how many it holds, whatever the others say.
    pub holds: u64,
    /// How many come so far: those for whom everything before it in its list holds.
    pub reached: u64,
    /// Those of them who go on: for whom it holds; where it must not (an earlier case, one of `none`, a suppression), for
    /// whom it does not.
    pub kept: u64,
    /// How many more members there would be without it (fewer, if negative); None for the whole and for a condition that
    /// cannot go without the one above it.
    pub change: Option<i64>,
}

impl Step {
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.reached.saturating_sub(self.kept)
    }
}

/// A node of the tree with its place in it.
struct Place<'a> {
    node: &'a Node,
    depth: usize,
    above: Option<usize>,
    /// The first place behind all that is below.
    end: usize,
    /// What must hold for an entity to come so far.
    reach: Vec<String>,
    /// Whether those go on for whom it does not hold.
    unwanted: bool,
}

impl Place<'_> {
    /// What its truth must be for an entity to go on.
    fn goes_on(&self, truth: &str) -> String {
        if self.unwanted {
            format!("not {truth}")
        } else {
            truth.to_owned()
        }
    }
}

/// The query of a segment's funnel.
pub struct Asked<'a> {
    question: &'a Question,
    places: Vec<Place<'a>>,
    /// To run first in the same session.
    pub prelude: Vec<String>,
    pub sql: String,
}

impl<'a> Asked<'a> {
    /// The one query; None if it cannot be said.
    #[must_use]
    pub fn new(
        question: &'a Question,
        dialect: &dyn Dialect,
        diags: &mut Diagnostics,
    ) -> Option<Self> {
        let query = question.query(None, dialect, diags)?;
        let columns: Vec<String> = query
            .columns
            .iter()
            .map(|c| dialect.identifier(&c.name))
            .collect();
        let mut asked = Self {
            question,
            places: Vec::new(),
            prelude: query.prelude,
            sql: String::new(),
        };
        let text = |answer: &Answer| {
            let column = question.column(answer).and_then(|n| columns.get(n));
            column.cloned().unwrap_or_else(|| "false".to_owned())
        };
        let holds = |node: &Node| text(&Answer::Holds(node.predicate.clone()));
        let root = Place {
            node: &question.tree,
            depth: 0,
            above: None,
            end: 0,
            reach: Vec::new(),
            unwanted: false,
        };
        asked.place(root, &holds);
        let member = |truth: &str| {
            let mut member = truth.to_owned();
            if question.segment().suppressed {
                member = format!("({truth}) and not {}", text(&Answer::Suppressed));
            }
            if let Some(holdout) = &question.holdout {
                member = format!("({member}) and not {}", holds(holdout));
            }
            member
        };
        let whole = holds(&question.tree);
        let mut counts = vec![whole.clone(), member(&whole)];
        for (n, place) in asked.places.iter().enumerate() {
            let own = holds(place.node);
            let mut kept = place.reach.clone();
            counts.push(own.clone());
            counts.push(all(&kept));
            kept.push(place.goes_on(&own));
            counts.push(all(&kept));
            counts.push(if asked.removable(n) {
                member(&asked.truth(0, n, &holds))
            } else {
                "false".to_owned()
            });
        }
        let mut reach = vec![whole];
        for node in question.suppress.iter().chain(&question.holdout) {
            let own = holds(node);
            counts.push(own.clone());
            counts.push(all(&reach));
            reach.push(format!("not {own}"));
            counts.push(all(&reach));
        }
        let counts: Vec<String> = counts
            .iter()
            .map(|truth| format!("coalesce(sum(case when {truth} then 1 else 0 end), 0)"))
            .collect();
        asked.sql = format!(
            "select\n    count(*),\n    {}\nfrom (\n{}\n) as answers",
            counts.join(",\n    "),
            query.sql
        );
        Some(asked)
    }

    /// Puts a node and all below it into the list.
    fn place(&mut self, place: Place<'a>, holds: &dyn Fn(&Node) -> String) {
        let own = self.places.len();
        let (node, depth, mut reach) = (place.node, place.depth + 1, place.reach.clone());
        self.places.push(place);
        for (n, below) in node.of.iter().enumerate() {
            let last = n + 1 == node.of.len();
            // (whether holding is unwanted, whether the next ones see only who goes on)
            let (unwanted, in_order) = match node.kind {
                Kind::All => (false, true),
                Kind::None => (true, true),
                Kind::Case { otherwise } => (otherwise || !last, true),
                Kind::Not | Kind::NotIn(_) => (true, false),
                Kind::Constant
                | Kind::Leaf
                | Kind::Any
                | Kind::NotAll
                | Kind::Count { .. }
                | Kind::In(_)
                | Kind::InAgain(_)
                | Kind::NotInAgain(_)
                | Kind::CaseAgain { .. } => (false, false),
            };
            let place = Place {
                node: below,
                depth,
                above: Some(own),
                end: 0,
                reach: reach.clone(),
                unwanted,
            };
            if in_order {
                reach.push(place.goes_on(&holds(below)));
            }
            self.place(place, holds);
        }
        let end = self.places.len();
        if let Some(place) = self.places.get_mut(own) {
            place.end = end;
        }
    }

    /// Whether a condition can be taken out of the one above it.
    fn removable(&self, n: usize) -> bool {
        let above = self.places.get(n).and_then(|p| p.above);
        above
            .and_then(|a| self.places.get(a))
            .is_some_and(|above| match above.node.kind {
                Kind::All
                | Kind::Any
                | Kind::None
                | Kind::NotAll
                | Kind::Count { .. }
                | Kind::Case { .. } => true,
                Kind::Constant
                | Kind::Leaf
                | Kind::Not
                | Kind::In(_)
                | Kind::NotIn(_)
                | Kind::InAgain(_)
                | Kind::NotInAgain(_)
                | Kind::CaseAgain { .. } => false,
            })
    }

    /// The places just below one.
    fn below(&self, n: usize) -> impl Iterator<Item = usize> {
        let end = self.places.get(n).map_or(n, |p| p.end);
        let first = (n + 1 < end).then_some(n + 1);
        std::iter::successors(first, move |at| {
            self.places
                .get(*at)
                .map(|p| p.end)
                .filter(|next| *next < end)
        })
    }

    /// The truth at place `n` as if the condition at `removed` did not stand.
    fn truth(&self, n: usize, removed: usize, holds: &dyn Fn(&Node) -> String) -> String {
        let Some(place) = self.places.get(n) else {
            return "false".to_owned();
        };
        let within = |n: usize| {
            self.places
                .get(n)
                .is_some_and(|p| n < removed && removed < p.end)
        };
        let first =
            |wanted: &dyn Fn(&Kind) -> bool| self.places.iter().position(|p| wanted(&p.node.kind));
        // What stands further above already changes there and here.
        let elsewhere = match &place.node.kind {
            Kind::InAgain(id) | Kind::NotInAgain(id) => {
                first(&|kind| matches!(kind, Kind::In(i) | Kind::NotIn(i) if i == id))
            }
            Kind::CaseAgain { .. } => self.places.iter().position(|p| {
                p.node.predicate == place.node.predicate && matches!(p.node.kind, Kind::Case { .. })
            }),
            Kind::Constant
            | Kind::Leaf
            | Kind::All
            | Kind::Any
            | Kind::None
            | Kind::Not
            | Kind::NotAll
            | Kind::Count { .. }
            | Kind::In(_)
            | Kind::NotIn(_)
            | Kind::Case { .. } => Some(n),
        };
        let Some(at) = elsewhere.filter(|at| within(*at)) else {
            return holds(place.node);
        };
        let of: Vec<String> = self
            .below(at)
            .filter(|below| *below != removed)
            .map(|below| self.truth(below, removed, holds))
            .collect();
        match &place.node.kind {
            Kind::All | Kind::In(_) | Kind::InAgain(_) => all(&of),
            Kind::Any => any(&of),
            Kind::None | Kind::Not | Kind::NotIn(_) | Kind::NotInAgain(_) => {
                format!("not ({})", any(&of))
            }
            Kind::NotAll => format!("not ({})", all(&of)),
            Kind::Count { min, max } => count(&of, *min, *max),
            Kind::Case { .. } | Kind::CaseAgain { .. } => self.case(at, removed, &of),
            Kind::Constant | Kind::Leaf => holds(place.node),
        }
    }

    /// The last case holds and no earlier one; for `otherwise`, or without the last, none of them.
    fn case(&self, at: usize, removed: usize, of: &[String]) -> String {
        let node = self.places.get(at).map(|p| p.node);
        let otherwise = node.is_some_and(|n| n.kind == Kind::Case { otherwise: true });
        let last_is_out = self.below(at).last() == Some(removed);
        match of.split_last() {
            Some((own, earlier)) if !otherwise && !last_is_out => {
                format!("({own}) and not ({})", any(earlier))
            }
            Some(_) | None => format!("not ({})", any(of)),
        }
    }

    /// The counts in the query's one row.
    #[must_use]
    pub fn read(&self, row: &[Value]) -> Funnel {
        let mut numbers = row.iter().map(|value| match value {
            Value::Int(n) => u64::try_from(*n).unwrap_or(0),
            Value::Text(text) => text.parse().unwrap_or(0),
            Value::Null | Value::Boolean(_) | Value::Float(_) => 0,
        });
        let mut next = || numbers.next().unwrap_or(0);
        let (population, holds, members) = (next(), next(), next());
        let step = |node: &Node, depth, holds, reached, kept, change| Step {
            words: node.words.clone(),
            kind: super::json::kind(&node.kind),
            depth,
            holds,
            reached,
            kept,
            change,
        };
        let signed = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
        let steps = self.places.iter().enumerate().map(|(n, place)| {
            let (holds, reached, kept, without) = (next(), next(), next(), next());
            let change = self.removable(n).then(|| signed(without) - signed(members));
            step(place.node, place.depth, holds, reached, kept, change)
        });
        let steps = steps.collect();
        let mut left_out = |node| {
            // Kept are those for whom it does not hold.
            let (holds, reached, kept) = (next(), next(), next());
            step(node, 0, holds, reached, kept, None)
        };
        let suppression = self.question.suppress.iter().map(&mut left_out).collect();
        let holdout = self.question.holdout.as_ref().map(left_out);
        Funnel {
            population,
            holds,
            members,
            suppression,
            holdout,
            steps,
        }
    }
}

fn joined(of: &[String], word: &str, nothing: &str) -> String {
    match of {
        [] => nothing.to_owned(),
        [only] => only.clone(),
        _ => {
            let parts: Vec<String> = of.iter().map(|t| format!("({t})")).collect();
            parts.join(word)
        }
    }
}

fn all(of: &[String]) -> String {
    joined(of, " and ", "true")
}

fn any(of: &[String]) -> String {
    joined(of, " or ", "false")
}

fn count(of: &[String], min: Option<u32>, max: Option<u32>) -> String {
    let ones: Vec<String> = of
        .iter()
        .map(|t| format!("case when {t} then 1 else 0 end"))
        .collect();
    let sum = if ones.is_empty() {
        "0".to_owned()
    } else {
        format!("({})", ones.join(" + "))
    };
    let bounds: Vec<String> = min
        .map(|min| format!("{sum} >= {min}"))
        .into_iter()
        .chain(max.map(|max| format!("{sum} <= {max}")))
        .collect();
    all(&bounds)
}
