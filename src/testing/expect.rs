//! `expect:` → what must hold, every name and key resolved.

use super::value::{self, Clock};
use super::{Context, Given, canon, given};
use crate::diag::codes::testing as codes;
use crate::diag::{Diagnostic, Diagnostics, nearest};
use crate::expr::{Literal, Type};
use crate::model::{Entity, EntityId, Model, Segment, SegmentId, TraitId};
use crate::source::Span;
use crate::spec::Name;
use crate::spec::test::{KeysSpec, SubjectKind, TestSpec};
use crate::yaml::{Node, NodeKind};
use std::collections::BTreeSet;

/// What a test asks, and what must come of it.
#[derive(Clone, Debug)]
pub struct Expected {
    pub(super) entity: EntityId,
    /// What the test is about; all cases of a group, all arms of a split.
    pub(super) segments: Vec<SegmentId>,
    pub(super) traits: Vec<TraitId>,
    pub(super) members: Vec<Members>,
    pub(super) values: Vec<Value>,
    pub(super) cases: Vec<Case>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rule {
    Exactly,
    Includes,
    Excludes,
}

/// Keys of one segment.
#[derive(Clone, Debug)]
pub(super) struct Members {
    pub(super) segment: SegmentId,
    pub(super) rule: Rule,
    pub(super) keys: Vec<Key>,
    /// The list.
    pub(super) span: Span,
}

/// An entity's key as [`canon`] writes it.
#[derive(Clone, Debug)]
pub(super) struct Key {
    pub(super) text: String,
    pub(super) span: Span,
}

/// A trait's value for one key.
#[derive(Clone, Debug)]
pub(super) struct Value {
    pub(super) key: Key,
    pub(super) of: TraitId,
    pub(super) value: Literal,
    pub(super) ty: Type,
    pub(super) span: Span,
}

/// The case or arm that a key is in; None is none.
#[derive(Clone, Debug)]
pub(super) struct Case {
    pub(super) key: Key,
    pub(super) segment: Option<SegmentId>,
    pub(super) span: Span,
}

/// Resolves what a test is about.
pub(super) fn subject(
    test: &TestSpec,
    model: &Model,
    broken: &[Name],
    diags: &mut Diagnostics,
) -> Option<(EntityId, Vec<SegmentId>, Vec<TraitId>)> {
    let (mut segments, mut traits) = (Vec::new(), Vec::new());
    for name in &test.subject.names {
        let (found, what) = match test.subject.kind {
            SubjectKind::Trait => {
                let found = trait_named(name, model);
                traits.extend(found);
                (found.is_some(), "trait")
            }
            SubjectKind::Segments => {
                let found = ids(model).filter(|(_, s)| s.name == name.value);
                let before = segments.len();
                segments.extend(found.map(|(id, _)| id));
                (segments.len() > before, "segment")
            }
            SubjectKind::Group | SubjectKind::Split => {
                let found = ids(model)
                    .filter(|(_, s)| s.name.split_once('.').is_some_and(|(g, _)| g == name.value));
                let before = segments.len();
                segments.extend(found.map(|(id, _)| id));
                let what = if test.subject.kind == SubjectKind::Group {
                    "group"
                } else {
                    "split"
                };
                (segments.len() > before, what)
            }
        };
        if !found && !broken.iter().any(|b| b.value == name.value) {
            let known: BTreeSet<&str> = names(test.subject.kind, model).collect();
            diags.push(
                Diagnostic::error(
                    &codes::TEST_SUBJECT,
                    format!("there is no {what} `{}`", name.value),
                )
                .at(name.span, "what the test is about")
                .help("`segc ls` prints the names")
                .suggest(nearest(name, known)),
            );
        }
    }
    let entity = |id: &SegmentId| model.segments.get(id.index()).map(|s| s.entity);
    let of_trait = |id: &TraitId| model.traits.get(id.index()).map(|t| t.entity);
    let entities: BTreeSet<EntityId> = segments
        .iter()
        .filter_map(entity)
        .chain(traits.iter().filter_map(of_trait))
        .collect();
    let mut entities = entities.into_iter();
    match (entities.next(), entities.next()) {
        (Some(entity), None) => Some((entity, segments, traits)),
        (Some(_), Some(_)) => {
            let place = test.subject.names.first().map_or(test.span, |n| n.span);
            diags.push(
                Diagnostic::error(
                    &codes::EXPECT_MISFIT,
                    "the segments of one test must be of one entity",
                )
                .at(place, "these are of several")
                .help("write a test for each entity"),
            );
            None
        }
        (None, _) => None,
    }
}

fn ids(model: &Model) -> impl Iterator<Item = (SegmentId, &Segment)> {
    (0u32..).map(SegmentId).zip(&model.segments)
}

fn trait_named(name: &str, model: &Model) -> Option<TraitId> {
    let mut traits = (0u32..).map(TraitId).zip(&model.traits);
    traits.find(|(_, t)| t.name == name).map(|(id, _)| id)
}

/// What a subject of this kind may be called; a group once for each of its cases.
pub(super) fn names(kind: SubjectKind, model: &Model) -> impl Iterator<Item = &str> {
    let traits = model.traits.iter().map(|t| t.name.as_str());
    let segments = model.segments.iter().map(|s| s.name.as_str());
    let of_segments = segments.filter_map(move |name| match kind {
        SubjectKind::Trait => None,
        SubjectKind::Segments => Some(name),
        SubjectKind::Group | SubjectKind::Split => name.split_once('.').map(|(group, _)| group),
    });
    let traits = traits.filter(move |_| kind == SubjectKind::Trait);
    traits.chain(of_segments)
}

/// Everything that a test expects; None after an error.
pub(super) fn expected(
    test: &TestSpec,
    cx: &Context<'_>,
    rows: &Given,
    diags: &mut Diagnostics,
) -> Option<Expected> {
    let (entity, segments, mut traits) = subject(test, cx.model, &cx.spec.broken, diags)?;
    let found = cx.model.entities.get(entity.index())?;
    let mut pass = Pass {
        cx,
        entity: found,
        known: keys_given(found, cx.model, rows),
        whole: true,
        diags,
    };
    let mut members = Vec::new();
    for (rule, keys) in [
        (Rule::Exactly, &test.expect.members),
        (Rule::Includes, &test.expect.includes),
        (Rule::Excludes, &test.expect.excludes),
    ] {
        if let Some(keys) = keys {
            members.extend(pass.members(test, &segments, rule, keys));
        }
    }
    pass.contradictions(&members);
    let mut values = Vec::new();
    for (key, expected) in &test.expect.traits {
        let key = pass.key_text(key);
        for (name, node) in expected {
            let Some(value) = pass.value(key.clone(), name, entity, node) else {
                continue;
            };
            if !traits.contains(&value.of) {
                traits.push(value.of);
            }
            values.push(value);
        }
    }
    let cases = pass.cases(test, &segments);
    pass.whole.then_some(Expected {
        entity,
        segments,
        traits,
        members,
        values,
        cases,
    })
}

/// The keys of the entity's rows, as given.
fn keys<'g>(entity: &Entity, model: &Model, rows: &'g Given) -> Vec<&'g Literal> {
    let Some(slot) = entity.frame.slots.first() else {
        return Vec::new();
    };
    let column = model
        .tables
        .get(slot.table.index())
        .and_then(|t| t.columns.iter().position(|c| c.name == entity.key));
    let rows = rows.rows.get(&slot.table).into_iter().flatten();
    rows.filter_map(|row| row.get(column?)).collect()
}

/// The keys that somebody has.
pub(super) fn keys_given(entity: &Entity, model: &Model, rows: &Given) -> BTreeSet<String> {
    let keys = keys(entity, model, rows).into_iter();
    keys.filter(|key| **key != Literal::Null)
        .map(canon::literal)
        .collect()
}

/// Whether every row of the entity has a key, and each another one.
pub(super) fn keys_are_good(entity: &Entity, model: &Model, rows: &Given) -> bool {
    keys_given(entity, model, rows).len() == keys(entity, model, rows).len()
}

/// The diagnostic of a key that nobody has.
pub(super) fn not_given(name: &str, key: &str, text: &str, span: Span) -> Diagnostic {
    Diagnostic::error(
        &codes::KEY_NOT_GIVEN,
        format!("no row of `{name}` is given for {text}"),
    )
    .at(span, "nobody has this key")
    .help(format!("add `{{{key}: {text}}}` under `given: {name}`"))
}

struct Pass<'a, 'd> {
    cx: &'a Context<'a>,
    entity: &'a Entity,
    known: BTreeSet<String>,
    whole: bool,
    diags: &'d mut Diagnostics,
}

impl Pass<'_, '_> {
    fn error(&mut self, diagnostic: Diagnostic) {
        self.whole = false;
        self.diags.push(diagnostic);
    }

    fn clock(&self) -> Clock<'_> {
        Clock {
            as_of: self.cx.model.as_of,
            zone: &self.cx.model.time_zone,
            local: &self.cx.model.time_zone,
        }
    }

    fn key(&mut self, node: &Node) -> Option<Key> {
        match value::of_node(node, &self.entity.key_type, self.clock()) {
            Ok(value) => self.given_key(canon::literal(&value), node.span),
            Err(misfit) => {
                let (what, ty) = (&self.entity.key, &self.entity.key_type);
                let wrong = given::wrong_value(what, ty, misfit, node.span);
                self.error(wrong);
                None
            }
        }
    }

    /// A key of a map, which YAML makes a text.
    fn key_text(&mut self, key: &Name) -> Option<Key> {
        match value::of_text(key, &self.entity.key_type, self.clock()) {
            Ok(value) => self.given_key(canon::literal(&value), key.span),
            Err(misfit) => {
                let (what, ty) = (&self.entity.key, &self.entity.key_type);
                let wrong = given::wrong_value(what, ty, misfit, key.span);
                self.error(wrong);
                None
            }
        }
    }

    fn given_key(&mut self, text: String, span: Span) -> Option<Key> {
        if self.known.contains(&text) {
            return Some(Key { text, span });
        }
        let (name, key) = (&self.entity.name, &self.entity.key);
        let missing = not_given(name, key, &text, span);
        self.error(missing);
        None
    }

    fn members(
        &mut self,
        test: &TestSpec,
        segments: &[SegmentId],
        rule: Rule,
        keys: &KeysSpec,
    ) -> Vec<Members> {
        let is_set = matches!(test.subject.kind, SubjectKind::Group | SubjectKind::Split);
        match keys {
            KeysSpec::All(nodes, span) => {
                if segments.is_empty() || is_set {
                    let help = if is_set {
                        "write who is where: `cases: {1: active}`, or `members: {active: [1]}`"
                    } else {
                        "write `traits: {1: {name: value}}`"
                    };
                    let misfit = Diagnostic::error(
                        &codes::EXPECT_MISFIT,
                        "only segments have a list of members",
                    )
                    .at(*span, "members of what?")
                    .help(help);
                    self.error(misfit);
                    return Vec::new();
                }
                let keys: Vec<Key> = nodes.iter().filter_map(|n| self.key(n)).collect();
                segments
                    .iter()
                    .map(|segment| Members {
                        segment: *segment,
                        rule,
                        keys: keys.clone(),
                        span: *span,
                    })
                    .collect()
            }
            KeysSpec::Each(each) => {
                let mut members = Vec::new();
                for (name, nodes, span) in each {
                    let segment = self.one_of(name, segments);
                    let keys = nodes.iter().filter_map(|n| self.key(n)).collect();
                    members.extend(segment.map(|segment| Members {
                        segment,
                        rule,
                        keys,
                        span: *span,
                    }));
                }
                members
            }
        }
    }

    /// One of the test's segments by its name, or by what follows the dot.
    fn one_of(&mut self, name: &Name, segments: &[SegmentId]) -> Option<SegmentId> {
        let model = self.cx.model;
        let named: Vec<(SegmentId, &str)> = segments
            .iter()
            .filter_map(|id| Some((*id, model.segments.get(id.index())?.name.as_str())))
            .collect();
        let short = |n: &str| n.rsplit('.').next().unwrap_or_default().to_owned();
        let found = named
            .iter()
            .find(|(_, n)| *n == name.value)
            .or_else(|| named.iter().find(|(_, n)| short(n) == name.value));
        if let Some((id, _)) = found {
            return Some(*id);
        }
        let known: Vec<String> = named.iter().map(|(_, n)| short(n)).collect();
        let unknown = Diagnostic::error(
            &codes::UNKNOWN_TEST_NAME,
            format!("`{}` is none of the segments of this test", name.value),
        )
        .at(name.span, format!("there are: {}", known.join(", ")))
        .help("name what the test is about")
        .suggest(nearest(name, known.iter().map(String::as_str)));
        self.error(unknown);
        None
    }

    /// A key that is expected to be in and out of one segment.
    fn contradictions(&mut self, members: &[Members]) {
        for excluded in members.iter().filter(|m| m.rule == Rule::Excludes) {
            for key in &excluded.keys {
                let other = members
                    .iter()
                    .filter(|m| m.segment == excluded.segment && m.rule != Rule::Excludes)
                    .flat_map(|m| &m.keys)
                    .find(|k| k.text == key.text);
                if let Some(other) = other {
                    let both = Diagnostic::error(
                        &codes::EXPECT_MISFIT,
                        format!("{} is expected to be in and out of the segment", key.text),
                    )
                    .at(key.span, "out")
                    .at(other.span, "in")
                    .help("keep one of the two");
                    self.error(both);
                }
            }
        }
    }

    fn value(
        &mut self,
        key: Option<Key>,
        name: &Name,
        entity: EntityId,
        node: &Node,
    ) -> Option<Value> {
        let model = self.cx.model;
        let mine = |id: &TraitId| {
            model
                .traits
                .get(id.index())
                .is_some_and(|t| t.entity == entity)
        };
        let Some(of) = trait_named(name, model).filter(mine) else {
            let known = || {
                let traits = model.traits.iter().filter(|t| t.entity == entity);
                traits.map(|t| t.name.as_str())
            };
            let list: Vec<&str> = known().collect();
            let unknown = Diagnostic::error(
                &codes::UNKNOWN_TEST_NAME,
                format!("`{}` is no trait of `{}`", name.value, self.entity.name),
            )
            .at(name.span, format!("there are: {}", list.join(", ")))
            .help("expect the value of a trait")
            .suggest(nearest(name, known()));
            self.error(unknown);
            return None;
        };
        let ty = model.traits.get(of.index())?.value.ty.clone();
        match value::of_node(node, &loose(&ty, node), self.clock()) {
            Ok(value) => Some(Value {
                key: key?,
                of,
                value,
                ty,
                span: node.span,
            }),
            Err(misfit) => {
                let wrong = given::wrong_value(name, &ty, misfit, node.span);
                self.error(wrong);
                None
            }
        }
    }

    fn cases(&mut self, test: &TestSpec, segments: &[SegmentId]) -> Vec<Case> {
        let is_set = matches!(test.subject.kind, SubjectKind::Group | SubjectKind::Split);
        let mut cases = Vec::new();
        for (key, case) in &test.expect.cases {
            if !is_set {
                let misfit =
                    Diagnostic::error(&codes::EXPECT_MISFIT, "only a group or a split has cases")
                        .at(key.span, "cases of what?")
                        .help("name the group: `group: lifecycle`, or expect `members: [1]`");
                self.error(misfit);
                return cases;
            }
            let span = case.as_ref().map_or(key.span, |c| c.span);
            let segment = case.as_ref().map(|c| self.one_of(c, segments));
            let key = self.key_text(key);
            if let (Some(key), None | Some(Some(_))) = (key, segment) {
                cases.push(Case {
                    key,
                    segment: segment.flatten(),
                    span,
                });
            }
        }
        cases
    }
}

/// The type that an expected value is read as: a decimal may be written with as many digits as one likes.
fn loose(ty: &Type, node: &Node) -> Type {
    match (ty, &node.kind) {
        (Type::Decimal { .. }, NodeKind::Number(text)) => {
            let digits = text.split_once('.').map_or(0, |(_, f)| f.len());
            Type::Decimal {
                precision: 38,
                scale: u8::try_from(digits.min(38)).unwrap_or(38),
            }
        }
        (Type::Decimal { scale, .. }, _) => Type::Decimal {
            precision: 38,
            scale: *scale,
        },
        (ty, _) => ty.clone(),
    }
}
