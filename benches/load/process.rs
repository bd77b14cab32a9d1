//! The processes that are measured: started for a command, ended with it.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

use anyhow::{Context as _, bail};
use tempfile::TempDir;

/// The server's binary, built in the same profile.
pub const HINDSIGHT: &str = env!("CARGO_BIN_EXE_hindsight");

/// The connection that is recorded to; it is the only one, so its number is 1.
const CONNECTION: &str = "Load";

/// A process that printed `ready http://ADDR:PORT` and answers there.
pub struct Process {
    child: Child,
    /// Where it answers.
    pub address: SocketAddr,
    /// Kept open, since a process may print more.
    _stdout: BufReader<ChildStdout>,
}

impl Process {
    /// Starts it and waits until it is ready.
    pub fn start(command: &mut Command) -> anyhow::Result<Self> {
        let name = command.get_program().to_string_lossy().into_owned();
        let mut child =
            command.stdout(Stdio::piped()).spawn().with_context(|| format!("cannot start {name}"))?;
        let mut stdout = BufReader::new(child.stdout.take().context("standard output is a pipe")?);
        let mut line = String::new();
        stdout.read_line(&mut line)?;
        let Some(address) = line.trim().strip_prefix("ready http://").and_then(|text| text.parse().ok())
        else {
            // It may be running all the same.
            let _ = child.kill();
            child.wait()?;
            bail!("{name} did not say where it is ready, but {line:?}");
        };
        Ok(Self { child, address, _stdout: stdout })
    }

    /// Its number in `/proc`.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // An error says that it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A running server with a data folder of its own.
pub struct Server {
    /// The process.
    pub process: Process,
    /// The write key of its connection.
    pub key: String,
    /// Removed with the server.
    pub data: TempDir,
}

impl Server {
    /// Starts a server on a new data folder, with these settings in its environment.
    pub fn start(settings: &[(&str, &str)]) -> anyhow::Result<Self> {
        Self::start_on(tempfile::tempdir()?, settings)
    }

    /// Starts a server on a data folder, which may hold a database already.
    pub fn start_on(data: TempDir, settings: &[(&str, &str)]) -> anyhow::Result<Self> {
        let key = add_connection(data.path())?;
        let mut command = hindsight(data.path());
        command.args(["serve", "--listen", "127.0.0.1:0"]).envs(settings.iter().copied());
        Ok(Self { process: Process::start(&mut command)?, key, data })
    }
}

/// A command of the server on a data folder.
pub fn hindsight(data: &Path) -> Command {
    program(Path::new(HINDSIGHT), data)
}

/// The same with another build of it.
pub fn program(file: &Path, data: &Path) -> Command {
    let mut command = Command::new(file);
    command.arg("--data").arg(data).env("HINDSIGHT_LOG__LEVEL", "warn");
    command.env("HINDSIGHT_ACCOUNTS__LOGIN", "none");
    // All load comes with one key from one address.
    for limit in [
        "INGEST__BATCHES_PER_SECOND_PER_KEY",
        "INGEST__BATCHES_PER_SECOND_PER_ADDRESS",
        "SERVER__MAX_CONNECTIONS_PER_ADDRESS",
    ] {
        command.env(format!("HINDSIGHT_{limit}"), "0");
    }
    command
}

/// Runs a command to its end and returns what it printed.
pub fn output(command: &mut Command) -> anyhow::Result<Vec<u8>> {
    let output = command.output()?;
    if !output.status.success() {
        bail!("{command:?} failed with {}: {}", output.status, String::from_utf8_lossy(&output.stderr));
    }
    Ok(output.stdout)
}

/// The write key of the connection, which is added unless it is there.
pub fn add_connection(data: &Path) -> anyhow::Result<String> {
    let database = data.join("hindsight.db");
    let printed = match database.exists() {
        true => output(hindsight(data).args(["connection", "list"]))?,
        false => output(hindsight(data).args(["connection", "add", CONNECTION]))?,
    };
    let printed = String::from_utf8(printed)?;
    printed.split_whitespace().next().map(str::to_owned).context("no write key was printed")
}
