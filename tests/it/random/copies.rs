//! What `for_each` stands for, written out: the reference reads this, so that it does not rely on the compiler's copies.

use serde_json::{Map, Value as Json, json};

/// The spec without any `for_each`. The shrinker tries trees of any shape.
pub(crate) fn written_out(spec: &Json) -> Json {
    let mut spec = spec.clone();
    let lists = spec.as_object_mut().into_iter().flat_map(Map::values_mut);
    for items in lists.filter_map(Json::as_array_mut) {
        *items = items.iter().flat_map(copies).collect();
    }
    spec
}

/// One copy of an item for every combination of values.
fn copies(item: &Json) -> Vec<Json> {
    let Some(parameters) = item.get("for_each").and_then(Json::as_object) else {
        return vec![item.clone()];
    };
    let mut item = item.clone();
    item.as_object_mut().unwrap().remove("for_each");
    let mut copies = vec![item];
    for (name, values) in parameters {
        let values = values.as_array().map_or(&[][..], Vec::as_slice);
        let of_one = |copy: &Json| -> Vec<Json> {
            values.iter().map(|v| bound(copy, "", name, v)).collect()
        };
        copies = copies.iter().flat_map(of_one).collect();
    }
    copies
}

/// The tree with a value in the place of a parameter: in names it is in small letters, in lengths of time as it is, and in SQL a literal.
fn bound(tree: &Json, key: &str, name: &str, value: &Json) -> Json {
    match tree {
        Json::Object(map) => {
            let entries = map
                .iter()
                .map(|(k, v)| (k.clone(), bound(v, k, name, value)));
            Json::Object(entries.collect::<Map<_, _>>())
        }
        Json::Array(items) => items.iter().map(|v| bound(v, key, name, value)).collect(),
        Json::String(text) => {
            let plain = value.as_str().map_or(value.to_string(), str::to_owned);
            let shown = match key {
                "name" | "in" | "not_in" => plain.to_lowercase(),
                "within" | "before" => plain,
                _ if value.is_string() => format!("'{plain}'"),
                _ => plain,
            };
            json!(text.replace(&format!("{{{{ {name} }}}}"), &shown))
        }
        other => other.clone(),
    }
}
