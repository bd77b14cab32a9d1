//! What is hidden before it is written, whatever the recorder sent; and what is found
//! where it was not.

use hindsight::ingest::gzip;
use hindsight::model::recording::{Privacy, Recording};
use hindsight::store::{Db, connection_settings};
use serde_json::{Value, json};

use crate::audit::entries;
use crate::pages::{assert_reads, link, submit};
use crate::server::{NOW, TestServer, page_load};

const SESSION: &str = "session-00000hiding";
const STREAM: &str = "stream-00000hiding0";

/// What must never be at rest, as it would be found there.
const MARKERS: [&str; 7] = [
    "hunter2secret",
    "4111111111111111",
    "4111 1111 1111 1111",
    "ada@marker.example",
    "ada%40marker.example",
    "typedsecretly",
    "DE89370400440532013000",
];

async fn set(server: &TestServer, privacy: Privacy) {
    let recording = Recording { privacy: Some(privacy), ..Recording::default() };
    let connection = server.connection.id;
    let write = move |conn: &Db| connection_settings::set_recording(conn, connection, &recording);
    server.store.write(write).await.expect("set");
}

fn custom(tag: &str, payload: &Value) -> Value {
    json!({"type": 5, "data": {"tag": tag, "payload": payload}, "timestamp": NOW + 5})
}

/// A page that holds every marker in every place that a recorder reads.
fn leaking() -> Value {
    // In a text nothing has percent signs; in addresses it has.
    let text = MARKERS.join(" and ").replace("ada%40marker.example", "");
    let url = "https://shop.example/pay/4111111111111111?mail=ada%40marker.example&password=hunter2secret#ada@marker.example";
    let input = |id: i64, kind: &str, name: &str, value: &str| {
        json!({"type": 2, "id": id, "tagName": "input", "childNodes": [],
               "attributes": {"type": kind, "name": name, "value": value, "autocomplete": "off"}})
    };
    // Words in clear text are recorded in `balanced`: those of fields and secrets are not.
    let open = text.replace("hunter2secret", "").replace("typedsecretly", "");
    json!([
        {"type": 4, "data": {"href": url, "width": 800, "height": 600}, "timestamp": NOW},
        {"type": 2, "timestamp": NOW + 1, "data": {"initialOffset": {"left": 0, "top": 0}, "node": {"type": 0, "id": 1, "childNodes": [
            {"type": 2, "id": 2, "tagName": "body", "attributes": {"title": open, "data-user": open}, "childNodes": [
                {"type": 3, "id": 3, "textContent": open},
                input(4, "password", "pw", "hunter2secret"),
                input(5, "text", "card", "4111111111111111"),
                input(6, "hidden", "csrf", "hunter2secret"),
                {"type": 2, "id": 7, "tagName": "a", "attributes": {"href": url}, "childNodes": []},
                {"type": 2, "id": 8, "tagName": "textarea", "attributes": {}, "childNodes": [{"type": 3, "id": 9, "textContent": text}]},
            ]},
        ]}}},
        {"type": 3, "timestamp": NOW + 2, "data": {"source": 5, "id": 4, "text": "hunter2secret", "isChecked": false}},
        {"type": 3, "timestamp": NOW + 3, "data": {"source": 5, "id": 99, "text": "typedsecretly", "isChecked": false}},
        {"type": 3, "timestamp": NOW + 4, "data": {"source": 0, "removes": [], "adds": [
            {"parentId": 2, "nextId": null, "node": {"type": 3, "id": 10, "textContent": open}}],
            "texts": [{"id": 3, "value": open}, {"id": 9, "value": text}],
            "attributes": [{"id": 5, "attributes": {"value": "4111111111111111", "title": open}}]}},
        custom("hindsight.navigate", &json!({"href": url, "title": open, "kind": "push"})),
        custom("hindsight.console", &json!({"level": "error", "message": open})),
        custom("hindsight.request", &json!({"url": url, "method": "GET", "status": 200})),
        custom("hindsight.prompt", &json!({"id": "p1", "text": open})),
        custom("sold", &json!({"card": 4111111111111111_i64, "note": open})),
        {"type": 6, "timestamp": NOW + 6, "data": {"plugin": "rrweb/console@1", "payload": {"level": "log", "payload": [open]}}},
    ])
}

/// Everything in the data folder as bytes, and the bodies of batches as they read.
fn at_rest(server: &TestServer) -> Vec<(String, String)> {
    let data = &server.settings.server.data_dir;
    let mut found = Vec::new();
    for entry in std::fs::read_dir(data).expect("the folder").map(|entry| entry.expect("an entry").path()) {
        if entry.is_file() {
            let bytes = std::fs::read(&entry).expect("a file");
            found.push((entry.display().to_string(), String::from_utf8_lossy(&bytes).into_owned()));
        }
    }
    let conn = Db::open(data.join("hindsight.db")).expect("opened");
    let mut statement = conn.prepare("SELECT body FROM batch").expect("a statement");
    let bodies = statement.query_map([], |row| row.get::<_, Vec<u8>>(0)).expect("read");
    for body in bodies {
        let json = gzip::inflate(&body.expect("bytes"), gzip::Limits::STORED).expect("gzip");
        found.push(("a batch".to_owned(), String::from_utf8(json).expect("UTF-8")));
    }
    found
}

fn assert_clean(server: &TestServer) {
    for (place, text) in at_rest(server) {
        for marker in MARKERS {
            assert!(!text.contains(marker), "{marker} stands in {place}");
        }
    }
}

#[tokio::test]
async fn passwords_and_cards_are_never_at_rest_whatever_was_sent() {
    let server = TestServer::start().await;
    set(&server, Privacy::Balanced).await;
    let batch = leaking().to_string();
    for (seq, body) in [batch.clone().into_bytes(), gzip::deflate(batch.as_bytes())].into_iter().enumerate() {
        let path = server.batch_path(SESSION, STREAM, seq as i64);
        let sent = server.send(&crate::server::request("POST", &path, &[], &body)).await;
        assert_eq!(sent.status, 200, "{}", sent.text());
        let again = server.send(&crate::server::request("POST", &path, &[], &body)).await;
        assert_eq!(again.json()["duplicate"], true, "the hash is of what was sent");
    }
    assert_clean(&server);
    let page = server.get(&format!("{}/{SESSION}?panel=info", server.sessions_path())).await;
    assert_reads(&page, &["Hidden", "values masked by the server", "e-mail addresses"]);
    for query in ["hunter2secret", "ada@marker.example"] {
        assert!(!page.text().contains(query));
    }
    server.clock.advance(std::time::Duration::from_secs(3 * 60 * 60));
    server.catch_up().await;
    assert_clean(&server);
    let recording = server.get(&format!("{}/{SESSION}/recording.json", server.sessions_path())).await;
    assert_eq!(recording.status, 200);
    for marker in MARKERS {
        assert!(!recording.text().contains(marker), "{marker}");
    }
}

#[tokio::test]
async fn what_has_nothing_to_hide_is_stored_as_it_came() {
    let server = TestServer::start().await;
    for (number, privacy) in [None, Some(Privacy::Open), Some(Privacy::Balanced)].into_iter().enumerate() {
        if let Some(privacy) = privacy {
            set(&server, privacy).await;
            server.clock.advance(std::time::Duration::from_secs(6));
        }
        let body = gzip::deflate(page_load(NOW, "https://shop.example/?page=2", "hello").as_bytes());
        let path = server.batch_path(SESSION, STREAM, number as i64);
        assert_eq!(server.send(&crate::server::request("POST", &path, &[], &body)).await.status, 200);
        let conn = Db::open(server.settings.server.data_dir.join("hindsight.db")).expect("opened");
        let stored: Vec<u8> = conn
            .query_row("SELECT body FROM batch ORDER BY id DESC LIMIT 1", [], |row| row.get(0))
            .expect("a body");
        assert_eq!(stored, body, "{privacy:?}");
        let hidden: i64 =
            conn.query_row("SELECT count(*) FROM hidden", [], |row| row.get(0)).expect("counted");
        assert_eq!(hidden, 0);
    }
}

#[tokio::test]
async fn a_connection_becomes_open_only_by_a_typed_word() {
    let server = TestServer::start().await;
    let path = format!("/connections/{}/settings/recording", server.connection.id);
    let refused = submit(&server, &path, "privacy=open").await;
    assert_eq!(refused.status, 422);
    assert_reads(
        &refused,
        &["Type “open” to record what visitors type", "Type open, or choose another preset."],
    );
    assert_eq!(submit(&server, &path, "privacy=open&confirm_open=Open").await.status, 303);
    assert_eq!(submit(&server, &path, "privacy=open&sample=50").await.status, 303, "it is open already");
    let page = server.get(&server.sessions_path()).await;
    assert!(page.text().contains("class=\"open-label\""), "{}", page.text());
    let bad = submit(&server, &path, "privacy=balanced&mask_words=%2F(%2F").await;
    assert_eq!(bad.status, 422);
    assert_reads(&bad, &["Line 1: this is no regular expression."]);
    let saved = submit(&server, &path, "privacy=balanced&mask_email=1&mask_words=Falcon").await;
    assert_eq!(saved.status, 303);
    assert!(!server.get(&server.sessions_path()).await.text().contains("open-label"));
}

#[tokio::test]
async fn an_element_that_leaks_is_hidden_from_now_on() {
    let server = TestServer::start().await;
    let visit = page_load(NOW, "https://shop.example/help", "write to ada@marker.example");
    let named =
        visit.replace(r#""tagName":"body","attributes":{}"#, r#""tagName":"p","attributes":{"id":"mail"}"#);
    for (session, visit) in [("session-0000leaking1", &named), ("session-0000leaking2", &visit)] {
        assert_eq!(server.post(&server.batch_path(session, STREAM, 0), visit).await.status, 200);
    }
    server.clock.advance(std::time::Duration::from_secs(3 * 60 * 60));
    server.catch_up().await;
    let path = format!("/connections/{}/leaks", server.connection.id);
    assert_eq!(submit(&server, &path, "").await.status, 303);
    server.catch_up().await;
    let page = server.get(&path).await;
    assert_eq!(
        page.text().matches("what=element").count(),
        1,
        "nobody hides the whole page: {}",
        page.text()
    );
    let hide = link(&page, "what=element&amp;kind=email").replace("&amp;", "&");
    assert_reads(&server.get(&hide).await, &["Hide this element from now on?", "#mail"]);
    let query = hide.split_once('?').expect("a query").1;
    for _ in 0..2 {
        assert_eq!(submit(&server, &format!("{path}/act"), query).await.status, 303);
    }
    server.clock.advance(std::time::Duration::from_secs(6));
    let told = server.get(&format!("/ingest/{}", server.connection.write_key)).await.json();
    assert_eq!(told["recording"]["maskTextSelector"], "#mail", "once, and pages are told");
    let batch = server.batch_path("session-0000leaking3", STREAM, 0);
    assert_eq!(server.post(&batch, &named.replace("ada@marker", "eve@marker")).await.status, 200);
    assert!(
        !at_rest(&server).iter().any(|(_, text)| text.contains("eve@marker")),
        "and the server does it too"
    );
    let noted = entries(&server).await.join("\n");
    assert!(
        noted.contains(r#"anyone settings-changed recording {"fields":["maskTextSelector"]}"#),
        "{noted}"
    );
}

#[tokio::test]
async fn what_leaked_is_found_and_taken_away() {
    let server = TestServer::start().await;
    let text = "write to ada@marker.example or pay with 4111 1111 1111 1111";
    for session in ["session-0000leaking1", "session-0000leaking2"] {
        let path = server.batch_path(session, STREAM, 0);
        assert_eq!(
            server.post(&path, &page_load(NOW, "https://shop.example/help?x=1", text)).await.status,
            200
        );
    }
    server.clock.advance(std::time::Duration::from_secs(3 * 60 * 60));
    server.catch_up().await;
    let path = format!("/connections/{}/leaks", server.connection.id);
    assert_reads(&server.get(&path).await, &["Look through all recordings"]);
    assert_eq!(submit(&server, &path, "").await.status, 303);
    server.catch_up().await;
    let page = server.get(&path).await;
    assert_reads(
        &page,
        &["2 sessions looked through", "E-mail address", "ad…@m…", "Card number", "41…", "shop.example/help"],
    );
    assert!(!page.text().contains("ada@marker"), "never the value");
    let conn = Db::open(server.settings.server.data_dir.join("hindsight.db")).expect("opened");
    let kept: i64 = conn
        .query_row("SELECT count(*) FROM leak WHERE sample LIKE '%ada@%' OR page LIKE '%?%'", [], |row| {
            row.get(0)
        })
        .expect("counted");
    assert_eq!(kept, 0);

    let remask = link(&page, "what=remask&amp;kind=email").replace("&amp;", "&");
    assert_reads(&server.get(&remask).await, &["Write 2 sessions anew without it?", "Re-mask 2 sessions"]);
    let query = remask.split_once('?').expect("a query").1;
    assert_eq!(submit(&server, &format!("{path}/act"), query).await.status, 303);
    server.catch_up().await;
    let recording =
        server.get(&format!("{}/session-0000leaking1/recording.json", server.sessions_path())).await.text();
    assert!(!recording.contains("ada@marker.example"), "{recording}");
    assert!(recording.contains("4111 1111 1111 1111"), "another kind stays");
    assert_eq!(submit(&server, &path, "").await.status, 303);
    server.catch_up().await;
    let page = server.get(&path).await;
    assert!(!page.text().contains("ad…@m…") && page.text().contains("41…"), "it is gone");

    let rule = link(&page, "what=rule&amp;kind=card").replace("&amp;", "&");
    let query = rule.split_once('?').expect("a query").1;
    assert_eq!(submit(&server, &format!("{path}/act"), query).await.status, 303);
    server.clock.advance(std::time::Duration::from_secs(6));
    let batch = server.batch_path("session-0000leaking3", STREAM, 0);
    assert_eq!(server.post(&batch, &page_load(NOW, "https://shop.example/", text)).await.status, 200);
    let stored = at_rest(&server);
    assert!(stored.iter().any(|(place, text)| place == "a batch" && text.contains("**** **** **** ****")));

    let delete = link(&page, "what=delete&amp;kind=card").replace("&amp;", "&");
    let query = delete.split_once('?').expect("a query").1;
    assert_eq!(submit(&server, &format!("{path}/act"), query).await.status, 303);
    let gone = server.get(&format!("{}/session-0000leaking1", server.sessions_path())).await;
    assert_eq!(gone.status, 404);
    let noted = entries(&server).await.join("\n");
    for entry in [
        r#"anyone leak-scan  {"done":"started"}"#,
        r#"anyone leak-remasked email {"sessions":2}"#,
        r#"anyone settings-changed recording {"fields":["kinds"]}"#,
    ] {
        assert!(noted.contains(entry), "{entry}: {noted}");
    }
}
