//! Recorded sites and applications, with their write keys and counters.

use rusqlite::{Connection as Db, OptionalExtension, Row, named_params};

use super::{Result, Scope};
use crate::model::{Connection, ConnectionId, TimestampMs, Totals};

/// Adds a connection. `None` when the name is taken.
pub fn add(conn: &Db, name: &str, write_key: &str, now: TimestampMs) -> Result<Option<Connection>> {
    let mut statement = conn.prepare_cached(
        "INSERT INTO connection (name, write_key, created_at)
         VALUES (:name, :write_key, :now)
         ON CONFLICT (name) DO NOTHING
         RETURNING id, name, write_key",
    )?;
    let added = statement
        .query_row(named_params! { ":name": name, ":write_key": write_key, ":now": now }, from_row)
        .optional()?;
    Ok(added)
}

/// All connections that may be seen, oldest first.
pub fn all(conn: &Db, scope: &Scope) -> Result<Vec<Connection>> {
    let mut statement = conn.prepare_cached("SELECT id, name, write_key FROM connection ORDER BY id")?;
    let mut seen = statement.query_map([], from_row)?.collect::<rusqlite::Result<Vec<_>>>()?;
    seen.retain(|connection| scope.allows(connection.id));
    Ok(seen)
}

/// The oldest connection that may be seen.
pub fn first(conn: &Db, scope: &Scope) -> Result<Option<Connection>> {
    Ok(all(conn, scope)?.into_iter().next())
}

/// The connection with this name.
pub fn named(conn: &Db, name: &str) -> Result<Option<Connection>> {
    let mut statement =
        conn.prepare_cached("SELECT id, name, write_key FROM connection WHERE name = :name")?;
    Ok(statement.query_row(named_params! { ":name": name }, from_row).optional()?)
}

/// The connection that this key writes to.
pub fn by_write_key(conn: &Db, write_key: &str) -> Result<Option<ConnectionId>> {
    let mut statement = conn.prepare_cached("SELECT id FROM connection WHERE write_key = :write_key")?;
    let found = statement.query_row(named_params! { ":write_key": write_key }, |row| row.get(0));
    Ok(found.optional()?.map(ConnectionId))
}

/// What the connection holds. All zero for one that does not exist or may not be seen.
pub fn totals(conn: &Db, scope: &Scope, connection: ConnectionId) -> Result<Totals> {
    if !scope.allows(connection) {
        return Ok(Totals::default());
    }
    let mut statement = conn.prepare_cached(
        "SELECT active_sessions, completed_sessions, events FROM connection WHERE id = :id",
    )?;
    let found = statement.query_row(named_params! { ":id": connection.0 }, |row| {
        let (active, completed): (i64, i64) = (row.get(0)?, row.get(1)?);
        Ok(Totals { total: active + completed, active, completed, events: row.get(2)? })
    });
    Ok(found.optional()?.unwrap_or_default())
}

/// By how much the counters of a connection change.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Change {
    pub active: i64,
    pub completed: i64,
    pub events: i64,
}

/// Changes the counters; to be called in the transaction that changes what they count.
pub(super) fn count(conn: &Db, connection: ConnectionId, change: Change) -> Result<()> {
    conn.prepare_cached(
        "UPDATE connection
         SET active_sessions = active_sessions + :active,
             completed_sessions = completed_sessions + :completed,
             events = events + :events
         WHERE id = :id",
    )?
    .execute(named_params! {
        ":active": change.active,
        ":completed": change.completed,
        ":events": change.events,
        ":id": connection.0,
    })?;
    Ok(())
}

fn from_row(row: &Row<'_>) -> rusqlite::Result<Connection> {
    Ok(Connection { id: ConnectionId(row.get(0)?), name: row.get(1)?, write_key: row.get(2)? })
}
