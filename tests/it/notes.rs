//! Notes at moments of a session: who may change them, what they take, and that they go with it.

use hindsight::store::{Db, Scope, sessions};

use crate::pages::submit;
use crate::said::{SESSION, finished_session};
use crate::server::{Answer, TestServer, request};

const ADA: &str = "Cookie: hindsight-viewer=0123456789abcdef0123456789abcdef";
const BEN: &str = "Cookie: hindsight-viewer=fedcba9876543210fedcba9876543210";

fn path(server: &TestServer, rest: &str) -> String {
    format!("{}/{SESSION}/notes{rest}", server.sessions_path())
}

async fn post(server: &TestServer, viewer: &str, rest: &str, form: &str) -> Answer {
    let headers = ["Sec-Fetch-Site: same-origin", viewer];
    server.send(&request("POST", &path(server, rest), &headers, form.as_bytes())).await
}

async fn notes(server: &TestServer, viewer: &str) -> Vec<serde_json::Value> {
    let answer = server.send(&request("GET", &path(server, ".json"), &[viewer], b"")).await;
    answer.json()["notes"].as_array().expect("a list").clone()
}

async fn counted(server: &TestServer) -> i64 {
    let (connection, id) = (server.connection.id, SESSION.parse().expect("an id"));
    let read = move |conn: &Db| sessions::find(conn, &Scope::everything(), connection, &id);
    server.store.read(read).await.expect("the store reads").expect("it is there").notes
}

#[tokio::test]
async fn a_note_stands_where_it_was_written_and_belongs_to_its_browser() {
    let server = TestServer::start().await;
    finished_session(&server).await;
    let answer = post(&server, ADA, "", "at_ms=1500&text=Why+here%3F&author=Ada").await;
    assert_eq!(answer.status, 303, "{}", answer.text());
    assert!(answer.header("location").is_some_and(|url| url.ends_with("?t=1&note=1")), "{answer:?}");
    // In the second stream, which starts 2 seconds after the first one's end.
    post(&server, BEN, "", "at_ms=4500&text=%3Cb%3E+later&author=").await;
    let seen = notes(&server, ADA).await;
    let fields = |note: &serde_json::Value| (note["at_ms"].as_i64(), note["own"].as_bool());
    assert_eq!(
        seen.iter().map(fields).collect::<Vec<_>>(),
        [(Some(1500), Some(true)), (Some(4500), Some(false))]
    );
    assert_eq!((seen[0]["text"].as_str(), seen[1]["text"].as_str()), (Some("Why here?"), Some("<b> later")));
    assert_eq!(counted(&server).await, 2);

    assert_eq!(post(&server, BEN, "/1", "text=mine+now").await.status, 404, "it is another's");
    assert_eq!(post(&server, BEN, "/1/delete", "").await.status, 404);
    assert_eq!(post(&server, ADA, "/1", "text=Why+there%3F").await.status, 303);
    let seen = notes(&server, ADA).await;
    assert_eq!((seen[0]["text"].as_str(), seen[0]["changed"].as_bool()), (Some("Why there?"), Some(true)));
}

#[tokio::test]
async fn deleting_a_note_can_be_undone_for_a_while() {
    let server = TestServer::start().await;
    finished_session(&server).await;
    post(&server, ADA, "", "at_ms=0&text=gone+soon&author=Ada").await;
    assert_eq!(post(&server, ADA, "/1/delete", "").await.status, 303);
    assert_eq!((notes(&server, ADA).await.len(), counted(&server).await), (0, 0));
    assert_eq!(post(&server, ADA, "/1/delete", "").await.status, 404, "it is deleted already");
    assert_eq!(post(&server, ADA, "/1/restore", "").await.status, 303);
    assert_eq!((notes(&server, ADA).await.len(), counted(&server).await), (1, 1));
    post(&server, ADA, "/1/delete", "").await;
    server.clock.advance(std::time::Duration::from_secs(2 * 60 * 60));
    server.catch_up().await;
    assert_eq!(post(&server, ADA, "/1/restore", "").await.status, 404, "it is erased");
}

#[tokio::test]
async fn bad_notes_are_refused_with_what_is_wrong() {
    let server = TestServer::start().await;
    finished_session(&server).await;
    let long = "x".repeat(2001);
    for (form, said) in [
        ("at_ms=0&text=++".to_owned(), "text is what the note says"),
        ("at_ms=-1&text=x".to_owned(), "at_ms is a place"),
        ("text=x".to_owned(), "at_ms is a place"),
        (format!("at_ms=0&text={long}"), "2,000 characters"),
        (format!("at_ms=0&text=x&author={}", "n".repeat(81)), "80 characters"),
    ] {
        let answer = post(&server, ADA, "", &form).await;
        assert_eq!(answer.status, 422, "{said}");
        assert!(answer.text().contains(said), "{}", answer.text());
    }
    for _ in 0..500 {
        assert_eq!(post(&server, ADA, "", "at_ms=0&text=x").await.status, 303);
    }
    let answer = post(&server, ADA, "", "at_ms=0&text=x").await;
    assert_eq!((answer.status, answer.json()["type"].as_str()), (409, Some("/problems/limit-reached")));
    assert_eq!(post(&server, ADA, "/x/delete", "").await.status, 404);
}

#[tokio::test]
async fn erasing_a_session_erases_its_notes_and_links() {
    let server = TestServer::start().await;
    finished_session(&server).await;
    post(&server, ADA, "", "at_ms=0&text=x").await;
    let shared = submit(&server, &format!("{}/{SESSION}/share", server.sessions_path()), "").await;
    assert_eq!(shared.status, 201, "{}", shared.text());
    submit(&server, &format!("{}/{SESSION}/delete", server.sessions_path()), "").await;
    let left = server.store.read(|conn| {
        let count = |sql: &str| conn.query_row(sql, [], |row| row.get::<_, i64>(0));
        Ok((count("SELECT count(*) FROM note")?, count("SELECT count(*) FROM share")?))
    });
    assert_eq!(left.await.expect("the store reads"), (0, 0));
}
