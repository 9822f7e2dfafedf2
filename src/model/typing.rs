//! [`Ast`] → [`Expr`]: names resolved through a [`Scope`], types checked, conversions made explicit, constants folded.

use crate::diag::Diagnostics;
use crate::expr::{Expr, Literal, Type};
use crate::snippet::Ast;
use crate::source::{Span, Spanned};
use crate::spec::AggFunction;
use crate::spec::settings::WeekStart;

/// The facts of a run that expressions may ask for.
#[derive(Clone, Debug)]
pub struct Context {
    pub as_of: jiff::Timestamp,
    /// The project's.
    pub time_zone: jiff::tz::TimeZone,
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

    /// The zone in which this place's `datetime` values are read.
    fn zone<'a>(&'a self, ctx: &'a Context) -> &'a jiff::tz::TimeZone;
}

/// Checks an expression.
pub fn check<S: Scope>(
    ast: &Ast,
    scope: &mut S,
    ctx: &Context,
    diags: &mut Diagnostics,
) -> Option<Expr<S::Col>> {
    let _ = (ast, scope, ctx, diags);
    None
}

/// Checks a tail (`>= 500`) about `subject`.
pub fn check_tail<S: Scope>(
    ast: &Ast,
    subject: &Expr<S::Col>,
    scope: &mut S,
    ctx: &Context,
    diags: &mut Diagnostics,
) -> Option<Expr<S::Col>> {
    let _ = (ast, subject, scope, ctx, diags);
    None
}

/// Parses a column type as users write it: `decimal(10,2)`, `array<string>`.
#[must_use]
pub fn parse_type(text: &str) -> Option<Type> {
    let _ = text;
    None
}
