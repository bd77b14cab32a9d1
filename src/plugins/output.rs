//! What a plugin returned, held against what it may return.
//!
//! What is too long is cut, since that loses little; what is too much, undeclared or out
//! of range fails the run with a sentence that says where, since an author must know.

use super::manifest::Manifest;
use super::spans::{Change, Edit};
use super::text;
use crate::model::{Analysis, Cell, Fields, Report, Section, Value};

const MAX_FINDINGS: usize = 1000;
const MAX_FACTS: usize = 10_000;
const MAX_FIELDS: usize = 50;
const MAX_SECTIONS: usize = 100;
/// Cells of all tables, points of all charts, and metrics of one report.
const MAX_VALUES: usize = 100_000;
const MAX_SECRETS: usize = 100_000;

const TITLE_CHARS: usize = 200;
const NAME_CHARS: usize = 100;
const SELECTOR_CHARS: usize = 1000;
const DETAIL_BYTES: usize = 8 * 1024;
const VALUE_BYTES: usize = 8 * 1024;
const MARKDOWN_BYTES: usize = 64 * 1024;
const CELL_BYTES: usize = 2000;

/// Checks what an analyzer said of a session that took so long.
pub fn analysis(mut analysis: Analysis, manifest: &Manifest, duration: u32) -> Result<Analysis, String> {
    at_most("findings", analysis.findings.len(), MAX_FINDINGS)?;
    at_most("facts", analysis.facts.len(), MAX_FACTS)?;
    let declared = manifest.analyzer.as_ref();
    for (index, finding) in analysis.findings.iter_mut().enumerate() {
        let place = format!("findings[{index}]");
        let Some(kind) = declared.and_then(|analyzer| analyzer.kind(&finding.kind)) else {
            return Err(undeclared(&place, &finding.kind, "kinds of [analyzer]"));
        };
        finding.title = text::line(&finding.title, TITLE_CHARS);
        if finding.title.is_empty() {
            finding.title.clone_from(&kind.title);
        }
        finding.detail = text::clean(&finding.detail, DETAIL_BYTES);
        finding.selector = finding.selector.take().map(|selector| text::line(&selector, SELECTOR_CHARS));
        inside(&place, "at", finding.at, duration)?;
        if let Some(until) = finding.until {
            inside(&place, "until", until, duration)?;
            if until < finding.at {
                return Err(format!("{place}.until is {until}, before its at ({})", finding.at));
            }
        }
        fields(&place, &mut finding.fields)?;
    }
    for (index, fact) in analysis.facts.iter_mut().enumerate() {
        let place = format!("facts[{index}]");
        if !declared.is_some_and(|analyzer| analyzer.facts.contains(&fact.kind)) {
            return Err(undeclared(&place, &fact.kind, "facts of [analyzer]"));
        }
        inside(&place, "at", fact.at, duration)?;
        fields(&place, &mut fact.fields)?;
    }
    if let Some(score) = &mut analysis.score {
        if score.points > 100 {
            return Err(format!("score.points is {}; it goes from 0 to 100", score.points));
        }
        score.why = text::line(&score.why, TITLE_CHARS);
    }
    Ok(analysis)
}

fn undeclared(place: &str, kind: &str, table: &str) -> String {
    let kind = text::line(kind, NAME_CHARS);
    format!("{place}.kind is {kind:?}, which the manifest does not declare; add it to {table}")
}

fn at_most(what: &str, count: usize, max: usize) -> Result<(), String> {
    if count > max { Err(format!("returned {count} {what}; {max} are allowed")) } else { Ok(()) }
}

fn inside(place: &str, name: &str, time: u32, duration: u32) -> Result<(), String> {
    if time <= duration {
        return Ok(());
    }
    Err(format!("{place}.{name} is {time}, after the end of the session ({duration} ms)"))
}

fn finite(number: f64, place: impl FnOnce() -> String) -> Result<(), String> {
    if number.is_finite() { Ok(()) } else { Err(format!("{} is {number}, which is no number", place())) }
}

fn fields(place: &str, fields: &mut Fields) -> Result<(), String> {
    at_most(&format!("fields in {place}"), fields.len(), MAX_FIELDS)?;
    let mut checked = Fields::new();
    for (name, mut value) in std::mem::take(fields) {
        match &mut value {
            Value::Text(long) => *long = text::clean(long, VALUE_BYTES),
            Value::Number(number) => finite(*number, || format!("{place}.fields.{}", text::line(&name, 50)))?,
            Value::Flag(_) => {}
        }
        checked.insert(text::line(&name, NAME_CHARS), value);
    }
    *fields = checked;
    Ok(())
}

/// Checks what a masker said of so many spans.
pub fn changes(mut changes: Vec<Change>, spans: usize) -> Result<Vec<Change>, String> {
    at_most("changes", changes.len(), spans)?;
    let mut secrets_in_all = 0;
    for change in &mut changes {
        if change.index as usize >= spans {
            return Err(format!("a change is for span {}, of {spans} spans", change.index));
        }
        let Edit::Hide { secrets } = &mut change.edit else { continue };
        secrets_in_all += secrets.len();
        at_most("secrets", secrets_in_all, MAX_SECRETS)?;
        for secret in secrets.iter_mut() {
            secret.with = text::line(&secret.with, NAME_CHARS);
            secret.kind = text::line(&secret.kind, NAME_CHARS);
        }
        // Hiding nothing would hide everywhere.
        secrets.retain(|secret| !secret.value.is_empty());
    }
    Ok(changes)
}

/// Checks a report.
pub fn report(mut report: Report) -> Result<Report, String> {
    report.title = text::line(&report.title, TITLE_CHARS);
    report.summary = text::clean(&report.summary, MARKDOWN_BYTES);
    at_most("sections", report.sections.len(), MAX_SECTIONS)?;
    let mut values = 0;
    for (index, section) in report.sections.iter_mut().enumerate() {
        let place = format!("sections[{index}]");
        values += check_section(&place, section)?;
        at_most("values in all sections", values, MAX_VALUES)?;
    }
    Ok(report)
}

/// Checks one section; returns how many values it has.
fn check_section(place: &str, section: &mut Section) -> Result<usize, String> {
    match section {
        Section::Markdown { text } => {
            *text = text::clean(text, MARKDOWN_BYTES);
            Ok(1)
        }
        Section::Metrics { metrics } => {
            for metric in metrics.iter_mut() {
                metric.name = text::line(&metric.name, NAME_CHARS);
                metric.unit = text::line(&metric.unit, NAME_CHARS);
                finite(metric.value, || format!("{place}.metrics: {:?}", metric.name))?;
            }
            Ok(metrics.len())
        }
        Section::Table(table) => {
            table.title = text::line(&table.title, TITLE_CHARS);
            for column in &mut table.columns {
                column.title = text::line(&column.title, NAME_CHARS);
            }
            for (index, row) in table.rows.iter_mut().enumerate() {
                check_row(&format!("{place}.rows[{index}]"), row, table.columns.len())?;
            }
            Ok(table.columns.len() * (table.rows.len() + 1))
        }
        Section::Chart(chart) => {
            chart.title = text::line(&chart.title, TITLE_CHARS);
            let mut points = 0;
            for series in &mut chart.series {
                series.name = text::line(&series.name, NAME_CHARS);
                points += series.points.len();
                for point in &mut series.points {
                    point.x = text::line(&point.x, NAME_CHARS);
                    finite(point.y, || format!("{place}.series {:?} at {:?}", series.name, point.x))?;
                }
            }
            Ok(points + chart.series.len())
        }
    }
}

fn check_row(place: &str, row: &mut [Cell], columns: usize) -> Result<(), String> {
    if row.len() != columns {
        return Err(format!("{place} has {} cells, and the table {columns} columns", row.len()));
    }
    for (index, cell) in row.iter_mut().enumerate() {
        match cell {
            Cell::Text(long) => *long = text::clean(long, CELL_BYTES),
            Cell::Number(number) => finite(*number, || format!("{place}[{index}]"))?,
            Cell::Moment(moment) => {
                moment.session = text::line(&moment.session, NAME_CHARS);
                moment.label = text::line(&moment.label, TITLE_CHARS);
            }
        }
    }
    Ok(())
}
