//! The detectors of friction as a native program, to hold the component against: built when
//! it is needed, started once, asked for a round at a time.

use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use anyhow::Context as _;
use hindsight::plugins::Plugin;
use hindsight::plugins::run::SessionInfo;
use hindsight::timeline::Event;
use serde_json::json;

/// The program, with its inputs.
pub struct Native {
    child: Child,
    asks: ChildStdin,
    answers: BufReader<ChildStdout>,
    /// The inputs, which it has read once it answers.
    _inputs: tempfile::TempDir,
}

impl Native {
    /// Builds the program as fast as it can be, and lets it read what the plugin would get.
    pub fn start(plugin: &Plugin, sessions: &[(SessionInfo, Vec<Event>)]) -> anyhow::Result<Self> {
        let inputs = tempfile::tempdir()?;
        let mut paths = Vec::new();
        for (number, (session, events)) in sessions.iter().enumerate() {
            let wanted = plugin.manifest.analyzer.iter().flat_map(|analyzer| &analyzer.events);
            let wanted: Vec<_> = wanted.collect();
            let events: Vec<&Event> =
                events.iter().filter(|event| wanted.contains(&&event.kind.name())).collect();
            let path = inputs.path().join(format!("{number}.json"));
            std::fs::write(&path, serde_json::to_vec(&json!({ "session": session, "events": events }))?)?;
            paths.push(path);
        }
        let mut child = Command::new(build()?)
            .args(paths)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("the native program")?;
        let asks = child.stdin.take().context("its input")?;
        let answers = BufReader::new(child.stdout.take().context("its output")?);
        Ok(Self { child, asks, answers, _inputs: inputs })
    }

    /// The CPU time that all sessions take, in milliseconds.
    pub fn round(&mut self) -> anyhow::Result<f64> {
        self.asks.write_all(b"\n")?;
        let mut line = String::new();
        self.answers.read_line(&mut line)?;
        Ok(line.trim().parse::<f64>().context("the native program has ended")? / 1e6)
    }
}

impl Drop for Native {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Builds it as the component was built, but for this machine.
fn build() -> anyhow::Result<PathBuf> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("plugins");
    let target = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("native");
    let built = Command::new(env!("CARGO"))
        .args(["build", "--quiet", "--release", "--locked", "--package=friction", "--example=natively"])
        .current_dir(root)
        .env("CARGO_TARGET_DIR", &target)
        .status()?;
    anyhow::ensure!(built.success(), "friction does not build natively");
    Ok(target.join("release/examples/natively"))
}
