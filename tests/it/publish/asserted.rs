//! What is asserted before the commit: a build over tables that somebody has edited publishes nothing, also where every number is right.

use segc::build::run::Ended;

use super::shop::{at, seg};
use super::world::World;

#[test]
pub(super) fn a_build_over_edited_tables_publishes_nothing() {
    let members = "published members are the staged ones (1 segments differ)";
    let stays = "every member has exactly one open stay (1 segments differ)";
    for (edit, what) in [
        // They enter again, and have two open stays.
        (
            "delete from segments.customer_members where segment = 'vip' and entity_key = 1",
            Some(stays),
        ),
        (
            "insert into segments.customer_members from segments.customer_members where entity_key = 1 limit 1",
            Some(members),
        ),
        (
            "insert into segments.customer_members select segment, null, since, run_id from segments.customer_members limit 1",
            Some(members),
        ),
        (
            "delete from segments.customer_history where segment = 'vip' and entity_key = 1",
            Some(stays),
        ),
        // As many as before, and others.
        (
            "update segments.customer_history set entity_key = 3 where segment = 'vip' and entity_key = 1",
            Some(stays),
        ),
        (
            "update segments.customer_history set entity_key = 2 where segment = 'vip' and entity_key = 1",
            Some(stays),
        ),
        (
            "update segments.customer_history set entity_key = entity_key + 1 where segment = 'vip'",
            Some(stays),
        ),
        (
            "update segments.customer_history set valid_to = timestamptz '2026-01-01 01:00:00+00' where segment = 'vip' and entity_key = 1",
            Some(stays),
        ),
        // A build takes out whoever does not belong.
        (
            "insert into segments.customer_members select segment, 3, since, run_id from segments.customer_members where segment = 'vip' limit 1",
            None,
        ),
    ] {
        let mut w = World::new("(1, 'a', true), (2, 'b', true), (3, 'c', false)");
        let segments = [seg("vip"), seg("all").flag("true")];
        w.build(&segments, at(1));
        w.sql(edit);
        let ended = w.build(&segments, at(2)).ended;
        match (ended, what) {
            (Ended::NotPublished { message }, Some(what)) => {
                assert!(message.contains(what), "{edit}: {message}");
                assert!(message.contains("edited by hand"), "{edit}: {message}");
                let state = w.rows("select epoch, run_id from segments.segc_state");
                assert_eq!(state, "1|run1", "{edit}");
            }
            (Ended::Published { epoch: 2 }, None) => w.invariants(),
            (ended, what) => panic!("{edit}: {ended:?}, not {what:?}"),
        }
    }
}
