//! What is changed by the API.

use hindsight::finish::reports::{Orders, Reporter};
use hindsight::model::TokenScope;
use serde_json::{Value, json};

use super::client::{ALL, Client, column, kind, token};
use crate::audit::entries;
use crate::said::{SESSION, finished_session};
use crate::server::{TestServer, add_connection};

#[tokio::test]
async fn connections_are_added_and_changed() {
    let server = TestServer::start().await;
    let client = Client::with(&server, &ALL).await;
    let new = json!({ "name": "Blog", "allowed_origins": ["https://blog.example"], "privacy": "strict" });
    let added = client.send("POST", "/connections", new.clone()).await;
    assert_eq!(added.status, 201, "{}", added.text());
    assert_eq!(added.json()["allowed_origins"], json!(["https://blog.example"]));
    let id = added.json()["id"].as_i64().expect("a number");
    let taken = kind(&client.send("POST", "/connections", new).await);
    assert_eq!((taken.0, &*taken.1), (409, "name-taken"));
    let one = format!("/connections/{id}");
    let changed = client.send("PATCH", &one, json!({ "paused": true, "keep_days": 30 })).await.json();
    assert_eq!((&changed["paused"], &changed["keep_days"]), (&true.into(), &30.into()));
    assert_eq!(changed["allowed_origins"], json!(["https://blog.example"]), "what is left out stays");
    let changed = client.send("PATCH", &one, json!({ "keep_days": null })).await.json();
    assert_eq!((&changed["paused"], &changed["keep_days"]), (&true.into(), &Value::Null));
    assert_eq!(column(&client.get("/connections").await, "name"), ["Shop", "Blog"]);
    for (body, names) in [
        (json!({ "colour": "red" }), "colour"),
        (json!({ "paused": "yes" }), "paused"),
        (json!({ "keep_days": 0 }), "keep_days"),
        (json!({ "allowed_origins": ["blog"] }), "allowed_origins"),
        (json!({ "name": "" }), "name"),
        (json!([]), "body"),
    ] {
        let refused = kind(&client.send("PATCH", &one, body.clone()).await);
        assert_eq!((refused.0, &*refused.1), (422, "bad-body"), "{body}");
        assert!(refused.2.contains(names), "{body}: {}", refused.2);
    }
}

#[tokio::test]
async fn a_token_for_some_connections_adds_none_and_sees_no_other() {
    let server = TestServer::start().await;
    add_connection(&server.store, "Blog").await;
    let mut client = Client::with(&server, &ALL).await;
    client.token = token(&server, &ALL, Some(&[server.connection.id])).await;
    assert_eq!(column(&client.get("/connections").await, "name"), ["Shop"]);
    assert_eq!(client.get("/connections/2").await.status, 404);
    assert_eq!(client.send("PATCH", "/connections/1", json!({ "paused": true })).await.status, 200);
    assert_eq!(kind(&client.send("POST", "/connections", json!({ "name": "New" })).await).1, "not-allowed");
}

#[tokio::test]
async fn sessions_are_tagged_pinned_noted_and_erased() {
    let server = TestServer::start().await;
    finished_session(&server).await;
    let client = Client::with(&server, &ALL).await;
    let one = format!("/connections/1/sessions/{SESSION}");
    let body = json!({ "pinned": true, "tags": [" Needs  Review ", "vip"] });
    let changed = client.send("PATCH", &one, body).await.json();
    assert_eq!((&changed["pinned"], &changed["tags"]), (&true.into(), &json!(["needs review", "vip"])));
    let changed = client.send("PATCH", &one, json!({ "tags": ["vip"] })).await.json();
    assert_eq!((&changed["pinned"], &changed["tags"]), (&true.into(), &json!(["vip"])));
    let noted = client.send("POST", &format!("{one}/notes"), json!({ "at_ms": 500, "text": "Look" })).await;
    assert_eq!((noted.status, &noted.json()["author"]), (201, &"A test".into()));
    assert_eq!(column(&client.get(&format!("{one}/notes")).await, "text"), ["Look"]);
    let refused = client.send("PATCH", &one, json!({ "tags": ["  "] })).await;
    assert_eq!(kind(&refused).0, 422);
    assert_eq!(client.call("DELETE", &one, &[], None).await.status, 204);
    assert_eq!(client.get(&one).await.status, 404);
    assert_eq!(client.call("DELETE", &one, &[], None).await.status, 404);
    let noted = entries(&server).await;
    assert!(noted[0].starts_with("token 1 (A test) session-pinned"), "{noted:#?}");
    assert!(noted[1].starts_with("token 1 (A test) sessions-deleted"), "{noted:#?}");
}

#[tokio::test]
async fn what_is_read_and_changed_is_noted_like_on_the_pages() {
    let server = TestServer::start().await;
    finished_session(&server).await;
    let client = Client::with(&server, &ALL).await;
    for part in ["events", "conversation", "recording"] {
        client.get(&format!("/connections/1/sessions/{SESSION}/{part}")).await;
    }
    client.send("POST", "/connections", json!({ "name": "Blog" })).await;
    client.send("PATCH", "/connections/2", json!({ "paused": true, "name": "Diary" })).await;
    client.send("PATCH", "/connections/2", json!({ "paused": true })).await;
    let mut noted = entries(&server).await;
    noted.sort();
    let by_token = |entry: String| format!("token 1 (A test) {entry}");
    let expected = [
        r#"connection-added Blog {}"#.to_owned(),
        format!(r#"session-downloaded {SESSION} {{"file":"recording.json"}}"#),
        format!("session-watched {SESSION} {{}}"),
        r#"settings-changed general {"fields":["name","rules.paused"]}"#.to_owned(),
    ];
    assert_eq!(noted, expected.map(by_token));
}

#[tokio::test]
async fn erasing_is_counted_before_it_is_done() {
    let server = TestServer::start().await;
    finished_session(&server).await;
    let client = Client::with(&server, &[TokenScope::Erase]).await;
    let path = "/connections/1/erasures";
    let preview = client.get(&format!("{path}?from=2026-01-01&to=2026-01-01")).await.json();
    assert_eq!(preview, json!({ "sessions": 1 }));
    for query in ["", "?visitor=ada&from=2026-01-01", "?from=soon"] {
        assert_eq!(client.get(&format!("{path}{query}")).await.status, 400, "{query}");
    }
    assert_eq!(client.send("POST", path, json!({})).await.status, 422);
    let erased = client.send("POST", path, json!({ "from": "2026-01-01", "to": "2026-01-01" })).await;
    assert_eq!((erased.status, erased.json()), (200, json!({ "sessions": 1, "done": true })));
    let read = Client::with(&server, &[TokenScope::Read]).await;
    assert_eq!(column(&read.get("/connections/1/sessions").await, "id").len(), 0);
}

#[tokio::test]
async fn reports_are_asked_for() {
    let server = TestServer::start().await;
    let offer = |orders: &Orders| {
        orders.offer(vec![Reporter { plugin: "weekly".to_owned(), description: "A week.".to_owned() }]);
    };
    offer(&server.orders);
    let client = Client::with(&server, &ALL).await;
    let body = |plugin: &str| json!({ "plugin": plugin, "from": "2025-12-25", "to": "2025-12-31" });
    let ordered = client.send("POST", "/connections/1/reports", body("weekly")).await;
    assert_eq!((ordered.status, &ordered.json()["from"]), (202, &"2025-12-25T00:00:00.000Z".into()));
    assert_eq!(server.app.reports.orders(server.connection.id).len(), 1);
    let refused = kind(&client.send("POST", "/connections/1/reports", body("other")).await);
    assert_eq!(refused.0, 422);
    assert!(refused.2.contains("weekly"), "{}", refused.2);
}

#[tokio::test]
async fn each_scope_is_for_what_it_says_alone() {
    let server = TestServer::start().await;
    finished_session(&server).await;
    let one = format!("/connections/1/sessions/{SESSION}");
    let asked: [(TokenScope, &str, &str, Option<Value>); 5] = [
        (TokenScope::Read, "GET", &one, None),
        (TokenScope::ReadPrompts, "GET", "/connections/1/prompts", None),
        (TokenScope::Write, "PATCH", &one, Some(json!({ "pinned": false }))),
        (TokenScope::Admin, "PATCH", "/connections/1", Some(json!({ "paused": false }))),
        (TokenScope::Erase, "DELETE", &one, None),
    ];
    for (needed, method, path, body) in &asked {
        for held in ALL {
            let client = Client::with(&server, &[held]).await;
            let answer = client.call(method, path, &[], body.clone()).await;
            let fits = held == *needed;
            assert_eq!(answer.status < 300, fits, "{held} for {method} {path}: {}", answer.text());
            assert!(fits || answer.status == 403, "{held} for {method} {path}: {}", answer.text());
        }
    }
}

#[tokio::test]
async fn webhooks_are_added_changed_and_removed() {
    let server = TestServer::start().await;
    let client = Client::with(&server, &[TokenScope::Admin]).await;
    let all = "/connections/1/webhooks";
    let added =
        client.send("POST", all, json!({ "url": "https://hooks.example/a", "findings": "medium" })).await;
    assert_eq!(added.status, 201, "{}", added.text());
    let (webhook, secret) = (&added.json()["webhook"], &added.json()["secret"]);
    assert!(secret.as_str().is_some_and(|secret| secret.starts_with("whsec_")), "{secret}");
    let told = (&webhook["active"], &webhook["sessions"], &webhook["findings"], &webhook["prompts"]);
    assert_eq!(told, (&true.into(), &true.into(), &"medium".into(), &false.into()));
    let one = format!("{all}/{}", webhook["id"]);
    let listed = client.get(all).await;
    assert_eq!(column(&listed, "url"), ["https://hooks.example/a"]);
    assert!(!listed.text().contains("whsec_"), "the secret is told once");
    let changed = client.send("PATCH", &one, json!({ "active": false, "findings": null })).await.json();
    assert_eq!(
        (&changed["active"], &changed["findings"], &changed["sessions"]),
        (&false.into(), &Value::Null, &true.into())
    );
    let another = client.call("POST", &format!("{one}/secret"), &[], None).await.json();
    assert_ne!(&another["secret"], secret);
    assert_eq!(column(&client.get(&format!("{one}/deliveries")).await, "kind").len(), 0);
    let again = client.call("POST", &format!("{one}/redeliveries"), &[], None).await;
    assert_eq!(again.json(), json!({ "events": 0 }));
    for (body, names) in [
        (json!({ "url": "javascript:alert(1)" }), "url"),
        (json!({ "url": "" }), "url"),
        (json!({ "findings": "grave" }), "findings"),
        (json!({ "secret": "mine" }), "secret"),
    ] {
        let refused = kind(&client.send("PATCH", &one, body.clone()).await);
        assert_eq!((refused.0, &*refused.1), (422, "bad-body"), "{body}");
        assert!(refused.2.contains(names), "{body}: {}", refused.2);
    }
    for _ in 1..10 {
        assert_eq!(client.send("POST", all, json!({ "url": "https://hooks.example/b" })).await.status, 201);
    }
    let full = kind(&client.send("POST", all, json!({ "url": "https://hooks.example/b" })).await);
    assert_eq!(full.1, "limit-reached");
    assert_eq!(client.call("DELETE", &one, &[], None).await.status, 204);
    assert_eq!(client.get(&one).await.status, 404);
    let noted = entries(&server).await;
    let first = format!(" webhook-changed {} ", webhook["id"]);
    let of_first = |entry: &&String| entry.contains(&first);
    assert_eq!(noted.iter().filter(of_first).count(), 4, "{noted:#?}");
    assert!(!noted.concat().contains("hooks.example") && !noted.concat().contains("whsec_"), "{noted:#?}");
}
