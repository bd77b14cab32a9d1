//! What time it is.
//!
//! The one place that reads the wall clock, so that tests can set it by hand.
//! Durations are measured with `std::time::Instant`, never with this.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::model::TimestampMs;

/// Tells the time. Clones tell the same time.
#[derive(Clone, Debug)]
pub struct Clock(Source);

#[derive(Clone, Debug)]
enum Source {
    System,
    ByHand(Arc<AtomicI64>),
}

impl Clock {
    /// The machine's clock.
    pub fn system() -> Self {
        Self(Source::System)
    }

    /// A clock that stands still at `now` until it is moved.
    pub fn by_hand(now: TimestampMs) -> Self {
        Self(Source::ByHand(Arc::new(AtomicI64::new(now))))
    }

    /// The current time.
    pub fn now(&self) -> TimestampMs {
        match &self.0 {
            Source::System => system_now(),
            Source::ByHand(now) => now.load(Ordering::SeqCst),
        }
    }

    /// Moves a clock that is set by hand; the machine's clock goes its own way.
    pub fn advance(&self, by: Duration) {
        if let Source::ByHand(now) = &self.0 {
            let by = i64::try_from(by.as_millis()).unwrap_or(i64::MAX);
            now.fetch_add(by, Ordering::SeqCst);
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "the one place that reads the machine's clock")]
fn system_now() -> TimestampMs {
    // A clock set before 1970 reads as 1970 rather than stopping the server.
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since_1970.as_millis()).unwrap_or(i64::MAX)
}
