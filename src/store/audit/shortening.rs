//! The end of old entries, and the one way of removing them: whole stretches from the oldest,
//! with the last that goes as the new anchor, so that the rest can still be verified.

use rusqlite::{Connection as Db, named_params};
use serde_json::json;

use super::chain::{anchor, hash_of};
use super::{Entry, Result, What, append};
use crate::model::{ConnectionId, TimestampMs};

/// So many entries go at once, so that nobody who writes waits for them.
const AT_ONCE: i64 = 1000;

/// An entry is made of what was counted once it is so old.
const TALLY_MS: i64 = 60 * 60 * 1000;

/// Removes entries of before a time, some at once, and says so in the log; whether there are more.
pub fn shorten(conn: &Db, before: TimestampMs, now: TimestampMs) -> Result<bool> {
    let (last, _) = anchor(conn)?;
    // The newest one stays whatever its age: what follows needs it.
    let kept: i64 = conn
        .prepare_cached(
            "SELECT coalesce((SELECT id FROM audit WHERE at >= :before ORDER BY id LIMIT 1),
                             (SELECT max(id) FROM audit), 0)",
        )?
        .query_row(named_params! { ":before": before }, |row| row.get(0))?;
    let cut = (kept - 1).min(last + AT_ONCE);
    if cut <= last {
        return Ok(false);
    }
    conn.prepare_cached("UPDATE audit_anchor SET last = :last, hash = :hash")?
        .execute(named_params! { ":last": cut, ":hash": hash_of(conn, cut)? })?;
    conn.prepare_cached("DELETE FROM audit WHERE id <= :last")?.execute(named_params! { ":last": cut })?;
    let more = cut < kept - 1;
    if !more {
        let detail = json!({ "entries_up_to": cut });
        append(conn, &by_server(now, What::LogShortened, None, detail))?;
    }
    Ok(more)
}

/// Counts sessions that the server erased by its rules, of one connection or over all.
pub fn tally(conn: &Db, connection: Option<ConnectionId>, sessions: u64, now: TimestampMs) -> Result<()> {
    if sessions == 0 {
        return Ok(());
    }
    conn.prepare_cached(
        "INSERT INTO audit_tally (connection_id, since, sessions) VALUES (:connection, :now, :sessions)
         ON CONFLICT DO UPDATE SET sessions = sessions + excluded.sessions",
    )?
    .execute(named_params! {
        ":connection": connection.map_or(0, |connection| connection.0),
        ":now": now,
        ":sessions": i64::try_from(sessions).unwrap_or(i64::MAX),
    })?;
    Ok(())
}

/// Makes entries of what was counted for an hour.
pub fn fold(conn: &Db, now: TimestampMs) -> Result<()> {
    let mut statement = conn.prepare_cached(
        "DELETE FROM audit_tally WHERE since <= :before RETURNING connection_id, since, sessions",
    )?;
    let rows = statement.query_map(named_params! { ":before": now - TALLY_MS }, |row| {
        Ok((row.get(0)?, row.get(1)?, row.get(2)?))
    })?;
    let counted: Vec<(i64, TimestampMs, i64)> = rows.collect::<rusqlite::Result<_>>()?;
    for (connection, since, sessions) in counted {
        let because = if connection == 0 { "size" } else { "age" };
        let detail = json!({ "sessions": sessions, "because_of": because, "since": since });
        let connection = Some(ConnectionId(connection)).filter(|connection| connection.0 != 0);
        append(conn, &by_server(now, What::RetentionRun, connection, detail))?;
    }
    Ok(())
}

fn by_server(
    at: TimestampMs,
    what: What,
    connection: Option<ConnectionId>,
    detail: serde_json::Value,
) -> Entry {
    Entry { at, who: super::SERVER.to_owned(), what, connection, subject: String::new(), detail }
}
