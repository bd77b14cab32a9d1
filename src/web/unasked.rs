//! What hyper answers by itself, where a head cannot be read: it gets the headers that every
//! answer of ours has.
//!
//! No handler is asked then, so this happens on the way to the socket. Nothing else is changed:
//! what is looked at is written after bytes arrived that no handler was asked about, is a head
//! and nothing more, says that something was wrong, and has no headers of ours.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};

use hyper::body::Bytes;
use memchr::memmem;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::router::Surface;
use super::{Response, headers};

/// Whether bytes have come that no handler was asked about. Clones tell of the same connection.
#[derive(Clone, Default)]
pub struct Unasked(Arc<AtomicBool>);

impl Unasked {
    /// A handler is asked.
    pub fn is_asked(&self) {
        self.0.store(false, Ordering::Relaxed);
    }
}

/// The headers of all answers, as they are written.
pub fn lines(is_https: bool) -> Bytes {
    let mut response = Response::default();
    headers::add(&mut response, Surface::Data);
    if is_https {
        headers::add_hsts(response.headers_mut());
    }
    let mut lines = Vec::new();
    for (name, value) in response.headers() {
        lines.extend_from_slice(b"\r\n");
        lines.extend_from_slice(name.as_str().as_bytes());
        lines.extend_from_slice(b": ");
        lines.extend_from_slice(value.as_bytes());
    }
    lines.into()
}

/// A socket on which such answers get the headers.
pub struct Dressing<S> {
    socket: S,
    unasked: Unasked,
    lines: Bytes,
    /// What is still to be written in place of what hyper wrote, and how long that was.
    left: Vec<u8>,
    length: usize,
}

impl<S> Dressing<S> {
    /// Adds the lines where they are missing.
    pub fn new(socket: S, unasked: Unasked, lines: Bytes) -> Self {
        Self { socket, unasked, lines, left: Vec::new(), length: 0 }
    }

    /// The words with our headers, if they are hyper's own.
    fn dressed(&self, words: &[u8]) -> Option<Vec<u8>> {
        const END: &[u8] = b"\r\n\r\n";
        if !self.unasked.0.load(Ordering::Relaxed) || !words.starts_with(b"HTTP/1.1 4") {
            return None;
        }
        let head = words.strip_suffix(END)?;
        let is_ours = memmem::find(head, b"x-content-type-options").is_some();
        if is_ours || memmem::find(head, END).is_some() {
            return None;
        }
        Some([head, &self.lines, END].concat())
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Dressing<S> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buf.filled().len();
        let read = Pin::new(&mut this.socket).poll_read(cx, buf);
        if buf.filled().len() > before {
            this.unasked.0.store(true, Ordering::Relaxed);
        }
        read
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Dressing<S> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, words: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        if this.left.is_empty() {
            let Some(dressed) = this.dressed(words) else {
                return Pin::new(&mut this.socket).poll_write(cx, words);
            };
            (this.left, this.length) = (dressed, words.len());
        }
        while !this.left.is_empty() {
            let written = ready!(Pin::new(&mut this.socket).poll_write(cx, &this.left))?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            this.left.drain(..written);
        }
        Poll::Ready(Ok(this.length))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match bufs {
            [only] => self.poll_write(cx, only),
            bufs => Pin::new(&mut self.get_mut().socket).poll_write_vectored(cx, bufs),
        }
    }

    fn is_write_vectored(&self) -> bool {
        self.socket.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().socket).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().socket).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    /// What arrives of the words, after a byte came that may have been asked about.
    async fn written(words: &[u8], is_asked: bool) -> String {
        let (ours, mut theirs) = tokio::io::duplex(7);
        let unasked = Unasked::default();
        let mut socket = Dressing::new(ours, unasked.clone(), lines(true));
        theirs.write_all(b"?").await.expect("room");
        socket.read_u8().await.expect("a byte");
        if is_asked {
            unasked.is_asked();
        }
        let words = words.to_vec();
        let writing = tokio::spawn(async move { socket.write_all(&words).await });
        let mut arrived = String::new();
        theirs.read_to_string(&mut arrived).await.expect("text");
        writing.await.expect("no panic").expect("written");
        arrived
    }

    #[tokio::test]
    async fn only_what_hyper_says_by_itself_is_added_to() {
        const BAD: &str = "HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
        let dressed = written(BAD.as_bytes(), false).await;
        assert!(
            dressed.starts_with("HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n")
        );
        for line in
            ["x-content-type-options: nosniff", "x-frame-options: DENY", "strict-transport-security: max"]
        {
            assert!(dressed.contains(&format!("\r\n{line}")), "{dressed}");
        }
        assert!(dressed.ends_with("\r\n\r\n") && dressed.matches("\r\n\r\n").count() == 1, "{dressed}");
        for (words, is_asked) in [
            (BAD.to_owned(), true),
            (format!("{BAD}{BAD}"), false),
            (format!("{BAD}body"), false),
            (BAD.replace("400 Bad Request", "200 OK"), false),
            (BAD.replace("\r\n\r\n", "\r\nx-content-type-options: nosniff\r\n\r\n"), false),
        ] {
            assert_eq!(written(words.as_bytes(), is_asked).await, words);
        }
    }
}
