//! Sessions of several streams, in and out.

use crate::command_line::{Process, hindsight as program};
use crate::durability::get;
use crate::server::{NOW, page_load};

/// A file as `browser/demo/record.mjs` writes it: batches of two page loads.
fn two_pages() -> String {
    let load = |stream: &str, at: i64, url: &str| {
        format!(r#"{{"seq":0,"stream":"{stream}","events":{}}}"#, page_load(at, url, "hello"))
    };
    format!(
        "[{},{}]",
        load("stream-a-0000000001", NOW, "https://shop.example/"),
        load("stream-b-0000000001", NOW + 600_000, "https://shop.example/cart"),
    )
}

#[test]
fn a_session_of_two_pages_is_exported_as_it_plays() {
    let data = tempfile::tempdir().expect("a temporary folder");
    let file = data.path().join("visit.json");
    std::fs::write(&file, two_pages()).expect("written");
    let imported = program(data.path()).arg("import").arg(&file).output().expect("it runs");
    let line = String::from_utf8_lossy(&imported.stdout).trim().to_owned();
    let session = line.rsplit(' ').next().expect("an id");

    let conn = hindsight::store::Db::open(data.path().join("hindsight.db")).expect("opened");
    let ended: bool =
        conn.query_row("SELECT ended_at IS NOT NULL FROM session", [], |row| row.get(0)).expect("a session");
    assert!(ended, "a file holds a visit that is over");
    drop(conn);

    let server = Process::start(data.path());
    let manifest = get(&server.url, &format!("/connections/1/sessions/{session}/manifest.json")).json();
    let offsets: Vec<_> = manifest["streams"]
        .as_array()
        .expect("streams")
        .iter()
        .map(|stream| stream["offset_ms"].clone())
        .collect();
    assert_eq!(offsets, [0, 4000]);

    let output = data.path().join("out.json");
    let exported = program(data.path()).args(["export", session, "--output"]).arg(&output).status();
    assert!(exported.expect("it runs").success());
    let events: serde_json::Value =
        serde_json::from_slice(&std::fs::read(output).expect("written")).expect("JSON");
    let times: Vec<i64> =
        events.as_array().expect("an array").iter().filter_map(|event| event["timestamp"].as_i64()).collect();
    assert_eq!(times, [0, 1, 2000, 4000, 4001, 6000].map(|ms| NOW + ms));
}
