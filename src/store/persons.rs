//! Persons, by the id that sites give them: all that is stored of one in all connections,
//! counted, and erased.
//!
//! An erasure is a row of its own until it is done, so that it goes on after a stop. `finish`
//! takes the steps; what a step cannot do at once, the next one does.

use rusqlite::{Connection as Db, OptionalExtension, named_params};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::audit::{self, Entry, What};
use super::erasing::{self, Selection};
use super::{Result, Scope, connections, pseudonym, receipts, views};
use crate::model::{ConnectionId, Role, TimestampMs};

/// So many other ids are offered.
const MOST_LIKE: i64 = 8;

/// What there is of a person in a connection.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "named by what they count")]
pub struct Counts {
    pub sessions: i64,
    pub events: i64,
    /// As stored.
    pub bytes: i64,
    pub prompts: i64,
    pub findings: i64,
    pub notes: i64,
    pub shares: i64,
    /// Reports about times in which a session of theirs started: they may quote it.
    pub reports: i64,
    /// Saved views whose filter names them.
    pub views: i64,
}

/// [`Counts`] of a connection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counted {
    /// Its number.
    pub connection: i64,
    /// What it was called then.
    pub name: String,
    /// What there is.
    #[serde(flatten)]
    pub counts: Counts,
}

/// A person in all connections of a scope, or in one of them.
#[derive(Clone, Debug)]
pub struct Person {
    /// What the site calls them.
    pub id: String,
    /// The only connection that is meant; `None`: all.
    pub connection: Option<ConnectionId>,
}

/// What is left to do of an erasure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// There is none under way.
    Nothing,
    /// There is more to take away.
    More,
    /// All is taken away and waits to be overwritten.
    Overwriting,
    /// It is done.
    Done,
}

impl Counts {
    /// Whether there is nothing.
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }

    /// Both together.
    pub fn plus(&self, other: &Self) -> Self {
        Self {
            sessions: self.sessions + other.sessions,
            events: self.events + other.events,
            bytes: self.bytes + other.bytes,
            prompts: self.prompts + other.prompts,
            findings: self.findings + other.findings,
            notes: self.notes + other.notes,
            shares: self.shares + other.shares,
            reports: self.reports + other.reports,
            views: self.views + other.views,
        }
    }
}

/// What there is of a person, by connection, where the asker may erase it.
pub fn count(conn: &Db, scope: &Scope, person: &Person) -> Result<Vec<Counted>> {
    let mut counted = Vec::new();
    for connection in connections::all(conn, scope)? {
        let is_meant = person.connection.is_none_or(|only| only == connection.id);
        if !is_meant || scope.role_in(connection.id) < Some(Role::Editor) {
            continue;
        }
        let counts = count_in(conn, connection.id, &person.id)?;
        if !counts.is_none() {
            counted.push(Counted { connection: connection.id.0, name: connection.name, counts });
        }
    }
    Ok(counted)
}

/// Ids that begin like one that nobody has, a few.
pub fn like(conn: &Db, scope: &Scope, person: &Person) -> Result<Vec<String>> {
    let mut statement = conn.prepare_cached(
        "SELECT DISTINCT visitor FROM session INDEXED BY session_visitor
         WHERE connection_id = :connection AND visitor >= :id AND visitor < :id || char(1114111)
           -- Of others nothing is told that may wait to be masked.
           AND finished_at IS NOT NULL
         LIMIT :limit",
    )?;
    let mut found = Vec::new();
    for connection in connections::all(conn, scope)? {
        if person.connection.is_none_or(|only| only == connection.id) {
            let params = named_params! {
                ":connection": connection.id.0, ":id": person.id, ":limit": MOST_LIKE,
            };
            for id in statement.query_map(params, |row| row.get::<_, String>(0))? {
                found.push(id?);
            }
        }
    }
    found.sort();
    found.dedup();
    found.truncate(usize::try_from(MOST_LIKE).unwrap_or_default());
    Ok(found)
}

/// What there is of a person in a connection.
pub fn count_in(conn: &Db, connection: ConnectionId, visitor: &str) -> Result<Counts> {
    let mut statement = conn.prepare_cached(
        "SELECT count(*), coalesce(sum(events), 0), coalesce(sum(bytes), 0), coalesce(sum(findings), 0),
                coalesce(sum((SELECT count(*) FROM prompt WHERE prompt.session_id = session.id)), 0),
                coalesce(sum((SELECT count(*) FROM note
                              WHERE note.session_id = session.id AND deleted_at IS NULL)), 0),
                coalesce(sum((SELECT count(*) FROM share WHERE share.session_id = session.id)), 0)
         FROM session INDEXED BY session_visitor WHERE connection_id = :connection AND visitor = :visitor",
    )?;
    let params = named_params! { ":connection": connection.0, ":visitor": visitor };
    let counts = statement.query_row(params, |row| {
        Ok(Counts {
            sessions: row.get(0)?,
            events: row.get(1)?,
            bytes: row.get(2)?,
            findings: row.get(3)?,
            prompts: row.get(4)?,
            notes: row.get(5)?,
            shares: row.get(6)?,
            ..Counts::default()
        })
    })?;
    let reports = i64::try_from(reports_about(conn, connection, visitor)?.len()).unwrap_or(i64::MAX);
    Ok(Counts { reports, views: views::count_naming(conn, connection, visitor)?, ..counts })
}

/// A report that may quote a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "named by what they say")]
pub struct About {
    pub id: i64,
    pub plugin: String,
    pub title: String,
    pub from_ms: TimestampMs,
    pub to_ms: TimestampMs,
}

/// The reports about times in which a session of a person started.
pub fn reports_about(conn: &Db, connection: ConnectionId, visitor: &str) -> Result<Vec<About>> {
    let mut statement = conn.prepare_cached(
        "SELECT id, plugin, title, from_at, to_at FROM report WHERE connection_id = :connection AND EXISTS (
             SELECT 1 FROM session INDEXED BY session_visitor
             WHERE session.connection_id = :connection AND visitor = :visitor
               AND started_at >= from_at AND started_at < to_at)
         ORDER BY id",
    )?;
    let rows =
        statement.query_map(named_params! { ":connection": connection.0, ":visitor": visitor }, |row| {
            Ok(About {
                id: row.get(0)?,
                plugin: row.get(1)?,
                title: row.get(2)?,
                from_ms: row.get(3)?,
                to_ms: row.get(4)?,
            })
        })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Begins to erase a person, with a receipt and an entry in the audit log; answers the receipt's number.
pub fn begin_erasing(
    conn: &Db,
    person: &Person,
    counted: &[Counted],
    who: &str,
    now: TimestampMs,
) -> Result<i64> {
    let draft = draft(conn, receipts::Kind::Erasure, person, counted, who, now)?;
    let receipt = receipts::add(conn, &draft)?;
    conn.prepare_cached(
        "INSERT INTO erasing (receipt_id, connection_id, visitor) VALUES (:receipt, :connection, :visitor)",
    )?
    .execute(named_params! {
        ":receipt": receipt,
        ":connection": person.connection.map(|connection| connection.0),
        ":visitor": person.id,
    })?;
    audit::append(conn, &entry(What::PersonErased, receipt, &draft))?;
    Ok(receipt)
}

/// Notes that all of a person is handed out; answers the receipt's number.
pub fn begin_exporting(
    conn: &Db,
    person: &Person,
    counted: &[Counted],
    who: &str,
    now: TimestampMs,
) -> Result<i64> {
    let draft = draft(conn, receipts::Kind::Export, person, counted, who, now)?;
    let receipt = receipts::add(conn, &draft)?;
    audit::append(conn, &entry(What::PersonExported, receipt, &draft))?;
    Ok(receipt)
}

fn draft(
    conn: &Db,
    kind: receipts::Kind,
    person: &Person,
    counted: &[Counted],
    who: &str,
    now: TimestampMs,
) -> Result<receipts::Draft> {
    Ok(receipts::Draft {
        kind,
        connection: person.connection,
        at: now,
        who: who.to_owned(),
        person: pseudonym::of(conn, &person.id)?,
        counted: counted.to_vec(),
    })
}

fn entry(what: What, receipt: i64, draft: &receipts::Draft) -> Entry {
    let sessions: i64 = draft.counted.iter().map(|each| each.counts.sessions).sum();
    Entry {
        at: draft.at,
        who: draft.who.clone(),
        what,
        connection: draft.connection,
        subject: draft.person.clone(),
        detail: json!({ "receipt": receipt, "sessions": sessions }),
    }
}

struct Erasing {
    receipt: i64,
    connection: Option<ConnectionId>,
    visitor: String,
    last_stream: Option<i64>,
}

/// The next step of the oldest erasure that goes on.
pub fn step(conn: &Db, now: TimestampMs) -> Result<Step> {
    let Some(erasing) = oldest(conn)? else { return Ok(Step::Nothing) };
    if let Some(last) = erasing.last_stream {
        if erasing::any_loose_until(conn, last)? {
            return Ok(Step::Overwriting);
        }
        conn.prepare_cached("DELETE FROM erasing WHERE receipt_id = :receipt")?
            .execute(named_params! { ":receipt": erasing.receipt })?;
        receipts::finish(conn, erasing.receipt, now)?;
        return Ok(Step::Done);
    }
    let among = match erasing.connection {
        Some(connection) => vec![connection],
        None => connections::all(conn, &Scope::everything())?.into_iter().map(|each| each.id).collect(),
    };
    for connection in among {
        let selection = Selection::Visitor(erasing.visitor.clone());
        let progress = erasing::erase(conn, connection, &selection, now)?;
        receipts::count_sessions(conn, erasing.receipt, progress.erased)?;
        if progress.more {
            return Ok(Step::More);
        }
        views::remove_naming(conn, connection, &erasing.visitor)?;
    }
    conn.prepare_cached("UPDATE erasing SET last_stream = :last WHERE receipt_id = :receipt")?.execute(
        named_params! { ":receipt": erasing.receipt, ":last": erasing::last_loose(conn)?.unwrap_or(0) },
    )?;
    Ok(Step::Overwriting)
}

/// Whether an erasure goes on.
pub fn any_erasing(conn: &Db) -> Result<bool> {
    Ok(oldest(conn)?.is_some())
}

fn oldest(conn: &Db) -> Result<Option<Erasing>> {
    let mut statement = conn.prepare_cached(
        "SELECT receipt_id, connection_id, visitor, last_stream FROM erasing ORDER BY receipt_id LIMIT 1",
    )?;
    let found = statement.query_row([], |row| {
        Ok(Erasing {
            receipt: row.get(0)?,
            connection: row.get::<_, Option<i64>>(1)?.map(ConnectionId),
            visitor: row.get(2)?,
            last_stream: row.get(3)?,
        })
    });
    Ok(found.optional()?)
}
