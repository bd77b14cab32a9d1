//! Who may do what in which connection.
//!
//! Roles in single connections stand here; what somebody may do in all of them stands
//! with their account. The higher of the two holds.

use std::collections::BTreeMap;

use rusqlite::{Connection as Db, OptionalExtension, Row, named_params};

use super::{Result, Scope};
use crate::model::{ConnectionId, Role, known_as};

/// Somebody who may see a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// The number of the account.
    pub user: i64,
    /// Its name.
    pub name: String,
    /// What they may do in this connection, if that was said.
    pub role: Option<Role>,
    /// What they may do in all connections.
    pub everywhere: Option<Role>,
}

/// Who gives and takes roles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Actor {
    /// Whoever runs the server, or administers all of it without an account.
    Server,
    /// Somebody with this account, if they still may.
    User(i64),
}

/// What came of giving or taking a role.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was done. The role is the one from before.
    Done(Option<Role>),
    /// There is no such person, or they have no role in the connection.
    Nobody,
    /// Whoever wanted it no longer administers the connection.
    NotAllowed,
    /// Nobody would be left who administers the connection.
    LastAdmin,
}

/// What somebody may see and do, with what they may do everywhere.
pub fn scope_of(conn: &Db, user: i64, everywhere: Option<Role>) -> Result<Scope> {
    let mut statement =
        conn.prepare_cached("SELECT connection_id, role FROM member WHERE user_id = :user")?;
    let rows = statement.query_map(named_params! { ":user": user }, |row| {
        Ok((ConnectionId(row.get(0)?), role_from(row, 1)?))
    })?;
    let roles = rows
        .filter_map(|row| row.map(|(connection, role)| role.map(|role| (connection, role))).transpose())
        .collect::<rusqlite::Result<BTreeMap<_, _>>>()?;
    Ok(everywhere.map_or_else(Scope::nothing, Scope::everywhere).with(roles))
}

/// A role of a later version lets nobody do anything here.
fn role_from(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<Role>> {
    Ok(row.get::<_, Option<String>>(column)?.and_then(|name| name.parse().ok()))
}

/// Everybody who may see a connection, by name: for whoever may see it too.
pub fn of_connection(conn: &Db, scope: &Scope, connection: ConnectionId) -> Result<Vec<Member>> {
    if !scope.allows(connection) {
        return Ok(Vec::new());
    }
    let mut statement = conn.prepare_cached(
        "SELECT user.id, user.name, member.role, user.role
         FROM user LEFT JOIN member ON member.user_id = user.id AND member.connection_id = :connection
         WHERE member.role IS NOT NULL OR user.role IS NOT NULL
         ORDER BY user.known_as",
    )?;
    let members = statement.query_map(named_params! { ":connection": connection.0 }, |row| {
        Ok(Member {
            user: row.get(0)?,
            name: row.get(1)?,
            role: role_from(row, 2)?,
            everywhere: role_from(row, 3)?,
        })
    })?;
    Ok(members.collect::<rusqlite::Result<_>>()?)
}

/// The names of those who administer everything.
pub fn administrators(conn: &Db) -> Result<Vec<String>> {
    let mut statement = conn.prepare_cached(
        "SELECT name FROM user WHERE role = 'admin' AND disabled_at IS NULL ORDER BY known_as",
    )?;
    let names = statement.query_map([], |row| row.get(0))?;
    Ok(names.collect::<rusqlite::Result<_>>()?)
}

/// The account with this name.
pub fn user_named(conn: &Db, name: &str) -> Result<Option<i64>> {
    let mut statement = conn.prepare_cached("SELECT id FROM user WHERE known_as = :name")?;
    Ok(statement.query_row(named_params! { ":name": known_as(name) }, |row| row.get(0)).optional()?)
}

/// Gives somebody a role in a connection, in the place of the one they have there.
///
/// Whether the actor may is looked up here, in the same transaction: two admins who take
/// each other's role at once are not both heard.
pub fn set(conn: &Db, actor: Actor, connection: ConnectionId, user: i64, role: Role) -> Result<Outcome> {
    if !may_change(conn, actor, connection)? {
        return Ok(Outcome::NotAllowed);
    }
    let before = role_of(conn, connection, user)?;
    if before == Some(Role::Admin) && role < Role::Admin && !has_other_admin(conn, connection, user)? {
        return Ok(Outcome::LastAdmin);
    }
    let set = conn
        .prepare_cached(
            "INSERT INTO member (connection_id, user_id, role)
             SELECT :connection, id, :role FROM user WHERE id = :user
             ON CONFLICT (connection_id, user_id) DO UPDATE SET role = excluded.role",
        )?
        .execute(named_params! { ":connection": connection.0, ":user": user, ":role": role.name() })?;
    Ok(if set > 0 { Outcome::Done(before) } else { Outcome::Nobody })
}

/// Takes somebody's role in a connection away.
pub fn remove(conn: &Db, actor: Actor, connection: ConnectionId, user: i64) -> Result<Outcome> {
    if !may_change(conn, actor, connection)? {
        return Ok(Outcome::NotAllowed);
    }
    let Some(before) = role_of(conn, connection, user)? else { return Ok(Outcome::Nobody) };
    if before == Role::Admin && !has_other_admin(conn, connection, user)? {
        return Ok(Outcome::LastAdmin);
    }
    conn.prepare_cached("DELETE FROM member WHERE connection_id = :connection AND user_id = :user")?
        .execute(named_params! { ":connection": connection.0, ":user": user })?;
    Ok(Outcome::Done(Some(before)))
}

/// Forgets the roles in a connection that goes.
pub(super) fn remove_all(conn: &Db, connection: ConnectionId) -> Result<()> {
    conn.prepare_cached("DELETE FROM member WHERE connection_id = :connection")?
        .execute(named_params! { ":connection": connection.0 })?;
    Ok(())
}

fn role_of(conn: &Db, connection: ConnectionId, user: i64) -> Result<Option<Role>> {
    let mut statement =
        conn.prepare_cached("SELECT role FROM member WHERE connection_id = :connection AND user_id = :user")?;
    let params = named_params! { ":connection": connection.0, ":user": user };
    Ok(statement.query_row(params, |row| role_from(row, 0)).optional()?.flatten())
}

fn may_change(conn: &Db, actor: Actor, connection: ConnectionId) -> Result<bool> {
    let Actor::User(user) = actor else { return Ok(true) };
    let everywhere = conn
        .prepare_cached("SELECT role FROM user WHERE id = :user AND disabled_at IS NULL")?
        .query_row(named_params! { ":user": user }, |row| role_from(row, 0))
        .optional()?
        .flatten();
    Ok(scope_of(conn, user, everywhere)?.role_in(connection) == Some(Role::Admin))
}

/// Whether somebody but this user administers the connection, or everything.
fn has_other_admin(conn: &Db, connection: ConnectionId, user: i64) -> Result<bool> {
    let mut statement = conn.prepare_cached(
        "SELECT EXISTS (SELECT 1 FROM user WHERE role = 'admin' AND disabled_at IS NULL)
             OR EXISTS (SELECT 1 FROM member JOIN user ON user.id = user_id
                        WHERE connection_id = :connection AND member.role = 'admin' AND user_id <> :user
                          AND disabled_at IS NULL)",
    )?;
    let params = named_params! { ":connection": connection.0, ":user": user };
    Ok(statement.query_row(params, |row| row.get(0))?)
}

#[cfg(test)]
mod tests;
