//! The Operations page.

use crate::pages::{assert_reads, record, words};
use crate::server::TestServer;

#[tokio::test]
async fn the_page_tells_what_the_server_does() {
    let server = TestServer::start().await;
    record(&server, 1).await;
    server.catch_up().await;
    assert_eq!(server.post("/ingest/hk_nobody-has-this/x/y/0", "[]").await.status, 401);
    let page = server.get("/operations").await;
    assert_eq!(page.status, 200);
    assert_reads(
        &page,
        &[
            "Operations",
            env!("CARGO_PKG_VERSION"),
            "an hour ago now",
            "Unknown write key 1",
            "Write-ahead log",
            "Slowest requests",
            "POST /ingest/{*address}",
            "The server makes none by itself.",
            "ingest.max_body_bytes 5242880",
        ],
    );
    assert!(!words(&page).contains("nobody-has-this"), "nothing of what was sent");
    assert!(server.get("/connections").await.text().contains("href=\"/operations\""), "pages lead to it");
}
