//! Guards: what a segment may not do in one build, unless it or the project says that it may, or the very count was
//! accepted. They are columns of the run's list of segments; `templates/guard.sql` compares them with the counts, and what
//! it finds is said here.

use super::Policy;
use crate::diag::{Diagnostic, codes};
use crate::model::{Model, Segment, SegmentKind};
use crate::spec::{Guards, Share};
use crate::statements::{Sql, Statements};

/// Which bound a segment is beyond; each by the word that the templates have for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Guard {
    /// What it reads has lost rows.
    Source,
    SizeMin,
    SizeMax,
    MaxShare,
    /// Its last member would leave.
    Empty,
    /// It had no members, and nearly everybody would enter.
    Broad,
    Entered,
    Exited,
}

impl Guard {
    const ALL: [(&str, Self); 8] = [
        ("source", Self::Source),
        ("size_min", Self::SizeMin),
        ("size_max", Self::SizeMax),
        ("max_share", Self::MaxShare),
        ("empty", Self::Empty),
        ("broad", Self::Broad),
        ("entered", Self::Entered),
        ("exited", Self::Exited),
    ];

    /// The guard of a word.
    #[must_use]
    pub fn of(word: &str) -> Option<Self> {
        let found = Self::ALL.iter().find(|(known, _)| *known == word);
        found.map(|(_, guard)| *guard)
    }

    /// The word.
    #[must_use]
    pub fn word(self) -> &'static str {
        let found = Self::ALL.iter().find(|(_, guard)| *guard == self);
        found.map_or("", |(word, _)| *word)
    }
}

/// The bounds of a segment in the order of the list's columns: `size_min`, `size_max`, `max_share`, `max_change`,
/// `min_change`, `broad_share`,
/// `broad_min`, `may_be_empty`, `accepted`. What the segment says itself goes before the project's guards.
pub(super) fn bounds(
    statements: &Statements<'_>,
    policy: &Policy,
    segment: &Segment,
) -> [Sql; COLUMNS] {
    let number = |n: Option<u64>| Sql(n.map_or_else(|| "NULL".to_owned(), |n| n.to_string()));
    let guards = &policy.guards;
    let size = segment.upkeep.size.as_ref();
    let own = segment.upkeep.max_change.map(|(share, _)| share);
    let max_share = size.and_then(|s| s.max_share);
    let broad = !guards.allow_broad && max_share.is_none();
    let least = size.and_then(|s| s.min);
    [
        number(least.map(u64::from)),
        number(size.and_then(|s| s.max).map(u64::from)),
        number(max_share.map(parts)),
        number(Some(parts(own.unwrap_or(guards.max_change)))),
        number(Some(if own.is_some() {
            1
        } else {
            guards.min_change.into()
        })),
        number(broad.then(|| parts(Guards::BROAD))),
        number(Some(guards.min_change.into())),
        statements.boolean(guards.allow_empty || least == Some(0)),
        number(policy.accepted.get(&segment.name).copied()),
    ]
}

/// What was let through although it might be beyond a bound, as it was written.
pub(super) fn accepted(policy: &Policy) -> Option<String> {
    let one = |(segment, members)| format!("--accept {segment}@{members}");
    let all: Vec<String> = policy.accepted.iter().map(one).collect();
    (!all.is_empty()).then(|| all.join(" "))
}

/// How many columns bounds have.
const COLUMNS: usize = 9;

fn parts(share: Share) -> u64 {
    share.parts().into()
}

/// What a segment beyond a bound is refused for.
#[must_use]
pub fn tripped(
    model: &Model,
    guards: &Guards,
    segment: &str,
    members: u64,
    guard: Guard,
    message: &str,
) -> Diagnostic {
    let found = model.segments.iter().find(|s| s.name == segment);
    let upkeep = found.map(|s| &s.upkeep);
    let size = upkeep.and_then(|u| u.size.as_ref()).map(|s| s.span);
    let change = upkeep.and_then(|u| u.max_change).map(|(_, span)| span);
    // What bounds a case stands on its group, and what bounds an arm on its split; the holdout has no bounds of its own.
    let held_out = found.is_some_and(|s| s.kind == SegmentKind::Holdout);
    let project_wide = |key: &str| (None, format!("write `{key}` under `guards:` in segc.yml"));
    let whose = match (found.map(|s| s.kind), segment.split_once('.')) {
        (Some(SegmentKind::Case), Some((group, _))) => format!("for the group `{group}`"),
        (Some(SegmentKind::Arm), Some((split, _))) => format!("for the split `{split}`"),
        (Some(SegmentKind::Case | SegmentKind::Arm), None)
        | (Some(SegmentKind::Segment | SegmentKind::Holdout) | None, _) => {
            "for the segment".to_owned()
        }
    };
    let (own, write) = match guard {
        Guard::SizeMin | Guard::SizeMax | Guard::MaxShare => (size, "correct the bound".to_owned()),
        Guard::Entered | Guard::Exited if change.is_some() => {
            (change, "correct the bound".to_owned())
        }
        Guard::Entered | Guard::Exited if held_out => (None, "correct its `share`".to_owned()),
        Guard::Entered => (
            None,
            format!("write `max_change:` {whose}, which may be 100%: as many again as were in it"),
        ),
        Guard::Exited => (None, format!("write `max_change:` {whose}")),
        Guard::Empty if held_out => project_wide("allow_empty: true"),
        // All of them leave, which the bound of changes is asked about, too.
        Guard::Empty if change.is_some() => (
            None,
            format!("write `size: {{min: 0}}` and `max_change: 100%` {whose}"),
        ),
        Guard::Empty => (
            None,
            format!(
                "write `size: {{min: 0}}` {whose} (and `max_change: 100%`, where {} or more leave)",
                guards.min_change
            ),
        ),
        Guard::Broad if held_out => project_wide("allow_broad: true"),
        Guard::Broad => (None, format!("write `size: {{max_share: 100%}}` {whose}")),
        Guard::Source => (None, "load the source again".to_owned()),
    };
    let diagnostic = Diagnostic::error(
        &codes::build::GUARD,
        format!("segment `{segment}` is refused: {message}"),
    );
    let project = format!("max_change: {} of everything", guards.max_change);
    let diagnostic = match (own, found, guards.span) {
        (Some(own), ..) => diagnostic.at(own, "beyond this bound"),
        (None, Some(found), Some(span)) if matches!(guard, Guard::Entered | Guard::Exited) => {
            diagnostic
                .at(found.span, "it has no `max_change` of its own")
                .at(span, "beyond this bound")
        }
        (None, Some(found), _) => diagnostic.at(
            found.span,
            match guard {
                Guard::Entered | Guard::Exited => project,
                Guard::Empty => "had members until now".to_owned(),
                Guard::Broad => format!("more than {} of everybody, from nobody", Guards::BROAD),
                Guard::Source => "reads it".to_owned(),
                Guard::SizeMin | Guard::SizeMax | Guard::MaxShare => "beyond its bounds".to_owned(),
            },
        ),
        (None, None, _) => diagnostic,
    };
    diagnostic.help(format!(
        "look at its sources and its condition; if it is right, `--accept {segment}@{members}` lets this count through once, or {write}"
    ))
}
