//! What the program gives to those who package it, and how it behaves as a service.

use std::fs;
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use crate::command_line::{Process, folder, hindsight, run, stderr, stdout};

/// The commands that `hindsight help` lists.
fn commands(data: &Path) -> Vec<String> {
    let help = stdout(&run(data, &["help"]));
    let listed =
        help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    listed.filter_map(|line| line.split_whitespace().next()).map(str::to_owned).collect()
}

#[test]
fn every_command_has_a_manual_page_and_is_completed() {
    let data = folder();
    let commands = commands(data.path());
    assert!(commands.len() > 10, "{commands:?}");
    let manual = data.path().join("man");
    let written = run(data.path(), &["manual", manual.to_str().expect("text")]);
    assert!(written.status.success(), "{}", stderr(&written));
    for command in commands.iter().filter(|command| *command != "help") {
        let page = manual.join(format!("hindsight-{command}.1"));
        let page = fs::read_to_string(&page).unwrap_or_else(|error| panic!("{}: {error}", page.display()));
        assert!(page.contains(".SH SYNOPSIS"), "{page}");
    }
    assert!(manual.join("hindsight-user-add.1").exists(), "commands below a command have pages, too");
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = stdout(&run(data.path(), &["completions", shell]));
        for command in &commands {
            assert!(script.contains(command.as_str()), "{shell} does not know {command}");
        }
    }
}

/// They are asked for while a package is made, where there may be anything.
#[test]
fn manual_and_completions_need_no_settings() {
    let data = folder();
    fs::write(data.path().join("config.toml"), "nonsense = 1\n").expect("written");
    assert!(run(data.path(), &["completions", "bash"]).status.success());
    assert!(run(data.path(), &["manual", "man"]).status.success());
    assert!(!data.path().join("hindsight.db").exists());
}

#[test]
fn the_service_manager_hears_when_it_is_ready_and_when_it_stops() {
    let data = folder();
    let path = data.path().join("notify");
    let socket = UnixDatagram::bind(&path).expect("a socket");
    socket.set_read_timeout(Some(Duration::from_secs(30))).expect("set");
    let heard = || {
        let mut message = [0; 256];
        let length = socket.recv(&mut message).expect("a message");
        String::from_utf8_lossy(&message[..length]).trim().to_owned()
    };
    let path = path.to_str().expect("text");
    let server = Process::start_with(data.path(), &[], &[("NOTIFY_SOCKET", path)]);
    assert_eq!(heard(), "READY=1");
    server.stop();
    assert_eq!(heard(), "STOPPING=1");
}

/// The settings that the Debian package installs are settings that the server takes.
#[test]
fn the_packaged_settings_are_valid() {
    let data = folder();
    let config = concat!(env!("CARGO_MANIFEST_DIR"), "/packaging/config.toml");
    let mut command = hindsight(data.path());
    command.args(["--config", config, "connection", "add", "Shop"]);
    let added = command.output().expect("the program starts");
    assert!(added.status.success(), "{}", stderr(&added));
}

/// An image that asks something else would be restarted for ever by whoever watches it.
#[test]
fn the_image_is_asked_by_a_command_that_there_is() {
    let file = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/Dockerfile")).expect("read");
    let asked = file.lines().find_map(|line| line.strip_prefix("HEALTHCHECK ")).expect("a health check");
    let (_, words) = asked.split_once("CMD ").expect("a command");
    let words: Vec<String> = serde_json::from_str(words).expect("a list, as no shell is there");
    let [program, arguments @ ..] = &words[..] else { panic!("{words:?}") };
    assert_eq!(program, "/hindsight");
    let server = Process::start(folder().path());
    let address = server.url.trim_start_matches("http://");
    let data = folder();
    let mut command = hindsight(data.path());
    let answered =
        command.args(arguments).env("HINDSIGHT_SERVER__LISTEN", address).output().expect("it starts");
    assert!(answered.status.success(), "{}", stderr(&answered));
}

/// Where systemd is, it reads our unit without a complaint; CI machines seldom have it.
#[test]
fn the_unit_is_one_that_systemd_takes() {
    let unit = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/packaging/hindsight.service"));
    // A unit is checked for its program, too.
    let unit = unit.expect("read").replace("/usr/bin/hindsight", env!("CARGO_BIN_EXE_hindsight"));
    let folder = folder();
    let file = folder.path().join("hindsight.service");
    fs::write(&file, unit).expect("written");
    let Ok(verified) = Command::new("systemd-analyze").args(["verify", "--man=no"]).arg(&file).output()
    else {
        eprintln!("not checked: systemd-analyze is not installed");
        return;
    };
    assert!(verified.status.success() && verified.stderr.is_empty(), "{}", stderr(&verified));
}
