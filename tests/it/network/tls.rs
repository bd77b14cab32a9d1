//! TLS of our own.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::time::{Duration, Instant};

use tempfile::TempDir;
use tokio_rustls::rustls::version::{TLS12, TLS13};

use super::secure::{Client, Files, write_pair};
use crate::command_line::{folder, hindsight, stderr};
use crate::server::{TestServer, request};

/// A server that speaks https, with its files.
async fn server() -> (TestServer, Files, TempDir) {
    let folder = folder();
    let files = write_pair(folder.path());
    let server = TestServer::start_with(|settings| {
        settings.server.tls_certificate.clone_from(&files.certificate);
        settings.server.tls_key.clone_from(&files.key);
        settings.server.header_timeout_seconds = 1;
        settings.server.public_url = String::new();
    })
    .await;
    (server, files, folder)
}

#[tokio::test]
async fn pages_come_by_https_and_say_so() {
    let (server, files, _folder) = server().await;
    for version in [&TLS12, &TLS13] {
        let client = Client { versions: &[version], ..Client::new(server.address, &files.pem) };
        let stream = client.connect().await.expect("a handshake");
        let agreed = stream.get_ref().1;
        assert_eq!(agreed.protocol_version(), Some(version.version));
        assert_eq!(agreed.alpn_protocol(), Some(&b"http/1.1"[..]));
        let page = client.send(&request("GET", &server.sessions_path(), &["Accept: text/html"], b"")).await;
        assert_eq!(page.status, 200);
        assert!(page.text().contains(&format!("https://{}/hindsight.js", server.address)), "links are https");
        assert_eq!(page.header("strict-transport-security"), Some("max-age=31536000"));
    }
    let path = format!("/connections/{}/settings/doctor", server.connection.id);
    let doctor = Client::new(server.address, &files.pem).send(&request("GET", &path, &[], b"")).await;
    assert!(doctor.text().contains("You look like 127.0.0.1 over https"));
}

/// What a socket is sent until it is closed, and how long that took.
async fn until_closed(server: &TestServer, sent: &'static [u8]) -> (Vec<u8>, Duration) {
    let address = server.address;
    let reading = tokio::task::spawn_blocking(move || {
        let started = Instant::now();
        let mut socket = TcpStream::connect(address).expect("the server accepts");
        socket.set_read_timeout(Some(Duration::from_secs(10))).expect("a timeout");
        socket.write_all(sent).expect("sent");
        let mut answer = Vec::new();
        let read = socket.read_to_end(&mut answer);
        let is_late = read.is_err_and(|error| error.kind() == std::io::ErrorKind::WouldBlock);
        assert!(!is_late, "it is still open");
        (answer, started.elapsed())
    });
    reading.await.expect("a socket thread")
}

#[tokio::test]
async fn who_does_not_shake_hands_is_let_go() {
    let (server, ..) = server().await;
    for silent in [&b""[..], b"\x16\x03\x01\x02\x00\x01"] {
        let (answer, took) = until_closed(&server, silent).await;
        assert!(
            answer.is_empty() && took >= Duration::from_millis(900) && took < Duration::from_secs(5),
            "{took:?}"
        );
    }
    let (answer, took) = until_closed(&server, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await;
    assert!(!answer.starts_with(b"HTTP") && took < Duration::from_millis(900), "clear text: {took:?}");
    // The hello of TLS 1.1, which has been broken for long.
    let old = b"\x16\x03\x01\x00\x2d\x01\x00\x00\x29\x03\x02\
        \x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\
        \x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1a\x1b\x1c\x1d\x1e\x1f\
        \x00\x00\x02\x00\x2f\x01\x00";
    let (answer, _) = until_closed(&server, old).await;
    assert_eq!(answer.first(), Some(&0x15), "an alert: {answer:?}");
}

/// Whether a handshake succeeds with trust in this certificate, at the latest after a while.
async fn is_served(server: &TestServer, pem: &str) -> bool {
    let deadline = Instant::now() + Duration::from_secs(15);
    while Instant::now() < deadline {
        if Client::new(server.address, pem).connect().await.is_ok() {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    false
}

#[tokio::test]
async fn a_new_certificate_is_taken_and_a_broken_one_is_not() {
    let (server, first, folder) = server().await;
    assert!(is_served(&server, &first.pem).await);
    let second = write_pair(folder.path());
    assert!(is_served(&server, &second.pem).await, "the new one");
    assert!(Client::new(server.address, &first.pem).connect().await.is_err(), "the old one is gone");
    std::fs::write(&second.certificate, "no certificate").expect("written");
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert!(Client::new(server.address, &second.pem).connect().await.is_ok(), "it stays in use");
    let third = write_pair(folder.path());
    assert!(is_served(&server, &third.pem).await, "one that is whole again");
}

#[test]
fn what_cannot_be_used_stops_the_start_with_a_sentence() {
    let data = folder();
    let refused = |certificate: &str, key: &str| {
        let mut command = hindsight(data.path());
        command.args(["serve", "--listen", "127.0.0.1:0"]);
        command.env("HINDSIGHT_SERVER__TLS_CERTIFICATE", certificate).env("HINDSIGHT_SERVER__TLS_KEY", key);
        let output = command.output().expect("the program starts");
        assert_eq!(output.status.code(), Some(78), "{}", stderr(&output));
        stderr(&output)
    };
    let files = write_pair(data.path());
    assert!(refused("cert.pem", "").contains("`server.tls_key` is empty"));
    assert!(refused("", "key.pem").contains("`server.tls_certificate` is empty"));
    assert!(refused("cert.pem", "none.pem").contains("none.pem: cannot be read"));
    assert!(refused("key.pem", "key.pem").contains("key.pem: holds no certificate"));
    let other = folder();
    let stranger = write_pair(other.path()).key;
    assert!(refused("cert.pem", &stranger.to_string_lossy()).contains("cannot be used together"));
    std::fs::set_permissions(&files.key, PermissionsExt::from_mode(0o644)).expect("ours");
    assert!(refused("cert.pem", "key.pem").contains("chmod o= key.pem"));
}
