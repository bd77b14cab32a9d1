//! Tokens: what programs say who they are with.
//!
//! A token's secret is never stored: it is known again by its hash.

use std::collections::BTreeSet;

use rusqlite::{Connection as Db, OptionalExtension, Row, named_params};

use super::Result;
use crate::model::{ConnectionId, TimestampMs, TokenScopes};

/// One maker has no more tokens than this that still work.
pub const MOST: i64 = 100;

/// So many are listed, newest first.
const MOST_LISTED: i64 = 500;

/// Tokens that are over stay on the list for this long.
const KEPT_MS: i64 = 30 * 24 * 60 * 60 * 1000;

/// When a token was used is written down this often.
pub const USE_EVERY_MS: i64 = 60 * 1000;

/// A token, without its secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// Its number, which stands in it.
    pub id: i64,
    /// What people call it.
    pub name: String,
    /// What it is for.
    pub scopes: TokenScopes,
    /// The connections that it is for. `None`: all, those to come included.
    pub connections: Option<BTreeSet<ConnectionId>>,
    /// Who made it, where somebody is known.
    pub user: Option<i64>,
    /// When it was made.
    pub made_at: TimestampMs,
    /// When it stops to work.
    pub expires_at: TimestampMs,
    /// When it was last used, to the minute.
    pub used_at: Option<TimestampMs>,
    /// When somebody ended it.
    pub revoked_at: Option<TimestampMs>,
}

impl Token {
    /// Whether it works at this time.
    pub fn works(&self, now: TimestampMs) -> bool {
        self.revoked_at.is_none() && now < self.expires_at
    }
}

/// A token that is about to be made.
#[derive(Clone, Debug)]
pub struct Draft {
    /// See [`Token`].
    pub name: String,
    /// The SHA-256 of its secret.
    pub hash: [u8; 32],
    /// See [`Token`].
    pub scopes: TokenScopes,
    /// See [`Token`].
    pub connections: Option<BTreeSet<ConnectionId>>,
    /// See [`Token`].
    pub user: Option<i64>,
    /// See [`Token`].
    pub expires_at: TimestampMs,
}

/// Whose tokens are meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    /// Everybody's.
    Everybody,
    /// Those that this user made; `None`: those that nobody known made.
    Of(Option<i64>),
}

/// Makes a token and returns its number. `None` when its maker has as many as one may have.
pub fn add(conn: &Db, draft: &Draft, now: TimestampMs) -> Result<Option<i64>> {
    let added = conn
        .prepare_cached(
            "INSERT INTO token (name, token_hash, scopes, every_connection, user_id, credential_epoch,
                                made_at, expires_at)
             SELECT :name, :hash, :scopes, :every, :user,
                    (SELECT credential_epoch FROM user WHERE id = :user), :now, :expires_at
             WHERE :most > (SELECT count(*) FROM token
                            WHERE user_id IS :user AND revoked_at IS NULL AND expires_at > :now)",
        )?
        .execute(named_params! {
            ":name": draft.name,
            ":hash": draft.hash,
            ":scopes": draft.scopes.names(),
            ":every": draft.connections.is_none(),
            ":user": draft.user,
            ":now": now,
            ":expires_at": draft.expires_at,
            ":most": MOST,
        })?;
    if added == 0 {
        return Ok(None);
    }
    let id = conn.last_insert_rowid();
    let mut name = conn.prepare_cached(
        "INSERT INTO token_connection (token_id, connection_id) VALUES (:token, :connection)",
    )?;
    for connection in draft.connections.iter().flatten() {
        name.execute(named_params! { ":token": id, ":connection": connection.0 })?;
    }
    Ok(Some(id))
}

/// The columns that [`from_row`] reads.
macro_rules! select {
    ($condition:literal) => {
        concat!(
            "SELECT id, name, scopes, every_connection, user_id, made_at, expires_at, used_at, revoked_at
             FROM token WHERE ",
            $condition
        )
    };
}

/// The token whose secret has this hash, whether it still works or not.
pub fn with_hash(conn: &Db, hash: &[u8; 32]) -> Result<Option<Token>> {
    let mut statement = conn.prepare_cached(select!(
        "token_hash = :hash
         AND (user_id IS NULL
              OR credential_epoch = (SELECT credential_epoch FROM user WHERE user.id = token.user_id))"
    ))?;
    let found = statement.query_row(named_params! { ":hash": hash }, from_row).optional()?;
    found.map(|token| with_connections(conn, token)).transpose()
}

/// The token with this number.
pub fn find(conn: &Db, whose: Whose, id: i64) -> Result<Option<Token>> {
    let mut statement = conn.prepare_cached(select!("id = :id"))?;
    let found = statement.query_row(named_params! { ":id": id }, from_row).optional()?;
    let found = found.filter(|token| match whose {
        Whose::Everybody => true,
        Whose::Of(user) => token.user == user,
    });
    found.map(|token| with_connections(conn, token)).transpose()
}

/// Tokens, newest first.
pub fn list(conn: &Db, whose: Whose) -> Result<Vec<Token>> {
    let (every, user) = match whose {
        Whose::Everybody => (true, None),
        Whose::Of(user) => (false, user),
    };
    let mut statement =
        conn.prepare_cached(select!("(:every OR user_id IS :user) ORDER BY id DESC LIMIT :limit"))?;
    let params = named_params! { ":every": every, ":user": user, ":limit": MOST_LISTED };
    let found = statement.query_map(params, from_row)?.collect::<rusqlite::Result<Vec<_>>>()?;
    found.into_iter().map(|token| with_connections(conn, token)).collect()
}

/// Ends a token for good. False when there is none that works.
pub fn revoke(conn: &Db, whose: Whose, id: i64, now: TimestampMs) -> Result<bool> {
    if find(conn, whose, id)?.is_none() {
        return Ok(false);
    }
    let changed = conn
        .prepare_cached("UPDATE token SET revoked_at = :now WHERE id = :id AND revoked_at IS NULL")?
        .execute(named_params! { ":id": id, ":now": now })?;
    Ok(changed > 0)
}

/// Writes down that a token was used, at most once a minute.
pub fn note_use(conn: &Db, id: i64, now: TimestampMs) -> Result<()> {
    conn.prepare_cached(
        "UPDATE token SET used_at = :now WHERE id = :id AND (used_at IS NULL OR used_at <= :before)",
    )?
    .execute(named_params! { ":id": id, ":now": now, ":before": now - USE_EVERY_MS })?;
    Ok(())
}

/// Forgets tokens that are over for long.
pub fn forget(conn: &Db, now: TimestampMs) -> Result<()> {
    let over = named_params! { ":before": now - KEPT_MS };
    conn.prepare_cached(
        "DELETE FROM token_connection
         WHERE token_id IN (SELECT id FROM token WHERE min(expires_at, coalesce(revoked_at, expires_at)) < :before)",
    )?
    .execute(over)?;
    conn.prepare_cached(
        "DELETE FROM token WHERE min(expires_at, coalesce(revoked_at, expires_at)) < :before",
    )?
    .execute(over)?;
    Ok(())
}

/// A connection that is erased is no token's any more.
pub(super) fn forget_connection(conn: &Db, connection: ConnectionId) -> Result<()> {
    conn.prepare_cached("DELETE FROM token_connection WHERE connection_id = :connection")?
        .execute(named_params! { ":connection": connection.0 })?;
    Ok(())
}

fn with_connections(conn: &Db, token: Token) -> Result<Token> {
    if token.connections.is_none() {
        return Ok(token);
    }
    let mut statement =
        conn.prepare_cached("SELECT connection_id FROM token_connection WHERE token_id = :token")?;
    let named =
        statement.query_map(named_params! { ":token": token.id }, |row| row.get(0).map(ConnectionId))?;
    Ok(Token { connections: Some(named.collect::<rusqlite::Result<_>>()?), ..token })
}

fn from_row(row: &Row<'_>) -> rusqlite::Result<Token> {
    let scopes: String = row.get(2)?;
    let every: bool = row.get(3)?;
    Ok(Token {
        id: row.get(0)?,
        name: row.get(1)?,
        scopes: scopes.parse().map_err(|error: crate::model::NoScope| {
            rusqlite::Error::FromSqlConversionFailure(2, rusqlite::types::Type::Text, error.into())
        })?,
        connections: (!every).then(BTreeSet::new),
        user: row.get(4)?,
        made_at: row.get(5)?,
        expires_at: row.get(6)?,
        used_at: row.get(7)?,
        revoked_at: row.get(8)?,
    })
}
