//! `footprint`: what the program takes while nothing happens, and how soon it is ready.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use clap::Args;
use tempfile::TempDir;

use crate::fill::fill;
use crate::meter;
use crate::process::{HINDSIGHT, Process, add_connection, program};
use crate::table::{Table, median, mib};

/// How long after it is ready its memory is read: until then what is built in has been loaded.
const SETTLE: Duration = Duration::from_secs(5);

/// What a page of the list holds.
const PAGE: i64 = 50;

/// What the command takes.
#[derive(Args)]
pub struct Arguments {
    /// The program, when it is not the one that was built with this.
    #[arg(long, value_name = "FILE", default_value = HINDSIGHT)]
    program: PathBuf,
    /// Sessions in the larger database; a million take some 1 GB.
    #[arg(long, default_value_t = 1_000_000)]
    sessions: i64,
    /// How often each is started; results are medians.
    #[arg(long, default_value_t = 7)]
    rounds: usize,
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let file = &arguments.program;
    let mut table = Table::new(&["database", "ready in", "the first time", "idle memory", "bound"]);
    for sessions in [0, arguments.sessions] {
        let data = tempfile::tempdir()?;
        add_connection(data.path())?;
        if sessions > 0 {
            fill(data.path(), sessions, PAGE)?;
        }
        let size = std::fs::metadata(data.path().join("hindsight.db"))?.len();
        let started = start_often(file, &data, arguments.rounds)?;
        let first = started.took.first().copied().unwrap_or_default();
        table.row([
            format!("{sessions} sessions, {}", mib(size)),
            format!("{:.0} ms", median(started.took.iter().copied())),
            format!("{first:.0} ms"),
            mib(started.memory),
            "300 ms, 40 MiB".to_owned(),
        ]);
    }
    table.print("Start and idle memory");
    let mut size = Table::new(&["program", "size", "bound"]);
    let bytes = std::fs::metadata(file)?.len();
    size.row([file.display().to_string(), format!("{:.1} MB", bytes as f64 / 1e6), "40 MB".to_owned()]);
    size.print("Size");
    Ok(())
}

/// Starts in milliseconds, and resident memory in bytes at the end.
struct Started {
    took: Vec<f64>,
    memory: u64,
}

fn start_often(file: &Path, data: &TempDir, rounds: usize) -> anyhow::Result<Started> {
    let mut took = Vec::new();
    let mut memory = 0;
    for round in 0..rounds {
        let mut command = program(file, data.path());
        command.args(["serve", "--listen", "127.0.0.1:0"]);
        let begun = Instant::now();
        let process = Process::start(&mut command)?;
        took.push(begun.elapsed().as_secs_f64() * 1000.0);
        if round + 1 == rounds {
            std::thread::sleep(SETTLE);
            memory = meter::memory(process.pid())?.resident;
        }
    }
    Ok(Started { took, memory })
}
