//! Diagnostics: what is wrong, where, and what to do about it.
//!
//! A pass pushes into a [`Diagnostics`] bag and goes on; renderers (`render`, `sarif`) print the bag. Every
//! diagnostic has a [`Code`], whose paragraph `segc explain CODE` prints.

pub mod codes;
mod place;
pub mod plain;
pub mod render;
mod sarif;

use crate::source::Span;

/// A stable number for one kind of finding.
#[derive(Debug)]
pub struct Code {
    /// `S` and four digits, never reused.
    pub id: &'static str,
    /// A noun phrase: "unknown column".
    pub title: &'static str,
    /// The paragraph of `segc explain`: why it is wrong, an example, the cure.
    pub explain: &'static str,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    Error,
    Warning,
}

/// The longest message, label, note or hint, in characters: they may quote what somebody wrote.
const LONGEST_TEXT: usize = 2000;

fn short(mut text: String) -> String {
    if let Some((at, _)) = text.char_indices().nth(LONGEST_TEXT) {
        text.truncate(at);
        text.push('…');
    }
    text
}

/// A place with words beside it.
#[derive(Clone, Debug)]
pub struct Label {
    pub span: Span,
    pub text: String,
}

/// One finding.
#[derive(Clone, Debug)]
pub struct Diagnostic {
    pub code: &'static Code,
    pub severity: Severity,
    /// One sentence without a full stop, names in back-quotes.
    pub message: String,
    /// The first label is the primary place.
    pub labels: Vec<Label>,
    /// Further facts, one sentence each.
    pub notes: Vec<String>,
    /// What to do: one concrete hint.
    pub help: Option<String>,
    /// The copies of a repeated item that it was found in.
    copies: Option<Box<Copies>>,
}

#[derive(Clone, Debug)]
struct Copies {
    words: Vec<String>,
    total: usize,
}

/// Which copy of an item that `for_each` repeats.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CopyOf {
    /// `country = US`
    pub words: String,
    /// How many copies there are.
    pub total: usize,
}

impl Diagnostic {
    #[must_use]
    pub fn error(code: &'static Code, message: impl Into<String>) -> Self {
        Self {
            code,
            severity: Severity::Error,
            message: short(message.into()),
            labels: Vec::new(),
            notes: Vec::new(),
            help: None,
            copies: None,
        }
    }

    #[must_use]
    pub fn warning(code: &'static Code, message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Warning,
            ..Self::error(code, message)
        }
    }

    /// Adds a place; the first one added is the primary one.
    #[must_use]
    pub fn at(mut self, span: Span, text: impl Into<String>) -> Self {
        self.labels.push(Label {
            span,
            text: short(text.into()),
        });
        self
    }

    #[must_use]
    pub fn note(mut self, text: impl Into<String>) -> Self {
        self.notes.push(short(text.into()));
        self
    }

    #[must_use]
    pub fn help(mut self, text: impl Into<String>) -> Self {
        self.help = Some(short(text.into()));
        self
    }

    /// Adds the hint "did you mean `x`?" where there is a near name.
    #[must_use]
    pub fn suggest(self, near: Option<&str>) -> Self {
        match near {
            Some(name) => self.help(format!("did you mean `{name}`?")),
            None => self,
        }
    }

    /// A note with the copies it was found in, where it was not found in all of them.
    fn name_copies(&mut self) {
        const SHOWN: usize = 3;
        let Some(mut copies) = self.copies.take() else {
            return;
        };
        copies.words.dedup();
        let count = copies.words.len();
        if count >= copies.total {
            return;
        }
        let more = match count.saturating_sub(SHOWN) {
            0 => String::new(),
            n => format!(" and {n} more"),
        };
        copies.words.truncate(SHOWN);
        self.notes.push(format!(
            "in the copy for {}{more}, {count} of {}",
            copies.words.join("; "),
            copies.total
        ));
    }

    /// The primary place.
    #[must_use]
    pub fn span(&self) -> Option<Span> {
        self.labels.first().map(|l| l.span)
    }
}

/// The bag that passes fill.
#[derive(Clone, Debug, Default)]
pub struct Diagnostics {
    list: Vec<Diagnostic>,
    warnings_are_errors: bool,
}

impl Diagnostics {
    pub fn push(&mut self, mut diagnostic: Diagnostic) {
        if self.warnings_are_errors {
            diagnostic.severity = Severity::Error;
        }
        self.list.push(diagnostic);
    }

    pub fn extend(&mut self, other: Self) {
        other.list.into_iter().for_each(|d| self.push(d));
    }

    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.list.iter().any(|d| d.severity == Severity::Error)
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// How many have been pushed.
    #[must_use]
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Says of everything from the `from`-th on that it was found in a copy of an item.
    pub fn in_copy(&mut self, from: usize, copy: Option<&CopyOf>) {
        for diagnostic in self.list.iter_mut().skip(from) {
            diagnostic.copies = copy.map(|copy| {
                Box::new(Copies {
                    words: vec![copy.words.clone()],
                    total: copy.total,
                })
            });
        }
    }

    /// Gives what is of `code` from the `from`-th on, and has no hint, this one.
    pub fn hint(&mut self, from: usize, code: &Code, hint: &str) {
        for diagnostic in self.list.iter_mut().skip(from) {
            if diagnostic.code.id == code.id && diagnostic.help.is_none() {
                diagnostic.help = Some(short(hint.to_owned()));
            }
        }
    }

    /// How many there are of one severity.
    #[must_use]
    pub fn count(&self, severity: Severity) -> usize {
        self.list.iter().filter(|d| d.severity == severity).count()
    }

    pub fn iter(&self) -> impl Iterator<Item = &Diagnostic> {
        self.list.iter()
    }

    /// Sorts by place, drops exact repetitions, and makes every warning an error if asked to, also those that are yet to come.
    pub fn finish(&mut self, warnings_are_errors: bool) {
        self.warnings_are_errors |= warnings_are_errors;
        if warnings_are_errors {
            for d in &mut self.list {
                d.severity = Severity::Error;
            }
        }
        self.list.sort_by(|a, b| {
            (a.span(), a.code.id, &a.message).cmp(&(b.span(), b.code.id, &b.message))
        });
        self.list.dedup_by(|a, b| {
            let same = a.span() == b.span() && a.code.id == b.code.id && a.message == b.message;
            if same && let (Some(all), Some(more)) = (&mut b.copies, &mut a.copies) {
                all.words.append(&mut more.words);
            }
            same
        });
        for diagnostic in &mut self.list {
            diagnostic.name_copies();
        }
    }
}

/// Longer names are compared with no others: time and memory go with the product of the lengths.
const LONGEST_NAME: usize = 200;

/// The nearest of `candidates` to `name`, if one is near enough to be what was meant.
///
/// Near is a Damerau-Levenshtein distance of at most a third of the longer name (at least 1).
#[must_use]
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let length = name.chars().take(LONGEST_NAME + 1).count();
    if length > LONGEST_NAME {
        return None;
    }
    let name = name.to_lowercase();
    candidates
        .into_iter()
        .filter_map(|c| {
            let other = c.chars().take(LONGEST_NAME + 1).count();
            let most = (length.max(other) / 3).max(1);
            if other > LONGEST_NAME || length.abs_diff(other) > most {
                return None;
            }
            let distance = strsim::damerau_levenshtein(&name, &c.to_lowercase());
            (distance <= most).then_some((distance, c))
        })
        .min()
        .map(|(_, c)| c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_near_or_not_and_long_ones_never() {
        assert_eq!(nearest("totl", ["total", "status"]), Some("total"));
        assert_eq!(nearest("TOTAL", ["total"]), Some("total"));
        assert_eq!(nearest("x", ["total", "y"]), Some("y"));
        assert_eq!(nearest("country", ["a", "birth_date"]), None);
        let (long, other) = ("a".repeat(1 << 20), "a".repeat((1 << 20) - 1));
        assert_eq!(nearest(&long, [other.as_str()]), None);
        assert_eq!(nearest("a", [other.as_str(), "b"]), Some("b"));
    }
}
