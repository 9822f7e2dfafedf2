//! Reads the rows that a test takes from a file of the project.
#![allow(
    clippy::disallowed_methods,
    reason = "this is the room that reads fixtures"
)]

use super::Fixture;
use crate::diag::codes::testing::FIXTURE;
use crate::diag::{Diagnostic, Diagnostics};
use crate::dialect::Dialect;
use crate::engine::{self, EngineError, Options, Value, catalog};
use crate::expr::Type;
use crate::model::{CatalogColumn, Column, FileFormat, Table, TableSource};
use crate::source::{FileId, Span, Spanned};
use std::fs;
use std::path::{Component, Path};

const MAX_BYTES: u64 = 1 << 20;
const MAX_ROWS: usize = 20_000;

/// Reads a CSV file, whose first line names columns, or a Parquet file, whose columns must be of the table's types.
pub fn read(
    root: &Path,
    path: &Spanned<String>,
    columns: &[Column],
    dialect: &dyn Dialect,
    diags: &mut Diagnostics,
) -> Option<Fixture> {
    let read = if path.to_lowercase().ends_with(".parquet") {
        parquet_file(root, path, columns, dialect)
    } else {
        csv_file(root, path)
    };
    match read {
        Ok(fixture) => Some(fixture),
        Err((problem, help)) => {
            diags.push(
                Diagnostic::error(&FIXTURE, problem)
                    .at(path.span, "rows are read from here")
                    .help(help),
            );
            None
        }
    }
}

type Problem = (String, &'static str);

/// Whether the path is a regular file of the project, of a size that a person could have looked at.
///
/// # Errors
/// Why it is not, and what to do.
fn check(root: &Path, path: &str) -> Result<(), Problem> {
    const OUTSIDE: &str = "copy the file into the project's folder and name it relative to that";
    let relative = Path::new(path);
    let stays = relative
        .components()
        .all(|c| matches!(c, Component::Normal(_) | Component::CurDir));
    if !stays || path.contains(['*', '?', '[', '{', '\\', '\0']) {
        return Err((
            format!("`{path}` leads out of the project's folder"),
            OUTSIDE,
        ));
    }
    let there = root.join(relative);
    let (Ok(real), Ok(root)) = (there.canonicalize(), root.canonicalize()) else {
        return Err((
            format!("there is no file `{path}` in the project"),
            "correct the path: it is relative to the folder of segc.yml",
        ));
    };
    if !real.starts_with(&root) {
        return Err((
            format!("`{path}` is a link out of the project's folder"),
            OUTSIDE,
        ));
    }
    let size = fs::metadata(&real).map(|m| (m.is_file(), m.len()));
    match size {
        Ok((true, bytes)) if bytes <= MAX_BYTES => Ok(()),
        Ok((true, bytes)) => Err((
            format!("`{path}` has {bytes} bytes; a fixture may have {MAX_BYTES}"),
            "keep the rows that the test is about",
        )),
        Ok((false, _)) | Err(_) => Err((
            format!("`{path}` is no file"),
            "name a CSV or a Parquet file",
        )),
    }
}

fn csv_file(root: &Path, path: &str) -> Result<Fixture, Problem> {
    const HELP: &str = "the first line names the columns, every other line has as many values";
    check(root, path)?;
    let bytes = fs::read(root.join(path))
        .map_err(|e| (format!("`{path}` cannot be read: {e}"), "check the file"))?;
    let mut reader = csv::ReaderBuilder::new().from_reader(bytes.as_slice());
    let wrong = |e: csv::Error| (format!("`{path}` is no CSV file: {e}"), HELP);
    let columns = reader
        .headers()
        .map_err(wrong)?
        .iter()
        .map(|c| c.trim().trim_start_matches('\u{feff}').to_owned())
        .collect();
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(wrong)?;
        rows.push(record.iter().map(str::to_owned).collect());
        if rows.len() > MAX_ROWS {
            return Err((
                format!("`{path}` has more than {MAX_ROWS} rows"),
                "keep the rows that the test is about",
            ));
        }
    }
    Ok(Fixture { columns, rows })
}

/// The engine reads it, as it reads the sources of a build; values come as texts.
fn parquet_file(
    root: &Path,
    path: &str,
    columns: &[Column],
    dialect: &dyn Dialect,
) -> Result<Fixture, Problem> {
    check(root, path)?;
    let unreadable = |e: &EngineError| {
        (
            format!("`{path}` cannot be read: {}", e.words()),
            "check that it is a Parquet file",
        )
    };
    let table = Table {
        source: TableSource::File {
            path: path.to_owned(),
            format: FileFormat::Parquet,
        },
        columns: Vec::new(),
        span: Span::new(FileId(u32::MAX), 0, 0),
        keys: None,
        read_at: None,
    };
    let Some(from) = dialect.table(&table) else {
        return Err((
            format!("`{path}` cannot be read here"),
            "export the rows as CSV",
        ));
    };
    let warehouse = engine::open(&Options {
        project_dir: root.to_owned(),
        threads: Some(1),
        names_values: true,
        ..Options::default()
    })
    .map_err(|e| unreadable(&e))?;
    let mut session = warehouse.session().map_err(|e| unreadable(&e))?;
    let found = catalog::describe(
        session.as_mut(),
        dialect,
        root,
        std::slice::from_ref(&table.source),
    )
    .map_err(|e| unreadable(&e))?;
    let Some(Ok(found)) = found.into_iter().next() else {
        return Err((
            format!("`{path}` cannot be read"),
            "check that it is a Parquet file",
        ));
    };
    for CatalogColumn { name, ty, .. } in &found {
        let column = columns.iter().find(|c| c.name.eq_ignore_ascii_case(name));
        if let Some(column) = column.filter(|c| !fits(ty, &c.ty)) {
            return Err((
                format!(
                    "column `{name}` of `{path}` is {ty}, and {} in its table",
                    column.ty
                ),
                "write the file with the table's type: values are never cast",
            ));
        }
    }
    let texts: Vec<String> = found
        .iter()
        .map(|column| {
            let name = dialect.quote(&column.name);
            match column.ty {
                Type::Array(_) => format!("cast(to_json({name}) as varchar)"),
                Type::Timestamp => {
                    format!("strftime(make_timestamp(epoch_us({name})), '%Y-%m-%d %H:%M:%S.%fZ')")
                }
                Type::Boolean
                | Type::Int
                | Type::Float
                | Type::Decimal { .. }
                | Type::String
                | Type::Date
                | Type::Datetime
                | Type::Json
                | Type::Null => format!("cast({name} as varchar)"),
            }
        })
        .collect();
    let rows = session
        .query(&format!(
            "select {} from {from} limit {}",
            texts.join(", "),
            MAX_ROWS + 1
        ))
        .map_err(|e| unreadable(&e))?;
    if rows.rows.len() > MAX_ROWS {
        return Err((
            format!("`{path}` has more than {MAX_ROWS} rows"),
            "keep the rows that the test is about",
        ));
    }
    let text = |value: &Value| match value {
        Value::Text(text) => text.clone(),
        Value::Null | Value::Boolean(_) | Value::Int(_) | Value::Float(_) => String::new(),
    };
    Ok(Fixture {
        columns: found.into_iter().map(|c| c.name).collect(),
        rows: rows
            .rows
            .iter()
            .map(|row| row.iter().map(text).collect())
            .collect(),
    })
}

/// Whether every value of a file's type is one of the column's.
fn fits(file: &Type, column: &Type) -> bool {
    match (file, column) {
        (Type::Int, Type::Decimal { .. } | Type::Float)
        | (Type::Decimal { .. }, Type::Decimal { .. })
        | (Type::String, Type::Json) => true,
        (file, column) => file == column,
    }
}
