//! Templates and styles of a folder in place of the embedded ones, while the server runs.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::server::{Answer, TestServer};

/// Longer than any change may take to be seen.
const PATIENCE: Duration = Duration::from_secs(20);

async fn start() -> (TestServer, TempDir) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().to_owned();
    (TestServer::start_with(|settings| settings.pages.templates_dir = path).await, folder)
}

/// Asks for the page until it is as it should be.
async fn wait_for(server: &TestServer, what: impl Fn(&Answer) -> bool) -> Answer {
    let start = Instant::now();
    loop {
        let page = server.get(&server.sessions_path()).await;
        if what(&page) {
            return page;
        }
        assert!(start.elapsed() < PATIENCE, "it never came: {}", page.text());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

fn write(folder: &Path, name: &str, text: &str) {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().expect("a folder")).expect("created");
    fs::write(path, text).expect("written");
}

#[tokio::test]
async fn templates_of_the_folder_are_used_as_they_change() {
    let (server, folder) = start().await;
    let ours = server.get(&server.sessions_path()).await;
    assert!(ours.text().contains("<h1>Sessions</h1>"), "{}", ours.text());

    let own = |title: &str| {
        format!("{{% extends \"layout.html\" %}}{{% block main %}}<h1>{title}</h1>{{% endblock %}}")
    };
    write(folder.path(), "pages/sessions.html", &own("Visits"));
    wait_for(&server, |page| page.text().contains("<h1>Visits</h1>")).await;
    write(folder.path(), "pages/sessions.html", &own("Recorded visits"));
    wait_for(&server, |page| page.text().contains("<h1>Recorded visits</h1>")).await;
    fs::remove_file(folder.path().join("pages/sessions.html")).expect("removed");
    wait_for(&server, |page| page.text() == ours.text()).await;
}

#[tokio::test]
async fn a_broken_template_leaves_the_one_before_and_says_where() {
    let (server, folder) = start().await;
    write(
        folder.path(),
        "components/symbol.html",
        "{% component symbol() %}<b>Our name</b>{% endcomponent symbol %}",
    );
    wait_for(&server, |page| page.text().contains("<b>Our name</b>")).await;

    write(folder.path(), "pages/sessions.html", "{% block main %}\n<h1>{{ half");
    let page = wait_for(&server, |page| page.text().contains("A template of yours is broken")).await;
    assert_eq!(page.status, 200);
    let text = page.text();
    assert!(text.contains("pages/sessions.html") && text.contains("<b>Our name</b>"), "{text}");
    assert!(text.contains("<h1>Sessions</h1>"), "{text}");

    // It can be read, and fails only when it is rendered: ours takes its place.
    let unknown = "{% extends \"layout.html\" %}{% block main %}{{ there.is.none }}{% endblock %}";
    write(folder.path(), "pages/sessions.html", unknown);
    let page = wait_for(&server, |page| page.text().contains("there")).await;
    assert_eq!(page.status, 200);
    assert!(page.text().contains("<h1>Sessions</h1>"), "{}", page.text());

    fs::remove_file(folder.path().join("pages/sessions.html")).expect("removed");
    wait_for(&server, |page| !page.text().contains("A template of yours is broken")).await;
}

#[tokio::test]
async fn styles_and_pictures_of_the_folder_are_served() {
    let (server, folder) = start().await;
    write(folder.path(), "custom.css", "h1 { color: teal }");
    write(folder.path(), "favicon.svg", "<svg xmlns=\"http://www.w3.org/2000/svg\"/>");
    let page = wait_for(&server, |page| page.text().contains("/custom.css")).await;
    let text = page.text();
    let address = |name: &str| {
        let before = &text[..text.find(name).unwrap_or_else(|| panic!("{name}: {text}"))];
        format!("{}{name}", &before[before.rfind("/assets/own/").expect("a path")..])
    };
    let style = server.get(&address("custom.css")).await;
    assert_eq!((style.status, style.text().as_str()), (200, "h1 { color: teal }"));
    assert_eq!(style.header("content-type"), Some("text/css; charset=utf-8"));
    let icon = server.get(&address("favicon.svg")).await;
    assert_eq!((icon.status, icon.header("content-type")), (200, Some("image/svg+xml")));
    assert_eq!(server.get("/assets/own/000000000000/custom.css").await.status, 404);
}

#[tokio::test]
async fn a_folder_that_holds_anything_is_no_harm() {
    let (server, folder) = start().await;
    write(folder.path(), "pages/problem.html", "\u{fffd}");
    fs::write(folder.path().join("layout.html"), [0xff, 0xfe, 0x00]).expect("written");
    fs::write(folder.path().join("a b\".css"), "x").expect("written");
    let page = wait_for(&server, |page| page.text().contains("is not UTF-8")).await;
    assert_eq!(page.status, 200);
    for each in 0..600 {
        fs::write(folder.path().join(format!("{each}.html")), "").expect("written");
    }
    let page = wait_for(&server, |page| page.text().contains("more than 500 files")).await;
    assert!(page.text().contains("<h1>Sessions</h1>"), "{}", page.text());
}
