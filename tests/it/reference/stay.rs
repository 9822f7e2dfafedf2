//! Membership history (`language.md` §6, `docs/constructs/history.md`): what earlier builds have published.

use super::value::Value;
use super::{Person, Reference};
use jiff::Timestamp;
use segc::source::Spanned;
use segc::spec::condition::Duration;
use segc::spec::{Length, Name, Stay, WindowSpec};

/// From when to when somebody was in a segment; a stay that goes on has no end.
type Stretch = (Value, Value);

impl Reference<'_> {
    pub(super) fn has_stayed(&self, person: Person, stay: &Stay) -> bool {
        match stay {
            Stay::Entered { segment, window } => {
                let stays = self.stays(person, segment);
                let mut begun = stays.iter().map(|(from, _)| from);
                begun.any(|from| self.happened(from, window.as_ref()))
            }
            Stay::Exited { segment, window } => {
                let stays = self.stays(person, segment);
                let mut ended = stays.iter().map(|(_, to)| to);
                ended.any(|to| self.happened(to, window.as_ref()))
            }
            Stay::MemberFor(of) => of.iter().all(|(segment, length)| {
                let stays = self.stays(person, segment);
                let mut going_on = stays
                    .iter()
                    .filter(|(from, to)| self.happened(from, None) && !self.happened(to, None));
                going_on.any(|(from, _)| self.is_so_long_ago(from, length.value))
            }),
        }
    }

    /// Before `as_of`, and in the window.
    fn happened(&self, time: &Value, window: Option<&Spanned<WindowSpec>>) -> bool {
        !time.is_null()
            && self.clock.is_past(time)
            && window.is_none_or(|w| self.clock.bounds(w).hold(time))
    }

    fn is_so_long_ago(&self, from: &Value, length: Length) -> bool {
        let Value::Instant(from) = from else {
            panic!("{from:?} is no instant");
        };
        let ago = |d: Duration| -> Timestamp {
            (self.clock).shift(self.clock.as_of, -i64::from(d.count), d.unit)
        };
        match length {
            Length::AtLeast(d) => *from <= ago(d),
            Length::MoreThan(d) => *from < ago(d),
            Length::AtMost(d) => *from >= ago(d),
            Length::LessThan(d) => *from > ago(d),
            Length::Between(short, long) => *from <= ago(short) && *from >= ago(long),
        }
    }

    /// The stays in a segment, under its name or its former one.
    fn stays(&self, person: Person, segment: &Name) -> Vec<Stretch> {
        let named = (self.spec.segments.iter()).find(|s| *s.item.name == segment.value);
        let former = named.and_then(|s| s.upkeep.renamed_from.as_ref());
        let names = [Some(segment), former];
        let entity = &self.entity(person).item.name;
        let table = &self.tables.0[&format!("segments.{}_history", entity.value)];
        let key = self.key(person);
        let rows = (0..table.rows.len()).filter(|row| {
            let is = |name: &&Name| table.value(*row, "segment").equals(&Value::text(name));
            names.iter().flatten().any(is) && table.value(*row, "entity_key").equals(&key)
        });
        rows.map(|row| (table.value(row, "valid_from"), table.value(row, "valid_to")))
            .collect()
    }
}
