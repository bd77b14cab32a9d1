//! The program as a user and as a script start it.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use tempfile::TempDir;

use crate::server::{NOW, page_load};

/// The program, away from any settings of the machine it runs on.
pub fn hindsight(data: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hindsight"));
    command.current_dir(data).arg("--data").arg(data);
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("HINDSIGHT_")) {
        command.env_remove(name);
    }
    command.env("HINDSIGHT_ACCOUNTS__LOGIN", "none");
    command
}

/// A server in a process of its own, killed when the test is over.
pub struct Process {
    pub child: Child,
    pub url: String,
}

impl Process {
    pub fn start(data: &Path) -> Self {
        Self::start_with(data, &[], &[])
    }

    /// A server with more arguments, and settings from the environment.
    pub fn start_with(data: &Path, arguments: &[&str], settings: &[(&str, &str)]) -> Self {
        let mut command = hindsight(data);
        command.args(["serve", "--listen", "127.0.0.1:0"]).args(arguments).envs(settings.iter().copied());
        Self::spawn(&mut command)
    }

    /// Runs a command that ends in a server, and waits for its ready line.
    pub fn spawn(command: &mut Command) -> Self {
        Self::spawn_with_log(command, Stdio::null())
    }

    /// The same, with its log.
    pub fn spawn_with_log(command: &mut Command, log: Stdio) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(log).spawn().expect("the program starts");
        let mut line = String::new();
        let stdout = child.stdout.take().expect("piped");
        BufReader::new(stdout).read_line(&mut line).expect("a line");
        let url = line.trim().strip_prefix("ready ").unwrap_or_else(|| panic!("not ready: {line:?}"));
        Self { url: url.to_owned(), child }
    }

    /// Asks the server to end, and waits until it has.
    pub fn stop(mut self) {
        let signal = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status();
        assert!(signal.expect("kill runs").success());
        let ended = self.child.wait().expect("it ends");
        assert!(ended.success(), "{ended}");
    }

    /// Ends the process as a power cut would, but for the disk.
    pub fn kill(mut self) {
        self.child.kill().expect("it runs");
        self.child.wait().expect("it ends");
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub fn folder() -> TempDir {
    tempfile::tempdir().expect("a temporary folder")
}

pub fn run(data: &Path, arguments: &[&str]) -> Output {
    hindsight(data).args(arguments).output().expect("the program starts")
}

pub fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

pub fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).trim().to_owned()
}

#[test]
fn a_wrong_setting_stops_the_start_with_one_sentence() {
    let data = folder();
    std::fs::write(data.path().join("config.toml"), "[server]\nlissten = \"x\"\n").expect("written");
    let output = run(data.path(), &["serve"]);
    assert_eq!(output.status.code(), Some(78));
    assert_eq!(
        stderr(&output),
        "hindsight: config.toml: there is no setting `server.lissten`; did you mean `server.listen`? Otherwise remove it"
    );
    let output = hindsight(folder().path()).env("HINDSIGHT_STORE__READERS", "few").arg("serve").output();
    let output = output.expect("the program starts");
    assert_eq!(output.status.code(), Some(78));
    assert!(
        stderr(&output).contains("HINDSIGHT_STORE__READERS: `store.readers` is a text"),
        "{}",
        stderr(&output)
    );
}

#[test]
fn connections_are_added_once_and_listed() {
    let data = folder();
    let added = run(data.path(), &["connection", "add", "Shop"]);
    assert!(added.status.success());
    let key = stdout(&added);
    assert!(key.starts_with("hk_") && key.len() == 35, "{key}");
    assert_eq!(stdout(&run(data.path(), &["connection", "list"])), format!("{key}\tShop"));
    let again = run(data.path(), &["connection", "add", "Shop"]);
    assert!(!again.status.success());
    assert!(stderr(&again).contains("there is a connection named \"Shop\" already"));
    assert!(!run(data.path(), &["connection", "add", " "]).status.success());
}

#[test]
fn what_a_connection_takes_is_set_and_listed() {
    let data = folder();
    let key = stdout(&run(data.path(), &["connection", "add", "Shop"]));
    let set = |arguments: &[&str]| run(data.path(), &[&["connection", "set", "Shop"], arguments].concat());
    let state = "paused, from https://shop.example http://localhost:8080, kept 30 days, 500 MB a day";
    let all = ["--pause", "--origins", "https://Shop.example/ http://localhost:8080", "--honour-gpc", "on"];
    let output = set(&[&all[..], &["--keep-days", "30", "--daily-mb", "500"]].concat());
    assert_eq!(stdout(&output), format!("Shop: {state}"), "{}", stderr(&output));
    assert_eq!(stdout(&run(data.path(), &["connection", "list"])), format!("{key}\tShop\t{state}"));

    assert_eq!(
        stdout(&set(&["--resume", "--any-origin", "--honour-gpc", "off"])),
        "Shop: ignores Sec-GPC, kept 30 days, 500 MB a day"
    );
    assert_eq!(stdout(&set(&["--keep-default", "--no-daily-limit"])), "Shop: ignores Sec-GPC");

    for (arguments, sentence) in [
        (&["--origins", "https://shop.example/path"][..], "is not an origin; write scheme and host"),
        (&["--origins", ""], "--origins names none"),
        (&["--keep-days", "0"], "0 is not in 1..=36500"),
        (&["--pause", "--resume"], "cannot be used with"),
        (&[], "required"),
    ] {
        let output = set(arguments);
        assert!(!output.status.success());
        assert!(stderr(&output).contains(sentence), "{arguments:?}: {}", stderr(&output));
    }
    let nobody = run(data.path(), &["connection", "set", "Blog", "--pause"]);
    assert!(stderr(&nobody).contains("there is no connection named \"Blog\""), "{}", stderr(&nobody));

    let next = stdout(&run(data.path(), &["connection", "rotate-key", "Shop"]));
    assert!(next.starts_with("hk_") && next != key, "{next}");
    assert_eq!(stdout(&run(data.path(), &["connection", "list"])), format!("{next}\tShop\tignores Sec-GPC"));
}

#[test]
fn a_second_server_on_the_same_data_is_refused() {
    let data = folder();
    let _first = Process::start(data.path());
    let second = run(data.path(), &["serve", "--listen", "127.0.0.1:0"]);
    assert_eq!(second.status.code(), Some(75));
    assert!(stderr(&second).contains("is in use by another server"), "{}", stderr(&second));
}

#[test]
fn a_taken_port_is_named() {
    let (data, other) = (folder(), folder());
    let first = Process::start(data.path());
    let address = first.url.trim_start_matches("http://").to_owned();
    let second = run(other.path(), &["serve", "--listen", &address]);
    assert!(!second.status.success());
    assert!(stderr(&second).contains(&format!("cannot listen on {address}")), "{}", stderr(&second));
}

#[cfg(unix)]
#[test]
fn sigterm_ends_a_server_in_order() {
    let data = folder();
    let mut server = Process::start(data.path());
    let signal = Command::new("kill").args(["-TERM", &server.child.id().to_string()]).status();
    assert!(signal.expect("kill runs").success());
    let ended = server.child.wait().expect("it ends");
    assert!(ended.success(), "{ended}");
    assert!(!data.path().join("hindsight.db-wal").exists(), "the database was closed");
}

#[test]
fn recordings_go_in_and_come_out() {
    let data = folder();
    let file = data.path().join("visit.json");
    let recording = page_load(NOW, "https://shop.example/", "hello");
    std::fs::write(&file, &recording).expect("written");
    let path = file.to_str().expect("UTF-8");

    let imported = run(data.path(), &["import", path]);
    assert!(imported.status.success(), "{}", stderr(&imported));
    let session = stdout(&imported).rsplit(' ').next().expect("an id").to_owned();
    assert!(stdout(&imported).contains("3 events"), "{}", stdout(&imported));
    assert!(stdout(&run(data.path(), &["import", path])).contains("was imported before"));

    let exported = run(data.path(), &["export", &session]);
    let events = |text: &str| serde_json::from_str::<serde_json::Value>(text).expect("JSON");
    assert_eq!(events(&stdout(&exported)), events(&recording));
}

#[test]
fn import_works_beside_a_running_server() {
    let data = folder();
    let server = Process::start(data.path());
    run(data.path(), &["connection", "add", "Imported"]);
    let file = data.path().join("visit.json");
    std::fs::write(&file, page_load(NOW, "https://shop.example/imported", "hello")).expect("written");
    let path = file.to_str().expect("UTF-8");
    let imported = run(data.path(), &["import", path, "--connection", "Imported"]);
    assert!(imported.status.success(), "{}", stderr(&imported));
    let page = crate::durability::get(&server.url, "/connections/2/sessions");
    assert!(page.text().contains("/imported"), "{}", page.text());
}

#[test]
fn a_wrong_file_is_refused_with_a_sentence_and_stores_nothing() {
    let data = folder();
    for (name, content) in [
        ("page.html", "<html></html>"),
        ("empty.json", ""),
        ("object.json", r#"{"events":[]}"#),
        ("event.json", r#"[{"type":3,"timestamp":1}]"#),
        (
            "twice.json",
            r#"[{"seq":1,"events":[{"type":0,"timestamp":1}]},{"seq":1,"events":[{"type":0,"timestamp":2}]}]"#,
        ),
        ("half.json.gz", "\u{1f}\u{8b}"),
    ] {
        let file = data.path().join(name);
        std::fs::write(&file, content).expect("written");
        let output = run(data.path(), &["import", file.to_str().expect("UTF-8")]);
        assert!(!output.status.success(), "{name}");
        let sentence = stderr(&output);
        assert!(sentence.contains(name) && sentence.lines().count() == 1, "{name}: {sentence}");
    }
    let missing = run(data.path(), &["import", "missing.json"]);
    assert!(stderr(&missing).contains("missing.json: cannot read it"), "{}", stderr(&missing));
    let unknown = run(data.path(), &["import", "page.html", "--connection", "Nobody"]);
    assert!(stderr(&unknown).contains("there is no connection named \"Nobody\""), "{}", stderr(&unknown));
    let conn = hindsight::store::Db::open(data.path().join("hindsight.db")).expect("opened");
    let sessions: i64 =
        conn.query_row("SELECT count(*) FROM session", [], |row| row.get(0)).expect("counted");
    assert_eq!(sessions, 0);
}

#[test]
fn one_bad_file_does_not_keep_the_others_out() {
    let data = folder();
    for (name, content) in [
        ("a.json", page_load(NOW, "https://shop.example/a", "a")),
        ("b.json", "<html>".to_owned()),
        ("c.json", page_load(NOW, "https://shop.example/c", "c")),
    ] {
        std::fs::write(data.path().join(name), content).expect("written");
    }
    let output = run(data.path(), &["import", "a.json", "b.json", "c.json"]);
    assert!(!output.status.success());
    assert!(
        stdout(&output).ends_with("2 imported, 0 were imported before, 1 not imported"),
        "{}",
        stdout(&output)
    );
    let complaint = stderr(&output);
    assert!(complaint.contains("b.json: not a recording"), "{complaint}");
    assert!(complaint.ends_with("not imported: 1 of 3 files"), "{complaint}");
}

#[test]
fn an_unknown_session_is_not_exported() {
    let data = folder();
    run(data.path(), &["connection", "add", "Shop"]);
    for session in ["session-that-is-not", "-an-id-may-start-so"] {
        let output = run(data.path(), &["export", session]);
        assert!(!output.status.success());
        assert!(stderr(&output).contains(&format!("there is no session {session}")), "{}", stderr(&output));
    }
}

#[test]
fn reading_commands_create_nothing() {
    let data = folder();
    let elsewhere = data.path().join("typo");
    for arguments in [&["connection", "list"][..], &["export", "session-that-is-not"]] {
        let output = Command::new(env!("CARGO_BIN_EXE_hindsight"))
            .current_dir(data.path())
            .arg("--data")
            .arg(&elsewhere)
            .args(arguments)
            .output()
            .expect("the program starts");
        assert!(!output.status.success());
        assert!(stderr(&output).contains("there is no database in"), "{}", stderr(&output));
    }
    assert!(!elsewhere.exists());
}

#[cfg(unix)]
#[test]
fn recordings_are_for_their_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let parent = folder();
    let data = parent.path().join("data");
    let added = Command::new(env!("CARGO_BIN_EXE_hindsight"))
        .args(["connection", "add", "Shop", "--data"])
        .arg(&data)
        .current_dir(parent.path())
        .output();
    assert!(added.expect("the program starts").status.success());
    let mode = std::fs::metadata(&data).expect("made").permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
}

#[test]
fn a_reader_that_has_seen_enough_is_no_failure() {
    let data = folder();
    for name in ["One", "Two", "Three"] {
        run(data.path(), &["connection", "add", name]);
    }
    let mut listing = hindsight(data.path())
        .args(["connection", "list"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    drop(listing.stdout.take());
    let output = listing.wait_with_output().expect("it ends");
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(stderr(&output), "");
}

#[test]
fn templates_are_written_out_and_what_was_changed_is_kept() {
    let data = folder();
    let look = data.path().join("look");
    let look = look.to_str().expect("a plain path");
    let output = run(data.path(), &["templates", look, "pages/sessions.html"]);
    assert!(stdout(&output).contains("1 files written"), "{}", stdout(&output));
    let page = std::path::Path::new(look).join("pages/sessions.html");
    std::fs::write(&page, "mine").expect("written");
    let output = run(data.path(), &["templates", look]);
    assert!(stdout(&output).contains(", 1 were there"), "{}", stdout(&output));
    assert_eq!(std::fs::read_to_string(&page).expect("kept"), "mine");
    assert!(std::path::Path::new(look).join("layout.html").exists());
    let output = run(data.path(), &["templates", look, "pages/none.html"]);
    assert!(stderr(&output).contains("there is no template pages/none.html"), "{}", stderr(&output));
    assert!(!output.status.success());
}
