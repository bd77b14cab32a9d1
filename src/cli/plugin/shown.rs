//! What `plugin test` shows of a run: for people, and for other programs.

use std::collections::BTreeMap;

use serde_json::json;

use super::check;
use super::test::Tested;
use crate::model::span::{Change, Edit, Span};
use crate::model::{Analysis, Severity};
use crate::plugins::Plugin;
use crate::plugins::input::{Given, Returned};
use crate::web;

/// More than these are counted and not shown.
const MAX_ROWS: usize = 200;

/// Longer texts are cut, in characters.
const MAX_CHARS: usize = 160;

/// For people.
pub fn text(plugin: &Plugin, tested: &Tested) -> String {
    let mut lines = vec![format!("{} {}: {}", plugin.id(), plugin.version(), line(&tested.name))];
    lines.extend(tested.note.clone());
    match (&tested.run.outcome, &tested.given) {
        (Ok(Returned::Analysis(analysis)), _) => lines.extend(analyzed(analysis)),
        (Ok(Returned::Changes(changes)), Given::Spans { spans, .. }) => lines.extend(masked(changes, spans)),
        (Ok(Returned::Report(report)), _) => lines.push(web::as_markdown(report, &[], None)),
        _ => {}
    }
    let log = &tested.run.log;
    lines.extend(log.lines.iter().map(|entry| format!("log: {}", printable(&entry.text))));
    if log.dropped > 0 {
        lines.push(format!("log: {} more lines", log.dropped));
    }
    let usage = &tested.run.usage;
    lines.push(format!("took {}; read {} {}", check::cost(usage), usage.items_read, items(&tested.given)));
    lines.extend(tested.problems.iter().map(|problem| format!("wrong: {}", printable(problem))));
    lines.extend(tested.verdict.as_ref().filter(|_| tested.problems.is_empty()).map(|verdict| line(verdict)));
    lines.join("\n") + "\n"
}

fn items(given: &Given) -> &'static str {
    match given {
        Given::Session(_) => "events",
        Given::Spans { .. } => "texts",
        Given::Rows { .. } => "rows",
    }
}

fn analyzed(analysis: &Analysis) -> Vec<String> {
    let mut rows = vec![["time", "kind", "severity", "title"].map(str::to_owned)];
    rows.extend(analysis.findings.iter().take(MAX_ROWS).map(|finding| {
        [time(finding.at), finding.kind.clone(), severity(finding.severity).to_owned(), line(&finding.title)]
    }));
    let mut lines = if analysis.findings.is_empty() { vec!["no findings".to_owned()] } else { table(&rows) };
    lines.extend(more(analysis.findings.len(), "findings"));
    lines.extend(analysis.facts.iter().take(MAX_ROWS).map(|fact| {
        let fields = serde_json::to_string(&fact.fields).unwrap_or_default();
        format!("fact {}  {}  {}", time(fact.at), fact.kind, line(&fields))
    }));
    lines.extend(more(analysis.facts.len(), "facts"));
    lines.extend(analysis.score.iter().map(|score| format!("score {}: {}", score.points, line(&score.why))));
    lines
}

fn more(count: usize, what: &str) -> Option<String> {
    (count > MAX_ROWS).then(|| format!("… and {} more {what}; --json has all of them", count - MAX_ROWS))
}

/// Columns as wide as their widest cell, but for the last one.
fn table(rows: &[[String; 4]]) -> Vec<String> {
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths = [width(0), width(1), width(2)];
    let line = |[time, kind, severity, title]: &[String; 4]| {
        let [first, second, third] = widths;
        format!("{time:<first$}  {kind:<second$}  {severity:<third$}  {title}")
    };
    rows.iter().map(line).collect()
}

/// What a masker would hide, as a diff.
fn masked(changes: &[Change], spans: &[Span]) -> Vec<String> {
    let mut lines = Vec::new();
    let changed = changes.iter().filter_map(|change| Some((change, spans.get(change.index as usize)?)));
    for (change, span) in changed.take(MAX_ROWS) {
        let (kinds, after) = after(&change.edit, &span.text);
        lines.push(format!("@@ {}{}: {}", place(span), of_element(span), line(&kinds)));
        lines.push(format!("- {}", line(&span.text)));
        lines.push(format!("+ {}", line(&after)));
    }
    lines.extend(more(changes.len(), "texts"));
    lines.push(format!("{} of {} texts would change", changes.len(), spans.len()));
    lines.extend(
        counts(changes, spans)
            .into_iter()
            .map(|((kind, place), times)| format!("{times} × {kind} in {place}")),
    );
    lines
}

fn of_element(span: &Span) -> String {
    if span.selector.is_empty() { String::new() } else { format!(" of {}", line(&span.selector)) }
}

/// The kinds of what is hidden in a text, and the text without it.
fn after(edit: &Edit, text: &str) -> (String, String) {
    match edit {
        Edit::Hide { secrets } => {
            let mut kinds: Vec<&str> = secrets.iter().map(|secret| secret.kind.as_str()).collect();
            kinds.dedup();
            let hide =
                |text: String, secret: &crate::model::span::Secret| text.replace(&secret.value, &secret.with);
            (kinds.join(", "), secrets.iter().fold(text.to_owned(), hide))
        }
        Edit::Cover => {
            let cover = |char: char| if char.is_alphanumeric() { '*' } else { char };
            ("covered".to_owned(), text.chars().map(cover).collect())
        }
        Edit::Block => ("blocked".to_owned(), "a grey box".to_owned()),
    }
}

/// How often something would be hidden, by kind and place.
fn counts(changes: &[Change], spans: &[Span]) -> BTreeMap<(String, String), usize> {
    let mut counts = BTreeMap::new();
    for change in changes {
        let Some(span) = spans.get(change.index as usize) else { continue };
        let kinds = match &change.edit {
            Edit::Hide { secrets } => secrets.iter().map(|secret| line(&secret.kind)).collect(),
            Edit::Cover => vec!["covered".to_owned()],
            Edit::Block => vec!["blocked".to_owned()],
        };
        for kind in kinds {
            *counts.entry((kind, place(span))).or_default() += 1;
        }
    }
    counts
}

fn place(span: &Span) -> String {
    json!(span.place).as_str().unwrap_or_default().to_owned()
}

fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Info => "info",
        Severity::Low => "low",
        Severity::Medium => "medium",
        Severity::High => "high",
    }
}

/// Minutes, seconds and milliseconds.
fn time(at: u32) -> String {
    format!("{}:{:02}.{:03}", at / 60_000, at / 1000 % 60, at % 1000)
}

/// One line of bounded length.
fn line(text: &str) -> String {
    let line = printable(&text.split_whitespace().collect::<Vec<_>>().join(" "));
    match line.char_indices().nth(MAX_CHARS) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

/// A terminal obeys control characters, and a recording may hold any.
fn printable(text: &str) -> String {
    text.chars().map(|char| if char.is_control() && char != '\n' { '\u{fffd}' } else { char }).collect()
}

/// For other programs: one object on one line.
pub fn json(plugin: &Plugin, tested: &Tested) -> String {
    let usage = &tested.run.usage;
    let returned = match (&tested.run.outcome, &tested.given) {
        (Ok(Returned::Changes(changes)), Given::Spans { spans, .. }) if tested.is_private => {
            let counted = counts(changes, spans).into_iter();
            let count = |((kind, place), times)| json!({ "kind": kind, "place": place, "times": times });
            json!({ "texts": spans.len(), "changes": changes.len(), "hidden": counted.map(count).collect::<Vec<_>>() })
        }
        (Ok(returned), _) => returned.json(),
        (Err(_), _) => json!(null),
    };
    let object = json!({
        "plugin": plugin.id(),
        "version": plugin.version(),
        "over": tested.name,
        "capability": tested.given.capability(),
        "ok": tested.problems.is_empty(),
        "problems": tested.problems,
        "returned": returned,
        "cpuMs": usage.cpu.as_secs_f64() * 1000.0,
        "fuel": usage.fuel,
        "memoryBytes": usage.memory_bytes,
        "itemsRead": usage.items_read,
        "log": tested.run.log.lines,
    });
    object.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::span::{Place, Secret};

    fn span(text: &str) -> Span {
        let empty = String::new;
        Span { text: text.to_owned(), place: Place::Text, tag: empty(), name: empty(), selector: empty() }
    }

    #[test]
    fn what_would_be_hidden_is_shown_before_and_after() {
        let spans = [span("call C-12 or\u{1b}[2J C-12"), span("room 7")];
        let secret =
            Secret { value: "C-12".to_owned(), with: "C-…".to_owned(), kind: "customer".to_owned() };
        let changes = [
            Change { index: 0, edit: Edit::Hide { secrets: vec![secret] } },
            Change { index: 1, edit: Edit::Cover },
        ];
        let lines = masked(&changes, &spans);
        assert_eq!(lines[0], "@@ text: customer");
        assert_eq!(lines[1], "- call C-12 or\u{fffd}[2J C-12");
        assert_eq!(lines[2], "+ call C-… or\u{fffd}[2J C-…");
        assert_eq!(lines[5], "+ **** *");
        assert_eq!(lines[6..], ["2 of 2 texts would change", "1 × covered in text", "1 × customer in text"]);
    }

    #[test]
    fn times_are_minutes_seconds_and_milliseconds() {
        assert_eq!([0, 61_007, 3_600_000].map(time), ["0:00.000", "1:01.007", "60:00.000"]);
    }
}
