//! A build's progress on a terminal.

use crate::build::Stage;
use crate::build::run::Progress;
use indicatif::{ProgressBar, ProgressStyle};
use std::time::Duration;

/// One line that says which stage runs.
pub(super) struct Bar(ProgressBar);

impl Bar {
    pub(super) fn new() -> Self {
        let bar = ProgressBar::new_spinner();
        if let Ok(style) = ProgressStyle::with_template("{spinner} {elapsed} {wide_msg}") {
            bar.set_style(style);
        }
        bar.enable_steady_tick(Duration::from_millis(100));
        Self(bar)
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

impl Progress for Bar {
    fn started(&self, stage: &Stage) {
        self.0
            .set_message(format!("{} {}", stage.kind.words(), stage.subject));
    }

    fn finished(&self, _: &Stage, _: Duration) {}
}
