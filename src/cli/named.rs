//! The one segment that a command is about, by its name.

use super::workspace::Parts;
use crate::diag::Diagnostic;
use crate::diag::codes::project as codes;
use crate::model::SegmentId;
use crate::project::select;

/// The segment of a name, for `segc <command>`.
pub(super) fn segment(name: &str, command: &str, parts: &mut Parts<'_>) -> Option<SegmentId> {
    let named = select::segments_named(name, parts.model);
    match named.as_slice() {
        [one] => Some(*one),
        [] => {
            let unknown = if parts.model.traits.iter().any(|t| t.name == name) {
                Diagnostic::error(
                    &codes::UNKNOWN_SELECTED,
                    format!("`{name}` is a trait, and only segments have members"),
                )
                .help(format!(
                    "see what it is with `segc explain {name}`; `expose: [{name}]` on a segment shows its values"
                ))
            } else {
                select::unknown(name, parts.model)
            };
            parts.diags.push(unknown);
            None
        }
        many => {
            let cases: Vec<&str> = many
                .iter()
                .filter_map(|id| parts.model.segments.get(id.index()))
                .map(|s| s.name.as_str())
                .collect();
            parts.diags.push(
                Diagnostic::error(
                    &codes::UNKNOWN_SELECTED,
                    format!("`{name}` is a group: one of its cases is wanted"),
                )
                .note(format!("its cases are {}", cases.join(", ")))
                .help(format!(
                    "name one: `segc {command} {}{}`",
                    cases.first().unwrap_or(&name),
                    if command == "why" { " <KEY>" } else { "" },
                )),
            );
            None
        }
    }
}
