//! Walks over what is resolved: which measures, segments, tables and columns something is made of. For `explain`, selectors,
//! the manifest and comments in SQL.

use super::across;
use super::{
    Atom, Col, EntityExpr, Frame, MeasureId, Model, PopulationId, Predicate, RelationId, RowExpr,
    SegmentId, SequenceId, TableId,
};
use std::collections::{BTreeMap, BTreeSet};

/// What something reads.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lineage {
    /// In the order in which they are met, each once.
    pub measures: Vec<MeasureId>,
    /// Segments it refers to, through others too; itself not included.
    pub segments: BTreeSet<SegmentId>,
    /// The columns it reads of each table, as the table spells them.
    pub columns: BTreeMap<TableId, BTreeSet<String>>,
}

/// Calls `f` with every leaf. Cases and referred segments are not entered.
pub fn each_leaf<'a>(predicate: &'a Predicate, f: &mut dyn FnMut(&'a EntityExpr)) {
    match predicate {
        Predicate::Constant(_) | Predicate::Segment(_) | Predicate::Case { .. } => {}
        Predicate::Leaf(expr) => f(expr),
        Predicate::Not(of) => each_leaf(of, f),
        Predicate::All(of) | Predicate::Any(of) | Predicate::Count { of, .. } => {
            of.iter().for_each(|p| each_leaf(p, f));
        }
    }
}

/// All that a segment's membership and exposed columns are computed from, through everything it refers to.
#[must_use]
pub fn of_segment(model: &Model, id: SegmentId) -> Lineage {
    let mut walk = Walk::new(model);
    walk.seen.insert(id);
    if let Some(segment) = model.segments.get(id.index()) {
        walk.predicate(segment.entity.index(), &segment.predicate);
        walk.published(segment);
    }
    walk.follow();
    walk.seen.remove(&id);
    Lineage {
        segments: walk.seen,
        ..walk.out
    }
}

/// All that what is published of a segment is computed from: its members, and whom suppression, the holdout and channels leave.
#[must_use]
pub fn of_published(model: &Model, id: SegmentId) -> Lineage {
    let mut walk = Walk::new(model);
    if let Some(segment) = model.segments.get(id.index())
        && let Some(entity) = model.entities.get(segment.entity.index())
    {
        let at = segment.entity.index();
        walk.predicate(at, &segment.predicate);
        walk.published(segment);
        let suppress = entity.suppress.iter().filter(|_| segment.suppressed);
        let holdout = entity.holdout.iter().filter(|_| segment.held_out);
        let channels = segment
            .channels
            .iter()
            .filter_map(|n| entity.channels.get(*n));
        for predicate in suppress
            .chain(holdout)
            .chain(channels.map(|c| &c.predicate))
        {
            walk.predicate(at, predicate);
        }
    }
    walk.follow();
    Lineage {
        segments: walk.seen,
        ..walk.out
    }
}

/// All that a value about an entity is computed from.
#[must_use]
pub fn of_value(model: &Model, entity: super::EntityId, value: &EntityExpr) -> Lineage {
    let mut walk = Walk::new(model);
    walk.key(entity.index());
    walk.value(entity.index(), value);
    walk.follow();
    Lineage {
        segments: walk.seen,
        ..walk.out
    }
}

struct Walk<'a> {
    model: &'a Model,
    out: Lineage,
    measures: BTreeSet<MeasureId>,
    populations: BTreeSet<PopulationId>,
    relations: BTreeSet<RelationId>,
    seen: BTreeSet<SegmentId>,
    open: Vec<SegmentId>,
}

impl<'a> Walk<'a> {
    fn new(model: &'a Model) -> Self {
        Self {
            model,
            out: Lineage::default(),
            measures: BTreeSet::new(),
            populations: BTreeSet::new(),
            relations: BTreeSet::new(),
            seen: BTreeSet::new(),
            open: Vec::new(),
        }
    }

    /// Enters the segments that were met, and those they meet.
    fn follow(&mut self) {
        while let Some(next) = self.open.pop() {
            if self.seen.insert(next)
                && let Some(segment) = self.model.segments.get(next.index())
            {
                self.predicate(segment.entity.index(), &segment.predicate);
            }
        }
    }

    /// What says who there is: the key, and which rows hold.
    fn key(&mut self, entity: usize) {
        let model = self.model;
        if let Some(entity) = model.entities.get(entity) {
            self.column(
                &entity.frame,
                &Col {
                    slot: 0,
                    name: entity.key.clone(),
                },
            );
            for expr in &entity.filter {
                expr.each_column(&mut |col| self.column(&entity.frame, col));
            }
        }
    }

    fn published(&mut self, segment: &super::Segment) {
        let entity = segment.entity.index();
        self.key(entity);
        for expose in &segment.expose {
            match expose {
                super::Expose::Column(col, _) => {
                    if let Some(entity) = self.model.entities.get(entity) {
                        self.column(&entity.frame, col);
                    }
                }
                super::Expose::Trait(id) => {
                    if let Some(found) = self.model.traits.get(id.index()) {
                        self.value(entity, &found.value);
                    }
                }
            }
        }
    }

    fn predicate(&mut self, entity: usize, predicate: &Predicate) {
        match predicate {
            Predicate::Constant(_) => {}
            Predicate::Leaf(expr) => self.value(entity, expr),
            Predicate::Not(of) => self.predicate(entity, of),
            Predicate::All(of) | Predicate::Any(of) | Predicate::Count { of, .. } => {
                of.iter().for_each(|p| self.predicate(entity, p));
            }
            Predicate::Segment(id) => self.open.push(*id),
            Predicate::Case { group, case } => {
                if let Some(group) = self.model.groups.get(group.index()) {
                    for (_, condition) in group.cases.iter().take(case + 1) {
                        self.predicate(entity, condition);
                    }
                }
            }
        }
    }

    fn value(&mut self, entity: usize, value: &EntityExpr) {
        let model = self.model;
        value.each_column(&mut |atom| match atom {
            Atom::Column(col) => {
                if let Some(entity) = model.entities.get(entity) {
                    self.column(&entity.frame, col);
                }
            }
            Atom::Measure(id) => self.measure(*id),
            Atom::Population(id) => self.population(*id),
            Atom::Sequence(id) => self.sequence(*id),
        });
    }

    fn population(&mut self, id: PopulationId) {
        let model = self.model;
        let Some(population) = model.populations.get(id.index()) else {
            return;
        };
        if !self.populations.insert(id) {
            return;
        }
        let entity = population.entity.index();
        self.key(entity);
        self.value(entity, &population.of);
        if let Some(per) = &population.per {
            self.value(entity, per);
        }
        if let Some(among) = &population.among {
            self.predicate(entity, among);
        }
    }

    fn measure(&mut self, id: MeasureId) {
        let model = self.model;
        let Some(measure) = model.measures.get(id.index()) else {
            return;
        };
        if !self.measures.insert(id) {
            return;
        }
        self.out.measures.push(id);
        self.rows(measure.relation, measure.filter.iter().chain(&measure.arg));
    }

    fn sequence(&mut self, id: SequenceId) {
        let model = self.model;
        let sequence = model.sequences.get(id.index());
        for step in sequence.iter().flat_map(|s| &s.steps) {
            self.rows(step.relation, step.filter.iter().chain(&step.same));
        }
    }

    /// The rows of a relation, and what is asked of them.
    fn rows<'e>(&mut self, id: RelationId, of: impl Iterator<Item = &'e RowExpr>) {
        let model = self.model;
        let Some(relation) = model.relations.get(id.index()) else {
            return;
        };
        if self.relations.insert(id) {
            self.key(relation.entity.index());
            for (_, col) in &relation.owner {
                self.column(&relation.frame, col);
            }
            for (time, _) in &relation.past {
                self.column(&relation.frame, &time.col);
            }
            for expr in &relation.filter {
                expr.each_column(&mut |col| self.column(&relation.frame, col));
            }
        }
        for expr in of {
            expr.each_column(&mut |col| self.column(&relation.frame, col));
        }
    }

    /// A column, and the columns its slot is joined on.
    fn column(&mut self, frame: &Frame, col: &Col) {
        if let Some((entity, segment)) = across::segment(self.model, frame, col) {
            self.key(entity.index());
            self.open.push(segment);
            let slot = frame.slots.get(col.slot).and_then(|s| s.join.as_ref());
            for (near, _) in slot.iter().flat_map(|join| &join.on) {
                let name = near.clone();
                self.column(frame, &Col { slot: 0, name });
            }
            return;
        }
        let mut next = Some((col.slot, col.name.clone()));
        while let Some((slot, name)) = next.take() {
            let Some(found) = frame.slots.get(slot) else {
                return;
            };
            self.out
                .columns
                .entry(found.table)
                .or_default()
                .insert(name);
            let Some(join) = &found.join else { return };
            for (near, far) in &join.on {
                self.out
                    .columns
                    .entry(found.table)
                    .or_default()
                    .insert(far.clone());
                next = Some((join.from, near.clone()));
            }
        }
    }
}
