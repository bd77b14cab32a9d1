//! What pages asked for and what was refused, by hour: what the doctor goes by.

use rusqlite::{Connection as Db, named_params};

use super::{Result, Scope};
use crate::model::{ConnectionId, TimestampMs};

const HOUR_MS: i64 = 60 * 60 * 1000;

/// Older ones are forgotten.
const KEPT_MS: i64 = 8 * 24 * HOUR_MS;

/// Something that came from pages of one origin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sighting {
    /// What: "asked", or the kind of a problem.
    pub kind: String,
    /// From where; "" where that is not known.
    pub origin: String,
    /// How often.
    pub times: i64,
    /// The last time.
    pub last_at: TimestampMs,
}

/// Adds what was seen since it was written last. The connection is 0 where a key belongs to none.
pub fn add(conn: &Db, seen: &[(ConnectionId, Sighting)], now: TimestampMs) -> Result<()> {
    let mut insert = conn.prepare_cached(
        "INSERT INTO sighting (connection_id, hour, kind, origin, times, last_at)
         VALUES (:connection, :hour, :kind, :origin, :times, :last_at)
         ON CONFLICT DO UPDATE
         SET times = times + excluded.times, last_at = max(last_at, excluded.last_at)",
    )?;
    for (connection, sighting) in seen {
        insert.execute(named_params! {
            ":connection": connection.0,
            ":hour": sighting.last_at.div_euclid(HOUR_MS),
            ":kind": sighting.kind,
            ":origin": sighting.origin,
            ":times": sighting.times,
            ":last_at": sighting.last_at,
        })?;
    }
    conn.prepare_cached("DELETE FROM sighting WHERE hour < :before")?
        .execute(named_params! { ":before": (now - KEPT_MS).div_euclid(HOUR_MS) })?;
    Ok(())
}

/// What was seen of a connection since a time (to the hour), the latest first.
pub fn since(
    conn: &Db,
    scope: &Scope,
    connection: ConnectionId,
    since: TimestampMs,
) -> Result<Vec<Sighting>> {
    if connection.0 != 0 && !scope.allows(connection) {
        return Ok(Vec::new());
    }
    let mut statement = conn.prepare_cached(
        "SELECT kind, origin, sum(times), max(last_at) FROM sighting
         WHERE connection_id = :connection AND hour >= :hour
         GROUP BY kind, origin ORDER BY max(last_at) DESC, kind, origin LIMIT 200",
    )?;
    let params = named_params! { ":connection": connection.0, ":hour": since.div_euclid(HOUR_MS) };
    let rows = statement.query_map(params, |row| {
        Ok(Sighting { kind: row.get(0)?, origin: row.get(1)?, times: row.get(2)?, last_at: row.get(3)? })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Forgets all of a connection.
pub(super) fn remove_all(conn: &Db, connection: ConnectionId) -> Result<()> {
    conn.prepare_cached("DELETE FROM sighting WHERE connection_id = :connection")?
        .execute(named_params! { ":connection": connection.0 })?;
    Ok(())
}
