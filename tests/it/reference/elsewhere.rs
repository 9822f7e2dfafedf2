//! Segments of another entity (`language.md` §3, `docs/constructs/across.md`): rows of a relation point to it.

use super::rows::RelationRow;
use super::{Person, Reference};
use segc::spec::{Across, Name, Rows};

impl Reference<'_> {
    /// `in: […], over: R`: a row that counts points to a member of one of them; `not_in` is the complement.
    pub(super) fn is_across(&self, person: Person, across: &Across) -> bool {
        let rows = self.chosen(person, &across.over, &across.rows);
        let found = (across.names.iter()).any(|name| self.points_to_member(person, &rows, name));
        found != across.negated
    }

    /// A segment of one's own entity, or else of the one that a single relation leads to.
    pub(super) fn is_in(&self, person: Person, name: &Name) -> bool {
        let entity = self.entity_of(name);
        if entity == person.entity {
            return self.is_member(person, name);
        }
        let relations = self.entity(person).relations.iter();
        let mut leading = relations.filter(|r| {
            let across = r.across.as_ref();
            across.is_some_and(|a| self.entity_index(Some(&a.entity)) == entity)
        });
        let (way, None) = (leading.next().unwrap(), leading.next()) else {
            panic!("several relations lead to the entity of {}", name.value);
        };
        let rows = self.chosen(person, &way.name, &Rows::default());
        self.points_to_member(person, &rows, name)
    }

    fn points_to_member(&self, person: Person, rows: &[RelationRow], name: &Name) -> bool {
        rows.iter().any(|row| {
            let spec = self.relation(person, row.relation()).unwrap();
            let across = spec.across.as_ref().unwrap();
            let other = self.entity_index(Some(&across.entity));
            let to = (across.to.as_ref()).unwrap_or(&self.spec.entities[other].key);
            let key = self.own_column(person, row, to);
            let mut there = self.people(other);
            there.any(|p| self.key(p).equals(&key) && self.is_member(p, name))
        })
    }
}
