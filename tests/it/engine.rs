//! The embedded engine: what it reads, refuses and leaves behind.

use std::time::Duration;

use segc::engine::catalog::describe;
use segc::engine::duckdb::{DuckDb, Options, connector};
use segc::engine::{Engine, EngineErrorKind, Value};
use segc::expr::Type;
use segc::model::{FileFormat, TableSource};
use segc::source::{FileId, Span};

fn memory() -> DuckDb {
    DuckDb::open(&Options::default()).expect("a database in memory")
}

fn one(db: &mut dyn Engine, sql: &str) -> Value {
    let rows = db.query(sql).unwrap_or_else(|e| panic!("{sql}: {e}"));
    rows.rows.into_iter().flatten().next().expect("a value")
}

#[test]
fn every_type_is_read_exactly() {
    let mut db = memory();
    let text = |t: &str| Value::Text(t.to_owned());
    for (sql, value) in [
        ("select null", Value::Null),
        ("select true", Value::Boolean(true)),
        ("select 7::utinyint", Value::Int(7)),
        ("select -9223372036854775808", Value::Int(i64::MIN)),
        (
            "select 18446744073709551615::ubigint",
            text("18446744073709551615"),
        ),
        (
            "select 170141183460469231731687303715884105727::hugeint",
            text("170141183460469231731687303715884105727"),
        ),
        (
            "select sum(x) from (values (1::bigint), (2)) t(x)",
            Value::Int(3),
        ),
        ("select 0.1::double", Value::Float(0.1)),
        ("select -0.05::decimal(10,2)", text("-0.05")),
        (
            "select 123456789012345678901234.5678::decimal(38,4)",
            text("123456789012345678901234.5678"),
        ),
        ("select 'ä''b'", text("ä'b")),
        ("select date '2024-02-29'", text("2024-02-29")),
        (
            "select timestamp '2026-01-31 09:00:00.5'",
            text("2026-01-31 09:00:00.5"),
        ),
        (
            "select timestamptz '2026-01-31 09:00:00+02:00'",
            text("2026-01-31 07:00:00+00"),
        ),
        ("select 'infinity'::timestamp", text("infinity")),
        ("select 'b'::enum('a', 'b')", text("b")),
        ("select ['x', null]", text("[x, NULL]")),
        ("select []::int[]", text("[]")),
        (
            "select '00000000-0000-0000-0000-000000000001'::uuid",
            text("00000000-0000-0000-0000-000000000001"),
        ),
        ("select {'a': 1}", text("{'a': 1}")),
    ] {
        assert_eq!(one(&mut db, sql), value, "{sql}");
    }
    for sql in ["select [null]", "select {'a': [null]}"] {
        let error = db.query(sql).expect_err("untyped");
        assert!(error.message.contains("cast them"), "{error}");
    }
}

#[test]
fn several_statements_are_refused_before_any_of_them_runs() {
    let mut db = memory();
    db.execute("create table t as select 1 as a")
        .expect("a table");
    for sql in [
        "select 1; drop table t; select 1",
        "drop table t; drop table t",
    ] {
        assert!(db.execute(sql).is_err());
        assert!(db.query(sql).is_err());
    }
    assert_eq!(one(&mut db, "select a from t"), Value::Int(1));
    assert_eq!(db.change("update t set a = 2 where a = 1"), Ok(1));
}

#[test]
fn nothing_is_installed_or_loaded() {
    let mut db = memory();
    for setting in ["autoinstall_known_extensions", "autoload_known_extensions"] {
        let sql = format!("select current_setting('{setting}')::boolean");
        assert_eq!(one(&mut db, &sql), Value::Boolean(false));
    }
    assert!(
        db.query("select * from 'https://example.org/x.csv'")
            .is_err()
    );
}

#[test]
fn a_new_file_can_be_read_by_older_clients_and_is_opened_anew() {
    let dir = tempfile::tempdir().expect("a folder");
    let options = Options {
        path: Some(dir.path().join("x.duckdb")),
        ..Options::default()
    };
    let mut connect = connector(options.clone()).expect("a connector");
    let mut db = connect().expect("a new file");
    db.execute("create table t as select 1 as a")
        .expect("a table");
    let version = one(
        db.as_mut(),
        "select tags['storage_version'] from duckdb_databases() where database_name = 'x'",
    );
    assert_eq!(version, Value::Text("v1.4.0+".to_owned()));
    drop(db);
    let mut db = connect().expect("the file");
    assert_eq!(one(db.as_mut(), "select a from t"), Value::Int(1));
    drop(db);
    let read_only = Options {
        read_only: true,
        ..options
    };
    let mut db = DuckDb::open(&read_only).expect("the file");
    assert!(db.execute("drop table t").is_err());
}

#[test]
fn what_is_no_database_or_not_there_is_a_connection_error() {
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("x.duckdb");
    std::fs::write(
        &path,
        "this is no database, but it is long enough to be read as one".repeat(100),
    )
    .expect("a file");
    for path in [path, dir.path().join("nowhere/x.duckdb")] {
        let options = Options {
            path: Some(path),
            lock_timeout: Duration::from_secs(60),
            ..Options::default()
        };
        let error = DuckDb::open(&options).err().expect("an error, at once");
        assert_eq!(error.kind, EngineErrorKind::Connection, "{error}");
    }
}

#[test]
fn a_memory_connector_keeps_its_memory() {
    let mut connect = connector(Options::default()).expect("memory");
    let mut first = connect().expect("a session");
    first
        .execute("create table t as select 1 as a")
        .expect("a table");
    drop(first);
    let mut second = connect().expect("a session");
    assert_eq!(one(second.as_mut(), "select a from t"), Value::Int(1));
}

#[test]
fn an_interrupt_stops_a_statement() {
    let mut db = memory();
    let stop = db.interrupter();
    let done = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    let seen = done.clone();
    // An interrupt that comes before the statement runs is forgotten: repeat it.
    let stopper = std::thread::spawn(move || {
        while !seen.load(std::sync::atomic::Ordering::SeqCst) {
            stop();
            std::thread::yield_now();
        }
    });
    let result = db.query("select count(*) from range(100000000) a, range(100000000) b");
    done.store(true, std::sync::atomic::Ordering::SeqCst);
    stopper.join().expect("it stops");
    assert!(result.is_err());
    assert_eq!(one(&mut db, "select 1"), Value::Int(1));
}

#[test]
fn sources_are_described_each_for_itself() {
    let dir = tempfile::tempdir().expect("a folder");
    std::fs::create_dir(dir.path().join("data")).expect("a folder");
    std::fs::write(
        dir.path().join("data/orders.csv"),
        "id,placed,total\n1,2026-01-31,9.5\n",
    )
    .expect("a file");
    let mut db = DuckDb::open(&Options {
        project_dir: dir.path().to_owned(),
        ..Options::default()
    })
    .expect("a database");
    db.execute("create schema crm").expect("a schema");
    db.execute(
        "create table crm.people (id uuid, n decimal(9,2), seen timestamptz, odd struct(a int))",
    )
    .expect("a table");
    let named = |name: &str| TableSource::Named(name.split('.').map(str::to_owned).collect());
    let file = |path: &str| TableSource::File {
        path: path.to_owned(),
        format: FileFormat::Csv,
    };
    let sources = [
        named("crm.people"),
        named("crm.nobody"),
        file("data/orders.csv"),
        file("data/nothing.csv"),
        file("../orders.csv"),
    ];
    let dialect = segc::dialect::find("duckdb").expect("the dialect");
    let found = describe(&mut db, dialect, dir.path(), &sources).expect("a connection");
    let found: Vec<Result<Vec<(String, Type)>, &str>> = found
        .into_iter()
        .map(|found| {
            let columns = found.map_err(|p| p.at(Span::new(FileId(0), 0, 1)).code.id)?;
            Ok(columns.into_iter().map(|c| (c.name, c.ty)).collect())
        })
        .collect();
    let column = |name: &str, ty: Type| (name.to_owned(), ty);
    let decimal = Type::Decimal {
        precision: 9,
        scale: 2,
    };
    assert_eq!(
        found,
        [
            Ok(vec![
                column("id", Type::String),
                column("n", decimal),
                column("seen", Type::Timestamp)
            ]),
            Err("S0611"),
            Ok(vec![
                column("id", Type::Int),
                column("placed", Type::Date),
                column("total", Type::Float)
            ]),
            Err("S0610"),
            Err("S0609"),
        ]
    );
}
