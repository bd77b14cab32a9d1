//! The way of an upload from its bytes to its commit.
//!
//! Who may send (`keys`, `rates`), how much may be in memory (`budget`, `memory`) and
//! what was refused (`refused`, `refusals`) have files of their own. A few threads
//! inflate and check (`checking`), fed by bounded queues; the store's writer commits;
//! only then is the upload answered. What is refused leaves nothing behind. HTTP is not known here,
//! nor what status a refusal becomes.

mod budget;
mod checking;
pub mod gzip;
mod keys;
mod lane;
pub mod memory;
pub mod origins;
mod rates;
mod recent;
mod refusals;
mod refused;
mod rules;
mod sightings;
mod write_key;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;

pub use budget::{Body, Budget};
pub use checking::user_agent;
use checking::{Checker, Checking};
pub use keys::Keys;
pub use rates::{Buckets, Rate, Rates};
pub use recent::Recent;
pub use refusals::{CLIENT_GONE, Details, Refusals};
pub use refused::Refused;
pub use rules::KnownRules;
pub use sightings::{NO_CONNECTION, Sightings};
pub use write_key::new_key;

use crate::model::{ConnectionId, SessionId, StreamId, TimestampMs};
use crate::store::{self, Store};
use crate::{config, privacy, rrweb};

/// The largest number of a batch within its stream.
pub const MAX_SEQ: i64 = 1_000_000;

/// An upload that has arrived waits for its turn this long at most. Its bytes are in
/// the budget meanwhile, so that many may wait, but not in vain.
const TURN_WITHIN: Duration = Duration::from_secs(1);

/// One upload as it arrived.
pub struct Upload {
    /// Whose key it came with.
    pub connection: ConnectionId,
    /// What of it is never stored.
    pub rules: Arc<privacy::Rules>,
    /// What the connection takes in one day, in bytes as sent.
    pub daily_bytes: Option<i64>,
    /// The visit.
    pub session: SessionId,
    /// The page load.
    pub stream: StreamId,
    /// Its place in the stream.
    pub seq: i64,
    /// Whether the page went away.
    pub end: bool,
    /// As the browser sent it.
    pub user_agent: String,
    /// The country that a trusted proxy names, in two letters. Empty: it does not.
    pub country: String,
    /// When it was sent, by the visitor's clock.
    pub sent_at: Option<TimestampMs>,
    /// When it arrived, by the server's clock.
    pub received_at: TimestampMs,
    /// A JSON array of rrweb events, plain or gzip.
    pub body: Body,
    /// Whether the client says that it is gzip. If it does not say, the first bytes do.
    pub labelled_gzip: bool,
    /// The SHA-256 of what came, where the body was made of it; otherwise of the body.
    pub hash: Option<[u8; 32]>,
}

/// What became of an upload that was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// The same upload was stored before.
    pub duplicate: bool,
    /// The lowest seq that the stream still lacks.
    pub next: i64,
    /// Nothing has arrived that the stream could be replayed from.
    pub needs_snapshot: bool,
    /// The session was completed before, and is open again.
    pub reopened: bool,
}

/// Why an upload was not stored.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The client must do something else.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// We failed.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// The check panicked.
    #[error("the upload could not be checked")]
    CheckFailed,
}

/// What an upload may be, and how many may wait.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    gzip: gzip::Limits,
    events: rrweb::Limits,
}

impl From<&config::Ingest> for Limits {
    fn from(settings: &config::Ingest) -> Self {
        Self {
            gzip: gzip::Limits::from(settings),
            events: rrweb::Limits {
                depth: settings.max_depth,
                events: settings.max_events_per_batch,
                event_bytes: settings.max_event_bytes,
            },
        }
    }
}

/// The ingest path. Clones share it; its threads end when the last is dropped.
#[derive(Clone)]
pub struct Ingest {
    checking: Arc<Checking>,
    /// One for each upload between its body and its commit.
    turns: Arc<Semaphore>,
    most_turns: usize,
    /// What all bodies together may hold.
    pub budget: Budget,
    /// What is hidden of each connection's recordings.
    pub rules: KnownRules,
}

impl Ingest {
    /// Starts the threads that inflate and check.
    pub fn start(store: Store, live: &config::Live) -> std::io::Result<Self> {
        let settings = live.now();
        let ingest = &settings.ingest;
        let streams = privacy::Streams::default();
        let checker = Checker { store, live: live.clone(), streams };
        let checking = Checking::start(thread_count(ingest.threads), &checker, ingest.queue_batches)?;
        Ok(Self {
            checking: Arc::new(checking),
            turns: Arc::new(Semaphore::new(ingest.queue_batches)),
            most_turns: ingest.queue_batches,
            budget: Budget::new(ingest.buffer_bytes),
            rules: KnownRules::default(),
        })
    }

    /// How many uploads are between their last byte and their commit, and how many may be.
    pub fn queue(&self) -> (usize, usize) {
        (self.most_turns - self.turns.available_permits(), self.most_turns)
    }

    /// Checks and stores one upload; returns when it is on disk.
    pub async fn take(&self, upload: Upload) -> Result<Receipt, Error> {
        // Held until the answer, so that nothing is decoded that the writer would not take.
        let turn = tokio::time::timeout(TURN_WITHIN, self.turns.acquire()).await;
        let _turn = turn.map_err(|_| Refused::Busy)?.map_err(|_| store::Error::Closed)?;
        // Nobody answers once the store is closed.
        self.checking.put(upload)?.await.unwrap_or(Err(Error::Store(store::Error::Closed)))
    }
}

/// How many threads check, where 0 stands for one for each core.
fn thread_count(setting: usize) -> usize {
    match setting {
        0 => std::thread::available_parallelism().map_or(1, usize::from),
        count => count,
    }
}
