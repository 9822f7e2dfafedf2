//! The query that counts a source for the planner: its rows, and the days of the first and the last one.

use crate::dialect::Dialect;
use crate::expr::Type;
use crate::model::Model;
use crate::model::statistics::Wanted;

/// One row: how many rows there are, then for each column the first and the last day as texts. None for what a warehouse has no
/// table of.
#[must_use]
pub fn count(wanted: &Wanted, model: &Model, dialect: &dyn Dialect) -> Option<String> {
    let table = dialect.table(model.tables.get(wanted.table.index())?)?;
    let (date, text) = (
        dialect.type_name(&Type::Date),
        dialect.type_name(&Type::String),
    );
    let mut columns = vec!["count(*) as source_rows".to_owned()];
    for (n, column) in wanted.times.iter().enumerate() {
        let column = dialect.identifier(column);
        for (end, name) in [("min", "first"), ("max", "last")] {
            columns.push(format!(
                "cast(cast({end}(counted.{column}) as {date}) as {text}) as {name}_{}",
                n + 1
            ));
        }
    }
    let columns = columns.join(",\n    ");
    Some(format!("select\n    {columns}\nfrom {table} as counted"))
}
