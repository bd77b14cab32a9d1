//! How many uploads came in each minute of the last hour: in memory, and nothing else.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::measure;
use crate::model::TimestampMs;
use crate::stop::Stopping;
use crate::web::App;

/// How many minutes are kept.
pub const MINUTES: i64 = 60;

pub const MINUTE_MS: i64 = 60 * 1000;

/// How often the counters are looked at.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// What came.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Came {
    /// Uploads that were taken.
    pub taken: u64,
    /// Uploads that were refused.
    pub refused: u64,
    /// Bytes of those that were taken.
    pub bytes: u64,
}

/// The last hour.
#[derive(Default)]
pub struct Pace(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    /// All that came until the last look.
    last: Came,
    minutes: VecDeque<(i64, Came)>,
}

impl Pace {
    /// Puts what came since the last look into the minute of `now`.
    fn note(&self, now: TimestampMs, all: Came) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let more = |all: u64, before: u64| all.saturating_sub(before);
        let last = std::mem::replace(&mut kept.last, all);
        let minute = now.div_euclid(MINUTE_MS);
        // A clock that was put back goes on in the minute that is there.
        if kept.minutes.back().is_none_or(|(known, _)| *known < minute) {
            kept.minutes.push_back((minute, Came::default()));
        }
        while kept.minutes.front().is_some_and(|(known, _)| *known <= minute - MINUTES) {
            kept.minutes.pop_front();
        }
        if let Some((_, came)) = kept.minutes.back_mut() {
            came.taken += more(all.taken, last.taken);
            came.refused += more(all.refused, last.refused);
            came.bytes += more(all.bytes, last.bytes);
        }
    }

    /// Each minute of the last hour, the oldest first.
    pub fn minutes(&self, now: TimestampMs) -> Vec<(TimestampMs, Came)> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let end = now.div_euclid(MINUTE_MS);
        let came = |minute: i64| {
            kept.minutes
                .iter()
                .find(|(known, _)| *known == minute)
                .map_or_else(Came::default, |(_, came)| *came)
        };
        (end - MINUTES + 1..=end).map(|minute| (minute * MINUTE_MS, came(minute))).collect()
    }
}

/// Looks at the counters until the server stops.
pub async fn keep_pace(app: App, mut stopping: Stopping) {
    // They are those of the process, and it may have served before.
    let before = counted(&app);
    app.pace.0.lock().unwrap_or_else(PoisonError::into_inner).last = before;
    while tokio::time::timeout(LOOK_EVERY, stopping.wait()).await.is_err() {
        look(&app);
    }
}

/// Looks at the counters once.
pub fn look(app: &App) {
    app.pace.note(app.clock.now(), counted(app));
}

fn counted(app: &App) -> Came {
    Came {
        taken: measure::UPLOADS_STORED.get() + measure::UPLOADS_REPEATED.get(),
        refused: app.refusals.counts().values().sum(),
        bytes: measure::BYTES.get(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_came_stands_in_its_minute() {
        let pace = Pace::default();
        let came = |taken| Came { taken, refused: 1, bytes: taken * 10 };
        let now = 100 * MINUTE_MS;
        pace.note(now, came(5));
        pace.note(now + 1, came(7));
        pace.note(now + 2 * MINUTE_MS, came(10));
        let minutes = pace.minutes(now + 2 * MINUTE_MS);
        assert_eq!(minutes.len(), 60);
        let taken: Vec<u64> = minutes.iter().rev().take(4).map(|(_, came)| came.taken).collect();
        assert_eq!(taken, [3, 0, 7, 0]);
        assert_eq!(minutes.iter().map(|(_, came)| came.refused).sum::<u64>(), 1);
        pace.note(now + 70 * MINUTE_MS, came(11));
        let later = pace.minutes(now + 70 * MINUTE_MS);
        assert_eq!(later.iter().map(|(_, came)| came.taken).sum::<u64>(), 1);
    }
}
