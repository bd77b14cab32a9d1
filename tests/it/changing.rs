//! What changes something, and what does not: by where a request comes from, by its method,
//! for every row of the table of routes.

use std::time::Duration;

use hindsight::config::Settings;
use hindsight::store::Db;
use hindsight::web::{Route, Surface, routes};

use crate::pages::submit;
use crate::routes::filled;
use crate::said::{SESSION, finished_session};
use crate::server::{NOW, TestServer, page_load, request};

/// What browsers say with `Sec-Fetch-Site`.
const SITES: [Option<&str>; 5] =
    [Some("cross-site"), Some("same-site"), Some("none"), Some("same-origin"), None];

/// What they say with `Origin`: ours, as it is in `Host` and in `public_url`; others; nothing.
const ORIGINS: [Option<&str>; 7] = [
    Some("http://localhost"),
    Some("PUBLIC"),
    Some("http://evil.example"),
    Some("http://localhost.evil.example"),
    Some("http://localhost:81"),
    Some("null"),
    None,
];

/// Which of these may change something: a row for each site, a column for each origin.
const MAY: [[bool; 7]; 5] = {
    const NONE: [bool; 7] = [false; 7];
    const ALL: [bool; 7] = [true; 7];
    // Browsers that do not say the site say the origin.
    const BY_ORIGIN: [bool; 7] = [true, true, false, false, false, false, false];
    [NONE, NONE, ALL, ALL, BY_ORIGIN]
};

fn is_ours(route: &Route) -> bool {
    matches!(route.surface, Surface::Page | Surface::Data)
}

/// A server on which most of what routes are about is there.
async fn used() -> (TestServer, String) {
    // A proxy in front of it is reached by another port.
    let public = |settings: &mut Settings| settings.server.public_url = "http://test:8443".to_owned();
    let server = TestServer::start_with(public).await;
    finished_session(&server).await;
    let active = page_load(NOW + 3_600_000, "https://shop.example/", "hello");
    server.post(&server.batch_path("session-0000000002", "stream-0000000001", 0), &active).await;
    let session = format!("{}/{SESSION}", server.sessions_path());
    let views = format!("/connections/{}/views", server.connection.id);
    for (path, form) in [
        (format!("{session}/notes"), "at_ms=1500&text=Why&author=Ada"),
        (format!("{session}/pin"), "pinned=1"),
        (views, "name=Mine&query=q%3Dhello"),
        (format!("{}/chosen", server.sessions_path()), "do=tag&tag=seen&session=session-0000000001"),
    ] {
        assert_eq!(submit(&server, &path, form).await.status, 303, "{path}");
    }
    let shared = submit(&server, &format!("{session}/share"), "story=1").await;
    let link = shared.json()["url"].as_str().expect("a link").to_owned();
    (server, link.rsplit('/').next().expect("a token").to_owned())
}

/// All rows of all tables as text, but for the audit log: that somebody looked is noted there.
async fn dump(server: &TestServer) -> Vec<String> {
    let dumped = server.store.read(|conn: &Db| {
        let named = "SELECT name FROM sqlite_schema WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%' AND name <> 'audit'";
        let mut tables = conn.prepare(named)?;
        let tables = tables.query_map([], |row| row.get::<_, String>(0))?;
        let mut rows = Vec::new();
        for table in tables {
            let table = table?;
            let mut statement = conn.prepare(&format!("SELECT * FROM \"{table}\""))?;
            let columns = statement.column_count();
            let mut found = statement.query([])?;
            while let Some(row) = found.next()? {
                let values: Result<Vec<String>, _> = (0..columns)
                    .map(|column| row.get_ref(column).map(|value| format!("{value:?}")))
                    .collect();
                rows.push(format!("{table}: {}", values?.join(" ")));
            }
        }
        Ok(rows)
    });
    dumped.await.expect("the store reads")
}

#[tokio::test]
async fn only_our_own_pages_change_anything() {
    let (server, token) = used().await;
    let before = dump(&server).await;
    assert!(before.len() > 20, "there is something to change: {before:?}");
    let table = routes(&server.app);
    let changing: Vec<&Route> = table.iter().filter(|route| route.method != "GET").collect();
    let (ours, others): (Vec<&Route>, Vec<&Route>) = changing.iter().partition(|route| is_ours(route));
    assert!(ours.len() >= 20 && others.len() >= 3, "there are both kinds");
    let mut cells = 0;
    // Whoever may, comes last: it changes what the others are about.
    for may in [false, true] {
        for (site, row) in SITES.iter().zip(MAY) {
            for (origin, expected) in ORIGINS.iter().zip(row) {
                for route in ours.iter().chain(&others).filter(|_| expected == may) {
                    let refused = is_refused(&server, route, &token, *site, *origin).await;
                    assert_eq!(
                        refused,
                        !may && is_ours(route),
                        "{} {} {site:?} {origin:?}",
                        route.method,
                        route.path
                    );
                    cells += 1;
                }
            }
        }
        if !may {
            assert_eq!(dump(&server).await, before);
        }
    }
    println!("{cells} cells: {} routes of ours, {} others", ours.len(), others.len());
}

/// Whether it is refused for where it comes from.
async fn is_refused(
    server: &TestServer,
    route: &Route,
    token: &str,
    site: Option<&str>,
    origin: Option<&str>,
) -> bool {
    // Guests count their visits from anywhere: their link is none.
    let token = if is_ours(route) { token } else { "none" };
    let path = filled(&route.path.replace("{token}", token), server);
    let public = &server.app.public_url;
    let site = site.map(|site| format!("Sec-Fetch-Site: {site}"));
    let origin = origin.map(|origin| format!("Origin: {}", if origin == "PUBLIC" { public } else { origin }));
    let headers: Vec<&str> = site.iter().chain(&origin).map(String::as_str).collect();
    let answer = server.send(&request(route.method.as_str(), &path, &headers, b"")).await;
    let is_refused = answer.header("content-type") == Some("application/problem+json")
        && answer.json()["type"] == "/problems/cross-site";
    assert!(!is_refused || answer.status == 403);
    is_refused
}

#[tokio::test]
async fn reading_changes_nothing() {
    let (server, token) = used().await;
    server.clock.advance(Duration::from_secs(60));
    let before = dump(&server).await;
    let mut read = 0;
    for route in routes(&server.app).iter().filter(|route| route.method == "GET") {
        if route.path.ends_with("/live") {
            continue; // It does not end.
        }
        let path = filled(&route.path.replace("{token}", &token), &server);
        for method in ["GET", "GET", "HEAD"] {
            for query in ["", "?saved=1&done=saved&q=hello&delete=1&pinned=0"] {
                let address = format!("{path}{query}");
                server.send(&request(method, &address, &["Accept: text/html"], b"name=other")).await;
            }
        }
        assert_eq!(dump(&server).await, before, "{}", route.path);
        read += 1;
    }
    assert!(read > 40, "{read} routes");
}
