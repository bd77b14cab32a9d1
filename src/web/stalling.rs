//! A connection whose other end has to take what it is sent.
//!
//! hyper waits for ever until a client reads on. Who asks for much and reads nothing would
//! keep a place among the connections, and the answer in memory, as long as they like.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

/// A socket that fails when nothing could be sent for some time.
pub struct Stalling<S> {
    socket: S,
    within: Duration,
    /// Since nothing could be sent.
    giving_up: Option<Pin<Box<Sleep>>>,
}

impl<S> Stalling<S> {
    /// Waits so long for the other end.
    pub fn new(socket: S, within: Duration) -> Self {
        Self { socket, within, giving_up: None }
    }

    /// What the socket says, or that the time is over.
    fn watch<T>(&mut self, sent: Poll<io::Result<T>>, cx: &mut Context<'_>) -> Poll<io::Result<T>> {
        if sent.is_ready() {
            self.giving_up = None;
            return sent;
        }
        let giving_up = self.giving_up.get_or_insert_with(|| Box::pin(sleep(self.within)));
        ready!(giving_up.as_mut().poll(cx));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Stalling<S> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().socket).poll_read(cx, buf)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Stalling<S> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let sent = Pin::new(&mut this.socket).poll_write(cx, buf);
        this.watch(sent, cx)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let sent = Pin::new(&mut this.socket).poll_write_vectored(cx, bufs);
        this.watch(sent, cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.socket.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let sent = Pin::new(&mut this.socket).poll_flush(cx);
        this.watch(sent, cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let sent = Pin::new(&mut this.socket).poll_shutdown(cx);
        this.watch(sent, cx)
    }
}
