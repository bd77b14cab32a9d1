//! Between the interface's generated types and ours.

use std::collections::HashMap;
use std::sync::Arc;

use super::bindings::exports::hindsight::plugin::{analyzer, masker, reporter};
use super::bindings::hindsight::plugin::{host, types};
use super::run::SessionInfo;
use crate::model::span::{Change, Edit, Place, Secret, Span};
use crate::model::{
    Analysis, Cell, Chart, ChartKind, Column, Fact, Fields, Finding, Item, Metric, Moment, Point, Report,
    Row, Score, Section, Series, Severity, Table, Value,
};
use crate::timeline::{Attr, Button, Element, Event, Kind, Level, PageCause};

pub fn session_info(info: &SessionInfo) -> types::SessionInfo {
    types::SessionInfo {
        id: info.id.clone(),
        started_at: info.started_at.clone(),
        duration: info.duration,
        user_agent: info.user_agent.clone(),
        landing_url: info.landing_url.clone(),
        visitor: info.visitor.clone(),
    }
}

pub fn batch(events: impl Iterator<Item = Event>) -> types::Batch {
    let mut elements = Elements::default();
    let event =
        |event: Event| types::Event { at: event.at, page: event.page, kind: kind(event.kind, &mut elements) };
    // Most batches are as long as they may be; growing would copy each event again.
    let mut typed = Vec::with_capacity(events.size_hint().1.unwrap_or_default());
    typed.extend(events.map(event));
    types::Batch { events: typed, elements: elements.told.iter().map(|told| element(told)).collect() }
}

/// The elements of a batch, in the order in which they are named.
#[derive(Default)]
struct Elements {
    /// Where each stands, by its address: events of one block share their elements.
    places: HashMap<*const Element, u32>,
    /// Held for as long as their addresses are known.
    told: Vec<Arc<Element>>,
}

impl Elements {
    fn place(&mut self, element: Arc<Element>) -> types::ElementRef {
        *self.places.entry(Arc::as_ptr(&element)).or_insert_with(|| {
            self.told.push(element);
            // A batch has some hundred events.
            self.told.len() as u32 - 1
        })
    }

    fn maybe(&mut self, element: Option<Arc<Element>>) -> Option<types::ElementRef> {
        element.map(|element| self.place(element))
    }
}

fn kind(kind: Kind, elements: &mut Elements) -> types::EventKind {
    use types::EventKind as To;
    match kind {
        Kind::PageView { url, title, cause, width, height } => {
            let cause = match cause {
                PageCause::Load => types::PageCause::Load,
                PageCause::History => types::PageCause::History,
                PageCause::Hash => types::PageCause::Hash,
                PageCause::Reload => types::PageCause::Reload,
            };
            To::PageView(types::PageView { url, title, cause, width, height })
        }
        Kind::Click { target, button: by, x, y } => {
            To::Click(types::Click { target: elements.place(target), button: button(by), x, y })
        }
        Kind::Input { target, value, length, checked, edits, since } => {
            To::Input(types::Input { target: elements.place(target), value, length, checked, edits, since })
        }
        Kind::Focus { target } => To::Focus(elements.place(target)),
        Kind::Blur { target } => To::Blur(elements.place(target)),
        Kind::Scroll { target, x, y } => To::Scroll(types::Scroll { target: elements.maybe(target), x, y }),
        Kind::Pointer { x, y } => To::Pointer(types::Pointer { x, y }),
        Kind::Resize { width, height } => To::Resize(types::Size { width, height }),
        Kind::Mutation { added, removed, texts, attributes, target } => To::Mutation(types::Mutation {
            added,
            removed,
            texts,
            attributes,
            target: elements.maybe(target),
        }),
        Kind::Selection { text } => To::Selection(text),
        Kind::Copy { text } => To::Copy(text),
        Kind::Console { level: at, text, stack } => {
            To::Console(types::ConsoleLine { level: level(at), text, stack })
        }
        Kind::Error { text, stack } => To::Error(types::Uncaught { text, stack }),
        Kind::Request { method, url, status, took } => {
            To::Request(types::Request { method, url, status, took })
        }
        Kind::Prompt { id, conversation, text } => To::Prompt(types::Prompt { id, conversation, text }),
        Kind::Reply { id, to, text, answered, sources, took } => {
            To::Reply(types::Reply { id, to, text, answered, sources, took })
        }
        Kind::Feedback { id, value } => To::Feedback(types::Feedback { id, value }),
        Kind::Identify { id, traits } => To::Identify(types::Identity { id, traits: attrs(&traits) }),
        Kind::Hidden => To::Hidden,
        Kind::Visible => To::Visible,
        Kind::Idle { lasted } => To::Idle(lasted),
        Kind::Custom { name, json } => To::Custom(types::Custom { name, json }),
    }
}

fn element(element: &Element) -> types::Element {
    types::Element {
        node: element.node,
        tag: element.tag.clone(),
        selector: element.selector.clone(),
        label: element.label.clone(),
        role: element.role.clone(),
        interactive: element.interactive,
        attrs: attrs(&element.attrs),
    }
}

fn attrs(attrs: &[Attr]) -> Vec<types::Attr> {
    let attr = |attr: &Attr| types::Attr { name: attr.name.clone(), value: attr.value.clone() };
    attrs.iter().map(attr).collect()
}

fn button(button: Button) -> types::Button {
    match button {
        Button::Primary => types::Button::Primary,
        Button::Secondary => types::Button::Secondary,
        Button::Middle => types::Button::Middle,
        Button::Double => types::Button::Double,
        Button::Tap => types::Button::Tap,
    }
}

fn level(level: Level) -> types::LogLevel {
    match level {
        Level::Debug => types::LogLevel::Debug,
        Level::Info => types::LogLevel::Info,
        Level::Warn => types::LogLevel::Warn,
        Level::Error => types::LogLevel::Error,
    }
}

pub fn row(row: Row) -> host::Row {
    let item = match row.item {
        Item::Finding(finding) => host::Item::Finding(types::Finding {
            kind: finding.kind,
            severity: match finding.severity {
                Severity::Info => types::Severity::Info,
                Severity::Low => types::Severity::Low,
                Severity::Medium => types::Severity::Medium,
                Severity::High => types::Severity::High,
            },
            title: finding.title,
            detail: finding.detail,
            at: finding.at,
            until: finding.until,
            selector: finding.selector,
            fields: fields_out(finding.fields),
        }),
        Item::Fact(fact) => {
            host::Item::Fact(types::Fact { kind: fact.kind, at: fact.at, fields: fields_out(fact.fields) })
        }
    };
    host::Row { session: row.session, started_at: row.started_at, plugin: row.plugin, item }
}

fn fields_out(fields: Fields) -> Vec<types::Field> {
    let field = |(name, value)| types::Field {
        name,
        value: match value {
            Value::Text(text) => types::Value::Text(text),
            Value::Number(number) => types::Value::Number(number),
            Value::Flag(flag) => types::Value::Flag(flag),
        },
    };
    fields.into_iter().map(field).collect()
}

fn fields_in(fields: Vec<types::Field>) -> Fields {
    let value = |value| match value {
        types::Value::Text(text) => Value::Text(text),
        types::Value::Number(number) => Value::Number(number),
        types::Value::Flag(flag) => Value::Flag(flag),
    };
    fields.into_iter().map(|field| (field.name, value(field.value))).collect()
}

pub fn analysis(output: analyzer::Output) -> Analysis {
    let finding = |finding: types::Finding| Finding {
        kind: finding.kind,
        severity: match finding.severity {
            types::Severity::Info => Severity::Info,
            types::Severity::Low => Severity::Low,
            types::Severity::Medium => Severity::Medium,
            types::Severity::High => Severity::High,
        },
        title: finding.title,
        detail: finding.detail,
        at: finding.at,
        until: finding.until,
        selector: finding.selector,
        fields: fields_in(finding.fields),
    };
    let fact = |fact: types::Fact| Fact { kind: fact.kind, at: fact.at, fields: fields_in(fact.fields) };
    Analysis {
        findings: output.findings.into_iter().map(finding).collect(),
        facts: output.facts.into_iter().map(fact).collect(),
        score: output.score.map(|score| Score { points: score.points, why: score.why }),
    }
}

pub fn span(span: &Span) -> masker::Span {
    masker::Span {
        text: span.text.clone(),
        place: match span.place {
            Place::Text => masker::Place::Text,
            Place::Attribute => masker::Place::Attribute,
            Place::InputValue => masker::Place::InputValue,
            Place::Url => masker::Place::Url,
            Place::Title => masker::Place::Title,
            Place::Console => masker::Place::Console,
            Place::Prompt => masker::Place::Prompt,
            Place::Reply => masker::Place::Reply,
            Place::Custom => masker::Place::Custom,
        },
        tag: span.tag.clone(),
        name: span.name.clone(),
        selector: span.selector.clone(),
    }
}

pub fn change(change: masker::Change) -> Change {
    let secret =
        |secret: masker::Secret| Secret { value: secret.value, with: secret.with, kind: secret.kind };
    let edit = match change.edit {
        masker::Edit::Hide(secrets) => Edit::Hide { secrets: secrets.into_iter().map(secret).collect() },
        masker::Edit::Cover => Edit::Cover,
        masker::Edit::Block => Edit::Block,
    };
    Change { index: change.index, edit }
}

pub fn report(report: reporter::Report) -> Report {
    Report {
        title: report.title,
        summary: report.summary,
        sections: report.sections.into_iter().map(section).collect(),
    }
}

fn section(section: reporter::Section) -> Section {
    let metric =
        |metric: reporter::Metric| Metric { name: metric.name, value: metric.value, unit: metric.unit };
    match section {
        reporter::Section::Markdown(text) => Section::Markdown { text },
        reporter::Section::Metrics(metrics) => {
            Section::Metrics { metrics: metrics.into_iter().map(metric).collect() }
        }
        reporter::Section::Table(table) => Section::Table(Table {
            title: table.title,
            columns: table
                .columns
                .into_iter()
                .map(|column| Column { title: column.title, numeric: column.numeric })
                .collect(),
            rows: table.rows.into_iter().map(|row| row.into_iter().map(cell).collect()).collect(),
        }),
        reporter::Section::Chart(chart) => Section::Chart(Chart {
            title: chart.title,
            chart: match chart.kind {
                reporter::ChartKind::Bar => ChartKind::Bar,
                reporter::ChartKind::Line => ChartKind::Line,
            },
            series: chart.series.into_iter().map(series).collect(),
        }),
    }
}

fn cell(cell: reporter::Cell) -> Cell {
    match cell {
        reporter::Cell::Text(text) => Cell::Text(text),
        reporter::Cell::Number(number) => Cell::Number(number),
        reporter::Cell::Moment(moment) => {
            Cell::Moment(Moment { session: moment.session, at: moment.at, label: moment.label })
        }
    }
}

fn series(series: reporter::Series) -> Series {
    let points = series.points.into_iter().map(|point| Point { x: point.x, y: point.y });
    Series { name: series.name, points: points.collect() }
}
