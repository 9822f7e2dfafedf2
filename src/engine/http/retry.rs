//! Which calls are made again, when, and for how long: exponential back-off with full jitter, `Retry-After` honoured.

use super::{HttpError, HttpErrorKind, Response};
use std::time::Duration;

/// When a call is made again, as data. Only for calls that do the same however often they arrive.
#[derive(Clone, Copy, Debug)]
pub struct Retry {
    /// The first wait is up to this long, each next one up to twice as long as the one before.
    pub first: Duration,
    /// No wait is longer, unless the server asks for it.
    pub longest: Duration,
    /// From the first try on; a wait that would end later is not begun.
    pub total: Duration,
    /// How often a server is tried that no connection can be had with: a wrong name is not answered for hours either.
    pub unreachable: u32,
    /// Whether an answer only says to come again.
    pub again: fn(&Response) -> bool,
}

/// Statuses that say nothing about the request: come again.
pub const TRANSIENT: [u16; 7] = [408, 425, 429, 500, 502, 503, 504];

impl Default for Retry {
    fn default() -> Self {
        Self {
            first: Duration::from_secs(1),
            longest: Duration::from_secs(32),
            total: Duration::from_secs(600),
            unreachable: 4,
            again: |response| TRANSIENT.contains(&response.status),
        }
    }
}

impl Retry {
    /// How long to wait before try `tries` + 1, or None where what came is the answer. `chance` is at least 0 and less than 1.
    pub(super) fn wait(
        &self,
        tries: u32,
        came: &Result<Response, HttpError>,
        spent: Duration,
        now: jiff::Timestamp,
        chance: f64,
    ) -> Option<Duration> {
        let asked = match came {
            Ok(response) if !(self.again)(response) => return None,
            Ok(response) => retry_after(response, now).unwrap_or_default(),
            Err(error) => match error.kind {
                HttpErrorKind::Refused => return None,
                HttpErrorKind::Unreachable if tries >= self.unreachable => return None,
                HttpErrorKind::Unreachable | HttpErrorKind::Lost => Duration::ZERO,
            },
        };
        let wait = self.backoff(tries, chance).max(asked);
        (spent.saturating_add(wait) <= self.total).then_some(wait)
    }

    /// Up to `first`, twice that, …, `longest`: any time below, so that clients that failed together do not come again together.
    #[must_use]
    pub fn backoff(&self, tries: u32, chance: f64) -> Duration {
        let doubled = 2_u32.saturating_pow(tries.saturating_sub(1).min(30));
        let most = self.first.saturating_mul(doubled).min(self.longest);
        most.mul_f64(chance.clamp(0.0, 1.0))
    }
}

/// Seconds or a date: <https://www.rfc-editor.org/rfc/rfc9110#field.retry-after>
fn retry_after(response: &Response, now: jiff::Timestamp) -> Option<Duration> {
    let text = response.header("retry-after")?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let at = jiff::fmt::rfc2822::parse(text).ok()?.timestamp();
    at.duration_since(now).try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::Timestamp;

    fn answer(status: u16, headers: &[(&str, &str)]) -> Result<Response, HttpError> {
        Ok(Response {
            status,
            headers: headers
                .iter()
                .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
                .collect(),
            body: Vec::new(),
        })
    }

    fn wait(tries: u32, came: &Result<Response, HttpError>, spent: u64) -> Option<Duration> {
        let now: Timestamp = "2026-11-22T12:00:00Z".parse().unwrap();
        Retry::default().wait(tries, came, Duration::from_secs(spent), now, 0.5)
    }

    #[test]
    fn waits_double_up_to_the_longest_and_end_with_the_total() {
        let busy = answer(503, &[]);
        let waits: Vec<_> = (1..=8).map(|n| wait(n, &busy, 0).unwrap()).collect();
        let halves = [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 16.0, 16.0];
        assert_eq!(waits, halves.map(Duration::from_secs_f64));
        assert_eq!(wait(8, &busy, 584), Some(Duration::from_secs(16)));
        assert_eq!(wait(8, &busy, 585), None);
    }

    #[test]
    fn the_server_may_ask_for_longer_in_seconds_or_by_date() {
        let asked = |text| wait(1, &answer(429, &[("Retry-After", text)]), 0);
        assert_eq!(asked("40"), Some(Duration::from_secs(40)));
        assert_eq!(asked("0"), Some(Duration::from_millis(500)));
        assert_eq!(asked("601"), None);
        assert_eq!(
            asked("Sun, 22 Nov 2026 12:00:40 GMT"),
            Some(Duration::from_secs(40))
        );
        // In the past, or no date: the own wait.
        assert_eq!(
            asked("Sun, 22 Nov 2026 11:00:00 GMT"),
            Some(Duration::from_millis(500))
        );
        assert_eq!(asked("soon"), Some(Duration::from_millis(500)));
    }

    #[test]
    fn answers_are_answers_and_lost_ones_are_asked_for_again() {
        for status in [200, 202, 400, 401, 403, 404, 409, 422, 501] {
            assert_eq!(wait(1, &answer(status, &[]), 0), None, "{status}");
        }
        let failed = |kind| {
            Err(HttpError {
                kind,
                message: String::new(),
            })
        };
        assert!(wait(9, &failed(HttpErrorKind::Lost), 0).is_some());
        assert!(wait(3, &failed(HttpErrorKind::Unreachable), 0).is_some());
        assert!(wait(4, &failed(HttpErrorKind::Unreachable), 0).is_none());
        assert!(wait(1, &failed(HttpErrorKind::Refused), 0).is_none());
    }
}
