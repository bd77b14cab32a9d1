//! Settings that change while the server runs.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::command_line::{Process, folder, hindsight};
use crate::durability::{get, key_of, send};
use crate::erasing::until;
use crate::pages::words;
use crate::server::{NOW, page_load, request};

/// A server with this file and its log in a file of its own.
fn start(data: &Path, text: &str) -> Process {
    write(data, text);
    let log = std::fs::File::create(data.join("log")).expect("created");
    let mut command = hindsight(data);
    command.args(["serve", "--listen", "127.0.0.1:0"]).env("HINDSIGHT_PLUGINS__ENABLED", "false");
    Process::spawn_with_log(&mut command, Stdio::from(log))
}

fn write(data: &Path, text: &str) {
    std::fs::write(data.join("config.toml"), text).expect("written");
}

fn log(data: &Path) -> String {
    std::fs::read_to_string(data.join("log")).expect("readable")
}

fn upload(server: &Process, key: &str, seq: i64) -> u16 {
    let body = page_load(NOW, "https://shop.example/", &"hello ".repeat(400));
    let path = format!("/ingest/{key}/session-000000sizes/stream-0000sizes/{seq}");
    send(&server.url, &request("POST", &path, &[], body.as_bytes())).expect("an answer").status
}

fn page(server: &Process) -> String {
    words(&get(&server.url, "/operations"))
}

#[test]
fn what_can_change_does_and_what_cannot_is_named() {
    let data = folder();
    let server = start(data.path(), "[ingest]\nmax_body_bytes = 100_000\n");
    let key = key_of(data.path());
    assert_eq!(upload(&server, &key, 0), 200);
    assert!(page(&server).contains("ingest.max_body_bytes 100000 config.toml"), "{}", page(&server));
    assert!(page(&server).contains("server.listen &quot;127.0.0.1:0&quot; --listen"));

    let changed =
        "[ingest]\nmax_body_bytes = 2000\n[server]\nmax_connections = 7\nlisten = \"127.0.0.1:9\"\n";
    write(data.path(), changed);
    until("a smaller body", || upload(&server, &key, 1) == 413);
    let said = log(data.path());
    assert!(
        said.contains("a setting was changed") && said.contains("100000") && said.contains("2000"),
        "{said}"
    );
    assert!(said.contains("a setting was changed that holds from the next start"), "{said}");
    let shown = page(&server);
    assert!(shown.contains("In effect ingest.max_body_bytes from 100000 to 2000"), "{shown}");
    assert!(shown.contains("From the next start on server.max_connections from 1024 to 7"), "{shown}");
    assert!(shown.contains("server.max_connections 1024 default"), "what holds is shown: {shown}");
    assert!(!shown.contains("server.listen from"), "an argument holds whatever the file says");

    write(data.path(), "[ingest]\nmax_body_bytes = \"many\"\n");
    until("refused", || page(&server).contains("They could not be used, and those from before hold"));
    assert!(page(&server).contains("`ingest.max_body_bytes` is a text, not a whole number"));
    assert_eq!(upload(&server, &key, 1), 413, "those from before hold");
    assert!(log(data.path()).contains("the settings from before hold"));

    write(data.path(), "");
    until("taken again", || upload(&server, &key, 1) == 200);
    assert!(!page(&server).contains("They could not be used"));
}

#[test]
fn a_signal_has_them_read_anew() {
    let data = folder();
    let server = start(data.path(), "");
    assert!(!page(&server).contains("Changed settings"));
    let told = Command::new("kill").args(["-HUP", &server.child.id().to_string()]).status();
    assert!(told.expect("kill runs").success());
    until("read", || page(&server).contains("Nothing of them was other than before."));
    assert_eq!(get(&server.url, "/healthz").status, 200);
}
