//! The write keys of connections that were replaced.

use rusqlite::{Connection as Db, named_params};

use super::Result;
use crate::model::{ConnectionId, TimestampMs};

/// A key that was replaced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Former {
    /// The key.
    pub write_key: String,
    /// When it was replaced.
    pub replaced_at: TimestampMs,
    /// Until when it goes on working.
    pub works_until: TimestampMs,
}

/// Gives the connection another write key. The former one works until `works_until`; then
/// recorders that come with it are told to stop.
pub fn replace(
    conn: &Db,
    connection: ConnectionId,
    write_key: &str,
    now: TimestampMs,
    works_until: TimestampMs,
) -> Result<()> {
    conn.prepare_cached(
        "INSERT INTO revoked_key (write_key, connection_id, revoked_at, works_until)
         SELECT write_key, id, :now, :until FROM connection WHERE id = :id",
    )?
    .execute(named_params! { ":now": now, ":until": works_until, ":id": connection.0 })?;
    conn.prepare_cached("UPDATE connection SET write_key = :write_key WHERE id = :id")?
        .execute(named_params! { ":write_key": write_key, ":id": connection.0 })?;
    Ok(())
}

/// The latest keys that were replaced, newest first.
pub fn former(conn: &Db, connection: ConnectionId) -> Result<Vec<Former>> {
    let mut statement = conn.prepare_cached(
        "SELECT write_key, revoked_at, works_until FROM revoked_key
         WHERE connection_id = :id ORDER BY revoked_at DESC, write_key LIMIT 20",
    )?;
    let rows = statement.query_map(named_params! { ":id": connection.0 }, |row| {
        Ok(Former { write_key: row.get(0)?, replaced_at: row.get(1)?, works_until: row.get(2)? })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Ends what is left of the time in which replaced keys of the connection work.
pub fn end_former(conn: &Db, connection: ConnectionId, now: TimestampMs) -> Result<()> {
    conn.prepare_cached(
        "UPDATE revoked_key SET works_until = :now WHERE connection_id = :id AND works_until > :now",
    )?
    .execute(named_params! { ":now": now, ":id": connection.0 })?;
    Ok(())
}
