//! The commands that the documentation shows, run as they stand there.
//!
//! A block of commands is one script, in a folder of its own and with a copy of the same small database.
//! Names that only stand for something (`ID`, `DIR`) are replaced by what is there. What cannot be run here
//! is listed with the reason, so that no new command goes unnoticed.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use super::{name, pages, root};
use crate::command_line::{folder, hindsight, run, stderr, stdout};

/// What cannot be run here, by how the line begins, and why or where it is run.
const ELSEWHERE: [(&str, &str); 32] = [
    ("cargo run --release", "a release build; the program that it starts is the one that is tested"),
    ("./test.sh", "runs this very test"),
    ("cargo test", "runs this very test; in templates of plugins: tests/guests.rs"),
    ("(cd browser", "what .ci/run calls"),
    ("cargo bench", "a release build"),
    ("fuzz/run", "a build of minutes"),
    ("CRASH_ROUNDS=", "the same test runs in a short form"),
    ("POWER_CUTS=", "the same test runs in a short form"),
    ("cargo install", "a release build"),
    ("packaging/release", "a release build"),
    ("sudo apt", "changes the machine"),
    ("journalctl", "asks systemd"),
    ("sudo -u hindsight", "needs the package to be installed"),
    ("docker", "needs a daemon"),
    ("  --read-only", "the rest of a docker command"),
    ("hindsight demo", "a server: browser/tests/e2e"),
    ("ollama", "a program of others"),
    ("hindsight plugin test DIR --replay", "plugins::trying"),
    ("hindsight doctor", "browser/tests/dashboard/doctor"),
    ("rustup", "changes the machine"),
    ("cargo build", "tests/guests.rs"),
    ("cp target", "tests/guests.rs"),
    ("npm", "tests/guests.rs"),
    ("python3 -m venv", "tests/guests.rs"),
    (".venv", "tests/guests.rs"),
    ("BASE_URL", "browser/tests/dashboard"),
    ("cd browser", "goes before the next"),
    ("DETECTION=", "some 10 minutes of a browser"),
    ("hindsight --data /tmp/drill --listen", "a server: full_disk::read_only_is_served"),
    ("oauth2-proxy", "a program of others"),
    ("curl", "needs a server: api::examples, answers::asking"),
    ("# ", "a comment"),
];

/// A copy that is made where it is wanted.
const COPY: &str = "$(hindsight backup a.db >/dev/null && echo a.db)";

/// What stands for something, and what it stands for here.
const STANDS_FOR: [(&str, &str); 14] = [
    ("--to DIR", "--to $PWD/out"),
    ("hindsight import everything.tar", "DATA=$PWD/other hindsight import $PWD/everything.tar"),
    ("hindsight import DIR", "DATA=$PWD/other hindsight import $PWD/out"),
    ("/tmp/drill", "$PWD/drill"),
    ("/backups/hindsight/$(ls /backups/hindsight | grep 'db$' | tail -1)", COPY),
    ("mkdir try", "mkdir -p try"),
    ("--session ID|FILE", "--session $VISIT"),
    ("--session ID", "--session SESSION"),
    ("--visitor ID", "--visitor ada"),
    (" DIR", " $PLUGIN"),
    ("/backups/hindsight-2026-01-31.db", COPY),
    ("/backups/", "$PWD/"),
    ("1204:9f86d0…", "$(hindsight audit verify | sed 's/.* is //')"),
    ("/etc/bash_completion.d/", "$PWD/"),
];

/// Commands that ask before they erase, which nobody answers here.
const ASKING: [&str; 2] = ["hindsight erase", "hindsight connection remove"];

/// A line of a block as it is run: comments gone, placeholders filled in. None if it is run elsewhere.
fn as_run(line: &str, session: &str) -> Option<String> {
    // Alone it is a server, as nearly every test here starts one.
    if line == "hindsight" || ELSEWHERE.iter().any(|(start, _)| line.starts_with(start)) {
        return None;
    }
    let line = line.split(" # ").next().unwrap_or(line).trim_end();
    let mut line = STANDS_FOR.iter().fold(line.to_owned(), |line, (shown, here)| line.replace(shown, here));
    line = line.replace("SESSION", session);
    if ASKING.iter().any(|command| line.starts_with(command)) {
        line += " --yes";
    }
    Some(line)
}

/// The shell blocks of a page, continued lines joined.
fn blocks(text: &str) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    for block in text.split("```sh\n").skip(1) {
        let block = block.split("```").next().unwrap_or_default().replace(" \\\n  ", " ");
        found.push(block.lines().map(str::to_owned).filter(|line| !line.trim().is_empty()).collect());
    }
    found
}

/// A folder with what the commands are about: three connections, a session, a plugin, and `hindsight` in a PATH.
struct World {
    folder: TempDir,
    session: String,
    visit: PathBuf,
}

impl World {
    fn new() -> Self {
        let folder = folder();
        let data = folder.path().join("data");
        fs::create_dir(&data).expect("made");
        for connection in ["Shop", "My shop", "My site"] {
            assert!(run(&data, &["connection", "add", connection]).status.success());
        }
        let visits = fs::read_dir(root().join("browser/demo/visits")).expect("read");
        let visit = visits.map(|entry| entry.expect("read").path()).min().expect("there are some");
        let mut import = hindsight(&data);
        let imported = import.args(["import", "--connection", "Shop"]).arg(&visit).output().expect("runs");
        assert!(imported.status.success(), "{}", stderr(&imported));
        let session = stdout(&imported).split_whitespace().last().unwrap_or_default().to_owned();
        let made = run(&data, &["plugin", "new", "first-steps", "--into", "plugins"]);
        assert!(made.status.success(), "{}", stderr(&made));
        let bin = folder.path().join("bin");
        fs::create_dir(&bin).expect("made");
        let program = bin.join("hindsight");
        // Commands that name their own data folder are left as they are.
        let script = format!(
            "#!/bin/sh\ncase \" $* \" in *' --data '*) ;; *) set -- --data \"$DATA\" \"$@\" ;; esac\nexec '{}' \"$@\"\n",
            env!("CARGO_BIN_EXE_hindsight")
        );
        fs::write(&program, script).expect("written");
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).expect("set");
        Self { folder, session, visit }
    }

    /// Runs a script in a folder of its own, with a copy of the data.
    fn run(&self, script: &str, number: usize) -> Result<(), String> {
        let place = self.folder.path().join(number.to_string());
        let copied = Command::new("cp").arg("-r").arg(self.folder.path().join("data")).arg(&place).status();
        assert!(copied.expect("cp runs").success());
        let path = std::env::join_paths(
            [self.folder.path().join("bin")].into_iter().chain(std::env::split_paths(&path_of_the_test())),
        );
        let work = place.join("work");
        for made in ["try", "documents/shop"] {
            fs::create_dir_all(work.join(made)).expect("made");
        }
        let plugins = Command::new("cp").args(["-r", "../plugins", "."]).current_dir(&work).status();
        assert!(plugins.expect("cp runs").success());
        fs::write(work.join("secret.txt"), "a-secret-of-thirty-two-characters").expect("written");
        let password = place.join("password");
        fs::write(&password, "correct horse battery staple\n").expect("written");
        let mut shell = Command::new("timeout");
        shell.args(["120", "sh", "-ec", script]).current_dir(&work);
        shell.stdin(fs::File::open(&password).expect("opened"));
        shell
            .env("PATH", path.expect("a path"))
            .env("DATA", &place)
            .env("PLUGIN", place.join("plugins/first-steps"));
        shell.env("VISIT", &self.visit);
        shell.env("HINDSIGHT_ACCOUNTS__LOGIN", "none").env_remove("HINDSIGHT_WRITE_DOCS");
        let output = shell.output().expect("sh runs");
        let said = format!("{}\n{}", stdout(&output), stderr(&output));
        output.status.success().then_some(()).ok_or(said)
    }
}

fn path_of_the_test() -> PathBuf {
    std::env::var_os("PATH").unwrap_or_default().into()
}

#[test]
fn every_command_runs() {
    let world = World::new();
    let (mut ran, mut faults) = (0, Vec::new());
    for (page, text) in pages() {
        for block in blocks(&text) {
            let lines: Vec<String> = block.iter().filter_map(|line| as_run(line, &world.session)).collect();
            if lines.is_empty() {
                continue;
            }
            ran += lines.len();
            let script = lines.join("\n");
            if let Err(said) = world.run(&script, ran) {
                faults.push(format!("{}:\n{script}\n{said}", name(Path::new(&page))));
            }
        }
    }
    assert!(ran > 20, "only {ran} commands were found");
    assert!(faults.is_empty(), "{}", faults.join("\n\n"));
}

#[test]
fn a_command_that_is_not_there_is_noticed() {
    let world = World::new();
    assert!(world.run("hindsight nonsense", 1).is_err());
    assert!(world.run("hindsight check --nonsense", 2).is_err());
    assert_eq!(world.run("hindsight check --quick", 3), Ok(()));
}
