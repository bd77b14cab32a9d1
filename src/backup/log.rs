//! What became of the backups that the server makes, and asking it for one.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

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
    /// How far the one is that is being made.
    pub stage: Option<Stage>,
    /// Who asked for one that is not begun yet.
    pub asked_by: Option<String>,
    /// How many were made since the start.
    pub made: u64,
    /// How many attempts failed since the start.
    pub failed: u64,
}

/// How far a backup is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stage {
    /// It is about to be copied.
    Begun,
    /// It is copied into this file, which grows to about so many bytes.
    Copying {
        /// The file until it has its name.
        file: PathBuf,
        /// What the database takes.
        bytes: u64,
    },
    /// The copy is looked at and hashed.
    Checking,
}

/// The same, for whoever asks. Clones share it.
#[derive(Clone, Default)]
pub struct Log(Arc<Shared>);

#[derive(Default)]
struct Shared {
    said: Mutex<Said>,
    asked: Notify,
}

impl Log {
    /// What is known now.
    pub fn said(&self) -> Said {
        self.lock().clone()
    }

    /// Has one made soon, whenever the next is due. While one is made another is not.
    pub fn ask(&self, who: &str) {
        let mut said = self.lock();
        if said.stage.is_none() {
            said.asked_by = Some(who.to_owned());
            self.0.asked.notify_one();
        }
    }

    /// Waits until somebody asks.
    pub(super) async fn asked(&self) {
        self.0.asked.notified().await;
    }

    /// One was found that was made before.
    pub(super) fn found(&self, made: Option<Made>) {
        self.lock().last = made;
    }

    /// One is begun, which is the one that was asked for.
    pub(super) fn begin(&self) {
        let mut said = self.lock();
        said.stage = Some(Stage::Begun);
        said.asked_by = None;
    }

    /// It is so far.
    pub(super) fn reached(&self, stage: Stage) {
        self.lock().stage = Some(stage);
    }

    /// It is complete, or failed at this time.
    pub(super) fn end(&self, outcome: Result<Made, (TimestampMs, String)>) {
        let mut said = self.lock();
        said.stage = None;
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
        self.0.said.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
