//! Which files SQL reads: the project's, and those that its target names.

use crate::people::Shop;

const SPEC: &str = "segments:\n  - {name: all, where: true}\n";

/// A shop that reads `from`, beside a folder with a file of its own.
fn shop(from: &str) -> (Shop, tempfile::TempDir) {
    let outside = tempfile::tempdir().unwrap();
    std::fs::write(
        outside.path().join("people.csv"),
        "customer_id\nanna@example.com\n",
    )
    .unwrap();
    let entity = format!("entities:\n  - {{name: customer, table: {from}, key: customer_id}}\n");
    let shop = Shop::new(&entity, SPEC, "customer_id\n7\n");
    (shop, outside)
}

/// Catalogue: H13. Layer 2: what the check of the text lets through, the engine refuses.
#[test]
fn a_view_of_the_database_reads_outside_of_the_project_only_where_the_target_says_so() {
    let (shop, outside) = shop("people");
    let file = outside.path().join("people.csv");
    shop.does(&format!(
        "create view people as select * from read_csv('{}')",
        file.display()
    ));
    let (code, said) = shop.build("2026-01-01");
    assert_eq!(code, Some(1), "{said}");
    for part in [
        "error[S0609]: table `people` reads files outside",
        "read_from",
    ] {
        assert!(said.contains(part), "{said}");
    }
    let target = |folder: &str| {
        format!(
            "name: shop\nversion: 1\ntargets: {{dev: {{type: duckdb, path: shop.duckdb, read_from: {folder}}}}}\n"
        )
    };
    shop.put("segc.yml", &target("{}"));
    assert_eq!(shop.build("2026-01-01").0, Some(1));
    shop.put("segc.yml", &target("['']"));
    assert_eq!(shop.build("2026-01-01").0, Some(1));
    shop.put(
        "segc.yml",
        &target(&format!("['{}']", outside.path().display())),
    );
    shop.built("2026-01-01");
    assert_eq!(shop.members("all"), "anna@example.com");
}

/// Catalogue: H13.
#[test]
fn a_query_reads_files_of_the_project_from_any_folder_and_no_others() {
    let (shop, outside) = shop("{sql: \"select * from read_csv('data/customers.csv')\"}");
    shop.built("2026-01-01");
    // Started elsewhere, the same.
    let project = shop.path().to_string_lossy().into_owned();
    let ran = std::process::Command::new(env!("CARGO_BIN_EXE_segc"))
        .args([
            "build",
            "--as-of",
            "2026-01-02",
            "--project-dir",
            project.as_str(),
        ])
        .current_dir(outside.path())
        .output()
        .unwrap();
    assert_eq!(
        ran.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&ran.stderr)
    );
    // A link inside the project leads out of it; a name with dots is a file's.
    #[cfg(unix)]
    std::os::unix::fs::symlink(
        outside.path().join("people.csv"),
        shop.path().join("data/link.csv"),
    )
    .unwrap();
    for from in [
        "{sql: \"select * from read_csv('data/link.csv')\"}",
        "file('data/link.csv')",
        "{sql: \"select * from read_csv('../people.csv')\"}",
    ] {
        let entity =
            format!("entities:\n  - {{name: customer, table: {from}, key: customer_id}}\n");
        shop.put("segments/entity.yml", &entity);
        for args in [
            &["build", "--as-of", "2026-01-03"][..],
            &["plan"],
            &["show", "all"],
        ] {
            let (code, said) = shop.segc(args);
            assert_eq!(code, Some(1), "{from}: {said}");
            assert!(!said.contains("anna"), "{from}: {said}");
        }
    }
    assert_eq!(shop.members("all"), "7");
}

/// Catalogue: H12. Nothing that a build runs of a `{sql: …}` source changes the database, even where the text's check has a hole:
/// the engine refuses what changes data inside a subquery, and the source is first described in a database opened read-only.
#[test]
fn the_engine_refuses_a_change_inside_a_subquery() {
    use segc::engine::duckdb::DuckDb;
    use segc::engine::{Engine as _, Options};
    let mut engine = DuckDb::open(&Options::default()).unwrap();
    engine.execute("create table t as select 1 as a").unwrap();
    for change in [
        "with gone as (delete from t returning *) select * from gone",
        "with x as (select 1), gone as (update t set a = 2 returning *) select * from gone",
        "with gone as (insert into t values (3) returning *) select * from gone",
    ] {
        for around in [
            format!("select * from ({change}) as s"),
            format!("create temp table staged as select s.a from ({change}) as s"),
            format!("insert into t select * from ({change}) as s"),
            format!("describe select * from ({change}) as s"),
        ] {
            assert!(engine.execute(&around).is_err(), "{around}");
        }
    }
    let rows = engine.query("select * from t").unwrap().rows;
    assert_eq!(rows, [[segc::engine::Value::Int(1)]]);
}
