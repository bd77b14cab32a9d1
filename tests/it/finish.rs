//! Finished recordings: whatever came in, in whatever order, is what is kept.

use hindsight::model::ConnectionId;
use hindsight::pieces;
use hindsight::store::recordings::{self, Form};
use hindsight::store::{Db, Scope};
use proptest::prelude::*;

use crate::server::{NOW, TestServer, page_load};

const SESSION: &str = "session-0000000001";
const STREAM: &str = "stream-00000000001";

/// A batch of a stream: its seq and its JSON.
type Sent = (i64, String);

/// All that a session holds: for each stream the JSON of its parts, and where they begin.
async fn recording(server: &TestServer, session: &str) -> Vec<(String, Vec<String>)> {
    let id = session.parse().expect("an id");
    let connection = server.connection.id;
    let read = move |conn: &Db| recordings::streams(conn, &Scope::everything(), connection, &id);
    let mut whole = Vec::new();
    for stream in server.store.read(read).await.expect("the store reads") {
        let mut parts = Vec::new();
        for part in stream.parts {
            let Form::Segment(row) = part.form else { panic!("{part:?} is not finished") };
            parts.push(segment(server, connection, session, row, part.styles).await);
        }
        whole.push((stream.id, parts));
    }
    whole
}

async fn segment(
    server: &TestServer,
    connection: ConnectionId,
    session: &str,
    row: i64,
    styles: Vec<hindsight::model::StyleHash>,
) -> String {
    let id = session.parse().expect("an id");
    let read = move |conn: &Db| recordings::segment(conn, &Scope::everything(), connection, &id, row);
    let body = server.store.read(read).await.expect("the store reads").expect("the segment is there");
    pieces::segment(&server.store, connection, &body, styles).await.expect("it can be read")
}

/// The events of a finished stream as text, one after the other.
fn events(parts: &[String]) -> String {
    let inside = parts.iter().map(|json| json.trim_start_matches('[').trim_end_matches(']'));
    inside.collect::<Vec<_>>().join(",")
}

async fn post(server: &TestServer, session: &str, (seq, batch): &Sent) {
    let answer = server.post(&server.batch_path(session, STREAM, *seq), batch).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
}

/// Lets the session fall silent and be finished.
async fn finish(server: &TestServer) {
    server.clock.advance(server.settings.sessions.idle_after() + std::time::Duration::from_secs(1));
    server.catch_up().await;
}

fn sheet(name: &str) -> String {
    format!(".{name}{{color:red}}").repeat(200)
}

/// Batches with snapshots, large stylesheets and clocks that jump.
fn batches() -> impl Strategy<Value = Vec<Sent>> {
    let event = prop_oneof![
        (0..5_000_i64, "[a-c]").prop_map(|(at, name)| format!(
            r#"{{"type":2,"data":{{"node":{{"id":1,"type":0,"childNodes":[{{"_cssText":"{}"}}]}}}},"timestamp":{}}}"#,
            sheet(&name),
            NOW + at
        )),
        (0..5_000_i64, ".{0,20}").prop_map(|(at, text)| format!(
            r#"{{"type":3,"data":{{"source":5,"id":1,"text":{}}},"timestamp":{}}}"#,
            serde_json::Value::from(text),
            NOW + at
        )),
        (0..100_000_000_000_i64).prop_map(|at| format!(r#"{{"type":0,"data":{{}},"timestamp":{at}}}"#)),
    ];
    let batch = prop::collection::vec(event, 1..6).prop_map(|events| format!("[{}]", events.join(",")));
    prop::collection::vec(batch, 1..7).prop_map(|batches| (0..).zip(batches).collect())
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn any_order_gives_the_same_recording(
        batches in batches(),
        order in prop::collection::vec((any::<prop::sample::Index>(), any::<bool>()), 0..14),
    ) {
        runtime().block_on(async {
            let server = TestServer::start().await;
            for batch in &batches {
                post(&server, SESSION, batch).await;
            }
            // The same batches, some twice, in another order, with the session finished in between.
            let other = "session-0000000002";
            for (index, finishes) in order {
                post(&server, other, index.get(&batches)).await;
                if finishes {
                    finish(&server).await;
                }
            }
            for batch in &batches {
                post(&server, other, batch).await;
            }
            finish(&server).await;
            let in_order = recording(&server, SESSION).await;
            let in_any_order = recording(&server, other).await;
            prop_assert_eq!(in_order, in_any_order);
            Ok(())
        })?;
    }
}

#[tokio::test]
async fn what_is_finished_is_what_came_in() {
    let server = TestServer::start().await;
    let css = sheet("x");
    let first = format!(
        r#"[{{"type":4,"data":{{"href":"https://x.example/","width":1,"height":1}},"timestamp":{NOW}}},{{"type":2, "data":{{"node":{{"id":1,"type":0,"childNodes":[{{"_cssText":"{css}"}}],"x":"{}"}}}},"timestamp":{NOW}.0}}]"#,
        "y".repeat(70_000)
    );
    let second = format!(r#"[{{"timestamp" : {}, "type":3,"data":{{"source":2,"id":"\ud83d"}}}}]"#, NOW + 5);
    for (seq, batch) in [(1, &second), (0, &first)] {
        post(&server, SESSION, &(seq, batch.clone())).await;
    }
    finish(&server).await;
    let recorded = recording(&server, SESSION).await;
    assert_eq!(recorded[0].1, [first, second], "byte for byte, cut after the first snapshot");

    let count = |sql: &'static str| {
        server.store.read(move |conn| Ok(conn.query_row(sql, [], |row| row.get::<_, i64>(0))?))
    };
    assert_eq!(count("SELECT count(*) FROM batch").await.expect("counted"), 0, "batches are gone");
    assert_eq!(count("SELECT count(*) FROM style").await.expect("counted"), 1);
    let segments = count("SELECT sum(bytes) FROM segment").await.expect("counted");
    let timeline = count("SELECT sum(length(body)) FROM timeline_block").await.expect("counted");
    let bytes = segments + timeline;
    let styles = count("SELECT sum(bytes) FROM style").await.expect("counted");
    assert_eq!(count("SELECT bytes FROM connection").await.expect("counted"), bytes + styles);
    assert_eq!(count("SELECT sum(bytes) FROM activity").await.expect("counted"), bytes);
}

#[tokio::test]
async fn a_batch_is_known_again_after_its_session_was_finished() {
    let server = TestServer::start().await;
    let batch =
        |seq: i64| (seq, format!(r#"[{{"type":3,"data":{{"source":2,"id":{seq}}},"timestamp":{NOW}}}]"#));
    for seq in [0, 2] {
        post(&server, SESSION, &batch(seq)).await;
    }
    finish(&server).await;
    let again = server.post(&server.batch_path(SESSION, STREAM, 2), &batch(2).1).await;
    assert_eq!((again.status, again.json()["duplicate"].as_bool()), (200, Some(true)));
    let other = server.post(&server.batch_path(SESSION, STREAM, 2), &batch(7).1).await;
    assert_eq!(other.status, 409);

    let late = server.post(&server.batch_path(SESSION, STREAM, 1), &batch(1).1).await;
    assert_eq!((late.status, late.json()["next"].as_i64()), (200, Some(3)), "the gap is closed");
    let manifest = server.get(&format!("{}/{SESSION}/manifest.json", server.sessions_path())).await.json();
    let seqs: Vec<_> = manifest["streams"][0]["parts"]
        .as_array()
        .expect("parts")
        .iter()
        .map(|part| part["seq"].as_i64())
        .collect();
    assert_eq!(seqs, [Some(0), Some(1), Some(2)], "a late batch plays in its place at once");
    finish(&server).await;
    let whole = events(&recording(&server, SESSION).await[0].1);
    let expected: Vec<String> = (0..3).map(|seq| batch(seq).1.trim_matches(['[', ']']).to_owned()).collect();
    assert_eq!(whole, expected.join(","));
}

#[tokio::test]
async fn a_gap_that_stays_is_named_after_finishing_as_well() {
    let server = TestServer::start().await;
    let load = page_load(NOW, "https://shop.example/", "hello");
    post(&server, SESSION, &(0, load.clone())).await;
    post(&server, SESSION, &(4, load.replace("hello", "later"))).await;
    finish(&server).await;
    let manifest = server.get(&format!("{}/{SESSION}/manifest.json", server.sessions_path())).await.json();
    assert_eq!(manifest["streams"][0]["missing"], serde_json::json!([[1, 3]]));
    assert_eq!(manifest["status"], "completed");
}

#[tokio::test]
async fn an_interrupted_attempt_leaves_nothing_behind() {
    let server = TestServer::start().await;
    post(&server, SESSION, &(0, page_load(NOW, "https://shop.example/", "hello"))).await;
    // What a crash leaves: a stream that was being written, with a segment in it.
    let leftover = "INSERT INTO stream (connection_id, public_id, first_event_at, last_event_at, last_seq)
         SELECT connection_id, public_id, 0, 0, 0 FROM stream;
         INSERT INTO segment SELECT max(id) << 20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, x'', x'', zeroblob(5000) FROM stream;";
    server.store.write(move |conn| Ok(conn.execute_batch(leftover)?)).await.expect("written");
    finish(&server).await;
    let count = |sql: &'static str| {
        server.store.read(move |conn| Ok(conn.query_row(sql, [], |row| row.get::<_, i64>(0))?))
    };
    assert_eq!(count("SELECT count(*) FROM stream").await.expect("counted"), 1);
    assert_eq!(count("SELECT count(*) FROM segment").await.expect("counted"), 1);
    assert_eq!(recording(&server, SESSION).await.len(), 1);
}

#[tokio::test]
async fn a_session_that_cannot_be_finished_stays_as_it_came_and_says_why() {
    let server = TestServer::start().await;
    post(&server, SESSION, &(0, page_load(NOW, "https://shop.example/", "hello"))).await;
    let damage = "UPDATE batch SET body = x'1f8b'";
    server.store.write(move |conn| Ok(conn.execute_batch(damage)?)).await.expect("written");
    finish(&server).await;
    let id = SESSION.parse().expect("an id");
    let connection = server.connection.id;
    let session = server
        .store
        .read(move |conn| hindsight::store::sessions::find(conn, &Scope::everything(), connection, &id))
        .await
        .expect("the store reads")
        .expect("it is still there");
    assert!(session.finish_error.is_some_and(|why| why.contains("gzip")), "the reason is kept");
}

#[tokio::test]
async fn sessions_that_are_not_worth_it_are_not_kept() {
    let server = TestServer::start_with(|settings| settings.sessions.keep_min_events = 4).await;
    post(&server, SESSION, &(0, page_load(NOW, "https://shop.example/", "hello"))).await;
    finish(&server).await;
    let gone = server.get(&format!("{}/{SESSION}", server.sessions_path())).await;
    assert_eq!(gone.status, 404);
    let late = server.post(&server.batch_path(SESSION, STREAM, 1), "[{\"type\":0,\"timestamp\":1}]").await;
    assert_eq!(late.status, 410, "it does not come back");
}
