//! How the answers are published: the second half of a run, from the first definition to the commit. Made after the
//! questions are staged, because published columns have exactly the types that the staged ones turned out to have.

use std::collections::BTreeMap;

use super::ledger::ledger;
use super::sources::{Source, recorded};
use super::tables::{CATALOG, RUN_SEGMENTS, RUN_SOURCES, RUNS, STATE, trait_columns};
use super::views::Views;
use super::{Assertion, Kind, Policy, Published, Stage, entity_tables, touched};
use crate::diag::{Diagnostic, Diagnostics, codes};
use crate::dialect::{Dialect, Publishes};
use crate::emit::{EntityQuery, Role};
use crate::expr::Type;
use crate::model::{Entity, Model};
use crate::statements::{
    ColumnChange, Definition, EntityTables, Ledger, Named, Pair, Sql, Statements,
};

/// The columns of the staged tables: entity → (column, the warehouse's name of its type).
pub type Staged = BTreeMap<String, Vec<(String, String)>>;

/// The stages that publish what was staged, in order; nothing where `diags` gets an error.
#[expect(
    clippy::too_many_arguments,
    reason = "the facts of a publication, no two of a kind"
)]
pub fn publication(
    model: &Model,
    queries: &[EntityQuery],
    policy: &Policy,
    published: &Published,
    staged: &Staged,
    sources: &[Source],
    finished_at: jiff::Timestamp,
    dialect: &dyn Dialect,
    diags: &mut Diagnostics,
) -> Vec<Stage> {
    let statements = Statements::new(dialect);
    let touched = touched(model, queries, policy, published);
    let mut ledger = ledger(&statements, model, policy, published, finished_at, &touched);
    ledger.sources = recorded(&statements, policy, sources);
    let run = Publication {
        statements: &statements,
        model,
        policy,
        published,
        staged,
        ledger,
    };
    let mut define = run.ledger_tables();
    let mut computed = Vec::new();
    let mut publish = Vec::new();
    let mut assert = Vec::new();
    for (name, entity, query) in &touched {
        let tables = entity_tables(&statements, policy, published, name, *query);
        let own = [&tables.stage, &tables.staged, &tables.changes];
        computed.extend(own.map(|table| run.drop(name, table.clone())));
        run.check_key_type(name, *entity, *query, diags);
        run.entity(
            name,
            *entity,
            *query,
            tables,
            &mut define,
            &mut publish,
            &mut assert,
        );
    }
    if diags.has_errors() {
        return Vec::new();
    }
    let mut stages = define;
    stages.push(run.stage(
        Kind::Fence,
        &policy.names().state(),
        &["fence"],
        &run.ledger,
    ));
    stages.extend(publish);
    stages.extend(assert);
    let mut record = vec!["record_run", "record_segments"];
    record.extend(["record_sources"].iter().filter(|_| !sources.is_empty()));
    record.extend(["delete_catalog", "insert_catalog"]);
    let runs = policy.names().runs();
    stages.push(run.stage(Kind::RecordRun, &runs, &record, &run.ledger));
    if dialect.publishes() == Publishes::InSession {
        // A commit writes out temporary tables, too, although the session ends with it: a CPU second for 300 segments of 250,000 people.
        stages.extend(computed);
    }
    stages.push(Stage {
        kind: Kind::Commit,
        subject: "transaction".to_owned(),
        sql: vec!["COMMIT".to_owned()],
    });
    stages
}

struct Publication<'a> {
    statements: &'a Statements<'a>,
    model: &'a Model,
    policy: &'a Policy,
    published: &'a Published,
    staged: &'a Staged,
    ledger: Ledger,
}

impl Publication<'_> {
    /// Takes away what was computed of an entity.
    fn drop(&self, entity: &str, table: Sql) -> Stage {
        self.stage(Kind::Drop, entity, &["drop_table"], &Named { table })
    }

    fn stage(
        &self,
        kind: Kind,
        subject: &str,
        templates: &[&str],
        context: &impl serde::Serialize,
    ) -> Stage {
        Stage {
            kind,
            subject: subject.to_owned(),
            sql: templates
                .iter()
                .map(|t| self.statements.render(t, context))
                .filter(|sql| !sql.is_empty())
                .collect(),
        }
    }

    /// The schema, the project's own tables, and the table of this run's counts.
    fn ledger_tables(&self) -> Vec<Stage> {
        let names = self.policy.names();
        let mut stages = Vec::new();
        // Where what is computed lies in the schema, it is there already.
        if self.published.state.is_none() && self.statements.publishes() == Publishes::InSession {
            stages.push(super::output_schema(self.statements, self.policy));
        }
        for (name, columns) in [
            (names.state(), STATE),
            (names.runs(), RUNS),
            (names.run_segments(), RUN_SEGMENTS),
            (names.run_sources(), RUN_SOURCES),
            (names.catalog(), CATALOG),
        ] {
            if self.published.has(&name) {
                stages.extend(self.new_columns(&name, columns));
                continue;
            }
            let (template, row) = if name == names.state() {
                ("create_state", self.first_state())
            } else {
                ("create_table", Vec::new())
            };
            let definition = Definition {
                table: self.statements.relation(&self.policy.schema, &name),
                columns: columns
                    .iter()
                    .map(|(name, ty)| Pair {
                        name: Sql((*name).to_owned()),
                        sql: self.statements.ty(ty),
                    })
                    .collect(),
                cluster: None,
                row,
            };
            stages.push(self.stage(Kind::EnsureTable, &name, &[template], &definition));
        }
        if self.published.state.is_none() && self.published.has(&names.state()) {
            stages.push(self.stage(
                Kind::EnsureTable,
                &names.state(),
                &["open_state"],
                &self.ledger,
            ));
        }
        stages.extend(self.views().segments(&self.ledger));
        stages.push(self.stage(Kind::Count, "segments", &["counts"], &self.ledger));
        stages
    }

    /// Before anything is published.
    fn first_state(&self) -> Vec<Sql> {
        vec![
            self.ledger.project.clone(),
            Sql("0".to_owned()),
            self.statements.text(""),
            Sql(self.ledger.contract_version.to_string()),
            self.ledger.finished_at.clone(),
        ]
    }

    /// Columns that an older segc did not know.
    fn new_columns(&self, table: &str, columns: &[(&str, Type)]) -> Vec<Stage> {
        let known = |column: &str| self.published.column_type(table, column).is_some();
        let missing = columns.iter().filter(|(column, _)| !known(column));
        missing
            .map(|(column, ty)| {
                let change = ColumnChange {
                    table: self.statements.relation(&self.policy.schema, table),
                    column: Sql((*column).to_owned()),
                    ty: self.statements.ty(ty),
                };
                self.stage(Kind::EnsureColumn, table, &["add_column"], &change)
            })
            .collect()
    }

    fn views(&self) -> Views<'_> {
        Views {
            statements: self.statements,
            policy: self.policy,
            published: self.published,
        }
    }

    /// Published keys and staged ones have one type, or nothing is compared.
    fn check_key_type(
        &self,
        name: &str,
        entity: Option<&Entity>,
        query: Option<&EntityQuery>,
        diags: &mut Diagnostics,
    ) {
        let members = self.policy.names().of(name, "members");
        let (Some(entity), Some(key)) =
            (entity, query.and_then(|q| super::column_of(q, &Role::Key)))
        else {
            return;
        };
        let now = self.staged_type(name, key);
        let then = self.published.column_type(&members, "entity_key");
        if let (Some(now), Some(then)) = (now, then)
            && now != then
        {
            diags.push(
                Diagnostic::error(
                    &codes::build::KEY_TYPE_CHANGED,
                    format!("the key of `{name}` is {now}, but `{members}` holds keys of type {then}"),
                )
                .at(entity.key_span, format!("this column is {now} now"))
                .help("give the column its former type back, or publish to another `outputs: {schema: …}`"),
            );
        }
    }

    fn staged_type(&self, entity: &str, column: &str) -> Option<&str> {
        self.staged
            .get(entity)?
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(column))
            .map(|(_, ty)| ty.as_str())
    }

    /// Everything about one entity.
    #[expect(
        clippy::too_many_arguments,
        reason = "three lists to fill, in three parts of the run"
    )]
    fn entity(
        &self,
        name: &str,
        entity: Option<&Entity>,
        query: Option<&EntityQuery>,
        mut tables: EntityTables,
        define: &mut Vec<Stage>,
        publish: &mut Vec<Stage>,
        assert: &mut Vec<Stage>,
    ) {
        let names = self.policy.names();
        let (members, history) = (names.of(name, "members"), names.of(name, "history"));
        let keeps_history = self.policy.history || self.published.has(&history);
        self.entity_tables(name, query, &tables, keeps_history, define);
        let answers = query.filter(|q| !q.asks_for_suppression_alone());
        if let (Some(entity), Some(query)) = (entity, answers) {
            // Of a date of the past only the tables are made, for views to read.
            let (backfill, mut past) = (self.policy.backfill, Vec::new());
            let rows = if backfill { &mut past } else { &mut *publish };
            self.traits(entity, query, tables.clone(), define, rows);
            self.channels(entity, query, tables.clone(), define, rows);
            self.entity_views(entity, query, &tables, keeps_history, define);
        }
        // Where nothing is asked any more, the view that is there loses its last columns.
        let has = |what| self.published.has(&names.of(name, what));
        if self.policy.wide && (answers.is_some() || has("wide") && has("traits")) {
            define.extend(self.views().wide(self.model, name, &tables));
        }
        tables.columns = Vec::new();
        if !self.published.has(&members) {
            // So that a preview, which makes no tables, asks the same.
            tables.before = Sql(format!(
                "(SELECT CAST(NULL AS {}) AS segment, entity_key FROM {} WHERE 1 = 0)",
                tables.text.0, tables.staged.0
            ));
        }
        let renames = self.policy.selected(self.model).any(|s| {
            super::published::entity_name(self.model, s) == name
                && self.published.renamed(s, name).is_some()
        });
        if renames {
            tables.before = Sql(format!(
                "(SELECT COALESCE(c.segment, m.segment) AS segment, m.entity_key FROM {} AS m \
                 LEFT JOIN {} AS c ON c.renamed_from = m.segment AND c.entity = {})",
                tables.members.0, tables.scope.0, tables.entity.0
            ));
            let mut all = vec!["rename_members", "rename_catalog"];
            all.extend(keeps_history.then_some("rename_history"));
            publish.push(self.stage(Kind::Rename, &members, &all, &tables));
        }
        define.push(self.stage(Kind::Diff, name, &["diff"], &tables));
        define.push(self.stage(Kind::Count, name, &["counts_rows"], &tables));
        if query.is_some() && !self.policy.backfill {
            define.push(self.stage(Kind::Guard, name, &["guard"], &tables));
            let withhold = ["guard_staged", "guard_changes"];
            define.push(self.stage(Kind::Withhold, name, &withhold, &tables));
        }
        if keeps_history {
            publish.push(self.stage(Kind::CloseStays, &history, &["close_stays"], &tables));
            publish.push(self.stage(Kind::OpenStays, &history, &["open_stays"], &tables));
        }
        publish.push(self.stage(Kind::DeleteMembers, &members, &["delete_members"], &tables));
        publish.push(self.stage(Kind::InsertMembers, &members, &["insert_members"], &tables));
        if tables.unwanted.is_some() {
            let catalog = names.catalog();
            publish.push(self.stage(Kind::Count, &catalog, &["recount_catalog"], &tables));
        }
        let mut check = |assertion, template| {
            assert.push(self.stage(Kind::Assert(assertion), name, &[template], &tables));
        };
        check(Assertion::Members, "assert_members");
        if keeps_history {
            check(Assertion::Stays, "assert_stays");
        }
        if tables.suppress_flag.is_some() {
            check(Assertion::Suppression, "assert_suppressed");
        }
        if tables.holdout_flag.is_some() {
            check(Assertion::Holdout, "assert_held_out");
        }
        for source in query.into_iter().flat_map(|q| &q.suppressors) {
            tables.suppressor = Sql(source.clone());
            let kind = Kind::Assert(Assertion::Unnamed);
            assert.push(self.stage(kind, name, &["assert_unnamed"], &tables));
        }
    }

    /// Members and history. A history that begins after its members takes over whom it finds.
    fn entity_tables(
        &self,
        name: &str,
        query: Option<&EntityQuery>,
        tables: &EntityTables,
        keeps_history: bool,
        define: &mut Vec<Stage>,
    ) {
        let names = self.policy.names();
        let (members, history) = (names.of(name, "members"), names.of(name, "history"));
        if !self.published.has(&members) {
            let columns = [
                self.text_column("segment"),
                self.key_column(name, query),
                self.instant_column("since"),
                self.text_column("run_id"),
            ];
            define.push(self.table(&members, &columns));
        }
        if keeps_history && !self.published.has(&history) {
            let columns = [
                self.text_column("segment"),
                self.key_column(name, query),
                self.instant_column("valid_from"),
                self.instant_column("valid_to"),
                self.text_column("entered_run"),
                self.text_column("exited_run"),
            ];
            define.push(self.table(&history, &columns));
            if self.published.has(&members) {
                define.push(self.stage(Kind::OpenStays, &history, &["adopt_stays"], tables));
            }
        }
    }

    /// A published table. Its columns' types are written out: `templates/stage_members.sql` says why it is not made of an
    /// empty SELECT.
    fn table(&self, name: &str, columns: &[Pair]) -> Stage {
        let definition = Definition {
            table: self.statements.relation(&self.policy.schema, name),
            columns: columns.to_vec(),
            cluster: (columns.first())
                .map(|first| first.name.clone())
                .filter(|name| name.0 == "segment"),
            row: Vec::new(),
        };
        self.stage(Kind::EnsureTable, name, &["create_table"], &definition)
    }

    fn text_column(&self, name: &str) -> Pair {
        self.typed_column(name, &Type::String)
    }

    fn instant_column(&self, name: &str) -> Pair {
        self.typed_column(name, &Type::Timestamp)
    }

    fn typed_column(&self, name: &str, ty: &Type) -> Pair {
        Pair {
            name: Sql(name.to_owned()),
            sql: self.statements.ty(ty),
        }
    }

    /// The key, with the staged type; that of the members where nothing is staged.
    fn key_column(&self, entity: &str, query: Option<&EntityQuery>) -> Pair {
        let members = self.policy.names().of(entity, "members");
        let declared = || {
            let entity = self.model.entities.iter().find(|e| e.name == entity);
            self.statements
                .ty(entity.map_or(&Type::String, |e| &e.key_type))
        };
        let sql = query
            .and_then(|q| super::column_of(q, &Role::Key))
            .and_then(|key| self.staged_type(entity, key))
            .or_else(|| self.published.column_type(&members, "entity_key"))
            .map_or_else(declared, |ty| Sql(ty.to_owned()));
        Pair {
            name: Sql("entity_key".to_owned()),
            sql,
        }
    }

    /// A staged column under its published name, with the staged type.
    fn staged_column(
        &self,
        entity: &str,
        query: &EntityQuery,
        published: &str,
        staged: &str,
    ) -> Pair {
        let declared = || {
            let column = query.columns.iter().find(|c| c.name == staged);
            self.statements.ty(column.map_or(&Type::String, |c| &c.ty))
        };
        Pair {
            name: self.statements.name(published),
            sql: self
                .staged_type(entity, staged)
                .map_or_else(declared, |ty| Sql(ty.to_owned())),
        }
    }

    /// The traits table: its definition (missing columns are added, changed ones get their new type) and its rows.
    fn traits(
        &self,
        entity: &Entity,
        query: &EntityQuery,
        mut tables: EntityTables,
        define: &mut Vec<Stage>,
        publish: &mut Vec<Stage>,
    ) {
        let name = self.policy.names().of(&entity.name, "traits");
        let columns = trait_columns(self.model, entity, query);
        tables.columns = columns
            .iter()
            .map(|(published, staged)| Pair {
                name: self.statements.name(published),
                sql: self.statements.name(staged),
            })
            .collect();
        let opaque = |staged: &str| {
            let ty = self.staged_type(&entity.name, staged);
            ty.is_some_and(|ty| !self.statements.compares(ty))
        };
        tables.opaque = (columns.iter())
            .filter(|(_, staged)| opaque(staged))
            .map(|(published, _)| self.statements.name(published))
            .collect();
        if let Some(known) = self.published.relations.get(&name) {
            tables.left_columns = super::tables::left_columns(known, &columns)
                .map(|column| self.statements.name(column))
                .collect();
            for (published, staged) in &columns {
                define.extend(self.column(entity, &name, published, staged));
            }
        } else {
            let mut all = vec![self.key_column(&entity.name, Some(query))];
            all.extend(columns.iter().map(|(published, staged)| {
                self.staged_column(&entity.name, query, published, staged)
            }));
            all.push(self.instant_column("as_of"));
            all.push(self.text_column("run_id"));
            define.push(self.table(&name, &all));
        }
        // Without a column of its own a row differs from none.
        let templates: &[&str] = if tables.whole || columns.is_empty() {
            &["delete_traits", "insert_traits"]
        } else {
            &["delete_traits", "update_traits", "insert_traits"]
        };
        publish.push(self.stage(Kind::Traits, &name, templates, &tables));
    }

    /// Adds or changes one column of a traits table.
    fn column(&self, entity: &Entity, table: &str, published: &str, staged: &str) -> Option<Stage> {
        let now = self.staged_type(&entity.name, staged)?;
        let templates: &[&str] = match self.published.column_type(table, published) {
            Some(then) if then == now => return None,
            Some(_) => &["retype_column", "retyped_column"],
            None => &["add_column"],
        };
        let change = ColumnChange {
            table: self.statements.relation(&self.policy.schema, table),
            column: self.statements.name(published),
            ty: Sql(now.to_owned()),
        };
        let subject = format!("{table}.{published}");
        Some(self.stage(Kind::EnsureColumn, &subject, templates, &change))
    }

    /// Who can be reached where, at this run.
    fn channels(
        &self,
        entity: &Entity,
        query: &EntityQuery,
        mut tables: EntityTables,
        define: &mut Vec<Stage>,
        publish: &mut Vec<Stage>,
    ) {
        tables.columns = query
            .columns
            .iter()
            .filter_map(|column| match &column.role {
                Role::Channel(n) => Some(Pair {
                    name: self.statements.text(&entity.channels.get(*n)?.name),
                    sql: self.statements.name(&column.name),
                }),
                Role::Key
                | Role::Segment(_)
                | Role::Trait(_)
                | Role::Exposed(_)
                | Role::Suppressed
                | Role::HeldOut
                | Role::Asked => None,
            })
            .collect();
        let name = self.policy.names().of(&entity.name, "channels");
        if tables.columns.is_empty() {
            // No channel is left: views of former ones must not go on with what held then.
            if self.policy.whole && self.published.has(&name) {
                publish.push(self.stage(Kind::Channels, &name, &["delete_channels"], &tables));
            }
            return;
        }
        if !self.published.has(&name) {
            let columns = [
                self.key_column(&entity.name, Some(query)),
                self.text_column("channel"),
                self.text_column("run_id"),
            ];
            define.push(self.table(&name, &columns));
        }
        publish.push(self.stage(
            Kind::Channels,
            &name,
            &["delete_channels", "insert_channels"],
            &tables,
        ));
    }

    fn entity_views(
        &self,
        entity: &Entity,
        query: &EntityQuery,
        tables: &EntityTables,
        keeps_history: bool,
        define: &mut Vec<Stage>,
    ) {
        let views = self.views();
        if keeps_history {
            define.extend(views.changes(&entity.name, tables));
        }
        let columns = trait_columns(self.model, entity, query);
        let types = |published: &str| {
            columns
                .iter()
                .find(|(name, _)| name == published)
                .and_then(|(_, staged)| self.staged_type(&entity.name, staged))
                .unwrap_or_default()
                .to_owned()
        };
        for segment in self.policy.selected(self.model) {
            if segment.entity == query.entity {
                define.extend(views.segment(self.model, entity, segment, tables, &types));
            }
        }
    }
}
