//! The list of sessions, narrowed, and the chart above it.

use std::time::Duration;

use crate::pages::{assert_reads, link, record, words};
use crate::server::{Answer, NOW, TestServer};

const HOUR: Duration = Duration::from_secs(60 * 60);

/// Sessions 0 to 3, one in each hour from midnight on.
async fn four_hours() -> TestServer {
    let server = TestServer::start_with(|settings| settings.pages.sessions_per_page = 2).await;
    for number in 0..4 {
        record(&server, number).await;
        server.clock.advance(HOUR);
    }
    server
}

async fn filtered(server: &TestServer, query: &str) -> Answer {
    server.get(&format!("{}?{query}", server.sessions_path())).await
}

/// The numbers of the products whose sessions are listed.
fn listed(page: &Answer) -> String {
    let text = page.text();
    let addresses = text.split("aria-label=\"Play https://shop.example/product/").skip(1);
    addresses.filter_map(|rest| rest.chars().next()).collect()
}

/// Makes a session one of a visitor, as `hindsight.identify` does.
async fn identify(server: &TestServer, number: usize, visitor: &str) {
    let event = format!(
        r#"[{{"type":5,"data":{{"tag":"hindsight.identify","payload":{{"id":"{visitor}"}}}},"timestamp":{NOW}}}]"#
    );
    let path = server.batch_path(&format!("session-of-page-{number:03}"), "stream-0000000000", 1);
    let answer = server.post(&path, &event).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
}

#[tokio::test]
async fn the_list_is_narrowed_by_address_visitor_and_time() {
    let server = four_hours().await;
    identify(&server, 1, "ada & co").await;
    for (query, numbers) in [
        ("url=product/2", "2"),
        ("url=PRODUCT/2", "2"),
        ("url=nowhere", ""),
        ("visitor=ada+%26+co", "1"),
        ("visitor=ada", ""),
        ("visitor=a%00b%0A", ""),
        ("from=2026-01-01T02:00Z", "32"),
        ("from=2026-01-01T00:30&to=2026-01-01T02:30", "21"),
        ("from=2026-01-01&to=2026-01-01", "32"),
        ("to=2025-12-31", ""),
        ("from=2026-01-02", ""),
        ("status=completed&url=product", ""),
        ("status=active&url=product/3", "3"),
    ] {
        let page = filtered(&server, query).await;
        assert_eq!((page.status, listed(&page).as_str()), (200, numbers), "{query}");
    }
}

#[tokio::test]
async fn pages_of_a_filtered_list_keep_the_filter() {
    let server = four_hours().await;
    let first = filtered(&server, "url=product&from=2026-01-01&chart=month").await;
    assert_eq!(listed(&first), "32");
    let older = link(&first, "before=");
    for part in ["url=product", "from=2026-01-01", "chart=month"] {
        assert!(older.contains(part), "{older}");
    }
    let second = server.get(&older).await;
    assert_eq!(listed(&second), "10");
    assert_eq!(listed(&server.get(&link(&second, "after=")).await), "32");
}

#[tokio::test]
async fn what_filters_is_shown_and_can_be_taken_off() {
    let server = four_hours().await;
    let page = filtered(&server, "status=active&url=product%2F2&from=2026-01-01T02:00Z").await;
    assert_reads(&page, &["URL contains product/2", "From 1 Jan 2026, 02:00 UTC", "Clear all"]);
    let text = page.text();
    for url in [
        "?status=active&amp;from=2026-01-01T02%3A00Z\"",
        "?status=active&amp;url=product%2F2\"",
        "/sessions?status=active\"",
    ] {
        assert!(text.contains(url), "{url} is not on the page: {text}");
    }
    assert!(!text.contains("class=\"count\""), "a filtered list has no counts");
    assert_reads(&filtered(&server, "status=active").await, &["All 4 Active 4 Completed 0"]);
    assert!(text.contains(r#"<input type="hidden" name="status" value="active">"#), "{text}");
    assert!(text.contains(r#"type="datetime-local" name="from" value="2026-01-01T02:00""#), "{text}");
}

#[tokio::test]
async fn a_form_that_is_partly_empty_leads_to_a_plain_address() {
    let server = four_hours().await;
    let path = server.sessions_path();
    for (query, to) in [
        ("url=&visitor=&from=&to=", path.clone()),
        (
            "status=active&url=cart&visitor=&from=2026-01-01&to=",
            format!("{path}?status=active&url=cart&from=2026-01-01"),
        ),
    ] {
        let answer = filtered(&server, query).await;
        assert_eq!((answer.status, answer.header("location")), (303, Some(to.as_str())), "{query}");
    }
}

#[tokio::test]
async fn what_cannot_be_asked_is_said_where_it_was_typed() {
    let server = four_hours().await;
    let short = filtered(&server, "url=pr").await;
    assert_eq!((short.status, listed(&short).as_str()), (200, ""));
    assert_reads(&short, &["Type 3 characters or more.", "Nothing was searched for", "Clear the filter"]);
    assert!(short.text().contains(r#"aria-invalid="true" aria-describedby="filter-url-problem""#));
    for (query, field) in [
        ("from=yesterday", "from is a date or a time"),
        ("to=2026-02-30", "to is a date or a time"),
        ("chart=year", "chart is one of"),
        ("url=a%00bcd", "url is a text on one line"),
    ] {
        let page = filtered(&server, query).await;
        assert_eq!(page.status, 400, "{query}");
        assert_reads(&page, &[field]);
    }
    // What SQLite's search or LIKE would read as its own is text like any other.
    for text in ["%25%25%25", "___", "%22%22%22", "a%22+OR+b", "%5C%5C%5C", &"%C3%A4%22%25".repeat(60)] {
        let page = filtered(&server, &format!("url={text}")).await;
        assert_eq!((page.status, listed(&page).as_str()), (200, ""), "{text}");
    }
}

#[tokio::test]
async fn the_chart_leads_to_what_each_bar_counts() {
    let server = four_hours().await;
    record(&server, 4).await;
    record(&server, 5).await;
    let page = server.get(&server.sessions_path()).await;
    assert_reads(&page, &["Sessions per hour", "24 hours", "30 days", "1 Jan, 02:00–03:00 UTC: 1 session"]);
    assert!(page.text().contains("1 Jan, 04:00–05:00 UTC: 2 sessions"), "{}", page.text());
    assert_eq!(page.text().matches("class=\"chart-bar\"").count(), 5, "hours without sessions have no bar");
    let hour = link(&page, "from=2026-01-01T04%3A00Z");
    assert_eq!(listed(&server.get(&hour).await), "54");
    let month = server.get(&link(&page, "chart=month")).await;
    assert_reads(&month, &["Sessions per day", "Thu 1 Jan: 6 sessions"]);
    let day = server.get(&link(&month, "from=2026-01-01&amp;to=2026-01-01")).await;
    assert_eq!(listed(&day), "54");
    assert!(day.text().contains("aria-current=\"true\""), "the bar that is listed is marked");

    let other = TestServer::start().await;
    assert!(!words(&other.get(&other.sessions_path()).await).contains("Sessions per"));
}
