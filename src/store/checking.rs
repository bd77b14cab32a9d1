//! Whether what is stored agrees with itself: counters with what they count, columns
//! with bodies, names with what they name.
//!
//! Reads only, so it works beside a server. Nothing here looks into a recording:
//! bodies are handed out, each with what its columns say of it.

use std::collections::HashMap;

use rusqlite::{Connection as Db, Row, named_params};

use super::recordings::style_hashes;
use super::{Result, backup, ledger, prompts};
use crate::model::{ConnectionId, StyleHash};

/// Rows that are handed out at once.
const ROWS_AT_ONCE: i64 = 16;

/// What SQLite finds wrong with the database, a sentence each. `quick` leaves indexes out.
pub fn integrity(conn: &Db, quick: bool) -> Result<Vec<String>> {
    backup::integrity(conn, quick)
}

/// What a counter is of, and what it says.
type Counted = HashMap<(i64, i64), Counts>;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Counts {
    sessions: i64,
    active: i64,
    events: i64,
    bytes: i64,
}

/// Counters that differ from what they count, a sentence each; as of one moment.
pub fn counters(conn: &Db) -> Result<Vec<String>> {
    let snapshot = conn.unchecked_transaction()?;
    let mut complaints = Vec::new();
    let hours = recount_hours(&snapshot)?;
    check_styles(&snapshot, &mut complaints)?;
    check_connections(&snapshot, &hours, &mut complaints)?;
    check_hours(&snapshot, hours, &mut complaints)?;
    prompts::check(&snapshot, &mut complaints)?;
    check_sessions(&snapshot, &mut complaints)?;
    check_belonging(&snapshot, &mut complaints)?;
    Ok(complaints)
}

fn recount_hours(conn: &Db) -> Result<Counted> {
    let mut statement = conn.prepare(
        "SELECT connection_id, started_at / 3600000, count(*), sum(completed_at IS NULL), sum(events), sum(bytes)
         FROM session GROUP BY 1, 2",
    )?;
    let rows = statement.query_map([], |row| {
        let counts =
            Counts { sessions: row.get(2)?, active: row.get(3)?, events: row.get(4)?, bytes: row.get(5)? };
        Ok(((row.get(0)?, row.get(1)?), counts))
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

fn check_connections(conn: &Db, hours: &Counted, complaints: &mut Vec<String>) -> Result<()> {
    let mut statement = conn.prepare(
        "SELECT id, name, active_sessions, completed_sessions, events, bytes,
                (SELECT coalesce(sum(bytes), 0) FROM style WHERE connection_id = connection.id)
         FROM connection",
    )?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let (id, name): (i64, String) = (row.get(0)?, row.get(1)?);
        let of = |what: fn(&Counts) -> i64| -> i64 {
            hours
                .iter()
                .filter(|((connection, _), _)| *connection == id)
                .map(|(_, counts)| what(counts))
                .sum()
        };
        let active = of(|counts| counts.active);
        for (what, kept, counted) in [
            ("active sessions", row.get(2)?, active),
            ("completed sessions", row.get(3)?, of(|counts| counts.sessions) - active),
            ("events", row.get(4)?, of(|counts| counts.events)),
            ("bytes", row.get(5)?, of(|counts| counts.bytes) + row.get::<_, i64>(6)?),
        ] {
            compare(complaints, &format!("the connection {name:?}"), what, kept, counted);
        }
    }
    Ok(())
}

fn check_hours(conn: &Db, mut counted: Counted, complaints: &mut Vec<String>) -> Result<()> {
    let mut statement = conn.prepare("SELECT connection_id, hour, sessions, events, bytes FROM activity")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let (connection, hour): (i64, i64) = (row.get(0)?, row.get(1)?);
        let counts = counted.remove(&(connection, hour)).unwrap_or_default();
        let whose = format!("the hour {hour} of connection {connection}");
        compare(complaints, &whose, "sessions", row.get(2)?, counts.sessions);
        compare(complaints, &whose, "events", row.get(3)?, counts.events);
        compare(complaints, &whose, "bytes", row.get(4)?, counts.bytes);
    }
    for (connection, hour) in counted.keys() {
        complaints.push(format!("the hour {hour} of connection {connection} is not counted"));
    }
    Ok(())
}

pub(super) fn compare(complaints: &mut Vec<String>, whose: &str, what: &str, kept: i64, counted: i64) {
    if kept != counted {
        complaints.push(format!("{whose} counts {kept} {what}, and {counted} are there"));
    }
}

/// What the pieces of a session add up to.
#[derive(Default)]
struct Sums {
    name: String,
    kept: [i64; 3],
    counted: [i64; 3],
}

impl Sums {
    fn compare(self, complaints: &mut Vec<String>) {
        for (what, (kept, counted)) in
            ["events", "batches", "bytes"].into_iter().zip(self.kept.into_iter().zip(self.counted))
        {
            compare(complaints, &format!("the session {}", self.name), what, kept, counted);
        }
    }
}

const STREAMS_OF_SESSIONS: &str = "
    SELECT session.id, session.public_id, session.events, session.batches,
           session.bytes - (SELECT coalesce(sum(length(body)), 0) FROM timeline_block
                            WHERE session_id = session.id),
           stream.public_id, stream.ledger,
           (SELECT count(*) FROM batch WHERE batch.id BETWEEN stream.id << 20 AND (stream.id << 20) + 1048575),
           (SELECT coalesce(sum(events), 0) FROM batch
            WHERE batch.id BETWEEN stream.id << 20 AND (stream.id << 20) + 1048575),
           (SELECT coalesce(sum(length(body)), 0) FROM batch
            WHERE batch.id BETWEEN stream.id << 20 AND (stream.id << 20) + 1048575),
           (SELECT coalesce(sum(events), 0) FROM segment
            WHERE segment.id BETWEEN stream.id << 20 AND (stream.id << 20) + 1048575),
           (SELECT coalesce(sum(length(body)), 0) FROM segment
            WHERE segment.id BETWEEN stream.id << 20 AND (stream.id << 20) + 1048575)
    FROM session LEFT JOIN stream ON stream.session_id = session.id
    ORDER BY session.id";

fn check_sessions(conn: &Db, complaints: &mut Vec<String>) -> Result<()> {
    let mut statement = conn.prepare(STREAMS_OF_SESSIONS)?;
    let mut rows = statement.query([])?;
    let mut current: Option<(i64, Sums)> = None;
    while let Some(row) = rows.next()? {
        let id: i64 = row.get(0)?;
        if current.as_ref().is_none_or(|(last, _)| *last != id) {
            if let Some((_, sums)) = current.take() {
                sums.compare(complaints);
            }
            let kept = [row.get(2)?, row.get(3)?, row.get(4)?];
            current = Some((id, Sums { name: row.get(1)?, kept, ..Sums::default() }));
        }
        if let (Some((_, sums)), Some(stream)) = (&mut current, row.get::<_, Option<String>>(5)?) {
            add_stream(row, &stream, sums, complaints)?;
        }
    }
    if let Some((_, sums)) = current {
        sums.compare(complaints);
    }
    Ok(())
}

fn add_stream(row: &Row<'_>, stream: &str, sums: &mut Sums, complaints: &mut Vec<String>) -> Result<()> {
    let entries = row.get::<_, Option<Vec<u8>>>(6)?.map(|ledger| ledger::read(&ledger)).unwrap_or_default();
    let (batches, batch_events, batch_bytes): (i64, i64, i64) = (row.get(7)?, row.get(8)?, row.get(9)?);
    let (segment_events, segment_bytes): (i64, i64) = (row.get(10)?, row.get(11)?);
    let listed: i64 = entries.iter().map(|entry| entry.events).sum();
    compare(
        complaints,
        &format!("the ledger of stream {stream}"),
        "events in segments",
        listed,
        segment_events,
    );
    sums.counted[0] += batch_events + segment_events;
    sums.counted[1] += batches + entries.len() as i64;
    sums.counted[2] += batch_bytes + segment_bytes;
    Ok(())
}

fn check_styles(conn: &Db, complaints: &mut Vec<String>) -> Result<()> {
    let mut uses: HashMap<(i64, StyleHash), i64> = HashMap::new();
    let mut statement = conn.prepare(
        "SELECT stream.connection_id, segment.styles FROM segment JOIN stream ON stream.id = segment.id >> 20
         WHERE segment.styles <> x''",
    )?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let (connection, column): (i64, Vec<u8>) = (row.get(0)?, row.get(1)?);
        for hash in style_hashes(&column) {
            *uses.entry((connection, hash)).or_default() += 1;
        }
    }
    let mut statement = conn.prepare("SELECT connection_id, hash, uses FROM style")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let (connection, hash) = (row.get(0)?, StyleHash(row.get(1)?));
        let counted = uses.remove(&(connection, hash)).unwrap_or_default();
        compare(complaints, &format!("the stylesheet {hash}"), "uses", row.get(2)?, counted);
    }
    let missing = uses.into_keys().map(|(connection, hash)| {
        format!("the stylesheet {hash} of connection {connection} is used, and is not there")
    });
    complaints.extend(missing);
    Ok(())
}

/// What no foreign key says: pieces belong to streams, sessions stand where they started.
fn check_belonging(conn: &Db, complaints: &mut Vec<String>) -> Result<()> {
    for (what, text) in [
        (
            "batches of a stream that is not there",
            "SELECT count(*) FROM batch WHERE NOT EXISTS (SELECT 1 FROM stream WHERE stream.id = batch.id >> 20)",
        ),
        (
            "segments of a stream that is not there",
            "SELECT count(*) FROM segment WHERE NOT EXISTS (SELECT 1 FROM stream WHERE stream.id = segment.id >> 20)",
        ),
        (
            "streams of another connection than their session's",
            "SELECT count(*) FROM stream JOIN session ON session.id = stream.session_id
             WHERE stream.connection_id <> session.connection_id",
        ),
        (
            "sessions in the place of another connection",
            "SELECT count(*) FROM session WHERE id >> 49 <> connection_id",
        ),
        ("batches whose size is not the one noted", "SELECT count(*) FROM batch WHERE bytes <> length(body)"),
        (
            "segments whose size is not the one noted",
            "SELECT count(*) FROM segment WHERE bytes <> length(body)",
        ),
        (
            "stylesheets whose size is not the one noted",
            "SELECT count(*) FROM style WHERE bytes <> length(body)",
        ),
    ] {
        let count: i64 = conn.query_row(text, [], |row| row.get(0))?;
        if count > 0 {
            complaints.push(format!("there are {count} {what}"));
        }
    }
    Ok(())
}

/// How many bodies there are.
pub fn bodies(conn: &Db) -> Result<u64> {
    let count: i64 = conn.query_row(
        "SELECT (SELECT count(*) FROM batch) + (SELECT count(*) FROM segment) + (SELECT count(*) FROM style)",
        [],
        |row| row.get(0),
    )?;
    Ok(count.unsigned_abs())
}

/// A batch or a segment, with what its columns say of it.
#[derive(Clone, Debug)]
pub struct Piece {
    /// Its row.
    pub id: i64,
    /// The connection it belongs to.
    pub connection: ConnectionId,
    /// What people would call it.
    pub name: String,
    /// How many events it holds.
    pub events: i64,
    /// How many of them the visitor caused.
    pub interactions: i64,
    /// Whether it holds a full snapshot.
    pub snapshot: bool,
    /// The size of its JSON; 0 when it is not known.
    pub json_bytes: i64,
    /// The stylesheets that stand for themselves in it.
    pub styles: Vec<StyleHash>,
    /// Its bytes.
    pub body: Vec<u8>,
}

/// The next batches of sessions behind a row.
pub fn batches_after(conn: &Db, id: i64) -> Result<Vec<Piece>> {
    pieces(
        conn,
        "SELECT batch.id, stream.connection_id,
                'the batch ' || (batch.id & 1048575) || ' of stream ' || stream.public_id || ' of session '
                             || session.public_id,
                batch.events, batch.interactions, batch.snapshot, batch.json_bytes, x'', batch.body
         FROM batch JOIN stream ON stream.id = batch.id >> 20 JOIN session ON session.id = stream.session_id
         WHERE batch.id > :id ORDER BY batch.id LIMIT :limit",
        id,
    )
}

/// The next segments of sessions behind a row.
pub fn segments_after(conn: &Db, id: i64) -> Result<Vec<Piece>> {
    pieces(
        conn,
        "SELECT segment.id, stream.connection_id,
                'the segment ' || (segment.id & 1048575) || ' of stream ' || stream.public_id || ' of session '
                               || session.public_id,
                segment.events, segment.interactions, segment.snapshot, segment.json_bytes, segment.styles,
                segment.body
         FROM segment JOIN stream ON stream.id = segment.id >> 20 JOIN session ON session.id = stream.session_id
         WHERE segment.id > :id ORDER BY segment.id LIMIT :limit",
        id,
    )
}

fn pieces(conn: &Db, text: &'static str, after: i64) -> Result<Vec<Piece>> {
    let mut statement = conn.prepare_cached(text)?;
    let rows = statement.query_map(named_params! { ":id": after, ":limit": ROWS_AT_ONCE }, |row| {
        Ok(Piece {
            id: row.get(0)?,
            connection: ConnectionId(row.get(1)?),
            name: row.get(2)?,
            events: row.get(3)?,
            interactions: row.get(4)?,
            snapshot: row.get(5)?,
            json_bytes: row.get(6)?,
            styles: style_hashes(&row.get::<_, Vec<u8>>(7)?),
            body: row.get(8)?,
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Whether a segment still is where it was: one that was erased meanwhile is no problem.
pub fn has_segment(conn: &Db, id: i64) -> Result<bool> {
    let mut statement = conn.prepare_cached(
        "SELECT EXISTS (SELECT 1 FROM segment JOIN stream ON stream.id = segment.id >> 20
                        WHERE segment.id = :id AND stream.session_id IS NOT NULL)",
    )?;
    Ok(statement.query_row(named_params! { ":id": id }, |row| row.get(0))?)
}

/// The next stylesheets behind a row: row, hash and bytes.
pub fn styles_after(conn: &Db, id: i64) -> Result<Vec<(i64, StyleHash, Vec<u8>)>> {
    let mut statement =
        conn.prepare_cached("SELECT id, hash, body FROM style WHERE id > :id ORDER BY id LIMIT :limit")?;
    let rows = statement.query_map(named_params! { ":id": id, ":limit": ROWS_AT_ONCE }, |row| {
        Ok((row.get(0)?, StyleHash(row.get(1)?), row.get(2)?))
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}
