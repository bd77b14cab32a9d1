//! Recorded sites and applications, with their write keys and counters.

use rusqlite::{Connection as Db, OptionalExtension, Row, named_params};

use super::connection_settings::{self, Settings};
use super::{Error, Result, Scope, activity, place};
use crate::model::{Connection, ConnectionId, TimestampMs, Totals};

/// Milliseconds of a day in UTC.
const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// What a connection's owner has decided about what it takes.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Rules {
    /// Nothing is taken for now.
    pub paused: bool,
    /// The origins that may send. Empty: any.
    pub allowed_origins: Vec<String>,
    /// Visitors whose browser sends `Sec-GPC: 1` are not recorded.
    pub honour_gpc: bool,
    /// How long its sessions are kept, in days. `None`: as long as the server's setting says.
    pub keep_days: Option<i64>,
    /// What may arrive in one day (UTC), in bytes as sent. `None`: no limit.
    pub daily_bytes: Option<i64>,
}

/// What a write key opens.
#[derive(Clone, Debug)]
pub struct Holder {
    /// The connection that it writes to.
    pub connection: ConnectionId,
    /// What that takes.
    pub rules: Rules,
    /// What its pages are told.
    pub settings: Settings,
    /// Until when a key that was replaced goes on working.
    pub works_until: Option<TimestampMs>,
}

impl Holder {
    /// Whether the key was replaced and works no more.
    pub fn is_revoked(&self, now: TimestampMs) -> bool {
        self.works_until.is_some_and(|until| until <= now)
    }
}

/// Adds a connection. `None` when the name is taken.
pub fn add(conn: &Db, name: &str, write_key: &str, now: TimestampMs) -> Result<Option<Connection>> {
    let mut statement = conn.prepare_cached(
        "INSERT INTO connection (name, write_key, created_at, honour_gpc)
         VALUES (:name, :write_key, :now, 1)
         ON CONFLICT (name) DO NOTHING
         RETURNING id, name, write_key",
    )?;
    let added = statement
        .query_row(named_params! { ":name": name, ":write_key": write_key, ":now": now }, from_row)
        .optional()?;
    if added.as_ref().is_some_and(|added| added.id.0 > place::MAX_CONNECTION) {
        return Err(Error::TooManyConnections);
    }
    Ok(added)
}

/// All connections that may be seen, oldest first.
pub fn all(conn: &Db, scope: &Scope) -> Result<Vec<Connection>> {
    let mut statement = conn
        .prepare_cached("SELECT id, name, write_key FROM connection WHERE deleted_at IS NULL ORDER BY id")?;
    let mut seen = statement.query_map([], from_row)?.collect::<rusqlite::Result<Vec<_>>>()?;
    seen.retain(|connection| scope.allows(connection.id));
    Ok(seen)
}

/// The oldest connection that may be seen.
pub fn first(conn: &Db, scope: &Scope) -> Result<Option<Connection>> {
    Ok(all(conn, scope)?.into_iter().next())
}

/// Whether there is such a connection, whoever may see it.
pub fn exists(conn: &Db, connection: ConnectionId) -> Result<bool> {
    let mut statement = conn
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM connection WHERE id = :id AND deleted_at IS NULL)")?;
    Ok(statement.query_row(named_params! { ":id": connection.0 }, |row| row.get(0))?)
}

/// What pages of the connection have in them. `None` when there is no such connection.
pub fn write_key(conn: &Db, connection: ConnectionId) -> Result<Option<String>> {
    let mut statement =
        conn.prepare_cached("SELECT write_key FROM connection WHERE id = :id AND deleted_at IS NULL")?;
    Ok(statement.query_row(named_params! { ":id": connection.0 }, |row| row.get(0)).optional()?)
}

/// The connection with this name.
pub fn named(conn: &Db, name: &str) -> Result<Option<Connection>> {
    let mut statement =
        conn.prepare_cached("SELECT id, name, write_key FROM connection WHERE name = :name")?;
    Ok(statement.query_row(named_params! { ":name": name }, from_row).optional()?)
}

/// All connections that may be seen with what each takes, oldest first.
pub fn with_rules(conn: &Db, scope: &Scope) -> Result<Vec<(Connection, Rules)>> {
    let rules = |connection: Connection| {
        let rules = rules(conn, connection.id)?.unwrap_or_default();
        Ok((connection, rules))
    };
    all(conn, scope)?.into_iter().map(rules).collect()
}

/// What this key opens, or opened before it was replaced.
pub fn by_write_key(conn: &Db, write_key: &str) -> Result<Option<Holder>> {
    let mut statement = conn.prepare_cached(
        "SELECT id, paused, allowed_origins, honour_gpc, keep_days, daily_bytes, recording, widget,
                text_rules, NULL
         FROM connection WHERE write_key = :write_key
         UNION ALL
         SELECT connection.id, paused, allowed_origins, honour_gpc, keep_days, daily_bytes, recording, widget,
                text_rules, works_until
         FROM revoked_key JOIN connection ON connection.id = connection_id
         WHERE revoked_key.write_key = :write_key",
    )?;
    let found = statement.query_row(named_params! { ":write_key": write_key }, |row| {
        Ok(Holder {
            connection: ConnectionId(row.get(0)?),
            rules: rules_from(row)?,
            settings: connection_settings::from_row(row, 6)?,
            works_until: row.get(9)?,
        })
    });
    Ok(found.optional()?)
}

/// What the connection takes. `None` when there is no such connection.
pub fn rules(conn: &Db, connection: ConnectionId) -> Result<Option<Rules>> {
    let mut statement = conn.prepare_cached(
        "SELECT id, paused, allowed_origins, honour_gpc, keep_days, daily_bytes FROM connection WHERE id = :id",
    )?;
    Ok(statement.query_row(named_params! { ":id": connection.0 }, rules_from).optional()?)
}

/// Whether no connection records visitors whose browser sends `Sec-GPC: 1`.
pub fn all_honour_gpc(conn: &Db) -> Result<bool> {
    let all = "SELECT NOT EXISTS (SELECT 1 FROM connection WHERE deleted_at IS NULL AND NOT honour_gpc)";
    Ok(conn.prepare_cached(all)?.query_row([], |row| row.get(0))?)
}

/// Gives the connection another name. `false` when another one has it.
pub fn rename(conn: &Db, connection: ConnectionId, name: &str) -> Result<bool> {
    let renamed = conn
        .prepare_cached(
            "UPDATE connection SET name = :name
             WHERE id = :id AND NOT EXISTS (SELECT 1 FROM connection WHERE name = :name AND id <> :id)",
        )?
        .execute(named_params! { ":name": name, ":id": connection.0 })?;
    Ok(renamed > 0)
}

/// Decides what the connection takes from now on.
pub fn set_rules(conn: &Db, connection: ConnectionId, rules: &Rules) -> Result<()> {
    conn.prepare_cached(
        "UPDATE connection
         SET paused = :paused, allowed_origins = :origins, honour_gpc = :gpc,
             keep_days = :keep_days, daily_bytes = :daily_bytes
         WHERE id = :id",
    )?
    .execute(named_params! {
        ":paused": rules.paused,
        ":origins": rules.allowed_origins.join(" "),
        ":gpc": rules.honour_gpc,
        ":keep_days": rules.keep_days,
        ":daily_bytes": rules.daily_bytes,
        ":id": connection.0,
    })?;
    Ok(())
}

fn rules_from(row: &Row<'_>) -> rusqlite::Result<Rules> {
    let origins: String = row.get(2)?;
    Ok(Rules {
        paused: row.get(1)?,
        allowed_origins: origins.split_whitespace().map(str::to_owned).collect(),
        honour_gpc: row.get(3)?,
        keep_days: row.get(4)?,
        daily_bytes: row.get(5)?,
    })
}

/// Counts what arrives against the connection's day; says whether it is within the limit.
pub(super) fn within_day(
    conn: &Db,
    connection: ConnectionId,
    bytes: i64,
    limit: i64,
    now: TimestampMs,
) -> Result<bool> {
    let taken = conn
        .prepare_cached(
            "UPDATE connection
             SET day_bytes = iif(day = :day, day_bytes, 0) + :bytes, day = :day
             WHERE id = :id AND iif(day = :day, day_bytes, 0) + :bytes <= :limit",
        )?
        .execute(named_params! {
            ":day": now.div_euclid(DAY_MS),
            ":bytes": bytes,
            ":limit": limit,
            ":id": connection.0,
        })?;
    Ok(taken > 0)
}

/// What the connection holds. All zero for one that does not exist or may not be seen.
pub fn totals(conn: &Db, scope: &Scope, connection: ConnectionId) -> Result<Totals> {
    if !scope.allows(connection) {
        return Ok(Totals::default());
    }
    let mut statement = conn.prepare_cached(
        "SELECT active_sessions, completed_sessions, events FROM connection WHERE id = :id",
    )?;
    let found = statement.query_row(named_params! { ":id": connection.0 }, |row| {
        let (active, completed): (i64, i64) = (row.get(0)?, row.get(1)?);
        Ok(Totals { total: active + completed, active, completed, events: row.get(2)? })
    });
    Ok(found.optional()?.unwrap_or_default())
}

/// By how much the counters of a connection change.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Change {
    pub active: i64,
    pub completed: i64,
    pub events: i64,
    pub bytes: i64,
}

/// What a session that started at `started_at` changes, in the connection's counters and its hour.
pub(super) fn count_session(
    conn: &Db,
    connection: ConnectionId,
    started_at: TimestampMs,
    sessions: i64,
    change: Change,
) -> Result<()> {
    count(conn, connection, change)?;
    let hour = activity::Change { sessions, events: change.events, bytes: change.bytes };
    activity::count(conn, connection, started_at, hour)
}

/// Changes the counters; to be called in the transaction that changes what they count.
pub(super) fn count(conn: &Db, connection: ConnectionId, change: Change) -> Result<()> {
    conn.prepare_cached(
        "UPDATE connection
         SET active_sessions = active_sessions + :active,
             completed_sessions = completed_sessions + :completed,
             events = events + :events,
             bytes = bytes + :bytes
         WHERE id = :id",
    )?
    .execute(named_params! {
        ":active": change.active,
        ":completed": change.completed,
        ":events": change.events,
        ":bytes": change.bytes,
        ":id": connection.0,
    })?;
    Ok(())
}

fn from_row(row: &Row<'_>) -> rusqlite::Result<Connection> {
    Ok(Connection { id: ConnectionId(row.get(0)?), name: row.get(1)?, write_key: row.get(2)? })
}
