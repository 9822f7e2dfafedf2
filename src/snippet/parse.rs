//! The grammar of portable expressions: tokens → [`Ast`] by operator precedence, as in PostgreSQL's table. Functions,
//! names and types are only read here (`call`, `model::typing`).

use super::cursor::{Parsed, Parser};
use super::tokens::{Kind, Token};
use super::{Ast, AstKind, BinaryOp, IsWhat, UnaryOp, literal};
use crate::diag::codes::expr::{BAD_LITERAL, NOT_PORTABLE, SYNTAX, TOO_LARGE};
use crate::diag::{Diagnostic, Diagnostics};
use crate::expr::Literal;
use crate::source::Span;

/// How deep parentheses and the like may be.
const MAX_NESTING: u32 = 64;

/// Words that begin statements.
const STATEMENTS: &[&str] = &[
    "alter", "attach", "call", "copy", "create", "delete", "drop", "grant", "insert", "merge",
    "pragma", "set", "truncate", "update",
];

// How strongly operators bind, weakest first.
const OR: u8 = 1;
const AND: u8 = 2;
const NOT: u8 = 3;
const IS: u8 = 4;
const COMPARE: u8 = 5;
const CONCAT: u8 = 6;
const ADD: u8 = 7;
const MULTIPLY: u8 = 8;
const SIGN: u8 = 9;

impl Parser<'_> {
    /// The whole text is one expression.
    pub(super) fn whole(mut self) -> Option<Ast> {
        if self.peek().kind == Kind::End {
            return self.fail(
                Diagnostic::error(&SYNTAX, "the expression is empty")
                    .at(self.snippet.whole(), "expected an expression")
                    .help("write a condition such as `country = 'US'`"),
            );
        }
        if self.is_statement() {
            return self.refuse(
                &NOT_PORTABLE,
                self.place(self.peek()),
                "this begins a statement, and an expression is expected",
                "write a condition such as `country = 'US'`: segc itself writes the statements",
            );
        }
        let parsed = self.expression(0)?;
        self.end()?;
        Some(parsed.ast)
    }

    /// Whether a statement that changes something begins here, and not a column of such a name.
    fn is_statement(&self) -> bool {
        let next = self.ahead(1);
        let goes_on = ["is", "not", "in", "between", "like", "ilike", "and", "or"];
        STATEMENTS.iter().any(|w| self.is_word(w))
            && next.kind == Kind::Word
            && !goes_on.contains(&next.raw.to_ascii_lowercase().as_str())
    }

    /// The whole text is what follows a value: `>= 500`.
    pub(super) fn tail(mut self) -> Option<Ast> {
        let token = self.peek();
        let starts = match token.kind {
            Kind::Word => ["is", "not", "in", "between", "like", "ilike"]
                .iter()
                .any(|w| self.is_word(w)),
            Kind::Sign => comparison(token.raw).is_some(),
            Kind::Quoted(_) | Kind::Number | Kind::Text(_) | Kind::End => false,
        };
        if !starts {
            let text = self.snippet.text.value.trim();
            let whole = text.len() <= 80
                && super::parse(self.snippet, &mut Diagnostics::default()).is_some();
            let raw = if whole {
                text
            } else {
                self.value_in().unwrap_or("500")
            };
            let help = format!("to compare with a value write `= {raw}` or `>= {raw}`");
            return self.fail(
                Diagnostic::error(&SYNTAX, "not a comparison")
                    .at(
                        self.place(token),
                        "expected a comparison such as `>= 500`, `between 3 and 5`, `in ('a', 'b')` or `is null`",
                    )
                    .help(help),
            );
        }
        let start = self.place(token);
        let subject = Parsed {
            ast: Ast {
                kind: AstKind::Subject,
                span: Span {
                    end: start.start,
                    ..start
                },
            },
            height: 1,
        };
        let parsed = self.postfix(subject, IS)?;
        if self.is_word("and") || self.is_word("or") {
            let token = self.peek();
            return self.fail(
                Diagnostic::error(&SYNTAX, "a single comparison is expected here")
                    .at(self.place(token), "a second one begins here")
                    .help("write `between 3 and 5`, or two conditions"),
            );
        }
        self.end()?;
        Some(parsed.ast)
    }

    fn end(&mut self) -> Option<()> {
        let token = self.peek();
        match token.kind {
            Kind::End => Some(()),
            Kind::Sign if token.raw == ";" => self.refuse(
                &NOT_PORTABLE,
                self.place(token),
                "a semicolon ends a statement, and this is an expression",
                "take everything from the `;` on away",
            ),
            Kind::Sign if token.raw == ")" => self.refuse(
                &SYNTAX,
                self.place(token),
                "this parenthesis was never opened",
                "take it away",
            ),
            Kind::Word | Kind::Quoted(_) | Kind::Number | Kind::Text(_) | Kind::Sign => {
                self.unexpected("an operator or the end of the expression")
            }
        }
    }

    /// An expression whose operators bind at least as strongly as `weakest`.
    pub(super) fn expression(&mut self, weakest: u8) -> Option<Parsed> {
        if self.nesting >= MAX_NESTING {
            let token = self.peek();
            return self.refuse(
                &TOO_LARGE,
                self.place(token),
                &format!("nested more than {MAX_NESTING} deep"),
                "name the inner parts as traits",
            );
        }
        self.nesting += 1;
        let left = self.prefix(weakest);
        let parsed = left.and_then(|left| self.postfix(left, weakest));
        self.nesting -= 1;
        parsed
    }

    /// What may follow a value: operators at least as strong as `weakest`.
    fn postfix(&mut self, mut left: Parsed, weakest: u8) -> Option<Parsed> {
        let mut compared = false;
        loop {
            let token = self.peek();
            let raw = token.raw;
            let word = if token.kind == Kind::Word {
                raw.to_ascii_lowercase()
            } else {
                String::new()
            };
            if (token.kind == Kind::Word && word == "or" && weakest <= OR)
                || (token.kind == Kind::Word && word == "and" && weakest <= AND)
            {
                let (op, strength) = if word == "or" {
                    (BinaryOp::Or, OR)
                } else {
                    (BinaryOp::And, AND)
                };
                let mut operands = vec![left];
                while self.take_word(&word) {
                    operands.push(self.expression(strength + 1)?);
                }
                left = self.balance(op, operands)?;
                compared = false;
                continue;
            }
            if word == "is" && weakest <= IS {
                left = self.is(left)?;
                compared = false;
                continue;
            }
            let infix_not = word == "not"
                && ["in", "between", "like", "ilike"]
                    .iter()
                    .any(|w| self.word_at(1, w));
            let op = if token.kind == Kind::Sign {
                comparison(raw)
            } else {
                None
            };
            if op.is_some()
                || infix_not
                || ["in", "between", "like", "ilike"].contains(&word.as_str())
            {
                if weakest > COMPARE {
                    return Some(left);
                }
                if compared {
                    return self.refuse(
                        &SYNTAX,
                        self.place(token),
                        "comparisons do not chain",
                        "join them with `and`, or write `x between low and high`",
                    );
                }
                compared = true;
                left = match op {
                    Some(op) => {
                        self.advance();
                        let right = self.expression(CONCAT)?;
                        self.binary(op, left, right)?
                    }
                    None => self.word_comparison(left)?,
                };
                continue;
            }
            let (op, strength) = match (&token.kind, raw) {
                (Kind::Sign, "+") => (BinaryOp::Add, ADD),
                (Kind::Sign, "-") => (BinaryOp::Sub, ADD),
                (Kind::Sign, "*") => (BinaryOp::Mul, MULTIPLY),
                (Kind::Sign, "/") => (BinaryOp::Div, MULTIPLY),
                (Kind::Sign, "%") => (BinaryOp::Mod, MULTIPLY),
                (Kind::Sign, "||") => (BinaryOp::Concat, CONCAT),
                (Kind::Sign, "::") => {
                    self.advance();
                    let ty = self.type_name()?;
                    let span = left.ast.span.to(ty.span);
                    let kind = AstKind::Cast {
                        of: Box::new(left.ast),
                        ty,
                        safe: false,
                    };
                    left = self.node(kind, span, left.height)?;
                    continue;
                }
                (Kind::Sign, "==") => {
                    return self.refuse(
                        &SYNTAX,
                        self.place(token),
                        "`==` is not an operator of SQL",
                        "write `=`",
                    );
                }
                (Kind::Sign, "[") => {
                    return self.refuse(
                        &NOT_PORTABLE,
                        self.place(token),
                        "array subscripts are not in the portable subset",
                        "use `array_contains(array, value)` or `any_in(array, ['a', 'b'])`",
                    );
                }
                (Kind::Sign, "->" | "->>" | ":") => {
                    return self.refuse(
                        &NOT_PORTABLE,
                        self.place(token),
                        "JSON operators are not in the portable subset",
                        "use `json_text(x, 'a.b')` or `json_number(x, 'a.b')`",
                    );
                }
                (Kind::Sign, "~" | "~*" | "!~") => {
                    return self.refuse(
                        &NOT_PORTABLE,
                        self.place(token),
                        "regular expression operators are not in the portable subset",
                        "use `regexp_matches(text, 'pattern')`",
                    );
                }
                (Kind::Word, _) if word == "at" => {
                    return self.refuse(
                        &NOT_PORTABLE,
                        self.place(token),
                        "`at time zone` is not in the portable subset",
                        "times are read in the project's `time_zone` by themselves; leave it away",
                    );
                }
                (Kind::Word, _)
                    if word == "similar"
                        || word == "rlike"
                        || word == "regexp"
                        || word == "glob" =>
                {
                    return self.refuse(
                        &NOT_PORTABLE,
                        self.place(token),
                        "this operator is not in the portable subset",
                        "use `like`, or `regexp_matches(text, 'pattern')`",
                    );
                }
                (
                    Kind::Word
                    | Kind::Quoted(_)
                    | Kind::Number
                    | Kind::Text(_)
                    | Kind::Sign
                    | Kind::End,
                    _,
                ) => {
                    return Some(left);
                }
            };
            if weakest > strength {
                return Some(left);
            }
            self.advance();
            let right = self.expression(strength + 1)?;
            left = self.binary(op, left, right)?;
        }
    }

    /// `is [not] null | true | false | distinct from x`
    fn is(&mut self, left: Parsed) -> Option<Parsed> {
        self.advance();
        let negated = self.take_word("not");
        let what = if self.is_word("null") {
            IsWhat::Null
        } else if self.is_word("true") {
            IsWhat::True
        } else if self.is_word("false") {
            IsWhat::False
        } else if self.take_word("distinct") {
            self.expect_word("from")?;
            let right = self.expression(CONCAT)?;
            let span = left.ast.span.to(right.ast.span);
            let height = left.height.max(right.height);
            let kind = AstKind::IsDistinct {
                left: Box::new(left.ast),
                right: Box::new(right.ast),
                negated,
            };
            return self.node(kind, span, height);
        } else {
            return self.unexpected("`null`, `true`, `false` or `distinct from`");
        };
        let span = left.ast.span.to(self.place(self.peek()));
        self.advance();
        let kind = AstKind::Is {
            of: Box::new(left.ast),
            what,
            negated,
        };
        self.node(kind, span, left.height)
    }

    /// `[not] in (…)`, `[not] between a and b`, `[not] like p`, `[not] ilike p`
    fn word_comparison(&mut self, left: Parsed) -> Option<Parsed> {
        let negated = self.take_word("not");
        let of = Box::new(left.ast);
        if self.take_word("between") {
            let low = self.expression(CONCAT)?;
            self.expect_word("and")?;
            let high = self.expression(CONCAT)?;
            let span = of.span.to(high.ast.span);
            let height = left.height.max(low.height).max(high.height);
            let kind = AstKind::Between {
                of,
                low: Box::new(low.ast),
                high: Box::new(high.ast),
                negated,
            };
            return self.node(kind, span, height);
        }
        if self.take_word("in") {
            let (list, end, height) = self.in_list()?;
            let span = of.span.to(end);
            return self.node(
                AstKind::In { of, list, negated },
                span,
                height.max(left.height),
            );
        }
        let any_case = self.is_word("ilike");
        self.advance();
        let pattern = self.expression(CONCAT)?;
        if self.is_word("escape") {
            return self.refuse(
                &NOT_PORTABLE,
                self.place(self.peek()),
                "`escape` cannot be chosen",
                "the escape character of `like` always is `\\`",
            );
        }
        let span = of.span.to(pattern.ast.span);
        let height = left.height.max(pattern.height);
        let kind = AstKind::Like {
            of,
            pattern: Box::new(pattern.ast),
            negated,
            any_case,
        };
        self.node(kind, span, height)
    }

    fn in_list(&mut self) -> Option<(Vec<Ast>, Span, u32)> {
        if self.is_word("var") {
            let var = self.expression(SIGN)?;
            return Some((vec![var.ast.clone()], var.ast.span, var.height));
        }
        if !self.is_sign("(") {
            return self.unexpected("a list in parentheses after `in`");
        }
        self.advance();
        self.no_subquery()?;
        if self.is_sign(")") {
            return self.unexpected("at least one value");
        }
        let (list, height) = self.list(")")?;
        let end = self.previous();
        Some((list, end, height))
    }

    /// `a, b, c` up to and with the closing sign.
    pub(super) fn list(&mut self, closing: &str) -> Option<(Vec<Ast>, u32)> {
        let (mut items, mut height) = (Vec::new(), 0);
        loop {
            let item = self.expression(0)?;
            height = height.max(item.height);
            items.push(item.ast);
            if self.take_sign(closing) {
                return Some((items, height));
            }
            if !self.take_sign(",") {
                return self.unexpected(&format!("`,` or `{closing}`"));
            }
        }
    }

    /// What an expression begins with.
    fn prefix(&mut self, weakest: u8) -> Option<Parsed> {
        let token = self.peek();
        let span = self.place(token);
        match &token.kind {
            Kind::Number => {
                self.advance();
                self.number(token, false, span)
            }
            Kind::Text(text) => {
                self.advance();
                self.node(AstKind::Literal(Literal::String(text.clone())), span, 0)
            }
            Kind::Quoted(_) => self.name(),
            Kind::End => self.unexpected("an expression"),
            Kind::Word if self.is_word("not") => {
                if weakest > NOT {
                    return self.refuse(
                        &SYNTAX,
                        span,
                        "`not` binds more weakly than the operator before it",
                        "put the negation into parentheses",
                    );
                }
                self.advance();
                let of = self.expression(NOT)?;
                let span = span.to(of.ast.span);
                self.node(
                    AstKind::Unary {
                        op: UnaryOp::Not,
                        of: Box::new(of.ast),
                    },
                    span,
                    of.height,
                )
            }
            Kind::Word => self.word(),
            Kind::Sign => match token.raw {
                sign @ ("-" | "+") => {
                    self.advance();
                    let next = self.peek();
                    if next.kind == Kind::Number {
                        self.advance();
                        return self.number(next, sign == "-", span.to(self.place(next)));
                    }
                    let of = self.expression(SIGN)?;
                    let span = span.to(of.ast.span);
                    let op = if sign == "-" {
                        UnaryOp::Minus
                    } else {
                        UnaryOp::Plus
                    };
                    self.node(
                        AstKind::Unary {
                            op,
                            of: Box::new(of.ast),
                        },
                        span,
                        of.height,
                    )
                }
                "(" => {
                    self.advance();
                    self.no_subquery()?;
                    let mut inner = self.expression(0)?;
                    if self.is_sign(",") {
                        return self.refuse(
                            &NOT_PORTABLE,
                            self.place(self.peek()),
                            "tuples are not in the portable subset",
                            "compare each value by itself and join the comparisons with `and`",
                        );
                    }
                    self.expect_sign(")")?;
                    inner.ast.span = span.to(self.previous());
                    Some(inner)
                }
                "[" => {
                    self.advance();
                    let (items, height) = if self.take_sign("]") {
                        (Vec::new(), 0)
                    } else {
                        self.list("]")?
                    };
                    let span = span.to(self.previous());
                    self.node(AstKind::Array(items), span, height)
                }
                "*" => self.refuse(
                    &NOT_PORTABLE,
                    span,
                    "`*` stands in `count(*)` only",
                    "name the column that is meant",
                ),
                _ => self.unexpected("an expression"),
            },
        }
    }

    fn number(&mut self, token: &Token<'_>, negative: bool, span: Span) -> Option<Parsed> {
        match literal::parse_number(token.raw, negative) {
            Ok(value) => self.node(AstKind::Literal(value), span, 0),
            Err(why) => self.refuse(
                &BAD_LITERAL,
                span,
                &why,
                "write a smaller number, or a float such as `1e40`",
            ),
        }
    }
}

fn comparison(sign: &str) -> Option<BinaryOp> {
    Some(match sign {
        "=" => BinaryOp::Eq,
        "<>" | "!=" => BinaryOp::Ne,
        "<" => BinaryOp::Lt,
        "<=" => BinaryOp::Le,
        ">" => BinaryOp::Gt,
        ">=" => BinaryOp::Ge,
        _ => return None,
    })
}
