//! One expression → SQL. Instants become local times here, before a dialect sees a calendar function; everything else is
//! the dialect's to spell.

use crate::diag::codes::plan::CANNOT_SAY;
use crate::diag::{Diagnostic, Diagnostics};
use crate::dialect::{Arg, Binding, Dialect, Rows, Sql};
use crate::expr::{Expr, ExprKind, Func, Literal, Type, Unit};
use crate::ir::block::{Aggregate, BlockExpr, Order, Term, Window, WindowFunction};
use crate::model::{Model, TableId};
use crate::source::At;
use jiff::tz::TimeZone;
use std::collections::{HashMap, HashSet};

pub(super) struct Writer<'a> {
    pub(super) model: &'a Model,
    pub(super) dialect: &'a dyn Dialect,
    diags: &'a mut Diagnostics,
    /// Whether anything written so far needs the project's zone.
    pub(super) uses_zone: bool,
    /// Names of columns that are 64-bit integers for sure. Others may be narrower in their table.
    pub(super) wide: HashSet<String>,
    /// Queries that are sources: what their common table expression is called.
    pub(super) sources: HashMap<TableId, String>,
}

impl<'a> Writer<'a> {
    pub(super) fn new(
        model: &'a Model,
        dialect: &'a dyn Dialect,
        diags: &'a mut Diagnostics,
    ) -> Self {
        Self {
            model,
            dialect,
            diags,
            uses_zone: false,
            wide: HashSet::new(),
            sources: HashMap::new(),
        }
    }

    pub(super) fn expr(&mut self, e: &BlockExpr) -> Sql {
        match &e.kind {
            ExprKind::Literal(value) => self.dialect.literal(value, &e.ty),
            ExprKind::Column(Term::Column { of, name }) => {
                let (of, name) = (self.dialect.identifier(of), self.dialect.identifier(name));
                Sql::atom(format!("{of}.{name}"))
            }
            ExprKind::Column(Term::Aggregate(aggregate)) => self.aggregate(aggregate, None, e),
            ExprKind::Column(Term::Window(window)) => self.window(window, e, None),
            ExprKind::Call(func, args) => self.call(*func, args, e),
            ExprKind::Case { whens, otherwise } => {
                let mut text = "case".to_owned();
                for (when, then) in whens {
                    let (when, then) = (self.expr(when).text, self.expr(then).text);
                    text.push_str(&format!(" when {when} then {then}"));
                }
                if otherwise.kind != ExprKind::Literal(Literal::Null) {
                    text.push_str(&format!(" else {}", self.expr(otherwise).text));
                }
                text.push_str(" end");
                Sql::atom(text)
            }
            ExprKind::Cast { expr, safe } => self.cast(expr, &e.ty, *safe, e.at),
        }
    }

    /// Conjuncts as one text; `None` for none.
    pub(super) fn conjunction(&mut self, of: &[BlockExpr]) -> Option<String> {
        match of {
            [] => None,
            [only] => Some(self.expr(only).text),
            _ => {
                let parts: Vec<String> = of.iter().map(|e| self.expr(e).at(Binding::Not)).collect();
                Some(parts.join(" and "))
            }
        }
    }

    fn arg<'e>(&mut self, e: &'e BlockExpr) -> Arg<'e> {
        Arg {
            sql: self.expr(e),
            ty: &e.ty,
            literal: match &e.kind {
                ExprKind::Literal(value) => Some(value),
                ExprKind::Column(_)
                | ExprKind::Call(..)
                | ExprKind::Case { .. }
                | ExprKind::Cast { .. } => None,
            },
        }
    }

    fn aggregate(&mut self, aggregate: &Aggregate, over: Option<&str>, e: &BlockExpr) -> Sql {
        let arg = aggregate.arg.as_ref().map(|a| self.arg(a));
        let filter = self.conjunction(&aggregate.filter);
        let rows = Rows {
            filter: filter.as_deref(),
            over,
        };
        let sql = self
            .dialect
            .aggregate(aggregate.agg, arg.as_ref(), rows, &e.ty);
        sql.unwrap_or_else(|| self.cannot(&format!("the aggregate `{:?}`", aggregate.agg), e.at))
    }

    /// Window functions are spelled alike everywhere. With an indent, the window's parts are lines of their own.
    pub(super) fn window(&mut self, window: &Window, e: &BlockExpr, indent: Option<usize>) -> Sql {
        let mut over = Vec::new();
        if !window.partition.is_empty() {
            let partition: Vec<String> =
                window.partition.iter().map(|e| self.expr(e).text).collect();
            over.push(format!("partition by {}", partition.join(", ")));
        }
        if !window.order.is_empty() {
            let order: Vec<String> = window.order.iter().map(|o| self.order(o)).collect();
            over.push(format!("order by {}", order.join(", ")));
        }
        match window.function {
            WindowFunction::CountUpTo => {
                over.push("range between unbounded preceding and current row".to_owned());
            }
            WindowFunction::SmallestAfter(_) => {
                over.push("rows between 1 following and unbounded following".to_owned());
            }
            WindowFunction::RowNumber
            | WindowFunction::Rank
            | WindowFunction::DenseRank
            | WindowFunction::PercentRank
            | WindowFunction::Ntile(_)
            | WindowFunction::Aggregate(_) => {}
        }
        let over = match indent {
            Some(indent) if !over.is_empty() => {
                let (inner, outer) = (" ".repeat(indent + 4), " ".repeat(indent));
                format!("\n{inner}{}\n{outer}", over.join(&format!("\n{inner}")))
            }
            Some(_) | None => over.join(" "),
        };
        let call = match &window.function {
            WindowFunction::RowNumber => "row_number()".to_owned(),
            WindowFunction::Rank => "rank()".to_owned(),
            WindowFunction::DenseRank => "dense_rank()".to_owned(),
            WindowFunction::PercentRank => "percent_rank()".to_owned(),
            WindowFunction::Ntile(buckets) => format!("ntile({buckets})"),
            WindowFunction::CountUpTo => "count(*)".to_owned(),
            WindowFunction::SmallestAfter(value) => {
                let value = self.expr(value).text;
                self.dialect.smallest_of_rising(&value)
            }
            WindowFunction::Aggregate(aggregate) => {
                return self.aggregate(aggregate, Some(&over), e);
            }
        };
        Sql::atom(format!("{call} over ({over})"))
    }

    fn order(&mut self, order: &Order) -> String {
        // A session may have another default.
        let direction = if order.descending { "desc" } else { "asc" };
        format!("{} {direction} nulls last", self.expr(&order.by).text)
    }

    fn call(&mut self, func: Func, args: &[BlockExpr], e: &BlockExpr) -> Sql {
        if let Some(sql) = self.calendar(func, args, e) {
            return sql;
        }
        let widen = e.ty == Type::Int
            && matches!(
                func,
                Func::Add | Func::Sub | Func::Mul | Func::Neg | Func::Abs
            );
        let args: Vec<Arg<'_>> = args
            .iter()
            .map(|a| {
                let mut arg = self.arg(a);
                if widen && self.may_be_narrow(a) {
                    let int = self.dialect.type_name(&Type::Int);
                    arg.sql = Sql::atom(format!("cast({} as {int})", arg.sql.text));
                }
                arg
            })
            .collect();
        let sql = self.dialect.call(func, &args, &e.ty);
        sql.unwrap_or_else(|| self.cannot(&format!("`{func:?}`"), e.at))
    }

    /// An integer column of a table may have 32 bits or fewer; our integers have 64.
    fn may_be_narrow(&self, e: &BlockExpr) -> bool {
        match &e.kind {
            ExprKind::Column(Term::Column { name, .. }) => {
                e.ty == Type::Int && !self.wide.contains(name)
            }
            ExprKind::Column(Term::Aggregate(_) | Term::Window(_))
            | ExprKind::Literal(_)
            | ExprKind::Call(..)
            | ExprKind::Case { .. }
            | ExprKind::Cast { .. } => false,
        }
    }

    /// Calendar functions of instants: they mean the wall clock of the project's zone, and elapsed time below a day.
    fn calendar(&mut self, func: Func, args: &[BlockExpr], e: &BlockExpr) -> Option<Sql> {
        match func {
            Func::DateAdd(unit) => {
                let [n, x] = args else { return None };
                if x.ty != Type::Timestamp {
                    return None;
                }
                if unit <= Unit::Hour {
                    let (n, x) = (self.expr(n), self.expr(x));
                    let sql = self.dialect.add_elapsed(&n, unit, &x);
                    return Some(sql.unwrap_or_else(|| self.cannot("adding hours", e.at)));
                }
            }
            // Boundaries of hours between instants: the clocks' changes are none, as in constants.
            Func::DateDiff(unit)
                if unit <= Unit::Hour && args.iter().all(|a| a.ty == Type::Timestamp) =>
            {
                let args: Option<Vec<Arg<'_>>> = args
                    .iter()
                    .map(|a| {
                        let instant = self.expr(a);
                        Some(Arg {
                            sql: self.dialect.to_local(&instant, &TimeZone::UTC)?,
                            ty: &Type::Datetime,
                            literal: None,
                        })
                    })
                    .collect();
                let sql = args.and_then(|args| self.dialect.call(func, &args, &e.ty));
                return Some(sql.unwrap_or_else(|| self.cannot("counting hours", e.at)));
            }
            Func::DateTrunc(_)
            | Func::DateDiff(_)
            | Func::Year
            | Func::Quarter
            | Func::Month
            | Func::Day
            | Func::Hour
            | Func::Weekday
            | Func::DayOfYear => {
                if args.iter().all(|a| a.ty != Type::Timestamp) {
                    return None;
                }
            }
            Func::And
            | Func::Or
            | Func::Not
            | Func::Eq
            | Func::Ne
            | Func::Lt
            | Func::Le
            | Func::Gt
            | Func::Ge
            | Func::IsNull
            | Func::IsNotNull
            | Func::IsTrue
            | Func::IsNotTrue
            | Func::IsFalse
            | Func::IsNotFalse
            | Func::IsDistinctFrom
            | Func::IsNotDistinctFrom
            | Func::In
            | Func::NotIn
            | Func::Between
            | Func::NotBetween
            | Func::Like
            | Func::NotLike
            | Func::ILike
            | Func::NotILike
            | Func::Add
            | Func::Sub
            | Func::Mul
            | Func::Div
            | Func::Mod
            | Func::Neg
            | Func::Abs
            | Func::Round
            | Func::Floor
            | Func::Ceil
            | Func::Power
            | Func::Ln
            | Func::Exp
            | Func::Sqrt
            | Func::Greatest
            | Func::Least
            | Func::Concat
            | Func::Lower
            | Func::Upper
            | Func::Trim
            | Func::Length
            | Func::Substr
            | Func::Replace
            | Func::SplitPart
            | Func::Left
            | Func::Right
            | Func::StartsWith
            | Func::EndsWith
            | Func::Contains
            | Func::RegexpMatches
            | Func::RegexpExtract
            | Func::Md5
            | Func::Coalesce
            | Func::NullIf
            | Func::ArrayContains
            | Func::ArrayLength
            | Func::AnyIn
            | Func::AllIn
            | Func::NoneIn
            | Func::JsonText
            | Func::JsonNumber
            | Func::DistanceKm
            | Func::HashBucket
            | Func::Native => return None,
        }
        let local: Vec<BlockExpr> = args.iter().map(to_local).collect();
        let ty = if e.ty == Type::Timestamp {
            Type::Datetime
        } else {
            e.ty.clone()
        };
        let call = Expr::call(func, local, ty, e.at);
        Some(if e.ty == Type::Timestamp {
            self.cast(&call, &Type::Timestamp, false, e.at)
        } else {
            self.expr(&call)
        })
    }

    fn cast(&mut self, x: &BlockExpr, ty: &Type, safe: bool, at: At) -> Sql {
        let zone = &self.model.time_zone;
        match (&x.ty, ty) {
            (Type::Timestamp, Type::Datetime) => {
                let x = self.expr(x);
                self.uses_zone = true;
                let sql = self.dialect.to_local(&x, zone);
                sql.unwrap_or_else(|| self.cannot("local time", at))
            }
            (Type::Timestamp, Type::Date) => {
                let local = to_local(x);
                self.cast(&local, &Type::Date, safe, at)
            }
            (Type::Datetime, Type::Timestamp) => {
                let x = self.expr(x);
                self.uses_zone = true;
                let sql = self.dialect.to_instant(&x, zone);
                sql.unwrap_or_else(|| self.cannot("the instant of a local time", at))
            }
            (Type::Date, Type::Timestamp) => {
                let kind = ExprKind::Cast {
                    expr: Box::new(x.clone()),
                    safe,
                };
                let midnight = Expr::new(kind, Type::Datetime, at);
                self.cast(&midnight, &Type::Timestamp, safe, at)
            }
            (from, to) if from == to => self.expr(x),
            _ => {
                let arg = self.arg(x);
                let sql = self.dialect.cast(&arg, ty, safe);
                sql.unwrap_or_else(|| self.cannot("this conversion", at))
            }
        }
    }

    /// Reports a source that only the embedded engine reads; the text keeps the rest in shape, nobody runs it.
    pub(super) fn cannot_read(&mut self, at: At) -> Sql {
        let name = self.dialect.name();
        self.diags.push(
            Diagnostic::error(&CANNOT_SAY, format!("{name} cannot read a file"))
                .at(at.0, format!("expected a table of {name}"))
                .help("load the file into a table there, and name that: `schema.table`, `ref('x')`, `source('a', 'b')`"),
        );
        Sql::atom("null")
    }

    /// Reports S0501; the text keeps the rest in shape, nobody runs it.
    fn cannot(&mut self, what: &str, at: At) -> Sql {
        let name = self.dialect.name();
        self.diags.push(
            Diagnostic::error(&CANNOT_SAY, format!("{name} has no way to compute {what}"))
                .at(
                    at.0,
                    format!("expected an expression that {name} can compute"),
                )
                .help(
                    "write it without this function, with literals where it takes a path or a \
                     pattern, or compute it in a column of the source",
                ),
        );
        Sql::atom("null")
    }
}

fn to_local(x: &BlockExpr) -> BlockExpr {
    if x.ty != Type::Timestamp {
        return x.clone();
    }
    let kind = ExprKind::Cast {
        expr: Box::new(x.clone()),
        safe: false,
    };
    Expr::new(kind, Type::Datetime, x.at)
}
