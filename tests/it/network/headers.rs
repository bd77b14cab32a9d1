//! What every answer carries, walked over the whole table of routes: pages, data, files, errors.

use std::io::{Read, Write};
use std::net::TcpStream;

use hindsight::web::{Route, Surface, routes};

use crate::routes::filled;
use crate::server::{Answer, NOW, TestServer, page_load, parse, request};

const PAGE: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
    font-src 'self'; connect-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; object-src 'none'; \
    frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'";
const DATA: &str = "default-src 'none'; frame-ancestors 'none'";
const STAGE: &str = "default-src 'none'; script-src 'nonce-R'; style-src 'unsafe-inline'; img-src data: blob:; \
    font-src data:; media-src data: blob:; connect-src 'self'; frame-src 'none'; worker-src 'none'; \
    base-uri 'none'; form-action 'none'; object-src 'none'; frame-ancestors 'self'; \
    sandbox allow-scripts allow-same-origin";

/// The head of an answer, which may be one that never ends.
async fn head(server: &TestServer, bytes: Vec<u8>) -> Answer {
    let address = server.address;
    let reading = tokio::task::spawn_blocking(move || {
        let mut socket = TcpStream::connect(address).expect("the server accepts");
        socket.set_read_timeout(Some(std::time::Duration::from_secs(20))).expect("a timeout");
        socket.write_all(&bytes).expect("sent");
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            socket.read_exact(&mut byte).expect("a whole head");
            head.push(byte[0]);
        }
        parse(&head)
    });
    reading.await.expect("a socket thread")
}

/// The policy, with the same word for each nonce.
fn policy(answer: &Answer) -> String {
    let policy = answer.header("content-security-policy").unwrap_or_default();
    let Some((before, rest)) = policy.split_once("'nonce-") else { return policy.to_owned() };
    let after = rest.split_once('\'').map_or("", |(_, after)| after);
    format!("{before}'nonce-R'{after}")
}

/// A page that is framed by another of ours has a policy of its own; so has the stage.
fn is_preview(path: &str) -> bool {
    path.ends_with("/widget/preview")
}

fn assert_carries(answer: &Answer, surface: Surface, path: &str, what: &str) {
    let is_guest = path.starts_with("/share/");
    let succeeded = (200..300).contains(&answer.status);
    let expect = |name: &str, value: Option<&str>| assert_eq!(answer.header(name), value, "{name}: {what}");
    expect("x-content-type-options", Some("nosniff"));
    expect("permissions-policy", Some("camera=(), microphone=(), geolocation=(), payment=(), usb=()"));
    let referrer = if surface == Surface::Page && !is_guest { "same-origin" } else { "no-referrer" };
    expect("referrer-policy", Some(referrer));
    expect("access-control-allow-credentials", None);
    expect("strict-transport-security", None);
    expect("server", None);
    expect("x-powered-by", None);
    let is_for_every_site = matches!(surface, Surface::Ingest | Surface::Asset);
    let [every, ours] = [true, false].map(|wanted| (is_for_every_site == wanted).then_some(()));
    expect(
        "cross-origin-resource-policy",
        Some(if is_for_every_site { "cross-origin" } else { "same-origin" }),
    );
    expect("access-control-allow-origin", every.map(|()| "*"));
    expect("access-control-expose-headers", every.map(|()| "Retry-After, X-Request-Id"));
    expect("cross-origin-opener-policy", ours.map(|()| "same-origin"));
    expect("origin-agent-cluster", ours.map(|()| "?1"));
    expect("x-dns-prefetch-control", ours.map(|()| "off"));
    if !succeeded {
        expect("cache-control", Some("no-store"));
    }
    if !(is_preview(path) && succeeded) {
        let stage = surface == Surface::Stage;
        expect("x-frame-options", Some(if stage { "SAMEORIGIN" } else { "DENY" }));
        let expected = match surface {
            Surface::Page | Surface::Share => PAGE,
            Surface::Stage if succeeded => STAGE,
            _ => DATA,
        };
        assert_eq!(policy(answer), expected, "{what}");
    }
}

#[tokio::test]
async fn every_answer_of_every_route_carries_its_headers_exactly() {
    let server = TestServer::start().await;
    let body = page_load(NOW, "https://shop.example/", "hello");
    server.post(&server.batch_path("session-0000000001", "stream-0000000001", 0), &body).await;
    let routes: Vec<Route> = routes(&server.app);
    let accepts = ["Accept: text/html", "Accept: */*"];
    for route in &routes {
        let path = filled(route, &server);
        // As it is meant, by the wrong method, with two names of the host, and what is not there.
        for (method, more) in [
            (route.method.as_str(), "X: y"),
            (route.method.as_str(), "Sec-Fetch-Site: same-origin"),
            ("PATCH", "X: y"),
            (route.method.as_str(), "Host: other"),
        ] {
            for accept in accepts {
                let answer = head(&server, request(method, &path, &[accept, more], b"")).await;
                let what = format!("{method} {path} {accept} {more} ({})", answer.status);
                // Which of two surfaces speaks for a path that no method was found for is the first.
                let of_path = || routes.iter().find(|other| other.path == route.path);
                let surface = if method == "PATCH" {
                    of_path().map_or(route.surface, |first| first.surface)
                } else {
                    route.surface
                };
                assert_carries(&answer, surface, &path, &what);
                if answer.status >= 400 {
                    let content_type = answer.header("content-type").unwrap_or_default();
                    let is_page = accept == accepts[0]
                        && matches!(surface, Surface::Page | Surface::Share | Surface::Stage);
                    let expected =
                        if is_page { "text/html; charset=utf-8" } else { "application/problem+json" };
                    assert_eq!(content_type, expected, "{what}");
                }
            }
        }
    }
    for path in ["/not-there", "/assets/none.js", "/connections/1/nothing", "/%2e%2e/x", "//"] {
        let answer = head(&server, request("GET", path, &[accepts[0]], b"")).await;
        assert_eq!(answer.status, 404, "{path}");
        assert_carries(&answer, Surface::Page, path, path);
    }
}
