//! How the questions are asked: the first half of a run, from the first statement to the staged members. Nothing that
//! readers see is touched here.

use std::collections::BTreeMap;

use super::guards::bounds;
use super::tables::SCOPE;
use super::{Kind, Policy, Published, Stage, entity_tables, staging_name, touched};
use crate::dialect::Dialect;
use crate::emit::{EntityQuery, Role};
use crate::model::Model;
use crate::statements::{EntityTables, Flag, Pair, ScopeRows, Sql, Statements};

/// Segments per statement: one statement over a thousand takes longer to plan than to run.
const SEGMENTS_PER_STATEMENT: usize = 50;

/// Rows of VALUES per statement.
pub(super) const ROWS_PER_STATEMENT: usize = 500;

/// Text of VALUES per statement: descriptions may be long.
const BYTES_PER_STATEMENT: usize = 300_000;

/// The stages that compute everything, in order. Segments that are `withheld` for what is wrong with their sources are
/// computed, too, and then refused.
#[must_use]
pub fn staging(
    model: &Model,
    queries: &[EntityQuery],
    policy: &Policy,
    published: &Published,
    withheld: &BTreeMap<String, String>,
    dialect: &dyn Dialect,
) -> Vec<Stage> {
    let statements = Statements::new(dialect);
    let mut stages = vec![scope(
        &statements,
        model,
        queries,
        policy,
        published,
        withheld,
    )];
    for (name, _, query) in touched(model, queries, policy, published) {
        let mut tables = entity_tables(&statements, policy, published, name, query);
        let stage = |kind: Kind, sql: Vec<String>| Stage {
            kind,
            subject: name.to_owned(),
            sql,
        };
        if let Some(query) = query {
            let mut sql = query.prelude.clone();
            sql.push(statements.render("stage_query", &tables));
            stages.push(stage(Kind::StageQuery, sql));
            stages.push(stage(
                Kind::CheckKeys(query.entity),
                vec![statements.render("check_keys", &tables)],
            ));
            tables.segments = flags(&statements, model, policy, query, &tables);
        }
        stages.push(stage(
            Kind::StageMembers,
            members(&statements, tables, query.is_some()),
        ));
    }
    stages
}

/// The run's list of segments with everything that is recorded about each.
fn scope(
    statements: &Statements<'_>,
    model: &Model,
    queries: &[EntityQuery],
    policy: &Policy,
    published: &Published,
    withheld: &BTreeMap<String, String>,
) -> Stage {
    let mut rows = Vec::new();
    for segment in policy.selected(model) {
        let entity = model.entities.get(segment.entity.index());
        let name = entity.map_or("", |e| e.name.as_str());
        let channels: Vec<&str> = segment
            .channels
            .iter()
            .filter_map(|c| entity?.channels.get(*c))
            .map(|c| c.name.as_str())
            .collect();
        let last = published.last(&segment.name, name);
        rows.push(
            [
                Sql(rows.len().to_string()),
                statements.text(&segment.name),
                statements.text(name),
                statements.text(segment.kind.word()),
                statements.text(&segment.definition_hash),
                statements.maybe(last.map(|l| l.definition_hash.as_str())),
                statements.boolean(false),
                statements.boolean(segment.suppressed),
                statements.boolean(segment.held_out),
                statements.boolean(false),
                statements.maybe(segment.title.as_deref()),
                statements.maybe(segment.description.as_deref()),
                statements.maybe(segment.owner.as_deref()),
                statements.maybe(joined(&segment.tags).as_deref()),
                statements.maybe(segment.action.as_deref()),
                statements.maybe(segment.kpi.as_deref()),
                statements.maybe(joined(&channels).as_deref()),
                statements.date(segment.expires_on),
                statements.text(&super::definitions::kept(segment)),
                statements.maybe(published.renamed(segment, name)),
            ]
            .into_iter()
            .chain(bounds(statements, policy, segment))
            .chain([statements.maybe(withheld.get(&segment.name).map(String::as_str))])
            .chain([(); 3].map(|()| Sql("NULL".to_owned())))
            .collect(),
        );
    }
    let gone = published.gone(model, policy);
    let kept = published.kept(model, policy, queries);
    let gone = gone.into_iter().map(|last| (last, false));
    for (last, kept) in gone.chain(kept.into_iter().map(|last| (last, true))) {
        let mut row = vec![
            Sql(rows.len().to_string()),
            statements.text(&last.segment),
            statements.text(&last.entity),
            statements.text(&last.kind),
            statements.text(&last.definition_hash),
            statements.text(&last.definition_hash),
            statements.boolean(!kept),
            statements.boolean(kept),
            statements.boolean(false),
            statements.boolean(kept),
        ];
        row.resize(SCOPE.len(), Sql("NULL".to_owned()));
        rows.push(row);
    }
    let mut context = ScopeRows {
        scope: statements.staging(&policy.schema, &staging_name(policy, "_scope")),
        columns: SCOPE
            .iter()
            .map(|(name, ty)| Pair {
                name: Sql((*name).to_owned()),
                sql: statements.ty(ty),
            })
            .collect(),
        rows: Vec::new(),
    };
    let mut sql = vec![statements.render("stage_scope", &context)];
    while !rows.is_empty() {
        let rest = rows.split_off(fitting(&rows));
        context.rows = std::mem::replace(&mut rows, rest);
        sql.push(statements.render("stage_scope_rows", &context));
    }
    Stage {
        kind: Kind::StageScope,
        subject: "segments".to_owned(),
        sql,
    }
}

/// How many rows, at least one, make a statement that is neither too long nor too slow to read.
fn fitting(rows: &[Vec<Sql>]) -> usize {
    let mut bytes = 0;
    let fits = rows.iter().take_while(|row| {
        bytes += row.iter().map(|value| value.0.len() + 2).sum::<usize>();
        bytes <= BYTES_PER_STATEMENT
    });
    fits.count().clamp(1, ROWS_PER_STATEMENT).min(rows.len())
}

/// A list as readers of the catalog see it; None where it is empty.
fn joined(words: &[impl AsRef<str>]) -> Option<String> {
    let words: Vec<&str> = words.iter().map(AsRef::as_ref).collect();
    (!words.is_empty()).then(|| words.join(", "))
}

/// The staged flags of the entity's selected segments, each with its number in the run's list.
fn flags(
    statements: &Statements<'_>,
    model: &Model,
    policy: &Policy,
    query: &EntityQuery,
    tables: &EntityTables,
) -> Vec<Flag> {
    policy
        .selected_ids(model)
        .enumerate()
        .filter(|(_, (_, s))| s.entity == query.entity)
        .filter_map(|(number, (id, segment))| {
            let flag = super::column_of(query, &Role::Segment(id))?;
            Some(Flag {
                number: Sql(number.to_string()),
                name: statements.text(&segment.name),
                flag: statements.name(flag),
                suppressed: tables.suppress_flag.clone().filter(|_| segment.suppressed),
                held_out: tables.holdout_flag.clone().filter(|_| segment.held_out),
            })
        })
        .collect()
}

/// Long membership, and the numbers of those kept out by suppression and by the holdout.
fn members(statements: &Statements<'_>, mut tables: EntityTables, queried: bool) -> Vec<String> {
    let flags = std::mem::take(&mut tables.segments);
    let mut sql = Vec::new();
    // Where nothing is queried, the published members give the key's type, and nobody is staged.
    let keys_of = tables.keys_of.clone();
    if !queried {
        tables.keys_of = tables.members.clone();
    }
    sql.push(statements.render("stage_members", &tables));
    sql.push(statements.render("stage_members_empty", &tables));
    tables.keys_of = keys_of;
    sql.push(statements.render("stage_left_out", &tables));
    if tables.unwanted.is_some() {
        sql.push(statements.render("stage_unwanted", &tables));
    }
    for chunk in flags.chunks(SEGMENTS_PER_STATEMENT) {
        tables.segments = chunk.to_vec();
        sql.push(statements.render("stage_members_rows", &tables));
    }
    let leaves_out = |f: &Flag| f.suppressed.is_some() || f.held_out.is_some();
    let leaving: Vec<Flag> = flags.into_iter().filter(leaves_out).collect();
    for chunk in leaving.chunks(SEGMENTS_PER_STATEMENT) {
        tables.segments = chunk.to_vec();
        sql.push(statements.render("stage_left_out_rows", &tables));
    }
    sql
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_with_much_text_make_shorter_statements() {
        let rows = |bytes: usize, n: usize| vec![vec![Sql("x".repeat(bytes))]; n];
        assert_eq!(fitting(&rows(10, 3)), 3);
        assert_eq!(fitting(&rows(10, 5000)), ROWS_PER_STATEMENT);
        assert_eq!(fitting(&rows(100_000, 9)), 2);
        assert_eq!(fitting(&rows(10 * BYTES_PER_STATEMENT, 2)), 1);
        assert_eq!(fitting(&[]), 0);
    }
}
