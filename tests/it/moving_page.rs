//! Moving recordings in and out on the dashboard.

use std::io::Write;

use serde_json::Value;

use crate::command_line::{folder, run, stderr, stdout};
use crate::pages::words;
use crate::server::{Answer, NOW, TestServer, page_load, request};

/// Who sends it is no page of another site.
const OWN: &str = "Sec-Fetch-Site: none";

const BOUNDARY: &str = "----a-boundary-of-the-test";

/// A form with these files, as a browser sends it.
fn form(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, bytes) in files {
        write!(
            body,
            "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\
             Content-Type: application/octet-stream\r\n\r\n"
        )
        .expect("written");
        body.extend_from_slice(bytes);
        body.extend_from_slice(b"\r\n");
    }
    write!(body, "--{BOUNDARY}--\r\n").expect("written");
    body
}

fn path(server: &TestServer) -> String {
    format!("/connections/{}/settings/moving", server.connection.id)
}

async fn import(server: &TestServer, files: &[(&str, &[u8])], accept: &str) -> Answer {
    let kind = format!("Content-Type: multipart/form-data; boundary={BOUNDARY}");
    let accept = format!("Accept: {accept}");
    let headers = [&*kind, &accept, OWN];
    server.send(&request("POST", &path(server), &headers, &form(files))).await
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    hindsight::ingest::gzip::deflate(bytes)
}

fn visit(page: &str) -> String {
    page_load(NOW - 60_000, &format!("https://shop.example/{page}"), page)
}

#[tokio::test]
async fn files_of_every_kind_come_in_and_what_does_not_is_told() {
    let server = TestServer::start().await;
    let events = visit("array");
    let lines: Vec<String> = serde_json::from_str::<Vec<Value>>(&visit("lines"))
        .expect("JSON")
        .iter()
        .map(Value::to_string)
        .collect();
    let lines = lines.join("\n");
    let player = gzip(format!(r#"{{"events":{}}}"#, visit("player")).as_bytes());
    let files: [(&str, &[u8]); 7] = [
        ("array.json", events.as_bytes()),
        ("lines.jsonl", lines.as_bytes()),
        ("player.json.gz", &player),
        ("again.json", events.as_bytes()),
        ("letter<b>.json", b"Dear Ann"),
        ("all.zip", b"PK\x03\x04..."),
        ("empty.json", b""),
    ];
    let page = import(&server, &files, "text/html").await;
    assert_eq!(page.status, 200, "{}", page.text());
    let told = words(&page);
    for part in [
        "3 imported, 1 imported before, 3 not imported.",
        "array.json 3 events Watch",
        "again.json was imported before",
        "letter&lt;b&gt;.json not a recording",
        "all.zip ZIP files are not read; unpack it",
        "empty.json not a recording",
    ] {
        assert!(told.contains(part), "{part} in {told}");
    }
    let list = server.get(&server.sessions_path()).await.text();
    for page in ["/array", "/lines", "/player"] {
        assert!(list.contains(page), "{page}");
    }
    let audit = words(&server.get("/audit").await);
    assert_eq!(audit.matches("Imported recordings").count(), 3 + 1, "and the choice of kinds: {audit}");
}

#[tokio::test]
async fn what_is_downloaded_is_imported_elsewhere_as_the_same_bytes() {
    let server = TestServer::start().await;
    import(&server, &[("a.json", visit("a").as_bytes()), ("b.json", visit("b").as_bytes())], "text/html")
        .await;
    server.clock.advance(std::time::Duration::from_secs(3600));
    server.catch_up().await;
    let archive = server.get(&format!("{}/export.tar", path(&server))).await;
    assert_eq!(archive.status, 200);
    assert_eq!(
        archive.header("content-disposition"),
        Some("attachment; filename=\"hindsight-shop-2026-01-01.tar\"")
    );

    // By the command line, and by another page.
    let data = folder();
    std::fs::write(data.path().join("in.tar"), &archive.body).expect("written");
    let imported = run(data.path(), &["import", "in.tar"]);
    assert!(imported.status.success(), "{}", stderr(&imported));
    assert!(stdout(&imported).contains("2 imported"), "{}", stdout(&imported));
    assert_eq!(run(data.path(), &["export", "--to", "-"]).stdout, archive.body);

    let other = TestServer::start().await;
    let answer = import(&other, &[("in.tar.gz", &gzip(&archive.body))], "application/json").await.json();
    assert_eq!((&answer["new"], &answer["refused"]), (&2.into(), &0.into()), "{answer}");
    other.clock.advance(std::time::Duration::from_secs(3600));
    other.catch_up().await;
    assert_eq!(other.get(&format!("{}/export.tar", path(&other))).await.body, archive.body);
}

#[tokio::test]
async fn only_our_own_pages_may_send_files_and_forms_only() {
    let server = TestServer::start().await;
    let kind = format!("Content-Type: multipart/form-data; boundary={BOUNDARY}");
    let body = form(&[("a.json", visit("a").as_bytes())]);
    let foreign = [&*kind, "Sec-Fetch-Site: cross-site"];
    assert_eq!(server.send(&request("POST", &path(&server), &foreign, &body)).await.status, 403);
    let plain = server.send(&request("POST", &path(&server), &[OWN], b"file=a")).await;
    assert_eq!(plain.status, 422, "{}", plain.text());
    assert!(plain.text().contains("multipart/form-data"));
    let none = server.send(&request("POST", &path(&server), &[&kind, OWN], &form(&[]))).await;
    assert!(none.text().contains("No file was sent"), "{}", none.text());
    // A form that is cut off leaves nothing behind, however complete what came of a file looks.
    let lines = form(&[(
        "a.jsonl",
        b"{\"type\":3,\"data\":{\"source\":3,\"id\":1,\"x\":0,\"y\":5},\"timestamp\":7}\n",
    )]);
    let cut_off =
        server.send(&request("POST", &path(&server), &[&kind, OWN], &lines[..lines.len() - 30])).await;
    assert_eq!(cut_off.status, 422, "{}", cut_off.text());
    assert!(!server.get(&server.sessions_path()).await.text().contains("1 session"));
}

#[tokio::test]
async fn what_retention_would_erase_is_told_before_it_does() {
    let server = TestServer::start_with(|settings| settings.retention.keep_days = 30).await;
    let old = page_load(NOW - 90 * 24 * 3_600_000, "https://shop.example/", "old");
    let answer = import(&server, &[("old.json", old.as_bytes())], "application/json").await.json();
    assert_eq!((&answer["new"], &answer["outdated"]), (&1.into(), &1.into()), "{answer}");
    assert!(answer["warning"].as_str().expect("words").contains("will be erased"), "{answer}");
}
