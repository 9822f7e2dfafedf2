//! Builds that are killed, answered with errors, delayed, starved and raced, on a real file and in real processes: what is
//! published is all or nothing, and the same task done again ends as if nothing had happened.
//!
//! `SEGC_CRASHES=2000` kills that often, `SEGC_ROUNDS=200` races that often.

mod child;
mod control;
mod fault;
mod limits;
mod matrix;
mod races;
mod replay;
mod scene;
mod seen;
mod task;
mod verifier;

/// How often, where the environment does not say otherwise.
fn count(variable: &str, default: usize) -> usize {
    let told = std::env::var(variable).ok();
    told.and_then(|n| n.parse().ok()).unwrap_or(default)
}

/// Tells a figure to whoever runs the tests with `--nocapture`.
fn note(figure: &str) {
    use std::io::Write as _;
    let _ = writeln!(std::io::stderr(), "{figure}");
}
