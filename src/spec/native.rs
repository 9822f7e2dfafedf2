//! `sql: {warehouse: "…"}`: SQL of each warehouse's own, in conditions and traits.

use super::NativeSpec;
use crate::source::Spanned;
use crate::yaml::decode::{Fields, Reader};
use crate::yaml::{Node, NodeKind};

/// The texts under `sql:`, and `type:` beside it.
pub(super) fn native(
    r: &mut Reader<'_>,
    f: &Fields<'_>,
    key: &Spanned<String>,
    node: &Node,
) -> Option<NativeSpec> {
    let entries = r.entries(node, "a map of warehouses and their SQL");
    let mut whole = matches!(node.kind, NodeKind::Map(_));
    let mut texts = Vec::new();
    for (warehouse, text) in entries {
        match r.raw_sql(text, "a SQL expression") {
            Some(text) => texts.push((warehouse.clone(), text)),
            None => whole = false,
        }
    }
    let ty = match f.get("type") {
        Some(node) => Some(r.text_as(node, "a type")?),
        None => None,
    };
    whole.then_some(NativeSpec {
        texts,
        ty,
        span: key.span,
    })
}
