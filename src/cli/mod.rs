//! The street: commands, flags, streams, exit codes. One file per command: `Args` (its doc comment is the help) and `run`.
//!
//! The clock and the environment are read here and nowhere below.
#![allow(
    clippy::disallowed_methods,
    reason = "the command line is where the clock, the environment and files are met"
)]

mod args;
mod backfill;
mod blame;
mod build;
mod check;
mod compile;
mod completions;
mod connect;
mod counts;
mod debug;
mod doctor;
mod explain;
mod files;
mod forget;
mod held;
mod infer;
mod init;
mod interrupt;
mod ls;
mod named;
mod plan;
mod plan_text;
mod policy;
mod progress;
mod prune;
mod pull_schema;
mod schema;
mod show;
mod table;
mod test;
mod test_results;
mod ui;
mod why;
mod worker;
mod workspace;

use args::OutputArgs;
use clap::{Parser, Subcommand};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
pub use ui::{DiagFormat, LogFormat, Ui};

/// dbt for audiences: customer segments written in YAML, compiled together into one query, published whole or not at all
#[derive(Parser, Debug)]
#[command(
    name = "segc",
    version,
    propagate_version = true,
    subcommand_required = true,
    arg_required_else_help = true,
    after_help = "Start with `segc init --demo shop && cd shop && segc build`.

Exit status: 0 fine, 1 found something (errors, checks that failed), 2 could not run, 3 another build won,
4 outcome unknown, 130 interrupted (143 by SIGTERM). Data goes to stdout, everything else to stderr."
)]
pub struct Cli {
    #[command(flatten)]
    output: OutputArgs,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    Init(init::Args),
    #[command(alias = "parse")]
    Check(check::Args),
    Compile(compile::Args),
    Test(test::Args),
    Plan(plan::Args),
    Build(build::Args),
    Show(show::Args),
    Ls(ls::Args),
    Explain(explain::Args),
    Why(why::Args),
    Schema(schema::Args),
    #[command(name = "pull-schema")]
    PullSchema(pull_schema::Args),
    Completions(completions::Args),
    Debug(debug::Args),
    Backfill(backfill::Args),
    Doctor(doctor::Args),
    Prune(prune::Args),
    Forget(forget::Args),
    /// Runs jobs of `segc test`
    #[command(name = "__worker", hide = true)]
    Worker,
}

/// What every command gets.
#[derive(Clone, Debug)]
pub struct Ctx {
    pub ui: Ui,
    /// The folder that the command was run in.
    pub cwd: PathBuf,
}

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    Fine,
    /// There are errors, or checks that failed.
    Found,
    /// Usage, configuration, connection, disk.
    CouldNotRun,
    /// Another build won the race to publish.
    Lost,
    /// Whether the build was published cannot be found out now.
    Unknown,
    /// By a signal; the status that says which.
    Interrupted(u8),
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Fine => 0,
            Exit::Found => 1,
            Exit::CouldNotRun => 2,
            Exit::Lost => 3,
            Exit::Unknown => 4,
            Exit::Interrupted(status) => status,
        })
    }
}

/// Reads the command line and runs the command.
#[must_use]
pub fn main() -> ExitCode {
    // What a panic says may hold anything; where it happened is enough to find it.
    std::panic::set_hook(Box::new(|info| {
        let place = info
            .location()
            .map_or_else(String::new, |at| format!(" at {}:{}", at.file(), at.line()));
        let version = env!("CARGO_PKG_VERSION");
        Ui::default().problem(&format!(
            "segc {version} has a bug{place}: please report it"
        ));
    }));
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(e) => {
            let code = if e.use_stderr() {
                Exit::CouldNotRun
            } else {
                Exit::Fine
            };
            if e.use_stderr() {
                // It repeats what was typed.
                Ui::default().told(&e.render().ansi().to_string());
            } else {
                // Help that nobody reads is no error.
                let _ = e.print();
            }
            return code.into();
        }
    };
    let ui = Ui {
        quiet: cli.output.quiet,
        no_color: cli.output.no_color,
        log_format: cli.output.log_format,
        secrets: Arc::default(),
    };
    let cwd = match std::env::current_dir() {
        Ok(cwd) => cwd,
        Err(e) => {
            ui.problem(&format!("cannot find out the current folder: {e}"));
            return Exit::CouldNotRun.into();
        }
    };
    let ctx = Ctx { ui, cwd };
    run(&cli.command, &ctx)
        .unwrap_or_else(|stopped| stopped)
        .into()
}

/// The dispatch. `Err` is an exit from the middle of a command.
fn run(command: &Command, ctx: &Ctx) -> Result<Exit, Exit> {
    match command {
        Command::Init(args) => init::run(args, ctx),
        Command::Check(args) => check::run(args, ctx),
        Command::Compile(args) => compile::run(args, ctx),
        Command::Test(args) => test::run(args, ctx),
        Command::Plan(args) => plan::run(args, ctx),
        Command::Build(args) => build::run(args, ctx),
        Command::Show(args) => show::run(args, ctx),
        Command::Ls(args) => ls::run(args, ctx),
        Command::Explain(args) => explain::run(args, ctx),
        Command::Why(args) => why::run(args, ctx),
        Command::Schema(args) => schema::run(args, ctx),
        Command::Debug(args) => debug::run(args, ctx),
        Command::Backfill(args) => backfill::run(args, ctx),
        Command::Doctor(args) => doctor::run(args, ctx),
        Command::Prune(args) => prune::run(args, ctx),
        Command::Forget(args) => forget::run(args, ctx),
        Command::Worker => worker::run(ctx),
        Command::PullSchema(args) => pull_schema::run(args, ctx),
        Command::Completions(args) => completions::run(args, ctx),
    }
}
