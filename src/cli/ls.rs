//! `segc ls`: what there is.

use super::args::{ProjectArgs, SelectArgs};
use super::connect::Sources;
use super::table::table;
use super::workspace::{Parts, Workspace};
use super::{Ctx, Exit};
use crate::ir::Selection;
use crate::model::SegmentKind;
use crate::testing::suite;
use clap::ValueEnum;
use serde::Serialize;

/// List segments, traits, tests and sources
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:
  segc ls
  segc ls --select tag:email+ --output name
  segc ls --kind source --output json")]
pub(super) struct Args {
    #[command(flatten)]
    project: ProjectArgs,

    #[command(flatten)]
    select: SelectArgs,

    /// Only these kinds
    #[arg(long, value_name = "KIND")]
    kind: Vec<Kind>,

    /// How to write the list
    #[arg(long, default_value = "table", value_name = "FORMAT")]
    output: Output,

    /// Open no data: every column must be declared under `columns:`
    #[arg(long, env = "SEGC_OFFLINE", value_parser = clap::builder::FalseyValueParser::new())]
    offline: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Output {
    /// One name per line
    Name,
    /// One object per line
    Json,
    Table,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Segment,
    Case,
    Arm,
    Trait,
    Test,
    Source,
}

#[derive(Debug, Serialize)]
struct Line<'a> {
    kind: Kind,
    name: String,
    entity: Option<&'a str>,
    title: Option<&'a str>,
    tags: Vec<&'a str>,
    owner: Option<&'a str>,
    file: String,
}

pub(super) fn run(args: &Args, ctx: &Ctx) -> Result<Exit, Exit> {
    let mut workspace = Workspace::open(&args.project, ctx);
    workspace.analyse(if args.offline {
        Sources::Declared
    } else {
        Sources::Local
    });
    let wanted = args.select.wanted();
    let selection = workspace.select(&wanted);
    let mut data = String::new();
    if let (Some(selection), Some(parts)) = (selection, workspace.parts()) {
        let lines: Vec<Line<'_>> = lines(&parts, &selection, wanted.is_everything())
            .into_iter()
            .filter(|l| args.kind.is_empty() || args.kind.contains(&l.kind))
            .collect();
        data = text(&lines, args.output);
    }
    workspace.report(ctx, false)?;
    ctx.ui.data(&data)?;
    Ok(workspace.exit())
}

/// Sources are listed with the whole project only: selectors speak of segments and traits.
fn lines<'a>(parts: &Parts<'a>, selection: &Selection, whole: bool) -> Vec<Line<'a>> {
    let model = parts.model;
    let file = |span: crate::source::Span| {
        parts
            .sources
            .get(span.file)
            .map(|f| f.path.clone())
            .unwrap_or_default()
    };
    let entity =
        |id: crate::model::EntityId| model.entities.get(id.index()).map(|e| e.name.as_str());
    let segments = selection
        .segments
        .iter()
        .filter_map(|id| model.segments.get(id.index()))
        .map(|s| Line {
            kind: match s.kind {
                SegmentKind::Segment | SegmentKind::Holdout => Kind::Segment,
                SegmentKind::Case => Kind::Case,
                SegmentKind::Arm => Kind::Arm,
            },
            name: s.name.clone(),
            entity: entity(s.entity),
            title: s.title.as_deref(),
            tags: s.tags.iter().map(String::as_str).collect(),
            owner: s.owner.as_deref(),
            file: file(s.span),
        });
    let traits = selection
        .traits
        .iter()
        .filter_map(|id| model.traits.get(id.index()))
        .map(|t| Line {
            kind: Kind::Trait,
            name: t.name.clone(),
            entity: entity(t.entity),
            title: t.description.as_deref(),
            tags: t.tags.iter().map(String::as_str).collect(),
            owner: t.owner.as_deref(),
            file: file(t.span),
        });
    let chosen = suite::about(&parts.project.spec.tests, selection, &[], model);
    let tests = chosen.into_iter().map(|t| Line {
        kind: Kind::Test,
        name: t.name.value.clone(),
        entity: None,
        title: None,
        tags: t.tags.iter().map(|t| t.value.as_str()).collect(),
        owner: None,
        file: file(t.span),
    });
    let sources = model
        .tables
        .iter()
        .filter(|t| whole && t.is_read())
        .map(|t| Line {
            kind: Kind::Source,
            name: t.source.to_string(),
            entity: None,
            title: None,
            tags: Vec::new(),
            owner: None,
            file: file(t.span),
        });
    let mut lines: Vec<Line<'_>> = segments.chain(traits).chain(tests).chain(sources).collect();
    lines.sort_by(|a, b| (a.kind as u8, &a.name).cmp(&(b.kind as u8, &b.name)));
    lines
}

fn text(lines: &[Line<'_>], output: Output) -> String {
    match output {
        Output::Name => lines.iter().map(|l| format!("{}\n", l.name)).collect(),
        Output::Json => lines
            .iter()
            .map(|l| {
                let mut line = serde_json::to_string(l).expect("strings are JSON");
                line.push('\n');
                line
            })
            .collect(),
        Output::Table => {
            let word = |kind| match kind {
                Kind::Segment => "segment",
                Kind::Case => "case",
                Kind::Arm => "arm",
                Kind::Trait => "trait",
                Kind::Test => "test",
                Kind::Source => "source",
            };
            let rows = lines.iter().map(|l| {
                vec![
                    word(l.kind).to_owned(),
                    l.name.clone(),
                    l.entity.unwrap_or("").to_owned(),
                    l.tags.join(" "),
                    l.owner.unwrap_or("").to_owned(),
                    l.file.clone(),
                ]
            });
            table(
                &["kind", "name", "of", "tags", "owner", "file"],
                rows.collect(),
                &[],
            )
        }
    }
}
