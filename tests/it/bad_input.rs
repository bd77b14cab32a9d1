//! Plays the cases of `tests/bad_input/` over a raw socket.

use hindsight::ingest::gzip;
use hindsight::model::Totals;
use hindsight::store::{Scope, connections};
use serde::Deserialize;

use crate::server::{NOW, TestServer, page_load, request};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Cases {
    case: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    id: String,
    name: String,
    send: Vec<Send>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Send {
    #[serde(default = "post")]
    method: String,
    #[serde(default = "good_path")]
    path: String,
    #[serde(default)]
    headers: Vec<String>,
    body: Vec<Piece>,
    #[serde(default)]
    gzip: bool,
    #[serde(default)]
    cut: usize,
    #[serde(default)]
    chunked: bool,
    status: u16,
    r#type: Option<String>,
    retry: Option<String>,
    detail: Option<String>,
    answer: Option<String>,
    header: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Piece {
    #[serde(default)]
    text: String,
    #[serde(default)]
    hex: String,
    #[serde(default = "once")]
    times: usize,
}

fn post() -> String {
    "POST".to_owned()
}

fn good_path() -> String {
    "{key}/{session}/{stream}/0".to_owned()
}

fn once() -> usize {
    1
}

impl Send {
    fn body(&self) -> Vec<u8> {
        let mut body: Vec<u8> = self.body.iter().flat_map(Piece::bytes).collect();
        if self.gzip {
            body = gzip::deflate(&body);
        }
        body.truncate(body.len() - self.cut);
        body
    }

    fn bytes(&self, path: &str) -> Vec<u8> {
        let headers: Vec<&str> = self.headers.iter().map(String::as_str).collect();
        if !self.chunked {
            return request(&self.method, path, &headers, &self.body());
        }
        let body = self.body();
        let head = format!(
            "{} {path} HTTP/1.1\r\nHost: test\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n",
            self.method
        );
        let chunks = body.chunks(64 * 1024).flat_map(|chunk| {
            [format!("{:x}\r\n", chunk.len()).into_bytes(), chunk.to_vec(), b"\r\n".to_vec()].concat()
        });
        head.into_bytes().into_iter().chain(chunks).chain(*b"0\r\n\r\n").collect()
    }
}

impl Piece {
    fn bytes(&self) -> Vec<u8> {
        let hex = self.hex.as_bytes().chunks(2).map(|pair| {
            let digits = std::str::from_utf8(pair).expect("ASCII");
            u8::from_str_radix(digits, 16).expect("hexadecimal digits")
        });
        let once: Vec<u8> = self.text.bytes().chain(hex).collect();
        once.repeat(self.times)
    }
}

#[tokio::test]
async fn every_case_is_answered_as_the_table_says() {
    let server = TestServer::start().await;
    let table = include_str!("../bad_input/ingest.toml");
    let cases: Cases = toml::from_str(table).expect("the table is TOML of this shape");
    for (number, case) in cases.case.iter().enumerate() {
        let session = format!("session-of-case-{number:04}");
        for (step, send) in case.send.iter().enumerate() {
            play(&server, send, &session, &format!("{} {} (send {step})", case.id, case.name)).await;
        }
        let good = server.batch_path(&session, "stream-good-00000", 0);
        let after = server.post(&good, &page_load(NOW, "https://shop.example/", "fine")).await;
        assert_eq!(after.status, 200, "{}: a good batch afterwards: {}", case.id, after.text());
    }
}

async fn play(server: &TestServer, send: &Send, session: &str, what: &str) {
    let path = send
        .path
        .replace("{key}", &server.connection.write_key)
        .replace("{session}", session)
        .replace("{stream}", "stream-bad-000000");
    let before = totals(server).await;
    let answer = server.send(&send.bytes(&format!("/ingest/{path}"))).await;
    let text = answer.text();
    assert_eq!(answer.status, send.status, "{what}: {text}");
    assert_eq!(answer.header("access-control-allow-origin"), Some("*"), "{what}: readable by the recorder");
    assert!(!text.contains(session) || answer.status == 200, "{what}: nothing is repeated: {text}");
    if let Some(expected) = &send.answer {
        assert!(text.contains(expected), "{what}: {text}");
    }
    if let Some(expected) = &send.header {
        assert!(answer.headers.contains(expected), "{what}: {:?}", answer.headers);
    }
    if answer.status >= 400 {
        assert_eq!(answer.header("content-type"), Some("application/problem+json"), "{what}");
        assert_eq!(totals(server).await, before, "{what}: nothing is left behind");
        check_problem(&answer.json(), send, what);
    }
}

fn check_problem(problem: &serde_json::Value, send: &Send, what: &str) {
    let text = |field: &str| problem[field].as_str().unwrap_or_default().to_owned();
    let kind = send.r#type.as_deref().unwrap_or_else(|| panic!("{what}: the table names no type"));
    assert_eq!(text("type"), format!("/problems/{kind}"), "{what}");
    assert_eq!(problem["status"], send.status, "{what}");
    assert!(!text("title").is_empty() && !text("detail").is_empty(), "{what}");
    if let Some(retry) = &send.retry {
        assert_eq!(&text("retry"), retry, "{what}");
    }
    if let Some(detail) = &send.detail {
        assert!(text("detail").contains(detail), "{what}: {}", text("detail"));
    }
}

async fn totals(server: &TestServer) -> Totals {
    let connection = server.connection.id;
    let read =
        server.store.read(move |conn| connections::totals(conn, &Scope::everything(), connection)).await;
    read.expect("the store reads")
}
