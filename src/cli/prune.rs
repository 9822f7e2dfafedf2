//! `segc prune`: removes what retired segments have left.

use super::args::ProjectArgs;
use super::connect::Sources;
use super::held::{Held, ended, hold};
use super::interrupt::Interrupts;
use super::workspace::Workspace;
use super::{Ctx, Exit};
use crate::build::maintain::prune::{Left, left};
use crate::build::read::text;
use crate::engine::EngineError;
use jiff::Timestamp;
use std::io::{BufRead as _, IsTerminal as _};

/// Remove what retired segments have left: views, and with --history their past
#[derive(clap::Args, Debug)]
#[command(
    after_help = "A segment that has left the project is retired by the next build: its members leave, its view stays, empty, so that nothing
that reads it breaks. When nothing does any more, prune removes the view, and those of channels that a segment has no more.
Its history stays unless --history.

Examples:
  segc prune                     says what it would remove, and asks
  segc prune --yes               where nobody can be asked
  segc prune --history --yes"
)]
pub(super) struct Args {
    #[command(flatten)]
    project: ProjectArgs,

    /// Remove their history, too
    #[arg(long)]
    history: bool,

    /// Do not ask
    #[arg(long, short)]
    yes: bool,
}

pub(super) fn run(args: &Args, ctx: &Ctx) -> Result<Exit, Exit> {
    let mut workspace = Workspace::open_to_write(&args.project, ctx);
    workspace.analyse(Sources::Typed);
    let now = workspace.now;
    let interrupts = Interrupts::watch();
    let mut exit = None;
    if let Some(parts) = workspace.parts()
        && let Some(mut held) = hold(parts, now, true)
    {
        interrupts.stops(held.warehouse.interrupter());
        exit = prune(args, &mut held, &interrupts, ctx);
    }
    workspace.report(ctx, false)?;
    if let Some(status) = interrupts.signalled() {
        return Ok(Exit::Interrupted(status));
    }
    Ok(match exit {
        Some(exit) if exit != Exit::Fine => exit,
        Some(_) | None => workspace.exit(),
    })
}

fn prune(args: &Args, held: &mut Held<'_>, interrupts: &Interrupts, ctx: &Ctx) -> Option<Exit> {
    let left = match found(args, held) {
        Ok(left) => left,
        Err(error) => {
            held.refused(&error);
            return None;
        }
    };
    let words = left.words(args.history);
    if words.is_empty() {
        ctx.ui
            .status("nothing to prune: retired segments have left nothing");
        return Some(Exit::Fine);
    }
    ctx.ui
        .status(&format!("to be removed:\n  {}", words.join("\n  ")));
    if !args.yes {
        match agreed(ctx) {
            Some(true) => {}
            Some(false) => {
                ctx.ui.status("nothing was removed");
                return Some(Exit::Fine);
            }
            None => {
                ctx.ui
                    .problem("nothing was removed: nobody can be asked here; add --yes");
                return Some(Exit::CouldNotRun);
            }
        }
    }
    let stages = left.stages(
        held.parts.model,
        &held.policy,
        &held.published,
        args.history,
        Timestamp::now(),
        held.parts.dialect,
    );
    let how = held.change(&stages, interrupts)?;
    Some(ended(&how, "removed", ctx))
}

/// What is left; of retired segments those whose history has rows.
fn found(args: &Args, held: &Held<'_>) -> Result<Left, EngineError> {
    let mut left = left(held.parts.model, &held.policy, &held.published);
    let mut retired = Vec::new();
    if args.history {
        let mut engine = held.warehouse.session()?;
        for (entity, sql) in left.histories(&held.policy, held.parts.dialect) {
            let rows = engine.query(&sql)?.rows;
            let segments: Vec<String> = rows.iter().flatten().map(text).collect();
            if !segments.is_empty() {
                retired.push((entity, segments));
            }
        }
    }
    left.retired = retired;
    Ok(left)
}

/// Whether the user says yes; None where there is no terminal to ask at.
fn agreed(ctx: &Ctx) -> Option<bool> {
    let stdin = std::io::stdin();
    if !stdin.is_terminal() || !std::io::stderr().is_terminal() {
        return None;
    }
    ctx.ui.status("Remove them? [y/N]");
    let mut answer = String::new();
    stdin.lock().read_line(&mut answer).ok()?;
    Some(matches!(answer.trim(), "y" | "Y" | "yes"))
}
