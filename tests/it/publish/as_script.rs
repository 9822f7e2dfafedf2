//! The way of warehouses that keep no session, walked on DuckDB: what is computed is in tables of the output schema, and from the fence to the
//! commit there is one request. What readers see is the same.

use std::cell::Cell;
use std::rc::Rc;

use segc::build::run::Ended;
use segc::engine::duckdb::DuckDb;
use segc::engine::{Engine, EngineError, EngineErrorKind, Rows};

use super::shop::{at, seg};
use super::world::{World, as_script};
use super::{asserted, builds, doctor, faults, kept, planned, suppressed};

#[test]
fn what_is_published_is_the_same() {
    let all: &[fn()] = &[
        builds::a_first_build_publishes_members_history_changes_traits_views_and_the_ledger,
        builds::run_results_have_the_shape_that_readers_of_dbt_know,
        builds::a_second_build_of_the_same_data_changes_no_member_and_no_history,
        builds::members_enter_and_exit_and_stays_are_half_open,
        builds::a_selection_publishes_only_what_is_selected,
        builds::a_segment_that_left_the_project_is_retired_and_can_come_back,
        builds::an_entity_that_left_the_project_takes_its_members_with_it,
        builds::columns_come_change_their_type_and_stay_in_views,
        builds::suppression_and_channels_are_applied_last,
        builds::a_ledger_of_an_older_segc_gets_the_columns_that_it_lacks,
        builds::checks_of_sources_stop_a_build_or_warn,
        builds::as_of_moves_forward,
        builds::a_key_of_another_type_is_refused,
        builds::a_schema_of_another_project_or_a_newer_contract_is_refused,
        builds::names_that_collide_are_refused_before_anything_runs,
        builds::history_can_be_left_out_and_taken_up_later_and_there_is_a_wide_view,
        builds::a_thousand_segments_go_through,
        builds::tables_of_an_older_segc_get_what_they_lack,
        suppressed::who_is_suppressed_leaves_segments_that_are_not_selected,
        suppressed::a_segment_that_somebody_left_is_not_built_as_of_an_earlier_instant,
        suppressed::segments_published_as_of_the_same_instant_are_left_alone,
        suppressed::who_is_suppressed_leaves_a_refused_segment_and_also_when_the_table_knows_them_no_more,
        suppressed::who_is_suppressed_leaves_segments_of_an_entity_of_which_nothing_is_selected,
        suppressed::where_nothing_of_an_entity_is_published_nobody_asks_who_is_suppressed,
        kept::the_forgotten_are_nowhere_and_everybody_else_is_where_they_were,
        kept::forgetting_nobody_known_and_many_at_once,
        kept::lines_that_are_no_keys_are_known_by_their_numbers,
        kept::views_of_the_retired_are_pruned_and_their_history_on_request,
        kept::an_erasure_that_fails_at_any_statement_erases_nobody_and_can_be_repeated,
        kept::of_an_erasure_too_only_the_ledger_is_believed,
        kept::of_an_entity_that_has_left_the_project_nothing_is_kept_but_its_history,
        doctor::whatever_builds_leave_is_found_whole,
        doctor::every_edit_by_hand_is_found,
        doctor::a_repair_brings_back_what_was_published_and_leaves_alone_what_it_cannot_prove,
        doctor::members_are_not_restored_from_a_history_that_was_edited_too,
        doctor::a_repair_goes_through_the_fence,
        doctor::where_the_state_is_gone_nothing_is_built_over_it,
        asserted::a_build_over_edited_tables_publishes_nothing,
        planned::there_and_back_again_whoever_entered_exits_and_whoever_exited_enters,
        faults::a_failure_at_any_statement_of_a_later_build_changes_nothing_and_can_be_repeated,
        faults::a_lost_answer_to_commit_is_settled_by_the_ledger,
    ];
    all.iter().copied().for_each(as_script);
}

/// What becomes of the publication.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    /// Another build is quicker.
    Overtaken,
    /// It never arrives, and nothing answers.
    Lost,
    /// It is done, and the answer is lost.
    Unanswered,
    /// Nothing was ever published, and another first build makes the state just before.
    Preceded,
    /// A person of the stage is suppressed meanwhile by hand: an assertion stops it.
    Wrong,
}

struct Fated {
    inner: DuckDb,
    has_schema: bool,
    fate: Rc<Cell<Option<Fate>>>,
    scripts: Rc<Cell<u32>>,
}

impl Engine for Fated {
    fn change(&mut self, sql: &str) -> Result<u64, EngineError> {
        self.inner.change(sql)
    }

    fn execute(&mut self, sql: &str) -> Result<(), EngineError> {
        if self.fate.get() == Some(Fate::Preceded) && sql.contains("segc_state AS") {
            self.fate.set(None);
            self.inner.execute(
                "create table segments.segc_state as select 'shop' as project, 1::bigint as epoch, 'other' as run_id, \
                 2::bigint as contract_version, timestamptz '2026-01-01' as updated_at",
            )?;
        }
        // Who may write in a schema may not be allowed to make one.
        assert!(!self.has_schema || !sql.starts_with("CREATE SCHEMA"));
        self.inner.execute(sql)
    }

    fn query(&mut self, sql: &str) -> Result<Rows, EngineError> {
        self.inner.query(sql)
    }

    fn script(&mut self, statements: &[String]) -> Result<(), EngineError> {
        self.scripts.set(self.scripts.get() + 1);
        let lost = || EngineError {
            kind: EngineErrorKind::Connection,
            message: "nobody answers".to_owned(),
        };
        match self.fate.take() {
            None => self.inner.script(statements),
            Some(Fate::Overtaken) => {
                self.inner.execute(
                    "update segments.segc_state set epoch = epoch + 1, run_id = 'other'",
                )?;
                self.inner.script(statements)
            }
            Some(Fate::Preceded) => unreachable!("the state is made before"),
            Some(Fate::Lost) => Err(lost()),
            Some(Fate::Unanswered) => self.inner.script(statements).and_then(|()| Err(lost())),
            Some(Fate::Wrong) => {
                self.inner
                    .execute("delete from segments.customer_members where entity_key = 1")?;
                self.inner.script(statements)
            }
        }
    }
}

const STAGED: &str = "select count(*) from duckdb_tables() where table_name like 'segc_stage%'";

fn ends(fate: Fate) -> (World, Ended) {
    let mut w = World::new("(1, 'a', true), (2, 'b', true), (3, 'c', false)");
    if fate != Fate::Preceded {
        w.build(&[seg("vip")], at(1));
        assert_eq!(w.rows(STAGED), "0");
    }
    w.sql("update customers set vip = customer_id <> 2");
    let has_schema = fate != Fate::Preceded;
    let db = w.db.another().expect("a session");
    let (fate, scripts) = (Rc::new(Cell::new(Some(fate))), Rc::new(Cell::new(0)));
    let mut connect = || {
        let (fate, scripts) = (Rc::clone(&fate), Rc::clone(&scripts));
        let inner = db.another()?;
        Ok(Box::new(Fated {
            inner,
            has_schema,
            fate,
            scripts,
        }) as Box<dyn Engine>)
    };
    let ended = w
        .go_with(&[seg("vip")], &["vip"], true, at(2), &mut connect)
        .ended;
    assert_eq!(scripts.get(), 1, "a publication is sent once");
    (w, ended)
}

fn members(w: &mut World) -> String {
    w.rows("select entity_key from segments.customer_members order by all")
}

#[test]
fn whoever_is_overtaken_publishes_nothing_and_names_the_winner() {
    as_script(|| {
        let (mut w, ended) = ends(Fate::Overtaken);
        let winner = Some("other".to_owned());
        assert_eq!(ended, Ended::LostRace { winner });
        assert_eq!(
            (members(&mut w).as_str(), w.rows(STAGED).as_str()),
            ("1\n2", "0")
        );
    });
}

#[test]
fn of_two_first_builds_one_makes_the_state() {
    as_script(|| {
        let (mut w, ended) = ends(Fate::Preceded);
        let winner = Some("other".to_owned());
        assert_eq!(ended, Ended::LostRace { winner });
        assert_eq!(w.rows("select run_id from segments.segc_state"), "other");
        assert_eq!(members(&mut w), "");
    });
}

#[test]
fn a_publication_whose_answer_is_lost_is_looked_up_and_unknown_as_long_as_it_may_be_under_way() {
    as_script(|| {
        let (mut w, ended) = ends(Fate::Unanswered);
        assert_eq!(ended, Ended::Published { epoch: 2 });
        assert_eq!(
            (members(&mut w).as_str(), w.rows(STAGED).as_str()),
            ("1\n3", "0")
        );
        w.invariants();

        let (mut w, ended) = ends(Fate::Lost);
        let Ended::Unknown { message } = ended else {
            panic!("{ended:?}");
        };
        assert!(message.contains("'run2'"), "{message}");
        assert_eq!(members(&mut w), "1\n2");
        // What the request reads is left to it.
        assert_ne!(w.rows(STAGED), "0");
        let again = w.build(&[seg("vip")], at(2));
        assert_eq!(again.ended, Ended::Published { epoch: 2 });
        assert_eq!(members(&mut w), "1\n3");
        w.invariants();
    });
}

#[test]
fn an_assertion_that_fails_takes_everything_back_and_is_named() {
    as_script(|| {
        let (mut w, ended) = ends(Fate::Wrong);
        let Ended::NotPublished { message } = ended else {
            panic!("{ended:?}");
        };
        assert!(
            message.contains("published members are the staged ones"),
            "{message}"
        );
        assert_eq!(
            (members(&mut w).as_str(), w.rows(STAGED).as_str()),
            ("2", "0")
        );
        assert_eq!(w.rows("select epoch from segments.segc_state"), "1");
    });
}

#[test]
fn what_a_run_has_left_is_dropped_when_it_is_a_day_old() {
    as_script(|| {
        let mut w = World::new("(1, 'a', true)");
        w.build(&[seg("vip")], at(1));
        let id = |day: i64| {
            let began = u64::try_from(at(day).as_millisecond()).expect("after 1970");
            ulid::Ulid::from_parts(began, 1).to_string().to_lowercase()
        };
        for day in [998, 999, 1000] {
            w.sql(&format!(
                "create table segments.segc_stage_{}_e_customer (x int)",
                id(day)
            ));
        }
        w.build(&[seg("vip")], at(2));
        // Builds start at the thousandth day.
        let left = w.rows("select table_name from duckdb_tables() where table_name like 'segc_stage%' order by all");
        let kept = [999, 1000].map(|day| format!("segc_stage_{}_e_customer", id(day)));
        assert_eq!(left, kept.join("\n"));
    });
}

/// May not make schemas.
struct Modest(DuckDb);

impl Engine for Modest {
    fn change(&mut self, sql: &str) -> Result<u64, EngineError> {
        self.0.change(sql)
    }

    fn execute(&mut self, sql: &str) -> Result<(), EngineError> {
        if sql.starts_with("CREATE SCHEMA") {
            return Err(EngineError {
                kind: EngineErrorKind::Statement,
                message: "insufficient privileges".to_owned(),
            });
        }
        self.0.execute(sql)
    }

    fn query(&mut self, sql: &str) -> Result<Rows, EngineError> {
        self.0.query(sql)
    }
}

#[test]
fn who_may_make_no_schema_publishes_in_one_that_is_there() {
    as_script(|| {
        for is_there in [true, false] {
            let mut w = World::new("(1, 'a', true)");
            if is_there {
                w.sql("create schema segments");
            }
            let db = w.db.another().expect("a session");
            let mut connect = || Ok(Box::new(Modest(db.another()?)) as Box<dyn Engine>);
            let ended = w
                .go_with(&[seg("vip")], &["vip"], true, at(1), &mut connect)
                .ended;
            if is_there {
                assert_eq!(ended, Ended::Published { epoch: 1 });
            } else {
                assert_eq!(ended.exit_status(), 2, "{ended:?}");
            }
        }
    });
}
