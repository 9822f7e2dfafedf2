//! Text → tokens with byte places, `{{ var('x') }}` opened up. Not the grammar (`parse`).

use super::Snippet;
use crate::diag::codes::expr::{SYNTAX, TEMPLATE, TOO_LARGE};
use crate::diag::{Diagnostic, Diagnostics};
use crate::source::Span;
use sqlparser::dialect::Dialect;
use sqlparser::tokenizer::{Token as SqlToken, Tokenizer};

/// The longest text that is looked at.
pub(super) const MAX_TEXT: usize = 64 * 1024;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A plain word, as written.
    Word,
    /// A name in double quotes, without them.
    Quoted(String),
    Number,
    /// A string without its quotes.
    Text(String),
    /// Any other sign.
    Sign,
    End,
}

/// A token and where it lies in the snippet's text.
#[derive(Clone, Debug)]
pub(super) struct Token<'a> {
    pub(super) kind: Kind,
    pub(super) raw: &'a str,
    pub(super) start: usize,
    pub(super) end: usize,
}

/// What words and quotes look like: the plainest SQL there is.
#[derive(Debug)]
struct Plain;

impl Dialect for Plain {
    fn is_identifier_start(&self, ch: char) -> bool {
        ch.is_alphabetic() || ch == '_'
    }

    fn is_identifier_part(&self, ch: char) -> bool {
        ch.is_alphanumeric() || ch == '_'
    }

    fn is_delimited_identifier_start(&self, ch: char) -> bool {
        ch == '"'
    }
}

/// The tokens of a snippet without white space and comments, [`Kind::End`] last.
pub(super) fn read<'a>(snippet: &'a Snippet, diags: &mut Diagnostics) -> Option<Vec<Token<'a>>> {
    let text = snippet.text.value.as_str();
    if !fits(snippet, diags) {
        return None;
    }
    let opened = open_templates(snippet, diags)?;
    let mut found = Vec::new();
    let read = Tokenizer::new(&Plain, &opened).tokenize_with_location_into_buf(&mut found);
    let mut places = Places::new(&opened);
    let mut tokens = Vec::with_capacity(found.len() + 1);
    for token in found {
        let start = places.offset(token.span.start.line, token.span.start.column);
        let end = places.offset(token.span.end.line, token.span.end.column);
        if matches!(token.token, SqlToken::Whitespace(_)) {
            continue;
        }
        let kind = kind(token.token);
        tokens.push(Token {
            kind,
            raw: text.get(start..end).unwrap_or(""),
            start,
            end,
        });
    }
    if let Err(error) = read {
        let start = places.offset(error.location.line, error.location.column);
        let from = tokens.last().map_or(0, |t| t.end);
        diags.push(unreadable(snippet, &error.message, from, start));
        return None;
    }
    tokens.push(Token {
        kind: Kind::End,
        raw: "",
        start: text.trim_end().len(),
        end: text.trim_end().len(),
    });
    Some(tokens)
}

/// Whether the text is short enough to be looked at.
pub(super) fn fits(snippet: &Snippet, diags: &mut Diagnostics) -> bool {
    let length = snippet.text.value.len();
    if length <= MAX_TEXT {
        return true;
    }
    diags.push(
        Diagnostic::error(&TOO_LARGE, "expression too large")
            .at(
                snippet.span(0, 1),
                format!("{length} bytes; at most {MAX_TEXT} are allowed"),
            )
            .help(
                "name parts of it as traits, or put a long list of values into a file (`in_list`)",
            ),
    );
    false
}

fn kind(token: SqlToken) -> Kind {
    if matches!(token, SqlToken::Number(_, false)) {
        return Kind::Number;
    }
    if let SqlToken::SingleQuotedString(value) = token {
        return Kind::Text(value);
    }
    let SqlToken::Word(word) = token else {
        return Kind::Sign;
    };
    match word.quote_style {
        Some(_) => Kind::Quoted(word.value),
        None => Kind::Word,
    }
}

fn unreadable(snippet: &Snippet, message: &str, from: usize, at: usize) -> Diagnostic {
    let lower = message.to_lowercase();
    let text = &snippet.text.value;
    let rest = text.get(from..).unwrap_or("");
    let start = from + (rest.len() - rest.trim_start().len());
    let unclosed = |what: &str, sign: &str| {
        Diagnostic::error(&SYNTAX, format!("{what} is not closed"))
            .at(snippet.span(start, start + sign.len()), "it begins here")
            .help(format!("add the closing `{sign}`"))
    };
    if lower.contains("unterminated string") {
        let before = text.get(..start).unwrap_or("");
        let found = unclosed("string", "'");
        return if before.contains('\'') {
            found.help("write a `'` inside a string twice, as in `'O''Brien'`; if it ends one, take it away")
        } else {
            found
        };
    }
    if lower.contains("delimiter") {
        return unclosed("quoted name", "\"");
    }
    if lower.contains("comment") {
        return unclosed("comment", "/*").help("add the closing `*/`");
    }
    Diagnostic::error(&SYNTAX, "cannot read the expression")
        .at(
            snippet.span(at.min(text.len()), at.min(text.len())),
            message.trim().to_owned(),
        )
        .help("strings stand in single quotes, names in none or in double quotes")
}

/// Turns rising (line, column) pairs, counted in characters from 1, into byte offsets.
struct Places<'a> {
    text: &'a str,
    line: u64,
    column: u64,
    offset: usize,
}

impl<'a> Places<'a> {
    fn new(text: &'a str) -> Self {
        Self {
            text,
            line: 1,
            column: 1,
            offset: 0,
        }
    }

    fn offset(&mut self, line: u64, column: u64) -> usize {
        while (self.line, self.column) < (line, column) {
            let Some(ch) = self.text.get(self.offset..).and_then(|t| t.chars().next()) else {
                break;
            };
            self.offset += ch.len_utf8();
            if ch == '\n' {
                self.line += 1;
                self.column = 1;
            } else {
                self.column += 1;
            }
        }
        self.offset
    }
}

/// The text with the braces of every `{{ var('x') }}` blanked, all other bytes in their places.
fn open_templates(snippet: &Snippet, diags: &mut Diagnostics) -> Option<String> {
    let text = snippet.text.value.as_str();
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    let mut in_string = false;
    let mut good = true;
    while let Some(rest) = text.get(at..).filter(|r| !r.is_empty()) {
        if let Some(length) = comment(rest).filter(|_| !in_string) {
            out.push_str(rest.get(..length).unwrap_or(""));
            at += length;
            continue;
        }
        if rest.starts_with("{{") {
            let inner = rest.find("}}").and_then(|end| rest.get(2..end));
            let length = inner.map_or(rest.len(), |i| i.len() + 4);
            let span = snippet.span(at, at + length);
            match inner {
                Some(inner) if is_var(inner) && !in_string => {
                    out.push_str("  ");
                    out.push_str(&inner.replace('"', "'"));
                    out.push_str("  ");
                }
                Some(inner) if is_var(inner) => {
                    good = false;
                    diags.push(quoted(span));
                }
                Some(_) => {
                    good = false;
                    diags.push(
                        Diagnostic::error(&TEMPLATE, "template expression not understood")
                            .at(span, "expected `{{ var('name') }}`")
                            .help("only `var('name')` may stand between the braces"),
                    );
                }
                None => {
                    good = false;
                    diags.push(
                        Diagnostic::error(&TEMPLATE, "template expression is not closed")
                            .at(snippet.span(at, at + 2), "it begins here")
                            .help("add the closing `}}`"),
                    );
                }
            }
            at += length;
            continue;
        }
        if (rest.starts_with("{%") || rest.starts_with("{#")) && !in_string {
            diags.push(
                Diagnostic::error(&TEMPLATE, "Jinja statements are not taken in specs")
                    .at(snippet.span(at, at + 2), "only `{{ var('name') }}` is")
                    .help("use `case`, a trait, or `for_each` on the segment"),
            );
            return None;
        }
        let Some(ch) = rest.chars().next() else { break };
        if ch == '\'' {
            in_string = !in_string;
        }
        out.push(ch);
        at += ch.len_utf8();
    }
    good.then_some(out)
}

/// A template expression inside a string.
pub(super) fn quoted(span: Span) -> Diagnostic {
    Diagnostic::error(&TEMPLATE, "quotes around a template expression")
        .at(span, "the value is inserted as a literal of its type")
        .help("leave the quotes away; to join texts use `||`")
}

/// The length of the comment, or quoted name, that the text begins with.
pub(super) fn comment(text: &str) -> Option<usize> {
    let ends = |opening: &str, closing: &str| {
        let body = text.strip_prefix(opening)?;
        let length = body
            .find(closing)
            .map(|i| i + opening.len() + closing.len());
        Some(length.unwrap_or(text.len()))
    };
    ends("--", "\n")
        .or_else(|| ends("/*", "*/"))
        .or_else(|| ends("\"", "\""))
}

/// ` var('name') `
fn is_var(inner: &str) -> bool {
    let name = inner
        .trim()
        .strip_prefix("var")
        .map(str::trim_start)
        .and_then(|t| t.strip_prefix('('))
        .and_then(|t| t.strip_suffix(')'))
        .map(str::trim)
        .and_then(|t| {
            let single = t.strip_prefix('\'').and_then(|t| t.strip_suffix('\''));
            single.or_else(|| t.strip_prefix('"').and_then(|t| t.strip_suffix('"')))
        });
    name.is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_'))
}
