//! Batches into a database in memory.

use super::super::{Scope, completing, schema, sessions};
use super::*;
use crate::model::{BatchFacts, Status, Totals};

const NOW: TimestampMs = 1_000_000;

fn connection(conn: &Db, name: &str) -> ConnectionId {
    connections::add(conn, name, &format!("key of {name}"), NOW).expect("added").expect("a new name").id
}

pub(in super::super) fn batch(stream: &str, seq: i64, at: TimestampMs) -> Batch {
    Batch {
        session: "session-000000001".parse().expect("an id"),
        stream: stream.parse().expect("an id"),
        seq,
        body: format!("{stream}{seq}").into_bytes(),
        hash: [seq as u8; 32],
        facts: BatchFacts {
            events: 2,
            first_at: at,
            last_at: at + 10,
            page: Some((at, format!("https://x.example/{stream}/{seq}"))),
            ..BatchFacts::default()
        },
        end: false,
        sent_at: None,
        user_agent: "test".to_owned(),
        received_at: NOW,
    }
}

const STORED_1: Appended = Appended::Stored { next: 1, playable: false, reopened: false };
/// Rules that let everything pass but sessions completed before.
pub(in super::super) fn since(reopen_since: TimestampMs) -> Rules {
    Rules {
        reopen_since,
        session_ms: i64::MAX,
        session_bytes: i64::MAX,
        session_batches: i64::MAX,
        daily_bytes: None,
    }
}

const A: &str = "stream-a-00000000";
const B: &str = "stream-b-00000000";

#[test]
fn a_batch_is_stored_once() {
    let conn = schema::in_memory();
    let shop = connection(&conn, "shop");
    let first = batch(A, 0, 100);
    assert_eq!(append(&conn, shop, &first, &since(0)).expect("ok"), STORED_1);
    assert_eq!(append(&conn, shop, &first, &since(0)).expect("ok"), Appended::Duplicate { next: 1 });
    let other = Batch { hash: [9; 32], ..first };
    assert_eq!(append(&conn, shop, &other, &since(0)).expect("ok"), Appended::Conflict);
    let totals = connections::totals(&conn, &Scope::everything(), shop).expect("totals");
    assert_eq!(totals, Totals { total: 1, active: 1, completed: 0, events: 2 });
}

#[test]
fn a_gap_closes_when_the_missing_batch_comes() {
    let conn = schema::in_memory();
    let shop = connection(&conn, "shop");
    for (seq, next) in [(0, 1), (2, 1), (3, 1), (1, 4)] {
        let appended = append(&conn, shop, &batch(A, seq, 100 + seq), &since(0)).expect("ok");
        assert_eq!(appended, Appended::Stored { next, playable: false, reopened: false }, "seq {seq}");
    }
    assert_eq!(append(&conn, shop, &batch(A, 900_000, 1), &since(0)).expect("ok"), Appended::SeqJump);
}

#[test]
fn what_is_refused_leaves_nothing_behind() {
    let conn = schema::in_memory();
    let shop = connection(&conn, "shop");
    assert_eq!(append(&conn, shop, &batch(A, 20_000, 1), &since(0)).expect("ok"), Appended::SeqJump);
    let rows: i64 = conn
        .query_row("SELECT (SELECT count(*) FROM session) + (SELECT count(*) FROM stream)", [], |row| {
            row.get(0)
        })
        .expect("counted");
    assert_eq!(rows, 0);
}

#[test]
fn the_same_session_id_under_two_keys_is_two_sessions() {
    let conn = schema::in_memory();
    let (shop, blog) = (connection(&conn, "shop"), connection(&conn, "blog"));
    for connection in [shop, blog] {
        let appended = append(&conn, connection, &batch(A, 0, 100), &since(0)).expect("ok");
        assert_eq!(appended, STORED_1);
    }
    let count: i64 = conn.query_row("SELECT count(*) FROM session", [], |row| row.get(0)).expect("counted");
    assert_eq!(count, 2);
}

#[test]
fn the_landing_page_is_the_earliest_whatever_arrives_first() {
    let conn = schema::in_memory();
    let shop = connection(&conn, "shop");
    append(&conn, shop, &batch(B, 0, 500), &since(0)).expect("ok");
    append(&conn, shop, &batch(A, 0, 100), &since(0)).expect("ok");
    append(&conn, shop, &batch(B, 1, 900), &since(0)).expect("ok");
    let id = "session-000000001".parse().expect("an id");
    let session = sessions::find(&conn, &Scope::everything(), shop, &id).expect("ok").expect("found");
    assert_eq!(session.landing_url, format!("https://x.example/{A}/0"));
    assert_eq!(session.duration_ms, 810);
    assert_eq!(session.events, 6);
}

#[test]
fn a_late_batch_reopens_a_session_for_a_while() {
    let conn = schema::in_memory();
    let shop = connection(&conn, "shop");
    append(&conn, shop, &batch(A, 0, 100), &since(0)).expect("ok");
    assert_eq!(completing::complete(&conn, NOW + 1, NOW + 1, NOW + 5).expect("ok"), 1);
    let completed = connections::totals(&conn, &Scope::everything(), shop).expect("totals");
    assert_eq!((completed.active, completed.completed), (0, 1));

    assert_eq!(append(&conn, shop, &batch(A, 1, 200), &since(NOW + 6)).expect("ok"), Appended::Closed);
    assert_eq!(
        append(&conn, shop, &batch(A, 1, 200), &since(NOW + 5)).expect("ok"),
        Appended::Stored { next: 2, playable: false, reopened: true }
    );
    let id = "session-000000001".parse().expect("an id");
    let session = sessions::find(&conn, &Scope::everything(), shop, &id).expect("ok").expect("found");
    assert_eq!(session.status, Status::Active);
    let reopened = connections::totals(&conn, &Scope::everything(), shop).expect("totals");
    assert_eq!((reopened.active, reopened.completed), (1, 0));
}

#[test]
fn a_session_ends_when_all_its_tabs_have_whatever_arrives_late() {
    let conn = schema::in_memory();
    let shop = connection(&conn, "shop");
    let send = |stream, seq, end| {
        let batch = Batch { end, ..batch(stream, seq, 100 + seq) };
        append(&conn, shop, &batch, &since(0)).expect("appended");
        conn.query_row("SELECT ended_at IS NOT NULL FROM session", [], |row| row.get::<_, bool>(0))
            .expect("a session")
    };
    assert!(!send(A, 0, false));
    assert!(!send(B, 0, false));
    assert!(!send(A, 2, true), "the other tab is open");
    assert!(send(B, 1, true));
    assert!(send(A, 1, false), "a retried batch from before the end");
    assert!(!send(A, 3, false), "the page came back");
}
