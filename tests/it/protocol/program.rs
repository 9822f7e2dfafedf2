//! The steps that the model takes: those of a build, as `publication()` lists them, and ways to get them wrong.

use segc::build::Kind;

use super::warehouse::Isolation;
use crate::publish::stages::first_build;

/// What is wrong with a protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    None,
    /// There is no fence.
    NoFence,
    /// It comes last before the commit.
    FenceLast,
    /// It counts up whatever the epoch is.
    FenceWithoutEpoch,
    /// Every statement is a transaction of its own.
    NoTransaction,
    /// The ledger is not asked.
    CommitBelieved,
    /// The ledger is asked while COMMIT may still be under way.
    CommitNotAwaited,
    /// Tables and views are made within the transaction, of a warehouse where that commits.
    DefinitionsCommit,
}

/// A protocol on a kind of warehouse.
pub(super) struct Protocol {
    pub(super) isolation: Isolation,
    pub(super) fault: Fault,
    pub(super) steps: Vec<Kind>,
}

impl Protocol {
    pub(super) fn new(isolation: Isolation, fault: Fault) -> Self {
        let mut steps: Vec<Kind> = first_build().into_iter().map(|s| s.kind).collect();
        steps.retain(|kind| shared(kind, fault));
        steps.dedup();
        let fence = |steps: &[Kind]| steps.iter().position(|k| *k == Kind::Fence).unwrap();
        // One transaction does everything on DuckDB; elsewhere it has changes of rows alone (`outputs.md`).
        if isolation == Isolation::ReadCommitted && fault != Fault::DefinitionsCommit {
            let begin = steps.iter().position(|k| *k == Kind::Begin).unwrap();
            let begin = steps.remove(begin);
            steps.insert(fence(&steps), begin);
        }
        match fault {
            Fault::NoFence => {
                steps.remove(fence(&steps));
            }
            Fault::FenceLast => {
                let fence = steps.remove(fence(&steps));
                steps.insert(steps.len() - 1, fence);
            }
            Fault::None
            | Fault::FenceWithoutEpoch
            | Fault::NoTransaction
            | Fault::CommitBelieved
            | Fault::CommitNotAwaited
            | Fault::DefinitionsCommit => {}
        }
        Self {
            isolation,
            fault,
            steps,
        }
    }

    /// Whether the state's row is what guards the epochs. Without a fence the ledger alone tells them.
    pub(super) fn fenced(&self) -> bool {
        self.fault != Fault::NoFence
    }
}

/// Whether a step reads or changes what builds share. The others touch sources, the run's own temporary tables, or what follows
/// from the tables that are modelled.
fn shared(kind: &Kind, fault: Fault) -> bool {
    use segc::build::Assertion;
    match kind {
        Kind::Begin
        | Kind::Diff
        | Kind::Fence
        | Kind::CloseStays
        | Kind::OpenStays
        | Kind::DeleteMembers
        | Kind::InsertMembers
        | Kind::Assert(Assertion::Members | Assertion::Stays)
        | Kind::RecordRun
        | Kind::Commit => true,
        Kind::EnsureSchema | Kind::EnsureTable | Kind::EnsureColumn | Kind::EnsureView => {
            fault == Fault::DefinitionsCommit
        }
        Kind::Vouch
        | Kind::CheckSource
        | Kind::StageScope
        | Kind::StageQuery
        | Kind::CheckKeys(_)
        | Kind::StageMembers
        | Kind::StageKeys
        | Kind::Count
        | Kind::Guard
        | Kind::Withhold
        | Kind::Rename
        | Kind::Traits
        | Kind::Channels
        | Kind::Drop
        | Kind::Erase
        | Kind::Assert(
            Assertion::Suppression
            | Assertion::Unnamed
            | Assertion::Holdout
            | Assertion::Restored
            | Assertion::Forgotten,
        ) => false,
    }
}
