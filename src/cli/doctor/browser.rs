//! A headless Chromium, spoken to by the DevTools protocol over two pipes.
//!
//! It is the one that is installed; nothing is fetched. It gets a profile of its own,
//! which goes with it.

use std::ffi::OsString;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use serde_json::{Value, json};

/// What Chromium is called on different systems.
const NAMES: [&str; 6] =
    ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "microsoft-edge"];

/// Chromium reads commands from descriptor 3 and writes to 4, which a shell puts there: what
/// `std` can hand on are the first three.
const WITH_PIPES: &str = "exec \"$0\" \"$@\" 3<&0 4>&1 </dev/null >/dev/null 2>/dev/null";

const FLAGS: [&str; 9] = [
    "--headless",
    "--remote-debugging-pipe",
    "--no-first-run",
    "--no-default-browser-check",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--window-size=1280,900",
];

/// No answer takes longer.
const ANSWER_WITHIN: Duration = Duration::from_secs(20);

/// A running Chromium.
pub struct Browser {
    child: Child,
    commands: ChildStdin,
    answers: Receiver<Value>,
    /// What it told while an answer was waited for.
    told: Vec<Value>,
    last_id: u64,
    profile: PathBuf,
}

/// The Chromium to run: `CHROME`, or one in the path.
pub fn find() -> Option<PathBuf> {
    if let Some(named) = std::env::var_os("CHROME") {
        return Some(PathBuf::from(named));
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    NAMES
        .iter()
        .flat_map(|name| folders.iter().map(move |folder| folder.join(name)))
        .find(|file| file.is_file())
}

impl Browser {
    /// Starts it.
    pub fn start(program: &Path) -> anyhow::Result<Self> {
        let mut random = [0; 8];
        getrandom::fill(&mut random).map_err(|error| anyhow::anyhow!("no random bytes: {error}"))?;
        let profile =
            std::env::temp_dir().join(format!("hindsight-doctor-{:016x}", u64::from_le_bytes(random)));
        std::fs::create_dir(&profile).context("no folder for the browser's profile")?;
        let mut own = OsString::from("--user-data-dir=");
        own.push(&profile);
        let mut command = Command::new("/bin/sh");
        command.arg("-c").arg(WITH_PIPES).arg(program).args(FLAGS).arg(own);
        if rustix::process::geteuid().is_root() {
            // Chromium refuses to run for root with it.
            command.arg("--no-sandbox");
        }
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("no shell to start the browser")?;
        let commands = child.stdin.take().context("no pipe to the browser")?;
        let output = child.stdout.take().context("no pipe from the browser")?;
        let (tell, answers) = channel();
        std::thread::spawn(move || {
            for message in BufReader::new(output).split(0).map_while(Result::ok) {
                if let Ok(message) = serde_json::from_slice(&message)
                    && tell.send(message).is_err()
                {
                    return;
                }
            }
        });
        Ok(Self { child, commands, answers, told: Vec::new(), last_id: 0, profile })
    }

    /// Runs a command and answers with its result.
    pub fn call(&mut self, session: Option<&str>, method: &str, params: &Value) -> anyhow::Result<Value> {
        self.last_id += 1;
        let id = self.last_id;
        let mut message = json!({ "id": id, "method": method, "params": params });
        if let Some(session) = session {
            message["sessionId"] = session.into();
        }
        let mut bytes = message.to_string().into_bytes();
        bytes.push(0);
        self.commands.write_all(&bytes).context("the browser is gone")?;
        let deadline = Instant::now() + ANSWER_WITHIN;
        loop {
            let message =
                self.receive(deadline).with_context(|| format!("the browser did not answer {method}"))?;
            if message["id"].as_u64() != Some(id) {
                self.told.push(message);
            } else if let Some(error) = message.get("error") {
                bail!("the browser refused {method}: {}", error["message"].as_str().unwrap_or_default());
            } else {
                return Ok(message["result"].clone());
            }
        }
    }

    /// What it told since it was asked last, waiting for some at most this long.
    pub fn listen(&mut self, patience: Duration) -> Vec<Value> {
        let mut told = std::mem::take(&mut self.told);
        if told.is_empty() {
            told.extend(self.receive(Instant::now() + patience));
        }
        told.extend(self.answers.try_iter());
        told
    }

    fn receive(&mut self, deadline: Instant) -> Option<Value> {
        self.answers.recv_timeout(deadline.saturating_duration_since(Instant::now())).ok()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // Nothing is lost when it is gone already.
        let _killed = self.child.kill();
        let _waited = self.child.wait();
        // Its helpers may still write for a moment.
        for _ in 0..20 {
            if std::fs::remove_dir_all(&self.profile).is_ok() || !self.profile.exists() {
                return;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}
