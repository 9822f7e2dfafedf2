//! The targets of dbt's `profiles.yml`: those of the profile that dbt's project names, for a project of segc that has none of its
//! own. <https://docs.getdbt.com/docs/core/connect-data-platform/profiles.yml>
#![allow(
    clippy::disallowed_methods,
    reason = "this room reads a project's files"
)]

use super::{dbt_project, files, target};
use crate::diag::codes::project as codes;
use crate::diag::{Diagnostic, Diagnostics, nearest};
use crate::source::{SourceMap, Spanned};
use crate::spec::env;
use crate::spec::settings::{Settings, TargetSpec};
use crate::yaml::{self, Node, NodeKind};
use std::path::{Path, PathBuf};

/// The file of dbt's connections.
const PROFILES: &str = "profiles.yml";

/// Gives a project of dbt without targets of its own those of its profile. `named` is the folder of `--profiles-dir`. Whether it is
/// known what is connected to; why not is said.
pub(super) fn take(
    root: &Path,
    named: Option<&Path>,
    settings: &mut Settings,
    env: &dyn Fn(&str) -> Option<String>,
    sources: &mut SourceMap,
    diags: &mut Diagnostics,
) -> bool {
    let Some(dbt) = settings.dbt.clone() else {
        return true;
    };
    if let Some(own) = settings.targets.first() {
        if let Some(name) = &dbt.target {
            diags.push(
                Diagnostic::error(
                    &codes::DBT_PROFILE,
                    "both `targets:` and `dbt: {target: …}` say what to connect to",
                )
                .at(name.span, "an output of dbt's profile")
                .at(own.name.span, "a target of segc.yml")
                .help("delete one of them"),
            );
        }
        return true;
    }
    let project_dir = root.join(&dbt.project_dir.value);
    let problem = |message: String, help: String| {
        Diagnostic::error(&codes::DBT_PROFILE, message)
            .at(dbt.project_dir.span, "its connections are meant")
            .help(help)
    };
    let wanted = named
        .map(Path::to_owned)
        .or_else(|| env("DBT_PROFILES_DIR").map(PathBuf::from));
    let folders = match &wanted {
        Some(folder) => vec![folder.clone()],
        None => std::iter::once(project_dir.clone())
            .chain(target::home().map(|home| home.join(".dbt")))
            .collect(),
    };
    let Some(folder) = folders
        .iter()
        .find(|folder| folder.join(PROFILES).is_file())
    else {
        // Whoever names neither a folder nor a target may do without dbt's connections.
        let is_wanted = wanted.is_some() || dbt.target.is_some();
        if is_wanted {
            let folders: Vec<_> = folders
                .iter()
                .map(|f| format!("`{}`", f.display()))
                .collect();
            diags.push(problem(
                format!("there is no {PROFILES} in {}", folders.join(" or ")),
                "name its folder with `--profiles-dir`, or write `targets:` into segc.yml"
                    .to_owned(),
            ));
        }
        return !is_wanted;
    };
    let Some(profile) = dbt_project::setting(&project_dir, "profile", env) else {
        diags.push(problem(
            format!(
                "`{}/dbt_project.yml` does not say which profile is dbt's",
                dbt.project_dir.value
            ),
            "add `profile: …` there, or write `targets:` into segc.yml".to_owned(),
        ));
        return false;
    };
    let shown = folder.join(PROFILES).to_string_lossy().into_owned();
    let Some(file) = files::read(&folder.join(PROFILES), &shown, sources, diags) else {
        return false;
    };
    let text = sources.get(file).map_or("", |f| f.text.as_str());
    settings.secrets.extend(&crate::secret::written(text));
    let tree = yaml::parse(file, text, diags);
    let Some(mut found) = entry(&tree, &profile).cloned() else {
        let names: Vec<&str> = entries(&tree).iter().map(|(k, _)| k.as_str()).collect();
        diags.push(
            problem(
                format!("`{shown}` has no profile `{profile}`"),
                format!("it has `{}`", names.join("`, `")),
            )
            .suggest(nearest(&profile, names.iter().copied())),
        );
        return false;
    };
    without_filters(&mut found);
    env::of_target(&mut found, env, &mut settings.secrets, diags);
    settings.targets = targets(found.get("outputs"), diags);
    settings.default_target = dbt.target.or_else(|| {
        let node = found.get("target");
        let span = node.map_or(found.span, |node| node.span);
        let name = node
            .and_then(Node::scalar_text)
            .unwrap_or_else(|| "default".to_owned());
        Some(Spanned::new(name, span))
    });
    if settings.targets.is_empty() {
        diags.push(
            Diagnostic::error(
                &codes::DBT_PROFILE,
                format!("the profile `{profile}` has no outputs"),
            )
            .at(found.span, "of this profile")
            .help("write a connection under `outputs:`, as dbt has it"),
        );
    }
    !settings.targets.is_empty()
}

fn targets(outputs: Option<&Node>, diags: &mut Diagnostics) -> Vec<TargetSpec> {
    let outputs = outputs.map(entries).unwrap_or_default();
    let mut targets = Vec::new();
    for (name, output) in outputs {
        let kind = output.get("type");
        let Some(kind) = kind.and_then(|node| Some(Spanned::new(node.scalar_text()?, node.span)))
        else {
            diags.push(
                Diagnostic::error(
                    &codes::DBT_PROFILE,
                    format!("the output `{}` has no type", name.value),
                )
                .at(name.span, "of this output")
                .help("add `type:`, the kind of warehouse"),
            );
            continue;
        };
        let options = entries(output)
            .iter()
            .filter(|(key, _)| key.value != "type");
        targets.push(TargetSpec {
            name: name.clone(),
            kind,
            options: options.cloned().collect(),
            span: output.span,
            is_of_dbt: true,
        });
    }
    targets
}

fn entries(node: &Node) -> &[(Spanned<String>, Node)] {
    match &node.kind {
        NodeKind::Map(entries) => entries,
        NodeKind::Null
        | NodeKind::Bool(_)
        | NodeKind::Int(_)
        | NodeKind::Number(_)
        | NodeKind::String(_)
        | NodeKind::List(_) => &[],
    }
}

fn entry<'a>(node: &'a Node, name: &str) -> Option<&'a Node> {
    entries(node)
        .iter()
        .find(|(key, _)| key.value == name)
        .map(|(_, node)| node)
}

/// `{{ env_var('PORT') | as_number }}` is what it is without: texts are read as numbers where numbers are meant.
fn without_filters(node: &mut Node) {
    match &mut node.kind {
        NodeKind::String(text) if text.contains('|') && text.contains("{{") => {
            for filter in ["as_number", "as_bool", "as_native", "as_text", "int"] {
                // Places in the text stay what they are.
                let blank = " ".repeat(filter.len() + 2);
                *text = text.replace(&format!("| {filter}"), &blank);
                *text = text.replace(&format!("|{filter}"), blank.get(1..).unwrap_or(""));
            }
        }
        NodeKind::List(items) => items.iter_mut().for_each(without_filters),
        NodeKind::Map(entries) => entries
            .iter_mut()
            .for_each(|(_, node)| without_filters(node)),
        NodeKind::Null
        | NodeKind::Bool(_)
        | NodeKind::Int(_)
        | NodeKind::Number(_)
        | NodeKind::String(_) => {}
    }
}
