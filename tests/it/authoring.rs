//! Plugins as their authors make them: from `plugin new`, by the commands of the project's
//! README, into the folder of a running server, to a finding on the page of a real visit.
//!
//! TypeScript and Python take minutes and packages of some hundred megabytes, so they are
//! built only where `HINDSIGHT_TEST_GUESTS` is `all`.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::command_line::{Process, folder, hindsight, run, stderr, stdout};
use crate::durability::get;

/// A visit of the demo shop whose card was declined.
const VISIT: &str = "browser/demo/visits/card-declined.json.gz";

/// What was clicked there before that.
const CLICKED: &str = "Pay €30.90";

/// Compiling a large component takes long on a machine that does much else.
const PATIENCE: Duration = Duration::from_secs(300);

/// A running server, and a project beside it.
struct Author {
    data: TempDir,
    server: Process,
    name: &'static str,
}

impl Author {
    fn new(name: &'static str, language: &str) -> Self {
        let data = folder();
        let settings =
            format!("[sessions]\nended_grace_seconds = 0\n\n[plugins.{name}]\nlabel = {CLICKED:?}\n");
        fs::write(data.path().join("config.toml"), settings).expect("written");
        let log = File::create(data.path().join("log")).expect("written");
        let mut command = hindsight(data.path());
        command.args(["serve", "--listen", "127.0.0.1:0"]);
        let server = Process::spawn_with_log(&mut command, log.into());
        let made = run(data.path(), &["plugin", "new", name, "--lang", language, "--into", "src"]);
        assert!(made.status.success(), "{}", stderr(&made));
        Self { data, server, name }
    }

    fn project(&self) -> PathBuf {
        self.data.path().join("src").join(self.name)
    }

    /// Runs a command that stands in the README, as it stands there.
    fn follow_readme(&self, command: &str) {
        let readme = fs::read_to_string(self.project().join("README.md")).expect("it has one");
        let joined = readme.replace("\\\n", " ");
        let plain = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(plain(&joined).contains(&plain(command)), "the README does not say {command:?}");
        let ran = Command::new("sh")
            .args(["-ec", command])
            .current_dir(self.project())
            .env_remove("CARGO_TARGET_DIR")
            .output()
            .expect("there is a shell");
        assert!(ran.status.success(), "{command}\n{}\n{}", stdout(&ran), stderr(&ran));
    }

    /// The plugin is what its README says, works in the server that runs, and finds something.
    fn publish(&self, file: &str) {
        for action in ["check", "test"] {
            let ran = run(self.data.path(), &["plugin", action, &format!("src/{}", self.name)]);
            assert!(ran.status.success(), "{action}\n{}\n{}", stdout(&ran), stderr(&ran));
        }
        let put = self.data.path().join("plugins").join(self.name);
        fs::create_dir_all(&put).expect("writable");
        for file in ["plugin.toml", file] {
            fs::copy(self.project().join(file), put.join(file)).expect("copied");
        }
        let live = format!("the plugin is live plugin={:?}", self.name);
        wait_for("the plugin to be live", || {
            let log = fs::read_to_string(self.data.path().join("log")).expect("there");
            assert!(!log.contains("does not load"), "{log}");
            log.contains(&live)
        });
        let visit = Path::new(env!("CARGO_MANIFEST_DIR")).join(VISIT);
        let imported = run(self.data.path(), &["import", visit.to_str().expect("UTF-8")]);
        let session = stdout(&imported).rsplit(' ').next().map(str::to_owned).expect("an id");
        let page = format!("/connections/1/sessions/{session}");
        let title = format!("“{CLICKED}” was followed by an error");
        wait_for("the finding on the page", || {
            let page = get(&self.server.url, &page).text();
            page.contains(&title) && page.contains(&format!("by {}", self.name))
        });
        let over = run(
            self.data.path(),
            &["plugin", "test", &format!("plugins/{}", self.name), "--session", &session],
        );
        assert!(over.status.success(), "{}", stderr(&over));
        assert!(stdout(&over).contains(&title), "with the server's settings: {}", stdout(&over));
    }
}

fn wait_for(what: &str, mut is_so: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < PATIENCE, "waited in vain for {what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn works(program: &str, arguments: &[&str]) -> bool {
    let ran = Command::new(program).args(arguments).stdout(Stdio::null()).stderr(Stdio::null()).status();
    ran.is_ok_and(|status| status.success())
}

/// Whether the guests are to be built that take long.
fn builds_all(test: &str) -> bool {
    let all = std::env::var("HINDSIGHT_TEST_GUESTS").is_ok_and(|which| which == "all");
    if !all {
        eprintln!("skipped {test}: HINDSIGHT_TEST_GUESTS is not \"all\"");
    }
    all
}

#[test]
fn a_plugin_in_javascript_finds_something_in_a_running_server() {
    Author::new("paid-js", "js").publish("plugin.js");
}

#[test]
fn a_plugin_in_rust_finds_something_in_a_running_server() {
    let target = "wasm32-unknown-unknown";
    let by_rustup = Command::new("rustc").args(["--print", "target-libdir", "--target", target]).output();
    let by_rustup =
        by_rustup.is_ok_and(|output| Path::new(String::from_utf8_lossy(&output.stdout).trim()).is_dir());
    let by_debian =
        Path::new("/usr/lib/rustlib/src/rust/library").is_dir() && works("wasm-ld-19", &["--version"]);
    if !by_rustup && !by_debian {
        eprintln!("skipped: neither rustup nor Debian has {target} here");
        return;
    }
    let author = Author::new("paid-rust", "rust");
    let lock = Command::new("cargo").arg("generate-lockfile").current_dir(author.project()).output();
    if !lock.is_ok_and(|output| output.status.success()) {
        eprintln!("skipped: the registry of crates cannot be reached");
        return;
    }
    // What does not change is built once for all runs of this test.
    let kept = Path::new(env!("CARGO_TARGET_TMPDIR")).join("guest-in-rust");
    fs::create_dir_all(&kept).expect("writable");
    std::os::unix::fs::symlink(&kept, author.project().join("target")).expect("writable");
    author.follow_readme(if by_rustup {
        "cargo build --release --target wasm32-unknown-unknown"
    } else {
        "RUSTC_BOOTSTRAP=1 CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER=wasm-ld-19 RUSTC=/usr/bin/rustc \
         /usr/bin/cargo build --release --target wasm32-unknown-unknown -Zbuild-std=std,panic_abort"
    });
    author.follow_readme("cp target/wasm32-unknown-unknown/release/plugin.wasm plugin.wasm");
    author.publish("plugin.wasm");
}

#[test]
fn a_plugin_in_typescript_finds_something_in_a_running_server() {
    if !builds_all("TypeScript") {
        return;
    }
    let author = Author::new("paid-ts", "ts");
    author.follow_readme("npm install");
    author.follow_readme("npm run build");
    author.publish("plugin.wasm");
    let script = Author::new("paid-script", "ts");
    fs::rename(author.project().join("node_modules"), script.project().join("node_modules")).expect("moved");
    script.follow_readme("npm run script");
    script.publish("plugin.js");
}

#[test]
fn a_plugin_in_python_finds_something_in_a_running_server() {
    if !builds_all("Python") {
        return;
    }
    let author = Author::new("paid-python", "python");
    author.follow_readme("python3 -m venv .venv && .venv/bin/pip install -r requirements.txt");
    author
        .follow_readme(".venv/bin/componentize-py -d wit -w analyzer-plugin componentize app -o plugin.wasm");
    author.publish("plugin.wasm");
}
