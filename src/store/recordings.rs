//! The bytes of recordings, and where each piece stands.
//!
//! The only functions that reach recorded bytes, so that another place to keep
//! them can stand behind the same few operations.

use rusqlite::{Connection as Db, OptionalExtension, Row, named_params};

use super::{Result, Scope, stretches};
use crate::model::{ConnectionId, SessionId, StreamId, Stretch, StyleHash, TimestampMs};

/// One page load of a session with the pieces it is stored in.
#[derive(Clone, Debug)]
pub struct StoredStream {
    /// Changes when the stream is stored in other pieces than before.
    pub version: i64,
    /// The recorder's name for it.
    pub id: String,
    /// Its first event, by the visitor's clock.
    pub first_at: TimestampMs,
    /// Its last event, by the visitor's clock.
    pub last_at: TimestampMs,
    /// In the order of their first events.
    pub parts: Vec<StoredPart>,
}

/// How a piece is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// As it came; its bytes are reached with [`batch`].
    Batch,
    /// Finished, under this id; its bytes are reached with [`segment`].
    Segment(i64),
}

/// One piece of a stream.
#[derive(Clone, Debug)]
pub struct StoredPart {
    /// How it is stored.
    pub form: Form,
    /// The batch that its first event came in.
    pub seq: i64,
    /// Which event of that batch its first one is.
    pub index: i64,
    /// The batch that its last event came in.
    pub last_seq: i64,
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
    /// When the visitor did something: of a batch no more is known than that it was within it.
    pub active: Vec<Stretch>,
    /// The size of its JSON; 0 when it is not known.
    pub json_bytes: i64,
    /// The stylesheets that stand for themselves in it.
    pub styles: Vec<StyleHash>,
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
        "SELECT stream.id, stream.public_id, stream.first_event_at, stream.last_event_at,
                piece.seq, piece.first_index, piece.last_seq, piece.first_event_at, piece.last_event_at,
                piece.events, piece.interactions, piece.snapshot, piece.json_bytes, piece.segment, piece.styles,
                piece.active
         FROM session
         JOIN stream ON stream.session_id = session.id
         JOIN (
             SELECT id, id & 1048575 AS seq, 0 AS first_index, id & 1048575 AS last_seq, first_event_at,
                    last_event_at, events, interactions, snapshot, json_bytes, NULL AS segment, x'' AS styles,
                    NULL AS active
             FROM batch
             UNION ALL
             SELECT id, first_seq, first_index, last_seq, first_event_at,
                    last_event_at, events, interactions, snapshot, json_bytes, id, styles, active
             FROM segment
         ) AS piece ON piece.id BETWEEN stream.id << 20 AND (stream.id << 20) + 1048575
         WHERE session.connection_id = :connection AND session.public_id = :session
         ORDER BY stream.first_event_at, stream.id, piece.seq, piece.first_index",
    )?;
    let mut rows =
        statement.query(named_params! { ":connection": connection.0, ":session": session.as_str() })?;
    let mut streams: Vec<StoredStream> = Vec::new();
    while let Some(row) = rows.next()? {
        let version: i64 = row.get(0)?;
        let part = part_from(row)?;
        match streams.last_mut().filter(|stream| stream.version == version) {
            Some(stream) => stream.parts.push(part),
            None => streams.push(StoredStream {
                version,
                id: row.get(1)?,
                first_at: row.get(2)?,
                last_at: row.get(3)?,
                parts: vec![part],
            }),
        }
    }
    Ok(streams)
}

fn part_from(row: &Row<'_>) -> rusqlite::Result<StoredPart> {
    let segment: Option<i64> = row.get(13)?;
    let styles: Vec<u8> = row.get(14)?;
    let active: Option<Vec<u8>> = row.get(15)?;
    let (first_at, last_at, interactions) = (row.get(7)?, row.get(8)?, row.get(10)?);
    let within = Stretch { from: first_at, to: last_at, events: interactions };
    Ok(StoredPart {
        active: match active {
            Some(active) => stretches::read(&active, first_at),
            None if interactions > 0 => vec![within],
            None => Vec::new(),
        },
        form: segment.map_or(Form::Batch, Form::Segment),
        seq: row.get(4)?,
        index: row.get(5)?,
        last_seq: row.get(6)?,
        first_at,
        last_at,
        events: row.get(9)?,
        interactions,
        snapshot: row.get(11)?,
        json_bytes: row.get(12)?,
        styles: style_hashes(&styles),
    })
}

/// The hashes that a segment's `styles` column holds.
pub(super) fn style_hashes(column: &[u8]) -> Vec<StyleHash> {
    column.as_chunks().0.iter().map(|hash| StyleHash(*hash)).collect()
}

/// When the last batch of a session arrived, by the server's clock.
pub fn heard_at(conn: &Db, session: i64) -> Result<Option<TimestampMs>> {
    let mut statement = conn.prepare_cached("SELECT last_batch_at FROM session WHERE id = :session")?;
    Ok(statement.query_row(named_params! { ":session": session }, |row| row.get(0)).optional()?)
}

/// The bytes of a batch: one gzip member that holds a JSON array of rrweb events.
pub fn batch(
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
         JOIN batch ON batch.id = (stream.id << 20) + :seq
         WHERE session.connection_id = :connection AND session.public_id = :session
           AND :seq BETWEEN 0 AND 1048575",
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

/// The bytes of a segment of the session: one zstd frame that holds a JSON array of rrweb events.
pub fn segment(
    conn: &Db,
    scope: &Scope,
    connection: ConnectionId,
    session: &SessionId,
    id: i64,
) -> Result<Option<Vec<u8>>> {
    if !scope.allows(connection) {
        return Ok(None);
    }
    let mut statement = conn.prepare_cached(
        "SELECT segment.body
         FROM segment
         JOIN stream ON stream.id = segment.id >> 20
         JOIN session ON session.id = stream.session_id
         WHERE segment.id = :id AND session.connection_id = :connection AND session.public_id = :session",
    )?;
    let found = statement.query_row(
        named_params! { ":id": id, ":connection": connection.0, ":session": session.as_str() },
        |row| row.get(0),
    );
    Ok(found.optional()?)
}

/// The bytes of a stylesheet of the connection: one zstd frame that holds a JSON string.
pub fn style(
    conn: &Db,
    scope: &Scope,
    connection: ConnectionId,
    hash: &StyleHash,
) -> Result<Option<Vec<u8>>> {
    if !scope.allows(connection) {
        return Ok(None);
    }
    let mut statement =
        conn.prepare_cached("SELECT body FROM style WHERE connection_id = :connection AND hash = :hash")?;
    let found =
        statement.query_row(named_params! { ":connection": connection.0, ":hash": hash.0 }, |row| row.get(0));
    Ok(found.optional()?)
}
