//! How many rows a source has and when they happened, as `segc pull-schema --statistics` counted them: what the planner's
//! estimates rest on, and nothing else does.

use super::{Model, RelationId, TableId, TableSource};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use std::collections::BTreeMap;

/// What was counted of a table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Statistics {
    pub rows: u64,
    /// Of columns that say when a row happened: the days of the first and of the last one.
    pub times: BTreeMap<String, (Date, Date)>,
}

/// What is to be counted of a table: its rows, and the first and last day of these columns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    pub table: TableId,
    pub times: Vec<String>,
}

impl Model {
    /// What the planner would like to know: tables of entities and relations, and the times of the latter.
    #[must_use]
    pub fn wanted_statistics(&self) -> Vec<Wanted> {
        let mut wanted: BTreeMap<TableId, Vec<String>> = BTreeMap::new();
        let frames =
            (self.entities.iter().map(|e| &e.frame)).chain(self.relations.iter().map(|r| &r.frame));
        for slot in frames.filter_map(|frame| frame.slots.first()) {
            wanted.entry(slot.table).or_default();
        }
        for relation in &self.relations {
            let Some(time) = &relation.time else { continue };
            if let Some(slot) = relation.frame.slots.get(time.col.slot) {
                let times = wanted.entry(slot.table).or_default();
                if !times.contains(&time.col.name) {
                    times.push(time.col.name.clone());
                }
            }
        }
        let is_source = |table: &TableId| {
            let source = self.tables.get(table.index()).map(|t| &t.source);
            source.is_some_and(|source| match source {
                TableSource::Named(_) | TableSource::File { .. } | TableSource::Query(_) => true,
                TableSource::History { .. } | TableSource::Members(_) => false,
            })
        };
        let wanted = wanted.into_iter().filter(|(table, _)| is_source(table));
        wanted
            .map(|(table, times)| Wanted { table, times })
            .collect()
    }

    /// Rows of a relation for each row of its entity's table, where both were counted.
    #[must_use]
    pub fn rows_per_entity(&self, relation: RelationId) -> Option<f64> {
        let relation = self.relations.get(relation.index())?;
        let entity = self.entities.get(relation.entity.index())?;
        let rows = |frame: &super::Frame| {
            let table = frame.slots.first()?.table;
            Some(self.statistics.get(&table)?.rows)
        };
        let (own, all) = (rows(&relation.frame)?, rows(&entity.frame)?);
        #[expect(clippy::cast_precision_loss, reason = "an estimate")]
        let each = own as f64 / all.max(1) as f64;
        Some(each)
    }

    /// How many days before `as_of` a relation's first and last row happened, where that was counted.
    #[must_use]
    pub fn history(&self, relation: RelationId) -> Option<(f64, f64)> {
        let relation = self.relations.get(relation.index())?;
        let time = relation.time.as_ref()?;
        let table = relation.frame.slots.get(time.col.slot)?.table;
        let (first, last) = self.statistics.get(&table)?.times.get(&time.col.name)?;
        let today = self.as_of.to_zoned(TimeZone::UTC).date();
        let back = |day: &Date| (today.duration_since(*day).as_hours() / 24) as f64;
        Some((back(first), back(last)))
    }
}
