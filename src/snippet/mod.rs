//! One SQL expression of a user, parsed: the only folder that names `sqlparser`.
//!
//! [`parse()`] gives an [`Ast`] whose every node knows its place in the file. What is not in the portable subset
//! (subqueries, statements, windows, unknown operators) is an error here; names and types are `model::typing`'s.
//!
//! The tokens are sqlparser's. The grammar of expressions is our own (`parse`), because sqlparser's tree has no places for
//! parentheses, casts, `is null`, operators and types, and takes far more than the subset; a test holds the two
//! grammars' readings together. A `{sql: …}` source (`query`) is sqlparser's whole.

mod cursor;
mod effects;
mod insert;
pub mod literal;
mod native;
mod parse;
mod query;
mod tokens;
mod words;

use crate::diag::Diagnostics;
use crate::expr::{Literal, Unit};
use crate::source::{Span, Spanned};
pub use native::Native;

/// The text of an expression with its place. `{{ var('x') }}` inside stands for the call `var('x')`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Snippet {
    /// The text as the YAML reader decoded it.
    pub text: Spanned<String>,
    /// For byte `i` of `text`, where it lies: (offset in text, offset in file) at every place where the two stop
    /// running in step. The first entry is (0, start of the text in the file).
    pub map: Vec<(u32, u32)>,
}

/// An expression as written.
#[derive(Clone, Debug)]
pub struct Ast {
    pub kind: AstKind,
    pub span: Span,
}

#[derive(Clone, Debug)]
pub enum AstKind {
    Literal(Literal),
    /// `interval '3' day`: only beside `+` and `-`.
    Interval {
        count: i64,
        unit: Unit,
    },
    /// `total`, `orders.total`, `items.product.category`.
    Name(Vec<Spanned<String>>),
    /// The value that a tail (`is: ">= 500"`) speaks of.
    Subject,
    Unary {
        op: UnaryOp,
        of: Box<Ast>,
    },
    Binary {
        op: BinaryOp,
        left: Box<Ast>,
        right: Box<Ast>,
    },
    Is {
        of: Box<Ast>,
        what: IsWhat,
        negated: bool,
    },
    IsDistinct {
        left: Box<Ast>,
        right: Box<Ast>,
        negated: bool,
    },
    In {
        of: Box<Ast>,
        list: Vec<Ast>,
        negated: bool,
    },
    Between {
        of: Box<Ast>,
        low: Box<Ast>,
        high: Box<Ast>,
        negated: bool,
    },
    Like {
        of: Box<Ast>,
        pattern: Box<Ast>,
        negated: bool,
        any_case: bool,
    },
    Case {
        of: Option<Box<Ast>>,
        whens: Vec<(Ast, Ast)>,
        otherwise: Option<Box<Ast>>,
    },
    /// `cast(x as T)`, `try_cast(x as T)`; the type as written.
    Cast {
        of: Box<Ast>,
        ty: Spanned<String>,
        safe: bool,
    },
    /// `extract(year from x)` is the call `year(x)`; `timestamp '2026-01-31 09:00'` without an offset is the call
    /// `timestamp` of a datetime literal, as its zone is not known here.
    Call {
        name: Spanned<String>,
        args: Vec<Ast>,
        distinct: bool,
        star: bool,
        filter: Option<Box<Ast>>,
    },
    /// `['a', 'b']`
    Array(Vec<Ast>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnaryOp {
    Not,
    Minus,
    Plus,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BinaryOp {
    And,
    Or,
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
    Add,
    Sub,
    Mul,
    Div,
    Mod,
    Concat,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IsWhat {
    Null,
    True,
    False,
}

impl Snippet {
    /// The place of bytes `start..end` of the text in the file, widened to whole characters.
    #[must_use]
    pub fn span(&self, start: usize, end: usize) -> Span {
        let text = self.text.value.as_str();
        let start = text.floor_char_boundary(start);
        let end = text.ceil_char_boundary(end);
        // The end is the place after the last byte, which may lie before a jump that the end lies behind.
        let last = if end > start {
            self.offset(end - 1) + 1
        } else {
            self.offset(start)
        };
        Span::new(self.text.span.file, self.offset(start), last)
    }

    /// The whole text's place.
    #[must_use]
    pub fn whole(&self) -> Span {
        self.text.span
    }

    fn offset(&self, at: usize) -> usize {
        let after = self.map.partition_point(|(text, _)| *text as usize <= at);
        match after.checked_sub(1).and_then(|i| self.map.get(i)) {
            Some((text, file)) => *file as usize + (at - *text as usize),
            None => self.text.span.start as usize + at,
        }
    }
}

/// Parses one expression.
#[must_use]
pub fn parse(snippet: &Snippet, diags: &mut Diagnostics) -> Option<Ast> {
    let tokens = tokens::read(snippet, diags)?;
    cursor::Parser::new(snippet, &tokens, diags).whole()
}

/// Parses a tail, `>= 500`, `between 3 and 5`, `in ('a', 'b')`, `is null`: an expression whose left side is
/// [`AstKind::Subject`].
#[must_use]
pub fn parse_tail(snippet: &Snippet, diags: &mut Diagnostics) -> Option<Ast> {
    let tokens = tokens::read(snippet, diags)?;
    cursor::Parser::new(snippet, &tokens, diags).tail()
}

/// Puts literals in the place of template expressions: `literal` says which, by what stands between the braces; None leaves
/// it as it is. Places in the new text lead back to the braces.
#[must_use]
pub fn insert(
    snippet: &Snippet,
    literal: &dyn Fn(&str) -> Option<String>,
    diags: &mut Diagnostics,
) -> Option<Snippet> {
    insert::insert(snippet, literal, diags)
}

/// One scalar expression in a warehouse's own SQL, with the names of columns and traits taken out; what is wrong with it is
/// reported. `warehouse` is one that [`knows_warehouse`].
#[must_use]
pub fn parse_native(snippet: &Snippet, warehouse: &str, diags: &mut Diagnostics) -> Option<Native> {
    native::read(snippet, warehouse, diags)
}

/// Whether a warehouse's SQL can be parsed.
#[must_use]
pub fn knows_warehouse(name: &str) -> bool {
    native::knows(name)
}

/// Checks that a `{sql: …}` source is exactly one query expression without DML or other effects at any depth; false (and a diagnostic)
/// if not. Whoever puts the text into a statement ends it with a new line, since it may end in a comment.
pub fn check_query(snippet: &Snippet, diags: &mut Diagnostics) -> bool {
    query::check(snippet, diags)
}

/// The files that a `{sql: …}` source reads, as it names them; none of a text that [`check_query`] refuses.
#[must_use]
pub fn query_files(snippet: &Snippet) -> Vec<String> {
    query::files(snippet)
}

#[cfg(test)]
mod tests;
