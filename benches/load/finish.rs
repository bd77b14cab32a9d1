//! `finish`: how small finished recordings are, what making them so costs, and what
//! plugins add to that.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use clap::Args;
use hindsight::clock::Clock;
use hindsight::config::Settings;
use hindsight::finish::{Inspection, Worker, reports};
use hindsight::model::ConnectionId;
use hindsight::plugins::{Host, Loader, Metering};
use hindsight::stop;
use hindsight::store::{Db, Store, choices, completing};
use tempfile::TempDir;

use crate::corpus::{Corpus, Source, recording_files};
use crate::meter;
use crate::process::{HINDSIGHT, add_connection, hindsight, output};
use crate::table::{Table, median};

/// What the command takes.
#[derive(Args)]
pub struct Arguments {
    /// How often all is measured; results are medians.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
}

/// Which plugins work on the recordings.
#[derive(Clone, Copy, PartialEq, Eq)]
enum With {
    Nothing,
    Analyzers,
    All,
}

/// One round.
struct Round {
    cpu: Duration,
    wall: Duration,
    /// Of the CPU time, what came after the recordings were stored: analyzers.
    after: Duration,
    stored: Stored,
}

/// What finished recordings take, in bytes.
#[derive(Clone, Copy)]
struct Stored {
    segments: i64,
    timelines: i64,
    /// What can be searched for, without its index.
    words: i64,
    styles: i64,
    ledgers: i64,
    pieces: i64,
    /// The pages in use, less those of a database without recordings.
    file: i64,
}

/// Runs the command.
pub fn run(recordings: &Source, arguments: &Arguments) -> anyhow::Result<()> {
    let corpus = Corpus::read(recordings)?;
    println!("{}; load average {}", corpus.summary(), meter::load_average());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let (mut nothing, mut analyzers, mut all) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..arguments.rounds {
        nothing.push(runtime.block_on(measure(&recordings.folder, With::Nothing))?);
        analyzers.push(runtime.block_on(measure(&recordings.folder, With::Analyzers))?);
        all.push(runtime.block_on(measure(&recordings.folder, With::All))?);
    }
    report(&corpus, &nothing);
    report_plugins(&corpus, &nothing, &analyzers, &all);
    Ok(())
}

async fn measure(recordings: &Path, with: With) -> anyhow::Result<Round> {
    let data = import(recordings)?;
    let mut settings = Settings::load(None, BTreeMap::new())?;
    settings.sessions.ended_grace_seconds = 0;
    let (store, closing) = Store::open(data.path(), &settings.store)?;
    // Completed beforehand, since that is no part of finishing.
    let now = Clock::system().now();
    while store.write(move |conn| completing::complete(conn, now, now, now)).await? > 0 {}
    if with == With::All {
        store.write(|conn| choices::enable(conn, "mask-pii", ConnectionId(1), true)).await?;
    }
    settings.plugins.enabled = with != With::Nothing;
    let plugins = plugins(&settings)?;
    let (_stopper, stopping) = stop::channel();
    let (cpu, wall) = (meter::own_cpu(), Instant::now());
    Worker::new(store.clone(), Clock::system(), settings, plugins.clone()).catch_up(&stopping).await?;
    let finished = meter::own_cpu();
    let orders = reports::channel().1;
    Inspection::new(store.clone(), Clock::system(), plugins, orders).catch_up(&stopping).await?;
    let after = meter::own_cpu().saturating_sub(finished);
    let (cpu, wall) = (meter::own_cpu().saturating_sub(cpu), wall.elapsed());
    let empty = pages_of_an_empty_database()?;
    let mut stored = store.read(|conn| Ok(stored(conn)?)).await?;
    stored.file -= empty;
    drop(store);
    closing.close();
    Ok(Round { cpu, wall, after, stored })
}

/// The plugins that are a part of the program; compiled once for all rounds.
fn plugins(settings: &Settings) -> anyhow::Result<Host> {
    let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join("plugin-code");
    let built_ins = hindsight::cli::plugin::built_ins();
    let loader = Loader::new(&settings.plugins, &cache, built_ins.script_engine, Metering::Time)?;
    let host = Host::with_loader(loader.with_compiler(HINDSIGHT.into()), &settings.plugins, built_ins);
    host.refresh();
    Ok(host)
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
        timelines: sum("SELECT coalesce(sum(length(body)), 0) FROM timeline_block")?,
        words: sum("SELECT coalesce(sum(length(text)), 0) FROM session_text")?,
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
    let timelines = (stored.timelines + stored.words) as f64;
    let cpu = median(rounds.iter().map(|round| round.cpu.as_secs_f64()));
    let wall = median(rounds.iter().map(|round| round.wall.as_secs_f64()));
    let mb = |bytes: f64| format!("{:.2} MB", bytes / 1e6);
    let mut table = Table::new(&["finished recordings", "", "bound"]);
    let mut line = |name: &str, value: String, bound: &str| {
        table.cells(vec![name.to_owned(), value, bound.to_owned()]);
    };
    line("segments, stylesheets and ledgers", mb(bytes), "");
    line("of these stylesheets, once for each connection", mb(stored.styles as f64), "");
    line("timelines and what can be searched for", mb(timelines), "");
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

/// What plugins add: the same recordings without any, with analyzers, and with mask-pii too.
fn report_plugins(corpus: &Corpus, nothing: &[Round], analyzers: &[Round], all: &[Round]) {
    let raw = corpus.batches().map(|batch| batch.raw_bytes).sum::<usize>() as f64;
    let cpu = |rounds: &[Round]| median(rounds.iter().map(|round| round.cpu.as_secs_f64()));
    let after = |rounds: &[Round]| median(rounds.iter().map(|round| round.after.as_secs_f64()));
    let mut table = Table::new(&["with plugins", "CPU ms for each MB", "MB for each CPU second", "bound"]);
    let mut line = |name: &str, seconds: f64, bound: &str| {
        let rate = if seconds > 0.0 { raw / 1e6 / seconds } else { 0.0 };
        table.cells(vec![
            name.to_owned(),
            format!("{:.2}", seconds * 1e9 / raw),
            format!("{rate:.0}"),
            bound.to_owned(),
        ]);
    };
    line("segments, timeline, words", cpu(nothing) - after(nothing), "");
    line("of that and plugins: looking at sessions, with friction and knowledge-gaps", after(analyzers), "");
    line("mask-pii, on top", cpu(all) - cpu(analyzers), "");
    line("all together", cpu(all), "25");
    table.print("Finish: what plugins add");
}
