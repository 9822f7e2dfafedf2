//! The one large rewrite: measures over one relation share a scan, and scans come in tiers by look-back window.
//!
//! A conditional aggregate is evaluated for every row its scan reads, so one scan for everything makes narrow windows pay for
//! wide ones; a scan per window makes few measures pay for reading and joining. The cost rule (`performance.md`) decides.

use super::names::{days_back, label};
use super::optimize::{later, widest_first};
use super::{Costs, Plan, Scan, Shape};
use crate::expr::{Agg, Literal};
use crate::model::calendar::earlier;
use crate::model::{Measure, Model, RelationId, RowExpr};
use std::collections::HashMap;

/// What scans must have in common to be one.
#[derive(PartialEq, Eq, Hash)]
enum Key<'a> {
    /// (relation, the value whose distinct ones are counted, from)
    Rows(RelationId, Option<&'a RowExpr>, Option<&'a Literal>),
    /// (relation, from, until, filter)
    First(
        RelationId,
        &'a Option<Literal>,
        &'a Option<Literal>,
        &'a [RowExpr],
    ),
    /// (relation, until, filter): the last row of a wider window is that of a narrower one, or none is.
    Last(RelationId, &'a Option<Literal>, &'a [RowExpr]),
    /// (relation, least, from, until, filter, value)
    Ranked(
        RelationId,
        bool,
        &'a Option<Literal>,
        &'a Option<Literal>,
        &'a [RowExpr],
        &'a Measure,
    ),
}

fn key<'a>(scan: &'a Scan, model: &'a Model) -> Option<Key<'a>> {
    Some(match scan.shape {
        Shape::Aggregate | Shape::Distinct => {
            Key::Rows(scan.relation, distinct(scan, model), scan.from.as_ref())
        }
        Shape::Chosen { last: false, .. } => {
            Key::First(scan.relation, &scan.from, &scan.until, &scan.all_of)
        }
        Shape::Chosen { last: true, .. } => Key::Last(scan.relation, &scan.until, &scan.all_of),
        Shape::Ranked { least, .. } => {
            let measure = model.measures.get(scan.measures.first()?.index())?;
            Key::Ranked(
                scan.relation,
                least,
                &scan.from,
                &scan.until,
                &scan.all_of,
                measure,
            )
        }
    })
}

/// The value whose distinct ones a scan counts.
fn distinct<'a>(scan: &Scan, model: &'a Model) -> Option<&'a RowExpr> {
    match scan.shape {
        Shape::Distinct => {
            let measure = model.measures.get(scan.measures.first()?.index())?;
            measure.arg.as_ref()
        }
        Shape::Aggregate | Shape::Chosen { .. } | Shape::Ranked { .. } => None,
    }
}

/// One scan per relation and look-back window; one per chosen row; one per ranked value.
pub(super) fn fuse(mut plan: Plan, model: &Model, _: &Costs) -> Plan {
    let mut groups: Vec<Scan> = Vec::new();
    let mut index: HashMap<Key<'_>, usize> = HashMap::new();
    for scan in &plan.scans {
        let Some(key) = key(scan, model) else {
            continue;
        };
        let at = *index.entry(key).or_insert(groups.len());
        match groups.get_mut(at) {
            Some(group) => {
                group.measures.extend(&scan.measures);
                match group.shape {
                    Shape::Aggregate | Shape::Distinct => {
                        group.until = latest(group.until.take(), ahead(scan, model));
                    }
                    // Of a last row, the widest window; of the others all are the same.
                    Shape::Chosen { .. } | Shape::Ranked { .. } => {
                        let both = group.from.take().zip(scan.from.as_ref());
                        group.from = both.map(|(a, b)| if earlier(b, &a) { b.clone() } else { a });
                    }
                }
                join(&mut group.slots, &scan.slots);
            }
            None => groups.push(Scan {
                // An upper bound is each measure's own until `push_filters` finds a common one.
                until: match scan.shape {
                    Shape::Aggregate | Shape::Distinct => ahead(scan, model),
                    Shape::Chosen { .. } | Shape::Ranked { .. } => scan.until.clone(),
                },
                why: why(scan, model),
                ..scan.clone()
            }),
        }
    }
    drop(index);
    groups.sort_by(|a, b| {
        order(a, model)
            .partial_cmp(&order(b, model))
            .unwrap_or(std::cmp::Ordering::Equal)
    });
    plan.scans = groups;
    plan
}

/// Where a scan ends, if it reads rows ahead of `as_of`.
pub(super) fn ahead(scan: &Scan, model: &Model) -> Option<Literal> {
    let relation = model.relations.get(scan.relation.index())?;
    let until = scan.until.as_ref()?;
    relation.is_ahead(until).then(|| until.clone())
}

/// None is `as_of`: nothing earlier than that comes here.
pub(super) fn latest(a: Option<Literal>, b: Option<Literal>) -> Option<Literal> {
    let both = a.iter().chain(&b);
    both.reduce(later).cloned()
}

/// Scans stand by relation, aggregates first, widest window first.
pub(super) fn order(scan: &Scan, model: &Model) -> (RelationId, Shape, f64) {
    (scan.relation, scan.shape, -reach(scan, model))
}

/// How many days back a scan reads.
pub(super) fn reach(scan: &Scan, model: &Model) -> f64 {
    scan.from
        .as_ref()
        .and_then(|f| days_back(f, model))
        .unwrap_or(f64::MAX)
}

fn why(scan: &Scan, model: &Model) -> String {
    match scan.shape {
        Shape::Aggregate => match scan.from.as_ref().and_then(|f| label(f, model)) {
            Some(_) if ahead(scan, model).is_some() => {
                "one scan for all windows that begin now".to_owned()
            }
            Some(back) => format!("one scan for all windows that begin {back} back"),
            None => "one scan for everything without a beginning".to_owned(),
        },
        Shape::Distinct => {
            "distinct values are counted by value, apart from other measures: one scan for each value"
                .to_owned()
        }
        Shape::Chosen { last: false, .. } => {
            "the first row depends on window and filter: one scan for each pair of these".to_owned()
        }
        Shape::Chosen { last: true, .. } => {
            "the last row depends on the filter; it is that of every window it lies in".to_owned()
        }
        Shape::Ranked { .. } => {
            "a most frequent value is counted by value: its own scan".to_owned()
        }
    }
}

/// Rows per entity where nothing was counted, as of events.
const ROWS_PER_ENTITY: f64 = 30.0;
/// How many days back rows lie where nothing was counted. They are taken to lie evenly.
const HISTORY: (f64, f64) = (3.0 * 365.0, 0.0);

/// Rows per entity that a scan reads.
pub(super) fn rows(scan: &Scan, model: &Model) -> f64 {
    let all = model.rows_per_entity(scan.relation);
    let (first, last) = model.history(scan.relation).unwrap_or(HISTORY);
    // What is still to come is read by few.
    let days = reach(scan, model).min(first).max(0.0) - last.max(0.0);
    all.unwrap_or(ROWS_PER_ENTITY) * (days.max(0.0) / (first - last).max(1.0)).min(1.0)
}

/// What a scan's aggregates weigh: a set of values per entity is dearer than a sum.
fn weight(scan: &Scan, model: &Model) -> f64 {
    let measures = scan
        .measures
        .iter()
        .filter_map(|m| model.measures.get(m.index()));
    measures
        .map(|m| match m.agg {
            Agg::Median | Agg::ListDistinct => 5.0,
            Agg::Count
            | Agg::CountDistinct
            | Agg::Sum
            | Agg::Avg
            | Agg::Min
            | Agg::Max
            | Agg::Stddev
            | Agg::First
            | Agg::Last
            | Agg::MostFrequent
            | Agg::LeastFrequent
            | Agg::Exists => 1.0,
        })
        .sum()
}

/// From the narrowest tier of each relation: merge it into the next wider one where reading the extra rows with its
/// aggregates costs less than a scan and a join of its own.
pub(super) fn merge_tiers(mut plan: Plan, model: &Model, costs: &Costs) -> Plan {
    let mut tiers: Vec<(RelationId, Vec<Scan>)> = Vec::new();
    let mut others = Vec::new();
    for scan in plan.scans {
        match scan.shape {
            Shape::Aggregate => match tiers.iter_mut().find(|(r, _)| *r == scan.relation) {
                Some((_, list)) => list.push(scan),
                None => tiers.push((scan.relation, vec![scan])),
            },
            Shape::Distinct | Shape::Chosen { .. } | Shape::Ranked { .. } => others.push(scan),
        }
    }
    plan.scans = Vec::new();
    for (_, mut list) in tiers {
        // Widest first, so that the narrowest is popped first.
        list.sort_by(|a, b| widest_first(a.from.as_ref(), b.from.as_ref()));
        let mut kept = Vec::new();
        while let Some(mut tier) = list.pop() {
            let Some(wider) = list.last_mut() else {
                kept.push(tier);
                break;
            };
            let (own, all) = (rows(&tier, model), rows(wider, model));
            let extra = weight(&tier, model) * (all - own) * costs.aggregate;
            let saved = own.max(f64::EPSILON) * costs.row + costs.join;
            if extra < saved {
                let reason = if saved.is_finite() {
                    format!("{extra:.0} < {saved:.0} ns per entity")
                } else {
                    "rows are read once: bytes read are the price".to_owned()
                };
                wider.why = format!(
                    "{}; takes in {} measure(s) of the narrower tier ({reason})",
                    wider.why,
                    tier.measures.len(),
                );
                join(&mut wider.slots, &tier.slots);
                wider.until = latest(wider.until.take(), tier.until.take());
                wider.measures.append(&mut tier.measures);
                wider.measures.sort_unstable();
            } else {
                tier.why = format!(
                    "{}; a tier of its own: in the wider scan its {} measure(s) would cost {extra:.0} ns per entity, here {saved:.0}",
                    tier.why,
                    tier.measures.len(),
                );
                kept.push(tier);
            }
        }
        kept.reverse();
        plan.scans.append(&mut kept);
    }
    plan.scans.append(&mut others);
    plan
}

/// Splits scans with more measures than a statement of the warehouse can compute at once.
pub(super) fn split(mut plan: Plan, _: &Model, costs: &Costs) -> Plan {
    let mut scans = Vec::new();
    for scan in plan.scans {
        let parts = scan.measures.len().div_ceil(costs.measures);
        if parts < 2 {
            scans.push(scan);
            continue;
        }
        let each = scan.measures.len().div_ceil(parts);
        scans.extend(scan.measures.chunks(each).map(|measures| Scan {
            measures: measures.to_vec(),
            why: format!(
                "{}; one of {parts} scans: more than {} measures are too many for one",
                scan.why, costs.measures
            ),
            ..scan.clone()
        }));
    }
    plan.scans = scans;
    plan
}

/// What is joined for both.
pub(super) fn join(slots: &mut Vec<usize>, others: &[usize]) {
    slots.extend(others);
    slots.sort_unstable();
    slots.dedup();
}
