//! Who may ask, and what a question has to look like.

use hindsight::store::connections::{self, Rules};
use hindsight::store::write_keys;
use serde_json::{Value, json};

use super::{ask, ask_with, decide};
use crate::server::{TestServer, request};

fn kind(answer: &crate::server::Answer) -> (u16, String) {
    assert_eq!(answer.header("content-type"), Some("application/problem+json"), "{}", answer.text());
    (answer.status, answer.json()["type"].as_str().expect("a type").replace("/problems/", ""))
}

#[tokio::test]
async fn any_site_may_ask_with_a_key_that_is_taken() {
    let server = TestServer::start().await;
    let answer = ask(&server, "Open?").await;
    assert_eq!((answer.status, answer.header("access-control-allow-origin")), (200, Some("*")));
    assert_eq!(answer.header("access-control-expose-headers"), Some("Retry-After, X-Request-Id"));
    let path = format!("/ingest/{}/ask", server.connection.write_key);
    let preflight = server.send(&request("OPTIONS", &path, &["Origin: https://shop.example"], b"")).await;
    assert_eq!(
        (preflight.status, preflight.header("access-control-allow-methods")),
        (204, Some("GET, POST"))
    );
    let unknown = server.post("/ingest/hk_unknown/ask", r#"{"text":"Open?"}"#).await;
    assert_eq!(kind(&unknown), (401, "unknown-key".to_owned()));
    assert_eq!(kind(&server.post("/ingest//ask", "{}").await), (401, "missing-key".to_owned()));
    let opted_out = ["Sec-GPC: 1"];
    let body = br#"{"text":"Open?"}"#;
    assert_eq!(
        server.send(&request("POST", &path, &opted_out, body)).await.status,
        200,
        "asking is not recording"
    );

    let id = server.connection.id;
    let rules = Rules { allowed_origins: vec!["https://other.example".to_owned()], ..Rules::default() };
    server.store.write(move |conn| connections::set_rules(conn, id, &rules)).await.expect("set");
    server.clock.advance(std::time::Duration::from_secs(6));
    assert_eq!(kind(&ask(&server, "Open?").await), (403, "origin-not-allowed".to_owned()));
    let rules = Rules { paused: true, ..Rules::default() };
    server.store.write(move |conn| connections::set_rules(conn, id, &rules)).await.expect("set");
    server.clock.advance(std::time::Duration::from_secs(6));
    assert_eq!(ask(&server, "Open?").await.status, 200, "a chat goes on while recording is paused");
    let rules = Rules::default();
    server
        .store
        .write(move |conn| {
            connections::set_rules(conn, id, &rules)?;
            write_keys::replace(conn, id, "hk_new", 0, 0)
        })
        .await
        .expect("replaced");
    server.clock.advance(std::time::Duration::from_secs(6));
    assert_eq!(kind(&ask(&server, "Open?").await), (403, "key-revoked".to_owned()));
}

#[tokio::test]
async fn a_bad_question_is_told_which_field_is_bad() {
    let server = TestServer::start().await;
    for (body, field) in [
        (json!([]), "`body`"),
        (json!({}), "`text`"),
        (json!({ "text": "x".repeat(2001) }), "`text`"),
        (json!({ "text": "a", "session": "<script>" }), "`session`"),
        (json!({ "text": "a", "page": "about:blank" }), "`page`"),
        (json!({ "text": "a", "history": [{ "from": "visitor", "text": 1 }] }), "`history[0].text`"),
    ] {
        let answer = ask_with(&server, body).await;
        assert_eq!(kind(&answer), (422, "bad-question".to_owned()));
        let detail = answer.json()["detail"].as_str().expect("text").to_owned();
        assert!(detail.starts_with(field) && !detail.contains("script"), "{detail}");
    }
    let large =
        json!({ "text": "a", "history": vec![json!({ "from": "visitor", "text": "x".repeat(3900) }); 9] });
    assert_eq!(kind(&ask_with(&server, large).await), (413, "question-too-large".to_owned()));
    decide(&server, json!({ "kind": "none" })).await;
    assert_eq!(kind(&ask(&server, "Open?").await), (403, "answers-off".to_owned()));
    let more = format!("/ingest/{}/x/ask", server.connection.write_key);
    assert_eq!(server.post(&more, "[]").await.json()["type"], Value::from("/problems/bad-session-id"));
}
