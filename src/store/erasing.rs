//! Erasing: what is erased is gone from all pages at once, and from the file soon.
//!
//! A session is taken out of lists, counters and search in one transaction, in which
//! its streams become loose. Their bytes are overwritten (`secure_delete`) and their
//! pages given back to the file system in small steps, each of which ends in time,
//! so that nobody who writes waits for them. A step that is interrupted is simply
//! taken again.

use std::time::{Duration, Instant};

use rusqlite::{Connection as Db, OptionalExtension, named_params};
use sha2::{Digest, Sha256};

use super::batches::id_of;
use super::connections::{self, Change};
use super::recordings::style_hashes;
use super::{
    Result, choices, hidden, leaks, members, notes, place, prompts, reports, reruns, runs, search, shares,
    sightings, tags, timelines, tokens, views, watched, webhooks,
};
use crate::model::{ConnectionId, SessionId, StyleHash, TimestampMs};

/// How long a step works, before the commit.
const STEP_TIME: Duration = Duration::from_millis(2);

/// Rows looked at before the time is.
const ROWS_AT_ONCE: i64 = 16;

/// Pages given back before the time is looked at.
const PAGES_AT_ONCE: i64 = 16;

/// How long an erased session is kept from coming back, and how long after its last
/// batch anybody could still send one.
pub const REMEMBERED_MS: i64 = 30 * 24 * 60 * 60 * 1000;

/// Which sessions of a connection to erase.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Selection {
    /// This one.
    Session(SessionId),
    /// These.
    Sessions(Vec<SessionId>),
    /// Those of whom the page said this.
    Visitor(String),
    /// Those that started from the first time on and before the second, by the server's clock.
    Started(TimestampMs, TimestampMs),
    /// Those that started before this time and are over, but for pinned ones: what retention erases.
    Outdated(TimestampMs),
}

/// How far a step came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// What was erased: sessions, or bytes, or pages.
    pub erased: u64,
    /// Whether there is more to do.
    pub more: bool,
}

/// Takes selected sessions away, as many as the time of a step allows.
pub fn erase(
    conn: &Db,
    connection: ConnectionId,
    selection: &Selection,
    now: TimestampMs,
) -> Result<Progress> {
    let started = Instant::now();
    let mut erased = 0;
    loop {
        let rows = select(conn, connection, selection)?;
        if rows.is_empty() {
            return Ok(Progress { erased, more: false });
        }
        for row in rows {
            if started.elapsed() > STEP_TIME {
                return Ok(Progress { erased, more: true });
            }
            erase_session(conn, row, now)?;
            erased += 1;
        }
    }
}

/// How many sessions are selected.
pub fn count(conn: &Db, connection: ConnectionId, selection: &Selection) -> Result<i64> {
    let counts = selected(conn, connection, selection, Wanted::Count)?;
    Ok(counts.first().copied().unwrap_or_default())
}

fn select(conn: &Db, connection: ConnectionId, selection: &Selection) -> Result<Vec<i64>> {
    selected(conn, connection, selection, Wanted::Rows)
}

#[derive(Clone, Copy)]
enum Wanted {
    Rows,
    Count,
}

fn selected(conn: &Db, connection: ConnectionId, selection: &Selection, wanted: Wanted) -> Result<Vec<i64>> {
    macro_rules! query {
        ($condition:literal, $params:expr) => {{
            let text = match wanted {
                Wanted::Rows => concat!("SELECT id FROM session WHERE ", $condition, " LIMIT 16"),
                Wanted::Count => concat!("SELECT count(*) FROM session WHERE ", $condition),
            };
            let mut statement = conn.prepare_cached(text)?;
            let rows = statement.query_map($params, |row| row.get(0))?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        }};
    }
    match selection {
        Selection::Session(id) => query!(
            "connection_id = :connection AND public_id = :id",
            named_params! { ":connection": connection.0, ":id": id.as_str() }
        ),
        Selection::Sessions(ids) => {
            let ids: Vec<&str> = ids.iter().map(SessionId::as_str).collect();
            let ids = serde_json::to_string(&ids).expect("texts are always JSON");
            query!(
                "connection_id = :connection AND public_id IN (SELECT value FROM json_each(:ids))",
                named_params! { ":connection": connection.0, ":ids": ids }
            )
        }
        Selection::Visitor(visitor) => query!(
            "connection_id = :connection AND visitor = :visitor",
            named_params! { ":connection": connection.0, ":visitor": visitor }
        ),
        Selection::Started(from, to) => {
            let range = place::range(connection, *from, *to);
            query!(
                "id BETWEEN :first AND :last",
                named_params! { ":first": range.start(), ":last": range.end() }
            )
        }
        Selection::Outdated(before) => {
            let range = place::range(connection, 0, *before);
            query!(
                "id BETWEEN :first AND :last AND pinned = 0 AND completed_at IS NOT NULL",
                named_params! { ":first": range.start(), ":last": range.end() }
            )
        }
    }
}

/// Whether [`erase`] would find a session.
pub fn any(conn: &Db, connection: ConnectionId, selection: &Selection) -> Result<bool> {
    Ok(!select(conn, connection, selection)?.is_empty())
}

/// The oldest session of all connections that is over and not pinned, and what it takes.
pub fn oldest(conn: &Db) -> Result<Option<(i64, i64)>> {
    let mut connections = conn.prepare_cached("SELECT id FROM connection")?;
    let connections = connections
        .query_map([], |row| row.get(0).map(ConnectionId))?
        .collect::<rusqlite::Result<Vec<_>>>()?;
    let mut statement = conn.prepare_cached(
        "SELECT started_at, id, bytes FROM session
         WHERE id BETWEEN :first AND :last AND pinned = 0 AND completed_at IS NOT NULL
         ORDER BY id LIMIT 1",
    )?;
    let mut oldest: Option<(TimestampMs, i64, i64)> = None;
    for connection in connections {
        let range = place::all(connection);
        let params = named_params! { ":first": range.start(), ":last": range.end() };
        let found =
            statement.query_row(params, |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).optional()?;
        oldest = oldest.into_iter().chain(found).min();
    }
    Ok(oldest.map(|(_, row, bytes)| (row, bytes)))
}

/// Takes the oldest sessions of all connections away until so many recorded bytes are
/// loose, or the step's time is over.
pub fn erase_oldest(conn: &Db, bytes: i64, now: TimestampMs) -> Result<Progress> {
    let started = Instant::now();
    let (mut freed, mut erased) = (0, 0);
    while freed < bytes {
        let Some((row, bytes)) = oldest(conn)? else { return Ok(Progress { erased, more: false }) };
        erase_session(conn, row, now)?;
        freed += bytes;
        erased += 1;
        if started.elapsed() > STEP_TIME {
            return Ok(Progress { erased, more: freed < bytes });
        }
    }
    Ok(Progress { erased, more: false })
}

/// Takes one session out of everything that shows it; its bytes are loose from then on.
pub fn erase_session(conn: &Db, row: i64, now: TimestampMs) -> Result<()> {
    let mut statement = conn.prepare_cached(
        "SELECT connection_id, public_id, started_at, last_batch_at, completed_at IS NULL, events, bytes, landing_url
         FROM session WHERE id = :row",
    )?;
    let mut rows = statement.query(named_params! { ":row": row })?;
    let Some(session) = rows.next()? else { return Ok(()) };
    let connection = ConnectionId(session.get(0)?);
    let public_id: String = session.get(1)?;
    let (started_at, last_batch_at): (TimestampMs, TimestampMs) = (session.get(2)?, session.get(3)?);
    let active: bool = session.get(4)?;
    let (events, bytes): (i64, i64) = (session.get(5)?, session.get(6)?);
    search::remove(conn, row, &session.get::<_, String>(7)?)?;
    drop(rows);
    timelines::remove(conn, row)?;
    prompts::remove(conn, connection, row)?;
    runs::remove(conn, row)?;
    tags::remove(conn, row)?;
    watched::remove(conn, row)?;
    notes::remove(conn, row)?;
    shares::remove(conn, row)?;
    webhooks::remove(conn, row)?;
    hidden::remove(conn, row)?;
    leaks::remove(conn, row)?;
    reports::remove_about(conn, connection, started_at)?;
    reruns::forget_samples(conn, row)?;
    conn.prepare_cached("UPDATE stream SET session_id = NULL WHERE session_id = :row")?
        .execute(named_params! { ":row": row })?;
    conn.prepare_cached("DELETE FROM session WHERE id = :row")?.execute(named_params! { ":row": row })?;
    let change =
        Change { active: -i64::from(active), completed: -i64::from(!active), events: -events, bytes: -bytes };
    connections::count_session(conn, connection, started_at, -1, change)?;
    if last_batch_at > now - REMEMBERED_MS {
        remember(conn, connection, &public_id, now)?;
    }
    Ok(())
}

/// The name of an erased session, which does not tell who it was.
fn digest(connection: ConnectionId, session: &str) -> [u8; 16] {
    let digest = Sha256::digest(format!("{connection}/{session}"));
    *digest.first_chunk().expect("a hash is longer")
}

fn remember(conn: &Db, connection: ConnectionId, session: &str, now: TimestampMs) -> Result<()> {
    conn.prepare_cached("INSERT OR REPLACE INTO erased (digest, erased_at) VALUES (:digest, :now)")?
        .execute(named_params! { ":digest": digest(connection, session), ":now": now })?;
    Ok(())
}

/// Whether a session of this id was erased lately.
pub(super) fn is_erased(conn: &Db, connection: ConnectionId, session: &SessionId) -> Result<bool> {
    let mut statement = conn.prepare_cached("SELECT EXISTS (SELECT 1 FROM erased WHERE digest = :digest)")?;
    let found = statement
        .query_row(named_params! { ":digest": digest(connection, session.as_str()) }, |row| row.get(0));
    Ok(found?)
}

/// Forgets what was erased so long ago that nobody can send more of it.
pub fn forget(conn: &Db, now: TimestampMs) -> Result<()> {
    conn.prepare_cached(
        "DELETE FROM erased WHERE digest IN (SELECT digest FROM erased WHERE erased_at < :before LIMIT 1000)",
    )?
    .execute(named_params! { ":before": now - REMEMBERED_MS })?;
    Ok(())
}

/// Whether there is anything that [`overwrite`] would work on.
pub fn any_loose(conn: &Db) -> Result<bool> {
    Ok(next_loose(conn)?.is_some())
}

/// The row of the loose stream that came last.
pub fn last_loose(conn: &Db) -> Result<Option<i64>> {
    let mut statement = conn.prepare_cached("SELECT max(id) FROM stream WHERE session_id IS NULL")?;
    Ok(statement.query_row([], |row| row.get(0))?)
}

/// Whether a stream up to this row is loose.
pub fn any_loose_until(conn: &Db, last: i64) -> Result<bool> {
    Ok(next_loose(conn)?.is_some_and(|(stream, _)| stream <= last))
}

/// Overwrites the bytes of loose streams. To be called while no stream is being
/// written anew: that is loose as well.
pub fn overwrite(conn: &Db) -> Result<Progress> {
    let started = Instant::now();
    let mut erased = 0;
    while let Some((stream, connection)) = next_loose(conn)? {
        loop {
            let bytes = overwrite_batches(conn, stream)? + overwrite_segments(conn, connection, stream)?;
            erased += bytes;
            if started.elapsed() > STEP_TIME {
                return Ok(Progress { erased, more: true });
            }
            if bytes == 0 {
                break;
            }
        }
        conn.prepare_cached("DELETE FROM stream WHERE id = :stream")?
            .execute(named_params! { ":stream": stream })?;
    }
    Ok(Progress { erased, more: false })
}

fn next_loose(conn: &Db) -> Result<Option<(i64, ConnectionId)>> {
    let mut statement = conn.prepare_cached(
        "SELECT id, connection_id FROM stream WHERE session_id IS NULL ORDER BY id LIMIT 1",
    )?;
    let found = statement.query_row([], |row| Ok((row.get(0)?, ConnectionId(row.get(1)?))));
    Ok(found.optional()?)
}

fn overwrite_batches(conn: &Db, stream: i64) -> Result<u64> {
    let mut statement = conn.prepare_cached(
        "DELETE FROM batch
         WHERE id IN (SELECT id FROM batch WHERE id BETWEEN :first AND :last ORDER BY id LIMIT :limit)
         RETURNING bytes",
    )?;
    let params = named_params! { ":first": id_of(stream, 0), ":last": id_of(stream + 1, 0) - 1, ":limit": ROWS_AT_ONCE };
    let erased =
        statement.query_map(params, |row| row.get::<_, i64>(0))?.collect::<rusqlite::Result<Vec<_>>>()?;
    Ok(erased.iter().sum::<i64>().unsigned_abs())
}

/// One at a time, since they are large.
fn overwrite_segments(conn: &Db, connection: ConnectionId, stream: i64) -> Result<u64> {
    let mut statement = conn.prepare_cached(
        "DELETE FROM segment
         WHERE id = (SELECT id FROM segment WHERE id BETWEEN :first AND :last ORDER BY id LIMIT 1)
         RETURNING bytes, styles",
    )?;
    let params = named_params! { ":first": id_of(stream, 0), ":last": id_of(stream + 1, 0) - 1 };
    let erased = statement
        .query_row(params, |row| Ok((row.get::<_, i64>(0)?, row.get::<_, Vec<u8>>(1)?)))
        .optional()?;
    let Some((bytes, styles)) = erased else { return Ok(0) };
    for hash in style_hashes(&styles) {
        disuse_style(conn, connection, &hash)?;
    }
    Ok(bytes.unsigned_abs())
}

fn disuse_style(conn: &Db, connection: ConnectionId, hash: &StyleHash) -> Result<()> {
    let last_use = conn
        .prepare_cached(
            "UPDATE style SET uses = uses - 1 WHERE connection_id = :connection AND hash = :hash
             RETURNING uses = 0, bytes",
        )?
        .query_row(named_params! { ":connection": connection.0, ":hash": hash.0 }, |row| {
            Ok((row.get::<_, bool>(0)?, row.get::<_, i64>(1)?))
        })
        .optional()?;
    let Some((true, bytes)) = last_use else { return Ok(()) };
    conn.prepare_cached("DELETE FROM style WHERE connection_id = :connection AND hash = :hash")?
        .execute(named_params! { ":connection": connection.0, ":hash": hash.0 })?;
    connections::count(conn, connection, Change { bytes: -bytes, ..Change::default() })
}

/// Marks a connection as deleted: it takes nothing any more and is shown nowhere.
pub fn delete_connection(conn: &Db, connection: ConnectionId, now: TimestampMs) -> Result<()> {
    conn.prepare_cached(
        "UPDATE connection
         SET deleted_at = :now, paused = 1, name = 'deleted ' || id, write_key = 'deleted ' || id
         WHERE id = :id AND deleted_at IS NULL",
    )?
    .execute(named_params! { ":now": now, ":id": connection.0 })?;
    Ok(())
}

/// Whether a connection is to be erased.
pub fn any_deleted_connection(conn: &Db) -> Result<bool> {
    let mut statement =
        conn.prepare_cached("SELECT EXISTS (SELECT 1 FROM connection WHERE deleted_at IS NOT NULL)")?;
    Ok(statement.query_row([], |row| row.get(0))?)
}

/// Erases what deleted connections hold, and at last themselves.
pub fn erase_deleted_connections(conn: &Db, now: TimestampMs) -> Result<Progress> {
    let mut statement = conn.prepare_cached("SELECT id FROM connection WHERE deleted_at IS NOT NULL")?;
    let deleted =
        statement.query_map([], |row| row.get(0).map(ConnectionId))?.collect::<rusqlite::Result<Vec<_>>>()?;
    for connection in deleted {
        let progress = erase(conn, connection, &Selection::Started(0, TimestampMs::MAX), now)?;
        if progress.erased > 0 {
            return Ok(Progress { more: true, ..progress });
        }
        erase_empty_connection(conn, connection)?;
    }
    Ok(Progress { erased: 0, more: false })
}

fn erase_empty_connection(conn: &Db, connection: ConnectionId) -> Result<()> {
    let params = named_params! { ":id": connection.0 };
    let in_use: bool = conn
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM stream WHERE connection_id = :id)")?
        .query_row(params, |row| row.get(0))?;
    if in_use {
        return Ok(());
    }
    choices::remove_all(conn, connection)?;
    members::remove_all(conn, connection)?;
    reports::remove_all(conn, connection)?;
    reruns::remove_all(conn, connection)?;
    leaks::remove_all(conn, connection)?;
    sightings::remove_all(conn, connection)?;
    views::remove_all(conn, connection)?;
    tokens::forget_connection(conn, connection)?;
    webhooks::remove_all(conn, connection)?;
    conn.prepare_cached("DELETE FROM activity WHERE connection_id = :id")?.execute(params)?;
    conn.prepare_cached("DELETE FROM revoked_key WHERE connection_id = :id")?.execute(params)?;
    conn.prepare_cached("DELETE FROM style WHERE connection_id = :id")?.execute(params)?;
    conn.prepare_cached("DELETE FROM connection WHERE id = :id")?.execute(params)?;
    Ok(())
}

/// How many pages the file has, how many of them hold nothing, and how large one is in bytes.
pub fn pages(conn: &Db) -> Result<Pages> {
    let pragma = |name| conn.pragma_query_value(None, name, |row| row.get(0));
    Ok(Pages { all: pragma("page_count")?, free: pragma("freelist_count")?, bytes: pragma("page_size")? })
}

/// The size of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pages {
    /// How many there are.
    pub all: i64,
    /// How many of them hold nothing.
    pub free: i64,
    /// How large one is.
    pub bytes: i64,
}

/// Gives pages that hold nothing back to the file system, but for `keep` of them.
pub fn shrink(conn: &Db, keep: i64) -> Result<Progress> {
    let started = Instant::now();
    let mut erased = 0;
    loop {
        let free = pages(conn)?.free;
        let surplus = (free - keep).min(PAGES_AT_ONCE);
        if surplus <= 0 {
            return Ok(Progress { erased, more: false });
        }
        give_back(conn, surplus)?;
        erased += surplus.unsigned_abs();
        if started.elapsed() > STEP_TIME {
            return Ok(Progress { erased, more: free - keep > surplus });
        }
    }
}

fn give_back(conn: &Db, pages: i64) -> Result<()> {
    // It answers a row for each page, and gives that back when the next is asked for.
    let mut statement = conn.prepare_cached(match pages {
        PAGES_AT_ONCE => "PRAGMA incremental_vacuum(16)",
        _ => "PRAGMA incremental_vacuum(1)",
    })?;
    let mut rows = statement.query([])?;
    while rows.next()?.is_some() {}
    Ok(())
}
