//! What ranks compare, put together apart from everything else.
//!
//! The entity's row has a column for everything that is asked of it; ranks read it beside the answer, each of them again, so that an
//! engine writes all of it down. For 300 segments with ranks of 13 of 261 columns that is 2 GB for a million customers: under a
//! `memory_limit` of 2 GB the stage took 88 to 101 CPU seconds, and 63 to 67 with these 13 apart.

use super::{Costs, Node, Plan, Scan, SequenceScan, uses};
use crate::model::{Atom, Col, EntityExpr, MeasureId, Model, SequenceId};
use std::collections::BTreeSet;

/// What the ranks of the first level read of the entity's row.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Apart {
    pub columns: BTreeSet<Col>,
    pub measures: BTreeSet<MeasureId>,
    pub sequences: BTreeSet<SequenceId>,
}

impl Apart {
    /// Of the plan's populations that refer to nothing; None: there is none.
    fn of(plan: &Plan, model: &Model) -> Option<Self> {
        let first = plan.levels.first().into_iter().flatten();
        let populations: Vec<Node> = first
            .filter(|node| matches!(node, Node::Population(_)))
            .copied()
            .collect();
        let mut apart = Self::default();
        let mut read = |e: &EntityExpr| {
            e.each_column(&mut |atom| match atom {
                Atom::Column(col) => {
                    apart.columns.insert(col.clone());
                }
                Atom::Measure(id) => {
                    apart.measures.insert(*id);
                }
                Atom::Sequence(id) => {
                    apart.sequences.insert(*id);
                }
                // Then it would stand in a later level.
                Atom::Population(_) => {}
            });
        };
        for node in &populations {
            uses::values(*node, model).into_iter().for_each(&mut read);
            for condition in uses::conditions(*node, model) {
                uses::walk(condition, &mut read, &mut |_| {});
            }
        }
        (!populations.is_empty()).then_some(apart)
    }

    /// How many columns these are, beside the key.
    pub(super) fn width(&self) -> usize {
        self.columns.len() + self.measures.len() + self.sequences.len()
    }

    /// Whether a scan finds one of these.
    pub(super) fn takes(&self, scan: &Scan) -> bool {
        scan.measures.iter().any(|m| self.measures.contains(m))
    }

    /// Whether a sequence, or one that is computed with it, is one of these.
    pub(super) fn follows(&self, sequence: &SequenceScan) -> bool {
        sequence.ids().any(|id| self.sequences.contains(&id))
    }

    /// How many blocks are joined for these.
    pub(super) fn joins(&self, plan: &Plan) -> usize {
        let scans = plan.scans.iter().filter(|s| self.takes(s)).count();
        scans + plan.sequences.iter().filter(|s| self.follows(s)).count()
    }
}

/// How many columns the entity's row has, beside its key.
pub(super) fn width(plan: &Plan) -> usize {
    let names = &plan.names;
    names.columns.len() + names.measures.len() + names.sequences.len()
}

/// Ranks read what they compare from a row of its own, where joining that a second time costs less than writing down everything.
#[allow(clippy::cast_precision_loss, reason = "numbers of columns")]
pub(super) fn compare_apart(mut plan: Plan, model: &Model, costs: &Costs) -> Plan {
    plan.apart = Apart::of(&plan, model).filter(|apart| {
        let second = costs.join * apart.joins(&plan) as f64;
        let column = |columns: usize| costs.column * columns as f64;
        second + column(apart.width()) < column(width(&plan))
    });
    plan
}
