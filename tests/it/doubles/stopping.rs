//! Stopping a statement, and trying one without running it, with every fault on the way: what is stopped ends on the server and is
//! run no more than once, what is only tried is never run, and whoever comes next is not in the way of either.

use super::Still;
use super::bigquery::{BigQuery, Outcome, error};
use super::bigquery_tests::{options, warehouse};
use super::http::{Fault, Request, Response, nth};
use super::snowflake::{Account, Manner, Outcome as Done};
use segc::engine::{Engine as _, Warehouse as _};
use serde_json::json;
use std::time::Duration;

fn faults(instead: impl Fn(u16) -> Response) -> Vec<Fault> {
    let statuses = [401, 429, 500, 503].map(|status| Fault::Instead(instead(status)));
    let others = [
        Fault::DropBefore,
        Fault::DropAfter,
        Fault::Instead(Response::new(
            200,
            "<html>a page of somebody on the way</html>",
        )),
        Fault::Truncate,
        Fault::Delay,
        Fault::Twice,
    ];
    statuses.into_iter().chain(others).collect()
}

fn google() -> Vec<Fault> {
    faults(|status| {
        let reason = match status {
            401 => "authError",
            429 => "rateLimitExceeded",
            _ => "backendError",
        };
        error(status, reason, "oh").header("Retry-After", "3")
    })
}

fn changed(_: &str) -> Outcome {
    Outcome::Changed(7)
}

/// The first request to cancel something meets the fault.
fn at_the_first_cancel(fault: Fault) -> impl FnMut(&Request) -> Option<Fault> + Send {
    let mut left = Some(fault);
    move |request| left.take_if(|_| request.path.ends_with("/cancel"))
}

#[test]
fn whatever_befalls_a_cancellation_the_job_ends_and_was_run_once() {
    let sql = "insert /* slow:100000000 */ into t";
    for fault in google() {
        let still = Still::new(&[]);
        let double = BigQuery::new(&still, changed, at_the_first_cancel(fault.clone()));
        let warehouse = warehouse(options(&double), &still);
        let stop = warehouse.interrupter();
        let mut session = warehouse.open();
        let running = std::thread::spawn(move || session.change(sql));
        // Who is not heard says it again.
        while !running.is_finished() {
            stop();
        }
        let error = running.join().unwrap().unwrap_err();
        assert!(error.message.starts_with("stopped: "), "{fault:?}: {error}");
        assert_eq!(double.runs(sql), 1, "{fault:?}");
        let state = double.state.lock().unwrap();
        let job = &state.jobs[&state.ids[0]];
        assert_eq!(job.resource["status"]["state"], "DONE", "{fault:?}");
        assert!(!state.cancelled.is_empty(), "{fault:?}");
        drop(state);
        assert_eq!(warehouse.open().change("insert into t"), Ok(7), "{fault:?}");
    }
}

#[test]
fn what_is_only_tried_is_never_run_whatever_befalls_it() {
    let sql = "select k";
    for fault in google() {
        let still = Still::new(&[]);
        // The first request is for a token.
        let double = BigQuery::new(&still, changed, nth(2, fault.clone()));
        let mut options = options(&double);
        if matches!(fault, Fault::Delay) {
            options.call_timeout = Duration::from_millis(250);
        }
        let warehouse = warehouse(options, &still);
        assert_eq!(warehouse.open().dry_run(sql), Some(10_485_760), "{fault:?}");
        assert_eq!(double.runs(sql), 0, "{fault:?}");
        let state = double.state.lock().unwrap();
        assert!(state.ids.is_empty(), "{fault:?}");
        drop(state);
        assert_eq!(warehouse.open().change("insert into t"), Ok(7), "{fault:?}");
    }
}

#[test]
fn whatever_befalls_a_cancellation_the_statement_ends_and_was_executed_once() {
    for fault in faults(not_now) {
        stopped(at_the_first_cancel(fault.clone()), &fault);
    }
}

#[test]
fn a_server_that_hears_of_no_cancellation_for_long_is_told_until_it_does() {
    let busy = Fault::Instead(not_now(503));
    let mut left = vec![busy.clone(); 30];
    let long = move |request: &Request| {
        let is_cancel = request.path.ends_with("/cancel");
        left.pop_if(|_| is_cancel)
    };
    stopped(long, &busy);
}

fn not_now(status: u16) -> Response {
    Response::json(status, &json!({"code": "390000", "message": "not now"}))
}

/// Stops a statement of Snowflake that would never end.
fn stopped(faults: impl FnMut(&Request) -> Option<Fault> + Send + 'static, fault: &Fault) {
    let manner = Manner {
        polls: u32::MAX,
        ..Manner::default()
    };
    let does = |_: &str| Done::Changed(3, 0, 0);
    let account = Account::new(manner, does, faults);
    let connection = account.connect();
    let stop = connection.interrupter();
    let mut session = connection.open();
    let running = std::thread::spawn(move || session.change("insert into t select 1"));
    while !running.is_finished() {
        stop();
    }
    let error = running.join().unwrap().unwrap_err();
    assert!(error.message.contains("canceled"), "{fault:?}: {error}");
    assert_eq!(account.executed(), ["insert into t select 1"], "{fault:?}");
    assert!(!account.cancelled().is_empty(), "{fault:?}");
}
