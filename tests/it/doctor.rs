//! What the doctor's page says of a connection.

use crate::pages::{assert_reads, submit, words};
use crate::server::{NOW, TestServer, page_load, request};

async fn doctor(server: &TestServer) -> crate::server::Answer {
    server.get(&format!("/connections/{}/settings/doctor", server.connection.id)).await
}

async fn ask(server: &TestServer, key: &str, origin: &str, query: &str) -> u16 {
    let header = format!("Origin: {origin}");
    server.send(&request("GET", &format!("/ingest/{key}{query}"), &[&header], b"")).await.status
}

#[tokio::test]
async fn nothing_seen_means_that_the_script_does_not_run() {
    let server = TestServer::start().await;
    assert_reads(
        &doctor(&server).await,
        &[
            "Nothing is recorded: one thing is in the way.",
            "the script does not run anywhere",
            "hk_test_shop",
            "hindsight doctor",
        ],
    );
    ask(&server, "hk_wrong", "https://shop.example", "").await;
    assert_reads(
        &doctor(&server).await,
        &["1 request came with a write key that no connection has, from https://shop.example"],
    );
}

#[tokio::test]
async fn what_was_refused_is_told_with_its_remedy_and_outlives_the_memory() {
    let server = TestServer::start().await;
    let (key, settings) =
        (&server.connection.write_key, format!("/connections/{}/settings", server.connection.id));
    submit(&server, &settings, "name=Shop&origins=https%3A%2F%2Fshop.example").await;
    assert_eq!(ask(&server, key, "https://www.shop.example", "").await, 403);
    server.app.sightings.write(&server.store).await.expect("written");
    assert_eq!(ask(&server, key, "https://www.shop.example", "").await, 403);
    assert_reads(
        &doctor(&server).await,
        &[
            "2 requests refused, from https://www.shop.example: not among the allowed origins.",
            "add this line to the allowed origins",
        ],
    );
    server.clock.advance(std::time::Duration::from_secs(26 * 60 * 60));
    assert!(!words(&doctor(&server).await).contains("allowed origins"), "a day later it is over");
}

#[tokio::test]
async fn what_the_loader_met_is_told() {
    let server = TestServer::start().await;
    let key = &server.connection.write_key;
    ask(&server, key, "https://shop.example", "?v=0.0.1&start=manual&sample=0.5").await;
    ask(&server, key, "https://shop.example", "?blocked=connect-src").await;
    ask(&server, key, "https://shop.example", "?blocked=invented").await;
    assert_reads(
        &doctor(&server).await,
        &[
            "1 page view asked what to record",
            "Content-Security-Policy (connect-src) stopped a request",
            "waited for hindsight.start()",
            "ran a script of another version",
            "record a share of visits only",
        ],
    );
    assert!(!words(&doctor(&server).await).contains("invented"));
}

#[tokio::test]
async fn a_healthy_connection_is_told_so_and_its_weak_points_too() {
    let server = TestServer::start().await;
    ask(&server, &server.connection.write_key, "https://shop.example", "").await;
    let body = page_load(NOW, "https://shop.example/", "hello");
    let path = server.batch_path("session-0000000001", "stream-0000000001", 0);
    assert_eq!(server.post(&path, &body).await.status, 200);
    assert_reads(
        &doctor(&server).await,
        &["All is well.", "1 visit in the last 24 hours", "Every visit has a picture"],
    );

    let link = r#"{"type":2,"tagName":"link","attributes":{"rel":"stylesheet","href":"https://cdn.example/a.css"},"childNodes":[],"id":9},"#;
    let body = page_load(NOW, "https://shop.example/", "hello")
        .replace(r#"{"type":3,"textContent""#, &format!(r#"{link}{{"type":3,"textContent""#));
    let path = server.batch_path("session-0000000002", "stream-0000000001", 0) + "?end=1";
    assert_eq!(server.post(&path, &body).await.status, 200);
    let blind = r#"[{"type":4,"data":{"href":"https://shop.example/","width":8,"height":6},"timestamp":1767225600000}]"#;
    let path = server.batch_path("session-0000000003", "stream-0000000001", 0);
    assert_eq!(server.post(&path, blind).await.status, 200);
    server.clock.advance(std::time::Duration::from_secs(3600));
    server.catch_up().await;
    assert_reads(
        &doctor(&server).await,
        &[
            "It works. 2 things could be better.",
            "https://cdn.example/a.css",
            "1 of 3 visits came without the first picture",
        ],
    );
}
