//! Guessing slowly: what may be tried so often within some minutes, and then waits.
//!
//! Nothing is ever locked for good. An attempt is counted before it is known whether it is
//! right, so that many at once are no way around.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use sha2::{Digest, Sha256};

use crate::model::{TimestampMs, Tries};

/// Within this time attempts are counted together.
const WINDOW_MS: i64 = 15 * 60 * 1000;

/// What is watched at once; each is forgotten after its window, and the oldest before, if need be.
const MOST_WATCHED: usize = 10_000;

/// What was tried, as it is remembered: names that are tried may be passwords in the wrong field.
pub type Key = [u8; 32];

/// How often something was tried lately.
pub struct Attempts {
    /// Where it is tried.
    pub door: &'static str,
    most: u32,
    watched: Mutex<Watched>,
}

#[derive(Default)]
struct Watched {
    tries: HashMap<Key, Tries>,
    /// What differs from what was written down.
    changed: HashSet<Key>,
}

/// It was tried too often.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wait {
    /// When it may be tried again.
    pub seconds: u32,
}

impl Attempts {
    /// Lets each be tried `most` times within the window.
    pub fn new(door: &'static str, most: u32) -> Self {
        Self { door, most, watched: Mutex::default() }
    }

    /// Takes note of an attempt, before it is known whether it is right.
    pub fn count(&self, what: impl AsRef<[u8]>, now: TimestampMs) -> Result<(), Wait> {
        let (key, mut watched) = (key_of(what), self.watched());
        if watched.tries.len() >= MOST_WATCHED && !watched.tries.contains_key(&key) {
            watched.make_room(now);
        }
        let tries = watched.tries.entry(key).or_insert(Tries { since: now, count: 0 });
        if now - tries.since >= WINDOW_MS {
            *tries = Tries { since: now, count: 0 };
        }
        if tries.count >= self.most {
            let left = tries.since + WINDOW_MS - now;
            return Err(Wait { seconds: u32::try_from(left / 1000 + 1).unwrap_or(1) });
        }
        tries.count += 1;
        watched.changed.insert(key);
        Ok(())
    }

    /// It was right: guessing begins anew.
    pub fn forget(&self, what: impl AsRef<[u8]>) {
        let (key, mut watched) = (key_of(what), self.watched());
        watched.tries.remove(&key);
        watched.changed.insert(key);
    }

    /// It was right, and is not counted; what was wrong before stays.
    pub fn take_back(&self, what: impl AsRef<[u8]>) {
        let (key, mut watched) = (key_of(what), self.watched());
        if let Some(tries) = watched.tries.get_mut(&key) {
            tries.count = tries.count.saturating_sub(1);
            watched.changed.insert(key);
        }
    }

    /// What changed since it was asked for last; `None` for what is forgotten.
    pub fn changes(&self, now: TimestampMs) -> Vec<(Key, Option<Tries>)> {
        let mut watched = self.watched();
        watched.drop_outdated(now);
        let changed = std::mem::take(&mut watched.changed);
        changed.into_iter().map(|key| (key, watched.tries.get(&key).copied())).collect()
    }

    /// These could not be written down.
    pub fn put_back(&self, changes: &[(Key, Option<Tries>)]) {
        self.watched().changed.extend(changes.iter().map(|(key, _)| *key));
    }

    /// Goes on from what was written down.
    pub fn restore(&self, kept: Vec<(Key, Tries)>) {
        let mut watched = self.watched();
        for (key, tries) in kept.into_iter().take(MOST_WATCHED) {
            watched.tries.entry(key).or_insert(tries);
        }
    }

    fn watched(&self) -> MutexGuard<'_, Watched> {
        self.watched.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Watched {
    fn make_room(&mut self, now: TimestampMs) {
        self.drop_outdated(now);
        if self.tries.len() < MOST_WATCHED {
            return;
        }
        let mut since: Vec<TimestampMs> = self.tries.values().map(|tries| tries.since).collect();
        let (_, middle, _) = since.select_nth_unstable(MOST_WATCHED / 2);
        let middle = *middle;
        self.keep(|tries| tries.since > middle);
    }

    fn drop_outdated(&mut self, now: TimestampMs) {
        self.keep(|tries| now - tries.since < WINDOW_MS);
    }

    fn keep(&mut self, stays: impl Fn(&Tries) -> bool) {
        let changed = &mut self.changed;
        self.tries.retain(|key, tries| {
            let stays = stays(tries);
            if !stays {
                changed.insert(*key);
            }
            stays
        });
    }
}

fn key_of(what: impl AsRef<[u8]>) -> Key {
    Sha256::digest(what).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guessing_comes_to_an_end_and_begins_anew() {
        let attempts = Attempts::new("door", 5);
        for _ in 0..5 {
            assert_eq!(attempts.count("ada", 0), Ok(()));
        }
        assert_eq!(attempts.count("ada", 60_000), Err(Wait { seconds: 14 * 60 + 1 }));
        assert_eq!(attempts.count("bob", 0), Ok(()), "another name is another matter");
        assert_eq!(attempts.count("ada", WINDOW_MS), Ok(()));
        attempts.forget("ada");
        for _ in 0..5 {
            assert_eq!(attempts.count("ada", WINDOW_MS), Ok(()));
        }
        attempts.take_back("ada");
        assert_eq!(attempts.count("ada", WINDOW_MS), Ok(()));
        assert!(attempts.count("ada", WINDOW_MS).is_err());
    }

    #[test]
    fn however_much_is_tried_little_is_remembered() {
        let attempts = Attempts::new("door", 1);
        for name in 0..3 * MOST_WATCHED as i64 {
            assert_eq!(attempts.count(name.to_be_bytes(), name / 100), Ok(()));
        }
        assert!(attempts.watched().tries.len() <= MOST_WATCHED);
        let last = 3 * MOST_WATCHED as i64 - 1;
        assert!(attempts.count(last.to_be_bytes(), last / 100).is_err(), "the latest are remembered");
    }

    #[test]
    fn what_is_written_down_goes_on_elsewhere() {
        let (first, second) = (Attempts::new("door", 2), Attempts::new("door", 2));
        let hand_over = |now| {
            let changes = first.changes(now);
            second.restore(changes.iter().filter_map(|(key, tries)| Some((*key, (*tries)?))).collect());
            changes.len()
        };
        assert_eq!((first.count("ada", 0), first.count("ada", 1)), (Ok(()), Ok(())));
        assert_eq!((hand_over(2), hand_over(2)), (1, 0), "once each");
        assert!(second.count("ada", 3).is_err());
        first.forget("ada");
        assert_eq!(first.changes(3)[0].1, None);
        assert_eq!(first.count("bob", 4), Ok(()));
        let failed = first.changes(5);
        first.put_back(&failed);
        assert_eq!(first.changes(5), failed);
        assert_eq!(first.changes(4 + WINDOW_MS)[0].1, None, "what is outdated is forgotten there too");
    }
}
