//! While a masker works for a connection nobody sees what it has not masked, and what is
//! masked afterwards is gone for good.

use std::fs;
use std::time::Duration;

use hindsight::model::Severity;
use hindsight::store::runs::{self, Outcome};
use hindsight::store::{Db, Scope, recordings, sessions};
use hindsight::web::routes;

use crate::command_line::{Process, folder, run, stderr, stdout};
use crate::erasing::{count, until};
use crate::pages::{assert_reads, link, submit, words};
use crate::said::finding;
use crate::server::{NOW, TestServer, page_load};

const SESSION: &str = "session-0000000001";
const STREAM: &str = "stream-0000000001";
const SECRET: &str = "ada.lovelace@example.org";

async fn record(server: &TestServer, session: &str) {
    let url = format!("https://shop.example/account/{SECRET}");
    let body = page_load(NOW, &url, &format!("Signed in as {SECRET}"));
    let answer = server.post(&server.batch_path(session, STREAM, 0), &body).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let said = format!(
        r#"[{{"type":5,"data":{{"tag":"hindsight.identify","payload":{{"id":"{SECRET}","traits":{{"mail":"{SECRET}"}}}}}},"timestamp":{NOW}}},
        {{"type":5,"data":{{"tag":"hindsight.prompt","payload":{{"id":"p","text":"I am {SECRET}"}}}},"timestamp":{NOW}}},
        {{"type":5,"data":{{"tag":"hindsight.reply","payload":{{"to":"p","text":"Hello {SECRET}"}}}},"timestamp":{NOW}}}]"#
    );
    let answer = server.post(&server.batch_path(session, STREAM, 1), &said).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
}

async fn finish(server: &TestServer) {
    server.clock.advance(server.settings.sessions.idle_after() + Duration::from_secs(1));
    server.catch_up().await;
}

async fn switch(server: &TestServer, plugin: &str, on: bool) {
    let path = format!("/connections/{}/plugins/{plugin}/switch", server.connection.id);
    assert_eq!(submit(server, &path, &format!("on={}", u8::from(on))).await.status, 303);
}

fn page(server: &TestServer, rest: &str) -> String {
    format!("/connections/{}/plugins/mask-pii{rest}", server.connection.id)
}

/// The session's segments, by their ids.
async fn segments(server: &TestServer) -> Vec<i64> {
    let (connection, id) = (server.connection.id, SESSION.parse().expect("an id"));
    let read = move |conn: &Db| recordings::streams(conn, &Scope::everything(), connection, &id);
    let streams = server.store.read(read).await.expect("the store reads");
    let ids = streams.into_iter().flat_map(|stream| stream.parts).filter_map(|part| match part.form {
        recordings::Form::Segment(id) => Some(id),
        recordings::Form::Batch => None,
    });
    ids.collect()
}

/// What each route that is about the session answers: its path, status and text.
async fn walk(server: &TestServer) -> Vec<(String, u16, String)> {
    let segment = segments(server).await.first().copied().unwrap_or(1).to_string();
    let mut answers = Vec::new();
    for route in routes(&server.app) {
        let reads = route.method == "GET" && route.path.starts_with("/connections/{connection}/");
        if !reads || route.path.ends_with("/live") {
            continue;
        }
        let path = route
            .path
            .replace("{connection}", &server.connection.id.to_string())
            .replace("{session}", SESSION)
            .replace("{stream}", STREAM)
            .replace("{seq}", "0")
            .replace("{segment}", &segment)
            .replace("{visitor}", "ada.lovelace%40example.org")
            .replace("{plugin}", "friction");
        let answer = server.get(&path).await;
        answers.push((route.path, answer.status, answer.text()));
    }
    answers
}

fn tells(answers: &[(String, u16, String)]) -> Vec<&str> {
    let tell = answers.iter().filter(|(_, _, text)| text.contains("lovelace"));
    tell.map(|(path, _, _)| path.as_str()).collect()
}

#[tokio::test]
async fn no_route_shows_what_is_not_masked() {
    let server = TestServer::start().await;
    record(&server, SESSION).await;
    let open = walk(&server).await;
    assert!(tells(&open).iter().any(|path| path.ends_with("/batches/{seq}")), "the walk reaches the bytes");
    assert!(tells(&open).len() >= 4, "and the pages: {:?}", tells(&open));
    for end in ["/activity", "/prompts.csv", "/visitors/{visitor}"] {
        assert!(tells(&open).iter().any(|path| path.ends_with(end)), "the walk reaches {end}");
    }
    let by_url = format!("{}?url=lovelace", server.sessions_path());
    assert!(server.get(&by_url).await.text().contains(&format!("data-session=\"{SESSION}\"")));

    switch(&server, "mask-pii", true).await;
    let held = walk(&server).await;
    assert_eq!(tells(&held), Vec::<&str>::new());
    assert!(!server.get(&by_url).await.text().contains(SESSION), "the search tells nothing either");
    for (path, status, text) in &held {
        let reads_it = [
            "/stage",
            "/manifest.json",
            "/events.json",
            "/conversation",
            "/batches/{seq}",
            "/segments/{segment}",
            "/input.json",
            "/notes.json",
            "/shares.json",
            "/recording.json",
            "/replay.html",
            "/visit.spec.ts",
        ];
        if reads_it.iter().any(|end| path.ends_with(end)) {
            assert_eq!(*status, 403, "{path}");
            assert!(
                text.contains("held-back") || text.contains("Not shown before it is masked"),
                "{path}: {text}"
            );
        }
    }
    assert_reads(
        &server.get(&server.sessions_path()).await,
        &["shop.example", "Not shown before it is masked."],
    );
    let replay = server.get(&format!("{}/{SESSION}", server.sessions_path())).await;
    assert_eq!(replay.status, 200);
    assert_reads(&replay, &["Not shown before it is masked", "The visit still lasts"]);

    finish(&server).await;
    let masked = walk(&server).await;
    assert_eq!(tells(&masked), Vec::<&str>::new());
    let segment = masked.iter().find(|(path, ..)| path.ends_with("/segments/{segment}")).expect("walked");
    assert!(segment.1 == 200 && segment.2.contains("Signed in as [email]"), "{}", segment.2);
}

#[tokio::test]
async fn what_was_stored_before_is_held_back_in_segments_too() {
    let server = TestServer::start().await;
    record(&server, SESSION).await;
    finish(&server).await;
    assert!(tells(&walk(&server).await).iter().any(|path| path.ends_with("/segments/{segment}")));
    switch(&server, "mask-pii", true).await;
    let row = "UPDATE session SET finished_at = NULL";
    server.store.write(move |conn| Ok(conn.execute_batch(row)?)).await.expect("written");
    assert_eq!(tells(&walk(&server).await), Vec::<&str>::new());
}

/// A masker that fails as long as its file says so.
fn put_masker(folder: &std::path::Path, body: &str) {
    let manifest =
        "[plugin]\nid = \"moody\"\nname = \"Moody\"\nversion = \"1.0.0\"\napi = \"0.1\"\n[masker]\n";
    fs::create_dir_all(folder.join("moody")).expect("writable");
    fs::write(folder.join("moody/plugin.toml"), manifest).expect("writable");
    let script = format!("export function mask(spans) {{ {body} }}");
    fs::write(folder.join("moody/plugin.js"), script).expect("writable");
}

/// Passes the trial run, which has no such text.
const FAILS: &str =
    r#"if (spans.some((span) => span.text.includes("lovelace"))) throw new Error("moody today"); return [];"#;

#[tokio::test]
async fn what_cannot_be_masked_says_why_and_is_tried_again_with_another_file() {
    let server = TestServer::start_with(|settings| put_masker(&settings.plugins.folder, FAILS)).await;
    switch(&server, "moody", true).await;
    record(&server, SESSION).await;
    finish(&server).await;
    let list = format!("/connections/{}/plugins", server.connection.id);
    assert_reads(
        &server.get(&list).await,
        &["1 session is not shown", "held back", "moody today", "Try again"],
    );
    assert_eq!(tells(&walk(&server).await), Vec::<&str>::new());
    let replay = server.get(&format!("{}/{SESSION}", server.sessions_path())).await;
    assert_reads(&replay, &["It could not be masked so far."]);
    let plugin = format!("{list}/moody");
    assert_reads(&server.get(&plugin).await, &["failed", "Latest maskings", SESSION, "moody today", "texts"]);

    submit(&server, &format!("{list}/moody/try-again"), "").await;
    assert!(!words(&server.get(&list).await).contains("is not shown:"), "it waits again");
    finish(&server).await;
    assert_reads(&server.get(&list).await, &["1 session is not shown"]);

    put_masker(&server.settings.plugins.folder, "return [];");
    server.plugins.refresh();
    finish(&server).await;
    assert!(!words(&server.get(&list).await).contains("not shown :"));
    assert!(!tells(&walk(&server).await).is_empty(), "this masker hides nothing, and it has run");
    let page = server.get(&plugin).await;
    assert_reads(&page, &["Latest maskings", SESSION]);
    assert!(!words(&page).contains("moody today"), "what another version did is told no more");
}

#[tokio::test]
async fn a_masker_that_is_gone_holds_back_until_it_is_switched_off() {
    let server = TestServer::start_with(|settings| put_masker(&settings.plugins.folder, "return [];")).await;
    switch(&server, "moody", true).await;
    fs::remove_dir_all(server.settings.plugins.folder.join("moody")).expect("removed");
    server.plugins.refresh();
    record(&server, SESSION).await;
    assert_eq!(tells(&walk(&server).await), Vec::<&str>::new());
    let list = server.get(&format!("/connections/{}/plugins", server.connection.id)).await;
    assert_reads(&list, &["Not there : It is switched on and its file is gone."]);
    switch(&server, "moody", false).await;
    assert!(!tells(&walk(&server).await).is_empty());
}

#[tokio::test]
async fn past_sessions_are_masked_for_good_after_a_trial() {
    let server = TestServer::start().await;
    record(&server, SESSION).await;
    record(&server, "session-0000000002").await;
    finish(&server).await;
    assert!(is_in_files(&server), "it is found where it is");

    quote(&server).await;
    submit(&server, &page(&server, "/reruns"), "work=try&period=all").await;
    server.catch_up().await;
    let tried = server.get(&page(&server, "")).await;
    assert_reads(
        &tried,
        &["Tries masking on all sessions", "2 of 2 sessions · done", "2 sessions would be changed."],
    );
    assert_reads(&tried, &["email text of the page", "[email]"]);
    assert!(!words(&tried).contains("for good…") && !tried.text().contains("lovelace"), "it is off");
    let early = server.get(&page(&server, "/reruns/mask?after=1")).await;
    assert_reads(&early, &["Switch the plugin on first"]);

    switch(&server, "mask-pii", true).await;
    let tried = server.get(&page(&server, "")).await;
    assert_reads(&tried, &["Mask 2 sessions for good…"]);
    let asked = server.get(&link(&tried, "/reruns/mask")).await;
    assert_reads(&asked, &["Mask 2 sessions for good?", "This cannot be undone", "backups"]);
    assert!(is_in_files(&server), "asking and trying changed nothing");
    let started = submit(&server, &page(&server, "/reruns"), "work=mask&after=1").await;
    assert_eq!(started.status, 303);
    rerun_to_its_end(&server).await;
    assert_reads(
        &server.get(&page(&server, "")).await,
        &["Masks for good all sessions", "2 of 2 sessions · done"],
    );
    assert_eq!(tells(&walk(&server).await), Vec::<&str>::new());
    server.store.write(|conn| Ok(conn.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)")?)).await.ok();
    assert!(!is_in_files(&server), "it is overwritten");
    for wrong in ["work=mask&after=2", "work=mask&after=x", "work=mask"] {
        let answer = submit(&server, &page(&server, "/reruns"), wrong).await;
        assert!([400, 404].contains(&answer.status), "{wrong}");
    }
}

/// A plugin that is gone by now has quoted the secret, in a finding and in its log.
async fn quote(server: &TestServer) {
    let (connection, id) = (server.connection.id, SESSION.parse().expect("an id"));
    let row =
        server.store.read(move |conn| sessions::find(conn, &Scope::everything(), connection, &id)).await;
    let row = row.expect("the store reads").expect("it is there").row;
    let outcome = Outcome {
        findings: vec![finding("seen", Severity::High, 0, &format!("Saw {SECRET}"), SECRET)],
        log: format!("info: {SECRET}\n"),
        ..Outcome::default()
    };
    let write = move |conn: &Db| {
        runs::begin(conn, row, "gone", &[1; 16], NOW)?;
        runs::finish(conn, row, "gone", &[1; 16], &outcome)
    };
    assert!(server.store.write(write).await.expect("the store writes"));
}

/// Lets the two workers take turns: the one rewrites what the other asks for.
async fn rerun_to_its_end(server: &TestServer) {
    use hindsight::finish::{Inspection, Worker, reports};

    let (store, clock, plugins) = (server.store.clone(), server.clock.clone(), server.plugins.clone());
    let mut worker = Worker::new(store.clone(), clock.clone(), server.settings.clone(), plugins.clone());
    let mut inspection = Inspection::new(store, clock, plugins, reports::channel().1);
    for _ in 0..4 {
        inspection.catch_up(&server.stopping).await.expect("nothing fails");
        worker.catch_up(&server.stopping).await.expect("nothing fails");
    }
}

/// Whether a word of the secret stands in a file of the data folder.
fn is_in_files(server: &TestServer) -> bool {
    let files = fs::read_dir(&server.settings.server.data_dir).expect("readable");
    files
        .filter_map(|file| fs::read(file.expect("readable").path()).ok())
        .any(|bytes| bytes.windows(8).any(|window| window == b"lovelace"))
}

/// What is to be masked, for the program in a process of its own.
fn decide(data: &std::path::Path) {
    let conn = Db::open(data.join("hindsight.db")).expect("opened");
    let on =
        "INSERT INTO plugin_choice (plugin, connection_id, enabled) SELECT 'mask-pii', id, 1 FROM connection";
    conn.execute(on, []).expect("written");
}

fn import(data: &std::path::Path) -> String {
    let file = data.join("visit.json");
    fs::write(&file, page_load(NOW, &format!("https://shop.example/{SECRET}"), SECRET)).expect("written");
    let imported = stdout(&run(data, &["import", &file.display().to_string()]));
    imported.rsplit(' ').next().expect("an id").to_owned()
}

#[test]
fn the_command_line_exports_no_more_than_the_pages_show() {
    let data = folder();
    let session = import(data.path());
    assert!(stdout(&run(data.path(), &["export", &session])).contains(SECRET), "nothing is to be masked");
    decide(data.path());
    let held = run(data.path(), &["export", &session]);
    assert!(!held.status.success() && stderr(&held).contains("is not masked yet"), "{}", stderr(&held));
    assert!(!stdout(&held).contains("lovelace"));
}

#[test]
fn the_command_line_tries_and_masks_with_a_server_and_without() {
    let data = folder();
    let session = import(data.path());
    let at_once = [("HINDSIGHT_SESSIONS__ENDED_GRACE_SECONDS", "0")];
    let server = Process::start_with(data.path(), &[], &at_once);
    until("finished", || {
        count(data.path(), "SELECT count(*) FROM session WHERE finished_at IS NOT NULL") == 1
    });
    let looked = run(data.path(), &["plugin", "run", "friction"]);
    assert_eq!(stdout(&looked), "friction: 1 of 1 sessions, 0 failed, done", "{}", stderr(&looked));
    drop(server);

    let trial = run(data.path(), &["plugin", "run", "mask-pii", "--dry-run"]);
    let text = stdout(&trial);
    for expected in
        ["mask-pii: 1 of 1 sessions, 0 failed, done", "1 sessions would be changed", "email", "[email]"]
    {
        assert!(text.contains(expected), "{expected:?} is not in {text}; {}", stderr(&trial));
    }
    let off = run(data.path(), &["plugin", "run", "mask-pii"]);
    assert!(!off.status.success() && stderr(&off).contains("mask-pii is off for"), "{}", stderr(&off));
    assert!(stdout(&run(data.path(), &["export", &session])).contains(SECRET), "nothing was changed");

    decide(data.path());
    let masked = run(data.path(), &["plugin", "run", "mask-pii"]);
    assert_eq!(stdout(&masked), "mask-pii: 1 of 1 sessions, 0 failed, done", "{}", stderr(&masked));
    let exported = stdout(&run(data.path(), &["export", &session]));
    assert!(exported.contains("[email]") && !exported.contains("lovelace"), "{exported}");
}

#[test]
fn the_command_line_says_what_cannot_be_run() {
    let data = folder();
    import(data.path());
    for (arguments, complaint) in [
        (&["plugin", "run", "nothing"][..], "there is no plugin \"nothing\""),
        (&["plugin", "run", "friction", "--dry-run"], "only looks at sessions"),
        (&["plugin", "run", "friction", "--from", "soon"], "write a date like"),
        (&["plugin", "run", "mask-pii", "--connection", "x"], "there is no connection \"x\""),
    ] {
        let refused = run(data.path(), arguments);
        assert!(!refused.status.success() && stderr(&refused).contains(complaint), "{}", stderr(&refused));
    }
}
