//! `segc debug`: tries everything that a build needs, and names what is wrong.

use super::args::ProjectArgs;
use super::connect;
use super::workspace::Workspace;
use super::{Ctx, Exit};
use crate::diag::codes::project as codes;
use crate::diag::{Diagnostic, Diagnostics};
use crate::engine::surroundings::Machine;
use crate::engine::{Remote, State, Value};
use crate::project::Project;
use crate::project::target::{Embedded, Place, Target};
use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

/// Try the project and the target's connection, and say what is wrong with them
#[derive(clap::Args, Debug)]
#[command(after_help = "Example:
  segc debug --target prod")]
pub(super) struct Args {
    #[command(flatten)]
    project: ProjectArgs,
}

pub(super) fn run(args: &Args, ctx: &Ctx) -> Result<Exit, Exit> {
    let mut out = String::new();
    line(&mut out, "segc", env!("CARGO_PKG_VERSION"));
    let mut workspace = Workspace::open(&args.project, ctx);
    if let Some((project, target, diags)) = workspace.found() {
        let name = &project.settings.name.value;
        line(
            &mut out,
            "project",
            &format!("{name} in {}", project.root.display()),
        );
        if let Some(target) = target {
            let from = if target.is_of_dbt {
                ", of dbt's profile"
            } else {
                ""
            };
            line(
                &mut out,
                "target",
                &format!("{} ({}{from})", target.name, target.kind),
            );
            match &target.place {
                Place::Embedded(embedded) => local(&mut out, project, target, embedded, diags),
                Place::Remote(remote) => far(&mut out, project, remote, diags),
            }
        }
    }
    ctx.ui.page(&out)?;
    workspace.finish(ctx, false).map(|exit| match exit {
        Exit::Found => Exit::CouldNotRun,
        Exit::Fine | Exit::CouldNotRun | Exit::Lost | Exit::Unknown | Exit::Interrupted(_) => exit,
    })
}

fn line(out: &mut String, name: &str, value: &str) {
    let _ = writeln!(out, "{name:<11} {value}");
}

/// A database of the engine inside the program.
fn local(
    out: &mut String,
    project: &Project,
    target: &Target,
    embedded: &Embedded,
    diags: &mut Diagnostics,
) {
    let place = connect::file(project, embedded).map_or_else(
        || "in memory".to_owned(),
        |f| {
            let state = if f.exists() {
                ""
            } else if f.parent().is_some_and(Path::is_dir) {
                " (not there yet: a build makes it)"
            } else {
                " (not there)"
            };
            format!("{}{state}", f.display())
        },
    );
    line(out, "database", &place);
    line(out, "schema", &project.settings.outputs.schema.value);
    if let Some(problem) = connect::unwritable(project, target) {
        line(out, "connection", "see below");
        diags.push(problem);
        return;
    }
    let connection = connect::reading(project, target, None);
    let Some(warehouse) = connect::open(&connection, diags) else {
        return;
    };
    match warehouse
        .session()
        .and_then(|mut s| s.query("select version()"))
    {
        Ok(rows) => {
            let version = match rows.rows.first().and_then(|r| r.first()) {
                Some(Value::Text(version)) => version.as_str(),
                Some(Value::Null | Value::Boolean(_) | Value::Int(_) | Value::Float(_)) | None => {
                    ""
                }
            };
            line(out, "connection", &format!("fine, engine {version}"));
        }
        Err(e) => diags.push(connect::refused(&connection, &e)),
    }
}

/// A warehouse that is reached over a network.
fn far(out: &mut String, project: &Project, remote: &Remote, diags: &mut Diagnostics) {
    let schema = &project.settings.outputs.schema.value;
    line(out, "address", &remote.place());
    for (name, value) in remote.told() {
        line(out, name, &value);
    }
    line(out, "schema", schema);
    let _ = writeln!(out);
    let mut is_all_fine = true;
    let mut remote = remote.clone();
    remote.run_as(&ulid::Ulid::generate().to_string());
    for finding in remote.examine(Arc::new(Machine::default()), schema) {
        match finding.state {
            State::Fine(said) => line(out, finding.what, &said),
            State::Unsure(said) => {
                is_all_fine = false;
                line(out, finding.what, &said);
            }
            State::Wrong { said, help } => {
                is_all_fine = false;
                line(out, finding.what, "see below");
                diags.push(
                    Diagnostic::error(
                        &codes::CANNOT_CONNECT,
                        format!("the {} of this target cannot be used", finding.what),
                    )
                    .note(said)
                    .help(help),
                );
            }
        }
    }
    if !is_all_fine {
        let _ = writeln!(
            out,
            "\nWhat a build needs, as somebody who may grant it writes it:"
        );
        for grant in remote.grants(schema) {
            let _ = writeln!(out, "  {grant}");
        }
    }
}
