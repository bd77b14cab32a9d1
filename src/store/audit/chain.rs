//! The chain of hashes that tells when an entry was changed, removed or slipped in.
//!
//! The hash of an entry is the SHA-256 of the 32 bytes of the hash before, and of its fields as
//! netstrings (`LENGTH:BYTES,`, the length in bytes and decimal): number, time in milliseconds,
//! who, what, connection, subject, detail. A missing connection is the empty string. Before the
//! first entry stands the anchor; of a new log that is 32 zero bytes.

use rusqlite::{Connection as Db, named_params};
use sha2::{Digest, Sha256};

use super::{Result, Stored, from_row};

/// What came of looking at the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// How many entries were looked at.
    pub entries: i64,
    /// Whether older ones were not.
    pub older: bool,
    /// The number and the hash of the newest.
    pub head: (i64, Vec<u8>),
    /// The first entry that is not as it was written.
    pub broken: Option<Broken>,
}

/// Where a chain is broken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// The number of the entry.
    pub id: i64,
    /// What is wrong with it.
    pub reason: &'static str,
}

/// The hash of an entry that stands behind one with the hash `before`.
pub fn hash(before: &[u8], entry: &Stored) -> Vec<u8> {
    let mut hash = Sha256::new();
    hash.update(before);
    let connection = entry.connection.map(|connection| connection.to_string()).unwrap_or_default();
    let (id, at) = (entry.id.to_string(), entry.at.to_string());
    for field in [&id, &at, &entry.who, &entry.what, &connection, &entry.subject, &entry.detail] {
        hash.update(format!("{}:{field},", field.len()));
    }
    hash.finalize().to_vec()
}

/// The entry that the chain begins behind.
pub fn anchor(conn: &Db) -> Result<(i64, Vec<u8>)> {
    let mut statement = conn.prepare_cached("SELECT last, hash FROM audit_anchor")?;
    Ok(statement.query_row([], |row| Ok((row.get(0)?, row.get(1)?)))?)
}

/// Looks at all entries, or at so many of the newest.
pub fn verify(conn: &Db, newest: Option<i64>) -> Result<Verdict> {
    let anchor = anchor(conn)?;
    let head = super::head(conn)?;
    let start = newest.map_or(anchor.0, |newest| (head.0 - newest).max(anchor.0));
    let mut before = if start == anchor.0 { anchor.clone() } else { (start, hash_of(conn, start)?) };
    let mut verdict = Verdict { entries: 0, older: start > anchor.0, head, broken: None };
    let mut statement = conn.prepare_cached(
        "SELECT id, at, who, what, connection_id, subject, detail, hash FROM audit WHERE id > :start ORDER BY id",
    )?;
    let mut rows = statement.query(named_params! { ":start": start })?;
    while let Some(row) = rows.next()? {
        let entry = from_row(row)?;
        let reason = if entry.id != before.0 + 1 {
            Some("one or more entries before it are missing")
        } else if hash(&before.1, &entry) != entry.hash {
            Some("it is not as it was written, or an entry before it was removed or put in")
        } else {
            None
        };
        if let Some(reason) = reason {
            verdict.broken = Some(Broken { id: entry.id, reason });
            return Ok(verdict);
        }
        verdict.entries += 1;
        before = (entry.id, entry.hash);
    }
    Ok(verdict)
}

/// The hash of an entry; empty, which continues no chain, for one that is not there.
pub fn hash_of(conn: &Db, id: i64) -> Result<Vec<u8>> {
    let mut statement = conn.prepare_cached(
        "SELECT coalesce((SELECT hash FROM audit WHERE id = :id),
                         (SELECT hash FROM audit_anchor WHERE last = :id), x'')",
    )?;
    Ok(statement.query_row(named_params! { ":id": id }, |row| row.get(0))?)
}
