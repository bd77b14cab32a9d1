//! Links to single sessions: what they open, what they do not, and when they stop.

use std::io::{Read as _, Write as _};
use std::time::Duration;

use hindsight::web::{Access, routes};

use crate::command_line::Process;
use crate::pages::{assert_reads, submit};
use crate::said::{SESSION, finished_session};
use crate::server::{Answer, NOW, TestServer, page_load, request};

/// Makes a link, and answers its path and what was said.
async fn share(server: &TestServer, form: &str) -> (String, Answer) {
    let answer = submit(server, &format!("{}/{SESSION}/share", server.sessions_path()), form).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    let url = answer.json()["url"].as_str().expect("a link").to_owned();
    let path = url.split_once("/share/").map(|(_, token)| format!("/share/{token}")).expect("a link");
    (path, answer)
}

/// All addresses of recorded bytes that a manifest names.
fn pieces(manifest: &Answer) -> Vec<String> {
    let manifest = manifest.json();
    let streams = manifest["streams"].as_array().expect("streams").clone();
    let parts = streams.iter().flat_map(|stream| stream["parts"].as_array().expect("parts").clone());
    parts.map(|part| part["url"].as_str().expect("an address").to_owned()).collect()
}

#[tokio::test]
async fn a_link_opens_its_session_and_nothing_else() {
    let server = TestServer::start().await;
    finished_session(&server).await;
    let other = page_load(NOW, "https://shop.example/secret", "another visit");
    server.post(&server.batch_path("session-0000000002", "stream-b-000000001", 0), &other).await;
    let (link, made) = share(&server, "story=1&start_ms=1500&author=Ada").await;
    assert_eq!(link.len(), "/share/".len() + 32);
    assert!(made.json()["expires_at"].as_str().is_some_and(|at| at.starts_with("2026-01-08")), "7 days");

    let page = server.get(&link).await;
    assert_eq!(page.status, 200);
    let text = page.text();
    assert!(text.contains("data-start=\"1500\"") && text.contains("guest-story"), "{text}");
    for inside in ["/connections/", "Sessions", "/storage", "href=\"/\""] {
        assert!(!text.contains(inside), "{inside} leads to the dashboard");
    }
    assert_eq!(page.header("referrer-policy"), Some("no-referrer"));
    assert!(page.header("x-robots-tag").is_some_and(|tag| tag.contains("noindex")));
    let stage = server.get(&format!("{link}/stage")).await;
    assert!(
        stage.header("content-security-policy").is_some_and(|policy| policy.contains("img-src data: blob:;"))
    );
    assert_eq!(stage.header("referrer-policy"), Some("no-referrer"));

    let manifest = server.get(&format!("{link}/manifest.json")).await;
    let pieces = pieces(&manifest);
    assert!(!pieces.is_empty());
    for piece in &pieces {
        assert!(piece.starts_with(&link), "{piece}");
        assert_eq!(server.get(piece).await.status, 200, "{piece}");
    }
    assert_eq!(server.get(&format!("{link}/story.json")).await.status, 200);
    for elsewhere in [
        "/segments/999",
        "/streams/stream-b-000000001/batches/7",
        "/streams/stream-x-000000001/batches/0",
        "/styles/00000000000000000000000000000000",
        "/session-0000000002",
    ] {
        assert_eq!(server.get(&format!("{link}{elsewhere}")).await.status, 404, "{elsewhere}");
    }
    // Of the other visit there is a batch of this very stream and number, and it is not this one.
    let same_name = server.get(&format!("{link}/streams/stream-b-000000001/batches/0")).await;
    assert!(!same_name.text().contains("another visit"), "{}", same_name.text());

    let (bare, _) = share(&server, "").await;
    assert!(!server.get(&bare).await.text().contains("guest-story"));
    assert_eq!(server.get(&format!("{bare}/story.json")).await.status, 404);
}

#[tokio::test]
async fn every_route_of_guests_asks_for_the_link() {
    let server = TestServer::start().await;
    finished_session(&server).await;
    let (link, _) = share(&server, "expires=1h&story=1").await;
    let guests = || routes(&server.app).into_iter().filter(|route| route.access == Access::Share);
    assert!(guests().count() >= 9);
    let all = async |token: &str| {
        let mut statuses = Vec::new();
        for route in guests() {
            let path = route.path.replace("{token}", token).replace("{stream}", "stream-a-000000001");
            let path =
                path.replace("{seq}", "0").replace("{segment}", "1").replace("{style}", &"0".repeat(32));
            let answer =
                server.send(&request(route.method.as_str(), &path, &["Accept: text/html"], b"")).await;
            assert!(answer.header("x-robots-tag").is_some(), "{path}");
            assert!(!answer.text().contains("/connections/"), "{path} tells of the dashboard");
            statuses.push(answer.status);
        }
        statuses
    };
    for wrong in ["x", "a".repeat(32).as_str(), "%00"] {
        assert!(all(wrong).await.iter().all(|status| *status == 404), "{wrong}");
    }
    let token = link.trim_start_matches("/share/");
    assert!(all(token).await.contains(&200));
    server.clock.advance(Duration::from_secs(60 * 60));
    assert!(all(token).await.iter().all(|status| *status == 410), "it has expired");
    let page = server.get(&link).await;
    assert_reads(&page, &["This link does not work any more", "Ask whoever sent it to you"]);
    let gone = server.get("/share/nothing").await;
    assert_reads(&gone, &["This link does not work", "Ask whoever sent it to you"]);
}

#[tokio::test]
async fn a_link_is_listed_counted_ended_and_taken_back() {
    let server = TestServer::start().await;
    finished_session(&server).await;
    let list = format!("/connections/{}/shares", server.connection.id);
    assert_reads(&server.get(&list).await, &["No link was made yet"]);
    let (link, _) = share(&server, "author=Ada+Lovelace").await;
    let opened = request("POST", &format!("{link}/opened"), &[], b"");
    assert_eq!(server.send(&opened).await.status, 204);
    let page = server.get(&list).await;
    assert_reads(&page, &["shop.example", "Ada Lovelace", "1 time", "in 7 days", "End"]);
    assert!(!page.text().contains(&link), "the link itself is not kept");

    let answer = submit(&server, &format!("{list}/1/revoke"), "").await;
    assert_eq!(answer.header("location"), Some(format!("{list}?revoked=1").as_str()));
    assert_eq!(server.get(&link).await.status, 410);
    assert_reads(
        &server.get(&format!("{list}?revoked=1")).await,
        &["The link works no more.", "Undo", "Ended"],
    );
    assert_eq!(submit(&server, &format!("{list}/1/revoke"), "").await.status, 404, "it is over");
    submit(&server, &format!("{list}/1/restore"), "").await;
    assert_eq!(server.get(&link).await.status, 200);

    let stored = server.store.read(|conn| {
        Ok(conn.query_row("SELECT token_hash, opened FROM share", [], |row| {
            Ok((row.get::<_, Vec<u8>>(0)?, row.get::<_, i64>(1)?))
        })?)
    });
    let (hash, opened) = stored.await.expect("read");
    assert_eq!((hash.len(), opened), (32, 1));
}

#[tokio::test]
async fn a_password_is_asked_for_and_guessed_slowly() {
    let server = TestServer::start().await;
    finished_session(&server).await;
    let (link, _) = share(&server, "password=sword+fish").await;
    let page = server.get(&link).await;
    assert_reads(&page, &["A session was shared with you"]);
    assert!(!page.text().contains("shop.example"), "nothing is told before");
    assert_eq!(server.get(&format!("{link}/manifest.json")).await.status, 401);
    assert_eq!(server.send(&request("POST", &format!("{link}/opened"), &[], b"")).await.status, 401);

    let wrong = server.post(&link, "password=swordfish").await;
    assert_eq!(wrong.status, 403);
    assert!(wrong.header("set-cookie").is_none());
    let right = server.post(&link, "password=sword+fish").await;
    assert_eq!(right.status, 303, "{}", right.text());
    let cookie = right.header("set-cookie").expect("a cookie").to_owned();
    assert!(cookie.contains("HttpOnly") && cookie.contains(&format!("Path={link}")), "{cookie}");
    let proof = format!("Cookie: {}", cookie.split(';').next().expect("a pair"));
    let open = server.send(&request("GET", &format!("{link}/manifest.json"), &[&proof], b"")).await;
    assert_eq!(open.status, 200);
    let (other, _) = share(&server, "password=sword+fish").await;
    let elsewhere = server.send(&request("GET", &format!("{other}/manifest.json"), &[&proof], b"")).await;
    assert_eq!(elsewhere.status, 401, "the proof is of one link");

    for _ in 0..10 {
        assert_eq!(server.post(&link, "password=guess").await.status, 403);
    }
    let refused = server.post(&link, "password=sword+fish").await;
    assert_eq!(refused.status, 429);
    assert!(refused.header("retry-after").is_some());
    server.clock.advance(Duration::from_secs(15 * 60 + 1));
    assert_eq!(server.post(&link, "password=sword+fish").await.status, 303);
}

#[tokio::test]
async fn what_is_held_back_is_not_shown_by_a_link_either() {
    let server = TestServer::start().await;
    let body = page_load(NOW, "https://shop.example/ada@example.org", "ada@example.org");
    server.post(&server.batch_path(SESSION, "stream-a-000000001", 0), &body).await;
    let (link, _) = share(&server, "story=1").await;
    assert!(server.get(&link).await.text().contains("ada@example.org"));
    let switch = format!("/connections/{}/plugins/mask-pii/switch", server.connection.id);
    submit(&server, &switch, "on=1").await;
    for path in ["", "/stage", "/manifest.json", "/story.json", "/streams/stream-a-000000001/batches/0"] {
        let answer = server.get(&format!("{link}{path}")).await;
        assert_eq!(answer.status, 403, "{path}");
        assert!(!answer.text().contains("ada@example"), "{path}");
    }
    let list = server.get(&format!("/connections/{}/shares", server.connection.id)).await;
    assert!(list.text().contains("shop.example") && !list.text().contains("ada@example"));
}

#[tokio::test]
async fn bad_links_are_refused_with_what_is_wrong() {
    let server = TestServer::start().await;
    finished_session(&server).await;
    let path = format!("{}/{SESSION}/share", server.sessions_path());
    for (form, said) in [
        ("expires=2d", "expires is one of"),
        ("start_ms=soon", "start_ms is a place"),
        ("story=yes", "story is 1 or 0"),
        (&format!("password={}", "p".repeat(201)), "password is longer"),
    ] {
        let answer = submit(&server, &path, form).await;
        assert_eq!(answer.status, 422, "{form}");
        assert!(answer.text().contains(said), "{}", answer.text());
    }
    for _ in 0..100 {
        share(&server, "expires=1h").await;
    }
    assert_eq!(submit(&server, &path, "expires=1h").await.status, 409);
    server.clock.advance(Duration::from_secs(2 * 60 * 60));
    share(&server, "").await;
}

#[test]
fn the_log_has_no_link() {
    let folder = crate::command_line::folder();
    let log = folder.path().join("log");
    let mut command = crate::command_line::hindsight(folder.path());
    command.args(["serve", "--listen", "127.0.0.1:0"]).env("HINDSIGHT_LOG__LEVEL", "trace");
    let file = std::fs::File::create(&log).expect("writable");
    let server = Process::spawn_with_log(&mut command, file.into());
    let token = "TokenTokenTokenTokenTokenTokenXY";
    for rest in ["", "/manifest.json", "/nowhere"] {
        let address = server.url.strip_prefix("http://").expect("an address");
        let mut socket = std::net::TcpStream::connect(address).expect("the server accepts");
        socket.write_all(&request("GET", &format!("/share/{token}{rest}"), &[], b"")).expect("sent");
        let mut answer = String::new();
        socket.read_to_string(&mut answer).expect("an answer");
        assert!(answer.contains(" 404 "), "{answer}");
    }
    server.stop();
    let written = std::fs::read_to_string(&log).expect("a log");
    assert!(!written.contains(token), "{written}");
}
