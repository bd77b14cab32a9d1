//! What became of the backups that the server makes by itself.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::model::TimestampMs;

/// A backup that is complete.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Made {
    /// Where it is.
    pub file: PathBuf,
    /// When it was begun.
    pub at: TimestampMs,
    /// How large it is.
    pub bytes: u64,
    /// How long it took; `None` for one that was there at the start.
    pub took_ms: Option<u64>,
}

/// What is known of them.
#[derive(Clone, Debug, Default)]
pub struct Said {
    /// The newest.
    pub last: Option<Made>,
    /// When the latest attempt failed, and why, if it did.
    pub failure: Option<(TimestampMs, String)>,
    /// Whether one is being made.
    pub is_running: bool,
    /// How many were made since the start.
    pub made: u64,
    /// How many attempts failed since the start.
    pub failed: u64,
}

/// The same, for whoever asks. Clones share it.
#[derive(Clone, Default)]
pub struct Log(Arc<Mutex<Said>>);

impl Log {
    /// What is known now.
    pub fn said(&self) -> Said {
        self.lock().clone()
    }

    /// One was found that was made before.
    pub(super) fn found(&self, made: Option<Made>) {
        self.lock().last = made;
    }

    /// One is begun.
    pub(super) fn begin(&self) {
        self.lock().is_running = true;
    }

    /// It is complete, or failed at this time.
    pub(super) fn end(&self, outcome: Result<Made, (TimestampMs, String)>) {
        let mut said = self.lock();
        said.is_running = false;
        match outcome {
            Ok(made) => {
                said.made += 1;
                said.last = Some(made);
                said.failure = None;
            }
            Err(failure) => {
                said.failed += 1;
                said.failure = Some(failure);
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Said> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
