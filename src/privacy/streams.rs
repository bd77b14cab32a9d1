//! The marks of streams that are being uploaded, in a map of bounded size.
//!
//! A stream that is not met for a while is forgotten, and so is everything when the
//! server stops: what comes then is hidden by what each batch says for itself.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::marks::Marks;
use crate::model::{ConnectionId, SessionId, StreamId};

/// So many nodes of all streams are remembered together.
const MOST_MARKS: usize = 400_000;

/// So many streams are. Most pages have nothing that is to be remembered.
const MOST_STREAMS: usize = 8192;

/// What a node takes, with the room that maps keep free, and what a stream takes besides.
const BYTES_PER_MARK: usize = 40;
const BYTES_PER_STREAM: usize = 2048;

type Key = (ConnectionId, SessionId, StreamId);

/// Clones share it.
#[derive(Clone, Default)]
pub struct Streams(Arc<Mutex<Known>>);

#[derive(Default)]
struct Known {
    /// With the turn in which each was met last.
    of: HashMap<Key, (u64, Arc<Mutex<Marks>>)>,
    turn: u64,
    /// How many nodes there were when they were last counted, and what came since.
    marks: usize,
}

impl Streams {
    /// What all that is remembered takes at most.
    pub const MOST_BYTES: u64 = (MOST_MARKS * BYTES_PER_MARK + MOST_STREAMS * BYTES_PER_STREAM) as u64;

    /// Works on the marks of a stream, which nobody else does meanwhile. Of a stream of
    /// which there is nothing to remember nothing is kept.
    pub fn with<R>(&self, key: Key, work: impl FnOnce(&mut Marks) -> R) -> R {
        let Some(marks) = self.lock().find(&key) else {
            let mut marks = Marks::default();
            let result = work(&mut marks);
            if !marks.is_empty() {
                self.add(key, &marks);
            }
            return result;
        };
        let mut marks = marks.lock().unwrap_or_else(PoisonError::into_inner);
        let before = marks.len();
        let result = work(&mut marks);
        let more = marks.len().saturating_sub(before);
        drop(marks);
        if more > 0 {
            self.lock().marks += more;
        }
        result
    }

    /// Another thread may have come first.
    fn add(&self, key: Key, found: &Marks) {
        let mut known = self.lock();
        known.marks += found.len();
        let marks = known.get(key);
        drop(known);
        marks.lock().unwrap_or_else(PoisonError::into_inner).add(found);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    fn find(&mut self, key: &Key) -> Option<Arc<Mutex<Marks>>> {
        self.turn += 1;
        let (met, marks) = self.of.get_mut(key)?;
        *met = self.turn;
        Some(Arc::clone(marks))
    }

    fn get(&mut self, key: Key) -> Arc<Mutex<Marks>> {
        self.turn += 1;
        if self.marks > MOST_MARKS || self.of.len() >= MOST_STREAMS {
            self.forget();
        }
        let (met, marks) = self.of.entry(key).or_default();
        *met = self.turn;
        Arc::clone(marks)
    }

    /// Forgets the half of the streams that were met least lately.
    fn forget(&mut self) {
        let mut turns: Vec<u64> = self.of.values().map(|(met, _)| *met).collect();
        let middle = turns.len() / 2;
        let (_, median, _) = turns.select_nth_unstable(middle);
        let median = *median;
        self.of.retain(|_, (met, _)| *met > median);
        let count = |(_, marks): &(u64, Arc<Mutex<Marks>>)| marks.lock().map_or(0, |marks| marks.len());
        self.marks = self.of.values().map(count).sum();
    }
}

#[cfg(test)]
mod tests {
    use super::super::marks::{Exposure, Mark, Role};
    use super::*;

    #[test]
    fn streams_of_long_ago_are_forgotten() {
        let streams = Streams::default();
        let key = |number: usize| {
            let stream = format!("stream-{number:012}").parse().expect("an id");
            (ConnectionId(1), "session-000000001".parse().expect("an id"), stream)
        };
        let secret = Mark { exposure: Exposure::Secret, role: Role::Field };
        for number in 0..MOST_STREAMS + 10 {
            streams.with(key(number), |marks| marks.put(1, secret));
        }
        assert!(streams.lock().of.len() < MOST_STREAMS);
        assert_eq!(streams.with(key(0), |marks| marks.len()), 0, "the first is forgotten");
        assert_eq!(streams.with(key(MOST_STREAMS), |marks| marks.of(1)), secret, "the last is not");
        let before = streams.lock().of.len();
        streams.with(key(MOST_STREAMS + 20), |_| ());
        assert_eq!(streams.lock().of.len(), before, "nothing is kept of a page without marks");
    }
}
