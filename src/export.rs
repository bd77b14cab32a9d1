//! A recording as one JSON array, which any rrweb player takes.
//!
//! The streams of a session follow each other on one timeline, as the replay page
//! plays them. Timestamps never run backwards, since players sort by them; beyond
//! that each event is written as it came. Knows neither files nor HTTP.

use std::io::Write;

use crate::model::{ConnectionId, SessionId, StreamId, TimestampMs};
use crate::pieces;
use crate::playback::{Part, Playback, Stream};
use crate::rrweb::{self, Event, Limits};
use crate::store::recordings::{self, Form};
use crate::store::{self, Db, Scope, Store};

/// What was stored was within the limits when it came.
const LIMITS: Limits = Limits { depth: usize::MAX, events: usize::MAX, event_bytes: usize::MAX };

/// Why a recording is not written.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A piece is not there any more.
    #[error("the session was deleted, or stored anew, while it was exported; try again")]
    Gone,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// A piece cannot be read.
    #[error(transparent)]
    Piece(#[from] pieces::Error),
    /// What it holds are no events.
    #[error(transparent)]
    Events(#[from] rrweb::Error),
    /// It cannot be written to where it goes.
    #[error("the events cannot be written")]
    Write(#[source] std::io::Error),
}

/// A session that is written out.
#[derive(Clone)]
pub struct Source {
    /// Where it is stored.
    pub store: Store,
    /// What may be read.
    pub scope: Scope,
    /// Its connection.
    pub connection: ConnectionId,
    /// The session.
    pub session: SessionId,
}

impl Source {
    /// When its streams play.
    pub async fn playback(&self) -> store::Result<Playback> {
        let Self { store, scope, connection, session } = self.clone();
        let stored = store.read(move |conn| recordings::streams(conn, &scope, connection, &session)).await?;
        Ok(Playback::of(&stored))
    }

    /// The bytes of a piece, as they are stored.
    pub async fn stored(&self, stream: &str, part: &Part) -> Result<Vec<u8>, Error> {
        let Self { store, scope, connection, session } = self.clone();
        let (stream, form, seq) = (stream.parse::<StreamId>().map_err(|_| Error::Gone)?, part.form, part.seq);
        let read = move |conn: &Db| match form {
            Form::Batch => recordings::batch(conn, &scope, connection, &session, &stream, seq),
            Form::Segment(id) => recordings::segment(conn, &scope, connection, &session, id),
        };
        store.read(read).await?.ok_or(Error::Gone)
    }

    /// A piece as it came in: an array of events.
    pub async fn json(&self, stream: &str, part: &Part) -> Result<String, Error> {
        let body = self.stored(stream, part).await?;
        Ok(match part.form {
            Form::Batch => pieces::batch(&body)?,
            Form::Segment(_) => {
                pieces::segment(&self.store, self.connection, &body, part.styles.clone()).await?
            }
        })
    }
}

/// When a recording starts, by the visitor's clock.
pub fn starts_at(playback: &Playback) -> TimestampMs {
    playback.streams.first().map_or(0, |stream| stream.started_at)
}

/// Writes all events of a session, piece by piece. `after_each` may take away what was written so far.
pub async fn write<W: Write>(
    source: &Source,
    out: W,
    mut after_each: impl AsyncFnMut(&mut W) -> Result<(), Error>,
) -> Result<(), Error> {
    let playback = source.playback().await?;
    let starts_at = starts_at(&playback);
    let mut events = Events::to(out);
    for stream in &playback.streams {
        for part in &stream.parts {
            let json = source.json(&stream.id, part).await?;
            events.write_part(&json, stream, starts_at)?;
            after_each(&mut events.out).await?;
        }
    }
    events.finish()?;
    after_each(&mut events.out).await
}

/// A JSON array that is written event by event.
pub struct Events<W> {
    out: W,
    last_at: Option<TimestampMs>,
}

impl<W: Write> Events<W> {
    /// Begins a recording.
    pub fn to(out: W) -> Self {
        Self { out, last_at: None }
    }

    /// Writes the events of the next piece. The recording starts at `starts_at`.
    pub fn write_part(&mut self, json: &str, stream: &Stream, starts_at: TimestampMs) -> Result<(), Error> {
        for event in rrweb::events(json, &LIMITS)? {
            // What is outside of the stream's time has a clock that lies: it plays where it stands.
            let at = stream.contains(event.timestamp).then(|| starts_at + stream.place(event.timestamp));
            self.write(&event, at.unwrap_or(self.last_at.unwrap_or(starts_at))).map_err(Error::Write)?;
        }
        Ok(())
    }

    fn write(&mut self, event: &Event<'_>, at: TimestampMs) -> std::io::Result<()> {
        self.out.write_all(if self.last_at.is_none() { b"[" } else { b",\n" })?;
        let at = self.last_at.map_or(at, |last_at| at.max(last_at));
        self.last_at = Some(at);
        let (before, after) =
            (&event.json[..event.timestamp_span.start], &event.json[event.timestamp_span.end..]);
        write!(self.out, "{before}{at}{after}")
    }

    /// The recording is over.
    pub fn finish(&mut self) -> Result<(), Error> {
        let end: &[u8] = if self.last_at.is_none() { b"[]\n" } else { b"]\n" };
        self.out.write_all(end).and_then(|()| self.out.flush()).map_err(Error::Write)
    }
}
