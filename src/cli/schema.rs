//! `segc schema`: JSON Schema for editors.

use super::{Ctx, Exit};
use crate::schema;
use clap::ValueEnum;

/// Print the JSON Schema of spec files or of segc.yml, for editors
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:
  segc schema > .segc/spec.json
  segc schema settings > .segc/segc.json
and in an editor with the YAML language server, as the first line of a spec:
  # yaml-language-server: $schema=../.segc/spec.json")]
pub(super) struct Args {
    /// Of which files
    #[arg(default_value = "spec")]
    of: Of,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Of {
    /// The files under spec_paths
    Spec,
    /// segc.yml
    Settings,
}

pub(super) fn run(args: &Args, ctx: &Ctx) -> Result<Exit, Exit> {
    let schema = match args.of {
        Of::Spec => schema::spec(),
        Of::Settings => schema::settings(),
    };
    let mut text = serde_json::to_string_pretty(&schema).expect("a JSON value is JSON");
    text.push('\n');
    ctx.ui.data(&text)?;
    Ok(Exit::Fine)
}
