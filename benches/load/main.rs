//! The load generator and the benchmarks: `cargo bench --bench load -- COMMAND`.
//!
//! Each command starts the real server as a process of its own, on a free port with a
//! new data folder, and speaks HTTP to it; what it is held against runs in the same
//! command, in turns. `docs/performance.md` says what each command measures. Nothing
//! here passes or fails by time: only what was stored wrongly is a failure.

mod bound;
mod check;
mod client;
mod compare;
mod corpus;
mod drive;
mod echo;
mod fill;
mod finish;
mod floors;
mod footprint;
mod hiding;
mod idle;
mod ingest;
mod joined;
mod latency;
mod list;
mod meter;
mod native;
mod plugins;
mod process;
mod replay;
mod rerun;
mod retain;
mod table;
mod timeline;
mod visit;

use clap::{CommandFactory, Parser, Subcommand};
use corpus::Source;

/// Measures the Hindsight server under load of recorded visits.
///
/// Settings of the server are taken from the environment, such as
/// HINDSIGHT_STORE__DURABILITY=crash. Data is kept below TMPDIR while a command runs.
#[derive(Parser)]
#[command(name = "load")]
struct Cli {
    #[command(flatten)]
    source: Source,
    /// What cargo adds by itself.
    #[arg(long, hide = true, global = true)]
    bench: bool,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Uploads recordings as many visitors at once, and checks that all was stored.
    Ingest(ingest::Arguments),
    /// Holds the server against the sum of the parts that an upload consists of.
    Bound(bound::Arguments),
    /// Uploads at parts of the capacity, to the server and to a bare echo server.
    Latency(latency::Arguments),
    /// Holds the server against Express with better-sqlite3; needs Node.js and a C++ compiler.
    Compare(compare::Arguments),
    /// Opens and delivers a small and a large recording.
    Replay(replay::Arguments),
    /// Opens many connections that do nothing, and reads the server's memory.
    Idle(idle::Arguments),
    /// Turns batches into finished recordings: how small, and at what cost.
    Finish(finish::Arguments),
    /// Erases a day of recordings beside uploads; needs no recordings.
    Retain(retain::Arguments),
    /// Uploads beside a plugin that runs over past sessions.
    Rerun(rerun::Arguments),
    /// Asks for lists of few and of many sessions; needs no recordings.
    List(list::Arguments),
    /// Writes many sessions into the database of a data folder, for lists that are measured elsewhere.
    Fill(fill::Arguments),
    /// Reads recordings as timelines, beside a bare skip over their JSON.
    Timeline(timeline::Arguments),
    /// Hides what must not be stored, beside the check of an upload, and looks for leaks.
    Hiding(hiding::Arguments),
    /// Loads plugins, and lets them look at recordings, beside the timeline's own time.
    Plugins(plugins::Arguments),
    /// Starts the program on small and large databases: how soon it is ready, and what it takes idle.
    Footprint(footprint::Arguments),
    /// Is the echo server.
    #[command(hide = true)]
    Echo,
}

fn main() -> anyhow::Result<()> {
    let cli = Cli::parse();
    meter::raise_file_limit()?;
    let (source, recordings) = (&cli.source, &cli.source.folder);
    match cli.command {
        // Plain `cargo bench` runs this too, and must not take long.
        None => Ok(Cli::command().print_help()?),
        Some(Command::Ingest(arguments)) => ingest::run(source, &arguments),
        Some(Command::Bound(arguments)) => bound::run(source, &arguments),
        Some(Command::Latency(arguments)) => latency::run(source, &arguments),
        Some(Command::Compare(arguments)) => compare::run(source, &arguments),
        Some(Command::Replay(arguments)) => replay::run(recordings, &arguments),
        Some(Command::Idle(arguments)) => idle::run(source, &arguments),
        Some(Command::Finish(arguments)) => finish::run(source, &arguments),
        Some(Command::Retain(arguments)) => retain::run(&arguments),
        Some(Command::Rerun(arguments)) => rerun::run(source, &arguments),
        Some(Command::List(arguments)) => list::run(&arguments),
        Some(Command::Fill(arguments)) => fill::run(&arguments),
        Some(Command::Timeline(arguments)) => timeline::run(recordings, &arguments),
        Some(Command::Hiding(arguments)) => hiding::run(source, &arguments),
        Some(Command::Plugins(arguments)) => plugins::run(recordings, &arguments),
        Some(Command::Footprint(arguments)) => footprint::run(&arguments),
        Some(Command::Echo) => echo::run(),
    }
}
