//! Who is left out of what is published (`language.md` §3, `docs/constructs/suppression.md`), and when nobody can be sure of it.

use super::expression::Place;
use super::value::Value;
use super::{Person, Reference};
use segc::spec::{SuppressorSpec, WindowSpec};
use std::collections::BTreeSet;

/// Why a build stops at a source of keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Doubt {
    Few,
    NoKey,
    Stale,
}

impl Reference<'_> {
    /// Who is in no segment that respects suppression.
    pub(crate) fn suppressed(&self, entity: usize) -> BTreeSet<String> {
        let spec = &self.spec.entities[entity];
        self.keys(entity, |p| {
            spec.suppress.iter().any(|c| self.holds(p, c))
                || spec.suppressors.iter().any(|s| self.is_named(p, s))
        })
    }

    /// Whether a source of keys names somebody.
    fn is_named(&self, person: Person, source: &SuppressorSpec) -> bool {
        let table = self.tables.of(&source.table);
        let key = self.key(person);
        let rows = self.rows_that_count(person.entity, source);
        rows.into_iter()
            .any(|row| table.value(row, &source.key).equals(&key))
    }

    /// The rows that its `where` lets through; its predicates speak of its own columns.
    fn rows_that_count(&self, entity: usize, source: &SuppressorSpec) -> Vec<usize> {
        let table = self.tables.of(&source.table);
        let met = |row: &usize| {
            let place = Place {
                columns: Some((table, *row)),
                ..Place::of(Person { entity, row: 0 })
            };
            self.all_true(&source.filter, place)
        };
        (0..table.rows.len()).filter(met).collect()
    }

    /// What is wrong with an entity's sources of keys.
    pub(crate) fn doubts(&self, entity: usize) -> BTreeSet<(String, Doubt)> {
        let mut doubts = BTreeSet::new();
        for source in &self.spec.entities[entity].suppressors {
            let table = self.tables.of(&source.table);
            let rows = self.rows_that_count(entity, source);
            let mut doubt = |why| doubts.insert((source.name.value.clone(), why));
            // At least one, whatever is written: an empty source is a load that failed.
            let least = source.min_rows.as_ref().map_or(1, |n| n.value.max(1));
            if rows.len() < least as usize {
                doubt(Doubt::Few);
            }
            let null = |row: &usize| table.value(*row, &source.key).is_null();
            if rows.iter().any(null) {
                doubt(Doubt::NoKey);
            }
            if let (Some(time), Some(within)) = (&source.time, &source.fresh_within) {
                let bounds = self.clock.bounds(&WindowSpec::Within(within.value));
                let fresh = |row: &usize| {
                    let time = table.value(*row, time);
                    !matches!(time, Value::Null) && bounds.hold(&time.on_clock(&self.clock.zone))
                };
                if !rows.iter().any(fresh) {
                    doubt(Doubt::Stale);
                }
            }
        }
        doubts
    }
}
