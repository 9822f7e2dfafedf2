//! What an error at a step of a build may mean: that a source is to blame, or another build.

use super::Kind;

/// Whether this stage reads the project's sources.
pub(super) fn reads(kind: &Kind) -> bool {
    match kind {
        Kind::CheckSource | Kind::StageQuery | Kind::CheckKeys(_) => true,
        Kind::Begin
        | Kind::StageScope
        | Kind::StageMembers
        | Kind::EnsureSchema
        | Kind::EnsureTable
        | Kind::EnsureColumn
        | Kind::EnsureView
        | Kind::Diff
        | Kind::Count
        | Kind::Guard
        | Kind::Rename
        | Kind::Assert(_)
        | Kind::Fence
        | Kind::CloseStays
        | Kind::OpenStays
        | Kind::DeleteMembers
        | Kind::InsertMembers
        | Kind::Traits
        | Kind::Channels
        | Kind::Drop
        | Kind::StageKeys
        | Kind::Erase
        | Kind::RecordRun
        | Kind::Commit => false,
    }
}

/// Whether an error at this stage may be another build's doing: it touches what both write.
pub(super) fn raced_at(kind: &Kind) -> bool {
    match kind {
        Kind::EnsureSchema
        | Kind::EnsureTable
        | Kind::EnsureColumn
        | Kind::EnsureView
        | Kind::Fence
        | Kind::CloseStays
        | Kind::OpenStays
        | Kind::Rename
        | Kind::DeleteMembers
        | Kind::InsertMembers
        | Kind::Traits
        | Kind::Channels
        | Kind::Drop
        | Kind::Erase
        | Kind::RecordRun
        | Kind::Commit => true,
        Kind::Begin
        | Kind::CheckSource
        | Kind::StageScope
        | Kind::StageQuery
        | Kind::CheckKeys(_)
        | Kind::StageMembers
        | Kind::StageKeys
        | Kind::Diff
        | Kind::Count
        | Kind::Guard
        | Kind::Assert(_) => false,
    }
}
