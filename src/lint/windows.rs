//! Windows that reach beyond what a relation keeps (`kept_for`).

use super::values::each_part;
use super::{Checked, logic};
use crate::diag::codes::lint as codes;
use crate::diag::{Diagnostic, Diagnostics};
use crate::expr::{ExprKind, Literal};
use crate::model::typing::Context;
use crate::model::{Atom, EntityExpr, Model, RelationId, TraitId, Window, calendar, lineage};
use crate::source::{Span, Spanned};
use crate::spec::settings::{self, WeekStart};
use crate::spec::{Duration, RelationSpec, WindowSpec};
use std::collections::{BTreeSet, HashSet};

pub(super) fn check(project: &Checked<'_>, week_start: WeekStart, diags: &mut Diagnostics) {
    let model = project.model;
    let ctx = Context {
        as_of: model.as_of,
        time_zone: model.time_zone.clone(),
        week_start,
        vars: Vec::new(),
    };
    let of_traits: Vec<HashSet<&Atom>> = model
        .traits
        .iter()
        .map(|t| {
            let mut atoms = HashSet::new();
            each_window(model, &t.value, &mut |asked| {
                atoms.insert(asked.of);
            });
            atoms
        })
        .collect();
    // Some conditions ask about many windows: once at each place.
    let mut seen: BTreeSet<Span> = BTreeSet::new();
    let mut asked = |asked: &Asked<'_>| {
        if let Some((kept, start)) = kept(project, asked.relation, &ctx)
            && let Some(bound) = beyond(asked.window, &start)
            && seen.insert(asked.place)
        {
            diags.push(
                Diagnostic::warning(
                    &codes::WINDOW_BEYOND_DATA,
                    format!("the window reaches beyond what is kept, {bound}"),
                )
                .at(asked.place, "asks about rows that may be deleted by now")
                .at(kept.span, "rows go back so far")
                .help("shorten the window, or correct `kept_for`"),
            );
        }
    };
    // A trait may be made of others: what traits ask is spoken of once.
    let mut known: HashSet<&Atom> = HashSet::new();
    for (found, atoms) in model.traits.iter().zip(&of_traits) {
        each_window(model, &found.value, &mut |one| {
            if !known.contains(one.of) {
                asked(one);
            }
        });
        known.extend(atoms);
    }
    // Who names a trait asks no more by that than the trait does.
    let mut leaf = |expr, named: &[TraitId]| {
        each_window(model, expr, &mut |one| {
            let mut named = named.iter().filter_map(|t| of_traits.get(t.index()));
            if !named.any(|atoms| atoms.contains(one.of)) {
                asked(one);
            }
        });
    };
    for segment in &model.segments {
        lineage::each_leaf(&segment.predicate, &mut |expr| leaf(expr, &segment.traits));
    }
    for group in &model.groups {
        let cases = model.segments.iter();
        let cases = cases.filter(|s| super::item_of(&s.name) == group.name);
        let named: Vec<TraitId> = cases.flat_map(|s| s.traits.iter().copied()).collect();
        for (_, case) in &group.cases {
            lineage::each_leaf(case, &mut |expr| leaf(expr, &named));
        }
    }
    let all: Vec<TraitId> = (0u32..).map(TraitId).take(model.traits.len()).collect();
    for predicate in model.entities.iter().flat_map(|e| &e.suppress) {
        lineage::each_leaf(predicate, &mut |expr| leaf(expr, &all));
    }
}

/// Rows that are asked about.
struct Asked<'a> {
    /// The measure, or the sequence.
    of: &'a Atom,
    relation: RelationId,
    window: &'a Window,
    place: Span,
}

/// What each measure asks about, and each step of a sequence.
fn each_window<'a>(model: &'a Model, expr: &'a EntityExpr, f: &mut dyn FnMut(&Asked<'a>)) {
    if let ExprKind::Column(of) = &expr.kind {
        let mut ask = |relation, window| {
            let place = expr.at.0;
            f(&Asked {
                of,
                relation,
                window,
                place,
            });
        };
        match of {
            Atom::Measure(id) => {
                let measure = model.measures.get(id.index());
                measure.into_iter().for_each(|m| ask(m.relation, &m.window));
            }
            Atom::Sequence(id) => {
                let steps = model.sequences.get(id.index()).map(|s| &s.steps);
                let steps = steps.into_iter().flatten();
                steps.for_each(|step| ask(step.relation, &step.window));
            }
            Atom::Column(_) | Atom::Population(_) => {}
        }
    }
    each_part(expr, &mut |part| each_window(model, part, f));
}

/// What the relation, or its nearest parent that says so, keeps; and when that begins.
fn kept<'a>(
    project: &Checked<'a>,
    relation: RelationId,
    ctx: &Context,
) -> Option<(&'a Spanned<Duration>, Literal)> {
    let relation = project.model.relations.get(relation.index())?;
    let entity = project.spec.entities.get(relation.entity.index())?;
    let named = |name: &str| -> Option<&'a RelationSpec> {
        entity.relations.iter().find(|r| r.name.value == name)
    };
    let mut spec = named(&relation.name)?;
    // As many steps as there are relations: parents are no circle in a project without errors.
    for _ in 0..entity.relations.len() {
        if spec.kept_for.is_some() {
            break;
        }
        spec = named(&spec.via.as_ref()?.value)?;
    }
    let kept = spec.kept_for.as_ref()?;
    let zone = spec
        .time_zone
        .as_ref()
        .and_then(|zone| settings::zone(zone))
        .unwrap_or_else(|| ctx.time_zone.clone());
    let ty = &relation.time.as_ref()?.ty;
    let window = calendar::window(&WindowSpec::Within(kept.value), ty, &zone, ctx).ok()?;
    Some((kept, window.from?))
}

/// How far a window reaches, if it has a bound before the start.
fn beyond(window: &Window, start: &Literal) -> Option<String> {
    let before = |bound: &Option<Literal>| bound.clone().filter(|b| logic::before(b, start));
    match (before(&window.from), before(&window.until)) {
        (Some(from), _) => Some(format!("back to {}", day(&from))),
        (None, Some(until)) => Some(format!("wholly before {}", day(&until))),
        (None, None) => None,
    }
}

fn day(bound: &Literal) -> String {
    match bound {
        Literal::Date(date) => date.to_string(),
        Literal::Timestamp(at) => at.to_string(),
        Literal::Datetime(at) => at.to_string(),
        Literal::Null
        | Literal::Boolean(_)
        | Literal::Int(_)
        | Literal::Decimal { .. }
        | Literal::Float(_)
        | Literal::String(_)
        | Literal::Array(_) => String::new(),
    }
}
