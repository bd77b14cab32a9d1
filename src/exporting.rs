//! A session as any rrweb player takes it.
//!
//! The streams of a session follow each other on one timeline, as the replay page
//! plays them. Timestamps never run backwards, since players sort by them; beyond
//! that each event is written as it came.

use std::io::{self, Write};

use crate::model::{ConnectionId, InvalidId, SessionId, StreamId, TimestampMs};
use crate::pieces;
use crate::playback::{Part, Playback, Stream};
use crate::rrweb::{self, Event, Limits};
use crate::store::recordings::{self, Form};
use crate::store::{self, Db, Scope, Store};

/// What was stored was within the limits when it came.
const LIMITS: Limits = Limits { depth: usize::MAX, events: usize::MAX, event_bytes: usize::MAX };

/// Why a session cannot be written out.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// A piece is damaged.
    #[error(transparent)]
    Piece(#[from] pieces::Error),
    /// What a piece holds is no recording.
    #[error(transparent)]
    Events(#[from] rrweb::Error),
    /// A stream has a name that no recorder gives.
    #[error(transparent)]
    Name(#[from] InvalidId),
    /// It is not there any more.
    #[error("the session was deleted, or stored anew, while it was exported; try again")]
    Gone,
    /// It cannot be written.
    #[error("the recording is not written")]
    Write(#[from] io::Error),
}

/// The recording of one session, to be read piece by piece.
pub struct Recording {
    store: Store,
    scope: Scope,
    connection: ConnectionId,
    session: SessionId,
    playback: Playback,
}

impl Recording {
    /// Finds out where its pieces are. Whether it may be shown is the caller's to ask.
    pub async fn open(
        store: &Store,
        scope: &Scope,
        connection: ConnectionId,
        session: &SessionId,
    ) -> Result<Self, Error> {
        let (id, seen) = (session.clone(), scope.clone());
        let stored = store.read(move |conn| recordings::streams(conn, &seen, connection, &id)).await?;
        Ok(Self {
            store: store.clone(),
            scope: scope.clone(),
            connection,
            session: session.clone(),
            playback: Playback::of(&stored),
        })
    }

    /// Its pieces, in the order they play.
    pub fn pieces(&self) -> impl Iterator<Item = (&Stream, &Part)> {
        self.playback.streams.iter().flat_map(|stream| stream.parts.iter().map(move |part| (stream, part)))
    }

    /// When it starts, by the visitor's clock.
    pub fn starts_at(&self) -> TimestampMs {
        self.playback.streams.first().map_or(0, |stream| stream.started_at)
    }

    /// A piece as it came in.
    pub async fn json(&self, stream: &Stream, part: &Part) -> Result<String, Error> {
        let (session, scope, connection) = (self.session.clone(), self.scope.clone(), self.connection);
        Ok(match part.form {
            Form::Batch => {
                let (stream, seq): (StreamId, i64) = (stream.id.parse()?, part.seq);
                let read =
                    move |conn: &Db| recordings::batch(conn, &scope, connection, &session, &stream, seq);
                pieces::batch(&self.store.read(read).await?.ok_or(Error::Gone)?)?
            }
            Form::Segment(id) => {
                let read = move |conn: &Db| recordings::segment(conn, &scope, connection, &session, id);
                let body = self.store.read(read).await?.ok_or(Error::Gone)?;
                pieces::segment(&self.store, connection, &body, part.styles.clone()).await?
            }
        })
    }
}

/// A JSON array that is written event by event.
pub struct Events<W> {
    out: W,
    starts_at: TimestampMs,
    last_at: Option<TimestampMs>,
}

impl<W: Write> Events<W> {
    /// Begins a recording.
    pub fn of(recording: &Recording, out: W) -> Self {
        Self { out, starts_at: recording.starts_at(), last_at: None }
    }

    /// Writes the events of the next piece.
    pub fn write_piece(&mut self, json: &str, stream: &Stream) -> Result<(), Error> {
        for event in rrweb::events(json, &LIMITS)? {
            // What is outside of the stream's time has a clock that lies: it plays where it stands.
            let at = stream.contains(event.timestamp).then(|| self.starts_at + stream.place(event.timestamp));
            self.write(&event, at.unwrap_or(self.last_at.unwrap_or(self.starts_at)))?;
        }
        Ok(())
    }

    fn write(&mut self, event: &Event<'_>, at: TimestampMs) -> io::Result<()> {
        self.out.write_all(if self.last_at.is_none() { b"[" } else { b",\n" })?;
        let at = self.last_at.map_or(at, |last_at| at.max(last_at));
        self.last_at = Some(at);
        let (before, after) =
            (&event.json[..event.timestamp_span.start], &event.json[event.timestamp_span.end..]);
        write!(self.out, "{before}{at}{after}")
    }

    /// The recording is over.
    pub fn finish(mut self) -> Result<(), Error> {
        let end: &[u8] = if self.last_at.is_none() { b"[]\n" } else { b"]\n" };
        self.out.write_all(end)?;
        Ok(self.out.flush()?)
    }
}
