//! Measures: aggregates with everything they need become content-addressed [`Measure`]s, and sugar over them is taken off.
//!
//! `written` brings both ways of writing an aggregate here, so the same question is the same measure however it was written.
//! What a measure is on no rows is the planner's: see [`Measure`].

use super::aggregate::{self, Shape};
use super::frame::RelationInfo;
use super::rows::{RowSet, require_time};
use super::scope::EntityScope;
use super::sequence::{Sequence, Sequences};
use super::typing::{self, Clock, Context};
use super::world::World;
use super::{
    Atom, Col, EntityExpr, Measure, MeasureId, Population, PopulationId, RelationId, RowExpr,
    TimeColumn,
};
use crate::diag::Diagnostics;
use crate::expr::{Agg, Expr, ExprKind, Func, Literal, Type, Unit};
use crate::snippet::{Ast, AstKind};
use crate::source::{At, Span, Spanned};
use crate::spec::AggFunction;
use jiff::tz::TimeZone;
use std::collections::{HashMap, HashSet};

/// All measures, populations and sequences of a project, each once.
#[derive(Debug, Default)]
pub(super) struct Measures {
    list: Vec<Measure>,
    ids: HashMap<Measure, MeasureId>,
    populations: Vec<Population>,
    population_ids: HashMap<Population, PopulationId>,
    pub(super) sequences: Sequences,
}

impl Measures {
    /// The clock of what an entity's expression is made of: what an aggregate takes from a relation stays on that one's.
    pub(super) fn clock(&self, atom: &Atom, world: &World, project: &TimeZone) -> Clock {
        let known = match atom {
            Atom::Column(_) | Atom::Sequence(_) => Clock::Any,
            Atom::Population(id) => match self.populations.get(id.index()) {
                Some(population) => {
                    let atom = |atom: &Atom| self.clock(atom, world, project);
                    Clock::of(&population.of, project, &atom)
                }
                None => Clock::Any,
            },
            Atom::Measure(id) => {
                let measure = self.get(*id);
                let relation = measure.and_then(|m| world.relation(m.relation));
                match (relation, measure.and_then(|m| m.arg.as_ref())) {
                    (Some(info), Some(arg)) => {
                        let column = |col: &Col| Clock::Of(world.zone_of(info, col).clone());
                        Clock::of(arg, project, &column).or(&info.zone)
                    }
                    _ => Clock::Any,
                }
            }
        };
        known.or(project)
    }

    pub(super) fn get(&self, id: MeasureId) -> Option<&Measure> {
        self.list.get(id.index())
    }

    pub(super) fn into_lists(self) -> (Vec<Measure>, Vec<Population>, Vec<Sequence>) {
        (self.list, self.populations, self.sequences.into_list())
    }

    /// The relations whose rows a value is made of, those behind what it compares included.
    pub(super) fn relations_of(&self, value: &EntityExpr) -> Vec<RelationId> {
        let mut found = Vec::new();
        let mut open = Vec::new();
        let mut seen = HashSet::new();
        let mut add = |relation| {
            if !found.contains(&relation) {
                found.push(relation);
            }
        };
        let mut visit = |atom: &Atom, open: &mut Vec<PopulationId>| match atom {
            Atom::Column(_) => {}
            Atom::Measure(id) => {
                if let Some(measure) = self.get(*id) {
                    add(measure.relation);
                }
            }
            Atom::Sequence(id) => {
                let sequence = self.sequences.get(*id);
                let steps = sequence.iter().flat_map(|s| &s.steps);
                steps.for_each(|step| add(step.relation));
            }
            Atom::Population(id) => open.push(*id),
        };
        value.each_column(&mut |atom| visit(atom, &mut open));
        while let Some(id) = open.pop() {
            let Some(population) = self.populations.get(id.index()) else {
                continue;
            };
            if seen.insert(id) {
                population.each_value(&mut |e| e.each_column(&mut |atom| visit(atom, &mut open)));
            }
        }
        found
    }

    /// The expression that stands for a value among others.
    pub(super) fn population(&mut self, population: Population, span: Span) -> EntityExpr {
        let ty = population.ty.clone();
        let next = PopulationId(u32::try_from(self.populations.len()).unwrap_or(u32::MAX));
        let id = match self.population_ids.get(&population) {
            Some(id) => *id,
            None => {
                self.population_ids.insert(population.clone(), next);
                self.populations.push(population);
                next
            }
        };
        Expr::new(ExprKind::Column(Atom::Population(id)), ty, At(span))
    }

    /// The expression that stands for a measure.
    fn intern(&mut self, measure: Measure, span: Span) -> EntityExpr {
        let ty = measure.ty.clone();
        let next = MeasureId(u32::try_from(self.list.len()).unwrap_or(u32::MAX));
        let id = match self.ids.get(&measure) {
            Some(id) => *id,
            None => {
                self.ids.insert(measure.clone(), next);
                self.list.push(measure);
                next
            }
        };
        Expr::new(ExprKind::Column(Atom::Measure(id)), ty, At(span))
    }
}

/// An aggregate with everything it needs.
pub(super) struct Request {
    pub(super) function: Spanned<AggFunction>,
    pub(super) arg: Option<RowExpr>,
    pub(super) rows: RowSet,
    pub(super) span: Span,
}

/// Types an aggregate and takes the sugar off it.
pub(super) fn build(
    world: &World,
    measures: &mut Measures,
    request: &Request,
    ctx: &Context,
    diags: &mut Diagnostics,
) -> Option<EntityExpr> {
    let function = request.function.value;
    let info = world.relation(request.rows.relation)?;
    let word = function.name();
    let needs_time = match function {
        AggFunction::First | AggFunction::Last => true,
        AggFunction::DaysSinceFirst | AggFunction::DaysSinceLast | AggFunction::AvgDaysBetween => {
            request.arg.is_none()
        }
        AggFunction::Count
        | AggFunction::CountDistinct
        | AggFunction::Sum
        | AggFunction::Avg
        | AggFunction::Min
        | AggFunction::Max
        | AggFunction::Median
        | AggFunction::Stddev
        | AggFunction::MostFrequent
        | AggFunction::LeastFrequent
        | AggFunction::Exists
        | AggFunction::ListDistinct => false,
    };
    if needs_time {
        require_time(
            world,
            request.rows.relation,
            &format!("`{word}`"),
            request.function.span,
            diags,
        )?;
    }
    let arg = match (&request.arg, &info.relation.time) {
        (Some(arg), _) => Some(arg.clone()),
        (None, Some(time)) if needs_time && aggregate::shape(function) == Shape::Rows => {
            Some(Expr::new(
                ExprKind::Column(time.col.clone()),
                time.ty.clone(),
                At(request.span),
            ))
        }
        (None, _) => None,
    };
    let ty = aggregate::check(function, arg.as_ref(), world, request, diags)?;
    let measure = |agg, arg, ty| Measure {
        relation: request.rows.relation,
        agg,
        arg,
        filter: request.rows.filter.clone(),
        window: request.rows.window.clone(),
        ty,
    };
    let simple = |measures: &mut Measures, agg| {
        Some(measures.intern(measure(agg, arg.clone(), ty.clone()), request.span))
    };
    let arg_type = arg.as_ref().map_or(Type::Null, |a| a.ty.clone());
    match function {
        AggFunction::Count => simple(measures, Agg::Count),
        AggFunction::CountDistinct => simple(measures, Agg::CountDistinct),
        AggFunction::Sum => simple(measures, Agg::Sum),
        AggFunction::Avg => simple(measures, Agg::Avg),
        AggFunction::Min => simple(measures, Agg::Min),
        AggFunction::Max => simple(measures, Agg::Max),
        AggFunction::Median => simple(measures, Agg::Median),
        AggFunction::Stddev => simple(measures, Agg::Stddev),
        AggFunction::First => simple(measures, Agg::First),
        AggFunction::Last => simple(measures, Agg::Last),
        AggFunction::MostFrequent => simple(measures, Agg::MostFrequent),
        AggFunction::LeastFrequent => simple(measures, Agg::LeastFrequent),
        AggFunction::ListDistinct => simple(measures, Agg::ListDistinct),
        AggFunction::Exists => Some(exists(measures, &request.rows, arg, request.span)),
        AggFunction::DaysSinceFirst => {
            let when = measures.intern(measure(Agg::Min, arg, arg_type), request.span);
            days_since(world, measures, info, &when, ctx, diags)
        }
        AggFunction::DaysSinceLast => {
            let when = measures.intern(measure(Agg::Max, arg, arg_type), request.span);
            days_since(world, measures, info, &when, ctx, diags)
        }
        AggFunction::AvgDaysBetween => {
            let first = measures.intern(
                measure(Agg::Min, arg.clone(), arg_type.clone()),
                request.span,
            );
            let last = measures.intern(
                measure(Agg::Max, arg.clone(), arg_type.clone()),
                request.span,
            );
            // Rows always have a time; a column of one's own may be NULL.
            let counted = request.arg.is_some().then_some(arg).flatten();
            let count = measures.intern(measure(Agg::Count, counted, Type::Int), request.span);
            Some(days_between(first, last, count, &arg_type, request.span))
        }
    }
}

/// Whether there is a row; with a value, a row whose value is not NULL.
pub(super) fn exists(
    measures: &mut Measures,
    rows: &RowSet,
    arg: Option<RowExpr>,
    span: Span,
) -> EntityExpr {
    let mut filter = rows.filter.clone();
    if let Some(arg) = arg {
        let at = arg.at;
        filter.push(Expr::call(Func::IsNotNull, vec![arg], Type::Boolean, at));
        filter.sort_by_cached_key(|c| format!("{c:?}"));
        filter.dedup();
    }
    measures.intern(
        Measure {
            relation: rows.relation,
            agg: Agg::Exists,
            arg: None,
            filter,
            window: rows.window.clone(),
            ty: Type::Boolean,
        },
        span,
    )
}

/// How many rows.
pub(super) fn count(measures: &mut Measures, rows: &RowSet, span: Span) -> EntityExpr {
    measures.intern(
        Measure {
            relation: rows.relation,
            agg: Agg::Count,
            arg: None,
            filter: rows.filter.clone(),
            window: rows.window.clone(),
            ty: Type::Int,
        },
        span,
    )
}

/// The time of the first row.
pub(super) fn first_time(
    measures: &mut Measures,
    rows: &RowSet,
    time: &TimeColumn,
    span: Span,
) -> EntityExpr {
    measures.intern(
        Measure {
            relation: rows.relation,
            agg: Agg::Min,
            arg: Some(Expr::new(
                ExprKind::Column(time.col.clone()),
                time.ty.clone(),
                At(span),
            )),
            filter: rows.filter.clone(),
            window: rows.window.clone(),
            ty: time.ty.clone(),
        },
        span,
    )
}

/// What the user would write as `days_since(x)`.
fn days_since(
    world: &World,
    measures: &mut Measures,
    info: &RelationInfo,
    when: &EntityExpr,
    ctx: &Context,
    diags: &mut Diagnostics,
) -> Option<EntityExpr> {
    // The midnights that count are those of the clock that its times are read on.
    let here = Context {
        time_zone: info.time_zone.clone(),
        ..ctx.clone()
    };
    let ctx = if when.ty == Type::Datetime {
        &here
    } else {
        ctx
    };
    subject_call(
        "days_since",
        Vec::new(),
        when,
        &mut EntityScope::new(world, info.relation.entity, measures),
        ctx,
        diags,
    )
}

/// The call of a function on an expression that is checked already.
pub(super) fn subject_call(
    function: &str,
    more: Vec<Ast>,
    subject: &EntityExpr,
    scope: &mut EntityScope<'_>,
    ctx: &Context,
    diags: &mut Diagnostics,
) -> Option<EntityExpr> {
    let span = subject.at.0;
    let mut args = vec![Ast {
        kind: AstKind::Subject,
        span,
    }];
    args.extend(more);
    let ast = Ast {
        kind: AstKind::Call {
            name: Spanned::new(function.to_owned(), span),
            args,
            distinct: false,
            star: false,
            filter: None,
        },
        span,
    };
    typing::check_tail(&ast, subject, scope, ctx, diags)
}

/// `default:` of a trait.
pub(super) fn coalesce(
    default: Ast,
    value: &EntityExpr,
    scope: &mut EntityScope<'_>,
    ctx: &Context,
    diags: &mut Diagnostics,
) -> Option<EntityExpr> {
    subject_call("coalesce", vec![default], value, scope, ctx, diags)
}

/// (last − first) / (rows − 1) in days: elapsed time, so that a day of 23 hours counts as such. NULL under two rows.
fn days_between(
    first: EntityExpr,
    last: EntityExpr,
    count: EntityExpr,
    ty: &Type,
    span: Span,
) -> EntityExpr {
    let at = At(span);
    let float = |value: f64| Expr::literal(Literal::Float(value.to_bits()), Type::Float, at);
    let to_float = |expr| {
        Expr::new(
            ExprKind::Cast {
                expr: Box::new(expr),
                safe: false,
            },
            Type::Float,
            at,
        )
    };
    let elapsed = if *ty == Type::Date {
        to_float(Expr::call(
            Func::DateDiff(Unit::Day),
            vec![first, last],
            Type::Int,
            at,
        ))
    } else {
        let seconds = Expr::call(
            Func::DateDiff(Unit::Second),
            vec![first, last],
            Type::Int,
            at,
        );
        Expr::call(
            Func::Div,
            vec![to_float(seconds), float(86_400.0)],
            Type::Float,
            at,
        )
    };
    let one = Expr::literal(Literal::Int(1), Type::Int, at);
    let gaps = Expr::call(Func::Sub, vec![count, one], Type::Int, at);
    Expr::call(Func::Div, vec![elapsed, to_float(gaps)], Type::Float, at)
}
