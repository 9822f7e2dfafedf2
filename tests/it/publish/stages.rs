//! The plan of a build, without any database: its order, and that every statement is SQL.

use segc::build::publish::{Staged, publication};
use segc::build::published::{LastRun, State};
use segc::build::read::Reader;
use segc::build::stage::staging;
use segc::build::tables::{CATALOG, RUN_SEGMENTS, RUN_SOURCES, RUNS, STATE};
use segc::build::{Kind, Published, Stage};
use segc::diag::Diagnostics;
use segc::engine::{Engine, EngineError, EngineErrorKind, Rows};
use segc::expr::Type;
use sqlparser::dialect::{DuckDbDialect, SnowflakeDialect};
use sqlparser::parser::Parser;
use std::collections::BTreeMap;

use super::shop::{Shop, at, seg};

fn shop() -> Shop {
    Shop {
        suppressed: Some("email is null"),
        channels: vec![("email", "email is not null")],
        wide: true,
        runs: 7,
        ..Shop::default()
    }
}

fn staged() -> Staged {
    let columns = [
        ("entity_key", "INTEGER"),
        ("email", "VARCHAR"),
        ("seg_vip", "BOOLEAN"),
    ];
    let columns = columns.map(|(name, ty)| (name.to_owned(), ty.to_owned()));
    Staged::from([("customer".to_owned(), columns.to_vec())])
}

/// A target that holds `vip` without exposed columns, `old`, and an entity that is gone.
fn published() -> Published {
    let mut published = Published {
        state: Some(State {
            project: "shop".to_owned(),
            epoch: 4,
            run_id: "run4".to_owned(),
            contract_version: 1,
        }),
        ..Published::default()
    };
    let last = |segment: &str, entity: &str| LastRun {
        segment: segment.to_owned(),
        entity: entity.to_owned(),
        kind: "segment".to_owned(),
        definition_hash: "x".to_owned(),
        retired: false,
        as_of: at(1),
        touched: at(1),
        run_id: "run4".to_owned(),
        project_hash: "y".to_owned(),
        selection: None,
    };
    published.segments = vec![
        last("vip", "customer"),
        last("old", "customer"),
        last("big", "account"),
    ];
    for (table, columns) in [
        ("segc_state", STATE),
        ("segc_runs", RUNS),
        ("segc_run_segments", RUN_SEGMENTS),
        ("segc_run_sources", RUN_SOURCES),
        ("segc_catalog", CATALOG),
    ] {
        let column = |(name, _): &(&str, Type)| ((*name).to_owned(), String::new());
        let columns = columns.iter().map(column).collect();
        published.relations.insert(table.to_owned(), columns);
    }
    for table in ["customer_history", "account_members", "account_history"] {
        published.relations.insert(table.to_owned(), Vec::new());
    }
    let column = |name: &str, ty: &str| (name.to_owned(), ty.to_owned());
    let key = || column("entity_key", "INTEGER");
    published
        .relations
        .insert("customer_members".to_owned(), vec![key()]);
    published.relations.insert(
        "customer_traits".to_owned(),
        vec![key(), column("email", "BLOB")],
    );
    published
}

fn plan(whole: bool, published: &Published) -> Vec<Stage> {
    plan_in("duckdb", whole, published)
}

fn plan_in(dialect: &str, whole: bool, published: &Published) -> Vec<Stage> {
    let shop = shop();
    let segments = [
        seg("vip").expose("email").channel(0),
        seg("all").flag("true").unsuppressed(),
    ];
    let names: &[&str] = if whole { &["vip", "all"] } else { &["vip"] };
    let model = shop.model(&segments, at(2));
    let policy = shop.policy(&model, names, whole);
    let queries = shop.queries(&segments, &policy);
    let dialect = segc::dialect::find(dialect).expect("the dialect");
    let mut diags = Diagnostics::default();
    let mut stages = vec![Stage::begin()];
    let none = BTreeMap::new();
    stages.extend(staging(
        &model, &queries, &policy, published, &none, dialect,
    ));
    stages.extend(publication(
        &model,
        &queries,
        &policy,
        published,
        &staged(),
        &[],
        at(3),
        dialect,
        &mut diags,
    ));
    assert!(diags.is_empty(), "{diags:?}");
    stages
}

/// What a build does where nothing is published yet.
pub(crate) fn first_build() -> Vec<Stage> {
    plan(true, &Published::default())
}

fn every_plan() -> Vec<Vec<Stage>> {
    every_plan_in("duckdb")
}

fn every_plan_in(dialect: &str) -> Vec<Vec<Stage>> {
    let nothing = Published::default();
    [
        (true, &nothing),
        (false, &nothing),
        (true, &published()),
        (false, &published()),
    ]
    .map(|(whole, published)| plan_in(dialect, whole, published))
    .to_vec()
}

#[test]
fn the_fence_stands_before_every_change_and_the_commit_last() {
    for stages in every_plan() {
        let place = |what: &dyn Fn(&Kind) -> bool| stages.iter().position(|s| what(&s.kind));
        let fence = place(&|k| *k == Kind::Fence).expect("a fence");
        assert_eq!(place(&|k| *k == Kind::Begin), Some(0));
        assert_eq!(place(&|k| *k == Kind::Commit), Some(stages.len() - 1));
        for (n, stage) in stages.iter().enumerate() {
            let changes = match stage.kind {
                Kind::CloseStays
                | Kind::OpenStays
                | Kind::DeleteMembers
                | Kind::InsertMembers
                | Kind::Traits
                | Kind::Channels
                | Kind::Drop
                | Kind::Erase
                | Kind::Rename
                | Kind::RecordRun => true,
                Kind::Vouch
                | Kind::Begin
                | Kind::CheckSource
                | Kind::StageScope
                | Kind::StageQuery
                | Kind::CheckKeys(_)
                | Kind::StageMembers
                | Kind::StageKeys
                | Kind::EnsureSchema
                | Kind::EnsureTable
                | Kind::EnsureColumn
                | Kind::EnsureView
                | Kind::Diff
                | Kind::Count
                | Kind::Fence
                | Kind::Assert(_)
                | Kind::Guard
                | Kind::Withhold
                | Kind::Commit => false,
            };
            assert!(!changes || n > fence, "{stage:?} stands before the fence");
        }
        let last_change = stages.iter().rposition(|s| s.kind == Kind::InsertMembers);
        let first_assert = place(&|k| matches!(k, Kind::Assert(_)));
        assert!(
            first_assert > last_change,
            "what is asserted is what is committed"
        );
    }
}

#[test]
fn every_statement_is_one_statement() {
    for stage in every_plan().into_iter().flatten() {
        for sql in &stage.sql {
            // sqlparser has no words for these two of DuckDB.
            let sql = sql.replace(" USING CAST(NULL AS VARCHAR)", "");
            if sql.starts_with("COMMENT ON VIEW") {
                continue;
            }
            match Parser::parse_sql(&DuckDbDialect {}, &sql) {
                Ok(statements) => assert_eq!(statements.len(), 1, "{sql}"),
                Err(e) => panic!("{e}\n{sql}"),
            }
        }
    }
}

/// What its pages do not have: another name for the table that is changed, tables of a session, types by USING.
#[test]
fn every_statement_is_snowflakes_by_its_grammar() {
    let mut count = 0;
    for stage in every_plan_in("snowflake").into_iter().flatten() {
        for sql in &stage.sql {
            count += 1;
            // sqlparser wants COMMENT behind the columns, and knows no GRANTS to copy.
            let known = sql
                .lines()
                .filter(|line| *line != "COPY GRANTS" && !line.starts_with("COMMENT = 'segc:"));
            let known: Vec<&str> = known.collect();
            match Parser::parse_sql(&SnowflakeDialect {}, &known.join("\n")) {
                Ok(statements) => assert_eq!(statements.len(), 1, "{sql}"),
                Err(e) => panic!("{e}\n{sql}"),
            }
            let words: Vec<&str> = sql.split_whitespace().collect();
            let renamed = match words.as_slice() {
                ["DELETE", "FROM", _, next, ..] | ["UPDATE", _, next, ..] => *next == "AS",
                _ => false,
            };
            assert!(!renamed, "{sql}");
            assert!(!words.contains(&"TEMPORARY"), "{sql}");
            assert!(!words.contains(&"USING"), "{sql}");
        }
    }
    assert!(count > 100, "{count}");
}

#[test]
fn a_plan_over_what_is_published_says_only_what_is_missing() {
    let stages = plan(true, &published());
    let of = |kind: &Kind| -> Vec<&str> {
        let same = stages.iter().filter(|s| s.kind == *kind);
        same.map(|s| s.subject.as_str()).collect()
    };
    assert_eq!(of(&Kind::EnsureSchema), Vec::<&str>::new());
    assert_eq!(of(&Kind::EnsureTable), ["customer_channels"]);
    assert_eq!(of(&Kind::EnsureColumn), ["customer_traits.email"]);
    assert_eq!(
        of(&Kind::EnsureView),
        [
            "segc_segments",
            "customer_changes",
            "seg_vip",
            "seg_vip__email",
            "seg_all",
            "customer_wide"
        ]
    );
    // The account entity is gone: its members go, without a query.
    assert_eq!(of(&Kind::StageQuery), ["customer"]);
    assert_eq!(
        of(&Kind::DeleteMembers),
        ["customer_members", "account_members"]
    );
}

#[test]
fn a_whole_plan_reads_well() {
    let stages = plan(true, &Published::default());
    let mut text = String::new();
    for stage in &stages {
        text.push_str(&format!("-- {}: {}\n", stage.kind.words(), stage.subject));
        for sql in &stage.sql {
            text.push_str(sql);
            text.push_str(";\n");
        }
        text.push('\n');
    }
    insta::assert_snapshot!(text);
}

/// A BigQuery whose output dataset is there and empty, or not there.
struct Empty(bool);

impl Engine for Empty {
    fn change(&mut self, sql: &str) -> Result<u64, EngineError> {
        unreachable!("{sql}")
    }

    fn query(&mut self, sql: &str) -> Result<Rows, EngineError> {
        let what = if sql.contains("INFORMATION_SCHEMA") {
            if self.0 {
                return Ok(Rows::default());
            }
            "Dataset shop:segments"
        } else {
            "Table shop:segments.segc_state"
        };
        Err(EngineError {
            kind: EngineErrorKind::Statement,
            message: format!("notFound: Not found: {what} was not found in location EU"),
        })
    }
}

#[test]
fn a_dataset_that_is_not_there_has_nothing_in_it() {
    let dialect = segc::dialect::find("bigquery").expect("it is one");
    let model = shop().model(&[seg("vip")], at(1));
    let policy = shop().policy(&model, &["vip"], true);
    let reader = Reader::new(&model, &policy, dialect);
    for is_there in [true, false] {
        let published = reader.published(&mut Empty(is_there)).expect("nothing is");
        assert!(published.relations.is_empty() && published.state.is_none());
        assert_eq!(reader.verdict(&mut Empty(is_there)), Ok((None, None)));
    }
}
