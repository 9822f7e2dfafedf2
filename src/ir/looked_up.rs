//! Measures that read a lookup, apart from those beside them that read none.
//!
//! A scan joins a lookup to every row it reads, also where few of its measures ask about it, and only of some rows: events of all kinds,
//! and of views what was viewed. Apart, only these rows are joined. Of 7.5 million events and 300 segments, four tiers took 1.70 CPU
//! seconds, and 1.20 with the measures of views in a scan of their own.

use super::fuse::rows;
use super::optimize::needed_slots;
use super::{Costs, Plan, Scan, Shape};
use crate::expr::Literal;
use crate::model::calendar::earlier;
use crate::model::{MeasureId, Model, Relation, RelationId, RowExpr};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// What share of a relation's rows a condition keeps is not counted: it is taken to be this one.
const KEPT: f64 = 0.3;
/// What a row costs that is read and left out, of what it costs otherwise.
const LEFT_OUT: f64 = 0.25;

/// What measures must have in common to be looked up together.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Key<'a> {
    relation: RelationId,
    /// The slots that are joined for them, and not for every row.
    slots: BTreeSet<usize>,
    /// What they ask of a row before anything is looked up.
    own: Vec<&'a RowExpr>,
}

/// Measures that look up the same for the same rows, by the scan in which they stand.
struct Group<'a> {
    key: Key<'a>,
    measures: BTreeMap<usize, Vec<MeasureId>>,
}

/// How many measures stand in a scan, and how many of them look up each slot.
#[derive(Default)]
struct Asked {
    all: usize,
    slots: BTreeMap<usize, usize>,
}

/// Measures that look something up, and only for rows that meet a condition, move to a scan of these rows where that is cheaper.
pub(super) fn look_up_apart(mut plan: Plan, model: &Model, costs: &Costs) -> Plan {
    let (mut asked, groups) = groups(&plan.scans, model);
    let mut moved: HashSet<MeasureId> = HashSet::new();
    let mut found: Vec<Scan> = Vec::new();
    for mut group in groups {
        if !group.is_among_others(&asked) {
            continue;
        }
        let Some(own) = group.scan(&plan.scans, &asked, model, costs) else {
            continue;
        };
        for (at, measures) in &group.measures {
            if let Some(asked) = asked.get_mut(*at) {
                asked.leave(&group.key.slots, measures.len());
            }
        }
        moved.extend(&own.measures);
        found.push(own);
    }
    for scan in &mut plan.scans {
        let before = scan.measures.len();
        scan.measures.retain(|id| !moved.contains(id));
        let left = before - scan.measures.len();
        if left > 0 {
            scan.from = begins(&scan.measures, model);
            scan.why = format!(
                "{}; {left} measure(s) of it that look something up stand apart",
                scan.why
            );
        }
    }
    for own in found {
        let beside = |s: &Scan| s.relation == own.relation && is_plain(s);
        let at = plan.scans.iter().rposition(beside);
        plan.scans.insert(at.map_or(0, |n| n + 1), own);
    }
    plan.scans.retain(|s| !s.measures.is_empty());
    plan
}

/// Whether a scan reads rows, an aggregate for each measure.
fn is_plain(scan: &Scan) -> bool {
    scan.shape == Shape::Aggregate && scan.over.is_none()
}

/// What is asked of each scan, and what could be looked up together.
fn groups<'a>(scans: &[Scan], model: &'a Model) -> (Vec<Asked>, Vec<Group<'a>>) {
    let mut asked = Vec::new();
    let mut groups: Vec<Group<'a>> = Vec::new();
    let mut index: HashMap<Key<'a>, usize> = HashMap::new();
    for (at, scan) in scans.iter().enumerate() {
        let mut of = Asked::default();
        let relation = model.relations.get(scan.relation.index());
        for (id, key) in relation
            .filter(|_| is_plain(scan))
            .into_iter()
            .flat_map(|r| keys(scan, r, model))
        {
            of.all += 1;
            for slot in &key.slots {
                *of.slots.entry(*slot).or_default() += 1;
            }
            if key.slots.is_empty() || key.own.is_empty() {
                continue;
            }
            let group = *index.entry(key.clone()).or_insert(groups.len());
            if group == groups.len() {
                groups.push(Group {
                    key,
                    measures: BTreeMap::new(),
                });
            }
            if let Some(group) = groups.get_mut(group) {
                group.measures.entry(at).or_default().push(id);
            }
        }
        asked.push(of);
    }
    (asked, groups)
}

/// What each measure of a scan looks up, and for which rows.
fn keys<'a>(
    scan: &Scan,
    relation: &'a Relation,
    model: &'a Model,
) -> impl Iterator<Item = (MeasureId, Key<'a>)> {
    let always = needed_slots(relation, std::iter::empty());
    let beyond = move |exprs: &mut dyn Iterator<Item = &'a RowExpr>| -> BTreeSet<usize> {
        let needed = needed_slots(relation, exprs);
        needed.into_iter().filter(|n| !always.contains(n)).collect()
    };
    let relation = scan.relation;
    scan.measures.iter().filter_map(move |id| {
        let measure = model.measures.get(id.index())?;
        let filter = measure.filter.iter();
        let own = filter
            .clone()
            .filter(|c| beyond(&mut std::iter::once(*c)).is_empty());
        let key = Key {
            relation,
            own: own.collect(),
            slots: beyond(&mut filter.chain(&measure.arg)),
        };
        Some((*id, key))
    })
}

impl Asked {
    /// Whether nobody else looks up one of these slots once so many measures have left.
    fn is_spared(&self, slots: &BTreeSet<usize>, leave: usize) -> bool {
        slots
            .iter()
            .all(|slot| self.slots.get(slot) == Some(&leave))
    }

    fn leave(&mut self, slots: &BTreeSet<usize>, leave: usize) {
        self.all -= leave;
        for slot in slots {
            if let Some(n) = self.slots.get_mut(slot) {
                *n -= leave;
            }
        }
    }
}

impl Group<'_> {
    /// Leaves out scans whose other measures look up the same: nothing would be spared there. Whether there are scans left with
    /// others.
    fn is_among_others(&mut self, asked: &[Asked]) -> bool {
        let slots = &self.key.slots;
        self.measures.retain(|at, measures| {
            let asked = asked.get(*at);
            asked.is_some_and(|a| a.is_spared(slots, measures.len()))
        });
        let mut scans = self.measures.iter();
        scans.any(|(at, measures)| asked.get(*at).is_some_and(|a| measures.len() < a.all))
    }

    /// A scan of its own; None: that is no cheaper.
    fn scan(&self, scans: &[Scan], asked: &[Asked], model: &Model, costs: &Costs) -> Option<Scan> {
        let mut here = 0.0;
        let mut measures: Vec<MeasureId> = Vec::new();
        for (at, leave) in &self.measures {
            let scan = scans.get(*at)?;
            here += if asked.get(*at)?.all == leave.len() {
                self.alone(scan, leave.len(), model, costs)
            } else {
                rows(scan, model) * self.each(leave.len(), costs)
            };
            measures.extend(leave);
        }
        measures.sort_unstable();
        let (first, _) = self.measures.first_key_value()?;
        let own = Scan {
            from: begins(&measures, model),
            measures,
            ..scans.get(*first)?.clone()
        };
        let apart = self.alone(&own, own.measures.len(), model, costs);
        let relation = model.relations.get(own.relation.index())?;
        let slots = self.key.slots.iter();
        let names = slots.filter_map(|n| Some(relation.frame.slots.get(*n)?.name.as_str()));
        let names: Vec<&str> = names.collect();
        let why = format!(
            "{} is looked up for some rows alone: a scan of these costs {apart:.0} ns per entity, with other measures {here:.0}",
            names.join(", "),
        );
        (apart < here).then_some(Scan { why, ..own })
    }

    /// What a scan costs that has so many measures like these and no others.
    fn alone(&self, scan: &Scan, measures: usize, model: &Model, costs: &Costs) -> f64 {
        let kept = costs.row + self.each(measures, costs);
        rows(scan, model) * (LEFT_OUT * costs.row + KEPT * kept) + costs.join
    }

    /// What so many aggregates and their lookups cost, per row.
    #[allow(clippy::cast_precision_loss, reason = "small numbers")]
    fn each(&self, aggregates: usize, costs: &Costs) -> f64 {
        aggregates as f64 * costs.aggregate + self.key.slots.len() as f64 * costs.lookup
    }
}

/// When the earliest window of these measures begins; None: one has no beginning.
fn begins(measures: &[MeasureId], model: &Model) -> Option<Literal> {
    let measures = measures
        .iter()
        .filter_map(|id| model.measures.get(id.index()));
    let from: Option<Vec<&Literal>> = measures.map(|m| m.window.from.as_ref()).collect();
    let earliest = |a, b| if earlier(b, a) { b } else { a };
    from.and_then(|f| f.into_iter().reduce(earliest).cloned())
}
