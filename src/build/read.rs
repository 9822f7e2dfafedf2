//! Reads what a target holds: the published state, the columns that were staged, and the word of the ledger on a run.
//! Reads alone; nothing is concluded here.

use super::backfill::{Answer, BACKFILL};
use super::guards::Guard;
use super::ledger::ledger;
use super::preview::ChangedKey;
use super::publish::Staged;
use super::published::{LastRun, State, entity_name};
use super::script::script;
use super::sources::LastCount;
use super::sweep::is_left;
use super::tables::PARTS;
use super::{Policy, Published, Stage, stage_of, staging_name};
use crate::dialect::{Dialect, Publishes};
use crate::engine::{Engine, EngineError, EngineErrorKind, Value};
use crate::model::Model;
use crate::statements::{KeySample, Ledger, Named, Past, StageName, Statements};
use std::collections::BTreeSet;

/// Relation → (column, type as the warehouse names it).
type Relations = std::collections::BTreeMap<String, Vec<(String, String)>>;

/// Reads the ledger and the definitions of the output schema.
pub struct Reader<'a> {
    statements: Statements<'a>,
    ledger: Ledger,
    policy: &'a Policy,
    project: String,
    /// Segments with a former name: name, former name, entity.
    renamed: Vec<[String; 3]>,
}

/// A row of `segc_run_segments`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SegmentCounts {
    pub segment: String,
    pub entity: String,
    pub kind: String,
    pub members: u64,
    pub entered: u64,
    pub exited: u64,
    pub suppressed: u64,
    pub held_out: u64,
    pub population: u64,
    pub status: String,
    /// Why it was refused, or let through.
    pub message: Option<String>,
    /// The bound that it is beyond; the ledger has only the words.
    pub guard: Option<Guard>,
}

impl<'a> Reader<'a> {
    #[must_use]
    pub fn new(model: &Model, policy: &'a Policy, dialect: &'a dyn Dialect) -> Self {
        let statements = Statements::new(dialect);
        let ledger = ledger(
            &statements,
            model,
            policy,
            &Published::default(),
            policy.started_at,
            &[],
        );
        Self {
            statements,
            ledger,
            policy,
            project: model.project.clone(),
            renamed: (model.segments.iter())
                .filter_map(|s| {
                    let (former, _) = s.upkeep.renamed_from.clone()?;
                    Some([s.name.clone(), former, entity_name(model, s).to_owned()])
                })
                .collect(),
        }
    }

    fn query(
        &self,
        engine: &mut dyn Engine,
        template: &str,
    ) -> Result<Vec<Vec<Value>>, EngineError> {
        let sql = self.statements.render(template, &self.ledger);
        Ok(engine.query(&sql)?.rows)
    }

    /// Everything that is published.
    ///
    /// # Errors
    /// The warehouse's, or a row that no segc wrote.
    pub fn published(&self, engine: &mut dyn Engine) -> Result<Published, EngineError> {
        let names = self.policy.names();
        // The state comes first: what another run publishes between it and the rest is then behind the fence. An error may
        // mean no more than that nothing is published yet.
        let state = self.state(engine);
        let mut published = Published {
            relations: self.relations(engine)?,
            ..Published::default()
        };
        if published.has(&names.state()) {
            published.state = state.or_else(|_| self.state(engine))?;
        }
        if !published.relations.is_empty() {
            for row in self.query(engine, "read_views")? {
                if let [view, Value::Text(comment)] = row.as_slice() {
                    published.comments.insert(text(view), comment.clone());
                }
            }
        }
        if published.has(&names.runs()) && published.has(&names.run_segments()) {
            for row in self.query(engine, "read_segments")? {
                match row.as_slice() {
                    [segment, _, _, _, status, ..] if text(status) == "never" => {
                        published.only_refused.insert(text(segment));
                    }
                    row => published.segments.push(last_run(row)?),
                }
            }
        }
        published.pasts = self.pasts(&published, engine)?;
        if published.has(&names.runs()) && published.has(&names.run_sources()) {
            for row in self.query(engine, "read_sources")? {
                let (source, last) = last_count(&row)?;
                published.sources.insert(source, last);
            }
        }
        if published.column_type(&names.catalog(), PARTS.0).is_some() {
            for row in self.query(engine, "read_parts")? {
                if let [segment, entity, parts] = row.as_slice() {
                    let of = (text(segment), text(entity));
                    published.parts.insert(of, text(parts));
                }
            }
        }
        Ok(published)
    }

    /// See [`Published::pasts`].
    fn pasts(
        &self,
        published: &Published,
        engine: &mut dyn Engine,
    ) -> Result<BTreeSet<(String, String)>, EngineError> {
        let mut pasts = BTreeSet::new();
        for [name, former, entity] in &self.renamed {
            let history = self.policy.names().of(entity, "history");
            if published.last(name, entity).is_some() || !published.has(&history) {
                continue;
            }
            let past = Past {
                history: self.statements.relation(&self.policy.schema, &history),
                segments: [name, former].map(|s| self.statements.text(s)).to_vec(),
            };
            let sql = self.statements.render("pruned_history", &past);
            for row in engine.query(&sql)?.rows {
                pasts.extend(row.iter().map(|segment| (text(segment), entity.clone())));
            }
        }
        Ok(pasts)
    }

    /// The relations of the output schema and their columns.
    fn relations(&self, engine: &mut dyn Engine) -> Result<Relations, EngineError> {
        let mut relations = Relations::new();
        let rows = match self.query(engine, "read_columns") {
            Err(error) if self.statements.has_no_schema(&error.message) => Vec::new(),
            rows => rows?,
        };
        for row in rows {
            let [table, column, ty] = row.as_slice() else {
                return Err(strange("a column's description"));
            };
            let columns: &mut Vec<_> = relations.entry(text(table)).or_default();
            columns.push((text(column), text(ty)));
        }
        Ok(relations)
    }

    /// How runs of this reader's dialect are published.
    #[must_use]
    pub fn publishes(&self) -> Publishes {
        self.statements.publishes()
    }

    /// A publication as one request, made of this epoch.
    pub(super) fn script(&self, stages: &[Stage], base: u64) -> Vec<String> {
        script(stages, &self.fenced(base), &self.statements)
    }

    /// Drops the tables of this run's own, and those that dead ones have left.
    pub(super) fn drop_left(&self, engine: &mut dyn Engine) -> Result<(), EngineError> {
        let relations = self.relations(engine)?;
        let left = relations.keys().filter(|name| is_left(self.policy, name));
        for name in left {
            let table = self.statements.relation(&self.policy.schema, name);
            engine.execute(&self.statements.render("drop_table", &Named { table }))?;
        }
        Ok(())
    }

    /// What the ledger says after a run: the epoch under which it has this run as published, and the state. Where there
    /// is no ledger, nothing was ever published.
    ///
    /// # Errors
    /// The warehouse's: then nothing is known.
    pub fn verdict(
        &self,
        engine: &mut dyn Engine,
    ) -> Result<(Option<u64>, Option<State>), EngineError> {
        let names = self.policy.names();
        let relations = self.relations(engine)?;
        let run = match relations.contains_key(&names.runs()) {
            true => self.run(engine)?,
            false => None,
        };
        let state = match relations.contains_key(&names.state()) {
            true => self.state(engine)?,
            false => None,
        };
        Ok((run, state))
    }

    /// Every published answer of every segment, in the order of epochs.
    ///
    /// # Errors
    /// As [`Self::published`].
    pub fn answers(&self, engine: &mut dyn Engine) -> Result<Vec<Answer>, EngineError> {
        let rows = self.query(engine, "read_answers")?;
        rows.iter().map(|row| answer(row)).collect()
    }

    /// The query of what the ledger says of the run.
    pub(super) fn message(&self) -> String {
        self.statements.render("read_message", &self.ledger)
    }

    /// The run's id, as a literal.
    #[must_use]
    pub fn run_id(&self) -> &str {
        &self.ledger.run_id.0
    }

    /// The ledger's table.
    #[must_use]
    pub fn runs(&self) -> &str {
        &self.ledger.runs.0
    }

    fn state(&self, engine: &mut dyn Engine) -> Result<Option<State>, EngineError> {
        let rows = self.query(engine, "read_state")?;
        let Some(row) = rows.first() else {
            return Ok(None);
        };
        let [project, epoch, run_id, contract_version] = row.as_slice() else {
            return Err(strange("the state"));
        };
        Ok(Some(State {
            project: text(project),
            epoch: number(epoch)?,
            run_id: text(run_id),
            contract_version: number(contract_version)?,
        }))
    }

    fn run(&self, engine: &mut dyn Engine) -> Result<Option<u64>, EngineError> {
        let rows = self.query(engine, "read_run")?;
        match rows.first().map(Vec::as_slice) {
            Some([epoch, Value::Text(status)]) if status == "published" => Ok(Some(number(epoch)?)),
            Some(_) | None => Ok(None),
        }
    }

    /// What a run counted.
    ///
    /// # Errors
    /// As [`Self::published`].
    pub fn counts(
        &self,
        engine: &mut dyn Engine,
        run_id: &str,
    ) -> Result<Vec<SegmentCounts>, EngineError> {
        let ledger = Ledger {
            run_id: self.statements.text(run_id),
            ..self.ledger.clone()
        };
        let sql = self.statements.render("read_run_segments", &ledger);
        engine.query(&sql)?.rows.iter().map(|r| counts(r)).collect()
    }

    /// Writes a run that was refused into the ledger; where there is none, nobody reads one.
    ///
    /// # Errors
    /// The warehouse's.
    pub fn refuse(
        &self,
        engine: &mut dyn Engine,
        finished_at: jiff::Timestamp,
        message: &str,
    ) -> Result<(), EngineError> {
        let (_, state) = self.verdict(engine)?;
        // Of others, and of a newer segc, nothing is written.
        let ours = |s: &State| {
            s.project == self.project && s.contract_version <= super::tables::CONTRACT_VERSION
        };
        if !state.as_ref().is_some_and(ours) {
            return Ok(());
        }
        let ledger = Ledger {
            message: self.statements.text(message),
            finished_at: self.statements.instant(finished_at),
            ..self.ledger.clone()
        };
        let sql = self.statements.render("record_refusal", &ledger);
        engine.execute(&sql)
    }

    /// The query of what the fence of this run missed, if it was made of this epoch: 0 or 1.
    fn fenced(&self, base: u64) -> String {
        let ledger = Ledger {
            base,
            ..self.ledger.clone()
        };
        self.statements.render("fenced", &ledger)
    }

    /// What the run that is under way in this session has counted.
    ///
    /// # Errors
    /// As [`Self::published`].
    pub fn counted(&self, engine: &mut dyn Engine) -> Result<Vec<SegmentCounts>, EngineError> {
        let rows = self.query(engine, "read_counted")?;
        rows.iter().map(|r| counts(r)).collect()
    }

    /// Keys of some who enter and exit segments of an entity, by key.
    ///
    /// # Errors
    /// The warehouse's.
    pub fn changed_keys(
        &self,
        engine: &mut dyn Engine,
        entity: &str,
        limit: u32,
    ) -> Result<Vec<ChangedKey>, EngineError> {
        let changes = staging_name(self.policy, &format!("c_{entity}"));
        let context = KeySample {
            changes: self.statements.staging(&self.policy.schema, &changes),
            text: self.statements.ty(&crate::expr::Type::String),
            limit,
        };
        let rows = engine
            .query(&self.statements.render("changed_keys", &context))?
            .rows;
        let key = |row: &Vec<Value>| match row.as_slice() {
            [segment, change, key] => Ok(ChangedKey {
                entity: entity.to_owned(),
                segment: text(segment),
                change: text(change),
                key: text(key),
            }),
            _ => Err(strange("a key")),
        };
        rows.iter().map(key).collect()
    }

    /// The columns of an entity's staged table.
    ///
    /// # Errors
    /// The warehouse's.
    pub fn staged(
        &self,
        engine: &mut dyn Engine,
        entities: &[&str],
    ) -> Result<Staged, EngineError> {
        let mut staged = Staged::new();
        for entity in entities {
            let name = StageName {
                dataset: self.statements.name(&self.policy.schema),
                schema: self.statements.stored(&self.policy.schema),
                name: self.statements.stored(&stage_of(self.policy, entity)),
            };
            let rows = engine
                .query(&self.statements.render("read_stage", &name))?
                .rows;
            let columns = rows
                .iter()
                .filter_map(|row| match row.as_slice() {
                    [column, ty] => Some((text(column), text(ty))),
                    _ => None,
                })
                .collect();
            staged.insert((*entity).to_owned(), columns);
        }
        Ok(staged)
    }
}

fn last_run(row: &[Value]) -> Result<LastRun, EngineError> {
    let [
        segment,
        entity,
        kind,
        hash,
        status,
        as_of,
        touched,
        run_id,
        project,
        selection,
    ] = row
    else {
        return Err(strange("a published segment"));
    };
    // What it asks was not published, as of no instant.
    let refused = text(status) == "refused";
    Ok(LastRun {
        segment: text(segment),
        entity: text(entity),
        kind: text(kind),
        definition_hash: if refused { String::new() } else { text(hash) },
        retired: text(status) == "retired",
        as_of: if refused {
            jiff::Timestamp::MIN
        } else {
            instant(as_of)?
        },
        touched: instant(touched)?,
        run_id: text(run_id),
        project_hash: text(project),
        selection: (*selection != Value::Null).then(|| text(selection)),
    })
}

/// By its kind and name.
fn last_count(row: &[Value]) -> Result<((String, String), LastCount), EngineError> {
    let [source, kind, rows, matched, run_id] = row else {
        return Err(strange("a source"));
    };
    let last = LastCount {
        rows: number(rows)?,
        matched: count_or_none(matched)?,
        run_id: text(run_id),
    };
    Ok(((text(kind), text(source)), last))
}

/// A count, where there is one.
pub(super) fn count_or_none(value: &Value) -> Result<Option<u64>, EngineError> {
    match value {
        Value::Null => Ok(None),
        Value::Boolean(_) | Value::Int(_) | Value::Float(_) | Value::Text(_) => {
            number(value).map(Some)
        }
    }
}

fn answer(row: &[Value]) -> Result<Answer, EngineError> {
    let [segment, entity, as_of, hash, selection] = row else {
        return Err(strange("a published segment"));
    };
    Ok(Answer {
        segment: text(segment),
        entity: text(entity),
        as_of: instant(as_of)?,
        definition_hash: text(hash),
        backfilled: *selection != Value::Null && text(selection).starts_with(BACKFILL),
    })
}

fn instant(at: &Value) -> Result<jiff::Timestamp, EngineError> {
    let parsed = text(at).parse();
    parsed.map_err(|_| strange("the as_of of a run"))
}

fn counts(row: &[Value]) -> Result<SegmentCounts, EngineError> {
    let [
        segment,
        entity,
        kind,
        members,
        entered,
        exited,
        suppressed,
        held_out,
        population,
        status,
        message,
        guard,
    ] = row
    else {
        return Err(strange("a segment's counts"));
    };
    Ok(SegmentCounts {
        segment: text(segment),
        entity: text(entity),
        kind: text(kind),
        members: number(members)?,
        entered: number(entered)?,
        exited: number(exited)?,
        suppressed: number(suppressed)?,
        held_out: number(held_out)?,
        population: number(population)?,
        status: text(status),
        message: (*message != Value::Null).then(|| text(message)),
        guard: Guard::of(&text(guard)),
    })
}

/// A value as text; NULL is empty.
pub fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::Boolean(v) => v.to_string(),
        Value::Int(v) => v.to_string(),
        Value::Float(v) => v.to_string(),
        Value::Text(v) => v.clone(),
    }
}

/// A count.
/// # Errors
/// It is none.
pub fn number(value: &Value) -> Result<u64, EngineError> {
    match value {
        Value::Int(v) => u64::try_from(*v).map_err(|_| strange("a count")),
        Value::Text(v) => v.parse().map_err(|_| strange("a count")),
        Value::Null | Value::Boolean(_) | Value::Float(_) => Err(strange("a count")),
    }
}

fn strange(what: &str) -> EngineError {
    EngineError {
        kind: EngineErrorKind::Statement,
        message: format!(
            "{what} in the output schema is not as segc writes it: was it edited by hand?"
        ),
    }
}
