//! Diagnostics as text for people, JSON lines for tools, annotations for GitHub; SARIF is in `sarif`.
//!
//! All formats speak of the same bag; the samples in `tests/it/render.rs` go through every one. Nothing here prints:
//! the street does, and it strips the colours where they are not wanted.

use super::place::Places;
use super::plain::{escape, escape_lines};
use super::{Diagnostic, Diagnostics, Label, Severity, sarif};
use crate::source::{FileId, SourceMap};
use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};
use serde::Serialize;
use std::fmt::Write as _;

/// How diagnostics are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Text,
    Json,
    Github,
    Sarif,
}

/// After so many, the text only counts the rest.
const MOST_TEXTS: usize = 300;
/// Labels at most so many lines apart are shown as one piece of the file.
const NEAR: usize = 6;

/// Writes a bag. `prefix` goes before every path: the way from the current folder to the project (`""`, `shop/`).
/// Text has ANSI colours in it.
#[must_use]
pub fn render(format: Format, diags: &Diagnostics, sources: &SourceMap, prefix: &str) -> String {
    let places = Places::new(diags, sources, prefix);
    match format {
        Format::Text => text(diags, &places),
        Format::Json => json(diags, &places),
        Format::Github => github(diags, &places),
        Format::Sarif => sarif::render(diags, &places),
    }
}

/// `3 errors, 1 warning`; empty for an empty bag.
#[must_use]
pub fn summary(diags: &Diagnostics) -> String {
    let part = |severity, word: &str| {
        let n = diags.count(severity);
        let s = if n == 1 { "" } else { "s" };
        (n > 0).then(|| format!("{n} {word}{s}"))
    };
    [
        part(Severity::Error, "error"),
        part(Severity::Warning, "warning"),
    ]
    .into_iter()
    .flatten()
    .collect::<Vec<_>>()
    .join(", ")
}

fn text(diags: &Diagnostics, places: &Places<'_>) -> String {
    let renderer = Renderer::styled();
    let mut out = String::new();
    for diagnostic in diags.iter().take(MOST_TEXTS) {
        text_of(diagnostic, places, &renderer, &mut out);
    }
    let left = diags.iter().count().saturating_sub(MOST_TEXTS);
    if left > 0 {
        let _ = writeln!(
            out,
            "… and {left} more like these; --format json prints all\n"
        );
    }
    out
}

fn text_of(diagnostic: &Diagnostic, places: &Places<'_>, renderer: &Renderer, out: &mut String) {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let mut group = level
        .primary_title(escape(&diagnostic.message))
        .id(diagnostic.code.id)
        .elements(Vec::<annotate_snippets::Padding>::new());
    for piece in pieces(diagnostic, places) {
        let Some(path) = places.path(piece.file) else {
            continue;
        };
        let Some(lead) = piece.lead() else {
            continue;
        };
        let at = places.position(piece.file, lead.span.start);
        let path = format!("{path}:{}:{}{SHOWN_AS}", at.line, at.column);
        group = group.element(snippet(&piece, places).path(path));
    }
    for note in &diagnostic.notes {
        group = group.element(Level::NOTE.message(escape_lines(note)));
    }
    if let Some(help) = &diagnostic.help {
        group = group.element(Level::HELP.message(escape_lines(help)));
    }
    out.push_str(&without_shown(&renderer.render(&[group])));
    out.push_str("\n\n");
}

/// The library puts the line and column of the shown text behind a path. That text is cut and escaped, so its columns are
/// not the file's: the true ones stand before this mark, which `escape` lets through from nowhere else.
const SHOWN_AS: char = '\u{e000}';

fn without_shown(text: &str) -> String {
    let mut parts = text.split(SHOWN_AS);
    let mut out = parts.next().unwrap_or("").to_owned();
    for part in parts {
        out.push_str(part.trim_start_matches(|c: char| c == ':' || c.is_ascii_digit()));
    }
    out
}

/// Neighbouring lines of one file with the labels on them.
struct Piece<'a> {
    file: FileId,
    /// (line, label, whether it is the primary one)
    labels: Vec<(usize, &'a Label, bool)>,
}

impl<'a> Piece<'a> {
    /// The label that the piece's heading names.
    fn lead(&self) -> Option<&'a Label> {
        self.labels
            .iter()
            .find(|(_, _, primary)| *primary)
            .or(self.labels.first())
            .map(|(_, label, _)| *label)
    }
}

/// The piece with the primary label first, then the others by file and line.
fn pieces<'a>(diagnostic: &'a Diagnostic, places: &Places<'_>) -> Vec<Piece<'a>> {
    let mut labels: Vec<(usize, &Label, bool)> = diagnostic
        .labels
        .iter()
        .enumerate()
        .map(|(i, label)| (places.on_first_line(label.span).0, label, i == 0))
        .collect();
    labels.sort_by_key(|(line, label, _)| (label.span.file, *line, label.span.start));
    let mut pieces: Vec<Piece<'a>> = Vec::new();
    for (line, label, primary) in labels {
        if let Some(piece) = pieces.last_mut()
            && piece.file == label.span.file
            && piece.labels.last().is_some_and(|(l, ..)| line - l <= NEAR)
        {
            piece.labels.push((line, label, primary));
        } else {
            pieces.push(Piece {
                file: label.span.file,
                labels: vec![(line, label, primary)],
            });
        }
    }
    pieces.sort_by_key(|p| !p.labels.iter().any(|(_, _, primary)| *primary));
    pieces
}

fn snippet(
    piece: &Piece<'_>,
    places: &Places<'_>,
) -> Snippet<'static, annotate_snippets::Annotation<'static>> {
    let first = piece.labels.first().map_or(1, |(line, ..)| *line);
    let last = piece.labels.last().map_or(1, |(line, ..)| *line);
    let mut source = String::new();
    let mut annotations = Vec::new();
    for line in first..=last {
        let here: Vec<_> = piece.labels.iter().filter(|(l, ..)| *l == line).collect();
        let marks: Vec<_> = here
            .iter()
            .map(|(_, label, _)| places.on_first_line(label.span).1)
            .collect();
        let excerpt = places.excerpt(piece.file, line, &marks);
        for ((_, label, primary), mark) in here.into_iter().zip(&excerpt.marks) {
            let kind = if *primary {
                AnnotationKind::Primary
            } else {
                AnnotationKind::Context
            };
            let span = source.len() + mark.start..source.len() + mark.end;
            let text = (!label.text.is_empty()).then(|| escape(&label.text));
            annotations.push(kind.span(span).label(text));
        }
        source.push_str(&excerpt.text);
        source.push('\n');
    }
    Snippet::source(source)
        .line_start(first)
        .annotations(annotations)
}

#[derive(Serialize)]
struct JsonPlace {
    file: String,
    line: usize,
    column: usize,
    end_line: usize,
    end_column: usize,
    text: String,
}

#[derive(Serialize)]
struct JsonDiagnostic<'a> {
    code: &'a str,
    severity: &'a str,
    title: &'a str,
    message: &'a str,
    /// The first place is the primary one.
    places: Vec<JsonPlace>,
    notes: &'a [String],
    help: Option<&'a str>,
}

/// One object per line.
fn json(diags: &Diagnostics, places: &Places<'_>) -> String {
    let mut out = String::new();
    for d in diags.iter() {
        let line = JsonDiagnostic {
            code: d.code.id,
            severity: severity_word(d.severity),
            title: d.code.title,
            message: &d.message,
            places: d
                .labels
                .iter()
                .filter_map(|label| json_place(label, places))
                .collect(),
            notes: &d.notes,
            help: d.help.as_deref(),
        };
        out.push_str(&serde_json::to_string(&line).expect("strings and numbers are JSON"));
        out.push('\n');
    }
    out
}

fn json_place(label: &Label, places: &Places<'_>) -> Option<JsonPlace> {
    let file = label.span.file;
    let start = places.position(file, label.span.start);
    let end = places.position(file, label.span.end);
    Some(JsonPlace {
        file: places.path(file)?,
        line: start.line,
        column: start.column,
        end_line: end.line,
        end_column: end.column,
        text: label.text.clone(),
    })
}

/// Workflow commands: <https://docs.github.com/actions/reference/workflow-commands-for-github-actions>.
fn github(diags: &Diagnostics, places: &Places<'_>) -> String {
    let mut out = String::new();
    for d in diags.iter() {
        let mut properties = Vec::new();
        if let Some(span) = d.span()
            && let Some(path) = places.path(span.file)
        {
            let start = places.position(span.file, span.start);
            let end = places.position(span.file, span.end);
            properties.push(format!("file={}", property(&path)));
            properties.push(format!("line={}", start.line));
            properties.push(format!("endLine={}", end.line));
            if start.line == end.line {
                properties.push(format!("col={}", start.column));
                properties.push(format!("endColumn={}", end.column));
            }
        }
        properties.push(format!("title={} {}", d.code.id, property(d.code.title)));
        let mut message = escape(&d.message);
        if let Some(label) = d.labels.first()
            && !label.text.is_empty()
        {
            let _ = write!(message, "\n{}", escape(&label.text));
        }
        for note in &d.notes {
            let _ = write!(message, "\n{}", escape_lines(note));
        }
        if let Some(help) = &d.help {
            let _ = write!(message, "\nhelp: {}", escape_lines(help));
        }
        let _ = writeln!(
            out,
            "::{} {}::{}",
            severity_word(d.severity),
            properties.join(","),
            data(&message)
        );
    }
    out
}

pub(super) fn severity_word(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    }
}

fn data(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
