//! The parser's hands: looking at tokens, taking them, making nodes of bounded height, failing with words. What the
//! tokens mean is `parse` and `words`.

use super::tokens::{Kind, Token};
use super::{Ast, AstKind, BinaryOp, Snippet};
use crate::diag::codes::expr::{NOT_PORTABLE, SYNTAX, TOO_LARGE};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::source::{Span, Spanned};

/// How high a tree may be: what walks over trees may recurse.
const MAX_HEIGHT: u32 = 100;

/// Words that never are a name unless quoted.
const RESERVED: &[&str] = &[
    "all",
    "and",
    "any",
    "as",
    "between",
    "case",
    "cast",
    "distinct",
    "else",
    "end",
    "escape",
    "except",
    "filter",
    "from",
    "group",
    "having",
    "ilike",
    "in",
    "intersect",
    "interval",
    "is",
    "like",
    "limit",
    "not",
    "null",
    "or",
    "order",
    "over",
    "select",
    "then",
    "try_cast",
    "union",
    "when",
    "where",
    "with",
];

/// An expression and the height of its tree.
pub(super) struct Parsed {
    pub(super) ast: Ast,
    pub(super) height: u32,
}

pub(super) struct Parser<'a> {
    pub(super) snippet: &'a Snippet,
    tokens: &'a [Token<'a>],
    at: usize,
    pub(super) nesting: u32,
    pub(super) diags: &'a mut Diagnostics,
}

impl<'a> Parser<'a> {
    pub(super) fn new(
        snippet: &'a Snippet,
        tokens: &'a [Token<'a>],
        diags: &'a mut Diagnostics,
    ) -> Self {
        Self {
            snippet,
            tokens,
            at: 0,
            nesting: 0,
            diags,
        }
    }

    // ── building ──

    pub(super) fn node(&mut self, kind: AstKind, span: Span, below: u32) -> Option<Parsed> {
        let height = below + 1;
        if height > MAX_HEIGHT {
            return self.refuse(
                &TOO_LARGE,
                Span {
                    end: span.start + 1,
                    ..span
                },
                &format!("a chain or nesting of more than {MAX_HEIGHT} operators begins here"),
                "name parts of it as traits",
            );
        }
        Some(Parsed {
            ast: Ast { kind, span },
            height,
        })
    }

    pub(super) fn binary(&mut self, op: BinaryOp, left: Parsed, right: Parsed) -> Option<Parsed> {
        let span = left.ast.span.to(right.ast.span);
        let height = left.height.max(right.height);
        let kind = AstKind::Binary {
            op,
            left: Box::new(left.ast),
            right: Box::new(right.ast),
        };
        self.node(kind, span, height)
    }

    /// `a and b and c and d` as a tree of low height; the order stays.
    pub(super) fn balance(&mut self, op: BinaryOp, mut operands: Vec<Parsed>) -> Option<Parsed> {
        while operands.len() > 1 {
            let mut pairs = Vec::with_capacity(operands.len().div_ceil(2));
            let mut rest = operands.into_iter();
            while let Some(left) = rest.next() {
                pairs.push(match rest.next() {
                    Some(right) => self.binary(op, left, right)?,
                    None => left,
                });
            }
            operands = pairs;
        }
        operands.pop()
    }

    // ── tokens ──

    pub(super) fn peek(&self) -> &'a Token<'a> {
        self.ahead(0)
    }

    /// The first number or string of the text.
    pub(super) fn value_in(&self) -> Option<&'a str> {
        let value = |t: &&Token<'_>| matches!(t.kind, Kind::Number | Kind::Text(_));
        self.tokens.iter().find(value).map(|t| t.raw)
    }

    pub(super) fn ahead(&self, by: usize) -> &'a Token<'a> {
        let last = self.tokens.len() - 1;
        self.tokens
            .get((self.at + by).min(last))
            .expect("the list of tokens ends in `End`")
    }

    pub(super) fn advance(&mut self) {
        self.at += 1;
    }

    pub(super) fn place(&self, token: &Token<'_>) -> Span {
        self.snippet.span(token.start, token.end)
    }

    /// The place of the token before this one.
    pub(super) fn previous(&self) -> Span {
        let token = self.at.checked_sub(1).and_then(|i| self.tokens.get(i));
        token.map_or(self.snippet.whole(), |t| self.place(t))
    }

    pub(super) fn is_word(&self, word: &str) -> bool {
        self.word_at(0, word)
    }

    pub(super) fn word_at(&self, by: usize, word: &str) -> bool {
        let token = self.ahead(by);
        token.kind == Kind::Word && token.raw.eq_ignore_ascii_case(word)
    }

    pub(super) fn is_sign(&self, sign: &str) -> bool {
        let token = self.peek();
        token.kind == Kind::Sign && token.raw == sign
    }

    pub(super) fn take_word(&mut self, word: &str) -> bool {
        let found = self.is_word(word);
        self.at += usize::from(found);
        found
    }

    pub(super) fn take_sign(&mut self, sign: &str) -> bool {
        let found = self.is_sign(sign);
        self.at += usize::from(found);
        found
    }

    pub(super) fn expect_word(&mut self, word: &str) -> Option<()> {
        if self.take_word(word) {
            Some(())
        } else {
            self.unexpected(&format!("`{word}`"))
        }
    }

    pub(super) fn expect_sign(&mut self, sign: &str) -> Option<()> {
        if self.take_sign(sign) {
            Some(())
        } else {
            self.unexpected(&format!("`{sign}`"))
        }
    }

    pub(super) fn reserved(word: &str) -> bool {
        RESERVED.iter().any(|r| r.eq_ignore_ascii_case(word))
    }

    // ── failing ──

    pub(super) fn fail<T>(&mut self, diagnostic: Diagnostic) -> Option<T> {
        self.diags.push(diagnostic);
        None
    }

    pub(super) fn refuse<T>(
        &mut self,
        code: &'static Code,
        at: Span,
        why: &str,
        hint: &str,
    ) -> Option<T> {
        self.fail(Diagnostic::error(code, code.title).at(at, why).help(hint))
    }

    pub(super) fn unexpected<T>(&mut self, expected: &str) -> Option<T> {
        let token = self.peek();
        let found = match token.kind {
            Kind::End => "the end of the expression".to_owned(),
            Kind::Text(_) => format!("the string {}", token.raw),
            Kind::Word | Kind::Quoted(_) | Kind::Number | Kind::Sign => format!("`{}`", token.raw),
        };
        let help = match token.kind {
            Kind::Word if self.is_word("not") => {
                "`not` stands before a condition, or in `is not null`, `not in`, `not like` and `not between`".to_owned()
            }
            Kind::Word if self.is_word("where") => {
                "some rows only: `count(orders) filter (where …)`".to_owned()
            }
            Kind::Word if Self::reserved(token.raw) => {
                format!("if `{0}` is a column's name, write `\"{0}\"`", token.raw)
            }
            Kind::End => "close what is open, or take the last operator away".to_owned(),
            Kind::Word | Kind::Quoted(_) | Kind::Number | Kind::Text(_) => {
                "an operator or a comma may be missing before it".to_owned()
            }
            Kind::Sign if token.raw == "[" && expected.contains("parentheses") => {
                "write it in parentheses: `in ('a', 'b')`".to_owned()
            }
            Kind::Sign => "take it away, or put what is missing before it".to_owned(),
        };
        let span = self.place(token);
        self.fail(
            Diagnostic::error(&SYNTAX, "syntax error in an expression")
                .at(span, format!("expected {expected}, found {found}"))
                .help(help),
        )
    }

    /// Refuses a subquery where one would begin.
    pub(super) fn no_subquery(&mut self) -> Option<()> {
        if self.is_word("select")
            || self.is_word("with")
            || (self.is_word("from") && !self.is_sign("."))
        {
            return self.refuse(
                &NOT_PORTABLE,
                self.place(self.peek()),
                "subqueries are not in the portable subset",
                "ask for another segment with `in:`, for rows of a relation with `did:`, or use an aggregate",
            );
        }
        Some(())
    }

    /// The name of a type, from here to where it ends: `decimal(10, 2)`, `array<string>`.
    pub(super) fn type_name(&mut self) -> Option<Spanned<String>> {
        let first = self.peek();
        if first.kind != Kind::Word {
            return self.unexpected("the name of a type");
        }
        let (mut text, mut open) = (String::new(), 0u32);
        loop {
            let token = self.peek();
            let part = match token.kind {
                Kind::Word => text.is_empty() || text.ends_with(['<', '(']),
                Kind::Number => text.ends_with(['(', ',']),
                Kind::Sign => match token.raw {
                    "<" | "(" => !text.is_empty() && !text.ends_with(')'),
                    ">" | "," => open > 0,
                    ">>" => open > 1,
                    ")" => open > 0,
                    _ => false,
                },
                Kind::Quoted(_) | Kind::Text(_) | Kind::End => false,
            };
            if !part {
                break;
            }
            match token.raw {
                "<" | "(" => open += 1,
                ">" | ")" => open -= 1,
                ">>" => open -= 2,
                _ => {}
            }
            text.push_str(token.raw);
            self.at += 1;
            if open == 0 && text.ends_with(['>', ')']) {
                break;
            }
        }
        if open > 0 {
            return self.unexpected("the rest of the type");
        }
        let span = self.place(first).to(self.previous());
        Some(Spanned::new(text, span))
    }
}
