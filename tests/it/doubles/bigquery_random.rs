//! The client over a network on which anything may happen to any request, for any stretch of time.

use super::Still;
use super::bigquery::{BigQuery, Outcome, error};
use super::bigquery_tests::{options, warehouse};
use super::http::{Fault, Request, Response};
use proptest::prelude::*;
use segc::engine::Engine as _;
use std::sync::{Arc, Mutex};

/// What happens to requests, each for a stretch of them.
#[derive(Clone, Copy, Debug)]
enum Weather {
    Fine,
    DropBefore,
    DropAfter,
    Truncate,
    Twice,
    /// Lost for the client, and delivered some requests later.
    Late(usize),
    Status(u16, &'static str),
}

fn weather() -> impl Strategy<Value = Weather> {
    prop_oneof![
        6 => Just(Weather::Fine),
        2 => Just(Weather::DropBefore),
        2 => Just(Weather::DropAfter),
        1 => Just(Weather::Truncate),
        1 => Just(Weather::Twice),
        2 => (1_usize..80).prop_map(Weather::Late),
        1 => Just(Weather::Status(503, "backendError")),
        1 => Just(Weather::Status(429, "rateLimitExceeded")),
        1 => Just(Weather::Status(403, "rateLimitExceeded")),
        1 => Just(Weather::Status(401, "authError")),
    ]
}

/// Stretches: most are short, some outlast the client's patience.
fn days() -> impl Strategy<Value = Vec<(Weather, usize)>> {
    let length = prop_oneof![6 => 1_usize..4, 1 => 30_usize..90];
    prop::collection::vec((weather(), length), 1..12)
}

fn forecast(days: &[(Weather, usize)], number: usize) -> Weather {
    let mut left = number;
    for (weather, length) in days {
        if left <= *length {
            return *weather;
        }
        left -= length;
    }
    Weather::Fine
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// A statement that was answered was run once, one that was not, at most once; and none while another one was running.
    #[test]
    fn whatever_happens_on_the_way_no_statement_is_run_twice_or_beside_another(days in days()) {
        let still = Still::new(&[]);
        let late = Arc::<Mutex<Vec<(usize, Request)>>>::default();
        let delayed = Arc::clone(&late);
        let shown = days.clone();
        let double = BigQuery::new(
            &still,
            |_: &str| Outcome::Changed(7),
            move |request| match forecast(&days, request.number) {
                Weather::Fine => None,
                Weather::DropBefore => Some(Fault::DropBefore),
                Weather::DropAfter => Some(Fault::DropAfter),
                Weather::Truncate => Some(Fault::Truncate),
                Weather::Twice => Some(Fault::Twice),
                Weather::Late(by) => {
                    delayed.lock().unwrap().push((request.number + by, request.clone()));
                    Some(Fault::DropBefore)
                }
                Weather::Status(503, _) => Some(Fault::Instead(Response::new(503, "busy"))),
                Weather::Status(status, reason) => {
                    Some(Fault::Instead(error(status, reason, "not now")))
                }
            },
        );
        double.state.lock().unwrap().late = late;
        let warehouse = warehouse(options(&double), &still);
        let mut answered = 0;
        for n in 1..=8 {
            let sql = format!("insert /* slow:{} */ into t{n}", n % 4 + 1);
            let found = warehouse.open().change(&sql);
            let runs = double.runs(&sql);
            match found {
                Ok(changed) => {
                    answered += 1;
                    prop_assert_eq!((changed, runs), (7, 1), "{}", sql);
                }
                Err(error) => {
                    prop_assert!(runs <= 1, "{sql}: {error}");
                }
            }
        }
        // Whatever was on the way still arrives.
        let rest = double.server.requests().len() + 1000;
        let mut state = double.state.lock().unwrap();
        let mut last = double.server.requests().pop().unwrap();
        last.number = rest;
        state.answer(&last);
        prop_assert_eq!(state.overlaps, 0, "{:?}", shown);
        for (sql, runs) in &state.runs {
            prop_assert!(*runs <= 1 || sql == "select 1", "{sql}: {runs}");
        }
        // Whoever gives tokens has 401 and 403 as the last word only.
        let harm = |(weather, length): &(Weather, usize)| match weather {
            Weather::Fine | Weather::Twice => 0,
            Weather::Status(401 | 403, _) => 100,
            Weather::DropBefore
            | Weather::DropAfter
            | Weather::Truncate
            | Weather::Late(_)
            | Weather::Status(..) => *length,
        };
        let is_fine = shown.iter().map(harm).sum::<usize>() < 6;
        prop_assert!(answered == 8 || !is_fine, "{shown:?}");
    }
}
