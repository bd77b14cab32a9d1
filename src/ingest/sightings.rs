//! What pages asked for and what was refused: counted in memory, then written down now and then.
//!
//! Anybody can send any origin, so of each connection only so many are told apart.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::clock::Clock;
use crate::model::{ConnectionId, TimestampMs};
use crate::store::sightings::{self, Sighting};
use crate::store::{self, Store};

/// So many kinds and origins of one connection are told apart between two writes.
const MAX_OF_CONNECTION: usize = 50;

/// So many of all connections are; further ones are not counted.
const MAX_IN_ALL: usize = 10_000;

/// No origin is longer.
const MAX_ORIGIN_BYTES: usize = 200;

/// What is counted where a write key belongs to no connection.
pub const NO_CONNECTION: ConnectionId = ConnectionId(0);

/// What was seen since it was written down last.
pub struct Sightings {
    clock: Clock,
    seen: Mutex<HashMap<ConnectionId, Seen>>,
}

type Seen = HashMap<(String, String), (i64, TimestampMs)>;

impl Sightings {
    /// Nothing was seen yet.
    pub fn new(clock: Clock) -> Self {
        Self { clock, seen: Mutex::default() }
    }

    /// Counts one of a kind that came from a page of this origin.
    pub fn note(&self, connection: ConnectionId, kind: &str, origin: &str) {
        let now = self.clock.now();
        let origin = if origin.len() > MAX_ORIGIN_BYTES { "" } else { origin };
        let mut seen = self.lock();
        let in_all: usize = seen.values().map(HashMap::len).sum();
        let of_connection = seen.entry(connection).or_default();
        let mut key = (kind.to_owned(), origin.to_owned());
        if of_connection.len() >= MAX_OF_CONNECTION && !of_connection.contains_key(&key) {
            key.1 = String::new();
        }
        if in_all >= MAX_IN_ALL && !of_connection.contains_key(&key) {
            return;
        }
        let (times, last_at) = of_connection.entry(key).or_default();
        *times += 1;
        *last_at = now;
    }

    /// What is not written down yet of a connection.
    pub fn unwritten(&self, connection: ConnectionId) -> Vec<Sighting> {
        self.lock().get(&connection).into_iter().flat_map(as_list).collect()
    }

    /// Writes down what was seen. What could not be written is counted on.
    pub async fn write(&self, store: &Store) -> store::Result<()> {
        let taken = std::mem::take(&mut *self.lock());
        let list: Vec<(ConnectionId, Sighting)> = taken
            .iter()
            .flat_map(|(connection, seen)| as_list(seen).map(|sighting| (*connection, sighting)))
            .collect();
        if list.is_empty() {
            return Ok(());
        }
        let now = self.clock.now();
        let written = store.write(move |conn| sightings::add(conn, &list, now)).await;
        if written.is_err() {
            self.put_back(taken);
        }
        written
    }

    fn put_back(&self, taken: HashMap<ConnectionId, Seen>) {
        let mut seen = self.lock();
        for (connection, counts) in taken {
            let place = seen.entry(connection).or_default();
            for (key, (times, last_at)) in counts {
                let (all, latest) = place.entry(key).or_default();
                *all += times;
                *latest = last_at.max(*latest);
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<ConnectionId, Seen>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn as_list(seen: &Seen) -> impl Iterator<Item = Sighting> {
    seen.iter().map(|((kind, origin), (times, last_at))| Sighting {
        kind: kind.clone(),
        origin: origin.clone(),
        times: *times,
        last_at: *last_at,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_of_origins_is_counted_and_not_kept() {
        let sightings = Sightings::new(Clock::by_hand(5));
        for number in 0..1000 {
            sightings.note(ConnectionId(1), "asked", &format!("https://{number}.example"));
        }
        let seen = sightings.unwritten(ConnectionId(1));
        assert_eq!(seen.len(), MAX_OF_CONNECTION + 1);
        assert_eq!(seen.iter().map(|sighting| sighting.times).sum::<i64>(), 1000);
        assert_eq!(sightings.unwritten(ConnectionId(2)), []);
    }
}
