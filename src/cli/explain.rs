//! `segc explain CODE` and `segc explain NAME`.

use super::args::ProjectArgs;
use super::connect::Sources;
use super::workspace::{Parts, Workspace};
use super::{Ctx, DiagFormat, Exit, counts};
use crate::diag::codes::project;
use crate::diag::{Diagnostic, codes, nearest};
use crate::model::lineage::{self, Lineage};
use crate::model::{SegmentId, TraitId, words};
use crate::project::select;
use std::fmt::Write as _;

/// Explain a segment or trait in plain words, or a diagnostic's code
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:
  segc explain S0210          what an unknown column is, and the cure
  segc explain winback        who is in it, what it is made of, what it reads
  segc explain winback --counts        for how many each condition holds, how many it lets through
                                       after the ones before it, and how many members more (or
                                       fewer) there would be without it")]
pub(super) struct Args {
    /// A segment, group, case (lifecycle.new) or trait; or a code (S0210)
    name: String,

    /// Add the funnel of the segment, counted in one query: for whom each condition holds, kept, dropped, without it
    #[arg(long, conflicts_with = "offline")]
    counts: bool,

    #[command(flatten)]
    project: ProjectArgs,

    /// Open no data: every column must be declared under `columns:`
    #[arg(long, env = "SEGC_OFFLINE", value_parser = clap::builder::FalseyValueParser::new())]
    offline: bool,
}

pub(super) fn run(args: &Args, ctx: &Ctx) -> Result<Exit, Exit> {
    if is_code(&args.name) {
        return code(&args.name, ctx);
    }
    name(args, ctx)
}

/// No segment has a name like this: names are lower-case.
fn is_code(name: &str) -> bool {
    let mut chars = name.chars();
    chars.next() == Some('S')
        && chars.clone().next().is_some_and(|c| c.is_ascii_digit())
        && chars.all(|c| c.is_ascii_alphanumeric())
        || codes::find(name).is_some()
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
    ctx.ui.page(&out)?;
    Ok(Exit::Fine)
}

fn name(args: &Args, ctx: &Ctx) -> Result<Exit, Exit> {
    let mut workspace = Workspace::open(&args.project, ctx);
    workspace.analyse(match (args.offline, args.counts) {
        (true, _) => Sources::Declared,
        (false, true) => Sources::Present,
        (false, false) => Sources::Local,
    });
    let machine = args.counts && args.project.format == DiagFormat::Json;
    let mut out = String::new();
    if let Some(mut parts) = workspace.parts() {
        let segments = select::segments_named(&args.name, parts.model);
        let of_trait = (0u32..)
            .map(TraitId)
            .zip(&parts.model.traits)
            .find(|(_, t)| t.name == args.name);
        let counted = if args.counts {
            counts::funnels(&segments, &mut parts).unwrap_or_default()
        } else {
            Vec::new()
        };
        for id in segments.iter().filter(|_| !machine) {
            segment(*id, &parts, &mut out);
            if let Some((_, funnel)) = counted.iter().find(|(counted, _)| counted == id) {
                let _ = writeln!(out, "{}", counts::words(funnel, who(*id, &parts)));
            }
        }
        for (id, funnel) in counted.iter().filter(|_| machine) {
            if let Some(segment) = parts.model.segments.get(id.index()) {
                let object = counts::machine(&segment.name, parts.model.as_of, funnel);
                let _ = writeln!(out, "{object}");
            }
        }
        if let Some((id, named)) = of_trait {
            trait_value(id, &parts, &mut out);
            if args.counts {
                parts.diags.push(no_members(&named.name));
            }
        }
        if segments.is_empty() && of_trait.is_none() {
            parts.diags.push(select::unknown(&args.name, parts.model));
        }
    }
    workspace.report(ctx, false)?;
    ctx.ui.page(&out)?;
    Ok(workspace.exit())
}

/// The name of a segment's entity.
fn who<'a>(id: SegmentId, parts: &Parts<'a>) -> &'a str {
    let segment = parts.model.segments.get(id.index());
    segment
        .and_then(|s| parts.model.entities.get(s.entity.index()))
        .map_or("", |e| e.name.as_str())
}

fn no_members(name: &str) -> Diagnostic {
    Diagnostic::error(
        &project::UNKNOWN_SELECTED,
        format!("`{name}` is a trait, and only segments have conditions to count"),
    )
    .help("leave `--counts` out, or name a segment")
}

fn segment(id: SegmentId, parts: &Parts<'_>, out: &mut String) {
    let model = parts.model;
    let Some(segment) = model.segments.get(id.index()) else {
        return;
    };
    head(
        &segment.name,
        segment.title.as_deref(),
        segment.span,
        parts,
        out,
    );
    paragraph(segment.description.as_deref(), out);
    for line in words::segment(model, id) {
        let _ = writeln!(out, "  {line}");
    }
    out.push('\n');
    let exposed: Vec<&str> = segment.expose.iter().map(|e| e.name(model)).collect();
    let refers = lineage::of_segment(model, id).segments;
    let refers = refers.iter().filter_map(|s| model.segments.get(s.index()));
    let used_by = model.segments.iter().filter(|s| s.references.contains(&id));
    fact(
        "refers to",
        &refers.map(|s| s.name.as_str()).collect::<Vec<_>>(),
        out,
    );
    fact(
        "used by",
        &used_by.map(|s| s.name.as_str()).collect::<Vec<_>>(),
        out,
    );
    fact("exposes", &exposed, out);
    fact(
        "owner",
        &segment.owner.iter().map(String::as_str).collect::<Vec<_>>(),
        out,
    );
    fact(
        "tags",
        &segment.tags.iter().map(String::as_str).collect::<Vec<_>>(),
        out,
    );
    fact(
        "action",
        &segment
            .action
            .iter()
            .map(String::as_str)
            .collect::<Vec<_>>(),
        out,
    );
    fact(
        "goal",
        &segment.kpi.iter().map(String::as_str).collect::<Vec<_>>(),
        out,
    );
    if !segment.enabled {
        out.push_str("It is not enabled: it can be referred to, but is not published.\n");
    }
    let because = |reason: &Option<String>| {
        let reason = reason.as_ref();
        reason.map_or_else(String::new, |reason| format!(": {reason}"))
    };
    if !segment.suppressed {
        let why = because(&segment.upkeep.suppress_reason);
        let _ = writeln!(out, "Suppression does not apply to it{why}.");
    }
    if let Some(reason) = &segment.upkeep.holdout_reason {
        let _ = writeln!(out, "The holdout is not left out of it: {reason}.");
    }
    reads(&lineage::of_published(model, id), parts, out);
    let _ = writeln!(out, "definition {}\n", segment.definition_hash);
}

fn trait_value(id: TraitId, parts: &Parts<'_>, out: &mut String) {
    let model = parts.model;
    let Some(t) = model.traits.get(id.index()) else {
        return;
    };
    head(&t.name, None, t.span, parts, out);
    paragraph(t.description.as_deref(), out);
    let _ = writeln!(
        out,
        "  {} ({})\n",
        words::value(model, t.entity, &t.value),
        t.value.ty
    );
    let used_by = model.segments.iter().filter(|s| s.traits.contains(&id));
    fact(
        "used by",
        &used_by.map(|s| s.name.as_str()).collect::<Vec<_>>(),
        out,
    );
    reads(&lineage::of_value(model, t.entity, &t.value), parts, out);
    let _ = writeln!(out, "definition {}\n", t.definition_hash);
}

fn head(
    name: &str,
    title: Option<&str>,
    span: crate::source::Span,
    parts: &Parts<'_>,
    out: &mut String,
) {
    let at = parts.sources.position(span.file, span.start);
    let path = parts.sources.get(span.file).map_or("", |f| f.path.as_str());
    let title = title.map_or_else(String::new, |t| format!(": {t}"));
    let _ = writeln!(out, "{name}{title}  ({path}:{})\n", at.line);
}

fn paragraph(text: Option<&str>, out: &mut String) {
    if let Some(text) = text {
        out.push_str(&wrap(text.trim(), 100));
        out.push_str("\n\n");
    }
}

fn fact(word: &str, values: &[&str], out: &mut String) {
    if !values.is_empty() {
        let _ = writeln!(out, "{word:<10} {}", values.join(", "));
    }
}

fn reads(lineage: &Lineage, parts: &Parts<'_>, out: &mut String) {
    let model = parts.model;
    if !lineage.measures.is_empty() {
        out.push_str("\nmeasures\n");
        for measure in lineage
            .measures
            .iter()
            .filter_map(|m| model.measures.get(m.index()))
        {
            let _ = writeln!(out, "  {}", words::measure(model, measure));
        }
    }
    out.push_str("\nreads\n");
    for (table, columns) in &lineage.columns {
        if let Some(table) = model.tables.get(table.index()) {
            let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
            let _ = writeln!(out, "  {}: {}", table.source, columns.join(", "));
        }
    }
    out.push('\n');
}

/// Breaks long lines at spaces; indented ones are code and stay.
fn wrap(text: &str, width: usize) -> String {
    let mut out = String::new();
    let mut paragraphs: Vec<String> = Vec::new();
    for line in text.lines() {
        let flows = |l: &str| !l.is_empty() && !l.starts_with("  ");
        match paragraphs.last_mut() {
            Some(last) if flows(line) && flows(last) => {
                last.push(' ');
                last.push_str(line);
            }
            Some(_) | None => paragraphs.push(line.to_owned()),
        }
    }
    for line in &paragraphs {
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
