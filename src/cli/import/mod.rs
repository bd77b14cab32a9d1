//! `hindsight import`: recordings from files, folders and archives.
//!
//! Each recording is one session, stored whole or not at all; see `moving`.

mod finding;
mod homes;

use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;
use tokio::runtime::Handle;

use self::homes::ByDescription;
use super::{Reported, connection, noted};
use crate::clock::Clock;
use crate::config::Settings;
use crate::model::TimestampMs;
use crate::moving::reading::MAX_FILE_BYTES;
use crate::moving::{Importer, Stored, Told};
use crate::store::audit::What;
use crate::store::{Store, connections};

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// The path that stands for standard input.
const STDIN: &str = "-";

/// What the command takes.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Files, or folders and tar archives with such: rrweb's events as an array or one on each line,
    /// `{events}`, batches `{seq, events}`, an export of PostHog's, or what `export --to` wrote; plain or
    /// gzip. `-` reads one from standard input.
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// The connection to store them in; by default the one that was exported, or the oldest.
    #[arg(long, value_name = "NAME")]
    connection: Option<String>,
}

/// Runs the command. Works beside a running server.
pub async fn run(settings: Settings, arguments: Arguments) -> anyhow::Result<()> {
    let (store, closing) = Store::open(&settings.server.data_dir, &settings.store)?;
    let outcome = import_all(&store, &settings, &arguments).await;
    closing.close();
    outcome
}

async fn import_all(store: &Store, settings: &Settings, arguments: &Arguments) -> anyhow::Result<()> {
    let files = finding::recordings(&arguments.paths)?;
    if files.is_empty() {
        bail!("there are no recordings in these folders: files that end in .json, .jsonl, .gz or .tar");
    }
    let named = match &arguments.connection {
        Some(name) => Some(connection::existing(store, name).await?.id),
        None => None,
    };
    let runtime = Handle::current();
    let importer = Importer {
        store: store.clone(),
        ingest: settings.ingest.clone(),
        file_bytes: MAX_FILE_BYTES,
        homes: ByDescription::new(store.clone(), runtime.clone(), named),
        entry: Box::new(|connection, session, events| {
            let detail = json!({ "events": events });
            noted::entry(What::DataImported, Some(connection), session.to_string(), detail)
        }),
        runtime,
    };
    let server_keeps = i64::from(settings.retention.keep_days);
    let importing = Importing { importer, server_keeps, counts: Counts::default() };
    tokio::task::spawn_blocking(move || importing.run(&files)).await?
}

/// What came of it so far.
#[derive(Default)]
struct Counts {
    new: usize,
    known: usize,
    refused: usize,
    /// Of the new ones, those that retention erases.
    outdated: usize,
}

impl Counts {
    fn all(&self) -> usize {
        self.new + self.known + self.refused
    }
}

struct Importing {
    importer: Importer<ByDescription>,
    /// How many days the server keeps sessions of connections without a rule of their own.
    server_keeps: i64,
    counts: Counts,
}

impl Importing {
    fn run(mut self, files: &[PathBuf]) -> anyhow::Result<()> {
        let style = ProgressStyle::with_template("{bar:30} {pos}/{len} {msg}")?;
        let progress = ProgressBar::new(files.len() as u64).with_style(style);
        for path in files {
            progress.set_message(path.display().to_string());
            let mut outcomes = Ok(());
            let (counts, keeps) = (&mut self.counts, self.server_keeps);
            let (store, runtime) = (self.importer.store.clone(), self.importer.runtime.clone());
            let mut tell = |told: Told| {
                let before = |connection| outdated_before(&store, &runtime, connection, keeps);
                // The bar steps aside for each line.
                let line = progress.suspend(|| tell(counts, &told, before));
                if outcomes.is_ok() {
                    outcomes = line;
                }
            };
            match open(path) {
                Ok(file) => self.importer.take(path, file, &mut tell),
                Err(error) => tell(Told { file: path.clone(), outcome: Err(error) }),
            }
            outcomes?;
            progress.inc(1);
        }
        progress.finish_and_clear();
        self.conclude()
    }

    fn conclude(&self) -> anyhow::Result<()> {
        let Counts { new, known, refused, outdated } = self.counts;
        if self.counts.all() > 1 {
            writeln!(
                std::io::stdout(),
                "{new} imported, {known} were imported before, {refused} not imported"
            )?;
        }
        if outdated > 0 {
            writeln!(
                std::io::stderr(),
                "hindsight: {outdated} of them are older than sessions of their connection are kept, and will be \
                 erased; `hindsight connection set NAME --keep-days 0` keeps them"
            )?;
        }
        match refused {
            0 => Ok(()),
            _ if self.counts.all() == 1 => Err(Reported.into()),
            _ => bail!("not imported: {refused} of {} files", self.counts.all()),
        }
    }
}

/// Prints what became of a recording.
fn tell(
    counts: &mut Counts,
    told: &Told,
    outdated_before: impl Fn(crate::model::ConnectionId) -> Option<TimestampMs>,
) -> std::io::Result<()> {
    let name = told.file.display();
    match &told.outcome {
        Ok(imported) if imported.stored == Stored::New => {
            counts.new += 1;
            let is_outdated = outdated_before(imported.connection).is_some_and(|at| imported.began_at < at);
            counts.outdated += usize::from(is_outdated);
            writeln!(std::io::stdout(), "{name}: {} events, session {}", imported.events, imported.session)
        }
        Ok(imported) => {
            counts.known += 1;
            writeln!(std::io::stdout(), "{name}: was imported before, session {}", imported.session)
        }
        Err(error) => {
            counts.refused += 1;
            writeln!(std::io::stderr(), "hindsight: {name}: {error:#}")
        }
    }
}

/// Sessions of a connection that began before this are erased, unless all are kept.
fn outdated_before(
    store: &Store,
    runtime: &Handle,
    connection: crate::model::ConnectionId,
    server_keeps: i64,
) -> Option<TimestampMs> {
    let rules = runtime.block_on(store.read(move |conn| connections::rules(conn, connection))).ok()??;
    let days = rules.keep_days.unwrap_or(server_keeps);
    (days > 0).then(|| Clock::system().now() - days * DAY_MS)
}

fn open(path: &Path) -> anyhow::Result<Box<dyn Read>> {
    if path == Path::new(STDIN) {
        return Ok(Box::new(std::io::stdin()));
    }
    let file = File::open(path).context("cannot read it")?;
    if file.metadata()?.is_dir() {
        bail!("it is a folder");
    }
    Ok(Box::new(file))
}
