//! What is said about a run in the project's own tables.

use super::guards::accepted;
use super::tables::CONTRACT_VERSION;
use super::{Policy, Published, staging_name};
use crate::emit::EntityQuery;
use crate::expr::Type;
use crate::model::{Entity, Model};
use crate::statements::{Checksum, Ledger, Pair, Sql, Statements};

/// What is said about the run.
#[must_use]
pub fn ledger(
    statements: &Statements<'_>,
    model: &Model,
    policy: &Policy,
    published: &Published,
    finished_at: jiff::Timestamp,
    touched: &[(&str, Option<&Entity>, Option<&EntityQuery>)],
) -> Ledger {
    let names = policy.names();
    let relation = |name: &str| statements.relation(&policy.schema, name);
    // Every table of members counts, also those that this run leaves alone.
    let mut members: Vec<&str> = touched.iter().map(|(name, ..)| *name).collect();
    members.extend(
        published
            .segments
            .iter()
            .map(|l| l.entity.as_str())
            .filter(|name| published.has(&names.of(name, "members"))),
    );
    members.sort_unstable();
    members.dedup();
    let checksum = Checksum {
        tables: members
            .into_iter()
            .map(|name| Pair {
                name: statements.text(name),
                sql: relation(&names.of(name, "members")),
            })
            .collect(),
    };
    let mut ledger = Ledger {
        schema: statements.name(&policy.schema),
        schema_name: statements.stored(&policy.schema),
        state: relation(&names.state()),
        runs: relation(&names.runs()),
        run_segments: relation(&names.run_segments()),
        run_sources: relation(&names.run_sources()),
        sources: Vec::new(),
        catalog: relation(&names.catalog()),
        scope: statements.staging(&policy.schema, &staging_name(policy, "_scope")),
        counts: statements.staging(&policy.schema, &staging_name(policy, "_counts")),
        text: statements.ty(&Type::String),
        int: statements.ty(&Type::Int),
        project: statements.text(&model.project),
        run_id: statements.text(&policy.run_id),
        base: published.epoch(),
        contract_version: CONTRACT_VERSION,
        as_of: statements.instant(policy.as_of),
        started_at: statements.instant(policy.started_at),
        finished_at: statements.instant(finished_at),
        target: statements.text(&policy.target),
        segc_version: statements.text(&policy.segc_version),
        git_sha: statements.maybe(policy.git_sha.as_deref()),
        selection: statements.maybe(policy.asked().as_deref()),
        project_hash: statements.text(&policy.project_hash(model)),
        checksum: Sql(if checksum.tables.is_empty() {
            "NULL".to_owned()
        } else {
            statements.render("checksum", &checksum)
        }),
        counted: Sql(String::new()),
        message: statements.maybe(accepted(policy).as_deref()),
    };
    ledger.counted = Sql(statements.render("counted", &ledger));
    ledger
}
