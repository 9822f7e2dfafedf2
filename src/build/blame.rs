//! What a build says of data that it cannot publish: what the checks of the sources found, and
//! what is to blame when the warehouse refuses to read or to compute: the source whose rows do not fit what the
//! project says of them, or the trait or segment whose expression fails on the data. The latter runs only after a failure, on a
//! session of its own. `run` and `segc build` call it.

use super::Policy;
use super::guards::{Guard, tripped};
use super::read::{SegmentCounts, number};
use super::sources::{Source, blamed};
use crate::diag::{Diagnostic, Diagnostics, codes};
use crate::dialect::{Dialect, Publishes};
use crate::emit::{CheckKind, CheckQuery, EntityQuery};
use crate::engine::{Engine, EngineError, EngineErrorKind};
use crate::model::{Model, Table, TableSource};
use crate::source::Span;

/// Reads every column of every source by itself, and reports those that cannot be read.
pub(super) fn sources(
    model: &Model,
    dialect: &dyn Dialect,
    engine: &mut dyn Engine,
    diags: &mut Diagnostics,
) {
    for table in &model.tables {
        let Some(from) = dialect.table(table) else {
            continue;
        };
        if refusal(engine, &all(table, &from, dialect)).is_none() {
            continue;
        }
        let mut broken: Vec<_> = (table.columns.iter())
            .filter_map(|column| {
                let name = dialect.identifier(&column.name);
                let sql = format!("select count(probed.{name}) from {from} as probed");
                refusal(engine, &sql).map(|error| (column, error))
            })
            .collect();
        // Where no column can be read, it is not the columns' types.
        if broken.len() > 1 && broken.len() == table.columns.len() {
            broken.clear();
        }
        match broken.into_iter().next() {
            Some((column, error)) => {
                let what = if column.declared {
                    format!(
                        "column `{}` of {} cannot be read as {}",
                        column.name, table.source, column.ty
                    )
                } else {
                    format!(
                        "column `{}` of {} cannot be read",
                        column.name, table.source
                    )
                };
                diags.push(unreadable(table, what, &error));
            }
            None => {
                let sql = all(table, &from, dialect);
                if let Some(error) = refusal(engine, &sql) {
                    let what = format!("the rows of {} cannot be read", table.source);
                    diags.push(unreadable(table, what, &error));
                }
            }
        }
    }
}

/// Reads all columns.
fn all(table: &Table, from: &str, dialect: &dyn Dialect) -> String {
    counted(table.columns.iter().map(|c| c.name.as_str()), from, dialect)
}

fn counted<'a>(
    columns: impl Iterator<Item = &'a str>,
    from: &str,
    dialect: &dyn Dialect,
) -> String {
    let counts: Vec<String> = columns
        .map(|name| format!("count(probed.{})", dialect.identifier(name)))
        .collect();
    let counts = if counts.is_empty() {
        "count(*)".to_owned()
    } else {
        counts.join(", ")
    };
    format!("select {counts} from {from} as probed")
}

fn unreadable(table: &Table, what: String, error: &EngineError) -> Diagnostic {
    Diagnostic::error(&codes::build::ROWS_UNREADABLE, what)
        .at(table.span, "the source")
        .note(error.words())
        .help(match &table.source {
            TableSource::File { .. } => {
                "correct the row, or declare a type under `columns:` that all rows have, as `string`"
            }
            // DuckDB lets the file's reader cast a bare column, which fails all the same.
            TableSource::Query(query) if query.text.value.to_lowercase().contains("read_csv") => {
                "read texts, and make it NULL where it does not convert: `try_cast(trim(x) as …)` of `read_csv('…', all_varchar = true)`"
            }
            TableSource::Named(_)
            | TableSource::Query(_)
            | TableSource::History { .. }
            | TableSource::Members(_) => {
                "make it NULL in the query where it does not convert: `try_cast(x as …)`"
            }
        })
}

/// What the warehouse answers when it is asked to compute this by itself.
pub fn failure(
    query: &EntityQuery,
    dialect: &dyn Dialect,
    engine: &mut dyn Engine,
) -> Option<EngineError> {
    let computed = match dialect.publishes() {
        Publishes::InSession => format!(
            "create or replace temporary table segc_blame as\n{}",
            query.sql
        ),
        // There is no place for a table of nobody's; what is counted is computed.
        Publishes::AsScript => {
            let columns = query.columns.iter().map(|c| c.name.as_str());
            let from = format!("(\n{}\n)", query.sql);
            counted(columns, &from, dialect)
        }
    };
    let run = |engine: &mut dyn Engine| {
        for statement in &query.prelude {
            engine.execute(statement)?;
        }
        engine.execute(&computed)
    };
    run(engine).err().filter(blameable)
}

/// The diagnostic of a trait or segment that cannot be computed.
#[must_use]
pub fn not_computed(what: &str, at: Span, error: &EngineError) -> Diagnostic {
    Diagnostic::error(
        &codes::build::NOT_COMPUTED,
        format!("{what} cannot be computed on this data"),
    )
    .at(at, "fails while it is computed")
    .note(error.words())
    .help("make it NULL where it does not convert: `try_cast(x as …)`, or declare larger types")
}

fn refusal(engine: &mut dyn Engine, sql: &str) -> Option<EngineError> {
    engine.query(sql).err().filter(blameable)
}

/// Whether the statement itself is at fault, and not the connection or the machine.
pub(super) fn blameable(error: &EngineError) -> bool {
    match error.kind {
        EngineErrorKind::Statement => true,
        EngineErrorKind::Connection
        | EngineErrorKind::Locked
        | EngineErrorKind::Conflict
        | EngineErrorKind::ReadOnly
        | EngineErrorKind::Exhausted => false,
    }
}

/// The segments that guards have refused, each at the bound that it is beyond.
pub(super) fn refused(
    model: &Model,
    policy: &Policy,
    counted: &[SegmentCounts],
    sources: &[Source],
    diags: &mut Diagnostics,
) {
    let refused = || counted.iter().filter(|c| c.status == "refused");
    // One cause, one message.
    let by_source = refused().filter(|c| c.guard == Some(Guard::Source));
    let by_source = by_source.map(|c| c.segment.as_str()).collect();
    blamed(model, policy, sources, &by_source, diags);
    for counts in refused().filter(|c| c.guard != Some(Guard::Source)) {
        if let (Some(guard), Some(message)) = (counts.guard, &counts.message) {
            let (segment, members) = (&counts.segment, counts.members);
            diags.push(tripped(
                model,
                &policy.guards,
                segment,
                members,
                guard,
                message,
            ));
        }
    }
}

/// What a source check found.
pub(super) fn violated(check: &CheckQuery, violations: u64, found: &str) -> Option<Diagnostic> {
    let rows = if violations == 1 { "row" } else { "rows" };
    let keys = if violations == 1 { "key" } else { "keys" };
    let what = &check.what;
    Some(match check.kind {
        // There is nothing to find.
        CheckKind::Rows => return None,
        CheckKind::EntityKeyNull => Diagnostic::error(
            &codes::build::KEY_IS_NULL,
            format!("{what}: {violations} {rows} without a key"),
        )
        .at(check.span, "NULL here")
        .help("repair the table, or leave such rows out with `table: {sql: …}`"),
        CheckKind::EntityKeyDuplicate => Diagnostic::error(
            &codes::build::KEY_IS_DUPLICATED,
            format!("{what}: {violations} {keys} in more than one row"),
        )
        .at(check.span, "not unique")
        .help("point `table:` at a table with one row per entity"),
        CheckKind::JoinDuplicate => Diagnostic::error(
            &codes::build::LOOKUP_NOT_UNIQUE,
            format!("{what}: {violations} {keys} in more than one row"),
        )
        .at(check.span, "this join finds at most one row")
        .help("look up in a table with one row per key"),
        CheckKind::ListKeyNull => Diagnostic::error(
            &codes::build::LIST_KEY_IS_NULL,
            format!("{what}: {violations} {rows} without a key"),
        )
        .at(check.span, "this list")
        .help("fill in the keys, or delete the rows: nobody knows whom they are about"),
        CheckKind::SuppressorKeyNull => Diagnostic::error(
            &codes::build::SUPPRESSION_UNSURE,
            format!("{what}: {violations} {rows} without a key, so nobody knows whom they suppress"),
        )
        .at(check.span, "NULL here")
        .help("repair the source: a build publishes nothing while it is not sure whom to leave out"),
        CheckKind::SuppressorFew(least) => Diagnostic::error(
            &codes::build::SUPPRESSION_UNSURE,
            format!("suppression source `{what}` has {found} rows, and at least {least} were expected"),
        )
        .at(check.span, "has its load failed?")
        .help("repair the source: a build publishes nothing while it is not sure whom to leave out"),
        CheckKind::SuppressorStale => Diagnostic::error(
            &codes::build::SUPPRESSION_UNSURE,
            if found.is_empty() {
                format!("suppression source `{what}` has no row with a time")
            } else {
                format!("the newest row of suppression source `{what}` is of {found}")
            },
        )
        .at(check.span, "older than this")
        .help("load the source anew: a build publishes nothing while it is not sure whom to leave out"),
        CheckKind::TimeNull => Diagnostic::warning(
            &codes::build::TIME_IS_NULL,
            format!("{what}: {violations} {rows} without a time, which count for nobody"),
        )
        .at(check.span, "NULL here")
        .help("repair the rows, or say with `where:` that they are left out"),
    })
}

/// What the staged keys look like: rows without one, duplicated ones.
pub(super) fn check_keys(
    entity: &crate::model::Entity,
    found: &[crate::engine::Value],
    diags: &mut Diagnostics,
) {
    let [without, duplicated] = found else {
        return;
    };
    let count = |value| number(value).unwrap_or_default();
    if count(without) > 0 {
        diags.push(
            Diagnostic::error(
                &codes::build::KEY_IS_NULL,
                format!("{} rows of `{}` have no key", count(without), entity.name),
            )
            .at(entity.key_span, format!("`{}` is NULL there", entity.key))
            .help("repair the table, or leave such rows out with `table: {sql: …}`"),
        );
    }
    if count(duplicated) > 0 {
        diags.push(
            Diagnostic::error(
                &codes::build::KEY_IS_DUPLICATED,
                format!(
                    "{} keys of `{}` occur in more than one row",
                    count(duplicated),
                    entity.name
                ),
            )
            .at(entity.key_span, format!("`{}` is not unique", entity.key))
            .note(format!(
                "`select {0} … group by {0} having count(*) > 1` finds them",
                entity.key
            ))
            .help("point `table:` at a table with one row per entity"),
        );
    }
}
