//! `segc completions SHELL`.

use super::{Cli, Ctx, Exit};
use clap::CommandFactory as _;
use clap_complete::Shell;

/// Print a completion script for a shell
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:
  segc completions bash > ~/.local/share/bash-completion/completions/segc
  segc completions zsh > ~/.zfunc/_segc
  segc completions fish > ~/.config/fish/completions/segc.fish")]
pub(super) struct Args {
    shell: Shell,
}

pub(super) fn run(args: &Args, ctx: &Ctx) -> Result<Exit, Exit> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "segc", &mut script);
    ctx.ui.data(&String::from_utf8_lossy(&script))?;
    Ok(Exit::Fine)
}
