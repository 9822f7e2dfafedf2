//! The real inputs of this repository.

use crate::random::yaml;
use segc::diag::Diagnostics;
use segc::source::FileId;
use segc::yaml::{Node, NodeKind, parse};
use serde_json::{Map, Value as Json};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// The files below a folder whose names end so (all, if no ending is given), in order.
pub(super) fn files(folder: &Path, endings: &[&str]) -> Vec<(PathBuf, Vec<u8>)> {
    walkdir::WalkDir::new(folder)
        .sort_by_file_name()
        .into_iter()
        .flatten()
        .filter(|e| e.file_type().is_file())
        .filter(|e| {
            let name = e.file_name().to_string_lossy();
            endings.is_empty() || endings.iter().any(|ending| name.ends_with(ending))
        })
        .map(|e| {
            let bytes = std::fs::read(e.path()).unwrap();
            (e.into_path(), bytes)
        })
        .collect()
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Every YAML file of cases, rows, the library, examples and templates; of a size that can be read many times.
pub(super) fn yaml_files() -> Vec<(PathBuf, Vec<u8>)> {
    ["tests/cases", "tests/rows", "segments", "templates", "docs"]
        .iter()
        .flat_map(|folder| files(&root().join(folder), &[".yml"]))
        .filter(|(_, bytes)| bytes.len() < 20_000)
        .collect()
}

pub(super) fn csv_files() -> Vec<Vec<u8>> {
    let cases = files(&root().join("tests"), &[".csv"]);
    cases.into_iter().map(|(_, bytes)| bytes).collect()
}

/// Files that make a folder a project.
pub(super) fn settings() -> Vec<Vec<u8>> {
    let all = yaml_files().into_iter();
    all.filter(|(path, _)| path.ends_with("segc.yml"))
        .map(|(_, bytes)| bytes)
        .collect()
}

/// What stands under keys whose values are text: expressions, durations, periods, names.
pub(super) fn texts() -> Vec<Vec<u8>> {
    let mut found = BTreeSet::new();
    for (_, bytes) in yaml_files() {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let node = parse(FileId(0), &text, &mut Diagnostics::default());
        let mut nodes = vec![&node];
        while let Some(node) = nodes.pop() {
            match &node.kind {
                NodeKind::String(text) => {
                    found.insert(text.clone().into_bytes());
                }
                NodeKind::List(items) => nodes.extend(items),
                NodeKind::Map(entries) => nodes.extend(entries.iter().map(|(_, n)| n)),
                NodeKind::Null | NodeKind::Bool(_) | NodeKind::Int(_) | NodeKind::Number(_) => {}
            }
        }
    }
    found.into_iter().collect()
}

/// A tree without its places; numbers that are not whole are texts.
pub(super) fn tree(node: &Node) -> Json {
    match &node.kind {
        NodeKind::Null => Json::Null,
        NodeKind::Bool(b) => Json::Bool(*b),
        NodeKind::Int(i) => Json::from(*i),
        NodeKind::Number(text) | NodeKind::String(text) => Json::String(text.clone()),
        NodeKind::List(items) => Json::Array(items.iter().map(tree).collect()),
        NodeKind::Map(entries) => {
            let entries = entries.iter().map(|(k, v)| (k.value.clone(), tree(v)));
            Json::Object(entries.collect::<Map<_, _>>())
        }
    }
}

/// Whether some key is so long that it may be none once it stands in quotes.
pub(super) fn has_long_key(tree: &Json) -> bool {
    match tree {
        Json::Array(items) => items.iter().any(has_long_key),
        Json::Object(entries) => entries
            .iter()
            .any(|(k, v)| k.len() > 500 || has_long_key(v)),
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => false,
    }
}

/// The tree of a text, if it is YAML.
pub(super) fn read(bytes: &[u8]) -> Option<Json> {
    let text = std::str::from_utf8(bytes).ok()?;
    let mut diags = Diagnostics::default();
    let node = parse(FileId(0), text, &mut diags);
    (!diags.has_errors()).then(|| tree(&node))
}

pub(super) fn write(tree: &Json) -> Vec<u8> {
    yaml::text(tree).into_bytes()
}
