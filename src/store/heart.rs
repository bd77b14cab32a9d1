//! Whether the thread that writes gets on with its work, for whoever asks without waiting for it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// One transaction that takes longer than this stands still: a disk that does not answer.
/// Another process that writes is waited for less long.
const STALLED_AFTER: Duration = Duration::from_secs(10);

/// After a commit that failed it counts as failing for so long, or until one succeeds.
const FAILING_FOR: Duration = Duration::from_secs(30);

/// What is wrong with writing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ailment {
    /// One transaction does not end, or the thread has.
    Stalled,
    /// The latest transaction could not be committed.
    Failing,
}

/// What the thread tells of itself. Clones are the same.
#[derive(Clone)]
pub struct Heart(Arc<Beats>);

struct Beats {
    start: Instant,
    /// Since when it is at work, in milliseconds and one more; 0: it is not.
    busy_since: AtomicU64,
    /// When a commit failed; 0: the latest did not.
    failed_at: AtomicU64,
    has_ended: AtomicBool,
}

/// Held by the thread: says so when it ends, however it does.
pub struct Ending(Heart);

impl Heart {
    /// Of a thread that has nothing to do.
    pub fn new() -> Self {
        Self(Arc::new(Beats {
            start: Instant::now(),
            busy_since: AtomicU64::new(0),
            failed_at: AtomicU64::new(0),
            has_ended: AtomicBool::new(false),
        }))
    }

    /// To be held as long as the thread works.
    pub fn ending(&self) -> Ending {
        Ending(self.clone())
    }

    /// A transaction begins.
    pub fn begin(&self) {
        self.0.busy_since.store(self.now(), Ordering::Relaxed);
    }

    /// It is over.
    pub fn end(&self, is_committed: bool) {
        self.0.busy_since.store(0, Ordering::Relaxed);
        self.0.failed_at.store(if is_committed { 0 } else { self.now() }, Ordering::Relaxed);
    }

    /// What is wrong at the moment, if anything.
    pub fn ailment(&self) -> Option<Ailment> {
        let ago = |at: &AtomicU64| match at.load(Ordering::Relaxed) {
            0 => None,
            at => Some(Duration::from_millis(self.now().saturating_sub(at))),
        };
        let is_stuck = ago(&self.0.busy_since).is_some_and(|ago| ago > STALLED_AFTER);
        if is_stuck || self.0.has_ended.load(Ordering::Relaxed) {
            return Some(Ailment::Stalled);
        }
        ago(&self.0.failed_at).is_some_and(|ago| ago < FAILING_FOR).then_some(Ailment::Failing)
    }

    fn now(&self) -> u64 {
        u64::try_from(self.0.start.elapsed().as_millis()).map_or(u64::MAX, |ms| ms.saturating_add(1))
    }
}

impl Drop for Ending {
    fn drop(&mut self) {
        self.0.0.has_ended.store(true, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_ails_when_it_fails_stands_still_or_ends() {
        let heart = Heart::new();
        let ending = heart.ending();
        heart.begin();
        assert_eq!(heart.ailment(), None);
        heart.end(false);
        assert_eq!(heart.ailment(), Some(Ailment::Failing));
        heart.begin();
        heart.end(true);
        assert_eq!(heart.ailment(), None);

        let start = Instant::now().checked_sub(2 * STALLED_AFTER).expect("the machine runs for longer");
        let beats = Beats {
            start,
            busy_since: AtomicU64::new(1),
            failed_at: AtomicU64::new(0),
            has_ended: AtomicBool::new(false),
        };
        let stuck = Heart(Arc::new(beats));
        assert_eq!(stuck.ailment(), Some(Ailment::Stalled));
        stuck.end(true);
        assert_eq!(stuck.ailment(), None);
        drop(ending);
        assert_eq!(heart.ailment(), Some(Ailment::Stalled));
    }
}
