//! Which connection a write key belongs to, answered from memory.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant};

use crate::model::ConnectionId;
use crate::store::{self, Store, connections};

/// A key that is not in memory may be new: it is looked up this often at most, so
/// that a flood of invented keys costs the store nothing.
const LOOKUPS: u32 = 50;
const LOOKUP_WINDOW: Duration = Duration::from_secs(1);

/// The keys met so far. Connections may be added by another process at any time.
pub struct Keys {
    store: Store,
    known: RwLock<HashMap<String, ConnectionId>>,
    lookups: Mutex<Window>,
}

struct Window {
    started: Instant,
    used: u32,
}

impl Keys {
    /// Knows no key yet.
    pub fn new(store: Store) -> Self {
        Self {
            store,
            known: RwLock::default(),
            lookups: Mutex::new(Window { started: Instant::now(), used: 0 }),
        }
    }

    /// The connection that the key writes to.
    pub async fn connection(&self, key: &str) -> store::Result<Option<ConnectionId>> {
        if let Some(connection) = self.known.read().unwrap_or_else(PoisonError::into_inner).get(key) {
            return Ok(Some(*connection));
        }
        if !self.may_look_up() {
            return Ok(None);
        }
        let owned = key.to_owned();
        let found = self.store.read(move |conn| connections::by_write_key(conn, &owned)).await?;
        if let Some(connection) = found {
            let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
            known.insert(key.to_owned(), connection);
        }
        Ok(found)
    }

    fn may_look_up(&self) -> bool {
        let mut window = self.lookups.lock().unwrap_or_else(PoisonError::into_inner);
        if window.started.elapsed() > LOOKUP_WINDOW {
            *window = Window { started: Instant::now(), used: 0 };
        }
        window.used += 1;
        window.used <= LOOKUPS
    }
}
