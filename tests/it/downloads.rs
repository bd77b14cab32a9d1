//! Sessions as files: what they are called, what is in them, and what cannot get out of them.

use hindsight::timeline::{Button, Element, Event, Kind, PageCause};
use sha2::Digest as _;

use crate::said::{SESSION, finished_session, read};
use crate::server::{Answer, NOW, TestServer, page_load};

async fn download(server: &TestServer, file: &str) -> Answer {
    let answer = server.get(&format!("{}/{SESSION}/{file}", server.sessions_path())).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer
}

fn view(at: u32, url: &str) -> Event {
    let (url, title, cause) = (url.to_owned(), String::new(), PageCause::Load);
    Event { at, page: 0, kind: Kind::PageView { url, title, cause, width: 800, height: 600 } }
}

fn click(at: u32, label: &str) -> Event {
    let element = Element {
        tag: "button".to_owned(),
        role: "button".to_owned(),
        label: label.to_owned(),
        selector: "#pay".to_owned(),
        interactive: true,
        ..Element::default()
    };
    Event { at, page: 0, kind: Kind::Click { target: element.into(), button: Button::Primary, x: 1, y: 1 } }
}

#[tokio::test]
async fn the_recording_is_what_export_writes() {
    let server = TestServer::start().await;
    finished_session(&server).await;
    let answer = download(&server, "recording.json").await;
    assert_eq!(
        answer.header("content-disposition"),
        Some("attachment; filename=\"shop.example-2026-01-01-session-.json\"")
    );
    let json = answer.json();
    let events = json.as_array().expect("an array");
    assert_eq!(events.len(), 6);
    let times: Vec<i64> = events.iter().filter_map(|event| event["timestamp"].as_i64()).collect();
    assert!(times.is_sorted() && times.len() == 6, "{times:?}");
}

#[tokio::test]
async fn a_file_that_plays_by_itself_holds_everything_and_lets_nothing_out() {
    let server = TestServer::start().await;
    let hostile = "</script><script>alert(1)</script><!--";
    let row = finished_session(&server).await;
    read(&server, row, &[view(0, "https://shop.example/"), click(1500, hostile)]).await;
    let answer = download(&server, "replay.html").await;
    assert!(answer.header("content-type").is_some_and(|kind| kind.starts_with("text/html")));
    let text = answer.text();
    assert!(!text.contains("<script>alert"), "nothing recorded ends an element");
    assert!(text.contains("\\u003c/script>"), "and it is there all the same");
    // The policy comes before all that it is about, and names the one script by its hash.
    let policy = text.find("content-security-policy").expect("a policy");
    assert!(
        policy < text.find("<style").expect("styles") && policy < text.find("<script").expect("a script")
    );
    let (_, rest) = text.rsplit_once("<script>").expect("our script");
    let script = rest.split("</script>").next().expect("its end");
    let hash: [u8; 32] = sha2::Sha256::digest(script).into();
    use base64::Engine as _;
    let hash = base64::engine::general_purpose::STANDARD.encode(hash);
    assert!(text.contains(&format!("script-src 'sha256-{hash}'")), "the hash is the script's");
    assert!(text.contains("default-src 'none'") && !text.contains("connect-src"));
    assert!(!text.contains("src=\"/") && !text.contains("href=\"/"), "nothing of the server is needed");
    assert_eq!(text.matches("data-piece=\"parts/").count(), 2);
    assert!(text.ends_with("</html>\n"));
}

#[tokio::test]
async fn a_visit_is_a_test_for_playwright() {
    let server = TestServer::start().await;
    let row = finished_session(&server).await;
    read(
        &server,
        row,
        &[view(0, "https://shop.example/"), click(1500, "Pay"), view(2000, "https://shop.example/thanks")],
    )
    .await;
    let answer = download(&server, "visit.spec.ts").await;
    assert!(answer.header("content-disposition").is_some_and(|name| name.ends_with(".spec.ts\"")));
    let text = answer.text();
    assert!(text.contains(r#"await page.goto("/");"#), "{text}");
    assert!(
        text.contains(
            r##"pick(page.getByRole("button", { name: "Pay", exact: true }), page.locator("#pay"))"##
        )
    );
    assert!(text.contains(r#"toHaveURL((url) => url.pathname === "/thanks")"#), "{text}");
}

#[tokio::test]
async fn an_active_session_can_be_kept_as_a_file_too() {
    let server = TestServer::start().await;
    let body = page_load(NOW, "https://shop.example/\\u202e\\r\\nevil\\\"", "hello");
    server.post(&server.batch_path(SESSION, "stream-a-000000001", 0), &body).await;
    assert_eq!(download(&server, "recording.json").await.json().as_array().map(Vec::len), Some(3));
    assert!(download(&server, "replay.html").await.text().contains("data-piece=\"parts/0\""));
    let early = server.get(&format!("{}/{SESSION}/visit.spec.ts", server.sessions_path())).await;
    assert_eq!((early.status, early.json()["type"].as_str()), (409, Some("/problems/not-read-yet")));
}
