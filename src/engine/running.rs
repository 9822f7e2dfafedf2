//! What all sessions of a connection are running, for whoever stops it from another thread.

use std::sync::{Arc, Mutex, PoisonError, Weak};

/// One `R` for each session that there still is.
pub(super) struct Registry<R>(Mutex<Vec<Weak<R>>>);

impl<R> Default for Registry<R> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<R: Default> Registry<R> {
    /// That of a new session.
    pub(super) fn add(&self) -> Arc<R> {
        let running = Arc::<R>::default();
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|known| known.strong_count() > 0);
        all.push(Arc::downgrade(&running));
        running
    }

    pub(super) fn all(&self) -> Vec<Arc<R>> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.iter().filter_map(Weak::upgrade).collect()
    }
}
