//! The Activity page, and the page of a visitor: what a person reads, and takes along.

use std::io::{Cursor, Read};
use std::time::Duration;

use crate::pages::{assert_reads, link, submit, words};
use crate::server::{Answer, NOW, TestServer, page_load};

const SESSION: &str = "session-0000000001";
const STREAM: &str = "stream-0000000001";

fn path(server: &TestServer, rest: &str) -> String {
    format!("/connections/{}/activity{rest}", server.connection.id)
}

/// A batch that says some things, each at so many seconds after the page was loaded.
fn said(things: &[(i64, &str, &str)]) -> String {
    let events = things.iter().map(|(second, tag, payload)| {
        let at = NOW + second * 1000;
        format!(r#"{{"type":5,"data":{{"tag":"hindsight.{tag}","payload":{payload}}},"timestamp":{at}}}"#)
    });
    format!("[{}]", events.collect::<Vec<_>>().join(","))
}

async fn post(server: &TestServer, session: &str, seq: i64, body: &str) {
    let answer = server.post(&server.batch_path(session, STREAM, seq), body).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
}

/// Ada asks two things: the first is answered badly, the second not at all.
async fn ask(server: &TestServer) {
    post(server, SESSION, 0, &page_load(NOW, "https://shop.example/cart", "hello")).await;
    let things = [
        (1, "identify", r#"{"id":"ada@example.org","traits":{"plan":"pro","seats":3}}"#),
        (3, "prompt", r#"{"id":"a","conversation":"c1","text":"Where is <b>my</b> order?"}"#),
        (4, "reply", r#"{"id":"r","to":"a","text":"Soon.","answered":true,"sources":["Delivery"]}"#),
        (5, "feedback", r#"{"id":"r","value":-1}"#),
        (7, "prompt", r#"{"id":"b","text":"=1+1"}"#),
        (8, "reply", r#"{"to":"b","text":"I do not know.","answered":false}"#),
    ];
    server.clock.advance(Duration::from_secs(1));
    post(server, SESSION, 1, &said(&things)).await;
}

async fn finish(server: &TestServer) {
    server.clock.advance(server.settings.sessions.idle_after() + Duration::from_secs(1));
    server.finish().await;
}

/// The feed as keys of its entries, by kind.
fn kinds(page: &Answer) -> String {
    let text = page.text();
    text.split("data-entry=\"").skip(1).filter_map(|rest| rest.chars().next()).collect()
}

#[tokio::test]
async fn a_connection_without_prompts_says_how_to_have_some() {
    let server = TestServer::start().await;
    assert_reads(&server.get(&path(&server, "")).await, &["Activity", "Waiting for the first event"]);
    post(&server, SESSION, 0, &page_load(NOW, "https://shop.example/", "hello")).await;
    let all = server.get(&path(&server, "")).await;
    assert_reads(&all, &["All 1 Prompts 0 Sessions 1", "Sessions Prompts", "shop.example"]);
    for show in ["prompts", "unanswered", "disliked"] {
        let page = server.get(&path(&server, &format!("?show={show}"))).await;
        assert_reads(
            &page,
            &["No prompts yet", "/widget.js", "hindsight.prompt(question)", "Show all activity"],
        );
    }
    let other_day = server.get(&path(&server, "?to=2025-12-01")).await;
    assert_reads(&other_day, &["Nothing in this time", "To 1 Dec 2025"]);
}

#[tokio::test]
async fn prompts_are_read_live_and_after_the_visit() {
    let server = TestServer::start().await;
    ask(&server).await;
    for is_over in [false, true] {
        if is_over {
            finish(&server).await;
        }
        let page = server.get(&path(&server, "")).await;
        assert_reads(
            &page,
            &[
                "All 3 Prompts 2 Sessions 1 Unanswered 1 Found bad 1",
                "Where is &lt;b&gt;my&lt;/b&gt; order?",
                "Soon.",
                "Sources: Delivery",
                "Answered",
                "Found bad",
                "I do not know. Not answered",
                "shop.example /cart",
                "ada@example.org",
                "Watch this moment",
                "Thu 1 Jan 2026 UTC",
            ],
        );
        assert!(!page.text().contains("<b>my"), "{}", page.text());
        assert_eq!((kinds(&page).as_str(), words(&page).contains("Live")), ("pps", !is_over));
        assert!(page.text().contains(&format!("{SESSION}?at={}", NOW + 3000)), "{}", page.text());
        for (show, expected) in [("prompts", "pp"), ("sessions", "s"), ("unanswered", "p"), ("disliked", "p")]
        {
            let page = server.get(&path(&server, &format!("?show={show}"))).await;
            assert_eq!(kinds(&page), expected, "{show}");
        }
        let unanswered = server.get(&path(&server, "?show=unanswered")).await;
        assert!(!words(&unanswered).contains("Soon."));
    }
    let replay =
        server.get(&link(&server.get(&path(&server, "")).await, &format!("at={}", NOW + 3000))).await;
    assert!(replay.text().contains("3000"), "the replay begins at the prompt");
}

#[tokio::test]
async fn the_feed_is_paged_both_ways_and_by_time() {
    let server = TestServer::start_with(|settings| settings.pages.sessions_per_page = 2).await;
    ask(&server).await;
    server.clock.advance(Duration::from_secs(2 * 60 * 60));
    post(&server, "session-0000000002", 0, &page_load(NOW, "https://shop.example/late", "hello")).await;
    let first = server.get(&path(&server, "?chart=weeks")).await;
    assert_eq!(kinds(&first), "sp");
    let older = link(&first, "before=");
    assert!(older.contains("chart=weeks"), "{older}");
    let second = server.get(&older).await;
    assert_eq!(kinds(&second), "ps");
    assert_eq!(kinds(&server.get(&link(&second, "after=")).await), "sp");
    let gone = server.get(&path(&server, "?show=prompts&before=p1")).await;
    assert_eq!((gone.status, gone.header("location")), (303, Some(path(&server, "?show=prompts").as_str())));

    let page = server.get(&path(&server, "?show=prompts")).await;
    assert_reads(&page, &["24 hours", "30 days", "26 weeks"]);
    assert!(page.text().contains("1 Jan, 00:00–01:00 UTC: 1 session, 2 prompts"), "{}", page.text());
    let hour = server.get(&link(&page, "from=2026-01-01T00%3A00Z")).await;
    assert_eq!(kinds(&hour), "pp");
    assert_reads(&hour, &["From 1 Jan 2026, 00:00 UTC", "Before 1 Jan 2026, 01:00 UTC"]);
    let late = server.get(&path(&server, "?from=2026-01-01T02:00Z")).await;
    assert_eq!(kinds(&late), "s");
}

#[tokio::test]
async fn what_cannot_be_asked_names_its_field() {
    let server = TestServer::start().await;
    for (query, field) in [
        ("show=everything", "show is one of"),
        ("from=yesterday", "from is a date or a time"),
        ("chart=year", "chart is one of"),
        ("before=12", "before and after are places"),
        ("before=p1&after=p2", "before and after are places"),
        ("after=s", "before and after are places"),
    ] {
        let page = server.get(&path(&server, &format!("?{query}"))).await;
        assert_eq!(page.status, 400, "{query}");
        assert_reads(&page, &[field]);
    }
}

#[tokio::test]
async fn prompts_are_taken_along_as_a_table() {
    let server = TestServer::start().await;
    ask(&server).await;
    let file = server.get(&path(&server, "/prompts.csv")).await;
    assert_eq!(file.header("content-disposition"), Some("attachment; filename=\"prompts-2026-01-01.csv\""));
    let text = file.text();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 3, "{text}");
    assert!(lines[0].starts_with("\"asked at\",\"prompt\",\"reply\""), "{text}");
    assert!(
        lines[1].contains(
            r#""'=1+1","I do not know.","no","","https://shop.example/cart","ada@example.org","","b""#
        ),
        "{text}"
    );
    assert!(
        lines[2].contains(r#""yes","bad""#) && lines[2].contains(&format!("?at={}", NOW + 3000)),
        "{text}"
    );
    let unanswered = server.get(&path(&server, "/prompts.csv?show=unanswered")).await.text();
    assert_eq!(unanswered.lines().count(), 2);
    let other_day = server.get(&path(&server, "/prompts.csv?to=2025-12-01")).await.text();
    assert_eq!(other_day.lines().count(), 1);
}

#[tokio::test]
async fn erased_sessions_take_their_prompts_with_them() {
    let server = TestServer::start().await;
    ask(&server).await;
    finish(&server).await;
    let erased = submit(&server, &format!("{}/{SESSION}/delete", server.sessions_path()), "").await;
    assert_eq!(erased.status, 303);
    let page = server.get(&path(&server, "")).await;
    assert!(!words(&page).contains("order?"), "{}", words(&page));
    assert_eq!(server.get(&path(&server, "/prompts.csv")).await.text().lines().count(), 1);
}

#[tokio::test]
async fn a_visitor_has_a_page_with_all_that_is_known() {
    let server = TestServer::start().await;
    ask(&server).await;
    let visitor = format!("/connections/{}/visitors/ada%40example.org", server.connection.id);
    for is_over in [false, true] {
        if is_over {
            finish(&server).await;
        }
        let page = server.get(&visitor).await;
        assert_eq!(page.status, 200);
        assert_reads(
            &page,
            &[
                "Visitor ada@example.org",
                "Sessions 1",
                "Prompts 2",
                "plan pro",
                "seats 3",
                "First seen",
                "order?",
                "hindsight.identify()",
            ],
        );
        assert_eq!(kinds(&page), "s");
    }
    let feed = server.get(&path(&server, "")).await;
    assert_eq!(link(&feed, "/visitors/"), visitor);
    let asked = server.get(&link(&server.get(&visitor).await, "/erase")).await;
    assert_reads(&asked, &["ada@example.org", "Shop"]);
    for nobody in ["nobody", "%FF", "ada"] {
        let answer = server.get(&format!("/connections/{}/visitors/{nobody}", server.connection.id)).await;
        assert_eq!(answer.status, 404, "{nobody}");
        assert_reads(&answer, &["No such visitor"]);
    }
    assert_eq!(server.get(&format!("{visitor}?before=x")).await.status, 400);
}

fn entry(archive: &mut zip::ZipArchive<Cursor<Vec<u8>>>, name: &str) -> serde_json::Value {
    let mut text = String::new();
    archive.by_name(name).expect(name).read_to_string(&mut text).expect("UTF-8");
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"))
}

#[tokio::test]
async fn a_visitor_is_taken_along_as_one_file() {
    let server = TestServer::start().await;
    ask(&server).await;
    finish(&server).await;
    server.clock.advance(Duration::from_secs(60));
    let body = page_load(NOW + 60_000, "https://shop.example/again", "hello");
    post(&server, "session-0000000002", 0, &body).await;
    post(&server, "session-0000000002", 1, &said(&[(61, "identify", r#"{"id":"ada@example.org"}"#)])).await;
    let visitor = format!("/connections/{}/visitors/ada%40example.org", server.connection.id);
    let file = server.get(&link(&server.get(&visitor).await, "/export.zip")).await;
    assert_eq!(file.header("content-type"), Some("application/zip"));
    assert_eq!(
        file.header("content-disposition"),
        Some("attachment; filename=\"visitor-ada-example-org.zip\"")
    );
    let mut archive = zip::ZipArchive::new(Cursor::new(file.body)).expect("a ZIP file");
    let about = entry(&mut archive, "visitor.json");
    assert_eq!(about["visitor"], "ada@example.org");
    assert_eq!(about["traits"]["plan"], "pro");
    let files: Vec<&str> = about["sessions"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|session| session["file"].as_str())
        .collect();
    assert_eq!(files, [format!("sessions/{SESSION}.json"), "sessions/session-0000000002.json".to_owned()]);
    for file in &files {
        let events = entry(&mut archive, file);
        assert_eq!(events[0]["type"], 4, "a recording begins with its page");
    }
    let prompts = entry(&mut archive, "prompts.json");
    assert_eq!(
        (prompts[0]["text"].as_str(), prompts[1]["answered"].as_bool()),
        (Some("Where is <b>my</b> order?"), Some(false))
    );
    assert_eq!(entry(&mut archive, "findings.json"), serde_json::json!([]));
}
