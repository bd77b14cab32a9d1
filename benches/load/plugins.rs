//! `plugins`: what it costs to load plugins and to let them look at recordings, beside the
//! timeline's own time and beside the same detectors natively.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use clap::Args;
use hindsight::config::Settings;
use hindsight::plugins::run::SessionInfo;
use hindsight::plugins::source::Files;
use hindsight::plugins::{Loader, Metering, Origin, Plugin};
use hindsight::rrweb::{Limits, file};
use hindsight::timeline::{self, Event, Stream};

use crate::corpus::{read_json, recording_files};
use crate::meter;
use crate::native::Native;
use crate::process::HINDSIGHT;
use crate::table::{Table, median};

/// Reading stops at none of the server's limits.
const LIMITS: Limits = Limits { depth: usize::MAX, events: usize::MAX, event_bytes: usize::MAX };

/// A plugin as somebody writes one in an afternoon: it counts clicks that nothing followed.
const SCRIPT: &str = r#"
export function analyze(session, settings) {
  const findings = [];
  let last = null;
  for (const event of session) {
    if (event.kind === "click") {
      if (last && last.target.selector === event.target.selector && event.at - last.at < 500) {
        findings.push({ kind: "again", at: event.at, title: `Clicked “${event.target.label}” again` });
      }
      last = event;
    } else if (event.kind === "mutation" || event.kind === "page-view") {
      last = null;
    }
  }
  return { findings };
}
"#;

const SCRIPT_MANIFEST: &str = r#"
[plugin]
id = "again"
name = "Again"
version = "1.0.0"
api = "0.1"
description = "Clicks that nothing followed."
[analyzer]
events = ["page-view", "click", "mutation"]
kinds = [{ id = "again", title = "Clicked again", severity = "low" }]
"#;

/// What the command takes.
#[derive(Args)]
pub struct Arguments {
    /// How often each is measured; results are medians.
    #[arg(long, default_value_t = 21)]
    rounds: usize,
}

/// Runs the command.
pub fn run(recordings: &Path, arguments: &Arguments) -> anyhow::Result<()> {
    println!("load average {}", meter::load_average());
    let (friction_manifest, friction) = built_in("friction")?;
    let script = || files("plugin.js", SCRIPT_MANIFEST, SCRIPT.as_bytes());
    let component = || files("plugin.wasm", friction_manifest, &friction);
    // Compiled now, so that what is measured comes from the cache.
    let (analyzer, again) = (load(&component(), "friction")?, load(&script(), "again")?);
    let mut table = Table::new(&["plugins", "ms of CPU", "bound"]);
    let rounds = arguments.rounds;
    let mut line = |name: &str, times: Vec<f64>, bound: &str| {
        table.cells(vec![name.to_owned(), format!("{:.3}", median(times)), bound.to_owned()]);
    };
    let cached = |files: &dyn Fn() -> Files, id: &str| {
        (0..rounds).map(|_| cpu_of(|| load(&files(), id).map(drop))).collect::<Vec<f64>>()
    };
    line("load friction from the cache, with its trials", cached(&component, "friction"), "5");
    line("load a plugin.js, with its trials", cached(&script, "again"), "5");
    let on_nothing =
        |plugin: &Plugin| (0..rounds).map(|_| analyze(plugin, &[], 0)).collect::<anyhow::Result<Vec<_>>>();
    line("friction, an empty session", on_nothing(&analyzer)?, "0.05");
    line("the plugin.js, an empty session", on_nothing(&again)?, "");
    table.print("Plugins: what a load and a run cost at least");
    beside_timelines(recordings, rounds, &analyzer, &again)
}

/// A recording, and what was measured of it: medians, in milliseconds.
struct Recording {
    bytes: usize,
    session: SessionInfo,
    events: Vec<Event>,
    timeline: f64,
    friction: f64,
    script: f64,
}

fn beside_timelines(
    recordings: &Path,
    rounds: usize,
    analyzer: &Plugin,
    again: &Plugin,
) -> anyhow::Result<()> {
    let mut each = Vec::new();
    for path in recording_files(recordings)? {
        let json = read_json(&path)?;
        let events = events_of(&json)?;
        let timelines = (0..rounds.min(5)).map(|_| cpu_of(|| events_of(&json).map(|events| events.len())));
        let (timeline, session) = (median(timelines), session_of(&events, json.len()));
        each.push(Recording { bytes: json.len(), session, events, timeline, friction: 0.0, script: 0.0 });
    }
    let sessions: Vec<_> = each.iter().map(|one| (one.session.clone(), one.events.clone())).collect();
    let mut native = Native::start(analyzer, &sessions)?;
    native.round()?;
    let mut natively = Vec::new();
    let mut times = vec![(Vec::new(), Vec::new()); each.len()];
    for _ in 0..rounds {
        natively.push(native.round()?);
        for (one, (friction, script)) in each.iter().zip(&mut times) {
            friction.push(analyze(analyzer, &one.events, one.bytes)?);
            script.push(analyze(again, &one.events, one.bytes)?);
        }
    }
    for (one, (friction, script)) in each.iter_mut().zip(times) {
        (one.friction, one.script) = (median(friction), median(script));
    }
    report(&each, median(natively));
    Ok(())
}

fn report(each: &[Recording], native: f64) {
    let sum = |part: fn(&Recording) -> f64| each.iter().map(part).sum::<f64>();
    let ratio = |part: fn(&Recording) -> f64| median(each.iter().map(move |one| part(one) / one.timeline));
    let (timeline, friction, script) =
        (sum(|one| one.timeline), sum(|one| one.friction), sum(|one| one.script));
    let mut table =
        Table::new(&["over all recordings", "ms of CPU", "of the timeline", "median recording", "bound"]);
    let mut line = |name: &str, ms: f64, median: f64, bound: &str| {
        let of = format!("{:.1} %", ms / timeline * 100.0);
        let median = format!("{:.1} %", median * 100.0);
        table.cells(vec![name.to_owned(), format!("{ms:.1}"), of, median, bound.to_owned()]);
    };
    line("timeline", timeline, 1.0, "");
    line("friction", friction, ratio(|one| one.friction), "5 %");
    line("a plugin.js", script, ratio(|one| one.script), "100 % (median)");
    table.print("Plugins beside the timeline");
    let events = each.iter().map(|one| one.events.len()).sum::<usize>();
    println!(
        "The detectors of friction, natively: {native:.2} ms for {events} events; the component takes {:.1} times \
         as long (bound 8).",
        friction / native
    );
}

fn built_in(id: &str) -> anyhow::Result<(&'static str, Vec<u8>)> {
    let of_id = |manifest: &str| manifest.contains(&format!("id = \"{id}\""));
    let found = hindsight::cli::plugin::built_ins().plugins.iter().find(|(manifest, _)| of_id(manifest));
    let (manifest, code) = found.with_context(|| format!("{id} is not a part of the program"))?;
    Ok((manifest, code.bytes().into_owned()))
}

fn files(name: &str, manifest: &str, code: &[u8]) -> Files {
    Files { name: name.to_owned(), code: code.to_vec(), manifest: Some(manifest.to_owned()) }
}

/// A loader as a server has it. It is kept for the whole run, as a server keeps it.
fn loader() -> anyhow::Result<Arc<Loader>> {
    static LOADER: std::sync::OnceLock<Arc<Loader>> = std::sync::OnceLock::new();
    if let Some(loader) = LOADER.get() {
        return Ok(Arc::clone(loader));
    }
    let settings = Settings::load(None, Default::default())?;
    let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join("plugin-code");
    let engine = hindsight::cli::plugin::built_ins().script_engine;
    let loader = Loader::new(&settings.plugins, &cache, engine, Metering::Time)?;
    Ok(Arc::clone(LOADER.get_or_init(|| Arc::new(loader.with_compiler(PathBuf::from(HINDSIGHT))))))
}

fn load(files: &Files, id: &str) -> anyhow::Result<Plugin> {
    Ok(loader()?.load(Origin::Folder, files, id)?.0)
}

/// The CPU time of a run, in milliseconds.
fn analyze(plugin: &Plugin, events: &[Event], bytes: usize) -> anyhow::Result<f64> {
    let info = session_of(events, bytes);
    let settings = plugin.settings(&[]).map_err(|problems| anyhow::anyhow!("{problems:?}"))?;
    let events = events.to_vec();
    let start = meter::thread_cpu();
    let run = plugin.analyze(&info, events.into_iter(), &settings);
    let took = meter::thread_cpu().saturating_sub(start);
    run.outcome?;
    Ok(ms(took))
}

fn session_of(events: &[Event], bytes: usize) -> SessionInfo {
    SessionInfo {
        id: "session-0000000001".to_owned(),
        started_at: "2026-01-01T00:00:00Z".to_owned(),
        duration: events.last().map_or(0, |event| event.at),
        bytes: bytes as u64,
        ..SessionInfo::default()
    }
}

/// What finishing does: events found, read, joined, and read back from their blocks.
fn events_of(json: &str) -> Result<Vec<Event>, timeline::block::Error> {
    let batches = file::batches(json, &LIMITS).unwrap_or_default();
    let times = batches.iter().flat_map(|batch| &batch.events).map(|event| event.timestamp);
    let mut stream = Stream::of_session(times.min().unwrap_or_default());
    for event in batches.iter().flat_map(|batch| &batch.events) {
        stream.push(event, event.timestamp);
    }
    let mut events = Vec::new();
    timeline::join(vec![stream.finish()], |event| events.push(event.clone()))?;
    Ok(events)
}

fn cpu_of<T>(work: impl FnOnce() -> T) -> f64 {
    let start = meter::thread_cpu();
    std::hint::black_box(work());
    ms(meter::thread_cpu().saturating_sub(start))
}

fn ms(took: Duration) -> f64 {
    took.as_secs_f64() * 1e3
}
