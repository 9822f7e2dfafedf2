//! Everything that was tried on the engine when its locks were chosen, each against the sandbox of `segc test`: denied.

use segc::engine::job::{Answer, Job};
use segc::engine::sandbox::Sandbox;

/// `FILE` is a CSV file that is there, `DIR` the folder that it is in.
const ATTACKS: &[&str] = &[
    "select * from read_csv('FILE')",
    "select * from read_csv_auto('FILE')",
    "select * from read_text('FILE')",
    "select * from read_blob('FILE')",
    "select * from read_text('/etc/passwd')",
    "select * from read_text('/proc/self/environ')",
    "select * from read_parquet('DIR/x.parquet')",
    "select * from parquet_scan('DIR/x.parquet')",
    "select * from parquet_metadata('DIR/x.parquet')",
    "select * from parquet_schema('DIR/x.parquet')",
    "select * from parquet_kv_metadata('DIR/x.parquet')",
    "select * from read_json('FILE')",
    "select * from read_json_auto('FILE')",
    "select * from read_ndjson('FILE')",
    "select * from glob('DIR/*')",
    "select * from glob('/*')",
    "select * from sniff_csv('FILE')",
    "select * from 'FILE'",
    "select * from \"FILE\"",
    "select * from 'https://example.org/x.csv'",
    "select * from 's3://bucket/x.parquet'",
    "select * from read_csv('https://example.org/x.csv')",
    "select * from read_duckdb('DIR/x.duckdb')",
    "copy given.t to 'DIR/out.csv'",
    "copy given.t to 'DIR/out.parquet' (format parquet)",
    "copy given.t from 'FILE'",
    "copy (select 1) to 'DIR/out.csv'",
    "export database 'DIR/out'",
    "import database 'DIR/out'",
    "attach 'DIR/x.duckdb' as other",
    "attach 'DIR/x.sqlite' as other (type sqlite)",
    "attach ':memory:' as other",
    "detach given",
    "use memory",
    "install httpfs",
    "install sqlite from community",
    "load httpfs",
    "load 'DIR/x.duckdb_extension'",
    "force install httpfs",
    "update extensions",
    "set memory_limit = '100GB'",
    "set threads = 8",
    "set enable_external_access = true",
    "set lock_configuration = false",
    "set temp_directory = 'DIR'",
    "set TimeZone = 'Asia/Tokyo'",
    "set profiling_output = 'DIR/p.json'",
    "set variable x = 1",
    "reset lock_configuration",
    "reset enable_external_access",
    "reset memory_limit",
    "pragma memory_limit = '100GB'",
    "pragma enable_profiling",
    "pragma enable_checkpoint_on_shutdown",
    "pragma database_list; select 1",
    "call pragma_version()",
    "call enable_logging()",
    "select * from enable_logging('x', storage = 'file', storage_path = 'DIR')",
    "select * from disable_logging()",
    "create secret s (type s3, key_id 'a', secret 'b')",
    "select getenv('HOME')",
    "delete from given.t",
    "insert into given.t values (3)",
    "update given.t set x = 9",
    "truncate given.t",
    "merge into given.t using (select 1 as x) as s on t.x = s.x when matched then delete",
    "drop table given.t",
    "create table given.u as select 1 as a",
    "create temp table u as select 1 as a",
    "create view given.v as select 1 as a",
    "create macro given.lower(x) as x",
    "create sequence given.s",
    "create schema given.other",
    "create type given.mood as enum ('a')",
    "create index i on given.t (x)",
    "alter table given.t add column y int",
    "comment on table given.t is 'x'",
    "with gone as (delete from given.t returning *) select * from gone",
    "with more as (insert into given.t values (3) returning *) select * from more",
    "with other as (update given.t set x = 9 returning *) select * from other",
    "select * from (with gone as (delete from given.t returning *) select * from gone) as s",
    "select (with gone as (delete from given.t returning x) select max(x) from gone)",
    "select * from query('delete from given.t returning *')",
    "select 1; drop table given.t",
    "select 1; drop table given.t; select 1",
    "select 1) as asked; drop table given.t; select * from (select 1",
    "select 1 /* */; drop table given.t",
    "select $$ ; $$; drop table given.t",
    "prepare p as delete from given.t",
    "execute p",
    "deallocate p",
    "begin",
    "commit",
    "rollback",
    "checkpoint",
    "force checkpoint given",
    "vacuum",
    "analyze",
    "explain analyze delete from given.t",
    "select nextval('s')",
];

/// Catalogue: H13, H12, H14.
#[test]
fn a_sandbox_denies_every_attack_that_is_known() {
    assert!(ATTACKS.len() >= 75);
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("x.csv");
    std::fs::write(&file, "a\n1\n").unwrap();
    let mut sandbox = Sandbox::open().expect("it locks itself");
    let job = |query: &str| Job {
        setup: vec![
            "create table given.t(x bigint)".to_owned(),
            "insert into given.t values (1), (2)".to_owned(),
        ],
        query: query.to_owned(),
        ..Job::default()
    };
    for attack in ATTACKS {
        let sql = attack
            .replace("FILE", &file.to_string_lossy())
            .replace("DIR", &dir.path().to_string_lossy());
        let answer = sandbox.run(&job(&sql)).answer;
        assert!(matches!(answer, Answer::Failed(_)), "{sql}: {answer:?}");
        // It is as it was.
        let Answer::Rows(rows) = sandbox
            .run(&job("select count(*) as n, sum(x) as s from given.t"))
            .answer
        else {
            panic!("after {sql} the sandbox answers no more");
        };
        assert_eq!(rows.rows.len(), 1, "{sql}");
        assert_eq!(format!("{:?}", rows.rows), "[[Int(2), Int(3)]]", "{sql}");
    }
    let left: Vec<_> = std::fs::read_dir(dir.path()).unwrap().collect();
    assert_eq!(left.len(), 1, "{left:?}");
}
