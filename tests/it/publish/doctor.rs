//! `segc doctor`: whole tables are found whole, every edit by hand is found, and what is mended is what was published.

use segc::build::Policy;
use segc::build::Published;
use segc::build::change::{change, examine};
use segc::build::maintain::doctor::{Doctor, Finding};
use segc::build::read::Reader;
use segc::build::run::{Ended, Silent};
use segc::model::Model;

use super::faults::Plan;
use super::shop::{Seg, at, seg};
use super::world::World;

/// A target as a command on it sees it.
pub(super) struct Bench {
    pub(super) model: Model,
    pub(super) policy: Policy,
    pub(super) published: Published,
}

impl World {
    pub(super) fn bench(&mut self, segments: &[Seg]) -> Bench {
        self.shop.runs += 1;
        let model = self.shop.model(segments, at(900));
        let policy = self.shop.policy(&model, &[], false);
        let dialect = super::world::dialect();
        let published = Reader::new(&model, &policy, dialect)
            .published(&mut self.db)
            .expect("tables of segc");
        Bench {
            model,
            policy,
            published,
        }
    }

    pub(super) fn findings(&mut self, segments: &[Seg]) -> Vec<Finding> {
        let bench = self.bench(segments);
        let dialect = super::world::dialect();
        let doctor = Doctor::new(&bench.model, &bench.policy, &bench.published, dialect);
        examine(&doctor, &mut self.db, at(1000), &|run| {
            (run == "dead").then(|| at(1))
        })
        .expect("answers")
    }

    /// The codes of what is wrong, each once.
    pub(super) fn wrong(&mut self, segments: &[Seg]) -> String {
        let found = self.findings(segments);
        let mut codes: Vec<_> = found.iter().map(|f| f.code.id).collect();
        codes.sort_unstable();
        codes.dedup();
        codes.join(" ")
    }

    pub(super) fn repair(&mut self, segments: &[Seg]) -> Option<Ended> {
        let found = self.findings(segments);
        let bench = self.bench(segments);
        let dialect = super::world::dialect();
        let doctor = Doctor::new(&bench.model, &bench.policy, &bench.published, dialect);
        let stages = doctor.repair(&found, at(1000));
        (!stages.is_empty()).then(|| self.change(&bench, &stages))
    }

    pub(super) fn change(&mut self, bench: &Bench, stages: &[segc::build::Stage]) -> Ended {
        self.change_so(bench, stages, &Plan::default())
    }

    /// A change on connections of that kind.
    pub(super) fn change_so(
        &mut self,
        bench: &Bench,
        stages: &[segc::build::Stage],
        plan: &Plan,
    ) -> Ended {
        let dialect = super::world::dialect();
        let reader = Reader::new(&bench.model, &bench.policy, dialect);
        let mut connect = plan.connect(self);
        change(stages, &reader, &bench.published, &mut connect, &Silent).expect("a connection")
    }
}

fn segments() -> [Seg; 2] {
    [
        seg("vip").expose("email").channel(0),
        seg("all").flag("true"),
    ]
}

/// Two builds: customer 1 stays, 2 leaves, 3 enters.
fn world() -> World {
    let mut w = World::new("(1, 'a', true), (2, 'b', true), (3, 'c', false)");
    w.shop.channels = vec![("email", "email is not null")];
    w.shop.wide = true;
    w.build(&segments(), at(1));
    w.sql("update customers set vip = customer_id <> 2");
    w.build(&segments(), at(2));
    w
}

#[test]
pub(super) fn whatever_builds_leave_is_found_whole() {
    let mut w = world();
    assert_eq!(w.wrong(&segments()), "");
    w.select(&segments(), &["vip"], at(3));
    assert_eq!(w.wrong(&segments()), "");
    // Retired, and its views still there; then another definition that is not built yet.
    w.build(&[seg("all").flag("true")], at(4));
    assert_eq!(w.wrong(&[seg("all").flag("true")]), "");
    assert_eq!(w.wrong(&[seg("all").flag("false"), seg("new")]), "");
    w.shop.history = false;
    w.build(&segments(), at(5));
    assert_eq!(w.wrong(&segments()), "");
}

#[test]
pub(super) fn every_edit_by_hand_is_found() {
    let mut differ = Vec::new();
    // One world, and every edit in a transaction that is rolled back: two builds for each would be most of the time.
    let mut w = world();
    for (edit, codes) in [
        (
            "delete from segments.customer_members where segment = 'vip' and entity_key = 1",
            "S0902 S0903 S0910",
        ),
        (
            "update segments.customer_members set since = timestamptz '2026-01-05' where entity_key = 3",
            "S0902 S0903",
        ),
        (
            "insert into segments.customer_members select * from segments.customer_members limit 1",
            "S0902 S0905 S0910",
        ),
        (
            "insert into segments.customer_members select segment, null, since, run_id from segments.customer_members limit 1",
            "S0902 S0903 S0905 S0910",
        ),
        ("update segments.segc_state set epoch = 7", "S0901"),
        (
            "insert into segments.segc_state select 'other', 2, run_id, 1, updated_at from segments.segc_state",
            "S0901",
        ),
        (
            "delete from segments.segc_runs where run_id = 'run1'",
            "S0901 S0906",
        ),
        ("update segments.segc_runs set epoch = 2", "S0901"),
        (
            "update segments.segc_runs set members_checksum = null where run_id = 'run2'",
            "S0902",
        ),
        (
            "update segments.customer_history set valid_to = valid_from where valid_to is not null",
            "S0904",
        ),
        (
            "insert into segments.customer_history select segment, entity_key, valid_from, valid_to, entered_run, exited_run \
             from segments.customer_history where valid_to is not null",
            "S0904",
        ),
        (
            "update segments.customer_history set exited_run = null where valid_to is not null",
            "S0904",
        ),
        (
            "update segments.customer_history set exited_run = 'ghost' where valid_to is not null",
            "S0906",
        ),
        (
            "insert into segments.customer_traits select * from segments.customer_traits",
            "S0905",
        ),
        (
            "update segments.customer_traits set run_id = 'ghost'",
            "S0906",
        ),
        (
            "insert into segments.customer_channels select * from segments.customer_channels",
            "S0905",
        ),
        (
            "update segments.segc_run_segments set run_id = 'ghost' where run_id = 'run1'",
            "S0904 S0906",
        ),
        (
            "insert into segments.segc_run_sources values ('ghost', 'orders', 'table', 3, null, 'read', null)",
            "S0906",
        ),
        ("drop table segments.segc_run_sources", "S0911"),
        ("delete from segments.segc_state", "S0901"),
        (
            "update segments.segc_runs set as_of = timestamptz '2026-01-01 12:00:00' where run_id = 'run2'",
            "S0904",
        ),
        (
            "insert into segments.segc_run_segments select * from segments.segc_run_segments limit 1",
            "S0901",
        ),
        (
            "delete from segments.segc_run_segments where segment = 'vip'",
            "S0904",
        ),
        (
            "insert into segments.segc_catalog select * from segments.segc_catalog where segment = 'vip'",
            "S0910",
        ),
        (
            "update segments.customer_history set valid_from = timestamptz '2025-12-31' where valid_to is not null",
            "S0904",
        ),
        (
            "update segments.customer_history set segment = 'ghost' where valid_to is not null",
            "S0904",
        ),
        (
            "insert into segments.customer_history select 'vip', 99, timestamptz '2026-01-01', timestamptz '2026-01-02', 'run1', 'run2'",
            "S0904",
        ),
        ("drop view segments.seg_vip__email", "S0907"),
        ("drop view segments.customer_wide", "S0907"),
        (
            "create or replace view segments.customer_wide as select 1 as entity_key",
            "S0907",
        ),
        (
            "create or replace view segments.seg_all as select 1 as customer_id",
            "S0907",
        ),
        (
            "create or replace view segments.segc_segments as select 1 as segment",
            "S0907",
        ),
        (
            "create view segments.seg_nobody as select 1 as one",
            "S0908",
        ),
        (
            "create table segments.product_members (segment varchar, entity_key integer)",
            "S0908",
        ),
        (
            "create table segments.segc_stage_dead_e_customer (a integer)",
            "S0909",
        ),
        (
            "update segments.segc_catalog set members = members + 1 where segment = 'vip'",
            "S0910",
        ),
        (
            "delete from segments.segc_catalog where segment = 'vip'",
            "S0910",
        ),
        (
            "drop table segments.customer_members cascade",
            "S0902 S0911",
        ),
        (
            "alter table segments.customer_channels drop column run_id",
            "S0911",
        ),
        // Not of segc's kind.
        ("create table segments.team_members (name varchar)", ""),
        (
            "create table segments.segc_stage_alive_e_customer (a integer)",
            "",
        ),
    ] {
        w.sql("begin");
        w.sql(edit);
        let found = w.wrong(&segments());
        if found != codes {
            differ.push(format!("{edit}: {found}, not {codes}"));
        }
        w.sql("rollback");
    }
    assert_eq!(w.wrong(&segments()), "");
    assert!(differ.is_empty(), "{}", differ.join("\n"));
}

#[test]
pub(super) fn a_repair_brings_back_what_was_published_and_leaves_alone_what_it_cannot_prove() {
    let mut w = world();
    let before = w.rows("select * from segments.customer_members order by all");
    w.sql("delete from segments.customer_members where segment = 'vip'");
    w.sql("insert into segments.customer_members select 'all', 99, since, run_id from segments.customer_members limit 1");
    w.sql("create or replace view segments.seg_vip as select 1 as customer_id");
    w.sql("drop view segments.customer_changes");
    w.sql("create table segments.segc_stage_dead_e_customer (a integer)");
    w.sql("create view segments.seg_nobody as select 1 as one");
    let ended = w.repair(&segments());
    assert_eq!(ended, Some(Ended::Published { epoch: 3 }));
    assert_eq!(
        w.rows("select * from segments.customer_members order by all"),
        before
    );
    assert_eq!(
        w.rows("select customer_id, email from segments.seg_vip order by all"),
        "1|a\n3|c"
    );
    assert_eq!(w.wrong(&segments()), "S0908");
    assert_eq!(
        w.rows("select epoch, as_of, message from segments.segc_runs where epoch = 3"),
        "3||repair: made view `customer_changes` again, made view `seg_vip` again, dropped \
         `segc_stage_dead_e_customer`, wrote the members again from the history"
    );
    w.invariants();
    let outcome = w.build(&segments(), at(3));
    assert_eq!(outcome.ended, Ended::Published { epoch: 4 });
    assert_eq!(
        outcome
            .segments
            .iter()
            .map(|s| s.entered + s.exited)
            .sum::<u64>(),
        0
    );
    // There is nothing to mend now.
    assert_eq!(w.repair(&segments()), None);
}

#[test]
pub(super) fn members_are_not_restored_from_a_history_that_was_edited_too() {
    let mut w = world();
    w.sql("delete from segments.customer_members where entity_key = 1");
    w.sql("delete from segments.customer_history where entity_key = 1");
    assert_eq!(w.wrong(&segments()), "S0902 S0910");
    assert_eq!(w.repair(&segments()), None);
}

#[test]
pub(super) fn a_repair_goes_through_the_fence() {
    let mut w = world();
    w.sql("drop view segments.seg_vip");
    let found = w.findings(&segments());
    let bench = w.bench(&segments());
    let dialect = super::world::dialect();
    let stages = Doctor::new(&bench.model, &bench.policy, &bench.published, dialect)
        .repair(&found, at(1000));
    // A build publishes in between.
    w.build(&segments(), at(3));
    assert_eq!(
        w.change(&bench, &stages),
        Ended::LostRace {
            winner: Some(format!("run{}", w.shop.runs))
        }
    );
    assert_eq!(w.wrong(&segments()), "");
}

#[test]
fn stays_that_are_gone_are_found_unless_people_were_erased() {
    let mut w = world();
    w.sql("update customers set vip = customer_id = 3");
    w.build(&segments(), at(3));
    assert_eq!(w.wrong(&segments()), "");
    w.sql("begin");
    w.sql("delete from segments.customer_history where exited_run = 'run3'");
    assert_eq!(w.wrong(&segments()), "S0904");
    // Somebody was erased: then they are missing rightly.
    w.sql(
        "insert into segments.segc_runs (run_id, epoch, status, message, members_checksum) \
         select 'run9', 4, 'published', 'forget: 1 of 1 keys', members_checksum from segments.segc_runs where run_id = 'run3'",
    );
    w.sql("update segments.segc_state set epoch = 4, run_id = 'run9'");
    assert_eq!(w.wrong(&segments()), "");
    w.sql("rollback");
}

#[test]
pub(super) fn where_the_state_is_gone_nothing_is_built_over_it() {
    let mut w = world();
    w.sql("delete from segments.segc_state");
    let outcome = w.build(&segments(), at(3));
    assert_eq!(
        (outcome.ended, w.codes().as_str()),
        (Ended::Refused, "S0901")
    );
    assert_eq!(w.rows("select max(epoch) from segments.segc_runs"), "2");
}

#[test]
pub(super) fn the_wide_view_of_before_is_no_finding() {
    let mut w = world();
    w.sql("create table accounts as select 'x' as account_id");
    // An entity of which nothing was ever published, and a segment that moves to it.
    let account = seg("other").of_account("true");
    let [vip, all] = segments();
    assert_eq!(w.wrong(&[vip.clone(), all.clone(), account.clone()]), "");
    assert_eq!(w.wrong(&[all.clone(), vip.clone()]), "");
    let moved = [vip.clone(), seg("all").of_account("true")];
    assert_eq!(w.wrong(&moved), "");
    w.build(&moved, at(3));
    assert_eq!(w.columns("customer_wide"), "entity_key,vip");
    assert_eq!(w.wrong(&moved), "");
    // The last one moves: nothing is asked of customers any more.
    let moved = [seg("vip").of_account("true"), seg("all").of_account("true")];
    w.build(&moved, at(4));
    assert_eq!(w.columns("customer_wide"), "entity_key");
    assert_eq!(w.columns("account_wide"), "entity_key,all,vip");
    assert_eq!(w.wrong(&moved), "");
}

#[test]
pub(super) fn a_wide_view_that_was_never_made_is_not_missing() {
    let mut w = World::new("(1, 'a', true), (2, 'b', true)");
    w.build(&[seg("vip"), seg("all")], at(1));
    w.shop.wide = true;
    assert_eq!(w.wrong(&[seg("vip"), seg("all")]), "");
    w.select(&[seg("vip"), seg("all")], &["vip"], at(2));
    assert_eq!(w.wrong(&[seg("vip"), seg("all")]), "");
    w.sql("drop view segments.customer_wide");
    assert_eq!(w.wrong(&[seg("vip"), seg("all")]), "S0907");
    assert_eq!(
        w.repair(&[seg("vip"), seg("all")]),
        Some(Ended::Published { epoch: 3 })
    );
    assert_eq!(w.columns("customer_wide"), "entity_key,all,vip");
}

#[test]
pub(super) fn the_wide_view_shows_what_is_published() {
    let mut w = world();
    // `vip` has left the project, but no build of all of it has retired it.
    let left = [seg("all").flag("true"), seg("new")];
    w.select(&left, &["all"], at(3));
    assert_eq!(w.columns("customer_wide"), "entity_key,all,vip");
    assert_eq!(
        w.rows("select * from segments.customer_wide order by all"),
        "1|true|true\n2|true|false\n3|true|true"
    );
    w.build(&left, at(4));
    assert_eq!(w.columns("customer_wide"), "entity_key,all,new");
    let renamed = [seg("all").flag("true"), seg("newer").renamed_from("new")];
    w.select(&renamed, &["newer"], at(5));
    assert_eq!(w.columns("customer_wide"), "entity_key,all,newer");
    assert_eq!(w.wrong(&renamed), "");
}
