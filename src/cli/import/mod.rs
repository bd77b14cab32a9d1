//! `hindsight import`: recordings from files.
//!
//! A file is one session, stored whole or not at all. The session's id is made from
//! the file's content, so importing a file twice stores it once; one that this program
//! exported keeps its own. Files of other tools are read by `clients::files`.

mod finding;

use std::borrow::Cow;
use std::collections::HashMap;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow, bail};
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use sha2::{Digest, Sha256};

use super::archive::{self, AboutConnection, AboutSession};
use super::connection::{add_with_new_key, first_or_new};
use super::{Reported, noted};
use crate::clients;
use crate::clock::Clock;
use crate::config::{self, Settings};
use crate::ingest::{gzip, user_agent};
use crate::model::{Batch, ConnectionId, SessionId, StreamId, TimestampMs};
use crate::privacy::{self, Marks, Rules};
use crate::rrweb::{self, event, file};
use crate::store::audit::What;
use crate::store::batches::{self, Appended};
use crate::store::{self, Db, Store, connection_settings, connections};

/// What somebody imports is taken as it is.
const NO_RULES: batches::Rules = batches::Rules {
    reopen_since: TimestampMs::MIN,
    session_ms: i64::MAX,
    session_bytes: i64::MAX,
    session_batches: i64::MAX,
    daily_bytes: None,
};

/// The events of a file were held against the limits when it was read.
const UNLIMITED: rrweb::Limits =
    rrweb::Limits { depth: usize::MAX, events: usize::MAX, event_bytes: usize::MAX };

/// What describes the connection of an export.
pub const CONNECTION_FILE: &str = finding::CONNECTION;

/// The largest recording that is read from a file, inflated.
const MAX_FILE_BYTES: usize = 1024 * 1024 * 1024;

/// What the command takes.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Files, or folders with such: rrweb's events as an array or one on each line, `{events}`, batches
    /// `{seq, events}`, an export of PostHog's, or what `export --to` wrote; plain or gzip.
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
        bail!("there are no recordings in these folders: files that end in .json, .jsonl or .gz");
    }
    let named = match &arguments.connection {
        Some(name) => Some(connection(store, name).await?),
        None => None,
    };
    let style = ProgressStyle::with_template("{bar:30} {pos}/{len} {msg}")?;
    let progress = ProgressBar::new(files.len() as u64).with_style(style);
    let mut homes = Homes { named, first: None, described: HashMap::new() };
    let (mut new, mut known, mut refused) = (0, 0, 0);
    for path in &files {
        progress.set_message(path.display().to_string());
        let outcome = import_one(store, settings, &mut homes, path).await;
        progress.inc(1);
        // The bar steps aside for each line.
        progress.suspend(|| match outcome {
            Ok((stored, line)) => {
                match stored {
                    Stored::New => new += 1,
                    Stored::Before => known += 1,
                }
                writeln!(std::io::stdout(), "{line}")
            }
            Err(error) => {
                refused += 1;
                writeln!(std::io::stderr(), "hindsight: {error:#}")
            }
        })?;
    }
    progress.finish_and_clear();
    if files.len() > 1 {
        writeln!(std::io::stdout(), "{new} imported, {known} were imported before, {refused} not imported")?;
    }
    match refused {
        0 => Ok(()),
        _ if files.len() == 1 => Err(Reported.into()),
        _ => bail!("not imported: {refused} of {} files", files.len()),
    }
}

/// Which connection each file goes to.
struct Homes {
    named: Option<ConnectionId>,
    first: Option<ConnectionId>,
    /// By the file that describes them.
    described: HashMap<PathBuf, ConnectionId>,
}

impl Homes {
    async fn of(&mut self, store: &Store, path: &Path) -> anyhow::Result<ConnectionId> {
        if let Some(named) = self.named {
            return Ok(named);
        }
        // Sessions stand in a folder beside the description.
        let folder = path.parent().and_then(Path::parent);
        if let Some(file) = folder.map(|folder| folder.join(CONNECTION_FILE)).filter(|file| file.is_file()) {
            if let Some(known) = self.described.get(&file) {
                return Ok(*known);
            }
            let found = described(store, &file).await.with_context(|| file.display().to_string())?;
            self.described.insert(file, found);
            return Ok(found);
        }
        match self.first {
            Some(first) => Ok(first),
            None => Ok(*self.first.insert(first_or_new(store).await?.id)),
        }
    }
}

/// The connection of this name, or a new one with the same settings.
async fn described(store: &Store, file: &Path) -> anyhow::Result<ConnectionId> {
    let about: AboutConnection = serde_json::from_slice(&read_file(file)?)?;
    check_version(about.hindsight)?;
    let now = Clock::system().now();
    let added = store.write(move |conn| {
        if let Some(known) = connections::named(conn, &about.name)? {
            return Ok(Some(known.id));
        }
        let Some(added) = add_with_new_key(conn, &about.name, now)? else { return Ok(None) };
        about.apply(conn, added.id)?;
        Ok(Some(added.id))
    });
    added.await?.context("its connection could not be added; name one with --connection")
}

fn check_version(version: u32) -> anyhow::Result<()> {
    if version != archive::VERSION {
        bail!(
            "it was exported in the form {version}, and this version reads {}; take a newer one",
            archive::VERSION
        );
    }
    Ok(())
}

async fn import_one(
    store: &Store,
    settings: &Settings,
    homes: &mut Homes,
    path: &Path,
) -> anyhow::Result<(Stored, String)> {
    let bytes = read_file(path).with_context(|| format!("cannot read {}", path.display()))?;
    let connection = homes.of(store, path).await?;
    let hiding = move |conn: &Db| connection_settings::find(conn, connection);
    let rules = store.read(hiding).await?.map(|known| Rules::of(&known.recording, &known.texts));
    let recording = read(&bytes, &settings.ingest, &rules.unwrap_or_default())
        .with_context(|| path.display().to_string())?;
    let (session, events) = (recording.session.clone(), recording.events());
    let name = path.display();
    let stored = self::store(store, connection, recording).await?;
    let line = match stored {
        Stored::New => {
            let detail = serde_json::json!({ "events": events });
            let entry = noted::entry(What::DataImported, Some(connection), session.to_string(), detail);
            noted::note(store, entry).await;
            format!("{name}: {events} events, session {session}")
        }
        Stored::Before => format!("{name}: was imported before, session {session}"),
    };
    Ok((stored, line))
}

/// Reads a file, unless it is too large.
pub fn read_file(path: &Path) -> anyhow::Result<Vec<u8>> {
    let length = std::fs::metadata(path)?.len();
    if length > MAX_FILE_BYTES as u64 {
        bail!("it has {length} bytes, more than the {MAX_FILE_BYTES} that are read");
    }
    Ok(std::fs::read(path)?)
}

async fn connection(store: &Store, name: &str) -> anyhow::Result<ConnectionId> {
    let wanted = name.to_owned();
    match store.read(move |conn| connections::named(conn, &wanted)).await? {
        Some(found) => Ok(found.id),
        None => {
            bail!("there is no connection named {name:?}; add it with `hindsight connection add {name:?}`")
        }
    }
}

/// A recording that was read and checked.
pub struct Recording {
    session: SessionId,
    batches: Vec<Batch>,
    /// What an export says of it.
    about: Option<AboutSession>,
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
/// What the rules name is hidden as in an upload.
pub fn read(bytes: &[u8], limits: &config::Ingest, rules: &Rules) -> anyhow::Result<Recording> {
    let text = text(bytes)?;
    let plain = clients::files::ours(text.trim_start_matches('\u{feff}'), &file_limits(limits))?;
    let about = about(&plain)?;
    let found = batches(&plain, limits)?;
    let digest = short_hash(text.as_bytes());
    let now = Clock::system().now();
    let mut pages: HashMap<Option<String>, Marks> = HashMap::new();
    let upload = |batch: &file::FileBatch<'_>| {
        let marks = pages.entry(batch.stream.as_deref().map(str::to_owned)).or_default();
        as_upload(batch, &digest, now, rules, marks)
    };
    let mut batches = found.iter().map(upload).collect::<anyhow::Result<Vec<_>>>()?;
    check_order(&batches)?;
    end_all_pages(&mut batches);
    let session = match &about {
        Some(about) => about.session.parse()?,
        None => digest.parse()?,
    };
    if let Some(about) = &about {
        take_over(&mut batches, about, &session, now);
    }
    Ok(Recording { session, batches, about })
}

/// A file is read whole, however large.
fn file_limits(limits: &config::Ingest) -> clients::Limits {
    let inflated = gzip::Limits { bytes: MAX_FILE_BYTES, ratio: usize::MAX };
    clients::Limits { inflated, depth: limits.max_depth + 4 }
}

/// What stands in front of the batches of an export.
fn about(text: &str) -> anyhow::Result<Option<AboutSession>> {
    let Some(first) = rrweb::file::first_element(text) else { return Ok(None) };
    if !first.starts_with("{\"hindsight\":") {
        return Ok(None);
    }
    let about: AboutSession =
        serde_json::from_str(first).context("what it says of its session cannot be read")?;
    check_version(about.hindsight)?;
    Ok(Some(about))
}

/// The session as it was where it was exported.
fn take_over(batches: &mut [Batch], about: &AboutSession, session: &SessionId, now: TimestampMs) {
    let first_at = batches.iter().map(|batch| batch.facts.first_at).min().unwrap_or_default();
    for batch in batches {
        batch.session = session.clone();
        batch.user_agent = user_agent(&about.user_agent);
        batch.facts.country.clone_from(&about.country);
        batch.received_at = (about.started_at + batch.facts.first_at - first_at).min(now);
    }
}

/// The JSON of a file, which may be compressed.
pub fn text(bytes: &[u8]) -> anyhow::Result<Cow<'_, str>> {
    let not_text = "the file is not UTF-8 text, so it is no recording";
    if !gzip::is_gzip(bytes) {
        return Ok(std::str::from_utf8(bytes).context(not_text)?.into());
    }
    let inflated = gzip::inflate(bytes, gzip::Limits { bytes: MAX_FILE_BYTES, ratio: usize::MAX })?;
    Ok(String::from_utf8(inflated).context(not_text)?.into())
}

/// The events of a file.
pub fn batches<'a>(text: &'a str, limits: &config::Ingest) -> anyhow::Result<Vec<file::FileBatch<'a>>> {
    let limits =
        rrweb::Limits { depth: limits.max_depth, events: usize::MAX, event_bytes: limits.max_event_bytes };
    file::batches(text.trim_start_matches('\u{feff}'), &limits)
        .context("not a recording: a JSON array of rrweb events, or of batches {seq, events}, is wanted")
}

/// A file holds a visit that is over: all its pages have gone away.
fn end_all_pages(batches: &mut [Batch]) {
    let mut last_seqs: HashMap<StreamId, i64> = HashMap::new();
    for batch in batches.iter() {
        let last_seq = last_seqs.entry(batch.stream.clone()).or_insert(batch.seq);
        *last_seq = batch.seq.max(*last_seq);
    }
    for batch in batches {
        batch.end = last_seqs.get(&batch.stream) == Some(&batch.seq);
    }
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

fn as_upload(
    batch: &file::FileBatch<'_>,
    digest: &str,
    now: TimestampMs,
    rules: &Rules,
    marks: &mut Marks,
) -> anyhow::Result<Batch> {
    let events: Vec<&str> = batch.events.iter().map(|event| event.json).collect();
    let mut json = format!("[{}]", events.join(","));
    let hash = Sha256::digest(&json).into();
    let hidden = privacy::hide(&json, &rrweb::events(&json, &UNLIMITED)?, rules, marks)?;
    let (changed, counts) =
        hidden.map_or((None, privacy::Counts::new()), |hidden| (Some(hidden.json), hidden.counts));
    json = changed.unwrap_or(json);
    let mut facts = event::facts(&rrweb::events(&json, &UNLIMITED)?);
    facts.hidden = counts.into_iter().collect();
    Ok(Batch {
        session: digest.parse()?,
        stream: stream_id(batch.stream.as_deref(), digest)?,
        seq: batch.seq,
        hash,
        body: gzip::deflate(json.as_bytes()),
        end: false,
        user_agent: batch.user_agent.as_deref().map(user_agent).unwrap_or_default(),
        sent_at: None,
        received_at: facts.first_at.min(now),
        facts,
    })
}

/// The stream's name in the file if it is an id of ours, otherwise one made from it.
fn stream_id(name: Option<&str>, digest: &str) -> anyhow::Result<StreamId> {
    let Some(name) = name else { return Ok(digest.parse()?) };
    let made = || short_hash(format!("{digest}/{name}").as_bytes());
    Ok(name.parse().or_else(|_| made().parse())?)
}

/// The first 128 bits of SHA-256, in hexadecimal digits.
pub fn short_hash(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

/// Stores a recording, whole or not at all.
pub async fn store(store: &Store, connection: ConnectionId, recording: Recording) -> anyhow::Result<Stored> {
    let bytes = recording.batches.iter().map(|batch| batch.body.len()).sum();
    let appended = store
        .write_sized(bytes, move |conn| append_all(conn, connection, &recording))
        .await
        .map_err(|error| match error {
            store::Error::Abandoned => anyhow!("a session of this id is stored with other content; it stays"),
            other => other.into(),
        })?;
    let any_new = appended.iter().any(|outcome| matches!(outcome, Appended::Stored { .. }));
    Ok(if any_new { Stored::New } else { Stored::Before })
}

fn append_all(conn: &Db, connection: ConnectionId, recording: &Recording) -> store::Result<Vec<Appended>> {
    let append = |batch| match batches::append(conn, connection, batch, &NO_RULES)? {
        taken @ (Appended::Stored { .. } | Appended::Duplicate { .. }) => Ok(taken),
        _ => Err(store::Error::Abandoned),
    };
    let appended = recording.batches.iter().map(append).collect::<store::Result<Vec<_>>>()?;
    let all_new = appended.iter().all(|outcome| matches!(outcome, Appended::Stored { .. }));
    if let (Some(about), true) = (&recording.about, all_new) {
        about.apply(conn, connection, &recording.session)?;
    }
    Ok(appended)
}
