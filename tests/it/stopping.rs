//! SIGTERM: what is running may end, what does not end is cut off, nothing is lost.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::command_line::{Process, folder, run, stdout};
use crate::durability::key_of;
use crate::erasing::until;
use crate::server::{NOW, page_load, parse, request};

/// How long running requests may take: less than the default of 10 s, so that the test is short.
const DRAIN_SECONDS: u64 = 4;

/// An upload whose first half the server is reading, and the second, which has not been sent yet.
fn half_an_upload(address: &str, key: &str, seq: i64) -> (TcpStream, Vec<u8>) {
    let body = page_load(NOW, "https://shop.example/", "slow");
    let path = format!("/ingest/{key}/session-of-slowness/stream-of-slowness/{seq}");
    let mut head = request("POST", &path, &["Expect: 100-continue"], body.as_bytes());
    let body = head.split_off(head.len() - body.len());
    let (first, second) = body.split_at(body.len() / 2);
    let mut socket = TcpStream::connect(address).expect("the server accepts");
    socket.write_all(&head).expect("sent");
    // So it says when it begins to read the body.
    let mut go_on = [0; b"HTTP/1.1 100 Continue\r\n\r\n".len()];
    socket.read_exact(&mut go_on).expect("an answer");
    assert!(go_on.starts_with(b"HTTP/1.1 100"), "{}", String::from_utf8_lossy(&go_on));
    socket.write_all(first).expect("sent");
    (socket, second.to_vec())
}

#[test]
fn sigterm_waits_for_running_uploads_and_not_for_ever() {
    let data = folder();
    let drain = DRAIN_SECONDS.to_string();
    let settings = [("HINDSIGHT_SERVER__SHUTDOWN_TIMEOUT_SECONDS", drain.as_str())];
    let mut server = Process::start_with(data.path(), &[], &settings);
    let address = server.url.trim_start_matches("http://").to_owned();
    let key = key_of(data.path());

    let mut live = TcpStream::connect(&address).expect("the server accepts");
    live.write_all(&request("GET", "/connections/1/live", &[], b"")).expect("sent");
    let mut first = [0; 1];
    live.read_exact(&mut first).expect("the stream of events has begun");
    let (mut slow, rest) = half_an_upload(&address, &key, 0);
    let (mut stuck, _) = half_an_upload(&address, &key, 1);

    let asked = Instant::now();
    Command::new("kill").args(["-TERM", &server.child.id().to_string()]).status().expect("kill runs");
    until("closed to others", || TcpStream::connect(&address).is_err());
    let mut ended = Vec::new();
    live.read_to_end(&mut ended).expect("the stream of events ends at once");
    slow.write_all(&rest).expect("it may go on");
    let mut answer = Vec::new();
    slow.read_to_end(&mut answer).expect("an answer");
    assert_eq!(parse(&answer).status, 200);
    let status = server.child.wait().expect("it ends");
    let took = asked.elapsed();
    assert!(status.success(), "{status}");
    assert!(took < Duration::from_secs(DRAIN_SECONDS + 5), "it took {took:?}");
    // What was cut off got no answer that says more.
    let mut nothing = Vec::new();
    let _ = stuck.read_to_end(&mut nothing);
    assert!(!nothing.starts_with(b"HTTP/1.1 2"), "{}", String::from_utf8_lossy(&nothing));

    assert!(!data.path().join("hindsight.db-wal").exists(), "the database was closed");
    assert_eq!(stdout(&run(data.path(), &["check"])), "ok");
    assert!(run(data.path(), &["export", "session-of-slowness"]).status.success());
}
