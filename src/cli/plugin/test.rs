//! `hindsight plugin test`: a plugin over its own test, over a session, or over the input
//! of a run that is to be repeated.
//!
//! Each run is made twice: the same input must give the same result, or nobody could keep
//! results. The engine counts instructions, so that one figure is the same everywhere.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow, bail};
use clap::Args;
use serde_json::Value;

use super::super::Reported;
use super::check::{self, Loaded};
use super::recorded::{self, Recorded};
use super::shown;
use crate::config::Settings;
use crate::model::{Item, Period, Row};
use crate::plugins::Plugin;
use crate::plugins::input::{Given, Input, Returned};
use crate::plugins::run::{Run, SessionInfo};

/// The largest input that is read.
const MAX_INPUT_BYTES: u64 = 256 * 1024 * 1024;

/// What the command takes.
#[derive(Debug, Args)]
pub struct Arguments {
    /// The plugin's folder, or its .wasm or .js file.
    plugin: PathBuf,
    /// Runs it over a session, in place of its test: one of the data folder, or one in a file
    /// of rrweb events, which may be compressed.
    #[arg(long, value_name = "ID|FILE", allow_hyphen_values = true)]
    session: Option<String>,
    /// The connection that the session belongs to, if several have one of this id.
    #[arg(long, value_name = "NAME", requires = "session")]
    connection: Option<String>,
    /// Runs it over the input of a run, as the Plugins page gives it.
    #[arg(long, value_name = "FILE", conflicts_with = "session")]
    replay: Option<PathBuf>,
    /// Writes what comes of the test as what is expected of it.
    #[arg(long, conflicts_with_all = ["session", "replay"])]
    update: bool,
    /// Prints JSON. Of a masker over a session only counts: the texts are for your eyes.
    #[arg(long)]
    json: bool,
}

/// What a plugin is tried with, and what came of it.
pub struct Tested {
    /// What it was tried with, for people.
    pub name: String,
    /// What it was given.
    pub given: Given,
    /// What is known of that beside.
    pub note: Option<String>,
    /// The first run.
    pub run: Run<Returned>,
    /// What is wrong; nothing, if all is well.
    pub problems: Vec<String>,
    /// What is well beyond that.
    pub verdict: Option<String>,
    /// Whether the texts are those of a visitor.
    pub is_private: bool,
}

/// Runs the command.
pub async fn run(settings: &Settings, arguments: &Arguments) -> anyhow::Result<()> {
    let Loaded { plugin, source, .. } = check::load(settings, &arguments.plugin)
        .map_err(|error| anyhow!("{}: {}", arguments.plugin.display(), check::with_causes(&error)))?;
    let all = match (&arguments.session, &arguments.replay) {
        (Some(what), _) => {
            let found = recorded::find(settings, &plugin, what, arguments.connection.as_deref()).await?;
            over_session(settings, &plugin, what, found)?
        }
        (None, Some(file)) => vec![over_input(&plugin, file)?],
        (None, None) => {
            let folder = source.code.parent().unwrap_or(Path::new("")).join("tests");
            vec![over_test(&plugin, &folder, arguments.update)?]
        }
    };
    for tested in &all {
        let shown = if arguments.json { shown::json(&plugin, tested) } else { shown::text(&plugin, tested) };
        writeln!(std::io::stdout(), "{}", shown.trim_end())?;
    }
    if all.iter().all(|tested| tested.problems.is_empty()) { Ok(()) } else { Err(Reported.into()) }
}

/// Each capability that can look at one session.
fn over_session(
    settings: &Settings,
    plugin: &Plugin,
    what: &str,
    found: Recorded,
) -> anyhow::Result<Vec<Tested>> {
    let Recorded { recording, spans, settings: own, read_in } = found;
    let (session, manifest) = (recording.session.clone(), &plugin.manifest);
    let layers: Vec<&Value> = settings.plugins.of.get(plugin.id()).into_iter().chain(&own).collect();
    let name = format!("session {what}");
    let mut all = Vec::new();
    if manifest.masker.is_some() {
        let given = Given::Spans { session: session.clone(), spans };
        all.push(Tested { is_private: true, ..twice(plugin, &name, given, &layers)? });
    }
    if manifest.analyzer.is_some() {
        let events = recording.events.len();
        let tested = twice(plugin, &name, Given::Session(recording), &layers)?;
        let note = match read_in {
            Some(took) => {
                let (took, mb) = (took.as_secs_f64() * 1000.0, session.bytes as f64 / 1e6);
                format!("timeline of {events} events, made from {mb:.1} MB in {took:.2} ms")
            }
            None => format!("timeline of {events} events, as it is stored"),
        };
        all.push(Tested { note: Some(note), ..tested });
    }
    if manifest.reporter.is_some() && manifest.analyzer.is_some() {
        let rows = rows_of(plugin, &session, all.last());
        let period = Period { from: session.started_at.clone(), to: session.started_at.clone(), sessions: 1 };
        let name = format!("what it says about {name}");
        all.push(twice(plugin, &name, Given::Rows { period, rows }, &layers)?);
    }
    if all.is_empty() {
        bail!(
            "{} is a reporter, which reads what was said about many sessions; use --replay with the input of a run, or its test",
            plugin.id()
        );
    }
    Ok(all)
}

/// What was said about a session, as a reporter reads it.
fn rows_of(plugin: &Plugin, session: &SessionInfo, tested: Option<&Tested>) -> Vec<Row> {
    let Some(Ok(Returned::Analysis(analysis))) = tested.map(|tested| &tested.run.outcome) else {
        return Vec::new();
    };
    let findings = analysis.findings.iter().cloned().map(Item::Finding);
    let items = findings.chain(analysis.facts.iter().cloned().map(Item::Fact));
    let row = |item| Row {
        session: session.id.clone(),
        started_at: session.started_at.clone(),
        plugin: plugin.id().to_owned(),
        item,
    };
    items.map(row).collect()
}

fn over_input(plugin: &Plugin, file: &Path) -> anyhow::Result<Tested> {
    let name = file.display().to_string();
    let Input { given, settings } = Input::parse(&read(file)?).map_err(|error| anyhow!("{name}: {error}"))?;
    if !plugin.manifest.capabilities().contains(&given.capability()) {
        bail!(
            "{name}: it is the input of {} {}, and {} is {}",
            article(given.capability()),
            given.capability(),
            plugin.id(),
            plugin.manifest.capabilities().join(" and ")
        );
    }
    let layers: Vec<&Value> = settings.iter().collect();
    twice(plugin, &name, given, &layers)
}

fn article(word: &str) -> &'static str {
    if word.starts_with('a') { "an" } else { "a" }
}

/// The plugin's own test.
fn over_test(plugin: &Plugin, folder: &Path, update: bool) -> anyhow::Result<Tested> {
    let (input, expected) = (folder.join("input.json"), folder.join("expected.json"));
    if !input.is_file() {
        bail!("there is no {}; write one, or name a session with --session", input.display());
    }
    let mut tested = over_input(plugin, &input)?;
    let Ok(returned) = &tested.run.outcome else { return Ok(tested) };
    if update {
        let json = serde_json::to_string_pretty(&returned.json())? + "\n";
        fs::write(&expected, json).with_context(|| format!("cannot write {}", expected.display()))?;
        tested.verdict = Some(format!("written to {}", expected.display()));
        return Ok(tested);
    }
    if !expected.is_file() {
        let problem = format!("there is no {}; --update writes it", expected.display());
        tested.problems.push(problem);
        return Ok(tested);
    }
    match tested.given.expected(&read(&expected)?, &plugin.manifest) {
        Ok(wanted) => tested.problems.extend(returned.differences(&wanted)),
        Err(error) => tested.problems.push(format!("{}: {error}", expected.display())),
    }
    tested.verdict = Some(format!("as {} has it", expected.display()));
    Ok(tested)
}

fn read(file: &Path) -> anyhow::Result<String> {
    let read = || format!("cannot read {}", file.display());
    let bytes = fs::metadata(file).with_context(read)?.len();
    if bytes > MAX_INPUT_BYTES {
        bail!("{} has {bytes} bytes, more than the {MAX_INPUT_BYTES} that are read", file.display());
    }
    fs::read_to_string(file).with_context(read)
}

/// Runs a plugin, and once more to see whether it says the same.
fn twice(plugin: &Plugin, name: &str, given: Given, layers: &[&Value]) -> anyhow::Result<Tested> {
    let settings = plugin.settings(layers).map_err(|problems| {
        let problems: Vec<String> = problems.iter().map(ToString::to_string).collect();
        anyhow!("{name}: the settings of {} do not fit: {}", plugin.id(), problems.join("; "))
    })?;
    let run = given.run(plugin, &settings);
    let again = given.run(plugin, &settings);
    let mut problems = Vec::new();
    match (&run.outcome, &again.outcome) {
        (Ok(first), Ok(second)) => {
            let differences = second.differences(first);
            if !differences.is_empty() {
                problems.push("two runs over the same input gave different results:".to_owned());
                problems.extend(differences);
            }
        }
        (Err(failure), _) => problems.push(failure.to_string()),
        (Ok(_), Err(failure)) => problems.push(format!("the second of two runs failed: {failure}")),
    }
    Ok(Tested { name: name.to_owned(), given, note: None, run, problems, verdict: None, is_private: false })
}
