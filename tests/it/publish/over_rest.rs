//! A whole build by the clients of BigQuery and of Snowflake: the server is a double, behind which DuckDB does what the statements say.
//! Whatever happens to the publication on its way: it is done once, or not, or unknown with exit status 4 and settled by the next build.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use segc::build::run::Ended;
use segc::engine::bigquery as client;
use segc::engine::duckdb::DuckDb;
use segc::engine::surroundings::Surroundings;
use segc::engine::{Engine, EngineError, Value, Warehouse as _};
use serde_json::{Value as Json, json};

use super::shop::{at, seg};
use super::world::{World, as_script};
use crate::doubles::Still;
use crate::doubles::bigquery::{BigQuery, Outcome, error};
use crate::doubles::bigquery_tests::options;
use crate::doubles::http::{Fault, Request, Response};
use crate::doubles::snowflake as sql_api;

/// By which client.
#[derive(Clone, Copy, Debug)]
enum Over {
    BigQuery,
    Snowflake,
}

impl Over {
    fn is_publication(self, request: &Request) -> bool {
        if request.method != "POST" || request.body.is_empty() {
            return false;
        }
        let body = request.json();
        let (text, begin) = match self {
            Self::BigQuery => (&body["configuration"]["query"]["query"], ""),
            Self::Snowflake => (&body["statement"], "\n;\n"),
        };
        let begin = format!("{begin}BEGIN TRANSACTION");
        text.as_str().is_some_and(|sql| match self {
            Self::BigQuery => sql.starts_with(&begin),
            Self::Snowflake => sql.contains(&begin),
        })
    }

    /// Somebody on the way answers.
    fn instead(self, status: u16) -> Fault {
        Fault::Instead(match (self, status) {
            (Self::BigQuery, 503) => error(503, "backendError", "try again"),
            (Self::BigQuery, 429) => error(429, "rateLimitExceeded", "slower"),
            (Self::BigQuery, status) => error(status, "authError", "another token"),
            (Self::Snowflake, status) => {
                let said = json!({"code": "390114", "message": "later, or with another token"});
                Response::json(status, &said)
            }
        })
    }
}

/// What DuckDB answers to one statement, as Snowflake would send it.
fn does_one(db: &mut DuckDb, sql: &str) -> sql_api::Outcome {
    let is_query = ["select", "with", "("].iter().any(|word| {
        let start = sql.get(..word.len());
        start.is_some_and(|start| start.eq_ignore_ascii_case(word))
    });
    let answer = if is_query {
        db.query(sql).map(|rows| {
            let kind = |n: usize| {
                let value = rows.rows.iter().map(|row| &row[n]);
                match value.into_iter().find(|value| **value != Value::Null) {
                    Some(Value::Int(_)) => json!({"type": "fixed", "scale": 0}),
                    Some(Value::Boolean(_)) => json!({"type": "boolean"}),
                    Some(Value::Float(_)) => json!({"type": "real"}),
                    Some(Value::Text(_) | Value::Null) | None => json!({"type": "text"}),
                }
            };
            let columns = rows.columns.iter().enumerate().map(|(n, name)| {
                let name: &'static str = Box::leak(name.clone().into_boxed_str());
                (name, kind(n))
            });
            let cells = rows
                .rows
                .iter()
                .map(|row| row.iter().map(written).collect());
            sql_api::Outcome::Rows(columns.collect(), cells.collect())
        })
    } else {
        db.change(sql)
            .map(|changed| sql_api::Outcome::Changed(0, changed, 0))
    };
    answer.unwrap_or_else(|error| {
        // What is open ends with the request.
        let _ = db.execute("ROLLBACK");
        sql_api::Outcome::Failed("100038", "22018", Box::leak(error.message.into_boxed_str()))
    })
}

fn written(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::Boolean(v) => Some(v.to_string()),
        Value::Int(v) => Some(v.to_string()),
        Value::Float(v) => Some(v.to_string()),
        Value::Text(v) => Some(v.clone()),
    }
}

/// What DuckDB answers, as BigQuery would send it.
fn does(db: &mut DuckDb, sql: &str) -> Outcome {
    let statements: Vec<&str> = sql.split("\n;\n").collect();
    let is_query = ["select", "with", "("].iter().any(|word| {
        let start = sql.get(..word.len());
        start.is_some_and(|start| start.eq_ignore_ascii_case(word))
    });
    let failed = |error: &EngineError, begun: usize| Outcome::Failed {
        reason: "invalidQuery",
        message: error.message.clone(),
        begun: u32::try_from(begun).unwrap(),
    };
    if is_query {
        let rows = match db.query(sql) {
            Ok(rows) => rows,
            Err(error) => return failed(&error, 0),
        };
        let kind = |n: usize| {
            let value = rows.rows.iter().map(|row| &row[n]);
            match value.into_iter().find(|value| **value != Value::Null) {
                Some(Value::Int(_)) => "INTEGER",
                Some(Value::Boolean(_)) => "BOOLEAN",
                Some(Value::Float(_)) => "FLOAT",
                Some(Value::Text(_) | Value::Null) | None => "STRING",
            }
        };
        let columns: Vec<Json> = (rows.columns.iter().enumerate())
            .map(|(n, name)| json!({"name": name, "type": kind(n)}))
            .collect();
        let cell = |value: &Value| json!(written(value));
        let cells = rows.rows.iter().map(|row| row.iter().map(cell).collect());
        return Outcome::Rows(Json::Array(columns), cells.collect());
    }
    let mut changed = 0;
    for (n, statement) in statements.iter().enumerate() {
        match db.change(statement) {
            Ok(rows) => changed = rows,
            Err(error) => {
                let _ = db.execute("ROLLBACK");
                return failed(&error, n + 1);
            }
        }
    }
    Outcome::Changed(changed)
}

/// What befalls the request that is the publication (0), or one after it.
struct Plan {
    after: usize,
    fault: Fault,
    /// Nothing gets through any more from then on.
    is_lasting: bool,
}

struct Built {
    world: World,
    ended: Ended,
    /// How often the publication was begun.
    begun: u32,
    /// Requests from the publication on.
    requests: usize,
}

/// After a first build without a fault.
fn world() -> World {
    let mut world = World::new("(1, 'a', true), (2, 'b', true), (3, 'c', false)");
    world.build(&[seg("vip")], at(1));
    world
}

/// A build that `plan` befalls, of everybody but one customer.
fn built(mut world: World, over: Over, plan: Option<Plan>, without: u8, day: i64) -> Built {
    world.sql(&format!(
        "update customers set vip = customer_id <> {without}"
    ));
    let still = Still::new(&[]);
    let mut db = world.db.another().expect("a session");
    let seen: Arc<Mutex<usize>> = Arc::default();
    let (counted, off) = (Arc::clone(&seen), Arc::new(AtomicBool::new(false)));
    let is_over = Arc::clone(&off);
    let faults = move |request: &Request| {
        let mut seen = counted.lock().unwrap();
        if is_over.load(Ordering::SeqCst) || (*seen == 0 && !over.is_publication(request)) {
            return None;
        }
        *seen += 1;
        let plan = plan.as_ref()?;
        if *seen == plan.after + 1 {
            Some(plan.fault.clone())
        } else {
            (plan.is_lasting && *seen > plan.after).then_some(Fault::DropBefore)
        }
    };
    let (outcome, begun) = match over {
        Over::BigQuery => {
            let double = BigQuery::new(&still, move |sql| does(&mut db, sql), faults);
            double.state.lock().unwrap().page = 1000;
            let warehouse = client::BigQuery::new(
                options(&double),
                Arc::clone(&still) as Arc<dyn Surroundings>,
            );
            let mut connect = || -> Result<Box<dyn Engine>, EngineError> { warehouse.session() };
            let outcome = world.go_with(&[seg("vip")], &["vip"], true, at(day), &mut connect);
            off.store(true, Ordering::SeqCst);
            let state = double.state.lock().unwrap();
            assert_eq!(state.overlaps, 0);
            let begun = (state.runs.iter()).filter(|(sql, _)| sql.starts_with("BEGIN TRANSACTION"));
            (outcome, begun.map(|(_, times)| times).sum())
        }
        Over::Snowflake => {
            let manner = sql_api::Manner::default();
            let run = move |sql: &str| does_one(&mut db, sql);
            let double = sql_api::Account::beside(Arc::clone(&still), manner, run, faults);
            let warehouse = double.connect();
            let mut connect = || -> Result<Box<dyn Engine>, EngineError> { warehouse.session() };
            let outcome = world.go_with(&[seg("vip")], &["vip"], true, at(day), &mut connect);
            off.store(true, Ordering::SeqCst);
            let executed = double.executed();
            let begun = (executed.iter()).filter(|sql| *sql == "BEGIN TRANSACTION");
            (outcome, u32::try_from(begun.count()).unwrap())
        }
    };
    let requests = *seen.lock().unwrap();
    Built {
        world,
        ended: outcome.ended,
        begun,
        requests,
    }
}

const MEMBERS: &str = "select entity_key from segments.customer_members order by all";

#[test]
fn whatever_befalls_a_publication_once_it_is_done_once() {
    as_script(|| {
        for over in [Over::BigQuery, Over::Snowflake] {
            let undisturbed = built(world(), over, None, 2, 2);
            assert_eq!(undisturbed.ended, Ended::Published { epoch: 2 });
            assert!(undisturbed.requests > 4, "{}", undisturbed.requests);
            let (mut world, mut epoch) = (undisturbed.world, 2);
            for after in 0..undisturbed.requests.min(4) {
                for fault in [
                    Fault::DropBefore,
                    Fault::DropAfter,
                    Fault::Truncate,
                    Fault::Twice,
                    over.instead(503),
                    over.instead(429),
                    over.instead(401),
                ] {
                    let what = format!("{over:?} {after}: {fault:?}");
                    epoch += 1;
                    // One after another: each build publishes what the one before did not.
                    let (without, members) = match epoch % 2 {
                        0 => (2, "1\n3"),
                        _ => (3, "1\n2"),
                    };
                    let plan = Plan {
                        after,
                        fault,
                        is_lasting: false,
                    };
                    let day = i64::try_from(epoch).unwrap();
                    let mut found = built(world, over, Some(plan), without, day);
                    assert_eq!(found.ended, Ended::Published { epoch }, "{what}");
                    assert_eq!(found.begun, 1, "{what}");
                    assert_eq!(found.world.rows(MEMBERS), members, "{what}");
                    found.world.invariants();
                    world = found.world;
                }
            }
        }
    });
}

#[test]
fn a_publication_that_nobody_hears_of_is_unknown_and_settled_by_the_next_build() {
    as_script(|| {
        for over in [Over::BigQuery, Over::Snowflake] {
            for (after, fault, is_done) in [
                (0, Fault::DropBefore, false),
                (0, Fault::DropAfter, true),
                (1, Fault::DropBefore, true),
                (1, Fault::DropAfter, true),
            ] {
                let what = format!("{over:?} {after}: {fault:?}");
                let plan = Plan {
                    after,
                    fault,
                    is_lasting: true,
                };
                let mut found = built(world(), over, Some(plan), 2, 2);
                assert_eq!(found.ended.exit_status(), 4, "{what}: {:?}", found.ended);
                assert_eq!(found.begun, u32::from(is_done), "{what}");
                assert_eq!(
                    found.world.rows(MEMBERS),
                    if is_done { "1\n3" } else { "1\n2" },
                    "{what}"
                );
                let again = found.world.build(&[seg("vip")], at(2)).ended;
                match again {
                    Ended::Unchanged { .. } => assert!(is_done, "{what}"),
                    again => assert_eq!(
                        (again, is_done),
                        (Ended::Published { epoch: 2 }, false),
                        "{what}"
                    ),
                }
                assert_eq!(found.world.rows(MEMBERS), "1\n3", "{what}");
                found.world.invariants();
            }
        }
    });
}
