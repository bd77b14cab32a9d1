//! The second factor of users: the key of their codes, and codes for when it is lost.

use rusqlite::{Connection as Db, OptionalExtension, named_params};

use super::Result;
use crate::model::TimestampMs;

/// The key that a user's codes are made of.
pub fn key_of(conn: &Db, user: i64) -> Result<Option<Vec<u8>>> {
    let mut statement = conn.prepare_cached("SELECT totp_key FROM user WHERE id = :user")?;
    Ok(statement.query_row(named_params! { ":user": user }, |row| row.get(0)).optional()?.flatten())
}

/// Asks for codes from now on, as the user has shown one. False when they were asked for already.
pub fn turn_on(
    conn: &Db,
    user: i64,
    key: &[u8],
    step: i64,
    recovery: &[[u8; 32]],
    now: TimestampMs,
) -> Result<bool> {
    let changed = conn
        .prepare_cached(
            "UPDATE user SET totp_key = :key, totp_since = :now, totp_step = :step
             WHERE id = :user AND totp_since IS NULL",
        )?
        .execute(named_params! { ":user": user, ":key": key, ":step": step, ":now": now })?;
    if changed > 0 {
        set_recovery_codes(conn, user, recovery)?;
    }
    Ok(changed > 0)
}

/// Asks for no codes any more. False when none were asked for.
pub fn turn_off(conn: &Db, user: i64) -> Result<bool> {
    let changed = conn
        .prepare_cached(
            "UPDATE user SET totp_key = NULL, totp_since = NULL, totp_step = NULL
             WHERE id = :user AND totp_since IS NOT NULL",
        )?
        .execute(named_params! { ":user": user })?;
    set_recovery_codes(conn, user, &[])?;
    Ok(changed > 0)
}

/// Takes the code of a step, once: neither it nor an older one works again.
pub fn use_step(conn: &Db, user: i64, step: i64) -> Result<bool> {
    let used = conn
        .prepare_cached(
            "UPDATE user SET totp_step = :step
             WHERE id = :user AND totp_since IS NOT NULL AND coalesce(totp_step, -1) < :step",
        )?
        .execute(named_params! { ":user": user, ":step": step })?;
    Ok(used > 0)
}

/// Takes a recovery code, once.
pub fn use_recovery_code(conn: &Db, user: i64, hash: &[u8; 32]) -> Result<bool> {
    let used = conn
        .prepare_cached("DELETE FROM recovery_code WHERE user_id = :user AND code_hash = :hash")?
        .execute(named_params! { ":user": user, ":hash": hash })?;
    Ok(used > 0)
}

/// How many recovery codes a user has left.
pub fn recovery_codes_left(conn: &Db, user: i64) -> Result<i64> {
    let mut statement = conn.prepare_cached("SELECT count(*) FROM recovery_code WHERE user_id = :user")?;
    Ok(statement.query_row(named_params! { ":user": user }, |row| row.get(0))?)
}

/// Gives a user these recovery codes in place of those before.
pub fn set_recovery_codes(conn: &Db, user: i64, hashes: &[[u8; 32]]) -> Result<()> {
    conn.prepare_cached("DELETE FROM recovery_code WHERE user_id = :user")?
        .execute(named_params! { ":user": user })?;
    let mut statement =
        conn.prepare_cached("INSERT INTO recovery_code (user_id, code_hash) VALUES (:user, :hash)")?;
    for hash in hashes {
        statement.execute(named_params! { ":user": user, ":hash": hash })?;
    }
    Ok(())
}
