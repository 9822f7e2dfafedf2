//! Ranks, population statistics, `top` and `bottom` in plain words.

use super::{Words, plural};
use crate::expr::Agg;
use crate::model::PopulationId;
use crate::spec::population::{First, Fraction, NtileTies, RankTies, Statistic, TopTies};

/// "rank by sum of orders.total, largest first, among customers with orders, per country".
pub(super) fn words(room: &Words<'_>, id: PopulationId) -> String {
    let Some(population) = room.model.populations.get(id.index()) else {
        return String::new();
    };
    let entity = room.model.entities.get(population.entity.index());
    let who = entity.map_or_else(String::new, |e| plural(&e.name));
    let of = room.value(&population.of);
    let mut text = match population.statistic {
        Statistic::Rank { ascending, ties } => {
            let first = if ascending { "smallest" } else { "largest" };
            let ties = match ties {
                RankTies::Min => "",
                RankTies::Dense => ", no rank left out after equal values",
                RankTies::Break => ", equal values by key",
            };
            format!("rank by {of}, {first} first{ties}")
        }
        Statistic::Percentile => format!("percentile by {of}"),
        Statistic::Ntile { buckets, ties } => {
            let ties = match ties {
                NtileTies::Same => "",
                NtileTies::Break => ", equal values by key",
            };
            format!("bucket 1 to {buckets} by {of}, smallest first{ties}")
        }
        Statistic::Top {
            first,
            bottom,
            ties,
        } => {
            let end = if bottom { "bottom" } else { "top" };
            let first = match first {
                First::Count(n) => n.to_string(),
                First::Share(share) => share.to_string(),
            };
            let ties = match ties {
                TopTies::Break => "",
                TopTies::Include => ", all that equal the last of them included",
                TopTies::Exclude => ", no one of equals who do not all fit",
            };
            format!("in the {end} {first} by {of}{ties}")
        }
        Statistic::Quantile(at) => format!("{} quantile over all {who} of {of}", decimal(at)),
        Statistic::Aggregate(agg) => match agg {
            Agg::Sum => format!("sum over all {who} of {of}"),
            Agg::Avg => format!("average over all {who} of {of}"),
            Agg::Min => format!("smallest among all {who} of {of}"),
            Agg::Max => format!("largest among all {who} of {of}"),
            Agg::Median => format!("median over all {who} of {of}"),
            Agg::Stddev => format!("standard deviation over all {who} of {of}"),
            Agg::Count
            | Agg::CountDistinct
            | Agg::First
            | Agg::Last
            | Agg::MostFrequent
            | Agg::LeastFrequent
            | Agg::Exists
            | Agg::ListDistinct => format!("number of {who} that have a value of {of}"),
        },
    };
    if let Some(among) = &population.among {
        let mut lines = Vec::new();
        room.predicate(among, 0, &mut lines);
        let (head, items) = lines.split_first().map_or(("", &[][..]), |(h, i)| (h, i));
        let items: Vec<&str> = items
            .iter()
            .map(|line| line.trim_start().trim_start_matches("- "))
            .collect();
        text.push_str(&format!(", among {who} {head}"));
        if !items.is_empty() {
            text.push_str(&format!(" {}", items.join("; ")));
        }
    }
    if let Some(per) = &population.per {
        text.push_str(&format!(", per {}", room.value(per)));
    }
    text
}

/// A fraction with a denominator of twos and fives as a decimal number.
fn decimal(fraction: Fraction) -> String {
    let value = f64::from(fraction.numerator) / f64::from(fraction.denominator);
    let text = format!("{value:.6}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}
