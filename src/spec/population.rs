//! Values that compare an entity with the others, as written: ranks and population statistics (`language.md` §5), `top` and
//! `bottom` (§6).

use super::condition::{self, Condition};
use super::keys;
use super::share::{self, Share};
use crate::diag::Diagnostic;
use crate::diag::codes::spec as codes;
use crate::expr::Agg;
use crate::snippet::Snippet;
use crate::source::{Span, Spanned};
use crate::yaml::decode::{Fields, Reader};
use crate::yaml::{Node, NodeKind};

/// `rank: x`, `population: {avg: x}`, `top: 10%` with `by: x`.
#[derive(Clone, Debug)]
pub struct PopulationSpec {
    pub statistic: Statistic,
    /// What is compared.
    pub of: Snippet,
    /// Who is compared; default everybody who has a value.
    pub among: Option<Box<Condition>>,
    /// Each value of it is a population of its own.
    pub per: Option<Snippet>,
    /// The key that says what it is.
    pub key: Span,
}

/// What is asked of a population.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Statistic {
    /// 1 is the largest, or the smallest.
    Rank { ascending: bool, ties: RankTies },
    /// The share of the others that are below.
    Percentile,
    /// Buckets of equal size, numbered from the smallest values up.
    Ntile { buckets: u32, ties: NtileTies },
    /// Whether it is one of the first, from the largest value down or from the smallest up.
    Top {
        first: First,
        bottom: bool,
        ties: TopTies,
    },
    /// One number for everybody: `Count`, `Sum`, `Avg`, `Min`, `Max`, `Median` or `Stddev`.
    Aggregate(Agg),
    /// One number for everybody, interpolated between two neighbours.
    Quantile(Fraction),
}

/// What equal values get.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RankTies {
    /// The same rank, and the next one is as many later: 1, 1, 3.
    Min,
    /// The same rank, and none is left out: 1, 1, 2.
    Dense,
    /// Ranks of their own, by key.
    Break,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NtileTies {
    /// The same bucket.
    Same,
    /// Buckets as even as can be, by key.
    Break,
}

/// What becomes of equal values at the cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TopTies {
    /// The smaller keys are in.
    Break,
    /// All are in.
    Include,
    /// None is.
    Exclude,
}

/// How many are the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum First {
    Count(u32),
    /// Of all that are compared, rounded up.
    Share(Share),
}

/// An exact number between 0 and 1, in lowest terms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Fraction {
    pub numerator: u32,
    pub denominator: u32,
}

impl Fraction {
    /// `numerator / denominator`, if that is between 0 and 1.
    fn of(numerator: u32, denominator: u32) -> Option<Self> {
        let (mut a, mut b) = (numerator, denominator);
        while b > 0 {
            (a, b) = (b, a % b);
        }
        (numerator <= denominator && a > 0).then(|| Self {
            numerator: numerator / a,
            denominator: denominator / a,
        })
    }
}

impl From<Share> for Fraction {
    fn from(share: Share) -> Self {
        // A share is at most the whole.
        Self::of(share.parts(), Share::WHOLE).unwrap_or(Self {
            numerator: 1,
            denominator: 1,
        })
    }
}

const STATISTICS: [(&str, Agg); 7] = [
    ("count", Agg::Count),
    ("sum", Agg::Sum),
    ("avg", Agg::Avg),
    ("min", Agg::Min),
    ("max", Agg::Max),
    ("median", Agg::Median),
    ("stddev", Agg::Stddev),
];

/// The keys of a trait that only an aggregate over rows obeys.
const OF_ROWS: [&str; 8] = [
    "of", "where", "within", "before", "between", "since", "until", "during",
];

/// The keys of a trait that only a rank or a population statistic obeys.
pub(super) const OF_POPULATIONS: [&str; 4] = ["among", "per", "order", "ties"];

/// The value of a trait whose key is one of [`keys::POPULATIONS`].
pub(super) fn of_trait(
    r: &mut Reader<'_>,
    f: &Fields<'_>,
    key: &Spanned<String>,
    node: &Node,
) -> Option<PopulationSpec> {
    let mut good = true;
    let mut refuse = |r: &mut Reader<'_>, others: &[&str], help: &str| {
        for other in others.iter().filter_map(|o| f.key(o)) {
            foreign(r, other, key, help);
            good = false;
        }
    };
    refuse(
        r,
        &OF_ROWS,
        "it compares entities, not rows: `among` says which, and what is compared may be a trait of its own",
    );
    let no_order = "only `rank` has a direction; the others number from the smallest up";
    let value = match key.value.as_str() {
        "rank" => {
            let ascending = match f.get("order") {
                Some(node) => r.word(node, &[("desc", false), ("asc", true)]),
                None => Some(Spanned::new(false, key.span)),
            };
            let words = [
                ("min", RankTies::Min),
                ("dense", RankTies::Dense),
                ("break", RankTies::Break),
            ];
            let ties = word_or(r, f, "ties", &words, RankTies::Min);
            let of = r.sql(node, "an expression to rank by");
            statistic(of, ascending.zip(ties), |(ascending, ties)| {
                let ascending = ascending.value;
                Statistic::Rank { ascending, ties }
            })
        }
        "percentile" => {
            refuse(r, &["order"], no_order);
            refuse(r, &["ties"], "equal values have the same percentile");
            let of = r.sql(node, "an expression to compare by");
            statistic(of, Some(()), |()| Statistic::Percentile)
        }
        "population" => {
            refuse(r, &["order", "ties"], "a statistic has no order");
            population(r, node)
        }
        name => {
            refuse(r, &["order"], no_order);
            let words = [("same", NtileTies::Same), ("break", NtileTies::Break)];
            let ties = word_or(r, f, "ties", &words, NtileTies::Same);
            let (of, buckets) = match name {
                "quintile" => (r.sql(node, "an expression to compare by"), Some(5)),
                "decile" => (r.sql(node, "an expression to compare by"), Some(10)),
                _ => ntile(r, node),
            };
            statistic(of, buckets.zip(ties), |(buckets, ties)| Statistic::Ntile {
                buckets,
                ties,
            })
        }
    };
    let (among, per) = (among(r, f), per(r, f));
    let ((statistic, of), among, per) = (value?, among?, per?);
    good.then_some(PopulationSpec {
        statistic,
        of,
        among,
        per,
        key: key.span,
    })
}

/// `top: 10%` or `bottom: 100`, with `by`.
pub(super) fn top(
    r: &mut Reader<'_>,
    f: &Fields<'_>,
    key: &Spanned<String>,
    node: &Node,
) -> Option<PopulationSpec> {
    let first = first(r, node);
    let of = f.get("by").map(|n| r.sql(n, "an expression to order by"));
    let words = [
        ("break", TopTies::Break),
        ("include", TopTies::Include),
        ("exclude", TopTies::Exclude),
    ];
    let ties = word_or(r, f, "ties", &words, TopTies::Break);
    let (among, per) = (among(r, f), per(r, f));
    Some(PopulationSpec {
        statistic: Statistic::Top {
            first: first?,
            bottom: key.value == "bottom",
            ties: ties?,
        },
        of: of??,
        among: among?,
        per: per?,
        key: key.span,
    })
}

fn statistic<T>(
    of: Option<Snippet>,
    with: Option<T>,
    make: impl FnOnce(T) -> Statistic,
) -> Option<(Statistic, Snippet)> {
    Some((make(with?), of?))
}

/// A key that belongs to another kind of trait.
pub(super) fn foreign(
    r: &mut Reader<'_>,
    other: &Spanned<String>,
    key: &Spanned<String>,
    help: &str,
) {
    r.diags.push(
        Diagnostic::error(
            &codes::CONFLICT,
            format!("`{}` means nothing beside `{}`", other.value, key.value),
        )
        .at(other.span, "this one")
        .at(key.span, "and this one")
        .help(help),
    );
}

fn word_or<T: Copy>(
    r: &mut Reader<'_>,
    f: &Fields<'_>,
    key: &str,
    words: &[(&str, T)],
    default: T,
) -> Option<T> {
    match f.get(key) {
        Some(node) => r.word(node, words).map(|w| w.value),
        None => Some(default),
    }
}

/// `among:`; the inner `Option` is "none written".
fn among(r: &mut Reader<'_>, f: &Fields<'_>) -> Option<Option<Box<Condition>>> {
    match f.get("among") {
        Some(node) => condition::condition(r, node).map(|c| Some(Box::new(c))),
        None => Some(None),
    }
}

/// `per:`; the inner `Option` is "none written".
fn per(r: &mut Reader<'_>, f: &Fields<'_>) -> Option<Option<Snippet>> {
    match f.get("per") {
        Some(node) => r.sql(node, "an expression to group by").map(Some),
        None => Some(None),
    }
}

/// `{of: x, buckets: n}`
fn ntile(r: &mut Reader<'_>, node: &Node) -> (Option<Snippet>, Option<u32>) {
    if !matches!(node.kind, NodeKind::Map(_)) {
        let help = match node.scalar_text() {
            Some(of) => format!("write `ntile: {{of: {of}, buckets: 4}}`"),
            None => "write `ntile: {of: revenue, buckets: 4}`".to_owned(),
        };
        let diagnostic = r.mismatch(node, "a value and a number of buckets");
        r.diags.push(diagnostic.help(help));
        return (None, None);
    }
    let Some(f) = r.fields(node, &keys::NTILE) else {
        return (None, None);
    };
    let of = f
        .get("of")
        .and_then(|n| r.sql(n, "an expression to compare by"));
    let buckets = f.get("buckets").and_then(|n| r.count(n)).and_then(|n| {
        if n.value == 0 {
            r.diags.push(
                Diagnostic::error(&codes::BAD_RANK, "there is no way to make 0 buckets")
                    .at(n.span, "expected a number from 1 up")
                    .help("write how many buckets there are: `buckets: 4`"),
            );
        }
        (n.value > 0).then_some(n.value)
    });
    (of, buckets)
}

/// `{avg: x}` or `{quantile: x, at: 0.9}`
fn population(r: &mut Reader<'_>, node: &Node) -> Option<(Statistic, Snippet)> {
    let f = r.fields(node, &keys::POPULATION)?;
    let (key, value) = f.chosen()?;
    let of = r.sql(value, "an expression over an entity");
    if let Some((_, agg)) = STATISTICS.iter().find(|(name, _)| *name == key.value) {
        if let Some(at) = f.key("at") {
            foreign(r, at, key, "only `quantile` has a place");
            return None;
        }
        return Some((Statistic::Aggregate(*agg), of?));
    }
    let Some(at) = f.get("at") else {
        r.diags.push(
            Diagnostic::error(&codes::MISSING_KEY, "`quantile` needs `at`")
                .at(key.span, "which one is missing")
                .help("add `at: 0.9`, for the value that nine tenths do not exceed"),
        );
        return None;
    };
    const EXPECTED: &str = "a number from 0 to 1, with at most 6 digits after the point";
    let text = r.scalar(at, EXPECTED)?;
    let Some(at) = fraction(&text) else {
        let help =
            "a part of one: `0.5` is the median, `0.9` the value that nine tenths do not exceed";
        bad(r, &text, EXPECTED, help);
        return None;
    };
    Some((Statistic::Quantile(at), of?))
}

/// `10%`, `2.5%`, `100`
fn first(r: &mut Reader<'_>, node: &Node) -> Option<First> {
    const EXPECTED: &str = "a share as `10%`, or how many as `100`";
    let text = r.scalar(node, EXPECTED)?;
    if text.contains('%') {
        return share::share(r, node).map(|s| First::Share(s.value));
    }
    let count = text.trim().parse().ok().filter(|n| *n > 0);
    if count.is_none() {
        let part = fraction(&text).is_some_and(|f| f.numerator > 0);
        let help = if part {
            "a share is written in percent: `10%`"
        } else {
            "a whole number from 1 up, or a share in percent: `10%`"
        };
        bad(r, &text, EXPECTED, help);
    }
    count.map(First::Count)
}

/// A decimal number between 0 and 1.
fn fraction(text: &str) -> Option<Fraction> {
    let (whole, after) = text.trim().split_once('.').unwrap_or((text.trim(), "0"));
    let plain = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    if !plain(whole) || !plain(after) || after.len() > 6 {
        return None;
    }
    let digits: u32 = format!("{whole}{after}").parse().ok()?;
    let scale = 10_u32.checked_pow(u32::try_from(after.len()).ok()?)?;
    Fraction::of(digits, scale)
}

fn bad(r: &mut Reader<'_>, text: &Spanned<String>, expected: &str, help: &str) {
    r.diags.push(
        Diagnostic::error(
            &codes::BAD_RANK,
            format!("expected {expected}, found `{}`", text.value),
        )
        .at(text.span, "not read")
        .help(help),
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fractions_are_exact_and_in_lowest_terms() {
        let of = |text: &str| fraction(text).map(|f| (f.numerator, f.denominator));
        assert_eq!(of("0.333333"), Some((333_333, 1_000_000)));
        assert_eq!(of("0.9"), Some((9, 10)));
        assert_eq!(of("0.250"), Some((1, 4)));
        assert_eq!(of("0"), Some((0, 1)));
        assert_eq!(of("1"), Some((1, 1)));
        for bad in ["1.1", "-1", "", "1e1", "0.3333333", ".5", "5.", "٣", "90"] {
            assert_eq!(of(bad), None, "{bad}");
        }
    }
}
