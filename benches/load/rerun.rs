//! `rerun`: uploads at half of the capacity while friction looks at the past anew, beside
//! the same uploads alone.
//!
//! The past is short, so it is looked at again and again: each time with another setting,
//! since results that are known are not computed anew.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context as _, ensure};
use clap::Args;
use rusqlite::{Connection as Db, OpenFlags};

use crate::corpus::{Corpus, Source};
use crate::drive::{Load, Run, drive};
use crate::meter;
use crate::process::Server;
use crate::table::{Table, grouped, median, ms};
use crate::visit::Pace;

/// How often the database is asked whether something is done.
const LOOK: Duration = Duration::from_millis(50);

/// What the command takes.
#[derive(Args)]
pub struct Arguments {
    /// Connections at once.
    #[arg(long, default_value_t = 64)]
    connections: usize,
    /// How often both are measured; results are medians.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Seconds of each measurement.
    #[arg(long, default_value_t = 4.0)]
    seconds: f64,
    /// Seconds of uploads, flat out, that make the past.
    #[arg(long, default_value_t = 1.0)]
    past: f64,
}

/// Uploads alone, uploads beside the plugin, and how many sessions it looked at meanwhile.
struct Round {
    alone: Run,
    beside: Run,
    looked_at: i64,
}

/// Runs the command.
pub fn run(recordings: &Source, arguments: &Arguments) -> anyhow::Result<()> {
    let corpus = Corpus::read(recordings)?;
    println!("{}; load average {}", corpus.summary(), meter::load_average());
    let load = |pace, seconds| Load {
        connections: arguments.connections,
        pace,
        warm_up: Duration::from_secs(1),
        measured: Duration::from_secs_f64(seconds),
        ends: false,
    };
    let server = with_past(&corpus, load(Pace::Flat, arguments.past))?;
    let database =
        Db::open_with_flags(server.data.path().join("hindsight.db"), OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let capacity = drive(&corpus, &server.process, &server.key, load(Pace::Flat, arguments.seconds))?.rate();
    println!("capacity: {} batches/s", grouped(capacity));
    let half = load(Pace::Rate(capacity / 2.0), arguments.seconds);
    let mut rounds = Vec::new();
    for _ in 0..arguments.rounds {
        let alone = drive(&corpus, &server.process, &server.key, half)?;
        let before = looked_at(&database)?;
        let over = Arc::new(AtomicBool::new(false));
        let looking = look_again(&server, Arc::clone(&over))?;
        let beside = drive(&corpus, &server.process, &server.key, half)?;
        over.store(true, Ordering::Relaxed);
        looking.join().map_err(|_| anyhow::anyhow!("looking again panicked"))??;
        rounds.push(Round { alone, beside, looked_at: looked_at(&database)? - before });
    }
    report(capacity, &rounds);
    Ok(())
}

/// A server on sessions that are over and that plugins have looked at.
fn with_past(corpus: &Arc<Corpus>, load: Load) -> anyhow::Result<Server> {
    let data = tempfile::tempdir()?;
    let path = data.path().join("hindsight.db");
    let filling = Server::start_on(data, &[("HINDSIGHT_SESSIONS__IDLE_AFTER_SECONDS", "1")])?;
    drive(corpus, &filling.process, &filling.key, load)?;
    let database = Db::open_with_flags(&path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    wait_for(
        &database,
        "SELECT NOT EXISTS (SELECT 1 FROM session WHERE finished_at IS NULL OR analysis_due_at IS NOT NULL)",
    )?;
    drop(database);
    let Server { process, data, .. } = filling;
    drop(process);
    Server::start_on(data, &[])
}

fn wait_for(database: &Db, question: &str) -> anyhow::Result<()> {
    while !database.query_row(question, [], |row| row.get::<_, bool>(0))? {
        std::thread::sleep(LOOK);
    }
    Ok(())
}

fn looked_at(database: &Db) -> anyhow::Result<i64> {
    Ok(database.query_row("SELECT coalesce(sum(done), 0) FROM rerun", [], |row| row.get(0))?)
}

/// Lets friction look at all sessions, over and over, until it is over.
fn look_again(
    server: &Server,
    over: Arc<AtomicBool>,
) -> anyhow::Result<std::thread::JoinHandle<anyhow::Result<()>>> {
    let (address, path) = (server.process.address, server.data.path().join("hindsight.db"));
    let database = Db::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    Ok(std::thread::spawn(move || {
        let plugin = "/connections/1/plugins/friction";
        for clicks in (3..=6).cycle() {
            post(address, &format!("{plugin}/settings"), &format!("set.rage_clicks={clicks}"))?;
            post(address, &format!("{plugin}/reruns"), "work=analyze&period=all")?;
            while !database.query_row(
                "SELECT NOT EXISTS (SELECT 1 FROM rerun WHERE state = 'running')",
                [],
                |row| row.get(0),
            )? {
                if over.load(Ordering::Relaxed) {
                    return Ok(());
                }
                std::thread::sleep(LOOK);
            }
        }
        Ok(())
    }))
}

/// Sends a form as a page of the server would.
fn post(address: SocketAddr, path: &str, form: &str) -> anyhow::Result<()> {
    let mut stream = TcpStream::connect(address)?;
    write!(
        stream,
        "POST {path} HTTP/1.1\r\nHost: {address}\r\nOrigin: http://{address}\r\nSec-Fetch-Site: same-origin\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{form}",
        form.len()
    )?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).context("the answer to a form")?;
    ensure!(answer.starts_with("HTTP/1.1 303"), "{path} was answered with {:?}", answer.lines().next());
    Ok(())
}

fn report(capacity: f64, rounds: &[Round]) {
    let mut table =
        Table::new(&["uploads at 50 %", "batches/s", "p50", "p99", "sessions looked at", "others"]);
    let mut line = |name: &str, run: fn(&Round) -> &Run, looked_at: f64| {
        let of = |value: &dyn Fn(&Run) -> f64| median(rounds.iter().map(|round| value(run(round))));
        table.row([
            name.to_owned(),
            grouped(capacity / 2.0),
            ms(of(&|run| run.latency_us(0.5).into()) as u32),
            ms(of(&|run| run.latency_us(0.99).into()) as u32),
            grouped(looked_at),
            format!("{:.0} %", of(&|run| run.others()) * 100.0),
        ]);
    };
    line("alone", |round| &round.alone, 0.0);
    let looked_at = median(rounds.iter().map(|round| round.looked_at as f64));
    line("beside friction over the past", |round| &round.beside, looked_at);
    table.print("Uploads beside a plugin that runs over the past");
    let p99 = |run: &Run| f64::from(run.latency_us(0.99));
    let ratio = median(rounds.iter().map(|round| p99(&round.beside) / p99(&round.alone)));
    println!("p99 beside / alone: {ratio:.2} (bound 1.3)");
}
