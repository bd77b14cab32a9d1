//! The examples of docs/api.md, run as they stand there.

use std::process::Command;

use super::client::{ALL, token};
use crate::said::{SESSION, finished_session};
use crate::server::TestServer;

#[tokio::test]
async fn the_examples_of_the_documentation_work() {
    let server = TestServer::start().await;
    finished_session(&server).await;
    let token = token(&server, &ALL, None).await;
    let docs = include_str!("../../../docs/api.md");
    let examples: Vec<&str> =
        docs.split("```sh\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    assert_eq!(examples.len(), 5);
    for example in examples {
        let folder = tempfile::tempdir().expect("a folder");
        let mut command = Command::new("sh");
        command.args(["-ec", example]).current_dir(folder.path());
        command.env("TOKEN", &token).env("SESSION", SESSION);
        command.env("HINDSIGHT", format!("http://{}", server.address)).env("NO_PROXY", "*");
        let output = tokio::task::spawn_blocking(move || command.output()).await.expect("a thread");
        let output = output.expect("sh and curl are installed");
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{example}\n{said}\n{}", String::from_utf8_lossy(&output.stderr));
        let written = std::fs::read_to_string(folder.path().join("recording.json")).unwrap_or(said);
        serde_json::from_str::<serde_json::Value>(&written).expect("JSON");
    }
}
