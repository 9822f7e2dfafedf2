//! Builds on a real DuckDB: a hand-made model over one small table, built again and again.

use segc::build::run::Ended;
use segc::emit::{CheckKind, CheckQuery};
use segc::model::EntityId;
use segc::source::{FileId, Span};

use super::shop::{at, seg};
use super::world::World;

#[test]
pub(super) fn a_first_build_publishes_members_history_changes_traits_views_and_the_ledger() {
    let mut w = World::new("(1, 'a', true), (2, 'b', false), (3, 'c', true)");
    let outcome = w.build(&[seg("vip").expose("email")], at(1));
    assert_eq!(outcome.ended, Ended::Published { epoch: 1 });
    let [vip] = outcome.segments.as_slice() else {
        panic!("{outcome:?}")
    };
    assert_eq!(
        (vip.members, vip.entered, vip.exited, vip.population),
        (2, 2, 0, 3)
    );
    assert_eq!(vip.status, "published");
    assert_eq!(
        w.rows("from segments.customer_members order by all"),
        "vip|1|2026-01-01 00:00:00+00|run1\nvip|3|2026-01-01 00:00:00+00|run1"
    );
    assert_eq!(
        w.rows("select segment, entity_key, valid_from, valid_to, entered_run, exited_run from segments.customer_history order by all"),
        "vip|1|2026-01-01 00:00:00+00||run1|\nvip|3|2026-01-01 00:00:00+00||run1|"
    );
    assert_eq!(
        w.rows("from segments.customer_changes order by all"),
        "1|run1|2026-01-01 00:00:00+00|vip|1|entered\n1|run1|2026-01-01 00:00:00+00|vip|3|entered"
    );
    assert_eq!(
        w.rows("from segments.customer_traits order by all"),
        "1|a|2026-01-01 00:00:00+00|run1\n2|b|2026-01-01 00:00:00+00|run1\n3|c|2026-01-01 00:00:00+00|run1"
    );
    assert_eq!(
        w.rows("from segments.seg_vip order by all"),
        "1|a|2026-01-01 00:00:00+00\n3|c|2026-01-01 00:00:00+00"
    );
    assert_eq!(w.columns("seg_vip"), "customer_id,email,since");
    assert_eq!(
        w.columns("segc_segments"),
        "segment,title,description,owner,tags,entity,kind,definition_hash,members,as_of,action,kpi,channels,expires_on"
    );
    assert_eq!(
        w.rows("select segment, tags, entity, kind, members, as_of from segments.segc_segments"),
        "vip|a, b|customer|segment|2|2026-01-01 00:00:00+00"
    );
    assert_eq!(
        w.rows("select project, epoch, run_id, contract_version from segments.segc_state"),
        "shop|1|run1|2"
    );
    assert_eq!(
        w.rows("select run_id, epoch, status, as_of, target, selection, message from segments.segc_runs"),
        "run1|1|published|2026-01-01 00:00:00+00|dev||"
    );
    // Types are exactly those of the source: the key is an INTEGER.
    assert_eq!(
        w.rows("select distinct data_type from information_schema.columns where column_name in ('entity_key', 'customer_id')"),
        "INTEGER"
    );
    // Nothing is left of the staging.
    assert_eq!(
        w.rows("select count(*) from duckdb_tables() where table_name like 'segc_stage%'"),
        "0"
    );
}

#[test]
pub(super) fn run_results_have_the_shape_that_readers_of_dbt_know() {
    let mut w = World::new("(1, 'a', true), (2, 'b', false)");
    w.build(&[seg("vip")], at(1));
    let at_path = |path: &str| w.results.pointer(path).cloned().unwrap_or_default();
    assert_eq!(at_path("/run/status"), "published");
    assert_eq!(at_path("/run/epoch"), 1);
    assert_eq!(at_path("/args/which"), "build");
    assert_eq!(at_path("/results/0/unique_id"), "entity.shop.customer");
    assert!(at_path("/results/0/compiled_code").is_string());
    assert_eq!(at_path("/results/1/unique_id"), "segment.shop.vip");
    assert_eq!(at_path("/results/1/status"), "success");
    assert_eq!(at_path("/results/1/relation_name"), "segments.seg_vip");
    assert_eq!(at_path("/results/1/members"), 1);
    assert_eq!(at_path("/results/1/share"), 0.5);
    w.build(&[seg("vip").flag("nonsense")], at(2));
    let at_path = |path: &str| w.results.pointer(path).cloned().unwrap_or_default();
    assert_eq!(at_path("/run/status"), "not_published");
    assert_eq!(at_path("/run/exit_status"), 2);
    assert_eq!(at_path("/results/1/status"), "error");
}

#[test]
pub(super) fn a_second_build_of_the_same_data_changes_no_member_and_no_history() {
    let mut w = World::new("(1, 'a', true), (2, 'b', false)");
    w.build(&[seg("vip")], at(1));
    let members = w.rows("from segments.customer_members order by all");
    let history = w.rows("from segments.customer_history order by all");
    let views = w.rows("select view_name, comment, sql from duckdb_views() where schema_name = 'segments' order by all");
    let outcome = w.build(&[seg("vip")], at(2));
    assert_eq!(outcome.ended, Ended::Published { epoch: 2 });
    let [vip] = outcome.segments.as_slice() else {
        panic!("{outcome:?}")
    };
    assert_eq!((vip.members, vip.entered, vip.exited), (1, 0, 0));
    assert_eq!(vip.status, "unchanged");
    assert_eq!(
        w.rows("from segments.customer_members order by all"),
        members
    );
    assert_eq!(
        w.rows("from segments.customer_history order by all"),
        history
    );
    assert_eq!(
        w.rows("select view_name, comment, sql from duckdb_views() where schema_name = 'segments' order by all"),
        views
    );
    assert_eq!(
        w.rows("select count(distinct members_checksum) from segments.segc_runs"),
        "1"
    );
}

#[test]
pub(super) fn members_enter_and_exit_and_stays_are_half_open() {
    let mut w = World::new("(1, 'a', true), (2, 'b', false)");
    w.build(&[seg("vip")], at(1));
    w.sql("update customers set vip = not vip");
    let outcome = w.build(&[seg("vip")], at(2));
    let [vip] = outcome.segments.as_slice() else {
        panic!("{outcome:?}")
    };
    assert_eq!((vip.members, vip.entered, vip.exited), (1, 1, 1));
    w.sql("update customers set vip = true");
    w.build(&[seg("vip")], at(3));
    assert_eq!(
        w.rows("select entity_key, left(valid_from::varchar, 10), left(valid_to::varchar, 10), entered_run, exited_run from segments.customer_history order by all"),
        "1|2026-01-01|2026-01-02|run1|run2\n1|2026-01-03||run3|\n2|2026-01-02||run2|"
    );
    assert_eq!(
        w.rows("select epoch, entity_key, change from segments.customer_changes order by all"),
        "1|1|entered\n2|1|exited\n2|2|entered\n3|1|entered"
    );
    assert_eq!(
        w.rows(
            "select entity_key, left(since::varchar, 10), run_id from segments.customer_members order by all"
        ),
        "1|2026-01-03|run3\n2|2026-01-02|run2"
    );
    w.invariants();
}

#[test]
pub(super) fn a_selection_publishes_only_what_is_selected() {
    let mut w = World::new("(1, 'a', true), (2, 'b', false)");
    let segments = [seg("vip").expose("email"), seg("everybody").flag("true")];
    w.build(&segments, at(1));
    w.sql("update customers set vip = true, email = 'new'");
    w.sql("insert into customers values (3, 'c', true)");
    w.sql("delete from customers where customer_id = 1");
    let outcome = w.select(&segments, &["vip"], at(2));
    assert_eq!(outcome.ended, Ended::Published { epoch: 2 });
    assert_eq!(outcome.segments.len(), 1);
    assert_eq!(
        w.rows("select segment, entity_key from segments.customer_members order by all"),
        "everybody|1\neverybody|2\nvip|2\nvip|3"
    );
    assert_eq!(
        w.rows("select entity_key, email, run_id from segments.customer_traits order by all"),
        "2|new|run2\n3|c|run2"
    );
    assert_eq!(
        w.rows("select segment, left(as_of::varchar, 10) from segments.segc_segments order by all"),
        "everybody|2026-01-01\nvip|2026-01-02"
    );
    // A segment's own last as_of counts.
    let outcome = w.select(&segments, &["vip"], at(2));
    assert!(
        matches!(outcome.ended, Ended::Unchanged { .. }),
        "{outcome:?}"
    );
    let outcome = w.build(&segments, at(3));
    assert_eq!(outcome.ended, Ended::Published { epoch: 3 });
    w.invariants();
}

#[test]
pub(super) fn a_segment_that_left_the_project_is_retired_and_can_come_back() {
    let mut w = World::new("(1, 'a', true)");
    w.build(&[seg("vip"), seg("all").flag("true")], at(1));
    let outcome = w.build(&[seg("all").flag("true"), seg("vip").disabled()], at(2));
    assert_eq!(outcome.ended, Ended::Published { epoch: 2 });
    assert_eq!(
        w.rows("select segment, status, members, exited from segments.segc_run_segments where run_id = 'run2' order by all"),
        "all|unchanged|1|0\nvip|retired|0|1"
    );
    assert_eq!(w.rows("select count(*) from segments.seg_vip"), "0");
    assert_eq!(w.rows("select segment from segments.segc_segments"), "all");
    assert_eq!(
        w.rows("select segment, left(valid_to::varchar, 10) from segments.customer_history order by all"),
        "all|\nvip|2026-01-02"
    );
    // Retired once is enough.
    w.build(&[seg("all").flag("true")], at(3));
    assert_eq!(
        w.rows("select count(*) from segments.segc_run_segments where run_id = 'run3'"),
        "1"
    );
    w.build(&[seg("all").flag("true"), seg("vip")], at(4));
    assert_eq!(
        w.rows("select left(valid_from::varchar, 10), left(valid_to::varchar, 10) from segments.customer_history where segment = 'vip' order by all"),
        "2026-01-01|2026-01-02\n2026-01-04|"
    );
    w.invariants();
}

#[test]
pub(super) fn an_entity_that_left_the_project_takes_its_members_with_it() {
    let mut w = World::new("(1, 'a', true)");
    w.sql("create table accounts (account_id varchar, big boolean)");
    w.sql("insert into accounts values ('x', true)");
    w.build(&[seg("vip"), seg("big").of_account("big")], at(1));
    assert_eq!(
        w.rows("select segment, entity_key from segments.account_members"),
        "big|x"
    );
    let outcome = w.build(&[seg("vip")], at(2));
    assert_eq!(outcome.ended, Ended::Published { epoch: 2 });
    assert_eq!(w.rows("select count(*) from segments.account_members"), "0");
    assert_eq!(
        w.rows("select entity_key, left(valid_to::varchar, 10) from segments.account_history"),
        "x|2026-01-02"
    );
    assert_eq!(
        w.rows("select segment, entity, status from segments.segc_run_segments where run_id = 'run2' order by all"),
        "big|account|retired\nvip|customer|unchanged"
    );
}

#[test]
pub(super) fn columns_come_change_their_type_and_stay_in_views() {
    let mut w = World::new("(1, 'a', true)");
    w.build(&[seg("vip")], at(1));
    assert_eq!(w.columns("seg_vip"), "customer_id,since");
    w.build(&[seg("vip").expose("email")], at(2));
    assert_eq!(w.columns("seg_vip"), "customer_id,email,since");
    w.sql("create table other as select customer_id, 7::smallint as email, vip from customers");
    w.sql("drop table customers");
    w.sql("alter table other rename to customers");
    let outcome = w.build(&[seg("vip").expose("email")], at(3));
    assert_eq!(outcome.ended, Ended::Published { epoch: 3 });
    assert_eq!(
        w.rows("select email, typeof(email) from segments.seg_vip"),
        "7|SMALLINT"
    );
    w.build(&[seg("vip")], at(4));
    assert_eq!(w.columns("seg_vip"), "customer_id,since");
    // A column that nobody asks for any more is empty, not stale.
    assert_eq!(w.rows("select email from segments.customer_traits"), "");
}

#[test]
pub(super) fn suppression_and_channels_are_applied_last() {
    let mut w = World::new("(1, 'a', true), (2, null, true), (3, 'c', true)");
    w.shop.suppressed = Some("customer_id = 3");
    w.shop.channels = vec![("email", "email is not null")];
    let segments = [
        seg("vip").channel(0),
        seg("all").flag("true").unsuppressed(),
    ];
    let outcome = w.build(&segments, at(1));
    assert_eq!(outcome.ended, Ended::Published { epoch: 1 });
    assert_eq!(
        w.rows("select segment, members, suppressed, population from segments.segc_run_segments order by all"),
        "all|3|0|3\nvip|2|1|3"
    );
    assert_eq!(
        w.rows("select segment, entity_key from segments.customer_members order by all"),
        "all|1\nall|2\nall|3\nvip|1\nvip|2"
    );
    assert_eq!(
        w.rows("select customer_id from segments.seg_vip__email"),
        "1"
    );
    w.shop.suppressed = Some("customer_id = 1");
    w.build(&segments, at(2));
    assert_eq!(w.rows("select count(*) from segments.seg_vip__email"), "1");
    assert_eq!(
        w.rows("select customer_id from segments.seg_vip order by all"),
        "2\n3"
    );
    w.invariants();
}

#[test]
pub(super) fn a_ledger_of_an_older_segc_gets_the_columns_that_it_lacks() {
    let mut w = World::new("(1, 'a', true)");
    w.build(&[seg("vip")], at(1));
    w.sql("alter table segments.segc_run_segments drop column held_out");
    let outcome = w.build(&[seg("vip")], at(2));
    assert_eq!(outcome.ended, Ended::Published { epoch: 2 });
    assert_eq!(
        w.rows("select run_id, held_out from segments.segc_run_segments order by all"),
        "run1|\nrun2|0"
    );
}

#[test]
pub(super) fn keys_that_are_null_or_not_unique_publish_nothing() {
    let mut w = World::new("(1, 'a', true), (1, 'b', true), (null, 'c', true)");
    let outcome = w.build(&[seg("vip")], at(1));
    assert_eq!(outcome.ended, Ended::Refused);
    assert_eq!(w.codes(), "S0601 S0602");
    assert_eq!(
        w.rows("select count(*) from information_schema.schemata where schema_name = 'segments'"),
        "0"
    );
}

#[test]
pub(super) fn checks_of_sources_stop_a_build_or_warn() {
    let check = |kind, sql: &str| CheckQuery {
        entities: vec![EntityId(0)],
        kind,
        counted: None,
        what: "items.product (product_id)".to_owned(),
        span: Span::new(FileId(0), 0, 1),
        sql: sql.to_owned(),
    };
    let mut w = World::new("(1, 'a', true)");
    w.checks = vec![
        check(CheckKind::TimeNull, "select 12 as violations"),
        check(CheckKind::JoinDuplicate, "select 0 as violations"),
    ];
    let outcome = w.build(&[seg("vip")], at(1));
    assert_eq!(
        (outcome.ended, w.codes().as_str()),
        (Ended::Published { epoch: 1 }, "S0614")
    );
    w.checks
        .push(check(CheckKind::JoinDuplicate, "select 2 as violations"));
    w.checks
        .push(check(CheckKind::EntityKeyNull, "select 1 as violations"));
    let outcome = w.build(&[seg("vip")], at(2));
    assert_eq!(
        (outcome.ended, w.codes().as_str()),
        (Ended::Refused, "S0601 S0613 S0614")
    );
    assert_eq!(w.rows("select epoch from segments.segc_state"), "1");
}

#[test]
pub(super) fn as_of_moves_forward() {
    let mut w = World::new("(1, 'a', true)");
    // More digits than warehouses keep are no later instant.
    let nanos = jiff::SignedDuration::from_nanos(1999);
    w.build(&[seg("vip")], at(5) + nanos);
    let outcome = w.build(&[seg("vip")], at(5) + nanos);
    assert!(matches!(outcome.ended, Ended::Unchanged { .. }));
    let mut w = World::new("(1, 'a', true)");
    w.build(&[seg("vip")], at(5));
    // The same question again: nothing to do.
    let outcome = w.build(&[seg("vip")], at(5));
    assert_eq!(
        outcome.ended,
        Ended::Unchanged {
            run_id: "run1".to_owned()
        }
    );
    assert_eq!(outcome.segments.first().map(|s| s.members), Some(1));
    assert_eq!(w.rows("select count(*) from segments.segc_runs"), "1");
    // Another definition, or an earlier instant.
    let outcome = w.build(&[seg("vip").flag("not vip")], at(5));
    assert_eq!(
        (outcome.ended, w.codes().as_str()),
        (Ended::Refused, "S0606")
    );
    let outcome = w.build(&[seg("vip")], at(4));
    assert_eq!(
        (outcome.ended, w.codes().as_str()),
        (Ended::Refused, "S0606")
    );
    let outcome = w.build(&[seg("vip")], at(2000));
    assert_eq!(
        (outcome.ended, w.codes().as_str()),
        (Ended::Refused, "S0605")
    );
    // A new segment beside a published one, alone.
    let outcome = w.select(&[seg("vip"), seg("all").flag("true")], &["all"], at(5));
    assert_eq!(outcome.ended, Ended::Published { epoch: 2 });
}

#[test]
pub(super) fn a_key_of_another_type_is_refused() {
    let mut w = World::new("(1, 'a', true)");
    w.build(&[seg("vip")], at(1));
    w.sql("alter table customers alter customer_id type varchar");
    let outcome = w.build(&[seg("vip")], at(2));
    assert_eq!(
        (outcome.ended, w.codes().as_str()),
        (Ended::Refused, "S0603")
    );
    assert_eq!(w.rows("select epoch from segments.segc_state"), "1");
}

#[test]
pub(super) fn a_schema_of_another_project_or_a_newer_contract_is_refused() {
    let mut w = World::new("(1, 'a', true)");
    w.build(&[seg("vip")], at(1));
    w.sql("update segments.segc_state set project = 'blog', contract_version = 99");
    let outcome = w.build(&[seg("vip")], at(2));
    assert_eq!(
        (outcome.ended, w.codes().as_str()),
        (Ended::Refused, "S0607 S0608")
    );
}

#[test]
pub(super) fn names_that_collide_are_refused_before_anything_runs() {
    let mut w = World::new("(1, 'a', true)");
    let outcome = w.build(&[seg("life.new"), seg("life__new")], at(1));
    assert_eq!(
        (outcome.ended, w.codes().as_str()),
        (Ended::Refused, "S0604")
    );
}

#[test]
pub(super) fn history_can_be_left_out_and_taken_up_later_and_there_is_a_wide_view() {
    let mut w = World::new("(1, 'a', true), (2, 'b', false)");
    w.shop.history = false;
    w.shop.wide = true;
    let segments = [seg("vip"), seg("life.all").flag("true")];
    w.build(&segments, at(1));
    assert_eq!(
        w.rows("select count(*) from information_schema.tables where table_name like '%history'"),
        "0"
    );
    assert_eq!(w.columns("customer_wide"), "entity_key,life__all,vip");
    assert_eq!(
        w.rows("from segments.customer_wide order by all"),
        "1|true|true\n2|true|false"
    );
    w.shop.history = true;
    let outcome = w.build(&segments, at(2));
    assert_eq!(outcome.ended, Ended::Published { epoch: 2 });
    assert_eq!(
        w.rows("select segment, entity_key, left(valid_from::varchar, 10), entered_run from segments.customer_history order by all"),
        "life.all|1|2026-01-01|run1\nlife.all|2|2026-01-01|run1\nvip|1|2026-01-01|run1"
    );
    w.invariants();
}

#[test]
pub(super) fn a_thousand_segments_go_through() {
    let mut w = World::new("(1, 'a', true), (2, 'b', false)");
    let segments: Vec<_> = (0..1000).map(|n| seg(&format!("s{n}"))).collect();
    let outcome = w.build(&segments, at(1));
    assert_eq!(outcome.ended, Ended::Published { epoch: 1 });
    assert_eq!(outcome.segments.len(), 1000);
    w.invariants();
}

#[test]
pub(super) fn tables_of_an_older_segc_get_what_they_lack() {
    let mut w = World::new("(1, 'a', true)");
    let segments = [seg("vip")];
    w.build(&segments, at(1));
    w.sql("drop table segments.segc_run_sources");
    w.sql("alter table segments.segc_catalog drop column parts");
    w.sql("update segments.segc_state set contract_version = 1");
    assert_eq!(w.wrong(&segments), "");
    let outcome = w.build(&segments, at(2));
    assert_eq!(outcome.ended, Ended::Published { epoch: 2 });
    assert_eq!(
        w.columns("segc_run_sources"),
        "run_id,source,kind,row_count,matched,status,message"
    );
    assert_eq!(
        w.rows("select contract_version from segments.segc_state"),
        "2"
    );
    assert_eq!(w.wrong(&segments), "");
    w.invariants();
}
