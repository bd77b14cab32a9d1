//! What plugins found in a session: a list beside the replay, badges on the list's rows.

use serde::Serialize;

use super::format;
use crate::model::{Counts, FoundCounts, Severity};
use crate::playback::Playback;
use crate::store::findings::Found;

/// How often each kind was found: plugin, kind, gravest severity, how often.
pub type Kinds = Vec<(String, String, Severity, i64)>;

/// The query with which a replay opens with its findings.
pub const PANEL_OF_FINDINGS: &str = "panel=findings";

/// A finding beside the replay.
#[derive(Serialize)]
pub struct Item {
    severity: Severity,
    kind: String,
    plugin: String,
    title: String,
    /// Markdown.
    detail: String,
    /// Where it plays, in milliseconds on the timeline.
    at_ms: i64,
    until_ms: i64,
    /// The same as people read it.
    at: String,
    /// Without script it leads to the moment; with it, the script does.
    url: String,
    selector: Option<String>,
}

/// The findings of a session where they play, in the order of time.
pub fn items(found: Vec<Found>, playback: &Playback, first_event_at: i64) -> Vec<Item> {
    let item = |Found { plugin, finding }: Found| {
        let at_ms = playback.place(first_event_at + i64::from(finding.at));
        let until = finding.until.unwrap_or(finding.at).max(finding.at);
        Item {
            severity: finding.severity,
            kind: spaced(&finding.kind),
            plugin,
            at: format::duration(at_ms),
            url: format!("?t={}.{:03}&{PANEL_OF_FINDINGS}", at_ms / 1000, at_ms % 1000),
            until_ms: playback.place(first_event_at + i64::from(until)).max(at_ms),
            at_ms,
            title: finding.title,
            detail: finding.detail,
            selector: finding.selector,
        }
    };
    found.into_iter().map(item).collect()
}

/// What a row of the list says about a session beside its facts.
#[derive(Serialize)]
pub struct Signals {
    pages: Option<Badge>,
    clicks: Option<Badge>,
    prompts: Option<Badge>,
    errors: Option<Badge>,
    findings: Option<Badge>,
    severity: Option<Severity>,
    score: Option<Meter>,
}

/// A number, and what it says when it is pointed at.
#[derive(Serialize)]
struct Badge {
    count: String,
    title: String,
}

/// A score from 0 to 100.
#[derive(Serialize)]
struct Meter {
    points: u32,
    title: String,
}

impl Signals {
    /// Writes out what is more than nothing.
    pub fn of(counts: Option<Counts>, found: &FoundCounts, kinds: &Kinds) -> Self {
        let counts = counts.unwrap_or_default();
        let badge = |number: i64, thing: &str| {
            (number > 0).then(|| Badge { count: format::short(number), title: format::count(number, thing) })
        };
        let findings = badge(found.findings, "finding").map(|badge| Badge {
            title: if kinds.is_empty() { badge.title } else { format!("{}: {}", badge.title, list(kinds)) },
            ..badge
        });
        Self {
            pages: badge(counts.pages, "page view"),
            clicks: badge(counts.clicks, "click"),
            prompts: badge(counts.prompts, "prompt"),
            errors: badge(counts.errors, "error"),
            severity: found.severity.filter(|_| findings.is_some()),
            findings,
            score: found.score.as_ref().map(|score| Meter {
                points: score.points.min(100),
                title: match score.why.trim() {
                    "" => format!("Score {} of 100", score.points.min(100)),
                    why => format!("Score {} of 100: {why}", score.points.min(100)),
                },
            }),
        }
    }
}

/// `2 × rage click (high), dead click (low)`.
fn list(kinds: &Kinds) -> String {
    let each = |(_, kind, severity, count): &(String, String, Severity, i64)| {
        let times = if *count > 1 { format!("{} × ", format::grouped(*count)) } else { String::new() };
        format!("{times}{} ({})", spaced(kind), word(*severity))
    };
    kinds.iter().map(each).collect::<Vec<_>>().join(", ")
}

fn spaced(kind: &str) -> String {
    kind.replace('-', " ")
}

fn word(severity: Severity) -> &'static str {
    match severity {
        Severity::Info => "info",
        Severity::Low => "low",
        Severity::Medium => "medium",
        Severity::High => "high",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Score;

    #[test]
    fn only_what_there_is_becomes_a_badge() {
        let nothing = Signals::of(None, &FoundCounts::default(), &Vec::new());
        assert!(nothing.pages.is_none() && nothing.findings.is_none() && nothing.score.is_none());
        let counts = Counts { pages: 1, clicks: 12_345, prompts: 0, errors: 2 };
        let found = FoundCounts {
            findings: 3,
            severity: Some(Severity::High),
            score: Some(Score { points: 62, why: "2 rage clicks".to_owned() }),
        };
        let kinds = vec![
            ("friction".to_owned(), "rage-click".to_owned(), Severity::High, 2),
            ("friction".to_owned(), "quick-back".to_owned(), Severity::Low, 1),
        ];
        let signals = Signals::of(Some(counts), &found, &kinds);
        let title = |badge: &Option<Badge>| badge.as_ref().map(|badge| badge.title.clone());
        assert_eq!(title(&signals.pages).as_deref(), Some("1 page view"));
        assert_eq!(title(&signals.clicks).as_deref(), Some("12,345 clicks"));
        assert_eq!(signals.clicks.map(|badge| badge.count).as_deref(), Some("12k"));
        assert_eq!(title(&signals.prompts), None);
        assert_eq!(
            title(&signals.findings).as_deref(),
            Some("3 findings: 2 × rage click (high), quick back (low)")
        );
        assert_eq!(signals.score.map(|score| score.title).as_deref(), Some("Score 62 of 100: 2 rage clicks"));
    }
}
