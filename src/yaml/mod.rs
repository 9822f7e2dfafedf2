//! YAML text → a tree that knows where everything stands.
//!
//! [`parse`] reads one file into a [`Node`] and refuses what `language.md` §2 refuses, each thing with its own code. It
//! works on the parser's events, so that no depth of nesting can use up the stack. The decoder that reads fields from the
//! tree is [`decode`]; the `{{ … }}` of strings are [`template`]'s. Who reads files gives bytes to [`utf8()`] first.

pub mod decode;
pub mod form;
mod offsets;
mod scalar;
pub mod template;
mod tree;
mod utf8;

use crate::diag::codes::yaml as codes;
use crate::diag::{Diagnostic, Diagnostics};
use crate::source::{FileId, Span, Spanned};
pub use utf8::{NotUtf8, utf8};

/// Bytes of a file.
pub const MAX_BYTES: usize = 1 << 20;
/// Bytes of one scalar.
pub const MAX_SCALAR_BYTES: usize = 64 << 10;
/// Collections inside each other.
pub const MAX_DEPTH: usize = 32;
/// Nodes of a file, keys and the copies that aliases make included.
pub const MAX_NODES: usize = 50_000;

/// A YAML value with its place.
#[derive(Clone, Debug)]
pub struct Node {
    pub kind: NodeKind,
    pub span: Span,
    /// For text that does not stand in the file as it reads (quotes, escapes, block scalars): what
    /// [`crate::snippet::Snippet::map`] says. Empty where it starts at `span.start` and stays in step.
    pub map: Vec<(u32, u32)>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum NodeKind {
    Null,
    Bool(bool),
    /// A whole number in 64 bits.
    Int(i64),
    /// A number as written (`0.10`, `1e3`), so that decimals stay exact.
    Number(String),
    String(String),
    List(Vec<Node>),
    /// In the order written; keys are unique.
    Map(Vec<(Spanned<String>, Node)>),
}

impl PartialEq for Node {
    fn eq(&self, other: &Self) -> bool {
        self.kind == other.kind
    }
}

impl Node {
    #[must_use]
    pub fn new(kind: NodeKind, span: Span) -> Self {
        Self {
            kind,
            span,
            map: Vec::new(),
        }
    }

    /// The value under `key`, if this is a map that has it.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Self> {
        match &self.kind {
            NodeKind::Map(entries) => entries
                .iter()
                .find(|(k, _)| k.value == key)
                .map(|(_, value)| value),
            NodeKind::Null
            | NodeKind::Bool(_)
            | NodeKind::Int(_)
            | NodeKind::Number(_)
            | NodeKind::String(_)
            | NodeKind::List(_) => None,
        }
    }

    /// What a message calls it: "the text `x`", "a list".
    #[must_use]
    pub fn describe(&self) -> String {
        match &self.kind {
            NodeKind::Null => "nothing".to_owned(),
            NodeKind::Bool(b) => format!("`{b}`"),
            NodeKind::Int(i) => format!("the number `{i}`"),
            NodeKind::Number(n) => format!("the number `{n}`"),
            NodeKind::String(s) if s.chars().count() <= 40 && !s.contains('\n') => {
                format!("the text `{s}`")
            }
            NodeKind::String(_) => "a text".to_owned(),
            NodeKind::List(_) => "a list".to_owned(),
            NodeKind::Map(_) => "a map".to_owned(),
        }
    }

    /// The text of a scalar, as a person would write it; `None` for nothing, lists and maps.
    #[must_use]
    pub fn scalar_text(&self) -> Option<String> {
        match &self.kind {
            NodeKind::Bool(b) => Some(b.to_string()),
            NodeKind::Int(i) => Some(i.to_string()),
            NodeKind::Number(s) | NodeKind::String(s) => Some(s.clone()),
            NodeKind::Null | NodeKind::List(_) | NodeKind::Map(_) => None,
        }
    }

    /// A scalar as a SQL literal, which is one operand wherever it stands.
    #[must_use]
    pub fn sql_literal(&self) -> Option<String> {
        match &self.kind {
            NodeKind::Bool(b) => Some(b.to_string()),
            NodeKind::Int(i) if *i < 0 => Some(format!("({i})")),
            NodeKind::Int(i) => Some(i.to_string()),
            NodeKind::Number(n) if n.starts_with('-') => Some(format!("({n})")),
            NodeKind::Number(n) => Some(n.trim_start_matches('+').to_owned()),
            NodeKind::String(s) => Some(format!("'{}'", s.replace('\'', "''"))),
            NodeKind::Null | NodeKind::List(_) | NodeKind::Map(_) => None,
        }
    }

    /// Where bytes `start..end` of this node's decoded text stand in the file.
    #[must_use]
    pub fn sub_span(&self, start: usize, end: usize) -> Span {
        let place = |offset: usize| offsets::locate(&self.map, self.span.start, offset);
        Span {
            file: self.span.file,
            start: place(start).min(self.span.end),
            end: place(end).clamp(place(start).min(self.span.end), self.span.end),
        }
    }
}

/// Parses one file. A file with nothing in it is Null; so is one that is no YAML, or over a limit. After any other
/// error (a duplicate key, a tag) the tree is what is left without it.
pub fn parse(file: FileId, text: &str, diags: &mut Diagnostics) -> Node {
    let nothing = Node::new(NodeKind::Null, Span::new(file, 0, 0));
    if text.len() > MAX_BYTES {
        diags.push(
            Diagnostic::error(
                &codes::FILE_TOO_LARGE,
                format!(
                    "the file has {} bytes, at most {MAX_BYTES} are read",
                    text.len()
                ),
            )
            .at(Span::new(file, 0, 0), "in this file")
            .help("split it: all files under `spec_paths` are read as one"),
        );
        return nothing;
    }
    if utf8::refuse_characters(file, text, diags) {
        return nothing;
    }
    match tree::build(file, text, diags) {
        Ok(node) => node,
        Err(diagnostic) => {
            diags.push(diagnostic);
            nothing
        }
    }
}

#[cfg(test)]
mod tests;
