//! Ctrl-C and SIGTERM during a build: the running statement is stopped, the build rolls back and says whether it was published.
//!
//! A thread waits for signals. From the first one on it stops statements until the build has noticed (a stop between two
//! statements has no effect on the next one); once COMMIT is sent it stops nothing. What the engine cannot stop within
//! [`PATIENCE`], or a second signal, ends the process where it stands: what was not committed is not there.
#![allow(
    clippy::disallowed_methods,
    reason = "signals come when they come: this is about the process"
)]

use crate::build::run::Progress;
use crate::build::{Kind, Stage};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::{Handle, Signals};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How long a build may take to stop.
const PATIENCE: Duration = Duration::from_secs(9);
/// How long to wait between two attempts to stop a statement.
const PAUSE: Duration = Duration::from_millis(50);

type Stop = Box<dyn Fn() + Send + Sync>;

/// Signals that came, and what is done about them.
pub(super) struct Interrupts {
    shared: Arc<Shared>,
    handle: Option<Handle>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    /// The first signal.
    signal: Option<i32>,
    /// What stops the warehouse's statements.
    stop: Option<Stop>,
    /// The build has noticed, or COMMIT is sent: statements are left alone.
    settling: bool,
    /// COMMIT is sent: the process must not end before the ledger was read.
    committing: bool,
    done: bool,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A signal came: stops statements until the build has noticed, then waits for its end. Whether there was an end in time.
    fn stop(&self, signal: i32, again: &mut dyn FnMut() -> bool) -> bool {
        let mut state = self.state();
        state.signal.get_or_insert(signal);
        let mut waited = Duration::ZERO;
        while !state.done {
            if !state.settling
                && let Some(stop) = &state.stop
            {
                stop();
            }
            if (waited >= PATIENCE || again()) && !state.committing {
                return false;
            }
            let (next, timeout) = self
                .changed
                .wait_timeout(state, PAUSE)
                .unwrap_or_else(PoisonError::into_inner);
            state = next;
            if timeout.timed_out() {
                waited += PAUSE;
            }
        }
        true
    }
}

impl Interrupts {
    /// Watches for signals until it is dropped.
    pub(super) fn watch() -> Self {
        let shared = Arc::<Shared>::default();
        // Where signals cannot be had, they end the process as ever; nothing is half published then either.
        let handle = Signals::new([SIGINT, SIGTERM]).ok().map(|mut signals| {
            let (handle, shared) = (signals.handle(), Arc::clone(&shared));
            std::thread::spawn(move || {
                let first = signals.forever().next();
                if let Some(signal) = first
                    && !shared.stop(signal, &mut || signals.pending().next().is_some())
                {
                    signal_hook::low_level::exit(i32::from(status(signal)));
                }
            });
            handle
        });
        Self { shared, handle }
    }

    /// What to stop when a signal comes.
    pub(super) fn stops(&self, stop: Stop) {
        self.shared.state().stop = Some(stop);
    }

    /// Another build begins, which may be stopped as the one before could.
    pub(super) fn again(&self) {
        let mut state = self.shared.state();
        state.settling = state.signal.is_some();
        state.committing = false;
    }

    /// The exit status of the signal that came.
    pub(super) fn signalled(&self) -> Option<u8> {
        self.shared.state().signal.map(status)
    }
}

impl Drop for Interrupts {
    fn drop(&mut self) {
        self.shared.state().done = true;
        self.shared.changed.notify_all();
        if let Some(handle) = &self.handle {
            handle.close();
        }
    }
}

/// 128 and the signal's number, as shells have it: 130, 143.
fn status(signal: i32) -> u8 {
    u8::try_from(128 + signal).unwrap_or(130)
}

/// Watches a build and lets signals stop it.
pub(super) struct Watched<'a> {
    pub(super) inner: &'a dyn Progress,
    pub(super) interrupts: &'a Interrupts,
}

impl Progress for Watched<'_> {
    fn started(&self, stage: &Stage) {
        if stage.kind == Kind::Commit {
            let mut state = self.interrupts.shared.state();
            state.settling = true;
            state.committing = true;
        }
        self.inner.started(stage);
    }

    fn finished(&self, stage: &Stage, elapsed: Duration) {
        self.inner.finished(stage, elapsed);
    }

    fn interrupted(&self) -> Option<u8> {
        let mut state = self.interrupts.shared.state();
        if state.signal.is_some() {
            state.settling = true;
        }
        state.signal.map(status)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU32, Ordering};

    fn watched(with: impl FnOnce(&Interrupts, &Watched<'_>)) {
        let interrupts = Interrupts {
            shared: Arc::default(),
            handle: None,
        };
        let watched = Watched {
            inner: &crate::build::run::Silent,
            interrupts: &interrupts,
        };
        with(&interrupts, &watched);
    }

    #[test]
    fn statements_are_stopped_until_the_build_has_noticed() {
        watched(|interrupts, watched| {
            assert_eq!(watched.interrupted(), None);
            let stops = Arc::new(AtomicU32::new(0));
            let counted = Arc::clone(&stops);
            interrupts.stops(Box::new(move || {
                counted.fetch_add(1, Ordering::SeqCst);
            }));
            let shared = Arc::clone(&interrupts.shared);
            let signals = std::thread::spawn(move || shared.stop(SIGTERM, &mut || false));
            while stops.load(Ordering::SeqCst) < 2 {
                std::thread::yield_now();
            }
            assert_eq!(watched.interrupted(), Some(143));
            let after = stops.load(Ordering::SeqCst);
            interrupts.shared.state().done = true;
            interrupts.shared.changed.notify_all();
            assert!(signals.join().is_ok_and(|in_time| in_time));
            assert_eq!(stops.load(Ordering::SeqCst), after);
            assert_eq!(interrupts.signalled(), Some(143));
        });
    }

    #[test]
    fn a_second_signal_ends_at_once_unless_commit_is_sent() {
        watched(|interrupts, watched| {
            assert!(!interrupts.shared.stop(SIGINT, &mut || true));
            let commit = Stage {
                kind: Kind::Commit,
                subject: String::new(),
                sql: Vec::new(),
            };
            watched.started(&commit);
            let shared = Arc::clone(&interrupts.shared);
            let signals = std::thread::spawn(move || shared.stop(SIGINT, &mut || true));
            interrupts.shared.state().done = true;
            interrupts.shared.changed.notify_all();
            assert!(signals.join().is_ok_and(|in_time| in_time));
            assert_eq!(interrupts.signalled(), Some(130));
        });
    }
}
