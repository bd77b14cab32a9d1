//! Two lanes for uploads that wait to be checked.
//!
//! Most uploads take well under a millisecond, a whole page a hundred times as long.
//! So large ones wait in a lane of their own, and one at a time is checked: small ones
//! always find a free thread, and no more memory is used than one large page needs.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Bodies above this many bytes, as sent, are large.
const LARGE_BYTES: usize = 256 * 1024;

/// A large upload that could start lets so many small ones pass.
const PATIENCE: usize = 32;

/// A thread that waits so long for uploads is told that it is quiet.
const QUIET: Duration = Duration::from_secs(5);

/// The lanes. Clones share them.
pub struct Lanes<T> {
    shared: Arc<Shared<T>>,
}

struct Shared<T> {
    waiting: Mutex<Waiting<T>>,
    changed: Condvar,
}

struct Waiting<T> {
    small: VecDeque<T>,
    large: VecDeque<T>,
    /// Whether a thread works on a large one.
    large_at_work: bool,
    /// How many small ones have passed the large one that waits.
    passed: usize,
    capacity: usize,
    closed: bool,
}

/// What a thread that waits is given.
enum Next<T> {
    /// An upload, and whether it is large.
    Upload(T, bool),
    /// Nothing came for a while.
    Quiet,
    /// Nothing comes any more.
    Closed,
}

/// What did not find a place.
pub enum Refused {
    /// The lanes are full.
    Full,
    /// Nobody takes anything out any more.
    Closed,
}

impl<T> Clone for Lanes<T> {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared) }
    }
}

impl<T> Lanes<T> {
    /// Empty lanes with room for so many uploads together.
    pub fn new(capacity: usize) -> Self {
        let waiting = Waiting {
            small: VecDeque::new(),
            large: VecDeque::new(),
            large_at_work: false,
            passed: 0,
            capacity,
            closed: false,
        };
        Self { shared: Arc::new(Shared { waiting: Mutex::new(waiting), changed: Condvar::new() }) }
    }

    /// Puts an upload in, whose body has so many bytes.
    pub fn put(&self, upload: T, bytes: usize) -> Result<(), Refused> {
        let mut waiting = self.lock();
        if waiting.closed {
            return Err(Refused::Closed);
        }
        if waiting.small.len() + waiting.large.len() >= waiting.capacity {
            return Err(Refused::Full);
        }
        let lane = if bytes > LARGE_BYTES { &mut waiting.large } else { &mut waiting.small };
        lane.push_back(upload);
        drop(waiting);
        self.shared.changed.notify_one();
        Ok(())
    }

    /// Waits for the next upload and works on it, knowing whether it is large; works on
    /// nothing after a while without one. False when the lanes are closed and empty.
    pub fn work(&self, work: impl FnOnce(Option<(T, bool)>)) -> bool {
        let next = match self.next() {
            Next::Upload(upload, is_large) => Some((upload, is_large)),
            Next::Quiet => None,
            Next::Closed => return false,
        };
        let _done = next.as_ref().is_some_and(|(_, is_large)| *is_large).then(|| LargeDone(self));
        work(next);
        true
    }

    /// Lets those who wait for uploads go once none is left.
    pub fn close(&self) {
        self.lock().closed = true;
        self.shared.changed.notify_all();
    }

    fn next(&self) -> Next<T> {
        let mut waiting = self.lock();
        loop {
            if let Some((upload, is_large)) = waiting.next() {
                return Next::Upload(upload, is_large);
            }
            if waiting.closed {
                return Next::Closed;
            }
            let waited = self.shared.changed.wait_timeout(waiting, QUIET);
            let (woken, timeout) = waited.unwrap_or_else(PoisonError::into_inner);
            if timeout.timed_out() {
                return Next::Quiet;
            }
            waiting = woken;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Waiting<T>> {
        self.shared.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> Waiting<T> {
    fn next(&mut self) -> Option<(T, bool)> {
        let may_take_large = !self.large_at_work && !self.large.is_empty();
        if may_take_large && (self.small.is_empty() || self.passed >= PATIENCE) {
            self.large_at_work = true;
            self.passed = 0;
            return self.large.pop_front().map(|upload| (upload, true));
        }
        self.passed += usize::from(may_take_large);
        self.small.pop_front().map(|upload| (upload, false))
    }
}

/// Lets the next large upload start, even when the work panicked.
struct LargeDone<'a, T>(&'a Lanes<T>);

impl<T> Drop for LargeDone<'_, T> {
    fn drop(&mut self) {
        self.0.lock().large_at_work = false;
        self.0.shared.changed.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What one thread is given, one after the other.
    fn order(lanes: &Lanes<usize>) -> Vec<usize> {
        lanes.close();
        let mut order = Vec::new();
        while lanes.work(|next| order.extend(next.map(|(upload, _)| upload))) {}
        order
    }

    #[test]
    fn small_uploads_go_first_but_not_for_ever() {
        let lanes = Lanes::new(100);
        assert!(lanes.put(1000, LARGE_BYTES + 1).is_ok());
        for upload in 0..PATIENCE + 3 {
            assert!(lanes.put(upload, LARGE_BYTES).is_ok());
        }
        let order = order(&lanes);
        assert_eq!(order.iter().position(|upload| *upload == 1000), Some(PATIENCE));
        assert_eq!(order.len(), PATIENCE + 4);
    }

    #[test]
    fn one_large_upload_is_worked_on_at_a_time() {
        let lanes = Lanes::new(3);
        for upload in [1, 2] {
            assert!(lanes.put(upload, usize::MAX).is_ok());
        }
        assert!(lanes.put(3, 0).is_ok());
        assert!(matches!(lanes.put(4, 0), Err(Refused::Full)));
        lanes.work(|next| assert_eq!(next, Some((3, false))));
        lanes.work(|first| {
            assert_eq!(first, Some((1, true)));
            assert!(lanes.lock().next().is_none(), "the other large one waits");
        });
        lanes.work(|second| assert_eq!(second, Some((2, true))));
        lanes.close();
        assert!(matches!(lanes.put(5, 0), Err(Refused::Closed)));
        assert!(!lanes.work(|_| {}));
    }
}
