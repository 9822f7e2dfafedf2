//! Doubles of servers: HTTP on loopback, written as a function from a request to an answer, with faults between the two.

pub(crate) mod bigquery;
mod bigquery_random;
pub(crate) mod bigquery_tests;
#[cfg(feature = "duckdb-linked")]
mod bigquery_there;
pub(crate) mod google;
mod google_tests;
pub(crate) mod http;
mod http_tests;
pub(crate) mod snowflake;
mod snowflake_tests;
mod stopping;

use jiff::Timestamp;
use segc::engine::http::Http;
use segc::engine::surroundings::Surroundings;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Surroundings in which waiting costs nothing: it moves both clocks.
pub(crate) struct Still {
    state: Mutex<State>,
    pub(crate) variables: BTreeMap<String, String>,
}

struct State {
    now: Timestamp,
    slept: Duration,
    waits: Vec<Duration>,
}

impl Still {
    pub(crate) fn new(variables: &[(&str, &str)]) -> Arc<Self> {
        Arc::new(Self {
            state: Mutex::new(State {
                now: "2026-11-22T12:00:00Z".parse().unwrap(),
                slept: Duration::ZERO,
                waits: Vec::new(),
            }),
            variables: variables
                .iter()
                .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
                .collect(),
        })
    }

    /// How long all waits together were.
    pub(crate) fn slept(&self) -> Duration {
        self.state.lock().unwrap().slept
    }

    /// Each wait.
    pub(crate) fn waits(&self) -> Vec<Duration> {
        self.state.lock().unwrap().waits.clone()
    }

    pub(crate) fn client(self: &Arc<Self>) -> Http {
        Http::new(Arc::clone(self) as Arc<dyn Surroundings>)
    }
}

impl Surroundings for Still {
    fn now(&self) -> Timestamp {
        self.state.lock().unwrap().now
    }

    fn elapsed(&self) -> Duration {
        self.slept()
    }

    fn sleep(&self, time: Duration) {
        let mut state = self.state.lock().unwrap();
        state.now += jiff::SignedDuration::try_from(time).unwrap();
        state.slept += time;
        state.waits.push(time);
    }

    fn chance(&self) -> f64 {
        0.5
    }

    fn variable(&self, name: &str) -> Option<String> {
        self.variables.get(name).cloned()
    }
}
