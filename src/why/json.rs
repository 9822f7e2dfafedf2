//! One entity's answers for machines. The shape is a promise: fields are added, not renamed.

use super::published::Membership;
use super::{Answered, Evidence, Range, Row, Standing};
use crate::engine::Value;
use crate::model::tree::{Kind, Node, What};
use crate::source::SourceMap;
use serde_json::{Map, Value as Json, json};

/// Everything about one entity and one segment.
#[must_use]
pub fn answer(
    answered: &Answered<'_>,
    membership: Option<&Membership>,
    sources: &SourceMap,
) -> Json {
    let question = answered.question;
    let model = question.model();
    let segment = question.segment();
    let entity = model.entities.get(segment.entity.index());
    let channels: Map<String, Json> = answered
        .channels()
        .into_iter()
        .map(|(name, reached)| (name.to_owned(), reached.into()))
        .collect();
    let suppression: Vec<Json> = question
        .suppress
        .iter()
        .map(|node| tree(answered, node, sources))
        .collect();
    json!({
        "segment": segment.name,
        "entity": entity.map(|e| e.name.as_str()),
        "key": value(answered.key()),
        "as_of": model.as_of.to_string(),
        "member": answered.member(),
        "holds": answered.holds(&question.tree),
        "suppressed": answered.suppressed(),
        "tree": tree(answered, &question.tree, sources),
        "suppression": suppression,
        "held_out": answered.held_out(),
        "holdout": question.holdout.as_ref().map(|node| tree(answered, node, sources)),
        "channels": channels,
        "published": membership.map(published),
    })
}

/// A node and all below it.
#[must_use]
pub fn tree(answered: &Answered<'_>, node: &Node, sources: &SourceMap) -> Json {
    let mut out = Map::new();
    out.insert("kind".to_owned(), kind(&node.kind).into());
    out.insert("words".to_owned(), node.words.as_str().into());
    out.insert("holds".to_owned(), answered.holds(node).into());
    if let Some(span) = node.span
        && let Some(file) = sources.get(span.file)
    {
        let at = sources.position(span.file, span.start);
        let place = json!({"path": file.path, "line": at.line, "column": at.column});
        out.insert("at".to_owned(), place);
    }
    if !node.values.is_empty() {
        let values = node.values.iter().map(|v| {
            let what = match v.what {
                What::Column => "column",
                What::Measure => "measure",
                What::Population => "population",
                What::Sequence => "sequence",
                What::Bucket => "bucket",
                What::Trait(_) => "trait",
            };
            json!({"what": what, "words": v.words, "type": v.expr.ty.to_string(), "value": value(answered.value(&v.expr))})
        });
        out.insert("values".to_owned(), values.collect());
    }
    let evidence = answered.question.evidence(node);
    if !evidence.is_empty() {
        let rows = evidence.iter().map(|e| rows(answered, e));
        out.insert("rows".to_owned(), rows.collect());
    }
    let standings = answered.question.standings(node);
    if !standings.is_empty() {
        let standings = standings.iter().map(|s| standing(answered, s));
        out.insert("standings".to_owned(), standings.collect());
    }
    if !node.of.is_empty() {
        let of = node.of.iter().map(|n| tree(answered, n, sources));
        out.insert("of".to_owned(), of.collect());
    }
    Json::Object(out)
}

/// The word for a node's kind.
#[must_use]
pub fn kind(kind: &Kind) -> &'static str {
    match kind {
        Kind::Constant => "constant",
        Kind::Leaf => "leaf",
        Kind::All => "all",
        Kind::Any => "any",
        Kind::None => "none",
        Kind::Not => "not",
        Kind::NotAll => "not_all",
        Kind::Count { .. } => "count",
        Kind::In(_) => "in",
        Kind::NotIn(_) => "not_in",
        Kind::InAgain(_) => "in_again",
        Kind::NotInAgain(_) => "not_in_again",
        Kind::Case { .. } => "case",
        Kind::CaseAgain { .. } => "case_again",
    }
}

fn rows(answered: &Answered<'_>, evidence: &Evidence) -> Json {
    json!({
        "relation": evidence.relation,
        "words": evidence.words,
        "inside": range(answered, &evidence.inside),
        "before": evidence.before.as_ref().map(|r| range(answered, r)),
        "after": evidence.after.as_ref().map(|r| range(answered, r)),
    })
}

fn range(answered: &Answered<'_>, range: &Range) -> Json {
    json!({
        "count": value(answered.value(&range.count)),
        "first": range.first.as_ref().map(|r| row(answered, r)),
        "last": range.last.as_ref().map(|r| row(answered, r)),
    })
}

fn standing(answered: &Answered<'_>, standing: &Standing) -> Json {
    let cut = standing.cut.as_ref().map(|cut| {
        json!({"taken": value(answered.value(&cut.taken)), "last": value(answered.value(&cut.last))})
    });
    json!({
        "words": standing.words,
        "place": value(answered.value(&standing.place)),
        "compared": value(answered.value(&standing.compared)),
        "cut": cut,
    })
}

fn row(answered: &Answered<'_>, row: &Row) -> Json {
    let key: Map<String, Json> = row
        .key
        .iter()
        .map(|(name, key)| (name.clone(), value(answered.value(key))))
        .collect();
    json!({"time": value(answered.value(&row.time)), "key": key})
}

fn published(membership: &Membership) -> Json {
    let stays = membership.stays.iter().map(
        |(from, until)| json!({"from": from.to_string(), "until": until.map(|t| t.to_string())}),
    );
    json!({
        "run_id": membership.run.run_id,
        "as_of": membership.run.as_of.to_string(),
        "same_definition": membership.same_definition,
        "member": membership.since.is_some(),
        "since": membership.since.map(|t| t.to_string()),
        "stays": stays.collect::<Json>(),
    })
}

/// A value; decimals, dates and times as text.
fn value(value: &Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Boolean(b) => (*b).into(),
        Value::Int(n) => (*n).into(),
        Value::Float(x) => (*x).into(),
        Value::Text(text) => text.as_str().into(),
    }
}
