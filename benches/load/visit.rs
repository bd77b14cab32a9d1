//! One visitor: a connection that uploads recordings under fresh ids, one after the other.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use tokio::sync::Semaphore;

use crate::client::{Answer, Client};
use crate::corpus::{Batch, Corpus, Recording};

/// How long after the end an upload that was cut off is tried again.
const GRACE: Duration = Duration::from_secs(10);

/// How long to wait when an answer that says "later" does not say when.
const RETRY: Duration = Duration::from_secs(1);

/// When visitors send.
#[derive(Clone, Copy)]
pub enum Pace {
    /// The next batch as soon as the last is answered.
    Flat,
    /// So many batches a second over all visitors, answered or not.
    Rate(f64),
    /// As the recorded visitors did, so many times faster.
    Think(f64),
}

impl fmt::Display for Pace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flat => f.write_str("flat out"),
            Self::Rate(rate) => write!(f, "{rate} batches/s"),
            Self::Think(factor) => write!(f, "{factor} times as fast as recorded"),
        }
    }
}

/// What all visitors of a run share.
pub struct Shared {
    /// What they send.
    pub corpus: Arc<Corpus>,
    /// Where to.
    pub address: SocketAddr,
    /// With which write key.
    pub key: String,
    /// When.
    pub pace: Pace,
    /// Whether the last batch of a stream says that its page went away.
    pub ends: bool,
    /// When the run began.
    pub start: Instant,
    /// When no batch is begun any more.
    pub end: Instant,
    /// The next visit of the run.
    pub visits: AtomicUsize,
    /// The next batch of a run at a rate.
    pub ticks: AtomicU64,
    /// Batches of a run at a rate that are due and not begun.
    pub due: Semaphore,
}

/// An upload that was answered with 200.
#[derive(Clone, Copy, Debug)]
pub struct Ack {
    /// The number of the session it was sent under.
    pub session: u32,
    /// Which recording it is of.
    pub recording: u16,
    /// Which batch of the recording it is.
    pub batch: u16,
    /// When it was answered, in microseconds since the run began.
    pub done_us: u32,
    /// How long that took, in microseconds: from when it was due, or was sent when flat out.
    pub latency_us: u32,
}

/// What visitors count.
#[derive(Default)]
pub struct Tally {
    /// Answered with 200.
    pub acks: Vec<Ack>,
    /// Answers by status.
    pub statuses: BTreeMap<u16, u64>,
    /// Connections that broke off and were made again.
    pub broken: u64,
    /// Sessions with an upload of which nobody knows whether it was taken.
    pub unknown: Vec<u32>,
}

impl Tally {
    /// Adds what another visitor counted.
    pub fn add(&mut self, other: Self) {
        self.acks.extend(other.acks);
        for (status, count) in other.statuses {
            *self.statuses.entry(status).or_default() += count;
        }
        self.broken += other.broken;
        self.unknown.extend(other.unknown);
    }
}

/// The id of a session that this process sends: 32 hexadecimal digits.
pub fn session_id(session: u32) -> String {
    format!("{:016x}{session:016x}", run_prefix())
}

fn stream_id(session: u32, stream: usize) -> String {
    format!("{:016x}{session:08x}{stream:08x}", run_prefix())
}

/// Random, so that no two runs send the same ids.
fn run_prefix() -> u64 {
    static PREFIX: OnceLock<u64> = OnceLock::new();
    *PREFIX.get_or_init(|| getrandom::u64().expect("the system gives random bytes"))
}

fn next_session() -> u32 {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// The head of an upload, written over what is there.
fn write_head(head: &mut String, key: &str, [session, stream]: [&str; 2], batch: &Batch, end: &str) {
    head.clear();
    write!(
        head,
        "POST /ingest/{key}/{session}/{stream}/{}{end} HTTP/1.1\r\nHost: load\r\nUser-Agent: load\r\n\
         Content-Type: application/json\r\nContent-Encoding: gzip\r\nContent-Length: {}\r\n\r\n",
        batch.seq,
        batch.body.len(),
    )
    .expect("a string takes all that is written");
}

/// Uploads one batch as a visit of its own.
pub async fn upload_once(client: &mut Client, key: &str, batch: &Batch) -> std::io::Result<Answer> {
    let session = next_session();
    let mut head = String::new();
    write_head(&mut head, key, [&session_id(session), &stream_id(session, 0)], batch, "");
    client.exchange(head.as_bytes(), &batch.body).await
}

/// A visitor at work.
pub struct Visitor {
    shared: Arc<Shared>,
    client: Client,
    /// The request's head, written anew for each upload.
    head: String,
    tally: Tally,
}

/// One visit under its own ids.
struct Visit {
    session: u32,
    recording: usize,
    started: Instant,
    session_id: String,
    stream_ids: Vec<String>,
}

impl Visit {
    fn new(recording: usize, streams: usize, started: Instant) -> Self {
        let session = next_session();
        Self {
            session,
            recording,
            started,
            session_id: session_id(session),
            stream_ids: (0..streams).map(|stream| stream_id(session, stream)).collect(),
        }
    }
}

impl Visitor {
    /// A visitor with an open connection.
    pub fn new(shared: Arc<Shared>, client: Client) -> Self {
        Self { shared, client, head: String::new(), tally: Tally::default() }
    }

    /// Visits from `start` until the end of the run.
    pub async fn run(mut self, start: Instant) -> anyhow::Result<Tally> {
        tokio::time::sleep_until(start.into()).await;
        let shared = Arc::clone(&self.shared);
        let recordings = &shared.corpus.recordings;
        'visits: while Instant::now() < shared.end {
            let number = shared.visits.fetch_add(1, Ordering::Relaxed) % recordings.len();
            let recording: &Recording = &recordings[number];
            let visit = Visit::new(number, recording.streams, Instant::now());
            for (index, batch) in recording.batches.iter().enumerate() {
                let Some(due) = self.turn(&visit, batch).await else { break 'visits };
                self.upload(&visit, index, batch, due).await?;
            }
        }
        Ok(self.tally)
    }

    /// Waits until the batch is due; `None` when that is after the end.
    async fn turn(&self, visit: &Visit, batch: &Batch) -> Option<Instant> {
        let shared = &*self.shared;
        let due = match shared.pace {
            Pace::Flat => Instant::now(),
            Pace::Rate(rate) => {
                shared.due.acquire().await.ok()?.forget();
                let tick = shared.ticks.fetch_add(1, Ordering::Relaxed);
                shared.start + Duration::from_secs_f64(tick as f64 / rate)
            }
            Pace::Think(factor) => {
                let due = visit.started + Duration::from_secs_f64(batch.sent_ms as f64 / 1000.0 / factor);
                tokio::time::sleep_until(due.min(shared.end).into()).await;
                due
            }
        };
        (due < shared.end).then_some(due)
    }

    /// Sends a batch until it is taken, or refused for good, or the run is over.
    async fn upload(
        &mut self,
        visit: &Visit,
        index: usize,
        batch: &Batch,
        due: Instant,
    ) -> anyhow::Result<()> {
        self.write_head(visit, batch);
        let mut cut_off = false;
        loop {
            let sent = Instant::now();
            let wait = match self.client.exchange(self.head.as_bytes(), &batch.body).await {
                Ok(answer) => {
                    *self.tally.statuses.entry(answer.status).or_default() += 1;
                    match answer.status {
                        200 => {
                            let from = if matches!(self.shared.pace, Pace::Flat) { sent } else { due };
                            self.acknowledge(visit, index, from);
                            return Ok(());
                        }
                        429 | 503 => Some(self.retry_after(&answer)),
                        _ => None,
                    }
                }
                Err(_) => {
                    cut_off = true;
                    self.tally.broken += 1;
                    self.client = Client::connect(self.shared.address).await?;
                    Some(Duration::ZERO)
                }
            };
            // What was cut off may be stored; asking again is the way to know.
            let until = self.shared.end + if cut_off { GRACE } else { Duration::ZERO };
            let again = wait.map(|wait| Instant::now() + wait);
            if let Some(again) = again {
                tokio::time::sleep_until(again.min(until).into()).await;
            }
            if again.is_none_or(|again| again >= until) {
                self.tally.unknown.extend(cut_off.then_some(visit.session));
                return Ok(());
            }
        }
    }

    fn retry_after(&self, answer: &Answer) -> Duration {
        let seconds = self.client.header(answer, "retry-after");
        seconds.and_then(|seconds| seconds.parse().ok()).map_or(RETRY, Duration::from_secs)
    }

    fn write_head(&mut self, visit: &Visit, batch: &Batch) {
        let end = if self.shared.ends && batch.ends_stream { "?end=1" } else { "" };
        let stream = &visit.stream_ids[batch.stream];
        write_head(&mut self.head, &self.shared.key, [&visit.session_id, stream], batch, end);
    }

    fn acknowledge(&mut self, visit: &Visit, index: usize, from: Instant) {
        let now = Instant::now();
        let since_start = now.duration_since(self.shared.start).as_micros() as u32;
        self.tally.acks.push(Ack {
            session: visit.session,
            recording: visit.recording as u16,
            batch: index as u16,
            done_us: since_start,
            latency_us: now.duration_since(from).as_micros() as u32,
        });
    }
}
