//! Who did what: noted, listed, and told from what somebody made of it.

use std::time::Duration;

use hindsight::store::audit::chain;
use hindsight::store::{Db, accounts};

use crate::command_line::{folder, run, stdout};
use crate::pages::{assert_reads, record, submit, words};
use crate::server::{TestServer, request};

/// All entries as `who what subject detail`, from the oldest.
pub async fn entries(server: &TestServer) -> Vec<String> {
    server.app.write_looks().await;
    let read = server.store.read(|conn| {
        let mut statement = conn
            .prepare("SELECT who || ' ' || what || ' ' || subject || ' ' || detail FROM audit ORDER BY id")?;
        let rows = statement.query_map([], |row| row.get(0))?;
        Ok(rows.collect::<Result<Vec<String>, _>>()?)
    });
    read.await.expect("the store reads")
}

#[tokio::test]
async fn watching_is_noted_once_in_half_an_hour_and_downloads_each_time() {
    let server = TestServer::start().await;
    record(&server, 1).await;
    let path = format!("{}/session-of-page-001", server.sessions_path());
    for _ in 0..2 {
        server.get(&path).await;
        server.get(&format!("{path}/manifest.json")).await;
        server.get(&format!("{path}/events.json")).await;
    }
    server.get(&format!("{path}/recording.json")).await;
    let expected = [
        "anyone session-watched session-of-page-001 {}",
        "anyone session-downloaded session-of-page-001 {\"file\":\"recording.json\"}",
    ];
    assert_eq!(entries(&server).await, expected);
    server.clock.advance(Duration::from_secs(31 * 60));
    server.get(&path).await;
    assert_eq!(entries(&server).await.len(), 3);
}

#[tokio::test]
async fn looking_at_lists_is_not_noted_and_waits_for_no_write() {
    let server = TestServer::start().await;
    record(&server, 1).await;
    server.get(&server.sessions_path()).await;
    server.get(&format!("/connections/{}/activity", server.connection.id)).await;
    assert_eq!(entries(&server).await, Vec::<String>::new());
}

#[tokio::test]
async fn what_changes_something_is_noted_with_names_of_fields_and_no_secret() {
    let server = TestServer::start().await;
    record(&server, 1).await;
    record(&server, 2).await;
    let (one, settings) = (
        format!("{}/session-of-page-001", server.sessions_path()),
        format!("/connections/{}/settings", server.connection.id),
    );
    submit(&server, &format!("{one}/pin"), "pinned=1").await;
    submit(&server, &format!("{one}/share"), "expires=1h&password=geheimnis").await;
    submit(&server, &format!("{settings}/recording"), "privacy=strict").await;
    submit(&server, &format!("{settings}/recording"), "privacy=strict").await;
    submit(&server, &settings, "name=Shop").await;
    let answers =
        "kind=openai&openai.url=https%3A%2F%2Fapi.example%2Fv1&openai.model=m&openai.key=sk-geheimnis";
    submit(&server, &format!("{settings}/answers"), answers).await;
    submit(&server, &format!("{settings}/key"), "days=0").await;
    submit(&server, &format!("{}/chosen", server.sessions_path()), "do=pin&session=session-of-page-002")
        .await;
    submit(&server, &format!("{}/delete", server.sessions_path()), "visitor=nobody").await;
    submit(&server, &format!("{one}/delete"), "").await;
    let found = entries(&server).await;
    let kinds: Vec<&str> = found.iter().filter_map(|entry| entry.split(' ').nth(1)).collect();
    assert_eq!(
        kinds,
        [
            "session-pinned",
            "share-made",
            "settings-changed",
            "settings-changed",
            "settings-changed",
            "key-replaced",
            "session-pinned",
            "sessions-deleted"
        ],
        "{found:#?}"
    );
    assert!(found[2].ends_with(r#"recording {"fields":["privacy"]}"#), "{}", found[2]);
    assert!(found[3].ends_with(r#"general {"fields":["rules.honour_gpc"]}"#), "{}", found[3]);
    assert!(found[4].contains("openai.key"), "{}", found[4]);
    assert!(!found.join("").contains("geheimnis"), "{found:#?}");
    assert!(found[7].contains("session-of-page-001"), "{}", found[7]);
}

#[tokio::test]
async fn roles_tokens_and_webhooks_are_noted_without_their_secrets() {
    let server = TestServer::start().await;
    let user = server.store.write(|conn| accounts::add(conn, "Ada", None, None, 0)).await;
    let user = user.expect("the store writes").expect("a new name");
    let settings = format!("/connections/{}/settings", server.connection.id);
    let (people, hooks) = (format!("{settings}/people"), format!("{settings}/webhooks"));
    for (path, form) in [
        (people.clone(), "name=ADA&role=editor"),
        (people.clone(), "name=ADA&role=editor"),
        (format!("{people}/{user}"), "role=viewer"),
        (format!("{people}/{user}/remove"), ""),
        ("/tokens".to_owned(), "name=Nightly&scope=read&every=0&connection=1&days=30"),
        ("/tokens/1/revoke".to_owned(), ""),
        ("/tokens/1/revoke".to_owned(), ""),
        (hooks.clone(), "url=https%3A%2F%2Fhooks.example%2Fgeheimnis&sessions=1&active=1"),
        (format!("{hooks}/1"), "url=https%3A%2F%2Fhooks.example%2Fgeheimnis&sessions=1&active=1"),
        (format!("{hooks}/1"), "url=https%3A%2F%2Fhooks.example%2Fgeheimnis2&prompts=1&active=1"),
        (format!("{hooks}/1/secret"), ""),
        (format!("{hooks}/1/delete"), ""),
    ] {
        let answer = submit(&server, &path, form).await;
        assert!([200, 303].contains(&answer.status), "{path}: {}", answer.text());
    }
    let found = entries(&server).await;
    let (made, rest): (Vec<String>, Vec<String>) =
        found.into_iter().partition(|entry| entry.contains("token-made"));
    let token = r#"anyone token-made Nightly {"token":1,"scopes":"read","connections":[1],"expires_at":"#;
    assert!(made.len() == 1 && made[0].starts_with(token), "{made:?}");
    assert_eq!(
        rest,
        [
            r#"anyone role-changed Ada {"from":"none","to":"editor"}"#,
            r#"anyone role-changed Ada {"from":"editor","to":"viewer"}"#,
            r#"anyone role-changed Ada {"from":"viewer","to":"none"}"#,
            r#"anyone token-revoked Nightly {"token":1}"#,
            r#"anyone webhook-changed 1 {"done":"added","fields":[]}"#,
            r#"anyone webhook-changed 1 {"done":"changed","fields":["prompts","sessions","url"]}"#,
            r#"anyone webhook-changed 1 {"done":"another secret","fields":[]}"#,
            r#"anyone webhook-changed 1 {"done":"deleted","fields":[]}"#,
        ]
    );
    let page = server.get(&format!("/connections/{}/audit?what=role-changed", server.connection.id)).await;
    assert_reads(&page, &["Changed a role", "from none", "to editor"]);
}

#[tokio::test]
async fn the_page_is_narrowed_paged_and_written_as_csv() {
    let server = TestServer::start().await;
    for number in 1..=60 {
        record(&server, number).await;
        server.get(&format!("{}/session-of-page-{number:03}", server.sessions_path())).await;
    }
    submit(&server, &format!("/connections/{}/settings/state", server.connection.id), "paused=1").await;
    let page = server.get("/audit").await;
    assert_reads(
        &page,
        &["The chain verifies", "Changed settings", "Watched a session", "session-of-page-060"],
    );
    assert!(!words(&page).contains("session-of-page-001"));
    let older = page
        .text()
        .split("href=\"")
        .filter_map(|rest| rest.split('"').next())
        .find(|url| url.contains("before="))
        .map(str::to_owned);
    assert_reads(&server.get(&older.expect("a link").replace("&amp;", "&")).await, &["session-of-page-001"]);
    let narrowed = server.get("/audit?what=settings-changed&who=anyone&from=2026-01-01").await;
    assert_reads(&narrowed, &["fields paused"]);
    assert!(!words(&narrowed).contains("session-of-page-060"));
    assert_reads(&server.get("/audit?subject=page-007").await, &["session-of-page-007"]);
    assert_reads(&server.get("/audit?to=2025-01-01").await, &["No entry is like this"]);
    let own = server.get(&format!("/connections/{}/audit", server.connection.id)).await;
    assert_reads(&own, &["session-of-page-060", "Settings"]);
    for wrong in ["what=x", "from=yesterday", "connection=x", "before=x"] {
        assert_eq!(server.get(&format!("/audit?{wrong}")).await.status, 400, "{wrong}");
    }
    let csv = server.get("/audit/audit.csv?what=session-watched").await;
    assert_eq!(csv.header("content-type"), Some("text/csv; charset=utf-8; header=present"));
    assert_eq!(csv.text().lines().count(), 61);
    assert!(
        csv.text().contains("\"anyone\",\"session-watched\",1,\"session-of-page-001\""),
        "{}",
        csv.text()
    );
    assert!(entries(&server).await.last().is_some_and(|last| last.contains("log-exported")));
}

#[tokio::test]
async fn retention_of_the_log_keeps_it_verifiable() {
    let server = TestServer::start().await;
    record(&server, 1).await;
    server.get(&format!("{}/session-of-page-001", server.sessions_path())).await;
    server.app.write_looks().await;
    server.clock.advance(Duration::from_secs(400 * 24 * 60 * 60));
    submit(&server, &format!("/connections/{}/settings/state", server.connection.id), "paused=1").await;
    // A clock that was moved is not believed for an hour.
    server.catch_up().await;
    server.clock.advance(Duration::from_secs(2 * 60 * 60));
    server.catch_up().await;
    let found = entries(&server).await;
    assert!(!found.join("\n").contains("session-watched"), "{found:#?}");
    let verdict = server.store.read(|conn| chain::verify(conn, None)).await.expect("verified");
    assert_eq!(verdict.broken, None);
}

#[tokio::test]
async fn what_a_guest_opens_is_noted_by_the_link() {
    let server = TestServer::start().await;
    record(&server, 1).await;
    let one = format!("{}/session-of-page-001", server.sessions_path());
    let made = submit(&server, &format!("{one}/share"), "expires=1h").await.json();
    let url = made["url"].as_str().expect("a link").split_once("/share/").expect("a link").1.to_owned();
    server.get(&format!("/share/{url}/manifest.json")).await;
    server.send(&request("POST", &format!("/share/{url}/opened"), &[], b"")).await;
    let found = entries(&server).await;
    assert!(found.iter().any(|entry| entry.starts_with("link 1 share-opened")), "{found:#?}");
    assert!(found.iter().any(|entry| entry.starts_with("link 1 session-watched")), "{found:#?}");
    assert!(!found.join("").contains(&url), "the link itself is a secret");
}

#[test]
fn the_command_names_the_entry_that_was_tampered_with() {
    let data = folder();
    run(data.path(), &["connection", "add", "Shop"]);
    run(data.path(), &["connection", "set", "Shop", "--pause"]);
    run(data.path(), &["connection", "set", "Shop", "--resume"]);
    let verified = run(data.path(), &["audit", "verify"]);
    assert!(verified.status.success());
    let line = stdout(&verified);
    assert!(line.starts_with("ok: 3 entries; the newest is 3:"), "{line}");
    let head = line.rsplit(' ').next().expect("a head").to_owned();
    assert!(run(data.path(), &["audit", "verify", "--head", &head]).status.success());
    let exported = stdout(&run(data.path(), &["audit", "export"]));
    assert_eq!(exported.lines().count(), 3);
    assert!(exported.contains(r#""who":"command line","what":"settings-changed""#), "{exported}");
    assert!(stdout(&run(data.path(), &["audit", "export", "--format", "csv"])).starts_with("\"number\""));

    let conn = Db::open(data.path().join("hindsight.db")).expect("opened");
    assert!(conn.execute("UPDATE audit SET who = 'eve' WHERE id = 2", []).is_err(), "a trigger refuses");
    assert!(conn.execute("DELETE FROM audit", []).is_err(), "a trigger refuses");
    conn.execute_batch("DROP TRIGGER audit_stays; UPDATE audit SET who = 'eve' WHERE id = 2")
        .expect("tampered");
    drop(conn);
    let broken = run(data.path(), &["audit", "verify"]);
    assert_eq!(broken.status.code(), Some(1));
    assert!(stdout(&broken).starts_with("entry 2 does not verify"), "{}", stdout(&broken));
}

#[test]
fn a_log_that_was_cut_off_is_told_by_what_was_known_of_it() {
    let data = folder();
    run(data.path(), &["connection", "add", "Shop"]);
    run(data.path(), &["connection", "set", "Shop", "--pause"]);
    let head = stdout(&run(data.path(), &["audit", "verify"])).rsplit(' ').next().expect("a head").to_owned();
    let conn = Db::open(data.path().join("hindsight.db")).expect("opened");
    conn.execute_batch("DROP TRIGGER audit_is_kept; DELETE FROM audit WHERE id = 2").expect("tampered");
    drop(conn);
    assert!(run(data.path(), &["audit", "verify"]).status.success(), "the chain alone cannot tell");
    assert!(!run(data.path(), &["audit", "verify", "--head", &head]).status.success());
}
