//! How long something took: a histogram of fixed bounds.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// The upper ends of the buckets, in microseconds; above the last there is one more.
pub const BOUNDS: [u64; 14] = [
    500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000,
    10_000_000, 30_000_000,
];

/// How long something took, each time.
#[derive(Debug)]
pub struct Durations {
    buckets: [AtomicU64; BOUNDS.len() + 1],
    sum_us: AtomicU64,
    max_us: AtomicU64,
}

/// What was seen up to some moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen {
    /// How many lie in each bucket; the last has those above all bounds.
    pub buckets: [u64; BOUNDS.len() + 1],
    /// All of them together, in microseconds.
    pub sum_us: u64,
    /// The longest, in microseconds.
    pub max_us: u64,
}

impl Durations {
    /// Nothing yet.
    pub const fn new() -> Self {
        Self {
            buckets: [const { AtomicU64::new(0) }; BOUNDS.len() + 1],
            sum_us: AtomicU64::new(0),
            max_us: AtomicU64::new(0),
        }
    }

    /// One more.
    pub fn note(&self, took: Duration) {
        let us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        let bucket = BOUNDS.partition_point(|bound| *bound < us);
        self.buckets[bucket].fetch_add(1, Ordering::Relaxed);
        self.sum_us.fetch_add(us, Ordering::Relaxed);
        self.max_us.fetch_max(us, Ordering::Relaxed);
    }

    /// What was seen so far.
    pub fn seen(&self) -> Seen {
        let mut buckets = [0; BOUNDS.len() + 1];
        for (seen, bucket) in buckets.iter_mut().zip(&self.buckets) {
            *seen = bucket.load(Ordering::Relaxed);
        }
        let (sum_us, max_us) = (self.sum_us.load(Ordering::Relaxed), self.max_us.load(Ordering::Relaxed));
        Seen { buckets, sum_us, max_us }
    }
}

impl Default for Durations {
    fn default() -> Self {
        Self::new()
    }
}

impl Seen {
    /// How many there are.
    pub fn count(&self) -> u64 {
        self.buckets.iter().sum()
    }

    /// About how long it took in so many of a hundred cases at most, in microseconds. Within
    /// a bucket they are taken to lie evenly. `None` when nothing was seen.
    pub fn percentile(&self, percent: u64) -> Option<u64> {
        let count = self.count();
        let wanted = (count * percent).div_ceil(100).max(1);
        let mut before = 0;
        for (index, in_bucket) in self.buckets.iter().enumerate() {
            if before + in_bucket >= wanted {
                let low = if index == 0 { 0 } else { BOUNDS[index - 1] };
                let high = BOUNDS.get(index).copied().unwrap_or(self.max_us).min(self.max_us).max(low);
                return Some(low + (high - low) * (wanted - before) / in_bucket);
            }
            before += in_bucket;
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_lie_in_the_bucket_that_they_fall_into() {
        let durations = Durations::new();
        assert_eq!(durations.seen().percentile(50), None);
        for ms in 1..=100 {
            durations.note(Duration::from_millis(ms));
        }
        let seen = durations.seen();
        assert_eq!((seen.count(), seen.sum_us, seen.max_us), (100, 5_050_000, 100_000));
        let percentile = |percent| seen.percentile(percent).expect("there are some");
        assert_eq!(percentile(50), 50_000);
        assert_eq!(percentile(95), 95_000);
        assert_eq!(percentile(100), 100_000);
    }

    #[test]
    fn no_percentile_is_above_the_longest() {
        let durations = Durations::new();
        durations.note(Duration::from_millis(30));
        durations.note(Duration::from_secs(70));
        let seen = durations.seen();
        assert_eq!(seen.buckets[BOUNDS.len()], 1);
        assert_eq!(seen.percentile(95), Some(70_000_000));
        assert!(seen.percentile(50).expect("there are some") <= 50_000);
    }
}
