//! `compare`: the same load on the server and on what a tutorial would build with Node.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::Context as _;
use clap::Args;
use tempfile::TempDir;

use crate::corpus::{Corpus, Source};
use crate::drive::{Load, Run, drive};
use crate::meter;
use crate::process::{Process, Server, output};
use crate::table::{Table, grouped, median, mib, ms};
use crate::visit::Pace;

/// Where the peer's files stand, and which they are.
const PEER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/peers/express");
const FILES: [&str; 3] = ["package.json", "package-lock.json", "server.js"];

/// What the command takes.
#[derive(Args)]
pub struct Arguments {
    /// Connections at once.
    #[arg(long, default_value_t = 16)]
    connections: usize,
    /// How often both are measured; results are medians.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// Seconds of each measurement.
    #[arg(long, default_value_t = 4.0)]
    seconds: f64,
}

/// The same load on both.
struct Pair {
    server: Run,
    peer: Run,
}

/// Runs the command.
pub fn run(recordings: &Source, arguments: &Arguments) -> anyhow::Result<()> {
    let corpus = Corpus::read(recordings)?;
    let installed = install()?;
    println!("{}; load average {}", corpus.summary(), meter::load_average());
    let load = Load {
        connections: arguments.connections,
        pace: Pace::Flat,
        warm_up: Duration::from_secs(1),
        measured: Duration::from_secs_f64(arguments.seconds),
        ends: false,
    };
    let mut pairs = Vec::with_capacity(arguments.rounds);
    for _ in 0..arguments.rounds {
        let server = Server::start(&[])?;
        let on_server = drive(&corpus, &server.process, &server.key, load)?;
        drop(server);
        let data = tempfile::tempdir()?;
        let peer = Process::start(node(installed.path()).arg("server.js").arg(data.path()))?;
        pairs.push(Pair { server: on_server, peer: drive(&corpus, &peer, "none", load)? });
    }
    report(&pairs);
    Ok(())
}

fn node(folder: &Path) -> Command {
    let mut command = Command::new("node");
    command.current_dir(folder).env("NODE_ENV", "production");
    command
}

/// Installs the peer into a folder of its own, so that nothing is left in the repository.
fn install() -> anyhow::Result<TempDir> {
    let folder = tempfile::tempdir()?;
    for file in FILES {
        std::fs::copy(Path::new(PEER).join(file), folder.path().join(file)).context(file)?;
    }
    println!("installing Express and better-sqlite3, which is compiled: about a minute");
    let mut npm = Command::new("npm");
    npm.args(["ci", "--omit=dev", "--no-audit", "--no-fund", "--loglevel=error"]).current_dir(folder.path());
    if let Some(prefix) = node_prefix(folder.path())? {
        npm.env("npm_config_nodedir", prefix);
    }
    output(&mut npm).context("`npm ci` in benches/peers/express; its README says what it needs")?;
    Ok(folder)
}

/// Where Node stands, if its headers stand there too: no need to fetch them.
fn node_prefix(folder: &Path) -> anyhow::Result<Option<PathBuf>> {
    let printed = output(node(folder).args(["-p", "process.execPath"]))
        .context("`compare` needs Node.js 20 or newer")?;
    let path = PathBuf::from(String::from_utf8(printed)?.trim());
    let prefix = path.ancestors().nth(2).map(Path::to_owned);
    Ok(prefix.filter(|prefix| prefix.join("include/node/node.h").exists()))
}

fn report(pairs: &[Pair]) {
    let mut table = Table::new(&["median", "Hindsight", "Express + better-sqlite3", "ratio"]);
    let mut row = |name: &str, of: &dyn Fn(&Run) -> f64, text: &dyn Fn(f64) -> String| {
        let (server, peer) = (|pair: &Pair| of(&pair.server), |pair: &Pair| of(&pair.peer));
        let ratio =
            median(pairs.iter().map(|pair| server(pair).max(peer(pair)) / server(pair).min(peer(pair))));
        let medians = [median(pairs.iter().map(server)), median(pairs.iter().map(peer))];
        table.row([name.to_owned(), text(medians[0]), text(medians[1]), format!("{ratio:.1}")]);
    };
    row("CPU per batch", &Run::server_us, &|us| format!("{us:.0} us"));
    row("batches/s", &Run::rate, &grouped);
    row("p50", &|run| f64::from(run.latency_us(0.5)), &|us| ms(us as u32));
    row("p99", &|run| f64::from(run.latency_us(0.99)), &|us| ms(us as u32));
    row("memory, peak", &|run| run.memory[2].peak as f64, &|bytes| mib(bytes as u64));
    table.print("The same load on both, in turns");
    let others = median(pairs.iter().flat_map(|pair| [pair.server.others(), pair.peer.others()]));
    println!("CPU used by others: {:.0} %", others * 100.0);
}
