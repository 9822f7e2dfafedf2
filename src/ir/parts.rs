//! Parts: what a rollup has to know of the rows with one value, so that a measure is computed from its values.

use crate::expr::{Agg, ExprKind, Func, Literal, Type};
use crate::model::{Measure, RowExpr, Window};

/// What a rollup knows of the rows with one value.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum Part<'a> {
    /// Whether one of them counts.
    Any {
        until: Option<&'a Literal>,
        filter: Vec<&'a RowExpr>,
    },
    /// When the latest one was that counts: it answers for every window that ends with these.
    Latest {
        until: Option<&'a Literal>,
        filter: Vec<&'a RowExpr>,
    },
    /// An aggregate of those that count.
    Of {
        agg: Agg,
        arg: Option<&'a RowExpr>,
        ty: Type,
        window: &'a Window,
        filter: Vec<&'a RowExpr>,
    },
}

impl<'a> Part<'a> {
    /// What a measure needs of a rollup of `value` that begins at `from`.
    pub(super) fn of(
        measure: &'a Measure,
        value: &RowExpr,
        from: Option<&Literal>,
    ) -> Option<Self> {
        let (window, until) = (&measure.window, measure.window.until.as_ref());
        let filter = of_rows(measure, value).collect();
        match measure.agg {
            Agg::CountDistinct | Agg::Exists if later(measure, from).is_some() => {
                Some(Self::Latest { until, filter })
            }
            Agg::CountDistinct | Agg::Exists => Some(Self::Any { until, filter }),
            Agg::MostFrequent | Agg::LeastFrequent => Some(Self::Of {
                agg: Agg::Count,
                arg: None,
                ty: Type::Int,
                window,
                filter,
            }),
            Agg::Count | Agg::Sum | Agg::Min | Agg::Max => Some(Self::Of {
                agg: measure.agg,
                arg: measure.arg.as_ref(),
                ty: measure.ty.clone(),
                window,
                filter,
            }),
            Agg::Avg | Agg::Median | Agg::Stddev | Agg::First | Agg::Last | Agg::ListDistinct => {
                None
            }
        }
    }

    /// Whether an aggregate is computed for it: that there is a value at all says that there is a row.
    fn costs(&self) -> bool {
        match self {
            Self::Any { filter, .. } => !filter.is_empty(),
            Self::Latest { .. } | Self::Of { .. } => true,
        }
    }
}

/// The aggregate that makes one of the parts of several values; none where that would not be exact.
pub(super) fn combined(measure: &Measure) -> Option<Agg> {
    match measure.agg {
        Agg::Exists => Some(Agg::Exists),
        Agg::Count => Some(Agg::Sum),
        Agg::Sum => match measure.ty {
            Type::Int | Type::Decimal { .. } => Some(Agg::Sum),
            // A sum of floats depends on the order of its terms.
            Type::Float
            | Type::Boolean
            | Type::String
            | Type::Date
            | Type::Timestamp
            | Type::Datetime
            | Type::Json
            | Type::Array(_)
            | Type::Null => None,
        },
        Agg::Min => Some(Agg::Min),
        Agg::Max => Some(Agg::Max),
        Agg::CountDistinct
        | Agg::Avg
        | Agg::Median
        | Agg::Stddev
        | Agg::First
        | Agg::Last
        | Agg::MostFrequent
        | Agg::LeastFrequent
        | Agg::ListDistinct => None,
    }
}

/// The conditions of a measure that are asked of rows, not of the rollup's values.
pub(super) fn of_rows<'a>(
    measure: &'a Measure,
    value: &RowExpr,
) -> impl Iterator<Item = &'a RowExpr> {
    let combines = combined(measure).is_some();
    let rows = measure.filter.iter();
    rows.filter(move |c| !(combines && picks(c, value)))
}

/// The conditions of a measure that pick values of a rollup.
pub(super) fn of_values<'a>(
    measure: &'a Measure,
    value: &RowExpr,
) -> impl Iterator<Item = &'a RowExpr> {
    let combines = combined(measure).is_some();
    let rows = measure.filter.iter();
    rows.filter(move |c| combines && picks(c, value))
}

/// Whether a condition is that `value` is a constant, or one of some; never met by NULL, which no rollup has.
fn picks(condition: &RowExpr, value: &RowExpr) -> bool {
    tested(condition).is_some_and(|(of, _)| of == value)
}

/// What a condition compares with constants, and with which, if all it says is that it is one of them; never met by NULL.
pub(super) fn tested(condition: &RowExpr) -> Option<(&RowExpr, Vec<&RowExpr>)> {
    let constant = |e: &RowExpr| matches!(e.kind, ExprKind::Literal(_));
    match &condition.kind {
        ExprKind::Call(Func::Eq, args) => match args.as_slice() {
            [of, value] | [value, of] if constant(value) => Some((of, vec![value])),
            _ => None,
        },
        ExprKind::Call(Func::In, args) => {
            let (of, values) = args.split_first()?;
            let values: Vec<&RowExpr> = values.iter().collect();
            values.iter().all(|v| constant(v)).then_some((of, values))
        }
        ExprKind::Call(..)
        | ExprKind::Literal(_)
        | ExprKind::Column(_)
        | ExprKind::Case { .. }
        | ExprKind::Cast { .. } => None,
    }
}

/// Where a measure's window begins, if its rollup begins earlier.
pub(super) fn later<'a>(measure: &'a Measure, from: Option<&Literal>) -> Option<&'a Literal> {
    measure
        .window
        .from
        .as_ref()
        .filter(|own| Some(*own) != from)
}

/// What aggregates these measures need of a rollup that begins at `from`.
pub(super) fn parts<'a>(
    measures: impl Iterator<Item = &'a Measure>,
    value: &RowExpr,
    from: Option<&Literal>,
) -> Vec<Part<'a>> {
    let mut parts = Vec::new();
    for part in measures.filter_map(|m| Part::of(m, value, from)) {
        if part.costs() && !parts.contains(&part) {
            parts.push(part);
        }
    }
    parts
}
