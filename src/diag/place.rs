//! Where the labels of a bag stand, and what a terminal may be shown of it: lines, columns, cut and escaped text.
//!
//! The renderers beside this file ask it; lines are found once per file, so a thousand findings in one file cost
//! one reading of it. Text from files and messages never reaches a terminal or a CI log unescaped.

use super::Diagnostics;
use super::plain::{escape, escape_char};
use crate::source::{FileId, Position, SourceMap, Span};
use std::collections::HashMap;
use std::ops::Range;

/// How much of a line is shown, in characters.
const SHOWN: usize = 110;
/// How much of it stands before the first label.
const BEFORE: usize = 40;
/// The longest mark, in characters.
const MARKED: usize = 60;

/// The line starts of every file that a bag speaks of.
pub(super) struct Places<'a> {
    sources: &'a SourceMap,
    starts: HashMap<FileId, Vec<usize>>,
    prefix: &'a str,
}

/// A piece of one line, ready to be shown.
pub(super) struct Excerpt {
    pub(super) text: String,
    /// Where each asked range lies in `text`; an end before the piece or after it is put to its border.
    pub(super) marks: Vec<Range<usize>>,
}

impl<'a> Places<'a> {
    pub(super) fn new(diags: &Diagnostics, sources: &'a SourceMap, prefix: &'a str) -> Self {
        let mut starts = HashMap::new();
        for label in diags.iter().flat_map(|d| &d.labels) {
            if let Some(file) = sources.get(label.span.file) {
                starts
                    .entry(label.span.file)
                    .or_insert_with(|| line_starts(&file.text));
            }
        }
        Self {
            sources,
            starts,
            prefix,
        }
    }

    /// The path as shown: from the folder the command was run in.
    pub(super) fn path(&self, file: FileId) -> Option<String> {
        let path = &self.sources.get(file)?.path;
        // The text of a flag (`--select`) is a source too, but lies in no folder.
        let prefix = if path.starts_with("--") {
            ""
        } else {
            self.prefix
        };
        Some(escape(&format!("{prefix}{path}")))
    }

    pub(super) fn position(&self, file: FileId, offset: u32) -> Position {
        let text = self.text(file);
        let offset = floor_boundary(text, offset as usize);
        let line = self.line_of(file, offset);
        let start = self.line_range(file, line).start;
        Position {
            line,
            column: text.get(start..offset).map_or(0, |t| t.chars().count()) + 1,
        }
    }

    /// The part of a span that lies on its first line; at least as long as one character where there is one.
    pub(super) fn on_first_line(&self, span: Span) -> (usize, Range<usize>) {
        let text = self.text(span.file);
        let start = floor_boundary(text, span.start as usize);
        let line = self.line_of(span.file, start);
        let whole = self.line_range(span.file, line);
        let end = floor_boundary(text, span.end as usize)
            .min(whole.end)
            .max(start.min(whole.end));
        let start = start.min(end);
        (line, start..end)
    }

    /// One line (from 1), without its line break: the piece around the first mark, escaped.
    pub(super) fn excerpt(&self, file: FileId, line: usize, marks: &[Range<usize>]) -> Excerpt {
        let text = self.text(file);
        let whole = self.line_range(file, line);
        let first = marks.first().map_or(whole.start, |m| m.start);
        let long = whole.len() > SHOWN;
        let from = if long {
            back(text, first, BEFORE).max(whole.start)
        } else {
            whole.start
        };
        let mut out = String::new();
        if from > whole.start {
            out.push('…');
        }
        // For every shown character, where it starts in the file and where in the piece.
        let mut steps: Vec<(usize, usize)> = Vec::new();
        let mut to = from;
        let piece = text.get(from..whole.end).unwrap_or("");
        for (count, (at, c)) in piece.char_indices().enumerate() {
            if count == SHOWN {
                break;
            }
            steps.push((from + at, out.len()));
            if c == '\t' {
                out.push_str("    ");
            } else {
                escape_char(c, &mut out);
            }
            to = from + at + c.len_utf8();
        }
        steps.push((to, out.len()));
        if to < whole.end {
            out.push('…');
        }
        let place = |offset: usize| {
            let i = steps.partition_point(|(at, _)| *at < offset);
            steps.get(i).or(steps.last()).map_or(0, |(_, shown)| *shown)
        };
        let marks = marks
            .iter()
            .map(|m| {
                // A mark that the renderer would run out of the piece is cut short.
                let end = steps.partition_point(|(at, _)| *at < m.start) + MARKED;
                let last = steps.get(end).map_or(m.end, |(at, _)| m.end.min(*at));
                place(m.start)..place(last).max(place(m.start))
            })
            .collect();
        Excerpt { text: out, marks }
    }

    fn text(&self, file: FileId) -> &'a str {
        self.sources.get(file).map_or("", |f| f.text.as_str())
    }

    fn line_of(&self, file: FileId, offset: usize) -> usize {
        self.starts
            .get(&file)
            .map_or(1, |s| s.partition_point(|start| *start <= offset).max(1))
    }

    fn line_range(&self, file: FileId, line: usize) -> Range<usize> {
        let text = self.text(file);
        let Some(starts) = self.starts.get(&file) else {
            return 0..0;
        };
        let start = starts
            .get(line.saturating_sub(1))
            .copied()
            .unwrap_or(text.len());
        let end = starts.get(line).copied().unwrap_or(text.len()).max(start);
        let shown = text
            .get(start..end)
            .unwrap_or("")
            .trim_end_matches(['\n', '\r']);
        start..start + shown.len()
    }
}

fn line_starts(text: &str) -> Vec<usize> {
    std::iter::once(0)
        .chain(
            text.bytes()
                .enumerate()
                .filter(|(_, b)| *b == b'\n')
                .map(|(i, _)| i + 1),
        )
        .collect()
}

fn floor_boundary(text: &str, offset: usize) -> usize {
    let mut at = offset.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// `count` characters back from `offset`.
fn back(text: &str, offset: usize, count: usize) -> usize {
    text.get(..offset)
        .unwrap_or("")
        .char_indices()
        .rev()
        .nth(count.saturating_sub(1))
        .map_or(0, |(at, _)| at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::{Code, Diagnostic};

    static CODE: Code = Code {
        id: "S9999",
        title: "sample",
        explain: "",
    };

    fn places(text: &str, start: usize, end: usize) -> (Diagnostics, SourceMap, Span) {
        let mut sources = SourceMap::default();
        let file = sources.add("a.yml", text);
        let mut diags = Diagnostics::default();
        let span = Span::new(file, start, end);
        diags.push(Diagnostic::error(&CODE, "x").at(span, ""));
        (diags, sources, span)
    }

    #[test]
    fn positions_agree_with_the_source_map_everywhere() {
        let text = "ä: 1\r\nbé: 2\n\n  c: \u{1F600}x";
        let (diags, sources, _) = places(text, 0, 1);
        let places = Places::new(&diags, &sources, "");
        for offset in 0..=u32::try_from(text.len()).unwrap() + 2 {
            let file = FileId(0);
            assert_eq!(
                places.position(file, offset),
                sources.position(file, offset),
                "{offset}"
            );
        }
    }

    #[test]
    fn a_long_line_is_cut_around_its_mark() {
        let text = format!("{}HERE{}", "a".repeat(1_000_000), "b".repeat(1_000_000));
        let (diags, sources, span) = places(&text, 1_000_000, 1_000_004);
        let places = Places::new(&diags, &sources, "");
        let (line, mark) = places.on_first_line(span);
        let excerpt = places.excerpt(span.file, line, &[mark]);
        assert!(excerpt.text.chars().count() < 200);
        assert!(excerpt.text.starts_with('…') && excerpt.text.ends_with('…'));
        assert_eq!(&excerpt.text[excerpt.marks[0].clone()], "HERE");
    }

    #[test]
    fn controls_are_escaped_and_marks_follow() {
        let text = "a\u{1b}[31m\u{202e}b: c";
        let start = text.find('b').unwrap();
        let (diags, sources, span) = places(text, start, start + 1);
        let places = Places::new(&diags, &sources, "");
        let (line, mark) = places.on_first_line(span);
        let excerpt = places.excerpt(span.file, line, &[mark]);
        assert_eq!(excerpt.text, "a\\u{1b}[31m\\u{202e}b: c");
        assert_eq!(&excerpt.text[excerpt.marks[0].clone()], "b");
    }

    #[test]
    fn a_span_over_lines_ends_with_its_first_line() {
        let (diags, sources, span) = places("one: two\nthree\n", 5, 14);
        let places = Places::new(&diags, &sources, "");
        assert_eq!(places.on_first_line(span), (1, 5..8));
    }
}
