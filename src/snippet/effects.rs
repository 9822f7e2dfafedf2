//! What SQL of a warehouse's own may call. Functions that change something, tell of the session, or read what is no table are
//! named here for all warehouses; of functions that stand in the place of a table only those that are known may.
//! Files are read by their constant names inside the project, and what a name leads to is the engine's to check.

use sqlparser::ast::{
    Expr, FunctionArg, FunctionArgExpr, Ident, ObjectName, ObjectNamePart, TableFactor, Value,
    ValueWithSpan,
};

/// What changes something, reads from outside, tells of the session, or says a value in an error; in small letters.
const DENIED: &[&str] = &[
    "add_parquet_key",
    "checkpoint",
    "current_setting",
    "disable_logging",
    "enable_logging",
    "error",
    "external_query",
    "force_checkpoint",
    "getenv",
    "getvariable",
    "http_get",
    "http_post",
    "nextval",
    "query",
    "query_table",
    "raise_error",
    "result_scan",
    "set_config",
    "setseed",
    "sniff_csv",
    "test_all_types",
    "truncate_duckdb_logs",
    "which_secret",
    "write_log",
];

/// Families of such functions.
const DENIED_FAMILIES: &[&str] = &[
    "dblink", "duckdb_", "glob", "lo_", "load_", "pg_read", "pg_sleep", "pragma_", "read_",
    "system$", "write_",
];

/// Functions that make rows of their arguments, and of nothing else.
const ROWS: &[&str] = &[
    "explode",
    "flatten",
    "generate_date_array",
    "generate_series",
    "generate_timestamp_array",
    "json_each",
    "json_tree",
    "range",
    "split_to_table",
    "unnest",
];

/// Functions that read files by their names.
const FILES: &[&str] = &[
    "parquet_scan",
    "read_csv",
    "read_csv_auto",
    "read_json",
    "read_json_auto",
    "read_ndjson",
    "read_ndjson_auto",
    "read_parquet",
];

/// Endings of files that engines read where a table is named.
const ENDINGS: &[&str] = &[
    ".arrow", ".avro", ".csv", ".db", ".duckdb", ".feather", ".gz", ".ipc", ".json", ".jsonl",
    ".ndjson", ".orc", ".parquet", ".sqlite", ".tsv", ".txt", ".xlsx", ".zst",
];

/// Why a function may not be called where a value stands.
pub(super) fn function(name: &str) -> Option<String> {
    let denied =
        DENIED.contains(&name) || DENIED_FAMILIES.iter().any(|start| name.starts_with(start));
    denied.then(|| format!("`{name}` does more than to compute a value of its arguments"))
}

/// Why this may not stand where a table does. The names of files that it reads are added to `files`.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "the others are subqueries and joins, whose parts come by themselves"
)]
pub(super) fn table(factor: &TableFactor, files: &mut Vec<String>) -> Option<String> {
    match factor {
        TableFactor::Table {
            name, args: None, ..
        } => named(name),
        TableFactor::Table {
            name,
            args: Some(args),
            ..
        } => rows(name, &args.args, files),
        TableFactor::Function { name, args, .. } => rows(name, args, files),
        TableFactor::TableFunction { expr, .. } => match expr {
            Expr::Function(call) => match &call.args {
                sqlparser::ast::FunctionArguments::List(list) => {
                    rows(&call.name, &list.args, files)
                }
                _ => Some("this is no function that makes rows".to_owned()),
            },
            _ => Some("this is no function that makes rows".to_owned()),
        },
        _ => None,
    }
}

/// A table's name may be a file's, for engines that look there, too.
fn named(name: &ObjectName) -> Option<String> {
    let part = |ident: &Ident| {
        let text = ident.value.to_lowercase();
        ident.quote_style == Some('\'')
            || text.contains(['/', '\\', '*', '?', '~', '\0'])
            || text.contains("://")
            || text.starts_with('@')
            || ENDINGS.iter().any(|ending| text.ends_with(ending))
    };
    let odd = name.0.iter().find_map(|p| match p {
        ObjectNamePart::Identifier(ident) => part(ident).then(|| ident.value.clone()),
        ObjectNamePart::Function(call) => Some(call.name.value.clone()),
    });
    odd.map(|odd| {
        format!("`{odd}` is no name of a table: files are read by `read_csv` and `read_parquet`")
    })
}

fn rows(name: &ObjectName, args: &[FunctionArg], files: &mut Vec<String>) -> Option<String> {
    let name = last(name);
    if ROWS.contains(&name.as_str()) {
        return None;
    }
    if !FILES.contains(&name.as_str()) {
        return Some(format!(
            "`{name}` is none of the functions that may stand in the place of a table: {}",
            ROWS.join(", ")
        ));
    }
    let Some(FunctionArg::Unnamed(FunctionArgExpr::Expr(Expr::Value(ValueWithSpan {
        value: Value::SingleQuotedString(path),
        ..
    })))) = args.first()
    else {
        return Some(format!("`{name}` takes one file by its constant name"));
    };
    let out = path.starts_with(['/', '~'])
        || path.contains(['\\', '*', '?', '[', '{', '\0', ':'])
        || path.split('/').any(|part| part == "..");
    if out {
        return Some(format!("`{path}` is no file inside the project"));
    }
    files.push(path.clone());
    None
}

/// The last part of a function's name, in small letters.
pub(super) fn last(name: &ObjectName) -> String {
    let last = name.0.last().and_then(ObjectNamePart::as_ident);
    last.map_or_else(String::new, |ident| ident.value.to_lowercase())
}
