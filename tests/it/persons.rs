//! All that is stored of a person: counted, handed out, erased.

use std::io::{Cursor, Read};

use serde_json::{Value, json};

use crate::pages::{assert_reads, submit, words};
use crate::server::{NOW, TestServer, add_connection, page_load, request};

const PERSON: &str = "ada@example.org";

/// A visit of the person with a prompt that holds a word.
fn visit(word: &str) -> String {
    let load = page_load(NOW, &format!("https://shop.example/{word}"), word);
    let custom = |at: i64, tag: &str, payload: Value| json!({ "type": 5, "timestamp": NOW + at, "data": { "tag": tag, "payload": payload } });
    let mut events: Vec<Value> = serde_json::from_str(&load).expect("JSON");
    events.push(custom(2100, "hindsight.identify", json!({ "id": PERSON, "traits": { "secret": word } })));
    events.push(custom(2200, "hindsight.prompt", json!({ "id": "p", "text": format!("where is {word}?") })));
    events.push(custom(2300, "hindsight.reply", json!({ "text": format!("{word} is here"), "to": "p" })));
    json!(events).to_string()
}

/// Two visits to the shop and one to another site, with a note, a link and a saved view, and
/// a visit of somebody else.
async fn recorded() -> TestServer {
    let server = TestServer::start_with(|settings| settings.sessions.ended_grace_seconds = 0).await;
    let blog = add_connection(&server.store, "Blog").await;
    for (key, session) in [
        (&server.connection.write_key, "session-of-ada-01"),
        (&server.connection.write_key, "session-of-ada-02"),
        (&blog.write_key, "session-of-ada-03"),
    ] {
        let path = format!("/ingest/{key}/{session}/stream-0000000000/0?end=1");
        assert_eq!(server.post(&path, &visit("xylophone")).await.status, 200);
    }
    let other = page_load(NOW, "https://shop.example/other", "hello");
    server.post(&(server.batch_path("session-of-other-1", "stream-0000000000", 0) + "?end=1"), &other).await;
    server.clock.advance(std::time::Duration::from_secs(10));
    server.catch_up().await;
    let one = format!("{}/session-of-ada-01", server.sessions_path());
    let viewer = ["Sec-Fetch-Site: same-origin", "Cookie: hindsight-viewer=0123456789abcdef0123456789abcdef"];
    let note = b"at_ms=5&text=xylophone+note&author=me";
    let noted = server.send(&request("POST", &format!("{one}/notes"), &viewer, note)).await;
    assert_eq!(noted.status, 303, "{}", noted.text());
    assert_eq!(submit(&server, &format!("{one}/share"), "expires=1h").await.status, 201);
    let view = "name=Ada&query=visitor%3Dada%2540example.org";
    let views = format!("/connections/{}/views", server.connection.id);
    assert_eq!(submit(&server, &views, view).await.status, 303);
    server
}

fn archive(bytes: Vec<u8>) -> zip::ZipArchive<Cursor<Vec<u8>>> {
    zip::ZipArchive::new(Cursor::new(bytes)).expect("a ZIP file")
}

fn text(archive: &mut zip::ZipArchive<Cursor<Vec<u8>>>, name: &str) -> String {
    let mut text = String::new();
    archive.by_name(name).expect(name).read_to_string(&mut text).expect("UTF-8");
    text
}

fn read(archive: &mut zip::ZipArchive<Cursor<Vec<u8>>>, name: &str) -> Value {
    serde_json::from_str(&text(archive, name)).expect(name)
}

/// The total on a receipt.
async fn receipt(server: &TestServer, number: i64) -> Value {
    server.get(&format!("/receipts/{number}/receipt.json")).await.json()
}

/// How many files of the data folder hold a word.
fn holding(server: &TestServer, word: &[u8]) -> Vec<String> {
    let files = std::fs::read_dir(&server.settings.server.data_dir).expect("readable");
    let files = files.map(|entry| entry.expect("readable").path()).filter(|path| path.is_file());
    let holds = |path: &std::path::PathBuf| {
        memchr::memmem::find(&std::fs::read(path).expect("readable"), word).is_some()
    };
    files.filter(holds).map(|path| path.display().to_string()).collect()
}

#[tokio::test]
async fn looking_counts_in_all_connections_and_changes_nothing() {
    let server = recorded().await;
    let page = server.get("/erase?person=ada%40example.org").await;
    assert_reads(&page, &["What is stored of ada@example.org", "Shop", "Blog", "All 3", "Erase 3 sessions"]);
    let one =
        server.get(&format!("/connections/{}/erase?person=ada%40example.org", server.connection.id)).await;
    assert_reads(&one, &["in Shop", "Erase 2 sessions"]);
    assert!(!words(&one).contains("Blog 1"));
    assert_reads(
        &server.get("/erase?person=ada").await,
        &["Nothing is stored of ada", "Others begin like this", PERSON],
    );
    assert_reads(&server.get("/erase?person=nobody").await, &["Nothing is stored of nobody"]);
    assert_reads(&server.get("/receipts").await, &["No receipt yet"]);
    // Without a confirmation nothing is erased.
    let asked = submit(&server, "/erase", "person=ada%40example.org").await;
    assert_eq!(asked.header("location"), Some("/erase?person=ada%40example.org"));
    assert_eq!(submit(&server, "/erase", "confirmed=1").await.status, 422);
}

#[tokio::test]
async fn what_is_handed_out_is_what_would_be_erased() {
    let server = recorded().await;
    let file = submit(&server, "/erase/export", "person=ada%40example.org").await;
    assert_eq!(
        file.header("content-disposition"),
        Some("attachment; filename=\"visitor-ada-example-org.zip\"")
    );
    let mut archive = archive(file.body);
    let about = read(&mut archive, "visitor.json");
    let length = |value: Value| value.as_array().expect("a list").len();
    let sessions = about["sessions"].as_array().expect("a list").clone();
    let events: usize = sessions
        .iter()
        .map(|session| length(read(&mut archive, session["file"].as_str().expect("a name"))))
        .sum();
    let handed_out = json!({
        "sessions": sessions.len(),
        "events": events,
        "prompts": length(read(&mut archive, "prompts.json")),
        "findings": length(read(&mut archive, "findings.json")),
        "notes": length(read(&mut archive, "notes.json")),
        "shares": length(read(&mut archive, "links.json")),
        "reports": length(read(&mut archive, "reports.json")),
        "views": length(read(&mut archive, "views.json")),
    });
    let page = text(&mut archive, "index.html");
    assert!(
        page.contains("where is xylophone?") && page.contains("xylophone note") && !page.contains("<script")
    );

    let export = receipt(&server, 1).await;
    assert_eq!((export["kind"].as_str(), export["sessions_done"].as_i64()), (Some("export"), Some(3)));
    let erased = submit(&server, "/erase", "person=ada%40example.org&confirmed=1").await;
    assert_eq!(erased.header("location"), Some("/receipts/2"));
    let counted = receipt(&server, 2).await["total"].clone();
    for (name, value) in handed_out.as_object().expect("counts") {
        assert_eq!(&counted[name], value, "{name}");
    }
    assert_eq!(counted, export["total"]);
    assert_eq!(
        (&counted["prompts"], &counted["notes"], &counted["views"]),
        (&json!(3), &json!(1), &json!(1))
    );
}

#[tokio::test]
async fn an_erased_person_is_in_no_file_and_the_receipt_stays() {
    let server = recorded().await;
    assert!(!holding(&server, PERSON.as_bytes()).is_empty(), "it is found before");
    submit(&server, "/erase", "person=ada%40example.org&confirmed=1").await;
    let open = server.get("/receipts/1").await;
    assert_reads(&open, &["Erasure receipt 1", "0 of 3 sessions are erased"]);
    server.catch_up().await;
    assert_reads(
        &server.get("/receipts/1").await,
        &["Erased 2026-01-01", "person-", "does not reach copies"],
    );
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(20);
    loop {
        let found = [holding(&server, b"xylophone"), holding(&server, PERSON.as_bytes())].concat();
        if found.is_empty() {
            break;
        }
        assert!(std::time::Instant::now() < deadline, "still in {found:?}");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert_reads(&server.get("/erase?person=ada%40example.org").await, &["Nothing is stored of"]);
    assert_reads(&server.get("/receipts?person=ada%40example.org").await, &["Receipt 1", "Done"]);
    assert_reads(&server.get("/receipts?person=bob").await, &["No receipt is about bob"]);
    assert_reads(&server.get("/audit?subject=ada%40example.org").await, &["Erased a person", "sessions 3"]);
    let markdown = server.get("/receipts/1/receipt.md").await.text();
    assert!(markdown.starts_with("# Erasure receipt 1") && !markdown.contains(PERSON), "{markdown}");
    // What comes late does not bring it back, and others are still there.
    let late =
        server.post(&server.batch_path("session-of-ada-01", "stream-0000000000", 1), &visit("late")).await;
    assert_eq!(late.status, 410, "{}", late.text());
    assert_reads(&server.get(&server.sessions_path()).await, &["/other"]);
    let elsewhere = server.get(&format!("/connections/{}/receipts/1", server.connection.id)).await;
    assert_eq!(elsewhere.status, 404, "a receipt about all connections is not one of a connection");
}

#[tokio::test]
async fn a_person_is_erased_from_one_connection_alone() {
    let server = recorded().await;
    let place = format!("/connections/{}", server.connection.id);
    let erased = submit(&server, &format!("{place}/erase"), "person=ada%40example.org&confirmed=1").await;
    assert_eq!(erased.header("location"), Some(format!("{place}/receipts/1").as_str()));
    server.catch_up().await;
    assert_reads(&server.get(&format!("{place}/receipts/1")).await, &["Erasure receipt 1", "Shop"]);
    assert_reads(&server.get("/erase?person=ada%40example.org").await, &["Blog", "Erase 1 session"]);
}

#[tokio::test]
async fn the_privacy_page_says_what_holds_and_is_public_only_where_that_is_wanted() {
    let server = TestServer::start().await;
    let page = server.get("/privacy").await;
    let folder = server.settings.server.data_dir.display().to_string();
    assert_reads(
        &page,
        &["What is recorded", "Shop", "makers of the software receive nothing", "was not filled in", &folder],
    );
    for promise in ["gdpr compliant", "anonymous", "no personal data", "military"] {
        assert!(!words(&page).to_lowercase().contains(promise), "{promise}");
    }
    assert_eq!(server.get("/privacy/public").await.status, 404);
    let server = TestServer::start_with(|settings| {
        settings.privacy.public = true;
        settings.privacy.operator = "Shop <Ltd>".to_owned();
        settings.privacy.backups_keep_days = 14;
    })
    .await;
    let public = server.get("/privacy/public").await;
    assert_reads(
        &public,
        &["What is recorded here", "Shop &lt;Ltd&gt; runs this server", "kept for 14 days"],
    );
    let folder = server.settings.server.data_dir.display().to_string();
    assert!(!words(&public).contains(&folder), "paths are for those who run it");
}
