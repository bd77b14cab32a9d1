//! What was refused: counted by reason, and told to the log without drowning it.
//!
//! A line says enough to find a site that is set up wrongly, and nothing that could
//! identify a visitor: never a body, a whole key or a whole address.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::clock::Clock;

/// Of one reason so many lines are written in a minute; the rest is one line with their number.
const LINES: u64 = 10;
const MINUTE: Duration = Duration::from_secs(60);

/// The clients that went away before they were answered.
pub const CLIENT_GONE: &str = "client-gone";

/// What the log says of one refusal.
#[derive(Clone, Debug)]
pub struct Details {
    /// What the client was told, too.
    pub request_id: String,
    /// The end of the write key, or nothing.
    pub key_last4: String,
    /// The client's network.
    pub network: String,
    /// How much of the body was read.
    pub bytes: u64,
}

/// The refusals since the start.
pub struct Refusals {
    clock: Clock,
    next_id: AtomicU64,
    reasons: Mutex<BTreeMap<&'static str, Reason>>,
}

#[derive(Default)]
struct Reason {
    total: u64,
    minute_started: Duration,
    in_minute: u64,
}

impl Refusals {
    /// Nothing was refused yet.
    pub fn new(clock: Clock) -> Self {
        let mut start = [0; 8];
        getrandom::fill(&mut start).expect("the system gives random bytes");
        Self { clock, next_id: AtomicU64::new(u64::from_le_bytes(start)), reasons: Mutex::default() }
    }

    /// A name for one request: 16 hexadecimal digits that nobody can guess beforehand.
    pub fn request_id(&self) -> String {
        format!("{:016x}", self.next_id.fetch_add(1, Ordering::Relaxed))
    }

    /// Counts a refusal and tells the log of it, unless that heard enough of the kind.
    pub fn note(&self, reason: &'static str, details: &Details) {
        if self.count(reason) {
            let Details { request_id, key_last4, network, bytes } = details;
            tracing::info!(reason, request_id, key_last4, network, bytes, "an upload was refused");
        }
    }

    /// How often each reason was given.
    pub fn counts(&self) -> BTreeMap<&'static str, u64> {
        self.reasons().iter().map(|(reason, count)| (*reason, count.total)).collect()
    }

    /// Tells the log how many were left out of it in minutes that are over. To be called now and then.
    pub fn summarise(&self) {
        let now = self.clock.uptime();
        for (reason, count) in self.reasons().iter_mut() {
            if now.saturating_sub(count.minute_started) >= MINUTE {
                count.end_minute(reason, now);
            }
        }
    }

    /// Whether the log is to hear of this one.
    fn count(&self, reason: &'static str) -> bool {
        let now = self.clock.uptime();
        let mut reasons = self.reasons();
        let count = reasons.entry(reason).or_default();
        if count.total == 0 || now.saturating_sub(count.minute_started) >= MINUTE {
            count.end_minute(reason, now);
        }
        count.total += 1;
        count.in_minute += 1;
        count.in_minute <= LINES
    }

    fn reasons(&self) -> MutexGuard<'_, BTreeMap<&'static str, Reason>> {
        self.reasons.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Reason {
    fn end_minute(&mut self, reason: &str, now: Duration) {
        let more = self.in_minute.saturating_sub(LINES);
        if more > 0 {
            tracing::info!(reason, more, "more uploads were refused in one minute");
        }
        self.in_minute = 0;
        self.minute_started = now;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_of_a_reason_are_told_in_a_minute_and_all_are_counted() {
        let clock = Clock::by_hand(0);
        let refusals = Refusals::new(clock.clone());
        let told = |reason| (0..50).filter(|_| refusals.count(reason)).count();
        assert_eq!((told("busy"), told("bad-json"), told("busy")), (10, 10, 0));
        clock.advance(MINUTE);
        refusals.summarise();
        assert_eq!(told("busy"), 10);
        assert_eq!(refusals.counts(), BTreeMap::from([("busy", 150), ("bad-json", 50)]));
    }

    #[test]
    fn no_two_requests_have_one_id() {
        let refusals = Refusals::new(Clock::by_hand(0));
        let (one, other) = (refusals.request_id(), refusals.request_id());
        assert!(one != other && one.len() == 16 && one.bytes().all(|digit| digit.is_ascii_hexdigit()));
    }
}
