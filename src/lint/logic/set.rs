//! Sets of values of one expression: what a comparison with literals leaves of them.

use crate::expr::Literal;
use jiff::civil::{Date, DateTime};
use std::cmp::Ordering;

/// A value that has an order. Truth values are 0 and 1, dates are days.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    /// `digits / 10^scale`
    Number {
        digits: i128,
        scale: u8,
    },
    Float(f64),
    Text(String),
    Instant(jiff::Timestamp),
    Local(DateTime),
}

impl Value {
    pub(super) fn int(digits: i128) -> Self {
        Self::Number { digits, scale: 0 }
    }

    pub(super) fn of(literal: &Literal) -> Option<Self> {
        Some(match literal {
            Literal::Null | Literal::Array(_) => return None,
            Literal::Boolean(b) => Self::int(i128::from(*b)),
            Literal::Int(i) => Self::int(i128::from(*i)),
            Literal::Decimal { digits, scale } => Self::Number {
                digits: *digits,
                scale: *scale,
            },
            Literal::Float(bits) => Self::Float(f64::from_bits(*bits)),
            Literal::String(text) => Self::Text(text.clone()),
            Literal::Date(date) => {
                let days = Date::constant(1970, 1, 1).until(*date).ok()?;
                Self::int(i128::from(days.get_days()))
            }
            Literal::Timestamp(at) => Self::Instant(*at),
            Literal::Datetime(at) => Self::Local(*at),
        })
    }

    /// None where the two have no order.
    pub(super) fn order(&self, other: &Self) -> Option<Ordering> {
        match (self, other) {
            (
                Self::Number { digits, scale },
                Self::Number {
                    digits: d,
                    scale: s,
                },
            ) => {
                let scaled = |digits: &i128, by: u8| {
                    10_i128
                        .checked_pow(u32::from(by))
                        .and_then(|p| digits.checked_mul(p))
                };
                let (up, down) = (s.saturating_sub(*scale), scale.saturating_sub(*s));
                Some(scaled(digits, up)?.cmp(&scaled(d, down)?))
            }
            (Self::Float(a), Self::Float(b)) => a.partial_cmp(b),
            (Self::Text(a), Self::Text(b)) => Some(a.cmp(b)),
            (Self::Instant(a), Self::Instant(b)) => Some(a.cmp(b)),
            (Self::Local(a), Self::Local(b)) => Some(a.cmp(b)),
            (
                Self::Number { .. }
                | Self::Float(_)
                | Self::Text(_)
                | Self::Instant(_)
                | Self::Local(_),
                _,
            ) => None,
        }
    }

    /// The whole number at or below.
    fn floor(&self) -> Option<(i128, bool)> {
        let Self::Number { digits, scale } = self else {
            return None;
        };
        let unit = 10_i128.checked_pow(u32::from(*scale))?;
        Some((digits.div_euclid(unit), digits.rem_euclid(unit) == 0))
    }
}

/// One end of a stretch.
#[derive(Clone, Debug, PartialEq)]
struct End {
    value: Value,
    included: bool,
}

/// All values between two ends; no end where None.
#[derive(Clone, Debug, PartialEq)]
struct Stretch {
    low: Option<End>,
    high: Option<End>,
}

/// NULL or not, and stretches of values, ascending and apart.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Set {
    pub(super) null: bool,
    stretches: Vec<Stretch>,
}

impl Set {
    pub(super) fn null() -> Self {
        Self {
            null: true,
            stretches: Vec::new(),
        }
    }

    /// Every value, without NULL.
    pub(super) fn values() -> Self {
        Self {
            null: false,
            stretches: vec![Stretch {
                low: None,
                high: None,
            }],
        }
    }

    pub(super) fn point(value: Value) -> Self {
        Self::between(Some((value.clone(), true)), Some((value, true)))
    }

    /// Between two ends, each with whether it is included.
    pub(super) fn between(low: Option<(Value, bool)>, high: Option<(Value, bool)>) -> Self {
        let end = |(value, included)| End { value, included };
        Self {
            null: false,
            stretches: vec![Stretch {
                low: low.map(end),
                high: high.map(end),
            }],
        }
    }

    pub(super) fn or_null(mut self, null: bool) -> Self {
        self.null = null;
        self
    }

    pub(super) fn is_empty(&self) -> bool {
        !self.null && self.stretches.is_empty()
    }

    /// What is in both; None where values cannot be put in order.
    pub(super) fn and(&self, other: &Self) -> Option<Self> {
        let mut stretches = Vec::new();
        for a in &self.stretches {
            for b in &other.stretches {
                let low = tighter(a.low.as_ref(), b.low.as_ref(), Ordering::Greater)?;
                let high = tighter(a.high.as_ref(), b.high.as_ref(), Ordering::Less)?;
                let both = Stretch {
                    low: low.cloned(),
                    high: high.cloned(),
                };
                if holds_any(&both)? {
                    stretches.push(both);
                }
            }
        }
        Some(Self {
            null: self.null && other.null,
            stretches,
        })
    }

    /// What is not in it.
    pub(super) fn complement(&self) -> Self {
        let mut gaps = Vec::new();
        let flip = |end: &End| End {
            value: end.value.clone(),
            included: !end.included,
        };
        // None: there is nothing beyond.
        let mut from = Some(None);
        for stretch in &self.stretches {
            if let (Some(low), Some(start)) = (&stretch.low, from.take()) {
                gaps.push(Stretch {
                    low: start,
                    high: Some(flip(low)),
                });
            }
            from = stretch.high.as_ref().map(|high| Some(flip(high)));
        }
        if let Some(low) = from {
            gaps.push(Stretch { low, high: None });
        }
        Self {
            null: !self.null,
            stretches: gaps,
        }
    }

    /// The same whole numbers, with ends that are whole and included.
    pub(super) fn whole(mut self) -> Self {
        self.stretches.retain_mut(|stretch| {
            let low = stretch.low.as_ref().and_then(|e| {
                let (floor, exact) = e.value.floor()?;
                floor.checked_add(i128::from(!exact || !e.included))
            });
            let high = stretch.high.as_ref().and_then(|e| {
                let (floor, exact) = e.value.floor()?;
                floor.checked_sub(i128::from(exact && !e.included))
            });
            let end = |n| End {
                value: Value::int(n),
                included: true,
            };
            if let Some(n) = low {
                stretch.low = Some(end(n));
            }
            if let Some(n) = high {
                stretch.high = Some(end(n));
            }
            !matches!((low, high), (Some(low), Some(high)) if low > high)
        });
        self
    }

    /// The least whole number in a set of whole numbers.
    pub(super) fn least(&self) -> Option<i128> {
        let low = self.stretches.first()?.low.as_ref()?;
        low.value.floor().map(|(n, _)| n)
    }

    /// The greatest whole number in a set of whole numbers.
    pub(super) fn greatest(&self) -> Option<i128> {
        let high = self.stretches.last()?.high.as_ref()?;
        high.value.floor().map(|(n, _)| n)
    }
}

/// The end that leaves less; the outer `Option` is "no order".
fn tighter<'a>(a: Option<&'a End>, b: Option<&'a End>, which: Ordering) -> Option<Option<&'a End>> {
    let (Some(x), Some(y)) = (a, b) else {
        return Some(a.or(b));
    };
    let order = x.value.order(&y.value)?;
    let first = order == which || (order == Ordering::Equal && !x.included);
    Some(if first { a } else { b })
}

fn holds_any(stretch: &Stretch) -> Option<bool> {
    let (Some(low), Some(high)) = (&stretch.low, &stretch.high) else {
        return Some(true);
    };
    Some(match low.value.order(&high.value)? {
        Ordering::Less => true,
        Ordering::Equal => low.included && high.included,
        Ordering::Greater => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn int(low: Option<i128>, high: Option<i128>) -> Set {
        let end = |n: i128| (Value::int(n), false);
        Set::between(low.map(end), high.map(end))
    }

    #[test]
    fn sets_meet_and_have_complements() {
        let both = |a: &Set, b: &Set| a.and(b).expect("numbers have an order");
        let (above, below) = (int(Some(5), None), int(None, Some(3)));
        assert!(both(&above, &below).is_empty());
        assert_eq!(
            both(&above, &Set::null()),
            Set {
                null: false,
                stretches: vec![]
            }
        );
        assert!(both(&above, &above.complement()).is_empty());
        assert_eq!(above.complement().complement(), above);
        let two = both(&above.complement(), &below.complement());
        assert!(two.null && !two.is_empty());
        assert!(Set::values().or_null(true).complement().is_empty());
        assert!(!both(&int(Some(5), None), &int(None, Some(6))).is_empty());
        assert!(
            both(&int(Some(5), None), &int(None, Some(6)))
                .whole()
                .is_empty()
        );
        assert_eq!(int(Some(5), Some(9)).whole().least(), Some(6));
        assert_eq!(int(Some(5), Some(9)).whole().greatest(), Some(8));
        let half = |digits| Value::Number { digits, scale: 1 };
        let halves = Set::between(Some((half(-15), true)), Some((half(15), true)));
        assert_eq!(
            (halves.clone().whole().least(), halves.whole().greatest()),
            (Some(-1), Some(1))
        );
    }

    #[test]
    fn values_of_different_kinds_have_no_order() {
        let text = Set::point(Value::Text("a".to_owned()));
        assert_eq!(text.and(&Set::point(Value::int(1))), None);
        let (low, high) = (
            Literal::Date(Date::constant(2026, 1, 31)),
            Literal::Date(Date::constant(2026, 2, 1)),
        );
        let (low, high) = (
            Value::of(&low).expect("a day"),
            Value::of(&high).expect("a day"),
        );
        assert!(
            Set::between(Some((low, false)), Some((high, false)))
                .whole()
                .is_empty()
        );
    }
}
