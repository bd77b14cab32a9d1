//! What was hidden in sessions before it was written: how often, by its kind.

use rusqlite::{Connection as Db, named_params};

use super::Result;

/// Counts what was hidden in a part of a session.
pub(super) fn count(conn: &Db, session: i64, hidden: &[(&str, i64)]) -> Result<()> {
    for (kind, times) in hidden {
        conn.prepare_cached(
            "INSERT INTO hidden (session_id, kind, times) VALUES (:session, :kind, :times)
             ON CONFLICT (session_id, kind) DO UPDATE SET times = times + :times",
        )?
        .execute(named_params! { ":session": session, ":kind": kind, ":times": times })?;
    }
    Ok(())
}

/// What was hidden in a session, the most frequent first.
pub fn of(conn: &Db, session: i64) -> Result<Vec<(String, i64)>> {
    let mut statement = conn.prepare_cached(
        "SELECT kind, times FROM hidden WHERE session_id = :session ORDER BY times DESC, kind",
    )?;
    let found =
        statement.query_map(named_params! { ":session": session }, |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(found.collect::<rusqlite::Result<_>>()?)
}

/// Forgets a session.
pub(super) fn remove(conn: &Db, session: i64) -> Result<()> {
    conn.prepare_cached("DELETE FROM hidden WHERE session_id = :session")?
        .execute(named_params! { ":session": session })?;
    Ok(())
}
