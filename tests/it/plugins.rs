//! The Plugins page, with plugins that run: those of the program, and scripts in the folder.

use std::fs;
use std::path::Path;

use hindsight::plugins::trial::Recording;
use serde_json::json;

use crate::pages::{assert_reads, link, sent_events, submit, words};
use crate::server::{NOW, TestServer, page_load, request};

const SESSION: &str = "session-0000000001";

/// A script that finds each page of a session, and fails when it is told to.
const COUNTER: &str = r#"
export function analyze(session, settings) {
  if (settings.fails) throw new Error("told to fail");
  console.log("hello from the counter");
  const findings = [];
  for (const event of session) {
    if (event.kind === "page-view" && findings.length < settings.most)
      findings.push({ kind: "page", at: event.at, title: settings.title + " " + event.url });
  }
  return { findings };
}
"#;

const MANIFEST: &str = r#"
[plugin]
id = "counter"
name = "Page <counter>"
version = "1.2.3"
api = "0.1"
description = "Finds pages."
[analyzer]
events = ["page-view", "request"]
kinds = [{ id = "page", title = "A page", severity = "low" }]
[settings]
type = "object"
additionalProperties = false
[settings.properties.title]
type = "string"
default = "Saw"
maxLength = 10
[settings.properties.fails]
type = "boolean"
default = false
[settings.properties.most]
type = "integer"
minimum = 1
default = 5
title = "At most"
[settings.properties.window]
type = "object"
title = "Window"
[settings.properties.window.properties.px]
type = "integer"
"#;

fn put(folder: &Path, name: &str, script: &str, manifest: &str) {
    fs::create_dir_all(folder.join(name)).expect("writable");
    fs::write(folder.join(name).join("plugin.js"), script).expect("writable");
    fs::write(folder.join(name).join("plugin.toml"), manifest).expect("writable");
}

async fn with_counter() -> TestServer {
    TestServer::start_with(|settings| put(&settings.plugins.folder, "counter", COUNTER, MANIFEST)).await
}

fn path(server: &TestServer, rest: &str) -> String {
    format!("/connections/{}/plugins{rest}", server.connection.id)
}

/// Records a visit and finishes it.
async fn visit(server: &TestServer, number: usize) {
    let session = format!("session-{number:010}");
    let body = page_load(NOW, "https://shop.example/", "hello");
    let answer = server.post(&server.batch_path(&session, "stream-0000000001", 0), &body).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    server.clock.advance(server.settings.sessions.idle_after() + std::time::Duration::from_secs(1));
    server.catch_up().await;
}

#[tokio::test]
async fn plugins_say_what_they_are_and_what_they_see() {
    let server = with_counter().await;
    let page = server.get(&path(&server, "")).await;
    assert_eq!(page.status, 200);
    let hash =
        &server.plugins.plugins().get("counter").and_then(|entry| entry.plugin.clone()).expect("live").hash;
    assert_reads(
        &page,
        &[
            "Page &lt;counter&gt;",
            &format!("counter 1.2.3 · {} · from the folder · looks at sessions", &hash[..12]),
            "Of each session, after maskers: page views, requests.",
            "Mask personal data",
            "part of Hindsight · masks recordings",
            "Every text of a recording, before it is stored.",
            "recordings are changed for good before they are stored, and live sessions are not shown until",
            "Plugins of your own are in",
        ],
    );
    assert!(page.text().contains(&format!("title=\"SHA-256 {hash}\"")));
    let sessions = server.get(&server.sessions_path()).await.text();
    assert!(sessions.contains(&format!("href=\"{}\"", path(&server, ""))), "there is a way to it");
}

#[tokio::test]
async fn an_empty_folder_says_how_to_write_one() {
    let server = TestServer::start().await;
    let page = server.get(&path(&server, "")).await;
    let folder = server.settings.plugins.folder.display().to_string();
    assert_reads(
        &page,
        &["Your own plugin, in a minute", "hindsight plugin new my-plugin --lang js", &folder],
    );
    assert_eq!(server.get(&path(&server, "/nothing")).await.status, 404);
}

#[tokio::test]
async fn a_plugin_that_cannot_be_loaded_says_why() {
    let server = with_counter().await;
    let folder = &server.settings.plugins.folder;
    put(folder, "broken", "export function analyze( {", &MANIFEST.replace("\"counter\"", "\"broken\""));
    put(folder, "counter", COUNTER, &MANIFEST.replace("api = \"0.1\"", "api = \"7.0\""));
    server.plugins.refresh();
    let page = server.get(&path(&server, "")).await;
    assert_reads(&page, &["Cannot be loaded :", "plugin.js:1", "An older version runs :", "7.0"]);
    assert_eq!(server.get(&path(&server, "/broken")).await.status, 200);
}

#[tokio::test]
async fn a_plugin_is_switched_off_and_on_for_one_connection() {
    let server = with_counter().await;
    let other = crate::server::add_connection(&server.store, "Other").await;
    let off = submit(&server, &path(&server, "/counter/switch"), "on=0").await;
    assert_eq!((off.status, off.header("location")), (303, Some(path(&server, "?done=off").as_str())));
    assert_reads(&server.get(&path(&server, "/counter")).await, &["Off", "Switch on"]);
    let elsewhere = server.get(&format!("/connections/{}/plugins/counter", other.id)).await;
    assert_reads(&elsewhere, &["Live", "Switch off"]);
    visit(&server, 1).await;
    assert!(!words(&server.get(&path(&server, "/counter")).await).contains("Latest runs"));
    submit(&server, &path(&server, "/counter/switch"), "on=1&from=plugin").await;
    visit(&server, 2).await;
    let page = server.get(&path(&server, "/counter?done=on")).await;
    assert_reads(&page, &["Switched on.", "Latest runs", "session-0000000002", "Runs 1", "Findings 1"]);
    assert!(!words(&page).contains("session-0000000001"));
    for wrong in ["on=2", ""] {
        assert_eq!(submit(&server, &path(&server, "/counter/switch"), wrong).await.status, 400, "{wrong}");
    }
    assert_eq!(submit(&server, &path(&server, "/nothing/switch"), "on=1").await.status, 404);
}

#[tokio::test]
async fn a_run_shows_its_log_and_gives_its_input_away() {
    let server = with_counter().await;
    visit(&server, 1).await;
    let page = server.get(&path(&server, "/counter")).await;
    assert_reads(&page, &["hello from the counter", "1 event", "1 finding", "Download", "low A page"]);
    let answer = server.get(&link(&page, "input.json")).await;
    let disposition = answer.header("content-disposition").unwrap_or_default();
    assert_eq!(disposition, format!("attachment; filename=\"counter-{SESSION}.json\""));
    let input = answer.json();
    assert_eq!(input["settings"], json!({ "title": "Saw", "fails": false, "most": 5 }));
    let recording: Recording = serde_json::from_value(input).expect("what a test replays");
    assert_eq!((recording.session.id.as_str(), recording.events.len()), (SESSION, 1), "only what it may see");

    let plugin =
        server.plugins.plugins().get("counter").and_then(|entry| entry.plugin.clone()).expect("live");
    let settings = plugin.settings(&[]).expect("defaults");
    let again = plugin.analyze(&recording.session, recording.events.into_iter(), &settings);
    assert_eq!(again.outcome.expect("it runs").findings[0].title, "Saw https://shop.example/");
}

#[tokio::test]
async fn settings_are_saved_and_wrong_ones_named_beside_their_field() {
    let server = with_counter().await;
    let form = path(&server, "/counter/settings");
    let page = server.get(&path(&server, "/counter")).await;
    assert_reads(&page, &["Settings for Shop", "At most default", "Window px"]);
    assert!(page.text().contains("placeholder=\"5\"") && !words(&page).contains("Put the defaults back"));

    let wrong = submit(&server, &form, "set.title=Much+too+long+a+title&set.most=0&set.window.px=").await;
    assert_eq!(wrong.status, 200);
    assert_reads(&wrong, &["`most`: 0 is less than the minimum of 1", "`title`:"]);
    let text = wrong.text();
    assert!(
        text.contains("value=\"0\"") && text.contains("value=\"Much too long a title\""),
        "nothing is lost"
    );
    assert!(text.contains("id=\"wrong.most\"") && text.contains("aria-describedby=\"wrong.most\""));
    let unread = submit(&server, &form, "set.most=three&set.window.px=wide").await;
    assert_reads(&unread, &["`most`: is a whole number", "`window.px`: is a whole number"]);
    assert!(!words(&server.get(&path(&server, "/counter")).await).contains("set here"), "nothing was saved");

    let saved = submit(&server, &form, "set.title=Met&set.most=&set.fails=&set.window.px=9").await;
    assert_eq!(saved.header("location"), Some(path(&server, "/counter?done=saved").as_str()));
    let page = server.get(&path(&server, "/counter?done=saved")).await;
    assert_reads(&page, &["Settings saved.", "title set here", "At most default", "Put the defaults back"]);
    visit(&server, 1).await;
    let findings = server.get(&format!("{}/{SESSION}", server.sessions_path())).await;
    assert_reads(&findings, &["Met https://shop.example/"]);

    submit(&server, &form, "set.title=Met&defaults=1").await;
    assert!(!words(&server.get(&path(&server, "/counter")).await).contains("set here"));
}

#[tokio::test]
async fn settings_of_the_server_lie_below_those_of_a_connection() {
    let server = TestServer::start_with(|settings| {
        put(&settings.plugins.folder, "counter", COUNTER, MANIFEST);
        settings.plugins.of.insert("counter".to_owned(), json!({ "most": 3 }));
    })
    .await;
    let page = server.get(&path(&server, "/counter")).await;
    assert_reads(&page, &["At most set in config.toml"]);
    assert!(page.text().contains("placeholder=\"3\""));
    server.plugins.set_settings(&[("counter".to_owned(), json!({ "most": -1 }))].into());
    let page = server.get(&path(&server, "")).await;
    assert_reads(
        &page,
        &[
            "Runs with the settings from before : [plugins.counter] of config.toml does not fit: `most`: -1 is less",
        ],
    );
}

#[tokio::test]
async fn a_plugin_that_keeps_failing_is_paused_until_somebody_says_so() {
    let server = with_counter().await;
    submit(&server, &path(&server, "/counter/settings"), "set.fails=true").await;
    for number in 1..=4 {
        visit(&server, number).await;
    }
    let page = server.get(&path(&server, "")).await;
    assert_reads(&page, &["Paused after three failures :", "told to fail", "Try again", "3 failed"]);
    let page = server.get(&path(&server, "/counter")).await;
    assert!(!words(&page).contains("session-0000000004"), "it did not run any more");
    let again = submit(&server, &path(&server, "/counter/try-again"), "from=plugin").await;
    assert_eq!(again.header("location"), Some(path(&server, "/counter?done=again").as_str()));
    let said = [
        "It runs again, and catches up on the sessions that it missed.",
        "Live",
        "0 of 4 sessions · running",
    ];
    assert_reads(&server.get(&path(&server, "/counter?done=again")).await, &said);
    visit(&server, 5).await;
    let page = words(&server.get(&path(&server, "/counter")).await);
    assert!(page.contains("session-0000000005"), "what is new: {page}");
    assert!(page.contains("session-0000000004"), "what it missed: {page}");
}

#[tokio::test]
async fn an_analyzer_is_run_over_past_sessions() {
    let server = with_counter().await;
    visit(&server, 1).await;
    visit(&server, 2).await;
    submit(&server, &path(&server, "/counter/settings"), "set.title=Again").await;
    let start = path(&server, "/counter/reruns");
    let started = submit(&server, &start, "work=analyze&period=all").await;
    assert_eq!(started.header("location"), Some(path(&server, "/counter#past").as_str()));
    let page = server.get(&path(&server, "/counter")).await;
    assert_reads(&page, &["Looks again at all sessions", "0 of 2 sessions · running", "Pause", "Cancel"]);
    let mut live = sent_events(&server, &path(&server, "/counter/live"));
    assert_eq!(live.recv().await.as_deref(), Some(r#"data:{"version":"1-running-0-0"}"#));

    submit(&server, &format!("{start}/1"), "state=paused").await;
    server.catch_up().await;
    assert_reads(&server.get(&path(&server, "/counter")).await, &["0 of 2 sessions · paused", "Resume"]);
    submit(&server, &format!("{start}/1"), "state=running").await;
    server.catch_up().await;
    assert_reads(&server.get(&path(&server, "/counter")).await, &["2 of 2 sessions · done"]);
    let findings = server.get(&format!("{}/{SESSION}", server.sessions_path())).await;
    assert_reads(&findings, &["Again https://shop.example/"]);

    submit(&server, &start, "work=analyze&period=7").await;
    submit(&server, &format!("{start}/2"), "state=cancelled").await;
    assert_reads(&server.get(&path(&server, "/counter")).await, &["0 of 2 sessions · cancelled"]);
    for (path, form) in [
        (start.clone(), "work=mask&period=all"),
        (start.clone(), "work=analyze&period=5"),
        (format!("{start}/2"), "state=done"),
    ] {
        assert_eq!(submit(&server, &path, form).await.status, 400, "{path} {form}");
    }
    assert_eq!(submit(&server, &format!("{start}/99"), "state=paused").await.status, 404);
    let elsewhere = start.replace("counter", "friction");
    assert_eq!(submit(&server, &format!("{elsewhere}/2"), "state=paused").await.status, 404);
}

#[tokio::test]
async fn findings_that_are_not_the_latest_say_so_and_how_to_get_those() {
    let server = with_counter().await;
    visit(&server, 1).await;
    let replay = format!("{}/{SESSION}", server.sessions_path());
    let read = async || words(&server.get(&format!("{replay}?panel=findings")).await);
    let look = format!("{replay}/look-again");
    let said = read().await;
    assert!(said.contains("Saw https://") && !said.contains("Look again"), "{said}");

    submit(&server, &path(&server, "/counter/settings"), "set.title=Met").await;
    let said = read().await;
    let outdated = "Page &lt;counter&gt; looked at this session in an older version, or with other settings.";
    assert!(said.contains(&format!("{outdated} Look again")) && said.contains("Saw https://"), "{said}");
    let asked = submit(&server, &format!("{look}?from=q%3Dhello"), "").await;
    let back = format!("{replay}?from=q%3Dhello&panel=findings");
    assert_eq!(asked.header("location"), Some(back.as_str()), "{}", asked.text());
    let said = read().await;
    assert!(said.contains("Plugins look at this session again.") && said.contains("Saw https://"), "{said}");
    server.catch_up().await;
    let said = read().await;
    assert!(said.contains("Met https://") && !said.contains("at this session"), "{said}");

    let folder = &server.settings.plugins.folder;
    put(folder, "counter", &COUNTER.replace("console.log", "console.info"), MANIFEST);
    put(
        folder,
        "other",
        COUNTER,
        &MANIFEST.replace("\"counter\"", "\"other\"").replace("Page <counter>", "Other"),
    );
    server.plugins.refresh();
    let said = read().await;
    assert!(said.contains(&format!("{outdated} Other has not looked at this session. Look again")), "{said}");
    submit(&server, &path(&server, "/other/switch"), "on=0").await;
    assert!(!read().await.contains("Other has"), "one that is switched off would not look");
    submit(&server, &look, "").await;
    server.catch_up().await;
    assert!(!read().await.contains("Look again"));
    assert_eq!(submit(&server, &look.replace(SESSION, "session-0000000009"), "").await.status, 404);
}

/// What the figures say of a plugin; `None`: nothing.
async fn paused_figure(server: &TestServer) -> Option<u8> {
    let metrics =
        hindsight::web::metrics::Metrics::bind(([127, 0, 0, 1], 0).into()).await.expect("a free port");
    let address = metrics.address().expect("bound");
    let serving = tokio::spawn(metrics.serve(server.app.clone(), server.stopping.clone()));
    let text = tokio::task::spawn_blocking(move || {
        let get = request("GET", "/metrics", &[], b"");
        crate::server::exchange(address, &get).text()
    });
    let text = text.await.expect("an answer");
    serving.abort();
    let wanted = "hindsight_plugin_paused{plugin=\"counter\"} ";
    text.lines().find_map(|line| line.strip_prefix(wanted)).map(|value| value.parse().expect("a number"))
}

#[tokio::test]
async fn the_figure_of_a_paused_plugin_is_that_of_now() {
    let server = with_counter().await;
    assert_eq!(paused_figure(&server).await, Some(0));
    let fail = async |number: usize| {
        submit(&server, &path(&server, "/counter/settings"), "set.fails=true").await;
        for number in number..number + 3 {
            visit(&server, number).await;
        }
        assert_eq!(paused_figure(&server).await, Some(1));
    };
    fail(1).await;
    submit(&server, &path(&server, "/counter/try-again"), "from=plugin").await;
    assert_eq!(paused_figure(&server).await, Some(0), "somebody said so");
    fail(11).await;
    submit(&server, &path(&server, "/counter/settings"), "set.title=Other").await;
    assert_eq!(paused_figure(&server).await, Some(0), "it has other settings");
    fail(21).await;
    put(&server.settings.plugins.folder, "counter", &format!("{COUNTER}\n// another"), MANIFEST);
    server.plugins.refresh();
    assert_eq!(paused_figure(&server).await, Some(0), "it is another version");
    fail(31).await;
    fs::remove_dir_all(server.settings.plugins.folder.join("counter")).expect("removed");
    server.plugins.refresh();
    assert_eq!(paused_figure(&server).await, None, "it is gone");
}
