//! `hindsight import`: recordings from files.
//!
//! A file is one session, stored whole or not at all. The session's id is made from
//! the file's content, so importing a file twice stores it once.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use sha2::{Digest, Sha256};

use super::connection::add_with_new_key;
use crate::clock::Clock;
use crate::config::{self, Settings};
use crate::ingest::{gzip, user_agent};
use crate::model::{Batch, ConnectionId, SessionId, StreamId, TimestampMs};
use crate::rrweb::{self, event, file};
use crate::store::batches::{self, Appended};
use crate::store::{Db, Scope, Store, connections};

/// The largest recording that is read from a file, inflated.
const MAX_FILE_BYTES: usize = 1024 * 1024 * 1024;

/// What the command takes.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Files with a JSON array of rrweb events, or of batches `{seq, events}`; plain or gzip.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// The connection to store them in; by default the oldest.
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
    let connection = connection(store, arguments.connection.as_deref()).await?;
    let style = ProgressStyle::with_template("{bar:30} {pos}/{len} {msg}")?;
    let progress = ProgressBar::new(arguments.files.len() as u64).with_style(style);
    for path in &arguments.files {
        progress.set_message(path.display().to_string());
        let line = import_one(store, settings, connection, path).await;
        progress.inc(1);
        // The bar steps aside for each line.
        progress.suspend(|| line.as_ref().map(|line| println!("{line}")).unwrap_or_default());
        line?;
    }
    progress.finish_and_clear();
    Ok(())
}

async fn import_one(
    store: &Store,
    settings: &Settings,
    connection: ConnectionId,
    path: &Path,
) -> anyhow::Result<String> {
    let bytes = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    let recording = read(&bytes, &settings.ingest).with_context(|| path.display().to_string())?;
    let (session, events) = (recording.session.clone(), recording.events());
    let name = path.display();
    Ok(match self::store(store, connection, recording).await? {
        Stored::New => format!("{name}: {events} events, session {session}"),
        Stored::Before => format!("{name}: was imported before, session {session}"),
    })
}

async fn connection(store: &Store, name: Option<&str>) -> anyhow::Result<ConnectionId> {
    let now = Clock::system().now();
    if let Some(name) = name {
        let wanted = name.to_owned();
        let Some(found) = store.read(move |conn| connections::named(conn, &wanted)).await? else {
            bail!("there is no connection named {name:?}; add it with `hindsight connection add {name:?}`");
        };
        return Ok(found.id);
    }
    let oldest = store
        .write(move |conn| match connections::all(conn, &Scope::everything())?.into_iter().next() {
            Some(oldest) => Ok(Some(oldest)),
            None => add_with_new_key(conn, "My site", now),
        })
        .await?;
    Ok(oldest.context("the first connection was not added")?.id)
}

/// A recording that was read and checked.
pub struct Recording {
    session: SessionId,
    batches: Vec<Batch>,
}

impl Recording {
    fn events(&self) -> i64 {
        self.batches.iter().map(|batch| batch.facts.events).sum()
    }

    /// The same, received as if its last event had just come at `at`.
    pub fn ending_at(mut self, at: TimestampMs) -> Self {
        let last = self.batches.iter().map(|batch| batch.received_at).max().unwrap_or(at);
        for batch in &mut self.batches {
            batch.received_at += at - last;
        }
        self
    }
}

/// Whether a recording was there before.
pub enum Stored {
    /// It is new.
    New,
    /// It was imported before; nothing changed.
    Before,
}

/// Reads and checks a recording. Its events count as received when they happened.
pub fn read(bytes: &[u8], limits: &config::Ingest) -> anyhow::Result<Recording> {
    let inflated;
    let json = if gzip::is_gzip(bytes) {
        inflated = gzip::inflate(bytes, gzip::Limits { bytes: MAX_FILE_BYTES, ratio: usize::MAX })?;
        &inflated
    } else {
        bytes
    };
    let text = std::str::from_utf8(json).context("the file is not UTF-8 text, so it is no recording")?;
    let limits =
        rrweb::Limits { depth: limits.max_depth, events: usize::MAX, event_bytes: limits.max_event_bytes };
    let found = file::batches(text.trim_start_matches('\u{feff}'), &limits)
        .context("not a recording: a JSON array of rrweb events, or of batches {seq, events}, is wanted")?;
    let digest: String = Sha256::digest(json).iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    let now = Clock::system().now();
    let batches =
        found.iter().map(|batch| as_upload(batch, &digest, now)).collect::<anyhow::Result<Vec<_>>>()?;
    check_order(&batches)?;
    let mut recording = Recording { session: digest.parse()?, batches };
    if let Some(last) = recording.batches.last_mut() {
        last.end = true;
    }
    Ok(recording)
}

/// What the store would refuse half-way through a file.
fn check_order(uploads: &[Batch]) -> anyhow::Result<()> {
    let mut places: Vec<(&str, i64)> =
        uploads.iter().map(|batch| (batch.stream.as_str(), batch.seq)).collect();
    places.sort_unstable();
    for pair in places.windows(2) {
        if pair[0] == pair[1] {
            bail!("two batches of the file have the seq {}", pair[0].1);
        }
    }
    if places.iter().any(|(_, seq)| !(0..=batches::MAX_SEQ_JUMP).contains(seq)) {
        bail!("the file has batches with a seq that is not from 0 to {}", batches::MAX_SEQ_JUMP);
    }
    Ok(())
}

fn as_upload(batch: &file::FileBatch<'_>, digest: &str, now: TimestampMs) -> anyhow::Result<Batch> {
    let events: Vec<&str> = batch.events.iter().map(|event| event.json).collect();
    let body = gzip::deflate(format!("[{}]", events.join(",")).as_bytes());
    let facts = event::facts(&batch.events);
    let named: Option<StreamId> = batch.stream.as_deref().and_then(|stream| stream.parse().ok());
    Ok(Batch {
        session: digest.parse()?,
        stream: match named {
            Some(stream) => stream,
            None => digest.parse()?,
        },
        seq: batch.seq,
        hash: Sha256::digest(&body).into(),
        body,
        end: false,
        user_agent: batch.user_agent.as_deref().map(user_agent).unwrap_or_default(),
        received_at: facts.last_at.min(now),
        facts,
    })
}

/// Stores a recording, whole or not at all.
pub async fn store(store: &Store, connection: ConnectionId, recording: Recording) -> anyhow::Result<Stored> {
    let bytes = recording.batches.iter().map(|batch| batch.body.len()).sum();
    let appended =
        store.write_sized(bytes, move |conn| append_all(conn, connection, &recording.batches)).await?;
    let any_new = appended.iter().any(|outcome| matches!(outcome, Appended::Stored { .. }));
    Ok(if any_new { Stored::New } else { Stored::Before })
}

fn append_all(conn: &Db, connection: ConnectionId, batches: &[Batch]) -> crate::store::Result<Vec<Appended>> {
    batches.iter().map(|batch| batches::append(conn, connection, batch, TimestampMs::MIN)).collect()
}
