//! `segc pull-schema`: writes down which columns the project's sources have, for checks that ask no warehouse.
#![allow(
    clippy::disallowed_methods,
    reason = "it looks at the file that it would write"
)]

use super::args::ProjectArgs;
use super::connect::{self, Sources};
use super::workspace::Workspace;
use super::{Ctx, Exit, files};
use crate::project::lock::{LOCK, Lock};

/// Write the columns of the project's sources to segc.lock.yml, for checks without a connection
#[derive(clap::Args, Debug)]
#[command(
    after_help = "The warehouse is asked for names and types of columns, never for rows. Commit the file: `segc check`, `segc compile` and
editors then know every column without a connection. Types that are declared under `columns:` stay as they are declared.

Examples:
  segc pull-schema --target prod
  segc pull-schema --check                   exit status 1 if the file is out of date: for CI"
)]
pub(super) struct Args {
    #[command(flatten)]
    project: ProjectArgs,

    /// Write nothing; exit status 1 if the file would change
    #[arg(long)]
    check: bool,
}

pub(super) fn run(args: &Args, ctx: &Ctx) -> Result<Exit, Exit> {
    let mut workspace = Workspace::open(&args.project, ctx);
    let mut pulled = None;
    if let Some((project, Some(target), diags)) = workspace.found()
        && !diags.has_errors()
    {
        let survey = connect::columns(project, Some(target), Sources::Typed, diags);
        if !diags.has_errors() {
            pulled = Some((project.root.join(LOCK), Lock::of(&survey.catalog)));
        }
    }
    let Some((path, lock)) = pulled else {
        return workspace.finish(ctx, false);
    };
    let text = lock.text();
    let (tables, columns) = lock.size();
    let facts = format!("{tables} sources with {columns} columns");
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
