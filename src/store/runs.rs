//! Runs of analyzers over sessions, with what they found.

use rusqlite::{Connection as Db, OptionalExtension, Row, named_params};

use super::{Error, Result, place, webhooks};
use crate::model::{ConnectionId, Fact, Fields, Finding, Score, SessionId, TimestampMs};

/// After so many tries a run stays failed.
pub const MAX_ATTEMPTS: i64 = 3;

/// What a run is of: the plugin's bytes, its settings and the revision of the recording.
pub type Digest = [u8; 16];

/// A session that plugins have not looked at yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Due {
    /// Its row.
    pub session: i64,
    /// The connection it belongs to.
    pub connection: ConnectionId,
    /// Since when it waits.
    pub since: TimestampMs,
    /// Whether it has a timeline.
    pub is_read: bool,
}

/// The finished session that has waited longest for plugins to look at it.
pub fn next_due(conn: &Db) -> Result<Option<Due>> {
    let mut statement = conn.prepare_cached(
        "SELECT id, connection_id, analysis_due_at, unanswered IS NOT NULL FROM session
         WHERE analysis_due_at IS NOT NULL ORDER BY analysis_due_at LIMIT 1",
    )?;
    Ok(statement.query_row([], due_from).optional()?)
}

/// One session as if it were due.
pub fn as_due(conn: &Db, session: i64) -> Result<Option<Due>> {
    let mut statement = conn.prepare_cached(
        "SELECT id, connection_id, coalesce(analysis_due_at, 0), unanswered IS NOT NULL FROM session
         WHERE id = :session AND finished_at IS NOT NULL",
    )?;
    Ok(statement.query_row(named_params! { ":session": session }, due_from).optional()?)
}

fn due_from(row: &Row<'_>) -> rusqlite::Result<Due> {
    Ok(Due {
        session: row.get(0)?,
        connection: ConnectionId(row.get(1)?),
        since: row.get(2)?,
        is_read: row.get(3)?,
    })
}

/// All plugins have looked at the session, unless it became due again meanwhile.
pub fn settle(conn: &Db, due: &Due) -> Result<()> {
    conn.prepare_cached(
        "UPDATE session SET analysis_due_at = NULL WHERE id = :session AND analysis_due_at = :since",
    )?
    .execute(named_params! { ":session": due.session, ":since": due.since })?;
    Ok(())
}

/// What a plugin is told of a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    /// The recorder's name for it.
    pub id: SessionId,
    /// When it started, by the server's clock.
    pub started_at: TimestampMs,
    /// From its first event to its last, in milliseconds.
    pub duration_ms: i64,
    /// How often it was written anew.
    pub revision: i64,
    /// The size of its JSON.
    pub json_bytes: i64,
    /// Its first event, by the visitor's clock.
    pub first_event_at: TimestampMs,
    /// As the browser sent it.
    pub user_agent: String,
    /// Its first page.
    pub landing_url: String,
    /// Whom the page said the visitor is.
    pub visitor: Option<String>,
}

/// What a plugin is told of a session. `None` when it is gone.
pub fn subject(conn: &Db, session: i64) -> Result<Option<Subject>> {
    let mut statement = conn.prepare_cached(
        "SELECT public_id, started_at, last_event_at - first_event_at, revision, json_bytes, user_agent,
                landing_url, visitor, first_event_at
         FROM session WHERE id = :session",
    )?;
    let found = statement.query_row(named_params! { ":session": session }, |row| {
        Ok(Subject {
            id: session_id(row, 0)?,
            started_at: row.get(1)?,
            duration_ms: row.get(2)?,
            revision: row.get(3)?,
            json_bytes: row.get(4)?,
            user_agent: row.get(5)?,
            landing_url: row.get(6)?,
            visitor: row.get(7)?,
            first_event_at: row.get(8)?,
        })
    });
    Ok(found.optional()?)
}

/// The run of each plugin over a session that is over, with its digest.
pub fn made(conn: &Db, session: i64) -> Result<Vec<(String, Digest)>> {
    let mut statement = conn.prepare_cached(
        "SELECT plugin, digest FROM plugin_run WHERE session_id = :session AND status <> 'running'",
    )?;
    let made =
        statement.query_map(named_params! { ":session": session }, |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(made.collect::<rusqlite::Result<_>>()?)
}

/// Lets plugins look at a session again. False when it is not finished, or is gone.
pub fn look_again(conn: &Db, session: i64, now: TimestampMs) -> Result<bool> {
    let changed = conn
        .prepare_cached(
            "UPDATE session SET analysis_due_at = coalesce(analysis_due_at, :now)
             WHERE id = :session AND finished_at IS NOT NULL",
        )?
        .execute(named_params! { ":session": session, ":now": now })?;
    Ok(changed > 0)
}

/// The maskers that a session went through, as a hash.
pub fn masked(conn: &Db, session: i64) -> Result<Option<Digest>> {
    let mut statement = conn.prepare_cached("SELECT masked FROM session WHERE id = :session")?;
    let found = statement.query_row(named_params! { ":session": session }, |row| row.get(0)).optional()?;
    Ok(found.flatten())
}

/// How it stands with a run that is about to be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// It is this attempt, counted from 1.
    Run(i64),
    /// It was made before, with the same digest.
    Known,
    /// It was tried often enough.
    Exhausted,
}

/// Counts an attempt before it is made: whatever happens during it, it is not tried for ever.
pub fn begin(conn: &Db, session: i64, plugin: &str, digest: &Digest, now: TimestampMs) -> Result<Turn> {
    let before: Option<(Digest, i64, String)> = conn
        .prepare_cached(
            "SELECT digest, attempts, status FROM plugin_run WHERE session_id = :session AND plugin = :plugin",
        )?
        .query_row(named_params! { ":session": session, ":plugin": plugin }, |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })
        .optional()?;
    let attempts = match before {
        Some((known, _, status)) if known == *digest && status == "done" => return Ok(Turn::Known),
        Some((known, attempts, _)) if known == *digest => attempts,
        _ => 0,
    };
    if attempts >= MAX_ATTEMPTS {
        return Ok(Turn::Exhausted);
    }
    conn.prepare_cached(
        "INSERT INTO plugin_run (session_id, plugin, digest, attempts, status, reason, ran_at)
         VALUES (:session, :plugin, :digest, :attempts, 'running',
                 'The server ended during the run.', :now)
         ON CONFLICT DO UPDATE
         SET digest = excluded.digest, attempts = excluded.attempts, status = 'running',
             reason = excluded.reason, ran_at = excluded.ran_at",
    )?
    .execute(named_params! {
        ":session": session,
        ":plugin": plugin,
        ":digest": digest,
        ":attempts": attempts + 1,
        ":now": now,
    })?;
    Ok(Turn::Run(attempts + 1))
}

/// What a run took.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cost {
    /// CPU time, in microseconds.
    pub cpu_us: i64,
    /// The most memory that it held, in bytes.
    pub memory: i64,
    /// Events that it was given.
    pub events: i64,
}

/// What came of a run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outcome {
    /// Why it failed. `None`: it did not.
    pub failure: Option<String>,
    /// What it took.
    pub cost: Cost,
    /// What it wrote to its log.
    pub log: String,
    /// What it found.
    pub findings: Vec<Finding>,
    /// What it tells reporters.
    pub facts: Vec<Fact>,
    /// How bad it says the session was.
    pub score: Option<Score>,
}

/// Stores what came of a run in the place of what was known before. What a failed run
/// found is nothing, so that nobody takes old findings for new ones.
pub fn finish(conn: &Db, session: i64, plugin: &str, digest: &Digest, outcome: &Outcome) -> Result<bool> {
    let status = if outcome.failure.is_some() { "failed" } else { "done" };
    let changed = conn
        .prepare_cached(
            "UPDATE plugin_run
             SET status = :status, reason = :reason, cpu_us = :cpu, memory = :memory, events = :events,
                 findings = :findings, facts = :facts, score = :score, score_why = :why, log = :log
             WHERE session_id = :session AND plugin = :plugin AND digest = :digest",
        )?
        .execute(named_params! {
            ":status": status,
            ":reason": outcome.failure,
            ":cpu": outcome.cost.cpu_us,
            ":memory": outcome.cost.memory,
            ":events": outcome.cost.events,
            ":findings": outcome.findings.len() as i64,
            ":facts": outcome.facts.len() as i64,
            ":score": outcome.score.as_ref().map(|score| score.points),
            ":why": outcome.score.as_ref().map(|score| score.why.as_str()),
            ":log": outcome.log,
            ":session": session,
            ":plugin": plugin,
            ":digest": digest,
        })?;
    if changed == 0 {
        // The session was erased meanwhile.
        return Ok(false);
    }
    webhooks::found(conn, session, plugin, &outcome.findings)?;
    remove_results(conn, session, plugin)?;
    add_findings(conn, session, plugin, &outcome.findings)?;
    add_facts(conn, session, plugin, &outcome.facts)?;
    summarise(conn, session)?;
    Ok(true)
}

fn add_findings(conn: &Db, session: i64, plugin: &str, findings: &[Finding]) -> Result<()> {
    let mut insert = conn.prepare_cached(
        "INSERT INTO finding (session_id, plugin, number, kind, severity, title, detail, at_ms, until_ms,
                              selector, fields)
         VALUES (:session, :plugin, :number, :kind, :severity, :title, :detail, :at, :until, :selector, :fields)",
    )?;
    for (number, finding) in (0_i64..).zip(findings) {
        insert.execute(named_params! {
            ":session": session,
            ":plugin": plugin,
            ":number": number,
            ":kind": finding.kind,
            ":severity": finding.severity.number(),
            ":title": finding.title,
            ":detail": finding.detail,
            ":at": finding.at,
            ":until": finding.until,
            ":selector": finding.selector,
            ":fields": json(&finding.fields)?,
        })?;
    }
    Ok(())
}

fn add_facts(conn: &Db, session: i64, plugin: &str, facts: &[Fact]) -> Result<()> {
    let mut insert = conn.prepare_cached(
        "INSERT INTO fact (session_id, plugin, number, kind, at_ms, fields)
         VALUES (:session, :plugin, :number, :kind, :at, :fields)",
    )?;
    for (number, fact) in (0_i64..).zip(facts) {
        insert.execute(named_params! {
            ":session": session,
            ":plugin": plugin,
            ":number": number,
            ":kind": fact.kind,
            ":at": fact.at,
            ":fields": json(&fact.fields)?,
        })?;
    }
    Ok(())
}

fn json(fields: &Fields) -> Result<String> {
    serde_json::to_string(fields)
        .map_err(|error| Error::from(rusqlite::Error::ToSqlConversionFailure(error.into())))
}

fn remove_results(conn: &Db, session: i64, plugin: &str) -> Result<()> {
    let params = named_params! { ":session": session, ":plugin": plugin };
    conn.prepare_cached("DELETE FROM finding WHERE session_id = :session AND plugin = :plugin")?
        .execute(params)?;
    conn.prepare_cached("DELETE FROM fact WHERE session_id = :session AND plugin = :plugin")?
        .execute(params)?;
    Ok(())
}

/// Brings what the list says about a session up to date with its findings.
fn summarise(conn: &Db, session: i64) -> Result<()> {
    conn.prepare_cached(
        "UPDATE session
         SET (findings, severity) =
                 (SELECT count(*), max(severity) FROM finding WHERE session_id = :session),
             (score, score_why) =
                 (SELECT score, score_why FROM plugin_run
                  WHERE session_id = :session AND score IS NOT NULL ORDER BY score DESC LIMIT 1)
         WHERE id = :session",
    )?
    .execute(named_params! { ":session": session })?;
    // The subquery of a session without any score is no row at all, which sets both to NULL.
    Ok(())
}

/// Sessions that are late are finished up to so much after they started.
const LATE_MS: i64 = 24 * 60 * 60 * 1000;

/// Lets the runs that failed last be made again. Says since when sessions started that the
/// plugin may have missed; `None`: it missed none.
pub fn forgive(conn: &Db, plugin: &str, connection: ConnectionId) -> Result<Option<TimestampMs>> {
    let params = named_params! {
        ":plugin": plugin, ":connection": connection.0, ":looked_through": LOOKED_THROUGH,
    };
    let mut statement = conn.prepare_cached(
        "UPDATE plugin_run SET attempts = 0
         WHERE plugin = :plugin AND status <> 'done' AND session_id IN (
             SELECT session.id
             FROM (SELECT session_id, status FROM plugin_run INDEXED BY plugin_run_latest
                   WHERE plugin = :plugin ORDER BY ran_at DESC LIMIT :looked_through) AS run
             JOIN session ON session.id = run.session_id
             WHERE session.connection_id = :connection AND run.status <> 'done')
         RETURNING session_id",
    )?;
    let failed: Vec<i64> = statement.query_map(params, |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    Ok(failed.into_iter().min().map(|first| (place::started_at(first) - LATE_MS).max(0)))
}

/// Takes away what a plugin found in a session, and that it ran.
pub fn forget(conn: &Db, session: i64, plugin: &str) -> Result<()> {
    remove_results(conn, session, plugin)?;
    conn.prepare_cached("DELETE FROM plugin_run WHERE session_id = :session AND plugin = :plugin")?
        .execute(named_params! { ":session": session, ":plugin": plugin })?;
    summarise(conn, session)
}

/// Takes away all that plugins said about a session that stays.
pub(super) fn forget_all(conn: &Db, session: i64) -> Result<()> {
    remove(conn, session)?;
    summarise(conn, session)
}

/// Takes away all that plugins said about a session.
pub(super) fn remove(conn: &Db, session: i64) -> Result<()> {
    let of_session = named_params! { ":session": session };
    conn.prepare_cached("DELETE FROM finding WHERE session_id = :session")?.execute(of_session)?;
    conn.prepare_cached("DELETE FROM fact WHERE session_id = :session")?.execute(of_session)?;
    conn.prepare_cached("DELETE FROM plugin_run WHERE session_id = :session")?.execute(of_session)?;
    Ok(())
}

pub(super) fn session_id(row: &Row<'_>, column: usize) -> rusqlite::Result<SessionId> {
    let text: String = row.get(column)?;
    text.parse().map_err(|error| {
        rusqlite::Error::FromSqlConversionFailure(column, rusqlite::types::Type::Text, Box::new(error))
    })
}

/// How many finished sessions of a connection started within a time.
pub fn sessions_between(
    conn: &Db,
    connection: ConnectionId,
    from: TimestampMs,
    to: TimestampMs,
) -> Result<i64> {
    let range = place::range(connection, from, to);
    let mut statement = conn.prepare_cached(
        "SELECT count(*) FROM session WHERE id BETWEEN :first AND :last AND completed_at IS NOT NULL",
    )?;
    let count = statement
        .query_row(named_params! { ":first": range.start(), ":last": range.end() }, |row| row.get(0));
    Ok(count?)
}

/// A run as the Plugins page shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// The session.
    pub session: SessionId,
    /// The connection it belongs to.
    pub connection: ConnectionId,
    /// When it ran.
    pub ran_at: TimestampMs,
    /// Why it failed. `None`: it did not.
    pub failure: Option<String>,
    /// How often it was tried.
    pub attempts: i64,
    /// What it took.
    pub cost: Cost,
    /// How much it found.
    pub findings: i64,
    /// How much it tells reporters.
    pub facts: i64,
    /// What it wrote to its log.
    pub log: String,
}

/// So many of a plugin's latest runs are looked through for those of one connection.
const LOOKED_THROUGH: i64 = 2000;

/// The latest runs of a plugin over sessions of a connection, from the newest.
pub fn latest(conn: &Db, plugin: &str, connection: ConnectionId, limit: i64) -> Result<Vec<Run>> {
    let mut statement = conn.prepare_cached(
        "SELECT session.public_id, session.connection_id, ran_at, status, reason, attempts, cpu_us, memory,
                run.events, run.findings, facts, log
         FROM (SELECT * FROM plugin_run INDEXED BY plugin_run_latest
               WHERE plugin = :plugin ORDER BY ran_at DESC LIMIT :looked_through) AS run
         JOIN session ON session.id = run.session_id
         WHERE session.connection_id = :connection ORDER BY ran_at DESC LIMIT :limit",
    )?;
    let params = named_params! {
        ":plugin": plugin, ":connection": connection.0, ":limit": limit, ":looked_through": LOOKED_THROUGH,
    };
    let runs = statement.query_map(params, |row| {
        let status: String = row.get(3)?;
        let reason: Option<String> = row.get(4)?;
        Ok(Run {
            session: session_id(row, 0)?,
            connection: ConnectionId(row.get(1)?),
            ran_at: row.get(2)?,
            failure: reason.filter(|_| status != "done"),
            attempts: row.get(5)?,
            cost: Cost { cpu_us: row.get(6)?, memory: row.get(7)?, events: row.get(8)? },
            findings: row.get(9)?,
            facts: row.get(10)?,
            log: row.get(11)?,
        })
    })?;
    Ok(runs.collect::<rusqlite::Result<_>>()?)
}

#[cfg(test)]
mod tests;
