//! A case is a folder of `tests/cases`: what it has on top of `base` makes a project, and its `expected.snap` says what must
//! come of it: diagnostics; and if there are no errors, segments in words, the plan before and after, the SQL.
//!
//! `INSTA_GLOB_FILTER`-like: `CASE=err_unknown cargo test --test it cases` runs those whose names hold the text.

use segc::diag::render::{Format, render};
use segc::diag::{Diagnostics, Severity};
use segc::ir::Selection;
use segc::model::{Catalog, Model, SegmentId, TraitId, resolve, typing, words};
use segc::project::select::{Wanted, select};
use segc::project::{self, Request, target};
use segc::source::SourceMap;
use segc::spec::Spec;
use segc::spec::test::TestSpec;
use segc::testing::suite::{self, Suite};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

/// The day on which every case is asked.
const NOW: &str = "2026-01-31T15:00:00Z";

fn cases() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases")
}

/// Copies a case on top of the base into a fresh folder.
pub(crate) fn lay_out(case: &str) -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let layers = [cases().join("base"), cases().join(case)];
    for from in layers.iter().filter(|folder| folder.is_dir()) {
        for entry in walkdir::WalkDir::new(from) {
            let entry = entry.expect("cases can be read");
            let below = entry.path().strip_prefix(from).expect("below");
            if entry.file_type().is_file() && below != Path::new("expected.snap") {
                let to = dir.path().join(below);
                fs::create_dir_all(to.parent().expect("it has a folder")).expect("made");
                fs::copy(entry.path(), to).expect("copied");
            }
        }
    }
    // Other cases show what they show, whatever lints think of it.
    if case.contains("_lint_") {
        fs::write(dir.path().join("linted"), "").expect("written");
    }
    dir
}

/// A case, understood as far as it can be.
pub(crate) struct Case {
    pub(crate) sources: SourceMap,
    pub(crate) diags: Diagnostics,
    pub(crate) model: Option<Model>,
}

pub(crate) fn read(root: &Path) -> Case {
    let mut sources = SourceMap::default();
    let mut diags = Diagnostics::default();
    let request = Request {
        cwd: root,
        project_dir: None,
    };
    let project = project::find(&request, &mut diags)
        .and_then(|root| project::load(root, None, &mut sources, &mut diags));
    let linted = root.join("linted").exists();
    let model = project.and_then(|project| {
        target::resolve(&project.settings, &project.root, None, &mut diags);
        let zone = segc::spec::settings::zone(&project.settings.time_zone.value)?;
        let now = NOW.parse().expect("an instant");
        let as_of = project::as_of(&project.settings, None, now, &mut sources, &mut diags)?;
        let ctx = typing::Context {
            as_of,
            time_zone: zone,
            week_start: project.settings.week_start,
            vars: project::vars(&project.settings),
        };
        let catalog = Catalog::default();
        let (spec, settings) = (&project.spec, &project.settings);
        let model = resolve::resolve(spec, settings, &catalog, &ctx, &mut diags);
        if !diags.has_errors() {
            let suite = Suite {
                project: &project,
                catalog: &catalog,
                dialect: segc::dialect::embedded(),
                as_of: None,
                program: Path::new(""),
                threads: 1,
                fail_fast: false,
            };
            let tests: Vec<&TestSpec> = project.spec.tests.iter().collect();
            suite::check(&suite, &tests, &mut diags);
        }
        if linted && !diags.has_errors() {
            let mut again = |spec: &Spec, as_of| {
                let ctx = typing::Context {
                    as_of,
                    ..ctx.clone()
                };
                let unheard = &mut Diagnostics::default();
                let model = resolve::resolve(spec, settings, &catalog, &ctx, unheard);
                (!unheard.has_errors()).then_some(model)
            };
            segc::lint::run(spec, settings, &model, &mut again, &mut diags);
        }
        Some(model)
    });
    diags.finish(false);
    Case {
        sources,
        diags,
        model,
    }
}

fn plain(diags: &Diagnostics, sources: &SourceMap) -> String {
    anstream::adapter::strip_str(&render(Format::Text, diags, sources, "")).to_string()
}

/// Everything about a case as one text.
fn lenses(root: &Path) -> (String, Diagnostics) {
    let mut case = read(root);
    let mut out = String::new();
    if !case.diags.has_errors()
        && let Some(model) = &case.model
    {
        let selection = select(
            &Wanted::default(),
            model,
            &mut case.sources,
            &mut case.diags,
        );
        say(model, &selection, &mut out);
        for dialect in segc::dialect::ALL {
            // What one of the other warehouses cannot say is part of what it says.
            let mut theirs = Diagnostics::default();
            let here = dialect.name() == segc::dialect::embedded().name();
            let mut plans = String::new();
            let mut before = String::new();
            let compiled = segc::compile(
                model,
                &selection,
                *dialect,
                &mut |name, plan| {
                    let shown = plan.show(model);
                    if name == "naive" {
                        let _ = writeln!(plans, "=== plan, naive\n{shown}");
                    }
                    before = format!("=== plan, optimised\n{shown}");
                },
                if here { &mut case.diags } else { &mut theirs },
            );
            if here {
                let _ = writeln!(out, "{plans}\n{before}");
            }
            if theirs.has_errors() {
                theirs.finish(false);
                let refused = plain(&theirs, &case.sources);
                let _ = writeln!(out, "=== {}\n{refused}", dialect.name());
                continue;
            }
            for query in &compiled.queries {
                let _ = writeln!(out, "=== {}", dialect.name());
                for statement in &query.prelude {
                    let _ = writeln!(out, "{statement};");
                }
                let _ = writeln!(out, "{};\n", query.sql);
            }
            if !here {
                continue;
            }
            let _ = writeln!(out, "=== checks, {}", dialect.name());
            for check in &compiled.checks {
                let _ = writeln!(out, "{:?} {}", check.kind, check.what);
            }
        }
    }
    case.diags.finish(false);
    let found = plain(&case.diags, &case.sources);
    (format!("{found}{out}").trim_end().to_owned(), case.diags)
}

fn say(model: &Model, selection: &Selection, out: &mut String) {
    out.push_str("=== words\n");
    for id in &selection.segments {
        if let Some(segment) = model.segments.get(id.index()) {
            let _ = writeln!(out, "{}", segment.name);
            for line in words::segment(model, SegmentId(id.0)) {
                let _ = writeln!(out, "  {line}");
            }
        }
    }
    for id in &selection.traits {
        if let Some(t) = model.traits.get(id.index()) {
            let words = words::value(model, t.entity, &t.value);
            let _ = writeln!(
                out,
                "{} = {words} ({}) {}",
                t.name,
                t.value.ty,
                TraitId(id.0).0
            );
        }
    }
    out.push('\n');
}

#[test]
fn cases_give_what_they_should() {
    let mut names: Vec<String> = fs::read_dir(cases())
        .expect("cases can be read")
        .map(|e| {
            e.expect("an entry")
                .file_name()
                .to_string_lossy()
                .into_owned()
        })
        .filter(|n| n != "base")
        .filter(|n| std::env::var("CASE").map_or(true, |wanted| n.contains(&wanted)))
        .collect();
    names.sort();
    let mut settings = insta::Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    let mut wrong = Vec::new();
    for name in names {
        let dir = lay_out(&name);
        let (text, diags) = lenses(dir.path());
        let (errors, warnings) = (diags.count(Severity::Error), diags.count(Severity::Warning));
        let fits = match name.split_once('_').map(|(kind, _)| kind) {
            Some("err") => errors > 0,
            Some("warn") => errors == 0 && warnings > 0,
            Some("ok") => errors == 0 && warnings == 0,
            Some(_) | None => false,
        };
        if !fits {
            wrong.push(format!(
                "{name}: {errors} errors, {warnings} warnings\n{text}"
            ));
            continue;
        }
        settings.set_snapshot_path(cases().join(&name));
        let compared = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            settings.bind(|| insta::assert_snapshot!("expected", text));
        }));
        if compared.is_err() {
            wrong.push(format!("{name}: not as expected"));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n\n"));
}
