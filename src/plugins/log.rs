//! What a plugin prints: lines with a level, bounded, as text that can be shown.

use std::sync::{Arc, Mutex, MutexGuard};

use serde::{Deserialize, Serialize};
use wasmtime_wasi::cli::{IsTerminal, StdoutStream};
use wasmtime_wasi::p2::{OutputStream, Pollable, StreamResult};

use super::text;
use crate::timeline::Level;

/// What is kept of one run.
const MAX_BYTES: usize = 64 * 1024;

/// A line counts for at least this much, so that empty ones are bounded too.
const MIN_LINE_BYTES: usize = 64;

/// What WASI may write in one call.
const WRITE_BYTES: usize = 64 * 1024;

/// What a run printed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Log {
    /// The first lines.
    pub lines: Vec<Line>,
    /// How many more there were.
    pub dropped: usize,
    #[serde(skip)]
    bytes: usize,
}

/// A line of the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "plain words")]
pub struct Line {
    pub level: Level,
    pub text: String,
}

impl Log {
    /// Adds a line, if there is room.
    pub fn add(&mut self, level: Level, line: &str) {
        if self.bytes >= MAX_BYTES {
            self.dropped += 1;
            return;
        }
        let line = text::clean(line.trim_end(), MAX_BYTES - self.bytes);
        self.bytes += line.len().max(MIN_LINE_BYTES);
        self.lines.push(Line { level, text: line });
    }
}

/// The log of a run that goes on: the host's import and WASI's streams write to it.
#[derive(Clone, Debug, Default)]
pub struct SharedLog(Arc<Mutex<Log>>);

impl SharedLog {
    /// Adds a line, if there is room.
    pub fn add(&self, level: Level, line: &str) {
        self.lock().add(level, line);
    }

    /// What was printed so far.
    pub fn snapshot(&self) -> Log {
        self.lock().clone()
    }

    /// The last line that tells of trouble.
    pub fn last_complaint(&self) -> Option<String> {
        let log = self.lock();
        let complaint = log
            .lines
            .iter()
            .rfind(|line| matches!(line.level, Level::Warn | Level::Error) && !line.text.is_empty());
        complaint.map(|line| line.text.clone())
    }

    fn lock(&self) -> MutexGuard<'_, Log> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// A stream whose lines have this level.
    pub fn stream(&self, level: Level) -> Stream {
        Stream { log: self.clone(), level, rest: Arc::default() }
    }
}

/// A standard stream of WASI that ends in the log.
#[derive(Clone)]
pub struct Stream {
    log: SharedLog,
    level: Level,
    /// The begin of a line whose end has not come.
    rest: Arc<Mutex<Vec<u8>>>,
}

impl Stream {
    fn take(&self, bytes: &[u8]) {
        let mut rest = self.rest.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            rest.extend_from_slice(piece);
            if piece.ends_with(b"\n") || rest.len() > MAX_BYTES {
                self.log.add(self.level, &String::from_utf8_lossy(&rest));
                rest.clear();
            }
        }
    }
}

/// What was printed without an end of line counts too.
impl Drop for Stream {
    fn drop(&mut self) {
        let rest = std::mem::take(&mut *self.rest.lock().unwrap_or_else(std::sync::PoisonError::into_inner));
        if !rest.is_empty() {
            self.log.add(self.level, &String::from_utf8_lossy(&rest));
        }
    }
}

impl IsTerminal for Stream {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdoutStream for Stream {
    fn async_stream(&self) -> Box<dyn tokio::io::AsyncWrite + Send + Sync> {
        // Only WASI 0.3 asks for this, and that is not linked.
        Box::new(tokio::io::sink())
    }

    fn p2_stream(&self) -> Box<dyn OutputStream> {
        Box::new(self.clone())
    }
}

#[wasmtime_wasi::async_trait]
impl Pollable for Stream {
    async fn ready(&mut self) {}
}

impl OutputStream for Stream {
    fn write(&mut self, bytes: bytes::Bytes) -> StreamResult<()> {
        self.take(&bytes);
        Ok(())
    }

    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        Ok(WRITE_BYTES)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_is_cut_and_counted() {
        let mut log = Log::default();
        for _ in 0..5000 {
            log.add(Level::Info, &"x".repeat(1000));
        }
        assert_eq!((log.lines.len(), log.dropped), (66, 4934));
        let mut empty = Log::default();
        (0..5000).for_each(|_| empty.add(Level::Info, ""));
        assert_eq!(empty.lines.len(), 1024);
    }

    #[test]
    fn streams_become_lines() {
        let log = SharedLog::default();
        let stream = log.stream(Level::Warn);
        stream.take(b"Traceback\nValueE");
        stream.take(b"rror: \xff\x1b[31m\nend");
        drop(stream);
        let lines: Vec<String> = log.snapshot().lines.into_iter().map(|line| line.text).collect();
        assert_eq!(lines, ["Traceback", "ValueError: \u{fffd}[31m", "end"]);
        assert_eq!(log.last_complaint().as_deref(), Some("end"));
    }
}
