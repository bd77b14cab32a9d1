//! The recordings that are sent, read once and prepared so that sending them is cheap.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, bail};
use clap::Args;
use hindsight::ingest::gzip;
use hindsight::privacy::{self, Marks, Rules};
use hindsight::rrweb::{self, event, file};

/// Reading stops at none of the server's limits: the server says what it refuses.
pub const LIMITS: rrweb::Limits = rrweb::Limits { depth: 2048, events: usize::MAX, event_bytes: usize::MAX };

/// Where recordings come from.
#[derive(Args)]
pub struct Source {
    /// A folder of recordings: gzip JSON, `*.json.gz`, as `hindsight import` takes them.
    #[arg(long = "recordings", value_name = "DIR", global = true, default_value = "browser/demo/visits")]
    pub folder: PathBuf,
    /// Send them without what must not be stored, as a recorder does which hides it on the page.
    #[arg(long = "masked", global = true)]
    pub is_masked: bool,
}

/// All recordings of a folder.
pub struct Corpus {
    /// In the order of their file names.
    pub recordings: Vec<Recording>,
}

/// One recorded visit.
pub struct Recording {
    /// In the order they are sent.
    pub batches: Vec<Batch>,
    /// How many streams its batches belong to.
    pub streams: usize,
}

/// One upload, but for the ids it is sent under.
pub struct Batch {
    /// The number of its stream within the recording.
    pub stream: usize,
    /// Its place in the stream.
    pub seq: i64,
    /// A gzip member, as a browser sends it.
    pub body: Vec<u8>,
    /// How many bytes that is inflated.
    pub raw_bytes: usize,
    /// How many events it holds.
    pub events: i64,
    /// When a recorder would send it, in milliseconds since the visit began.
    pub sent_ms: i64,
    /// Whether it is the last of its stream.
    pub ends_stream: bool,
}

impl Corpus {
    /// Reads all `*.json.gz` of a folder.
    pub fn read(source: &Source) -> anyhow::Result<Arc<Self>> {
        let paths = recording_files(&source.folder)?;
        let read =
            |path: &Path| Recording::read(path, source.is_masked).with_context(|| path.display().to_string());
        let recordings = paths.iter().map(|path| read(path)).collect::<anyhow::Result<_>>()?;
        Ok(Arc::new(Self { recordings }))
    }

    /// All batches of all recordings.
    pub fn batches(&self) -> impl Iterator<Item = &Batch> {
        self.recordings.iter().flat_map(|recording| &recording.batches)
    }

    /// What was read, for the head of a report.
    pub fn summary(&self) -> String {
        let raw: usize = self.batches().map(|batch| batch.raw_bytes).sum();
        let wire: usize = self.batches().map(|batch| batch.body.len()).sum();
        format!(
            "{} recordings, {} batches, {:.1} MB of JSON, {:.1} MB as gzip",
            self.recordings.len(),
            self.batches().count(),
            raw as f64 / 1e6,
            wire as f64 / 1e6
        )
    }
}

impl Recording {
    fn read(path: &Path, is_masked: bool) -> anyhow::Result<Self> {
        let json = read_json(path)?;
        let found = file::batches(&json, &LIMITS)?;
        let mut hiding = Hiding::default();
        let mut names: Vec<Option<&str>> = Vec::new();
        let mut batches = Vec::with_capacity(found.len());
        for batch in &found {
            let name = batch.stream.as_deref();
            let stream = names.iter().position(|known| *known == name).unwrap_or_else(|| {
                names.push(name);
                names.len() - 1
            });
            let mut json = json_of(batch);
            if is_masked {
                json = hiding.hide(stream, &json)?.unwrap_or(json);
            }
            batches.push(Batch::new(stream, batch, &json));
        }
        let streams = names.len();
        let began_ms = batches.iter().map(|batch| batch.sent_ms).min().unwrap_or_default();
        for batch in &mut batches {
            batch.sent_ms -= began_ms;
        }
        for stream in 0..streams {
            if let Some(last) = batches.iter_mut().rfind(|batch| batch.stream == stream) {
                last.ends_stream = true;
            }
        }
        Ok(Self { batches, streams })
    }
}

impl Batch {
    fn new(stream: usize, batch: &file::FileBatch<'_>, json: &str) -> Self {
        let facts = event::facts(&batch.events);
        Self {
            stream,
            seq: batch.seq,
            body: gzip::deflate(json.as_bytes()),
            raw_bytes: json.len(),
            events: facts.events,
            // A recorder sends a batch when its last event has happened.
            sent_ms: facts.last_at,
            ends_stream: false,
        }
    }
}

fn json_of(batch: &file::FileBatch<'_>) -> String {
    let events: Vec<&str> = batch.events.iter().map(|event| event.json).collect();
    format!("[{}]", events.join(","))
}

/// Hides in the batches of a visit what the server hides of a new connection's.
#[derive(Default)]
pub struct Hiding {
    rules: Rules,
    marks: HashMap<usize, Marks>,
}

impl Hiding {
    /// The batch as it is stored. `None`: as it is sent.
    pub fn hide(&mut self, stream: usize, json: &str) -> anyhow::Result<Option<String>> {
        let marks = self.marks.entry(stream).or_default();
        let hidden = privacy::hide(json, &rrweb::events(json, &LIMITS)?, &self.rules, marks)?;
        Ok(hidden.map(|hidden| hidden.json))
    }
}

/// The recordings of a folder, by name; at least one.
pub fn recording_files(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))? {
        let path = entry?.path();
        if path.to_string_lossy().ends_with(".json.gz") {
            paths.push(path);
        }
    }
    if paths.is_empty() {
        bail!("{} holds no *.json.gz; name a folder of recordings with --recordings", folder.display());
    }
    paths.sort();
    Ok(paths)
}

/// The JSON of a gzip file.
pub fn read_json(path: &Path) -> anyhow::Result<String> {
    let inflated = gzip::inflate(&std::fs::read(path)?, gzip::Limits::STORED)?;
    Ok(String::from_utf8(inflated)?)
}
