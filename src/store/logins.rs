//! Where users are logged in.
//!
//! A login's token is never stored: it is known again by its hash.

use rusqlite::{Connection as Db, OptionalExtension, Row, named_params};

use super::Result;
use super::accounts::{COLUMNS, columns, user_from};
use crate::model::{TimestampMs, User};

/// A login.
#[derive(Clone, Debug)]
pub struct Login {
    /// Its number.
    pub id: i64,
    /// The user's epoch when it was made.
    pub epoch: i64,
    /// When it was made.
    pub made_at: TimestampMs,
    /// Since when it has its present token.
    pub rotated_at: TimestampMs,
    /// When it was last used.
    pub seen_at: TimestampMs,
    /// The browser, as people call it.
    pub browser: String,
    /// The network, without what tells one household from the next.
    pub network: String,
    /// Who said who they are; `None`: they did, with a password.
    pub vouched_by: Option<String>,
}

/// A login that a token belongs to.
#[derive(Clone, Debug)]
pub struct Found {
    /// The login.
    pub login: Login,
    /// Who is logged in, as they are now.
    pub user: User,
    /// Whether it is the token before the present one.
    pub is_former: bool,
    /// Whether there still is a token before the present one.
    pub has_former: bool,
}

/// A login that is about to be made.
#[derive(Clone, Debug)]
pub struct Draft {
    /// Who logs in.
    pub user: i64,
    /// Their epoch when they were asked for the password.
    pub epoch: i64,
    /// The SHA-256 of the token.
    pub token_hash: [u8; 32],
    /// See [`Login`].
    pub browser: String,
    /// See [`Login`].
    pub network: String,
    /// See [`Login`].
    pub vouched_by: Option<String>,
}

macro_rules! login_columns {
    () => {
        "user_session.id, user_session.credential_epoch, made_at, rotated_at, user_session.seen_at, browser,
         network, user_session.vouched_by"
    };
}

/// How many columns [`login_from`] reads.
const LOGIN_COLUMNS: usize = 8;

/// Logs somebody in. False when what they were let in by was changed meanwhile.
pub fn add(conn: &Db, draft: &Draft, now: TimestampMs) -> Result<bool> {
    let added = conn
        .prepare_cached(
            "INSERT INTO user_session
                (user_id, token_hash, credential_epoch, made_at, rotated_at, seen_at, browser, network,
                 vouched_by)
             SELECT id, :hash, credential_epoch, :now, :now, :now, :browser, :network, :vouched_by FROM user
             WHERE id = :user AND credential_epoch = :epoch AND disabled_at IS NULL",
        )?
        .execute(named_params! {
            ":user": draft.user,
            ":epoch": draft.epoch,
            ":hash": draft.token_hash,
            ":browser": draft.browser,
            ":network": draft.network,
            ":vouched_by": draft.vouched_by,
            ":now": now,
        })?;
    if added > 0 {
        note_user_seen(conn, draft.user, now)?;
    }
    Ok(added > 0)
}

/// The login whose token has this hash, or had it before the present one.
pub fn with_hash(conn: &Db, hash: &[u8; 32]) -> Result<Option<Found>> {
    let mut statement = conn.prepare_cached(concat!(
        "SELECT ",
        columns!(),
        ", ",
        login_columns!(),
        ", token_hash <> :hash, former_hash IS NOT NULL
         FROM user_session JOIN user ON user.id = user_id
         WHERE token_hash = :hash OR former_hash = :hash"
    ))?;
    let from_row = |row: &Row<'_>| {
        Ok(Found {
            user: user_from(row, 0)?,
            login: login_from(row, COLUMNS)?,
            is_former: row.get(COLUMNS + LOGIN_COLUMNS)?,
            has_former: row.get(COLUMNS + LOGIN_COLUMNS + 1)?,
        })
    };
    Ok(statement.query_row(named_params! { ":hash": hash }, from_row).optional()?)
}

/// A user's logins that have not been ended, the one used last first.
pub fn of_user(conn: &Db, user: i64) -> Result<Vec<Login>> {
    let mut statement = conn.prepare_cached(concat!(
        "SELECT ",
        login_columns!(),
        " FROM user_session JOIN user ON user.id = user_id
         WHERE user_id = :user AND user_session.credential_epoch = user.credential_epoch
         ORDER BY user_session.seen_at DESC, user_session.id DESC LIMIT 200"
    ))?;
    let logins = statement.query_map(named_params! { ":user": user }, |row| login_from(row, 0))?;
    Ok(logins.collect::<rusqlite::Result<_>>()?)
}

/// Gives a login another token in place of the one with the hash `from`, which works until
/// the other one was shown. False when another request has done so since `login` was read.
pub fn rotate(conn: &Db, login: &Login, from: &[u8; 32], to: &[u8; 32], now: TimestampMs) -> Result<bool> {
    let rotated = conn
        .prepare_cached(
            "UPDATE user_session SET token_hash = :to, former_hash = :from, rotated_at = :now
             WHERE id = :id AND rotated_at = :read AND (token_hash = :from OR former_hash = :from)",
        )?
        .execute(named_params! {
            ":id": login.id,
            ":read": login.rotated_at,
            ":from": from,
            ":to": to,
            ":now": now,
        })?;
    Ok(rotated > 0)
}

/// The browser has shown the present token: the one before works no more.
pub fn forget_former(conn: &Db, id: i64) -> Result<()> {
    conn.prepare_cached("UPDATE user_session SET former_hash = NULL WHERE id = :id")?
        .execute(named_params! { ":id": id })?;
    Ok(())
}

/// Lets a login live on under the user's present epoch, with another token.
pub fn renew(conn: &Db, id: i64, to: &[u8; 32], now: TimestampMs) -> Result<()> {
    conn.prepare_cached(
        "UPDATE user_session SET token_hash = :to, former_hash = NULL, rotated_at = :now,
            credential_epoch = (SELECT credential_epoch FROM user WHERE user.id = user_id)
         WHERE id = :id",
    )?
    .execute(named_params! { ":id": id, ":to": to, ":now": now })?;
    Ok(())
}

/// Ends one of a user's logins. False when they have no such.
pub fn end(conn: &Db, user: i64, id: i64) -> Result<bool> {
    let ended = conn
        .prepare_cached("DELETE FROM user_session WHERE id = :id AND user_id = :user")?
        .execute(named_params! { ":id": id, ":user": user })?;
    Ok(ended > 0)
}

/// Ends all of a user's logins but this one, and says how many.
pub fn end_others(conn: &Db, user: i64, but: i64) -> Result<usize> {
    Ok(conn
        .prepare_cached("DELETE FROM user_session WHERE user_id = :user AND id <> :but")?
        .execute(named_params! { ":user": user, ":but": but })?)
}

/// Writes down when a login, and with it its user, was last used.
pub fn note_seen(conn: &Db, id: i64, at: TimestampMs) -> Result<()> {
    let mut statement = conn.prepare_cached(
        "UPDATE user_session SET seen_at = max(seen_at, :at) WHERE id = :id RETURNING user_id",
    )?;
    let user: Option<i64> =
        statement.query_row(named_params! { ":id": id, ":at": at }, |row| row.get(0)).optional()?;
    user.map_or(Ok(()), |user| note_user_seen(conn, user, at))
}

/// Writes down when a user last asked for anything.
pub fn note_user_seen(conn: &Db, user: i64, at: TimestampMs) -> Result<()> {
    conn.prepare_cached("UPDATE user SET seen_at = max(coalesce(seen_at, 0), :at) WHERE id = :user")?
        .execute(named_params! { ":user": user, ":at": at })?;
    Ok(())
}

/// Forgets logins that were made, or last used, before these times, or that are void.
pub fn forget(conn: &Db, made_before: TimestampMs, seen_before: TimestampMs) -> Result<()> {
    conn.prepare_cached(
        "DELETE FROM user_session
         WHERE made_at < :made OR seen_at < :seen
            OR credential_epoch <> (SELECT credential_epoch FROM user WHERE user.id = user_id)",
    )?
    .execute(named_params! { ":made": made_before, ":seen": seen_before })?;
    Ok(())
}

fn login_from(row: &Row<'_>, offset: usize) -> rusqlite::Result<Login> {
    Ok(Login {
        id: row.get(offset)?,
        epoch: row.get(offset + 1)?,
        made_at: row.get(offset + 2)?,
        rotated_at: row.get(offset + 3)?,
        seen_at: row.get(offset + 4)?,
        browser: row.get(offset + 5)?,
        network: row.get(offset + 6)?,
        vouched_by: row.get(offset + 7)?,
    })
}
