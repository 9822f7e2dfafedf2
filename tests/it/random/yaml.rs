//! A tree as YAML that a person would write.

use serde_json::Value;
use std::fmt::Write as _;

pub(crate) fn text(tree: &Value) -> String {
    let mut out = String::new();
    block(&mut out, tree, 0);
    out
}

fn block(out: &mut String, tree: &Value, indent: usize) {
    let pad = " ".repeat(indent);
    match tree {
        Value::Object(map) if !map.is_empty() => {
            for (key, value) in map {
                let _ = write!(out, "{pad}{}:", scalar(key));
                below(out, value, indent);
            }
        }
        Value::Array(items) if !items.is_empty() => {
            for item in items {
                let mut text = String::new();
                block(&mut text, item, indent + 2);
                // The first line stands behind the dash.
                let _ = write!(out, "{pad}- {}", text.trim_start());
            }
        }
        other => {
            let _ = writeln!(out, "{pad}{}", flow(other));
        }
    }
}

fn below(out: &mut String, value: &Value, indent: usize) {
    let flat = flow(value);
    if flat.len() + indent < 100 && !has_block(value) {
        let _ = writeln!(out, " {flat}");
    } else {
        out.push('\n');
        block(out, value, indent + 2);
    }
}

/// Whether it is better read on several lines.
fn has_block(value: &Value) -> bool {
    match value {
        Value::Object(map) => map.values().any(|v| v.is_object() || has_block(v)),
        Value::Array(items) => items.iter().any(|v| v.is_object() || has_block(v)),
        _ => false,
    }
}

fn flow(value: &Value) -> String {
    match value {
        Value::String(text) => scalar(text),
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(flow).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Object(map) => {
            let entries: Vec<String> = map
                .iter()
                .map(|(key, value)| format!("{}: {}", scalar(key), flow(value)))
                .collect();
            format!("{{{}}}", entries.join(", "))
        }
        other => other.to_string(),
    }
}

fn scalar(text: &str) -> String {
    let plain = text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | ' ' | '/'))
        && !text.ends_with(' ')
        && !matches!(
            text,
            "true" | "false" | "null" | "yes" | "no" | "on" | "off"
        );
    if plain {
        text.to_owned()
    } else {
        Value::String(text.to_owned()).to_string()
    }
}
