//! What the compiler takes, the engine takes: SQL of hostile projects, over tables with nothing in them and with a row of nulls.

use super::{Target, projects, seeds};
use duckdb::Connection;
use segc::diag::Diagnostics;
use segc::dialect::Dialect;
use segc::ir::Selection;
use segc::model::{Model, TableSource};
use segc::project::select::{Wanted, select};
use segc::source::SourceMap;
use segc::{emit, ir, testing};

/// Makes the project's tables, in the place where those of a test are; the statements that put a row into each.
fn tables(connection: &Connection, model: &Model, dialect: &dyn Dialect) -> Vec<String> {
    let mut made = Vec::new();
    for table in &model.tables {
        let (TableSource::Named(_), Some(name)) = (&table.source, dialect.table(table)) else {
            continue;
        };
        if table.columns.is_empty() {
            continue;
        }
        let columns = table.columns.iter();
        let columns: Vec<String> = columns
            .map(|c| format!("{} {}", dialect.quote(&c.name), dialect.type_name(&c.ty)))
            .collect();
        let sql = format!("create table {name} ({})", columns.join(", "));
        connection
            .execute_batch(&sql)
            .unwrap_or_else(|e| panic!("{e}\n{sql}"));
        made.push(format!(
            "insert into {name} values ({})",
            vec!["null"; columns.len()].join(", ")
        ));
    }
    made
}

/// Names of tables, functions and types of a warehouse's own SQL are its own affair.
fn speaks_for_itself(bytes: &[u8]) -> bool {
    bytes.windows(4).any(|w| w == b"sql:")
        && bytes.windows(6).any(|w| w == b"duckdb" || w == b"select")
}

#[test]
fn what_is_compiled_runs() {
    let folder = projects::Folder::new("base");
    for csv in seeds::csv_files().iter().take(2) {
        folder.put("a.csv", csv);
    }
    let dialect = segc::dialect::embedded();
    Target {
        name: "engine",
        test: "fuzz::engine::what_is_compiled_runs",
        memory: 4096,
        seeds: &projects::specs(),
        words: projects::KEYS,
        cases: 20,
        check: &|bytes| {
            folder.put_spec(bytes);
            if speaks_for_itself(bytes) {
                return;
            }
            let Some(model) = projects::through(&folder) else {
                return;
            };
            let model = testing::over_given(model);
            let mut sources = SourceMap::default();
            let mut diags = Diagnostics::default();
            let selection = select(&Wanted::default(), &model, &mut sources, &mut diags);
            let connection = Connection::open_in_memory().unwrap();
            connection
                .execute_batch("set threads = 1; attach ':memory:' as given")
                .unwrap();
            let made = tables(&connection, &model, dialect);
            for rows in 0..2 {
                for insert in made.iter().filter(|_| rows == 1) {
                    connection.execute_batch(insert).unwrap();
                }
                run(&connection, &model, &selection, dialect);
            }
        },
    }
    .run();
}

fn run(connection: &Connection, model: &Model, selection: &Selection, dialect: &dyn Dialect) {
    for plan in ir::lower(model, selection) {
        let better = ir::optimize(plan.clone(), model, &dialect.costs(), &mut |_, _| {});
        for plan in [plan, better] {
            let mut diags = Diagnostics::default();
            let query = emit::query(&plan, model, dialect, &mut diags);
            if diags.has_errors() {
                continue;
            }
            for statement in &query.prelude {
                connection.execute_batch(statement).unwrap();
            }
            let counted = format!("select count(*) from (\n{}\n)", query.sql);
            let asked = connection.query_row(&counted, [], |row| row.get::<_, i64>(0));
            assert!(asked.is_ok(), "{asked:?}\n{}", query.sql);
        }
    }
}
