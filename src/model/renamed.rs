//! `renamed_from`: two items cannot both have the history of one name.

use super::references::SegmentNames;
use super::segments::Draft;
use crate::diag::codes::model::RENAMED_BOTH;
use crate::diag::{Diagnostic, Diagnostics};
use crate::source::Span;
use std::collections::HashMap;

/// Tells `names` the former names of segments, cases and arms.
pub(super) fn announce(drafts: &[Draft<'_>], names: &mut SegmentNames, diags: &mut Diagnostics) {
    let mut taken: HashMap<&str, (Span, &str)> = drafts
        .iter()
        .map(|d| {
            (
                d.name().value.as_str(),
                (d.name().span, "is in the project"),
            )
        })
        .collect();
    for draft in drafts {
        let Some(former) = draft.renamed_from() else {
            continue;
        };
        let here = (former.span, "is renamed here already");
        if let Some((at, why)) = taken.insert(former.value.as_str(), here) {
            diags.push(
                Diagnostic::error(
                    &RENAMED_BOTH,
                    format!("`{}` cannot be a former name: it {why}", former.value),
                )
                .at(former.span, "whose history would it be?")
                .at(at, "the other one")
                .help("remove `renamed_from`, or the item of the former name"),
            );
        }
        for name in &draft.names {
            let former = match name.split_once('.') {
                Some((_, part)) => format!("{}.{part}", former.value),
                None => former.value.clone(),
            };
            names.renamed(name, former);
        }
    }
}
