//! The one large rewrite: measures over one relation share a scan, and scans come in tiers by look-back window.
//!
//! A conditional aggregate is evaluated for every row its scan reads, so one scan for everything makes narrow windows pay for
//! wide ones; a scan per window makes few measures pay for reading and joining. The cost rule (`performance.md`) decides.

use super::names::{days_back, label};
use super::optimize::later;
use super::{Plan, Scan, Shape};
use crate::expr::{Agg, Literal};
use crate::model::{Measure, Model, RelationId, RowExpr};
use std::collections::BTreeMap;
use std::collections::HashMap;

/// What scans must have in common to be one.
#[derive(PartialEq, Eq, Hash)]
enum Key<'a> {
    Rows(RelationId, Option<&'a Literal>),
    Chosen(
        RelationId,
        bool,
        &'a Option<Literal>,
        &'a Option<Literal>,
        &'a [RowExpr],
    ),
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
        Shape::Aggregate => Key::Rows(scan.relation, scan.from.as_ref()),
        Shape::Chosen { last } => {
            Key::Chosen(scan.relation, last, &scan.from, &scan.until, &scan.all_of)
        }
        Shape::Ranked { least } => {
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

/// One scan per relation and look-back window; one per chosen row; one per ranked value.
pub(super) fn fuse(mut plan: Plan, model: &Model) -> Plan {
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
                group.until = latest(group.until.take(), ahead(scan, model));
                join(&mut group.slots, &scan.slots);
            }
            None => groups.push(Scan {
                // An upper bound is each measure's own until `push_filters` finds a common one.
                until: match scan.shape {
                    Shape::Aggregate => ahead(scan, model),
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
fn ahead(scan: &Scan, model: &Model) -> Option<Literal> {
    let relation = model.relations.get(scan.relation.index())?;
    let until = scan.until.as_ref()?;
    relation.is_ahead(until).then(|| until.clone())
}

/// None is `as_of`: nothing earlier than that comes here.
fn latest(a: Option<Literal>, b: Option<Literal>) -> Option<Literal> {
    let both = a.iter().chain(&b);
    both.reduce(later).cloned()
}

/// Scans stand by relation, aggregates first, widest window first.
fn order(scan: &Scan, model: &Model) -> (RelationId, Shape, f64) {
    (scan.relation, scan.shape, -reach(scan, model))
}

/// How many days back a scan reads.
fn reach(scan: &Scan, model: &Model) -> f64 {
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
        Shape::Chosen { .. } => {
            "the chosen row depends on window and filter: one scan for each pair of these"
                .to_owned()
        }
        Shape::Ranked { .. } => {
            "a most frequent value is counted by value: its own scan".to_owned()
        }
    }
}

/// Rows per entity where nothing is known.
const ROWS_PER_ENTITY: f64 = 10.0;
/// Rows are taken to lie evenly over this many days.
const HISTORY_DAYS: f64 = 3.0 * 365.0;
/// Nanoseconds, measured on DuckDB (`performance.md`): per row and aggregate, per row read, per entity joined.
const C_AGG: f64 = 20.0;
const C_ROW: f64 = 50.0;
const C_JOIN: f64 = 200.0;

/// Rows per entity that a scan reads, and what its aggregates weigh: a set of values per entity is dearer than a sum.
fn rows(scan: &Scan, model: &Model) -> f64 {
    ROWS_PER_ENTITY * (reach(scan, model).max(0.0) / HISTORY_DAYS).min(1.0)
}

fn weight(scan: &Scan, model: &Model) -> f64 {
    let measures = scan
        .measures
        .iter()
        .filter_map(|m| model.measures.get(m.index()));
    measures
        .map(|m| match m.agg {
            Agg::CountDistinct | Agg::Median | Agg::ListDistinct => 5.0,
            Agg::Count
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
pub(super) fn merge_tiers(mut plan: Plan, model: &Model) -> Plan {
    let mut tiers: BTreeMap<RelationId, Vec<Scan>> = BTreeMap::new();
    let mut others = Vec::new();
    for scan in plan.scans {
        match scan.shape {
            Shape::Aggregate => tiers.entry(scan.relation).or_default().push(scan),
            Shape::Chosen { .. } | Shape::Ranked { .. } => others.push(scan),
        }
    }
    plan.scans = Vec::new();
    for (_, mut list) in tiers {
        // Widest first, so that the narrowest is popped first.
        list.sort_by(|a, b| reach(b, model).total_cmp(&reach(a, model)));
        let mut kept = Vec::new();
        while let Some(mut tier) = list.pop() {
            let Some(wider) = list.last_mut() else {
                kept.push(tier);
                break;
            };
            let (own, all) = (rows(&tier, model), rows(wider, model));
            let extra = weight(&tier, model) * (all - own) * C_AGG;
            let saved = own * C_ROW + C_JOIN;
            if extra < saved {
                wider.why = format!(
                    "{}; takes in {} measure(s) of the narrower tier ({extra:.0} < {saved:.0} ns per entity)",
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

/// What is joined for both.
fn join(slots: &mut Vec<usize>, others: &[usize]) {
    slots.extend(others);
    slots.sort_unstable();
    slots.dedup();
}
