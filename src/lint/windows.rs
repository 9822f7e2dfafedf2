//! Windows that reach beyond what a relation keeps (`kept_for`).

use super::values::each_part;
use super::{Checked, logic};
use crate::diag::codes::lint as codes;
use crate::diag::{Diagnostic, Diagnostics};
use crate::expr::{ExprKind, Literal};
use crate::model::typing::Context;
use crate::model::{Atom, EntityExpr, Measure, MeasureId, calendar, lineage};
use crate::source::Spanned;
use crate::spec::settings::{self, WeekStart};
use crate::spec::{Duration, RelationSpec, WindowSpec};
use std::collections::BTreeSet;

pub(super) fn check(project: &Checked<'_>, week_start: WeekStart, diags: &mut Diagnostics) {
    let model = project.model;
    let ctx = Context {
        as_of: model.as_of,
        time_zone: model.time_zone.clone(),
        week_start,
        vars: Vec::new(),
    };
    let mut seen: BTreeSet<MeasureId> = BTreeSet::new();
    let mut value = |expr: &EntityExpr| {
        each_measure(expr, &mut |id, expr| {
            let Some(measure) = model.measures.get(id.index()).filter(|_| seen.insert(id)) else {
                return;
            };
            if let Some((kept, start)) = kept(project, measure, &ctx)
                && let Some(bound) = beyond(measure, &start)
            {
                diags.push(
                    Diagnostic::warning(
                        &codes::WINDOW_BEYOND_DATA,
                        format!("the window reaches beyond what is kept, {bound}"),
                    )
                    .at(expr.at.0, "asks about rows that may be deleted by now")
                    .at(kept.span, "rows go back so far")
                    .help("shorten the window, or correct `kept_for`"),
                );
            }
        });
    };
    model.traits.iter().for_each(|t| value(&t.value));
    for segment in &model.segments {
        lineage::each_leaf(&segment.predicate, &mut value);
    }
    for group in &model.groups {
        for (_, case) in &group.cases {
            lineage::each_leaf(case, &mut value);
        }
    }
    for entity in &model.entities {
        for predicate in &entity.suppress {
            lineage::each_leaf(predicate, &mut value);
        }
    }
}

fn each_measure(expr: &EntityExpr, f: &mut dyn FnMut(MeasureId, &EntityExpr)) {
    if let ExprKind::Column(Atom::Measure(id)) = &expr.kind {
        f(*id, expr);
    }
    each_part(expr, &mut |part| each_measure(part, f));
}

/// What the measure's relation, or its nearest parent that says so, keeps; and when that begins.
fn kept<'a>(
    project: &Checked<'a>,
    measure: &Measure,
    ctx: &Context,
) -> Option<(&'a Spanned<Duration>, Literal)> {
    let relation = project.model.relations.get(measure.relation.index())?;
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

/// How far a measure's window reaches, if it has a bound before the start.
fn beyond(measure: &Measure, start: &Literal) -> Option<String> {
    let before = |bound: &Option<Literal>| bound.clone().filter(|b| logic::before(b, start));
    match (before(&measure.window.from), before(&measure.window.until)) {
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
