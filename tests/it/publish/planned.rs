//! What `segc plan` counts is what the next build of the same instant publishes, whatever is refused; and what is published goes
//! back and forth with the data and with nothing else.

use segc::build::read::SegmentCounts;
use segc::build::run::Ended;
use segc::spec::Guards;

use super::shop::{Seg, at, seg};
use super::world::World;
use crate::random::Dice;

/// People 0 to 39, and a table of who has opted out.
fn world() -> World {
    let mut w = World::new("(0, 'e', false)");
    w.sql("insert into customers select i, 'e', false from range(1, 40) t(i)");
    w.sql("alter table customers add column n integer");
    w.sql("create table opted_out (k integer)");
    w.shop.suppressed = Some("customer_id in (select k from opted_out)");
    w
}

fn segments(d: &mut Dice) -> Vec<Seg> {
    let flags = [
        "n % 2 = 0",
        "n < 30",
        "n >= 30",
        "n % 7 = 3",
        "false",
        "true",
    ];
    let one = |n: usize, d: &mut Dice| {
        let mut seg = seg(&format!("s{n}")).flag(d.pick(&flags));
        if d.percent(30) {
            seg = seg.at_least(u32::try_from(d.below(25)).unwrap());
        }
        if d.percent(30) {
            seg = seg.unsuppressed();
        }
        seg
    };
    (0..4).map(|n| one(n, d)).collect()
}

/// As the ledger has it: without the bound, of which it has the words.
fn counts(segments: &[SegmentCounts]) -> Vec<SegmentCounts> {
    let plain = |c: &SegmentCounts| SegmentCounts {
        guard: None,
        ..c.clone()
    };
    segments.iter().map(plain).collect()
}

#[test]
fn what_is_planned_is_what_the_next_build_publishes() {
    let (mut refused, mut left, mut suppressed) = (0, 0, 0);
    for seed in 0..25 {
        let mut d = Dice::new(seed);
        let mut w = world();
        w.shop.guards = Guards {
            min_change: u32::try_from(d.from(1, 20)).unwrap(),
            allow_empty: d.percent(50),
            allow_broad: d.percent(50),
            ..Guards::default()
        };
        let mut now = segments(&mut d);
        for day in 1..5 {
            w.sql(&format!("update customers set n = (hash(customer_id * 100 + {seed}) % 60) where hash(customer_id + {day}) % 3 = 0 or n is null"));
            let out = d.from(0, 39);
            w.sql(&format!("insert into opted_out values ({out})"));
            if d.percent(30) {
                now = segments(&mut d);
            }
            let all: Vec<String> = now.iter().map(|s| s.name.clone()).collect();
            let mut names: Vec<&str> = all.iter().map(String::as_str).collect();
            let whole = d.percent(70);
            if !whole {
                names.truncate(2);
            }
            let planned = w.plan(&now, &names, whole, at(day));
            let said = w.codes();
            let built = if whole {
                w.build(&now, at(day))
            } else {
                w.select(&now, &names, at(day))
            };
            let at = format!("seed {seed}, day {day}");
            assert_eq!(planned.ended, Ended::Planned, "{at}");
            assert!(
                matches!(built.ended, Ended::Published { .. }),
                "{at}: {built:?}"
            );
            assert_eq!(said, w.codes(), "{at}");
            assert_eq!(counts(&planned.segments), counts(&built.segments), "{at}");
            refused += built
                .segments
                .iter()
                .filter(|c| c.status == "refused")
                .count();
            left += built.segments.iter().filter(|c| c.exited > 0).count();
            suppressed += built.segments.iter().filter(|c| c.suppressed > 0).count();
            w.invariants();
        }
    }
    assert!(
        refused > 20 && left > 20 && suppressed > 20,
        "{refused} {left} {suppressed}"
    );
}

#[test]
pub(super) fn there_and_back_again_whoever_entered_exits_and_whoever_exited_enters() {
    let mut w = world();
    let all = [seg("even").flag("n % 2 = 0"), seg("low").flag("n < 30")];
    for (day, seed) in [(1, 7), (2, 8), (3, 7)] {
        w.sql(&format!(
            "update customers set n = hash(customer_id * 100 + {seed}) % 60"
        ));
        w.build(&all, at(day));
    }
    let change = |epoch: u8, change: &str| {
        format!(
            "select segment, entity_key from segments.customer_changes where epoch = {epoch} and change = '{change}' order by all"
        )
    };
    for (there, back) in [("entered", "exited"), ("exited", "entered")] {
        let (there, back) = (w.rows(&change(2, there)), w.rows(&change(3, back)));
        assert!(!there.is_empty());
        assert_eq!(there, back);
    }
    // Nothing but time has passed.
    let later = w.build(&all, at(4));
    assert!(
        later
            .segments
            .iter()
            .all(|c| (c.entered, c.exited) == (0, 0))
    );
    assert_eq!(w.rows(&change(4, "entered")), "");
    // The same question once more is no build.
    let again = w.build(&all, at(4));
    assert!(matches!(again.ended, Ended::Unchanged { .. }), "{again:?}");
    w.invariants();
}
