//! `ref()` and `source()` over a manifest that dbt 1.10 has written (`tests/cases/base/warehouse`), and the tables it speaks of.

use duckdb::Connection;
use std::path::Path;
use std::process::Command;

const TABLES: &str = "create schema analytics; create schema analytics_marts; create schema raw;
create table analytics.dim_customers_v1 as select 9 as customer_id, 'old' as first_name;
create table analytics.dim_customers_v2 as select unnest([1, 2, 3])::bigint as customer_id, unnest(['Ana', 'Bo', 'Cy']) as first_name;
create table analytics_marts.orders as select * from (values (10::bigint, 1::bigint, date '2018-01-01', 'completed'),
  (11, 2, date '2018-02-01', 'completed')) t(order_id, customer_id, order_date, status);
create table raw.raw_payments as select * from (values (10::bigint, 250::bigint), (11, 20)) t(order_id, amount);";

const SPEC: &str = "entities:
  - name: customer
    table: ref('dim_customers')
    key: customer_id
    relations:
      - {name: orders, table: ref('fct_orders'), on: customer_id, key: order_id, time: order_date}
      - {name: payments, table: \"source('shop', 'payments')\", via: orders, on: order_id}
segments:
  - {name: spends, where: {sum: payments.amount, is: '> 100'}, expose: [first_name]}
  - {name: buyers, where: {did: orders}}
";

fn project(dir: &Path, spec: &str) {
    let base = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/base/warehouse/target");
    std::fs::create_dir_all(dir.join("dbt/target")).expect("made");
    std::fs::create_dir_all(dir.join("audiences/segments")).expect("made");
    let manifest = "dbt/target/manifest.json";
    std::fs::copy(base.join("manifest.json"), dir.join(manifest)).expect("copied");
    let settings = "name: p\nas_of: 2018-03-01\ntargets: {dev: {type: duckdb, path: jaffle_shop.duckdb}}\ndbt: {project_dir: ../dbt}\n";
    std::fs::write(dir.join("audiences/segc.yml"), settings).expect("written");
    std::fs::write(dir.join("audiences/segments/s.yml"), spec).expect("written");
    let file = dir.join("audiences/jaffle_shop.duckdb");
    let connection = Connection::open(file).expect("opened");
    connection.execute_batch(TABLES).expect("filled");
}

/// Exit status, stdout and stderr.
fn segc(dir: &Path, args: &[&str]) -> (Option<i32>, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_segc"))
        .args(args)
        .current_dir(dir.join("audiences"))
        .output()
        .expect("segc runs");
    let text = |bytes| String::from_utf8(bytes).expect("segc writes UTF-8");
    (
        output.status.code(),
        text(output.stdout),
        text(output.stderr),
    )
}

#[test]
fn columns_and_rows_come_from_the_tables_that_dbt_names() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    project(dir.path(), SPEC);
    let (code, out, said) = segc(dir.path(), &["show", "spends", "--no-color"]);
    assert_eq!(code, Some(0), "{said}");
    assert!(out.contains("Ana") && !out.contains("Bo"), "{out}");
    let (code, _, said) = segc(dir.path(), &["build", "--no-color"]);
    assert_eq!(code, Some(0), "{said}");
    let file = dir.path().join("audiences/jaffle_shop.duckdb");
    let connection = Connection::open(file).expect("opened");
    let members: String = connection
        .query_row(
            "select string_agg(segment || ' ' || entity_key, ', ' order by all) from segments.customer_members",
            [],
            |row| row.get(0),
        )
        .expect("published");
    assert_eq!(members, "buyers 1, buyers 2, spends 1");
}

#[test]
fn a_table_that_dbt_has_not_built_is_shown_where_it_is_named() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    project(dir.path(), &SPEC.replace("fct_orders", "fct_payments"));
    let (code, _, said) = segc(dir.path(), &["show", "buyers", "--no-color"]);
    assert_eq!(code, Some(1), "{said}");
    for part in [
        "S0611",
        "jaffle_shop.analytics.fct_payments",
        "s.yml:6",
        "dbt names the table in `../dbt/target/manifest.json`",
        "dbt parse --target",
    ] {
        assert!(said.contains(part), "no {part} in\n{said}");
    }
    assert_eq!(said.matches("error[").count(), 1, "{said}");
    // Of a table that is named by its own name, dbt has said nothing.
    let own = SPEC.replace("ref('fct_orders')", "analytics.fct_payments");
    std::fs::write(dir.path().join("audiences/segments/s.yml"), own).expect("written");
    let (code, _, said) = segc(dir.path(), &["show", "buyers", "--no-color"]);
    assert_eq!(code, Some(1), "{said}");
    assert!(
        said.contains("S0611") && !said.contains("manifest"),
        "{said}"
    );
    assert_eq!(said.matches("error[").count(), 1, "{said}");
}

#[test]
fn the_manifest_is_where_dbt_is_told_to_write_it() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    project(dir.path(), SPEC);
    let moved = |from: &str, to: &str| {
        let (from, to) = (dir.path().join(from), dir.path().join(to));
        std::fs::create_dir_all(to.parent().expect("a folder")).expect("made");
        std::fs::rename(from, to).expect("moved");
    };
    let check = |variable: Option<&str>| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_segc"));
        command.args(["check", "--no-color"]);
        command.current_dir(dir.path().join("audiences"));
        command
            .env_remove("DBT_TARGET_PATH")
            .env("OUT", "elsewhere");
        if let Some(folder) = variable {
            command.env("DBT_TARGET_PATH", folder);
        }
        let output = command.output().expect("segc runs");
        let said = String::from_utf8(output.stderr).expect("segc writes UTF-8");
        (output.status.code(), said)
    };
    let dbt_project = |text: &str| {
        std::fs::write(dir.path().join("dbt/dbt_project.yml"), text).expect("written");
    };
    moved("dbt/target/manifest.json", "dbt/out/manifest.json");
    dbt_project("name: w\n");
    let (code, said) = check(None);
    assert_eq!(code, Some(1), "{said}");
    assert!(
        said.contains("S0424") && said.contains("`../dbt/target/manifest.json`"),
        "{said}"
    );
    dbt_project("name: w\ntarget-path: out\n");
    let (code, said) = check(None);
    assert_eq!(code, Some(0), "{said}");
    // The variable comes first, and an empty one says nothing.
    let (_, said) = check(Some("nowhere"));
    assert!(said.contains("`../dbt/nowhere/manifest.json`"), "{said}");
    assert_eq!(check(Some("")).0, Some(0));
    moved("dbt/out/manifest.json", "dbt/elsewhere/manifest.json");
    dbt_project("name: w\ntarget-path: \"{{ env_var('OUT') }}\"\n");
    let (code, said) = check(None);
    assert_eq!(code, Some(0), "{said}");
    let whole = dir.path().join("dbt/elsewhere");
    let (code, said) = check(whole.to_str());
    assert_eq!(code, Some(0), "{said}");
}

#[test]
fn braces_are_taken_off_where_a_reference_may_stand_and_only_there() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let written = "table: ref('fct_orders')";
    let inside = "table: {sql: \"select * from {{ ref('fct_orders') }}\"}";
    for braced in [inside, "table: \"{{ ref('fct_orders') }}\""] {
        project(dir.path(), &SPEC.replace(written, braced));
        let (code, _, said) = segc(dir.path(), &["check", "--no-color"]);
        assert_eq!(code, Some(1), "{said}");
        assert!(
            said.contains("S0114") && said.contains("`table: ref('fct_orders')`"),
            "{said}"
        );
        std::fs::remove_dir_all(dir.path().join("audiences")).expect("removed");
    }
    // As the hint has it.
    project(dir.path(), SPEC);
    let (code, _, said) = segc(dir.path(), &["check", "--no-color"]);
    assert_eq!(code, Some(0), "{said}");
}

#[test]
fn what_is_no_manifest_or_an_unknown_one_is_said() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    project(dir.path(), SPEC);
    let manifest = dir.path().join("dbt/target/manifest.json");
    let text = std::fs::read_to_string(&manifest).expect("read");
    std::fs::write(&manifest, text.replace("manifest/v12", "manifest/v99")).expect("written");
    let (code, _, said) = segc(dir.path(), &["check", "--no-color"]);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("warning[S0424]"), "{said}");
    std::fs::write(&manifest, "[".repeat(100_000)).expect("written");
    let (code, _, said) = segc(dir.path(), &["check", "--no-color"]);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("error[S0424]"), "{said}");
}
