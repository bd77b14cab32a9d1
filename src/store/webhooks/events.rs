//! Writing down what webhooks are to be told, within the transaction in which it happens.

use std::collections::HashSet;

use rusqlite::{Connection as Db, OptionalExtension, named_params};
use serde::{Deserialize, Serialize};

use super::super::Result;
use crate::model::{ConnectionId, Finding, Severity, TimestampMs};

/// What waits for one webhook is no more than this: beyond, nothing is added until some of it went.
const MOST_WAITING: i64 = 10_000;

/// Of one run of a plugin no more findings are told.
const MOST_FINDINGS: usize = 50;

/// What is found later is of the past, and no news.
const NEWS_MS: i64 = 24 * 60 * 60 * 1000;

/// What an event says of a finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FindingSubject {
    /// The plugin that found it.
    pub plugin: String,
    /// See [`Finding`].
    pub kind: String,
    /// See [`Finding`].
    pub severity: Severity,
    /// See [`Finding`].
    pub title: String,
    /// Milliseconds since the session's first event.
    pub at_ms: u32,
}

/// What an event says of a prompt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PromptSubject {
    /// Its place in the feed.
    pub row: i64,
}

/// What happened.
struct News<'a> {
    kind: &'static str,
    session: Option<i64>,
    subject: &'a str,
    at: TimestampMs,
}

/// Tells of a session that is finished.
pub(in crate::store) fn session_finished(
    conn: &Db,
    connection: ConnectionId,
    session: i64,
    now: TimestampMs,
) -> Result<()> {
    let mut statement = conn
        .prepare_cached("SELECT id FROM webhook WHERE connection_id = :connection AND active AND sessions")?;
    let listening = statement
        .query_map(named_params! { ":connection": connection.0 }, |row| row.get(0))?
        .collect::<rusqlite::Result<Vec<i64>>>()?;
    for webhook in listening {
        let news = News { kind: "session.finished", session: Some(session), subject: "{}", at: now };
        tell(conn, webhook, &news)?;
    }
    Ok(())
}

/// Tells of what a plugin found in a session, and had not found there before. To be called
/// before it is stored.
pub(in crate::store) fn found(conn: &Db, session: i64, plugin: &str, findings: &[Finding]) -> Result<()> {
    if findings.is_empty() {
        return Ok(());
    }
    let about: Option<(i64, TimestampMs)> = conn
        .prepare_cached(
            "SELECT connection_id, ran_at FROM session
             JOIN plugin_run ON plugin_run.session_id = session.id AND plugin = :plugin
             WHERE session.id = :session AND analysis_due_at IS NOT NULL AND completed_at > ran_at - :news",
        )?
        .query_row(named_params! { ":session": session, ":plugin": plugin, ":news": NEWS_MS }, |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .optional()?;
    let Some((connection, at)) = about else { return Ok(()) };
    let mut statement = conn.prepare_cached(
        "SELECT id, findings FROM webhook
         WHERE connection_id = :connection AND active AND findings IS NOT NULL",
    )?;
    let listening = statement
        .query_map(named_params! { ":connection": connection }, |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<Vec<(i64, i64)>>>()?;
    if listening.is_empty() {
        return Ok(());
    }
    let known = known(conn, session, plugin)?;
    let is_new = |finding: &&Finding| !known.contains(&(finding.kind.clone(), finding.at));
    for finding in findings.iter().filter(is_new).take(MOST_FINDINGS) {
        let subject = FindingSubject {
            plugin: plugin.to_owned(),
            kind: finding.kind.clone(),
            severity: finding.severity,
            title: finding.title.clone(),
            at_ms: finding.at,
        };
        let subject = json(&subject);
        for (webhook, least) in &listening {
            if finding.severity.number() >= *least {
                let news = News { kind: "finding", session: Some(session), subject: &subject, at };
                tell(conn, *webhook, &news)?;
            }
        }
    }
    Ok(())
}

fn known(conn: &Db, session: i64, plugin: &str) -> Result<HashSet<(String, u32)>> {
    let mut statement = conn
        .prepare_cached("SELECT kind, at_ms FROM finding WHERE session_id = :session AND plugin = :plugin")?;
    let known = statement.query_map(named_params! { ":session": session, ":plugin": plugin }, |row| {
        Ok((row.get(0)?, row.get(1)?))
    })?;
    Ok(known.collect::<rusqlite::Result<_>>()?)
}

/// The prompts of a session that are known to be unanswered.
pub(in crate::store) fn unanswered_before(conn: &Db, session: i64) -> Result<HashSet<i64>> {
    let mut statement =
        conn.prepare_cached("SELECT id FROM prompt WHERE session_id = :session AND answered = 0")?;
    let rows = statement.query_map(named_params! { ":session": session }, |row| row.get(0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Tells of a prompt that was not answered.
pub(in crate::store) fn unanswered(
    conn: &Db,
    connection: ConnectionId,
    session: i64,
    prompt: i64,
    at: TimestampMs,
) -> Result<()> {
    let mut statement = conn
        .prepare_cached("SELECT id FROM webhook WHERE connection_id = :connection AND active AND prompts")?;
    let listening = statement
        .query_map(named_params! { ":connection": connection.0 }, |row| row.get(0))?
        .collect::<rusqlite::Result<Vec<i64>>>()?;
    for webhook in listening {
        let subject = json(&PromptSubject { row: prompt });
        let news = News { kind: "prompt.unanswered", session: Some(session), subject: &subject, at };
        tell(conn, webhook, &news)?;
    }
    Ok(())
}

/// Sends a webhook something to try it with.
pub fn test(conn: &Db, webhook: i64, now: TimestampMs) -> Result<()> {
    tell(conn, webhook, &News { kind: "test", session: None, subject: "{}", at: now })
}

fn tell(conn: &Db, webhook: i64, news: &News<'_>) -> Result<()> {
    conn.prepare_cached(
        "INSERT INTO webhook_event (public_id, webhook_id, kind, session_id, subject, at, next_at)
         SELECT 'evt_' || lower(hex(randomblob(16))), :webhook, :kind, :session, :subject, :at, :at
         WHERE :most > (SELECT count(*) FROM webhook_event WHERE webhook_id = :webhook)",
    )?
    .execute(named_params! {
        ":webhook": webhook,
        ":kind": news.kind,
        ":session": news.session,
        ":subject": news.subject,
        ":at": news.at,
        ":most": MOST_WAITING,
    })?;
    Ok(())
}

fn json(subject: &impl Serialize) -> String {
    serde_json::to_string(subject).expect("texts and numbers are always JSON")
}
