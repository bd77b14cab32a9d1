//! What the process counts while it works, for whoever watches over it.
//!
//! The counters are those of the process, and each is one atomic number: counting costs a
//! few nanoseconds and takes no lock, so uploads are counted as well. Nothing here knows
//! who reads them, or how they are shown; and nothing that is counted names a visitor, an
//! address or anything else that somebody sent.

mod by_name;
mod duration;

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

pub use by_name::{ByName, Runs};
pub use duration::{BOUNDS, Durations, Seen};

/// A number that only grows.
#[derive(Debug)]
pub struct Count(AtomicU64);

impl Count {
    /// Nothing yet.
    pub const fn new() -> Self {
        Self(AtomicU64::new(0))
    }

    /// So many more.
    pub fn add(&self, more: u64) {
        self.0.fetch_add(more, Ordering::Relaxed);
    }

    /// How many there were since the start.
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Default for Count {
    fn default() -> Self {
        Self::new()
    }
}

/// How many there are at the moment.
#[derive(Debug)]
pub struct Level(AtomicI64);

/// One of them, for as long as it is held.
#[derive(Debug)]
pub struct Held(&'static Level);

impl Level {
    const fn new() -> Self {
        Self(AtomicI64::new(0))
    }

    /// One more, until what is returned is dropped.
    pub fn hold(&'static self) -> Held {
        self.0.fetch_add(1, Ordering::Relaxed);
        Held(self)
    }

    /// How many are held.
    pub fn get(&self) -> i64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Uploads that were stored.
pub static UPLOADS_STORED: Count = Count::new();
/// Uploads that had been stored before.
pub static UPLOADS_REPEATED: Count = Count::new();
/// Events in uploads that were stored.
pub static EVENTS: Count = Count::new();
/// Bytes of uploads that were stored, as they are stored.
pub static BYTES: Count = Count::new();
/// From an upload's head to its answer, for those that were taken.
pub static UPLOAD_SECONDS: Durations = Durations::new();

/// One transaction of the writer, from its first piece of work to its commit.
pub static COMMIT_SECONDS: Durations = Durations::new();
/// Pieces of work in them.
pub static COMMIT_WRITES: Count = Count::new();
/// Transactions that were not committed.
pub static COMMITS_FAILED: Count = Count::new();
/// Folding the write-ahead log into the database.
pub static CHECKPOINT_SECONDS: Durations = Durations::new();

/// Finishing one session.
pub static FINISH_SECONDS: Durations = Durations::new();
/// Attempts at it that failed.
pub static FINISHES_FAILED: Count = Count::new();

/// Runs of plugins, by their names.
pub static PLUGINS: ByName<Runs> = ByName::new();

/// Questions that were answered to the end.
pub static ANSWERS_GIVEN: Count = Count::new();
/// Questions that could not be answered.
pub static ANSWERS_FAILED: Count = Count::new();
/// Requests that webhooks took.
pub static WEBHOOKS_TAKEN: Count = Count::new();
/// Requests that they did not take.
pub static WEBHOOKS_FAILED: Count = Count::new();

/// Connections that are open.
pub static CONNECTIONS: Level = Level::new();
/// Pages that listen for changes.
pub static LISTENERS: Level = Level::new();

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_held_counts_until_it_is_dropped() {
        static LEVEL: Level = Level::new();
        let (one, other) = (LEVEL.hold(), LEVEL.hold());
        assert_eq!(LEVEL.get(), 2);
        drop(one);
        assert_eq!(LEVEL.get(), 1);
        drop(other);
        assert_eq!(LEVEL.get(), 0);
    }
}
