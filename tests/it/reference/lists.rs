//! Lists, anniversaries, and SQL of a warehouse's own (`language.md` §4, §6).

use super::expression::Place;
use super::value::Value;
use super::{Person, Reference};
use jiff::civil::Date;
use segc::spec::{AnniversarySpec, Name, NativeSpec};

impl Reference<'_> {
    /// Whether one of the lists names somebody.
    pub(super) fn is_listed(&self, person: Person, names: &[Name]) -> bool {
        let key = self.key(person);
        let mut lists = self.spec.lists.iter();
        lists.any(|list| {
            let asked = names.iter().any(|name| **name == *list.item.name);
            let table = self.tables.of(&list.file);
            let mut rows = 0..table.rows.len();
            asked && rows.any(|row| table.value(row, &list.key).equals(&key))
        })
    }

    /// Whether one of the window's days is the anniversary of somebody's date; of a moment the local date counts.
    pub(super) fn has_anniversary(&self, person: Person, spec: &AnniversarySpec) -> bool {
        let date = match self.evaluate(&spec.of, Place::of(person)) {
            Value::Null => return false,
            moment => self.clock.local(&moment).date(),
        };
        let days = self.clock.days_in(&spec.window);
        days.iter().any(|day| is_anniversary(date, *day))
    }

    /// The generator writes SQL of a warehouse that says the same here, so that it can be read as an expression of the language.
    pub(super) fn native(&self, person: Person, spec: &NativeSpec) -> Value {
        let (_, text) = &spec.texts[0];
        let value = self.evaluate(text, Place::of(person));
        match &spec.ty {
            Some(ty) => super::cast::cast(&self.clock, value, ty),
            None => value,
        }
    }
}

/// Month and day are the same; 29 February is 1 March in years without one.
fn is_anniversary(date: Date, day: Date) -> bool {
    let moved = (date.month(), date.day()) == (2, 29) && !day.in_leap_year();
    let of_year = if moved {
        (3, 1)
    } else {
        (date.month(), date.day())
    };
    of_year == (day.month(), day.day())
}

#[test]
fn a_leap_day_is_had_on_the_first_of_march_of_common_years_only() {
    use jiff::civil::date;
    let born = date(2024, 2, 29);
    assert!(is_anniversary(born, date(2026, 3, 1)));
    assert!(is_anniversary(born, date(2028, 2, 29)));
    assert!(!is_anniversary(born, date(2028, 3, 1)));
    assert!(!is_anniversary(born, date(2026, 2, 28)));
    assert!(is_anniversary(date(2025, 3, 1), date(2028, 3, 1)));
    assert!(!is_anniversary(date(2025, 3, 1), date(2028, 2, 29)));
}
