//! What any item has: a name, words for people, and its canonical text.

use super::{Item, Name, allow};
use crate::diag::codes::spec as codes;
use crate::diag::{CopyOf, Diagnostic};
use crate::yaml::decode::{Fields, Reader, Vars};
use crate::yaml::{Node, NodeKind};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Keys that say nothing about who is in a segment.
const WORDS: [&str; 16] = [
    "description",
    "title",
    "owner",
    "tags",
    "meta",
    "action",
    "kpi",
    "size",
    "max_change",
    "review_every",
    "reviewed_on",
    "renamed_from",
    "suppress_reason",
    "holdout_reason",
    "allow",
    "kept_for",
];

/// Longest name, in characters.
const MAX_NAME: usize = 63;

/// The name that the map gives to something, checked.
pub(super) fn name(r: &mut Reader<'_>, f: &Fields<'_>) -> Option<Name> {
    let name = r.name_as(f.get("name")?, "a name")?;
    is_name(r, name)
}

/// The name, if its letters are those of a name.
pub(super) fn is_name(r: &mut Reader<'_>, name: Name) -> Option<Name> {
    let mut chars = name.chars();
    let good = chars.next().is_some_and(|c| c.is_ascii_lowercase())
        && chars.all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
        && name.len() <= MAX_NAME;
    if good {
        return Some(name);
    }
    let near = near_name(&name);
    let diagnostic = Diagnostic::error(
        &codes::BAD_NAME,
        format!("`{}` cannot be a name", name.value),
    )
    .at(
        name.span,
        format!("lower-case letters, digits and `_`, a letter first, at most {MAX_NAME}"),
    );
    r.diags.push(match near {
        Some(near) => diagnostic.help(format!("`{near}` could")),
        None => diagnostic.help("what people read goes into `title` or `description`"),
    });
    None
}

/// A name with the letters of the text.
fn near_name(text: &str) -> Option<String> {
    let mut out = String::new();
    for c in text.to_lowercase().chars() {
        if c.is_ascii_lowercase() || (c.is_ascii_digit() && !out.is_empty()) {
            out.push(c);
        } else if !out.is_empty() && !out.ends_with('_') {
            out.push('_');
        }
    }
    let name: String = out.chars().take(MAX_NAME).collect();
    let name = name.trim_end_matches('_');
    (!name.is_empty()).then(|| name.to_owned())
}

/// What any item may carry. `name` has been read before, so that a broken item has one too.
pub(super) fn item(
    r: &mut Reader<'_>,
    f: &Fields<'_>,
    node: &Node,
    name: Name,
    copy: Option<CopyOf>,
) -> Item {
    Item {
        name,
        description: f.get("description").and_then(|n| r.text(n)),
        owner: f.get("owner").and_then(|n| r.text(n)),
        tags: f
            .get("tags")
            .map(|n| r.texts(n, "a list of tags"))
            .unwrap_or_default(),
        meta: f.get("meta").map(|n| {
            r.entries(n, "a map");
            let mut out = String::new();
            write_json(&mut out, n, Words::Kept);
            out
        }),
        allow: allow::allow(r, f),
        span: node.span,
        canonical: canonical_copy(node, r.vars(), &r.params),
        copy,
    }
}

/// As [`canonical_item`], without its name: what something means does not depend on what it is called. Of a repeated item
/// each copy has its own values, and nothing of the others'.
fn canonical_copy(node: &Node, vars: &Vars, params: &Vars) -> String {
    let NodeKind::Map(entries) = &node.kind else {
        return canonical_item(node, vars);
    };
    let repeated = !params.is_empty();
    let mut own: Vec<(Name, Node)> = entries
        .iter()
        .filter(|(key, _)| key.value != "name" && !(repeated && key.value == "for_each"))
        .cloned()
        .collect();
    if repeated {
        let values = Node::new(NodeKind::Map(params.to_vec()), node.span);
        own.push((Name::new("$each".to_owned(), node.span), values));
    }
    canonical_item(&Node::new(NodeKind::Map(own), node.span), vars)
}

/// The JSON of an item without the words for people, and with the vars it uses under `$vars`.
pub(super) fn canonical_item(node: &Node, vars: &Vars) -> String {
    let mut used = BTreeMap::new();
    if !vars.is_empty() {
        collect_vars(node, vars, &mut used);
    }
    let mut out = String::new();
    write_json(&mut out, node, Words::Left);
    if !used.is_empty() && out.ends_with('}') {
        out.pop();
        if out.len() > 1 {
            out.push(',');
        }
        out.push_str("\"$vars\":{");
        for (i, (name, value)) in used.iter().enumerate() {
            if i > 0 {
                out.push(',');
            }
            write_text(&mut out, name);
            out.push(':');
            write_json(&mut out, value, Words::Kept);
        }
        out.push_str("}}");
    }
    out
}

/// Whether a map's words for people are written.
#[derive(Clone, Copy, PartialEq)]
enum Words {
    Left,
    Kept,
}

fn write_json(out: &mut String, node: &Node, words: Words) {
    match &node.kind {
        NodeKind::Null => out.push_str("null"),
        NodeKind::Bool(b) => {
            let _ = write!(out, "{b}");
        }
        NodeKind::Int(i) => {
            let _ = write!(out, "{i}");
        }
        NodeKind::Number(n) => match serde_json::from_str::<serde_json::Number>(n) {
            Ok(_) => out.push_str(n),
            Err(_) => write_text(out, n),
        },
        NodeKind::String(s) => write_text(out, s),
        NodeKind::List(items) => {
            out.push('[');
            for (i, item) in items.iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                write_json(out, item, words);
            }
            out.push(']');
        }
        NodeKind::Map(entries) => {
            let mut sorted: Vec<_> = entries
                .iter()
                .filter(|(k, _)| words == Words::Kept || !WORDS.contains(&k.value.as_str()))
                .collect();
            sorted.sort_by(|a, b| a.0.value.cmp(&b.0.value));
            out.push('{');
            for (i, (key, value)) in sorted.into_iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                write_text(out, key);
                out.push(':');
                // Cases are items too; a column may well be called `title`.
                let inner = if words == Words::Left && key.value == "cases" {
                    Words::Left
                } else {
                    Words::Kept
                };
                write_json(out, value, inner);
            }
            out.push('}');
        }
    }
}

fn write_text(out: &mut String, text: &str) {
    // Text is always JSON; `Value` prints it without a fallible path.
    let _ = write!(out, "{}", serde_json::Value::String(text.to_owned()));
}

/// The vars that any text in the tree calls, with their values.
fn collect_vars<'v>(node: &Node, vars: &'v Vars, used: &mut BTreeMap<&'v str, &'v Node>) {
    match &node.kind {
        NodeKind::String(text) => {
            for (at, _) in text.match_indices(['v', 'V']) {
                let Some(name) = called(text.get(at..).unwrap_or("")) else {
                    continue;
                };
                if let Some((var, value)) = vars.iter().find(|(var, _)| var.value == name) {
                    used.insert(var.value.as_str(), value);
                }
            }
        }
        NodeKind::List(items) => items.iter().for_each(|n| collect_vars(n, vars, used)),
        NodeKind::Map(entries) => entries
            .iter()
            .for_each(|(_, n)| collect_vars(n, vars, used)),
        NodeKind::Null | NodeKind::Bool(_) | NodeKind::Int(_) | NodeKind::Number(_) => {}
    }
}

/// The name in `var('name')` at the start of the text.
fn called(text: &str) -> Option<&str> {
    let function = text.get(..3).filter(|f| f.eq_ignore_ascii_case("var"))?;
    let rest = text.strip_prefix(function)?.trim_start();
    let argument = rest.strip_prefix('(')?.trim_start();
    let quote = argument
        .chars()
        .next()
        .filter(|c| matches!(c, '\'' | '"'))?;
    argument.get(1..)?.split_once(quote).map(|(name, _)| name)
}
