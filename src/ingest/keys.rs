//! Which connection a write key belongs to, answered from memory.
//!
//! What is in memory is trusted for a few seconds and then looked up again, since
//! another process may pause a connection or replace its key at any time. Keys that
//! nobody has are not kept.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::recent::Recent;
use super::{Error, Refused};
use crate::clock::Clock;
use crate::store::Store;
use crate::store::connections::{self, Holder};

/// A change to a connection takes effect within this time.
const TRUSTED_FOR: Duration = Duration::from_secs(5);

/// When a key could not be looked up again, the store is left alone for this long.
const TRY_AGAIN_AFTER: Duration = Duration::from_secs(1);

/// A key that is not in memory may be new: such keys are looked up this often at most,
/// so that a flood of invented ones costs the store nothing.
const LOOKUPS: u32 = 50;
const LOOKUP_WINDOW: Duration = Duration::from_secs(1);

/// So many keys are kept in memory. Only keys that exist get there.
const MAX_KNOWN: usize = 8192;

/// No key is longer.
const MAX_KEY_BYTES: usize = 64;

/// The keys met so far.
pub struct Keys {
    store: Store,
    clock: Clock,
    known: Mutex<Recent<String, Known>>,
    /// Held while a key is looked up, so that many uploads with one key cost one look-up.
    strangers: tokio::sync::Mutex<Window>,
    /// The same for keys in memory, which no flood of invented ones may hold up.
    refreshing: tokio::sync::Mutex<()>,
}

#[derive(Clone)]
struct Known {
    holder: Arc<Holder>,
    /// By the clock's uptime.
    trusted_until: Duration,
}

struct Window {
    started: Duration,
    used: u32,
}

impl Keys {
    /// Knows no key yet.
    pub fn new(store: Store, clock: Clock) -> Self {
        let window = Window { started: clock.uptime(), used: 0 };
        Self {
            store,
            clock,
            known: Mutex::new(Recent::new(MAX_KNOWN)),
            strangers: tokio::sync::Mutex::new(window),
            refreshing: tokio::sync::Mutex::default(),
        }
    }

    /// What the key opens. Refused as busy, never as unknown, when
    /// too many keys were looked up: recorders give up on an unknown one.
    pub async fn holder(&self, key: &str) -> Result<Option<Arc<Holder>>, Error> {
        match self.known(key) {
            Some(known) if self.is_trusted(&known) => Ok(Some(known.holder)),
            Some(_) => self.refresh(key).await,
            None if is_possible(key) => self.meet(key).await,
            None => Ok(None),
        }
    }

    /// What is known of the key without asking the store.
    pub fn remembered(&self, key: &str) -> Option<Arc<Holder>> {
        self.known(key).map(|known| known.holder)
    }

    async fn meet(&self, key: &str) -> Result<Option<Arc<Holder>>, Error> {
        let mut window = self.strangers.lock().await;
        if let Some(known) = self.known(key).filter(|known| self.is_trusted(known)) {
            return Ok(Some(known.holder));
        }
        window.take_turn(self.clock.uptime())?;
        self.look_up(key).await
    }

    async fn refresh(&self, key: &str) -> Result<Option<Arc<Holder>>, Error> {
        let _turn = self.refreshing.lock().await;
        let Some(known) = self.known(key) else { return self.look_up(key).await };
        if self.is_trusted(&known) {
            return Ok(Some(known.holder));
        }
        match self.look_up(key).await {
            // The answer of some seconds ago is better than none.
            Err(error) => {
                tracing::debug!(%error, "a write key was not looked up again");
                self.keep(key, Arc::clone(&known.holder), self.clock.uptime() + TRY_AGAIN_AFTER);
                Ok(Some(known.holder))
            }
            found => found,
        }
    }

    async fn look_up(&self, key: &str) -> Result<Option<Arc<Holder>>, Error> {
        let trusted_until = self.clock.uptime() + TRUSTED_FOR;
        let owned = key.to_owned();
        let found = self.store.read(move |conn| connections::by_write_key(conn, &owned)).await?;
        let Some(holder) = found.map(Arc::new) else {
            self.lock().remove(key);
            return Ok(None);
        };
        self.keep(key, Arc::clone(&holder), trusted_until);
        Ok(Some(holder))
    }

    fn keep(&self, key: &str, holder: Arc<Holder>, trusted_until: Duration) {
        self.lock().insert(key.to_owned(), Known { holder, trusted_until });
    }

    fn known(&self, key: &str) -> Option<Known> {
        self.lock().get(key).cloned()
    }

    fn is_trusted(&self, known: &Known) -> bool {
        self.clock.uptime() < known.trusted_until
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Recent<String, Known>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether any connection could have this key.
fn is_possible(key: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    key.len() <= MAX_KEY_BYTES && key.bytes().all(is_plain)
}

impl Window {
    fn take_turn(&mut self, now: Duration) -> Result<(), Refused> {
        if now.saturating_sub(self.started) > LOOKUP_WINDOW {
            *self = Self { started: now, used: 0 };
        }
        self.used += 1;
        if self.used > LOOKUPS { Err(Refused::Busy) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Settings;

    const KEY: &str = "hk_0123456789abcdef";

    /// A store with one connection, and the keys before it.
    async fn keys() -> (Keys, Store, Clock, tempfile::TempDir) {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut settings = Settings::load(None, Default::default()).expect("defaults");
        settings.store.readers = 1;
        let (store, _closing) = Store::open(folder.path(), &settings.store).expect("a new database");
        store.write(|conn| connections::add(conn, "Shop", KEY, 0)).await.expect("added");
        let clock = Clock::by_hand(0);
        (Keys::new(store.clone(), clock.clone()), store, clock, folder)
    }

    async fn is_paused(keys: &Keys) -> bool {
        keys.holder(KEY).await.expect("an answer").expect("a holder").rules.paused
    }

    async fn pause(store: &Store, paused: bool) {
        let rules = connections::Rules { paused, ..connections::Rules::default() };
        let connection = crate::model::ConnectionId(1);
        store.write(move |conn| connections::set_rules(conn, connection, &rules)).await.expect("set");
    }

    #[tokio::test]
    async fn a_change_is_heeded_after_five_seconds() {
        let (keys, store, clock, _folder) = keys().await;
        assert!(!is_paused(&keys).await);
        pause(&store, true).await;
        clock.advance(TRUSTED_FOR - Duration::from_millis(1));
        assert!(!is_paused(&keys).await, "answered from memory");
        clock.advance(Duration::from_millis(1));
        assert!(is_paused(&keys).await);
    }

    #[tokio::test]
    async fn while_the_store_does_not_answer_the_former_answer_stands() {
        let (keys, store, clock, _folder) = keys().await;
        assert!(!is_paused(&keys).await);
        // The look-up of the key fails; whatever else the store does is not asked for.
        store
            .write(|conn| Ok(conn.execute_batch("ALTER TABLE revoked_key RENAME TO gone")?))
            .await
            .expect("gone");
        clock.advance(TRUSTED_FOR);
        assert!(!is_paused(&keys).await);
        assert!(keys.holder("hk_another").await.is_err(), "a stranger has no former answer");
        store
            .write(|conn| Ok(conn.execute_batch("ALTER TABLE gone RENAME TO revoked_key")?))
            .await
            .expect("back");
        pause(&store, true).await;
        assert!(!is_paused(&keys).await, "the store is left alone for a moment");
        clock.advance(TRY_AGAIN_AFTER);
        assert!(is_paused(&keys).await);
    }

    #[tokio::test]
    async fn a_flood_of_invented_keys_does_not_hold_up_a_known_one() {
        let (keys, store, clock, _folder) = keys().await;
        assert!(!is_paused(&keys).await);
        pause(&store, true).await;
        clock.advance(TRUSTED_FOR);
        let mut refused = 0;
        for number in 0..2 * LOOKUPS {
            refused += u32::from(keys.holder(&format!("hk_invented_{number}")).await.is_err());
        }
        assert_eq!(refused, LOOKUPS, "busy, not unknown");
        assert!(is_paused(&keys).await, "looked up all the same");
        assert!(matches!(keys.holder("no key at all, <b>").await, Ok(None)), "needs no look-up");
    }
}
