//! A plan for people: a table and what there is to say below it, for a terminal or as Markdown.

use super::table::{count, counted, percent, table};
use crate::build::Policy;
use crate::build::definitions::Definition;
use crate::build::preview::{Bytes, Change, Preview};
use crate::build::read::SegmentCounts;
use crate::build::results::share;
use crate::build::run::Ended;
use crate::diag::plain::steers;
use crate::model::Model;
use std::fmt::Write as _;

/// What is said.
pub(super) struct Page<'a> {
    pub(super) model: &'a Model,
    pub(super) policy: &'a Policy,
    pub(super) preview: &'a Preview,
    /// What it is compared with, if not with what is published.
    pub(super) against: Option<&'a str>,
}

impl Page<'_> {
    fn rows(&self) -> impl Iterator<Item = (&SegmentCounts, &Change)> {
        let outcome = &self.preview.outcome;
        outcome.segments.iter().zip(&self.preview.changes)
    }

    fn head(&self) -> [&'static str; 8] {
        let (entering, leaving) = match self.against {
            Some(_) => ("added", "dropped"),
            None => ("entering", "leaving"),
        };
        [
            "segment",
            "of",
            "definition",
            "members",
            "share",
            entering,
            leaving,
            "suppressed",
        ]
    }

    /// What stands in the columns after the segment's name.
    fn cells(counts: &SegmentCounts, change: &Change) -> [String; 7] {
        [
            counts.entity.clone(),
            change.definition.word().to_owned(),
            count(counts.members),
            percent(share(counts.members, counts.population)),
            format!("+{}", count(counts.entered)),
            format!("-{}", count(counts.exited)),
            count(counts.suppressed),
        ]
    }

    /// What there is to say of a segment beside its numbers.
    fn notes(&self, counts: &SegmentCounts, change: &Change) -> Vec<(&'static str, String)> {
        let mut notes = Vec::new();
        if counts.status == "refused" {
            let message = counts.message.clone().unwrap_or_default();
            notes.push(("refused", message));
        } else if let Some(message) = &counts.message {
            let what = if counts.status == "kept" {
                "kept"
            } else {
                "guard"
            };
            notes.push((what, message.clone()));
        }
        if let Some(from) = change.definition.former() {
            notes.push(("was", from.to_owned()));
        }
        if !change.differs.is_empty() {
            notes.push(("differs in", change.differs.join(", ")));
        }
        notes.extend(change.words.iter().map(|m| ("words", m.clone())));
        notes.extend(change.measures.iter().map(|m| ("measure", m.clone())));
        let [.., entering, leaving, _] = self.head();
        for (what, keys) in [(entering, &change.entering), (leaving, &change.leaving)] {
            if !keys.is_empty() {
                notes.push((what, keys.join(", ")));
            }
        }
        notes
    }

    /// The sentence that sums it up; `quote` shows a name that somebody chose.
    fn sum(&self, quote: &dyn Fn(&str) -> String) -> String {
        let outcome = &self.preview.outcome;
        if let Ended::Unchanged { run_id } = &outcome.ended {
            return format!("Nothing to do: run {run_id} published this as of the same instant.");
        }
        let (mut entering, mut leaving, mut refused) = (0, 0, 0);
        for counts in &outcome.segments {
            if counts.status == "refused" {
                refused += 1;
            } else {
                entering += counts.entered;
                leaving += counts.exited;
            }
        }
        let mut text = match self.against {
            Some(name) => format!(
                "Compared with {} on the same data as of {}: {} added, {} dropped",
                quote(name),
                self.policy.as_of,
                counted(entering, "member", "members"),
                count(leaving)
            ),
            None => format!(
                "A build as of {} would make {} and {}",
                self.policy.as_of,
                counted(entering, "entry", "entries"),
                counted(leaving, "exit", "exits")
            ),
        };
        if refused > 0 {
            let _ = write!(
                text,
                "; a guard would refuse {}, which only people who are suppressed by now would leave",
                count(refused)
            );
        }
        text.push_str(". Nothing was published.");
        text.push_str(&self.read());
        let changed = |(_, change): (&SegmentCounts, &Change)| !change.differs.is_empty();
        if self.against.is_none() && self.rows().any(changed) {
            text.push_str(" How a definition differs, `segc plan --against` a revision tells.");
        }
        text
    }

    /// What it read for that.
    fn read(&self) -> String {
        let sources = &self.preview.outcome.sources;
        let Some(bytes) = self.preview.bytes.filter(|_| !sources.is_empty()) else {
            return String::new();
        };
        let rows: u64 = sources.iter().map(|source| source.count.rows).sum();
        let bytes = match bytes {
            Bytes::Known(n) => size(n),
            Bytes::Estimated(n) => format!("about {} in the columns that are needed", size(n)),
        };
        let s = if sources.len() == 1 { "" } else { "s" };
        format!(
            " It reads {} source{s} with {}, {bytes}.",
            sources.len(),
            counted(rows, "row", "rows")
        )
    }

    pub(super) fn text(&self) -> String {
        if self.preview.outcome.segments.is_empty() {
            return String::new();
        }
        let rows = self.rows().map(|(counts, change)| {
            let mut row = vec![counts.segment.clone()];
            row.extend(Self::cells(counts, change));
            row
        });
        let mut out = table(&self.head(), rows.collect(), &[3, 4, 5, 6, 7]);
        for (counts, change) in self.rows() {
            let notes = self.notes(counts, change);
            if !notes.is_empty() {
                let _ = write!(out, "\n{}\n", counts.segment);
            }
            for (what, value) in notes {
                let _ = writeln!(out, "  {what}: {}", plain(&value));
            }
        }
        let _ = write!(
            out,
            "\n{}\n",
            self.sum(&|name| format!("`{}`", plain(name)))
        );
        out
    }

    pub(super) fn markdown(&self) -> String {
        let mut out = format!(
            "### segc plan: {} on {}\n\n",
            code(&self.model.project),
            code(&self.policy.target)
        );
        if !self.preview.outcome.segments.is_empty() {
            let head = self.head();
            let _ = writeln!(out, "| {} |", head.join(" | "));
            out.push_str("| :-- | :-- | :-- | --: | --: | --: | --: | --: |\n");
            for (counts, change) in self.rows() {
                let segment = self
                    .model
                    .segments
                    .iter()
                    .find(|s| s.name == counts.segment);
                let title = segment.and_then(|s| s.title.as_deref());
                let mut name = code(&counts.segment);
                if let Some(title) = title {
                    let _ = write!(name, " {}", code(title));
                }
                let [of, definition, rest @ ..] = Self::cells(counts, change);
                let definition = match change.definition {
                    Definition::Same => definition,
                    Definition::Added
                    | Definition::Changed
                    | Definition::Removed
                    | Definition::Renamed { .. } => format!("**{definition}**"),
                };
                let _ = writeln!(
                    out,
                    "| {name} | {} | {definition} | {} |",
                    code(&of),
                    rest.join(" | ")
                );
            }
            out.push('\n');
        }
        for (counts, change) in self.rows() {
            for (what, value) in self.notes(counts, change) {
                let _ = writeln!(out, "- {} {what}: {}", code(&counts.segment), code(&value));
            }
        }
        let _ = write!(out, "\n{}\n", self.sum(&code));
        out
    }
}

/// `1.2 MB`
#[expect(clippy::cast_precision_loss, reason = "a size is for reading")]
fn size(bytes: u64) -> String {
    let units = [(1e12, "TB"), (1e9, "GB"), (1e6, "MB"), (1e3, "kB")];
    let of = bytes as f64;
    let unit = units.into_iter().find(|(least, _)| of >= *least);
    unit.map_or_else(
        || format!("{bytes} bytes"),
        |(least, name)| format!("{:.1} {name}", of / least),
    )
}

/// Without what could steer a terminal.
fn plain(text: &str) -> String {
    text.chars()
        .map(|c| if steers(c) { '\u{fffd}' } else { c })
        .collect()
}

/// As code that is nothing but text, whatever it says: no link, image, mention, table cell or markup of GitHub's.
fn code(text: &str) -> String {
    let mut out = "<code>".to_owned();
    for c in text.chars() {
        if steers(c) {
            out.push('\u{fffd}');
        } else if c.is_ascii_punctuation() && !matches!(c, '-' | '.' | ',' | '+') {
            let _ = write!(out, "&#{};", u32::from(c));
        } else {
            out.push(c);
        }
    }
    out.push_str("</code>");
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_text_stays_text() {
        assert_eq!(
            code("a|b @who #1 <img src=x> `x` [l](http://x) _y_\n\u{202e}"),
            "<code>a&#124;b &#64;who &#35;1 &#60;img src&#61;x&#62; &#96;x&#96; &#91;l&#93;&#40;http&#58;&#47;&#47;x&#41; \
             &#95;y&#95;\u{fffd}\u{fffd}</code>"
        );
        assert_eq!(plain("a\u{1b}[31mb"), "a\u{fffd}[31mb");
    }
}
