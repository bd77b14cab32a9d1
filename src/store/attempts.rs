//! What was tried lately at the doors, for a server that is started anew.

use rusqlite::{Connection as Db, named_params};

use super::Result;
use crate::model::Tries;

/// What was tried, as it is remembered.
type Key = [u8; 32];

/// What was written down for a door.
pub fn of_door(conn: &Db, door: &str) -> Result<Vec<(Key, Tries)>> {
    let mut statement = conn.prepare_cached(
        "SELECT key_hash, since, count FROM attempt WHERE door = :door ORDER BY since DESC",
    )?;
    let rows = statement.query_map(named_params! { ":door": door }, |row| {
        Ok((row.get(0)?, Tries { since: row.get(1)?, count: row.get(2)? }))
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Writes down what changed; `None` is forgotten.
pub fn write(conn: &Db, door: &str, changes: &[(Key, Option<Tries>)]) -> Result<()> {
    let mut set = conn.prepare_cached(
        "INSERT INTO attempt (door, key_hash, since, count) VALUES (:door, :key, :since, :count)
         ON CONFLICT (door, key_hash) DO UPDATE SET since = excluded.since, count = excluded.count",
    )?;
    let mut forget = conn.prepare_cached("DELETE FROM attempt WHERE door = :door AND key_hash = :key")?;
    for (key, tries) in changes {
        match tries {
            Some(Tries { since, count }) => {
                set.execute(named_params! { ":door": door, ":key": key, ":since": since, ":count": count })?
            }
            None => forget.execute(named_params! { ":door": door, ":key": key })?,
        };
    }
    Ok(())
}
