//! `given:` → rows of literals for each table, and the statements that make these tables.

use super::tables::{Named, Tables, zone};
use super::value::{self, Clock, Misfit};
use super::{Context, Fixture};
use crate::diag::codes::expr::UNKNOWN_COLUMN;
use crate::diag::codes::testing as codes;
use crate::diag::{Diagnostic, Diagnostics, nearest};
use crate::dialect::Dialect;
use crate::expr::{Literal, Type};
use crate::model::{Column, Model, TableId, TableSource};
use crate::source::{Span, Spanned};
use crate::spec::test::{GivenSpec, RowSpec, RowsSpec, TestSpec};
use std::collections::BTreeMap;

/// Rows per INSERT.
const ROWS_PER_STATEMENT: usize = 500;

/// A file with so many wrong rows is wrong as a whole: the rest is not looked at.
const MOST_WRONG_ROWS: usize = 20;

/// The rows of a test, a value for every column of their table.
#[derive(Clone, Debug, Default)]
pub struct Given {
    pub(super) rows: BTreeMap<TableId, Vec<Vec<Literal>>>,
}

/// Reads the files that a test names.
pub type ReadFixture<'a> =
    dyn FnMut(&Spanned<String>, &[Column], &mut Diagnostics) -> Option<Fixture> + 'a;

/// All rows; None if one of them could not be read.
pub(super) fn given(
    test: &TestSpec,
    cx: &Context<'_>,
    read: &mut ReadFixture<'_>,
    diags: &mut Diagnostics,
) -> Option<Given> {
    let tables = Tables::new(cx.model);
    let mut given = Given::default();
    let mut places: BTreeMap<TableId, Span> = BTreeMap::new();
    let mut whole = true;
    for one in &test.given {
        let Some(id) = table(one, &tables, diags) else {
            whole = false;
            continue;
        };
        if let Some(first) = places.insert(id, one.name.span) {
            diags.push(
                Diagnostic::error(
                    &codes::GIVEN_TWICE,
                    format!(
                        "`{}` stands for a table that has rows already",
                        one.name.value
                    ),
                )
                .at(one.name.span, "the same table")
                .at(first, "its rows are here")
                .help("write all rows of a table in one place"),
            );
            whole = false;
            continue;
        }
        let Some(table) = cx.model.tables.get(id.index()) else {
            continue;
        };
        let local = zone(&one.name, cx.spec, &cx.model.time_zone);
        let rows = Rows {
            name: &one.name,
            columns: &table.columns,
            clock: Clock {
                as_of: cx.model.as_of,
                zone: &cx.model.time_zone,
                local: &local,
            },
        };
        let read: Vec<Option<Vec<Literal>>> = match &one.rows {
            RowsSpec::Inline(list) => list.iter().map(|row| rows.inline(row, diags)).collect(),
            RowsSpec::File(path) => match read(path, &table.columns, diags) {
                Some(fixture) => rows.fixture(path, &fixture, diags),
                None => vec![None],
            },
        };
        match read.into_iter().collect::<Option<Vec<_>>>() {
            Some(rows) => {
                given.rows.insert(id, rows);
            }
            None => whole = false,
        }
    }
    whole.then_some(given)
}

fn table(one: &GivenSpec, tables: &Tables, diags: &mut Diagnostics) -> Option<TableId> {
    let name = &one.name;
    match tables.named(name) {
        Named::Table(id) => Some(id),
        Named::Several(longer) => {
            diags.push(
                Diagnostic::error(
                    &codes::UNKNOWN_GIVEN,
                    format!("`{}` could be one of several tables", name.value),
                )
                .at(name.span, "which one?")
                .help(format!("write {}", longer.join(" or "))),
            );
            None
        }
        Named::Unknown => {
            let known: Vec<&str> = tables.names().collect();
            diags.push(
                Diagnostic::error(
                    &codes::UNKNOWN_GIVEN,
                    format!(
                        "there is no entity, relation, lookup or list `{}`",
                        name.value
                    ),
                )
                .at(name.span, format!("there are: {}", known.join(", ")))
                .suggest(nearest(name, tables.names())),
            );
            None
        }
    }
}

/// Rows of one table.
struct Rows<'a> {
    name: &'a Spanned<String>,
    columns: &'a [Column],
    clock: Clock<'a>,
}

impl Rows<'_> {
    /// The column's place: by its exact name, else by the only one that differs in case.
    fn column(&self, name: &str, span: Span, diags: &mut Diagnostics) -> Option<usize> {
        let exact = self.columns.iter().position(|c| c.name == name);
        let mut folded = (0..)
            .zip(self.columns)
            .filter(|(_, c)| c.name.eq_ignore_ascii_case(name));
        let found = exact.or_else(|| match (folded.next(), folded.next()) {
            (Some((n, _)), None) => Some(n),
            (_, _) => None,
        });
        if found.is_none() {
            let known = || self.columns.iter().map(|c| c.name.as_str());
            let list: Vec<&str> = known().collect();
            diags.push(
                Diagnostic::error(
                    &UNKNOWN_COLUMN,
                    format!("unknown column `{name}` in `{}`", self.name.value),
                )
                .at(
                    span,
                    format!("`{}` has: {}", self.name.value, list.join(", ")),
                )
                .suggest(nearest(name, known())),
            );
        }
        found
    }

    fn empty(&self) -> Vec<Literal> {
        vec![Literal::Null; self.columns.len()]
    }

    fn inline(&self, row: &RowSpec, diags: &mut Diagnostics) -> Option<Vec<Literal>> {
        let mut values = self.empty();
        let mut whole = true;
        for (name, node) in &row.values {
            let Some(n) = self.column(name, name.span, diags) else {
                whole = false;
                continue;
            };
            let Some((column, place)) = self.columns.get(n).zip(values.get_mut(n)) else {
                continue;
            };
            match value::of_node(node, &column.ty, self.clock) {
                Ok(value) => *place = value,
                Err(misfit) => {
                    diags.push(wrong_value(&column.name, &column.ty, misfit, node.span));
                    whole = false;
                }
            }
        }
        whole.then_some(values)
    }

    fn fixture(
        &self,
        path: &Spanned<String>,
        fixture: &Fixture,
        diags: &mut Diagnostics,
    ) -> Vec<Option<Vec<Literal>>> {
        let mut places = Vec::new();
        for name in &fixture.columns {
            places.push(self.column(name, path.span, diags));
        }
        if places.contains(&None) {
            return vec![None];
        }
        let rows = (2..).zip(&fixture.rows);
        let mut wrong = 0;
        rows.map(|(line, row): (usize, _)| {
            if wrong == MOST_WRONG_ROWS {
                return None;
            }
            let mut values = self.empty();
            for (n, text) in places.iter().flatten().zip(row) {
                let Some((column, place)) = self.columns.get(*n).zip(values.get_mut(*n)) else {
                    continue;
                };
                match value::of_text(text, &column.ty, self.clock) {
                    Ok(value) => *place = value,
                    Err(misfit) => {
                        diags.push(
                            wrong_value(&column.name, &column.ty, misfit, path.span)
                                .note(format!("row {line} of `{}`", path.value)),
                        );
                        wrong += 1;
                        return None;
                    }
                }
            }
            Some(values)
        })
        .collect()
    }
}

pub(super) fn wrong_value(what: &str, ty: &Type, (found, help): Misfit, span: Span) -> Diagnostic {
    Diagnostic::error(
        &codes::GIVEN_VALUE,
        format!("`{what}` is of type {ty}, found {found}"),
    )
    .at(span, format!("expected {ty}"))
    .help(help)
}

/// The statements that make every table that `reads` mentions, and fill it. `model` is [`over_given`](super::over_given).
pub(super) fn statements(
    given: &Given,
    model: &Model,
    reads: impl Fn(&str) -> bool,
    dialect: &dyn Dialect,
) -> Vec<String> {
    let mut out = Vec::new();
    for (n, table) in (0u32..).map(TableId).zip(&model.tables) {
        let (TableSource::Named(_), Some(name)) = (&table.source, dialect.table(table)) else {
            continue;
        };
        if table.columns.is_empty() || !reads(&name) {
            continue;
        }
        let columns: Vec<String> = table
            .columns
            .iter()
            .map(|c| format!("{} {}", dialect.quote(&c.name), dialect.type_name(&c.ty)))
            .collect();
        out.push(format!("create table {name} ({})", columns.join(", ")));
        let rows = given.rows.get(&n).map_or(&[][..], Vec::as_slice);
        for chunk in rows.chunks(ROWS_PER_STATEMENT) {
            let rows: Vec<String> = chunk
                .iter()
                .map(|row| {
                    let values = row.iter().zip(&table.columns).map(|(value, column)| {
                        if *value == Literal::Null {
                            "null".to_owned()
                        } else {
                            dialect.literal(value, &column.ty).text
                        }
                    });
                    format!("({})", values.collect::<Vec<_>>().join(", "))
                })
                .collect();
            out.push(format!("insert into {name} values {}", rows.join(", ")));
        }
    }
    out
}
