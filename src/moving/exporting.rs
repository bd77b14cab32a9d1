//! The sessions of a connection, written for an import elsewhere.
//!
//! A session's file is the same however it is stored and whenever it is written. So sessions that
//! go on are left out: what a file of one held would be another thing a minute later.

use std::io::Write;

use anyhow::Context as _;
use tokio::runtime::Handle;

use super::archive::{AboutConnection, AboutSession};
use crate::export::{self, Source};
use crate::ingest::gzip;
use crate::model::{Connection, Session, Status, TimestampMs};
use crate::rrweb;
use crate::store::{Scope, Store, sessions};

/// Sessions are listed so many at a time.
const PAGE: i64 = 500;

/// Batches are about this large, whatever they were stored as.
const BATCH_BYTES: usize = 256 * 1024;

const NO_LIMITS: rrweb::Limits =
    rrweb::Limits { depth: usize::MAX, events: usize::MAX, event_bytes: usize::MAX };

/// A connection that is exported, on a thread that may wait for the store.
pub struct Exporting {
    /// Where it is stored.
    pub store: Store,
    /// What the thread waits by.
    pub runtime: Handle,
    /// What may be read.
    pub scope: Scope,
    /// The connection.
    pub connection: Connection,
    /// Whether what is not masked yet stays here.
    pub holds_back: bool,
    /// Sessions of which nothing came since then are over.
    pub over_before: TimestampMs,
}

/// Why a session is left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Left {
    /// More of it is expected.
    GoesOn,
    /// A plugin is to mask it first.
    NotMasked,
}

impl Exporting {
    /// The name of its folder.
    pub fn folder(&self) -> String {
        format!("connection-{}", self.connection.id)
    }

    /// What describes the connection.
    pub fn description(&self) -> anyhow::Result<Vec<u8>> {
        let (id, name) = (self.connection.id, self.connection.name.clone());
        let read = self.store.read(move |conn| AboutConnection::read(conn, id, name));
        let mut json = serde_json::to_vec_pretty(&self.runtime.block_on(read)?)?;
        json.push(b'\n');
        Ok(json)
    }

    /// Calls `each` with all sessions, from the oldest on, and why one is left out.
    pub fn each_session(
        &self,
        mut each: impl FnMut(&Session, Option<Left>) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        let (connection, mut after) = (self.connection.id, 0);
        loop {
            let read = self.store.read(move |conn| sessions::from_row_on(conn, connection, after, PAGE));
            let page = self.runtime.block_on(read)?;
            let Some(last) = page.last() else { return Ok(()) };
            after = last.row;
            for session in &page {
                each(session, self.leaves(session))?;
            }
        }
    }

    fn leaves(&self, session: &Session) -> Option<Left> {
        if session.finished {
            return None;
        }
        let goes_on = session.status == Status::Active && last_at(session) >= self.over_before;
        if goes_on { Some(Left::GoesOn) } else { self.holds_back.then_some(Left::NotMasked) }
    }

    /// Writes a session's file, piece by piece.
    pub fn write<W: Write>(&self, session: &Session, out: W) -> anyhow::Result<W> {
        let of = session.clone();
        let about = self.runtime.block_on(self.store.read(move |conn| AboutSession::read(conn, &of)))?;
        let mut out = gzip::writer(out);
        write!(out, "[{}", serde_json::to_string(&about)?)?;
        let source = Source {
            store: self.store.clone(),
            scope: self.scope.clone(),
            connection: self.connection.id,
            session: session.id.clone(),
        };
        let playback = self.runtime.block_on(source.playback())?;
        if playback.streams.is_empty() {
            return Err(export::Error::Gone.into());
        }
        for stream in &playback.streams {
            let mut batches = Batches { stream: &stream.id, seq: 0, open: 0, out: &mut out };
            for part in &stream.parts {
                let piece = self.runtime.block_on(source.json(&stream.id, part));
                let piece = piece.with_context(|| format!("session {}", session.id))?;
                for event in rrweb::events(&piece, &NO_LIMITS)? {
                    batches.add(event.json)?;
                }
            }
            batches.close()?;
        }
        out.write_all(b"]\n")?;
        Ok(out.finish()?)
    }
}

/// The name of a session's file.
pub fn file_of(session: &Session) -> String {
    format!("sessions/{}.json.gz", session.id)
}

/// When something of it came last, about.
pub fn last_at(session: &Session) -> TimestampMs {
    session.started_at.saturating_add(session.duration_ms)
}

/// Whether a session was deleted, or stored anew, while it was read.
pub fn is_gone(error: &anyhow::Error) -> bool {
    matches!(error.downcast_ref(), Some(export::Error::Gone))
}

/// The batches of a stream, cut by what its events are and not by how they are stored, so
/// that the same events make the same file.
struct Batches<'a, W> {
    stream: &'a str,
    seq: i64,
    /// The bytes of the batch that is open; 0 when none is.
    open: usize,
    out: &'a mut W,
}

impl<W: Write> Batches<'_, W> {
    fn add(&mut self, event: &str) -> std::io::Result<()> {
        if self.open >= BATCH_BYTES {
            self.close()?;
        }
        if self.open == 0 {
            let (stream, seq) = (self.stream, self.seq);
            write!(self.out, ",\n{{\"stream\":\"{stream}\",\"seq\":{seq},\"events\":[\n")?;
        } else {
            self.out.write_all(b",\n")?;
        }
        self.out.write_all(event.as_bytes())?;
        self.open += event.len();
        Ok(())
    }

    fn close(&mut self) -> std::io::Result<()> {
        if self.open > 0 {
            self.out.write_all(b"]}")?;
            self.seq += 1;
            self.open = 0;
        }
        Ok(())
    }
}
