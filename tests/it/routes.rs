//! The table of routes, walked row by row.

use hindsight::ingest::gzip;
use hindsight::web::{Surface, routes};

use crate::server::{NOW, TestServer, page_load, request};

/// A route's path with ids that exist, as far as they are known beforehand.
pub fn filled(path: &str, server: &TestServer) -> String {
    path.replace("{connection}", &server.connection.id.to_string())
        .replace("{session}", "session-0000000001")
        .replace("{stream}", "stream-0000000001")
        .replace("{seq}", "0")
        .replace("{report}", "1")
        .replace("{receipt}", "1")
        .replace("{table}", "1.csv")
        .replace("{plugin}", "friction")
        .replace("{rerun}", "1")
        .replace("{visitor}", "ada")
        .replace("{kind}", "busy")
        .replace("{note}", "1")
        .replace("{share}", "1")
        .replace("{token}", "none")
        .replace("{token_id}", "1")
        .replace("{user}", "1")
        .replace("{login}", "1")
        .replace("{webhook}", "1")
        .replace("{key}", &server.connection.write_key)
        .replace("{*address}", "x")
        .split('/')
        .map(|part| if part.starts_with('{') { "1" } else { part })
        .collect::<Vec<_>>()
        .join("/")
}

#[tokio::test]
async fn every_answer_carries_its_headers() {
    let server = TestServer::start().await;
    let body = page_load(NOW, "https://shop.example/", "hello");
    server.post(&server.batch_path("session-0000000001", "stream-0000000001", 0), &body).await;
    for route in routes(&server.app) {
        if route.path.ends_with("/live") {
            continue; // It does not end; `pages` reads it.
        }
        let path = filled(&route.path, &server);
        let answer = server.send(&request(route.method.as_str(), &path, &[], b"")).await;
        let what = format!("{} {path} ({})", route.method, answer.status);
        assert!(answer.status < 500, "{what}");
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{what}");
        // Pages need theirs for their own forms: without it a browser hides the origin.
        let referrer = if route.surface == Surface::Page { "same-origin" } else { "no-referrer" };
        assert_eq!(answer.header("referrer-policy"), Some(referrer), "{what}");
        let policy = answer.header("content-security-policy").unwrap_or_default();
        assert!(policy.starts_with("default-src 'none'"), "{what}: {policy}");
        let for_every_site = matches!(route.surface, Surface::Ingest | Surface::Asset);
        let cors = answer.header("access-control-allow-origin");
        assert_eq!(cors, for_every_site.then_some("*"), "{what}");
        assert_eq!(answer.header("access-control-allow-credentials"), None, "{what}");
    }
}

#[tokio::test]
async fn other_methods_are_told_which_are_allowed() {
    let server = TestServer::start().await;
    let routes = routes(&server.app);
    for route in &routes {
        let path = filled(&route.path, &server);
        let answer = server.send(&request("PUT", &path, &[], b"")).await;
        assert_eq!(answer.status, 405, "PUT {path}");
        let allowed = answer.header("allow").unwrap_or_default().to_owned();
        assert!(allowed.contains(route.method.as_str()), "PUT {path} allows {allowed}");
    }
}

#[tokio::test]
async fn a_form_is_read_within_its_limit() {
    let server = TestServer::start().await;
    let body = page_load(NOW, "https://shop.example/", "hello");
    server.post(&server.batch_path("session-0000000001", "stream-0000000001", 0), &body).await;
    let path = format!("{}/session-0000000001/pin", server.sessions_path());
    for (bytes, status) in [(64 * 1024, 303), (64 * 1024 + 1, 413)] {
        let form = format!("pinned=1&more={}", "x".repeat(bytes - 14));
        let sent = request("POST", &path, &["Sec-Fetch-Site: same-origin"], form.as_bytes());
        assert_eq!(server.send(&sent).await.status, status, "{bytes} bytes");
    }
}

#[tokio::test]
async fn head_is_answered_like_get_without_a_body() {
    let server = TestServer::start().await;
    let body = page_load(NOW, "https://shop.example/", "hello");
    server.post(&server.batch_path("session-0000000001", "stream-0000000001", 0), &body).await;
    for route in routes(&server.app).iter().filter(|route| route.method == "GET") {
        if !route.path.ends_with("/live") {
            let path = filled(&route.path, &server);
            let [get, head] =
                ["GET", "HEAD"].map(|method| request(method, &path, &["Accept: text/html"], b""));
            let (get, head) = (server.send(&get).await, server.send(&head).await);
            assert_eq!((head.status, head.body.len()), (get.status, 0), "HEAD {path}");
            assert_eq!(head.header("content-type"), get.header("content-type"), "HEAD {path}");
        }
    }
    let path = format!("{}/session-0000000001/delete", server.sessions_path());
    let answer = server.send(&request("PATCH", &path, &[], b"")).await;
    assert_eq!(answer.header("allow"), Some("GET, HEAD, POST"));
}

#[tokio::test]
async fn a_request_with_two_hosts_is_refused() {
    let server = TestServer::start().await;
    let answer = server.send(&request("GET", "/", &["Host: other"], b"")).await;
    assert_eq!(answer.status, 400);
}

#[tokio::test]
async fn idle_connections_are_closed() {
    use std::io::{Read, Write};
    let server = TestServer::start_with(|settings| settings.server.header_timeout_seconds = 1).await;
    for sent in ["", "GET / HT", "GET / HTTP/1.1\r\nHost: x\r\n"] {
        let mut socket = std::net::TcpStream::connect(server.address).expect("the server accepts");
        socket.set_read_timeout(Some(std::time::Duration::from_secs(10))).expect("a timeout");
        socket.write_all(sent.as_bytes()).expect("sent");
        let closed = tokio::task::spawn_blocking(move || {
            let mut rest = Vec::new();
            socket.read_to_end(&mut rest).is_ok()
        });
        assert!(closed.await.expect("a socket thread"), "{sent:?} is not waited for");
    }
}

#[tokio::test]
async fn a_page_comes_as_gzip_to_who_takes_it() {
    let server = TestServer::start().await;
    let path = server.sessions_path();
    let plain = server.get(&path).await;
    assert_eq!(plain.header("content-encoding"), None);
    for refusing in ["Accept-Encoding: br", "Accept-Encoding: gzip;q=0"] {
        assert_eq!(
            server.send(&request("GET", &path, &[refusing], b"")).await.body,
            plain.body,
            "{refusing}"
        );
    }
    let packed = server.send(&request("GET", &path, &["Accept-Encoding: gzip, br"], b"")).await;
    assert_eq!(packed.header("content-encoding"), Some("gzip"));
    assert_eq!(packed.header("vary"), Some("accept-encoding"));
    assert_eq!(packed.header("content-length"), Some(packed.body.len().to_string().as_str()));
    assert_eq!(gzip::inflate(&packed.body, gzip::Limits::STORED).expect("gzip"), plain.body);
    assert!(packed.body.len() * 2 < plain.body.len(), "{} of {}", packed.body.len(), plain.body.len());
}
