//! Texts with something in them: `{{ var('x') }}` and parameters of `for_each` put in, and expressions with their places.

use super::{Reader, Vars};
use crate::diag::codes::spec as codes;
use crate::diag::{Diagnostic, nearest};
use crate::snippet::{self, Snippet};
use crate::source::{Span, Spanned};
use crate::yaml::template::{self, Piece};
use crate::yaml::{Node, NodeKind};
use std::borrow::Cow;

impl<'a> Reader<'a> {
    /// The node with `{{ var('x') }}` put in. A string that is one call is the var's value itself.
    pub fn expand<'n>(&mut self, node: &'n Node) -> Option<Cow<'n, Node>> {
        let NodeKind::String(text) = &node.kind else {
            return Some(Cow::Borrowed(node));
        };
        if !template::is_template(text) {
            return Some(Cow::Borrowed(node));
        }
        let pieces = self.pieces(node, text)?;
        let mut out = String::new();
        for piece in &pieces {
            let (name, range) = match piece {
                Piece::Text(text) => {
                    out.push_str(text);
                    continue;
                }
                Piece::Call(call) => (&call.argument, &call.range),
                Piece::Param { name, range } => (name, range),
            };
            let span = node.sub_span(range.start, range.end);
            let value = match piece {
                Piece::Param { .. } => self.param(name)?.clone(),
                Piece::Text(_) | Piece::Call(_) => self.var(name, span)?.clone(),
            };
            if let [_] = pieces.as_slice() {
                return Some(Cow::Owned(Node::new(value.kind.clone(), node.span)));
            }
            let Some(text) = value.scalar_text() else {
                self.diags.push(
                    Diagnostic::error(
                        &codes::WRONG_TYPE,
                        format!(
                            "the var `{}` is {}, which cannot be part of a text",
                            name,
                            value.describe()
                        ),
                    )
                    .at(span, "expected a text or a number")
                    .at(value.span, "its value")
                    .help("let the var be the whole value, or give it one value"),
                );
                return None;
            };
            out.push_str(&text);
        }
        Some(Cow::Owned(Node::new(NodeKind::String(out), node.span)))
    }

    /// The pieces of a template; what is wrong with it is reported.
    fn pieces(&mut self, node: &Node, text: &str) -> Option<Vec<Piece>> {
        let found = template::pieces(text, "var", &|name| self.param(name).is_some());
        match found {
            Ok(pieces) => Some(pieces),
            Err(problems) => {
                self.template_problems(node, problems);
                None
            }
        }
    }

    fn param(&self, name: &str) -> Option<&Node> {
        let found = self.params.iter().find(|(n, _)| n.value == name);
        found.map(|(_, value)| value)
    }

    /// Reports what is wrong inside the braces of a string.
    pub fn template_problems(&mut self, node: &Node, problems: Vec<template::Problem>) {
        for problem in problems {
            self.diags.push(
                Diagnostic::error(&codes::TEMPLATE, problem.message)
                    .at(
                        node.sub_span(problem.range.start, problem.range.end),
                        "here",
                    )
                    .help(problem.help),
            );
        }
    }

    fn var(&mut self, name: &str, span: Span) -> Option<&'a Node> {
        let found = self.vars.iter().find(|(n, _)| n.value == name);
        if found.is_none() {
            self.diags.push(unknown_var(name, span, self.vars));
        }
        found.map(|(_, value)| value)
    }

    /// An expression: its text as it stands, with the offsets that lead back into the file.
    pub fn sql(&mut self, node: &Node, expected: &str) -> Option<Snippet> {
        let Some(text) = node.scalar_text() else {
            let mut diagnostic = self.mismatch(node, expected);
            if matches!(node.kind, NodeKind::Map(_)) {
                diagnostic = diagnostic
                    .help("a text with `: ` in it, or one that starts with `{`, needs quotes");
            }
            self.diags.push(diagnostic);
            return None;
        };
        let templated = template::is_template(&text);
        if templated {
            self.pieces(node, &text)?;
        }
        if text.trim().is_empty() {
            self.diags.push(
                Diagnostic::error(
                    &codes::WRONG_TYPE,
                    format!("expected {expected}, found an empty text"),
                )
                .at(node.span, "nothing in it")
                .help("write the expression, or leave the key out"),
            );
            return None;
        }
        // What stands as it reads has no quotes around it, and YAML may have cut it.
        if node.map.is_empty() && is_cut(&text) {
            self.diags.push(
                Diagnostic::error(
                    &codes::CUT,
                    "the expression has an open quote or parenthesis",
                )
                .at(node.span, "this is all of it")
                .help(
                    "put quotes around it: a comma inside `[ ]` or `{ }` ends a value, and ` #` starts a comment",
                ),
            );
            return None;
        }
        let map = if node.map.is_empty() {
            vec![(0, node.span.start)]
        } else {
            node.map.clone()
        };
        let snippet = Snippet {
            text: Spanned::new(text, node.span),
            map,
        };
        if templated && !self.params.is_empty() {
            let params = &self.params;
            let literal = |inner: &str| {
                let found = params.iter().find(|(n, _)| n.value == inner);
                found.and_then(|(_, value)| value.sql_literal())
            };
            return snippet::insert(&snippet, &literal, self.diags);
        }
        Some(snippet)
    }

    /// SQL that goes to a warehouse as it is: every `{{ var('x') }}` is put in as a literal of its type.
    pub fn raw_sql(&mut self, node: &Node, expected: &str) -> Option<Snippet> {
        let snippet = self.sql(node, expected)?;
        let text = node.scalar_text()?;
        if !template::is_template(&text) {
            return Some(snippet);
        }
        // Warehouses differ in what a backslash does to the quote behind it.
        let backslash = |r: &mut Self, span: Span| {
            r.diags.push(
                Diagnostic::error(&codes::TEMPLATE, "a backslash beside a template expression")
                    .at(span, "warehouses read it differently inside a text")
                    .help("put the value into a condition in segc's own SQL, or write it out"),
            );
        };
        if text.contains('\\') {
            backslash(self, node.span);
            return None;
        }
        let mut literals: Vec<(String, String)> = Vec::new();
        for piece in self.pieces(node, &text)? {
            let (value, range) = match &piece {
                Piece::Text(_) => continue,
                Piece::Call(call) => {
                    let span = node.sub_span(call.range.start, call.range.end);
                    (self.var(&call.argument, span)?.clone(), call.range.clone())
                }
                Piece::Param { name, range } => (self.param(name)?.clone(), range.clone()),
            };
            let span = node.sub_span(range.start, range.end);
            let Some(literal) = value.sql_literal() else {
                let mut diagnostic = self.mismatch(&value, "a text, a number or a truth value");
                diagnostic = diagnostic.at(span, "put in here");
                self.diags.push(diagnostic);
                return None;
            };
            if literal.contains('\\') {
                backslash(self, span);
                return None;
            }
            let inner = text.get(range.start + 2..range.end - 2).unwrap_or("");
            literals.push((inner.trim().to_owned(), literal));
        }
        let literal = |inner: &str| {
            let found = literals.iter().find(|(call, _)| call == inner);
            found.map(|(_, literal)| literal.clone())
        };
        snippet::insert(&snippet, &literal, self.diags)
    }

    /// One expression or a list of them, all of which must hold.
    pub fn sqls(&mut self, node: &Node) -> Vec<Snippet> {
        const EXPECTED: &str = "a SQL expression or a list of them";
        if matches!(node.kind, NodeKind::List(_)) {
            let items = self.filled_list(node, EXPECTED);
            items
                .iter()
                .filter_map(|n| self.sql(n, "a SQL expression"))
                .collect()
        } else {
            self.sql(node, EXPECTED).into_iter().collect()
        }
    }
}

/// Whether quotes or parentheses stay open, or close what was not opened. Text with comments in it is the parser's to judge.
fn is_cut(sql: &str) -> bool {
    if sql.contains("--") || sql.contains("/*") {
        return false;
    }
    let mut quote = None;
    let mut depth = 0_i32;
    for c in sql.chars() {
        match (quote, c) {
            (Some(open), c) if open == c => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"') => quote = Some(c),
            (None, '(') => depth += 1,
            (None, ')') if depth == 0 => return true,
            (None, ')') => depth -= 1,
            (None, _) => {}
        }
    }
    quote.is_some() || depth != 0
}

/// The diagnostic of a var that the project does not have.
#[must_use]
pub fn unknown_var(name: &str, span: Span, vars: &Vars) -> Diagnostic {
    let known: Vec<&str> = vars.iter().map(|(n, _)| n.value.as_str()).collect();
    let diagnostic = Diagnostic::error(&codes::UNKNOWN_VAR, format!("unknown var `{name}`")).at(
        span,
        if known.is_empty() {
            "segc.yml has no vars".to_owned()
        } else {
            format!("segc.yml has: {}", known.join(", "))
        },
    );
    match nearest(name, known) {
        Some(near) => diagnostic.help(format!("did you mean `{near}`?")),
        None => diagnostic.help("declare it under `vars:` in segc.yml"),
    }
}
