//! Makes a failing case small: fewer items, fewer rows, smaller trees, smaller expressions, as long as it fails alike.

use super::case::Case;
use serde_json::Value as Json;

/// The smallest case found that still fails.
pub(crate) fn shrink(case: Case, fails: &dyn Fn(&Case) -> bool) -> Case {
    let mut case = case;
    loop {
        let before = size(&case);
        items(&mut case, fails);
        rows(&mut case, fails);
        trees(&mut case, fails);
        if size(&case) >= before {
            return case;
        }
    }
}

fn size(case: &Case) -> usize {
    let rows = case.tables.0.values().map(|t| t.rows.len());
    case.spec.to_string().len() + case.settings.to_string().len() + rows.sum::<usize>()
}

/// Keeps the change if the case still fails.
fn attempt(case: &mut Case, fails: &dyn Fn(&Case) -> bool, change: impl FnOnce(&mut Case)) -> bool {
    let mut changed = case.clone();
    change(&mut changed);
    let better = fails(&changed);
    if better {
        *case = changed;
    }
    better
}

/// Whole segments, groups and traits, the last first: earlier ones are referred to.
fn items(case: &mut Case, fails: &dyn Fn(&Case) -> bool) {
    for list in ["groups", "splits", "segments", "traits"] {
        let count = case.spec[list].as_array().map_or(0, Vec::len);
        let mut chunk = count;
        while chunk > 0 {
            let mut end = case.spec[list].as_array().map_or(0, Vec::len);
            while end > 0 {
                let start = end.saturating_sub(chunk);
                attempt(case, fails, |c| {
                    let items = c.spec[list].as_array_mut().unwrap();
                    items.drain(start..end);
                });
                end = start;
            }
            chunk /= 2;
        }
    }
}

fn rows(case: &mut Case, fails: &dyn Fn(&Case) -> bool) {
    let names: Vec<String> = case.tables.0.keys().cloned().collect();
    for name in names {
        let mut chunk = case.tables.0[&name].rows.len();
        while chunk > 0 {
            let mut end = case.tables.0[&name].rows.len();
            while end > 0 {
                let start = end.saturating_sub(chunk);
                attempt(case, fails, |c| {
                    c.tables.0.get_mut(&name).unwrap().rows.drain(start..end);
                });
                end = start;
            }
            chunk /= 2;
        }
    }
}

/// Tries every smaller form of every node, from the top.
fn trees(case: &mut Case, fails: &dyn Fn(&Case) -> bool) {
    for path in paths(&case.spec) {
        let mut n = 0;
        while let Some(node) = case.spec.pointer(&path) {
            let Some(smaller) = forms(node).into_iter().nth(n) else {
                break;
            };
            let better = attempt(case, fails, |c| {
                *c.spec.pointer_mut(&path).unwrap() = smaller;
            });
            n = if better { 0 } else { n + 1 };
        }
    }
}

fn paths(tree: &Json) -> Vec<String> {
    fn below(tree: &Json, at: &str, found: &mut Vec<String>) {
        found.push(at.to_owned());
        match tree {
            Json::Object(map) => map
                .iter()
                .for_each(|(k, v)| below(v, &format!("{at}/{k}"), found)),
            Json::Array(items) => {
                let items = items.iter().enumerate();
                items.for_each(|(n, v)| below(v, &format!("{at}/{n}"), found));
            }
            _ => {}
        }
    }
    let mut found = Vec::new();
    below(tree, "", &mut found);
    found
}

/// The smaller forms of a node.
fn forms(node: &Json) -> Vec<Json> {
    match node {
        Json::Object(map) => {
            let children = map
                .values()
                .filter(|v| v.is_object() || v.is_array())
                .cloned();
            let without = map.keys().map(|key| {
                let mut map = map.clone();
                map.remove(key);
                Json::Object(map)
            });
            children.chain(without).collect()
        }
        Json::Array(items) => {
            let single = items.iter().filter(|v| !v.is_array()).cloned();
            let without = (0..items.len()).map(|n| {
                let mut items = items.clone();
                items.remove(n);
                Json::Array(items)
            });
            single.chain(without).collect()
        }
        Json::String(text) => parts(text).into_iter().map(Json::String).collect(),
        _ => Vec::new(),
    }
}

/// What stands in parentheses, and each operand of an operator; only some of these are expressions.
fn parts(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for word in [" and ", " or ", " filter "] {
        for (at, _) in text.match_indices(word) {
            found.push(text[..at].to_owned());
            found.push(text[at + word.len()..].to_owned());
        }
    }
    let mut open = Vec::new();
    for (at, c) in text.char_indices() {
        match c {
            '(' => open.push(at),
            ')' => {
                if let Some(start) = open.pop() {
                    found.push(text[start + 1..at].to_owned());
                    if start > 0 || at + 1 < text.len() {
                        found.push(text[start..=at].to_owned());
                    }
                }
            }
            _ => {}
        }
    }
    found.retain(|part| part.len() < text.len() && !part.is_empty());
    found.sort_by_key(String::len);
    found.dedup();
    found
}
