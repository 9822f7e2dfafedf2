//! What keeps published tables right between builds, as data: what is wrong with them ([`doctor`]) and what mends it, what retired
//! segments have left ([`prune`]), whom to erase ([`forget`]).
//! Every change goes the way of a build: behind the fence, in one transaction, with a row in the ledger.

pub mod doctor;
pub mod forget;
mod owners;
pub mod prune;

use super::ledger::ledger;
use super::{Kind, Policy, Published, Stage};
use crate::model::Model;
use crate::statements::{Sql, Statements};

/// Between the fence and the commit: what a run changes that asks no source anything, and what the ledger says of it.
pub(super) struct Change {
    /// Computed before anything is changed, in the same transaction.
    pub(super) staged: Vec<Stage>,
    pub(super) changed: Vec<Stage>,
    /// Who is a member stays: the ledger's checksum is that of the run before, so that what was edited by hand is still seen.
    pub(super) same_members: bool,
    /// A literal or an expression.
    pub(super) message: Sql,
}

/// The stages of a change, in order. The run has no `as_of`: nothing was asked.
pub(super) fn stages(
    statements: &Statements<'_>,
    model: &Model,
    policy: &Policy,
    published: &Published,
    finished_at: jiff::Timestamp,
    change: Change,
) -> Vec<Stage> {
    let names = policy.names();
    let mut ledger = ledger(statements, model, policy, published, finished_at, &[]);
    ledger.as_of = Sql("NULL".to_owned());
    ledger.message = change.message;
    if change.same_members {
        ledger.checksum = Sql(format!(
            "SELECT COALESCE((SELECT r.members_checksum FROM {} AS r WHERE r.run_id = {}), ({}))",
            ledger.runs.0,
            statements
                .text(published.state.as_ref().map_or("", |s| s.run_id.as_str()))
                .0,
            ledger.checksum.0
        ));
    }
    let plain = |kind: Kind, sql: &str| Stage {
        kind,
        subject: "transaction".to_owned(),
        sql: vec![sql.to_owned()],
    };
    let recorded = |kind: Kind, subject: String, template: &str| Stage {
        kind,
        subject,
        sql: vec![statements.render(template, &ledger)],
    };
    let mut stages = vec![Stage::begin()];
    stages.extend(change.staged);
    stages.push(recorded(Kind::Fence, names.state(), "fence"));
    stages.extend(change.changed);
    stages.push(recorded(Kind::RecordRun, names.runs(), "record_run"));
    stages.push(plain(Kind::Commit, "COMMIT"));
    stages
}
