//! `holdout:` of segc.yml: a share of everybody whom no campaign reaches, so that it can be measured what campaigns do.

use super::share::{Share, share};
use super::{Name, item, keys, split};
use crate::source::{Span, Spanned};
use crate::yaml::Node;
use crate::yaml::decode::Reader;

/// Who is held out.
#[derive(Clone, Debug)]
pub struct HoldoutSpec {
    pub share: Spanned<Share>,
    pub salt: Spanned<String>,
    /// Default the only one.
    pub entity: Option<Name>,
    /// As in [`super::Item::canonical`].
    pub canonical: String,
    /// The key.
    pub span: Span,
}

/// The value of `holdout:`, whose key stands at `span`.
pub(super) fn holdout(r: &mut Reader<'_>, node: &Node, span: Span) -> Option<HoldoutSpec> {
    let f = r.fields(node, &keys::HOLDOUT)?;
    let share = f.get("share").and_then(|n| share(r, n));
    let salt = f.get("salt").and_then(|n| split::salt(r, n));
    let entity = match f.get("entity") {
        Some(node) => r.text_as(node, "an entity").map(Some),
        None => Some(None),
    };
    Some(HoldoutSpec {
        share: share?,
        salt: salt?,
        entity: entity?,
        canonical: item::canonical_item(node, &Vec::new()),
        span,
    })
}
