//! `tests:`, as written: rows, and who must be in a segment then (`language.md` §8).
//!
//! Values stay nodes: what they must be is known from the columns they are given for.

use super::{Name, keys};
use crate::diag::codes::spec as codes;
use crate::diag::{Diagnostic, Diagnostics};
use crate::source::{Span, Spanned};
use crate::yaml::decode::{Fields, Reader};
use crate::yaml::{Node, NodeKind};
use std::collections::HashMap;
use std::collections::hash_map::Entry;

/// One of `tests:`.
#[derive(Clone, Debug)]
pub struct TestSpec {
    /// A sentence.
    pub name: Name,
    pub tags: Vec<Spanned<String>>,
    pub subject: SubjectSpec,
    pub as_of: Option<Spanned<String>>,
    /// Instead of the project's.
    pub vars: Vec<(Name, Node)>,
    pub given: Vec<GivenSpec>,
    /// Keys of those whom the project holds out in this test, and the key of the map.
    pub held_out: Option<(Vec<Node>, Span)>,
    pub expect: ExpectSpec,
    /// The whole test.
    pub span: Span,
}

/// What a test is about.
#[derive(Clone, Debug)]
pub struct SubjectSpec {
    pub kind: SubjectKind,
    /// One, save for `segments:`.
    pub names: Vec<Name>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SubjectKind {
    Segments,
    Trait,
    Group,
    Split,
}

/// The rows of one table.
#[derive(Clone, Debug)]
pub struct GivenSpec {
    /// An entity, relation, lookup or list.
    pub name: Name,
    pub rows: RowsSpec,
}

#[derive(Clone, Debug)]
pub enum RowsSpec {
    Inline(Vec<RowSpec>),
    /// `file('fixtures/orders.csv')`, relative to the project folder.
    File(Spanned<String>),
}

/// Columns and values.
#[derive(Clone, Debug)]
pub struct RowSpec {
    pub values: Vec<(Name, Node)>,
    pub span: Span,
}

/// What must be true.
#[derive(Clone, Debug, Default)]
pub struct ExpectSpec {
    /// Exactly these keys.
    pub members: Option<KeysSpec>,
    pub includes: Option<KeysSpec>,
    pub excludes: Option<KeysSpec>,
    /// By key, then by trait.
    pub traits: Vec<(Name, Vec<(Name, Node)>)>,
    /// The case or arm of each key; None is none of them.
    pub cases: Vec<(Name, Option<Name>)>,
}

/// Keys of entities.
#[derive(Clone, Debug)]
pub enum KeysSpec {
    /// Of every segment that the test is about.
    All(Vec<Node>, Span),
    /// By segment, or by case or arm.
    Each(Vec<(Name, Vec<Node>, Span)>),
}

/// The tests of one file.
pub(super) fn tests(r: &mut Reader<'_>, f: &Fields<'_>) -> Vec<TestSpec> {
    let Some(node) = f.get("tests") else {
        return Vec::new();
    };
    if node.kind == NodeKind::Null {
        return Vec::new();
    }
    let items = r.list(node, "a list of tests");
    items.iter().filter_map(|n| test(r, n)).collect()
}

/// Reports tests of one name.
pub(super) fn unique(tests: &[TestSpec], diags: &mut Diagnostics) {
    let mut seen: HashMap<&str, Span> = HashMap::new();
    for test in tests {
        match seen.entry(test.name.value.as_str()) {
            Entry::Vacant(entry) => {
                entry.insert(test.name.span);
            }
            Entry::Occupied(entry) => diags.push(
                Diagnostic::error(
                    &codes::DUPLICATE_NAME,
                    format!("two tests are called `{}`", test.name.value),
                )
                .at(test.name.span, "again here")
                .at(*entry.get(), "first here")
                .help("say in each name what it is that this test shows"),
            ),
        }
    }
}

fn test(r: &mut Reader<'_>, node: &Node) -> Option<TestSpec> {
    let f = r.fields(node, &keys::TEST)?;
    let name = f.get("name").and_then(|n| r.text_as(n, "a sentence"));
    for key in ["description", "owner"] {
        f.get(key).and_then(|n| r.text(n));
    }
    let tags = f.get("tags").map(|n| r.texts(n, "a list of tags"));
    if let Some(meta) = f.get("meta") {
        r.entries(meta, "a map");
    }
    let subject = subject(r, &f);
    let as_of = match f.get("as_of") {
        Some(node) => r.text_as(node, "an instant").map(Some),
        None => Some(None),
    };
    let vars = f.get("vars").map(|n| vars(r, n)).unwrap_or_default();
    let given = match f.get("given") {
        Some(node) => given(r, node),
        None => Some(Vec::new()),
    };
    let held_out = f.get("held_out").zip(f.key("held_out")).map(|(node, key)| {
        let keys = r.list(node, "a list of keys");
        (keys.to_vec(), key.span)
    });
    let expect = f.get("expect").and_then(|n| expect(r, n));
    Some(TestSpec {
        name: name?,
        tags: tags.unwrap_or_default(),
        subject: subject?,
        as_of: as_of?,
        vars,
        given: given?,
        held_out,
        expect: expect?,
        span: node.span,
    })
}

fn subject(r: &mut Reader<'_>, f: &Fields<'_>) -> Option<SubjectSpec> {
    let (key, node) = f.chosen()?;
    let (kind, expected) = match key.value.as_str() {
        "trait" => (SubjectKind::Trait, "a trait"),
        "group" => (SubjectKind::Group, "a group"),
        "split" => (SubjectKind::Split, "a split"),
        "segments" => {
            let names = r.one_or_more(node, "a list of segments");
            return (!names.is_empty()).then_some(SubjectSpec {
                kind: SubjectKind::Segments,
                names,
            });
        }
        _ => (SubjectKind::Segments, "a segment"),
    };
    Some(SubjectSpec {
        kind,
        names: vec![r.text_as(node, expected)?],
    })
}

fn vars(r: &mut Reader<'_>, node: &Node) -> Vec<(Name, Node)> {
    let known = r.vars();
    let mut vars = Vec::new();
    for (name, value) in r.entries(node, "a map of vars") {
        if known.iter().any(|(n, _)| n.value == name.value) {
            vars.push((name.clone(), value.clone()));
        } else {
            let unknown = crate::yaml::decode::unknown_var(name, name.span, known);
            r.diags.push(unknown);
        }
    }
    vars
}

/// `given:`, whole or not at all: a row that is lost would make another test of it.
fn given(r: &mut Reader<'_>, node: &Node) -> Option<Vec<GivenSpec>> {
    let mut whole = matches!(node.kind, NodeKind::Map(_));
    let mut tables = Vec::new();
    for (name, value) in r.entries(node, "a map of tables and their rows") {
        match rows(r, value) {
            Some(rows) => tables.push(GivenSpec {
                name: name.clone(),
                rows,
            }),
            None => whole = false,
        }
    }
    whole.then_some(tables)
}

fn rows(r: &mut Reader<'_>, node: &Node) -> Option<RowsSpec> {
    if let NodeKind::List(items) = &node.kind {
        let rows: Vec<Option<RowSpec>> = items.iter().map(|n| row(r, n)).collect();
        return rows
            .into_iter()
            .collect::<Option<_>>()
            .map(RowsSpec::Inline);
    }
    let text = r.text_as(node, "a list of rows, or `file('fixtures/orders.csv')`")?;
    let path = text
        .trim()
        .strip_prefix("file(")
        .and_then(|rest| rest.strip_suffix(')'))
        .map(str::trim)
        .and_then(|quoted| {
            ['\'', '"']
                .iter()
                .find_map(|q| quoted.strip_prefix(*q)?.strip_suffix(*q))
        });
    let Some(path) = path.filter(|p| !p.is_empty()) else {
        r.diags.push(
            Diagnostic::error(
                &codes::WRONG_TYPE,
                format!("expected rows, found the text `{}`", text.value),
            )
            .at(text.span, "no rows")
            .help("write a list of rows: `- {customer_id: 1}`, or `file('fixtures/orders.csv')`"),
        );
        return None;
    };
    let path = path.to_owned();
    Some(RowsSpec::File(text.map(|_| path)))
}

fn row(r: &mut Reader<'_>, node: &Node) -> Option<RowSpec> {
    let entries = r.entries(node, "a row: `{column: value}`");
    let mut values = Vec::new();
    for (name, value) in entries {
        values.push((name.clone(), r.expand(value)?.into_owned()));
    }
    matches!(node.kind, NodeKind::Map(_)).then_some(RowSpec {
        values,
        span: node.span,
    })
}

fn expect(r: &mut Reader<'_>, node: &Node) -> Option<ExpectSpec> {
    let f = r.fields(node, &keys::EXPECT)?;
    let mut whole = true;
    let mut keys_of = |r: &mut Reader<'_>, key: &str| {
        let node = f.get(key)?;
        let keys = keys_spec(r, node);
        whole &= keys.is_some();
        keys
    };
    let expect = ExpectSpec {
        members: keys_of(r, "members"),
        includes: keys_of(r, "includes"),
        excludes: keys_of(r, "excludes"),
        traits: f.get("traits").map(|n| traits(r, n)).unwrap_or_default(),
        cases: match f.get("cases").map(|n| cases(r, n)) {
            Some(Some(cases)) => cases,
            Some(None) => {
                whole = false;
                Vec::new()
            }
            None => Vec::new(),
        },
    };
    if f.all().is_empty() {
        r.diags.push(
            Diagnostic::error(&codes::MISSING_KEY, "the test expects nothing")
                .at(f.span, "nothing in it")
                .help("add `members:`, `includes:`, `excludes:`, `traits:` or `cases:`"),
        );
        return None;
    }
    whole.then_some(expect)
}

fn keys_spec(r: &mut Reader<'_>, node: &Node) -> Option<KeysSpec> {
    let NodeKind::Map(entries) = &node.kind else {
        let items = r.list(node, "a list of keys");
        return matches!(node.kind, NodeKind::List(_))
            .then(|| KeysSpec::All(items.to_vec(), node.span));
    };
    let mut each = Vec::new();
    for (name, keys) in entries {
        let items = r.list(keys, "a list of keys");
        if !matches!(keys.kind, NodeKind::List(_)) {
            return None;
        }
        each.push((name.clone(), items.to_vec(), keys.span));
    }
    Some(KeysSpec::Each(each))
}

fn traits(r: &mut Reader<'_>, node: &Node) -> Vec<(Name, Vec<(Name, Node)>)> {
    r.entries(node, "a map of keys and their traits")
        .iter()
        .map(|(key, values)| {
            let values = r.entries(values, "a map of traits and their values");
            (key.clone(), values.to_vec())
        })
        .collect()
}

fn cases(r: &mut Reader<'_>, node: &Node) -> Option<Vec<(Name, Option<Name>)>> {
    let mut whole = true;
    let mut cases = Vec::new();
    for (key, case) in r.entries(node, "a map of keys and their case") {
        if case.kind == NodeKind::Null {
            cases.push((key.clone(), None));
            continue;
        }
        match r.text_as(case, "a case, an arm, or `null` for none") {
            Some(case) => cases.push((key.clone(), Some(case))),
            None => whole = false,
        }
    }
    whole.then_some(cases)
}
