//! Guessing slowly: what may be tried so often within some minutes, and then waits.
//!
//! Nothing is ever locked for good. An attempt is counted before it is known whether it is
//! right, so that many at once are no way around.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};

use crate::model::TimestampMs;

/// Within this time attempts are counted together.
const WINDOW_MS: i64 = 15 * 60 * 1000;

/// What is watched at once; each is forgotten after its window, and the oldest before, if need be.
const MOST_WATCHED: usize = 10_000;

/// How often something was tried lately.
pub struct Attempts<K> {
    most: u32,
    watched: Mutex<HashMap<K, Tries>>,
}

#[derive(Clone, Copy)]
struct Tries {
    since: TimestampMs,
    count: u32,
}

/// It was tried too often.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wait {
    /// When it may be tried again.
    pub seconds: u32,
}

impl<K: Clone + Eq + Hash> Attempts<K> {
    /// Lets each be tried `most` times within the window.
    pub fn new(most: u32) -> Self {
        Self { most, watched: Mutex::default() }
    }

    /// Takes note of an attempt, before it is known whether it is right.
    pub fn count(&self, what: &K, now: TimestampMs) -> Result<(), Wait> {
        let mut watched = self.watched.lock().unwrap_or_else(PoisonError::into_inner);
        if watched.len() >= MOST_WATCHED && !watched.contains_key(what) {
            make_room(&mut watched, now);
        }
        let tries = watched.entry(what.clone()).or_insert(Tries { since: now, count: 0 });
        if now - tries.since >= WINDOW_MS {
            *tries = Tries { since: now, count: 0 };
        }
        if tries.count >= self.most {
            let left = tries.since + WINDOW_MS - now;
            return Err(Wait { seconds: u32::try_from(left / 1000 + 1).unwrap_or(1) });
        }
        tries.count += 1;
        Ok(())
    }

    /// It was right: guessing begins anew.
    pub fn forget(&self, what: &K) {
        self.watched.lock().unwrap_or_else(PoisonError::into_inner).remove(what);
    }

    /// It was right, and is not counted; what was wrong before stays.
    pub fn take_back(&self, what: &K) {
        let mut watched = self.watched.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(tries) = watched.get_mut(what) {
            tries.count = tries.count.saturating_sub(1);
        }
    }
}

fn make_room<K: Clone + Eq + Hash>(watched: &mut HashMap<K, Tries>, now: TimestampMs) {
    watched.retain(|_, tries| now - tries.since < WINDOW_MS);
    if watched.len() < MOST_WATCHED {
        return;
    }
    let mut since: Vec<TimestampMs> = watched.values().map(|tries| tries.since).collect();
    let (_, middle, _) = since.select_nth_unstable(MOST_WATCHED / 2);
    let middle = *middle;
    watched.retain(|_, tries| tries.since > middle);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guessing_comes_to_an_end_and_begins_anew() {
        let attempts = Attempts::new(5);
        for _ in 0..5 {
            assert_eq!(attempts.count(&"ada", 0), Ok(()));
        }
        assert_eq!(attempts.count(&"ada", 60_000), Err(Wait { seconds: 14 * 60 + 1 }));
        assert_eq!(attempts.count(&"bob", 0), Ok(()), "another name is another matter");
        assert_eq!(attempts.count(&"ada", WINDOW_MS), Ok(()));
        attempts.forget(&"ada");
        for _ in 0..5 {
            assert_eq!(attempts.count(&"ada", WINDOW_MS), Ok(()));
        }
        attempts.take_back(&"ada");
        assert_eq!(attempts.count(&"ada", WINDOW_MS), Ok(()));
        assert!(attempts.count(&"ada", WINDOW_MS).is_err());
    }

    #[test]
    fn however_much_is_tried_little_is_remembered() {
        let attempts = Attempts::new(1);
        for name in 0..3 * MOST_WATCHED as i64 {
            assert_eq!(attempts.count(&name, name / 100), Ok(()));
        }
        assert!(attempts.watched.lock().expect("unpoisoned").len() <= MOST_WATCHED);
        let last = 3 * MOST_WATCHED as i64 - 1;
        assert!(attempts.count(&last, last / 100).is_err(), "the latest are remembered");
    }
}
