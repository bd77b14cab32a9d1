//! `finish`: how small finished recordings are, and what making them so costs.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use clap::Args;
use hindsight::clock::Clock;
use hindsight::config::Settings;
use hindsight::finish::Worker;
use hindsight::stop;
use hindsight::store::{Db, Store, completing};
use tempfile::TempDir;

use crate::corpus::{Corpus, recording_files};
use crate::meter;
use crate::process::{add_connection, hindsight, output};
use crate::table::{Table, median};

/// What the command takes.
#[derive(Args)]
pub struct Arguments {
    /// How often all is measured; results are medians.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
}

/// One round.
struct Round {
    cpu: Duration,
    wall: Duration,
    stored: Stored,
}

/// What finished recordings take, in bytes.
#[derive(Clone, Copy)]
struct Stored {
    segments: i64,
    styles: i64,
    ledgers: i64,
    pieces: i64,
    /// The pages in use, less those of a database without recordings.
    file: i64,
}

/// Runs the command.
pub fn run(recordings: &Path, arguments: &Arguments) -> anyhow::Result<()> {
    let corpus = Corpus::read(recordings)?;
    println!("{}; load average {}", corpus.summary(), meter::load_average());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let rounds = (0..arguments.rounds)
        .map(|_| runtime.block_on(measure(recordings)))
        .collect::<anyhow::Result<Vec<_>>>()?;
    report(&corpus, &rounds);
    Ok(())
}

async fn measure(recordings: &Path) -> anyhow::Result<Round> {
    let data = import(recordings)?;
    let mut settings = Settings::load(None, BTreeMap::new())?;
    settings.sessions.ended_grace_seconds = 0;
    let (store, closing) = Store::open(data.path(), &settings.store)?;
    // Completed beforehand, since that is no part of finishing.
    let now = Clock::system().now();
    while store.write(move |conn| completing::complete(conn, now, now, now)).await? > 0 {}
    let (_stopper, stopping) = stop::channel();
    let (cpu, wall) = (meter::own_cpu(), Instant::now());
    Worker::new(store.clone(), Clock::system(), settings).catch_up(&stopping).await?;
    let (cpu, wall) = (meter::own_cpu().saturating_sub(cpu), wall.elapsed());
    let empty = pages_of_an_empty_database()?;
    let mut stored = store.read(|conn| Ok(stored(conn)?)).await?;
    stored.file -= empty;
    drop(store);
    closing.close();
    Ok(Round { cpu, wall, stored })
}

fn import(recordings: &Path) -> anyhow::Result<TempDir> {
    let data = tempfile::tempdir()?;
    output(hindsight(data.path()).arg("import").args(recording_files(recordings)?))?;
    Ok(data)
}

fn pages_of_an_empty_database() -> anyhow::Result<i64> {
    let data = tempfile::tempdir()?;
    add_connection(data.path())?;
    Ok(used_bytes(&Db::open(data.path().join("hindsight.db"))?)?)
}

fn stored(conn: &Db) -> rusqlite::Result<Stored> {
    let sum = |sql: &str| conn.query_row(sql, [], |row| row.get(0));
    Ok(Stored {
        segments: sum("SELECT coalesce(sum(bytes), 0) FROM segment")?,
        styles: sum("SELECT coalesce(sum(bytes), 0) FROM style")?,
        ledgers: sum("SELECT coalesce(sum(length(ledger)), 0) FROM stream")?,
        pieces: sum("SELECT (SELECT count(*) FROM segment) + (SELECT count(*) FROM batch)")?,
        file: used_bytes(conn)?,
    })
}

fn used_bytes(conn: &Db) -> rusqlite::Result<i64> {
    let pragma = |name: &str| conn.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    Ok((pragma("page_count")? - pragma("freelist_count")?) * pragma("page_size")?)
}

fn report(corpus: &Corpus, rounds: &[Round]) {
    let raw = corpus.batches().map(|batch| batch.raw_bytes).sum::<usize>() as f64;
    let wire = corpus.batches().map(|batch| batch.body.len()).sum::<usize>() as f64;
    let stored = rounds[0].stored;
    let bytes = (stored.segments + stored.styles + stored.ledgers) as f64;
    let cpu = median(rounds.iter().map(|round| round.cpu.as_secs_f64()));
    let wall = median(rounds.iter().map(|round| round.wall.as_secs_f64()));
    let mb = |bytes: f64| format!("{:.2} MB", bytes / 1e6);
    let mut table = Table::new(&["finished recordings", "", "bound"]);
    let mut line = |name: &str, value: String, bound: &str| {
        table.cells(vec![name.to_owned(), value, bound.to_owned()]);
    };
    line("segments, stylesheets and ledgers", mb(bytes), "");
    line("of these stylesheets, once for each connection", mb(stored.styles as f64), "");
    line("pieces", stored.pieces.to_string(), "");
    line("smaller than the JSON", format!("{:.2} times", raw / bytes), "15");
    line("smaller than the gzip that came in", format!("{:.2} times", wire / bytes), "1.6");
    line("pages of the database file", mb(stored.file as f64), "");
    line("the file smaller than the JSON", format!("{:.2} times", raw / stored.file as f64), "15");
    line("the file smaller than the gzip", format!("{:.2} times", wire / stored.file as f64), "1.6");
    line("CPU for each GB of JSON", format!("{:.1} s", cpu / raw * 1e9), "15 s");
    line("JSON finished in a second", format!("{:.0} MB", raw / 1e6 / wall), "");
    table.print("Finish: batches to segments, one connection for all recordings");
}
