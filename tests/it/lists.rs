//! Searching sessions, choosing several of them, saved views, and what was watched.

use std::time::Duration;

use crate::pages::{assert_reads, link, record, submit, words};
use crate::server::{Answer, NOW, TestServer, page_load, request};

async fn listed(server: &TestServer, query: &str) -> String {
    let page = server.get(&format!("{}?{query}", server.sessions_path())).await;
    assert_eq!(page.status, 200, "{query}: {}", page.text());
    let text = page.text();
    let rows = text.split("data-session=\"session-of-page-").skip(1);
    rows.map(|rest| rest.split('"').next().unwrap_or_default().trim_start_matches('0').to_owned())
        .collect::<Vec<_>>()
        .join(" ")
}

async fn finish(server: &TestServer) {
    server.clock.advance(server.settings.sessions.idle_after() + Duration::from_secs(1));
    server.catch_up().await;
}

/// Two visits: a buyer who asks twice and is answered once, and somebody who looks.
async fn two_visits(server: &TestServer) {
    record(server, 1).await;
    record(server, 2).await;
    let event = |tag: &str, payload: &str| {
        format!(r#"{{"type":5,"data":{{"tag":"hindsight.{tag}","payload":{payload}}},"timestamp":{NOW}}}"#)
    };
    let events = [
        event("identify", r#"{"id":"ada","traits":{"plan":"Enterprise Gold"}}"#),
        event("prompt", r#"{"id":"p1","text":"Where is my Päckchen?"}"#),
        event("reply", r#"{"id":"r1","promptId":"p1","text":"On its way."}"#),
        event("prompt", r#"{"id":"p2","text":"When does it arrive?"}"#),
    ];
    let path = server.batch_path("session-of-page-001", "stream-0000000000", 1);
    let answer = server.post(&path, &format!("[{}]", events.join(","))).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
}

#[tokio::test]
async fn sessions_are_found_by_what_was_said_and_visited() {
    let server = TestServer::start().await;
    two_visits(&server).await;
    // Before they are read: by landing page and visitor.
    for (query, found) in [("q=ada", "1"), ("q=product+2", "2"), ("q=shop.exam", "2 1"), ("q=packchen", "")] {
        assert_eq!(listed(&server, query).await, found, "{query}");
    }
    finish(&server).await;
    for (query, found) in [
        ("q=packchen", "1"),
        ("q=%22my+p%C3%A4ckchen%22", "1"),
        ("q=%22p%C3%A4ckchen+my%22", ""),
        ("q=enterpr", "1"),
        ("q=%22enterprise+gold%22+arrive", "1"),
        ("q=product", "2 1"),
        ("q=product+nowhere", ""),
        ("page=/product/2", "2"),
        ("page=/product", "2 1"),
        ("page=packchen", ""),
        ("q=a%22b%29+OR+*", ""),
        ("prompts=any", "1"),
        ("prompts=unanswered", "1"),
        ("browser=Chrome&os=Windows&device=Desktop", "2 1"),
        ("browser=Firefox", ""),
        ("sort=longest", "2 1"),
        ("sort=score&min_events=1", "2 1"),
        ("status=active&sort=longest", ""),
        ("min_duration=1h", ""),
        ("last=30d", "2 1"),
        ("last=today&findings=high", ""),
    ] {
        let all = if query.starts_with("sort=score") {
            listed(&server, "sort=score").await
        } else {
            found.to_owned()
        };
        assert_eq!(listed(&server, query).await, all, "{query}");
    }
    let page = server.get(&format!("{}?q=packchen", server.sessions_path())).await;
    assert!(page.text().contains("<mark>Päckchen</mark>"), "{}", page.text());
    assert_reads(&page, &["Search packchen", "Save view"]);
    let none = server.get(&format!("{}?q=%2F-%2F", server.sessions_path())).await;
    assert_reads(&none, &["Type a word: a letter or a digit at least.", "Nothing was searched for"]);
}

#[tokio::test]
async fn what_an_address_cannot_ask_names_its_field() {
    let server = TestServer::start().await;
    record(&server, 1).await;
    for (query, words) in [
        ("last=year", "last is one of today, 24h, 7d, 30d."),
        ("min_duration=soon", "min_duration is a length of time, such as 90, 1:30 or 5m."),
        ("max_events=-1", "max_events is a whole number, such as 50."),
        ("findings=awful", "findings is one of any, low, medium, high."),
        ("errors=yes", "errors is any, or left out."),
        ("sort=size", "sort is one of newest, longest, events, errors, score."),
        ("q=a%00b", "q is a text on one line."),
        ("before=1.x", "before and after are places in the list"),
    ] {
        let page = server.get(&format!("{}?{query}", server.sessions_path())).await;
        assert_eq!(page.status, 400, "{query}");
        assert_reads(&page, &[words]);
    }
}

#[tokio::test]
async fn what_is_not_masked_is_not_found_by_words() {
    let server = TestServer::start().await;
    two_visits(&server).await;
    finish(&server).await;
    record(&server, 3).await;
    let switch = format!("/connections/{}/plugins/mask-pii/switch", server.connection.id);
    assert_eq!(submit(&server, &switch, "on=1").await.status, 303);
    assert_eq!(listed(&server, "q=product").await, "2 1");
    assert_eq!(listed(&server, "page=/product/3").await, "");
    assert_eq!(listed(&server, "").await, "3 2 1");
}

async fn choose(server: &TestServer, form: &str) -> Answer {
    submit(server, &format!("{}/chosen", server.sessions_path()), form).await
}

#[tokio::test]
async fn chosen_sessions_are_tagged_pinned_and_deleted_together() {
    let server = TestServer::start().await;
    for number in 1..=3 {
        record(&server, number).await;
    }
    let two = "session=session-of-page-001&session=session-of-page-003";
    let done = choose(&server, &format!("{two}&do=tag&tag=+Needs++Review&back=status%3Dactive")).await;
    let list = format!("{}?status=active&done=tagged-2", server.sessions_path());
    assert_eq!((done.status, done.header("location")), (303, Some(list.as_str())));
    let page = server.get(&list).await;
    assert_reads(&page, &["2 sessions tagged.", "needs review"]);
    assert_eq!(listed(&server, "tag=Needs+Review").await, "3 1");
    choose(&server, "session=session-of-page-003&do=untag&tag=needs+review").await;
    assert_eq!(listed(&server, "tag=needs+review").await, "1");

    choose(&server, &format!("{two}&do=pin")).await;
    assert_eq!(listed(&server, "pinned=yes").await, "3 1");
    choose(&server, "session=session-of-page-001&do=unpin").await;
    assert_eq!(listed(&server, "pinned=yes").await, "3");

    let asked = choose(&server, &format!("{two}&do=delete&back=pinned%3Dyes")).await;
    assert_eq!(asked.status, 200);
    assert_reads(&asked, &["Delete 2 sessions?", "Pinned among them 1", "This cannot be undone"]);
    assert!(asked.text().contains(&format!("{}?pinned=yes\"", server.sessions_path())), "{}", asked.text());
    assert_eq!(listed(&server, "").await, "3 2 1", "it only asks");
    let gone = submit(&server, &format!("{}/delete", server.sessions_path()), two).await;
    assert_eq!(gone.header("location"), Some(format!("{}?deleted=2", server.sessions_path()).as_str()));
    assert_eq!(listed(&server, "").await, "2");
    assert_eq!(listed(&server, "tag=needs+review").await, "");

    for (form, words) in [
        ("do=pin", "session is missing"),
        ("session=session-of-page-002&do=tag&tag=", "tag is a word or a few"),
        ("session=session-of-page-002&do=burn", "do is one of pin"),
    ] {
        let refused = choose(&server, form).await;
        assert_eq!(refused.status, 400, "{form}");
        assert_reads(&refused, &[words]);
    }
}

#[tokio::test]
async fn a_filter_is_saved_renamed_deleted_and_brought_back() {
    let server = TestServer::start().await;
    record(&server, 1).await;
    let views = format!("/connections/{}/views", server.connection.id);
    let query = "url%3Dproduct%26sort%3Dlongest";
    let saved = submit(&server, &views, &format!("name=Buyers&query={query}")).await;
    let list = format!("{}?url=product&sort=longest", server.sessions_path());
    assert_eq!((saved.status, saved.header("location")), (303, Some(list.as_str())));
    let page = server.get(&list).await;
    assert_reads(&page, &["Buyers", "Edit view"]);
    assert_eq!(submit(&server, &views, &format!("name=Buyers&query={query}")).await.status, 400);
    assert_eq!(submit(&server, &views, "name=&query=url%3Dabc").await.status, 400);
    assert_eq!(submit(&server, &views, "name=x&query=last%3Dyear").await.status, 400);

    let text = page.text();
    let action = |end: &str| {
        let found =
            text.split("action=\"").find_map(|rest| rest.split('"').next().filter(|url| url.ends_with(end)));
        found.expect("a form").to_owned()
    };
    let renamed = submit(&server, &action("/rename"), &format!("name=Customers&query={query}")).await;
    assert_eq!(renamed.status, 303);
    assert_reads(&server.get(&server.sessions_path()).await, &["Customers"]);

    let deleted = submit(&server, &action("/delete"), "").await;
    let to = deleted.header("location").expect("it leads on").to_owned();
    let page = server.get(&to).await;
    assert_reads(&page, &["The view “Customers” is deleted.", "Undo"]);
    assert!(!words(&server.get(&server.sessions_path()).await).contains("Customers"));
    submit(&server, &views, &format!("name=Customers&query={query}")).await;
    assert_eq!(link(&server.get(&server.sessions_path()).await, "sort=longest").replace("&amp;", "&"), list);
    assert_eq!(submit(&server, &format!("{views}/999/delete"), "").await.status, 404);
}

#[tokio::test]
async fn a_viewer_knows_what_was_watched() {
    let server = TestServer::start().await;
    record(&server, 1).await;
    record(&server, 2).await;
    let path = format!("{}/session-of-page-001/watched", server.sessions_path());
    let noted = server.send(&request("POST", &path, &["Sec-Fetch-Site: same-origin"], b"")).await;
    assert_eq!(noted.status, 204);
    let cookie =
        noted.header("set-cookie").expect("a cookie").split(';').next().unwrap_or_default().to_owned();
    let as_viewer = format!("Cookie: {cookie}");
    for (query, found) in [("watched=yes", "001"), ("watched=no", "002")] {
        let path = format!("{}?{query}", server.sessions_path());
        let page = server.send(&request("GET", &path, &[&as_viewer], b"")).await.text();
        assert_eq!(page.matches("data-session=").count(), 1, "{query}");
        assert!(page.contains(&format!("session-of-page-{found}")), "{query}");
        assert_eq!(page.contains("class=\"watched\""), query == "watched=yes");
    }
    assert_eq!(listed(&server, "watched=yes").await, "", "somebody else has watched nothing");
}

#[tokio::test]
async fn a_country_is_what_a_trusted_header_says() {
    let server =
        TestServer::start_with(|settings| settings.server.country_header = "CF-IPCountry".to_owned()).await;
    for (number, country) in [(1, "de"), (2, "XX"), (3, "Germany")] {
        let path = server.batch_path(&format!("session-of-page-00{number}"), "stream-0000000000", 0);
        let body = page_load(NOW, "https://shop.example/", "hello");
        let header = format!("CF-IPCountry: {country}");
        assert_eq!(server.send(&request("POST", &path, &[&header], body.as_bytes())).await.status, 200);
    }
    assert_eq!(listed(&server, "country=de").await, "1");
    assert_reads(&server.get(&server.sessions_path()).await, &["Country", "DE"]);

    let other = TestServer::start().await;
    let path = other.batch_path("session-of-page-001", "stream-0000000000", 0);
    let body = page_load(NOW, "https://shop.example/", "hello");
    other.send(&request("POST", &path, &["CF-IPCountry: DE"], body.as_bytes())).await;
    assert_eq!(listed(&other, "country=DE").await, "");
}
