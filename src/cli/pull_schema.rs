//! `segc pull-schema`: writes down which columns the project's sources have, for checks that ask no warehouse.
#![allow(
    clippy::disallowed_methods,
    reason = "it looks at the file that it would write"
)]

use super::args::ProjectArgs;
use super::connect::{self, Sources};
use super::workspace::Workspace;
use super::{Ctx, Exit, files};
use crate::emit;
use crate::engine::{EngineErrorKind, Value};
use crate::model::TableSource;
use crate::model::statistics::{Statistics, Wanted};
use crate::project::lock::{LOCK, Lock};

/// Write the columns of the project's sources to segc.lock.yml, for checks without a connection
#[derive(clap::Args, Debug)]
#[command(
    after_help = "The warehouse is asked for names and types of columns, and for rows only with `--statistics`. Commit the file: `segc check`,
`segc compile` and editors then know every column without a connection. Types that are declared under `columns:` stay as they are declared.

With `--statistics` every source is counted once, with a scan of its time column (on BigQuery that is billed). The planner then knows how
many rows a look-back window reads. What was counted before stays until it is counted again.

Examples:
  segc pull-schema --target prod
  segc pull-schema --statistics              also how many rows there are, and since when
  segc pull-schema --check                   exit status 1 if the file is out of date: for CI"
)]
pub(super) struct Args {
    #[command(flatten)]
    project: ProjectArgs,

    /// Write nothing; exit status 1 if the file would change
    #[arg(long)]
    check: bool,

    /// Count rows too, and read when the first and the last one happened: for the planner's estimates
    #[arg(long, conflicts_with = "check")]
    statistics: bool,
}

pub(super) fn run(args: &Args, ctx: &Ctx) -> Result<Exit, Exit> {
    let mut workspace = Workspace::open(&args.project, ctx);
    let mut pulled = None;
    if let Some((project, Some(target), diags)) = workspace.found()
        && !diags.has_errors()
    {
        let survey = connect::columns(project, Some(target), Sources::Typed, diags);
        if !diags.has_errors() {
            let lock = Lock::of(&survey.catalog).with_statistics_of(&project.lock);
            pulled = Some((project.root.join(LOCK), lock));
        }
    }
    if args.statistics && pulled.is_some() {
        workspace.analyse(Sources::Typed);
        let counted = count(&mut workspace, ctx);
        pulled = pulled
            .zip(counted)
            .map(|((path, lock), counted)| (path, lock.with_statistics(counted)));
    }
    let Some((path, lock)) = pulled else {
        return workspace.finish(ctx, false);
    };
    let text = lock.text();
    let (tables, columns) = lock.size();
    let mut facts = format!("{tables} sources with {columns} columns");
    if args.statistics {
        facts.push_str(&format!(", {} rows counted", lock.rows()));
    }
    let is_same = std::fs::read(&path).is_ok_and(|old| old == text.as_bytes());
    if !is_same
        && !args.check
        && let Err(diagnostic) = files::put(&path, &text, &ctx.ui)
    {
        workspace.diags.push(*diagnostic);
        return workspace.finish(ctx, false);
    }
    let exit = workspace.finish(ctx, false)?;
    if is_same {
        ctx.ui.status(&format!("{LOCK} is up to date: {facts}"));
    } else if args.check {
        ctx.ui.problem(&format!(
            "{LOCK} is not what the warehouse has now: {facts}; write it with `segc pull-schema`"
        ));
        return Ok(Exit::Found);
    } else {
        ctx.ui.status(&format!("wrote {LOCK}: {facts}"));
    }
    Ok(exit)
}

/// What the planner would like to know of the sources; None where they cannot be asked. What one of them refuses is said, and is no error:
/// nothing but estimates rests on it.
fn count(workspace: &mut Workspace, ctx: &Ctx) -> Option<Vec<(TableSource, Statistics)>> {
    let parts = workspace.parts()?;
    let connection = connect::options(parts.project, parts.target, None);
    let mut session = match connect::open(&connection, parts.diags)?.session() {
        Ok(session) => session,
        Err(error) => {
            parts.diags.push(connect::refused(&connection, &error));
            return None;
        }
    };
    let mut counted = Vec::new();
    for wanted in parts.model.wanted_statistics() {
        let Some(sql) = emit::statistics::count(&wanted, parts.model, parts.dialect) else {
            continue;
        };
        let Some(table) = parts.model.tables.get(wanted.table.index()) else {
            continue;
        };
        match session.query(&sql) {
            Ok(rows) => counted.extend(
                (rows.rows.first())
                    .and_then(|row| statistics(&wanted, row))
                    .map(|found| (table.source.clone(), found)),
            ),
            Err(error) => match error.kind {
                EngineErrorKind::Statement | EngineErrorKind::Conflict => {
                    let said = error.words();
                    let source = &table.source;
                    ctx.ui.status(&format!(
                        "{source} is not counted, what was counted before stays: {said}"
                    ));
                    let before = parts.project.lock.statistics(source).cloned();
                    counted.extend(before.map(|before| (source.clone(), before)));
                }
                EngineErrorKind::Connection
                | EngineErrorKind::Locked
                | EngineErrorKind::Exhausted
                | EngineErrorKind::ReadOnly => {
                    parts.diags.push(connect::refused(&connection, &error));
                    return None;
                }
            },
        }
    }
    Some(counted)
}

/// The answer of [`emit::statistics::count`]. A column without a value has no days.
fn statistics(wanted: &Wanted, row: &[Value]) -> Option<Statistics> {
    let (Value::Int(rows), days) = row.split_first()? else {
        return None;
    };
    let day = |value: &Value| match value {
        // Days and instants begin with the day.
        Value::Text(text) => text.get(..10)?.parse().ok(),
        Value::Null | Value::Boolean(_) | Value::Int(_) | Value::Float(_) => None,
    };
    let times = wanted.times.iter().zip(days.chunks_exact(2));
    let times = times.filter_map(|(column, days)| {
        let [first, last] = days else { return None };
        Some((column.clone(), (day(first)?, day(last)?)))
    });
    Some(Statistics {
        rows: u64::try_from(*rows).ok()?,
        times: times.collect(),
    })
}
