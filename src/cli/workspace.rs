//! What commands on a project have in common: read it, know its tables, resolve it at one instant, print what was found.
#![allow(
    clippy::disallowed_methods,
    reason = "the clock is read here, once per run"
)]

use super::args::ProjectArgs;
use super::connect::{self, Sources};
use super::{Ctx, Exit, Ui};
use crate::diag::codes::{history, project as codes};
use crate::diag::{Diagnostics, Severity};
use crate::dialect::{self, Dialect};
use crate::ir::Selection;
use crate::lint;
use crate::model::{Catalog, Model, TableId, resolve, typing};
use crate::project::select::{self, Wanted};
use crate::project::target::{self, Target};
use crate::project::{self, Project, Request};
use crate::secret;
use crate::source::SourceMap;
use crate::spec::{Spec, settings};
use jiff::Timestamp;
use std::path::{Path, PathBuf};

/// Codes of findings that mean "could not run" rather than "found something".
const COULD_NOT_RUN: &[&str] = &[
    codes::NO_PROJECT.id,
    codes::UNREADABLE.id,
    codes::UNKNOWN_SELECTED.id,
    codes::SELECTOR_METHOD.id,
    codes::UNKNOWN_TARGET.id,
    codes::TARGET_TYPE.id,
    codes::NO_ENGINE.id,
    codes::DBT_PROFILE.id,
    codes::LOGIN.id,
    codes::CANNOT_WRITE.id,
    codes::CANNOT_CONNECT.id,
    codes::IN_MEMORY.id,
    codes::BAD_KEY.id,
    history::NO_MEMBERS_OF.id,
    history::NOT_A_KEY.id,
    history::KEYS_UNREADABLE.id,
    history::BACKFILL_DATES.id,
];

/// A project on the bench: what was read so far, and what is wrong with it.
pub(super) struct Workspace {
    pub(super) sources: SourceMap,
    pub(super) diags: Diagnostics,
    args: ProjectArgs,
    /// From the current folder to the project's, with `/` at the end; empty if it is the same.
    prefix: String,
    project: Option<Project>,
    target: Option<Target>,
    /// Columns that were found.
    catalog: Catalog,
    model: Option<Model>,
    /// What it was resolved with.
    facts: Option<typing::Context>,
    /// As of when another project reads the sources with which this one is compared.
    read_at: Option<Timestamp>,
    /// The instant the command began.
    pub(super) now: Timestamp,
}

/// A project that was understood, and the bag to go on with.
pub(super) struct Parts<'a> {
    pub(super) project: &'a Project,
    pub(super) target: &'a Target,
    pub(super) model: &'a Model,
    pub(super) dialect: &'static dyn Dialect,
    pub(super) sources: &'a mut SourceMap,
    pub(super) diags: &'a mut Diagnostics,
}

impl Workspace {
    /// Reads the project that the flags name.
    pub(super) fn open(args: &ProjectArgs, ctx: &Ctx) -> Self {
        let mut diags = Diagnostics::default();
        let mut sources = SourceMap::default();
        let request = Request {
            cwd: &ctx.cwd,
            project_dir: args.project_dir.as_deref(),
        };
        let root = project::find(&request, &mut diags);
        let prefix = root.as_ref().map_or_else(String::new, |r| way(&ctx.cwd, r));
        let mut project = root
            .and_then(|root| project::load(root, args.vars.as_deref(), &mut sources, &mut diags));
        let profiles_dir = args.profiles_dir.as_ref().map(|dir| ctx.cwd.join(dir));
        let is_connected = project.as_mut().is_some_and(|project| {
            project::connect(project, profiles_dir.as_deref(), &mut sources, &mut diags)
        });
        keep_secrets(&sources, project.as_ref(), &ctx.ui);
        let target = project.as_ref().filter(|_| is_connected).and_then(|p| {
            target::resolve(&p.settings, &p.root, args.target.as_deref(), &mut diags)
        });
        Self {
            sources,
            diags,
            args: args.clone(),
            prefix,
            project,
            target,
            catalog: Catalog::default(),
            model: None,
            facts: None,
            read_at: None,
            now: Timestamp::now(),
        }
    }

    /// The same for a command that writes into the target: where nothing could be kept there, no more is asked of it.
    pub(super) fn open_to_write(args: &ProjectArgs, ctx: &Ctx) -> Self {
        let mut workspace = Self::open(args, ctx);
        if let (Some(project), Some(target)) = (&workspace.project, &workspace.target)
            && let Some(problem) = connect::unwritable(project, target)
        {
            workspace.diags.push(problem);
            workspace.target = None;
        }
        workspace
    }

    /// The project in another folder, of which only the definitions count: it is asked of this one's target and files, as of
    /// the same instant. `name` is what its files are said to be in.
    pub(super) fn beside(&self, dir: PathBuf, name: &str, ui: &Ui) -> Option<Self> {
        let (project, model) = (self.project.as_ref()?, self.model.as_ref()?);
        let mut diags = Diagnostics::default();
        let mut sources = SourceMap::default();
        let vars = self.args.vars.as_deref();
        let mut other = project::load(dir, vars, &mut sources, &mut diags);
        keep_secrets(&sources, other.as_ref(), ui);
        if let Some(other) = &mut other {
            other.root.clone_from(&project.root);
        }
        Some(Self {
            sources,
            diags,
            args: ProjectArgs {
                as_of: Some(model.as_of.to_string()),
                ..self.args.clone()
            },
            prefix: format!("{name}:"),
            project: other,
            target: self.target.clone(),
            catalog: Catalog::default(),
            model: None,
            facts: None,
            read_at: model.tables.iter().find_map(|t| t.read_at),
            now: self.now,
        })
    }

    /// Resolves the project, with columns from `sources`.
    pub(super) fn analyse(&mut self, sources: Sources) {
        let facts = self.facts();
        let (Some(project), Some(facts)) = (&self.project, facts) else {
            return;
        };
        if self.target.is_none() {
            // Without an engine to ask, columns that are not declared would be reported as unknown.
            return;
        }
        let mut survey = connect::columns(project, self.target.as_ref(), sources, &mut self.diags);
        let mut model = resolve::resolve(
            &project.spec,
            &project.settings,
            &survey.catalog,
            &facts,
            &mut self.diags,
        );
        for (n, table) in (0..).zip(&model.tables) {
            if let Some(counted) = project.lock.statistics(&table.source) {
                model.statistics.insert(TableId(n), counted.clone());
            }
        }
        let reads_rows = matches!(sources, Sources::Present | Sources::Sound);
        if reads_rows && !self.diags.has_errors() {
            connect::unchanged(project, &model, &mut self.diags);
        }
        if let Some(target) = self.target.as_ref().filter(|_| sources == Sources::Present) {
            connect::read_lists(project, target, &mut model, &mut self.diags);
            connect::fix_instant(
                &mut survey,
                target,
                self.read_at,
                &mut model,
                &mut self.diags,
            );
        }
        self.catalog = survey.catalog;
        self.model = Some(model);
        self.facts = Some(facts);
    }

    /// Lints the project, if it has no errors. With `--warn-error` nothing goes on after a warning.
    pub(super) fn lint(&mut self) -> lint::Quiet {
        let mut quiet = lint::Quiet::new();
        if let (Some(project), Some(model), Some(facts), false) = (
            &self.project,
            &self.model,
            &self.facts,
            self.diags.has_errors(),
        ) {
            let (spec, settings) = (&project.spec, &project.settings);
            let mut again = |spec: &Spec, as_of| {
                let mut unheard = Diagnostics::default();
                let facts = typing::Context {
                    as_of,
                    ..facts.clone()
                };
                let model = resolve::unhashed(spec, settings, &self.catalog, &facts, &mut unheard);
                (!unheard.has_errors()).then_some(model)
            };
            quiet = lint::run(spec, settings, model, &mut again, &mut self.diags);
        }
        self.diags.finish(self.args.warn_error);
        quiet
    }

    /// What was read, before it is resolved.
    pub(super) fn found(&mut self) -> Option<(&Project, Option<&Target>, &mut Diagnostics)> {
        Some((
            self.project.as_ref()?,
            self.target.as_ref(),
            &mut self.diags,
        ))
    }

    /// The columns that were found when the project was resolved.
    pub(super) fn catalog(&self) -> &Catalog {
        &self.catalog
    }

    /// The project and its target's name, whatever is wrong with them.
    pub(super) fn parts_even_if_wrong(&self) -> Option<(&Project, &str)> {
        let target = self.target.as_ref().map_or("", |t| t.name.as_str());
        Some((self.project.as_ref()?, target))
    }

    /// What expressions may ask for.
    fn facts(&mut self) -> Option<typing::Context> {
        let settings = &self.project.as_ref()?.settings;
        let as_of = project::as_of(
            settings,
            self.args.as_of.as_deref(),
            self.now,
            &mut self.sources,
            &mut self.diags,
        )?;
        Some(typing::Context {
            as_of,
            time_zone: settings::zone(&settings.time_zone.value)?,
            week_start: settings.week_start,
            vars: project::vars(settings),
        })
    }

    /// What a command goes on with; None while there are errors.
    pub(super) fn parts(&mut self) -> Option<Parts<'_>> {
        if self.diags.has_errors() {
            return None;
        }
        let target = self.target.as_ref()?;
        Some(Parts {
            project: self.project.as_ref()?,
            target,
            model: self.model.as_ref()?,
            dialect: dialect::find(&target.kind)?,
            sources: &mut self.sources,
            diags: &mut self.diags,
        })
    }

    /// What `--select` and `--exclude` mean in this project.
    pub(super) fn select(&mut self, wanted: &Wanted) -> Option<Selection> {
        let parts = self.parts()?;
        let selection = select::select(wanted, parts.model, parts.sources, parts.diags);
        (!self.diags.has_errors()).then_some(selection)
    }

    /// The folder for results.
    pub(super) fn target_path(
        &self,
        args: &super::args::TargetPathArgs,
        ctx: &Ctx,
    ) -> Option<PathBuf> {
        Some(match &args.target_path {
            Some(path) => ctx.cwd.join(path),
            None => self.project.as_ref()?.root.join("target"),
        })
    }

    /// Prints the diagnostics and gives the exit that they mean.
    pub(super) fn finish(mut self, ctx: &Ctx, stdout_is_free: bool) -> Result<Exit, Exit> {
        self.report(ctx, stdout_is_free)?;
        Ok(self.exit())
    }

    /// Prints the diagnostics found so far.
    pub(super) fn report(&mut self, ctx: &Ctx, stdout_is_free: bool) -> Result<(), Exit> {
        self.diags.finish(self.args.warn_error);
        ctx.ui.diagnostics(
            &self.diags,
            &self.sources,
            &self.prefix,
            self.args.format,
            stdout_is_free,
        )
    }

    /// Prints the errors found so far, and nothing else.
    pub(super) fn report_errors(&mut self, ctx: &Ctx) -> Result<(), Exit> {
        let ctx = Ctx {
            ui: Ui {
                quiet: true,
                ..ctx.ui.clone()
            },
            cwd: ctx.cwd.clone(),
        };
        self.report(&ctx, false)
    }

    pub(super) fn exit(&self) -> Exit {
        let errors = || self.diags.iter().filter(|d| d.severity == Severity::Error);
        if errors().any(|d| COULD_NOT_RUN.contains(&d.code.id)) {
            Exit::CouldNotRun
        } else if errors().next().is_some() {
            Exit::Found
        } else {
            Exit::Fine
        }
    }
}

/// Nothing of what a project's settings keep secret is written from now on.
fn keep_secrets(sources: &SourceMap, project: Option<&Project>, ui: &Ui) {
    for (_, file) in sources.iter().filter(|(_, f)| f.path == project::SETTINGS) {
        ui.keep_secret(&secret::written(&file.text));
    }
    if let Some(project) = project {
        ui.keep_secret(&project.settings.secrets);
    }
}

/// How to get from one folder to another below it, for paths that a terminal or an editor can follow.
fn way(cwd: &Path, root: &Path) -> String {
    let mut relative: PathBuf = PathBuf::new();
    match root.strip_prefix(cwd) {
        Ok(below) => relative.push(below),
        Err(_) => match cwd.strip_prefix(root) {
            Ok(above) => relative.extend(above.components().map(|_| "..")),
            Err(_) => relative.push(root),
        },
    }
    let mut prefix = relative.to_string_lossy().replace('\\', "/");
    if !prefix.is_empty() && !prefix.ends_with('/') {
        prefix.push('/');
    }
    prefix
}
