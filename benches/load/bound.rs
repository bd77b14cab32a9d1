//! `bound`: how much of what the machine could take the server takes.
//!
//! The bound is what the cores could do if each upload cost no more than the sum of its
//! parts, each measured alone, and of the load generator. All is measured in turns, so
//! that what else the machine does falls on all alike.

use std::time::Duration;

use clap::Args;

use crate::corpus::{Batch, Corpus, Source};
use crate::drive::{Load, Run, drive};
use crate::floors::{self, Floors};
use crate::process::Server;
use crate::table::{Table, grouped, median};
use crate::visit::Pace;
use crate::{echo, meter};

/// Enough batches for steady figures: half a second of work for each part.
const SAMPLE: usize = 4000;

/// What the command takes.
#[derive(Args)]
pub struct Arguments {
    /// Connections at once.
    #[arg(long, default_value_t = 64)]
    connections: usize,
    /// How often all is measured; results are medians.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Seconds of each measurement.
    #[arg(long, default_value_t = 4.0)]
    seconds: f64,
}

/// What one round measured.
struct Round {
    full: Run,
    normal: Run,
    echo: Run,
    floors: Floors,
}

impl Round {
    /// CPU time that a batch costs at least, in microseconds.
    fn floor_us(&self) -> f64 {
        let Floors { inflate, hash, scan, store, .. } = self.floors;
        self.echo.server_us() + inflate + hash + scan + store + self.echo.client_us()
    }

    /// The same for a server that does not trust the recorder to have hidden anything.
    fn hiding_floor_us(&self) -> f64 {
        self.floor_us() + self.floors.hide
    }

    fn spent_us(&self) -> f64 {
        self.full.server_us() + self.full.client_us()
    }

    /// What was measured of what the machine could take, if a batch cost so much.
    fn of_bound(&self, floor_us: f64) -> f64 {
        self.full.rate() / bound(floor_us)
    }
}

/// Batches a second that the machine could take, if each cost so much CPU.
fn bound(floor_us: f64) -> f64 {
    meter::cores() as f64 * 1e6 / floor_us
}

/// Runs the command.
pub fn run(recordings: &Source, arguments: &Arguments) -> anyhow::Result<()> {
    let corpus = Corpus::read(recordings)?;
    println!("{}; load average {}", corpus.summary(), meter::load_average());
    let load = Load {
        connections: arguments.connections,
        pace: Pace::Flat,
        warm_up: Duration::from_secs(1),
        measured: Duration::from_secs_f64(arguments.seconds),
        ends: false,
    };
    let mut rounds = Vec::with_capacity(arguments.rounds);
    for number in 0..arguments.rounds {
        let with = |durability| {
            let server = Server::start(&[("HINDSIGHT_STORE__DURABILITY", durability)])?;
            drive(&corpus, &server.process, &server.key, load)
        };
        // Neither is always the first.
        let (full, normal) = if number % 2 == 0 {
            let full = with("power-loss")?;
            (full, with("crash")?)
        } else {
            let normal = with("crash")?;
            (with("power-loss")?, normal)
        };
        let echo = drive(&corpus, &echo::start()?, "none", load)?;
        let floors = floors::measure(&sample(&full))?;
        rounds.push(Round { full, normal, echo, floors });
    }
    report(&rounds);
    Ok(())
}

/// Batches in the mix that a run acknowledged.
fn sample(run: &Run) -> Vec<&Batch> {
    run.batches().step_by(run.batches().count().div_ceil(SAMPLE).max(1)).collect()
}

fn report(rounds: &[Round]) {
    let of = |value: &dyn Fn(&Round) -> f64| median(rounds.iter().map(value));
    let us = |value: &dyn Fn(&Round) -> f64| format!("{:.1} us", of(value));
    let mut table = Table::new(&["CPU per batch", "median"]);
    table.line("HTTP: echo server", us(&|round| round.echo.server_us()));
    table.line("inflate", us(&|round| round.floors.inflate));
    table.line("SHA-256 of the body", us(&|round| round.floors.hash));
    table.line("scan", us(&|round| round.floors.scan));
    table.line("SQLite, groups of 64, FULL", us(&|round| round.floors.store));
    table.line("load generator", us(&|round| round.echo.client_us()));
    table.line("sum of the floors", us(&Round::floor_us));
    table.line("hiding, and compressing anew", us(&|round| round.floors.hide));
    table.line("sum with hiding", us(&Round::hiding_floor_us));
    table.line("server, FULL", us(&|round| round.full.server_us()));
    table.line("server, NORMAL", us(&|round| round.normal.server_us()));
    table.line("load generator beside the server", us(&|round| round.full.client_us()));
    table.print("Floors");

    let raw = |batch: &Batch| batch.raw_bytes as f64;
    let mut table = Table::new(&["ingest", "median"]);
    table.line("cores", meter::cores().to_string());
    table.line(
        "JSON per batch",
        format!("{:.1} KB", of(&|round| round.full.per_second(raw) / round.full.rate() / 1e3)),
    );
    table.line("bound", format!("{} batches/s", grouped(of(&|round| bound(round.floor_us())))));
    table.line("measured, FULL", format!("{} batches/s", grouped(of(&|round| round.full.rate()))));
    table.line("measured, NORMAL", format!("{} batches/s", grouped(of(&|round| round.normal.rate()))));
    for (name, floor) in
        [("", Round::floor_us as fn(&Round) -> f64), (" with hiding", Round::hiding_floor_us)]
    {
        let ratio = |value: &dyn Fn(&Round) -> f64| format!("{:.2}", of(value));
        table.line(&format!("measured / bound{name}"), ratio(&|round| round.of_bound(floor(round))));
        table.line(
            &format!("floors{name} / measured, by CPU"),
            ratio(&|round| floor(round) / round.spent_us()),
        );
    }
    table.line("FULL / NORMAL", format!("{:.2}", of(&|round| round.full.rate() / round.normal.rate())));
    table.line("CPU used by others", format!("{:.0} %", of(&|round| round.full.others()) * 100.0));
    table.print("Bound");
}
