//! What reporters said about many sessions.

use rusqlite::{Connection as Db, OptionalExtension, Row, named_params};

use super::{Result, Scope};
use crate::model::{ConnectionId, TimestampMs};

/// Reports of one plugin that are kept for a connection.
const KEPT: i64 = 30;

/// A report to be stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewReport {
    /// The connection that it is about.
    pub connection: ConnectionId,
    /// The plugin that made it.
    pub plugin: String,
    /// The time that it is about, by the server's clock.
    pub from: TimestampMs,
    /// Its end.
    pub to: TimestampMs,
    /// How many sessions started within it.
    pub sessions: i64,
    /// What it took, in microseconds of CPU time.
    pub cpu_us: i64,
    /// One line.
    pub title: String,
    /// What it says first; Markdown.
    pub summary: String,
    /// A JSON array of its sections.
    pub sections: String,
}

/// A stored report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Its number.
    pub id: i64,
    /// When it was made.
    pub made_at: TimestampMs,
    /// What it says.
    pub report: NewReport,
}

/// Stores a report, and forgets the oldest ones; returns its number.
pub fn add(conn: &Db, report: &NewReport, now: TimestampMs) -> Result<i64> {
    conn.prepare_cached(
        "INSERT INTO report (connection_id, plugin, from_at, to_at, sessions, made_at, cpu_us, title, summary,
                             sections)
         VALUES (:connection, :plugin, :from, :to, :sessions, :now, :cpu, :title, :summary, :sections)",
    )?
    .execute(named_params! {
        ":connection": report.connection.0,
        ":plugin": report.plugin,
        ":from": report.from,
        ":to": report.to,
        ":sessions": report.sessions,
        ":now": now,
        ":cpu": report.cpu_us,
        ":title": report.title,
        ":summary": report.summary,
        ":sections": report.sections,
    })?;
    let id = conn.last_insert_rowid();
    conn.prepare_cached(
        "DELETE FROM report
         WHERE connection_id = :connection AND plugin = :plugin
           AND id NOT IN (SELECT id FROM report WHERE connection_id = :connection AND plugin = :plugin
                          ORDER BY made_at DESC, id DESC LIMIT :kept)",
    )?
    .execute(named_params! { ":connection": report.connection.0, ":plugin": report.plugin, ":kept": KEPT })?;
    Ok(id)
}

/// The reports of a connection without their sections, from the newest.
pub fn list(conn: &Db, scope: &Scope, connection: ConnectionId) -> Result<Vec<Report>> {
    if !scope.shows_prompts(connection) {
        return Ok(Vec::new());
    }
    let mut statement = conn.prepare_cached(
        "SELECT id, made_at, connection_id, plugin, from_at, to_at, sessions, cpu_us, title, summary, '[]'
         FROM report WHERE connection_id = :connection ORDER BY made_at DESC, id DESC",
    )?;
    let reports = statement.query_map(named_params! { ":connection": connection.0 }, from_row)?;
    Ok(reports.collect::<rusqlite::Result<_>>()?)
}

/// The report of a connection with this number.
pub fn find(conn: &Db, scope: &Scope, connection: ConnectionId, id: i64) -> Result<Option<Report>> {
    if !scope.shows_prompts(connection) {
        return Ok(None);
    }
    let mut statement = conn.prepare_cached(
        "SELECT id, made_at, connection_id, plugin, from_at, to_at, sessions, cpu_us, title, summary, sections
         FROM report WHERE id = :id AND connection_id = :connection",
    )?;
    let found = statement.query_row(named_params! { ":id": id, ":connection": connection.0 }, from_row);
    Ok(found.optional()?)
}

/// When a plugin made its latest report about a connection.
pub fn latest(conn: &Db, connection: ConnectionId, plugin: &str) -> Result<Option<TimestampMs>> {
    let mut statement = conn.prepare_cached(
        "SELECT max(made_at) FROM report WHERE connection_id = :connection AND plugin = :plugin",
    )?;
    let latest = statement
        .query_row(named_params! { ":connection": connection.0, ":plugin": plugin }, |row| row.get(0));
    Ok(latest?)
}

/// Deletes a report. False when there is none.
pub fn delete(conn: &Db, connection: ConnectionId, id: i64) -> Result<bool> {
    let deleted = conn
        .prepare_cached("DELETE FROM report WHERE id = :id AND connection_id = :connection")?
        .execute(named_params! { ":id": id, ":connection": connection.0 })?;
    Ok(deleted > 0)
}

/// Deletes the reports about a time in which a session started that is being erased: they
/// may quote it.
pub(super) fn remove_about(conn: &Db, connection: ConnectionId, started_at: TimestampMs) -> Result<()> {
    conn.prepare_cached(
        "DELETE FROM report
         WHERE connection_id = :connection AND from_at <= :started_at AND to_at > :started_at",
    )?
    .execute(named_params! { ":connection": connection.0, ":started_at": started_at })?;
    Ok(())
}

/// Deletes all reports of a connection.
pub(super) fn remove_all(conn: &Db, connection: ConnectionId) -> Result<()> {
    conn.prepare_cached("DELETE FROM report WHERE connection_id = :connection")?
        .execute(named_params! { ":connection": connection.0 })?;
    Ok(())
}

fn from_row(row: &Row<'_>) -> rusqlite::Result<Report> {
    Ok(Report {
        id: row.get(0)?,
        made_at: row.get(1)?,
        report: NewReport {
            connection: ConnectionId(row.get(2)?),
            plugin: row.get(3)?,
            from: row.get(4)?,
            to: row.get(5)?,
            sessions: row.get(6)?,
            cpu_us: row.get(7)?,
            title: row.get(8)?,
            summary: row.get(9)?,
            sections: row.get(10)?,
        },
    })
}
