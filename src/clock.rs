//! What time it is.
//!
//! The one place that reads the wall clock, so that tests can set it by hand.
//! Durations are measured with `std::time::Instant`, never with this.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::model::TimestampMs;

/// A time as RFC 3339 writes it, in UTC; "" for one that no calendar has.
pub fn rfc3339(at: TimestampMs) -> String {
    jiff::Timestamp::from_millisecond(at).map(|at| at.to_string()).unwrap_or_default()
}

/// The same, always with milliseconds.
pub fn rfc3339_ms(at: TimestampMs) -> String {
    jiff::Timestamp::from_millisecond(at).map(|at| format!("{at:.3}")).unwrap_or_default()
}

/// Tells the time. Clones tell the same time.
#[derive(Clone, Debug)]
pub struct Clock(Source);

#[derive(Clone, Debug)]
enum Source {
    System { started: Instant },
    ByHand { wall: Arc<AtomicI64>, uptime_ms: Arc<AtomicI64> },
}

impl Clock {
    /// The machine's clock.
    pub fn system() -> Self {
        Self(Source::System { started: Instant::now() })
    }

    /// A clock that stands still at `now` until it is moved.
    pub fn by_hand(now: TimestampMs) -> Self {
        Self(Source::ByHand { wall: Arc::new(AtomicI64::new(now)), uptime_ms: Arc::default() })
    }

    /// The current time.
    pub fn now(&self) -> TimestampMs {
        match &self.0 {
            Source::System { .. } => system_now(),
            Source::ByHand { wall, .. } => wall.load(Ordering::SeqCst),
        }
    }

    /// How long it has run, whatever was done to the wall clock meanwhile.
    pub fn uptime(&self) -> Duration {
        match &self.0 {
            Source::System { started } => started.elapsed(),
            Source::ByHand { uptime_ms, .. } => {
                Duration::from_millis(uptime_ms.load(Ordering::SeqCst).unsigned_abs())
            }
        }
    }

    /// Lets time pass on a clock that is set by hand; the machine's clock goes its own way.
    pub fn advance(&self, by: Duration) {
        let by = i64::try_from(by.as_millis()).unwrap_or(i64::MAX);
        self.set_forward(by);
        if let Source::ByHand { uptime_ms, .. } = &self.0 {
            uptime_ms.fetch_add(by, Ordering::SeqCst);
        }
    }

    /// Moves a clock that is set by hand, in milliseconds, without time having passed.
    pub fn set_forward(&self, by: i64) {
        if let Source::ByHand { wall, .. } = &self.0 {
            wall.fetch_add(by, Ordering::SeqCst);
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "the one place that reads the machine's clock")]
fn system_now() -> TimestampMs {
    // A clock set before 1970 reads as 1970 rather than stopping the server.
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since_1970.as_millis()).unwrap_or(i64::MAX)
}
