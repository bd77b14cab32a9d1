//! The team's own agent: whole, streamed, slow, broken, and gone.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use hindsight::answers::FAILED;
use serde_json::json;

use super::agent::{Agent, Step, stream, whole};
use super::{ask, ask_with, decide, private, read};
use crate::server::TestServer;

const JSON: &str = "application/json";

async fn server_asking(agent: &Agent) -> TestServer {
    let server = TestServer::start_with(|settings| {
        private(settings);
        settings.answers.first_byte_timeout_seconds = 1;
        settings.answers.timeout_seconds = 2;
        settings.answers.max_answer_bytes = 4096;
    })
    .await;
    decide(&server, json!({ "kind": "webhook", "webhook": { "url": agent.url(), "secret": "whsec_test" } }))
        .await;
    server
}

#[tokio::test]
async fn the_agent_is_told_all_and_signed_for() {
    let answer = json!({ "text": "Two days.", "sources": [
        { "title": "Delivery", "url": "https://shop.example/delivery" },
        { "title": "Bad", "url": "javascript:alert(1)" },
    ] });
    let agent = Agent::saying(200, JSON, &answer.to_string()).await;
    let server = server_asking(&agent).await;
    let body = json!({
        "session": "session-0000000001", "conversation": "c-1", "prompt": "p-1", "text": "How long?",
        "page": "https://shop.example/cart?secret=1#top",
        "history": [{ "from": "visitor", "text": "Hi" }, { "from": "assistant", "text": "Hello" }],
    });
    let (text, done) = read(&ask_with(&server, body).await);
    let sources = json!([
        { "title": "Delivery", "url": "https://shop.example/delivery" }, { "title": "Bad", "url": "" }
    ]);
    assert_eq!(text, "Two days.");
    assert_eq!(done, json!({ "type": "done", "answered": true, "sources": sources }));

    let asked = agent.asked().remove(0);
    assert!(asked.head.starts_with("POST /ask?v=1 HTTP/1.1\r\n"), "{}", asked.head);
    assert_eq!(
        asked.json(),
        json!({
            "connection": "Shop", "session": "session-0000000001", "conversation": "c-1", "prompt": "p-1",
            "text": "How long?", "page": "https://shop.example/cart",
            "history": [{ "from": "visitor", "text": "Hi" }, { "from": "assistant", "text": "Hello" }],
        })
    );
    for absent in ["origin", "cookie", "x-forwarded-for", "referer"] {
        assert_eq!(asked.header(absent), None, "{absent} is the visitor's");
    }
    let signature = asked.header("hindsight-signature").expect("signed");
    let (seconds, hex) =
        signature.strip_prefix("t=").and_then(|rest| rest.split_once(",v1=")).expect("a form");
    assert_eq!(hex, openssl_hmac("whsec_test", &format!("{seconds}.{}", asked.body)));
}

/// The signature as another program makes it.
fn openssl_hmac(secret: &str, text: &str) -> String {
    use std::io::Write;
    let mut openssl = Command::new("openssl")
        .args(["dgst", "-sha256", "-hmac", secret])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("openssl is installed");
    openssl.stdin.take().expect("piped").write_all(text.as_bytes()).expect("written");
    let output = openssl.wait_with_output().expect("it ends");
    String::from_utf8_lossy(&output.stdout).trim().rsplit(' ').next().expect("a word").to_owned()
}

#[tokio::test]
async fn streams_are_handed_on_in_both_forms() {
    let pieces = [r#"{"type":"text","text":"Two "}"#, r#"{"type":"text","text":"days."}"#];
    let done = r#"{"type":"done","answered":false,"sources":[]}"#;
    let lines = format!("{}\n{}\n{done}\n", pieces[0], pieces[1]);
    let (first, second) = lines.split_at(20);
    let events = format!("data: {}\n\n: ping\n\ndata: {}\n\ndata: {done}\n\n", pieces[0], pieces[1]);
    for (content_type, body) in
        [("application/x-ndjson", [first, second]), ("text/event-stream", [&events, ""])]
    {
        let agent = Agent::start(vec![stream(content_type, &body)]).await;
        let server = server_asking(&agent).await;
        let (text, done) = read(&ask(&server, "How long?").await);
        assert_eq!((text.as_str(), &done["answered"]), ("Two days.", &json!(false)), "{content_type}");
    }
}

#[tokio::test]
async fn what_goes_wrong_is_told_in_words_for_visitors() {
    let piece = r#"{"type":"text","text":"Two "}"#;
    let long = json!({ "text": "x".repeat(5000) }).to_string();
    let endless: Vec<String> = vec![format!("{}\n", json!({ "type": "text", "text": "y".repeat(900) })); 9];
    let endless: Vec<&str> = endless.iter().map(String::as_str).collect();
    let rows: Vec<(&str, Vec<Step>, &str)> = vec![
        ("an error", vec![Step::Send(whole(500, JSON, "{}"))], ""),
        (
            "a redirect",
            vec![Step::Send(
                "HTTP/1.1 302 X\r\nLocation: http://127.0.0.1/\r\nContent-Length: 0\r\n\r\n".to_owned(),
            )],
            "",
        ),
        ("too large, as announced", vec![Step::Send(whole(200, JSON, &long))], ""),
        ("no JSON", vec![Step::Send(whole(200, JSON, "<html>"))], ""),
        ("no text", vec![Step::Send(whole(200, JSON, "{}"))], ""),
        ("another type", vec![Step::Send(whole(200, "text/html", "<p>Hi"))], ""),
        ("compressed", vec![Step::Send(whole(200, "application/json\r\nContent-Encoding: gzip", "{}"))], ""),
        ("nothing at all", vec![], ""),
        ("no HTTP", vec![Step::Send("220 smtp ready\r\n".to_owned())], ""),
        ("a stream that says nothing", stream("application/x-ndjson", &[]), ""),
        (
            "a stream of something else",
            stream("application/x-ndjson", &[piece, "\n{\"type\":\"x\"}\n"]),
            "Two ",
        ),
        ("too large a stream", stream("application/x-ndjson", &endless), "y"),
        ("silence", vec![Step::UntilGone], ""),
        (
            "silence after the first piece",
            [stream("application/x-ndjson", &[piece, "\n"]), vec![Step::UntilGone]].concat(),
            "Two ",
        ),
    ];
    for (what, steps, expected) in rows {
        let agent = Agent::start(vec![steps]).await;
        let server = server_asking(&agent).await;
        let started = Instant::now();
        let (text, last) = read(&ask(&server, "How long?").await);
        assert!(text.starts_with(expected) && (text.is_empty() == expected.is_empty()), "{what}: {text:.20}");
        assert_eq!(last, json!({ "type": "failed", "text": FAILED }), "{what}");
        assert!(started.elapsed() < Duration::from_secs(10), "{what} took {:?}", started.elapsed());
    }
    let own = json!({ "type": "failed", "text": "We are closed." });
    let agent = Agent::start(vec![stream("application/x-ndjson", &[&own.to_string()])]).await;
    let server = server_asking(&agent).await;
    assert_eq!(read(&ask(&server, "How long?").await).1, own, "the agent has words of its own");
}

#[tokio::test]
async fn it_is_asked_once_more_where_nothing_came_of_it() {
    let fine = vec![Step::Send(whole(200, JSON, r#"{"text":"Yes."}"#))];
    for status in [502, 503, 504] {
        let agent = Agent::start(vec![vec![Step::Send(whole(status, JSON, "{}"))], fine.clone()]).await;
        let server = server_asking(&agent).await;
        assert_eq!(read(&ask(&server, "Open?").await).0, "Yes.", "{status}");
        assert_eq!(agent.asked().len(), 2, "{status}");
    }
    for status in [400, 401, 429, 500] {
        let agent = Agent::start(vec![vec![Step::Send(whole(status, JSON, "{}"))], fine.clone()]).await;
        let server = server_asking(&agent).await;
        assert_eq!(read(&ask(&server, "Open?").await).1["type"], "failed", "{status}");
        assert_eq!(agent.asked().len(), 1, "{status}");
    }
    let agent = Agent::start(vec![vec![Step::Send(whole(503, JSON, "{}"))]]).await;
    let server = server_asking(&agent).await;
    assert_eq!(read(&ask(&server, "Open?").await).1["type"], "failed");
    assert_eq!(agent.asked().len(), 2, "once more, and no more");
}

#[tokio::test]
async fn a_visitor_who_goes_away_takes_the_question_back() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let piece = r#"{"type":"text","text":"Two "}"#;
    let slow = [stream("application/x-ndjson", &[piece, "\n"]), vec![Step::UntilGone]].concat();
    let agent = Agent::start(vec![slow]).await;
    let server = TestServer::start_with(private).await;
    decide(&server, json!({ "kind": "webhook", "webhook": { "url": agent.url() } })).await;
    let path = format!("/ingest/{}/ask", server.connection.write_key);
    let mut socket = tokio::net::TcpStream::connect(server.address).await.expect("accepted");
    let sent = crate::server::request("POST", &path, &[], br#"{"text":"How long?"}"#);
    socket.write_all(&sent).await.expect("sent");
    let mut seen = Vec::new();
    while !String::from_utf8_lossy(&seen).contains("Two ") {
        assert_ne!(socket.read_buf(&mut seen).await.expect("read"), 0);
    }
    assert_eq!(agent.gone(), 0, "it is still being answered");
    assert_eq!(agent.asked()[0].header("hindsight-signature"), None, "without a secret nothing is signed");
    drop(socket);
    let left = async {
        while agent.gone() == 0 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), left).await.expect("the agent's connection is closed");
}
