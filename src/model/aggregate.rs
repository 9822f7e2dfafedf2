//! The aggregates a user may write: what they take, and the type of what they give.

use super::RowExpr;
use super::frame::article;
use super::measure::Request;
use super::tables::some_of;
use super::world::World;
use crate::diag::codes::model::{AGGREGATE_ARGUMENT, AGGREGATE_TYPE};
use crate::diag::{Diagnostic, Diagnostics};
use crate::expr::{Agg, Type};
use crate::spec::AggFunction;

/// What an aggregate is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// Rows; a value may be given.
    Rows,
    /// One value of each row.
    Value,
}

pub(super) fn shape(function: AggFunction) -> Shape {
    match function {
        AggFunction::Count
        | AggFunction::Exists
        | AggFunction::DaysSinceFirst
        | AggFunction::DaysSinceLast
        | AggFunction::AvgDaysBetween => Shape::Rows,
        AggFunction::CountDistinct
        | AggFunction::Sum
        | AggFunction::Avg
        | AggFunction::Min
        | AggFunction::Max
        | AggFunction::Median
        | AggFunction::Stddev
        | AggFunction::First
        | AggFunction::Last
        | AggFunction::MostFrequent
        | AggFunction::LeastFrequent
        | AggFunction::ListDistinct => Shape::Value,
    }
}

/// What an aggregate asks of its value.
#[derive(Clone, Copy)]
pub(super) enum Takes {
    Anything,
    Numbers,
    Ordered,
    Comparable,
    Times,
}

fn takes(function: AggFunction) -> Takes {
    match function {
        AggFunction::Count | AggFunction::Exists | AggFunction::First | AggFunction::Last => {
            Takes::Anything
        }
        AggFunction::Sum | AggFunction::Avg | AggFunction::Median | AggFunction::Stddev => {
            Takes::Numbers
        }
        AggFunction::Min | AggFunction::Max => Takes::Ordered,
        AggFunction::CountDistinct
        | AggFunction::MostFrequent
        | AggFunction::LeastFrequent
        | AggFunction::ListDistinct => Takes::Comparable,
        AggFunction::DaysSinceFirst | AggFunction::DaysSinceLast | AggFunction::AvgDaysBetween => {
            Takes::Times
        }
    }
}

impl Takes {
    pub(super) fn accepts(self, ty: &Type) -> bool {
        match ty {
            Type::Int | Type::Float | Type::Decimal { .. } => !matches!(self, Self::Times),
            Type::Date | Type::Timestamp | Type::Datetime => !matches!(self, Self::Numbers),
            Type::String => matches!(self, Self::Anything | Self::Ordered | Self::Comparable),
            Type::Boolean => matches!(self, Self::Anything | Self::Comparable),
            Type::Json | Type::Array(_) => matches!(self, Self::Anything),
            Type::Null => false,
        }
    }

    pub(super) fn words(self) -> &'static str {
        match self {
            Self::Anything => "a value",
            Self::Numbers => "numbers",
            Self::Ordered => "numbers, strings or dates",
            Self::Comparable => "values that can be compared (no json, no array)",
            Self::Times => "dates or times",
        }
    }
}

/// Checks an aggregate's value and gives the type of its result.
pub(super) fn check(
    function: AggFunction,
    arg: Option<&RowExpr>,
    world: &World,
    request: &Request,
    diags: &mut Diagnostics,
) -> Option<Type> {
    let word = function.name();
    let takes = takes(function);
    let Some(arg) = arg else {
        return match shape(function) {
            Shape::Rows => Some(result(function, &Type::Null)),
            Shape::Value => {
                let (relation, fitting, first) = fitting(world, request, takes);
                diags.push(
                    Diagnostic::error(
                        &AGGREGATE_ARGUMENT,
                        format!("`{word}` needs a value of each row, and `{relation}` is the rows themselves"),
                    )
                    .at(request.span, format!("expected a column: {fitting}"))
                    .help(match first {
                        Some(column) => format!("name the value, as `{relation}.{column}`, or say it with `of:`"),
                        None => "say what to aggregate with `of:`".to_owned(),
                    }),
                );
                None
            }
        };
    };
    if !takes.accepts(&arg.ty) {
        let (relation, fitting, _) = fitting(world, request, takes);
        diags.push(
            Diagnostic::error(
                &AGGREGATE_TYPE,
                format!("`{word}` takes {}, not {}", takes.words(), article(&arg.ty)),
            )
            .at(arg.at.0, format!("this is {}", article(&arg.ty)))
            .help(format!("columns of `{relation}` that fit: {fitting}")),
        );
        return None;
    }
    Some(result(function, &arg.ty))
}

/// The relation, those of its columns that can be aggregated, and the first that is no key: keys are seldom meant.
fn fitting(world: &World, request: &Request, takes: Takes) -> (String, String, Option<String>) {
    let Some(info) = world.relation(request.rows.relation) else {
        return (String::new(), String::new(), None);
    };
    let relation = &info.relation;
    let joined = |name: &str| {
        relation.key.iter().any(|key| key == name)
            || relation
                .owner
                .iter()
                .any(|(_, col)| col.slot == 0 && col.name == name)
            || (relation
                .frame
                .slots
                .iter()
                .filter_map(|slot| slot.join.as_ref()))
            .any(|join| join.from == 0 && join.on.iter().any(|(from, _)| from == name))
    };
    let columns = info
        .relation
        .frame
        .slots
        .first()
        .map_or(&[][..], |slot| world.tables.columns(slot.table));
    let fitting = columns
        .iter()
        .filter(|c| takes.accepts(&c.ty))
        .map(|c| c.name.as_str());
    let first = fitting.clone().find(|name| !joined(name));
    (
        relation.name.clone(),
        some_of(fitting, 12),
        first.map(str::to_owned),
    )
}

fn result(function: AggFunction, arg: &Type) -> Type {
    let agg = match function {
        AggFunction::Count | AggFunction::DaysSinceFirst | AggFunction::DaysSinceLast => Agg::Count,
        AggFunction::CountDistinct => Agg::CountDistinct,
        AggFunction::Sum => Agg::Sum,
        AggFunction::Avg | AggFunction::AvgDaysBetween => Agg::Avg,
        AggFunction::Median => Agg::Median,
        AggFunction::Stddev => Agg::Stddev,
        AggFunction::Min => Agg::Min,
        AggFunction::Max => Agg::Max,
        AggFunction::First => Agg::First,
        AggFunction::Last => Agg::Last,
        AggFunction::MostFrequent => Agg::MostFrequent,
        AggFunction::LeastFrequent => Agg::LeastFrequent,
        AggFunction::Exists => Agg::Exists,
        AggFunction::ListDistinct => Agg::ListDistinct,
    };
    result_of(agg, arg)
}

/// The type of an aggregate of such values.
pub(super) fn result_of(agg: Agg, arg: &Type) -> Type {
    match agg {
        Agg::Count | Agg::CountDistinct => Type::Int,
        Agg::Sum => match arg {
            Type::Decimal { scale, .. } => Type::Decimal {
                precision: 38,
                scale: *scale,
            },
            Type::Boolean
            | Type::Int
            | Type::Float
            | Type::String
            | Type::Date
            | Type::Timestamp
            | Type::Datetime
            | Type::Json
            | Type::Array(_)
            | Type::Null => arg.clone(),
        },
        Agg::Avg | Agg::Median | Agg::Stddev => Type::Float,
        Agg::Min | Agg::Max | Agg::First | Agg::Last | Agg::MostFrequent | Agg::LeastFrequent => {
            arg.clone()
        }
        Agg::Exists => Type::Boolean,
        Agg::ListDistinct => Type::Array(Box::new(arg.clone())),
    }
}
