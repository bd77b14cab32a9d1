//! How often a token may ask, and what it is told of that.

use std::time::Duration;

use warp::http::{HeaderMap, HeaderName, HeaderValue};

use crate::clock::Clock;
use crate::ingest::{Buckets, Rate, Refused};

const PER_SECOND: u32 = 10;
const BURST: u32 = 60;

/// The limits of all tokens.
pub struct TokenRates(Buckets<i64>);

impl TokenRates {
    /// All buckets are full.
    pub fn new(clock: &Clock) -> Self {
        Self(Buckets::new(Rate { per_second: PER_SECOND.into(), burst: BURST }, clock.uptime()))
    }

    /// Counts a request of a token.
    pub fn take(&self, token: i64, now: Duration) -> Result<(), Refused> {
        self.0.take(token, now)
    }

    /// Says how many requests the token has left.
    pub fn tell(&self, token: i64, now: Duration, headers: &mut HeaderMap) {
        let left = self.0.left(&token, now);
        let policy = format!("\"token\";q={BURST};w={}", BURST / PER_SECOND);
        let fields = [("ratelimit-policy", policy), ("ratelimit", format!("\"token\";r={left};t=1"))];
        for (name, text) in fields {
            let value = HeaderValue::from_str(&text).expect("digits and letters are plain ASCII");
            headers.insert(HeaderName::from_static(name), value);
        }
    }
}
