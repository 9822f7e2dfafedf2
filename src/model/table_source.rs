//! A `table:` as it is written → where rows come from.

use super::{FileFormat, TableSource};
use crate::diag::codes::model::FILE_FORMAT;
use crate::diag::codes::project::DBT_REFERENCE;
use crate::diag::{Diagnostic, Diagnostics};
use crate::snippet;
use crate::source::Span;
use crate::spec::TableSpec;

pub(super) fn is_placeholder(source: &TableSource) -> bool {
    matches!(source, TableSource::Named(parts) if parts.is_empty())
}

/// Where a table's `table:` is written.
pub(super) fn place(table: &TableSpec) -> Span {
    match table {
        TableSpec::Ref(name) | TableSpec::File(name) | TableSpec::Source(name, _) => name.span,
        TableSpec::Named(parts) => parts.span,
        TableSpec::Query(snippet) => snippet.text.span,
    }
}

/// The source behind a `table:`; the empty name where there can be none, which is reported.
pub(super) fn source_of(table: &TableSpec, diags: &mut Diagnostics) -> TableSource {
    let nothing = TableSource::Named(Vec::new());
    match table {
        TableSpec::Ref(name) | TableSpec::Source(_, name) => {
            diags.push(
                Diagnostic::error(
                    &DBT_REFERENCE,
                    format!("a dbt reference to `{}`, and no dbt project", name.value),
                )
                .at(place(table), "whose model or source?")
                .help("name it in segc.yml, `dbt: {project_dir: ..}`, or write the table's own name (`schema.table`), `file('…')`, or `{sql: \"select …\"}`"),
            );
            nothing
        }
        TableSpec::Named(parts) => TableSource::Named(parts.value.clone()),
        TableSpec::File(path) => {
            let lower = path.to_lowercase();
            let format = if lower.ends_with(".csv") || lower.ends_with(".csv.gz") {
                FileFormat::Csv
            } else if lower.ends_with(".parquet") {
                FileFormat::Parquet
            } else {
                diags.push(
                    Diagnostic::error(
                        &FILE_FORMAT,
                        format!("the format of file `{}` is not known", path.value),
                    )
                    .at(
                        path.span,
                        "expected a name ending in .csv, .csv.gz or .parquet",
                    )
                    .help("export the data as CSV or Parquet"),
                );
                return nothing;
            };
            TableSource::File {
                path: path.value.clone(),
                format,
            }
        }
        TableSpec::Query(query) => {
            if snippet::check_query(query, diags) {
                TableSource::Query(query.clone())
            } else {
                nothing
            }
        }
    }
}
