//! Sessions: finding one, pinning one.

use rusqlite::{Connection as Db, OptionalExtension, Row, named_params};

pub use super::listing::{Filter, Listing, Order, Page, Place, Prompts, list};
use super::{Result, Scope};
use crate::model::{
    ConnectionId, Counts, FoundCounts, Score, Session, SessionId, Severity, Status, TimestampMs,
};

/// No visit is shown as longer than this: a visitor's clock may say anything.
const LONGEST_DURATION_MS: i64 = 24 * 60 * 60 * 1000;

/// Whether anything was said to an assistant in a session, or nobody knows because its
/// timeline was not read.
macro_rules! said {
    () => {
        "(session.finished_at IS NOT NULL AND session.prompts IS NULL OR coalesce(session.prompts, 0) > 0
          OR EXISTS (SELECT 1 FROM said WHERE said.session_id = session.id))"
    };
}
pub(super) use said;

/// The columns that [`from_row`] reads.
macro_rules! columns {
    () => {
        concat!("SELECT session.id, session.connection_id, session.public_id, session.started_at, session.completed_at,
                session.first_event_at, session.last_event_at, session.events, session.playable,
                session.landing_url, session.user_agent, session.pinned, session.bytes, session.visitor,
                session.finish_error, session.finished_at IS NOT NULL, session.pages, session.clicks,
                session.prompts, session.errors, session.findings, session.severity, session.score,
                session.score_why, session.country, session.notes, ", said!())
    };
}

/// Them for [`listing`](super::listing).
pub(super) const COLUMNS: &str = columns!();

/// The session with this id.
pub fn find(conn: &Db, scope: &Scope, connection: ConnectionId, id: &SessionId) -> Result<Option<Session>> {
    if !scope.allows(connection) {
        return Ok(None);
    }
    let mut statement = conn.prepare_cached(concat!(
        columns!(),
        " FROM session WHERE connection_id = :connection AND public_id = :id"
    ))?;
    let found =
        statement.query_row(named_params! { ":connection": connection.0, ":id": id.as_str() }, from_row);
    Ok(found.optional()?)
}

/// The session with this row.
pub fn of_row(conn: &Db, row: i64) -> Result<Option<Session>> {
    let mut statement = conn.prepare_cached(concat!(columns!(), " FROM session WHERE id = :row"))?;
    Ok(statement.query_row(named_params! { ":row": row }, from_row).optional()?)
}

/// So many sessions of a connection, by their rows, from behind `after` on.
pub fn from_row_on(conn: &Db, connection: ConnectionId, after: i64, most: i64) -> Result<Vec<Session>> {
    let mut statement = conn.prepare_cached(concat!(
        columns!(),
        " FROM session WHERE connection_id = :connection AND id > :after ORDER BY id LIMIT :most"
    ))?;
    let sessions = statement
        .query_map(named_params! { ":connection": connection.0, ":after": after, ":most": most }, from_row)?;
    Ok(sessions.collect::<rusqlite::Result<_>>()?)
}

/// The connections that hold a session with this id: more than one only if somebody sent it to several.
pub fn connections_of(conn: &Db, scope: &Scope, id: &SessionId) -> Result<Vec<ConnectionId>> {
    let mut statement = conn.prepare_cached(
        "SELECT connection.id FROM connection
         JOIN session ON session.connection_id = connection.id AND session.public_id = :id
         ORDER BY connection.id",
    )?;
    let mut found = statement
        .query_map(named_params! { ":id": id.as_str() }, |row| row.get(0).map(ConnectionId))?
        .collect::<rusqlite::Result<Vec<_>>>()?;
    found.retain(|connection| scope.allows(*connection));
    Ok(found)
}

/// Keeps a session from retention, or no longer. False when there is no such session.
pub fn pin(conn: &Db, connection: ConnectionId, id: &SessionId, pinned: bool) -> Result<bool> {
    let changed = conn
        .prepare_cached(
            "UPDATE session SET pinned = :pinned WHERE connection_id = :connection AND public_id = :id",
        )?
        .execute(named_params! { ":pinned": pinned, ":connection": connection.0, ":id": id.as_str() })?;
    Ok(changed > 0)
}

pub(super) fn from_row(row: &Row<'_>) -> rusqlite::Result<Session> {
    let completed_at: Option<TimestampMs> = row.get(4)?;
    let (first_event_at, last_event_at): (TimestampMs, TimestampMs) = (row.get(5)?, row.get(6)?);
    let public_id: String = row.get(2)?;
    Ok(Session {
        row: row.get(0)?,
        connection: ConnectionId(row.get(1)?),
        id: public_id.parse().map_err(|error| {
            rusqlite::Error::FromSqlConversionFailure(2, rusqlite::types::Type::Text, Box::new(error))
        })?,
        status: if completed_at.is_some() { Status::Completed } else { Status::Active },
        started_at: row.get(3)?,
        events: row.get(7)?,
        duration_ms: (last_event_at - first_event_at).min(LONGEST_DURATION_MS),
        landing_url: row.get(9)?,
        user_agent: row.get(10)?,
        playable: row.get(8)?,
        pinned: row.get(11)?,
        bytes: row.get(12)?,
        visitor: row.get(13)?,
        finish_error: row.get(14)?,
        finished: row.get(15)?,
        first_event_at,
        counts: counts_from(row, 16)?,
        found: found_from(row, 20)?,
        country: row.get(24)?,
        notes: row.get(25)?,
        said: row.get(26)?,
        // Who shows it knows which maskers there are.
        held_back: false,
        withheld: false,
    })
}

fn counts_from(row: &Row<'_>, first: usize) -> rusqlite::Result<Option<Counts>> {
    let Some(pages) = row.get(first)? else { return Ok(None) };
    let (clicks, prompts, errors) = (row.get(first + 1)?, row.get(first + 2)?, row.get(first + 3)?);
    Ok(Some(Counts { pages, clicks, prompts, errors }))
}

fn found_from(row: &Row<'_>, first: usize) -> rusqlite::Result<FoundCounts> {
    let (points, why): (Option<u32>, Option<String>) = (row.get(first + 2)?, row.get(first + 3)?);
    Ok(FoundCounts {
        findings: row.get(first)?,
        severity: row.get::<_, Option<i64>>(first + 1)?.map(Severity::of_number),
        score: points.zip(why).map(|(points, why)| Score { points, why }),
    })
}
