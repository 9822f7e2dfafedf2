//! `segc plan`: what a build would do, computed and thrown away again.

use super::args::{EngineArgs, ProjectArgs, SelectArgs, TargetPathArgs};
use super::blame;
use super::connect::{self, Sources};
use super::interrupt::{Interrupts, Watched};
use super::plan_text::Page;
use super::policy::{AcceptArgs, accepted_sources, policy};
use super::progress::Bar;
use super::workspace::{Parts, Workspace};
use super::{Ctx, DiagFormat, Exit, files};
use crate::build::Policy;
use crate::build::against::{self, against};
use crate::build::preview::preview;
use crate::build::results::planned;
use crate::build::run::{Ended, Request, Silent};
use crate::diag::Diagnostics;
use crate::dialect::Dialect;
use crate::ir::Selection;
use crate::model::Model;
use crate::project::revision::{self, Revision};
use crate::project::select::Wanted;
use crate::{Compiled, compile};
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Show what a build would do: definitions, members who would enter and leave, guards; nothing is published
#[derive(clap::Args, Debug)]
#[command(
    after_help = "The same questions as `segc build`, in a transaction that is rolled back; the target is opened read-only. Exit
status: 0, 1 if a guard would trip or the spec or the data are wrong, 2 could not run.

Examples:
  segc plan
  segc plan --select winback --sample 5      some keys of those who would enter and leave
  segc plan --against main                   whom do the changes since `main` add and drop, on the same data?
  segc plan --against main --markdown        for a comment on the pull request
  segc plan --format json | jq '.results[] | select(.guard)'"
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

    #[command(flatten)]
    accept: AcceptArgs,

    /// Compare with the definitions of a git revision, on the same data, instead of with what is published
    #[arg(
        long,
        value_name = "REVISION",
        conflicts_with = "state",
        help_heading = "Plan"
    )]
    against: Option<String>,

    /// Compare with the definitions of the project in this folder, on the same data
    #[arg(long, value_name = "DIR", help_heading = "Plan")]
    state: Option<PathBuf>,

    /// Write Markdown, for a comment on a pull request
    #[arg(long, help_heading = "Plan")]
    markdown: bool,

    /// Show keys of up to N who would enter and of N who would leave each segment
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = clap::value_parser!(u32).range(0..=1000), help_heading = "Plan")]
    sample: u32,
}

pub(super) fn run(args: &Args, ctx: &Ctx) -> Result<Exit, Exit> {
    let mut workspace = Workspace::open(&args.project, ctx);
    workspace.analyse(Sources::Present);
    workspace.lint();
    let wanted = args.select.wanted();
    let Some(selection) = workspace.select(&wanted) else {
        return workspace.finish(ctx, false);
    };
    if selection == Selection::default() && !wanted.is_everything() {
        return workspace.finish(ctx, false);
    }
    let Some(folder) = workspace.target_path(&args.target_path, ctx) else {
        return workspace.finish(ctx, false);
    };
    let other = match other(args, &mut workspace, ctx) {
        Ok(other) => other,
        Err(Some(mut theirs)) => {
            ctx.ui.problem("what it is to be compared with has errors:");
            theirs.report(ctx, false)?;
            return Ok(Exit::CouldNotRun);
        }
        Err(None) => return workspace.finish(ctx, false),
    };
    let interrupts = Interrupts::watch();
    let mut data = String::new();
    let mut ended = None;
    let now = workspace.now;
    if let Some(parts) = workspace.parts() {
        let asked = Asked {
            args,
            ctx,
            wanted: &wanted,
            interrupts: &interrupts,
            now,
            folder: &folder,
        };
        if let Some(found) = plan(&asked, parts, selection, other) {
            data = found.0;
            ended = Some(found.1);
        }
    }
    workspace.report(ctx, false)?;
    ctx.ui.data(&data)?;
    if let Some(exit_status) = interrupts.signalled() {
        return Ok(Exit::Interrupted(exit_status));
    }
    Ok(match ended {
        Some(Ended::NotPublished { message }) => {
            ctx.ui.problem(&message);
            Exit::CouldNotRun
        }
        Some(Ended::LostRace { .. }) => {
            ctx.ui.problem("a build published meanwhile; run again");
            Exit::Lost
        }
        Some(Ended::Interrupted { exit_status }) => Exit::Interrupted(exit_status),
        Some(
            Ended::Planned
            | Ended::Refused
            | Ended::Unchanged { .. }
            | Ended::Published { .. }
            | Ended::Unknown { .. },
        )
        | None => workspace.exit(),
    })
}

/// What is asked of a plan, beside the project.
struct Asked<'a> {
    args: &'a Args,
    ctx: &'a Ctx,
    wanted: &'a Wanted,
    interrupts: &'a Interrupts,
    now: Timestamp,
    folder: &'a Path,
}

/// The project to compare with, resolved, and what it is called; Err where there is none to be had: with its own
/// findings, or with one more among ours.
fn other(
    args: &Args,
    workspace: &mut Workspace,
    ctx: &Ctx,
) -> Result<Option<(Workspace, String)>, Option<Box<Workspace>>> {
    let (dir, name, _kept) = match (&args.against, &args.state) {
        (None, None) => return Ok(None),
        (Some(name), _) => {
            let Some(Revision { folder, root }) =
                (workspace.found()).and_then(|(p, _, diags)| revision::read(&p.root, name, diags))
            else {
                return Err(None);
            };
            (root, name.clone(), Some(folder))
        }
        (None, Some(dir)) => (ctx.cwd.join(dir), dir.display().to_string(), None),
    };
    let Some(mut theirs) = workspace.beside(dir, &name, &ctx.ui) else {
        return Err(None);
    };
    theirs.analyse(Sources::Present);
    if theirs.parts().is_none() {
        return Err(Some(Box::new(theirs)));
    }
    Ok(Some((theirs, name)))
}

/// Runs the plan; what is to be printed, and how it ended.
fn plan(
    asked: &Asked<'_>,
    parts: Parts<'_>,
    selection: Selection,
    other: Option<(Workspace, String)>,
) -> Option<(String, Ended)> {
    let args = asked.args;
    let mut connection = connect::reading(parts.project, parts.target, args.engine.threads);
    let accepted = args.accept.of(&selection, parts.model, parts.diags);
    // Of another project's definitions nothing is published that anybody could leave.
    let selection = match other {
        Some(_) => selection,
        None => selection.with_all_suppressed(parts.model),
    };
    let ours = Side::of(asked, &parts, selection, accepted);
    let ours = ours.made(parts.diags);
    let (mut workspace, name) = other.unzip();
    let theirs = workspace.as_mut().and_then(Workspace::parts).map(|theirs| {
        let (mine, whole) = (&ours.policy.selection, ours.policy.whole);
        let selection = against::selection(parts.model, mine, whole, theirs.model);
        connect::reads_as(&mut connection, theirs.project);
        Side::of(asked, &theirs, selection, BTreeMap::new()).made(theirs.diags)
    });
    if parts.diags.has_errors() {
        return None;
    }
    connection.run_as(&ours.policy.run_id);
    let warehouse = connect::open(&connection, parts.diags)?;
    asked.interrupts.stops(warehouse.interrupter());
    let bar = asked.ctx.ui.draws_progress().then(Bar::new);
    let watched = Watched {
        inner: bar.as_ref().map_or(&Silent, |bar| bar),
        interrupts: asked.interrupts,
    };
    let mut connect = || warehouse.session();
    let (diags, sample) = (&mut *parts.diags, args.sample);
    let found = match &theirs {
        None => preview(ours.request(), sample, &mut connect, &watched, diags),
        Some(theirs) => {
            let (ours, theirs) = (ours.request(), theirs.request());
            against(ours, theirs, sample, &mut connect, &watched, diags)
        }
    };
    drop(bar);
    let mut preview = match found {
        Ok(preview) => preview,
        Err(e) => {
            parts.diags.push(connect::refused(&connection, &e));
            return None;
        }
    };
    let (policy, outcome) = (&ours.policy, &mut preview.outcome);
    blame::computing(
        parts.model,
        parts.dialect,
        &policy.selection,
        outcome,
        warehouse.as_ref(),
        parts.diags,
    );
    if parts.diags.has_errors() && matches!(outcome.ended, Ended::NotPublished { .. }) {
        outcome.ended = Ended::Refused;
    }
    let facts = planned(
        ours.request(),
        &preview,
        name.as_deref(),
        parts.diags.has_errors(),
        Timestamp::now(),
    );
    let mut json =
        serde_json::to_string_pretty(&facts).expect("strings, numbers and maps by string are JSON");
    json.push('\n');
    if let Err(diagnostic) =
        files::put(&asked.folder.join("run_results.json"), &json, &asked.ctx.ui)
    {
        parts.diags.push(*diagnostic);
    }
    let page = Page {
        model: parts.model,
        policy,
        preview: &preview,
        against: name.as_deref(),
    };
    let data = if args.project.format == DiagFormat::Json {
        json
    } else if args.markdown {
        page.markdown()
    } else {
        page.text()
    };
    Some((data, preview.outcome.ended))
}

/// A project that is asked, before and after it is compiled.
struct Side<'a> {
    model: &'a Model,
    dialect: &'static dyn Dialect,
    compiled: Compiled,
    policy: Policy,
}

impl<'a> Side<'a> {
    fn of(
        asked: &Asked<'_>,
        parts: &Parts<'a>,
        selection: Selection,
        accepted: BTreeMap<String, u64>,
    ) -> Self {
        Self {
            model: parts.model,
            dialect: parts.dialect,
            compiled: Compiled::default(),
            policy: Policy {
                accepted,
                ..policy(parts, asked.wanted, selection, asked.now)
            },
        }
    }

    fn made(mut self, diags: &mut Diagnostics) -> Self {
        let selection = &self.policy.selection;
        self.compiled = compile(self.model, selection, self.dialect, &mut |_, _| {}, diags);
        accepted_sources(&self.policy.accepted, &self.compiled.checks, diags);
        self
    }

    fn request(&self) -> Request<'_> {
        Request {
            model: self.model,
            queries: &self.compiled.queries,
            checks: &self.compiled.checks,
            policy: &self.policy,
            dialect: self.dialect,
        }
    }
}
