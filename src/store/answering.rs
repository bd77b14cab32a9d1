//! Where a connection's answers come from: kept as the JSON that `answers::plan` reads.

use rusqlite::{Connection as Db, OptionalExtension, named_params};

use super::Result;
use crate::model::{Connection, ConnectionId};

/// The connection with what was decided about it, for whoever has its write key or changes
/// it. `None` when there is none.
pub fn plan(conn: &Db, connection: ConnectionId) -> Result<Option<(Connection, String)>> {
    let mut statement = conn.prepare_cached(
        "SELECT id, name, write_key, answers FROM connection WHERE id = :id AND deleted_at IS NULL",
    )?;
    let found = statement.query_row(named_params! { ":id": connection.0 }, |row| {
        let connection =
            Connection { id: ConnectionId(row.get(0)?), name: row.get(1)?, write_key: row.get(2)? };
        Ok((connection, row.get(3)?))
    });
    Ok(found.optional()?)
}

/// Decides it anew.
pub fn set_plan(conn: &Db, connection: ConnectionId, plan: &str) -> Result<()> {
    conn.prepare_cached("UPDATE connection SET answers = :plan WHERE id = :id")?
        .execute(named_params! { ":plan": plan, ":id": connection.0 })?;
    Ok(())
}
