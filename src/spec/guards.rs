//! `guards:` of segc.yml: what no segment may do in one build, unless it says otherwise itself.

use super::keys;
use super::share::{Share, share};
use crate::source::Span;
use crate::yaml::decode::{Fields, Reader};

/// The project's guards, with what holds where nothing is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Guards {
    /// How many may enter or exit at once, as a share of the members so far.
    pub max_change: Share,
    /// Fewer people than this trip no share of the project's.
    pub min_change: u32,
    /// How many of its rows a source may have lost since the last build.
    pub source_shrink: Share,
    /// Whether a segment may lose its last member.
    pub allow_empty: bool,
    /// Whether a segment without members so far may take in nearly everybody.
    pub allow_broad: bool,
    /// Where they are written.
    pub span: Option<Span>,
}

impl Guards {
    /// Nearly everybody.
    pub const BROAD: Share = Share::percent(80);
}

impl Default for Guards {
    fn default() -> Self {
        Self {
            max_change: Share::percent(30),
            min_change: 100,
            source_shrink: Share::percent(50),
            allow_empty: false,
            allow_broad: false,
            span: None,
        }
    }
}

/// `guards:`
pub(super) fn guards(r: &mut Reader<'_>, settings: &Fields<'_>) -> Guards {
    let mut guards = Guards::default();
    let Some((node, f)) = settings
        .get("guards")
        .and_then(|n| Some((n, r.fields(n, &keys::GUARDS)?)))
    else {
        return guards;
    };
    guards.span = Some(node.span);
    if let Some(found) = f.get("max_change").and_then(|n| share(r, n)) {
        guards.max_change = found.value;
        guards.span = Some(found.span);
    }
    if let Some(least) = f.get("min_change").and_then(|n| r.count(n)) {
        guards.min_change = least.value;
    }
    if let Some(found) = f.get("source_shrink").and_then(|n| share(r, n)) {
        guards.source_shrink = found.value;
    }
    if let Some(empty) = f.get("allow_empty").and_then(|n| r.bool(n)) {
        guards.allow_empty = empty.value;
    }
    if let Some(broad) = f.get("allow_broad").and_then(|n| r.bool(n)) {
        guards.allow_broad = broad.value;
    }
    guards
}
