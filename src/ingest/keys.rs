//! Which connection a write key belongs to, answered from memory.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};
use std::time::{Duration, Instant};

use tokio::sync::Mutex;

use super::{Error, Refused};
use crate::store::Store;
use crate::store::connections::{self, Holder};

/// A key that is not in memory may be new: keys are looked up this often at most, so
/// that a flood of invented ones costs the store nothing.
const LOOKUPS: u32 = 50;
const LOOKUP_WINDOW: Duration = Duration::from_secs(1);

/// The keys met so far. Connections may be added by another process at any time.
pub struct Keys {
    store: Store,
    known: RwLock<HashMap<String, Holder>>,
    /// Held while a key is looked up, so that many uploads with a new key cost one look-up.
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

    /// What the key opens. Refused as busy, never as unknown, when
    /// too many keys were looked up: recorders give up on an unknown one.
    pub async fn holder(&self, key: &str) -> Result<Option<Holder>, Error> {
        if let Some(holder) = self.known(key) {
            return Ok(Some(holder));
        }
        let mut window = self.lookups.lock().await;
        if let Some(holder) = self.known(key) {
            return Ok(Some(holder));
        }
        window.take_turn()?;
        let owned = key.to_owned();
        let found = self.store.read(move |conn| connections::by_write_key(conn, &owned)).await?;
        if let Some(holder) = &found {
            let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
            known.insert(key.to_owned(), holder.clone());
        }
        Ok(found)
    }

    fn known(&self, key: &str) -> Option<Holder> {
        self.known.read().unwrap_or_else(PoisonError::into_inner).get(key).cloned()
    }
}

impl Window {
    fn take_turn(&mut self) -> Result<(), Refused> {
        if self.started.elapsed() > LOOKUP_WINDOW {
            *self = Self { started: Instant::now(), used: 0 };
        }
        self.used += 1;
        if self.used > LOOKUPS { Err(Refused::Busy) } else { Ok(()) }
    }
}
