//! Filters of the list that have a name.

use rusqlite::{Connection as Db, OptionalExtension, named_params};

use super::{Result, Scope};
use crate::model::{ConnectionId, TimestampMs};

/// A longer name has no room.
pub const MAX_NAME_CHARS: usize = 60;

/// More of them are no help to anybody.
pub const MOST: i64 = 50;

/// A filter that has a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct View {
    /// Its number.
    pub id: i64,
    /// What people call it.
    pub name: String,
    /// What stands in the address of the list.
    pub query: String,
}

impl View {
    /// Whether its filter names a visitor.
    pub fn names(&self, visitor: &str) -> bool {
        names(&self.query, visitor)
    }
}

fn names(query: &str, visitor: &str) -> bool {
    url::form_urlencoded::parse(query.as_bytes()).any(|(_, value)| value == visitor)
}

/// What became of a view that was to be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    /// It is kept.
    Yes,
    /// Another one has the name.
    NameTaken,
    /// There are as many as there may be.
    TooMany,
    /// It is gone.
    Gone,
}

/// The views of a connection, in the order they were made.
pub fn of_connection(conn: &Db, scope: &Scope, connection: ConnectionId) -> Result<Vec<View>> {
    if !scope.allows(connection) {
        return Ok(Vec::new());
    }
    let mut statement = conn.prepare_cached(
        "SELECT id, name, query FROM saved_view WHERE connection_id = :connection ORDER BY id",
    )?;
    let views = statement.query_map(named_params! { ":connection": connection.0 }, |row| {
        Ok(View { id: row.get(0)?, name: row.get(1)?, query: row.get(2)? })
    })?;
    Ok(views.collect::<rusqlite::Result<_>>()?)
}

/// Gives a filter a name.
pub fn add(conn: &Db, connection: ConnectionId, name: &str, query: &str, now: TimestampMs) -> Result<Kept> {
    let count: i64 = conn
        .prepare_cached("SELECT count(*) FROM saved_view WHERE connection_id = :connection")?
        .query_row(named_params! { ":connection": connection.0 }, |row| row.get(0))?;
    if count >= MOST {
        return Ok(Kept::TooMany);
    }
    let added = conn
        .prepare_cached(
            "INSERT INTO saved_view (connection_id, name, query, created_at)
             VALUES (:connection, :name, :query, :now) ON CONFLICT DO NOTHING",
        )?
        .execute(
            named_params! { ":connection": connection.0, ":name": name, ":query": query, ":now": now },
        )?;
    Ok(if added > 0 { Kept::Yes } else { Kept::NameTaken })
}

/// Gives a view another name.
pub fn rename(conn: &Db, connection: ConnectionId, id: i64, name: &str) -> Result<Kept> {
    let taken: bool = conn
        .prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM saved_view
                            WHERE connection_id = :connection AND name = :name AND id <> :id)",
        )?
        .query_row(named_params! { ":connection": connection.0, ":name": name, ":id": id }, |row| {
            row.get(0)
        })?;
    if taken {
        return Ok(Kept::NameTaken);
    }
    let renamed = conn
        .prepare_cached("UPDATE saved_view SET name = :name WHERE id = :id AND connection_id = :connection")?
        .execute(named_params! { ":connection": connection.0, ":name": name, ":id": id })?;
    Ok(if renamed > 0 { Kept::Yes } else { Kept::Gone })
}

/// Takes a view away, and answers what it was.
pub fn delete(conn: &Db, connection: ConnectionId, id: i64) -> Result<Option<View>> {
    let mut statement = conn.prepare_cached(
        "DELETE FROM saved_view WHERE id = :id AND connection_id = :connection RETURNING id, name, query",
    )?;
    let deleted = statement.query_row(named_params! { ":id": id, ":connection": connection.0 }, |row| {
        Ok(View { id: row.get(0)?, name: row.get(1)?, query: row.get(2)? })
    });
    Ok(deleted.optional()?)
}

/// The views of a connection whose filter names a visitor.
fn naming(conn: &Db, connection: ConnectionId, visitor: &str) -> Result<Vec<i64>> {
    let mut statement =
        conn.prepare_cached("SELECT id, query FROM saved_view WHERE connection_id = :connection")?;
    let rows = statement.query_map(named_params! { ":connection": connection.0 }, |row| {
        Ok((row.get(0)?, row.get::<_, String>(1)?))
    })?;
    let views: Vec<(i64, String)> = rows.collect::<rusqlite::Result<_>>()?;
    Ok(views.into_iter().filter(|(_, query)| names(query, visitor)).map(|(id, _)| id).collect())
}

/// How many views name a visitor.
pub(super) fn count_naming(conn: &Db, connection: ConnectionId, visitor: &str) -> Result<i64> {
    Ok(i64::try_from(naming(conn, connection, visitor)?.len()).unwrap_or(i64::MAX))
}

/// Takes the views away that name a visitor who is erased.
pub(super) fn remove_naming(conn: &Db, connection: ConnectionId, visitor: &str) -> Result<()> {
    for id in naming(conn, connection, visitor)? {
        delete(conn, connection, id)?;
    }
    Ok(())
}

/// Takes all views of a connection away.
pub(super) fn remove_all(conn: &Db, connection: ConnectionId) -> Result<()> {
    conn.prepare_cached("DELETE FROM saved_view WHERE connection_id = :connection")?
        .execute(named_params! { ":connection": connection.0 })?;
    Ok(())
}
