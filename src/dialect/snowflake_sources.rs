//! How Snowflake tells what its tables have.
//! <https://docs.snowflake.com/en/sql-reference/info-schema/columns>

use super::snowflake::Snowflake;
use super::sql::{grouped, numbered};
use super::{Dialect, generic};
use crate::expr::Type;
use crate::model::Table;

/// <https://docs.snowflake.com/en/sql-reference/intro-summary-data-types>
pub(super) fn type_of(name: &str) -> Option<Type> {
    let name = name.trim();
    let (head, arguments) = match name.split_once('(') {
        Some((head, rest)) => (head.trim(), rest.strip_suffix(')')),
        None => (name, None),
    };
    match head.to_ascii_uppercase().as_str() {
        "BOOLEAN" => Some(Type::Boolean),
        "NUMBER" | "FIXED" | "DECIMAL" | "NUMERIC" => {
            // Whole numbers have 38 digits unless somebody says otherwise.
            let ty = generic::decimal_of(arguments.unwrap_or("38, 0"))?;
            let is_whole = matches!(ty, Type::Decimal { scale: 0, .. });
            Some(if is_whole { Type::Int } else { ty })
        }
        "FLOAT" | "REAL" | "DOUBLE" => Some(Type::Float),
        "TEXT" | "VARCHAR" | "CHAR" | "STRING" => Some(Type::String),
        "DATE" => Some(Type::Date),
        "TIMESTAMP_NTZ" => Some(Type::Datetime),
        "TIMESTAMP_LTZ" | "TIMESTAMP_TZ" => Some(Type::Timestamp),
        "VARIANT" | "OBJECT" => Some(Type::Json),
        // Of what, nobody knows.
        "ARRAY" => Some(Type::Array(Box::new(Type::Null))),
        _ => None,
    }
}

pub(super) fn catalog(tables: &[&[String]]) -> Option<String> {
    let selects = selects(tables, |n, database, names| {
        format!(
            "select {n} as n, case when regexp_like(column_name, '[A-Z_][A-Z0-9_]*') then lower(column_name) else column_name end as column_name, \
             case data_type when 'NUMBER' then 'NUMBER(' || to_varchar(numeric_precision) || ',' || to_varchar(numeric_scale) || ')' else data_type end as data_type, \
             ordinal_position\n\
             from {database}information_schema.columns\n\
             where {names}"
        )
    })?;
    Some(format!("{selects}\norder by n, ordinal_position"))
}

/// Views have no past of their own, nor what is kept for no day. <https://docs.snowflake.com/en/sql-reference/info-schema/tables>
pub(super) fn keeps_past(tables: &[&[String]]) -> Option<String> {
    selects(tables, |n, database, names| {
        format!(
            "select {n} as n, current_timestamp() as clock\n\
             from {database}information_schema.tables\n\
             where table_type = 'BASE TABLE' and retention_time > 0 and {names}"
        )
    })
}

/// A SELECT for each schema: of the number of a table, the database, a condition on the tables' names.
fn selects(tables: &[&[String]], select: impl Fn(&str, &str, &str) -> String) -> Option<String> {
    let d = &Snowflake;
    let named = |parts: &&[String]| match parts {
        [name] => Some(((String::new(), None), name.clone())),
        [schema, name] => Some(((String::new(), Some(schema.clone())), name.clone())),
        [database, schema, name] => {
            let database = format!("{}.", d.identifier(database));
            Some(((database, Some(schema.clone())), name.clone()))
        }
        _ => None,
    };
    let named: Vec<_> = tables.iter().map(named).collect::<Option<_>>()?;
    let selects = grouped(&named)
        .into_iter()
        .map(|((database, schema), names)| {
            let (n, all) = numbered(&names, |name| d.string(&d.stored(name)));
            let schema = schema.as_ref().map_or_else(
                || "current_schema()".to_owned(),
                |schema| d.string(&d.stored(schema)),
            );
            select(
                &n,
                &database,
                &format!("table_schema = {schema} and table_name in ({all})"),
            )
        });
    Some(selects.collect::<Vec<_>>().join("\nunion all\n"))
}

/// A table; of a list in a file its keys.
/// <https://docs.snowflake.com/en/sql-reference/functions/flatten>
pub(super) fn table(table: &Table) -> Option<String> {
    let d = &Snowflake;
    let Some((key, ty, values)) = table.list() else {
        return generic::table(d, table);
    };
    let values = serde_json::to_string(values).expect("texts are JSON");
    Some(format!(
        "(select cast(cast(x.value as varchar) as {}) as {} from table(flatten(input => parse_json({}))) as x)",
        d.type_name(ty),
        d.identifier(key),
        d.string(&values)
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_have_their_word_or_none() {
        for (name, ty) in [
            ("NUMBER(38,0)", Some(Type::Int)),
            (
                "NUMBER(10,2)",
                Some(Type::Decimal {
                    precision: 10,
                    scale: 2,
                }),
            ),
            ("TEXT", Some(Type::String)),
            ("VARCHAR(16777216)", Some(Type::String)),
            ("TIMESTAMP_NTZ(9)", Some(Type::Datetime)),
            ("TIMESTAMP_LTZ", Some(Type::Timestamp)),
            ("VARIANT", Some(Type::Json)),
            ("ARRAY", Some(Type::Array(Box::new(Type::Null)))),
            ("GEOGRAPHY", None),
            ("BINARY", None),
        ] {
            assert_eq!(type_of(name), ty, "{name}");
        }
    }

    #[test]
    fn names_are_looked_for_as_they_are_stored() {
        for (written, name) in [
            ("customers", "CUSTOMERS"),
            ("ORDER", "ORDER"),
            ("order", "ORDER"),
            ("Orders", "Orders"),
            ("two words", "two words"),
        ] {
            assert_eq!(Snowflake.stored(written), name);
        }
    }
}
