//! Every template knows its context, and only that.

use std::collections::BTreeSet;

use super::*;

fn fields(context: &str) -> BTreeSet<String> {
    let sql = || Sql("x".to_owned());
    let pair = || Pair {
        name: sql(),
        sql: sql(),
    };
    let value = match context {
        "Ledger" => serde_json::to_value(Ledger {
            schema: sql(),
            schema_name: sql(),
            state: sql(),
            runs: sql(),
            run_segments: sql(),
            run_sources: sql(),
            sources: Vec::new(),
            catalog: sql(),
            scope: sql(),
            counts: sql(),
            text: sql(),
            int: sql(),
            project: sql(),
            run_id: sql(),
            base: 0,
            contract_version: 1,
            as_of: sql(),
            started_at: sql(),
            finished_at: sql(),
            target: sql(),
            segc_version: sql(),
            git_sha: sql(),
            selection: sql(),
            project_hash: sql(),
            message: sql(),
            checksum: sql(),
            counted: sql(),
        }),
        "EntityTables" => serde_json::to_value(EntityTables {
            entity: sql(),
            members: sql(),
            before: sql(),
            history: sql(),
            traits: sql(),
            channels: sql(),
            runs: sql(),
            run_segments: sql(),
            catalog: sql(),
            scope: sql(),
            counts: sql(),
            stage: sql(),
            staged: sql(),
            left_out: sql(),
            changes: sql(),
            key: sql(),
            keys_of: sql(),
            holdout_flag: None,
            suppress_flag: Some(sql()),
            unwanted: Some(sql()),
            query: sql(),
            suppressors: vec![sql()],
            suppressor: sql(),
            text: sql(),
            int: sql(),
            as_of: sql(),
            run_id: sql(),
            whole: true,
            left_columns: vec![sql()],
            opaque: vec![sql()],
            fingerprint: sql(),
            columns: vec![pair()],
            segments: Vec::new(),
        }),
        "Definition" => serde_json::to_value(Definition {
            table: sql(),
            columns: vec![pair()],
            cluster: Some(sql()),
            row: vec![sql()],
        }),
        "Named" => serde_json::to_value(Named { table: sql() }),
        "Schema" => serde_json::to_value(Schema { schema: sql() }),
        "ColumnChange" => serde_json::to_value(ColumnChange {
            table: sql(),
            column: sql(),
            ty: sql(),
        }),
        "View" => serde_json::to_value(View {
            view: sql(),
            select: sql(),
            comment: sql(),
        }),
        "SegmentView" => serde_json::to_value(SegmentView {
            segment: sql(),
            key: sql(),
            columns: vec![pair()],
            members: sql(),
            traits: sql(),
            channels: sql(),
            channel: None,
        }),
        "ScopeRows" => serde_json::to_value(ScopeRows {
            scope: sql(),
            columns: vec![pair()],
            rows: vec![vec![sql()]],
        }),
        "Twice" => serde_json::to_value(Twice {
            table: sql(),
            by: vec![sql()],
            what: sql(),
        }),
        "Erasure" => serde_json::to_value(Erasure {
            entity: sql(),
            keys: sql(),
            key_type: sql(),
            given: vec![pair()],
            counts: sql(),
            tables: vec![pair()],
            members: sql(),
            catalog: sql(),
            text: sql(),
        }),
        "Past" => serde_json::to_value(Past {
            history: sql(),
            segments: vec![sql()],
        }),
        "Traced" => serde_json::to_value(Traced {
            table: sql(),
            column: sql(),
            runs: sql(),
            published: true,
        }),
        "Checksum" => serde_json::to_value(Checksum {
            tables: vec![pair()],
        }),
        "KeySample" => serde_json::to_value(KeySample {
            changes: sql(),
            text: sql(),
            limit: 5,
        }),
        "StageName" => serde_json::to_value(StageName {
            dataset: sql(),
            schema: sql(),
            name: sql(),
        }),
        other => panic!("`{other}` has no sample here"),
    };
    value
        .expect("contexts are plain structs")
        .as_object()
        .expect("contexts are structs")
        .keys()
        .cloned()
        .collect()
}

#[test]
fn templates_ask_only_for_fields_of_their_context() {
    let mut environment = Environment::new();
    for (name, text, context) in TEMPLATES {
        environment
            .add_template(name, text)
            .expect("a template parses");
        let template = environment.get_template(name).expect("just added");
        let mut known = fields(context);
        // Of every template.
        known.insert("temporary".to_owned());
        for variable in template.undeclared_variables(false) {
            assert!(
                known.contains(&variable),
                "{name} asks for `{variable}`, {context} has {known:?}"
            );
        }
    }
}

#[test]
fn every_template_file_is_listed() {
    let mut files = BTreeSet::new();
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("templates");
    for entry in walkdir::WalkDir::new(&root) {
        let path = entry.expect("the folder is readable").into_path();
        if path.extension().is_some_and(|e| e == "sql") {
            let name = path.strip_prefix(&root).expect("below the root");
            files.insert(name.to_string_lossy().replace('\\', "/"));
        }
    }
    let listed: BTreeSet<String> = TEMPLATES.iter().map(|(n, ..)| (*n).to_owned()).collect();
    assert_eq!(files, listed);
}

#[test]
fn what_a_warehouse_cannot_compare_is_compared_as_text() {
    let column = |name: &str| Pair {
        name: Sql(name.to_owned()),
        sql: Sql(name.to_owned()),
    };
    let context = serde_json::json!({
        "traits": "x.t", "stage": "s", "key": "k", "whole": true, "left_columns": [], "as_of": "x", "run_id": "r",
        "columns": [column("a"), column("j")], "opaque": ["j"],
    });
    let text = |dialect: &str, value: &str| match dialect {
        "bigquery" => format!("IF({value} IS NULL, NULL, TO_JSON_STRING({value}))"),
        _ => format!("TO_JSON({value})"),
    };
    for (name, opaque, left, right) in [
        ("bigquery", "JSON", "s", "t"),
        ("snowflake", "VARIANT", "t", "s"),
    ] {
        let dialect = crate::dialect::find(name).expect("it is one");
        assert!(dialect.compares("STRING") && !dialect.compares(opaque));
        let statements = Statements::new(dialect);
        let update = statements.render("update_traits", &context);
        assert!(update.contains("t.a IS DISTINCT FROM s.a OR\n"), "{update}");
        let differ = format!(
            " {} IS DISTINCT FROM {}\n",
            text(name, "t.j"),
            text(name, "s.j")
        );
        assert!(update.contains(&differ), "{update}");
        let delete = statements.render("delete_traits", &context);
        let same = format!("AND {left}.a IS NOT DISTINCT FROM {right}.a\n");
        assert!(delete.contains(&same), "{delete}");
        let (mine, other) = (
            text(name, &format!("{left}.j")),
            text(name, &format!("{right}.j")),
        );
        let same = format!("AND {mine} IS NOT DISTINCT FROM {other}\n");
        assert!(delete.contains(&same), "{delete}");
    }
}

#[test]
fn a_table_that_is_changed_is_called_by_the_last_part_of_its_name() {
    for (relation, name) in [
        ("segments.segc_state", "segc_state"),
        ("segc_state", "segc_state"),
        ("\"a.b\".\"c\"", "\"c\""),
        ("`a`.`b.c`", "`b.c`"),
    ] {
        assert_eq!(own(relation), name);
    }
}

#[test]
fn names_are_looked_for_as_the_catalog_has_them() {
    for (dialect, name, stored) in [
        ("snowflake", "segments", "'SEGMENTS'"),
        ("snowflake", "order", "'ORDER'"),
        ("snowflake", "Segments", "'Segments'"),
        ("snowflake", "é", "'é'"),
        ("duckdb", "segments", "'segments'"),
    ] {
        let dialect = crate::dialect::find(dialect).expect("the dialect");
        assert_eq!(Statements::new(dialect).stored(name).0, stored);
    }
}

#[test]
fn a_view_is_made_with_its_comment_where_it_can_be() {
    let context = View {
        view: Sql("v".to_owned()),
        select: Sql("SELECT 1 AS x".to_owned()),
        comment: Sql("'segc:1'".to_owned()),
    };
    for (dialect, made) in [
        (
            "snowflake",
            "CREATE OR REPLACE VIEW v\nCOPY GRANTS\nCOMMENT = 'segc:1'\nAS\nSELECT 1 AS x",
        ),
        ("duckdb", "CREATE OR REPLACE VIEW v AS\nSELECT 1 AS x"),
    ] {
        let dialect = crate::dialect::find(dialect).expect("the dialect");
        let statements = Statements::new(dialect);
        assert_eq!(statements.render("create_view", &context), made);
        let is_second = dialect.name() == "duckdb";
        let comment = statements.render("comment_view", &context);
        assert_eq!(!comment.is_empty(), is_second);
    }
}

#[test]
fn an_assertion_takes_a_check_with_words_and_without_a_row() {
    let dialect = crate::dialect::find("bigquery").expect("it is one");
    let ensured = dialect.ensure("SELECT 1 AS violations, 'x' AS what FROM t", "m_1");
    // A scalar subquery has one column, and without a row it is NULL, which is not 0.
    assert!(ensured.starts_with("ASSERT NOT EXISTS (\nSELECT 1 FROM (\nSELECT 1 AS violations"));
    assert!(ensured.ends_with(") AS x\nWHERE x.violations IS DISTINCT FROM 0\n) AS 'm_1'"));
}
