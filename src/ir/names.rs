//! What the columns of a plan are called: readable, unique without regard to case, independent of the rewrites.

use super::{Answer, Node, population};
use crate::expr::{Agg, ExprKind, Literal};
use crate::model::{
    Atom, Col, Entity, Measure, MeasureId, Model, PopulationId, RelationId, SequenceId, across,
};
use std::collections::{HashMap, HashSet};

/// The names of a plan's columns.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names {
    pub measures: HashMap<MeasureId, String>,
    pub sequences: HashMap<SequenceId, String>,
    pub answers: HashMap<Answer, String>,
    pub nodes: HashMap<Node, String>,
    /// Columns of the entity's frame.
    pub columns: HashMap<Col, String>,
    /// Columns that populations are made from.
    pub populations: HashMap<PopulationId, PopulationNames>,
    taken: Taken,
}

/// What the columns are called that a population is made from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PopulationNames {
    /// The value of who is compared.
    pub of: String,
    pub per: String,
    pub place: String,
    /// How many are compared.
    pub size: String,
    /// The ends of a quantile.
    pub low: String,
    pub high: String,
}

impl Names {
    pub(super) fn answer(&mut self, answer: &Answer, entity: &Entity, model: &Model) {
        if self.answers.contains_key(answer) {
            return;
        }
        let wanted = match answer {
            Answer::Key => "entity_key".to_owned(),
            Answer::Segment(id) => {
                let name = self.node(Node::Segment(*id), model);
                self.answers.insert(answer.clone(), name);
                return;
            }
            Answer::Trait(id) => format!(
                "trait_{}",
                model.traits.get(id.index()).map_or("", |t| &t.name)
            ),
            Answer::Exposed(col, _) => format!("exposed_{}", plain(&col.name)),
            Answer::Channel(n) => format!(
                "channel_{}",
                entity.channels.get(*n).map_or("", |c| &c.name)
            ),
            Answer::Suppressed => "suppressed".to_owned(),
            Answer::HeldOut => "held_out".to_owned(),
            Answer::Holds(_) => "holds".to_owned(),
            Answer::Value(_) => "value".to_owned(),
        };
        let name = self.taken.unique(&wanted);
        self.answers.insert(answer.clone(), name);
    }

    pub(super) fn node(&mut self, node: Node, model: &Model) -> String {
        if let Some(name) = self.nodes.get(&node) {
            return name.clone();
        }
        let wanted = match node {
            Node::Segment(id) => {
                let name = model.segments.get(id.index()).map_or("", |s| &s.name);
                across::column(name)
            }
            Node::Group(id) => {
                let name = model.groups.get(id.index()).map_or("", |g| &g.name);
                format!("group_{name}")
            }
            Node::Population(id) => population::name(id, model),
        };
        let name = self.taken.unique(&wanted);
        self.nodes.insert(node, name.clone());
        if let Node::Population(id) = node {
            let mut part = |what: &str| self.taken.unique(&format!("{name}_{what}"));
            let parts = PopulationNames {
                of: part("of"),
                per: part("per"),
                place: part("place"),
                size: part("size"),
                low: part("low"),
                high: part("high"),
            };
            self.populations.insert(id, parts);
        }
        name
    }

    /// Measures are named all at once.
    pub(super) fn atom(&mut self, atom: &Atom, entity: &Entity, model: &Model) {
        match atom {
            Atom::Column(col) if !self.columns.contains_key(col) => {
                let wanted = match entity.frame.slots.get(col.slot) {
                    Some(slot) if col.slot > 0 => format!("{}_{}", plain(&slot.name), col.name),
                    Some(_) | None => col.name.clone(),
                };
                let name = self.taken.unique(&wanted);
                self.columns.insert(col.clone(), name);
            }
            Atom::Sequence(id) if !self.sequences.contains_key(id) => {
                if let Some(sequence) = model.sequences.get(id.index()) {
                    let wanted = super::sequence::name(sequence, model);
                    let name = self.taken.unique(&wanted);
                    self.sequences.insert(*id, name);
                }
            }
            Atom::Column(_) | Atom::Measure(_) | Atom::Population(_) | Atom::Sequence(_) => {}
        }
    }

    /// Those without a filter come first: they get the plain names.
    pub(super) fn measures(&mut self, ids: &[MeasureId], model: &Model) {
        let mut measures: Vec<(MeasureId, &Measure)> = ids
            .iter()
            .filter_map(|id| Some((*id, model.measures.get(id.index())?)))
            .collect();
        measures.sort_by_key(|(_, measure)| !measure.filter.is_empty());
        for (id, measure) in measures {
            let name = self.taken.unique(&measure_name(measure, model));
            self.measures.insert(id, name);
        }
    }
}

/// Names already given away, compared without regard to case.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Taken {
    names: HashSet<String>,
    /// Where to go on counting for a wanted name.
    next: HashMap<String, u32>,
}

impl Taken {
    pub(super) fn reserve(&mut self, name: &str) {
        self.names.insert(name.to_lowercase());
    }

    /// `wanted`, or it with the first free number from 2.
    pub(super) fn unique(&mut self, wanted: &str) -> String {
        let lower = wanted.to_lowercase();
        if self.names.insert(lower.clone()) {
            return wanted.to_owned();
        }
        let n = self.next.entry(lower.clone()).or_insert(2);
        while !self.names.insert(format!("{lower}_{n}")) {
            *n += 1;
        }
        let name = format!("{wanted}_{n}");
        *n += 1;
        name
    }
}

/// Letters, digits and underscores alone.
pub(super) fn plain(name: &str) -> String {
    name.chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() {
                c.to_ascii_lowercase()
            } else {
                '_'
            }
        })
        .collect()
}

/// `orders_sum_total_90d`
pub(super) fn measure_name(measure: &Measure, model: &Model) -> String {
    let relation = model.relations.get(measure.relation.index());
    let mut name = relation.map_or_else(String::new, |r| r.name.clone());
    name.push('_');
    name.push_str(agg_name(measure.agg));
    if let Some(arg) = &measure.arg {
        let mut columns = Vec::new();
        arg.each_column(&mut |c: &Col| columns.push(c));
        let key = relation.map_or(&[][..], |r| r.key.as_slice());
        if let (Some(first), true) = (columns.first(), columns.len() <= 2) {
            let over_key = matches!(&arg.kind, ExprKind::Column(c) if key == [c.name.clone()]);
            if !over_key {
                name.push('_');
                name.push_str(&plain(&first.name));
            }
        }
    }
    let (from, until) = (measure.window.from.as_ref(), measure.window.until.as_ref());
    if let Some(ahead) = ahead(measure.relation, from, until, model) {
        name.push_str(&format!("_{}", plain(&ahead)));
        return name;
    }
    let ends_now = until.is_none_or(|u| days_back(u, model).is_none_or(|d| d < 1.5));
    match (
        from.and_then(|f| label(f, model)),
        until.and_then(|u| label(u, model)),
    ) {
        (Some(from), _) if ends_now => name.push_str(&format!("_{from}")),
        (Some(from), Some(until)) => name.push_str(&format!("_{from}_{until}")),
        (None, Some(until)) if !ends_now => name.push_str(&format!("_before_{until}")),
        (Some(from), None) => name.push_str(&format!("_{from}")),
        (None, _) => {}
    }
    name
}

pub(super) fn agg_name(agg: Agg) -> &'static str {
    match agg {
        Agg::Count => "count",
        Agg::CountDistinct => "distinct",
        Agg::Sum => "sum",
        Agg::Avg => "avg",
        Agg::Min => "min",
        Agg::Max => "max",
        Agg::Median => "median",
        Agg::Stddev => "stddev",
        Agg::First => "first",
        Agg::Last => "last",
        Agg::MostFrequent => "most_frequent",
        Agg::LeastFrequent => "least_frequent",
        Agg::Exists => "exists",
        Agg::ListDistinct => "list",
    }
}

/// The second at which a bound lies; local times are read as UTC, which is near enough for sorting and naming.
pub(super) fn moment(bound: &Literal) -> Option<i64> {
    let utc = |d: jiff::civil::DateTime| {
        d.to_zoned(jiff::tz::TimeZone::UTC)
            .ok()
            .map(|z| z.timestamp().as_second())
    };
    match bound {
        Literal::Date(d) => utc(d.at(0, 0, 0, 0)),
        Literal::Datetime(d) => utc(*d),
        Literal::Timestamp(t) => Some(t.as_second()),
        Literal::Null
        | Literal::Boolean(_)
        | Literal::Int(_)
        | Literal::Decimal { .. }
        | Literal::Float(_)
        | Literal::String(_)
        | Literal::Array(_) => None,
    }
}

/// How many days before `as_of` a bound lies, about.
pub(super) fn days_back(bound: &Literal, model: &Model) -> Option<f64> {
    let seconds = model.as_of.as_second() - moment(bound)?;
    #[expect(clippy::cast_precision_loss, reason = "an estimate")]
    let days = seconds as f64 / 86_400.0;
    Some(days)
}

/// `next 14d`, `last 30d and next 14d`, `until 14d ahead`: a window that ends after `as_of`.
pub(super) fn ahead(
    relation: RelationId,
    from: Option<&Literal>,
    until: Option<&Literal>,
    model: &Model,
) -> Option<String> {
    let relation = model.relations.get(relation.index())?;
    let until = until.filter(|u| relation.is_ahead(u))?;
    let end = length((moment(until)? - model.as_of.as_second()).max(0));
    Some(match from.and_then(|f| days_back(f, model)) {
        None => format!("until {end} ahead"),
        // On a date column the day of `as_of` has begun.
        Some(back) if back < 1.1 => format!("next {end}"),
        Some(back) => format!("last {back:.0}d and next {end}"),
    })
}

/// `90d`, `6h`: how far back a bound lies, for names.
pub(super) fn label(bound: &Literal, model: &Model) -> Option<String> {
    let seconds = model.as_of.as_second() - moment(bound)?;
    (seconds >= 0).then(|| length(seconds))
}

fn length(seconds: i64) -> String {
    if seconds < 82_800 {
        format!("{}h", (seconds + 3599) / 3600)
    } else {
        // A local day may have an hour more or less.
        format!("{}d", (seconds - 7200 + 86_399) / 86_400)
    }
}
