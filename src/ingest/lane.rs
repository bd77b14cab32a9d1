//! A lane in which uploads wait to be checked.
//!
//! Most uploads take well under a millisecond, a whole page a hundred times as long.
//! So large ones wait in a lane of their own, at which one thread works: small ones
//! never wait for one, and no more memory is used than one large page needs.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// A thread that waits so long for uploads is told that it is quiet.
const QUIET: Duration = Duration::from_secs(5);

/// A lane. Clones share it.
pub struct Lane<T> {
    shared: Arc<Shared<T>>,
}

struct Shared<T> {
    waiting: Mutex<Waiting<T>>,
    changed: Condvar,
}

struct Waiting<T> {
    uploads: VecDeque<T>,
    capacity: usize,
    closed: bool,
}

/// What a thread that waits is given.
#[derive(Debug, PartialEq, Eq)]
pub enum Next<T> {
    /// An upload.
    Upload(T),
    /// Nothing came for a while.
    Quiet,
    /// Nothing comes any more.
    Closed,
}

/// What did not find a place.
#[derive(Debug, PartialEq, Eq)]
pub enum Refused {
    /// The lane is full.
    Full,
    /// Nobody takes anything out any more.
    Closed,
}

impl<T> Clone for Lane<T> {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared) }
    }
}

impl<T> Lane<T> {
    /// An empty lane with room for so many uploads.
    pub fn new(capacity: usize) -> Self {
        let waiting = Waiting { uploads: VecDeque::new(), capacity, closed: false };
        Self { shared: Arc::new(Shared { waiting: Mutex::new(waiting), changed: Condvar::new() }) }
    }

    /// Puts an upload in.
    pub fn put(&self, upload: T) -> Result<(), Refused> {
        let mut waiting = self.lock();
        if waiting.closed {
            return Err(Refused::Closed);
        }
        if waiting.uploads.len() >= waiting.capacity {
            return Err(Refused::Full);
        }
        waiting.uploads.push_back(upload);
        drop(waiting);
        self.shared.changed.notify_one();
        Ok(())
    }

    /// Waits for the upload that came first, for a while. What came before the lane was
    /// closed is still given out.
    pub fn next(&self) -> Next<T> {
        let mut waiting = self.lock();
        loop {
            if let Some(upload) = waiting.uploads.pop_front() {
                return Next::Upload(upload);
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

    /// Lets those who wait for uploads go once none is left.
    pub fn close(&self) {
        self.lock().closed = true;
        self.shared.changed.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, Waiting<T>> {
        self.shared.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uploads_come_out_in_their_order_and_the_last_after_the_lane_is_closed() {
        let lane = Lane::new(2);
        assert_eq!(lane.put(1), Ok(()));
        assert_eq!(lane.put(2), Ok(()));
        assert_eq!(lane.put(3), Err(Refused::Full));
        assert_eq!(lane.next(), Next::Upload(1));
        lane.close();
        assert_eq!(lane.put(4), Err(Refused::Closed));
        assert_eq!(lane.next(), Next::Upload(2));
        assert_eq!(lane.next(), Next::Closed);
    }

    #[test]
    fn each_upload_goes_to_one_of_those_who_wait() {
        let lane = Lane::new(1000);
        let take_all = || {
            let mut taken = Vec::new();
            while let Next::Upload(upload) = lane.next() {
                taken.push(upload);
            }
            taken
        };
        std::thread::scope(|scope| {
            let workers: Vec<_> = (0..3).map(|_| scope.spawn(take_all)).collect();
            (0..1000).for_each(|upload| lane.put(upload).expect("there is room"));
            lane.close();
            let taken = workers.into_iter().flat_map(|worker| worker.join().expect("no panic"));
            let mut taken: Vec<i32> = taken.collect();
            taken.sort_unstable();
            assert!(taken.into_iter().eq(0..1000));
        });
    }
}
