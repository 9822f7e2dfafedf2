//! `segc show SEGMENT`: its members now, with exposed columns. Nothing is published.

use super::args::{EngineArgs, ProjectArgs};
use super::connect::{self, Sources};
use super::named;
use super::table::{count, csv, json, percent, table, value};
use super::workspace::{Parts, Workspace};
use super::{Ctx, Exit};
use crate::build::results::share;
use crate::dialect::{Dialect, Publishes};
use crate::emit::{EntityQuery, Role};
use crate::engine::{Engine, EngineError, Rows, Value};
use crate::ir::Selection;
use crate::model::{Expose, Model, Segment, SegmentId};
use clap::ValueEnum;

/// Show the members of a segment, with the columns that it exposes; nothing is published
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:
  segc show winback
  segc show lifecycle.new --limit 5 --output json
  segc show winback --limit 0 --output csv > winback.csv     all of them")]
pub(super) struct Args {
    /// A segment, or a case as group.case
    segment: String,

    /// How many members, in the order of their keys; 0 for all
    #[arg(long, default_value_t = 20, value_name = "N")]
    limit: u64,

    /// How to write them
    #[arg(long, default_value = "table", value_name = "FORMAT")]
    output: Output,

    #[command(flatten)]
    project: ProjectArgs,

    #[command(flatten)]
    engine: EngineArgs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Output {
    Table,
    /// One object per line
    Json,
    Csv,
}

/// Members, and how many there are in all.
struct Shown {
    rows: Rows,
    members: u64,
    population: u64,
    /// Whether a build publishes them.
    enabled: bool,
}

pub(super) fn run(args: &Args, ctx: &Ctx) -> Result<Exit, Exit> {
    let mut workspace = Workspace::open(&args.project, ctx);
    workspace.analyse(Sources::Present);
    let shown = match workspace.parts() {
        None => None,
        Some(parts) => members(args, parts),
    };
    workspace.report(ctx, false)?;
    if let Some(shown) = shown {
        ctx.ui.data(&text(&shown.rows, args.output))?;
        ctx.ui.status(&format!(
            "{} of {} shown; {} of the {} in the table",
            count(shown.rows.rows.len() as u64),
            count(shown.members),
            percent(share(shown.members, shown.population)),
            count(shown.population),
        ));
        if !shown.enabled {
            ctx.ui
                .status("it is not enabled: no build publishes these people");
        }
    }
    Ok(workspace.exit())
}

fn members(args: &Args, mut parts: Parts<'_>) -> Option<Shown> {
    let id = named::segment(&args.segment, "show", &mut parts)?;
    let segment = parts.model.segments.get(id.index())?;
    let selection = Selection {
        segments: vec![id],
        traits: segment
            .expose
            .iter()
            .filter_map(|e| match e {
                Expose::Trait(id) => Some(*id),
                Expose::Column(..) => None,
            })
            .collect(),
        ..Selection::default()
    };
    let compiled = crate::compile(
        parts.model,
        &selection,
        parts.dialect,
        &mut |_, _| {},
        parts.diags,
    );
    if parts.diags.has_errors() {
        return None;
    }
    let query = compiled.queries.first()?;
    let connection = connect::reading(parts.project, parts.target, args.engine.threads);
    let warehouse = connect::open(&connection, parts.diags)?;
    let answer = warehouse.session().and_then(|mut session| {
        ask(
            session.as_mut(),
            query,
            segment,
            id,
            parts.model,
            parts.dialect,
            args.limit,
        )
    });
    match answer {
        Ok(shown) => Some(shown),
        Err(e) => {
            parts.diags.push(connect::failed(&e));
            None
        }
    }
}

fn ask(
    session: &mut dyn Engine,
    query: &EntityQuery,
    segment: &Segment,
    id: SegmentId,
    model: &Model,
    dialect: &dyn Dialect,
    limit: u64,
) -> Result<Shown, EngineError> {
    let name = |wanted: &Role| {
        query
            .columns
            .iter()
            .find(|c| c.role == *wanted)
            .map(|c| dialect.identifier(&c.name))
    };
    let mut member = name(&Role::Segment(id)).unwrap_or_else(|| "false".to_owned());
    for (applies, role) in [
        (segment.suppressed, Role::Suppressed),
        (segment.held_out, Role::HeldOut),
    ] {
        if let Some(out) = name(&role).filter(|_| applies) {
            member = format!("{member} and not {out}");
        }
    }
    let key = model
        .entities
        .get(segment.entity.index())
        .map_or("key", |e| e.key.as_str());
    let exposed = segment.expose.iter().filter_map(|e| {
        let role = match e {
            Expose::Trait(id) => Role::Trait(*id),
            Expose::Column(col, _) => Role::Exposed(col.clone()),
        };
        Some(format!(
            "{} as {}",
            name(&role)?,
            dialect.quote(e.name(model))
        ))
    });
    let columns: Vec<String> = name(&Role::Key)
        .map(|k| format!("{k} as {}", dialect.quote(key)))
        .into_iter()
        .chain(exposed)
        .collect();
    for statement in &query.prelude {
        session.execute(statement)?;
    }
    let shown = match dialect.publishes() {
        Publishes::InSession => {
            let sql = format!("create temporary table segc_shown as\n{}", query.sql);
            session.execute(&sql)?;
            "segc_shown".to_owned()
        }
        // Nothing may be written to look, so it is asked twice.
        Publishes::AsScript => format!("(\n{}\n) as segc_shown", query.sql),
    };
    let totals = session.query(&format!(
        "select count(case when {member} then 1 end) as members, count(*) as population from {shown}"
    ))?;
    let number = |n: usize| match totals.rows.first().and_then(|r| r.get(n)) {
        Some(Value::Int(n)) => u64::try_from(*n).unwrap_or(0),
        Some(Value::Null | Value::Boolean(_) | Value::Float(_) | Value::Text(_)) | None => 0,
    };
    let limit = if limit == 0 {
        String::new()
    } else {
        format!(" limit {limit}")
    };
    let rows = session.query(&format!(
        "select {} from {shown} where {member} order by 1{limit}",
        columns.join(", ")
    ))?;
    Ok(Shown {
        rows,
        members: number(0),
        population: number(1),
        enabled: segment.enabled,
    })
}

fn text(rows: &Rows, output: Output) -> String {
    match output {
        Output::Csv => csv(rows),
        Output::Json => {
            let mut out = String::new();
            for row in &rows.rows {
                let object: serde_json::Map<String, serde_json::Value> = rows
                    .columns
                    .iter()
                    .cloned()
                    .zip(row.iter().map(json))
                    .collect();
                out.push_str(&serde_json::Value::Object(object).to_string());
                out.push('\n');
            }
            out
        }
        Output::Table => {
            let head: Vec<&str> = rows.columns.iter().map(String::as_str).collect();
            let numbers: Vec<usize> = (0..head.len())
                .filter(|n| {
                    rows.rows.iter().all(|r| {
                        matches!(
                            r.get(*n),
                            Some(Value::Int(_) | Value::Float(_) | Value::Null)
                        )
                    })
                })
                .collect();
            let body = rows
                .rows
                .iter()
                .map(|r| r.iter().map(value).collect())
                .collect();
            table(&head, body, &numbers)
        }
    }
}
