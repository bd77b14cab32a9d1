//! Links that let somebody in without a password, once: to set up the server, and to choose a password.
//!
//! A link's token is never stored: it is known again by its hash.

use rusqlite::{Connection as Db, OptionalExtension, named_params};

use super::{Result, accounts};
use crate::model::{Role, TimestampMs, User};

/// Makes the link that sets up the server; the one before works no more.
pub fn set_setup(conn: &Db, hash: &[u8; 32], now: TimestampMs) -> Result<()> {
    end_setup(conn)?;
    conn.prepare_cached("INSERT INTO user_link (token_hash, made_at) VALUES (:hash, :now)")?
        .execute(named_params! { ":hash": hash, ":now": now })?;
    Ok(())
}

/// Whether this link sets up the server.
pub fn is_setup(conn: &Db, hash: &[u8; 32]) -> Result<bool> {
    let mut statement = conn.prepare_cached(
        "SELECT EXISTS (SELECT 1 FROM user_link WHERE token_hash = :hash AND user_id IS NULL)
            AND NOT EXISTS (SELECT 1 FROM user)",
    )?;
    Ok(statement.query_row(named_params! { ":hash": hash }, |row| row.get(0))?)
}

/// Sets up the server by its link: adds the first administrator. `None` when the link does not do that.
pub fn use_setup(
    conn: &Db,
    hash: &[u8; 32],
    name: &str,
    password: &str,
    now: TimestampMs,
) -> Result<Option<i64>> {
    if is_setup(conn, hash)? { first_admin(conn, name, password, now) } else { Ok(None) }
}

/// Adds the first administrator, unless there is anybody.
pub fn first_admin(conn: &Db, name: &str, password: &str, now: TimestampMs) -> Result<Option<i64>> {
    if accounts::any(conn)? {
        return Ok(None);
    }
    end_setup(conn)?;
    accounts::add(conn, name, Some(Role::Admin), Some(password), now)
}

fn end_setup(conn: &Db) -> Result<()> {
    conn.prepare_cached("DELETE FROM user_link WHERE user_id IS NULL")?.execute([])?;
    Ok(())
}

/// Makes the link by which a user chooses a password; the one before works no more.
pub fn set_for(
    conn: &Db,
    user: i64,
    hash: &[u8; 32],
    now: TimestampMs,
    expires_at: TimestampMs,
) -> Result<()> {
    end_for(conn, user)?;
    conn.prepare_cached(
        "INSERT INTO user_link (token_hash, user_id, made_at, expires_at) VALUES (:hash, :user, :now, :expires)",
    )?
    .execute(named_params! { ":hash": hash, ":user": user, ":now": now, ":expires": expires_at })?;
    Ok(())
}

/// Ends the link by which a user could choose a password.
pub fn end_for(conn: &Db, user: i64) -> Result<()> {
    conn.prepare_cached("DELETE FROM user_link WHERE user_id = :user")?
        .execute(named_params! { ":user": user })?;
    Ok(())
}

/// Who may choose a password by this link.
pub fn user_of(conn: &Db, hash: &[u8; 32], now: TimestampMs) -> Result<Option<User>> {
    let mut statement = conn.prepare_cached(
        "SELECT user_id FROM user_link
         WHERE token_hash = :hash AND user_id IS NOT NULL AND expires_at > :now",
    )?;
    let user: Option<i64> =
        statement.query_row(named_params! { ":hash": hash, ":now": now }, |row| row.get(0)).optional()?;
    let Some(user) = user else { return Ok(None) };
    Ok(accounts::find(conn, user)?.filter(|user| user.disabled_at.is_none()))
}

/// Takes the password that was chosen by this link. `None` when the link does not do that.
pub fn use_for_password(
    conn: &Db,
    hash: &[u8; 32],
    password: &str,
    now: TimestampMs,
) -> Result<Option<User>> {
    let Some(user) = user_of(conn, hash, now)? else { return Ok(None) };
    end_for(conn, user.id)?;
    accounts::set_password(conn, user.id, password)?;
    accounts::find(conn, user.id)
}
