//! `segc why SEGMENT KEY`: the condition tree of one entity, with the values and rows that decided it.

use super::args::{EngineArgs, ProjectArgs};
use super::connect::{self, Sources};
use super::named;
use super::workspace::{Parts, Workspace};
use super::{Ctx, DiagFormat, Exit};
use crate::build::read::Reader;
use crate::build::{Policy, tables::Names};
use crate::diag::Diagnostic;
use crate::diag::codes::{build as build_codes, project as codes};
use crate::diag::plain;
use crate::engine::{Engine, EngineError, Rows, Value};
use crate::expr::{Literal, Type};
use crate::ir::Selection;
use crate::model::{Entity, Model};
use crate::why::published::{self, Membership};
use crate::why::text::{self, Look};
use crate::why::{Answered, Depth, Question, json, key};
use jiff::Timestamp;
use std::fmt::Write as _;

/// Show why one entity is in a segment or not: every condition, and the values and rows that decided it
#[derive(clap::Args, Debug)]
#[command(
    after_help = "Exit status: 0 whether a member or not, 1 if there is no such entity, 2 if the key cannot be one.

Examples:
  segc why winback 17850
  segc why lifecycle.lapsed 17850 --as-of 2026-01-31
  segc why winback 17850 --format json | jq .member"
)]
pub(super) struct Args {
    /// A segment, or a case as group.case
    segment: String,

    /// The entity's key
    #[arg(allow_hyphen_values = true)]
    key: String,

    #[command(flatten)]
    project: ProjectArgs,

    #[command(flatten)]
    engine: EngineArgs,
}

/// What was found out.
struct Found {
    question: Question,
    row: Vec<Value>,
    membership: Option<Membership>,
}

pub(super) fn run(args: &Args, ctx: &Ctx) -> Result<Exit, Exit> {
    let mut workspace = Workspace::open(&args.project, ctx);
    workspace.analyse(Sources::Present);
    let now = workspace.now;
    let found = match workspace.parts() {
        None => None,
        Some(parts) => find(args, parts, now),
    };
    workspace.report(ctx, false)?;
    if let Some(found) = found {
        let answered = found.question.answered(&found.row);
        let membership = found.membership.as_ref();
        let data = if args.project.format == DiagFormat::Json {
            let value = json::answer(&answered, membership, &workspace.sources);
            let mut json = serde_json::to_string_pretty(&value).expect("a JSON value is JSON");
            json.push('\n');
            json
        } else {
            let look = Look {
                color: true,
                ascii: ctx.ui.ascii(),
            };
            plain::page(&words(&answered, membership, look))
        };
        ctx.ui.data(&data)?;
    }
    Ok(workspace.exit())
}

fn find(args: &Args, mut parts: Parts<'_>, now: Timestamp) -> Option<Found> {
    let id = named::segment(&args.segment, "why", &mut parts)?;
    let question = Question::new(parts.model, id, Depth::Rows)?;
    let entity = parts
        .model
        .entities
        .get(question.segment().entity.index())?;
    let Some(key) = key::read(&args.key, &entity.key_type, &parts.model.time_zone) else {
        parts.diags.push(no_key(&args.key, entity, &args.segment));
        return None;
    };
    let query = question.query(Some(key.clone()), parts.dialect, parts.diags)?;
    if parts.diags.has_errors() {
        return None;
    }
    let connection = connect::reading(parts.project, parts.target, args.engine.threads);
    let warehouse = connect::open(&connection, parts.diags)?;
    let asked = warehouse.session().and_then(|mut session| {
        for statement in &query.prelude {
            session.execute(statement)?;
        }
        let rows = session.query(&query.sql)?;
        let membership = membership(&question, &key, &parts, now, session.as_mut())?;
        Ok((rows, membership))
    });
    let (rows, membership) = match asked {
        Ok(found) => found,
        Err(e) => {
            parts.diags.push(connect::failed(&e));
            return None;
        }
    };
    let row = only(rows, args, entity, &mut parts)?;
    Some(Found {
        question,
        row,
        membership,
    })
}

/// The one row of this key.
fn only(rows: Rows, args: &Args, entity: &Entity, parts: &mut Parts<'_>) -> Option<Vec<Value>> {
    let count = rows.rows.len();
    let mut rows = rows.rows.into_iter();
    match (count, rows.next()) {
        (1, Some(row)) => Some(row),
        (0, _) | (_, None) => {
            parts.diags.push(
                Diagnostic::error(
                    &codes::NO_SUCH_KEY,
                    format!(
                        "there is no {} with {} = {}",
                        entity.name, entity.key, args.key
                    ),
                )
                .help(format!(
                    "`segc show {} --limit 5` shows some keys; somebody who is not in the entity's table is in no segment",
                    args.segment
                )),
            );
            None
        }
        (n, Some(_)) => {
            parts.diags.push(
                Diagnostic::error(
                    &build_codes::KEY_IS_DUPLICATED,
                    format!(
                        "{n} rows of `{}` have {} = {}",
                        entity.name, entity.key, args.key
                    ),
                )
                .at(entity.key_span, "the key must tell entities apart")
                .help("leave one row for each, in the source or by a query; `segc build` refuses these too"),
            );
            None
        }
    }
}

fn no_key(text: &str, entity: &Entity, segment: &str) -> Diagnostic {
    let example = match &entity.key_type {
        Type::Int => "a whole number",
        Type::Decimal { .. } | Type::Float => "a number",
        Type::Boolean => "true or false",
        Type::Date => "a date like 2026-01-31",
        Type::Timestamp | Type::Datetime => "a time like '2026-01-31 09:00'",
        Type::String | Type::Json | Type::Array(_) | Type::Null => "a text",
    };
    Diagnostic::error(
        &codes::BAD_KEY,
        format!("`{text}` cannot be a key of `{}`", entity.name),
    )
    .note(format!(
        "`{}` is {}: {example}",
        entity.key, entity.key_type
    ))
    .help(format!("`segc show {segment} --limit 5` shows some keys"))
}

/// What the target holds about it, if anything was published.
fn membership(
    question: &Question,
    key: &Literal,
    parts: &Parts<'_>,
    now: Timestamp,
    engine: &mut dyn Engine,
) -> Result<Option<Membership>, EngineError> {
    let outputs = &parts.project.settings.outputs;
    let policy = Policy {
        schema: outputs.schema.value.clone(),
        prefix: outputs.prefix.clone(),
        history: outputs.history,
        wide: outputs.wide,
        run_id: String::new(),
        target: parts.target.name.clone(),
        as_of: parts.model.as_of,
        started_at: now,
        segc_version: env!("CARGO_PKG_VERSION").to_owned(),
        git_sha: None,
        selection_text: None,
        selection: Selection::default(),
        whole: true,
        backfill: false,
        guards: parts.project.settings.guards.clone(),
        accepted: std::collections::BTreeMap::new(),
    };
    let names: Names<'_> = policy.names();
    let published = Reader::new(parts.model, &policy, parts.dialect).published(engine)?;
    published::read(
        question,
        key,
        &published,
        &policy.schema,
        names,
        parts.dialect,
        engine,
    )
}

/// The answer for people.
fn words(answered: &Answered<'_>, membership: Option<&Membership>, look: Look) -> String {
    let question = answered.question;
    let (model, segment) = (question.model(), question.segment());
    let entity = model.entities.get(segment.entity.index());
    let who = entity.map_or("", |e| &e.name);
    let key = text::value(answered.key(), &Type::Int);
    let (is, but) = if answered.member() {
        ("is", "")
    } else if !answered.holds(&question.tree) {
        ("is not", "")
    } else if answered.suppressed() {
        ("would be", ", but is suppressed")
    } else {
        ("would be", ", but is held out")
    };
    let mut out = format!(
        "{} {who} {key} {is} in `{}` as of {} ({}){but}\n\n{}",
        look.mark(answered.member()),
        segment.name,
        local(model.as_of, model),
        model.time_zone.iana_name().unwrap_or("UTC"),
        text::tree(answered, look),
    );
    if !question.suppress.is_empty() {
        let _ = writeln!(out, "\nsuppressed: {}", yes(answered.suppressed()));
        for node in &question.suppress {
            if answered.holds(node) {
                out.push_str(&text::node_lines(answered, node, look));
            }
        }
    }
    if let Some(holdout) = &question.holdout {
        let _ = writeln!(out, "\nheld out: {}", yes(answered.held_out()));
        if answered.held_out() {
            out.push_str(&text::node_lines(answered, holdout, look));
        }
    }
    let channels = answered.channels();
    if !channels.is_empty() {
        let reached: Vec<String> = channels
            .iter()
            .map(|(name, reached)| format!("{name} {}", yes(*reached)))
            .collect();
        let _ = writeln!(out, "\nchannels: {}", reached.join(", "));
    }
    out.push('\n');
    out.push_str(&history(membership, segment.enabled, model));
    out
}

/// What was published.
fn history(membership: Option<&Membership>, enabled: bool, model: &Model) -> String {
    let Some(found) = membership else {
        let why = if enabled { "" } else { " (it is not enabled)" };
        return format!("published: never{why}\n");
    };
    let at = |t: Timestamp| local(t, model);
    let is = match found.since {
        Some(since) => format!("a member since {}", at(since)),
        None => "not a member".to_owned(),
    };
    let changed = if found.same_definition {
        ""
    } else {
        ", with another definition than the present one"
    };
    let mut out = format!(
        "published: {is}, as of {} (run {}){changed}\n",
        at(found.run.as_of),
        found.run.run_id
    );
    let past = found
        .stays
        .iter()
        .filter_map(|(from, to)| Some((from, (*to)?)));
    for (from, to) in past {
        let _ = writeln!(out, "           was one from {} to {}", at(*from), at(to));
    }
    out
}

fn local(at: Timestamp, model: &Model) -> String {
    at.to_zoned(model.time_zone.clone())
        .strftime("%F %H:%M")
        .to_string()
}

fn yes(value: bool) -> &'static str {
    if value { "yes" } else { "no" }
}
