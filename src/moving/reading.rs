//! A recording as a file has it, read and checked.
//!
//! A file is one session. Its id is made from the file's content, so importing a file
//! twice stores it once; one that this program exported keeps its own. Files of other
//! tools are read by `clients::files`.

use std::borrow::Cow;
use std::collections::HashMap;
use std::path::Path;

use anyhow::{Context as _, anyhow, bail};
use sha2::{Digest, Sha256};

use super::archive::{self, AboutSession};
use crate::clients;
use crate::clock::Clock;
use crate::config;
use crate::ingest::{gzip, user_agent};
use crate::model::{Batch, SessionId, StreamId, TimestampMs};
use crate::privacy::{self, Marks, Rules};
use crate::rrweb::{self, event, file};
use crate::store::batches;

/// The events of a file were held against the limits when it was read.
const UNLIMITED: rrweb::Limits =
    rrweb::Limits { depth: usize::MAX, events: usize::MAX, event_bytes: usize::MAX };

/// The largest recording that is read from a file where memory is no concern, inflated.
pub const MAX_FILE_BYTES: usize = 1024 * 1024 * 1024;

/// How much of a file is read.
#[derive(Clone, Copy, Debug)]
pub struct Limits<'a> {
    /// Those of uploads, for each event.
    pub ingest: &'a config::Ingest,
    /// A recording's bytes, as they are and inflated.
    pub file_bytes: usize,
}

impl<'a> Limits<'a> {
    /// Of whoever has the machine.
    pub fn large(ingest: &'a config::Ingest) -> Self {
        Self { ingest, file_bytes: MAX_FILE_BYTES }
    }

    fn of_clients(&self) -> clients::Limits {
        let inflated = gzip::Limits { bytes: self.file_bytes, ratio: usize::MAX };
        clients::Limits { inflated, depth: self.ingest.max_depth + 4 }
    }
}

/// The recording has more bytes than are read.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the recording has more than {limit} bytes")]
pub struct TooLarge {
    /// So many are.
    pub limit: usize,
}

/// Tells a form that this version does not know.
pub fn check_version(version: u32) -> anyhow::Result<()> {
    if version != archive::VERSION {
        bail!(
            "it was exported in the form {version}, and this version reads {}; take a newer one",
            archive::VERSION
        );
    }
    Ok(())
}

/// Reads a file, unless it is too large.
pub fn read_file(path: &Path) -> anyhow::Result<Vec<u8>> {
    let length = std::fs::metadata(path)?.len();
    if length > MAX_FILE_BYTES as u64 {
        bail!(TooLarge { limit: MAX_FILE_BYTES });
    }
    Ok(std::fs::read(path)?)
}

/// A recording that was read and checked.
pub struct Recording {
    /// The session that it becomes.
    pub session: SessionId,
    pub(super) batches: Vec<Batch>,
    /// What an export says of it.
    pub(super) about: Option<AboutSession>,
}

impl Recording {
    /// How many events it has.
    pub fn events(&self) -> i64 {
        self.batches.iter().map(|batch| batch.facts.events).sum()
    }

    /// When it began, as far as retention is concerned.
    pub fn began_at(&self) -> TimestampMs {
        self.batches.iter().map(|batch| batch.received_at).min().unwrap_or_default()
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

/// Reads and checks a recording. Its events count as received when they happened.
/// What the rules name is hidden as in an upload.
pub fn read(bytes: &[u8], limits: &Limits<'_>, rules: &Rules) -> anyhow::Result<Recording> {
    let text = text(bytes, limits.file_bytes)?;
    let plain = clients::files::ours(text.trim_start_matches('\u{feff}'), &limits.of_clients())?;
    let about = about(&plain)?;
    let found = batches(&plain, limits.ingest)?;
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
pub fn text(bytes: &[u8], most: usize) -> anyhow::Result<Cow<'_, str>> {
    let not_text = "the file is not UTF-8 text, so it is no recording";
    if !gzip::is_gzip(bytes) {
        return Ok(std::str::from_utf8(bytes).context(not_text)?.into());
    }
    let inflated = gzip::inflate(bytes, gzip::Limits { bytes: most, ratio: usize::MAX });
    let inflated = inflated.map_err(|error| match error {
        gzip::Error::TooLarge { limit } => anyhow::Error::from(TooLarge { limit }),
        gzip::Error::Broken(why) => anyhow!("it is not one whole gzip file: {why}"),
        other => other.into(),
    })?;
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
