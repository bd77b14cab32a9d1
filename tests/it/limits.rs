//! Limits of the whole server: connections, memory, what is open when.

use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use hindsight::ingest::gzip;
use hindsight::store::Db;

use crate::command_line::hindsight;
use crate::server::{TestServer, request};

const MIB: u64 = 1024 * 1024;
const PATIENCE: Duration = Duration::from_secs(30);

/// Of these settings the bound of memory is low enough to be met by a missing limit.
const TIGHT: [(&str, &str); 4] = [
    ("HINDSIGHT_SERVER__MAX_CONNECTIONS", "128"),
    ("HINDSIGHT_INGEST__BUFFER_BYTES", "33554432"),
    ("HINDSIGHT_INGEST__MAX_INFLATED_BYTES", "33554432"),
    ("HINDSIGHT_INGEST__THREADS", "2"),
];

fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !holds() {
        assert!(Instant::now() < deadline, "{what}");
        std::thread::yield_now();
    }
}

/// Kills the process when the test is over, however it ends.
struct Killed(Child);

impl Drop for Killed {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn ready_address(server: &mut Killed) -> SocketAddr {
    let mut line = String::new();
    BufReader::new(server.0.stdout.take().expect("piped")).read_line(&mut line).expect("a line");
    let address = line.trim().strip_prefix("ready http://").unwrap_or_else(|| panic!("not ready: {line:?}"));
    address.parse().expect("an address")
}

#[test]
fn no_port_is_open_before_the_schema_is_there() {
    let data = tempfile::tempdir().expect("a temporary folder");
    let address = TcpListener::bind("127.0.0.1:0").expect("a free port").local_addr().expect("bound");
    // As another program would that migrates the same file just now.
    let migrating = Db::open(data.path().join("hindsight.db")).expect("a new file");
    migrating.execute_batch("BEGIN EXCLUSIVE").expect("nobody else has it");
    let mut command = hindsight(data.path());
    command.args(["serve", "--listen", &address.to_string()]).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut server = Killed(command.spawn().expect("the program starts"));
    until("the server takes its folder", || data.path().join("hindsight.lock").exists());
    let refused = TcpStream::connect(address).expect_err("no port is open yet");
    assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);
    migrating.execute_batch("ROLLBACK").expect("undone");
    drop(migrating);
    assert_eq!(ready_address(&mut server), address);
    TcpStream::connect(address).expect("the port is open");
}

#[tokio::test]
async fn one_address_cannot_take_all_connections() {
    let server = TestServer::start_with(|settings| {
        settings.server.max_connections_per_address = 3;
        settings.server.limit_private_addresses = true;
    })
    .await;
    let address = server.address;
    let closed = tokio::task::spawn_blocking(move || {
        let mut open: Vec<TcpStream> = (0..3).map(|_| TcpStream::connect(address).expect("open")).collect();
        // Answered, so all three have been accepted.
        let asks = request("GET", "/problems/busy", &[], b"");
        let keep = String::from_utf8(asks.clone()).expect("text").replace("Connection: close\r\n", "");
        for socket in &mut open {
            socket.write_all(keep.as_bytes()).expect("sent");
            socket.read_exact(&mut [0; 12]).expect("answered");
        }
        let mut fourth = TcpStream::connect(address).expect("the system accepts");
        fourth.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        let _ = fourth.write_all(&asks);
        let mut answer = Vec::new();
        let _ = fourth.read_to_end(&mut answer);
        assert!(answer.is_empty(), "{}", String::from_utf8_lossy(&answer));
        drop(open);
        until("there is room again", || {
            let mut socket = TcpStream::connect(address).expect("the system accepts");
            let _ = socket.write_all(&asks);
            let mut answer = Vec::new();
            socket.read_to_end(&mut answer).is_ok() && answer.starts_with(b"HTTP/1.1 200")
        });
    });
    closed.await.expect("a socket thread");
}

#[tokio::test]
async fn connections_that_have_nothing_to_do_make_room_for_who_comes() {
    let server = TestServer::start_with(|settings| settings.server.max_connections = 4).await;
    let address = server.address;
    let live = format!("/connections/{}/live", server.connection.id);
    let asked = tokio::task::spawn_blocking(move || {
        let asks = request("GET", "/problems/busy", &[], b"");
        let keep = String::from_utf8(asks.clone()).expect("text").replace("Connection: close\r\n", "");
        // Two are at work: each is told what happens, for as long as it listens.
        let mut listening: Vec<TcpStream> =
            (0..2).map(|_| TcpStream::connect(address).expect("open")).collect();
        for socket in &mut listening {
            socket.write_all(&request("GET", &live, &[], b"")).expect("sent");
            socket.read_exact(&mut [0; 12]).expect("answered");
        }
        let mut kept = TcpStream::connect(address).expect("open");
        kept.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        kept.write_all(keep.as_bytes()).expect("sent");
        kept.read_exact(&mut [0; 12]).expect("answered");
        // More silent ones than there are places, however many come.
        let silent: Vec<TcpStream> = (0..20).map(|_| TcpStream::connect(address).expect("open")).collect();
        for _ in 0..5 {
            let mut socket = TcpStream::connect(address).expect("the system accepts");
            socket.set_read_timeout(Some(Duration::from_secs(5))).expect("a timeout");
            socket.write_all(&asks).expect("sent");
            let mut answer = Vec::new();
            socket.read_to_end(&mut answer).expect("answered and closed");
            assert!(answer.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&answer));
        }
        let mut rest = Vec::new();
        kept.read_to_end(&mut rest).expect("closed, as it had waited for the longest time");
        for socket in &mut listening {
            socket.set_read_timeout(Some(Duration::from_secs(2))).expect("a timeout");
            socket.read_exact(&mut [0; 64]).expect("those at work are let alone");
        }
        drop(silent);
    });
    asked.await.expect("a socket thread");
}

#[tokio::test]
async fn an_upload_that_is_under_way_is_stored_though_the_server_stops() {
    let server = TestServer::start().await;
    let path = server.batch_path("session-0000000001", "stream-00000000001", 0);
    let (address, stopper) = (server.address, server.stopper);
    let answer = tokio::task::spawn_blocking(move || {
        let mut socket = TcpStream::connect(address).expect("the server accepts");
        socket.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        let length = GOOD.len();
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: test\r\nExpect: 100-continue\r\nContent-Length: {length}\r\n\r\n"
        );
        socket.write_all(head.as_bytes()).expect("sent");
        let mut go_on = [0; 25];
        socket.read_exact(&mut go_on).expect("the server waits for the body");
        assert_eq!(&go_on, b"HTTP/1.1 100 Continue\r\n\r\n");
        stopper.stop();
        until("the port is closed", || TcpStream::connect(address).is_err());
        socket.write_all(GOOD).expect("sent");
        let mut answer = Vec::new();
        socket.read_to_end(&mut answer).expect("answered and closed");
        String::from_utf8_lossy(&answer).into_owned()
    });
    let answer = answer.await.expect("a socket thread");
    assert!(answer.starts_with("HTTP/1.1 200 OK") && answer.contains("\"stored\":true"), "{answer}");
}

#[tokio::test]
async fn every_kind_of_problem_has_its_page() {
    let server = TestServer::start().await;
    for kind in ["busy", "storage-full", "key-revoked", "bad-gzip"] {
        let page = server.get(&format!("/problems/{kind}")).await;
        assert_eq!(page.status, 200);
        assert!(page.text().contains(&format!("<code>{kind}</code>")), "{kind}");
    }
    assert_eq!(server.get("/problems/nonsense").await.status, 404);
}

/// What is written to the process's log, as far as it is there.
fn bound_in(log: &str) -> Option<u64> {
    let digits = log.split("memory_bound_bytes=").nth(1)?;
    digits.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

#[test]
fn a_flood_takes_no_more_memory_than_the_server_said() {
    let data = tempfile::tempdir().expect("a temporary folder");
    let added = hindsight(data.path()).args(["connection", "add", "Shop"]).output().expect("it runs");
    let key = String::from_utf8_lossy(&added.stdout).trim().to_owned();
    let log = data.path().join("log");
    let mut command = hindsight(data.path());
    command.envs(TIGHT).args(["serve", "--listen", "127.0.0.1:0"]);
    command.stdout(Stdio::piped()).stderr(std::fs::File::create(&log).expect("a file"));
    let mut server = Killed(command.spawn().expect("the program starts"));
    let address = ready_address(&mut server);
    let bound = bound_in(&std::fs::read_to_string(&log).expect("a log")).expect("the bound is logged");

    let bodies = Arc::new(flood_bodies());
    std::thread::scope(|scope| {
        for client in 0..100 {
            let (bodies, key) = (Arc::clone(&bodies), &key);
            scope.spawn(move || flood(address, key, client, &bodies));
        }
    });

    let status = std::fs::read_to_string(format!("/proc/{}/status", server.0.id())).expect("it lives");
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("Linux");
    let peak: u64 = peak.trim().trim_end_matches(" kB").parse().expect("a number");
    println!("a flood took {} MiB of {} MiB", peak / 1024, bound / MIB);
    assert!(peak * 1024 <= bound, "{} MiB of {} MiB", peak / 1024, bound / MIB);
    let good = request("POST", &format!("/ingest/{key}/session-after-all/stream-after-all0/0"), &[], GOOD);
    until("the server takes a good batch", || exchange(address, &good).contains(" 200 OK"));
}

const GOOD: &[u8] = br#"[{"type":0,"data":{},"timestamp":1}]"#;

/// A bomb, noise that is no gzip, a large honest batch, and its gzip.
fn flood_bodies() -> [Vec<u8>; 4] {
    let mut state = 1_u32;
    let mut noise = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state >> 24
    };
    let words: String = (0..700_000).map(|_| format!("{:x} ", noise())).collect();
    let honest = format!(r#"[{{"type":5,"timestamp":1,"data":{{"tag":"x","payload":"{words}"}}}}]"#);
    let binary = (0..4 * MIB).map(|_| noise() as u8).collect();
    let compressed = gzip::deflate(honest.as_bytes());
    [gzip::deflate(&vec![b' '; 200 * MIB as usize]), binary, honest.into_bytes(), compressed]
}

fn flood(address: SocketAddr, key: &str, client: usize, bodies: &[Vec<u8>; 4]) {
    for seq in 0..8 {
        let path = format!("/ingest/{key}/session-of-flood-{client:03}/stream-of-flood-{client:04}/{seq}");
        let body = &bodies[(client + seq) % bodies.len()];
        exchange(address, &request("POST", &path, &[], body));
    }
}

/// Sends what is taken, and reads what comes.
fn exchange(address: SocketAddr, bytes: &[u8]) -> String {
    let Ok(mut socket) = TcpStream::connect(address) else { return String::new() };
    socket.set_read_timeout(Some(PATIENCE)).expect("a timeout");
    socket.set_write_timeout(Some(PATIENCE)).expect("a timeout");
    let _ = socket.write_all(bytes);
    let mut answer = Vec::new();
    let _ = socket.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}
