//! JSON Schema (draft 2020-12) of spec files and of segc.yml, for editors: `segc schema`.
//!
//! Made of the same tables of keys that the decoder reads by ([`crate::spec::keys`]), so the two cannot differ. Keys of a later
//! version are left out: an editor marks them as segc does.

use crate::spec::keys;
use crate::yaml::form::{Form, Key, Need, Shape};
use serde_json::{Map, Value, json};

/// The schema of a spec file.
#[must_use]
pub fn spec() -> Value {
    document("segc spec file", &keys::FILE)
}

/// The schema of segc.yml.
#[must_use]
pub fn settings() -> Value {
    document("segc.yml", &keys::SETTINGS)
}

fn document(title: &str, root: &'static Form) -> Value {
    let mut defs = Map::new();
    let Value::Object(root) = form(root, &mut defs) else {
        return Value::Null;
    };
    let mut schema = Map::new();
    schema.insert(
        "$schema".to_owned(),
        json!("https://json-schema.org/draft/2020-12/schema"),
    );
    schema.insert("title".to_owned(), json!(title));
    schema.extend(root);
    defs.sort_keys();
    schema.insert("$defs".to_owned(), Value::Object(defs));
    Value::Object(schema)
}

/// The schema of a map, its inner forms put into `defs`.
fn form(form: &'static Form, defs: &mut Map<String, Value>) -> Value {
    let now = |k: &&'static Key| k.need != Need::Later;
    let mut properties = Map::new();
    for key in form.all().filter(now) {
        let mut schema = shape(&key.shape, defs);
        if let Value::Object(schema) = &mut schema {
            schema.insert("description".to_owned(), json!(key.doc));
        }
        properties.insert(key.name.to_owned(), schema);
    }
    let mut schema = Map::new();
    schema.insert("type".to_owned(), json!("object"));
    schema.insert("properties".to_owned(), Value::Object(properties));
    let required: Vec<&str> = form
        .all()
        .filter(|k| k.need == Need::Required)
        .map(|k| k.name)
        .collect();
    if !required.is_empty() {
        schema.insert("required".to_owned(), json!(required));
    }
    let choice: Vec<Value> = form
        .one_of
        .iter()
        .copied()
        .flatten()
        .filter(now)
        .map(|k| json!({"required": [k.name]}))
        .collect();
    if !choice.is_empty() {
        schema.insert("oneOf".to_owned(), Value::Array(choice));
    }
    schema.insert("additionalProperties".to_owned(), json!(form.open));
    Value::Object(schema)
}

/// A reference to the form's definition, which is made once.
fn reference(inner: &'static Form, defs: &mut Map<String, Value>) -> Value {
    let name: String = inner
        .name
        .trim_start_matches("an ")
        .trim_start_matches("a ")
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || *c == '_')
        .collect();
    if !defs.contains_key(&name) {
        defs.insert(name.clone(), Value::Null);
        let schema = form(inner, defs);
        defs.insert(name.clone(), schema);
    }
    json!({"$ref": format!("#/$defs/{name}")})
}

fn shape(shape_of: &'static Shape, defs: &mut Map<String, Value>) -> Value {
    const TEMPLATE: &str = r"\{\{";
    let text = || json!({"type": "string"});
    let list = |items: Value| json!({"type": "array", "items": items, "minItems": 1});
    let either = |a: Value, b: Value| json!({"anyOf": [a, b]});
    match shape_of {
        Shape::Text | Shape::Name => text(),
        Shape::Texts | Shape::Names => json!({"type": "array", "items": text()}),
        Shape::NameOrNames => either(text(), list(text())),
        Shape::Bool => either(
            json!({"type": "boolean"}),
            json!({"type": "string", "pattern": TEMPLATE}),
        ),
        Shape::Int => either(
            json!({"type": "integer", "minimum": 0}),
            json!({"type": "string", "pattern": TEMPLATE}),
        ),
        Shape::Part => either(
            json!({"type": "number", "minimum": 0, "maximum": 1}),
            json!({"type": "string", "pattern": TEMPLATE}),
        ),
        Shape::ShareOrCount => either(
            json!({"type": "integer", "minimum": 1}),
            json!({"type": "string", "pattern": format!("^ *[0-9]+([.][0-9]+)? *%? *$|{TEMPLATE}")}),
        ),
        Shape::Date => {
            json!({"type": "string", "pattern": format!("^[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}$|{TEMPLATE}")})
        }
        Shape::Sql => json!({"type": ["string", "number", "boolean"]}),
        Shape::SqlOrSqls => {
            let sql = || json!({"type": ["string", "number", "boolean"]});
            either(sql(), list(sql()))
        }
        Shape::Duration => duration(TEMPLATE),
        Shape::Durations => {
            json!({"type": "array", "items": duration(TEMPLATE), "minItems": 2, "maxItems": 2})
        }
        Shape::Period => json!({"type": ["string", "integer"]}),
        Shape::Share => {
            json!({"type": "string", "pattern": format!(r"^ *[0-9]+(\.[0-9]+)? *% *$|{TEMPLATE}")})
        }
        Shape::Condition => condition(defs),
        Shape::Conditions => either(condition(defs), list(condition(defs))),
        Shape::Values => either(
            list(json!({"type": ["string", "number", "boolean"]})),
            json!({"type": "string", "pattern": TEMPLATE}),
        ),
        Shape::ConditionsOr(inner) => {
            let item = json!({"anyOf": [condition(defs), reference(inner, defs)]});
            either(item.clone(), list(item))
        }
        Shape::Word(words) => json!({"enum": words}),
        Shape::TextOr(inner) => either(text(), reference(inner, defs)),
        // `segments:` with nothing below it yet is fine.
        Shape::Forms(inner) => json!({"type": ["array", "null"], "items": reference(inner, defs)}),
        Shape::Form(inner) => reference(inner, defs),
        Shape::MapOf(inner) => {
            json!({"type": "object", "additionalProperties": shape(inner, defs)})
        }
        Shape::TextOrMapOf(inner) => {
            let map = json!({"type": "object", "additionalProperties": shape(inner, defs)});
            either(text(), map)
        }
        Shape::Rows => either(
            text(),
            json!({"type": "array", "items": {"type": "object"}}),
        ),
        Shape::Keys => {
            let keys = || json!({"type": "array", "items": {"type": ["string", "number"]}});
            either(
                keys(),
                json!({"type": "object", "additionalProperties": keys()}),
            )
        }
        Shape::Any => json!({}),
    }
}

fn duration(template: &str) -> Value {
    let units = "(second|minute|hour|day|week|month|quarter|year)s?";
    json!({"type": "string", "pattern": format!("^ *[0-9]+ +{units} *$|{template}")})
}

/// The definition of a condition, which holds conditions.
fn condition(defs: &mut Map<String, Value>) -> Value {
    let own = json!({"$ref": "#/$defs/condition"});
    if !defs.contains_key("condition") {
        defs.insert("condition".to_owned(), Value::Null);
        let mut kinds = vec![
            json!({"type": ["string", "boolean", "number"], "description": "A SQL expression that is true or false."}),
            json!({"type": "array", "items": own, "minItems": 1, "description": "All of these."}),
        ];
        for kind in keys::CONDITIONS {
            if kind.all().any(|k| k.need != Need::Later) {
                kinds.push(reference(kind, defs));
            }
        }
        defs.insert("condition".to_owned(), json!({"anyOf": kinds}));
    }
    own
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::Diagnostics;
    use crate::source::FileId;
    use crate::yaml::{self, Node, NodeKind};
    use std::collections::BTreeSet;

    /// As much of JSON Schema as the schemas use; patterns are left to editors.
    fn valid(schema: &Value, node: &Node, root: &Value) -> bool {
        let one = |key: &str| schema.get(key);
        let all = |key: &str| one(key).and_then(Value::as_array).into_iter().flatten();
        if let Some(path) = one("$ref").and_then(Value::as_str) {
            let inner = root
                .pointer(path.trim_start_matches('#'))
                .expect("it is defined");
            return valid(inner, node, root);
        }
        let is = |ty: &str| match &node.kind {
            NodeKind::Null => ty == "null",
            NodeKind::Bool(_) => ty == "boolean",
            NodeKind::Int(_) => ty == "integer" || ty == "number",
            NodeKind::Number(_) => ty == "number",
            NodeKind::String(_) => ty == "string",
            NodeKind::List(_) => ty == "array",
            NodeKind::Map(_) => ty == "object",
        };
        let typed = match one("type") {
            Some(Value::String(ty)) => is(ty),
            Some(Value::Array(types)) => types.iter().filter_map(Value::as_str).any(is),
            _ => true,
        };
        let words = one("enum").is_none()
            || all("enum").any(|w| w.as_str().map(str::to_owned) == node.scalar_text());
        let any = one("anyOf").is_none() || all("anyOf").any(|s| valid(s, node, root));
        let exactly_one =
            one("oneOf").is_none() || all("oneOf").filter(|s| valid(s, node, root)).count() == 1;
        let required = all("required")
            .filter_map(Value::as_str)
            .all(|key| node.get(key).is_some());
        let inner = match &node.kind {
            NodeKind::List(items) => {
                let least = one("minItems").and_then(Value::as_u64).unwrap_or(0);
                items.len() as u64 >= least
                    && one("items").is_none_or(|s| items.iter().all(|item| valid(s, item, root)))
            }
            NodeKind::Map(entries) => entries.iter().all(|(key, value)| {
                match one("properties").and_then(|p| p.get(&key.value)) {
                    Some(schema) => valid(schema, value, root),
                    None => match one("additionalProperties") {
                        Some(Value::Bool(open)) => *open,
                        Some(schema) => valid(schema, value, root),
                        None => true,
                    },
                }
            }),
            NodeKind::Null
            | NodeKind::Bool(_)
            | NodeKind::Int(_)
            | NodeKind::Number(_)
            | NodeKind::String(_) => true,
        };
        typed && words && any && exactly_one && required && inner
    }

    fn node(text: &str) -> Node {
        let mut diags = Diagnostics::default();
        let node = yaml::parse(FileId(0), text, &mut diags);
        assert!(diags.is_empty(), "{diags:?}");
        node
    }

    fn fits(text: &str) -> bool {
        let schema = spec();
        valid(&schema, &node(text), &schema)
    }

    #[test]
    fn what_the_decoder_reads_fits_and_what_it_refuses_does_not() {
        for text in [
            "segments: [{name: s, where: a > 1}]",
            "segments: [{name: s, where: [a, {did: r, within: 1 day, times: '>= 2'}, {any: {in: [x, y]}}]}]",
            "segments: [{name: s, where: {sum: r.x, is: '> 1', during: 2025}}]",
            "segments: [{name: s, where: {not: {at_least: 2, of: [a, b, true]}}}]",
            "segments:\n",
            "traits: [{name: t, count: r, where: [a, b], default: 0}]",
            "segments: [{name: s, where: {top: 10%, by: x, among: {did: r}, ties: include, per: y}}]",
            "traits: [{name: t, ntile: {of: x, buckets: 4}, among: [a, {did: r}]}, {name: u, population: {quantile: x, at: 0.9}}]",
            "entities: [{name: e, table: t, key: k, suppress: [a, {name: o, table: t, key: k, fresh_within: 1 day}], valid: {from: a, to: b}}]",
            "segments: [{name: s, where: [{in_list: press}, {entered: s, within: 7 days}, {member_for: {s: '>= 1 day'}}]}]",
            "groups: [{name: g, cases: [{name: c, where: x}], otherwise: o}]",
            "entities: [{name: e, table: {sql: x}, key: k, suppress: a, relations: [{name: r, table: t, on: {a: b}, key: [x, y]}]}]",
        ] {
            assert!(fits(text), "{text}");
        }
        for text in [
            "segmnts: []",
            "segments: [{name: s}]",
            "segments: [{name: s, where: {top: 5}}]",
            "segments: [{name: s, where: {top: 5, bottom: 5, by: x}}]",
            "traits: [{name: t, ntile: {of: x}}]",
            "traits: [{name: t, rank: x, ties: none}]",
            "segments: [{name: s, where: {did: r, is: x}}]",
            "segments: [{name: s, where: {sum: r, count: r, is: x}}]",
            "segments: [{name: s, where: []}]",
            "traits: [{name: t}]",
            "traits: [{name: t, sql: a, count: b}]",
            "segments: [{name: s, where: a, size: {least: 1}}]",
            "entities: [{name: e, table: t, key: [a]}]",
        ] {
            assert!(!fits(text), "{text}");
        }
        let schema = settings();
        let good = node(
            "{name: shop, targets: {dev: {type: x, path: y}}, vars: {a: [1]}, week_start: sunday, outputs: {wide: true}, holdout: {share: 5%, salt: x}}",
        );
        assert!(valid(&schema, &good, &schema));
        assert!(!valid(
            &schema,
            &node("{name: shop, week_start: tuesday}"),
            &schema
        ));
        let no_salt = node("{name: shop, holdout: {share: 5%}}");
        assert!(!valid(&schema, &no_salt, &schema));
        assert!(!valid(
            &schema,
            &node("{name: shop, targets: {dev: {path: y}}}"),
            &schema
        ));
    }

    #[test]
    fn every_form_has_a_definition_of_its_own_and_every_key_has_words() {
        let text = spec().to_string();
        let names: BTreeSet<&str> = text
            .match_indices("#/$defs/")
            .filter_map(|(at, _)| text.get(at + 8..)?.split('"').next())
            .collect();
        let schema = spec();
        for name in &names {
            assert!(
                schema
                    .pointer(&format!("/$defs/{name}"))
                    .is_some_and(Value::is_object),
                "{name}"
            );
        }
        assert!(
            names.contains("segment") && names.contains("did_not") && names.contains("aggregate")
        );
        let forms = [
            &keys::FILE,
            &keys::ENTITY,
            &keys::RELATION,
            &keys::LOOKUP,
            &keys::TRAIT,
            &keys::SEGMENT,
            &keys::GROUP,
            &keys::CASE,
            &keys::SPLIT,
            &keys::SIZE,
            &keys::TEST,
            &keys::EXPECT,
            &keys::LIST,
            &keys::SUPPRESSOR,
            &keys::VALID,
            &keys::SETTINGS,
            &keys::OUTPUTS,
            &keys::HOLDOUT,
            &keys::TARGET,
            &keys::DBT,
        ];
        for form in forms.iter().chain(keys::CONDITIONS) {
            let mut seen = BTreeSet::new();
            for key in form.all() {
                assert!(
                    key.doc.ends_with('.') || key.doc.ends_with('`'),
                    "{}: {}",
                    key.name,
                    key.doc
                );
                assert!(
                    seen.insert(key.name),
                    "`{}` twice in {}",
                    key.name,
                    form.name
                );
            }
        }
    }
}
