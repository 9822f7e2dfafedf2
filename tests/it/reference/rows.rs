//! Tables in memory, and which rows of a relation belong to whom (`language.md` §3).

use super::expression::Place;
use super::value::Value;
use super::{Person, Reference};
use jiff::tz::TimeZone;
use segc::spec::{LookupSpec, RelationSpec, Rows, TableSpec, WindowSpec, settings};
use std::collections::BTreeMap;
use std::rc::Rc;

#[derive(Clone, Debug, Default)]
pub(crate) struct Table {
    /// Names and types, as users write them.
    pub(crate) columns: Vec<(String, String)>,
    pub(crate) rows: Vec<Vec<Value>>,
}

/// All tables by name.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tables(pub(crate) BTreeMap<String, Table>);

impl Tables {
    pub(crate) fn of(&self, table: &TableSpec) -> &Table {
        match table {
            TableSpec::Named(parts) => &self.0[&parts.join(".")],
            TableSpec::File(path) => &self.0[&path.value],
            other => panic!("{other:?} is no table in memory"),
        }
    }
}

impl Table {
    fn position(&self, column: &str) -> Option<usize> {
        self.columns.iter().position(|(c, _)| c == column)
    }

    pub(super) fn value(&self, row: usize, column: &str) -> Value {
        let position = self.position(column);
        let position = position.unwrap_or_else(|| panic!("there is no column {column}"));
        self.rows[row][position].clone()
    }
}

/// A row of a relation, with the row of the parent relation that it belongs to.
#[derive(Clone, Debug)]
pub(crate) struct RelationRow {
    relation: String,
    row: usize,
    parent: Option<Rc<Self>>,
    /// Its time, or its parent's.
    pub(crate) time: Value,
}

impl RelationRow {
    pub(super) fn relation(&self) -> &str {
        &self.relation
    }
}

impl<'w> Reference<'w> {
    pub(super) fn relation(&self, person: Person, name: &str) -> Option<&'w RelationSpec> {
        let relations = &self.entity(person).relations;
        relations.iter().find(|r| *r.name == name)
    }

    /// How `datetime` values in the relation's own table are read.
    pub(super) fn zone_of(&self, person: Person, relation: &str) -> TimeZone {
        let spec = self.relation(person, relation).unwrap();
        match &spec.time_zone {
            Some(zone) => settings::zone(zone).unwrap(),
            None => self.clock.zone.clone(),
        }
    }

    /// Whether rows are known before the relation's time, which may be its parent's, has come.
    fn has_future(&self, person: Person, relation: &str) -> bool {
        let spec = self.relation(person, relation).unwrap();
        match (&spec.time, &spec.via) {
            (Some(_), _) => spec.future.value,
            (None, Some(parent)) => self.has_future(person, parent),
            (None, None) => false,
        }
    }

    /// Every row of the relation that exists for somebody: joined, filtered, in the past; asked `ahead`, its time (no other's)
    /// may be still to come.
    pub(super) fn rows(&self, person: Person, relation: &str, ahead: bool) -> Rc<Vec<RelationRow>> {
        assert!(!ahead || self.has_future(person, relation));
        let asked = (person, relation.to_owned(), ahead);
        if let Some(rows) = self.memory.borrow().rows.get(&asked) {
            return rows.clone();
        }
        let spec = self.relation(person, relation).unwrap();
        let rows: Vec<RelationRow> = match &spec.via {
            None => self.joined(person, spec, None, |column| self.column(person, column)),
            Some(parent) => {
                let parents = self.rows(person, parent, ahead && spec.time.is_none());
                let of_one = |p: &RelationRow| {
                    let row = Rc::new(p.clone());
                    self.joined(person, spec, Some(&row), |c| self.own_column(person, p, c))
                };
                parents.iter().flat_map(of_one).collect()
            }
        };
        let timed = spec.time.is_some();
        let exists = |row: &RelationRow| {
            (!timed || (!row.time.is_null() && (ahead || self.clock.is_past(&row.time))))
                && self.all_true(&spec.filter, Place::at(person, row))
        };
        let rows: Rc<Vec<_>> = Rc::new(rows.into_iter().filter(exists).collect());
        let memory = &mut self.memory.borrow_mut().rows;
        memory.insert(asked, rows.clone());
        rows
    }

    /// The rows whose columns equal those of the other side, which are not NULL.
    fn joined(
        &self,
        person: Person,
        spec: &RelationSpec,
        parent: Option<&Rc<RelationRow>>,
        there: impl Fn(&str) -> Value,
    ) -> Vec<RelationRow> {
        let table = self.tables.of(&spec.table);
        let zone = self.zone_of(person, &spec.name);
        let matches = |row: &usize| {
            let mut pairs = spec.on.pairs.iter();
            pairs.all(|(other, own)| there(other).equals(&table.value(*row, own)))
        };
        let time = |row: usize| match (&spec.time, parent) {
            (Some(time), _) => table.value(row, time).on_clock(&zone),
            (None, Some(parent)) => parent.time.clone(),
            (None, None) => Value::Null,
        };
        let rows = (0..table.rows.len()).filter(matches);
        rows.map(|row| RelationRow {
            relation: spec.name.value.clone(),
            row,
            parent: parent.cloned(),
            time: time(row),
        })
        .collect()
    }

    /// The rows that a `where` and a window leave.
    pub(super) fn chosen(&self, person: Person, relation: &str, rows: &Rows) -> Vec<RelationRow> {
        let bounds = rows.window.as_ref().map(|w| self.clock.bounds(w));
        let ahead = matches!(
            rows.window.as_ref().map(|w| &w.value),
            Some(WindowSpec::Next(_))
        );
        let all = self.rows(person, relation, ahead);
        let chosen = all.iter().filter(|row| {
            bounds.as_ref().is_none_or(|b| b.hold(&row.time))
                && self.all_true(&rows.filter, Place::at(person, row))
        });
        chosen.cloned().collect()
    }

    pub(super) fn column(&self, person: Person, column: &str) -> Value {
        let table = self.tables.of(&self.entity(person).table);
        table.value(person.row, column)
    }

    pub(super) fn own_column(&self, person: Person, row: &RelationRow, column: &str) -> Value {
        let spec = self.relation(person, &row.relation).unwrap();
        let value = self.tables.of(&spec.table).value(row.row, column);
        value.on_clock(&self.zone_of(person, &row.relation))
    }

    /// The columns that break ties between rows at one time: the key, or all columns.
    pub(super) fn tie_break(&self, person: Person, row: &RelationRow) -> Vec<Value> {
        let spec = self.relation(person, &row.relation).unwrap();
        let own = |column: &String| self.own_column(person, row, column);
        if spec.key.is_empty() {
            spec.columns.iter().map(|(name, _)| own(name)).collect()
        } else {
            spec.key.iter().map(|name| own(name)).collect()
        }
    }

    /// A (dotted) name in the row of an entity: a column, a lookup's, or a trait.
    pub(super) fn entity_name(&self, person: Person, path: &[&str]) -> Value {
        let spec = self.entity(person);
        let table = self.tables.of(&spec.table);
        match path {
            [name] if table.position(name).is_some() => table.value(person.row, name),
            [name] => self.trait_value(person, name),
            path => self.looked_up(&spec.lookups, path, &|c| table.value(person.row, c)),
        }
    }

    /// A (dotted) name in a row of a relation: a column, a lookup's, or the parent's.
    pub(super) fn row_name(&self, person: Person, row: &RelationRow, path: &[&str]) -> Value {
        let spec = self.relation(person, &row.relation).unwrap();
        let own = |column: &str| self.own_column(person, row, column);
        match path {
            [column] => own(column),
            [first, rest @ ..] if *first == *spec.name => self.row_name(person, row, rest),
            [first, rest @ ..] if spec.via.as_ref().is_some_and(|via| **via == *first) => {
                self.row_name(person, row.parent.as_ref().unwrap(), rest)
            }
            path => self
                .looked_up(&spec.lookups, path, &own)
                .on_clock(&self.zone_of(person, &row.relation)),
        }
    }

    /// `product.category`, `product.brand.maker`: NULL where nothing matches.
    fn looked_up(
        &self,
        lookups: &[LookupSpec],
        path: &[&str],
        here: &dyn Fn(&str) -> Value,
    ) -> Value {
        let lookup = lookups.iter().find(|l| *l.name == path[0]);
        let lookup = lookup.unwrap_or_else(|| panic!("there is no {path:?}"));
        let table = self.tables.of(&lookup.table);
        let found = (0..table.rows.len()).find(|row| {
            let mut pairs = lookup.on.pairs.iter();
            pairs.all(|(near, far)| here(near).equals(&table.value(*row, far)))
        });
        match (found, &path[1..]) {
            (None, _) => Value::Null,
            (Some(row), [column]) => table.value(row, column),
            (Some(row), rest) => self.looked_up(&lookup.lookups, rest, &|c| table.value(row, c)),
        }
    }
}
