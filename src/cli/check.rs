//! `segc check`: everything that can be said about a project without computing anything.

use super::args::{ProjectArgs, SelectArgs};
use super::connect::Sources;
use super::workspace::Workspace;
use super::{Ctx, Exit};
use crate::diag::Severity;
use crate::ir::Selection;
use crate::lint;

/// Read, resolve, type-check and lint the project; nothing is computed or written
#[derive(clap::Args, Debug)]
#[command(
    after_help = "Columns come from `columns:`, from the heads of the files that the project reads, and from the target's database file
if it is there. Nothing is fetched from anywhere.

Examples:
  segc check
  segc check --offline                       declared columns only: no data file is opened
  segc check --format github                 annotations in a pull request
  segc check --format sarif > segc.sarif     for code scanning"
)]
pub(super) struct Args {
    #[command(flatten)]
    project: ProjectArgs,

    #[command(flatten)]
    select: SelectArgs,

    /// Open no data: every column must be declared under `columns:`
    #[arg(long, env = "SEGC_OFFLINE", value_parser = clap::builder::FalseyValueParser::new())]
    offline: bool,
}

pub(super) fn run(args: &Args, ctx: &Ctx) -> Result<Exit, Exit> {
    let mut workspace = Workspace::open(&args.project, ctx);
    workspace.analyse(if args.offline {
        Sources::Declared
    } else {
        Sources::Sound
    });
    let quiet = workspace.lint();
    let selection = workspace.select(&args.select.wanted());
    let mut fine = None;
    if let (Some(selection), Some(parts)) = (selection, workspace.parts()) {
        // Compiled for what a dialect cannot say; the SQL itself is thrown away.
        crate::compile(
            parts.model,
            &selection,
            parts.dialect,
            &mut |_, _| {},
            parts.diags,
        );
        if parts.diags.count(Severity::Error) == 0 && selection != Selection::default() {
            fine = Some(words(&selection) + &unheard(&quiet));
        }
    }
    super::test::check(&mut workspace);
    let exit = workspace.finish(ctx, true)?;
    if let (Some(fine), Exit::Fine) = (fine, exit) {
        ctx.ui.status(&fine);
    }
    Ok(exit)
}

/// What items do not say of themselves, in a few words; other lints that are off are silent.
fn unheard(quiet: &lint::Quiet) -> String {
    let found: Vec<String> = quiet
        .iter()
        .filter_map(|(lint, n)| Some(format!("{n} without {}", lint.name.strip_prefix("no_")?)))
        .collect();
    if found.is_empty() {
        return String::new();
    }
    format!(" ({})", found.join(", "))
}

fn words(selection: &Selection) -> String {
    let part = |n: usize, word: &str| match n {
        1 => format!("1 {word}"),
        n => format!("{n} {word}s"),
    };
    format!(
        "{} and {} are fine",
        part(selection.segments.len(), "segment"),
        part(selection.traits.len(), "trait")
    )
}
