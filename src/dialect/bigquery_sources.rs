//! How BigQuery tells what its tables have.
//! <https://cloud.google.com/bigquery/docs/information-schema-columns>

use super::bigquery::BigQuery;
use super::sql::{grouped, numbered};
use super::{Dialect, generic};
use crate::expr::Type;
use crate::model::{Table, TableSource};

/// <https://cloud.google.com/bigquery/docs/reference/standard-sql/data-types>
pub(super) fn type_of(name: &str) -> Option<Type> {
    let name = name.trim();
    if is_record(name) {
        return Some(Type::Json);
    }
    if let Some(item) = name.strip_prefix("ARRAY<") {
        return Some(Type::Array(Box::new(type_of(item.strip_suffix('>')?)?)));
    }
    let (head, arguments) = match name.split_once('(') {
        Some((head, rest)) => (head.trim(), rest.strip_suffix(')')),
        None => (name, None),
    };
    match head.to_ascii_uppercase().as_str() {
        "BOOL" | "BOOLEAN" => Some(Type::Boolean),
        "INT64" | "INTEGER" => Some(Type::Int),
        "FLOAT64" | "FLOAT" => Some(Type::Float),
        "STRING" => Some(Type::String),
        "DATE" => Some(Type::Date),
        "DATETIME" => Some(Type::Datetime),
        "TIMESTAMP" => Some(Type::Timestamp),
        "JSON" => Some(Type::Json),
        "NUMERIC" => generic::decimal_of(arguments.unwrap_or("38, 9")),
        // Without a precision it has more digits than a decimal of segc's.
        "BIGNUMERIC" => generic::decimal_of(arguments?),
        _ => None,
    }
}

/// NUMERIC has 29 digits before the point and 9 after it, BIGNUMERIC 38 and 38.
/// <https://cloud.google.com/bigquery/docs/reference/standard-sql/data-types#decimal_types>
pub(super) fn numeric(precision: u8, scale: u8) -> &'static str {
    if scale <= 9 && precision - scale.min(precision) <= 29 {
        "numeric"
    } else {
        "bignumeric"
    }
}

/// Whether a type has fields: it is read as JSON.
pub(super) fn is_record(name: &str) -> bool {
    let item = name.trim().strip_prefix("ARRAY<").unwrap_or(name.trim());
    item.starts_with("STRUCT<") || item == "STRUCT" || item == "RECORD"
}

pub(super) fn catalog(tables: &[&[String]]) -> Option<String> {
    let selects = selects(tables, |n, dataset, names| {
        format!(
            "select {n} as n, column_name, data_type, ordinal_position\n\
             from {dataset}.INFORMATION_SCHEMA.COLUMNS\n\
             where table_name in ({names})"
        )
    })?;
    Some(format!("{selects}\norder by n, ordinal_position"))
}

/// Views have no past of their own. <https://cloud.google.com/bigquery/docs/information-schema-tables>
pub(super) fn keeps_past(tables: &[&[String]]) -> Option<String> {
    selects(tables, |n, dataset, names| {
        format!(
            "select {n} as n, current_timestamp() as clock\n\
             from {dataset}.INFORMATION_SCHEMA.TABLES\n\
             where table_type = 'BASE TABLE' and table_name in ({names})"
        )
    })
}

/// A SELECT for each dataset: of the number of a table, the dataset, the tables' names.
fn selects(tables: &[&[String]], select: impl Fn(&str, &str, &str) -> String) -> Option<String> {
    let d = &BigQuery;
    let named = |parts: &&[String]| {
        let (name, dataset) = parts.split_last()?;
        // Tables by a pattern are in no list.
        if dataset.is_empty() || name.contains('*') {
            return None;
        }
        let dataset: Vec<String> = dataset.iter().map(|part| d.identifier(part)).collect();
        Some((dataset.join("."), name.clone()))
    };
    let named: Vec<_> = tables.iter().map(named).collect::<Option<_>>()?;
    let selects = grouped(&named).into_iter().map(|(dataset, names)| {
        let (n, all) = numbered(&names, |name| d.string(name));
        select(&n, &dataset, &all)
    });
    Some(selects.collect::<Vec<_>>().join("\nunion all\n"))
}

/// A table; records become JSON, in which what they hold is found by its path.
pub(super) fn table(table: &Table) -> Option<String> {
    if let Some((key, ty, values)) = table.list() {
        let values: Vec<String> = values.iter().map(|v| BigQuery.string(v)).collect();
        return Some(format!(
            "(select cast(x as {}) as {} from unnest(cast([{}] as array<string>)) as x)",
            BigQuery.type_name(ty),
            BigQuery.identifier(key),
            values.join(", ")
        ));
    }
    let text = generic::table(&BigQuery, table)?;
    let records: Vec<String> = (table.columns.iter())
        .filter(|column| column.is_record)
        .map(|column| {
            let name = BigQuery.identifier(&column.name);
            format!("to_json({name}) as {name}")
        })
        .collect();
    Some(match &table.source {
        // A SELECT without FROM has no WHERE.
        TableSource::History { exists: false, .. } => text.replace(" where 1 = 0)", " limit 0)"),
        _ if records.is_empty() => text,
        TableSource::Named(_)
        | TableSource::File { .. }
        | TableSource::Query(_)
        | TableSource::History { .. }
        | TableSource::Members(_) => {
            format!("(select * replace ({}) from {text})", records.join(", "))
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_have_their_word_or_none() {
        let decimal = |precision, scale| Some(Type::Decimal { precision, scale });
        for (name, ty) in [
            ("INT64", Some(Type::Int)),
            ("NUMERIC", decimal(38, 9)),
            ("NUMERIC(10, 2)", decimal(10, 2)),
            ("NUMERIC(5)", decimal(5, 0)),
            ("BIGNUMERIC", None),
            ("BIGNUMERIC(30, 20)", decimal(30, 20)),
            ("STRING(20)", Some(Type::String)),
            ("ARRAY<STRING>", Some(Type::Array(Box::new(Type::String)))),
            ("ARRAY<BYTES>", None),
            ("STRUCT<a INT64, b ARRAY<STRING>>", Some(Type::Json)),
            ("ARRAY<STRUCT<a INT64>>", Some(Type::Json)),
            ("GEOGRAPHY", None),
        ] {
            assert_eq!(type_of(name), ty, "{name}");
        }
    }

    #[test]
    fn one_query_asks_for_all_tables_of_all_datasets() {
        let table = |text: &str| text.split('.').map(str::to_owned).collect::<Vec<_>>();
        let tables = ["raw.orders", "acme-1.crm.people", "raw.it's"].map(table);
        let tables: Vec<&[String]> = tables.iter().map(Vec::as_slice).collect();
        assert_eq!(
            catalog(&tables).expect("all are in datasets"),
            "select case table_name when 'orders' then 0 when 'it\\'s' then 2 end as n, column_name, data_type, ordinal_position\n\
             from raw.INFORMATION_SCHEMA.COLUMNS\n\
             where table_name in ('orders', 'it\\'s')\n\
             union all\n\
             select case table_name when 'people' then 1 end as n, column_name, data_type, ordinal_position\n\
             from `acme-1`.crm.INFORMATION_SCHEMA.COLUMNS\n\
             where table_name in ('people')\n\
             order by n, ordinal_position"
        );
        for other in ["orders", "analytics.events_*"] {
            assert_eq!(catalog(&[&table(other)]), None, "{other}");
        }
    }
}
