//! Clients that are slow, many, or send what could be read in two ways.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use rustix::process::{Resource, getrlimit};
use tokio::net::TcpSocket;

use crate::server::{NOW, TestServer, page_load, request};

const PATIENCE: Duration = Duration::from_secs(20);

/// Sends bytes as they are, and reads until the server closes.
pub fn exchange(address: SocketAddr, bytes: &[u8]) -> Vec<u8> {
    let mut socket = TcpStream::connect(address).expect("the server accepts");
    socket.set_read_timeout(Some(PATIENCE)).expect("a timeout");
    let _ = socket.write_all(bytes);
    read_to_end(&mut socket)
}

fn read_to_end(socket: &mut TcpStream) -> Vec<u8> {
    let mut answer = Vec::new();
    let read = socket.read_to_end(&mut answer);
    let is_late = read.is_err_and(|error| error.kind() == std::io::ErrorKind::WouldBlock);
    assert!(!is_late, "it is still open after {}", String::from_utf8_lossy(&answer));
    answer
}

/// The status of each answer on a connection.
fn statuses(answers: &[u8]) -> Vec<u16> {
    let text = String::from_utf8_lossy(answers);
    let lines = text.split("HTTP/1.1 ").skip(1);
    lines.map(|line| line[..3].parse().expect("a status")).collect()
}

/// What follows a request that could be cut in two ways: it must not be answered.
const HIDDEN: &str = "GET /hidden HTTP/1.1\r\nHost: test\r\n\r\n";

/// What is sent, behind `POST {upload} HTTP/1.1` where it begins with a header; and all answers.
const REQUESTS: [(&str, &[u16]); 37] = [
    // Two framings.
    ("Host: test\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", &[400]),
    ("Host: test\r\nTransfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n", &[400]),
    ("Host: test\r\ncontent-length: 4\r\ntransfer-encoding: CHUNKED\r\n\r\n0\r\n\r\n", &[400]),
    // Codings that some know and others do not.
    ("Host: test\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", &[400]),
    ("Host: test\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n", &[400]),
    ("Host: test\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", &[400]),
    ("Host: test\r\nTransfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n", &[400]),
    ("Host: test\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", &[400]),
    ("Host: test\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n", &[400]),
    ("Host: test\r\nTransfer-Encoding: identity\r\n\r\n", &[400]),
    ("Host: test\r\nTransfer-Encoding: \u{b}chunked\r\n\r\n0\r\n\r\n", &[400]),
    ("Host: test\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n", &[400]),
    ("Host: test\r\nTransfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n", &[400]),
    // Lengths that are none, or two.
    ("Host: test\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd", &[400]),
    ("Host: test\r\nContent-Length: 3, 3\r\n\r\nabc", &[400]),
    ("Host: test\r\nContent-Length: +3\r\n\r\nabc", &[400]),
    ("Host: test\r\nContent-Length: -1\r\n\r\nabc", &[400]),
    ("Host: test\r\nContent-Length: 0x3\r\n\r\nabc", &[400]),
    ("Host: test\r\nContent-Length: 99999999999999999999\r\n\r\nabc", &[400]),
    ("Host: test\r\nContent-Length : 3\r\n\r\nabc", &[400]),
    // Chunks that are none.
    ("Host: test\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n[]\r\n0\r\n\r\n", &[400]),
    ("Host: test\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n[]\r\n0\r\n\r\n", &[400]),
    ("Host: test\r\nTransfer-Encoding: chunked\r\n\r\n2\n[]\n0\n\n", &[400]),
    ("Host: test\r\nTransfer-Encoding: chunked\r\n\r\n2;\nx\r\n[]\r\n0\r\n\r\n", &[400]),
    // Names and lines.
    ("Content-Length: 0\r\n\r\n", &[400]),
    ("Host: test\r\nHost: other\r\nContent-Length: 0\r\n\r\n", &[400]),
    (" Host: test\r\nContent-Length: 0\r\n\r\n", &[400]),
    ("Host: test\r\nX: a\rb\r\nContent-Length: 0\r\n\r\n", &[400]),
    ("Host: test\r\nX: a\0b\r\nContent-Length: 0\r\n\r\n", &[400]),
    // Whole requests.
    ("POST /ingest HTTP/1.0\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", &[400]),
    ("GET /prob\0lems/busy HTTP/1.1\r\nHost: test\r\n\r\n", &[400]),
    ("CONNECT evil.example:80 HTTP/1.1\r\nHost: evil.example:80\r\nConnection: close\r\n\r\n", &[405]),
    ("TRACE /problems/busy HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n", &[405]),
    ("GET http://evil.example/problems/busy HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n", &[200]),
    (
        "GET /problems/busy HTTP/1.1\r\nHost: test\r\nConnection: close, Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA\r\n\r\n",
        &[200],
    ),
    ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", &[]),
    // What TLS begins with.
    ("\u{16}\u{3}\u{1}\u{2}\0\u{1}\0\u{1}\r\n\r\n", &[400]),
];

#[tokio::test]
async fn what_could_be_read_in_two_ways_is_answered_once_and_closed() {
    let server = TestServer::start().await;
    let upload = server.batch_path("session-0000000001", "stream-0000000001", 0);
    let address = server.address;
    let answered = tokio::task::spawn_blocking(move || {
        let is_whole = |text: &str| text.lines().next().is_some_and(|line| line.contains(" HTTP/"));
        let send = |(text, expected): &(&'static str, &'static [u16])| {
            let head = if is_whole(text) || text.starts_with('\u{16}') {
                String::new()
            } else {
                format!("POST {upload} HTTP/1.1\r\n")
            };
            let answers = exchange(address, format!("{head}{text}{HIDDEN}").as_bytes());
            (*text, statuses(&answers), expected.to_vec())
        };
        REQUESTS.iter().map(send).filter(|(_, found, expected)| found != expected).collect::<Vec<_>>()
    });
    let wrong = answered.await.expect("a socket thread");
    assert!(wrong.is_empty(), "what was sent, the answers, those expected: {wrong:#?}");
    let good = page_load(NOW, "https://shop.example/", "hello");
    let path = server.batch_path("session-0000000001", "stream-0000000001", 0);
    assert_eq!(server.post(&path, &good).await.json()["duplicate"], false, "nothing was stored before");
}

#[tokio::test]
async fn a_body_is_not_taken_for_the_next_request() {
    let server = TestServer::start().await;
    let address = server.address;
    let sent = format!(
        "GET /problems/busy HTTP/1.1\r\nHost: test\r\nContent-Length: {}\r\n\r\n{HIDDEN}GET /problems/busy HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n",
        HIDDEN.len()
    );
    let answers = tokio::task::spawn_blocking(move || statuses(&exchange(address, sent.as_bytes())));
    let answers = answers.await.expect("a socket thread");
    assert!(answers == [200] || answers == [200, 200], "{answers:?}");
}

/// Who sends what, in which pieces, when they are let go (in seconds), and with which answers.
type Slow = (&'static str, Vec<Vec<u8>>, u64, &'static [u16]);

/// Sends the pieces with a pause between them, and says when the server had enough.
fn drip(address: SocketAddr, pieces: impl Iterator<Item = Vec<u8>>, pause: Duration) -> (Duration, Vec<u8>) {
    let mut socket = TcpStream::connect(address).expect("the server accepts");
    let started = Instant::now();
    let mut answer = Vec::new();
    for piece in pieces {
        if socket.write_all(&piece).is_err() {
            return (started.elapsed(), answer);
        }
        socket.set_read_timeout(Some(pause)).expect("a timeout");
        let mut some = [0; 4096];
        match socket.read(&mut some) {
            Ok(0) => return (started.elapsed(), answer),
            Ok(length) => answer.extend_from_slice(&some[..length]),
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
            Err(_) => return (started.elapsed(), answer),
        }
    }
    socket.set_read_timeout(Some(PATIENCE)).expect("a timeout");
    answer.extend(read_to_end(&mut socket));
    (started.elapsed(), answer)
}

#[tokio::test]
async fn slow_clients_are_let_go_in_time() {
    let server = TestServer::start_with(|settings| {
        settings.server.header_timeout_seconds = 1;
        settings.ingest.body_timeout_seconds = 2;
        settings.ingest.min_rate_after_seconds = 1;
    })
    .await;
    let address = server.address;
    let upload = server.batch_path("session-0000000001", "stream-0000000001", 0);
    let pause = Duration::from_millis(100);
    let bytes = |text: String| text.into_bytes().into_iter().map(|byte| vec![byte]).collect::<Vec<_>>();
    let whole = "GET /problems/busy HTTP/1.1\r\nHost: test\r\n\r\n";
    let endless: String = (0..200).map(|_| "X: y\r\n").collect();
    let of_body = |pieces: Vec<Vec<u8>>| {
        let head = format!("POST {upload} HTTP/1.1\r\nHost: test\r\nContent-Length: 1000000\r\n\r\n");
        std::iter::once(head.into_bytes()).chain(pieces).collect::<Vec<_>>()
    };
    let rows: [Slow; 7] = [
        ("nothing", vec![], 1, &[]),
        ("half a line", vec![b"GET / HT".to_vec()], 1, &[]),
        ("a head that never ends", bytes(format!("GET / HTTP/1.1\r\nHost: x\r\n{endless}")), 1, &[]),
        ("idle after an answer", vec![whole.into()], 1, &[200]),
        ("half a head after an answer", vec![whole.into(), b"GET / HTTP/1.1\r\nHo".to_vec()], 1, &[200]),
        ("a body that stops", of_body(vec![]), 1, &[408]),
        ("a body that drips", of_body(bytes("x".repeat(100))), 1, &[408]),
    ];
    let clients = rows.map(|(what, pieces, seconds, expected)| {
        tokio::task::spawn_blocking(move || {
            let (took, answer) = drip(address, pieces.into_iter(), pause);
            assert_eq!(statuses(&answer), expected, "{what}");
            let limit = Duration::from_secs(seconds);
            assert!(took >= limit - pause * 2 && took < limit + Duration::from_secs(4), "{what}: {took:?}");
        })
    });
    for client in clients {
        client.await.expect("as expected");
    }
}

#[tokio::test]
async fn who_reads_nothing_is_let_go() {
    let server = TestServer::start_with(|settings| settings.server.send_timeout_seconds = 1).await;
    let address = server.address;
    let page = server.get("/hindsight.js").await;
    let page = page.body.len();
    let asks = 40_000_000 / page;
    let read = tokio::task::spawn_blocking(move || {
        let mut socket = TcpStream::connect(address).expect("the server accepts");
        let mut writer = socket.try_clone().expect("a second handle");
        let ask = b"GET /hindsight.js HTTP/1.1\r\nHost: test\r\n\r\n";
        let sending = std::thread::spawn(move || (0..asks).all(|_| writer.write_all(ask).is_ok()));
        std::thread::sleep(Duration::from_secs(4));
        socket.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        let answer = read_to_end(&mut socket);
        let _ = sending.join();
        answer.len()
    });
    let read = read.await.expect("a socket thread");
    assert!(read < asks * page, "{read} bytes of {} were sent after all", asks * page);
}

#[tokio::test]
async fn thousands_of_idle_sockets_of_one_address_keep_nobody_else_away() {
    let server = TestServer::start_with(|settings| settings.server.limit_private_addresses = true).await;
    let files = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
    let wanted = files.saturating_sub(2000).min(5000);
    let mut idle = Vec::new();
    for _ in 0..wanted {
        let socket = TcpSocket::new_v4().expect("a socket");
        socket.bind(([127, 0, 0, 2], 0).into()).expect("an address of this machine");
        idle.push(socket.connect(server.address).await.expect("the system accepts"));
    }
    let started = Instant::now();
    let page = server.send(&request("GET", &server.sessions_path(), &["Accept: text/html"], b"")).await;
    let took = started.elapsed();
    println!("beside {wanted} idle sockets the page took {took:?}");
    assert!(page.status == 200 && took < Duration::from_secs(2), "{took:?}");
    drop(idle);
}
