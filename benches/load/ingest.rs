//! `ingest`: uploads recordings as many visitors at once.

use std::time::Duration;

use clap::Args;

use crate::check::check;
use crate::corpus::{Corpus, Source};
use crate::drive::{Load, Run, drive};
use crate::meter;
use crate::process::Server;
use crate::table::{Table, grouped, mib, ms};
use crate::visit::Pace;

/// Connections that the server keeps beside those of the visitors.
const SPARE_CONNECTIONS: usize = 64;

/// What the command takes.
#[derive(Args)]
pub struct Arguments {
    /// Connections at once; each is one visitor at a time.
    #[arg(long, default_value_t = 64)]
    connections: usize,
    /// Batches a second, sent whether the last were answered or not; by default as many as are answered.
    #[arg(long, conflicts_with = "think")]
    rate: Option<f64>,
    /// Send as the recorded visitors did, so many times faster.
    #[arg(long, value_name = "FACTOR")]
    think: Option<f64>,
    /// Seconds that are measured.
    #[arg(long, default_value_t = 10.0)]
    seconds: f64,
    /// Seconds before that.
    #[arg(long, default_value_t = 1.0)]
    warm_up: f64,
    /// Visits say when their pages go away, so that the server completes them during the run.
    #[arg(long)]
    ends: bool,
    /// How many sessions to export and compare afterwards.
    #[arg(long, default_value_t = 20)]
    check: usize,
}

impl Arguments {
    fn load(&self) -> Load {
        Load {
            connections: self.connections,
            pace: match (self.rate, self.think) {
                (Some(rate), _) => Pace::Rate(rate),
                (None, Some(factor)) => Pace::Think(factor),
                (None, None) => Pace::Flat,
            },
            warm_up: Duration::from_secs_f64(self.warm_up),
            measured: Duration::from_secs_f64(self.seconds),
            ends: self.ends,
        }
    }
}

/// Runs the command. Fails when anything that was acknowledged is not stored.
pub fn run(recordings: &Source, arguments: &Arguments) -> anyhow::Result<()> {
    let corpus = Corpus::read(recordings)?;
    println!("{}; load average {}", corpus.summary(), meter::load_average());
    let connections = (arguments.connections + SPARE_CONNECTIONS).max(1024).to_string();
    let server = Server::start(&[("HINDSIGHT_SERVER__MAX_CONNECTIONS", &connections)])?;
    let load = arguments.load();
    let run = drive(&corpus, &server.process, &server.key, load)?;
    report(&load, &run);
    println!("{}", check(&server, &corpus, &run.tally, arguments.check)?);
    Ok(())
}

fn report(load: &Load, run: &Run) {
    let mut table = Table::new(&["ingest", ""]);
    table.line("connections", load.connections.to_string());
    table.line("pace", load.pace.to_string());
    table.line("acknowledged batches/s", grouped(run.rate()));
    table.line("events/s", grouped(run.per_second(|batch| batch.events as f64)));
    table.line("JSON MB/s", format!("{:.1}", run.per_second(|batch| batch.raw_bytes as f64 / 1e6)));
    table.line("received MB/s", format!("{:.1}", run.per_second(|batch| batch.body.len() as f64 / 1e6)));
    let latencies = run.latencies();
    for (name, share) in [("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("p99.9", 0.999), ("slowest", 1.0)] {
        table.line(&format!("latency {name}"), ms(crate::table::quantile(&latencies, share)));
    }
    table.line("server CPU per batch", format!("{:.1} us", run.server_us()));
    table.line("load generator CPU per batch", format!("{:.1} us", run.client_us()));
    table.line("CPU used by others", format!("{:.0} %", run.others() * 100.0));
    for (name, memory) in ["before", "half-way", "at the end"].iter().zip(run.memory) {
        table.line(&format!("server memory {name}"), mib(memory.resident));
    }
    table.line("server memory, peak", mib(run.memory[2].peak));
    for (status, count) in &run.tally.statuses {
        table.line(&format!("answers {status}"), grouped(*count as f64));
    }
    table.line("connections that broke off", run.tally.broken.to_string());
    table.line("due and never sent", run.unsent.to_string());
    table.print("Ingest");
}
