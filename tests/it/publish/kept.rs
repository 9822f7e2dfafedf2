//! `segc prune` and `segc forget`: what is removed is gone, what is not stays, and the tables are whole afterwards.

use segc::build::change::message;
use segc::build::maintain::forget::{Forget, Given};
use segc::build::maintain::prune::left;
use segc::build::read::Reader;
use segc::build::run::Ended;

use super::doctor::Bench;
use super::faults::{Plan, published};
use super::shop::{Seg, at, seg};
use super::world::World;

fn duckdb() -> &'static dyn segc::dialect::Dialect {
    super::world::dialect()
}

fn given(keys: &[&str]) -> Vec<Given> {
    let given = |(line, key): (usize, &&str)| Given {
        line,
        key: (*key).to_owned(),
    };
    (1..).zip(keys).map(given).collect()
}

impl World {
    pub(super) fn forget(&mut self, segments: &[Seg], keys: &[&str]) -> (Ended, String) {
        self.forget_so(segments, keys, &Plan::default())
    }

    fn forget_so(&mut self, segments: &[Seg], keys: &[&str], plan: &Plan) -> (Ended, String) {
        let bench = self.bench(segments);
        let given = given(keys);
        let forget = Forget::new(
            &bench.policy,
            &bench.published,
            "customer",
            &given,
            duckdb(),
        );
        let stages = forget.stages(&bench.model, &bench.published, at(1000));
        let ended = self.change_so(&bench, &stages, plan);
        let reader = Reader::new(&bench.model, &bench.policy, duckdb());
        (ended, message(&reader, &mut self.db).expect("the ledger"))
    }

    pub(super) fn prune(
        &mut self,
        segments: &[Seg],
        history: bool,
    ) -> (Vec<String>, Option<Ended>) {
        let bench = self.bench(segments);
        let Bench {
            model,
            policy,
            published,
        } = &bench;
        let left = left(model, policy, published);
        let words = left.words(history);
        if words.is_empty() {
            return (words, None);
        }
        let stages = left.stages(model, policy, published, history, at(1000), duckdb());
        (words, Some(self.change(&bench, &stages)))
    }
}

#[test]
pub(super) fn the_forgotten_are_nowhere_and_everybody_else_is_where_they_were() {
    let mut w = World::new("(1, 'a', true), (2, 'b', true), (3, 'c', false), (4, 'd', true)");
    w.shop.channels = vec![("email", "email is not null")];
    let segments = [
        seg("vip").expose("email").channel(0),
        seg("all").flag("true"),
    ];
    w.build(&segments, at(1));
    w.sql("update customers set vip = customer_id <> 2");
    w.build(&segments, at(2));
    // 2 is in the history of vip; 99 is unknown; 1 is named twice.
    let (ended, said) = w.forget(&segments, &["1", "2", "99", "1"]);
    assert_eq!(ended, Ended::Published { epoch: 3 });
    assert_eq!(
        said,
        "forget: 2 of 3 keys of customer were known, 3 rows of customer_members, 4 rows of customer_history, \
         2 rows of customer_traits, 2 rows of customer_channels"
    );
    for table in ["members", "history", "traits", "channels"] {
        assert_eq!(
            w.rows(&format!(
                "select string_agg(distinct entity_key::varchar, ',' order by entity_key::varchar) from segments.customer_{table}"
            )),
            "3,4",
            "{table}"
        );
    }
    assert_eq!(
        w.rows("select segment, members from segments.segc_segments order by all"),
        "all|2\nvip|2"
    );
    assert_eq!(w.wrong(&segments), "");
    w.invariants();
    // The sources still have them: they come back as new.
    let outcome = w.build(&segments, at(3));
    assert_eq!(outcome.ended, Ended::Published { epoch: 4 });
    assert_eq!(
        w.rows(
            "select segment, entity_key from segments.customer_changes where epoch = 4 order by all"
        ),
        "all|1\nall|2\nvip|1"
    );
    assert_eq!(w.wrong(&segments), "");
}

#[test]
pub(super) fn forgetting_nobody_known_and_many_at_once() {
    let mut w = World::new("(1, 'a', true)");
    w.sql("insert into customers select range, 'x', true from range(2, 2002)");
    w.build(&[seg("vip")], at(1));
    let (ended, said) = w.forget(&[seg("vip")], &["-5"]);
    assert_eq!(ended, Ended::Published { epoch: 2 });
    assert_eq!(
        said,
        "forget: 0 of 1 keys of customer were known, 0 rows of customer_members, 0 rows of customer_history, \
         0 rows of customer_traits"
    );
    let keys: Vec<String> = (2..=1601).map(|n: u32| n.to_string()).collect();
    let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
    w.forget(&[seg("vip")], &keys);
    assert_eq!(
        w.rows("select count(*) from segments.customer_members"),
        "401"
    );
    assert_eq!(w.wrong(&[seg("vip")]), "");
}

#[test]
pub(super) fn lines_that_are_no_keys_are_known_by_their_numbers() {
    let mut w = World::new("(1, 'a', true)");
    w.sql("alter table customers alter customer_id type date using date '2020-01-01'");
    w.build(&[seg("vip")], at(1));
    let bench = w.bench(&[seg("vip")]);
    let given = given(&["2020-01-01", "secret", "2020-02-30", "it's"]);
    let forget = Forget::new(
        &bench.policy,
        &bench.published,
        "customer",
        &given,
        duckdb(),
    );
    let lines: Vec<String> = forget.unreadable().iter().map(|sql| w.rows(sql)).collect();
    assert_eq!(lines, ["2\n3\n4"]);
}

#[test]
pub(super) fn views_of_the_retired_are_pruned_and_their_history_on_request() {
    let mut w = World::new("(1, 'a', true)");
    w.shop.channels = vec![("email", "email is not null")];
    let before = [
        seg("vip").channel(0),
        seg("vip2"),
        seg("all").flag("true").channel(0),
    ];
    w.build(&before, at(1));
    // Not built without them yet: they are still members.
    let after = [seg("vip2"), seg("all").flag("true")];
    assert_eq!(
        w.prune(&after, true).0,
        ["view `seg_all__email`"],
        "a channel is gone, no segment is retired"
    );
    w.build(&after, at(2));
    w.sql("create view segments.seg_vip__mine as select 1 as one");
    let (words, ended) = w.prune(&after, false);
    assert_eq!(words, ["view `seg_vip`", "view `seg_vip__email`"]);
    assert_eq!(ended, Some(Ended::Published { epoch: 4 }));
    assert_eq!(
        w.rows("select view_name from duckdb_views() where schema_name = 'segments' and view_name like 'seg%' order by all"),
        "seg_all\nseg_vip2\nseg_vip__mine\nsegc_segments"
    );
    assert_eq!(
        w.rows("select count(*) from segments.customer_history where segment = 'vip'"),
        "1"
    );
    assert_eq!(w.prune(&after, false).1, None);
    let (words, _) = w.prune(&after, true);
    assert_eq!(words, ["the history of `vip` of customer"]);
    assert_eq!(
        w.rows("select distinct segment from segments.customer_history order by all"),
        "all\nvip2"
    );
    w.sql("drop view segments.seg_vip__mine");
    assert_eq!(w.wrong(&after), "");
    // It can come back.
    w.build(&before, at(3));
    assert_eq!(w.wrong(&before), "");
    w.invariants();
}

#[test]
pub(super) fn an_erasure_that_fails_at_any_statement_erases_nobody_and_can_be_repeated() {
    let segments = [seg("vip").expose("email"), seg("all").flag("true")];
    let mut w = World::new("(1, 'a', true), (2, 'b', true)");
    w.build(&segments, at(1));
    let before = published(&mut w);
    let mut call = 1;
    loop {
        let plan = Plan {
            fail_at: Some(call),
            ..Plan::default()
        };
        let (ended, _) = w.forget_so(&segments, &["1"], &plan);
        if plan.committed.get() {
            break;
        }
        assert!(
            matches!(ended, Ended::NotPublished { .. }),
            "{ended:?} at call {call}"
        );
        assert_eq!(published(&mut w), before, "at call {call}");
        call += 1;
    }
    assert!(
        call > 12,
        "the loop saw every statement before COMMIT: {call}"
    );
    // It was committed, and the ledger could not be read: run again, whoever is erased is unknown, and nothing else changes.
    let (ended, said) = w.forget(&segments, &["1"]);
    assert_eq!(ended, Ended::Published { epoch: 3 });
    assert!(said.starts_with("forget: 0 of 1 keys"), "{said}");
    assert_eq!(w.wrong(&segments), "");
}

#[test]
pub(super) fn of_an_erasure_too_only_the_ledger_is_believed() {
    let segments = [seg("vip")];
    let mut w = World::new("(1, 'a', true), (2, 'b', true)");
    w.build(&segments, at(1));
    let lost = Plan {
        drop_commit: true,
        ..Plan::default()
    };
    let (ended, _) = w.forget_so(&segments, &["1"], &lost);
    assert!(matches!(ended, Ended::NotPublished { .. }), "{ended:?}");
    assert_eq!(
        w.rows("select count(*) from segments.customer_members"),
        "2"
    );
    let unknown = Plan {
        lose_commit: true,
        then_unreachable: true,
        ..Plan::default()
    };
    let (ended, _) = w.forget_so(&segments, &["1"], &unknown);
    assert_eq!(ended.exit_status(), 4, "{ended:?}");
    let answered = Plan {
        lose_commit: true,
        ..Plan::default()
    };
    let (ended, _) = w.forget_so(&segments, &["2"], &answered);
    assert_eq!(ended, Ended::Published { epoch: 3 });
    assert_eq!(
        w.rows("select count(*) from segments.customer_members"),
        "0"
    );
    assert_eq!(w.wrong(&segments), "");
}

#[test]
pub(super) fn of_an_entity_that_has_left_the_project_nothing_is_kept_but_its_history() {
    let mut w = World::new("(1, 'a', true)");
    w.shop.wide = true;
    w.sql("create table accounts (account_id varchar, name varchar)");
    w.sql("insert into accounts values ('x', 'X & Co'), ('y', 'Y')");
    let vip = seg("vip").expose("email");
    let big = seg("big").of_account("account_id = 'x'").expose("name");
    w.build(&[vip.clone(), big], at(1));
    let left = [vip];
    // Its segment is still published.
    assert_eq!(w.prune(&left, true).1, None);
    w.build(&left, at(2));
    let (words, ended) = w.prune(&left, false);
    assert_eq!(
        words,
        [
            "view `seg_big`",
            "view `account_wide`",
            "table `account_traits`"
        ]
    );
    assert_eq!(ended, Some(Ended::Published { epoch: 3 }));
    assert_eq!(
        w.rows("select table_name from information_schema.tables where table_name like 'account%' and table_schema = 'segments' order by all"),
        "account_changes\naccount_history\naccount_members"
    );
    let (words, _) = w.prune(&left, true);
    assert_eq!(words, ["the history of `big` of account"]);
    assert_eq!(w.rows("select count(*) from segments.account_history"), "0");
    assert_eq!(w.prune(&left, false).1, None);
    assert_eq!(w.wrong(&left), "");
    // The customers' own are left alone, and the entity can come back.
    assert_eq!(w.rows("select email from segments.customer_traits"), "a");
    let big = seg("big").of_account("account_id = 'x'").expose("name");
    w.build(&[left[0].clone(), big], at(3));
    assert_eq!(w.rows("select name from segments.seg_big"), "X & Co");
    assert_eq!(w.wrong(&left), "");
}
