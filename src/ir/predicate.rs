//! Two-valued predicates → boolean expressions, with `coalesce(…, false)` only where a NULL could be seen.

use super::block::{BlockExpr, Term};
use super::{Names, Node, levels, population};
use crate::expr::{Agg, Expr, ExprKind, Func, Literal, Type};
use crate::model::{Atom, Entity, EntityExpr, MeasureId, Model, Predicate};
use crate::source::{At, FileId, Span};

/// The place of an expression that nobody wrote.
pub(super) const NOWHERE: At = At(Span {
    file: FileId(u32::MAX),
    start: 0,
    end: 0,
});

pub(super) fn column(of: &str, name: &str, ty: Type) -> BlockExpr {
    let term = Term::Column {
        of: of.to_owned(),
        name: name.to_owned(),
    };
    Expr::new(ExprKind::Column(term), ty, NOWHERE)
}

pub(super) fn boolean(value: bool) -> BlockExpr {
    Expr::literal(Literal::Boolean(value), Type::Boolean, NOWHERE)
}

pub(super) fn int(value: i64) -> BlockExpr {
    Expr::literal(Literal::Int(value), Type::Int, NOWHERE)
}

pub(super) fn test(func: Func, args: Vec<BlockExpr>) -> BlockExpr {
    Expr::call(func, args, Type::Boolean, NOWHERE)
}

/// The entity row as the blocks above the scans see it: one alias with everything.
pub(super) struct Row<'a> {
    pub(super) model: &'a Model,
    pub(super) entity: &'a Entity,
    pub(super) names: &'a Names,
    pub(super) alias: &'a str,
}

impl Row<'_> {
    pub(super) fn expr(&self, e: &EntityExpr) -> BlockExpr {
        e.substitute(&mut |atom, ty, at| {
            let name = match atom {
                Atom::Column(col) => self.names.columns.get(col),
                Atom::Measure(id) => self.names.measures.get(id),
                Atom::Population(id) => self.names.nodes.get(&Node::Population(*id)),
                Atom::Sequence(id) => self.names.sequences.get(id),
            };
            let mut c = column(self.alias, name.map_or("", String::as_str), ty.clone());
            c.at = at;
            c
        })
    }

    /// True or false, never NULL.
    pub(super) fn two_valued(&self, p: &Predicate) -> BlockExpr {
        let (e, nullable) = self.lower(p);
        settle(e, nullable)
    }

    /// For a place that takes NULL for false.
    pub(super) fn when(&self, p: &Predicate) -> BlockExpr {
        self.lower(p).0
    }

    /// All of these hold; two-valued.
    pub(super) fn any(&self, of: &[Predicate]) -> BlockExpr {
        let (e, nullable) = self.join(Func::Or, of);
        settle(e, nullable)
    }

    /// The expression, and whether it may be NULL where the predicate is false. AND and OR are monotone: a NULL among
    /// their arguments read as false gives the same as reading their own NULL as false.
    fn lower(&self, p: &Predicate) -> (BlockExpr, bool) {
        match levels::resolve(p, self.model) {
            Predicate::Constant(value) => (boolean(*value), false),
            Predicate::Leaf(e) => (self.expr(e), !self.never_null(e)),
            Predicate::All(of) => self.join(Func::And, of),
            Predicate::Any(of) => self.join(Func::Or, of),
            Predicate::Not(p) => (test(Func::Not, vec![self.two_valued(p)]), false),
            Predicate::Count { min, max, of } => (self.count(*min, *max, of), false),
            Predicate::Segment(id) => {
                let name = self.names.nodes.get(&Node::Segment(*id));
                let name = name.map_or("", String::as_str);
                (column(self.alias, name, Type::Boolean), false)
            }
            Predicate::Case { group, case } => {
                let node = Node::Group(*group);
                let name = self.names.nodes.get(&node).map_or("", String::as_str);
                let label = case_label(*group, *case, self.model);
                let flag = column(self.alias, name, Type::String);
                (test(Func::Eq, vec![flag, label]), false)
            }
        }
    }

    fn join(&self, func: Func, of: &[Predicate]) -> (BlockExpr, bool) {
        let mut nullable = false;
        let mut args: Vec<BlockExpr> = of
            .iter()
            .map(|p| {
                let (e, n) = self.lower(p);
                nullable |= n;
                e
            })
            .collect();
        match (args.len(), args.pop()) {
            (1, Some(only)) => (only, nullable),
            (_, Some(last)) => {
                args.push(last);
                (test(func, args), nullable)
            }
            (_, None) => (boolean(func == Func::And), false),
        }
    }

    fn count(&self, min: Option<u32>, max: Option<u32>, of: &[Predicate]) -> BlockExpr {
        let ones: Vec<BlockExpr> = of
            .iter()
            .map(|p| {
                let kind = ExprKind::Case {
                    whens: vec![(self.lower(p).0, int(1))],
                    otherwise: Box::new(int(0)),
                };
                Expr::new(kind, Type::Int, NOWHERE)
            })
            .collect();
        let sum = match ones.len() {
            0 => int(0),
            _ => Expr::call(Func::Add, ones, Type::Int, NOWHERE),
        };
        let (min, max) = (min.map(i64::from), max.map(i64::from));
        match (min, max) {
            (Some(a), Some(b)) if a == b => test(Func::Eq, vec![sum, int(a)]),
            (Some(a), Some(b)) => test(Func::Between, vec![sum, int(a), int(b)]),
            (Some(a), None) => test(Func::Ge, vec![sum, int(a)]),
            (None, Some(b)) => test(Func::Le, vec![sum, int(b)]),
            (None, None) => boolean(true),
        }
    }

    /// The name of the group's case that this entity is in.
    pub(super) fn case_of(&self, group: crate::model::GroupId) -> BlockExpr {
        let cases = self
            .model
            .groups
            .get(group.index())
            .map_or(&[][..], |g| g.cases.as_slice());
        let otherwise = case_label(group, cases.len(), self.model);
        if cases.is_empty() {
            return otherwise;
        }
        let whens = cases
            .iter()
            .enumerate()
            .map(|(n, (_, p))| (self.lower(p).0, case_label(group, n, self.model)))
            .collect();
        let kind = ExprKind::Case {
            whens,
            otherwise: Box::new(otherwise),
        };
        Expr::new(kind, Type::String, NOWHERE)
    }

    pub(super) fn never_null(&self, e: &EntityExpr) -> bool {
        match &e.kind {
            ExprKind::Literal(l) => *l != Literal::Null,
            ExprKind::Column(Atom::Column(col)) => col.slot == 0 && col.name == self.entity.key,
            ExprKind::Column(Atom::Measure(id)) => counted(*id, self.model),
            ExprKind::Column(Atom::Population(id)) => population::never_null(*id, self.model),
            ExprKind::Column(Atom::Sequence(_)) => true,
            ExprKind::Call(func, args) => match func {
                Func::IsNull
                | Func::IsNotNull
                | Func::IsTrue
                | Func::IsNotTrue
                | Func::IsFalse
                | Func::IsNotFalse
                | Func::IsDistinctFrom
                | Func::IsNotDistinctFrom => true,
                Func::Coalesce => args.iter().any(|a| self.never_null(a)),
                Func::And
                | Func::Or
                | Func::Not
                | Func::Eq
                | Func::Ne
                | Func::Lt
                | Func::Le
                | Func::Gt
                | Func::Ge
                | Func::In
                | Func::NotIn
                | Func::Between
                | Func::NotBetween
                | Func::Add
                | Func::Sub
                | Func::Mul
                | Func::Neg
                | Func::Abs => args.iter().all(|a| self.never_null(a)),
                // Of no matter for the text: most conditions end here.
                Func::Like
                | Func::NotLike
                | Func::ILike
                | Func::NotILike
                | Func::Div
                | Func::Mod
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
                | Func::NullIf
                | Func::DateTrunc(_)
                | Func::DateAdd(_)
                | Func::DateDiff(_)
                | Func::Year
                | Func::Quarter
                | Func::Month
                | Func::Day
                | Func::Hour
                | Func::Weekday
                | Func::DayOfYear
                | Func::ArrayContains
                | Func::ArrayLength
                | Func::AnyIn
                | Func::AllIn
                | Func::NoneIn
                | Func::JsonText
                | Func::JsonNumber
                | Func::DistanceKm
                | Func::HashBucket
                | Func::Native => false,
            },
            ExprKind::Case { whens, otherwise } => {
                self.never_null(otherwise) && whens.iter().all(|(_, then)| self.never_null(then))
            }
            ExprKind::Cast { expr, safe } => !safe && self.never_null(expr),
        }
    }
}

fn settle(e: BlockExpr, nullable: bool) -> BlockExpr {
    if nullable {
        test(Func::Coalesce, vec![e, boolean(false)])
    } else {
        e
    }
}

fn case_label(group: crate::model::GroupId, case: usize, model: &Model) -> BlockExpr {
    let group = model.groups.get(group.index());
    let name = group.and_then(|g| match g.cases.get(case) {
        Some((name, _)) => Some(name.clone()),
        None => g.otherwise.clone(),
    });
    // Nobody is named by the empty string: it stands for "in no case".
    Expr::literal(
        Literal::String(name.unwrap_or_default()),
        Type::String,
        NOWHERE,
    )
}

/// Whether a measure has a value over no rows, so that it is never NULL.
pub(super) fn counted(id: MeasureId, model: &Model) -> bool {
    model
        .measures
        .get(id.index())
        .is_some_and(|m| no_rows(m.agg, &m.ty).is_some())
}

/// The value of an aggregate over no rows, where it is not NULL (`language.md` §5).
pub(super) fn no_rows(agg: Agg, ty: &Type) -> Option<BlockExpr> {
    match agg {
        Agg::Count | Agg::CountDistinct | Agg::Sum => Some(int(0)),
        Agg::Exists => Some(boolean(false)),
        Agg::ListDistinct => Some(Expr::literal(
            Literal::Array(Vec::new()),
            ty.clone(),
            NOWHERE,
        )),
        Agg::Avg
        | Agg::Min
        | Agg::Max
        | Agg::Median
        | Agg::Stddev
        | Agg::First
        | Agg::Last
        | Agg::MostFrequent
        | Agg::LeastFrequent => None,
    }
}
