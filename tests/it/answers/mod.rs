//! Questions of visitors, answered from documents, by agents and by models.

pub mod agent;
mod asking;
mod certificates;
mod documents;
mod fitting;
mod limits;
mod openai;
mod page;
mod private;
mod webhook;

use hindsight::answers::Plan;
use hindsight::config::Settings;
use hindsight::store::answering;
use serde_json::{Value, json};

use crate::server::{Answer, TestServer, request};

/// Decides who answers for the server's connection.
async fn decide(server: &TestServer, plan: Value) {
    let plan: Plan = serde_json::from_value(plan).expect("a plan");
    let id = server.connection.id;
    server.store.write(move |conn| answering::set_plan(conn, id, &plan.to_json())).await.expect("set");
}

/// Asks as the widget does.
async fn ask(server: &TestServer, text: &str) -> Answer {
    ask_with(server, json!({ "session": "", "conversation": "c-1", "prompt": "p-1", "text": text })).await
}

async fn ask_with(server: &TestServer, body: Value) -> Answer {
    let path = format!("/ingest/{}/ask", server.connection.write_key);
    let headers = ["Content-Type: text/plain;charset=UTF-8", "Origin: https://shop.example"];
    server.send(&request("POST", &path, &headers, body.to_string().as_bytes())).await
}

/// The pieces of an answer: its text, and the last piece.
fn read(answer: &Answer) -> (String, Value) {
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.header("content-type"), Some("application/x-ndjson"));
    let text = answer.text();
    let mut pieces: Vec<Value> =
        text.lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect();
    let last = pieces.pop().expect("a last piece");
    let said = pieces.iter().map(|piece| {
        assert_eq!(piece["type"], "text", "only the last piece is another one");
        piece["text"].as_str().expect("text")
    });
    (said.collect(), last)
}

/// Lets the server ask agents of the test.
pub fn private(settings: &mut Settings) {
    settings.answers.private_hosts = "127.0.0.1".to_owned();
}
