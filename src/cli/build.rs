//! `segc build`: compute, check, publish, and say what changed.

use super::args::{EngineArgs, ProjectArgs, SelectArgs, TargetPathArgs};
use super::blame;
use super::connect::{self, Sources};
use super::interrupt::{Interrupts, Watched};
use super::policy::{AcceptArgs, accepted_sources, policy};
use super::progress::Bar;
use super::table::{count, percent, table};
use super::test;
use super::test_results::summary;
use super::workspace::Workspace;
use super::{Ctx, DiagFormat, Exit, files};
use crate::build::results::{results, share};
use crate::build::run::{Ended, Outcome, Request, Silent, publish, record_refusal};
use crate::ir::Selection;
use jiff::Timestamp;

/// Compute the segments and publish them: all of them, or nothing
#[derive(clap::Args, Debug)]
#[command(
    after_help = "Readers see the old tables until the new ones are complete. Exit status: 0 published (or nothing to do), 1 refused
because of the spec or the data, 2 could not run, 3 another build published first, 4 the outcome is unknown.

Examples:
  segc build
  segc build --select tag:email               publishes these only; the others stay as they are
  segc build --accept winback@52310           lets this very number through a guard, once
  segc build --as-of '2026-01-31 09:00'
  segc build --format json | jq .run          the results, as in target/run_results.json"
)]
pub(super) struct Args {
    #[command(flatten)]
    project: ProjectArgs,

    #[command(flatten)]
    select: SelectArgs,

    #[command(flatten)]
    target_path: TargetPathArgs,

    #[command(flatten)]
    engine: EngineArgs,

    /// Publish without running the tests of what is published
    #[arg(long, env = "SEGC_NO_TEST", value_parser = clap::builder::FalseyValueParser::new())]
    no_test: bool,

    #[command(flatten)]
    accept: AcceptArgs,
}

pub(super) fn run(args: &Args, ctx: &Ctx) -> Result<Exit, Exit> {
    let mut workspace = Workspace::open_to_write(&args.project, ctx);
    workspace.analyse(Sources::Present);
    workspace.lint();
    let wanted = args.select.wanted();
    let Some(selection) = workspace.select(&wanted) else {
        return workspace.finish(ctx, false);
    };
    // Of everything, nothing may be left: all is switched off or expired. Whoever is still published then leaves.
    if selection == Selection::default() && !wanted.is_everything() {
        return workspace.finish(ctx, false);
    }
    let Some(folder) = workspace.target_path(&args.target_path, ctx) else {
        return workspace.finish(ctx, false);
    };
    if !args.no_test && !passes(args.engine.threads, &selection, &mut workspace, ctx) {
        workspace.report(ctx, false)?;
        ctx.ui.status("nothing was published: a test failed");
        return Ok(workspace.exit());
    }
    let now = workspace.now;
    let interrupts = Interrupts::watch();
    let mut answer = None;
    let mut data = String::new();
    if let Some(parts) = workspace.parts() {
        let selection = selection.with_all_suppressed(parts.model);
        let compiled = crate::compile(
            parts.model,
            &selection,
            parts.dialect,
            &mut |_, _| {},
            parts.diags,
        );
        let mut connection = connect::options(parts.project, parts.target, args.engine.threads);
        let accepted = args.accept.of(&selection, parts.model, parts.diags);
        let mut policy = policy(&parts, &wanted, selection, now);
        accepted_sources(&accepted, &compiled.checks, parts.diags);
        policy.accepted = accepted;
        connection.run_as(&policy.run_id);
        let request = Request {
            model: parts.model,
            queries: &compiled.queries,
            checks: &compiled.checks,
            policy: &policy,
            dialect: parts.dialect,
        };
        if !parts.diags.has_errors()
            && let Some(warehouse) = connect::open(&connection, parts.diags)
        {
            interrupts.stops(warehouse.interrupter());
            let bar = ctx.ui.draws_progress().then(Bar::new);
            let watched = Watched {
                inner: bar.as_ref().map_or(&Silent, |bar| bar),
                interrupts: &interrupts,
            };
            let outcome = publish(
                request,
                &mut || warehouse.session(),
                &watched,
                &Timestamp::now,
                parts.diags,
            );
            drop(bar);
            match outcome {
                Err(e) => parts.diags.push(connect::refused(&connection, &e)),
                Ok(mut outcome) => {
                    blame::computing(
                        parts.model,
                        parts.dialect,
                        &policy.selection,
                        &outcome,
                        warehouse.as_ref(),
                        parts.diags,
                    );
                    let published = matches!(outcome.ended, Ended::Published { .. });
                    if parts.diags.has_errors() && !published {
                        if outcome.ended != Ended::Refused {
                            let connect = &mut || warehouse.session();
                            record_refusal(request, connect, Timestamp::now(), parts.diags);
                        }
                        outcome.ended = Ended::Refused;
                    }
                    parts.diags.finish(args.project.warn_error);
                    let found = parts.diags.has_errors();
                    let facts = results(request, &outcome, found, Timestamp::now());
                    let mut json = serde_json::to_string_pretty(&facts)
                        .expect("strings, numbers and maps by string are JSON");
                    json.push('\n');
                    if let Err(diagnostic) =
                        files::put(&folder.join("run_results.json"), &json, &ctx.ui)
                    {
                        parts.diags.push(*diagnostic);
                    }
                    if args.project.format == DiagFormat::Json {
                        data = json;
                    } else {
                        data = counts(&outcome);
                    }
                    answer = Some(outcome);
                }
            }
        }
    }
    workspace.report(ctx, false)?;
    ctx.ui.data(&data)?;
    let Some(outcome) = answer else {
        return Ok(workspace.exit());
    };
    say(&outcome, ctx);
    if let Some(exit_status) = interrupts.signalled() {
        // The words above say whether it was published before.
        return Ok(Exit::Interrupted(exit_status));
    }
    let exit = exit_of(&outcome.ended);
    Ok(if exit == Exit::Fine {
        workspace.exit()
    } else {
        exit
    })
}

/// Whether the tests of what is selected pass.
pub(super) fn passes(
    threads: Option<u16>,
    selection: &Selection,
    workspace: &mut Workspace,
    ctx: &Ctx,
) -> bool {
    // As of their own instants, whatever this build's is.
    let options = test::Options {
        as_of: None,
        threads,
        fail_fast: false,
    };
    let Some(tested) = test::tests(workspace, selection, &[], &options, ctx) else {
        return false;
    };
    for found in tested.iter().flat_map(|one| &one.found) {
        workspace.diags.push(found.clone());
    }
    if !tested.is_empty() {
        ctx.ui.status(&format!("tests: {}", summary(&tested)));
    }
    !workspace.diags.has_errors()
}

/// The table of segments.
fn counts(outcome: &Outcome) -> String {
    if outcome.segments.is_empty() {
        return String::new();
    }
    let rows = outcome.segments.iter().map(|s| {
        vec![
            s.segment.clone(),
            s.entity.clone(),
            count(s.members),
            percent(share(s.members, s.population)),
            format!("+{}", count(s.entered)),
            format!("-{}", count(s.exited)),
            s.status.clone(),
        ]
    });
    table(
        &[
            "segment", "of", "members", "share", "entered", "exited", "status",
        ],
        rows.collect(),
        &[2, 3, 4, 5],
    )
}

fn say(outcome: &Outcome, ctx: &Ctx) {
    let of = |status: &str| {
        outcome
            .segments
            .iter()
            .filter(|s| s.status == status)
            .count()
    };
    let [refused, retired, kept] =
        ["refused", "retired", "kept"].map(|status| (of(status), status));
    let stayed = (outcome.stayed, "published before");
    let apart = [stayed, refused, retired, kept];
    let segments = outcome.segments.len() - apart.iter().map(|(n, _)| n).sum::<usize>();
    let apart: Vec<String> = (apart.iter())
        .filter(|(n, _)| *n > 0)
        .map(|(n, status)| format!("{n} {status}"))
        .collect();
    let apart = match apart.as_slice() {
        [] => String::new(),
        some => format!(" ({})", some.join(", ")),
    };
    let s = if segments == 1 { "" } else { "s" };
    let seconds: f64 = outcome
        .timings
        .iter()
        .map(|t| t.elapsed.as_secs_f64())
        .sum();
    match &outcome.ended {
        Ended::Published { epoch } => ctx.ui.status(&format!(
            "\npublished {segments} segment{s}{apart} as epoch {epoch} (run {}) in {seconds:.1} s",
            outcome.run_id
        )),
        Ended::Unchanged { run_id } => ctx.ui.status(&format!(
            "\nnothing to do: run {run_id} published the same definitions as of the same instant"
        )),
        Ended::Refused
        | Ended::Planned
        | Ended::NotPublished { .. }
        | Ended::LostRace { .. }
        | Ended::Interrupted { .. }
        | Ended::Unknown { .. } => unpublished(&outcome.ended, ctx),
    }
}

/// Says why nothing was published.
pub(super) fn unpublished(ended: &Ended, ctx: &Ctx) {
    match ended {
        Ended::Published { .. } | Ended::Unchanged { .. } => {}
        Ended::Refused | Ended::Planned => ctx.ui.status("nothing was published"),
        Ended::NotPublished { message } => {
            ctx.ui.problem(&format!("nothing was published: {message}"));
        }
        Ended::LostRace { winner } => {
            let who = winner
                .as_ref()
                .map_or_else(|| "another build".to_owned(), |run| format!("run {run}"));
            ctx.ui.problem(&format!(
                "nothing was published: {who} published first; run again"
            ));
        }
        Ended::Interrupted { .. } => ctx.ui.problem("interrupted: nothing was published"),
        Ended::Unknown { message } => ctx.ui.problem(message),
    }
}

pub(super) fn exit_of(ended: &Ended) -> Exit {
    match ended {
        Ended::Published { .. } | Ended::Unchanged { .. } | Ended::Planned => Exit::Fine,
        Ended::Refused => Exit::Found,
        Ended::NotPublished { .. } => Exit::CouldNotRun,
        Ended::LostRace { .. } => Exit::Lost,
        Ended::Unknown { .. } => Exit::Unknown,
        Ended::Interrupted { exit_status } => Exit::Interrupted(*exit_status),
    }
}
