//! An answer as a stream that does its own work: whoever drops it ends the work.

use std::pin::Pin;
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll};

use futures_util::Stream;
use futures_util::future::BoxFuture;
use tokio::sync::mpsc::{Receiver, Sender, channel};

use super::{Failure, Piece};

/// So many pieces wait for a visitor who reads slowly; then the work waits as well.
const AHEAD: usize = 32;

type Work = BoxFuture<'static, Result<(), Failure>>;

/// The pieces of an answer as they come; after a failure there are no more.
pub struct Pieces {
    /// None once it is over. Responses have to be `Sync`, which futures are not; nobody
    /// ever waits for this lock.
    work: Option<Mutex<Work>>,
    pieces: Receiver<Piece>,
    failure: Option<Failure>,
}

impl Pieces {
    /// What the work sends while it runs.
    pub(super) fn of<F>(work: impl FnOnce(Sender<Piece>) -> F) -> Self
    where
        F: Future<Output = Result<(), Failure>> + Send + 'static,
    {
        let (sender, pieces) = channel(AHEAD);
        Self { work: Some(Mutex::new(Box::pin(work(sender)))), pieces, failure: None }
    }
}

impl Stream for Pieces {
    type Item = Result<Piece, Failure>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        let work = this.work.as_mut().map(|work| work.get_mut().unwrap_or_else(PoisonError::into_inner));
        if let Some(Poll::Ready(outcome)) = work.map(|work| work.as_mut().poll(context)) {
            // The other end of the channel goes with it, so that the pieces come to an end.
            this.work = None;
            this.failure = outcome.err();
        }
        match this.pieces.poll_recv(context) {
            Poll::Ready(Some(piece)) => Poll::Ready(Some(Ok(piece))),
            Poll::Ready(None) => Poll::Ready(this.failure.take().map(Err)),
            Poll::Pending => Poll::Pending,
        }
    }
}
