//! How many questions are answered at the same time: in all, and of each connection.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::model::ConnectionId;

/// The turns there are. Clones share them.
#[derive(Clone)]
pub struct Turns {
    in_all: usize,
    per_connection: usize,
    taken: Arc<Mutex<HashMap<ConnectionId, usize>>>,
}

/// One question under way, until it is dropped.
pub struct Turn {
    turns: Turns,
    connection: ConnectionId,
}

impl Turns {
    /// All turns are free.
    pub fn new(in_all: usize, per_connection: usize) -> Self {
        Self { in_all, per_connection, taken: Arc::default() }
    }

    /// `None` while all are taken.
    pub fn take(&self, connection: ConnectionId) -> Option<Turn> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let of_connection = taken.get(&connection).copied().unwrap_or_default();
        if of_connection >= self.per_connection || taken.values().sum::<usize>() >= self.in_all {
            return None;
        }
        taken.insert(connection, of_connection + 1);
        Some(Turn { turns: self.clone(), connection })
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut taken = self.turns.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = taken.get_mut(&self.connection) {
            *count -= 1;
            if *count == 0 {
                taken.remove(&self.connection);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_connection_leaves_turns_to_others() {
        let turns = Turns::new(3, 2);
        let (one, other) = (ConnectionId(1), ConnectionId(2));
        let first = turns.take(one).expect("free");
        let _second = turns.take(one).expect("free");
        assert!(turns.take(one).is_none(), "it has all that it may");
        let _third = turns.take(other).expect("left for others");
        assert!(turns.take(other).is_none(), "all are taken");
        drop(first);
        assert!(turns.take(other).is_some());
        assert_eq!(turns.taken.lock().expect("no panic").len(), 2);
    }
}
