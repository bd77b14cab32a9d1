//! Uploads: stored once, whatever is sent how often and in what order.

use hindsight::ingest::gzip;
use hindsight::store::{Scope, connections};

use crate::server::{NOW, TestServer, add_connection, page_load, request, sessions_path};

const SESSION: &str = "session-0000000001";
const STREAM: &str = "stream-00000000001";

#[tokio::test]
async fn an_upload_is_answered_with_what_became_of_it() {
    let server = TestServer::start().await;
    let body = page_load(NOW, "https://shop.example/", "hello");
    let answer = server.post(&server.batch_path(SESSION, STREAM, 0), &body).await;
    assert_eq!(answer.status, 200);
    let expected = serde_json::json!({
        "stored": true, "duplicate": false, "session": SESSION, "seq": 0, "next": 1, "server_time": NOW,
    });
    assert_eq!(answer.json(), expected);
}

#[tokio::test]
async fn a_hundred_parallel_posts_of_a_batch_store_it_once() {
    let server = TestServer::start().await;
    let path = server.batch_path(SESSION, STREAM, 0);
    let body = page_load(NOW, "https://shop.example/", "hello");
    let posts = futures_util::future::join_all((0..100).map(|_| server.post(&path, &body))).await;
    let new = posts.iter().filter(|answer| answer.json()["duplicate"] == false).count();
    assert!(posts.iter().all(|answer| answer.status == 200));
    assert_eq!(new, 1);
}

#[tokio::test]
async fn gzip_is_stored_and_served_byte_for_byte() {
    let server = TestServer::start().await;
    let sent = gzip::deflate(page_load(NOW, "https://shop.example/", "hello").as_bytes());
    let path = server.batch_path(SESSION, STREAM, 0);
    assert_eq!(server.send(&request("POST", &path, &[], &sent)).await.status, 200);

    let part = format!("{}/{SESSION}/streams/{STREAM}/batches/0", server.sessions_path());
    let served = server.send(&request("GET", &part, &["Accept-Encoding: gzip"], b"")).await;
    assert_eq!(served.header("content-encoding"), Some("gzip"));
    assert_eq!(served.body, sent);
}

#[tokio::test]
async fn one_session_id_under_two_keys_is_two_sessions() {
    let server = TestServer::start().await;
    let blog = add_connection(&server.store, "Blog").await;
    let body = page_load(NOW, "https://shop.example/", "hello");
    for key in [&server.connection.write_key, &blog.write_key] {
        let path = format!("/ingest/{key}/{SESSION}/{STREAM}/0");
        assert_eq!(server.post(&path, &body).await.json()["duplicate"], false);
    }
    for connection in [server.connection.id, blog.id] {
        let page = server.get(&format!("{}/{SESSION}", sessions_path(connection))).await;
        assert_eq!(page.status, 200);
    }
}

#[tokio::test]
async fn a_connection_added_while_the_server_runs_is_known_at_once() {
    let server = TestServer::start().await;
    let path = format!("/ingest/hk_test_late/{SESSION}/{STREAM}/0");
    let body = page_load(NOW, "https://late.example/", "hello");
    assert_eq!(server.post(&path, &body).await.status, 401);
    add_connection(&server.store, "Late").await;
    assert_eq!(server.post(&path, &body).await.status, 200);
}

#[tokio::test]
async fn a_flood_of_invented_keys_never_makes_a_good_one_unknown() {
    let server = TestServer::start().await;
    let body = page_load(NOW, "https://shop.example/", "hello");
    let path = |key: &str| format!("/ingest/{key}/{SESSION}/{STREAM}/0");
    let invented: Vec<String> = (0..80).map(|number| path(&format!("hk_invented_{number}"))).collect();
    for answer in futures_util::future::join_all(invented.iter().map(|path| server.post(path, &body))).await {
        assert!([401, 503].contains(&answer.status), "{}", answer.status);
    }
    let good = server.post(&path(&server.connection.write_key), &body).await;
    assert!([200, 503].contains(&good.status), "{}: {}", good.status, good.text());
    assert!(good.status == 200 || good.header("retry-after").is_some());
}

#[tokio::test]
async fn a_stream_without_a_picture_is_asked_for_one() {
    let server = TestServer::start().await;
    let moved = r#"[{"type":3,"data":{"source":1,"positions":[]},"timestamp":1}]"#;
    let blind = server.post(&server.batch_path(SESSION, STREAM, 1), moved).await;
    assert_eq!(blind.json()["snapshot"], true);
    let body = page_load(NOW, "https://shop.example/", "hello");
    let seeing = server.post(&server.batch_path(SESSION, STREAM, 2), &body).await;
    assert_eq!(seeing.json().get("snapshot"), None);
}

#[tokio::test]
async fn a_session_is_over_after_its_last_page_went_away_or_it_fell_silent() {
    let server = TestServer::start().await;
    let body = page_load(NOW, "https://shop.example/", "hello");
    let ended = format!("{}?end=1", server.batch_path(SESSION, STREAM, 0));
    server.post(&ended, &body).await;
    server.post(&server.batch_path("session-0000000002", STREAM, 0), &body).await;

    assert_eq!(completed(&server).await, 0, "a next page may still load");
    server.clock.advance(server.settings.sessions.ended_grace() + std::time::Duration::from_millis(1));
    assert_eq!(completed(&server).await, 1, "the ended one");
    server.clock.advance(server.settings.sessions.idle_after());
    assert_eq!(completed(&server).await, 2, "the silent one");
}

#[tokio::test]
async fn a_next_page_keeps_an_ended_session_active() {
    let server = TestServer::start().await;
    let body = page_load(NOW, "https://shop.example/", "hello");
    server.post(&format!("{}?end=1", server.batch_path(SESSION, STREAM, 0)), &body).await;
    server.post(&server.batch_path(SESSION, "stream-00000000002", 0), &body).await;
    server.clock.advance(server.settings.sessions.ended_grace() * 2);
    assert_eq!(completed(&server).await, 0);
}

#[tokio::test]
async fn a_body_that_does_not_come_is_not_waited_for() {
    let server = TestServer::start_with(|settings| settings.ingest.body_timeout_seconds = 1).await;
    let path = server.batch_path(SESSION, STREAM, 0);
    let head =
        format!("POST {path} HTTP/1.1\r\nHost: test\r\nConnection: close\r\nContent-Length: 50\r\n\r\n[{{");
    let answer = server.send(head.as_bytes()).await;
    assert_eq!((answer.status, answer.json()["type"].as_str()), (408, Some("/problems/body-timeout")));
}

#[tokio::test]
async fn the_ingest_path_can_be_renamed() {
    let server = TestServer::start_with(|settings| {
        settings.recorder.ingest_path = "/in".to_owned();
        settings.recorder.script_path = "/r.js".to_owned();
    })
    .await;
    assert!(server.get(&server.sessions_path()).await.text().contains("/r.js"), "the snippet knows the path");
    let path = server.batch_path(SESSION, STREAM, 0);
    let body = page_load(NOW, "https://shop.example/", "hello");
    assert_eq!(server.post(&path, &body).await.status, 404);
    assert_eq!(server.post(&path.replace("/ingest/", "/in/"), &body).await.status, 200);
    let script = server.get("/r.js").await;
    assert_eq!(script.status, 200);
    assert!(
        script.text().contains("\"/in\"") || script.text().contains("`/in`"),
        "the loader knows the path"
    );
}

/// How many sessions are completed once the server has caught up.
async fn completed(server: &TestServer) -> i64 {
    server.catch_up().await;
    let connection = server.connection.id;
    let read =
        server.store.read(move |conn| connections::totals(conn, &Scope::everything(), connection)).await;
    read.expect("the store reads").completed
}
