//! Sending a file while it is written.

use std::io;

use futures_util::stream::unfold;
use hyper::body::Bytes;
use tokio::sync::{Semaphore, mpsc};
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

/// A file that is sent.
pub struct File {
    /// What the browser calls it. Plain ASCII.
    pub name: String,
    /// Its `Content-Type`.
    pub content_type: &'static str,
}

/// Where a file is written to.
pub struct Sink(mpsc::Sender<io::Result<Bytes>>);

impl Sink {
    /// Sends the next piece; waits while the client has enough to read.
    pub async fn send(&self, piece: impl Into<Bytes>) -> io::Result<()> {
        let mut piece = piece.into();
        while !piece.is_empty() {
            let next = piece.split_to(piece.len().min(MOST_BYTES));
            self.0.send(Ok(next)).await.map_err(|_| io::ErrorKind::BrokenPipe)?;
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
        let sink = Sink(sender.clone());
        if let Err(error) = runtime.block_on(work(sink)) {
            let is_gone = sender.is_closed();
            if !is_gone {
                tracing::error!(%error, "a file was not written to its end");
                let cut_off = Err(io::Error::other("the file was not written to its end"));
                // Whoever has gone meanwhile needs no telling.
                let _told = runtime.block_on(sender.send(cut_off));
            }
        }
    });
    let pieces = unfold(receiver, async |mut receiver| Some((receiver.recv().await?, receiver)));
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
