//! How much memory a flood of uploads can take.

use super::checking::{LARGE_BYTES, LARGE_INFLATED_BYTES};
use super::thread_count;
use crate::config::{self, Settings};
use crate::privacy;

/// What one connection costs at most besides the body it sends: hyper's buffer and the
/// head in it, the request as handlers see it, and the tasks around them.
pub const BYTES_PER_CONNECTION: u64 = 64 * 1024;

/// SQLite's page cache, for each connection to the database. Besides the readers
/// there is one that writes and one that folds the log in.
const PAGE_CACHE_BYTES: u64 = 8 * 1024 * 1024;
const OTHER_DATABASE_CONNECTIONS: u64 = 2;

/// The program itself: its code, its threads' stacks, templates, scripts, and the map
/// of the write-ahead log.
const PROGRAM_BYTES: u64 = 64 * 1024 * 1024;

/// An upload of another recorder may be inflated to this part of `max_inflated_bytes`: with the default,
/// 10 MiB. posthog-js sends at most 6.6 MB at a time.
pub const CONVERTED_PART: usize = 5;

/// What it takes until it is stored, as many times what it may be inflated to: inflated, its events
/// unpacked, and the one that is being unpacked. One is converted at a time.
const CONVERTING: usize = 3;

/// The largest resident size, in bytes, that uploads can bring the server to, however
/// many and whatever they are. Each term is a limit that is held elsewhere:
///
/// - connections, each with its buffers (`max_connections`);
/// - what is being inflated: a body and what it becomes, and what hiding takes beside it,
///   for each thread; one of them takes large ones;
/// - what is being converted of other recorders' uploads;
/// - what is remembered of the pages that are recorded;
/// - bodies that arrive, wait or are being written (`buffer_bytes`);
/// - one commit's writes (`group_bytes`), which SQLite holds once more in its pages;
/// - SQLite's page caches, and the program itself.
///
/// Recordings that are finished or viewed meanwhile come on top.
pub fn memory_bound(settings: &Settings) -> u64 {
    let (ingest, store) = (&settings.ingest, &settings.store);
    let connections = u64::from(settings.server.max_connections) * BYTES_PER_CONNECTION;
    let large_check = check(ingest, ingest.max_body_bytes, ingest.max_inflated_bytes);
    let small_check = check(ingest, LARGE_BYTES, LARGE_INFLATED_BYTES);
    let checks = thread_count(ingest.threads) as u64 * small_check + large_check;
    let caches = (store.readers as u64 + OTHER_DATABASE_CONNECTIONS) * PAGE_CACHE_BYTES;
    let pages = privacy::Streams::MOST_BYTES;
    let converting = (ingest.max_inflated_bytes / CONVERTED_PART * CONVERTING) as u64;
    connections
        + checks
        + converting
        + pages
        + ingest.buffer_bytes as u64
        + store.group_bytes as u64
        + caches
        + PROGRAM_BYTES
}

/// A body, what it becomes, and what is hidden in it.
fn check(ingest: &config::Ingest, sent: usize, inflated: usize) -> u64 {
    let inflated = inflated.min(ingest.max_inflated_bytes);
    let hiding = privacy::memory_for(inflated, inflated.min(ingest.max_event_bytes));
    (sent.min(ingest.max_body_bytes) + inflated + hiding) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_limit_counts() {
        let defaults = || Settings::load(None, Default::default()).expect("defaults");
        let bound = memory_bound(&defaults());
        assert!(bound < 512 << 20, "the defaults fit into half a gigabyte: {bound}");
        let changes: [fn(&mut Settings); 6] = [
            |settings| settings.server.max_connections += 16,
            |settings| settings.ingest.max_inflated_bytes += 1 << 20,
            |settings| settings.ingest.max_event_bytes += 1 << 24,
            |settings| settings.ingest.buffer_bytes += 1 << 20,
            |settings| settings.store.group_bytes += 1 << 20,
            |settings| settings.store.readers += 1,
        ];
        for change in changes {
            let mut settings = defaults();
            change(&mut settings);
            assert!(memory_bound(&settings) >= bound + (1 << 20));
        }
    }
}
