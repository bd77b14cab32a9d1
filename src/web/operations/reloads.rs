//! What came of settings that changed while the server runs.

use std::sync::{Mutex, PoisonError};

use crate::config::Change;
use crate::model::TimestampMs;

/// The settings were read anew.
#[derive(Clone, Debug)]
pub struct Reload {
    /// When.
    pub at: TimestampMs,
    /// What is other than before, or why nothing of it could be used.
    pub outcome: Result<Vec<Change>, String>,
}

/// The latest of them.
#[derive(Default)]
pub struct Reloads(Mutex<Option<Reload>>);

impl Reloads {
    /// One more.
    pub fn note(&self, reload: Reload) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(reload);
    }

    /// The latest; `None`: nothing has changed since the start.
    pub fn last(&self) -> Option<Reload> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
