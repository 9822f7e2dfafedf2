//! `suppress:` of an entity: conditions on it, and sources of keys. It is read whole or not at all: a part that is lost would
//! let people through.

use super::condition::{self, Condition};
use super::names::unique;
use super::share::share;
use super::{Duration, Name, SuppressorSpec, item, keys, table, window};
use crate::diag::Diagnostic;
use crate::diag::codes::spec as codes;
use crate::source::Spanned;
use crate::yaml::decode::{Fields, Reader};
use crate::yaml::{Node, NodeKind};

/// The conditions, then the sources.
pub(super) fn suppress(
    r: &mut Reader<'_>,
    f: &Fields<'_>,
) -> Option<(Vec<Condition>, Vec<SuppressorSpec>)> {
    let Some(node) = f.get("suppress") else {
        return Some((Vec::new(), Vec::new()));
    };
    let items = match &node.kind {
        NodeKind::List(items) => items.as_slice(),
        NodeKind::Null
        | NodeKind::Bool(_)
        | NodeKind::Int(_)
        | NodeKind::Number(_)
        | NodeKind::String(_)
        | NodeKind::Map(_) => std::slice::from_ref(node),
    };
    let mut whole = true;
    let (mut conditions, mut sources) = (Vec::new(), Vec::new());
    for item in items {
        if item.get("table").is_some() || item.get("min_rows").is_some() {
            match source(r, item) {
                Some(source) => sources.push(source),
                None => whole = false,
            }
        } else {
            match condition::condition(r, item) {
                Some(condition) => conditions.push(condition),
                None => whole = false,
            }
        }
    }
    unique(
        sources.iter().map(|s| (&s.name, "a suppression source")),
        r.diags,
    );
    whole.then_some((conditions, sources))
}

fn source(r: &mut Reader<'_>, node: &Node) -> Option<SuppressorSpec> {
    let f = r.fields(node, &keys::SUPPRESSOR)?;
    let name = item::name(r, &f);
    let from = f.get("table").and_then(|n| table::table(r, n));
    let key = f.get("key").and_then(|n| r.text_as(n, "the key's column"));
    let columns = table::columns(r, f.get("columns"));
    let filter = f.get("where").map(|n| r.sqls(n));
    let readable = filter.as_ref().is_none_or(|f| !f.is_empty());
    let time = optional(&f, "time", |n| r.text_as(n, "a column"));
    let fresh = optional(&f, "fresh_within", |n| {
        let duration: Duration = window::duration(r, n)?;
        Some(Spanned::new(duration, n.span))
    });
    let min_rows = optional(&f, "min_rows", |n| at_least_one(r, n));
    let max_shrink = optional(&f, "max_shrink", |n| share(r, n));
    let (time, fresh): (Option<Name>, _) = (time?, fresh?);
    if let (None, Some(fresh)) = (&time, f.key("fresh_within")) {
        r.diags.push(
            Diagnostic::error(&codes::MISSING_KEY, "`fresh_within` needs `time`")
                .at(fresh.span, "how old the rows are is not known")
                .help("add `time:` with the column that says when a row was recorded"),
        );
        return None;
    }
    Some(SuppressorSpec {
        name: name?,
        table: from?,
        key: key?,
        columns,
        filter: filter.unwrap_or_default(),
        time,
        fresh_within: fresh,
        min_rows: min_rows?,
        max_shrink: max_shrink?,
        span: f.place,
    })
    .filter(|_| readable)
}

fn optional<T>(
    f: &Fields<'_>,
    key: &str,
    read: impl FnOnce(&Node) -> Option<T>,
) -> Option<Option<T>> {
    match f.get(key) {
        Some(node) => read(node).map(Some),
        None => Some(None),
    }
}

/// A number of rows. None at all are a load that failed, and would let everybody be reached: a source cannot ask for that.
fn at_least_one(r: &mut Reader<'_>, node: &Node) -> Option<Spanned<u32>> {
    let rows = r.count(node)?;
    if rows.value > 0 {
        return Some(rows);
    }
    let found = r.mismatch(node, "a whole number, 1 or more").help(
        "write `min_rows: 1`, or leave it out: a build stops at an empty source, which is a load that failed",
    );
    r.diags.push(found);
    None
}
