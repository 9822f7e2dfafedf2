//! What a build reads, in bytes: as the warehouse says where it can say without running, or else estimated of the rows that were
//! counted and the columns that are needed.

use std::collections::{BTreeMap, BTreeSet};

use super::Policy;
use super::sources::Source;
use crate::emit::CountedOf;
use crate::expr::Type;
use crate::model::lineage::{self, Lineage};
use crate::model::{Model, TableId};

/// A text whose length nobody knows; so are JSON and arrays taken for.
const TEXT: u64 = 16;

/// An estimate of the bytes that one scan of each source's needed columns reads, uncompressed.
#[must_use]
pub fn estimated(model: &Model, policy: &Policy, sources: &[Source]) -> u64 {
    let needed = needed(model, policy);
    let bytes = |source: &Source| match source.count.source.of {
        CountedOf::Table(id) => {
            let columns = needed.get(&id);
            let table = model.tables.get(id.index());
            let row: u64 = (table.iter().flat_map(|t| &t.columns))
                .filter(|column| columns.is_some_and(|known| known.contains(&column.name)))
                .map(|column| width(&column.ty))
                .sum();
            source.count.rows.saturating_mul(row)
        }
        // Its keys.
        CountedOf::Suppressor(_) => source.count.rows.saturating_mul(TEXT),
    };
    sources.iter().map(bytes).fold(0, u64::saturating_add)
}

/// The columns that the selection needs of each table.
fn needed(model: &Model, policy: &Policy) -> BTreeMap<TableId, BTreeSet<String>> {
    let segments = policy
        .selected_ids(model)
        .map(|(id, _)| lineage::of_published(model, id));
    let traits = policy.selection.traits.iter().filter_map(|id| {
        let found = model.traits.get(id.index())?;
        Some(lineage::of_value(model, found.entity, &found.value))
    });
    let mut needed: BTreeMap<TableId, BTreeSet<String>> = BTreeMap::new();
    for Lineage { columns, .. } in segments.chain(traits) {
        for (table, names) in columns {
            needed.entry(table).or_default().extend(names);
        }
    }
    needed
}

fn width(ty: &Type) -> u64 {
    match ty {
        Type::Boolean | Type::Null => 1,
        Type::Int | Type::Float | Type::Date | Type::Timestamp | Type::Datetime => 8,
        Type::Decimal { .. } => 16,
        Type::String | Type::Json | Type::Array(_) => TEXT,
    }
}
