//! What readers see: every relation of the output schema, read once, with the few facts beside them that no relation holds.

use std::collections::BTreeMap;

use segc::engine::duckdb::DuckDb;
use segc::engine::{Engine, Value};

pub(super) type Lines = Vec<Vec<String>>;

/// Rows as texts; NULL is `-`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Table {
    columns: Vec<String>,
    rows: Lines,
}

impl Table {
    /// Some columns of all rows, sorted; what is not there is empty.
    pub(super) fn pick(&self, columns: &[&str]) -> Lines {
        let place = |name: &&str| self.columns.iter().position(|c| c == name);
        let places: Vec<_> = columns.iter().map(place).collect();
        let cell = |row: &Vec<String>, place: &Option<usize>| {
            place.and_then(|p| row.get(p)).cloned().unwrap_or_default()
        };
        let pick = |row: &Vec<String>| places.iter().map(|p| cell(row, p)).collect();
        let mut lines: Lines = self.rows.iter().map(pick).collect();
        lines.sort();
        lines
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Seen {
    pub(super) tables: BTreeMap<String, Table>,
    /// Columns with their types, and the texts of views.
    pub(super) definitions: Lines,
    /// Staged tables, wherever they are.
    pub(super) staging: Lines,
    /// The checksum of the members, as the contract says.
    pub(super) checksum: String,
}

const CHECKSUM: &str = "select count(*) || ':' || sum(h) from (\
     select hash('customer', segment, entity_key, epoch_us(since), run_id) as h from segments.customer_members \
     union all select hash('account', segment, entity_key, epoch_us(since), run_id) from segments.account_members)";

/// The rows of a query.
fn ask(db: &mut DuckDb, sql: &str) -> Table {
    let text = |value: &Value| match value {
        Value::Null => "-".to_owned(),
        Value::Boolean(v) => v.to_string(),
        Value::Int(v) => v.to_string(),
        Value::Float(v) => v.to_string(),
        Value::Text(v) => v.clone(),
    };
    let found = db.query(sql).unwrap_or_else(|e| panic!("{sql}: {e}"));
    let row = |row: &Vec<Value>| row.iter().map(text).collect();
    let mut rows: Lines = found.rows.iter().map(row).collect();
    rows.sort();
    Table {
        columns: found.columns,
        rows,
    }
}

impl Seen {
    pub(super) fn read(db: &mut DuckDb) -> Self {
        let columns = "select table_name, column_name, data_type from duckdb_columns() \
             where schema_name = 'segments' and not internal order by table_name, column_index";
        let views =
            "select view_name, sql, comment from duckdb_views() where schema_name = 'segments'";
        let staging = "select table_name from duckdb_tables() where table_name like 'segc_stage%'";
        let mut seen = Self {
            definitions: ask(db, columns).rows,
            staging: ask(db, staging).rows,
            ..Self::default()
        };
        let mut names: Vec<String> = seen.definitions.iter().map(|row| row[0].clone()).collect();
        names.dedup();
        for name in names {
            let table = ask(db, &format!("from segments.{name}"));
            seen.tables.insert(name, table);
        }
        if seen.tables.contains_key("customer_members")
            && seen.tables.contains_key("account_members")
        {
            seen.checksum = ask(db, CHECKSUM).rows.concat().concat();
        }
        seen.definitions.extend(ask(db, views).rows);
        seen
    }

    /// Some columns of a relation.
    pub(super) fn of(&self, relation: &str, columns: &[&str]) -> Lines {
        let table = self.tables.get(relation);
        table.map(|table| table.pick(columns)).unwrap_or_default()
    }

    /// The names of published runs, by epoch.
    pub(super) fn runs(&self) -> Vec<(u64, String)> {
        let rows = self.of("segc_runs", &["epoch", "run_id", "status"]);
        let mut runs: Vec<(u64, String)> = rows
            .into_iter()
            .filter(|row| row[2] == "published")
            .map(|row| (row[0].parse().unwrap_or_default(), row[1].clone()))
            .collect();
        runs.sort();
        runs
    }

    /// As lines, with epochs for the names of runs: the same however often something was attempted. What says how often it
    /// was published is left out where `ledger` is false.
    pub(super) fn lines(&self, ledger: bool) -> Vec<String> {
        let runs = self.runs();
        let named = |text: &String| {
            let run = runs.iter().find(|(_, run)| run == text);
            run.map_or_else(|| text.clone(), |(epoch, _)| format!("epoch {epoch}"))
        };
        let mut lines = Vec::new();
        for (name, table) in &self.tables {
            if !ledger && ["segc_runs", "segc_state"].contains(&name.as_str()) {
                continue;
            }
            for row in &table.rows {
                let cells = table.columns.iter().zip(row);
                // The checksum is made of the names of runs as well.
                let cells = cells.filter(|(column, _)| *column != "members_checksum");
                let cells: Vec<String> = cells.map(|(_, cell)| named(cell)).collect();
                lines.push(format!("{name}: {}", cells.join("|")));
            }
        }
        lines.sort();
        let definitions = self.definitions.iter().chain(&self.staging);
        lines.extend(definitions.map(|row| row.join("|")));
        lines
    }
}

/// The lines that only one of the two has.
pub(super) fn differing(is: &[String], must: &[String]) -> Vec<String> {
    let beyond = |a: &[String], b: &[String], sign: char| -> Vec<String> {
        let lines = a.iter().filter(|line| !b.contains(line));
        lines.map(|line| format!("{sign} {line}")).collect()
    };
    [beyond(must, is, '-'), beyond(is, must, '+')].concat()
}
