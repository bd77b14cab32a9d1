//! Receipts: what was erased of a person, or handed out, and when. They hold no id of the person.

use rusqlite::{Connection as Db, OptionalExtension, Row, named_params};

use super::persons::{Counted, Counts};
use super::{Error, Result};
use crate::model::{ConnectionId, TimestampMs};

/// What a receipt is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A person was erased.
    Erasure,
    /// All that is stored of a person was handed out.
    Export,
}

impl Kind {
    /// As it is stored, and stands in addresses.
    pub fn name(self) -> &'static str {
        match self {
            Self::Erasure => "erasure",
            Self::Export => "export",
        }
    }
}

/// A receipt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// Its number.
    pub id: i64,
    /// When it was done; `None`: it goes on.
    pub done_at: Option<TimestampMs>,
    /// How many sessions are done.
    pub sessions: i64,
    /// What it was begun with.
    pub of: Draft,
}

/// A receipt that is about to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// What for.
    pub kind: Kind,
    /// The only connection it was asked for; `None`: all.
    pub connection: Option<ConnectionId>,
    /// When it was asked for.
    pub at: TimestampMs,
    /// By whom.
    pub who: String,
    /// The person's pseudonym.
    pub person: String,
    /// What there was.
    pub counted: Vec<Counted>,
}

impl Receipt {
    /// What there was in all connections.
    pub fn total(&self) -> Counts {
        self.of.counted.iter().fold(Counts::default(), |sum, each| sum.plus(&each.counts))
    }
}

/// Writes a receipt; answers its number.
pub fn add(conn: &Db, draft: &Draft) -> Result<i64> {
    let counted = serde_json::to_string(&draft.counted)
        .map_err(|error| Error::from(rusqlite::Error::ToSqlConversionFailure(error.into())))?;
    conn.prepare_cached(
        "INSERT INTO receipt (kind, connection_id, at, who, person, counted)
         VALUES (:kind, :connection, :at, :who, :person, :counted)",
    )?
    .execute(named_params! {
        ":kind": draft.kind.name(),
        ":connection": draft.connection.map(|connection| connection.0),
        ":at": draft.at,
        ":who": draft.who,
        ":person": draft.person,
        ":counted": counted,
    })?;
    Ok(conn.last_insert_rowid())
}

/// Counts sessions that are done.
pub fn count_sessions(conn: &Db, id: i64, sessions: u64) -> Result<()> {
    conn.prepare_cached("UPDATE receipt SET sessions = sessions + :sessions WHERE id = :id")?
        .execute(named_params! { ":id": id, ":sessions": i64::try_from(sessions).unwrap_or(i64::MAX) })?;
    Ok(())
}

/// It is done.
pub fn finish(conn: &Db, id: i64, now: TimestampMs) -> Result<()> {
    conn.prepare_cached("UPDATE receipt SET done_at = :now WHERE id = :id")?
        .execute(named_params! { ":id": id, ":now": now })?;
    Ok(())
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT id, kind, connection_id, at, done_at, who, person, counted, sessions FROM receipt ",
            $rest
        )
    };
}

/// The receipt of this number.
pub fn find(conn: &Db, id: i64) -> Result<Option<Receipt>> {
    let mut statement = conn.prepare_cached(select!("WHERE id = :id"))?;
    Ok(statement.query_row(named_params! { ":id": id }, from_row).optional()?)
}

/// Receipts, newest first, behind `before` if that is given; of one person if that is given.
pub fn list(conn: &Db, person: Option<&str>, before: Option<i64>, limit: usize) -> Result<Vec<Receipt>> {
    let mut statement = conn.prepare_cached(select!(
        "WHERE id < :before AND (:person IS NULL OR person = :person) ORDER BY id DESC LIMIT :limit"
    ))?;
    let params = named_params! {
        ":before": before.unwrap_or(i64::MAX),
        ":person": person,
        ":limit": i64::try_from(limit).unwrap_or(i64::MAX),
    };
    let rows = statement.query_map(params, from_row)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

fn from_row(row: &Row<'_>) -> rusqlite::Result<Receipt> {
    let (kind, counted): (String, String) = (row.get(1)?, row.get(7)?);
    let counted = serde_json::from_str(&counted).map_err(|error| {
        rusqlite::Error::FromSqlConversionFailure(7, rusqlite::types::Type::Text, error.into())
    })?;
    Ok(Receipt {
        id: row.get(0)?,
        done_at: row.get(4)?,
        sessions: row.get(8)?,
        of: Draft {
            kind: if kind == "export" { Kind::Export } else { Kind::Erasure },
            connection: row.get::<_, Option<i64>>(2)?.map(ConnectionId),
            at: row.get(3)?,
            who: row.get(5)?,
            person: row.get(6)?,
            counted,
        },
    })
}
