//! Who did what: a log that only grows, and tells when somebody changed it.
//!
//! Each entry has the SHA-256 of the one before and of itself ([`chain`]). An entry is written
//! in the transaction of what it records, so that neither is there without the other. Nothing
//! of a recording stands here, nor who a visitor is (`super::pseudonym`).

pub mod chain;
mod shortening;
#[cfg(test)]
mod tests;
mod what;

use rusqlite::{Connection as Db, OptionalExtension, Row, named_params};
use serde_json::Value;

use super::{Result, Scope};
use crate::model::{ConnectionId, Role, TimestampMs};
pub use shortening::{fold, shorten, tally};
pub use what::What;

/// Names of people and things are cut to so many characters.
const MOST_CHARS: usize = 200;

/// How the log calls the server, where it does something by itself.
pub const SERVER: &str = "server";

/// The same person watching the same session again within this time is one view.
pub const ONE_VIEW_MS: i64 = 30 * 60 * 1000;

/// Something that was done.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// When.
    pub at: TimestampMs,
    /// Who did it, by name.
    pub who: String,
    /// What was done.
    pub what: What,
    /// The connection that it was done in, if it was in one.
    pub connection: Option<ConnectionId>,
    /// What it was done to: a session's id, a name, a number, or a pseudonym.
    pub subject: String,
    /// What else there is to know, a JSON object. Never a secret, never what was recorded.
    pub detail: Value,
}

/// An entry as it is stored.
#[derive(Clone, Debug, PartialEq)]
pub struct Stored {
    /// Its number.
    pub id: i64,
    /// What it says. A kind that this version does not know is `None` in `what`.
    pub at: TimestampMs,
    /// See [`Entry`].
    pub who: String,
    /// The kind, as it is stored.
    pub what: String,
    /// See [`Entry`].
    pub connection: Option<ConnectionId>,
    /// See [`Entry`].
    pub subject: String,
    /// The detail's JSON, as it is stored.
    pub detail: String,
    /// The hash of the entry and all before.
    pub hash: Vec<u8>,
}

/// Which entries to list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// By whom, in full.
    pub who: Option<String>,
    /// Of this kind.
    pub what: Option<What>,
    /// In this connection.
    pub connection: Option<ConnectionId>,
    /// With this in the name of what it was done to.
    pub subject: Option<String>,
    /// Or done to exactly this: the pseudonym of what is sought.
    pub or_subject: Option<String>,
    /// From this time on.
    pub from: Option<TimestampMs>,
    /// Before this time.
    pub to: Option<TimestampMs>,
}

/// Adds an entry, in the transaction that is open.
pub fn append(conn: &Db, entry: &Entry) -> Result<()> {
    let cut = |text: &str| text.chars().take(MOST_CHARS).collect::<String>();
    let (last, before) = head(conn)?;
    let mut stored = Stored {
        id: last + 1,
        at: entry.at,
        who: cut(&entry.who),
        what: entry.what.name().to_owned(),
        connection: entry.connection,
        subject: cut(&entry.subject),
        detail: entry.detail.to_string(),
        hash: Vec::new(),
    };
    stored.hash = chain::hash(&before, &stored);
    conn.prepare_cached(
        "INSERT INTO audit (id, at, who, what, connection_id, subject, detail, hash)
         VALUES (:id, :at, :who, :what, :connection, :subject, :detail, :hash)",
    )?
    .execute(named_params! {
        ":id": stored.id,
        ":at": stored.at,
        ":who": stored.who,
        ":what": stored.what,
        ":connection": stored.connection.map(|connection| connection.0),
        ":subject": stored.subject,
        ":detail": stored.detail,
        ":hash": stored.hash,
    })?;
    Ok(())
}

/// Adds entries of what was looked at; what the same person looked at a short while ago is left out.
pub fn append_views(conn: &Db, entries: &[Entry]) -> Result<()> {
    let mut lately = conn.prepare_cached(
        "SELECT EXISTS (SELECT 1 FROM audit
                        WHERE subject = :subject AND at > :since AND what = :what AND who = :who
                          AND connection_id IS :connection)",
    )?;
    for entry in entries {
        let is_again: bool = entry.what == What::SessionWatched
            && lately.query_row(
                named_params! {
                    ":subject": entry.subject,
                    ":since": entry.at - ONE_VIEW_MS,
                    ":what": entry.what.name(),
                    ":who": entry.who,
                    ":connection": entry.connection.map(|connection| connection.0),
                },
                |row| row.get(0),
            )?;
        if !is_again {
            append(conn, entry)?;
        }
    }
    Ok(())
}

/// The number and the hash of the newest entry, or of the anchor where there is none.
pub fn head(conn: &Db) -> Result<(i64, Vec<u8>)> {
    let newest = conn
        .prepare_cached("SELECT id, hash FROM audit ORDER BY id DESC LIMIT 1")?
        .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    match newest {
        Some(newest) => Ok(newest),
        None => chain::anchor(conn),
    }
}

/// Entries of a filter that may be seen, newest first, behind `before` if that is given.
pub fn list(
    conn: &Db,
    scope: &Scope,
    filter: &Filter,
    before: Option<i64>,
    limit: usize,
) -> Result<Vec<Stored>> {
    let may = filter.connection.is_some_and(|connection| scope.role_in(connection) >= Some(Role::Admin));
    if !may && !scope.is_everything() {
        return Ok(Vec::new());
    }
    let mut statement = conn.prepare_cached(
        "SELECT id, at, who, what, connection_id, subject, detail, hash FROM audit
         WHERE id < :before
           AND (:connection IS NULL OR connection_id = :connection)
           AND (:who IS NULL OR who = :who)
           AND (:what IS NULL OR what = :what)
           AND (:subject IS NULL OR instr(subject, :subject) > 0 OR subject = :or_subject)
           AND at >= :from AND at < :to
         ORDER BY id DESC LIMIT :limit",
    )?;
    let rows = statement.query_map(
        named_params! {
            ":before": before.unwrap_or(i64::MAX),
            ":connection": filter.connection.map(|connection| connection.0),
            ":who": filter.who,
            ":what": filter.what.map(What::name),
            ":subject": filter.subject,
            ":or_subject": filter.or_subject,
            ":from": filter.from.unwrap_or(0),
            ":to": filter.to.unwrap_or(TimestampMs::MAX),
            ":limit": i64::try_from(limit).unwrap_or(i64::MAX),
        },
        from_row,
    )?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Everybody who stands in the newest entries, by name.
pub fn everybody(conn: &Db, connection: Option<ConnectionId>) -> Result<Vec<String>> {
    let mut statement = conn.prepare_cached(
        "SELECT DISTINCT who FROM (
             SELECT who FROM audit WHERE :connection IS NULL OR connection_id = :connection
             ORDER BY id DESC LIMIT 10000)
         ORDER BY who LIMIT 200",
    )?;
    let params = named_params! { ":connection": connection.map(|connection| connection.0) };
    let names = statement.query_map(params, |row| row.get(0))?;
    Ok(names.collect::<rusqlite::Result<_>>()?)
}

fn from_row(row: &Row<'_>) -> rusqlite::Result<Stored> {
    Ok(Stored {
        id: row.get(0)?,
        at: row.get(1)?,
        who: row.get(2)?,
        what: row.get(3)?,
        connection: row.get::<_, Option<i64>>(4)?.map(ConnectionId),
        subject: row.get(5)?,
        detail: row.get(6)?,
        hash: row.get(7)?,
    })
}
