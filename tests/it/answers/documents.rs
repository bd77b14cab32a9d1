//! Answers that are quoted from files, which may change while the server runs.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use hindsight::answers::UNANSWERED;
use serde_json::json;

use super::{ask, ask_with, decide, read};
use crate::server::TestServer;

fn folder(server: &TestServer, name: &str) -> PathBuf {
    let folder = server.settings.server.data_dir.join("documents").join(name);
    std::fs::create_dir_all(&folder).expect("made");
    folder
}

#[tokio::test]
async fn the_best_passage_is_quoted_with_its_source() {
    let server = TestServer::start().await;
    let folder = folder(&server, "shop");
    let text = "---\nurl: https://shop.example/help\n---\n# Help\n## Delivery abroad\nWe send to **Malta** within two days.\n\
        ## Opening hours\n- Monday: closed\n- Tuesday: ten to five\n";
    std::fs::write(folder.join("help.md"), text).expect("written");
    let (said, done) = read(&ask(&server, "Do you deliver to malta?").await);
    assert_eq!(said, "We send to **Malta** within two days.");
    let sources = json!([{ "title": "Help", "url": "https://shop.example/help" }]);
    assert_eq!(done, json!({ "type": "done", "answered": true, "sources": sources }));
    let (said, _) = read(&ask(&server, "when are you open").await);
    assert_eq!(said, "- Monday: closed\n- Tuesday: ten to five");
}

#[tokio::test]
async fn nothing_is_said_that_does_not_fit() {
    let server = TestServer::start().await;
    std::fs::write(folder(&server, "shop").join("help.md"), "# Help\nWe send to Malta.\n").expect("written");
    let unanswered = json!({ "type": "done", "answered": false, "sources": [] });
    assert_eq!(
        read(&ask(&server, "Who won the world cup?").await),
        (UNANSWERED.to_owned(), unanswered.clone())
    );
    decide(&server, json!({ "unanswered": "No idea." })).await;
    assert_eq!(read(&ask(&server, "Who won the world cup?").await), ("No idea.".to_owned(), unanswered));
    let (said, done) = read(&ask(&server, "Hello!").await);
    assert_eq!((said.as_str(), &done["answered"]), ("Hello! What would you like to know?", &json!(true)));
}

#[tokio::test]
async fn a_question_may_follow_another() {
    let server = TestServer::start().await;
    let text = "# Delivery\n## Spain\nTo Spain it takes four days.\n## Malta\nTo Malta it takes nine days.\n# Visit\n## Malta\nWe have a shop in Malta.\n";
    std::fs::write(folder(&server, "shop").join("help.md"), text).expect("written");
    let body = json!({ "text": "And malta?", "history": [
        { "from": "visitor", "text": "How many days is delivery to Spain?" }, { "from": "assistant", "text": "Four." },
    ] });
    assert!(read(&ask_with(&server, body).await).0.contains("nine days"));
}

#[tokio::test]
async fn files_are_read_anew_when_they_change() {
    let server = TestServer::start().await;
    assert_eq!(read(&ask(&server, "Do you deliver to Malta?").await).0, UNANSWERED, "there is no folder yet");
    let file = folder(&server, "shop").join("help.md");
    for (text, expected) in [
        ("# Delivery\nMalta takes two days.\n", "Malta takes two days."),
        ("# Delivery\nMalta takes nine days.\n", "Malta takes nine days."),
    ] {
        std::fs::write(&file, text).expect("written");
        eventually(&server, expected).await;
    }
    std::fs::remove_file(&file).expect("removed");
    eventually(&server, UNANSWERED).await;
}

async fn eventually(server: &TestServer, expected: &str) {
    let started = Instant::now();
    loop {
        let (said, _) = read(&ask(server, "Do you deliver to Malta?").await);
        if said == expected {
            return;
        }
        assert!(started.elapsed() < Duration::from_secs(20), "{said}, not {expected}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn a_connection_has_its_own_folder_and_no_other() {
    let server = TestServer::start().await;
    std::fs::write(folder(&server, "blog").join("a.md"), "# Delivery\nMalta is secret.\n").expect("written");
    std::fs::write(server.settings.server.data_dir.join("b.md"), "# Delivery\nMalta is secret.\n")
        .expect("written");
    for plan in
        [json!({}), json!({ "folder": "none" }), json!({ "folder": ".." }), json!({ "folder": "../.." })]
    {
        decide(&server, plan.clone()).await;
        assert_eq!(read(&ask(&server, "Do you deliver to Malta?").await).0, UNANSWERED, "{plan}");
    }
    decide(&server, json!({ "folder": "blog" })).await;
    assert_eq!(read(&ask(&server, "Do you deliver to Malta?").await).0, "Malta is secret.");
}
