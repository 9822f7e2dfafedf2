//! `segc forget`: erases people from what is published of them. Their keys are read, used and never written or printed.
#![allow(clippy::disallowed_methods, reason = "it reads the file of keys")]

use super::args::ProjectArgs;
use super::connect::Sources;
use super::held::{Held, ended, hold};
use super::interrupt::Interrupts;
use super::workspace::Workspace;
use super::{Ctx, Exit};
use crate::build::change::message;
use crate::build::maintain::forget::{Forget, Given, key_type};
use crate::build::read::number;
use crate::build::run::Ended;
use crate::diag::Diagnostic;
use crate::diag::codes::history as codes;
use crate::engine::{EngineError, Value};
use crate::expr::Type;
use jiff::Timestamp;
use std::io::Read as _;
use std::path::Path;

/// Erase people from members, history, traits and channels
#[derive(clap::Args, Debug)]
#[command(
    after_help = "The file has one key a line, without a header. All of them are erased in one transaction, or none; the ledger keeps how many
rows of which table, no keys. Whoever is still in the sources comes back with the next build: erase them there first.
Exit status as of `segc build`.

Examples:
  segc forget --keys-from erase.txt --entity customer
  cut -d, -f1 requests.csv | tail -n +2 | segc forget --keys-from - --entity customer"
)]
pub(super) struct Args {
    #[command(flatten)]
    project: ProjectArgs,

    /// A file with one key a line; - for the standard input
    #[arg(long, value_name = "FILE")]
    keys_from: String,

    /// Whose keys they are
    #[arg(long, value_name = "NAME")]
    entity: String,
}

pub(super) fn run(args: &Args, ctx: &Ctx) -> Result<Exit, Exit> {
    let mut workspace = Workspace::open(&args.project, ctx);
    workspace.analyse(Sources::Typed);
    let now = workspace.now;
    let interrupts = Interrupts::watch();
    let given = match read(&args.keys_from, &ctx.cwd) {
        Ok(given) => given,
        Err(diagnostic) => {
            workspace.diags.push(*diagnostic);
            Vec::new()
        }
    };
    let mut end = None;
    if let Some(parts) = workspace.parts()
        && let Some(mut held) = hold(parts, now, true)
    {
        interrupts.stops(held.warehouse.interrupter());
        end = forget(args, &mut held, &given, &interrupts);
    }
    workspace.report(ctx, false)?;
    let exit = end.map(|(how, said)| ended(&how, &said, ctx));
    if let Some(status) = interrupts.signalled() {
        return Ok(Exit::Interrupted(status));
    }
    Ok(match exit {
        Some(exit) if exit != Exit::Fine => exit,
        Some(_) | None => workspace.exit(),
    })
}

fn forget(
    args: &Args,
    held: &mut Held<'_>,
    given: &[Given],
    interrupts: &Interrupts,
) -> Option<(Ended, String)> {
    let Some(ty) = key_type(&held.policy, &held.published, &args.entity) else {
        held.parts.diags.push(unknown(args, held));
        return None;
    };
    let (stages, wrong) = {
        let forget = Forget::new(
            &held.policy,
            &held.published,
            &args.entity,
            given,
            held.parts.dialect,
        );
        let wrong = unreadable(&forget, given, ty, held);
        let stages = forget.stages(held.parts.model, &held.published, Timestamp::now());
        (stages, wrong)
    };
    match wrong {
        Err(error) => {
            held.refused(&error);
            None
        }
        Ok(lines) if !lines.is_empty() => {
            held.parts.diags.push(no_keys(&lines, ty));
            None
        }
        Ok(_) => {
            let how = held.change(&stages, interrupts)?;
            // What the ledger says of it; that it cannot be read now does not bring anybody back.
            let said = (held.warehouse.session())
                .and_then(|mut engine| message(&held.reader(), engine.as_mut()))
                .unwrap_or_default();
            Some((how, said))
        }
    }
}

fn unknown(args: &Args, held: &Held<'_>) -> Diagnostic {
    let names = held.parts.model.entities.iter().map(|e| e.name.as_str());
    let published = names.filter(|n| key_type(&held.policy, &held.published, n).is_some());
    let published: Vec<String> = published.map(|n| format!("`{n}`")).collect();
    Diagnostic::error(
        &codes::NO_MEMBERS_OF,
        format!("nothing is published of an entity `{}`", args.entity),
    )
    .help(if published.is_empty() {
        held.nothing()
    } else {
        format!("members are published of {}", published.join(", "))
    })
}

fn no_keys(lines: &[usize], ty: &str) -> Diagnostic {
    Diagnostic::error(
        &codes::NOT_A_KEY,
        format!("{} of the file: no key, so nobody was erased", words(lines)),
    )
    .note(format!("keys are {ty}"))
    .help("give one key a line, as it is published, without a header")
}

/// `line 7`, `lines 1, 2 and 3 more`
fn words(lines: &[usize]) -> String {
    let shown: Vec<String> = lines.iter().take(8).map(ToString::to_string).collect();
    let s = if lines.len() == 1 { "" } else { "s" };
    let more = match lines.len().saturating_sub(8) {
        0 => String::new(),
        n => format!(" and {n} more"),
    };
    format!("line{s} {}{more}", shown.join(", "))
}

/// The lines that are no keys of the type.
fn unreadable(
    forget: &Forget<'_>,
    given: &[Given],
    ty: &str,
    held: &Held<'_>,
) -> Result<Vec<usize>, EngineError> {
    let dialect = held.parts.dialect;
    match dialect.type_of(ty) {
        // A conversion would round, and take `007` for 7.
        Some(Type::Int | Type::Decimal { scale: 0, .. }) => Ok(given
            .iter()
            .filter(|g| g.key.parse::<i128>().map(|n| n.to_string()) != Ok(g.key.clone()))
            .map(|g| g.line)
            .collect()),
        Some(Type::String) if ty.eq_ignore_ascii_case(&dialect.type_name(&Type::String)) => {
            Ok(Vec::new())
        }
        Some(_) | None => {
            let mut engine = held.warehouse.session()?;
            let mut lines = Vec::new();
            for sql in forget.unreadable() {
                for row in engine.query(&sql)?.rows {
                    let line = row.first().unwrap_or(&Value::Null);
                    lines.push(usize::try_from(number(line)?).unwrap_or_default());
                }
            }
            Ok(lines)
        }
    }
}

/// The keys of a file: its lines, but for empty ones.
fn read(from: &str, cwd: &Path) -> Result<Vec<Given>, Box<Diagnostic>> {
    let problem = |why: String| {
        Box::new(
            Diagnostic::error(&codes::KEYS_UNREADABLE, why)
                .help("name a text file with one key a line, or `-` for the standard input"),
        )
    };
    let mut text = String::new();
    let read = if from == "-" {
        std::io::stdin().lock().read_to_string(&mut text)
    } else {
        std::fs::File::open(cwd.join(from)).and_then(|mut file| file.read_to_string(&mut text))
    };
    read.map_err(|e| problem(format!("`{from}` cannot be read: {e}")))?;
    let lines = text.strip_prefix('\u{feff}').unwrap_or(&text).lines();
    let given: Vec<Given> = (1..)
        .zip(lines)
        .filter(|(_, key)| !key.is_empty())
        .map(|(line, key)| Given {
            line,
            key: key.to_owned(),
        })
        .collect();
    if given.is_empty() {
        return Err(problem(format!("`{from}` has no keys")));
    }
    Ok(given)
}
