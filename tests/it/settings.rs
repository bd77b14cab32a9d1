//! The settings of a connection: forms, keys, and what pages are told.

use hindsight::store::{connections, write_keys};
use serde_json::json;

use crate::pages::{assert_reads, submit};
use crate::server::{Answer, NOW, TestServer, page_load, request};

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

fn settings_path(server: &TestServer, place: &str) -> String {
    format!("/connections/{}/settings{place}", server.connection.id)
}

/// Asks as a page of this origin does.
async fn ask(server: &TestServer, key: &str, origin: &str, query: &str) -> Answer {
    let header = format!("Origin: {origin}");
    server.send(&request("GET", &format!("/ingest/{key}{query}"), &[&header], b"")).await
}

async fn upload(server: &TestServer, key: &str, number: usize) -> Answer {
    let path = format!("/ingest/{key}/session-{number:08}/stream-00000000001/0");
    server.post(&path, &page_load(NOW, "https://shop.example/", "hello")).await
}

/// What was looked up in memory is looked up again after some seconds.
fn pass(server: &TestServer) {
    server.clock.advance(std::time::Duration::from_secs(6));
}

#[tokio::test]
async fn pages_are_told_what_may_be_recorded() {
    let server = TestServer::start().await;
    let key = server.connection.write_key.clone();
    let answer = ask(&server, &key, "https://shop.example", "?v=0&start=load&sample=1").await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let settings = answer.json();
    assert_eq!((&settings["recording"], &settings["widget"]["start"]), (&json!({}), &json!("chat")));
    assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
    assert_eq!(answer.header("cache-control"), Some("private, max-age=60"));

    let form = "privacy=strict&mask_all_inputs=1&mask_text_selector=.name&block_selector=%23map%2C+%5Bdata-x%5D\
        &ignore_selector=&sample=12.5&start=manual";
    let saved = submit(&server, &settings_path(&server, "/recording"), form).await;
    assert_eq!(
        (saved.status, saved.header("location")),
        (303, Some(&*settings_path(&server, "/recording?saved=1")))
    );
    pass(&server);
    let recording = ask(&server, &key, "https://shop.example", "").await.json()["recording"].clone();
    let expected = serde_json::json!({
        "privacy": "strict", "maskAllInputs": true, "maskTextSelector": ".name", "blockSelector": "#map, [data-x]",
        "sample": 0.125, "start": "manual",
    });
    assert_eq!(recording, expected);
    let page = server.get(&settings_path(&server, "/recording?saved=1")).await;
    assert!(page.text().contains("value=\"12.5\"") && page.text().contains("value=\"strict\" checked"));
    assert_reads(&page, &["Saved. Pages heed it within a minute."]);
}

#[tokio::test]
async fn a_wrong_field_is_named_and_nothing_is_lost() {
    let server = TestServer::start().await;
    let form = "privacy=balanced&mask_text_selector=.kept&block_selector=%5Bopen&sample=150";
    let page = submit(&server, &settings_path(&server, "/recording"), form).await;
    assert_eq!(page.status, 422);
    assert_reads(
        &page,
        &["Nothing was saved yet", "A bracket is not closed.", "Write a number from 0 to 100."],
    );
    for kept in ["value=\".kept\"", "value=\"[open\"", "value=\"150\"", "value=\"balanced\" checked"] {
        assert!(page.text().contains(kept), "{kept} is lost");
    }
    let general = "name=+&origins=https%3A%2F%2Fshop.example%0Ashop.example&daily_mb=none";
    let page = submit(&server, &settings_path(&server, ""), general).await;
    assert_eq!(page.status, 422);
    assert_reads(
        &page,
        &[
            "Write 1 to 80 characters",
            "Line 2: &quot;shop.example&quot; is not an origin",
            "Write a whole number",
        ],
    );
    let widget = "offered=1&title=Help&accent=red&theme=auto&position=end&start=load&consent=notice&privacy_url=javascript%3A1";
    let page = submit(&server, &settings_path(&server, "/widget"), widget).await;
    assert_eq!(page.status, 422);
    assert_reads(&page, &["Write a colour as #rrggbb", "Write a whole address"]);
    let key = server.connection.write_key.clone();
    let settings = ask(&server, &key, "https://a.example", "").await.json();
    assert_eq!((&settings["recording"], &settings["widget"]["title"]), (&json!({}), &json!("")));
}

#[tokio::test]
async fn the_widget_is_told_of_only_while_it_is_offered() {
    let server = TestServer::start().await;
    let key = server.connection.write_key.clone();
    let form = "title=%3Cb%3EHelp&greeting=Hello&suggestions=One%0D%0A%0D%0ATwo&accent=%2300695C&theme=dark&position=start\
        &language=de&start=chat&consent=ask&privacy_url=https%3A%2F%2Fa.example%2Fp";
    for (offered, title) in [("&offered=1", serde_json::json!("<b>Help")), ("", serde_json::Value::Null)] {
        assert_eq!(
            submit(&server, &settings_path(&server, "/widget"), &format!("{form}{offered}")).await.status,
            303
        );
        pass(&server);
        let widget = ask(&server, &key, "https://a.example", "").await.json()["widget"].clone();
        assert_eq!(widget["title"], title);
        if !offered.is_empty() {
            assert_eq!(widget["suggestions"], serde_json::json!(["One", "Two"]));
            assert_eq!(
                (&widget["accent"], &widget["privacyUrl"]),
                (&"#00695c".into(), &"https://a.example/p".into())
            );
        }
    }
    // What was set stays, and is shown as text.
    let page = server.get(&settings_path(&server, "/widget")).await;
    assert!(page.text().contains("value=\"&lt;b&gt;Help\""), "{}", page.text());
    let preview = server
        .get(&settings_path(&server, "/widget/preview?title=%22%3E%3Cscript%3E&accent=%23000000"))
        .await;
    assert_eq!(preview.status, 200);
    assert!(
        preview
            .header("content-security-policy")
            .is_some_and(|policy| policy.contains("frame-ancestors 'self'"))
    );
    assert!(preview.text().contains("data-title=\"&quot;&gt;&lt;script&gt;\""), "{}", preview.text());
}

#[tokio::test]
async fn a_replaced_key_works_until_its_time_is_over() {
    let server = TestServer::start().await;
    let (old, id) = (server.connection.write_key.clone(), server.connection.id);
    let answer = submit(&server, &settings_path(&server, "/key"), "days=7").await;
    assert_eq!(answer.header("location"), Some(&*settings_path(&server, "/install?saved=key")));
    let present =
        server.store.read(move |conn| connections::named(conn, "Shop")).await.expect("read").expect("there");
    assert_ne!(present.write_key, old);
    pass(&server);
    assert_eq!(upload(&server, &old, 1).await.status, 200);
    assert_eq!(upload(&server, &present.write_key, 2).await.status, 200);
    assert_eq!(ask(&server, &old, "https://a.example", "").await.status, 200);
    assert_reads(&server.get(&settings_path(&server, "")).await, &["Former keys", "works until"]);

    server.clock.advance(std::time::Duration::from_millis(7 * DAY_MS as u64));
    let refused = upload(&server, &old, 3).await;
    assert_eq!((refused.status, refused.json()["type"].as_str()), (403, Some("/problems/key-revoked")));
    assert_eq!(upload(&server, &present.write_key, 4).await.status, 200);

    // Another one, which is ended by hand.
    submit(&server, &settings_path(&server, "/key"), "days=30").await;
    pass(&server);
    assert_eq!(upload(&server, &present.write_key, 5).await.status, 200);
    submit(&server, &settings_path(&server, "/key/end"), "").await;
    pass(&server);
    assert_eq!(upload(&server, &present.write_key, 6).await.status, 403);
    let former = server.store.read(move |conn| write_keys::former(conn, id)).await.expect("read");
    assert_eq!(former.len(), 2);
    assert_eq!(submit(&server, &settings_path(&server, "/key"), "days=3").await.status, 400);
}

#[tokio::test]
async fn who_may_not_send_is_not_told_to_record() {
    let server = TestServer::start().await;
    let key = server.connection.write_key.clone();
    let form = "name=Shop&origins=https%3A%2F%2Fshop.example&gpc=1&daily_mb=5";
    assert_eq!(submit(&server, &settings_path(&server, ""), form).await.status, 303);
    pass(&server);
    let refused = ask(&server, &key, "https://evil.example", "").await;
    assert_eq!(
        (refused.status, refused.json()["type"].as_str()),
        (403, Some("/problems/origin-not-allowed"))
    );
    assert_eq!(ask(&server, &key, "https://shop.example", "").await.status, 200);
    assert_eq!(ask(&server, "hk_nobody", "https://shop.example", "").await.status, 401);
    let gpc = ["Origin: https://shop.example", "Sec-GPC: 1"];
    let opted_out = server.send(&request("GET", &format!("/ingest/{key}"), &gpc, b"")).await;
    assert_eq!(opted_out.json()["recording"]["off"], "opted-out");
    submit(&server, &settings_path(&server, "/state"), "paused=1").await;
    pass(&server);
    assert_eq!(
        ask(&server, &key, "https://shop.example", "").await.json()["recording"]["off"],
        "recording-disabled"
    );
}

#[tokio::test]
async fn a_connection_is_added_renamed_and_deleted() {
    let server = TestServer::start().await;
    let added =
        submit(&server, "/connections", "name=Docs&origins=https%3A%2F%2Fdocs.example&privacy=strict").await;
    assert_eq!(added.status, 303, "{}", added.text());
    let install = server.get(added.header("location").expect("a place")).await;
    assert_reads(
        &install,
        &["Connection added.", "Waiting for the first event", "Next.js", "WordPress", "Google Tag Manager"],
    );
    assert_reads(&server.get("/connections").await, &["Shop", "Docs", "Waiting for the first event"]);
    for (form, problem) in [
        ("name=Docs&privacy=balanced", "Another connection is called this"),
        ("name=&privacy=open", "Write 1 to 80 characters"),
        ("name=New&privacy=none", "Choose one of the three"),
    ] {
        let page = submit(&server, "/connections", form).await;
        assert_eq!(page.status, 422);
        assert_reads(&page, &[problem]);
    }
    let taken = submit(&server, &settings_path(&server, ""), "name=Docs").await;
    assert_eq!(taken.status, 422);
    assert_reads(&taken, &["Another connection is called this"]);
    assert_eq!(submit(&server, &settings_path(&server, ""), "name=Store").await.status, 303);
    assert_reads(&server.get("/connections").await, &["Store", "Docs"]);

    let question = server.get("/connections/2/settings/delete").await;
    assert_reads(&question, &["Delete the connection Docs?", "This cannot be undone"]);
    assert_eq!(submit(&server, "/connections/2/settings/delete", "").await.status, 303);
    assert_eq!(server.get("/connections/2/settings").await.status, 404);
    submit(&server, &settings_path(&server, "/delete"), "").await;
    assert_eq!(server.get("/").await.header("location"), Some("/connections"));
    assert_reads(&server.get("/connections").await, &["Add the first connection"]);
}
