//! What a person reads of what plugins found in a session, and of what its visitor did.

use hindsight::model::{Analysis, Score, Severity};
use hindsight::timeline::{Button, Element, Event, Kind, Level, PageCause};

use hindsight::store::{Db, runs};

use crate::pages::{assert_reads, words};
use crate::said::{SESSION, analysed, finding, finished_session, read};
use crate::server::{TestServer, sessions_path};

fn replay_path(server: &TestServer) -> String {
    format!("{}/{SESSION}", server.sessions_path())
}

fn event(at: u32, kind: Kind) -> Event {
    Event { at, page: 0, kind }
}

fn page_view(at: u32, url: &str) -> Event {
    let (url, title) = (url.to_owned(), String::new());
    event(at, Kind::PageView { url, title, cause: PageCause::Load, width: 800, height: 600 })
}

fn click(at: u32, label: &str) -> Event {
    let (tag, role) = ("button".to_owned(), "button".to_owned());
    let target = Element { tag, role, label: label.to_owned(), ..Element::default() };
    event(at, Kind::Click { target: target.into(), button: Button::Primary, x: 1, y: 1 })
}

fn prompt(at: u32, text: &str) -> Event {
    let (id, conversation) = (String::new(), String::new());
    event(at, Kind::Prompt { id, conversation, text: text.to_owned() })
}

fn console(at: u32, level: Level, text: &str) -> Event {
    event(at, Kind::Console { level, text: text.to_owned(), stack: String::new() })
}

#[tokio::test]
async fn a_row_says_what_happened_and_what_was_found() {
    let server = TestServer::start().await;
    let row = finished_session(&server).await;
    let before = words(&server.get(&server.sessions_path()).await);
    let listed = before.split_once("What happened Browser").expect("a list").1;
    let listed = listed.split_once("Record more pages").expect("its end").0;
    assert!(!listed.contains("finding") && !listed.contains("Score"), "{listed}");
    read(
        &server,
        row,
        &[page_view(0, "https://shop.example/"), click(10, "Pay"), prompt(20, "Where is it?")],
    )
    .await;
    let findings = vec![
        finding("rage-click", Severity::High, 1000, "Rage", ""),
        finding("rage-click", Severity::Medium, 1500, "Rage", ""),
        finding("quick-back", Severity::Low, 2000, "Back", ""),
    ];
    let score = Some(Score { points: 62, why: "2 rage clicks <b>".to_owned() });
    analysed(&server, row, Analysis { findings, facts: Vec::new(), score }).await;
    let page = server.get(&server.sessions_path()).await;
    let text = page.text();
    for expected in [
        "title=\"1 page view\"",
        "title=\"1 click\"",
        "title=\"1 prompt\"",
        "title=\"3 findings: 2 × rage click (high), quick back (low)\"",
        "Score 62 of 100: 2 rage clicks &lt;b&gt;",
        "class=\"found found-high\"",
        &format!("href=\"{}?panel=findings\"", replay_path(&server)),
    ] {
        assert!(text.contains(expected), "{expected} is not in {text}");
    }
    assert!(!text.contains("1 error"), "there was none");
}

#[tokio::test]
async fn a_replay_lists_its_findings_where_they_play() {
    let server = TestServer::start().await;
    let row = finished_session(&server).await;
    let waits = server.get(&replay_path(&server)).await;
    assert_reads(&waits, &["Findings", "Plugins look at a session once it is over"]);
    let settle = move |conn: &Db| {
        let due = runs::as_due(conn, row)?.expect("it is finished");
        runs::settle(conn, &due)
    };
    server.store.write(settle).await.expect("the store writes");
    assert_reads(&server.get(&replay_path(&server)).await, &["Plugins found nothing in this session."]);
    let mut found = finding(
        "rage-click",
        Severity::High,
        61_000,
        "Five clicks on <Pay>",
        "The button **did nothing**. <img src=x onerror=alert(1)> [why](javascript:alert(1))",
    );
    (found.until, found.selector) = (Some(61_500), Some("button[name=\"pay\"]".to_owned()));
    let calm = finding("slow", Severity::Info, 500, "A slow answer", "");
    analysed(&server, row, Analysis { findings: vec![found, calm], ..Analysis::default() }).await;
    let page = server.get(&format!("{}?panel=findings", replay_path(&server))).await;
    // The second page load is a minute later by the visitor's clock, and plays two seconds after the first.
    assert_reads(
        &page,
        &["Findings 2", "0:00 A slow answer", "Info slow by friction", "0:05 Five clicks on &lt;Pay&gt;"],
    );
    let text = page.text();
    for expected in [
        "data-at=\"5000\" data-until=\"5500\" data-severity=\"high\" data-selector=\"button[name=&quot;pay&quot;]\"",
        "<strong>did nothing</strong>",
        "&lt;img src=x onerror=alert(1)&gt;",
        "href=\"?t=5.000&amp;panel=findings\"",
    ] {
        assert!(text.contains(expected), "{expected} is not in {text}");
    }
    assert!(!text.contains("javascript:") && !text.contains("<img"), "{text}");
    let opens = |page: &str| page.contains("id=\"story\" aria-label=\"Session\" hidden");
    assert!(!opens(&text) && opens(&waits.text()), "it is open when the address says so");
}

#[tokio::test]
async fn moments_of_plugins_open_where_they_play() {
    let server = TestServer::start().await;
    finished_session(&server).await;
    for (query, start) in
        [("?moment=0", 0), ("?moment=1500", 1500), ("?moment=61000", 5000), ("?moment=4294967295", 6000)]
    {
        let page = server.get(&format!("{}{query}", replay_path(&server))).await;
        assert!(page.text().contains(&format!("data-start=\"{start}\"")), "{query}");
    }
    for query in ["?moment=-1", "?moment=soon", "?moment=4294967296", "?panel=other"] {
        let page = server.get(&format!("{}{query}", replay_path(&server))).await;
        assert_eq!(page.status, 400, "{query}");
        assert_reads(&page, &["Bad query"]);
    }
}

#[tokio::test]
async fn events_are_told_in_words_in_the_order_in_which_they_play() {
    let server = TestServer::start().await;
    let row = finished_session(&server).await;
    let path = format!("{}/events.json", replay_path(&server));
    let events = [
        page_view(0, "https://shop.example/"),
        event(5, Kind::Pointer { x: 1, y: 1 }),
        click(1000, "Pay <now>"),
        console(1200, Level::Info, "noise"),
        console(1300, Level::Error, "it broke"),
        prompt(61_000, "Where is my order?"),
    ];
    read(&server, row, &events).await;
    let said = |level: &str, message: &str| serde_json::json!({ "level": level, "message": message });
    let with = |mut line: serde_json::Value, more: serde_json::Value| {
        let more = more.as_object().expect("fields").clone();
        line.as_object_mut().expect("fields").extend(more);
        line
    };
    let line = |at_ms: i64, kind: &str, text: &str| serde_json::json!({ "at_ms": at_ms, "kind": kind, "text": text });
    let page = serde_json::json!({ "url": "https://shop.example/", "title": "" });
    let broken = with(said("error", "it broke"), serde_json::json!({ "stack": "", "failed": true }));
    let noise = with(said("info", "noise"), serde_json::json!({ "stack": "", "quiet": true }));
    assert_eq!(
        server.get(&path).await.json(),
        serde_json::json!({ "next": null, "is_final": true, "is_whole": true, "events": [
            with(line(0, "page-view", "Opened /"), page.clone()),
            line(1000, "click", "Clicked button “Pay <now>”"),
            with(line(1200, "console", "Console info: noise"), noise),
            with(line(1300, "console", "Console error: it broke"), broken),
            line(5000, "prompt", "Asked “Where is my order?”"),
        ]})
    );
    assert_eq!(
        server.get(&format!("{path}?only=moments")).await.json(),
        serde_json::json!({
            "is_final": true, "is_whole": true,
            "counts": { "events": 4, "conversation": 1, "console": 2, "network": 0 },
            "events": [
                with(line(0, "page-view", "Opened /"), page),
                line(1000, "click", "Clicked button “Pay <now>”"),
                with(line(1300, "console", "Console error: it broke"), serde_json::json!({ "failed": true })),
                line(5000, "prompt", "Asked “Where is my order?”"),
            ],
        })
    );
}

#[tokio::test]
async fn a_long_list_of_events_comes_in_pieces() {
    let server = TestServer::start().await;
    let row = finished_session(&server).await;
    let events: Vec<Event> = (0..15_000).map(|number| click(number, &format!("Button {number}"))).collect();
    read(&server, row, &events).await;
    let path = format!("{}/events.json", replay_path(&server));
    let (mut next, mut texts, mut pieces) = (Some(0), Vec::new(), 0);
    while let Some(from) = next {
        let piece = server.get(&format!("{path}?from={from}")).await.json();
        let listed = piece["events"].as_array().expect("a list");
        assert!(listed.len() <= 6000, "a piece is not all");
        texts.extend(listed.iter().map(|event| event["text"].as_str().expect("a text").to_owned()));
        (next, pieces) = (piece["next"].as_i64(), pieces + 1);
    }
    let expected: Vec<String> =
        (0..15_000).map(|number| format!("Clicked button “Button {number}”")).collect();
    assert!(texts == expected && pieces > 1, "{pieces} pieces, {} lines", texts.len());
    for query in ["?from=x", "?only=moments&from=0", "?only=other"] {
        let answer = server.get(&format!("{path}{query}")).await;
        assert_eq!(
            (answer.status, answer.json()["type"].as_str()),
            (400, Some("/problems/bad-query")),
            "{query}"
        );
    }
}

#[tokio::test]
async fn another_connection_does_not_show_them() {
    let server = TestServer::start().await;
    finished_session(&server).await;
    let other = crate::server::add_connection(&server.store, "Other").await;
    for rest in ["", "/events.json", "/conversation", "/neighbours.json"] {
        let path = format!("{}/{SESSION}{rest}", sessions_path(other.id));
        assert_eq!(server.get(&path).await.status, 404, "{path}");
    }
}
