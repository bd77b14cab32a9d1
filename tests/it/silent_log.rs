//! Whatever is recorded, asked for or refused: nothing of it stands in the log, be it as talkative as can be.

use std::time::{Duration, Instant};

use hindsight::web::routes;

use crate::command_line::{Process, folder, hindsight, run, stdout};
use crate::durability::post;
use crate::hostile_texts::{SESSION, STREAM, visit};
use crate::routes::filled;
use crate::server::{TestServer, parse, request};

/// What no line may have: what `hostile_texts` puts into every text.
const MARKER: &str = "xsscanary";

fn send(url: &str, bytes: &[u8]) -> Option<Vec<u8>> {
    use std::io::{Read, Write};

    let mut socket = std::net::TcpStream::connect(url.strip_prefix("http://")?).ok()?;
    socket.set_read_timeout(Some(Duration::from_secs(20))).ok()?;
    socket.write_all(bytes).ok()?;
    let mut answer = Vec::new();
    // What does not end is read until nothing comes for a while.
    let _ = socket.read_to_end(&mut answer);
    Some(answer)
}

#[tokio::test]
async fn nothing_that_was_recorded_or_sent_is_in_the_log() {
    let table: Vec<(String, String)> = {
        let server = TestServer::start().await;
        let key = server.connection.write_key.clone();
        let rows = routes(&server.app).into_iter();
        rows.map(|route| (route.method.to_string(), filled(&route.path, &server).replace(&key, "KEY")))
            .collect()
    };
    let walked = tokio::task::spawn_blocking(move || walk(&table));
    let (log, key, secret) = walked.await.expect("no panic");
    assert!(log.lines().count() > 100, "it talks: {log}");
    for never in [MARKER, key.as_str(), secret.as_str(), "203.0.113.77"] {
        let line = log.lines().find(|line| line.contains(never));
        assert_eq!(line, None, "{never} is in the log");
    }
}

/// Uploads a visit, asks every route for it, with every header that says something; answers the log.
fn walk(table: &[(String, String)]) -> (String, String, String) {
    let data = folder();
    run(data.path(), &["connection", "add", "Shop"]);
    let key = stdout(&run(data.path(), &["connection", "list"]));
    let key = key.split('\t').next().expect("a key").to_owned();
    let secret = stdout(&run(data.path(), &["token", "create", "Nightly", "--scope", "read"]));
    let log = data.path().join("log");
    let mut command = hindsight(data.path());
    command
        .args(["serve", "--listen", "127.0.0.1:0"])
        .env("HINDSIGHT_LOG__LEVEL", "trace")
        .env("HINDSIGHT_SERVER__TRUSTED_PROXIES", "127.0.0.1");
    let server = Process::spawn_with_log(&mut command, std::fs::File::create(&log).expect("writable").into());
    let upload = format!("/ingest/{key}/{SESSION}/{STREAM}/0?end=1");
    assert_eq!(post(&server.url, &upload, visit().to_string().as_bytes()), Some(200));
    for (path, body) in
        [("0", "[{\"xsscanary\":"), ("1", "xsscanary"), ("xsscanary", "[]"), ("2?end=xsscanary", "[]")]
    {
        let refused = post(&server.url, &format!("/ingest/{key}/{SESSION}/{STREAM}/{path}"), body.as_bytes());
        assert!(refused.is_some_and(|status| status >= 400), "{path}");
    }
    let session = format!("/connections/1/sessions/{SESSION}");
    let deadline = Instant::now() + Duration::from_secs(60);
    let is_finished = || {
        let answer = send(&server.url, &request("GET", &format!("{session}/manifest.json"), &[], b""));
        answer.is_some_and(|answer| !answer.is_empty() && parse(&answer).text().contains("/segments/"))
    };
    while !is_finished() {
        assert!(Instant::now() < deadline, "the visit is finished");
        std::thread::sleep(Duration::from_millis(200));
    }
    let bearer = format!("Authorization: Bearer {secret}");
    let headers = [
        bearer.as_str(),
        "Cookie: sid=xsscanary",
        "User-Agent: xsscanary",
        "Referer: https://xsscanary.example/",
        "X-Forwarded-For: 203.0.113.77",
        "Accept: text/html",
    ];
    for (method, path) in table.iter().filter(|(_, path)| !path.ends_with("/live")) {
        let path = path.replace("KEY", &key);
        for address in [path.clone(), format!("{path}?q=xsscanary&url=xsscanary")] {
            // What changes something is refused, as it comes from nowhere; what deletes is not asked for twice.
            let body: &[u8] = if method == "GET" { b"" } else { b"name=xsscanary&password=xsscanary" };
            let answer = send(&server.url, &request(method, &address, &headers, body));
            assert!(answer.is_some_and(|answer| !answer.is_empty()), "{method} {path}");
        }
    }
    for line in ["GET /xsscanary HTTP/1.1\r\nHost: a\r\nxsscanary\r\n\r\n", "xsscanary\r\n\r\n"] {
        send(&server.url, line.as_bytes());
    }
    server.stop();
    (std::fs::read_to_string(log).expect("a log"), key, secret)
}
