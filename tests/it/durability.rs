//! What was answered is stored, however the process ends.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use hindsight::store::Db;

use crate::command_line::{Process, hindsight};
use crate::server::{Answer, NOW, page_load, parse, request};

const ROUNDS: usize = 5;
const CLIENTS: usize = 4;

/// A server is killed when it has answered this many more, and is answering others.
const BATCHES_PER_ROUND: usize = 60;

const GIVE_UP_AFTER: Duration = Duration::from_secs(30);

/// One request to a server in another process. `None` when it was cut off.
fn send(url: &str, bytes: &[u8]) -> Option<Answer> {
    let mut socket = TcpStream::connect(url.trim_start_matches("http://")).ok()?;
    socket.set_read_timeout(Some(Duration::from_secs(10))).ok()?;
    socket.write_all(bytes).ok()?;
    let mut answer = Vec::new();
    socket.read_to_end(&mut answer).ok()?;
    (!answer.is_empty()).then(|| parse(&answer))
}

pub fn get(url: &str, path: &str) -> Answer {
    send(url, &request("GET", path, &["Accept: text/html"], b"")).expect("an answer")
}

/// Posts to a server in another process; the status of its answer, if there was one.
pub fn post(url: &str, path: &str, body: &[u8]) -> Option<u16> {
    send(url, &request("POST", path, &[], body)).map(|answer| answer.status)
}

#[test]
fn every_answered_batch_survives_being_killed() {
    let data = tempfile::tempdir().expect("a temporary folder");
    let added = hindsight(data.path()).args(["connection", "add", "Shop"]).output().expect("it runs");
    let key = String::from_utf8_lossy(&added.stdout).trim().to_owned();
    let answered = Mutex::new(Vec::new());
    for round in 0..ROUNDS {
        let server = Process::start(data.path());
        let killed = AtomicBool::new(false);
        std::thread::scope(|scope| {
            for client in 0..CLIENTS {
                let (url, key, answered, killed) = (server.url.clone(), &key, &answered, &killed);
                scope.spawn(move || {
                    post_until_killed(&url, key, &format!("stream-{round}-{client}-000000"), killed, answered)
                });
            }
            wait_for(&answered, (round + 1) * BATCHES_PER_ROUND);
            server.kill();
            killed.store(true, Ordering::SeqCst);
        });
    }
    let answered = answered.into_inner().expect("no client panicked");
    assert!(answered.len() >= ROUNDS * BATCHES_PER_ROUND, "only {} batches were answered", answered.len());
    check(data.path(), &answered);
}

/// Returns when so many batches are answered, or never will be: a server that answers
/// nothing must fail the test, not hang it.
fn wait_for(answered: &Mutex<Vec<(String, i64)>>, enough: usize) {
    let deadline = Instant::now() + GIVE_UP_AFTER;
    while answered.lock().expect("no client panicked").len() < enough && Instant::now() < deadline {
        std::thread::yield_now();
    }
}

fn post_until_killed(
    url: &str,
    key: &str,
    stream: &str,
    killed: &AtomicBool,
    answered: &Mutex<Vec<(String, i64)>>,
) {
    for seq in 0.. {
        let body = page_load(NOW + seq, "https://shop.example/", &format!("{stream} {seq}"));
        let path = format!("/ingest/{key}/session-of-crashes/{stream}/{seq}");
        let answer = send(url, &request("POST", &path, &[], body.as_bytes()));
        if answer.is_some_and(|answer| answer.status == 200) {
            answered.lock().expect("no client panicked").push((stream.to_owned(), seq));
        }
        if killed.load(Ordering::SeqCst) {
            return;
        }
    }
}

fn check(data: &std::path::Path, answered: &[(String, i64)]) {
    // Starting once more recovers the log that the last kill left behind.
    drop(Process::start(data));
    let conn = Db::open(data.join("hindsight.db")).expect("opened");
    let count = |sql: &str| conn.query_row(sql, [], |row| row.get::<_, i64>(0)).expect("counted");
    for (stream, seq) in answered {
        let found: i64 = conn
            .query_row(
                "SELECT count(*) FROM stream JOIN batch ON batch.id = (stream.id << 20) + ?2 WHERE public_id = ?1",
                (stream, seq),
                |row| row.get(0),
            )
            .expect("counted");
        assert_eq!(found, 1, "{stream} {seq} was answered");
    }
    assert_eq!(count("SELECT events FROM connection"), count("SELECT sum(events) FROM batch"));
    assert_eq!(count("SELECT events FROM session"), count("SELECT sum(events) FROM batch"));
    let integrity: String = conn.query_row("PRAGMA integrity_check", [], |row| row.get(0)).expect("checked");
    assert_eq!(integrity, "ok");
}
