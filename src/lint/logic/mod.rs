//! What follows from the conditions alone: contradictions, conditions that always hold, cases that nobody reaches, repetitions,
//! segments that are the same.
//!
//! A finding is a proof ([`solve`] says "no"): what is not understood is taken to be free, so nothing is reported by guess.

mod formula;
mod nodes;
mod set;
mod solve;

use super::Checked;
use crate::diag::codes::lint as codes;
use crate::diag::{Diagnostic, Diagnostics};
use crate::expr::{ExprKind, Func};
use crate::model::{
    EntityId, Group, GroupId, Model, Predicate, Relation, RowExpr, SegmentId, SegmentKind,
};
use crate::source::Span;
use crate::spec::{Condition, Name};
use formula::{Formula, Subjects, not};
pub(super) use formula::{Scope, before, nullable};
use nodes::{Kind, Node};
use std::collections::HashMap;
use std::rc::Rc;

/// Runs all rules of this room.
pub(super) fn check(project: &Checked<'_>, model: &Model, diags: &mut Diagnostics) {
    let mut logic = Logic {
        model,
        subjects: Subjects::new(model),
        segments: HashMap::new(),
        cases: HashMap::new(),
    };
    for segment in &model.segments {
        if segment.kind == SegmentKind::Segment {
            let names = project
                .segment(&segment.name)
                .map_or_else(Vec::new, |s| names(&s.condition));
            let node = logic.node(segment.entity, &segment.predicate, segment.span, &names);
            logic.constant(&node, diags);
        }
    }
    for (i, group) in model.groups.iter().enumerate() {
        let id = GroupId(u32::try_from(i).unwrap_or(u32::MAX));
        logic.group(project, id, group, diags);
    }
    for (i, entity) in model.entities.iter().enumerate() {
        let id = EntityId(u32::try_from(i).unwrap_or(u32::MAX));
        for predicate in &entity.suppress {
            let node = logic.node(id, predicate, entity.span, &project.suppress_names(i));
            logic.constant(&node, diags);
        }
    }
    // Who is compared with each other.
    for population in &model.populations {
        if let Some(among) = &population.among {
            let node = logic.node(population.entity, among, population.of.at.0, &[]);
            logic.constant(&node, diags);
        }
    }
    logic.rows(diags);
    logic.same_segments(diags);
}

/// Where a condition names segments.
pub(super) fn names(condition: &Condition) -> Vec<&Name> {
    let mut found = Vec::new();
    crate::model::references::each_reference(condition, &mut |name| found.push(name));
    found
}

struct Logic<'a> {
    model: &'a Model,
    subjects: Subjects<'a>,
    segments: HashMap<SegmentId, Rc<Formula>>,
    cases: HashMap<GroupId, Vec<Rc<Formula>>>,
}

impl Logic<'_> {
    fn never(&self, wanted: &[(&Formula, bool)]) -> bool {
        solve::possible(&self.subjects, wanted) == Some(false)
    }

    /// The formula of a condition, with those of the segments that it refers to put in.
    fn formula(&mut self, entity: EntityId, predicate: &Predicate) -> Rc<Formula> {
        let each = |logic: &mut Self, of: &[Predicate]| -> Vec<Rc<Formula>> {
            of.iter().map(|p| logic.formula(entity, p)).collect()
        };
        match predicate {
            // A constant is there on purpose.
            Predicate::Constant(_) => self.subjects.free(),
            Predicate::Leaf(expr) => self.subjects.leaf(entity, expr),
            Predicate::All(of) => Rc::new(Formula::All(each(self, of))),
            Predicate::Any(of) => Rc::new(Formula::Any(each(self, of))),
            Predicate::Not(of) => not(self.formula(entity, of)),
            Predicate::Count { min, max, of } => Rc::new(Formula::Count {
                min: min.map_or(0, |n| n as usize),
                max: max.map_or(of.len(), |n| (n as usize).min(of.len())),
                of: each(self, of),
            }),
            Predicate::Segment(id) => self.segment(*id),
            Predicate::Case { group, case } => {
                let cases = self.group_cases(*group);
                let mut all: Vec<_> = cases.iter().take(*case).cloned().map(not).collect();
                all.extend(cases.get(*case).cloned());
                Rc::new(Formula::All(all))
            }
        }
    }

    fn segment(&mut self, id: SegmentId) -> Rc<Formula> {
        if let Some(known) = self.segments.get(&id) {
            return Rc::clone(known);
        }
        let formula = match self.model.segments.get(id.index()) {
            Some(segment) => self.formula(segment.entity, &segment.predicate),
            None => self.subjects.free(),
        };
        self.segments.insert(id, Rc::clone(&formula));
        formula
    }

    fn group_cases(&mut self, id: GroupId) -> Vec<Rc<Formula>> {
        if let Some(known) = self.cases.get(&id) {
            return known.clone();
        }
        let group = self.model.groups.get(id.index());
        let cases: Vec<_> = group.map_or_else(Vec::new, |group| {
            let cases = group.cases.iter();
            cases.map(|(_, p)| self.formula(group.entity, p)).collect()
        });
        self.cases.insert(id, cases.clone());
        cases
    }

    /// Reports the innermost parts that are the same for everybody; whether there are any.
    fn constant(&self, node: &Node, diags: &mut Diagnostics) -> bool {
        let inner: Vec<bool> = node
            .parts
            .iter()
            .map(|part| self.constant(part, diags))
            .collect();
        if node.kind != Kind::Other {
            repeated(&node.parts, diags);
        }
        if inner.contains(&true) {
            return true;
        }
        if self.never(&[(&node.formula, true)]) {
            self.contradiction(node, diags);
            return true;
        }
        if self.never(&[(&node.formula, false)]) {
            diags.push(
                Diagnostic::warning(&codes::ALWAYS_TRUE, "everybody meets this condition")
                    .at(node.span, "true for every row, NULLs included")
                    .help("correct the bound, or remove the condition; `where: true` says \"everybody\""),
            );
            return true;
        }
        false
    }

    fn contradiction(&self, node: &Node, diags: &mut Diagnostics) {
        const HELP: &str = "correct the bound; if either is enough, put them into `any:`";
        // As few parts as exclude each other.
        let mut core: Vec<&Node> = node.parts.iter().collect();
        if node.kind == Kind::All {
            let mut at = 0;
            while at < core.len() {
                let mut fewer = core.clone();
                fewer.remove(at);
                let wanted: Vec<_> = fewer.iter().map(|n| (&*n.formula, true)).collect();
                if self.never(&wanted) {
                    core = fewer;
                } else {
                    at += 1;
                }
            }
        } else {
            core.clear();
        }
        let Some((last, others)) = core.split_last().filter(|(_, others)| !others.is_empty())
        else {
            diags.push(
                Diagnostic::warning(&codes::CONTRADICTION, "nobody can meet this condition")
                    .at(node.span, "false for every row")
                    .help("correct the bound, or remove the condition"),
            );
            return;
        };
        let mut diagnostic = Diagnostic::warning(
            &codes::CONTRADICTION,
            "nobody can meet these conditions together",
        )
        .at(last.span, "this excludes")
        .help(HELP);
        for other in others {
            diagnostic = diagnostic.at(other.span, "this one, which must hold as well");
        }
        diags.push(diagnostic);
    }

    fn group(
        &mut self,
        project: &Checked<'_>,
        id: GroupId,
        group: &Group,
        diags: &mut Diagnostics,
    ) {
        let Some(spec) = project.group(&group.name) else {
            return;
        };
        let formulas = self.group_cases(id);
        let mut taken: Vec<(&Formula, &Name)> = Vec::new();
        for ((case, formula), (_, predicate)) in spec.cases.iter().zip(&formulas).zip(&group.cases)
        {
            let names = names(&case.condition);
            let node = self.node(group.entity, predicate, case.condition.span, &names);
            if !self.constant(&node, diags) {
                self.shadowed(&case.name, formula, &taken, diags);
            }
            taken.push((formula, &case.name));
        }
    }

    /// Reports a case whose members the earlier ones take.
    fn shadowed(
        &self,
        name: &Name,
        formula: &Formula,
        taken: &[(&Formula, &Name)],
        diags: &mut Diagnostics,
    ) {
        let mut wanted: Vec<(&Formula, bool)> = taken.iter().map(|(f, _)| (*f, false)).collect();
        wanted.push((formula, true));
        if taken.is_empty() || !self.never(&wanted) {
            return;
        }
        let mut diagnostic = Diagnostic::warning(
            &codes::SHADOWED_CASE,
            format!("nobody reaches the case `{}`", name.value),
        )
        .at(name.span, "earlier cases take everybody who could be here");
        let alone = taken
            .iter()
            .find(|(earlier, _)| self.never(&[(earlier, false), (formula, true)]));
        if let Some((_, earlier)) = alone {
            diagnostic = diagnostic.at(earlier.span, "this one takes them all");
        }
        diags.push(diagnostic.help("move the narrower case up, or remove it"));
    }

    /// Filters of rows that no row passes.
    fn rows(&mut self, diags: &mut Diagnostics) {
        let model = self.model;
        let of_measures = model.measures.iter().map(|m| (m.relation, &m.filter));
        let steps = model.sequences.iter().flat_map(|s| &s.steps);
        let of_steps = steps.map(|s| (s.relation, &s.filter));
        for (id, filter) in of_measures.chain(of_steps) {
            let Some(relation) = model.relations.get(id.index()) else {
                continue;
            };
            let own = relation.filter.iter();
            let filters = own.filter(|f| !says_what_exists(relation, f)).chain(filter);
            let parts: Vec<Node> = filters
                .map(|filter| Node {
                    span: filter.at.0,
                    kind: Kind::Other,
                    formula: self.subjects.row(id, filter),
                    parts: Vec::new(),
                })
                .collect();
            let single = parts.iter().map(|part| self.constant(part, diags));
            if single.collect::<Vec<_>>().contains(&true) {
                continue;
            }
            let all = parts.iter().map(|p| Rc::clone(&p.formula)).collect();
            let node = Node {
                span: relation.span,
                kind: Kind::All,
                formula: Rc::new(Formula::All(all)),
                parts,
            };
            if self.never(&[(&node.formula, true)]) {
                self.contradiction(&node, diags);
            }
        }
    }

    /// Segments of one entity with one formula.
    fn same_segments(&mut self, diags: &mut Diagnostics) {
        let mut seen: HashMap<(EntityId, bool, bool, String), usize> = HashMap::new();
        for (i, segment) in self.model.segments.iter().enumerate() {
            let alias = matches!(segment.predicate, Predicate::Segment(_));
            if segment.kind != SegmentKind::Segment || alias || !segment.enabled {
                continue;
            }
            let formula = self.segment(SegmentId(u32::try_from(i).unwrap_or(u32::MAX)));
            let (suppressed, held_out) = (segment.suppressed, segment.held_out);
            let key = (segment.entity, suppressed, held_out, normal(&formula));
            let Some(first) = seen
                .get(&key)
                .and_then(|first| self.model.segments.get(*first))
            else {
                seen.insert(key, i);
                continue;
            };
            let diagnostic = Diagnostic::warning(
                &codes::SAME_SEGMENT,
                format!(
                    "`{}` and `{}` have the same members",
                    segment.name, first.name
                ),
            )
            .at(segment.span, "asks exactly the same question")
            .at(first.span, "as this one")
            .help(format!(
                "correct one or remove it; if both are meant, write `where: {{in: {}}}`",
                first.name
            ));
            diags.push(diagnostic);
        }
    }
}

/// The same text for formulas that differ in order and repetition alone.
fn normal(formula: &Formula) -> String {
    let list = |of: &[Rc<Formula>]| {
        let mut parts: Vec<String> = of.iter().map(|f| normal(f)).collect();
        parts.sort();
        parts.dedup();
        parts.join(",")
    };
    match formula {
        Formula::In(id, set) => format!("{id}:{set:?}"),
        Formula::All(of) => format!("all({})", list(of)),
        Formula::Any(of) => format!("any({})", list(of)),
        Formula::Not(of) => format!("not({})", normal(of)),
        Formula::Count { min, max, of } => {
            let mut parts: Vec<String> = of.iter().map(|f| normal(f)).collect();
            parts.sort();
            format!("{min}-{max}({})", parts.join(","))
        }
    }
}

/// The same question twice, side by side.
fn repeated(parts: &[Node], diags: &mut Diagnostics) {
    for (i, later) in parts.iter().enumerate() {
        let first = parts.iter().take(i).find(|p| p.formula == later.formula);
        if let Some(first) = first.filter(|f| apart(f.span, later.span)) {
            diags.push(
                Diagnostic::warning(&codes::DUPLICATE_CONDITION, "the same condition twice")
                    .at(later.span, "asks what was asked already")
                    .at(first.span, "here")
                    .help("remove one, or correct it"),
            );
        }
    }
}

/// Parts that come out of one trait have one place.
fn apart(a: Span, b: Span) -> bool {
    a != b
}

/// Whether a relation's `where` says no more than that its rows have what they must have to exist: S0614 asks to say so of a time.
fn says_what_exists(relation: &Relation, filter: &RowExpr) -> bool {
    let of = argument(Func::IsNotNull, filter)
        .or_else(|| argument(Func::IsNull, argument(Func::Not, filter)?));
    of.is_some_and(|of| matches!(&of.kind, ExprKind::Column(col) if relation.exists_by(col)))
}

/// What a function of one argument is called with, where it is this one.
fn argument(func: Func, of: &RowExpr) -> Option<&RowExpr> {
    let ExprKind::Call(called, args) = &of.kind else {
        return None;
    };
    args.first().filter(|_| *called == func)
}
