//! The names of the aggregates, as keys of YAML and as functions of SQL.

use super::AggFunction;

const NAMES: &[(&str, AggFunction)] = &[
    ("count", AggFunction::Count),
    ("count_distinct", AggFunction::CountDistinct),
    ("sum", AggFunction::Sum),
    ("avg", AggFunction::Avg),
    ("min", AggFunction::Min),
    ("max", AggFunction::Max),
    ("median", AggFunction::Median),
    ("stddev", AggFunction::Stddev),
    ("first", AggFunction::First),
    ("last", AggFunction::Last),
    ("most_frequent", AggFunction::MostFrequent),
    ("least_frequent", AggFunction::LeastFrequent),
    ("exists", AggFunction::Exists),
    ("days_since_first", AggFunction::DaysSinceFirst),
    ("days_since_last", AggFunction::DaysSinceLast),
    ("avg_days_between", AggFunction::AvgDaysBetween),
    ("list_distinct", AggFunction::ListDistinct),
];

impl AggFunction {
    /// The aggregate of a name, in any case.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        NAMES
            .iter()
            .find(|(word, _)| word.eq_ignore_ascii_case(name))
            .map(|(_, function)| *function)
    }

    /// As users write it.
    #[must_use]
    pub fn name(self) -> &'static str {
        NAMES
            .iter()
            .find(|(_, function)| *function == self)
            .map_or("", |(word, _)| word)
    }

    /// All names.
    pub fn names() -> impl Iterator<Item = &'static str> {
        NAMES.iter().map(|(word, _)| *word)
    }
}
