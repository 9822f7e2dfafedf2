//! How DuckDB names the types of what it reads.

use super::generic;
use crate::expr::Type;

/// <https://duckdb.org/docs/stable/sql/data_types/overview>
pub(super) fn type_of(name: &str) -> Option<Type> {
    let name = name.trim();
    if let Some(element) = name.strip_suffix("[]") {
        return Some(Type::Array(Box::new(type_of(element)?)));
    }
    if let Some((element, size)) = name.strip_suffix(']').and_then(|n| n.rsplit_once('['))
        && !size.is_empty()
        && size.chars().all(|c| c.is_ascii_digit())
    {
        return Some(Type::Array(Box::new(type_of(element)?)));
    }
    let (head, arguments) = match name.split_once('(') {
        Some((head, rest)) => (head.trim(), rest.strip_suffix(')').unwrap_or(rest)),
        None => (name, ""),
    };
    match head.to_ascii_uppercase().as_str() {
        "BOOLEAN" => Some(Type::Boolean),
        "TINYINT" | "SMALLINT" | "INTEGER" | "BIGINT" | "UTINYINT" | "USMALLINT" | "UINTEGER" => {
            Some(Type::Int)
        }
        // Larger than 64 bits: as exact as a decimal can be.
        "UBIGINT" | "HUGEINT" | "UHUGEINT" => Some(Type::Decimal {
            precision: 38,
            scale: 0,
        }),
        "FLOAT" | "DOUBLE" => Some(Type::Float),
        "DECIMAL" if arguments.is_empty() => generic::decimal_of("18, 3"),
        "DECIMAL" => generic::decimal_of(arguments),
        "VARCHAR" | "ENUM" | "UUID" => Some(Type::String),
        "DATE" => Some(Type::Date),
        "TIMESTAMP" | "TIMESTAMP_S" | "TIMESTAMP_MS" | "TIMESTAMP_NS" => Some(Type::Datetime),
        "TIMESTAMP WITH TIME ZONE" => Some(Type::Timestamp),
        "JSON" => Some(Type::Json),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_of_the_engine_have_their_word_or_none() {
        let decimal = |precision, scale| Some(Type::Decimal { precision, scale });
        for (name, ty) in [
            ("INTEGER", Some(Type::Int)),
            ("UINTEGER", Some(Type::Int)),
            ("HUGEINT", decimal(38, 0)),
            ("DECIMAL(10,2)", decimal(10, 2)),
            ("TIMESTAMP", Some(Type::Datetime)),
            ("TIMESTAMP WITH TIME ZONE", Some(Type::Timestamp)),
            ("ENUM('a', 'b(')", Some(Type::String)),
            ("VARCHAR[]", Some(Type::Array(Box::new(Type::String)))),
            (
                "DECIMAL(4,1)[3]",
                decimal(4, 1).map(|t| Type::Array(Box::new(t))),
            ),
            ("STRUCT(a INTEGER)", None),
            ("STRUCT(a INTEGER)[]", None),
            ("MAP(VARCHAR, INTEGER)", None),
            ("BLOB", None),
        ] {
            assert_eq!(type_of(name), ty, "{name}");
        }
    }
}
