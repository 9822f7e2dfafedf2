//! `segc test`: what it says of tests that fail, what a build does with them, and that the SQL of a test can do no harm.

use crate::cases::lay_out;
use segc::engine::Value;
use segc::engine::job::{Answer, Check, Job};
use segc::engine::sandbox::Sandbox;
use segc::testing::run::{self, Outcome, Workers};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

const SPEC: &str = "\
traits:
  - {name: revenue, sum: orders.total}
segments:
  - {name: buyers, tags: [crm], where: [ {did: orders, within: 30 days}, country = 'US' ]}
  - {name: silent, where: [ {did_not: orders} ]}
groups:
  - name: stage
    cases: [{name: active, where: [ {did: orders, within: 30 days} ]}]
    otherwise: quiet
tests:
  - name: fine
    segment: silent
    given: {customer: [{customer_id: 1}]}
    expect: {members: [1]}
  - name: the wrong people
    segment: buyers
    given:
      customer: [{customer_id: 1, country: US}, {customer_id: 2, country: US}, {customer_id: 3}]
      orders:
        - {customer_id: 1, order_id: 7, ordered_at: -31 days}
        - {customer_id: 2, order_id: 8, ordered_at: -1 days}
        - {customer_id: 3, order_id: 9, ordered_at: -1 days}
    expect:
      members: [1]
      traits: {2: {revenue: 5}}
  - name: the wrong case
    group: stage
    given: {customer: [{customer_id: 1}]}
    expect: {cases: {1: active}}
  - name: data that no build would take
    segment: silent
    given: {customer: [{customer_id: 1}, {customer_id: 1}]}
    expect: {members: [1]}
";

struct Ran {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

fn segc(root: &Path, args: &[&str]) -> Ran {
    let output = Command::new(env!("CARGO_BIN_EXE_segc"))
        .args(args)
        .current_dir(root)
        .output()
        .expect("it runs");
    Ran {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

fn project(spec: &str) -> tempfile::TempDir {
    let dir = lay_out("nothing_on_top");
    std::fs::write(dir.path().join("segments/case.yml"), spec).unwrap();
    dir
}

#[test]
fn every_wrong_key_is_shown_with_its_tree() {
    let dir = project(SPEC);
    let ran = segc(dir.path(), &["test"]);
    assert_eq!(ran.code, Some(1));
    insta::assert_snapshot!(format!("{}\n{}", ran.stdout, ran.stderr));
    let results = std::fs::read_to_string(dir.path().join("target/run_results.json")).unwrap();
    let results: serde_json::Value = serde_json::from_str(&results).unwrap();
    let statuses: Vec<&str> = results["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|r| r["status"].as_str().unwrap())
        .collect();
    assert_eq!(statuses, ["pass", "fail", "fail", "error"]);
}

#[test]
fn tests_are_chosen_by_name_and_by_what_they_are_about() {
    let dir = project(SPEC);
    let names = |args: &[&str]| {
        let ran = segc(dir.path(), args);
        (ran.code, ran.stdout.lines().count(), ran.stderr)
    };
    let (code, lines, _) = names(&["test", "fine"]);
    assert_eq!((code, lines), (Some(0), 1));
    let (code, lines, _) = names(&["test", "silent", "--exclude", "tag:crm"]);
    assert_eq!((code, lines), (Some(1), 2));
    let (code, lines, _) = names(&["test", "--select", "tag:crm"]);
    assert_eq!((code, lines), (Some(1), 1));
    let (code, lines, said) = names(&["test", "--select", "tag:nothing"]);
    assert_eq!((code, lines), (Some(0), 0), "{said}");
    assert!(said.contains("S0410"), "{said}");
    assert_eq!(names(&["test", "byers"]).0, Some(2));
    let junit = segc(dir.path(), &["test", "--format", "junit"]).stdout;
    assert!(
        junit.contains("tests=\"4\"") && junit.contains("errors=\"1\""),
        "{junit}"
    );
    let first = segc(dir.path(), &["test", "-x", "--threads", "1"]);
    assert!(
        first.stderr.contains("1 passed, 1 failed, 2 skipped"),
        "{}",
        first.stderr
    );
}

/// A misspelt subject is no reason to leave a test out: it fails, whatever is selected.
#[test]
fn a_test_about_what_there_is_not_fails() {
    for wrong in [
        "{segment: silnt",
        "{segment: stage",
        "{group: stages",
        "{trait: revenues",
    ] {
        let good = SPEC.split("  - name: the wrong people").next().unwrap();
        let dir = project(&format!(
            "{good}  - {wrong}, name: lost, expect: {{members: []}}}}\n"
        ));
        for args in [["test"].as_slice(), &["test", "--select", "silent"]] {
            let ran = segc(dir.path(), args);
            assert_eq!(ran.code, Some(1), "{wrong} {args:?}: {}", ran.stderr);
            assert!(
                ran.stderr.contains("S0701"),
                "{wrong} {args:?}: {}",
                ran.stderr
            );
        }
    }
}

#[test]
fn a_build_publishes_nothing_while_a_test_fails() {
    let dir = project(SPEC);
    let ran = segc(dir.path(), &["build", "--format", "json"]);
    // Nothing can be built here: there are no tables. What matters is what is said first.
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    let good = SPEC.split("  - name: the wrong people").next().unwrap();
    let dir = project(good);
    let shop = dir.path().join("boutique.duckdb");
    let connection = duckdb::Connection::open(&shop).unwrap();
    connection
        .execute_batch(
            "create table customers(customer_id bigint, country varchar, birth_date date, email varchar,
               email_opt_in boolean, store_id bigint);
             insert into customers values (1, 'US', null, null, null, null);
             create table stores(store_id bigint, city varchar);
             create table orders(order_id bigint, customer_id bigint, ordered_at timestamptz, status varchar,
               channel varchar, total decimal(12,2));
             create table order_items(item_id bigint, order_id bigint, product_id bigint, quantity bigint, price decimal(12,2));
             create table products(product_id bigint, category varchar, brand varchar);
             create table visits(customer_id bigint, visited_on date, page varchar);
             create table notes(customer_id bigint, note varchar);",
        )
        .unwrap();
    drop(connection);
    let bad = good.replace("{members: [1]}", "{members: []}");
    std::fs::write(dir.path().join("segments/case.yml"), bad).unwrap();
    let ran = segc(dir.path(), &["build"]);
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    assert!(
        ran.stderr.contains("nothing was published: a test failed"),
        "{}",
        ran.stderr
    );
    let published = |name: &str| {
        let connection = duckdb::Connection::open(&shop).unwrap();
        connection
            .prepare(&format!("select * from segments.{name}"))
            .is_ok()
    };
    assert!(!published("seg_silent"));
    let ran = segc(dir.path(), &["build", "--no-test"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(published("seg_silent"));
    std::fs::write(dir.path().join("segments/case.yml"), good).unwrap();
    let ran = segc(dir.path(), &["build"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(
        ran.stderr.contains("tests: 1 passed, 0 failed"),
        "{}",
        ran.stderr
    );
}

#[test]
fn what_no_test_distinguishes_is_listed() {
    let dir = project(SPEC.split("  - name: data that").next().unwrap());
    let ran = segc(dir.path(), &["test", "--cover"]);
    let warnings: Vec<&str> = ran
        .stderr
        .lines()
        .filter(|l| l.starts_with("warning"))
        .collect();
    insta::assert_snapshot!(warnings.join("\n"));
}

/// The warnings of `--cover` about `s`, given this condition and these rows of orders and visits of customer 1.
fn uncovered(condition: &str, orders: &[&str], visits: &[&str]) -> Vec<String> {
    let rows = |column: &str, times: &[&str]| -> String {
        let row = |t: &&str| format!("{{customer_id: 1, {column}: {t}}}");
        times.iter().map(row).collect::<Vec<_>>().join(", ")
    };
    let dir = project(&format!(
        "segments:\n  - {{name: s, where: [ {condition} ]}}\ntests:\n  - name: t\n    segment: s\n    \
         as_of: 2026-01-31 09:00\n    given:\n      customer: [{{customer_id: 1}}, {{customer_id: 2}}]\n      \
         orders: [{}]\n      visits: [{}]\n    expect: {{excludes: [2]}}\n",
        rows("ordered_at", orders),
        rows("visited_on", visits),
    ));
    let ran = segc(dir.path(), &["test", "--cover"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let lines = ran.stderr.lines();
    let shown = lines.filter_map(|l| l.split_once("^ ").map(|(_, label)| label.to_owned()));
    shown.filter(|l| l.contains("row")).collect()
}

#[test]
fn an_edge_is_as_fine_as_its_window() {
    let one =
        |window: &str, rows: &[&str]| uncovered(&format!("{{did: orders, {window}}}"), rows, &[]);
    let none: [&str; 0] = [];
    assert_eq!(
        one("within: 6 hours", &["-1 hours", "-12 hours"]),
        ["no row at it or less than an hour after it, and none within an hour before it"]
    );
    assert_eq!(
        one("within: 6 hours", &["-6 hours", "-7 hours -1 second"]),
        ["no row within an hour before it"]
    );
    assert_eq!(one("within: 6 hours", &["-6 hours", "-7 hours"]), none);
    assert_eq!(
        one("within: 6 hours", &["-301 minutes", "-419 minutes"]),
        none
    );
    assert_eq!(
        one("within: 1 day", &["-22 hours", "-24 hours -1 second"]),
        ["no row at it or less than an hour after it"]
    );
    assert_eq!(
        one("within: 5 minutes", &["-5 minutes", "-359 seconds"]),
        none
    );
    assert_eq!(
        one("within: 5 minutes", &["-5 minutes", "-361 seconds"]),
        ["no row within a minute before it"]
    );
    assert_eq!(
        one("within: 30 days", &["-29 days", "-30 days -1 second"]),
        ["no row at it or less than a day after it"]
    );
    assert_eq!(
        one("within: 30 days", &["-30 days", "-30 days -23 hours"]),
        none
    );
    assert_eq!(
        one(
            "since: 2026-01-01",
            &["2026-01-01 00:00", "2025-12-31 23:00"]
        ),
        none
    );
    let seven = "where: \"ordered_at >= timestamp '2026-01-10 00:00:07Z'\"";
    assert_eq!(
        one(seven, &["2026-01-10T00:00:07Z", "2026-01-10T00:00:06Z"]),
        none
    );
    assert_eq!(
        one(seven, &["2026-01-10T00:00:08Z", "2026-01-10T00:00:06Z"]),
        ["no row at it or less than a second after it"]
    );
}

/// All that `--cover` says of a test of `q`, of customers that have orders `o` with returns `r`, and also `s`.
fn said(condition: &str, given: &str) -> String {
    let dir = project(&format!(
        "entities:
  - name: c
    table: c
    key: id
    columns: {{id: int}}
    relations:
      - {{name: o, table: o, on: id, key: oid, time: t, columns: {{oid: int, id: int, t: timestamp}}}}
      - {{name: s, table: s, on: id, key: sid, time: st, columns: {{sid: int, id: int, st: timestamp}}}}
      - {{name: r, table: r, via: o, on: oid, key: rid, time: rt, columns: {{rid: int, oid: int, rt: timestamp}}}}
      - {{name: l, table: l, via: o, on: oid, key: lid, columns: {{lid: int, oid: int}}}}
segments:
  - {{name: vip, entity: c, where: [{{did: o}}]}}
  - {{name: q, entity: c, where: [ {condition} ]}}
tests:
  - name: t
    segment: q
    as_of: 2026-01-31 09:00
    given:
      c: [{{id: 1}}, {{id: 2}}, {{id: 3}}]
{given}
    expect: {{excludes: [3]}}
"
    ));
    let ran = segc(dir.path(), &["test", "--cover", "--select", "q"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let told = |l: &&str| l.starts_with("warning") || l.contains("^ ") || l.contains("help");
    let lines: Vec<&str> = ran.stderr.lines().filter(told).collect();
    lines.join("\n")
}

#[test]
fn rows_of_a_child_are_those_of_its_parents_owner() {
    let given = "      o: [{oid: 1, id: 1, t: -5 days}, {oid: 2, id: 2, t: -5 days}]
      s: [{sid: 1, id: 1, st: -3 days}, {sid: 2, id: 2, st: 2026-01-28 09:00:01}]
      r: [{rid: 1, oid: 1, rt: -3 days}, {rid: 2, oid: 2, rt: 2026-01-28 09:00:01}]";
    for second in ["s", "r"] {
        let steps = format!("{{sequence: [{{did: o}}, {{did: {second}, within: 2 days}}]}}");
        assert_eq!(said(&steps, given), "");
    }
    let swapped = "      o: [{oid: 1, id: 1, t: -9 days}, {oid: 2, id: 2, t: -9 days}, {oid: 3, id: 3, t: -9 days}]
      s: [{sid: 1, id: 1, st: -5 days}, {sid: 2, id: 2, st: -5 days}]
      r: [{rid: 1, oid: 1, rt: -3 days}, {rid: 2, oid: 2, rt: 2026-01-28 09:00:01}]";
    let steps = "{sequence: [{did: s}, {did: r, within: 2 days}]}";
    assert_eq!(said(steps, swapped), "");
    let back = "      o: [{oid: 1, id: 1, t: -9 days}, {oid: 2, id: 2, t: -9 days}]
      r: [{rid: 1, oid: 1, rt: -5 days}, {rid: 2, oid: 2, rt: -5 days}]
      s: [{sid: 1, id: 1, st: -3 days}, {sid: 2, id: 2, st: 2026-01-28 09:00:01}]";
    let steps = "{sequence: [{did: r}, {did: s, within: 2 days}]}";
    assert_eq!(said(steps, back), "");
    let timeless = "      o: [{oid: 1, id: 1, t: -5 days}, {oid: 2, id: 2, t: -5 days}]
      l: [{lid: 1, oid: 1}, {lid: 2, oid: 2}]
      s: [{sid: 1, id: 1, st: -3 days}, {sid: 2, id: 2, st: 2026-01-28 09:00:01}]";
    let steps = "{sequence: [{did: l}, {did: s, within: 2 days}]}";
    assert_eq!(said(steps, timeless), "");
}

#[test]
fn a_row_at_an_edge_that_a_bound_includes_is_on_its_inner_side() {
    let rows = |times: [&str; 2]| {
        let [a, b] = times;
        format!(
            "      s: [{{sid: 1, id: 1, st: {a}}}, {{sid: 2, id: 2, st: {b}}}, {{sid: 3, id: 3, st: -1 days}}]"
        )
    };
    let until = "{did: s, where: \"st <= timestamp '2026-01-10 00:00:07Z'\"}";
    let (before, edge, after) = (
        "2026-01-10T00:00:06Z",
        "2026-01-10T00:00:07Z",
        "2026-01-10T00:00:08Z",
    );
    insta::assert_snapshot!(said(until, &rows([edge, before])));
    assert_eq!(said(until, &rows([edge, after])), "");
    let days = "{did: s, where: \"st <= timestamp '2026-01-10 05:00Z'\"}";
    let midnight = "2026-01-10T05:00Z";
    let one = said(days, &rows([midnight, "2026-01-10T04:59:59Z"]));
    assert!(one.contains("no row within a day after it"), "{one}");
    assert_eq!(said(days, &rows([midnight, "2026-01-10T05:00:01Z"])), "");
    let stays = |times: [&str; 2]| {
        let [a, b] = times;
        format!(
            "      c_history: [{{entity_key: 1, segment: vip, valid_from: {a}}}, {{entity_key: 2, segment: vip, valid_from: {b}}}]"
        )
    };
    let member = "{member_for: {vip: '>= 1 day'}}";
    insta::assert_snapshot!(said(member, &stays(["-1 days", "-1 days -1 second"])));
    assert_eq!(said(member, &stays(["-1 days", "-86399 seconds"])), "");
}

#[test]
fn the_step_of_a_sequence_that_is_not_covered_is_named() {
    let steps = "{sequence: [{did: o, since: 2026-01-01}, {did: s, within: 2 days}, {did_not: o, within: 1 day}]}";
    insta::assert_snapshot!(said(steps, "      o: [{oid: 1, id: 1, t: -9 days}]"));
    let between = "{sequence: [{did: o}, {did_not: s}, {did: r}]}";
    insta::assert_snapshot!(said(between, "      o: [{oid: 1, id: 1, t: -9 days}]"));
}

#[test]
fn edges_of_a_sequence_are_counted_from_the_row_before() {
    let one =
        |steps: &str, rows: &[&str]| uncovered(&format!("{{sequence: [{steps}]}}"), rows, &[]);
    let none: [&str; 0] = [];
    let twice = "{did: orders}, {did: orders, within: 2 hours}";
    assert_eq!(
        one(twice, &["-9 hours", "-8 hours"]),
        ["no row at it or less than an hour before it, and none within an hour after it"]
    );
    assert_eq!(
        one(twice, &["-9 hours", "-7 hours"]),
        ["no row within an hour after it"]
    );
    assert_eq!(
        one(twice, &["-9 hours", "-7 hours +1 second"]),
        ["no row at it or less than an hour before it"]
    );
    assert_eq!(
        one(twice, &["-10 hours", "-8 hours", "-8 hours +1 second"]),
        none
    );
    let total = |rows: &[&str]| {
        let steps = "[{did: orders}, {did: orders}]";
        uncovered(&format!("{{sequence: {steps}, total: 2 days}}"), rows, &[])
    };
    assert_eq!(
        total(&["-9 days", "-7 days"]),
        ["no row within a day after it"]
    );
    assert_eq!(total(&["-9 days", "-7 days", "-7 days +1 second"]), none);
    let first = "{did: orders, within: 9 days}, {did: orders}";
    assert_eq!(
        one(first, &["-9 days", "-8 days"]),
        ["no row within a day before it"]
    );
}

#[test]
fn a_did_not_between_two_steps_wants_such_a_row_and_two_without() {
    let one = |visits: &[&str], bought: &[&str]| {
        let steps =
            "{did: visits, where: page = 'a'}, {did_not: visits, where: page = 'b'}, {did: visits}";
        uncovered(&format!("{{sequence: [{steps}]}}"), bought, visits)
    };
    assert_eq!(
        one(&["-5 days", "-3 days"], &[]),
        ["no row between the two"]
    );
    assert_eq!(one(&["-5 days"], &[]), ["no row between the two"]);
    let none: [&str; 0] = [];
    assert_eq!(one(&["-5 days", "-4 days", "-3 days"], &[]), none);
}

fn query(sql: &str) -> Job {
    Job {
        setup: vec![
            "create table given.t(x bigint)".to_owned(),
            "insert into given.t values (1), (2)".to_owned(),
        ],
        query: sql.to_owned(),
        ..Job::default()
    }
}

#[test]
fn a_sandbox_computes_and_does_nothing_else() {
    let mut sandbox = Sandbox::open().expect("it locks itself");
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("x.csv");
    std::fs::write(&file, "a\n1\n").unwrap();
    let file = file.to_string_lossy().into_owned();
    for sql in [
        format!("select * from read_csv('{file}')"),
        format!("select * from '{file}'"),
        format!("select * from read_text('{file}')"),
        "select * from glob('/*')".to_owned(),
        "select * from 'https://example.org/x.csv'".to_owned(),
        format!("copy given.t to '{file}.out'"),
        format!("attach '{file}.db' as other"),
        "install httpfs".to_owned(),
        "load httpfs".to_owned(),
        "set memory_limit = '10GB'".to_owned(),
        "reset lock_configuration".to_owned(),
        "pragma enable_profiling".to_owned(),
        "delete from given.t".to_owned(),
        "with gone as (delete from given.t returning *) select * from gone".to_owned(),
        "select 1) as a; drop table given.t; select * from (select 1".to_owned(),
        "select 1; drop table given.t".to_owned(),
        "create table u(x bigint)".to_owned(),
        "create temp table u(x bigint)".to_owned(),
        "create macro lower(x) as x".to_owned(),
        "attach ':memory:' as other".to_owned(),
        "use given".to_owned(),
        "select * from enable_logging('x', storage = 'file')".to_owned(),
        "call enable_logging('x')".to_owned(),
        "select nextval('s')".to_owned(),
        "commit".to_owned(),
        "prepare p as delete from given.t".to_owned(),
        "select getenv('HOME')".to_owned(),
    ] {
        let reply = sandbox.run(&query(&sql));
        assert!(
            matches!(reply.answer, Answer::Failed(_)),
            "{sql}: {reply:?}"
        );
    }
    let Answer::Rows(rows) = sandbox
        .run(&query("select max(x) as m from given.t"))
        .answer
    else {
        panic!("the sandbox is broken");
    };
    assert_eq!(rows.rows, [[Value::Int(2)]]);
    // Nothing of one job is left for the next.
    let mut other = query("select * from given.t");
    other.setup.clear();
    assert!(matches!(sandbox.run(&other).answer, Answer::Failed(_)));
    let mut checked = query("select 1");
    checked.checks.push(Check {
        what: "twos".to_owned(),
        sql: "select count(*) as violations from given.t where x = 2".to_owned(),
    });
    assert_eq!(
        sandbox.run(&checked).answer,
        Answer::Broken("twos".to_owned())
    );
}

#[test]
fn a_job_that_takes_too_much_is_its_own_loss() {
    let jobs: Vec<Job> = [
        "select x from given.t",
        "select length(repeat('x', 3000000000)) from given.t",
        "select list(a.range) from range(100000000) as a",
        "select x from given.t",
    ]
    .map(query)
    .to_vec();
    let workers = Workers {
        program: Path::new(env!("CARGO_BIN_EXE_segc")),
        count: 1,
        limit: run::LIMIT,
    };
    let outcomes = run::run(workers, &jobs, &|_, _| true);
    let rows = |o: &Outcome| matches!(o, Outcome::Reply(r) if matches!(r.answer, Answer::Rows(_)));
    let answered: Vec<bool> = outcomes.iter().map(rows).collect();
    assert_eq!(answered, [true, false, false, true], "{outcomes:?}");
    // Never done by itself; how short the limit is does not matter.
    let endless = query("select count(*) from range(10000000000000)");
    let workers = Workers {
        limit: Duration::from_millis(200),
        ..workers
    };
    let outcomes = run::run(workers, &[endless], &|_, _| true);
    assert!(
        matches!(outcomes.as_slice(), [Outcome::Lost(why)] if why.contains("was stopped")),
        "{outcomes:?}"
    );
}
