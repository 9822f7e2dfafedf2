//! Ranks, population statistics, `top` and `bottom` (`language.md` §5, §6): an entity beside all the others.

use super::aggregate::{of_values, quantile};
use super::expression::Place;
use super::value::Value;
use super::{Person, Reference};
use segc::expr::Agg;
use segc::spec::population::{First, NtileTies, RankTies, Statistic, TopTies};
use segc::spec::{AggFunction, PopulationSpec};
use std::cmp::Ordering;
use std::rc::Rc;

impl Reference<'_> {
    /// The value for one person.
    pub(super) fn population(&self, person: Person, spec: &PopulationSpec) -> Value {
        let all = self.compared(person, spec);
        let of_all = |p: Person| all.iter().find(|c| c.person == p).unwrap();
        let mine = &of_all(person).group;
        let same_group =
            |c: &&Compared| c.group.equals(mine) || (c.group.is_null() && mine.is_null());
        let counted = all.iter().filter(same_group).filter(|c| !c.value.is_null());
        let compared: Vec<(Person, Value)> = counted.map(|c| (c.person, c.value.clone())).collect();
        let own = compared.iter().find(|(p, _)| *p == person);
        let own = own.map(|(_, value)| value.clone());
        match (spec.statistic, own) {
            (Statistic::Aggregate(agg), _) => {
                let values = compared.into_iter().map(|(_, value)| value).collect();
                of_values(function(agg), values)
            }
            (Statistic::Quantile(at), _) => {
                let values: Vec<Value> = compared.into_iter().map(|(_, value)| value).collect();
                quantile(&values, at.numerator as usize, at.denominator as usize)
            }
            (Statistic::Top { .. }, None) => Value::Bool(false),
            (_, None) => Value::Null,
            (statistic, Some(value)) => {
                let others = Others {
                    reference: self,
                    person,
                    value,
                    compared,
                };
                others.answer(statistic)
            }
        }
    }
}

/// Somebody's group, and value: NULL for whom is not compared.
pub(super) struct Compared {
    person: Person,
    group: Value,
    value: Value,
}

impl Reference<'_> {
    fn compared(&self, person: Person, spec: &PopulationSpec) -> Rc<Vec<Compared>> {
        let asked = (person.entity, std::ptr::from_ref(spec) as usize);
        if let Some(all) = self.memory.borrow().populations.get(&asked) {
            return all.clone();
        }
        let compared = |person: Person| {
            let place = Place::of(person);
            let among = spec.among.as_ref().is_none_or(|c| self.holds(person, c));
            let per = spec.per.as_ref();
            Compared {
                person,
                group: per.map_or(Value::Null, |per| self.evaluate(per, place)),
                value: if among {
                    self.evaluate(&spec.of, place)
                } else {
                    Value::Null
                },
            }
        };
        let all: Rc<Vec<_>> = Rc::new(self.people(person.entity).map(compared).collect());
        let memory = &mut self.memory.borrow_mut().populations;
        memory.insert(asked, all.clone());
        all
    }
}

fn function(agg: Agg) -> AggFunction {
    match agg {
        Agg::Count => AggFunction::Count,
        Agg::Sum => AggFunction::Sum,
        Agg::Avg => AggFunction::Avg,
        Agg::Min => AggFunction::Min,
        Agg::Max => AggFunction::Max,
        Agg::Median => AggFunction::Median,
        Agg::Stddev => AggFunction::Stddev,
        other => panic!("{other:?} is no population statistic"),
    }
}

/// Somebody among all who are compared.
struct Others<'r, 'w> {
    reference: &'r Reference<'w>,
    person: Person,
    value: Value,
    compared: Vec<(Person, Value)>,
}

impl Others<'_, '_> {
    fn answer(&self, statistic: Statistic) -> Value {
        let all = self.compared.len() as i128;
        let int = |n: usize| Value::Int(n as i128);
        match statistic {
            Statistic::Rank { ascending, ties } => {
                let before = if ascending {
                    Ordering::Less
                } else {
                    Ordering::Greater
                };
                match ties {
                    RankTies::Min => int(1 + self.count(before)),
                    RankTies::Dense => int(1 + self.distinct(before)),
                    RankTies::Break => int(1 + self.count(before) + self.equal_with_smaller_key()),
                }
            }
            Statistic::Percentile if all == 1 => Value::Float(0.0),
            Statistic::Percentile => {
                Value::Float(self.count(Ordering::Less) as f64 / (all - 1) as f64)
            }
            // ceil(n · cume_dist): of all, who are as small or smaller.
            Statistic::Ntile {
                buckets,
                ties: NtileTies::Same,
            } => {
                let up_to = (self.count(Ordering::Less) + self.count(Ordering::Equal)) as i128;
                let n = i128::from(buckets);
                Value::Int((n * up_to + all - 1) / all)
            }
            // The first (all mod n) buckets have one more.
            Statistic::Ntile {
                buckets,
                ties: NtileTies::Break,
            } => {
                let place = self.count(Ordering::Less) + self.equal_with_smaller_key();
                let (mut left, mut bucket) = (place as i128, 1);
                let n = i128::from(buckets);
                loop {
                    let size = all / n + i128::from(bucket <= all % n);
                    if left < size {
                        return Value::Int(bucket);
                    }
                    left -= size;
                    bucket += 1;
                }
            }
            Statistic::Top {
                first,
                bottom,
                ties,
            } => {
                let first = match first {
                    First::Count(n) => i128::from(n),
                    First::Share(share) => (all * i128::from(share.parts()) + 9_999) / 10_000,
                };
                let before = if bottom {
                    Ordering::Less
                } else {
                    Ordering::Greater
                };
                let before = self.count(before) as i128;
                Value::Bool(match ties {
                    TopTies::Break => before + (self.equal_with_smaller_key() as i128) < first,
                    TopTies::Include => before < first,
                    TopTies::Exclude => before + self.count(Ordering::Equal) as i128 <= first,
                })
            }
            Statistic::Aggregate(_) | Statistic::Quantile(_) => panic!("it is everybody's"),
        }
    }

    /// How many have a value less than, equal to (oneself included), or greater than one's own.
    fn count(&self, order: Ordering) -> usize {
        let values = self.compared.iter();
        values
            .filter(|(_, v)| v.order(&self.value) == order)
            .count()
    }

    fn distinct(&self, order: Ordering) -> usize {
        let found = self.compared.iter().map(|(_, v)| v.clone());
        let found: Vec<Value> = found.filter(|v| v.order(&self.value) == order).collect();
        match of_values(AggFunction::CountDistinct, found) {
            Value::Int(n) => n as usize,
            other => panic!("{other:?}"),
        }
    }

    fn equal_with_smaller_key(&self) -> usize {
        let key = self.reference.key(self.person);
        let equal = self.compared.iter().filter(|(_, v)| v.equals(&self.value));
        equal
            .filter(|(p, _)| self.reference.key(*p).order(&key).is_lt())
            .count()
    }
}
