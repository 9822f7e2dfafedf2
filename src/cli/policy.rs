//! What a build is told beside the project: where it publishes, under which run, and which counts are accepted.

use super::workspace::Parts;
use crate::build::Policy;
use crate::build::sources::accepted_as;
use crate::diag::codes::project as codes;
use crate::diag::{Diagnostic, Diagnostics, nearest};
use crate::emit::CheckQuery;
use crate::ir::Selection;
use crate::model::Model;
use crate::project::select::{self, Wanted};
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Stdio};
use ulid::Ulid;

/// Counts that guards let through.
#[derive(clap::Args, Clone, Debug, Default)]
#[command(next_help_heading = "Guards")]
pub(super) struct AcceptArgs {
    /// Let exactly this number through a guard, this once: members of a segment (winback@52310), or rows of a source
    /// (source:crm.orders@1200, suppression:customer.opt_outs@900)
    #[arg(long, value_name = "WHAT@NUMBER", value_parser = accept, num_args = 1..)]
    accept: Vec<(String, u64)>,
}

fn accept(text: &str) -> Result<(String, u64), String> {
    let (segment, members) = text
        .rsplit_once('@')
        .ok_or("write a segment, `@` and the number of its members: `winback@52310`; or a source and its rows: `source:orders@1200`")?;
    let digits = members.replace([',', '_'], "");
    let members = digits
        .parse()
        .map_err(|_| format!("`{members}` is no number"))?;
    Ok((segment.to_owned(), members))
}

fn not_so(name: &str, why: &str) -> Diagnostic {
    let message = format!("`--accept {name}@…`: {why}");
    Diagnostic::error(&codes::UNKNOWN_SELECTED, message)
        .help("`segc plan` shows which counts are to be accepted")
}

fn is_source(name: &str) -> bool {
    name.starts_with("source:") || name.starts_with("suppression:")
}

/// Every source that is accepted is one that the build reads.
pub(super) fn accepted_sources(
    accepted: &BTreeMap<String, u64>,
    checks: &[CheckQuery],
    diags: &mut Diagnostics,
) {
    let read: Vec<String> = (checks.iter())
        .filter_map(|check| check.counted.as_ref().map(accepted_as))
        .collect();
    for name in accepted.keys().filter(|name| is_source(name)) {
        if !read.contains(name) {
            let found = not_so(name, "it is not among what is read");
            diags.push(found.suggest(nearest(name, read.iter().map(String::as_str))));
        }
    }
}

impl AcceptArgs {
    /// By segment or source; each segment must be one of the selection, and everything named once.
    pub(super) fn of(
        &self,
        selection: &Selection,
        model: &Model,
        diags: &mut Diagnostics,
    ) -> BTreeMap<String, u64> {
        let mut accepted = BTreeMap::new();
        for (name, members) in &self.accept {
            let selected = selection
                .segments
                .iter()
                .filter_map(|id| model.segments.get(id.index()))
                .any(|s| s.name == *name);
            if !is_source(name) && !model.segments.iter().any(|s| s.name == *name) {
                diags.push(select::unknown(name, model));
            } else if !is_source(name) && !selected {
                diags.push(not_so(name, "it is not among what is selected"));
            } else if accepted.insert(name.clone(), *members).is_some() {
                diags.push(not_so(name, "it is given twice"));
            }
        }
        accepted
    }
}

pub(super) fn policy(
    parts: &Parts<'_>,
    wanted: &Wanted,
    selection: Selection,
    now: Timestamp,
) -> Policy {
    let settings = &parts.project.settings;
    let outputs = &settings.outputs;
    Policy {
        schema: outputs.schema.value.clone(),
        prefix: outputs.prefix.clone(),
        history: outputs.history,
        wide: outputs.wide,
        run_id: Ulid::generate().to_string(),
        target: parts.target.name.clone(),
        as_of: parts.model.as_of,
        started_at: now,
        segc_version: env!("CARGO_PKG_VERSION").to_owned(),
        git_sha: git_sha(&parts.project.root),
        selection_text: selection_text(wanted),
        selection,
        whole: wanted.is_everything(),
        backfill: false,
        guards: settings.guards.clone(),
        accepted: BTreeMap::new(),
    }
}

fn selection_text(wanted: &Wanted) -> Option<String> {
    let part = |flag: &str, list: &[String]| {
        (!list.is_empty()).then(|| format!("{flag} {}", list.join(" ")))
    };
    let parts: Vec<String> = [
        part("--select", &wanted.select),
        part("--exclude", &wanted.exclude),
    ]
    .into_iter()
    .flatten()
    .collect();
    (!parts.is_empty()).then(|| parts.join(" "))
}

/// The commit that the project is at, where git can say.
fn git_sha(root: &Path) -> Option<String> {
    let answer = Command::new("git")
        .arg("-C")
        .arg(root)
        .args(["rev-parse", "HEAD"])
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .ok()?;
    let sha = String::from_utf8(answer.stdout).ok()?.trim().to_owned();
    (answer.status.success() && !sha.is_empty()).then_some(sha)
}
