//! The trial run that a plugin must pass before it goes live: over a small made-up
//! session and over an empty one, with its defaults and its real limits.

use std::sync::LazyLock;

use serde::Deserialize;

use super::plugin::Plugin;
use super::run::{Failure, Run, SessionInfo, Usage};
use super::settings::Settings;
use super::spans::{Place, Span};
use crate::model::{Fact, Fields, Finding, Item, Period, Row, Severity};
use crate::timeline::{Event, Kind};

/// A visit of a shop with something of each kind of event.
pub const SESSION: &str = include_str!("trial.json");

/// The made-up session.
#[derive(Clone, Debug, Deserialize)]
pub struct Recording {
    /// What is known of it.
    pub session: SessionInfo,
    /// What happened.
    pub events: Vec<Event>,
}

static RECORDING: LazyLock<Recording> =
    LazyLock::new(|| serde_json::from_str(SESSION).expect("a test reads the same text"));

/// The made-up session.
pub fn recording() -> &'static Recording {
    &RECORDING
}

/// What a trial took: for each thing that was asked.
#[derive(Clone, Debug)]
pub struct Trial {
    /// What was asked.
    pub of: &'static str,
    /// What it took.
    pub usage: Usage,
    /// What came of it, in a few words.
    pub result: String,
}

/// Runs a plugin; the error says of what it failed.
pub fn run(plugin: &Plugin) -> Result<Vec<Trial>, Failure> {
    let settings = plugin.settings(&[]).expect("a manifest is only taken if its defaults are valid");
    let mut trials = Vec::new();
    let empty = Recording { session: recording().session.clone(), events: Vec::new() };
    for (of, recording) in [("an empty session", &empty), ("the trial session", recording())] {
        if plugin.manifest.masker.is_some() {
            trials.push(mask(of, plugin, recording, &settings)?);
        }
        if plugin.manifest.analyzer.is_some() {
            trials.push(analyze(of, plugin, recording, &settings)?);
        }
        if plugin.manifest.reporter.is_some() {
            trials.push(summarize(of, plugin, recording, &settings)?);
        }
    }
    Ok(trials)
}

fn analyze(
    of: &'static str,
    plugin: &Plugin,
    recording: &Recording,
    settings: &Settings,
) -> Result<Trial, Failure> {
    let run = plugin.analyze(&recording.session, recording.events.clone().into_iter(), settings);
    passed(of, run, |analysis| {
        format!("{} findings, {} facts", analysis.findings.len(), analysis.facts.len())
    })
}

fn mask(
    of: &'static str,
    plugin: &Plugin,
    recording: &Recording,
    settings: &Settings,
) -> Result<Trial, Failure> {
    let mut masking = plugin.mask(&recording.session, settings);
    // A failure is kept, and told by `finish`.
    let changes = masking.mask(&spans(recording)).map_or(0, |changes| changes.len());
    passed(of, masking.finish(), |()| format!("{changes} changes"))
}

fn summarize(
    of: &'static str,
    plugin: &Plugin,
    recording: &Recording,
    settings: &Settings,
) -> Result<Trial, Failure> {
    let rows = if recording.events.is_empty() { Vec::new() } else { rows(plugin, recording) };
    let period = Period {
        from: "2026-01-01T00:00:00Z".to_owned(),
        to: "2026-01-08T00:00:00Z".to_owned(),
        sessions: rows.len().min(1) as u32,
    };
    let run = plugin.summarize(&period, rows.into_iter(), settings);
    passed(of, run, |report| format!("{} sections", report.sections.len()))
}

fn passed<T>(of: &'static str, run: Run<T>, describe: impl FnOnce(&T) -> String) -> Result<Trial, Failure> {
    let Run { outcome, usage, .. } = run;
    outcome.map(|returned| Trial { of, usage, result: describe(&returned) })
}

/// The texts of the session, about as a masker would see them.
fn spans(recording: &Recording) -> Vec<Span> {
    let span = |text: &str, place: Place, name: &str| Span {
        text: text.to_owned(),
        place,
        tag: String::new(),
        name: name.to_owned(),
        selector: String::new(),
    };
    let of = |event: &Event| match &event.kind {
        Kind::PageView { url, title, .. } => vec![span(url, Place::Url, ""), span(title, Place::Title, "")],
        Kind::Click { target, .. } => vec![span(&target.label, Place::Text, "")],
        Kind::Input { value, target, .. } => vec![
            span(value, Place::InputValue, &target.selector),
            span(&target.label, Place::Attribute, "placeholder"),
        ],
        Kind::Console { text, .. } | Kind::Error { text, .. } => vec![span(text, Place::Console, "")],
        Kind::Prompt { text, .. } => vec![span(text, Place::Prompt, "")],
        Kind::Reply { text, .. } => vec![span(text, Place::Reply, "")],
        Kind::Custom { json, name } => vec![span(json, Place::Custom, name)],
        _ => Vec::new(),
    };
    recording.events.iter().flat_map(of).collect()
}

/// What its own analyzer says of the session where it has one, then a row of each kind
/// that it reads.
fn rows(plugin: &Plugin, recording: &Recording) -> Vec<Row> {
    let row = |plugin: &str, item: Item| Row {
        session: recording.session.id.clone(),
        started_at: recording.session.started_at.clone(),
        plugin: plugin.to_owned(),
        item,
    };
    let settings = plugin.settings(&[]).ok();
    let analysis = settings
        .filter(|_| plugin.manifest.analyzer.is_some())
        .map(|settings| plugin.analyze(&recording.session, recording.events.clone().into_iter(), &settings))
        .and_then(|run| run.outcome.ok())
        .unwrap_or_default();
    let findings = analysis.findings.into_iter().map(Item::Finding);
    let own = findings.chain(analysis.facts.into_iter().map(Item::Fact)).map(|item| row(plugin.id(), item));
    let sources = plugin.manifest.reporter.iter().flat_map(|reporter| reporter.sources(plugin.id()));
    // Its reporter must bear rows that lack what it hopes for: others write them.
    let others = sources.filter(|(source, _)| *source != plugin.id()).flat_map(|(source, kind)| {
        let kind = kind.to_owned();
        let finding = Finding {
            kind: kind.clone(),
            severity: Severity::Low,
            title: "A finding of the trial".to_owned(),
            detail: String::new(),
            at: 36_000,
            until: None,
            selector: Some("#pay".to_owned()),
            fields: Fields::new(),
        };
        let fact = Fact { kind, at: 36_000, fields: Fields::new() };
        [row(source, Item::Finding(finding)), row(source, Item::Fact(fact))]
    });
    own.chain(others).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_trial_session_has_events_of_each_kind_in_order() {
        let recording: Recording = serde_json::from_str(SESSION).expect("it is written as it is read");
        let kinds: BTreeSet<_> = recording.events.iter().map(|event| event.kind.name()).collect();
        assert_eq!(kinds.len(), 22, "{kinds:?}");
        assert!(recording.events.is_sorted_by_key(|event| event.at));
        assert_eq!(recording.events.last().map(|event| event.at), Some(recording.session.duration));
    }
}
