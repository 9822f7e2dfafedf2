//! What an error at a step of a build may mean: that a source is to blame, or another build.

use super::Kind;

/// Whether this stage reads the project's sources.
pub(super) fn reads(kind: &Kind) -> bool {
    match kind {
        Kind::CheckSource | Kind::StageQuery | Kind::CheckKeys(_) => true,
        Kind::Vouch
        | Kind::Begin
        | Kind::StageScope
        | Kind::StageMembers
        | Kind::EnsureSchema
        | Kind::EnsureTable
        | Kind::EnsureColumn
        | Kind::EnsureView
        | Kind::Diff
        | Kind::Count
        | Kind::Guard
        | Kind::Withhold
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
        Kind::Vouch
        | Kind::Begin
        | Kind::CheckSource
        | Kind::StageScope
        | Kind::StageQuery
        | Kind::CheckKeys(_)
        | Kind::StageMembers
        | Kind::StageKeys
        | Kind::Diff
        | Kind::Count
        | Kind::Guard
        | Kind::Withhold
        | Kind::Assert(_) => false,
    }
}

/// Where a stage behind the fence has its place, where a transaction holds no more than rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// It makes what the transaction needs.
    Before,
    Within,
    /// It takes away what nobody needs once the transaction is done.
    After,
}

/// See [`Place`].
pub(super) fn place(kind: &Kind) -> Place {
    match kind {
        Kind::EnsureSchema
        | Kind::EnsureTable
        | Kind::EnsureColumn
        | Kind::EnsureView
        | Kind::Vouch => Place::Before,
        Kind::Drop => Place::After,
        Kind::Begin
        | Kind::CheckSource
        | Kind::StageScope
        | Kind::StageQuery
        | Kind::CheckKeys(_)
        | Kind::StageMembers
        | Kind::Diff
        | Kind::Count
        | Kind::Guard
        | Kind::Withhold
        | Kind::Rename
        | Kind::Fence
        | Kind::CloseStays
        | Kind::OpenStays
        | Kind::DeleteMembers
        | Kind::InsertMembers
        | Kind::Traits
        | Kind::Channels
        | Kind::StageKeys
        | Kind::Erase
        | Kind::Assert(_)
        | Kind::RecordRun
        | Kind::Commit => Place::Within,
    }
}

/// Whether this stage of a publication compares and counts, without judging.
pub(super) fn reads_rows(kind: &Kind) -> bool {
    compares(kind) && *kind != Kind::Guard
}

/// Whether this stage of a publication is but a comparison: it writes temporary tables alone.
pub(super) fn compares(kind: &Kind) -> bool {
    match kind {
        Kind::Diff | Kind::Count | Kind::Guard => true,
        Kind::Vouch
        | Kind::Begin
        | Kind::CheckSource
        | Kind::StageScope
        | Kind::StageQuery
        | Kind::CheckKeys(_)
        | Kind::StageMembers
        | Kind::EnsureSchema
        | Kind::EnsureTable
        | Kind::EnsureColumn
        | Kind::EnsureView
        | Kind::Withhold
        | Kind::Rename
        | Kind::Fence
        | Kind::CloseStays
        | Kind::OpenStays
        | Kind::DeleteMembers
        | Kind::InsertMembers
        | Kind::Traits
        | Kind::Channels
        | Kind::Assert(_)
        | Kind::RecordRun
        | Kind::Drop
        | Kind::StageKeys
        | Kind::Erase
        | Kind::Commit => false,
    }
}
