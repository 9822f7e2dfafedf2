//! A project's folder: found, read, decoded; its targets; and which part of it a run is asked for.
//!
//! This is a room with doors: it reads files and the environment. What the texts mean is `spec`'s, what the names mean
//! `model`'s. The street calls it.
#![allow(
    clippy::disallowed_methods,
    reason = "this room reads the environment for env_var() in segc.yml"
)]

mod dbt;
mod dbt_project;
mod files;
mod instant;
pub mod lock;
mod profiles;
pub mod revision;
pub mod select;
pub mod target;
mod vars;

use crate::diag::codes::project as codes;
use crate::diag::{Diagnostic, Diagnostics, Severity};
use crate::source::{SourceMap, Span, Spanned};
use crate::spec::{self, Name, Settings, Spec};
use crate::yaml;
pub use files::SETTINGS;
pub use instant::as_of;
use std::path::{Path, PathBuf};
pub use vars::{check as check_vars, literals as vars};

/// Where to look for a project.
#[derive(Clone, Debug)]
pub struct Request<'a> {
    pub cwd: &'a Path,
    pub project_dir: Option<&'a Path>,
}

/// A project as read.
#[derive(Clone, Debug)]
pub struct Project {
    /// The folder that holds `segc.yml`.
    pub root: PathBuf,
    pub settings: Settings,
    pub spec: Spec,
    /// The spec files as trees.
    files: Vec<yaml::Node>,
    /// The columns that sources had when a warehouse was asked last.
    pub lock: lock::Lock,
    /// What `ref()` and `source()` mean.
    dbt: Option<dbt::Tables>,
    /// Where they stand.
    of_dbt: Vec<Span>,
}

impl Project {
    /// The manifest in which dbt names the table that is written here, where it does.
    #[must_use]
    pub fn manifest_of(&self, table: Span) -> Option<&str> {
        let manifest = &self.dbt.as_ref()?.manifest;
        self.of_dbt.contains(&table).then_some(manifest)
    }

    /// The specs with other values of some vars.
    pub fn with_vars(
        &self,
        vars: &[(Name, yaml::Node)],
        diags: &mut Diagnostics,
    ) -> (Spec, Settings) {
        let mut settings = self.settings.clone();
        for (name, value) in &mut settings.vars {
            if let Some((_, other)) = vars.iter().find(|(n, _)| n.value == name.value) {
                *value = other.clone();
            }
        }
        vars::check(&settings, diags);
        // What is wrong with the text has been said.
        let mut said = Diagnostics::default();
        let mut spec = spec::read(&self.files, &settings.vars, &mut said);
        if let Some(dbt) = &self.dbt {
            dbt.put_into(&mut spec, &mut said);
        }
        if said.has_errors() {
            diags.extend(said);
        }
        (spec, settings)
    }
}

/// The folder a request means.
pub fn find(request: &Request<'_>, diags: &mut Diagnostics) -> Option<PathBuf> {
    files::find_root(request.cwd, request.project_dir, diags)
}

/// Gives a project of dbt that has no targets of its own those of dbt's profile; `profiles_dir` is where that was said to be.
/// False where that cannot be, which is said: then it is not known what is connected to.
pub fn connect(
    project: &mut Project,
    profiles_dir: Option<&Path>,
    sources: &mut SourceMap,
    diags: &mut Diagnostics,
) -> bool {
    let env = |name: &str| std::env::var(name).ok().filter(|text| !text.is_empty());
    let Project { root, settings, .. } = project;
    profiles::take(root, profiles_dir, settings, &env, sources, diags)
}

/// Reads the project in `root`: as much of it as can be read; `vars` is `--vars`, a YAML map. None where `segc.yml` cannot
/// be read.
pub fn load(
    root: PathBuf,
    vars: Option<&str>,
    sources: &mut SourceMap,
    diags: &mut Diagnostics,
) -> Option<Project> {
    let file = files::read(&root.join(SETTINGS), SETTINGS, sources, diags)?;
    let text = sources.get(file).map_or("", |f| f.text.as_str());
    let errors = diags.count(Severity::Error);
    let node = yaml::parse(file, text, diags);
    if node.kind == yaml::NodeKind::Null && diags.count(Severity::Error) > errors {
        // That it is no map either would be said of what is not known.
        return None;
    }
    let env = |name: &str| std::env::var(name).ok();
    let mut settings = spec::settings::read(&node, &env, diags)?;
    if let Some(vars) = vars {
        let file = sources.add("--vars", vars);
        spec::settings::override_vars(&mut settings, file, vars, diags);
    }
    vars::check(&settings, diags);
    let specs = files::read_specs(&root, &paths(&root, &settings), sources, diags);
    let nodes: Vec<yaml::Node> = specs
        .iter()
        .map(|file| yaml::parse(*file, sources.get(*file).map_or("", |f| &f.text), diags))
        .collect();
    let mut spec = spec::read(&nodes, &settings.vars, diags);
    let dbt = match &settings.dbt {
        Some(named) => dbt::read(&root, named, &env, diags),
        None => None,
    };
    let mut of_dbt = Vec::new();
    match &dbt {
        Some(tables) => of_dbt = tables.put_into(&mut spec, diags),
        None if settings.dbt.is_some() => dbt::give_up(&mut spec),
        None => {}
    }
    if spec.segments.is_empty()
        && spec.groups.is_empty()
        && spec.traits.is_empty()
        && !diags.has_errors()
    {
        diags.push(nothing_in(&settings, specs.len()));
    }
    let lock = lock::read(&root, sources, diags);
    Some(Project {
        root,
        lock,
        settings,
        spec,
        files: nodes,
        dbt,
        of_dbt,
    })
}

/// Where specs are; nobody needs the folder of tests that is there by default.
fn paths(root: &Path, settings: &Settings) -> Vec<Spanned<String>> {
    let tests = settings
        .test_paths
        .iter()
        .filter(|p| p.value != "tests" || root.join("tests").is_dir());
    settings.spec_paths.iter().chain(tests).cloned().collect()
}

fn nothing_in(settings: &Settings, files: usize) -> Diagnostic {
    let paths: Vec<&str> = settings
        .spec_paths
        .iter()
        .map(|p| p.value.as_str())
        .collect();
    let paths = paths.join("`, `");
    let plural = if files == 1 { "file" } else { "files" };
    let diagnostic = Diagnostic::error(
        &codes::EMPTY_PROJECT,
        "the project has no segment, group or trait",
    )
    .note(format!(
        "read {files} {plural} ending in .yml or .yaml below `{paths}`"
    ))
    .help("write a segment, as in `segc explain S0406`, or begin with `segc init`");
    match settings.spec_paths.first() {
        Some(path) => diagnostic.at(path.span, "specs are read from here"),
        None => diagnostic,
    }
}
