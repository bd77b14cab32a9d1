//! The page that says where answers come from.

use hindsight::answers::Plan;
use hindsight::store::answering;
use serde_json::json;

use super::agent::Agent;
use super::{decide, private};
use crate::server::{Answer, TestServer, request};

fn path(server: &TestServer) -> String {
    format!("/connections/{}/settings/answers", server.connection.id)
}

async fn post(server: &TestServer, path: &str, form: &str) -> Answer {
    let headers = ["Sec-Fetch-Site: same-origin", "Accept: text/html"];
    server.send(&request("POST", path, &headers, form.as_bytes())).await
}

async fn plan(server: &TestServer) -> Plan {
    let id = server.connection.id;
    let read = server.store.read(move |conn| answering::plan(conn, id)).await;
    Plan::read(&read.expect("read").expect("a connection").1).expect("a plan")
}

#[tokio::test]
async fn settings_are_saved_and_secrets_never_shown() {
    let server = TestServer::start().await;
    let form = "kind=webhook&webhook.url=https%3A%2F%2Fagent.example%2Fask&webhook.secret=whsec_topsecret&unanswered=Sorry";
    let saved = post(&server, &path(&server), form).await;
    assert_eq!(
        (saved.status, saved.header("location")),
        (303, Some(&*format!("{}?done=saved", path(&server))))
    );
    let page = server.get(&format!("{}?done=saved", path(&server))).await.text();
    assert!(page.contains("https://agent.example/ask") && page.contains("Leave this empty to keep it"));
    assert!(!page.contains("topsecret"), "a secret is written only");
    post(&server, &path(&server), "kind=webhook&webhook.url=https%3A%2F%2Fagent.example%2Fask").await;
    assert_eq!(plan(&server).await.webhook.secret, "whsec_topsecret", "left empty, it stays");
    post(&server, &path(&server), "kind=documents&webhook.secret.remove=1").await;
    assert_eq!(plan(&server).await.webhook.secret, "");
}

#[tokio::test]
async fn what_is_wrong_is_said_at_its_field_and_nothing_is_lost() {
    let server = TestServer::start().await;
    let form =
        "kind=openai&openai.url=here&openai.instructions=Be+kind&openai.temperature=warm&folder=..%2Fx";
    let answer = post(&server, &path(&server), form).await;
    let page = answer.text();
    for field in ["openai.url", "openai.model", "openai.temperature", "folder"] {
        assert!(page.contains(&format!("id=\"wrong.{field}\"")), "{field}");
    }
    assert!(page.contains("Be kind") && page.contains("value=\"here\""), "what was typed is there");
    assert_eq!(plan(&server).await, Plan::default());
}

#[tokio::test]
async fn a_question_is_tried_with_the_settings_as_they_stand() {
    let server = TestServer::start_with(private).await;
    let try_it = format!("{}/try", path(&server));
    let folder = server.settings.server.data_dir.join("documents/shop");
    std::fs::create_dir_all(&folder).expect("made");
    std::fs::write(folder.join("a.md"), "---\nurl: /help\n---\n# Delivery\n<b>Malta</b> & more.\n")
        .expect("written");
    std::fs::write(folder.join("b.md"), [0xff]).expect("written");
    let page = post(&server, &try_it, "question=Malta%3F").await.text();
    for part in ["Answered", "Malta &amp; more.", "href=\"/help\"", "b.md is not UTF-8", "2 files, 1 passage"]
    {
        assert!(page.contains(part), "{page} lacks {part}");
    }
    let page = post(&server, &try_it, "question=%3Cscript%3Ealert(1)%3C%2Fscript%3E").await.text();
    assert!(page.contains("Nothing fits") && !page.contains("<script>alert"));
    assert!(post(&server, &try_it, "question=+").await.text().contains("Write a question"));

    let agent = Agent::saying(401, "application/json", "{}").await;
    decide(&server, json!({ "kind": "webhook", "webhook": { "url": agent.url() } })).await;
    let page = post(&server, &try_it, "question=Open%3F").await.text();
    assert!(
        page.contains("No answer") && page.contains("was not accepted"),
        "it says what the operator has to do"
    );
}
