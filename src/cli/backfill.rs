//! `segc backfill`: builds history in order, date by date, for segments that have none yet.

use super::args::{EngineArgs, ProjectArgs, SelectArgs};
use super::connect::{self, Sources};
use super::held::hold;
use super::interrupt::{Interrupts, Watched};
use super::policy::policy;
use super::table::{count, table};
use super::workspace::Workspace;
use super::{Ctx, DiagFormat, Exit, build};
use crate::build::backfill::{Backfill, Every, Step, dates, plan};
use crate::build::published::others;
use crate::build::run::{Ended, Outcome, Request, Silent, publish};
use crate::diag::codes::history as codes;
use crate::diag::{Diagnostic, Diagnostics};
use crate::engine::EngineError;
use crate::model::calendar;
use crate::project::Project;
use crate::project::select::Wanted;
use crate::spec::settings::{self, AsOfSpec};
use clap::ValueEnum;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;

/// Build history date by date, for segments that have none yet
#[derive(clap::Args, Debug)]
#[command(
    after_help = "Each date is a build of its own as of that date, in order: members and history are published, traits and channels are not (they
are of now). Entities with `valid:` are as they were then; others are as their table has them now. Guards do not apply.
One that was stopped goes on where it was: run it again. Exit status as of `segc build`.

Examples:
  segc backfill --from 2025-01-01 --every month
  segc backfill --from 2025-01-01 --to 2025-12-01 --every week --select tag:value
  segc build                                       then goes on from there"
)]
pub(super) struct Args {
    /// The first date
    #[arg(long, value_name = "DATE")]
    from: Date,

    /// The last date, if it is one of the row [default: today]
    #[arg(long, value_name = "DATE")]
    to: Option<Date>,

    /// How far dates are apart
    #[arg(long)]
    every: Apart,

    #[command(flatten)]
    project: ProjectArgs,

    #[command(flatten)]
    select: SelectArgs,

    #[command(flatten)]
    engine: EngineArgs,

    /// Build without running the tests of what is built
    #[arg(long, env = "SEGC_NO_TEST", value_parser = clap::builder::FalseyValueParser::new())]
    no_test: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Apart {
    Day,
    Week,
    Month,
}

/// What was built of one date.
#[derive(Serialize)]
struct Built {
    date: String,
    epoch: u64,
    run_id: String,
    segments: usize,
    members: u64,
    entered: u64,
    exited: u64,
}

pub(super) fn run(args: &Args, ctx: &Ctx) -> Result<Exit, Exit> {
    let mut workspace = Workspace::open_to_write(&args.project, ctx);
    workspace.analyse(Sources::Present);
    workspace.lint();
    let wanted = args.select.wanted();
    let Some(backfill) = planned(args, &wanted, &mut workspace, ctx) else {
        return workspace.finish(ctx, false);
    };
    workspace.report(ctx, false)?;
    if !backfill.left_alone.is_empty() {
        let n = backfill.left_alone.len();
        let names: Vec<&str> = backfill.left_alone.iter().map(String::as_str).collect();
        ctx.ui.status(&format!(
            "left alone, having a history already: {n} ({})",
            others(&names)
        ));
    }
    let interrupts = Interrupts::watch();
    let mut built = Vec::new();
    let mut exit = Exit::Fine;
    for step in &backfill.steps {
        interrupts.again();
        exit = one(args, step, &interrupts, &mut built, ctx)?;
        if let Some(status) = interrupts.signalled() {
            exit = Exit::Interrupted(status);
        }
        if exit != Exit::Fine {
            break;
        }
    }
    ctx.ui.data(&told(args, &built))?;
    let left = backfill.steps.len() - built.len();
    ctx.ui.status(&match (backfill.steps.len(), left) {
        (0, _) => "nothing to do: no date is left to build".to_owned(),
        (n, 0) => format!("built {n} dates; `segc build` goes on from there"),
        (n, left) => format!(
            "built {} of {n} dates; run again for the {left} left",
            n - left
        ),
    });
    Ok(exit)
}

/// The builds to do; None where something is wrong, or nothing is selected.
fn planned(args: &Args, wanted: &Wanted, workspace: &mut Workspace, ctx: &Ctx) -> Option<Backfill> {
    let selection = workspace.select(wanted)?;
    if selection.segments.is_empty() {
        return None;
    }
    let now = workspace.now;
    let parts = workspace.parts()?;
    if !parts.project.settings.outputs.history {
        parts.diags.push(
            Diagnostic::error(&codes::BACKFILL_DATES, "this project keeps no history")
                .help("set `outputs: {history: true}` in segc.yml"),
        );
        return None;
    }
    let instants = instants(args, parts.project, now, parts.diags)?;
    let mut held = hold(parts, now, false)?;
    let ledger = match ledger(&held) {
        Ok(ledger) => ledger,
        Err(error) => {
            held.refused(&error);
            return None;
        }
    };
    let by_name = !wanted.select.is_empty();
    let parts = held.parts;
    let backfill = plan(
        parts.model,
        &selection,
        by_name,
        &instants,
        &ledger,
        parts.diags,
    );
    if parts.diags.has_errors() {
        return None;
    }
    let tested = backfill.steps.is_empty()
        || args.no_test
        || build::passes(args.engine.threads, &selection, workspace, ctx);
    tested.then_some(backfill)
}

fn ledger(
    held: &super::held::Held<'_>,
) -> Result<Vec<crate::build::backfill::Answer>, EngineError> {
    if held.published.state.is_none() {
        return Ok(Vec::new());
    }
    held.reader().answers(held.warehouse.session()?.as_mut())
}

/// The dates with their instants: the local midnights that begin them.
fn instants(
    args: &Args,
    project: &Project,
    now: Timestamp,
    diags: &mut Diagnostics,
) -> Option<Vec<(Date, Timestamp)>> {
    let zone = settings::zone(&project.settings.time_zone.value)?;
    let today = zone.to_datetime(now).date();
    let to = args.to.unwrap_or(today);
    let mut refuse = |problem: String, help: &str| {
        diags.push(Diagnostic::error(&codes::BACKFILL_DATES, problem).help(help));
    };
    if args.project.as_of.is_some() {
        refuse(
            "a backfill has many instants, not one `--as-of`".to_owned(),
            "give `--from` and `--to`",
        );
        return None;
    }
    if to > today || args.from > to {
        refuse(
            format!(
                "from {} to {to} is no row of past dates; today is {today}",
                args.from
            ),
            "begin before you end, and end today or earlier",
        );
        return None;
    }
    let every = match args.every {
        Apart::Day => Every::Day,
        Apart::Week => Every::Week,
        Apart::Month => Every::Month,
    };
    let instant = |date: Date| {
        let at = calendar::resolve_as_of(&AsOfSpec::of(&date.to_string()), now, &zone).ok()?;
        Some((date, at))
    };
    dates(args.from, to, every)
        .into_iter()
        .map(instant)
        .collect()
}

/// Builds one date.
fn one(
    args: &Args,
    step: &Step,
    interrupts: &Interrupts,
    built: &mut Vec<Built>,
    ctx: &Ctx,
) -> Result<Exit, Exit> {
    let project = ProjectArgs {
        as_of: Some(step.date.to_string()),
        ..args.project.clone()
    };
    let mut workspace = Workspace::open_to_write(&project, ctx);
    workspace.analyse(Sources::Present);
    let names = Wanted {
        select: step.segments.clone(),
        exclude: Vec::new(),
    };
    let outcome = published(args, &names, interrupts, &mut workspace);
    // What is only worth a warning was said before the first date.
    workspace.report_errors(ctx)?;
    let Some(outcome) = outcome else {
        return Ok(workspace.exit());
    };
    if let Ended::Published { epoch } = outcome.ended {
        let sum = |of: fn(&crate::build::read::SegmentCounts) -> u64| {
            outcome.segments.iter().map(of).sum()
        };
        let facts = Built {
            date: step.date.to_string(),
            epoch,
            run_id: outcome.run_id.clone(),
            segments: step.segments.len(),
            members: sum(|s| s.members),
            entered: sum(|s| s.entered),
            exited: sum(|s| s.exited),
        };
        ctx.ui.status(&format!(
            "{}  epoch {epoch}  {} members",
            facts.date,
            count(facts.members)
        ));
        built.push(facts);
        return Ok(Exit::Fine);
    }
    build::unpublished(&outcome.ended, ctx);
    Ok(build::exit_of(&outcome.ended))
}

fn published(
    args: &Args,
    names: &Wanted,
    interrupts: &Interrupts,
    workspace: &mut Workspace,
) -> Option<Outcome> {
    let selection = workspace.select(names)?;
    let now = workspace.now;
    let parts = workspace.parts()?;
    let compiled = crate::compile(
        parts.model,
        &selection,
        parts.dialect,
        &mut |_, _| {},
        parts.diags,
    );
    if parts.diags.has_errors() {
        return None;
    }
    let mut policy = policy(&parts, &args.select.wanted(), selection, now);
    policy.whole = false;
    policy.backfill = true;
    let request = Request {
        model: parts.model,
        queries: &compiled.queries,
        checks: &compiled.checks,
        policy: &policy,
        dialect: parts.dialect,
    };
    let mut connection = connect::options(parts.project, parts.target, args.engine.threads);
    connection.run_as(&policy.run_id);
    let warehouse = connect::open(&connection, parts.diags)?;
    interrupts.stops(warehouse.interrupter());
    let watched = Watched {
        inner: &Silent,
        interrupts,
    };
    let outcome = publish(
        request,
        &mut || warehouse.session(),
        &watched,
        &Timestamp::now,
        parts.diags,
    );
    match outcome {
        Ok(outcome) => Some(outcome),
        Err(error) => {
            parts.diags.push(connect::refused(&connection, &error));
            None
        }
    }
}

/// What was built, as a table or as JSON.
fn told(args: &Args, built: &[Built]) -> String {
    if args.project.format == DiagFormat::Json {
        let mut json = serde_json::to_string_pretty(built).expect("strings and numbers are JSON");
        json.push('\n');
        return json;
    }
    if built.is_empty() {
        return String::new();
    }
    let row = |b: &Built| {
        vec![
            b.date.clone(),
            b.epoch.to_string(),
            b.segments.to_string(),
            count(b.members),
            format!("+{}", count(b.entered)),
            format!("-{}", count(b.exited)),
        ]
    };
    table(
        &["date", "epoch", "segments", "members", "entered", "exited"],
        built.iter().map(row).collect(),
        &[1, 2, 3, 4, 5],
    )
}
