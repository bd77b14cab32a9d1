//! Recordings that come from elsewhere, and leave for elsewhere.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Value, json};

use crate::command_line::{folder, run, stderr, stdout};
use crate::server::{NOW, TestServer, page_load, request};

/// A session's id as posthog-js makes them: it says when the session began.
fn session_at(at: i64) -> String {
    let time = format!("{at:012x}");
    format!("{}-{}-7aa2-b93b-af753a60c37b", &time[..8], &time[8..])
}

fn window() -> String {
    session_at(NOW + 1)
}

/// What posthog-js sends of what was recorded.
fn snapshots(key: &str, visitor: &str, events: &str) -> String {
    let events: Value = serde_json::from_str(events).expect("JSON");
    let properties = json!({
        "token": key, "distinct_id": visitor, "$session_id": session_at(NOW), "$window_id": window(),
        "$snapshot_data": events,
    });
    json!([{ "event": "$snapshot", "properties": properties }]).to_string()
}

fn scroll(at: i64) -> String {
    format!(r#"[{{"type":3,"data":{{"source":3,"id":3,"x":0,"y":5}},"timestamp":{at}}}]"#)
}

async fn manifest(server: &TestServer, session: &str) -> Value {
    server.get(&format!("{}/{session}/manifest.json", server.sessions_path())).await.json()
}

#[tokio::test]
async fn what_posthogs_client_sends_again_is_stored_once_and_in_its_place() {
    let server = TestServer::start().await;
    let key = server.connection.write_key.clone();
    let first = snapshots(&key, "ann", &page_load(NOW, "https://shop.example/", "hello"));
    let (late, last) =
        (snapshots(&key, "ann", &scroll(NOW + 4000)), snapshots(&key, "ann", &scroll(NOW + 6000)));
    for body in [&first, &last, &late, &first, &late] {
        let answer = server.post("/s/?compression=none", body).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
    }
    let manifest = manifest(&server, &session_at(NOW)).await;
    let stream = &manifest["streams"][0];
    let starts: Vec<_> =
        stream["parts"].as_array().expect("parts").iter().map(|part| part["starts_ms"].clone()).collect();
    assert_eq!(starts, [0, 4000, 6000]);
    assert_eq!(stream["missing"], json!([]));
    assert!(server.get(&server.sessions_path()).await.text().contains("ann"));
}

#[tokio::test]
async fn posthogs_client_is_told_what_there_is_and_what_the_connection_wants() {
    let server = TestServer::start().await;
    let key = server.connection.write_key.clone();
    let config = server.get(&format!("/array/{key}/config")).await.json();
    assert_eq!(config["sessionRecording"]["endpoint"], "/s/");
    assert_eq!((&config["hasFeatureFlags"], config.get("surveys")), (&json!(false), None));
    let script = server.get(&format!("/array/{key}/config.js")).await;
    assert_eq!(script.header("content-type"), Some("text/javascript; charset=utf-8"));
    assert!(script.text().contains(&key));
    assert_eq!(server.post("/flags/?v=2", "{}").await.json()["featureFlags"], json!({}));

    let connection = server.connection.id;
    let recording = serde_json::from_value(json!({ "consent": "required" })).expect("settings");
    let decide = move |conn: &hindsight::store::Db| {
        hindsight::store::connection_settings::set_recording(conn, connection, &recording)
    };
    server.store.write(decide).await.expect("stored");
    server.clock.advance(std::time::Duration::from_secs(6));
    assert_eq!(server.get(&format!("/array/{key}/config")).await.json()["sessionRecording"], json!(false));
    let refused = server.post("/s/", &snapshots(&key, "ann", &scroll(NOW))).await;
    assert_eq!((refused.status, refused.json()["type"].clone()), (403, json!("/problems/asks-first")));
}

#[tokio::test]
async fn a_segment_of_sentrys_client_is_stored_with_its_user() {
    let server = TestServer::start().await;
    let id = "ccd656e17ae74e8cbbf536625bad4396";
    let recording = format!("{{\"segment_id\":0}}\n{}", page_load(NOW, "https://shop.example/", "hello"));
    let replay = format!(r#"{{"replay_id":"{id}","segment_id":0,"user":{{"email":"bob@shop.example"}}}}"#);
    let body = format!(
        "{{}}\n{{\"type\":\"replay_event\"}}\n{replay}\n{{\"type\":\"replay_recording\",\"length\":{}}}\n{recording}\n",
        recording.len()
    );
    let key = &server.connection.write_key;
    for _ in 0..2 {
        let answer = server.post(&format!("/api/1/envelope/?sentry_key={key}"), &body).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
    }
    assert_eq!(manifest(&server, id).await["streams"][0]["parts"].as_array().map(Vec::len), Some(1));
    assert!(server.get(&server.sessions_path()).await.text().contains("bob@shop.example"));
    let by_header = request(
        "POST",
        "/api/7/envelope/",
        &[&format!("X-Sentry-Auth: Sentry sentry_version=7, sentry_key={key}")],
        b"{}\n{\"type\":\"event\"}\n{}\n",
    );
    assert_eq!(server.send(&by_header).await.status, 200, "errors are taken, and dropped");
    assert_eq!(server.post("/api/1/envelope/", &body).await.status, 401);
}

#[test]
fn files_of_other_tools_are_imported_from_a_folder() {
    let data = folder();
    let below = data.path().join("recordings/of-june");
    std::fs::create_dir_all(&below).expect("made");
    let events = page_load(NOW, "https://shop.example/", "hello");
    let lines: Vec<String> =
        serde_json::from_str::<Vec<Value>>(&page_load(NOW, "https://shop.example/a", "lines"))
            .expect("JSON")
            .iter()
            .map(Value::to_string)
            .collect();
    let posthog = json!({ "version": "2023-04-28", "data": {
        "id": session_at(NOW), "person": { "distinct_ids": ["ann"] },
        "snapshots": serde_json::from_str::<Value>(&page_load(NOW, "https://shop.example/b", "exported")).expect("JSON"),
    }});
    std::fs::write(below.join("a.json"), format!(r#"{{"events":{events}}}"#)).expect("written");
    std::fs::write(below.join("b.jsonl"), lines.join("\n")).expect("written");
    std::fs::write(below.join("c.json"), posthog.to_string()).expect("written");
    std::fs::write(below.join("d.json"), "{\"nothing\":1}").expect("written");
    std::fs::write(below.join("notes.txt"), "not a recording").expect("written");
    let imported = run(data.path(), &["import", "recordings"]);
    assert!(!imported.status.success());
    assert!(stderr(&imported).contains("d.json"), "{}", stderr(&imported));
    assert!(
        stdout(&imported).ends_with("3 imported, 0 were imported before, 1 not imported"),
        "{}",
        stdout(&imported)
    );
    let again = run(data.path(), &["import", "recordings"]);
    assert!(
        stdout(&again).ends_with("0 imported, 3 were imported before, 1 not imported"),
        "{}",
        stdout(&again)
    );
}

/// All files below a folder, by their names in it.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut open = vec![folder.to_owned()];
    while let Some(next) = open.pop() {
        for entry in std::fs::read_dir(&next).expect("readable") {
            let path = entry.expect("readable").path();
            if path.is_dir() {
                open.push(path);
            } else {
                let name = path.strip_prefix(folder).expect("below it").to_string_lossy().into_owned();
                found.insert(name, std::fs::read(&path).expect("readable"));
            }
        }
    }
    found
}

#[test]
fn what_is_exported_and_imported_elsewhere_is_exported_as_the_same_bytes() {
    let (from, to) = (folder(), folder());
    let visit = from.path().join("visit.json");
    let load = |stream: &str, at: i64| {
        format!(
            r#"{{"seq":0,"stream":"{stream}","user_agent":"Mozilla/5.0","events":{}}}"#,
            page_load(at, "https://shop.example/", "hello")
        )
    };
    let batches =
        format!("[{},{}]", load("stream-a-0000000001", NOW), load("stream-b-0000000001", NOW + 600_000));
    std::fs::write(&visit, batches).expect("written");
    assert!(run(from.path(), &["connection", "add", "Shop"]).status.success());
    assert!(run(from.path(), &["connection", "set", "Shop", "--keep-days", "40"]).status.success());
    let imported = run(from.path(), &["import", "visit.json", "--connection", "Shop"]);
    let session = stdout(&imported).rsplit(' ').next().expect("an id").to_owned();
    let conn = hindsight::store::Db::open(from.path().join("hindsight.db")).expect("opened");
    conn.execute("UPDATE session SET pinned = 1", []).expect("pinned");
    conn.execute("INSERT INTO session_tag (connection_id, tag, session_id) SELECT connection_id, 'vip', id FROM session", [])
        .expect("tagged");
    conn.execute(
        "INSERT INTO note (session_id, stream, at, text, author, viewer, written_at)
         SELECT id, 'stream-a-0000000001', 5, 'Look here', 'Ann', '', 7 FROM session",
        [],
    )
    .expect("written");
    drop(conn);

    let export = |data: &Path| {
        let exported = run(data, &["export", "--to", "out"]);
        assert!(exported.status.success(), "{}", stderr(&exported));
        files(&data.join("out"))
    };
    let first = export(from.path());
    assert_eq!(
        first.keys().collect::<Vec<_>>(),
        ["connection-1/connection.json", &format!("connection-1/sessions/{session}.json.gz")]
    );
    let moved = run(to.path(), &["import", from.path().join("out").to_str().expect("UTF-8")]);
    assert!(moved.status.success(), "{}", stderr(&moved));
    assert!(stdout(&moved).contains(&session), "{}", stdout(&moved));
    assert_eq!(export(to.path()), first);
}

#[test]
fn an_archive_goes_from_one_command_into_another_and_comes_out_as_the_same_bytes() {
    let (from, to, next) = (folder(), folder(), folder());
    for (name, text) in [("a.json", "first"), ("b.json", "second")] {
        let visit = page_load(NOW, &format!("https://shop.example/{text}"), text);
        std::fs::write(from.path().join(name), visit).expect("written");
    }
    assert!(run(from.path(), &["connection", "add", "Shop"]).status.success());
    let set = ["connection", "set", "Shop", "--origins", "https://shop.example"];
    assert!(run(from.path(), &set).status.success());
    assert!(run(from.path(), &["import", "a.json", "b.json", "--connection", "Shop"]).status.success());

    let archive = run(from.path(), &["export", "--to", "-"]);
    assert!(archive.status.success(), "{}", stderr(&archive));
    assert!(stderr(&archive).contains("Shop: 2 sessions written to -"), "{}", stderr(&archive));
    std::fs::write(to.path().join("in.tar"), &archive.stdout).expect("written");
    let imported = run(to.path(), &["import", "in.tar"]);
    assert!(stdout(&imported).ends_with("2 imported, 0 were imported before, 0 not imported"));
    assert_eq!(run(to.path(), &["export", "--to", "-"]).stdout, archive.stdout);

    // Compressed it is the same, and a file that is there is not lost.
    assert!(run(to.path(), &["export", "--to", "out.tar.gz"]).status.success());
    let again = run(to.path(), &["export", "--to", "out.tar.gz"]);
    assert!(stderr(&again).contains("out.tar.gz is there already"), "{}", stderr(&again));
    let moved = to.path().join("out.tar.gz");
    let imported = run(next.path(), &["import", moved.to_str().expect("UTF-8")]);
    assert!(imported.status.success(), "{}", stderr(&imported));
    assert_eq!(run(next.path(), &["export", "--to", "-"]).stdout, archive.stdout);
    let list = stdout(&run(next.path(), &["connection", "list"]));
    assert!(list.contains("Shop"), "{list}");
}

#[test]
fn an_archive_that_is_cut_off_is_told_and_what_came_before_is_there() {
    let (from, to) = (folder(), folder());
    for name in ["a.json", "b.json"] {
        let visit = page_load(NOW, &format!("https://shop.example/{name}"), &"long ".repeat(20_000));
        std::fs::write(from.path().join(name), visit).expect("written");
    }
    assert!(run(from.path(), &["import", "a.json", "b.json"]).status.success());
    let archive = run(from.path(), &["export", "--to", "-"]).stdout;
    // The end, the last session's file, and half of the one before stand in so many bytes.
    std::fs::write(to.path().join("in.tar"), &archive[..archive.len() - 1024 - 300]).expect("written");
    let imported = run(to.path(), &["import", "in.tar"]);
    assert!(!imported.status.success());
    assert!(
        stderr(&imported).contains("cannot be read on from here, behind 1 recordings"),
        "{}",
        stderr(&imported)
    );
    assert!(
        stdout(&imported).contains("1 imported, 0 were imported before, 1 not imported"),
        "{}",
        stdout(&imported)
    );
}

#[test]
fn a_session_that_goes_on_is_left_out_and_told() {
    let data = folder();
    let now = hindsight::clock::Clock::system().now();
    std::fs::write(data.path().join("now.json"), page_load(now, "https://shop.example/", "hello"))
        .expect("written");
    let imported = run(data.path(), &["import", "now.json"]);
    let session = stdout(&imported).rsplit(' ').next().expect("an id").to_owned();
    let exported = run(data.path(), &["export", "--to", "out"]);
    assert!(stdout(&exported).contains("0 sessions written to out/connection-1, 1 left out that go on"));
    let alone = run(data.path(), &["export", &session]);
    assert!(alone.status.success() && !alone.stdout.is_empty());
    assert!(stderr(&alone).contains("this session goes on"), "{}", stderr(&alone));
}
