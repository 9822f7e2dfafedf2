//! Values inside JSON (`docs/constructs/arrays_and_json.md`).

use super::cast::of_text;
use super::value::Value;
use serde_json::Value as Json;

/// The text at a path; NULL where there is none, or JSON's null, or no JSON.
pub(super) fn text(json: &str, path: &str) -> Value {
    let Ok(whole) = serde_json::from_str::<Json>(json) else {
        return Value::Null;
    };
    let mut at = Some(&whole);
    for step in path.split('.') {
        at = at.and_then(|json| match step.parse::<usize>() {
            Ok(index) => json.as_array()?.get(index),
            Err(_) => json.as_object()?.get(step),
        });
    }
    match at {
        None | Some(Json::Null) => Value::Null,
        Some(Json::String(text)) => Value::text(text),
        Some(other) => Value::Text(other.to_string()),
    }
}

/// The number at a path, also one that is written as a text.
pub(super) fn number(json: &str, path: &str) -> Value {
    match text(json, path) {
        Value::Text(text) => of_text(&text, "float"),
        nothing => nothing,
    }
}

#[test]
fn paths_lead_through_objects_and_arrays() {
    let json = r#"{"a": {"b": ["x", 2.5, null, "7"]}, "c": true}"#;
    let found = |path: &str| text(json, path).to_string();
    assert_eq!(found("a.b.0"), "x");
    assert_eq!(found("a.b"), r#"["x",2.5,null,"7"]"#);
    assert_eq!(found("c"), "true");
    for nothing in ["a.b.2", "a.b.9", "a.c", "c.d", "a.0", "d"] {
        assert!(text(json, nothing).is_null(), "{nothing}");
    }
    assert!(text("{", "a").is_null());
    assert!(number(json, "a.b.1").equals(&Value::Float(2.5)));
    assert!(number(json, "a.b.3").equals(&Value::Float(7.0)));
    assert!(number(json, "a.b.0").is_null() && number(json, "c").is_null());
}
