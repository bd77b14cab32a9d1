//! `timeline`: how fast recordings are read as what a person did.
//!
//! For each recording: a bare skip over its JSON, the events found in it, the page alone,
//! and the timeline with its facts, in turns and as CPU time of one thread; beside it the
//! bytes of the timeline and of the recording's segments, both as they are stored.

use std::collections::HashSet;
use std::hint::black_box;
use std::path::Path;
use std::time::Duration;

use clap::Args;
use hindsight::rrweb::json::Cursor;
use hindsight::rrweb::{Limits, Mirror, file};
use hindsight::segment::frame::Press;
use hindsight::segment::{Cutter, Origin};
use hindsight::timeline::{self, Block, Facts, Stream};

use crate::corpus::{read_json, recording_files};
use crate::meter;
use crate::table::{Table, median};

/// Reading stops at none of the server's limits.
const LIMITS: Limits = Limits { depth: usize::MAX, events: usize::MAX, event_bytes: usize::MAX };

/// What the command takes.
#[derive(Args)]
pub struct Arguments {
    /// How often each recording is read; times are medians.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// A row for each recording.
    #[arg(long)]
    each: bool,
}

/// What is measured of a recording, or of all. Times are in milliseconds.
#[derive(Clone, Copy, Default)]
struct Measured {
    json_bytes: usize,
    skip: f64,
    find: f64,
    page: f64,
    timeline: f64,
    events: u32,
    stored_bytes: usize,
    segment_bytes: usize,
}

/// Runs the command.
pub fn run(recordings: &Path, arguments: &Arguments) -> anyhow::Result<()> {
    println!("load average {}", meter::load_average());
    let mut press = Press::small()?;
    let mut total = Measured::default();
    let mut table = Table::new(&[
        "recording",
        "MB",
        "skip ms",
        "find ms",
        "page ms",
        "timeline ms",
        "of skip",
        "MB/s",
        "events",
        "bytes",
        "of segments",
    ]);
    for path in recording_files(recordings)? {
        let measured = measure(&read_json(&path)?, arguments.rounds, &mut press)?;
        if arguments.each {
            measured.add_to(&mut table, &path.file_name().unwrap_or_default().to_string_lossy());
        }
        total = total.and(&measured);
    }
    total.add_to(&mut table, "all");
    table.print("Timelines, CPU time of one thread");
    Ok(())
}

fn measure(json: &str, rounds: usize, press: &mut Press) -> anyhow::Result<Measured> {
    let batches = file::batches(json, &LIMITS)?;
    let times = batches.iter().flat_map(|batch| &batch.events).map(|event| event.timestamp);
    let started_at = times.min().unwrap_or_default();
    let mut times = [const { Vec::new() }; 4];
    let mut blocks = Vec::new();
    for _ in 0..rounds.max(1) {
        times[0].push(cpu_of(|| Cursor::new(json, usize::MAX).value().map(str::len)).1);
        times[1].push(cpu_of(|| file::batches(json, &LIMITS).map(|batches| batches.len())).1);
        times[2].push(cpu_of(|| mirror(&batches)).1);
        let (read, took) = cpu_of(|| read(&batches, started_at));
        blocks = read?;
        times[3].push(took);
    }
    let [skip, find, page, timeline] = times.map(median);
    let mut stored_bytes = 0;
    for block in &blocks {
        stored_bytes += press.compress(&block.bytes)?.len();
    }
    Ok(Measured {
        json_bytes: json.len(),
        skip,
        find,
        page,
        timeline,
        events: blocks.iter().map(|block| block.events).sum(),
        stored_bytes,
        segment_bytes: segments(&batches, press)?,
    })
}

/// The page alone.
fn mirror(batches: &[file::FileBatch<'_>]) -> Mirror {
    let mut mirror = Mirror::default();
    for event in batches.iter().flat_map(|batch| &batch.events) {
        mirror.apply(event);
    }
    mirror
}

/// What finishing a session does with its events.
fn read(batches: &[file::FileBatch<'_>], started_at: i64) -> Result<Vec<Block>, timeline::block::Error> {
    let mut stream = Stream::of_session(started_at);
    for event in batches.iter().flat_map(|batch| &batch.events) {
        stream.push(event, event.timestamp);
    }
    let mut facts = Facts::default();
    timeline::join(vec![stream.finish()], |event| facts.add(event))
}

/// The recording as it is stored, its stylesheets included.
fn segments(batches: &[file::FileBatch<'_>], press: &mut Press) -> anyhow::Result<usize> {
    let mut cutter = Cutter::default();
    let mut segments = Vec::new();
    for batch in batches {
        for (index, event) in (0..).zip(&batch.events) {
            segments.extend(cutter.push(Origin { seq: batch.seq, index }, event, (i64::MIN, i64::MAX)));
        }
    }
    segments.extend(cutter.finish());
    let mut bytes = 0;
    let mut styles = HashSet::new();
    for segment in &segments {
        bytes += press.compress(segment.json.as_bytes())?.len();
        for (hash, sheet) in &segment.styles {
            if styles.insert(*hash) {
                bytes += press.compress(sheet.as_bytes())?.len();
            }
        }
    }
    Ok(bytes)
}

impl Measured {
    fn and(&self, other: &Self) -> Self {
        Self {
            json_bytes: self.json_bytes + other.json_bytes,
            skip: self.skip + other.skip,
            find: self.find + other.find,
            page: self.page + other.page,
            timeline: self.timeline + other.timeline,
            events: self.events + other.events,
            stored_bytes: self.stored_bytes + other.stored_bytes,
            segment_bytes: self.segment_bytes + other.segment_bytes,
        }
    }

    fn add_to(&self, table: &mut Table, name: &str) {
        let megabytes = self.json_bytes as f64 / 1e6;
        table.row([
            name.to_owned(),
            format!("{megabytes:.2}"),
            format!("{:.2}", self.skip),
            format!("{:.2}", self.find),
            format!("{:.2}", self.page),
            format!("{:.2}", self.timeline),
            format!("{:.1}", self.timeline / self.skip),
            format!("{:.0}", megabytes / self.timeline * 1e3),
            self.events.to_string(),
            self.stored_bytes.to_string(),
            format!("{:.1} %", self.stored_bytes as f64 * 100.0 / self.segment_bytes as f64),
        ]);
    }
}

/// CPU time of this thread for the work, in milliseconds, and what came out of it.
fn cpu_of<T>(work: impl FnOnce() -> T) -> (T, f64) {
    let start = meter::thread_cpu();
    let done = black_box(work());
    let took: Duration = meter::thread_cpu().saturating_sub(start);
    (done, took.as_secs_f64() * 1e3)
}
