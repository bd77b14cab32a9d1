//! Storing uploads: each batch whole, and exactly once.

use rusqlite::{Connection as Db, OptionalExtension, named_params};

use super::connections::{self, Change};
use super::{Result, erasing, hidden, ledger, place, prompts, search, words};
use crate::model::{Batch, ConnectionId, Identity, SessionId, TimestampMs, user_agent};

/// How far ahead of the first missing batch a `seq` may be, so that the list of gaps stays small.
pub const MAX_SEQ_JUMP: i64 = 10_000;

/// How many batches of a timed stream may begin in the same tenth of a second.
const MOST_AT_ONE_PLACE: i64 = 64;

/// Bits of a batch's or segment's id that say where it stands in its stream.
const PLACE_BITS: u32 = 20;

/// The id of the piece of a stream that stands at this place: a `seq`, or a segment's number.
pub(super) fn id_of(stream: i64, place: i64) -> i64 {
    (stream << PLACE_BITS) | place
}

/// The stream and the place that an id is made of.
pub(super) fn parts_of(id: i64) -> (i64, i64) {
    (id >> PLACE_BITS, id & ((1 << PLACE_BITS) - 1))
}

/// What becomes of a batch depends on more than what is stored.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    /// A session that was completed before is not opened again.
    pub reopen_since: TimestampMs,
    /// How long a session may last, by the server's clock.
    pub session_ms: i64,
    /// How much a session may hold, as JSON.
    pub session_bytes: i64,
    /// How many batches a session may have.
    pub session_batches: i64,
    /// What the connection may receive in one day, in bytes as sent.
    pub daily_bytes: Option<i64>,
}

/// What became of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Appended {
    /// It is in this transaction.
    Stored {
        /// The lowest seq that the stream still lacks.
        next: i64,
        /// Whether the stream has a full snapshot by now, without which it cannot be played.
        playable: bool,
        /// Whether the session was completed before.
        reopened: bool,
    },
    /// The same bytes were stored before under this seq.
    Duplicate {
        /// The lowest seq that the stream still lacks.
        next: i64,
    },
    /// Other bytes were stored before under this seq; they stay.
    Conflict,
    /// The seq is further ahead than a recorder can be.
    SeqJump,
    /// The session was completed too long ago to be reopened, or was erased.
    Closed,
    /// The session has all that a session may have.
    Full,
    /// The connection has received all that it takes in one day.
    OverQuota,
}

/// Stores a batch with everything that lists and counters say about it.
///
/// What is not stored leaves nothing behind.
pub fn append(conn: &Db, connection: ConnectionId, batch: &Batch, rules: &Rules) -> Result<Appended> {
    let session = find_session(conn, connection, &batch.session)?;
    let stream = match &session {
        Some(session) => find_stream(conn, session.row, batch)?,
        None => None,
    };
    if let Some(stream) = &stream
        && let Some(same) = stream.has_same(conn, batch)?
    {
        let next = stream.next_seq;
        return Ok(if same { Appended::Duplicate { next } } else { Appended::Conflict });
    }
    if let Some(refused) = refusal(conn, connection, batch, session.as_ref(), stream.as_ref(), rules)? {
        return Ok(refused);
    }

    let row = match &session {
        Some(session) => update_session(conn, session, batch)?,
        None => insert_session(conn, connection, batch)?,
    };
    let stream = match stream {
        Some(stream) => stream,
        None => insert_stream(conn, connection, row, batch)?,
    };
    insert_batch(conn, stream.row, batch)?;
    let next = update_stream(conn, &stream, batch)?;
    if !batch.facts.said.is_empty() {
        prompts::add(conn, connection, row, stream.row, &batch.facts.said, batch.received_at)?;
    }
    hidden::count(conn, row, &batch.facts.hidden)?;
    let was_ended = session.as_ref().is_some_and(|session| session.ended);
    if batch.end || was_ended {
        note_end(conn, row, batch)?;
    }
    let reopened = session.as_ref().is_some_and(|session| session.completed_at.is_some());
    let active = i64::from(session.is_none()) + i64::from(reopened);
    let change = Change {
        active,
        completed: -i64::from(reopened),
        events: batch.facts.events,
        bytes: batch.body.len() as i64,
    };
    let started_at = session.as_ref().map_or(batch.received_at, |session| session.started_at);
    connections::count_session(conn, connection, started_at, i64::from(session.is_none()), change)?;
    Ok(Appended::Stored { next, playable: stream.playable || batch.facts.snapshot, reopened })
}

/// Stores a batch like [`append`]. In a timed stream one that finds another at its place
/// stands behind it.
pub fn append_in_place(
    conn: &Db,
    connection: ConnectionId,
    mut batch: Batch,
    rules: &Rules,
) -> Result<Appended> {
    let last = if batch.stream.is_timed() { batch.seq + MOST_AT_ONE_PLACE } else { batch.seq };
    loop {
        match append(conn, connection, &batch, rules)? {
            Appended::Conflict if batch.seq < last => batch.seq += 1,
            appended => return Ok(appended),
        }
    }
}

/// Why a batch that is new is not stored, if it is not.
fn refusal(
    conn: &Db,
    connection: ConnectionId,
    batch: &Batch,
    session: Option<&Session>,
    stream: Option<&Stream>,
    rules: &Rules,
) -> Result<Option<Appended>> {
    let is_ahead = batch.seq > stream.map_or(0, |stream| stream.next_seq) + MAX_SEQ_JUMP;
    if is_ahead && !batch.stream.is_timed() {
        return Ok(Some(Appended::SeqJump));
    }
    match session {
        None if erasing::is_erased(conn, connection, &batch.session)? => return Ok(Some(Appended::Closed)),
        Some(session) if session.completed_at.is_some_and(|at| at < rules.reopen_since) => {
            return Ok(Some(Appended::Closed));
        }
        Some(session) if session.is_full(batch, rules) => return Ok(Some(Appended::Full)),
        _ => {}
    }
    let Some(limit) = rules.daily_bytes else { return Ok(None) };
    let bytes = batch.body.len() as i64;
    let within = connections::within_day(conn, connection, bytes, limit, batch.received_at)?;
    Ok((!within).then_some(Appended::OverQuota))
}

struct Session {
    row: i64,
    started_at: TimestampMs,
    ended: bool,
    completed_at: Option<TimestampMs>,
    batches: i64,
    json_bytes: i64,
    landing_at: Option<TimestampMs>,
}

impl Session {
    fn is_full(&self, batch: &Batch, rules: &Rules) -> bool {
        batch.received_at - self.started_at > rules.session_ms
            || self.json_bytes + batch.facts.json_bytes > rules.session_bytes
            || self.batches >= rules.session_batches
    }
}

struct Stream {
    row: i64,
    next_seq: i64,
    last_seq: i64,
    playable: bool,
    /// The batches that have become segments.
    finished: Vec<ledger::Entry>,
}

impl Stream {
    /// Whether the batch that is stored under this seq is the same. `None` when there is none.
    fn has_same(&self, conn: &Db, batch: &Batch) -> Result<Option<bool>> {
        if batch.seq > self.last_seq {
            return Ok(None);
        }
        if let Some(entry) = self.finished_at(batch.seq) {
            return Ok(Some(entry.is(&batch.hash)));
        }
        Ok(hash_of(conn, self.row, batch.seq)?.map(|hash| hash == batch.hash))
    }

    fn has(&self, conn: &Db, seq: i64) -> Result<bool> {
        Ok(self.finished_at(seq).is_some() || hash_of(conn, self.row, seq)?.is_some())
    }

    fn finished_at(&self, seq: i64) -> Option<&ledger::Entry> {
        let at = self.finished.binary_search_by_key(&seq, |entry| entry.seq).ok()?;
        self.finished.get(at)
    }
}

fn find_session(conn: &Db, connection: ConnectionId, id: &SessionId) -> Result<Option<Session>> {
    let mut statement = conn.prepare_cached(
        "SELECT id, started_at, ended_at IS NOT NULL, completed_at, batches, json_bytes, landing_at
         FROM session WHERE connection_id = :connection AND public_id = :id",
    )?;
    let found =
        statement.query_row(named_params! { ":connection": connection.0, ":id": id.as_str() }, |row| {
            Ok(Session {
                row: row.get(0)?,
                started_at: row.get(1)?,
                ended: row.get(2)?,
                completed_at: row.get(3)?,
                batches: row.get(4)?,
                json_bytes: row.get(5)?,
                landing_at: row.get(6)?,
            })
        });
    Ok(found.optional()?)
}

fn insert_session(conn: &Db, connection: ConnectionId, batch: &Batch) -> Result<i64> {
    let facts = &batch.facts;
    let row = place::take(conn, connection, batch.received_at)?;
    let (landing_at, landing_url) = facts.page.clone().unzip();
    let landing_url = landing_url.unwrap_or_default();
    let browser = user_agent::read(&batch.user_agent);
    conn.prepare_cached(
        "INSERT INTO session (id, connection_id, public_id, started_at, last_batch_at, first_event_at,
                              last_event_at, events, batches, bytes, json_bytes, playable, landing_url,
                              landing_at, visitor, identified_at, traits, clock_ahead_ms, user_agent, browser,
                              os, device, country)
         VALUES (:row, :connection, :id, :now, :now, :first, :last, :events, 1, :bytes, :json_bytes, :playable,
                 :landing_url, :landing_at, :visitor, :identified_at, :traits, :clock_ahead, :user_agent, :browser,
                 :os, :device, :country)",
    )?
    .execute(named_params! {
        ":row": row,
        ":connection": connection.0,
        ":id": batch.session.as_str(),
        ":now": batch.received_at,
        ":first": facts.first_at,
        ":last": facts.last_at,
        ":events": facts.events,
        ":bytes": batch.body.len() as i64,
        ":json_bytes": facts.json_bytes,
        ":playable": facts.snapshot,
        ":landing_url": landing_url,
        ":landing_at": landing_at,
        ":visitor": facts.identity.as_ref().map(|identity| &identity.id),
        ":identified_at": facts.identity.as_ref().map(|identity| identity.at),
        ":traits": facts.identity.as_ref().and_then(prompts::traits_text),
        ":clock_ahead": clock_ahead(batch),
        ":user_agent": batch.user_agent,
        ":browser": browser.name,
        ":os": browser.os,
        ":device": browser.device,
        ":country": facts.country,
    })?;
    search::add(conn, row, &landing_url)?;
    words::put_unread(conn, row)?;
    Ok(row)
}

/// The way here takes time as well, so of many differences the smallest is the best.
fn clock_ahead(batch: &Batch) -> Option<i64> {
    batch.sent_at.map(|sent_at| batch.received_at - sent_at)
}

fn update_session(conn: &Db, session: &Session, batch: &Batch) -> Result<i64> {
    let facts = &batch.facts;
    conn.prepare_cached(
        "UPDATE session
         SET last_batch_at = max(last_batch_at, :now),
             first_event_at = min(first_event_at, :first),
             last_event_at = max(last_event_at, :last),
             events = events + :events,
             batches = batches + 1,
             bytes = bytes + :bytes,
             json_bytes = json_bytes + :json_bytes,
             playable = max(playable, :playable),
             clock_ahead_ms = min(coalesce(clock_ahead_ms, :clock_ahead), coalesce(:clock_ahead, clock_ahead_ms))
         WHERE id = :session",
    )?
    .execute(named_params! {
        ":now": batch.received_at,
        ":first": facts.first_at,
        ":last": facts.last_at,
        ":events": facts.events,
        ":bytes": batch.body.len() as i64,
        ":json_bytes": facts.json_bytes,
        ":playable": facts.snapshot,
        ":clock_ahead": clock_ahead(batch),
        ":session": session.row,
    })?;
    if session.completed_at.is_some() {
        reopen(conn, session.row)?;
    }
    let mut is_known_otherwise = false;
    if let Some(identity) = &facts.identity {
        identify(conn, session.row, identity)?;
        is_known_otherwise = true;
    }
    if let Some((page_at, page_url)) = &facts.page
        && session.landing_at.is_none_or(|landing_at| *page_at < landing_at)
    {
        land(conn, session.row, *page_at, page_url)?;
        is_known_otherwise = true;
    }
    if is_known_otherwise {
        words::put_unread(conn, session.row)?;
    }
    Ok(session.row)
}

/// The page said who the visitor is. What it said last counts, whatever arrives first.
fn identify(conn: &Db, session: i64, identity: &Identity) -> Result<()> {
    conn.prepare_cached(
        "UPDATE session SET visitor = :visitor, identified_at = :at, traits = :traits
         WHERE id = :session AND (identified_at IS NULL OR identified_at <= :at)",
    )?
    .execute(named_params! {
        ":visitor": identity.id,
        ":at": identity.at,
        ":traits": prompts::traits_text(identity),
        ":session": session,
    })?;
    Ok(())
}

/// The session is active again. Only then, since these columns stand in indexes.
fn reopen(conn: &Db, session: i64) -> Result<()> {
    conn.prepare_cached(
        "UPDATE session
         SET completed_at = NULL, finished_at = NULL, finish_attempts = 0, finish_error = NULL, analysis_due_at = NULL
         WHERE id = :session",
    )?
    .execute(named_params! { ":session": session })?;
    Ok(())
}

/// The session has an earlier first page than was known.
fn land(conn: &Db, session: i64, at: TimestampMs, url: &str) -> Result<()> {
    let before: String = conn
        .prepare_cached("SELECT landing_url FROM session WHERE id = :session")?
        .query_row(named_params! { ":session": session }, |row| row.get(0))?;
    search::remove(conn, session, &before)?;
    conn.prepare_cached("UPDATE session SET landing_url = :url, landing_at = :at WHERE id = :session")?
        .execute(named_params! { ":url": url, ":at": at, ":session": session })?;
    search::add(conn, session, url)
}

fn find_stream(conn: &Db, session: i64, batch: &Batch) -> Result<Option<Stream>> {
    let mut statement = conn.prepare_cached(
        "SELECT id, next_seq, last_seq, playable, ledger FROM stream
         WHERE session_id = :session AND public_id = :id",
    )?;
    let found =
        statement.query_row(named_params! { ":session": session, ":id": batch.stream.as_str() }, |row| {
            let ledger: Option<Vec<u8>> = row.get(4)?;
            Ok(Stream {
                row: row.get(0)?,
                next_seq: row.get(1)?,
                last_seq: row.get(2)?,
                playable: row.get(3)?,
                finished: ledger.map(|ledger| ledger::read(&ledger)).unwrap_or_default(),
            })
        });
    Ok(found.optional()?)
}

fn insert_stream(conn: &Db, connection: ConnectionId, session: i64, batch: &Batch) -> Result<Stream> {
    conn.prepare_cached(
        "INSERT INTO stream (connection_id, session_id, public_id, first_event_at, last_event_at, last_seq)
         VALUES (:connection, :session, :id, :first, :last, :seq)",
    )?
    .execute(named_params! {
        ":connection": connection.0,
        ":session": session,
        ":id": batch.stream.as_str(),
        ":first": batch.facts.first_at,
        ":last": batch.facts.last_at,
        ":seq": batch.seq,
    })?;
    let row = conn.last_insert_rowid();
    Ok(Stream { row, next_seq: 0, last_seq: batch.seq, playable: false, finished: Vec::new() })
}

/// Extends the stream by a batch that was just inserted; returns the lowest seq it still lacks.
fn update_stream(conn: &Db, stream: &Stream, batch: &Batch) -> Result<i64> {
    let mut next = stream.next_seq;
    if batch.seq == next {
        next += 1;
        while next <= stream.last_seq && stream.has(conn, next)? {
            next += 1;
        }
    }
    conn.prepare_cached(
        "UPDATE stream
         SET first_event_at = min(first_event_at, :first),
             last_event_at = max(last_event_at, :last),
             next_seq = :next,
             last_seq = max(last_seq, :seq),
             ended_seq = iif(:end, max(coalesce(ended_seq, :seq), :seq), ended_seq),
             playable = max(playable, :playable)
         WHERE id = :stream",
    )?
    .execute(named_params! {
        ":first": batch.facts.first_at,
        ":last": batch.facts.last_at,
        ":next": next,
        ":seq": batch.seq,
        ":end": batch.end,
        ":playable": batch.facts.snapshot,
        ":stream": stream.row,
    })?;
    if let Some((at, url)) = &batch.facts.last_page {
        show_page(conn, stream.row, *at, url)?;
    }
    Ok(next)
}

/// The stream shows another page, unless a later one arrived before.
fn show_page(conn: &Db, stream: i64, at: TimestampMs, url: &str) -> Result<()> {
    conn.prepare_cached(
        "UPDATE stream SET page_at = :at, page_url = :url
         WHERE id = :stream AND (page_at IS NULL OR page_at <= :at)",
    )?
    .execute(named_params! { ":at": at, ":url": url, ":stream": stream })?;
    Ok(())
}

/// The session has ended while all its pages have: other tabs may still be open, and a
/// batch from before the end may arrive after it.
fn note_end(conn: &Db, session: i64, batch: &Batch) -> Result<()> {
    conn.prepare_cached(
        "UPDATE session
         SET ended_at = iif(
             EXISTS (SELECT 1 FROM stream
                     WHERE session_id = :session AND (ended_seq IS NULL OR ended_seq < last_seq)),
             NULL, :now)
         WHERE id = :session",
    )?
    .execute(named_params! { ":session": session, ":now": batch.received_at })?;
    Ok(())
}

fn hash_of(conn: &Db, stream: i64, seq: i64) -> Result<Option<[u8; 32]>> {
    let mut statement = conn.prepare_cached("SELECT hash FROM batch WHERE id = :id")?;
    let found = statement.query_row(named_params! { ":id": id_of(stream, seq) }, |row| row.get(0));
    Ok(found.optional()?)
}

fn insert_batch(conn: &Db, stream: i64, batch: &Batch) -> Result<()> {
    let facts = &batch.facts;
    conn.prepare_cached(
        "INSERT INTO batch (id, received_at, first_event_at, last_event_at, events, interactions, snapshot,
                            bytes, json_bytes, hash, body)
         VALUES (:id, :now, :first, :last, :events, :interactions, :snapshot, :bytes, :json_bytes, :hash, :body)",
    )?
    .execute(named_params! {
        ":id": id_of(stream, batch.seq),
        ":now": batch.received_at,
        ":first": facts.first_at,
        ":last": facts.last_at,
        ":events": facts.events,
        ":interactions": facts.interactions,
        ":snapshot": facts.snapshot,
        ":bytes": batch.body.len() as i64,
        ":json_bytes": facts.json_bytes,
        ":hash": batch.hash,
        ":body": batch.body,
    })?;
    Ok(())
}

#[cfg(test)]
pub(super) mod tests;
