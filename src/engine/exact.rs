//! Says which values of a CSV file the types that are declared for its columns would change: nothing is read while there are any.
//! One scan of the file, and one more of each column in which something is found.

use std::path::Path;

use super::ragged;
use super::{Engine, EngineError, EngineErrorKind, Rows, Value};
use crate::diag::{Diagnostic, codes};
use crate::dialect::Dialect;
use crate::expr::Type;
use crate::model::{Column, Table, TableSource};

/// The values that would be changed, a diagnostic for each column that has some.
///
/// # Errors
/// The connection is gone.
pub fn changed(
    engine: &mut dyn Engine,
    dialect: &dyn Dialect,
    project_dir: &Path,
    table: &Table,
) -> Result<Vec<Diagnostic>, EngineError> {
    let Some(sql) = dialect.changed(table) else {
        return Ok(Vec::new());
    };
    let counts = readable(engine.query(&sql))?;
    let mut found = Vec::new();
    for (name, count) in counts.columns.iter().zip(counts.rows.iter().flatten()) {
        if let Value::Int(count) = count
            && *count > 0
            && let Some(column) = table.columns.iter().find(|c| c.name == *name)
            && let Some(sql) = dialect.first_changed(table, column)
        {
            let first = First::of(&readable(engine.query(&sql))?);
            found.push(diagnostic(project_dir, table, column, *count, &first));
        }
    }
    Ok(found)
}

/// What cannot be read at all is said where it is read in earnest.
fn readable(answer: Result<Rows, EngineError>) -> Result<Rows, EngineError> {
    match answer {
        Err(error) if error.kind == EngineErrorKind::Statement => Ok(Rows::default()),
        answer => answer,
    }
}

/// The first value that would be changed.
struct First {
    /// From 1, without the header.
    row: u64,
    /// Its text, digits as `#`.
    form: String,
    /// The most digits behind the point, of all these values.
    scale: u8,
}

impl First {
    fn of(rows: &Rows) -> Self {
        let row = rows.rows.first().map_or(&[][..], Vec::as_slice);
        let number = |n: usize| {
            let value = row.get(n).and_then(whole);
            value.and_then(|n| u64::try_from(n).ok()).unwrap_or(0)
        };
        Self {
            row: number(0),
            form: row.get(1).map(text).unwrap_or_default(),
            scale: u8::try_from(number(2)).unwrap_or(u8::MAX),
        }
    }
}

fn whole(value: &Value) -> Option<i64> {
    match value {
        Value::Int(n) => Some(*n),
        Value::Null | Value::Boolean(_) | Value::Float(_) | Value::Text(_) => None,
    }
}

fn text(value: &Value) -> String {
    match value {
        Value::Text(text) => text.clone(),
        Value::Null | Value::Boolean(_) | Value::Int(_) | Value::Float(_) => String::new(),
    }
}

fn diagnostic(
    project_dir: &Path,
    table: &Table,
    column: &Column,
    count: i64,
    first: &First,
) -> Diagnostic {
    let values = if count == 1 { "value" } else { "values" };
    let line = match &table.source {
        TableSource::File { path, .. } => ragged::line_of(&project_dir.join(path), first.row),
        TableSource::Named(_)
        | TableSource::Query(_)
        | TableSource::History { .. }
        | TableSource::Members(_) => None,
    };
    let place = match line {
        Some(line) => format!("line {line}"),
        None => format!("row {} behind the header", first.row),
    };
    let is = if count == 1 {
        "it is in"
    } else {
        "the first is in"
    };
    let (why, help) = advice(column, first);
    Diagnostic::error(
        &codes::build::VALUES_CHANGED,
        format!(
            "column `{}` of {} has {count} {values} that {} would change",
            column.name, table.source, column.ty
        ),
    )
    .at(table.span, "the source")
    .note(format!("{is} {place}, written `{}`: {why}", first.form))
    .help(help)
}

/// What is changed, and what to do.
fn advice(column: &Column, first: &First) -> (&'static str, String) {
    let name = &column.name;
    match &column.ty {
        Type::Date if first.form.starts_with("####") => (
            "what stands behind the day would be cut off",
            format!(
                "declare a type that holds it, `{name}: timestamp` or `{name}: datetime`, or correct the row"
            ),
        ),
        Type::Datetime if first.form.starts_with("####") => (
            "what stands behind the time would be ignored, and a zone moves it",
            format!("declare an instant, `{name}: timestamp`, or write the wall clock alone"),
        ),
        Type::Date | Type::Timestamp | Type::Datetime => (
            "which number is the day and which the month would be guessed",
            format!(
                "write `2026-04-03`, or read it in a query: `strptime(trim({name}), '%d/%m/%Y')` of `read_csv('…', all_varchar = true)`"
            ),
        ),
        Type::Int
        | Type::Decimal { .. }
        | Type::Boolean
        | Type::Float
        | Type::String
        | Type::Json
        | Type::Array(_)
        | Type::Null => of_number(column, first),
    }
}

fn of_number(column: &Column, first: &First) -> (&'static str, String) {
    let name = &column.name;
    if first.form.contains(['x', 'X', '_', '?']) {
        return (
            "it is not written in digits",
            format!("write it in digits, or declare `{name}: string`"),
        );
    }
    if first.form.contains(['e', 'E']) {
        return (
            "with an exponent, as spreadsheets write a long number whose last digits they have lost",
            format!("export the column as text, or declare `{name}: string`"),
        );
    }
    let holds = holding(&column.ty, first.scale).unwrap_or(Type::String);
    (
        "it would be rounded",
        format!("declare a type that holds it, `{name}: {holds}`, or correct the row"),
    )
}

/// A decimal with so many digits behind the point, and as many before it as the type has.
fn holding(ty: &Type, scale: u8) -> Option<Type> {
    let whole = if *ty == Type::Int {
        18_u8.saturating_sub(scale).max(12)
    } else {
        ty.digits()?.0
    };
    let precision = whole.checked_add(scale).filter(|p| *p <= 38)?;
    Some(Type::Decimal { precision, scale })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_is_named_that_holds_the_value() {
        let decimal = |precision, scale| Type::Decimal { precision, scale };
        for (ty, scale, expected) in [
            (Type::Int, 1, Some("decimal(18,1)")),
            (decimal(12, 2), 3, Some("decimal(13,3)")),
            (decimal(38, 2), 3, None),
            (Type::Int, 30, None),
        ] {
            let found = holding(&ty, scale).map(|ty| ty.to_string());
            assert_eq!(found.as_deref(), expected, "{ty}, {scale}");
        }
    }
}
