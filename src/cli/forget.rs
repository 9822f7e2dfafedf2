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
    after_help = "The file has one key a line, without a header; empty lines are none. A key that is empty, has a line break (CR, LF) in it or begins with
a quote is written in quotes, and its own quotes twice: \"\" is the empty key. All keys are erased in one transaction, or none; the
ledger keeps how many rows of which table, no keys. Whoever is still in the sources comes back with the next build: erase them there first.
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
    let mut workspace = Workspace::open_to_write(&args.project, ctx);
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

/// The keys of a file.
fn read(from: &str, cwd: &Path) -> Result<Vec<Given>, Box<Diagnostic>> {
    let problem = |why: String, help: &str| {
        Box::new(Diagnostic::error(&codes::KEYS_UNREADABLE, why).help(help))
    };
    let name_one = "name a text file with one key a line, or `-` for the standard input";
    let mut text = String::new();
    let read = if from == "-" {
        std::io::stdin().lock().read_to_string(&mut text)
    } else {
        std::fs::File::open(cwd.join(from)).and_then(|mut file| file.read_to_string(&mut text))
    };
    read.map_err(|e| problem(format!("`{from}` cannot be read: {e}"), name_one))?;
    let given = keys(text.strip_prefix('\u{feff}').unwrap_or(&text)).map_err(|(line, wrong)| {
        problem(
            format!(
                "line {line} of `{from}` {}, so nobody was erased",
                wrong.words()
            ),
            wrong.help(),
        )
    })?;
    if given.is_empty() {
        return Err(problem(
            format!("`{from}` has no keys"),
            "write one key a line; the empty key is `\"\"`",
        ));
    }
    Ok(given)
}

/// Why it cannot be told which key is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wrong {
    Quotes,
    LineEnd,
}

impl Wrong {
    fn words(self) -> &'static str {
        match self {
            Self::Quotes => "begins with a quote, but is no key in quotes",
            Self::LineEnd => "ends with CR LF or with LF alone, unlike the lines before it",
        }
    }

    fn help(self) -> &'static str {
        match self {
            Self::Quotes => {
                "write a key that begins with a quote in quotes, and its own quotes twice: `\"\"\"a\"\"\"` is the key `\"a\"`"
            }
            Self::LineEnd => {
                "end all lines alike, or write keys that end with CR in quotes, with the line's end after the quote"
            }
        }
    }
}

/// The keys of a text: its lines, but for empty ones. In quotes a key is what is between them, with line breaks and quotes
/// that stand there twice. CR before LF is of the line's end, if all keys without quotes end so.
fn keys(text: &str) -> Result<Vec<Given>, (usize, Wrong)> {
    let mut given = Vec::new();
    let mut end = None;
    let mut lines = (1..).zip(text.split_inclusive('\n'));
    while let Some((line, first)) = lines.next() {
        let mut whole = first.to_owned();
        let quoted = first.starts_with('"');
        let mut open = quoted && has_odd_quotes(first);
        while open {
            let (_, more) = lines.next().ok_or((line, Wrong::Quotes))?;
            open = !has_odd_quotes(more);
            whole.push_str(more);
        }
        let ends = ["\r\n", "\n"].into_iter().find(|end| whole.ends_with(end));
        let key = whole
            .strip_suffix(ends.unwrap_or_default())
            .unwrap_or(&whole);
        let key = if quoted {
            unquoted(key).ok_or((line, Wrong::Quotes))?
        } else {
            if ends.is_some() && *end.get_or_insert(ends) != ends {
                return Err((line, Wrong::LineEnd));
            }
            if key.is_empty() {
                continue;
            }
            key.to_owned()
        };
        given.push(Given { line, key });
    }
    Ok(given)
}

fn has_odd_quotes(text: &str) -> bool {
    text.matches('"').count() % 2 == 1
}

/// What is between quotes.
fn unquoted(text: &str) -> Option<String> {
    let inner = text.strip_prefix('"')?.strip_suffix('"')?;
    let lone = inner.replace("\"\"", "").contains('"');
    (!lone).then(|| inner.replace("\"\"", "\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<(usize, String)>, (usize, Wrong)> {
        Ok(keys(text)?.into_iter().map(|g| (g.line, g.key)).collect())
    }

    fn keyed(keys: &[(usize, &str)]) -> Result<Vec<(usize, String)>, (usize, Wrong)> {
        Ok(keys
            .iter()
            .map(|(n, key)| (*n, (*key).to_owned()))
            .collect())
    }

    #[test]
    fn every_key_can_be_written() {
        assert_eq!(
            read("a\n\n b \nc\"d\""),
            keyed(&[(1, "a"), (3, " b "), (4, "c\"d\"")])
        );
        assert_eq!(
            read("a\r\n\r\nb\r\nc"),
            keyed(&[(1, "a"), (3, "b"), (4, "c")])
        );
        assert_eq!(read("\"\""), keyed(&[(1, "")]));
        assert_eq!(
            read("\"cr\r\"\nb\n\"\"\"q\"\"\"\r\n\"one\r\ntwo\n\n\"\nlast\n"),
            keyed(&[
                (1, "cr\r"),
                (2, "b"),
                (3, "\"q\""),
                (4, "one\r\ntwo\n\n"),
                (8, "last")
            ])
        );
    }

    #[test]
    fn what_may_be_two_keys_is_none() {
        assert_eq!(read("a\ncr\r\nb\n"), Err((2, Wrong::LineEnd)));
        assert_eq!(read("a\r\nb\n"), Err((2, Wrong::LineEnd)));
        assert_eq!(read("a\n\"b\nc\n"), Err((2, Wrong::Quotes)));
        assert_eq!(read("\"a\"b\"\"\n"), Err((1, Wrong::Quotes)));
        assert_eq!(read("\"a\" \n"), Err((1, Wrong::Quotes)));
        assert_eq!(read("\"\n"), Err((1, Wrong::Quotes)));
    }
}
