//! Files that a run reads are still: several statements read one file, and no transaction holds it. Who writes it meanwhile would
//! mix two states in one answer, so such a run is given up.

use super::run::Request;
use crate::diag::{Diagnostic, Diagnostics, codes};
use crate::engine::{Engine, FileStamp};
use crate::model::{Table, TableSource};

/// The files of a run, as they were when it began.
pub(super) struct Files<'a>(Vec<(&'a Table, &'a str, Option<FileStamp>)>);

impl<'a> Files<'a> {
    /// Those that the request's statements name.
    pub(super) fn seen(request: Request<'a>, engine: &dyn Engine) -> Self {
        let read = |table: &&Table| {
            let from = request.dialect.table(table).unwrap_or_default();
            let sql = (request.queries.iter().map(|q| &q.sql))
                .chain(request.checks.iter().map(|check| &check.sql));
            sql.into_iter().any(|sql| sql.contains(&from))
        };
        let stamp = |table: &'a Table| match &table.source {
            TableSource::File { path, .. } => Some((table, path.as_str(), engine.file_stamp(path))),
            TableSource::Named(_)
            | TableSource::Query(_)
            | TableSource::History { .. }
            | TableSource::Members(_) => None,
        };
        let tables = request.model.tables.iter();
        Self(tables.filter(read).filter_map(stamp).collect())
    }

    /// Reports those that were written since.
    pub(super) fn check(&self, engine: &dyn Engine, diags: &mut Diagnostics) {
        for (table, path, then) in &self.0 {
            if engine.file_stamp(path) != *then {
                diags.push(
                    Diagnostic::error(
                        &codes::build::FILE_MOVED,
                        format!("`{path}` was written while it was read"),
                    )
                    .at(table.span, "the source")
                    .help("build again when it is complete; write files beside, and move them into their place"),
                );
            }
        }
    }
}
