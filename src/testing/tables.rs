//! The names under `given:` and the tables behind them; a model whose tables are those of a test.

use crate::engine::job::DATABASE;
use crate::model::{Frame, JoinKind, Model, TableId, TableSource};
use crate::spec::{LookupSpec, Spec};
use jiff::tz::TimeZone;
use std::collections::{BTreeMap, BTreeSet};

/// The tables of a project by the names that tests call them.
#[derive(Clone, Debug, Default)]
pub(super) struct Tables {
    by_name: BTreeMap<String, BTreeSet<TableId>>,
}

/// What a name stands for.
pub(super) enum Named {
    Table(TableId),
    /// Several, by the longer names of which one must be said.
    Several(Vec<String>),
    Unknown,
}

impl Tables {
    pub(super) fn new(model: &Model) -> Self {
        let mut tables = Self::default();
        for entity in &model.entities {
            tables.frame(&entity.frame, None);
        }
        for relation in &model.relations {
            let entity = model.entities.get(relation.entity.index());
            tables.frame(&relation.frame, entity.map(|e| e.name.as_str()));
        }
        tables
    }

    /// The frame's own table, and its lookups under their names and under `frame.lookup`.
    fn frame(&mut self, frame: &Frame, entity: Option<&str>) {
        let Some(own) = frame.slots.first() else {
            return;
        };
        for (n, slot) in frame.slots.iter().enumerate() {
            let is_parent = slot
                .join
                .as_ref()
                .is_some_and(|j| j.kind == JoinKind::Parent);
            // Of another entity's segments nothing can be given.
            if is_parent || slot.name.is_empty() || slot.name.contains(' ') {
                continue;
            }
            let longer = match entity {
                _ if n > 0 => Some(format!("{}.{}", own.name, slot.name)),
                Some(entity) => Some(format!("{entity}.{}", own.name)),
                None => None,
            };
            for name in longer.into_iter().chain([slot.name.clone()]) {
                self.by_name.entry(name).or_default().insert(slot.table);
            }
        }
    }

    pub(super) fn named(&self, name: &str) -> Named {
        let Some(found) = self.by_name.get(name) else {
            return Named::Unknown;
        };
        let mut ids = found.iter();
        match (ids.next(), ids.next()) {
            (Some(id), None) => Named::Table(*id),
            (_, _) => {
                let tail = format!(".{name}");
                let longer = |n: &&String| n.ends_with(&tail);
                Named::Several(self.by_name.keys().filter(longer).cloned().collect())
            }
        }
    }

    /// All names without a dot.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> + Clone {
        self.by_name
            .keys()
            .map(String::as_str)
            .filter(|n| !n.contains('.'))
    }

    /// A plain name for every table, each another one.
    fn short_names(&self, count: usize) -> Vec<String> {
        let mut taken = BTreeSet::new();
        (0u32..)
            .take(count)
            .map(|n| {
                let name = self
                    .by_name
                    .iter()
                    .filter(|(_, ids)| ids.contains(&TableId(n)))
                    .min_by_key(|(name, _)| name.contains('.'))
                    .map_or_else(|| format!("table_{n}"), |(name, _)| name.replace('.', "_"));
                if taken.insert(name.clone()) {
                    name
                } else {
                    let other = format!("{name}_{n}");
                    taken.insert(other.clone());
                    other
                }
            })
            .collect()
    }
}

/// The same project, reading the tables of a test instead of its own. Files and queries are tables, too. They are in a
/// database of their own, so that no name of a query can be taken for one of them.
#[must_use]
pub fn over_given(mut model: Model) -> Model {
    let names = Tables::new(&model).short_names(model.tables.len());
    let tables = model.tables.iter_mut().zip(names);
    for (table, name) in tables.filter(|(table, _)| table.is_read()) {
        table.source = TableSource::Named(vec![DATABASE.to_owned(), name]);
    }
    model
}

/// The zone in which datetimes of a named table are read: its relation's, else the project's.
pub(super) fn zone(name: &str, spec: &Spec, project: &TimeZone) -> TimeZone {
    let has = |lookups: &[LookupSpec]| lookups.iter().any(|l| l.name.value == name);
    spec.entities
        .iter()
        .flat_map(|e| &e.relations)
        .find(|r| {
            r.name.value == name || has(&r.lookups) || name.ends_with(&format!(".{}", r.name.value))
        })
        .and_then(|r| r.time_zone.as_ref())
        .and_then(|z| crate::spec::settings::zone(&z.value))
        .unwrap_or_else(|| project.clone())
}
