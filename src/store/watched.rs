//! Who has watched which sessions.

use rusqlite::{Connection as Db, named_params};

use super::Result;
use crate::model::TimestampMs;

/// Notes that somebody has watched a session.
pub fn note(conn: &Db, viewer: &str, session: i64, now: TimestampMs) -> Result<()> {
    conn.prepare_cached(
        "INSERT INTO watched (viewer, session_id, watched_at)
         SELECT :viewer, id, :now FROM session WHERE id = :session
         ON CONFLICT DO UPDATE SET watched_at = excluded.watched_at",
    )?
    .execute(named_params! { ":viewer": viewer, ":session": session, ":now": now })?;
    Ok(())
}

/// Whether somebody has watched a session.
pub fn is_watched(conn: &Db, viewer: &str, session: i64) -> Result<bool> {
    let mut statement = conn.prepare_cached(
        "SELECT EXISTS (SELECT 1 FROM watched WHERE viewer = :viewer AND session_id = :session)",
    )?;
    Ok(statement.query_row(named_params! { ":viewer": viewer, ":session": session }, |row| row.get(0))?)
}

/// Forgets who has watched a session.
pub(super) fn remove(conn: &Db, session: i64) -> Result<()> {
    conn.prepare_cached("DELETE FROM watched WHERE session_id = :session")?
        .execute(named_params! { ":session": session })?;
    Ok(())
}
