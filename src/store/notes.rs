//! What people write at moments of a session.

use rusqlite::{Connection as Db, Row, named_params};

use super::Result;
use crate::model::TimestampMs;

/// A session takes no more notes than this.
pub const MOST: i64 = 500;

/// Deleting one can be undone for this long.
const KEPT_MS: i64 = 60 * 60 * 1000;

/// A note.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// Its number.
    pub id: i64,
    /// The stream that it stands in, by the recorder's name.
    pub stream: String,
    /// Where it stands, in milliseconds since the stream's start.
    pub at: i64,
    /// What it says.
    pub text: String,
    /// Who wrote it, as they call themselves.
    pub author: String,
    /// The browser it was written in.
    pub viewer: String,
    /// When it was written.
    pub written_at: TimestampMs,
    /// When it was last changed.
    pub changed_at: Option<TimestampMs>,
}

/// A note that is about to be written.
#[derive(Clone, Debug)]
pub struct Draft {
    /// See [`Note`].
    pub stream: String,
    /// See [`Note`].
    pub at: i64,
    /// See [`Note`].
    pub text: String,
    /// See [`Note`].
    pub author: String,
    /// See [`Note`].
    pub viewer: String,
}

/// One's own note.
#[derive(Clone, Debug)]
pub struct Own {
    /// The session it stands in.
    pub session: i64,
    /// Its number.
    pub id: i64,
    /// The browser that asks.
    pub viewer: String,
}

/// The notes of a session, in the order they were written.
pub fn of_session(conn: &Db, session: i64) -> Result<Vec<Note>> {
    let mut statement = conn.prepare_cached(
        "SELECT id, stream, at, text, author, viewer, written_at, changed_at
         FROM note WHERE session_id = :session AND deleted_at IS NULL ORDER BY id",
    )?;
    let notes = statement.query_map(named_params! { ":session": session }, from_row)?;
    Ok(notes.collect::<rusqlite::Result<_>>()?)
}

/// Writes a note. `None` when the session has as many as it takes, or is gone.
pub fn add(conn: &Db, session: i64, draft: &Draft, now: TimestampMs) -> Result<Option<i64>> {
    let added = conn
        .prepare_cached(
            "INSERT INTO note (session_id, stream, at, text, author, viewer, written_at)
             SELECT id, :stream, :at, :text, :author, :viewer, :now FROM session
             WHERE id = :session AND notes < :most",
        )?
        .execute(named_params! {
            ":session": session,
            ":stream": draft.stream,
            ":at": draft.at,
            ":text": draft.text,
            ":author": draft.author,
            ":viewer": draft.viewer,
            ":now": now,
            ":most": MOST,
        })?;
    if added == 0 {
        return Ok(None);
    }
    let id = conn.last_insert_rowid();
    count(conn, session)?;
    Ok(Some(id))
}

/// Gives one's own note another text. False when there is no such note.
pub fn change(conn: &Db, own: &Own, text: &str, now: TimestampMs) -> Result<bool> {
    let changed = conn
        .prepare_cached(
            "UPDATE note SET text = :text, changed_at = :now
             WHERE id = :id AND session_id = :session AND viewer = :viewer AND deleted_at IS NULL",
        )?
        .execute(named_params! {
            ":text": text,
            ":now": now,
            ":id": own.id,
            ":session": own.session,
            ":viewer": own.viewer,
        })?;
    Ok(changed > 0)
}

/// Deletes one's own note, or takes that back. False when there is no such note.
pub fn set_deleted(conn: &Db, own: &Own, deleted_at: Option<TimestampMs>) -> Result<bool> {
    let changed = conn
        .prepare_cached(
            "UPDATE note SET deleted_at = :deleted_at
             WHERE id = :id AND session_id = :session AND viewer = :viewer
               AND (deleted_at IS NULL) = (:deleted_at IS NOT NULL)",
        )?
        .execute(named_params! {
            ":deleted_at": deleted_at,
            ":id": own.id,
            ":session": own.session,
            ":viewer": own.viewer,
        })?;
    count(conn, own.session)?;
    Ok(changed > 0)
}

/// Erases what was deleted so long ago that nobody takes it back.
pub fn forget(conn: &Db, now: TimestampMs) -> Result<()> {
    conn.prepare_cached("DELETE FROM note WHERE deleted_at < :before")?
        .execute(named_params! { ":before": now - KEPT_MS })?;
    Ok(())
}

/// Erases the notes of a session that is erased.
pub(super) fn remove(conn: &Db, session: i64) -> Result<()> {
    conn.prepare_cached("DELETE FROM note WHERE session_id = :session")?
        .execute(named_params! { ":session": session })?;
    Ok(())
}

fn count(conn: &Db, session: i64) -> Result<()> {
    conn.prepare_cached(
        "UPDATE session
         SET notes = (SELECT count(*) FROM note WHERE session_id = :session AND deleted_at IS NULL)
         WHERE id = :session",
    )?
    .execute(named_params! { ":session": session })?;
    Ok(())
}

fn from_row(row: &Row<'_>) -> rusqlite::Result<Note> {
    Ok(Note {
        id: row.get(0)?,
        stream: row.get(1)?,
        at: row.get(2)?,
        text: row.get(3)?,
        author: row.get(4)?,
        viewer: row.get(5)?,
        written_at: row.get(6)?,
        changed_at: row.get(7)?,
    })
}
