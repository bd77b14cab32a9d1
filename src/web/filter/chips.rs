//! The parts of a filter that are on, each with the way to take it off.

use serde::Serialize;

use super::values::{Watched, Word};
use super::{Filter, Moment};
use crate::model::{ConnectionId, Severity};
use crate::store::listing::Prompts;
use crate::web::chart::Span;
use crate::web::format;

/// A part of the filter.
#[derive(Serialize)]
pub struct Chip {
    label: &'static str,
    value: String,
    /// The list without it.
    url: String,
}

/// The chips of a filter, in the order of its fields. A text that cannot be sought is none.
pub fn chips(connection: ConnectionId, filter: &Filter, span: Span) -> Vec<Chip> {
    let chip = |(names, label, value): Part| Chip {
        label,
        value,
        url: filter.without(names).list_url(connection, span),
    };
    parts(filter).into_iter().map(chip).collect()
}

type Part = (&'static [&'static str], &'static str, String);

fn parts(filter: &Filter) -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::new();
    let mut add = |names: &'static [&'static str], label: &'static str, value: Option<String>| {
        parts.extend(value.filter(|value| !value.is_empty()).map(|value| (names, label, value)));
    };
    let text = |text: &String| Some(text.clone());
    let sought = |text: &String, problem: Option<&str>| Some(text.clone()).filter(|_| problem.is_none());
    add(&["q"], "Search", sought(&filter.words, filter.words_problem()));
    add(&["url"], "URL contains", sought(&filter.url, filter.url_problem()));
    add(&["page"], "Visited", sought(&filter.page, filter.page_problem()));
    add(&["visitor"], "Visitor", text(&filter.visitor));
    add(&["last"], "Started", filter.last.map(|last| last.label().to_owned()));
    add(&["from"], "From", filter.from.map(Moment::words));
    let end = if matches!(filter.to, Some(Moment::Time(_))) { "Before" } else { "To" };
    add(&["to"], end, filter.to.map(Moment::words));
    add(&["browser"], "Browser", text(&filter.browser));
    add(&["os"], "System", text(&filter.os));
    add(&["device"], "Device", text(&filter.device));
    add(&["country"], "Country", text(&filter.country));
    let length = |seconds: i64| format::duration(seconds * 1000);
    let durations = range(filter.min_duration.map(length), filter.max_duration.map(length));
    add(&["min_duration", "max_duration"], "Duration", durations);
    let events = range(filter.min_events.map(format::grouped), filter.max_events.map(format::grouped));
    add(&["min_events", "max_events"], "Events", events);
    add(&["prompts"], "Prompts", filter.prompts.map(|prompts| of_prompts(prompts).to_owned()));
    add(&["errors"], "Errors", filter.errors.then(|| "some".to_owned()));
    add(&["findings"], "Findings", filter.findings.map(|severity| of_findings(severity).to_owned()));
    add(&["kind"], "Finding", Some(filter.kind.replace('-', " ")));
    add(&["score"], "Score", range(filter.score.map(|score| score.to_string()), None));
    add(&["tag"], "Tag", text(&filter.tag));
    add(&["pinned"], "Pinned", filter.pinned.then(|| "yes".to_owned()));
    add(&["watched"], "Watched", filter.watched.map(|watched| of_watched(watched).to_owned()));
    parts
}

fn range(from: Option<String>, to: Option<String>) -> Option<String> {
    match (from, to) {
        (None, None) => None,
        (Some(from), None) => Some(format!("{from} or more")),
        (None, Some(to)) => Some(format!("{to} or less")),
        (Some(from), Some(to)) => Some(format!("{from} to {to}")),
    }
}

fn of_prompts(prompts: Prompts) -> &'static str {
    match prompts {
        Prompts::Any => "some",
        Prompts::Unanswered => "unanswered",
    }
}

fn of_findings(severity: Severity) -> &'static str {
    match severity {
        Severity::Info => "some",
        other => other.label(),
    }
}

fn of_watched(watched: Watched) -> &'static str {
    match watched {
        Watched::Yes => "by me",
        Watched::No => "not by me",
    }
}
