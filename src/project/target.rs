//! Which warehouse a run is for: an entry of `targets:` in segc.yml, checked.

use crate::diag::codes::project as codes;
use crate::diag::{Diagnostic, Diagnostics, nearest};
use crate::source::Span;
use crate::spec::Settings;
use crate::spec::settings::TargetSpec;
use crate::yaml::{Node, NodeKind};
use std::path::PathBuf;

/// The target's kind that is inside the program.
const EMBEDDED: &str = "duckdb";
/// Kinds that are planned.
const LATER: &[&str] = &["bigquery", "snowflake"];
const OPTIONS: &[&str] = &[
    "path",
    "threads",
    "memory_limit",
    "lock_timeout",
    "read_from",
];

/// A checked target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    pub name: String,
    /// `duckdb`: also the dialect's name.
    pub kind: String,
    /// Relative to the project's folder; None is a database in memory.
    pub path: Option<PathBuf>,
    pub threads: Option<u32>,
    pub memory_limit: Option<String>,
    /// Seconds to wait for another process to let go of the file.
    pub lock_timeout: u64,
    /// Folders beside the project's whose files views of the database read.
    pub read_from: Vec<PathBuf>,
}

/// The target of this name, else the project's default, else its only one, else a database beside `segc.yml`.
pub fn resolve(
    settings: &Settings,
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
    checked(target, settings, diags)
}

fn beside(settings: &Settings) -> Target {
    Target {
        name: "dev".to_owned(),
        kind: EMBEDDED.to_owned(),
        path: Some(PathBuf::from(format!("{}.duckdb", settings.name.value))),
        threads: None,
        memory_limit: None,
        lock_timeout: 0,
        read_from: Vec::new(),
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
                diagnostic.help(format!("segc.yml has `{list}`"))
            }
        }
    }
}

fn checked(target: &TargetSpec, settings: &Settings, diags: &mut Diagnostics) -> Option<Target> {
    let kind = target.kind.value.as_str();
    if kind != EMBEDDED {
        let message = if LATER.contains(&kind) {
            format!("targets of type `{kind}` are not in this version yet")
        } else {
            format!("there is no target type `{kind}`")
        };
        diags.push(
            Diagnostic::error(&codes::TARGET_TYPE, message)
                .at(target.kind.span, "expected `duckdb`")
                .help("use `type: duckdb`: its engine is inside segc"),
        );
        return None;
    }
    let mut out = Target {
        name: target.name.value.clone(),
        ..beside(settings)
    };
    let mut fine = true;
    for (key, value) in &target.options {
        let problem = match key.value.as_str() {
            "path" => match text(value) {
                Some(path) if path == ":memory:" => {
                    out.path = None;
                    None
                }
                Some(path) => {
                    out.path = Some(PathBuf::from(path));
                    None
                }
                None => Some("a path as text"),
            },
            "threads" => match number(value) {
                Some(n @ 1..=1024) => {
                    out.threads = u32::try_from(n).ok();
                    None
                }
                Some(_) | None => Some("a number from 1 to 1024"),
            },
            "memory_limit" => {
                out.memory_limit = text(value);
                out.memory_limit.is_none().then_some("a size such as `2GB`")
            }
            "lock_timeout" => match number(value) {
                Some(n) => {
                    out.lock_timeout = n;
                    None
                }
                None => Some("a number of seconds"),
            },
            "read_from" => match folders(value) {
                Some(folders) => {
                    out.read_from = folders;
                    None
                }
                None => Some("a folder or a list of folders"),
            },
            other => {
                diags.push(
                    Diagnostic::error(
                        &codes::BAD_TARGET,
                        format!("a `{EMBEDDED}` target has no key `{other}`"),
                    )
                    .at(
                        key.span,
                        format!("its keys are: type, {}", OPTIONS.join(", ")),
                    )
                    .suggest(nearest(other, OPTIONS.iter().copied())),
                );
                fine = false;
                None
            }
        };
        if let Some(expected) = problem {
            diags.push(
                Diagnostic::error(
                    &codes::BAD_TARGET,
                    format!("`{}` of a target is {expected}", key.value),
                )
                .at(value.span, format!("expected {expected}"))
                .help("see `segc explain S0416`"),
            );
            fine = false;
        }
    }
    fine.then_some(out)
}

fn text(node: &Node) -> Option<String> {
    node.scalar_text().filter(|t| !t.is_empty())
}

fn folders(node: &Node) -> Option<Vec<PathBuf>> {
    match &node.kind {
        NodeKind::List(items) => items.iter().map(|n| Some(text(n)?.into())).collect(),
        NodeKind::Null
        | NodeKind::Bool(_)
        | NodeKind::Int(_)
        | NodeKind::Number(_)
        | NodeKind::String(_)
        | NodeKind::Map(_) => Some(vec![text(node)?.into()]),
    }
}

fn number(node: &Node) -> Option<u64> {
    node.scalar_text().and_then(|t| t.parse().ok())
}
