//! `segc doctor`: is what is published whole, and is it what segc published? `--repair` mends what can be mended safely.

use super::args::ProjectArgs;
use super::connect::Sources;
use super::held::{Held, ended, hold};
use super::interrupt::Interrupts;
use super::workspace::Workspace;
use super::{Ctx, Exit};
use crate::build::change::examine;
use crate::build::maintain::doctor::{Doctor, Finding};
use crate::diag::Severity;
use crate::engine::EngineError;
use jiff::Timestamp;
use ulid::Ulid;

/// Verify what is published: ledger, members, history, views; and find edits made by hand
#[derive(clap::Args, Debug)]
#[command(
    after_help = "Nothing is changed without --repair. That makes views again, drops staging that a killed run left, and writes members again
where the history proves what they were; it says what it leaves alone. Exit status: 0 all is well, 1 something was found.

Examples:
  segc doctor
  segc doctor --format json
  segc doctor --repair
  segc explain S0902                what a finding means"
)]
pub(super) struct Args {
    #[command(flatten)]
    project: ProjectArgs,

    /// Mend what can be mended safely
    #[arg(long)]
    repair: bool,
}

pub(super) fn run(args: &Args, ctx: &Ctx) -> Result<Exit, Exit> {
    let mut workspace = if args.repair {
        Workspace::open_to_write(&args.project, ctx)
    } else {
        Workspace::open(&args.project, ctx)
    };
    workspace.analyse(Sources::Typed);
    let now = workspace.now;
    let interrupts = Interrupts::watch();
    let mut said = String::new();
    let mut exit = None;
    if let Some(parts) = workspace.parts()
        && let Some(mut held) = hold(parts, now, args.repair)
    {
        interrupts.stops(held.warehouse.interrupter());
        if held.published.state.is_none() && held.published.segments.is_empty() {
            said = held.nothing();
        } else {
            match examined(&held) {
                Err(error) => held.refused(&error),
                Ok(found) => {
                    if args.repair {
                        exit = repair(&mut held, &found, &interrupts, ctx);
                    }
                    let mended = exit == Some(Exit::Fine);
                    let (mut repaired, mut left) = (Vec::new(), found);
                    if mended {
                        repaired = left.into_iter().filter(|f| !f.repair.is_empty()).collect();
                        // What was amiss for the same cause is so no more.
                        left = match again(&mut held) {
                            Ok(left) => left,
                            Err(error) => {
                                held.refused(&error);
                                Vec::new()
                            }
                        };
                    }
                    said = summary(&held, &left, mended);
                    for finding in &repaired {
                        let mut diagnostic = finding.diagnostic();
                        diagnostic.severity = Severity::Warning;
                        diagnostic.help = Some(format!("repaired: {}", finding.mended));
                        held.parts.diags.push(diagnostic);
                    }
                    for finding in &left {
                        held.parts.diags.push(finding.diagnostic());
                    }
                }
            }
        }
    }
    workspace.report(ctx, true)?;
    if !said.is_empty() {
        ctx.ui.status(&said);
    }
    if let Some(status) = interrupts.signalled() {
        return Ok(Exit::Interrupted(status));
    }
    Ok(match exit {
        Some(exit) if exit != Exit::Fine => exit,
        Some(_) | None => workspace.exit(),
    })
}

fn doctor<'a>(held: &'a Held<'_>) -> Doctor<'a> {
    Doctor::new(
        held.parts.model,
        &held.policy,
        &held.published,
        held.parts.dialect,
    )
}

fn examined(held: &Held<'_>) -> Result<Vec<Finding>, EngineError> {
    let mut engine = held.warehouse.session()?;
    examine(&doctor(held), engine.as_mut(), held.policy.started_at, &age)
}

/// What is left after a repair.
fn again(held: &mut Held<'_>) -> Result<Vec<Finding>, EngineError> {
    let mut engine = held.warehouse.session()?;
    held.published = held.reader().published(engine.as_mut())?;
    drop(engine);
    examined(held)
}

/// When a run began, by its id.
fn age(run: &str) -> Option<Timestamp> {
    let id = Ulid::from_string(&run.to_uppercase()).ok()?;
    Timestamp::from_millisecond(i64::try_from(id.timestamp_ms()).ok()?).ok()
}

/// Mends what can be mended; None where nothing can.
fn repair(
    held: &mut Held<'_>,
    found: &[Finding],
    interrupts: &Interrupts,
    ctx: &Ctx,
) -> Option<Exit> {
    let stages = doctor(held).repair(found, Timestamp::now());
    if stages.is_empty() {
        return None;
    }
    let how = held.change(&stages, interrupts)?;
    Some(ended(&how, "repaired", ctx))
}

fn summary(held: &Held<'_>, found: &[Finding], mended: bool) -> String {
    let epoch = held.published.epoch();
    let left = found.iter().filter(|f| f.repair.is_empty()).count();
    match (found.len(), mended) {
        (0, true) => "everything was repaired".to_owned(),
        (0, false) => format!(
            "all is well with schema `{}` at epoch {epoch}",
            held.policy.schema
        ),
        (n, true) => format!("left alone: {n}, for people to decide"),
        (n, false) => format!(
            "found at epoch {epoch}: {n}, of which --repair can mend {}",
            n - left
        ),
    }
}
