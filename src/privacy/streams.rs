//! The marks of streams that are being uploaded, in a map of bounded size.
//!
//! A stream that is not met for a while is forgotten, and so is everything when the
//! server stops: what comes then is hidden by what each batch says for itself.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::marks::Marks;
use crate::model::{ConnectionId, SessionId, StreamId};

/// So many nodes of all streams are remembered together.
const MOST_MARKS: usize = 1_000_000;

/// So many streams are.
const MOST_STREAMS: usize = 16_384;

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
    /// What all that is remembered takes at most: 32 bytes for a node, with the room that
    /// maps keep free, and 1 KiB for a stream.
    pub const MOST_BYTES: u64 = (MOST_MARKS * 32 + MOST_STREAMS * 1024) as u64;

    /// Works on the marks of a stream, which nobody else does meanwhile.
    pub fn with<R>(&self, key: Key, work: impl FnOnce(&mut Marks) -> R) -> R {
        let marks = self.lock().get(key);
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

    fn lock(&self) -> std::sync::MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
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
    }
}
