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

/// What the answer does not carry as it should.
fn wrong(answer: &Answer, surface: Surface, path: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut expect = |name: &str, expected: Option<&str>| {
        let found = answer.header(name);
        if found != expected {
            wrong.push(format!("{name}: {found:?}, not {expected:?}"));
        }
    };
    let succeeded = (200..300).contains(&answer.status);
    expect("x-content-type-options", Some("nosniff"));
    expect("permissions-policy", Some("camera=(), microphone=(), geolocation=(), payment=(), usb=()"));
    let is_own_page = surface == Surface::Page && !path.starts_with("/share/");
    expect("referrer-policy", Some(if is_own_page { "same-origin" } else { "no-referrer" }));
    for never in ["access-control-allow-credentials", "strict-transport-security", "server", "x-powered-by"] {
        expect(never, None);
    }
    let is_for_every_site = matches!(surface, Surface::Ingest | Surface::Asset);
    let for_every_site = |value| is_for_every_site.then_some(value);
    let for_ours = |value| (!is_for_every_site).then_some(value);
    let resource = if is_for_every_site { "cross-origin" } else { "same-origin" };
    expect("cross-origin-resource-policy", Some(resource));
    expect("access-control-allow-origin", for_every_site("*"));
    expect("access-control-expose-headers", for_every_site("Retry-After, X-Request-Id"));
    expect("cross-origin-opener-policy", for_ours("same-origin"));
    expect("origin-agent-cluster", for_ours("?1"));
    expect("x-dns-prefetch-control", for_ours("off"));
    if !succeeded {
        expect("cache-control", Some("no-store"));
    }
    if is_preview(path) && succeeded {
        return wrong;
    }
    expect("x-frame-options", Some(if surface == Surface::Stage { "SAMEORIGIN" } else { "DENY" }));
    let expected = match surface {
        Surface::Page | Surface::Share => PAGE,
        Surface::Stage if succeeded => STAGE,
        _ => DATA,
    };
    let found = policy(answer);
    if found != expected {
        wrong.push(format!("content-security-policy: {found}"));
    }
    wrong
}

/// What a refusal is written in; pages that show a form again are theirs.
fn wrong_type(answer: &Answer, surface: Surface, accept: &str) -> Option<String> {
    if answer.status < 400 || answer.status == 422 {
        return None;
    }
    let found = answer.header("content-type").unwrap_or_default();
    let is_page = accept == "text/html" && matches!(surface, Surface::Page | Surface::Share | Surface::Stage);
    let expected = if is_page { "text/html; charset=utf-8" } else { "application/problem+json" };
    (found != expected).then(|| format!("content-type: {found}, not {expected}"))
}

#[tokio::test]
async fn every_answer_of_every_route_carries_its_headers_exactly() {
    let server = TestServer::start().await;
    let body = page_load(NOW, "https://shop.example/", "hello");
    server.post(&server.batch_path("session-0000000001", "stream-0000000001", 0), &body).await;
    let routes: Vec<Route> = routes(&server.app);
    // What changes something comes last: it may take away what the others show.
    let (reading, changing): (Vec<&Route>, Vec<&Route>) =
        routes.iter().partition(|route| route.method == "GET");
    let (mut all, mut stages) = (Vec::new(), 0);
    for route in reading.into_iter().chain(changing) {
        let path = filled(&route.path, &server);
        // The first row of a path speaks for a method that none has.
        let first =
            routes.iter().find(|other| other.path == route.path).map_or(route.surface, |row| row.surface);
        let method = route.method.as_str();
        for (method, more, surface) in [
            (method, "X: y", route.surface),
            (method, "Sec-Fetch-Site: same-origin", route.surface),
            (method, "Host: other", route.surface),
            ("PATCH", "X: y", first),
        ] {
            for accept in ["text/html", "*/*"] {
                let headers = [&format!("Accept: {accept}"), more];
                let answer = head(&server, request(method, &path, &headers, b"")).await;
                stages += u32::from(surface == Surface::Stage && answer.status == 200);
                let what = format!("{method} {path} {accept} {more} ({})", answer.status);
                let found =
                    wrong(&answer, surface, &path).into_iter().chain(wrong_type(&answer, surface, accept));
                all.extend(found.map(|wrong| format!("{what}: {wrong}")));
            }
        }
    }
    for path in ["/not-there", "/assets/none.js", "/connections/1/nothing", "/%2e%2e/x", "//"] {
        let answer = head(&server, request("GET", path, &["Accept: text/html"], b"")).await;
        let found = wrong(&answer, Surface::Page, path).into_iter().chain(wrong_type(
            &answer,
            Surface::Page,
            "text/html",
        ));
        all.extend(found.map(|wrong| format!("{path} ({}): {wrong}", answer.status)));
    }
    assert!(all.is_empty(), "{all:#?}");
    assert!(stages > 0, "no stage was shown");
}
