//! The physical tables of a project and their columns: collected from the specs, joined with what a catalog knows.
//!
//! [`table_sources`] lists them before anything is resolved, so that the rooms with IO can ask for their columns;
//! `resolve` then looks names up here. What a row is put together from is `frame`'s.

use super::table_source::{is_placeholder, place, source_of};
use super::{
    Catalog, CatalogColumn, Column, EntityId, FileFormat, ListKeys, Table, TableId, TableSource,
    keyed,
};
use crate::diag::codes::expr::{UNKNOWN_COLUMN, UNKNOWN_TYPE};
use crate::diag::codes::model::{COLUMN_CLASH, COLUMNS_UNKNOWN, DECLARED_MISSING};
use crate::diag::{Diagnostic, Diagnostics, nearest};
use crate::expr::Type;
use crate::model::typing::{column_type_hint, parse_type, quoted_type};
use crate::source::{Span, Spanned};
use crate::spec::{ColumnSpecs, LookupSpec, Settings, Spec, TableSpec};
use std::collections::HashMap;

/// Every physical table that the specs read, in order of writing, with the columns declared for it.
#[must_use]
pub fn table_sources(spec: &Spec, settings: &Settings, diags: &mut Diagnostics) -> Vec<Table> {
    collect(spec, settings, diags)
        .list
        .into_iter()
        .map(|entry| entry.table)
        .filter(|table| !is_placeholder(&table.source))
        .collect()
}

/// All tables, and their columns by name.
#[derive(Debug, Default)]
pub(super) struct Tables {
    list: Vec<Entry>,
    by_source: HashMap<TableSource, TableId>,
}

#[derive(Debug)]
struct Entry {
    table: Table,
    /// Whether an unknown name is the user's mistake; else why nothing is known has been said already.
    known: bool,
    /// Where each declared column is written.
    declared_at: HashMap<String, Span>,
    exact: HashMap<String, usize>,
    /// By lower-case name; None where two columns differ in case alone.
    folded: HashMap<String, Option<usize>>,
}

/// What a name is in a table.
#[derive(Debug)]
pub(super) enum Found<'a> {
    Column(&'a Column),
    No,
    /// The table's columns are not known, which has been reported.
    Unknowable,
}

impl Tables {
    /// The tables of `spec` with the columns that were declared and that `catalog` knows.
    pub(super) fn new(
        spec: &Spec,
        settings: &Settings,
        catalog: &Catalog,
        diags: &mut Diagnostics,
    ) -> Self {
        let mut tables = collect(spec, settings, diags);
        let known: HashMap<_, _> = catalog
            .tables
            .iter()
            .map(|(source, columns)| (source, columns))
            .collect();
        for entry in &mut tables.list {
            if is_placeholder(&entry.table.source) {
                continue;
            }
            match known.get(&entry.table.source) {
                // Nothing was published yet.
                Some(columns)
                    if columns.is_empty()
                        && matches!(entry.table.source, TableSource::History { .. }) =>
                {
                    if let TableSource::History { exists, .. } = &mut entry.table.source {
                        *exists = false;
                    }
                    entry.index();
                }
                Some(columns) => entry.merge(columns, diags),
                None => entry.index(),
            }
            entry.known = !entry.table.columns.is_empty();
            if !entry.known && !catalog.missing.contains(&entry.table.source) {
                diags.push(
                    Diagnostic::error(
                        &COLUMNS_UNKNOWN,
                        format!("the columns of {} are not known", entry.table.source),
                    )
                    .at(entry.table.span, "no column is declared or found")
                    .help("declare them under `columns:`, or check with a connection"),
                );
            }
        }
        tables
    }

    pub(super) fn into_list(self) -> Vec<Table> {
        self.list.into_iter().map(|entry| entry.table).collect()
    }

    /// The table of `spec`. Every `table:` of the specs was collected, so there always is one.
    pub(super) fn id(&self, spec: &TableSpec) -> TableId {
        self.by_source
            .get(&source_of(spec, &mut Diagnostics::default()))
            .copied()
            .unwrap_or(TableId(0))
    }

    /// A column by its exact name, else by the only name that differs in case.
    pub(super) fn find(&self, id: TableId, name: &str) -> Found<'_> {
        let Some(entry) = self.list.get(id.index()) else {
            return Found::Unknowable;
        };
        let index = entry
            .exact
            .get(name)
            .copied()
            .or_else(|| entry.folded.get(&name.to_lowercase()).copied().flatten());
        match index.and_then(|i| entry.table.columns.get(i)) {
            Some(column) => Found::Column(column),
            None if entry.known => Found::No,
            None => Found::Unknowable,
        }
    }

    /// The table of an entity's published stays, if some condition asks for it.
    pub(super) fn history(&self, of: &str) -> Option<TableId> {
        let at = self.list.iter().position(
            |e| matches!(&e.table.source, TableSource::History { entity, .. } if entity == of),
        )?;
        Some(TableId(u32::try_from(at).unwrap_or(u32::MAX)))
    }

    /// Gives a column that has no type of its own the one that it is compared with.
    pub(super) fn give_type(&mut self, id: TableId, column: &str, ty: &Type) {
        let found = self.list.get_mut(id.index()).and_then(|entry| {
            entry
                .table
                .columns
                .iter_mut()
                .find(|c| c.name == column || c.name.eq_ignore_ascii_case(column))
        });
        if let Some(found) = found
            && found.ty == Type::Null
        {
            found.ty = ty.clone();
        }
    }

    /// A file of a list's keys, in this column.
    pub(super) fn is_list(&mut self, id: TableId, column: &str) {
        if let Some(entry) = self.list.get_mut(id.index())
            && matches!(entry.table.source, TableSource::File { .. })
        {
            let own = |c: &&Column| c.name == column || c.name.eq_ignore_ascii_case(column);
            let column = entry.table.columns.iter().find(own);
            entry.table.keys = column.map(|column| ListKeys {
                column: column.name.clone(),
                values: None,
            });
        }
    }

    pub(super) fn columns(&self, id: TableId) -> &[Column] {
        self.list
            .get(id.index())
            .map_or(&[], |entry| &entry.table.columns)
    }

    /// [`Self::find`], and S0210 where there is none. `whose` is what has the columns: ("relation `orders`", "orders").
    pub(super) fn require(
        &self,
        id: TableId,
        name: &Spanned<String>,
        whose: (&str, &str),
        diags: &mut Diagnostics,
    ) -> Option<&Column> {
        match self.find(id, name) {
            Found::Column(column) => Some(column),
            Found::No => {
                diags.push(unknown_column(
                    name,
                    whose,
                    self.columns(id).iter().map(|c| c.name.as_str()),
                ));
                None
            }
            Found::Unknowable => None,
        }
    }
}

/// S0210 in the words of `cli.md`.
pub(super) fn unknown_column<'a>(
    name: &Spanned<String>,
    (whose, short): (&str, &str),
    has: impl Iterator<Item = &'a str> + Clone,
) -> Diagnostic {
    Diagnostic::error(
        &UNKNOWN_COLUMN,
        format!("unknown column `{}` in {whose}", name.value),
    )
    .at(
        name.span,
        format!("{short} has: {}", some_of(has.clone(), 12)),
    )
    .suggest(nearest(name, has))
}

/// The first `cap` names, and how many more there are.
pub(super) fn some_of<'a>(names: impl Iterator<Item = &'a str>, cap: usize) -> String {
    let names: Vec<&str> = names.collect();
    let mut text = names
        .iter()
        .take(cap)
        .copied()
        .collect::<Vec<_>>()
        .join(", ");
    if names.is_empty() {
        text.push_str("none");
    } else if names.len() > cap {
        text.push_str(&format!(" and {} more", names.len() - cap));
    }
    text
}

impl Entry {
    fn index(&mut self) {
        self.exact.clear();
        self.folded.clear();
        for (i, column) in self.table.columns.iter().enumerate() {
            self.exact.insert(column.name.clone(), i);
            self.folded
                .entry(column.name.to_lowercase())
                .and_modify(|known| *known = None)
                .or_insert(Some(i));
        }
    }

    /// Joins the declared columns with those the catalog knows: the declared type and the catalog's spelling win.
    fn merge(&mut self, actual: &[CatalogColumn], diags: &mut Diagnostics) {
        let declared = std::mem::replace(
            &mut self.table.columns,
            actual
                .iter()
                .map(|found| Column {
                    name: found.name.clone(),
                    ty: found.ty.clone(),
                    declared: false,
                    is_record: found.is_record,
                })
                .collect(),
        );
        self.index();
        let untyped = matches!(
            self.table.source,
            TableSource::File {
                format: FileFormat::Csv,
                ..
            }
        );
        // A line that names no declared column is rather somebody's row, and not shown.
        let known = |c: &Column| actual.iter().any(|f| f.name.eq_ignore_ascii_case(&c.name));
        let headless = untyped && !declared.iter().any(known);
        let mut absent = Vec::new();
        for column in declared {
            let at = self
                .declared_at
                .get(&column.name)
                .copied()
                .unwrap_or(self.table.span);
            let found = self.exact.get(&column.name).copied().or_else(|| {
                self.folded
                    .get(&column.name.to_lowercase())
                    .copied()
                    .flatten()
            });
            let Some(slot) = found.and_then(|i| self.table.columns.get_mut(i)) else {
                let names = actual.iter().map(|f| f.name.as_str());
                let error = Diagnostic::error(
                    &DECLARED_MISSING,
                    format!("{} has no column `{}`", self.table.source, column.name),
                );
                diags.push(if headless {
                    error
                        .at(at, "nor any other that is declared")
                        .help("let the file begin with a line of its columns' names")
                } else {
                    error
                        .at(at, format!("it has: {}", some_of(names.clone(), 12)))
                        .suggest(nearest(&column.name, names))
                });
                // Said once, here; what uses the column is not to be blamed, too.
                absent.push(column);
                continue;
            };
            // A key whose type was not known: it is the one there.
            if !untyped && column.ty == Type::Null {
                continue;
            }
            if !untyped && !holds(&column.ty, &slot.ty) {
                diags.push(
                    Diagnostic::error(
                        &COLUMN_CLASH,
                        format!(
                            "column `{}` of {} is declared {} but is {}",
                            slot.name, self.table.source, column.ty, slot.ty
                        ),
                    )
                    .at(at, format!("`{}` is {} there", slot.name, slot.ty))
                    .at(self.table.span, "the table")
                    .help(format!(
                        "declare it as {}, or do not declare it",
                        quoted_type(&slot.ty.to_string())
                    )),
                );
            }
            slot.ty = column.ty;
            slot.declared = true;
        }
        self.table.columns.extend(absent);
        // What is in a list must be known before anything is asked of it.
        (self.table.columns).retain(|c| c.ty != Type::Array(Box::new(Type::Null)));
        self.index();
    }
}

/// Whether every value of `actual` is one of `declared`.
fn holds(declared: &Type, actual: &Type) -> bool {
    match (declared, actual) {
        (
            Type::Decimal { precision, scale },
            Type::Decimal {
                precision: p,
                scale: s,
            },
        ) => scale >= s && precision.saturating_sub(*scale) >= p.saturating_sub(*s),
        (Type::Int, Type::Decimal { scale: 0, .. })
        | (Type::Decimal { .. }, Type::Int)
        | (Type::Float, Type::Int | Type::Decimal { .. })
        | (Type::Json, Type::String) => true,
        (Type::Array(_), Type::Array(b)) if **b == Type::Null => true,
        (Type::Array(a), Type::Array(b)) => holds(a, b),
        (a, b) => a == b,
    }
}

fn collect(spec: &Spec, settings: &Settings, diags: &mut Diagnostics) -> Tables {
    let mut tables = Tables::default();
    for entity in &spec.entities {
        tables.add(&entity.table, &entity.columns, diags);
        tables.add_lookups(&entity.lookups, diags);
        for source in &entity.suppressors {
            tables.add(&source.table, &source.columns, diags);
        }
        for relation in &entity.relations {
            tables.add(&relation.table, &relation.columns, diags);
            tables.add_lookups(&relation.lookups, diags);
        }
    }
    for list in &spec.lists {
        tables.add(&list.file, &Vec::new(), diags);
        tables.add_untyped(&list.file, &list.key);
    }
    for entity in keyed::entities_with_stays(spec) {
        if let Some(found) = spec.entities.iter().find(|e| e.item.name.value == entity) {
            tables.add_history(entity, found.item.span, settings);
        }
    }
    tables
}

/// Columns of `<entity>_history` (`outputs.md`) that conditions ask for, beside the key.
const HISTORY: [(&str, Type); 4] = [
    ("segment", Type::String),
    // Of the key's type, once that is known.
    ("entity_key", Type::Null),
    ("valid_from", Type::Timestamp),
    ("valid_to", Type::Timestamp),
];

impl Tables {
    fn add_lookups(&mut self, lookups: &[LookupSpec], diags: &mut Diagnostics) {
        for lookup in lookups {
            self.add(&lookup.table, &lookup.columns, diags);
            self.add_lookups(&lookup.lookups, diags);
        }
    }

    /// The key of a list in a CSV file is read with the type of the entity's key, which is not known yet.
    fn add_untyped(&mut self, table: &TableSpec, key: &Spanned<String>) {
        let id = self.id(table);
        let Some(entry) = self.list.get_mut(id.index()) else {
            return;
        };
        let csv = matches!(
            entry.table.source,
            TableSource::File {
                format: FileFormat::Csv,
                ..
            }
        );
        if csv && !entry.exact.contains_key(&key.value) {
            entry
                .exact
                .insert(key.value.clone(), entry.table.columns.len());
            entry.declared_at.insert(key.value.clone(), key.span);
            entry.table.columns.push(Column {
                name: key.value.clone(),
                ty: Type::Null,
                declared: true,
                is_record: false,
            });
        }
    }

    fn add_history(&mut self, entity: &str, span: Span, settings: &Settings) {
        let source = TableSource::History {
            entity: entity.to_owned(),
            table: settings.outputs.history_of(entity),
            exists: true,
        };
        let column = |(name, ty): &(&str, Type)| Column {
            name: (*name).to_owned(),
            ty: ty.clone(),
            declared: true,
            is_record: false,
        };
        self.push(Table {
            source,
            columns: HISTORY.iter().map(column).collect(),
            span,
            keys: None,
            read_at: None,
        });
    }

    /// Where an entity's segments are read by other entities. It has no columns that could be named.
    pub(super) fn members(&mut self, entity: EntityId, span: Span) -> TableId {
        let source = TableSource::Members(entity);
        if let Some(id) = self.by_source.get(&source) {
            return *id;
        }
        self.push(Table {
            source,
            columns: Vec::new(),
            span,
            keys: None,
            read_at: None,
        });
        let last = self.list.len().saturating_sub(1);
        if let Some(entry) = self.list.last_mut() {
            entry.known = true;
        }
        TableId(u32::try_from(last).unwrap_or(u32::MAX))
    }

    fn push(&mut self, table: Table) {
        let next = TableId(u32::try_from(self.list.len()).unwrap_or(u32::MAX));
        self.by_source.insert(table.source.clone(), next);
        self.list.push(Entry {
            table,
            known: false,
            declared_at: HashMap::new(),
            exact: HashMap::new(),
            folded: HashMap::new(),
        });
    }

    fn add(&mut self, table: &TableSpec, columns: &ColumnSpecs, diags: &mut Diagnostics) {
        let source = source_of(table, diags);
        let span = place(table);
        let next = TableId(u32::try_from(self.list.len()).unwrap_or(u32::MAX));
        let id = *self.by_source.entry(source.clone()).or_insert(next);
        if id == next {
            self.push(Table {
                source,
                columns: Vec::new(),
                span,
                keys: None,
                read_at: None,
            });
        }
        let Some(entry) = self.list.get_mut(id.index()) else {
            return;
        };
        for (name, written) in columns {
            let Some(ty) = parse_type(written) else {
                diags.push(
                    Diagnostic::error(
                        &UNKNOWN_TYPE,
                        format!("unknown type `{}` of column `{}`", written.value, name.value),
                    )
                    .at(
                        written.span,
                        "expected boolean, int, float, decimal(p,s), string, date, timestamp, datetime, json or array<T>",
                    )
                    .help(column_type_hint(written)),
                );
                continue;
            };
            match entry.exact.get(&name.value) {
                None => {
                    entry
                        .exact
                        .insert(name.value.clone(), entry.table.columns.len());
                    entry.declared_at.insert(name.value.clone(), written.span);
                    entry.table.columns.push(Column {
                        name: name.value.clone(),
                        ty,
                        declared: true,
                        is_record: false,
                    });
                }
                Some(i) => {
                    let other = entry.table.columns.get(*i).map(|c| &c.ty);
                    if let Some(other) = other
                        && *other != ty
                    {
                        diags.push(
                            Diagnostic::error(
                                &COLUMN_CLASH,
                                format!(
                                    "column `{}` of {} is declared {ty} here and {other} elsewhere",
                                    name.value, entry.table.source
                                ),
                            )
                            .at(written.span, format!("the other place says {other}"))
                            .at(entry.table.span, "the same table")
                            .help("declare a table's columns once, or with the same types"),
                        );
                    }
                }
            }
        }
    }
}
