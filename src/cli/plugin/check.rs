//! `hindsight plugin check`: whether a plugin is right, and what it is.
//!
//! It does what the server does before a plugin goes live, with an engine that counts
//! instructions, so that the figures can be compared between machines.

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::Args;

use super::super::Reported;
use crate::config::Settings;
use crate::plugins::run::Usage;
use crate::plugins::source::Source;
use crate::plugins::trial::Trial;
use crate::plugins::{Error, Loader, Metering, Origin, Plugin};

/// What the command takes.
#[derive(Debug, Args)]
pub struct Arguments {
    /// A .wasm or .js file, or the folder that has plugin.toml and one of them.
    plugin: PathBuf,
}

/// Runs the command.
pub fn run(settings: &Settings, arguments: &Arguments) -> anyhow::Result<()> {
    let mut out = std::io::stdout();
    match load(settings, &arguments.plugin) {
        Ok(Loaded { plugin, trials, .. }) => {
            write!(out, "{}", describe(&plugin, &trials))?;
            Ok(writeln!(out, "ok")?)
        }
        Err(error) => {
            writeln!(out, "{}: {}", arguments.plugin.display(), with_causes(&error))?;
            Err(Reported.into())
        }
    }
}

/// A plugin that may go live.
pub struct Loaded {
    /// The plugin.
    pub plugin: Plugin,
    /// What its trial took.
    pub trials: Vec<Trial>,
    /// Its files.
    pub source: Source,
}

/// Loads a plugin as the server would, and tries it.
pub fn load(settings: &Settings, path: &Path) -> Result<Loaded, Error> {
    let script_engine = super::built_ins().script_engine;
    let loader = Loader::new(&settings.plugins, &cache(), script_engine, Metering::Fuel)?;
    let source = Source::at(path).map_err(Error::File)?;
    let files = source.read(loader.max_file_bytes()).map_err(Error::File)?;
    let (plugin, trials) = loader.load(Origin::Folder, &files, &source.stands_in())?;
    Ok(Loaded { plugin, trials, source })
}

/// An error with what it comes from, in one line.
pub fn with_causes(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

/// Compiled code for the one who checks; authors have no data folder.
fn cache() -> PathBuf {
    std::env::temp_dir().join(format!("hindsight-plugins-{}", rustix::process::geteuid().as_raw()))
}

fn describe(plugin: &Plugin, trials: &[Trial]) -> String {
    let manifest = &plugin.manifest;
    let mut rows = vec![
        ("file", format!("{} bytes, sha256 {}", plugin.bytes, plugin.hash)),
        ("interface", manifest.plugin.api.clone()),
        ("capabilities", manifest.capabilities().join(", ")),
    ];
    if let Some(analyzer) = &manifest.analyzer {
        rows.push((
            "sees",
            analyzer.events.iter().map(|kind| kind_name(*kind)).collect::<Vec<_>>().join(", "),
        ));
        let kinds = analyzer.kinds.iter().map(|kind| kind.id.clone());
        rows.push(("findings", or_none(kinds.collect())));
        rows.push(("facts", or_none(analyzer.facts.clone())));
    }
    if let Some(reporter) = &manifest.reporter {
        rows.push(("reads", or_none(reporter.reads.clone())));
    }
    let engine = if plugin.is_script() { " (of the script engine)" } else { "" };
    rows.push(("imports", or_none(plugin.imports().to_vec()) + engine));
    rows.push(("limits", limits(plugin)));
    let defaults = plugin.settings(&[]).map(|settings| settings.json);
    rows.push((
        "settings",
        defaults.unwrap_or_else(|problems| or_none(problems.iter().map(ToString::to_string).collect())),
    ));
    rows.extend(trials.iter().map(|trial| (trial.of, outcome(trial))));
    let title = format!("{} {} ({})\n", plugin.id(), plugin.version(), manifest.plugin.name);
    rows.iter().fold(title, |text, (name, value)| text + &format!("  {name:<17} {value}\n"))
}

fn kind_name(kind: crate::timeline::KindName) -> String {
    serde_json::to_value(kind).ok().and_then(|name| Some(name.as_str()?.to_owned())).unwrap_or_default()
}

fn or_none(names: Vec<String>) -> String {
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}

fn limits(plugin: &Plugin) -> String {
    let limits = &plugin.limits;
    let seconds = |time: std::time::Duration| format!("{:.1} s", time.as_secs_f64());
    let mut words = vec![format!("{} MiB", limits.memory_bytes >> 20)];
    if plugin.manifest.analyzer.is_some() || plugin.manifest.masker.is_some() {
        words.push(format!(
            "{} and {} for each MB of a session",
            seconds(limits.cpu),
            seconds(limits.cpu_per_mb)
        ));
    }
    if plugin.manifest.reporter.is_some() {
        words.push(format!("{} for a report", seconds(limits.report_cpu)));
    }
    words.join(", ")
}

fn outcome(trial: &Trial) -> String {
    format!("{}; {}", trial.result, cost(&trial.usage))
}

/// What a run took, in words.
pub fn cost(usage: &Usage) -> String {
    let fuel = usage.fuel.map_or(String::new(), |fuel| format!(", fuel {fuel}"));
    let memory = usage.memory_bytes.div_ceil(1024);
    format!("{:.2} ms{fuel}, {memory} KiB", usage.cpu.as_secs_f64() * 1000.0)
}
