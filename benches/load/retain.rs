//! `retain`: erasing the oldest of 90 days beside uploads at half of the capacity.
//!
//! The database is written straight by SQL. The writer's steps are timed where they
//! run; the uploads are the store's own, without HTTP, so that nothing but the store
//! is seen.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use clap::Args;
use hindsight::clock::Clock;
use hindsight::config::Settings;
use hindsight::finish::BETWEEN_STEPS;
use hindsight::model::{Batch, BatchFacts, ConnectionId, TimestampMs};
use hindsight::store::erasing::{self, Progress, Selection};
use hindsight::store::{Db, Store, batches};
use rusqlite::named_params;

use crate::meter;
use crate::process::add_connection;
use crate::table::{Table, grouped, median, mib, ms, quantile};

const CONNECTION: ConnectionId = ConnectionId(1);

const DAYS: i64 = 90;
const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// What an upload and a finished session take, as the recordings at hand do on average.
const BATCH_BYTES: usize = 8 * 1024;
const SEGMENTS: [i64; 2] = [6 * 1024, 34 * 1024];

/// What the command takes.
#[derive(Args)]
pub struct Arguments {
    /// The size of the database, in GB.
    #[arg(long, default_value_t = 4.0)]
    gb: f64,
    /// Uploads at once.
    #[arg(long, default_value_t = 64)]
    connections: usize,
    /// Seconds of uploads without erasing, before and after.
    #[arg(long, default_value_t = 5.0)]
    seconds: f64,
    /// How often a day is erased; results are medians.
    #[arg(long, default_value_t = 3)]
    rounds: i64,
}

/// What a round of uploads met.
struct Met {
    latencies: Vec<u32>,
}

impl Met {
    fn p(&self, share: f64) -> u32 {
        quantile(&self.latencies, share)
    }
}

/// What erasing a day took.
#[derive(Default)]
struct Erased {
    sessions: u64,
    bytes: u64,
    pages: u64,
    took: Duration,
    longest: Duration,
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let data = tempfile::tempdir()?;
        add_connection(data.path())?;
        let first_at = Clock::system().now() - DAYS * DAY_MS;
        println!("writing {} GB", arguments.gb);
        fill(data.path(), (arguments.gb * 1e9) as i64, first_at)?;
        let settings = Settings::load(None, BTreeMap::new())?;
        let (store, closing) = Store::open(data.path(), &settings.store)?;
        println!("load average {}", meter::load_average());
        let rate = capacity(&store, arguments).await? / 2.0;
        let mut rounds = Vec::new();
        for day in 0..arguments.rounds {
            let quiet =
                upload_for(&store, arguments, rate, Duration::from_secs_f64(arguments.seconds)).await?;
            let (busy, erased) =
                upload_beside(&store, arguments, rate, first_at + (day + 1) * DAY_MS).await?;
            rounds.push((quiet, busy, erased));
        }
        let pages = store.read(erasing::pages).await?;
        report(rate, &rounds, pages);
        drop(store);
        closing.close();
        Ok(())
    })
}

fn fill(data: &Path, bytes: i64, first_at: TimestampMs) -> anyhow::Result<()> {
    let conn = Db::open(data.join("hindsight.db"))?;
    conn.execute_batch(
        "PRAGMA synchronous = OFF; PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 10000;",
    )?;
    let sessions = bytes / SEGMENTS.iter().sum::<i64>();
    let params = named_params! { ":sessions": sessions, ":first": first_at, ":days": DAYS };
    conn.execute(
        "WITH RECURSIVE
         number (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM number WHERE n < :sessions - 1),
         visit (n, at) AS (SELECT n, :first + n * (:days * 86400000 / :sessions) FROM number)
         INSERT INTO session (id, connection_id, public_id, started_at, last_batch_at, completed_at, finished_at,
                              first_event_at, last_event_at, events, batches, bytes, json_bytes, playable,
                              landing_url, user_agent)
         SELECT (1 << 49) | (at << 7), 1, lower(hex(randomblob(16))), at, at, at, at, at, at, 500, 20,
                40960, 600000, 1, 'https://shop.example/category-' || n % 40 || '/product-' || n * 7919 % 700001, ''
         FROM visit",
        params,
    )?;
    conn.execute_batch(
        "INSERT INTO session_search (rowid, landing_url) SELECT id, landing_url FROM session;
         INSERT INTO stream (connection_id, session_id, public_id, first_event_at, last_event_at, last_seq)
         SELECT 1, id, public_id, started_at, started_at, 0 FROM session ORDER BY id;",
    )?;
    // Finished one after the other, so that what belongs together stands together.
    let mut segment = conn.prepare(
        "INSERT INTO segment SELECT (id << 20) | ?1, 0, 0, 0, 0, 0, 250, 10, 1, ?2, 300000, x'', x'', randomblob(?2)
         FROM stream WHERE id BETWEEN ?3 AND ?3 + 99",
    )?;
    for first in (1..=sessions).step_by(100) {
        for (number, bytes) in SEGMENTS.iter().enumerate() {
            segment.execute((number as i64, bytes, first))?;
        }
    }
    conn.execute_batch(
        "UPDATE connection SET completed_sessions = (SELECT count(*) FROM session),
                               events = (SELECT sum(events) FROM session), bytes = (SELECT sum(bytes) FROM session);
         INSERT INTO activity SELECT 1, started_at / 3600000, count(*), sum(events), sum(bytes) FROM session GROUP BY 2;",
    )?;
    Ok(())
}

/// Uploads in a second when each is followed by the next.
async fn capacity(store: &Store, arguments: &Arguments) -> anyhow::Result<f64> {
    let (seconds, stop) = (arguments.seconds, Arc::new(AtomicBool::new(false)));
    let uploading = upload(store, arguments, None, Arc::clone(&stop));
    tokio::time::sleep(Duration::from_secs_f64(seconds)).await;
    stop.store(true, Ordering::Relaxed);
    Ok(uploading.await?.latencies.len() as f64 / seconds)
}

async fn upload_for(store: &Store, arguments: &Arguments, rate: f64, time: Duration) -> anyhow::Result<Met> {
    let stop = Arc::new(AtomicBool::new(false));
    let uploading = upload(store, arguments, Some(rate), Arc::clone(&stop));
    tokio::time::sleep(time).await;
    stop.store(true, Ordering::Relaxed);
    Ok(uploading.await?)
}

async fn upload_beside(
    store: &Store,
    arguments: &Arguments,
    rate: f64,
    before: TimestampMs,
) -> anyhow::Result<(Met, Erased)> {
    let stop = Arc::new(AtomicBool::new(false));
    let uploading = upload(store, arguments, Some(rate), Arc::clone(&stop));
    let erased = erase(store, before).await?;
    stop.store(true, Ordering::Relaxed);
    Ok((uploading.await?, erased))
}

/// Starts to upload, at a rate or as fast as it goes, until it is told to stop.
fn upload(
    store: &Store,
    arguments: &Arguments,
    rate: Option<f64>,
    stop: Arc<AtomicBool>,
) -> tokio::task::JoinHandle<Met> {
    let (store, connections) = (store.clone(), arguments.connections);
    tokio::spawn(async move {
        let visitors: Vec<_> = (0..connections)
            .map(|_| {
                let every = rate.map(|rate| Duration::from_secs_f64(connections as f64 / rate));
                tokio::spawn(visit(store.clone(), every, Arc::clone(&stop)))
            })
            .collect();
        let mut latencies = Vec::new();
        for visitor in visitors {
            latencies.extend(visitor.await.unwrap_or_default());
        }
        latencies.sort_unstable();
        Met { latencies }
    })
}

/// One visitor's uploads; how long each took, in microseconds from when it was due.
async fn visit(store: Store, every: Option<Duration>, stop: Arc<AtomicBool>) -> Vec<u32> {
    let mut latencies = Vec::new();
    let id = format!("{:032x}", rand());
    let mut due = Instant::now();
    for seq in 0.. {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        match every {
            Some(every) => {
                due += every;
                tokio::time::sleep_until(due.into()).await;
            }
            None => due = Instant::now(),
        }
        let batch = batch(&id, seq);
        let rules = batches::Rules {
            reopen_since: 0,
            session_ms: i64::MAX,
            session_bytes: i64::MAX,
            session_batches: i64::MAX,
            daily_bytes: None,
        };
        let stored = store
            .write_sized(BATCH_BYTES, move |conn| batches::append(conn, CONNECTION, &batch, &rules))
            .await;
        if stored.is_ok() {
            latencies.push(u32::try_from(due.elapsed().as_micros()).unwrap_or(u32::MAX));
        }
    }
    latencies
}

fn batch(id: &str, seq: i64) -> Batch {
    let now = Clock::system().now();
    // Noise, since what is stored is compressed.
    let mut word = rand();
    let body = (0..BATCH_BYTES / 8).flat_map(|_| {
        word = word.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (word as u64).to_le_bytes()
    });
    Batch {
        session: id.parse().expect("32 digits"),
        stream: id.parse().expect("32 digits"),
        seq,
        body: body.collect(),
        hash: [0; 32],
        facts: BatchFacts { events: 20, first_at: now, last_at: now, ..BatchFacts::default() },
        end: false,
        user_agent: String::new(),
        sent_at: None,
        received_at: now,
    }
}

/// A number that is different each time.
fn rand() -> u128 {
    use std::hash::{BuildHasher, Hasher};
    let half = || u128::from(std::hash::RandomState::new().build_hasher().finish());
    (half() << 64) | half()
}

/// Erases what started before a time, step by step as the server does.
async fn erase(store: &Store, before: TimestampMs) -> anyhow::Result<Erased> {
    let started = Instant::now();
    let mut erased = Erased::default();
    let now = Clock::system().now();
    let out_of_sight = move |conn: &Db| erasing::erase(conn, CONNECTION, &Selection::Outdated(before), now);
    erased.sessions = all_steps(store, &mut erased.longest, out_of_sight).await?;
    erased.bytes = all_steps(store, &mut erased.longest, erasing::overwrite).await?;
    erased.pages = all_steps(store, &mut erased.longest, |conn| erasing::shrink(conn, 0)).await?;
    erased.took = started.elapsed();
    Ok(erased)
}

async fn all_steps<F>(store: &Store, longest: &mut Duration, step: F) -> anyhow::Result<u64>
where
    F: Fn(&Db) -> hindsight::store::Result<Progress> + Copy + Send + 'static,
{
    let mut all = 0;
    loop {
        let timed = move |conn: &Db| {
            let started = Instant::now();
            Ok((step(conn)?, started.elapsed()))
        };
        let (progress, took) = store.write(timed).await?;
        *longest = (*longest).max(took);
        all += progress.erased;
        if !progress.more {
            return Ok(all);
        }
        tokio::time::sleep(BETWEEN_STEPS).await;
    }
}

fn report(rate: f64, rounds: &[(Met, Met, Erased)], pages: erasing::Pages) {
    let of = |value: &dyn Fn(&(Met, Met, Erased)) -> f64| median(rounds.iter().map(value));
    let p99 = |met: &Met| f64::from(met.p(0.99));
    let mut table = Table::new(&["a day of 90 erased", "", "bound"]);
    let mut line = |name: &str, value: String, bound: &str| {
        table.cells(vec![name.to_owned(), value, bound.to_owned()]);
    };
    line("uploads/s beside it", grouped(rate), "");
    line("sessions", grouped(of(&|round| round.2.sessions as f64)), "");
    line("bytes overwritten", mib(of(&|round| round.2.bytes as f64) as u64), "");
    line("pages given back", grouped(of(&|round| round.2.pages as f64)), "");
    line("took", format!("{:.1} s", of(&|round| round.2.took.as_secs_f64())), "");
    let longest = rounds.iter().map(|round| round.2.longest).max().unwrap_or_default();
    line("longest step of the writer", format!("{:.1} ms", longest.as_secs_f64() * 1e3), "20 ms");
    for (name, share) in [("p50", 0.5), ("p99", 0.99), ("p99.9", 0.999)] {
        line(&format!("upload {name} without"), ms(of(&|round| f64::from(round.0.p(share))) as u32), "");
        line(&format!("upload {name} meanwhile"), ms(of(&|round| f64::from(round.1.p(share))) as u32), "");
    }
    line("p99 meanwhile / without", format!("{:.2}", of(&|round| p99(&round.1) / p99(&round.0))), "1.5");
    line("free pages left in the file", grouped(pages.free as f64), "");
    table.print("Retention");
}
