//! What plugins found, as pages and reporters read it.

use rusqlite::{Connection as Db, Row, named_params};

use super::runs::session_id;
use super::{Result, place};
use crate::model::{ConnectionId, Fact, Fields, Finding, Item, SessionId, Severity, TimestampMs};

/// A finding with the plugin that found it.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// The plugin.
    pub plugin: String,
    /// What it found.
    pub finding: Finding,
}

/// What was found in a session, in the order of time.
pub fn findings(conn: &Db, session: i64) -> Result<Vec<Found>> {
    let mut statement = conn.prepare_cached(
        "SELECT plugin, kind, severity, title, detail, at_ms, until_ms, selector, fields
         FROM finding WHERE session_id = :session ORDER BY at_ms, plugin, number",
    )?;
    let found = statement.query_map(named_params! { ":session": session }, |row| {
        Ok(Found { plugin: row.get(0)?, finding: finding_from(row, 1)? })
    })?;
    Ok(found.collect::<rusqlite::Result<_>>()?)
}

/// How often each kind was found in a session: plugin, kind, gravest severity, how often.
pub fn kinds(conn: &Db, session: i64) -> Result<Vec<(String, String, Severity, i64)>> {
    let mut statement = conn.prepare_cached(
        "SELECT plugin, kind, max(severity), count(*) FROM finding WHERE session_id = :session
         GROUP BY plugin, kind ORDER BY 3 DESC, 4 DESC, plugin, kind",
    )?;
    let kinds = statement.query_map(named_params! { ":session": session }, |row| {
        Ok((row.get(0)?, row.get(1)?, Severity::of_number(row.get(2)?), row.get(3)?))
    })?;
    Ok(kinds.collect::<rusqlite::Result<_>>()?)
}

fn finding_from(row: &Row<'_>, first: usize) -> rusqlite::Result<Finding> {
    Ok(Finding {
        kind: row.get(first)?,
        severity: Severity::of_number(row.get(first + 1)?),
        title: row.get(first + 2)?,
        detail: row.get(first + 3)?,
        at: row.get(first + 4)?,
        until: row.get(first + 5)?,
        selector: row.get(first + 6)?,
        fields: fields_from(row, first + 7)?,
    })
}

fn fields_from(row: &Row<'_>, column: usize) -> rusqlite::Result<Fields> {
    let text: String = row.get(column)?;
    serde_json::from_str(&text).map_err(|error| {
        rusqlite::Error::FromSqlConversionFailure(column, rusqlite::types::Type::Text, error.into())
    })
}

/// A finding or a fact of some session, for reporters.
#[derive(Clone, Debug, PartialEq)]
pub struct ReportRow {
    /// The session's row.
    pub row: i64,
    /// The recorder's name for the session.
    pub session: SessionId,
    /// When the session started, by the server's clock.
    pub started_at: TimestampMs,
    /// The plugin that said it.
    pub plugin: String,
    /// What it said.
    pub item: Item,
}

/// What plugins said about the sessions of a connection that started within a time, from
/// the oldest: those with rows after `after`, up to some sessions. Only what `wanted` says.
pub fn report_rows(
    conn: &Db,
    connection: ConnectionId,
    (from, to): (TimestampMs, TimestampMs),
    after: i64,
    sessions: i64,
    wanted: impl Fn(&str, &str) -> bool,
) -> Result<(Vec<ReportRow>, Option<i64>)> {
    let range = place::range(connection, from, to);
    let mut statement = conn.prepare_cached(
        "SELECT id, public_id, started_at FROM session
         WHERE id BETWEEN :first AND :last AND id > :after ORDER BY id LIMIT :sessions",
    )?;
    let params = named_params! { ":first": range.start(), ":last": range.end(), ":after": after, ":sessions": sessions };
    let found = statement
        .query_map(params, |row| Ok((row.get::<_, i64>(0)?, session_id(row, 1)?, row.get(2)?)))?
        .collect::<rusqlite::Result<Vec<(i64, SessionId, TimestampMs)>>>()?;
    let last = found.last().map(|(row, ..)| *row);
    let mut rows = Vec::new();
    for (row, session, started_at) in found {
        for (plugin, item) in items(conn, row, &wanted)? {
            rows.push(ReportRow { row, session: session.clone(), started_at, plugin, item });
        }
    }
    Ok((rows, last))
}

fn items(conn: &Db, session: i64, wanted: &impl Fn(&str, &str) -> bool) -> Result<Vec<(String, Item)>> {
    let of_session = named_params! { ":session": session };
    let mut items: Vec<(String, Item)> = findings(conn, session)?
        .into_iter()
        .filter(|found| wanted(&found.plugin, &found.finding.kind))
        .map(|found| (found.plugin, Item::Finding(found.finding)))
        .collect();
    let mut statement = conn.prepare_cached(
        "SELECT plugin, kind, at_ms, fields FROM fact WHERE session_id = :session ORDER BY at_ms, plugin, number",
    )?;
    let mut rows = statement.query(of_session)?;
    while let Some(row) = rows.next()? {
        let (plugin, kind): (String, String) = (row.get(0)?, row.get(1)?);
        if wanted(&plugin, &kind) {
            items.push((plugin, Item::Fact(Fact { kind, at: row.get(2)?, fields: fields_from(row, 3)? })));
        }
    }
    items.sort_by_key(|(_, item)| match item {
        Item::Finding(finding) => finding.at,
        Item::Fact(fact) => fact.at,
    });
    Ok(items)
}
