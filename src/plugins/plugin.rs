//! A plugin that is loaded, and the three things that can be asked of it.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use super::bindings::exports::hindsight::plugin::script;
use super::engine::Engine;
use super::guest::{Guest, Rows, Start, Timeline};
use super::instance::Running;
use super::limits::Limits;
use super::manifest::Manifest;
use super::program::Program;
use super::recent::Recent;
use super::run::{Cause, Failure, Run, SessionInfo, wall_time};
use super::settings::{Problem, Settings};
use super::{convert, output, returned};
use crate::measure;
use crate::model::span::{Change, Span};
use crate::model::{Analysis, Period, Report, Row};
use crate::timeline::{Event, Kinds};

/// Where a plugin comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// It is a part of this program.
    BuiltIn,
    /// It is in the folder of plugins.
    Folder,
}

impl Origin {
    /// For people.
    pub fn name(self) -> &'static str {
        match self {
            Self::BuiltIn => "built-in",
            Self::Folder => "folder",
        }
    }
}

/// What runs.
pub enum Code {
    /// A component.
    Component(Program),
    /// A script, in the engine that all scripts run in.
    Script {
        /// The engine.
        engine: Arc<Program>,
        /// The file's name, for messages.
        name: String,
        /// The script.
        source: String,
    },
}

/// A plugin that is loaded. It never changes: another file is another plugin.
pub struct Plugin {
    /// What it says about itself.
    pub manifest: Manifest,
    /// Where it comes from.
    pub origin: Origin,
    /// The SHA-256 of its file, as hexadecimal.
    pub hash: String,
    /// Tells this plugin with this manifest from any other, for whoever keeps results.
    pub revision: String,
    /// The size of its file.
    pub bytes: usize,
    /// What it may use: what it asks for, within what the server allows.
    pub limits: Limits,
    /// What its latest maskings and reports took.
    pub recent: Recent,
    /// What runs.
    pub(super) code: Code,
    /// What runs it.
    pub(super) engine: Arc<Engine>,
}

impl Plugin {
    /// Its id.
    pub fn id(&self) -> &str {
        &self.manifest.plugin.id
    }

    /// Its author's version.
    pub fn version(&self) -> &str {
        &self.manifest.plugin.version
    }

    /// What it imports, by name.
    pub fn imports(&self) -> &[String] {
        &self.program().imports
    }

    /// Whether it is a script.
    pub fn is_script(&self) -> bool {
        matches!(self.code, Code::Script { .. })
    }

    /// The settings that these layers make: those of the server, then those of a connection.
    pub fn settings(&self, layers: &[&Value]) -> Result<Settings, Vec<Problem>> {
        self.manifest.schema.resolve(layers)
    }

    /// The kinds of events that its analyzer is given.
    pub fn wanted(&self) -> Kinds {
        self.manifest.analyzer.iter().flat_map(|analyzer| analyzer.events.iter().copied()).collect()
    }

    fn program(&self) -> &Program {
        match &self.code {
            Code::Component(program) => program,
            Code::Script { engine, .. } => engine,
        }
    }

    fn start(&self, cpu: Duration, start: Start) -> Running<'_> {
        Running::new(&self.engine, self.program(), self.limits.memory_bytes, cpu, start)
    }

    /// Runs the analyzer over a session. Blocks for as long as the limits allow.
    ///
    /// It is given those of the events whose kinds its manifest names.
    pub fn analyze(
        &self,
        session: &SessionInfo,
        events: impl Iterator<Item = Event> + Send + 'static,
        settings: &Settings,
    ) -> Run<Analysis> {
        let start = Start::of(&session.id, session.start());
        let mut running = self.start(self.limits.cpu_for(session.bytes), start);
        let outcome = self.analyze_in(&mut running, session, events, settings);
        self.counted(running.finish(outcome))
    }

    fn analyze_in(
        &self,
        running: &mut Running<'_>,
        session: &SessionInfo,
        events: impl Iterator<Item = Event> + Send + 'static,
        settings: &Settings,
    ) -> Result<Analysis, Failure> {
        let Some(analyzer) = &self.manifest.analyzer else { return Err(self.is_no("analyzer")) };
        let wanted = self.wanted();
        let events = events.filter(move |event| wanted.contains(event.kind.name()));
        let source = Timeline { info: session.clone(), events: Box::new(events) };
        let json = &settings.json;
        let analysis = match &self.code {
            Code::Component(program) => {
                let Some(indices) = &program.analyzer else { return Err(self.is_no("analyzer")) };
                let output = running.call(|store, instance| {
                    let source = store.data_mut().lend(source)?;
                    indices.load(&mut *store, instance)?.call_analyze(store, source, json)
                })?;
                convert::analysis(output)
            }
            Code::Script { .. } => {
                let text = self.ask_script(running, |guest, store| {
                    let source = store.data_mut().lend(source)?;
                    guest.call_analyze(store, source, json)
                })?;
                returned::analysis(&text, analyzer).map_err(wrong_output)?
            }
        };
        output::analysis(analysis, &self.manifest, session.duration).map_err(wrong_output)
    }

    /// Begins to mask a session: one instance for all of its texts.
    pub fn mask(&self, session: &SessionInfo, settings: &Settings) -> Masking<'_> {
        let start = Start::of(&session.id, session.start());
        let running = self.start(self.limits.cpu_for(session.bytes), start);
        Masking { plugin: self, running, settings: settings.json.clone(), loaded: false, failure: None }
    }

    /// Makes a report of findings and facts; those that its manifest does not name are left out.
    pub fn summarize(
        &self,
        period: &Period,
        rows: impl Iterator<Item = Row> + Send + 'static,
        settings: &Settings,
    ) -> Run<Report> {
        let start = Start::of(&period.from, wall_time(&period.to));
        let mut running = self.start(self.limits.report_cpu, start);
        let outcome = self.summarize_in(&mut running, period, rows, settings);
        self.counted(running.finish(outcome))
    }

    fn summarize_in(
        &self,
        running: &mut Running<'_>,
        period: &Period,
        rows: impl Iterator<Item = Row> + Send + 'static,
        settings: &Settings,
    ) -> Result<Report, Failure> {
        let Some(reporter) = &self.manifest.reporter else { return Err(self.is_no("reporter")) };
        let own = |(plugin, kind): (&str, &str)| (plugin.to_owned(), kind.to_owned());
        let wanted: Vec<(String, String)> = reporter.sources(self.id()).map(own).collect();
        let is_wanted = move |row: &Row| {
            wanted.iter().any(|(plugin, kind)| row.plugin == *plugin && row.item.kind() == kind)
        };
        let source = Rows { period: period.clone(), rows: Box::new(rows.filter(is_wanted)) };
        let json = &settings.json;
        let report = match &self.code {
            Code::Component(program) => {
                let Some(indices) = &program.reporter else { return Err(self.is_no("reporter")) };
                let report = running.call(|store, instance| {
                    let source = store.data_mut().lend(source)?;
                    indices.load(&mut *store, instance)?.call_summarize(store, source, json)
                })?;
                convert::report(report)
            }
            Code::Script { .. } => {
                let text = self.ask_script(running, |guest, store| {
                    let source = store.data_mut().lend(source)?;
                    guest.call_summarize(store, source, json)
                })?;
                returned::report(&text).map_err(wrong_output)?
            }
        };
        output::report(report).map_err(wrong_output)
    }

    /// Loads the script into its engine; says which capabilities it defines.
    pub(super) fn script_capabilities(&self) -> Run<Vec<String>> {
        let mut running = self.start(self.limits.cpu, Start::of("", Duration::ZERO));
        let outcome = self.load_script(&mut running);
        running.finish(outcome)
    }

    fn load_script(&self, running: &mut Running<'_>) -> Result<Vec<String>, Failure> {
        let Code::Script { engine, name, source } = &self.code else { return Err(self.is_no("script")) };
        let Some(indices) = &engine.script else { return Err(self.is_no("script engine")) };
        running.call(|store, instance| indices.load(&mut *store, instance)?.call_load(store, name, source))
    }

    /// Calls the script, which is loaded already.
    fn call_script(
        &self,
        running: &mut Running<'_>,
        call: impl FnOnce(&script::Guest, &mut wasmtime::Store<Guest>) -> wasmtime::Result<Result<String, String>>
        + Send,
    ) -> Result<String, Failure> {
        let Some(indices) = &self.program().script else { return Err(self.is_no("script engine")) };
        running.call(|store, instance| call(&indices.load(&mut *store, instance)?, store))
    }

    fn ask_script(
        &self,
        running: &mut Running<'_>,
        call: impl FnOnce(&script::Guest, &mut wasmtime::Store<Guest>) -> wasmtime::Result<Result<String, String>>
        + Send,
    ) -> Result<String, Failure> {
        self.load_script(running)?;
        self.call_script(running, call)
    }

    fn counted<T>(&self, run: Run<T>) -> Run<T> {
        measure::PLUGINS.of(self.id()).note(run.outcome.is_ok(), run.usage.cpu);
        run
    }

    fn is_no(&self, capability: &str) -> Failure {
        Failure::new(Cause::Output, format!("{} is no {capability}", self.id()))
    }
}

fn wrong_output(sentence: String) -> Failure {
    Failure::new(Cause::Output, sentence)
}

/// A masker at work on one session.
pub struct Masking<'a> {
    plugin: &'a Plugin,
    running: Running<'a>,
    settings: String,
    /// Whether the script is in its engine.
    loaded: bool,
    failure: Option<Failure>,
}

impl Masking<'_> {
    /// What is to happen to these texts. After a failure every call fails in the same way.
    pub fn mask(&mut self, spans: &[Span]) -> Result<Vec<Change>, Failure> {
        if let Some(failure) = &self.failure {
            return Err(failure.clone());
        }
        let changes = self.ask(spans);
        self.running.guest().items_read += spans.len() as u64;
        self.failure = changes.as_ref().err().cloned();
        changes
    }

    fn ask(&mut self, spans: &[Span]) -> Result<Vec<Change>, Failure> {
        let Self { plugin, running, settings, loaded, .. } = self;
        let changes = match &plugin.code {
            Code::Component(program) => {
                let Some(indices) = &program.masker else { return Err(plugin.is_no("masker")) };
                let typed: Vec<_> = spans.iter().map(convert::span).collect();
                let changes = running.call(|store, instance| {
                    indices.load(&mut *store, instance)?.call_mask(store, &typed, settings)
                })?;
                changes.into_iter().map(convert::change).collect()
            }
            Code::Script { .. } => {
                if !std::mem::replace(loaded, true) {
                    plugin.load_script(running)?;
                }
                let json = serde_json::to_string(spans).expect("texts are always JSON");
                let text =
                    plugin.call_script(running, |guest, store| guest.call_mask(store, &json, settings))?;
                returned::changes(&text).map_err(wrong_output)?
            }
        };
        output::changes(changes, spans.len()).map_err(wrong_output)
    }

    /// Ends it; says what it took.
    pub fn finish(self) -> Run<()> {
        let outcome = self.failure.map_or(Ok(()), Err);
        self.plugin.counted(self.running.finish(outcome))
    }
}
