//! Looking through recordings for what should not be in them: how far it has come, what
//! was found where, and what is done about it.

use rusqlite::{Connection as Db, OptionalExtension, Row, named_params};

use super::{Result, place};
use crate::model::{ConnectionId, SessionId, TimestampMs};

/// A page does not list more places than this.
pub const MOST_PLACES: i64 = 200;

/// How it stands with a scan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "named by what they say")]
pub enum State {
    Running,
    Done,
    Cancelled,
}

impl State {
    fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Done => "done",
            Self::Cancelled => "cancelled",
        }
    }

    fn of(text: &str) -> Self {
        match text {
            "running" => Self::Running,
            "done" => Self::Done,
            _ => Self::Cancelled,
        }
    }
}

/// A scan of a connection's recordings.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "named by what they say")]
pub struct Scan {
    pub connection: ConnectionId,
    pub state: State,
    /// Whether a command does it, in place of the server.
    pub by_command: bool,
    /// How many sessions there were when it began.
    pub sessions: i64,
    pub done: i64,
    /// Sessions that could not be read.
    pub failed: i64,
    /// What was looked through, as JSON.
    pub bytes: i64,
    pub started_at: TimestampMs,
    pub ended_at: Option<TimestampMs>,
    next: i64,
}

/// A place of a session where something was found.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "as the table has them")]
pub struct Found {
    pub kind: &'static str,
    pub page: String,
    pub selector: String,
    pub field: String,
    pub times: i64,
    pub sample: String,
}

/// Where something was found, in any session.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "as the table has them")]
pub struct Place {
    pub kind: String,
    pub selector: String,
    pub field: String,
}

/// What was found in a place.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "named by what they say")]
pub struct Listed {
    pub place: Place,
    pub sessions: i64,
    pub times: i64,
    pub pages: i64,
    /// One of the pages, and the newest session.
    pub page: String,
    pub session: SessionId,
    pub sample: String,
}

/// Begins anew, from the newest session; what was found before is forgotten.
pub fn start(conn: &Db, connection: ConnectionId, by_command: bool, now: TimestampMs) -> Result<()> {
    conn.prepare_cached("DELETE FROM leak WHERE connection_id = :connection")?
        .execute(named_params! { ":connection": connection.0 })?;
    let range = place::all(connection);
    conn.prepare_cached(
        "INSERT OR REPLACE INTO leak_scan (connection_id, state, by_command, next, sessions, started_at)
         SELECT :connection, 'running', :by_command, :last, count(*), :now
         FROM session WHERE id BETWEEN :first AND :last",
    )?
    .execute(named_params! {
        ":connection": connection.0,
        ":by_command": by_command,
        ":first": range.start(),
        ":last": range.end(),
        ":now": now,
    })?;
    Ok(())
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT connection_id, state, by_command, sessions, done, failed, bytes, started_at, ended_at, next
             FROM leak_scan ",
            $rest
        )
    };
}

fn from_row(row: &Row<'_>) -> rusqlite::Result<Scan> {
    let state: String = row.get(1)?;
    Ok(Scan {
        connection: ConnectionId(row.get(0)?),
        state: State::of(&state),
        by_command: row.get(2)?,
        sessions: row.get(3)?,
        done: row.get(4)?,
        failed: row.get(5)?,
        bytes: row.get(6)?,
        started_at: row.get(7)?,
        ended_at: row.get(8)?,
        next: row.get(9)?,
    })
}

/// The scan that the server is to go on with.
pub fn running(conn: &Db) -> Result<Option<Scan>> {
    let mut statement = conn
        .prepare_cached(select!("WHERE state = 'running' AND by_command = 0 ORDER BY started_at LIMIT 1"))?;
    Ok(statement.query_row([], from_row).optional()?)
}

/// The last scan of a connection.
pub fn find(conn: &Db, connection: ConnectionId) -> Result<Option<Scan>> {
    let mut statement = conn.prepare_cached(select!("WHERE connection_id = :connection"))?;
    Ok(statement.query_row(named_params! { ":connection": connection.0 }, from_row).optional()?)
}

/// The newest session that is still to be looked at. `None`: it is through.
pub fn next_session(conn: &Db, scan: &Scan) -> Result<Option<i64>> {
    let mut statement = conn.prepare_cached(
        "SELECT id FROM session WHERE id BETWEEN :first AND :next ORDER BY id DESC LIMIT 1",
    )?;
    let range = place::all(scan.connection);
    let params = named_params! { ":first": range.start(), ":next": scan.next };
    Ok(statement.query_row(params, |row| row.get(0)).optional()?)
}

/// Notes what was found in a session, and goes on with older ones. `found` is `None` where
/// the session could not be read.
pub fn advance(
    conn: &Db,
    connection: ConnectionId,
    session: i64,
    bytes: i64,
    found: Option<&[Found]>,
) -> Result<()> {
    let moved = conn
        .prepare_cached(
            "UPDATE leak_scan
             SET next = :session - 1, done = done + 1, failed = failed + :failed, bytes = bytes + :bytes
             WHERE connection_id = :connection AND state = 'running' AND next >= :session",
        )?
        .execute(named_params! {
            ":session": session, ":failed": found.is_none(), ":bytes": bytes, ":connection": connection.0,
        })?;
    // The session may have been erased while it was looked at, or the scan have begun anew.
    let is_there: bool = conn
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM session WHERE id = :session)")?
        .query_row(named_params! { ":session": session }, |row| row.get(0))?;
    if moved == 0 || !is_there {
        return Ok(());
    }
    for found in found.unwrap_or_default() {
        conn.prepare_cached(
            "INSERT OR REPLACE INTO leak (session_id, kind, page, selector, field, connection_id, times, sample)
             VALUES (:session, :kind, :page, :selector, :field, :connection, :times, :sample)",
        )?
        .execute(named_params! {
            ":session": session,
            ":kind": found.kind,
            ":page": found.page,
            ":selector": found.selector,
            ":field": found.field,
            ":connection": connection.0,
            ":times": found.times,
            ":sample": found.sample,
        })?;
    }
    Ok(())
}

/// Ends or cancels a scan that is not over. False when there is none.
pub fn set_state(conn: &Db, connection: ConnectionId, state: State, now: TimestampMs) -> Result<bool> {
    let changed = conn
        .prepare_cached(
        "UPDATE leak_scan SET state = :state, ended_at = :now WHERE connection_id = :connection AND state = 'running'",
    )?
    .execute(named_params! { ":state": state.as_str(), ":now": now, ":connection": connection.0 })?;
    Ok(changed > 0)
}

/// What was found, by its place: what concerns the most sessions first.
pub fn list(conn: &Db, connection: ConnectionId) -> Result<Vec<Listed>> {
    let mut statement = conn.prepare_cached(
        "SELECT found.kind, found.selector, found.field, found.sessions, found.times, found.pages, found.page,
                session.public_id, found.sample
         FROM (SELECT kind, selector, field, count(DISTINCT session_id) AS sessions, sum(times) AS times,
                      count(DISTINCT page) AS pages, min(page) AS page, max(session_id) AS newest,
                      min(sample) AS sample
               FROM leak WHERE connection_id = :connection GROUP BY kind, selector, field) AS found
         JOIN session ON session.id = found.newest
         ORDER BY found.sessions DESC, found.times DESC, found.kind, found.selector, found.field LIMIT :most",
    )?;
    let params = named_params! { ":connection": connection.0, ":most": MOST_PLACES };
    let mut rows = statement.query(params)?;
    let mut listed = Vec::new();
    while let Some(row) = rows.next()? {
        let session: Option<String> = row.get(7)?;
        let Some(session) = session.and_then(|id| id.parse().ok()) else { continue };
        listed.push(Listed {
            place: Place { kind: row.get(0)?, selector: row.get(1)?, field: row.get(2)? },
            sessions: row.get(3)?,
            times: row.get(4)?,
            pages: row.get(5)?,
            page: row.get(6)?,
            session,
            sample: row.get(8)?,
        });
    }
    Ok(listed)
}

/// How many places something was found in.
pub fn places(conn: &Db, connection: ConnectionId) -> Result<i64> {
    let mut statement = conn.prepare_cached(
        "SELECT count(*) FROM (SELECT DISTINCT kind, selector, field FROM leak WHERE connection_id = :connection)",
    )?;
    Ok(statement.query_row(named_params! { ":connection": connection.0 }, |row| row.get(0))?)
}

/// The sessions that have something in a place.
pub fn sessions(conn: &Db, connection: ConnectionId, place: &Place) -> Result<Vec<SessionId>> {
    let mut statement = conn.prepare_cached(
        "SELECT DISTINCT session.public_id FROM leak JOIN session ON session.id = leak.session_id
         WHERE leak.connection_id = :connection AND leak.kind = :kind AND leak.selector = :selector
           AND leak.field = :field",
    )?;
    let params = named_params! {
        ":connection": connection.0, ":kind": place.kind, ":selector": place.selector, ":field": place.field,
    };
    let ids = statement.query_map(params, |row| row.get::<_, String>(0))?;
    let ids = ids.collect::<rusqlite::Result<Vec<_>>>()?;
    Ok(ids.iter().filter_map(|id| id.parse().ok()).collect())
}

/// Has the sessions of a place written anew without what was found there; says how many.
/// Those that are not over are when they are.
pub fn remask(conn: &Db, connection: ConnectionId, place: &Place) -> Result<i64> {
    let params = named_params! {
        ":connection": connection.0, ":kind": place.kind, ":selector": place.selector, ":field": place.field,
    };
    let asked = conn
        .prepare_cached(
            "INSERT INTO remask (session_id, kinds)
             SELECT DISTINCT session_id, :kind FROM leak
             WHERE connection_id = :connection AND kind = :kind AND selector = :selector AND field = :field
             ON CONFLICT (session_id) DO UPDATE SET kinds = kinds || ' ' || :kind",
        )?
        .execute(params)?;
    conn.prepare_cached(
        "UPDATE session SET finished_at = NULL, finish_attempts = 0, finish_error = NULL
         WHERE id IN (SELECT session_id FROM remask) AND finished_at IS NOT NULL AND connection_id = :connection",
    )?
    .execute(named_params! { ":connection": connection.0 })?;
    Ok(asked as i64)
}

/// How many sessions of a connection wait to be written anew.
pub fn remasking(conn: &Db, connection: ConnectionId) -> Result<i64> {
    let mut statement = conn.prepare_cached(
        "SELECT count(*) FROM remask JOIN session ON session.id = remask.session_id
         WHERE session.connection_id = :connection",
    )?;
    Ok(statement.query_row(named_params! { ":connection": connection.0 }, |row| row.get(0))?)
}

/// The kinds that a session is to be written anew without.
pub fn to_remask(conn: &Db, session: i64) -> Result<Vec<String>> {
    let mut statement = conn.prepare_cached("SELECT kinds FROM remask WHERE session_id = :session")?;
    let kinds: Option<String> =
        statement.query_row(named_params! { ":session": session }, |row| row.get(0)).optional()?;
    Ok(kinds.unwrap_or_default().split_whitespace().map(str::to_owned).collect())
}

/// A session was written anew without what was found in it.
pub(super) fn remasked(conn: &Db, session: i64, kinds: &[String]) -> Result<()> {
    for kind in kinds {
        conn.prepare_cached("DELETE FROM leak WHERE session_id = :session AND kind = :kind")?
            .execute(named_params! { ":session": session, ":kind": kind })?;
    }
    conn.prepare_cached("UPDATE session SET traits = NULL WHERE id = :session")?
        .execute(named_params! { ":session": session })?;
    conn.prepare_cached("DELETE FROM remask WHERE session_id = :session")?
        .execute(named_params! { ":session": session })?;
    Ok(())
}

/// Forgets a session.
pub(super) fn remove(conn: &Db, session: i64) -> Result<()> {
    let params = named_params! { ":session": session };
    conn.prepare_cached("DELETE FROM leak WHERE session_id = :session")?.execute(params)?;
    conn.prepare_cached("DELETE FROM remask WHERE session_id = :session")?.execute(params)?;
    Ok(())
}

/// Forgets the scan of a connection.
pub(super) fn remove_all(conn: &Db, connection: ConnectionId) -> Result<()> {
    let params = named_params! { ":connection": connection.0 };
    conn.prepare_cached("DELETE FROM leak_scan WHERE connection_id = :connection")?.execute(params)?;
    conn.prepare_cached("DELETE FROM leak WHERE connection_id = :connection")?.execute(params)?;
    Ok(())
}
