//! Splits: sticky random arms of a segment.

use super::names::unique;
use super::segment::audience;
use super::share::{Share, share};
use super::{Item, Name, SplitSpec, item};
use crate::diag::Diagnostic;
use crate::diag::codes::spec as codes;
use crate::source::Spanned;
use crate::yaml::decode::{Fields, Reader};
use crate::yaml::{Node, NodeKind};

/// One of `splits:`.
pub(super) fn split(r: &mut Reader<'_>, f: &Fields<'_>, item: Item) -> Option<SplitSpec> {
    let of = f.get("of").and_then(|n| r.text_as(n, "a segment"));
    let salt = f.get("salt").and_then(|n| salt(r, n));
    let arms = f.get("arms").and_then(|n| arms(r, n));
    let audience = audience(r, f, &item.name);
    Some(SplitSpec {
        item,
        of: of?,
        salt: salt?,
        arms: arms?,
        audience: audience?,
    })
}

/// `salt:`: a text in which something stands.
pub(super) fn salt(r: &mut Reader<'_>, node: &Node) -> Option<Spanned<String>> {
    let salt = r.text_as(node, "a salt such as `winback-2026q1`")?;
    if salt.trim().is_empty() {
        let diagnostic = r.mismatch(node, "a salt such as `winback-2026q1`");
        r.diags.push(diagnostic);
        return None;
    }
    Some(salt)
}

/// Names with shares that are not more than everybody together.
fn arms(r: &mut Reader<'_>, node: &Node) -> Option<Vec<(Name, Spanned<Share>)>> {
    let entries = r.entries(node, "a map of arms and their shares");
    if matches!(&node.kind, NodeKind::Map(entries) if entries.is_empty()) {
        let diagnostic = r.mismatch(node, "a map of arms and their shares");
        r.diags.push(diagnostic);
    }
    let read: Vec<Option<(Name, Spanned<Share>)>> = entries
        .iter()
        .map(|(name, value)| {
            let (name, share) = (item::is_name(r, name.clone()), share(r, value));
            Some((name?, share?))
        })
        .collect();
    let arms: Vec<(Name, Spanned<Share>)> = read.into_iter().collect::<Option<_>>()?;
    unique(arms.iter().map(|(name, _)| (name, "an arm")), r.diags);
    let mut sum = 0;
    for (name, share) in &arms {
        sum += share.value.parts();
        if sum > Share::WHOLE {
            r.diags.push(
                Diagnostic::error(&codes::TOO_MANY_SHARES, "the arms are more than everybody")
                    .at(
                        share.span,
                        format!("with `{}` the shares pass 100%", name.value),
                    )
                    .help("the shares add up to 100%, or to less: the rest is then in no arm"),
            );
            return None;
        }
    }
    (!arms.is_empty()).then_some(arms)
}
