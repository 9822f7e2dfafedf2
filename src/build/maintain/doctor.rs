//! What may be wrong with published tables: the questions to ask of them, and what is seen without asking. A finding carries the
//! stages that mend it; where it has none, it is for people to decide.

use super::owners::{Owner, entities, owner};
use super::{Change, stages};
use crate::build::ledger::ledger;
use crate::build::views::Views;
use crate::build::{Assertion, Kind, Policy, Published, Stage, entity_tables};
use crate::diag::codes::history as codes;
use crate::diag::{Code, Diagnostic};
use crate::dialect::Dialect;
use crate::model::Model;
use crate::statements::{
    Checksum, EntityTables, Ledger, Named, Pair, Sql, Statements, Traced, Twice,
};

/// The version of the contract that has `segc_run_sources`.
const SOURCES_ARE_RECORDED: u64 = 2;

/// Younger staging may be a running build's.
const STAGING_IS_OLD: jiff::SignedDuration = jiff::SignedDuration::from_hours(24);

/// A query of (how many, of what): every row is something wrong.
#[derive(Clone, Debug)]
pub struct Check {
    pub code: &'static Code,
    /// The table that it is about.
    pub relation: String,
    pub wrong: &'static str,
    pub help: &'static str,
    pub sql: String,
}

/// Something wrong.
#[derive(Clone, Debug)]
pub struct Finding {
    pub code: &'static Code,
    pub message: String,
    pub note: Option<String>,
    pub help: &'static str,
    /// What mends it, between the fence and the commit, and how that is told.
    pub repair: Vec<Stage>,
    pub mended: String,
}

impl Finding {
    #[must_use]
    pub fn diagnostic(&self) -> Diagnostic {
        let found = Diagnostic::error(self.code, self.message.clone()).help(self.help);
        match &self.note {
            Some(note) => found.note(note.clone()),
            None => found,
        }
    }

    fn unmended(code: &'static Code, message: String, help: &'static str) -> Self {
        Self {
            code,
            message,
            note: None,
            help,
            repair: Vec::new(),
            mended: String::new(),
        }
    }
}

impl Check {
    /// What it found: (how many, of what).
    #[must_use]
    pub fn finding(&self, found: &[(u64, String)]) -> Option<Finding> {
        let total: u64 = found.iter().map(|(n, _)| n).sum();
        let message = format!("`{}`: {} ({total})", self.relation, self.wrong);
        let names: Vec<&str> = found.iter().map(|(_, what)| what.as_str()).collect();
        (total > 0).then(|| Finding {
            note: Some(format!("in {}", crate::build::published::others(&names))),
            ..Finding::unmended(self.code, message, self.help)
        })
    }
}

/// Examines what is published, as far as that needs no query of its rows, and makes the queries that do.
pub struct Doctor<'a> {
    statements: Statements<'a>,
    model: &'a Model,
    policy: &'a Policy,
    published: &'a Published,
    ledger: Ledger,
}

impl<'a> Doctor<'a> {
    #[must_use]
    pub fn new(
        model: &'a Model,
        policy: &'a Policy,
        published: &'a Published,
        dialect: &'a dyn Dialect,
    ) -> Self {
        let statements = Statements::new(dialect);
        let ledger = ledger(
            &statements,
            model,
            policy,
            published,
            policy.started_at,
            &[],
        );
        Self {
            statements,
            model,
            policy,
            published,
            ledger,
        }
    }

    fn tables(&self, entity: &str) -> EntityTables {
        entity_tables(&self.statements, self.policy, self.published, entity, None)
    }

    fn relation(&self, name: &str) -> Sql {
        self.statements.relation(&self.policy.schema, name)
    }

    /// The ledger's tables, and entities whose members are there.
    fn has_ledger(&self) -> bool {
        let names = self.policy.names();
        [
            names.state(),
            names.runs(),
            names.run_segments(),
            names.catalog(),
        ]
        .iter()
        .all(|name| self.published.has(name))
    }

    /// The questions of the rows, those of the ledger first.
    #[must_use]
    pub fn checks(&self) -> Vec<Check> {
        let names = self.policy.names();
        if !self.has_ledger() {
            return Vec::new();
        }
        let check = |code, relation: &str, wrong, help, sql| Check {
            code,
            relation: relation.to_owned(),
            wrong,
            help,
            sql,
        };
        let ledger = |template| self.statements.render(template, &self.ledger);
        let mut checks = vec![
            check(
                &codes::LEDGER_BROKEN,
                &names.runs(),
                "epochs or runs are missing, or there twice",
                "restore the output schema as a whole from one backup",
                ledger("doctor_epochs"),
            ),
            check(
                &codes::LEDGER_BROKEN,
                &names.state(),
                "the state is not that of the last run",
                "restore the output schema as a whole from one backup",
                ledger("doctor_state"),
            ),
            self.checksum_check(),
            self.runs_of(&names.run_segments(), "run_id", false),
            self.runs_of(&names.catalog(), "run_id", true),
        ];
        if self.published.has(&names.run_sources()) {
            checks.push(self.runs_of(&names.run_sources(), "run_id", true));
        }
        for entity in entities(self.model, self.published) {
            checks.extend(self.entity_checks(entity));
        }
        checks
    }

    /// Whether the members are those of the last run.
    fn checksum_check(&self) -> Check {
        Check {
            code: &codes::MEMBERS_CHANGED,
            relation: self.policy.names().state(),
            wrong: "the members have another checksum than the last run's",
            help: "restore the output schema from a backup",
            sql: self.statements.render("doctor_checksum", &self.ledger),
        }
    }

    fn entity_checks(&self, entity: &str) -> Vec<Check> {
        let names = self.policy.names();
        let (members, history) = (names.of(entity, "members"), names.of(entity, "history"));
        let (traits, channels) = (names.of(entity, "traits"), names.of(entity, "channels"));
        let tables = self.tables(entity);
        let check = |code, relation: &str, wrong, help, template| Check {
            code,
            relation: relation.to_owned(),
            wrong,
            help,
            sql: self.statements.render(template, &tables),
        };
        let mut checks = Vec::new();
        if self.published.has(&members) {
            checks.push(self.twice(&members, &["segment", "entity_key"]));
            checks.push(self.runs_of(&members, "run_id", true));
            checks.push(check(
                &codes::CATALOG_DIFFERS,
                &members,
                "segments have other numbers of members than the catalog",
                "find out which one is right: the next build writes the catalog anew",
                "doctor_catalog",
            ));
        }
        if self.published.has(&history) {
            if self.published.has(&members) {
                checks.push(check(
                    &codes::STAYS_DIFFER,
                    &history,
                    "open stays are not the members",
                    "restore the history from a backup, unless the members are at fault",
                    "doctor_stays",
                ));
            }
            checks.push(check(
                &codes::STAYS_WRONG,
                &history,
                "stays overlap, are empty or half closed",
                "correct the rows, or restore the history from a backup",
                "doctor_overlaps",
            ));
            checks.push(check(
                &codes::STAYS_WRONG,
                &history,
                "stays have another time than their runs, or a segment that was never published",
                "restore the history from a backup",
                "doctor_times",
            ));
            checks.push(check(
                &codes::STAYS_WRONG,
                &history,
                "runs have other numbers of entries and exits than the ledger says",
                "restore the history from a backup",
                "doctor_counts",
            ));
            checks.push(self.runs_of(&history, "entered_run", true));
            checks.push(self.runs_of(&history, "exited_run", true));
        }
        if self.published.has(&traits) {
            checks.push(self.twice(&traits, &["entity_key"]));
            checks.push(self.runs_of(&traits, "run_id", true));
        }
        if self.published.has(&channels) {
            checks.push(self.twice(&channels, &["channel", "entity_key"]));
            checks.push(self.runs_of(&channels, "run_id", true));
        }
        checks
    }

    fn twice(&self, table: &str, by: &[&str]) -> Check {
        let what = match by {
            [what, _, ..] => self.statements.name(what),
            [_] | [] => self.statements.text("the table"),
        };
        let context = Twice {
            table: self.relation(table),
            by: by.iter().map(|name| self.statements.name(name)).collect(),
            what,
        };
        Check {
            code: &codes::ROWS_TWICE,
            relation: table.to_owned(),
            wrong: "rows are there twice, or have no key",
            help: "delete the rows that are too many",
            sql: self.statements.render("doctor_twice", &context),
        }
    }

    fn runs_of(&self, table: &str, column: &str, published: bool) -> Check {
        let context = Traced {
            table: self.relation(table),
            column: self.statements.name(column),
            runs: self.ledger.runs.clone(),
            published,
        };
        Check {
            code: &codes::UNKNOWN_RUN,
            relation: table.to_owned(),
            wrong: "rows are of runs that the ledger does not have as published",
            help: "restore the ledger that they are from, or delete the rows",
            sql: self.statements.render("doctor_runs", &context),
        }
    }

    /// What is seen without asking: tables that are gone, views that differ, relations that nobody owns. `now` tells old
    /// staging.
    #[must_use]
    pub fn seen(
        &self,
        now: jiff::Timestamp,
        age: &dyn Fn(&str) -> Option<jiff::Timestamp>,
    ) -> Vec<Finding> {
        let mut found = self.gone();
        if !found.is_empty() {
            // Views of tables that are gone cannot be made.
            return found;
        }
        found.extend(self.views());
        for relation in self.published.relations.keys() {
            match owner(relation, self.model, self.policy, self.published) {
                Owner::Nobody => found.push(Finding::unmended(
                    &codes::ORPHAN,
                    format!("nothing owns `{relation}`"),
                    "look at it, then drop or rename it: segc drops only what is provably its own",
                )),
                Owner::Staging(run) => {
                    let old = |at: jiff::Timestamp| now.duration_since(at) > STAGING_IS_OLD;
                    if age(&run).is_some_and(old) {
                        found.push(self.staging(relation));
                    }
                }
                Owner::Project | Owner::Retired(_) | Owner::NoChannel(_) | Owner::Foreign => {}
            }
        }
        found
    }

    /// Tables that the ledger needs.
    fn gone(&self) -> Vec<Finding> {
        let names = self.policy.names();
        let mut needed = vec![names.runs(), names.run_segments(), names.catalog()];
        let mut entities: Vec<&str> = (self.published.segments.iter())
            .map(|l| l.entity.as_str())
            .collect();
        entities.sort_unstable();
        entities.dedup();
        // Older tables have none until the next build.
        let state = self.published.state.as_ref();
        if state.is_some_and(|s| s.contract_version >= SOURCES_ARE_RECORDED) {
            needed.push(names.run_sources());
        }
        needed.extend(entities.iter().map(|name| names.of(name, "members")));
        let gone = needed.iter().filter(|name| !self.published.has(name));
        let finding = |name: &String| {
            Finding::unmended(
                &codes::TABLE_GONE,
                format!("there is no table `{name}`"),
                "restore the output schema from a backup before the next build",
            )
        };
        gone.map(finding).collect()
    }

    fn staging(&self, relation: &str) -> Finding {
        let context = Named {
            table: self.relation(relation),
        };
        Finding {
            code: &codes::STAGING_LEFT,
            message: format!("`{relation}` was left by a run more than a day ago"),
            note: None,
            help: "`segc doctor --repair` drops it",
            repair: vec![Stage {
                kind: Kind::Drop,
                subject: relation.to_owned(),
                sql: vec![self.statements.render("drop_table", &context)],
            }],
            mended: format!("dropped `{relation}`"),
        }
    }

    /// Views that are not as this project's definitions make them. A segment that was not built since its definition
    /// changed has the view of before, rightly.
    fn views(&self) -> Vec<Finding> {
        let views = Views {
            statements: &self.statements,
            policy: self.policy,
            published: self.published,
        };
        let names = self.policy.names();
        let mut stages: Vec<Stage> = views.segments(&self.ledger).into_iter().collect();
        for entity in &self.model.entities {
            let tables = self.tables(&entity.name);
            let table = names.of(&entity.name, "traits");
            let types = |column: &str| {
                let ty = self.published.column_type(&table, column);
                ty.unwrap_or_default().to_owned()
            };
            if self.published.has(&names.of(&entity.name, "history")) {
                stages.extend(views.changes(&entity.name, &tables));
            }
            for segment in &self.model.segments {
                let of = self.model.entities.get(segment.entity.index());
                if of.map(|e| &e.name) != Some(&entity.name) || !segment.enabled {
                    continue;
                }
                let last = self.published.last(&segment.name, &entity.name);
                if last.is_some_and(|l| l.definition_hash == segment.definition_hash) {
                    stages.extend(views.segment(self.model, entity, segment, &tables, &types));
                }
            }
            if self.policy.wide {
                stages.extend(views.wide_again(self.model, &entity.name, &tables));
            }
        }
        stages.into_iter().map(|stage| self.view(stage)).collect()
    }

    fn view(&self, stage: Stage) -> Finding {
        let there = self.published.has(&stage.subject);
        let what = if there {
            "is not as segc made it"
        } else {
            "is missing"
        };
        Finding {
            code: &codes::VIEW_DIFFERS,
            message: format!("view `{}` {what}", stage.subject),
            note: None,
            help: "`segc doctor --repair` makes it again, and so does the next build",
            mended: format!("made view `{}` again", stage.subject),
            repair: vec![stage],
        }
    }

    /// Members can be written again from the open stays where these have the ledger's checksum: the query that finds something
    /// where they have not, and the repair. None where an entity has no history.
    #[must_use]
    pub fn restoring(&self) -> Option<(String, Vec<Stage>)> {
        let names = self.policy.names();
        let mut stays = Checksum { tables: Vec::new() };
        let mut repair = Vec::new();
        for entity in entities(self.model, self.published) {
            let (members, history) = (names.of(entity, "members"), names.of(entity, "history"));
            if !self.published.has(&members) {
                continue;
            }
            if !self.published.has(&history) {
                return None;
            }
            let tables = self.tables(entity);
            stays.tables.push(Pair {
                name: self.statements.text(entity),
                sql: Sql(format!(
                    "(SELECT segment, entity_key, valid_from AS since, entered_run AS run_id FROM {} WHERE valid_to IS NULL)",
                    tables.history.0
                )),
            });
            let context = Named {
                table: tables.members.clone(),
            };
            repair.push(Stage {
                kind: Kind::InsertMembers,
                subject: members,
                sql: vec![
                    self.statements.render("delete_rows", &context),
                    self.statements.render("restore_members", &tables),
                ],
            });
        }
        if stays.tables.is_empty() {
            return None;
        }
        let asked = Ledger {
            checksum: Sql(self.statements.render("checksum", &stays)),
            ..self.ledger.clone()
        };
        Some((self.statements.render("doctor_checksum", &asked), repair))
    }

    /// Adds the repair of changed members to what was found of them.
    pub fn restores(&self, found: &mut [Finding], repair: Vec<Stage>) {
        if let Some(finding) = found
            .iter_mut()
            .find(|f| f.code.id == codes::MEMBERS_CHANGED.id)
        {
            finding.repair = repair;
            finding.help =
                "`segc doctor --repair` writes them again from the history, which is intact";
            finding.mended = "wrote the members again from the history".to_owned();
        }
    }

    /// The stages that mend everything that can be mended; none where nothing can.
    #[must_use]
    pub fn repair(&self, found: &[Finding], finished_at: jiff::Timestamp) -> Vec<Stage> {
        let mut changed: Vec<Stage> = found.iter().flat_map(|f| f.repair.clone()).collect();
        let mended: Vec<&str> = (found.iter())
            .filter(|f| !f.repair.is_empty())
            .map(|f| f.mended.as_str())
            .collect();
        if changed.is_empty() {
            return Vec::new();
        }
        if changed.iter().any(|s| s.kind == Kind::InsertMembers) {
            // The ledger has the checksum of the run before until the end of this one.
            let state = Ledger {
                state: self.before(),
                ..self.ledger.clone()
            };
            changed.push(Stage {
                kind: Kind::Assert(Assertion::Restored),
                subject: self.policy.names().state(),
                sql: vec![self.statements.render("doctor_checksum", &state)],
            });
        }
        let change = Change {
            staged: Vec::new(),
            changed,
            same_members: true,
            message: self
                .statements
                .text(&format!("repair: {}", mended.join(", "))),
        };
        stages(
            &self.statements,
            self.model,
            self.policy,
            self.published,
            finished_at,
            change,
        )
    }

    /// The state as it was before the fence, as far as a join with the ledger needs it.
    fn before(&self) -> Sql {
        let run = self
            .published
            .state
            .as_ref()
            .map_or("", |s| s.run_id.as_str());
        Sql(format!(
            "(SELECT {} AS run_id)",
            self.statements.text(run).0
        ))
    }
}
