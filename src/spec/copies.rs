//! `for_each:` – one item as written is several: which copies there are, and which value each parameter has in each.

use super::{Name, item};
use crate::diag::codes::shapes as codes;
use crate::diag::{CopyOf, Diagnostic};
use crate::yaml::decode::Reader;
use crate::yaml::form::Form;
use crate::yaml::template::{self, Piece};
use crate::yaml::{Node, NodeKind};
use std::collections::HashMap;

/// More copies of one item than this are a mistake.
const MAX_COPIES: usize = 1000;

/// One copy: its parameters' values.
pub(super) type Params = Vec<(Name, Node)>;

/// The copies of an item; a single one without parameters where it is not repeated. None, and a diagnostic, if it cannot be.
pub(super) fn copies(r: &mut Reader<'_>, node: &Node, form: &Form) -> Option<Vec<Params>> {
    let Some(each) = node
        .get("for_each")
        .filter(|_| form.key("for_each").is_some())
    else {
        return Some(vec![Params::new()]);
    };
    let entries = r.entries(each, "a map of parameters and their values");
    if entries.is_empty() {
        if matches!(each.kind, NodeKind::Map(_)) {
            r.diags.push(
                Diagnostic::error(&codes::FOR_EACH_VALUES, "`for_each` names no parameter")
                    .at(each.span, "nothing in it")
                    .help("write `for_each: {country: [US, CA]}`, or leave it out"),
            );
        }
        return None;
    }
    let mut copies = vec![Params::new()];
    let mut whole = true;
    for (name, list) in entries {
        let name = item::is_name(r, name.clone());
        let values = values(r, list);
        let (Some(name), Some(values)) = (name, values) else {
            whole = false;
            continue;
        };
        if copies.len().saturating_mul(values.len()) > MAX_COPIES {
            r.diags.push(
                Diagnostic::error(
                    &codes::FOR_EACH_VALUES,
                    format!("`for_each` makes more than {MAX_COPIES} copies"),
                )
                .at(each.span, "every combination is a copy")
                .help("name fewer values, or make the value a column or a trait"),
            );
            return None;
        }
        copies = copies
            .iter()
            .flat_map(|copy| {
                values.iter().map(|value| {
                    let mut copy = copy.clone();
                    copy.push((name.clone(), value.clone()));
                    copy
                })
            })
            .collect();
    }
    (named(r, node, entries) && whole).then_some(copies)
}

/// The values of one parameter.
fn values(r: &mut Reader<'_>, node: &Node) -> Option<Vec<Node>> {
    let list = r.expand(node)?;
    let items = r.filled_list(&list, "a list of values");
    let mut seen: HashMap<String, &Node> = HashMap::new();
    let mut values = Vec::with_capacity(items.len());
    let mut whole = !items.is_empty();
    for item in items {
        let value = r.expand(item).map(std::borrow::Cow::into_owned);
        let Some((value, text)) = value.and_then(|v| Some((v.clone(), v.scalar_text()?))) else {
            let diagnostic = r.mismatch(item, "a text, a number or a truth value");
            r.diags.push(diagnostic);
            whole = false;
            continue;
        };
        if let Some(first) = seen.insert(text.to_lowercase(), item) {
            r.diags.push(
                Diagnostic::error(
                    &codes::FOR_EACH_VALUES,
                    format!("the value `{text}` makes the same copy as another"),
                )
                .at(item.span, "again here")
                .at(first.span, "first here")
                .help("remove one of the two: names are in small letters"),
            );
            whole = false;
        }
        values.push(value);
    }
    whole.then_some(values)
}

/// Whether every parameter stands in the item's name.
fn named(r: &mut Reader<'_>, node: &Node, entries: &[(Name, Node)]) -> bool {
    let Some(name) = node.get("name") else {
        // That it is missing is said by who reads the item.
        return true;
    };
    let NodeKind::String(text) = &name.kind else {
        return true;
    };
    let is_param = |word: &str| entries.iter().any(|(n, _)| n.value == word);
    let Ok(pieces) = template::pieces(text, "var", &is_param) else {
        return true;
    };
    let mut whole = true;
    for (param, _) in entries {
        let there = pieces.iter().any(|piece| match piece {
            Piece::Param { name, .. } => *name == param.value,
            Piece::Text(_) | Piece::Call(_) => false,
        });
        if !there {
            r.diags.push(
                Diagnostic::error(
                    &codes::FOR_EACH_NAME,
                    format!(
                        "the name `{text}` does not say the copy's `{}`",
                        param.value
                    ),
                )
                .at(name.span, "all copies would have this name")
                .at(param.span, "the parameter")
                .help(format!("name it `\"{text}_{{{{ {} }}}}\"`", param.value)),
            );
            whole = false;
        }
    }
    whole
}

/// What a copy is called in messages: `country = US, tier = 1`.
pub(super) fn words(params: &Params, total: usize) -> Option<CopyOf> {
    if params.is_empty() {
        return None;
    }
    let words: Vec<String> = params
        .iter()
        .map(|(name, value)| {
            format!(
                "{} = {}",
                name.value,
                value.scalar_text().unwrap_or_default()
            )
        })
        .collect();
    Some(CopyOf {
        words: words.join(", "),
        total,
    })
}
