//! Accounts from the command line, the environment, and what a start prints.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Command, Output, Stdio};

use crate::command_line::{Process, folder, hindsight, stderr, stdout};
use crate::durability::get;

/// The program with accounts.
fn with_accounts(data: &Path) -> Command {
    let mut command = hindsight(data);
    command.env_remove("HINDSIGHT_ACCOUNTS__LOGIN");
    command
}

pub fn user(data: &Path, arguments: &[&str], typed: &str) -> Output {
    let mut command = with_accounts(data);
    command.arg("user").args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the program starts");
    // What is refused at once does not read it.
    let _ = child.stdin.take().expect("piped").write_all(typed.as_bytes());
    child.wait_with_output().expect("it ends")
}

/// Starts a server, and returns what it prints to standard error until it is stopped.
fn log_of_a_start(data: &Path, settings: &[(&str, &str)]) -> String {
    let mut command = with_accounts(data);
    command.args(["serve", "--listen", "127.0.0.1:0"]).envs(settings.iter().copied());
    let mut process = Process::spawn_with_log(&mut command, Stdio::piped());
    let mut log = process.child.stderr.take().expect("piped");
    process.stop();
    let mut text = String::new();
    log.read_to_string(&mut text).expect("UTF-8");
    text
}

#[test]
fn users_are_managed_beside_the_server() {
    let data = folder();
    let data = data.path();
    assert!(user(data, &["add", "Ada", "--role", "admin"], "tea kettle whistles\n").status.success());
    let generated = user(data, &["add", "Bob", "--generate"], "");
    assert_eq!(stdout(&generated).trim().len(), 23, "{}", stderr(&generated));
    let list = stdout(&user(data, &["list"], ""));
    assert!(list.contains("Ada\tadmin\tactive\tpassword only\tnever seen"), "{list}");
    assert!(list.contains("Bob\tnone\tactive"), "{list}");
    for (arguments, typed, says) in [
        (&["add", "ADA"][..], "x\n", "there is a user named"),
        (&["add", "Eve"], "short\n", "at least 12 characters"),
        (&["add", "Eve", "--role", "root"], "", "a role is"),
        (&["role", "Ada", "viewer"], "", "last administrator"),
        (&["disable", "Ada"], "", "last administrator"),
        (&["remove", "Ada"], "", "last administrator"),
        (&["password", "Nobody"], "", "there is no user named"),
    ] {
        let output = user(data, arguments, typed);
        assert!(
            !output.status.success() && stderr(&output).contains(says),
            "{arguments:?}: {}",
            stderr(&output)
        );
    }
    for arguments in
        [&["role", "bob", "editor"][..], &["disable", "Bob"], &["enable", "Bob"], &["remove", "Bob"]]
    {
        let output = user(data, arguments, "");
        assert!(stdout(&output).starts_with("done"), "{arguments:?}: {}", stderr(&output));
    }
    let off = user(data, &["totp-off", "Ada"], "");
    assert!(off.status.success() && stdout(&off).starts_with("nothing to do"), "{}", stderr(&off));
    assert!(user(data, &["password", "Ada", "--generate"], "").status.success());
    assert!(!log_of_a_start(data, &[]).contains("/setup"), "nothing is to be set up any more");
}

#[test]
fn a_start_without_users_prints_a_link_and_the_next_one_another() {
    let data = folder();
    let link = |settings: &[(&str, &str)]| {
        let log = log_of_a_start(data.path(), settings);
        let line = log.lines().find(|line| line.contains("/setup?token=")).unwrap_or_else(|| panic!("{log}"));
        line.trim().split_once("/setup").expect("a path").1.to_owned()
    };
    // Whatever is logged: it is no part of the log.
    let first = link(&[("HINDSIGHT_LOG__LEVEL", "error")]);
    let mut command = with_accounts(data.path());
    command.args(["serve", "--listen", "127.0.0.1:0"]);
    let mut process = Process::spawn_with_log(&mut command, Stdio::piped());
    let log = BufReader::new(process.child.stderr.take().expect("piped"));
    let line = log.lines().map_while(Result::ok).find(|line| line.contains("/setup?token=")).expect("a link");
    let second = line.trim().split_once("/setup").expect("a path").1.to_owned();
    assert_eq!(get(&process.url, &format!("/setup{first}")).status, 404, "the former is void");
    assert_eq!(get(&process.url, &format!("/setup{second}")).status, 200);
    assert_eq!(get(&process.url, "/hindsight.js").status, 200, "recording needs no accounts");
}

#[test]
fn the_environment_names_the_first_administrator_and_changes_none() {
    let data = folder();
    let secret = data.path().join("secret");
    std::fs::write(&secret, "tea kettle whistles\n").expect("written");
    let file = secret.to_str().expect("UTF-8");
    let named = [("HINDSIGHT_ADMIN_NAME", "Ada"), ("HINDSIGHT_ADMIN_PASSWORD_FILE", file)];
    assert!(!log_of_a_start(data.path(), &named).contains("/setup"));
    let other = [("HINDSIGHT_ADMIN_NAME", "Eve"), ("HINDSIGHT_ADMIN_PASSWORD", "another long password")];
    log_of_a_start(data.path(), &other);
    let list = stdout(&user(data.path(), &["list"], ""));
    assert_eq!(list.lines().count(), 1, "{list}");
    assert!(list.starts_with("Ada\tadmin\tactive"), "{list}");

    let fresh = folder();
    for (settings, says) in [
        (&[("HINDSIGHT_ADMIN_NAME", "Ada")][..], "HINDSIGHT_ADMIN_PASSWORD_FILE"),
        (&[("HINDSIGHT_ADMIN_PASSWORD", "tea kettle whistles")], "HINDSIGHT_ADMIN_NAME is not"),
        (&[("HINDSIGHT_ADMIN_NAME", "Ada"), ("HINDSIGHT_ADMIN_PASSWORD", "password1234")], "will not do"),
    ] {
        let mut command = with_accounts(fresh.path());
        let output =
            command.args(["serve", "--listen", "127.0.0.1:0"]).envs(settings.iter().copied()).output();
        let output = output.expect("it ends");
        assert!(!output.status.success() && stderr(&output).contains(says), "{says}: {}", stderr(&output));
    }
}

#[test]
fn a_server_that_asks_nobody_is_for_this_machine() {
    let data = folder();
    let output = hindsight(data.path()).args(["serve", "--listen", "0.0.0.0:0"]).output().expect("it ends");
    assert!(!output.status.success() && stderr(&output).contains("--insecure"), "{}", stderr(&output));
    let mut command = hindsight(data.path());
    command.args(["serve", "--listen", "0.0.0.0:0", "--insecure"]);
    Process::spawn(&mut command).stop();
}
