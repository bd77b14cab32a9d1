//! What is still to be told, and what became of it.

use rusqlite::{Connection as Db, Row, named_params};

use super::super::Result;
use super::{Wanted, Webhook};
use crate::model::{ConnectionId, Severity, TimestampMs};

/// Nobody is told of what happened longer ago than this, unless somebody asks for it.
pub const GIVE_UP_MS: i64 = 24 * 60 * 60 * 1000;

/// The first wait before an event is sent again; each is twice the one before.
const FIRST_WAIT_MS: i64 = 10 * 1000;

/// The longest one.
const LONGEST_WAIT_MS: i64 = 4 * 60 * 60 * 1000;

/// So many attempts are kept of each webhook.
const KEPT_ATTEMPTS: i64 = 50;

/// Events that nobody took stay to be sent again for this long.
const KEPT_MS: i64 = 30 * 24 * 60 * 60 * 1000;

/// So many of them are listed.
const MOST_LISTED: i64 = 100;

/// An event that is to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Due {
    /// Its row.
    pub row: i64,
    /// The same however often it is sent.
    pub id: String,
    /// What happened.
    pub kind: String,
    /// The session that it is about.
    pub session: Option<i64>,
    /// JSON: what the session's row does not say.
    pub subject: String,
    /// When it happened.
    pub at: TimestampMs,
    /// How often it was sent.
    pub attempts: i64,
    /// Where it is sent.
    pub webhook: Webhook,
}

/// What came of sending an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// The event.
    pub id: String,
    /// What happened.
    pub kind: String,
    /// When it was sent.
    pub at: TimestampMs,
    /// How long the answer took.
    pub took_ms: i64,
    /// The status that it was answered with, if it was.
    pub status: Option<u16>,
    /// Why it failed, if it did.
    pub problem: Option<String>,
}

/// An event that nobody took.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dead {
    /// Its row.
    pub row: i64,
    /// What happened.
    pub kind: String,
    /// When.
    pub at: TimestampMs,
    /// How often it was sent.
    pub attempts: i64,
}

/// The events that are to be sent by now: the oldest of each webhook.
pub fn next_due(conn: &Db, now: TimestampMs, limit: i64) -> Result<Vec<Due>> {
    let mut statement = conn.prepare_cached(
        "SELECT min(event.next_at), event.id, public_id, kind, session_id, subject, at, attempts,
                webhook.id, connection_id, url, secret, made_at
         FROM webhook_event AS event INDEXED BY webhook_event_next JOIN webhook ON webhook.id = webhook_id
         WHERE event.next_at IS NOT NULL AND event.next_at <= :now AND active
         GROUP BY webhook.id ORDER BY 1 LIMIT :limit",
    )?;
    let due = statement.query_map(named_params! { ":now": now, ":limit": limit }, due_from)?;
    Ok(due.collect::<rusqlite::Result<_>>()?)
}

fn due_from(row: &Row<'_>) -> rusqlite::Result<Due> {
    Ok(Due {
        row: row.get(1)?,
        id: row.get(2)?,
        kind: row.get(3)?,
        session: row.get(4)?,
        subject: row.get(5)?,
        at: row.get(6)?,
        attempts: row.get(7)?,
        webhook: Webhook {
            id: row.get(8)?,
            connection: ConnectionId(row.get(9)?),
            wanted: Wanted {
                url: row.get(10)?,
                active: true,
                sessions: false,
                findings: None::<Severity>,
                prompts: false,
            },
            secret: row.get(11)?,
            made_at: row.get(12)?,
        },
    })
}

/// The event was taken.
pub fn delivered(conn: &Db, due: &Due, attempt: &Attempt) -> Result<()> {
    gone(conn, due)?;
    note(conn, due, attempt)
}

/// There is nothing left to tell.
pub fn gone(conn: &Db, due: &Due) -> Result<()> {
    conn.prepare_cached("DELETE FROM webhook_event WHERE id = :row")?
        .execute(named_params! { ":row": due.row })?;
    Ok(())
}

/// The event was not taken: it is sent again later, unless that was tried for long enough.
pub fn failed(conn: &Db, due: &Due, attempt: &Attempt) -> Result<()> {
    let wait = (FIRST_WAIT_MS << due.attempts.clamp(0, 20)).min(LONGEST_WAIT_MS);
    let next = attempt.at + wait;
    let next = (next <= due.at + GIVE_UP_MS).then_some(next);
    conn.prepare_cached("UPDATE webhook_event SET attempts = attempts + 1, next_at = :next WHERE id = :row")?
        .execute(named_params! { ":next": next, ":row": due.row })?;
    note(conn, due, attempt)
}

fn note(conn: &Db, due: &Due, attempt: &Attempt) -> Result<()> {
    // The webhook may have been deleted while it was asked.
    conn.prepare_cached(
        "INSERT INTO webhook_attempt (webhook_id, public_id, kind, at, took_ms, status, problem)
         SELECT id, :id, :kind, :at, :took, :status, :problem FROM webhook WHERE id = :webhook",
    )?
    .execute(named_params! {
        ":webhook": due.webhook.id,
        ":id": attempt.id,
        ":kind": attempt.kind,
        ":at": attempt.at,
        ":took": attempt.took_ms,
        ":status": attempt.status,
        ":problem": attempt.problem,
    })?;
    conn.prepare_cached(
        "DELETE FROM webhook_attempt
         WHERE webhook_id = :webhook
           AND id NOT IN (SELECT id FROM webhook_attempt WHERE webhook_id = :webhook ORDER BY id DESC LIMIT :kept)",
    )?
    .execute(named_params! { ":webhook": due.webhook.id, ":kept": KEPT_ATTEMPTS })?;
    Ok(())
}

/// The latest attempts, newest first.
pub fn attempts(conn: &Db, webhook: i64) -> Result<Vec<Attempt>> {
    let mut statement = conn.prepare_cached(
        "SELECT public_id, kind, at, took_ms, status, problem FROM webhook_attempt
         WHERE webhook_id = :webhook ORDER BY id DESC",
    )?;
    let found = statement.query_map(named_params! { ":webhook": webhook }, |row| {
        Ok(Attempt {
            id: row.get(0)?,
            kind: row.get(1)?,
            at: row.get(2)?,
            took_ms: row.get(3)?,
            status: row.get(4)?,
            problem: row.get(5)?,
        })
    })?;
    Ok(found.collect::<rusqlite::Result<_>>()?)
}

/// How many events wait for a webhook, to be sent for the first time or again.
pub fn waiting(conn: &Db, webhook: i64) -> Result<i64> {
    let mut statement = conn.prepare_cached(
        "SELECT count(*) FROM webhook_event WHERE webhook_id = :webhook AND next_at IS NOT NULL",
    )?;
    Ok(statement.query_row(named_params! { ":webhook": webhook }, |row| row.get(0))?)
}

/// The events that nobody took, newest first.
pub fn dead(conn: &Db, webhook: i64) -> Result<Vec<Dead>> {
    let mut statement = conn.prepare_cached(
        "SELECT id, kind, at, attempts FROM webhook_event
         WHERE webhook_id = :webhook AND next_at IS NULL ORDER BY id DESC LIMIT :limit",
    )?;
    let found = statement.query_map(named_params! { ":webhook": webhook, ":limit": MOST_LISTED }, |row| {
        Ok(Dead { row: row.get(0)?, kind: row.get(1)?, at: row.get(2)?, attempts: row.get(3)? })
    })?;
    Ok(found.collect::<rusqlite::Result<_>>()?)
}

/// Sends events again that nobody took: this one, or all. Returns how many.
pub fn send_again(conn: &Db, webhook: i64, row: Option<i64>, now: TimestampMs) -> Result<usize> {
    let changed = conn
        .prepare_cached(
            "UPDATE webhook_event SET next_at = :now
             WHERE webhook_id = :webhook AND next_at IS NULL AND (:row IS NULL OR id = :row)",
        )?
        .execute(named_params! { ":now": now, ":webhook": webhook, ":row": row })?;
    Ok(changed)
}

/// Forgets what nobody took for long.
pub fn forget(conn: &Db, now: TimestampMs) -> Result<()> {
    conn.prepare_cached("DELETE FROM webhook_event WHERE next_at IS NULL AND at < :before")?
        .execute(named_params! { ":before": now - KEPT_MS })?;
    Ok(())
}
