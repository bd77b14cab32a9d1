//! What recordings take, by connection and in the file.
//!
//! All of it is read from counters and indexes; nothing is counted here.

use rusqlite::{Connection as Db, OptionalExtension, named_params};

use super::{Result, Scope, connections, erasing, place};
use crate::model::{Connection, TimestampMs};

const HOUR_MS: i64 = 60 * 60 * 1000;

/// What a connection takes.
#[derive(Clone, Debug)]
pub struct Usage {
    /// The connection.
    pub connection: Connection,
    /// How many sessions it has.
    pub sessions: i64,
    /// How many events they hold.
    pub events: i64,
    /// What its recordings take, in bytes as stored.
    pub bytes: i64,
    /// What those of them take that started lately, in bytes as stored.
    pub recent_bytes: i64,
    /// When its oldest session started.
    pub oldest: Option<TimestampMs>,
    /// How long its sessions are kept, in days. `None`: as long as the server's setting says.
    pub keep_days: Option<i64>,
}

/// What each connection takes that may be seen; `recent` is what started from the hour of `since` on.
pub fn by_connection(conn: &Db, scope: &Scope, since: TimestampMs) -> Result<Vec<Usage>> {
    connections::all(conn, scope)?.into_iter().map(|connection| of(conn, connection, since)).collect()
}

fn of(conn: &Db, connection: Connection, since: TimestampMs) -> Result<Usage> {
    let id = named_params! { ":id": connection.id.0 };
    let (sessions, events, bytes, keep_days) = conn
        .prepare_cached(
            "SELECT active_sessions + completed_sessions, events, bytes, keep_days FROM connection WHERE id = :id",
        )?
        .query_row(id, |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))?;
    let recent_bytes = conn
        .prepare_cached(
            "SELECT coalesce(sum(bytes), 0) FROM activity WHERE connection_id = :id AND hour >= :since",
        )?
        .query_row(named_params! { ":id": connection.id.0, ":since": since.div_euclid(HOUR_MS) }, |row| {
            row.get(0)
        })?;
    let range = place::all(connection.id);
    let oldest = conn
        .prepare_cached(
            "SELECT started_at FROM session WHERE id BETWEEN :first AND :last ORDER BY id LIMIT 1",
        )?
        .query_row(named_params! { ":first": range.start(), ":last": range.end() }, |row| row.get(0))
        .optional()?;
    Ok(Usage { connection, sessions, events, bytes, recent_bytes, oldest, keep_days })
}

/// What the database takes on the disk, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileSizes {
    /// The file.
    pub file: i64,
    /// What of it holds nothing: the next recordings take it, and the rest is given back.
    pub free: i64,
    /// The write-ahead log beside it.
    pub log: i64,
}

/// How large the database and its log are.
pub fn file_sizes(conn: &Db) -> Result<FileSizes> {
    let pages = erasing::pages(conn)?;
    let log = conn.path().and_then(|path| std::fs::metadata(format!("{path}-wal")).ok());
    Ok(FileSizes {
        file: pages.all * pages.bytes,
        free: pages.free * pages.bytes,
        log: log.map_or(0, |log| i64::try_from(log.len()).unwrap_or(i64::MAX)),
    })
}

#[cfg(test)]
mod tests {
    use super::super::{batches, schema};
    use super::*;
    use crate::model::{Batch, BatchFacts};

    #[test]
    fn a_connection_is_told_by_its_counters() {
        let conn = schema::in_memory();
        let shop = connections::add(&conn, "shop", "key", 0).expect("added").expect("new").id;
        connections::add(&conn, "blog", "key 2", 0).expect("added").expect("new");
        for (number, received_at) in [5 * HOUR_MS + 1, 9 * HOUR_MS].into_iter().enumerate() {
            let batch = Batch {
                session: format!("session-00000000{number}").parse().expect("an id"),
                stream: "stream-0000000000".parse().expect("an id"),
                seq: 0,
                body: vec![0; 100 + number],
                hash: [0; 32],
                facts: BatchFacts { events: 2, ..BatchFacts::default() },
                end: false,
                user_agent: String::new(),
                sent_at: None,
                received_at,
            };
            batches::append(&conn, shop, &batch, &batches::tests::since(0)).expect("appended");
        }
        let usage = by_connection(&conn, &Scope::everything(), 9 * HOUR_MS + 5).expect("read");
        let figures: Vec<_> = usage
            .iter()
            .map(|each| (each.sessions, each.events, each.bytes, each.recent_bytes, each.oldest))
            .collect();
        assert_eq!(figures, [(2, 4, 201, 101, Some(5 * HOUR_MS + 1)), (0, 0, 0, 0, None)]);
    }
}
