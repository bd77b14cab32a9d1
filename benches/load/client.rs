//! An HTTP/1.1 client that costs little: one connection, one request at a time, no copies.
//!
//! It reads what a server with a `Content-Length` answers, and nothing else.

use std::io::{Error, ErrorKind, IoSlice, Result};
use std::net::SocketAddr;

use tokio::net::{TcpSocket, TcpStream};

/// Enough for the answer to an upload.
const BUFFER_BYTES: usize = 4 * 1024;

/// A kept connection.
pub struct Client {
    stream: TcpStream,
    buffer: Vec<u8>,
    filled: usize,
}

/// What came back; the bytes are with the client until its next request.
#[derive(Clone, Copy, Debug)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// How many bytes the head has.
    head_bytes: usize,
    /// How many bytes head and body have.
    bytes: usize,
}

impl Client {
    /// Connects.
    pub async fn connect(address: SocketAddr) -> Result<Self> {
        Self::of(TcpStream::connect(address).await?)
    }

    /// Connects from an address of this machine: each has ports of its own.
    pub async fn connect_from(source: SocketAddr, address: SocketAddr) -> Result<Self> {
        let socket = TcpSocket::new_v4()?;
        socket.bind(source)?;
        Self::of(socket.connect(address).await?)
    }

    fn of(stream: TcpStream) -> Result<Self> {
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: Vec::new(), filled: 0 })
    }

    /// Sends a request and waits for the whole answer.
    pub async fn exchange(&mut self, head: &[u8], body: &[u8]) -> Result<Answer> {
        self.write(head, body).await?;
        self.filled = 0;
        if self.buffer.is_empty() {
            self.buffer.resize(BUFFER_BYTES, 0);
        }
        let head_bytes = self.read_head().await?;
        let bytes = head_bytes + content_length(&self.buffer[..head_bytes])?;
        if self.buffer.len() < bytes {
            self.buffer.resize(bytes, 0);
        }
        while self.filled < bytes {
            self.fill().await?;
        }
        let status = status(&self.buffer[..head_bytes]).ok_or_else(|| bad("no status"))?;
        Ok(Answer { status, head_bytes, bytes })
    }

    /// Asks for a path.
    pub async fn get(&mut self, path: &str, headers: &str) -> Result<Answer> {
        let head = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n");
        self.exchange(head.as_bytes(), b"").await
    }

    /// A header of the last answer.
    pub fn header(&self, answer: &Answer, name: &str) -> Option<&str> {
        header(&self.buffer[..answer.head_bytes], name)
    }

    /// The body of the last answer.
    pub fn body(&self, answer: &Answer) -> &[u8] {
        &self.buffer[answer.head_bytes..answer.bytes]
    }

    async fn write(&self, mut head: &[u8], mut body: &[u8]) -> Result<()> {
        while !head.is_empty() || !body.is_empty() {
            match self.stream.try_write_vectored(&[IoSlice::new(head), IoSlice::new(body)]) {
                Ok(written) => {
                    let of_head = written.min(head.len());
                    head = &head[of_head..];
                    body = &body[written - of_head..];
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => self.stream.writable().await?,
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    async fn read_head(&mut self) -> Result<usize> {
        let mut searched: usize = 0;
        loop {
            let from = searched.saturating_sub(3);
            let found = self.buffer[from..self.filled].windows(4).position(|window| window == b"\r\n\r\n");
            if let Some(position) = found {
                return Ok(from + position + 4);
            }
            searched = self.filled;
            self.fill().await?;
        }
    }

    async fn fill(&mut self) -> Result<()> {
        if self.filled == self.buffer.len() {
            self.buffer.resize(self.filled * 2, 0);
        }
        loop {
            match self.stream.try_read(&mut self.buffer[self.filled..]) {
                Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
                Ok(read) => {
                    self.filled += read;
                    return Ok(());
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => self.stream.readable().await?,
                Err(error) => return Err(error),
            }
        }
    }
}

fn status(head: &[u8]) -> Option<u16> {
    std::str::from_utf8(head.get(9..12)?).ok()?.parse().ok()
}

fn content_length(head: &[u8]) -> Result<usize> {
    let length = header(head, "content-length").and_then(|value| value.parse().ok());
    length.ok_or_else(|| bad("no Content-Length"))
}

fn header<'a>(head: &'a [u8], name: &str) -> Option<&'a str> {
    let mut lines = head.split(|byte| *byte == b'\n');
    let line = lines.find(|line| {
        line.get(name.len()) == Some(&b':') && line[..name.len()].eq_ignore_ascii_case(name.as_bytes())
    })?;
    std::str::from_utf8(&line[name.len() + 1..]).ok().map(str::trim)
}

fn bad(what: &str) -> Error {
    Error::new(ErrorKind::InvalidData, format!("the answer has {what}"))
}
