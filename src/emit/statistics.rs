//! The query that counts a source for the planner: its rows, and the days of the first and the last one.

use crate::dialect::Dialect;
use crate::model::Model;
use crate::model::statistics::Wanted;

/// One row: how many rows there are, then for each column its smallest and its largest value, as they are: DuckDB, for one, makes no day
/// of an instant by itself. None for what a warehouse has no table of.
#[must_use]
pub fn count(wanted: &Wanted, model: &Model, dialect: &dyn Dialect) -> Option<String> {
    let table = dialect.table(model.tables.get(wanted.table.index())?)?;
    let mut columns = vec!["count(*) as source_rows".to_owned()];
    for (n, column) in (1..).zip(&wanted.times) {
        let column = dialect.identifier(column);
        columns.push(format!("min(counted.{column}) as first_{n}"));
        columns.push(format!("max(counted.{column}) as last_{n}"));
    }
    let columns = columns.join(",\n    ");
    Some(format!("select\n    {columns}\nfrom {table} as counted"))
}
