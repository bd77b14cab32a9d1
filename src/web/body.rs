//! Reading a request's body within its limits.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures_util::{Stream, StreamExt};
use hyper::body::Bytes;
use tokio::time::{Instant, timeout, timeout_at};
use warp::Buf;

use crate::config;
use crate::ingest::{self, Refused};

/// How much of a refused body is read on, so that a browser sees the answer rather
/// than a connection that is reset while it still sends.
const DRAIN_BYTES: u64 = 256 * 1024;
const DRAIN_TIME: Duration = Duration::from_secs(1);

/// A piece as it came, or `None` when the client went away.
type Chunks = Pin<Box<dyn Stream<Item = Option<Bytes>> + Send + Sync>>;

/// How fast a body has to come.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// All of it has to be there.
    pub within: Duration,
    /// From then on it has to have come at least...
    pub after: Duration,
    /// ...this fast. 0: at any speed.
    pub bytes_per_second: u32,
}

impl From<&config::Ingest> for Pace {
    fn from(settings: &config::Ingest) -> Self {
        Self {
            within: settings.body_timeout(),
            after: settings.min_rate_after(),
            bytes_per_second: settings.min_bytes_per_second,
        }
    }
}

impl Pace {
    /// When more has to have come if so much is there.
    fn patience(&self, received: u64) -> Duration {
        match self.bytes_per_second {
            0 => self.within,
            rate => self.after + Duration::from_secs(received) / rate,
        }
    }
}

/// A body that is not read yet.
pub struct Body {
    chunks: Chunks,
    received: Received,
    is_over: bool,
}

/// How many bytes of a body have come. Clones count the same body.
#[derive(Clone, Default)]
pub struct Received(Arc<AtomicU64>);

impl Received {
    /// How many.
    pub fn bytes(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Body {
    /// Takes over warp's stream.
    pub fn new<B: Buf>(stream: impl Stream<Item = Result<B, warp::Error>> + Send + Sync + 'static) -> Self {
        let chunks = stream.map(|chunk| {
            let mut chunk = chunk.ok()?;
            Some(chunk.copy_to_bytes(chunk.remaining()))
        });
        Self { chunks: Box::pin(chunks), received: Received::default(), is_over: false }
    }

    /// Counts what comes.
    pub fn received(&self) -> Received {
        self.received.clone()
    }

    /// Whether all of it was read, so that another request may follow on the connection.
    pub fn is_over(&self) -> bool {
        self.is_over
    }

    /// Reads the whole body, or says why it cannot be had.
    pub async fn read_into(&mut self, body: &mut ingest::Body, pace: Pace) -> Result<(), Refused> {
        let started = Instant::now();
        while let Some(chunk) = self.piece(started, pace).await? {
            body.push(&chunk)?;
        }
        Ok(())
    }

    /// Reads the next piece of a body that has come since then; `None` when there was all of it.
    pub async fn piece(&mut self, started: Instant, pace: Pace) -> Result<Option<Bytes>, Refused> {
        let patience = pace.patience(self.received.bytes());
        let deadline = started + patience.min(pace.within);
        match timeout_at(deadline, self.next()).await {
            Err(_) if patience < pace.within => Err(Refused::TooSlow { per_second: pace.bytes_per_second }),
            Err(_) => Err(Refused::BodyTimeout(pace.within)),
            Ok(None) => Ok(None),
            Ok(Some(None)) => Err(Refused::BodyCutOff),
            Ok(Some(Some(chunk))) => Ok(Some(chunk)),
        }
    }

    /// The whole body of a small request.
    pub async fn read(&mut self, limit: usize, pace: Pace) -> Result<Vec<u8>, Refused> {
        let mut body = ingest::Body::of_at_most(limit);
        self.read_into(&mut body, pace).await?;
        Ok(body.into_parts().0)
    }

    /// Reads on and forgets what it reads, for a while.
    pub async fn drain(&mut self) {
        let enough = self.received.bytes() + DRAIN_BYTES;
        let read_on = async {
            while let Some(Some(_)) = self.next().await {
                if self.received.bytes() > enough {
                    return;
                }
            }
        };
        // Either way there is nothing more to do for this client.
        let _ = timeout(DRAIN_TIME, read_on).await;
    }

    async fn next(&mut self) -> Option<Option<Bytes>> {
        if self.is_over {
            return None;
        }
        let next = self.chunks.next().await;
        match &next {
            None => self.is_over = true,
            Some(Some(chunk)) => {
                self.received.0.fetch_add(chunk.len() as u64, Ordering::Relaxed);
            }
            Some(None) => {}
        }
        next
    }
}
