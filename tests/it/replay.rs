//! What the player is given.

use crate::server::{NOW, TestServer, page_load, request};

const SESSION: &str = "session-0000000001";
const TAB_A: &str = "stream-a-000000001";
const TAB_B: &str = "stream-b-000000001";

async fn two_pages() -> TestServer {
    let server = TestServer::start().await;
    let click = format!(r#"[{{"type":3,"data":{{"source":2,"type":2,"id":3}},"timestamp":{}}}]"#, NOW + 5000);
    for (stream, seq, body) in [
        (TAB_A, 0, page_load(NOW, "https://shop.example/", "first")),
        (TAB_A, 3, click),
        (TAB_B, 0, page_load(NOW + 60_000, "https://shop.example/cart", "second")),
    ] {
        assert_eq!(server.post(&server.batch_path(SESSION, stream, seq), &body).await.status, 200);
    }
    server
}

#[tokio::test]
async fn the_manifest_says_what_plays_when() {
    let server = two_pages().await;
    let base = format!("{}/{SESSION}", server.sessions_path());
    let manifest = server.get(&format!("{base}/manifest.json")).await.json();
    assert_eq!(
        manifest,
        serde_json::json!({
            "session": SESSION, "status": "active", "heard_at": NOW, "styles_url": "/connections/1/styles/", "duration_ms": 9000,
            "streams": [
                {
                    "id": TAB_A, "version": 1, "offset_ms": 0, "duration_ms": 5000, "started_at": NOW, "missing": [[1, 2]],
                    "parts": [
                        { "url": format!("{base}/streams/{TAB_A}/batches/0"), "seq": 0, "index": 0, "starts_ms": 0, "json_bytes": 499, "active": [[0, 2000, 1]], "styles": [],
                          "ends_ms": 2000, "events": 3, "interactions": 1, "snapshot": true },
                        { "url": format!("{base}/streams/{TAB_A}/batches/3"), "seq": 3, "index": 0, "starts_ms": 5000, "json_bytes": 74, "active": [[5000, 5000, 1]], "styles": [],
                          "ends_ms": 5000, "events": 1, "interactions": 1, "snapshot": false },
                    ],
                },
                {
                    "id": TAB_B, "version": 2, "offset_ms": 7000, "duration_ms": 2000, "started_at": NOW + 60_000, "missing": [],
                    "parts": [
                        { "url": format!("{base}/streams/{TAB_B}/batches/0"), "seq": 0, "index": 0, "starts_ms": 7000, "json_bytes": 504, "active": [[7000, 9000, 1]], "styles": [],
                          "ends_ms": 9000, "events": 3, "interactions": 1, "snapshot": true },
                    ],
                },
            ],
        })
    );
}

#[tokio::test]
async fn parts_are_served_as_the_browser_takes_them_and_kept_private() {
    let server = two_pages().await;
    let path = format!("{}/{SESSION}/streams/{TAB_A}/batches/0", server.sessions_path());
    let plain = server.get(&path).await;
    assert_eq!(plain.header("content-encoding"), None);
    assert_eq!(plain.json()[1]["type"], 2);
    let refused = server.send(&request("GET", &path, &["Accept-Encoding: gzip;q=0, br"], b"")).await;
    assert_eq!(refused.header("content-encoding"), None);
    let gzip = server.send(&request("GET", &path, &["Accept-Encoding: br, gzip"], b"")).await;
    assert_eq!(gzip.header("content-encoding"), Some("gzip"));
    assert_eq!(gzip.header("cache-control"), Some("private, max-age=31536000, immutable"));
}

#[tokio::test]
async fn the_stage_has_a_policy_of_its_own_with_a_fresh_nonce() {
    let server = two_pages().await;
    let path = format!("{}/{SESSION}/stage", server.sessions_path());
    let mut nonces = Vec::new();
    for _ in 0..2 {
        let stage = server.get(&path).await;
        let policy = stage.header("content-security-policy").expect("a policy").to_owned();
        let nonce = policy.split("'nonce-").nth(1).and_then(|rest| rest.split('\'').next()).expect("a nonce");
        assert!(stage.text().contains(&format!("nonce=\"{nonce}\"")), "{}", stage.text());
        for part in [
            "default-src 'none'",
            "img-src data: blob:",
            "frame-src 'none'",
            "frame-ancestors 'self'",
            "sandbox allow-scripts allow-same-origin",
        ] {
            assert!(policy.contains(part), "{policy} lacks {part}");
        }
        nonces.push(nonce.to_owned());
    }
    assert_ne!(nonces[0], nonces[1]);
}

#[tokio::test]
async fn a_short_link_leads_from_a_write_key_to_the_replay() {
    let server = two_pages().await;
    let key = &server.connection.write_key;
    let answer = server.get(&format!("/go/{key}/{SESSION}?t=1.5")).await;
    assert_eq!(answer.status, 303);
    let expected = format!("{}/{SESSION}?t=1.5", server.sessions_path());
    assert_eq!(answer.header("location"), Some(expected.as_str()));
    let moment = server.get(&format!("/go/{key}/{SESSION}?at={}", NOW + 61_000)).await;
    let page = server.get(moment.header("location").expect("a place")).await;
    assert!(page.text().contains("8000"), "the second page starts at 7 s: {}", page.text());
    assert_eq!(server.get(&format!("/go/unknown/{SESSION}")).await.status, 404);
}

#[tokio::test]
async fn what_does_not_exist_is_not_found() {
    let server = two_pages().await;
    let sessions = server.sessions_path();
    for path in [
        format!("{sessions}/session-9999999999"),
        format!("{sessions}/short"),
        format!("{sessions}/session-9999999999/stage"),
        format!("{sessions}/session-9999999999/manifest.json"),
        format!("{sessions}/{SESSION}/streams/{TAB_A}/batches/1"),
        format!("{sessions}/{SESSION}/streams/{TAB_A}/batches/x"),
        format!("/connections/99/sessions/{SESSION}"),
        "/connections/99/sessions".to_owned(),
        "/connections/x/sessions".to_owned(),
        "/nothing".to_owned(),
    ] {
        assert_eq!(server.get(&path).await.status, 404, "{path}");
    }
}
