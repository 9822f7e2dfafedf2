//! Literals in the place of template expressions, before anything is parsed: the parameters of `for_each`, and variables in SQL
//! that goes to a warehouse as it is. A value is one literal wherever it stands, and no part of a string or a name.

use super::{Snippet, tokens};
use crate::diag::Diagnostics;
use crate::source::Spanned;

pub(super) fn insert(
    snippet: &Snippet,
    literal: &dyn Fn(&str) -> Option<String>,
    diags: &mut Diagnostics,
) -> Option<Snippet> {
    let text = snippet.text.value.as_str();
    let mut out = Rewritten::default();
    let mut in_string = false;
    let mut good = true;
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|r| !r.is_empty()) {
        let inner = rest
            .strip_prefix("{{")
            .and_then(|r| r.split_once("}}"))
            .map(|(inner, _)| inner);
        let kept = tokens::comment(rest).filter(|_| !in_string);
        if let Some(inner) = inner
            && let Some(value) = literal(inner.trim())
        {
            let end = at + inner.len() + 4;
            if in_string {
                diags.push(tokens::quoted(snippet.span(at, end)));
                good = false;
            }
            let (first, last) = (snippet.offset(at), snippet.offset(end - 1));
            let length = value.len();
            for (n, byte) in value.char_indices() {
                let place = if n + byte.len_utf8() == length {
                    last
                } else {
                    (first + n).min(last)
                };
                out.push(byte, place);
            }
            at = end;
            continue;
        }
        let length = kept.unwrap_or_else(|| rest.chars().next().map_or(1, char::len_utf8));
        for (n, c) in rest.get(..length).unwrap_or("").char_indices() {
            out.push(c, snippet.offset(at + n));
        }
        if rest.starts_with('\'') {
            in_string = !in_string;
        }
        at += length;
    }
    good.then(|| Snippet {
        text: Spanned::new(out.text, snippet.text.span),
        map: out.map,
    })
}

/// A text with the place of each character in the file.
#[derive(Default)]
struct Rewritten {
    text: String,
    map: Vec<(u32, u32)>,
    /// The place that the next character has if it is in step.
    next: Option<usize>,
}

impl Rewritten {
    fn push(&mut self, c: char, place: usize) {
        if self.next != Some(place) {
            let offset = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
            self.map.push((offset(self.text.len()), offset(place)));
        }
        self.text.push(c);
        self.next = Some(place + c.len_utf8());
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::snippet;
    use super::*;

    fn inserted(text: &str) -> Option<Snippet> {
        let value = |name: &str| match name {
            "x" => Some("'US of A'".to_owned()),
            "n" => Some("(-5)".to_owned()),
            _ => None,
        };
        let mut diags = Diagnostics::default();
        let found = insert(&snippet(text), &value, &mut diags);
        assert_eq!(found.is_none(), diags.has_errors());
        found
    }

    #[test]
    fn values_are_literals_and_places_lead_back() {
        let text = "a = {{ x }} and b -{{n}} > {{ var('y') }} -- {{ x }}";
        let found = inserted(text).expect("no quotes around it");
        assert_eq!(
            found.text.value,
            "a = 'US of A' and b -(-5) > {{ var('y') }} -- {{ x }}"
        );
        let place = |part: &str| {
            let start = found.text.find(part).expect("it is there");
            let span = found.span(start, start + part.len());
            let base = snippet(text).span(0, 0).start;
            text.get((span.start - base) as usize..(span.end - base) as usize)
        };
        assert_eq!(place("'US of A'"), Some("{{ x }}"));
        assert_eq!(place("(-5)"), Some("{{n}}"));
        assert_eq!(place("and b"), Some("and b"));
        assert_eq!(place("a = 'US of A' and"), Some("a = {{ x }} and"));
    }

    #[test]
    fn no_value_goes_into_a_string() {
        assert!(inserted("a like '%{{ x }}%'").is_none());
        assert!(inserted("a = 'it''s' and b = {{ x }}").is_some());
    }
}
