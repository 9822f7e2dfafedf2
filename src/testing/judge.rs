//! The answers of a test against what it expects: a diagnostic for every key that is wrong, at the expectation it breaks.

use super::canon;
use super::expect::{Expected, Members, Rule};
use crate::diag::Diagnostic;
use crate::diag::codes::testing as codes;
use crate::emit::{EntityQuery, Role};
use crate::engine::{Rows, Value};
use crate::expr::{Literal, Type};
use crate::model::{Model, SegmentId, TraitId};
use crate::source::Span;
use std::collections::BTreeMap;

/// One key that is not as expected.
#[derive(Clone, Debug)]
pub(super) struct Failure {
    pub(super) diagnostic: Diagnostic,
    /// The segment whose tree tells why, and the key as [`key_text`] writes it; None for a trait.
    pub(super) why: Option<(SegmentId, String)>,
}

/// The rows of a test's query.
struct Answers<'a> {
    model: &'a Model,
    query: &'a EntityQuery,
    rows: BTreeMap<String, &'a [Value]>,
}

impl Answers<'_> {
    fn get(&self, key: &str, role: &Role) -> Option<&Value> {
        let n = self.query.columns.iter().position(|c| c.role == *role)?;
        self.rows.get(key)?.get(n)
    }

    /// Whether a build would publish the key in the segment.
    fn member(&self, key: &str, segment: SegmentId) -> bool {
        let is = |role: &Role| self.get(key, role) == Some(&Value::Boolean(true));
        let found = self.model.segments.get(segment.index());
        let left_out = found.is_some_and(|s| {
            s.suppressed && is(&Role::Suppressed) || s.held_out && is(&Role::HeldOut)
        });
        is(&Role::Segment(segment)) && !left_out
    }

    fn name(&self, segment: SegmentId) -> &str {
        self.model
            .segments
            .get(segment.index())
            .map_or("", |s| s.name.as_str())
    }
}

/// The key of a row, as a text.
#[must_use]
pub(super) fn key_text(value: &Value, ty: &Type) -> String {
    canon::answer(value, ty)
}

/// Everything that is not as expected.
#[must_use]
pub(super) fn judge(
    expected: &Expected,
    model: &Model,
    query: &EntityQuery,
    rows: &Rows,
) -> Vec<Failure> {
    let key_at = query.columns.iter().position(|c| c.role == Role::Key);
    let key_type = model
        .entities
        .get(expected.entity.index())
        .map_or(&Type::Int, |e| &e.key_type);
    let answers = Answers {
        model,
        query,
        rows: rows
            .rows
            .iter()
            .filter_map(|row| Some((canon::answer(row.get(key_at?)?, key_type), row.as_slice())))
            .collect(),
    };
    let entity = model
        .entities
        .get(expected.entity.index())
        .map_or("", |e| e.name.as_str());
    let mut failures = Vec::new();
    for members in &expected.members {
        membership(members, &answers, entity, &mut failures);
    }
    for value in &expected.values {
        let answer = answers.get(&value.key.text, &Role::Trait(value.of));
        let answer = answer.unwrap_or(&Value::Null);
        if !canon::same(answer, &value.value, &value.ty) {
            let name = trait_name(model, value.of);
            let found = shown(&canon::answer(answer, &value.ty), &value.ty, answer);
            let wanted = wanted(&value.value, &value.ty);
            failures.push(Failure {
                diagnostic: failed(
                    format!(
                        "`{name}` of {entity} {} is {found}, not {wanted}",
                        value.key.text
                    ),
                    value.span,
                    format!("it is {found}"),
                ),
                why: None,
            });
        }
    }
    for case in &expected.cases {
        let key = &case.key.text;
        let found = expected
            .segments
            .iter()
            .copied()
            .find(|s| answers.member(key, *s));
        if found == case.segment {
            continue;
        }
        let words = |segment: Option<SegmentId>| match segment {
            Some(id) => format!("in `{}`", answers.name(id)),
            None => "in none of them".to_owned(),
        };
        failures.push(Failure {
            diagnostic: failed(
                format!(
                    "{entity} {key} is {}, not {}",
                    words(found),
                    words(case.segment)
                ),
                case.span,
                format!("it is {}", words(found)),
            ),
            why: case.segment.or(found).map(|s| (s, key.clone())),
        });
    }
    failures
}

fn membership(members: &Members, answers: &Answers<'_>, entity: &str, failures: &mut Vec<Failure>) {
    let segment = members.segment;
    let name = answers.name(segment);
    for key in &members.keys {
        let is = answers.member(&key.text, segment);
        if is != (members.rule == Rule::Excludes) {
            continue;
        }
        let text = &key.text;
        let (message, label) = if is {
            (
                format!("{entity} {text} is in `{name}`, and should not be"),
                "it is a member",
            )
        } else {
            (
                format!("{entity} {text} is not in `{name}`"),
                "it is no member",
            )
        };
        failures.push(Failure {
            diagnostic: failed(message, key.span, label.to_owned()),
            why: Some((segment, text.clone())),
        });
    }
    if members.rule != Rule::Exactly {
        return;
    }
    for key in answers.rows.keys() {
        let listed = members.keys.iter().any(|k| k.text == *key);
        if !listed && answers.member(key, segment) {
            failures.push(Failure {
                diagnostic: failed(
                    format!("{entity} {key} is in `{name}`, and nobody but these should be"),
                    members.span,
                    format!("{key} is a member, too"),
                ),
                why: Some((segment, key.clone())),
            });
        }
    }
}

fn failed(message: String, span: Span, label: String) -> Diagnostic {
    Diagnostic::error(&codes::TEST_FAILED, message).at(span, label)
}

fn trait_name(model: &Model, id: TraitId) -> &str {
    model.traits.get(id.index()).map_or("", |t| t.name.as_str())
}

fn shown(text: &str, ty: &Type, answer: &Value) -> String {
    if *ty == Type::String && *answer != Value::Null {
        format!("'{text}'")
    } else {
        text.to_owned()
    }
}

fn wanted(value: &Literal, ty: &Type) -> String {
    let text = canon::literal(value);
    if *ty == Type::String && *value != Literal::Null {
        format!("'{text}'")
    } else {
        text
    }
}
