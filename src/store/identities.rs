//! Whom others vouch for: which user it is that an OpenID provider, or a proxy, speaks of.

use rusqlite::{Connection as Db, OptionalExtension, named_params};

use super::accounts::{columns, user_from};
use super::{Result, accounts};
use crate::model::{Role, TimestampMs, User, Vouched, known_as};

/// What became of tying somebody to a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tied {
    /// It was done.
    Yes,
    /// It is somebody else's already, or the user has another there.
    Taken,
}

/// The user that this is.
pub fn user_of(conn: &Db, vouched_by: &str, subject: &str) -> Result<Option<User>> {
    let mut statement = conn.prepare_cached(concat!(
        "SELECT ",
        columns!(),
        " FROM user_identity JOIN user ON user.id = user_id
         WHERE user_identity.vouched_by = :by AND subject = :subject"
    ))?;
    let params = named_params! { ":by": vouched_by, ":subject": subject };
    Ok(statement.query_row(params, |row| user_from(row, 0)).optional()?)
}

/// From now on this is that user.
pub fn tie(conn: &Db, user: i64, vouched_by: &str, subject: &str, now: TimestampMs) -> Result<Tied> {
    let tied = conn
        .prepare_cached(
            "INSERT INTO user_identity (vouched_by, subject, user_id, made_at)
             VALUES (:by, :subject, :user, :now) ON CONFLICT DO NOTHING",
        )?
        .execute(named_params! { ":by": vouched_by, ":subject": subject, ":user": user, ":now": now })?;
    Ok(if tied > 0 { Tied::Yes } else { Tied::Taken })
}

/// Adds a user for somebody who comes for the first time. `None` when the name is taken.
pub fn add(
    conn: &Db,
    person: &Vouched,
    name: &str,
    role: Option<Role>,
    now: TimestampMs,
) -> Result<Option<User>> {
    let Some(id) = accounts::add(conn, name, role, None, now)? else { return Ok(None) };
    tie(conn, id, &person.by, &person.subject, now)?;
    accounts::find(conn, id)
}

/// The user of this name.
pub fn user_named(conn: &Db, name: &str) -> Result<Option<User>> {
    let mut statement =
        conn.prepare_cached(concat!("SELECT ", columns!(), " FROM user WHERE known_as = :name"))?;
    let params = named_params! { ":name": known_as(name) };
    Ok(statement.query_row(params, |row| user_from(row, 0)).optional()?)
}

/// Nobody vouches for this user any more, who has a password. That ends the logins of it. False
/// when nobody did, or there is no password.
pub fn untie(conn: &Db, user: i64, vouched_by: &str) -> Result<bool> {
    let untied = conn
        .prepare_cached(
            "DELETE FROM user_identity WHERE user_id = :user AND vouched_by = :by
                AND EXISTS (SELECT 1 FROM user WHERE id = :user AND password IS NOT NULL)",
        )?
        .execute(named_params! { ":user": user, ":by": vouched_by })?;
    if untied > 0 {
        conn.prepare_cached("DELETE FROM user_session WHERE user_id = :user AND vouched_by = :by")?
            .execute(named_params! { ":user": user, ":by": vouched_by })?;
    }
    Ok(untied > 0)
}

#[cfg(test)]
mod tests {
    use super::super::accounts::Changed;
    use super::super::schema::in_memory;
    use super::*;

    fn person(by: &str, subject: &str, name: &str) -> Vouched {
        let (by, subject, name) = (by.to_owned(), subject.to_owned(), name.to_owned());
        Vouched { by, subject, name, email: None, groups: Vec::new() }
    }

    #[test]
    fn somebody_is_known_by_who_says_so_and_never_by_a_name() {
        let conn = in_memory();
        let ada = person("https://a.example", "1", "Ada");
        let user = add(&conn, &ada, "Ada", Some(Role::Admin), 1).expect("added").expect("a new name");
        assert_eq!(user.vouched_by.as_deref(), Some("https://a.example"));
        for (by, subject) in [("https://b.example", "1"), ("https://a.example", "2")] {
            assert_eq!(user_of(&conn, by, subject).expect("asked"), None, "{by} {subject}");
            assert_eq!(add(&conn, &person(by, subject, "ADA"), "ADA", None, 1).expect("asked"), None);
        }
        let found = user_of(&conn, "https://a.example", "1").expect("asked").expect("known");
        assert_eq!(found.id, user.id);
        assert_eq!(tie(&conn, user.id, "https://a.example", "2", 1).expect("asked"), Tied::Taken);
        assert!(!untie(&conn, user.id, "https://a.example").expect("asked"), "nothing else lets them in");

        let bob =
            accounts::add(&conn, "Bob", Some(Role::Admin), Some("hash"), 1).expect("added").expect("new");
        assert_eq!(tie(&conn, bob, "https://a.example", "1", 1).expect("asked"), Tied::Taken);
        assert_eq!(tie(&conn, bob, "https://a.example", "2", 1).expect("asked"), Tied::Yes);
        assert!(untie(&conn, bob, "https://a.example").expect("asked"));
        assert_eq!(accounts::remove(&conn, bob).expect("asked"), Changed::Yes, "Ada can log in");
        assert_eq!(accounts::remove(&conn, user.id).expect("asked"), Changed::LastAdmin);
    }
}
