//! Pinning and deleting, as a person does them.

use std::time::Duration;

use crate::pages::{assert_reads, record, submit, words};
use crate::server::{Answer, NOW, TestServer, page_load, request};

const HOUR: Duration = Duration::from_secs(60 * 60);

fn replay_path(server: &TestServer, number: usize) -> String {
    format!("{}/session-of-page-{number:03}", server.sessions_path())
}

/// How many rows there are in a table.
async fn rows(server: &TestServer, count: &'static str) -> i64 {
    let read = server.store.read(move |conn| Ok(conn.query_row(count, [], |row| row.get(0))?));
    read.await.expect("the store reads")
}

#[tokio::test]
async fn a_session_is_pinned_and_unpinned() {
    let server = TestServer::start().await;
    record(&server, 1).await;
    let path = replay_path(&server, 1);
    let shown = |page: &Answer| page.text().contains("Pinned: it is kept");
    assert!(!shown(&server.get(&server.sessions_path()).await));
    let pinned = submit(&server, &format!("{path}/pin"), "pinned=1").await;
    assert_eq!((pinned.status, pinned.header("location")), (303, Some(path.as_str())));
    assert!(shown(&server.get(&server.sessions_path()).await));
    assert_reads(&server.get(&path).await, &["Pinned Yes"]);
    assert!(server.get(&path).await.text().contains(r#"name="pinned" value="0""#), "the button unpins now");
    submit(&server, &format!("{path}/pin"), "pinned=0").await;
    assert_reads(&server.get(&path).await, &["Pinned No"]);
    assert_eq!(submit(&server, &format!("{path}/pin"), "pinned=maybe").await.status, 400);
    assert_eq!(submit(&server, &format!("{path}x/pin"), "pinned=1").await.status, 404);
}

#[tokio::test]
async fn deleting_a_session_asks_first_and_leaves_nothing() {
    let server = TestServer::start().await;
    record(&server, 1).await;
    record(&server, 2).await;
    let path = replay_path(&server, 1);
    let asked = server.get(&format!("{path}/delete")).await;
    assert_reads(
        &asked,
        &["Delete this session?", "/product/1", "cannot be undone", "The visitor is still there"],
    );
    assert!(asked.text().contains(&format!("method=\"post\" action=\"{path}/delete\"")));
    assert_eq!(server.get(&path).await.status, 200, "asking deletes nothing");

    let deleted = submit(&server, &format!("{path}/delete"), "").await;
    let list = format!("{}?deleted=1", server.sessions_path());
    assert_eq!((deleted.status, deleted.header("location")), (303, Some(list.as_str())));
    let page = server.get(&list).await;
    assert_reads(&page, &["Session deleted.", "/product/2", "Total"]);
    assert!(!words(&page).contains("/product/1"));
    assert_eq!(server.get(&path).await.status, 404);
    assert_eq!(submit(&server, &format!("{path}/delete"), "").await.status, 404);

    server.catch_up().await;
    assert_eq!(rows(&server, "SELECT count(*) FROM batch").await, 1, "the bytes are gone as well");
    let late = page_load(NOW, "https://shop.example/product/1", "more");
    let late = server.post(&server.batch_path("session-of-page-001", "stream-0000000000", 1), &late).await;
    assert_eq!(late.status, 410, "what is deleted does not come back");
}

#[tokio::test]
async fn a_range_of_time_is_deleted_together() {
    let server = TestServer::start().await;
    for number in 0..40 {
        record(&server, number).await;
        if number % 10 == 9 {
            server.clock.advance(HOUR);
        }
    }
    let range = "from=2026-01-01T01%3A00Z&to=2026-01-01T03%3A00Z";
    let list = server.get(&format!("{}?{range}", server.sessions_path())).await;
    assert_reads(&list, &["Delete these sessions…"]);
    let path = format!("{}/delete", server.sessions_path());
    assert_reads(
        &server.get(&format!("{path}?{range}")).await,
        &["Delete 20 sessions?", "Started before 1 Jan 2026, 03:00 UTC"],
    );

    let deleted = submit(&server, &path, range).await;
    assert_eq!(deleted.header("location"), Some(format!("{}?deleted=20", server.sessions_path()).as_str()));
    let page = server.get(deleted.header("location").expect("a location")).await;
    assert_reads(&page, &["20 sessions deleted.", "All 20", "/product/5", "/product/35"]);
    assert!(!words(&page).contains("/product/15"));
    assert_reads(&server.get(&format!("{path}?{range}")).await, &["Nothing to delete"]);

    // Up to now, which is after all of them.
    let rest = submit(&server, &path, "from=2026-01-01").await;
    assert_eq!(rest.header("location"), Some(format!("{}?deleted=20", server.sessions_path()).as_str()));
    server.catch_up().await;
    assert_eq!(
        rows(&server, "SELECT (SELECT count(*) FROM session) + (SELECT count(*) FROM stream)").await,
        0
    );
}

#[tokio::test]
async fn only_what_can_be_told_exactly_is_deleted_together() {
    let server = TestServer::start().await;
    record(&server, 1).await;
    let path = format!("{}/delete", server.sessions_path());
    for query in
        ["", "url=product", "status=active", "visitor=a&from=2026-01-01", "from=2026-01-01&url=product"]
    {
        assert_eq!(server.get(&format!("{path}?{query}")).await.status, 400, "{query}");
        assert_eq!(submit(&server, &path, query).await.status, 400, "{query}");
        let list = server.get(&format!("{}?{query}", server.sessions_path())).await;
        assert!(!words(&list).contains("Delete these sessions"), "{query}");
    }
    assert_eq!(rows(&server, "SELECT count(*) FROM session").await, 1);
    let foreign = request("POST", &path, &["Origin: http://evil.example"], b"from=2026-01-01");
    assert_eq!(server.send(&foreign).await.status, 403);
    assert_eq!(rows(&server, "SELECT count(*) FROM session").await, 1);
}

#[tokio::test]
async fn the_replay_page_tells_what_is_stored_of_whom_and_what_failed() {
    let server = TestServer::start().await;
    record(&server, 1).await;
    let path = replay_path(&server, 1);
    let page = server.get(&path).await;
    assert_reads(&page, &["Stored size", " B "]);
    assert!(!words(&page).contains("Visitor") && !words(&page).contains("compacted"));
    let event = format!(
        r#"[{{"type":5,"data":{{"tag":"hindsight.identify","payload":{{"id":"<ada>"}}}},"timestamp":{NOW}}}]"#
    );
    server.post(&server.batch_path("session-of-page-001", "stream-0000000000", 1), &event).await;
    let failed = server
        .store
        .write(|conn| Ok(conn.execute("UPDATE session SET finish_error = 'a part is <broken>'", [])?));
    assert_eq!(failed.await.expect("the store writes"), 1);
    let page = server.get(&path).await;
    assert_reads(&page, &["Visitor &lt;ada&gt;", "could not be compacted: a part is &lt;broken&gt;"]);
    assert!(page.text().contains("/visitors/%3Cada%3E"), "the visitor leads to all that is known of them");
}
