//! Flags that several commands share, spelled as in dbt. Each has a mirror in the environment: `SEGC_TARGET` for `--target`.
//!
//! A command flattens the groups it obeys, so no flag is accepted where it would do nothing.

use super::ui::{DiagFormat, LogFormat};
use crate::project::select::Wanted;
use clap::Args;
use std::path::PathBuf;

/// How a command talks.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Output")]
pub(super) struct OutputArgs {
    /// Say nothing but errors
    #[arg(long, short, global = true, env = "SEGC_QUIET", value_parser = clap::builder::FalseyValueParser::new())]
    pub quiet: bool,

    /// No colours (NO_COLOR does the same)
    #[arg(long, global = true, env = "SEGC_NO_COLOR", value_parser = clap::builder::FalseyValueParser::new())]
    pub no_color: bool,

    /// How to write what goes to stderr
    #[arg(
        long,
        global = true,
        env = "SEGC_LOG_FORMAT",
        default_value = "text",
        value_name = "FORMAT"
    )]
    pub log_format: LogFormat,
}

/// Which project, and how it is read.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Project")]
pub(super) struct ProjectArgs {
    /// The folder that holds segc.yml [default: the nearest at or above the current one]
    #[arg(long, env = "SEGC_PROJECT_DIR", value_name = "DIR")]
    pub project_dir: Option<PathBuf>,

    /// The target of segc.yml [default: its `default_target`]
    #[arg(long, short, env = "SEGC_TARGET", value_name = "NAME")]
    pub target: Option<String>,

    /// The folder of dbt's profiles.yml, where `dbt:` is set and segc.yml has no `targets:` [default: DBT_PROFILES_DIR, dbt's project, ~/.dbt]
    #[arg(long, env = "SEGC_PROFILES_DIR", value_name = "DIR")]
    pub profiles_dir: Option<PathBuf>,

    /// Values of vars, over those of segc.yml: '{vip_spend: 500}'
    #[arg(long, env = "SEGC_VARS", value_name = "YAML")]
    pub vars: Option<String>,

    /// The instant as of which everything is asked: now, today, 2026-01-31, '2026-01-31 09:00', 2026-01-31T09:00Z
    #[arg(long, env = "SEGC_AS_OF", value_name = "WHEN")]
    pub as_of: Option<String>,

    /// Make every warning an error
    #[arg(long, env = "SEGC_WARN_ERROR", value_parser = clap::builder::FalseyValueParser::new())]
    pub warn_error: bool,

    /// How to write diagnostics
    #[arg(
        long,
        env = "SEGC_FORMAT",
        default_value = "text",
        value_name = "FORMAT"
    )]
    pub format: DiagFormat,
}

/// Which part of the project.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Selection")]
pub(super) struct SelectArgs {
    /// Only these: name, +name, name+, tag:x, path:x, owner:x; spaces join, commas intersect
    #[arg(
        long,
        short,
        env = "SEGC_SELECT",
        value_name = "SELECTOR",
        num_args = 1..
    )]
    pub select: Vec<String>,

    /// All but these
    #[arg(long, env = "SEGC_EXCLUDE", value_name = "SELECTOR", num_args = 1..)]
    pub exclude: Vec<String>,
}

impl SelectArgs {
    pub(super) fn wanted(&self) -> Wanted {
        Wanted {
            select: self.select.clone(),
            exclude: self.exclude.clone(),
        }
    }
}

/// Where results are written.
#[derive(Args, Clone, Debug)]
pub(super) struct TargetPathArgs {
    /// The folder for compiled SQL and results [default: target, in the project]
    #[arg(long, env = "SEGC_TARGET_PATH", value_name = "DIR")]
    pub target_path: Option<PathBuf>,
}

/// How the embedded engine runs.
#[derive(Args, Clone, Debug)]
pub(super) struct EngineArgs {
    /// How many threads the engine may use [default: one per core]
    #[arg(long, env = "SEGC_THREADS", value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub threads: Option<u16>,
}
