//! What the log says of requests: enough to find what went wrong, and nothing of whom.

use std::process::Stdio;

use serde_json::Value;

use crate::command_line::{Process, folder, hindsight};
use crate::durability::get;

#[test]
fn a_line_of_json_names_the_route_and_not_what_was_asked_for() {
    let data = folder();
    let file = data.path().join("log");
    let mut command = hindsight(data.path());
    command
        .args(["serve", "--listen", "127.0.0.1:0"])
        .envs([("HINDSIGHT_LOG__FORMAT", "json"), ("HINDSIGHT_LOG__LEVEL", "debug")])
        .env("HINDSIGHT_PLUGINS__ENABLED", "false");
    let log = std::fs::File::create(&file).expect("created");
    let server = Process::spawn_with_log(&mut command, Stdio::from(log));
    let answer = get(&server.url, "/connections/1/sessions/session-of-somebody?q=private-words");
    assert_eq!(answer.status, 404);
    let id = answer.header("x-request-id").expect("a name for the request").to_owned();
    server.stop();

    let text = std::fs::read_to_string(&file).expect("readable");
    let lines: Vec<Value> =
        text.lines().map(|line| serde_json::from_str(line).expect("each line is JSON")).collect();
    let line = lines.iter().find(|line| line["request_id"] == *id).expect("the request is in the log");
    assert_eq!(
        (&line["level"], &line["method"], &line["status"], &line["problem"]),
        (&"DEBUG".into(), &"GET".into(), &404.into(), &"not-found".into())
    );
    assert_eq!(line["route"], "/connections/{connection}/sessions/{session}");
    for private in ["session-of-somebody", "private-words"] {
        assert!(!text.contains(private), "{private} stands in the log");
    }
}
