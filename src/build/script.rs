//! A publication as one request, for warehouses whose statements know nothing of each other: what a session does from the fence to the
//! commit, in one script. It stops where something must not be, and its answer tells where that was.

use super::walk::Stop;
use super::{Kind, Stage};
use crate::dialect::{failed, mark};
use crate::engine::EngineError;
use crate::statements::Statements;

/// The statements, in order. `fenced` is a query of one number that is 0 where the fence has hit its row.
pub(super) fn script(stages: &[Stage], fenced: &str, statements: &Statements<'_>) -> Vec<String> {
    let mut sql = Stage::begin().sql;
    for (n, stage) in stages.iter().enumerate() {
        match &stage.kind {
            Kind::Assert(_) => {
                let ensured = stage.sql.iter().map(|q| statements.ensure(q, &mark(n)));
                sql.extend(ensured);
            }
            Kind::Fence => {
                sql.extend(stage.sql.iter().cloned());
                sql.push(statements.ensure(fenced, &mark(n)));
            }
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
            | Kind::Diff
            | Kind::Count
            | Kind::Guard
            | Kind::Withhold
            | Kind::Rename
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
            | Kind::Commit => sql.extend(stage.sql.iter().cloned()),
        }
    }
    sql
}

/// Why the script of these stages stopped.
pub(super) fn stopped(stages: &[Stage], error: EngineError) -> Stop {
    let found = failed(&error.message)
        .and_then(|(n, violations)| Some((stages.get(n)?, violations.unwrap_or(1))));
    match found {
        Some((stage, violations)) => {
            if let Kind::Assert(assertion) = &stage.kind {
                Stop::Assertion {
                    assertion: *assertion,
                    subject: stage.subject.clone(),
                    violations,
                }
            } else {
                Stop::Fence
            }
        }
        None => Stop::at(Kind::Commit, error),
    }
}
