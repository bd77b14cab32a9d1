//! What the replay page is told of a visit that goes on, and of the sessions beside it.

use std::time::Duration;

use crate::pages::assert_reads;
use crate::server::{NOW, TestServer, page_load, request};

const SESSION: &str = "session-0000000001";
const STREAM: &str = "stream-0000000001";

fn custom(at: i64, tag: &str, payload: &serde_json::Value) -> String {
    let data = serde_json::json!({ "tag": tag, "payload": payload });
    serde_json::json!([{ "type": 5, "data": data, "timestamp": at }]).to_string()
}

async fn send(server: &TestServer, session: &str, seq: i64, body: &str) {
    let answer = server.post(&server.batch_path(session, STREAM, seq), body).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
}

async fn events(server: &TestServer) -> serde_json::Value {
    server.get(&format!("{}/{SESSION}/events.json", server.sessions_path())).await.json()
}

fn texts(events: &serde_json::Value) -> Vec<String> {
    let list = events["events"].as_array().expect("a list");
    list.iter().map(|event| event["text"].as_str().expect("a text").to_owned()).collect()
}

/// What was read stands for some time, which is as short as the visit.
async fn until_listed(server: &TestServer, text: &str) {
    for _ in 0..500 {
        if texts(&events(server).await).iter().any(|listed| listed == text) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("{text} was not listed");
}

#[tokio::test]
async fn what_a_visitor_does_is_listed_while_the_visit_lasts() {
    let server = TestServer::start().await;
    send(&server, SESSION, 0, &page_load(NOW, "https://shop.example/cart", "Cart")).await;
    let first = events(&server).await;
    assert_eq!((first["is_final"].as_bool(), first["is_whole"].as_bool()), (Some(false), Some(true)));
    assert!(texts(&first).iter().any(|text| text == "Opened /cart"), "{first}");
    let prompt = serde_json::json!({ "id": "p", "text": "Where is <it>?" });
    send(&server, SESSION, 1, &custom(NOW + 4000, "hindsight.prompt", &prompt)).await;
    until_listed(&server, "Asked “Where is <it>?”").await;
    let chat = format!("{}/{SESSION}/conversation", server.sessions_path());
    assert_reads(&server.get(&chat).await, &["Where is &lt;it&gt;?", "Waiting for an answer"]);
    let reply = serde_json::json!({ "id": "r", "to": "p", "text": "In the **post**.", "sources": ["https://a.example/faq"] });
    send(&server, SESSION, 2, &custom(NOW + 5000, "hindsight.reply", &reply)).await;

    server.clock.advance(server.settings.sessions.idle_after() + Duration::from_secs(1));
    server.catch_up().await;
    assert_eq!(events(&server).await["is_final"], true);
    let page = server.get(&chat).await;
    assert_reads(&page, &["Assistant after 1.0 s", "In the post ."]);
    let text = page.text();
    assert!(
        text.contains("<strong>post</strong>") && text.contains("href=\"https://a.example/faq\""),
        "{text}"
    );
    assert!(!text.contains("Waiting for an answer"));
}

#[tokio::test]
async fn a_live_replay_starts_near_its_end_and_a_silent_one_at_its_start() {
    let server = TestServer::start().await;
    send(&server, SESSION, 0, &page_load(NOW, "https://shop.example/", "first")).await;
    send(&server, SESSION, 1, &custom(NOW + 60_000, "hindsight.track", &serde_json::json!({ "name": "x" })))
        .await;
    let path = format!("{}/{SESSION}", server.sessions_path());
    let starts = async |query: &str| {
        let text = server.get(&format!("{path}{query}")).await.text();
        let start = text.split("data-start=\"").nth(1).and_then(|rest| rest.split('"').next());
        start.expect("a start").to_owned()
    };
    assert_eq!(starts("").await, "54000");
    assert_eq!(starts("?t=3").await, "3000");
    server.clock.advance(Duration::from_secs(61));
    assert_eq!(starts("").await, "0");
}

#[tokio::test]
async fn neighbours_are_those_of_the_list_that_the_viewer_came_from() {
    let server = TestServer::start().await;
    for number in 1..=4 {
        let page = if number == 3 { "https://shop.example/blog" } else { "https://shop.example/cart" };
        send(&server, &format!("session-000000000{number}"), 0, &page_load(NOW, page, "x")).await;
        server.clock.advance(Duration::from_secs(1));
    }
    let list = server.sessions_path();
    let beside = async |number: u8, query: &str| {
        let found =
            server.get(&format!("{list}/session-000000000{number}/neighbours.json{query}")).await.json();
        let url =
            |side: &str| found[side]["url"].as_str().map(|url| url.trim_start_matches(&list).to_owned());
        (url("newer"), url("older"))
    };
    let at = |text: &str| Some(text.to_owned());
    assert_eq!(beside(2, "").await, (at("/session-0000000003"), at("/session-0000000001")));
    assert_eq!(
        beside(2, "?url=cart").await,
        (at("/session-0000000004?from=url%3Dcart"), at("/session-0000000001?from=url%3Dcart"))
    );
    assert_eq!(beside(4, "").await, (None, at("/session-0000000003")));
    let bad = server.get(&format!("{list}/session-0000000002/neighbours.json?status=lost")).await;
    assert_eq!((bad.status, bad.json()["type"].as_str()), (400, Some("/problems/bad-query")));
}

#[tokio::test]
async fn the_way_back_leads_to_the_list_and_nowhere_else() {
    let server = TestServer::start().await;
    send(&server, SESSION, 0, &page_load(NOW, "https://shop.example/", "x")).await;
    let list = server.sessions_path();
    let path = format!("{list}/{SESSION}");
    let back = |text: &str| text.contains(&format!("href=\"{list}?url=cart\""));
    assert!(back(&server.get(&format!("{path}?from=url%3Dcart")).await.text()));
    let referer = |address: &str| format!("Referer: http://{}{address}", "127.0.0.1");
    let came = |address: String| {
        let (server, path) = (&server, path.clone());
        async move { server.send(&request("GET", &path, &[&referer(&address)], b"")).await.text() }
    };
    assert!(back(&came(format!("{list}?url=cart")).await));
    assert!(!came("/elsewhere?url=cart".to_owned()).await.contains("url=cart"));
    let hostile = server.get(&format!("{path}?from=%22%3E%3Cscript%3E&x=//evil.example")).await.text();
    assert!(
        !hostile.contains("\"><script>") && hostile.contains(&format!("href=\"{list}?%22%3E%3Cscript%3E=\""))
    );
}
