//! Rollups: the rows of a relation grouped once by entity and value, for all that is asked about these values.
//!
//! How many distinct ones there are, which one is the most frequent: each of these reads the rows, joins them and groups them by
//! the same pair. Grouped once, with what each has to know of a value (a part), they read a row per value instead.

use super::fuse::{ahead, join, latest, order, rows};
use super::names::label;
use super::optimize::{computed_from, widest_first};
use super::parts::{Part, combined, of_rows, of_values, parts};
use super::push::shared;
use super::{Costs, Plan, Scan, Shape};
use crate::expr::Literal;
use crate::model::calendar::earlier;
use crate::model::{Measure, MeasureId, Model, RelationId, RowExpr};

/// The rows of a relation by entity and value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rollup {
    /// What is read; without measures.
    pub scan: Scan,
    /// Rows where it is NULL are left out.
    pub value: RowExpr,
}

/// Why a scan is computed from a rollup.
const OVER: &str = "computed from a row per value, which the rollup gives";

/// Scans that are computed from one rollup, widest first.
struct Tier {
    scans: Vec<Scan>,
    why: String,
}

impl Tier {
    fn rows(&self, model: &Model) -> f64 {
        let rows = self.scans.iter().map(|s| rows(s, model));
        rows.fold(0.0, f64::max)
    }

    fn from(&self) -> Option<Literal> {
        let bounds: Option<Vec<&Literal>> = self.scans.iter().map(|s| s.from.as_ref()).collect();
        let earliest = |a, b| if earlier(b, a) { b } else { a };
        bounds.and_then(|b| b.into_iter().reduce(earliest).cloned())
    }

    fn counts_distinct(&self) -> bool {
        self.scans.iter().any(|s| s.shape == Shape::Distinct)
    }

    /// What aggregates it needs where it begins at `from`.
    fn parts<'a>(
        &self,
        value: &RowExpr,
        from: Option<&Literal>,
        model: &'a Model,
    ) -> Vec<Part<'a>> {
        let ids = self.scans.iter().flat_map(|s| &s.measures);
        let measures = ids.filter_map(|m| model.measures.get(m.index()));
        parts(measures, value, from)
    }

    /// The rollup, and its scans with all distinct values as one.
    fn finish(self, value: &RowExpr, over: usize, model: &Model) -> Option<(Rollup, Vec<Scan>)> {
        let from = self.from();
        let until = self.scans.iter().map(|s| ahead(s, model));
        let until = until.reduce(latest).flatten();
        let mut slots = Vec::new();
        self.scans.iter().for_each(|s| join(&mut slots, &s.slots));
        let first = self.scans.first()?;
        let rollup = Rollup {
            scan: Scan {
                shape: Shape::Distinct,
                all_of: Vec::new(),
                from,
                until,
                slots,
                measures: Vec::new(),
                why: self.why,
                ..first.clone()
            },
            value: value.clone(),
        };
        let mut scans: Vec<Scan> = Vec::new();
        for scan in self.scans {
            let mut scan = Scan {
                all_of: Vec::new(),
                over: Some(over),
                slots: Vec::new(),
                ..scan
            };
            let distinct = scans.iter_mut().find(|s| s.shape == Shape::Distinct);
            match distinct.filter(|_| scan.shape == Shape::Distinct) {
                Some(distinct) => {
                    distinct.measures.append(&mut scan.measures);
                    distinct.measures.sort_unstable();
                }
                None => {
                    if scan.shape == Shape::Distinct {
                        scan.from.clone_from(&rollup.scan.from);
                        scan.until.clone_from(&rollup.scan.until);
                    }
                    OVER.clone_into(&mut scan.why);
                    scans.push(scan);
                }
            }
        }
        Some((rollup, scans))
    }
}

/// The value whose rows a scan counts.
fn value<'a>(scan: &Scan, model: &'a Model) -> Option<&'a RowExpr> {
    match scan.shape {
        Shape::Distinct | Shape::Ranked { .. } => {
            let measure = model.measures.get(scan.measures.first()?.index())?;
            measure.arg.as_ref()
        }
        Shape::Aggregate | Shape::Chosen { .. } => None,
    }
}

/// Distinct values and the most frequent ones are computed from rollups: one for each value, several where a narrow window is
/// dearer in the wider one than by itself. Other aggregates of single values follow where that is cheaper.
pub(super) fn roll_up(mut plan: Plan, model: &Model, costs: &Costs) -> Plan {
    let mut asked: Vec<((RelationId, &RowExpr), Vec<Tier>)> = Vec::new();
    let mut scans = Vec::new();
    for scan in plan.scans {
        let Some(value) = value(&scan, model) else {
            scans.push(scan);
            continue;
        };
        let key = (scan.relation, value);
        // A rollup has no more parts than a statement can compute.
        let tiers = scan.measures.chunks(costs.measures).map(|measures| Tier {
            scans: vec![Scan {
                measures: measures.to_vec(),
                ..scan.clone()
            }],
            why: "rows are grouped by entity and value once, for all that is asked about the value"
                .to_owned(),
        });
        match asked.iter_mut().find(|(k, _)| *k == key) {
            Some((_, list)) => list.extend(tiers),
            None => asked.push((key, tiers.collect())),
        }
    }
    let mut rollups: Vec<Rollup> = Vec::new();
    for ((_, value), tiers) in asked {
        for tier in merged(tiers, value, model, costs) {
            if let Some((rollup, over)) = tier.finish(value, rollups.len(), model) {
                rollups.push(rollup);
                scans.extend(over);
            }
        }
    }
    // Narrow ones first: what a narrow rollup answers needs no wide one.
    for (n, rollup) in rollups.iter().enumerate().rev() {
        combine(&mut scans, (n, rollup), model, costs);
    }
    scans.retain(|s| !s.measures.is_empty());
    plan.rollups = rollups;
    scans.sort_by(|a, b| {
        order(a, model)
            .partial_cmp(&order(b, model))
            .unwrap_or(std::cmp::Ordering::Equal)
    });
    plan.scans = scans;
    plan
}

/// From the narrowest: it is computed from the next wider one where its parts cost less over the extra rows than reading its
/// own rows, and joining what it counts to the entity.
fn merged(mut tiers: Vec<Tier>, value: &RowExpr, model: &Model, costs: &Costs) -> Vec<Tier> {
    // Widest first, so that the narrowest is popped first.
    tiers.sort_by(|a, b| widest_first(a.from().as_ref(), b.from().as_ref()));
    let mut kept = Vec::new();
    while let Some(mut tier) = tiers.pop() {
        let Some(wider) = tiers.last_mut() else {
            kept.push(tier);
            break;
        };
        let from = wider.from();
        let known = wider.parts(value, from.as_ref(), model);
        let mut new = tier.parts(value, from.as_ref(), model);
        new.retain(|p| !known.contains(p));
        let (own, all) = (tier.rows(model), wider.rows(model));
        #[expect(clippy::cast_precision_loss, reason = "an estimate")]
        let extra = new.len() as f64 * (all - own) * costs.aggregate;
        let both = wider.counts_distinct() && tier.counts_distinct();
        let join = if both { costs.join } else { 0.0 };
        let saved = own.max(f64::EPSILON) * costs.row + join;
        let fits = known.len().saturating_add(new.len()) <= costs.measures;
        if fits && extra < saved {
            let window = tier.from().and_then(|f| label(&f, model));
            let window = window.map_or_else(|| "all time".to_owned(), |w| format!("the last {w}"));
            let reason = if saved.is_finite() {
                format!("{extra:.0} < {saved:.0} ns per entity")
            } else {
                "rows are read once: bytes read are the price".to_owned()
            };
            wider.why = format!(
                "{}; takes in what is asked of {window}: {} more part(s) ({reason})",
                wider.why,
                new.len(),
            );
            wider.scans.append(&mut tier.scans);
        } else {
            let reason = if fits {
                format!(
                    "in the wider one its {} more part(s) would cost {extra:.0} ns per entity, here {saved:.0}",
                    new.len()
                )
            } else {
                format!("more than {} parts are too many for one", costs.measures)
            };
            tier.why = format!("{}; a rollup of its own: {reason}", tier.why);
            kept.push(tier);
        }
    }
    kept.reverse();
    kept
}

/// A rollup's rows are taken to be this share of the rows that it reads.
const VALUES_PER_ROW: f64 = 0.5;

/// Aggregates of a scan that could be computed from a rollup.
struct Choice {
    moved: Vec<MeasureId>,
    stay: Vec<MeasureId>,
    /// What they cost in their scan, per entity.
    here: f64,
    /// What they would cost over the rollup.
    there: f64,
}

/// Aggregates of single values move to the rollup of these values, scan by scan, where that is cheaper.
fn combine(scans: &mut Vec<Scan>, (n, rollup): (usize, &Rollup), model: &Model, costs: &Costs) {
    let value = &rollup.value;
    let filters = computed_from(scans, n, model).map(|m| of_rows(m, value).cloned().collect());
    let filters: Vec<Vec<RowExpr>> = filters.collect();
    let filters: Vec<&[RowExpr]> = filters.iter().map(Vec::as_slice).collect();
    let read = shared(&filters);
    for at in 0..scans.len() {
        let over = |s: &Scan| s.over == Some(n) && s.shape == Shape::Distinct;
        let to = scans.iter().position(over).unwrap_or(scans.len());
        let fits = |m: &Measure| fits(m, rollup, &read, model);
        let Some(choice) = choice(scans, (at, to), (n, rollup), &fits, model, costs) else {
            continue;
        };
        let (here, there) = (choice.here, choice.there);
        let many = format!("{} measure(s) of single values", choice.moved.len());
        if there >= here {
            if let Some(scan) = scans.get_mut(at) {
                scan.why = format!(
                    "{}; {many} stay: over rollup {} they would cost {there:.0} ns per entity, here {here:.0}",
                    scan.why,
                    n + 1
                );
            }
            continue;
        }
        let reason = if here.is_finite() {
            format!("{there:.0} < {here:.0} ns per entity")
        } else {
            "rows are read once: bytes read are the price".to_owned()
        };
        if let Some(scan) = scans.get_mut(at) {
            scan.measures = choice.stay;
        }
        if to == scans.len() {
            scans.push(Scan {
                over: Some(n),
                slots: Vec::new(),
                why: OVER.to_owned(),
                ..rollup.scan.clone()
            });
        }
        if let Some(over) = scans.get_mut(to) {
            over.why = format!("{}; {many} with it ({reason})", over.why);
            over.measures.extend(choice.moved);
            over.measures.sort_unstable();
        }
    }
}

/// What of scan `at` could move to scan `to`, which is new where there is no such scan yet.
fn choice(
    scans: &[Scan],
    (at, to): (usize, usize),
    (n, rollup): (usize, &Rollup),
    fits: &dyn Fn(&Measure) -> bool,
    model: &Model,
    costs: &Costs,
) -> Option<Choice> {
    let scan = scans.get(at)?;
    let plain = scan.over.is_none() && scan.shape == Shape::Aggregate;
    if !plain || scan.relation != rollup.scan.relation {
        return None;
    }
    let measure = |id: &MeasureId| model.measures.get(id.index());
    let ids = scan.measures.iter().copied();
    let (moved, stay): (Vec<_>, Vec<_>) = ids.partition(|id| measure(id).is_some_and(fits));
    let parts_with = |more: &[MeasureId]| {
        let known = computed_from(scans, n, model);
        let measures = known.chain(more.iter().filter_map(measure));
        parts(measures, &rollup.value, rollup.scan.from.as_ref()).len()
    };
    let (before, after) = (parts_with(&[]), parts_with(&moved));
    if moved.is_empty() || after > costs.measures {
        return None;
    }
    #[expect(clippy::cast_precision_loss, reason = "an estimate")]
    let (aggregates, new) = (moved.len() as f64, (after - before) as f64);
    let (own, all) = (rows(scan, model), rows(&rollup.scan, model));
    let alone = own.max(f64::EPSILON) * costs.row + costs.join;
    let alone = if stay.is_empty() { alone } else { 0.0 };
    let join = if to < scans.len() { 0.0 } else { costs.join };
    let values = all * VALUES_PER_ROW;
    Some(Choice {
        moved,
        stay,
        here: aggregates * own * costs.aggregate + alone,
        there: (new * all + aggregates * values) * costs.aggregate + join,
    })
}

/// Whether a measure can be computed from a rollup that reads rows that meet `read`, and nothing else is read for it: neither
/// earlier rows nor others.
fn fits(
    measure: &Measure,
    rollup: &Rollup,
    (all_of, any_of): &(Vec<RowExpr>, Vec<Vec<RowExpr>>),
    model: &Model,
) -> bool {
    let relation = model.relations.get(measure.relation.index());
    let ahead = |until: &Literal| relation.is_some_and(|r| r.is_ahead(until));
    let window = &measure.window;
    let within = match (&rollup.scan.from, &window.from) {
        (None, _) => true,
        (Some(_), None) => false,
        (Some(all), Some(own)) => !earlier(own, all),
    };
    let filter: Vec<&RowExpr> = of_rows(measure, &rollup.value).collect();
    let rest = filter.iter().filter(|c| !all_of.contains(c));
    combined(measure).is_some()
        && of_values(measure, &rollup.value).next().is_some()
        && within
        && !window.until.as_ref().is_some_and(ahead)
        && all_of.iter().all(|c| filter.contains(&c))
        && (any_of.is_empty() || any_of.iter().any(|a| a.iter().eq(rest.clone().copied())))
}
