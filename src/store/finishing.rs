//! Storing finished recordings: segments in, batches out.
//!
//! A stream is written anew, loose at first (it belongs to no session, so nobody
//! sees it), in transactions as small as one segment. Publishing puts the new
//! streams in the place of the old ones, which are loose from then on and are
//! erased bit by bit (`erasing`). Whatever is interrupted leaves loose streams and
//! nothing else.

use rusqlite::{Connection as Db, OptionalExtension, named_params};

use super::batches::{id_of, parts_of};
use super::connections::{self, Change};
use super::recordings::style_hashes;
use super::timelines::{self, Reading};
use super::{Error, Result, leaks, ledger, reports, runs, search, stretches, webhooks};
use crate::model::{ConnectionId, Stretch, StyleHash, TimestampMs};

/// After so many attempts a session stays as it is, and says why.
pub const MAX_ATTEMPTS: i64 = 3;

/// A completed session that is not finished yet.
#[derive(Clone, Debug)]
pub struct Due {
    /// Its row.
    pub session: i64,
    /// The connection it belongs to.
    pub connection: ConnectionId,
    /// When it started, by the server's clock.
    pub started_at: TimestampMs,
    /// When it was completed: another time says that it was opened again meanwhile.
    pub completed_at: TimestampMs,
    /// From its first event to its last, by the visitor's clock.
    pub duration_ms: i64,
    /// How many events it holds.
    pub events: i64,
    /// Retention leaves it alone.
    pub pinned: bool,
}

/// The session that was completed first, with this attempt counted: whatever happens
/// during it, it is not tried for ever.
pub fn next_due(conn: &Db) -> Result<Option<Due>> {
    // The conditions are the index's, word for word.
    let mut statement = conn.prepare_cached(
        "UPDATE session SET finish_attempts = finish_attempts + 1
         WHERE id = (SELECT id FROM session INDEXED BY session_unfinished
                     WHERE completed_at IS NOT NULL AND finished_at IS NULL AND finish_attempts < 3
                     ORDER BY completed_at LIMIT 1)
         RETURNING id, connection_id, started_at, completed_at, last_event_at - first_event_at, events, pinned",
    )?;
    let due = statement.query_row([], |row| {
        Ok(Due {
            session: row.get(0)?,
            connection: ConnectionId(row.get(1)?),
            started_at: row.get(2)?,
            completed_at: row.get(3)?,
            duration_ms: row.get(4)?,
            events: row.get(5)?,
            pinned: row.get(6)?,
        })
    });
    Ok(due.optional()?)
}

/// Whether [`next_due`] would find a session.
pub fn any_due(conn: &Db) -> Result<bool> {
    let mut statement = conn.prepare_cached(
        "SELECT EXISTS (SELECT 1 FROM session INDEXED BY session_unfinished
                        WHERE completed_at IS NOT NULL AND finished_at IS NULL AND finish_attempts < 3)",
    )?;
    Ok(statement.query_row([], |row| row.get(0))?)
}

/// How it stands with a session that is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It is stored in segments.
    Finished,
    /// It waits for that, or is active again.
    Waiting,
    /// All attempts failed.
    Failed,
}

/// How it stands with a session. `None` when it is gone.
pub fn state(conn: &Db, session: i64) -> Result<Option<State>> {
    let mut statement = conn
        .prepare_cached("SELECT finished_at IS NOT NULL, finish_attempts FROM session WHERE id = :session")?;
    let found = statement.query_row(named_params! { ":session": session }, |row| {
        let (finished, attempts): (bool, i64) = (row.get(0)?, row.get(1)?);
        Ok(match (finished, attempts < MAX_ATTEMPTS) {
            (true, _) => State::Finished,
            (false, true) => State::Waiting,
            (false, false) => State::Failed,
        })
    });
    Ok(found.optional()?)
}

/// Takes an attempt back that was not brought to its end, and did not fail either.
pub fn release(conn: &Db, session: i64) -> Result<()> {
    conn.prepare_cached("UPDATE session SET finish_attempts = finish_attempts - 1 WHERE id = :session")?
        .execute(named_params! { ":session": session })?;
    Ok(())
}

/// How many sessions wait to be finished, counted up to a limit.
pub fn waiting(conn: &Db, limit: i64) -> Result<i64> {
    let mut statement = conn.prepare_cached(
        "SELECT count(*) FROM (SELECT 1 FROM session INDEXED BY session_unfinished
                               WHERE completed_at IS NOT NULL AND finished_at IS NULL AND finish_attempts < 3
                               LIMIT :limit)",
    )?;
    Ok(statement.query_row(named_params! { ":limit": limit }, |row| row.get(0))?)
}

/// Notes why an attempt failed. It is shown once no more are made.
pub fn note_failure(conn: &Db, session: i64, reason: &str) -> Result<()> {
    conn.prepare_cached("UPDATE session SET finish_error = :reason WHERE id = :session")?
        .execute(named_params! { ":reason": reason, ":session": session })?;
    Ok(())
}

/// A stream of a session.
#[derive(Clone, Debug)]
pub struct Source {
    /// Its row.
    pub stream: i64,
    /// All it is stored in, in the order of `seq`.
    pub pieces: Vec<Piece>,
    /// The batches that its segments were made of.
    pub ledger: Vec<ledger::Entry>,
}

/// What a stream is stored in.
#[derive(Clone, Debug)]
pub enum Piece {
    /// A batch, as it came.
    Batch {
        /// Its place in the stream.
        seq: i64,
        /// The SHA-256 of what was sent.
        hash: [u8; 32],
        /// Its first event.
        first_at: TimestampMs,
        /// Its last event.
        last_at: TimestampMs,
    },
    /// A segment that was made before, by its row.
    Segment {
        /// Its row.
        id: i64,
        /// The batch that its first event came in.
        first_seq: i64,
    },
}

impl Source {
    /// Whether it has batches that are not in segments yet.
    pub fn has_batches(&self) -> bool {
        self.pieces.iter().any(|piece| matches!(piece, Piece::Batch { .. }))
    }
}

impl Piece {
    fn seq(&self) -> (i64, i64) {
        match self {
            Self::Batch { seq, .. } => (*seq, 0),
            Self::Segment { id, first_seq } => (*first_seq, *id),
        }
    }
}

/// The streams of a session, by the time of their first event.
pub fn sources(conn: &Db, session: i64) -> Result<Vec<Source>> {
    let mut statement = conn.prepare_cached(
        "SELECT id, ledger FROM stream WHERE session_id = :session ORDER BY first_event_at, id",
    )?;
    let streams = statement
        .query_map(named_params! { ":session": session }, |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<Vec<(i64, Option<Vec<u8>>)>>>()?;
    let source = |(stream, ledger): (i64, Option<Vec<u8>>)| {
        let ledger = ledger.map(|ledger| ledger::read(&ledger)).unwrap_or_default();
        Ok(Source { stream, pieces: pieces(conn, stream)?, ledger })
    };
    streams.into_iter().map(source).collect()
}

fn pieces(conn: &Db, stream: i64) -> Result<Vec<Piece>> {
    let range = named_params! { ":first": id_of(stream, 0), ":last": id_of(stream + 1, 0) - 1 };
    let mut batches = conn.prepare_cached(
        "SELECT id, hash, first_event_at, last_event_at FROM batch WHERE id BETWEEN :first AND :last",
    )?;
    let batches = batches.query_map(range, |row| {
        let (_, seq) = parts_of(row.get(0)?);
        Ok(Piece::Batch { seq, hash: row.get(1)?, first_at: row.get(2)?, last_at: row.get(3)? })
    })?;
    let mut segments =
        conn.prepare_cached("SELECT id, first_seq FROM segment WHERE id BETWEEN :first AND :last")?;
    let segments =
        segments.query_map(range, |row| Ok(Piece::Segment { id: row.get(0)?, first_seq: row.get(1)? }))?;
    let mut pieces = batches.chain(segments).collect::<rusqlite::Result<Vec<_>>>()?;
    pieces.sort_by_key(Piece::seq);
    Ok(pieces)
}

/// The bytes of a batch of a stream.
pub fn batch_body(conn: &Db, stream: i64, seq: i64) -> Result<Vec<u8>> {
    let mut statement = conn.prepare_cached("SELECT body FROM batch WHERE id = :id")?;
    Ok(statement.query_row(named_params! { ":id": id_of(stream, seq) }, |row| row.get(0))?)
}

/// The bytes of a segment, and the stylesheets that stand for themselves in it.
pub fn segment_body(conn: &Db, id: i64) -> Result<(Vec<u8>, Vec<StyleHash>)> {
    let mut statement = conn.prepare_cached("SELECT body, styles FROM segment WHERE id = :id")?;
    let found = statement.query_row(named_params! { ":id": id }, |row| {
        let styles: Vec<u8> = row.get(1)?;
        Ok((row.get(0)?, style_hashes(&styles)))
    });
    Ok(found?)
}

/// Whether the connection has this stylesheet.
pub fn has_style(conn: &Db, connection: ConnectionId, hash: &StyleHash) -> Result<bool> {
    let mut statement = conn.prepare_cached(
        "SELECT EXISTS (SELECT 1 FROM style WHERE connection_id = :connection AND hash = :hash)",
    )?;
    Ok(statement
        .query_row(named_params! { ":connection": connection.0, ":hash": hash.0 }, |row| row.get(0))?)
}

/// Adds a stream that nobody sees yet; returns its row.
pub fn add_loose_stream(conn: &Db, instead_of: i64) -> Result<i64> {
    conn.prepare_cached(
        "INSERT INTO stream (connection_id, session_id, public_id, first_event_at, last_event_at, last_seq)
         SELECT connection_id, NULL, public_id, first_event_at, last_event_at, last_seq
         FROM stream WHERE id = :old",
    )?
    .execute(named_params! { ":old": instead_of })?;
    Ok(conn.last_insert_rowid())
}

/// A segment to be stored.
#[derive(Clone, Debug)]
pub struct NewSegment {
    /// Its place among the segments of the stream, from 0.
    pub number: i64,
    /// The batch that its first event came in.
    pub first_seq: i64,
    /// Which event of that batch its first one is.
    pub first_index: i64,
    /// The batch that its last event came in.
    pub last_seq: i64,
    /// Its first event.
    pub first_at: TimestampMs,
    /// Its last event.
    pub last_at: TimestampMs,
    /// How many events it holds.
    pub events: i64,
    /// How many of them the visitor caused.
    pub interactions: i64,
    /// Whether it holds a full snapshot.
    pub snapshot: bool,
    /// The size of its JSON.
    pub json_bytes: i64,
    /// When the visitor did something.
    pub active: Vec<Stretch>,
    /// One zstd frame.
    pub body: Vec<u8>,
    /// The stylesheets that stand for themselves in it, with their frames where they may be new.
    pub styles: Vec<(StyleHash, Option<Vec<u8>>)>,
}

/// Adds a segment to a loose stream.
pub fn add_segment(conn: &Db, connection: ConnectionId, stream: i64, segment: &NewSegment) -> Result<()> {
    for (hash, body) in &segment.styles {
        use_style(conn, connection, hash, body.as_deref())?;
    }
    let styles: Vec<u8> = segment.styles.iter().flat_map(|(hash, _)| hash.0).collect();
    conn.prepare_cached(
        "INSERT INTO segment (id, first_seq, first_index, last_seq, first_event_at, last_event_at, events,
                              interactions, snapshot, bytes, json_bytes, active, styles, body)
         VALUES (:id, :first_seq, :first_index, :last_seq, :first, :last, :events,
                 :interactions, :snapshot, :bytes, :json_bytes, :active, :styles, :body)",
    )?
    .execute(named_params! {
        ":id": id_of(stream, segment.number),
        ":first_seq": segment.first_seq,
        ":first_index": segment.first_index,
        ":last_seq": segment.last_seq,
        ":first": segment.first_at,
        ":last": segment.last_at,
        ":events": segment.events,
        ":interactions": segment.interactions,
        ":snapshot": segment.snapshot,
        ":bytes": segment.body.len() as i64,
        ":json_bytes": segment.json_bytes,
        ":active": stretches::write(&segment.active, segment.first_at),
        ":styles": styles,
        ":body": segment.body,
    })?;
    Ok(())
}

/// Counts one more use of a stylesheet, and stores it if it is new.
fn use_style(conn: &Db, connection: ConnectionId, hash: &StyleHash, body: Option<&[u8]>) -> Result<()> {
    let known = conn
        .prepare_cached(
            "UPDATE style SET uses = uses + 1 WHERE connection_id = :connection AND hash = :hash",
        )?
        .execute(named_params! { ":connection": connection.0, ":hash": hash.0 })?;
    if known > 0 {
        return Ok(());
    }
    // It was there when it was looked for, and its last use has been erased since: the next attempt brings it.
    let body = body.ok_or(Error::Abandoned)?;
    conn.prepare_cached(
        "INSERT INTO style (connection_id, hash, uses, bytes, body) VALUES (:connection, :hash, 1, :bytes, :body)",
    )?
    .execute(named_params! {
        ":connection": connection.0,
        ":hash": hash.0,
        ":bytes": body.len() as i64,
        ":body": body,
    })?;
    connections::count(conn, connection, Change { bytes: body.len() as i64, ..Change::default() })
}

/// A stream that was written anew.
#[derive(Clone, Debug)]
pub struct Rewritten {
    /// The row of the stream as it was.
    pub old: i64,
    /// The row of the loose stream that takes its place.
    pub new: i64,
    /// The batches that it was made of.
    pub ledger: Vec<ledger::Entry>,
}

/// What finishing a session came to.
#[derive(Clone, Debug, Default)]
pub struct Finished {
    /// The streams that were written anew; others stay as they are.
    pub streams: Vec<Rewritten>,
    /// What was read out of the recording.
    pub reading: Reading,
    /// What maskers made of the row, if any worked on the session.
    pub masked: Option<Masked>,
    /// What was found in it before, and is gone now.
    pub remasked: Vec<String>,
}

/// What the row of a masked session says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Masked {
    /// Of the maskers and their settings, if there are any.
    pub digest: Option<[u8; 16]>,
    /// The first page.
    pub landing_url: String,
    /// Whom the page said the visitor is.
    pub visitor: Option<String>,
}

/// Puts the rewritten streams in the place of the old ones. False, and nothing is
/// changed, when more has arrived meanwhile or the session is gone.
pub fn publish(conn: &Db, due: &Due, finished: &Finished, now: TimestampMs) -> Result<bool> {
    let digest = finished.masked.as_ref().and_then(|masked| masked.digest);
    let before: Option<(i64, bool)> = conn
        .prepare_cached(
            "SELECT bytes, revision > 0 AND (:remasked OR masked IS NOT :digest) FROM session
             WHERE id = :session AND completed_at = :completed_at AND finished_at IS NULL",
        )?
        .query_row(
            named_params! {
                ":session": due.session, ":completed_at": due.completed_at, ":digest": digest,
                ":remasked": !finished.remasked.is_empty(),
            },
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .optional()?;
    let Some((before, was_seen_otherwise)) = before else { return Ok(false) };
    for stream in &finished.streams {
        replace(conn, due.session, stream)?;
    }
    if let Some(masked) = &finished.masked {
        mask_row(conn, due.session, masked)?;
        // What plugins said before may quote what is masked now; they look again.
        runs::forget_all(conn, due.session)?;
        if was_seen_otherwise {
            // So may reports; they are made anew when somebody asks.
            reports::remove_about(conn, due.connection, due.started_at)?;
        }
    }
    if !finished.remasked.is_empty() {
        leaks::remasked(conn, due.session, &finished.remasked)?;
    }
    timelines::put(conn, due.session, &finished.reading, now)?;
    let (after, revision): (i64, i64) = conn
        .prepare_cached(
            "UPDATE session
             SET finished_at = :now, finish_error = NULL, revision = revision + 1,
                 bytes = timeline_bytes
                       + (SELECT coalesce(sum(segment.bytes), 0)
                          FROM stream JOIN segment
                            ON segment.id BETWEEN stream.id << 20 AND (stream.id << 20) + 1048575
                          WHERE stream.session_id = :session)
             WHERE id = :session
             RETURNING bytes, revision",
        )?
        .query_row(named_params! { ":now": now, ":session": due.session }, |row| {
            Ok((row.get(0)?, row.get(1)?))
        })?;
    let change = Change { bytes: after - before, ..Change::default() };
    connections::count_session(conn, due.connection, due.started_at, 0, change)?;
    if revision == 1 {
        // What comes later of it, or is made of it anew, is no news.
        webhooks::session_finished(conn, due.connection, due.session, now)?;
    }
    Ok(true)
}

fn mask_row(conn: &Db, session: i64, masked: &Masked) -> Result<()> {
    let before: String = conn
        .prepare_cached("SELECT landing_url FROM session WHERE id = :session")?
        .query_row(named_params! { ":session": session }, |row| row.get(0))?;
    search::remove(conn, session, &before)?;
    conn.prepare_cached(
        "UPDATE session SET masked = coalesce(:digest, masked), landing_url = :url, visitor = :visitor WHERE id = :session",
    )?
    .execute(named_params! {
        ":digest": masked.digest,
        ":url": masked.landing_url,
        ":visitor": masked.visitor,
        ":session": session,
    })?;
    search::add(conn, session, &masked.landing_url)
}

/// Stores what was read out of a recording that was finished before. False when it was
/// written anew meanwhile, or is gone.
pub fn put_reading(
    conn: &Db,
    session: i64,
    revision: i64,
    reading: &Reading,
    now: TimestampMs,
) -> Result<bool> {
    let found = conn
        .prepare_cached(
            "SELECT connection_id, started_at, timeline_bytes FROM session
             WHERE id = :session AND revision = :revision AND finished_at IS NOT NULL",
        )?
        .query_row(named_params! { ":session": session, ":revision": revision }, |row| {
            Ok((ConnectionId(row.get(0)?), row.get(1)?, row.get::<_, i64>(2)?))
        })
        .optional()?;
    let Some((connection, started_at, before)) = found else { return Ok(false) };
    timelines::put(conn, session, reading, now)?;
    let bytes = reading.bytes() - before;
    conn.prepare_cached("UPDATE session SET bytes = bytes + :bytes WHERE id = :session")?
        .execute(named_params! { ":bytes": bytes, ":session": session })?;
    let change = Change { bytes, ..Change::default() };
    connections::count_session(conn, connection, started_at, 0, change)?;
    Ok(true)
}

fn replace(conn: &Db, session: i64, stream: &Rewritten) -> Result<()> {
    conn.prepare_cached("UPDATE stream SET session_id = NULL WHERE id = :old")?
        .execute(named_params! { ":old": stream.old })?;
    conn.prepare_cached(
        "UPDATE stream
         SET session_id = :session, ledger = :ledger,
             (first_event_at, last_event_at, next_seq, last_seq, ended_seq, playable) =
                 (SELECT first_event_at, last_event_at, next_seq, last_seq, ended_seq, playable
                  FROM stream WHERE id = :old)
         WHERE id = :new",
    )?
    .execute(named_params! {
        ":session": session,
        ":ledger": ledger::write(&stream.ledger),
        ":old": stream.old,
        ":new": stream.new,
    })?;
    Ok(())
}
