//! Webhooks: where a connection tells of what happens, and what is still to be told.
//!
//! An event is written in the transaction of what happened, and taken out when it was
//! taken. It names its session, and goes with it when that is erased: what is sent is put
//! together from what is stored by then.

mod events;
mod outbox;

use rusqlite::{Connection as Db, OptionalExtension, Row, named_params};

use super::{Result, Scope};
use crate::model::{ConnectionId, Severity, TimestampMs};

pub use events::{FindingSubject, PromptSubject, test};
pub(super) use events::{found, session_finished, unanswered, unanswered_before};
pub use outbox::{
    Attempt, Dead, Due, GIVE_UP_MS, attempts, dead, delivered, failed, forget, gone, next_due, send_again,
    waiting,
};

/// A connection has no more of them than this.
pub const MOST: i64 = 10;

/// A webhook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Webhook {
    /// Its number.
    pub id: i64,
    /// The connection that it hears of.
    pub connection: ConnectionId,
    /// See [`Wanted`].
    pub wanted: Wanted,
    /// What requests are signed with.
    pub secret: String,
    /// When it was made.
    pub made_at: TimestampMs,
}

/// What a webhook hears of, and where.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Wanted {
    /// Where it is.
    pub url: String,
    /// Whether anything is sent for now.
    pub active: bool,
    /// Whether it hears of sessions that are finished.
    pub sessions: bool,
    /// The least severity of findings that it hears of; `None`: of none.
    pub findings: Option<Severity>,
    /// Whether it hears of prompts that were not answered.
    pub prompts: bool,
}

/// The columns that [`from_row`] reads.
macro_rules! select {
    ($condition:literal) => {
        concat!(
            "SELECT id, connection_id, url, active, sessions, findings, prompts, secret, made_at
             FROM webhook WHERE ",
            $condition
        )
    };
}

/// The webhooks of a connection, oldest first.
pub fn of_connection(conn: &Db, scope: &Scope, connection: ConnectionId) -> Result<Vec<Webhook>> {
    if !scope.allows(connection) {
        return Ok(Vec::new());
    }
    let mut statement = conn.prepare_cached(select!("connection_id = :connection ORDER BY id"))?;
    let found = statement.query_map(named_params! { ":connection": connection.0 }, from_row)?;
    Ok(found.collect::<rusqlite::Result<_>>()?)
}

/// The webhook of a connection with this number.
pub fn find(conn: &Db, scope: &Scope, connection: ConnectionId, id: i64) -> Result<Option<Webhook>> {
    if !scope.allows(connection) {
        return Ok(None);
    }
    let mut statement = conn.prepare_cached(select!("id = :id AND connection_id = :connection"))?;
    let found = statement.query_row(named_params! { ":id": id, ":connection": connection.0 }, from_row);
    Ok(found.optional()?)
}

/// Adds one. `None` when the connection has as many as it takes.
pub fn add(
    conn: &Db,
    connection: ConnectionId,
    wanted: &Wanted,
    secret: &str,
    now: TimestampMs,
) -> Result<Option<i64>> {
    let added = conn
        .prepare_cached(
            "INSERT INTO webhook (connection_id, url, secret, active, sessions, findings, prompts, made_at)
             SELECT :connection, :url, :secret, :active, :sessions, :findings, :prompts, :now
             WHERE :most > (SELECT count(*) FROM webhook WHERE connection_id = :connection)",
        )?
        .execute(named_params! {
            ":connection": connection.0,
            ":url": wanted.url,
            ":secret": secret,
            ":active": wanted.active,
            ":sessions": wanted.sessions,
            ":findings": wanted.findings.map(Severity::number),
            ":prompts": wanted.prompts,
            ":now": now,
            ":most": MOST,
        })?;
    Ok((added > 0).then(|| conn.last_insert_rowid()))
}

/// Changes what one hears of. False when there is none.
pub fn change(conn: &Db, connection: ConnectionId, id: i64, wanted: &Wanted) -> Result<bool> {
    let changed = conn
        .prepare_cached(
            "UPDATE webhook SET url = :url, active = :active, sessions = :sessions, findings = :findings,
                                prompts = :prompts
             WHERE id = :id AND connection_id = :connection",
        )?
        .execute(named_params! {
            ":url": wanted.url,
            ":active": wanted.active,
            ":sessions": wanted.sessions,
            ":findings": wanted.findings.map(Severity::number),
            ":prompts": wanted.prompts,
            ":id": id,
            ":connection": connection.0,
        })?;
    Ok(changed > 0)
}

/// Gives one another secret. False when there is none.
pub fn set_secret(conn: &Db, connection: ConnectionId, id: i64, secret: &str) -> Result<bool> {
    let changed = conn
        .prepare_cached("UPDATE webhook SET secret = :secret WHERE id = :id AND connection_id = :connection")?
        .execute(named_params! { ":secret": secret, ":id": id, ":connection": connection.0 })?;
    Ok(changed > 0)
}

/// Deletes one, with what it has not been told. False when there is none.
pub fn delete(conn: &Db, connection: ConnectionId, id: i64) -> Result<bool> {
    let params = named_params! { ":id": id, ":connection": connection.0 };
    for clear in [
        "DELETE FROM webhook_event
         WHERE webhook_id IN (SELECT id FROM webhook WHERE id = :id AND connection_id = :connection)",
        "DELETE FROM webhook_attempt
         WHERE webhook_id IN (SELECT id FROM webhook WHERE id = :id AND connection_id = :connection)",
    ] {
        conn.prepare_cached(clear)?.execute(params)?;
    }
    let deleted = conn
        .prepare_cached("DELETE FROM webhook WHERE id = :id AND connection_id = :connection")?
        .execute(params)?;
    Ok(deleted > 0)
}

/// Takes back what is to be told of a session that is erased.
pub(super) fn remove(conn: &Db, session: i64) -> Result<()> {
    conn.prepare_cached("DELETE FROM webhook_event WHERE session_id = :session")?
        .execute(named_params! { ":session": session })?;
    Ok(())
}

/// Deletes all webhooks of a connection.
pub(super) fn remove_all(conn: &Db, connection: ConnectionId) -> Result<()> {
    for webhook in of_connection(conn, &Scope::everything(), connection)? {
        delete(conn, connection, webhook.id)?;
    }
    Ok(())
}

fn from_row(row: &Row<'_>) -> rusqlite::Result<Webhook> {
    Ok(Webhook {
        id: row.get(0)?,
        connection: ConnectionId(row.get(1)?),
        wanted: Wanted {
            url: row.get(2)?,
            active: row.get(3)?,
            sessions: row.get(4)?,
            findings: row.get::<_, Option<i64>>(5)?.map(Severity::of_number),
            prompts: row.get(6)?,
        },
        secret: row.get(7)?,
        made_at: row.get(8)?,
    })
}
