//! Files that are written while they are sent, so that they may be larger than memory.
//!
//! Few are written at once, and one that nobody takes is given up.

use std::io;
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream::unfold;
use tokio::runtime::Handle;
use tokio::sync::{Semaphore, mpsc};
use warp::Reply;
use warp::http::{HeaderValue, header};

use super::Response;
use super::problem::Problem;

/// So many files are written at once.
static AT_ONCE: Semaphore = Semaphore::const_new(2);

/// Pieces that wait to be sent.
const WAITING: usize = 4;

/// The size of a piece.
const PIECE_BYTES: usize = 64 * 1024;

/// Who takes nothing for so long is gone.
const PATIENCE: Duration = Duration::from_secs(60);

type Piece = io::Result<Bytes>;

/// An answer that `write` writes, on a thread that may wait for the store by the handle it
/// is given. What goes wrong on the way cuts the file off, so that nobody takes it for a
/// whole one.
pub fn file(
    kind: &'static str,
    name: &str,
    write: impl FnOnce(&mut Out, &Handle) -> anyhow::Result<()> + Send + 'static,
) -> Result<Response, Problem> {
    let permit = AT_ONCE
        .try_acquire()
        .map_err(|_| Problem::busy("Other files are being written. Try again in a moment."))?;
    let (pieces, taken) = mpsc::channel::<Piece>(WAITING);
    let runtime = Handle::current();
    tokio::task::spawn_blocking(move || {
        let _permit = permit;
        let mut out = Out { pieces: pieces.clone(), runtime: runtime.clone(), piece: Vec::new() };
        let written = write(&mut out, &runtime).and_then(|()| Ok(io::Write::flush(&mut out)?));
        if let Err(error) = written
            && !pieces.is_closed()
        {
            tracing::warn!(%error, "a download was cut off");
            let cut_off = io::Error::other("the file could not be written to its end");
            runtime.block_on(async { pieces.send_timeout(Err(cut_off), PATIENCE).await.ok() });
        }
    });
    let stream = unfold(taken, |mut taken| async move { taken.recv().await.map(|piece| (piece, taken)) });
    let mut response = warp::reply::stream(stream).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    let disposition = HeaderValue::from_str(&format!("attachment; filename=\"{name}\""));
    headers.insert(header::CONTENT_DISPOSITION, disposition.expect("a file's name is plain ASCII"));
    Ok(response)
}

/// Where a file is written to.
pub struct Out {
    pieces: mpsc::Sender<Piece>,
    runtime: Handle,
    piece: Vec<u8>,
}

impl Out {
    fn send(&mut self) -> io::Result<()> {
        if self.piece.is_empty() {
            return Ok(());
        }
        let piece = Bytes::from(std::mem::take(&mut self.piece));
        let sent = self.runtime.block_on(async { self.pieces.send_timeout(Ok(piece), PATIENCE).await });
        sent.map_err(|_| io::Error::new(io::ErrorKind::BrokenPipe, "nobody takes the file any more"))
    }
}

impl io::Write for Out {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let room = PIECE_BYTES - self.piece.len();
        let taken = &bytes[..bytes.len().min(room)];
        self.piece.extend_from_slice(taken);
        if self.piece.len() == PIECE_BYTES {
            self.send()?;
        }
        Ok(taken.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.send()
    }
}
