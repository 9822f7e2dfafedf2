//! The client against a BigQuery that is there: Google's own, or an emulator. Not part of a usual run:
//!
//! ```text
//! SEGC_BIGQUERY_PROJECT=my-project cargo test --test it -- --ignored a_bigquery_that_is_there
//! ```
//!
//! `SEGC_BIGQUERY_DATASET` (`segc_test`) is made and left; `SEGC_BIGQUERY_LOCATION` is where jobs are run. Credentials are the
//! application's default ones, or the token in `SEGC_BIGQUERY_TOKEN`. `SEGC_BIGQUERY_ENDPOINT` is an emulator's address:
//! `bqemulator` 1.4.0 does not know ASSERT, so it is not asked for that.

use segc::engine::bigquery::{CALL, Credentials, Options, SCOPES, connector};
use segc::engine::duckdb::DuckDb;
use segc::engine::surroundings::{Machine, Surroundings as _};
use segc::engine::{self, Engine, EngineErrorKind, Value};
use segc::secret::Secret;
use std::sync::Arc;

/// An expression here, and what DuckDB calls the same.
const SAME: &[(&str, &str)] = &[
    ("1", "1"),
    ("-9223372036854775808", "(-9223372036854775808)::bigint"),
    ("cast(0.1 as float64)", "0.1::double"),
    ("cast('inf' as float64)", "'inf'::double"),
    ("cast('-inf' as float64)", "'-inf'::double"),
    ("true", "true"),
    (r"'ü\'\\'", r"'ü''\'"),
    ("date '2024-02-29'", "date '2024-02-29'"),
    (
        "datetime '2026-01-31 09:00:00.5'",
        "timestamp '2026-01-31 09:00:00.5'",
    ),
    (
        "timestamp '2026-01-31 09:00:00.123456+00'",
        "timestamptz '2026-01-31 09:00:00.123456+00'",
    ),
    (
        "timestamp '1969-12-31 23:59:59+00'",
        "timestamptz '1969-12-31 23:59:59+00'",
    ),
    ("time '09:00:00'", "time '09:00:00'"),
    ("from_hex('00ff')", "'\\x00\\xFF'::blob"),
    ("cast(null as string)", "null::varchar"),
    ("[1, 2]", "[1, 2]"),
    ("struct(1 as a, 'x' as b)", "{'a': 1, 'b': 'x'}"),
];

#[test]
#[ignore = "needs a BigQuery: see the head of this file"]
fn a_bigquery_that_is_there_does_what_its_double_does() {
    let machine = Arc::new(Machine::default());
    let variable = |name: &str| machine.variable(&format!("SEGC_BIGQUERY_{name}"));
    let project = variable("PROJECT").expect("SEGC_BIGQUERY_PROJECT says which");
    let dataset = variable("DATASET").unwrap_or_else(|| "segc_test".to_owned());
    let is_emulated = variable("ENDPOINT").is_some();
    let options = Options {
        project,
        location: variable("LOCATION"),
        credentials: variable("TOKEN").map_or(Credentials::Default, |token| {
            Credentials::Token(Secret::new(token))
        }),
        impersonate: None,
        scopes: SCOPES.map(str::to_owned).to_vec(),
        maximum_bytes_billed: Some(1_000_000_000),
        job_timeout: Some(std::time::Duration::from_secs(300)),
        is_batch: false,
        labels: Vec::new(),
        api_endpoint: variable("ENDPOINT"),
        call_timeout: CALL,
        run: format!("test-{}", machine.now().as_millisecond()),
        names_values: false,
    };
    let mut connect = connector(options, machine.clone());
    let mut session = connect().expect("a session");

    let mut duckdb = DuckDb::open(&engine::Options::default()).expect("memory");
    let mut others = Vec::new();
    for (here, there) in SAME {
        let found = session.query(&format!("select {here} as x"));
        let expected = duckdb.query(&format!("select {there} as x"));
        if found != expected {
            others.push(format!("{here}: {found:?}, {expected:?}"));
        }
    }
    assert!(others.is_empty(), "{}", others.join("\n"));
    let many = "select x from unnest(generate_array(1, 120000)) as x order by x";
    let found = session.query(many).expect(many);
    assert_eq!(found.rows.len(), 120_000);
    assert_eq!(found.rows.last(), Some(&vec![Value::Int(120_000)]));

    let table = format!("`{dataset}`.`t`");
    let ran = |session: &mut Box<dyn Engine>, sql: &str| session.change(sql).expect(sql);
    ran(
        &mut session,
        &format!("create schema if not exists `{dataset}`"),
    );
    ran(
        &mut session,
        &format!("create or replace table {table} (k int64, s string)"),
    );
    let insert = format!("insert into {table} (k, s) values (1, 'a'), (2, 'b')");
    assert_eq!(ran(&mut session, &insert), 2);
    assert_eq!(
        ran(
            &mut session,
            &format!("update {table} set s = 'c' where k = 2")
        ),
        1
    );
    let script = [
        "begin transaction".to_owned(),
        format!("delete from {table} where k = 1 -- a comment at the end"),
        format!("assert (select count(*) = 1 from {table}) as 'one is left'"),
        "commit transaction".to_owned(),
    ];
    let known = |sql: &&String| !(is_emulated && sql.starts_with("assert"));
    let known: Vec<String> = script.iter().filter(known).cloned().collect();
    session.script(&known).expect("the script");
    let count = format!("select count(*) as n from {table}");
    let counted = |session: &mut Box<dyn Engine>| session.query(&count).expect("counted").rows;
    assert_eq!(counted(&mut session), [[Value::Int(1)]]);
    assert!(session.dry_run(&count).is_some());
    if !is_emulated {
        let mut failing = script.clone();
        failing[1] = format!("delete from {table} where k = 2");
        let error = session.script(&failing).expect_err("nobody is left");
        assert!(error.message.contains("one is left"), "{error:?}");
        assert_eq!(counted(&mut session), [[Value::Int(1)]]);
    }
    let error = session
        .query("select nothing_of_this")
        .expect_err("no name");
    assert_eq!(error.kind, EngineErrorKind::Statement, "{error:?}");
    ran(&mut session, &format!("drop table {table}"));
}
