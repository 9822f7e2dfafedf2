//! `segc compile`: the SQL of everything, in files to read; and the plan before and after each rewrite.
#![allow(
    clippy::disallowed_methods,
    reason = "it writes and clears compiled files"
)]

use super::args::{ProjectArgs, SelectArgs, TargetPathArgs};
use super::connect::Sources;
use super::workspace::{Parts, Workspace};
use super::{Ctx, Exit, Ui, files};
use crate::Compiled;
use crate::build::tables;
use crate::diag::Diagnostics;
use crate::dialect::{self, Dialect};
use crate::emit::{CheckQuery, EntityQuery};
use crate::ir::{Plan, Selection};
use crate::manifest::{Names, manifest};
use crate::model::Model;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// Write the SQL of every query and check, and manifest.json, without running anything
#[derive(clap::Args, Debug)]
#[command(
    after_help = "Files go to target/compiled/<target>/: <entity>.sql answers everything about an entity, checks/*.sql are what a build asks of
its sources first. The same input gives the same bytes. With --select the SQL is printed as well. Several dialects have a folder
each, target/compiled/<target>/<dialect>/, and the manifest is the target's. Where there is an error, nothing is written.

Examples:
  segc compile
  segc compile --dialect duckdb,bigquery,snowflake
  segc compile --select winback           prints what winback alone would cost
  segc compile --passes                   shows how measures are fused into scans, rewrite by rewrite"
)]
pub(super) struct Args {
    #[command(flatten)]
    project: ProjectArgs,

    #[command(flatten)]
    select: SelectArgs,

    #[command(flatten)]
    target_path: TargetPathArgs,

    /// Another dialect than the target's, or several
    #[arg(long, value_delimiter = ',', value_parser = clap::builder::PossibleValuesParser::new(dialect::ALL.iter().map(|d| d.name())))]
    dialect: Vec<String>,

    /// Print the plan as it was made and after each rewrite
    #[arg(long)]
    passes: bool,

    /// Open no data: every column must be declared under `columns:`
    #[arg(long, env = "SEGC_OFFLINE", value_parser = clap::builder::FalseyValueParser::new())]
    offline: bool,
}

impl Args {
    /// Those asked for, each once, or the target's.
    fn dialects(&self, of_target: &'static dyn Dialect) -> Vec<&'static dyn Dialect> {
        let asked = dialect::ALL.iter().copied();
        let asked: Vec<_> = asked
            .filter(|d| self.dialect.iter().any(|name| name == d.name()))
            .collect();
        if asked.is_empty() {
            vec![of_target]
        } else {
            asked
        }
    }
}

pub(super) fn run(args: &Args, ctx: &Ctx) -> Result<Exit, Exit> {
    let mut workspace = Workspace::open(&args.project, ctx);
    workspace.analyse(if args.offline {
        Sources::Declared
    } else {
        Sources::Local
    });
    workspace.lint();
    let wanted = args.select.wanted();
    let Some(selection) = workspace.select(&wanted) else {
        return workspace.finish(ctx, true);
    };
    let Some(folder) = workspace.target_path(&args.target_path, ctx) else {
        return workspace.finish(ctx, true);
    };
    let mut data = String::new();
    let mut written = 0;
    if let Some(parts) = workspace.parts() {
        let dialects = args.dialects(parts.dialect);
        let mut listed = Vec::new();
        for dialect in &dialects {
            let mut passes = Passes::default();
            let compiled = crate::compile(
                parts.model,
                &selection,
                *dialect,
                &mut |name, plan| {
                    if args.passes {
                        passes.see(name, plan, parts.model);
                    }
                },
                parts.diags,
            );
            let below = match dialects.as_slice() {
                [_] => PathBuf::new(),
                _ => PathBuf::from(dialect.name()),
            };
            if dialects.len() > 1 && (args.passes || !wanted.is_everything()) {
                let _ = writeln!(data, "-- {}\n", dialect.name());
            }
            if args.passes {
                data.push_str(&passes.text);
            } else if !wanted.is_everything() {
                for query in &compiled.queries {
                    data.push_str(&query_file(query));
                }
            }
            let of_dialect = sql_files(&compiled, parts.model, *dialect).into_iter();
            listed.extend(of_dialect.map(|(name, text)| (below.join(name), text)));
        }
        if !parts.diags.has_errors() {
            let of_manifest = match dialects.as_slice() {
                [one] => *one,
                _ => parts.dialect,
            };
            let json = manifest_json(&parts, &selection, of_manifest);
            written = listed.len();
            let below = folder.join("compiled").join(&parts.target.name);
            clear(&below, &listed);
            for (_, text) in &mut listed {
                ensure_line_end(text);
            }
            for (name, text) in &listed {
                put(&below.join(name), text, &ctx.ui, parts.diags);
            }
            put(&folder.join("manifest.json"), &json, &ctx.ui, parts.diags);
        }
    }
    workspace.report(ctx, data.is_empty())?;
    ctx.ui.data(&data)?;
    if workspace.exit() == Exit::Fine {
        let s = if written == 1 { "" } else { "s" };
        ctx.ui.status(&format!(
            "wrote {written} statement{s} and manifest.json to {}",
            folder.display()
        ));
    }
    Ok(workspace.exit())
}

fn manifest_json(parts: &Parts<'_>, selection: &Selection, dialect: &dyn Dialect) -> String {
    let sources = &*parts.sources;
    let schema = &parts.project.settings.outputs.schema.value;
    let prefix = &parts.project.settings.outputs.prefix;
    let names = Names {
        path_of: &|span| {
            sources
                .get(span.file)
                .map(|f| f.path.clone())
                .unwrap_or_default()
        },
        relation_of: &|segment| format!("{schema}.{}", tables::Names { prefix }.segment(segment)),
    };
    let manifest = manifest(parts.model, selection, dialect, &names);
    let json = serde_json::to_string_pretty(&manifest)
        .expect("strings, numbers and maps by string are JSON");
    format!("{json}\n")
}

fn put(path: &Path, text: &str, ui: &Ui, diags: &mut Diagnostics) {
    if let Err(diagnostic) = files::put(path, text, ui) {
        diags.push(*diagnostic);
    }
}

fn ensure_line_end(text: &mut String) {
    if !text.ends_with('\n') {
        text.push('\n');
    }
}

/// What is compiled, as files below the target's folder.
fn sql_files(compiled: &Compiled, model: &Model, dialect: &dyn Dialect) -> Vec<(PathBuf, String)> {
    let mut out = Vec::new();
    for query in &compiled.queries {
        let name = model
            .entities
            .get(query.entity.index())
            .map_or("entity", |e| e.name.as_str());
        out.push((PathBuf::from(format!("{name}.sql")), query_file(query)));
    }
    let mut taken = BTreeSet::new();
    for check in &compiled.checks {
        let mut name = check_name(check);
        while !taken.insert(name.clone()) {
            name.push('_');
        }
        let text = format!(
            "-- {}: violations must be 0 ({})\n{};\n",
            check.what,
            dialect.name(),
            check.sql
        );
        out.push((PathBuf::from("checks").join(format!("{name}.sql")), text));
    }
    out
}

/// The statements of a query, each with its semicolon.
fn query_file(query: &EntityQuery) -> String {
    let mut text = String::new();
    for statement in query.prelude.iter().chain([&query.sql]) {
        let _ = writeln!(text, "{statement};");
    }
    text
}

fn check_name(check: &CheckQuery) -> String {
    use crate::emit::CheckKind;
    let kind = match check.kind {
        CheckKind::EntityKeyNull => "key_null",
        CheckKind::EntityKeyDuplicate => "key_duplicate",
        CheckKind::JoinDuplicate => "join_duplicate",
        CheckKind::ListKeyNull => "list_key_null",
        CheckKind::SuppressorKeyNull => "suppression_key_null",
        CheckKind::SuppressorFew(_) => "suppression_few",
        CheckKind::SuppressorStale => "suppression_stale",
        CheckKind::TimeNull => "time_null",
        CheckKind::Rows => "rows",
    };
    let what: String = check
        .what
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() {
                c.to_ascii_lowercase()
            } else {
                '_'
            }
        })
        .collect();
    let what = what.trim_matches('_');
    format!("{kind}_{what}")
}

/// Removes compiled files of an earlier run that this one does not write, and folders that are empty then.
fn clear(folder: &Path, listed: &[(PathBuf, String)]) {
    let keep: BTreeSet<PathBuf> = listed.iter().map(|(name, _)| folder.join(name)).collect();
    let of_dialects = dialect::ALL.iter().map(|d| folder.join(d.name()));
    let folders = of_dialects.chain([folder.to_owned()]);
    for below in folders.flat_map(|f| [f.join("checks"), f]) {
        let Ok(entries) = std::fs::read_dir(&below) else {
            continue;
        };
        for entry in entries.flatten() {
            let path = entry.path();
            if path.extension().is_some_and(|e| e == "sql") && !keep.contains(&path) {
                // One that cannot be removed is in nobody's way.
                let _ = std::fs::remove_file(path);
            }
        }
        let _ = std::fs::remove_dir(&below);
    }
}

/// The plans as they pass by; one that is as before is only named.
#[derive(Default)]
struct Passes {
    text: String,
    before: String,
}

impl Passes {
    fn see(&mut self, name: &str, plan: &Plan, model: &Model) {
        let shown = plan.show(model);
        if name == "naive" {
            self.before.clear();
        }
        if shown == self.before {
            let _ = writeln!(self.text, "=== {name}: nothing to do\n");
        } else {
            let _ = writeln!(self.text, "=== {name}\n{shown}");
        }
        self.before = shown;
    }
}
