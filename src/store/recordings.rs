//! The bytes of recordings, and where each piece stands.
//!
//! The only functions that reach recorded bytes, so that another place to keep
//! them can stand behind the same few operations.

use rusqlite::{Connection as Db, OptionalExtension, named_params};

use super::{Result, Scope};
use crate::model::{ConnectionId, SessionId, StreamId, TimestampMs};

/// One page load of a session with the pieces it is stored in.
#[derive(Clone, Debug)]
pub struct StoredStream {
    /// The recorder's name for it.
    pub id: String,
    /// Its first event, by the visitor's clock.
    pub first_at: TimestampMs,
    /// Its last event, by the visitor's clock.
    pub last_at: TimestampMs,
    /// In the order of `seq`.
    pub parts: Vec<StoredPart>,
}

/// One piece of a stream; its bytes are reached with [`part`].
#[derive(Clone, Debug)]
pub struct StoredPart {
    /// Its place in the stream.
    pub seq: i64,
    /// Its first event, by the visitor's clock.
    pub first_at: TimestampMs,
    /// Its last event, by the visitor's clock.
    pub last_at: TimestampMs,
    /// How many events it holds.
    pub events: i64,
    /// How many of them the visitor caused.
    pub interactions: i64,
    /// Whether it holds a full snapshot.
    pub snapshot: bool,
}

/// The streams of a session, by the time of their first event. Reads no recorded bytes.
pub fn streams(
    conn: &Db,
    scope: &Scope,
    connection: ConnectionId,
    session: &SessionId,
) -> Result<Vec<StoredStream>> {
    if !scope.allows(connection) {
        return Ok(Vec::new());
    }
    let mut statement = conn.prepare_cached(
        "SELECT stream.public_id, stream.first_event_at, stream.last_event_at,
                batch.seq, batch.first_event_at, batch.last_event_at, batch.events, batch.interactions,
                batch.snapshot
         FROM session
         JOIN stream ON stream.session_id = session.id
         JOIN batch ON batch.stream_id = stream.id
         WHERE session.connection_id = :connection AND session.public_id = :session
         ORDER BY stream.first_event_at, stream.id, batch.seq",
    )?;
    let mut rows =
        statement.query(named_params! { ":connection": connection.0, ":session": session.as_str() })?;
    let mut streams: Vec<StoredStream> = Vec::new();
    while let Some(row) = rows.next()? {
        let id: String = row.get(0)?;
        let part = StoredPart {
            seq: row.get(3)?,
            first_at: row.get(4)?,
            last_at: row.get(5)?,
            events: row.get(6)?,
            interactions: row.get(7)?,
            snapshot: row.get(8)?,
        };
        match streams.last_mut().filter(|stream| stream.id == id) {
            Some(stream) => stream.parts.push(part),
            None => streams.push(StoredStream {
                id,
                first_at: row.get(1)?,
                last_at: row.get(2)?,
                parts: vec![part],
            }),
        }
    }
    Ok(streams)
}

/// The bytes of one piece: one gzip member that holds a JSON array of rrweb events.
pub fn part(
    conn: &Db,
    scope: &Scope,
    connection: ConnectionId,
    session: &SessionId,
    stream: &StreamId,
    seq: i64,
) -> Result<Option<Vec<u8>>> {
    if !scope.allows(connection) {
        return Ok(None);
    }
    let mut statement = conn.prepare_cached(
        "SELECT batch.body
         FROM session
         JOIN stream ON stream.session_id = session.id AND stream.public_id = :stream
         JOIN batch ON batch.stream_id = stream.id AND batch.seq = :seq
         WHERE session.connection_id = :connection AND session.public_id = :session",
    )?;
    let found = statement.query_row(
        named_params! {
            ":connection": connection.0,
            ":session": session.as_str(),
            ":stream": stream.as_str(),
            ":seq": seq,
        },
        |row| row.get(0),
    );
    Ok(found.optional()?)
}
