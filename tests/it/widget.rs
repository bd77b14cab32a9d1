//! What a page with the widget asks the server for.

use crate::server::TestServer;

#[tokio::test]
async fn the_widget_is_served_where_the_settings_say() {
    let server = TestServer::start_with(|settings| {
        settings.recorder.ingest_path = "/in".to_owned();
        settings.recorder.script_path = "/r.js".to_owned();
        settings.recorder.widget_path = "/w.js".to_owned();
    })
    .await;
    let script = server.get("/w.js").await;
    assert_eq!(script.status, 200);
    assert_eq!(script.header("access-control-allow-origin"), Some("*"));
    let text = script.text();
    assert!(text.contains("\"/in\"") && text.contains("\"/r.js\""), "the widget knows the other paths");
    assert!(!text.contains("_PATH__"), "nothing is left to fill in");
    let (_, rest) = text.split_once("/assets/widget.de.").expect("the widget knows its languages");
    let (hash, _) = rest.split_once(".json").expect("a path of a JSON file");
    let german = server.get(&format!("/assets/widget.de.{hash}.json")).await;
    assert_eq!(german.json()["yes"], "Ja");
    assert_eq!(server.get("/widget.js").await.status, 404);
}

#[tokio::test]
async fn a_page_of_any_site_may_read_the_settings_of_its_connection() {
    let server = TestServer::start().await;
    let path = format!("/ingest/{}", server.connection.write_key);
    let answer = server.get(&path).await;
    assert_eq!(answer.status, 200);
    assert!(answer.json()["recording"].is_object() && answer.json()["widget"].is_object());
    assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
    assert_eq!(answer.header("cache-control"), Some("private, max-age=60"));
    assert_eq!(server.get("/ingest/hk_nobody_has_this_key").await.status, 401);
    assert_eq!(server.get(&format!("{path}/more")).await.status, 405);
}
