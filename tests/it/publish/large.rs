//! Builds of tables so large that the engine writes and merges them in parallel, inside the one transaction of a build.
//! DuckDB 2.0.0 loses sight of such rows in a table that was made of an empty SELECT (`templates/stage_members.sql`).

use segc::build::run::Ended;

use super::shop::{at, seg};
use super::world::World;

#[test]
fn members_by_the_hundred_thousand_are_all_published_and_all_exit() {
    let mut w = World::new("(0, 'a', true)");
    w.sql("set threads = 4");
    w.sql("insert into customers select i, 'e', i % 3 = 0 from range(1, 150000) t(i)");
    // A third are VIPs; each of them is in three of the sixty, and in `everybody`.
    let vips = (0..60).map(|n| {
        seg(&format!("s{n:02}"))
            .flag(&format!("vip and customer_id % 20 = {n} % 20"))
            .expose("email")
    });
    let segments: Vec<_> = vips.chain([seg("everybody").flag("true")]).collect();
    let counts = "select (select count(*) from segments.customer_members), \
                  (select count(*) from segments.customer_history where valid_to is null), \
                  (select count(*) from segments.customer_history), (select count(*) from segments.customer_traits)";

    assert_eq!(
        w.build(&segments, at(1)).ended,
        Ended::Published { epoch: 1 }
    );
    assert_eq!(w.rows(counts), "300000|300000|300000|150000");

    w.sql("update customers set vip = not vip");
    assert_eq!(
        w.build(&segments, at(2)).ended,
        Ended::Published { epoch: 2 }
    );
    assert_eq!(w.rows(counts), "450000|450000|600000|150000");

    w.sql("delete from customers where customer_id > 0");
    assert_eq!(
        w.build(&segments, at(3)).ended,
        Ended::Published { epoch: 3 }
    );
    assert_eq!(w.rows(counts), "1|1|600000|1");
}
