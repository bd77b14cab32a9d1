//! Recordings of a wanted size, made of others: one visit of several page loads.

use std::path::Path;

use anyhow::Context as _;
use hindsight::ingest::gzip;
use hindsight::rrweb::{Event, file};

use crate::corpus::LIMITS;
use crate::process::{hindsight, output};

/// When the first page was loaded.
const BEGINS_AT: i64 = 1_700_000_000_000;

/// What passes between two page loads.
const PAUSE_MS: i64 = 1000;

/// A recording as a file that `hindsight import` takes.
pub struct Joined {
    /// A JSON array of batches.
    pub json: String,
    /// The same batches, each a gzip member.
    pub members: Vec<Vec<u8>>,
}

impl Joined {
    /// Joins these recordings, and again from the first, until there is about so much JSON.
    pub fn new(texts: &[String], bytes: usize) -> anyhow::Result<Self> {
        let mut joined = Self { json: "[".to_owned(), members: Vec::new() };
        let mut now = BEGINS_AT;
        for (number, text) in texts.iter().cycle().enumerate() {
            now = joined.add(number, text, now)? + PAUSE_MS;
            if joined.json.len() >= bytes * 9 / 10 {
                break;
            }
        }
        joined.json.push(']');
        Ok(joined)
    }

    /// Adds a recording that begins at `now`; returns when it ends.
    fn add(&mut self, number: usize, text: &str, now: i64) -> anyhow::Result<i64> {
        let batches = file::batches(text, &LIMITS)?;
        let times = || batches.iter().flat_map(|batch| &batch.events).map(|event| event.timestamp);
        let first_at = times().min().unwrap_or_default();
        for batch in &batches {
            let events: Vec<String> = batch.events.iter().map(|event| shift(event, now - first_at)).collect();
            let events = format!("[{}]", events.join(","));
            if self.json.len() > 1 {
                self.json.push(',');
            }
            let stream = batch.stream.as_deref().unwrap_or_default();
            self.json += &format!(
                r#"{{"stream":"page load {number} {stream}","seq":{},"events":{events}}}"#,
                batch.seq
            );
            self.members.push(gzip::deflate(events.as_bytes()));
        }
        Ok(now + times().max().unwrap_or_default() - first_at)
    }

    /// Imports it; returns the session's id.
    pub fn import(&self, data: &Path) -> anyhow::Result<String> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("joined.json");
        std::fs::write(&path, &self.json)?;
        let printed = String::from_utf8(output(hindsight(data).arg("import").arg(&path))?)?;
        let session = printed.trim().rsplit(' ').next().context("the import names the session")?;
        Ok(session.to_owned())
    }
}

/// The event as if it had happened so many milliseconds later.
fn shift(event: &Event<'_>, by_ms: i64) -> String {
    let before = &event.json[..event.timestamp_span.start];
    let after = &event.json[event.timestamp_span.end..];
    format!("{before}{}{after}", event.timestamp + by_ms)
}
