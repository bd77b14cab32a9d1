//! Storing uploads: each batch whole, and exactly once.

use rusqlite::{Connection as Db, OptionalExtension, named_params};

use super::Result;
use super::connections::{self, Change};
use crate::model::{Batch, ConnectionId, TimestampMs};

/// How far ahead of the first missing batch a `seq` may be, so that the list of gaps stays small.
pub const MAX_SEQ_JUMP: i64 = 10_000;

/// What became of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Appended {
    /// It is in this transaction.
    Stored {
        /// The lowest seq that the stream still lacks.
        next: i64,
        /// Whether the stream has a full snapshot by now, without which it cannot be played.
        playable: bool,
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
    /// The session was completed too long ago to be reopened.
    Closed,
}

/// Stores a batch with everything that lists and counters say about it.
///
/// A session that was completed at `reopen_since` or later is opened again. What
/// is not stored leaves nothing behind.
pub fn append(
    conn: &Db,
    connection: ConnectionId,
    batch: &Batch,
    reopen_since: TimestampMs,
) -> Result<Appended> {
    let session = find_session(conn, connection, batch)?;
    let stream = match &session {
        Some(session) => find_stream(conn, session.row, batch)?,
        None => None,
    };
    if let Some(stream) = &stream
        && let Some(hash) = hash_of(conn, stream.row, batch.seq)?
    {
        let next = stream.next_seq;
        return Ok(if hash == batch.hash { Appended::Duplicate { next } } else { Appended::Conflict });
    }
    if batch.seq > stream.as_ref().map_or(0, |stream| stream.next_seq) + MAX_SEQ_JUMP {
        return Ok(Appended::SeqJump);
    }
    let completed_at = session.as_ref().and_then(|session| session.completed_at);
    if completed_at.is_some_and(|at| at < reopen_since) {
        return Ok(Appended::Closed);
    }

    let session_row = match &session {
        Some(session) => update_session(conn, session.row, batch)?,
        None => insert_session(conn, connection, batch)?,
    };
    let stream = match stream {
        Some(stream) => stream,
        None => insert_stream(conn, session_row, batch)?,
    };
    insert_batch(conn, stream.row, batch)?;
    let next = update_stream(conn, &stream, batch)?;
    note_end(conn, session_row, batch)?;
    let reopened = i64::from(completed_at.is_some());
    let active = i64::from(session.is_none()) + reopened;
    connections::count(
        conn,
        connection,
        Change { active, completed: -reopened, events: batch.facts.events },
    )?;
    Ok(Appended::Stored { next, playable: stream.playable || batch.facts.snapshot })
}

struct Session {
    row: i64,
    completed_at: Option<TimestampMs>,
}

struct Stream {
    row: i64,
    next_seq: i64,
    playable: bool,
}

fn find_session(conn: &Db, connection: ConnectionId, batch: &Batch) -> Result<Option<Session>> {
    let mut statement = conn.prepare_cached(
        "SELECT id, completed_at FROM session WHERE connection_id = :connection AND public_id = :id",
    )?;
    let found = statement
        .query_row(named_params! { ":connection": connection.0, ":id": batch.session.as_str() }, |row| {
            Ok(Session { row: row.get(0)?, completed_at: row.get(1)? })
        });
    Ok(found.optional()?)
}

fn insert_session(conn: &Db, connection: ConnectionId, batch: &Batch) -> Result<i64> {
    let facts = &batch.facts;
    let (landing_at, landing_url) = facts.page.clone().unzip();
    conn.prepare_cached(
        "INSERT INTO session (connection_id, public_id, started_at, last_batch_at, first_event_at,
                              last_event_at, events, playable, landing_url, landing_at, user_agent)
         VALUES (:connection, :id, :now, :now, :first, :last, :events, :playable,
                 :landing_url, :landing_at, :user_agent)",
    )?
    .execute(named_params! {
        ":connection": connection.0,
        ":id": batch.session.as_str(),
        ":now": batch.received_at,
        ":first": facts.first_at,
        ":last": facts.last_at,
        ":events": facts.events,
        ":playable": facts.snapshot,
        ":landing_url": landing_url.unwrap_or_default(),
        ":landing_at": landing_at,
        ":user_agent": batch.user_agent,
    })?;
    Ok(conn.last_insert_rowid())
}

fn update_session(conn: &Db, session: i64, batch: &Batch) -> Result<i64> {
    let facts = &batch.facts;
    let (page_at, page_url) = facts.page.clone().unzip();
    conn.prepare_cached(
        "UPDATE session
         SET last_batch_at = max(last_batch_at, :now),
             completed_at = NULL,
             first_event_at = min(first_event_at, :first),
             last_event_at = max(last_event_at, :last),
             events = events + :events,
             playable = max(playable, :playable),
             landing_url = iif(:page_at < coalesce(landing_at, :page_at + 1), :page_url, landing_url),
             landing_at = min(coalesce(landing_at, :page_at), coalesce(:page_at, landing_at))
         WHERE id = :session",
    )?
    .execute(named_params! {
        ":now": batch.received_at,
        ":first": facts.first_at,
        ":last": facts.last_at,
        ":events": facts.events,
        ":playable": facts.snapshot,
        ":page_at": page_at,
        ":page_url": page_url,
        ":session": session,
    })?;
    Ok(session)
}

fn find_stream(conn: &Db, session: i64, batch: &Batch) -> Result<Option<Stream>> {
    let mut statement = conn.prepare_cached(
        "SELECT id, next_seq, playable FROM stream WHERE session_id = :session AND public_id = :id",
    )?;
    let found = statement
        .query_row(named_params! { ":session": session, ":id": batch.stream.as_str() }, |row| {
            Ok(Stream { row: row.get(0)?, next_seq: row.get(1)?, playable: row.get(2)? })
        });
    Ok(found.optional()?)
}

fn insert_stream(conn: &Db, session: i64, batch: &Batch) -> Result<Stream> {
    conn.prepare_cached(
        "INSERT INTO stream (session_id, public_id, first_event_at, last_event_at, last_seq)
         VALUES (:session, :id, :first, :last, :seq)",
    )?
    .execute(named_params! {
        ":session": session,
        ":id": batch.stream.as_str(),
        ":first": batch.facts.first_at,
        ":last": batch.facts.last_at,
        ":seq": batch.seq,
    })?;
    Ok(Stream { row: conn.last_insert_rowid(), next_seq: 0, playable: false })
}

/// Extends the stream by a batch that was just inserted; returns the lowest seq it still lacks.
fn update_stream(conn: &Db, stream: &Stream, batch: &Batch) -> Result<i64> {
    let mut next = stream.next_seq;
    if batch.seq == next {
        next += 1;
        while hash_of(conn, stream.row, next)?.is_some() {
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
    Ok(next)
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
    let mut statement =
        conn.prepare_cached("SELECT hash FROM batch WHERE stream_id = :stream AND seq = :seq")?;
    let found = statement.query_row(named_params! { ":stream": stream, ":seq": seq }, |row| row.get(0));
    Ok(found.optional()?)
}

fn insert_batch(conn: &Db, stream: i64, batch: &Batch) -> Result<()> {
    let facts = &batch.facts;
    conn.prepare_cached(
        "INSERT INTO batch (stream_id, seq, received_at, first_event_at, last_event_at, events,
                            interactions, snapshot, hash, body)
         VALUES (:stream, :seq, :now, :first, :last, :events, :interactions, :snapshot, :hash, :body)",
    )?
    .execute(named_params! {
        ":stream": stream,
        ":seq": batch.seq,
        ":now": batch.received_at,
        ":first": facts.first_at,
        ":last": facts.last_at,
        ":events": facts.events,
        ":interactions": facts.interactions,
        ":snapshot": facts.snapshot,
        ":hash": batch.hash,
        ":body": batch.body,
    })?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::{Scope, schema, sessions};
    use super::*;
    use crate::model::{BatchFacts, Status, Totals};

    const NOW: TimestampMs = 1_000_000;

    fn connection(conn: &Db, name: &str) -> ConnectionId {
        connections::add(conn, name, &format!("key of {name}"), NOW).expect("added").expect("a new name").id
    }

    fn batch(stream: &str, seq: i64, at: TimestampMs) -> Batch {
        Batch {
            session: "session-000000001".parse().expect("an id"),
            stream: stream.parse().expect("an id"),
            seq,
            body: format!("{stream}{seq}").into_bytes(),
            hash: [seq as u8; 32],
            facts: BatchFacts {
                events: 2,
                first_at: at,
                last_at: at + 10,
                page: Some((at, format!("https://x.example/{stream}/{seq}"))),
                ..BatchFacts::default()
            },
            end: false,
            user_agent: "test".to_owned(),
            received_at: NOW,
        }
    }

    const STORED_1: Appended = Appended::Stored { next: 1, playable: false };
    const A: &str = "stream-a-00000000";
    const B: &str = "stream-b-00000000";

    #[test]
    fn a_batch_is_stored_once() {
        let conn = schema::in_memory();
        let shop = connection(&conn, "shop");
        let first = batch(A, 0, 100);
        assert_eq!(append(&conn, shop, &first, 0).expect("ok"), STORED_1);
        assert_eq!(append(&conn, shop, &first, 0).expect("ok"), Appended::Duplicate { next: 1 });
        let other = Batch { hash: [9; 32], ..first };
        assert_eq!(append(&conn, shop, &other, 0).expect("ok"), Appended::Conflict);
        let totals = connections::totals(&conn, &Scope::everything(), shop).expect("totals");
        assert_eq!(totals, Totals { total: 1, active: 1, completed: 0, events: 2 });
    }

    #[test]
    fn a_gap_closes_when_the_missing_batch_comes() {
        let conn = schema::in_memory();
        let shop = connection(&conn, "shop");
        for (seq, next) in [(0, 1), (2, 1), (3, 1), (1, 4)] {
            let appended = append(&conn, shop, &batch(A, seq, 100 + seq), 0).expect("ok");
            assert_eq!(appended, Appended::Stored { next, playable: false }, "seq {seq}");
        }
        assert_eq!(append(&conn, shop, &batch(A, 900_000, 1), 0).expect("ok"), Appended::SeqJump);
    }

    #[test]
    fn what_is_refused_leaves_nothing_behind() {
        let conn = schema::in_memory();
        let shop = connection(&conn, "shop");
        assert_eq!(append(&conn, shop, &batch(A, 20_000, 1), 0).expect("ok"), Appended::SeqJump);
        let rows: i64 = conn
            .query_row("SELECT (SELECT count(*) FROM session) + (SELECT count(*) FROM stream)", [], |row| {
                row.get(0)
            })
            .expect("counted");
        assert_eq!(rows, 0);
    }

    #[test]
    fn the_same_session_id_under_two_keys_is_two_sessions() {
        let conn = schema::in_memory();
        let (shop, blog) = (connection(&conn, "shop"), connection(&conn, "blog"));
        for connection in [shop, blog] {
            let appended = append(&conn, connection, &batch(A, 0, 100), 0).expect("ok");
            assert_eq!(appended, STORED_1);
        }
        let count: i64 =
            conn.query_row("SELECT count(*) FROM session", [], |row| row.get(0)).expect("counted");
        assert_eq!(count, 2);
    }

    #[test]
    fn the_landing_page_is_the_earliest_whatever_arrives_first() {
        let conn = schema::in_memory();
        let shop = connection(&conn, "shop");
        append(&conn, shop, &batch(B, 0, 500), 0).expect("ok");
        append(&conn, shop, &batch(A, 0, 100), 0).expect("ok");
        append(&conn, shop, &batch(B, 1, 900), 0).expect("ok");
        let id = "session-000000001".parse().expect("an id");
        let session = sessions::find(&conn, &Scope::everything(), shop, &id).expect("ok").expect("found");
        assert_eq!(session.landing_url, format!("https://x.example/{A}/0"));
        assert_eq!(session.duration_ms, 810);
        assert_eq!(session.events, 6);
    }

    #[test]
    fn a_late_batch_reopens_a_session_for_a_while() {
        let conn = schema::in_memory();
        let shop = connection(&conn, "shop");
        append(&conn, shop, &batch(A, 0, 100), 0).expect("ok");
        assert_eq!(sessions::complete(&conn, NOW + 1, NOW + 1, NOW + 5).expect("ok"), 1);
        let completed = connections::totals(&conn, &Scope::everything(), shop).expect("totals");
        assert_eq!((completed.active, completed.completed), (0, 1));

        assert_eq!(append(&conn, shop, &batch(A, 1, 200), NOW + 6).expect("ok"), Appended::Closed);
        assert_eq!(
            append(&conn, shop, &batch(A, 1, 200), NOW + 5).expect("ok"),
            Appended::Stored { next: 2, playable: false }
        );
        let id = "session-000000001".parse().expect("an id");
        let session = sessions::find(&conn, &Scope::everything(), shop, &id).expect("ok").expect("found");
        assert_eq!(session.status, Status::Active);
        let reopened = connections::totals(&conn, &Scope::everything(), shop).expect("totals");
        assert_eq!((reopened.active, reopened.completed), (1, 0));
    }

    #[test]
    fn a_session_ends_when_all_its_tabs_have_whatever_arrives_late() {
        let conn = schema::in_memory();
        let shop = connection(&conn, "shop");
        let send = |stream, seq, end| {
            let batch = Batch { end, ..batch(stream, seq, 100 + seq) };
            append(&conn, shop, &batch, 0).expect("appended");
            conn.query_row("SELECT ended_at IS NOT NULL FROM session", [], |row| row.get::<_, bool>(0))
                .expect("a session")
        };
        assert!(!send(A, 0, false));
        assert!(!send(B, 0, false));
        assert!(!send(A, 2, true), "the other tab is open");
        assert!(send(B, 1, true));
        assert!(send(A, 1, false), "a retried batch from before the end");
        assert!(!send(A, 3, false), "the page came back");
    }
}
