//! Reports: what a person reads, asks for, exports and deletes.

use hindsight::finish::reports::Reporter;
use hindsight::model::{
    Cell, Chart, ChartKind, Column, Metric, Moment, Point, Report, Section, Series, Table,
};

use crate::pages::{assert_reads, sent_events, submit, words};
use crate::said::{SESSION, reported};
use crate::server::{NOW, TestServer, add_connection};

fn list_path(server: &TestServer) -> String {
    format!("/connections/{}/reports", server.connection.id)
}

fn report() -> Report {
    let column = |title: &str, numeric| Column { title: title.to_owned(), numeric };
    let moment = Moment { session: SESSION.to_owned(), at: 1500, label: "watch".to_owned() };
    let point = |x: &str, y| Point { x: x.to_owned(), y };
    Report {
        title: "What visitors <ask>".to_owned(),
        summary: "Nobody finds **returns**. <script>alert(1)</script>".to_owned(),
        sections: vec![
            Section::Metrics {
                metrics: vec![Metric { name: "Unanswered".to_owned(), value: 12.5, unit: "%".to_owned() }],
            },
            Section::Table(Table {
                title: "Gaps".to_owned(),
                columns: vec![column("Question", false), column("Asked", true), column("Example", false)],
                rows: vec![vec![
                    Cell::Text("=HYPERLINK(\"x\") | \"quoted\"".to_owned()),
                    Cell::Number(1234.0),
                    Cell::Moment(moment),
                ]],
            }),
            Section::Chart(Chart {
                title: "Per day".to_owned(),
                chart: ChartKind::Bar,
                series: vec![Series {
                    name: "asked".to_owned(),
                    points: vec![point("Mon", 3.0), point("Tue", 1.0)],
                }],
            }),
            Section::Markdown { text: "# What next".to_owned() },
        ],
    }
}

#[tokio::test]
async fn a_connection_without_reports_says_what_they_are() {
    let server = TestServer::start().await;
    let page = server.get(&list_path(&server)).await;
    assert_eq!(page.status, 200);
    assert_reads(&page, &["No report yet", "no plugin that makes reports is running"]);
    assert!(!words(&page).contains("Make a report now"));
    server
        .orders
        .offer(vec![Reporter { plugin: "gaps".to_owned(), description: "What visitors ask.".to_owned() }]);
    let page = server.get(&list_path(&server)).await;
    assert_reads(
        &page,
        &["gaps What visitors ask.", "Last 7 days", "Make a report now", "Choose a period above"],
    );
}

#[tokio::test]
async fn reports_are_listed_by_plugin_the_latest_first() {
    let server = TestServer::start().await;
    for (plugin, title) in [("gaps", "First"), ("friction", "Second"), ("gaps", "Third")] {
        reported(&server, plugin, Report { title: title.to_owned(), ..report() }).await;
    }
    let page = server.get(&list_path(&server)).await;
    let text = words(&page);
    let place = |word: &str| text.find(word).unwrap_or_else(|| panic!("{word} is not in {text}"));
    assert!(
        place("gaps") < place("Third")
            && place("Third") < place("First")
            && place("First") < place("friction")
    );
    assert_reads(&page, &["25–31 Dec 2025", "1,234 sessions", "just now"]);
}

#[tokio::test]
async fn a_report_reads_well_and_runs_nothing() {
    let server = TestServer::start().await;
    let id = reported(&server, "gaps", report()).await;
    let page = server.get(&format!("{}/{id}", list_path(&server))).await;
    assert_eq!(page.status, 200);
    assert_reads(
        &page,
        &[
            "What visitors &lt;ask&gt;",
            "25–31 Dec 2025 · 1,234 sessions · made by gaps",
            "Unanswered 12.5%",
            "Gaps CSV Question Asked Example",
            "1,234 watch",
            "Per day 3 at most",
            "asked Mon 3 Tue 1",
        ],
    );
    let text = page.text();
    for expected in [
        "<strong>returns</strong>",
        "&lt;script&gt;",
        "<h2>What next</h2>",
        "<td class=\"number\">1,234</td>",
        &format!("href=\"{}/{SESSION}?moment=1500\"", server.sessions_path()),
    ] {
        assert!(text.contains(expected), "{expected} is not in {text}");
    }
    assert!(!text.contains("<script>") && !text.contains(" style="), "{text}");
}

#[tokio::test]
async fn reports_are_exported_as_markdown_and_tables_as_csv() {
    let server = TestServer::start().await;
    let id = reported(&server, "gaps", report()).await;
    let base = format!("{}/{id}", list_path(&server));
    let link = format!("{}{}/{SESSION}?moment=1500", server.app.public_url, server.sessions_path());
    let markdown = server.get(&format!("{base}/report.md")).await;
    assert_eq!(markdown.header("content-type"), Some("text/markdown; charset=utf-8"));
    assert_eq!(markdown.header("content-disposition"), Some("attachment; filename=\"gaps-2025-12-31.md\""));
    for expected in [
        "# What visitors \\<ask\\>\n\nMade by: gaps  \nPeriod: 25–31 Dec 2025  \n",
        "- Unanswered: **12.5%**",
        &format!("| =HYPERLINK(\"x\") \\| \"quoted\" | 1,234 | [watch]({link}) |"),
        "| Mon | 3 |",
    ] {
        assert!(markdown.text().contains(expected), "{expected} is not in {}", markdown.text());
    }
    let csv = server.get(&format!("{base}/tables/1.csv")).await;
    assert_eq!(csv.header("content-disposition"), Some("attachment; filename=\"gaps-2025-12-31-1.csv\""));
    assert_eq!(
        csv.text(),
        format!(
            "\"Question\",\"Asked\",\"Example\",\"Example (link)\"\r\n\
             \"'=HYPERLINK(\"\"x\"\") | \"\"quoted\"\"\",1234,\"watch\",\"{link}\"\r\n"
        )
    );
    for rest in ["/tables/0.csv", "/tables/2.csv", "/tables/1", "/tables/x.csv", "/tables/-1.csv"] {
        assert_eq!(server.get(&format!("{base}{rest}")).await.status, 404, "{rest}");
    }
}

#[tokio::test]
async fn a_report_is_asked_for_and_followed() {
    let mut server = TestServer::start().await;
    server.orders.offer(vec![Reporter { plugin: "gaps".to_owned(), description: String::new() }]);
    let path = list_path(&server);
    let asked = submit(&server, &path, "plugin=gaps&period=30&from=&to=").await;
    assert_eq!((asked.status, asked.header("location")), (303, Some(path.as_str())));
    assert_reads(&server.get(&path).await, &["gaps", "Waits for others to be made first."]);
    let making = server.orders.next().await.expect("one waits");
    assert_eq!((making.order.connection, making.order.to), (server.connection.id, NOW));
    assert_eq!(making.order.from, NOW - 29 * 24 * 60 * 60 * 1000);
    making.progress(12, 340);
    let page = server.get(&path).await;
    assert_reads(&page, &["Being made… 12 of 340 sessions read"]);
    assert!(page.text().contains("<progress max=\"340\" value=\"12\""), "{}", page.text());
    reported(&server, "gaps", report()).await;
    making.done();
    let text = words(&server.get(&path).await);
    assert!(text.contains("What visitors") && !text.contains("Being made"), "{text}");

    submit(&server, &path, "plugin=gaps&period=custom&from=2025-12-01&to=2025-12-24").await;
    server.orders.next().await.expect("one waits").failed("The plugin ran out of memory.");
    assert_reads(&server.get(&path).await, &["1–24 Dec 2025", "The plugin ran out of memory."]);
}

#[tokio::test]
async fn an_open_page_hears_of_every_change() {
    let mut server = TestServer::start().await;
    let mut received = sent_events(&server, &format!("{}/live", list_path(&server)));
    let first = received.recv().await.expect("a version at once");
    let page = server.get(&list_path(&server)).await.text();
    let version = |line: &str| line.chars().filter(char::is_ascii_digit).collect::<String>();
    assert!(page.contains(&format!("data-version=\"{}\"", version(&first))), "{first}: {page}");
    server.orders.offer(vec![Reporter { plugin: "gaps".to_owned(), description: String::new() }]);
    let second = received.recv().await.expect("a version after the change");
    submit(&server, &list_path(&server), "plugin=gaps&period=7").await;
    let third = received.recv().await.expect("a version after the order");
    server.orders.next().await.expect("one waits").done();
    let fourth = received.recv().await.expect("a version after the report");
    let versions: Vec<i64> =
        [first, second, third, fourth].iter().map(|line| version(line).parse().expect("a number")).collect();
    assert!(versions.is_sorted_by(|one, next| one < next), "{versions:?}");
}

#[tokio::test]
async fn wrong_orders_are_told_what_is_wrong() {
    let server = TestServer::start().await;
    server.orders.offer(vec![Reporter { plugin: "gaps".to_owned(), description: String::new() }]);
    let path = list_path(&server);
    for (form, says) in [
        ("plugin=other&period=7", "plugin is the name of a plugin that makes reports"),
        ("plugin=gaps&period=8", "period is one of 7, 30, 90 and custom"),
        ("plugin=gaps", "period is one of"),
        ("plugin=gaps&period=custom&from=&to=2025-12-01", "from is a day"),
        ("plugin=gaps&period=custom&from=2025-12-02&to=2025-12-01", "from is a day after to"),
        ("plugin=gaps&period=custom&from=2027-01-01&to=2027-01-02", "in the future"),
    ] {
        let page = submit(&server, &path, form).await;
        assert_eq!(page.status, 400, "{form}");
        assert_reads(&page, &["Bad query", says]);
    }
    for days in 1..=8 {
        let form = format!("plugin=gaps&period=custom&from=2025-12-01&to=2025-12-0{days}");
        assert_eq!(submit(&server, &path, &form).await.status, 303);
    }
    let full = submit(&server, &path, "plugin=gaps&period=7").await;
    assert_eq!(full.status, 503);
    assert_reads(&full, &["8 reports wait already"]);
}

#[tokio::test]
async fn a_report_is_deleted_after_asking() {
    let server = TestServer::start().await;
    let id = reported(&server, "gaps", report()).await;
    let path = format!("{}/{id}", list_path(&server));
    let asks = server.get(&format!("{path}/delete")).await;
    assert_reads(&asks, &["Delete this report?", "What visitors &lt;ask&gt;", "25–31 Dec 2025"]);
    assert_eq!(server.get(&path).await.status, 200, "asking deletes nothing");
    let deleted = submit(&server, &format!("{path}/delete"), "").await;
    let back = format!("{}?deleted=1", list_path(&server));
    assert_eq!((deleted.status, deleted.header("location")), (303, Some(back.as_str())));
    assert_reads(&server.get(&back).await, &["Report deleted.", "No report yet"]);
    let gone = server.get(&path).await;
    assert_eq!(gone.status, 404);
    assert_reads(&gone, &["No such report"]);
}

#[tokio::test]
async fn a_report_is_only_its_own_connections() {
    let server = TestServer::start().await;
    let id = reported(&server, "gaps", report()).await;
    let other = add_connection(&server.store, "Other").await;
    for rest in ["", "/report.md", "/tables/1.csv", "/delete"] {
        let path = format!("/connections/{}/reports/{id}{rest}", other.id);
        assert_eq!(server.get(&path).await.status, 404, "{path}");
        assert_eq!(server.get(&format!("/connections/1/reports/0{rest}")).await.status, 404);
        assert_eq!(server.get(&format!("/connections/1/reports/x{rest}")).await.status, 404);
    }
    let path = format!("/connections/{}/reports/{id}/delete", other.id);
    assert_eq!(submit(&server, &path, "").await.status, 404);
    assert_eq!(server.get(&format!("{}/{id}", list_path(&server))).await.status, 200);
    assert!(
        !words(&server.get(&format!("/connections/{}/reports", other.id)).await).contains("What visitors")
    );
    assert_eq!(server.get("/connections/99/reports").await.status, 404);
}
