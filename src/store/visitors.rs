//! Those whom pages name with `hindsight.identify`: what is known of each, over all sessions.

use rusqlite::{Connection as Db, OptionalExtension, named_params};

use super::sessions::Filter;
use super::{Result, Scope};
use crate::model::{ConnectionId, TimestampMs};

/// User agents are read of so many sessions, the newest.
const MOST_USER_AGENTS: i64 = 200;

/// What is known of a visitor.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Visitor {
    /// How many sessions there are.
    pub sessions: i64,
    /// When the first one started, by the server's clock.
    pub first_seen: TimestampMs,
    /// When the last batch of any came.
    pub last_seen: TimestampMs,
    /// Page views, clicks, prompts and errors of those that were read.
    pub pages: i64,
    /// Prompts.
    pub prompts: i64,
    /// Errors.
    pub errors: i64,
    /// What the recordings take, in bytes as stored.
    pub bytes: i64,
    /// What the page told of the visitor the last time.
    pub traits: Vec<(String, String)>,
    /// What the browsers sent, the latest first.
    pub user_agents: Vec<String>,
}

/// What is known of a visitor. `None` when there is no session of theirs. Of the filter
/// only counts whether sessions must be finished.
pub fn find(
    conn: &Db,
    scope: &Scope,
    connection: ConnectionId,
    visitor: &str,
    filter: &Filter,
) -> Result<Option<Visitor>> {
    if !scope.allows(connection) {
        return Ok(None);
    }
    let params = named_params! {
        ":connection": connection.0, ":visitor": visitor, ":finished": filter.finished,
    };
    let mut statement = conn.prepare_cached(
        "SELECT count(*), coalesce(min(started_at), 0), coalesce(max(last_batch_at), 0),
                coalesce(sum(pages), 0), coalesce(sum(errors), 0), coalesce(sum(bytes), 0),
                coalesce(sum((SELECT count(*) FROM prompt WHERE prompt.session_id = session.id)), 0)
         FROM session INDEXED BY session_visitor
         WHERE connection_id = :connection AND visitor = :visitor AND (NOT :finished OR finished_at IS NOT NULL)",
    )?;
    let found = statement.query_row(params, |row| {
        Ok(Visitor {
            sessions: row.get(0)?,
            first_seen: row.get(1)?,
            last_seen: row.get(2)?,
            pages: row.get(3)?,
            errors: row.get(4)?,
            bytes: row.get(5)?,
            prompts: row.get(6)?,
            ..Visitor::default()
        })
    })?;
    if found.sessions == 0 {
        return Ok(None);
    }
    let found = if scope.shows_prompts(connection) { found } else { Visitor { prompts: 0, ..found } };
    let traits: Option<String> = conn
        .prepare_cached(
            "SELECT traits FROM session INDEXED BY session_visitor
             WHERE connection_id = :connection AND visitor = :visitor AND traits IS NOT NULL
               AND (NOT :finished OR finished_at IS NOT NULL)
             ORDER BY id DESC LIMIT 1",
        )?
        .query_row(params, |row| row.get(0))
        .optional()?;
    // Nobody but this program writes them.
    let traits = traits.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
    Ok(Some(Visitor { traits, user_agents: user_agents(conn, connection, visitor, filter)?, ..found }))
}

fn user_agents(conn: &Db, connection: ConnectionId, visitor: &str, filter: &Filter) -> Result<Vec<String>> {
    let mut statement = conn.prepare_cached(
        "SELECT user_agent FROM session INDEXED BY session_visitor
         WHERE connection_id = :connection AND visitor = :visitor AND (NOT :finished OR finished_at IS NOT NULL)
         ORDER BY id DESC LIMIT :limit",
    )?;
    let rows = statement.query_map(
        named_params! {
            ":connection": connection.0,
            ":visitor": visitor,
            ":finished": filter.finished,
            ":limit": MOST_USER_AGENTS,
        },
        |row| row.get(0),
    )?;
    let mut agents: Vec<String> = Vec::new();
    for agent in rows {
        let agent = agent?;
        if !agents.contains(&agent) {
            agents.push(agent);
        }
    }
    Ok(agents)
}

/// The rows of a visitor's sessions behind a row, from the oldest: some of them.
pub fn sessions_after(
    conn: &Db,
    scope: &Scope,
    connection: ConnectionId,
    visitor: &str,
    after: i64,
    limit: i64,
) -> Result<Vec<i64>> {
    if !scope.allows(connection) {
        return Ok(Vec::new());
    }
    let mut statement = conn.prepare_cached(
        "SELECT id FROM session INDEXED BY session_visitor
         WHERE connection_id = :connection AND visitor = :visitor AND id > :after ORDER BY id LIMIT :limit",
    )?;
    let params = named_params! {
        ":connection": connection.0, ":visitor": visitor, ":after": after, ":limit": limit,
    };
    let rows = statement.query_map(params, |row| row.get(0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}
