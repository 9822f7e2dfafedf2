//! Random sources of keys to suppress: fresh or stale, full or nearly empty, now and then with a row without a key.

use super::dice::Dice;
use super::expressions::{self, Scope};
use super::rows;
use super::schema::{Kind, Names, columns, named};
use super::traits;
use crate::reference::value::Value;
use crate::reference::{Clock, span};
use jiff::SignedDuration;
use segc::expr::Unit;
use serde_json::{Value as Json, json};

#[derive(Clone, Debug)]
pub(super) struct OptOuts {
    pub(super) columns: Names,
    /// The kind of its time, and how long before `as_of` its newest row lies at least.
    newest: (Kind, (u32, Unit)),
    /// Whether a row may lack its key.
    holes: bool,
}

/// A source, and how it is declared.
pub(super) fn source(d: &mut Dice, key: Kind) -> (OptOuts, Json) {
    let time = *d.choose(&[Kind::Date, Kind::Instant, Kind::Local]);
    let own: Names = [
        vec![("key".to_owned(), key)],
        named(&[("reason", Kind::Text), ("level", Kind::Int), ("at", time)]),
    ]
    .concat();
    let mut declared =
        json!({"name": "opt_outs", "table": "opt_outs", "key": "key", "columns": columns(&own)});
    if d.percent(80) {
        declared["where"] = match d.below(5) {
            0 => json!("reason is not null"),
            1 => json!("level > 2"),
            2 => json!("reason = 'a' or level = 1"),
            3 => json!(["level >= 0", "reason <> 'b'"]),
            _ => json!(expressions::boolean(d, Scope::rows(&own), 1)),
        };
    }
    let length = traits::length(d, time);
    if d.percent(70) {
        declared["time"] = json!("at");
        if d.percent(70) {
            let within = if d.percent(60) {
                length
            } else {
                traits::length(d, time)
            };
            declared["fresh_within"] = json!(traits::words(within));
        }
    }
    if d.percent(50) {
        declared["min_rows"] = json!(d.from(0, 25));
    }
    let source = OptOuts {
        columns: own,
        newest: (time, length),
        holes: d.percent(20),
    };
    (source, declared)
}

impl OptOuts {
    /// A row that names somebody.
    pub(super) fn row(&self, d: &mut Dice, key: Value, clock: &Clock) -> Vec<Value> {
        let mut row = rows::row(d, &self.columns, clock, &clock.zone);
        row[0] = if self.holes && d.percent(5) {
            Value::Null
        } else {
            key
        };
        let newest = self.newest(d, clock);
        if !row[3].is_null() && row[3].order(&newest).is_gt() {
            row[3] = newest;
        }
        row
    }

    /// At the edge of the length, or beside it.
    fn newest(&self, d: &mut Dice, clock: &Clock) -> Value {
        let (kind, (count, unit)) = self.newest;
        let count = i64::from(count);
        if kind == Kind::Date {
            return Value::Date(clock.end() - span(count, unit) - span(d.from(0, 1), Unit::Day));
        }
        let edge = clock.shift(clock.as_of, -count, unit);
        let at = edge - SignedDuration::from_micros(*d.choose(&[0, 1, 1, 3_600_000_000]));
        match kind {
            Kind::Local => Value::Local(clock.zone.to_datetime(at), None),
            _ => Value::Instant(at),
        }
    }
}
