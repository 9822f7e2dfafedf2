//! `segc explain CODE` and `segc explain NAME`.

use super::{Ctx, Exit};
use crate::diag::{codes, nearest};
use std::fmt::Write as _;

/// Explain a segment or trait in plain words, or a diagnostic's code
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:
  segc explain S0210          what an unknown column is, and the cure
  segc explain winback        who is in it, what it is made of, what it reads")]
pub struct Args {
    /// A segment, group, case (lifecycle.new) or trait; or a code (S0210)
    name: String,
}

pub(super) fn run(args: &Args, ctx: &Ctx) -> Result<Exit, Exit> {
    code(&args.name, ctx)
}

fn code(id: &str, ctx: &Ctx) -> Result<Exit, Exit> {
    let Some(code) = codes::find(id) else {
        let near = nearest(id, codes::all().map(|c| c.id));
        let hint = near.map_or_else(String::new, |n| format!("; did you mean {n}?"));
        ctx.ui.problem(&format!("there is no code {id}{hint}"));
        return Ok(Exit::CouldNotRun);
    };
    let mut out = String::new();
    let _ = writeln!(out, "{}: {}\n", code.id, code.title);
    out.push_str(&wrap(code.explain, 100));
    out.push('\n');
    ctx.ui.data(&out)?;
    Ok(Exit::Fine)
}

/// Breaks long lines at spaces; indented ones are code and stay.
fn wrap(text: &str, width: usize) -> String {
    let mut out = String::new();
    for line in text.lines() {
        if line.starts_with("  ") {
            out.push_str(line);
        } else {
            let mut length = 0;
            for word in line.split(' ') {
                let size = word.chars().count();
                if length > 0 && length + 1 + size > width {
                    out.push('\n');
                    length = 0;
                } else if length > 0 {
                    out.push(' ');
                    length += 1;
                }
                out.push_str(word);
                length += size;
            }
        }
        out.push('\n');
    }
    out.truncate(out.trim_end().len());
    out
}
