//! `segc test`: runs the tests of the project's specs, in embedded databases, without a warehouse.
#![allow(
    clippy::disallowed_methods,
    reason = "the clock is read for the results' time"
)]

use super::args::{ProjectArgs, SelectArgs, TargetPathArgs};
use super::connect::Sources;
use super::test_results::{junit, results, summary};
use super::workspace::Workspace;
use super::{Ctx, DiagFormat, Exit, files};
use crate::diag::Diagnostic;
use crate::diag::codes::project as codes;
use crate::diag::plain;
use crate::ir::Selection;
use crate::model::Catalog;
use crate::project::Project;
use crate::project::select::{self, Wanted};
use crate::spec::settings::AsOfSpec;
use crate::spec::test::TestSpec;
use crate::testing::suite::{self, Status, Suite, Tested};
use clap::builder::PossibleValuesParser;
use clap::builder::TypedValueParser as _;
use jiff::Timestamp;
use std::path::{Path, PathBuf};

/// Run the tests of segments, traits, groups and splits; no warehouse is needed
#[derive(clap::Args, Debug)]
#[command(
    mut_arg("format", |arg| arg.value_parser(
        PossibleValuesParser::new(["text", "json", "github", "sarif", "junit"]).map(|word| format_of(&word))
    )),
    after_help = "Every test has a database of its own in memory, in a process that can read no file and reach no network. Column
types come from `columns:`, and where nothing is declared from the files and the database that the project reads, if they are there.

Examples:
  segc test
  segc test winback                          the tests about winback
  segc test --select tag:email -x            stop at the first failure
  segc test --format junit > junit.xml       for a CI server
  segc test --cover                          what no test distinguishes"
)]
pub(super) struct Args {
    /// Names of tests, or selectors of what they are about [default: all]
    names: Vec<String>,

    #[command(flatten)]
    project: ProjectArgs,

    #[command(flatten)]
    select: SelectArgs,

    #[command(flatten)]
    target_path: TargetPathArgs,

    /// Stop at the first test that does not pass
    #[arg(long, short = 'x', env = "SEGC_FAIL_FAST", value_parser = clap::builder::FalseyValueParser::new())]
    fail_fast: bool,

    /// Warn of conditions, cases and window edges that no test distinguishes
    #[arg(long, conflicts_with = "fail_fast", env = "SEGC_COVER", value_parser = clap::builder::FalseyValueParser::new())]
    cover: bool,

    /// How many tests run at once [default: one per core]
    #[arg(long, env = "SEGC_THREADS", value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
}

fn format_of(word: &str) -> DiagFormat {
    match word {
        "json" => DiagFormat::Json,
        "github" => DiagFormat::Github,
        "sarif" => DiagFormat::Sarif,
        "junit" => DiagFormat::Junit,
        _ => DiagFormat::Text,
    }
}

pub(super) fn run(args: &Args, ctx: &Ctx) -> Result<Exit, Exit> {
    let started = Timestamp::now();
    let mut workspace = Workspace::open(&args.project, ctx);
    workspace.analyse(Sources::Known);
    let Some((named, selection)) = chosen(args, &mut workspace) else {
        return workspace.finish(ctx, false);
    };
    let Some(folder) = workspace.target_path(&args.target_path, ctx) else {
        return workspace.finish(ctx, false);
    };
    let options = Options {
        as_of: args.project.as_of.as_deref(),
        threads: args.threads,
        fail_fast: args.fail_fast,
    };
    let Some(tested) = tests(&mut workspace, &selection, &named, &options, ctx) else {
        return workspace.finish(ctx, false);
    };
    if tested.is_empty() && !workspace.diags.has_errors() {
        workspace.diags.push(
            Diagnostic::warning(&codes::EMPTY_SELECTION, "there is no test to run")
                .help("write one: `segc explain S0709`, or select others with `segc ls`"),
        );
    }
    if args.cover {
        cover(&mut workspace, &selection, &options, ctx);
    }
    for one in &tested {
        for found in &one.found {
            workspace.diags.push(found.clone());
        }
    }
    let data = match workspace.parts_even_if_wrong() {
        None => String::new(),
        Some((project, target)) => {
            let name = &project.settings.name.value;
            let facts = results(&tested, name, target, started, Timestamp::now());
            let mut json = serde_json::to_string_pretty(&facts)
                .expect("strings, numbers and maps by string are JSON");
            json.push('\n');
            let xml = junit(&tested, name);
            if let Err(diagnostic) = files::put(&folder.join("run_results.json"), &json, &ctx.ui) {
                workspace.diags.push(*diagnostic);
            }
            match args.project.format {
                DiagFormat::Json => json,
                DiagFormat::Junit => xml,
                DiagFormat::Text => plain::page(&lines(&tested)),
                DiagFormat::Github | DiagFormat::Sarif => String::new(),
            }
        }
    };
    let free = matches!(args.project.format, DiagFormat::Github | DiagFormat::Sarif);
    ctx.ui.data(&data)?;
    workspace.report(ctx, free)?;
    ctx.ui.status(&summary(&tested));
    Ok(workspace.exit())
}

/// Tests by name, and what others must be about.
fn chosen(args: &Args, workspace: &mut Workspace) -> Option<(Vec<String>, Selection)> {
    let known: Vec<String> = {
        let (project, _) = workspace.parts_even_if_wrong()?;
        let tests = project.spec.tests.iter();
        tests.map(|t| t.name.value.clone()).collect()
    };
    let (named, selectors): (Vec<String>, Vec<String>) =
        args.names.iter().cloned().partition(|n| known.contains(n));
    let mut wanted = args.select.wanted();
    wanted.select.extend(selectors);
    let selection = if !named.is_empty() && wanted.is_everything() {
        Selection::default()
    } else {
        workspace.select(&wanted)?
    };
    let all = Wanted::default();
    // Disabled segments may be tested, too.
    if wanted.is_everything() && named.is_empty() {
        let parts = workspace.parts()?;
        let mut selection = select::select(&all, parts.model, parts.sources, parts.diags);
        selection.segments = (0u32..)
            .zip(&parts.model.segments)
            .map(|(n, _)| crate::model::SegmentId(n))
            .collect();
        return Some((named, selection));
    }
    Some((named, selection))
}

/// How tests are run.
pub(super) struct Options<'a> {
    /// `--as-of`
    pub(super) as_of: Option<&'a str>,
    pub(super) threads: Option<u16>,
    pub(super) fail_fast: bool,
}

/// Runs the tests about a selection, and those named; None if the project has errors.
pub(super) fn tests(
    workspace: &mut Workspace,
    selection: &Selection,
    named: &[String],
    options: &Options<'_>,
    ctx: &Ctx,
) -> Option<Vec<Tested>> {
    let program = program(ctx)?;
    let catalog = workspace.catalog().clone();
    let parts = workspace.parts()?;
    let suite = suite_of(parts.project, &catalog, options, &program);
    let tests: Vec<&TestSpec> =
        suite::about(&parts.project.spec.tests, selection, named, parts.model);
    Some(suite::run(&suite, &tests))
}

fn cover(workspace: &mut Workspace, selection: &Selection, options: &Options<'_>, ctx: &Ctx) {
    let Some(program) = program(ctx) else { return };
    let catalog = workspace.catalog().clone();
    let Some(parts) = workspace.parts() else {
        return;
    };
    let suite = suite_of(parts.project, &catalog, options, &program);
    // Whichever tests were asked for, a segment is covered by all that are about it.
    let tests = suite::about(&parts.project.spec.tests, selection, &[], parts.model);
    suite::cover(
        &suite,
        &tests,
        &selection.segments,
        parts.model,
        parts.diags,
    );
}

/// This program, which runs the tests in other processes.
fn program(ctx: &Ctx) -> Option<PathBuf> {
    match std::env::current_exe() {
        Ok(program) => Some(program),
        Err(e) => {
            ctx.ui.problem(&format!("cannot find this program: {e}"));
            None
        }
    }
}

fn suite_of<'a>(
    project: &'a Project,
    catalog: &'a Catalog,
    options: &Options<'_>,
    program: &'a Path,
) -> Suite<'a> {
    Suite {
        project,
        catalog,
        dialect: crate::dialect::embedded(),
        as_of: options.as_of.map(AsOfSpec::of),
        program,
        threads: options.threads.map_or_else(
            || std::thread::available_parallelism().map_or(1, usize::from),
            usize::from,
        ),
        fail_fast: options.fail_fast,
    }
}

/// Says what is wrong with the tests as written; none is run.
pub(super) fn check(workspace: &mut Workspace) {
    let catalog = workspace.catalog().clone();
    let Some(parts) = workspace.parts() else {
        return;
    };
    let options = Options {
        as_of: None,
        threads: None,
        fail_fast: false,
    };
    let suite = suite_of(parts.project, &catalog, &options, Path::new(""));
    let tests: Vec<&TestSpec> = parts.project.spec.tests.iter().collect();
    suite::check(&suite, &tests, parts.diags);
}

fn lines(tested: &[Tested]) -> String {
    tested
        .iter()
        .map(|one| {
            let word = match one.status {
                Status::Passed => "passed ",
                Status::Failed => "FAILED ",
                Status::Error => "ERROR  ",
                Status::Skipped => "skipped",
            };
            format!("{word}  {}\n", one.name)
        })
        .collect()
}
