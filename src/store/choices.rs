//! What people have decided about plugins, and how plugins do.

use rusqlite::{Connection as Db, OptionalExtension, named_params};

use super::runs::Digest;
use super::{Result, Scope, connections};
use crate::model::ConnectionId;

/// What was decided about a plugin for a connection.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Choice {
    /// Whether it works there. `None`: as it is by default.
    pub enabled: Option<bool>,
    /// Its settings there, a JSON object. `None`: as they are by default.
    pub settings: Option<String>,
}

/// What was decided about a plugin for a connection.
pub fn find(conn: &Db, plugin: &str, connection: ConnectionId) -> Result<Choice> {
    let mut statement = conn.prepare_cached(
        "SELECT enabled, settings FROM plugin_choice WHERE plugin = :plugin AND connection_id = :connection",
    )?;
    let found = statement
        .query_row(named_params! { ":plugin": plugin, ":connection": connection.0 }, |row| {
            Ok(Choice { enabled: row.get(0)?, settings: row.get(1)? })
        })
        .optional()?;
    Ok(found.unwrap_or_default())
}

/// All that was decided for a connection, by the name of the plugin.
pub fn of_connection(conn: &Db, connection: ConnectionId) -> Result<Vec<(String, Choice)>> {
    let mut statement = conn.prepare_cached(
        "SELECT plugin, enabled, settings FROM plugin_choice WHERE connection_id = :connection ORDER BY plugin",
    )?;
    let found = statement.query_map(named_params! { ":connection": connection.0 }, |row| {
        Ok((row.get(0)?, Choice { enabled: row.get(1)?, settings: row.get(2)? }))
    })?;
    Ok(found.collect::<rusqlite::Result<_>>()?)
}

/// The same for all connections, also for those for which nothing was decided.
pub fn of_all(conn: &Db) -> Result<Vec<Vec<(String, Choice)>>> {
    let all = connections::all(conn, &Scope::everything())?;
    all.into_iter().map(|connection| of_connection(conn, connection.id)).collect()
}

/// Switches a plugin on or off for a connection.
pub fn enable(conn: &Db, plugin: &str, connection: ConnectionId, enabled: bool) -> Result<()> {
    conn.prepare_cached(
        "INSERT INTO plugin_choice (plugin, connection_id, enabled) VALUES (:plugin, :connection, :enabled)
         ON CONFLICT DO UPDATE SET enabled = excluded.enabled",
    )?
    .execute(named_params! { ":plugin": plugin, ":connection": connection.0, ":enabled": enabled })?;
    Ok(())
}

/// Sets a plugin's settings for a connection; `None` puts the default ones back.
pub fn set(conn: &Db, plugin: &str, connection: ConnectionId, settings: Option<&str>) -> Result<()> {
    conn.prepare_cached(
        "INSERT INTO plugin_choice (plugin, connection_id, settings) VALUES (:plugin, :connection, :settings)
         ON CONFLICT DO UPDATE SET settings = excluded.settings",
    )?
    .execute(named_params! { ":plugin": plugin, ":connection": connection.0, ":settings": settings })?;
    Ok(())
}

/// Forgets what was decided for a connection.
pub(super) fn remove_all(conn: &Db, connection: ConnectionId) -> Result<()> {
    conn.prepare_cached("DELETE FROM plugin_choice WHERE connection_id = :connection")?
        .execute(named_params! { ":connection": connection.0 })?;
    Ok(())
}

/// After so many failures one after the other a plugin is not run any more.
pub const MAX_FAILURES: i64 = 3;

/// Why a plugin is paused, if it is, in the version and with the settings that the digest is of.
pub fn paused(conn: &Db, plugin: &str, digest: &[u8; 16]) -> Result<Option<String>> {
    let mut statement =
        conn.prepare_cached("SELECT paused FROM plugin_health WHERE plugin = :plugin AND digest = :digest")?;
    let found = statement
        .query_row(named_params! { ":plugin": plugin, ":digest": digest }, |row| row.get(0))
        .optional()?;
    Ok(found.flatten())
}

/// Plugins that failed too often, each with the digest of the version and the settings that did. Either
/// may be another by now.
pub fn all_paused(conn: &Db) -> Result<Vec<(String, Digest)>> {
    let mut statement = conn.prepare_cached(
        "SELECT plugin, digest FROM plugin_health WHERE paused IS NOT NULL ORDER BY plugin",
    )?;
    let found = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(found.collect::<rusqlite::Result<_>>()?)
}

/// Counts a failure. True when it was the one too many, and the plugin is paused from now on.
pub fn note_failure(conn: &Db, plugin: &str, digest: &[u8; 16], reason: &str) -> Result<bool> {
    let paused: Option<String> = conn
        .prepare_cached(
            "INSERT INTO plugin_health (plugin, digest, failures) VALUES (:plugin, :digest, 1)
             ON CONFLICT DO UPDATE
             SET failures = iif(digest = excluded.digest, failures + 1, 1),
                 paused = iif(digest = excluded.digest AND failures + 1 >= :limit, :reason, NULL),
                 digest = excluded.digest
             RETURNING paused",
        )?
        .query_row(
            named_params! { ":plugin": plugin, ":digest": digest, ":limit": MAX_FAILURES, ":reason": reason },
            |row| row.get(0),
        )?;
    Ok(paused.is_some())
}

/// The plugin works, or somebody says that it is to be tried again.
pub fn note_success(conn: &Db, plugin: &str) -> Result<()> {
    conn.prepare_cached("DELETE FROM plugin_health WHERE plugin = :plugin")?
        .execute(named_params! { ":plugin": plugin })?;
    Ok(())
}

/// Whether anything is known against the plugin.
pub fn has_failed(conn: &Db, plugin: &str) -> Result<bool> {
    let mut statement =
        conn.prepare_cached("SELECT EXISTS (SELECT 1 FROM plugin_health WHERE plugin = :plugin)")?;
    Ok(statement.query_row(named_params! { ":plugin": plugin }, |row| row.get(0))?)
}
