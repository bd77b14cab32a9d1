//! `latency`: how long uploads take at parts of the capacity, beside a bare echo server.

use std::time::Duration;

use clap::Args;

use crate::corpus::{Batch, Corpus, Source};
use crate::drive::{Load, Run, drive};
use crate::process::Server;
use crate::table::{Table, grouped, median, ms, quantile};
use crate::visit::Pace;
use crate::{echo, floors, meter};

/// The parts of the capacity.
const SHARES: [f64; 3] = [0.1, 0.5, 0.9];

/// Batches by their size as sent, in bytes: from and up to.
const SIZES: [(&str, std::ops::Range<usize>); 3] =
    [("up to 64 KB", 0..65_536), ("up to 256 KB", 65_536..262_144), ("larger", 262_144..usize::MAX)];

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

/// The same load on both.
struct Pair {
    server: Run,
    echo: Run,
}

/// Runs the command.
pub fn run(recordings: &Source, arguments: &Arguments) -> anyhow::Result<()> {
    let corpus = Corpus::read(recordings)?;
    println!("{}; load average {}", corpus.summary(), meter::load_average());
    let server = Server::start(&[])?;
    let echo = echo::start()?;
    let load = |pace| Load {
        connections: arguments.connections,
        pace,
        warm_up: Duration::from_secs(1),
        measured: Duration::from_secs_f64(arguments.seconds),
        ends: false,
    };
    let capacity = drive(&corpus, &server.process, &server.key, load(Pace::Flat))?.rate();
    println!("capacity: {} batches/s", grouped(capacity));
    let mut pairs: [Vec<Pair>; SHARES.len()] = Default::default();
    for _ in 0..arguments.rounds {
        for (share, pairs) in SHARES.iter().zip(&mut pairs) {
            let load = load(Pace::Rate(capacity * share));
            let server = drive(&corpus, &server.process, &server.key, load)?;
            let echo = drive(&corpus, &echo, "none", load)?;
            pairs.push(Pair { server, echo });
        }
    }
    report(capacity, &pairs);
    report_sizes(&pairs);
    let work = floors::work_us(&corpus.batches().collect::<Vec<_>>())?;
    let [p50, p99, longest] = [0.5, 0.99, 1.0].map(|share| ms(quantile(&work, share)));
    println!("Inflating and checking one batch alone takes p50 {p50}, p99 {p99}, at most {longest}.");
    Ok(())
}

fn report(capacity: f64, pairs: &[Vec<Pair>]) {
    let columns = [
        "load",
        "batches/s",
        "p50",
        "p99",
        "slowest",
        "echo p50",
        "echo p99",
        "p99 / echo p99",
        "server CPU",
        "unsent",
        "others",
    ];
    let mut table = Table::new(&columns);
    for (share, pairs) in SHARES.iter().zip(pairs) {
        let of = |value: &dyn Fn(&Pair) -> f64| median(pairs.iter().map(value));
        let time = |value: &dyn Fn(&Pair) -> u32| ms(of(&|pair| f64::from(value(pair))) as u32);
        table.row([
            format!("{:.0} %", share * 100.0),
            grouped(capacity * share),
            time(&|pair| pair.server.latency_us(0.5)),
            time(&|pair| pair.server.latency_us(0.99)),
            time(&|pair| pair.server.latency_us(1.0)),
            time(&|pair| pair.echo.latency_us(0.5)),
            time(&|pair| pair.echo.latency_us(0.99)),
            format!(
                "{:.1}",
                of(&|pair| f64::from(pair.server.latency_us(0.99)) / f64::from(pair.echo.latency_us(0.99)))
            ),
            format!("{:.0} us", of(&|pair| pair.server.server_us())),
            of(&|pair| pair.server.unsent as f64).to_string(),
            format!("{:.0} %", of(&|pair| pair.server.others()) * 100.0),
        ]);
    }
    table.print("Latency, open loop, from when a batch was due");
}

/// Whose latency it is: large pages take their time, and small batches may wait for them.
fn report_sizes(pairs: &[Vec<Pair>]) {
    let columns = ["load", "batches as sent", "share", "p50", "p90", "p99", "slowest", "echo p99"];
    let mut table = Table::new(&columns);
    for (share, pairs) in SHARES.iter().zip(pairs) {
        for (name, sizes) in SIZES {
            let of = |run: &Run| run.latencies_of(|batch: &Batch| sizes.contains(&batch.body.len()));
            let time =
                |of: &dyn Fn(&Pair) -> u32| ms(median(pairs.iter().map(|pair| f64::from(of(pair)))) as u32);
            let server = |share| time(&|pair| quantile(&of(&pair.server), share));
            let part = |run: &Run| of(run).len() as f64 / run.latencies().len() as f64;
            table.row([
                format!("{:.0} %", share * 100.0),
                name.to_owned(),
                format!("{:.2} %", median(pairs.iter().map(|pair| part(&pair.server))) * 100.0),
                server(0.5),
                server(0.9),
                server(0.99),
                server(1.0),
                time(&|pair| quantile(&of(&pair.echo), 0.99)),
            ]);
        }
    }
    table.print("Latency by size");
}
