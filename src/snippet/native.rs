//! SQL of a warehouse's own as a condition or a trait: one scalar expression over columns and traits, and nothing that depends on
//! the clock, on chance or on other rows. The names in it are found in its tree and taken out, so that they can be resolved
//! like any other; the rest of the text stays as it is written.

pub(super) mod words;

use super::query::{Wrong, balanced, offset, on_a_large_stack, or_say, split_location};
use super::{Snippet, effects, tokens};
use crate::diag::Diagnostics;
use crate::diag::codes::shapes::NATIVE;
use crate::source::Spanned;
use sqlparser::ast::{
    AccessExpr, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, Ident,
    ObjectNamePart, Query, Value, Visit, Visitor,
};
use sqlparser::dialect::{Dialect, dialect_from_str};
use sqlparser::parser::Parser;
use sqlparser::tokenizer::{Token, Tokenizer, Whitespace};
use std::collections::HashSet;
use std::ops::ControlFlow;
use words::{AGGREGATES, MANY, PARTS, VOLATILE};

/// An expression in pieces: text, then a name, and so on; there is one text more than names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Native {
    pub texts: Vec<String>,
    pub names: Vec<Vec<Spanned<String>>>,
}

/// Whether the parser knows a warehouse's SQL.
pub(super) fn knows(warehouse: &str) -> bool {
    dialect_from_str(warehouse).is_some()
}

pub(super) fn read(snippet: &Snippet, warehouse: &str, diags: &mut Diagnostics) -> Option<Native> {
    if !tokens::fits(snippet, diags) {
        return None;
    }
    let text = snippet.text.value.as_str();
    let read = on_a_large_stack(|| match dialect_from_str(warehouse) {
        Some(dialect) => names(text, dialect.as_ref()),
        None => Ok(Vec::new()),
    });
    or_say(read, snippet, &NATIVE, diags).map(|names| pieces(snippet, &names))
}

/// A name: its parts, each with its bytes in the text.
type Name = Vec<(String, usize, usize)>;

fn pieces(snippet: &Snippet, names: &[Name]) -> Native {
    let text = snippet.text.value.as_str();
    let (mut texts, mut out, mut at) = (Vec::new(), Vec::new(), 0);
    for name in names {
        let (Some((_, start, _)), Some((_, _, end))) = (name.first(), name.last()) else {
            continue;
        };
        texts.push(text.get(at..*start).unwrap_or("").to_owned());
        let path = name
            .iter()
            .map(|(part, start, end)| Spanned::new(part.clone(), snippet.span(*start, *end)));
        out.push(path.collect());
        at = *end;
    }
    texts.push(text.get(at..).unwrap_or("").to_owned());
    Native { texts, names: out }
}

fn wrong(what: impl Into<String>, at: Option<(usize, usize)>, hint: &'static str) -> Wrong {
    Wrong {
        what: what.into(),
        at,
        hint,
    }
}

fn names(text: &str, dialect: &dyn Dialect) -> Result<Vec<Name>, Wrong> {
    balanced(text, dialect)?;
    comments(text, dialect)?;
    let unreadable = |error: sqlparser::parser::ParserError| {
        let message = error.to_string();
        let message = message
            .strip_prefix("sql parser error: ")
            .unwrap_or(&message);
        let (words, at) = split_location(message, text);
        wrong(
            words,
            at,
            "write one expression, as it would stand in a `select`",
        )
    };
    let mut parser = Parser::new(dialect)
        .try_with_sql(text)
        .map_err(unreadable)?;
    let expr = parser.parse_expr().map_err(unreadable)?;
    let rest = parser.next_token();
    if rest.token != Token::EOF {
        let at = offset(text, rest.span.start.line, rest.span.start.column);
        return Err(wrong(
            "the expression has ended before this",
            at.map(|at| (at, at + 1)),
            "write one expression, as it would stand in a `select`",
        ));
    }
    let mut walk = Walk {
        text,
        names: Vec::new(),
        kept: HashSet::new(),
        bound: HashSet::new(),
    };
    match expr.visit(&mut walk) {
        ControlFlow::Break(found) => Err(found),
        ControlFlow::Continue(()) => {
            walk.names
                .sort_by_key(|name| name.first().map(|(_, start, _)| *start));
            Ok(walk.names)
        }
    }
}

/// A comment could swallow what is written behind the expression.
fn comments(text: &str, dialect: &dyn Dialect) -> Result<(), Wrong> {
    let tokens = Tokenizer::new(dialect, text)
        .tokenize_with_location()
        .unwrap_or_default();
    for token in tokens {
        if matches!(
            token.token,
            Token::Whitespace(
                Whitespace::SingleLineComment { .. } | Whitespace::MultiLineComment(_)
            )
        ) {
            let start = token.span.start;
            let at = offset(text, start.line, start.column);
            return Err(wrong(
                "a comment",
                at.map(|at| (at, at + 2)),
                "put it above, as a comment of YAML: `# …`",
            ));
        }
    }
    Ok(())
}

struct Walk<'a> {
    text: &'a str,
    names: Vec<Name>,
    /// Where words stand that are parts of dates, not columns.
    kept: HashSet<usize>,
    /// Parameters of lambdas.
    bound: HashSet<String>,
}

impl Walk<'_> {
    fn place(&self, ident: &Ident) -> Option<(usize, usize)> {
        let (start, end) = (ident.span.start, ident.span.end);
        Some((
            offset(self.text, start.line, start.column)?,
            offset(self.text, end.line, end.column)?,
        ))
    }

    fn name(&mut self, parts: &[Ident]) -> ControlFlow<Wrong> {
        let mut name = Name::new();
        for part in parts {
            let Some((start, end)) = self.place(part) else {
                return ControlFlow::Break(wrong(
                    format!("the place of `{}` is not known", part.value),
                    None,
                    "write the name plainly",
                ));
            };
            name.push((part.value.clone(), start, end));
        }
        let first = name.first().map_or(0, |(_, start, _)| *start);
        let bound = parts.first().is_some_and(|p| self.bound.contains(&p.value));
        if !bound && !self.kept.contains(&first) {
            self.names.push(name);
        }
        ControlFlow::Continue(())
    }

    fn function(&mut self, call: &Function) -> ControlFlow<Wrong> {
        let last = call.name.0.last().and_then(ObjectNamePart::as_ident);
        let at = last.and_then(|ident| self.place(ident));
        let name = last.map_or_else(String::new, |ident| ident.value.to_lowercase());
        let name = name.as_str();
        let refuse = |what: String, hint| ControlFlow::Break(wrong(what, at, hint));
        let args = match &call.args {
            FunctionArguments::None => &[][..],
            FunctionArguments::Subquery(_) => {
                return refuse("a subquery".to_owned(), OTHER_ROWS);
            }
            FunctionArguments::List(list) => {
                if list.duplicate_treatment.is_some() || !list.clauses.is_empty() {
                    return refuse(format!("`{name}` is used as an aggregate"), OTHER_ROWS);
                }
                list.args.as_slice()
            }
        };
        if call.over.is_some() {
            return refuse(format!("`{name}` over a window"), OTHER_ROWS);
        }
        if AGGREGATES.contains(&name) || call.filter.is_some() || !call.within_group.is_empty() {
            return refuse(format!("`{name}` is an aggregate"), OTHER_ROWS);
        }
        // With one argument it counts to the current date.
        if VOLATILE.contains(&name) || (name == "age" && args.len() == 1) {
            return refuse(
                format!("`{name}` is not the same every time"),
                "a segment asks its question as of one instant: compare with a trait made of `as_of()`",
            );
        }
        if let Some(what) = effects::function(name) {
            return refuse(
                what,
                "compute it in the warehouse, and name the column here",
            );
        }
        if MANY.contains(&name) {
            return refuse(
                format!("`{name}` makes several rows or columns"),
                OTHER_ROWS,
            );
        }
        let dated = ["date", "time", "last_day", "trunc", "week"]
            .iter()
            .any(|part| name.contains(part));
        for arg in args {
            let (FunctionArg::Unnamed(value)
            | FunctionArg::Named { arg: value, .. }
            | FunctionArg::ExprNamed { arg: value, .. }) = arg;
            match value {
                FunctionArgExpr::Expr(Expr::Identifier(word))
                    if dated
                        && word.quote_style.is_none()
                        && PARTS.contains(&word.value.to_lowercase().as_str()) =>
                {
                    self.kept.extend(self.place(word).map(|(start, _)| start));
                }
                FunctionArgExpr::Expr(_) => {}
                FunctionArgExpr::QualifiedWildcard(_)
                | FunctionArgExpr::Wildcard
                | FunctionArgExpr::WildcardWithOptions(_) => {
                    return refuse("`*` is no value".to_owned(), "name the columns");
                }
            }
        }
        ControlFlow::Continue(())
    }
}

const OTHER_ROWS: &str =
    "it speaks of one entity alone: what its rows come to is a trait, and traits may be named here";

impl Visitor for Walk<'_> {
    type Break = Wrong;

    fn pre_visit_query(&mut self, _: &Query) -> ControlFlow<Wrong> {
        ControlFlow::Break(wrong("a subquery", None, OTHER_ROWS))
    }

    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "the tree of sqlparser has a hundred kinds; a few matter"
    )]
    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<Wrong> {
        match expr {
            Expr::Identifier(ident) => self.name(std::slice::from_ref(ident)),
            Expr::CompoundIdentifier(parts) => self.name(parts),
            Expr::CompoundFieldAccess { access_chain, .. }
                if access_chain.iter().any(|a| matches!(a, AccessExpr::Dot(_))) =>
            {
                ControlFlow::Break(wrong(
                    "a field behind a dot",
                    None,
                    "take fields with `['name']` or a function, so that dots are lookups",
                ))
            }
            Expr::Function(call) => self.function(call),
            Expr::Lambda(lambda) => {
                let params = lambda.params.iter().map(|p| p.name.value.clone());
                self.bound.extend(params);
                ControlFlow::Continue(())
            }
            Expr::Value(value) if matches!(value.value, Value::Placeholder(_)) => {
                ControlFlow::Break(wrong(
                    "a placeholder",
                    None,
                    "write the value, or `{{ var('name') }}`",
                ))
            }
            Expr::Wildcard(_) | Expr::QualifiedWildcard(..) => {
                ControlFlow::Break(wrong("`*` is no value", None, "name the columns"))
            }
            _ => ControlFlow::Continue(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{one, snippet};
    use super::*;

    fn split(text: &str, warehouse: &str) -> Result<String, String> {
        let mut diags = Diagnostics::default();
        match read(&snippet(text), warehouse, &mut diags) {
            Some(native) => {
                assert_eq!(native.texts.len(), native.names.len() + 1);
                let mut out = String::new();
                for (n, text) in native.texts.iter().enumerate() {
                    out.push_str(text);
                    if let Some(name) = native.names.get(n) {
                        let parts: Vec<&str> = name.iter().map(|p| p.value.as_str()).collect();
                        out.push_str(&format!("<{}>", parts.join("|")));
                    }
                }
                Ok(out)
            }
            None => Err(one(text, &diags).2),
        }
    }

    #[test]
    fn names_are_taken_out_and_the_rest_stays() {
        for (text, warehouse, expected) in [
            (
                "regexp_full_match(email, 'a.*')",
                "duckdb",
                "regexp_full_match(<email>, 'a.*')",
            ),
            (
                "home_store.city || email",
                "duckdb",
                "<home_store|city> || <email>",
            ),
            (
                "len(list_filter(tags, x -> x like 'a%' and country = 'US')) > 1",
                "duckdb",
                "len(list_filter(<tags>, x -> x like 'a%' and <country> = 'US')) > 1",
            ),
            ("tags[1] = 'email'", "duckdb", "<tags>[1] = 'email'"),
            (
                "attributes->>'email' = \"Email\"",
                "duckdb",
                "<attributes>->>'email' = <Email>",
            ),
            (
                "DATE_DIFF(day, signed_up, DAY) > `day`",
                "bigquery",
                "DATE_DIFF(day, <signed_up>, DAY) > <day>",
            ),
            (
                "attributes:a.email::string = email",
                "snowflake",
                "<attributes>:a.email::string = <email>",
            ),
            (
                "case when é then 'ü' else é end",
                "duckdb",
                "case when <é> then 'ü' else <é> end",
            ),
        ] {
            assert_eq!(split(text, warehouse).as_deref(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn only_one_expression_of_one_row() {
        for (text, why) in [
            ("a > (select 1)", "subquery"),
            ("exists (select 1)", "subquery"),
            ("a in (select b from c)", "subquery"),
            ("sum(a) > 1", "aggregate"),
            ("string_agg(a, ',' order by b) = 'x'", "aggregate"),
            ("row_number() over (order by a) = 1", "window"),
            ("a > 1; drop table x", "semicolon"),
            ("a > 1, b", "ended"),
            ("a as b", "ended"),
            ("a > current_timestamp", "every time"),
            ("a > now()", "every time"),
            ("age(a) > interval 3 day", "every time"),
            ("random() < 0.5", "every time"),
            ("unnest(a) = 1", "several"),
            ("columns(*) > 1", ""),
            ("getvariable('x') = 1", "every time"),
            ("error(a)", "does more"),
            ("len(read_text('x')) > 1", "does more"),
            ("system$wait(1) = a", "does more"),
            ("a > 1 -- yes", "comment"),
            ("a /* b */ > 1", "comment"),
            ("a > $1", "placeholder"),
            ("a > 1) or (true", "never opened"),
            ("", ""),
        ] {
            let found = split(text, "duckdb").expect_err(text);
            assert!(found.contains(why), "{text}: {found}");
        }
    }
}
