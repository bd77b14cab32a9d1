//! Reading a request's body within its limits.

use std::pin::Pin;
use std::time::Duration;

use futures_util::{Stream, StreamExt};
use tokio::time::{Instant, timeout, timeout_at};
use warp::Buf;

use crate::ingest::Refused;

/// How much of a refused body is read on, so that a browser sees the answer rather
/// than a connection that is reset while it still sends.
const DRAIN_BYTES: usize = 256 * 1024;
const DRAIN_TIME: Duration = Duration::from_secs(1);

type Chunks = Pin<Box<dyn Stream<Item = Option<Vec<u8>>> + Send + Sync>>;

/// A body that is not read yet.
pub struct Body {
    /// Pieces as they come; `None` in place of a piece when the client went away.
    chunks: Chunks,
}

impl Body {
    /// Takes over warp's stream.
    pub fn new<B: Buf>(stream: impl Stream<Item = Result<B, warp::Error>> + Send + Sync + 'static) -> Self {
        let chunks = stream.map(|chunk| {
            let mut chunk = chunk.ok()?;
            let mut bytes = vec![0; chunk.remaining()];
            chunk.copy_to_slice(&mut bytes);
            Some(bytes)
        });
        Self { chunks: Box::pin(chunks) }
    }

    /// The whole body, or why it cannot be had.
    pub async fn read(&mut self, limit: usize, within: Duration) -> Result<Vec<u8>, Refused> {
        let deadline = Instant::now() + within;
        let mut body = Vec::new();
        loop {
            match timeout_at(deadline, self.chunks.next()).await {
                Err(_) => return Err(Refused::BodyTimeout(within)),
                Ok(None) => return Ok(body),
                Ok(Some(None)) => return Err(Refused::BodyCutOff),
                Ok(Some(Some(chunk))) => body.extend_from_slice(&chunk),
            }
            if body.len() > limit {
                return Err(Refused::BodyTooLarge { limit });
            }
        }
    }

    /// Reads on and forgets what it reads, for a while.
    pub async fn drain(&mut self) {
        let read_on = async {
            let mut drained = 0;
            while let Some(Some(chunk)) = self.chunks.next().await {
                drained += chunk.len();
                if drained > DRAIN_BYTES {
                    return;
                }
            }
        };
        // Either way there is nothing more to do for this client.
        let _ = timeout(DRAIN_TIME, read_on).await;
    }
}
