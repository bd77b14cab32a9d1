//! Webhooks: what is told, when it is told again, and what never is.

use std::time::Duration;

use hindsight::model::{Analysis, Severity};
use hindsight::store::webhooks::{self, Wanted};
use hindsight::webhooks::Messenger;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value;
use sha2::Sha256;

use crate::answers::agent::{Agent, Asked, Step, whole};
use crate::answers::private;
use crate::api::{Client, prompted_session};
use crate::command_line::{Process, folder};
use crate::durability::send;
use crate::pages::words;
use crate::said::{SESSION, analysed, finding, finished_session};
use crate::server::{NOW, TestServer, request};

const SECRET: &str = "whsec_test";

fn answer(status: u16) -> Vec<Step> {
    vec![Step::Send(whole(status, "text/plain", "ok"))]
}

async fn server() -> (TestServer, Messenger) {
    let server = TestServer::start_with(private).await;
    let messenger = Messenger::new(
        server.store.clone(),
        server.clock.clone(),
        server.plugins.clone(),
        &server.settings.answers,
        "https://replay.example".to_owned(),
    );
    (server, messenger.expect("certificates"))
}

/// A webhook that hears of everything.
async fn add(server: &TestServer, agent: &Agent) -> i64 {
    let wanted = Wanted {
        url: agent.url(),
        active: true,
        sessions: true,
        findings: Some(Severity::Medium),
        prompts: true,
    };
    let connection = server.connection.id;
    let added = server.store.write(move |conn| webhooks::add(conn, connection, &wanted, SECRET, NOW)).await;
    added.expect("written").expect("room")
}

async fn tell_all(messenger: &Messenger) {
    while messenger.turn().await.expect("nothing fails") {}
}

fn bodies(agent: &Agent) -> Vec<Value> {
    agent.asked().iter().map(Asked::json).collect()
}

fn is_signed(asked: &Asked) -> bool {
    let header = asked.header("hindsight-signature").expect("signed");
    let (seconds, hex) = header.strip_prefix("t=").and_then(|rest| rest.split_once(",v1=")).expect("a form");
    let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).expect("a key");
    mac.update(format!("{seconds}.{}", asked.body).as_bytes());
    let expected: String = mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    hex == expected
}

#[tokio::test]
async fn what_happens_is_told_once_and_signed() {
    let agent = Agent::start(vec![answer(204)]).await;
    let (server, messenger) = server().await;
    add(&server, &agent).await;
    prompted_session(&server).await;
    let row = finished_session(&server).await;
    let analysis = || Analysis {
        findings: vec![
            finding("rage-click", Severity::High, 1000, "Rage", ""),
            finding("quick-back", Severity::Low, 1000, "Back", ""),
        ],
        ..Analysis::default()
    };
    analysed(&server, row, analysis()).await;
    analysed(&server, row, analysis()).await;
    tell_all(&messenger).await;
    assert!(agent.asked().iter().all(is_signed));
    let told = bodies(&agent);
    let mut kinds: Vec<&str> = told.iter().filter_map(|body| body["kind"].as_str()).collect();
    kinds.sort_unstable();
    assert_eq!(kinds, ["finding", "prompt.unanswered", "session.finished", "session.finished"]);
    let of = |kind: &str| told.iter().find(|body| body["kind"] == kind).expect(kind);
    assert_eq!(of("finding")["finding"]["title"], "Rage");
    assert_eq!(of("finding")["session"]["id"], SESSION);
    assert_eq!(of("prompt.unanswered")["prompt"]["text"], "Where is my order?");
    assert_eq!(of("prompt.unanswered")["connection"]["name"], "Shop");
    let url = of("session.finished")["session"]["url"].as_str().expect("a url").to_owned();
    assert!(url.starts_with("https://replay.example/connections/1/sessions/session-"), "{url}");
    tell_all(&messenger).await;
    assert_eq!(agent.asked().len(), 4);
}

#[tokio::test]
async fn what_is_not_taken_is_sent_again_under_the_same_id_for_a_day() {
    let agent = Agent::start(vec![answer(500), answer(302), vec![Step::UntilGone], answer(500)]).await;
    let (server, messenger) = server().await;
    let webhook = add(&server, &agent).await;
    server.store.write(move |conn| webhooks::test(conn, webhook, NOW)).await.expect("written");
    tell_all(&messenger).await;
    assert_eq!(agent.asked().len(), 1);
    server.clock.advance(Duration::from_secs(9));
    tell_all(&messenger).await;
    assert_eq!(agent.asked().len(), 1, "it waits for ten seconds");
    server.clock.advance(Duration::from_secs(1));
    tell_all(&messenger).await;
    assert_eq!(agent.asked().len(), 2);
    server.clock.advance(Duration::from_secs(20));
    // This one is waited for as long as an answer may take.
    tell_all(&messenger).await;
    for _ in 0..40 {
        server.clock.advance(Duration::from_secs(4 * 60 * 60));
        tell_all(&messenger).await;
    }
    let ids: Vec<Value> = bodies(&agent).into_iter().map(|body| body["id"].clone()).collect();
    assert!((4..20).contains(&ids.len()) && ids.iter().all(|id| *id == ids[0]), "{ids:?}");
    let path = format!("/connections/1/settings/webhooks/{webhook}");
    let page = words(&server.get(&path).await);
    for said in ["Given up", "status 302", "did not come within 10 seconds", "status 500"] {
        assert!(page.contains(said), "{said}: {page}");
    }
    let (log, dead) = server
        .store
        .read(move |conn| Ok((webhooks::attempts(conn, webhook)?, webhooks::dead(conn, webhook)?)))
        .await
        .expect("read");
    assert_eq!((log.len(), dead.len()), (ids.len(), 1));
    let sent = server.store.write(move |conn| webhooks::send_again(conn, webhook, None, NOW)).await;
    assert_eq!(sent.expect("written"), 1);
    tell_all(&messenger).await;
    assert_eq!(agent.asked().len(), ids.len() + 1);
}

#[tokio::test]
async fn an_erased_session_is_told_no_more() {
    let agent = Agent::start(vec![answer(200)]).await;
    let (server, messenger) = server().await;
    add(&server, &agent).await;
    finished_session(&server).await;
    let client = Client::with(&server, &[hindsight::model::TokenScope::Erase]).await;
    let path = format!("/connections/1/sessions/{SESSION}");
    assert_eq!(client.call("DELETE", &path, &[], None).await.status, 204);
    tell_all(&messenger).await;
    assert!(agent.asked().is_empty());
    let left = server.store.read(|conn| {
        Ok(conn.query_row("SELECT count(*) FROM webhook_event", [], |row| row.get::<_, i64>(0))?)
    });
    assert_eq!(left.await.expect("read"), 0);
}

#[tokio::test]
async fn private_networks_are_not_told_unless_they_are_meant() {
    let agent = Agent::start(vec![answer(200)]).await;
    let server = TestServer::start().await;
    let messenger = Messenger::new(
        server.store.clone(),
        server.clock.clone(),
        server.plugins.clone(),
        &server.settings.answers,
        String::new(),
    );
    let webhook = add(&server, &agent).await;
    server.store.write(move |conn| webhooks::test(conn, webhook, NOW)).await.expect("written");
    tell_all(&messenger.expect("certificates")).await;
    assert!(agent.asked().is_empty());
    let page = words(&server.get(&format!("/connections/1/settings/webhooks/{webhook}")).await);
    assert!(page.contains("private network") && page.contains("answers.private_hosts"), "{page}");
}

#[tokio::test]
async fn the_page_adds_a_webhook_shows_its_secret_once_and_deletes_it() {
    let server = TestServer::start().await;
    let path = "/connections/1/settings/webhooks";
    let post = async |path: &str, body: &str| {
        server.send(&request("POST", path, &["Sec-Fetch-Site: same-origin"], body.as_bytes())).await
    };
    let wrong = post(path, "url=ftp%3A%2F%2Fx&sessions=1&active=1").await;
    assert_eq!(wrong.status, 422);
    assert!(words(&wrong).contains("Write a web address"), "{}", words(&wrong));
    let made = post(path, "url=https%3A%2F%2Fhooks.example%2Fa&sessions=1&active=1&findings=high").await;
    let text = made.text();
    assert!(text.contains("whsec_"), "{text}");
    let one = format!("{path}/1");
    assert!(!server.get(&one).await.text().contains("whsec_"));
    let listed = words(&server.get(path).await);
    assert!(listed.contains("https://hooks.example/a finished sessions, high findings none yet"), "{listed}");
    let renewed = post(&format!("{one}/secret"), "").await.text();
    assert!(renewed.contains("whsec_"));
    assert_eq!(post(&one, "url=https%3A%2F%2Fhooks.example%2Fb&prompts=1").await.status, 303);
    let listed = words(&server.get(path).await);
    assert!(listed.contains("https://hooks.example/b paused unanswered prompts"), "{listed}");
    assert_eq!(post(&format!("{one}/delete"), "").await.status, 303);
    assert_eq!(server.get(&one).await.status, 404);
}

#[tokio::test]
async fn an_event_outlives_a_server_that_is_killed_while_it_tells() {
    let agent = Agent::start(vec![vec![Step::UntilGone], answer(200)]).await;
    let folder = folder();
    let allowed = [("HINDSIGHT_ANSWERS__ALLOW_PRIVATE", "true")];
    let server = Process::start_with(folder.path(), &[], &allowed);
    let url = agent.url().replace(':', "%3A").replace('/', "%2F").replace('?', "%3F").replace('=', "%3D");
    let post = |base: String, path: &'static str, body: String| {
        let bytes = request("POST", path, &["Sec-Fetch-Site: same-origin"], body.as_bytes());
        tokio::task::spawn_blocking(move || send(&base, &bytes))
    };
    let all = "/connections/1/settings/webhooks";
    let added = post(server.url.clone(), all, format!("url={url}&active=1")).await.expect("a thread");
    assert_eq!(added.map(|answer| answer.status), Some(200));
    let testing = post(server.url.clone(), "/connections/1/settings/webhooks/1/test", String::new());
    while agent.asked().is_empty() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    server.kill();
    drop(testing.await);
    let _server = Process::start_with(folder.path(), &[], &allowed);
    while agent.asked().len() < 2 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let told = bodies(&agent);
    assert_eq!(told[0]["id"], told[1]["id"]);
    assert_eq!(told[1]["kind"], "test");
}
