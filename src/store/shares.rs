//! Links to single sessions, for people who cannot see the dashboard.
//!
//! A link's token is never stored: it is known again by its hash.

use rusqlite::{Connection as Db, OptionalExtension, Row, named_params};

use super::{Result, Scope};
use crate::model::{ConnectionId, SessionId, TimestampMs};

/// A session takes no more links than this that still work.
pub const MOST: i64 = 100;

/// So many are listed, newest first.
const MOST_LISTED: i64 = 500;

/// Links that are over stay on the list for this long.
const KEPT_MS: i64 = 30 * 24 * 60 * 60 * 1000;

/// A link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Share {
    /// Its number.
    pub id: i64,
    /// The connection of its session.
    pub connection: ConnectionId,
    /// The session that it shows.
    pub session: SessionId,
    /// The URL of the session's first page.
    pub landing_url: String,
    /// Where it starts to play, in milliseconds on the timeline.
    pub start_ms: i64,
    /// Whether it shows what the visitor did and said.
    pub story: bool,
    /// The hash of its password.
    pub password: Option<String>,
    /// Who made it, as they call themselves.
    pub author: String,
    /// When it was made.
    pub made_at: TimestampMs,
    /// When it stops to work.
    pub expires_at: TimestampMs,
    /// When somebody ended it.
    pub revoked_at: Option<TimestampMs>,
    /// How often it was opened.
    pub opened: i64,
    /// When it was last opened.
    pub opened_at: Option<TimestampMs>,
}

impl Share {
    /// Whether it works at this time.
    pub fn works(&self, now: TimestampMs) -> bool {
        self.revoked_at.is_none() && now < self.expires_at
    }
}

/// A link that is about to be made.
#[derive(Clone, Debug)]
pub struct Draft {
    /// The SHA-256 of its token.
    pub token_hash: [u8; 32],
    /// See [`Share`].
    pub start_ms: i64,
    /// See [`Share`].
    pub story: bool,
    /// See [`Share`].
    pub password: Option<String>,
    /// See [`Share`].
    pub author: String,
    /// See [`Share`].
    pub expires_at: TimestampMs,
}

/// Makes a link to a session. `None` when it has as many as it takes, or is gone.
pub fn add(conn: &Db, session: i64, draft: &Draft, now: TimestampMs) -> Result<Option<i64>> {
    let added = conn
        .prepare_cached(
            "INSERT INTO share
                (connection_id, session_id, token_hash, start_ms, story, password, author, made_at, expires_at)
             SELECT connection_id, id, :hash, :start, :story, :password, :author, :now, :expires_at
             FROM session
             WHERE id = :session AND :most > (
                SELECT count(*) FROM share
                WHERE session_id = :session AND revoked_at IS NULL AND expires_at > :now
             )",
        )?
        .execute(named_params! {
            ":session": session,
            ":hash": draft.token_hash,
            ":start": draft.start_ms,
            ":story": draft.story,
            ":password": draft.password,
            ":author": draft.author,
            ":now": now,
            ":expires_at": draft.expires_at,
            ":most": MOST,
        })?;
    Ok((added > 0).then(|| conn.last_insert_rowid()))
}

/// The columns that [`from_row`] reads.
macro_rules! select {
    ($condition:literal) => {
        concat!(
            "SELECT share.id, share.connection_id, session.public_id, session.landing_url, start_ms, story,
                    password, author, made_at, expires_at, revoked_at, opened, opened_at
             FROM share JOIN session ON session.id = share.session_id WHERE ",
            $condition
        )
    };
}

/// The link whose token has this hash, whether it still works or not.
pub fn with_hash(conn: &Db, token_hash: &[u8; 32]) -> Result<Option<Share>> {
    let mut statement = conn.prepare_cached(select!("token_hash = :hash"))?;
    Ok(statement.query_row(named_params! { ":hash": token_hash }, from_row).optional()?)
}

/// The links to a session, newest first.
pub fn of_session(conn: &Db, session: i64) -> Result<Vec<Share>> {
    let mut statement =
        conn.prepare_cached(select!("session_id = :session ORDER BY share.id DESC LIMIT :limit"))?;
    let params = named_params! { ":session": session, ":limit": MOST_LISTED };
    Ok(statement.query_map(params, from_row)?.collect::<rusqlite::Result<_>>()?)
}

/// The links to sessions of a connection, newest first.
pub fn of_connection(conn: &Db, scope: &Scope, connection: ConnectionId) -> Result<Vec<Share>> {
    if !scope.allows(connection) {
        return Ok(Vec::new());
    }
    let mut statement = conn
        .prepare_cached(select!("share.connection_id = :connection ORDER BY share.id DESC LIMIT :limit"))?;
    let params = named_params! { ":connection": connection.0, ":limit": MOST_LISTED };
    Ok(statement.query_map(params, from_row)?.collect::<rusqlite::Result<_>>()?)
}

/// Ends a link, or takes that back. False when the connection has no such link.
pub fn set_revoked(
    conn: &Db,
    connection: ConnectionId,
    id: i64,
    revoked_at: Option<TimestampMs>,
) -> Result<bool> {
    let changed = conn
        .prepare_cached(
            "UPDATE share SET revoked_at = :revoked_at
             WHERE id = :id AND connection_id = :connection
               AND (revoked_at IS NULL) = (:revoked_at IS NOT NULL)",
        )?
        .execute(named_params! { ":revoked_at": revoked_at, ":id": id, ":connection": connection.0 })?;
    Ok(changed > 0)
}

/// Counts that a link was opened.
pub fn count_opened(conn: &Db, id: i64, now: TimestampMs) -> Result<()> {
    conn.prepare_cached("UPDATE share SET opened = opened + 1, opened_at = :now WHERE id = :id")?
        .execute(named_params! { ":id": id, ":now": now })?;
    Ok(())
}

/// Forgets links that are over for long.
pub fn forget(conn: &Db, now: TimestampMs) -> Result<()> {
    conn.prepare_cached("DELETE FROM share WHERE expires_at < :before")?
        .execute(named_params! { ":before": now - KEPT_MS })?;
    Ok(())
}

/// Erases the links to a session that is erased.
pub(super) fn remove(conn: &Db, session: i64) -> Result<()> {
    conn.prepare_cached("DELETE FROM share WHERE session_id = :session")?
        .execute(named_params! { ":session": session })?;
    Ok(())
}

fn from_row(row: &Row<'_>) -> rusqlite::Result<Share> {
    let public_id: String = row.get(2)?;
    Ok(Share {
        id: row.get(0)?,
        connection: ConnectionId(row.get(1)?),
        session: public_id.parse().map_err(|error| {
            rusqlite::Error::FromSqlConversionFailure(2, rusqlite::types::Type::Text, Box::new(error))
        })?,
        landing_url: row.get(3)?,
        start_ms: row.get(4)?,
        story: row.get(5)?,
        password: row.get(6)?,
        author: row.get(7)?,
        made_at: row.get(8)?,
        expires_at: row.get(9)?,
        revoked_at: row.get(10)?,
        opened: row.get(11)?,
        opened_at: row.get(12)?,
    })
}
