//! What a person reads on the pages.

use crate::server::{Answer, NOW, TestServer, page_load, request};

/// The words of a page, without its markup.
pub fn words(page: &Answer) -> String {
    let mut text = String::new();
    let mut inside_tag = false;
    for char in page.text().chars() {
        match char {
            '<' => inside_tag = true,
            '>' => {
                inside_tag = false;
                text.push(' ');
            }
            _ if !inside_tag => text.push(char),
            _ => {}
        }
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

pub fn assert_reads(page: &Answer, expected: &[&str]) {
    let words = words(page);
    for text in expected {
        assert!(words.contains(text), "{text:?} is not on the page: {words}");
    }
}

/// Sends a form as a page of ours would.
pub async fn submit(server: &TestServer, path: &str, form: &str) -> Answer {
    let headers = [
        "Sec-Fetch-Site: same-origin",
        "Accept: text/html",
        "Content-Type: application/x-www-form-urlencoded",
    ];
    server.send(&request("POST", path, &headers, form.as_bytes())).await
}

/// Records a visit to the page of a product.
pub async fn record(server: &TestServer, number: usize) {
    let session = format!("session-of-page-{number:03}");
    let body = page_load(NOW, &format!("https://shop.example/product/{number}"), "hello");
    let path = server.batch_path(&session, "stream-0000000000", 0);
    let chrome = "User-Agent: Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36";
    let answer = server.send(&request("POST", &path, &[chrome], body.as_bytes())).await;
    assert_eq!(answer.status, 200);
}

#[tokio::test]
async fn a_new_connection_shows_how_to_start() {
    let server = TestServer::start().await;
    let page = server.get(&server.sessions_path()).await;
    assert_eq!(page.status, 200);
    assert_reads(&page, &["Shop", "Total", "Active", "Completed", "Events", "Waiting for the first event"]);
    let text = page.text();
    let snippet = format!(
        "&lt;script async src=&quot;{}/hindsight.js&quot; data-connection=&quot;hk_test_shop&quot;&gt;",
        server.app.public_url
    );
    assert!(text.contains(&snippet), "{text}");
}

#[tokio::test]
async fn sessions_are_listed_with_what_tells_them_apart() {
    let server = TestServer::start().await;
    record(&server, 7).await;
    server.clock.advance(std::time::Duration::from_secs(180));
    let page = server.get(&server.sessions_path()).await;
    assert_reads(&page, &["shop.example", "/product/7", "3 min ago", "0:02", "Chrome 156", "Windows"]);
    let text = page.text();
    assert!(text.contains("2026-01-01T00:00:00Z"), "the exact time is on the page");
    assert!(
        text.contains(&format!("{}/session-of-page-007", server.sessions_path())),
        "the row leads to its replay"
    );
}

#[tokio::test]
async fn the_list_is_filtered_and_paged_by_links() {
    let server = TestServer::start_with(|settings| settings.pages.sessions_per_page = 2).await;
    for number in 0..5 {
        record(&server, number).await;
        server.clock.advance(std::time::Duration::from_secs(1));
    }
    let first = server.get(&server.sessions_path()).await;
    assert_reads(&first, &["/product/4", "/product/3"]);
    let older = link(&first, "before=");
    let second = server.get(&older).await;
    assert_reads(&second, &["/product/2", "/product/1"]);
    assert!(!words(&second).contains("/product/3"));
    let newer = link(&second, "after=");
    assert_reads(&server.get(&newer).await, &["/product/4", "/product/3"]);

    let stale = server.get(&format!("{}?before=0", server.sessions_path())).await;
    assert_eq!((stale.status, stale.header("location")), (303, Some(server.sessions_path().as_str())));

    let completed = server.get(&format!("{}?status=completed", server.sessions_path())).await;
    assert!(!words(&completed).contains("/product/"));
    server.clock.advance(server.settings.sessions.idle_after());
    server.catch_up().await;
    let completed = server.get(&format!("{}?status=completed", server.sessions_path())).await;
    assert_reads(&completed, &["/product/4", "/product/3"]);
}

/// The address of the link whose query has `part`.
pub fn link(page: &Answer, part: &str) -> String {
    let text = page.text();
    let found =
        text.split("href=\"").find_map(|rest| rest.split('"').next().filter(|url| url.contains(part)));
    found.unwrap_or_else(|| panic!("no link with {part}")).replace("&amp;", "&")
}

#[tokio::test]
async fn a_session_without_a_picture_says_why_it_does_not_play() {
    let server = TestServer::start().await;
    let path = server.batch_path("session-without-one", "stream-0000000000", 0);
    server.post(&path, r#"[{"type":0,"data":{},"timestamp":1}]"#).await;
    let list = server.get(&server.sessions_path()).await;
    assert!(list.text().contains("there is nothing to replay"), "{}", list.text());
    let replay = server.get(&format!("{}/session-without-one", server.sessions_path())).await;
    assert_eq!(replay.status, 200);
    assert_reads(&replay, &["there is nothing to replay"]);
}

#[tokio::test]
async fn the_replay_page_tells_what_it_plays() {
    let server = TestServer::start().await;
    record(&server, 1).await;
    let page = server.get(&format!("{}/session-of-page-001?t=1.5", server.sessions_path())).await;
    assert_reads(
        &page,
        &[
            "session-of-page-001",
            "https://shop.example/product/1",
            "Started",
            "Events",
            "Status",
            "Active",
            "Chrome 156",
        ],
    );
    assert!(page.text().contains("data-start=\"1500\""), "the page knows where to start");
    for (t, start) in [("1:05", "65000"), ("1:00:00.5", "3600500")] {
        let page = server.get(&format!("{}/session-of-page-001?t={t}", server.sessions_path())).await;
        assert!(page.text().contains(&format!("data-start=\"{start}\"")), "{t}");
    }
    let bad = server.get(&format!("{}/session-of-page-001?t=soon", server.sessions_path())).await;
    assert_eq!(bad.status, 400);
}

#[tokio::test]
async fn errors_are_pages_for_people_and_json_for_programs() {
    let server = TestServer::start().await;
    let missing = format!("{}/session-that-is-not", server.sessions_path());
    let page = server.get(&missing).await;
    assert_eq!(page.status, 404);
    assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"));
    assert_reads(&page, &["No such session", "This session does not exist."]);
    let json = server.send(&request("GET", &missing, &[], b"")).await;
    assert_eq!(json.header("content-type"), Some("application/problem+json"));
    for (query, what) in [("status=odd", "status is one of"), ("before=x", "places in the list")] {
        let page = server.get(&format!("{}?{query}", server.sessions_path())).await;
        assert_eq!(page.status, 400);
        assert_reads(&page, &[what]);
    }
}

#[tokio::test]
async fn what_visitors_send_is_text_on_every_page() {
    let server = TestServer::start().await;
    let hostile = r#"https://x.example/"'><img src=x onerror=alert(1)><script id=xss>1</script>{{7*7}}"#;
    let url = serde_json::Value::from(hostile).to_string();
    let body = page_load(NOW, url.trim_matches('"'), "hello");
    let path = server.batch_path("session-0000hostile", "stream-0000000000", 0);
    let agent = "User-Agent: <script id=xss>Chrome/1</script>\" onload=\"x";
    assert_eq!(server.send(&request("POST", &path, &[agent], body.as_bytes())).await.status, 200);
    for page in [server.sessions_path(), format!("{}/session-0000hostile", server.sessions_path())] {
        let text = server.get(&page).await.text();
        assert!(!text.contains("<script id=xss"), "{text}");
        assert!(!text.contains("<img src=x"), "{text}");
        assert!(text.contains("&lt;img src=x") || text.contains("%3Cimg%20src=x"), "shown as text: {text}");
    }
}

/// The data of server-sent events, each as it comes.
pub fn sent_events(server: &TestServer, path: &str) -> tokio::sync::mpsc::UnboundedReceiver<String> {
    use std::io::{BufRead, BufReader, Write};
    let socket = std::net::TcpStream::connect(server.address).expect("the server accepts");
    socket.set_read_timeout(Some(std::time::Duration::from_secs(20))).expect("a timeout");
    let mut writer = socket.try_clone().expect("a second handle");
    writer.write_all(&request("GET", path, &[], b"")).expect("sent");
    let (lines, received) = tokio::sync::mpsc::unbounded_channel();
    std::thread::spawn(move || {
        let data =
            BufReader::new(socket).lines().map_while(Result::ok).filter(|line| line.starts_with("data:"));
        data.for_each(|line| drop(lines.send(line)));
    });
    received
}

#[tokio::test]
async fn totals_arrive_while_a_page_is_open() {
    let server = TestServer::start().await;
    let path = format!("/connections/{}/live", server.connection.id);
    let mut received = sent_events(&server, &path);
    let first = received.recv().await.expect("totals at once");
    assert!(first.contains(r#"{"total":0,"active":0,"completed":0,"events":0}"#), "{first}");
    record(&server, 1).await;
    let second = received.recv().await.expect("totals after a session");
    assert!(second.contains(r#"{"total":1,"active":1,"completed":0,"events":3}"#), "{second}");
}
