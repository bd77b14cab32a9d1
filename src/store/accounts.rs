//! Users: who may log in, with what, and as whom.
//!
//! What ends logins and tokens (another password, another role, being shut out) gives the
//! user another `credential_epoch` in the same transaction: whatever was given out under
//! the one before is void from then on.

use rusqlite::{Connection as Db, OptionalExtension, Row, named_params};

use super::Result;
use crate::model::{Role, TimestampMs, User, known_as};

/// What a login is checked against.
#[derive(Clone, Debug)]
pub struct Credentials {
    /// Whose they are.
    pub user: User,
    /// The hash of the password, if one was chosen.
    pub password: Option<String>,
}

/// What became of a change that must leave an administrator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Changed {
    /// It was made.
    Yes,
    /// There is no such user, or no need for it.
    No,
    /// Nobody could administer the server any more.
    LastAdmin,
}

/// The columns that [`user_from`] reads, from `offset` on.
macro_rules! columns {
    () => {
        "user.id, user.name, user.role, user.password IS NOT NULL, user.totp_since IS NOT NULL,
         user.credential_epoch, user.created_at, user.seen_at, user.disabled_at,
         (SELECT min(vouched_by) FROM user_identity WHERE user_identity.user_id = user.id)"
    };
}
pub(super) use columns;

/// How many columns [`columns!`] names.
pub(super) const COLUMNS: usize = 10;

/// Adds a user. `None` when the name is taken.
pub fn add(
    conn: &Db,
    name: &str,
    role: Option<Role>,
    password: Option<&str>,
    now: TimestampMs,
) -> Result<Option<i64>> {
    let added = conn
        .prepare_cached(
            "INSERT INTO user (name, known_as, role, password, created_at)
             VALUES (:name, :known_as, :role, :password, :now)
             ON CONFLICT (known_as) DO NOTHING",
        )?
        .execute(named_params! {
            ":name": name,
            ":known_as": known_as(name),
            ":role": role.map(Role::name),
            ":password": password,
            ":now": now,
        })?;
    Ok((added > 0).then(|| conn.last_insert_rowid()))
}

/// Whether there is anybody.
pub fn any(conn: &Db) -> Result<bool> {
    Ok(conn.query_row("SELECT EXISTS (SELECT 1 FROM user)", [], |row| row.get(0))?)
}

/// Everybody, by name.
pub fn all(conn: &Db) -> Result<Vec<User>> {
    let mut statement =
        conn.prepare_cached(concat!("SELECT ", columns!(), " FROM user ORDER BY known_as"))?;
    Ok(statement.query_map([], |row| user_from(row, 0))?.collect::<rusqlite::Result<_>>()?)
}

/// The user with this number.
pub fn find(conn: &Db, id: i64) -> Result<Option<User>> {
    let mut statement = conn.prepare_cached(concat!("SELECT ", columns!(), " FROM user WHERE id = :id"))?;
    Ok(statement.query_row(named_params! { ":id": id }, |row| user_from(row, 0)).optional()?)
}

/// What the login of this name is checked against.
pub fn credentials(conn: &Db, name: &str) -> Result<Option<Credentials>> {
    let mut statement =
        conn.prepare_cached(concat!("SELECT ", columns!(), ", password FROM user WHERE known_as = :name"))?;
    let from_row = |row: &Row<'_>| Ok(Credentials { user: user_from(row, 0)?, password: row.get(COLUMNS)? });
    Ok(statement.query_row(named_params! { ":name": known_as(name) }, from_row).optional()?)
}

/// Gives a user another password, which ends their logins and tokens. Returns the new epoch.
pub fn set_password(conn: &Db, id: i64, hash: &str) -> Result<Option<i64>> {
    let mut statement = conn.prepare_cached(
        "UPDATE user SET password = :hash, credential_epoch = credential_epoch + 1
         WHERE id = :id RETURNING credential_epoch",
    )?;
    let params = named_params! { ":id": id, ":hash": hash };
    Ok(statement.query_row(params, |row| row.get(0)).optional()?)
}

/// Keeps the same password under a stronger hash, unless it was changed meanwhile.
pub fn rehash(conn: &Db, id: i64, former: &str, hash: &str) -> Result<()> {
    conn.prepare_cached("UPDATE user SET password = :hash WHERE id = :id AND password = :former")?
        .execute(named_params! { ":id": id, ":former": former, ":hash": hash })?;
    Ok(())
}

/// Gives a user another role in all connections, which ends their logins and tokens.
pub fn set_role(conn: &Db, id: i64, role: Option<Role>) -> Result<Changed> {
    if role != Some(Role::Admin) && is_last_admin(conn, id)? {
        return Ok(Changed::LastAdmin);
    }
    let changed = conn
        .prepare_cached(
            "UPDATE user SET role = :role, credential_epoch = credential_epoch + 1
             WHERE id = :id AND role IS NOT :role",
        )?
        .execute(named_params! { ":id": id, ":role": role.map(Role::name) })?;
    Ok(yes_if(changed))
}

/// Shuts a user out, or takes that back; either ends their logins and tokens.
pub fn set_disabled(conn: &Db, id: i64, disabled_at: Option<TimestampMs>) -> Result<Changed> {
    if disabled_at.is_some() && is_last_admin(conn, id)? {
        return Ok(Changed::LastAdmin);
    }
    let changed = conn
        .prepare_cached(
            "UPDATE user SET disabled_at = :at, credential_epoch = credential_epoch + 1
             WHERE id = :id AND (disabled_at IS NULL) = (:at IS NOT NULL)",
        )?
        .execute(named_params! { ":id": id, ":at": disabled_at })?;
    Ok(yes_if(changed))
}

/// Removes a user with all that lets them in. What they wrote stays.
pub fn remove(conn: &Db, id: i64) -> Result<Changed> {
    if is_last_admin(conn, id)? {
        return Ok(Changed::LastAdmin);
    }
    let removed =
        conn.prepare_cached("DELETE FROM user WHERE id = :id")?.execute(named_params! { ":id": id })?;
    Ok(yes_if(removed))
}

/// Whether this user may administer the server at this moment.
pub fn is_admin(conn: &Db, id: i64) -> Result<bool> {
    let mut statement = conn.prepare_cached(
        "SELECT EXISTS (SELECT 1 FROM user WHERE id = :id AND role = 'admin' AND disabled_at IS NULL)",
    )?;
    Ok(statement.query_row(named_params! { ":id": id }, |row| row.get(0))?)
}

/// Whether nobody else could log in and administer the server.
fn is_last_admin(conn: &Db, id: i64) -> Result<bool> {
    let mut statement = conn.prepare_cached(
        "SELECT EXISTS (SELECT 1 FROM user WHERE id = :id AND role = 'admin' AND disabled_at IS NULL)
            AND NOT EXISTS (
                SELECT 1 FROM user
                WHERE id <> :id AND role = 'admin' AND disabled_at IS NULL
                    AND (password IS NOT NULL
                         OR EXISTS (SELECT 1 FROM user_identity WHERE user_identity.user_id = user.id))
            )",
    )?;
    Ok(statement.query_row(named_params! { ":id": id }, |row| row.get(0))?)
}

fn yes_if(changed: usize) -> Changed {
    if changed > 0 { Changed::Yes } else { Changed::No }
}

/// Reads the columns of [`columns!`] that begin at `offset`.
pub(super) fn user_from(row: &Row<'_>, offset: usize) -> rusqlite::Result<User> {
    let role: Option<String> = row.get(offset + 2)?;
    Ok(User {
        id: row.get(offset)?,
        name: row.get(offset + 1)?,
        // A role that a later version knows is none here: nobody may more than they should.
        role: role.and_then(|role| role.parse().ok()),
        has_password: row.get(offset + 3)?,
        has_totp: row.get(offset + 4)?,
        epoch: row.get(offset + 5)?,
        created_at: row.get(offset + 6)?,
        seen_at: row.get(offset + 7)?,
        disabled_at: row.get(offset + 8)?,
        vouched_by: row.get(offset + 9)?,
    })
}

#[cfg(test)]
mod tests {
    use super::super::schema::in_memory;
    use super::*;

    fn add_admin(conn: &Db, name: &str) -> i64 {
        add(conn, name, Some(Role::Admin), Some("hash"), 1).expect("added").expect("a new name")
    }

    #[test]
    fn names_differ_by_more_than_capital_letters() {
        let conn = in_memory();
        let ada = add_admin(&conn, "Ada");
        assert_eq!(add(&conn, "ADA", None, None, 1).expect("asked"), None);
        let found = credentials(&conn, "aDA").expect("asked").expect("found");
        assert_eq!((found.user.id, &*found.user.name), (ada, "Ada"));
    }

    #[test]
    fn the_last_administrator_stays() {
        let conn = in_memory();
        let ada = add_admin(&conn, "Ada");
        let invited = add(&conn, "Invited", Some(Role::Admin), None, 1).expect("added").expect("new");
        for change in
            [set_role(&conn, ada, Some(Role::Viewer)), set_disabled(&conn, ada, Some(2)), remove(&conn, ada)]
        {
            assert_eq!(change.expect("asked"), Changed::LastAdmin, "who has no password cannot log in");
        }
        assert_eq!(remove(&conn, invited).expect("removed"), Changed::Yes);
        let bob = add_admin(&conn, "Bob");
        assert_eq!(set_disabled(&conn, ada, Some(2)).expect("disabled"), Changed::Yes);
        assert_eq!(remove(&conn, bob).expect("asked"), Changed::LastAdmin);
        assert!(is_admin(&conn, bob).expect("asked") && !is_admin(&conn, ada).expect("asked"));
    }

    #[test]
    fn numbers_are_never_given_twice() {
        let conn = in_memory();
        add_admin(&conn, "Ada");
        let bob = add_admin(&conn, "Bob");
        assert_eq!(remove(&conn, bob).expect("removed"), Changed::Yes);
        assert!(add_admin(&conn, "Eve") > bob);
    }
}
