//! What begins with a word: names, calls, `case`, casts, typed literals. A part of the grammar in `parse`.

use super::cursor::{Parsed, Parser};
use super::literal::{self, Moment};
use super::tokens::Kind;
use super::{Ast, AstKind};
use crate::diag::codes::expr::{BAD_LITERAL, NOT_PORTABLE, SYNTAX};
use crate::expr::Literal;
use crate::source::{Span, Spanned};

/// SQL's clocks that are written without parentheses.
const CLOCKS: &[&str] = &[
    "current_date",
    "current_timestamp",
    "current_time",
    "localtimestamp",
    "localtime",
    "sysdate",
];

impl Parser<'_> {
    /// An expression that begins with a plain word.
    pub(super) fn word(&mut self) -> Option<Parsed> {
        let token = self.peek();
        let span = self.place(token);
        let word = token.raw.to_ascii_lowercase();
        let text_follows = matches!(self.ahead(1).kind, Kind::Text(_));
        let next = self.ahead(1);
        let call_follows = next.kind == Kind::Sign && next.raw == "(";
        match word.as_str() {
            "null" => self.constant(Literal::Null, span),
            "true" => self.constant(Literal::Boolean(true), span),
            "false" => self.constant(Literal::Boolean(false), span),
            "case" => self.case(),
            "cast" | "try_cast" => self.cast(word == "try_cast"),
            "interval" => self.interval(),
            "date" | "timestamp" | "datetime" if text_follows => self.moment(&word),
            "time" | "timestamptz" | "timestamp_ntz" | "timestamp_tz" if text_follows => self.refuse(
                &NOT_PORTABLE,
                span,
                "this kind of literal is not in the portable subset",
                "write `timestamp '2026-01-31 09:00Z'`, `datetime '2026-01-31 09:00'` or `date '2026-01-31'`",
            ),
            "extract" if call_follows => self.extract(),
            "select" | "with" => {
                self.no_subquery()?;
                None
            }
            _ if CLOCKS.contains(&word.as_str()) && !call_follows => self.refuse(
                &NOT_PORTABLE,
                span,
                "clocks would make the answer depend on when it is computed",
                "use `as_of()` for the instant, `today()` for the local date",
            ),
            _ if Self::reserved(&word) => self.unexpected("an expression"),
            _ => self.name(),
        }
    }

    fn constant(&mut self, value: Literal, span: Span) -> Option<Parsed> {
        self.advance();
        self.node(AstKind::Literal(value), span, 0)
    }

    /// `date '…'`, `timestamp '…'`, `datetime '…'`
    fn moment(&mut self, kind: &str) -> Option<Parsed> {
        let start = self.place(self.peek());
        self.advance();
        let token = self.peek();
        let span = start.to(self.place(token));
        self.advance();
        let Kind::Text(text) = &token.kind else {
            return None;
        };
        let bad = |p: &mut Self, why: &str, hint: &str| p.refuse(&BAD_LITERAL, span, why, hint);
        let literal = match (kind, literal::parse_moment(text)) {
            (_, Err(why)) => {
                let hint = match kind {
                    "date" => "write `date '2026-01-31'`",
                    "timestamp" => "write `timestamp '2026-01-31 09:00Z'`",
                    _ => "write `datetime '2026-01-31 09:00'`",
                };
                return bad(self, &why, hint);
            }
            ("date", Ok(Moment::Date(date))) => Literal::Date(date),
            ("date", Ok(Moment::Local(_) | Moment::Instant(_))) => {
                return bad(
                    self,
                    "a date has no time of day",
                    "write `datetime` or `timestamp` instead of `date`",
                );
            }
            ("datetime", Ok(Moment::Date(date))) => Literal::Datetime(date.at(0, 0, 0, 0)),
            ("datetime", Ok(Moment::Local(time))) => Literal::Datetime(time),
            ("datetime", Ok(Moment::Instant(_))) => {
                return bad(
                    self,
                    "a datetime is wall clock and has no offset",
                    "write `timestamp` instead of `datetime`",
                );
            }
            (_, Ok(Moment::Instant(instant))) => Literal::Timestamp(instant),
            (_, Ok(Moment::Date(_) | Moment::Local(_))) => {
                let local = match literal::parse_moment(text) {
                    Ok(Moment::Local(time)) => time,
                    Ok(Moment::Date(date)) => date.at(0, 0, 0, 0),
                    Ok(Moment::Instant(_)) | Err(_) => return None,
                };
                let arg = Ast {
                    kind: AstKind::Literal(Literal::Datetime(local)),
                    span,
                };
                let call = AstKind::Call {
                    name: Spanned::new("timestamp".to_owned(), span),
                    args: vec![arg],
                    distinct: false,
                    star: false,
                    filter: None,
                };
                return self.node(call, span, 1);
            }
        };
        self.node(AstKind::Literal(literal), span, 0)
    }

    /// `interval '3' day`, also `interval '3 days'` and `interval 3 day`
    fn interval(&mut self) -> Option<Parsed> {
        let start = self.place(self.peek());
        self.advance();
        let token = self.peek();
        let (count, inline_unit) = match &token.kind {
            Kind::Text(text) => match text.trim().split_once(' ') {
                Some((count, unit)) => (count.to_owned(), Some(unit.trim().to_owned())),
                None => (text.trim().to_owned(), None),
            },
            Kind::Number => (token.raw.to_owned(), None),
            Kind::Word | Kind::Quoted(_) | Kind::Sign | Kind::End => {
                return self.unexpected("a count after `interval`, as in `interval '3' day`");
            }
        };
        self.advance();
        let unit_token = self.peek();
        let unit = match inline_unit {
            Some(unit) => unit,
            None if unit_token.kind == Kind::Word => {
                self.advance();
                unit_token.raw.to_owned()
            }
            None => return self.unexpected("a unit, as in `interval '3' day`"),
        };
        let span = start.to(self.previous());
        let Some(unit) = literal::parse_unit(&unit) else {
            return self.refuse(
                &BAD_LITERAL,
                span,
                &format!("`{unit}` is not a unit of time"),
                "units are second, minute, hour, day, week, month, quarter, year",
            );
        };
        let Ok(count) = count.parse::<i64>() else {
            return self.refuse(
                &BAD_LITERAL,
                span,
                &format!("expected one whole number, found `{count}`"),
                "write `interval '3' day`; add two intervals one after the other",
            );
        };
        self.node(AstKind::Interval { count, unit }, span, 0)
    }

    fn case(&mut self) -> Option<Parsed> {
        let start = self.place(self.peek());
        self.advance();
        let mut height = 0;
        let mut of = None;
        if !self.is_word("when") {
            let operand = self.expression(0)?;
            height = operand.height;
            of = Some(Box::new(operand.ast));
        }
        let mut whens = Vec::new();
        while self.take_word("when") {
            let when = self.expression(0)?;
            self.expect_word("then")?;
            let then = self.expression(0)?;
            height = height.max(when.height).max(then.height);
            whens.push((when.ast, then.ast));
        }
        if whens.is_empty() {
            return self.unexpected("`when`");
        }
        let mut otherwise = None;
        if self.take_word("else") {
            let value = self.expression(0)?;
            height = height.max(value.height);
            otherwise = Some(Box::new(value.ast));
        }
        self.expect_word("end")?;
        let span = start.to(self.previous());
        self.node(
            AstKind::Case {
                of,
                whens,
                otherwise,
            },
            span,
            height,
        )
    }

    fn cast(&mut self, safe: bool) -> Option<Parsed> {
        let start = self.place(self.peek());
        self.advance();
        self.expect_sign("(")?;
        let of = self.expression(0)?;
        self.expect_word("as")?;
        let ty = self.type_name()?;
        self.expect_sign(")")?;
        let span = start.to(self.previous());
        self.node(
            AstKind::Cast {
                of: Box::new(of.ast),
                ty,
                safe,
            },
            span,
            of.height,
        )
    }

    /// `extract(year from x)` as the call `year(x)`
    fn extract(&mut self) -> Option<Parsed> {
        let start = self.place(self.peek());
        self.advance();
        self.advance();
        let field = self.peek();
        if field.kind != Kind::Word {
            return self.unexpected("a field, as in `extract(year from x)`");
        }
        let name = Spanned::new(field.raw.to_ascii_lowercase(), self.place(field));
        self.advance();
        self.expect_word("from")?;
        let of = self.expression(0)?;
        self.expect_sign(")")?;
        let span = start.to(self.previous());
        let call = AstKind::Call {
            name,
            args: vec![of.ast],
            distinct: false,
            star: false,
            filter: None,
        };
        self.node(call, span, of.height)
    }

    /// A dotted name, or a call.
    pub(super) fn name(&mut self) -> Option<Parsed> {
        let mut path: Vec<Spanned<String>> = Vec::new();
        loop {
            let token = self.peek();
            let span = self.place(token);
            let part = match &token.kind {
                Kind::Quoted(name) => name.clone(),
                // After a point any word is a name.
                Kind::Word => token.raw.to_owned(),
                Kind::Sign if token.raw == "*" => {
                    return self.refuse(
                        &NOT_PORTABLE,
                        span,
                        "`*` stands in `count(*)` only",
                        "name the column that is meant; to count rows write `count(orders)`",
                    );
                }
                Kind::Sign | Kind::Number | Kind::Text(_) | Kind::End => {
                    return self.unexpected("a name after the point");
                }
            };
            path.push(Spanned::new(part, span));
            self.advance();
            if !self.take_sign(".") {
                break;
            }
        }
        let (Some(first), Some(last)) = (path.first(), path.last()) else {
            return None;
        };
        let span = first.span.to(last.span);
        if !self.is_sign("(") {
            return self.node(AstKind::Name(path), span, 0);
        }
        if path.len() > 1 {
            return self.refuse(
                &SYNTAX,
                span,
                "functions have plain names",
                "write the function first and the column in its parentheses: `count(orders)`",
            );
        }
        let name = Spanned::new(first.value.to_ascii_lowercase(), span);
        self.call(name)
    }

    fn call(&mut self, name: Spanned<String>) -> Option<Parsed> {
        self.advance();
        self.no_subquery()?;
        let (mut args, mut height, mut star, mut distinct) = (Vec::new(), 0, false, false);
        if self.is_sign("*") && name.value == "count" {
            self.advance();
            self.expect_sign(")")?;
            star = true;
        } else if !self.take_sign(")") {
            distinct = self.take_word("distinct");
            loop {
                let arg = self.expression(0)?;
                height = height.max(arg.height);
                args.push(arg.ast);
                if self.take_sign(")") {
                    break;
                }
                if self.is_word("order") {
                    return self.refuse(
                        &NOT_PORTABLE,
                        self.place(self.peek()),
                        "an aggregate's order cannot be chosen",
                        "`first(x)` and `last(x)` go by the relation's time",
                    );
                }
                if !self.take_sign(",") {
                    return self.unexpected("`,` or `)`");
                }
            }
        }
        let mut filter = None;
        let opens = self.ahead(1);
        if self.is_word("filter") && opens.kind == Kind::Sign && opens.raw == "(" {
            self.advance();
            self.advance();
            self.expect_word("where")?;
            let condition = self.expression(0)?;
            height = height.max(condition.height);
            self.expect_sign(")")?;
            filter = Some(Box::new(condition.ast));
        }
        if self.is_word("over")
            || self.is_word("within")
            || self.is_word("ignore")
            || self.is_word("respect")
        {
            return self.refuse(
                &NOT_PORTABLE,
                self.place(self.peek()),
                "window functions are not in the portable subset",
                "compare entities with a rank trait, or rows with `first`, `last` and windows such as `within: 90 days`",
            );
        }
        let span = name.span.to(self.previous());
        let call = AstKind::Call {
            name,
            args,
            distinct,
            star,
            filter,
        };
        self.node(call, span, height)
    }
}
