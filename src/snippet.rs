//! One SQL expression of a user, parsed: the only file that names `sqlparser`.
//!
//! [`parse`] gives an [`Ast`] whose every node knows its place in the file. What is not in the portable subset
//! (subqueries, statements, windows, unknown operators) is an error here; names and types are `model::typing`'s.

use crate::expr::{Literal, Unit};
use crate::source::{Span, Spanned};

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
    /// `extract(year from x)` is the call `year(x)`.
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

/// Parses one expression.
#[must_use]
pub fn parse(snippet: &Snippet, diags: &mut crate::diag::Diagnostics) -> Option<Ast> {
    let _ = (snippet, diags);
    None
}

/// Parses a tail, `>= 500`, `between 3 and 5`, `in ('a', 'b')`, `is null`: an expression whose left side is [`AstKind::Subject`].
#[must_use]
pub fn parse_tail(snippet: &Snippet, diags: &mut crate::diag::Diagnostics) -> Option<Ast> {
    let _ = (snippet, diags);
    None
}

/// Checks that a `{sql: …}` source is exactly one query expression without DML at any depth; false (and a diagnostic) if not.
pub fn check_query(snippet: &Snippet, diags: &mut crate::diag::Diagnostics) -> bool {
    let _ = (snippet, diags);
    true
}
