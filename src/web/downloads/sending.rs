//! Sending a file while it is written.

use std::io;
use std::time::Duration;

use futures_util::stream::unfold;
use hyper::body::Bytes;
use tokio::sync::{Semaphore, mpsc};
use tokio::time::timeout;
use warp::Reply;
use warp::http::{HeaderValue, header};

use super::super::Response;
use super::super::problem::Problem;

/// Each is worth a thread and some pieces of a recording in memory.
static TURNS: Semaphore = Semaphore::const_new(4);

/// So many pieces wait for a client that reads slowly.
const WAITING: usize = 2;

/// Larger pieces are cut, so that none waits in the client's way.
const MOST_BYTES: usize = 256 * 1024;

/// A client that takes nothing for so long has no turn any more.
const PATIENCE: Duration = Duration::from_secs(60);

/// A file that is sent.
pub struct File {
    /// What the browser calls it. Plain ASCII.
    pub name: String,
    /// Its `Content-Type`.
    pub content_type: &'static str,
}

/// Where a file is written to.
pub struct Sink(mpsc::Sender<Piece>);

/// `None` says that there was all of it.
type Piece = Option<Bytes>;

impl Sink {
    /// Sends the next piece; waits while the client has enough to read.
    pub async fn send(&self, piece: impl Into<Bytes>) -> io::Result<()> {
        let mut piece = piece.into();
        while !piece.is_empty() {
            let next = piece.split_to(piece.len().min(MOST_BYTES));
            let sent = timeout(PATIENCE, self.0.send(Some(next))).await;
            sent.map_err(|_| io::ErrorKind::TimedOut)?.map_err(|_| io::ErrorKind::BrokenPipe)?;
        }
        Ok(())
    }
}

/// Answers with a file that `work` writes. What fails on the way cuts the file off, which a
/// browser tells as a download that failed.
pub fn send<W, F>(file: File, work: W) -> Result<Response, Problem>
where
    W: FnOnce(Sink) -> F + Send + 'static,
    F: Future<Output = anyhow::Result<()>>,
{
    let turn = TURNS
        .try_acquire()
        .map_err(|_| Problem::busy("Several files are being written already. Try again in a few seconds."))?;
    let (sender, receiver) = mpsc::channel(WAITING);
    let runtime = tokio::runtime::Handle::current();
    tokio::task::spawn_blocking(move || {
        let _turn = turn;
        let outcome = runtime.block_on(async {
            work(Sink(sender.clone())).await?;
            Ok::<_, anyhow::Error>(timeout(PATIENCE, sender.send(None)).await??)
        });
        if let Err(error) = outcome
            && !sender.is_closed()
        {
            tracing::error!(%error, "a file was not written to its end");
        }
    });
    let pieces = unfold(Some(receiver), async |receiver| {
        let mut receiver = receiver?;
        Some(match receiver.recv().await {
            Some(Some(piece)) => (Ok(piece), Some(receiver)),
            // Where the end was not said, there is more, and what came is not the file.
            None => (Err(io::Error::other("the file was not written to its end")), None),
            Some(None) => return None,
        })
    });
    let mut response = warp::reply::stream(pieces).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(file.content_type));
    headers.insert(header::CONTENT_DISPOSITION, attachment(&file.name)?);
    Ok(response)
}

/// Says that a file is to be saved, and under which name.
pub fn attachment(name: &str) -> Result<HeaderValue, Problem> {
    HeaderValue::from_str(&format!("attachment; filename=\"{name}\"")).map_err(|_| Problem::internal())
}
