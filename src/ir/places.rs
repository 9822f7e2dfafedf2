//! Places and shares of populations: what is cut, and where. All arithmetic is of whole numbers: a product of floats would
//! put people on the wrong side of a cut.

use super::block::BlockExpr;
use super::names::PopulationNames;
use super::predicate::{NOWHERE, column, int, test};
use crate::expr::{Expr, ExprKind, Func, Literal, Type};
use crate::spec::population::{First, Fraction, NtileTies, Statistic, TopTies};

/// How a place is counted, where it is cut by shares.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) ties: TopTies,
    pub(super) descending: bool,
}

pub(super) fn place(statistic: Statistic) -> Option<Place> {
    match statistic {
        Statistic::Top {
            first: First::Share(_),
            bottom,
            ties,
        } => Some(top_place(bottom, ties)),
        Statistic::Ntile {
            ties: NtileTies::Same,
            ..
        } => Some(top_place(true, TopTies::Exclude)),
        Statistic::Quantile(_) => Some(top_place(true, TopTies::Break)),
        Statistic::Top {
            first: First::Count(_),
            ..
        }
        | Statistic::Ntile {
            ties: NtileTies::Break,
            ..
        }
        | Statistic::Rank { .. }
        | Statistic::Percentile
        | Statistic::Aggregate(_) => None,
    }
}

pub(super) fn top_place(bottom: bool, ties: TopTies) -> Place {
    Place {
        ties,
        descending: !bottom,
    }
}

/// The columns of a place, from 1, and of how many are compared.
pub(super) struct Places<'a> {
    names: &'a PopulationNames,
    alias: &'a str,
}

impl<'a> Places<'a> {
    pub(super) fn new(names: &'a PopulationNames, alias: &'a str) -> Self {
        Self { names, alias }
    }

    pub(super) fn place(&self) -> BlockExpr {
        column(self.alias, &self.names.place, Type::Int)
    }

    pub(super) fn size(&self) -> BlockExpr {
        column(self.alias, &self.names.size, Type::Int)
    }
}

/// place ≤ ceil(part · size), which is (place − 1) < part · size.
pub(super) fn within(part: Fraction, row: &Places<'_>) -> BlockExpr {
    let place = times(less_one(row.place()), part.denominator);
    test(Func::Lt, vec![place, times(row.size(), part.numerator)])
}

/// ceil(buckets · values up to this one / all values). The quotient of whole numbers is a whole float exactly where it is
/// one, so that nothing is rounded over an edge.
pub(super) fn bucket(buckets: u32, row: &Places<'_>) -> BlockExpr {
    let part = vec![times(row.place(), buckets), row.size()];
    let part = Expr::call(Func::Div, part, Type::Float, NOWHERE);
    Expr::call(Func::Ceil, vec![part], Type::Int, NOWHERE)
}

/// at · (size − 1) counts places from 0, in denominators.
pub(super) fn cut(at: Fraction, row: &Places<'_>) -> BlockExpr {
    times(less_one(row.size()), at.numerator)
}

/// The low end, and of the way to the high one what the cut goes beyond a whole place.
pub(super) fn interpolate(
    low: BlockExpr,
    high: BlockExpr,
    at: Fraction,
    row: &Places<'_>,
) -> BlockExpr {
    if at.denominator == 1 {
        return low;
    }
    let whole = |n: u32| int(i64::from(n));
    let rest = vec![cut(at, row), whole(at.denominator)];
    let rest = Expr::call(Func::Mod, rest, Type::Int, NOWHERE);
    let denominator = Literal::Float(f64::from(at.denominator).to_bits());
    let denominator = Expr::literal(denominator, Type::Float, NOWHERE);
    let part = arithmetic(Func::Div, rest, denominator, Type::Float);
    let gap = arithmetic(Func::Sub, high, low.clone(), Type::Float);
    let way = arithmetic(Func::Mul, gap, part, Type::Float);
    arithmetic(Func::Add, low, way, Type::Float)
}

pub(super) fn float(value: BlockExpr) -> BlockExpr {
    if value.ty == Type::Float {
        return value;
    }
    let kind = ExprKind::Cast {
        expr: Box::new(value),
        safe: false,
    };
    Expr::new(kind, Type::Float, NOWHERE)
}

pub(super) fn arithmetic(func: Func, a: BlockExpr, b: BlockExpr, ty: Type) -> BlockExpr {
    Expr::call(func, vec![a, b], ty, NOWHERE)
}

pub(super) fn times(a: BlockExpr, n: u32) -> BlockExpr {
    match n {
        1 => a,
        _ => arithmetic(Func::Mul, a, int(i64::from(n)), Type::Int),
    }
}

pub(super) fn less_one(a: BlockExpr) -> BlockExpr {
    arithmetic(Func::Sub, a, int(1), Type::Int)
}
