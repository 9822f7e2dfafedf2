//! The reference evaluator: what `language.md` says, row by row, in plain Rust, as slowly and plainly as possible. It shares the
//! parsed spec and the expressions as written with the compiler, nothing else; the tables are in memory.
//!
//! A question is asked of one [`Person`] at a time. Whatever is asked twice is remembered, because the property test asks
//! thousands of them.

mod aggregate;
mod calendar;
mod cast;
mod condition;
mod elsewhere;
mod expression;
mod functions;
mod habit;
mod json;
mod lists;
mod md5;
mod population;
mod regex;
mod rows;
mod sequence;
mod stay;
mod suppression;
pub(crate) mod value;

pub(crate) use calendar::{Clock, span};
pub(crate) use rows::{Table, Tables};
pub(crate) use suppression::Doubt;

use expression::Place;
use population::Compared;
use rows::RelationRow;
use segc::diag::Diagnostics;
use segc::snippet::{self, Ast, Snippet};
use segc::spec::{EntitySpec, HoldoutSpec, Spec, TraitSpec, TraitValue};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;
use value::Value;

/// A row of an entity's table: (which entity, which row).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Person {
    entity: usize,
    row: usize,
}

/// A project, its tables and an instant.
pub(crate) struct Reference<'w> {
    spec: &'w Spec,
    tables: &'w Tables,
    clock: Clock,
    vars: BTreeMap<String, Value>,
    holdout: Option<&'w HoldoutSpec>,
    memory: RefCell<Memory>,
}

#[derive(Default)]
struct Memory {
    asts: HashMap<(String, bool), Rc<Ast>>,
    rows: HashMap<(Person, String, bool), Rc<Vec<RelationRow>>>,
    traits: HashMap<(Person, String), Value>,
    members: HashMap<(Person, String), bool>,
    /// By entity and by the place of the spec in memory.
    populations: HashMap<(usize, usize), Rc<Vec<Compared>>>,
}

impl<'w> Reference<'w> {
    pub(crate) fn new(
        spec: &'w Spec,
        tables: &'w Tables,
        clock: Clock,
        vars: BTreeMap<String, Value>,
        holdout: Option<&'w HoldoutSpec>,
    ) -> Self {
        Self {
            spec,
            tables,
            clock,
            vars,
            holdout,
            memory: RefCell::default(),
        }
    }

    /// The keys for whom something holds, as text.
    fn keys(&self, entity: usize, holds: impl Fn(Person) -> bool) -> BTreeSet<String> {
        let people = self.people(entity);
        let holding = people.filter(|p| holds(*p));
        holding.map(|p| self.key(p).to_string()).collect()
    }

    /// Who meets a segment's condition (`group.case` for a case), before suppression.
    pub(crate) fn members(&self, name: &str) -> BTreeSet<String> {
        self.keys(self.entity_of(name), |p| self.is_member(p, name))
    }

    /// A trait's value for everybody, by key as text.
    pub(crate) fn trait_values(&self, name: &str) -> BTreeMap<String, Value> {
        let entity = self.spec.traits.iter().find(|t| *t.item.name == name);
        let entity = self.entity_index(entity.unwrap().entity.as_deref());
        self.people(entity)
            .map(|p| (self.key(p).to_string(), self.trait_value(p, name)))
            .collect()
    }

    fn entity(&self, person: Person) -> &'w EntitySpec {
        &self.spec.entities[person.entity]
    }

    fn entity_index(&self, name: Option<&String>) -> usize {
        let named = |n: &String| self.spec.entities.iter().position(|e| *e.item.name == *n);
        name.map_or(0, |n| named(n).unwrap())
    }

    /// The entity that a segment, a group or a case is about.
    fn entity_of(&self, name: &str) -> usize {
        if let ("holdout", Some(holdout)) = (name, self.holdout) {
            return self.entity_index(holdout.entity.as_ref().map(|n| &n.value));
        }
        let name = name.split('.').next().unwrap();
        let segment = self.spec.segments.iter().find(|s| *s.item.name == name);
        let group = self.spec.groups.iter().find(|g| *g.item.name == name);
        let entity = match (segment, group) {
            (Some(segment), _) => &segment.entity,
            (None, Some(group)) => &group.entity,
            (None, None) => {
                let split = self.spec.splits.iter().find(|s| *s.item.name == name);
                return self.entity_of(&split.unwrap().of);
            }
        };
        self.entity_index(entity.as_deref())
    }

    /// Every row of the entity's table; of a versioned one, every row as of `as_of`.
    fn people(&self, entity: usize) -> impl Iterator<Item = Person> {
        let spec = &self.spec.entities[entity];
        let rows = self.tables.of(&spec.table).rows.len();
        let people = (0..rows).map(move |row| Person { entity, row });
        people.filter(|person| {
            let Some(valid) = &spec.valid else {
                return true;
            };
            let (from, to) = (
                self.column(*person, &valid.from),
                self.column(*person, &valid.to),
            );
            // A date holds from its own midnight on.
            let now = match from {
                Value::Date(_) => Value::Date(self.clock.today()),
                Value::Local(..) => {
                    Value::Local(self.clock.zone.to_datetime(self.clock.as_of), None)
                }
                _ => Value::Instant(self.clock.as_of),
            };
            !from.is_null() && from.order(&now).is_le() && (to.is_null() || now.order(&to).is_lt())
        })
    }

    fn key(&self, person: Person) -> Value {
        self.column(person, &self.entity(person).key)
    }

    fn find_trait(&self, person: Person, name: &str) -> Option<&'w TraitSpec> {
        self.spec.traits.iter().find(|t| {
            *t.item.name == name && self.entity_index(t.entity.as_deref()) == person.entity
        })
    }

    fn trait_value(&self, person: Person, name: &str) -> Value {
        let asked = (person, name.to_owned());
        if let Some(value) = self.memory.borrow().traits.get(&asked) {
            return value.clone();
        }
        let item = self.find_trait(person, name).unwrap();
        let mut value = match &item.value {
            TraitValue::Sql(sql) => self.evaluate(sql, Place::of(person)),
            TraitValue::Aggregate(spec) => self.aggregate(person, spec),
            TraitValue::Population(spec) => self.population(person, spec),
            TraitValue::Native(spec) => self.native(person, spec),
        };
        if let (Value::Null, Some(default)) = (&value, &item.default) {
            value = self.evaluate(default, Place::of(person));
        }
        let memory = &mut self.memory.borrow_mut().traits;
        memory.insert(asked, value.clone());
        value
    }

    /// The value of an expression as written.
    fn evaluate(&self, snippet: &Snippet, place: Place<'_>) -> Value {
        self.eval(&self.ast(snippet, false), place)
    }

    /// Whether all conjuncts are true.
    fn all_true(&self, conjuncts: &[Snippet], place: Place<'_>) -> bool {
        let mut values = conjuncts.iter().map(|c| self.evaluate(c, place));
        values.all(|v| v.is_true())
    }

    /// Whether a tail (`>= 500`) is true of a value.
    fn tail_holds(&self, tail: &Snippet, person: Person, subject: &Value) -> bool {
        let place = Place {
            subject: Some(subject),
            ..Place::of(person)
        };
        self.eval(&self.ast(tail, true), place).is_true()
    }

    fn ast(&self, snippet: &Snippet, tail: bool) -> Rc<Ast> {
        let key = (snippet.text.value.clone(), tail);
        if let Some(ast) = self.memory.borrow().asts.get(&key) {
            return ast.clone();
        }
        let mut diags = Diagnostics::default();
        let ast = if tail {
            snippet::parse_tail(snippet, &mut diags)
        } else {
            snippet::parse(snippet, &mut diags)
        };
        let ast = Rc::new(ast.expect("the compiler has read it before"));
        self.memory.borrow_mut().asts.insert(key, ast.clone());
        ast
    }
}
