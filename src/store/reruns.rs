//! Running a plugin over sessions of the past: how far it came, paused, resumed.

use rusqlite::{Connection as Db, OptionalExtension, Row, named_params};

use super::{Result, place};
use crate::model::{ConnectionId, TimestampMs};

/// What is done with each session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Work {
    /// An analyzer looks at it.
    Analyze,
    /// It is masked for good.
    Mask,
    /// What masking would do is counted, and nothing is changed.
    Try,
}

impl Work {
    fn as_str(self) -> &'static str {
        match self {
            Self::Analyze => "analyze",
            Self::Mask => "mask",
            Self::Try => "try",
        }
    }

    fn of(text: &str) -> Self {
        match text {
            "mask" => Self::Mask,
            "try" => Self::Try,
            _ => Self::Analyze,
        }
    }
}

/// How it stands with a rerun.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "named by what they say")]
pub enum State {
    Running,
    Paused,
    Done,
    Cancelled,
}

impl State {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Paused => "paused",
            Self::Done => "done",
            Self::Cancelled => "cancelled",
        }
    }

    fn of(text: &str) -> Self {
        match text {
            "running" => Self::Running,
            "paused" => Self::Paused,
            "done" => Self::Done,
            _ => Self::Cancelled,
        }
    }
}

/// A plugin that is run over sessions of the past.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rerun {
    /// Its number.
    pub id: i64,
    /// The plugin.
    pub plugin: String,
    /// Whose sessions.
    pub connection: ConnectionId,
    /// What is done with them.
    pub work: Work,
    /// How many there were when it began.
    pub sessions: i64,
    /// How many are done.
    pub done: i64,
    /// How many of these failed.
    pub failed: i64,
    /// How it stands.
    pub state: State,
    /// When it began.
    pub started_at: TimestampMs,
    /// When it ended.
    pub ended_at: Option<TimestampMs>,
    /// Counts and samples of a trial, as JSON.
    pub outcome: String,
    next: i64,
    first: i64,
    last: i64,
}

impl Rerun {
    /// When the sessions started that it is about: from a time on, and before another.
    pub fn period(&self) -> (TimestampMs, TimestampMs) {
        (place::started_at(self.first), place::started_at(self.last) + 1)
    }
}

/// Begins to run a plugin over the sessions that started within a time, from the newest.
/// One of the same plugin and work that is under way for the connection is cancelled.
pub fn start(
    conn: &Db,
    plugin: &str,
    connection: ConnectionId,
    work: Work,
    (from, to): (TimestampMs, TimestampMs),
    now: TimestampMs,
) -> Result<i64> {
    conn.prepare_cached(
        "UPDATE rerun SET state = 'cancelled', ended_at = :now
         WHERE plugin = :plugin AND connection_id = :connection AND work = :work
           AND state IN ('running', 'paused')",
    )?
    .execute(named_params! {
        ":now": now, ":plugin": plugin, ":connection": connection.0, ":work": work.as_str(),
    })?;
    let range = place::range(connection, from, to);
    conn.prepare_cached(
        "INSERT INTO rerun (plugin, connection_id, work, first, last, next, sessions, state, started_at)
         SELECT :plugin, :connection, :work, :first, :last, :last, count(*), 'running', :now
         FROM session WHERE id BETWEEN :first AND :last AND finished_at IS NOT NULL",
    )?
    .execute(named_params! {
        ":plugin": plugin,
        ":connection": connection.0,
        ":work": work.as_str(),
        ":first": range.start(),
        ":last": range.end(),
        ":now": now,
    })?;
    Ok(conn.last_insert_rowid())
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT id, plugin, connection_id, work, sessions, done, failed, state, started_at, ended_at,
                    outcome, next, first, last
             FROM rerun ",
            $rest
        )
    };
}

fn from_row(row: &Row<'_>) -> rusqlite::Result<Rerun> {
    let (work, state): (String, String) = (row.get(3)?, row.get(7)?);
    Ok(Rerun {
        id: row.get(0)?,
        plugin: row.get(1)?,
        connection: ConnectionId(row.get(2)?),
        work: Work::of(&work),
        sessions: row.get(4)?,
        done: row.get(5)?,
        failed: row.get(6)?,
        state: State::of(&state),
        started_at: row.get(8)?,
        ended_at: row.get(9)?,
        outcome: row.get(10)?,
        next: row.get(11)?,
        first: row.get(12)?,
        last: row.get(13)?,
    })
}

/// The rerun that is to go on, the oldest first.
pub fn running(conn: &Db) -> Result<Option<Rerun>> {
    let mut statement = conn.prepare_cached(select!(
        "WHERE state IN ('running', 'paused') AND state = 'running' ORDER BY id LIMIT 1"
    ))?;
    Ok(statement.query_row([], from_row).optional()?)
}

/// The rerun with this number.
pub fn find(conn: &Db, id: i64) -> Result<Option<Rerun>> {
    let mut statement = conn.prepare_cached(select!("WHERE id = :id"))?;
    Ok(statement.query_row(named_params! { ":id": id }, from_row).optional()?)
}

/// The latest reruns of a plugin for a connection, from the newest.
pub fn latest(conn: &Db, plugin: &str, connection: ConnectionId, limit: i64) -> Result<Vec<Rerun>> {
    let mut statement = conn.prepare_cached(select!(
        "WHERE plugin = :plugin AND connection_id = :connection ORDER BY id DESC LIMIT :limit"
    ))?;
    let found = statement.query_map(
        named_params! { ":plugin": plugin, ":connection": connection.0, ":limit": limit },
        from_row,
    )?;
    Ok(found.collect::<rusqlite::Result<_>>()?)
}

/// The newest session that a rerun has still to do. `None`: it is through.
pub fn next_session(conn: &Db, rerun: &Rerun) -> Result<Option<i64>> {
    let mut statement = conn.prepare_cached(
        "SELECT id FROM session WHERE id BETWEEN :first AND :next AND finished_at IS NOT NULL
         ORDER BY id DESC LIMIT 1",
    )?;
    let found =
        statement.query_row(named_params! { ":first": rerun.first, ":next": rerun.next }, |row| row.get(0));
    Ok(found.optional()?)
}

/// A session is done: the rerun goes on with older ones.
pub fn advance(conn: &Db, rerun: i64, session: i64, failed: bool, outcome: Option<&str>) -> Result<()> {
    conn.prepare_cached(
        "UPDATE rerun
         SET next = :session - 1, done = done + 1, failed = failed + :failed,
             -- Of a session that was erased meanwhile nothing is kept.
             outcome = iif(EXISTS (SELECT 1 FROM session WHERE id = :session),
                           coalesce(:outcome, outcome), outcome)
         WHERE id = :id",
    )?
    .execute(named_params! {
        ":id": rerun, ":session": session, ":failed": failed, ":outcome": outcome,
    })?;
    Ok(())
}

/// Pauses, resumes, cancels or ends a rerun that is not over. False when it is.
pub fn set_state(conn: &Db, id: i64, state: State, now: TimestampMs) -> Result<bool> {
    let over = matches!(state, State::Done | State::Cancelled);
    let changed = conn
        .prepare_cached(
            "UPDATE rerun SET state = :state, ended_at = :ended
             WHERE id = :id AND state IN ('running', 'paused')",
        )?
        .execute(named_params! { ":id": id, ":state": state.as_str(), ":ended": over.then_some(now) })?;
    Ok(changed > 0)
}

/// Takes back that a session was finished: it is written anew, through the maskers that
/// work for its connection now. Nobody sees it meanwhile.
pub fn unfinish(conn: &Db, session: i64) -> Result<bool> {
    let changed = conn
        .prepare_cached(
            "UPDATE session SET finished_at = NULL, finish_attempts = 0, finish_error = NULL
             WHERE id = :session AND finished_at IS NOT NULL",
        )?
        .execute(named_params! { ":session": session })?;
    Ok(changed > 0)
}

/// Empties the lists of samples in the outcomes of trials that may quote a session which is erased.
pub(super) fn forget_samples(conn: &Db, session: i64) -> Result<()> {
    let mut statement = conn.prepare_cached(
        r#"SELECT id, outcome FROM rerun
           WHERE work = 'try' AND :session BETWEEN first AND last AND instr(outcome, '"samples":["') > 0"#,
    )?;
    let rows =
        statement.query_map(named_params! { ":session": session }, |row| Ok((row.get(0)?, row.get(1)?)))?;
    let quoting: Vec<(i64, String)> = rows.collect::<rusqlite::Result<_>>()?;
    for (id, outcome) in quoting {
        conn.prepare_cached("UPDATE rerun SET outcome = :outcome WHERE id = :id")?
            .execute(named_params! { ":id": id, ":outcome": without_samples(&outcome) })?;
    }
    Ok(())
}

fn without_samples(outcome: &str) -> String {
    let Ok(mut outcome) = serde_json::from_str::<serde_json::Value>(outcome) else { return "{}".to_owned() };
    let hidden = outcome.get_mut("hidden").and_then(serde_json::Value::as_array_mut);
    for each in hidden.into_iter().flatten() {
        if let Some(samples) = each.get_mut("samples") {
            *samples = serde_json::Value::Array(Vec::new());
        }
    }
    outcome.to_string()
}

/// Forgets the reruns of a connection.
pub(super) fn remove_all(conn: &Db, connection: ConnectionId) -> Result<()> {
    conn.prepare_cached("DELETE FROM rerun WHERE connection_id = :connection")?
        .execute(named_params! { ":connection": connection.0 })?;
    Ok(())
}
