//! `segc debug`: tries everything that a build needs, and names what is wrong.

use super::args::ProjectArgs;
use super::connect;
use super::workspace::Workspace;
use super::{Ctx, Exit};
use crate::engine::Value;
use std::fmt::Write as _;

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
    let _ = writeln!(out, "segc        {}", env!("CARGO_PKG_VERSION"));
    let mut workspace = Workspace::open(&args.project, ctx);
    if let Some((project, target, diags)) = workspace.found() {
        let _ = writeln!(
            out,
            "project     {} in {}",
            project.settings.name.value,
            project.root.display()
        );
        if let Some(target) = target {
            let options = connect::reading(project, target, None);
            let place = connect::file(project, target).map_or_else(
                || "in memory".to_owned(),
                |f| {
                    let state = if options.path.is_some() {
                        ""
                    } else {
                        " (not there yet: a build makes it)"
                    };
                    format!("{}{state}", f.display())
                },
            );
            let _ = writeln!(out, "target      {} ({})", target.name, target.kind);
            let _ = writeln!(out, "database    {place}");
            let _ = writeln!(out, "schema      {}", project.settings.outputs.schema.value);
            if let Some(warehouse) = connect::open(&options, diags) {
                match warehouse
                    .session()
                    .and_then(|mut s| s.query("select version()"))
                {
                    Ok(rows) => {
                        let version = match rows.rows.first().and_then(|r| r.first()) {
                            Some(Value::Text(version)) => version.clone(),
                            Some(
                                Value::Null | Value::Boolean(_) | Value::Int(_) | Value::Float(_),
                            )
                            | None => String::new(),
                        };
                        let _ = writeln!(out, "connection  fine, engine {version}");
                    }
                    Err(e) => diags.push(connect::refused(&options, &e)),
                }
            }
        }
    }
    ctx.ui.page(&out)?;
    workspace.finish(ctx, false).map(|exit| match exit {
        Exit::Found => Exit::CouldNotRun,
        Exit::Fine | Exit::CouldNotRun | Exit::Lost | Exit::Unknown | Exit::Interrupted(_) => exit,
    })
}
