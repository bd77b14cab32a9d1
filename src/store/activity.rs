//! How much was recorded in each hour.
//!
//! A session counts, with all it holds, in the hour it started in: so what is
//! erased later can be taken off exactly. Prompts count in the hour in which they arrived.

use rusqlite::{Connection as Db, named_params};

use super::{Result, Scope};
use crate::model::{ConnectionId, TimestampMs};

const HOUR_MS: i64 = 60 * 60 * 1000;

/// One hour of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Hour {
    /// When it starts.
    pub starts_at: TimestampMs,
    /// Sessions that started in it.
    pub sessions: i64,
    /// All events of those sessions.
    pub events: i64,
    /// What those sessions take, in bytes as stored.
    pub bytes: i64,
    /// Prompts that arrived in it.
    pub prompts: i64,
    /// Those of them that were not answered.
    pub unanswered: i64,
}

/// The hours from the one of `from` to the one of `to`, both included; those without sessions are not there.
/// For whom prompts are not, none are counted.
pub fn hours(
    conn: &Db,
    scope: &Scope,
    connection: ConnectionId,
    from: TimestampMs,
    to: TimestampMs,
) -> Result<Vec<Hour>> {
    if !scope.allows(connection) {
        return Ok(Vec::new());
    }
    let shows_prompts = scope.shows_prompts(connection);
    let mut statement = conn.prepare_cached(
        "SELECT hour, sessions, events, bytes, prompts, unanswered FROM activity
         WHERE connection_id = :connection AND hour BETWEEN :from AND :to
         ORDER BY hour",
    )?;
    let hours = statement.query_map(
        named_params! {
            ":connection": connection.0,
            ":from": from.div_euclid(HOUR_MS),
            ":to": to.div_euclid(HOUR_MS),
        },
        |row| {
            let hour: i64 = row.get(0)?;
            let prompts = |number: i64| if shows_prompts { number } else { 0 };
            Ok(Hour {
                starts_at: hour * HOUR_MS,
                sessions: row.get(1)?,
                events: row.get(2)?,
                bytes: row.get(3)?,
                prompts: prompts(row.get(4)?),
                unanswered: prompts(row.get(5)?),
            })
        },
    )?;
    Ok(hours.collect::<rusqlite::Result<_>>()?)
}

/// By how much an hour changes.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Change {
    pub sessions: i64,
    pub events: i64,
    pub bytes: i64,
}

/// Changes the hour that a session started in.
pub(super) fn count(
    conn: &Db,
    connection: ConnectionId,
    started_at: TimestampMs,
    change: Change,
) -> Result<()> {
    conn.prepare_cached(
        "INSERT INTO activity (connection_id, hour, sessions, events, bytes)
         VALUES (:connection, :hour, :sessions, :events, :bytes)
         ON CONFLICT DO UPDATE SET sessions = sessions + excluded.sessions,
                                   events = events + excluded.events,
                                   bytes = bytes + excluded.bytes",
    )?
    .execute(named_params! {
        ":connection": connection.0,
        ":hour": started_at.div_euclid(HOUR_MS),
        ":sessions": change.sessions,
        ":events": change.events,
        ":bytes": change.bytes,
    })?;
    Ok(())
}

/// Changes the number of prompts of an hour, which is told by its number.
pub(super) fn count_prompts(
    conn: &Db,
    connection: ConnectionId,
    hour: i64,
    prompts: i64,
    unanswered: i64,
) -> Result<()> {
    conn.prepare_cached(
        "INSERT INTO activity (connection_id, hour, sessions, events, bytes, prompts, unanswered)
         VALUES (:connection, :hour, 0, 0, 0, :prompts, :unanswered)
         ON CONFLICT DO UPDATE SET prompts = prompts + excluded.prompts,
                                   unanswered = unanswered + excluded.unanswered",
    )?
    .execute(named_params! {
        ":connection": connection.0, ":hour": hour, ":prompts": prompts, ":unanswered": unanswered,
    })?;
    Ok(())
}

/// The hour that a time is in, by its number since 1970.
pub(super) fn hour_of(at: TimestampMs) -> i64 {
    at.div_euclid(HOUR_MS)
}
