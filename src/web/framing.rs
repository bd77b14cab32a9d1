//! Watching a connection's bytes for requests that two readers could cut differently.
//!
//! A request that has both `Content-Length` and `Transfer-Encoding` is how one request
//! is smuggled past a proxy inside another. hyper takes the one, drops the other and
//! closes the connection after it, which is safe but not visible to a handler; so the
//! heads are looked at here on their way to hyper. Nothing is changed on the way, and
//! what is broken otherwise is left for hyper to refuse.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// The start of a header line that is kept: enough for the names looked for and a length.
const LINE_START: usize = 64;

/// Whether the latest request of a connection was ambiguous. Clones tell of the same connection.
#[derive(Clone, Default)]
pub struct Ambiguous(Arc<AtomicBool>);

impl Ambiguous {
    /// Whether it was.
    pub fn get(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// A socket whose requests are watched.
pub struct Watched<S> {
    socket: S,
    heads: Heads,
}

impl<S> Watched<S> {
    /// Watches the socket; what it finds is told through `ambiguous`.
    pub fn new(socket: S, ambiguous: Ambiguous) -> Self {
        Self { socket, heads: Heads::new(ambiguous) }
    }
}

/// Follows the bytes from head to head.
struct Heads {
    ambiguous: Ambiguous,
    place: Place,
    line: Vec<u8>,
    is_first_line: bool,
    length: Option<u64>,
    has_coding: bool,
}

enum Place {
    Head,
    /// So much of a body is still to come.
    Body(u64),
    /// A body whose end only hyper knows, or a broken head. The connection is closed after such a request.
    Lost,
}

impl Heads {
    fn new(ambiguous: Ambiguous) -> Self {
        Self {
            ambiguous,
            place: Place::Head,
            line: Vec::new(),
            is_first_line: true,
            length: None,
            has_coding: false,
        }
    }

    fn see(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            match &mut self.place {
                Place::Lost => return,
                Place::Body(left) => {
                    let here = (*left).min(bytes.len() as u64);
                    *left -= here;
                    bytes = &bytes[here as usize..];
                    if *left == 0 {
                        self.place = Place::Head;
                    }
                }
                Place::Head => bytes = self.see_line(bytes),
            }
        }
    }

    /// Takes the bytes up to the end of a line and returns the rest.
    fn see_line<'a>(&mut self, bytes: &'a [u8]) -> &'a [u8] {
        let end = memchr::memchr(b'\n', bytes);
        let part = &bytes[..end.unwrap_or(bytes.len())];
        let room = LINE_START.saturating_sub(self.line.len()).min(part.len());
        self.line.extend_from_slice(&part[..room]);
        let Some(end) = end else { return &[] };
        self.end_line();
        self.line.clear();
        &bytes[end + 1..]
    }

    fn end_line(&mut self) {
        let line = self.line.trim_ascii_end();
        if line.is_empty() {
            if !self.is_first_line {
                self.end_head();
            }
            return;
        }
        self.is_first_line = false;
        let Some(colon) = memchr::memchr(b':', line) else { return };
        let (name, value) = (line[..colon].trim_ascii(), line[colon + 1..].trim_ascii());
        if name.eq_ignore_ascii_case(b"content-length") {
            // A length that is none is hyper's to refuse.
            self.length = std::str::from_utf8(value).ok().and_then(|value| value.parse().ok()).or(Some(0));
        } else if name.eq_ignore_ascii_case(b"transfer-encoding") {
            self.has_coding = true;
        }
    }

    fn end_head(&mut self) {
        self.ambiguous.0.store(self.has_coding && self.length.is_some(), Ordering::Relaxed);
        self.place = match self.length {
            _ if self.has_coding => Place::Lost,
            Some(length) if length > 0 => Place::Body(length),
            _ => Place::Head,
        };
        self.is_first_line = true;
        self.length = None;
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Watched<S> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buf.filled().len();
        let read = Pin::new(&mut this.socket).poll_read(cx, buf);
        this.heads.see(&buf.filled()[before..]);
        read
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Watched<S> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().socket).poll_write(cx, buf)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().socket).poll_write_vectored(cx, bufs)
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

    /// Whether the last request is found ambiguous, however the bytes are cut into reads.
    fn is_ambiguous(requests: &str) -> bool {
        let answers: Vec<bool> = [1, 2, 7, 10_000]
            .into_iter()
            .map(|size| {
                let ambiguous = Ambiguous::default();
                let mut heads = Heads::new(ambiguous.clone());
                requests.as_bytes().chunks(size).for_each(|part| heads.see(part));
                ambiguous.get()
            })
            .collect();
        assert!(answers.iter().all(|answer| *answer == answers[0]), "{requests:?}: {answers:?}");
        answers[0]
    }

    #[test]
    fn a_request_with_two_framings_is_found_wherever_it_stands() {
        let both = "POST / HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n";
        let swapped = "POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\nCONTENT-LENGTH: 3\r\n\r\n0\r\n\r\n";
        let plain = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
        let with_body =
            "POST / HTTP/1.1\nContent-Length: 45\n\nContent-Length: 1\nTransfer-Encoding: chunked\n\n";
        assert_eq!("Content-Length: 1\nTransfer-Encoding: chunked\n\n".len(), 46);
        let with_body = with_body.replace("45", "46");
        for bad in [both, swapped] {
            assert!(is_ambiguous(bad), "{bad:?}");
            assert!(is_ambiguous(&format!("\r\n{plain}{with_body}{bad}")), "{bad:?} behind others");
        }
        for good in [plain, &with_body, "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"] {
            assert!(!is_ambiguous(good), "{good:?}");
        }
        assert!(!is_ambiguous(
            "GET / HTTP/1.1\r\nX: content-length: 1\r\nY: transfer-encoding: chunked\r\n\r\n"
        ));
    }

    #[test]
    fn endless_lines_take_no_memory() {
        let mut heads = Heads::new(Ambiguous::default());
        for _ in 0..1000 {
            heads.see(&[b'x'; 1000]);
        }
        assert!(heads.line.capacity() <= 2 * LINE_START);
    }
}
