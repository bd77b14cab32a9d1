//! How much one address may ask for, and how long an answer may take.

use std::time::Duration;

use hindsight::config::Settings;

use crate::server::{NOW, TestServer, page_load, request};

/// A server where this machine's address is limited as any other.
async fn limited(change: impl FnOnce(&mut Settings)) -> TestServer {
    TestServer::start_with(|settings| {
        settings.server.limit_private_addresses = true;
        change(settings);
    })
    .await
}

#[tokio::test]
async fn strangers_ask_only_so_often() {
    let server = limited(|settings| {
        settings.server.requests_per_second_per_address = 1;
        settings.server.request_burst_per_address = 3;
    })
    .await;
    for path in ["/hindsight.js", "/share/none", "/not-there"] {
        assert_ne!(server.get(path).await.status, 429, "{path}");
    }
    for path in ["/hindsight.js", "/share/none", "/not-there"] {
        let refused = server.send(&request("GET", path, &[], b"")).await;
        assert_eq!((refused.status, refused.header("retry-after")), (429, Some("1")), "{path}");
        assert_eq!(refused.json()["type"], "/problems/too-many-requests");
    }
    let upload = server.batch_path("session-0000000001", "stream-0000000001", 0);
    assert_eq!(server.post(&upload, &page_load(NOW, "https://shop.example/", "hello")).await.status, 200);
    server.clock.advance(Duration::from_secs(1));
    assert_eq!(server.get("/hindsight.js").await.status, 200);
}

#[tokio::test]
async fn private_addresses_are_not_limited_by_default() {
    let server = TestServer::start_with(|settings| {
        settings.server.requests_per_second_per_address = 1;
        settings.server.request_burst_per_address = 1;
        settings.ingest.sessions_per_minute_per_address = 1;
        settings.ingest.session_burst_per_address = 1;
    })
    .await;
    for number in 0..5 {
        assert_eq!(server.get("/hindsight.js").await.status, 200);
        let session = format!("session-000000000{number}");
        let path = server.batch_path(&session, "stream-0000000001", 0);
        assert_eq!(server.post(&path, &page_load(NOW, "https://shop.example/", "hello")).await.status, 200);
    }
}

#[tokio::test]
async fn sessions_begin_only_so_often_and_go_on_as_they_like() {
    let server = limited(|settings| {
        settings.ingest.sessions_per_minute_per_address = 6;
        settings.ingest.session_burst_per_address = 2;
    })
    .await;
    let upload = async |session: &str, seq| {
        let path = server.batch_path(session, "stream-0000000001", seq);
        server.post(&path, &page_load(NOW, "https://shop.example/", "hello")).await
    };
    assert_eq!(upload("session-0000000001", 0).await.status, 200);
    assert_eq!(upload("session-0000000002", 0).await.status, 200);
    let refused = upload("session-0000000003", 0).await;
    assert_eq!((refused.status, refused.header("retry-after")), (429, Some("10")));
    let problem = refused.json();
    assert_eq!((&problem["type"], &problem["retry"]), (&"/problems/rate-limited".into(), &"later".into()));
    assert!(problem["detail"].as_str().is_some_and(|text| text.contains("sessions begin")), "{problem}");
    for seq in 1..5 {
        assert_eq!(upload("session-0000000001", seq).await.status, 200, "a session that is known");
    }
    server.clock.advance(Duration::from_secs(10));
    assert_eq!(upload("session-0000000003", 0).await.status, 200);
    assert_eq!(upload("session-0000000004", 0).await.status, 429);
}

#[tokio::test]
async fn a_page_that_does_not_come_is_given_up_and_the_next_one_is_there() {
    let server = TestServer::start_with(|settings| {
        settings.server.handler_timeout_seconds = 1;
        settings.store.readers = 1;
    })
    .await;
    assert_eq!(server.get(&server.sessions_path()).await.status, 200, "it has started");
    let (release, held) = std::sync::mpsc::channel::<()>();
    let store = server.store.clone();
    let holding = tokio::spawn(async move {
        let hold = move |_: &hindsight::store::Db| {
            let _ = held.recv();
            Ok(())
        };
        store.read(hold).await
    });
    // The only reader is taken as soon as a page waits for it.
    tokio::time::sleep(Duration::from_millis(200)).await;
    let late = server.get(&server.sessions_path()).await;
    assert_eq!(late.status, 503, "{}", late.text());
    assert!(late.header("retry-after").is_some() && late.text().contains("This took too long"));
    assert_eq!(
        late.header("content-security-policy").map(|policy| &policy[..18]),
        Some("default-src 'none'")
    );
    release.send(()).expect("it waits");
    holding.await.expect("no panic").expect("it reads");
    assert_eq!(server.get(&server.sessions_path()).await.status, 200);
}
