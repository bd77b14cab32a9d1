//! How often uploads may come: a token bucket for each connection and each address.
//!
//! The limits keep one runaway page, or one machine that plays with a public key, from
//! taking the whole server; they are far above what visitors do. What is over the limit
//! is asked to come again, so nothing is lost by it.

use std::hash::{BuildHasher, Hash, RandomState};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwap;

use super::Refused;
use super::recent::Recent;
use crate::clock::Clock;
use crate::config;
use crate::model::{ConnectionId, SessionId};

/// So many buckets are kept for each kind; beyond, those that rested longest start anew.
const MAX_BUCKETS: usize = 65_536;

/// So many sessions are known to have begun; beyond, one that was silent for long begins anew.
const MAX_BEGUN: usize = 262_144;

/// Who waits for a token comes again within this time, in seconds.
const MAX_WAIT_SECONDS: u32 = 60;

/// The limits, shared by all uploads.
pub struct Rates {
    clock: Clock,
    keys: Buckets<ConnectionId>,
    addresses: Buckets<u128>,
    /// Sessions that begin.
    beginnings: Buckets<u128>,
    begun: Mutex<Recent<u64, ()>>,
    hashing: RandomState,
}

impl Rates {
    /// Those of uploads. All buckets are full.
    pub fn new(settings: &config::Ingest, clock: Clock) -> Self {
        let [keys, addresses, beginnings] = of_uploads(settings);
        let now = clock.uptime();
        Self { beginnings: Buckets::new(beginnings, now), ..Self::of(keys, addresses, clock) }
    }

    /// Those of requests that are neither.
    pub fn of_requests(settings: &config::Server, clock: Clock) -> Self {
        Self::of(NO_LIMIT, of_requests(settings), clock)
    }

    /// Goes by other settings for uploads from now on.
    pub fn set_uploads(&self, settings: &config::Ingest) {
        let [keys, addresses, beginnings] = of_uploads(settings);
        self.keys.set(keys);
        self.addresses.set(addresses);
        self.beginnings.set(beginnings);
    }

    /// The same for requests that are neither.
    pub fn set_requests(&self, settings: &config::Server) {
        self.addresses.set(of_requests(settings));
    }

    /// The same for questions.
    pub fn set_questions(&self, settings: &config::Answers) {
        let [keys, addresses] = of_questions(settings);
        self.keys.set(keys);
        self.addresses.set(addresses);
    }

    /// Those of questions.
    pub fn of_questions(settings: &config::Answers, clock: Clock) -> Self {
        let [keys, addresses] = of_questions(settings);
        Self::of(keys, addresses, clock)
    }

    fn of(keys: Rate, addresses: Rate, clock: Clock) -> Self {
        let now = clock.uptime();
        Self {
            clock,
            keys: Buckets::new(keys, now),
            addresses: Buckets::new(addresses, now),
            beginnings: Buckets::new(NO_LIMIT, now),
            begun: Mutex::new(Recent::new(MAX_BEGUN)),
            hashing: RandomState::new(),
        }
    }

    /// Takes a token of the connection.
    pub fn take_of_key(&self, connection: ConnectionId) -> Result<(), Refused> {
        self.keys.take(connection, self.clock.uptime())
    }

    /// Takes a token of a client's network, as [`u128`] of its address.
    pub fn take_of_address(&self, network: u128) -> Result<(), Refused> {
        self.addresses.take(network, self.clock.uptime())
    }

    /// Takes a token of a client's network for a session that is not known to have begun.
    /// After a restart none is; the burst is for that as well.
    pub fn take_of_session(
        &self,
        network: u128,
        connection: ConnectionId,
        session: &SessionId,
    ) -> Result<(), Refused> {
        let known = self.hashing.hash_one((connection, session.as_str()));
        let begun = || self.begun.lock().unwrap_or_else(PoisonError::into_inner);
        if begun().get(&known).is_some() {
            return Ok(());
        }
        let taken = self.beginnings.take(network, self.clock.uptime());
        taken.map_err(|refused| match refused {
            Refused::RateLimited { after_seconds } => Refused::TooManySessions { after_seconds },
            other => other,
        })?;
        begun().insert(known, ());
        Ok(())
    }
}

fn of_uploads(settings: &config::Ingest) -> [Rate; 3] {
    let per_second = |tokens: u32, burst| Rate { per_second: tokens.into(), burst };
    [
        per_second(settings.batches_per_second_per_key, settings.burst_per_key),
        per_second(settings.batches_per_second_per_address, settings.burst_per_address),
        per_minute(settings.sessions_per_minute_per_address, settings.session_burst_per_address),
    ]
}

fn of_requests(settings: &config::Server) -> Rate {
    Rate {
        per_second: settings.requests_per_second_per_address.into(),
        burst: settings.request_burst_per_address,
    }
}

fn of_questions(settings: &config::Answers) -> [Rate; 2] {
    [
        per_minute(settings.asks_per_minute_per_connection, settings.burst_per_connection),
        per_minute(settings.asks_per_minute_per_address, settings.burst_per_address),
    ]
}

const NO_LIMIT: Rate = Rate { per_second: 0.0, burst: 0 };

fn per_minute(tokens: u32, burst: u32) -> Rate {
    Rate { per_second: f64::from(tokens) / 60.0, burst }
}

/// How often something may come.
#[derive(Clone, Copy, Debug)]
pub struct Rate {
    /// 0: there is no limit.
    pub per_second: f64,
    /// How many at once after a rest.
    pub burst: u32,
}

/// A token bucket for each key.
pub struct Buckets<K> {
    rate: ArcSwap<Rate>,
    levels: Mutex<Levels<K>>,
}

struct Levels<K> {
    recent: Recent<K, Level>,
    turned_at: Duration,
}

struct Level {
    tokens: f64,
    at: Duration,
}

impl<K: Hash + Eq> Buckets<K> {
    /// How many tokens are in the key's bucket.
    pub fn left(&self, key: &K, now: Duration) -> u32 {
        let rate = self.rate.load();
        let mut levels = self.levels.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(level) = levels.recent.get(key) else { return rate.burst };
        let rested = now.saturating_sub(level.at).as_secs_f64();
        (level.tokens + rested * rate.per_second).min(rate.burst.into()) as u32
    }

    /// All buckets are full.
    pub fn new(rate: Rate, now: Duration) -> Self {
        Self {
            rate: ArcSwap::from_pointee(at_least_one(rate)),
            levels: Mutex::new(Levels { recent: Recent::new(MAX_BUCKETS), turned_at: now }),
        }
    }

    /// Goes by another rate from now on. What is in the buckets stays.
    fn set(&self, rate: Rate) {
        self.rate.store(Arc::new(at_least_one(rate)));
    }

    /// Takes a token of the key's bucket.
    pub fn take(&self, key: K, now: Duration) -> Result<(), Refused> {
        let Rate { per_second, burst } = **self.rate.load();
        if per_second == 0.0 {
            return Ok(());
        }
        let burst = f64::from(burst);
        let mut levels = self.levels.lock().unwrap_or_else(PoisonError::into_inner);
        // A bucket that rested for so long is full again and need not be kept.
        let fills_in = burst / per_second;
        if now.saturating_sub(levels.turned_at).as_secs_f64() > fills_in.max(1.0) {
            levels.recent.turn();
            levels.turned_at = now;
        }
        let full = Level { tokens: burst, at: now };
        let level =
            levels.recent.get(&key).map_or(full, |level| Level { tokens: level.tokens, at: level.at });
        let rested = now.saturating_sub(level.at).as_secs_f64();
        let tokens = (level.tokens + rested * per_second).min(burst);
        let (left, answer) = if tokens >= 1.0 {
            (tokens - 1.0, Ok(()))
        } else {
            let seconds = ((1.0 - tokens) / per_second).ceil() as u32;
            (tokens, Err(Refused::RateLimited { after_seconds: seconds.clamp(1, MAX_WAIT_SECONDS) }))
        };
        levels.recent.insert(key, Level { tokens: left, at: now });
        answer
    }
}

fn at_least_one(rate: Rate) -> Rate {
    Rate { burst: rate.burst.max(1), ..rate }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn a_burst_passes_and_then_what_the_rate_allows() {
        let buckets = Buckets::new(Rate { per_second: 2.0, burst: 10 }, seconds(0));
        let taken = |now| (0..20).filter(|_| buckets.take("key", now).is_ok()).count();
        assert_eq!(taken(seconds(0)), 10);
        assert_eq!(taken(seconds(3)), 6);
        assert_eq!(taken(seconds(1000)), 10);
        assert!(buckets.take("another key", seconds(1000)).is_ok());
    }

    #[test]
    fn who_is_refused_is_told_when_a_token_is_there() {
        let buckets = Buckets::new(Rate { per_second: 1.0, burst: 1 }, seconds(0));
        assert_eq!(buckets.take(1, seconds(0)), Ok(()));
        assert_eq!(buckets.take(1, seconds(0)), Err(Refused::RateLimited { after_seconds: 1 }));
        assert_eq!(buckets.take(1, seconds(1)), Ok(()));
    }

    #[test]
    fn another_rate_holds_at_once() {
        let buckets = Buckets::new(Rate { per_second: 1.0, burst: 10 }, seconds(0));
        let taken = |now| (0..20).filter(|_| buckets.take("key", now).is_ok()).count();
        assert_eq!(taken(seconds(0)), 10);
        buckets.set(Rate { per_second: 3.0, burst: 5 });
        assert_eq!((taken(seconds(1)), taken(seconds(100))), (3, 5));
        buckets.set(Rate { per_second: 0.0, burst: 0 });
        assert_eq!(taken(seconds(100)), 20);
    }

    #[test]
    fn a_rate_of_zero_is_no_limit() {
        let buckets = Buckets::new(Rate { per_second: 0.0, burst: 0 }, seconds(0));
        assert!((0..1000).all(|_| buckets.take(1, seconds(0)).is_ok()));
    }
}
