//! The way of an upload from its bytes to its commit.
//!
//! Who may send (`keys`, `rates`), how much may be in memory (`budget`, `memory`) and
//! what was refused (`refused`, `refusals`) have files of their own. A few threads
//! inflate and check, fed by a bounded queue; the store's writer commits; only then is
//! the upload answered. What is refused leaves nothing behind. HTTP is not known here,
//! nor what status a refusal becomes.

mod budget;
pub mod gzip;
mod keys;
mod lanes;
pub mod memory;
mod rates;
mod recent;
mod refusals;
mod refused;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use sha2::{Digest, Sha256};
use tokio::sync::{Semaphore, oneshot};

use budget::Share;
pub use budget::{Body, Budget};
use gzip::Inflater;
pub use keys::Keys;
use lanes::Lanes;
pub use rates::Rates;
pub use refusals::{CLIENT_GONE, Details, Refusals};
pub use refused::Refused;

use crate::model::{Batch, ConnectionId, SessionId, StreamId, TimestampMs};
use crate::rrweb::{self, event};
use crate::store::batches::{self, Appended};
use crate::store::{self, Store};
use crate::{config, model};

/// The largest number of a batch within its stream.
pub const MAX_SEQ: i64 = 1_000_000;

/// The UTF-8 byte order mark, which some clients put in front.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// What a thread keeps for inflating small uploads, and all keep together for large
/// ones while uploads come, in bytes: memory that is used again does not come apart.
const KEPT_SMALL: usize = 4 * 1024 * 1024;
const KEPT_LARGE: usize = 24 * 1024 * 1024;

/// Longer user agents are cut: nothing honest is longer.
const MAX_USER_AGENT_CHARS: usize = 512;

/// An upload that has arrived waits for its turn this long at most. Its bytes are in
/// the budget meanwhile, so that many may wait, but not in vain.
const TURN_WITHIN: Duration = Duration::from_secs(1);

/// Who may receive no more today comes again within this time, in seconds.
const MAX_QUOTA_WAIT_SECONDS: i64 = 3600;
const DAY_SECONDS: i64 = 24 * 60 * 60;

/// One upload as it arrived.
pub struct Upload {
    /// Whose key it came with.
    pub connection: ConnectionId,
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
    /// When it was sent, by the visitor's clock.
    pub sent_at: Option<TimestampMs>,
    /// When it arrived, by the server's clock.
    pub received_at: TimestampMs,
    /// A JSON array of rrweb events, plain or gzip.
    pub body: Body,
    /// Whether the client says that it is gzip. If it does not say, the first bytes do.
    pub labelled_gzip: bool,
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
            gzip: gzip::Limits { bytes: settings.max_inflated_bytes, ratio: settings.max_ratio },
            events: rrweb::Limits {
                depth: settings.max_depth,
                events: settings.max_events_per_batch,
                event_bytes: settings.max_event_bytes,
            },
        }
    }
}

type Answer = oneshot::Sender<Result<(Batch, Share), Refused>>;

/// The ingest path. Clones share its queue; its threads end when the last is dropped.
#[derive(Clone)]
pub struct Ingest {
    queue: Lanes<(Upload, Answer)>,
    /// Ends the threads when the last clone is dropped.
    _ending: Arc<Ending>,
    /// One for each upload between its body and its commit.
    turns: Arc<Semaphore>,
    /// What all bodies together may hold.
    pub budget: Budget,
    store: Store,
    sessions: config::Sessions,
}

impl Ingest {
    /// Starts the threads that inflate and check.
    pub fn start(store: Store, settings: &config::Settings) -> std::io::Result<Self> {
        let queue = Lanes::new(settings.ingest.queue_batches);
        let large = Arc::new(Mutex::new(Inflater::default()));
        let ending = Arc::new(Ending(queue.clone()));
        let limits = Limits::from(&settings.ingest);
        for number in 0..thread_count(settings.ingest.threads) {
            let (waiting, large) = (queue.clone(), Arc::clone(&large));
            std::thread::Builder::new()
                .name(format!("ingest-{number}"))
                .spawn(move || check_all(&waiting, &large, limits))?;
        }
        Ok(Self {
            queue,
            _ending: ending,
            turns: Arc::new(Semaphore::new(settings.ingest.queue_batches)),
            budget: Budget::new(settings.ingest.buffer_bytes),
            store,
            sessions: settings.sessions.clone(),
        })
    }

    /// Checks and stores one upload; returns when it is on disk.
    pub async fn take(&self, upload: Upload) -> Result<Receipt, Error> {
        let (connection, daily_bytes) = (upload.connection, upload.daily_bytes);
        // Held until the answer, so that nothing is decoded that the writer would not take.
        let turn = tokio::time::timeout(TURN_WITHIN, self.turns.acquire()).await;
        let _turn = turn.map_err(|_| Refused::Busy)?.map_err(|_| store::Error::Closed)?;
        let (answer, checked) = oneshot::channel();
        let bytes = upload.body.bytes().len();
        self.queue.put((upload, answer), bytes).map_err(|refused| match refused {
            lanes::Refused::Full => Error::Refused(Refused::Busy),
            lanes::Refused::Closed => Error::Store(store::Error::Closed),
        })?;
        let (batch, _share) = checked.await.map_err(|_| Error::CheckFailed)??;
        self.append(connection, batch, daily_bytes).await
    }

    async fn append(
        &self,
        connection: ConnectionId,
        batch: Batch,
        daily_bytes: Option<i64>,
    ) -> Result<Receipt, Error> {
        let rules = self.rules(&batch, daily_bytes);
        let received_at = batch.received_at;
        let appended = self
            .store
            .write_sized(batch.body.len(), move |conn| batches::append(conn, connection, &batch, &rules))
            .await?;
        match appended {
            Appended::Stored { next, playable, reopened } => {
                Ok(Receipt { duplicate: false, next, needs_snapshot: !playable, reopened })
            }
            Appended::Duplicate { next } => {
                Ok(Receipt { duplicate: true, next, needs_snapshot: false, reopened: false })
            }
            Appended::Conflict => Err(Refused::SeqConflict.into()),
            Appended::SeqJump => Err(Refused::SeqJump.into()),
            Appended::Closed => Err(Refused::SessionClosed.into()),
            Appended::Full => Err(Refused::SessionLimit.into()),
            Appended::OverQuota => {
                Err(Refused::QuotaExceeded { after_seconds: tomorrow(received_at) }.into())
            }
        }
    }

    fn rules(&self, batch: &Batch, daily_bytes: Option<i64>) -> batches::Rules {
        let sessions = &self.sessions;
        batches::Rules {
            reopen_since: batch.received_at - i64::from(sessions.reopen_within_seconds) * 1000,
            session_ms: i64::from(sessions.max_hours) * 60 * 60 * 1000,
            session_bytes: i64::try_from(sessions.max_bytes).unwrap_or(i64::MAX),
            session_batches: i64::from(sessions.max_batches),
            daily_bytes,
        }
    }
}

/// The seconds until the next day (UTC), or an hour if that is longer.
fn tomorrow(now: TimestampMs) -> u32 {
    let left = DAY_SECONDS - now.div_euclid(1000).rem_euclid(DAY_SECONDS);
    u32::try_from(left.clamp(1, MAX_QUOTA_WAIT_SECONDS)).expect("at most an hour")
}

/// How many threads check, where 0 stands for one for each core.
fn thread_count(setting: usize) -> usize {
    match setting {
        0 => std::thread::available_parallelism().map_or(1, usize::from),
        count => count,
    }
}

fn check_all(waiting: &Lanes<(Upload, Answer)>, large: &Mutex<Inflater>, limits: Limits) {
    let mut own = Inflater::default();
    while waiting.work(|next| match next {
        Some(((upload, answer), false)) => {
            answer_checked(upload, answer, limits, &mut own);
            own.shrink(KEPT_SMALL);
        }
        Some(((upload, answer), true)) => {
            let mut large = large.lock().unwrap_or_else(PoisonError::into_inner);
            answer_checked(upload, answer, limits, &mut large);
            large.shrink(KEPT_LARGE);
        }
        None => {
            own.shrink(0);
            large.lock().unwrap_or_else(PoisonError::into_inner).shrink(0);
        }
    }) {}
}

/// A check that panics costs its upload, not the thread. The client may have gone away
/// while its upload waited.
fn answer_checked(upload: Upload, answer: Answer, limits: Limits, inflater: &mut Inflater) {
    if let Ok(checked) = catch_unwind(AssertUnwindSafe(|| check(upload, &limits, inflater))) {
        let _ = answer.send(checked);
    }
}

/// Ends the threads that check.
struct Ending(Lanes<(Upload, Answer)>);

impl Drop for Ending {
    fn drop(&mut self) {
        self.0.close();
    }
}

/// Inflates and checks one upload. The bytes that are stored are the ones that came;
/// plain ones are compressed, so that all that is stored has one form. The body's share
/// of the budget has to be held until they are.
fn check(upload: Upload, limits: &Limits, inflater: &mut Inflater) -> Result<(Batch, Share), Refused> {
    let (sent, share) = upload.body.into_parts();
    if sent.iter().all(u8::is_ascii_whitespace) {
        return Err(Refused::EmptyBody);
    }
    let hash = Sha256::digest(&sent).into();
    let is_gzip = upload.labelled_gzip || gzip::is_gzip(&sent);
    let (facts, body) = if is_gzip {
        (facts(inflater.inflate(&sent, limits.gzip)?, limits)?, sent)
    } else {
        (facts(&sent, limits)?, gzip::deflate(without_mark(&sent)))
    };
    let batch = Batch {
        session: upload.session,
        stream: upload.stream,
        seq: upload.seq,
        body,
        hash,
        facts,
        end: upload.end,
        user_agent: user_agent(&upload.user_agent),
        sent_at: upload.sent_at,
        received_at: upload.received_at,
    };
    Ok((batch, share))
}

/// A user agent of a length that can be shown.
pub fn user_agent(sent: &str) -> String {
    sent.chars().take(MAX_USER_AGENT_CHARS).collect()
}

fn facts(json: &[u8], limits: &Limits) -> Result<model::BatchFacts, Refused> {
    let text = std::str::from_utf8(without_mark(json))
        .map_err(|error| Refused::NotUtf8 { at: error.valid_up_to() })?;
    if text.trim_ascii().is_empty() {
        return Err(Refused::EmptyBody);
    }
    Ok(event::facts(&rrweb::events(text, &limits.events)?))
}

fn without_mark(json: &[u8]) -> &[u8] {
    json.strip_prefix(BYTE_ORDER_MARK).unwrap_or(json)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn upload(body: &[u8]) -> Upload {
        Upload {
            daily_bytes: None,
            sent_at: None,
            connection: ConnectionId(1),
            session: "session-000000001".parse().expect("an id"),
            stream: "stream-0000000001".parse().expect("an id"),
            seq: 0,
            end: false,
            user_agent: "u".repeat(10_000),
            received_at: 0,
            body: body.to_vec().into(),
            labelled_gzip: false,
        }
    }

    fn checked(body: &[u8]) -> Result<Batch, Refused> {
        let defaults = config::Settings::load(None, Default::default()).expect("defaults");
        let limits = Limits::from(&defaults.ingest);
        check(upload(body), &limits, &mut Inflater::default()).map(|(batch, _)| batch)
    }

    const EVENTS: &[u8] = br#"[{"type":0,"data":{},"timestamp":5}]"#;

    #[test]
    fn a_body_is_stored_as_it_came_or_compressed() {
        let sent = gzip::deflate(EVENTS);
        assert_eq!(checked(&sent).expect("gzip").body, sent);
        let plain = checked(EVENTS).expect("plain");
        assert_eq!(gzip::inflate(&plain.body, gzip::Limits::STORED).expect("gzip"), EVENTS);
        assert_eq!(plain.facts.first_at, 5);
        assert_eq!(plain.user_agent.len(), MAX_USER_AGENT_CHARS);
    }

    #[test]
    fn who_is_over_the_quota_waits_for_tomorrow_but_an_hour_at_most() {
        let day_ms = DAY_SECONDS * 1000;
        for (now, wait) in [(0, 3600), (day_ms - 10_000, 10), (day_ms - 1, 1), (day_ms, 3600)] {
            assert_eq!(tomorrow(now), wait, "{now}");
        }
    }

    #[test]
    fn a_byte_order_mark_is_stripped() {
        let marked = [BYTE_ORDER_MARK, EVENTS].concat();
        let stored = checked(&marked).expect("accepted").body;
        assert_eq!(gzip::inflate(&stored, gzip::Limits::STORED).expect("gzip"), EVENTS);
    }

    #[test]
    fn what_is_not_text_is_told_with_its_place() {
        assert_eq!(checked(b"[\"\xff\"]").expect_err("not UTF-8"), Refused::NotUtf8 { at: 2 });
        assert_eq!(checked(b"\xed\xa0\x80").expect_err("a surrogate"), Refused::NotUtf8 { at: 0 });
        for empty in [&b""[..], b" \n", &gzip::deflate(b""), &gzip::deflate(b"  ")] {
            assert_eq!(checked(empty).expect_err("empty"), Refused::EmptyBody);
        }
    }
}
