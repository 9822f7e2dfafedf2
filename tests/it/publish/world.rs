//! A database in memory, a table of customers, and builds over it.

use std::cell::Cell;

use segc::build::preview::preview;
use segc::build::results::results;
use segc::build::run::{Connect, Outcome, Progress, Request, Silent, publish};
use segc::diag::Diagnostics;
use segc::dialect::{self, Dialect};
use segc::emit::CheckQuery;
use segc::engine::duckdb::{DuckDb, Options};
use segc::engine::{Engine, Value};

use super::shop::{Seg, Shop, at};

/// That of these tests; another one for as long as [`as_script`] runs.
pub(super) fn dialect() -> &'static dyn Dialect {
    if AS_SCRIPT.get() {
        dialect::embedded_as_script()
    } else {
        dialect::embedded()
    }
}

std::thread_local! {
    static AS_SCRIPT: Cell<bool> = const { Cell::new(false) };
}

/// The same test for a warehouse that keeps no session.
pub(super) fn as_script(test: fn()) {
    AS_SCRIPT.set(true);
    test();
    AS_SCRIPT.set(false);
}

pub(super) struct World {
    pub(super) db: DuckDb,
    pub(super) shop: Shop,
    pub(super) checks: Vec<CheckQuery>,
    pub(super) progress: Box<dyn Progress>,
    pub(super) diags: Diagnostics,
    /// `run_results.json` of the last build.
    pub(super) results: serde_json::Value,
}

impl World {
    /// `rows`: (customer_id, email, vip)
    pub(super) fn new(rows: &str) -> Self {
        let db = DuckDb::open(&Options {
            threads: Some(1),
            ..Options::default()
        })
        .expect("a database in memory");
        Self::on(db, rows)
    }

    /// The same in a database without customers.
    pub(super) fn on(db: DuckDb, rows: &str) -> Self {
        let mut world = Self {
            db,
            shop: Shop::default(),
            checks: Vec::new(),
            progress: Box::new(Silent),
            diags: Diagnostics::default(),
            results: serde_json::Value::Null,
        };
        world.sql("create table customers (customer_id integer, email varchar, vip boolean)");
        world.sql(&format!("insert into customers values {rows}"));
        world
    }

    pub(super) fn sql(&mut self, sql: &str) {
        self.db
            .execute(sql)
            .unwrap_or_else(|e| panic!("{sql}: {e}"));
    }

    /// Rows as lines, values parted by `|`, NULL empty.
    pub(super) fn rows(&mut self, sql: &str) -> String {
        let rows = self.db.query(sql).unwrap_or_else(|e| panic!("{sql}: {e}"));
        let value = |v: &Value| match v {
            Value::Null => String::new(),
            Value::Boolean(v) => v.to_string(),
            Value::Int(v) => v.to_string(),
            Value::Float(v) => v.to_string(),
            Value::Text(v) => v.clone(),
        };
        let line = |row: &Vec<Value>| row.iter().map(value).collect::<Vec<_>>().join("|");
        rows.rows.iter().map(line).collect::<Vec<_>>().join("\n")
    }

    pub(super) fn columns(&mut self, relation: &str) -> String {
        self.rows(&format!(
            "select string_agg(column_name, ',' order by ordinal_position) from information_schema.columns \
             where table_schema = 'segments' and table_name = '{relation}'"
        ))
    }

    /// The codes of the last build's diagnostics.
    pub(super) fn codes(&self) -> String {
        let mut codes: Vec<_> = self.diags.iter().map(|d| d.code.id).collect();
        codes.sort_unstable();
        codes.join(" ")
    }

    pub(super) fn build(&mut self, segments: &[Seg], as_of: jiff::Timestamp) -> Outcome {
        let names: Vec<&str> = segments.iter().map(|s| s.name.as_str()).collect();
        self.go(segments, &names, true, as_of)
    }

    pub(super) fn select(
        &mut self,
        segments: &[Seg],
        names: &[&str],
        as_of: jiff::Timestamp,
    ) -> Outcome {
        self.go(segments, names, false, as_of)
    }

    fn go(
        &mut self,
        segments: &[Seg],
        names: &[&str],
        whole: bool,
        as_of: jiff::Timestamp,
    ) -> Outcome {
        let other = self.db.another().expect("a session");
        let mut connect = || {
            let engine = other.another()?;
            Ok(Box::new(engine) as Box<dyn Engine>)
        };
        self.go_with(segments, names, whole, as_of, &mut connect)
    }

    /// Builds over connections of the caller's making.
    pub(super) fn go_with(
        &mut self,
        segments: &[Seg],
        names: &[&str],
        whole: bool,
        as_of: jiff::Timestamp,
        connect: &mut Connect<'_>,
    ) -> Outcome {
        self.shop.runs += 1;
        self.diags = Diagnostics::default();
        let model = self.shop.model(segments, as_of);
        let policy = self.shop.policy(&model, names, whole);
        let queries = self.shop.queries(segments, &policy);
        let request = Request {
            model: &model,
            queries: &queries,
            checks: &self.checks,
            policy: &policy,
            dialect: dialect(),
        };
        let progress = self.progress.as_ref();
        let outcome = publish(request, connect, progress, &|| at(1000), &mut self.diags)
            .expect("a connection");
        let results = results(request, &outcome, self.diags.has_errors(), at(1000));
        self.results = serde_json::to_value(results).expect("plain structs");
        outcome
    }

    /// What a build would do.
    pub(super) fn plan(
        &mut self,
        segments: &[Seg],
        names: &[&str],
        whole: bool,
        as_of: jiff::Timestamp,
    ) -> Outcome {
        self.shop.runs += 1;
        self.diags = Diagnostics::default();
        let model = self.shop.model(segments, as_of);
        let policy = self.shop.policy(&model, names, whole);
        let queries = self.shop.queries(segments, &policy);
        let request = Request {
            model: &model,
            queries: &queries,
            checks: &self.checks,
            policy: &policy,
            dialect: dialect(),
        };
        let other = self.db.another().expect("a session");
        let mut connect = || Ok(Box::new(other.another()?) as Box<dyn Engine>);
        let progress = self.progress.as_ref();
        preview(request, 0, &mut connect, progress, &mut self.diags)
            .expect("a connection")
            .outcome
    }

    /// What must be true after every build.
    pub(super) fn invariants(&mut self) {
        assert_eq!(
            self.rows(
                "select count(*) from (select segment, entity_key from segments.customer_members except \
                 select segment, entity_key from segments.customer_history where valid_to is null)"
            ),
            "0",
            "members have an open stay"
        );
        assert_eq!(
            self.rows(
                "select count(*) from segments.customer_history a join segments.customer_history b \
                 on a.segment = b.segment and a.entity_key = b.entity_key and a.rowid < b.rowid \
                 and a.valid_from < coalesce(b.valid_to, timestamptz '9999-01-01') \
                 and b.valid_from < coalesce(a.valid_to, timestamptz '9999-01-01')"
            ),
            "0",
            "stays do not overlap"
        );
        assert_eq!(
            self.rows(
                "select count(*) from segments.customer_history where valid_to <= valid_from"
            ),
            "0",
            "no stay is empty"
        );
        assert_eq!(
            self.rows(
                "select (select count(*) from segments.customer_members) = \
                 (select count(*) from segments.customer_history where valid_to is null)"
            ),
            "true",
            "open stays are members"
        );
        assert_eq!(
            self.rows(
                "select (select max(epoch) from segments.segc_runs) = (select epoch from segments.segc_state) \
                 and (select count(epoch) from segments.segc_runs) = (select epoch from segments.segc_state)"
            ),
            "true",
            "epochs are dense"
        );
    }
}
