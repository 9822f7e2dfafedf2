//! The BigQuery client against its double: every call with every fault ends in the answer or in a plain error, and no
//! statement is ever run twice.

use super::Still;
use super::bigquery::{BigQuery, Outcome, error};
use super::http::{Fault, Request, Response, never};
use segc::engine::bigquery::{self as client, Credentials, Options, SCOPES};
use segc::engine::surroundings::Surroundings;
use segc::engine::{Engine as _, EngineError, EngineErrorKind, Rows, Value, Warehouse as _};
use segc::secret::Secret;
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

const SHORT: Duration = Duration::from_millis(250);
const LONG: Duration = Duration::from_secs(20);

pub(crate) fn options(double: &BigQuery) -> Options {
    Options {
        project: "shop".to_owned(),
        location: Some("EU".to_owned()),
        credentials: login(double),
        impersonate: None,
        scopes: SCOPES.map(str::to_owned).to_vec(),
        maximum_bytes_billed: Some(20_000_000),
        job_timeout: Some(Duration::from_secs(90)),
        is_batch: false,
        labels: vec![("segc_project".to_owned(), "My Shop".to_owned())],
        api_endpoint: Some(double.server.url("/")),
        call_timeout: LONG,
        run: "01JRUN".to_owned(),
        names_values: false,
    }
}

fn login(double: &BigQuery) -> Credentials {
    Credentials::Refresh {
        client_id: "id".to_owned(),
        client_secret: Secret::new("client-hunter2"),
        refresh_token: Secret::new("refresh-hunter2"),
        token_uri: Some(double.server.url("/token")),
    }
}

pub(super) fn warehouse(options: Options, still: &Arc<Still>) -> client::BigQuery {
    client::BigQuery::new(options, Arc::clone(still) as Arc<dyn Surroundings>)
}

/// Statements by their first word.
fn does(sql: &str) -> Outcome {
    match sql.split_whitespace().next() {
        Some("select") => Outcome::Rows(
            json!([{"name": "k", "type": "INTEGER"}, {"name": "t", "type": "STRING"}]),
            (1..=5)
                .map(|n| vec![json!(n.to_string()), json!("x")])
                .collect(),
        ),
        Some("insert") => Outcome::Changed(7),
        _ => Outcome::Changed(0),
    }
}

fn five() -> Rows {
    let row = |n| vec![Value::Int(n), Value::Text("x".to_owned())];
    Rows {
        columns: vec!["k".to_owned(), "t".to_owned()],
        rows: (1..=5).map(row).collect(),
    }
}

#[test]
fn a_statement_is_a_job_with_everything_that_it_should_have() {
    let still = Still::new(&[]);
    let double = BigQuery::new(&still, does, never);
    let warehouse = warehouse(options(&double), &still);
    let mut session = warehouse.open();
    assert_eq!(session.change("insert into t select 1"), Ok(7));
    assert_eq!(session.query("select k, t from t"), Ok(five()));
    assert_eq!(session.dry_run("select k"), Some(10_485_760));
    let script = [
        "begin transaction",
        "insert into t select 2",
        "commit transaction",
    ];
    assert_eq!(session.script(&script.map(str::to_owned)), Ok(()));
    assert_eq!(session.script(&[]), Ok(()));
    // Another session of the same run numbers on.
    assert_eq!(warehouse.open().change("insert into t select 1"), Ok(7));
    let state = double.state.lock().unwrap();
    let hashed = |id: &String| id.rsplit_once('_').unwrap().0.to_owned();
    assert_eq!(
        state.ids.iter().map(hashed).collect::<Vec<_>>(),
        [
            "segc_01JRUN_1",
            "segc_01JRUN_2",
            "segc_01JRUN_3",
            "segc_01JRUN_4"
        ]
    );
    let job = |n: usize| &state.jobs[&state.ids[n]];
    assert_eq!(job(2).sql, script.join("\n;\n"));
    assert_ne!(state.ids[0], state.ids[3]);
    assert_eq!(
        job(0).resource["configuration"],
        json!({
            "labels": {"segc_run": "01jrun", "segc_project": "my_shop"},
            "query": {
                "query": "insert into t select 1",
                "useLegacySql": false,
                "priority": "INTERACTIVE",
                "connectionProperties": [{"key": "time_zone", "value": "UTC"}],
                "maximumBytesBilled": "20000000",
            },
            "jobTimeoutMs": "90000",
        })
    );
    assert_eq!(state.google.given, ["user"]);
}

#[test]
fn a_long_job_is_looked_at_ever_more_rarely() {
    let still = Still::new(&[]);
    let double = BigQuery::new(&still, does, never);
    let mut session = warehouse(options(&double), &still).open();
    assert_eq!(session.change("insert /* slow:8 */ into t"), Ok(7));
    // 0.25 + 0.5 + 1 + 2 + 4 + 4 + 4 + 4
    assert_eq!(still.slept(), Duration::from_secs_f64(19.75));
    assert_eq!(double.server.requests().len(), 1 + 1 + 8);
}

/// What each call sends, each of which meets each fault.
#[test]
fn every_call_with_every_fault_is_done_once() {
    type Call = fn(&mut client::Session) -> Result<String, EngineError>;
    let calls: [(&str, Call); 3] = [
        ("insert into t", |session| {
            session.change("insert into t").map(|n| format!("{n}"))
        }),
        ("select k", |session| {
            session.query("select k").map(|rows| format!("{rows:?}"))
        }),
        ("begin\n;\ncommit", |session| {
            let script = ["begin", "commit"].map(str::to_owned);
            session.script(&script).map(|()| String::new())
        }),
    ];
    let instead = |response: Response| Fault::Instead(response.header("Retry-After", "3"));
    let faults = [
        Fault::DropBefore,
        Fault::DropAfter,
        instead(error(401, "authError", "expired")),
        instead(error(403, "rateLimitExceeded", "slowly")),
        instead(error(429, "rateLimitExceeded", "slowly")),
        instead(error(500, "internalError", "oh")),
        instead(error(503, "backendError", "oh")),
        instead(Response::new(
            200,
            "<html>a page of somebody on the way</html>",
        )),
        Fault::Truncate,
        Fault::Delay,
        Fault::Twice,
    ];
    let mut met = 0;
    for (sql, call) in calls {
        let still = Still::new(&[]);
        let double = BigQuery::new(&still, does, never);
        let expected = call(&mut warehouse(options(&double), &still).open());
        assert!(expected.is_ok(), "{expected:?}");
        let requests = double.server.requests().len();
        assert!(requests >= 3);
        for number in 1..=requests {
            for fault in &faults {
                let is_token = number == 1;
                let refused = matches!(fault, Fault::Instead(r) if r.status == 401 || r.status == 403 || r.status == 200);
                if is_token && refused {
                    // Whoever gives tokens has no such answers but as the last word.
                    continue;
                }
                let still = Still::new(&[]);
                let double = BigQuery::new(&still, does, super::http::nth(number, fault.clone()));
                let mut options = options(&double);
                if matches!(fault, Fault::Delay) {
                    options.call_timeout = SHORT;
                }
                if is_token && matches!(fault, Fault::Delay) {
                    // Tokens are waited for longer than a test can.
                    continue;
                }
                let warehouse = warehouse(options, &still);
                let found = call(&mut warehouse.open());
                assert_eq!(found, expected, "{sql}: request {number}: {fault:?}");
                assert_eq!(double.runs(sql), 1, "{sql}: request {number}: {fault:?}");
                // Whoever comes next finds nothing to settle.
                let before = double.server.requests().len();
                warehouse.open().change("next").unwrap();
                assert_eq!(double.state.lock().unwrap().runs.len(), 2);
                assert_eq!(
                    double.server.requests().len(),
                    before + 2,
                    "{sql} {fault:?}"
                );
                met += 1;
            }
        }
    }
    assert!(met > 90, "{met}");
}

/// From some request on nothing comes back. The statement is run once or not at all, and whoever comes next finds it at an end.
#[test]
fn what_is_lost_for_good_is_settled_before_the_next_statement() {
    let sql = "insert /* slow:100000 */ into t";
    let busy = Fault::Instead(error(503, "backendError", "oh"));
    for (fault, from, has_arrived) in [
        (Fault::DropAfter, 2, true),
        (Fault::DropBefore, 2, false),
        (busy.clone(), 2, false),
        (Fault::Truncate, 2, true),
        (Fault::DropAfter, 3, true),
        (busy, 4, true),
    ] {
        let shown = format!("{fault:?} from {from}");
        let still = Still::new(&[]);
        let is_broken = Arc::new(AtomicBool::new(true));
        let broken = Arc::clone(&is_broken);
        let double = BigQuery::new(&still, does, move |request: &Request| {
            let is_met = request.number >= from && broken.load(Ordering::SeqCst);
            is_met.then(|| fault.clone())
        });
        let warehouse = warehouse(options(&double), &still);
        let error = warehouse.open().change(sql).unwrap_err();
        let kinds = [EngineErrorKind::Connection, EngineErrorKind::Exhausted];
        assert!(kinds.contains(&error.kind), "{shown}: {error:?}");
        assert!(still.slept() > Duration::from_secs(500), "{shown}");
        // As long as it is so, nothing else is done.
        assert!(warehouse.open().change("insert into u").is_err());
        assert_eq!(double.runs("insert into u"), 0, "{shown}");
        is_broken.store(false, Ordering::SeqCst);
        assert_eq!(warehouse.open().query("select k"), Ok(five()), "{shown}");
        let state = double.state.lock().unwrap();
        let lost = &state.jobs[&state.ids[0]];
        if has_arrived {
            assert_eq!(lost.resource["status"]["state"], "DONE", "{shown}");
            assert_eq!(lost.sql, sql, "{shown}");
            assert_eq!(state.cancelled, [state.ids[0].clone()], "{shown}");
        } else {
            // Its id is taken: should it arrive yet, it is a duplicate.
            assert_eq!(lost.sql, "select 1", "{shown}");
        }
        let runs = state.runs.get(sql).copied().unwrap_or(0);
        assert_eq!(runs, u32::from(has_arrived), "{shown}");
        assert_eq!(state.jobs[&state.ids[1]].sql, "select k", "{shown}");
    }
}

#[test]
fn a_job_that_failed_for_no_reason_of_its_own_is_made_anew_if_nothing_of_it_was_begun() {
    let failing = |reason: &'static str, begun: u32, times: u32| {
        let mut left = times;
        move |_: &str| {
            if left == 0 {
                return Outcome::Changed(3);
            }
            left -= 1;
            Outcome::Failed {
                reason,
                message: "try again".to_owned(),
                begun,
            }
        }
    };
    for (reason, begun, times, jobs, result) in [
        ("backendError", 0, 1, 2, Ok(3)),
        ("internalError", 0, 2, 3, Ok(3)),
        ("jobRateLimitExceeded", 0, 3, 4, Ok(3)),
        (
            "rateLimitExceeded",
            0,
            4,
            4,
            Err(EngineErrorKind::Exhausted),
        ),
        // A script that had done something.
        ("backendError", 2, 1, 1, Err(EngineErrorKind::Exhausted)),
        ("invalidQuery", 0, 1, 1, Err(EngineErrorKind::Statement)),
    ] {
        let still = Still::new(&[]);
        let double = BigQuery::new(&still, failing(reason, begun, times), never);
        let found = warehouse(options(&double), &still).open().change("merge t");
        assert_eq!(found.map_err(|e| e.kind), result, "{reason}");
        let state = double.state.lock().unwrap();
        assert_eq!(state.ids.len(), jobs, "{reason}");
        for (n, id) in state.ids.iter().enumerate().skip(1) {
            assert_eq!(*id, format!("{}_r{}", state.ids[0], n + 1));
        }
    }
}

#[test]
fn errors_have_their_kind_and_tell_no_value() {
    let failed = |reason, message: &str| {
        let message = message.to_owned();
        move |_: &str| Outcome::Failed {
            reason,
            message: message.clone(),
            begun: 1,
        }
    };
    let still = Still::new(&[]);
    let told = |outcome: Box<dyn FnMut(&str) -> Outcome + Send>, options_of: fn(&mut Options)| {
        let double = BigQuery::new(&still, outcome, never);
        let mut options = options(&double);
        options_of(&mut options);
        let script = [
            "begin transaction",
            "assert (select count(*) = 1 from s) as 'segc: another build was first'",
        ];
        let mut session = warehouse(options, &still).open();
        session.script(&script.map(str::to_owned)).unwrap_err()
    };
    let error = told(
        Box::new(failed(
            "invalidQuery",
            "Query error: segc: another build was first at [3:1]",
        )),
        |_| {},
    );
    assert_eq!(error.kind, EngineErrorKind::Statement);
    assert_eq!(
        error.message,
        "invalidQuery: segc: another build was first\nin statement 2 of 2"
    );
    let error = told(
        Box::new(failed(
            "invalidQuery",
            "Query error: Transaction is aborted due to concurrent update against table shop:d.t. Transaction ID: 61e30eea at [1:1]",
        )),
        |_| {},
    );
    assert_eq!(error.kind, EngineErrorKind::Conflict);
    let error = told(
        Box::new(failed("invalidQuery", "Bad int64 value: anna")),
        |_| {},
    );
    assert!(!error.message.contains("anna"), "{error}");
    // A request that is refused: no job, and nothing to settle.
    let refused = |_: &str| {
        Outcome::Refused(
            "invalidQuery",
            "Syntax error: Unexpected end of script at [1:6]".to_owned(),
        )
    };
    let error = told(Box::new(refused), |_| {});
    assert_eq!(
        error.message,
        "invalidQuery: Syntax error: Unexpected end of script\nin statement 1 of 2"
    );
    // More bytes than are allowed.
    let error = told(Box::new(does), |o| o.maximum_bytes_billed = Some(1000));
    assert_eq!(error.kind, EngineErrorKind::Exhausted);
    assert!(error.message.contains("10485760 or higher"), "{error}");
}

#[test]
fn results_that_are_not_whole_are_no_results() {
    let still = Still::new(&[]);
    let page = |answer: serde_json::Value| {
        move |request: &Request| {
            let is_met = request.path.contains("/queries/");
            is_met.then(|| Fault::Instead(Response::json(200, &answer)))
        }
    };
    let columns = json!({"fields": [{"name": "k", "type": "INTEGER"}]});
    for (answer, words) in [
        (json!({"jobComplete": false}), "are not there"),
        (json!({}), "are not there"),
        (
            json!({"jobComplete": true, "schema": columns, "totalRows": "2", "rows": [{"f": [{"v": "1"}]}]}),
            "are not all",
        ),
        (
            json!({"jobComplete": true, "schema": columns, "totalRows": "1", "rows": [{"f": [{"v": "x"}]}]}),
            "not as their columns say",
        ),
    ] {
        let double = BigQuery::new(&still, does, page(answer));
        let error = warehouse(options(&double), &still).open().query("select k");
        let error = error.unwrap_err();
        assert_eq!(error.kind, EngineErrorKind::Connection);
        assert!(error.message.contains(words), "{error}");
        assert_eq!(double.runs("select k"), 1);
    }
}

#[test]
fn a_token_is_fetched_anew_in_the_middle_of_a_long_job() {
    let still = Still::new(&[]);
    let double = BigQuery::new(&still, does, never);
    let mut session = warehouse(options(&double), &still).open();
    assert_eq!(session.change("insert /* slow:2000 */ into t"), Ok(7));
    assert!(still.slept() > Duration::from_secs(7900));
    // No request had a token that was refused: all that were not for tokens are the job's.
    let state = double.state.lock().unwrap();
    assert_eq!(state.google.given, ["user", "user", "user"]);
    assert_eq!(double.server.requests().len(), 3 + 1 + 2000);
}

#[test]
fn a_token_that_cannot_be_had_anew_ends_with_a_plain_error() {
    let still = Still::new(&[]);
    let double = BigQuery::new(&still, does, never);
    let mut options = options(&double);
    options.credentials = Credentials::Token(Secret::new("ya29.old-hunter2"));
    let error = warehouse(options, &still).open().change("insert into t");
    let error = error.unwrap_err();
    assert_eq!(error.kind, EngineErrorKind::Connection);
    assert!(error.message.contains("invalid authentication"), "{error}");
    assert!(!error.message.contains("hunter2"), "{error}");
    assert_eq!(double.server.requests().len(), 1);
    assert_eq!(double.runs("insert into t"), 0);
}

#[test]
fn whoever_stops_a_job_stops_it_on_the_server() {
    let still = Still::new(&[]);
    let (polled, seen) = std::sync::mpsc::channel();
    let double = BigQuery::new(&still, does, move |request: &Request| {
        if request.method == "GET" {
            let _ = polled.send(());
        }
        None
    });
    let warehouse = warehouse(options(&double), &still);
    let stop = warehouse.interrupter();
    stop();
    assert_eq!(double.server.requests().len(), 0);
    let mut session = warehouse.open();
    let running = std::thread::spawn(move || session.change("insert /* slow:100000000 */ into t"));
    seen.recv().unwrap();
    stop();
    let error = running.join().unwrap().unwrap_err();
    assert_eq!(error.kind, EngineErrorKind::Statement);
    assert!(error.message.starts_with("stopped: "), "{error}");
    let state = double.state.lock().unwrap();
    assert_eq!(state.cancelled, state.ids);
    drop(state);
    // Once is enough, and the next statement is not stopped.
    stop();
    assert_eq!(double.state.lock().unwrap().cancelled.len(), 1);
    let mut session = warehouse.open();
    assert_eq!(session.change("insert into t"), Ok(7));
    // What is done cannot be stopped.
    let requests = double.server.requests().len();
    stop();
    assert_eq!(double.server.requests().len(), requests);
}

#[test]
fn where_nobody_said_it_the_place_of_a_job_is_learned() {
    let still = Still::new(&[]);
    let double = BigQuery::new(&still, does, super::http::nth(2, Fault::DropAfter));
    let mut options = options(&double);
    options.location = None;
    assert_eq!(
        warehouse(options, &still).open().query("select k"),
        Ok(five())
    );
    let places: Vec<_> = double
        .server
        .requests()
        .iter()
        .filter(|r| r.method == "GET")
        .map(|r| r.parameter("location").unwrap_or("none").to_owned())
        .collect();
    assert!(
        places.len() > 3 && places.iter().all(|p| p == "EU"),
        "{places:?}"
    );
}

/// An id is taken in one location only: what settles a lost job goes to where the job before it was.
#[test]
fn where_nobody_said_it_what_is_lost_is_settled_where_the_last_job_was() {
    let still = Still::new(&[]);
    let is_broken = Arc::new(AtomicBool::new(false));
    let broken = Arc::clone(&is_broken);
    let double = BigQuery::new(&still, does, move |_: &Request| {
        broken.load(Ordering::SeqCst).then_some(Fault::DropBefore)
    });
    let mut options = options(&double);
    options.location = None;
    let warehouse = warehouse(options, &still);
    assert_eq!(warehouse.open().query("select k"), Ok(five()));
    is_broken.store(true, Ordering::SeqCst);
    assert!(warehouse.open().change("insert into t").is_err());
    is_broken.store(false, Ordering::SeqCst);
    let before = double.server.requests().len();
    assert_eq!(warehouse.open().change("insert into t"), Ok(7));
    let requests = double.server.requests();
    let settling = requests[before].json();
    assert_eq!(settling["configuration"]["query"]["query"], "select 1");
    assert_eq!(settling["jobReference"]["location"], "EU");
    assert_eq!(double.runs("insert into t"), 1);
}

#[test]
fn a_job_of_somebody_else_under_the_same_id_is_never_taken_for_the_own() {
    let still = Still::new(&[]);
    let double = BigQuery::new(&still, does, never);
    assert_eq!(
        warehouse(options(&double), &still)
            .open()
            .change("insert into t"),
        Ok(7)
    );
    let id = {
        let mut state = double.state.lock().unwrap();
        let id = state.ids[0].clone();
        let job = state.jobs.get_mut(&id).unwrap();
        job.resource["configuration"]["query"]["query"] = "drop table t".into();
        id
    };
    let error = warehouse(options(&double), &still)
        .open()
        .change("insert into t");
    assert_eq!(
        error.unwrap_err().message,
        format!("another job has the id `{id}`")
    );
}
