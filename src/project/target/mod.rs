//! Which warehouse a run is for: an entry of `targets:` in segc.yml, or of a profile of dbt, checked.

mod bigquery;
mod embedded;
mod keys;
mod snowflake;

pub use embedded::Embedded;

use crate::diag::codes::project as codes;
use crate::diag::{Diagnostic, Diagnostics, nearest};
use crate::engine::Remote;
use crate::source::Span;
use crate::spec::Settings;
use crate::spec::settings::TargetSpec;
use keys::Keys;
use std::path::{Path, PathBuf};

/// The kind that is inside the program.
const EMBEDDED: &str = "duckdb";
const KINDS: &[&str] = &[EMBEDDED, "bigquery", "snowflake"];

/// A checked target.
#[derive(Clone, Debug)]
pub struct Target {
    pub name: String,
    /// `duckdb`, `bigquery`, `snowflake`: also the dialect's name.
    pub kind: String,
    pub place: Place,
    /// It stands in a profile of dbt.
    pub is_of_dbt: bool,
}

/// What is connected to.
#[derive(Clone, Debug)]
pub enum Place {
    Embedded(Embedded),
    Remote(Box<Remote>),
}

impl Target {
    /// The database of this program's engine, if the target is one.
    #[must_use]
    pub fn embedded(&self) -> Option<&Embedded> {
        match &self.place {
            Place::Embedded(embedded) => Some(embedded),
            Place::Remote(_) => None,
        }
    }
}

/// The target of this name, else the project's default, else its only one, else a database beside `segc.yml`, which is in `root`.
pub fn resolve(
    settings: &Settings,
    root: &Path,
    wanted: Option<&str>,
    diags: &mut Diagnostics,
) -> Option<Target> {
    let names = || settings.targets.iter().map(|t| t.name.value.as_str());
    let (name, span) = match (wanted, &settings.default_target) {
        (Some(name), _) => (name, None),
        (None, Some(name)) => (name.value.as_str(), Some(name.span)),
        (None, None) => match settings.targets.as_slice() {
            [] => return Some(beside(settings)),
            [only] => (only.name.value.as_str(), Some(only.name.span)),
            [first, ..] => {
                let list = names().collect::<Vec<_>>().join("`, `");
                diags.push(
                    Diagnostic::error(
                        &codes::UNKNOWN_TARGET,
                        format!("which of the targets `{list}` is meant is not said"),
                    )
                    .at(first.name.span, "the first of them")
                    .help(format!(
                        "add `default_target: {}` to segc.yml, or give `--target`",
                        first.name.value
                    )),
                );
                return None;
            }
        },
    };
    let Some(target) = settings.targets.iter().find(|t| t.name.value == name) else {
        diags.push(unknown(name, span, names()));
        return None;
    };
    checked(target, settings, root, diags)
}

fn file_beside(settings: &Settings) -> PathBuf {
    PathBuf::from(format!("{}.duckdb", settings.name.value))
}

fn beside(settings: &Settings) -> Target {
    Target {
        name: "dev".to_owned(),
        kind: EMBEDDED.to_owned(),
        place: Place::Embedded(Embedded {
            path: Some(file_beside(settings)),
            ..Embedded::default()
        }),
        is_of_dbt: false,
    }
}

fn unknown<'a>(
    name: &str,
    span: Option<Span>,
    names: impl Iterator<Item = &'a str> + Clone,
) -> Diagnostic {
    let diagnostic = Diagnostic::error(
        &codes::UNKNOWN_TARGET,
        format!("there is no target `{name}`"),
    );
    let diagnostic = match span {
        Some(span) => diagnostic.at(span, "named here"),
        None => diagnostic,
    };
    match nearest(name, names.clone()) {
        Some(near) => diagnostic.suggest(Some(near)),
        None => {
            let list = names.collect::<Vec<_>>().join("`, `");
            if list.is_empty() {
                diagnostic.help("write it under `targets:` in segc.yml")
            } else {
                diagnostic.help(format!("there are `{list}`"))
            }
        }
    }
}

fn checked(
    target: &TargetSpec,
    settings: &Settings,
    root: &Path,
    diags: &mut Diagnostics,
) -> Option<Target> {
    let kind = target.kind.value.as_str();
    let base = match &settings.dbt {
        Some(dbt) if target.is_of_dbt => root.join(&dbt.project_dir.value),
        Some(_) | None => root.to_owned(),
    };
    let mut keys = Keys::new(target, &settings.secrets, &base, diags);
    let place = match kind {
        EMBEDDED => embedded::read(&mut keys, file_beside(settings)).map(Place::Embedded),
        "bigquery" => bigquery::read(&mut keys)
            .map(|options| Place::Remote(Box::new(Remote::BigQuery(options)))),
        "snowflake" => snowflake::read(&mut keys)
            .map(|options| Place::Remote(Box::new(Remote::Snowflake(options)))),
        _ => {
            keys.unknown_kind(KINDS);
            None
        }
    };
    Some(Target {
        name: target.name.value.clone(),
        kind: kind.to_owned(),
        place: place?,
        is_of_dbt: target.is_of_dbt,
    })
}

/// The user's folder.
#[expect(
    clippy::disallowed_methods,
    reason = "where the user's files are is asked of the environment"
)]
pub(super) fn home() -> Option<PathBuf> {
    let variable = if cfg!(windows) { "USERPROFILE" } else { "HOME" };
    std::env::var_os(variable)
        .filter(|home| !home.is_empty())
        .map(PathBuf::from)
}
