//! Writes a line of JSON per plan: the statement, the tables it reads, and DuckDB's answer.

use crate::functions;
use crate::random::case::{Case, Size};
use crate::random::{Dice, engine};
use crate::rows::{blocks, everything, model, run};
use duckdb::Connection;
use segc::diag::Diagnostics;
use segc::dialect::Dialect;
use segc::emit;
use segc::ir::{self, Plan, Selection};
use segc::model::{Model, TableSource, TraitId};
use serde_json::{Value as Json, json};
use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};

pub(super) const SIZE: Size = Size {
    sets: 2,
    populations: true,
    companies: 60,
    history: 60,
    holdout: 40,
    traits: 8,
    segments: 12,
    groups: 1,
    more: 2,
};

/// The dialects that something else than the embedded engine runs.
fn elsewhere() -> impl Iterator<Item = &'static dyn Dialect> {
    let here = segc::dialect::embedded().name();
    segc::dialect::ALL
        .iter()
        .copied()
        .filter(move |d| d.name() != here)
}

fn texts(connection: &Connection, sql: &str) -> Vec<Vec<Option<String>>> {
    let mut statement = connection.prepare(sql).unwrap();
    let mut rows = statement.query([]).unwrap();
    let mut out = Vec::new();
    while let Some(row) = rows.next().unwrap() {
        let columns = row.as_ref().column_count();
        out.push((0..columns).map(|n| row.get(n).unwrap()).collect());
    }
    out
}

/// Every table of the database, its columns' types as the engine names them, and its rows as texts (arrays as JSON).
pub(crate) fn tables(connection: &Connection) -> Vec<Json> {
    let names = texts(
        connection,
        "select schema_name, table_name from duckdb_tables() where not temporary order by all",
    );
    let one = |name: &Vec<Option<String>>| {
        let part = |n: usize| name[n].clone().unwrap();
        let (schema, table) = (part(0), part(1));
        let columns = texts(
            connection,
            &format!(
                "select column_name, data_type from duckdb_columns() \
                 where schema_name = '{schema}' and table_name = '{table}' order by column_index"
            ),
        );
        let text = |column: &Vec<Option<String>>| {
            let name = column[0].as_deref().unwrap().replace('"', "\"\"");
            if column[1].as_deref().unwrap().ends_with("[]") {
                format!("cast(to_json(\"{name}\") as varchar)")
            } else {
                format!("cast(\"{name}\" as varchar)")
            }
        };
        let selected: Vec<String> = columns.iter().map(text).collect();
        let rows = texts(
            connection,
            &format!(
                "select {} from \"{schema}\".\"{table}\"",
                selected.join(", ")
            ),
        );
        json!({"schema": schema, "name": table, "columns": columns, "rows": rows})
    };
    names.iter().map(one).collect()
}

/// What the model takes the columns of its tables for.
fn declared(model: &Model) -> Json {
    let mut out = serde_json::Map::new();
    for table in &model.tables {
        if let TableSource::Named(parts) = &table.source {
            let columns = table
                .columns
                .iter()
                .map(|c| (c.name.clone(), json!(c.ty.to_string())));
            out.insert(parts.join("."), Json::Object(columns.collect()));
        }
    }
    Json::Object(out)
}

/// How a case asks a warehouse: its plan as it was made, or as that warehouse is best asked.
pub(crate) struct Asked<'a> {
    pub(crate) naive: &'a Plan,
    pub(crate) optimised: bool,
}

impl Asked<'_> {
    fn plan(&self, model: &Model, dialect: &dyn Dialect) -> Plan {
        match self.optimised {
            true => ir::optimize(self.naive.clone(), model, &dialect.costs(), &mut |_, _| {}),
            false => self.naive.clone(),
        }
    }
}

/// The question in every other dialect. What one cannot say is told as such.
pub(crate) fn write(
    out: &mut impl std::io::Write,
    name: &str,
    asked: &Asked<'_>,
    model: &Model,
    tables: &[Json],
    answer: &Json,
) {
    for dialect in elsewhere() {
        let mut diags = Diagnostics::default();
        let query = emit::query(&asked.plan(model, dialect), model, dialect, &mut diags);
        let refused: Vec<String> = diags.iter().map(|d| d.message.clone()).collect();
        let columns: Vec<Json> = query
            .columns
            .iter()
            .map(|c| json!([c.name, c.ty.to_string()]))
            .collect();
        let line = json!({
            "name": name,
            "dialect": dialect.name(),
            "refused": refused,
            "prelude": query.prelude,
            "sql": query.sql,
            "columns": columns,
            "declared": declared(model),
            "tables": tables,
            "answer": answer,
        });
        writeln!(out, "{line}").unwrap();
    }
}

/// With the keys of lists, which a build reads from their files.
pub(super) fn with_lists(mut model: Model, connection: &Connection) -> Model {
    for table in &mut model.tables {
        if let (TableSource::File { path, .. }, Some(keys)) = (&table.source, &mut table.keys) {
            let sql = format!(
                "select distinct \"{0}\" from read_csv('{path}', all_varchar = true, header = true) where \"{0}\" is not null order by all",
                keys.column
            );
            let read = texts(connection, &sql);
            keys.values = Some(read.into_iter().flatten().flatten().collect());
        }
    }
    model
}

/// Every question of the row cases: a name, the case's folder, what is asked.
pub(super) fn row_cases() -> impl Iterator<Item = (String, PathBuf, Model)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/rows");
    let mut folders: Vec<PathBuf> = std::fs::read_dir(root)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    folders.sort();
    // Files are the embedded engine's alone.
    folders.retain(|folder| !folder.ends_with("nested_in_files"));
    folders.into_iter().flat_map(|folder| {
        let text = std::fs::read_to_string(folder.join("expected.txt")).unwrap();
        let case = folder.file_name().unwrap().to_string_lossy().into_owned();
        let models = blocks(&text)
            .iter()
            .map(|block| {
                with_lists(
                    model(&folder, block),
                    &Connection::open_in_memory().unwrap(),
                )
            })
            .collect::<Vec<Model>>();
        (0..)
            .zip(models)
            .map(move |(n, model): (usize, Model)| (format!("{case}:{n}"), folder.clone(), model))
    })
}

/// A file of lines, in the folder where they go.
fn file(name: &str) -> BufWriter<File> {
    let folder = std::env::var_os("SEGC_STATEMENTS").expect("SEGC_STATEMENTS names a folder");
    BufWriter::new(File::create(Path::new(&folder).join(name)).unwrap())
}

#[test]
#[ignore = "tests/warehouses/run asks for it, and judges what it writes"]
fn random_projects_are_written_down() {
    let mut out = file("random.jsonl");
    let setting = |name: &str, default: u64| {
        std::env::var(name).map_or(default, |text| text.parse::<u64>().unwrap())
    };
    let first = setting("SEGC_PROPTEST_SEED", 1);
    for seed in first..first + setting("SEGC_PROJECTS", 20) {
        let case = Case::new(&mut Dice::new(seed), SIZE);
        let Ok(read) = case.read() else { continue };
        let database = engine::database(&case.tables, true);
        let tables = tables(&database);
        let plans = ir::lower(&read.model, &everything(&read.model));
        for (n, plan) in plans.into_iter().enumerate() {
            let asked = Asked {
                naive: &plan,
                optimised: seed % 2 == 1,
            };
            let own = asked.plan(&read.model, segc::dialect::embedded());
            let answer = json!(run(&database, &own, &read.model));
            let model = with_lists(read.model.clone(), &database);
            write(
                &mut out,
                &format!("{seed}:{n}"),
                &asked,
                &model,
                &tables,
                &answer,
            );
        }
    }
    out.flush().unwrap();
}

#[test]
#[ignore = "tests/warehouses/run asks for it, and judges what it writes"]
fn the_functions_are_written_down() {
    let mut out = file("functions.jsonl");
    for (names, case) in functions::one_by_one() {
        let read = case.read().unwrap_or_else(|e| panic!("{names:?}: {e}"));
        let database = engine::database(&case.tables, true);
        let tables = tables(&database);
        for (n, name) in (0..).zip(&names) {
            let asked = Selection {
                traits: vec![TraitId(n)],
                ..Selection::default()
            };
            for plan in ir::lower(&read.model, &asked) {
                let answer = json!(run(&database, &plan, &read.model));
                let asked = Asked {
                    naive: &plan,
                    optimised: false,
                };
                write(&mut out, name, &asked, &read.model, &tables, &answer);
            }
        }
    }
    out.flush().unwrap();
}

#[test]
#[ignore = "tests/warehouses/run asks for it, and judges what it writes"]
fn the_row_cases_are_written_down() {
    let mut out = file("rows.jsonl");
    for (name, folder, model) in row_cases() {
        let connection = Connection::open_in_memory().unwrap();
        let setup = std::fs::read_to_string(folder.join("setup.sql")).unwrap();
        connection.execute_batch(&setup).unwrap();
        let tables = tables(&connection);
        for plan in ir::lower(&model, &everything(&model)) {
            let answer = json!(run(&connection, &plan, &model));
            let (naive, better) = (format!("{name}:naive"), format!("{name}:optimised"));
            for (name, optimised) in [(naive, false), (better, true)] {
                let asked = Asked {
                    naive: &plan,
                    optimised,
                };
                write(&mut out, &name, &asked, &model, &tables, &answer);
            }
        }
    }
    out.flush().unwrap();
}
