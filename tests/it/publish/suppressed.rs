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
