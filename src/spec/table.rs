//! `table:`, `on:` and `columns:`: where rows come from and how they are joined.

use super::{ColumnSpecs, OnSpec, TableSpec, keys};
use crate::diag::Diagnostic;
use crate::diag::codes::spec as codes;
use crate::source::Spanned;
use crate::yaml::decode::Reader;
use crate::yaml::{Node, NodeKind};

/// `table:`
pub(super) fn table(r: &mut Reader<'_>, node: &Node) -> Option<TableSpec> {
    if matches!(node.kind, NodeKind::Map(_)) {
        let f = r.fields(node, &keys::QUERY)?;
        return Some(TableSpec::Query(r.raw_sql(f.get("sql")?, "a query")?));
    }
    let expanded = r.expand(node)?;
    let text = r.text_as(&expanded, "a table")?;
    let parsed = parse(&text, |start, end, value| {
        Spanned::new(value, expanded.sub_span(start, end))
    });
    match parsed {
        Ok(table) => Some(table),
        Err(message) => {
            r.diags.push(
                Diagnostic::error(&codes::BAD_TABLE, message)
                    .at(text.span, "no table")
                    .help("`ref('x')`, `source('a', 'b')`, `schema.table`, `file('data/x.parquet')`, or `{sql: \"select …\"}`"),
            );
            None
        }
    }
}

/// `at` gives bytes `start..end` of the text their place.
fn parse(
    text: &str,
    at: impl Fn(usize, usize, String) -> Spanned<String>,
) -> Result<TableSpec, String> {
    let lead = text.len() - text.trim_start().len();
    let trimmed = text.trim();
    if let Some((function, rest)) = trimmed.split_once('(') {
        let arguments = arguments(trimmed, lead, function.len() + 1, rest)?;
        let arguments: Vec<Spanned<String>> = arguments
            .into_iter()
            .map(|(start, value)| {
                let end = start + value.len();
                at(start, end, value)
            })
            .collect();
        return match (function.trim(), arguments.as_slice()) {
            ("ref", [name]) => Ok(TableSpec::Ref(name.clone())),
            ("source", [group, name]) => Ok(TableSpec::Source(group.clone(), name.clone())),
            ("file", [path]) => Ok(TableSpec::File(path.clone())),
            ("ref" | "file", _) => Err(format!("`{}` takes one name in quotes", function.trim())),
            ("source", _) => Err("`source` takes two names in quotes".to_owned()),
            (other, _) => Err(format!("`{other}(…)` is no table")),
        };
    }
    let parts = dotted(trimmed)?;
    Ok(TableSpec::Named(
        at(lead, lead + trimmed.len(), String::new()).map(|_| parts),
    ))
}

/// The quoted arguments of a call, each with its offset in the whole text.
fn arguments(
    trimmed: &str,
    lead: usize,
    from: usize,
    rest: &str,
) -> Result<Vec<(usize, String)>, String> {
    let inner = rest
        .strip_suffix(')')
        .ok_or_else(|| format!("`{trimmed}` does not end with `)`"))?;
    let mut found = Vec::new();
    let mut offset = lead + from;
    for argument in inner.split(',') {
        let start = offset + (argument.len() - argument.trim_start().len());
        let word = argument.trim();
        let value = ['\'', '"'].iter().find_map(|q| {
            let value = word.strip_prefix(*q)?.strip_suffix(*q)?;
            (!value.is_empty() && !value.contains(*q)).then_some(value)
        });
        match value {
            Some(value) => found.push((start + 1, value.to_owned())),
            None => return Err(format!("`{word}` is no name in quotes")),
        }
        offset += argument.len() + 1;
    }
    Ok(found)
}

/// `a.b.c`; a part may stand in double quotes or back-quotes.
fn dotted(text: &str) -> Result<Vec<String>, String> {
    let mut parts = Vec::new();
    let mut rest = text;
    loop {
        let quote = rest.chars().next().filter(|c| matches!(c, '"' | '`'));
        let (part, after) = match quote {
            Some(q) => rest
                .get(1..)
                .and_then(|r| r.split_once(q))
                .ok_or_else(|| format!("`{text}` has an open quote"))?,
            None => rest.split_at(rest.find('.').unwrap_or(rest.len())),
        };
        let plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '$' | '-');
        if part.is_empty() || (quote.is_none() && !part.chars().all(plain)) {
            return Err(format!("`{text}` is no name of a table"));
        }
        parts.push(part.to_owned());
        match after.strip_prefix('.') {
            Some(more) => rest = more,
            None if after.is_empty() => return Ok(parts),
            None => return Err(format!("`{text}` is no name of a table")),
        }
    }
}

/// `on:`
pub(super) fn on(r: &mut Reader<'_>, node: &Node) -> Option<OnSpec> {
    let pairs = match &node.kind {
        NodeKind::Map(entries) if !entries.is_empty() => {
            let mut pairs = Vec::new();
            for (there, here) in entries {
                pairs.push((there.clone(), r.text_as(here, "a column")?));
            }
            pairs
        }
        NodeKind::Null
        | NodeKind::Bool(_)
        | NodeKind::Int(_)
        | NodeKind::Number(_)
        | NodeKind::String(_)
        | NodeKind::List(_)
        | NodeKind::Map(_) => {
            let column = r.text_as(node, "a column, or `{column there: column here}`")?;
            vec![(column.clone(), column)]
        }
    };
    Some(OnSpec {
        pairs,
        span: node.span,
    })
}

/// `columns:`
pub(super) fn columns(r: &mut Reader<'_>, node: Option<&Node>) -> ColumnSpecs {
    let Some(node) = node else {
        return Vec::new();
    };
    r.entries(node, "a map of columns and their types")
        .iter()
        .filter_map(|(name, ty)| Some((name.clone(), r.text_as(ty, "a type")?)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{FileId, Span};

    fn show(text: &str) -> String {
        let at = |start, end, value: String| Spanned::new(value, Span::new(FileId(0), start, end));
        let name = |n: &Spanned<String>| {
            let span = n.span;
            assert_eq!(
                text.get(span.start as usize..span.end as usize),
                Some(n.value.as_str())
            );
            n.value.clone()
        };
        match parse(text, at) {
            Ok(TableSpec::Ref(n)) => format!("ref {}", name(&n)),
            Ok(TableSpec::Source(g, n)) => format!("source {} {}", name(&g), name(&n)),
            Ok(TableSpec::File(n)) => format!("file {}", name(&n)),
            Ok(TableSpec::Named(parts)) => parts.join("|"),
            Ok(TableSpec::Query(_)) => "query".to_owned(),
            Err(message) => format!("error: {message}"),
        }
    }

    #[test]
    fn tables_in_all_their_forms() {
        assert_eq!(show("ref('x')"), "ref x");
        assert_eq!(show(" source( \"a\" , 'b c' ) "), "source a b c");
        assert_eq!(show("file('data/x y.parquet')"), "file data/x y.parquet");
        assert_eq!(show("orders"), "orders");
        assert_eq!(show("my-project.shop.Orders_2"), "my-project|shop|Orders_2");
        assert_eq!(show("\"a.b\".`c d`.e"), "a.b|c d|e");
        for bad in [
            "",
            "a.",
            ".a",
            "a b",
            "a;b",
            "ref(x)",
            "ref('a','b')",
            "ref('x'",
            "source('a')",
            "file('')",
            "\"a",
            "table('x')",
            "ref('x') y",
            "'a'",
        ] {
            assert!(show(bad).starts_with("error: "), "{bad}: {}", show(bad));
        }
    }
}
