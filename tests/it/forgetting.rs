//! A visitor who has their own visit erased, by the secret that its id is the hash of.

use sha2::{Digest, Sha256};

use crate::audit::entries;
use crate::pages::submit;
use crate::server::{NOW, TestServer, add_connection, page_load, request};

const SECRET: &str = "0123456789abcdef0123456789abcdef";
const STREAM: &str = "stream-0000000001";

fn session_of(secret: &str) -> String {
    Sha256::digest(secret).iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

async fn record(server: &TestServer, session: &str) -> u16 {
    let visit = page_load(NOW, "https://shop.example/", "hello");
    server.post(&server.batch_path(session, STREAM, 0), &visit).await.status
}

#[tokio::test]
async fn whoever_has_the_secret_of_a_visit_has_it_erased_and_no_other() {
    let server = TestServer::start().await;
    let (own, other) = (session_of(SECRET), session_of("another"));
    for session in [&own, &other] {
        assert_eq!(record(&server, session).await, 200);
    }
    let forget = format!("/ingest/{}/forget", server.connection.write_key);
    // Who knows the id, as everybody does who watches, knows nothing.
    for not_it in [&own, &other] {
        assert_eq!(server.post(&forget, not_it).await.json(), serde_json::json!({ "erased": false }));
    }
    let erased = server.post(&forget, SECRET).await;
    assert_eq!(erased.header("access-control-allow-origin"), Some("*"), "a page may read it");
    let erased = erased.json();
    assert_eq!((&erased["erased"], &erased["at"]), (&true.into(), &"2026-01-01T00:00:00.000Z".into()));
    let receipt = erased["receipt"].as_str().expect("a receipt");
    assert!(receipt.starts_with("1:") && receipt.len() == 66, "{receipt}");
    let entries = entries(&server).await;
    assert_eq!(entries[0], format!(r#"visitor visit-forgotten {own} {{"sessions":1}}"#));
    let page = |session: &str| format!("{}/{session}", server.sessions_path());
    assert_eq!(server.get(&page(&own)).await.status, 404);
    assert_eq!(server.get(&page(&other)).await.status, 200);
    assert_eq!(server.post(&forget, SECRET).await.json()["erased"], false, "it is gone already");
    assert_ne!(record(&server, &own).await, 200, "what comes late does not bring it back");
}

#[tokio::test]
async fn forgetting_works_where_nothing_is_recorded_and_within_the_connection_alone() {
    let server = TestServer::start().await;
    let blog = add_connection(&server.store, "Blog").await;
    assert_eq!(record(&server, &session_of(SECRET)).await, 200);
    let foreign = format!("/ingest/{}/forget", blog.write_key);
    assert_eq!(server.post(&foreign, SECRET).await.json()["erased"], false);
    let settings = format!("/connections/{}/settings", server.connection.id);
    assert_eq!(submit(&server, &format!("{settings}/state"), "paused=1").await.status, 303);
    server.clock.advance(std::time::Duration::from_secs(6));
    let path = format!("/ingest/{}/forget", server.connection.write_key);
    let asks =
        request("POST", &path, &["Sec-GPC: 1", "Origin: https://elsewhere.example"], SECRET.as_bytes());
    assert_eq!(server.send(&asks).await.json()["erased"], true);
}

#[tokio::test]
async fn what_is_no_secret_is_refused_and_nobody_asks_too_often() {
    let server = TestServer::start_with(|settings| {
        settings.server.limit_private_addresses = true;
        settings.server.requests_per_second_per_address = 1;
        settings.server.request_burst_per_address = 6;
    })
    .await;
    let path = format!("/ingest/{}/forget", server.connection.write_key);
    for (body, status) in [("", 400), ("short", 400), (&"g".repeat(32), 400), (&"a".repeat(300), 413)] {
        let refused = server.post(&path, body).await;
        assert_eq!(refused.status, status, "{body}: {}", refused.text());
        assert!(
            refused.header("content-type").is_some_and(|kind| kind.starts_with("application/problem+json"))
        );
    }
    assert_eq!(server.post("/ingest/hk_nobody/forget", SECRET).await.status, 401);
    assert_eq!(server.post(&path, SECRET).await.status, 200);
    assert_eq!(server.post(&path, SECRET).await.status, 429);
}
