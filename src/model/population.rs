//! Ranks, population statistics, `top` and `bottom`: what is compared, among whom and per what, resolved and typed.

use super::aggregate::Takes;
use super::frame::article;
use super::predicate::Conditions;
use super::typing;
use super::{EntityExpr, Population};
use crate::diag::codes::model::{AGGREGATE_TYPE, POPULATION_GROUP};
use crate::diag::{Diagnostic, Diagnostics};
use crate::expr::{Agg, Type};
use crate::snippet::{self, Snippet};
use crate::spec::PopulationSpec;
use crate::spec::population::Statistic;

/// The expression that stands for the value. All that is wrong in it is reported before it is given up.
pub(super) fn resolve(
    spec: &PopulationSpec,
    conditions: &mut Conditions<'_>,
    diags: &mut Diagnostics,
) -> Option<EntityExpr> {
    let of = value(&spec.of, conditions, diags).and_then(|of| takes(spec, of, diags));
    let among = match &spec.among {
        Some(among) => conditions.resolve(among, diags).map(Some),
        None => Some(None),
    };
    let per = match &spec.per {
        Some(per) => value(per, conditions, diags)
            .and_then(|per| groups(per, diags))
            .map(Some),
        None => Some(None),
    };
    let (of, among, per) = (of?, among?, per?);
    let population = Population {
        entity: conditions.scope.entity,
        ty: result(spec.statistic, &of.ty),
        statistic: spec.statistic,
        of,
        among,
        per,
    };
    let span = spec.of.text.span;
    Some(conditions.scope.measures.population(population, span))
}

fn value(
    snippet: &Snippet,
    conditions: &mut Conditions<'_>,
    diags: &mut Diagnostics,
) -> Option<EntityExpr> {
    conditions.scope.begin();
    let ast = snippet::parse(snippet, diags)?;
    typing::check(&ast, &mut conditions.scope, conditions.ctx, diags)
}

/// The value, if the statistic can be computed of its type.
fn takes(spec: &PopulationSpec, of: EntityExpr, diags: &mut Diagnostics) -> Option<EntityExpr> {
    let (word, takes) = match spec.statistic {
        Statistic::Rank { .. } => ("rank", Takes::Ordered),
        Statistic::Percentile => ("percentile", Takes::Ordered),
        Statistic::Ntile { .. } => ("ntile", Takes::Ordered),
        Statistic::Top { bottom: false, .. } => ("top", Takes::Ordered),
        Statistic::Top { bottom: true, .. } => ("bottom", Takes::Ordered),
        Statistic::Quantile(_) => ("quantile", Takes::Numbers),
        Statistic::Aggregate(agg) => match agg {
            Agg::Sum => ("sum", Takes::Numbers),
            Agg::Avg => ("avg", Takes::Numbers),
            Agg::Median => ("median", Takes::Numbers),
            Agg::Stddev => ("stddev", Takes::Numbers),
            Agg::Min => ("min", Takes::Ordered),
            Agg::Max => ("max", Takes::Ordered),
            Agg::Count
            | Agg::CountDistinct
            | Agg::First
            | Agg::Last
            | Agg::MostFrequent
            | Agg::LeastFrequent
            | Agg::Exists
            | Agg::ListDistinct => ("count", Takes::Anything),
        },
    };
    if takes.accepts(&of.ty) {
        return Some(of);
    }
    let made = if of.ty == Type::Boolean {
        "`if(x, 1, 0)` makes a number of a boolean"
    } else if of.ty == Type::Json {
        "`json_number(x, 'a.b')` takes a number out of a json"
    } else {
        "`cast(x as float)` makes a number of a text"
    };
    diags.push(
        Diagnostic::error(
            &AGGREGATE_TYPE,
            format!("`{word}` takes {}, not {}", takes.words(), article(&of.ty)),
        )
        .at(of.at.0, format!("this is {}", article(&of.ty)))
        .help(format!("compare by a number or a date; {made}")),
    );
    None
}

/// The expression, if its values can name groups.
fn groups(per: EntityExpr, diags: &mut Diagnostics) -> Option<EntityExpr> {
    match per.ty {
        Type::Boolean
        | Type::Int
        | Type::Decimal { .. }
        | Type::String
        | Type::Date
        | Type::Timestamp
        | Type::Datetime => return Some(per),
        Type::Float | Type::Json | Type::Array(_) | Type::Null => {}
    }
    diags.push(
        Diagnostic::error(
            &POPULATION_GROUP,
            format!("{} cannot name groups", article(&per.ty)),
        )
        .at(
            per.at.0,
            format!(
                "expected a string, a whole number, a boolean or a date, found {}",
                article(&per.ty)
            ),
        )
        .help("name a column with few values, or make one: `cast(floor(x / 100) as int)`, `case when …`"),
    );
    None
}

fn result(statistic: Statistic, of: &Type) -> Type {
    match statistic {
        Statistic::Rank { .. } | Statistic::Ntile { .. } => Type::Int,
        Statistic::Percentile | Statistic::Quantile(_) => Type::Float,
        Statistic::Top { .. } => Type::Boolean,
        Statistic::Aggregate(agg) => super::aggregate::result_of(agg, of),
    }
}
