//! What a client takes from the machine that it runs on: two clocks, waiting, chance, and the environment. Everything of a client
//! that depends on these goes through [`Surroundings`], so that tests have others and never wait.
#![allow(
    clippy::disallowed_methods,
    reason = "this is the one place where clients meet clocks and the environment"
)]

use jiff::Timestamp;
use ring::rand::SecureRandom as _;
use std::time::{Duration, Instant};

/// Where a client runs.
pub trait Surroundings: Send + Sync {
    /// The calendar's time: what tokens and signatures are dated with.
    fn now(&self) -> Timestamp;

    /// Time since some beginning, which no clock's adjustment moves.
    fn elapsed(&self) -> Duration;

    fn sleep(&self, time: Duration);

    /// At least 0 and less than 1, another each time.
    fn chance(&self) -> f64;

    /// An environment variable; an empty one is none.
    fn variable(&self, name: &str) -> Option<String>;
}

/// This machine.
#[derive(Debug)]
pub struct Machine {
    began: Instant,
}

impl Default for Machine {
    fn default() -> Self {
        Self {
            began: Instant::now(),
        }
    }
}

impl Surroundings for Machine {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    fn elapsed(&self) -> Duration {
        self.began.elapsed()
    }

    fn sleep(&self, time: Duration) {
        std::thread::sleep(time);
    }

    fn chance(&self) -> f64 {
        let mut bytes = [0; 4];
        // Without chance, clients wait in step: slower for all, wrong for nobody.
        let _ = ring::rand::SystemRandom::new().fill(&mut bytes);
        f64::from(u32::from_le_bytes(bytes)) / (f64::from(u32::MAX) + 1.0)
    }

    fn variable(&self, name: &str) -> Option<String> {
        std::env::var(name).ok().filter(|text| !text.is_empty())
    }
}
