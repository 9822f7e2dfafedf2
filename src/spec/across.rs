//! `in` and `not_in` as written; with `over`, of segments of another entity that a relation leads to.

use super::Name;
use super::condition::{ConditionKind, Rows, relation, rows};
use crate::diag::Diagnostic;
use crate::diag::codes::spec as codes;
use crate::source::Spanned;
use crate::yaml::Node;
use crate::yaml::decode::{Fields, Reader};

/// `in: [big_account]`, `over: memberships`: some row points to an entity that is in one of the segments.
#[derive(Clone, Debug)]
pub struct Across {
    pub names: Vec<Name>,
    pub over: Name,
    pub rows: Rows,
    /// `not_in`
    pub negated: bool,
}

/// What narrows the rows, and means nothing without them.
const OF_ROWS: [&str; 7] = [
    "where", "within", "before", "between", "since", "until", "during",
];

pub(super) fn reference(
    r: &mut Reader<'_>,
    f: &Fields<'_>,
    key: &Spanned<String>,
    value: &Node,
) -> Option<ConditionKind> {
    let names = r.names(value, "a segment or a list of them");
    let negated = key.value == "not_in";
    let Some(over) = f.get("over") else {
        if let Some(narrowed) = OF_ROWS.iter().find_map(|k| f.key(k)) {
            r.diags.push(
                Diagnostic::error(
                    &codes::MISSING_KEY,
                    format!("`{}` in `{}` needs `over`", narrowed.value, key.value),
                )
                .at(narrowed.span, "rows of which relation?")
                .help("add `over:` with the relation that leads to the other entity, or leave this out"),
            );
            return None;
        }
        return match (names.is_empty(), negated) {
            (true, _) => None,
            (false, false) => Some(ConditionKind::In(names)),
            (false, true) => Some(ConditionKind::NotIn(names)),
        };
    };
    let (over, rows) = (relation(r, over), rows(r, f));
    let (over, rows) = (over?, rows?);
    (!names.is_empty()).then_some(ConditionKind::Across(Across {
        names,
        over,
        rows,
        negated,
    }))
}
