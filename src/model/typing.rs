//! [`Ast`] → [`Expr`]: names resolved through a [`Scope`], types checked, conversions made explicit, constants folded.
//!
//! The parts: `compare` and `operators` (arithmetic, logic, text), `vocabulary` and `functions` (their table, their
//! checks), `moments` (calendar functions and intervals), `convert` (types of several values, casts), `fold` (constants), `types` (names of types).
//!
//! What later floors may rely on: `and`, `or` and `||` have two or more arguments and no argument of their own kind;
//! both arguments of `/` are floats; arithmetic mixes int with decimal, never with float; dates, times and instants
//! meet as one type, save a date column beside a date; `date_diff` from days on takes dates; `date_add` counts in seconds,
//! minutes, hours, days, months or years; weeks begin on Monday (`week_start: sunday` is written out in days); a
//! timestamp becomes a date or a text by way of its local datetime; a float becomes an int by way of `round`.

mod clock;
mod compare;
mod convert;
mod fold;
mod functions;
mod moments;
mod operators;
mod pattern;
mod types;
mod vocabulary;

#[cfg(test)]
mod tests;

use crate::diag::codes::expr::{CONSTANT, NOT_BOOLEAN, SYNTAX, UNKNOWN_COLUMN};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::expr::{Expr, ExprKind, Func, Literal, Type};
use crate::snippet::{Ast, AstKind, IsWhat, UnaryOp};
use crate::source::{At, Span, Spanned};
use crate::spec::AggFunction;
use crate::spec::settings::WeekStart;
use jiff::tz::TimeZone;

pub use clock::Clock;
pub use types::{column_type_hint, parse_type, quoted_type, type_hint};
pub use vocabulary::{FunctionDoc, functions};

/// The facts of a run that expressions may ask for.
#[derive(Clone, Debug)]
pub struct Context {
    pub as_of: jiff::Timestamp,
    /// The project's.
    pub time_zone: TimeZone,
    pub week_start: WeekStart,
    /// Name → value; a list is [`Literal::Array`].
    pub vars: Vec<(String, Literal, Type)>,
}

/// `sum(orders.total) filter (where …)` as written.
#[derive(Debug)]
pub struct AggregateCall<'a> {
    pub function: Spanned<AggFunction>,
    pub args: &'a [Ast],
    /// `count(*)`
    pub star: bool,
    pub filter: Option<&'a Ast>,
    pub span: Span,
}

/// What names mean at one place. Failures push their own diagnostics.
pub trait Scope {
    type Col: Clone + Eq + std::hash::Hash + std::fmt::Debug;

    /// The expression behind a (dotted) name: a column, or a trait's value.
    fn name(
        &mut self,
        path: &[Spanned<String>],
        span: Span,
        diags: &mut Diagnostics,
    ) -> Option<Expr<Self::Col>>;

    /// An aggregate over a relation; only an entity's scope has any.
    fn aggregate(
        &mut self,
        call: &AggregateCall<'_>,
        ctx: &Context,
        diags: &mut Diagnostics,
    ) -> Option<Expr<Self::Col>>;

    /// The zone in which wall-clock times are read that are written here.
    fn zone<'a>(&'a self, ctx: &'a Context) -> &'a TimeZone;

    /// The clock of a column's datetimes.
    fn clock(&self, col: &Self::Col, ctx: &Context) -> Clock;
}

/// Checks an expression.
pub fn check<S: Scope>(
    ast: &Ast,
    scope: &mut S,
    ctx: &Context,
    diags: &mut Diagnostics,
) -> Option<Expr<S::Col>> {
    Checker::new(scope, ctx, diags, None).expr(ast)
}

/// Checks a tail (`>= 500`) about `subject`.
pub fn check_tail<S: Scope>(
    ast: &Ast,
    subject: &Expr<S::Col>,
    scope: &mut S,
    ctx: &Context,
    diags: &mut Diagnostics,
) -> Option<Expr<S::Col>> {
    Checker::new(scope, ctx, diags, Some(subject)).expr(ast)
}

/// The expression, if it is a condition; a plain `null` becomes a boolean one.
pub fn condition<C: Clone + Eq>(expr: Expr<C>, diags: &mut Diagnostics) -> Option<Expr<C>> {
    if matches!(expr.ty, Type::Null) {
        return Some(Expr {
            ty: Type::Boolean,
            ..expr
        });
    }
    if expr.ty == Type::Boolean {
        return Some(expr);
    }
    let hint = if expr.ty.is_number() {
        "compare it with a number: `… > 0`"
    } else if expr.ty == Type::String {
        "compare it with a string: `… = 'x'`, or ask `… is not null`"
    } else {
        "compare it with something, or ask `… is not null`"
    };
    diags.push(
        Diagnostic::error(
            &NOT_BOOLEAN,
            format!(
                "a condition is needed, and this is a value of type {}",
                expr.ty
            ),
        )
        .at(expr.at.0, format!("expected boolean, found {}", expr.ty))
        .help(hint),
    );
    None
}

/// An expression under construction.
type Typed<S> = Expr<<S as Scope>::Col>;

struct Checker<'a, S: Scope> {
    scope: &'a mut S,
    ctx: &'a Context,
    diags: &'a mut Diagnostics,
    subject: Option<&'a Typed<S>>,
    /// The zone of this place's datetimes.
    zone: TimeZone,
}

impl<'a, S: Scope> Checker<'a, S> {
    fn new(
        scope: &'a mut S,
        ctx: &'a Context,
        diags: &'a mut Diagnostics,
        subject: Option<&'a Typed<S>>,
    ) -> Self {
        let zone = scope.zone(ctx).clone();
        Self {
            scope,
            ctx,
            diags,
            subject,
            zone,
        }
    }

    fn expr(&mut self, ast: &Ast) -> Option<Typed<S>> {
        let at = At(ast.span);
        match &ast.kind {
            AstKind::Literal(value) => Some(Expr::literal(value.clone(), value.own_type(), at)),
            AstKind::Interval { .. } => self.fail(
                &SYNTAX,
                ast.span,
                "an interval is no value by itself",
                "add it to a date or a time, or subtract it: `as_of() - interval '90' day`",
            ),
            AstKind::Name(path) => self.scope.name(path, ast.span, self.diags),
            AstKind::Subject => {
                let subject = self.subject.cloned();
                if subject.is_none() {
                    return self.fail(
                        &SYNTAX,
                        ast.span,
                        "there is no value before this comparison",
                        "write the value first",
                    );
                }
                subject
            }
            AstKind::Unary { op, of } => match op {
                UnaryOp::Not => {
                    let of = self.boolean(of)?;
                    self.call(Func::Not, vec![of], Type::Boolean, at)
                }
                UnaryOp::Minus | UnaryOp::Plus => self.signed(*op, of, at),
            },
            AstKind::Binary { op, left, right } => self.binary(*op, left, right, ast),
            AstKind::Is { of, what, negated } => {
                let (func, of) = match (what, negated) {
                    (IsWhat::Null, false) => (Func::IsNull, self.expr(of)?),
                    (IsWhat::Null, true) => (Func::IsNotNull, self.expr(of)?),
                    (IsWhat::True, false) => (Func::IsTrue, self.boolean(of)?),
                    (IsWhat::True, true) => (Func::IsNotTrue, self.boolean(of)?),
                    (IsWhat::False, false) => (Func::IsFalse, self.boolean(of)?),
                    (IsWhat::False, true) => (Func::IsNotFalse, self.boolean(of)?),
                };
                self.call(func, vec![of], Type::Boolean, at)
            }
            AstKind::IsDistinct {
                left,
                right,
                negated,
            } => {
                let func = if *negated {
                    Func::IsNotDistinctFrom
                } else {
                    Func::IsDistinctFrom
                };
                let (left, right) = (self.expr(left), self.expr(right));
                self.compare(func, left?, right?, at)
            }
            AstKind::In { of, list, negated } => self.in_list(of, list, *negated, at),
            AstKind::Between {
                of,
                low,
                high,
                negated,
            } => {
                let (of, low, high) = (self.expr(of), self.expr(low), self.expr(high));
                self.between(of?, low?, high?, *negated, at)
            }
            AstKind::Like {
                of,
                pattern,
                negated,
                any_case,
            } => {
                let (of, pattern) = (self.expr(of), self.expr(pattern));
                self.like(of?, pattern?, (*negated, *any_case), at)
            }
            AstKind::Case {
                of,
                whens,
                otherwise,
            } => self.case(of.as_deref(), whens, otherwise.as_deref(), at),
            AstKind::Cast { of, ty, safe } => self.cast(of, ty, *safe, at),
            AstKind::Call {
                name,
                args,
                distinct,
                star,
                filter,
            } => {
                let written = functions::Written {
                    name,
                    args,
                    distinct: *distinct,
                    star: *star,
                    filter: filter.as_deref(),
                    span: ast.span,
                };
                self.function(&written)
            }
            AstKind::Array(items) => self.array(items, at),
        }
    }

    /// An expression that has to be a condition.
    fn boolean(&mut self, ast: &Ast) -> Option<Typed<S>> {
        let expr = self.expr(ast)?;
        condition(expr, self.diags)
    }

    /// What something is compared with: whose name no column has may be meant as a text.
    fn compared(&mut self, ast: &Ast) -> Option<Typed<S>> {
        let from = self.diags.len();
        let found = self.expr(ast);
        if let AstKind::Name(path) = &ast.kind
            && let [name] = path.as_slice()
        {
            let hint = format!(
                "if it is a text, write it in single quotes: `'{}'`",
                name.value
            );
            self.diags.hint(from, &UNKNOWN_COLUMN, &hint);
        }
        found
    }

    /// Several expressions: all are checked, even if one is wrong.
    fn all(&mut self, asts: &[Ast]) -> Option<Vec<Typed<S>>> {
        let exprs: Vec<_> = asts.iter().map(|a| self.expr(a)).collect();
        exprs.into_iter().collect()
    }

    fn case(
        &mut self,
        of: Option<&Ast>,
        whens: &[(Ast, Ast)],
        otherwise: Option<&Ast>,
        at: At,
    ) -> Option<Typed<S>> {
        let of = of.map(|of| self.expr(of));
        let mut conditions = Vec::new();
        let mut values = Vec::new();
        for (when, then) in whens {
            conditions.push(match &of {
                None => self.boolean(when),
                Some(of) => {
                    let when = self.expr(when);
                    match (of, when) {
                        (Some(of), Some(when)) => {
                            let at = when.at;
                            self.compare(Func::Eq, of.clone(), when, at)
                        }
                        (Some(_) | None, Some(_) | None) => None,
                    }
                }
            });
            values.push(self.expr(then));
        }
        values.push(match otherwise {
            Some(value) => self.expr(value),
            None => Some(Expr::literal(Literal::Null, Type::Null, at)),
        });
        let conditions: Vec<_> = conditions.into_iter().collect::<Option<_>>()?;
        let values: Vec<_> = values.into_iter().collect::<Option<_>>()?;
        self.choose(conditions, values, at)
    }

    /// `case when conditions[0] then values[0] … else values.last() end`
    fn choose(
        &mut self,
        conditions: Vec<Typed<S>>,
        values: Vec<Typed<S>>,
        at: At,
    ) -> Option<Typed<S>> {
        let (mut values, ty) = self.unify_results(values, "the values of a `case`")?;
        let mut otherwise = values.pop()?;
        let mut whens = Vec::new();
        for (when, then) in conditions.into_iter().zip(values) {
            match &when.kind {
                ExprKind::Literal(Literal::Boolean(true)) => {
                    otherwise = then;
                    break;
                }
                ExprKind::Literal(Literal::Boolean(false) | Literal::Null) => {}
                ExprKind::Literal(_)
                | ExprKind::Column(_)
                | ExprKind::Call(..)
                | ExprKind::Case { .. }
                | ExprKind::Cast { .. } => whens.push((when, then)),
            }
        }
        if whens.is_empty() {
            return Some(Expr {
                ty,
                at,
                ..otherwise
            });
        }
        let otherwise = Box::new(otherwise);
        Some(Expr::new(ExprKind::Case { whens, otherwise }, ty, at))
    }

    fn array(&mut self, items: &[Ast], at: At) -> Option<Typed<S>> {
        let items = self.all(items)?;
        let (items, ty) = self.unify(items, "the items of an array")?;
        let mut values = Vec::with_capacity(items.len());
        for item in items {
            let ExprKind::Literal(value) = item.kind else {
                return self.fail(
                    &SYNTAX,
                    item.at.0,
                    "the items of an array are constants",
                    "compare a column with `=` or `in (…)`",
                );
            };
            values.push(value);
        }
        Some(Expr::literal(
            Literal::Array(values),
            Type::Array(Box::new(ty)),
            at,
        ))
    }

    /// A call, computed where its arguments are constants.
    fn call(&mut self, func: Func, args: Vec<Typed<S>>, ty: Type, at: At) -> Option<Typed<S>> {
        match fold::call(func, args, ty, at) {
            Ok(expr) => Some(expr),
            Err(why) => self.fail(&CONSTANT, at.0, &why, "correct the constant"),
        }
    }

    fn fail<T>(&mut self, code: &'static Code, at: Span, why: &str, hint: &str) -> Option<T> {
        self.diags
            .push(Diagnostic::error(code, code.title).at(at, why).help(hint));
        None
    }
}

/// The constant of an expression that is one.
fn literal_of<C>(expr: &Expr<C>) -> Option<&Literal> {
    match &expr.kind {
        ExprKind::Literal(value) => Some(value),
        ExprKind::Column(_)
        | ExprKind::Call(..)
        | ExprKind::Case { .. }
        | ExprKind::Cast { .. } => None,
    }
}
