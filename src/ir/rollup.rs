//! Rollups: the rows of a relation grouped once by entity and value, for all that is asked about these values.
//!
//! How many distinct ones there are, which one is the most frequent: each of these reads the rows, joins them and groups them by
//! the same pair. Grouped once, with what each has to know of a value (a part), they read a row per value instead.

use super::fuse::{ahead, join, latest, order, reach, rows};
use super::names::label;
use super::{Costs, Plan, Scan, Shape};
use crate::expr::{Agg, Literal};
use crate::model::calendar::earlier;
use crate::model::{Measure, Model, RelationId, RowExpr, Window};

/// The rows of a relation by entity and value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rollup {
    /// What is read; without measures.
    pub scan: Scan,
    /// Rows where it is NULL are left out.
    pub value: RowExpr,
}

/// What a rollup knows of the rows with one value.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Part<'a> {
    /// Whether one of them counts.
    Any {
        until: Option<&'a Literal>,
        filter: &'a [RowExpr],
    },
    /// When the latest one was that counts: it answers for every window that ends with these.
    Latest {
        until: Option<&'a Literal>,
        filter: &'a [RowExpr],
    },
    /// How many of them count.
    Rows {
        window: &'a Window,
        filter: &'a [RowExpr],
    },
}

impl<'a> Part<'a> {
    /// What a measure needs of a rollup that begins at `from`.
    pub(super) fn of(measure: &'a Measure, from: Option<&Literal>) -> Option<Self> {
        let filter = measure.filter.as_slice();
        let (window, until) = (&measure.window, measure.window.until.as_ref());
        match measure.agg {
            Agg::CountDistinct if later(measure, from).is_some() => {
                Some(Self::Latest { until, filter })
            }
            Agg::CountDistinct => Some(Self::Any { until, filter }),
            Agg::MostFrequent | Agg::LeastFrequent => Some(Self::Rows { window, filter }),
            Agg::Count
            | Agg::Sum
            | Agg::Avg
            | Agg::Min
            | Agg::Max
            | Agg::Median
            | Agg::Stddev
            | Agg::First
            | Agg::Last
            | Agg::Exists
            | Agg::ListDistinct => None,
        }
    }

    /// Whether an aggregate is computed for it: that there is a value at all says that there is a row.
    fn costs(&self) -> bool {
        match self {
            Self::Any { filter, .. } => !filter.is_empty(),
            Self::Latest { .. } | Self::Rows { .. } => true,
        }
    }
}

/// Where a measure's window begins, if its rollup begins earlier.
pub(super) fn later<'a>(measure: &'a Measure, from: Option<&Literal>) -> Option<&'a Literal> {
    measure
        .window
        .from
        .as_ref()
        .filter(|own| Some(*own) != from)
}

/// Scans that are computed from one rollup, widest first.
struct Tier {
    scans: Vec<Scan>,
    why: String,
}

impl Tier {
    fn reach(&self, model: &Model) -> f64 {
        let reaches = self.scans.iter().map(|s| reach(s, model));
        reaches.fold(0.0, f64::max)
    }

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
    fn parts<'a>(&self, from: Option<&Literal>, model: &'a Model) -> Vec<Part<'a>> {
        let mut parts = Vec::new();
        for id in self.scans.iter().flat_map(|s| &s.measures) {
            let measure = model.measures.get(id.index());
            let part = measure.and_then(|m| Part::of(m, from));
            parts.extend(part.filter(|p| p.costs() && !parts.contains(p)));
        }
        parts
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
                    "computed from a row per value, which the rollup gives"
                        .clone_into(&mut scan.why);
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
/// dearer in the wider one than by itself.
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
    for ((_, value), tiers) in asked {
        for tier in merged(tiers, model, costs) {
            if let Some((rollup, over)) = tier.finish(value, plan.rollups.len(), model) {
                plan.rollups.push(rollup);
                scans.extend(over);
            }
        }
    }
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
fn merged(mut tiers: Vec<Tier>, model: &Model, costs: &Costs) -> Vec<Tier> {
    // Widest first, so that the narrowest is popped first.
    tiers.sort_by(|a, b| b.reach(model).total_cmp(&a.reach(model)));
    let mut kept = Vec::new();
    while let Some(mut tier) = tiers.pop() {
        let Some(wider) = tiers.last_mut() else {
            kept.push(tier);
            break;
        };
        let from = wider.from();
        let known = wider.parts(from.as_ref(), model);
        let mut new = tier.parts(from.as_ref(), model);
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
