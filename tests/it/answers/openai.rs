//! A model behind an interface like OpenAI's.

use serde_json::{Value, json};

use super::agent::{Agent, Step, stream, whole};
use super::{ask_with, decide, private, read};
use crate::server::TestServer;

fn chunks(texts: &[&str]) -> Vec<String> {
    let chunk =
        |text: &&str| format!("data: {}\n\n", json!({ "choices": [{ "delta": { "content": text } }] }));
    let mut chunks: Vec<String> = texts.iter().map(chunk).collect();
    chunks.insert(0, "data: {\"choices\":[{\"delta\":{\"role\":\"assistant\"}}]}\n\n".to_owned());
    chunks.push(
        "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n".to_owned(),
    );
    chunks
}

async fn asked(answers: Vec<Vec<Step>>) -> (Agent, String, Value) {
    let agent = Agent::start(answers).await;
    let server = TestServer::start_with(private).await;
    let folder = server.settings.server.data_dir.join("documents/shop");
    std::fs::create_dir_all(&folder).expect("made");
    let text = "---\nurl: /delivery\n---\n# Delivery\n## Abroad\nWe deliver to Spain and Malta.\n";
    std::fs::write(folder.join("delivery.md"), text).expect("written");
    let openai = json!({
        "url": format!("http://{}/v1/", agent.address), "key": "sk-test", "model": "tiny",
        "instructions": "You are Pip.", "temperature": 0.5, "max_tokens": 200,
    });
    decide(&server, json!({ "kind": "openai", "openai": openai })).await;
    let question = json!({
        "text": "Do you deliver to Malta?", "session": "session-0000000001",
        "history": [{ "from": "visitor", "text": "Hi" }, { "from": "assistant", "text": "Hello" }],
    });
    let (text, last) = read(&ask_with(&server, question).await);
    (agent, text, last)
}

async fn said(texts: &[&str]) -> (Agent, String, Value) {
    let chunks = chunks(texts);
    let chunks: Vec<&str> = chunks.iter().map(String::as_str).collect();
    asked(vec![stream("text/event-stream", &chunks)]).await
}

#[tokio::test]
async fn the_model_goes_by_the_documents_and_its_verdict_is_not_shown() {
    let (agent, text, last) = said(&["[[KN", "OWN 1]]\n", "Yes, ", "to Malta."]).await;
    assert_eq!(text, "Yes, to Malta.");
    let sources = json!([{ "title": "Delivery", "url": "/delivery" }]);
    assert_eq!(last, json!({ "type": "done", "answered": true, "sources": sources }));
    let asked = agent.asked().remove(0);
    assert!(asked.head.starts_with("POST /v1/chat/completions HTTP/1.1\r\n"), "{}", asked.head);
    assert_eq!(asked.header("authorization"), Some("Bearer sk-test"));
    let body = asked.json();
    assert_eq!((&body["model"], &body["stream"]), (&json!("tiny"), &json!(true)));
    assert_eq!((&body["temperature"], &body["max_tokens"]), (&json!(0.5), &json!(200)));
    let roles: Vec<_> =
        body["messages"].as_array().expect("messages").iter().map(|each| &each["role"]).collect();
    assert_eq!(roles, ["system", "user", "assistant", "user"]);
    let system = body["messages"][0]["content"].as_str().expect("text");
    for part in ["You are Pip.", "[1] Delivery › Abroad", "We deliver to Spain and Malta.", "[[UNKNOWN]]"] {
        assert!(system.contains(part), "{system} lacks {part}");
    }
    assert!(!asked.body.contains("session-0000000001"), "a service needs no ids");
}

#[tokio::test]
async fn a_model_that_does_not_know_says_so() {
    let (_, text, last) = said(&["**[[UNK", "NOWN]]**", "\n\nI cannot tell."]).await;
    assert_eq!(
        (text.as_str(), last),
        ("I cannot tell.", json!({ "type": "done", "answered": false, "sources": [] }))
    );
    let (_, text, last) = said(&["[[UNKNOWN]]"]).await;
    assert_eq!((text.as_str(), &last["answered"]), (hindsight::answers::UNANSWERED, &json!(false)));
}

#[tokio::test]
async fn services_differ_and_fail() {
    let answer = json!({ "choices": [{ "message": { "content": "[[KNOWN]] Yes." } }] }).to_string();
    let (_, text, last) = asked(vec![vec![Step::Send(whole(200, "application/json", &answer))]]).await;
    assert_eq!((text.as_str(), &last["answered"]), ("Yes.", &json!(true)), "one that does not stream");
    let cut = ["data: {\"choices\":[{\"delta\":{\"content\":\"Yes, \"}}]}\n\n"];
    for (what, steps) in [
        ("a wrong key", vec![Step::Send(whole(401, "application/json", "{}"))]),
        ("another interface", vec![Step::Send(whole(200, "application/json", "{\"answer\":1}"))]),
        ("a page", vec![Step::Send(whole(200, "text/html", "<html>\n\n"))]),
        ("an error on the way", stream("text/event-stream", &["data: {\"error\":{\"message\":\"no\"}}\n\n"])),
        ("an end in the middle", stream("text/event-stream", &cut)),
    ] {
        assert_eq!(asked(vec![steps]).await.2["type"], "failed", "{what}");
    }
}
