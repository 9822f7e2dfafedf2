//! YAML text → a tree that knows where everything stands, and the decoder that reads fields from it.

use crate::source::{Span, Spanned};

/// A YAML value with its place.
#[derive(Clone, Debug)]
pub struct Node {
    pub kind: NodeKind,
    pub span: Span,
}

#[derive(Clone, Debug)]
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

/// Parses one file. On an error the tree is what could be read, or Null.
pub fn parse(
    file: crate::source::FileId,
    text: &str,
    diags: &mut crate::diag::Diagnostics,
) -> Node {
    let _ = (text, diags);
    Node {
        kind: NodeKind::Null,
        span: Span::new(file, 0, 0),
    }
}
