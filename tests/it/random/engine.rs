//! What the compiler's SQL answers: everything of a case at once, naive or optimised.

use super::case::Case;
use crate::reference::value::Value;
use crate::reference::{Doubt, Table, Tables};
use duckdb::Connection;
use segc::diag::Diagnostics;
use segc::emit::{self, CheckKind, CheckQuery, EntityQuery, Role};
use segc::ir::{self, Selection};
use segc::model::{Model, SegmentId, TraitId};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::ops::Deref;
use std::path::Path;
use tempfile::TempDir;

/// Values by key, NULL is None.
pub(crate) type Column = BTreeMap<String, Option<String>>;

/// Everything that a project says about its people, by name.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Answers {
    /// Before suppression.
    pub(crate) segments: BTreeMap<String, BTreeSet<String>>,
    pub(crate) traits: BTreeMap<String, Column>,
    /// By entity.
    pub(crate) suppressed: BTreeMap<String, BTreeSet<String>>,
    /// By entity, where a segment leaves them out.
    pub(crate) held_out: BTreeMap<String, BTreeSet<String>>,
    /// What is wrong with the sources of keys to suppress, by entity.
    pub(crate) doubts: BTreeMap<String, BTreeSet<(String, Doubt)>>,
    /// All keys, by entity.
    pub(crate) everybody: BTreeMap<String, BTreeSet<String>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    Naive,
    /// As users get it.
    Optimised,
    /// That, with all apart that may stand apart.
    Apart,
}

/// A database in memory with the tables of a case. `planned` is whether the engine may improve its own plans, which takes it
/// most of the time.
pub(crate) fn database(tables: &Tables, planned: bool) -> Database {
    let database = Database {
        connection: Connection::open_in_memory().unwrap(),
        files: tempfile::tempdir().unwrap(),
    };
    let mut sql = String::from("set threads = 1; set autoload_known_extensions = false;\n");
    if !planned {
        sql.push_str("pragma disable_optimizer;\n");
    }
    let folder = database.files.path();
    let _ = writeln!(sql, "set file_search_path = '{}';", folder.display());
    for (name, table) in &tables.0 {
        sql.push_str(&fill(name, table, folder));
    }
    database
        .execute_batch(&sql)
        .unwrap_or_else(|e| panic!("{sql}\n{e}"));
    database
}

/// A database in memory, with the files of its lists.
pub(crate) struct Database {
    connection: Connection,
    files: TempDir,
}

impl Deref for Database {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        &self.connection
    }
}

/// SQL that makes a table with its rows; a list's file is written into `folder`.
pub(crate) fn fill(name: &str, table: &Table, folder: &Path) -> String {
    if !is_file(name) {
        return as_table(name, table);
    }
    let (create, insert) = (create("listed", table), insert("listed", table));
    let path = folder.join(name);
    let path = path.display();
    format!("{create}{insert}copy listed to '{path}';\ndrop table listed;\n")
}

/// SQL that makes a table of a file's rows.
fn as_table(name: &str, table: &Table) -> String {
    create(name, table) + &insert(name, table)
}

/// Whether a table's name is that of a file.
pub(crate) fn is_file(name: &str) -> bool {
    name.ends_with(".csv")
}

/// SQL that makes a table.
fn create(name: &str, table: &Table) -> String {
    let columns: Vec<String> = table
        .columns
        .iter()
        .map(|(name, ty)| {
            let ty = match ty.as_str() {
                "int" => "bigint",
                "float" => "double",
                "string" => "varchar",
                "timestamp" => "timestamptz",
                "datetime" => "timestamp",
                "json" => "varchar",
                "array<string>" => "varchar[]",
                "array<int>" => "bigint[]",
                other => other,
            };
            format!("\"{name}\" {ty}")
        })
        .collect();
    let schema = name.split_once('.');
    let schema = schema.map(|(schema, _)| format!("create schema if not exists {schema};\n"));
    format!(
        "{}create table {name} ({});\n",
        schema.unwrap_or_default(),
        columns.join(", ")
    )
}

/// SQL that fills a table.
fn insert(name: &str, table: &Table) -> String {
    let mut sql = String::new();
    for (n, row) in table.rows.iter().enumerate() {
        let values: Vec<String> = row.iter().map(literal).collect();
        let lead = if n == 0 {
            format!("insert into {name} values\n ")
        } else {
            ",\n ".to_owned()
        };
        let _ = write!(sql, "{lead} ({})", values.join(", "));
    }
    if !table.rows.is_empty() {
        sql.push_str(";\n");
    }
    sql
}

fn literal(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Text(text) => format!("'{}'", text.replace('\'', "''")),
        Value::Date(_) | Value::Instant(_) | Value::Local(..) => format!("'{value}'"),
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(literal).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Bool(_) | Value::Int(_) | Value::Decimal(..) | Value::Float(_) => value.to_string(),
    }
}

fn everything(model: &Model) -> Selection {
    let (segments, traits) = (model.segments.len() as u32, model.traits.len() as u32);
    Selection {
        segments: (0..segments).map(SegmentId).collect(),
        traits: (0..traits).map(TraitId).collect(),
        ..Selection::default()
    }
}

/// Whether anything may stand apart that does not for users.
pub(crate) fn may_stand_apart(model: &Model) -> bool {
    let plans = ir::lower(model, &everything(model));
    plans.iter().any(|p| crate::plan::apart(p, model).is_some())
}

/// Reads, compiles and runs; what is wrong otherwise.
pub(crate) fn answers(case: &Case, mode: Mode) -> Result<Answers, String> {
    // Nobody runs naive plans: the engine takes them as they are, which is faster.
    let database = database(&case.tables, mode != Mode::Naive);
    run(&database, &case.read()?.model, mode)
}

pub(crate) fn run(connection: &Connection, model: &Model, mode: Mode) -> Result<Answers, String> {
    run_selected(connection, model, &everything(model), mode)
}

pub(crate) fn run_selected(
    connection: &Connection,
    model: &Model,
    selection: &Selection,
    mode: Mode,
) -> Result<Answers, String> {
    let dialect = segc::dialect::find("duckdb").unwrap();
    let mut diags = Diagnostics::default();
    let mut answers = Answers::default();
    for plan in ir::lower(model, selection) {
        let plan = match mode {
            Mode::Naive => plan,
            Mode::Optimised => ir::optimize(plan, model, &dialect.costs(), &mut |_, _| {}),
            Mode::Apart => ir::optimize(plan, model, &crate::plan::APART, &mut |_, _| {}),
        };
        let query = emit::query(&plan, model, dialect, &mut diags);
        if diags.has_errors() {
            return Err("the dialect cannot say it".to_owned());
        }
        for statement in &query.prelude {
            connection
                .execute_batch(statement)
                .map_err(|e| e.to_string())?;
        }
        collect(connection, &query, model, &mut answers)
            .map_err(|e| format!("{e}\n{}", query.sql))?;
        if query.columns.iter().any(|c| c.role == Role::Suppressed) {
            let checks = emit::checks(&plan, model, dialect, &mut diags);
            let entity = model.entities[query.entity.0 as usize].name.clone();
            answers.doubts.insert(entity, doubts(connection, &checks)?);
        }
    }
    Ok(answers)
}

/// The checks of sources of keys that find something.
fn doubts(
    connection: &Connection,
    checks: &[CheckQuery],
) -> Result<BTreeSet<(String, Doubt)>, String> {
    let mut doubts = BTreeSet::new();
    for check in checks {
        let doubt = match check.kind {
            CheckKind::SuppressorFew(_) => Doubt::Few,
            CheckKind::SuppressorKeyNull => Doubt::NoKey,
            CheckKind::SuppressorStale => Doubt::Stale,
            CheckKind::EntityKeyNull
            | CheckKind::EntityKeyDuplicate
            | CheckKind::JoinDuplicate
            | CheckKind::TimeNull
            | CheckKind::ListKeyNull
            | CheckKind::Rows => continue,
        };
        let violations = connection.query_row(&check.sql, [], |row| row.get::<_, i64>(0));
        if violations.map_err(|e| format!("{e}\n{}", check.sql))? > 0 {
            // A missing key names its column, too.
            let source = check.what.split('.').next().unwrap();
            doubts.insert((source.to_owned(), doubt));
        }
    }
    Ok(doubts)
}

fn collect(
    connection: &Connection,
    query: &EntityQuery,
    model: &Model,
    answers: &mut Answers,
) -> duckdb::Result<()> {
    let entity = &model.entities[query.entity.0 as usize].name;
    let columns = query.columns.iter();
    let texts: Vec<String> = columns
        .map(|c| format!("cast(\"{}\" as varchar)", c.name))
        .collect();
    let sql = format!("select {} from (\n{}\n)", texts.join(", "), query.sql);
    let mut statement = connection.prepare(&sql)?;
    let mut rows = statement.query([])?;
    let key_at = query
        .columns
        .iter()
        .position(|c| c.role == Role::Key)
        .unwrap();
    for column in &query.columns {
        if let Role::Segment(id) = &column.role {
            let name = model.segments[id.0 as usize].name.clone();
            answers.segments.entry(name).or_default();
        }
    }
    answers.suppressed.entry(entity.clone()).or_default();
    answers.everybody.entry(entity.clone()).or_default();
    if query.columns.iter().any(|c| c.role == Role::HeldOut) {
        answers.held_out.entry(entity.clone()).or_default();
    }
    while let Some(row) = rows.next()? {
        let key: String = row.get(key_at)?;
        let fresh = answers
            .everybody
            .entry(entity.clone())
            .or_default()
            .insert(key.clone());
        assert!(fresh, "one row per entity");
        for (n, column) in query.columns.iter().enumerate() {
            let value: Option<String> = row.get(n)?;
            let holds = || value.as_deref().expect("a condition is never NULL") == "true";
            match &column.role {
                Role::Segment(id) => {
                    let name = &model.segments[id.0 as usize].name;
                    if holds() {
                        answers.segments.get_mut(name).unwrap().insert(key.clone());
                    }
                }
                Role::Suppressed if holds() => {
                    answers
                        .suppressed
                        .get_mut(entity)
                        .unwrap()
                        .insert(key.clone());
                }
                Role::HeldOut if holds() => {
                    answers
                        .held_out
                        .get_mut(entity)
                        .unwrap()
                        .insert(key.clone());
                }
                Role::Trait(id) => {
                    let name = model.traits[id.0 as usize].name.clone();
                    answers
                        .traits
                        .entry(name)
                        .or_default()
                        .insert(key.clone(), value);
                }
                _ => {}
            }
        }
    }
    Ok(())
}
