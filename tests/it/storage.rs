//! The Storage page and the rules for how long sessions are kept.

use std::time::Duration;

use crate::pages::{assert_reads, record, submit, words};
use crate::server::TestServer;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// A shop with sessions of 40, 20 and 0 days ago, all but the last over.
async fn forty_days() -> TestServer {
    let server = TestServer::start().await;
    for number in 0..3 {
        record(&server, number).await;
        if number < 2 {
            server.clock.advance(20 * DAY);
        }
    }
    server.catch_up().await;
    server
}

fn retention_path(server: &TestServer) -> String {
    format!("/connections/{}/retention", server.connection.id)
}

#[tokio::test]
async fn the_storage_page_tells_what_takes_the_room() {
    let server = forty_days().await;
    let page = server.get("/storage").await;
    assert_eq!(page.status, 200);
    assert_reads(
        &page,
        &[
            "Recordings",
            "Database file",
            "Write-ahead log",
            "Disk:",
            "free of",
            "Shop 3 9 ",
            "100%",
            "B 2026-01-01",
            "for ever, as the server does",
            "The database may take the whole disk.",
            "At this pace the disk is full in",
        ],
    );
    assert!(
        server.get(&server.sessions_path()).await.text().contains("href=\"/storage\""),
        "pages lead to it"
    );
}

#[tokio::test]
async fn the_outlook_counts_the_last_seven_days() {
    let quiet = TestServer::start_with(|settings| settings.retention.max_bytes = 2_000_000_000).await;
    let page = quiet.get("/storage").await;
    assert_reads(
        &page,
        &["Nothing was recorded in the last 7 days.", "The database may take 2.00 GB.", "Shop 0 0 0 B 0%"],
    );
    record(&quiet, 1).await;
    let page = quiet.get("/storage").await;
    assert_reads(&page, &["the limit of 2.00 GB is reached in more than 10 years"]);
    assert!(!words(&page).contains("Write-ahead log 0 B"), "what was just recorded stands in the log");
    quiet.clock.advance(8 * DAY);
    assert_reads(&quiet.get("/storage").await, &["Nothing was recorded in the last 7 days."]);

    let kept = TestServer::start_with(|settings| settings.retention.keep_days = 30).await;
    record(&kept, 1).await;
    assert_reads(
        &kept.get("/storage").await,
        &["recordings level off at about", "for 30 days, as the server does"],
    );

    let full = TestServer::start_with(|settings| settings.retention.max_bytes = 1).await;
    assert_reads(&full.get("/storage").await, &["The limit of 1 B is reached"]);
}

#[tokio::test]
async fn a_shorter_retention_asks_first_and_then_erases() {
    let server = forty_days().await;
    let path = retention_path(&server);
    assert_reads(
        &server.get(&path).await,
        &["How long are sessions of Shop kept?", "As the server does: for ever"],
    );
    let asks = submit(&server, &path, "keep=days&days=30").await;
    let confirmation = format!("{path}?keep=days&days=30");
    assert_eq!((asks.status, asks.header("location")), (303, Some(confirmation.as_str())));
    let asked = server.get(&confirmation).await;
    assert_reads(
        &asked,
        &["Keep sessions of Shop for 30 days?", "1 session is older than that", "and delete 1 session"],
    );
    server.catch_up().await;
    assert_reads(&server.get(&server.sessions_path()).await, &["All 3"]);

    let saved = submit(&server, &path, "keep=days&days=30&confirmed=1").await;
    let storage = format!("/storage?saved={}", server.connection.id);
    assert_eq!(saved.header("location"), Some(storage.as_str()));
    assert_reads(&server.get(&storage).await, &["Saved. Sessions of Shop are kept for 30 days."]);
    server.catch_up().await;
    let page = server.get(&server.sessions_path()).await;
    assert_reads(&page, &["All 2", "/product/1", "/product/2"]);
    assert!(!words(&page).contains("/product/0"));

    // The rule goes on: in eleven days the next one is too old, unless it is pinned.
    let pin = format!("{}/session-of-page-002/pin", server.sessions_path());
    assert_eq!(submit(&server, &pin, "pinned=1").await.status, 303);
    server.clock.advance(11 * DAY);
    server.catch_up().await;
    assert_reads(&server.get(&server.sessions_path()).await, &["All 1", "/product/2"]);
    server.clock.advance(50 * DAY);
    server.catch_up().await;
    assert_reads(&server.get(&server.sessions_path()).await, &["All 1", "/product/2"]);
}

#[tokio::test]
async fn a_longer_retention_is_saved_at_once() {
    let server = TestServer::start_with(|settings| settings.retention.keep_days = 30).await;
    record(&server, 1).await;
    let path = retention_path(&server);
    for (form, kept) in [
        ("keep=days&days=60", "for 60 days Change"),
        ("keep=forever&days=60", "for ever Change"),
        ("keep=server&days=60", "for 30 days, as the server does Change"),
    ] {
        assert_eq!(submit(&server, &path, form).await.header("location"), Some("/storage?saved=1"), "{form}");
        assert_reads(&server.get("/storage").await, &[kept]);
    }
    for form in ["keep=days&days=0", "keep=days&days=x", "keep=days&days=36501", "keep=days", "keep=", ""] {
        assert_eq!(submit(&server, &path, form).await.status, 400, "{form}");
    }
    assert_eq!(submit(&server, "/connections/99/retention", "keep=forever").await.status, 404);
    assert_eq!(server.get("/connections/99/retention").await.status, 404);
}
