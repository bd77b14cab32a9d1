//! What is read by the API, and that the document says so.

use std::collections::BTreeSet;

use hindsight::model::{Analysis, Score, Severity, TokenScope};
use hindsight::web::{Surface, routes};

use super::client::{ALL, Client, column, document, kind};
use crate::said::{SESSION, analysed, finding, finished_session};
use crate::server::{NOW, TestServer, page_load};

const PROMPTED: &str = "session-0000000002";

/// Records a visit in which something was asked, and not answered.
pub async fn prompted_session(server: &TestServer) {
    let page = page_load(server.clock.now(), "https://shop.example/help", "help");
    let at = server.clock.now() + 3000;
    let said = format!(
        r#",{{"type":5,"data":{{"tag":"hindsight.prompt","payload":{{"id":"p1","text":"Where is my order?","conversation":"c1"}}}},"timestamp":{at}}},
        {{"type":5,"data":{{"tag":"hindsight.reply","payload":{{"id":"r1","to":"p1","text":"I do not know.","answered":false}}}},"timestamp":{}}}]"#,
        at + 500
    );
    let body = format!("{}{said}", page.trim_end_matches(']'));
    let path = server.batch_path(PROMPTED, "stream-c-000000001", 0);
    assert_eq!(server.post(&path, &body).await.status, 200);
}

async fn finish(server: &TestServer) {
    server.clock.advance(server.settings.sessions.idle_after() + std::time::Duration::from_secs(1));
    server.finish().await;
}

#[tokio::test]
async fn each_route_of_the_api_is_documented_and_nothing_else() {
    let server = TestServer::start().await;
    let routed: BTreeSet<String> = routes(&server.app)
        .iter()
        .filter(|route| route.surface == Surface::Api && route.path != "/api/v1/openapi.json")
        .map(|route| format!("{} {}", route.method, route.path))
        .collect();
    let document = document(&server).await;
    let mut documented = BTreeSet::new();
    let mut names = BTreeSet::new();
    for (path, methods) in document["paths"].as_object().expect("paths") {
        for (method, operation) in methods.as_object().expect("methods") {
            documented.insert(format!("{} {path}", method.to_uppercase()));
            let name = operation["operationId"].as_str().expect("a name");
            assert!(names.insert(name.to_owned()), "{name} stands twice");
        }
    }
    assert_eq!(routed, documented);
    assert!(routed.len() > 15, "{routed:?}");
}

#[tokio::test]
async fn sessions_are_listed_by_the_filter_of_the_page_and_page_by_page() {
    let server = TestServer::start().await;
    finished_session(&server).await;
    prompted_session(&server).await;
    finish(&server).await;
    let client = Client::with(&server, &ALL).await;
    let all = client.get("/connections/1/sessions").await;
    assert_eq!(column(&all, "id"), [PROMPTED, SESSION]);
    let session = &all.json()["items"][1];
    assert_eq!(session["started_at"], "2026-01-01T00:00:00.000Z");
    assert_eq!(session["landing_url"], "https://shop.example/");
    assert!(session["url"].as_str().expect("a url").ends_with(&format!("/connections/1/sessions/{SESSION}")));

    let first = client.get("/connections/1/sessions?limit=1&status=completed").await;
    assert_eq!(column(&first, "id"), [PROMPTED]);
    let json = first.json();
    let next = json["next"].as_str().expect("another page").trim_start_matches("/api/v1").to_owned();
    let second = client.get(&next).await;
    assert_eq!(column(&second, "id"), [SESSION]);
    assert!(second.json()["next"].is_null());

    for (query, expected) in [
        ("prompts=any", vec![PROMPTED]),
        ("url=shop.example/help", vec![PROMPTED]),
        ("from=2027-01-01", vec![]),
        ("q=order", vec![PROMPTED]),
        ("status=active", vec![]),
    ] {
        let found = client.get(&format!("/connections/1/sessions?{query}")).await;
        assert_eq!(column(&found, "id"), expected, "{query}");
    }
    for (query, names) in [
        ("colour=red", "\"colour\""),
        ("watched=yes", "\"watched\""),
        ("status=gone", "status"),
        ("status=all&status=all", "status"),
        ("url=ab", "url"),
        ("limit=0", "limit"),
        ("before=x", "before"),
        ("from=soon", "from"),
    ] {
        let refused = kind(&client.get(&format!("/connections/1/sessions?{query}")).await);
        assert_eq!((refused.0, &*refused.1), (400, "bad-query"), "{query}");
        assert!(refused.2.contains(names), "{query}: {}", refused.2);
    }
}

#[tokio::test]
async fn all_of_a_session_is_read() {
    let server = TestServer::start().await;
    let row = finished_session(&server).await;
    prompted_session(&server).await;
    finish(&server).await;
    let analysis = Analysis {
        findings: vec![finding("rage-click", Severity::High, 1000, "Rage", "**three** clicks")],
        facts: Vec::new(),
        score: Some(Score { points: 62, why: "2 rage clicks".to_owned() }),
    };
    analysed(&server, row, analysis).await;
    let client = Client::with(&server, &ALL).await;
    let one = format!("/connections/1/sessions/{SESSION}");
    let session = client.get(&one).await.json();
    assert_eq!((&session["score"]["points"], &session["severity"]), (&62.into(), &"high".into()));
    let events = client.get(&format!("{one}/events")).await;
    assert_eq!(column(&events, "kind")[0], "page-view");
    assert!(column(&events, "url").contains(&"https://shop.example/cart".into()));
    let findings = client.get(&format!("{one}/findings")).await;
    assert_eq!(column(&findings, "title"), ["Rage"]);
    let recording = client.get(&format!("{one}/recording")).await;
    assert_eq!(recording.json().as_array().map(Vec::len), Some(6));
    let conversation = client.get(&format!("/connections/1/sessions/{PROMPTED}/conversation")).await;
    assert_eq!(column(&conversation, "kind"), ["prompt", "reply"]);
    assert_eq!(column(&conversation, "text")[0], "Where is my order?");
    let prompts = client.get("/connections/1/prompts?show=unanswered&from=2026-01-01&limit=10").await;
    assert_eq!(column(&prompts, "text"), ["Where is my order?"]);
    assert_eq!(column(&prompts, "answered"), [false]);
    assert_eq!(prompts.json()["items"][0]["reply"]["text"], "I do not know.");
    let health = client.get("/connections/1/health").await.json();
    assert_eq!((&health["state"], &health["sessions"]), (&"recording".into(), &2.into()));
    let none = client.get("/connections/1/visitors/nobody").await;
    assert_eq!(kind(&none).1, "not-found");
    assert_eq!(column(&client.get("/connections/1/reports").await, "id").len(), 0);
    assert_eq!(kind(&client.get("/connections/1/reports/7").await).0, 404);
    assert_eq!(kind(&client.get("/connections/9/sessions").await).0, 404);
}

#[tokio::test]
async fn what_has_not_changed_is_not_sent_again() {
    let server = TestServer::start().await;
    let client = Client::with(&server, &[TokenScope::Read]).await;
    let first = client.get("/connections").await;
    let tag = format!("If-None-Match: {}", first.header("etag").expect("a tag"));
    let again = client.call("GET", "/connections", &[&tag], None).await;
    assert_eq!((again.status, again.body.len()), (304, 0));
    server
        .post(
            &server.batch_path(SESSION, "stream-a-000000001", 0),
            &page_load(NOW, "https://shop.example/", "x"),
        )
        .await;
    assert_eq!(client.call("GET", "/connections", &[&tag], None).await.status, 200);
}

#[tokio::test]
async fn without_the_scope_what_visitors_wrote_is_not_to_be_had() {
    let server = TestServer::start().await;
    finished_session(&server).await;
    prompted_session(&server).await;
    finish(&server).await;
    let client = Client::with(&server, &[TokenScope::Read]).await;
    assert_eq!(client.get(&format!("/connections/1/sessions/{SESSION}/events")).await.status, 200);
    for path in [
        format!("/connections/1/sessions/{PROMPTED}/events"),
        format!("/connections/1/sessions/{PROMPTED}/findings"),
        "/connections/1/sessions?q=order".to_owned(),
    ] {
        let refused = kind(&client.get(&path).await);
        assert_eq!((refused.0, &*refused.1), (403, "token-scope"), "{path}");
        assert!(refused.2.contains("read:prompts"), "{path}");
    }
    for path in [
        format!("/connections/1/sessions/{SESSION}/recording"),
        format!("/connections/1/sessions/{PROMPTED}/conversation"),
        format!("/connections/1/sessions/{SESSION}/notes"),
        "/connections/1/prompts".to_owned(),
        "/connections/1/reports".to_owned(),
    ] {
        let answer = client.get(&path).await;
        assert_eq!(answer.status, 403, "{path}");
        assert!(!answer.text().contains("order"), "{path}");
    }
}
