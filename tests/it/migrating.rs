//! A database that an older version has written, opened by this one.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use hindsight::ingest::gzip;
use hindsight::store::Db;

use crate::command_line::{Process, folder, hindsight, run, stderr, stdout};
use crate::durability::get;
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
