//! A database that an older version has written, opened by this one.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use hindsight::ingest::gzip;
use hindsight::store::Db;
use serde_json::Value;

use crate::command_line::{Process, folder, hindsight, run, stderr, stdout};
use crate::durability::get;
use crate::erasing::until;
use crate::server::{NOW, page_load};

const FIRST_SCHEMA: &str = include_str!("../../src/store/migrations/0001_recordings.sql");

/// A data folder as the first version left it: `count` sessions, of two page loads each.
fn old_data(data: &Path, count: i64) {
    let conn = Db::open(data.join("hindsight.db")).expect("opened");
    conn.execute_batch("PRAGMA auto_vacuum = INCREMENTAL; PRAGMA application_id = 0x48494e44;").expect("set");
    conn.execute_batch(FIRST_SCHEMA).expect("the first schema");
    conn.execute_batch("PRAGMA user_version = 1; PRAGMA journal_mode = WAL; BEGIN;").expect("begun");
    conn.execute(
        "INSERT INTO connection (id, name, write_key, created_at, completed_sessions, events) VALUES (1, 'Old', 'hk_old', 0, ?1, ?2)",
        [count, count * 9],
    )
    .expect("inserted");
    for session in 1..=count {
        // Some start in the same millisecond.
        let at = NOW + session / 3;
        conn.execute(
            "INSERT INTO session VALUES (?1, 1, ?2, ?3, ?3, NULL, ?3, ?3, ?3 + 4000, 9, 1, ?4, ?3, 'agent')",
            (session, format!("session-{session:09}"), at, format!("https://old.example/{session}")),
        )
        .expect("inserted");
        for stream in [session * 2, session * 2 + 1] {
            // The first page has lost a batch, the second has but one.
            let seqs: &[i64] = if stream % 2 == 0 { &[0, 2] } else { &[0] };
            conn.execute(
                "INSERT INTO stream VALUES (?1, ?2, ?3, ?4, ?4 + 4000, 1, ?5, NULL, 1)",
                (stream, session, format!("stream-{stream:010}"), at, seqs.last()),
            )
            .expect("inserted");
            for seq in seqs {
                let json = page_load(at + seq * 1000, "https://old.example/", &format!("{session} {seq}"));
                conn.execute(
                    "INSERT INTO batch VALUES (NULL, ?1, ?2, ?3, ?3, ?3 + 2000, 3, 1, 1, randomblob(32), ?4)",
                    (stream, seq, at + seq * 1000, gzip::deflate(json.as_bytes())),
                )
                .expect("inserted");
            }
        }
    }
    conn.execute_batch("COMMIT").expect("committed");
}

#[test]
fn old_sessions_are_listed_exported_and_counted_as_before() {
    let data = folder();
    old_data(data.path(), 7);
    let server = Process::start(data.path());
    let page = get(&server.url, "/connections/1/sessions").text();
    for session in 1..=7 {
        assert!(page.contains(&format!("session-{session:09}")), "{session}");
    }
    let exported = run(data.path(), &["export", "session-000000005"]);
    let events: serde_json::Value = serde_json::from_slice(&exported.stdout).expect("JSON");
    assert_eq!(events.as_array().map(Vec::len), Some(9));
    for text in ["5 0", "5 2"] {
        assert!(stdout(&exported).contains(&format!("\"textContent\":\"{text}\"")), "{text}");
    }
    assert_eq!(stdout(&run(data.path(), &["check"])), "ok");
    let conn = Db::open(data.path().join("hindsight.db")).expect("opened");
    let totals: (i64, i64, i64) = conn
        .query_row("SELECT active_sessions, completed_sessions, events FROM connection", [], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })
        .expect("a connection");
    assert_eq!(totals, (0, 7, 63));
}

/// The events of a session of `old_data`, in the order in which they play. When they play is said anew.
fn events_of(session: i64) -> Vec<Value> {
    let at = NOW + session / 3;
    let batches = [0, 2, 0].map(|seq| page_load(at, "https://old.example/", &format!("{session} {seq}")));
    let events = batches.iter().flat_map(|json| serde_json::from_str::<Vec<Value>>(json).expect("JSON"));
    events.map(without_time).collect()
}

fn without_time(mut event: Value) -> Value {
    event.as_object_mut().expect("an event").remove("timestamp");
    event
}

/// Every event of every session is there, exported by itself and with all others.
fn assert_all_there(data: &Path, count: i64) {
    let into = data.join("exported");
    let all = run(data, &["export", "--to", into.to_str().expect("UTF-8")]);
    assert!(all.status.success(), "{}", stderr(&all));
    assert_eq!(files_below(&into), count, "{}", stdout(&all));
    std::fs::remove_dir_all(&into).expect("ours");
    for session in 1..=count {
        let exported = run(data, &["export", &format!("session-{session:09}")]);
        let events: Vec<Value> = serde_json::from_slice(&exported.stdout).expect("JSON");
        let events: Vec<Value> = events.into_iter().map(without_time).collect();
        assert_eq!(events, events_of(session), "session {session}");
    }
}

fn files_below(folder: &Path) -> i64 {
    let entries = std::fs::read_dir(folder).expect("readable").map(|entry| entry.expect("readable").path());
    entries.map(|path| if path.is_dir() { files_below(&path) } else { count_session(&path) }).sum()
}

fn count_session(file: &Path) -> i64 {
    i64::from(file.to_string_lossy().contains("session-"))
}

/// What was uploaded, byte by byte.
fn bodies(database: &Path) -> Vec<Vec<u8>> {
    let conn = Db::open(database).expect("opened");
    let mut statement = conn.prepare("SELECT body FROM batch ORDER BY id").expect("a table");
    let rows = statement.query_map([], |row| row.get(0)).expect("asked");
    rows.collect::<Result<_, _>>().expect("read")
}

#[test]
fn every_session_of_the_first_schema_is_read_before_and_after_it_is_finished_anew() {
    const COUNT: i64 = 12;
    let data = folder();
    old_data(data.path(), COUNT);
    let before = bodies(&data.path().join("hindsight.db"));
    assert_eq!(before.len() as i64, COUNT * 3);
    // The first command that opens it brings it up to date, and reads it as it was stored then.
    assert_all_there(data.path(), COUNT);
    let copies: Vec<_> = std::fs::read_dir(data.path().join("backups"))
        .expect("made")
        .map(|entry| entry.expect("readable").path())
        .collect();
    let [copy] = &copies[..] else { panic!("{copies:?}") };
    assert_eq!(bodies(copy), before, "the copy has what was there");
    let version: i64 = Db::open(copy)
        .expect("opened")
        .query_row("PRAGMA user_version", [], |row| row.get(0))
        .expect("a version");
    assert_eq!(version, 1, "the copy is from before");

    let server = Process::start(data.path());
    let conn = Db::open(data.path().join("hindsight.db")).expect("opened");
    let left =
        || conn.query_row("SELECT count(*) FROM batch", [], |row| row.get::<_, i64>(0)).expect("counted");
    until("all are stored as segments", || left() == 0);
    for session in 1..=COUNT {
        let page = get(&server.url, &format!("/connections/1/sessions/session-{session:09}"));
        assert_eq!(page.status, 200, "session {session}");
    }
    assert_all_there(data.path(), COUNT);
    server.stop();
    assert_eq!(stdout(&run(data.path(), &["check"])), "ok");
}

#[test]
fn the_copy_from_before_can_be_restored() {
    let data = folder();
    old_data(data.path(), 3);
    Process::start(data.path()).stop();
    let copies: Vec<_> = std::fs::read_dir(data.path().join("backups"))
        .expect("made")
        .map(|entry| entry.expect("readable").path())
        .collect();
    let [copy] = &copies[..] else { panic!("{copies:?}") };
    let restored = run(data.path(), &["restore", copy.to_str().expect("UTF-8")]);
    assert!(stdout(&restored).contains("3 sessions"), "{}", stderr(&restored));
    assert!(run(data.path(), &["export", "session-000000003"]).status.success());

    let other = folder();
    old_data(other.path(), 3);
    Process::start_with(other.path(), &["--no-backup"], &[]).stop();
    assert!(!other.path().join("backups").exists());
}

#[test]
fn an_old_database_is_not_shown_read_only() {
    let data = folder();
    old_data(data.path(), 1);
    let refused = run(data.path(), &["serve", "--read-only", "--listen", "127.0.0.1:0"]);
    assert_eq!(refused.status.code(), Some(65));
    assert!(
        stderr(&refused).contains("start the server once, which brings it up to date"),
        "{}",
        stderr(&refused)
    );
}

#[test]
fn a_migration_that_is_killed_is_done_whole_or_not_at_all() {
    let data = folder();
    old_data(data.path(), 3000);
    let mut undone = 0;
    for milliseconds in [30, 60, 120, 240] {
        let mut opening = hindsight(data.path());
        opening.args(["export", "session-000000001"]).stdout(Stdio::null()).stderr(Stdio::null());
        let mut opening = opening.spawn().expect("it starts");
        std::thread::sleep(Duration::from_millis(milliseconds));
        opening.kill().expect("it is ours");
        opening.wait().expect("it ends");
        let conn = Db::open(data.path().join("hindsight.db")).expect("opened");
        let version: i64 = conn.query_row("PRAGMA user_version", [], |row| row.get(0)).expect("a version");
        let sessions: i64 =
            conn.query_row("SELECT count(*) FROM session", [], |row| row.get(0)).expect("counted");
        assert!((1..=6).contains(&version) && sessions == 3000, "schema {version}, {sessions} sessions");
        undone += i32::from(version == 1);
    }
    assert!(undone > 0, "it was never killed in time");
    assert!(run(data.path(), &["export", "session-000000001"]).status.success());
    assert_eq!(stdout(&run(data.path(), &["check"])), "ok");
}
