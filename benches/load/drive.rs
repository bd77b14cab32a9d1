//! Drives a server with visitors and reads the meters meanwhile.
//!
//! All visitors share one thread, so that the load costs the machine little beside
//! the server. A run at a rate is open loop: batches fall due whether the last was
//! answered or not, and their latency counts from when they were due.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::client::Client;
use crate::corpus::{Batch, Corpus};
use crate::meter::{self, Memory};
use crate::process::Process;
use crate::table;
use crate::visit::{Ack, Pace, Shared, Tally, Visitor};

/// Batches of a run at a rate are released no more often than this: a wake-up costs CPU too.
const PACER_STEP: Duration = Duration::from_micros(100);

/// What to send.
#[derive(Clone, Copy)]
pub struct Load {
    /// Connections at once; each is one visitor at a time.
    pub connections: usize,
    /// When they send.
    pub pace: Pace,
    /// How long the load lasts before anything is measured.
    pub warm_up: Duration,
    /// How long it is measured.
    pub measured: Duration,
    /// Whether visits say when their pages go away.
    pub ends: bool,
}

/// What a run measured.
pub struct Run {
    corpus: Arc<Corpus>,
    /// What the visitors counted, warm-up included.
    pub tally: Tally,
    /// Batches of a run at a rate that fell due and were never sent.
    pub unsent: u64,
    /// Memory of the process before the load, half-way, and at the end.
    pub memory: [Memory; 3],
    /// The readings at the beginning and the end of what is measured.
    readings: [Reading; 2],
    start: Instant,
}

/// CPU clocks at one moment.
struct Reading {
    at: Instant,
    server: Duration,
    client: Duration,
    machine: Duration,
}

impl Reading {
    fn take(process: &Process) -> anyhow::Result<Self> {
        Ok(Self {
            at: Instant::now(),
            server: meter::process_cpu(process.pid())?,
            client: meter::own_cpu(),
            machine: meter::machine_cpu()?,
        })
    }
}

/// Sends the load to a process and returns when the last upload is answered.
pub fn drive(corpus: &Arc<Corpus>, process: &Process, key: &str, load: Load) -> anyhow::Result<Run> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(drive_all(corpus, process, key, load))
}

async fn drive_all(corpus: &Arc<Corpus>, process: &Process, key: &str, load: Load) -> anyhow::Result<Run> {
    let before = meter::memory(process.pid())?;
    let mut clients = Vec::with_capacity(load.connections);
    for _ in 0..load.connections {
        clients.push(Client::connect(process.address).await?);
    }
    let start = Instant::now();
    let shared = Arc::new(Shared {
        corpus: Arc::clone(corpus),
        address: process.address,
        key: key.to_owned(),
        pace: load.pace,
        ends: load.ends,
        start,
        end: start + load.warm_up + load.measured,
        visits: AtomicUsize::new(0),
        ticks: AtomicU64::new(0),
        due: Semaphore::new(0),
    });
    let mut visitors = JoinSet::new();
    for (number, client) in clients.into_iter().enumerate() {
        let begin = start + stagger(&load, number);
        visitors.spawn(Visitor::new(Arc::clone(&shared), client).run(begin));
    }
    let pacer = pacer(&shared);
    let (readings, half) = watch(process, start, load).await?;
    let at_end = meter::memory(process.pid())?;
    let mut tally = Tally::default();
    while let Some(visited) = visitors.join_next().await {
        tally.add(visited??);
    }
    let unsent = match pacer {
        None => 0,
        Some(pacer) => {
            let released = pacer.join().expect("the pacer does not panic");
            released.saturating_sub(shared.ticks.load(Ordering::Relaxed))
        }
    };
    Ok(Run { corpus: Arc::clone(corpus), tally, unsent, memory: [before, half, at_end], readings, start })
}

/// Visitors with think time do not all arrive at once.
fn stagger(load: &Load, number: usize) -> Duration {
    match load.pace {
        Pace::Think(_) => load.warm_up.mul_f64(number as f64 / load.connections as f64),
        Pace::Flat | Pace::Rate(_) => Duration::ZERO,
    }
}

/// A thread that releases batches as they fall due, since tokio's timer counts in whole
/// milliseconds. Returns how many it released.
fn pacer(shared: &Arc<Shared>) -> Option<std::thread::JoinHandle<u64>> {
    let Pace::Rate(rate) = shared.pace else { return None };
    let shared = Arc::clone(shared);
    Some(std::thread::spawn(move || {
        let mut released = 0;
        while Instant::now() < shared.end {
            let due = (shared.start.elapsed().as_secs_f64() * rate) as u64 + 1;
            shared.due.add_permits((due - released) as usize);
            released = due;
            let next = shared.start + Duration::from_secs_f64(released as f64 / rate);
            std::thread::sleep(next.saturating_duration_since(Instant::now()).max(PACER_STEP));
        }
        shared.due.close();
        released
    }))
}

async fn watch(process: &Process, start: Instant, load: Load) -> anyhow::Result<([Reading; 2], Memory)> {
    let until = |after: Duration| tokio::time::sleep_until((start + load.warm_up + after).into());
    until(Duration::ZERO).await;
    let first = Reading::take(process)?;
    until(load.measured / 2).await;
    let half = meter::memory(process.pid())?;
    until(load.measured).await;
    Ok(([first, Reading::take(process)?], half))
}

impl Run {
    /// The batches that were acknowledged while it was measured.
    pub fn batches(&self) -> impl Iterator<Item = &Batch> {
        let [from, until] = &self.readings;
        let us = |at: Instant| at.duration_since(self.start).as_micros() as u32;
        let (from, until) = (us(from.at), us(until.at));
        let within = self.tally.acks.iter().filter(move |ack| (from..until).contains(&ack.done_us));
        within.map(|ack| self.batch(ack))
    }

    fn batch(&self, ack: &Ack) -> &Batch {
        &self.corpus.recordings[usize::from(ack.recording)].batches[usize::from(ack.batch)]
    }

    /// The sum of something over those batches, for each second.
    pub fn per_second(&self, of: impl Fn(&Batch) -> f64) -> f64 {
        self.batches().map(of).sum::<f64>() / self.seconds()
    }

    /// Acknowledged batches a second.
    pub fn rate(&self) -> f64 {
        self.per_second(|_| 1.0)
    }

    /// CPU time of the server for each batch, in microseconds.
    pub fn server_us(&self) -> f64 {
        self.spent(|reading| reading.server).as_secs_f64() * 1e6 / self.batches().count() as f64
    }

    /// CPU time of this process for each batch, in microseconds.
    pub fn client_us(&self) -> f64 {
        self.spent(|reading| reading.client).as_secs_f64() * 1e6 / self.batches().count() as f64
    }

    /// The share of the machine's cores that neither the server nor this process used.
    pub fn others(&self) -> f64 {
        let ours = self.spent(|reading| reading.server) + self.spent(|reading| reading.client);
        let others = self.spent(|reading| reading.machine).saturating_sub(ours);
        others.as_secs_f64() / self.seconds() / meter::cores() as f64
    }

    /// Latencies in microseconds, sorted; of all that was answered after the warm-up, so
    /// that the slowest at the end are not left out.
    pub fn latencies(&self) -> Vec<u32> {
        self.latencies_of(|_| true)
    }

    /// The same of some of the batches.
    pub fn latencies_of(&self, wanted: impl Fn(&Batch) -> bool) -> Vec<u32> {
        let from = self.readings[0].at.duration_since(self.start).as_micros() as u32;
        let acks = self.tally.acks.iter().filter(|ack| ack.done_us >= from && wanted(self.batch(ack)));
        let mut latencies: Vec<u32> = acks.map(|ack| ack.latency_us).collect();
        latencies.sort_unstable();
        latencies
    }

    /// A quantile of the latencies, in microseconds.
    pub fn latency_us(&self, share: f64) -> u32 {
        table::quantile(&self.latencies(), share)
    }

    fn seconds(&self) -> f64 {
        let [from, until] = &self.readings;
        until.at.duration_since(from.at).as_secs_f64()
    }

    fn spent(&self, clock: impl Fn(&Reading) -> Duration) -> Duration {
        let [from, until] = &self.readings;
        clock(until).saturating_sub(clock(from))
    }
}
