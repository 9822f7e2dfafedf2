//! One source instant for the whole run: whoever writes the sources between two of its statements changes nothing, or stops it.

use std::cell::{Cell, RefCell};
use std::time::Duration;

use segc::build::Stage;
use segc::build::run::{Ended, Progress, Request, publish};
use segc::diag::Diagnostics;
use segc::emit::{CheckKind, CheckQuery};
use segc::engine::Engine;
use segc::engine::duckdb::{DuckDb, Options};
use segc::model::{EntityId, FileFormat, TableSource};
use segc::source::{FileId, Span};

use super::shop::{Shop, at, seg};
use super::world::World;

/// Does something when a stage of these words begins, once.
struct Meddling<F: Fn()> {
    at: &'static str,
    done: Cell<bool>,
    what: F,
}

impl<F: Fn()> Progress for Meddling<F> {
    fn started(&self, stage: &Stage) {
        if stage.kind.words() == self.at && !self.done.replace(true) {
            (self.what)();
        }
    }

    fn finished(&self, _: &Stage, _: Duration) {}
}

fn counts(sql: &str) -> CheckQuery {
    CheckQuery {
        entities: vec![EntityId(0)],
        kind: CheckKind::EntityKeyNull,
        counted: None,
        what: "customers".to_owned(),
        span: Span::new(FileId(0), 0, 1),
        sql: sql.to_owned(),
    }
}

#[test]
fn what_others_commit_between_two_statements_is_not_seen() {
    for edit in [
        "insert into customers values (4, 'd', true)",
        "delete from customers where customer_id = 1",
        "update customers set vip = not vip",
        "drop table customers",
        "create or replace table customers as select 9 as customer_id, 'z' as email, true as vip",
        "insert into opt_outs values (1)",
    ] {
        for stage in ["compute", "stage members", "compare", "fence", "assert"] {
            let mut w = World::new("(1, 'a', true), (2, 'b', true), (3, 'c', false)");
            w.shop.suppressed = Some("customer_id in (select customer_id from opt_outs)");
            w.shop.suppressor = Some("select customer_id as entity_key from opt_outs");
            w.sql("create table opt_outs (customer_id integer)");
            w.checks = vec![counts("select count(*) - 3 as violations from customers")];
            let other = RefCell::new(w.db.another().expect("a session"));
            w.progress = Box::new(Meddling {
                at: stage,
                done: Cell::new(false),
                what: move || {
                    other.borrow_mut().execute(edit).expect("an edit");
                },
            });
            let outcome = w.build(&[seg("vip"), seg("all").flag("true")], at(1));
            let what = format!("{edit} at {stage}");
            assert_eq!(outcome.ended, Ended::Published { epoch: 1 }, "{what}");
            assert_eq!(
                w.rows("select segment, entity_key from segments.customer_members order by all"),
                "all|1\nall|2\nall|3\nvip|1\nvip|2",
                "{what}"
            );
            assert_eq!(
                w.rows("select population from segments.segc_run_segments"),
                "3\n3",
                "{what}"
            );
            w.invariants();
        }
    }
}

/// A build over a file, which is written when a stage begins.
fn over_a_file(stage: &'static str, text: &'static str) -> (Ended, Vec<&'static str>) {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let file = dir.path().join("customers.csv");
    std::fs::write(&file, "customer_id,email,vip\n1,a,true\n2,b,true\n").expect("written");
    let options = Options {
        project_dir: dir.path().to_owned(),
        ..Options::default()
    };
    let db = DuckDb::open(&options).expect("a database in memory");
    let shop = Shop::default();
    let segments = [seg("vip")];
    let mut model = shop.model(&segments, at(1));
    model.tables[0].source = TableSource::File {
        path: "customers.csv".to_owned(),
        format: FileFormat::Csv,
    };
    let dialect = super::world::dialect();
    let from = dialect.table(&model.tables[0]).expect("a table");
    let policy = shop.policy(&model, &["vip"], true);
    let mut queries = shop.queries(&segments, &policy);
    queries[0].sql = queries[0]
        .sql
        .replace("FROM customers", &format!("FROM {from}"));
    let checks = [counts(&format!(
        "select count(*) - 2 as violations from {from}"
    ))];
    let request = Request {
        model: &model,
        queries: &queries,
        checks: &checks,
        policy: &policy,
        dialect,
    };
    let meddling = Meddling {
        at: stage,
        done: Cell::new(false),
        what: || std::fs::write(&file, text).expect("written"),
    };
    let mut connect = || Ok(Box::new(db.another()?) as Box<dyn Engine>);
    let mut diags = Diagnostics::default();
    let outcome =
        publish(request, &mut connect, &meddling, &|| at(1000), &mut diags).expect("a connection");
    (outcome.ended, diags.iter().map(|d| d.code.id).collect())
}

#[test]
fn a_file_that_is_written_meanwhile_is_given_up() {
    const OTHER: &str = "customer_id,email,vip\n1,a,true\n3,c,true\n";
    for stage in ["check source", "compute", "stage members", "commit"] {
        let (ended, codes) = over_a_file(stage, OTHER);
        let expected = if stage == "commit" {
            // It was looked at before, and nothing reads it any more.
            (Ended::Published { epoch: 1 }, vec![])
        } else {
            (Ended::Refused, vec!["S0644"])
        };
        assert_eq!((ended, codes), expected, "at {stage}");
    }
    let (ended, _) = over_a_file("nothing of this name", OTHER);
    assert_eq!(ended, Ended::Published { epoch: 1 });
}
