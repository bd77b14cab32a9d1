//! What a person did in a session, and the words to find it by.
//!
//! A timeline is written as a whole and replaced as a whole. What is in a block, only
//! `timeline` knows.

use rusqlite::{Connection as Db, OptionalExtension, named_params};

use super::{Result, prompts, words};
use crate::model::{Said, TimestampMs};

/// A piece of a timeline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// Its first event, in milliseconds since the session's first one.
    pub first_ms: i64,
    /// Its last event.
    pub last_ms: i64,
    /// How many events it holds.
    pub events: i64,
    /// One zstd frame.
    pub body: Vec<u8>,
}

/// What was read out of a recording.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// The timeline, in the order of time.
    pub blocks: Vec<Block>,
    /// Page views.
    pub pages: i64,
    /// Clicks and taps.
    pub clicks: i64,
    /// Prompts to an assistant.
    pub prompts: i64,
    /// Uncaught errors, errors on the console, and failed requests.
    pub errors: i64,
    /// Prompts that nothing answered.
    pub unanswered: i64,
    /// What it is found by.
    pub text: String,
    /// Addresses of stylesheets that the recorder could not read.
    pub unread_styles: Vec<String>,
    /// The URLs of its pages, one a line.
    pub urls: String,
    /// What was said beside the page.
    pub said: Vec<Said>,
    /// What the page told of the visitor, names with values.
    pub traits: Vec<(String, String)>,
}

impl Reading {
    /// What its blocks take, as they are stored.
    pub fn bytes(&self) -> i64 {
        self.blocks.iter().map(|block| block.body.len() as i64).sum()
    }
}

/// Stores what was read in the place of what was read before. Plugins look at it next.
/// Counters of bytes are the caller's.
pub(super) fn put(conn: &Db, session: i64, reading: &Reading, now: TimestampMs) -> Result<()> {
    remove(conn, session)?;
    let mut insert = conn.prepare_cached(
        "INSERT INTO timeline_block (session_id, number, first_ms, last_ms, events, body)
         VALUES (:session, :number, :first, :last, :events, :body)",
    )?;
    for (number, block) in (0_i64..).zip(&reading.blocks) {
        insert.execute(named_params! {
            ":session": session,
            ":number": number,
            ":first": block.first_ms,
            ":last": block.last_ms,
            ":events": block.events,
            ":body": block.body,
        })?;
    }
    conn.prepare_cached(
        "UPDATE session
         SET pages = :pages, clicks = :clicks, prompts = :prompts, unanswered = :unanswered,
             errors = :errors, unread_styles = :unread_styles, timeline_bytes = :bytes,
             traits = :traits, analysis_due_at = :now
         WHERE id = :session",
    )?
    .execute(named_params! {
        ":pages": reading.pages,
        ":clicks": reading.clicks,
        ":prompts": reading.prompts,
        ":unanswered": reading.unanswered,
        ":errors": reading.errors,
        ":unread_styles": reading.unread_styles.join("\n"),
        ":bytes": reading.bytes(),
        ":traits": prompts::pairs_text(&reading.traits),
        ":now": now,
        ":session": session,
    })?;
    prompts::replace(conn, session, &reading.said)?;
    words::put(conn, session, &reading.text, &reading.urls)
}

/// Takes the timeline and the words of a session away.
pub(super) fn remove(conn: &Db, session: i64) -> Result<()> {
    let of_session = named_params! { ":session": session };
    conn.prepare_cached("DELETE FROM timeline_block WHERE session_id = :session")?.execute(of_session)?;
    words::remove(conn, session)
}

/// The blocks of a session's timeline from a time on, without their bodies.
pub fn blocks_from(conn: &Db, session: i64, from_ms: i64) -> Result<Vec<i64>> {
    let mut statement = conn.prepare_cached(
        "SELECT number FROM timeline_block WHERE session_id = :session AND last_ms >= :from ORDER BY number",
    )?;
    let numbers =
        statement.query_map(named_params! { ":session": session, ":from": from_ms }, |row| row.get(0))?;
    Ok(numbers.collect::<rusqlite::Result<_>>()?)
}

/// The bytes of a block. `None` when the timeline was replaced meanwhile.
pub fn block_body(conn: &Db, session: i64, number: i64) -> Result<Option<Vec<u8>>> {
    let mut statement = conn
        .prepare_cached("SELECT body FROM timeline_block WHERE session_id = :session AND number = :number")?;
    let body =
        statement.query_row(named_params! { ":session": session, ":number": number }, |row| row.get(0));
    Ok(body.optional()?)
}

/// The bytes of all blocks, in the order of time.
pub fn bodies(conn: &Db, session: i64) -> Result<Vec<Vec<u8>>> {
    let mut statement =
        conn.prepare_cached("SELECT body FROM timeline_block WHERE session_id = :session ORDER BY number")?;
    let bodies = statement.query_map(named_params! { ":session": session }, |row| row.get(0))?;
    Ok(bodies.collect::<rusqlite::Result<_>>()?)
}
