//! `anniversary` as written: a date of the entity whose month and day fall in a window.

use super::condition::WindowSpec;
use super::window;
use crate::diag::Diagnostic;
use crate::diag::codes::spec as codes;
use crate::snippet::Snippet;
use crate::source::Spanned;
use crate::yaml::Node;
use crate::yaml::decode::{Fields, Reader};

#[derive(Clone, Debug)]
pub struct AnniversarySpec {
    /// A date, or a moment whose local date counts.
    pub of: Snippet,
    pub window: Spanned<WindowSpec>,
}

/// `anniversary: birth_date, next: 7 days`
pub(super) fn anniversary(
    r: &mut Reader<'_>,
    f: &Fields<'_>,
    value: &Node,
) -> Option<AnniversarySpec> {
    let of = r.sql(value, "a date of the entity");
    let Some(window) = window::window(r, f)? else {
        r.diags.push(
            Diagnostic::error(&codes::MISSING_KEY, "`anniversary` needs a window")
                .at(f.place, "when the day comes is missing")
                .help("add `next: 7 days`, or `during: today`"),
        );
        return None;
    };
    Some(AnniversarySpec { of: of?, window })
}
