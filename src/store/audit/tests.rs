use serde_json::json;

use super::*;
use crate::store::schema::in_memory;

const DAY: i64 = 24 * 60 * 60 * 1000;

fn entry(at: TimestampMs, subject: &str) -> Entry {
    Entry {
        at,
        who: "ada".to_owned(),
        what: What::SessionWatched,
        connection: Some(ConnectionId(1)),
        subject: subject.to_owned(),
        detail: json!({ "n": 1 }),
    }
}

fn log(entries: i64) -> Db {
    let conn = in_memory();
    for number in 1..=entries {
        append(&conn, &entry(number * DAY, &format!("s{number}"))).expect("appended");
    }
    conn
}

/// What somebody could do who has the file and SQLite.
fn tamper(conn: &Db, sql: &str) {
    conn.execute_batch(&format!(
        "DROP TRIGGER audit_stays; DROP TRIGGER audit_is_kept; DROP TRIGGER audit_goes_on; {sql}"
    ))
    .expect("tampered");
}

#[test]
fn the_chain_is_what_the_documentation_says() {
    let conn = log(1);
    let mut text = vec![0; 32];
    text.extend(b"1:1,8:86400000,3:ada,15:session-watched,1:1,2:s1,7:{\"n\":1},");
    let expected = <sha2::Sha256 as sha2::Digest>::digest(&text).to_vec();
    assert_eq!(head(&conn).expect("read"), (1, expected));
}

#[test]
fn entries_are_neither_changed_nor_removed_nor_put_in() {
    let conn = log(3);
    for sql in [
        "UPDATE audit SET who = 'eve' WHERE id = 2",
        "UPDATE audit SET who = who",
        "DELETE FROM audit",
        "DELETE FROM audit WHERE id = 3",
        "INSERT OR REPLACE INTO audit SELECT id, at, 'eve', what, connection_id, subject, detail, hash FROM audit WHERE id = 2",
        "INSERT INTO audit SELECT 9, at, who, what, connection_id, subject, detail, hash FROM audit WHERE id = 2",
        "INSERT INTO audit SELECT NULL, at, who, what, connection_id, subject, detail, hash FROM audit WHERE id = 2",
        "UPDATE audit_anchor SET last = 3",
        "UPDATE audit_anchor SET last = 7, hash = x'00'",
        "DELETE FROM audit_anchor",
        "INSERT OR REPLACE INTO audit_anchor VALUES (1, 3, zeroblob(32))",
    ] {
        assert!(conn.execute_batch(sql).is_err(), "{sql}");
    }
    let verdict = chain::verify(&conn, None).expect("verified");
    assert_eq!((verdict.entries, verdict.broken), (3, None));
}

#[test]
fn what_was_tampered_with_is_named() {
    for (sql, broken) in [
        ("UPDATE audit SET who = 'eve' WHERE id = 3", 3),
        ("UPDATE audit SET at = at + 1 WHERE id = 1", 1),
        ("UPDATE audit SET subject = '', detail = subject || detail WHERE id = 2", 2),
        ("DELETE FROM audit WHERE id = 2", 3),
        ("DELETE FROM audit WHERE id = 1", 2),
        ("DELETE FROM audit WHERE id = 4; UPDATE audit SET id = 4 WHERE id = 5", 4),
        ("UPDATE audit SET hash = zeroblob(32) WHERE id = 5", 5),
    ] {
        let conn = log(5);
        tamper(&conn, sql);
        let verdict = chain::verify(&conn, None).expect("verified");
        assert_eq!(verdict.broken.map(|broken| broken.id), Some(broken), "{sql}");
    }
}

#[test]
fn old_entries_go_and_the_rest_can_be_verified() {
    let conn = log(5);
    assert!(!shorten(&conn, 4 * DAY, 6 * DAY).expect("shortened"), "all in one step");
    let verdict = chain::verify(&conn, None).expect("verified");
    assert_eq!((verdict.entries, verdict.broken, verdict.head.0), (3, None, 6));
    let left = list(&conn, &Scope::everything(), &Filter::default(), None, 10).expect("listed");
    let left: Vec<_> = left.iter().map(|entry| (entry.id, entry.what.as_str())).collect();
    assert_eq!(left, [(6, "log-shortened"), (5, "session-watched"), (4, "session-watched")]);
    assert!(!shorten(&conn, 4 * DAY, 6 * DAY).expect("nothing"), "nothing is left to do");
    assert_eq!(head(&conn).expect("read").0, 6, "and nothing is said of it");
}

#[test]
fn the_newest_entry_is_kept_and_the_newest_can_be_verified_alone() {
    let conn = log(3);
    shorten(&conn, TimestampMs::MAX, 9 * DAY).expect("shortened");
    assert_eq!(chain::verify(&conn, None).expect("verified").entries, 2, "one, and that the others went");
    let conn = log(5);
    tamper(&conn, "UPDATE audit SET who = 'eve' WHERE id = 2");
    let verdict = chain::verify(&conn, Some(2)).expect("verified");
    assert_eq!((verdict.entries, verdict.older, verdict.broken), (2, true, None));
}

#[test]
fn watching_again_is_one_view_for_half_an_hour() {
    let conn = in_memory();
    let half_an_hour = 30 * 60 * 1000;
    let other = Entry { who: "bob".to_owned(), ..entry(1000, "s") };
    let views = [entry(1000, "s"), entry(2000, "s"), other, entry(1000, "t"), entry(999 + half_an_hour, "s")];
    append_views(&conn, &views).expect("appended");
    append_views(&conn, &[entry(1000 + half_an_hour, "s")]).expect("appended");
    let found = list(&conn, &Scope::everything(), &Filter::default(), None, 10).expect("listed");
    let found: Vec<_> =
        found.iter().map(|entry| (entry.at, entry.who.as_str(), entry.subject.as_str())).collect();
    assert_eq!(
        found,
        [(1000 + half_an_hour, "ada", "s"), (1000, "ada", "t"), (1000, "bob", "s"), (1000, "ada", "s")]
    );
}

#[test]
fn who_is_no_administrator_sees_no_entry() {
    let conn = log(2);
    let of = |role| Scope::of([(ConnectionId(1), role)].into());
    let one = Filter { connection: Some(ConnectionId(1)), ..Filter::default() };
    let count = |scope: &Scope, filter: &Filter| list(&conn, scope, filter, None, 10).expect("listed").len();
    assert_eq!(count(&of(Role::Admin), &one), 2);
    assert_eq!(count(&of(Role::Editor), &one), 0);
    assert_eq!(count(&of(Role::Admin), &Filter::default()), 0);
    assert_eq!(count(&Scope::everything(), &Filter::default()), 2);
}

#[test]
fn what_the_server_erases_is_one_entry_an_hour() {
    let conn = in_memory();
    let hour = 60 * 60 * 1000;
    tally(&conn, Some(ConnectionId(1)), 3, 1000).expect("counted");
    tally(&conn, Some(ConnectionId(1)), 4, 2000).expect("counted");
    tally(&conn, None, 1, 2000).expect("counted");
    fold(&conn, hour).expect("too early");
    assert_eq!(head(&conn).expect("read").0, 0);
    fold(&conn, 2000 + hour).expect("folded");
    let found = list(&conn, &Scope::everything(), &Filter::default(), None, 10).expect("listed");
    let details: Vec<_> = found.iter().rev().map(|entry| entry.detail.as_str()).collect();
    assert_eq!(
        details,
        [
            r#"{"sessions":1,"because_of":"size","since":2000}"#,
            r#"{"sessions":7,"because_of":"age","since":1000}"#
        ]
    );
}
