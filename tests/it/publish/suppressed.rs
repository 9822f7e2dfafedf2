//! Who is suppressed leaves every segment at the next build: also those that it does not select, or refuses.

use segc::build::run::Ended;

use super::shop::{at, seg};
use super::world::World;

const MEMBERS: &str = "select segment, entity_key from segments.customer_members order by all";
/// What the catalogue says, and what is so.
const CATALOG: &str = "select segment, members = (select count(*) from segments.customer_members m where m.segment = s.segment) \
                       from segments.segc_segments s order by all";

fn world() -> World {
    let mut w = World::new("(1, 'a', true), (2, 'b', true), (3, 'c', false)");
    w.shop.suppressed = Some("customer_id in (select customer_id from opt_outs)");
    w.shop.suppressor = Some("select customer_id as entity_key from opt_outs");
    w.sql("create table opt_outs (customer_id integer)");
    w
}

#[test]
pub(super) fn who_is_suppressed_leaves_segments_that_are_not_selected() {
    let mut w = world();
    let segments = [
        seg("vip"),
        seg("all").flag("true"),
        seg("service").flag("true").unsuppressed(),
    ];
    w.build(&segments, at(1));
    w.sql("insert into opt_outs values (2)");
    let outcome = w.select(&segments, &["vip"], at(2));
    assert_eq!(outcome.ended, Ended::Published { epoch: 2 });
    assert_eq!(
        w.rows(MEMBERS),
        "all|1\nall|3\nservice|1\nservice|2\nservice|3\nvip|1"
    );
    assert_eq!(
        w.rows("select segment, members, exited, status from segments.segc_run_segments where run_id = 'run2' order by all"),
        "all|2|1|kept\nvip|1|1|published"
    );
    assert_eq!(
        w.rows("select segment, entity_key, change from segments.customer_changes where run_id = 'run2' order by all"),
        "all|2|exited\nvip|2|exited"
    );
    assert_eq!(w.rows(CATALOG), "all|true\nservice|true\nvip|true");
    w.invariants();
    // `all` was not computed as of 2: it still can be.
    w.sql("delete from opt_outs");
    let outcome = w.build(&segments, at(3));
    assert_eq!(outcome.ended, Ended::Published { epoch: 3 });
    assert_eq!(
        w.rows("select segment, count(*) from segments.customer_members group by all order by all"),
        "all|3\nservice|3\nvip|2"
    );
    w.invariants();
}

#[test]
pub(super) fn a_segment_that_somebody_left_is_not_built_as_of_an_earlier_instant() {
    let mut w = world();
    let segments = [seg("vip"), seg("all").flag("true")];
    w.build(&segments, at(1));
    w.sql("insert into opt_outs values (2)");
    w.select(&segments, &["vip"], at(5));
    w.sql("delete from opt_outs");
    // Customer 2 would enter `all` again before the stay has ended.
    let outcome = w.select(&segments, &["all"], at(3));
    assert_eq!(
        (outcome.ended, w.codes().as_str()),
        (Ended::Refused, "S0606")
    );
    let outcome = w.select(&segments, &["all"], at(5));
    assert_eq!(outcome.ended, Ended::Published { epoch: 3 });
    w.invariants();
}

#[test]
pub(super) fn segments_published_as_of_the_same_instant_are_left_alone() {
    let mut w = world();
    let segments = [seg("vip"), seg("all").flag("true")];
    w.select(&segments, &["all"], at(2));
    w.sql("insert into opt_outs values (2)");
    let outcome = w.select(&segments, &["vip"], at(2));
    assert_eq!(outcome.ended, Ended::Published { epoch: 2 });
    assert_eq!(w.rows(MEMBERS), "all|1\nall|2\nall|3\nvip|1");
    w.invariants();
}

#[test]
pub(super) fn who_is_suppressed_leaves_a_refused_segment_and_also_when_the_table_knows_them_no_more()
 {
    let mut w = world();
    let segments = [seg("vip"), seg("all").flag("true")];
    w.build(&segments, at(1));
    let segments = [seg("vip"), seg("all").flag("true").at_least(3)];
    w.sql("delete from customers where customer_id = 2");
    w.sql("insert into opt_outs values (2)");
    let outcome = w.build(&segments, at(2));
    assert_eq!(outcome.ended, Ended::Published { epoch: 2 });
    assert_eq!(w.codes(), "S0642");
    assert_eq!(w.rows(MEMBERS), "all|1\nall|3\nvip|1");
    assert_eq!(w.rows(CATALOG), "all|true\nvip|true");
    w.invariants();
}

#[test]
pub(super) fn who_is_suppressed_leaves_segments_of_an_entity_of_which_nothing_is_selected() {
    let mut w = world();
    w.shop.wide = true;
    w.shop.channels = vec![("email", "vip")];
    w.sql("create table accounts (account_id varchar, big boolean)");
    w.sql("insert into accounts values ('x', true), ('y', false)");
    let segments = [
        seg("vip").channel(0).expose("email"),
        seg("service").flag("true").unsuppressed(),
        seg("big").of_account("big"),
    ];
    let outcome = w.build(&segments, at(1));
    assert_eq!(outcome.ended, Ended::Published { epoch: 1 });
    let others = [
        "select * from segments.customer_traits order by all",
        "select * from segments.customer_channels order by all",
        "select view_name, sql, comment from duckdb_views() where schema_name = 'segments' order by all",
    ];
    let before = others.map(|sql| w.rows(sql));
    w.sql("insert into opt_outs values (2)");
    w.sql("insert into customers values (4, 'd', false)");
    let planned = w.plan(&segments, &["big"], false, at(2));
    let exits: Vec<_> = planned
        .segments
        .iter()
        .map(|s| (s.segment.as_str(), s.exited))
        .collect();
    assert_eq!(exits, [("big", 0), ("vip", 1)]);
    let outcome = w.select(&segments, &["big"], at(2));
    assert_eq!(outcome.ended, Ended::Published { epoch: 2 });
    assert_eq!(w.rows(MEMBERS), "service|1\nservice|2\nservice|3\nvip|1");
    assert_eq!(
        w.rows("select segment, members, exited, status from segments.segc_run_segments where run_id = 'run3' order by all"),
        "big|1|0|unchanged\nvip|1|1|kept"
    );
    assert_eq!(
        w.rows("select segment, entity_key, change from segments.customer_changes where run_id = 'run3' order by all"),
        "vip|2|exited"
    );
    assert_eq!(w.rows("select email from segments.seg_vip"), "a");
    assert_eq!(others.map(|sql| w.rows(sql)), before);
    w.invariants();
    // Its own question was not asked as of 2, and still can be.
    w.sql("delete from opt_outs");
    w.build(&segments, at(3));
    assert_eq!(
        w.rows("select segment, count(*) from segments.customer_members group by all order by all"),
        "service|4\nvip|2"
    );
    w.invariants();
}

#[test]
pub(super) fn where_nothing_of_an_entity_is_published_nobody_asks_who_is_suppressed() {
    let mut w = world();
    w.sql("create table accounts (account_id varchar, big boolean)");
    w.sql("insert into accounts values ('x', true)");
    w.sql("drop table customers");
    let segments = [seg("vip"), seg("big").of_account("big")];
    let outcome = w.select(&segments, &["big"], at(1));
    assert_eq!(
        (outcome.ended, w.codes().as_str()),
        (Ended::Published { epoch: 1 }, "")
    );
    assert_eq!(
        w.rows("select table_name from information_schema.tables where table_name like 'customer%' and table_schema = 'segments'"),
        ""
    );
}
