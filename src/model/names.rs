//! The names that stand in an expression as written, before anything is resolved: what a trait depends on, and which
//! relation an aggregate speaks of.

use crate::snippet::{Ast, AstKind};
use crate::source::{Span, Spanned};
use crate::spec::AggFunction;

/// Calls `f` with every name.
pub(super) fn each<'a>(ast: &'a Ast, f: &mut dyn FnMut(&'a [Spanned<String>], Span)) {
    walk(ast, true, f);
}

/// Calls `f` with every name that is not inside an aggregate: there names are a relation's.
pub(super) fn each_outside_aggregates<'a>(
    ast: &'a Ast,
    f: &mut dyn FnMut(&'a [Spanned<String>], Span),
) {
    walk(ast, false, f);
}

fn walk<'a>(ast: &'a Ast, inside: bool, f: &mut dyn FnMut(&'a [Spanned<String>], Span)) {
    match &ast.kind {
        AstKind::Literal(_) | AstKind::Interval { .. } | AstKind::Subject => {}
        AstKind::Name(path) => f(path, ast.span),
        AstKind::Unary { of, .. } | AstKind::Is { of, .. } | AstKind::Cast { of, .. } => {
            walk(of, inside, f);
        }
        AstKind::Binary { left, right, .. } | AstKind::IsDistinct { left, right, .. } => {
            walk(left, inside, f);
            walk(right, inside, f);
        }
        AstKind::In { of, list, .. } => {
            walk(of, inside, f);
            list.iter().for_each(|a| walk(a, inside, f));
        }
        AstKind::Between { of, low, high, .. } => {
            walk(of, inside, f);
            walk(low, inside, f);
            walk(high, inside, f);
        }
        AstKind::Like { of, pattern, .. } => {
            walk(of, inside, f);
            walk(pattern, inside, f);
        }
        AstKind::Case {
            of,
            whens,
            otherwise,
        } => {
            of.iter().for_each(|a| walk(a, inside, f));
            for (when, then) in whens {
                walk(when, inside, f);
                walk(then, inside, f);
            }
            otherwise.iter().for_each(|a| walk(a, inside, f));
        }
        AstKind::Call {
            name, args, filter, ..
        } => {
            if inside || AggFunction::parse(name).is_none() {
                args.iter().for_each(|a| walk(a, inside, f));
                filter.iter().for_each(|a| walk(a, inside, f));
            }
        }
        AstKind::Array(items) => items.iter().for_each(|a| walk(a, inside, f)),
    }
}
